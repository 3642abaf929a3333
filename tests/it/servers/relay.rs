//! Letters on their way out: by a real post office as the relay, into the mailboxes of the people who asked.

use sqlx::Connection as _;

use super::mail::{AMY, DESK, door, from_amy, shown, tickets};
use super::mailboxes::{Delivered, Mailboxes};
use super::postfix::Postfix;
use super::swaks::swaks;
use crate::support::{Desk, Running, reply};

/// A desk whose letters go to a relay, to people at home only.
fn serve(desk: &Desk, relay: &Postfix) -> Running {
    let url = relay.relay();
    Running::start_with(desk, &["--lmtp", "127.0.0.1:0", "--relay", &url, "--only-to", "*@home.example"])
}

/// The bytes of the letters in the outbox, the oldest first.
fn outbox(desk: &Desk) -> Vec<Vec<u8>> {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(desk.data().join("caredesk.db")).read_only(true);
    runtime.block_on(async {
        let mut reader = sqlx::SqliteConnection::connect_with(&options).await.unwrap();
        sqlx::query_scalar("SELECT bytes FROM outbox ORDER BY at, ticket, seq, n").fetch_all(&mut reader).await.unwrap()
    })
}

/// A letter as it was before the post office put its stamp on top.
fn without_stamp(letter: &Delivered) -> Vec<u8> {
    let text = letter.text();
    assert!(text.starts_with("Received: "), "{text}");
    let folded = text.split_inclusive("\r\n").skip(1).take_while(|line| line.starts_with(['\t', ' ']));
    let stamp = text.split_inclusive("\r\n").next().unwrap().len() + folded.map(str::len).sum::<usize>();
    letter.bytes[stamp..].to_vec()
}

#[test]
fn a_letter_arrives_as_it_stands_in_the_outbox_and_its_answer_goes_on_with_the_ticket() {
    let desk = Desk::new();
    let people = Mailboxes::open(&[]);
    let relay = Postfix::start(&[("home.example", people.port)]);
    let mut running = serve(&desk, &relay);
    let postfix = Postfix::start(&[("nhs.net", door(&running))]);
    let ran = swaks(postfix.port, AMY, &[DESK], &from_amy("asks"), &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let letter = people.next();
    assert_eq!(letter.to, [AMY]);
    assert_eq!(outbox(&desk), [without_stamp(&letter)]);
    let answer = reply("answers", "Amy Field <amy@home.example>", &shown(&letter.bytes), "The ODS code is V12345.");
    let ran = swaks(postfix.port, AMY, &[DESK], &answer, &[]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    running.hears("decision=\"continued\"");
    let next = people.next();
    assert_eq!((outbox(&desk).len(), outbox(&desk).last()), (2, Some(&without_stamp(&next))));
    assert_eq!(tickets(&desk).len(), 1);
}

#[test]
fn nobody_gets_a_letter_whom_the_operator_did_not_name() {
    let desk = Desk::new();
    let people = Mailboxes::open(&[]);
    let relay = Postfix::start(&[("home.example", people.port), ("other.example", people.port)]);
    let running = serve(&desk, &relay);
    let port = door(&running);
    let sam = from_amy("held").replace("Amy Field <amy@home.example>", "Sam <sam@other.example>");
    assert_eq!(swaks(port, "sam@other.example", &[DESK], &sam, &["--protocol", "LMTP"]).code, 0);
    assert_eq!(swaks(port, AMY, &[DESK], &from_amy("goes"), &["--protocol", "LMTP"]).code, 0);
    assert_eq!(people.next().to, [AMY], "Sam's letter is older, and waits");
    assert!(people.are_empty());
    assert_eq!((tickets(&desk).len(), outbox(&desk).len()), (2, 2));
}
