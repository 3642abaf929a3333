//! How far each conversation by Telegram was said. Whoever says what is next claims it first, so that a message that is
//! claimed and not settled may have arrived, and one that is not claimed has not.

use jiff::{SignedDuration, Timestamp};

use super::super::chat::SaidBy;
use super::super::outbox::LetterKey;
use super::super::rows::{Spot, micros, whole};
use super::super::sqlite::Connection;
use super::super::{Store, StoreError};

/// A conversation's name is this and the chat's number.
const PREFIX: &str = "telegram:";
/// No claim and no wait lasts so long.
const LONGEST: SignedDuration = SignedDuration::from_hours(25);
/// The states of a letter that does not go any more.
const SETTLED: [&str; 3] = ["sent", "failed", "dropped"];

/// How a conversation stands.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct TelegramChat {
    /// The chat.
    pub chat: i64,
    /// All lines up to this one were said.
    pub told: i64,
    /// The lines after it up to this one are being said.
    pub upto: Option<i64>,
    /// How many pieces of them were said.
    pub pieces: i64,
    /// The newest attempt.
    pub attempt: i64,
    saying_until: Option<i64>,
    not_before: Option<i64>,
    tried_since: Option<i64>,
    /// How often the present message was tried.
    pub tries: i64,
    doubt: i64,
    /// The line whose buttons can be pressed.
    pub asked: Option<i64>,
    /// The message that shows them.
    pub asked_message: Option<i64>,
    /// Where whoever chats there was sent a token that they showed.
    pub address: Option<String>,
}

/// A line of a conversation, as it is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TelegramLine {
    /// What marks it among all lines of all chats. Marks rise, and none is used again.
    pub mark: i64,
    /// The channel's own name for what a person said.
    pub key: Option<String>,
    /// Who said it.
    pub said_by: SaidBy,
    /// The words.
    pub text: String,
    /// What can be answered by a button.
    pub choices: Vec<String>,
    /// The letter that it is, as the outbox names it.
    pub letter: Option<String>,
    /// Whether it was told, dropped or given up by other means.
    pub is_settled: bool,
    /// Whether a code or a password stands in it.
    pub secret: bool,
}

impl TelegramLine {
    /// The words that are still to be said.
    pub fn to_say(&self) -> &str {
        if self.is_settled { "" } else { &self.text }
    }
}

#[derive(sqlx::FromRow)]
struct LineRow {
    id: i64,
    key: Option<String>,
    said_by: String,
    text: String,
    choices: String,
    letter: Option<String>,
}

impl LineRow {
    fn read(self, chat: &str) -> Result<TelegramLine, StoreError> {
        let key = format!("{chat} {}", self.id);
        let spot = Spot { table: "chat_line", key: &key };
        Ok(TelegramLine {
            mark: self.id,
            said_by: spot.named("said_by", &self.said_by)?,
            choices: spot.json("choices", &self.choices)?,
            key: self.key,
            text: self.text,
            letter: self.letter,
            is_settled: false,
            secret: false,
        })
    }
}

/// The right to say a message, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Claim {
    /// The chat.
    pub chat: i64,
    /// The attempt.
    pub attempt: i64,
    /// The last line of the message.
    pub upto: i64,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saying {
    /// A piece was said, and others are left.
    Piece,
    /// All of it was said; and which line's buttons stand under which message.
    Said(Option<(i64, i64)>),
    /// It cannot be said.
    Failed(String),
    /// Nothing was said; not before that moment again.
    Later(Timestamp),
    /// Nobody knows whether it was said; not before that moment again.
    Unknown(Timestamp),
}

impl TelegramChat {
    /// Before which moment nothing may be said there, if there is one after now.
    pub fn earliest(&self, now: Timestamp) -> Option<Timestamp> {
        let earliest = Timestamp::from_microsecond(self.saying_until.max(self.not_before)?).ok()?;
        // Nobody waits for longer: a moment beyond was written by a clock that was ahead.
        let longest = now.saturating_add(LONGEST).unwrap_or(Timestamp::MAX);
        (now < earliest && earliest <= longest).then_some(earliest)
    }

