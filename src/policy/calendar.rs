//! Opening hours and lengths of time. Time passed and working days; working hours and minutes come with targets.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp, Zoned};
use serde::{Deserialize, Serialize};

/// A unit of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Time passed.
    Minutes,
    /// Time passed.
    Hours,
    /// Time passed; a day keeps the local clock time when the clocks change.
    Days,
    /// Time passed, seven days.
    Weeks,
    /// The same clock time on the next open day.
    WorkingDays,
}

/// A length of time as authors write it: `3 working days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Length {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
}

impl Length {
    /// The largest amount that an author may write.
    pub const MOST: u32 = 10_000;

    /// Reads what an author wrote: a whole number from 1 to 10,000 and a unit, such as `1 day` or `3 working days`.
    pub fn parse(written: &str) -> Option<Length> {
        let words: Vec<&str> = written.split_whitespace().collect();
        let (amount, unit) = words.split_first()?;
        if !amount.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let amount = amount.parse().ok().filter(|n| (1..=Self::MOST).contains(n))?;
        let unit = match unit {
            ["minute" | "minutes"] => Unit::Minutes,
            ["hour" | "hours"] => Unit::Hours,
            ["day" | "days"] => Unit::Days,
            ["week" | "weeks"] => Unit::Weeks,
            ["working", "day" | "days"] => Unit::WorkingDays,
            _ => return None,
        };
        Some(Length { amount, unit })
    }
}

/// The length as authors write it and people read it.
impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Minutes => "minute",
            Unit::Hours => "hour",
            Unit::Days => "day",
            Unit::Weeks => "week",
            Unit::WorkingDays => "working day",
        };
        let plural = if self.amount == 1 { "" } else { "s" };
        write!(f, "{} {unit}{plural}", self.amount)
    }
}

/// From when to when a team works. `24:00` is the end of the day, written as `None`.
pub type OpenSpan = (Time, Option<Time>);

/// Open spans by weekday (Monday is 0), in order.
pub type Hours = BTreeMap<u8, Vec<OpenSpan>>;

/// When a team works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    /// The zone of its clock.
    pub zone: TimeZone,
    /// Open spans by weekday (Monday is 0), in order.
    pub hours: Hours,
    /// Days on which nobody works.
    pub closed: BTreeSet<Date>,
}

/// How far ahead an open day is looked for. A calendar without one counts every day.
const TWO_YEARS: usize = 731;

impl Calendar {
    /// Reads the `hours` of a calendar: pairs such as `mon-fri` and `09:00-12:30, 13:00-17:00`, `sat` and `closed`,
    /// or `every day` and `00:00-24:00`. The error says what is wrong in the author's own words.
    pub fn parse_hours<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Hours, String> {
        let mut hours = Hours::new();
        for (days, spans) in pairs {
            let open = parse_spans(spans)?;
            for day in parse_days(days)? {
                if hours.insert(day, open.clone()).is_some() {
                    return Err(format!("{} has its hours twice", name_of(day)));
                }
            }
        }
        hours.retain(|_, open| !open.is_empty());
        if hours.is_empty() { Err("the calendar has no open hours".to_owned()) } else { Ok(hours) }
    }

    /// When a length that begins at `from` is over. Minutes and hours are time passed. Days and weeks keep the clock
    /// time when the clocks change. A working day is the same clock time on the next open day, and counting begins
    /// with the next opening if nobody works now. The result is never before `from`, nor after the last moment that
    /// can be told.
    pub fn due(&self, from: Timestamp, length: Length) -> Timestamp {
        let amount = i64::from(length.amount);
        let due = match length.unit {
            Unit::Minutes => from.checked_add(SignedDuration::from_mins(amount)).ok(),
            Unit::Hours => from.checked_add(SignedDuration::from_hours(amount)).ok(),
            Unit::Days => self.days_after(from, amount),
            Unit::Weeks => self.days_after(from, amount.saturating_mul(7)),
            Unit::WorkingDays => self.working_days_after(from, length.amount),
        };
        due.unwrap_or(Timestamp::MAX).max(from)
    }

