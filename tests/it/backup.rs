//! A backup of a desk that is at work, put in place elsewhere: the same rows, the same bytes, and work goes on. One with
//! a damaged byte is never put in place.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use caredesk::store::{KeptAttachment, Mode, Publishing, Store, Turn};
use serde_json::Value;
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, Row as _, SqliteConnection};

use crate::store_samples;
use crate::support::{Desk, MONDAY, mail, reply};

const AMY: &str = "Amy Field <amy@home.example>";
const WISH: &str = "Please reset my nhsmail password, I am locked out.";

/// A desk with tickets, timers, letters sent and waiting, attachments, filed mail and quarantine. Gives the first letter.
fn busy() -> (Desk, Value) {
    let desk = Desk::with_sample();
    for name in ["agent.one", "agent.two"] {
        let mail = format!("{name}@team.example");
        let ran = desk.run(&["agent", "add", name, "--mail", &mail, "--queue", "accounts", "--queue", "triage"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let opened = desk.ingest(&mail("one", AMY, "Locked out", WISH));
    publish(&desk);
    let scan = "--b\r\nContent-Type: text/plain\r\n\r\nPlease see the scan, I am locked out\r\n--b\r\n\
                Content-Type: application/pdf; name=scan.pdf\r\nContent-Disposition: attachment\r\n\r\n%PDF scan\r\n--b--\r\n";
    let with_scan = mail("two", AMY, "A scan", "BODY")
        .replacen("text/plain; charset=utf-8", "multipart/mixed; boundary=b", 1)
        .replacen("BODY", "", 1)
        + scan;
    desk.ingest(&with_scan);
    desk.ingest(&format!("List-Id: <l.example>\r\n{}", mail("three", AMY, "News", "Our spring party.")));
    assert_eq!(desk.ingest("no sender\r\n")["decision"], "quarantined");
    desk.chat("amy", WISH);
    assert_eq!(desk.run(&["tick", "--now", "2026-03-02T09:10:00Z"]).code, 0);
    let waiting = mail("four", "Omar Reed <omar@home.example>", "Locked out", WISH);
    desk.run_with(&["ingest", "--no-send", "--format", "json", "--now", MONDAY], waiting.as_bytes()).one();
    (desk, opened["letters"][0].clone())
}

/// Publishes what runs.
fn publish(desk: &Desk) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&desk.data(), Mode::ReadWrite).await.expect("it opens");
        let seen = store.seen().await.expect("readable");
        let pack = seen.current.clone().expect("a pack runs");
        let files = store.pack_files(&pack).await.expect("readable").expect("it is kept");
        let at = MONDAY.parse().expect("a moment");
        let publishing = Publishing { pack: &pack, files: &files, turn: Turn::Publish, who: "Rose", note: "", at };
        store.publish(publishing, &seen).await.expect("it is written").expect("nobody was in between");
        store.close().await;
    });
}

fn back_up(desk: &Desk, name: &str) -> PathBuf {
    let folder = desk.data().with_file_name(name);
    let ran = desk.run(&["--format", "json", "--now", MONDAY, "backup", folder.to_str().expect("a path")]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    folder
}

/// Restores a backup into the folder of a desk that is not there yet.
fn restore(desk: &Desk, backup: &Path) -> crate::support::Ran {
    desk.run(&["--format", "json", "--now", MONDAY, "restore", backup.to_str().expect("a path")])
}

/// Every row of every table, as text.
fn rows(database: &Path) -> BTreeMap<String, Vec<String>> {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(database);
        let mut db = SqliteConnection::connect_with(&options).await.expect("it opens");
        let names = "SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name";
        let tables: Vec<String> = sqlx::query_scalar(names).fetch_all(&mut db).await.expect("the tables");
        let mut all = BTreeMap::new();
        for table in tables {
            let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info($1)")
                .bind(&table)
                .fetch_all(&mut db)
                .await
                .expect("the columns");
            let quoted: Vec<String> = columns.iter().map(|column| format!("quote({column})")).collect();
            let sql = format!("SELECT {} FROM {table} ORDER BY 1", quoted.join(" || '|' || "));
            let found = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut db).await.expect("the rows");
            all.insert(table, found.iter().map(|row| row.get::<String, _>(0)).collect());
        }
        all
    })
}

