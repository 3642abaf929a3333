//! The times at which something is due for a ticket. They are part of the ticket; these rows only find them.

use jiff::Timestamp;

use super::rows::{Spot, micros};
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::fault::{self, Point};
use crate::policy::ticket::{Reference, Ticket, Timer};

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

/// Puts a ticket's timers in the place of those that it had.
pub(super) async fn replace_timers(db: &mut Connection, ticket: &Ticket) -> Result<(), StoreError> {
    drop_timers(db, &ticket.reference).await?;
    for timer in &ticket.timers {
        add_timer(db, &ticket.reference, timer).await?;
    }
    fault::at(Point::TimersWritten);
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

async fn add_timer(db: &mut Connection, reference: &Reference, timer: &Timer) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO timer (ticket, number, what, due)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(&reference.0)
    .bind(i64::from(timer.number))
    .bind(timer.what.name())
    .bind(micros(timer.due))
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
