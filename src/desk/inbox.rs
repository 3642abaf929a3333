//! The folder as a door: a file that is dropped into `DATA/inbox` is a mail.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::mail::{Envelope, Limits};
use crate::store::Door;

use super::Desk;
use super::intake::Delivery;
use super::stop::Stop;

/// How often the folder is looked into.
const LOOK: Duration = Duration::from_millis(200);
/// How long a mail that could not be kept is left alone.
const REST: Duration = Duration::from_secs(5);

/// The inbox folder and what is known of its files.
#[derive(Debug)]
pub struct Inbox {
    folder: PathBuf,
    /// Where a file lies while its mail is taken in.
    taking: PathBuf,
    /// Files as they looked the last time: one that still changes is not whole yet.
    seen: HashMap<PathBuf, (u64, SystemTime)>,
    /// Files that could not be kept, and since when they rest.
    resting: HashMap<PathBuf, Instant>,
    /// The trouble with the folder that was last told, so that it is told once and not at every look.
    told: Option<String>,
}

impl Inbox {
    /// Makes the folders of a desk, and puts back what a desk that was stopped in the midst of it left behind.
    pub fn open(data: &Path) -> io::Result<Inbox> {
        let (folder, taking) = (data.join("inbox"), data.join("taking"));
        for folder in [&folder, &taking] {
            std::fs::create_dir_all(folder)
                .map_err(|error| io::Error::new(error.kind(), format!("cannot make {}: {error}", folder.display())))?;
        }
        give_back(&taking, &folder);
        Ok(Inbox { folder, taking, seen: HashMap::new(), resting: HashMap::new(), told: None })
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes in what is dropped, until the desk stops.
    pub async fn run(mut self, desk: Arc<Desk>, mut stop: Stop) {
        loop {
            for path in self.whole_files() {
                self.take(&desk, &path).await;
                if stop.is_asked() {
                    return;
                }
            }
            if stop.sleep(LOOK).await {
                return;
            }
        }
    }

    /// Files that have not changed since the last look, oldest name first.
    fn whole_files(&mut self) -> Vec<PathBuf> {
        let entries = match std::fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) => {
                self.tell_once(format!("cannot read {}: {error}", self.folder.display()));
                return Vec::new();
            }
        };
        let mut present = HashMap::new();
        let mut whole = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            let unfinished = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            let Ok(about) = entry.metadata() else { continue };
            let (true, false, Ok(changed)) = (about.is_file(), unfinished, about.modified()) else { continue };
            let state = (about.len(), changed);
            if self.seen.get(&path) == Some(&state)
                && self.resting.get(&path).is_none_or(|since| since.elapsed() >= REST)
            {
                whole.push(path.clone());
            }
            present.insert(path, state);
        }
        self.seen = present;
        self.resting.retain(|path, _| self.seen.contains_key(path));
        whole.sort();
        whole
    }

    /// Takes one file in. It leaves the inbox first, so that a writer who uses its name again loses nothing; it is removed
    /// once its mail is kept, and goes back into the inbox if it could not be.
    async fn take(&mut self, desk: &Desk, path: &Path) {
        let Some(name) = path.file_name() else { return };
        let claimed = self.taking.join(name);
        if let Err(error) = std::fs::rename(path, &claimed) {
            // Another desk on the same folder was faster, or the file was taken back.
            tracing::warn!(file = %path.display(), %error, "a file in the inbox could not be taken");
            return;
        }
        let taken = match File::open(&claimed).and_then(read_whole) {
            Ok(raw) => {
                let delivery = Delivery { door: Door::Folder, raw: Arc::new(raw), envelope: Envelope::default() };
                desk.take_mail(delivery).await.map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        let left = match taken {
            Ok(taken) => {
                taken.log();
                // Left behind, it is a duplicate the next time: nothing is said twice.
                std::fs::remove_file(&claimed)
            }
            Err(error) => {
                tracing::error!(file = %path.display(), error, "a mail could not be kept; it stays and is tried again");
                self.resting.insert(path.to_owned(), Instant::now());
                std::fs::rename(&claimed, path)
            }
        };
        if let Err(error) = left {
            tracing::error!(file = %claimed.display(), %error, "a file that was taken could not be moved");
        }
    }

    fn tell_once(&mut self, trouble: String) {
        if self.told.as_ref() != Some(&trouble) {
            tracing::error!(trouble, "a folder cannot be read");
            self.told = Some(trouble);
        }
    }
}

/// Reads a mail, and one byte more than a mail may have: the gate then sees that it is too large. What comes behind is
/// not read, so that an endless one ends.
pub fn read_whole(source: impl io::Read) -> io::Result<Vec<u8>> {
    let most = u64::try_from(Limits::default().mail_bytes).unwrap_or(u64::MAX).saturating_add(1);
    let mut raw = Vec::new();
    source.take(most).read_to_end(&mut raw)?;
    Ok(raw)
}

fn give_back(taking: &Path, inbox: &Path) {
    let Ok(entries) = std::fs::read_dir(taking) else { return };
    for entry in entries.flatten() {
        if let Err(error) = std::fs::rename(entry.path(), inbox.join(entry.file_name())) {
            tracing::error!(file = %entry.path().display(), %error, "a mail that was left behind could not be moved back");
        }
    }
}
