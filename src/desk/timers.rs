//! Fires what is due: each timer once, in the order of its due time.

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;

use crate::fault::{self, Point};
use crate::policy::outcome::Event;
use crate::policy::promise::terms::ClockKind;
use crate::policy::ticket::{Ticket, Timer, TimerKind};
use crate::store::{Commit, DueTimer, Refusal};

use super::parked::together;
use super::stop::Stop;
use super::{ATTEMPTS, Desk, DeskError, Said};

/// The longest sleep. The machine's clock may be set, and another process may set a timer: neither wakes anybody here.
/// No timer that another process sets is due sooner than a minute.
const LONGEST_SLEEP: Duration = Duration::from_secs(20);
/// The pause before a timer that could not be fired is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(1);
/// How many due timers are read at once.
const BATCH: u32 = 100;

/// A timer that has fired.
#[derive(Debug, Clone, Serialize)]
pub struct Fired {
    /// Its ticket.
    pub ticket: String,
    /// What it was for: `within`, `remind` or `stage`.
    pub what: &'static str,
    /// When it was due.
    pub due: Timestamp,
    /// The clock, if it is a stage of one's chain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clock: Option<ClockKind>,
    /// The due time of that clock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub promised: Option<Timestamp>,
    /// What was said.
    #[serde(flatten)]
    pub said: Said,
}

impl Fired {
    fn of(ticket: &Ticket, timer: &Timer, said: Said) -> Fired {
        let (clock, promised) = match timer.what {
            TimerKind::Within | TimerKind::Remind | TimerKind::Look => (None, None),
            TimerKind::Stage { clock, due, .. } => {
                let clock = ticket.clocks.iter().find(|known| known.number == clock);
                (clock.map(|clock| clock.kind), Some(due))
            }
        };
        let (ticket, what) = (ticket.reference.to_string(), timer.what.name());
        Fired { ticket, what, due: timer.due, clock, promised, said }
    }
}

impl Desk {
    /// Fires what comes due, until the desk stops. Between two due times it sleeps; a timer that is set meanwhile and is
    /// due earlier wakes it.
    pub async fn keep_firing(&self, mut stop: Stop) {
        loop {
            self.alarm.look();
            let fired = self.fire_due(|fired| tracing::info!(ticket = fired.ticket, what = fired.what, "fired")).await;
            if let Err(error) = fired {
                tracing::error!(%error, "timers could not be fired");
            }
            let sleep = self.until_next_due().await;
            tokio::select! {
                stopped = stop.sleep(sleep) => if stopped { return },
                () = self.alarm.rings() => {}
            }
        }
    }

    /// How long there is nothing to fire.
    async fn until_next_due(&self) -> Duration {
        let next = match self.store.next_due().await {
            Ok(next) => next,
            Err(error) => {
                tracing::error!(%error, "the next due time could not be read");
                return TRY_AGAIN;
            }
        };
        self.alarm.set(next);
        let Some(next) = next else { return LONGEST_SLEEP };
        match Duration::try_from(next.duration_since(self.clock.now())) {
            Ok(left) if !left.is_zero() => left.min(LONGEST_SLEEP),
            // It was due already, and could not be fired.
            Ok(_) | Err(_) => TRY_AGAIN,
        }
    }

    /// Fires everything that is due now, and what that makes due. `told` hears of each.
    pub async fn fire_due(&self, mut told: impl FnMut(Fired)) -> Result<(), DeskError> {
        let now = self.clock.now();
        // A timer that cannot be fired now does not stop the clocks of others; it is tried again the next time.
        let mut stuck: BTreeSet<DueTimer> = BTreeSet::new();
        let mut trouble = None;
        loop {
            let most = BATCH.saturating_add(u32::try_from(stuck.len()).unwrap_or(u32::MAX));
            let mut due = self.store.due_timers(now, most).await?;
            due.retain(|timer| !stuck.contains(timer));
            fault::at(Point::DueRead);
            if due.is_empty() {
                return trouble.map_or(Ok(()), Err);
            }
            let mut due = due.into_iter().peekable();
            while let Some(timer) = due.next() {
                match self.fire(&timer, now).await {
                    Ok(Some((fired, set))) => {
                        told(fired);
                        // What it set may be due before what was read with it.
                        if due.peek().zip(set).is_some_and(|(read, set)| set < *read) {
                            break;
                        }
                    }
                    Ok(None) => {
                        stuck.insert(timer);
                    }
                    Err(error) => {
                        tracing::error!(reference = %timer.ticket, %error, "a timer could not be fired");
                        stuck.insert(timer);
                        trouble = Some(error);
                    }
                }
            }
        }
    }

    /// Fires one timer, unless somebody else did. With it comes the timer of its ticket that is due next.
    async fn fire(&self, timer: &DueTimer, now: Timestamp) -> Result<Option<(Fired, Option<DueTimer>)>, DeskError> {
        for _ in 0..ATTEMPTS {
            let ticket = self.known_ticket(&timer.ticket).await?;
            let Some(present) = ticket.timers.iter().find(|present| present.number == timer.number) else {
                return Ok(None);
            };
            let running = self.packs.of(&ticket.pack, &self.store).await?;
            let event = Event::Fired { timer: timer.number };
            let turn = self.turn(&running, Some(&ticket), event, format!("timer:{}", timer.number), now).await?;
            let set = next_of(&turn.change.ticket);
            let (said, tickets) = together(self.with_resumed(vec![turn], now).await?);
            let commit = Commit { tickets, ..Commit::default() };
            match self.commit_one(commit).await? {
                Ok(()) => {
                    fault::at(Point::TimerFired);
                    self.deliver_after_commit(now).await;
                    return Ok(Some((Fired::of(&ticket, present, said), set)));
                }
                Err(Refusal::EventKnown(_)) => return Ok(None),
                Err(Refusal::Stale { .. }) => {}
                Err(refusal) => return Err(DeskError::Refused(refusal.to_string())),
            }
        }
        Err(DeskError::Contended)
    }
}

/// The timer of a ticket that is due first.
fn next_of(ticket: &Ticket) -> Option<DueTimer> {
    let due = |timer: &Timer| DueTimer { due: timer.due, ticket: ticket.reference.clone(), number: timer.number };
    ticket.timers.iter().map(due).min()
}
