//! Going through a flow: a step is entered, does what its verb says, and leads on, until something must be waited for.

use crate::policy::demand::To;
use crate::policy::facts::{FactType, Item, Record, RecordKind, Value};
use crate::policy::flow::{DeskText, Ending, Flow, Goto, Say, Step, Verb};
use crate::policy::message::Channel;
use crate::policy::outcome::{Found, Trace, Wanted};
use crate::policy::rules::RuleFailure;
use crate::policy::schema;
use crate::policy::ticket::{Purpose, Reference, Refreshed, State, Task, TaskStatus, Waiting};

use super::STEPS_AN_EVENT;
use super::work::Work;

/// Where a step leaves the run.
pub(super) enum After {
    /// It leads on.
    Go(Goto),
    /// Another flow now runs on top: its first step is next.
    Within,
    /// It waits, or the ticket is out of the flow's hands.
    Stop,
}

impl<'a> Work<'a> {
    /// Enters the present step and those behind it, until a wait or an ending.
    pub(super) fn run_on(&mut self) {
        loop {
            self.steps += 1;
            if self.steps > STEPS_AN_EVENT {
                self.hand_over_saying("triage", "one event went through too many steps");
                return;
            }
            let Some((flow, at)) = self.here() else {
                self.hand_over_saying(
                    "triage",
                    "this version of the pack does not know the step at which the ticket is",
                );
                return;
            };
            self.pass(flow, at);
            match self.enter(flow, at) {
                After::Stop => return,
                After::Within => {}
                After::Go(goto) => {
                    if !self.go(goto) {
                        return;
                    }
                }
            }
        }
    }

    /// Follows a destination and runs on from there.
    pub(super) fn follow(&mut self, goto: Goto) {
        if self.go(goto) {
            self.run_on();
        }
    }

    /// Moves to a destination. Whether there is a step to enter now.
    fn go(&mut self, goto: Goto) -> bool {
        match goto {
            Goto::Step(at) => {
                let step = self.here().and_then(|(flow, _)| flow.steps.get(at));
                if let (Some(step), Some(frame)) = (step, self.ticket.frames.last_mut()) {
                    frame.step.clone_from(&step.id);
                }
                true
            }
            Goto::End(ending) => self.end(ending),
        }
    }

    /// Ends the innermost flow: its caller goes on, or the ticket is over. Whether there is a step to enter now.
    fn end(&mut self, ending: Ending) -> bool {
        if ending == Ending::Agent {
            let queue = self.queue_here();
            let step = self.step().map_or_else(String::new, |(flow, step)| format!(" at {}.{}", flow.name, step.id));
            self.hand_over_saying(&queue, format!("the flow asks for a person{step}"));
            return false;
        }
        let said = self.step().is_some_and(|(_, step)| step.say.is_some());
        let ended = self.ticket.frames.pop();
        if self.ticket.frames.is_empty() {
            self.say_ending(ending, ended.and_then(|frame| self.pack.flows.get(&frame.flow)), said);
            self.close(ending, "the flow ended");
            return false;
        }
        let Some((_, caller)) = self.step() else {
            self.hand_over_saying("triage", "this version of the pack does not know the flow that goes on now");
            return false;
        };
        match (ending, caller.otherwise) {
            (Ending::Resolved, _) => self.go(caller.then),
            (_, Some(otherwise)) => self.go(otherwise),
            (_, None) => self.end(ending),
        }
    }

    /// The desk's last words. `said` tells whether the last step had words of its own.
    fn say_ending(&mut self, ending: Ending, flow: Option<&Flow>, said: bool) {
        match ending {
            Ending::Unanswered => self.say_desk_text(DeskText::Unanswered),
            Ending::Refused if !said => self.say_desk_text(DeskText::Refused),
            Ending::Resolved if flow.is_some_and(|flow| flow.is_answer) => {
                self.draft.offers = flow.map(|flow| self.offers(flow)).unwrap_or_default();
                if self.ticket.channel == Channel::Mail {
                    self.say_desk_text(DeskText::Answered);
                } else if self.ticket.channel == Channel::Chat && !self.draft.offers.is_empty() {
                    self.say_desk_text(DeskText::Helped);
                }
            }
            Ending::Refused | Ending::Resolved | Ending::Agent => {}
        }
    }

