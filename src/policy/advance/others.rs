//! Speaking with others than the requester: who is meant, what they are told and asked, and whose answer counts.

use crate::policy::demand::{AGREEMENT, To};
use crate::policy::facts::{Datum, FactType, Item, RecordKind, SeenBy};
use crate::policy::finding::Place;
use crate::policy::flow::{DeskText, Ending, FactDecl, Flow, Goto, Say, Step};
use crate::policy::message::{Channel, Message, Party};
use crate::policy::outcome::Trace;
use crate::policy::proof::is_proved_from;
use crate::policy::recognise::{self, Reading};
use crate::policy::ticket::{Known, Source, State, ToOther, Waiting};

use super::anytime;
use super::steps::After;
use super::work::Work;

/// Somebody who is written to, and how the flow names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Addressee {
    pub(super) to: Party,
    pub(super) channel: Channel,
    pub(super) party: String,
}

impl<'a> Work<'a> {
    /// Everybody to whom a step speaks, besides the requester. Nobody twice.
    pub(super) fn addressees(&self, to: &[To]) -> Vec<Addressee> {
        let mut all: Vec<Addressee> = Vec::new();
        for to in to {
            let To::Path(path) = to else { continue };
            let Some(item) = path.split_first().and_then(|(first, rest)| self.item(first)?.at(rest)) else { continue };
            for (party, channel) in parties(&item) {
                if !all.iter().any(|known| known.to.is(&party)) {
                    all.push(Addressee { to: party, channel, party: to.to_string() });
                }
            }
        }
        all
    }

    /// What this event says to one of them so far.
    pub(super) fn letter_to(&mut self, addressee: &Addressee) -> &mut ToOther {
        let others = &mut self.draft.others;
        let at = others.iter().position(|other| other.to.is(&addressee.to)).unwrap_or_else(|| {
            others.push(ToOther {
                to: addressee.to.clone(),
                channel: addressee.channel,
                paragraphs: Vec::new(),
                subject: None,
                asks: Vec::new(),
                wrong: Default::default(),
                code: None,
            });
            others.len() - 1
        });
        &mut others[at]
    }

    /// Says a step's text to others. Nobody hears the same of one step twice, unless it is a reminder. Whether the flow
    /// may go on.
    pub(super) fn say_to(&mut self, step: &str, say: &Say, addressees: &[Addressee], again: bool) -> bool {
        let subject = say.subject.as_ref().map(|subject| self.render(subject)).transpose();
        let (text, subject) = match (self.render(&say.mail), subject) {
            (Ok(text), Ok(subject)) => (text.trim().to_owned(), subject),
            (Err(failure), _) | (_, Err(failure)) => {
                self.text_failed(&failure);
                return false;
            }
        };
        for addressee in addressees {
            let said = format!("{step} {} {}", addressee.to.address, super::letters::fingerprint(&text));
            if !again && (self.ticket.said.contains(&said) || !self.draft.says.insert(said)) {
                continue;
            }
            let letter = self.letter_to(addressee);
            letter.paragraphs.push(text.clone());
            if subject.is_some() {
                letter.subject.clone_from(&subject);
            }
        }
        if addressees.is_empty() {
            self.note(format!("Step {step} speaks to somebody whose address is not known. Nothing was sent."));
        }
        true
    }

    /// Asks others. A fresh answer is wanted, whatever is known already.
    pub(super) fn ask_others(&mut self, flow: &Flow, step: &Step, facts: &[String]) -> After {
        let addressees = self.addressees(&step.to);
        for fact in facts {
            self.ticket.facts.remove(fact);
            self.ticket.tray.remove(fact);
        }
        if addressees.is_empty() {
            self.note(format!("There is nobody to ask at step {}.{}.", flow.name, step.id));
            return After::Go(step.otherwise.unwrap_or(Goto::End(Ending::Agent)));
        }
        let asked = addressees.iter().map(|one| (one.to.address.clone(), one.party.clone())).collect();
        let after = self.last_letter();
        let given = Default::default();
        self.wait_for(Waiting::Others { facts: facts.to_vec(), asked, after, given, useless: 0 });
        self.wait_for_others(flow, step);
        // What it says may tell until when, which is known only now.
        if self.say_of(flow, step, &addressees) {
            for addressee in &addressees {
                facts.clone_into(&mut self.letter_to(addressee).asks);
            }
        }
        After::Stop
    }

    /// The due times and the state of a wait for somebody else.
    pub(super) fn wait_for_others(&mut self, flow: &Flow, step: &Step) {
        let patience = &self.pack.desk.patience;
        self.set_patience(&flow.queue, step.within.unwrap_or(patience.within), &step.remind);
        self.ticket.queue.clone_from(&flow.queue);
        self.set_state(State::WaitingOther, format!("step {}.{} asks somebody else", flow.name, step.id));
    }

    /// The number of the latest letter.
    pub(super) fn last_letter(&self) -> u32 {
        self.ticket.letters.last().map_or(0, |letter| letter.number)
    }

