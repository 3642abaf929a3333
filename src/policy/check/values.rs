//! Single values that authors write as text: yes or no, numbers, lengths of time.

use std::collections::BTreeMap;

use crate::policy::calendar::{Length, Unit};
use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::flow::{Ending, Limit, Telling};

/// Yes or no.
pub(super) fn yes_no(text: &str, place: impl FnOnce() -> Place, findings: &mut Vec<Finding>) -> bool {
    match text {
        "yes" => true,
        "no" => false,
        _ => {
            let message = format!("`{text}` is neither `yes` nor `no`");
            findings.push(Finding::error("bad-value", place(), message, "write `yes` or `no`"));
            false
        }
    }
}

/// How agents are told of new work.
pub(super) fn telling(text: &str, place: impl FnOnce() -> Place, findings: &mut Vec<Finding>) -> Telling {
    match text {
        "bundled" => Telling::Bundled,
        "at_once" => Telling::AtOnce,
        _ => {
            let message = format!("`{text}` is no way to tell agents");
            findings.push(Finding::error("bad-value", place(), message, "write `bundled` or `at_once`"));
            Telling::default()
        }
    }
}

/// A whole number, or a limit that is one.
pub(super) fn number(
    text: &str,
    limits: &BTreeMap<String, Limit>,
    place: impl FnOnce() -> Place,
    findings: &mut Vec<Finding>,
) -> Option<i64> {
    if let Some(name) = text.strip_prefix("limits.") {
        return match limits.get(name) {
            Some(Limit::Number(n)) => Some(*n),
            Some(Limit::Length(_)) => {
                let message = format!("`{text}` is a length of time; a number is wanted");
                findings.push(Finding::error("bad-number", place(), message, "write a number, or name another limit"));
                None
            }
            None => unknown_limit(name, limits, place(), findings),
        };
    }
    let number = text.parse().ok();
    if number.is_none() {
        let message = format!("`{text}` is not a whole number");
        findings.push(Finding::error("bad-number", place(), message, "write digits, such as `3`"));
    }
    number
}

/// A number of tries: one at least.
pub(super) fn tries(
    text: &str,
    limits: &BTreeMap<String, Limit>,
    place: impl Fn() -> Place,
    findings: &mut Vec<Finding>,
) -> Option<u32> {
    let number = number(text, limits, &place, findings)?;
    let tries = u32::try_from(number).ok().filter(|tries| (1..=20).contains(tries));
    if tries.is_none() {
        let message = format!("`{text}` tries are not possible");
        findings.push(Finding::error("bad-number", place(), message, "write a number from 1 to 20"));
    }
    tries
}

/// A length of time, or a limit that is one.
pub(super) fn length(
    text: &str,
    limits: &BTreeMap<String, Limit>,
    place: impl FnOnce() -> Place,
    findings: &mut Vec<Finding>,
) -> Option<Length> {
    if let Some(name) = text.strip_prefix("limits.") {
        return match limits.get(name) {
            Some(Limit::Length(length)) => Some(*length),
            Some(Limit::Number(_)) => {
                let message = format!("`{text}` is a number; a length of time is wanted");
                findings.push(Finding::error("bad-length", place(), message, "write a length, such as `3 days`"));
                None
            }
            None => unknown_limit(name, limits, place(), findings),
        };
    }
    let length = Length::parse(text).filter(|length| length.amount > 0);
    if length.is_none() {
        findings.push(not_a_length(text, place()));
    }
    length
}

fn not_a_length(text: &str, place: Place) -> Finding {
    let unit = text.split_once(' ').map_or("", |(_, unit)| unit.trim());
    let units = ["minutes", "hours", "days", "weeks", "working minutes", "working hours", "working days"];
    let message = format!("`{text}` is not a length of time");
    let help = match crate::policy::finding::nearest(unit, units) {
        Some(near) => format!("did you mean `{} {near}`?", text.split(' ').next().unwrap_or("3")),
        None => "write a number and a unit: minutes, hours, days, weeks, or working minutes, hours or days".to_owned(),
    };
    Finding::error("bad-length", place, message, help)
}

fn unknown_limit<T>(
    name: &str,
    limits: &BTreeMap<String, Limit>,
    place: Place,
    findings: &mut Vec<Finding>,
) -> Option<T> {
    let help = did_you_mean(name, limits.keys().map(String::as_str));
    findings.push(Finding::error("unknown-limit", place, format!("there is no limit `{name}`"), help));
    None
}

/// How a flow ends.
pub(super) fn ending(text: &str, place: impl FnOnce() -> Place, findings: &mut Vec<Finding>) -> Option<Ending> {
    let ending = Ending::named(text);
    if ending.is_none() {
        let help = did_you_mean(text, ["resolved", "refused", "unanswered", "agent"]);
        findings.push(Finding::error("unknown-ending", place(), format!("`{text}` is not an ending"), help));
    }
    ending
}

/// Reminders lie before the end of the wait.
pub(super) fn check_reminders(
    within: Length,
    remind: &[Length],
    place: impl Fn(usize) -> Place,
    findings: &mut Vec<Finding>,
) {
    for (n, reminder) in remind.iter().enumerate() {
        if is_late(reminder, &within) {
            let message = format!("a reminder after {reminder} is not before the end of the wait, {within}");
            findings.push(Finding::error("late-reminder", place(n), message, "remind earlier, or wait longer"));
        }
    }
}

/// Whether a wait surely takes as long as what must outlive it.
pub(super) fn outlasts(wait: &Length, lasts: &Length) -> bool {
    is_late(wait, lasts)
}

/// Whether a reminder cannot come before the end. A working day or hour takes as long as a day or hour at least.
fn is_late(reminder: &Length, within: &Length) -> bool {
    match (kind(reminder), kind(within)) {
        (a, b) if a == b => minutes(reminder) >= minutes(within),
        (_, 0) => minutes(reminder) >= minutes(within),
        // Weekends and holidays make three of five working days at the worst.
        (0, 1) => minutes(reminder) >= 2 * minutes(within) + 6 * 24 * 60,
        _ => false,
    }
}

/// What is counted: lengths of one kind can be compared.
fn kind(length: &Length) -> u8 {
    match length.unit {
        Unit::Minutes | Unit::Hours | Unit::Days | Unit::Weeks => 0,
        Unit::WorkingDays => 1,
        Unit::WorkingMinutes | Unit::WorkingHours => 2,
    }
}

fn minutes(length: &Length) -> u64 {
    let minutes = match length.unit {
        Unit::Minutes | Unit::WorkingMinutes => 1,
        Unit::Hours | Unit::WorkingHours => 60,
        Unit::Days | Unit::WorkingDays => 24 * 60,
        Unit::Weeks => 7 * 24 * 60,
    };
    u64::from(length.amount) * minutes
}
