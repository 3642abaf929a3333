//! Who changed what in the directory: one line for each new version of a row, with the ticket or the import that made it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::rows::{Spot, json, micros, whole};
use super::super::sqlite::Connection;
use super::super::{Store, StoreError};
use crate::policy::facts::RecordKind;
use crate::policy::ticket::Reference;

/// One change of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryRow {
    /// When.
    pub at: Timestamp,
    /// `ticket` or `import`.
    pub source: String,
    /// The ticket.
    pub ticket: Option<Reference>,
    /// The line of its journal.
    pub seq: Option<u64>,
    /// The version that the row has since.
    pub version: i64,
    /// What was done, by its stable name.
    pub what: String,
    /// The fields that are different since: before and after. Of a mobile only the last digits.
    pub fields: BTreeMap<String, (String, String)>,
}

impl Store {
    /// What happened to a row, oldest first.
    pub async fn directory_history(&self, kind: RecordKind, row: &str) -> Result<Vec<HistoryRow>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        history_of(&mut snapshot, kind, row).await?.into_iter().map(|line| line.read(row)).collect()
    }
}

#[derive(sqlx::FromRow)]
struct KeptRow {
    at: i64,
    source: String,
    ticket: Option<String>,
    seq: Option<i64>,
    version: i64,
    what: String,
    fields: String,
}

impl KeptRow {
    fn read(self, row: &str) -> Result<HistoryRow, StoreError> {
        let spot = Spot { table: "directory_history", key: row };
        Ok(HistoryRow {
            at: spot.instant(self.at)?,
            source: self.source,
            ticket: self.ticket.map(Reference),
            seq: self.seq.map(|seq| spot.number("seq", seq)).transpose()?,
            version: self.version,
            what: self.what,
            fields: spot.json("fields", &self.fields)?,
        })
    }
}

/// Whence a change comes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) at: Timestamp,
    /// The ticket with the line of its journal; `None` for an import.
    pub(super) line: Option<(&'a Reference, u64)>,
    /// What was done.
    pub(super) what: &'a str,
}

/// The cells that are different, before and after. A mobile is told by its end alone.
pub(super) fn differences(names: &[&str], before: &[String], after: &[String]) -> BTreeMap<String, (String, String)> {
    let shown = |name: &str, cell: &str| match name {
        "mobile" => masked(cell),
        _ => cell.to_owned(),
    };
    let cells = names.iter().zip(before.iter().zip(after));
    cells
        .filter(|(_, (before, after))| before != after)
        .map(|(name, (before, after))| ((*name).to_owned(), (shown(name, before), shown(name, after))))
        .collect()
}

fn masked(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    let end: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
    if end.is_empty() { end } else { format!("…{end}") }
}

pub(super) async fn add_history(
    db: &mut Connection,
    source: &Source<'_>,
    (kind, row, version): (RecordKind, &str, i64),
    fields: &BTreeMap<String, (String, String)>,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO directory_history (at, source, ticket, seq, kind, row_key, version, what, fields)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(micros(source.at))
    .bind(if source.line.is_some() { "ticket" } else { "import" })
    .bind(source.line.map(|(ticket, _)| &ticket.0))
    .bind(source.line.map(|(_, seq)| whole(seq)))
    .bind(kind.name())
    .bind(row)
    .bind(version)
    .bind(source.what)
    .bind(json(fields)?)
    .execute(db)
    .await?;
    Ok(())
}

async fn history_of(db: &mut Connection, kind: RecordKind, row: &str) -> Result<Vec<KeptRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT at, source, ticket, seq, version, what, fields
         FROM directory_history
         WHERE kind = $1
           AND row_key = $2
         ORDER BY id",
    )
    .bind(kind.name())
    .bind(row)
    .fetch_all(db)
    .await?;
    Ok(rows)
}
