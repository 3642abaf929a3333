//! Mail that was put aside: the list for agents, what becomes of each, and the end of its bytes. Settling one is a
//! single commit: the ticket, the row of the ledger and who did it, or nothing of it.

use jiff::Timestamp;

use super::commit::{self, Commit, Door, Failure, FirstIntake, Refusal};
use super::rows::{Spot, micros};
use super::sqlite::Connection;
use super::{Store, StoreError, intake};
use crate::policy::ticket::Reference;

/// A message that was put aside, without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantinedMail {
    /// Its number in the ledger.
    pub id: i64,
    /// The door.
    pub door: Door,
    /// When it came.
    pub at: Timestamp,
    /// Why, as a stable name.
    pub code: String,
    /// Why, for an agent.
    pub reason: String,
    /// Whose work it is.
    pub queue: String,
    /// Who says they sent it.
    pub from: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// Its Message-ID.
    pub message_id: Option<String>,
    /// The ticket that it became or that it joined.
    pub reference: Option<Reference>,
    /// What became of it, in words.
    pub because: String,
    /// How it stands.
    pub standing: Standing,
    /// When its bytes were deleted.
    pub deleted: Option<Timestamp>,
}

/// How a message that was put aside stands.
///
/// ```text
///   held ── read again, or an agent vouches for it ──► released
///     └──── an agent says that it is not wanted ─────► discarded
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has decided.
    Held,
    /// It went through intake after all.
    Released {
        /// The agent.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// Nothing follows from it.
    Discarded {
        /// The agent.
        by: String,
        /// When.
        at: Timestamp,
    },
}

impl Standing {
    /// The name in JSON, SQL and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Standing::Held => "held",
            Standing::Released { .. } => "released",
            Standing::Discarded { .. } => "discarded",
        }
    }

    /// Who decided, and when.
    pub fn decided(&self) -> Option<(&str, Timestamp)> {
        match self {
            Standing::Held => None,
            Standing::Released { by, at } | Standing::Discarded { by, at } => Some((by, *at)),
        }
    }
}

/// A message that was put aside, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AsideMail {
    /// What is known of it.
    pub mail: QuarantinedMail,
    /// The digest of its bytes.
    pub digest: String,
    /// The envelope's sender.
    pub mail_from: Option<String>,
    /// The envelope's recipients.
    pub rcpt: Vec<String>,
    /// Its bytes, until they are deleted.
    pub raw: Option<Vec<u8>>,
}

/// Why a message that was put aside could not be settled. Nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unsettled {
    /// What was to be kept with it was refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody else has decided.
    #[error("it was {} before", .0.name())]
    Before(Standing),
    /// There is no such message.
    #[error("there is no such mail")]
    Unknown,
}

impl Store {
    /// What was put aside and is still held, oldest first.
    pub async fn held(&self) -> Result<Vec<QuarantinedMail>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        held(&mut snapshot).await?.into_iter().map(AsideRow::read).collect()
    }

    /// All that was ever put aside, oldest first.
    pub async fn quarantine(&self) -> Result<Vec<QuarantinedMail>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        put_aside(&mut snapshot).await?.into_iter().map(AsideRow::read).collect()
    }

    /// A message that was put aside.
    pub async fn aside(&self, id: i64) -> Result<Option<AsideMail>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let Some(row) = aside(&mut snapshot, id).await? else { return Ok(None) };
        let Some(bytes) = bytes_of(&mut snapshot, id).await? else { return Ok(None) };
        let key = id.to_string();
        let rcpt = Spot { table: "quarantine", key: &key }.json("rcpt", &bytes.rcpt)?;
        let BytesRow { digest, mail_from, raw, .. } = bytes;
        Ok(Some(AsideMail { mail: row.read()?, digest, mail_from, rcpt, raw }))
    }

    /// Keeps what a message became that had been put aside: `one` brings its intake, told anew, and all that follows
    /// from it. Gives the first, if it is a duplicate of a message that meanwhile came in well.
    pub async fn settle_aside(
        &self,
        id: i64,
        standing: Standing,
        one: &Commit,
    ) -> Result<Result<Option<FirstIntake>, Unsettled>, StoreError> {
        let mut writing = self.writing().await?;
        // Whatever does not come to `keep` is rolled back.
        match settle(writing.db(), id, &standing, one).await {
            Ok(first) => {
                writing.keep().await?;
                Ok(Ok(first))
            }
            Err(Stop::Unsettled(unsettled)) => Ok(Err(unsettled)),
            Err(Stop::Failure(Failure::Refused(refusal))) => Ok(Err(refusal.into())),
            Err(Stop::Failure(Failure::Failed(error))) => Err(error),
        }
    }

    /// Messages whose bytes are still kept, with the moment at which they came: the oldest first.
    pub async fn kept_bytes(&self, limit: u32) -> Result<Vec<(i64, Timestamp, String)>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows: Vec<(i64, i64, String)> = kept_bytes(&mut snapshot, limit).await?;
        let spot = Spot { table: "quarantine", key: "the oldest" };
        rows.into_iter().map(|(id, at, queue)| Ok((id, spot.instant(at)?, queue))).collect()
    }

    /// Deletes the bytes of a message that was put aside; its row says when. Says whether they were there.
    pub async fn delete_bytes(&self, id: i64, at: Timestamp) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let deleted = delete_bytes(writing.db(), id, at).await?;
        writing.keep().await?;
        Ok(deleted)
    }
}

