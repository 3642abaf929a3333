//! Walks a flow with all that can be known, and tells what is read before it is set.
//!
//! A state holds the values that yes_no facts and choices can have (as far as guards have asked for them) and what is
//! surely set. States with equal values merge: what is set in all of them stays set. Over [`MOST`] at one step, the
//! values are given up, which is sound: less is known, so more is told.

use std::collections::{BTreeMap, BTreeSet};

use super::guard::{Guard, Read};
use super::lists;
use super::scope::Scope;
use super::steps::StepReadings;
use super::texts::Reading;
use super::ways::STARTED_BY_THE_DESK;
use super::{private, proved, values};
use crate::policy::demand::Demand;
use crate::policy::finding::{Finding, Place};
use crate::policy::flow::{Ending, Flow, Goto, Limit, Step, Verb};
use crate::policy::graph;

/// How many states are kept apart at one step.
const MOST: usize = 64;

/// How many passes over steps are made at most. Far above what any flow of sixty steps takes.
const ENOUGH: usize = 200_000;

/// What a flow does to its caller's facts.
#[derive(Debug, Clone, Default)]
pub(super) struct Summary {
    /// What must be known before it is run.
    pub needs: BTreeSet<String>,
    /// What is surely known when it ends well; `None` when it never does.
    pub gives: Option<BTreeSet<String>>,
    /// Facts and records that may be missing afterwards, although they were there before.
    unsets: BTreeSet<String>,
    /// Facts that may have another value afterwards.
    changes: BTreeSet<String>,
    /// The proofs and agreements with which it can end well, each way for itself.
    proofs: BTreeSet<BTreeSet<String>>,
    /// Acts that it does without having proved itself what they demand: who runs it must have.
    demands: BTreeSet<String>,
}

/// One flow to walk.
pub(super) struct Walk<'a> {
    pub flow: &'a Flow,
    pub readings: &'a [StepReadings],
    pub scope: Scope<'a>,
    /// Facts that the flow's head says are set before.
    pub given: &'a BTreeSet<String>,
    /// Summaries of flows that it runs; one that is missing is not known, and not walked behind.
    pub summaries: &'a BTreeMap<String, Summary>,
}

type Values = BTreeMap<String, BTreeSet<String>>;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    values: Values,
    set: BTreeSet<String>,
}

/// Something that was read while it may be unset.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Gap {
    place: Place,
    path: String,
    condition: String,
    /// The flow that reads it, when it is one that is run here.
    within: Option<String>,
}

struct Walking<'a> {
    walk: &'a Walk<'a>,
    at: Vec<BTreeMap<Values, BTreeSet<String>>>,
    crowded: Vec<bool>,
    open: Vec<(usize, Values)>,
    gaps: BTreeSet<Gap>,
    /// Acts that are reached without what they demand.
    unproved: BTreeSet<(Place, String, String)>,
    /// Steps that may take away the last owner.
    orphaned: BTreeSet<Place>,
    /// Fields that the requester named themselves, by which something was looked up.
    named: BTreeSet<&'a str>,
    /// What is told to a requester who has not proved that they may know.
    told: BTreeSet<(Place, String)>,
    /// Of each step: whether its guard was seen to hold, and to fail.
    guards: Vec<(bool, bool)>,
    summary: Summary,
}

/// Walks a flow. A flow that starts by itself must set what it reads; one that is only run may leave that to its
/// callers.
pub(super) fn walk(walk: &Walk, findings: &mut Vec<Finding>) -> Summary {
    let mut walking = Walking {
        walk,
        at: vec![BTreeMap::new(); walk.flow.steps.len()],
        crowded: vec![false; walk.flow.steps.len()],
        open: Vec::new(),
        gaps: BTreeSet::new(),
        unproved: BTreeSet::new(),
        orphaned: BTreeSet::new(),
        named: walk.readings.iter().flat_map(|reads| &reads.matched).map(String::as_str).collect(),
        told: BTreeSet::new(),
        guards: vec![(false, false); walk.flow.steps.len()],
        summary: Summary { needs: walk.given.clone(), ..Summary::default() },
    };
    walking.arrive(Goto::Step(0), State { values: Values::new(), set: walk.given.clone() });
    for _ in 0..ENOUGH {
        let Some((index, values)) = walking.open.pop() else { break };
        let Some(set) = walking.at.get(index).and_then(|states| states.get(&values)).cloned() else { continue };
        walking.step(index, State { values, set });
    }
    walking.finish(findings)
}

