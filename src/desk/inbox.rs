//! The folder as a door: a file that is dropped into `DATA/inbox` is a mail.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::fault::{self, Point};
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
    /// How many files were taken.
    claims: u64,
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
        give_all_back(&taking, &folder);
        Ok(Inbox { folder, taking, claims: 0, seen: HashMap::new(), resting: HashMap::new(), told: None })
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
        let claimed = self.place(name);
        if let Err(error) = std::fs::rename(path, &claimed) {
            // Another desk on the same folder was faster, or the file was taken back.
            tracing::warn!(file = %path.display(), %error, "a file in the inbox could not be taken");
            return;
        }
        fault::at(Point::FileClaimed);
        let taken = match File::open(&claimed).and_then(read_whole) {
            Ok(raw) => {
                fault::at(Point::FileRead);
                let delivery = Delivery { door: Door::Folder, raw: Arc::new(raw), envelope: Envelope::default() };
                desk.take_mail(delivery).await.map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        let left = match taken {
            Ok(taken) => {
                taken.log();
                // Left behind, it is a duplicate the next time: nothing is said twice.
                fault::at(Point::FileSettled);
                std::fs::remove_file(&claimed).inspect(|()| fault::at(Point::FileRemoved))
            }
            Err(error) => {
                tracing::error!(file = %path.display(), error, "a mail could not be kept; it stays and is tried again");
                give_back(&claimed, &self.folder).map(|back| {
                    self.resting.insert(back, Instant::now());
                })
            }
        };
        if let Err(error) = left {
            tracing::error!(file = %claimed.display(), %error, "a file that was taken could not be moved");
        }
    }

    /// A place for a file while it is taken in: no other attempt, of this desk or an earlier one, has it.
    fn place(&mut self, name: &OsStr) -> PathBuf {
        loop {
            self.claims += 1;
            let mut unique = OsString::from(format!("{}.{}.", std::process::id(), self.claims));
            unique.push(name);
            let place = self.taking.join(unique);
            if !place.exists() {
                return place;
            }
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

/// Puts back what a desk left behind.
fn give_all_back(taking: &Path, inbox: &Path) {
    let Ok(entries) = std::fs::read_dir(taking) else { return };
    for entry in entries.flatten() {
        fault::at(Point::LeftoverFound);
        if let Err(error) = give_back(&entry.path(), inbox) {
            tracing::error!(file = %entry.path().display(), %error, "a mail that was left behind could not be moved back");
        }
        fault::at(Point::LeftoverGivenBack);
    }
}

/// Moves a file back into the inbox, under its own name or, if a writer has used that again, under one that is free.
/// Never over another mail: so it is linked first, which a file in the way refuses. Left in both places, it is a
/// duplicate.
fn give_back(claimed: &Path, inbox: &Path) -> io::Result<PathBuf> {
    let name = claimed.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let name = own_name(&name);
    let mut place = inbox.join(name);
    let mut nth = 1_u32;
    loop {
        match std::fs::hard_link(claimed, &place) {
            Ok(()) => {
                std::fs::remove_file(claimed)?;
                return Ok(place);
            }
            Err(_) if place.exists() => {
                nth += 1;
                place = inbox.join(format!("{nth}.{name}"));
            }
            // A file system without links.
            Err(_) => {
                std::fs::rename(claimed, &place)?;
                return Ok(place);
            }
        }
    }
}

/// The name that a file had in the inbox.
fn own_name(claimed: &str) -> &str {
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match claimed.splitn(3, '.').collect::<Vec<_>>()[..] {
        [process, claim, name] if is_number(process) && is_number(claim) && !name.is_empty() => name,
        _ => claimed,
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::Inbox;

    #[test]
    fn what_was_left_behind_comes_back_and_overwrites_nothing() {
        let data = tempfile::tempdir().expect("a folder");
        let at = |path: &str| data.path().join(path);
        for folder in ["inbox", "taking"] {
            fs::create_dir(at(folder)).expect("a folder");
        }
        for (path, text) in [("inbox/a.eml", "new"), ("taking/77.1.a.eml", "old"), ("taking/78.3.a.eml", "older")] {
            fs::write(at(path), text).expect("a file");
        }
        Inbox::open(data.path()).expect("it opens");
        let mut texts: Vec<String> = fs::read_dir(at("inbox"))
            .expect("a folder")
            .map(|entry| fs::read_to_string(entry.expect("an entry").path()).expect("a text"))
            .collect();
        texts.sort();
        assert_eq!(texts, ["new", "old", "older"]);
        assert_eq!(fs::read_to_string(at("inbox/a.eml")).expect("a text"), "new");
        assert_eq!(fs::read_dir(at("taking")).expect("a folder").count(), 0);
    }
}