/// Why settling ends early.
enum Stop {
    Unsettled(Unsettled),
    Failure(Failure),
}

impl<E: Into<Failure>> From<E> for Stop {
    fn from(failure: E) -> Self {
        Stop::Failure(failure.into())
    }
}

async fn settle(db: &mut Connection, id: i64, standing: &Standing, one: &Commit) -> Result<Option<FirstIntake>, Stop> {
    let intake = one.intake.as_ref().ok_or(Refusal::Broken("what is settled has an intake".into()))?;
    if !mark_settled(db, id, standing).await? {
        return Err(Stop::Unsettled(match aside(db, id).await? {
            Some(row) => Unsettled::Before(row.read()?.standing),
            None => Unsettled::Unknown,
        }));
    }
    if matches!(standing, Standing::Released { .. })
        && let Some((first_id, first)) = intake::first_besides(db, intake, id).await?
    {
        intake::change_to_duplicate(db, id, intake, first_id, &first).await?;
        return Ok(Some(first));
    }
    for change in &one.tickets {
        commit::keep_ticket(db, change).await?;
    }
    intake::change_intake(db, id, intake, commit::line_of_message(one)).await?;
    commit::keep_attachments(db, one).await?;
    Ok(None)
}

#[derive(sqlx::FromRow)]
struct AsideRow {
    id: i64,
    door: String,
    at: i64,
    code: String,
    reason: String,
    queue: String,
    sender: Option<String>,
    subject: Option<String>,
    message_id: Option<String>,
    reference: Option<String>,
    because: String,
    settled: Option<String>,
    settled_at: Option<i64>,
    settled_by: Option<String>,
    raw_deleted: Option<i64>,
}

impl AsideRow {
    fn read(self) -> Result<QuarantinedMail, StoreError> {
        let key = self.id.to_string();
        let spot = Spot { table: "quarantine", key: &key };
        let standing = match (self.settled.as_deref(), self.settled_by, self.settled_at) {
            (None, None, None) => Standing::Held,
            (Some("released"), Some(by), Some(at)) => Standing::Released { by, at: spot.instant(at)? },
            (Some("discarded"), Some(by), Some(at)) => Standing::Discarded { by, at: spot.instant(at)? },
            (settled, by, at) => {
                return Err(spot.impossible(format!("settled {settled:?} by {by:?} at {at:?}")));
            }
        };
        Ok(QuarantinedMail {
            id: self.id,
            door: spot.named("door", &self.door)?,
            at: spot.instant(self.at)?,
            code: self.code,
            reason: self.reason,
            queue: self.queue,
            from: self.sender,
            subject: self.subject,
            message_id: self.message_id,
            reference: self.reference.map(Reference),
            because: self.because,
            standing,
            deleted: self.raw_deleted.map(|at| spot.instant(at)).transpose()?,
        })
    }
}

#[derive(sqlx::FromRow)]
struct BytesRow {
    digest: String,
    mail_from: Option<String>,
    rcpt: String,
    raw: Option<Vec<u8>>,
}

async fn held(db: &mut Connection) -> Result<Vec<AsideRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, door, at, code, reason, queue, sender, quarantine.subject, message_id, reference, because, settled,
           settled_at, settled_by, raw_deleted
         FROM quarantine
         JOIN intake ON intake.id = quarantine.intake
         WHERE settled IS NULL
         ORDER BY at, id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn put_aside(db: &mut Connection) -> Result<Vec<AsideRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, door, at, code, reason, queue, sender, quarantine.subject, message_id, reference, because, settled,
           settled_at, settled_by, raw_deleted
         FROM quarantine
         JOIN intake ON intake.id = quarantine.intake
         ORDER BY at, id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn aside(db: &mut Connection, id: i64) -> Result<Option<AsideRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, door, at, code, reason, queue, sender, quarantine.subject, message_id, reference, because, settled,
           settled_at, settled_by, raw_deleted
         FROM quarantine
         JOIN intake ON intake.id = quarantine.intake
         WHERE quarantine.intake = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn bytes_of(db: &mut Connection, id: i64) -> Result<Option<BytesRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT digest, mail_from, rcpt, raw
         FROM quarantine
         WHERE intake = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// Whether it was held until now: of two agents at once, one hears no.
async fn mark_settled(db: &mut Connection, id: i64, standing: &Standing) -> Result<bool, StoreError> {
    let Some((by, at)) = standing.decided() else { return Ok(false) };
    let done = sqlx::query(
        "UPDATE quarantine
         SET settled = $2,
             settled_by = $3,
             settled_at = $4
         WHERE intake = $1
           AND settled IS NULL",
    )
    .bind(id)
    .bind(standing.name())
    .bind(by)
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn kept_bytes(db: &mut Connection, limit: u32) -> Result<Vec<(i64, i64, String)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, at, queue
         FROM quarantine
         JOIN intake ON intake.id = quarantine.intake
         WHERE raw IS NOT NULL
         ORDER BY at, id
         LIMIT $1",
    )
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn delete_bytes(db: &mut Connection, id: i64, at: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "UPDATE quarantine
         SET raw = NULL,
             raw_deleted = $2
         WHERE intake = $1
           AND raw IS NOT NULL",
    )
    .bind(id)
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}
