//! `targets report`: the figures of promises as a table, as JSON and as CSV. The picture is `chart`'s.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use jiff::civil::Date;
use serde::Serialize;

use crate::desk::report::{By, Period, Report};
use crate::policy::calendar::parse_date;
use crate::policy::promise::tally::{Percentiles, Tally};
use crate::policy::promise::terms::ClockKind;

use super::super::{Failure, Format, Settings, complain, open, print, ticket};
use super::chart::chart;

const EXAMPLES: &str = "\
Examples:
  caredesk targets report --by flow --from 2026-03-01 --to 2026-03-31
  caredesk targets report --by week --csv > promises.csv
  caredesk targets report --svg promises.svg";

/// Count how promises came out, and how long things took.
///
/// Each promise counts once, on the day on which its clock started. `met`: kept in time. `missed`: too late, or not done
/// yet and too late by now. `withdrawn`: it ended before there was anything to keep. `running`: still open and not late. A
/// verdict that has fallen is taken as it was written down; a later edit of policy changes nothing.
///
/// Times are told twice: as the clock counted them (its own hours, without pauses), and as they passed (with nights,
/// holidays and pauses). Within the first of three times half were done, within the second 90 in 100, within the third 95
/// in 100. Each is a time that was really measured (nearest rank). Clocks that go on, and those withdrawn, are not measured.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub(in crate::cli) struct ReportCommand {
    /// The first day on which a clock started, such as 2026-03-01, by the desk's own zone. Without it, from the first
    /// promise on.
    #[arg(long, value_name = "DATE", value_parser = day)]
    from: Option<Date>,
    /// The last such day, which counts, too. Without it, to the latest promise.
    #[arg(long, value_name = "DATE", value_parser = day)]
    to: Option<Date>,
    /// By what promises are put together, beside their clock.
    #[arg(long, value_enum, default_value_t = Group::Clock)]
    by: Group,
    /// Print a table for a spreadsheet. Times are in seconds.
    #[arg(long)]
    csv: bool,
    /// Draw met and missed by week into a file, too.
    #[arg(long, value_name = "FILE")]
    svg: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Group {
    /// The flow of the request.
    Flow,
    /// The queue whose work the request is, or was last.
    Queue,
    /// The week in which the clock started, by its Monday.
    Week,
    /// Nothing else: all requests together.
    Clock,
}

impl Group {
    fn by(self) -> By {
        match self {
            Group::Flow => By::Flow,
            Group::Queue => By::Queue,
            Group::Week => By::Week,
            Group::Clock => By::Clock,
        }
    }

    fn title(self) -> &'static str {
        match self {
            Group::Flow => "Flow",
            Group::Queue => "Queue",
            Group::Week => "Week from",
            Group::Clock => "Requests",
        }
    }
}

/// A group as programs read it. Times are in seconds.
#[derive(Debug, Serialize)]
struct Row<'a> {
    group: &'a str,
    clock: ClockKind,
    met: u64,
    missed: u64,
    withdrawn: u64,
    running: u64,
    measured: usize,
    counted: Option<Percentiles>,
    passed: Option<Percentiles>,
    #[serde(skip)]
    percent_met: Option<u64>,
}

impl<'a> Row<'a> {
    fn of(((group, clock), tally): (&'a (String, ClockKind), &Tally)) -> Row<'a> {
        Row {
            group,
            clock: *clock,
            met: tally.met,
            missed: tally.missed,
            withdrawn: tally.withdrawn,
            running: tally.running,
            measured: tally.measured(),
            counted: tally.counted(),
            passed: tally.passed(),
            percent_met: tally.percent_met(),
        }
    }
}

impl ReportCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        if self.csv && settings.format == Format::Json {
            return Err(Failure::Usage("the report is printed as CSV or as JSON, not as both".into()));
        }
        if let (Some(from), Some(to)) = (self.from, self.to)
            && to < from
        {
            return Err(Failure::Usage(format!("--to {to} lies before --from {from}")));
        }
        let desk = open::kept_desk(settings, open::clock(settings), open::delivering(true)).await?;
        let report = desk.targets_report(self.by.by(), Period { from: self.from, to: self.to }).await?;
        if report.unmeasured > 0 {
            complain(&format!(
                "{} tickets run under a pack that cannot be read any more; their times are not measured",
                report.unmeasured
            ));
        }
        if let Some(file) = &self.svg {
            let drawn = chart(&desk.packs.current().pack.desk.name, &report.weeks);
            std::fs::write(file, drawn)
                .map_err(|error| Failure::Other(format!("cannot write {}: {error}", file.display())))?;
        }
        let rows: Vec<Row<'_>> = report.groups.iter().map(Row::of).collect();
        match (self.csv, settings.format) {
            (true, _) => print::text(&csv(&rows)),
            (false, Format::Json) => rows.iter().try_for_each(print::json),
            (false, Format::Text) => print::text(&self.in_words(&report, &rows)),
        }
    }

