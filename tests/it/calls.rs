//! Calls: an agent writes down what a caller said, is the mouth of the flow, and a person finds the call again.

use serde_json::{Value, json};

use crate::support::{Desk, mail};

const FULL: &str = "The shared mailbox of our home is full and nobody can send.";

fn call(desk: &Desk, now: &str, args: &[&str]) -> Value {
    let mut all = vec!["ticket", "new", "--format", "json", "--now", now, "--as", "agent.one"];
    all.extend(args);
    desk.run(&all).one()
}

fn adds_up(desk: &Desk) {
    let ledger = desk.run(&["ledger", "--format", "json"]);
    assert_eq!(ledger.code, 0, "{}", ledger.out);
}

#[test]
fn a_call_opens_a_ticket_and_its_reference_can_be_read_out() {
    let desk = Desk::with_sample();
    let called = call(
        &desk,
        "2026-03-02T09:05:00Z",
        &["--phone", "(01632) 960 123", "--said", FULL, "--at", "2026-03-02T09:00:00Z", "--name", "Omar Reed"],
    );
    assert_eq!(called["requester"], "+441632960123");
    assert_eq!((&called["decision"], &called["flow"]), (&"flow".into(), &"mailbox_full".into()));
    assert_eq!(called["opened"], "2026-03-02T09:00:00Z");
    assert!(called["spelled"].as_str().expect("words").starts_with("Charlie Delta, "), "{called}");
    assert!(called["aloud"][0]["text"].as_str().expect("words").contains("A colleague will"), "{called}");
    assert_eq!((&called["letters"], &called["replies"]), (&json!([]), &json!([])));
    assert!(desk.sent().is_empty(), "nobody left an address");
    let reference = called["ticket"].as_str().expect("a reference");
    let story = desk.run(&["ticket", "explain", reference]).out;
    assert!(story.contains("rang") && story.contains("agent.one wrote this call down"), "{story}");
    let ledger = desk.run(&["ledger", "--door", "phone", "--format", "json"]).one();
    assert_eq!((&ledger["received"], &ledger["opened"], &ledger["adds_up"]), (&1.into(), &1.into(), &true.into()));
    adds_up(&desk);
}

#[test]
fn the_agent_is_the_mouth_of_the_flow() {
    let desk = Desk::with_sample();
    let said = "I am locked out, please reset my password. My pin is 4711.";
    let now = "2026-03-02T09:00:00Z";
    let called = call(&desk, now, &["--phone", "07700 900111", "--said", said, "--flow", "password_help"]);
    let asks: Vec<&str> =
        called["asks"].as_array().expect("questions").iter().map(|ask| ask["fact"].as_str().unwrap()).collect();
    assert!(asks.contains(&"account_address"), "{called}");
    assert!(called["asks"][0]["ask"].as_str().expect("a question").ends_with('?'));
    assert!(!desk.run(&["ticket", "explain", called["ticket"].as_str().unwrap()]).out.contains("4711"));
    let reference = called["ticket"].as_str().expect("a reference");
    let mut gives = vec!["answer", "--set", "account_address=amy.field@nhs.net"];
    if asks.contains(&"registered_mobile") {
        gives.extend(["--set", "registered_mobile=07700 900111"]);
    }
    let answered = desk.act(reference, &gives).one();
    assert_eq!(answered["state"], "with_task", "{answered}");
    assert!(answered["aloud"][0]["text"].as_str().is_some(), "{answered}");
    assert!(desk.sent().is_empty());
    adds_up(&desk);
}

#[test]
fn who_leaves_an_address_is_written_to_and_goes_on_by_mail() {
    let desk = Desk::with_sample();
    let said = "Please reset my nhsmail password.";
    let args = ["--phone", "07700 900111", "--said", said, "--mail", "amy@home.example", "--name", "Amy Field"];
    let called = call(&desk, "2026-03-02T09:00:00Z", &args);
    assert_eq!(called["letters"][0]["to"], "amy@home.example");
    assert!(called["aloud"].is_null(), "{called}");
    let answer = crate::support::reply(
        "answer",
        "Amy Field <amy@home.example>",
        &called["letters"][0],
        "amy.field@nhs.net\n07700 900111",
    );
    let answered = desk.ingest_at("2026-03-02T10:00:00Z", &answer);
    assert_eq!((&answered["decision"], &answered["ticket"]), (&"continued".into(), &called["ticket"]));
    adds_up(&desk);
}

