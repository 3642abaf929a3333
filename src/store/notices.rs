//! What agents are to be told: kept with what gave it, and settled in the same commit as the letters that tell it. Whom
//! a notice concerns and what its letter says is the desk's affair.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::outbox::{LetterKey, OutgoingLetter, add_letter};
use super::rows::{Spot, micros, whole};
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::fault::{self, Point};
use crate::policy::outcome::{Notice, Whom};
use crate::policy::ticket::Reference;

/// A notice as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptNotice {
    /// What is told, and whom.
    pub notice: Notice,
    /// The queue whose work it is.
    pub queue: String,
    /// When it was given.
    pub at: Timestamp,
    /// It is not told before this.
    pub due: Timestamp,
}

/// What a notice is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum About {
    /// A ticket.
    Ticket(Reference),
    /// A mail in quarantine, by its number in the ledger.
    Aside(i64),
}

/// A notice that somebody is still to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingNotice {
    /// Its number.
    pub id: i64,
    /// What it is about.
    pub about: About,
    /// The notice.
    pub kept: KeptNotice,
    /// Agents who were told.
    pub told: Vec<String>,
}

/// How a notice came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NoticeEnd {
    /// All whom it concerns were told.
    Told,
    /// It is no longer true.
    Over,
    /// There is no agent to tell.
    Nobody,
}

impl NoticeEnd {
    fn name(self) -> &'static str {
        match self {
            NoticeEnd::Told => "told",
            NoticeEnd::Over => "over",
            NoticeEnd::Nobody => "nobody",
        }
    }
}

/// What becomes of the notices of one moment: letters, ends, and those that must wait. Kept together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle {
    /// Its number; letters are named after it.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// A letter for each agent, with the notices that it tells.
    pub letters: Vec<(String, OutgoingLetter, Vec<i64>)>,
    /// Notices that come to their end.
    pub ends: Vec<(i64, NoticeEnd)>,
    /// Notices that wait on, and until when.
    pub later: Vec<(i64, Timestamp)>,
}

impl Store {
    /// Notices that are due and not settled, the first that fell due first.
    pub async fn due_notices(&self, now: Timestamp, limit: u32) -> Result<Vec<PendingNotice>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows = due_notices(&mut snapshot, now, limit).await?;
        let mut told: BTreeMap<i64, Vec<String>> = BTreeMap::new();
        if !rows.is_empty() {
            for (notice, agent) in told_so_far(&mut snapshot, now).await? {
                told.entry(notice).or_default().push(agent);
            }
        }
        rows.into_iter().map(|row| row.read(&mut told)).collect()
    }

    /// When the next notice is due.
    pub async fn next_notice(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let due = next_notice(&mut snapshot).await?;
        due.map(|due| Spot { table: "notice", key: "the next" }.instant(due)).transpose()
    }

    /// The number of the next bundle.
    pub async fn next_bundle(&self) -> Result<u64, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let last = last_bundle(&mut snapshot).await?;
        Spot { table: "bundle", key: "the last" }.number("number", last.saturating_add(1))
    }

    /// When letters went to an agent's address since then, the oldest first.
    pub async fn notices_sent(&self, address: &str, since: Timestamp) -> Result<Vec<Timestamp>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let sent = notices_sent(&mut snapshot, &crate::policy::world::fold(address), since).await?;
        let spot = Spot { table: "outbox", key: address };
        sent.into_iter().map(|at| spot.instant(at)).collect()
    }

    /// Keeps a bundle. Says whether nobody else had settled any of it meanwhile; if so, nothing was kept.
    pub async fn keep_bundle(&self, bundle: &Bundle) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        if !write_bundle(writing.db(), bundle).await? {
            return Ok(false);
        }
        writing.keep().await?;
        fault::at(Point::BundleKept);
        Ok(true)
    }
}

