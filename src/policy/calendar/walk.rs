//! The walk over a calendar's open time: piece by piece, in order, from a moment on; whole usual weeks in one step.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::hours::OpenSpan;
use super::{Calendar, Interval, days_between, weeks_after};

/// Time in which the clocks are not changed: clock time and time passed differ by the same offset all along.
#[derive(Debug)]
struct Stretch {
    from: Timestamp,
    until: Timestamp,
    offset: Offset,
}

impl Stretch {
    fn at(zone: &TimeZone, from: Timestamp) -> Stretch {
        let until = zone.following(from).next().map_or(Timestamp::MAX, |change| change.timestamp());
        Stretch { from, until, offset: zone.to_offset(from) }
    }

    /// The moment so many minutes behind a day's midnight. What lies beyond all time is its end.
    fn moment(&self, day: Date, minutes: u16) -> Timestamp {
        const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);
        let midnight = day.to_datetime(Time::midnight()).duration_since(EPOCH).as_secs();
        let second = midnight - i64::from(self.offset.seconds()) + i64::from(minutes) * 60;
        let beyond = if second < 0 { Timestamp::MIN } else { Timestamp::MAX };
        Timestamp::from_second(second).unwrap_or(beyond)
    }
}

/// A walk from one moment to another. Pieces never overlap; two that touch are not joined.
#[derive(Debug)]
pub(super) struct Walk<'a> {
    calendar: &'a Calendar,
    until: Timestamp,
    stretch: Stretch,
    /// The day whose spans come next.
    day: Date,
    /// The number of the next span.
    next: usize,
    /// Where the last piece ended.
    reached: Timestamp,
}

impl<'a> Walk<'a> {
    pub(super) fn new(calendar: &'a Calendar, from: Timestamp, until: Timestamp) -> Walk<'a> {
        let stretch = Stretch::at(&calendar.zone, from);
        let day = first_day(&stretch);
        Walk { calendar, until, stretch, day, next: 0, reached: from }
    }

    /// Walks over whole weeks that are as usual, as long as their open time is not more than `most`. Gives back their
    /// open time. It may be that it walks over none.
    pub(super) fn skip_weeks(&mut self, most: SignedDuration) -> SignedDuration {
        self.try_skip(most).unwrap_or(SignedDuration::ZERO)
    }

    fn try_skip(&mut self, most: SignedDuration) -> Option<SignedDuration> {
        let mut each = self.calendar.week(self.day)?.open_time();
        if most < each {
            return None;
        }
        while self.next >= self.calendar.spans_on(self.day).len() {
            self.next_day()?;
        }
        if self.next > 0 || self.stretch.moment(self.day, 0) < self.stretch.from {
            return None;
        }
        each = self.calendar.week(self.day)?.open_time();
        // A span may reach into the second day behind the last one that is walked over.
        let end = self.stretch.offset.to_datetime(self.stretch.until.min(self.until)).date();
        let weeks = self.calendar.usual_weeks(self.day).min((days_between(self.day, end) - 2) / 7);
        let afforded = if each.is_zero() { weeks } else { most.as_secs() / each.as_secs() };
        let weeks = weeks.min(afforded).max(0);
        self.day = weeks_after(self.day, weeks)?;
        // The last night that was walked over may reach into a day with hours of its own.
        let before = self.day.yesterday().ok()?;
        if let Some(last) = self.calendar.spans_on(before).last().filter(|_| weeks > 0) {
            self.reached = self.reached.max(self.stretch.moment(before, last.closes));
        }
        each.checked_mul(i32::try_from(weeks).ok()?)
    }

    /// Goes to the next day, if need be behind a change of the clocks. Nothing at the end of the walk.
    fn next_day(&mut self) -> Option<()> {
        self.next = 0;
        self.day = self.day.tomorrow().ok()?;
        let midnight = self.stretch.moment(self.day, 0);
        if midnight >= self.stretch.until {
            let change = self.stretch.until;
            if change >= self.until {
                return None;
            }
            self.stretch = Stretch::at(&self.calendar.zone, change);
            self.day = first_day(&self.stretch);
            return Some(());
        }
        (midnight < self.until).then_some(())
    }

    fn piece(&self, span: OpenSpan) -> Option<Interval> {
        let opens = self.stretch.moment(self.day, span.opens).max(self.stretch.from).max(self.reached);
        let closes = self.stretch.moment(self.day, span.closes).min(self.stretch.until).min(self.until);
        (opens < closes).then_some(Interval { from: opens, to: closes })
    }
}

impl Iterator for Walk<'_> {
    type Item = Interval;

    fn next(&mut self) -> Option<Interval> {
        loop {
            let Some(span) = self.calendar.spans_on(self.day).get(self.next) else {
                self.next_day()?;
                continue;
            };
            let piece = self.piece(*span);
            self.next += 1;
            if let Some(piece) = piece {
                self.reached = piece.to;
                return Some(piece);
            }
        }
    }
}

/// The day before that of the moment: one of its spans may run on over midnight.
fn first_day(stretch: &Stretch) -> Date {
    let day = stretch.offset.to_datetime(stretch.from).date();
    day.yesterday().unwrap_or(day)
}
