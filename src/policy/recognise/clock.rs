//! Times of day as people write them: `3pm`, `15:00`, `half past two in the afternoon`. Half past three alone can be in
//! the night, so it is none.

use jiff::civil::Time;

use crate::policy::recognise::day::plain;
use crate::policy::recognise::moment::NoMoment;
use crate::policy::recognise::number::value_of;

/// What the words of a moment say of the time of day, and which words are left.
#[derive(Debug, Default)]
pub(super) struct Clock<'a> {
    /// The times that are named, in order.
    pub times: Vec<Result<Time, NoMoment>>,
    /// The words that say nothing of the time.
    pub left: Vec<&'a str>,
}

/// A part of the day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
    Evening,
}

/// A time before its half of the day is known.
#[derive(Debug, Clone, Copy)]
struct Told {
    hour: i16,
    minute: i16,
    half: Option<Half>,
    /// `09:00` and `15:00` need no half.
    is_whole: bool,
}

/// Reads the times of day out of words in lower case.
pub(super) fn clock<'a>(words: &[&'a str]) -> Clock<'a> {
    let mut told: Vec<Told> = vec![];
    let mut halves: Vec<Half> = vec![];
    let mut left: Vec<&'a str> = vec![];
    let mut rest = words;
    while let [first, behind @ ..] = rest {
        if let Some((time, used)) = in_words(rest).or_else(|| in_digits(first).map(|time| (time, 1))) {
            told.push(time);
            rest = rest.get(used..).unwrap_or_default();
        } else if let Some(half) = half(first) {
            halves.push(half);
            // "in the morning", "in the afternoon"
            if left.ends_with(&["in", "the"]) {
                left.truncate(left.len() - 2);
            }
            rest = behind;
        } else if let Some((time, used)) = bare(rest, left.last().copied(), behind) {
            told.push(time);
            rest = rest.get(used..).unwrap_or_default();
        } else {
            left.push(first);
            rest = behind;
        }
    }
    halves.dedup();
    let half = match halves.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    Clock { times: told.into_iter().map(|told| settled(told, half)).collect(), left }
}

/// `half past two`, `quarter to four`, `ten past nine`, `noon`.
fn in_words(words: &[&str]) -> Option<(Told, usize)> {
    let whole = |hour| Told { hour, minute: 0, half: None, is_whole: true };
    match words {
        ["noon" | "midday", ..] => return Some((whole(12), 1)),
        ["midnight", ..] => return Some((whole(0), 1)),
        _ => {}
    }
    let (minutes, used) = match words {
        ["half", "past" | "passed", ..] => (30, 2),
        ["quarter", "past", ..] => (15, 2),
        ["quarter", "to", ..] => (-15, 2),
        ["a", "quarter", "past", ..] => (15, 3),
        ["a", "quarter", "to", ..] => (-15, 3),
        [n, "minutes", "past", ..] => (small(n)?, 3),
        [n, "minutes", "to", ..] => (-small(n)?, 3),
        [n, "past", ..] => (small(n)?, 2),
        [n, "to", ..] if small(n)? % 5 == 0 => (-small(n)?, 2),
        _ => return None,
    };
    let (hour, half) = hour_of(words.get(used)?)?;
    let (hour, minute) = match minutes {
        past if past >= 0 => (hour, past),
        to => (if hour == 1 { 12 } else { hour - 1 }, 60 + to),
    };
    Some((Told { hour, minute, half, is_whole: false }, used + 1))
}

fn small(word: &str) -> Option<i16> {
    plain(word).or_else(|| i16::try_from(value_of(word)?).ok()).filter(|n| (1..30).contains(n))
}

/// `two`, `2`, `2pm`.
fn hour_of(word: &str) -> Option<(i16, Option<Half>)> {
    let (hour, half) = with_half(word);
    let hour = plain(hour).or_else(|| i16::try_from(value_of(hour)?).ok())?;
    (1..=12).contains(&hour).then_some((hour, half))
}

/// `3pm`, `3.30pm`, `15:00`, `15:00:00`, `1430hrs`.
fn in_digits(word: &str) -> Option<Told> {
    let (digits, half) = with_half(word);
    if let Some(military) = digits.strip_suffix("hrs").or_else(|| digits.strip_suffix('h'))
        && military.len() == 4
    {
        let number = plain(military)?;
        return Some(Told { hour: number / 100, minute: number % 100, half: None, is_whole: true });
    }
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
    let is_whole = half.is_none() && (hour.len() == 2 || plain(hour)? == 0);
    Some(Told { hour: plain(hour)?, minute: plain(minute)?, half, is_whole })
}

