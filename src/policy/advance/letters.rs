//! What is said: texts are gathered while an event runs, and one letter is written at its end.

use sha2::{Digest as _, Sha256};

use crate::policy::facts::FactType;
use crate::policy::flow::{Contact, DeskText, FactDecl, Say};
use crate::policy::helped::ANSWERS;
use crate::policy::message::{Channel, Party};
use crate::policy::outcome::{Block, Dossier, Effect, Letter, Question, Trace};
use crate::policy::recognise;
use crate::policy::text::{Template, TextFailure};
use crate::policy::ticket::{Brake, Draft, Escalation, LetterMemo, Source, State, ToOther, Waiting};

use super::steps::After;
use super::work::Work;

impl<'a> Work<'a> {
    /// Says a step's text, once. Whether the flow may go on: a text that cannot be written hands the ticket over.
    pub(super) fn say(&mut self, step: &str, say: &Say) -> bool {
        let template = match (self.ticket.channel, &say.chat) {
            (Channel::Chat | Channel::Phone, Some(chat)) => chat,
            (Channel::Chat | Channel::Phone | Channel::Mail | Channel::Text, _) => &say.mail,
        };
        let subject = say.subject.as_ref().map(|subject| self.render(subject)).transpose();
        match (self.render(template), subject) {
            (Ok(text), Ok(subject)) => {
                let text = text.trim().to_owned();
                let name = format!("{step} {}", fingerprint(&text));
                if !self.ticket.said.contains(&name) && self.draft.says.insert(name) {
                    self.draft.paragraphs.push(text);
                }
                if subject.is_some() {
                    self.draft.subject = subject;
                }
                true
            }
            (Err(failure), _) | (_, Err(failure)) => {
                self.text_failed(&failure);
                false
            }
        }
    }

    /// A text could not be written: a person takes over, and the authors read why in the ticket's story.
    pub(super) fn text_failed(&mut self, failure: &TextFailure) -> After {
        self.note(format!("A text could not be written: {failure}"));
        self.stumbled = Some(failure.to_string());
        let queue = self.queue_here();
        self.hand_over_saying(&queue, "a text could not be written");
        After::Stop
    }

    /// Says a sentence of the desk.
    pub(super) fn say_desk_text(&mut self, text: DeskText) {
        if let Some(template) = self.desk_text(text) {
            self.say_template(template);
        }
    }

    /// Says a text that no step owns. One that cannot be written is left out: it is never the only thing that is said.
    pub(super) fn say_template(&mut self, template: &Template) {
        match self.render(template) {
            Ok(text) if !text.trim().is_empty() => self.draft.paragraphs.push(text.trim().to_owned()),
            Ok(_) => {}
            Err(failure) => self.note(format!("A sentence of the desk could not be written: {failure}")),
        }
    }

    /// Writes the letter of this event to the requester, if there is anything to say.
    pub(super) fn write_letter(&mut self) {
        let beside = self.question_beside();
        let mut draft = std::mem::take(&mut self.draft);
        let others = std::mem::take(&mut draft.others);
        self.write_to_requester(draft, beside);
        for other in others {
            self.write_to_other(other);
        }
    }