/// The files of a folder by their place, with their bytes.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.insert(path.clone(), std::fs::read(&path).expect("a file"));
        }
    }
    found
}

fn names(folder: &Path) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn what_is_restored_is_what_was_kept_and_work_goes_on() {
    let (desk, letter) = busy();
    let before = rows(&desk.data().join("caredesk.db"));
    let backup = back_up(&desk, "kept");
    desk.ingest(&mail("later", AMY, "Locked out", "I am locked out again. Please reset my nhsmail password."));

    let manifest: Value =
        serde_json::from_slice(&std::fs::read(backup.join("manifest.json")).expect("a manifest")).expect("JSON");
    for (table, rows) in before.iter().filter(|(table, _)| !table.contains("sqlite_") && !table.contains("_sqlx")) {
        assert_eq!(manifest["counts"][table], rows.len(), "every table is counted: {table}");
    }
    let other = Desk::new();
    let told = restore(&other, &backup).one();
    assert_eq!(told["letters_held"], 1, "{told}");
    let mut after = rows(&other.data().join("caredesk.db"));
    let (were, are) = (before["outbox"].clone(), after.remove("outbox").expect("letters"));
    let held: Vec<&String> = are.iter().filter(|row| !were.contains(row)).collect();
    assert_eq!((were.len(), held.len()), (are.len(), 1));
    assert!(held[0].contains("'failed'") && held[0].contains("restored from a backup of 2026-03-02"), "{held:?}");
    for (table, rows) in &after {
        assert_eq!(rows, &before[table], "{table}");
        assert!(
            table.starts_with("sqlite_")
                || table.starts_with("telegram_")
                || !rows.is_empty()
                || ["escalation", "listening", "passcode", "web_session"].contains(&table.as_str()),
            "{table} has rows"
        );
    }
    let attachments = |desk: &Desk| {
        let data = desk.data();
        let found = files(&data.join("attachments")).into_iter();
        found.map(|(path, bytes)| (path.strip_prefix(&data).expect("below").to_owned(), bytes)).collect::<Vec<_>>()
    };
    assert_eq!(attachments(&other).len(), 1);
    assert_eq!(attachments(&other), attachments(&desk));

    assert_eq!(other.run(&["ledger"]).code, 0);
    assert!(other.sent().is_empty(), "nothing goes by itself");
    let answer = other.ingest(&reply("answer", AMY, &letter, "1. amy.field@nhs.net\n2. 07700 900111"));
    assert_eq!(answer["decision"], "continued", "the key that signs letters came along: {answer}");
    assert_eq!(other.ingest(&mail("one", AMY, "Locked out", WISH))["duplicate"], true);
    assert_eq!(other.run(&["ledger"]).code, 0);
}

#[test]
fn a_backup_is_whole_or_not_there_and_nothing_is_written_over() {
    let (desk, _) = busy();
    let backup = back_up(&desk, "kept");
    let folder = backup.parent().expect("a folder").to_owned();
    assert_eq!(desk.run(&["backup", backup.to_str().expect("a path")]).code, 2);
    let attachment = files(&desk.data().join("attachments")).into_keys().next().expect("an attachment");
    std::fs::write(&attachment, "something else").expect("damaged");
    let ran = desk.run(&["--format", "json", "backup", folder.join("second").to_str().expect("a path")]);
    assert_eq!((ran.code, ran.json()[0]["damaged"].as_array().map(Vec::len)), (1, Some(1)), "{}", ran.err);
    let other = Desk::new();
    assert_eq!(restore(&other, &folder.join("second")).code, 0, "all the rest of it is there");

    // A database that is damaged is not taken for a backup.
    plant(&desk, "DELETE FROM journal WHERE seq = 1");
    let ran = desk.run(&["backup", folder.join("third").to_str().expect("a path")]);
    assert!(ran.code == 1 && ran.err.contains("journal"), "{}", ran.err);
    assert!(names(&folder).iter().all(|name| !name.contains("third")), "{:?}", names(&folder));
    assert_eq!(Desk::new().run(&["backup", "anywhere"]).code, 2, "there is no desk yet");
}