    /// Whether somebody works at this moment.
    pub fn is_open(&self, at: Timestamp) -> bool {
        let local = self.local(at);
        let time = local.time();
        self.spans(local.date()).iter().any(|(start, end)| *start <= time && end.is_none_or(|end| time < end))
    }

    /// This moment if somebody works now, else the next moment at which somebody begins. `None` if nobody works in the
    /// next two years.
    pub fn next_opening(&self, at: Timestamp) -> Option<Timestamp> {
        if self.is_open(at) {
            return Some(at);
        }
        let today = self.local(at).date();
        std::iter::successors(Some(today), |day| day.tomorrow().ok())
            .take(TWO_YEARS + 1)
            .flat_map(|day| self.spans(day).iter().map(move |(start, _)| (day, *start)))
            .filter_map(|(day, start)| self.moment(day, start, at))
            .find(|moment| *moment >= at && self.is_open(*moment))
    }

    /// The hours in plain words: `Monday to Friday, 8am to 6pm`.
    pub fn cover(&self) -> String {
        let all_day = vec![(Time::midnight(), None)];
        let mut runs: Vec<(u8, u8, &Vec<OpenSpan>)> = vec![];
        for (day, open) in self.hours.iter().filter(|(_, open)| !open.is_empty()) {
            match runs.last_mut() {
                Some((_, last, same)) if last.saturating_add(1) == *day && *same == open => *last = *day,
                _ => runs.push((*day, *day, open)),
            }
        }
        let lines: Vec<String> = runs
            .into_iter()
            .map(|(first, last, open)| match (last.saturating_sub(first), *open == all_day) {
                (6, true) => "24 hours a day, every day".to_owned(),
                (_, true) => format!("{}, all day", days_in_words(first, last)),
                (_, false) => format!("{}, {}", days_in_words(first, last), spans_in_words(open)),
            })
            .collect();
        if lines.is_empty() { "no fixed hours".to_owned() } else { lines.join("; ") }
    }

    fn local(&self, at: Timestamp) -> Zoned {
        at.to_zoned(self.zone.clone())
    }

    fn spans(&self, day: Date) -> &[OpenSpan] {
        if self.closed.contains(&day) {
            return &[];
        }
        self.hours.get(&number_of(day.weekday())).map_or(&[], Vec::as_slice)
    }

    /// The moment at which a clock shows a time. A time that is skipped when the clocks go forward is an hour later;
    /// of a time that comes twice when they go back, the one that is not before `earliest`.
    fn moment(&self, day: Date, time: Time, earliest: Timestamp) -> Option<Timestamp> {
        let local = self.zone.to_ambiguous_zoned(day.to_datetime(time));
        let first = local.clone().compatible().ok()?.timestamp();
        if first >= earliest { Some(first) } else { Some(local.later().ok()?.timestamp()) }
    }

    fn days_after(&self, from: Timestamp, days: i64) -> Option<Timestamp> {
        let local = self.local(from);
        let day = local.date().checked_add(Span::new().try_days(days).ok()?).ok()?;
        self.moment(day, local.time(), from)
    }

    fn working_days_after(&self, from: Timestamp, amount: u32) -> Option<Timestamp> {
        let Some(start) = self.next_opening(from) else {
            return self.days_after(from, i64::from(amount));
        };
        let local = self.local(start);
        let mut day = local.date();
        // A length that an author wrote has no larger amount; the bound keeps one made by hand from counting for long.
        for _ in 0..amount.min(Length::MOST) {
            day = self.next_open_day(day)?;
        }
        self.moment(day, local.time(), start)
    }

