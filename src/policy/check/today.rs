//! What only the day of the check can tell: dated values of which none is in force yet, and lists of holidays that end.
//! A pack is sound or not whatever day it is; this is told beside.

use std::collections::BTreeMap;

use jiff::ToSpan as _;
use jiff::civil::Date;
use serde_yaml::Value;

use crate::policy::calendar::parse_date;
use crate::policy::finding::{Finding, in_order};
use crate::policy::yaml::{self, Document, join};

use super::files::DESK;

/// How long before its end a list of holidays is told of: time enough to find out the next year's.
const BEFORE_THE_END: i64 = 90;

/// What is wrong with the dated values of a pack on this day.
pub fn on_day(files: &BTreeMap<String, String>, today: Date) -> Vec<Finding> {
    let Some(document) = files.get(DESK).and_then(|text| yaml::read(DESK, text).0) else { return Vec::new() };
    let mut findings = Vec::new();
    for room in ["limits", "contacts", "targets", "calendars"] {
        let room = join("", room);
        for name in keys(&document, &room) {
            not_yet(&document, &join(&room, &name), &name, today, &mut findings);
        }
    }
    for name in keys(&document, "/holidays") {
        holidays_end(&document, &join("/holidays", &name), &name, today, &mut findings);
    }
    in_order(findings)
}

/// A list of dated values of which the first begins in the future.
fn not_yet(document: &Document, path: &str, name: &str, today: Date, findings: &mut Vec<Finding>) {
    let Some(Value::Sequence(entries)) = document.get(path) else { return };
    let from = |entry: &Value| entry.get("from").and_then(Value::as_str).and_then(parse_date);
    let starts: Vec<Option<Date>> = entries.iter().map(from).collect();
    let first = starts.iter().flatten().min();
    if let Some(first) = first
        && starts.iter().all(Option::is_some)
        && *first > today
    {
        let at = starts.iter().position(|start| start.as_ref() == Some(first)).unwrap_or(0);
        let message = format!("nothing of `{name}` is in force today: the first value begins on {first}");
        let help = "put a value without `from` first; it counts until then";
        findings.push(Finding::error("dated-not-yet", document.key_place(&join(path, at)), message, help));
    }
}

fn holidays_end(document: &Document, path: &str, name: &str, today: Date, findings: &mut Vec<Finding>) {
    let Some(Value::Sequence(days)) = document.get(path) else { return };
    let last = days.iter().filter_map(Value::as_str).filter_map(parse_date).max();
    let soon = today.checked_add(BEFORE_THE_END.days()).unwrap_or(today);
    if let Some(last) = last.filter(|last| *last < soon) {
        let message = format!("the holidays `{name}` end on {last}; every day after it counts as open");
        let help = "add the holidays of the next years";
        findings.push(Finding::warning("holidays-end", document.key_place(path), message, help));
    }
}

fn keys(document: &Document, path: &str) -> Vec<String> {
    match document.get(path) {
        Some(Value::Mapping(map)) => map.keys().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn told(text: &str) -> Vec<String> {
        let files = BTreeMap::from([(DESK.to_owned(), text.to_owned())]);
        on_day(&files, date(2026, 3, 2)).iter().map(|one| format!("{}:{}", one.place.line, one.code)).collect()
    }

    #[test]
    fn what_begins_later_leaves_today_without_a_value() {
        let limits = |first: &str| format!("limits:\n  tries:\n    - {{from: {first}, value: 3}}\n");
        assert_eq!(told(&limits("2026-03-03")), ["3:dated-not-yet"]);
        assert_eq!(told(&limits("2026-03-02")), [""; 0]);
        assert_eq!(told("limits:\n  tries:\n    - {value: 2}\n    - {from: 2030-01-01, value: 3}\n"), [""; 0]);
    }

    #[test]
    fn holidays_that_end_soon_are_told_in_time() {
        assert_eq!(told("holidays:\n  england: [2025-12-25, 2026-05-04]\n"), ["2:holidays-end"]);
        assert_eq!(told("holidays:\n  england: [2025-12-25, 2026-12-25]\n"), [""; 0]);
    }
}
