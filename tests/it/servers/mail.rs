//! The desk between a real post office and people who write: handed over by LMTP, refused by name, put off, answered.

use mail_parser::MessageParser;
use serde_json::{Value, json};

use super::mailboxes::Mailboxes;
use super::postfix::{Postfix, free_port};
use super::swaks::swaks;
use crate::support::{Desk, Running, mail, reply};

/// A person who asks.
pub const AMY: &str = "amy@home.example";
/// The desk's address.
pub const DESK: &str = "careadmin@nhs.net";

/// A first mail by Amy.
pub fn from_amy(id: &str) -> String {
    mail(id, "Amy Field <amy@home.example>", "Locked out", "Please reset my password, I am locked out.")
}

/// The port at which a running desk takes mail.
pub fn door(running: &Running) -> u16 {
    let place = running.ready["lmtp"].as_str().expect("the door's place");
    place.rsplit(':').next().unwrap().parse().expect("its port")
}

fn serve(desk: &Desk) -> Running {
    Running::start_with(desk, &["--lmtp", "127.0.0.1:0"])
}

/// What came in by LMTP, from the ledger, which must add up.
fn received(desk: &Desk) -> Value {
    let ledger = desk.run(&["ledger", "--format", "json"]);
    assert_eq!(ledger.code, 0, "the ledger adds up: {}", ledger.out);
    ledger.json().into_iter().find(|row| row["door"] == "lmtp").unwrap_or_default()
}

/// All tickets.
pub fn tickets(desk: &Desk) -> Vec<Value> {
    desk.run(&["ticket", "list", "--all", "--format", "json"]).json()
}

/// A letter as a mail program shows it, so that it can be answered.
pub fn shown(raw: &[u8]) -> Value {
    let letter = MessageParser::default().parse(raw).expect("a letter");
    json!({
        "message_id": letter.message_id().expect("a Message-ID"),
        "subject": letter.subject().expect("a subject"),
        "text": letter.body_text(0).expect("a text"),
    })
}

#[test]
fn of_two_recipients_one_is_the_desk_and_the_post_office_tells_of_the_other() {
    let desk = Desk::new();
    let running = serve(&desk);
    let people = Mailboxes::open(&[]);
    let mut postfix = Postfix::start(&[("nhs.net", door(&running)), ("home.example", people.port)]);
    let ran = swaks(postfix.port, AMY, &[DESK, "nobody@nhs.net"], &from_amy("two"), &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let bounce = people.next();
    assert_eq!((bounce.from.as_str(), bounce.to.as_slice()), ("", [AMY.to_owned()].as_slice()));
    assert!(bounce.text().contains("Final-Recipient: rfc822; nobody@nhs.net"), "{}", bounce.text());
    assert!(!bounce.text().contains(&format!("Final-Recipient: rfc822; {DESK}")), "{}", bounce.text());
    // The answers for both are in the log when the post office is done with the mail.
    postfix.hears(": removed");
    let row = received(&desk);
    assert_eq!((&row["received"], &row["opened"]), (&json!(1), &json!(1)));
    assert_eq!(tickets(&desk).len(), 1);
}

#[test]
fn a_person_at_the_door_itself_hears_an_answer_for_each_recipient() {
    let desk = Desk::new();
    let running = serve(&desk);
    let to = [DESK, "nobody@nhs.net", "helpdesk@nhs.net"];
    let ran = swaks(door(&running), AMY, &to, &from_amy("door"), &["--protocol", "LMTP"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let told = |words: &str| ran.out.lines().filter(|line| line.contains(words)).count();
    assert_eq!((told("<** 550 5.1.1"), told("<-  250 2.0.0 Kept")), (1, 2), "{}", ran.out);
    assert_eq!(tickets(&desk).len(), 1);
}

#[test]
fn mail_waits_at_the_post_office_while_the_desk_is_away_and_comes_once() {
    let desk = Desk::new();
    let port = free_port();
    let mut postfix = Postfix::start(&[("nhs.net", port)]);
    for id in ["first", "second", "third"] {
        let ran = swaks(postfix.port, AMY, &[DESK], &from_amy(id), &[]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        postfix.hears("status=deferred");
    }
    let running = Running::start_with(&desk, &["--lmtp", &format!("127.0.0.1:{port}")]);
    for _ in 0..3 {
        postfix.run_queue_until("status=sent");
    }
    drop(running);
    let row = received(&desk);
    assert_eq!((&row["received"], &row["opened"], &row["duplicate"]), (&json!(3), &json!(3), &json!(0)));
    assert_eq!(tickets(&desk).len(), 3);
}

#[test]
fn a_person_who_answers_a_letter_is_heard_on_the_same_ticket() {
    let desk = Desk::new();
    let mut running = serve(&desk);
    let postfix = Postfix::start(&[("nhs.net", door(&running))]);
    let ran = swaks(postfix.port, AMY, &[DESK], &from_amy("asks"), &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    running.hears("sent");
    let sent = desk.data().join("sent").join(&desk.sent()[0]);
    let letter = shown(&std::fs::read(sent).expect("the letter"));
    let answer = reply("answers", "Amy Field <amy@home.example>", &letter, "The ODS code is V12345.");
    let ran = swaks(postfix.port, AMY, &[DESK], &answer, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    running.hears("decision=\"continued\"");
    assert_eq!(tickets(&desk).len(), 1);
}
