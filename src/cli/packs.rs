//! `packs`: every pack that ran here, when, by whom, and what differs between them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use jiff::Timestamp;
use serde::Serialize;

use crate::desk::publishing;
use crate::policy::compare::{self, Version};
use crate::policy::flow::Digest;
use crate::store::{KeptPack, Publication, Store, Turn};

use super::publish::told::{self, short};
use super::{Failure, Format, Settings, open, print};

/// List the packs that ran here.
///
/// Each line is a publication, the newest first: its number, its pack, when, who and why, and how many requests are under
/// way under that pack. Packs that a desk followed from a folder, before anything was published, come last.
#[derive(Debug, Args)]
pub(super) struct Packs {
    #[command(subcommand)]
    command: Option<PacksCommand>,
}

#[derive(Debug, Subcommand)]
enum PacksCommand {
    /// Show one pack: its publications, its files, what it changed.
    Show {
        /// Its digest, or the beginning of it.
        digest: String,
    },
    /// Say in plain sentences what differs between two packs.
    Diff {
        /// The older one: its digest, or the beginning of it.
        older: String,
        /// The newer one.
        newer: String,
    },
    /// Write a pack's files into a folder, as they were.
    Export {
        /// Its digest, or the beginning of it.
        digest: String,
        /// A folder that is empty or not there yet.
        folder: PathBuf,
    },
}

/// A line, for programs.
#[derive(Debug, Serialize)]
struct Row<'a> {
    pack: &'a str,
    number: Option<u64>,
    kind: Option<Turn>,
    at: Timestamp,
    who: Option<&'a str>,
    note: &'a str,
    current: bool,
    open: u64,
}

impl Packs {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let store = open::known_store(settings).await?;
        match self.command {
            None => list(&store, settings.format).await,
            Some(PacksCommand::Show { digest }) => show(&store, &digest, settings.format).await,
            Some(PacksCommand::Diff { older, newer }) => {
                let (older, newer) = (read(&store, &older).await?, read(&store, &newer).await?);
                told::changes(&super::publish::between(&older, &newer), settings.format)
            }
            Some(PacksCommand::Export { digest, folder }) => export(&store, &digest, &folder, settings.format).await,
        }
    }
}

async fn read(store: &Store, written: &str) -> Result<crate::desk::Running, Failure> {
    let digest = publishing::named(store, written).await?;
    Ok(publishing::kept(store, &digest).await?)
}

async fn list(store: &Store, format: Format) -> Result<(), Failure> {
    let (published, packs) = (store.published().await?, store.packs().await?);
    let current = store.current_pack().await?;
    let rows = rows(&published, &packs, current.as_ref());
    match format {
        Format::Json => rows.iter().try_for_each(print::json),
        Format::Text if rows.is_empty() => print::text("No pack ran here yet."),
        Format::Text => print::text(&rows.iter().map(line).collect::<Vec<_>>().join("\n")),
    }
}

fn rows<'a>(published: &'a [Publication], packs: &'a [KeptPack], current: Option<&Digest>) -> Vec<Row<'a>> {
    let open: BTreeMap<&Digest, u64> = packs.iter().map(|kept| (&kept.digest, kept.open)).collect();
    let runs = published.first().map(|last| last.number);
    let mut rows: Vec<Row<'a>> = published
        .iter()
        .map(|row| Row {
            pack: &row.pack.0,
            number: Some(row.number),
            kind: Some(row.turn),
            at: row.at,
            who: Some(&row.who),
            note: &row.note,
            current: runs == Some(row.number),
            open: open.get(&row.pack).copied().unwrap_or(0),
        })
        .collect();
    let followed = packs.iter().filter(|kept| !published.iter().any(|row| row.pack == kept.digest));
    rows.extend(followed.map(|kept| Row {
        pack: &kept.digest.0,
        number: None,
        kind: None,
        at: kept.kept_at,
        who: None,
        note: "followed from the folder",
        current: published.is_empty() && current == Some(&kept.digest),
        open: kept.open,
    }));
    rows
}

