//! Time counted with pauses left out: what is spent, and when a length is over.

use jiff::{SignedDuration, Timestamp};

use super::open::length;
use super::{Calendar, Interval, Length, Unit};

/// A length counted to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// When it is over.
    pub due: Timestamp,
    /// The time that was counted until then.
    pub elapsed: SignedDuration,
    /// When it was counted, in order.
    pub spans: Vec<Interval>,
}

impl Calendar {
    /// The open time between two moments that lies in none of the pauses. Pauses may overlap, in any order.
    pub fn open_between_except(&self, from: Timestamp, to: Timestamp, pauses: &[Interval]) -> SignedDuration {
        let counted = counted_parts(from, to, pauses);
        counted
            .into_iter()
            .fold(SignedDuration::ZERO, |sum, part| sum.saturating_add(self.open_between(part.from, part.to)))
    }

    /// As [`Calendar::after_open`], with pauses as if the team were closed in them.
    pub fn after_open_except(&self, from: Timestamp, open: SignedDuration, pauses: &[Interval]) -> Option<Timestamp> {
        let mut left = open.max(SignedDuration::ZERO);
        let parts = counted_parts(from, Timestamp::MAX, pauses);
        for part in parts {
            let due = self.after_open(part.from, left)?;
            if due < part.to {
                return Some(due);
            }
            left -= self.open_between(part.from, part.to);
        }
        None
    }

    /// Counts a length from a moment on, pauses left out. Without a pause in it, it is over when [`Calendar::due`] says.
    /// A pause adds to lengths of working time as much open time, and to others as much time as it takes. `None` if the
    /// calendar never gives so much.
    pub fn count(&self, from: Timestamp, budget: Length, pauses: &[Interval]) -> Option<Counted> {
        let due = self.due(from, budget);
        if due == Timestamp::MAX {
            return None;
        }
        let always = Calendar::always(self.zone.clone());
        let measure = match budget.unit {
            Unit::Minutes | Unit::Hours | Unit::Days | Unit::Weeks => &always,
            Unit::WorkingDays | Unit::WorkingMinutes | Unit::WorkingHours => self,
        };
        let in_a_pause = |pause: &Interval| pause.from <= due && pause.to > from && pause.to > pause.from;
        let due = if pauses.iter().any(in_a_pause) {
            measure.after_open_except(from, measure.open_between(from, due), pauses)?
        } else {
            due
        };
        let parts = counted_parts(from, due, pauses);
        let spans: Vec<Interval> = parts.into_iter().flat_map(|part| measure.spans(part.from, part.to)).collect();
        let elapsed = spans.iter().fold(SignedDuration::ZERO, |sum, span| sum.saturating_add(length(*span)));
        Some(Counted { due, elapsed, spans })
    }
}

/// What is left between two moments when pauses are taken out, in order.
fn counted_parts(from: Timestamp, to: Timestamp, pauses: &[Interval]) -> Vec<Interval> {
    let mut pauses: Vec<Interval> = pauses.iter().copied().filter(|pause| pause.from < pause.to).collect();
    pauses.sort_unstable();
    let mut parts = vec![];
    let mut begin = from;
    for pause in pauses {
        let end = pause.from.min(to);
        if begin < end {
            parts.push(Interval { from: begin, to: end });
        }
        begin = begin.max(pause.to);
    }
    if begin < to {
        parts.push(Interval { from: begin, to });
    }
    parts
}
