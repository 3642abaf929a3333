//! `restore`: a backup put in place.

use std::path::PathBuf;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::store;

use super::{Failure, Format, Settings, backup, complain, open, print};

/// Put a backup in place, in a data folder that is empty.
///
/// Every byte is checked first, and nothing is half restored: until all is in place, no desk starts there. Letters that
/// had not gone when the backup was made may have gone since. They are held: `outbox list` shows them, and you send or
/// drop each. Mail that came after the backup is not in it; docs/backup.md says where to get it.
#[derive(Debug, Args)]
pub(super) struct Restore {
    /// The folder of the backup.
    folder: PathBuf,
}

/// What was restored, for programs.
#[derive(Debug, Serialize)]
struct Row {
    data: String,
    at: Timestamp,
    made_by: String,
    tickets: u64,
    messages: u64,
    letters_held: u64,
    damaged: Vec<String>,
}

impl Restore {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let database = open::database(settings)?;
        let now = open::clock(settings).now();
        let restored = store::restore(&self.folder, &settings.data, &database, now, &mut backup::teller()).await?;
        let manifest = restored.manifest;
        let row = Row {
            data: settings.data.display().to_string(),
            at: manifest.at,
            tickets: backup::rows(&manifest, "ticket"),
            messages: backup::rows(&manifest, "intake"),
            made_by: manifest.made_by,
            letters_held: restored.letters_held,
            damaged: manifest.damaged,
        };
        for digest in &row.damaged {
            complain(&format!("the attachment {digest} was lost or damaged when the backup was made"));
        }
        if settings.format == Format::Json {
            return print::json(&row);
        }
        print::text(&format!("{} holds {} tickets and {} messages.", row.data, row.tickets, row.messages))?;
        if row.letters_held > 0 {
            let held = row.letters_held;
            print::text(&format!("Letters held, for they may have gone since: {held}. See `caredesk outbox list`."))?;
        }
        print::text(&format!("Mail that came after {} is not here. docs/backup.md says how to get it.", row.at))
    }
}
