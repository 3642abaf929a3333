//! `outbox`: letters and how they stand.

use clap::Subcommand;
use serde::Serialize;

use crate::store::LetterState;

use super::{Failure, Format, Settings, open, print};

/// Letters and how they stand.
#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// List letters: those that are not sent yet.
    List {
        /// Sent ones too.
        #[arg(long)]
        all: bool,
    },
    /// Deliver what is waiting.
    Send,
}

/// A letter, for programs.
#[derive(Debug, Serialize)]
struct Row {
    key: String,
    ticket: String,
    state: &'static str,
    attempts: i64,
    to: String,
    subject: String,
    message_id: String,
}

impl OutboxCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self {
            OutboxCommand::List { all } => {
                let store = open::store(settings).await?;
                for row in store.outbox().await? {
                    if !all && matches!(row.state, LetterState::Sent | LetterState::Dropped) {
                        continue;
                    }
                    match settings.format {
                        Format::Json => print::json(&Row {
                            key: row.key.to_string(),
                            ticket: row.key.ticket.to_string(),
                            state: row.state.name(),
                            attempts: row.attempts,
                            to: row.to,
                            subject: row.subject,
                            message_id: row.message_id,
                        })?,
                        Format::Text => {
                            print::text(&format!("{}  {}  to {}: {}", row.key, row.state.name(), row.to, row.subject))?;
                        }
                    }
                }
                Ok(())
            }
            OutboxCommand::Send => {
                let clock = open::clock(settings);
                let now = clock.now();
                let desk = open::kept_desk(settings, clock, open::delivering(false)).await?;
                Ok(desk.deliver_queued(now).await?)
            }
        }
    }
}
