//! Takes a message in: reads it, finds or opens its ticket, lets policy decide, and commits all of it at once.

use std::sync::Arc;

use jiff::Timestamp;
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::fault::{self, Point};
use crate::mail::gate::smells_of_forgery;
use crate::mail::tables::tables;
use crate::mail::{self, DeskMail, Envelope, Incoming, Limits, Reading, Unreadable};
use crate::policy::intent::{self, Decision as Routing, Routed};
use crate::policy::message::{Channel, Class, LettersSoFar, Message};
use crate::policy::outcome::{Event, Opening};
use crate::policy::proof::Vouched;
use crate::policy::reference;
use crate::policy::ticket::{Reference, Ticket};
use crate::store::{
    Commit, Decision, Door, Filed, FirstIntake, Intake, KeptAttachment, LetterFate, Quarantined, Refusal,
};

use super::bell::chats_of;
use super::inflight::Attempt;
use super::joining::Plan;
use super::parked::together;
use super::turn::Turn;
use super::{ATTEMPTS, CLARIFY, Desk, DeskError, Running, Said, worker};

/// How often a mail may take its reader down before it is put aside unread.
const DEATHS: u32 = 3;
/// How often a new reference may be taken already. Two in a row is less likely than a meteor.
const REFERENCES: u32 = 8;

/// What came of a mail, in the words of the command line.
#[derive(Debug, Clone, Serialize)]
pub struct Taken {
    /// Its Message-ID, without angle brackets.
    pub message_id: Option<String>,
    /// Whether it was here before.
    pub duplicate: bool,
    /// What kind of mail it is; `None` when it could not be read.
    pub class: Option<Class>,
    /// What the person newly wrote.
    pub latest_text: String,
    /// Who sent it.
    pub sender: Sender,
    /// What was done: flow, answer, triage, continued, ignored or quarantined.
    pub decision: &'static str,
    /// The ticket's reference.
    pub ticket: Option<String>,
    /// The ticket's flow.
    pub flow: Option<String>,
    /// Catalogue ids of the flow.
    pub covers: Vec<String>,
    /// Other wishes in the same mail.
    pub also: Vec<Also>,
    /// The flows that it may mean, best first.
    pub candidates: Vec<Candidate>,
    /// Why.
    pub because: String,
    /// What was said.
    #[serde(flatten)]
    pub said: Said,
}

/// Who sent a mail.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Sender {
    /// The address of the From field; `None` when there is not exactly one.
    pub address: Option<String>,
    /// Whether the boundary vouches that it was written there.
    pub authenticated: bool,
    /// How we know who it is, in a sentence; nothing when nobody vouches for it.
    pub proof: Option<String>,
}

impl Sender {
    fn of(mail: &Incoming) -> Sender {
        let vouched = mail.standing.vouched;
        Sender {
            address: Some(mail.from.address.clone()),
            authenticated: vouched == Vouched::Yes,
            proof: (vouched != Vouched::No).then(|| mail.standing.because.clone()),
        }
    }
}

/// Another wish in the same message.
#[derive(Debug, Clone, Serialize)]
pub struct Also {
    /// Its ticket.
    pub ticket: Option<String>,
    /// Its flow.
    pub flow: String,
    /// Catalogue ids of the flow.
    pub covers: Vec<String>,
}

impl Also {
    fn of(running: &Running, ticket: &Ticket) -> Also {
        let covers = covers(running, &ticket.flow);
        Also { ticket: Some(ticket.reference.to_string()), flow: ticket.flow.clone(), covers }
    }
}

/// A flow that a first message may mean.
#[derive(Debug, Clone, Serialize)]
pub struct Candidate {
    /// The flow.
    pub flow: String,
    /// Its catalogue ids.
    pub covers: Vec<String>,
    /// How likely it is meant: nought to one.
    pub score: f64,
}

/// The flows that were looked at, for whoever called.
pub fn candidates(running: &Running, routed: &Routed) -> Vec<Candidate> {
    let candidate = |one: &intent::Candidate| Candidate {
        flow: one.flow.clone(),
        covers: covers(running, &one.flow),
        score: f64::from(one.score) / 1000.0,
    };
    routed.candidates.iter().map(candidate).collect()
}

/// The catalogue ids of a flow.
pub fn covers(running: &Running, flow: &str) -> Vec<String> {
    running.pack.flows.get(flow).map_or_else(Vec::new, |flow| flow.covers.clone())
}

