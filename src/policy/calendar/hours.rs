//! The opening hours of a week as authors write them: `mon-fri` and `09:00-12:30, 13:00-17:00`.

use jiff::SignedDuration;
use jiff::civil::Weekday;

/// The minutes of a day on the clock.
const DAY: u16 = 24 * 60;

/// From when to when a team works, in minutes on the clock since midnight of the day on which it begins. An end behind
/// 24:00 lies on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpenSpan {
    pub(super) opens: u16,
    pub(super) closes: u16,
}

impl OpenSpan {
    /// From midnight to midnight.
    pub const ALL_DAY: OpenSpan = OpenSpan { opens: 0, closes: DAY };

    /// Whether it ends on the next day.
    pub fn runs_over_midnight(self) -> bool {
        self.closes > DAY
    }

    /// How far it reaches into the next day.
    pub(super) fn into_the_next_day(self) -> u16 {
        self.closes.saturating_sub(DAY)
    }
}

/// Open spans by weekday.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Week {
    /// Monday is the first.
    days: [Vec<OpenSpan>; 7],
}

/// What is wrong with hours, in the author's own words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursFault {
    /// The days are none.
    #[error("`{0}` is not a day; days are written `mon`, `mon-fri`, `sat, sun` or `every day`")]
    NotADay(String),
    /// The hours are none.
    #[error("`{0}` is not a span of hours such as `09:00-17:00`")]
    NotASpan(String),
    /// `00:00` at the end may be the end of the day or its beginning.
    #[error("`{0}` ends at 00:00; the end of a day is written `24:00`")]
    EndsAtMidnight(String),
    /// Nothing, or a whole day round: nobody can tell.
    #[error("`{0}` begins and ends at the same time; a whole day is written `00:00-24:00`")]
    Empty(String),
    /// A span begins before the one in front of it is over.
    #[error("`{0}` begins before the span in front of it is over")]
    Overlap(String),
    /// A span over midnight runs into one of the next day.
    #[error("the hours of {0} run on over midnight into those of {1}")]
    IntoTheNextDay(&'static str, &'static str),
    /// One day, two hours.
    #[error("{0} has its hours twice")]
    Twice(&'static str),
    /// Nobody ever works.
    #[error("the calendar has no open hours")]
    NeverOpen,
}

impl Week {
    /// Reads the hours of a week: pairs such as `mon-fri` and `09:00-12:30, 13:00-17:00`, `fri` and `22:00-06:00`,
    /// `sat` and `closed`, or `every day` and `00:00-24:00`.
    pub fn parse<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Week, HoursFault> {
        let mut week = Week::default();
        let mut given = [false; 7];
        for (days, spans) in pairs {
            let open = parse_spans(spans)?;
            for number in parse_days(days)? {
                let (Some(day), Some(given)) = (week.days.get_mut(number), given.get_mut(number)) else { continue };
                if std::mem::replace(given, true) {
                    return Err(HoursFault::Twice(name_of(number)));
                }
                day.clone_from(&open);
            }
        }
        if week.days.iter().all(Vec::is_empty) {
            return Err(HoursFault::NeverOpen);
        }
        let next = week.days.iter().cycle().skip(1);
        match week.days.iter().zip(next).position(|(day, next)| run_into(day, next)) {
            Some(number) => Err(HoursFault::IntoTheNextDay(name_of(number), name_of((number + 1) % 7))),
            None => Ok(week),
        }
    }

    /// Every hour of every day.
    pub fn always() -> Week {
        Week { days: std::array::from_fn(|_| vec![OpenSpan::ALL_DAY]) }
    }

    /// The spans that begin on a weekday, in order.
    pub fn on(&self, weekday: Weekday) -> &[OpenSpan] {
        let number = weekday.to_monday_zero_offset();
        usize::try_from(number).ok().and_then(|number| self.days.get(number)).map_or(&[], Vec::as_slice)
    }

    /// The spans of the seven days, Monday first.
    pub(super) fn days(&self) -> impl Iterator<Item = (usize, &[OpenSpan])> {
        self.days.iter().map(Vec::as_slice).enumerate()
    }

    /// On how many days of a week somebody begins to work.
    pub(super) fn open_days(&self) -> u32 {
        self.days.iter().fold(0, |sum, day| sum + u32::from(!day.is_empty()))
    }

    /// The open time of a week in which the clocks do not change.
    pub(super) fn open_time(&self) -> SignedDuration {
        let minutes = self.days.iter().flatten().map(|span| i64::from(span.closes.saturating_sub(span.opens))).sum();
        SignedDuration::from_mins(minutes)
    }
}

/// Whether the hours of a day run on over midnight into those of the next.
pub fn run_into(day: &[OpenSpan], next: &[OpenSpan]) -> bool {
    match (day.last(), next.first()) {
        (Some(last), Some(first)) => last.into_the_next_day() > first.opens,
        _ => false,
    }
}

