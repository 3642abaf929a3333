//! What tickets change in the directory: the same in the store as in a story, all or nothing, and told afterwards.

use std::collections::{BTreeMap, BTreeSet};

use caredesk::policy::facts::RecordKind;
use caredesk::policy::outcome::Effect;
use caredesk::policy::world::World;
use caredesk::policy::world::applying::Occasion;
use caredesk::policy::world::change::Change;
use caredesk::policy::world::identity::Claim;
use caredesk::policy::world::passcode::{self, Sealed};
use caredesk::store::{Refusal, Store, TicketChange};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tempfile::tempdir;

use crate::store_samples::*;

const TOWN: &str = "
organisations:
  rose: {name: Rose Court, ods_code: V12345, cqc_location: 1-1234567, cqc_contact: CON1-7654321}
  elm: {name: Elm House, ods_code: V22222}
accounts:
  amy:  {name: Amy Field, address: amy@nhs.net, mobile: 07700 900111, organisation: rose}
  omar: {name: Omar Reed, address: omar@nhs.net, old_addresses: o.reed@nhs.net, organisation: rose, owner: yes}
  nia:  {name: Nia Hall, address: nia@nhs.net, organisation: elm, owner: yes, administers: rose}
";

async fn town(store: &Store) -> World {
    let world = World::from_yaml(TOWN).expect("a good file");
    store.directory_import(&world, at(0)).await.expect("kept");
    world
}

/// A new ticket that changes the directory.
fn changing(name: &str, changes: &[Change], codes: &BTreeMap<String, Sealed>) -> TicketChange {
    let mut change = opening(name);
    change.lines[0].effects.extend(changes.iter().cloned().map(Effect::Changed));
    change.changes = changes.to_vec();
    change.codes = codes.clone();
    change
}

fn any_change() -> impl Strategy<Value = Change> {
    let organisation = || prop::sample::select(vec!["rose", "elm", "ash"]).prop_map(str::to_owned);
    let account = || prop::sample::select(vec!["amy", "omar", "nia", "kit", "new", "new-2"]).prop_map(str::to_owned);
    let address = || {
        prop::sample::select(vec!["amy@nhs.net", "Kit@nhs.net", "new@nhs.net", "o.reed@nhs.net", "nia.lane@nhs.net"])
            .prop_map(str::to_owned)
    };
    let until = || (0..3_i64).prop_map(|hours| at(hours * 60));
    prop_oneof![
        (organisation(), until()).prop_map(|(organisation, until)| Change::IssueCode { organisation, until }),
        organisation().prop_map(|organisation| Change::CodeTried { organisation }),
        organisation().prop_map(|organisation| Change::CodeUsed { organisation }),
        (organisation(), prop::option::of(Just("Hexham".to_owned()))).prop_map(|(organisation, town)| {
            Change::RegisterOrganisation { organisation, town, registered_manager: None }
        }),
        account().prop_map(|account| Change::MarkLeaver { account }),
        (account(), organisation()).prop_map(|(account, organisation)| Change::MarkJoiner { account, organisation }),
        (account(), organisation()).prop_map(|(account, organisation)| Change::AddOwner { organisation, account }),
        (account(), organisation()).prop_map(|(account, organisation)| Change::RemoveOwner { organisation, account }),
        (organisation(), address(), any::<bool>()).prop_map(|(organisation, address, owner)| Change::AddAccount {
            organisation,
            name: "New Person".into(),
            address,
            mobile: Some("+447700900123".into()),
            owner,
            administrator: !owner,
        }),
        (account(), prop::option::of(address())).prop_map(|(account, address)| Change::RenameAccount {
            account,
            name: "Other Name".into(),
            address,
        }),
        (account(), organisation()).prop_map(|(account, organisation)| Change::ChangeMobile {
            organisation,
            account,
            mobile: "+447700900456".into(),
        }),
    ]
}

/// Whatever tickets change, the store holds what a story holds, and refuses what a story refuses.
#[test]
fn the_store_and_a_story_come_to_the_same() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mut runner = TestRunner::new(Config { cases: 40, failure_persistence: None, ..Config::default() });
    let changes = prop::collection::vec(any_change(), 1..30);
    let told = runner.run(&changes, |changes| runtime.block_on(both(changes)));
    told.unwrap_or_else(|failure| panic!("{failure}"));
}