#[test]
fn any_damaged_byte_is_found_and_nothing_is_put_in_place() {
    let (desk, _) = busy();
    let backup = back_up(&desk, "kept");
    let other = Desk::new();
    for (file, bytes) in files(&backup) {
        for at in [0, bytes.len() / 3, bytes.len() / 2, bytes.len() - 1] {
            let mut hurt = bytes.clone();
            hurt[at] ^= 1;
            std::fs::write(&file, hurt).expect("damaged");
            let ran = restore(&other, &backup);
            assert!(ran.code == 1 && ran.err.contains("damaged"), "{} at {at}: {}", file.display(), ran.err);
            assert!(files(&other.data()).is_empty(), "{:?}", files(&other.data()).keys());
        }
        std::fs::remove_file(&file).expect("removed");
        let ran = restore(&other, &backup);
        assert!(ran.code != 0 && files(&other.data()).is_empty(), "{} is gone: {}", file.display(), ran.err);
        std::fs::write(&file, bytes).expect("mended");
    }
    assert_eq!(restore(&other, &backup).code, 0);
    let again = restore(&other, &backup);
    assert!(again.code == 2 && again.err.contains("empty folder"), "{}", again.err);
}

#[test]
fn a_backup_of_a_newer_version_is_refused_with_words() {
    let (desk, _) = busy();
    let backup = back_up(&desk, "kept");
    let manifest = std::fs::read_to_string(backup.join("manifest.json")).expect("a manifest");
    let schema = serde_json::from_str::<Value>(&manifest).expect("JSON")["schema"].to_string();
    let newer = manifest.replacen(&format!("\"schema\": {schema}"), "\"schema\": 9000", 1);
    seal(&backup, &newer);
    let ran = restore(&Desk::new(), &backup);
    assert!(ran.code == 2 && ran.err.contains("newer version"), "{}", ran.err);
    seal(&backup, &manifest.replacen("attachments/", "attachments/../", 1));
    let ran = restore(&Desk::new(), &backup);
    assert!(ran.code == 1 && ran.err.contains("names a file"), "{}", ran.err);
}

