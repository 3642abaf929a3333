//! Letters on their way: a sender takes a lease, says how far it came, and what the relay answered. Every report gives
//! the number of its attempt, so that nobody reports on what somebody else is doing by now.

use jiff::{SignedDuration, Timestamp};

use super::{LetterKey, OutgoingLetter};
use crate::policy::ticket::Reference;
use crate::store::rows::{Spot, micros, whole};
use crate::store::sqlite::Connection;
use crate::store::{Store, StoreError};

/// Longer than any lease, and than any wait between two tries.
const LONGEST: SignedDuration = SignedDuration::from_hours(3);

/// Which letters a sender can deliver.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way<'a> {
    /// Mail, to anybody.
    Mail,
    /// What a user of a chat has not heard yet.
    Chat(&'a str),
    /// Texts, to any mobile.
    Text,
}

/// A letter that one sender may send now.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct LeasedLetter {
    /// Its name.
    pub key: LetterKey,
    /// The number of this attempt; reports must give it.
    pub attempt: i64,
    /// How often it was tried in this spell of patience, this attempt included.
    pub tries: u32,
    /// When this spell of patience began.
    pub tried_since: Timestamp,
    /// Whether the relay may have it already, because an answer was lost.
    pub doubt: bool,
    /// The letter.
    pub letter: OutgoingLetter,
}

impl Store {
    /// Takes letters to send, oldest first: those that wait and are due, and those whose sender did not report in
    /// time. A letter with a secret is never taken again once its bytes were on their way.
    pub async fn lease(
        &self,
        way: Way<'_>,
        now: Timestamp,
        lasts: SignedDuration,
        limit: u32,
    ) -> Result<Vec<LeasedLetter>, StoreError> {
        // The look costs no write: an outbox in which nothing is due is asked every second.
        if limit == 0 || !self.letters_due(way, now).await? {
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

    async fn letters_due(&self, way: Way<'_>, now: Timestamp) -> Result<bool, StoreError> {
        let mut snapshot = self.snapshot().await?;
        Ok(letters_due(&mut snapshot, way, now).await? > 0)
    }

    /// Notes that the bytes are about to go, before the first of them does. Says whether the lease still stood; if not,
    /// nothing may be sent.
    pub async fn mark_sending(&self, key: &LetterKey, attempt: i64, until: Timestamp) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let stood = mark_sending(writing.db(), key, attempt, until).await?;
        writing.keep().await?;
        Ok(stood)
    }

    /// Reports that an attempt went well. Says whether the lease still stood; if not, somebody else has it. A letter
    /// with a secret loses its words.
    pub async fn mark_sent(&self, key: &LetterKey, attempt: i64, at: Timestamp) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let stood = mark_sent(writing.db(), key, attempt, at).await?;
        writing.keep().await?;
        Ok(stood)
    }

    /// Reports that a letter cannot be sent; its ticket is still to be told. Says whether the lease still stood.
    pub async fn mark_failed(
        &self,
        key: &LetterKey,
        attempt: i64,
        because: &str,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let stood = mark_failed(writing.db(), key, attempt, because, at).await?;
        writing.keep().await?;
        Ok(stood)
    }

    /// Reports that a letter did not go and is to be tried again. Says whether the lease still stood.
    pub async fn mark_deferred(
        &self,
        key: &LetterKey,
        attempt: i64,
        because: &str,
        next_try: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let stood = mark_deferred(writing.db(), key, attempt, because, next_try).await?;
        writing.keep().await?;
        Ok(stood)
    }

    /// Reports that nobody knows whether a letter went. It stays on its way until then; after that the same bytes go
    /// again. Says whether the lease still stood.
    pub async fn mark_unknown(
        &self,
        key: &LetterKey,
        attempt: i64,
        because: &str,
        until: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let stood = mark_unknown(writing.db(), key, attempt, because, until).await?;
        writing.keep().await?;
        Ok(stood)
    }

    /// Ends the attempts of letters with a secret whose answer was lost: they never go twice. Says how many.
    pub async fn fail_unknown_secrets(&self, because: &str, now: Timestamp) -> Result<u64, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let any: i64 = unknown_secrets(&mut snapshot, now).await?;
        drop(snapshot);
        if any == 0 {
            return Ok(0);
        }
        let mut writing = self.writing().await?;
        let failed = fail_unknown_secrets(writing.db(), because, now).await?;
        writing.keep().await?;
        Ok(failed)
    }
}

#[derive(sqlx::FromRow)]
struct LeasedRow {
    ticket: String,
    seq: i64,
    n: i64,
    attempt: i64,
    tries: i64,
    tried_since: i64,
    doubt: i64,
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
        Ok(LeasedLetter {
            key: LetterKey { ticket: Reference(self.ticket), seq: spot.number("seq", self.seq)?, n: number },
            attempt: self.attempt,
            tries: spot.number("tries", self.tries)?,
            tried_since: spot.instant(self.tried_since)?,
            doubt: spot.yes_no("doubt", self.doubt)?,
            letter,
        })
    }
}

/// The channel and, by chat, the user.
fn which(way: Way<'_>) -> (&'static str, &str) {
    match way {
        Way::Mail => ("mail", ""),
        Way::Chat(user) => ("chat", user),
        Way::Text => ("text", ""),
    }
}