    /// Since when the present message is tried.
    pub fn tried_since(&self) -> Option<Timestamp> {
        self.tried_since.and_then(|at| Timestamp::from_microsecond(at).ok())
    }

    /// Whether the message may have arrived already: an answer was lost, or the one who said it did not come back.
    pub fn is_in_doubt(&self) -> bool {
        self.doubt == 1 || self.saying_until.is_some()
    }
}

impl Store {
    /// How a conversation stands; at its beginning, if nobody has asked before.
    pub async fn telegram_chat(&self, chat: i64) -> Result<TelegramChat, StoreError> {
        let mut snapshot = self.snapshot().await?;
        if let Some(known) = telegram_chat(&mut snapshot, chat).await? {
            return Ok(known);
        }
        drop(snapshot);
        let mut writing = self.writing().await?;
        add_chat(writing.db(), chat).await?;
        let known = telegram_chat(writing.db(), chat).await?;
        writing.keep().await?;
        known.ok_or_else(|| StoreError::impossible("telegram_chat", chat, "it was just made and is not there"))
    }

    /// The chats in which something is still to be said.
    pub async fn telegram_chats_behind(&self) -> Result<Vec<i64>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let names = chats_behind(&mut snapshot).await?;
        Ok(names.iter().filter_map(|name| name.strip_prefix(PREFIX)?.parse().ok()).collect())
    }

    /// What is still to be said in a conversation after a line, oldest first. What the outbox says is settled is left
    /// out, and its place is kept.
    pub async fn telegram_lines_to_say(
        &self,
        chat: i64,
        after: i64,
        most: u32,
    ) -> Result<Vec<TelegramLine>, StoreError> {
        let name = format!("{PREFIX}{chat}");
        let mut snapshot = self.snapshot().await?;
        let mut lines = Vec::new();
        for row in lines_after(&mut snapshot, &name, after, most, false).await? {
            let mut line = row.read(&name)?;
            if let Some(letter) = line.letter.as_ref().and_then(|letter| letter.parse::<LetterKey>().ok()) {
                let known = letter_state(&mut snapshot, &letter).await?;
                if known.as_ref().is_some_and(|(_, _, held)| *held == 1) {
                    // It waits for the operator, and what comes after it waits behind it.
                    break;
                }
                line.is_settled = known.as_ref().is_some_and(|(state, _, _)| SETTLED.contains(&state.as_str()));
                line.secret = known.is_some_and(|(_, secret, _)| secret == 1);
            }
            lines.push(line);
        }
        Ok(lines)
    }

    /// A line of a conversation and what was said after it, by whomever.
    pub async fn telegram_lines_from(&self, chat: i64, from: i64, most: u32) -> Result<Vec<TelegramLine>, StoreError> {
        let name = format!("{PREFIX}{chat}");
        let mut snapshot = self.snapshot().await?;
        let rows = lines_after(&mut snapshot, &name, from.saturating_sub(1), most, true).await?;
        rows.into_iter().map(|row| row.read(&name)).collect()
    }

    /// Claims the message that ends with a line, for one attempt. None: somebody else has it.
    pub async fn claim_telegram(
        &self,
        seen: &TelegramChat,
        upto: i64,
        now: Timestamp,
        until: Timestamp,
    ) -> Result<Option<Claim>, StoreError> {
        let mut writing = self.writing().await?;
        let claimed = claim(writing.db(), seen, upto, now, until).await?;
        writing.keep().await?;
        Ok(claimed.then_some(Claim { chat: seen.chat, attempt: seen.attempt + 1, upto }))
    }

    /// Settles an attempt, and the letters that it said. Says whether the claim still stood.
    pub async fn settle_telegram(
        &self,
        claim: &Claim,
        saying: &Saying,
        letters: &[LetterKey],
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let stood = match saying {
            Saying::Piece => piece_said(writing.db(), claim).await?,
            Saying::Later(at) => defer(writing.db(), claim, *at, false).await?,
            Saying::Unknown(at) => defer(writing.db(), claim, *at, true).await?,
            Saying::Said(asked) => all_said(writing.db(), claim, *asked).await?,
            Saying::Failed(_) => all_said(writing.db(), claim, None).await?,
        };
        if stood {
            for letter in letters {
                match saying {
                    Saying::Said(_) => settle_letter(writing.db(), letter, None, now).await?,
                    Saying::Failed(because) => settle_letter(writing.db(), letter, Some(because), now).await?,
                    Saying::Piece | Saying::Later(_) | Saying::Unknown(_) => {}
                }
            }
        }
        writing.keep().await?;
        Ok(stood)
    }

    /// The buttons of a chat can no longer be pressed. Gives the message that shows them, if there was one.
    pub async fn close_telegram_buttons(&self, chat: i64) -> Result<Option<i64>, StoreError> {
        let asked = self.telegram_chat(chat).await?.asked_message;
        if asked.is_some() {
            let mut writing = self.writing().await?;
            close_buttons(writing.db(), chat, asked).await?;
            writing.keep().await?;
        }
        Ok(asked)
    }

    /// Notes the mobile that Telegram says is the person's.
    pub async fn note_telegram_mobile(&self, chat: i64, mobile: &str) -> Result<(), StoreError> {
        self.telegram_chat(chat).await?;
        let mut writing = self.writing().await?;
        note_mobile(writing.db(), chat, mobile).await?;
        writing.keep().await
    }
}