/// A mail as a door hands it over.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The door.
    pub door: Door,
    /// The bytes as they came.
    pub raw: Arc<Vec<u8>>,
    /// What the transport said.
    pub envelope: Envelope,
}

/// How a mail came, and when it is handled: later than it came, if it lay in quarantine.
#[derive(Debug, Clone, Copy)]
pub(super) struct Receipt {
    pub(super) door: Door,
    pub(super) came: Timestamp,
    pub(super) now: Timestamp,
}

impl Desk {
    /// Takes a mail in. When this returns, it is committed: opened, continued, ignored, quarantined or known before.
    pub async fn take_mail(&self, delivery: Delivery) -> Result<Taken, DeskError> {
        self.follow().await;
        let now = self.clock.now();
        let digest = digest_of(&delivery.raw);
        let attempt = Attempt::begin(&self.data, &digest)
            .map_err(|source| DeskError::File { doing: "cannot note the mail under way".into(), source })?;
        let taken = match self.take_attempt(&delivery, &digest, attempt.died_before, now).await {
            // It cannot be handled now, and will not be later: an agent sees it as it came.
            Err(error) if !error.try_later() => {
                let reason = format!("this mail could not be handled: {error}");
                self.quarantine(&delivery, &digest, unread("cannot-be-handled", reason), now).await
            }
            taken => taken,
        };
        match &taken {
            Ok(_) => {
                if let Err(error) = attempt.finish(&self.data, &digest) {
                    tracing::warn!(%error, "the mark of a mail under way could not be removed");
                }
                self.deliver_after_commit(now).await;
                fault::at(Point::MailTaken);
            }
            // A fault of ours in the midst of it counts, as a crash does: after the third the mail is put aside.
            Err(DeskError::Worker(worker::Failed::Panicked | worker::Failed::Stalled)) => drop(attempt),
            // Any other trouble is not the mail's.
            Err(_) => attempt.forget(),
        }
        taken
    }

    async fn take_attempt(
        &self,
        delivery: &Delivery,
        digest: &str,
        died: u32,
        now: Timestamp,
    ) -> Result<Taken, DeskError> {
        if self.store.was_put_aside(digest, now).await? {
            // Whoever was not told so the first time sends it again. It is not read again: it is for an agent now.
            return self.quarantine(delivery, digest, unread("put-aside", "it was put aside before".into()), now).await;
        }
        if died >= DEATHS {
            let reason = format!("reading this mail stopped the desk {died} times");
            return self.quarantine(delivery, digest, unread("kills-its-reader", reason), now).await;
        }
        match self.read(Arc::clone(&delivery.raw), delivery.envelope.clone()).await {
            Ok(Reading::Readable(mail)) => self.take_readable(delivery, *mail, now).await,
            Ok(Reading::Unreadable(unreadable)) => self.quarantine(delivery, digest, unreadable, now).await,
            Err(failed) => Err(failed),
        }
    }

    /// Reads a mail with today's reader and settings. A fault of the reader makes it unreadable.
    pub(super) async fn read(&self, raw: Arc<Vec<u8>>, envelope: Envelope) -> Result<Reading, DeskError> {
        let desk = self.desk_mail();
        let reading = worker::run(move || {
            fault::at(Point::ReadingBegun);
            mail::read(&raw, &envelope, &desk, &Limits::default())
        });
        let reading = reading.await;
        fault::at(Point::ReadingEnded);
        match reading {
            Ok(reading) => Ok(reading),
            Err(failed @ worker::Failed::NoThread) => Err(failed.into()),
            Err(failed) => Ok(Reading::Unreadable(unread("reader-failed", failed.to_string()))),
        }
    }

    /// What a reader of mail must know of the desk.
    pub(super) fn desk_mail(&self) -> DeskMail {
        DeskMail {
            addresses: self.packs.current().pack.desk.addresses.clone(),
            ids: self.ids.clone(),
            boundary: self.boundary.clone(),
        }
    }

