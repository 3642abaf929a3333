//! The store as the desk and its operator see it: what is committed is there, whole, for everybody, and once.

use std::collections::BTreeMap;

use caredesk::policy::facts::RecordKind;
use caredesk::policy::flow::{Digest, Ending};
use caredesk::policy::ticket::{State, TimerKind};
use caredesk::store::{
    Decision, Door, JournalEntry, KeptAttachment, LetterState, Mode, Quarantined, Refusal, Store, StoreError,
    TicketFilter, Way,
};
use jiff::SignedDuration;
use sqlx::{Connection, SqliteConnection};
use tempfile::tempdir;

use crate::store_samples::*;

#[tokio::test]
async fn what_is_committed_is_there_for_another_process() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    assert_eq!(commit(&desk, mail("AAAA", Some("1@care.example"), "d1")).await, Ok(()));

    let other = Store::open(data.path(), Mode::ReadOnly).await.expect("it opens");
    assert_eq!(other.ticket(&reference("AAAA")).await.expect("readable"), Some(ticket("AAAA", 1)));
    let journal = other.journal(&reference("AAAA")).await.expect("readable");
    assert_eq!(journal, [JournalEntry::Whole(Box::new(line("AAAA", 1, &[1])))]);
    let known = other.letter_by_message_id("AAAA.1@desk.example").await.expect("readable").expect("ours");
    assert_eq!((known.ticket, known.number, known.to.as_str()), (reference("AAAA"), 1, "amy.field@care.example"));
    assert_eq!(other.letters_to("AMY.field@care.example", at(-60)).await.expect("readable"), 1);
    assert_eq!(other.letters_to("amy.field@care.example", at(1)).await.expect("readable"), 0);
    assert_eq!(other.ticket(&reference("ZZZZ")).await.expect("readable"), None);
    let refused = other.commit(vec![only(next("AAAA", 1))]).await.expect_err("it was opened for reading");
    assert!(matches!(refused, StoreError::NotWritable(_)), "{refused}");
}

#[tokio::test]
async fn one_that_is_stale_is_taken_out_alone() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    assert_eq!(commit(&desk, only(opening("AAAA"))).await, Ok(()));
    assert_eq!(commit(&desk, only(next("AAAA", 1))).await, Ok(()));

    let list = vec![only(opening("BBBB")), only(next("AAAA", 1)), only(opening("CCCC"))];
    let answers = desk.commit(list).await.expect("the database works");
    assert_eq!(answers[0], Ok(()));
    assert_eq!(answers[1], Err(Refusal::Stale { what: "the ticket CD-AAAA".into() }));
    assert_eq!(answers[2], Ok(()));
    assert_eq!(desk.journal(&reference("AAAA")).await.expect("readable").len(), 2);
    assert_eq!(desk.tickets(TicketFilter::All).await.expect("readable").len(), 3);
}

#[tokio::test]
async fn a_commit_of_two_tickets_is_kept_whole_or_not_at_all() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    let mut both = mail("AAAA", Some("1@care.example"), "d1");
    both.tickets.push(next("BBBB", 7));
    assert!(matches!(commit(&desk, both).await, Err(Refusal::Stale { .. })));
    assert_eq!(desk.tickets(TicketFilter::All).await.expect("readable"), []);
    assert_eq!(desk.ledger().await.expect("readable"), []);
    assert_eq!(desk.outbox().await.expect("readable"), []);
}

#[tokio::test]
async fn what_cannot_be_says_why() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    assert_eq!(commit(&desk, only(opening("AAAA"))).await, Ok(()));
    assert_eq!(commit(&desk, only(opening("AAAA"))).await, Err(Refusal::ReferenceTaken(reference("AAAA"))));

    let mut twice = next("AAAA", 1);
    twice.lines[0].event_id = "AAAA/1".into();
    assert_eq!(commit(&desk, only(twice)).await, Err(Refusal::EventKnown("AAAA/1".into())));

    let mut gap = next("AAAA", 1);
    gap.lines[0].seq = 3;
    gap.ticket.version = 3;
    assert!(matches!(commit(&desk, only(gap)).await, Err(Refusal::Broken(_))));

    let mut no_pack = opening("BBBB");
    no_pack.ticket.pack = Digest("never kept".into());
    assert!(matches!(commit(&desk, only(no_pack)).await, Err(Refusal::Broken(_))));

    let mut nobody_wrote = opening("CCCC");
    nobody_wrote.letters[0].number = 2;
    assert!(matches!(commit(&desk, only(nobody_wrote)).await, Err(Refusal::Broken(_))));
    assert_eq!(desk.tickets(TicketFilter::All).await.expect("readable").len(), 1);
}