    fn write_to_requester(&mut self, draft: Draft, beside: Option<(Vec<Block>, Vec<String>)>) {
        let asked = if draft.asks { self.asked_now() } else { Vec::new() };
        let picks = if draft.asks { self.picks() } else { Vec::new() };
        let which = if draft.asks && picks.is_empty() { self.choices() } else { picks.clone() };
        if draft.paragraphs.is_empty() && asked.is_empty() && which.is_empty() && beside.is_none() {
            return;
        }
        if draft.brake != Brake::Off {
            self.brake();
            return;
        }
        let decls = self.decls(self.flow_name(), &asked);
        let asks = |decl: &&FactDecl| self.in_a_bubble(decl, question(decl, draft.wrong.get(&decl.name)), &draft.files);
        let questions: Vec<Question> = decls.iter().map(asks).collect();
        let mut blocks = Vec::new();
        if self.ticket.channel == Channel::Mail {
            blocks.extend(self.desk_line(DeskText::Greeting).map(Block::Text));
        }
        blocks.extend(draft.paragraphs.iter().cloned().map(Block::Text));
        let mut choices = questions.first().map_or_else(Vec::new, |question| question.choices.clone());
        if let Some((question, can_say)) = beside {
            blocks.extend(question);
            choices = can_say;
        }
        if !which.is_empty() {
            let before = if picks.is_empty() { DeskText::Which } else { DeskText::WhichRecord };
            blocks.extend(self.desk_line(before).map(Block::Text));
            if self.ticket.channel == Channel::Mail {
                blocks.push(Block::Text(numbered(&which)));
            }
            choices = which;
        }
        if choices.is_empty() && !draft.offers.is_empty() {
            blocks.extend(self.desk_line(DeskText::Offers).map(Block::Text));
            if self.ticket.channel == Channel::Mail {
                blocks.push(Block::Text(numbered(&draft.offers)));
            }
            choices = draft.offers;
            choices.extend(ANSWERS.map(str::to_owned));
        }
        if !questions.is_empty() {
            let mut understood = self.understood_so_far();
            understood.extend(self.lists_so_far(&asked));
            if !understood.is_empty() && self.ticket.channel == Channel::Mail {
                blocks.push(Block::Understood(understood));
            }
            blocks.push(Block::Questions(questions));
            if self.ticket.channel == Channel::Mail {
                blocks.extend(self.desk_line(DeskText::HowToAnswer).map(Block::Text));
            }
        }
        blocks.extend(self.signature());
        let subject = self.subject(draft.subject.as_deref());
        let mut letter = self.to_requester(subject, blocks, true);
        if letter.channel != Channel::Mail {
            letter.choices = choices;
        }
        if draft.by_person {
            self.answered_by_person();
        }
        self.send(letter, "the requester", asked);
    }

    /// Writes to somebody else, in a letter of their own.
    fn write_to_other(&mut self, other: ToOther) {
        let decls = self.asked_decls(&other.asks);
        let questions: Vec<Question> = decls.iter().map(|decl| question(decl, other.wrong.get(&decl.name))).collect();
        let mut blocks = Vec::new();
        let by_mail = other.channel == Channel::Mail;
        if by_mail {
            blocks.extend(self.greeting_of(other.to.name.as_deref()).map(Block::Text));
        }
        blocks.extend(other.paragraphs.into_iter().map(Block::Text));
        blocks.extend(other.code.map(|organisation| Block::Code { organisation }));
        if !questions.is_empty() {
            blocks.push(Block::Questions(questions));
            blocks.extend(self.desk_line(DeskText::HowToAgree).map(Block::Text));
        }
        if by_mail {
            blocks.extend(self.desk_line(DeskText::Signature).map(Block::Signature));
        }
        let subject = if by_mail { self.subject_line(other.subject.as_deref()) } else { String::new() };
        let to = other.to.address.clone();
        let letter = Letter {
            number: 0,
            channel: other.channel,
            to: other.to,
            subject,
            blocks,
            choices: Vec::new(),
            answers: None,
            references: Vec::new(),
            automatic: true,
        };
        self.send(letter, &to, other.asks);
        if let Some(memo) = self.ticket.letters.last_mut() {
            memo.to = Some(to);
        }
    }

    /// An agent's own words to the requester.
    pub(super) fn write_reply(&mut self, text: &str) {
        let mut blocks = Vec::new();
        if self.ticket.channel == Channel::Mail {
            blocks.extend(self.desk_line(DeskText::Greeting).map(Block::Text));
        }
        blocks.push(Block::Text(text.trim().to_owned()));
        blocks.extend(self.signature());
        let letter = self.to_requester(self.subject(None), blocks, false);
        self.answered_by_person();
        self.send(letter, "the requester", Vec::new());
    }

    /// The letter that is sent now is a person's answer. It ends an escalation that its contact has answered.
    fn answered_by_person(&mut self) {
        self.happened.answered = true;
        if let Some(escalation) = &mut self.ticket.escalation
            && escalation.answered.is_some()
        {
            escalation.told.get_or_insert(self.now);
        }
    }

    /// A letter to the requester, in answer to their latest. Its number comes when it is sent.
    fn to_requester(&self, subject: String, blocks: Vec<Block>, automatic: bool) -> Letter {
        Letter {
            number: 0,
            channel: self.ticket.channel,
            to: self.ticket.requester.clone(),
            subject,
            blocks,
            choices: Vec::new(),
            answers: self.ticket.thread.last.clone(),
            references: self.ticket.thread.references.clone(),
            automatic,
        }
    }

