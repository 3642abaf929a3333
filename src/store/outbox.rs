//! Letters that wait to go, and those that went. A letter is frozen when it is committed; whoever sends it first
//! takes a lease, and an old lease cannot report on a newer attempt.
//!
//! ```text
//!   queued ── lease ──► leased ── mark_sent ──► sent
//!                       │    └─── mark_failed ─► failed        dropped: no longer wanted
//!                       └ the lease ran out: leased again, next attempt
//! ```

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

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
    /// The whole mail; empty by chat.
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

impl std::fmt::Display for LetterKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}-{}", self.ticket, self.seq, self.n)
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
    /// Its bytes are on their way, and the relay may have them already.
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

/// Which letters a sender can deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'a> {
    /// Mail, to anybody.
    Mail,
    /// What a user of a chat has not heard yet.
    Chat(&'a str),
}

/// A letter that one sender may send now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct LeasedLetter {
    /// Its name.
    pub key: LetterKey,
    /// The number of this attempt; reports must give it.
    pub attempt: i64,
    /// The letter.
    pub letter: OutgoingLetter,
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
    /// Where it goes.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its Message-ID.
    pub message_id: String,
    /// Its date.
    pub at: Timestamp,
    /// Why it could not be sent.
    pub failure: Option<String>,
}

/// A letter of ours that somebody answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownLetter {
    /// The ticket.
    pub ticket: Reference,
    /// The letter's number.
    pub number: u32,
    /// Who got it.
    pub to: String,
}

impl Store {
    /// How many letters wait to go or are on their way.
    pub async fn letters_queued(&self) -> Result<u64, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let count = letters_queued(&mut snapshot).await?;
        Spot { table: "outbox", key: "the count" }.number("count", count)
    }

    /// Takes letters to send, oldest first: those that wait, and those whose sender did not report in time.
    pub async fn lease(
        &self,
        way: Way<'_>,
        now: Timestamp,
        lasts: SignedDuration,
        limit: u32,
    ) -> Result<Vec<LeasedLetter>, StoreError> {
        if self.letters_queued().await? == 0 {
            return Ok(Vec::new());
        }
        let until = now.saturating_add(lasts).unwrap_or(Timestamp::MAX);
        let mut writing = self.writing().await?;
        let rows = lease(writing.db(), way, now, until, limit).await?;
        writing.keep().await?;
        let mut letters: Vec<LeasedLetter> = rows.into_iter().map(LeasedRow::read).collect::<Result<_, _>>()?;
        letters.sort_by(|a, b| (a.letter.at, &a.key).cmp(&(b.letter.at, &b.key)));
        Ok(letters)
    }

    /// Reports that an attempt went well. Says whether the lease still stood; if not, somebody else has it.
    pub async fn mark_sent(&self, key: &LetterKey, attempt: i64, at: Timestamp) -> Result<bool, StoreError> {
        self.settle(key, attempt, at, None).await
    }

    /// Reports that a letter cannot be sent. Says whether the lease still stood.
    pub async fn mark_failed(
        &self,
        key: &LetterKey,
        attempt: i64,
        because: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        self.settle(key, attempt, at, Some(because)).await
    }

    /// The letter of ours with this Message-ID (without angle brackets), whether it has gone yet or not.
    pub async fn letter_by_message_id(&self, message_id: &str) -> Result<Option<KnownLetter>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let row: Option<(String, i64, String)> = letter_by_message_id(&mut snapshot, message_id).await?;
        row.map(|(ticket, n, to)| {
            let number = Spot { table: "outbox", key: &ticket }.number("n", n)?;
            Ok(KnownLetter { ticket: Reference(ticket), number, to })
        })
        .transpose()
    }

    /// How many letters the desk itself wrote to an address, in whatever case, since then.
    pub async fn letters_to(&self, address: &str, since: Timestamp) -> Result<u32, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let count = letters_to(&mut snapshot, address, since).await?;
        Spot { table: "outbox", key: "the count" }.number("count", count)
    }

    /// All letters, oldest first.
    pub async fn outbox(&self) -> Result<Vec<OutboxRow>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        outbox(&mut snapshot).await?.into_iter().map(ListedRow::read).collect()
    }

    async fn settle(
        &self,
        key: &LetterKey,
        attempt: i64,
        at: Timestamp,
        failure: Option<&str>,
    ) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let stood = settle(writing.db(), key, attempt, at, failure).await?;
        writing.keep().await?;
        Ok(stood)
    }
}

