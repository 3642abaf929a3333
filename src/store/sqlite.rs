//! What is SQLite's own: opening the file, the settings that make a commit durable, bringing it up to date, and the
//! words that begin and end a transaction. All other SQL of this room is common to SQLite and PostgreSQL.

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::time::Instant;

use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection as _, SqlitePool};

use super::Settings;
use super::error::StoreError;
use crate::fault::{self, Point};

/// A connection to the database, of whatever kind it is.
pub(super) type Connection = sqlx::SqliteConnection;

static MIGRATIONS: Migrator = sqlx::migrate!("src/store/migrations/sqlite");

/// Readers at a time.
const READERS: u32 = 4;

/// Makes the data folder, for the desk's own eyes only.
pub(super) fn make_folder(data: &Path) -> Result<(), StoreError> {
    Ok(DirBuilder::new().recursive(true).mode(0o700).create(data)?)
}

/// The one connection that writes, to a file that is up to date.
pub(super) async fn writer(file: &Path, settings: Settings) -> Result<SqlitePool, StoreError> {
    let mut options = common(file, settings)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        // What is deleted is overwritten: bytes of mail that nobody may keep any longer.
        .pragma("secure_delete", "ON");
    if let Some(pages) = settings.largest {
        options = options.pragma("max_page_count", pages.to_string());
    }
    let mut connection = first_connection(&options, settings).await?;
    demand_durable(&mut connection).await?;
    bring_up_to_date(&mut connection).await?;
    connection.close().await?;
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .connect_with(options)
        .await?;
    Ok(pool)
}

/// Connections that cannot write.
pub(super) async fn readers(file: &Path, settings: Settings) -> Result<SqlitePool, StoreError> {
    let options = common(file, settings).read_only(true);
    let pool =
        SqlitePoolOptions::new().max_connections(READERS).test_before_acquire(false).connect_with(options).await?;
    let mut connection = pool.acquire().await?;
    if version(&mut connection).await? < newest() {
        return Err(StoreError::Schema("it is older, and is brought up to date when it is opened for writing".into()));
    }
    drop(connection);
    Ok(pool)
}

/// The one file of a database that nobody else uses: a copy that is being made or checked. It leaves no files beside it.
pub(super) async fn lone(file: &Path) -> Result<Connection, StoreError> {
    let options =
        common(file, Settings::default()).journal_mode(SqliteJournalMode::Delete).synchronous(SqliteSynchronous::Full);
    Ok(options.connect().await?)
}

/// Brings a lone database up to date.
pub(super) async fn bring_lone_up_to_date(db: &mut Connection) -> Result<(), StoreError> {
    bring_up_to_date(db).await
}

/// Writes the database as of one moment into a new file, while others go on reading and writing.
pub(super) async fn copy_into(db: &mut Connection, file: &str) -> Result<(), StoreError> {
    sqlx::query("VACUUM INTO $1").bind(file).execute(db).await?;
    Ok(())
}

/// How large the database is, in bytes.
pub(super) async fn size(db: &mut Connection) -> Result<u64, StoreError> {
    let pages: i64 = sqlx::query_scalar("PRAGMA page_count").fetch_one(&mut *db).await?;
    let page: i64 = sqlx::query_scalar("PRAGMA page_size").fetch_one(db).await?;
    Ok(u64::try_from(pages.saturating_mul(page)).unwrap_or(0))
}

/// Whether every page and every reference between rows is sound.
pub(super) async fn demand_sound(db: &mut Connection) -> Result<(), StoreError> {
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check(10)").fetch_all(&mut *db).await?;
    if found != ["ok"] {
        return Err(StoreError::Corrupt(found.join("; ")));
    }
    let broken: Vec<(String, Option<i64>, String, i64)> =
        sqlx::query_as("PRAGMA foreign_key_check").fetch_all(db).await?;
    if broken.is_empty() {
        return Ok(());
    }
    let each = broken
        .iter()
        .take(10)
        .map(|(table, _, parent, _)| format!("a row of `{table}` speaks of a missing row of `{parent}`"));
    Err(StoreError::Corrupt(each.collect::<Vec<_>>().join("; ")))
}

pub(super) async fn begin(db: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("BEGIN IMMEDIATE").execute(db).await?;
    Ok(())
}

pub(super) async fn commit(db: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("COMMIT").execute(db).await?;
    Ok(())
}

/// Moves what was committed into the file itself, so that what it replaces is gone from there. Whether all could be
/// moved: somebody who is still reading an earlier moment keeps it.
pub(super) async fn settle_file(db: &mut Connection) -> Result<bool, StoreError> {
    let (busy, _, _): (i64, i64, i64) = sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(db).await?;
    Ok(busy == 0)
}

