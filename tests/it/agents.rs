//! Agents at work on tickets, and requesters who do not behave as a form would like.

use serde_json::Value;

use crate::support::{Desk, MONDAY, mail, reply};

const AMY: &str = "Amy Field <amy@home.example>";
const RESET: &str = "Please reset my nhsmail password. It is amy.field@nhs.net and my mobile is 07700 900111.";

/// A ticket on which an agent has to ring somebody.
fn with_a_task(desk: &Desk) -> (String, Value) {
    let opened = desk.ingest_at(MONDAY, &mail("one", AMY, "Password", RESET));
    let reference = opened["ticket"].as_str().expect("a reference").to_owned();
    assert_eq!(desk.show(&reference)["state"], "with_task");
    (reference, opened["letters"][0].clone())
}

fn open_tasks(desk: &Desk, reference: &str) -> usize {
    let shown = desk.show(reference);
    shown["tasks"].as_array().expect("tasks").iter().filter(|task| task["status"] == "open").count()
}

#[test]
fn a_hold_ends_where_it_began_also_when_the_requester_writes() {
    let desk = Desk::with_sample();
    let (reference, letter) = with_a_task(&desk);
    assert_eq!(desk.act(&reference, &["hold"]).one()["state"], "on_hold");
    let wrote = desk.ingest_at("2026-03-02T11:00:00Z", &reply("two", AMY, &letter, "I am back at my desk now."));
    assert_eq!(wrote["decision"], "continued");
    assert_eq!((desk.show(&reference)["state"].as_str(), open_tasks(&desk, &reference)), (Some("with_task"), 1));
    assert_eq!(desk.act(&reference, &["hold"]).one()["state"], "on_hold");
    assert_eq!(desk.act(&reference, &["give_back"]).one()["state"], "with_task");
    assert_eq!(open_tasks(&desk, &reference), 1);
}

#[test]
fn a_request_is_given_back_at_a_step_and_never_behind_a_proof() {
    let desk = Desk::with_sample();
    let opened = desk.chat("amy", "I am leaving my job at the end of the month");
    let reference = opened["ticket"].as_str().expect("a reference").to_owned();
    assert!(desk.act(&reference, &["give_back", "--step", "leaver.mark"]).err.contains("has this ticket already"));
    desk.chat("amy", "amy.field@nhs.net");
    desk.act(&reference, &["take"]).one();
    let before = desk.show(&reference);
    for (step, says) in [
        ("leaver.mark", "behind a proof that nobody has given"),
        ("hold", "behind a proof that nobody has given"),
        ("complaint.first", "does not run"),
        ("leaver.tea", "has no step tea"),
        ("leaver.prove_own_account", "needs what is not known yet"),
    ] {
        let ran = desk.act(&reference, &["give_back", "--step", step]);
        assert_eq!(ran.code, 2, "{step}: {}", ran.out);
        assert!(ran.err.contains(says), "{step}: {}", ran.err);
    }
    assert_eq!(desk.show(&reference), before, "what is refused keeps nothing");
    let back = desk.act(&reference, &["give_back", "--step", "leaver.ask_about_address"]).one();
    assert_eq!(back["state"], "waiting_requester", "{back}");
    assert!(back["replies"][0]["text"].as_str().is_some_and(|text| text.contains("account")), "{back}");
    let told = desk.run(&["explain", &reference]);
    assert!(told.out.contains("gave the request back to the flow, at leaver.ask_about_address"), "{}", told.out);
    assert_eq!(desk.chat("amy", "amy.field@nhs.net")["waiting_for"][0]["fact"], "last_day");
}

#[test]
fn another_flow_takes_back_the_tasks_of_the_first() {
    let desk = Desk::with_sample();
    let (reference, _) = with_a_task(&desk);
    desk.act(&reference, &["hold"]).one();
    let started = desk.act(&reference, &["start", "--to", "complaint"]).one();
    assert_eq!((started["flow"].as_str(), open_tasks(&desk, &reference)), (Some("complaint"), 0));
    let late = desk.act(&reference, &["done", "--set", "identity_checked=yes"]);
    assert_eq!(late.code, 2, "{}", late.out);
}

#[test]
fn an_act_that_is_not_possible_says_so_and_keeps_nothing() {
    let desk = Desk::with_sample();
    let (reference, _) = with_a_task(&desk);
    let before = desk.show(&reference);
    for (act, says) in [
        (&["done"][..], "identity_checked"),
        (&["done", "--set", "identity_checked=perhaps"], "not valid"),
        (&["done", "--task", "7"], "Open: 1"),
        (&["give_back"], "has this ticket already"),
        (&["reopen"], "is not closed"),
        (&["start", "--to", "complaint"], "Take the ticket first"),
        (&["escalate", "--to", "nobody"], "no contact"),
    ] {
        let ran = desk.act(&reference, act);
        assert_eq!(ran.code, 2, "{act:?}: {}", ran.out);
        assert!(ran.err.contains(says), "{act:?}: {}", ran.err);
    }
    assert_eq!(desk.show(&reference), before);
}