fn line(row: &Row<'_>) -> String {
    let number = row.number.map_or_else(|| "   –".into(), |number| format!("{number:>4}"));
    let back = if row.kind == Some(Turn::Rollback) { "went back: " } else { "" };
    let who = row.who.map(|who| format!("{who}: ")).unwrap_or_default();
    let runs = if row.current { "  RUNS" } else { "" };
    let at = row.at.strftime("%Y-%m-%d %H:%M");
    format!("{number}  {}  {at}  {:>4} under way  {who}{back}{}{runs}", short(row.pack), row.open, row.note)
        .trim_end()
        .to_owned()
}

/// A pack, whole.
#[derive(Debug, Serialize)]
struct Whole<'a> {
    pack: &'a str,
    current: bool,
    open: u64,
    publications: Vec<Row<'a>>,
    files: Vec<&'a String>,
    changes: Vec<compare::Change>,
}

async fn show(store: &Store, written: &str, format: Format) -> Result<(), Failure> {
    let digest = publishing::named(store, written).await?;
    let (published, packs) = (store.published().await?, store.packs().await?);
    let current = store.current_pack().await?;
    let of_pack = rows(&published, &packs, current.as_ref()).into_iter().filter(|row| row.pack == digest.0);
    let files = store.pack_files(&digest).await?.unwrap_or_default();
    let before = published.iter().rfind(|row| row.pack == digest).and_then(|row| row.ran_before.clone());
    let whole = Whole {
        pack: &digest.0,
        current: current.as_ref() == Some(&digest),
        open: packs.iter().find(|kept| kept.digest == digest).map_or(0, |kept| kept.open),
        publications: of_pack.collect(),
        files: files.keys().collect(),
        changes: changed_by(store, &digest, before.as_ref()).await,
    };
    match format {
        Format::Json => print::json(&whole),
        Format::Text => {
            let head = whole.publications.iter().map(line).collect::<Vec<_>>().join("\n");
            print::text(&format!("{head}\n\nWhole name: {digest}\n{} files.", whole.files.len()))?;
            if before.is_none() {
                return Ok(());
            }
            print::text("\nWhat it changed:")?;
            told::changes(&whole.changes, format)
        }
    }
}

/// What a pack changed when it was published; nothing where one of the two cannot be read any more.
async fn changed_by(store: &Store, digest: &Digest, before: Option<&Digest>) -> Vec<compare::Change> {
    let Some(before) = before else { return Vec::new() };
    match (publishing::kept(store, before).await, publishing::kept(store, digest).await) {
        (Ok(was), Ok(is)) => compare::changes(
            Version { pack: &was.pack, files: &was.files },
            Version { pack: &is.pack, files: &is.files },
        ),
        _ => Vec::new(),
    }
}

async fn export(store: &Store, written: &str, folder: &Path, format: Format) -> Result<(), Failure> {
    let digest = publishing::named(store, written).await?;
    let files = store.pack_files(&digest).await?.unwrap_or_default();
    let filled = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if filled {
        return Err(Failure::Usage(format!("{} is not empty", folder.display())));
    }
    for (path, text) in &files {
        let file = folder.join(path);
        let parent = file.parent().unwrap_or(folder);
        std::fs::create_dir_all(parent)
            .and_then(|()| std::fs::write(&file, text))
            .map_err(|error| Failure::TryLater(format!("cannot write {}: {error}", file.display())))?;
    }
    #[derive(Serialize)]
    struct Exported<'a> {
        pack: &'a str,
        folder: String,
        files: usize,
    }
    let row = Exported { pack: &digest.0, folder: folder.display().to_string(), files: files.len() };
    match format {
        Format::Json => print::json(&row),
        Format::Text => print::text(&format!("{} files of {} are in {}.", row.files, short(row.pack), row.folder)),
    }
}
