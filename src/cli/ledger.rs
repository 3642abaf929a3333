//! `ledger`: proves that every message received was dealt with.

use jiff::civil::Date;
use serde::Serialize;

use super::{Failure, Format, Settings, open, print};

/// A day of a door, for programs.
#[derive(Debug, Serialize)]
struct Row {
    door: &'static str,
    day: Date,
    received: u64,
    opened: u64,
    continued: u64,
    answered: u64,
    duplicate: u64,
    ignored: u64,
    quarantined: u64,
    adds_up: bool,
}

pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    let store = open::store(settings).await?;
    let rows = store.ledger().await?;
    for row in &rows {
        match settings.format {
            Format::Json => print::json(&Row {
                door: row.door.name(),
                day: row.day,
                received: row.received,
                opened: row.opened,
                continued: row.continued,
                answered: row.answered,
                duplicate: row.duplicate,
                ignored: row.ignored,
                quarantined: row.quarantined,
                adds_up: row.adds_up,
            })?,
            Format::Text => print::text(&format!(
                "{} {}: {} received = {} opened + {} continued + {} answered + {} duplicate + {} ignored + {} quarantined{}",
                row.day,
                row.door.name(),
                row.received,
                row.opened,
                row.continued,
                row.answered,
                row.duplicate,
                row.ignored,
                row.quarantined,
                if row.adds_up { "" } else { "  DOES NOT ADD UP" }
            ))?,
        }
    }
    if rows.iter().all(|row| row.adds_up) { Ok(()) } else { Err(Failure::Findings) }
}
