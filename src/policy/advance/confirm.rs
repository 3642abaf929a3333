//! `confirm`: what is known is shown, and the run waits for the requester's word that it is right.

use std::collections::BTreeSet;

use crate::policy::calendar::Length;
use crate::policy::facts::{Item, RecordKind};
use crate::policy::flow::{DeskText, Flow, Goto, ListDecl, Verb};
use crate::policy::listed::{Entry, Listed};
use crate::policy::message::{Channel, Message};
use crate::policy::outcome::Block;
use crate::policy::recognise::{self, How};
use crate::policy::ticket::{State, Waiting};

use super::rewind::New;
use super::steps::After;
use super::work::Work;

/// What the story of a ticket says when the requester has said yes.
pub(crate) const CONFIRMED: &str = "The requester said that all of it is right.";
/// What a chat offers below what is shown.
const CHOICES: [&str; 2] = ["yes", "change"];

impl<'a> Work<'a> {
    /// A `confirm` is entered.
    pub(super) fn confirm(&mut self, flow: &'a Flow, at: usize, names: &[String]) -> After {
        self.wait_for_their_word(flow, at, names.to_vec(), 0);
        After::Stop
    }

    fn wait_for_their_word(&mut self, flow: &Flow, at: usize, names: Vec<String>, useless: u32) {
        self.wait_for(Waiting::Confirm { names, useless });
        self.set_patience_of(flow, at);
        self.draft.asks = true;
        self.ticket.queue.clone_from(&flow.queue);
        let step = flow.steps.get(at).map_or("", |step| &step.id);
        self.set_state(State::WaitingRequester, format!("step {}.{step} asks whether all is right", flow.name));
    }

    /// Sets the due times of the present step's wait for the requester.
    pub(super) fn set_patience_of(&mut self, flow: &Flow, at: usize) {
        let patience = &self.pack.desk.patience;
        let step = flow.steps.get(at);
        let own: (Option<Length>, &[Length]) = step.map_or((None, &[]), |step| (step.within, &step.remind));
        let reminders = if own.0.is_none() && own.1.is_empty() { &patience.remind[..] } else { own.1 };
        self.set_patience(&flow.queue, own.0.unwrap_or(patience.within), reminders);
    }

    /// The requester answered what was shown.
    pub(super) fn confirmed(&mut self, message: &Message, told: bool) {
        let Waiting::Confirm { names, useless } = self.ticket.waiting.clone() else { return };
        let Some((flow, at)) = self.here() else {
            self.hand_over_saying("triage", "an answer came for a step that is not there");
            return;
        };
        let mut changes = self.new_values(flow, &names, &message.text);
        changes.extend(self.changed_lists(&names, &message.text));
        if !changes.is_empty() {
            self.change(&changes);
            return;
        }
        match recognise::yes_or_no(&message.text) {
            Some(true) => {
                self.brings_news();
                self.note(CONFIRMED);
                self.wait_for(Waiting::Nothing);
                self.follow(flow.steps[at].then);
            }
            Some(false) => {
                let facts = self.changeable(&names);
                self.ask_what_to_change(facts, None);
            }
            None if told => self.draft.asks = true,
            None if self.goes_elsewhere(message) => {}
            None => self.no_word(flow, at, names, useless + 1),
        }
    }

    /// A message says neither yes nor what to change.
    fn no_word(&mut self, flow: &Flow, at: usize, names: Vec<String>, useless: u32) {
        let repair = &self.pack.desk.repair;
        if useless >= repair.tries {
            self.note(format!("{useless} messages in a row brought no answer."));
            self.follow(Goto::End(repair.then));
            return;
        }
        self.say_template(&repair.not_understood);
        self.wait_for_their_word(flow, at, names, useless);
    }

    /// New values for what is shown, each behind its label.
    fn new_values(&self, flow: &Flow, names: &[String], text: &str) -> Vec<(String, New)> {
        let facts = self.changeable(names);
        let decls = self.decls(&flow.name, &facts);
        let reading = recognise::read_answers_on(text, &decls, self.today());
        let labelled = reading.understood.into_iter().filter(|answer| answer.how == How::Labelled);
        let new =
            labelled.filter(|answer| self.ticket.facts.get(&answer.fact).is_none_or(|now| now.value != answer.value));
        new.map(|answer| (answer.fact, New::Is(answer.value))).collect()
    }

