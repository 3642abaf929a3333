//! The ledger of what came in, for an operator: the sums of each day, whether they are right, and what was put aside.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::commit::{Decision, Door};
use super::rows::Spot;
use super::sqlite::Connection;
use super::{Store, StoreError};

/// A day in microseconds.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// What came in by one door on one day of UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerDay {
    /// The door.
    pub door: Door,
    /// The day.
    pub day: Date,
    /// All messages, counted as they came.
    pub received: u64,
    /// Those that opened a ticket.
    pub opened: u64,
    /// Those that went on with one.
    pub continued: u64,
    /// Those that were answered without one.
    pub answered: u64,
    /// Those that had come before.
    pub duplicate: u64,
    /// Those that were kept and nothing followed.
    pub ignored: u64,
    /// Those that were put aside for an agent.
    pub quarantined: u64,
    /// Whether every message is accounted for.
    pub adds_up: bool,
}

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
    /// Who says they sent it.
    pub from: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
    /// Its Message-ID.
    pub message_id: Option<String>,
}

/// A message that was read, belongs to no ticket and was not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FiledMail {
    /// Its number in the ledger.
    pub id: i64,
    /// When it came.
    pub at: Timestamp,
    /// Who says they sent it.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// Its text.
    pub text: String,
    /// Why it was not answered.
    pub because: String,
}

impl Store {
    /// The ledger, by day and door.
    pub async fn ledger(&self) -> Result<Vec<LedgerDay>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let mut days: BTreeMap<(i64, String), LedgerDay> = BTreeMap::new();
        for (door, day, count) in received(&mut snapshot).await? {
            day_of(&mut days, day, door)?.received = Spot { table: "received", key: "count" }.number("count", count)?;
        }
        for (door, day, decision, count) in decided(&mut snapshot).await? {
            let spot = Spot { table: "intake", key: "count" };
            let count = spot.number("count", count)?;
            let day = day_of(&mut days, day, door)?;
            match decision.as_str() {
                "opened" => day.opened = count,
                "continued" => day.continued = count,
                "answered" => day.answered = count,
                "duplicate" => day.duplicate = count,
                "ignored" => day.ignored = count,
                "quarantined" => day.quarantined = count,
                other => return Err(spot.impossible(format!("decision `{other}` is not known"))),
            }
        }
        let mut days: Vec<LedgerDay> = days.into_values().collect();
        for day in &mut days {
            let handled = day.opened + day.continued + day.answered + day.duplicate + day.ignored + day.quarantined;
            day.adds_up = day.received == handled;
        }
        Ok(days)
    }

    /// What was put aside, oldest first.
    pub async fn quarantine(&self) -> Result<Vec<QuarantinedMail>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        quarantined(&mut snapshot).await?.into_iter().map(QuarantineRow::read).collect()
    }

    /// Messages that were read and not answered, and that no ticket keeps, oldest first.
    pub async fn filed(&self) -> Result<Vec<FiledMail>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        filed(&mut snapshot).await?.into_iter().map(FiledRow::read).collect()
    }

    /// A message that was put aside, as it came.
    pub async fn quarantined_bytes(&self, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        quarantined_bytes(&mut snapshot, id).await
    }
}

impl Door {
    /// The name in JSON, SQL and logs.
    pub fn name(self) -> &'static str {
        match self {
            Door::Pipe => "pipe",
            Door::Folder => "folder",
            Door::Lmtp => "lmtp",
            Door::Chat => "chat",
        }
    }
}

impl Decision {
    /// The name in JSON, SQL and logs.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Opened => "opened",
            Decision::Continued => "continued",
            Decision::Answered => "answered",
            Decision::Ignored => "ignored",
            Decision::Quarantined => "quarantined",
        }
    }
}

#[derive(sqlx::FromRow)]
struct QuarantineRow {
    id: i64,
    door: String,
    at: i64,
    code: String,
    reason: String,
    sender: Option<String>,
    subject: Option<String>,
    message_id: Option<String>,
}

impl QuarantineRow {
    fn read(self) -> Result<QuarantinedMail, StoreError> {
        let key = self.id.to_string();
        let spot = Spot { table: "quarantine", key: &key };
        Ok(QuarantinedMail {
            id: self.id,
            door: spot.named("door", &self.door)?,
            at: spot.instant(self.at)?,
            code: self.code,
            reason: self.reason,
            from: self.sender,
            subject: self.subject,
            message_id: self.message_id,
        })
    }
}

#[derive(sqlx::FromRow)]
struct FiledRow {
    id: i64,
    at: i64,
    sender: String,
    subject: String,
    text: String,
    because: String,
}

impl FiledRow {
    fn read(self) -> Result<FiledMail, StoreError> {
        let key = self.id.to_string();
        Ok(FiledMail {
            id: self.id,
            at: Spot { table: "filed", key: &key }.instant(self.at)?,
            from: self.sender,
            subject: self.subject,
            text: self.text,
            because: self.because,
        })
    }
}

fn day_of(days: &mut BTreeMap<(i64, String), LedgerDay>, day: i64, door: String) -> Result<&mut LedgerDay, StoreError> {
    let spot = Spot { table: "received", key: &door };
    let date = spot.instant(day.saturating_mul(DAY))?.to_zoned(TimeZone::UTC).date();
    let empty = LedgerDay {
        door: spot.named("door", &door)?,
        day: date,
        received: 0,
        opened: 0,
        continued: 0,
        answered: 0,
        duplicate: 0,
        ignored: 0,
        quarantined: 0,
        adds_up: false,
    };
    Ok(days.entry((day, door)).or_insert(empty))
}

async fn received(db: &mut Connection) -> Result<Vec<(String, i64, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT door, day, count
         FROM received
         ORDER BY day, door",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// What was decided, by door and day. Days before 1970 do not come in.
async fn decided(db: &mut Connection) -> Result<Vec<(String, i64, String, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT door, at / 86400000000, decision, COUNT(*)
         FROM intake
         GROUP BY door, at / 86400000000, decision
         ORDER BY door, at / 86400000000, decision",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn quarantined(db: &mut Connection) -> Result<Vec<QuarantineRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, door, at, code, reason, sender, quarantine.subject, message_id
         FROM quarantine
         JOIN intake ON intake.id = quarantine.intake
         ORDER BY at, id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn filed(db: &mut Connection) -> Result<Vec<FiledRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, at, sender, filed.subject, text, because
         FROM filed
         JOIN intake ON intake.id = filed.intake
         ORDER BY at, id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn quarantined_bytes(db: &mut Connection, id: i64) -> Result<Option<Vec<u8>>, StoreError> {
    let raw = sqlx::query_scalar(
        "SELECT raw
         FROM quarantine
         WHERE intake = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(raw)
}