#[tokio::test]
async fn the_same_mail_by_two_doors_is_one_and_a_new_text_is_another() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    assert_eq!(commit(&desk, mail("AAAA", Some("1@care.example"), "d1")).await, Ok(()));

    let mut again = mail("BBBB", Some("1@care.example"), "d1");
    again.intake.as_mut().expect("a mail").door = Door::Folder;
    let Err(Refusal::Duplicate(first)) = commit(&desk, again).await else { panic!("it came before") };
    assert_eq!(first.reference, Some(reference("AAAA")));
    assert_eq!((first.decision, first.covers.as_slice()), (Decision::Opened, ["PWD-2".to_owned()].as_slice()));
    assert_eq!(desk.ticket(&reference("BBBB")).await.expect("readable"), None);

    assert_eq!(commit(&desk, mail("CCCC", Some("1@care.example"), "d2")).await, Ok(()));
    let ledger = desk.ledger().await.expect("readable");
    let sums: Vec<_> = ledger.iter().map(|day| (day.door, day.received, day.opened, day.duplicate)).collect();
    assert_eq!(sums, [(Door::Folder, 1, 0, 1), (Door::Pipe, 2, 2, 0)]);
    assert!(ledger.iter().all(|day| day.adds_up && day.day.to_string() == "2026-03-02"));
}

#[tokio::test]
async fn a_mail_without_a_message_id_is_known_again_for_seven_days() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    let week = 7 * 24 * 60;
    let later = |name: &str, minutes: i64, door: Door| {
        let mut one = mail(name, None, "d1");
        let intake = one.intake.as_mut().expect("a mail");
        (intake.at, intake.door) = (at(minutes), door);
        one
    };
    assert_eq!(commit(&desk, later("AAAA", 0, Door::Pipe)).await, Ok(()));
    assert!(matches!(commit(&desk, later("BBBB", week, Door::Folder)).await, Err(Refusal::Duplicate(_))));
    assert_eq!(commit(&desk, later("CCCC", week + 1, Door::Pipe)).await, Ok(()));
    // By chat people say "yes" more than once.
    assert_eq!(commit(&desk, later("DDDD", 0, Door::Chat)).await, Ok(()));
    assert_eq!(commit(&desk, later("EEEE", 0, Door::Chat)).await, Ok(()));
}

#[tokio::test]
async fn a_doors_own_key_comes_in_once() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    let keyed = |name: &str, digest: &str, door: Door| {
        let mut one = mail(name, None, digest);
        let intake = one.intake.as_mut().expect("a mail");
        (intake.source_key, intake.door) = (Some("update 17".into()), door);
        one
    };
    assert_eq!(commit(&desk, keyed("AAAA", "d1", Door::Chat)).await, Ok(()));
    assert!(matches!(commit(&desk, keyed("BBBB", "d2", Door::Chat)).await, Err(Refusal::Duplicate(_))));
    assert_eq!(commit(&desk, keyed("CCCC", "d3", Door::Folder)).await, Ok(()));
}

#[tokio::test]
async fn what_is_put_aside_can_be_seen_and_read_again() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    let mut one = mail("AAAA", None, "d1");
    one.tickets.clear();
    let intake = one.intake.as_mut().expect("a mail");
    (intake.decision, intake.class, intake.reference) = (Decision::Quarantined, None, None);
    assert!(matches!(commit(&desk, one.clone()).await, Err(Refusal::Broken(_))), "a quarantine needs a reason");

    one.intake.as_mut().expect("a mail").quarantine = Some(Quarantined {
        reason: "it has two From fields".into(),
        code: "two-from".into(),
        queue: "triage".into(),
        raw: b"From: a\r\nFrom: b\r\n\r\n\xff".to_vec(),
        mail_from: Some("a@home.example".into()),
        rcpt: vec!["careadmin@nhs.net".into()],
        from: None,
        subject: Some("hello".into()),
        notice: None,
    });
    assert_eq!(commit(&desk, one).await, Ok(()));
    let aside = desk.quarantine().await.expect("readable");
    assert_eq!((aside[0].code.as_str(), aside[0].subject.as_deref()), ("two-from", Some("hello")));
    let whole = desk.aside(aside[0].id).await.expect("readable").expect("it is there");
    assert_eq!(whole.raw.as_deref(), Some(b"From: a\r\nFrom: b\r\n\r\n\xff".as_slice()));
}

