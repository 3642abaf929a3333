//! Figures of promises: counted by hand for a small desk, and the same in every form.

use std::fs;

use serde_json::Value;

use crate::support::{Desk, mail};

const NOW: &str = "2026-03-10T12:00:00Z";
const HEADER: &str = "group,clock,met,missed,withdrawn,running,measured,counted_p50_seconds,counted_p90_seconds,\
                      counted_p95_seconds,passed_p50_seconds,passed_p90_seconds,passed_p95_seconds";

/// Four requests in two weeks. The team works from 8:00 to 18:00, Monday to Friday; security works always.
///
/// - Amy, Friday 6 March 17:30, a password: the first task is done on Monday at 9:00, the second at 9:15, which answers
///   her and ends it. First answer: 0:30 + 1:15 = 1:45 of 1:00. Tasks: 0:30 + 1:00 = 1:30 of 2:00; 0:15 of 2:00.
///   Resolution: 1:45 of a working day. From Friday 17:30 to Monday 9:15 pass 63:45.
/// - Lena, Saturday 7 March 2:13, security with a high priority: answered at 2:23, 0:10 of 0:15; closed at 12:13, 10:00 of
///   4:00.
/// - Priya, Monday 9 March 9:00, a common question: answered at once by the desk.
/// - Omar, Monday 9 March 17:30, a password: nobody does anything. By Tuesday noon 4:30 have run: too late for the first
///   answer and the task, not for the resolution, which has a working day.
fn small_desk() -> (Desk, String) {
    let desk = Desk::with_sample();
    let come = |now: &str, id: &str, from: &str, text: &str| -> String {
        let opened = desk.ingest_at(now, &mail(id, from, "Help", text));
        opened["ticket"].as_str().expect("a reference").to_owned()
    };
    let act = |reference: &str, now: &str, act: &[&str]| {
        let ran = desk.run(&[&["ticket", "act", reference][..], act, &["--as", "Rose", "--now", now]].concat());
        assert_eq!(ran.code, 0, "{}", ran.err);
    };
    let reset = "Please reset my nhsmail password. It is amy.field@nhs.net and my mobile is 07700 900111.";
    let amy = come("2026-03-06T17:30:00Z", "amy", "Amy Field <amy@home.example>", reset);
    let worry = "I clicked on a link in a suspicious e-mail and typed in my password";
    let lena = come("2026-03-07T02:13:00Z", "lena", "Lena Hart <lena@home.example>", worry);
    act(&lena, "2026-03-07T02:23:00Z", &["reply", "--text", "Do not type it in again."]);
    act(&lena, "2026-03-07T12:13:00Z", &["close"]);
    let common = "I can read my mail but not send any. What am I doing wrong?";
    come("2026-03-09T09:00:00Z", "priya", "Priya Lane <priya@home.example>", common);
    act(&amy, "2026-03-09T09:00:00Z", &["done", "--set", "identity_checked=yes"]);
    act(&amy, "2026-03-09T09:15:00Z", &["done"]);
    let omar = come("2026-03-09T17:30:00Z", "omar", "Omar Reed <omar@home.example>", reset);
    (desk, omar)
}

fn report(desk: &Desk, options: &[&str]) -> Vec<Value> {
    let ran = desk.run(&[&["targets", "report", "--format", "json", "--now", NOW][..], options].concat());
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran.json()
}

/// `group clock met missed withdrawn running | counted times | passed times`, in minutes.
fn lines(rows: &[Value]) -> Vec<String> {
    let minutes = |times: &Value| -> String {
        let minute = |key: &str| times[key].as_u64().map_or_else(|| "-".to_owned(), |at| (at / 60).to_string());
        ["p50", "p90", "p95"].map(minute).join(" ")
    };
    let line = |row: &Value| {
        let word = |key: &str| row[key].to_string().replace('"', "");
        let counts = ["group", "clock", "met", "missed", "withdrawn", "running"].map(word).join(" ");
        format!("{counts} | {} of {} | {}", minutes(&row["counted"]), row["measured"], minutes(&row["passed"]))
    };
    rows.iter().map(line).collect()
}

