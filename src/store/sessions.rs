//! Browsers that talk with the desk: the SHA-256 of each one's cookie, and the chat that it opens.

use jiff::Timestamp;

use super::rows::{Spot, micros};
use super::sqlite::Connection;
use super::{Store, StoreError};

/// The SHA-256 of a cookie.
pub type Token = [u8; 32];

/// What a cookie opens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebSession {
    /// The chat.
    pub chat: String,
    /// When the cookie was given out.
    pub since: Timestamp,
    /// Until when it counts.
    pub until: Timestamp,
    /// The older cookie that it takes the place of, as long as it has not come back itself.
    pub replaces: Option<Token>,
}

impl Store {
    /// What a cookie opens, if it still counts.
    pub async fn web_session(&self, token: &Token, now: Timestamp) -> Result<Option<WebSession>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        session(&mut snapshot, token, now).await
    }

    /// Begins a session, or finds the one that another request with the same cookie has just begun.
    pub async fn begin_web_session(
        &self,
        token: &Token,
        fresh: &WebSession,
        now: Timestamp,
    ) -> Result<WebSession, StoreError> {
        let mut writing = self.writing().await?;
        drop_session(writing.db(), token, now).await?;
        add_session(writing.db(), token, fresh).await?;
        let kept = session(writing.db(), token, now).await?;
        writing.keep().await?;
        Ok(kept.unwrap_or_else(|| fresh.clone()))
    }

    /// A newer cookie has come back: the one that it replaces counts only a moment longer.
    pub async fn settle_web_session(&self, token: &Token, old: &Token, until: Timestamp) -> Result<(), StoreError> {
        let mut writing = self.writing().await?;
        shorten_session(writing.db(), old, until).await?;
        settle_session(writing.db(), token).await?;
        writing.keep().await
    }

    /// A session goes on.
    pub async fn extend_web_session(&self, token: &Token, until: Timestamp) -> Result<(), StoreError> {
        let mut writing = self.writing().await?;
        extend_session(writing.db(), token, until).await?;
        writing.keep().await
    }

    /// Deletes sessions whose time is over. Says how many.
    pub async fn delete_web_sessions(&self, now: Timestamp) -> Result<u64, StoreError> {
        let mut writing = self.writing().await?;
        let deleted = delete_sessions(writing.db(), now).await?;
        writing.keep().await?;
        Ok(deleted)
    }
}

#[derive(sqlx::FromRow)]
struct SessionRow {
    chat: String,
    since: i64,
    until: i64,
    replaces: Option<Vec<u8>>,
}

async fn session(db: &mut Connection, token: &Token, now: Timestamp) -> Result<Option<WebSession>, StoreError> {
    let row: Option<SessionRow> = sqlx::query_as(
        "SELECT chat, since, until, replaces
         FROM web_session
         WHERE token = $1
           AND until > $2",
    )
    .bind(token.as_slice())
    .bind(micros(now))
    .fetch_optional(db)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let spot = Spot { table: "web_session", key: &row.chat };
    let replaces = row.replaces.map(|old| Token::try_from(old.as_slice()));
    Ok(Some(WebSession {
        since: spot.instant(row.since)?,
        until: spot.instant(row.until)?,
        replaces: replaces.transpose().map_err(|_| spot.impossible("a digest of the wrong length"))?,
        chat: row.chat.clone(),
    }))
}

async fn drop_session(db: &mut Connection, token: &Token, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM web_session
         WHERE token = $1
           AND until <= $2",
    )
    .bind(token.as_slice())
    .bind(micros(now))
    .execute(db)
    .await?;
    Ok(())
}

async fn add_session(db: &mut Connection, token: &Token, fresh: &WebSession) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO web_session (token, chat, since, until, replaces)
         VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (token) DO NOTHING",
    )
    .bind(token.as_slice())
    .bind(&fresh.chat)
    .bind(micros(fresh.since))
    .bind(micros(fresh.until))
    .bind(fresh.replaces.as_ref().map(Token::as_slice))
    .execute(db)
    .await?;
    Ok(())
}

async fn shorten_session(db: &mut Connection, token: &Token, until: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE web_session
         SET until = $2
         WHERE token = $1
           AND until > $2",
    )
    .bind(token.as_slice())
    .bind(micros(until))
    .execute(db)
    .await?;
    Ok(())
}

async fn settle_session(db: &mut Connection, token: &Token) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE web_session
         SET replaces = NULL
         WHERE token = $1",
    )
    .bind(token.as_slice())
    .execute(db)
    .await?;
    Ok(())
}

async fn extend_session(db: &mut Connection, token: &Token, until: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE web_session
         SET until = $2
         WHERE token = $1
           AND until < $2",
    )
    .bind(token.as_slice())
    .bind(micros(until))
    .execute(db)
    .await?;
    Ok(())
}

async fn delete_sessions(db: &mut Connection, now: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM web_session
         WHERE until <= $1",
    )
    .bind(micros(now))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
