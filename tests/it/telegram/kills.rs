//! The desk is killed in the middle, by both ways in: after its next start nothing is lost and nothing is said twice.

use std::process::Stdio;

use super::{Office, Way};

const WISH: &str = "please can you reset my nhsmail password";

/// A chat with a desk that is killed at a place, and one that goes on. What the first had just said when it was killed, the
/// second cannot know of; else it is said once. `least` is how often at least.
fn survives(way: Way, faults: &str, least: usize) {
    let office = Office::new(way);
    let telegram = &office.telegram;
    let mut killed = office.command(faults).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
    telegram.says(1, WISH);
    let ended = killed.wait().expect("it ends");
    assert!(!ended.success() && ended.code().is_none(), "{faults}: it was killed: {ended}");

    let most = 1 + telegram.state().by_bot(1).len();
    let mut running = office.start();
    let asked = telegram.hears(1, "e-mail address");
    telegram.says(1, "amy.field@nhs.net");
    telegram.hears(1, "mobile number");
    telegram.says(1, "07700 900111");
    telegram.hears(1, "ending 0111");
    telegram.is_read();
    running.ask_to_stop();
    assert!(running.ends().success());
    let state = telegram.state();
    let same = state.by_bot(1).into_iter().filter(|said| said.text == asked.text).count();
    assert!((least..=most).contains(&same), "{way:?} {faults}: {}", state.story());
    drop(state);
    assert_eq!(office.counted(), 3, "{way:?} {faults}: each message is in the ledger once");
    let tickets = office.desk.run(&["ticket", "list", "--all", "--format", "json"]).json();
    assert_eq!(tickets.len(), 1, "{tickets:?}");
}

#[test]
fn by_polling_whatever_is_killed_is_said_once() {
    for place in ["TelegramKept", "TelegramBegun", "ChatKept", "TelegramWorked"] {
        survives(Way::Polling, &format!("{place}=1:kill"), 1);
    }
}

#[test]
fn by_webhook_whatever_is_killed_is_said_once() {
    for place in ["TelegramKept", "ChatKept", "TelegramWorked"] {
        survives(Way::Webhook, &format!("{place}=1:kill"), 1);
    }
}

#[test]
fn what_was_claimed_and_not_said_is_said_once() {
    survives(Way::Polling, "TelegramClaimed=1:kill", 1);
}

#[test]
fn what_was_said_and_not_noted_is_said_again_word_for_word() {
    survives(Way::Webhook, "TelegramSaid=1:kill", 2);
}