    fn in_words(&self, report: &Report, rows: &[Row<'_>]) -> String {
        if report.groups.is_empty() {
            let all = self.from.is_none() && self.to.is_none();
            let when = if all { "yet" } else { "in this time" };
            return format!("No promise was made {when}, so there is nothing to count.");
        }
        let about = "Times are hours and minutes. Half were done within the first, 90 in 100 within the second, 95 in 100 \
                     within the third (nearest rank).\nCounted: by the hours of the clock, without pauses. Passed: with \
                     nights and pauses. Times: on how many this rests.";
        format!("{}\n\n{about}", table(self.by.title(), rows))
    }
}

fn table(title: &str, rows: &[Row<'_>]) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        title,
        "Clock",
        "Met",
        "Missed",
        "Withdrawn",
        "Running",
        "Kept",
        "Counted",
        "Passed",
        "Times",
    ]);
    for row in rows {
        let kept = row.percent_met.map_or_else(|| "-".to_owned(), |percent| format!("{percent} %"));
        table.add_row([
            row.group.to_owned(),
            row.clock.name().to_owned(),
            row.met.to_string(),
            row.missed.to_string(),
            row.withdrawn.to_string(),
            row.running.to_string(),
            kept,
            times(row.counted),
            times(row.passed),
            row.measured.to_string(),
        ]);
    }
    table.to_string()
}

fn times(percentiles: Option<Percentiles>) -> String {
    let Some(Percentiles { p50, p90, p95 }) = percentiles else { return "-".to_owned() };
    [p50, p90, p95].map(|seconds| ticket::in_hours(i64::from(seconds))).join(" / ")
}

/// A table as RFC 4180 has it, with a header.
fn csv(rows: &[Row<'_>]) -> String {
    let header = "group,clock,met,missed,withdrawn,running,measured,counted_p50_seconds,counted_p90_seconds,\
                  counted_p95_seconds,passed_p50_seconds,passed_p90_seconds,passed_p95_seconds";
    let mut lines = vec![header.to_owned()];
    for row in rows {
        let mut cells = vec![cell(row.group), cell(row.clock.name())];
        cells.extend([row.met, row.missed, row.withdrawn, row.running].map(|count| count.to_string()));
        cells.push(row.measured.to_string());
        for times in [row.counted, row.passed] {
            let times = times.map(|times| [times.p50, times.p90, times.p95].map(|seconds| seconds.to_string()));
            cells.extend(times.unwrap_or_default());
        }
        lines.push(cells.join(","));
    }
    lines.join("\r\n")
}

/// A cell with a name. Spreadsheets run what begins like a formula: an apostrophe keeps it a text.
fn cell(text: &str) -> String {
    let risky = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = if risky { format!("'{text}") } else { text.to_owned() };
    if text.contains([',', '"', '\n', '\r', '\'']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text }
}

fn day(written: &str) -> Result<Date, String> {
    parse_date(written).ok_or_else(|| "it is no day such as 2026-03-01".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_never_a_formula() {
        for (name, written) in [
            ("accounts", "accounts"),
            ("=1+1", "\"'=1+1\""),
            ("+44", "\"'+44\""),
            ("-1", "\"'-1\""),
            ("@SUM(A1)", "\"'@SUM(A1)\""),
            ("a,\"b\"", "\"a,\"\"b\"\"\""),
        ] {
            assert_eq!(cell(name), written);
        }
    }
}
