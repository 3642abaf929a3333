//! The times at which something is due for a ticket. They are part of the ticket; these rows only find them.

use jiff::Timestamp;

use super::rows::{Spot, micros};
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::fault::{self, Point};
use crate::policy::facts::RecordKind;
use crate::policy::ticket::{Reference, Ticket, Timer};
use crate::policy::world::applying::Touched;

/// A timer that is due. What it is for stands in its ticket.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DueTimer {
    /// When it was due.
    pub due: Timestamp,
    /// Its ticket.
    pub ticket: Reference,
    /// Its number within the ticket.
    pub number: u32,
}

impl Store {
    /// The timers that are due by now, in due order.
    pub async fn due_timers(&self, now: Timestamp, limit: u32) -> Result<Vec<DueTimer>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        due_timers(&mut snapshot, now, limit).await?.into_iter().map(TimerRow::read).collect()
    }

    /// When the next timer is due.
    pub async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let due = next_due(&mut snapshot).await?;
        due.map(|due| Spot { table: "timer", key: "the next" }.instant(due)).transpose()
    }
}

/// Puts a ticket's timers in the place of those that it had, and what it listens to. A look that has come forward stays so.
pub(super) async fn replace_timers(db: &mut Connection, ticket: &Ticket) -> Result<(), StoreError> {
    let forward = looks_due(db, &ticket.reference).await?;
    drop_timers(db, &ticket.reference).await?;
    for timer in &ticket.timers {
        let due = match forward {
            Some((number, due)) if number == i64::from(timer.number) => due.min(micros(timer.due)),
            _ => micros(timer.due),
        };
        add_timer(db, &ticket.reference, timer, due).await?;
    }
    forget_listening(db, &ticket.reference).await?;
    for (kind, id) in ticket.listens() {
        add_listening(db, &ticket.reference, kind, id).await?;
    }
    fault::at(Point::TimersWritten);
    Ok(())
}

/// Rows of the directory have changed: the tickets that listen to them look again now. `by` is the ticket that changed them.
pub(super) async fn wake(
    db: &mut Connection,
    rows: &Touched,
    by: Option<&Reference>,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (kind, id) in rows {
        sqlx::query(
            "UPDATE timer
             SET due = $1
             WHERE what = 'look' AND due > $1 AND ticket <> $2
               AND ticket IN (SELECT ticket FROM listening WHERE kind = $3 AND id = $4)",
        )
        .bind(micros(now))
        .bind(by.map_or("", |by| &by.0))
        .bind(kind.name())
        .bind(id)
        .execute(&mut *db)
        .await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct TimerRow {
    ticket: String,
    number: i64,
    due: i64,
}

impl TimerRow {
    fn read(self) -> Result<DueTimer, StoreError> {
        let spot = Spot { table: "timer", key: &self.ticket };
        Ok(DueTimer {
            number: spot.number("number", self.number)?,
            due: spot.instant(self.due)?,
            ticket: Reference(self.ticket.clone()),
        })
    }
}

async fn drop_timers(db: &mut Connection, reference: &Reference) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM timer
         WHERE ticket = $1",
    )
    .bind(&reference.0)
    .execute(db)
    .await?;
    Ok(())
}

async fn looks_due(db: &mut Connection, reference: &Reference) -> Result<Option<(i64, i64)>, StoreError> {
    let row = sqlx::query_as(
        "SELECT number, due
         FROM timer
         WHERE ticket = $1 AND what = 'look'",
    )
    .bind(&reference.0)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn forget_listening(db: &mut Connection, reference: &Reference) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM listening
         WHERE ticket = $1",
    )
    .bind(&reference.0)
    .execute(db)
    .await?;
    Ok(())
}

async fn add_listening(
    db: &mut Connection,
    reference: &Reference,
    kind: RecordKind,
    id: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO listening (ticket, kind, id)
         VALUES ($1, $2, $3)
         ON CONFLICT DO NOTHING",
    )
    .bind(&reference.0)
    .bind(kind.name())
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

async fn add_timer(db: &mut Connection, reference: &Reference, timer: &Timer, due: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO timer (ticket, number, what, due)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(&reference.0)
    .bind(i64::from(timer.number))
    .bind(timer.what.name())
    .bind(due)
    .execute(db)
    .await?;
    Ok(())
}

async fn due_timers(db: &mut Connection, now: Timestamp, limit: u32) -> Result<Vec<TimerRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT ticket, number, due
         FROM timer
         WHERE due <= $1
         ORDER BY due, ticket, number
         LIMIT $2",
    )
    .bind(micros(now))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn next_due(db: &mut Connection) -> Result<Option<i64>, StoreError> {
    let due = sqlx::query_scalar(
        "SELECT MIN(due)
         FROM timer",
    )
    .fetch_one(db)
    .await?;
    Ok(due)
}
