//! What is remembered of Telegram: here the updates that came, each kept before Telegram is told that we have it; in
//! `saying` how far each conversation was said; in `links` who has shown a token.

mod links;
mod saying;

use jiff::Timestamp;

pub use links::LinkLetter;
pub use saying::{Claim, Saying, TelegramChat, TelegramLine};

use super::rows::{Spot, micros};
use super::sqlite::Connection;
use super::{Store, StoreError};

/// An update, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelegramUpdate {
    /// Telegram's number for it.
    pub id: u32,
    /// The chat whose order it keeps.
    pub chat: i64,
    /// What of it is needed, as JSON.
    pub body: String,
    /// How often work on it was begun before.
    pub tries: u32,
}

impl Store {
    /// Keeps updates, in their order, in one commit. Says which of them are new.
    pub async fn keep_telegram_updates(
        &self,
        updates: &[TelegramUpdate],
        now: Timestamp,
    ) -> Result<Vec<bool>, StoreError> {
        let mut writing = self.writing().await?;
        let mut fresh = Vec::new();
        for update in updates {
            fresh.push(add_update(writing.db(), update, now).await?);
        }
        writing.keep().await?;
        Ok(fresh)
    }

    /// The chats whose updates wait, the one that has waited longest first.
    pub async fn telegram_chats_waiting(&self) -> Result<Vec<i64>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        chats_waiting(&mut snapshot).await
    }

    /// Begins work on the oldest update of a chat that waits: that is counted before anything else happens.
    pub async fn begin_telegram_update(&self, chat: i64) -> Result<Option<TelegramUpdate>, StoreError> {
        let mut writing = self.writing().await?;
        let row = begin_update(writing.db(), chat).await?;
        writing.keep().await?;
        row.map(|(id, body, tries)| {
            let key = id.to_string();
            let spot = Spot { table: "telegram_update", key: &key };
            Ok(TelegramUpdate {
                id: spot.number("id", id)?,
                chat,
                body,
                tries: spot.number("tries", tries.saturating_sub(1))?,
            })
        })
        .transpose()
    }

    /// Work on an update has come to its end: nothing is left of it but its number.
    pub async fn end_telegram_update(&self, id: u32) -> Result<(), StoreError> {
        let mut writing = self.writing().await?;
        end_update(writing.db(), id).await?;
        writing.keep().await
    }

    /// Work on an update was begun and could not be done just now: that does not count against it.
    pub async fn uncount_telegram_update(&self, id: u32) -> Result<(), StoreError> {
        let mut writing = self.writing().await?;
        uncount(writing.db(), id).await?;
        writing.keep().await
    }

    /// Puts an update aside that cannot be worked off, with what it held.
    pub async fn put_telegram_update_aside(&self, id: u32, because: &str) -> Result<(), StoreError> {
        let mut writing = self.writing().await?;
        put_aside(writing.db(), id, because).await?;
        writing.keep().await
    }

    /// How many updates were put aside.
    pub async fn telegram_updates_aside(&self) -> Result<u64, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let count = count_aside(&mut snapshot).await?;
        Spot { table: "telegram_update", key: "the count" }.number("count", count)
    }

    /// Forgets the numbers of updates that came before a moment: Telegram gives none again after a day.
    pub async fn forget_telegram_updates(&self, before: Timestamp) -> Result<u64, StoreError> {
        let mut writing = self.writing().await?;
        let forgotten = forget_updates(writing.db(), before).await?;
        writing.keep().await?;
        Ok(forgotten)
    }
}

async fn add_update(db: &mut Connection, update: &TelegramUpdate, now: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO telegram_update (id, chat, body, at, tries, state)
         VALUES ($1, $2, $3, $4, 0, 'waiting')
         ON CONFLICT (id) DO NOTHING",
    )
    .bind(i64::from(update.id))
    .bind(update.chat)
    .bind(&update.body)
    .bind(micros(now))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn chats_waiting(db: &mut Connection) -> Result<Vec<i64>, StoreError> {
    let chats = sqlx::query_scalar(
        "SELECT chat
         FROM telegram_update
         WHERE state = 'waiting'
         GROUP BY chat
         ORDER BY MIN(n)",
    )
    .fetch_all(db)
    .await?;
    Ok(chats)
}

async fn begin_update(db: &mut Connection, chat: i64) -> Result<Option<(i64, String, i64)>, StoreError> {
    let row = sqlx::query_as(
        "UPDATE telegram_update
         SET tries = tries + 1
         WHERE n = (
           SELECT MIN(n)
           FROM telegram_update
           WHERE state = 'waiting'
             AND chat = $1)
         RETURNING id, body, tries",
    )
    .bind(chat)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn end_update(db: &mut Connection, id: u32) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE telegram_update
         SET state = 'done',
             body = ''
         WHERE id = $1
           AND state = 'waiting'",
    )
    .bind(i64::from(id))
    .execute(db)
    .await?;
    Ok(())
}

async fn uncount(db: &mut Connection, id: u32) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE telegram_update
         SET tries = MAX(tries - 1, 1)
         WHERE id = $1
           AND state = 'waiting'",
    )
    .bind(i64::from(id))
    .execute(db)
    .await?;
    Ok(())
}

async fn put_aside(db: &mut Connection, id: u32, because: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE telegram_update
         SET state = 'aside',
             because = $2
         WHERE id = $1
           AND state = 'waiting'",
    )
    .bind(i64::from(id))
    .bind(because)
    .execute(db)
    .await?;
    Ok(())
}

async fn count_aside(db: &mut Connection) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM telegram_update
         WHERE state = 'aside'",
    )
    .fetch_one(db)
    .await?;
    Ok(count)
}

async fn forget_updates(db: &mut Connection, before: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM telegram_update
         WHERE state = 'done'
           AND at < $1",
    )
    .bind(micros(before))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
