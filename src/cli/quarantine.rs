//! `quarantine`: mail that nobody but a person should read, in an agent's hands.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use crate::desk::quarantine::{Glance, TakenUp, save_bytes};
use crate::desk::{Desk, DeskError};
use crate::mail::lenient;
use crate::store::{QuarantinedMail, Standing};

use super::{Failure, Format, Settings, ingest, open, print};

/// The most of a mail's text that is shown to people, in characters. JSON has all of it.
const SHOWN: usize = 5_000;

/// Mail that nobody but a person should read.
///
/// A mail is put aside when it cannot be read, or when reading it would be a risk: two senders, broken headers, too
/// large. Nobody was answered. Look at it (show), then choose: retry when the desk may read it by now, release when it
/// is to be handled all the same, discard when nothing shall follow. Its bytes are deleted after 30 days.
#[derive(Debug, Subcommand)]
pub(super) enum QuarantineCommand {
    /// List what is held, oldest first.
    List {
        /// What was released and discarded, too.
        #[arg(long)]
        all: bool,
    },
    /// Show a mail: why it is held, its headers and whatever text can be had, with secrets cut out.
    Show {
        /// Its number.
        id: i64,
        /// Write the mail, as it came, into a new file. It may hold anything: open it with care.
        #[arg(long, value_name = "FILE")]
        raw: Option<PathBuf>,
    },
    Retry(Retry),
    Release(Release),
    Discard(Discard),
}

/// Read mail again, with today's reader and settings. What still cannot be read stays.
///
/// What can be read takes the way of any mail, as of the moment at which it came.
#[derive(Debug, Args)]
pub(super) struct Retry {
    /// The mail's number.
    #[arg(required_unless_present = "all", conflicts_with = "all")]
    id: Option<i64>,
    /// All that is held.
    #[arg(long)]
    all: bool,
    /// Who does it.
    #[arg(long = "as", value_name = "AGENT")]
    agent: String,
    /// Leave letters in the outbox.
    #[arg(long)]
    no_send: bool,
}

/// Let a mail in for which you vouch, whatever the reason was. Whatever can be had of it opens a ticket.
///
/// The desk does not believe what such a mail says about its sender. If you know who it is, say so with --from: they get
/// our letters, and nobody counts as proved by that. Without it a person reads the mail, and nobody is written to.
#[derive(Debug, Args)]
pub(super) struct Release {
    /// The mail's number.
    id: i64,
    /// Who vouches for it.
    #[arg(long = "as", value_name = "AGENT")]
    agent: String,
    /// The address of the person who sent it, as you know it.
    #[arg(long, value_name = "ADDRESS")]
    from: Option<String>,
    /// Leave letters in the outbox.
    #[arg(long)]
    no_send: bool,
}