#[test]
fn what_is_no_call_is_refused_and_nothing_is_kept() {
    let desk = Desk::with_sample();
    for (args, says) in [
        (&["--phone", "amy", "--said", FULL][..], "not a telephone number"),
        (&["--phone", "01632 960123", "--said", "  "], "what the caller said"),
        (&["--phone", "01632 960123", "--said", FULL, "--at", "2026-03-02T09:00:01Z"], "still to come"),
        (&["--phone", "01632 960123", "--said", FULL, "--flow", "complant"], "did you mean `complaint`?"),
        (&["--phone", "01632 960123", "--said", FULL, "--mail", "helpdesk@nhs.net"], "the desk's own address"),
        (&["--phone", "01632 960123", "--said", FULL, "--mail", "omar"], "not one plain mail address"),
    ] {
        let mut all = vec!["ticket", "new", "--now", "2026-03-02T09:00:00Z", "--as", "agent.one"];
        all.extend(args);
        let ran = desk.run(&all);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.out);
        assert!(ran.err.contains(says), "{args:?}: {}", ran.err);
    }
    assert!(desk.run(&["ticket", "list", "--all", "--format", "json"]).out.is_empty());
    adds_up(&desk);
}

#[test]
fn a_call_is_escalated_by_its_number_and_time_and_nothing_of_it_is_told() {
    let desk = Desk::with_sample();
    let called = call(&desk, "2026-03-02T09:00:00Z", &["--phone", "01632 960123", "--said", FULL]);
    let reference = called["ticket"].as_str().expect("a reference");
    for (id, number, time, found) in [
        ("late", "01632 960123", "10:00:01am", false),
        ("other", "01632 960199", "9:15am", false),
        ("near", "+44 1632 960123", "9:59am", true),
    ] {
        let words =
            format!("I wish to complain about how long this takes. I rang on 2 March 2026 at {time} from {number}.");
        let words = words.replace("10:00:01am", "10:30am");
        let taken = desk.ingest_at("2026-03-03T09:00:00Z", &mail(id, "Eve <eve@home.example>", "Complaint", &words));
        let to: Vec<&str> =
            taken["letters"].as_array().unwrap().iter().map(|one| one["to"].as_str().unwrap()).collect();
        assert_eq!(to.contains(&"feedback@nhs.net"), found, "{id}: {taken}");
        let told = taken["letters"].as_array().unwrap().iter().find(|one| one["to"] == "eve@home.example").unwrap();
        let told = told["text"].as_str().unwrap();
        assert!(!told.contains(reference) && !told.contains("full") && !told.contains("with a colleague"), "{told}");
    }
    assert_eq!(desk.show(reference)["escalated"], "feedback");
    adds_up(&desk);
}

#[test]
fn a_caller_who_cannot_be_reminded_is_rung() {
    let desk = Desk::with_sample();
    let add = ["agent", "add", "agent.one", "--mail", "one@team.example", "--queue", "accounts"];
    assert_eq!(desk.run(&add).code, 0);
    let said = ["--phone", "07700 900111", "--said", "Please reset my password.", "--flow", "password_help"];
    let called = call(&desk, "2026-03-02T09:00:00Z", &said);
    assert_eq!(called["state"], "waiting_requester", "{called}");
    desk.run(&["tick", "--now", "2026-03-04T09:00:00Z"]);
    let rows = desk.run(&["tick", "--format", "json", "--now", "2026-03-04T09:10:00Z"]).json();
    let letter = rows[0]["letters"][0]["text"].as_str().expect("a letter");
    assert!(letter.contains("Please ring them."), "{letter}");
    assert!(!letter.contains("900111"), "{letter}");
}