    /// What a message says about lists among what is shown: who comes, who goes, and what is different of somebody. Where
    /// that leaves a list that is not whole, the rest is asked for.
    fn changed_lists(&mut self, names: &[String], text: &str) -> Vec<(String, New)> {
        let mut changed = Vec::new();
        for decl in names.iter().filter_map(|name| self.pack.fact(self.flow_name(), name)) {
            let Some(known) = self.ticket.facts.get(&decl.name).filter(|_| decl.list.is_some()) else { continue };
            let before = recognise::roll_of(&known.value);
            let reading = recognise::read_list(decl, &before, text, Some(self.today()), false);
            if reading.told == 0 && reading.problems.is_empty() {
                continue;
            }
            let mut wrong = reading.problems;
            wrong.extend(recognise::still_missing(decl, &reading.roll));
            let whole = if wrong.is_empty() { recognise::whole_list(decl, &reading.roll) } else { None };
            let new = whole.map_or(New::Unfinished(reading.roll, wrong), New::Is);
            changed.push((decl.name.clone(), new));
        }
        changed
    }

    /// The facts among what is shown, and those by which its records were found.
    pub(super) fn changeable(&self, names: &[String]) -> Vec<String> {
        let mut facts: Vec<String> = Vec::new();
        for name in names {
            if self.pack.any_fact(name).is_some() {
                facts.push(name.clone());
                continue;
            }
            let steps =
                self.pack.flows.values().filter(|flow| self.has_passed(&flow.name)).flat_map(|flow| &flow.steps);
            for step in steps {
                if let Verb::LookUp { record, by, .. } = &step.verb
                    && record == name
                {
                    facts.extend(by.iter().cloned());
                }
            }
        }
        let mut seen = BTreeSet::new();
        facts.retain(|fact| self.ticket.facts.contains_key(fact) && seen.insert(fact.clone()));
        facts
    }

    fn has_passed(&self, flow: &str) -> bool {
        let stops = self.ticket.trail.stops.iter().flat_map(|stop| &stop.frames);
        stops.chain(&self.ticket.frames).any(|frame| frame.flow == flow)
    }

    /// What is shown to be confirmed, with the question below it and what can be said. Nothing, if nothing is.
    pub(super) fn to_be_confirmed(&self) -> Option<(Vec<Block>, Vec<String>)> {
        let Waiting::Confirm { names, .. } = &self.ticket.waiting else { return None };
        let shown: Vec<(String, String)> = names.iter().filter_map(|name| self.shown_to_confirm(name)).collect();
        let question = self.desk_text(DeskText::Confirm).and_then(|text| self.render(text).ok()).unwrap_or_default();
        let blocks = vec![Block::Understood(shown), Block::Text(question.trim().to_owned())];
        let choices = if self.ticket.channel == Channel::Mail { &[][..] } else { &CHOICES[..] };
        Some((blocks, choices.iter().map(|choice| (*choice).to_owned()).collect()))
    }

    /// A fact as its question and answer; of a record only what anybody may know, or what they gave themselves.
    fn shown_to_confirm(&self, name: &str) -> Option<(String, String)> {
        if let Some(decl) = self.pack.fact(self.flow_name(), name).or_else(|| self.pack.any_fact(name)) {
            let known = self.ticket.facts.get(name).filter(|_| !decl.secret)?;
            let value = match (&decl.list, known.value.listed()) {
                (Some(list), Some(listed)) => in_lines(list, listed),
                _ => known.value.masked(),
            };
            return Some((decl.ask.clone(), value));
        }
        let record = self.ticket.records.get(name)?;
        let fields: &[&str] = match record.kind {
            RecordKind::Organisation => &["name", "ods_code"],
            RecordKind::Account => &["address"],
            RecordKind::Ticket => &["reference", "title"],
        };
        let told = fields.iter().filter_map(|field| match record.fields.get(*field) {
            Some(Item::Value(value)) => Some(value.to_string()),
            _ => None,
        });
        let label = name.replace('_', " ");
        let mut letters = label.chars();
        let label = letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect());
        Some((label, told.collect::<Vec<_>>().join(", ")))
    }
}

/// Everybody of a list in a line of their own, with all that was said of them: a slip in a number is seen only in full.
fn in_lines(list: &ListDecl, listed: &Listed) -> String {
    let line = |(n, entry): (usize, &Entry)| {
        let told = list.fields.iter().filter_map(|field| {
            let value = entry.fields.get(&field.decl.name)?;
            (field.unless_said.as_ref() != Some(value)).then(|| value.to_string())
        });
        format!("\n{}. {}", n + 1, told.collect::<Vec<_>>().join(", "))
    };
    listed.standing().map(|(_, entry)| entry).enumerate().map(line).collect()
}
