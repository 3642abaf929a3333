//! Days and times as people write them. Nothing is guessed: what can be two days is no day, and a day without a year
//! is only read where somebody says what day it is today.

use jiff::civil::{Date, DateTime};

use crate::policy::recognise::clock::clock;
use crate::policy::recognise::day::{day as day_of, month, weekday};

/// Why something is no day, or no day with a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoMoment {
    /// It does not look like one.
    Unlike,
    /// 3/4/2026 is one day here and another day elsewhere.
    Ambiguous,
    /// Friday can be the last one or the next.
    TwoWeeks,
    /// 3 or 4 March.
    Several,
    /// There is no year.
    NoYear,
    /// Like 30 February.
    Unreal,
    /// The weekday belongs to another day.
    OtherWeekday,
    /// There is a time, and no day.
    NoDay,
    /// There is no time of day, or more than one.
    NoTime,
    /// Half past three can be in the morning.
    NoHalf,
}

/// Whether a question asks about what was or what will be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tense {
    Past,
    Future,
    Unknown,
}

impl Tense {
    /// The tense of a question.
    pub(super) fn of(question: &str) -> Tense {
        const PAST: [&str; 9] = ["rang", "called", "phoned", "did", "was", "were", "happened", "spoke", "wrote"];
        let question = question.to_lowercase();
        let mut words = question.split(|c: char| !c.is_alphabetic());
        let past = words.clone().any(|word| PAST.contains(&word));
        match (past, words.any(|word| word == "will")) {
            (true, false) => Tense::Past,
            (false, true) => Tense::Future,
            _ => Tense::Unknown,
        }
    }
}

/// What a day is counted from.
#[derive(Debug, Clone, Copy)]
pub(super) struct When {
    /// The day on which it was written, where that is known.
    pub today: Option<Date>,
    /// Whether the question asks about what was or will be.
    pub tense: Tense,
}

/// Longer texts are no moment.
const LONGEST: usize = 120;

/// Reads a day. A part of the day behind it, like `Friday afternoon`, changes nothing.
pub(super) fn day(written: &str, when: When) -> Result<Date, NoMoment> {
    let text = spaced(written).ok_or(NoMoment::Unlike)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    day_of(&words, when).or_else(|fault| {
        let clock = clock(&words);
        if clock.left.len() < words.len() { day_of(&clock.left, when) } else { Err(fault) }
    })
}

/// Reads a day with a time, in either order: `2 March 2026 at 3pm`, `2026-03-02 15:00`, `half past two pm yesterday`.
pub(super) fn day_and_time(written: &str, when: When) -> Result<DateTime, NoMoment> {
    let text = spaced(written).ok_or(NoMoment::Unlike)?;
    let words: Vec<&str> = text.split_whitespace().collect();
    let clock = clock(&words);
    let only_fillers = clock.left.iter().all(|word| matches!(*word, "at" | "about" | "around" | "the" | "in"));
    match (day_of(&clock.left, when), clock.times.as_slice()) {
        (Ok(date), [time]) => Ok(date.to_datetime((*time)?)),
        (Ok(_), _) => Err(NoMoment::NoTime),
        (Err(NoMoment::Unlike), [_]) if only_fillers => Err(NoMoment::NoDay),
        (Err(fault), _) => Err(fault),
    }
}

/// In lower case, with spaces for commas, for the `t` of `2026-03-02t15:00`, and around the month of `3mar2026`.
fn spaced(written: &str) -> Option<String> {
    if written.len() > LONGEST {
        return None;
    }
    let lower = split_iso(&written.to_lowercase());
    let mut text = String::with_capacity(lower.len() + 8);
    for word in lower.split(|c: char| c.is_whitespace() || c == ',') {
        let word = word.trim_matches(|c: char| "()[]\"“”!?;".contains(c)).trim_end_matches('.');
        let letters = word.find(char::is_alphabetic);
        let end = word.rfind(char::is_alphabetic).map(|end| end + 1);
        match letters.zip(end).and_then(|(from, to)| Some((from, to, word.get(from..to)?))) {
            Some((from, to, name)) if word.len() > name.len() && month(name).is_some() => {
                let (before, behind) = (word.get(..from).unwrap_or_default(), word.get(to..).unwrap_or_default());
                text.extend([before, " ", name, " ", behind, " "]);
            }
            _ => text.extend([word, " "]),
        }
    }
    // These name a day and a part of it at once.
    for (written, meant) in [
        ("@ ", "at "),
        ("just after ", "about "),
        ("just before ", "about "),
        ("last night", "yesterday night"),
        ("this morning", "today morning"),
        ("this afternoon", "today afternoon"),
        ("this evening", "today evening"),
        ("tonight", "today night"),
    ] {
        text = text.replace(written, meant);
    }
    Some(text)
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

/// How far around a word that speaks of a day a stretch may go, in words.
const AROUND: usize = 7;

/// Stretches of a line that may be a day, or a day with a time: all words around one that speaks of a day, the longest
/// stretch first. There are never more than a few dozen for each such word. Only months and ISO dates speak of a day
/// so plainly that no question is needed; `widely` takes weekdays, `yesterday` and dates in digits too.
pub(super) fn stretches(line: &str, widely: bool) -> Vec<Vec<&str>> {
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
        if !line.get(*start..*end).is_some_and(|word| is_anchor(word, widely)) {
            continue;
        }
        let first = n.saturating_sub(AROUND);
        let last = (n + AROUND).min(ends.len().saturating_sub(1));
        let mut here: Vec<&str> = vec![];
        for start in ends.get(first..=n).unwrap_or_default() {
            for end in ends.get(n..=last).unwrap_or_default() {
                here.extend(line.get(start.0..end.1).filter(|stretch| stretch.len() <= LONGEST));
            }
        }
        here.sort_by_key(|stretch| std::cmp::Reverse(stretch.len()));
        found.push(here.into_iter().map(trimmed).collect());
        if found.len() == MOST {
            break;
        }
    }
    found
}

