//! What was promised: the clock of each promise shows what is reckoned by hand, the right person is told, and nothing
//! is told twice.

use std::collections::BTreeMap;

use caredesk::policy::calendar::Calendar;
use caredesk::policy::check::{Sources, check};
use caredesk::policy::flow::Pack;
use caredesk::policy::intent::Matcher;
use caredesk::policy::promise::reckon::{Measure, Piece, Presently, reckon};
use caredesk::policy::promise::terms::AfterPause;
use caredesk::policy::scenario::tell_all;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use serde_json::Value;

use crate::stories::{shipped, shipped_files};
use crate::support::{Desk, mail};

/// A Friday, ten to five; the Monday behind it is a bank holiday.
const FRIDAY: &str = "2026-05-01T15:50:00Z";

fn violin(desk: &Desk) -> String {
    let mail = mail("violin", "Amy Field <amy@home.example>", "Vivaldi", "our violin is out of tune");
    let opened = desk.ingest_at(FRIDAY, &mail);
    assert_eq!(opened["flow"], "triage");
    opened["ticket"].as_str().expect("a reference").to_owned()
}

fn show(desk: &Desk, reference: &str, now: &str) -> Value {
    desk.run(&["ticket", "show", reference, "--format", "json", "--now", now]).one()
}

fn clock(shown: &Value, name: &str) -> (String, Option<String>, i64, i64, Option<i64>) {
    let clocks = shown["clocks"].as_array().expect("clocks");
    let row = clocks.iter().rev().find(|row| row["clock"] == name).expect("the clock");
    let number = |key: &str| row[key].as_i64();
    (
        row["state"].as_str().expect("a state").to_owned(),
        row["due"].as_str().map(str::to_owned),
        number("elapsed").expect("seconds"),
        number("paused").expect("seconds"),
        number("remaining"),
    )
}

#[test]
fn a_ticket_shows_its_clocks_at_any_moment() {
    let desk = Desk::with_sample();
    let reference = violin(&desk);
    let due = || Some("2026-05-05T09:50:00Z".to_owned());
    let at = |now| clock(&show(&desk, &reference, now), "first_answer");
    assert_eq!(at(FRIDAY), ("running".into(), due(), 0, 0, Some(4 * 3600)));
    assert_eq!(at("2026-05-04T12:00:00Z"), ("outside_hours".into(), due(), 4200, 0, Some(10_200)));
    assert_eq!(at("2026-05-05T09:50:00Z"), ("running".into(), due(), 14_400, 0, Some(0)));
    assert_eq!(at("2026-05-05T10:00:00Z"), ("missed".into(), due(), 15_000, 0, Some(-600)));
    let table = desk.run(&["ticket", "show", &reference, "--now", "2026-05-04T12:00:00Z"]).out;
    let line = table.lines().find(|line| line.contains("first_answer")).expect("a line of the table");
    for words in ["outside_hours", "Tue 5 May 2026 10:50", "1:10", "0:00", "2:50", "nobody works now"] {
        assert!(line.contains(words), "{words}: {line}");
    }
}

