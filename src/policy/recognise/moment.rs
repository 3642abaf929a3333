//! Days and times as people write them. Nothing is guessed: what can be two days is no day, and a day without a year
//! is only read where somebody says what day it is today.

use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};

/// Why something is no day, or no day with a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoMoment {
    /// It does not look like one.
    Unlike,
    /// 3/4/2026 is one day here and another day elsewhere.
    Ambiguous,
    /// There is no year.
    NoYear,
    /// Like 30 February.
    Unreal,
    /// The weekday belongs to another day.
    OtherWeekday,
    /// There is no time of day, or more than one.
    NoTime,
    /// Half past three can be in the morning.
    NoHalf,
}

/// Reads a day: `3 March 2026`, `3rd of March`, `March 3, 2026`, `2026-03-03`, `13/4/2026`.
pub(super) fn day(written: &str, today: Option<Date>) -> Result<Date, NoMoment> {
    let lower = written.to_lowercase();
    let parts: Vec<&str> = lower
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '/' | '.' | '-' | '–'))
        .filter(|part| !part.is_empty() && !matches!(*part, "the" | "of" | "on" | "about" | "around" | "at"))
        .collect();
    let (weekdays, parts): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(|part| weekday(part).is_some());
    let date = match parts.as_slice() {
        [d, m, y] if month(m).is_some() => real(year(y), month(m), ordinal(d)),
        [m, d, y] if month(m).is_some() => real(year(y), month(m), ordinal(d)),
        [y, m, d] if y.len() == 4 && plain(y).is_some() => real(year(y), plain(m), plain(d)),
        [one, two, y] => numbers(plain(one), plain(two), year(y)),
        [d, m] if month(m).is_some() => nearest(month(m), ordinal(d), today),
        [m, d] if month(m).is_some() => nearest(month(m), ordinal(d), today),
        [one, two] if plain(one).is_some() && plain(two).is_some() => Err(NoMoment::NoYear),
        _ => Err(NoMoment::Unlike),
    }?;
    match weekdays.as_slice() {
        [] => Ok(date),
        [named] if weekday(named) == Some(date.weekday()) => Ok(date),
        _ => Err(NoMoment::OtherWeekday),
    }
}

/// Reads a day with a time, in either order: `2 March 2026 at 3pm`, `2026-03-02 15:00`.
pub(super) fn day_and_time(written: &str, today: Option<Date>) -> Result<DateTime, NoMoment> {
    let mut parts: Vec<String> = vec![];
    for part in split_iso(&written.to_lowercase()).split(|c: char| c.is_whitespace() || c == ',') {
        match (parts.last_mut(), half(part)) {
            // `3 pm` is `3pm`.
            (Some(last), Some(half)) if last.ends_with(|c: char| c.is_ascii_digit()) => last.push_str(half),
            _ if part.is_empty() => {}
            _ => parts.push(part.to_owned()),
        }
    }
    let (times, days): (Vec<String>, Vec<String>) = parts.into_iter().partition(|part| clock(part).is_some());
    let date = day(&days.join(" "), today);
    match (date, times.as_slice()) {
        (Ok(date), [time]) => Ok(date.to_datetime(clock(time).unwrap_or(Err(NoMoment::NoTime))?)),
        (Ok(_), _) => Err(NoMoment::NoTime),
        (Err(NoMoment::Unlike), []) => Err(NoMoment::Unlike),
        (Err(fault), _) => Err(fault),
    }
}

/// Stretches of a line that may be a day, or a day with a time: all words around a month or an ISO date, the longest
/// stretch first. There are never more than a few dozen for each month that is named.
pub(super) fn stretches(line: &str) -> Vec<Vec<&str>> {
    const BEFORE: usize = 5;
    const BEHIND: usize = 5;
    let mut ends: Vec<(usize, usize)> = vec![];
    let mut from = None;
    for (at, c) in line.char_indices().chain([(line.len(), ' ')]) {
        match (from, c.is_whitespace()) {
            (None, false) => from = Some(at),
            (Some(start), true) => {
                ends.push((start, at));
                from = None;
            }
            (None, true) | (Some(_), false) => {}
        }
    }
    let mut found = vec![];
    for (n, (start, end)) in ends.iter().enumerate() {
        if !line.get(*start..*end).is_some_and(is_anchor) {
            continue;
        }
        let first = n.saturating_sub(BEFORE);
        let last = (n + BEHIND).min(ends.len().saturating_sub(1));
        let mut here: Vec<&str> = vec![];
        for start in ends.get(first..=n).unwrap_or_default() {
            for end in ends.get(n..=last).unwrap_or_default() {
                here.extend(line.get(start.0..end.1));
            }
        }
        here.sort_by_key(|stretch| std::cmp::Reverse(stretch.len()));
        found.push(here.into_iter().map(trimmed).collect());
    }
    found
}

