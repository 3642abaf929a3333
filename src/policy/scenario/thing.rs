//! What of a pack stories can reach: its steps, the ways out of them, verdicts, rows, answers and reminders, each with
//! its place.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::policy::finding::Place;
use crate::policy::flow::{Ending, Flow, Goto, Pack, Step, Verb};

/// What kind of thing can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A step of a flow.
    Step,
    /// A way out of a step.
    Branch,
    /// What a rule can say.
    Verdict,
    /// A row of a table.
    Row,
    /// A flow that is only question and answer.
    Answer,
    /// A letter that is sent again because nobody answered.
    Reminder,
}

impl Kind {
    /// Every kind, in the order in which they are told.
    pub const ALL: [Kind; 6] = [Kind::Step, Kind::Branch, Kind::Verdict, Kind::Row, Kind::Answer, Kind::Reminder];

    /// The word for many of them: the key in `coverage` of `desk.yaml`.
    pub fn plural(self) -> &'static str {
        match self {
            Kind::Step => "steps",
            Kind::Branch => "branches",
            Kind::Verdict => "verdicts",
            Kind::Row => "rows",
            Kind::Answer => "answers",
            Kind::Reminder => "reminders",
        }
    }
}

/// One thing that a story can reach.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Thing {
    /// What it is.
    pub kind: Kind,
    /// Its name, as [`Coverage`](super::Coverage) holds it.
    pub name: String,
    /// The flow that it belongs to; for a verdict or a row, the file of its rule.
    pub flow: String,
    /// Where it stands.
    pub place: Place,
    /// What it is, in words.
    pub what: String,
}

/// Everything in a pack that a story can reach, flow by flow.
pub fn things(pack: &Pack) -> Vec<Thing> {
    let mut things: Vec<Thing> = pack.flows.values().flat_map(|flow| of_flow(pack, flow)).collect();
    for info in pack.rules.names().into_iter().filter_map(|name| pack.rules.rule(name)) {
        things.extend(info.verdicts.iter().map(|(verdict, place)| Thing {
            kind: Kind::Verdict,
            name: format!("{}: {verdict}", info.name),
            flow: place.file.to_string(),
            place: place.clone(),
            what: format!("the verdict `{verdict}` of the rule `{}`", info.name),
        }));
    }
    for table in pack.rules.tables() {
        things.extend(table.rows.iter().map(|row| Thing {
            kind: Kind::Row,
            name: format!("{}: line {}", table.info.name, row.place.line),
            flow: row.place.file.to_string(),
            place: row.place.clone(),
            what: format!("the row of `{}` that says `{}`", table.info.name, row.verdict),
        }));
    }
    things
}

fn of_flow(pack: &Pack, flow: &Flow) -> Vec<Thing> {
    let thing = |kind, name: String, step: &Step, what: String| Thing {
        kind,
        name,
        flow: flow.name.clone(),
        place: step.place.clone(),
        what,
    };
    let mut things = Vec::new();
    for step in &flow.steps {
        let name = format!("{}.{}", flow.name, step.id);
        things.push(thing(Kind::Step, name.clone(), step, format!("the step `{}`", step.id)));
        for way in ways(pack, step) {
            let what = format!("the step `{}`, {}", step.id, in_words(step, way));
            things.push(thing(Kind::Branch, format!("{name}: {way}"), step, what));
        }
        if flow.is_answer {
            things.push(thing(Kind::Answer, flow.name.clone(), step, format!("the answer “{}”", flow.title)));
        }
        let reminders = step.remind.iter().enumerate().filter(|_| step.within.is_some() && waits(step));
        for (n, length) in reminders {
            let what = format!("the step `{}`, reminded of after {length}", step.id);
            things.push(thing(Kind::Reminder, format!("{name}: reminder {}", n + 1), step, what));
        }
    }
    things
}

