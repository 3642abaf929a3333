//! The key that signs our Message-IDs: made once for each database.

use super::sqlite::Connection;
use super::{Store, StoreError};

impl Store {
    /// The signing key. Whoever asks first makes it, and everybody gets that one.
    pub async fn signing_key(&self) -> Result<[u8; 32], StoreError> {
        let mut snapshot = self.snapshot().await?;
        if let Some(key) = signing_key(&mut snapshot).await? {
            return Ok(key);
        }
        drop(snapshot);
        let mut fresh = [0; 32];
        getrandom::fill(&mut fresh).map_err(|error| StoreError::CannotOpen(error.to_string()))?;
        let mut writing = self.writing().await?;
        add_signing_key(writing.db(), &fresh).await?;
        let key = signing_key(writing.db()).await?;
        writing.keep().await?;
        key.ok_or_else(|| StoreError::impossible("signing_key", 1, "it was just made and is not there"))
    }
}

async fn signing_key(db: &mut Connection) -> Result<Option<[u8; 32]>, StoreError> {
    let key: Option<Vec<u8>> = sqlx::query_scalar(
        "SELECT secret_key
         FROM signing_key
         WHERE one = 1",
    )
    .fetch_optional(db)
    .await?;
    match key {
        Some(key) => match key.try_into() {
            Ok(key) => Ok(Some(key)),
            // The bytes themselves stay out of the error: they are a secret.
            Err(other) => Err(StoreError::impossible("signing_key", 1, format!("it has {} bytes", other.len()))),
        },
        None => Ok(None),
    }
}

/// Does nothing when there is one.
async fn add_signing_key(db: &mut Connection, key: &[u8; 32]) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO signing_key (one, secret_key)
         VALUES (1, $1)
         ON CONFLICT (one) DO NOTHING",
    )
    .bind(key.as_slice())
    .execute(db)
    .await?;
    Ok(())
}
