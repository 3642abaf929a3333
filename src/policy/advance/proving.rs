//! Who speaks: what counts as a proof, how one is asked for, and how long it lasts.

use std::collections::BTreeMap;

use crate::policy::demand::{Demand, ProofKind, RING_LANDLINE, To, Wanted, directory_act};
use crate::policy::facts::{Datum, Item, Record, Value};
use crate::policy::flow::{DeskText, Ending, Flow, Goto, Limit, Step, Verb};
use crate::policy::message::{Channel, Message, Party};
use crate::policy::outcome::{self, Effect, Trace};
use crate::policy::proof::is_proved_from;
use crate::policy::recognise;
use crate::policy::ticket::{Known, Proof, Purpose, Source, State, Task, TaskStatus, Waiting};
use crate::policy::world::change::Change;

use super::asking;
use super::others::{Addressee, agreement};
use super::steps::After;
use super::work::Work;

impl<'a> Work<'a> {
    /// The boundary vouches for whoever wrote this: that counts for proofs from now on.
    pub(super) fn bear_witness(&mut self, message: &Message) {
        if is_proved_from(message, &message.from.address) {
            self.ticket.evidence.insert(message.from.address.to_lowercase(), self.now);
        }
    }

    /// Wants a proof: an old one counts; else whoever can give it is asked.
    pub(super) fn prove(&mut self, flow: &'a Flow, at: usize) -> After {
        let step = &flow.steps[at];
        let Verb::Prove { proofs, .. } = &step.verb else { return After::Stop };
        if let Some(wanted) = proofs.iter().find(|wanted| self.is_proved(wanted)) {
            self.note(format!("{wanted} was proved before."));
            return self.led_on(flow, step);
        }
        for wanted in proofs {
            if let Some(by) = self.witness(wanted) {
                self.proved(wanted, &by, "The boundary vouches for mail from that address.");
                return self.led_on(flow, step);
            }
        }
        if step.asks_codes() {
            self.know_ods_code(proofs);
            return self.ask(flow, at, false);
        }
        let asked = self.who_can_prove(proofs);
        let landline = proofs.iter().find(|wanted| wanted.kind == ProofKind::Landline);
        if asked.is_empty() && landline.is_none() {
            self.note("Nobody can be asked for this proof.");
            self.trace(Trace::Led { step: format!("{}.{}", flow.name, step.id), way: "otherwise".into() });
            return After::Go(step.otherwise.unwrap_or(Goto::End(Ending::Agent)));
        }
        let addressees: Vec<Addressee> = asked
            .iter()
            .map(|(address, kind, _)| Addressee {
                to: Party::at(address.clone()),
                channel: Channel::Mail,
                party: kind.name().to_owned(),
            })
            .collect();
        let after = self.last_letter();
        self.wait_for(Waiting::Proof { asked, after, task: None, useless: 0 });
        self.wait_for_others(flow, step);
        // What it says may tell until when, which is known only now.
        if !self.say_of(flow, step, &addressees) {
            return After::Stop;
        }
        for addressee in &addressees {
            self.letter_to(addressee).asks = agreement();
        }
        if let Some(wanted) = landline {
            self.give_call(flow, wanted, &addressees);
        }
        self.say_desk_text(DeskText::WeAsked);
        After::Stop
    }

    /// The ODS code is public, and the record that was looked up has it: nobody is asked for it. Whoever gave another one
    /// is compared with that.
    fn know_ods_code(&mut self, proofs: &[Wanted]) {
        let [ods_code, ..] = asking::CODES;
        // Only of a site that they named themselves: where an account belongs is not public.
        let wanted = proofs.iter().find(|wanted| wanted.kind == ProofKind::CqcDetails && wanted.of.len() == 1);
        let record = wanted.and_then(|wanted| self.record_at(&wanted.of));
        if let Some(Item::Value(value)) = record.as_ref().and_then(|record| record.fields.get(ods_code))
            && !self.is_known(ods_code)
        {
            let known = Known { value: value.clone(), from: Source::Requester("the site that they named".into()) };
            self.ticket.tray.insert(ods_code.to_owned(), known);
        }
    }

