//! The ways through one flow: which step leads where, whether somebody waits on the way, what can be reached, and
//! which steps go round in a circle.

use std::collections::BTreeSet;

use crate::policy::flow::{Ending, Flow, Goto, Step, Verb};

/// Why a way is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because<'a> {
    /// The guard did not hold.
    Skipped,
    /// The step is done.
    Done,
    /// It failed, or time ran out.
    Otherwise,
    /// A rule chose this verdict.
    Verdict(&'a str),
    /// An agent gave this reason.
    Cannot(&'a str),
    /// The flow that was run did not end well, and so ends this one.
    Passed,
}

/// One way from a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way<'a> {
    /// Where it leads.
    pub to: Goto,
    /// Why it is taken.
    pub because: Because<'a>,
    /// Whether somebody or something is waited for on every pass.
    pub waits: bool,
}

/// All ways from the step at an index.
pub fn ways(flow: &Flow, index: usize) -> Vec<Way<'_>> {
    let Some(step) = flow.steps.get(index) else { return vec![] };
    let mut ways = from_verb(step);
    if step.when.is_some() {
        ways.push(Way { to: next(flow, index), because: Because::Skipped, waits: false });
    }
    ways
}

/// Where the flow goes on behind a step when nothing else is said.
pub fn next(flow: &Flow, index: usize) -> Goto {
    if index + 1 < flow.steps.len() { Goto::Step(index + 1) } else { Goto::End(Ending::Resolved) }
}

/// The `ask` steps behind an `ask`, or behind a `prove` that asks for codes, whose questions its letter holds too, in order,
/// whatever their guards say: a guarded step that leaves is passed over, and so is a decision that may lead to the next step; any
/// other step ends the letter.
pub fn asked_along(flow: &Flow, at: usize) -> Vec<usize> {
    let mut along = Vec::new();
    let asks = |step: &&Step| matches!(step.verb, Verb::Ask { .. }) || step.asks_codes();
    let Some(first) = flow.steps.get(at).filter(asks) else { return along };
    if first.asks_others() {
        return along;
    }
    let (mut next, mut from) = (first.then, at);
    while let Goto::Step(index) = next {
        let Some(step) = flow.steps.get(index).filter(|_| index > from) else { break };
        let in_order = Goto::Step(index + 1);
        let last = index + 1 == flow.steps.len();
        let leaves = (step.then != in_order && !last) || matches!(step.verb, Verb::HandOver { .. });
        match &step.verb {
            Verb::Ask { .. } if step.asks_others() => break,
            Verb::Ask { again: true, .. } => {}
            Verb::Prove { .. } if step.asks_codes() => along.push(index),
            Verb::Ask { .. } => {
                along.push(index);
                if leaves && step.when.is_none() {
                    break;
                }
            }
            _ if step.when.is_some() && leaves => {}
            // What is still open is decided at once when it is answered; one way on asks what stands behind.
            Verb::Decide { cases, .. } if step.each.is_none() && cases.values().any(|to| *to == in_order) => {}
            _ => break,
        }
        if last {
            break;
        }
        (next, from) = (in_order, index);
    }
    along
}

