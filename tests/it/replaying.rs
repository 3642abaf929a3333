//! What was played through another pack: what would have gone another way, and that the journal leads to the same.

use std::fs;

use serde_json::Value;

use crate::support::{Desk, mail, reply};

const LENA: &str = "Lena Wood <lena@home.example>";

/// A desk of its own with three requests: one that was answered, one that waits, one with an agent's task.
fn desk_with_a_past() -> (Desk, Vec<String>) {
    let desk = Desk::with_few_stories();
    let world = desk.pack.join("flows/world.yaml");
    assert_eq!(desk.run(&["directory", "import", world.to_str().expect("a path")]).code, 0);
    let locked = |id: &str, from: &str, text: &str| desk.ingest(&mail(id, from, "Locked out", text));
    let asked = locked("one", "Amy Field <amy@home.example>", "Please reset my password, I am locked out.");
    let letter = asked["letters"][0].clone();
    desk.ingest_at(
        "2026-03-02T10:00:00Z",
        &reply("two", "Amy Field <amy@home.example>", &letter, "1. amy.field@nhs.net\n2. 07700 900111"),
    );
    let task = locked("three", LENA, "I have not received my password by text. My account is lena.wood@nhs.net.");
    let silent = locked("four", "Omar Reed <omar@home.example>", "Please reset my password, I am locked out.");
    let ran = desk.run(&["tick", "--now", "2026-03-20T09:00:00Z"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let tickets = [asked, task, silent].map(|taken| taken["ticket"].as_str().expect("a reference").to_owned());
    (desk, tickets.to_vec())
}

fn replay(desk: &Desk, args: &[&str]) -> (i32, Vec<Value>) {
    let mut all = vec!["replay", "--now", "2026-03-20T10:00:00Z", "--format", "json"];
    all.extend(args);
    let ran = desk.run(&all);
    assert!(ran.code < 2, "{}", ran.err);
    (ran.code, ran.json())
}

fn change(desk: &Desk, file: &str, from: &str, to: &str) {
    let path = desk.pack.join(file);
    let text = fs::read_to_string(&path).expect("a file");
    let changed = text.replacen(from, to, 1);
    assert_ne!(changed, text, "{file} has {from}");
    fs::write(path, changed).expect("the edit is saved");
}

#[test]
fn the_journal_leads_to_the_same_and_an_unchanged_pack_changes_nothing() {
    let (desk, tickets) = desk_with_a_past();
    let (code, rows) = replay(&desk, &["--same"]);
    assert_eq!(code, 0, "{rows:?}");
    let totals = rows.last().expect("totals");
    assert_eq!((totals["tickets"].as_u64(), totals["same"].as_u64()), (Some(3), Some(3)), "{rows:?}");
    let (code, rows) = replay(&desk, &["--all", "--strict"]);
    assert_eq!((code, rows.len()), (0, 1), "{rows:?}");
    let (_, rows) = replay(&desk, &[tickets[0].as_str()]);
    assert_eq!(rows.last().expect("totals")["tickets"], 1);
    let (_, rows) = replay(&desk, &["--since", "2026-03-03"]);
    assert_eq!(rows.last().expect("totals")["tickets"], 0);
}

#[test]
fn a_changed_verdict_is_found_with_its_rule_and_the_requests_that_it_touches() {
    let (desk, tickets) = desk_with_a_past();
    let before: Vec<Value> = tickets.iter().map(|ticket| desk.show(ticket)).collect();
    // Whoever stays is taken for somebody who leaves.
    change(&desk, "rules/accounts.rhai", "    if account.leaving {", "    if not account.leaving {");
    let (code, rows) = replay(&desk, &["--all"]);
    assert_eq!(code, 0, "differences are for a person to judge");
    let verdict = rows.iter().find(|row| row["difference"] == "verdict").unwrap_or_else(|| panic!("{rows:?}"));
    assert_eq!((verdict["was"].as_str(), verdict["becomes"].as_str()), (Some("ring"), Some("leaving")));
    assert_eq!(verdict["rule"], "accounts.standing");
    assert!(verdict["line"].as_u64().is_some());
    assert_eq!(verdict["tickets"], 1);
    assert_eq!(verdict["examples"][0]["ticket"], tickets[0].as_str());
    assert_eq!(replay(&desk, &["--all", "--strict"]).0, 1);
    let after: Vec<Value> = tickets.iter().map(|ticket| desk.show(ticket)).collect();
    assert_eq!(before, after, "nothing is changed");
}

#[test]
fn other_words_and_other_times_are_told_apart() {
    let (desk, tickets) = desk_with_a_past();
    change(&desk, "flows/passwords/activation_password.yaml", "within two working hours", "soon");
    change(&desk, "flows/desk.yaml", "  within: 5 working days", "  within: 7 working days");
    let (_, rows) = replay(&desk, &["--all"]);
    let of_flow = |row: &&Value| row["at"].as_str().is_some_and(|at| at.starts_with("activation_password."));
    let letter = rows.iter().filter(|row| row["difference"] == "letter").find(of_flow);
    let letter = letter.unwrap_or_else(|| panic!("{rows:?}"));
    assert_eq!(letter["examples"][0]["ticket"], tickets[1].as_str());
    let due = rows.iter().find(|row| row["difference"] == "due").unwrap_or_else(|| panic!("{rows:?}"));
    assert_eq!(due["becomes"], "later");
    let text = desk.run(&["replay", "--all", "--now", "2026-03-20T10:00:00Z"]).out;
    assert!(text.contains("in other words") && text.contains("is due later"), "{text}");
}

#[test]
fn what_was_erased_is_counted_and_not_played() {
    let (desk, tickets) = desk_with_a_past();
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        use sqlx::{Connection as _, SqliteConnection};
        let url = format!("sqlite://{}", desk.data().join("caredesk.db").display());
        let mut db = SqliteConnection::connect(&url).await.expect("it opens");
        let done = sqlx::query("DELETE FROM content WHERE ticket = $1").bind(&tickets[1]).execute(&mut db).await;
        assert!(done.expect("it is erased").rows_affected() > 0);
        db.close().await.expect("it closes");
    });
    let (code, rows) = replay(&desk, &["--same"]);
    assert_eq!(code, 0);
    assert_eq!(rows.last().expect("totals")["not_replayable"]["erased"], 1, "{rows:?}");
    let published = desk.run(&["publish", "--dry-run", "--format", "json"]).json().pop().expect("a last line");
    assert_eq!(published["replayed"]["not_replayable"], 1);
}
