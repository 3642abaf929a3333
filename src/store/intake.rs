//! What came in, as it is written down: whether it came before, and what became of it.

use jiff::{SignedDuration, Timestamp};

use super::commit::{Door, Filed, FirstIntake, Intake, Quarantined};
use super::ledger::DAY;
use super::notices::add_notice_of_mail;
use super::rows::{Spot, json, micros, whole};
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::policy::message::Class;
use crate::policy::ticket::Reference;

/// How long a mail without a Message-ID is known again.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The number of no row.
const NOBODY: i64 = -1;

impl Store {
    /// The answer that a user of a chat had last, if they had one since a moment. Its flow alone is kept.
    pub async fn last_answer(&self, user: &str, since: Timestamp) -> Result<Option<String>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let flow: Option<Option<String>> = sqlx::query_scalar(
            "SELECT flow
             FROM intake
             WHERE door = 'chat'
               AND source_key >= $1
               AND source_key < $2
               AND first IS NULL
               AND at >= $3
             ORDER BY id DESC
             LIMIT 1",
        )
        .bind(answer_key(user, ""))
        .bind(answer_key(user, "~"))
        .bind(micros(since))
        .fetch_optional(&mut *snapshot)
        .await?;
        Ok(flow.flatten())
    }

    /// Whether a mail with these very bytes was put aside in the last seven days, whatever became of it.
    pub async fn was_put_aside(&self, digest: &str, now: Timestamp) -> Result<bool, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let since = now.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
        Ok(first_by_bytes(&mut snapshot, digest, since).await?.is_some())
    }
}

/// The message as it came the first time, if it came before: by the door's own name for it; by Message-ID and digest;
/// and for mail without a Message-ID by its digest alone, for seven days. People say the same twice by chat, so there
/// the digest alone says nothing. What was put aside is known again by its bytes as they came, whatever became of it.
pub(super) async fn first_intake(
    db: &mut Connection,
    intake: &Intake,
) -> Result<Option<(i64, FirstIntake)>, StoreError> {
    first_besides(db, intake, NOBODY).await
}

/// By what an answer is found again that a user of a chat had: whose it is, and a name that no other has.
pub fn answer_key(user: &str, own: &str) -> String {
    format!("{user}\n{own}")
}

/// The message as it came the first time, if that was not this very row.
pub(super) async fn first_besides(
    db: &mut Connection,
    intake: &Intake,
    own: i64,
) -> Result<Option<(i64, FirstIntake)>, StoreError> {
    let mut row = None;
    if let Some(key) = &intake.source_key {
        row = first_by_source(db, intake.door, key, own).await?;
    }
    let since = intake.at.saturating_sub(REMEMBERED).unwrap_or(Timestamp::MIN);
    let until = intake.at.saturating_add(REMEMBERED).unwrap_or(Timestamp::MAX);
    if row.is_none() {
        row = match (&intake.message_id, intake.door) {
            (Some(id), _) => first_by_message_id(db, id, &intake.digest, own).await?,
            (None, Door::Pipe | Door::Folder | Door::Lmtp) => {
                first_by_digest(db, &intake.digest, since, until, own).await?
            }
            (None, Door::Chat | Door::Phone) => None,
        };
    }
    if row.is_none() && intake.quarantine.is_some() {
        let since = if intake.message_id.is_some() { Timestamp::MIN } else { since };
        row = first_by_bytes(db, &intake.digest, since).await?;
    }
    row.map(FirstRow::read).transpose()
}

/// Writes the row of a message. `seq` is the line of its ticket's journal that it became.
pub(super) async fn add_intake(db: &mut Connection, intake: &Intake, seq: Option<u64>) -> Result<(), StoreError> {
    let id = add_row(db, intake, Fate::of(intake, seq)).await?;
    if let Some(aside) = &intake.quarantine {
        put_aside(db, id, &intake.digest, aside).await?;
        if let Some(notice) = &aside.notice {
            add_notice_of_mail(db, id, notice).await?;
        }
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
    add_row(db, intake, Fate::duplicate(id, first)).await?;
    Ok(())
}

/// Writes anew what became of a message that had been put aside; duplicates of it follow. Its door, its moment and its
/// place in the sums of that day stay.
pub(super) async fn change_intake(
    db: &mut Connection,
    own: i64,
    intake: &Intake,
    seq: Option<u64>,
) -> Result<(), StoreError> {
    let fate = Fate::of(intake, seq);
    change_row(db, own, intake, &fate).await?;
    change_duplicates(db, own, own, &fate).await?;
    if let Some(filed) = &intake.filed {
        file(db, own, filed).await?;
    }
    Ok(())
}

/// Writes that a message which had been put aside is a duplicate of another. Duplicates of it become that one's.
pub(super) async fn change_to_duplicate(
    db: &mut Connection,
    own: i64,
    intake: &Intake,
    id: i64,
    first: &FirstIntake,
) -> Result<(), StoreError> {
    let fate = Fate::duplicate(id, first);
    change_row(db, own, intake, &fate).await?;
    change_duplicates(db, own, id, &fate).await
}

/// What became of a message, as the ledger's columns have it.
struct Fate<'a> {
    decision: &'static str,
    class: Option<Class>,
    reference: Option<&'a Reference>,
    covers: &'a [String],
    flow: Option<&'a str>,
    because: &'a str,
    seq: Option<u64>,
    first: Option<i64>,
}