    /// The next open day; tomorrow, if there is none within two years; `None` behind the last day there is.
    fn next_open_day(&self, day: Date) -> Option<Date> {
        let tomorrow = day.tomorrow().ok()?;
        std::iter::successors(Some(tomorrow), |day| day.tomorrow().ok())
            .take(TWO_YEARS)
            .find(|day| !self.spans(*day).is_empty())
            .or(Some(tomorrow))
    }
}

/// A clock time as people say it: `9am`, `4:30pm`, `midday`, `midnight`.
pub fn clock_in_words(time: Time) -> String {
    let half = if time.hour() < 12 { "am" } else { "pm" };
    match (time.hour(), time.minute()) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "midday".to_owned(),
        (hour, 0) => format!("{}{half}", twelve(hour)),
        (hour, minute) => format!("{}:{minute:02}{half}", twelve(hour)),
    }
}

fn twelve(hour: i8) -> i8 {
    if hour % 12 == 0 { 12 } else { hour % 12 }
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

fn name_of(day: u8) -> &'static str {
    DAYS.get(usize::from(day)).copied().unwrap_or("a day")
}

fn number_of(weekday: Weekday) -> u8 {
    match weekday {
        Weekday::Monday => 0,
        Weekday::Tuesday => 1,
        Weekday::Wednesday => 2,
        Weekday::Thursday => 3,
        Weekday::Friday => 4,
        Weekday::Saturday => 5,
        Weekday::Sunday => 6,
    }
}

fn days_in_words(first: u8, last: u8) -> String {
    match last.saturating_sub(first) {
        0 => name_of(first).to_owned(),
        1 => format!("{} and {}", name_of(first), name_of(last)),
        6 => "every day".to_owned(),
        _ => format!("{} to {}", name_of(first), name_of(last)),
    }
}

fn spans_in_words(open: &[OpenSpan]) -> String {
    let spans: Vec<String> = open
        .iter()
        .map(|(start, end)| format!("{} to {}", clock_in_words(*start), clock_in_words(end.unwrap_or_default())))
        .collect();
    spans.join(" and ")
}

/// `mon`, `mon-fri`, `sat, sun` or `every day`.
fn parse_days(written: &str) -> Result<Vec<u8>, String> {
    if written.split_whitespace().eq(["every", "day"]) {
        return Ok((0..7).collect());
    }
    let mut days = vec![];
    for part in written.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (parse_day(first)?, parse_day(last)?);
        let mut day = first;
        days.push(day);
        while day != last {
            day = (day + 1) % 7;
            days.push(day);
        }
    }
    Ok(days)
}

fn parse_day(written: &str) -> Result<u8, String> {
    let name = written.trim();
    DAYS.iter()
        .zip(0..)
        .find(|(day, _)| {
            day.eq_ignore_ascii_case(name) || day.get(..3).is_some_and(|day| day.eq_ignore_ascii_case(name))
        })
        .map(|(_, number)| number)
        .ok_or_else(|| format!("`{name}` is not a day; days are written `mon`, `mon-fri`, `sat, sun` or `every day`"))
}

/// `09:00-12:30, 13:00-17:00`, or `closed`.
fn parse_spans(written: &str) -> Result<Vec<OpenSpan>, String> {
    if written.trim() == "closed" {
        return Ok(vec![]);
    }
    let mut spans: Vec<OpenSpan> = vec![];
    for part in written.split(',') {
        let part = part.trim();
        let (start, end) = part
            .split_once('-')
            .and_then(|(start, end)| Some((parse_clock(start)??, parse_clock(end)?)))
            .ok_or_else(|| format!("`{part}` is not a span of hours such as `09:00-17:00`"))?;
        if end.is_some_and(|end| end <= start) {
            return Err(format!("`{part}` ends before it begins"));
        }
        if spans.last().is_some_and(|(_, before)| before.is_none_or(|before| start < before)) {
            return Err(format!("`{part}` begins before the span in front of it is over"));
        }
        spans.push((start, end));
    }
    Ok(spans)
}