fn in_words(step: &Step, way: &str) -> String {
    match (way, &step.verb) {
        ("then", _) => "when it goes on".into(),
        ("otherwise", _) => "when it fails or nobody answers".into(),
        ("skipped", _) => "passed over by its `when`".into(),
        (verdict, Verb::Decide { rule, .. }) => format!("when `{rule}` says `{verdict}`"),
        (reason, _) => format!("when it cannot be done: `{reason}`"),
    }
}

/// Whether a step can wait for people outside: a look-up does where it asks again.
fn waits(step: &Step) -> bool {
    match step.verb {
        Verb::LookUp { tries, .. } => tries > 1,
        _ => true,
    }
}

/// Whether a flow can come to a good end, so that what runs it goes on. One that always ends with a person cannot.
fn ends_well(pack: &Pack, flow: &str, running: &mut Vec<String>) -> bool {
    let Some(found) = pack.flows.get(flow).filter(|_| !running.iter().any(|name| name == flow)) else { return false };
    running.push(flow.to_owned());
    let (mut seen, mut next) = (BTreeSet::new(), vec![Goto::Step(0)]);
    let mut well = false;
    while let Some(goto) = next.pop() {
        let Goto::Step(at) = goto else {
            well |= goto == Goto::End(Ending::Resolved);
            continue;
        };
        let Some(step) = found.steps.get(at).filter(|_| seen.insert(at)) else { continue };
        next.extend(step.otherwise);
        let goes_on = match &step.verb {
            Verb::Run { flow } => ends_well(pack, flow, running),
            Verb::Decide { .. } => step.each.is_some(),
            Verb::HandOver { .. } => false,
            Verb::Say
            | Verb::Ask { .. }
            | Verb::Confirm { .. }
            | Verb::LookUp { .. }
            | Verb::Task { .. }
            | Verb::Together { .. }
            | Verb::Prove { .. }
            | Verb::Record { .. }
            | Verb::Wait { .. }
            | Verb::Escalate { .. } => true,
        };
        if goes_on {
            next.push(step.then);
        }
        if step.when.is_some() {
            // Passed over with its `then`; behind the last step stands the good end.
            let behind = if at + 1 < found.steps.len() { Goto::Step(at + 1) } else { Goto::End(Ending::Resolved) };
            next.push(behind);
        }
        if let Verb::Decide { cases, .. } | Verb::Task { cannot: cases, .. } = &step.verb {
            next.extend(cases.values());
        }
        if let Verb::Together { tasks } = &step.verb {
            next.extend(tasks.iter().flat_map(|task| task.cannot.values()));
        }
    }
    running.pop();
    well
}

/// The ways out of a step.
fn ways<'a>(pack: &Pack, step: &'a Step) -> Vec<&'a str> {
    let mut ways = match &step.verb {
        Verb::Say | Verb::Escalate { .. } | Verb::Record { .. } | Verb::Wait { .. } => vec!["then"],
        Verb::Ask { .. } | Verb::Confirm { .. } | Verb::LookUp { .. } | Verb::Prove { .. } => vec!["then", "otherwise"],
        Verb::Decide { .. } if step.each.is_some() => vec!["then"],
        Verb::Decide { cases, .. } => cases.keys().map(String::as_str).collect(),
        Verb::Task { cannot, .. } => ["then"].into_iter().chain(cannot.keys().map(String::as_str)).collect(),
        Verb::Together { tasks } => {
            let mut ways = vec!["then"];
            for reason in tasks.iter().flat_map(|task| task.cannot.keys()) {
                if !ways.contains(&reason.as_str()) {
                    ways.push(reason);
                }
            }
            ways
        }
        Verb::HandOver { .. } => Vec::new(),
        Verb::Run { flow } if ends_well(pack, flow, &mut Vec::new()) => vec!["then"],
        Verb::Run { .. } => Vec::new(),
    };
    if step.otherwise.is_some() && !ways.contains(&"otherwise") {
        ways.push("otherwise");
    }
    if step.when.is_some() {
        ways.push("skipped");
    }
    ways
}
