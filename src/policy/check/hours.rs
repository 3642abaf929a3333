//! Opening hours of a calendar, line by line: `mon-fri: "09:00-12:30, 13:00-17:00"`.

use std::collections::BTreeMap;

use crate::policy::calendar::{Calendar, Hours};
use crate::policy::finding::Finding;
use crate::policy::yaml::{Document, join};

const HELP: &str = "write days like `mon-fri`, `sat` or `every day`, and hours like `09:00-12:30, 13:00-17:00`";

/// The open hours of a week; empty when they cannot be read.
pub(super) fn week(
    document: &Document,
    path: &str,
    written: &BTreeMap<String, String>,
    findings: &mut Vec<Finding>,
) -> Hours {
    let before = findings.len();
    for (days, spans) in written.iter().filter(|(_, spans)| *spans != "closed") {
        if let Err(fault) = Calendar::parse_hours([(days.as_str(), spans.as_str())]) {
            // A fault of the days stands at the key, one of the hours behind it.
            let path = join(path, days);
            let days_are_good = Calendar::parse_hours([(days.as_str(), "00:00-24:00")]).is_ok();
            let place = if days_are_good { document.place(&path) } else { document.key_place(&path) };
            findings.push(Finding::error("bad-hours", place, fault, HELP));
        }
    }
    if findings.len() > before || document.get(path).is_none() {
        return Hours::new();
    }
    let pairs = written.iter().map(|(days, spans)| (days.as_str(), spans.as_str()));
    Calendar::parse_hours(pairs).unwrap_or_else(|fault| {
        findings.push(Finding::error("bad-hours", document.key_place(path), fault, HELP));
        Hours::new()
    })
}
