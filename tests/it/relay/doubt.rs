//! What is known of a letter when an answer is late or lost, when a process is killed, and what its ticket hears.

use std::sync::{Arc, Barrier};
use std::time::Duration;

use caredesk::mail::smtp::Patience;
use caredesk::policy::ticket::State;
use caredesk::store::LetterState;
use jiff::SignedDuration;

use super::fake::{At, Do, Fake, bye, say, wait};
use super::office::{Office, PATIENT, at, mailer};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_late_answer_is_waited_for_and_the_letter_goes_once() {
    let mut office = Office::open().await;
    let (late, is_here, go) = wait();
    let fake = Fake::new(vec![vec![(At::Dot, late)]]);
    office.relay(&fake);
    let letter = office.letter().await;
    let desk = Arc::new(office.desk);
    let sending = tokio::spawn({
        let desk = Arc::clone(&desk);
        async move { desk.deliver_queued(at(0)).await }
    });
    tokio::task::spawn_blocking(move || is_here.recv()).await.unwrap().unwrap();
    let row = desk.store.letter(&letter.key).await.unwrap().unwrap();
    assert_eq!(row.state, LetterState::Sending, "it is on its way until the relay answers");
    assert!(row.next_try.is_some_and(|next| next > at(0)), "and nobody else takes it meanwhile");
    desk.deliver_queued(at(0)).await.unwrap();
    go.send(()).unwrap();
    sending.await.unwrap().unwrap();
    let row = desk.store.letter(&letter.key).await.unwrap().unwrap();
    assert_eq!((row.state, row.attempts, fake.taken().len()), (LetterState::Sent, 1, 1));
}

