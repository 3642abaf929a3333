//! Opening hours in plain words, as people read them in a letter.

use jiff::civil::Time;

use super::hours::{OpenSpan, Week, name_of};

/// The hours of a week: `Monday to Friday, 8am to 6pm`.
pub(super) fn week_in_words(week: &Week) -> String {
    let mut runs: Vec<(usize, usize, &[OpenSpan])> = vec![];
    for (day, open) in week.days().filter(|(_, open)| !open.is_empty()) {
        match runs.last_mut() {
            Some((_, last, same)) if *last + 1 == day && *same == open => *last = day,
            _ => runs.push((day, day, open)),
        }
    }
    let lines: Vec<String> = runs
        .into_iter()
        .map(|(first, last, open)| match (last - first, open == [OpenSpan::ALL_DAY]) {
            (6, true) => "24 hours a day, every day".to_owned(),
            (_, true) => format!("{}, all day", days_in_words(first, last)),
            (_, false) => format!("{}, {}", days_in_words(first, last), spans_in_words(open)),
        })
        .collect();
    if lines.is_empty() { "no fixed hours".to_owned() } else { lines.join("; ") }
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

fn days_in_words(first: usize, last: usize) -> String {
    match last - first {
        0 => name_of(first).to_owned(),
        1 => format!("{} and {}", name_of(first), name_of(last)),
        6 => "every day".to_owned(),
        _ => format!("{} to {}", name_of(first), name_of(last)),
    }
}

fn spans_in_words(open: &[OpenSpan]) -> String {
    let spans: Vec<String> = open
        .iter()
        .map(|span| format!("{} to {}", minutes_in_words(span.opens), minutes_in_words(span.closes)))
        .collect();
    spans.join(" and ")
}

fn minutes_in_words(minutes: u16) -> String {
    let clock = |part: u16| i8::try_from(part).unwrap_or_default();
    let time = Time::new(clock(minutes / 60 % 24), clock(minutes % 60), 0, 0);
    clock_in_words(time.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_in_plain_words() {
        let cover = |pairs: &[(&str, &str)]| week_in_words(&Week::parse(pairs.iter().copied()).unwrap());
        assert_eq!(cover(&[("mon-fri", "08:00-18:00")]), "Monday to Friday, 8am to 6pm");
        assert_eq!(cover(&[("every day", "00:00-24:00")]), "24 hours a day, every day");
        assert_eq!(
            cover(&[("mon-thu", "09:00-12:30, 13:00-17:00"), ("fri", "9:00-12:00"), ("sat, sun", "00:00-24:00")]),
            "Monday to Thursday, 9am to 12:30pm and 1pm to 5pm; Friday, 9am to midday; Saturday and Sunday, all day"
        );
        assert_eq!(cover(&[("every day", "22:00-06:00")]), "every day, 10pm to 6am");
        assert_eq!(cover(&[("mon", "18:00-24:00")]), "Monday, 6pm to midnight");
    }
}
