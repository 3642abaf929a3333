//! What becomes of letters that do not simply go: held back, let go, tried again, dropped, come back; and those whose
//! failure their ticket does not know yet.

use jiff::Timestamp;

use super::LetterKey;
use crate::policy::message::Channel;
use crate::policy::ticket::Reference;
use crate::store::rows::{Spot, micros, whole};
use crate::store::sqlite::Connection;
use crate::store::{Store, StoreError};

/// What happens to a letter together with an event of its ticket: both are kept, or neither.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LetterFate {
    /// The ticket now knows that it failed at this attempt.
    Told {
        /// The attempt.
        attempt: i64,
    },
    /// It is no longer wanted.
    Dropped {
        /// Why.
        because: String,
        /// When.
        at: Timestamp,
    },
    /// It was sent, and came back; the ticket is told by the same event.
    Returned {
        /// Why.
        because: String,
        /// When.
        at: Timestamp,
    },
}

/// A letter that failed, and whose ticket does not know yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Untold {
    /// Its name.
    pub key: LetterKey,
    /// The attempt that failed.
    pub attempt: i64,
    /// Where it should have gone.
    pub to: String,
    /// Why it did not.
    pub failure: String,
}

impl Store {
    /// The addresses of letters and texts that wait, each with its channel: of those that are held back, or of all
    /// others.
    pub async fn waiting_addresses(&self, held: bool) -> Result<Vec<(String, Channel)>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows = waiting_addresses(&mut snapshot, held).await?;
        rows.into_iter()
            .map(|(address, channel)| {
                let channel = Spot { table: "outbox", key: &address }.named("channel", &channel)?;
                Ok((address, channel))
            })
            .collect()
    }

    /// How many letters are held back.
    pub async fn letters_held(&self) -> Result<u64, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let count = letters_held(&mut snapshot).await?;
        Spot { table: "outbox", key: "the count" }.number("count", count)
    }

    /// Holds back all that waits for an address. Says how many letters.
    pub async fn hold(&self, address: &str, because: &str) -> Result<u64, StoreError> {
        let mut writing = self.writing().await?;
        let held = hold(writing.db(), address, because).await?;
        writing.keep().await?;
        Ok(held)
    }

    /// Holds back a letter that was leased. Says whether the lease still stood.
    pub async fn hold_leased(&self, key: &LetterKey, attempt: i64, because: &str) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let stood = hold_leased(writing.db(), key, attempt, because).await?;
        writing.keep().await?;
        Ok(stood)
    }

    /// Lets go what was held back for an address; what is as old as that moment fails with these words. Says how many
    /// go, and how many fail.
    pub async fn release(
        &self,
        address: &str,
        too_old: Timestamp,
        because: &str,
        now: Timestamp,
    ) -> Result<(u64, u64), StoreError> {
        let mut writing = self.writing().await?;
        let failed = fail_held(writing.db(), address, too_old, because, now).await?;
        let released = release(writing.db(), address).await?;
        writing.keep().await?;
        Ok((released, failed))
    }

    /// Puts letters back into the queue with fresh patience, the same bytes: one that failed or waits; or all that
    /// failed or are held back. A letter with a secret never. Says which.
    pub async fn retry(&self, key: Option<&LetterKey>, now: Timestamp) -> Result<Vec<LetterKey>, StoreError> {
        let mut writing = self.writing().await?;
        let rows = match key {
            Some(key) => retry_one(writing.db(), key, now).await?,
            None => retry_all(writing.db(), now).await?,
        };
        writing.keep().await?;
        let mut keys: Vec<LetterKey> = rows.into_iter().map(key_of).collect::<Result<_, _>>()?;
        keys.sort();
        Ok(keys)
    }

    /// Letters that failed, and whose tickets do not know yet.
    pub async fn untold(&self, limit: u32) -> Result<Vec<Untold>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows = untold(&mut snapshot, limit).await?;
        rows.into_iter()
            .map(|(ticket, seq, n, attempt, to, failure)| {
                Ok(Untold { key: key_of((ticket, seq, n))?, attempt, to, failure })
            })
            .collect()
    }
}

fn key_of((ticket, seq, n): (String, i64, i64)) -> Result<LetterKey, StoreError> {
    let spot = Spot { table: "outbox", key: &ticket };
    let (seq, n) = (spot.number("seq", seq)?, spot.number("n", n)?);
    Ok(LetterKey { ticket: Reference(ticket), seq, n })
}

