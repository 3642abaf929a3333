//! `test --mutate`: changes the pack in small ways, one at a time, and says which changes no scenario notices.

use std::io::{IsTerminal as _, Write as _, stderr};
use std::sync::atomic::{AtomicUsize, Ordering};

use serde::Serialize;

use crate::library::Running;
use crate::policy::check::{Sources, check};
use crate::policy::mutant::{Mutant, lean, mutants};
use crate::policy::scenario::{Equivalent, Scenario, Told, equivalents};

use super::super::{Failure, Format, complain, print};
use super::report;
use super::tell::Teller;

/// How a change came out.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// The checker refuses it, by a finding of this code.
    Refused(&'static str),
    /// A scenario fails with it.
    Noticed(String),
    /// Nobody noticed.
    Unnoticed,
}

/// A change as programs read it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    change: &'a str,
    file: &'a str,
    line: usize,
    noticed: bool,
    /// `check`, `scenario`, or nothing.
    by: Option<&'a str>,
    /// The finding's code, the scenario's name, or why nobody can see it.
    because: Option<&'a str>,
    /// Whether it touches a proof or a hold.
    guards: bool,
    /// The scenario that would notice.
    wanted: Option<&'a str>,
}

/// The last line.
#[derive(Debug, Default, Serialize)]
struct Totals {
    mutants: usize,
    noticed: usize,
    noticed_by_check: usize,
    noticed_by_scenarios: usize,
    equivalent: usize,
    not_noticed: usize,
    /// Of those that touch a proof, an agreement, a confirmation or a hold.
    guards: usize,
    guards_not_noticed: usize,
}

/// Makes every change, and tells the scenarios of the flows that it touches.
pub(super) fn run(
    teller: &Teller<'_>,
    running: &Running,
    scenarios: Vec<Scenario>,
    format: Format,
    wants: impl Fn(&Scenario) -> bool,
) -> Result<(), Failure> {
    let told = teller.tell(&running.pack, &scenarios);
    let failed: Vec<&Told> = told.iter().filter(|told| !told.passed).collect();
    if !failed.is_empty() {
        failed.iter().try_for_each(|told| report::one(told, format))?;
        complain("these scenarios fail before anything is changed; mend them first");
        return Err(Failure::Findings);
    }
    let all_told = scenarios.iter().all(&wants);
    let stories: Vec<(Scenario, Told)> = scenarios.into_iter().zip(told).filter(|(one, _)| wants(one)).collect();
    let reached = |mutant: &Mutant| stories.iter().any(|(_, told)| touches(told, mutant));
    let mut mutants = mutants(&running.pack, &running.files);
    // With a filter, only what its scenarios could notice.
    mutants.retain(|mutant| all_told || (!mutant.flows.is_empty() && reached(mutant)));
    let base = lean(&running.files);
    let unnoticed = AtomicUsize::new(0);
    let judge = |mutant: &Mutant| {
        let fate = fate(teller, mutant.apply(&base), stories.iter().filter(|(_, told)| touches(told, mutant)), mutant);
        unnoticed.fetch_add(usize::from(fate == Fate::Unnoticed), Ordering::Relaxed);
        fate
    };
    let fates = teller.each(&mutants, judge, |done| progress(done, mutants.len(), unnoticed.load(Ordering::Relaxed)));
    let listed = equivalents(&running.pack, &running.files, &mut Vec::new());
    let totals = tell(&mutants, &fates, &listed, format)?;
    judge_totals(&totals, running.pack.desk.coverage.get("mutants").filter(|_| all_told).copied(), format)
}

/// Whether a scenario goes through what was changed.
fn touches(told: &Told, mutant: &Mutant) -> bool {
    mutant.flows.is_empty() || mutant.flows.iter().any(|flow| told.reached.touches(flow))
}

fn fate<'s>(
    teller: &Teller<'_>,
    files: std::collections::BTreeMap<String, String>,
    stories: impl Iterator<Item = &'s (Scenario, Told)>,
    mutant: &Mutant,
) -> Fate {
    let checked = check(&Sources { files });
    let Some(pack) = checked.pack else {
        return Fate::Refused(checked.findings.first().map_or("", |finding| finding.code));
    };
    // Those of the flow itself first: they are the likeliest to notice.
    let mut stories: Vec<&Scenario> = stories.map(|(scenario, _)| scenario).collect();
    stories.sort_by_key(|scenario| !mutant.flows.contains(&scenario.flow));
    let noticing = stories.into_iter().find(|scenario| teller.notices(&pack, scenario));
    noticing.map_or(Fate::Unnoticed, |scenario| Fate::Noticed(scenario.name.clone()))
}

