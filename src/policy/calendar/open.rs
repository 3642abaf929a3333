//! Open time: whether somebody works at a moment, when the next one begins or stops, how much lies between two moments,
//! and where so much of it is over.

use jiff::{SignedDuration, Timestamp};

use super::walk::Walk;
use super::{Calendar, Interval, OpenSpan};

/// How far open time is looked for: ten years.
const HORIZON: SignedDuration = SignedDuration::from_hours(3_653 * 24);

impl Calendar {
    /// Whether somebody works at this moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = self.local(at);
        let time = local.time();
        let second = (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
        let holds =
            |span: &OpenSpan, second: i64| (i64::from(span.opens) * 60..i64::from(span.closes) * 60).contains(&second);
        let today = self.spans_on(local.date()).iter().any(|span| holds(span, second));
        let yesterday = local.date().yesterday().map(|day| self.spans_on(day));
        today || yesterday.is_ok_and(|spans| spans.iter().any(|span| holds(span, second + 24 * 3600)))
    }

    /// This moment if somebody works now, else the next moment at which somebody begins. `None` if nobody works in the
    /// next ten years.
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        Walk::new(self, at, later(at, HORIZON)).next().map(|piece| piece.from)
    }

    /// The next moment at which nobody works any more; if nobody works now, the end of the next opening hours. `None` if
    /// that does not happen in the next ten years.
    pub fn next_closing(&self, at: Timestamp) -> Option<Timestamp> {
        let until = later(at, HORIZON);
        let closing = joined(Walk::new(self, at, until)).next()?.to;
        (closing < until).then_some(closing)
    }

    /// The open spans between two moments, in order; those that touch are one. Their number grows with the time between.
    pub fn spans(&self, from: Timestamp, to: Timestamp) -> Vec<Interval> {
        joined(Walk::new(self, from, to)).collect()
    }

    /// The open time between two moments, exact. It is nothing if the second is not behind the first. A year
    /// is counted in some microseconds.
    pub fn open_between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        let mut walk = Walk::new(self, from, to);
        let mut open = SignedDuration::ZERO;
        loop {
            open = open.saturating_add(walk.skip_weeks(SignedDuration::MAX));
            match walk.next() {
                Some(piece) => open = open.saturating_add(length(piece)),
                None => return open,
            }
        }
    }

    /// The moment at which so much open time is over, counted from another. If that is a closing time, it is the next
    /// opening: the last moment before which so much open time lies. Without any open time to count, it is the first
    /// open moment. `None` if the calendar does not have so much in the next ten years.
    pub fn after_open(&self, from: Timestamp, open: SignedDuration) -> Option<Timestamp> {
        let mut walk = Walk::new(self, from, later(from, HORIZON));
        let mut left = open.max(SignedDuration::ZERO);
        loop {
            left -= walk.skip_weeks(left);
            let piece = walk.next()?;
            let length = length(piece);
            if left < length {
                return piece.from.checked_add(left).ok();
            }
            left -= length;
        }
    }

    /// The last moment with so much open time between it and another, such as thirty working minutes before a due time.
    /// `None` if the calendar did not have so much in the ten years before.
    pub fn before_open(&self, at: Timestamp, open: SignedDuration) -> Option<Timestamp> {
        if open <= SignedDuration::ZERO {
            return Some(at);
        }
        let mut back = SignedDuration::from_hours(7 * 24).max(open);
        loop {
            let from = at.checked_sub(back.min(HORIZON)).unwrap_or(Timestamp::MIN);
            let between = self.open_between(from, at);
            if between >= open {
                return self.after_open(from, between - open);
            }
            if back >= HORIZON {
                return None;
            }
            back = back.saturating_mul(2);
        }
    }
}

/// How long an interval is.
pub(super) fn length(piece: Interval) -> SignedDuration {
    piece.to.duration_since(piece.from)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

/// Joins pieces that touch.
fn joined(mut pieces: impl Iterator<Item = Interval>) -> impl Iterator<Item = Interval> {
    let mut held = pieces.next();
    std::iter::from_fn(move || {
        let mut whole = held.take()?;
        for piece in pieces.by_ref() {
            if piece.from > whole.to {
                held = Some(piece);
                break;
            }
            whole.to = whole.to.max(piece.to);
        }
        Some(whole)
    })
}