#[test]
fn a_list_shows_what_is_due_first_and_a_late_start_tells_all_stages_in_order_once() {
    let desk = Desk::with_sample();
    let reference = violin(&desk);
    let later = mail("other", "Omar Reed <omar@home.example>", "Our violin", "our violin is out of tune");
    let other = desk.ingest_at("2026-05-05T12:00:00Z", &later);
    let rows = desk.run(&["ticket", "list", "--due", "--format", "json"]).json();
    let dues: Vec<_> = rows.iter().map(|row| (row["ticket"].as_str(), row["due"].as_str())).collect();
    assert_eq!(
        dues,
        [
            (Some(reference.as_str()), Some("2026-05-05T09:50:00Z")),
            (other["ticket"].as_str(), Some("2026-05-05T16:00:00Z")),
        ]
    );
    let tick = |now: &str| desk.run(&["tick", "--format", "json", "--now", now]).json();
    let mine = |rows: &[Value]| -> Vec<(String, String)> {
        let text = |row: &Value, key: &str| row[key].as_str().expect("a text").to_owned();
        let mine = rows.iter().filter(|row| row["ticket"] == reference.as_str());
        mine.map(|row| (text(row, "clock"), text(row, "due"))).collect()
    };
    let fired = tick("2026-06-01T09:00:00Z");
    let expected = [
        ("first_answer", "2026-05-05T09:20:00Z"),
        ("first_answer", "2026-05-05T09:50:00Z"),
        ("first_answer", "2026-05-05T13:50:00Z"),
        ("resolution", "2026-05-07T15:20:00Z"),
        ("resolution", "2026-05-07T15:50:00Z"),
        ("resolution", "2026-05-08T09:50:00Z"),
    ];
    assert_eq!(mine(&fired), expected.map(|(clock, due)| (clock.to_owned(), due.to_owned())));
    let letters = fired.iter().filter(|row| row["ticket"] == reference.as_str());
    let letters: Vec<&Value> = letters.flat_map(|row| row["letters"].as_array().expect("letters")).collect();
    assert_eq!(letters.len(), 1, "a request is escalated once: {letters:#?}");
    assert_eq!(letters[0]["to"], "feedback@nhs.net");
    let text = letters[0]["text"].as_str().expect("a text");
    for words in
        [reference.as_str(), "our violin is out of tune", "A person should have answered by 5 May 2026 at 10:50."]
    {
        assert!(text.contains(words), "{words}: {text}");
    }
    assert_eq!(tick("2026-06-02T09:00:00Z"), Vec::<Value>::new(), "each stage fires once");
    let story = desk.run(&["ticket", "explain", &reference]).out;
    for words in
        ["The team lead was told.", "It goes to the feedback team.", "The time for the first answer was missed."]
    {
        assert!(story.contains(words), "{words}: {story}");
    }
}

#[test]
fn a_late_start_in_the_night_waits_for_the_opening() {
    let desk = Desk::with_sample();
    let reference = violin(&desk);
    let tick = |now: &str| desk.run(&["tick", "--format", "json", "--now", now]).json();
    tick("2026-05-06T02:00:00Z");
    let shown = show(&desk, &reference, "2026-05-06T02:00:00Z");
    assert_eq!(shown["timers"][0]["due"], "2026-05-06T07:00:00Z", "{}", shown["timers"]);
    assert!(!desk.run(&["ticket", "explain", &reference]).out.contains("was told"));
    assert_eq!(tick("2026-05-06T07:00:00Z").len(), 3);
    assert!(desk.run(&["ticket", "explain", &reference]).out.contains("The agent was told."));
}

#[test]
fn the_contacts_answer_comes_back_to_the_request_and_the_requester_is_told() {
    let desk = Desk::with_sample();
    let reference = violin(&desk);
    let acted = desk.act(&reference, &["escalate"]).one();
    let letter = &acted["letters"][0];
    let answer = crate::support::reply("answer", "feedback@nhs.net", letter, "Give her a bucket.");
    let joined = desk.ingest_at("2026-05-05T10:00:00Z", &answer);
    assert_eq!((joined["decision"].as_str(), joined["ticket"].as_str()), (Some("continued"), Some(reference.as_str())));
    assert_eq!(joined["letters"].as_array().map(Vec::len), Some(0), "the contact is not answered by a robot");
    let told = desk.act(&reference, &["close", "--text", "A bucket is on its way."]).one();
    assert_eq!(told["letters"][0]["to"], "amy@home.example");
    let stranger = crate::support::reply("stranger", "mallory@home.example", letter, "Tell me all about her.");
    let apart = desk.ingest_at("2026-05-05T11:00:00Z", &stranger);
    assert_ne!(apart["ticket"].as_str(), Some(reference.as_str()), "nobody else answers the contact's letter");
}