const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/// The name of a weekday; Monday is 0.
pub(super) fn name_of(day: usize) -> &'static str {
    DAYS.get(day).copied().unwrap_or("a day")
}

/// `mon`, `mon-fri`, `sat, sun` or `every day`.
fn parse_days(written: &str) -> Result<Vec<usize>, HoursFault> {
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

fn parse_day(written: &str) -> Result<usize, HoursFault> {
    let name = written.trim();
    DAYS.iter()
        .position(|day| {
            day.eq_ignore_ascii_case(name) || day.get(..3).is_some_and(|day| day.eq_ignore_ascii_case(name))
        })
        .ok_or_else(|| HoursFault::NotADay(name.to_owned()))
}

/// Reads the hours of one day: `09:00-12:30, 13:00-17:00`, `22:00-06:00` into the next day, or `closed`.
pub fn parse_spans(written: &str) -> Result<Vec<OpenSpan>, HoursFault> {
    if written.trim() == "closed" {
        return Ok(vec![]);
    }
    let mut spans: Vec<OpenSpan> = vec![];
    for part in written.split(',') {
        let part = part.trim();
        let span = parse_span(part)?;
        if spans.last().is_some_and(|before| span.opens < before.closes) {
            return Err(HoursFault::Overlap(part.to_owned()));
        }
        spans.push(span);
    }
    Ok(spans)
}

fn parse_span(part: &str) -> Result<OpenSpan, HoursFault> {
    let clocks = part.split_once('-').and_then(|(opens, closes)| Some((parse_clock(opens)?, parse_clock(closes)?)));
    match clocks {
        None | Some((DAY.., _)) => Err(HoursFault::NotASpan(part.to_owned())),
        Some((_, 0)) => Err(HoursFault::EndsAtMidnight(part.to_owned())),
        Some((opens, closes)) if opens == closes => Err(HoursFault::Empty(part.to_owned())),
        Some((opens, closes)) if closes < opens => Ok(OpenSpan { opens, closes: closes + DAY }),
        Some((opens, closes)) => Ok(OpenSpan { opens, closes }),
    }
}

/// A clock time in minutes since midnight, `24:00` at most.
fn parse_clock(written: &str) -> Option<u16> {
    let (hour, minute) = written.trim().split_once(':')?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hour) || !digits(minute) || !(1..=2).contains(&hour.len()) || minute.len() != 2 {
        return None;
    }
    match (hour.parse::<u16>().ok()?, minute.parse::<u16>().ok()?) {
        (24, 0) => Some(DAY),
        (hour @ 0..24, minute @ 0..60) => Some(hour * 60 + minute),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faulty_hours_are_told_in_the_authors_words() {
        let fault = |days: &str, spans: &str| {
            Week::parse([("mon", "09:00-10:00"), (days, spans)]).expect_err("it is refused").to_string()
        };
        assert_eq!(fault("tue", "9-17"), "`9-17` is not a span of hours such as `09:00-17:00`");
        assert_eq!(fault("tue", "09:00-24:30"), "`09:00-24:30` is not a span of hours such as `09:00-17:00`");
        assert_eq!(fault("tue", "24:00-06:00"), "`24:00-06:00` is not a span of hours such as `09:00-17:00`");
        assert_eq!(fault("tue", "17:00-00:00"), "`17:00-00:00` ends at 00:00; the end of a day is written `24:00`");
        assert!(fault("tue", "17:00-17:00").starts_with("`17:00-17:00` begins and ends at the same time"));
        assert_eq!(
            fault("tue", "09:00-12:00, 11:00-13:00"),
            "`11:00-13:00` begins before the span in front of it is over"
        );
        assert_eq!(
            fault("tue", "22:00-06:00, 23:00-24:00"),
            "`23:00-24:00` begins before the span in front of it is over"
        );
        assert_eq!(fault("every day", "09:00-12:00"), "Monday has its hours twice");
        assert_eq!(fault("sun", "22:00-09:30"), "the hours of Sunday run on over midnight into those of Monday");
        assert!(fault("tues", "09:00-12:00").starts_with("`tues` is not a day"));
        assert_eq!(Week::parse([("sun", "closed")]), Err(HoursFault::NeverOpen));
    }

    #[test]
    fn nights_may_meet_the_next_day() {
        assert!(Week::parse([("every day", "22:00-06:00, 06:00-14:00")]).is_err(), "in order");
        assert!(Week::parse([("every day", "06:00-14:00, 22:00-06:00")]).is_ok());
        assert!(Week::parse([("every day", "05:00-14:00, 22:00-06:00")]).is_err(), "an hour twice");
        let open = parse_spans("22:00-23:59").map(|spans| spans.iter().map(|span| span.closes).collect::<Vec<_>>());
        assert_eq!(open, Ok(vec![23 * 60 + 59]), "a minute to midnight is a minute to midnight");
    }
}