    /// Enters a step.
    fn enter(&mut self, flow: &'a Flow, at: usize) -> After {
        let step = &flow.steps[at];
        let name = format!("{}.{}", flow.name, step.id);
        if let Some(guard) = &step.when {
            match self.holds(guard) {
                Ok(true) => {}
                Ok(false) => {
                    let facts = self.read_facts(guard.reads.iter().map(|read| read.path.as_slice()));
                    self.trace(Trace::Skipped { step: name, when: guard.source.clone(), facts });
                    return After::Go(in_order(flow, at));
                }
                Err(failure) => return self.rule_failed(&name, &failure),
            }
        }
        if self.wants_fresh_records(step) {
            self.refresh(Refreshed::GoOn);
            return After::Stop;
        }
        if let Some(list) = self.wants_people(step) {
            self.ask_about_people(list);
            return After::Stop;
        }
        self.trace(Trace::Entered { step: name.clone(), verb: step.verb.word().into() });
        if !self.say_on_entry(&name, step) {
            return After::Stop;
        }
        match &step.verb {
            Verb::Say => After::Go(step.then),
            Verb::Ask { facts, .. } if step.asks_others() => self.ask_others(flow, step, facts),
            Verb::Ask { again, .. } => self.ask(flow, at, *again),
            Verb::Prove { .. } => self.prove(flow, at),
            Verb::Record { .. } => self.record(flow, step),
            Verb::Wait { .. } => self.let_time_pass(flow, step),
            Verb::Confirm { names } => self.confirm(flow, at, names),
            Verb::LookUp { .. } => self.look_up(flow, step),
            Verb::Decide { rule, with, .. } if let Some(each) = &step.each => {
                match self.sort(&name, rule, with, each) {
                    Ok(()) => After::Go(step.then),
                    Err(failure) => self.rule_failed(&name, &failure),
                }
            }
            Verb::Decide { rule, with, cases } => match self.decide(&name, rule, with, cases) {
                Ok(goto) => After::Go(goto),
                Err(failure) => self.rule_failed(&name, &failure),
            },
            Verb::Task { .. } if step.each.is_none() => self.give_task(flow, step),
            Verb::Task { .. } | Verb::Together { .. } => self.give_tasks(flow, step),
            Verb::HandOver { queue } => {
                if step.say.is_none() {
                    self.hand_over_saying(queue, format!("step {name} hands it over"));
                } else {
                    self.hand_over(queue, format!("step {name} hands it over"));
                }
                After::Stop
            }
            Verb::Escalate { contact, about } => {
                let of = self.escalated_ticket(about.as_deref());
                let purpose = Purpose::Escalation { contact: contact.clone(), by_flow: true, because: None };
                self.need(purpose, Wanted::Dossier { of, contact: contact.clone() });
                After::Stop
            }
            Verb::Run { flow } => match self.pack.flows.get(flow) {
                Some(inner) => {
                    self.push_frame(inner);
                    After::Within
                }
                None => {
                    self.hand_over_saying("triage", format!("there is no flow called {flow}"));
                    After::Stop
                }
            },
        }
    }

    /// What a step says when it is entered. Whether the flow may go on.
    fn say_on_entry(&mut self, name: &str, step: &'a Step) -> bool {
        match (&step.say, &step.verb) {
            // A proof is asked of whoever can give it, and a wait tells how long it is.
            (None, _) | (Some(_), Verb::Prove { .. } | Verb::Wait { .. }) => true,
            (Some(_), _) if step.asks_others() => true,
            (Some(say), _) => match &step.each {
                Some(each) => {
                    let entries = self.entries(each);
                    entries.into_iter().all(|at| self.with_entry(each, at, |work| work.say_of_step(name, step, say)))
                }
                None => self.say_of_step(name, step, say),
            },
        }
    }

    /// Says a step's text to whomever it speaks. Whether the flow may go on.
    fn say_of_step(&mut self, name: &str, step: &Step, say: &Say) -> bool {
        if !step.speaks_to_others() {
            return self.say(name, say);
        }
        let addressees = self.addressees(&step.to);
        let also = step.to.contains(&To::Requester);
        self.say_to(name, say, &addressees, false) && (!also || self.say(name, say))
    }

