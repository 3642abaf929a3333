//! REMEMBERS. The only room that knows SQL: packs, tickets, journal, timers, outbox, the ledger of what came in, and
//! the directory. It decides nothing, sends nothing and runs nothing in the background.

mod agents;
mod attachments;
mod backup;
mod chat;
mod commit;
mod directory;
mod error;
pub mod intake;
mod journal;
mod ledger;
mod manifest;
mod notices;
mod outbox;
mod packs;
mod proof;
mod published;
mod quarantine;
mod restore;
mod rows;
mod secret;
mod sessions;
mod sqlite;
mod telegram;
mod tickets;
mod timers;

use std::path::{Path, PathBuf};
use std::time::Duration;

use sqlx::pool::PoolConnection;
use sqlx::{Sqlite, SqlitePool, Transaction};

pub use agents::{Agent, Taken};
pub use attachments::KeptAttachment;
pub use backup::Progress;
pub use chat::{ChatLine, Line, SaidBy};
pub use commit::{Commit, Decision, Door, Filed, FirstIntake, Intake, Quarantined, Refusal, TicketChange};
pub use directory::{Changes, HistoryRow, Import, Imported};
pub use error::StoreError;
pub use journal::{JournalEntry, JournalLine};
pub use ledger::{FiledMail, LedgerDay, LedgerProof, LedgerReason};
pub use manifest::{BackupError, KeptFile, Manifest};
pub use notices::{About, Bundle, KeptNotice, NoticeEnd, PendingNotice};
pub use outbox::{
    KnownLetter, LeasedLetter, LetterFate, LetterKey, LetterState, OutboxRow, OutgoingLetter, Untold, Way,
};
pub use proof::Problem;
pub use published::{KeptPack, Publication, Publishing, Seen, Turn};
pub use quarantine::{AsideMail, QuarantinedMail, Standing, Unsettled};
pub use restore::{Restored, restore};
pub use sessions::{Token, WebSession};
pub use telegram::{Claim, LinkLetter, Saying, TelegramChat, TelegramLine, TelegramUpdate};
pub use tickets::{TicketFilter, TicketRow};
pub use timers::DueTimer;

use crate::fault::{self, Point};
use sqlite::Connection;

/// Whether a store may be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Made if it is not there, brought up to date, and written.
    ReadWrite,
    /// Read as it is; what would change it answers [`StoreError::NotWritable`].
    ReadOnly,
}

/// How patient and how large a store is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Settings {
    /// How long a write waits while somebody else holds the database.
    pub wait: Duration,
    /// The most pages of 4 KiB to which the file may grow; beyond, the disk counts as full.
    pub largest: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self { wait: Duration::from_secs(5), largest: None }
    }
}

/// The desk's memory: `caredesk.db` and `attachments/` in the data folder.
#[derive(Debug, Clone)]
pub struct Store {
    data: PathBuf,
    /// Exactly one connection: SQLite has one writer at a time, and waiting in line here is fair.
    writer: Option<SqlitePool>,
    readers: SqlitePool,
}

impl Store {
    /// Opens the store in a data folder.
    pub async fn open(data: &Path, mode: Mode) -> Result<Store, StoreError> {
        Self::open_with(data, &data.join("caredesk.db"), mode, Settings::default()).await
    }

    /// Opens the store in a data folder, with its database elsewhere and settings of one's own.
    pub async fn open_with(data: &Path, file: &Path, mode: Mode, settings: Settings) -> Result<Store, StoreError> {
        if restore::staged(file).exists() {
            return Err(StoreError::Unfinished);
        }
        let writer = match mode {
            Mode::ReadWrite => {
                sqlite::make_folder(data)?;
                Some(sqlite::writer(file, settings).await?)
            }
            Mode::ReadOnly => None,
        };
        let readers = sqlite::readers(file, settings).await?;
        Ok(Store { data: data.to_owned(), writer, readers })
    }

    /// Closes all connections, once what they are doing is done.
    pub async fn close(&self) {
        self.readers.close().await;
        if let Some(writer) = &self.writer {
            writer.close().await;
        }
    }

    /// Overwrites what was deleted, in the file itself. Whether it is done: a reader of an earlier moment puts it off.
    pub async fn overwrite_deleted(&self) -> Result<bool, StoreError> {
        let pool = self.writer.as_ref().ok_or_else(|| StoreError::NotWritable("it was opened for reading".into()))?;
        let mut connection = pool.acquire().await?;
        sqlite::settle_file(&mut connection).await
    }

    /// A short look at one moment of the database.
    async fn snapshot(&self) -> Result<Transaction<'static, Sqlite>, StoreError> {
        Ok(self.readers.begin().await?)
    }

    async fn writing(&self) -> Result<Writing, StoreError> {
        let pool = self.writer.as_ref().ok_or_else(|| StoreError::NotWritable("it was opened for reading".into()))?;
        Writing::begin(pool.acquire().await?).await
    }
}

/// A write transaction. It is finished by [`Writing::keep`]; dropped, nothing of it stays.
///
/// INVARIANT: a connection on which a transaction did not end well is closed, never used again. A full disk makes
/// SQLite roll back by itself, after which sqlx would still count a transaction as open.
struct Writing {
    connection: Option<PoolConnection<Sqlite>>,
}

impl Writing {
    async fn begin(connection: PoolConnection<Sqlite>) -> Result<Writing, StoreError> {
        // Wrapped before it begins: given up in the midst of that, it may have begun all the same.
        let mut writing = Writing { connection: Some(connection) };
        sqlite::begin(writing.db()).await?;
        fault::io(Point::TransactionBegun)?;
        Ok(writing)
    }

    fn db(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("only `keep` and `drop` take it, and both end this value")
    }

    /// The durable commit: after this, and not before, anything may be acknowledged.
    async fn keep(mut self) -> Result<(), StoreError> {
        fault::io(Point::TransactionFull)?;
        sqlite::commit(self.db()).await?;
        fault::at(Point::TransactionCommitted);
        // Only now may the connection serve others.
        drop(self.connection.take());
        Ok(())
    }
}

impl Drop for Writing {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            // Closing rolls back.
            drop(connection.detach());
        }
    }
}
