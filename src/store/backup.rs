//! A backup: the database as of one moment and every attachment that it speaks of, in a folder that is whole or is not
//! there. Others go on reading and writing meanwhile.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;

use super::manifest::{BackupError, DATABASE, KeptFile, Manifest, copy_durably, digest_of, is_digest, new_file};
use super::rows::Spot;
use super::sqlite::{self, Connection};
use super::{Store, StoreError};

/// How often the copying of the database is told of.
const TELL: Duration = Duration::from_secs(1);

/// How far a backup or a restore has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Progress {
    /// The database is being written.
    Database {
        /// Bytes so far.
        bytes: u64,
        /// Bytes in all, at most.
        of: u64,
    },
    /// The database is being checked.
    Checking,
    /// Attachments are being copied.
    Attachments {
        /// Files so far.
        files: usize,
        /// Files in all.
        of: usize,
    },
}

impl Store {
    /// Makes a backup in a new folder, and gives what it holds. `at` names it.
    pub async fn back_up(
        &self,
        folder: &Path,
        at: Timestamp,
        told: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Manifest, BackupError> {
        let unfinished = Unfinished::begin(folder)?;
        let mut manifest = self.copy_database(&unfinished.folder, at, told).await?;
        self.copy_attachments(&unfinished.folder, &mut manifest, told).await?;
        manifest.write(&unfinished.folder).map_err(BackupError::file("cannot write the manifest"))?;
        unfinished.finish(folder)?;
        Ok(manifest)
    }

    async fn copy_database(
        &self,
        folder: &Path,
        at: Timestamp,
        told: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<Manifest, BackupError> {
        let file = folder.join(DATABASE);
        let path = file.to_str().ok_or_else(|| BackupError::Refused("the folder's name is not UTF-8".into()))?;
        let mut reader = self.readers.acquire().await.map_err(StoreError::from)?;
        let of = sqlite::size(&mut reader).await?;
        {
            let copying = sqlite::copy_into(&mut reader, path);
            tokio::pin!(copying);
            loop {
                tokio::select! {
                    copied = &mut copying => break copied?,
                    () = tokio::time::sleep(TELL) => {
                        let bytes = fs::metadata(&file).map_or(0, |about| about.len());
                        told(Progress::Database { bytes, of });
                    }
                }
            }
        }
        drop(reader);
        told(Progress::Checking);
        let manifest = describe(&file, at).await?;
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600))
            .and_then(|()| File::open(&file)?.sync_all())
            .map_err(BackupError::file("cannot keep the copy of the database"))?;
        let (bytes, sha256) = apart(move || digest_of(&file))
            .await?
            .map_err(BackupError::file("cannot read the copy of the database"))?;
        let database = KeptFile { path: DATABASE.into(), bytes, sha256 };
        Ok(Manifest { files: vec![database], ..manifest })
    }

    /// Copies each attachment whose bytes are what its name says. Rows come later than files, so each is there.
    async fn copy_attachments(
        &self,
        folder: &Path,
        manifest: &mut Manifest,
        told: &mut (dyn FnMut(Progress) + Send),
    ) -> Result<(), BackupError> {
        let digests = digests_in(&folder.join(DATABASE)).await?;
        let of = digests.len();
        for (n, digest) in digests.into_iter().enumerate() {
            told(Progress::Attachments { files: n, of });
            let kept = KeptFile::attachment(&digest, 0);
            let (from, to) = (self.data.join(&kept.path), folder.join(&kept.path));
            let sound = is_digest(&digest);
            let copied = apart(move || if sound { copy_attachment(&from, &to, &digest) } else { Ok(None) }).await?;
            match copied.map_err(BackupError::file("cannot copy an attachment"))? {
                Some(bytes) => manifest.files.push(KeptFile { bytes, ..kept }),
                None => manifest.damaged.push(kept.sha256),
            }
        }
        told(Progress::Attachments { files: of, of });
        Ok(())
    }
}