async fn both(changes: Vec<Change>) -> Result<(), TestCaseError> {
    let data = tempdir().expect("a folder");
    let store = open(data.path()).await;
    let mut world = town(&store).await;
    let owned: BTreeSet<&str> = ["rose", "elm"].into();
    for (n, change) in changes.into_iter().enumerate() {
        let code = passcode::sealed(&[7; 32], [u8::try_from(n).expect("few"); 16], "TALE-AAAB");
        let codes = BTreeMap::from([("rose", code.clone()), ("elm", code.clone()), ("ash", code.clone())]);
        let codes = codes.into_iter().map(|(key, code)| (key.to_owned(), code)).collect();
        let ticket = changing(&format!("T{n:03}"), std::slice::from_ref(&change), &codes);
        let occasion = Occasion { now: at(0), today: ticket.today, code: Some(&code) };
        let story = world.change(&change, &occasion);
        let mut answers = store.commit_telling(vec![only(ticket)]).await.expect("the database works");
        let kept = answers.remove(0);
        match (story, kept) {
            (Ok(touched), Ok(kept)) => prop_assert_eq!(touched, kept, "{:?}", change),
            (Err(why), Err(Refusal::Broken(told))) => prop_assert!(told.ends_with(&why), "{} / {}", told, why),
            (story, kept) => prop_assert!(false, "{change:?}: {story:?}, {kept:?}"),
        }
        let mut now = store.directory().await.expect("readable");
        for key in world.codes.keys() {
            now.codes.extend(store.passcode(key).await.expect("readable").map(|code| (key.clone(), code)));
        }
        prop_assert_eq!(&now, &world, "{:?}", change);
        for place in &owned {
            prop_assert!(!world.owners(place).is_empty(), "{} has lost its owners by {:?}", place, change);
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_change_that_may_not_be_refuses_its_whole_ticket_and_nothing_else() {
    let data = tempdir().expect("a folder");
    let store = open(data.path()).await;
    town(&store).await;
    let mobile =
        Change::ChangeMobile { organisation: "rose".into(), account: "amy".into(), mobile: "+447700900999".into() };
    let last = Change::RemoveOwner { organisation: "rose".into(), account: "omar".into() };
    let bad = only(changing("BBBB", &[mobile, last], &BTreeMap::new()));
    let good = only(changing("CCCC", &[Change::MarkLeaver { account: "amy".into() }], &BTreeMap::new()));
    let answers = store.commit(vec![bad, good]).await.expect("the database works");
    let told = answers[0].clone().expect_err("the last owner").to_string();
    insta::assert_snapshot!(told, @"it cannot be kept: the directory stays as it is: `omar` is the only owner of `rose`: another one must be named first");
    assert_eq!(answers[1], Ok(()));
    let now = store.directory().await.expect("readable");
    assert_eq!(now.accounts["amy"].mobile.as_deref(), Some("+447700900111"));
    assert!(now.accounts["amy"].leaving);
    assert_eq!(store.ticket(&reference("BBBB")).await.expect("readable"), None);
}

#[tokio::test]
async fn the_history_of_a_row_names_the_ticket_and_no_whole_mobile() {
    let data = tempdir().expect("a folder");
    let store = open(data.path()).await;
    town(&store).await;
    let changes = [
        Change::ChangeMobile { organisation: "rose".into(), account: "amy".into(), mobile: "+447700900999".into() },
        Change::AddOwner { organisation: "rose".into(), account: "amy".into() },
    ];
    let answers = store.commit_telling(vec![only(changing("AAAA", &changes, &BTreeMap::new()))]).await;
    let changed = answers.expect("the database works").remove(0).expect("kept");
    assert_eq!(changed, [(RecordKind::Account, "amy".into()), (RecordKind::Organisation, "rose".into())].into());
    let told = store.directory_history(RecordKind::Account, "amy").await.expect("readable");
    let lines = told.iter().map(|line| {
        let by = line
            .ticket
            .as_ref()
            .map_or(line.source.clone(), |ticket| format!("{ticket} line {}", line.seq.unwrap_or(0)));
        format!("{} {by} {} {} {:?}", line.at, line.version, line.what, line.fields)
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"), @r#"
    2026-03-02T09:00:00Z import 1 import {}
    2026-03-02T09:00:00Z CD-AAAA line 1 2 change_mobile {"mobile": ("…0111", "…0999")}
    2026-03-02T09:00:00Z CD-AAAA line 1 3 add_owner {"owner": ("no", "yes")}
    "#);
    assert!(store.knows_address("O.Reed@nhs.net").await.expect("readable"));
    assert!(store.knows_mobile("+447700900999").await.expect("readable"));
    assert!(!store.knows_mobile("+447700900111").await.expect("readable"), "it is hers no longer");
}

/// Issues a code to Rose Court, valid for a while.
async fn issue(store: &Store, name: &str, until: Timestamp) -> String {
    let (code, sealed) = store.new_code().await.expect("random bytes");
    let change = Change::IssueCode { organisation: "rose".into(), until };
    let codes = BTreeMap::from([("rose".to_owned(), sealed)]);
    assert_eq!(commit(store, only(changing(name, &[change], &codes))).await, Ok(()));
    code
}

fn claim(code: &str) -> Claim {
    Claim {
        organisation: "rose".into(),
        ods_code: "v12345".into(),
        cqc_location: "1-1234567".into(),
        cqc_contact: None,
        code: Some(code.into()),
    }
}

/// Guesses as the desk does: looks, decides, and commits what follows only if nothing has moved. Whether it was right.
async fn guess(store: Store, name: String, code: String) -> bool {
    loop {
        let (right, version) = store.identity(&claim(&code), at(0)).await.expect("readable");
        let organisation = "rose".to_owned();
        let change = if right { Change::CodeUsed { organisation } } else { Change::CodeTried { organisation } };
        let mut ticket = changing(&name, &[change], &BTreeMap::new());
        ticket.read = vec![(RecordKind::Organisation, "rose".into(), version.expect("it is there"))];
        match commit(&store, only(ticket)).await {
            Ok(()) => return right,
            Err(Refusal::Stale { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

async fn guess_at_once(stores: &[Store; 2], codes: Vec<String>) -> usize {
    let guesses: Vec<_> = codes
        .into_iter()
        .enumerate()
        .map(|(n, code)| tokio::spawn(guess(stores[n % 2].clone(), format!("G{n:03}"), code)))
        .collect();
    let mut right = 0;
    for one in guesses {
        right += usize::from(one.await.expect("no task panics"));
    }
    right
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_guesses_at_once_five_count_and_then_the_code_is_void() {
    let data = tempdir().expect("a folder");
    let stores = [open(data.path()).await, open(data.path()).await];
    town(&stores[0]).await;
    let code = issue(&stores[0], "AAAA", at(60)).await;
    let wrong = (0..24).map(|_| "AAAA-2222".to_owned()).collect();
    assert_eq!(guess_at_once(&stores, wrong).await, 0);
    let kept = stores[0].passcode("rose").await.expect("readable").expect("it is there");
    assert_eq!((kept.tries, kept.used), (passcode::TRIES, false));
    assert!(!stores[1].is_code("rose", &code, at(0)).await.expect("readable"), "even the right one is void now");
    let told = stores[0].directory_history(RecordKind::Organisation, "rose").await.expect("readable");
    assert_eq!(told.iter().filter(|line| line.what == "code_tried").count(), 5);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_the_right_code_at_once_one_wins() {
    let data = tempdir().expect("a folder");
    let stores = [open(data.path()).await, open(data.path()).await];
    town(&stores[0]).await;
    let code = issue(&stores[0], "AAAA", at(60)).await;
    let spelt = [code.clone(), code.to_lowercase(), code.replace('-', " "), format!(" {code} ")];
    let codes = (0..12).map(|n| spelt[n % 4].clone()).collect();
    assert_eq!(guess_at_once(&stores, codes).await, 1);
}

#[tokio::test]
async fn a_code_ends_by_time_and_by_a_newer_one() {
    let data = tempdir().expect("a folder");
    let store = open(data.path()).await;
    town(&store).await;
    let first = issue(&store, "AAAA", at(60)).await;
    let good = async |code: &str, now: Timestamp| store.identity(&claim(code), now).await.expect("readable").0;
    assert!(good(&first, at(0)).await);
    assert!(good(&first, at(60) - SignedDuration::from_secs(1)).await);
    assert!(!good(&first, at(60)).await);
    let second = issue(&store, "BBBB", at(60)).await;
    assert!(!good(&first, at(0)).await);
    assert!(good(&second, at(0)).await);
    // One wrong detail is enough, and a contact id does without a code.
    let mut wrong = claim(&second);
    wrong.cqc_location = "1-7654321".into();
    assert!(!store.identity(&wrong, at(0)).await.expect("readable").0);
    let contact = Claim { code: None, cqc_contact: Some("con1-7654321".into()), ..claim("") };
    assert!(store.identity(&contact, at(0)).await.expect("readable").0);
    let nobody = Claim { organisation: "nowhere".into(), ..claim(&second) };
    assert_eq!(store.identity(&nobody, at(0)).await.expect("readable"), (false, None));
    // What is kept of a code does not say what it is.
    let file = std::fs::read(data.path().join("caredesk.db")).expect("readable");
    let wal = std::fs::read(data.path().join("caredesk.db-wal")).unwrap_or_default();
    let plain = second.replace('-', "");
    for bytes in [file, wal] {
        for written in [second.as_bytes(), plain.as_bytes()] {
            assert!(!bytes.windows(written.len()).any(|window| window == written));
        }
    }
}