#[test]
fn the_figures_are_those_counted_by_hand() {
    let (desk, omar) = small_desk();
    let flows = [
        "cannot_send first_answer 0 0 1 0 | - - - of 0 | - - -",
        "cannot_send resolution 1 0 0 0 | 0 0 0 of 1 | 0 0 0",
        "password_help first_answer 0 2 0 0 | 105 105 105 of 1 | 3825 3825 3825",
        "password_help task 2 1 0 0 | 15 90 90 of 2 | 15 3810 3810",
        "password_help resolution 1 0 0 1 | 105 105 105 of 1 | 3825 3825 3825",
        "security_worry first_answer 1 0 0 0 | 10 10 10 of 1 | 10 10 10",
        "security_worry resolution 0 1 0 0 | 600 600 600 of 1 | 600 600 600",
    ];
    assert_eq!(lines(&report(&desk, &["--by", "flow"])), flows);
    let queues: Vec<String> = lines(&report(&desk, &["--by", "queue"]));
    let accounts: Vec<String> = flows[2..5].iter().map(|line| line.replace("password_help", "accounts")).collect();
    assert_eq!(queues[..3], accounts);
    assert_eq!(queues[3], flows[5].replace("security_worry", "security"));
    let second = [
        "2026-03-09 first_answer 0 1 1 0 | - - - of 0 | - - -",
        "2026-03-09 task 1 1 0 0 | 15 15 15 of 1 | 15 15 15",
        "2026-03-09 resolution 1 0 0 1 | 0 0 0 of 1 | 0 0 0",
    ];
    let weeks = lines(&report(&desk, &["--by", "week"]));
    assert_eq!(
        weeks[..3],
        [
            "2026-03-02 first_answer 1 1 0 0 | 10 105 105 of 2 | 10 3825 3825",
            "2026-03-02 task 1 0 0 0 | 90 90 90 of 1 | 3810 3810 3810",
            "2026-03-02 resolution 1 1 0 0 | 105 600 600 of 2 | 600 3825 3825",
        ]
    );
    assert_eq!(weeks[3..], second);
    assert_eq!(
        lines(&report(&desk, &[])),
        [
            "all first_answer 1 2 1 0 | 10 105 105 of 2 | 10 3825 3825",
            "all task 2 1 0 0 | 15 90 90 of 2 | 15 3810 3810",
            "all resolution 2 1 0 1 | 105 600 600 of 3 | 600 3825 3825",
        ]
    );
    // Both days are part of the time, by the day on which the clock started.
    let monday = lines(&report(&desk, &["--from", "2026-03-09", "--to", "2026-03-09"]));
    assert_eq!(monday, second.map(|line| line.replace("2026-03-09", "all")));
    let due = desk.run(&["ticket", "list", "--due", "--now", NOW]).out;
    let line = due.lines().find(|line| line.contains(&omar)).expect("Omar's ticket");
    assert!(line.contains("overdue since 2026-03-10T08:30:00Z"), "{line}");
}

#[test]
fn a_table_is_for_people_and_csv_for_spreadsheets() {
    let (desk, _) = small_desk();
    let table = desk.run(&["targets", "report", "--by", "flow", "--now", NOW]).out;
    let line = table.lines().find(|line| line.contains("password_help") && line.contains("task")).expect("a line");
    for words in ["66 %", "0:15 / 1:30 / 1:30", "0:15 / 63:30 / 63:30"] {
        assert!(line.contains(words), "{words}: {table}");
    }
    assert!(table.contains("nearest rank"), "{table}");
    let csv = desk.run(&["targets", "report", "--by", "week", "--csv", "--now", NOW]).out;
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines[0], HEADER);
    assert_eq!(lines[1], "2026-03-02,first_answer,1,1,0,0,2,600,6300,6300,600,229500,229500");
    assert_eq!(lines[4], "2026-03-09,first_answer,0,1,1,0,0,,,,,,");
    assert_eq!(lines.len(), 7);
}

#[test]
fn a_chart_is_sound_xml_and_holds_the_numbers() {
    let (desk, _) = small_desk();
    let file = desk.data().join("promises.svg");
    let ran = desk.run(&["targets", "report", "--svg", file.to_str().expect("a path"), "--now", NOW]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let drawn = fs::read_to_string(file).expect("the chart");
    let texts = texts(&drawn);
    for words in ["2 March 2026", "3 met", "2 missed", "9 March 2026", "2 met", "Promises met and missed by week"] {
        assert!(texts.iter().any(|text| text == words), "{words}: {texts:?}");
    }
    assert!(texts.iter().any(|text| text.contains("5 were met and 4 were missed")), "{texts:?}");
    for never in ["script", "href", "@import", "<image", "onload"] {
        assert!(!drawn.contains(never), "{never}: {drawn}");
    }
}

/// The texts of an XML document, whose tags are closed in the order in which they were opened.
fn texts(xml: &str) -> Vec<String> {
    let (mut open, mut texts) = (Vec::new(), Vec::new());
    for piece in xml.split('<').skip(1) {
        let (tag, text) = piece.split_once('>').unwrap_or_else(|| panic!("a tag has no end: {piece}"));
        let name = tag.split([' ', '/']).find(|word| !word.is_empty()).expect("a name").to_owned();
        match (tag.starts_with('/'), tag.ends_with('/')) {
            (true, _) => assert_eq!(open.pop(), Some(name)),
            (false, true) => {}
            (false, false) => open.push(name),
        }
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
        assert!(!text.replace("&amp;", "").contains('&'), "{text}");
        texts.push(text.trim().to_owned());
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    texts
}

#[test]
fn a_desk_without_promises_says_so_and_days_that_cannot_be_are_refused() {
    let desk = Desk::with_sample();
    let file = desk.data().join("promises.svg");
    let ran = desk.run(&["targets", "report", "--svg", file.to_str().expect("a path")]);
    assert_eq!((ran.code, ran.out.as_str()), (0, "No promise was made yet, so there is nothing to count.\n"));
    assert!(
        texts(&fs::read_to_string(file).expect("the chart")).contains(&"There are no promises to show.".to_owned())
    );
    assert!(report(&desk, &["--by", "flow"]).is_empty());
    assert_eq!(desk.run(&["targets", "report", "--csv"]).out.trim_end(), HEADER);
    let some = desk.run(&["targets", "report", "--from", "2026-03-01"]).out;
    assert_eq!(some, "No promise was made in this time, so there is nothing to count.\n");
    for (options, says) in [
        (&["--from", "2026-02-30"][..], "no day such as 2026-03-01"),
        (&["--from", "2026-03-02", "--to", "2026-03-01"], "lies before"),
        (&["--csv", "--format", "json"], "not as both"),
    ] {
        let ran = desk.run(&[&["targets", "report"][..], options].concat());
        assert_eq!(ran.code, 2, "{options:?}: {}", ran.out);
        assert!(ran.err.contains(says), "{options:?}: {}", ran.err);
    }
}