    /// Keeps a mail that cannot be read, raw, for an agent.
    async fn quarantine(
        &self,
        delivery: &Delivery,
        digest: &str,
        unreadable: Unreadable,
        now: Timestamp,
    ) -> Result<Taken, DeskError> {
        let rules = &self.packs.current().pack.desk.quarantine;
        let queue = if smells_of_forgery(unreadable.code) { &rules.forged } else { &rules.queue };
        let intake = Intake {
            door: delivery.door,
            source_key: None,
            message_id: unreadable.message_id.clone(),
            digest: digest.to_owned(),
            at: now,
            decision: Decision::Quarantined,
            class: None,
            reference: None,
            covers: Vec::new(),
            flow: None,
            because: unreadable.reason.clone(),
            quarantine: Some(Quarantined {
                reason: unreadable.reason.clone(),
                code: unreadable.code.to_owned(),
                queue: queue.clone(),
                raw: delivery.raw.to_vec(),
                mail_from: delivery.envelope.mail_from.clone(),
                rcpt: delivery.envelope.rcpt.clone(),
                from: unreadable.from.clone(),
                subject: unreadable.subject.clone(),
                notice: Some(self.notice_of_mail(queue, now)),
            }),
            filed: None,
        };
        let mut taken = Taken::unread(unreadable);
        match self.commit_one(Commit { intake: Some(intake), ..Commit::default() }).await? {
            Ok(()) => {}
            Err(Refusal::Duplicate(first)) => taken.repeats(*first),
            Err(refusal) => return Err(DeskError::Refused(refusal.to_string())),
        }
        Ok(taken)
    }

    async fn take_readable(&self, delivery: &Delivery, mail: Incoming, now: Timestamp) -> Result<Taken, DeskError> {
        let receipt = Receipt { door: delivery.door, came: now, now };
        for _ in 0..ATTEMPTS {
            let plan = self.plan(&mail, now).await?;
            fault::at(Point::Planned);
            let (mut taken, commit) = self.carry_out(receipt, &mail, plan).await?;
            match self.commit_one(commit).await? {
                Ok(()) => return Ok(taken),
                Err(Refusal::Duplicate(first)) => {
                    taken.repeats(*first);
                    return Ok(taken);
                }
                // Something moved between our reading and our commit: decide again on what is there now.
                Err(Refusal::Stale { .. } | Refusal::ReferenceTaken(_) | Refusal::EventKnown(_)) => {}
                Err(refusal @ Refusal::Broken(_)) => return Err(DeskError::Refused(refusal.to_string())),
            }
        }
        Err(DeskError::Contended)
    }

    /// Takes the ticket through the message, and puts together what is to be committed.
    pub(super) async fn carry_out(
        &self,
        receipt: Receipt,
        mail: &Incoming,
        plan: Plan,
    ) -> Result<(Taken, Commit), DeskError> {
        let now = receipt.now;
        let mut taken = Taken {
            message_id: mail.message_id.clone(),
            duplicate: false,
            class: Some(mail.class),
            latest_text: mail.latest_text.clone(),
            sender: Sender::of(mail),
            decision: "ignored",
            ticket: None,
            flow: None,
            covers: Vec::new(),
            also: Vec::new(),
            candidates: Vec::new(),
            because: mail.because.clone(),
            said: Said::default(),
        };
        let event_id = format!("mail:{}:{}", mail.message_id.as_deref().unwrap_or(""), mail.digest);
        let mut returned = None;
        let turns = match plan {
            Plan::Ignore => Vec::new(),
            Plan::AboutNotice { letter } => {
                taken.because = format!("{}; it answers a letter to an agent", mail.because);
                if mail.class == Class::Bounce {
                    let because = "it came back: a mail server could not deliver it".to_owned();
                    returned = Some((letter, LetterFate::Returned { because, at: now }));
                }
                Vec::new()
            }
            Plan::Join { running, ticket, letter, because } => {
                let message = self.message(mail, letter.as_ref().map(|letter| letter.n), now).await?;
                let answered = mail.class.is_from_a_person();
                let elsewhere = self.elsewhere(&running, &ticket, &message).await?;
                let event = Event::Received { message: Box::new(message.clone()), opening: None, elsewhere };
                let event_id = if mail.message_id.is_some() { event_id } else { format!("{event_id}:{now}") };
                let turn = self.turn(&running, Some(&ticket), event, event_id.clone(), now).await?;
                taken.because = match answered {
                    true => because.into(),
                    false => format!("{}; it was filed with the request", mail.because),
                };
                taken.decision = if answered { "continued" } else { "ignored" };
                if mail.class == Class::Bounce {
                    let because = "it came back: a mail server could not deliver it".to_owned();
                    returned = letter.map(|letter| (letter, LetterFate::Returned { because, at: now }));
                }
                taken.tells(&running, &turn.ticket);
                let turns = self.with_opened(turn, &message, &event_id, now).await?;
                taken.also.extend(turns.iter().skip(1).map(|turn| Also::of(&running, &turn.ticket)));
                turns
            }
            Plan::Open { linked, route } => {
                let running = self.packs.current();
                let route = match route {
                    Some(route) => route,
                    None => self.route_mail(&running, mail).await?,
                };
                self.open(&running, mail, (linked, route), event_id, receipt, &mut taken).await?
            }
        };
        let mut intake = taken.intake(receipt, &mail.digest);
        let Some(first) = turns.first() else {
            let (from, subject) = (mail.from.address.clone(), mail.subject.clone());
            intake.filed = Some(Filed { from, subject, text: mail.text.clone() });
            let letters = returned.into_iter().collect();
            return Ok((taken, Commit { intake: Some(intake), letters, ..Commit::default() }));
        };
        let mut attachments = Vec::new();
        for attachment in &mail.attachments {
            attachments.push(KeptAttachment {
                ticket: first.ticket.reference.clone(),
                seq: first.change.lines.first().map_or(0, |line| line.seq),
                name: attachment.name.clone(),
                media_type: attachment.media_type.clone(),
                size: u64::try_from(attachment.bytes.len()).unwrap_or(u64::MAX),
                digest: self.store.keep_attachment(attachment.bytes.clone()).await?,
            });
        }
        let (said, tickets) = together(turns);
        taken.said.append(said);
        Ok((
            taken,
            Commit {
                intake: Some(intake),
                tickets,
                attachments,
                letters: returned.into_iter().collect(),
                ..Commit::default()
            },
        ))
    }