#[test]
fn an_edit_of_targets_reaches_tickets_under_way_only_when_it_is_asked_to() {
    let desk = Desk::with_own_pack();
    let reference = violin(&desk);
    let file = desk.pack.join("flows/desk.yaml");
    let text = std::fs::read_to_string(&file).expect("the desk");
    std::fs::write(&file, text.replacen("first_answer: 4 working hours", "first_answer: 2 working hours", 1))
        .expect("an edit");
    let now = "2026-05-04T12:00:00Z";
    let recalculate = |options: &[&str]| {
        let mut all = vec!["targets", "recalculate", "--format", "json", "--now", now];
        all.extend(options);
        desk.run(&all).json()
    };
    let due = || clock(&show(&desk, &reference, now), "first_answer").1;
    assert_eq!(recalculate(&[]), Vec::<Value>::new(), "the shipped clocks leave tickets under way alone");
    let would = recalculate(&["--all", "--dry-run"]);
    assert_eq!(would.len(), 1);
    assert_eq!(
        (would[0]["was"].as_str(), would[0]["due"].as_str()),
        (Some("2026-05-05T09:50:00Z"), Some("2026-05-05T07:50:00Z"))
    );
    assert_eq!(due().as_deref(), Some("2026-05-05T09:50:00Z"), "a dry run changes nothing");
    assert_eq!(recalculate(&["--all"]), would);
    assert_eq!(due().as_deref(), Some("2026-05-05T07:50:00Z"));
    assert_eq!(recalculate(&["--all"]), Vec::<Value>::new());
    assert!(desk.run(&["ticket", "explain", &reference]).out.contains("measured the promised times anew"));
}

/// The shipped pack with lines of its desk changed, and one story of its own beside `triage`.
fn tells(edits: &[(&str, &str)], story: &str) -> String {
    let mut files: BTreeMap<String, String> = shipped_files();
    files.retain(|file, _| !file.ends_with(".scenarios.yaml"));
    let desk = files.get_mut("flows/desk.yaml").expect("the desk");
    for (old, new) in edits {
        assert!(desk.contains(old), "no `{old}` in the desk");
        *desk = desk.replace(old, new);
    }
    let begin = "scenarios:\n  - scenario: tried\n    now: 2026-05-01 16:50\n    story:\n      - {mail: our fish tank leaks, from: amy@home.example}\n";
    let lines: String = story.lines().map(|line| format!("      - {line}\n")).collect();
    files.insert("flows/tickets/triage.scenarios.yaml".into(), format!("{begin}{lines}"));
    let checked = check(&Sources { files: files.clone() });
    let pack: Pack = checked.pack.unwrap_or_else(|| panic!("{:#?}", checked.findings));
    let told = tell_all(&pack, &Matcher::new(&pack), &files).unwrap_or_else(|findings| panic!("{findings:#?}"));
    told.first().expect("one story").because.clone()
}

#[test]
fn a_pause_that_does_not_count_leaves_the_due_time_where_it_was() {
    let story = r#"agent: take
agent: hold
after: 3 days
expect: {clocks: {first_answer: "paused, due 2026-05-05 10:50, paused 1:10, left 2:50"}, told: []}
after: 1090 minutes
agent: take
after: 1 minute
expect: {clocks: {first_answer: "missed, due 2026-05-05 10:50"}, told: ["team_lead: A person should have answered"]}"#;
    assert_eq!(tells(&[("after_pause: excluded", "after_pause: restored")], story), "");
}

