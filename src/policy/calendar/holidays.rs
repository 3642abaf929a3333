//! Lists of holidays as others publish them: iCalendar files, and the JSON of gov.uk. All of it or nothing: every line
//! that cannot be used is told.

use jiff::civil::Date;
use serde_json::Value;

use super::parse_date;

/// A day on which nobody works.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Holiday {
    /// The day.
    pub date: Date,
    /// What it is called; nothing if that was not told.
    pub name: String,
}

/// The longest holiday, in days. More is a slip.
const LONGEST: usize = 31;

/// Reads the JSON of `https://www.gov.uk/bank-holidays.json`: `{"england-and-wales": {"events": [{"title", "date"}]}}`.
pub fn from_json(text: &str, division: &str) -> Result<Vec<Holiday>, Vec<String>> {
    let whole: Value = serde_json::from_str(text).map_err(|error| vec![format!("this is not JSON: {error}")])?;
    let divisions = whole.as_object().ok_or_else(|| vec!["this has no divisions".to_owned()])?;
    let known = || divisions.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let Some(chosen) = divisions.get(division) else {
        return Err(vec![format!("there is no division `{division}`; known here: {}", known())]);
    };
    let Some(events) = chosen.get("events").and_then(Value::as_array) else {
        return Err(vec![format!("the division `{division}` has no list `events`")]);
    };
    let (mut days, mut faults) = (vec![], vec![]);
    for (n, event) in events.iter().enumerate() {
        let part = |key: &str| event.get(key).and_then(Value::as_str);
        match part("date").map(|written| (written, parse_date(written))) {
            Some((_, Some(date))) => days.push(Holiday { date, name: part("title").unwrap_or("").to_owned() }),
            Some((written, None)) => faults.push(format!("event {}: `{written}` is not a day of the calendar", n + 1)),
            None => faults.push(format!("event {}: it has no `date`", n + 1)),
        }
    }
    finished(days, faults)
}

/// Reads an iCalendar file: each event is a whole day or several, and none repeats.
pub fn from_ics(text: &str) -> Result<Vec<Holiday>, Vec<String>> {
    let (mut days, mut faults) = (vec![], vec![]);
    let mut open: Vec<String> = vec![];
    let mut event = Event::default();
    for (number, line) in unfolded(text) {
        let Some(property) = Property::read(&line) else {
            faults.push(format!("line {number}: this is not a line of an iCalendar file"));
            continue;
        };
        match property.name.as_str() {
            "begin" => {
                open.push(property.value.to_ascii_uppercase());
                if open.len() == 2 {
                    event = Event { line: number, ..Event::default() };
                }
            }
            "end" if open.pop().is_none_or(|begun| !begun.eq_ignore_ascii_case(property.value)) => {
                faults.push(format!("line {number}: `{}` ends here, but did not begin", property.value));
            }
            "end" if property.value.eq_ignore_ascii_case("VEVENT") => match std::mem::take(&mut event).days() {
                Ok(more) => days.extend(more),
                Err(fault) => faults.push(fault),
            },
            _ if open == ["VCALENDAR", "VEVENT"] => {
                if let Err(why) = event.learn(&property) {
                    faults.push(format!("line {number}: {why}"));
                }
            }
            _ => {}
        }
    }
    if let Some(part) = open.last() {
        faults.push(format!("the file ends before its `{part}` does"));
    }
    finished(days, faults)
}

/// In order; a day that was told twice is one day.
fn finished(mut days: Vec<Holiday>, mut faults: Vec<String>) -> Result<Vec<Holiday>, Vec<String>> {
    if days.is_empty() && faults.is_empty() {
        faults.push("there is no holiday in it".to_owned());
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    days.sort();
    days.dedup_by(|later, first| later.date == first.date);
    Ok(days)
}

/// The lines with their numbers. A line that begins with white space goes on with the one before.
fn unfolded(text: &str) -> Vec<(usize, String)> {
    let mut lines: Vec<(usize, String)> = vec![];
    for (n, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
        match (line.strip_prefix([' ', '\t']), lines.last_mut()) {
            (Some(more), Some((_, before))) => before.push_str(more),
            _ if line.trim().is_empty() => {}
            _ => lines.push((n + 1, line.to_owned())),
        }
    }
    lines
}

/// One line: `DTSTART;VALUE=DATE:20261225`.
struct Property<'a> {
    /// In lower case.
    name: String,
    parameters: &'a str,
    value: &'a str,
}

