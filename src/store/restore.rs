//! A backup put in place: copied and checked beside the place first, so that what takes the place is whole. The last
//! thing that is done is one rename; before it there is no desk to start.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use super::StoreError;
use super::backup::{Progress, apart, close, describe, digests_in, make_folder, parent_of, sync_folder};
use super::manifest::{BackupError, DATABASE, KeptFile, Manifest, copy_durably, copy_into, new_file};
use super::rows::micros;
use super::sqlite::{self, Connection};

/// What was restored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Restored {
    /// What the backup says about itself.
    pub manifest: Manifest,
    /// Letters that had not gone when the backup was made. They are kept back: they may have gone since.
    pub letters_held: u64,
}

/// Puts a backup into a data folder that is empty, with its database where the desk looks for it.
pub async fn restore(
    backup: &Path,
    data: &Path,
    database: &Path,
    now: Timestamp,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<Restored, BackupError> {
    let manifest = Manifest::read(backup)?;
    let place = Place::claim(data, database)?;
    let restored = stage(backup, &place, manifest, now, told).await;
    match restored {
        Ok(restored) => {
            place.put().map_err(BackupError::file(format!("cannot put the backup into {}", data.display())))?;
            Ok(restored)
        }
        Err(error) => {
            // The first error is the one that matters; what stays is removed by the next restore.
            let _ = place.clear();
            Err(error)
        }
    }
}

/// Where the database lies while it is being restored: as long as it is there, the desk does not start.
pub(super) fn staged(database: &Path) -> PathBuf {
    let name = database.file_name().unwrap_or_default().to_string_lossy();
    database.with_file_name(format!(".{name}.restoring"))
}

async fn stage(
    backup: &Path,
    place: &Place,
    manifest: Manifest,
    now: Timestamp,
    told: &mut (dyn FnMut(Progress) + Send),
) -> Result<Restored, BackupError> {
    let of = manifest.files.len();
    for (n, file) in manifest.files.iter().enumerate() {
        told(Progress::Attachments { files: n, of });
        place.take(backup, file).await?;
    }
    told(Progress::Checking);
    check(place, &manifest).await?;
    let mut db = sqlite::lone(&place.staged).await?;
    sqlite::bring_lone_up_to_date(&mut db).await?;
    let failure = format!("restored from a backup of {}; check whether it has gone before you send it", manifest.at);
    let letters_held = hold_letters(&mut db, &failure, now).await?;
    close(db).await?;
    File::open(&place.staged)
        .and_then(|file| file.sync_all())
        .map_err(BackupError::file("cannot keep the database"))?;
    Ok(Restored { manifest, letters_held })
}

/// Whether the database is what the manifest says, and all that it speaks of is there.
async fn check(place: &Place, manifest: &Manifest) -> Result<(), BackupError> {
    if manifest.files.iter().filter(|file| file.path == DATABASE).count() != 1 {
        return Err(BackupError::Damaged("the backup has no database".into()));
    }
    let found = describe(&place.staged, manifest.at).await?;
    let said = (manifest.schema, &manifest.counts, &manifest.packs, &manifest.current_pack);
    if (found.schema, &found.counts, &found.packs, &found.current_pack) != said {
        return Err(BackupError::Damaged("the database does not hold what the manifest says".into()));
    }
    for digest in digests_in(&place.staged).await? {
        let kept = manifest.files.iter().any(|file| file.path != DATABASE && file.sha256 == digest);
        if !kept && !manifest.damaged.contains(&digest) {
            return Err(BackupError::Damaged(format!("the attachment {digest} is not in the backup")));
        }
    }
    Ok(())
}

/// The folder and the file that a backup goes into.
struct Place {
    data: PathBuf,
    database: PathBuf,
    staged: PathBuf,
    /// Held while a restore is at work: what nobody holds was left by one that died.
    lock: File,
}

impl Place {
    fn claim(data: &Path, database: &Path) -> Result<Place, BackupError> {
        let staged = staged(database);
        if database.exists() {
            return Err(taken(database));
        }
        let unable = format!("cannot write to {}", data.display());
        let left_behind = File::options().write(true).open(&staged).ok();
        if left_behind.as_ref().is_some_and(|file| file.try_lock().is_err()) {
            return Err(BackupError::Refused("another restore into this folder is under way".into()));
        }
        let entries = match fs::read_dir(data) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>().map_err(BackupError::file(unable.clone()))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(BackupError::file(unable)(error)),
        };
        // A restore that died began in an empty folder: what lies there is its own.
        if left_behind.is_none()
            && let Some(entry) = entries.iter().find(|entry| entry.file_name() != "lost+found")
        {
            return Err(taken(&entry.path()));
        }
        let begin = || {
            make_folder(data)?;
            make_folder(parent_of(database))?;
            if left_behind.is_some() {
                clear(data, &staged)?;
            }
            let lock = new_file(&staged)?;
            lock.lock()?;
            Ok(lock)
        };
        let lock = begin().map_err(|error: io::Error| match error.kind() {
            io::ErrorKind::AlreadyExists => {
                BackupError::Refused("another restore into this folder is under way".into())
            }
            _ => BackupError::file(unable)(error),
        })?;
        Ok(Place { data: data.to_owned(), database: database.to_owned(), staged, lock })
    }

    /// Copies one file of the backup to where it waits, if it is what the manifest says.
    async fn take(&self, backup: &Path, file: &KeptFile) -> Result<(), BackupError> {
        let from = backup.join(&file.path);
        let damaged = |what: &str| BackupError::Damaged(format!("the backup is damaged: {} {what}", file.path));
        let copied = if file.path == DATABASE {
            let lock = self.lock.try_clone().map_err(BackupError::file("cannot write the database"))?;
            apart(move || copy_into(&from, &mut { lock })).await?
        } else {
            let to = self.data.join(&file.path);
            apart(move || {
                let drawer = parent_of(&to);
                make_folder(drawer)?;
                let copied = copy_durably(&from, &to)?;
                sync_folder(drawer)?;
                Ok(copied)
            })
            .await?
        };
        match copied {
            Ok(copied) if copied == (file.bytes, file.sha256.clone()) => Ok(()),
            Ok(_) => Err(damaged("is not what the manifest says")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(damaged("is not there")),
            Err(error) => Err(BackupError::file(format!("cannot copy {}", file.path))(error)),
        }
    }

    /// Gives the database its name. Before this there is no desk; after it there is all of it.
    fn put(&self) -> io::Result<()> {
        if self.data.join("attachments").exists() {
            sync_folder(&self.data.join("attachments"))?;
        }
        sync_folder(&self.data)?;
        fs::rename(&self.staged, &self.database)?;
        sync_folder(parent_of(&self.database))
    }

    fn clear(&self) -> io::Result<()> {
        clear(&self.data, &self.staged)
    }
}

/// Removes what a restore that came to nothing has left: the database last, for it says that there was one.
fn clear(data: &Path, staged: &Path) -> io::Result<()> {
    let gone = |result: io::Result<()>| match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    gone(fs::remove_dir_all(data.join("attachments")))?;
    let journal = format!("{}-journal", staged.display());
    gone(fs::remove_file(journal))?;
    gone(fs::remove_file(staged))
}

fn taken(path: &Path) -> BackupError {
    BackupError::Refused(format!(
        "{} is there already. A backup is restored into an empty folder: move the old one away, or name another with \
         --data",
        path.display()
    ))
}

/// Keeps back every letter that had not gone. Says how many.
async fn hold_letters(db: &mut Connection, failure: &str, at: Timestamp) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE outbox
         SET state = 'failed',
             failure = $1,
             settled_at = $2,
             leased_until = NULL,
             held = 0,
             untold = 1
         WHERE state IN ('queued', 'leased', 'sending')
           AND channel IN ('mail', 'text')",
    )
    .bind(failure)
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}
