//! Fires what is due: each timer once, in the order of its due time.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::fault::{self, Point};
use crate::policy::outcome::Event;
use crate::policy::ticket::{Reference, Timer, TimerKind};
use crate::store::{Commit, Refusal};

use super::stop::Stop;
use super::{ATTEMPTS, Desk, DeskError, Said};

/// How often due times are looked for.
const LOOK: Duration = Duration::from_millis(400);
/// How many due timers are read at once.
const BATCH: u32 = 100;

/// A timer that has fired.
#[derive(Debug, Clone, Serialize)]
pub struct Fired {
    /// Its ticket.
    pub ticket: String,
    /// What it was for: `within` or `remind`.
    pub what: &'static str,
    /// When it was due.
    pub due: Timestamp,
    /// What was said.
    #[serde(flatten)]
    pub said: Said,
}

impl Desk {
    /// Fires what comes due, until the desk stops.
    pub async fn keep_firing(&self, mut stop: Stop) {
        loop {
            let fired = self.fire_due(|fired| tracing::info!(ticket = fired.ticket, what = fired.what, "fired")).await;
            if let Err(error) = fired {
                tracing::error!(%error, "timers could not be fired");
            }
            if stop.sleep(LOOK).await {
                return;
            }
        }
    }

    /// Fires everything that is due now, and what that makes due. `told` hears of each.
    pub async fn fire_due(&self, mut told: impl FnMut(Fired)) -> Result<(), DeskError> {
        let now = self.clock.now();
        // A timer that cannot be fired now does not stop the clocks of others; it is tried again the next time.
        let mut stuck: BTreeSet<(Reference, u32)> = BTreeSet::new();
        let mut trouble = None;
        loop {
            let most = BATCH.saturating_add(u32::try_from(stuck.len()).unwrap_or(u32::MAX));
            let mut due = self.store.due_timers(now, most).await?;
            due.retain(|(reference, timer)| !stuck.contains(&(reference.clone(), timer.number)));
            fault::at(Point::DueRead);
            if due.is_empty() {
                return trouble.map_or(Ok(()), Err);
            }
            for (reference, timer) in due {
                match self.fire(&reference, &timer, now).await {
                    Ok(Some(fired)) => told(fired),
                    Ok(None) => {
                        stuck.insert((reference, timer.number));
                    }
                    Err(error) => {
                        tracing::error!(%reference, %error, "a timer could not be fired");
                        stuck.insert((reference, timer.number));
                        trouble = Some(error);
                    }
                }
            }
        }
    }

    /// Fires one timer, unless somebody else did.
    async fn fire(&self, reference: &Reference, timer: &Timer, now: Timestamp) -> Result<Option<Fired>, DeskError> {
        for _ in 0..ATTEMPTS {
            let ticket = self.known_ticket(reference).await?;
            if !ticket.timers.iter().any(|present| present.number == timer.number) {
                return Ok(None);
            }
            let running = self.packs.of(&ticket.pack, &self.store).await?;
            let event = Event::Fired { timer: timer.number };
            let turn = self.turn(&running, Some(&ticket), event, format!("timer:{}", timer.number), now).await?;
            let commit = Commit { tickets: vec![turn.change], ..Commit::default() };
            match self.commit_one(commit).await? {
                Ok(()) => {
                    fault::at(Point::TimerFired);
                    self.deliver_after_commit(now).await;
                    let what = match timer.what {
                        TimerKind::Within => "within",
                        TimerKind::Remind => "remind",
                    };
                    return Ok(Some(Fired { ticket: reference.to_string(), what, due: timer.due, said: turn.said }));
                }
                Err(Refusal::EventKnown(_)) => return Ok(None),
                Err(Refusal::Stale { .. }) => {}
                Err(refusal) => return Err(DeskError::Refused(refusal.to_string())),
            }
        }
        Err(DeskError::Contended)
    }
}