/// Writes a bundle; whatever does not come to its end is rolled back.
async fn write_bundle(db: &mut Connection, bundle: &Bundle) -> Result<bool, StoreError> {
    if !bundle.letters.is_empty() && !add_bundle(db, bundle.number, bundle.at).await? {
        return Ok(false);
    }
    for (n, (agent, letter, notices)) in (1_u32..).zip(&bundle.letters) {
        add_letter(db, &LetterKey::of_bundle(bundle.number, n), letter).await?;
        fault::at(Point::BundleLetterQueued);
        for notice in notices {
            if !add_told(db, *notice, agent, bundle.number, n).await? {
                return Ok(false);
            }
        }
    }
    for (notice, end) in &bundle.ends {
        if !end_notice(db, *notice, end.name(), bundle.at).await? {
            return Ok(false);
        }
    }
    for (notice, due) in &bundle.later {
        if !put_off(db, *notice, *due).await? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Keeps a notice with the line that gave it. One that was kept under its key before is not kept again.
pub(super) async fn add_notice(
    db: &mut Connection,
    reference: &Reference,
    seq: u64,
    kept: &KeptNotice,
) -> Result<(), StoreError> {
    add_row(db, Some((&reference.0, whole(seq))), None, kept).await?;
    fault::at(Point::NoticeKept);
    Ok(())
}

/// Keeps the notice of a mail that was put aside.
pub(super) async fn add_notice_of_mail(db: &mut Connection, intake: i64, kept: &KeptNotice) -> Result<(), StoreError> {
    add_row(db, None, Some(intake), kept).await
}

#[derive(sqlx::FromRow)]
struct NoticeRow {
    id: i64,
    ticket: Option<String>,
    intake: Option<i64>,
    key: String,
    whom: String,
    queue: String,
    urgent: i64,
    what: String,
    at: i64,
    due: i64,
}

impl NoticeRow {
    fn read(self, told: &mut BTreeMap<i64, Vec<String>>) -> Result<PendingNotice, StoreError> {
        let key = self.id.to_string();
        let spot = Spot { table: "notice", key: &key };
        let about = match (self.ticket, self.intake) {
            (Some(ticket), None) => About::Ticket(Reference(ticket)),
            (None, Some(intake)) => About::Aside(intake),
            (ticket, intake) => return Err(spot.impossible(format!("about ticket {ticket:?} and mail {intake:?}"))),
        };
        let whom = match self.whom.as_str() {
            "assignee" => Whom::Assignee,
            "queue" => Whom::Queue(self.queue.clone()),
            "lead" => Whom::Lead(self.queue.clone()),
            other => return Err(spot.impossible(format!("whom `{other}` is not known"))),
        };
        let notice = Notice { whom, urgent: spot.yes_no("urgent", self.urgent)?, what: self.what, key: self.key };
        let kept = KeptNotice { notice, queue: self.queue, at: spot.instant(self.at)?, due: spot.instant(self.due)? };
        Ok(PendingNotice { id: self.id, about, kept, told: told.remove(&self.id).unwrap_or_default() })
    }
}

async fn add_row(
    db: &mut Connection,
    line: Option<(&str, i64)>,
    intake: Option<i64>,
    kept: &KeptNotice,
) -> Result<(), StoreError> {
    let whom = match &kept.notice.whom {
        Whom::Assignee => "assignee",
        Whom::Queue(_) => "queue",
        Whom::Lead(_) => "lead",
    };
    sqlx::query(
        "INSERT INTO notice (ticket, seq, intake, key, whom, queue, urgent, what, at, due)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
         ON CONFLICT DO NOTHING",
    )
    .bind(line.map(|(ticket, _)| ticket))
    .bind(line.map(|(_, seq)| seq))
    .bind(intake)
    .bind(&kept.notice.key)
    .bind(whom)
    .bind(&kept.queue)
    .bind(i64::from(kept.notice.urgent))
    .bind(&kept.notice.what)
    .bind(micros(kept.at))
    .bind(micros(kept.due))
    .execute(db)
    .await?;
    Ok(())
}

async fn due_notices(db: &mut Connection, now: Timestamp, limit: u32) -> Result<Vec<NoticeRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, ticket, intake, key, whom, queue, urgent, what, at, due
         FROM notice
         WHERE settled IS NULL
           AND due <= $1
         ORDER BY due, id
         LIMIT $2",
    )
    .bind(micros(now))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn told_so_far(db: &mut Connection, now: Timestamp) -> Result<Vec<(i64, String)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT notice, agent
         FROM notice_told
         WHERE notice IN (
             SELECT id
             FROM notice
             WHERE settled IS NULL
               AND due <= $1
         )
         ORDER BY notice, agent",
    )
    .bind(micros(now))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn next_notice(db: &mut Connection) -> Result<Option<i64>, StoreError> {
    let due = sqlx::query_scalar(
        "SELECT MIN(due)
         FROM notice
         WHERE settled IS NULL",
    )
    .fetch_one(db)
    .await?;
    Ok(due)
}

async fn last_bundle(db: &mut Connection) -> Result<i64, StoreError> {
    let number = sqlx::query_scalar(
        "SELECT COALESCE(MAX(number), 0)
         FROM bundle",
    )
    .fetch_one(db)
    .await?;
    Ok(number)
}

async fn notices_sent(db: &mut Connection, mailbox: &str, since: Timestamp) -> Result<Vec<i64>, StoreError> {
    let rows = sqlx::query_scalar(
        "SELECT at
         FROM outbox
         WHERE recipient = $1
           AND at > $2
           AND of_bundle IS NOT NULL
         ORDER BY at",
    )
    .bind(mailbox)
    .bind(micros(since))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Whether the number was free.
async fn add_bundle(db: &mut Connection, number: u64, at: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO bundle (number, at)
         VALUES ($1, $2)
         ON CONFLICT (number) DO NOTHING",
    )
    .bind(whole(number))
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whether the agent had not been told, and was still to be.
async fn add_told(db: &mut Connection, notice: i64, agent: &str, bundle: u64, n: u32) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO notice_told (notice, agent, bundle, n)
         SELECT id, $2, $3, $4
         FROM notice
         WHERE id = $1
           AND settled IS NULL
         ON CONFLICT (notice, agent) DO NOTHING",
    )
    .bind(notice)
    .bind(agent)
    .bind(whole(bundle))
    .bind(i64::from(n))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn end_notice(db: &mut Connection, notice: i64, end: &str, at: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE notice
         SET settled = $2,
             settled_at = $3
         WHERE id = $1
           AND settled IS NULL",
    )
    .bind(notice)
    .bind(end)
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn put_off(db: &mut Connection, notice: i64, due: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE notice
         SET due = $2
         WHERE id = $1
           AND settled IS NULL",
    )
    .bind(notice)
    .bind(micros(due))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
