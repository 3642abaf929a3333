//! How promises came out, counted: what each clock of a ticket gives to a report, and what many of them come to. Which
//! tickets are looked at, and how they are grouped, is left to others.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::look::Law;
use super::terms::ClockKind;
use crate::policy::flow::Pack;
use crate::policy::ticket::{Clock, Kept, Ticket};

/// What one clock gives to a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// What was promised.
    pub kind: ClockKind,
    /// When the clock started.
    pub started: Timestamp,
    /// How the promise came out; `None` while nobody can know.
    pub kept: Option<Kept>,
    /// How long it took. `None` while the clock goes on, when it was withdrawn, and when its policy is not known.
    pub took: Option<Took>,
}

/// How long something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Took {
    /// What the clock counted: the time in which it ran, by its own hours.
    pub counted: SignedDuration,
    /// What passed from its start to its stop, with nights and pauses, but for the time in which it had stopped before.
    pub passed: SignedDuration,
}

/// What the clocks of a ticket give to a report at a moment. A verdict that was kept is taken as it is; a clock without
/// one has missed as soon as it ran beyond its due time. `pack` is the one under which the ticket runs, if it can be had.
pub fn marks(pack: Option<&Pack>, ticket: &Ticket, now: Timestamp) -> Vec<Mark> {
    ticket.clocks.iter().map(|clock| mark(pack, ticket, clock, now)).collect()
}

fn mark(pack: Option<&Pack>, ticket: &Ticket, clock: &Clock, now: Timestamp) -> Mark {
    let law = pack.and_then(|pack| Law::of(pack, ticket, clock));
    let shown = law.map(|law| law.reckon(ticket, clock, now));
    let lapsed = shown.as_ref().is_some_and(|shown| shown.lapsed);
    let kept = clock.verdict.map(|verdict| verdict.kept).or(lapsed.then_some(Kept::Missed));
    let took = match (clock.ended, shown) {
        (Some(ended), Some(shown)) if kept != Some(Kept::Withdrawn) => {
            let apart = |sum: SignedDuration, (stopped, on): &(Timestamp, Timestamp)| {
                sum.saturating_add(on.duration_since(*stopped))
            };
            let apart = clock.stopped.iter().fold(SignedDuration::ZERO, apart);
            let passed = ended.duration_since(clock.started).saturating_sub(apart);
            Some(Took { counted: shown.elapsed, passed })
        }
        _ => None,
    };
    Mark { kind: clock.kind, started: clock.started, kept, took }
}

/// What many promises come to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tally {
    /// Kept in time.
    pub met: u64,
    /// Not kept in time, whether something was done later or not.
    pub missed: u64,
    /// Ended before there was anything to keep.
    pub withdrawn: u64,
    /// Still open and not late; also those that stand still.
    pub running: u64,
    /// Whole seconds, one for each that is measured.
    counted: Vec<u32>,
    passed: Vec<u32>,
}

impl Tally {
    /// Counts one more.
    pub fn add(&mut self, mark: &Mark) {
        match mark.kept {
            Some(Kept::Met) => self.met += 1,
            Some(Kept::Missed) => self.missed += 1,
            Some(Kept::Withdrawn) => self.withdrawn += 1,
            None => self.running += 1,
        }
        if let Some(took) = mark.took {
            self.counted.push(seconds(took.counted));
            self.passed.push(seconds(took.passed));
        }
    }

    /// How many in a hundred of those that came out were kept, in whole ones; never 100 while one was missed.
    pub fn percent_met(&self) -> Option<u64> {
        self.met.saturating_mul(100).checked_div(self.met + self.missed)
    }

    /// How many times the percentiles rest on.
    pub fn measured(&self) -> usize {
        self.counted.len()
    }

    /// How long it took in the clocks' own time.
    pub fn counted(&self) -> Option<Percentiles> {
        percentiles(self.counted.clone())
    }

    /// How long it took in time passed.
    pub fn passed(&self) -> Option<Percentiles> {
        percentiles(self.passed.clone())
    }
}

/// Times, in seconds, within which so many in a hundred were done. Each is one of the times measured (nearest rank), never
/// something between two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Percentiles {
    /// Half of them.
    pub p50: u32,
    /// Nine in ten.
    pub p90: u32,
    /// Nineteen in twenty.
    pub p95: u32,
}

fn percentiles(mut times: Vec<u32>) -> Option<Percentiles> {
    times.sort_unstable();
    Some(Percentiles { p50: nearest_rank(&times, 50)?, p90: nearest_rank(&times, 90)?, p95: nearest_rank(&times, 95)? })
}

/// The smallest of sorted times that so many in a hundred do not exceed. `None` where there are none.
fn nearest_rank(sorted: &[u32], percent: usize) -> Option<u32> {
    let rank = sorted.len().saturating_mul(percent).div_ceil(100);
    sorted.get(rank.checked_sub(1)?).copied()
}

fn seconds(time: SignedDuration) -> u32 {
    u32::try_from(time.as_secs().max(0)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let to = |last: u32| (1..=last).collect::<Vec<u32>>();
        for (times, expected) in [
            (to(1), (1, 1, 1)),
            (to(2), (1, 2, 2)),
            (to(10), (5, 9, 10)),
            (to(20), (10, 18, 19)),
            (to(100), (50, 90, 95)),
            (vec![40, 15, 50, 20, 35], (35, 50, 50)),
        ] {
            let found = percentiles(times.clone()).expect("there are times");
            assert_eq!((found.p50, found.p90, found.p95), expected, "{times:?}");
        }
        assert_eq!(percentiles(vec![]), None);
    }

    #[test]
    fn a_hundred_percent_is_said_only_when_none_was_missed() {
        let tally = |met, missed| Tally { met, missed, ..Tally::default() };
        assert_eq!(tally(9_999, 1).percent_met(), Some(99));
        assert_eq!(tally(3, 0).percent_met(), Some(100));
        assert_eq!(tally(0, 0).percent_met(), None);
    }
}
