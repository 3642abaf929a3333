//! An agent gives a request back to its flow: where it stopped, or at a step that the flow may come to.

use crate::policy::finding::did_you_mean;
use crate::policy::flow::{Flow, Step, Verb};
use crate::policy::graph;
use crate::policy::ticket::{State, Waiting};

use super::work::Work;

impl<'a> Work<'a> {
    /// Back to the flow, at the step where it stopped.
    pub(super) fn give_back(&mut self) {
        if self.ticket.state == State::OnHold && self.without_hold() == State::WithTask {
            self.set_state(State::WithTask, "the hold is over");
            return;
        }
        match self.flow_that_waits() {
            None => {}
            Some((_, step)) if matches!(step.verb, Verb::HandOver { .. }) => {
                self.refuse(
                    "The flow handed this over on purpose. Pick a flow with start, reply, or close the ticket.",
                );
            }
            Some(_) => {
                self.resumes = true;
                self.run_on();
                self.resumes = false;
            }
        }
    }

    /// Back to the flow, at a step that the agent names. What that step asks for is asked anew.
    pub(super) fn give_back_at(&mut self, written: &str) {
        let Some((flow, _)) = self.flow_that_waits() else { return };
        let name = match written.split_once('.') {
            Some((of, _)) if of != flow.name => {
                self.refuse(format!("{of} does not run. The flow that runs is {}.", flow.name));
                return;
            }
            Some((_, step)) => step,
            None => written,
        };
        let Some(at) = flow.steps.iter().position(|step| step.id == name) else {
            let help = did_you_mean(name, flow.steps.iter().map(|step| step.id.as_str()));
            self.refuse(format!("{} has no step {name}. {help}", flow.name));
            return;
        };
        if !graph::reachable_unless(flow, &|step| self.is_unproved(step)).contains(&at) {
            self.refuse(format!(
                "{}.{name} lies behind a proof that nobody has given. Choose a step before it.",
                flow.name
            ));
            return;
        }
        if let Some(because) = self.proves_of_nothing(&flow.steps[at]) {
            self.refuse(because);
            return;
        }
        self.begin_at(flow, at);
        self.run_on();
        if let Some(because) = self.stumbled.take() {
            self.refuse(format!(
                "{}.{name} needs what is not known yet ({because}). Choose a step before it.",
                flow.name
            ));
        }
    }

    /// The flow of a request that an agent has, with the step where it stopped. The agent is told why there is none.
    fn flow_that_waits(&mut self) -> Option<(&'a Flow, &'a Step)> {
        if !matches!(self.ticket.state, State::WithAgent | State::OnHold) || self.without_hold() == State::WithTask {
            self.refuse("The flow has this ticket already.");
            return None;
        }
        let here = self.step();
        if here.is_none() {
            self.refuse("The flow has ended. Pick a flow with start, or close the ticket.");
        }
        here
    }

    fn begin_at(&mut self, flow: &Flow, at: usize) {
        let Some(step) = flow.steps.get(at) else { return };
        self.wait_for(Waiting::Nothing);
        self.forget_the_way();
        if let Verb::Ask { facts, or, .. } = &step.verb {
            for fact in facts.iter().chain(or) {
                self.ticket.facts.remove(fact);
                self.ticket.tray.remove(fact);
            }
        }
        if let Some(frame) = self.ticket.frames.last_mut() {
            frame.step.clone_from(&step.id);
            frame.misses.remove(&step.id);
        }
    }

    /// Why a step cannot ask for its proof: nothing is known yet that it could be of.
    fn proves_of_nothing(&self, step: &Step) -> Option<String> {
        let Verb::Prove { proofs, .. } = &step.verb else { return None };
        let is_known = proofs.iter().any(|wanted| self.record_at(&wanted.of).is_some());
        let wanted = proofs.first().filter(|_| !is_known)?;
        let because = format!("there is no {} yet", wanted.of.join("."));
        Some(format!("{} needs what is not known yet: {because}. Choose a step before it.", step.id))
    }

    /// Whether a step wants a proof that is not there, itself or in the flow that it runs.
    fn is_unproved(&self, step: &Step) -> bool {
        if step.when.as_ref().is_some_and(|guard| matches!(self.holds(guard), Ok(false))) {
            return false;
        }
        match &step.verb {
            Verb::Prove { proofs, .. } => !proofs.iter().any(|wanted| self.is_proved(wanted)),
            // No flow runs itself, however far around: the checker has seen to that.
            Verb::Run { flow } => {
                self.pack.flows.get(flow).is_some_and(|flow| flow.steps.iter().any(|step| self.is_unproved(step)))
            }
            _ => false,
        }
    }
}
