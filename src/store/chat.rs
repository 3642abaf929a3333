//! Conversations by chat as they were said, so that they can be shown again. What was said is part of the commit that
//! caused it; it is deleted when its time is over, and the ticket's journal stays.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::commit::{Commit, TicketChange};
use super::outbox::{LetterKey, OutgoingLetter};
use super::rows::{Spot, json, micros, whole};
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::policy::message::Channel;
use crate::policy::outcome::Effect;
use crate::policy::ticket::Reference;

/// Who said something in a chat.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SaidBy {
    /// The person who chats.
    Person,
    /// The desk by itself.
    Desk,
    /// An agent, in their own words.
    Agent,
}

impl SaidBy {
    /// The name in JSON and SQL.
    pub fn name(self) -> &'static str {
        match self {
            SaidBy::Person => "person",
            SaidBy::Desk => "desk",
            SaidBy::Agent => "agent",
        }
    }
}

/// Something that is said in a chat and becomes a line of its conversation. What letters say need not be given: they
/// become lines by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The chat.
    pub chat: String,
    /// The channel's own name for it.
    pub key: Option<String>,
    /// Who says it.
    pub said_by: SaidBy,
    /// The words.
    pub text: String,
    /// What can be answered by a button.
    pub choices: Vec<String>,
    /// Names of files that come with it.
    pub files: Vec<String>,
    /// The ticket that it belongs to.
    pub ticket: Option<Reference>,
    /// When.
    pub at: Timestamp,
}

/// A line of a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChatLine {
    /// Its number in the conversation. They rise; after a deletion the first ones are missing.
    pub n: u64,
    /// The letter that it is, as the outbox names it.
    pub letter: Option<String>,
    /// What is said.
    pub line: Line,
}

impl Store {
    /// The last lines of a conversation, oldest first.
    pub async fn last_chat_lines(&self, chat: &str, most: u32) -> Result<Vec<ChatLine>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let mut rows = last_lines(&mut snapshot, chat, most).await?;
        rows.reverse();
        rows.into_iter().map(ChatRow::read).collect()
    }

    /// The lines of a conversation that come after one, oldest first.
    pub async fn chat_lines_after(&self, chat: &str, n: u64, most: u32) -> Result<Vec<ChatLine>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        lines_after(&mut snapshot, chat, n, most).await?.into_iter().map(ChatRow::read).collect()
    }

    /// The last lines of a conversation that belong to one ticket, oldest first.
    pub async fn chat_lines_of(&self, chat: &str, ticket: &Reference, most: u32) -> Result<Vec<ChatLine>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let mut rows = lines_of(&mut snapshot, chat, ticket, most).await?;
        rows.reverse();
        rows.into_iter().map(ChatRow::read).collect()
    }

    /// The mark of the newest line there is, over all chats.
    pub async fn chat_mark(&self) -> Result<i64, StoreError> {
        let mut snapshot = self.snapshot().await?;
        mark(&mut snapshot).await
    }

    /// The chats in which something was said after a mark, and the new mark.
    pub async fn chats_since(&self, mark: i64) -> Result<(i64, Vec<String>), StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows = chats_since(&mut snapshot, mark).await?;
        let newest = rows.iter().map(|(_, newest)| *newest).max().unwrap_or(mark);
        Ok((newest, rows.into_iter().map(|(chat, _)| chat).collect()))
    }

    /// Deletes what was said before a moment, not more than so many lines. Says how many.
    pub async fn delete_chat_lines(&self, before: Timestamp, most: u32) -> Result<u64, StoreError> {
        let mut writing = self.writing().await?;
        let deleted = delete_lines(writing.db(), before, most).await?;
        writing.keep().await?;
        Ok(deleted)
    }
}

/// Writes the lines that a commit gives besides its letters.
pub(super) async fn add_said(db: &mut Connection, one: &Commit) -> Result<(), StoreError> {
    for line in &one.said {
        add_line(db, line, None).await?;
    }
    Ok(())
}