    /// Whether a step that asks for codes will know the ODS code from the site that was named.
    pub(super) fn knows_ods_code_of(&self, step: &Step) -> bool {
        let Verb::Prove { proofs, .. } = &step.verb else { return false };
        let named = proofs.iter().find(|wanted| wanted.kind == ProofKind::CqcDetails && wanted.of.len() == 1);
        named.is_some_and(|wanted| self.record_at(&wanted.of).is_some())
    }

    fn led_on(&mut self, flow: &Flow, step: &Step) -> After {
        self.trace(Trace::Led { step: format!("{}.{}", flow.name, step.id), way: "then".into() });
        After::Go(step.then)
    }

    /// The codes are there: whether they are right is found out outside, where nobody learns which was wrong.
    pub(super) fn check_codes(&mut self, step: &Step) -> After {
        let Verb::Prove { proofs, .. } = &step.verb else { return After::Stop };
        let wanted = proofs.iter().find(|wanted| wanted.kind == ProofKind::CqcDetails);
        let Some(record) = wanted.and_then(|wanted| self.record_at(&wanted.of)) else {
            self.hand_over_saying("triage", "the organisation whose codes were given is not known");
            return After::Stop;
        };
        let text = |fact: &str| self.ticket.facts.get(fact).map(|known| known.value.to_string());
        let [ods_code, location, contact, code] = asking::CODES;
        let what = outcome::Wanted::Identity {
            organisation: record.id.clone(),
            ods_code: text(ods_code).unwrap_or_default(),
            cqc_location: text(location).unwrap_or_default(),
            cqc_contact: text(contact),
            code: text(code),
        };
        self.wait_for(Waiting::Nothing);
        self.need(Purpose::Codes, what);
        After::Stop
    }

    /// The codes were compared. They are forgotten at once, right or wrong.
    pub(super) fn codes_compared(&mut self, right: bool) {
        let Some((flow, at)) = self.here() else { return };
        let step = &flow.steps[at];
        let Verb::Prove { proofs, tries } = &step.verb else { return };
        let Some(wanted) = proofs.iter().find(|wanted| wanted.kind == ProofKind::CqcDetails) else { return };
        let by_code = self.ticket.facts.contains_key(asking::CODES[3]);
        let organisation = self.record_at(&wanted.of).map(|record| record.id);
        for fact in asking::CODES {
            self.ticket.facts.remove(fact);
        }
        if let Some(organisation) = organisation.filter(|_| by_code) {
            let change = if right { Change::CodeUsed { organisation } } else { Change::CodeTried { organisation } };
            self.effects.push(Effect::Changed(change));
        }
        if right {
            let by = self.ticket.requester.address.clone();
            self.proved(wanted, &by, "The codes that they gave are right.");
            let After::Go(goto) = self.led_on(flow, step) else { return };
            self.follow(goto);
        } else if self.miss(&step.id) < *tries {
            self.ask_codes_again(flow, at);
        } else {
            self.otherwise(flow, step);
        }
    }

    /// Everybody whose answer would be a proof, with the proof and what it is of. Nobody twice.
    fn who_can_prove(&self, proofs: &[Wanted]) -> Vec<(String, ProofKind, String)> {
        let mut asked: Vec<(String, ProofKind, String)> = Vec::new();
        for wanted in proofs {
            let Some(record) = self.record_at(&wanted.of) else { continue };
            for address in addresses(&record, wanted.kind) {
                if !asked.iter().any(|(known, _, _)| known.eq_ignore_ascii_case(&address)) {
                    asked.push((address, wanted.kind, record.id.clone()));
                }
            }
        }
        asked
    }