/// The desk waits for ten minutes after the final dot, and a lease outlives every wait.
#[test]
fn patience_is_as_long_as_it_must_be() {
    for patience in [Patience::BESIDE, Patience::AT_ONCE] {
        assert!(patience.answer >= Duration::from_secs(600));
        assert!(patience.once_sending() > patience.answer);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn silence_leaves_a_letter_where_it_stopped() {
    let mut office = Office::open().await;
    let letter = office.letter().await;
    let fake = Fake::new(vec![vec![(At::Mail, Do::Silence)]]);
    office.desk.post = mailer(&fake.url(), Patience { offer: Duration::from_millis(20), ..PATIENT });
    office.deliver(at(0)).await;
    let row = office.row(&letter).await;
    assert_eq!((row.state, row.next_try), (LetterState::Queued, Some(at(1))), "{:?}", row.failure);

    // Long enough to say the letter, whatever else this machine does meanwhile.
    let fake = Fake::new(vec![vec![(At::Dot, Do::Silence)]]);
    let enough = Duration::from_secs(2);
    office.desk.post = mailer(&fake.url(), Patience { writing: Duration::ZERO, answer: enough, ..PATIENT });
    office.deliver(at(1)).await;
    let row = office.row(&letter).await;
    assert_eq!((row.state, row.next_try), (LetterState::Sending, Some(at(11))), "{:?}", row.failure);
    assert_eq!(fake.taken().len(), 1, "the relay had it, and did not say so");
    office.relay(&fake);
    office.deliver(at(10)).await;
    assert_eq!(fake.taken().len(), 1, "nothing goes again before its time");
    office.deliver(at(11)).await;
    assert_eq!((office.row(&letter).await.state, fake.taken().len()), (LetterState::Sent, 2));
    assert_eq!(fake.taken()[0], fake.taken()[1]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_with_a_secret_never_goes_twice_and_loses_its_words_once_it_went() {
    let mut office = Office::open().await;
    let (lost, killed, fine, refused) =
        (office.letter().await, office.letter().await, office.letter().await, office.letter().await);
    // They wait until an hour and forty minutes from now.
    office.sql("UPDATE outbox SET secret = 1, not_before = 1772448000000000").await;
    let fake = Fake::new(vec![vec![(At::Dot, Do::HangUp)]]);
    office.relay(&fake);
    office.sql("UPDATE outbox SET not_before = NULL WHERE recipient = 'person1@home.example'").await;
    office.deliver(at(0)).await;
    let row = office.row(&lost).await;
    assert_eq!(row.state, LetterState::Failed);
    assert!(row.failure.is_some_and(|why| why.contains("cannot know whether it arrived")));

    // Killed after its bytes were on their way: nobody can say.
    office.sql("UPDATE outbox SET not_before = NULL WHERE recipient = 'person2@home.example'").await;
    let leased = lease(&office).await;
    assert_eq!(leased.key, killed.key);
    assert!(office.desk.store.mark_sending(&leased.key, leased.attempt, at(15)).await.unwrap());
    let mut office = office.restart().await;
    office.relay(&fake);
    office.deliver(at(14)).await;
    assert_eq!(office.row(&killed).await.state, LetterState::Sending);
    office.deliver(at(15)).await;
    assert_eq!(office.row(&killed).await.state, LetterState::Failed);
    assert_eq!((fake.taken().len(), office.told(&killed.key.ticket).await), (1, 1), "it did not go again");
    assert!(office.desk.store.retry(Some(&killed.key), at(16)).await.unwrap().is_empty(), "nor by hand");

    // Refused before any of it went: safe to try again, but not for a day.
    let mut busy = Fake::new(vec![vec![(At::Rcpt, say("451 4.7.1 later"))]]);
    office.relay(&busy);
    office.sql("UPDATE outbox SET not_before = NULL WHERE recipient = 'person4@home.example'").await;
    office.deliver(at(20)).await;
    assert_eq!(office.row(&refused).await.state, LetterState::Queued);
    busy = Fake::new(vec![vec![(At::Rcpt, say("451 4.7.1 later"))]]);
    office.relay(&busy);
    office.deliver(at(31)).await;
    assert_eq!(office.row(&refused).await.state, LetterState::Failed);

    office.sql("UPDATE outbox SET not_before = NULL WHERE recipient = 'person3@home.example'").await;
    office.relay(&fake);
    office.deliver(at(32)).await;
    assert_eq!(office.row(&fine).await.state, LetterState::Sent);
    assert!(fake.taken().iter().any(|taken| taken.to == fine.to && !taken.bytes.is_empty()));
    assert_eq!(
        office.count("SELECT COUNT(*) FROM outbox WHERE state = 'sent' AND (bytes <> x'' OR text <> '')").await,
        0
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_was_killed_a_letter_goes_and_only_a_lost_answer_makes_it_go_twice() {
    let mut office = Office::open().await;
    let fake = Fake::new(Vec::new());
    let letter = office.letter().await;
    // Killed with the lease, before the first byte could go.
    let first = lease(&office).await;
    let mut office = office.restart().await;
    office.relay(&fake);
    office.deliver(at(4)).await;
    assert!(fake.taken().is_empty(), "the lease stands");
    let second = office.desk.store.lease(caredesk::store::Way::Mail, at(5), minutes(5), 1).await.unwrap().remove(0);
    assert_eq!((second.attempt, second.doubt, &second.letter), (2, false, &first.letter));
    assert!(!office.desk.store.mark_sending(&first.key, first.attempt, at(20)).await.unwrap(), "the old lease is void");
    // Killed while its bytes were on their way.
    assert!(office.desk.store.mark_sending(&second.key, second.attempt, at(20)).await.unwrap());
    let mut office = office.restart().await;
    office.relay(&fake);
    office.deliver(at(20)).await;
    assert_eq!(office.row(&letter).await.state, LetterState::Sent);
    assert_eq!(fake.taken().iter().map(|taken| &taken.bytes).collect::<Vec<_>>(), [&first.letter.bytes]);
    assert!(
        !office.desk.store.mark_sent(&second.key, second.attempt, at(21)).await.unwrap(),
        "a late report says nothing"
    );

    // Killed between the failure and its ticket: the ticket hears of it all the same, and once.
    let lost = office.letter().await;
    let leased = office.desk.store.lease(caredesk::store::Way::Mail, at(21), minutes(5), 1).await.unwrap().remove(0);
    assert!(office.desk.store.mark_failed(&leased.key, leased.attempt, "550 no", at(21)).await.unwrap());
    let mut office = office.restart().await;
    office.relay(&fake);
    for minute in 21..24 {
        office.deliver(at(minute)).await;
    }
    assert_eq!(office.told(&lost.key.ticket).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_day_of_trying_an_agent_has_the_ticket() {
    let mut office = Office::open().await;
    let letter = office.letter().await;
    let mut now = at(0);
    let mut tries = 0;
    let row = loop {
        let fake = Fake::new(vec![vec![(At::Dot, bye("451 4.3.0 not today"))]]);
        office.relay(&fake);
        office.deliver(now).await;
        tries += 1;
        let row = office.row(&letter).await;
        match row.next_try {
            Some(next) => now = next,
            None => break row,
        }
    };
    assert_eq!((row.state, now), (LetterState::Failed, at(24 * 60)));
    assert!(tries > 20, "{tries}");
    let why = row.failure.unwrap();
    assert!(why.contains("given up") && why.contains("not today"), "{why}");
    let ticket = office.ticket(&letter.key.ticket).await;
    assert_eq!((ticket.state, office.told(&letter.key.ticket).await), (State::WithAgent, 1));
    assert_eq!(office.desk.store.letters_queued().await.unwrap(), 0, "nothing is written to anybody about it");

    // Tried again by hand it goes, with the same bytes.
    let fake = Fake::new(Vec::new());
    office.relay(&fake);
    assert_eq!(office.desk.store.retry(None, now).await.unwrap(), std::slice::from_ref(&letter.key));
    office.deliver(now).await;
    assert_eq!((office.row(&letter).await.state, fake.taken().len()), (LetterState::Sent, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn four_letters_and_more_are_under_way_at_once() {
    let mut office = Office::open().await;
    for _ in 0..8 {
        office.letter().await;
    }
    // Nobody is answered before four are waiting: one by one, this would never end.
    let all = Arc::new(Barrier::new(4));
    let fake = Fake::new((0..4).map(|_| vec![(At::Dot, Do::Meet(Arc::clone(&all)))]).collect());
    office.relay(&fake);
    office.deliver(at(0)).await;
    assert_eq!((fake.taken().len(), office.desk.store.letters_queued().await.unwrap()), (8, 0));
    assert_eq!(fake.connections(), 4);
}

async fn lease(office: &Office) -> caredesk::store::LeasedLetter {
    let mut leased = office.desk.store.lease(caredesk::store::Way::Mail, at(0), minutes(5), 1).await.unwrap();
    leased.remove(0)
}

fn minutes(minutes: i64) -> SignedDuration {
    SignedDuration::from_mins(minutes)
}