/// A bare hour where nothing else can be meant: behind `at` or `about`, before a part of the day, or `10ish`. Also a
/// time with a dot: `at 15.00`.
fn bare(words: &[&str], before: Option<&str>, behind: &[&str]) -> Option<(Told, usize)> {
    let first = *words.first()?;
    let o_clock = ["o'clock", "o’clock", "oclock", "ish"].iter().any(|word| behind.first() == Some(word));
    let military = first.len() == 4 && matches!(behind.first(), Some(&"hrs" | &"hours"));
    let stem = first.strip_suffix("ish").map(|stem| stem.trim_end_matches('-')).unwrap_or(first);
    let asked = matches!(before, Some("at" | "about" | "around" | "approx" | "roughly" | "circa"));
    let half_follows = match behind {
        [word, ..] if half(word).is_some() => true,
        ["in", "the", word, ..] => half(word).is_some(),
        _ => false,
    };
    if military {
        let number = plain(first)?;
        return Some((Told { hour: number / 100, minute: number % 100, half: None, is_whole: true }, 2));
    }
    if let Some((hour, minute)) = stem.split_once('.')
        && (1..=2).contains(&hour.len())
        && minute.len() == 2
        && (asked || half_follows || before.is_some_and(|before| before.contains(['/', '.', '-'])))
    {
        let (hour, minute) = (plain(hour)?, plain(minute)?);
        return Some((Told { hour, minute, half: None, is_whole: hour >= 10 }, 1));
    }
    let hour = plain(stem).or_else(|| i16::try_from(value_of(stem)?).ok()).filter(|hour| (0..24).contains(hour))?;
    let month_follows = behind.first().is_some_and(|word| crate::policy::recognise::day::month(word).is_some());
    let told = Told { hour, minute: 0, half: None, is_whole: hour > 12 };
    let fits = (asked && !month_follows) || o_clock || half_follows || stem.len() < first.len();
    fits.then_some((told, 1 + usize::from(o_clock)))
}

/// A word without the `am` or `pm` at its end.
fn with_half(word: &str) -> (&str, Option<Half>) {
    let word = word.trim_end_matches('.');
    ["am", "a.m", "pm", "p.m"]
        .into_iter()
        .find_map(|end| {
            let stem = word.strip_suffix(end).filter(|stem| stem.starts_with(|c: char| c.is_ascii_digit()))?;
            Some((stem, Some(if end.starts_with('p') { Half::Afternoon } else { Half::Morning })))
        })
        .unwrap_or((word, None))
}

fn half(word: &str) -> Option<Half> {
    match word {
        "am" | "a.m" | "a.m." | "morning" => Some(Half::Morning),
        "pm" | "p.m" | "p.m." | "afternoon" => Some(Half::Afternoon),
        "evening" | "night" => Some(Half::Evening),
        _ => None,
    }
}

/// The time, once its half of the day is known.
fn settled(told: Told, half: Option<Half>) -> Result<Time, NoMoment> {
    let hour = match (told.half.or(half), told.hour) {
        (None, _) if told.is_whole => told.hour,
        (None, 13..) => told.hour,
        (None, _) => return Err(NoMoment::NoHalf),
        (Some(_), hour) if told.is_whole => hour,
        (Some(Half::Morning), 12) => 0,
        (Some(Half::Morning), hour @ 1..=11) => hour,
        (Some(Half::Afternoon), 12) => 12,
        (Some(Half::Afternoon), hour @ 1..=11) => hour + 12,
        (Some(Half::Evening), hour @ 5..=11) => hour + 12,
        (Some(Half::Evening), 1..=4 | 12) => return Err(NoMoment::NoHalf),
        (Some(_), _) => return Err(NoMoment::Unreal),
    };
    let parts = i8::try_from(hour).ok().zip(i8::try_from(told.minute).ok()).ok_or(NoMoment::Unreal)?;
    Time::new(parts.0, parts.1, 0, 0).map_err(|_| NoMoment::Unreal)
}
