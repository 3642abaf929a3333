//! Who writes in a story, and which ticket their message goes on with or opens.

use jiff::{Timestamp, ToSpan};

use crate::policy::intent::Decision;
use crate::policy::message::{Channel, Class, LettersSoFar, Message};
use crate::policy::outcome::{Event, Opening};
use crate::policy::proof::{Standing, Vouched};
use crate::policy::reference;
use crate::policy::thread::{Joining, joining};
use crate::policy::ticket::Reference;

use super::super::story::{NOTHING, Speech};
use super::{Case, Sent, Stage};

impl Stage<'_> {
    pub(super) fn mails(&mut self, speech: &Speech, subject: Option<String>, text: String) -> Result<(), String> {
        self.mails += 1;
        let letter = self.letter_answered(speech)?;
        let mut joined = None;
        let mut linked = None;
        if let Some((case, letter)) = letter.and_then(|at| Some((self.sent[at].case?, &self.sent[at].letter))) {
            let ticket = &self.cases[case].ticket;
            match joining(self.pack, ticket, &letter.to.address, &speech.from.address, self.now) {
                Joining::Joins => joined = Some((case, letter.number)),
                Joining::Linked => linked = Some(ticket.reference.clone()),
            }
        }
        let subject = subject.or_else(|| letter.map(|at| format!("Re: {}", self.sent[at].letter.subject)));
        let subject = subject.unwrap_or_default();
        let spoken_of = reference::find(&format!("{subject}\n{text}"));
        let linked = linked.or_else(|| spoken_of.into_iter().find(|reference| self.case_of(reference).is_some()));
        let message = Message {
            channel: Channel::Mail,
            from: speech.from.clone(),
            standing: standing(speech),
            class: match letter {
                _ if text.trim().is_empty() && subject.trim().is_empty() => Class::Empty,
                Some(_) => Class::Reply,
                None => Class::Request,
            },
            subject,
            text,
            message_id: Some(format!("mail-{}@story.example", self.mails)),
            references: letter.map(|at| format!("letter-{}@story.example", at + 1)).into_iter().collect(),
            answers_letter: joined.map(|(_, number)| number),
            secret_removed: speech.secret_removed,
            whole: None,
            attachments: Vec::new(),
            letters_so_far: self.letters_so_far(&speech.from.address),
        };
        self.hears(joined.map(|(case, _)| case), message, linked)
    }

    pub(super) fn chats(&mut self, speech: &Speech, text: String) -> Result<(), String> {
        let open = self.cases.iter().rposition(|case| {
            let ticket = &case.ticket;
            ticket.channel == Channel::Chat
                && ticket.requester.address == speech.from.address
                && !ticket.state.is_closed()
        });
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
        self.answered = None;
        let mut keeps = true;
        let opening = match case {
            Some(_) => None,
            None => {
                let routed = (self.route)(&message.subject, &message.text);
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
        let event = Event::Received { message: Box::new(message), opening };
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
        self.keep(case, turn);
        Ok(())
    }

    /// The letter that a mail answers.
    pub(super) fn letter_answered(&self, speech: &Speech) -> Result<Option<usize>, String> {
        let last = |wanted: &dyn Fn(&Sent) -> bool| {
            self.sent.iter().rposition(|sent| sent.letter.channel == Channel::Mail && wanted(sent))
        };
        match speech.answers.as_deref() {
            Some(NOTHING) => Ok(None),
            Some(step) => {
                let of_step =
                    |sent: &Sent| sent.steps.iter().any(|name| name == step || name.rsplit('.').next() == Some(step));
                last(&of_step).map(Some).ok_or_else(|| format!("no letter was sent at step {step}"))
            }
            None => Ok(last(&|sent| sent.letter.to.address.eq_ignore_ascii_case(&speech.from.address))),
        }
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

/// Mail in a story is authentic, unless it says that it is not.
fn standing(speech: &Speech) -> Standing {
    let vouched = if speech.authenticated { Vouched::Yes } else { Vouched::No };
    Standing { vouched, because: String::new() }
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
        letters_so_far: LettersSoFar::default(),
    }
}