#[derive(sqlx::FromRow)]
struct LeasedRow {
    ticket: String,
    seq: i64,
    n: i64,
    attempt: i64,
    channel: String,
    message_id: String,
    address: String,
    subject: String,
    text: String,
    bytes: Vec<u8>,
    automatic: i64,
    secret: i64,
    at: i64,
}

impl LeasedRow {
    fn read(self) -> Result<LeasedLetter, StoreError> {
        let key = format!("{}-{}-{}", self.ticket, self.seq, self.n);
        let spot = Spot { table: "outbox", key: &key };
        let number = spot.number("n", self.n)?;
        let letter = OutgoingLetter {
            number,
            message_id: self.message_id,
            to: self.address,
            subject: self.subject,
            text: self.text,
            bytes: self.bytes,
            automatic: spot.yes_no("automatic", self.automatic)?,
            secret: spot.yes_no("secret", self.secret)?,
            channel: spot.named("channel", &self.channel)?,
            at: spot.instant(self.at)?,
        };
        let key = LetterKey { ticket: Reference(self.ticket), seq: spot.number("seq", self.seq)?, n: number };
        Ok(LeasedLetter { key, attempt: self.attempt, letter })
    }
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    ticket: String,
    seq: i64,
    n: i64,
    state: String,
    attempt: i64,
    address: String,
    subject: String,
    message_id: String,
    at: i64,
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
            to: self.address,
            subject: self.subject,
            message_id: self.message_id,
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
    };
    sqlx::query(
        "INSERT INTO outbox
           (ticket, seq, n, state, attempt, channel, message_id, recipient, address, subject, text, bytes, automatic,
            secret, at)
         VALUES ($1, $2, $3, 'queued', 0, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
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

async fn lease(
    db: &mut Connection,
    way: Way<'_>,
    now: Timestamp,
    until: Timestamp,
    limit: u32,
) -> Result<Vec<LeasedRow>, StoreError> {
    let (channel, address) = match way {
        Way::Mail => ("mail", ""),
        Way::Chat(user) => ("chat", user),
    };
    let rows = sqlx::query_as(
        "UPDATE outbox
         SET state = 'leased',
             attempt = attempt + 1,
             leased_until = $2
         WHERE (ticket, seq, n) IN (
           SELECT ticket, seq, n
           FROM outbox
           WHERE state IN ('queued', 'leased')
             AND (leased_until IS NULL OR leased_until <= $1)
             AND channel = $4
             AND ($5 = '' OR address = $5)
           ORDER BY at, ticket, seq, n
           LIMIT $3)
         RETURNING ticket, seq, n, attempt, channel, message_id, address, subject, text, bytes, automatic,
           secret, at",
    )
    .bind(micros(now))
    .bind(micros(until))
    .bind(i64::from(limit))
    .bind(channel)
    .bind(address)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn settle(
    db: &mut Connection,
    key: &LetterKey,
    attempt: i64,
    at: Timestamp,
    failure: Option<&str>,
) -> Result<bool, StoreError> {
    let state = if failure.is_some() { "failed" } else { "sent" };
    let done = sqlx::query(
        "UPDATE outbox
         SET state = $5,
             failure = $6,
             settled_at = $7,
             leased_until = NULL
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND attempt = $4
           AND state = 'leased'",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(attempt)
    .bind(state)
    .bind(failure)
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn letter_by_message_id(
    db: &mut Connection,
    message_id: &str,
) -> Result<Option<(String, i64, String)>, StoreError> {
    let row = sqlx::query_as(
        "SELECT ticket, n, address
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
           AND automatic = 1",
    )
    .bind(fold(address))
    .bind(micros(since))
    .fetch_one(db)
    .await?;
    Ok(count)
}

async fn outbox(db: &mut Connection) -> Result<Vec<ListedRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT ticket, seq, n, state, attempt, address, subject, message_id, at, failure
         FROM outbox
         ORDER BY at, ticket, seq, n",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