    /// An agent rings the number on record, beside the letters.
    fn give_call(&mut self, flow: &Flow, wanted: &Wanted, addressees: &[Addressee]) {
        let Some(record) = self.record_at(&wanted.of) else { return };
        let number = self.ticket.tasks.last().map_or(1, |task| task.number + 1);
        let name = record.fields.get("name").map_or_else(String::new, ToString::to_string);
        let phone = match record.fields.get("cqc_phone") {
            Some(phone) => format!("the number on record, {phone}"),
            None => "the number that the regulator has on record".to_owned(),
        };
        let why: Vec<String> = self
            .draft
            .others
            .iter()
            .find(|other| addressees.iter().any(|one| one.to.is(&other.to)))
            .map(|other| other.paragraphs.clone())
            .unwrap_or_default();
        let why = if why.is_empty() { String::new() } else { format!(" It is about this: {}", why.join(" ")) };
        let instruction = format!(
            "Ring {name} on {phone}, never on a number that somebody gives you. Ask whether this request comes from them.{why}"
        );
        self.trace(Trace::Task { number, act: RING_LANDLINE.into(), what: format!("given to {}", flow.queue) });
        self.ticket.tasks.push(Task {
            number,
            act: RING_LANDLINE.into(),
            instruction,
            queue: flow.queue.clone(),
            given: self.now,
            gives: Vec::new(),
            cannot: vec!["not_theirs".into(), "no_answer".into()],
            status: TaskStatus::Open,
            joint: None,
        });
        if let Waiting::Proof { task, .. } = &mut self.ticket.waiting {
            *task = Some((number, record.id));
        }
        self.set_state(State::WithTask, "an agent has a call to make");
    }

    /// Somebody who was asked for a proof answered.
    pub(super) fn proof_answered(&mut self, message: &Message) {
        let Waiting::Proof { asked, after, task, useless } = self.ticket.waiting.clone() else { return };
        let Some((flow, step)) = self.step() else { return };
        let from = &message.from.address;
        let Some((_, kind, of)) = asked.iter().find(|(address, _, _)| address.eq_ignore_ascii_case(from)).cloned()
        else {
            return;
        };
        let decl = self.agreement_decl();
        let reading = recognise::read_answers_on(&message.text, &[&decl], self.today());
        match reading.understood.first().map(|answer| &answer.value.datum) {
            Some(Datum::YesNo(true)) => {
                self.ticket.proofs.push(Proof { kind, of, by: from.clone(), at: self.now });
                let because = "They agreed in answer to our letter.".to_owned();
                self.trace(Trace::Proved { proof: kind.name().into(), by: from.clone(), because });
                self.end_wait_for_proof();
                let After::Go(goto) = self.led_on(flow, step) else { return };
                self.follow(goto);
            }
            Some(_) => {
                self.note(format!("{from} does not agree."));
                self.end_wait_for_proof();
                self.otherwise(flow, step);
            }
            None if useless + 1 >= self.pack.desk.repair.tries => {
                self.note(format!("{from} answered, and neither yes nor no was found in it."));
                self.end_wait_for_proof();
                self.otherwise(flow, step);
            }
            None => {
                let text = self.render(&self.pack.desk.repair.not_understood).ok();
                let addressee =
                    Addressee { to: message.from.clone(), channel: Channel::Mail, party: kind.name().to_owned() };
                let letter = self.letter_to(&addressee);
                letter.paragraphs.extend(text);
                letter.asks = agreement();
                self.ticket.waiting = Waiting::Proof { asked, after, task, useless: useless + 1 };
            }
        }
    }

    /// The agent rang: the proof is there, or that way is closed.
    pub(super) fn call_done(&mut self, agent: &str, number: u32, agreed: bool) {
        let Waiting::Proof { asked, task: Some((task, of)), .. } = self.ticket.waiting.clone() else { return };
        let Some((flow, step)) = self.step().filter(|_| task == number) else { return };
        if agreed {
            self.ticket.proofs.push(Proof { kind: ProofKind::Landline, of, by: agent.to_owned(), at: self.now });
            let because = "They rang the number on record.".to_owned();
            self.trace(Trace::Proved { proof: ProofKind::Landline.name().into(), by: agent.to_owned(), because });
            self.end_wait_for_proof();
            if let After::Go(goto) = self.led_on(flow, step) {
                self.follow(goto);
            }
        } else if asked.is_empty() {
            self.end_wait_for_proof();
            self.otherwise(flow, step);
        } else {
            if let Waiting::Proof { task, .. } = &mut self.ticket.waiting {
                *task = None;
            }
            self.set_state(State::WaitingOther, "others are still asked");
        }
    }

    fn end_wait_for_proof(&mut self) {
        self.wait_for(Waiting::Nothing);
        self.withdraw_tasks();
    }

