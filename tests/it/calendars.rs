//! Calendars as policy officers meet them: known cases of other helpdesks, the examples of `docs/calendars.md`, the
//! shipped holidays, and the commands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use caredesk::policy::calendar::{Calendar, Interval, Length, Period, Unit, Week, parse_spans};
use caredesk::policy::check::{Sources, check};
use caredesk::policy::finding::{Finding, Severity};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::support::Desk;

fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

fn minutes(n: i64) -> SignedDuration {
    SignedDuration::from_mins(n)
}

fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).unwrap()
}

fn weekly(zone_name: &str, hours: &[(&str, &str)], closed: &[&str]) -> Calendar {
    let closed = closed.iter().map(|day| day.parse().unwrap()).collect();
    Calendar::weekly(zone(zone_name), Week::parse(hours.iter().copied()).unwrap(), closed)
}

fn berlin(days: &str, hours: &str) -> Calendar {
    weekly("Europe/Berlin", &[(days, hours)], &[])
}

fn pause(from: &str, to: &str) -> Interval {
    Interval { from: at(from), to: at(to) }
}

fn after(calendar: &Calendar, from: &str, open: i64) -> String {
    calendar.after_open(at(from), minutes(open)).unwrap().to_string()
}

#[test]
fn plain_hours_in_another_zone() {
    let team = berlin("mon-fri", "08:00-18:00");
    for (budget, due) in [(60, "10:30"), (120, "11:30"), (180, "12:30")] {
        assert_eq!(after(&team, "2013-03-21T09:30:00Z", budget), format!("2013-03-21T{due}:00Z"));
    }
}

#[test]
fn pauses_and_closed_times_are_left_out() {
    let team = berlin("every day", "09:00-18:00");
    let gaps =
        [pause("2013-06-04T10:00:00Z", "2013-06-04T10:30:00Z"), pause("2013-06-04T09:30:00Z", "2013-06-04T09:45:00Z")];
    let due = team.after_open_except(at("2013-06-04T09:00:00Z"), minutes(120), &gaps).unwrap();
    assert_eq!(due.to_string(), "2013-06-04T11:45:00Z");

    let long = [pause("2013-06-04T10:00:00Z", "2013-06-04T15:00:00Z")];
    let due = team.after_open_except(at("2013-06-04T09:00:00Z"), minutes(120), &long).unwrap();
    assert_eq!(due.to_string(), "2013-06-05T07:00:00Z", "closing time rolls to the next opening");

    let spent = |from: &str, to: &str, pauses: &[Interval]| team.open_between_except(at(from), at(to), pauses);
    let all = [pause("2013-06-04T09:00:00Z", "2013-06-04T12:00:00Z")];
    assert_eq!(spent("2013-06-04T09:00:00Z", "2013-06-04T12:00:00Z", &all), minutes(0), "paused from the beginning");
    let half = [pause("2013-06-04T10:00:00Z", "2013-06-04T10:30:00Z")];
    assert_eq!(spent("2013-06-04T09:00:00Z", "2013-06-04T10:45:00Z", &half), minutes(75));
    assert_eq!(spent("2013-06-04T09:00:00Z", "2013-06-04T12:00:00Z", &half), minutes(150));
}

#[test]
fn holidays_are_days_without_work() {
    let team = weekly("Europe/Berlin", &[("every day", "08:00-20:00")], &["2016-11-01"]);
    assert_eq!(after(&team, "2016-11-01T13:56:21Z", 120), "2016-11-02T09:00:00Z");
    assert_eq!(after(&team, "2016-11-01T13:56:21Z", 1_200), "2016-11-03T15:00:00Z");
    let team = weekly("Europe/Berlin", &[("every day", "09:00-17:00")], &["2015-09-22"]);
    assert_eq!(after(&team, "2015-09-21T14:30:00Z", 120), "2015-09-23T08:30:00Z");
    assert_eq!(after(&team, "2015-09-21T14:30:00Z", 240), "2015-09-23T10:30:00Z");
}

