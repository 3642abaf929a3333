//! Many writers at once, as separate processes would be: two stores on one file, each with connections of its own.

use caredesk::store::{Commit, Decision, Refusal, Store, TicketFilter};
use proptest::prelude::*;
use tempfile::tempdir;

use crate::store_samples::*;

/// Hands mails in from both stores at once; each mail brings a reference of its own, as a new ticket would.
async fn hand_in(stores: [Store; 2], mails: Vec<Commit>) -> Vec<Result<(), Refusal>> {
    let tasks: Vec<_> = mails
        .into_iter()
        .enumerate()
        .map(|(n, one)| {
            let store = stores[n % 2].clone();
            tokio::spawn(async move { commit(&store, one).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.expect("no task panics"));
    }
    answers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_mail_at_once_from_two_processes_is_one_ticket_and_one_letter() {
    let data = tempdir().expect("a folder");
    let stores = [open(data.path()).await, open(data.path()).await];
    let mails = (0..40).map(|n| mail(&format!("A{n:03}"), Some("1@care.example"), "d1")).collect();
    let answers = hand_in(stores.clone(), mails).await;

    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let tickets = stores[0].tickets(TicketFilter::All).await.expect("readable");
    assert_eq!(tickets.len(), 1);
    assert_eq!(stores[0].outbox().await.expect("readable").len(), 1);
    for answer in answers.into_iter().filter_map(Result::err) {
        let Refusal::Duplicate(first) = answer else { panic!("{answer}") };
        assert_eq!(first.reference.as_ref(), Some(&tickets[0].reference));
    }
    let ledger = stores[1].ledger().await.expect("readable").remove(0);
    assert_eq!((ledger.received, ledger.opened, ledger.duplicate, ledger.adds_up), (40, 1, 39, true));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_changes_to_one_version_one_wins() {
    let data = tempdir().expect("a folder");
    let stores = [open(data.path()).await, open(data.path()).await];
    assert_eq!(commit(&stores[0], only(opening("AAAA"))).await, Ok(()));
    let changes = (0..20).map(|_| only(next("AAAA", 1))).collect();
    let answers = hand_in(stores.clone(), changes).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(stores[0].journal(&reference("AAAA")).await.expect("readable").len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_start_together_make_one_database_and_one_key() {
    let data = tempdir().expect("a folder");
    let tasks: Vec<_> = (0..6)
        .map(|_| {
            let path = data.path().to_owned();
            tokio::spawn(async move { open(&path).await.signing_key().await.expect("a key") })
        })
        .collect();
    let mut keys = Vec::new();
    for task in tasks {
        keys.push(task.await.expect("no task panics"));
    }
    assert!(keys.iter().all(|key| *key == keys[0] && *key != [0; 32]));
}

fn any_mail() -> impl Strategy<Value = (Option<u8>, u8, bool)> {
    (prop::option::of(0..4u8), 0..4u8, any::<bool>())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever comes in, in whatever order, from both processes: the sums are right, and each opened mail is a ticket.
    #[test]
    fn the_ledger_adds_up_after_a_storm(mails in prop::collection::vec(any_mail(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let data = tempdir().expect("a folder");
            let stores = [open(data.path()).await, open(data.path()).await];
            let count = u64::try_from(mails.len()).expect("few");
            let list = mails.iter().enumerate().map(|(n, (id, digest, ignored))| {
                let id = id.map(|id| format!("{id}@care.example"));
                let mut one = mail(&format!("A{n:03}"), id.as_deref(), &format!("d{digest}"));
                if *ignored {
                    one.tickets.clear();
                    let intake = one.intake.as_mut().expect("a mail");
                    (intake.decision, intake.reference) = (Decision::Ignored, None);
                }
                one
            });
            let answers = hand_in(stores.clone(), list.collect()).await;
            let duplicates = answers.iter().filter(|one| matches!(one, Err(Refusal::Duplicate(_)))).count();
            let refused = answers.iter().filter(|one| one.is_err()).count();
            prop_assert_eq!(duplicates, refused, "nothing but duplicates is refused");
            let day = stores[0].ledger().await.expect("readable").remove(0);
            let distinct: std::collections::BTreeSet<_> = mails.iter().map(|(id, digest, _)| (id, digest)).collect();
            prop_assert!(day.adds_up);
            prop_assert_eq!((day.received, day.opened + day.ignored), (count, distinct.len() as u64));
            let tickets = stores[1].tickets(TicketFilter::All).await.expect("readable").len() as u64;
            prop_assert_eq!(day.opened, tickets);
            Ok(())
        })?;
    }
}
