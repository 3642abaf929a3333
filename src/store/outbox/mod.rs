//! Letters that wait to go, and those that went: what they are, and how they stand. A letter is frozen when it is
//! committed. Whoever sends it first takes a lease, and an old lease cannot report on a newer attempt: see `sending`.
//! What the operator does to letters is in `mending`.
//!
//! ```text
//!              ┌──────── deferred: tried again later ───────┐
//!              ▼                                            │
//!   queued ── lease ──► leased ── mark_sending ──► sending ─┼─► sent ── it came back ──► failed
//!     ▲ │               │    └── a file is written ─────────┘                              ▲
//!     │ │ held: waits   │                            └── refused, or a day of trying ──────┤
//!     │ └► until live   └ the lease ran out: leased again, next attempt                    │
//!     └──────────────────────────── retry ─────────────────────────────────────────────────┘
//!
//!   sending, and the lease ran out: the answer was lost. The same bytes go again; a letter with a secret fails.
//!   queued or failed ── drop ──► dropped: no longer wanted
//! ```

mod mending;
mod sending;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(super) use mending::settle_fate;
pub use mending::{LetterFate, Untold};
pub use sending::{LeasedLetter, Way};

use super::rows::{Spot, micros, whole};
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::policy::message::Channel;
use crate::policy::ticket::Reference;
use crate::policy::world::fold;

/// A letter as it goes out: its bytes, Message-ID and date never change again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutgoingLetter {
    /// Its number within the ticket, from one.
    pub number: u32,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
    /// The address that it goes to.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// The whole mail; empty by chat and by text.
    pub bytes: Vec<u8>,
    /// Whether the desk wrote it by itself.
    pub automatic: bool,
    /// Whether a code or a password stands in it: then it never goes twice.
    pub secret: bool,
    /// The way it goes.
    pub channel: Channel,
    /// Its date.
    pub at: Timestamp,
}

/// What names a letter: the ticket, the journal line that wrote it, and its number within the ticket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LetterKey {
    /// The ticket.
    pub ticket: Reference,
    /// The journal line.
    pub seq: u64,
    /// The letter's number.
    pub n: u32,
}

/// What stands for the ticket in the name of a letter to an agent.
const NOTICE: &str = "NOTICE";

impl LetterKey {
    /// The name of a letter to an agent, by its bundle and its number in it.
    pub fn of_bundle(bundle: u64, n: u32) -> LetterKey {
        LetterKey { ticket: Reference(NOTICE.to_owned()), seq: bundle, n }
    }

    /// Whether it is a letter to an agent, which belongs to no ticket.
    pub fn is_notice(&self) -> bool {
        self.ticket.0 == NOTICE
    }
}

impl std::fmt::Display for LetterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.ticket, self.seq, self.n)
    }
}

impl std::str::FromStr for LetterKey {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let parsed = || {
            let (rest, n) = written.trim().rsplit_once('-')?;
            let (ticket, seq) = rest.rsplit_once('-')?;
            let ticket = Reference(ticket.to_uppercase());
            Some(LetterKey { ticket, seq: seq.parse().ok()?, n: n.parse().ok()? })
        };
        parsed().ok_or_else(|| {
            format!("`{written}` is not the key of a letter. `outbox list` shows keys such as CD-7K3M-9QX4-1-1")
        })
    }
}

/// Where a letter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LetterState {
    /// Waits to go.
    Queued,
    /// Somebody is about to send it.
    Leased,
    /// Its bytes are on their way, and the relay may have them already: until its answer is read, nobody knows.
    Sending,
    /// It went.
    Sent,
    /// It could not be sent.
    Failed,
    /// It is no longer wanted.
    Dropped,
}

impl LetterState {
    /// The name in JSON, SQL and logs.
    pub fn name(self) -> &'static str {
        match self {
            LetterState::Queued => "queued",
            LetterState::Leased => "leased",
            LetterState::Sending => "sending",
            LetterState::Sent => "sent",
            LetterState::Failed => "failed",
            LetterState::Dropped => "dropped",
        }
    }
}

/// One line of the list of letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Its name.
    pub key: LetterKey,
    /// Where it is.
    pub state: LetterState,
    /// How often its sending was begun.
    pub attempts: i64,
    /// The way it goes.
    pub channel: Channel,
    /// Where it goes.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its Message-ID.
    pub message_id: String,
    /// Its date.
    pub at: Timestamp,
    /// When it is tried next, if that is settled.
    pub next_try: Option<Timestamp>,
    /// Whether it waits until the operator lets letters go to its address.
    pub held: bool,
    /// Why it could not be sent, or why it waits.
    pub failure: Option<String>,
}

/// A letter of ours that somebody answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLetter {
    /// The ticket.
    pub ticket: Reference,
    /// The journal line that wrote it.
    pub seq: u64,
    /// The letter's number.
    pub number: u32,
    /// Who got it.
    pub to: String,
}

impl KnownLetter {
    /// Its name.
    pub fn key(&self) -> LetterKey {
        LetterKey { ticket: self.ticket.clone(), seq: self.seq, n: self.number }
    }
}