#[test]
fn nights_and_the_end_of_the_day() {
    let always = berlin("every day", "00:00-24:00");
    let over_midnight = pause("2013-06-04T21:45:00Z", "2013-06-04T22:45:00Z");
    let spent = always.open_between_except(at("2013-06-04T20:00:00Z"), at("2013-06-05T00:00:00Z"), &[over_midnight]);
    assert_eq!(spent, minutes(180));
    let night = weekly("Europe/Berlin", &[("mon", "23:45-00:45")], &[]);
    assert_eq!(
        night.spans(at("2013-06-03T00:00:00Z"), at("2013-06-10T00:00:00Z")),
        [pause("2013-06-03T21:45:00Z", "2013-06-03T22:45:00Z")]
    );
    let day = ["2013-06-04T00:00:00Z", "2013-06-05T00:00:00Z"].map(at);
    assert_eq!(berlin("every day", "00:00-23:59").open_between(day[0], day[1]), minutes(24 * 60 - 1));
    assert_eq!(always.open_between(day[0], day[1]), minutes(24 * 60));
    assert_eq!(always.next_closing(day[0]), None, "it never closes");
    assert!(Week::parse([("mon", "09:00-00:00")]).is_err());
}

#[test]
fn zones_of_their_own_and_changes_of_the_clock() {
    // Slots of whole hours, 8 to 12 and 14 to 17, the last hour included.
    let slots = berlin("mon-fri", "08:00-13:00, 14:00-18:00");
    assert_eq!(after(&slots, "2015-03-27T11:00:00Z", 15 * 60), "2015-03-31T07:00:00Z");
    let new_york = weekly("America/New_York", &[("mon-fri", "09:00-18:00")], &[]);
    assert_eq!(after(&new_york, "2007-01-01T22:00:00Z", 120), "2007-01-02T15:00:00Z");
    let moscow = weekly("Europe/Moscow", &[("mon-fri", "09:00-18:00")], &[]);
    assert_eq!(moscow.next_opening(at("2007-01-01T22:00:00Z")), Some(at("2007-01-02T06:00:00Z")));
    assert_eq!(after(&moscow, "2007-01-01T22:00:00Z", 120), "2007-01-02T08:00:00Z");
    let sundays = weekly("UTC", &[("sun", "09:00-17:00")], &[]);
    assert_eq!(after(&sundays, "2007-01-01T00:00:00Z", 60), "2007-01-07T10:00:00Z");
    // A day that a country has skipped: Samoa went from Thursday to Saturday.
    let apia = weekly("Pacific/Apia", &[("every day", "09:00-17:00")], &[]);
    assert_eq!(after(&apia, "2011-12-30T02:00:00Z", 120), "2011-12-30T20:00:00Z");
}

#[test]
fn lengths_that_are_none_or_huge() {
    let team = berlin("mon-fri", "08:00-18:00");
    assert_eq!(after(&team, "2026-03-02T09:00:00Z", 0), "2026-03-02T09:00:00Z");
    assert_eq!(after(&team, "2026-03-02T17:00:00Z", 0), "2026-03-03T07:00:00Z");
    assert_eq!(team.before_open(at("2026-03-02T05:00:00Z"), minutes(0)), Some(at("2026-03-02T05:00:00Z")));
    assert_eq!(team.before_open(at("2026-03-02T07:20:00Z"), minutes(30)), Some(at("2026-02-27T16:50:00Z")));
    assert_eq!(team.open_between(at("2026-03-03T09:00:00Z"), at("2026-03-02T09:00:00Z")), minutes(0));

    let mondays = berlin("mon", "08:00-09:00");
    let from = at("2026-03-02T09:00:00Z");
    assert_eq!(mondays.after_open(from, minutes(521 * 60 - 1)).unwrap().to_string(), "2036-02-25T07:59:00Z");
    assert_eq!(mondays.after_open(from, minutes(10_000 * 60)), None, "not within ten years");
    assert_eq!(mondays.before_open(from, minutes(10_000 * 60)), None);
    for (unit, due) in [(Unit::WorkingHours, Timestamp::MAX), (Unit::WorkingDays, at("2217-11-03T07:00:00Z"))] {
        assert_eq!(mondays.due(from, Length { amount: 10_000, unit }), due);
        assert!(mondays.due(from, Length { amount: u32::MAX, unit }) >= due);
    }
    assert!(mondays.open_between(Timestamp::MIN, Timestamp::MAX) > minutes(1_000_000 * 60));
}

