//! In what two runs of a ticket differ. Nothing that people wrote stands in it: names of steps, verdicts and states, and
//! times.

use jiff::Timestamp;
use serde::Serialize;

use crate::policy::flow::Pack;
use crate::policy::outcome::{Letter, Trace};
use crate::policy::ticket::{State, Ticket};

use super::{Course, Cut, Step};

/// What is otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The first message starts another flow.
    Flow,
    /// A rule decides otherwise.
    Verdict,
    /// The run goes another way.
    Step,
    /// It ends, or stands, in another state.
    State,
    /// People read other words, or other people do.
    Letter,
    /// Something is due at another time.
    Due,
    /// What an agent did is not possible.
    Act,
    /// It cannot be told: something would be looked up that was not looked up then.
    LookUp,
}

impl Kind {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Flow => "flow",
            Kind::Verdict => "verdict",
            Kind::Step => "step",
            Kind::State => "state",
            Kind::Letter => "letter",
            Kind::Due => "due",
            Kind::Act => "act",
            Kind::LookUp => "look_up",
        }
    }
}

/// One difference. Tickets with equal ones are counted together.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// What is otherwise.
    #[serde(rename = "difference")]
    pub kind: Kind,
    /// Where: `flow.step`, a flow, or what is due.
    pub at: String,
    /// How it was.
    pub was: String,
    /// How it would be.
    pub becomes: String,
    /// The rule that decides otherwise.
    pub rule: Option<String>,
    /// The file of that rule, and the line of its verdict.
    pub file: Option<String>,
    /// The line.
    pub line: Option<usize>,
}

impl Difference {
    /// A difference without a rule.
    pub fn new(kind: Kind, at: impl Into<String>, was: impl Into<String>, becomes: impl Into<String>) -> Difference {
        let (at, was, becomes) = (at.into(), was.into(), becomes.into());
        Difference { kind, at, was, becomes, rule: None, file: None, line: None }
    }
}

/// All in which a run under another pack differs from the recorded one: the first thing that went another way, and
/// what came of it. Words and due times are compared only where the way is the same.
pub fn differences(pack: &Pack, original: &[Step], course: &Course) -> Vec<Difference> {
    let mut found = Vec::new();
    let (was, is) = (way(original), way(&course.steps));
    let parted = was.iter().zip(&is).position(|(was, is)| was != is);
    let parted = parted.or_else(|| (was.len() != is.len()).then(|| was.len().min(is.len())));
    let cut = course.cut.as_ref().map(|cut| of_cut(cut, course.steps.last()));
    match parted {
        // Where it was cut, the rest is missing and no difference.
        Some(at) if at < is.len() || cut.is_none() => found.push(parting(pack, at, &was, &is)),
        _ if cut.is_none() => {
            found.extend(letters(original, &course.steps));
            found.extend(due(original, &course.steps));
        }
        _ => {}
    }
    found.extend(cut);
    if let (Some(was), Some(is), None) = (original.last(), course.steps.last(), &course.cut) {
        let (was, is) = (state(&was.ticket), state(&is.ticket));
        if was != is {
            found.push(Difference::new(Kind::State, original.last().map_or("", |step| &step.ticket.flow), was, is));
        }
    }
    found
}

fn of_cut(cut: &Cut, last: Option<&Step>) -> Difference {
    let at = last.map_or_else(String::new, |step| stands_at(&step.ticket));
    match cut {
        Cut::Refused { act, because } => Difference::new(Kind::Act, at, act.clone(), because.clone()),
        Cut::NotLookedUp(what) => Difference::new(Kind::LookUp, at, "not looked up", what.clone()),
    }
}

fn stands_at(ticket: &Ticket) -> String {
    ticket.frames.last().map_or_else(|| ticket.flow.clone(), |frame| format!("{}.{}", frame.flow, frame.step))
}

