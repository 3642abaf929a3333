//! `outbox`: letters, how they stand, and what an operator does about them.

use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use crate::policy::message::Channel;
use crate::store::{LetterKey, LetterState, OutboxRow};

use super::{Failure, Format, Settings, open, print};

/// Letters and how they stand.
#[derive(Debug, Subcommand)]
pub(super) enum OutboxCommand {
    /// List letters: those that have not gone.
    List {
        /// Those that went, and those that were dropped, too.
        #[arg(long, conflicts_with = "failed")]
        all: bool,
        /// Only those that failed.
        #[arg(long)]
        failed: bool,
    },
    /// Deliver what is due.
    Send,
    /// Try letters again that failed or are held back: the same bytes, with fresh patience.
    Retry {
        /// The letter's key, as `outbox list` shows it.
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        key: Option<LetterKey>,
        /// All that failed or are held back.
        #[arg(long)]
        all: bool,
        /// Leave them in the outbox.
        #[arg(long)]
        no_send: bool,
    },
    /// Take a letter out of the outbox for good. Its ticket says who did so, and why.
    Drop {
        /// The letter's key, as `outbox list` shows it.
        key: LetterKey,
        /// Who does it.
        #[arg(long = "as", value_name = "AGENT")]
        agent: String,
        /// Why.
        #[arg(long, value_name = "TEXT")]
        reason: String,
    },
}

/// A letter, for programs.
#[derive(Debug, Serialize)]
struct Row {
    key: String,
    /// None is the letter to an agent.
    ticket: Option<String>,
    state: &'static str,
    attempts: i64,
    channel: Channel,
    to: String,
    subject: String,
    message_id: String,
    next_try: Option<Timestamp>,
    failure: Option<String>,
}

/// A letter that is tried again, or dropped.
#[derive(Debug, Serialize)]
struct Done {
    key: String,
    /// None is the letter to an agent.
    ticket: Option<String>,
    state: &'static str,
}

impl OutboxCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self {
            OutboxCommand::List { all, failed } => list(settings, all, failed).await,
            OutboxCommand::Send => {
                let clock = open::clock(settings);
                let now = clock.now();
                let desk = open::kept_desk(settings, clock, open::delivering(false)).await?;
                Ok(desk.deliver_queued(now).await?)
            }
            OutboxCommand::Retry { key, no_send, all: _ } => retry(settings, key.as_ref(), no_send).await,
            OutboxCommand::Drop { key, agent, reason } => {
                let desk = open::kept_desk(settings, open::clock(settings), open::delivering(true)).await?;
                desk.drop_letter(&key, &agent, &reason).await?;
                tell(settings, &key, LetterState::Dropped, "is dropped")
            }
        }
    }
}

async fn list(settings: &Settings, all: bool, failed: bool) -> Result<(), Failure> {
    let store = open::store(settings).await?;
    for row in store.outbox().await? {
        let shown = match row.state {
            LetterState::Failed => true,
            LetterState::Queued | LetterState::Leased | LetterState::Sending => !failed,
            LetterState::Sent | LetterState::Dropped => all,
        };
        if !shown {
            continue;
        }
        match settings.format {
            Format::Text => print::text(&in_words(&row))?,
            Format::Json => print::json(&Row {
                key: row.key.to_string(),
                ticket: ticket_of(&row.key),
                state: row.state.name(),
                attempts: row.attempts,
                channel: row.channel,
                to: row.to,
                subject: row.subject,
                message_id: row.message_id,
                next_try: row.next_try,
                failure: row.failure,
            })?,
        }
    }
    Ok(())
}

fn ticket_of(key: &LetterKey) -> Option<String> {
    (!key.is_notice()).then(|| key.ticket.to_string())
}

/// A letter as an operator reads it.
fn in_words(row: &OutboxRow) -> String {
    let what = match row.channel {
        Channel::Mail => format!(": {}", row.subject),
        Channel::Text => ", by text".to_owned(),
        Channel::Chat | Channel::Phone => ", by chat".to_owned(),
    };
    let mut lines = vec![format!("{}  {}  to {}{what}", row.key, row.state.name(), row.to)];
    let tries = match row.attempts {
        0 => None,
        1 => Some("1 attempt".to_owned()),
        many => Some(format!("{many} attempts")),
    };
    let next = match (row.state, row.next_try) {
        (LetterState::Queued, Some(next)) => Some(format!("next try {next}")),
        (LetterState::Leased | LetterState::Sending, Some(until)) => Some(format!("answer expected before {until}")),
        _ => None,
    };
    let more: Vec<String> = tries.into_iter().chain(next).chain(row.failure.clone()).collect();
    if !more.is_empty() && row.state != LetterState::Sent {
        lines.push(format!("    {}", more.join("; ")));
    }
    lines.join("\n")
}

async fn retry(settings: &Settings, key: Option<&LetterKey>, no_send: bool) -> Result<(), Failure> {
    let clock = open::clock(settings);
    let now = clock.now();
    let desk = open::kept_desk(settings, clock, open::delivering(no_send)).await?;
    let keys = desk.store.retry(key, now).await?;
    if let (Some(key), true) = (key, keys.is_empty()) {
        return Err(Failure::Usage(match desk.store.letter(key).await? {
            None => format!("there is no letter {key}"),
            Some(row) if matches!(row.state, LetterState::Queued | LetterState::Failed) => {
                format!("the letter {key} cannot go again: it holds a code or a password; issue a new one")
            }
            Some(row) => format!("the letter {key} is {} and is not tried again", row.state.name()),
        }));
    }
    desk.deliver_after_commit(now).await;
    for key in &keys {
        let state = desk.store.letter(key).await?.map_or(LetterState::Queued, |row| row.state);
        let what = if state == LetterState::Sent { "has gone" } else { "is tried again" };
        tell(settings, key, state, what)?;
    }
    if keys.is_empty() && settings.format == Format::Text {
        print::text("No letter has failed, and none is held back.")?;
    }
    Ok(())
}

fn tell(settings: &Settings, key: &LetterKey, state: LetterState, what: &str) -> Result<(), Failure> {
    match settings.format {
        Format::Json => print::json(&Done { key: key.to_string(), ticket: ticket_of(key), state: state.name() }),
        Format::Text => print::text(&format!("The letter {key} {what}.")),
    }
}
