//! Days as people write them: with a month, in digits, by the day of the week, or counted from today. What can be two
//! days is none.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};

use crate::policy::recognise::moment::{NoMoment, Tense, When};
use crate::policy::recognise::number::value_of;

/// Reads a day: `3 March 2026`, `3rd of March`, `March 3, 2026`, `2026-03-03`, `13/4/2026`, `last Friday`, `yesterday`.
pub(super) fn day(words: &[&str], when: When) -> Result<Date, NoMoment> {
    let words: Vec<&str> = words.iter().copied().filter(|word| !is_filler(word)).collect();
    if let Some(date) = counted(&words, when) {
        return date;
    }
    let parts: Vec<&str> = words
        .iter()
        .flat_map(|word| word.split([',', '/', '.', '-', '–', '\u{2010}', '\u{2011}']))
        .filter(|part| !part.is_empty())
        .collect();
    let (weekdays, parts): (Vec<&str>, Vec<&str>) = parts.into_iter().partition(|part| weekday(part).is_some());
    let in_one_word = words.iter().any(|word| word.contains(['/', '.', '-']));
    let date = match parts.as_slice() {
        [one, "or" | "to" | "until" | "and", two, m, ..] if ordinal(one).is_some() && ordinal(two).is_some() => {
            month(m).map_or(Err(NoMoment::Unlike), |_| Err(NoMoment::Several))
        }
        [d, m, y] if month(m).is_some() => real(year(y), month(m), ordinal(d)),
        [m, d, y] if month(m).is_some() => real(year(y), month(m), ordinal(d)),
        [y, m, d] if y.len() == 4 && plain(y).is_some() => real(year(y), plain(m), plain(d)),
        [one, two, y] => numbers(plain(one), plain(two), year(y)),
        [d, m] if month(m).is_some() => nearest(month(m), ordinal(d), when.today),
        [m, d] if month(m).is_some() => nearest(month(m), ordinal(d), when.today),
        [one, two] if in_one_word => without_year(plain(one), plain(two), when.today),
        _ => Err(NoMoment::Unlike),
    }?;
    match weekdays.as_slice() {
        [] => Ok(date),
        [named] if weekday(named) == Some(date.weekday()) => Ok(date),
        _ => Err(NoMoment::OtherWeekday),
    }
}

fn is_filler(word: &str) -> bool {
    matches!(word, "the" | "of" | "on" | "about" | "around" | "at" | "a" | "approx" | "roughly" | "coming" | "past")
}

/// A day that is counted from today: `yesterday`, `two days ago`, `last Friday`, `Tuesday` alone.
fn counted(words: &[&str], when: When) -> Option<Result<Date, NoMoment>> {
    let away = |days: i64| Some(from_today(when.today, days));
    let count = |word: &str| plain(word).map(i64::from).or_else(|| value_of(word)).filter(|n| (1..=60).contains(n));
    match words {
        ["today"] => away(0),
        ["yesterday"] => away(-1),
        ["tomorrow" | "tmrw"] => away(1),
        ["day", "before", "yesterday"] => away(-2),
        ["day", "after", "tomorrow"] => away(2),
        [n, "day" | "days", "ago"] => away(-count(n)?),
        ["week", "ago", "today"] => away(-7),
        ["in", n, "day" | "days"] => away(count(n)?),
        [name] => Some(named(None, weekday(name)?, when)),
        [which @ ("last" | "this" | "next"), name] => Some(named(Some(which), weekday(name)?, when)),
        [name, day @ ("yesterday" | "today" | "tomorrow")] | [day @ ("yesterday" | "today" | "tomorrow"), name] => {
            let named = weekday(name)?;
            let date = counted(&[day], when)?;
            Some(date.and_then(|date| if date.weekday() == named { Ok(date) } else { Err(NoMoment::OtherWeekday) }))
        }
        _ => None,
    }
}

fn from_today(today: Option<Date>, days: i64) -> Result<Date, NoMoment> {
    let today = today.ok_or(NoMoment::Unlike)?;
    today.checked_add(days.days()).map_err(|_| NoMoment::Unreal)
}

/// The day of the week that is meant. `Last Tuesday` on a Wednesday, and `Friday` without more, can be two days.
fn named(which: Option<&str>, day: Weekday, when: When) -> Result<Date, NoMoment> {
    let today = when.today.ok_or(NoMoment::Unlike)?;
    let back = i64::from(today.weekday().since(day));
    let ahead = i64::from(today.weekday().until(day));
    let left_of_the_week = i64::from(today.weekday().until(Weekday::Sunday));
    let away = match (which, when.tense) {
        (Some("last"), _) if back == 0 => -7,
        (Some("last"), _) if back >= 2 => -back,
        (Some("this"), _) if ahead <= left_of_the_week => ahead,
        (None, Tense::Past) if back > 0 => -back,
        (None, Tense::Future) if ahead > 0 => ahead,
        _ => return Err(NoMoment::TwoWeeks),
    };
    from_today(Some(today), away)
}

/// `13/11`: the day of that name within half a year.
fn without_year(one: Option<i16>, two: Option<i16>, today: Option<Date>) -> Result<Date, NoMoment> {
    match (one, two) {
        (Some(one @ 1..=12), Some(two @ 1..=12)) if one != two => Err(NoMoment::Ambiguous),
        (Some(day @ 1..=31), Some(month @ 1..=12)) | (Some(month @ 1..=12), Some(day @ 1..=31)) => {
            nearest(Some(month), Some(day), today)
        }
        _ => Err(NoMoment::Unlike),
    }
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
    if day.is_none() {
        return Err(NoMoment::Unlike);
    }
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

pub(super) fn plain(text: &str) -> Option<i16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

fn ordinal(text: &str) -> Option<i16> {
    const WORDS: [&str; 10] =
        ["first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"];
    if let Some(place) = WORDS.iter().position(|word| *word == text) {
        return i16::try_from(place + 1).ok();
    }
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

pub(super) fn month(text: &str) -> Option<i16> {
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

pub(super) fn weekday(text: &str) -> Option<Weekday> {
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