    /// A rule could not say anything: the ticket goes to a person, and the authors read why in its story.
    pub(super) fn rule_failed(&mut self, step: &str, failure: &RuleFailure) -> After {
        self.note(format!("At step {step}: {failure}"));
        self.stumbled = Some(failure.to_string());
        let queue = self.queue_here();
        self.hand_over_saying(&queue, format!("the rule at step {step} failed"));
        After::Stop
    }

    /// Lets a rule choose where to go on.
    fn decide(
        &mut self,
        step: &str,
        rule: &str,
        with: &std::collections::BTreeMap<String, String>,
        cases: &std::collections::BTreeMap<String, Goto>,
    ) -> Result<Goto, RuleFailure> {
        let verdict = self
            .pack
            .rules
            .decide(rule, &|parameter| self.item(with.get(parameter).map_or(parameter, String::as_str)))?;
        let facts = self.read_by(rule, with);
        let others = cases.keys().filter(|case| **case != verdict.verdict).cloned().collect();
        let goto = cases.get(&verdict.verdict).copied().unwrap_or(Goto::End(Ending::Agent));
        self.trace(Trace::Decided {
            step: step.into(),
            rule: rule.into(),
            verdict: verdict.verdict,
            because: verdict.because,
            facts,
            others,
            row: verdict.row,
        });
        Ok(goto)
    }

    /// The facts that a rule reads, for the trace.
    pub(super) fn read_by(
        &self,
        rule: &str,
        with: &std::collections::BTreeMap<String, String>,
    ) -> Vec<(String, String)> {
        let parameters = self.pack.rules.rule(rule).map_or(&[][..], |rule| &rule.reads);
        let paths: Vec<Vec<String>> = parameters
            .iter()
            .map(|read| {
                let mut path = read.path.clone();
                if let Some(first) = path.first_mut()
                    && let Some(other) = with.get(first)
                {
                    first.clone_from(other);
                }
                path
            })
            .collect();
        self.read_facts(paths.iter().map(Vec::as_slice))
    }

    /// Asks the directory, and waits for its answer.
    pub(super) fn look_up(&mut self, flow: &Flow, step: &Step) -> After {
        let Verb::LookUp { kind, by, by_requester, .. } = &step.verb else { return After::Stop };
        let mut matched = Vec::new();
        if *by_requester {
            let field = if *kind == RecordKind::Ticket { "requester" } else { "address" };
            matched.push((field.to_owned(), Value::text(FactType::Mail, &*self.ticket.requester.address)));
        }
        for fact in by {
            let value = self.ticket.facts.get(fact).map(|known| known.value.clone());
            let field = value.as_ref().and_then(|value| schema::matched_field(*kind, fact, value.kind));
            let (Some(value), Some(field)) = (value, field) else {
                self.hand_over_saying(&flow.queue, format!("step {} looks up by {fact}, which is not known", step.id));
                return After::Stop;
            };
            matched.push((field.to_owned(), value));
        }
        let asker = self.ticket.requester.clone();
        self.wait_for(Waiting::Nothing);
        self.need(Purpose::LookUp, Wanted::Rows { kind: *kind, by: matched, asker });
        After::Stop
    }

    /// Gives an agent work, and waits until it is done.
    fn give_task(&mut self, flow: &Flow, step: &Step) -> After {
        let Verb::Task { act, instruction, gives, cannot, queue } = &step.verb else { return After::Stop };
        if !self.may_act(act, &Default::default()) {
            return self.not_allowed(&format!("{}.{}", flow.name, step.id), act);
        }
        let instruction = match self.render(instruction) {
            Ok(text) => text,
            Err(failure) => return self.text_failed(&failure),
        };
        let number = self.ticket.tasks.last().map_or(1, |task| task.number + 1);
        let queue = queue.clone().unwrap_or_else(|| flow.queue.clone());
        self.trace(Trace::Task { number, act: act.clone(), what: format!("given to {queue}") });
        self.ticket.tasks.push(Task {
            number,
            act: act.clone(),
            instruction,
            queue: queue.clone(),
            given: self.now,
            gives: gives.clone(),
            cannot: cannot.keys().cloned().collect(),
            status: TaskStatus::Open,
            joint: None,
        });
        self.ticket.queue = queue;
        self.wait_for(Waiting::Task { task: number });
        self.set_state(State::WithTask, format!("an agent has something to do: {act}"));
        After::Stop
    }

