//! What stands in the picture of the whole pack: a box for each flow, and who runs or offers whom.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::flow::{Flow, Pack, Verb};
use crate::policy::scenario::Coverage;
use crate::policy::wording;

use super::{Kind, Line, Note, Picture, Step};

/// The picture of a pack. With what the scenarios reached, each box says how many of its steps they reach.
pub fn of_pack(pack: &Pack, reached: Option<&Coverage>) -> Picture {
    let areas: Vec<String> = pack.flows.values().map(wording::area).collect::<BTreeSet<_>>().into_iter().collect();
    let boxes: Vec<Step> = pack
        .flows
        .values()
        .map(|flow| {
            let area = areas.iter().position(|area| *area == wording::area(flow)).unwrap_or(0);
            of_one(pack, flow, area, reached)
        })
        .collect();
    let index: BTreeMap<&str, usize> = pack.flows.keys().enumerate().map(|(at, name)| (name.as_str(), at)).collect();
    let mut ways = Vec::new();
    for (from, flow) in pack.flows.values().enumerate() {
        for (step, to) in flow.steps.iter().filter_map(|step| Some((step, runs(&step.verb)?))) {
            let name = format!("{}.{}", flow.name, step.id);
            let reached = reached.map(|reached| reached.steps.contains(&name));
            ways.extend(index.get(to).map(|to| line(from, *to, reached, false)));
        }
        ways.extend(flow.offer.iter().filter_map(|to| index.get(to.as_str())).map(|to| line(from, *to, None, true)));
    }
    ways.dedup_by(|a, b| a.from == b.from && a.to == b.to);
    let description = format!(
        "All {} flows of the desk, in {} areas. An arrow leads from a flow to one that it runs or offers.",
        boxes.len(),
        areas.len()
    );
    Picture {
        name: "pack".into(),
        title: pack.desk.name.clone(),
        description,
        boxes,
        ways,
        areas: areas.iter().map(|area| wording::sentence(area)).collect(),
        tested: reached.is_some(),
    }
}

fn runs(verb: &Verb) -> Option<&str> {
    match verb {
        Verb::Run { flow } => Some(flow),
        _ => None,
    }
}

fn line(from: usize, to: usize, reached: Option<bool>, offered: bool) -> Line {
    let label = if offered { "offers" } else { "runs" };
    Line { from, to, label: label.into(), reached, offered }
}

fn of_one(pack: &Pack, flow: &Flow, area: usize, reached: Option<&Coverage>) -> Step {
    let mut notes = Vec::new();
    if !flow.covers.is_empty() {
        notes.push(Note { words: flow.covers.join(", "), clock: false });
    }
    let inner: Vec<String> = flow
        .steps
        .iter()
        .filter_map(|step| runs(&step.verb))
        .map(|other| format!("“{}”", wording::title(pack, other)))
        .collect();
    if !inner.is_empty() {
        notes.push(Note { words: format!("Runs {}", wording::listed(&inner, "and")), clock: false });
    }
    let offers: Vec<String> = flow.offer.iter().map(|other| format!("“{}”", wording::title(pack, other))).collect();
    if !offers.is_empty() {
        notes.push(Note { words: format!("Offers {}", wording::listed(&offers, "and")), clock: false });
    }
    let steps: Vec<String> = flow.steps.iter().map(|step| format!("{}.{}", flow.name, step.id)).collect();
    let seen = reached.map(|reached| steps.iter().filter(|step| reached.steps.contains(*step)).count());
    if let Some(seen) = seen {
        notes.push(Note { words: format!("{seen} of {} steps tested", steps.len()), clock: false });
    }
    Step {
        name: flow.name.clone(),
        kind: if flow.is_answer { Kind::Answer } else { Kind::Flow },
        guard: None,
        words: vec![flow.title.clone()],
        notes,
        reached: seen.map(|seen| seen == steps.len()),
        area,
    }
}