/// What a database holds, once it has been found sound.
pub(super) async fn describe(file: &Path, at: Timestamp) -> Result<Manifest, BackupError> {
    let mut db = sqlite::lone(file).await?;
    sqlite::demand_sound(&mut db).await?;
    let mut manifest = Manifest::new(sqlite::version(&mut db).await?, at);
    let spot = Spot { table: "backup", key: "count" };
    let mut rows = counts(&mut db).await?;
    // A backup of an older version is described before it is brought up to date.
    if manifest.schema >= AGENTS_SINCE {
        rows.extend(agent_counts(&mut db).await?);
    }
    if manifest.schema >= CHATS_SINCE {
        rows.extend(chat_counts(&mut db).await?);
    }
    if manifest.schema >= TELEGRAM_SINCE {
        rows.extend(telegram_counts(&mut db).await?);
    }
    if manifest.schema >= PUBLISHED_SINCE {
        rows.push(published_count(&mut db).await?);
    }
    if manifest.schema >= LISTENING_SINCE {
        rows.push(listening_count(&mut db).await?);
    }
    for (table, count) in rows {
        manifest.counts.insert(table, spot.number("count", count)?);
    }
    manifest.packs = packs(&mut db).await?;
    manifest.current_pack = current_pack(&mut db).await?;
    close(db).await?;
    Ok(manifest)
}

pub(super) async fn digests_in(file: &Path) -> Result<Vec<String>, StoreError> {
    let mut db = sqlite::lone(file).await?;
    let digests = digests(&mut db).await?;
    close(db).await?;
    Ok(digests)
}

pub(super) async fn close(db: Connection) -> Result<(), StoreError> {
    use sqlx::Connection as _;
    Ok(db.close().await?)
}

/// Work on files, on a thread where waiting harms nobody.
pub(super) async fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, BackupError> {
    let ended = tokio::task::spawn_blocking(work).await;
    ended.map_err(|_| BackupError::Refused("an internal fault stopped the copying".into()))
}

/// Makes what was written to a folder last.
pub(super) fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

pub(super) fn make_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Copies an attachment, and gives its length; nothing, if it is lost or damaged.
fn copy_attachment(from: &Path, to: &Path, digest: &str) -> io::Result<Option<u64>> {
    let drawer = to.parent().unwrap_or(to);
    make_folder(drawer)?;
    let copied = match copy_durably(from, to) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        copied => copied?,
    };
    if copied.1 != digest {
        fs::remove_file(to)?;
        return Ok(None);
    }
    sync_folder(drawer)?;
    Ok(Some(copied.0))
}

/// A backup that is being made, under a name by which nobody takes it for one. Dropped, it is removed.
struct Unfinished {
    folder: PathBuf,
    /// Held for as long as its maker lives: what nobody holds is a maker's that died.
    _lock: File,
    done: bool,
}

impl Unfinished {
    fn begin(folder: &Path) -> Result<Unfinished, BackupError> {
        let name = folder.file_name().ok_or_else(|| BackupError::Refused("name a new folder for the backup".into()))?;
        if fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some()) || folder.is_file() {
            return Err(BackupError::Refused(format!(
                "{} is there already. A backup is a new folder: name one after the day, for instance",
                folder.display()
            )));
        }
        let parent = parent_of(folder);
        let unfinished = parent.join(format!(".{}.unfinished", name.to_string_lossy()));
        let lock = make_folder(parent).and_then(|()| claim(&unfinished));
        let lock = lock.map_err(BackupError::file(format!("cannot write to {}", parent.display())))?;
        let lock = lock.ok_or_else(|| BackupError::Refused("this backup is being made already".into()))?;
        Ok(Unfinished { folder: unfinished, _lock: lock, done: false })
    }

    /// Makes it last, and gives it its name.
    fn finish(mut self, folder: &Path) -> Result<(), BackupError> {
        let end = || {
            fs::remove_file(self.folder.join(LOCK))?;
            if self.folder.join("attachments").exists() {
                sync_folder(&self.folder.join("attachments"))?;
            }
            sync_folder(&self.folder)?;
            fs::rename(&self.folder, folder)?;
            sync_folder(parent_of(folder))
        };
        end().map_err(BackupError::file(format!("cannot make {}", folder.display())))?;
        self.done = true;
        Ok(())
    }
}

