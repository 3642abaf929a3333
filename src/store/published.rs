//! What was published: which pack, when, by whom and why. Once there is a row, only another row changes what runs.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::packs::{current_pack, keep_files, set_current_pack};
use super::rows::{Spot, micros, whole};
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::policy::flow::Digest;

/// How a pack came to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// It was published from a folder.
    Publish,
    /// The desk went back to it.
    Rollback,
}

impl Turn {
    /// The name in SQL and JSON.
    pub fn name(self) -> &'static str {
        match self {
            Turn::Publish => "publish",
            Turn::Rollback => "rollback",
        }
    }
}

/// One row of what was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// Its number, from one.
    pub number: u64,
    /// The pack that ran from then on.
    pub pack: Digest,
    /// Whether it was new, or the desk went back.
    pub turn: Turn,
    /// When.
    pub at: Timestamp,
    /// Who did it.
    pub who: String,
    /// What they noted; of a rollback, the reason.
    pub note: String,
    /// The pack that ran before.
    pub ran_before: Option<Digest>,
}

/// What a publisher has looked at: what ran then, and the last publication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// The pack under which new tickets began.
    pub current: Option<Digest>,
    /// The number of the last publication; nought before the first.
    pub number: u64,
}

/// A pack that shall run, and what is noted about it.
#[derive(Debug, Clone, Copy)]
pub struct Publishing<'a> {
    /// The pack.
    pub pack: &'a Digest,
    /// Its files by their paths.
    pub files: &'a BTreeMap<String, String>,
    /// New, or back.
    pub turn: Turn,
    /// Who does it.
    pub who: &'a str,
    /// Why.
    pub note: &'a str,
    /// When.
    pub at: Timestamp,
}

/// A pack that was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptPack {
    /// Its name.
    pub digest: Digest,
    /// When it was kept first.
    pub kept_at: Timestamp,
    /// How many tickets are under way under it.
    pub open: u64,
}

impl Store {
    /// What runs now, as a publisher must have seen it.
    pub async fn seen(&self) -> Result<Seen, StoreError> {
        let mut snapshot = self.snapshot().await?;
        seen(&mut snapshot).await
    }

    /// The last publication.
    pub async fn last_published(&self) -> Result<Option<Publication>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        last_published(&mut snapshot).await?.map(PublishedRow::read).transpose()
    }

    /// All publications, the newest first.
    pub async fn published(&self) -> Result<Vec<Publication>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        published(&mut snapshot).await?.into_iter().map(PublishedRow::read).collect()
    }

    /// All packs that were ever kept, with their tickets under way, the newest first.
    pub async fn packs(&self) -> Result<Vec<KeptPack>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        packs(&mut snapshot).await?.into_iter().map(PackRow::read).collect()
    }

    /// Makes a pack the one under which new tickets begin, if all is still as the publisher has seen it. If not, nothing is
    /// kept, and what is so now comes back.
    pub async fn publish(
        &self,
        publishing: Publishing<'_>,
        compared: &Seen,
    ) -> Result<Result<Publication, Seen>, StoreError> {
        let mut writing = self.writing().await?;
        let now = seen(writing.db()).await?;
        if now != *compared {
            return Ok(Err(now));
        }
        let Publishing { pack, files, turn, who, note, at } = publishing;
        keep_files(writing.db(), pack, files, at).await?;
        set_current_pack(writing.db(), pack, at).await?;
        let row = Publication {
            number: now.number + 1,
            pack: pack.clone(),
            turn,
            at,
            who: who.to_owned(),
            note: note.to_owned(),
            ran_before: now.current,
        };
        add_published(writing.db(), &row).await?;
        writing.keep().await?;
        Ok(Ok(row))
    }
}

/// Whether anything was ever published.
pub(super) async fn is_published(db: &mut Connection) -> Result<bool, StoreError> {
    Ok(last_number(db).await?.is_some())
}

async fn seen(db: &mut Connection) -> Result<Seen, StoreError> {
    let current = current_pack(db).await?;
    let number = last_number(db).await?.unwrap_or(0);
    Ok(Seen { current, number: Spot { table: "published", key: "last" }.number("number", number)? })
}

#[derive(sqlx::FromRow)]
struct PublishedRow {
    number: i64,
    pack: String,
    kind: String,
    at: i64,
    who: String,
    note: String,
    ran_before: Option<String>,
}

impl PublishedRow {
    fn read(self) -> Result<Publication, StoreError> {
        let key = self.number.to_string();
        let spot = Spot { table: "published", key: &key };
        Ok(Publication {
            number: spot.number("number", self.number)?,
            pack: Digest(self.pack),
            turn: spot.named("kind", &self.kind)?,
            at: spot.instant(self.at)?,
            who: self.who,
            note: self.note,
            ran_before: self.ran_before.map(Digest),
        })
    }
}

#[derive(sqlx::FromRow)]
struct PackRow {
    digest: String,
    kept_at: i64,
    open: i64,
}

impl PackRow {
    fn read(self) -> Result<KeptPack, StoreError> {
        let spot = Spot { table: "pack", key: &self.digest };
        let (kept_at, open) = (spot.instant(self.kept_at)?, spot.number("open", self.open)?);
        Ok(KeptPack { digest: Digest(self.digest.clone()), kept_at, open })
    }
}

async fn last_number(db: &mut Connection) -> Result<Option<i64>, StoreError> {
    let number = sqlx::query_scalar(
        "SELECT MAX(number)
         FROM published",
    )
    .fetch_one(db)
    .await?;
    Ok(number)
}

async fn last_published(db: &mut Connection) -> Result<Option<PublishedRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT number, pack, kind, at, who, note, ran_before
         FROM published
         ORDER BY number DESC
         LIMIT 1",
    )
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn published(db: &mut Connection) -> Result<Vec<PublishedRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT number, pack, kind, at, who, note, ran_before
         FROM published
         ORDER BY number DESC",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn add_published(db: &mut Connection, row: &Publication) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO published (number, pack, kind, at, who, note, ran_before)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(whole(row.number))
    .bind(&row.pack.0)
    .bind(row.turn.name())
    .bind(micros(row.at))
    .bind(&row.who)
    .bind(&row.note)
    .bind(row.ran_before.as_ref().map(|digest| &digest.0))
    .execute(db)
    .await?;
    Ok(())
}

async fn packs(db: &mut Connection) -> Result<Vec<PackRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT digest, kept_at,
           (SELECT COUNT(*) FROM ticket WHERE ticket.pack = pack.digest AND state <> 'closed') AS open
         FROM pack
         ORDER BY kept_at DESC, digest",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