#[test]
fn a_restore_that_was_cut_off_is_no_desk_and_can_be_begun_again() {
    let (desk, _) = busy();
    let backup = back_up(&desk, "kept");
    let other = Desk::new();
    std::fs::create_dir_all(other.data().join("attachments/aa")).expect("a folder");
    std::fs::write(other.data().join("attachments/aa/half"), "half of").expect("a file");
    std::fs::write(other.data().join(".caredesk.db.restoring"), "half a database").expect("a file");
    let ran = other.run(&["ticket", "list"]);
    assert!(ran.code == 75 && ran.err.contains("restored here"), "{}", ran.err);
    assert!(!other.data().join("caredesk.db").exists(), "no empty desk is made");
    assert_eq!(restore(&other, &backup).code, 0);
    assert!(!other.data().join("attachments/aa/half").exists());
    assert_eq!(other.run(&["ledger"]).code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_backup_in_the_midst_of_a_storm_is_of_one_moment() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("data");
    let store = store_samples::open(&data).await;
    let calm: Vec<_> = (0..20).map(|n| stormy(&format!("C{n:03}"))).collect();
    for one in calm {
        keep(&store, one).await;
    }
    let (stop, mut stopped) = tokio::sync::watch::channel(false);
    let (begun, mut storming) = tokio::sync::watch::channel(0);
    let writer = tokio::spawn({
        let store = Store::open(&data, Mode::ReadWrite).await.expect("it opens");
        async move {
            let mut written = 0;
            while !*stopped.borrow_and_update() {
                keep(&store, stormy(&format!("S{written:04}"))).await;
                written += 1;
                begun.send_replace(written);
            }
            written
        }
    });
    storming.wait_for(|written| *written > 3).await.expect("the storm goes on");
    let before = *storming.borrow();
    let kept = folder.path().join("kept");
    let manifest = store.back_up(&kept, store_samples::at(0), &mut |_| {}).await.expect("a backup");
    let seen = *storming.borrow();
    storming.wait_for(|written| *written > seen).await.expect("nobody had to wait for the backup to end");
    stop.send_replace(true);
    let written = writer.await.expect("the writer ends");

    let tickets = usize::try_from(manifest.counts["ticket"]).expect("a number");
    assert!(tickets >= 20 + before && tickets <= 20 + written, "{tickets}, {before}, {written}");
    assert_eq!(manifest.files.len(), tickets + 1, "an attachment for each ticket, and the database");
    let other = folder.path().join("other");
    let database = other.join("caredesk.db");
    let told = caredesk::store::restore(&kept, &other, &database, store_samples::at(1), &mut |_| {}).await;
    assert_eq!(told.expect("it is whole").letters_held, tickets as u64);
    let restored = Store::open(&other, Mode::ReadWrite).await.expect("it opens");
    for n in 0..tickets - 20 {
        let name = store_samples::reference(&format!("S{n:04}"));
        let attachments = restored.attachments(&name).await.expect("readable");
        assert_eq!(attachments, store.attachments(&name).await.expect("readable"));
        let bytes = restored.attachment_bytes(&attachments[0].digest).await.expect("readable");
        assert_eq!(bytes.expect("the bytes"), name.0.as_bytes());
        assert_eq!(restored.ticket(&name).await.expect("readable"), store.ticket(&name).await.expect("readable"));
        assert_eq!(restored.journal(&name).await.expect("readable"), store.journal(&name).await.expect("readable"));
    }
    let days = restored.ledger().await.expect("readable");
    assert!(days.iter().all(|day| day.adds_up && day.opened == tickets as u64), "{days:?}");
}

/// A mail with an attachment that holds the name of its ticket.
fn stormy(name: &str) -> (caredesk::store::Commit, Vec<u8>) {
    (store_samples::mail(name, Some(&format!("{name}@care.example")), name), format!("CD-{name}").into_bytes())
}

async fn keep(store: &Store, (mut one, bytes): (caredesk::store::Commit, Vec<u8>)) {
    let ticket = one.tickets[0].ticket.reference.clone();
    let size = bytes.len() as u64;
    let digest = store.keep_attachment(bytes).await.expect("kept");
    let (name, media_type) = ("scan.pdf".to_owned(), "application/pdf".to_owned());
    one.attachments = vec![KeptAttachment { ticket, seq: 1, name, media_type, size, digest }];
    assert_eq!(store_samples::commit(store, one).await, Ok(()));
}

/// Writes a manifest with a seal that agrees, as somebody would who makes one up.
fn seal(backup: &Path, manifest: &str) {
    use sha2::Digest as _;
    let digest: String = sha2::Sha256::digest(manifest).iter().map(|byte| format!("{byte:02x}")).collect();
    std::fs::write(backup.join("manifest.json"), manifest).expect("written");
    std::fs::write(backup.join("manifest.sha256"), format!("{digest}  manifest.json\n")).expect("written");
}

fn plant(desk: &Desk, fault: &'static str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let options = SqliteConnectOptions::new().filename(desk.data().join("caredesk.db")).foreign_keys(false);
        let mut db = SqliteConnection::connect_with(&options).await.expect("it opens");
        sqlx::query(fault).execute(&mut db).await.expect("planted");
    });
}
