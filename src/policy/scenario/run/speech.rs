//! Who writes in a story, and which ticket their message goes on with or opens.

use std::collections::BTreeSet;

use jiff::{Timestamp, ToSpan};

use crate::policy::flow::DeskText;
use crate::policy::helped::{AfterAnswer, after_answer, welcome};
use crate::policy::intent::Decision;
use crate::policy::message::{Channel, Class, LettersSoFar, Message};
use crate::policy::outcome::{Block, Event, Letter, Opening};
use crate::policy::proof::{Standing, Vouched, speaks_for};
use crate::policy::reference;
use crate::policy::thread::{
    Joining, Writer, is_open_for, joining, joining_by_reference, stays_with_named, stays_with_only, words_beside,
};
use crate::policy::ticket::Reference;

use super::super::story::{NOTHING, Speech};
use super::{Case, Sent, Stage};

/// Where a mail belongs.
enum Belongs {
    /// It goes on with the ticket at this place in the story, in answer to this letter if to any.
    To(usize, Option<u32>),
    /// It opens a ticket, beside the one that it may speak of.
    Beside(Option<Reference>),
}

impl Stage<'_> {
    pub(super) fn mails(&mut self, speech: &Speech, subject: Option<String>, text: String) -> Result<(), String> {
        self.mails += 1;
        let whole = speech.whole.as_ref();
        if whole.is_some_and(|mail| !mail.class.is_from_a_person()) {
            // What a robot sends is filed, and nobody is answered.
            return Ok(());
        }
        let letter = self.letter_answered(speech)?;
        let subject = subject.or_else(|| letter.map(|at| format!("Re: {}", self.sent[at].letter.subject)));
        let subject = subject.unwrap_or_default();
        let class = match letter {
            _ if text.trim().is_empty() && subject.trim().is_empty() => Class::Empty,
            Some(_) => Class::Reply,
            None => Class::Request,
        };
        let standing = standing(speech);
        let writer = Writer { address: &speech.from.address, proved: speaks_for(&standing, class) };
        let belongs = self.belongs(letter, writer, &subject, &text);
        let message = Message {
            channel: Channel::Mail,
            from: speech.from.clone(),
            standing,
            class,
            subject,
            text,
            message_id: Some(format!("mail-{}@story.example", self.mails)),
            references: letter.map(|at| format!("letter-{}@story.example", at + 1)).into_iter().collect(),
            answers_letter: match belongs {
                Belongs::To(_, letter) => letter,
                Belongs::Beside(_) => None,
            },
            secret_removed: speech.secret_removed,
            whole: whole.and_then(|mail| mail.whole.clone()),
            attachments: whole.map(|mail| mail.attachments.clone()).unwrap_or_default(),
            tables: whole.map(|mail| mail.tables.clone()).unwrap_or_default(),
            letters_so_far: self.letters_so_far(&speech.from.address),
        };
        match belongs {
            Belongs::To(case, _) => self.hears(Some(case), message, None),
            Belongs::Beside(linked) => self.hears(None, message, linked),
        }
    }

    /// With which ticket a mail goes on, if with any. The desk finds it in the same way.
    fn belongs(&self, letter: Option<usize>, writer: Writer<'_>, subject: &str, text: &str) -> Belongs {
        if let Some((case, letter)) = letter.and_then(|at| Some((self.sent[at].case?, &self.sent[at].letter))) {
            let ticket = &self.cases[case].ticket;
            return match joining(self.pack, ticket, &letter.to.address, writer, self.now) {
                Joining::Joins => Belongs::To(case, Some(letter.number)),
                Joining::Linked => Belongs::Beside(Some(ticket.reference.clone())),
            };
        }
        let named: Vec<usize> =
            reference::find(&format!("{subject}\n{text}")).iter().filter_map(|named| self.case_of(named)).collect();
        let linked = named.first().map(|&case| self.cases[case].ticket.reference.clone());
        if !writer.proved {
            return Belongs::Beside(linked);
        }
        let joins = |&case: &usize| {
            joining_by_reference(self.pack, &self.cases[case].ticket, writer, self.now) == Joining::Joins
        };
        if let Some(case) = named.into_iter().find(joins) {
            let (subject, text) = words_beside(subject, text);
            if stays_with_named(self.pack, &(self.route)(&subject, &text)) {
                return Belongs::To(case, None);
            }
        }
        let mut open = (0..self.cases.len()).filter(|&case| is_open_for(&self.cases[case].ticket, writer.address));
        match (linked, open.next(), open.next()) {
            (None, Some(case), None) if stays_with_only(&self.cases[case].ticket, &(self.route)(subject, text)) => {
                Belongs::To(case, None)
            }
            (linked, _, _) => Belongs::Beside(linked),
        }
    }

    pub(super) fn chats(&mut self, speech: &Speech, text: String) -> Result<(), String> {
        let open = self.open_chat_of(&speech.from.address);
        self.hears(open, said(Channel::Chat, speech, text), None)
    }

    /// Every call opens a ticket: an agent writes it down.
    pub(super) fn calls(&mut self, speech: &Speech, text: String) -> Result<(), String> {
        self.hears(None, said(Channel::Phone, speech, text), None)
    }

    /// A message goes on with a ticket, or opens one. A chat that is only question and answer keeps none.
    pub(super) fn hears(
        &mut self,
        case: Option<usize>,
        message: Message,
        linked: Option<Reference>,
    ) -> Result<(), String> {
        let before = self.answered.take();
        let mut keeps = true;
        let opening = match case {
            Some(_) => None,
            None => {
                let before = before.filter(|_| message.channel == Channel::Chat);
                let after = before.as_deref().and_then(|answer| after_answer(self.pack, answer, &message.text));
                let routed = match after {
                    Some(AfterAnswer::Helped) => {
                        self.answered = before;
                        self.sent.extend(self.pack.sentence(DeskText::Glad).map(|text| self.reply(&message, text)));
                        return Ok(());
                    }
                    Some(AfterAnswer::GoOn(routed)) => routed,
                    None => {
                        let mut routed = (self.route)(&message.subject, &message.text);
                        if message.channel == Channel::Chat {
                            welcome(self.pack, &mut routed, &message, before.as_deref());
                        }
                        routed
                    }
                };
                if routed.decision == Decision::Answer {
                    self.answered = Some(routed.flow.clone());
                    keeps = message.channel != Channel::Chat;
                }
                Some(Opening {
                    reference: self.new_reference(),
                    choices: routed.choices(),
                    flow: routed.flow,
                    because: routed.because,
                    linked,
                    received: None,
                    phone: (message.channel == Channel::Phone).then(|| message.from.address.clone()),
                })
            }
        };
        let elsewhere = case.and_then(|case| self.elsewhere(case, &message));
        let event = Event::Received { message: Box::new(message.clone()), opening, elsewhere };
        let turn = self.turn(case, event)?.map_err(|refused| format!("the message was refused: {refused}"))?;
        let case = match case {
            Some(case) => Some(case),
            None if keeps => {
                self.cases.push(Case { ticket: turn.ticket.clone(), journal: Vec::new(), recorded: Vec::new() });
                Some(self.cases.len() - 1)
            }
            None => None,
        };
        self.case = case.or(self.case);
        let opens = turn.opens.clone();
        self.keep(case, turn)?;
        for opens in opens {
            self.opens(case, opens, &message)?;
        }
        self.resumes()
    }

    /// The letter that a mail answers: of a step that wrote to several, the one to its sender.
    pub(super) fn letter_answered(&self, speech: &Speech) -> Result<Option<usize>, String> {
        let last = |wanted: &dyn Fn(&Sent) -> bool| {
            self.sent.iter().rposition(|sent| sent.letter.channel == Channel::Mail && wanted(sent))
        };
        match speech.answers.as_deref() {
            Some(NOTHING) => Ok(None),
            Some(step) => {
                let of_step =
                    |sent: &Sent| sent.steps.iter().any(|name| name == step || name.rsplit('.').next() == Some(step));
                let theirs =
                    |sent: &Sent| of_step(sent) && sent.letter.to.address.eq_ignore_ascii_case(&speech.from.address);
                let found = last(&theirs).or_else(|| last(&of_step));
                found.map(Some).ok_or_else(|| format!("no letter was sent at step {step}"))
            }
            None => Ok(last(&|sent| sent.letter.to.address.eq_ignore_ascii_case(&speech.from.address))),
        }
    }

    /// What the desk says to a chat message without a ticket.
    fn reply(&self, message: &Message, text: String) -> Sent {
        let letter = Letter {
            number: 1,
            channel: message.channel,
            to: message.from.clone(),
            subject: String::new(),
            blocks: vec![Block::Text(text)],
            choices: Vec::new(),
            answers: None,
            references: Vec::new(),
            automatic: true,
        };
        Sent { case: None, letter, steps: BTreeSet::new(), at: self.now }
    }

    /// How many automatic letters an address has had.
    pub(super) fn letters_so_far(&self, address: &str) -> LettersSoFar {
        let since = |hours: i64| {
            let from = self.now.checked_sub(hours.hours()).unwrap_or(Timestamp::MIN);
            let counts = |sent: &&Sent| {
                let letter = &sent.letter;
                letter.automatic
                    && letter.channel == Channel::Mail
                    && letter.to.address.eq_ignore_ascii_case(address)
                    && sent.at > from
            };
            u32::try_from(self.sent.iter().filter(counts).count()).unwrap_or(u32::MAX)
        };
        LettersSoFar { hour: since(1), day: since(24) }
    }

    pub(super) fn new_reference(&mut self) -> Reference {
        loop {
            self.minted += 1;
            // Spread over all characters, so that the references of a story look like real ones.
            let reference = reference::from_random(self.minted.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            if self.case_of(&reference).is_none() {
                return reference;
            }
        }
    }
}

/// What the mail server of a story says of a sender.
fn standing(speech: &Speech) -> Standing {
    let address = &speech.from.address;
    let because = match speech.vouched {
        Vouched::No => "Nobody vouches for this sender: the story says so.".into(),
        Vouched::OnBehalf => {
            format!("The mail server vouches for {address}, but somebody else sent this mail in that name.")
        }
        Vouched::Yes => format!("The mail server vouches for {address}."),
    };
    Standing { vouched: speech.vouched, because }
}

/// What is said and not written: it has no subject, and answers no letter.
fn said(channel: Channel, speech: &Speech, text: String) -> Message {
    Message {
        channel,
        from: speech.from.clone(),
        standing: Standing::default(),
        subject: String::new(),
        text,
        class: Class::Request,
        message_id: None,
        references: Vec::new(),
        answers_letter: None,
        secret_removed: speech.secret_removed,
        whole: None,
        attachments: Vec::new(),
        tables: Vec::new(),
        letters_so_far: LettersSoFar::default(),
    }
}