impl Walking<'_> {
    fn arrive(&mut self, to: Goto, mut state: State) {
        let index = match to {
            Goto::Step(index) if index < self.at.len() => index,
            Goto::Step(_) | Goto::End(Ending::Resolved) => {
                let marks = state.set.iter().filter(|name| proved::is_mark(name)).cloned().collect();
                self.summary.proofs.insert(marks);
                if self.summary.proofs.len() > MOST {
                    // Too many to keep apart: what all of them have is sure.
                    let common = self.summary.proofs.iter().cloned().reduce(|a, b| &a & &b).unwrap_or_default();
                    self.summary.proofs = [common].into();
                }
                let gives = match &self.summary.gives {
                    Some(before) => before & &state.set,
                    None => state.set,
                };
                self.summary.gives = Some(gives);
                return;
            }
            Goto::End(Ending::Refused | Ending::Unanswered | Ending::Agent) => return,
        };
        if self.crowded[index] {
            state.values.clear();
        }
        let states = &mut self.at[index];
        let merged = match states.get(&state.values) {
            Some(before) => before & &state.set,
            None => state.set,
        };
        if states.get(&state.values) == Some(&merged) {
            return;
        }
        states.insert(state.values.clone(), merged);
        if states.len() <= MOST {
            self.open.push((index, state.values));
            return;
        }
        self.crowded[index] = true;
        let common = states.values().cloned().reduce(|a, b| &a & &b).unwrap_or_default();
        *states = [(Values::new(), common)].into();
        self.open.push((index, Values::new()));
    }

    fn step(&mut self, index: usize, state: State) {
        let walk = self.walk;
        let (Some(step), Some(readings)) = (walk.flow.steps.get(index), walk.readings.get(index)) else { return };
        let (passed, skipped) = match &readings.guard {
            Some(guard) => self.split(guard, state),
            None => (vec![state], vec![]),
        };
        if let Some(seen) = self.guards.get_mut(index) {
            seen.0 |= !passed.is_empty();
            seen.1 |= !skipped.is_empty();
        }
        for state in skipped {
            self.arrive(graph::next(walk.flow, index), state);
        }
        for mut state in passed {
            let private = private::to_requester(&walk.scope, step, readings, &self.named);
            let untold = private.filter(|read| !proved::may_read(&state.set, &read.path));
            self.told.extend(untold.map(|read| (read.place.clone(), read.path.clone())));
            for reading in readings.says.iter().chain(&readings.does) {
                self.require(reading, step, &mut state);
            }
            self.act(step, readings, state);
        }
    }

    fn act(&mut self, step: &Step, readings: &StepReadings, mut state: State) {
        if let (Some(wait), Some(Limit::Length(lasts))) = (&step.within, self.walk.scope.desk.limits.get("proof_lasts"))
            && values::outlasts(wait, lasts)
        {
            proved::lapse(&mut state.set);
        }
        match &step.verb {
            Verb::Say | Verb::Escalate { .. } => self.arrive(step.then, state),
            Verb::Ask { facts, .. } if step.asks_others() => self.ask_others(step, facts, state),
            Verb::Prove { proofs, .. } => {
                for wanted in proofs {
                    let mut proven = state.clone();
                    proven.values.insert(format!("{} by", step.id), [wanted.to_string()].into());
                    proven.set.insert(proved::mark(wanted));
                    self.arrive(step.then, proven);
                }
                self.otherwise(step, state);
            }
            Verb::Record { act, with } => {
                self.demand(act, with, step, &state);
                self.keeps_an_owner(act, with, step, &state);
                let mut done = state;
                if act == "add_owner" {
                    done.set.insert(proved::another_owner(&bound(with, "organisation")));
                }
                self.arrive(step.then, done);
            }
            Verb::Wait { .. } => {
                self.arrive(step.then, state.clone());
                self.otherwise(step, state);
            }
            Verb::HandOver { .. } => {}
            Verb::Ask { facts, again, or } if or.is_empty() => self.ask(step, facts, *again, state),
            Verb::Ask { facts, again, or } => {
                // One or the other is known behind it: the two are kept apart, or neither would be.
                for (name, facts) in [("facts", facts), ("or", or)] {
                    let mut one = state.clone();
                    one.values.insert(format!("{} or", step.id), [name.to_owned()].into());
                    self.ask(step, facts, *again, one);
                }
            }
            Verb::Confirm { .. } => {
                self.arrive(step.then, state.clone());
                self.otherwise(step, state);
            }
            Verb::LookUp { record, .. } => {
                let mut failed = state;
                forget(&mut failed, record);
                self.summary.unsets.insert(record.clone());
                let mut found = failed.clone();
                found.set.insert(record.clone());
                found.set.extend(readings.matched.iter().cloned());
                self.arrive(step.then, found);
                self.otherwise(step, failed);
            }
            Verb::Decide { .. } if step.each.is_some() => {
                let mut sorted = state;
                sorted.set.extend(readings.matched.iter().cloned());
                self.arrive(step.then, sorted);
            }
            Verb::Decide { cases, .. } => {
                for to in cases.values() {
                    self.arrive(*to, state.clone());
                }
            }
            Verb::Together { tasks } => {
                for task in tasks {
                    self.demand(&task.act, &BTreeMap::new(), step, &state);
                }
                let mut done = state.clone();
                let gives = tasks.iter().filter(|task| task.each.is_none()).flat_map(|task| &task.gives);
                for fact in gives {
                    self.give(fact, &mut done);
                }
                done.set.extend(readings.matched.iter().cloned());
                self.arrive(step.then, done);
                for to in tasks.iter().flat_map(|task| task.cannot.values()) {
                    self.arrive(*to, state.clone());
                }
                self.otherwise(step, state);
            }
            Verb::Task { act, gives, cannot, .. } => {
                self.demand(act, &BTreeMap::new(), step, &state);
                let mut done = state.clone();
                // With `each` they are the entries', which `matched` holds.
                done.set.extend(readings.matched.iter().cloned());
                for fact in gives.iter().filter(|_| step.each.is_none()) {
                    self.give(fact, &mut done);
                }
                self.arrive(step.then, done);
                for to in cannot.values() {
                    self.arrive(*to, state.clone());
                }
                self.otherwise(step, state);
            }
            Verb::Run { flow } => self.run(step, flow, state),
        }
    }

    fn ask_others(&mut self, step: &Step, facts: &[String], state: State) {
        let mut silent = state;
        for fact in facts {
            forget(&mut silent, fact);
            self.summary.unsets.insert(fact.clone());
            self.summary.changes.insert(fact.clone());
        }
        for to in &step.to {
            let mut answered = silent.clone();
            answered.values.insert(format!("{} by", step.id), [to.to_string()].into());
            for fact in facts {
                answered.set.insert(fact.clone());
                answered.set.insert(proved::agreed(fact, &to.to_string()));
            }
            self.arrive(step.then, answered);
        }
        self.otherwise(step, silent);
    }

    /// An agent gives a fact with a task.
    fn give(&mut self, fact: &str, done: &mut State) {
        forget(done, fact);
        done.set.insert(fact.to_owned());
        done.set.insert(proved::agreed(fact, "agent"));
        self.summary.changes.insert(fact.to_owned());
    }

    fn ask(&mut self, step: &Step, facts: &[String], again: bool, state: State) {
        let mut answered = state.clone();
        let mut silent = state;
        let mut asked = false;
        for fact in facts {
            if again || !answered.set.contains(fact) {
                asked = true;
                answered.values.remove(fact);
            }
            if again {
                // What a rule made of the old list is gone with it.
                forget(&mut answered, fact);
            }
            answered.set.insert(fact.clone());
            if again {
                // The old value goes before the new one comes.
                forget(&mut silent, fact);
                self.summary.unsets.insert(fact.clone());
                self.summary.changes.insert(fact.clone());
            }
        }
        self.arrive(step.then, answered);
        if asked {
            self.otherwise(step, silent);
        }
    }

    fn run(&mut self, step: &Step, flow: &str, mut state: State) {
        let Some(summary) = self.walk.summaries.get(flow) else { return };
        for need in &summary.needs {
            let reading = Reading { path: need.clone(), conditions: vec![need.clone()], place: step.place.clone() };
            self.require_for(&reading, Some(flow), step, &mut state);
        }
        let mut failed = state;
        for name in &summary.changes {
            failed.values.remove(name);
        }
        for name in &summary.unsets {
            forget(&mut failed, name);
        }
        for act in &summary.demands {
            self.demand(act, &BTreeMap::new(), step, &failed);
        }
        for (n, proofs) in summary.proofs.iter().enumerate() {
            let mut done = failed.clone();
            done.set.extend(summary.gives.iter().flatten().cloned());
            if summary.proofs.len() > 1 {
                done.values.insert(format!("{} by", step.id), [n.to_string()].into());
            }
            done.set.extend(proofs.iter().cloned());
            self.arrive(step.then, done);
        }
        self.summary.changes.extend(summary.changes.iter().cloned());
        self.summary.unsets.extend(summary.unsets.iter().cloned());
        self.otherwise(step, failed);
    }

    /// Whether what an act demands is there in every state that reaches it.
    fn demand(&mut self, act: &str, with: &BTreeMap<String, Vec<String>>, step: &Step, state: &State) {
        let Some(demands) = self.walk.scope.desk.acts.get(act) else { return };
        let yes = |fact: &String| state.values.get(fact).is_some_and(|values| values.iter().eq(["yes"]));
        let met = |demand: &Demand| match demand {
            Demand::Proof(wanted) => state.set.contains(&proved::mark(&wanted.bound(with))),
            Demand::Agreed { fact, by } => state.set.contains(&proved::agreed(fact, &by.to_string())) && yes(fact),
            Demand::ByAgent { fact } => state.set.contains(&proved::agreed(fact, "agent")) && yes(fact),
        };
        if !demands.is_empty() && !demands.iter().any(met) {
            let ways: Vec<String> = demands.iter().map(|demand| format!("`{demand}`")).collect();
            let has_lapsed = state.set.contains(proved::LAPSED);
            let since = if has_lapsed { ", no longer ago than `proof_lasts`" } else { "" };
            self.unproved.insert((step.place.clone(), act.to_owned(), ways.join(" or ") + since));
        }
    }

    /// A mailbox never loses its last owner: another one came before, or the account is known not to be the only one.
    fn keeps_an_owner(&mut self, act: &str, with: &BTreeMap<String, Vec<String>>, step: &Step, state: &State) {
        let sole = state.values.get(&format!("{}.sole_owner", bound(with, "account")));
        let is_one_of_several = sole.is_some_and(|values| values.iter().eq(["no"]));
        let has_another = state.set.contains(&proved::another_owner(&bound(with, "organisation")));
        if act == "remove_owner" && !is_one_of_several && !has_another {
            self.orphaned.insert(step.place.clone());
        }
    }

    fn otherwise(&mut self, step: &Step, state: State) {
        if let Some(to) = step.otherwise {
            self.arrive(to, state);
        }
    }

    fn require(&mut self, reading: &Reading, step: &Step, state: &mut State) {
        self.require_for(reading, None, step, state);
    }

    /// What is missing is told once: behind it, it is taken as set.
    fn require_for(&mut self, reading: &Reading, within: Option<&str>, step: &Step, state: &mut State) {
        for condition in &reading.conditions {
            let due = condition == "step.due" && step.within.is_some();
            if due || state.set.contains(condition) {
                continue;
            }
            state.set.insert(condition.clone());
            self.gaps.insert(Gap {
                place: reading.place.clone(),
                path: reading.path.clone(),
                condition: condition.clone(),
                within: within.map(str::to_owned),
            });
        }
    }

    fn require_read(&mut self, read: &Read, state: &mut State) {
        for condition in self.walk.scope.conditions(&read.path) {
            if state.set.insert(condition.clone()) {
                let path = read.path.join(".");
                self.gaps.insert(Gap { place: read.place.clone(), path, condition, within: None });
            }
        }
    }

    /// The states in which a guard holds, and those in which it does not.
    fn split(&mut self, guard: &Guard, mut state: State) -> (Vec<State>, Vec<State>) {
        match guard {
            Guard::Yes(read) => self.narrow(read, &["yes".to_owned()], state),
            Guard::OneOf(read, values) => self.narrow(read, values, state),
            Guard::Known(path) => {
                let conditions = self.walk.scope.conditions(path);
                let surely = conditions.iter().all(|condition| state.set.contains(condition));
                let unknown = if surely { vec![] } else { vec![state.clone()] };
                state.set.extend(conditions);
                (vec![state], unknown)
            }
            Guard::Not(inner) => {
                let (holds, fails) = self.split(inner, state);
                (fails, holds)
            }
            Guard::And(left, right) => {
                let (holds, mut fails) = self.split(left, state);
                let (holds, more) = self.split_all(right, holds);
                fails.extend(more);
                (merged(holds), merged(fails))
            }
            Guard::Or(left, right) => {
                let (mut holds, fails) = self.split(left, state);
                let (more, fails) = self.split_all(right, fails);
                holds.extend(more);
                (merged(holds), merged(fails))
            }
            Guard::Either(reads) => {
                for read in reads {
                    self.require_read(read, &mut state);
                }
                (vec![state.clone()], vec![state])
            }
        }
    }

    fn split_all(&mut self, guard: &Guard, states: Vec<State>) -> (Vec<State>, Vec<State>) {
        let mut all = (vec![], vec![]);
        for state in states {
            let (holds, fails) = self.split(guard, state);
            all.0.extend(holds);
            all.1.extend(fails);
        }
        all
    }

    fn narrow(&mut self, read: &Read, wanted: &[String], mut state: State) -> (Vec<State>, Vec<State>) {
        self.require_read(read, &mut state);
        let Some(domain) = self.walk.scope.domain(&read.path) else {
            return (vec![state.clone()], vec![state]);
        };
        let path = read.path.join(".");
        let possible = state.values.get(&path).cloned().unwrap_or(domain);
        let (holds, fails): (BTreeSet<String>, BTreeSet<String>) =
            possible.into_iter().partition(|value| wanted.contains(value));
        let with = |values: BTreeSet<String>| -> Vec<State> {
            if values.is_empty() {
                return vec![];
            }
            let mut state = state.clone();
            state.values.insert(path.clone(), values);
            vec![state]
        };
        (with(holds), with(fails))
    }

    /// A guard that is always so, or never, was meant otherwise.
    fn tell_guards(&self, findings: &mut Vec<Finding>) {
        for (step, seen) in self.walk.flow.steps.iter().zip(&self.guards) {
            let Some(when) = &step.when else { continue };
            let (code, message, help) = match seen {
                (true, false) => {
                    ("guard-always", format!("`{}` is always so here", when.source), "remove the guard, or mend it")
                }
                (false, true) => (
                    "guard-never",
                    format!("`{}` is never so here, so this step does nothing", when.source),
                    "mend the guard, or remove the step",
                ),
                (true, true) | (false, false) => continue,
            };
            findings.push(Finding::warning(code, when.place.clone(), message, help));
        }
    }

    fn tell_private(&mut self, findings: &mut Vec<Finding>) {
        for (place, path) in std::mem::take(&mut self.told) {
            let message = format!("`{path}` is told here, and nobody has proved who they are");
            let help = "say it without this, or hand over to a person who checks first";
            findings.push(Finding::error("private-in-text", place, message, help));
        }
    }

    fn finish(mut self, findings: &mut Vec<Finding>) -> Summary {
        let flow = self.walk.flow;
        if self.open.is_empty() {
            self.tell_guards(findings);
        }
        self.tell_private(findings);
        let starts = flow.starts.is_some() || STARTED_BY_THE_DESK.contains(&flow.name.as_str());
        for (place, act, ways) in std::mem::take(&mut self.unproved) {
            if !starts {
                self.summary.demands.insert(act);
                continue;
            }
            let message = format!("`{act}` demands {ways}, and a way leads here without it");
            let help = if ways.ends_with("`proof_lasts`") {
                "wait for a shorter time, or `prove:` it again behind the wait"
            } else {
                "before it, `prove:` it or `ask:` for it `to:` that party, and leave where it is not so"
            };
            findings.push(Finding::error("act-without-proof", place, message, help));
        }
        for place in std::mem::take(&mut self.orphaned) {
            let message = "this may take away the last owner, and a mailbox that nobody owns is lost to its site";
            let help = "put `record: add_owner` before it, or guard it with `not` and the `sole_owner` of the account";
            findings.push(Finding::error("last-owner", place, message, help));
        }
        for gap in std::mem::take(&mut self.gaps) {
            let root = gap.condition.split('.').next().unwrap_or("");
            let callers_can = !starts && crate::policy::schema::given(root).is_none();
            if callers_can {
                self.summary.needs.insert(gap.condition);
            } else {
                let unsorted = lists::is_part(&self.walk.scope, &gap.condition);
                findings.push(if unsorted { gap.into_unsorted() } else { gap.into_finding() });
            }
        }
        self.summary
    }
}