/// A clock time; `24:00` is `Some(None)`.
fn parse_clock(written: &str) -> Option<Option<Time>> {
    let (hour, minute) = written.trim().split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) || !(1..=2).contains(&hour.len()) || minute.len() != 2 {
        return None;
    }
    match (hour.parse::<i8>().ok()?, minute.parse::<i8>().ok()?) {
        (24, 0) => Some(None),
        (hour, minute) => Time::new(hour, minute, 0, 0).ok().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn calendar(pairs: &[(&str, &str)], closed: &[&str]) -> Calendar {
        Calendar {
            zone: TimeZone::get("Europe/London").unwrap(),
            hours: Calendar::parse_hours(pairs.iter().copied()).unwrap(),
            closed: closed.iter().map(|day| day.parse().unwrap()).collect(),
        }
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
    fn lengths_read_as_written() {
        for good in
            ["1 minute", "90 minutes", "1 hour", "1 day", "2 weeks", "1 working day", "3 working days", "10000 days"]
        {
            assert_eq!(Length::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "3",
            "days",
            "0 days",
            "10001 days",
            "-1 day",
            "+1 day",
            "1.5 days",
            "3 working hours",
            "3 days ago",
            "three days",
        ] {
            assert_eq!(Length::parse(bad), None, "{bad}");
        }
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
        let never = Calendar { hours: Hours::new(), ..team() };
        assert_eq!(never.next_opening("2026-03-02T09:00:00Z".parse().unwrap()), None);
        assert_eq!(due(&never, "2026-03-02T09:00:00Z", "3 working days"), "Thu 2026-03-05 09:00");
        assert_eq!(never.cover(), "no fixed hours");
    }

    #[test]
    fn hours_in_plain_words() {
        let cover = |pairs: &[(&str, &str)]| calendar(pairs, &[]).cover();
        assert_eq!(cover(&[("mon-fri", "08:00-18:00")]), "Monday to Friday, 8am to 6pm");
        assert_eq!(cover(&[("every day", "00:00-24:00")]), "24 hours a day, every day");
        assert_eq!(
            cover(&[("mon-thu", "09:00-12:30, 13:00-17:00"), ("fri", "9:00-12:00"), ("sat, sun", "00:00-24:00")]),
            "Monday to Thursday, 9am to 12:30pm and 1pm to 5pm; Friday, 9am to midday; Saturday and Sunday, all day"
        );
    }

    #[test]
    fn faulty_hours_are_told_in_the_authors_words() {
        let fault =
            |days: &str, spans: &str| Calendar::parse_hours([("mon", "09:00-10:00"), (days, spans)]).unwrap_err();
        assert_eq!(fault("tue", "9-17"), "`9-17` is not a span of hours such as `09:00-17:00`");
        assert_eq!(fault("tue", "17:00-09:00"), "`17:00-09:00` ends before it begins");
        assert_eq!(
            fault("tue", "09:00-12:00, 11:00-13:00"),
            "`11:00-13:00` begins before the span in front of it is over"
        );
        assert_eq!(fault("every day", "09:00-12:00"), "Monday has its hours twice");
        assert!(fault("tues", "09:00-12:00").starts_with("`tues` is not a day"));
        assert_eq!(Calendar::parse_hours([("sun", "closed")]).unwrap_err(), "the calendar has no open hours");
    }

    fn units() -> impl Strategy<Value = Unit> {
        prop::sample::select(vec![Unit::Minutes, Unit::Hours, Unit::Days, Unit::Weeks, Unit::WorkingDays])
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
            let night = calendar(&[("fri-mon", "00:45-01:15, 01:30-02:30"), ("wed", "22:00-24:00")], &["2026-12-25"]);
            let opening = night.next_opening(Timestamp::from_second(from).unwrap()).unwrap();
            prop_assert!(opening.as_second() >= from && night.is_open(opening));
        }
    }
}
