//! What can go wrong with the store, sorted by what the caller can do about it.

use std::io;

/// Why the store did not do what it was asked. Nothing of it was kept.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Somebody else holds the database for longer than we wait.
    #[error("the database is locked by somebody else")]
    Busy,
    /// There is no room left.
    #[error("the disk is full")]
    Full,
    /// The database or its folder cannot be written.
    #[error("the data folder cannot be written: {0}")]
    NotWritable(String),
    /// The database cannot be opened.
    #[error("the database cannot be opened: {0}")]
    CannotOpen(String),
    /// The file is damaged, or is no database.
    #[error("the database is damaged: {0}")]
    Corrupt(String),
    /// A row says what cannot be.
    #[error("impossible row in `{table}`, {key}: {what}")]
    Impossible {
        /// The table.
        table: &'static str,
        /// Which row.
        key: String,
        /// What is wrong, with the values.
        what: String,
    },
    /// The database was made by another version of the program.
    #[error("the database does not fit this version of caredesk: {0}")]
    Schema(String),
    /// A backup is being put here, or was and did not come to an end.
    #[error("a backup is being restored here, or was and did not come to an end; then restore it again")]
    Unfinished,
    /// The database does not keep what it says it has kept.
    #[error("the database is not durable: {0}")]
    NotDurable(String),
    /// The directory cannot be as the import would make it; every reason.
    #[error("the directory was not changed: {}", .0.join("; "))]
    Directory(Vec<String>),
    /// Anything else.
    #[error("the database failed: {0}")]
    Other(#[source] sqlx::Error),
}

impl StoreError {
    /// Whether the same may work later: the cause is outside, and nothing was kept.
    pub fn try_later(&self) -> bool {
        match self {
            StoreError::Busy
            | StoreError::Full
            | StoreError::NotWritable(_)
            | StoreError::CannotOpen(_)
            | StoreError::Unfinished => true,
            StoreError::Corrupt(_)
            | StoreError::Impossible { .. }
            | StoreError::Schema(_)
            | StoreError::NotDurable(_)
            | StoreError::Directory(_)
            | StoreError::Other(_) => false,
        }
    }

    /// A row that says what cannot be.
    pub(super) fn impossible(table: &'static str, key: impl ToString, what: impl ToString) -> Self {
        StoreError::Impossible { table, key: key.to_string(), what: what.to_string() }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::PoolTimedOut => StoreError::Busy,
            sqlx::Error::ColumnDecode { index, source } => {
                StoreError::impossible("row", format!("column {index}"), source)
            }
            sqlx::Error::Database(failure) => match failure.code().and_then(|code| code.parse::<u32>().ok()) {
                Some(code) => by_code(code, failure.message()).unwrap_or(StoreError::Other(error)),
                None => StoreError::Other(error),
            },
            _ => StoreError::Other(error),
        }
    }
}

impl From<io::Error> for StoreError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => StoreError::Full,
            _ => StoreError::NotWritable(error.to_string()),
        }
    }
}

/// SQLite's result codes; the low byte is the kind.
fn by_code(code: u32, message: &str) -> Option<StoreError> {
    let message = message.to_owned();
    Some(match code & 0xff {
        // BUSY, LOCKED, PROTOCOL: another connection is in the way.
        5 | 6 | 15 => StoreError::Busy,
        13 => StoreError::Full,
        // PERM, READONLY, and IOERR: a disk that fails now may be mended.
        3 | 8 | 10 => StoreError::NotWritable(message),
        14 => StoreError::CannotOpen(message),
        11 | 26 => StoreError::Corrupt(message),
        _ => return None,
    })
}
