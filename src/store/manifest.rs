//! What a backup says about itself: every file with its digest, what the database held, and when. It is believed only
//! if the digest beside it agrees.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::StoreError;
use super::sqlite::newest;

/// The form of a backup that this program makes and knows.
const FORMAT: u32 = 1;
/// The database's name in a backup.
pub(super) const DATABASE: &str = "caredesk.db";
const MANIFEST: &str = "manifest.json";
const SEAL: &str = "manifest.sha256";

/// Why there is no backup, or why one is not restored. Nothing was put in place.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// The database did not do what it was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file could not be read or written.
    #[error("{doing}: {source}")]
    File {
        /// What was tried.
        doing: String,
        /// What the system says.
        source: io::Error,
    },
    /// It is not possible as it was asked.
    #[error("{0}")]
    Refused(String),
    /// What was kept is not what it was.
    #[error("{0}")]
    Damaged(String),
}

impl BackupError {
    pub(super) fn file(doing: impl Into<String>) -> impl FnOnce(io::Error) -> BackupError {
        let doing = doing.into();
        move |source| BackupError::File { doing, source }
    }
}

/// What a backup says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The form of the backup.
    pub format: u32,
    /// The program that made it.
    pub made_by: String,
    /// The version of the database.
    pub schema: i64,
    /// The moment that it holds.
    pub at: Timestamp,
    /// How many rows each table has.
    pub counts: BTreeMap<String, u64>,
    /// The packs that it holds, by digest.
    pub packs: Vec<String>,
    /// The pack under which new tickets begin.
    pub current_pack: Option<String>,
    /// Attachments that were lost or damaged already when it was made, by digest.
    pub damaged: Vec<String>,
    /// Every other file.
    pub files: Vec<KeptFile>,
}

/// A file of a backup.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptFile {
    /// Its place in the backup.
    pub path: String,
    /// Its length.
    pub bytes: u64,
    /// The digest of its bytes.
    pub sha256: String,
}

/// What is asked of every manifest before the rest of it is read.
#[derive(Deserialize)]
struct Versions {
    format: u32,
    schema: i64,
}

impl Manifest {
    pub(super) fn new(schema: i64, at: Timestamp) -> Self {
        Manifest {
            format: FORMAT,
            made_by: format!("caredesk {}", env!("CARGO_PKG_VERSION")),
            schema,
            at,
            counts: BTreeMap::new(),
            packs: Vec::new(),
            current_pack: None,
            damaged: Vec::new(),
            files: Vec::new(),
        }
    }

    /// Writes it into a folder, with its seal.
    pub(super) fn write(&self, folder: &Path) -> io::Result<()> {
        let text = serde_json::to_vec_pretty(self)?;
        let seal = format!("{}  {MANIFEST}\n", hex(&Sha256::digest(&text)));
        for (name, bytes) in [(MANIFEST, text.as_slice()), (SEAL, seal.as_bytes())] {
            let mut file = new_file(&folder.join(name))?;
            file.write_all(bytes)?;
            file.sync_all()?;
        }
        Ok(())
    }

    /// Reads the manifest of a backup, if it is whole and this program knows its form.
    pub fn read(folder: &Path) -> Result<Manifest, BackupError> {
        let read = |name: &str| match fs::read(folder.join(name)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                Err(BackupError::Refused(format!("{} is no whole backup: it has no {name}", folder.display())))
            }
            read => read.map_err(BackupError::file(format!("cannot read {name}"))),
        };
        let (text, seal) = (read(MANIFEST)?, read(SEAL)?);
        if seal != format!("{}  {MANIFEST}\n", hex(&Sha256::digest(&text))).into_bytes() {
            return Err(BackupError::Damaged(format!("{MANIFEST} is damaged: it is not what {SEAL} says")));
        }
        let unreadable = |error| BackupError::Damaged(format!("{MANIFEST} cannot be read: {error}"));
        let versions: Versions = serde_json::from_slice(&text).map_err(unreadable)?;
        if versions.format > FORMAT || versions.schema > newest() {
            return Err(BackupError::Refused(format!(
                "a newer version of caredesk made this backup (form {}, database {}; this one knows {FORMAT} and {}). \
                 Restore it with that version",
                versions.format,
                versions.schema,
                newest()
            )));
        }
        let manifest: Manifest = serde_json::from_slice(&text).map_err(unreadable)?;
        for file in &manifest.files {
            if !file.is_well_placed() {
                return Err(BackupError::Damaged(format!(
                    "{MANIFEST} names a file that no backup has: {:?}",
                    file.path
                )));
            }
        }
        Ok(manifest)
    }
}

impl KeptFile {
    /// An attachment, by its digest.
    pub(super) fn attachment(digest: &str, bytes: u64) -> Self {
        KeptFile { path: attachment_path(digest), bytes, sha256: digest.to_owned() }
    }

    /// Whether it is the database, or an attachment in its drawer: nothing else is ever written.
    fn is_well_placed(&self) -> bool {
        self.path == DATABASE || (is_digest(&self.sha256) && self.path == attachment_path(&self.sha256))
    }
}

/// The place of an attachment, in a backup as in a data folder.
pub(super) fn attachment_path(digest: &str) -> String {
    format!("attachments/{}/{digest}", digest.get(..2).unwrap_or_default())
}

pub(super) fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Copies a file durably into one that is new, for its owner's eyes only, and gives its length and digest.
pub(super) fn copy_durably(from: &Path, to: &Path) -> io::Result<(u64, String)> {
    let mut file = new_file(to)?;
    copy_into(from, &mut file)
}

/// Copies a file durably into an open one.
pub(super) fn copy_into(from: &Path, to: &mut File) -> io::Result<(u64, String)> {
    let copied = digest_and(from, |bytes| to.write_all(bytes))?;
    to.sync_all()?;
    Ok(copied)
}

/// The length and the digest of a file.
pub(super) fn digest_of(file: &Path) -> io::Result<(u64, String)> {
    digest_and(file, |_| Ok(()))
}

fn digest_and(file: &Path, mut with: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<(u64, String)> {
    let mut file = File::open(file)?;
    let mut buffer = vec![0; 256 * 1024];
    let (mut hasher, mut length) = (Sha256::new(), 0);
    loop {
        let read = match file.read(&mut buffer) {
            Ok(0) => return Ok((length, hex(&hasher.finalize()))),
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        let bytes = buffer.get(..read).unwrap_or_default();
        hasher.update(bytes);
        with(bytes)?;
        length += bytes.len() as u64;
    }
}

pub(super) fn new_file(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create_new(true).mode(0o600).open(path)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