#[tokio::test]
async fn timers_come_in_due_order_and_a_commit_replaces_them() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    for (name, due) in [("AAAA", 30), ("BBBB", 10), ("CCCC", 20)] {
        let mut change = opening(name);
        change.ticket.timers = vec![timer(1, TimerKind::Within, due), timer(2, TimerKind::Remind, due - 5)];
        assert_eq!(commit(&desk, only(change)).await, Ok(()));
    }
    let due = desk.due_timers(at(20), 10).await.expect("readable");
    let order: Vec<_> = due.iter().map(|timer| (timer.ticket.0.as_str(), timer.number)).collect();
    assert_eq!(order, [("CD-BBBB", 2), ("CD-BBBB", 1), ("CD-CCCC", 2), ("CD-CCCC", 1)]);
    assert_eq!(desk.due_timers(at(20), 1).await.expect("readable").len(), 1);
    assert_eq!(desk.next_due().await.expect("readable"), Some(at(5)));

    let listed = desk.tickets(TicketFilter::Due).await.expect("readable");
    let listed: Vec<_> = listed.iter().map(|row| (row.reference.0.as_str(), row.due)).collect();
    assert_eq!(listed, [("CD-BBBB", Some(at(10))), ("CD-CCCC", Some(at(20))), ("CD-AAAA", Some(at(30)))]);

    let mut closed = next("BBBB", 1);
    closed.ticket.state = State::Closed(Ending::Resolved);
    assert_eq!(commit(&desk, only(closed)).await, Ok(()));
    assert_eq!(desk.next_due().await.expect("readable"), Some(at(15)));
    let names = |rows: Vec<caredesk::store::TicketRow>| rows.into_iter().map(|row| row.reference.0).collect::<Vec<_>>();
    assert_eq!(names(desk.tickets(TicketFilter::Open).await.expect("readable")), ["CD-AAAA", "CD-CCCC"]);
    let hers = desk.tickets_of("amy.field@CARE.example").await.expect("readable");
    assert_eq!(hers.len(), 3);
    assert_eq!(hers[1].state, State::Closed(Ending::Resolved));
}

#[tokio::test]
async fn a_letter_is_leased_to_one_sender_and_an_old_lease_reports_nothing() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    assert_eq!(commit(&desk, only(opening("AAAA"))).await, Ok(()));
    let minute = SignedDuration::from_mins(1);

    let mine = desk.lease(Way::Mail, at(0), minute, 10).await.expect("it works").remove(0);
    assert_eq!((mine.letter.clone(), mine.key.to_string().as_str()), (letter("AAAA", 1), "CD-AAAA-1-1"));
    assert!(desk.lease(Way::Mail, at(0), minute, 10).await.expect("it works").is_empty(), "it is being sent");

    let theirs = desk.lease(Way::Mail, at(1), minute, 10).await.expect("it works").remove(0);
    assert!(!desk.mark_sent(&mine.key, mine.attempt, at(1)).await.expect("it works"), "my lease ran out");
    assert_eq!(desk.letters_queued().await.expect("readable"), 1);
    assert!(desk.mark_sent(&theirs.key, theirs.attempt, at(1)).await.expect("it works"));
    assert!(!desk.mark_failed(&theirs.key, theirs.attempt, "late", at(1)).await.expect("it works"));
    assert_eq!(desk.letters_queued().await.expect("readable"), 0);
    let row = desk.outbox().await.expect("readable").remove(0);
    assert_eq!((row.state, row.attempts, row.failure), (LetterState::Sent, 2, None));
}

