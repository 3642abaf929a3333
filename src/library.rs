//! Reads a pack from disk and checks it. What runs is kept by the store, under the pack's digest.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::policy::check::{Sources, check};
use crate::policy::finding::{Finding, Place};
use crate::policy::flow::Pack;
use crate::policy::intent::Matcher;

/// A pack that may run, with what is built from it once.
#[derive(Debug)]
pub struct Running {
    /// The checked pack.
    pub pack: Pack,
    /// Finds the flow for a first message.
    pub matcher: Matcher,
    /// The files that it was made of.
    pub files: BTreeMap<String, String>,
}

/// Why there is no pack to run.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// The folder cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The pack has errors.
    #[error("the pack has {} findings", .0.len())]
    Findings(Vec<Finding>, BTreeMap<String, String>),
}

/// All files of a pack's `flows/` and `rules/`, by their path below its folder. A file that is no text is a finding.
pub fn read(folder: &Path) -> Result<(Sources, Vec<Finding>), LibraryError> {
    let mut files = BTreeMap::new();
    let mut findings = Vec::new();
    for room in ["flows", "rules"] {
        let path = folder.join(room);
        if room == "rules" && !path.exists() {
            continue;
        }
        read_folder(&path, room, &mut files, &mut findings)?;
    }
    Ok((Sources { files }, findings))
}

fn read_folder(
    folder: &Path,
    name: &str,
    files: &mut BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> Result<(), LibraryError> {
    let unreadable = |source| LibraryError::Unreadable { path: folder.to_owned(), source };
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let Some(file) = entry.file_name().to_str().map(str::to_owned) else { continue };
        let below = format!("{name}/{file}");
        if file.starts_with('.') || file.ends_with('~') {
            continue;
        }
        let kind = entry.file_type().map_err(unreadable)?;
        // A link to a folder may lead in a circle; a pipe or a device never ends.
        if kind.is_dir() {
            read_folder(&path, &below, files, findings)?;
        } else if !path.is_file() {
            continue;
        } else if file.ends_with(".yaml") || file.ends_with(".yml") || file.ends_with(".rhai") || is_mail(&below) {
            let bytes =
                std::fs::read(&path).map_err(|source| LibraryError::Unreadable { path: path.clone(), source })?;
            match String::from_utf8(bytes) {
                Ok(text) => drop(files.insert(below, text)),
                Err(_) => findings.push(Finding::error(
                    "not-utf-8",
                    Place::start_of(&below),
                    "this file is not text in UTF-8",
                    "save it again as UTF-8",
                )),
            }
        }
    }
    Ok(())
}

/// Whether a file is a mail that a story tells.
fn is_mail(path: &str) -> bool {
    path.starts_with("flows/") && path.ends_with(".eml")
}

/// Checks files and makes the pack that may run.
pub fn load(folder: &Path) -> Result<(Arc<Running>, Vec<Finding>), LibraryError> {
    let (sources, unreadable) = read(folder)?;
    make(sources, unreadable)
}

/// Makes a pack of files that are at hand, such as those that the store has kept.
pub fn from_files(files: BTreeMap<String, String>) -> Result<Arc<Running>, LibraryError> {
    make(Sources { files }, Vec::new()).map(|(running, _)| running)
}

/// Makes a pack ready to understand first messages: what its examples teach is read from a folder, or learnt and kept
/// there. A folder that cannot be used costs the time of learning, and no more.
pub fn understand(running: &Running, folder: &Path) {
    if running.matcher.has_learnt() {
        return;
    }
    let file = folder.join(format!("{}.model", running.matcher.model_name()));
    if std::fs::read(&file).is_ok_and(|bytes| running.matcher.recall(&bytes)) {
        return;
    }
    let unfinished = folder.join(format!(".{}.{}", running.matcher.model_name(), std::process::id()));
    // A desk that has no folder yet gets none by asking what a message would start.
    if !folder.exists() && !folder.parent().is_some_and(Path::is_dir) {
        return;
    }
    let kept = std::fs::create_dir_all(folder)
        .and_then(|()| std::fs::write(&unfinished, running.matcher.keep()))
        .and_then(|()| std::fs::rename(&unfinished, &file));
    if let Err(error) = kept {
        tracing::warn!(%error, "what the examples teach could not be kept; it is learnt again the next time");
    }
}

/// Checks files that were read, and makes the pack that may run.
pub fn make(sources: Sources, unreadable: Vec<Finding>) -> Result<(Arc<Running>, Vec<Finding>), LibraryError> {
    let mut checked = check(&sources);
    let broken = !unreadable.is_empty();
    checked.findings.extend(unreadable);
    match checked.pack {
        Some(pack) if !broken => {
            let matcher = Matcher::new(&pack);
            Ok((Arc::new(Running { pack, matcher, files: sources.files }), checked.findings))
        }
        _ => Err(LibraryError::Findings(checked.findings, sources.files)),
    }
}
