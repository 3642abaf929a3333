//! What came in, as it is written down: whether it came before, and what became of it.

use jiff::{SignedDuration, Timestamp};

use super::StoreError;
use super::commit::{Door, Filed, FirstIntake, Intake, Quarantined};
use super::ledger::DAY;
use super::rows::{Spot, json, micros};
use super::sqlite::Connection;
use crate::policy::message::Class;
use crate::policy::ticket::Reference;

/// How long a mail without a Message-ID is known again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The message as it came the first time, if it came before: by the door's own name for it; by Message-ID and digest;
/// and for mail without a Message-ID by its digest alone, for seven days. People say the same twice by chat, so there
/// the digest alone says nothing.
pub(super) async fn first_intake(
    db: &mut Connection,
    intake: &Intake,
) -> Result<Option<(i64, FirstIntake)>, StoreError> {
    let mut row = None;
    if let Some(key) = &intake.source_key {
        row = first_by_source(db, intake.door, key).await?;
    }
    if row.is_none() {
        row = match (&intake.message_id, intake.door) {
            (Some(id), _) => first_by_message_id(db, id, &intake.digest).await?,
            (None, Door::Pipe | Door::Folder | Door::Lmtp) => {
                let since = intake.at.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
                first_by_digest(db, &intake.digest, since).await?
            }
            (None, Door::Chat) => None,
        };
    }
    row.map(FirstRow::read).transpose()
}

pub(super) async fn add_intake(db: &mut Connection, intake: &Intake) -> Result<(), StoreError> {
    let fate = Fate {
        decision: intake.decision.name(),
        class: intake.class,
        reference: intake.reference.as_ref(),
        covers: &intake.covers,
        flow: intake.flow.as_deref(),
        because: &intake.because,
        first: None,
    };
    let id = add_row(db, intake, fate).await?;
    if let Some(aside) = &intake.quarantine {
        put_aside(db, id, aside).await?;
    }
    if let Some(filed) = &intake.filed {
        file(db, id, filed).await?;
    }
    Ok(())
}

/// The row of a message that came before tells what became of the first.
pub(super) async fn add_duplicate(
    db: &mut Connection,
    intake: &Intake,
    id: i64,
    first: &FirstIntake,
) -> Result<(), StoreError> {
    let fate = Fate {
        decision: "duplicate",
        class: first.class,
        reference: first.reference.as_ref(),
        covers: &first.covers,
        flow: first.flow.as_deref(),
        because: "it came before",
        first: Some(id),
    };
    add_row(db, intake, fate).await?;
    Ok(())
}

/// What became of a message, as the ledger's columns have it.
struct Fate<'a> {
    decision: &'static str,
    class: Option<Class>,
    reference: Option<&'a Reference>,
    covers: &'a [String],
    flow: Option<&'a str>,
    because: &'a str,
    first: Option<i64>,
}

#[derive(sqlx::FromRow)]
struct FirstRow {
    id: i64,
    at: i64,
    decision: String,
    class: Option<String>,
    reference: Option<String>,
    covers: String,
    flow: Option<String>,
    because: String,
}

impl FirstRow {
    fn read(self) -> Result<(i64, FirstIntake), StoreError> {
        let key = self.id.to_string();
        let spot = Spot { table: "intake", key: &key };
        let first = FirstIntake {
            decision: spot.named("decision", &self.decision)?,
            at: spot.instant(self.at)?,
            class: self.class.map(|class| spot.named("class", &class)).transpose()?,
            reference: self.reference.map(Reference),
            covers: spot.json("covers", &self.covers)?,
            flow: self.flow,
            because: self.because,
        };
        Ok((self.id, first))
    }
}

pub(super) async fn count_received(db: &mut Connection, intake: &Intake) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO received (door, day, count)
         VALUES ($1, $2, 1)
         ON CONFLICT (door, day) DO UPDATE
         SET count = received.count + 1",
    )
    .bind(intake.door.name())
    .bind(micros(intake.at).div_euclid(DAY))
    .execute(db)
    .await?;
    Ok(())
}

async fn add_row(db: &mut Connection, intake: &Intake, fate: Fate<'_>) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar(
        "INSERT INTO intake
           (door, source_key, message_id, digest, at, decision, class, reference, covers, flow, because, first)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         RETURNING id",
    )
    .bind(intake.door.name())
    .bind(&intake.source_key)
    .bind(&intake.message_id)
    .bind(&intake.digest)
    .bind(micros(intake.at))
    .bind(fate.decision)
    .bind(fate.class.map(Class::name))
    .bind(fate.reference.map(|reference| &reference.0))
    .bind(json(&fate.covers)?)
    .bind(fate.flow)
    .bind(fate.because)
    .bind(fate.first)
    .fetch_one(db)
    .await?;
    Ok(id)
}

async fn first_by_source(db: &mut Connection, door: Door, key: &str) -> Result<Option<FirstRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, at, decision, class, reference, covers, flow, because
         FROM intake
         WHERE door = $1
           AND source_key = $2
           AND first IS NULL",
    )
    .bind(door.name())
    .bind(key)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn first_by_message_id(
    db: &mut Connection,
    message_id: &str,
    digest: &str,
) -> Result<Option<FirstRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, at, decision, class, reference, covers, flow, because
         FROM intake
         WHERE message_id = $1
           AND digest = $2
           AND first IS NULL",
    )
    .bind(message_id)
    .bind(digest)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn first_by_digest(db: &mut Connection, digest: &str, since: Timestamp) -> Result<Option<FirstRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, at, decision, class, reference, covers, flow, because
         FROM intake
         WHERE message_id IS NULL
           AND digest = $1
           AND at >= $2
           AND door <> 'chat'
           AND first IS NULL
         ORDER BY at DESC, id DESC
         LIMIT 1",
    )
    .bind(digest)
    .bind(micros(since))
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn file(db: &mut Connection, id: i64, filed: &Filed) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO filed (intake, sender, subject, text)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(id)
    .bind(&filed.from)
    .bind(&filed.subject)
    .bind(&filed.text)
    .execute(db)
    .await?;
    Ok(())
}

async fn put_aside(db: &mut Connection, id: i64, aside: &Quarantined) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO quarantine (intake, reason, code, sender, subject, raw, mail_from, rcpt)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(id)
    .bind(&aside.reason)
    .bind(&aside.code)
    .bind(&aside.from)
    .bind(&aside.subject)
    .bind(aside.raw.as_slice())
    .bind(&aside.mail_from)
    .bind(json(&aside.rcpt)?)
    .execute(db)
    .await?;
    Ok(())
}
