//! The journal: what happened to each ticket, append-only. A line itself holds nothing personal; what people wrote
//! lies in content rows, and a line whose content was deleted says that it was erased.

use jiff::Timestamp;

use super::rows::{Spot, json, micros, whole};
use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::policy::flow::Digest;
use crate::policy::outcome::{Effect, Event, Trace};
use crate::policy::ticket::Reference;

/// One event of a ticket, with what was decided and what followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JournalLine {
    /// Its number within the ticket, from one; the ticket's version after it.
    pub seq: u64,
    /// Names the event, so that none is taken twice.
    pub event_id: String,
    /// What happened.
    pub event: Event,
    /// When.
    pub at: Timestamp,
    /// The version of policy that decided.
    pub pack: Digest,
    /// What was decided, and why.
    pub trace: Vec<Trace>,
    /// What was to be done.
    pub effects: Vec<Effect>,
    /// The digest of the ticket after it.
    pub state_digest: String,
}

/// A line as it is found again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JournalEntry {
    /// All of it.
    Whole(Box<JournalLine>),
    /// What people wrote was erased.
    Erased {
        /// Its number within the ticket.
        seq: u64,
        /// The kind of event.
        kind: String,
        /// When.
        at: Timestamp,
        /// The version of policy that decided.
        pack: Digest,
        /// What was to be done, by name only.
        effects: Vec<String>,
        /// The digest of the ticket after it.
        state_digest: String,
    },
}

impl Store {
    /// A ticket's journal, oldest line first.
    pub async fn journal(&self, reference: &Reference) -> Result<Vec<JournalEntry>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        journal(&mut snapshot, reference).await?.into_iter().map(|row| row.read(reference)).collect()
    }

    /// The versions of the program that wrote a ticket's journal.
    pub async fn journal_engines(&self, reference: &Reference) -> Result<Vec<String>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        engines(&mut snapshot, reference).await
    }
}

/// Whether the event is new.
pub(super) async fn add_line(
    db: &mut Connection,
    reference: &Reference,
    line: &JournalLine,
) -> Result<bool, StoreError> {
    let names: Vec<String> = line.effects.iter().map(effect_name).collect();
    let new = add_bare_line(db, reference, line, &names).await?;
    if new {
        add_content(db, reference, line).await?;
    }
    Ok(new)
}

/// An effect without what is personal in it.
fn effect_name(effect: &Effect) -> String {
    match effect {
        Effect::Letter(letter) => format!("letter {}", letter.number),
        Effect::Escalated { about, contact } => format!("escalated {about} to {contact}"),
        Effect::Tell(notice) => format!("told {}", notice.key),
        Effect::Changed(change) => change.name().to_owned(),
        Effect::Opens(opens) => format!("opens {}", opens.flow),
    }
}

#[derive(sqlx::FromRow)]
struct LineRow {
    seq: i64,
    event_id: String,
    kind: String,
    at: i64,
    pack: String,
    state_digest: String,
    names: String,
    event: Option<String>,
    trace: Option<String>,
    effects: Option<String>,
}

impl LineRow {
    fn read(self, reference: &Reference) -> Result<JournalEntry, StoreError> {
        let key = format!("{reference} line {}", self.seq);
        let spot = Spot { table: "journal", key: &key };
        let seq = spot.number("seq", self.seq)?;
        let at = spot.instant(self.at)?;
        let pack = Digest(self.pack);
        let (event, trace, effects) = match (self.event, self.trace, self.effects) {
            (Some(event), Some(trace), Some(effects)) => (event, trace, effects),
            _ => {
                let effects = spot.json("effects", &self.names)?;
                let state_digest = self.state_digest;
                return Ok(JournalEntry::Erased { seq, kind: self.kind, at, pack, effects, state_digest });
            }
        };
        let event: Event = spot.json("event", &event)?;
        if event.name() != self.kind {
            return Err(spot.impossible(format!("kind `{}` for an event that was {}", self.kind, event.name())));
        }
        Ok(JournalEntry::Whole(Box::new(JournalLine {
            seq,
            event_id: self.event_id,
            event,
            at,
            pack,
            trace: spot.json("trace", &trace)?,
            effects: spot.json("effects", &effects)?,
            state_digest: self.state_digest,
        })))
    }
}

async fn journal(db: &mut Connection, reference: &Reference) -> Result<Vec<LineRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT journal.seq, event_id, kind, at, pack, state_digest, journal.effects AS names,
           content.event, content.trace, content.effects
         FROM journal
         LEFT JOIN content ON content.ticket = journal.ticket AND content.seq = journal.seq
         WHERE journal.ticket = $1
         ORDER BY journal.seq",
    )
    .bind(&reference.0)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn engines(db: &mut Connection, reference: &Reference) -> Result<Vec<String>, StoreError> {
    let engines = sqlx::query_scalar(
        "SELECT DISTINCT engine
         FROM journal
         WHERE ticket = $1
         ORDER BY engine",
    )
    .bind(&reference.0)
    .fetch_all(db)
    .await?;
    Ok(engines)
}

async fn add_bare_line(
    db: &mut Connection,
    reference: &Reference,
    line: &JournalLine,
    effects: &[String],
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO journal (ticket, seq, event_id, kind, at, pack, state_digest, effects, engine)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (ticket, event_id) DO NOTHING",
    )
    .bind(&reference.0)
    .bind(whole(line.seq))
    .bind(&line.event_id)
    .bind(line.event.name())
    .bind(micros(line.at))
    .bind(&line.pack.0)
    .bind(&line.state_digest)
    .bind(json(&effects)?)
    .bind(env!("CARGO_PKG_VERSION"))
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn add_content(db: &mut Connection, reference: &Reference, line: &JournalLine) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO content (ticket, seq, event, trace, effects)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&reference.0)
    .bind(whole(line.seq))
    .bind(json(&line.event)?)
    .bind(json(&line.trace)?)
    .bind(json(&line.effects)?)
    .execute(db)
    .await?;
    Ok(())
}