#[test]
fn hours_may_change_on_a_day() {
    let period = |from: &str, hours: &str, closed: &[&str], except: &[(&str, &str)]| Period {
        from: from.parse().unwrap(),
        week: Week::parse([("every day", hours)]).unwrap(),
        closed: closed.iter().map(|day| day.parse().unwrap()).collect::<BTreeSet<Date>>(),
        except: except
            .iter()
            .map(|(day, open)| (day.parse().unwrap(), parse_spans(open).unwrap()))
            .collect::<BTreeMap<_, _>>(),
    };
    let team = Calendar::new(
        TimeZone::UTC,
        vec![
            period("2026-07-01", "10:00-12:00", &["2026-07-02"], &[("2026-06-29", "00:00-24:00")]),
            period("2020-01-01", "22:00-04:00", &["2026-07-03"], &[("2026-06-28", "closed")]),
        ],
    );
    let spans = team.spans(at("2026-06-27T12:00:00Z"), at("2026-07-04T00:00:00Z"));
    assert_eq!(
        spans,
        [
            pause("2026-06-27T22:00:00Z", "2026-06-28T04:00:00Z"),
            pause("2026-06-29T22:00:00Z", "2026-06-30T04:00:00Z"),
            pause("2026-06-30T22:00:00Z", "2026-07-01T04:00:00Z"),
            pause("2026-07-01T10:00:00Z", "2026-07-01T12:00:00Z"),
            pause("2026-07-03T10:00:00Z", "2026-07-03T12:00:00Z"),
        ]
    );
    assert_eq!(team.cover(at("2026-06-30T23:59:00Z")), "every day, 10pm to 4am");
    assert_eq!(team.cover(at("2026-07-01T00:00:00Z")), "every day, 10am to midday");
    assert_eq!(team.cover(at("1999-01-01T00:00:00Z")), "every day, 10pm to 4am", "the past has the first hours");
}

/// The calendars of `docs/calendars.md`, in a pack that is otherwise sound.
fn documented_pack() -> Sources {
    let page = include_str!("../../docs/calendars.md");
    let yaml = page.split("```yaml\n").nth(1).unwrap().split("```").next().unwrap();
    let mut sources = Sources::default();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus/flows-bad/pack");
    for room in ["flows", "flows/passwords", "flows/tickets", "flows/answers", "rules"] {
        for entry in fs::read_dir(root.join(room)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                let name = format!("{room}/{}", path.file_name().unwrap().to_str().unwrap());
                sources.files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
    }
    let desk = sources.files.get_mut("flows/desk.yaml").unwrap();
    let (before, rest) = desk.split_once("calendars:\n").unwrap();
    let (_, after) = rest.split_once("queues:\n").unwrap();
    *desk = format!("{before}{yaml}\nqueues:\n{after}");
    sources
}

/// The small pack of the page has no stories, which is no error.
fn errors(findings: &[Finding]) -> Vec<&Finding> {
    findings.iter().filter(|finding| finding.severity == Severity::Error).collect()
}

#[test]
fn the_examples_of_the_page_are_what_the_desk_counts() {
    let checked = check(&documented_pack());
    assert_eq!(errors(&checked.findings), [] as [&Finding; 0]);
    let calendars = checked.pack.unwrap().desk.calendars;
    let page = include_str!("../../docs/calendars.md");
    let rows = page.lines().filter(|line| line.starts_with("| `") && line.matches(" 20").count() >= 2);
    let mut told = 0;
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let calendar = &calendars[cells[0].trim_matches('`')];
        let from = DateTime::strptime("%a %Y-%m-%d %H:%M", cells[1]).expect(row);
        let from = from.to_zoned(calendar.zone().clone()).unwrap().timestamp();
        let due = calendar.due(from, Length::parse(cells[2]).expect(row)).to_zoned(calendar.zone().clone());
        assert_eq!(due.strftime("%a %F %R").to_string(), cells[3], "{row}");
        told += 1;
    }
    assert!(told >= 20, "only {told}");
}

