//! Measures the promises of tickets under way anew, by the version of policy that takes new tickets.

use serde::Serialize;

use crate::policy::outcome::{Act, NewTerms};
use crate::policy::promise::anew::{Change, anew};
use crate::policy::promise::terms::ClockKind;
use crate::policy::ticket::Ticket;
use crate::store::TicketFilter;

use super::{Desk, DeskError};

/// Who measures anew, in the journal.
const DESK: &str = "desk";

/// Which clocks are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those whose answer to `policy_edit` is `open_tickets`.
    AsTheySay,
    /// All.
    All,
}

/// A due time that changes.
#[derive(Debug, Clone, Serialize)]
pub struct Moved {
    /// Its ticket.
    pub ticket: String,
    /// What was promised.
    pub clock: ClockKind,
    /// The task, if it is about one.
    pub task: Option<u32>,
    /// When it was due.
    pub was: jiff::Timestamp,
    /// When it is due now.
    pub due: jiff::Timestamp,
}

impl Desk {
    /// What would change if the promises of all open tickets were measured anew.
    pub async fn would_move(&self, which: Which) -> Result<Vec<Moved>, DeskError> {
        let mut moved = Vec::new();
        for row in self.store.tickets(TicketFilter::Open).await? {
            let ticket = self.known_ticket(&row.reference).await?;
            let changes = self.changes(&ticket, which).await?;
            moved.extend(changes.iter().map(|change| told(&ticket, change)));
        }
        Ok(moved)
    }

    /// Measures them anew. Each ticket's journal says so. `moved` hears of each clock once it is kept.
    pub async fn recalculate(&self, which: Which, mut moved: impl FnMut(Moved)) -> Result<(), DeskError> {
        let pack = self.packs.current().pack.digest.clone();
        for row in self.store.tickets(TicketFilter::Open).await? {
            let ticket = self.known_ticket(&row.reference).await?;
            let changes = self.changes(&ticket, which).await?;
            if changes.is_empty() {
                continue;
            }
            let clocks: Vec<(u32, NewTerms)> =
                changes.iter().map(|change| (change.number, change.terms.clone())).collect();
            match self
                .act_once(&row.reference, DESK, Act::Recalculated { pack: pack.clone(), clocks }, None, Vec::new())
                .await
            {
                Ok(_) => changes.iter().for_each(|change| moved(told(&ticket, change))),
                // It was closed in the meantime.
                Err(DeskError::Refused(why)) => tracing::warn!(ticket = %row.reference, why, "not measured anew"),
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    async fn changes(&self, ticket: &Ticket, which: Which) -> Result<Vec<Change>, DeskError> {
        let began = self.packs.of(&ticket.pack, &self.store).await?;
        let later = self.packs.current();
        Ok(anew(&began.pack, &later.pack, ticket, which == Which::All, self.clock.now()))
    }
}

fn told(ticket: &Ticket, change: &Change) -> Moved {
    Moved {
        ticket: ticket.reference.to_string(),
        clock: change.kind,
        task: change.task,
        was: change.was,
        due: change.becomes,
    }
}
