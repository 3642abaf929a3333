//! `ingest`: takes mail from files or standard input.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use crate::desk::Desk;
use crate::desk::inbox::read_whole;
use crate::desk::intake::{Delivery, Taken};
use crate::fault::{self, Point};
use crate::mail::Envelope;
use crate::store::Door;

use super::{Failure, Format, Settings, open, print};

/// Take mail from files or standard input.
///
/// Exit code 0 says that every mail is kept: as a ticket, in the ledger, or in quarantine. 75 says that nothing of the
/// mail under way was kept and that the sender must try later.
#[derive(Debug, Args)]
pub(super) struct Ingest {
    /// The mails, one a file, as they came. Without files, one mail from standard input.
    files: Vec<PathBuf>,
    /// A recipient of the envelope; may be given several times.
    #[arg(long, value_name = "ADDRESS")]
    rcpt: Vec<String>,
    /// The sender of the envelope; "<>" is the null path. Without it, the Return-Path field.
    #[arg(long, value_name = "ADDRESS")]
    mail_from: Option<String>,
    /// Leave letters in the outbox.
    #[arg(long)]
    no_send: bool,
}

impl Ingest {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let boundary = settings.boundary()?;
        let mut desk = open::desk(settings, open::clock(settings), open::delivering(self.no_send)).await?;
        desk.boundary = boundary;
        let envelope = Envelope {
            mail_from: self.mail_from.as_deref().map(|path| path.trim_matches(['<', '>']).to_owned()),
            rcpt: self.rcpt.clone(),
        };
        if self.files.is_empty() {
            let raw = read_whole(std::io::stdin().lock())
                .map_err(|error| Failure::TryLater(format!("cannot read the mail: {error}")))?;
            return take(&desk, raw, &envelope, settings.format).await;
        }
        for path in &self.files {
            let raw = std::fs::File::open(path)
                .and_then(read_whole)
                .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", path.display())))?;
            take(&desk, raw, &envelope, settings.format).await?;
        }
        Ok(())
    }
}

async fn take(desk: &Desk, raw: Vec<u8>, envelope: &Envelope, format: Format) -> Result<(), Failure> {
    let delivery = Delivery { door: Door::Pipe, raw: Arc::new(raw), envelope: envelope.clone() };
    fault::at(Point::MailRead);
    // Whatever went wrong, the mail is not kept: the sender must try again, and never be told that all is well.
    let taken = desk.take_mail(delivery).await.map_err(|error| Failure::TryLater(error.to_string()))?;
    match format {
        Format::Json => print::json(&taken)?,
        Format::Text => tell(&taken)?,
    }
    fault::at(Point::ResultPrinted);
    Ok(())
}

/// Tells in words what came of a mail.
pub(super) fn tell(taken: &Taken) -> Result<(), Failure> {
    let what = match (taken.duplicate, taken.decision) {
        (true, _) => "was here before",
        (false, "flow") => "opens a request",
        (false, "answer") => "is answered at once",
        (false, "triage") => "is for a person to read",
        (false, "continued") => "goes on with its request",
        (false, "quarantined") => "cannot be read and is kept for an agent",
        (false, _) => "is filed and not answered",
    };
    let from = taken.sender.address.as_deref().unwrap_or("somebody");
    let ticket = taken.ticket.as_deref().map(|ticket| format!(" {ticket}")).unwrap_or_default();
    let flow = taken.flow.as_deref().map(|flow| format!(" ({flow})")).unwrap_or_default();
    print::text(&format!(
        "The mail from {from} {what}:{ticket}{flow} because {}.",
        taken.because.trim_end_matches('.')
    ))?;
    print::said(&taken.said)
}
