//! Tokens that link a chat to an address. They are kept hashed, count once and for a while; the letter that carries one
//! goes through the outbox and loses its words when it is delivered.

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::super::outbox::{LetterKey, OutgoingLetter, add_letter};
use super::super::rows::micros;
use super::super::sqlite::Connection;
use super::super::{Store, StoreError};

/// A token that is to be mailed.
#[derive(Debug)]
pub struct LinkLetter<'a> {
    /// The token.
    pub token: &'a str,
    /// The address that it is bound to.
    pub address: &'a str,
    /// Until when it counts.
    pub until: Timestamp,
    /// The letter that carries it.
    pub letter: &'a OutgoingLetter,
}

impl Store {
    /// Keeps a token and its letter in one commit. An older token for the same address counts no longer.
    pub async fn keep_telegram_link(&self, link: &LinkLetter<'_>, now: Timestamp) -> Result<LetterKey, StoreError> {
        let bundle = self.next_bundle().await?;
        let mut writing = self.writing().await?;
        add_bundle(writing.db(), bundle, now).await?;
        drop_links(writing.db(), link.address).await?;
        add_link(writing.db(), link, now).await?;
        let key = LetterKey::of_bundle(bundle, 1);
        add_letter(writing.db(), &key, link.letter).await?;
        writing.keep().await?;
        Ok(key)
    }

    /// Uses a token up for a chat. None: there is none such, it is used, or its time is over; nobody learns which.
    /// The same update again counts as the first time.
    pub async fn use_telegram_link(
        &self,
        token: &str,
        (chat, update): (i64, u32),
        now: Timestamp,
    ) -> Result<Option<String>, StoreError> {
        self.telegram_chat(chat).await?;
        let mut writing = self.writing().await?;
        let address = use_link(writing.db(), token, update, now).await?;
        if let Some(address) = &address {
            link_chat(writing.db(), chat, address, now).await?;
        }
        writing.keep().await?;
        Ok(address)
    }
}

fn hashed(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}

async fn add_bundle(db: &mut Connection, number: u64, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO bundle (number, at)
         VALUES ($1, $2)",
    )
    .bind(i64::try_from(number).unwrap_or(i64::MAX))
    .bind(micros(now))
    .execute(db)
    .await?;
    Ok(())
}

async fn drop_links(db: &mut Connection, address: &str) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM telegram_link
         WHERE address = $1
           AND used_at IS NULL",
    )
    .bind(address)
    .execute(db)
    .await?;
    Ok(())
}

async fn add_link(db: &mut Connection, link: &LinkLetter<'_>, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO telegram_link (token, address, at, until)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(hashed(link.token))
    .bind(link.address)
    .bind(micros(now))
    .bind(micros(link.until))
    .execute(db)
    .await?;
    Ok(())
}

async fn use_link(db: &mut Connection, token: &str, update: u32, now: Timestamp) -> Result<Option<String>, StoreError> {
    let address = sqlx::query_scalar(
        "UPDATE telegram_link
         SET used_at = $2,
             used_by = $3
         WHERE token = $1
           AND (used_at IS NULL OR used_by = $3)
           AND until > $2
         RETURNING address",
    )
    .bind(hashed(token))
    .bind(micros(now))
    .bind(i64::from(update))
    .fetch_optional(db)
    .await?;
    Ok(address)
}

async fn link_chat(db: &mut Connection, chat: i64, address: &str, now: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE telegram_chat
         SET address = $2,
             linked_at = $3
         WHERE chat = $1",
    )
    .bind(chat)
    .bind(address)
    .bind(micros(now))
    .execute(db)
    .await?;
    Ok(())
}