    /// Tasks that nobody wants any more.
    pub(super) fn withdraw_tasks(&mut self) {
        let mut withdrawn = Vec::new();
        for task in self.ticket.tasks.iter_mut().filter(|task| task.status == TaskStatus::Open) {
            task.status = TaskStatus::Withdrawn;
            withdrawn.push(Trace::Task { number: task.number, act: task.act.clone(), what: "withdrawn".into() });
        }
        for line in withdrawn {
            self.trace(line);
        }
    }

    /// What was needed has been found.
    pub(super) fn found(&mut self, query: u32, found: &Found) {
        let Some(in_hand) = self.ticket.in_hand.take_if(|in_hand| in_hand.query == query) else {
            self.note(format!("The answer to query {query} came too late and changed nothing."));
            return;
        };
        self.draft = in_hand.draft;
        self.words = in_hand.words;
        match (in_hand.purpose, found) {
            (Purpose::LookUp, Found::Rows(rows)) => self.looked_up(rows),
            (Purpose::Escalation { contact, by_flow, because }, Found::Dossier(dossier)) => {
                self.escalate(&contact, dossier, because.as_deref());
                if by_flow && let Some((_, step)) = self.step() {
                    self.follow(step.then);
                }
            }
            (Purpose::Codes, Found::Matched(right)) => self.codes_compared(*right),
            (Purpose::Refresh(what_for), Found::Refreshed(rows)) => self.refreshed(rows, what_for),
            (Purpose::People { list }, Found::People(standing)) => self.people_found(&list, standing),
            (
                Purpose::LookUp
                | Purpose::Escalation { .. }
                | Purpose::Refresh(_)
                | Purpose::Codes
                | Purpose::People { .. },
                _,
            ) => {
                self.hand_over_saying("triage", "something else was found than what was asked for");
            }
        }
    }

    /// A look-up was answered: one row goes on, anything else asks again or fails.
    fn looked_up(&mut self, rows: &[Record]) {
        let Some((flow, step)) = self.step() else {
            self.hand_over_saying("triage", "a look-up was answered for a step that is not there");
            return;
        };
        let Verb::LookUp { record, kind, by, tries, .. } = &step.verb else {
            self.hand_over_saying("triage", "a look-up was answered for a step that does not look up");
            return;
        };
        self.trace(Trace::Found { record: record.clone(), rows: rows.len() });
        if let [row] = rows {
            self.ticket.records.insert(record.clone(), row.clone());
            if let Some(frame) = self.ticket.frames.last_mut() {
                frame.misses.remove(&step.id);
            }
            self.follow(step.then);
            return;
        }
        if self.asks_to_pick(*kind, rows) {
            return;
        }
        let misses = self.miss(&step.id);
        if rows.is_empty() && misses < *tries && !by.is_empty() {
            self.ask_by_facts_again(flow, step, by);
        } else {
            self.follow(step.otherwise.unwrap_or(Goto::End(Ending::Agent)));
        }
    }

    /// Counts a look-up that found nothing usable.
    pub(super) fn miss(&mut self, step: &str) -> u32 {
        let Some(frame) = self.ticket.frames.last_mut() else { return u32::MAX };
        let misses = frame.misses.entry(step.to_owned()).or_default();
        *misses += 1;
        *misses
    }

    /// The ticket that an escalation is about: another that was looked up, else this one.
    fn escalated_ticket(&self, about: Option<&str>) -> Reference {
        let other = about.and_then(|record| self.ticket.records.get(record));
        match other.and_then(|record| record.fields.get("reference")) {
            Some(Item::Value(reference)) => Reference(reference.to_string()),
            _ => self.ticket.reference.clone(),
        }
    }
}

/// The destination behind a step that is skipped.
fn in_order(flow: &Flow, at: usize) -> Goto {
    if at + 1 < flow.steps.len() { Goto::Step(at + 1) } else { Goto::End(Ending::Resolved) }
}