    /// Whether a message answers a letter of the present wait, that went to the very address from which it comes.
    pub(super) fn answers_as_other(&self, message: &Message) -> bool {
        let after = match &self.ticket.waiting {
            Waiting::Others { after, .. } | Waiting::Proof { after, .. } => *after,
            _ => return false,
        };
        let letter = message.answers_letter.filter(|number| *number > after);
        let letter = letter.and_then(|number| self.ticket.letters.iter().find(|letter| letter.number == number));
        letter.and_then(|letter| letter.to.as_deref()).is_some_and(|to| to.eq_ignore_ascii_case(&message.from.address))
    }

    /// Somebody else answered. Only who the boundary vouches for is heard; an agent sees every other.
    pub(super) fn other_answers(&mut self, message: &Message) {
        let from = message.from.address.clone();
        if !is_proved_from(message, &from) {
            self.note(format!("{from} answered, and nobody vouches for the sender. It counts for nothing."));
            self.tell_unvouched();
            return;
        }
        if anytime::asks_for_a_person(self.pack, message) {
            let queue = self.queue_here();
            self.hand_over_saying(&queue, format!("{from} asked for a person"));
            return;
        }
        match self.ticket.waiting.clone() {
            Waiting::Others { facts, asked, after, given, useless } => {
                let party = asked.iter().find(|(address, _)| address.eq_ignore_ascii_case(&from));
                let Some((_, party)) = party.cloned() else { return };
                let decls = self.decls(self.flow_name(), &facts);
                let reading = recognise::read_answers_on(&message.text, &decls, self.today());
                let source = Source::Other { address: from, party };
                let waiting = Waiting::Others { facts, asked, after, given, useless };
                self.take_others_answers(message, waiting, reading, &source);
            }
            Waiting::Proof { .. } => self.proof_answered(message),
            Waiting::Answers { .. }
            | Waiting::Which { .. }
            | Waiting::Confirm { .. }
            | Waiting::Task { .. }
            | Waiting::Tasks { .. }
            | Waiting::Pick { .. }
            | Waiting::Time
            | Waiting::Nothing => {}
        }
    }

    /// Somebody answers to whom we wrote, and nobody waits for it any more. A late yes is only noted. Of anything else an
    /// agent is told; and if it is surely them, who say that something is wrong, nothing goes on before a person has read it.
    pub(super) fn answers_too_late(&mut self, message: &Message) {
        let letter = message.answers_letter.and_then(|n| self.ticket.letters.iter().find(|letter| letter.number == n));
        let to = letter.and_then(|letter| letter.to.as_deref());
        let Some(letter) = letter.filter(|_| to.is_some_and(|to| to.eq_ignore_ascii_case(&message.from.address)))
        else {
            return;
        };
        let is_yes_no = |fact: &String| self.pack.any_fact(fact).is_some_and(|decl| decl.kind == FactType::YesNo);
        let asked = &letter.asked;
        let agrees = *asked == agreement() || (!asked.is_empty() && asked.iter().all(is_yes_no));
        if agrees && recognise::yes_or_no(&message.text) == Some(true) {
            return;
        }
        self.tell_of_answer();
        if agrees || !is_proved_from(message, &message.from.address) {
            return;
        }
        let because = format!("{}, whom we told of it, answered", message.from.address);
        self.ticket.closed = None;
        let queue = self.security_queue();
        self.hand_over(&queue, because);
    }

    fn take_others_answers(&mut self, message: &Message, waiting: Waiting, reading: Reading, source: &Source) {
        let Waiting::Others { facts, asked, after, mut given, useless } = waiting else { return };
        let Some((flow, at)) = self.here() else { return };
        let step = &flow.steps[at];
        let Source::Other { party, address } = source else { return };
        let understood = !reading.understood.is_empty();
        if understood {
            // What two people say is not put together into one answer that neither gave.
            given.retain(|_, known| known.from == *source);
        }
        for answer in reading.understood {
            let secret = self.pack.any_fact(&answer.fact).is_some_and(|decl| decl.secret);
            let value = if secret { "(secret)".to_owned() } else { answer.value.masked() };
            let how = format!("from {party}");
            self.trace(Trace::Understood { fact: answer.fact.clone(), value, how });
            given.insert(answer.fact, Known { value: answer.value, from: source.clone() });
        }
        if facts.iter().all(|fact| given.contains_key(fact)) {
            self.ticket.facts.extend(given);
            self.wait_for(Waiting::Nothing);
            self.follow(step.then);
            return;
        }
        let useless = if understood { useless } else { useless + 1 };
        if useless >= self.pack.desk.repair.tries {
            self.note(format!("{address} answered {useless} times, and no answer was found in it."));
            self.otherwise(flow, step);
            return;
        }
        // Ask again for what is still missing, of the one who has just answered.
        let missing: Vec<String> = facts.iter().filter(|fact| !given.contains_key(*fact)).cloned().collect();
        let not_understood = self.pack.desk.repair.not_understood.clone();
        let text = (!understood).then(|| self.render(&not_understood).ok()).flatten();
        let addressee = Addressee { to: message.from.clone(), channel: Channel::Mail, party: party.clone() };
        let letter = self.letter_to(&addressee);
        letter.paragraphs.extend(text);
        letter.asks = missing;
        letter.wrong = reading.not_valid.into_iter().map(|fault| (fault.fact, fault.because)).collect();
        self.ticket.waiting = Waiting::Others { facts, asked, after, given, useless };
    }

