//! `test --coverage`: what the scenarios reach of each flow, and what they do not.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::policy::flow::Pack;
use crate::policy::scenario::{Coverage, Kind, Thing, things};

use super::super::{Failure, Format, complain, print};

/// Something that no scenario reaches, as programs read it.
#[derive(Debug, Serialize)]
struct Missed<'a> {
    missed: &'a str,
    kind: Kind,
    flow: &'a str,
    file: &'a str,
    line: usize,
    what: &'a str,
}

/// How many there are, and how many were reached, by kind.
type Shares = BTreeMap<Kind, (usize, usize)>;

/// Prints what was reached. Whether it is less than `desk.yaml` demands, which counts only when all were told.
pub(super) fn tell(pack: &Pack, reached: &Coverage, format: Format, all_told: bool) -> Result<bool, Failure> {
    let things = things(pack);
    let is_reached = |thing: &Thing| reached.of(thing.kind).contains(&thing.name);
    let mut flows: BTreeMap<&str, Shares> = BTreeMap::new();
    let mut whole = Shares::new();
    for thing in &things {
        let of_flow = flows.entry(&thing.flow).or_default();
        for shares in [of_flow, &mut whole] {
            let share = shares.entry(thing.kind).or_default();
            share.0 += 1;
            share.1 += usize::from(is_reached(thing));
        }
    }
    let missed = things.iter().filter(|thing| !is_reached(thing));
    match format {
        Format::Json => as_rows(&flows, missed)?,
        Format::Text => as_text(&flows, missed)?,
    }
    Ok(all_told && short(pack, &whole))
}

fn as_rows<'t>(flows: &BTreeMap<&str, Shares>, missed: impl Iterator<Item = &'t Thing>) -> Result<(), Failure> {
    for (flow, shares) in flows {
        let mut row = Map::from_iter([("coverage".to_owned(), json!(flow))]);
        for (kind, (there, met)) in shares {
            row.insert(kind.plural().to_owned(), json!(there));
            row.insert(format!("{}_reached", kind.plural()), json!(met));
        }
        print::json(&Value::Object(row))?;
    }
    for thing in missed {
        print::json(&Missed {
            missed: &thing.name,
            kind: thing.kind,
            flow: &thing.flow,
            file: &thing.place.file,
            line: thing.place.line,
            what: &thing.what,
        })?;
    }
    Ok(())
}

fn as_text<'t>(flows: &BTreeMap<&str, Shares>, missed: impl Iterator<Item = &'t Thing>) -> Result<(), Failure> {
    let wide = flows.keys().map(|flow| flow.chars().count()).max().unwrap_or_default();
    let line = |flow: &str, cells: Vec<String>| {
        let cells: String = cells.iter().map(|cell| format!("{cell:>11}")).collect();
        print::text(&format!("{flow:wide$}{cells}"))
    };
    line("", Kind::ALL.map(|kind| kind.plural().to_owned()).to_vec())?;
    for (flow, shares) in flows {
        let cell = |kind| shares.get(&kind).map_or_else(String::new, |(there, met)| format!("{met}/{there}"));
        line(flow, Kind::ALL.map(cell).to_vec())?;
    }
    for thing in missed {
        print::text(&format!("{}:{}: no scenario reaches {}", thing.place.file, thing.place.line, thing.what))?;
    }
    Ok(())
}

/// Whether less was reached than `desk.yaml` demands. Each lack is told.
pub(in crate::cli) fn falls_short(pack: &Pack, reached: &Coverage) -> bool {
    let mut whole = Shares::new();
    for thing in things(pack) {
        let share = whole.entry(thing.kind).or_default();
        share.0 += 1;
        share.1 += usize::from(reached.of(thing.kind).contains(&thing.name));
    }
    short(pack, &whole)
}

fn short(pack: &Pack, whole: &Shares) -> bool {
    let mut short = false;
    for kind in Kind::ALL {
        let Some(limit) = pack.desk.coverage.get(kind.plural()) else { continue };
        let (there, met) = whole.get(&kind).copied().unwrap_or_default();
        if met * 100 < there * usize::from(*limit) {
            short = true;
            let kind = kind.plural();
            complain(&format!("scenarios reach {met} of {there} {kind}; desk.yaml demands {limit} in a hundred"));
        }
    }
    short
}
