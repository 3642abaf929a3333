//! The one function that keeps what was decided: what came in, the tickets, their journal, letters and timers, all in
//! one durable commit. What cannot be kept is taken out alone; nothing is acknowledged before the commit.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Store;
use super::attachments::{KeptAttachment, add_attachment};
use super::chat::{Line, add_letter_line, add_said};
use super::directory::{apply_changes, row_version};
use super::error::StoreError;
use super::intake;
use super::journal::{JournalLine, add_line};
use super::notices::{KeptNotice, add_notice};
use super::outbox::{LetterFate, LetterKey, OutgoingLetter, add_letter, settle_fate};
use super::sqlite::{self, Connection};
use super::tickets::{self, Written, add_escalation, write_ticket};
use crate::fault::{self, Point};
use crate::policy::facts::RecordKind;
use crate::policy::message::Class;
use crate::policy::outcome::Effect;
use crate::policy::ticket::{Reference, Ticket};
use crate::policy::world::applying::Touched;
use crate::policy::world::change::Change;
use crate::policy::world::passcode::Sealed;

/// All that follows from one thing that happened: kept together, or not at all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Commit {
    /// The message that came in, if it was one.
    pub intake: Option<Intake>,
    /// The tickets that it changed.
    pub tickets: Vec<TicketChange>,
    /// The attachments that it brought; their bytes are kept already.
    pub attachments: Vec<KeptAttachment>,
    /// What becomes of earlier letters by it.
    pub letters: Vec<(LetterKey, LetterFate)>,
    /// What is said by chat besides its letters, before them.
    pub said: Vec<Line>,
}

/// The way by which a message came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Door {
    /// Mail by `ingest`.
    Pipe,
    /// Mail by the inbox folder.
    Folder,
    /// Mail by LMTP.
    Lmtp,
    /// Chat.
    Chat,
    /// A call that an agent writes down.
    Phone,
}

/// What became of a message. A duplicate is found by the store itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// It opened a ticket.
    Opened,
    /// It went on with a ticket.
    Continued,
    /// It was answered without a ticket, by chat.
    Answered,
    /// It was kept and nothing followed.
    Ignored,
    /// It was put aside for an agent.
    Quarantined,
}

/// One message for the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// The way it came.
    pub door: Door,
    /// The door's own name for it, if it has one.
    pub source_key: Option<String>,
    /// Its Message-ID, without angle brackets.
    pub message_id: Option<String>,
    /// The digest of its canonical form.
    pub digest: String,
    /// When it came.
    pub at: Timestamp,
    /// What became of it.
    pub decision: Decision,
    /// What kind of mail it is; `None` when it could not be read.
    pub class: Option<Class>,
    /// Its ticket.
    pub reference: Option<Reference>,
    /// The catalogue's ids of the flow.
    pub covers: Vec<String>,
    /// The flow.
    pub flow: Option<String>,
    /// Why.
    pub because: String,
    /// What an agent needs to look at it; set if, and only if, it is quarantined.
    pub quarantine: Option<Quarantined>,
    /// What it said, when no ticket keeps it.
    pub filed: Option<Filed>,
}

/// A message that was read, belongs to no ticket and is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filed {
    /// Who says they sent it.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
}

/// A message that was put aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Why, for an agent.
    pub reason: String,
    /// Why, as a stable name.
    pub code: String,
    /// Whose work it is to look at it.
    pub queue: String,
    /// The message as it came.
    pub raw: Vec<u8>,
    /// The envelope's sender, if the door knows it; empty is the null path.
    pub mail_from: Option<String>,
    /// The envelope's recipients.
    pub rcpt: Vec<String>,
    /// Who says they sent it, if that could be read.
    pub from: Option<String>,
    /// Its subject, if that could be read.
    pub subject: Option<String>,
    /// What agents are told of it.
    pub notice: Option<KeptNotice>,
}

/// The next version of a ticket, and how it came to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketChange {
    /// The version that was loaded; `None`: there must be none yet.
    pub loaded: Option<u64>,
    /// The ticket as it is now.
    pub ticket: Ticket,
    /// One line for each event since; the last one's number is the ticket's version.
    pub lines: Vec<JournalLine>,
    /// Letters, each one an effect of one of the lines.
    pub letters: Vec<OutgoingLetter>,
    /// Escalations: the ticket that each is about, and the contact.
    pub escalations: Vec<(Reference, String)>,
    /// Rows that were read, with the versions that must still stand.
    pub read: Vec<(RecordKind, String, i64)>,
    /// What agents are to be told, with the line that says so.
    pub notices: Vec<(u64, KeptNotice)>,
    /// What changes in the directory, in order.
    pub changes: Vec<Change>,
    /// The seals of the passcodes that the changes issue, by organisation.
    pub codes: BTreeMap<String, Sealed>,
    /// The day on the desk's clock, for the days that changes leave behind.
    pub today: Date,
}