    /// A step that others decide fails.
    pub(super) fn otherwise(&mut self, flow: &Flow, step: &Step) {
        self.wait_for(Waiting::Nothing);
        self.trace(Trace::Led { step: format!("{}.{}", flow.name, step.id), way: "otherwise".into() });
        self.follow(step.otherwise.unwrap_or(Goto::End(Ending::Agent)));
    }

    /// The letters of a wait for others are sent again, to whoever has not answered.
    pub(super) fn remind_others(&mut self) {
        let Some((flow, step)) = self.step() else { return };
        let reminder = self.desk_text(DeskText::Reminder).and_then(|text| self.render(text).ok());
        let (asked, facts) = match self.ticket.waiting.clone() {
            Waiting::Others { facts, asked, given, .. } => {
                let missing: Vec<String> = facts.into_iter().filter(|fact| !given.contains_key(fact)).collect();
                (asked, missing)
            }
            Waiting::Proof { asked, .. } => {
                (asked.into_iter().map(|(address, kind, _)| (address, kind.name().to_owned())).collect(), agreement())
            }
            _ => {
                let addressees = self.addressees(&step.to);
                (addressees.into_iter().map(|one| (one.to.address, one.party)).collect(), Vec::new())
            }
        };
        let addressees: Vec<Addressee> = asked
            .into_iter()
            .map(|(address, party)| Addressee { to: Party::at(address), channel: Channel::Mail, party })
            .collect();
        for addressee in &addressees {
            let letter = self.letter_to(addressee);
            letter.paragraphs.extend(reminder.clone().filter(|_| !facts.is_empty()));
            letter.asks.clone_from(&facts);
        }
        if let (Some(say), false) = (&step.say, step.speaks_to_others()) {
            self.say_template(&say.mail);
            return;
        }
        if let Some(say) = &step.say {
            self.say_to(&format!("{}.{}", flow.name, step.id), say, &addressees, true);
        }
    }

    /// The declarations of what a letter asks for. That somebody agrees is a question of the desk's own.
    pub(super) fn asked_decls(&self, asks: &[String]) -> Vec<FactDecl> {
        if asks == agreement() {
            return vec![self.agreement_decl()];
        }
        self.decls(self.flow_name(), asks).into_iter().cloned().collect()
    }

    /// The question by which somebody proves who they are.
    pub(super) fn agreement_decl(&self) -> FactDecl {
        let ask = self.desk_text(DeskText::Agree).and_then(|text| self.render(text).ok()).unwrap_or_default();
        let place = self.step().map_or_else(|| Place::start_of(""), |(_, step)| step.place.clone());
        FactDecl {
            name: agreement().remove(0),
            ask,
            hint: None,
            why: None,
            found_by: None,
            kind: FactType::YesNo,
            choices: Vec::new(),
            personal: false,
            secret: false,
            seen_by: SeenBy::Anyone,
            prefill: None,
            list: None,
            shorten_to: None,
            at_least: None,
            at_most: None,
            place,
        }
    }

    /// The step's own words to whoever is asked.
    pub(super) fn say_of(&mut self, flow: &Flow, step: &Step, addressees: &[Addressee]) -> bool {
        let name = format!("{}.{}", flow.name, step.id);
        step.say.as_ref().is_none_or(|say| self.say_to(&name, say, addressees, false))
    }
}

/// What a letter asks that wants a proof: no fact of the flow.
pub(super) fn agreement() -> Vec<String> {
    vec![AGREEMENT.to_owned()]
}

/// Whoever an item is, with the way to reach them.
fn parties(item: &Item) -> Vec<(Party, Channel)> {
    match item {
        Item::Value(value) => match (&value.datum, value.kind) {
            (Datum::Text(address), FactType::Mail | FactType::NhsMail) => {
                vec![(Party::at(address.clone()), Channel::Mail)]
            }
            (Datum::Text(number), FactType::Mobile) => vec![(Party::at(number.clone()), Channel::Text)],
            _ => Vec::new(),
        },
        Item::List(items) => items.iter().flat_map(parties).collect(),
        Item::Record(record) if record.kind == RecordKind::Account => {
            let name = record.fields.get("name").map(ToString::to_string);
            let address = record.fields.get("address").map(ToString::to_string);
            address.map(|address| (Party { address, name }, Channel::Mail)).into_iter().collect()
        }
        Item::Group(fields) => {
            let name = fields.get("name").map(ToString::to_string);
            let mail = fields.get("mail").map(ToString::to_string);
            mail.map(|address| (Party { address, name }, Channel::Mail)).into_iter().collect()
        }
        Item::Record(_) => Vec::new(),
    }
}
