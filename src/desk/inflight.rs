//! Counts how often a mail was begun and never finished. A mail that takes its reader down three times is not read a
//! fourth time.
//!
//! Each attempt is a file that its process holds locked. A file that nobody holds is an attempt that died.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::fault::{self, Point};

/// One attempt at a mail. Dropping it leaves the file: only [`Attempt::finish`] says that the mail was dealt with.
#[derive(Debug)]
pub struct Attempt {
    path: PathBuf,
    file: File,
    /// How many attempts at the same mail have died before.
    pub died_before: u32,
}

impl Attempt {
    /// Begins an attempt at the mail with this digest.
    pub fn begin(data: &Path, digest: &str) -> io::Result<Attempt> {
        let folder = data.join("inflight");
        fs::create_dir_all(&folder)?;
        let died_before = dead(&folder, |name| name.starts_with(&format!("{digest}.")))?;
        let died_before = died_before.len().try_into().unwrap_or(u32::MAX);
        let mut nth = 0_u32;
        loop {
            let name = format!("{digest}.{}.{nth}", std::process::id());
            let path = folder.join(&name);
            // Locked before it gets the name by which others count it: they must not take it for dead meanwhile.
            let unnamed = folder.join(format!(".{name}"));
            nth += 1;
            if path.exists() {
                continue;
            }
            match File::options().write(true).create_new(true).open(&unnamed) {
                Ok(file) => {
                    file.lock()?;
                    fault::at(Point::AttemptNamed);
                    match fs::rename(&unnamed, &path) {
                        Ok(()) => {
                            fault::io(Point::AttemptBegun)?;
                            return Ok(Attempt { path, file, died_before });
                        }
                        // Somebody who is done with the same mail took it for one that died before it had its lock.
                        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                        Err(error) => return Err(error),
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The mail was dealt with: this attempt and those that died are forgotten.
    pub fn finish(self, data: &Path, digest: &str) -> io::Result<()> {
        remove(&self.path)?;
        drop(self.file);
        fault::io(Point::AttemptEnded)?;
        let of_this_mail = |name: &str| name.trim_start_matches('.').starts_with(&format!("{digest}."));
        for path in dead(&data.join("inflight"), of_this_mail)? {
            remove(&path)?;
        }
        Ok(())
    }

    /// The mail could not be kept for a reason that is not the mail's: this attempt does not count.
    pub fn forget(self) {
        // A file that stays counts as one attempt too many, which only matters to a mail that kills its reader.
        let _ = fs::remove_file(&self.path);
    }
}

/// Removes a file. One that another process removed first is as good as removed.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// The attempts with such a name that no process holds any more.
fn dead(folder: &Path, of_this_mail: impl Fn(&str) -> bool) -> io::Result<Vec<PathBuf>> {
    let mut dead = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if !path.file_name().and_then(|name| name.to_str()).is_some_and(&of_this_mail) {
            continue;
        }
        match File::options().write(true).open(&path) {
            Ok(file) if file.try_lock().is_ok() => dead.push(path),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(dead)
}

#[cfg(test)]
mod tests {
    use super::Attempt;

    #[test]
    fn an_attempt_that_dies_is_counted_and_one_under_way_is_not() {
        let data = tempfile::tempdir().expect("a folder");
        let first = Attempt::begin(data.path(), "abc").expect("begins");
        let second = Attempt::begin(data.path(), "abc").expect("begins");
        assert_eq!((first.died_before, second.died_before), (0, 0));
        drop(first);
        drop(second);
        let third = Attempt::begin(data.path(), "abc").expect("begins");
        assert_eq!(third.died_before, 2);
        third.finish(data.path(), "abc").expect("finishes");
        let other = Attempt::begin(data.path(), "abc").expect("begins");
        assert_eq!(other.died_before, 0);
    }
}
