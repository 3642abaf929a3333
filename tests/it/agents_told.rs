//! Agents are told of their work: once, in few letters, in their hours, and of nothing that is over.

use serde_json::Value;

use crate::support::{Desk, mail};

const AMY: &str = "Amy Field <amy@home.example>";
const RESET: &str = "Please reset my nhsmail password. It is amy.field@nhs.net and my mobile is 07700 900111.";

fn rose(desk: &Desk) {
    add(desk, &["Rose", "--mail", "rose@team.example", "--queue", "accounts", "triage"]);
}

fn add(desk: &Desk, args: &[&str]) -> Value {
    let mut all = vec!["agent", "add", "--format", "json", "--now", "2026-03-01T09:00:00Z"];
    all.extend(args);
    desk.run(&all).one()
}

/// A ticket on which somebody has to ring Amy.
fn task(desk: &Desk, now: &str, id: &str) -> String {
    let opened = desk.ingest_at(now, &mail(id, AMY, "Password", RESET));
    opened["ticket"].as_str().expect("a reference").to_owned()
}

/// The letters to agents that go at a moment.
fn told(desk: &Desk, now: &str) -> Vec<Value> {
    let rows = desk.run(&["tick", "--format", "json", "--now", now]).json();
    rows.into_iter().filter(|row| row["what"] == "notices").map(|row| row["letters"][0].clone()).collect()
}

fn text(letter: &Value) -> &str {
    letter["text"].as_str().expect("a text")
}

/// The bytes of what was sent to agents.
fn sent(desk: &Desk) -> Vec<String> {
    let ours = desk.sent().into_iter().filter(|name| name.starts_with("NOTICE-"));
    ours.map(|name| std::fs::read_to_string(desk.data().join("sent").join(name)).expect("a letter")).collect()
}

