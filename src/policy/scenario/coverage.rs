//! Which steps and which ways out of them the stories of a pack go through.
//!
//! A way out of a step is a branch: `flow.step: then`, `otherwise`, a verdict, a reason for which a task cannot be done,
//! or `skipped` by its guard. All of it is read from traces, so that `advance` need not know that it is watched.

use std::collections::BTreeSet;

use crate::policy::flow::{Ending, Flow, Goto, Pack, Step, Verb};
use crate::policy::outcome::{Act, Event, Trace};
use crate::policy::ticket::{State, Ticket, TimerKind, Waiting};

/// Steps and branches, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// `flow.step`.
    pub steps: BTreeSet<String>,
    /// `flow.step: way`.
    pub branches: BTreeSet<String>,
}

impl Coverage {
    /// All steps and branches that a pack has.
    pub fn all(pack: &Pack) -> Coverage {
        let mut all = Coverage::default();
        for flow in pack.flows.values() {
            for step in &flow.steps {
                let name = format!("{}.{}", flow.name, step.id);
                all.branches.extend(ways(step).into_iter().map(|way| format!("{name}: {way}")));
                all.steps.insert(name);
            }
        }
        all
    }

    /// Adds what another story reached.
    pub fn add(&mut self, other: &Coverage) {
        self.steps.extend(other.steps.iter().cloned());
        self.branches.extend(other.branches.iter().cloned());
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
        let frames = before.map_or(&[][..], |ticket| &ticket.frames);
        let stack = frames.iter().map(|frame| (frame.flow.clone(), frame.step.clone())).collect();
        let mut walk = Walk { pack, event, after, trace, stack, reached: self, untouched: true };
        walk.go();
    }
}

/// The ways out of a step.
fn ways(step: &Step) -> Vec<&str> {
    let mut ways = match &step.verb {
        Verb::Say | Verb::Escalate { .. } => vec!["then"],
        Verb::Ask { .. } | Verb::LookUp { .. } => vec!["then", "otherwise"],
        Verb::Decide { cases, .. } => cases.keys().map(String::as_str).collect(),
        Verb::Task { cannot, .. } => ["then"].into_iter().chain(cannot.keys().map(String::as_str)).collect(),
        Verb::HandOver { .. } => Vec::new(),
        Verb::Run { .. } => vec!["then"],
    };
    if step.otherwise.is_some() && !ways.contains(&"otherwise") {
        ways.push("otherwise");
    }
    if step.when.is_some() {
        ways.push("skipped");
    }
    ways
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
                }
                Trace::Skipped { step, .. } => {
                    self.arrive(step);
                    self.reached.branches.insert(format!("{step}: skipped"));
                    // It was skipped, not left: nothing more is to be told of it.
                    self.stack.pop();
                    self.stack.extend(step.split_once('.').map(|(flow, _)| (flow.to_owned(), String::new())));
                }
                Trace::Decided { step, verdict, .. } => {
                    self.reached.branches.insert(format!("{step}: {verdict}"));
                }
                _ => {}
            }
        }
        if !self.still_there() {
            self.leave_last();
        }
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
            Verb::Ask { .. } if self.untouched && self.ran_out() => Some("otherwise"),
            Verb::Ask { facts, or, .. } => {
                // Where nothing was understood the flow ends without the step having gone on.
                let all = |facts: &[String]| facts.iter().all(|fact| self.after.facts.contains_key(fact));
                let answered = to.is_some() || all(facts) || (!or.is_empty() && all(or));
                answered.then_some("then")
            }
            Verb::LookUp { .. } => self.way_out_of_look_up(),
            Verb::Task { cannot, .. } => match self.event {
                Event::Acted { act: Act::Done { .. }, .. } => Some("then"),
                Event::Acted { act: Act::Cannot { reason, .. }, .. } => {
                    let named = reason.as_ref().and_then(|reason| cannot.get_key_value(reason));
                    Some(named.map_or("otherwise", |(reason, _)| reason.as_str()))
                }
                _ => None,
            },
            Verb::Escalate { .. } => Some("then"),
            Verb::Run { .. } => self.way_out_of_run(flow, step, to),
            // Verdicts are told by their own line; what is handed over does not go on.
            Verb::Decide { .. } | Verb::HandOver { .. } => None,
        };
        if let Some(way) = way {
            let branch = format!("{}.{}: {way}", flow.name, step.id);
            self.reached.branches.insert(branch);
        }
    }

    fn way_out_of_look_up(&self) -> Option<&'static str> {
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
        !self.untouched || self.ran_out() || matches!(self.event, Event::Found { .. }) || self.task_ended()
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
