//! The ledger proves that every message was dealt with; whatever is planted against it is found and named.

use std::path::Path;

use serde_json::Value;

use crate::support::{Desk, MONDAY, mail, reply};

const AMY: &str = "Amy Field <amy@home.example>";

/// A desk that has had some of everything.
fn busy() -> Desk {
    let desk = Desk::with_sample();
    let wish = mail("one", AMY, "Locked out", "Please reset my nhsmail password, I am locked out.");
    let opened = desk.ingest(&wish);
    desk.ingest(&reply("two", AMY, &opened["letters"][0], "1. amy.field@nhs.net\n2. 07700 900111"));
    desk.ingest(&wish);
    desk.ingest(&format!("List-Id: <l.example>\r\n{}", mail("three", AMY, "News", "Our spring party.")));
    for (n, at) in [(4, MONDAY), (5, "2026-03-03T09:00:00Z"), (6, MONDAY), (7, MONDAY)] {
        let twice = mail(&format!("{n}"), AMY, "Hello", "Hello").replacen("From:", "From: b@c.example\r\nFrom:", 1);
        assert_eq!(desk.ingest_at(at, &twice)["decision"], "quarantined");
    }
    let settle = |args: &[&str]| {
        let mut all = vec!["--now", MONDAY, "quarantine"];
        all.extend(args);
        assert_eq!(desk.run(&all).code, 0);
    };
    settle(&["discard", "5", "--as", "rose", "--reason", "a trick"]);
    settle(&["release", "7", "--as", "rose"]);
    desk.chat("amy", "I can read my mail but not send any");
    desk.chat("amy", "I want to speak to a person");
    desk
}

fn ledger(desk: &Desk, args: &[&str]) -> (i32, Vec<Value>) {
    let mut all = vec!["--format", "json", "ledger"];
    all.extend(args);
    let ran = desk.run(&all);
    (ran.code, ran.json())
}

#[test]
fn sums_reasons_and_days_can_be_asked_for() {
    let desk = busy();
    let (code, rows) = ledger(&desk, &[]);
    assert_eq!((code, rows.len()), (0, 3), "{rows:?}");
    assert!(rows.iter().all(|row| row["adds_up"] == true && row["problem"].is_null()));
    let (_, rows) = ledger(&desk, &["--door", "pipe", "--to", "2026-03-02", "--reasons"]);
    let total = &rows.last().expect("a total")["total"];
    assert_eq!((total["received"].as_u64(), total["opened"].as_u64()), (Some(7), Some(2)), "{total}");
    let reasons: Vec<_> =
        rows.iter().filter_map(|row| Some((row["decision"].as_str()?, row["reason"].as_str()?))).collect();
    assert!(reasons.contains(&("quarantined", "several-senders")), "{reasons:?}");
    assert!(reasons.contains(&("ignored", "rose discarded it: a trick")), "{reasons:?}");
    let (_, rows) = ledger(&desk, &["--from", "2026-03-03"]);
    assert_eq!((rows.len(), rows[0]["day"].as_str()), (1, Some("2026-03-03")));
    let words = desk.run(&["ledger", "--reasons"]).out;
    assert!(words.contains("in all: 10 received") && words.contains("1 quarantined: several-senders"), "{words}");
    assert_eq!(desk.run(&["ledger", "--door", "cat-flap"]).code, 2);
}

#[test]
fn whatever_is_planted_is_found_and_named() {
    let desk = busy();
    let opened = "(SELECT MIN(id) FROM intake WHERE decision = 'opened')";
    for (fault, table) in [
        ("DELETE FROM received WHERE door = 'chat'".to_owned(), "received"),
        ("UPDATE received SET count = count + 1".to_owned(), "received"),
        (format!("DELETE FROM intake WHERE id = {opened}"), "journal"),
        ("DELETE FROM intake WHERE decision = 'continued'".to_owned(), "journal"),
        ("DELETE FROM intake WHERE decision = 'ignored' AND id IN (SELECT intake FROM filed)".to_owned(), "filed"),
        ("DELETE FROM intake WHERE decision = 'quarantined'".to_owned(), "quarantine"),
        (format!("UPDATE intake SET seq = NULL WHERE id = {opened}"), "intake"),
        (format!("UPDATE intake SET seq = 2 WHERE id = {opened}"), "intake"),
        (
            "UPDATE intake SET first = (SELECT MIN(id) FROM intake WHERE decision = 'ignored') + 9000 WHERE first > 0"
                .to_owned(),
            "intake",
        ),
        ("UPDATE intake SET first = id WHERE decision = 'duplicate'".to_owned(), "intake"),
        ("DELETE FROM ticket WHERE reference = (SELECT MIN(reference) FROM ticket)".to_owned(), "journal"),
        ("DELETE FROM journal WHERE kind = 'received' AND seq = 1".to_owned(), "intake"),
        ("DELETE FROM journal WHERE kind = 'acted'".to_owned(), "ticket"),
        ("DELETE FROM quarantine WHERE settled IS NULL".to_owned(), "intake"),
        ("DELETE FROM quarantine WHERE settled = 'discarded'".to_owned(), "intake"),
        ("UPDATE quarantine SET settled = NULL, settled_at = NULL, settled_by = NULL".to_owned(), "quarantine"),
        ("UPDATE intake SET decision = 'ignored' WHERE decision = 'quarantined'".to_owned(), "quarantine"),
        ("DELETE FROM filed".to_owned(), "intake"),
        ("UPDATE intake SET because = '' WHERE decision = 'ignored'".to_owned(), "intake"),
    ] {
        let hurt = Desk::new();
        copy_data(&desk.data(), &hurt.data());
        plant(&hurt, &fault);
        let (code, rows) = ledger(&hurt, &[]);
        let problems: Vec<&Value> = rows.iter().filter(|row| row["problem"].is_string()).collect();
        assert_eq!(code, 1, "{fault}: {rows:?}");
        assert!(problems.iter().any(|row| row["table"] == table && row["id"].is_string()), "{fault}: {problems:?}");
        assert!(hurt.run(&["ledger"]).out.contains(&format!("PROBLEM: {table} ")), "{fault}");
    }
    assert_eq!(ledger(&desk, &[]).0, 0, "the desk itself was not touched");
}

fn copy_data(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for name in ["caredesk.db", "caredesk.db-wal"] {
        if from.join(name).exists() {
            std::fs::copy(from.join(name), to.join(name)).expect("a copy");
        }
    }
}

/// Does what no program may do.
fn plant(desk: &Desk, fault: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        use sqlx::Connection as _;
        let options =
            sqlx::sqlite::SqliteConnectOptions::new().filename(desk.data().join("caredesk.db")).foreign_keys(false);
        let mut db = sqlx::SqliteConnection::connect_with(&options).await.expect("it opens");
        let done = sqlx::query(sqlx::AssertSqlSafe(fault)).execute(&mut db).await.expect("planted");
        assert!(done.rows_affected() > 0, "{fault} changes something");
    });
}
