//! Which steps of a pack its stories go through, which ways out of them, and what else they reach.
//!
//! A way out of a step is a branch: `flow.step: then`, `otherwise`, a verdict, a reason for which a task cannot be done,
//! or `skipped` by its guard. All of it is read from traces, so that `advance` need not know that it is watched.

use std::collections::BTreeSet;

use super::thing::{Kind, things};
use crate::policy::advance::confirm::CONFIRMED;
use crate::policy::flow::{Ending, Flow, Goto, Pack, Step, Verb};
use crate::policy::outcome::{Act, Event, Trace};
use crate::policy::ticket::{State, Ticket, TimerKind, Waiting};

/// What was reached, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// `flow.step`.
    pub steps: BTreeSet<String>,
    /// `flow.step: way`.
    pub branches: BTreeSet<String>,
    /// `rule: verdict`.
    pub verdicts: BTreeSet<String>,
    /// `table: row 2`.
    pub rows: BTreeSet<String>,
    /// Flows that are only question and answer.
    pub answers: BTreeSet<String>,
    /// `flow.step: reminder 1`.
    pub reminders: BTreeSet<String>,
}

impl Coverage {
    /// All that a pack has.
    pub fn all(pack: &Pack) -> Coverage {
        let mut all = Coverage::default();
        for thing in things(pack) {
            all.set(thing.kind).insert(thing.name);
        }
        all
    }

    /// What was reached of one kind.
    pub fn of(&self, kind: Kind) -> &BTreeSet<String> {
        match kind {
            Kind::Step => &self.steps,
            Kind::Branch => &self.branches,
            Kind::Verdict => &self.verdicts,
            Kind::Row => &self.rows,
            Kind::Answer => &self.answers,
            Kind::Reminder => &self.reminders,
        }
    }

    /// Adds what another story reached.
    pub fn add(&mut self, other: &Coverage) {
        for kind in Kind::ALL {
            self.set(kind).extend(other.of(kind).iter().cloned());
        }
    }

    /// Whether a step of the flow was reached, or passed over.
    pub fn touches(&self, flow: &str) -> bool {
        let of_flow = |name: &String| name.split_once('.').is_some_and(|(of, _)| of == flow);
        self.steps.iter().chain(&self.branches).any(of_flow)
    }

    /// Whether a decision of this name was taken: a branch, a verdict or a row.
    pub(super) fn decided(&self, name: &str) -> bool {
        [&self.branches, &self.verdicts, &self.rows].iter().any(|names| names.contains(name))
    }

    fn set(&mut self, kind: Kind) -> &mut BTreeSet<String> {
        match kind {
            Kind::Step => &mut self.steps,
            Kind::Branch => &mut self.branches,
            Kind::Verdict => &mut self.verdicts,
            Kind::Row => &mut self.rows,
            Kind::Answer => &mut self.answers,
            Kind::Reminder => &mut self.reminders,
        }
    }

    /// Adds what one event reached: `before` is the ticket as the event found it.
    pub(super) fn watch(
        &mut self,
        pack: &Pack,
        before: Option<&Ticket>,
        event: &Event,
        after: &Ticket,
        trace: &[Trace],
    ) {
        // A run that went back has left no step by a way of its own.
        let went_back = before.is_some_and(|before| before.trail.rewound != after.trail.rewound);
        let frames = before.filter(|_| !went_back).map_or(&[][..], |ticket| &ticket.frames);
        let stack = frames.iter().map(|frame| (frame.flow.clone(), frame.step.clone())).collect();
        let mut walk = Walk { pack, event, after, trace, stack, reached: self, untouched: true };
        walk.go();
    }
}

/// The way of a run through one event.
struct Walk<'a> {
    pack: &'a Pack,
    event: &'a Event,
    after: &'a Ticket,
    trace: &'a [Trace],
    /// The running flows with their steps, outermost first.
    stack: Vec<(String, String)>,
    reached: &'a mut Coverage,
    /// Whether the run still stands where the event found it.
    untouched: bool,
}