pub(super) async fn set_savepoint(db: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("SAVEPOINT one").execute(db).await?;
    Ok(())
}

pub(super) async fn keep_savepoint(db: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("RELEASE SAVEPOINT one").execute(db).await?;
    Ok(())
}

pub(super) async fn undo_savepoint(db: &mut Connection) -> Result<(), StoreError> {
    sqlx::query("ROLLBACK TO SAVEPOINT one").execute(&mut *db).await?;
    keep_savepoint(db).await
}

fn common(file: &Path, settings: Settings) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(file)
        .busy_timeout(settings.wait)
        .foreign_keys(true)
        .disable_statement_logging()
}

/// Two processes that make one new file together can lock each other out for a moment while it turns to WAL, and
/// SQLite's own wait does not cover that. Opening again is safe: nothing was written yet.
async fn first_connection(options: &SqliteConnectOptions, settings: Settings) -> Result<Connection, StoreError> {
    let begun = Instant::now();
    loop {
        match options.connect().await.map_err(StoreError::from) {
            Err(StoreError::Busy) if begun.elapsed() < settings.wait => tokio::task::yield_now().await,
            other => return other,
        }
    }
}

/// INVARIANT: what is committed survives a power cut. In WAL mode only `synchronous=FULL` promises that.
async fn demand_durable(db: &mut Connection) -> Result<(), StoreError> {
    let journal: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut *db).await?;
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut *db).await?;
    if journal != "wal" || synchronous != 2 {
        return Err(StoreError::NotDurable(format!("journal_mode is {journal}, synchronous is {synchronous}")));
    }
    Ok(())
}

/// Runs what is missing of the migrations, in one transaction, so that two processes do not run the same.
async fn bring_up_to_date(db: &mut Connection) -> Result<(), StoreError> {
    if version(db).await? == newest() {
        return Ok(());
    }
    // Between the look and the lock another process may have done it; then there is nothing left to run.
    let mut all = db.begin_with("BEGIN IMMEDIATE").await?;
    fault::at(Point::MigrationsBegun);
    match MIGRATIONS.run_direct(None, &mut *all, false).await {
        Ok(()) => {
            fault::at(Point::MigrationsRun);
            all.commit().await?;
            fault::at(Point::MigrationsCommitted);
            Ok(())
        }
        Err(MigrateError::Execute(error) | MigrateError::ExecuteMigration(error, _)) => Err(error.into()),
        Err(other) => Err(StoreError::Schema(other.to_string())),
    }
}

/// The last migration that ran; nought on a new file. A database from the future is not touched.
pub(super) async fn version(db: &mut Connection) -> Result<i64, StoreError> {
    let tables: i64 = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM sqlite_master
         WHERE type = 'table'
           AND name = '_sqlx_migrations'",
    )
    .fetch_one(&mut *db)
    .await?;
    if tables == 0 {
        return Ok(0);
    }
    let version: i64 = sqlx::query_scalar(
        "SELECT COALESCE(MAX(version), 0)
         FROM _sqlx_migrations",
    )
    .fetch_one(db)
    .await?;
    if version > newest() {
        return Err(StoreError::Schema(format!("it has version {version}, newer than {}", newest())));
    }
    Ok(version)
}

/// The last migration that this program knows.
pub(super) fn newest() -> i64 {
    MIGRATIONS.iter().map(|migration| migration.version).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_connection_that_could_lose_a_commit_is_refused() {
        let data = tempfile::tempdir().expect("a folder");
        let options = common(&data.path().join("caredesk.db"), Settings::default()).create_if_missing(true);
        for (journal, synchronous, good) in [
            (SqliteJournalMode::Wal, SqliteSynchronous::Full, true),
            (SqliteJournalMode::Wal, SqliteSynchronous::Normal, false),
            (SqliteJournalMode::Delete, SqliteSynchronous::Full, false),
        ] {
            let options = options.clone().journal_mode(journal).synchronous(synchronous);
            let mut connection = options.connect().await.expect("it opens");
            let answer = demand_durable(&mut connection).await;
            connection.close().await.expect("it closes");
            assert_eq!(answer.is_ok(), good, "{answer:?}");
        }
    }

    /// The connection that commits later is one that the pool made: it must be as durable as the first.
    #[tokio::test]
    async fn the_writer_is_durable() {
        let data = tempfile::tempdir().expect("a folder");
        let pool = writer(&data.path().join("caredesk.db"), Settings::default()).await.expect("it opens");
        let mut connection = pool.acquire().await.expect("it is free");
        demand_durable(&mut connection).await.expect("it is durable");
    }
}
