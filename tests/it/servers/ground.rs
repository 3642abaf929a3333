//! The ground on which the desk is tested with real mail: a person writes, the post office carries, mailboxes take.

use super::mailboxes::Mailboxes;
use super::postfix::{Postfix, free_port};
use super::swaks::swaks;
use crate::support::mail;

#[test]
fn the_post_office_carries_a_mail_as_it_was_written() {
    let people = Mailboxes::open(&[]);
    let postfix = Postfix::start(&[("home.example", people.port)]);
    let written = mail("one", "Amy <amy@home.example>", "Zoë’s form", "Hello,\n.\n..two dots\nFrom here on: £5\n");
    let ran = swaks(postfix.port, "amy@home.example", &["jo@home.example"], &written, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let delivered = people.next();
    assert_eq!((delivered.from.as_str(), delivered.to), ("amy@home.example", vec!["jo@home.example".to_owned()]));
    let text = String::from_utf8(delivered.bytes).expect("UTF-8 stays UTF-8");
    let (stamps, rest) = text.split_at(text.find("Message-ID:").expect("the mail"));
    assert!(stamps.starts_with("Received: from home.example"), "{stamps}");
    assert_eq!(rest.trim_end(), written.trim_end());
}

#[test]
fn of_two_recipients_one_is_refused_and_the_sender_is_told() {
    let people = Mailboxes::open(&["nobody@desk.example"]);
    let mut postfix = Postfix::start(&[("home.example", people.port), ("desk.example", people.port)]);
    let written = mail("two", "Amy <amy@home.example>", "Hello", "Hello both");
    let to = ["help@desk.example", "nobody@desk.example"];
    let ran = swaks(postfix.port, "amy@home.example", &to, &written, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert_eq!(people.next().to, ["help@desk.example"]);
    postfix.hears("status=bounced");
    let bounce = people.next();
    assert_eq!((bounce.from.as_str(), bounce.to.as_slice()), ("", ["amy@home.example".to_owned()].as_slice()));
    assert!(bounce.text().contains("Final-Recipient: rfc822; nobody@desk.example"), "{}", bounce.text());
    assert!(!bounce.text().contains("Final-Recipient: rfc822; help@desk.example"), "{}", bounce.text());
    assert!(people.are_empty(), "nothing else was carried");
}

#[test]
fn what_cannot_be_delivered_waits_until_the_queue_is_run() {
    let port = free_port();
    let mut postfix = Postfix::start(&[("desk.example", port)]);
    let written = mail("three", "Amy <amy@home.example>", "Hello", "Hello");
    let ran = swaks(postfix.port, "amy@home.example", &["help@desk.example"], &written, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let waits = postfix.hears("status=deferred");
    assert!(waits.contains("Connection refused"), "{waits}");
    let desk = Mailboxes::open_at(port, &[]);
    assert!(desk.are_empty());
    postfix.run_queue_until("status=sent");
    assert_eq!(desk.next().to, ["help@desk.example"]);
}
