//! The ledger of what came in, for an operator: the sums of each day, whether they are right, and what was filed.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::commit::{Decision, Door};
use super::proof::{self, Problem};
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

impl LedgerDay {
    /// How many messages the rows of the ledger account for.
    pub fn dealt_with(&self) -> u64 {
        self.opened + self.continued + self.answered + self.duplicate + self.ignored + self.quarantined
    }
}

/// The ledger, and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerProof {
    /// By day and door.
    pub days: Vec<LedgerDay>,
    /// Why messages were ignored or put aside.
    pub reasons: Vec<LedgerReason>,
    /// Whatever contradicts itself; nothing, if all is well.
    pub problems: Vec<Problem>,
}

/// How many messages came to nothing for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerReason {
    /// The door.
    pub door: Door,
    /// The day.
    pub day: Date,
    /// What became of them: ignored or quarantined.
    pub decision: Decision,
    /// Why: in words for what was ignored, a stable name for what was put aside.
    pub reason: String,
    /// How many.
    pub count: u64,
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
        days(&mut *self.snapshot().await?).await
    }

    /// The ledger with its reasons, and what else the tables say about each message: all as of one moment.
    pub async fn ledger_proof(&self) -> Result<LedgerProof, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let days = days(&mut snapshot).await?;
        let mut reasons = Vec::new();
        for row in ignored(&mut snapshot).await?.into_iter().chain(held(&mut snapshot).await?) {
            reasons.push(row.read()?);
        }
        let problems = proof::problems(&mut snapshot, &days).await?;
        Ok(LedgerProof { days, reasons, problems })
    }

    /// Messages that were read and not answered, and that no ticket keeps, oldest first.
    pub async fn filed(&self) -> Result<Vec<FiledMail>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        filed(&mut snapshot).await?.into_iter().map(FiledRow::read).collect()
    }
}

async fn days(db: &mut Connection) -> Result<Vec<LedgerDay>, StoreError> {
    let mut days: BTreeMap<(i64, String), LedgerDay> = BTreeMap::new();
    for (door, day, count) in received(db).await? {
        day_of(&mut days, day, door)?.received = Spot { table: "received", key: "count" }.number("count", count)?;
    }
    for (door, day, decision, count) in decided(db).await? {
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
        day.adds_up = day.received == day.dealt_with();
    }
    Ok(days)
}

impl Door {
    /// All doors.
    pub const ALL: [Door; 5] = [Door::Pipe, Door::Folder, Door::Lmtp, Door::Chat, Door::Phone];

    /// The name in JSON, SQL and logs.
    pub fn name(self) -> &'static str {
        match self {
            Door::Pipe => "pipe",
            Door::Folder => "folder",
            Door::Lmtp => "lmtp",
            Door::Chat => "chat",
            Door::Phone => "phone",
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
struct ReasonRow {
    door: String,
    day: i64,
    decision: String,
    reason: String,
    count: i64,
}

impl ReasonRow {
    fn read(self) -> Result<LedgerReason, StoreError> {
        let spot = Spot { table: "intake", key: &self.door };
        Ok(LedgerReason {
            door: spot.named("door", &self.door)?,
            day: spot.instant(self.day.saturating_mul(DAY))?.to_zoned(TimeZone::UTC).date(),
            decision: spot.named("decision", &self.decision)?,
            count: spot.number("count", self.count)?,
            reason: self.reason,
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

async fn ignored(db: &mut Connection) -> Result<Vec<ReasonRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT door, at / 86400000000 AS day, decision, because AS reason, COUNT(*) AS count
         FROM intake
         WHERE decision = 'ignored'
         GROUP BY door, at / 86400000000, decision, because
         ORDER BY at / 86400000000, door, COUNT(*) DESC, because",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn held(db: &mut Connection) -> Result<Vec<ReasonRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT door, at / 86400000000 AS day, decision, COALESCE(code, 'unknown') AS reason, COUNT(*) AS count
         FROM intake
         LEFT JOIN quarantine ON quarantine.intake = intake.id
         WHERE decision = 'quarantined'
         GROUP BY door, at / 86400000000, decision, COALESCE(code, 'unknown')
         ORDER BY at / 86400000000, door, COUNT(*) DESC, COALESCE(code, 'unknown')",
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