#[test]
fn agents_are_listed_changed_and_removed() {
    let desk = Desk::with_sample();
    rose(&desk);
    let row = desk.run(&["agent", "show", "rose", "--format", "json"]).one();
    assert_eq!(row["agent"], "Rose");
    assert_eq!(row["queues"], serde_json::json!(["accounts", "triage"]));
    for (args, says) in [
        (&["add", "ROSE", "--mail", "other@team.example", "--queue", "triage"][..], "an agent `ROSE` already"),
        (&["add", "Omar", "--mail", "Rose@Team.example", "--queue", "triage"], "another agent has the address"),
        (&["add", "Omar", "--mail", "omar", "--queue", "triage"], "not one plain mail address"),
        (&["add", "Omar", "--mail", "Helpdesk@nhs.net", "--queue", "triage"], "the desk's own address"),
        (&["add", "Omar", "--mail", "omar@team.example", "--queue", "acounts"], "did you mean `accounts`?"),
        (&["add", "the desk", "--mail", "omar@team.example", "--queue", "triage"], "no name for an agent"),
        (&["add", "a\nb<x>", "--mail", "omar@team.example", "--queue", "triage"], "no name for an agent"),
        (&["change", "Rsoe", "--mail", "r@team.example"], "did you mean `Rose`?"),
    ] {
        let mut all = vec!["agent"];
        all.extend(args);
        let ran = desk.run(&all);
        assert_eq!(ran.code, 2, "{args:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(says), "{args:?}: {}", ran.err);
    }
    let changed = desk.run(&["agent", "change", "rose", "--lead", "triage", "--format", "json"]).one();
    assert_eq!((&changed["leads"][0], &changed["queues"][0]), (&"triage".into(), &"accounts".into()));
    assert_eq!(desk.run(&["agent", "list", "--format", "json"]).json().len(), 1);
    assert_eq!(desk.run(&["agent", "remove", "Rose"]).code, 0);
    assert!(desk.run(&["agent", "list", "--format", "json"]).out.is_empty());
}

#[test]
fn a_name_that_is_not_listed_cannot_act_once_somebody_is() {
    let desk = Desk::with_sample();
    let reference = task(&desk, "2026-03-02T09:00:00Z", "one");
    assert_eq!(desk.act(&reference, &["note", "--text", "nobody is listed"]).code, 0);
    add(&desk, &["agent.two", "--mail", "two@team.example", "--queue", "accounts"]);
    let refused = desk.act(&reference, &["note", "--text", "who am I"]);
    assert_eq!(refused.code, 2);
    assert!(refused.err.contains("did you mean `agent.two`?"), "{}", refused.err);
    let at = ["--now", "2026-03-02T10:00:00Z"];
    let assign = desk.run(&[&["ticket", "act", &reference, "assign", "--as", "Agent.Two"][..], &at].concat());
    assert_eq!(assign.code, 0, "{}", assign.err);
    let unknown = ["ticket", "act", &reference, "assign", "--to", "nobody", "--as", "agent.two"];
    assert_eq!(desk.run(&unknown).code, 2);
    desk.run(&["ticket", "act", &reference, "assign", "--to", "AGENT.two", "--as", "agent.two"]);
    assert_eq!(desk.show(&reference)["assignee"], "agent.two");
    let removed = desk.run(&["agent", "remove", "agent.two", "--format", "json"]).one();
    assert_eq!(removed["tickets"][0], reference.as_str());
    assert_eq!(desk.show(&reference)["assignee"], "agent.two");
}

#[test]
fn what_comes_in_ten_minutes_is_one_letter_and_says_nothing_personal() {
    let desk = Desk::with_sample();
    rose(&desk);
    let one = task(&desk, "2026-03-02T09:01:00Z", "one");
    let two = task(&desk, "2026-03-02T09:06:00Z", "two");
    assert!(told(&desk, "2026-03-02T09:09:59Z").is_empty());
    let letters = told(&desk, "2026-03-02T09:10:00Z");
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!((&letters[0]["to"], &letters[0]["subject"]), (&"rose@team.example".into(), &"To do: 2 requests".into()));
    let says = text(&letters[0]).replace(&one, "CD-ONE").replace(&two, "CD-TWO");
    insta::assert_snapshot!(says, @"
    CD-ONE  A new password from the desk
    There is something to do: check security answers.
    It is due Monday 2 March, 10:01am, in 51 working minutes.
    Accounts and passwords, 9 minutes ago
    caredesk ticket show CD-ONE

    CD-TWO  A new password from the desk
    There is something to do: check security answers.
    It is due Monday 2 March, 10:06am, in 56 working minutes.
    Accounts and passwords, 4 minutes ago
    caredesk ticket show CD-TWO

    National Administration Service for social care
    The desk wrote this letter by itself. Please do not answer it: work on
    the request.
    ");
    let bytes = sent(&desk).remove(0);
    for (has, not) in [("Auto-Submitted: auto-generated", "amy"), ("X-Caredesk-Desk: 1", "0111"), ("To: ", "Amy")] {
        assert!(bytes.contains(has), "{bytes}");
        assert!(!bytes.contains(not), "{bytes}");
    }
    assert!(told(&desk, "2026-03-02T09:20:00Z").is_empty(), "each is told once");
    assert!(told(&desk, "2026-03-03T09:20:00Z").is_empty(), "each is told once");
}

#[test]
fn nobody_is_written_to_at_midnight_or_on_a_holiday() {
    for (given, first_quiet, opening) in [
        // Saturday at midnight; the team begins on Monday at eight.
        ("2026-03-07T00:00:00Z", "2026-03-09T07:59:59Z", "2026-03-09T08:00:00Z"),
        // The evening before Good Friday; Easter Monday is closed, too. Clocks are an hour ahead by then.
        ("2026-04-02T18:30:00Z", "2026-04-07T06:59:59Z", "2026-04-07T07:00:00Z"),
        // Five minutes before the end of the day: the next bundle would go when all have gone.
        ("2026-03-06T17:55:00Z", "2026-03-09T07:59:59Z", "2026-03-09T08:00:00Z"),
    ] {
        let desk = Desk::with_sample();
        rose(&desk);
        task(&desk, given, "one");
        assert!(told(&desk, first_quiet).is_empty(), "{given}");
        assert_eq!(told(&desk, opening).len(), 1, "{given}");
    }
}

#[test]
fn a_desk_that_was_away_does_not_write_at_night_when_it_is_back() {
    let desk = Desk::with_sample();
    rose(&desk);
    task(&desk, "2026-03-06T17:00:00Z", "one");
    assert!(told(&desk, "2026-03-07T03:00:00Z").is_empty());
    assert_eq!(told(&desk, "2026-03-09T08:00:00Z").len(), 1);
}

#[test]
fn what_is_urgent_is_told_at_once_whatever_the_hour() {
    let desk = Desk::with_sample();
    add(&desk, &["Dee", "--mail", "dee@team.example", "--queue", "security"]);
    let worry = mail("one", AMY, "Phishing", "I clicked on a link in a suspicious e-mail and typed in my password");
    let opened = desk.ingest_at("2026-03-07T02:13:00Z", &worry);
    let reference = opened["ticket"].as_str().expect("a ticket");
    assert_eq!(desk.show(reference)["queue"], "security", "{opened}");
    let letters = told(&desk, "2026-03-07T02:13:00Z");
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert!(text(&letters[0]).contains("just now"), "{}", text(&letters[0]));
}

#[test]
fn what_is_over_is_not_told_and_an_empty_letter_does_not_go() {
    let desk = Desk::with_sample();
    rose(&desk);
    add(&desk, &["Sam", "--mail", "sam@team.example", "--queue", "accounts"]);
    let done = task(&desk, "2026-03-02T09:01:00Z", "one");
    let taken = task(&desk, "2026-03-02T09:02:00Z", "two");
    let at = ["--now", "2026-03-02T09:05:00Z", "--as", "Rose"];
    for act in [&["ticket", "act", &done, "close"][..], &["ticket", "act", &taken, "take"]] {
        assert_eq!(desk.run(&[act, &at].concat()).code, 0);
    }
    assert!(told(&desk, "2026-03-02T09:30:00Z").is_empty());
    assert!(sent(&desk).is_empty());
}

#[test]
fn the_one_who_has_a_ticket_is_told_alone_and_a_gift_is_told() {
    let desk = Desk::with_sample();
    rose(&desk);
    add(&desk, &["Sam", "--mail", "sam@team.example", "--queue", "accounts"]);
    let reference = task(&desk, "2026-03-02T09:01:00Z", "one");
    let to: Vec<Value> = told(&desk, "2026-03-02T09:10:00Z").iter().map(|letter| letter["to"].clone()).collect();
    assert_eq!(to, ["rose@team.example", "sam@team.example"]);
    let give = ["ticket", "act", &reference, "assign", "--to", "Sam", "--as", "Rose", "--now", "2026-03-02T09:11:00Z"];
    assert_eq!(desk.run(&give).code, 0);
    let letters = told(&desk, "2026-03-02T09:20:00Z");
    assert_eq!((letters.len(), &letters[0]["to"]), (1, &"sam@team.example".into()));
    assert!(text(&letters[0]).contains("It was given to you."));
    let rose = ["--as", "Rose", "--now", "2026-03-02T09:21:00Z"];
    let done = ["ticket", "act", &reference, "done", "--set", "identity_checked=yes"];
    assert_eq!(desk.run(&[&done[..], &rose].concat()).code, 0);
    let letters = told(&desk, "2026-03-02T09:30:00Z");
    assert_eq!((letters.len(), &letters[0]["to"]), (1, &"sam@team.example".into()), "{letters:?}");
}

#[test]
fn mail_in_quarantine_is_told_while_it_is_held() {
    let desk = Desk::with_sample();
    rose(&desk);
    let broken = "From: one@x.example\r\nFrom: two@x.example\r\n\r\nhello\r\n";
    let taken = desk.ingest_at("2026-03-02T09:01:00Z", broken);
    assert_eq!(taken["decision"], "quarantined", "{taken}");
    let held = desk.run(&["quarantine", "list", "--format", "json"]).one();
    assert_eq!(held["queue"], "security", "it hides who sent it");
    add(&desk, &["Dee", "--mail", "dee@team.example", "--queue", "security"]);
    let letters = told(&desk, "2026-03-02T09:01:00Z");
    assert_eq!(letters.len(), 1, "{held}");
    let says = format!("caredesk quarantine show {}", held["id"]);
    assert!(text(&letters[0]).contains(&says), "{}", text(&letters[0]));
    let id = desk.ingest_at("2026-03-02T09:02:00Z", &broken.replace("hello", "again"));
    assert_eq!(id["decision"], "quarantined");
    let rows = desk.run(&["quarantine", "list", "--format", "json"]).json();
    let second = rows[1]["id"].to_string();
    let discard = ["quarantine", "discard", &second, "--as", "Dee", "--reason", "a trick"];
    assert_eq!(desk.run(&discard).code, 0);
    assert!(told(&desk, "2026-03-02T09:02:00Z").is_empty(), "nobody need look at it any more");
}

#[test]
fn five_hundred_tasks_in_a_minute_are_few_letters() {
    let desk = Desk::with_sample();
    add(&desk, &["Dee", "--mail", "dee@team.example", "--queue", "security"]);
    let all: Vec<String> = (0..500).map(|n| storm_mail(&desk, n)).collect();
    let ran = desk.run(
        &[&["ingest", "--now", "2026-03-02T09:00:00Z"][..], &all.iter().map(String::as_str).collect::<Vec<_>>()]
            .concat(),
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    let letters = told(&desk, "2026-03-02T09:00:30Z");
    assert_eq!(letters.len(), 1);
    assert!(text(&letters[0]).contains("… and 460 more."), "{}", text(&letters[0]));
    // One after the other, each at once, until the hour is full.
    let mut count = 1;
    for n in 0..20 {
        let now = format!("2026-03-02T09:{:02}:00Z", n + 1);
        desk.run_with(&["ingest", "--now", &now], storm(1_000 + n).as_bytes());
        count += told(&desk, &now).len();
    }
    assert_eq!(count, 12, "an agent gets so many letters in an hour");
    let letters = told(&desk, "2026-03-02T10:00:31Z");
    // By then nobody has answered the first ones either, and that is told in the same letter.
    assert_eq!(letters.len(), 1);
    assert!(text(&letters[0]).contains("more."), "{}", text(&letters[0]));
    assert_eq!(sent(&desk).len(), 13);
}

fn storm(n: usize) -> String {
    let from = format!("Person {n} <person{n}@home.example>");
    mail(&format!("storm{n}"), &from, "Phishing", "I clicked on a link in a suspicious e-mail and typed in my password")
}

fn storm_mail(desk: &Desk, n: usize) -> String {
    let path = desk.data().with_file_name(format!("storm{n}.eml"));
    std::fs::write(&path, storm(n)).expect("it is written");
    path.display().to_string()
}

#[test]
fn what_machines_answer_to_a_letter_to_an_agent_opens_nothing() {
    let desk = Desk::with_sample();
    rose(&desk);
    task(&desk, "2026-03-02T09:01:00Z", "one");
    let letter = told(&desk, "2026-03-02T09:10:00Z").remove(0);
    let id = letter["message_id"].as_str().expect("a Message-ID");
    let away = mail("away", "Rose <rose@team.example>", "Automatic reply: To do", "I am away until Monday.").replacen(
        "Date:",
        &format!("Auto-Submitted: auto-replied\r\nIn-Reply-To: <{id}>\r\nDate:"),
        1,
    );
    let back = mail("back", "MAILER-DAEMON@team.example", "Undelivered Mail Returned to Sender", "no such user")
        .replacen("Date:", &format!("Auto-Submitted: auto-replied\r\nReferences: <{id}>\r\nDate:"), 1);
    // The letter itself, passed on to the desk by somebody's rule.
    let circle = sent(&desk).remove(0);
    for (raw, says) in
        [(away, "a letter to an agent"), (back, "a letter to an agent"), (circle, "a desk like this one")]
    {
        let taken = desk.ingest_at("2026-03-02T09:15:00Z", &raw);
        assert_eq!((&taken["decision"], &taken["ticket"]), (&"ignored".into(), &Value::Null), "{taken}");
        assert!(taken["because"].as_str().expect("a reason").contains(says), "{taken}");
        assert_eq!(taken["letters"], Value::Array(vec![]));
    }
    let failed = desk.run(&["outbox", "list", "--failed", "--format", "json"]).one();
    assert_eq!((&failed["to"], &failed["ticket"]), (&"rose@team.example".into(), &Value::Null), "{failed}");
    assert!(failed["failure"].as_str().expect("why").contains("came back"));
    let retried = desk.run(&["outbox", "retry", "--all", "--format", "json", "--now", "2026-03-02T10:00:00Z"]).one();
    assert_eq!(retried["state"], "sent");
    let ledger = desk.run(&["ledger", "--format", "json"]);
    assert_eq!(ledger.code, 0, "{}", ledger.out);
}

#[test]
fn where_nobody_is_listed_nothing_is_mailed_and_a_start_says_so() {
    let desk = Desk::with_sample();
    task(&desk, "2026-03-02T09:01:00Z", "one");
    assert!(told(&desk, "2026-03-02T09:10:00Z").is_empty());
    rose(&desk);
    assert!(told(&desk, "2026-03-02T09:20:00Z").is_empty(), "what was settled stays so");
    let ran = desk.run(&["ticket", "list", "--queue", "mailboxes"]);
    assert!(ran.err.contains("nobody to tell"), "{}", ran.err);
}

#[test]
fn a_running_desk_tells_agents_by_itself() {
    let desk = Desk::with_sample();
    rose(&desk);
    task(&desk, "2026-03-02T09:01:00Z", "one");
    let mut running = crate::support::Running::start_with(&desk, &["--now", "2026-03-02T09:09:59Z"]);
    running.hears("agents are told of their work");
    running.hears("sent");
    assert_eq!(sent(&desk).len(), 1);
}
