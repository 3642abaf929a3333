//! Attachments: files named by the SHA-256 of what is in them, and rows that say which message brought them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};

use super::rows::{Spot, whole};
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::fault::{self, Point};
use crate::policy::ticket::Reference;

/// An attachment of a message. Its bytes are kept by [`Store::keep_attachment`] before the row is committed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptAttachment {
    /// The ticket.
    pub ticket: Reference,
    /// The journal line of the message that brought it.
    pub seq: u64,
    /// Its name, already made safe.
    pub name: String,
    /// Its media type, as the sender gave it.
    pub media_type: String,
    /// Its length in bytes.
    pub size: u64,
    /// The SHA-256 of its bytes, which names the file.
    pub digest: String,
}

impl Store {
    /// Keeps bytes durably, and gives the digest that names them. Bytes without a row do no harm: a message that is
    /// handled again finds them there.
    pub async fn keep_attachment(&self, bytes: Vec<u8>) -> Result<String, StoreError> {
        let folder = self.data.join("attachments");
        let digest = format!("{:x}", Sha256::digest(&bytes));
        let name = digest.clone();
        let written = tokio::task::spawn_blocking(move || write_once(&folder, &name, &bytes)).await;
        match written {
            Ok(Ok(())) => Ok(digest),
            Ok(Err(error)) => Err(error.into()),
            Err(_) => Err(StoreError::NotWritable("writing an attachment did not end".into())),
        }
    }

    /// The bytes of an attachment, by its digest.
    pub async fn attachment_bytes(&self, digest: &str) -> Result<Option<Vec<u8>>, StoreError> {
        if digest.len() != 64 || !digest.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Ok(None);
        }
        match tokio::fs::read(place(&self.data.join("attachments"), digest)).await {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// A ticket's attachments, oldest first.
    pub async fn attachments(&self, reference: &Reference) -> Result<Vec<KeptAttachment>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows = attachments_of(&mut snapshot, reference).await?;
        let spot = Spot { table: "attachment", key: &reference.0 };
        rows.into_iter()
            .map(|row| {
                Ok(KeptAttachment {
                    ticket: reference.clone(),
                    seq: spot.number("seq", row.seq)?,
                    name: row.name,
                    media_type: row.media_type,
                    size: spot.number("size", row.size)?,
                    digest: row.digest,
                })
            })
            .collect()
    }
}

#[derive(sqlx::FromRow)]
struct AttachmentRow {
    seq: i64,
    name: String,
    media_type: String,
    size: i64,
    digest: String,
}

async fn attachments_of(db: &mut Connection, reference: &Reference) -> Result<Vec<AttachmentRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT seq, name, media_type, size, digest
         FROM attachment
         WHERE ticket = $1
         ORDER BY seq, n",
    )
    .bind(&reference.0)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn add_attachment(db: &mut Connection, n: usize, kept: &KeptAttachment) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO attachment (ticket, seq, n, name, media_type, size, digest)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(&kept.ticket.0)
    .bind(whole(kept.seq))
    .bind(whole(n))
    .bind(&kept.name)
    .bind(&kept.media_type)
    .bind(whole(kept.size))
    .bind(&kept.digest)
    .execute(db)
    .await?;
    Ok(())
}

fn place(folder: &Path, digest: &str) -> PathBuf {
    folder.join(&digest[..2]).join(digest)
}

/// Writes beside the place, makes it durable, and moves it there: under its name a file is always whole.
fn write_once(folder: &Path, digest: &str, bytes: &[u8]) -> io::Result<()> {
    let place = place(folder, digest);
    if !place.exists() {
        let drawer = folder.join(&digest[..2]);
        fs::create_dir_all(&drawer)?;
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|error| io::Error::other(error.to_string()))?;
        let draft = drawer.join(format!(".{:016x}", u64::from_le_bytes(random)));
        let written = write_durably(&draft, bytes).and_then(|()| fs::rename(&draft, &place));
        if written.is_err() {
            // What is left of it would only take room; the first error is the one that matters.
            let _ = fs::remove_file(&draft);
        }
        written?;
    }
    fault::io(Point::AttachmentMoved)?;
    // Also for a file that was there: whoever moved it there may not have come so far yet.
    for parent in place.ancestors().skip(1).take(3) {
        File::open(parent)?.sync_all()?;
    }
    fault::at(Point::AttachmentDurable);
    Ok(())
}

fn write_durably(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(file)?;
    file.write_all(bytes)?;
    fault::io(Point::AttachmentWritten)?;
    file.sync_all()
}