/// Why something was taken out of a commit. Nothing of it was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Something that was read has moved: load it and advance again.
    #[error("{what} has changed meanwhile")]
    Stale {
        /// What.
        what: String,
    },
    /// The message came before. The ledger has a row that says so.
    #[error("the message came before")]
    Duplicate(Box<FirstIntake>),
    /// Another ticket has the reference: mint another.
    #[error("the reference {0} is taken")]
    ReferenceTaken(Reference),
    /// The event was journaled before.
    #[error("the event {0} is in the journal")]
    EventKnown(String),
    /// It contradicts itself, or the database's rules.
    #[error("it cannot be kept: {0}")]
    Broken(String),
}

/// What became of a message when it came the first time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstIntake {
    /// What became of it.
    pub decision: Decision,
    /// When it came.
    pub at: Timestamp,
    /// What kind of mail it is.
    pub class: Option<Class>,
    /// Its ticket.
    pub reference: Option<Reference>,
    /// The catalogue's ids of the flow.
    pub covers: Vec<String>,
    /// The flow.
    pub flow: Option<String>,
    /// Why.
    pub because: String,
}

impl Store {
    /// Keeps a list of decisions in one durable commit, each in a savepoint of its own, and answers for each. On an
    /// error nothing of the whole list was kept.
    pub async fn commit(&self, list: Vec<Commit>) -> Result<Vec<Result<(), Refusal>>, StoreError> {
        let answers = self.commit_telling(list).await?;
        Ok(answers.into_iter().map(|answer| answer.map(|_| ())).collect())
    }

    /// As [`Store::commit`]; each answer names the rows of the directory that it changed.
    pub async fn commit_telling(&self, list: Vec<Commit>) -> Result<Vec<Result<Touched, Refusal>>, StoreError> {
        let mut writing = self.writing().await?;
        let mut answers = Vec::with_capacity(list.len());
        for one in &list {
            answers.push(keep_apart(writing.db(), one).await?);
        }
        writing.keep().await?;
        Ok(answers)
    }
}

/// Why one commit did not come through: on its own account, or with the whole database.
pub(super) enum Failure {
    Refused(Refusal),
    Failed(StoreError),
}

impl From<Refusal> for Failure {
    fn from(refusal: Refusal) -> Self {
        Failure::Refused(refusal)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            // A rule of the tables was broken by this one alone; the others are none the worse.
            StoreError::Other(sqlx::Error::Database(failure)) if failure.kind() != sqlx::error::ErrorKind::Other => {
                Failure::Refused(Refusal::Broken(failure.message().to_owned()))
            }
            error => Failure::Failed(error),
        }
    }
}

async fn keep_apart(db: &mut Connection, one: &Commit) -> Result<Result<Touched, Refusal>, StoreError> {
    sqlite::set_savepoint(db).await?;
    match keep_one(db, one).await {
        Ok(answer) => {
            sqlite::keep_savepoint(db).await?;
            Ok(answer)
        }
        Err(Failure::Refused(refusal)) => {
            sqlite::undo_savepoint(db).await?;
            Ok(Err(refusal))
        }
        Err(Failure::Failed(error)) => Err(error),
    }
}

/// Writes one commit. A duplicate leaves its row in the ledger and nothing else, which is kept: hence `Ok(Err(…))`.
async fn keep_one(db: &mut Connection, one: &Commit) -> Result<Result<Touched, Refusal>, Failure> {
    if let Some(intake) = &one.intake {
        intake::count_received(db, intake).await?;
        fault::at(Point::ReceivedCounted);
        if let Some((id, first)) = intake::first_intake(db, intake).await? {
            intake::add_duplicate(db, intake, id, &first).await?;
            fault::at(Point::DuplicateKept);
            return Ok(Err(Refusal::Duplicate(Box::new(first))));
        }
    }
    add_said(db, one).await?;
    fault::at(Point::ChatSaid);
    let mut directory_changed = Touched::new();
    for change in &one.tickets {
        directory_changed.extend(keep_ticket(db, change).await?);
    }
    if let Some(intake) = &one.intake {
        if (intake.decision == Decision::Quarantined) != intake.quarantine.is_some() {
            return Err(Refusal::Broken("what is quarantined has a reason, and nothing else has".into()).into());
        }
        intake::add_intake(db, intake, line_of_message(one)).await?;
        fault::at(Point::IntakeWritten);
    }
    for (key, fate) in &one.letters {
        if !settle_fate(db, key, fate).await? {
            return Err(stale(format!("the letter {key}")));
        }
    }
    keep_attachments(db, one).await?;
    Ok(Ok(directory_changed))
}