/// Without the marks around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

/// Whether a word names a month, or is a date with four digits first.
fn is_anchor(word: &str) -> bool {
    let word = trimmed(word).to_lowercase();
    let iso = word.len() >= 10
        && word
            .bytes()
            .take(10)
            .enumerate()
            .all(|(n, b)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() });
    iso || word.split(|c: char| !c.is_alphabetic()).any(|part| month(part).is_some())
}

fn numbers(one: Option<i16>, two: Option<i16>, year: Option<i16>) -> Result<Date, NoMoment> {
    match (one, two) {
        (Some(one), Some(two)) if one != two && (1..=12).contains(&one) && (1..=12).contains(&two) => {
            Err(NoMoment::Ambiguous)
        }
        (Some(_), Some(month)) if (1..=12).contains(&month) => real(year, two, one),
        _ => real(year, one, two),
    }
}

fn real(year: Option<i16>, month: Option<i16>, day: Option<i16>) -> Result<Date, NoMoment> {
    let (Some(year), Some(month), Some(day)) = (year, month, day) else { return Err(NoMoment::Unlike) };
    let (month, day) = (i8::try_from(month), i8::try_from(day));
    match (month, day) {
        (Ok(month), Ok(day)) => Date::new(year, month, day).map_err(|_| NoMoment::Unreal),
        _ => Err(NoMoment::Unreal),
    }
}

/// The day of that name within half a year of today.
fn nearest(month: Option<i16>, day: Option<i16>, today: Option<Date>) -> Result<Date, NoMoment> {
    let Some(today) = today else {
        // A leap year has every day there is.
        return real(Some(2024), month, day).and(Err(NoMoment::NoYear));
    };
    let year = today.year();
    let half_a_year = 183.days();
    [year, year.saturating_sub(1), year.saturating_add(1)]
        .into_iter()
        .filter_map(|year| real(Some(year), month, day).ok())
        .find(|date| {
            let from = today.checked_sub(half_a_year).unwrap_or(Date::MIN);
            let to = today.checked_add(half_a_year).unwrap_or(Date::MAX);
            (from..=to).contains(date)
        })
        .ok_or(NoMoment::Unreal)
}

fn plain(text: &str) -> Option<i16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn ordinal(text: &str) -> Option<i16> {
    let number = ["st", "nd", "rd", "th"].into_iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text);
    plain(number)
}

/// A year of four digits that somebody alive may mean, or its last two digits.
fn year(text: &str) -> Option<i16> {
    match (text.len(), plain(text)?) {
        (2, year) => Some(2000 + year),
        (4, year) if (1900..2200).contains(&year) => Some(year),
        _ => None,
    }
}

fn month(text: &str) -> Option<i16> {
    const MONTHS: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let place = MONTHS.iter().position(|month| {
        text == *month || month.get(..3) == Some(text) || (text == "sept" && *month == "september")
    })?;
    i16::try_from(place + 1).ok()
}

fn weekday(text: &str) -> Option<Weekday> {
    const DAYS: [(&str, &[&str], Weekday); 7] = [
        ("monday", &["mon"], Weekday::Monday),
        ("tuesday", &["tue", "tues"], Weekday::Tuesday),
        ("wednesday", &["wed"], Weekday::Wednesday),
        ("thursday", &["thu", "thur", "thurs"], Weekday::Thursday),
        ("friday", &["fri"], Weekday::Friday),
        ("saturday", &["sat"], Weekday::Saturday),
        ("sunday", &["sun"], Weekday::Sunday),
    ];
    DAYS.into_iter().find(|(name, short, _)| text == *name || short.contains(&text)).map(|(_, _, day)| day)
}

fn half(text: &str) -> Option<&'static str> {
    match text {
        "am" | "a.m" | "a.m." => Some("am"),
        "pm" | "p.m" | "p.m." => Some("pm"),
        _ => None,
    }
}