#[test]
fn an_author_in_the_midst_of_an_edit_does_not_stop_the_agents() {
    let desk = Desk::with_own_pack();
    let world = desk.pack.join("flows/world.yaml");
    assert_eq!(desk.run(&["directory", "import", world.to_str().expect("a path")]).code, 0);
    let (reference, _) = with_a_task(&desk);
    std::fs::write(desk.pack.join("flows/facts.yaml"), "facts:\n  half an edit").expect("the edit is saved");
    assert_eq!(desk.run_with(&["ingest"], mail("two", AMY, "Hello", "hello").as_bytes()).code, 1);
    assert_eq!(desk.act(&reference, &["done", "--set", "identity_checked=yes"]).code, 0);
    assert_eq!(desk.run(&["tick", "--now", "2026-03-03T09:00:00Z"]).code, 0);
}

#[test]
fn capitals_in_an_address_are_the_same_person() {
    let desk = Desk::with_sample();
    let opened = desk.ingest(&mail("one", AMY, "Password", "Please reset my nhsmail password."));
    let answer = reply("two", "AMY@Home.example", &opened["letters"][0], "amy.field@nhs.net\n07700 900111");
    let answered = desk.ingest_at("2026-03-02T10:00:00Z", &answer);
    assert_eq!(answered["ticket"], opened["ticket"]);
    assert_eq!(desk.show(opened["ticket"].as_str().expect("a reference"))["state"], "with_task");
}

#[test]
fn answers_count_that_stand_beside_a_question_about_the_state() {
    let desk = Desk::with_sample();
    let opened = desk.ingest(&mail("one", AMY, "Password", "Please reset my nhsmail password."));
    let answer = reply("two", AMY, &opened["letters"][0], "amy.field@nhs.net, 07700 900111. Any news?");
    let answered = desk.ingest_at("2026-03-02T10:00:00Z", &answer);
    let letter = answered["letters"][0]["text"].as_str().expect("a letter");
    assert!(letter.contains("ending 0111"), "{letter}");
}

#[test]
fn a_number_of_an_old_letter_answers_no_later_question() {
    let desk = Desk::with_sample();
    let (reference, _) = with_a_task(&desk);
    let again = desk.act(&reference, &["cannot", "--reason", "no_reply"]).one();
    assert_eq!(desk.show(&reference)["waiting_for"][0]["fact"], "good_time");
    assert!(again["letters"][0]["text"].as_str().expect("a letter").contains("1. When can we ring you?"));
    // A second request of the same person, whose first letter asks for an address as question one.
    let other =
        desk.ingest_at("2026-03-02T10:30:00Z", &mail("other", AMY, "Password", "Please reset my nhsmail password."));
    let reference = other["ticket"].as_str().expect("a reference");
    let first = other["letters"][0].clone();
    desk.ingest_at("2026-03-02T10:40:00Z", &reply("a", AMY, &first, "1. amy.field@nhs.net\n2. 07700 900111"));
    desk.act(reference, &["cannot", "--reason", "no_reply"]).one();
    desk.ingest_at("2026-03-02T11:00:00Z", &reply("b", AMY, &first, "1. lena.wood@nhs.net"));
    let facts = desk.show(reference)["facts"].clone();
    assert_eq!(facts["account_address"], "amy.field@nhs.net");
    assert!(facts["good_time"].is_null(), "{facts}");
}

#[test]
fn a_letter_that_cannot_be_delivered_waits_and_the_mail_is_kept_once() {
    let desk = Desk::with_sample();
    std::fs::write(desk.data().join("sent"), "a file where the folder should be").expect("a file");
    let opened = desk.ingest(&mail("one", AMY, "Password", RESET));
    assert_eq!(opened["decision"], "flow");
    let waiting = desk.run(&["outbox", "list", "--format", "json"]).json();
    assert_eq!(waiting.len(), 1);
    std::fs::remove_file(desk.data().join("sent")).expect("the file goes");
    assert_eq!(desk.run(&["outbox", "send", "--now", "2026-03-02T10:00:00Z"]).code, 0);
    assert_eq!(desk.sent().len(), 1);
    assert!(desk.run(&["outbox", "list", "--format", "json"]).out.is_empty());
}

#[test]
fn a_chat_by_the_name_of_a_mail_address_learns_nothing_of_its_requests() {
    let desk = Desk::with_sample();
    let (reference, _) = with_a_task(&desk);
    let asked = desk.chat("amy@home.example", "where is my request");
    assert!(!asked.to_string().contains(&reference), "{asked}");
}