impl Drop for Unfinished {
    fn drop(&mut self) {
        if !self.done {
            // What stays is removed when the same backup is made again.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

const LOCK: &str = ".lock";

/// A new folder, locked. What a maker who died left there is removed; nothing is given while another is at work.
fn claim(folder: &Path) -> io::Result<Option<File>> {
    let lock = folder.join(LOCK);
    if folder.exists() {
        if let Ok(file) = File::options().write(true).open(&lock)
            && file.try_lock().is_err()
        {
            return Ok(None);
        }
        fs::remove_dir_all(folder)?;
    }
    make_folder(folder)?;
    let file = new_file(&lock)?;
    file.lock()?;
    Ok(Some(file))
}

/// The folder around a path; of a bare name, the present one.
pub(super) fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

async fn digests(db: &mut Connection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query_scalar(
        "SELECT DISTINCT digest
         FROM attachment
         ORDER BY digest",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn packs(db: &mut Connection) -> Result<Vec<String>, StoreError> {
    let rows = sqlx::query_scalar(
        "SELECT digest
         FROM pack
         ORDER BY digest",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn current_pack(db: &mut Connection) -> Result<Option<String>, StoreError> {
    let digest = sqlx::query_scalar(
        "SELECT pack
         FROM current_pack
         WHERE one = 1",
    )
    .fetch_optional(db)
    .await?;
    Ok(digest)
}

/// The version of the database since which there are agents in it.
const AGENTS_SINCE: i64 = 4;

/// How many rows the tables have that came with the agents.
async fn agent_counts(db: &mut Connection) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT 'agent' AS name, COUNT(*) FROM agent
         UNION ALL SELECT 'agent_queue', COUNT(*) FROM agent_queue
         UNION ALL SELECT 'bundle', COUNT(*) FROM bundle
         UNION ALL SELECT 'notice', COUNT(*) FROM notice
         UNION ALL SELECT 'notice_told', COUNT(*) FROM notice_told
         ORDER BY name",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// The version of the database since which conversations are in it.
const CHATS_SINCE: i64 = 7;

/// How many rows the tables have that came with conversations.
async fn chat_counts(db: &mut Connection) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT 'chat_line' AS name, COUNT(*) FROM chat_line
         UNION ALL SELECT 'web_session', COUNT(*) FROM web_session
         ORDER BY name",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// The version of the database since which Telegram is in it.
const TELEGRAM_SINCE: i64 = 8;

/// How many rows the tables have that came with Telegram.
async fn telegram_counts(db: &mut Connection) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT 'telegram_chat' AS name, COUNT(*) FROM telegram_chat
         UNION ALL SELECT 'telegram_link', COUNT(*) FROM telegram_link
         UNION ALL SELECT 'telegram_update', COUNT(*) FROM telegram_update
         ORDER BY name",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// The version of the database since which packs are published in it.
const PUBLISHED_SINCE: i64 = 9;

/// How many rows there are of what was published.
async fn published_count(db: &mut Connection) -> Result<(String, i64), StoreError> {
    let row = sqlx::query_as("SELECT 'published' AS name, COUNT(*) FROM published").fetch_one(db).await?;
    Ok(row)
}

/// The version of the database since which waits listen to the directory.
const LISTENING_SINCE: i64 = 10;

/// How many rows of the directory are listened to.
async fn listening_count(db: &mut Connection) -> Result<(String, i64), StoreError> {
    let row = sqlx::query_as("SELECT 'listening' AS name, COUNT(*) FROM listening").fetch_one(db).await?;
    Ok(row)
}

/// How many rows each table has.
async fn counts(db: &mut Connection) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT 'account' AS name, COUNT(*) FROM account
         UNION ALL SELECT 'attachment', COUNT(*) FROM attachment
         UNION ALL SELECT 'content', COUNT(*) FROM content
         UNION ALL SELECT 'current_pack', COUNT(*) FROM current_pack
         UNION ALL SELECT 'directory_history', COUNT(*) FROM directory_history
         UNION ALL SELECT 'escalation', COUNT(*) FROM escalation
         UNION ALL SELECT 'filed', COUNT(*) FROM filed
         UNION ALL SELECT 'intake', COUNT(*) FROM intake
         UNION ALL SELECT 'journal', COUNT(*) FROM journal
         UNION ALL SELECT 'old_address', COUNT(*) FROM old_address
         UNION ALL SELECT 'organisation', COUNT(*) FROM organisation
         UNION ALL SELECT 'outbox', COUNT(*) FROM outbox
         UNION ALL SELECT 'pack', COUNT(*) FROM pack
         UNION ALL SELECT 'pack_file', COUNT(*) FROM pack_file
         UNION ALL SELECT 'passcode', COUNT(*) FROM passcode
         UNION ALL SELECT 'quarantine', COUNT(*) FROM quarantine
         UNION ALL SELECT 'received', COUNT(*) FROM received
         UNION ALL SELECT 'role', COUNT(*) FROM role
         UNION ALL SELECT 'signing_key', COUNT(*) FROM signing_key
         UNION ALL SELECT 'ticket', COUNT(*) FROM ticket
         UNION ALL SELECT 'timer', COUNT(*) FROM timer
         ORDER BY name",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