/// Whether a word names a month, or is a date with four digits first; or with `widely` any other sign of a day.
fn is_anchor(word: &str, widely: bool) -> bool {
    const SIGNS: [&str; 10] =
        ["today", "yesterday", "tomorrow", "tonight", "ago", "morning", "afternoon", "evening", "night", "days"];
    if word.len() > 40 {
        return false;
    }
    let word = trimmed(word).to_lowercase();
    let iso = word.len() >= 10
        && word
            .bytes()
            .take(10)
            .enumerate()
            .all(|(n, b)| if n == 4 || n == 7 { b == b'-' } else { b.is_ascii_digit() });
    let digits = || {
        let parts: Vec<&str> = word.split(['/', '.', '-']).collect();
        matches!(parts.len(), 2 | 3)
            && parts.iter().all(|part| matches!(part.len(), 1 | 2 | 4) && part.bytes().all(|b| b.is_ascii_digit()))
    };
    iso || word.split(|c: char| !c.is_alphabetic()).any(|part| month(part).is_some())
        || (widely && (SIGNS.contains(&word.as_str()) || weekday(&word).is_some() || digits()))
}

/// So many signs of a day in one line are looked at.
const MOST: usize = 50;

/// Without the marks around it.
fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    const WHEN: When = When { today: None, tense: Tense::Unknown };

    fn on(today: Date) -> When {
        When { today: Some(today), tense: Tense::Past }
    }

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
            assert_eq!(day(written, WHEN), Ok(date(2026, 3, 3)), "{written}");
        }
        assert_eq!(day("13/4/2026", WHEN), Ok(date(2026, 4, 13)));
        assert_eq!(day("4/13/2026", WHEN), Ok(date(2026, 4, 13)));
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
            assert_eq!(day(written, WHEN), Err(fault), "{written}");
        }
        assert_eq!(day("28 December", on(date(2026, 1, 5))), Ok(date(2025, 12, 28)));
        assert_eq!(day("3rd March", on(date(2026, 1, 5))), Ok(date(2026, 3, 3)));
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
            assert_eq!(day_and_time(written, WHEN), Ok(date(2026, 3, 2).at(15, 0, 0, 0)), "{written}");
        }
        for (written, fault) in [
            ("2 March 2026", NoMoment::NoTime),
            ("2 March 2026 at 3:30", NoMoment::NoHalf),
            ("2 March 2026 25:00", NoMoment::Unreal),
            ("2 March at 3pm", NoMoment::NoYear),
            ("yesterday", NoMoment::Unlike),
        ] {
            assert_eq!(day_and_time(written, WHEN), Err(fault), "{written}");
        }
    }

    #[test]
    fn days_counted_from_today() {
        let when = |tense| When { today: Some(date(2026, 11, 4)), tense };
        for (written, read) in [
            ("yesterday", Ok(date(2026, 11, 3))),
            ("last Friday afternoon", Ok(date(2026, 10, 30))),
            ("Friday", Ok(date(2026, 10, 30))),
            ("two days ago", Ok(date(2026, 11, 2))),
            ("13/11", Ok(date(2026, 11, 13))),
            ("last Tuesday", Err(NoMoment::TwoWeeks)),
            ("Wednesday", Err(NoMoment::TwoWeeks)),
            ("03/11", Err(NoMoment::Ambiguous)),
            ("3 or 4 November", Err(NoMoment::Several)),
        ] {
            assert_eq!(day(written, when(Tense::Past)), read, "{written}");
        }
        assert_eq!(day("Friday", when(Tense::Unknown)), Err(NoMoment::TwoWeeks));
        assert_eq!(day("Friday", when(Tense::Future)), Ok(date(2026, 11, 6)));
        assert_eq!(Tense::of("If you rang us: on which day?"), Tense::Past);
        assert_eq!(day_and_time("Tuesday about 3", when(Tense::Past)), Err(NoMoment::NoHalf));
        assert_eq!(day_and_time("3pm", when(Tense::Past)), Err(NoMoment::NoDay));
    }
}