    /// Opens a ticket for a mail, and one for each other request in it.
    async fn open(
        &self,
        running: &Running,
        mail: &Incoming,
        (linked, routed): (Option<Reference>, Routed),
        event_id: String,
        receipt: Receipt,
        taken: &mut Taken,
    ) -> Result<Vec<Turn>, DeskError> {
        taken.decision = routed.decision.name();
        taken.because.clone_from(&routed.because);
        taken.candidates = candidates(running, &routed);
        let message = self.message(mail, None, receipt.now).await?;
        let choices = routed.choices();
        let mut because = routed.because;
        if mail.differs {
            because.push_str("; the plain and the HTML form of the mail say different things: please look at both");
        }
        let received = (receipt.came != receipt.now).then_some(receipt.came);
        let opening = Opening {
            reference: self.new_reference().await?,
            choices,
            flow: routed.flow,
            because,
            linked,
            received,
            phone: None,
        };
        let first = opening.reference.clone();
        let event = Event::Received { message: Box::new(message.clone()), opening: Some(opening), elsewhere: None };
        let mut turns = vec![self.turn(running, None, event, event_id.clone(), receipt.now).await?];
        taken.tells(running, &turns[0].ticket);
        if routed.decision == Routing::Clarify {
            taken.covers = vec![CLARIFY.to_owned()];
        }
        for (n, beside) in routed.also.into_iter().enumerate() {
            let message = Message { text: beside.words, whole: Some(mail.text.clone()), ..message.clone() };
            let opening = Opening {
                reference: self.new_reference().await?,
                choices: Vec::new(),
                flow: beside.flow,
                because: beside.because,
                linked: Some(first.clone()),
                received,
                phone: None,
            };
            let event = Event::Received { message: Box::new(message), opening: Some(opening), elsewhere: None };
            let turn = self.turn(running, None, event, format!("{event_id}:also{n}"), receipt.now).await?;
            taken.also.push(Also::of(running, &turn.ticket));
            turns.push(turn);
        }
        Ok(turns)
    }

    /// A reference that no ticket has.
    pub(super) async fn new_reference(&self) -> Result<Reference, DeskError> {
        for _ in 0..REFERENCES {
            let mut random = [0_u8; 8];
            getrandom::fill(&mut random).map_err(|error| DeskError::File {
                doing: "cannot draw a random number".into(),
                source: std::io::Error::other(error.to_string()),
            })?;
            let reference = reference::from_random(u64::from_le_bytes(random));
            if self.store.ticket(&reference).await?.is_none() {
                return Ok(reference);
            }
        }
        Err(DeskError::Contended)
    }