/// Settles a letter's fate within a commit. Says whether it was where it had to be.
pub(in crate::store) async fn settle_fate(
    db: &mut Connection,
    key: &LetterKey,
    fate: &LetterFate,
) -> Result<bool, StoreError> {
    match fate {
        LetterFate::Told { attempt } => told(db, key, *attempt).await,
        LetterFate::Dropped { because, at } => drop_letter(db, key, because, *at).await,
        LetterFate::Returned { because, at } => {
            // One that failed already, or is no longer wanted, is none the worse for coming back.
            returned(db, key, because, *at).await?;
            Ok(true)
        }
    }
}

async fn waiting_addresses(db: &mut Connection, held: bool) -> Result<Vec<(String, String)>, StoreError> {
    let addresses = sqlx::query_as(
        "SELECT DISTINCT address, channel
         FROM outbox
         WHERE state = 'queued'
           AND held = $1
           AND channel IN ('mail', 'text')
         ORDER BY address, channel",
    )
    .bind(i64::from(held))
    .fetch_all(db)
    .await?;
    Ok(addresses)
}

async fn letters_held(db: &mut Connection) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM outbox
         WHERE state = 'queued'
           AND held = 1",
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

async fn hold(db: &mut Connection, address: &str, because: &str) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET held = 1,
             not_before = NULL,
             failure = $2
         WHERE state = 'queued'
           AND held = 0
           AND channel IN ('mail', 'text')
           AND address = $1",
    )
    .bind(address)
    .bind(because)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

async fn hold_leased(db: &mut Connection, key: &LetterKey, attempt: i64, because: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET state = 'queued',
             held = 1,
             failure = $5,
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
    .bind(because)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn fail_held(
    db: &mut Connection,
    address: &str,
    too_old: Timestamp,
    because: &str,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET state = 'failed',
             held = 0,
             untold = 1,
             failure = $3,
             settled_at = $4
         WHERE state = 'queued'
           AND held = 1
           AND address = $1
           AND COALESCE(tried_since, at) <= $2",
    )
    .bind(address)
    .bind(micros(too_old))
    .bind(because)
    .bind(micros(now))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

async fn release(db: &mut Connection, address: &str) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET held = 0,
             failure = NULL
         WHERE state = 'queued'
           AND held = 1
           AND address = $1",
    )
    .bind(address)
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

async fn retry_one(
    db: &mut Connection,
    key: &LetterKey,
    now: Timestamp,
) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "UPDATE outbox
         SET state = 'queued',
             held = 0,
             untold = 0,
             tries = 0,
             tried_since = $4,
             not_before = NULL,
             failure = NULL,
             settled_at = NULL
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND state IN ('queued', 'failed')
           AND secret = 0
           AND channel IN ('mail', 'text')
         RETURNING ticket, seq, n",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(micros(now))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn retry_all(db: &mut Connection, now: Timestamp) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "UPDATE outbox
         SET state = 'queued',
             held = 0,
             untold = 0,
             tries = 0,
             tried_since = $1,
             not_before = NULL,
             failure = NULL,
             settled_at = NULL
         WHERE (state = 'failed' OR (state = 'queued' AND held = 1))
           AND secret = 0
           AND channel IN ('mail', 'text')
         RETURNING ticket, seq, n",
    )
    .bind(micros(now))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn untold(db: &mut Connection, limit: u32) -> Result<Vec<(String, i64, i64, i64, String, String)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT ticket, seq, n, attempt, address, failure
         FROM outbox
         WHERE untold = 1
         ORDER BY ticket, seq, n
         LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn told(db: &mut Connection, key: &LetterKey, attempt: i64) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET untold = 0
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND attempt = $4
           AND state = 'failed'
           AND untold = 1",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(attempt)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn drop_letter(db: &mut Connection, key: &LetterKey, because: &str, at: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET state = 'dropped',
             held = 0,
             untold = 0,
             failure = $4,
             settled_at = $5
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND state IN ('queued', 'failed')",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(because)
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A letter may come back before its own relay's answer was read: then the answer no longer matters.
async fn returned(db: &mut Connection, key: &LetterKey, because: &str, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE outbox
         SET state = 'failed',
             held = 0,
             failure = $4,
             settled_at = $5,
             leased_until = NULL
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND state IN ('queued', 'leased', 'sending', 'sent')",
    )
    .bind(&key.ticket.0)
    .bind(whole(key.seq))
    .bind(i64::from(key.n))
    .bind(because)
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(())
}
