//! The directory as an operator brings it in and a flow looks things up in it.

use std::collections::BTreeMap;

use caredesk::policy::facts::{Record, RecordKind};
use caredesk::policy::message::Party;
use caredesk::policy::ticket::TimerKind;
use caredesk::policy::world::{World, ticket_record};
use caredesk::store::{Changes, DueTimer, Refusal, StoreError, TicketChange};
use tempfile::tempdir;

use crate::store_samples::*;

const ROSE_COURT: &str = "
organisations:
  rose_court: {name: Rose Court, ods_code: V12345, postcode: NE1 4ST}
accounts:
  amy:  {name: Amy Field, address: amy.field@nhs.net, mobile: 07700 900111, organisation: rose_court}
  omar: {name: Omar Reed, address: omar.reed@nhs.net, mobile: 07700 900222, organisation: rose_court, owner: yes}
";

fn world(text: &str) -> World {
    World::from_yaml(text).expect("a good file")
}

#[tokio::test]
async fn an_import_counts_what_it_did_and_again_it_does_nothing() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    let first = desk.directory_import(&world(ROSE_COURT), at(0)).await.expect("kept");
    assert_eq!(first.accounts, Changes { added: 2, changed: 0, same: 0 });
    let second = desk.directory_import(&world(ROSE_COURT), at(0)).await.expect("kept");
    assert_eq!(second.organisations, Changes { added: 0, changed: 0, same: 1 });
    assert_eq!(second.accounts, Changes { added: 0, changed: 0, same: 2 });
    let moved = ROSE_COURT.replace("900111", "900333");
    let third = desk.directory_import(&world(&moved), at(0)).await.expect("kept");
    assert_eq!(third.accounts, Changes { added: 0, changed: 1, same: 1 });
}

#[tokio::test]
async fn an_import_that_clashes_changes_nothing() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    desk.directory_import(&world(ROSE_COURT), at(0)).await.expect("kept");
    let clash = "
organisations:
  elm: {name: Elm House, ods_code: V12345}
accounts:
  amelia: {name: Amelia Field, address: amy.field@nhs.net}
  nia: {name: Nia Hall, address: nia.hall@nhs.net}
";
    let error = desk.directory_import(&world(clash), at(0)).await.expect_err("two rows would clash");
    let StoreError::Directory(reasons) = error else { panic!("{error}") };
    insta::assert_snapshot!(reasons.join("\n"), @r"
    more than one organisation would have the ODS code `V12345`
    more than one account would have the address `amy.field@nhs.net`
    ");
    let again = desk.directory_import(&world(ROSE_COURT), at(0)).await.expect("kept");
    assert_eq!((again.organisations.same, again.accounts.same), (1, 2));
    let nia =
        desk.directory_import(&world("accounts: {nia: {name: Nia Hall, address: nia.hall@nhs.net}}"), at(0)).await;
    assert_eq!(nia.expect("kept").accounts.added, 1, "she was not kept the first time");
}

#[tokio::test]
async fn two_people_can_swap_addresses_in_one_import() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    desk.directory_import(&world(ROSE_COURT), at(0)).await.expect("kept");
    let swapped =
        ROSE_COURT.replace("amy.field@", "x@").replace("omar.reed@", "amy.field@").replace("x@", "omar.reed@");
    assert_eq!(desk.directory_import(&world(&swapped), at(0)).await.expect("kept").accounts.changed, 2);
}

#[tokio::test]
async fn a_row_that_moved_makes_what_was_decided_stale() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    desk.directory_import(&world(ROSE_COURT), at(0)).await.expect("kept");
    let reading = |name: &str| {
        let mut change = opening(name);
        change.read = vec![(RecordKind::Account, "amy".into(), 1), (RecordKind::Organisation, "rose_court".into(), 1)];
        only(change)
    };
    assert_eq!(commit(&desk, reading("AAAA")).await, Ok(()));

    // Amy's row stays, but she is no longer the only one who is not an owner: her organisation's record has changed.
    let one_owner_less = ROSE_COURT.replace(", owner: yes", "");
    desk.directory_import(&world(&one_owner_less), at(0)).await.expect("kept");
    let refusal = commit(&desk, reading("BBBB")).await.expect_err("it has moved");
    assert_eq!(refusal, Refusal::Stale { what: "the organisation rose_court".into() });
}

#[tokio::test]
async fn a_wait_that_listens_looks_again_when_its_row_changes_and_at_no_other_change() {
    let data = tempdir().expect("a folder");
    let desk = open(data.path()).await;
    desk.directory_import(&world(ROSE_COURT), at(0)).await.expect("kept");
    let listening = |mut change: TicketChange, id: &str| {
        let row = Record { kind: RecordKind::Account, id: id.into(), version: 1, fields: BTreeMap::new() };
        change.ticket.records = BTreeMap::from([("account".to_owned(), row)]);
        change.ticket.timers = vec![timer(1, TimerKind::Within, 9000), timer(2, TimerKind::Look, 9000)];
        only(change)
    };
    for (name, id) in [("AAAA", "amy"), ("BBBB", "omar")] {
        assert_eq!(commit(&desk, listening(opening(name), id)).await, Ok(()));
    }
    let due = async || desk.due_timers(at(50), 10).await.expect("they are read");
    assert_eq!(due().await, []);

    desk.directory_import(&world(&ROSE_COURT.replace("900111", "900333")), at(40)).await.expect("kept");
    let woken = [DueTimer { due: at(40), ticket: reference("AAAA"), number: 2 }];
    assert_eq!(due().await, woken);
    // Whatever else happens to the ticket meanwhile, it looks again.
    assert_eq!(commit(&desk, listening(next("AAAA", 1), "amy")).await, Ok(()));
    assert_eq!(due().await, woken);
}

#[test]
fn a_ticket_is_found_by_its_own_requester_only_on_the_desks_clock() {
    let mut mine = ticket("AAAA", 3);
    mine.timers = vec![timer(1, TimerKind::Remind, 10), timer(2, TimerKind::Within, 60 * 24 * 60)];
    let zone = jiff::tz::TimeZone::get("Europe/London").expect("a zone");
    let found = |asker: &str| ticket_record(&mine, "Password help", &zone, &Party::at(asker));
    assert_eq!(found("eve@care.example"), None);
    let record = found("AMY.field@care.example").expect("it is hers");
    assert_eq!(record.version, 3);
    let told: Vec<String> = record.fields.iter().map(|(name, item)| format!("{name}: {item}")).collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    due: 1 May 2026, 10:00
    flow: password_help
    opened: 2 March 2026, 09:00
    reference: CD-AAAA
    state: waiting_requester
    title: Password help
    ");
}