#[test]
fn the_shipped_holidays_are_eight_a_year_and_none_on_a_weekend() {
    let desk = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("flows/desk.yaml")).unwrap();
    let list = desk.split_once("  england:").unwrap().1.split(']').next().unwrap();
    let days: Vec<Date> = list.trim().trim_matches('[').split(',').map(|day| day.trim().parse().unwrap()).collect();
    assert!(days.is_sorted());
    for year in 2024..=2028 {
        assert_eq!(days.iter().filter(|day| day.year() == year).count(), 8, "{year}");
    }
    let weekend: Vec<&Date> = days.iter().filter(|day| day.weekday().to_monday_zero_offset() > 4).collect();
    assert_eq!(weekend, [&Date::MIN; 0]);
}

#[test]
fn a_due_time_is_told_by_command() {
    let desk = Desk::new();
    let due = |args: &[&str]| {
        let mut all = vec!["calendar", "due", "--format", "json", "--calendar"];
        all.extend(args);
        desk.run(&all)
    };
    let thursday = "2026-04-02T16:50:00+01:00";
    let row = due(&["team", "--from", thursday, "--budget", "120 minutes"]).one();
    let expected = r#"{"due":"2026-04-07T07:50:00Z","elapsed":7200,"spans":[{"from":"2026-04-02T15:50:00Z","to":"2026-04-02T17:00:00Z"},{"from":"2026-04-07T07:00:00Z","to":"2026-04-07T07:50:00Z"}]}"#;
    assert_eq!(row, serde_json::from_str::<serde_json::Value>(expected).unwrap());

    let (first, second) = ("2026-04-02T16:00:00Z/2026-04-02T16:30:00Z", "2026-04-02T15:55:00Z/2026-04-02T16:10:00Z");
    let row =
        due(&["team", "--from", thursday, "--budget", "2 working hours", "--pause", first, "--pause", second]).one();
    assert_eq!((row["due"].as_str(), row["elapsed"].as_i64()), (Some("2026-04-07T08:25:00Z"), Some(7_200)));

    let row = due(&["team", "--from", thursday, "--budget", "2 working days"]).one();
    assert_eq!((row["due"].as_str(), row["elapsed"].as_i64()), (Some("2026-04-08T15:50:00Z"), Some(20 * 3_600)));
    let row = due(&["team", "--from", thursday, "--budget", "2 working days", "--pause", first]).one();
    assert_eq!((row["due"].as_str(), row["elapsed"].as_i64()), (Some("2026-04-08T16:20:00Z"), Some(20 * 3_600)));
    let row = due(&["team", "--from", thursday, "--budget", "1 day", "--pause", first]).one();
    assert_eq!((row["due"].as_str(), row["elapsed"].as_i64()), (Some("2026-04-03T16:20:00Z"), Some(24 * 3_600)));
    let row = due(&["team", "--from", thursday, "--budget", "0 minutes"]).one();
    assert_eq!((row["due"].as_str(), row["elapsed"].as_i64()), (Some("2026-04-02T15:50:00Z"), Some(0)));
}

