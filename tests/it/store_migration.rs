//! A database of the first version opens with this one, and all that was in it is still there and makes sense.

use std::path::Path;

use caredesk::policy::message::Channel;
use caredesk::store::{LetterState, Mode, Standing, Store, TicketFilter};
use sqlx::migrate::Migrator;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};
use tempfile::tempdir;

use crate::store_samples::{at, line, pack, reference, ticket};

/// A database as the first version made it.
async fn first_version(data: &Path) -> SqliteConnection {
    let folder = tempdir().expect("a folder");
    let migrations = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/migrations/sqlite");
    let first = std::fs::read_dir(migrations).expect("migrations").map(|entry| entry.expect("an entry").path());
    let first = first.min().expect("there is a first");
    std::fs::copy(&first, folder.path().join(first.file_name().expect("a name"))).expect("a copy");
    let options = SqliteConnectOptions::new().filename(data.join("caredesk.db")).create_if_missing(true);
    let mut db = SqliteConnection::connect_with(&options).await.expect("it opens");
    Migrator::new(folder.path()).await.expect("a migration").run_direct(None, &mut db, false).await.expect("it runs");
    db
}

/// Puts a row into every table, and one of each kind where the tables have changed since.
async fn fill(db: &mut SqliteConnection) {
    let now = at(0).as_microsecond();
    let pack = pack().0;
    let document = serde_json::to_string(&ticket("AAAA", 3)).expect("JSON");
    let event = serde_json::to_string(&line("AAAA", 1, &[]).event).expect("JSON");
    let mut rows = vec![
        format!("INSERT INTO pack VALUES ('{pack}', {now})"),
        format!("INSERT INTO pack_file VALUES ('{pack}', 'flows/desk.yaml', 'desk: Care desk')"),
        format!("INSERT INTO current_pack VALUES (1, '{pack}', {now})"),
        "INSERT INTO signing_key VALUES (1, zeroblob(32))".to_owned(),
        format!(
            "INSERT INTO ticket VALUES ('CD-AAAA', 3, '{pack}', 'waiting_requester', NULL, 'password_help', 'triage',
             'Amy.Field@care.example', 'amy.field@care.example', {now}, '{document}')"
        ),
        format!("INSERT INTO timer VALUES ('CD-AAAA', 1, 'within', {now})"),
        "INSERT INTO escalation VALUES ('CD-AAAA', 'feedback', 'CD-AAAA')".to_owned(),
        "INSERT INTO organisation VALUES ('o1', 1, 'Care home', 'V12345', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0)".to_owned(),
        "INSERT INTO account VALUES ('a1', 1, 'Amy Field', 'amy@nhs.net', NULL, 'active', 'o1', 0, 0, 0, 0)".to_owned(),
        format!("INSERT INTO received VALUES ('pipe', {}, 8)", now / 86_400_000_000),
        format!("INSERT INTO received VALUES ('chat', {}, 1)", now / 86_400_000_000),
    ];
    for (seq, kind, event_id) in [
        (1, "received", "mail:1@care.example:d1"),
        (2, "received", &format!("mail::d2:{}", at(0))),
        (3, "received", "chat:3"),
    ] {
        rows.push(format!(
            "INSERT INTO journal VALUES ('CD-AAAA', {seq}, '{event_id}', '{kind}', {now}, '{pack}', 'state', '[]', '0.1.0')"
        ));
        rows.push(format!("INSERT INTO content VALUES ('CD-AAAA', {seq}, '{event}', '[]', '[]')"));
    }
    for (n, state, until, settled, failure) in [
        (1, "queued", "NULL", "NULL", "NULL"),
        (2, "leased", "5", "NULL", "NULL"),
        (3, "sent", "NULL", "6", "NULL"),
        (4, "failed", "NULL", "7", "'no such user'"),
        (5, "dropped", "NULL", "8", "NULL"),
    ] {
        rows.push(format!(
            "INSERT INTO outbox VALUES ('CD-AAAA', 1, {n}, '{state}', 1, {until}, 'mail', '{n}@desk.example',
             'amy@care.example', 'Amy@care.example', 'Hello', 'Text {n}', x'00ff', 1, {now}, {settled}, {failure})"
        ));
    }
    rows.push("INSERT INTO attachment VALUES ('CD-AAAA', 1, 0, 'scan.pdf', 'application/pdf', 6, 'ab')".to_owned());
    for (id, door, message_id, digest, decision, ticket, first) in [
        (1, "pipe", "'1@care.example'", "d1", "opened", "'CD-AAAA'", "NULL"),
        (2, "pipe", "'1@care.example'", "d1", "duplicate", "'CD-AAAA'", "1"),
        (3, "pipe", "NULL", "d2", "continued", "'CD-AAAA'", "NULL"),
        (4, "chat", "NULL", &format!("CD-AAAA:3:{}", at(0)), "continued", "'CD-AAAA'", "NULL"),
        (5, "pipe", "NULL", "d5", "answered", "NULL", "NULL"),
        (6, "pipe", "'6@care.example'", "d6", "ignored", "NULL", "NULL"),
        (7, "pipe", "'7@care.example'", "d7", "quarantined", "NULL", "NULL"),
        (8, "pipe", "NULL", "d8", "quarantined", "NULL", "NULL"),
        (9, "pipe", "'7@care.example'", "d7", "duplicate", "NULL", "7"),
    ] {
        rows.push(format!(
            "INSERT INTO intake VALUES ({id}, '{door}', NULL, {message_id}, '{digest}', {now}, '{decision}', NULL, {ticket},
             '[]', NULL, 'so it was', {first})"
        ));
    }
    rows.push("INSERT INTO filed VALUES (6, 'news@list.example', 'News', 'Our party')".to_owned());
    rows.push("INSERT INTO quarantine VALUES (7, 'two senders', 'several-senders', 'a, b', 'Hi', x'61ff')".to_owned());
    rows.push("INSERT INTO quarantine VALUES (8, 'no sender', 'no-sender', NULL, NULL, x'')".to_owned());
    for row in rows {
        let done = sqlx::query(sqlx::AssertSqlSafe(row.as_str())).execute(&mut *db).await;
        done.unwrap_or_else(|error| panic!("{error}: {row}"));
    }
}

