//! `calendar`: opening hours, arithmetic with them, and lists of holidays that others publish.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, Subcommand};
use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::desk::DeskError;
use crate::library::{self, Running};
use crate::policy::calendar::{Calendar, Holiday, Interval, Length, Unit, from_ics, from_json, parse_date};
use crate::policy::finding::did_you_mean;
use crate::policy::flow::Desk;

use super::{Failure, Format, Settings, complain, open, print};

/// Opening hours, and time counted by them.
#[derive(Debug, Subcommand)]
pub(super) enum CalendarCommand {
    Due(Due),
    /// List the calendars of the pack, with their usual hours at --now.
    List,
    Show(Show),
    Holidays(Holidays),
}

/// Say when a length of time is over.
///
/// Minutes and hours are open time of the calendar, with or without the word "working". What would be due at closing time
/// is due at the next opening. A working day is the same clock time on the next open day; days and weeks are time passed.
/// Time in a pause does not count. In a length of days, a pause adds what it takes: open time to working days, all of its
/// time to others.
#[derive(Debug, Args)]
pub(super) struct Due {
    /// The calendar, as desk.yaml calls it.
    #[arg(long, value_name = "NAME")]
    calendar: String,
    /// The moment from which time counts.
    #[arg(long, value_name = "RFC3339", value_parser = moment)]
    from: Timestamp,
    /// The length, such as "120 minutes", "4 working hours", "3 working days" or "2 weeks".
    #[arg(long, value_name = "LENGTH", value_parser = budget)]
    budget: Length,
    /// Two moments between which time does not count, such as 2026-03-02T09:00:00Z/2026-03-02T10:00:00Z; may be given
    /// several times.
    #[arg(long = "pause", value_name = "A/B", value_parser = pause)]
    pauses: Vec<Interval>,
}

/// List the open spans of a calendar.
#[derive(Debug, Args)]
pub(super) struct Show {
    /// The calendar, as desk.yaml calls it.
    name: String,
    /// The first day or moment. Without it, today.
    #[arg(long, value_name = "DATE|RFC3339", value_parser = edge)]
    from: Option<Edge>,
    /// The last day, or the moment of the end. Without it, two weeks later.
    #[arg(long, value_name = "DATE|RFC3339", value_parser = edge)]
    to: Option<Edge>,
}

/// Print a published list of holidays as lines for desk.yaml. All of it or nothing: every bad line is listed.
#[derive(Debug, Args)]
pub(super) struct Holidays {
    /// An iCalendar file, or the JSON of https://www.gov.uk/bank-holidays.json.
    #[arg(long, value_name = "FILE")]
    from: PathBuf,
    /// The part of the JSON to take.
    #[arg(long, default_value = "england-and-wales")]
    division: String,
}

/// A day or a moment.
#[derive(Debug, Clone, Copy)]
enum Edge {
    Day(Date),
    Moment(Timestamp),
}

#[derive(Debug, Serialize)]
struct DueRow<'a> {
    due: Timestamp,
    /// Seconds.
    elapsed: i64,
    spans: &'a [Interval],
}

#[derive(Debug, Serialize)]
struct CalendarRow<'a> {
    calendar: &'a str,
    zone: &'a str,
    cover: String,
}

#[derive(Debug, Serialize)]
struct HolidayRow<'a> {
    date: Date,
    name: &'a str,
}

/// The longest time that is listed.
const LONGEST_LIST: SignedDuration = SignedDuration::from_hours(24 * 400);

impl CalendarCommand {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self {
            CalendarCommand::Due(due) => due.run(settings),
            CalendarCommand::List => list(settings),
            CalendarCommand::Show(show) => show.run(settings),
            CalendarCommand::Holidays(holidays) => holidays.run(settings),
        }
    }
}

impl Due {
    fn run(self, settings: &Settings) -> Result<(), Failure> {
        let running = pack(settings)?;
        let calendar = named(&running.pack.desk, &self.calendar)?;
        let unit = match self.budget.unit {
            Unit::Minutes => Unit::WorkingMinutes,
            Unit::Hours => Unit::WorkingHours,
            unit @ (Unit::Days | Unit::Weeks | Unit::WorkingDays | Unit::WorkingMinutes | Unit::WorkingHours) => unit,
        };
        let budget = Length { unit, ..self.budget };
        let counted = calendar.count(self.from, budget, &self.pauses).ok_or_else(|| {
            let (name, from) = (&self.calendar, self.from);
            Failure::Other(format!("the calendar `{name}` has no {budget} in the ten years behind {from}"))
        })?;
        match settings.format {
            Format::Json => {
                let elapsed = counted.elapsed.as_secs();
                print::json(&DueRow { due: counted.due, elapsed, spans: &counted.spans })
            }
            Format::Text => {
                print::text(&format!("Due {}, that is {}.", local(calendar, counted.due), counted.due))?;
                for span in &counted.spans {
                    print::text(&format!("  counted: {}", in_words(calendar, *span)))?;
                }
                Ok(())
            }
        }
    }
}

