//! The arithmetic of clocks: how long one has run and stood still, and when it is due. Nothing is counted on the way:
//! everything is reckoned anew from the stretches in which the clock ran.

use jiff::{SignedDuration, Timestamp};

use super::terms::{AfterPause, Factor};
use crate::policy::calendar::{Calendar, Length, Unit};

/// By what a clock counts.
#[derive(Debug, Clone, Copy)]
pub struct Measure<'a> {
    /// Its opening hours.
    pub calendar: &'a Calendar,
    /// Whether it counts only while the calendar is open; else it counts all time that passes.
    pub open: bool,
}

impl Measure<'_> {
    /// The time that the clock shows for a stretch. Nothing for one that ends before it begins.
    pub fn between(&self, from: Timestamp, to: Timestamp) -> SignedDuration {
        match (to <= from, self.open) {
            (true, _) => SignedDuration::ZERO,
            (false, true) => self.calendar.open_between(from, to),
            (false, false) => to.duration_since(from),
        }
    }

    /// The moment at which the clock has counted so much from `from` on. On the closing bell it is the next opening.
    pub fn after(&self, from: Timestamp, own: SignedDuration) -> Timestamp {
        match self.open {
            true => self.calendar.after_open(from, own).unwrap_or(Timestamp::MAX),
            false => from.checked_add(own).unwrap_or(Timestamp::MAX),
        }
    }
}

/// How much a clock may count, and by what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Whether it counts open time alone.
    pub open: bool,
    /// How much.
    pub own: SignedDuration,
}

/// Measures a length once, from the moment at which its clock starts. Working days and days become the time that lies
/// between here and there.
pub fn budget(calendar: &Calendar, from: Timestamp, length: Length, factor: Factor) -> Budget {
    let amount = i64::from(length.amount);
    let (open, own) = match length.unit {
        Unit::Minutes => (false, SignedDuration::from_mins(amount)),
        Unit::Hours => (false, SignedDuration::from_hours(amount)),
        Unit::Days | Unit::Weeks => (false, calendar.due(from, length).duration_since(from)),
        Unit::WorkingMinutes => (true, SignedDuration::from_mins(amount)),
        Unit::WorkingHours => (true, SignedDuration::from_hours(amount)),
        Unit::WorkingDays => (true, calendar.open_between(from, calendar.due(from, length))),
    };
    Budget { open, own: scaled(own, factor) }
}

/// A duration times a factor, to the microsecond.
fn scaled(own: SignedDuration, factor: Factor) -> SignedDuration {
    let micros = own.as_micros().saturating_mul(i128::from(factor.0)) / i128::from(Factor::ONE.0);
    SignedDuration::from_micros(i64::try_from(micros).unwrap_or(i64::MAX))
}

/// The moment so long before another: the latest from which the length is over by then.
pub fn before(calendar: &Calendar, until: Timestamp, length: Length) -> Timestamp {
    let amount = i64::from(length.amount);
    let earlier = |own: SignedDuration| until.checked_sub(own).unwrap_or(Timestamp::MIN);
    let open = |own: SignedDuration| calendar.before_open(until, own).unwrap_or(Timestamp::MIN);
    match length.unit {
        Unit::Minutes => earlier(SignedDuration::from_mins(amount)),
        Unit::Hours => earlier(SignedDuration::from_hours(amount)),
        Unit::WorkingMinutes => open(SignedDuration::from_mins(amount)),
        Unit::WorkingHours => open(SignedDuration::from_hours(amount)),
        Unit::Days | Unit::Weeks | Unit::WorkingDays => latest_start(calendar, until, length),
    }
}

/// Halves the time until the latest start is known to the second.
fn latest_start(calendar: &Calendar, until: Timestamp, length: Length) -> Timestamp {
    let days = i64::from(length.amount).saturating_mul(if length.unit == Unit::Weeks { 7 } else { 1 });
    // A week has an open day, or the calendar counts every day: ten times as many days and a year are enough.
    let reach = SignedDuration::from_hours(days.saturating_mul(240).saturating_add(9_000));
    let mut early = until.checked_sub(reach).unwrap_or(Timestamp::MIN).as_second();
    let mut late = until.as_second();
    while early < late {
        let middle = early + (late - early + 1) / 2;
        let in_time = Timestamp::from_second(middle).is_ok_and(|from| calendar.due(from, length) <= until);
        if in_time { early = middle } else { late = middle - 1 }
    }
    Timestamp::from_second(early).unwrap_or(until)
}

/// A stretch of time in which a clock ran or stood still.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Piece {
    /// Its begin.
    pub from: Timestamp,
    /// Its end.
    pub to: Timestamp,
    /// Whether the clock ran.
    pub runs: bool,
}

/// What a clock does at the end of its pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presently {
    /// It runs on.
    Runs,
    /// It stands still.
    StandsStill,
    /// It has stopped.
    Stopped,
}

/// What a clock shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reckoned {
    /// For how long it ran, in its own time.
    pub elapsed: SignedDuration,
    /// For how long it stood still, in its own time.
    pub paused: SignedDuration,
    /// When it is, or was, due. Nobody knows while it stands still, unless it was due before or pauses do not count.
    pub due: Option<Timestamp>,
    /// Whether it ran beyond its due time.
    pub lapsed: bool,
}

/// Reckons a clock that started at `from` with so much to count, over pieces that follow one another from there.
pub fn reckon(
    measure: Measure<'_>,
    from: Timestamp,
    own: SignedDuration,
    pieces: &[Piece],
    presently: Presently,
    after_pause: AfterPause,
) -> Reckoned {
    let (mut elapsed, mut paused, mut left) = (SignedDuration::ZERO, SignedDuration::ZERO, own);
    let mut passed = None;
    for piece in pieces {
        let shown = measure.between(piece.from, piece.to);
        if !piece.runs {
            paused = paused.saturating_add(shown);
            continue;
        }
        elapsed = elapsed.saturating_add(shown);
        if passed.is_none() {
            passed = Some(measure.after(piece.from, left)).filter(|due| *due < piece.to);
            left = left.saturating_sub(shown).max(SignedDuration::ZERO);
        }
    }
    let until = pieces.last().map_or(from, |piece| piece.to);
    let (due, lapsed) = match after_pause {
        AfterPause::Excluded => {
            let ahead = (presently == Presently::Runs).then(|| measure.after(until, left));
            (passed.or(ahead), passed.is_some())
        }
        AfterPause::Restored => {
            let due = measure.after(from, own);
            (Some(due), pieces.iter().any(|piece| piece.runs && due < piece.to))
        }
    };
    Reckoned { elapsed, paused, due, lapsed }
}