#[tokio::test]
async fn a_database_of_the_first_version_keeps_all_that_it_had() {
    let data = tempdir().expect("a folder");
    let mut db = first_version(data.path()).await;
    fill(&mut db).await;
    db.close().await.expect("it closes");

    let desk = Store::open(data.path(), Mode::ReadWrite).await.expect("it opens");
    assert_eq!(desk.ticket(&reference("AAAA")).await.expect("readable"), Some(ticket("AAAA", 3)));
    assert_eq!(desk.signing_key().await.expect("readable"), [0; 32]);
    assert_eq!(desk.next_due().await.expect("readable"), Some(at(0)));
    let listed = desk.tickets(TicketFilter::Due).await.expect("readable");
    assert_eq!(listed.first().map(|row| row.due), Some(Some(at(0))), "a list shows the end of its wait");
    assert_eq!(desk.attachments(&reference("AAAA")).await.expect("readable").len(), 1);
    let letters = desk.outbox().await.expect("readable");
    let states: Vec<LetterState> = letters.iter().map(|letter| letter.state).collect();
    use LetterState::{Dropped, Failed, Leased, Queued, Sent};
    assert_eq!(states, [Queued, Leased, Sent, Failed, Dropped]);
    assert_eq!(letters[3].failure.as_deref(), Some("no such user"));
    assert!(letters.iter().all(|letter| letter.channel == Channel::Mail));

    let aside = desk.quarantine().await.expect("readable");
    assert_eq!(aside.len(), 2);
    assert!(aside.iter().all(|mail| mail.standing == Standing::Held && mail.queue == "triage"));
    let whole = desk.aside(7).await.expect("readable").expect("it is there");
    assert_eq!((whole.raw.as_deref(), whole.digest.as_str()), (Some(b"a\xff".as_slice()), "d7"));
    assert_eq!(desk.filed().await.expect("readable")[0].text, "Our party");
    let proof = desk.ledger_proof().await.expect("readable");
    assert_eq!(proof.problems, [], "every message is found in its journal");
    assert_eq!(proof.days.iter().map(caredesk::store::LedgerDay::dealt_with).sum::<u64>(), 9);
}