/// What a parameter of a change stands for.
fn bound(with: &BTreeMap<String, Vec<String>>, parameter: &str) -> String {
    with.get(parameter).map_or_else(|| parameter.to_owned(), |path| path.join("."))
}

impl Gap {
    fn into_unsorted(self) -> Finding {
        let Gap { place, condition, .. } = self;
        let (list, _) = condition.split_once('.').unwrap_or((&condition, ""));
        let message = format!("`{condition}` is read here, and no rule has sorted `{list}` on every way to this step");
        let help = format!("put a step before it: `decide: RULE` with `each: {list}`");
        Finding::error("not-sorted", place, message, help)
    }

    fn into_finding(self) -> Finding {
        let Gap { place, path, condition, within } = self;
        if let Some(flow) = within {
            let message = format!("`{flow}` reads `{path}`, which may not be set here");
            let help = format!("ask for it or look it up before `run: {flow}`");
            return Finding::error("not-set", place, message, help);
        }
        if condition.contains('.') {
            let message = format!("`{condition}` is not always there");
            let help = format!("guard the step with `when: known({condition})`, or in a text add `| default(\"…\")`");
            return Finding::error("may-be-missing", place, message, help);
        }
        let message = if path == condition {
            format!("`{condition}` may not be set here")
        } else {
            format!("`{path}` is read here, and `{condition}` may not be set")
        };
        let help = format!("ask for it or look it up on every way to this step, or guard it with `known({condition})`");
        Finding::error("not-set", place, message, help)
    }
}

/// A fact or record is no longer known, nor are its fields.
fn forget(state: &mut State, name: &str) {
    let part = |path: &String| {
        path.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            || proved::rests_on(path, name)
    };
    state.set.retain(|path| !part(path));
    state.values.retain(|path, _| !part(path));
}

/// States with equal values become one; too many lose their values.
fn merged(states: Vec<State>) -> Vec<State> {
    let crowded = states.len() > MOST;
    let mut merged: BTreeMap<Values, BTreeSet<String>> = BTreeMap::new();
    for State { values, set } in states {
        let values = if crowded { Values::new() } else { values };
        let common = merged.get(&values).map_or_else(|| set.clone(), |before| before & &set);
        merged.insert(values, common);
    }
    merged.into_iter().map(|(values, set)| State { values, set }).collect()
}
