//! Opening hours, and time counted by them: when a length is over, how much open time lies between two moments.
//!
//! A team is open when the clock on its wall shows an open time. So an hour that the clocks skip is worked by nobody, and
//! one that comes twice is worked twice. A span over midnight belongs to the day on which it begins.

mod counted;
mod due;
mod holidays;
mod hours;
mod length;
mod open;
mod walk;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use serde::Serialize;

pub use counted::Counted;
pub use holidays::{Holiday, from_ics, from_json};
pub use hours::{HoursFault, OpenSpan, Week, parse_spans, run_into};
pub use length::{Length, Unit};
pub use words::clock_in_words;

/// From one moment to another, which is not part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Interval {
    /// The first moment.
    pub from: Timestamp,
    /// The first moment behind it.
    pub to: Timestamp,
}

/// The hours that are in force from a day on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// The first day. The hours of the first period are those of the past as well.
    pub from: Date,
    /// The hours of a usual week.
    pub week: Week,
    /// Days on which nobody begins to work.
    pub closed: BTreeSet<Date>,
    /// Days with hours of their own. They count more than `closed`.
    pub except: BTreeMap<Date, Vec<OpenSpan>>,
}

/// When a team works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: TimeZone,
    /// In order; never empty.
    weeks: Vec<(Date, Week)>,
    /// The days that differ from their week.
    special: BTreeMap<Date, Vec<OpenSpan>>,
}

impl Calendar {
    /// A calendar of one period or several.
    pub fn new(zone: TimeZone, mut periods: Vec<Period>) -> Calendar {
        periods.sort_by_key(|period| period.from);
        let mut special = BTreeMap::new();
        let ends = periods.iter().skip(1).map(|next| Some(next.from)).chain([None]).collect::<Vec<_>>();
        for (n, (period, end)) in periods.iter().zip(ends).enumerate() {
            let in_force = |day: &Date| (n == 0 || *day >= period.from) && end.is_none_or(|end| *day < end);
            let closed = period.closed.iter().map(|day| (*day, vec![]));
            let except = period.except.iter().map(|(day, open)| (*day, open.clone()));
            special.extend(closed.chain(except).filter(|(day, _)| in_force(day)));
        }
        let weeks = periods.into_iter().map(|period| (period.from, period.week)).collect();
        Calendar { zone, weeks, special }
    }

    /// A calendar whose hours never change.
    pub fn weekly(zone: TimeZone, week: Week, closed: BTreeSet<Date>) -> Calendar {
        Calendar::new(zone, vec![Period { from: Date::MIN, week, closed, except: BTreeMap::new() }])
    }

    /// A calendar that is open every hour of every day.
    pub fn always(zone: TimeZone) -> Calendar {
        Calendar::weekly(zone, Week::always(), BTreeSet::new())
    }

    /// The zone of its clock.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The usual hours at a moment, in plain words: `Monday to Friday, 8am to 6pm`.
    pub fn cover(&self, at: Timestamp) -> String {
        self.week(self.local(at).date()).map_or_else(|| "no fixed hours".to_owned(), words::week_in_words)
    }

    /// The spans that begin on a day, in order.
    pub fn spans_on(&self, day: Date) -> &[OpenSpan] {
        match self.special.get(&day) {
            Some(open) => open,
            None => self.week(day).map_or(&[], |week| week.on(day.weekday())),
        }
    }

    /// The usual hours of a day.
    fn week(&self, day: Date) -> Option<&Week> {
        let in_force = self.weeks.iter().rev().find(|(from, _)| *from <= day);
        in_force.or(self.weeks.first()).map(|(_, week)| week)
    }

    /// For how many whole weeks, from this day on, every day is as its weekday is, the day before included.
    fn usual_weeks(&self, day: Date) -> i64 {
        let Ok(before) = day.yesterday() else { return 0 };
        let special = self.special.range(before..).next().map(|(day, _)| *day);
        let change = self.weeks.iter().skip(1).map(|(from, _)| *from).find(|from| *from > before);
        let end = [special, change].into_iter().flatten().min().unwrap_or(Date::MAX);
        days_between(day, end).max(0) / 7
    }

    fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }
}

/// Reads a day as authors write it: `2026-12-25`, and no other way.
pub fn parse_date(written: &str) -> Option<Date> {
    let digits = |n: usize, byte: u8| if n == 4 || n == 7 { byte == b'-' } else { byte.is_ascii_digit() };
    let well_formed = written.len() == 10 && written.bytes().enumerate().all(|(n, byte)| digits(n, byte));
    if well_formed { written.parse().ok() } else { None }
}

/// How many days one day lies before another.
fn days_between(first: Date, second: Date) -> i64 {
    second.duration_since(first).as_hours() / 24
}

