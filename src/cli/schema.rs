//! `schema`: JSON Schema of the pack's files, for editors that complete and check while somebody types.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::library::{self, LibraryError};
use crate::policy::editor::{FileKind, Names, schema};
use crate::policy::finding::did_you_mean;

use super::{Failure, Settings, print};

/// Print JSON Schema of the pack's files, with the pack's own names.
///
/// Without a kind, all kinds: one object a line, each with its `kind`, the `files` that it is for, and the `schema`.
#[derive(Debug, Args)]
pub(super) struct Schema {
    /// Only this kind: desk, facts, flow, answers, scenarios, examples, world or table.
    kind: Option<String>,
    /// Write each into this folder, as KIND.schema.json.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

impl Schema {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let kinds = match self.kind.as_deref() {
            None => FileKind::ALL.to_vec(),
            Some(name) => vec![named(name)?],
        };
        // The names of a pack with findings are names all the same.
        let (sources, _) = library::read(&settings.pack).map_err(|error| match error {
            LibraryError::Unreadable { .. } => Failure::Usage(format!("{error}. Name the pack's folder with --pack")),
            error @ LibraryError::Findings(..) => Failure::Other(error.to_string()),
        })?;
        let names = Names::of(&sources.files);
        for kind in &kinds {
            let made = schema(*kind, &names);
            match &self.out {
                Some(folder) => write(folder, *kind, &made)?,
                None if kinds.len() == 1 => print::text(&pretty(&made)?)?,
                None => print::json(&serde_json::json!({
                    "kind": kind.name(), "files": kind.pattern(), "schema": made,
                }))?,
            }
        }
        Ok(())
    }
}

fn named(name: &str) -> Result<FileKind, Failure> {
    FileKind::ALL.into_iter().find(|kind| kind.name() == name).ok_or_else(|| {
        let help = did_you_mean(name, FileKind::ALL.into_iter().map(FileKind::name));
        Failure::Usage(format!("there is no kind of file called `{name}`: {help}"))
    })
}

fn pretty(schema: &serde_json::Value) -> Result<String, Failure> {
    serde_json::to_string_pretty(schema).map_err(|error| Failure::Other(format!("cannot print the schema: {error}")))
}

fn write(folder: &Path, kind: FileKind, schema: &serde_json::Value) -> Result<(), Failure> {
    let path = folder.join(format!("{}.schema.json", kind.name()));
    let text = pretty(schema)?;
    std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&path, text + "\n"))
        .map_err(|error| Failure::Other(format!("cannot write {}: {error}", path.display())))?;
    print::text(&format!("{}  for {}", path.display(), kind.pattern()))
}