#[test]
fn what_cannot_be_counted_is_said() {
    let desk = Desk::new();
    let says = |code: i32, words: &str, args: &[&str]| {
        let ran = desk.run(&[&["calendar"], args].concat());
        assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
        assert!(ran.err.contains(words), "{}", ran.err);
        assert_eq!(ran.out, "");
    };
    let now = "2026-04-02T16:00:00Z";
    says(2, "not a moment", &["due", "--calendar", "team", "--from", "yesterday", "--budget", "1 hour"]);
    says(2, "not a length", &["due", "--calendar", "team", "--from", now, "--budget", "an hour"]);
    says(2, "not a length", &["due", "--calendar", "team", "--from", now, "--budget", "4000000000 working days"]);
    says(2, "did you mean `team`?", &["due", "--calendar", "teem", "--from", now, "--budget", "1 hour"]);
    let paused = |pause| ["due", "--calendar", "team", "--from", now, "--budget", "1 hour", "--pause", pause];
    says(2, "not two moments", &paused(now));
    says(2, "not a moment", &paused("2026-04-02T16:00:00Z/soon"));
    says(2, "ends before it begins", &paused("2026-04-02T16:00:00Z/2026-04-02T15:00:00Z"));
    says(
        1,
        "in the ten years",
        &["due", "--calendar", "team", "--from", "9999-12-01T00:00:00Z", "--budget", "999 hours"],
    );
    says(2, "not behind", &["show", "team", "--from", "2026-04-02", "--to", "2026-04-01"]);
    says(2, "400 days", &["show", "team", "--from", "2026-04-02", "--to", "2028-04-01"]);
}

#[test]
fn calendars_are_listed_and_shown() {
    let desk = Desk::new();
    let listed = desk.run(&["calendar", "list"]);
    assert_eq!(
        listed.out,
        "always (Europe/London): 24 hours a day, every day\nteam (Europe/London): Monday to Friday, 8am to 6pm\n"
    );
    let shown = desk.run(&["calendar", "show", "team", "--from", "2026-04-02", "--to", "2026-04-07"]);
    assert_eq!(
        shown.out,
        "Thu 2026-04-02 08:00:00 to Thu 2026-04-02 18:00:00\nTue 2026-04-07 08:00:00 to Tue 2026-04-07 18:00:00\n"
    );
    let shown =
        desk.run(&["calendar", "show", "always", "--format", "json", "--from", "2026-03-29", "--to", "2026-03-29"]);
    assert_eq!(shown.one()["to"], "2026-03-29T23:00:00Z", "that day has 23 hours");
}

#[test]
fn published_holidays_become_lines_to_paste() {
    let desk = Desk::new();
    let folder = tempfile::TempDir::new().unwrap();
    let import = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).unwrap();
        desk.run(&["calendar", "holidays", "--from", file.to_str().unwrap()])
    };
    let json = r#"{"england-and-wales": {"events": [{"title": "Boxing Day", "date": "2026-12-28"}, {"title": "Christmas\n#", "date": "2026-12-25"}]}}"#;
    let ran = import("a.json", json);
    assert_eq!(
        ran.out, "holidays:\n  england:\n    - 2026-12-25  # Christmas#\n    - 2026-12-28  # Boxing Day\n",
        "{}",
        ran.err
    );
    // What is printed can be pasted.
    let mut sources = documented_pack();
    let file = sources.files.get_mut("flows/desk.yaml").unwrap();
    *file = file.replace(
        "  england: [2026-04-03, 2026-04-06, 2026-12-25, 2026-12-28]\n",
        ran.out.trim_start_matches("holidays:\n"),
    );
    assert_eq!(errors(&check(&sources).findings), [] as [&Finding; 0]);

    let ics = "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART;VALUE=DATE:20260710\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n";
    assert_eq!(import("a.ics", ics).out, "holidays:\n  imported:\n    - 2026-07-10\n");
    let ran = import("b.ics", &ics.replace("20260710", "20260732"));
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("b.ics: line 3: `20260732` is not a day of the calendar"), "{}", ran.err);
    assert_eq!(desk.run(&["calendar", "holidays", "--from", "no-such-file"]).code, 2);
}