impl Store {
    /// How many letters wait to go or are on their way.
    pub async fn letters_queued(&self) -> Result<u64, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let count = letters_queued(&mut snapshot).await?;
        Spot { table: "outbox", key: "the count" }.number("count", count)
    }

    /// The letter of ours with this Message-ID (without angle brackets), whether it has gone yet or not.
    pub async fn letter_by_message_id(&self, message_id: &str) -> Result<Option<KnownLetter>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let row: Option<(String, i64, i64, String)> = letter_by_message_id(&mut snapshot, message_id).await?;
        row.map(|(ticket, seq, n, to)| {
            let spot = Spot { table: "outbox", key: &ticket };
            let (seq, number) = (spot.number("seq", seq)?, spot.number("n", n)?);
            Ok(KnownLetter { ticket: Reference(ticket), seq, number, to })
        })
        .transpose()
    }

    /// How many letters the desk itself wrote to an address, in whatever case, since then. What agents are told does not
    /// count: an agent may be a requester too.
    pub async fn letters_to(&self, address: &str, since: Timestamp) -> Result<u32, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let count = letters_to(&mut snapshot, address, since).await?;
        Spot { table: "outbox", key: "the count" }.number("count", count)
    }

    /// A letter.
    pub async fn letter(&self, key: &LetterKey) -> Result<Option<OutboxRow>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        letter(&mut snapshot, key).await?.map(ListedRow::read).transpose()
    }

    /// All letters, oldest first.
    pub async fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        outbox(&mut snapshot).await?.into_iter().map(ListedRow::read).collect()
    }
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    ticket: String,
    seq: i64,
    n: i64,
    state: String,
    attempt: i64,
    channel: String,
    address: String,
    subject: String,
    message_id: String,
    at: i64,
    not_before: Option<i64>,
    leased_until: Option<i64>,
    held: i64,
    failure: Option<String>,
}

impl ListedRow {
    fn read(self) -> Result<OutboxRow, StoreError> {
        let key = format!("{}-{}-{}", self.ticket, self.seq, self.n);
        let spot = Spot { table: "outbox", key: &key };
        Ok(OutboxRow {
            state: spot.named("state", &self.state)?,
            at: spot.instant(self.at)?,
            attempts: self.attempt,
            channel: spot.named("channel", &self.channel)?,
            to: self.address,
            subject: self.subject,
            message_id: self.message_id,
            // Whoever has it may answer before; if not, it is tried again when the lease is over.
            next_try: self.not_before.or(self.leased_until).map(|at| spot.instant(at)).transpose()?,
            held: spot.yes_no("held", self.held)?,
            failure: self.failure,
            key: LetterKey {
                ticket: Reference(self.ticket),
                seq: spot.number("seq", self.seq)?,
                n: spot.number("n", self.n)?,
            },
        })
    }
}

pub(super) async fn add_letter(
    db: &mut Connection,
    key: &LetterKey,
    letter: &OutgoingLetter,
) -> Result<(), StoreError> {
    let channel = match letter.channel {
        Channel::Mail => "mail",
        Channel::Chat => "chat",
        // What is said aloud waits in no outbox; the row's own check refuses it.
        Channel::Phone => "phone",
        Channel::Text => "text",
    };
    sqlx::query(
        "INSERT INTO outbox
           (ticket, seq, n, state, attempt, tries, doubt, held, untold, channel, message_id, recipient, address,
            subject, text, bytes, automatic, secret, at)
         VALUES ($1, $2, $3, 'queued', 0, 0, 0, 0, 0, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(channel)
    .bind(&letter.message_id)
    .bind(fold(&letter.to))
    .bind(&letter.to)
    .bind(&letter.subject)
    .bind(&letter.text)
    .bind(letter.bytes.as_slice())
    .bind(i64::from(letter.automatic))
    .bind(i64::from(letter.secret))
    .bind(micros(letter.at))
    .execute(db)
    .await?;
    Ok(())
}

async fn letters_queued(db: &mut Connection) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM outbox
         WHERE state IN ('queued', 'leased', 'sending')",
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

async fn letter_by_message_id(
    db: &mut Connection,
    message_id: &str,
) -> Result<Option<(String, i64, i64, String)>, StoreError> {
    let row = sqlx::query_as(
        "SELECT ticket, seq, n, address
         FROM outbox
         WHERE message_id = $1",
    )
    .bind(message_id)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn letters_to(db: &mut Connection, address: &str, since: Timestamp) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM outbox
         WHERE recipient = $1
           AND at >= $2
           AND automatic = 1
           AND of_bundle IS NULL",
    )
    .bind(fold(address))
    .bind(micros(since))
    .fetch_one(db)
    .await?;
    Ok(count)
}

async fn letter(db: &mut Connection, key: &LetterKey) -> Result<Option<ListedRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT ticket, seq, n, state, attempt, channel, address, subject, message_id, at, not_before, leased_until, held,
           failure
         FROM outbox
         WHERE ticket = $1
           AND seq = $2
           AND n = $3",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn outbox(db: &mut Connection) -> Result<Vec<ListedRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT ticket, seq, n, state, attempt, channel, address, subject, message_id, at, not_before, leased_until, held,
           failure
         FROM outbox
         ORDER BY at, ticket, seq, n",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