async fn telegram_chat(db: &mut Connection, chat: i64) -> Result<Option<TelegramChat>, StoreError> {
    let row = sqlx::query_as(
        "SELECT chat, told, upto, pieces, attempt, saying_until, not_before, tried_since, tries, doubt, asked,
           asked_message, address
         FROM telegram_chat
         WHERE chat = $1",
    )
    .bind(chat)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn add_chat(db: &mut Connection, chat: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO telegram_chat (chat, told, pieces, attempt, tries, doubt)
         VALUES ($1, 0, 0, 0, 0, 0)
         ON CONFLICT (chat) DO NOTHING",
    )
    .bind(chat)
    .execute(db)
    .await?;
    Ok(())
}

async fn chats_behind(db: &mut Connection) -> Result<Vec<String>, StoreError> {
    let names = sqlx::query_scalar(
        "SELECT line.chat
         FROM chat_line AS line
         LEFT JOIN telegram_chat AS known
           ON line.chat = 'telegram:' || known.chat
         WHERE line.chat >= 'telegram:'
           AND line.chat < 'telegram;'
           AND line.said_by <> 'person'
         GROUP BY line.chat
         HAVING MAX(line.id) > COALESCE(MAX(known.told), 0)
         ORDER BY MIN(line.id)",
    )
    .fetch_all(db)
    .await?;
    Ok(names)
}