/// The day a number of weeks later.
fn weeks_after(day: Date, weeks: i64) -> Option<Date> {
    let span = jiff::Span::new().try_weeks(weeks).ok()?;
    day.checked_add(span).ok()
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn calendar(pairs: &[(&str, &str)], closed: &[&str]) -> Calendar {
        let week = Week::parse(pairs.iter().copied()).unwrap();
        let closed = closed.iter().map(|day| day.parse().unwrap()).collect();
        Calendar::weekly(TimeZone::get("Europe/London").unwrap(), week, closed)
    }

    fn team() -> Calendar {
        calendar(&[("mon-fri", "08:00-18:00")], &["2026-12-25", "2026-12-28"])
    }

    fn due(calendar: &Calendar, from: &str, length: &str) -> String {
        let from: Timestamp = from.parse().unwrap();
        calendar
            .due(from, Length::parse(length).unwrap())
            .to_zoned(calendar.zone.clone())
            .strftime("%a %F %R")
            .to_string()
    }

    #[test]
    fn due_times() {
        let team = team();
        // Hours are time passed and days keep the clock time when the clocks go forward, then back.
        assert_eq!(due(&team, "2026-03-28T12:00:00Z", "24 hours"), "Sun 2026-03-29 13:00");
        assert_eq!(due(&team, "2026-03-28T12:00:00Z", "1 day"), "Sun 2026-03-29 12:00");
        assert_eq!(due(&team, "2026-10-24T11:00:00Z", "24 hours"), "Sun 2026-10-25 11:00");
        assert_eq!(due(&team, "2026-10-24T11:00:00Z", "1 day"), "Sun 2026-10-25 12:00");
        assert_eq!(due(&team, "2026-03-27T12:00:00Z", "1 week"), "Fri 2026-04-03 12:00");
        // A clock time that does not exist that night.
        assert_eq!(due(&team, "2026-03-28T01:30:00Z", "1 day"), "Sun 2026-03-29 02:30");
        // Working days, over a change of clocks and over holidays.
        assert_eq!(due(&team, "2026-03-27T09:00:00Z", "1 working day"), "Mon 2026-03-30 09:00");
        assert_eq!(due(&team, "2026-03-28T09:00:00Z", "1 working day"), "Tue 2026-03-31 08:00");
        assert_eq!(due(&team, "2026-03-02T20:00:00Z", "2 working days"), "Thu 2026-03-05 08:00");
        assert_eq!(due(&team, "2026-03-02T07:00:00Z", "1 working day"), "Tue 2026-03-03 08:00");
        assert_eq!(due(&team, "2026-12-24T16:00:00Z", "1 working day"), "Tue 2026-12-29 16:00");
        let always = calendar(&[("every day", "00:00-24:00")], &[]);
        assert_eq!(due(&always, "2026-10-24T11:00:00Z", "3 working days"), "Tue 2026-10-27 12:00");
    }

    #[test]
    fn openings() {
        let team = team();
        let opening = |at: &str| team.next_opening(at.parse().unwrap()).unwrap().to_string();
        assert_eq!(opening("2026-03-27T12:00:00Z"), "2026-03-27T12:00:00Z");
        assert_eq!(opening("2026-03-27T18:00:00Z"), "2026-03-30T07:00:00Z");
        assert_eq!(opening("2026-12-24T18:00:00Z"), "2026-12-29T08:00:00Z");
    }

    #[test]
    fn a_calendar_that_never_opens_counts_days() {
        let never = Calendar::weekly(TimeZone::get("Europe/London").unwrap(), Week::default(), BTreeSet::new());
        assert_eq!(never.next_opening("2026-03-02T09:00:00Z".parse().unwrap()), None);
        assert_eq!(due(&never, "2026-03-02T09:00:00Z", "3 working days"), "Thu 2026-03-05 09:00");
        assert_eq!(never.cover(Timestamp::UNIX_EPOCH), "no fixed hours");
    }

    fn units() -> impl Strategy<Value = Unit> {
        prop::sample::select(vec![
            Unit::Minutes,
            Unit::Hours,
            Unit::Days,
            Unit::Weeks,
            Unit::WorkingDays,
            Unit::WorkingMinutes,
            Unit::WorkingHours,
        ])
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

        #[test]
        fn due_is_never_before_and_grows_with_amount_and_start(
            // 2000 to 2100, two starts up to ten days apart.
            from in 946_684_800_i64..4_102_444_800, later in 0_i64..864_000, amount in 0_u32..400, more in 0_u32..50, unit in units(),
        ) {
            let team = team();
            let (from, later) = (Timestamp::from_second(from).unwrap(), Timestamp::from_second(from + later).unwrap());
            let due = |from, amount| team.due(from, Length { amount, unit });
            prop_assert!(due(from, amount) >= from);
            prop_assert!(due(from, amount) <= due(from, amount + more));
            // In the hour that the clocks skip or repeat, the same clock time may lie up to an hour earlier.
            prop_assert!(due(from, amount) <= due(later, amount) + SignedDuration::from_hours(1));
            let utc = Calendar { zone: TimeZone::UTC, ..team.clone() };
            let due = |from, amount| utc.due(from, Length { amount, unit });
            prop_assert!(due(from, amount) <= due(later, amount));
        }

        #[test]
        fn any_moment_and_any_amount_have_a_due_time(
            from in Timestamp::MIN.as_second()..=Timestamp::MAX.as_second(), amount: u32, unit in units(),
        ) {
            let from = Timestamp::from_second(from).unwrap();
            let due = team().due(from, Length { amount, unit });
            prop_assert!(due >= from);
        }

        #[test]
        fn next_opening_is_open(from in 946_684_800_i64..4_102_444_800) {
            let night = calendar(&[("fri-mon", "00:45-01:15, 01:30-02:30"), ("wed", "22:00-06:00")], &["2026-12-25"]);
            let opening = night.next_opening(Timestamp::from_second(from).unwrap()).unwrap();
            prop_assert!(opening.as_second() >= from && night.is_open(opening));
        }
    }
}