impl<'a> Property<'a> {
    fn read(line: &'a str) -> Option<Property<'a>> {
        let mut quoted = false;
        let colon = line.find(|c| {
            quoted ^= c == '"';
            c == ':' && !quoted
        })?;
        let (head, value) = (line.get(..colon)?, line.get(colon + 1..)?);
        let (name, parameters) = head.split_once(';').unwrap_or((head, ""));
        let good = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        good.then(|| Property { name: name.to_ascii_lowercase(), parameters, value: value.trim() })
    }

    /// A whole day, as events of one day or several have it.
    fn day(&self) -> Result<Date, String> {
        let written = self.value;
        let whole = written.len() == 8 && written.bytes().all(|byte| byte.is_ascii_digit());
        if !whole {
            let zoned = if self.parameters.to_ascii_uppercase().contains("TZID") { " with a zone" } else { "" };
            return Err(format!("`{written}` is not a whole day, but a time{zoned} or nothing"));
        }
        written.parse().map_err(|_| format!("`{written}` is not a day of the calendar"))
    }
}

#[derive(Default)]
struct Event {
    line: usize,
    begins: Option<Date>,
    /// The day behind the last.
    ends: Option<Date>,
    name: String,
    cancelled: bool,
    /// What is wrong with it was told already.
    faulty: bool,
}

impl Event {
    fn learn(&mut self, property: &Property<'_>) -> Result<(), String> {
        let fault = match property.name.as_str() {
            "dtstart" => property.day().map(|day| self.begins = Some(day)),
            "dtend" => property.day().map(|day| self.ends = Some(day)),
            "rrule" | "rdate" => Err("it repeats; each date must be an event of its own".to_owned()),
            "duration" if property.value != "P1D" => Err(format!("`{}` is not one day", property.value)),
            "summary" => {
                self.name = property.value.replace("\\,", ",").replace("\\;", ";").replace("\\n", " ");
                Ok(())
            }
            "status" => {
                self.cancelled = property.value.eq_ignore_ascii_case("CANCELLED");
                Ok(())
            }
            _ => Ok(()),
        };
        self.faulty |= fault.is_err();
        fault
    }

    fn days(self) -> Result<Vec<Holiday>, String> {
        if self.faulty || self.cancelled {
            return Ok(vec![]);
        }
        let begins = self.begins.ok_or_else(|| format!("line {}: this event has no DTSTART", self.line))?;
        let days: Vec<Date> = std::iter::successors(Some(begins), |day| day.tomorrow().ok())
            .take_while(|day| self.ends.map_or(*day == begins, |end| *day < end || *day == begins))
            .take(LONGEST + 1)
            .collect();
        if days.len() > LONGEST {
            return Err(format!("line {}: this event lasts longer than {LONGEST} days", self.line));
        }
        Ok(days.into_iter().map(|date| Holiday { date, name: self.name.clone() }).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(days: Result<Vec<Holiday>, Vec<String>>) -> Vec<String> {
        match days {
            Ok(days) => days.iter().map(|day| format!("{} {}", day.date, day.name)).collect(),
            Err(faults) => faults,
        }
    }

    #[test]
    fn an_icalendar_file() {
        let text = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n\
                    BEGIN:VEVENT\r\nDTEND;VALUE=DATE:20261229\r\nDTSTART;VALUE=DATE:20261228\r\nSUMMARY:Boxing\r\n  Day\r\n\
                    BEGIN:VALARM\r\nDURATION:PT5M\r\nEND:VALARM\r\nEND:VEVENT\r\n\
                    BEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261227\r\nEND:VEVENT\r\n\
                    BEGIN:VEVENT\r\nDTSTART:20261225\r\nSUMMARY:Christmas again\r\nEND:VEVENT\r\n\
                    BEGIN:VEVENT\r\nDTSTART:20261231\r\nSTATUS:CANCELLED\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
        assert_eq!(told(from_ics(text)), ["2026-12-25 ", "2026-12-26 ", "2026-12-28 Boxing Day"]);
    }

    #[test]
    fn every_bad_line_is_told() {
        let text = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;TZID=Europe/London:20261225T090000\nEND:VEVENT\n\
                    BEGIN:VEVENT\nSUMMARY:No day\nEND:VEVENT\nBEGIN:VEVENT\nDTSTART:20260230\nRRULE:FREQ=YEARLY\nEND:VEVENT\n\
                    nonsense\nBEGIN:VEVENT\nDTSTART:20260101\nDTEND:20270101\nEND:VEVENT\nEND:VTODO\n";
        assert_eq!(
            told(from_ics(text)),
            [
                "line 3: `20261225T090000` is not a whole day, but a time with a zone or nothing",
                "line 5: this event has no DTSTART",
                "line 9: `20260230` is not a day of the calendar",
                "line 10: it repeats; each date must be an event of its own",
                "line 12: this is not a line of an iCalendar file",
                "line 13: this event lasts longer than 31 days",
                "line 17: `VTODO` ends here, but did not begin",
            ]
        );
        assert_eq!(told(from_ics("BEGIN:VCALENDAR")), ["the file ends before its `VCALENDAR` does"]);
        assert_eq!(told(from_ics("BEGIN:VCALENDAR\nEND:VCALENDAR")), ["there is no holiday in it"]);
    }

    #[test]
    fn the_json_of_gov_uk() {
        let text = r#"{"england-and-wales": {"division": "england-and-wales", "events": [
            {"title": "Boxing Day", "date": "2026-12-28", "notes": "Substitute day", "bunting": true},
            {"title": "Christmas Day", "date": "2026-12-25"}]},
            "scotland": {"events": [{"date": "2026-13-01"}, {"title": "?"}]}}"#;
        let days = told(from_json(text, "england-and-wales"));
        assert_eq!(days, ["2026-12-25 Christmas Day", "2026-12-28 Boxing Day"]);
        let faults = told(from_json(text, "scotland"));
        assert_eq!(faults, ["event 1: `2026-13-01` is not a day of the calendar", "event 2: it has no `date`"]);
        let faults = told(from_json(text, "wales"));
        assert_eq!(faults, ["there is no division `wales`; known here: england-and-wales, scotland"]);
        assert!(told(from_json("{", "wales"))[0].starts_with("this is not JSON: EOF"));
    }
}
