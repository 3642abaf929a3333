//! Calendars and lists of holidays: zones, hours, days of their own, and hours that change on a day.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use serde_yaml::Value;

use super::{dated, hours};
use crate::policy::calendar::{Calendar, Period, parse_date, run_into};
use crate::policy::draft::{CalendarDraft, DeskDraft};
use crate::policy::finding::{Finding, did_you_mean, nearest};
use crate::policy::yaml::{Document, join};

/// What is written of the hours of a period, and where.
struct Entry {
    path: String,
    from: Date,
    draft: CalendarDraft,
}

/// Makes the calendars of the desk.
pub(super) fn check(
    document: &Document,
    draft: &DeskDraft,
    desk_zone: &TimeZone,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Calendar> {
    check_holidays(document, draft, findings);
    let mut calendars = BTreeMap::new();
    for (name, value) in &draft.calendars {
        let entries = entries(document, &join("/calendars", name), value, findings);
        let zone = calendar_zone(document, &entries, desk_zone, findings);
        let before = findings.len();
        let period = |entry: &Entry| period(document, draft, entry, findings);
        let calendar = Calendar::new(zone, entries.iter().map(period).collect());
        // What cannot be read overlaps with nothing.
        if findings.len() == before {
            check_seams(document, &entries, &calendar, findings);
        }
        calendars.insert(name.clone(), calendar);
    }
    calendars
}

/// A time zone. The bundled data, so that the answer is the same on every machine.
pub(super) fn zone(document: &Document, path: &str, name: Option<&str>, findings: &mut Vec<Finding>) -> TimeZone {
    let Some(name) = name else { return TimeZone::UTC };
    let zones = TimeZoneDatabase::bundled();
    zones.get(name).unwrap_or_else(|_| {
        let names: Vec<String> = zones.available().map(|zone| zone.to_string()).collect();
        let help = match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write it like `Europe/London`".to_owned(),
        };
        let message = format!("there is no time zone `{name}`");
        findings.push(Finding::error("bad-zone", document.place(path), message, help));
        TimeZone::UTC
    })
}

fn entries(document: &Document, path: &str, value: &Value, findings: &mut Vec<Finding>) -> Vec<Entry> {
    let Value::Sequence(list) = value else {
        let draft = CalendarDraft::read(document, path, findings);
        return vec![Entry { path: path.to_owned(), from: Date::MIN, draft }];
    };
    let starts = dated::starts(document, path, list, findings);
    let each = starts.into_iter().enumerate().filter_map(|(n, from)| {
        let path = join(path, n);
        let draft = CalendarDraft::read_dated(document, &path, findings);
        Some(Entry { from: from?, path, draft })
    });
    each.collect()
}

/// The zone of a calendar. Its hours may change on a day, its clock may not.
fn calendar_zone(
    document: &Document,
    entries: &[Entry],
    desk_zone: &TimeZone,
    findings: &mut Vec<Finding>,
) -> TimeZone {
    let mut written = entries.iter().filter_map(|entry| Some((&entry.path, entry.draft.zone.as_deref()?)));
    let Some((path, first)) = written.next() else { return desk_zone.clone() };
    for (path, other) in written.filter(|(_, other)| *other != first) {
        let message = format!("this calendar has the zone `{first}` already; `{other}` is another");
        let help = "write one zone, or make a second calendar";
        findings.push(Finding::error("two-zones", document.place(&join(path, "zone")), message, help));
    }
    zone(document, &join(path, "zone"), Some(first), findings)
}

fn period(document: &Document, draft: &DeskDraft, entry: &Entry, findings: &mut Vec<Finding>) -> Period {
    let Entry { path, from, draft: written } = entry;
    let week = hours::week(document, &join(path, "hours"), &written.hours, findings);
    let except = hours::exceptions(document, &join(path, "except"), &written.except, findings);
    let closed_path = join(path, "closed");
    let mut closed = BTreeSet::new();
    for (n, list) in written.closed.iter().enumerate() {
        let in_list = join(&closed_path, n);
        let path = if document.get(&in_list).is_some() { &in_list } else { &closed_path };
        closed.extend(holidays(document, draft, path, list, findings));
    }
    Period { from: *from, week, closed, except }
}

fn holidays(
    document: &Document,
    draft: &DeskDraft,
    path: &str,
    list: &str,
    findings: &mut Vec<Finding>,
) -> BTreeSet<Date> {
    let Some(days) = draft.holidays.get(list) else {
        let help = did_you_mean(list, draft.holidays.keys().map(String::as_str));
        let message = format!("there is no list of holidays `{list}`");
        findings.push(Finding::error("unknown-holidays", document.place(path), message, help));
        return BTreeSet::new();
    };
    days.iter().filter_map(|day| parse_date(day)).collect()
}

fn check_holidays(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) {
    for (list, days) in &draft.holidays {
        let mut known = BTreeSet::new();
        for (n, day) in days.iter().enumerate() {
            let place = || document.place(&join(&join("/holidays", list), n));
            match parse_date(day) {
                None => findings.push(dated::not_a_date(day, place())),
                Some(date) if !known.insert(date) => {
                    let message = format!("`{day}` stands twice in the holidays `{list}`");
                    findings.push(Finding::error("holiday-twice", place(), message, "leave it once"));
                }
                Some(_) => {}
            }
        }
    }
}

/// Where days of their own and changed hours meet the days around them.
fn check_seams(document: &Document, entries: &[Entry], calendar: &Calendar, findings: &mut Vec<Finding>) {
    let runs_into = |day: Date, next: Date| run_into(calendar.spans_on(day), calendar.spans_on(next));
    for (n, entry) in entries.iter().enumerate() {
        let end = entries.iter().map(|other| other.from).filter(|from| *from > entry.from).min();
        let begin =
            entries.iter().map(|other| other.from).min().filter(|first| *first != entry.from).map(|_| entry.from);
        if n > 0 && entry.from.yesterday().is_ok_and(|before| runs_into(before, entry.from)) {
            findings.push(overlap(document.place(&join(&entry.path, "from")), entry.from));
        }
        for day in entry.draft.except.keys() {
            let path = join(&join(&entry.path, "except"), day);
            let Some(day) = parse_date(day) else { continue };
            if begin.is_some_and(|begin| day < begin) || end.is_some_and(|end| day >= end) {
                let message = format!("on {day} other hours are in force; this is never used");
                let help = "write it under the entry that is in force on that day";
                findings.push(Finding::warning("not-in-force", document.key_place(&path), message, help));
                continue;
            }
            let before = day.yesterday().is_ok_and(|before| runs_into(before, day));
            let after = day.tomorrow().is_ok_and(|after| runs_into(day, after));
            if before || after {
                findings.push(overlap(document.place(&path), day));
            }
        }
    }
}

fn overlap(place: crate::policy::finding::Place, day: Date) -> Finding {
    let message = format!("around {day} a span runs on over midnight into one of the next day");
    let help = "let each span begin when the one in front of it is over, or later";
    Finding::error("overlapping-hours", place, message, help)
}