/// No lease and no wait lasts until then. One that does was begun by a clock that was ahead and is right again, or will
/// be: the letter does not wait for that day.
fn beyond(now: Timestamp) -> Timestamp {
    now.saturating_add(LONGEST).unwrap_or(Timestamp::MAX)
}

async fn letters_due(db: &mut Connection, way: Way<'_>, now: Timestamp) -> Result<i64, StoreError> {
    let (channel, address) = which(way);
    let count = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM outbox
         WHERE state IN ('queued', 'leased', 'sending')
           AND held = 0
           AND (leased_until IS NULL OR leased_until <= $1 OR leased_until > $4)
           AND (not_before IS NULL OR not_before <= $1 OR not_before > $4)
           AND (state <> 'sending' OR secret = 0)
           AND channel = $2
           AND ($3 = '' OR address = $3)",
    )
    .bind(micros(now))
    .bind(channel)
    .bind(address)
    .bind(micros(beyond(now)))
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
    let (channel, address) = which(way);
    let rows = sqlx::query_as(
        "UPDATE outbox
         SET doubt = CASE WHEN state = 'sending' THEN 1 ELSE doubt END,
             state = 'leased',
             attempt = attempt + 1,
             tries = tries + 1,
             tried_since = COALESCE(tried_since, $1),
             not_before = NULL,
             leased_until = $2
         WHERE (ticket, seq, n) IN (
           SELECT ticket, seq, n
           FROM outbox
           WHERE state IN ('queued', 'leased', 'sending')
             AND held = 0
             AND (leased_until IS NULL OR leased_until <= $1 OR leased_until > $6)
             AND (not_before IS NULL OR not_before <= $1 OR not_before > $6)
             AND (state <> 'sending' OR secret = 0)
             AND channel = $4
             AND ($5 = '' OR address = $5)
           ORDER BY at, ticket, seq, n
           LIMIT $3)
         RETURNING ticket, seq, n, attempt, tries, tried_since, doubt, channel, message_id, address, subject, text,
           bytes, automatic, secret, at",
    )
    .bind(micros(now))
    .bind(micros(until))
    .bind(i64::from(limit))
    .bind(channel)
    .bind(address)
    .bind(micros(beyond(now)))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn mark_sending(
    db: &mut Connection,
    key: &LetterKey,
    attempt: i64,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET state = 'sending',
             leased_until = $5
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
    .bind(micros(until))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn mark_sent(db: &mut Connection, key: &LetterKey, attempt: i64, at: Timestamp) -> Result<bool, StoreError> {
    let nothing: &[u8] = &[];
    let done = sqlx::query(
        "UPDATE outbox
         SET state = 'sent',
             failure = NULL,
             settled_at = $5,
             leased_until = NULL,
             text = CASE WHEN secret = 1 THEN '' ELSE text END,
             bytes = CASE WHEN secret = 1 THEN $6 ELSE bytes END
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND attempt = $4
           AND state IN ('leased', 'sending')",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(attempt)
    .bind(micros(at))
    .bind(nothing)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn mark_failed(
    db: &mut Connection,
    key: &LetterKey,
    attempt: i64,
    because: &str,
    at: Timestamp,
) -> Result<bool, StoreError> {
    // It never goes again, so nobody needs its words.
    let nothing: &[u8] = &[];
    let done = sqlx::query(
        "UPDATE outbox
         SET state = 'failed',
             untold = 1,
             failure = $5,
             settled_at = $6,
             leased_until = NULL,
             text = CASE WHEN secret = 1 THEN '' ELSE text END,
             bytes = CASE WHEN secret = 1 THEN $7 ELSE bytes END
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND attempt = $4
           AND state IN ('leased', 'sending')",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(attempt)
    .bind(because)
    .bind(micros(at))
    .bind(nothing)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn mark_deferred(
    db: &mut Connection,
    key: &LetterKey,
    attempt: i64,
    because: &str,
    next_try: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET state = 'queued',
             failure = $5,
             not_before = $6,
             leased_until = NULL
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND attempt = $4
           AND state IN ('leased', 'sending')",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(attempt)
    .bind(because)
    .bind(micros(next_try))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn mark_unknown(
    db: &mut Connection,
    key: &LetterKey,
    attempt: i64,
    because: &str,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET failure = $5,
             doubt = 1,
             leased_until = $6
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND attempt = $4
           AND state = 'sending'",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(attempt)
    .bind(because)
    .bind(micros(until))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn unknown_secrets(db: &mut Connection, now: Timestamp) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM outbox
         WHERE state = 'sending'
           AND secret = 1
           AND (leased_until <= $1 OR leased_until > $2)",
    )
    .bind(micros(now))
    .bind(micros(beyond(now)))
    .fetch_one(db)
    .await?;
    Ok(count)
}

async fn fail_unknown_secrets(db: &mut Connection, because: &str, now: Timestamp) -> Result<u64, StoreError> {
    let nothing: &[u8] = &[];
    let done = sqlx::query(
        "UPDATE outbox
         SET state = 'failed',
             untold = 1,
             doubt = 1,
             failure = $2,
             settled_at = $1,
             leased_until = NULL,
             text = '',
             bytes = $4
         WHERE state = 'sending'
           AND secret = 1
           AND (leased_until <= $1 OR leased_until > $3)",
    )
    .bind(micros(now))
    .bind(because)
    .bind(micros(beyond(now)))
    .bind(nothing)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
