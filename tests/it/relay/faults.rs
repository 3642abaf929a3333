//! What relays do wrong, one by one: the letter is where it should be, is tried again when it should be, arrives once,
//! and keeps back no other.

use caredesk::mail::smtp::{Kind, Parcel};
use caredesk::store::LetterState;

use super::fake::{At, Do, Fake, Script, bye, say};
use super::office::{Office, at, relay_to};

/// What a fault must lead to.
enum Leads {
    /// It waits, and goes a minute later.
    ToAnotherTry(&'static str),
    /// It has failed, and its ticket knows.
    ToFailure(&'static str),
    /// Nobody knows; the same bytes go again after ten minutes.
    ToDoubt(&'static str),
    /// To nothing: it goes.
    Nowhere,
}

fn faults() -> Vec<(&'static str, Script, Leads)> {
    use Leads::{Nowhere, ToAnotherTry, ToDoubt, ToFailure};
    let long = || "250-more\r\n".repeat(12_000) + "250 done";
    vec![
        ("421 at connect", vec![(At::Connect, bye("421 4.3.0 closing"))], ToAnotherTry("421 4.3.0 closing")),
        ("421 at EHLO", vec![(At::Ehlo, bye("421 closing"))], ToAnotherTry("421 closing")),
        ("421 at MAIL", vec![(At::Mail, bye("421 closing"))], ToAnotherTry("421")),
        ("421 at RCPT", vec![(At::Rcpt, bye("421 closing"))], ToAnotherTry("421")),
        ("421 at DATA", vec![(At::Data, bye("421 closing"))], ToAnotherTry("421")),
        ("421 after the dot", vec![(At::Dot, bye("421 closing"))], ToAnotherTry("421")),
        ("no service at connect", vec![(At::Connect, bye("554 no service"))], ToAnotherTry("554")),
        ("432 at MAIL", vec![(At::Mail, say("432 4.3.2 concurrent connections"))], ToAnotherTry("432")),
        ("451 after the dot", vec![(At::Dot, say("451 4.3.0 try later"))], ToAnotherTry("451")),
        ("an odd code at RCPT", vec![(At::Rcpt, say("699 who knows"))], ToAnotherTry("makes no sense")),
        ("RCPT refused", vec![(At::Rcpt, say("550 5.1.1 no such person"))], ToFailure("550 5.1.1 no such person")),
        ("a refusal of many lines", vec![(At::Mail, say("550-not\r\n550-from\r\n550 you"))], ToFailure("not from you")),
        ("size refused at MAIL", vec![(At::Mail, say("552 5.3.4 too large"))], ToFailure("552")),
        ("refused after the dot", vec![(At::Dot, say("554 5.7.1 it looks like spam"))], ToFailure("spam")),
        ("wants a password at MAIL", vec![(At::Mail, say("530 5.7.0 who are you"))], ToAnotherTry("530")),
        ("closed after the dot", vec![(At::Dot, Do::HangUp)], ToDoubt("nobody knows")),
        ("nonsense after the dot", vec![(At::Dot, say("twofifty fine"))], ToDoubt("nobody knows")),
        ("waits again after the dot", vec![(At::Dot, say("354 go on"))], ToDoubt("nobody knows")),
        ("100 kB after the dot", vec![(At::Dot, Do::Say(long()))], ToDoubt("longer than")),
        ("100 kB at connect", vec![(At::Connect, Do::Say(long()))], ToAnotherTry("longer than")),
        (
            "a line of 100 kB at RCPT",
            vec![(At::Rcpt, Do::Say(format!("250 {}", "x".repeat(100_000))))],
            ToAnotherTry("longer than"),
        ),
        ("100 kB at EHLO", vec![(At::Ehlo, Do::Say(long()))], ToAnotherTry("longer than")),
        ("a line of blanks at EHLO", vec![(At::Ehlo, say("250-relay.example\r\n250-   \r\n250 8BITMIME"))], Nowhere),
        ("an empty answer to EHLO", vec![(At::Ehlo, say(""))], ToAnotherTry("makes no sense")),
        ("a code and nothing else", vec![(At::Mail, say("250")), (At::Dot, say("250"))], Nowhere),
        ("no wait for the letter", vec![(At::Data, say("250 fine"))], ToAnotherTry("did not wait")),
        ("hangs up at once", vec![(At::Connect, Do::HangUp)], ToAnotherTry("broke off")),
        ("accepts twice", vec![(At::Dot, say("250 taken\r\n250 taken"))], Nowhere),
        (
            "answers before it is asked",
            vec![(At::Rcpt, say("250 fine\r\n354 go on"))],
            ToAnotherTry("without being asked"),
        ),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_fault_of_a_relay_ends_well() {
    let mut office = Office::open().await;
    for (n, (fault, script, leads)) in faults().into_iter().enumerate() {
        // Each fault has a day of its own.
        let day = i64::try_from(n).unwrap() * 24 * 60;
        office.clock(at(day));
        let first = office.letter().await;
        let fake = Fake::new(vec![script]);
        office.relay(&fake);
        office.deliver(at(day)).await;
        let row = office.row(&first).await;
        let failure = row.failure.clone().unwrap_or_default();
        let (state, words, next) = match leads {
            Leads::ToAnotherTry(words) => (LetterState::Queued, words, Some(at(day + 1))),
            Leads::ToFailure(words) => (LetterState::Failed, words, None),
            Leads::ToDoubt(words) => (LetterState::Sending, words, Some(at(day + 10))),
            Leads::Nowhere => (LetterState::Sent, "", None),
        };
        assert_eq!((row.state, row.next_try, row.attempts), (state, next, 1), "{fault}: {failure}");
        assert!(failure.contains(words), "{fault}: {failure}");

        // A new process knows of no trouble: the next letter goes at once.
        office.relay(&fake);
        let second = office.letter().await;
        office.deliver(at(day)).await;
        assert_eq!(office.row(&second).await.state, LetterState::Sent, "the next letter after: {fault}");

        office.deliver(at(day + 10)).await;
        let last = office.row(&first).await;
        let copies: Vec<_> = fake.taken().into_iter().filter(|taken| taken.to == first.to).collect();
        let expected = match state {
            LetterState::Failed => 0,
            // The relay had it, and the answer was lost: twice, and the same.
            LetterState::Sending => 2,
            _ => 1,
        };
        assert_eq!(copies.len(), expected, "{fault}");
        assert!(copies.windows(2).all(|two| two[0] == two[1]), "{fault}: the same bytes, byte for byte");
        let told = office.told(&first.key.ticket).await;
        match state {
            LetterState::Failed => assert_eq!((last.state, told), (LetterState::Failed, 1), "{fault}"),
            _ => assert_eq!((last.state, told), (LetterState::Sent, 0), "{fault}: {:?}", last.failure),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_relay_that_is_too_busy_is_left_alone_for_a_minute() {
    let mut office = Office::open().await;
    let fake = Fake::new(vec![vec![(At::Mail, say("432 4.3.2 too many"))]]);
    office.relay(&fake);
    let first = office.letter().await;
    office.deliver(at(0)).await;
    let second = office.letter().await;
    office.deliver(at(0)).await;
    assert_eq!((fake.connections(), office.row(&second).await.attempts), (1, 0), "the second was not tried");
    office.deliver(at(1)).await;
    for letter in [&first, &second] {
        assert_eq!(office.row(letter).await.state, LetterState::Sent);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_breaks_in_the_midst_of_a_letter_has_sent_nothing() {
    let fake = Fake::new(vec![vec![(At::Body, Do::HangUp)]]);
    let relay = relay_to(&fake);
    // Larger than what the two machines' buffers hold, so that the break is met before the end.
    let bytes = b"a line of a very long letter\r\n".repeat(2_000_000);
    let parcel = Parcel::new("desk@nhs.net", "amy@home.example", &bytes).unwrap();
    let failure = relay.offer(parcel).await.unwrap().send().await.unwrap_err();
    assert_eq!(failure.kind, Kind::NoRelay, "{failure:?}");
    assert!(fake.taken().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_arrives_is_what_was_frozen_dots_and_all() {
    let fake = Fake::new(Vec::new());
    let relay = relay_to(&fake);
    for bytes in [&b"Subject: x\r\n\r\n.\r\n..\r\n.hidden\r\nend\r\n"[..], b"one line\r\n", b"Subject: x\r\n\r\n\r\n"] {
        let parcel = Parcel::new("desk@nhs.net", "amy@home.example", bytes).unwrap();
        relay.offer(parcel).await.unwrap().send().await.unwrap();
        assert_eq!(fake.taken().pop().unwrap().bytes, bytes);
    }
    assert_eq!(fake.connections(), 1, "a connection serves the next letter too");
    assert_eq!(fake.commands().iter().filter(|verb| *verb == "RSET").count(), 2);
}