    /// Whether a proof was given, about this very record, not longer ago than policy allows.
    pub(super) fn is_proved(&self, wanted: &Wanted) -> bool {
        let Some(record) = self.record_at(&wanted.of) else { return false };
        // Whoever has lost the place that made their word count since then proves nothing any more.
        let still_there = |by: &str| {
            let known = addresses(&record, wanted.kind);
            wanted.kind.addresses().is_none() || known.iter().any(|address| address.eq_ignore_ascii_case(by))
        };
        let theirs = |proof: &&Proof| proof.kind == wanted.kind && proof.of == record.id && still_there(&proof.by);
        self.ticket.proofs.iter().filter(theirs).any(|proof| self.still_counts(proof.at))
    }

    /// Whether what showed at a moment who speaks is not older than policy allows.
    pub(super) fn still_counts(&self, shown: jiff::Timestamp) -> bool {
        match self.pack.desk.limits.get("proof_lasts") {
            Some(Limit::Length(length)) => {
                let calendar = self.pack.desk.calendar_of(&self.ticket.queue);
                calendar.is_none_or(|calendar| self.now <= calendar.due(shown, *length))
            }
            Some(Limit::Number(_)) | None => true,
        }
    }

    /// Somebody who wrote on this ticket from an address that proves it, not too long ago.
    fn witness(&self, wanted: &Wanted) -> Option<String> {
        let record = self.record_at(&wanted.of)?;
        addresses(&record, wanted.kind).into_iter().find(|address| {
            let mut evidence = self.ticket.evidence.iter();
            evidence.any(|(known, shown)| known.eq_ignore_ascii_case(address) && self.still_counts(*shown))
        })
    }

    fn proved(&mut self, wanted: &Wanted, by: &str, because: &str) {
        let Some(record) = self.record_at(&wanted.of) else { return };
        self.ticket.proofs.push(Proof { kind: wanted.kind, of: record.id, by: by.to_owned(), at: self.now });
        self.trace(Trace::Proved { proof: wanted.to_string(), by: by.to_owned(), because: because.to_owned() });
    }

    /// The record that a path leads to.
    pub(super) fn record_at(&self, path: &[String]) -> Option<Record> {
        let (first, rest) = path.split_first()?;
        match self.item(first)?.at(rest)? {
            Item::Record(record) => Some(record),
            Item::Value(_) | Item::List(_) | Item::Group(_) => None,
        }
    }

    /// Whether what an act demands is there. An act that policy does not name is never done.
    pub(super) fn may_act(&self, act: &str, with: &BTreeMap<String, Vec<String>>) -> bool {
        // A pack that lists no acts at all lets agents do what its flows say; the directory changes only by a line there.
        let Some(demands) = self.pack.desk.acts.get(act) else {
            return self.pack.desk.acts.is_empty() && directory_act(act).is_none();
        };
        let yes = |fact: &String| match self.ticket.facts.get(fact) {
            Some(known) if known.value == Value::yes_no(true) => Some(&known.from),
            _ => None,
        };
        let met = |demand: &Demand| match demand {
            Demand::Proof(wanted) => self.is_proved(&wanted.bound(with)),
            Demand::Agreed { fact, by: To::Path(path) } => {
                matches!(yes(fact), Some(Source::Other { party, .. }) if *party == path.join("."))
            }
            Demand::Agreed { fact, by: To::Requester } => matches!(yes(fact), Some(Source::Requester(_))),
            Demand::ByAgent { fact } => matches!(yes(fact), Some(Source::Agent(_))),
        };
        demands.is_empty() || demands.iter().any(met)
    }

    /// What an act demands is missing: security sees why, and nothing is done.
    pub(super) fn not_allowed(&mut self, step: &str, act: &str) -> After {
        self.note(format!("Step {step} would do `{act}`, and what that demands has not been shown."));
        let queue = self.security_queue();
        self.hand_over_saying(&queue, format!("what `{act}` demands has not been shown"));
        After::Stop
    }

    /// Where doubts about who speaks are looked into.
    pub(super) fn security_queue(&self) -> String {
        if self.pack.desk.queues.contains_key("security") { "security".into() } else { "triage".into() }
    }
}

/// The addresses of a record from which mail proves something.
pub(super) fn addresses(record: &Record, kind: ProofKind) -> Vec<String> {
    let Some(item) = kind.addresses().and_then(|field| record.fields.get(field)) else { return Vec::new() };
    match item {
        Item::List(items) => items.iter().map(ToString::to_string).collect(),
        item => vec![item.to_string()],
    }
}