/// Say that nothing follows from a mail. The ledger counts it as ignored, for your reason.
#[derive(Debug, Args)]
pub(super) struct Discard {
    /// The mail's number.
    id: i64,
    /// Who decides.
    #[arg(long = "as", value_name = "AGENT")]
    agent: String,
    /// Why, for whoever looks later.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

/// A mail that was put aside, for programs.
#[derive(Debug, Serialize)]
struct Row {
    id: i64,
    door: &'static str,
    at: Timestamp,
    code: String,
    reason: String,
    from: Option<String>,
    subject: Option<String>,
    message_id: Option<String>,
    queue: String,
    state: &'static str,
    by: Option<String>,
    settled: Option<Timestamp>,
    ticket: Option<String>,
    because: String,
    bytes_deleted: Option<Timestamp>,
}

/// A mail that was put aside, with what can be shown of it.
#[derive(Debug, Serialize)]
struct Shown {
    #[serde(flatten)]
    row: Row,
    kept_until: Timestamp,
    mail_from: Option<String>,
    rcpt: Vec<String>,
    #[serde(flatten)]
    glance: Glance,
}

impl From<QuarantinedMail> for Row {
    fn from(mail: QuarantinedMail) -> Self {
        let decided = mail.standing.decided().map(|(by, at)| (by.to_owned(), at));
        Row {
            id: mail.id,
            door: mail.door.name(),
            at: mail.at,
            state: mail.standing.name(),
            because: match mail.standing {
                Standing::Held => mail.reason.clone(),
                Standing::Released { .. } | Standing::Discarded { .. } => mail.because,
            },
            code: mail.code,
            reason: mail.reason,
            from: mail.from,
            subject: mail.subject,
            message_id: mail.message_id,
            queue: mail.queue,
            settled: decided.as_ref().map(|(_, at)| *at),
            by: decided.map(|(by, _)| by),
            ticket: mail.reference.map(|reference| reference.to_string()),
            bytes_deleted: mail.deleted,
        }
    }
}

impl QuarantineCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self {
            QuarantineCommand::List { all } => list(settings, all).await,
            QuarantineCommand::Show { id, raw } => show(settings, id, raw).await,
            QuarantineCommand::Retry(Retry { id: Some(id), agent, no_send, .. }) => {
                let desk = desk(settings, no_send).await?;
                tell(settings, &desk.read_again(id, &agent).await?)
            }
            QuarantineCommand::Retry(Retry { agent, no_send, .. }) => {
                let desk = desk(settings, no_send).await?;
                retry_all(settings, &desk, &agent).await
            }
            QuarantineCommand::Release(Release { id, agent, from, no_send }) => {
                let desk = desk(settings, no_send).await?;
                tell(settings, &desk.release(id, &agent, from.as_deref()).await?)
            }
            QuarantineCommand::Discard(Discard { id, agent, reason }) => {
                let desk = open::kept_desk(settings, open::clock(settings), open::delivering(true)).await?;
                tell(settings, &desk.discard(id, &agent, &reason).await?)
            }
        }
    }
}

/// The last good pack is enough: an agent's work does not wait for an author's edit.
async fn desk(settings: &Settings, no_send: bool) -> Result<Desk, Failure> {
    let boundary = settings.boundary()?;
    let mut desk = open::kept_desk(settings, open::clock(settings), open::delivering(no_send)).await?;
    desk.boundary = boundary;
    Ok(desk)
}

/// Lists what is held; all of it on demand.
pub(super) async fn list(settings: &Settings, all: bool) -> Result<(), Failure> {
    let store = open::store(settings).await?;
    let mails = if all { store.quarantine().await? } else { store.held().await? };
    let none = mails.is_empty();
    for row in mails.into_iter().map(Row::from) {
        match settings.format {
            Format::Json => print::json(&row)?,
            Format::Text => print::text(&in_a_line(&row))?,
        }
    }
    if none && settings.format == Format::Text {
        print::text("Nothing is held in quarantine.")?;
    }
    Ok(())
}

fn in_a_line(row: &Row) -> String {
    let from = lenient::plain(row.from.as_deref().unwrap_or("an unknown sender"));
    let subject = row.subject.as_deref().map(|subject| format!(", “{}”", lenient::plain(subject))).unwrap_or_default();
    let mut line =
        format!("{}  {}  {}  from {from}{subject}: {}", row.id, row.at, row.queue, lenient::plain(&row.reason));
    if let (Some(by), Some(at)) = (&row.by, row.settled) {
        let ticket = row.ticket.as_deref().map(|ticket| format!(", now {ticket}")).unwrap_or_default();
        line.push_str(&format!(" — {} by {by} at {at}{ticket}", row.state));
    }
    line
}