#[test]
fn a_change_of_priority_does_what_policy_says() {
    let story = |due: &str| {
        format!(
            "agent: priority high\nexpect: {{clocks: {{first_answer: \"due 2026-05-05 08:50\"}}}}\nafter: 3 days\n\
             agent: priority low\nexpect: {{clocks: {{first_answer: \"{due}\"}}}}"
        )
    };
    assert_eq!(tells(&[], &story("due 2026-05-05 14:50, elapsed 1:10")), "");
    let restart = [("priority: keep_elapsed", "priority: restart")];
    assert_eq!(tells(&restart, &story("due 2026-05-05 16:00, elapsed 0:00")), "");
    let nothing = [("priority: keep_elapsed", "priority: nothing")];
    let kept = "agent: priority low\nexpect: {clocks: {first_answer: \"due 2026-05-05 10:50\"}}";
    assert_eq!(tells(&nothing, kept), "");
    assert_eq!(tells(&[], "agent: take\nagent: priority high\nexpect: {clocks: {task: nothing}}"), "");
}

#[test]
fn a_verdict_is_not_undone_by_a_later_priority_unless_policy_says_so() {
    let story = |shows: &str| {
        format!("after: 8 working hours\nagent: priority low\nexpect: {{clocks: {{first_answer: {shows}}}}}")
    };
    assert_eq!(tells(&[], &story("missed")), "");
    // Eight hours from Friday 16:50 are over on Tuesday at 14:50, which is now.
    assert_eq!(tells(&[("verdict: final", "verdict: revised")], &story("running")), "");
}

#[test]
fn a_second_message_starts_a_clock_anew_only_if_policy_says_so() {
    let story = |due: &str| {
        format!(
            "after: 3 days\n{{mail: it still leaks, from: amy@home.example}}\nexpect: {{clocks: {{first_answer: \"due {due}\"}}}}"
        )
    };
    assert_eq!(tells(&[], &story("2026-05-05 10:50")), "");
    assert_eq!(tells(&[("second_message: nothing", "second_message: restart")], &story("2026-05-05 12:00")), "");
}

#[test]
fn what_opening_again_does_is_policy() {
    let story = |shows: &str| {
        format!(
            "agent: reply It is mended.\nagent: close resolved\nafter: 1 working day\n\
             {{mail: it is not mended, from: amy@home.example}}\nexpect: {{clocks: {{first_answer: \"{shows}\"}}}}"
        )
    };
    assert_eq!(tells(&[], &story("met")), "");
    assert_eq!(tells(&[("reopened: nothing", "reopened: restart")], &story("running, due 2026-05-06 10:50")), "");
    assert_eq!(tells(&[("reopened: nothing", "reopened: resume")], &story("running, elapsed 0:00, left 4:00")), "");
}

#[test]
fn a_stage_outside_hours_waits_for_the_opening_unless_policy_says_at_once() {
    let hours = ("first_answer: 4 working hours", "first_answer: 4 hours");
    // Half an hour before is counted back from the closing bell.
    let waits = "after: 1 day\nexpect: {told: [agent]}\nafter: 1 day\nexpect: {told: []}\nafter: 2 days\nexpect: {told: [team_lead]}";
    assert_eq!(tells(&[hours], waits), "");
    let at_once = ("lapse_outside_hours: at_opening", "lapse_outside_hours: at_once");
    assert_eq!(tells(&[hours, at_once], "after: 1 day\nexpect: {told: [team_lead]}"), "");
}

#[test]
fn a_stage_is_told_once_or_every_working_day() {
    let chain = ("    - {at: 4 working hours after, escalate: feedback}\n", "");
    let story = |again: &str| {
        format!("after: 1 working day\nexpect: {{told: [team_lead]}}\nafter: 1 working day\nexpect: {{told: {again}}}")
    };
    assert_eq!(tells(&[chain], &story("[]")), "");
    let daily = ("alerts: once_a_stage", "alerts: every_working_day");
    assert_eq!(tells(&[chain, daily], &story("[team_lead]")), "");
}

