//! `backup`: a copy of all that the desk remembers.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::store::{self, Manifest, Mode, Progress, Store};

use super::{Failure, Format, Settings, complain, open, print};

/// Nothing is told of what is done sooner, nor more often.
const TELL: Duration = Duration::from_secs(2);

/// Make a backup of all that the desk remembers, while it runs.
///
/// It holds the database as of one moment and every attachment, each with its digest, in a new folder. The folder is
/// whole, or it is not there. It holds the key that signs the desk's letters: keep it as safe as the desk's own folder.
/// Exit code 1 says that attachments were lost or damaged already; the backup has the rest.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// A folder that is not there yet, such as one named after the day.
    folder: PathBuf,
}

/// A backup, for programs.
#[derive(Debug, Serialize)]
struct Row {
    backup: String,
    at: Timestamp,
    files: usize,
    bytes: u64,
    tickets: u64,
    messages: u64,
    damaged: Vec<String>,
}

impl Backup {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let file = open::database(settings)?;
        if !file.exists() {
            return Err(Failure::Usage(format!("there is no desk here: {} does not exist", file.display())));
        }
        // Only read: a database of an older version is not brought up to date under a desk that may be running on it.
        let store = Store::open_with(&settings.data, &file, Mode::ReadOnly, store::Settings::default()).await?;
        let manifest = store.back_up(&self.folder, open::clock(settings).now(), &mut teller()).await?;
        let row = Row {
            backup: self.folder.display().to_string(),
            at: manifest.at,
            files: manifest.files.len(),
            bytes: manifest.files.iter().map(|file| file.bytes).sum(),
            tickets: rows(&manifest, "ticket"),
            messages: rows(&manifest, "intake"),
            damaged: manifest.damaged,
        };
        match settings.format {
            Format::Json => print::json(&row)?,
            Format::Text => print::text(&format!(
                "{} holds {} tickets and {} messages as of {}; files: {}, {}.",
                row.backup,
                row.tickets,
                row.messages,
                row.at,
                row.files,
                in_units(row.bytes)
            ))?,
        }
        for digest in &row.damaged {
            complain(&format!("the attachment {digest} is lost or damaged on this desk; the backup does not hold it"));
        }
        if row.damaged.is_empty() { Ok(()) } else { Err(Failure::Findings) }
    }
}

/// How many rows of a table a backup holds.
pub(super) fn rows(manifest: &Manifest, table: &str) -> u64 {
    manifest.counts.get(table).copied().unwrap_or(0)
}

/// Tells the operator how far it has come, when it takes long.
pub(super) fn teller() -> impl FnMut(Progress) + Send {
    let mut told = Instant::now();
    move |progress| {
        if told.elapsed() < TELL {
            return;
        }
        told = Instant::now();
        complain(&match progress {
            Progress::Database { bytes, of } => format!("the database: {} of {}", in_units(bytes), in_units(of)),
            Progress::Checking => "checking the database".into(),
            Progress::Attachments { files, of } => format!("files: {files} of {of}"),
        });
    }
}

fn in_units(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{} MB", bytes / 1_000_000),
    }
}
