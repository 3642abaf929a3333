//! What a desk's clocks said and whom they told: each stage of a chain once, each notice kept once, each escalation one
//! letter and one row.

use std::collections::BTreeSet;

use caredesk::policy::outcome::{Effect, Trace};
use caredesk::policy::ticket::TimerKind;
use caredesk::store::JournalLine;
use sqlx::SqliteConnection;

/// Notices and escalations as the database has them.
#[derive(Debug, Default)]
pub struct Told {
    /// Ticket, line and key.
    notices: Vec<(String, i64, String)>,
    /// The ticket that it is about, its contact, and the ticket that wrote.
    escalations: Vec<(String, String, String)>,
}

impl Told {
    /// Reads them.
    pub async fn read(db: &mut SqliteConnection) -> Told {
        let notices = "SELECT ticket, seq, key FROM notice WHERE ticket IS NOT NULL";
        let escalations = "SELECT ticket, contact, by FROM escalation";
        Told {
            notices: sqlx::query_as(notices).fetch_all(&mut *db).await.expect("the notices"),
            escalations: sqlx::query_as(escalations).fetch_all(db).await.expect("the escalations"),
        }
    }

    /// What does not agree with a ticket's journal.
    pub fn faults(&self, reference: &str, journal: &[JournalLine]) -> Vec<String> {
        let mut faults = Vec::new();
        let mut fired = BTreeSet::new();
        for stage in stages(journal) {
            if !fired.insert(stage) {
                faults.push(format!("{reference}: stage {} of clock {} for {} fired twice", stage.1, stage.0, stage.2));
            }
        }
        let mut told: Vec<(i64, String)> = Vec::new();
        let mut escalated: Vec<(String, String)> = Vec::new();
        for line in journal {
            for effect in &line.effects {
                match effect {
                    Effect::Tell(notice) => told.push((line.seq.cast_signed(), notice.key.clone())),
                    Effect::Escalated { about, contact } => escalated.push((about.to_string(), contact.clone())),
                    Effect::Letter(_) | Effect::Changed(_) | Effect::Opens(_) => {}
                }
            }
        }
        let mut kept: Vec<(i64, String)> =
            self.notices.iter().filter(|row| row.0 == reference).map(|row| (row.1, row.2.clone())).collect();
        told.sort();
        kept.sort();
        if told != kept {
            faults.push(format!("{reference} told agents {told:?}, and kept are {kept:?}"));
        }
        let mut rows: Vec<(String, String)> = self
            .escalations
            .iter()
            .filter(|row| row.2 == reference)
            .map(|row| (row.0.clone(), row.1.clone()))
            .collect();
        escalated.sort();
        rows.sort();
        if escalated != rows {
            faults.push(format!("{reference} escalated {escalated:?}, and kept are {rows:?}"));
        }
        faults
    }
}

/// The stages that fired: the clock's number, the stage's place, the due time that it was for.
pub fn stages(journal: &[JournalLine]) -> Vec<(u32, u32, jiff::Timestamp)> {
    let stage = |trace: &Trace| match trace {
        Trace::Timer { what: TimerKind::Stage { clock, stage, due }, .. } => Some((*clock, *stage, *due)),
        _ => None,
    };
    journal.iter().flat_map(|line| line.trace.iter().filter_map(stage)).collect()
}