/// A time of day; `None` if the text does not look like one.
fn clock(text: &str) -> Option<Result<Time, NoMoment>> {
    let text = text.trim_end_matches('.');
    match text {
        "noon" | "midday" => return Some(Ok(Time::constant(12, 0, 0, 0))),
        "midnight" => return Some(Ok(Time::midnight())),
        _ => {}
    }
    let (digits, half) = ["am", "a.m", "pm", "p.m"]
        .into_iter()
        .find_map(|end| text.strip_suffix(end).map(|digits| (digits, end.starts_with('p'))))
        .map_or((text, None), |(digits, afternoon)| (digits, Some(afternoon)));
    let parts: Vec<&str> = digits.split([':', '.']).collect();
    let looks = parts.iter().all(|part| (1..=2).contains(&part.len()) && plain(part).is_some());
    let (hour, minute) = match parts.as_slice() {
        [hour] if half.is_some() => (*hour, "00"),
        [hour, minute] if half.is_some() || digits.contains(':') => (*hour, *minute),
        [hour, minute, _seconds] if digits.contains(':') => (*hour, *minute),
        _ => return None,
    };
    if !looks || minute.len() != 2 {
        return None;
    }
    let (number, minute) = (i8::try_from(plain(hour)?).ok()?, i8::try_from(plain(minute)?).ok()?);
    let number = match (half, number) {
        (Some(false), 12) => 0,
        (Some(true), 1..=11) => number + 12,
        (Some(_), 1..=12) => number,
        (Some(_), _) => return Some(Err(NoMoment::Unreal)),
        (None, 1..=9) if hour.len() == 1 => return Some(Err(NoMoment::NoHalf)),
        (None, _) => number,
    };
    Some(Time::new(number, minute, 0, 0).map_err(|_| NoMoment::Unreal))
}

/// Puts a space for the `t` of `2026-03-02t15:00`.
fn split_iso(lower: &str) -> String {
    let mut text = String::with_capacity(lower.len());
    let mut before = ' ';
    let mut rest = lower.chars().peekable();
    while let Some(c) = rest.next() {
        let between = before.is_ascii_digit() && rest.peek().is_some_and(char::is_ascii_digit);
        text.push(if c == 't' && between { ' ' } else { c });
        before = c;
    }
    text
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn days() {
        for written in [
            "2026-03-03",
            "3 March 2026",
            "3rd March 2026",
            "the 3rd of March 2026",
            "March 3, 2026",
            "3-mar-2026",
            "Tuesday 3 March 2026",
            "on Tues 3rd March, 2026",
            "3/3/2026",
            "03.03.26",
        ] {
            assert_eq!(day(written, None), Ok(date(2026, 3, 3)), "{written}");
        }
        assert_eq!(day("13/4/2026", None), Ok(date(2026, 4, 13)));
        assert_eq!(day("4/13/2026", None), Ok(date(2026, 4, 13)));
        for (written, fault) in [
            ("3/4/2026", NoMoment::Ambiguous),
            ("30 February 2026", NoMoment::Unreal),
            ("3rd March", NoMoment::NoYear),
            ("31 June", NoMoment::Unreal),
            ("Monday 3 March 2026", NoMoment::OtherWeekday),
            ("Monday", NoMoment::Unlike),
            ("yesterday", NoMoment::Unlike),
            ("3 March 20260", NoMoment::Unlike),
            ("", NoMoment::Unlike),
        ] {
            assert_eq!(day(written, None), Err(fault), "{written}");
        }
        assert_eq!(day("28 December", Some(date(2026, 1, 5))), Ok(date(2025, 12, 28)));
        assert_eq!(day("3rd March", Some(date(2026, 1, 5))), Ok(date(2026, 3, 3)));
    }

    #[test]
    fn days_with_times() {
        for written in [
            "2 March 2026 at 3pm",
            "3 pm on 2 March 2026",
            "2026-03-02T15:00",
            "2026-03-02 15:00:00",
            "2 March 2026, 15:00",
            "Monday 2nd March 2026 at about 3.00 p.m.",
        ] {
            assert_eq!(day_and_time(written, None), Ok(date(2026, 3, 2).at(15, 0, 0, 0)), "{written}");
        }
        for (written, fault) in [
            ("2 March 2026", NoMoment::NoTime),
            ("2 March 2026 at 3:30", NoMoment::NoHalf),
            ("2 March 2026 25:00", NoMoment::Unreal),
            ("2 March at 3pm", NoMoment::NoYear),
            ("yesterday", NoMoment::Unlike),
        ] {
            assert_eq!(day_and_time(written, None), Err(fault), "{written}");
        }
    }
}