    /// Writes to a contact about a ticket, once. Later words join the first escalation.
    pub(super) fn escalate(&mut self, contact: &str, dossier: &Dossier, because: Option<&str>) {
        if dossier.reference == self.ticket.reference {
            self.ticket.escalated = Some(contact.to_owned());
        } else {
            self.ticket.links.insert(dossier.reference.clone());
        }
        if dossier.escalated_before {
            self.note(format!("{} was escalated before; this joins it.", dossier.reference));
            return;
        }
        let Some(to) = self.pack.desk.contacts.get(contact) else {
            self.note(format!("There is no contact called {contact}."));
            return;
        };
        self.effects.push(Effect::Escalated { about: dossier.reference.clone(), contact: contact.to_owned() });
        self.ticket.escalation = Some(Escalation {
            contact: contact.to_owned(),
            about: dossier.reference.clone(),
            since: self.now,
            answered: None,
            told: None,
        });
        let letter = self.escalation_letter(to, dossier, because);
        self.send(letter, &to.name, Vec::new());
    }

    /// The letter with a ticket's whole history.
    fn escalation_letter(&self, to: &Contact, dossier: &Dossier, because: Option<&str>) -> Letter {
        let opened = dossier.opened.to_zoned(self.pack.desk.zone.clone());
        let mut blocks = vec![Block::Text(format!(
            "A request has been escalated to you.\nReference: {}\nAbout: {}\nOpened: {}\nNow: {}\nFrom: {}",
            dossier.reference,
            dossier.title,
            opened.strftime("%-d %B %Y, %H:%M"),
            dossier.state,
            self.ticket.requester.address,
        ))];
        let why = because.map(|because| format!("Why you read this: a promise was not kept. {because}"));
        blocks.extend(why.map(Block::Text));
        if !dossier.due.is_empty() {
            blocks.push(Block::Text(format!("What is due:\n{}", dossier.due.join("\n"))));
        }
        let told: Vec<(String, String)> = self.told();
        if !told.is_empty() {
            blocks.push(Block::Understood(told));
        }
        if !dossier.words.is_empty() {
            blocks.push(Block::Text(format!("What the person wrote:\n\n{}", dossier.words.join("\n\n"))));
        }
        if !dossier.history.is_empty() {
            blocks.push(Block::Text(format!("What was done so far:\n{}", dossier.history.join("\n"))));
        }
        blocks.push(Block::Text(format!(
            "You can reply to this letter. A colleague reads your answer and tells {}.",
            self.ticket.requester.address
        )));
        blocks.push(Block::Signature(self.pack.desk.name.clone()));
        Letter {
            number: 0,
            channel: Channel::Mail,
            to: Party { address: to.mail.clone(), name: Some(to.name.clone()) },
            subject: format!("Escalation: {} [{}]", dossier.title, dossier.reference),
            blocks,
            choices: Vec::new(),
            answers: None,
            references: Vec::new(),
            automatic: true,
        }
    }

    /// Numbers a letter and lets it out.
    pub(super) fn send(&mut self, mut letter: Letter, to: &str, asked: Vec<String>) {
        letter.number = self.ticket.letters.last().map_or(1, |letter| letter.number + 1);
        self.ticket.letters.push(LetterMemo { number: letter.number, asked, to: None });
        self.trace(Trace::Letter { number: letter.number, to: to.to_owned() });
        self.effects.push(Effect::Letter(letter));
    }

    /// Too many letters went to this address. An agent must see a request that would otherwise be met with silence.
    fn brake(&mut self) {
        self.note("No letter was sent: this address has had too many automatic letters, or asks for none.");
        let queue = self.queue_here();
        match self.ticket.state {
            State::WaitingRequester | State::WaitingOther | State::Parked => {
                self.hand_over(&queue, "the letter that asks could not be sent");
            }
            State::Closed(_) => {
                self.ticket.closed = None;
                self.hand_over(&queue, "the last letter could not be sent");
            }
            // An agent has it already, and goes on.
            State::WithTask | State::WithAgent | State::OnHold => {}
        }
    }