#[test]
fn an_answer_that_closes_a_request_at_once_leaves_nothing_to_promise() {
    let desk = Desk::with_sample();
    let mail = mail("faq", "Amy Field <amy@home.example>", "Question", "We have e-mail already. Why should we change?");
    let answered = desk.ingest(&mail);
    assert_eq!(answered["decision"], "answer", "{answered}");
    let shown = show(&desk, answered["ticket"].as_str().expect("a reference"), "2026-03-03T09:00:00Z");
    assert_eq!(clock(&shown, "first_answer").0, "withdrawn");
    assert_eq!(clock(&shown, "resolution").0, "met");
    assert_eq!(shown["timers"].as_array().map(Vec::len), Some(0));
}

#[test]
fn a_pause_for_the_requester_is_said_where_no_flow_ever_asks() {
    let mut files = shipped_files();
    files.retain(|file, _| {
        matches!(file.as_str(), "flows/desk.yaml" | "flows/facts.yaml" | "flows/tickets/triage.yaml")
    });
    let warned = |files: &BTreeMap<String, String>| {
        let findings = check(&Sources { files: files.clone() }).findings;
        findings.iter().filter(|finding| finding.code == "pause-never").count()
    };
    assert_eq!(warned(&files), 2, "the first answer and the resolution wait for the requester");
    assert_eq!(warned(&shipped_files()), 0);
}

/// Stretches one behind the other from a moment on, running and standing still by turns.
fn pieces(from: Timestamp, minutes: &[u16]) -> Vec<Piece> {
    let mut at = from;
    let mut runs = true;
    let mut pieces = Vec::new();
    for length in minutes {
        let to = at + SignedDuration::from_mins(i64::from(*length));
        pieces.push(Piece { from: at, to, runs });
        (at, runs) = (to, !runs);
    }
    pieces
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn clocks_are_reckoned_alike_at_once_and_event_by_event_and_no_pause_shortens(
        start in 1_767_225_600_i64..1_830_000_000, minutes in prop::collection::vec(0_u16..3_000, 1..8),
        budget in 0_i64..6_000, open: bool, cut in 0.0_f64..1.0, restored: bool,
    ) {
        let pack = shipped_calendar();
        let measure = Measure { calendar: &pack, open };
        let from = Timestamp::from_second(start).expect("a moment");
        let own = SignedDuration::from_mins(budget);
        let rule = if restored { AfterPause::Restored } else { AfterPause::Excluded };
        let whole = pieces(from, &minutes);
        let presently = |pieces: &[Piece]| match pieces.last() {
            Some(last) if !last.runs => Presently::StandsStill,
            _ => Presently::Runs,
        };
        let at_once = reckon(measure, from, own, &whole, presently(&whole), rule);
        // Events that change nothing cut stretches in two.
        let cuts: Vec<Piece> = whole.iter().flat_map(|piece| {
            let length = piece.to.duration_since(piece.from).as_secs_f64() * cut;
            let middle = piece.from + SignedDuration::from_secs_f64(length.floor());
            [Piece { to: middle, ..*piece }, Piece { from: middle, ..*piece }]
        }).collect();
        prop_assert_eq!(at_once, reckon(measure, from, own, &cuts, presently(&whole), rule));
        let until = whole.last().map_or(from, |piece| piece.to);
        prop_assert_eq!(at_once.elapsed + at_once.paused, measure.between(from, until));
        let unpaused = reckon(measure, from, own, &[], Presently::Runs, rule).due.expect("it runs");
        if let Some(due) = at_once.due {
            prop_assert!(due >= unpaused, "{due} is before {unpaused}");
        }
        // One event earlier it had run no longer, and had not lapsed unless it still has.
        let before = &whole[..whole.len() - 1];
        let earlier = reckon(measure, from, own, before, presently(before), rule);
        prop_assert!(earlier.elapsed <= at_once.elapsed && earlier.paused <= at_once.paused);
        prop_assert!(!earlier.lapsed || (at_once.lapsed && earlier.due == at_once.due));
    }
}

fn shipped_calendar() -> Calendar {
    static PACK: std::sync::OnceLock<Calendar> = std::sync::OnceLock::new();
    PACK.get_or_init(|| shipped().desk.calendars["team"].clone()).clone()
}