/// `123 of 800, 4 not noticed`: on a terminal in one line, else now and then.
fn progress(done: usize, all: usize, unnoticed: usize) {
    let line = format!("{done} of {all}, {unnoticed} not noticed");
    let mut err = stderr().lock();
    // A closed stderr is not worth stopping for.
    let _ = if err.is_terminal() {
        let filled = done * 30 / all.max(1);
        let end = if done == all { "\n" } else { "" };
        write!(err, "\r[{}{}] {line}{end}", "#".repeat(filled), " ".repeat(30 - filled))
    } else if done == all || done.is_multiple_of(100) {
        writeln!(err, "{line}")
    } else {
        Ok(())
    };
}

fn tell(mutants: &[Mutant], fates: &[Fate], listed: &[Equivalent], format: Format) -> Result<Totals, Failure> {
    let mut totals = Totals { mutants: mutants.len(), ..Totals::default() };
    let mut refused = Vec::new();
    let mut excused = Vec::new();
    for (mutant, fate) in mutants.iter().zip(fates) {
        let because = listed.iter().find(|one| one.change == mutant.change);
        match (fate, because) {
            (Fate::Refused(code), _) => {
                totals.noticed_by_check += 1;
                refused.push((mutant, *code));
            }
            (Fate::Noticed(_), _) => totals.noticed_by_scenarios += 1,
            (Fate::Unnoticed, Some(one)) => {
                totals.equivalent += 1;
                excused.push((mutant, one));
            }
            (Fate::Unnoticed, None) => {
                totals.not_noticed += 1;
                totals.guards_not_noticed += usize::from(mutant.guards);
            }
        }
        let excused_here = because.is_some() && *fate == Fate::Unnoticed;
        totals.guards += usize::from(mutant.guards && !excused_here);
        if format == Format::Json {
            print::json(&row(mutant, fate, because))?;
        }
    }
    totals.noticed = totals.noticed_by_check + totals.noticed_by_scenarios;
    if format == Format::Text {
        for (mutant, code) in refused {
            print::text(&format!("check   {}: {} ({code})", at(mutant), mutant.change))?;
        }
        for (mutant, one) in excused {
            print::text(&format!("same    {}: {}\n        {}", at(mutant), mutant.change, one.because))?;
        }
        let missed = mutants.iter().zip(fates).filter(|(mutant, fate)| {
            **fate == Fate::Unnoticed && !listed.iter().any(|one| one.change == mutant.change)
        });
        for (mutant, _) in missed {
            let guards = if mutant.guards { "MISSED! " } else { "MISSED  " };
            print::text(&format!("{guards}{}: {}\n        {}", at(mutant), mutant.change, scenario_for(mutant)))?;
        }
    }
    Ok(totals)
}

fn row<'r>(mutant: &'r Mutant, fate: &'r Fate, because: Option<&'r Equivalent>) -> Row<'r> {
    let (by, reason) = match fate {
        Fate::Refused(code) => (Some("check"), Some(*code)),
        Fate::Noticed(scenario) => (Some("scenario"), Some(scenario.as_str())),
        Fate::Unnoticed => (None, because.map(|one| one.because.as_str())),
    };
    Row {
        change: &mutant.change,
        file: &mutant.place.file,
        line: mutant.place.line,
        noticed: *fate != Fate::Unnoticed,
        guards: mutant.guards,
        by,
        because: reason,
        wanted: (*fate == Fate::Unnoticed && because.is_none()).then_some(&mutant.wanted),
    }
}

fn at(mutant: &Mutant) -> String {
    format!("{}:{}", mutant.place.file, mutant.place.line)
}

/// Which scenario to write, and where.
fn scenario_for(mutant: &Mutant) -> String {
    let beside = match mutant.place.file.strip_suffix(".yaml") {
        Some(stem) if !mutant.flows.is_empty() => format!("{stem}.scenarios.yaml"),
        _ => "any scenario file".to_owned(),
    };
    format!("in {beside}, tell: {}", mutant.wanted)
}

/// The last line, and whether enough was noticed.
fn judge_totals(totals: &Totals, limit: Option<u8>, format: Format) -> Result<(), Failure> {
    let counted = totals.mutants - totals.equivalent;
    match format {
        Format::Json => print::json(totals)?,
        Format::Text => print::text(&format!(
            "{} of {counted} changes are noticed ({} in a hundred): {} by check, {} by scenarios. {} more are the same to \
             everybody. Of the {} that touch a proof, an agreement, a confirmation or a hold, {} go unnoticed.",
            totals.noticed,
            totals.noticed * 100 / counted.max(1),
            totals.noticed_by_check,
            totals.noticed_by_scenarios,
            totals.equivalent,
            totals.guards,
            totals.guards_not_noticed
        ))?,
    }
    if limit.is_some() && totals.guards_not_noticed > 0 {
        complain("a change that touches a proof, an agreement, a confirmation or a hold must be noticed; see MISSED!");
        return Err(Failure::Findings);
    }
    match limit {
        Some(limit) if totals.noticed * 100 < counted * usize::from(limit) => {
            complain(&format!("desk.yaml demands that {limit} in a hundred are noticed"));
            Err(Failure::Findings)
        }
        _ => Ok(()),
    }
}
