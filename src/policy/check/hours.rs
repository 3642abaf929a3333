//! Opening hours of a calendar, line by line: `mon-fri: "09:00-12:30, 13:00-17:00"`, and those of single days.

use std::collections::BTreeMap;

use jiff::civil::Date;

use super::dated::not_a_date;
use crate::policy::calendar::{HoursFault, OpenSpan, Week, parse_date, parse_spans};
use crate::policy::finding::{Finding, Place};
use crate::policy::yaml::{Document, join};

/// The open hours of a week; empty when they cannot be read.
pub(super) fn week(
    document: &Document,
    path: &str,
    written: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> Week {
    let before = findings.len();
    for (days, spans) in written.iter().filter(|(_, spans)| *spans != "closed") {
        if let Err(fault) = Week::parse([(days.as_str(), spans.as_str())]) {
            // A fault of the days stands at the key, one of the hours behind it.
            let path = join(path, days);
            let in_days = matches!(fault, HoursFault::NotADay(_) | HoursFault::Twice(_));
            let place = if in_days { document.key_place(&path) } else { document.place(&path) };
            findings.push(told(&fault, place));
        }
    }
    if findings.len() > before || document.get(path).is_none() {
        return Week::default();
    }
    let pairs = written.iter().map(|(days, spans)| (days.as_str(), spans.as_str()));
    Week::parse(pairs).unwrap_or_else(|fault| {
        findings.push(told(&fault, document.key_place(path)));
        Week::default()
    })
}

/// The hours of single days, which count instead of those of the week.
pub(super) fn exceptions(
    document: &Document,
    path: &str,
    written: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> BTreeMap<Date, Vec<OpenSpan>> {
    let mut days = BTreeMap::new();
    for (date, spans) in written {
        let path = join(path, date);
        let Some(day) = parse_date(date) else {
            findings.push(not_a_date(date, document.key_place(&path)));
            continue;
        };
        match parse_spans(spans) {
            Ok(spans) => drop(days.insert(day, spans)),
            Err(fault) => findings.push(told(&fault, document.place(&path))),
        }
    }
    days
}

fn told(fault: &HoursFault, place: Place) -> Finding {
    let (code, help) = match fault {
        HoursFault::Overlap(_) | HoursFault::IntoTheNextDay(..) => {
            ("overlapping-hours", "let each span begin when the one in front of it is over, or later")
        }
        HoursFault::NeverOpen => ("never-open", "give the hours of one day at least"),
        HoursFault::NotADay(_)
        | HoursFault::NotASpan(_)
        | HoursFault::EndsAtMidnight(_)
        | HoursFault::Empty(_)
        | HoursFault::Twice(_) => {
            ("bad-hours", "write days like `mon-fri`, `sat` or `every day`, and hours like `09:00-12:30, 13:00-17:00`")
        }
    };
    Finding::error(code, place, fault.to_string(), help)
}
