//! Every pack that ever ran, by its digest, and which one new tickets begin under.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::published::is_published;
use super::rows::micros;
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::policy::flow::Digest;

impl Store {
    /// Keeps a pack: its files by their paths. Keeping it again changes nothing.
    pub async fn keep_pack(
        &self,
        digest: &Digest,
        files: &BTreeMap<String, String>,
        at: Timestamp,
    ) -> Result<(), StoreError> {
        if self.has_pack(digest).await? {
            return Ok(());
        }
        let mut writing = self.writing().await?;
        keep_files(writing.db(), digest, files, at).await?;
        writing.keep().await
    }

    /// The files of a pack by their paths, if it was ever kept.
    pub async fn pack_files(&self, digest: &Digest) -> Result<Option<BTreeMap<String, String>>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        if !pack_is_kept(&mut snapshot, digest).await? {
            return Ok(None);
        }
        let rows = files_of_pack(&mut snapshot, digest).await?;
        Ok(Some(rows.into_iter().collect()))
    }

    /// The pack under which new tickets begin: the last good one.
    pub async fn current_pack(&self) -> Result<Option<Digest>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        current_pack(&mut snapshot).await
    }

    /// Lets new tickets begin under a pack of the folder that is kept. Whether they do: once something was published, only
    /// publishing changes what runs.
    pub async fn set_current_pack(&self, digest: &Digest, at: Timestamp) -> Result<bool, StoreError> {
        let seen = self.seen().await?;
        if seen.number == 0 && seen.current.as_ref() == Some(digest) {
            return Ok(true);
        }
        let mut writing = self.writing().await?;
        if is_published(writing.db()).await? {
            return Ok(false);
        }
        set_current_pack(writing.db(), digest, at).await?;
        writing.keep().await?;
        Ok(true)
    }

    async fn has_pack(&self, digest: &Digest) -> Result<bool, StoreError> {
        let mut snapshot = self.snapshot().await?;
        pack_is_kept(&mut snapshot, digest).await
    }
}

/// Keeps the files of a pack, unless it is kept already.
pub(super) async fn keep_files(
    db: &mut Connection,
    digest: &Digest,
    files: &BTreeMap<String, String>,
    at: Timestamp,
) -> Result<(), StoreError> {
    if add_pack(db, digest, at).await? {
        for (path, text) in files {
            add_pack_file(db, digest, path, text).await?;
        }
    }
    Ok(())
}

async fn pack_is_kept(db: &mut Connection, digest: &Digest) -> Result<bool, StoreError> {
    let count: i64 = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM pack
         WHERE digest = $1",
    )
    .bind(&digest.0)
    .fetch_one(db)
    .await?;
    Ok(count > 0)
}

/// Whether it was new.
async fn add_pack(db: &mut Connection, digest: &Digest, at: Timestamp) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO pack (digest, kept_at)
         VALUES ($1, $2)
         ON CONFLICT (digest) DO NOTHING",
    )
    .bind(&digest.0)
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn add_pack_file(db: &mut Connection, digest: &Digest, path: &str, text: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO pack_file (pack, path, text)
         VALUES ($1, $2, $3)",
    )
    .bind(&digest.0)
    .bind(path)
    .bind(text)
    .execute(db)
    .await?;
    Ok(())
}

async fn files_of_pack(db: &mut Connection, digest: &Digest) -> Result<Vec<(String, String)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT path, text
         FROM pack_file
         WHERE pack = $1
         ORDER BY path",
    )
    .bind(&digest.0)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn current_pack(db: &mut Connection) -> Result<Option<Digest>, StoreError> {
    let digest: Option<String> = sqlx::query_scalar(
        "SELECT pack
         FROM current_pack
         WHERE one = 1",
    )
    .fetch_optional(db)
    .await?;
    Ok(digest.map(Digest))
}

pub(super) async fn set_current_pack(db: &mut Connection, digest: &Digest, at: Timestamp) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO current_pack (one, pack, since)
         VALUES (1, $1, $2)
         ON CONFLICT (one) DO UPDATE
         SET pack = excluded.pack,
             since = excluded.since",
    )
    .bind(&digest.0)
    .bind(micros(at))
    .execute(db)
    .await?;
    Ok(())
}