    /// The mail as policy sees it.
    async fn message(&self, mail: &Incoming, letter: Option<u32>, now: Timestamp) -> Result<Message, DeskError> {
        let mut letters_so_far = self.letters_so_far(&mail.from.address, now).await?;
        if mail.suppress_answer.is_some() {
            // The sender's system asks for no automatic answer: the brake is on, and an agent sees the request.
            letters_so_far.day = u32::MAX;
        }
        Ok(Message {
            channel: Channel::Mail,
            from: mail.from.clone(),
            standing: mail.standing.clone(),
            subject: mail.subject.clone(),
            text: mail.own_text.clone(),
            whole: (mail.text != mail.own_text).then(|| mail.text.clone()),
            class: mail.class,
            message_id: mail.message_id.clone(),
            references: mail.references.clone(),
            answers_letter: letter,
            secret_removed: mail.secret_removed,
            attachments: mail.attachments.iter().map(|attachment| attachment.name.clone()).collect(),
            tables: tables(&mail.attachments),
            letters_so_far,
        })
    }

    pub(super) async fn letters_so_far(&self, address: &str, now: Timestamp) -> Result<LettersSoFar, DeskError> {
        let hour = now.checked_sub(jiff::SignedDuration::from_hours(1)).unwrap_or(now);
        let day = now.checked_sub(jiff::SignedDuration::from_hours(24)).unwrap_or(now);
        Ok(LettersSoFar {
            hour: self.store.letters_to(address, hour).await?,
            day: self.store.letters_to(address, day).await?,
        })
    }

    /// Commits one thing by itself.
    pub(super) async fn commit_one(&self, commit: Commit) -> Result<Result<(), Refusal>, DeskError> {
        let timers = commit.tickets.iter().flat_map(|change| &change.ticket.timers);
        let first = timers.map(|timer| timer.due).min();
        let chats = chats_of(&commit);
        let mut results = self.store.commit(vec![commit]).await?;
        if let Some(first) = first {
            self.alarm.ring_if_before(first);
        }
        let result = results.pop().unwrap_or(Ok(()));
        if result.is_ok() {
            chats.iter().for_each(|chat| self.bell.ring(chat));
        }
        Ok(result)
    }
}

impl Taken {
    /// Tells the operator's log what came of a mail, without a word of what it said.
    pub(super) fn log(&self) {
        let (ticket, flow) = (self.ticket.as_deref(), self.flow.as_deref());
        tracing::info!(decision = self.decision, ticket, flow, duplicate = self.duplicate, "mail");
    }

    /// A mail that is kept for an agent.
    pub(super) fn unread(unreadable: Unreadable) -> Taken {
        Taken {
            message_id: unreadable.message_id,
            duplicate: false,
            class: None,
            latest_text: String::new(),
            sender: Sender { address: unreadable.from, ..Sender::default() },
            decision: "quarantined",
            ticket: None,
            flow: None,
            covers: Vec::new(),
            also: Vec::new(),
            candidates: Vec::new(),
            because: unreadable.reason,
            said: Said::default(),
        }
    }

    /// The mail was here before: what the first one came to is told, and nothing is said again.
    pub(super) fn repeats(&mut self, first: FirstIntake) {
        self.duplicate = true;
        self.class = first.class;
        self.ticket = first.reference.map(|reference| reference.to_string());
        self.flow = first.flow;
        self.covers = first.covers;
        self.decision = match first.decision {
            Decision::Quarantined => "quarantined",
            Decision::Ignored => "ignored",
            // It was put aside then, and an agent let it in.
            Decision::Opened if self.decision == "quarantined" => "flow",
            Decision::Continued if self.decision == "quarantined" => "continued",
            Decision::Opened | Decision::Continued | Decision::Answered => self.decision,
        };
        self.because = "the same mail came before".into();
        self.said = Said::default();
    }

    fn tells(&mut self, running: &Running, ticket: &Ticket) {
        self.ticket = Some(ticket.reference.to_string());
        self.flow = Some(ticket.flow.clone());
        self.covers = covers(running, &ticket.flow);
    }

    /// The row of the ledger.
    fn intake(&self, receipt: Receipt, digest: &str) -> Intake {
        Intake {
            door: receipt.door,
            source_key: None,
            message_id: self.message_id.clone(),
            digest: digest.to_owned(),
            at: receipt.came,
            decision: match self.decision {
                "ignored" => Decision::Ignored,
                "continued" => Decision::Continued,
                _ => Decision::Opened,
            },
            class: self.class,
            reference: self.ticket.clone().map(Reference),
            covers: self.covers.clone(),
            flow: self.flow.clone(),
            because: self.because.clone(),
            quarantine: None,
            filed: None,
        }
    }
}

/// The name of a mail's bytes.
pub(super) fn digest_of(raw: &[u8]) -> String {
    Sha256::digest(raw).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unread(code: &'static str, reason: String) -> Unreadable {
    Unreadable { reason, code, message_id: None, from: None, subject: None }
}