async fn show(settings: &Settings, id: i64, file: Option<PathBuf>) -> Result<(), Failure> {
    let desk = open::kept_desk(settings, open::clock(settings), open::delivering(true)).await?;
    let unknown =
        || Failure::Usage(format!("there is no mail {id} in quarantine; `caredesk quarantine list` shows them"));
    let aside = desk.store.aside(id).await?.ok_or_else(unknown)?;
    if let Some(file) = file {
        let raw = aside.raw.as_ref().ok_or_else(|| Failure::Usage(format!("the bytes of mail {id} were deleted")))?;
        save_bytes(&file, raw).map_err(|error| Failure::Usage(format!("cannot write {}: {error}", file.display())))?;
    }
    let glance = desk.glance(&aside).await?;
    let shown = Shown {
        kept_until: desk.kept_until(aside.mail.at),
        mail_from: aside.mail_from.clone(),
        rcpt: aside.rcpt.clone(),
        row: Row::from(aside.mail),
        glance,
    };
    match settings.format {
        Format::Json => print::json(&shown),
        Format::Text => print::text(&in_words(&shown)),
    }
}

/// A mail as an agent reads it.
fn in_words(shown: &Shown) -> String {
    let row = &shown.row;
    let mut lines = vec![
        format!("Mail {} came at {} by the door “{}”. Queue: {}.", row.id, row.at, row.door, row.queue),
        format!("Held because: {} ({})", lenient::plain(&row.reason), row.code),
    ];
    match (&row.by, row.settled) {
        (Some(by), Some(at)) => {
            lines.push(format!("It was {} by {by} at {at}: {}", row.state, lenient::plain(&row.because)));
        }
        _ => lines.push(format!("It is held. Next: `caredesk quarantine retry|release|discard {} --as YOU`.", row.id)),
    }
    match row.bytes_deleted {
        Some(at) => lines.push(format!("Its bytes were deleted at {at}.")),
        None => lines.push(format!("Its bytes are kept until {}.", shown.kept_until)),
    }
    let envelope = shown.mail_from.iter().map(|from| format!("Envelope from: {}", lenient::plain(from)));
    lines.extend(envelope.chain(shown.rcpt.iter().map(|to| format!("Envelope to: {}", lenient::plain(to)))));
    lines.push("\nNothing below is proved. Its headers say:".into());
    lines.extend(shown.glance.headers.iter().map(|line| format!("  | {line}")));
    let text: String = shown.glance.text.chars().take(SHOWN).collect();
    let more = shown.glance.text.chars().count() > SHOWN;
    if !text.trim().is_empty() {
        lines.push("\nIts text, as well as it can be had:".into());
        lines.extend(text.trim().lines().map(|line| format!("  | {line}")));
    }
    if more {
        lines.push("  … and more; `--format json` has all of it.".into());
    }
    for attachment in &shown.glance.attachments {
        lines.push(format!("Attached: {} ({}, {} bytes)", attachment.name, attachment.media_type, attachment.size));
    }
    lines.join("\n")
}

/// One that goes wrong does not stop the next; but the caller hears of it.
async fn retry_all(settings: &Settings, desk: &Desk, agent: &str) -> Result<(), Failure> {
    let mut failed = None;
    for mail in desk.store.held().await? {
        match desk.read_again(mail.id, agent).await {
            Ok(taken) => tell(settings, &taken)?,
            // Another agent was faster, or its bytes are gone.
            Err(DeskError::Refused(why)) => super::complain(&why),
            Err(error) => {
                super::complain(&format!("mail {}: {error}", mail.id));
                failed = Some(error);
            }
        }
    }
    failed.map_or(Ok(()), |error| Err(error.into()))
}

/// Tells what became of a mail.
fn tell(settings: &Settings, taken: &TakenUp) -> Result<(), Failure> {
    if settings.format == Format::Json {
        return print::json(taken);
    }
    match taken.state {
        "held" => print::text(&format!(
            "Mail {} still cannot be read and stays: {}",
            taken.id,
            lenient::plain(&taken.taken.because)
        )),
        "discarded" => print::text(&format!("Mail {} is discarded. Nothing follows from it.", taken.id)),
        _ => {
            print::text(&format!("Mail {} is released.", taken.id))?;
            ingest::tell(&taken.taken)
        }
    }
}