#[tokio::test]
async fn a_ticket_is_escalated_once() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    let escalating = |name: &str| {
        let mut change = opening(name);
        change.escalations = vec![(reference("AAAA"), "feedback".into())];
        only(change)
    };
    assert_eq!(commit(&desk, escalating("AAAA")).await, Ok(()));
    assert!(matches!(commit(&desk, escalating("BBBB")).await, Err(Refusal::Stale { .. })));
    assert_eq!(desk.escalated(&reference("AAAA")).await.expect("readable").as_deref(), Some("feedback"));
    assert_eq!(desk.escalated(&reference("BBBB")).await.expect("readable"), None);
}

#[tokio::test]
async fn a_ticket_that_was_read_must_still_be_so() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    assert_eq!(commit(&desk, only(opening("AAAA"))).await, Ok(()));
    let reading = |name: &str, version: i64| {
        let mut change = opening(name);
        change.read = vec![(RecordKind::Ticket, "CD-AAAA".into(), version)];
        only(change)
    };
    assert_eq!(commit(&desk, reading("BBBB", 1)).await, Ok(()));
    assert_eq!(commit(&desk, only(next("AAAA", 1))).await, Ok(()));
    assert!(matches!(commit(&desk, reading("CCCC", 1)).await, Err(Refusal::Stale { .. })));
}

#[tokio::test]
async fn erasing_what_people_wrote_leaves_the_line() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    assert_eq!(commit(&desk, only(opening("AAAA"))).await, Ok(()));
    let url = format!("sqlite://{}", data.path().join("caredesk.db").display());
    let mut eraser = SqliteConnection::connect(&url).await.expect("it opens");
    sqlx::query("DELETE FROM content").execute(&mut eraser).await.expect("erased");
    let journal = desk.journal(&reference("AAAA")).await.expect("readable");
    let [JournalEntry::Erased { seq, kind, effects, .. }] = journal.as_slice() else { panic!("{journal:?}") };
    assert_eq!((*seq, kind.as_str(), effects.as_slice()), (1, "acted", ["letter 1".to_owned()].as_slice()));
}

#[tokio::test]
async fn packs_are_kept_by_digest_and_the_last_good_one_is_known() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    assert_eq!(desk.current_pack().await.expect("readable"), None);
    desk.set_current_pack(&pack(), at(0)).await.expect("it is kept");
    let other = BTreeMap::from([("flows/desk.yaml".to_owned(), "other".to_owned())]);
    desk.keep_pack(&pack(), &other, at(1)).await.expect("keeping again is fine");
    let files = desk.pack_files(&pack()).await.expect("readable").expect("kept");
    assert_eq!(files["flows/desk.yaml"], "desk: Care desk\n", "a pack never changes");
    assert_eq!(desk.pack_files(&Digest("other".into())).await.expect("readable"), None);
    assert!(desk.set_current_pack(&Digest("other".into()), at(1)).await.is_err(), "it was never kept");
    assert_eq!(desk.current_pack().await.expect("readable"), Some(pack()));
}

#[tokio::test]
async fn attachments_are_kept_by_what_is_in_them() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    let digest = desk.keep_attachment(b"a scan".to_vec()).await.expect("kept");
    assert_eq!(desk.keep_attachment(b"a scan".to_vec()).await.expect("kept again"), digest);
    let drawer = data.path().join("attachments").join(&digest[..2]);
    assert_eq!(std::fs::read_dir(drawer).expect("a drawer").count(), 1, "no draft is left");
    let kept = KeptAttachment {
        ticket: reference("AAAA"),
        seq: 1,
        name: "scan.pdf".into(),
        media_type: "application/pdf".into(),
        size: 6,
        digest: digest.clone(),
    };
    let mut one = mail("AAAA", None, "d1");
    one.attachments = vec![kept.clone()];
    assert_eq!(commit(&desk, one).await, Ok(()));
    assert_eq!(desk.attachments(&reference("AAAA")).await.expect("readable"), [kept]);
    assert_eq!(desk.attachment_bytes(&digest).await.expect("readable").as_deref(), Some(b"a scan".as_slice()));
    assert_eq!(desk.attachment_bytes("../caredesk.db").await.expect("no such digest"), None);
}