impl Walk<'_> {
    fn go(&mut self) {
        if let Event::Acted { act: Act::Start { .. } | Act::Close { .. }, .. } = self.event {
            // An agent tears the run away from where it stood.
            self.stack.clear();
        }
        for line in self.trace {
            match line {
                Trace::Entered { step, .. } => {
                    self.arrive(step);
                    self.reached.steps.insert(step.clone());
                    if let Some(flow) = self.here().map(|(flow, _)| flow).filter(|flow| flow.is_answer) {
                        let name = flow.name.clone();
                        self.reached.answers.insert(name);
                    }
                }
                Trace::Skipped { step, .. } => {
                    self.arrive(step);
                    self.reached.branches.insert(format!("{step}: skipped"));
                    // It was skipped, not left: nothing more is to be told of it.
                    self.stack.pop();
                    self.stack.extend(step.split_once('.').map(|(flow, _)| (flow.to_owned(), String::new())));
                }
                Trace::Decided { step, rule, verdict, row, .. } => {
                    self.reached.rows.extend(row.iter().map(|row| format!("{rule}: line {}", row.line)));
                    // What is decided for each of a list parts the list, not the way.
                    if self.here().is_none_or(|(_, here)| here.each.is_none()) {
                        self.reached.branches.insert(format!("{step}: {verdict}"));
                    }
                    self.reached.verdicts.insert(format!("{rule}: {verdict}"));
                }
                Trace::Timer { what: TimerKind::Remind, .. } if matches!(self.event, Event::Fired { .. }) => {
                    self.remind();
                }
                _ => {}
            }
        }
        if !self.still_there() {
            self.leave_last();
        }
    }

    /// A reminder went. Those that are left tell which it was.
    fn remind(&mut self) {
        let left = self.after.timers.iter().filter(|timer| timer.what == TimerKind::Remind).count();
        let Some((flow, step)) = self.here() else { return };
        let number = step.remind.len().saturating_sub(left);
        let name = format!("{}.{}: reminder {number}", flow.name, step.id);
        self.reached.reminders.insert(name);
    }

    /// The run comes to a step: what lies between it and the step before has been left.
    fn arrive(&mut self, step: &str) {
        let Some((flow, id)) = step.split_once('.') else { return };
        if self.untouched && matches!(self.event, Event::Acted { act: Act::GiveBack, .. }) {
            // The flow takes up the step where it had stopped: it was never left.
            self.untouched = false;
            return;
        }
        let inner = self.here().and_then(|(_, here)| match &here.verb {
            Verb::Run { flow } => Some(flow.as_str()),
            _ => None,
        });
        if inner == Some(flow) && !self.stack.iter().any(|(running, _)| running == flow) {
            self.stack.push((flow.to_owned(), id.to_owned()));
            self.untouched = false;
            return;
        }
        while self.stack.last().is_some_and(|(running, _)| running != flow) {
            self.leave(None);
            self.stack.pop();
        }
        self.leave(Some(id));
        self.stack.pop();
        self.stack.push((flow.to_owned(), id.to_owned()));
        self.untouched = false;
    }

    /// The step at which the walk is was left, for another step of its flow or for the flow's end.
    fn leave(&mut self, to: Option<&str>) {
        let Some((flow, step)) = self.here() else { return };
        let way = match &step.verb {
            Verb::Say => Some("then"),
            Verb::Ask { .. } | Verb::Confirm { .. } if self.untouched && self.ran_out() => Some("otherwise"),
            Verb::Ask { facts, or, .. } => {
                // Where nothing was understood the flow ends without the step having gone on.
                let all = |facts: &[String]| facts.iter().all(|fact| self.after.facts.contains_key(fact));
                let answered = to.is_some() || all(facts) || (!or.is_empty() && all(or));
                answered.then_some("then")
            }
            Verb::Confirm { .. } => {
                let said_yes = |line: &Trace| matches!(line, Trace::Note(note) if note == CONFIRMED);
                self.trace.iter().any(said_yes).then_some("then")
            }
            Verb::LookUp { .. } => self.way_out_of_look_up(),
            Verb::Decide { .. } if step.each.is_some() => Some("then"),
            Verb::Task { .. } if step.each.is_some() && self.went_past() => Some("then"),
            Verb::Together { .. } if self.went_past() => Some("then"),
            Verb::Task { .. } | Verb::Together { .. } => match self.event {
                Event::Acted { act: Act::Done { .. }, .. } => Some("then"),
                Event::Acted { act: Act::Cannot { reason, .. }, .. } => {
                    let reason = reason.as_deref().unwrap_or_default();
                    let named = reasons(step).find(|named| *named == reason);
                    Some(if self.left_out(reason) { "then" } else { named.unwrap_or("otherwise") })
                }
                _ => None,
            },
            Verb::Escalate { .. } | Verb::Record { .. } => Some("then"),
            Verb::Prove { .. } | Verb::Wait { .. } => self.way_told(&format!("{}.{}", flow.name, step.id)),
            Verb::Run { .. } => self.way_out_of_run(flow, step, to),
            // Verdicts are told by their own line; what is handed over does not go on.
            Verb::Decide { .. } | Verb::HandOver { .. } => None,
        };
        if let Some(way) = way {
            let branch = format!("{}.{}: {way}", flow.name, step.id);
            self.reached.branches.insert(branch);
        }
    }

    /// The way out that the step's own line tells.
    fn way_told(&self, name: &str) -> Option<&str> {
        self.trace.iter().find_map(|line| match line {
            Trace::Led { step, way } if step == name => Some(way.as_str()),
            _ => None,
        })
    }

    /// Whether a step was passed in the event that came to it: nobody was there to do anything for.
    fn went_past(&self) -> bool {
        !self.untouched
            && !self.trace.iter().any(|line| matches!(line, Trace::Task { what, .. } if what.starts_with("given")))
    }

    /// Whether none of several records was meant, or nobody said which.
    fn picked_none(&self) -> bool {
        let told = |note: &str| {
            note.starts_with("The requester means none of the records")
                || note.ends_with("did not say which record is meant.")
        };
        self.trace.iter().any(|line| matches!(line, Trace::Note(note) if told(note)))
    }

    /// Whether a reason left out one of a list alone.
    fn left_out(&self, reason: &str) -> bool {
        let told = format!("is left out: {reason}.");
        self.trace.iter().any(|line| matches!(line, Trace::Note(note) if note.ends_with(&told)))
    }

    fn way_out_of_look_up(&self) -> Option<&'static str> {
        let picked = |line: &Trace| matches!(line, Trace::Note(note) if note.starts_with("The requester picked "));
        if self.trace.iter().any(picked) {
            return Some("then");
        }
        if self.picked_none() {
            return Some("otherwise");
        }
        self.trace.iter().find_map(|line| match line {
            Trace::Found { rows: 1, .. } => Some("then"),
            Trace::Found { .. } => Some("otherwise"),
            _ => None,
        })
    }

    /// Where a run went tells how the flow inside it ended; at the end of its own flow, the ticket's ending does.
    fn way_out_of_run(&self, flow: &Flow, step: &Step, to: Option<&str>) -> Option<&'static str> {
        let leads = |goto: Goto| match (goto, to) {
            (Goto::Step(at), Some(to)) => flow.steps.get(at).is_some_and(|step| step.id == to),
            (Goto::End(ending), None) => match self.after.state {
                State::Closed(now) => now == ending,
                State::WithAgent => ending == Ending::Agent,
                _ => true,
            },
            (Goto::Step(_), None) | (Goto::End(_), Some(_)) => false,
        };
        if leads(step.then) {
            return Some("then");
        }
        step.otherwise.filter(|goto| leads(*goto)).map(|_| "otherwise")
    }

    /// The flow ended, or fell silent, behind the last step.
    fn leave_last(&mut self) {
        let with_agent = self.after.state == State::WithAgent && !self.after.frames.is_empty();
        self.leave(None);
        if with_agent {
            return;
        }
        while self.stack.pop().is_some() {
            self.leave(None);
        }
    }

    /// Whether the ticket waits at the step where the walk ended.
    fn still_there(&self) -> bool {
        let waits = !matches!(self.after.waiting, Waiting::Nothing) || self.after.in_hand.is_some();
        let same = match (self.after.frames.last(), self.stack.last()) {
            (Some(frame), Some((flow, step))) => frame.flow == *flow && frame.step == *step,
            _ => false,
        };
        let silent = self.after.state == State::WithAgent && !self.moved();
        same && (waits || silent)
    }

    /// Whether this event took the run anywhere.
    fn moved(&self) -> bool {
        !self.untouched
            || self.ran_out()
            || matches!(self.event, Event::Found { .. })
            || self.task_ended()
            || self.picked_none()
    }

    fn task_ended(&self) -> bool {
        matches!(self.event, Event::Acted { act: Act::Done { .. } | Act::Cannot { .. }, .. })
    }

    fn ran_out(&self) -> bool {
        let over = |line: &Trace| matches!(line, Trace::Timer { what: TimerKind::Within, .. });
        matches!(self.event, Event::Fired { .. }) && self.trace.iter().any(over)
    }

    fn here(&self) -> Option<(&'_ Flow, &'_ Step)> {
        let (flow, step) = self.stack.last()?;
        let flow = self.pack.flows.get(flow)?;
        flow.steps.iter().find(|found| found.id == *step).map(|step| (flow, step))
    }
}

/// The reasons for which tasks of a step lead elsewhere.
fn reasons(step: &Step) -> Box<dyn Iterator<Item = &str> + '_> {
    match &step.verb {
        Verb::Task { cannot, .. } => Box::new(cannot.keys().map(String::as_str)),
        Verb::Together { tasks } => Box::new(tasks.iter().flat_map(|task| task.cannot.keys()).map(String::as_str)),
        _ => Box::new(std::iter::empty()),
    }
}