impl<'a> Fate<'a> {
    fn of(intake: &'a Intake, seq: Option<u64>) -> Self {
        Fate {
            decision: intake.decision.name(),
            class: intake.class,
            reference: intake.reference.as_ref(),
            covers: &intake.covers,
            flow: intake.flow.as_deref(),
            because: &intake.because,
            seq,
            first: None,
        }
    }

    fn duplicate(id: i64, first: &'a FirstIntake) -> Self {
        Fate {
            decision: "duplicate",
            class: first.class,
            reference: first.reference.as_ref(),
            covers: &first.covers,
            flow: first.flow.as_deref(),
            because: "it came before",
            seq: None,
            first: Some(id),
        }
    }
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
           (door, source_key, message_id, digest, at, decision, class, reference, covers, flow, because, seq, first)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
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
    .bind(fate.seq.map(whole))
    .bind(fate.first)
    .fetch_one(db)
    .await?;
    Ok(id)
}

async fn change_row(db: &mut Connection, own: i64, intake: &Intake, fate: &Fate<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE intake
         SET message_id = $2,
             digest = $3,
             decision = $4,
             class = $5,
             reference = $6,
             covers = $7,
             flow = $8,
             because = $9,
             seq = $10,
             first = $11
         WHERE id = $1",
    )
    .bind(own)
    .bind(&intake.message_id)
    .bind(&intake.digest)
    .bind(fate.decision)
    .bind(fate.class.map(Class::name))
    .bind(fate.reference.map(|reference| &reference.0))
    .bind(json(&fate.covers)?)
    .bind(fate.flow)
    .bind(fate.because)
    .bind(fate.seq.map(whole))
    .bind(fate.first)
    .execute(db)
    .await?;
    Ok(())
}

async fn change_duplicates(db: &mut Connection, own: i64, first: i64, fate: &Fate<'_>) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE intake
         SET first = $2,
             class = $3,
             reference = $4,
             covers = $5,
             flow = $6
         WHERE first = $1",
    )
    .bind(own)
    .bind(first)
    .bind(fate.class.map(Class::name))
    .bind(fate.reference.map(|reference| &reference.0))
    .bind(json(&fate.covers)?)
    .bind(fate.flow)
    .execute(db)
    .await?;
    Ok(())
}

async fn first_by_source(
    db: &mut Connection,
    door: Door,
    key: &str,
    besides: i64,
) -> Result<Option<FirstRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, at, decision, class, reference, covers, flow, because
         FROM intake
         WHERE door = $1
           AND source_key = $2
           AND first IS NULL
           AND id <> $3",
    )
    .bind(door.name())
    .bind(key)
    .bind(besides)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn first_by_message_id(
    db: &mut Connection,
    message_id: &str,
    digest: &str,
    besides: i64,
) -> Result<Option<FirstRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, at, decision, class, reference, covers, flow, because
         FROM intake
         WHERE message_id = $1
           AND digest = $2
           AND first IS NULL
           AND id <> $3",
    )
    .bind(message_id)
    .bind(digest)
    .bind(besides)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn first_by_digest(
    db: &mut Connection,
    digest: &str,
    since: Timestamp,
    until: Timestamp,
    besides: i64,
) -> Result<Option<FirstRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, at, decision, class, reference, covers, flow, because
         FROM intake
         WHERE message_id IS NULL
           AND digest = $1
           AND at >= $2
           AND at <= $3
           AND door <> 'chat'
           AND first IS NULL
           AND id <> $4
         ORDER BY at DESC, id DESC
         LIMIT 1",
    )
    .bind(digest)
    .bind(micros(since))
    .bind(micros(until))
    .bind(besides)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// What had been put aside with these bytes; of a duplicate, its first.
async fn first_by_bytes(db: &mut Connection, digest: &str, since: Timestamp) -> Result<Option<FirstRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT known.id, known.at, known.decision, known.class, known.reference, known.covers, known.flow,
           known.because
         FROM quarantine
         JOIN intake AS aside ON aside.id = quarantine.intake
         JOIN intake AS known ON known.id = COALESCE(aside.first, aside.id)
         WHERE quarantine.digest = $1
           AND aside.at >= $2
         ORDER BY aside.at DESC, aside.id DESC
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

async fn put_aside(db: &mut Connection, id: i64, digest: &str, aside: &Quarantined) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO quarantine (intake, reason, code, queue, sender, subject, digest, raw, mail_from, rcpt)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(id)
    .bind(&aside.reason)
    .bind(&aside.code)
    .bind(&aside.queue)
    .bind(&aside.from)
    .bind(&aside.subject)
    .bind(digest)
    .bind(aside.raw.as_slice())
    .bind(&aside.mail_from)
    .bind(json(&aside.rcpt)?)
    .execute(db)
    .await?;
    Ok(())
}