/// Writes the line of a letter that goes by chat.
pub(super) async fn add_letter_line(
    db: &mut Connection,
    change: &TicketChange,
    key: &LetterKey,
    letter: &OutgoingLetter,
) -> Result<(), StoreError> {
    if letter.channel != Channel::Chat {
        return Ok(());
    }
    let effects = change.lines.iter().flat_map(|line| &line.effects);
    let mut choices = effects.filter_map(|effect| match effect {
        Effect::Letter(written) if written.number == letter.number => Some(written.choices.clone()),
        _ => None,
    });
    let line = Line {
        chat: letter.to.clone(),
        key: None,
        // An agent's own words are the ones that are not automatic.
        said_by: if letter.automatic { SaidBy::Desk } else { SaidBy::Agent },
        text: letter.text.clone(),
        choices: choices.next_back().unwrap_or_default(),
        files: Vec::new(),
        ticket: Some(key.ticket.clone()),
        at: letter.at,
    };
    add_line(db, &line, Some(key)).await
}

#[derive(sqlx::FromRow)]
struct ChatRow {
    chat: String,
    n: i64,
    key: Option<String>,
    said_by: String,
    text: String,
    choices: String,
    files: String,
    ticket: Option<String>,
    letter: Option<String>,
    at: i64,
}

impl ChatRow {
    fn read(self) -> Result<ChatLine, StoreError> {
        let key = format!("{} {}", self.chat, self.n);
        let spot = Spot { table: "chat_line", key: &key };
        Ok(ChatLine {
            n: spot.number("n", self.n)?,
            letter: self.letter,
            line: Line {
                said_by: spot.named("said_by", &self.said_by)?,
                choices: spot.json("choices", &self.choices)?,
                files: spot.json("files", &self.files)?,
                at: spot.instant(self.at)?,
                chat: self.chat,
                key: self.key,
                text: self.text,
                ticket: self.ticket.map(Reference),
            },
        })
    }
}

async fn add_line(db: &mut Connection, line: &Line, letter: Option<&LetterKey>) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO chat_line (chat, n, key, said_by, text, choices, files, ticket, letter, at)
         SELECT $1, COALESCE(MAX(n), 0) + 1, $2, $3, $4, $5, $6, $7, $8, $9
         FROM chat_line
         WHERE chat = $1",
    )
    .bind(&line.chat)
    .bind(&line.key)
    .bind(line.said_by.name())
    .bind(&line.text)
    .bind(json(&line.choices)?)
    .bind(json(&line.files)?)
    .bind(line.ticket.as_ref().map(|ticket| &ticket.0))
    .bind(letter.map(ToString::to_string))
    .bind(micros(line.at))
    .execute(db)
    .await?;
    Ok(())
}

async fn last_lines(db: &mut Connection, chat: &str, most: u32) -> Result<Vec<ChatRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT chat, n, key, said_by, text, choices, files, ticket, letter, at
         FROM chat_line
         WHERE chat = $1
         ORDER BY n DESC
         LIMIT $2",
    )
    .bind(chat)
    .bind(i64::from(most))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn lines_after(db: &mut Connection, chat: &str, n: u64, most: u32) -> Result<Vec<ChatRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT chat, n, key, said_by, text, choices, files, ticket, letter, at
         FROM chat_line
         WHERE chat = $1
           AND n > $2
         ORDER BY n
         LIMIT $3",
    )
    .bind(chat)
    .bind(whole(n))
    .bind(i64::from(most))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn lines_of(db: &mut Connection, chat: &str, ticket: &Reference, most: u32) -> Result<Vec<ChatRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT chat, n, key, said_by, text, choices, files, ticket, letter, at
         FROM chat_line
         WHERE chat = $1
           AND ticket = $2
         ORDER BY n DESC
         LIMIT $3",
    )
    .bind(chat)
    .bind(&ticket.0)
    .bind(i64::from(most))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn mark(db: &mut Connection) -> Result<i64, StoreError> {
    let mark: Option<i64> = sqlx::query_scalar(
        "SELECT MAX(id)
         FROM chat_line",
    )
    .fetch_one(db)
    .await?;
    Ok(mark.unwrap_or(0))
}

async fn chats_since(db: &mut Connection, mark: i64) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT chat, MAX(id)
         FROM chat_line
         WHERE id > $1
         GROUP BY chat
         ORDER BY chat",
    )
    .bind(mark)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn delete_lines(db: &mut Connection, before: Timestamp, most: u32) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "DELETE FROM chat_line
         WHERE id IN (
           SELECT id
           FROM chat_line
           WHERE at < $1
           ORDER BY at
           LIMIT $2)",
    )
    .bind(micros(before))
    .bind(i64::from(most))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