    /// The facts that a letter asks for now: all that are missing, by chat the first of them.
    fn asked_now(&self) -> Vec<String> {
        let Waiting::Answers { facts, .. } = &self.ticket.waiting else { return Vec::new() };
        match self.ticket.channel {
            // The agent on the telephone sees all that is missing, and asks as the talk goes.
            Channel::Mail | Channel::Phone | Channel::Text => facts.clone(),
            Channel::Chat => facts.first().into_iter().cloned().collect(),
        }
    }

    /// What the requester has told so far, for the letter that asks for the rest.
    fn understood_so_far(&self) -> Vec<(String, String)> {
        let mut told: Vec<(String, String)> =
            self.ticket.tray.iter().filter_map(|(fact, known)| self.as_told(fact, &known.value.masked())).collect();
        let set = self
            .ticket
            .facts
            .iter()
            .filter(|(_, known)| matches!(known.from, Source::Requester(_) | Source::Prefilled));
        told.extend(set.filter_map(|(fact, known)| self.as_told(fact, &known.value.masked())));
        told
    }

    /// What this ticket knows from its requester and agents, for a contact outside.
    fn told(&self) -> Vec<(String, String)> {
        self.ticket.facts.iter().filter_map(|(fact, known)| self.as_told(fact, &known.value.masked())).collect()
    }

    /// A question and its answer. A secret is never repeated.
    fn as_told(&self, fact: &str, value: &str) -> Option<(String, String)> {
        let decl = self.pack.fact(self.flow_name(), fact).or_else(|| self.pack.any_fact(fact))?;
        if decl.secret { None } else { Some((decl.ask.clone(), value.to_owned())) }
    }

    pub(super) fn desk_line(&self, text: DeskText) -> Option<String> {
        as_line(&self.render(self.desk_text(text)?).ok()?)
    }

    /// The greeting of somebody who is not the requester.
    pub(super) fn greeting_of(&self, name: Option<&str>) -> Option<String> {
        as_line(&self.render_for(self.desk_text(DeskText::Greeting)?, name).ok()?)
    }

    /// The last lines. By chat they stand under the first reply alone, and never under an answer that keeps no ticket.
    fn signature(&self) -> Option<Block> {
        let is_answer = self.pack.flows.get(&self.ticket.flow).is_some_and(|flow| flow.is_answer);
        if self.ticket.channel == Channel::Chat && (is_answer || !self.ticket.letters.is_empty()) {
            return None;
        }
        if self.ticket.channel == Channel::Phone {
            return None;
        }
        if self.ticket.channel == Channel::Chat {
            return Some(Block::Signature(format!("Your reference is {}.", self.ticket.reference)));
        }
        self.desk_line(DeskText::Signature).map(Block::Signature)
    }

    fn subject(&self, own: Option<&str>) -> String {
        if self.ticket.channel == Channel::Mail { self.subject_line(own) } else { String::new() }
    }

    pub(super) fn subject_line(&self, own: Option<&str>) -> String {
        let title =
            own.or_else(|| self.pack.flows.get(&self.ticket.flow).map(|flow| &*flow.title)).unwrap_or("Your request");
        let line = title.split_whitespace().collect::<Vec<_>>().join(" ");
        format!("{line} [{}]", self.ticket.reference)
    }
}

/// A sentence of the desk, if there is anything in it. A greeting without a name would read "Hello ,".
fn as_line(line: &str) -> Option<String> {
    let line = line.trim().replace(" ,", ",");
    (!line.is_empty()).then_some(line)
}

/// One line each, with its number.
pub(super) fn numbered(titles: &[String]) -> String {
    let lines: Vec<String> = titles.iter().zip(1..).map(|(title, n)| format!("{n}. {title}")).collect();
    lines.join("\n")
}

fn question(decl: &FactDecl, wrong: Option<&String>) -> Question {
    let choices = match decl.kind {
        FactType::Choice => decl.choices.clone(),
        FactType::YesNo => vec!["yes".into(), "no".into()],
        _ => Vec::new(),
    };
    let how = recognise::how_to(decl);
    let hint = match (&decl.hint, how) {
        (Some(hint), Some(how)) => Some(format!("{hint}\n{how}")),
        (hint, how) => hint.clone().or(how),
    };
    Question { ask: decl.ask.clone(), hint, wrong: wrong.cloned(), choices }
}

/// A short name for a text, so that a ticket need not keep the text itself.
pub(super) fn fingerprint(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