/// The property is the verb's, and its default is that nobody waits: a new verb that forgets to say so is refused in
/// a circle, not let through.
fn from_verb(step: &Step) -> Vec<Way<'_>> {
    let way = |to, because, waits| Way { to, because, waits };
    let done = |waits| way(step.then, Because::Done, waits);
    let otherwise = |waits| step.otherwise.map(|to| way(to, Because::Otherwise, waits));
    match &step.verb {
        Verb::Say | Verb::Escalate { .. } => vec![done(false)],
        // Known facts are not asked for again, so only `again` waits on every pass. Silence has waited.
        Verb::Ask { .. } if step.asks_others() => [done(true)].into_iter().chain(otherwise(true)).collect(),
        Verb::Ask { again, .. } => [done(*again)].into_iter().chain(otherwise(true)).collect(),
        Verb::Confirm { .. } => [done(true)].into_iter().chain(otherwise(true)).collect(),
        // What is found is found at once; only after a second try was somebody asked in between.
        Verb::LookUp { tries, .. } => [done(false)].into_iter().chain(otherwise(*tries > 1)).collect(),
        Verb::Decide { .. } if step.each.is_some() => vec![done(false)],
        Verb::Decide { cases, .. } => {
            cases.iter().map(|(verdict, to)| way(*to, Because::Verdict(verdict), false)).collect()
        }
        Verb::Task { cannot, .. } => {
            let reasons = cannot.iter().map(|(reason, to)| way(*to, Because::Cannot(reason), true));
            // Over an empty list nobody has anything to do.
            [done(step.each.is_none())].into_iter().chain(reasons).chain(otherwise(true)).collect()
        }
        Verb::Together { tasks } => {
            let waits = tasks.iter().any(|task| task.each.is_none());
            let reasons = tasks.iter().flat_map(|task| &task.cannot);
            let reasons = reasons.map(|(reason, to)| way(*to, Because::Cannot(reason), true));
            [done(waits)].into_iter().chain(reasons).chain(otherwise(true)).collect()
        }
        // Who has proved it once is not asked again.
        Verb::Prove { .. } => [done(false)].into_iter().chain(otherwise(true)).collect(),
        Verb::Record { .. } => vec![done(false)],
        // What makes it needless may be so on entry.
        Verb::Wait { .. } => [done(true)].into_iter().chain(otherwise(false)).collect(),
        Verb::HandOver { .. } => vec![way(Goto::End(Ending::Agent), Because::Done, false)],
        Verb::Run { .. } => {
            let passed = way(Goto::End(Ending::Refused), Because::Passed, false);
            vec![done(false), otherwise(false).unwrap_or(passed)]
        }
    }
}

/// The steps that some way reaches from the first.
pub fn reachable(flow: &Flow) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![0];
    while let Some(index) = open.pop() {
        if index < flow.steps.len() && reached.insert(index) {
            open.extend(steps_of(&ways(flow, index)));
        }
    }
    reached
}

/// The steps that some way reaches from the first, where the steps that are `shut` lead on by their `otherwise` alone.
pub fn reachable_unless(flow: &Flow, shut: &dyn Fn(&Step) -> bool) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = vec![0];
    while let Some(index) = open.pop() {
        if index < flow.steps.len() && reached.insert(index) {
            let is_shut = flow.steps.get(index).is_some_and(shut);
            let mut ways = ways(flow, index);
            ways.retain(|way| !is_shut || way.because == Because::Otherwise);
            open.extend(steps_of(&ways));
        }
    }
    reached
}

/// The steps from which some ending is reached.
pub fn ending(flow: &Flow) -> BTreeSet<usize> {
    let mut ending = BTreeSet::new();
    loop {
        let before = ending.len();
        for index in 0..flow.steps.len() {
            let ends = ways(flow, index).iter().any(|way| match way.to {
                Goto::End(_) => true,
                Goto::Step(to) => ending.contains(&to),
            });
            if ends {
                ending.insert(index);
            }
        }
        if ending.len() == before {
            return ending;
        }
    }
}

/// Circles in which nobody waits: for each, its steps in order.
pub fn restless_circles(flow: &Flow) -> Vec<Vec<usize>> {
    let restless = |index: usize| -> Vec<usize> {
        steps_of(&ways(flow, index).into_iter().filter(|way| !way.waits).collect::<Vec<_>>())
    };
    let from: Vec<BTreeSet<usize>> = (0..flow.steps.len()).map(|index| closure(restless(index), &restless)).collect();
    let mut circles: Vec<Vec<usize>> = Vec::new();
    for index in 0..flow.steps.len() {
        let in_circle = from[index].contains(&index);
        if in_circle && !circles.iter().any(|circle| circle.contains(&index)) {
            circles.push(
                (0..from.len()).filter(|&other| from[index].contains(&other) && from[other].contains(&index)).collect(),
            );
        }
    }
    circles
}

fn closure(start: Vec<usize>, next: &impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let mut reached = BTreeSet::new();
    let mut open = start;
    while let Some(index) = open.pop() {
        if reached.insert(index) {
            open.extend(next(index));
        }
    }
    reached
}

fn steps_of(ways: &[Way<'_>]) -> Vec<usize> {
    let steps = ways.iter().filter_map(|way| match way.to {
        Goto::Step(to) => Some(to),
        Goto::End(_) => None,
    });
    steps.collect()
}