impl Show {
    fn run(self, settings: &Settings) -> Result<(), Failure> {
        let running = pack(settings)?;
        let calendar = named(&running.pack.desk, &self.name)?;
        let today = || Edge::Day(open::clock(settings).now().to_zoned(calendar.zone().clone()).date());
        let from = first(calendar, self.from.unwrap_or_else(today))?;
        let to = match self.to {
            Some(Edge::Moment(moment)) => moment,
            Some(Edge::Day(day)) => first(calendar, Edge::Day(day.tomorrow().unwrap_or(day)))?,
            None => from.checked_add(SignedDuration::from_hours(24 * 14)).unwrap_or(Timestamp::MAX),
        };
        if to <= from {
            return Err(Failure::Usage("--to is not behind --from".to_owned()));
        }
        if to.duration_since(from) > LONGEST_LIST {
            return Err(Failure::Usage("more than 400 days cannot be listed at once".to_owned()));
        }
        for span in calendar.spans(from, to) {
            match settings.format {
                Format::Json => print::json(&span)?,
                Format::Text => print::text(&in_words(calendar, span))?,
            }
        }
        Ok(())
    }
}

impl Holidays {
    fn run(self, settings: &Settings) -> Result<(), Failure> {
        let file = self.from.display();
        let text = std::fs::read_to_string(&self.from)
            .map_err(|error| Failure::Usage(format!("cannot read {file}: {error}")))?;
        let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
        let read = if is_json { from_json(&text, &self.division) } else { from_ics(&text) };
        let days = read.map_err(|faults| {
            for fault in &faults {
                complain(&format!("{file}: {fault}"));
            }
            let lines = if faults.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", faults.len()) };
            Failure::Other(format!("{lines}; no list was made"))
        })?;
        match settings.format {
            Format::Json => {
                days.iter().try_for_each(|day| print::json(&HolidayRow { date: day.date, name: &day.name }))
            }
            Format::Text => {
                let name =
                    if is_json { self.division.replace("-and-wales", "").replace('-', "_") } else { "imported".into() };
                print::text(&yaml(&name, &days))
            }
        }
    }
}

fn list(settings: &Settings) -> Result<(), Failure> {
    let running = pack(settings)?;
    let now = open::clock(settings).now();
    for (name, calendar) in &running.pack.desk.calendars {
        let zone = calendar.zone().iana_name().unwrap_or("UTC");
        let cover = calendar.cover(now);
        match settings.format {
            Format::Json => print::json(&CalendarRow { calendar: name, zone, cover })?,
            Format::Text => print::text(&format!("{name} ({zone}): {cover}"))?,
        }
    }
    Ok(())
}

fn pack(settings: &Settings) -> Result<Arc<Running>, Failure> {
    let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
    Ok(running)
}

fn named<'a>(desk: &'a Desk, name: &str) -> Result<&'a Calendar, Failure> {
    desk.calendars.get(name).ok_or_else(|| {
        let help = did_you_mean(name, desk.calendars.keys().map(String::as_str));
        Failure::Usage(format!("there is no calendar `{name}`; {help}"))
    })
}

/// The first moment of a day, or the moment.
fn first(calendar: &Calendar, edge: Edge) -> Result<Timestamp, Failure> {
    match edge {
        Edge::Moment(moment) => Ok(moment),
        Edge::Day(day) => match day.to_datetime(Time::midnight()).to_zoned(calendar.zone().clone()) {
            Ok(first) => Ok(first.timestamp()),
            Err(_) => Err(Failure::Usage(format!("{day} is too far away"))),
        },
    }
}

fn local(calendar: &Calendar, at: Timestamp) -> String {
    at.to_zoned(calendar.zone().clone()).strftime("%a %F %T").to_string()
}

fn in_words(calendar: &Calendar, span: Interval) -> String {
    format!("{} to {}", local(calendar, span.from), local(calendar, span.to))
}

/// A list as `desk.yaml` has it. What others wrote becomes no more than a remark.
fn yaml(name: &str, days: &[Holiday]) -> String {
    let mut lines = vec!["holidays:".to_owned(), format!("  {name}:")];
    for day in days {
        let remark: String = day.name.chars().filter(|c| !c.is_control()).take(60).collect();
        let remark = if remark.trim().is_empty() { String::new() } else { format!("  # {}", remark.trim()) };
        lines.push(format!("    - {}{remark}", day.date));
    }
    lines.join("\n")
}

fn moment(written: &str) -> Result<Timestamp, String> {
    written.parse().map_err(|_| format!("`{written}` is not a moment such as 2026-03-02T09:00:00Z"))
}

fn edge(written: &str) -> Result<Edge, String> {
    match parse_date(written) {
        Some(day) => Ok(Edge::Day(day)),
        None => moment(written).map(Edge::Moment).map_err(|why| format!("{why}, and no day such as 2026-03-02")),
    }
}

fn pause(written: &str) -> Result<Interval, String> {
    let Some((from, to)) = written.split_once('/') else {
        return Err(format!("`{written}` is not two moments with a `/` between them"));
    };
    let pause = Interval { from: moment(from)?, to: moment(to)? };
    if pause.to < pause.from { Err("it ends before it begins".to_owned()) } else { Ok(pause) }
}

/// A length as authors write it, also none, and of minutes as many as the largest number of hours has.
fn budget(written: &str) -> Result<Length, String> {
    let most = |length: &Length| match length.unit {
        Unit::Minutes | Unit::WorkingMinutes => Length::MOST * 60,
        Unit::Hours | Unit::Days | Unit::Weeks | Unit::WorkingDays | Unit::WorkingHours => Length::MOST,
    };
    Length::read(written)
        .filter(|length| length.amount <= most(length))
        .ok_or_else(|| format!("`{written}` is not a length such as `120 minutes` or `3 working days`"))
}