/// A mark on the way of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Mark<'a> {
    Opened(&'a str),
    Entered(&'a str),
    Skipped(&'a str),
    Decided { step: &'a str, rule: &'a str, verdict: &'a str },
    Led { step: &'a str, way: &'a str },
}

fn way(steps: &[Step]) -> Vec<Mark<'_>> {
    steps.iter().flat_map(|step| &step.trace).filter_map(mark).collect()
}

fn mark(trace: &Trace) -> Option<Mark<'_>> {
    match trace {
        Trace::Opened { flow, .. } => Some(Mark::Opened(flow)),
        Trace::Entered { step, .. } => Some(Mark::Entered(step)),
        Trace::Skipped { step, .. } => Some(Mark::Skipped(step)),
        Trace::Decided { step, rule, verdict, .. } => Some(Mark::Decided { step, rule, verdict }),
        Trace::Led { step, way } => Some(Mark::Led { step, way }),
        _ => None,
    }
}

fn parting(pack: &Pack, at: usize, was: &[Mark<'_>], is: &[Mark<'_>]) -> Difference {
    let before = at.checked_sub(1).and_then(|at| was.get(at)).map_or("", |mark| mark.place());
    match (was.get(at), is.get(at)) {
        (Some(Mark::Opened(was)), Some(Mark::Opened(is))) => Difference::new(Kind::Flow, *was, *was, *is),
        (
            Some(Mark::Decided { step, rule, verdict: was }),
            Some(Mark::Decided { step: there, rule: other, verdict: is }),
        ) if step == there && rule == other => {
            let place = pack.rules.rule(rule).and_then(|info| info.verdicts.get(*is));
            Difference {
                rule: Some((*rule).to_owned()),
                file: place.map(|place| place.file.to_string()),
                line: place.map(|place| place.line),
                ..Difference::new(Kind::Verdict, *step, *was, *is)
            }
        }
        (was, is) => {
            let words = |mark: Option<&Mark<'_>>| mark.map_or_else(|| "it stays there".to_owned(), Mark::words);
            Difference::new(Kind::Step, before, words(was), words(is))
        }
    }
}

impl Mark<'_> {
    fn place(&self) -> &str {
        match self {
            Mark::Opened(place) | Mark::Entered(place) | Mark::Skipped(place) => place,
            Mark::Decided { step, .. } | Mark::Led { step, .. } => step,
        }
    }

    fn words(&self) -> String {
        match self {
            Mark::Opened(flow) => format!("the flow {flow}"),
            Mark::Entered(step) => format!("on to {step}"),
            Mark::Skipped(step) => format!("{step} is passed over"),
            Mark::Decided { rule, verdict, .. } => format!("{rule} says {verdict}"),
            Mark::Led { step, way } => format!("{step} is left by `{way}`"),
        }
    }
}

/// Letters that are written to others, or say something else.
fn letters(original: &[Step], steps: &[Step]) -> Vec<Difference> {
    let all = |steps: &[Step]| -> Vec<(String, Letter)> {
        steps
            .iter()
            .flat_map(|step| step.letters.iter().map(|letter| (stands_at(&step.ticket), letter.clone())))
            .collect()
    };
    let (was, is) = (all(original), all(steps));
    let whom = |letter: &Letter, ticket: Option<&Step>| {
        let requester = ticket.is_some_and(|step| step.ticket.requester.is(&letter.to));
        if requester { "the requester" } else { "somebody else" }
    };
    let mut found = Vec::new();
    for ((at, then), (_, now)) in was.iter().zip(&is) {
        let to = (whom(then, original.last()), whom(now, steps.last()));
        if !then.to.is(&now.to) {
            found.push(Difference::new(Kind::Letter, at.as_str(), format!("to {}", to.0), format!("to {}", to.1)));
        } else if then.blocks != now.blocks || then.subject != now.subject {
            found.push(Difference::new(Kind::Letter, at.as_str(), format!("to {}", to.0), "in other words"));
        }
    }
    if was.len() != is.len() {
        let longer = if was.len() > is.len() { &was } else { &is };
        let at = longer.get(was.len().min(is.len())).map_or("", |(at, _)| at);
        let count = |letters: &[(String, Letter)]| format!("{} letters", letters.len());
        found.push(Difference::new(Kind::Letter, at, count(&was), count(&is)));
    }
    found.dedup();
    found
}

/// What is due at another time: by step for waits, by name for promises.
fn due(original: &[Step], steps: &[Step]) -> Vec<Difference> {
    let (was, is) = (dues(original), dues(steps));
    let mut found = Vec::new();
    for ((at, was), (_, is)) in was.iter().zip(&is).filter(|((at, was), (there, is))| at == there && was != is) {
        let words = |due: &Timestamp| due.to_string();
        found.push(Difference::new(Kind::Due, at.as_str(), words(was), words(is)));
    }
    found
}

/// The due times that were ever set, in order.
fn dues(steps: &[Step]) -> Vec<(String, Timestamp)> {
    let mut dues = Vec::new();
    for step in steps.iter().filter(|step| step.need.is_none()) {
        let waits = step.ticket.wait_due().map(|due| (stands_at(&step.ticket), due));
        let promised = step.ticket.clocks.iter().filter_map(|clock| {
            let due = clock.due?;
            Some((format!("promise {}", clock.kind.name()), due))
        });
        dues.extend(waits);
        dues.extend(promised);
    }
    let mut told: Vec<(String, Timestamp)> = Vec::new();
    for due in dues {
        if !told.contains(&due) {
            told.push(due);
        }
    }
    told
}

fn state(ticket: &Ticket) -> String {
    match ticket.state {
        State::Closed(ending) => format!("closed, {}", ending.name()),
        state => state.name().to_owned(),
    }
}
