//! Dated values: a list of `{from: DATE, …}`, of which the one counts that is in force on a day.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_yaml::Value;

use crate::policy::calendar::parse_date;
use crate::policy::finding::Finding;
use crate::policy::yaml::{Document, join};

/// From when each entry of a list is in force; the one without a date always was. Nothing for an entry whose date cannot
/// be used.
pub(super) fn starts(
    document: &Document,
    path: &str,
    entries: &[Value],
    findings: &mut Vec<Finding>,
) -> Vec<Option<Date>> {
    let mut known: BTreeMap<Date, usize> = BTreeMap::new();
    let mut starts = vec![];
    for (n, entry) in entries.iter().enumerate() {
        let path = join(path, n);
        let written = entry.as_mapping().and_then(|entry| entry.get("from")).map(|from| from.as_str().unwrap_or(""));
        let start = match written {
            None => Some(Date::MIN),
            Some(written) => parse_date(written).or_else(|| {
                let place = document.place(&join(&path, "from"));
                findings.push(not_a_date(written, place));
                None
            }),
        };
        if let Some(first) = start.and_then(|start| known.insert(start, n)) {
            let when = written.map_or_else(|| "no `from`".to_owned(), |written| format!("`from: {written}`"));
            let message = format!("entries {} and {} have {when}; only one can be in force", first + 1, n + 1);
            let place = if written.is_some() { document.place(&join(&path, "from")) } else { document.place(&path) };
            findings.push(Finding::error("dated-twice", place, message, "give each entry a date of its own"));
        }
        starts.push(start);
    }
    if !known.contains_key(&Date::MIN) && starts.iter().all(Option::is_some) {
        let message = known.keys().next().map_or_else(
            || "this list has no entries".to_owned(),
            |first| format!("nothing is in force before {first}"),
        );
        let help = "put an entry without `from` first; it counts for all time before";
        findings.push(Finding::error("dated-gap", document.key_place(path), message, help));
    }
    starts
}

/// What is said about a date that is none.
pub(super) fn not_a_date(written: &str, place: crate::policy::finding::Place) -> Finding {
    let message = format!("`{written}` is not a day of the calendar");
    Finding::error("bad-date", place, message, "write it like `2026-12-25`")
}