async fn lines_after(
    db: &mut Connection,
    name: &str,
    after: i64,
    most: u32,
    with_person: bool,
) -> Result<Vec<LineRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, key, said_by, text, choices, letter
         FROM chat_line
         WHERE chat = $1
           AND id > $2
           AND ($4 = 1 OR said_by <> 'person')
         ORDER BY n
         LIMIT $3",
    )
    .bind(name)
    .bind(after)
    .bind(i64::from(most))
    .bind(i64::from(with_person))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn letter_state(db: &mut Connection, letter: &LetterKey) -> Result<Option<(String, i64, i64)>, StoreError> {
    let row = sqlx::query_as(
        "SELECT state, secret, held
         FROM outbox
         WHERE ticket = $1
           AND seq = $2
           AND n = $3",
    )
    .bind(&letter.ticket.0)
    .bind(whole(letter.seq))
    .bind(i64::from(letter.n))
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn claim(
    db: &mut Connection,
    seen: &TelegramChat,
    upto: i64,
    now: Timestamp,
    until: Timestamp,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE telegram_chat
         SET upto = $3,
             attempt = attempt + 1,
             tries = tries + 1,
             tried_since = COALESCE(tried_since, $4),
             doubt = CASE WHEN saying_until IS NOT NULL THEN 1 ELSE doubt END,
             saying_until = $5,
             not_before = NULL
         WHERE chat = $1
           AND attempt = $2",
    )
    .bind(seen.chat)
    .bind(seen.attempt)
    .bind(upto)
    .bind(micros(now))
    .bind(micros(until))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn piece_said(db: &mut Connection, claim: &Claim) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE telegram_chat
         SET pieces = pieces + 1,
             saying_until = NULL,
             doubt = 0,
             tries = 0,
             tried_since = NULL
         WHERE chat = $1
           AND attempt = $2",
    )
    .bind(claim.chat)
    .bind(claim.attempt)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn all_said(db: &mut Connection, claim: &Claim, asked: Option<(i64, i64)>) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE telegram_chat
         SET told = $3,
             upto = NULL,
             pieces = 0,
             saying_until = NULL,
             doubt = 0,
             tries = 0,
             tried_since = NULL,
             asked = COALESCE($4, asked),
             asked_message = COALESCE($5, asked_message)
         WHERE chat = $1
           AND attempt = $2",
    )
    .bind(claim.chat)
    .bind(claim.attempt)
    .bind(claim.upto)
    .bind(asked.map(|(line, _)| line))
    .bind(asked.map(|(_, message)| message))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn defer(db: &mut Connection, claim: &Claim, at: Timestamp, doubt: bool) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE telegram_chat
         SET saying_until = NULL,
             not_before = $3,
             doubt = CASE WHEN $4 = 1 THEN 1 ELSE doubt END
         WHERE chat = $1
           AND attempt = $2",
    )
    .bind(claim.chat)
    .bind(claim.attempt)
    .bind(micros(at))
    .bind(i64::from(doubt))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// A letter was said, or cannot be. Whoever leased it for the same chat can no longer report on it.
async fn settle_letter(
    db: &mut Connection,
    letter: &LetterKey,
    failure: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let nothing: &[u8] = &[];
    sqlx::query(
        "UPDATE outbox
         SET state = CASE WHEN $4 IS NULL THEN 'sent' ELSE 'failed' END,
             untold = CASE WHEN $4 IS NULL THEN 0 ELSE 1 END,
             attempt = attempt + 1,
             failure = $4,
             held = 0,
             not_before = NULL,
             leased_until = NULL,
             settled_at = $5,
             text = CASE WHEN secret = 1 THEN '' ELSE text END,
             bytes = CASE WHEN secret = 1 THEN $6 ELSE bytes END
         WHERE ticket = $1
           AND seq = $2
           AND n = $3
           AND state IN ('queued', 'leased', 'sending')",
    )
    .bind(&letter.ticket.0)
    .bind(whole(letter.seq))
    .bind(i64::from(letter.n))
    .bind(failure)
    .bind(micros(now))
    .bind(nothing)
    .execute(db)
    .await?;
    Ok(())
}

async fn close_buttons(db: &mut Connection, chat: i64, message: Option<i64>) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE telegram_chat
         SET asked = NULL,
             asked_message = NULL
         WHERE chat = $1
           AND asked_message = $2",
    )
    .bind(chat)
    .bind(message)
    .execute(db)
    .await?;
    Ok(())
}

async fn note_mobile(db: &mut Connection, chat: i64, mobile: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE telegram_chat
         SET mobile = $2
         WHERE chat = $1",
    )
    .bind(chat)
    .bind(mobile)
    .execute(db)
    .await?;
    Ok(())
}