/// The line of the journal that the message became: the first of its ticket's.
pub(super) fn line_of_message(one: &Commit) -> Option<u64> {
    let reference = one.intake.as_ref()?.reference.as_ref()?;
    let change = one.tickets.iter().find(|change| change.ticket.reference == *reference)?;
    change.lines.first().map(|line| line.seq)
}

pub(super) async fn keep_attachments(db: &mut Connection, one: &Commit) -> Result<(), StoreError> {
    for (n, attachment) in one.attachments.iter().enumerate() {
        add_attachment(db, n, attachment).await?;
        fault::at(Point::AttachmentListed);
    }
    Ok(())
}

/// Writes a ticket with all that its lines did, and says which rows of the directory are different now.
pub(super) async fn keep_ticket(db: &mut Connection, change: &TicketChange) -> Result<Touched, Failure> {
    lines_follow(change)?;
    for (kind, id, version) in &change.read {
        let now = match kind {
            RecordKind::Ticket => tickets::ticket_version(db, id).await?,
            RecordKind::Account | RecordKind::Organisation => row_version(db, *kind, id).await?,
        };
        if now != Some(*version) {
            return Err(stale(format!("the {} {id}", kind.name())));
        }
    }
    let reference = &change.ticket.reference;
    if write_ticket(db, change.loaded, &change.ticket).await? == Written::NotSo {
        return Err(match change.loaded {
            None => Refusal::ReferenceTaken(reference.clone()).into(),
            Some(_) => stale(format!("the ticket {reference}")),
        });
    }
    fault::at(Point::TicketWritten);
    for line in &change.lines {
        if !add_line(db, reference, line).await? {
            return Err(Refusal::EventKnown(line.event_id.clone()).into());
        }
        fault::at(Point::LineWritten);
    }
    let directory_changed = apply_changes(db, change).await?;
    for letter in &change.letters {
        let seq = line_of(change, letter)?;
        let key = LetterKey { ticket: reference.clone(), seq, n: letter.number };
        add_letter(db, &key, letter).await?;
        add_letter_line(db, change, &key, letter).await?;
        fault::at(Point::LetterQueued);
    }
    for (seq, notice) in &change.notices {
        add_notice(db, reference, *seq, notice).await?;
    }
    for (about, contact) in &change.escalations {
        if !add_escalation(db, about, contact, reference).await? {
            return Err(stale(format!("the escalation of {about}")));
        }
        fault::at(Point::EscalationWritten);
    }
    Ok(directory_changed)
}

/// INVARIANT: a ticket's journal has no gap: its version is the number of its last line.
fn lines_follow(change: &TicketChange) -> Result<(), Refusal> {
    let first = change.loaded.unwrap_or(0) + 1;
    let follow = change.lines.iter().zip(first..).all(|(line, seq)| line.seq == seq);
    if follow && !change.lines.is_empty() && change.lines.last().map(|line| line.seq) == Some(change.ticket.version) {
        return Ok(());
    }
    let seqs: Vec<u64> = change.lines.iter().map(|line| line.seq).collect();
    let (reference, version) = (&change.ticket.reference, change.ticket.version);
    Err(Refusal::Broken(format!("the lines {seqs:?} of {reference} do not lead from {first} to version {version}")))
}

/// The line that wrote a letter.
fn line_of(change: &TicketChange, letter: &OutgoingLetter) -> Result<u64, Refusal> {
    let writes = |effect: &Effect| matches!(effect, Effect::Letter(written) if written.number == letter.number);
    match change.lines.iter().find(|line| line.effects.iter().any(writes)) {
        Some(line) => Ok(line.seq),
        None => Err(Refusal::Broken(format!("no line of {} wrote letter {}", change.ticket.reference, letter.number))),
    }
}

fn stale(what: String) -> Failure {
    Failure::Refused(Refusal::Stale { what })
}
