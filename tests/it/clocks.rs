//! Due times: a reminder, the end of a wait, each once, however often the desk looks.

use crate::support::{Desk, MONDAY, Running, mail};

#[test]
fn a_silent_requester_is_reminded_once_and_then_the_request_is_closed() {
    let desk = Desk::with_sample();
    let opened = desk.ingest_at(
        MONDAY,
        &mail("one", "Amy Field <amy@home.example>", "Locked out", "Please reset my nhsmail password."),
    );
    let reference = opened["ticket"].as_str().expect("a reference");
    let tick = |now: &str| desk.run(&["tick", "--format", "json", "--now", now]).json();

    assert!(tick("2026-03-04T08:59:59Z").is_empty(), "nothing is due before its time");
    let reminded = tick("2026-03-04T09:00:00Z");
    assert_eq!(reminded.len(), 1);
    assert_eq!((reminded[0]["ticket"].as_str(), reminded[0]["what"].as_str()), (Some(reference), Some("remind")));
    let letter = reminded[0]["letters"][0]["text"].as_str().expect("a letter");
    assert!(letter.contains("still waiting") && letter.contains("1."), "{letter}");
    assert!(tick("2026-03-04T09:00:00Z").is_empty(), "a timer fires once");

    let closed = tick("2026-03-09T09:00:00Z");
    assert_eq!(closed[0]["what"], "within");
    assert_eq!(desk.show(reference)["ending"], "unanswered");
    assert!(tick("2027-01-01T00:00:00Z").is_empty(), "a closed request has no clocks");
    assert_eq!(desk.sent().len(), 3);
}

#[test]
fn a_desk_that_was_down_catches_up_in_due_order() {
    let desk = Desk::with_sample();
    desk.ingest_at(
        MONDAY,
        &mail("one", "Amy Field <amy@home.example>", "Locked out", "Please reset my nhsmail password."),
    );
    let fired = desk.run(&["tick", "--format", "json", "--now", "2026-04-01T00:00:00Z"]).json();
    let what: Vec<&str> = fired.iter().map(|row| row["what"].as_str().expect("what")).collect();
    assert_eq!(what, ["remind", "within"]);
}

#[test]
fn a_running_desk_wakes_at_the_due_time_by_itself() {
    let desk = Desk::with_sample();
    desk.ingest_at(
        MONDAY,
        &mail("one", "Amy Field <amy@home.example>", "Locked out", "Please reset my nhsmail password."),
    );
    // Nothing is due when it starts; two seconds later the reminder is.
    let mut running = Running::start_with(&desk, &["--now", "2026-03-04T08:59:58Z"]);
    let heard = running.hears("fired");
    assert!(heard.contains("remind"), "{heard}");
}
