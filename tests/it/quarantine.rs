//! Mail that nobody but a person should read: shown safely, let in as of the moment at which it came, or discarded.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::support::{Desk, MONDAY, Ran, mail};

const AMY: &str = "Amy Field <amy@home.example>";
const WISH: &str = "Please reset my nhsmail password, I am locked out.";
const WEDNESDAY: &str = "2026-03-04T10:00:00Z";

/// A mail that says twice who it is from, as somebody does who wants to be two people.
fn two_senders(id: &str) -> String {
    mail(id, AMY, "Locked out", WISH).replacen("From:", "From: The owner <owner@nhs.net>\r\nFrom:", 1)
}

fn quarantine(desk: &Desk, args: &[&str]) -> Ran {
    let mut all = vec!["--format", "json", "--now", WEDNESDAY, "quarantine"];
    all.extend(args);
    desk.run(&all)
}

fn held(desk: &Desk) -> Vec<Value> {
    quarantine(desk, &["list"]).json()
}

fn hold(desk: &Desk, mail: &str) -> String {
    assert_eq!(desk.ingest(mail)["decision"], "quarantined");
    held(desk).last().expect("a row")["id"].to_string()
}

fn ledger(desk: &Desk) -> Value {
    desk.run(&["ledger", "--format", "json"]).one()
}

/// Makes the desk's reader stumble no more: the row gets bytes that can be read, as after an update of the reader.
fn mend(desk: &Desk, id: &str, bytes: &str) {
    change(desk, id, "UPDATE quarantine SET raw = $1 WHERE intake = $2", bytes);
}

fn change(desk: &Desk, id: &str, sql: &'static str, bytes: &str) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        use sqlx::Connection as _;
        let url = format!("sqlite://{}", desk.data().join("caredesk.db").display());
        let mut db = sqlx::SqliteConnection::connect(&url).await.expect("it opens");
        let id: i64 = id.parse().expect("a number");
        sqlx::query(sql).bind(bytes.as_bytes()).bind(id).execute(&mut db).await.expect("changed");
    });
}

#[test]
fn held_mail_is_shown_without_secrets_and_without_harm() {
    let desk = Desk::with_sample();
    let hostile = two_senders("one")
        .replacen("Subject: Locked out", "Subject: \u{1b}[2Jmy password is Tr0ub4dor&3", 1)
        .replacen(WISH, "My password is Tr0ub4dor&3.\r\n\u{202e}Help\u{1b}]0;owned\u{7} me.", 1);
    let id = hold(&desk, &hostile);
    let row = held(&desk).remove(0);
    assert_eq!((row["state"].as_str(), row["queue"].as_str()), (Some("held"), Some("security")), "{row}");
    for key in ["door", "at", "code", "reason", "from", "message_id"] {
        assert!(row[key].is_string(), "{key}: {row}");
    }
    assert!(row["by"].is_null());
    let file = desk.data().join("mail.eml");
    let path = file.to_str().expect("a path");
    for format in ["text", "json"] {
        let ran = desk.run(&["--format", format, "quarantine", "show", &id]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        assert!(!ran.out.contains(['\u{1b}', '\u{202e}', '\u{7}']) && !ran.out.contains("Tr0ub4dor"), "{}", ran.out);
        assert!(ran.out.contains("From: The owner <owner@nhs.net>") && ran.out.contains("Help"), "{}", ran.out);
    }
    assert_eq!(quarantine(&desk, &["show", &id, "--raw", path]).code, 0);
    assert_eq!(std::fs::read(&file).expect("the bytes"), hostile.as_bytes());
    assert_eq!(std::fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!(quarantine(&desk, &["show", &id, "--raw", path]).code, 2, "no file is written over");
    assert_eq!(quarantine(&desk, &["show", "99"]).code, 2);
}

#[test]
fn held_mail_is_work_of_its_queue() {
    let desk = Desk::with_sample();
    let id = hold(&desk, &two_senders("one"));
    hold(&desk, "no sender at all\r\n");
    desk.ingest(&mail("two", AMY, "Locked out", WISH));
    let work = |queue: &str| desk.run(&["ticket", "list", "--queue", queue, "--format", "json"]).json();
    let security = work("security");
    assert_eq!(security.len(), 1);
    assert_eq!((security[0]["kind"].as_str(), security[0]["id"].to_string()), (Some("quarantine"), id.clone()));
    assert!(security[0]["ticket"].is_null() && security[0]["opened"].is_string());
    assert_eq!(work("triage").iter().filter(|row| row["kind"] == "quarantine").count(), 1);
    let tickets = desk.run(&["ticket", "list", "--format", "json"]).one();
    assert_eq!(tickets["kind"], "ticket", "a list of tickets holds tickets alone");
    assert!(desk.run(&["ticket", "list"]).out.contains("2 held in quarantine"));
    quarantine(&desk, &["discard", &id, "--as", "rose", "--reason", "a trick"]).one();
    assert!(work("security").is_empty());
    assert_eq!(desk.run(&["ticket", "list", "--quarantine", "--format", "json"]).json().len(), 1);
}

#[test]
fn mail_that_can_be_read_by_now_opens_its_ticket_as_of_the_day_it_came() {
    let desk = Desk::with_sample();
    let id = hold(&desk, &two_senders("one"));
    let still = quarantine(&desk, &["retry", &id, "--as", "rose"]).one();
    assert_eq!((still["state"].as_str(), still["decision"].as_str()), (Some("held"), Some("quarantined")));
    mend(&desk, &id, &mail("one", AMY, "Locked out", WISH));
    let taken = quarantine(&desk, &["retry", "--all", "--as", "rose"]).one();
    assert_eq!((taken["state"].as_str(), taken["decision"].as_str()), (Some("released"), Some("flow")), "{taken}");
    assert_eq!(taken["letters"].as_array().map(Vec::len), Some(1), "{taken}");
    let ticket = taken["ticket"].as_str().expect("a ticket");
    let shown = desk.show(ticket);
    assert_eq!(shown["opened"], MONDAY);
    let timers = shown["timers"].as_array().expect("timers");
    let within = timers.iter().find(|timer| timer["what"] == "within").expect("the end of the wait");
    assert!(within["due"].as_str() > Some(WEDNESDAY), "who is asked today has time from today: {shown}");
    let story = desk.run(&["ticket", "explain", ticket]).out;
    assert!(story.contains("held in quarantine") && story.contains("rose"), "{story}");
    let row = ledger(&desk);
    assert_eq!(
        (row["received"].as_u64(), row["opened"].as_u64(), row["quarantined"].as_u64()),
        (Some(1), Some(1), Some(0))
    );
    assert_eq!(desk.sent().len(), 1);
    let again = quarantine(&desk, &["release", &id, "--as", "pat"]);
    assert_eq!(again.code, 2);
    assert!(again.err.contains("released by rose"), "{}", again.err);
    let all = quarantine(&desk, &["list", "--all"]).one();
    assert_eq!((all["by"].as_str(), all["ticket"].as_str()), (Some("rose"), Some(ticket)));
}

#[test]
fn who_is_named_by_an_agent_gets_the_letters_and_a_stranger_gets_none() {
    let desk = Desk::with_sample();
    let (named, unnamed) = (hold(&desk, &two_senders("one")), hold(&desk, &two_senders("two")));
    assert_eq!(quarantine(&desk, &["release", &named, "--as", "rose", "--from", "careadmin@nhs.net"]).code, 2);
    assert_eq!(quarantine(&desk, &["release", &named, "--as", "rose", "--from", "a@b.example, c@d.example"]).code, 2);
    let taken = quarantine(&desk, &["release", &named, "--as", "rose", "--from", "amy@home.example"]).one();
    assert_eq!((taken["decision"].as_str(), taken["sender"]["authenticated"].as_bool()), (Some("flow"), Some(false)));
    assert_eq!(taken["letters"][0]["to"], "amy@home.example");

    let taken = quarantine(&desk, &["release", &unnamed, "--as", "rose"]).one();
    assert_eq!((taken["decision"].as_str(), taken["letters"].as_array().map(Vec::len)), (Some("triage"), Some(0)));
    let ticket = taken["ticket"].as_str().expect("a ticket");
    assert_eq!(desk.show(ticket)["opened"], MONDAY);
    let story = desk.run(&["ticket", "explain", ticket]).out;
    assert!(story.contains("twice who it is from") && story.contains("rose released it"), "{story}");
    assert!(story.contains("locked out"), "its words are there: {story}");
    assert_ne!(desk.act(ticket, &["reply", "--text", "Who are you?"]).code, 0, "there is nobody to write to");
    assert_eq!(desk.sent().len(), 1);
    assert_eq!(desk.run(&["ledger"]).code, 0);
}

#[test]
fn whatever_the_bytes_a_release_opens_a_ticket_and_a_robot_is_not_answered() {
    let desk = Desk::with_sample();
    let nest = format!("From: {AMY}\r\n{}", "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(60));
    let robot = two_senders("robot").replacen("Subject:", "Auto-Submitted: auto-replied\r\nSubject:", 1);
    let sealed = "Message-ID: <s@home.example>\r\nFrom: amy@home.example\r\nSubject: For you\r\n\
                  Content-Type: application/pkcs7-mime; name=smime.p7m\r\nContent-Transfer-Encoding: base64\r\n\r\nAAAA\r\n";
    for bytes in [b"".as_slice(), b"\0\0\0\0", nest.as_bytes(), &[0xff; 9_000], robot.as_bytes(), sealed.as_bytes()] {
        assert_eq!(
            desk.run_with(&["ingest", "--format", "json", "--now", MONDAY], bytes).one()["decision"],
            "quarantined"
        );
    }
    for row in held(&desk) {
        let taken =
            quarantine(&desk, &["release", &row["id"].to_string(), "--as", "rose", "--from", "amy@home.example"]).one();
        let robot = taken["class"] == "auto_reply";
        assert!(taken["ticket"].is_string(), "{taken}");
        assert!(!robot || taken["letters"].as_array().is_some_and(Vec::is_empty), "{taken}");
    }
    assert!(held(&desk).is_empty());
    let row = ledger(&desk);
    assert_eq!((row["opened"].as_u64(), row["adds_up"].as_bool()), (Some(6), Some(true)));
}

#[test]
fn no_reader_is_let_near_a_mail_that_kills_it() {
    let desk = Desk::with_sample();
    let id = hold(&desk, &two_senders("one"));
    change(
        &desk,
        &id,
        "UPDATE quarantine SET code = 'kills-its-reader', raw = $1 WHERE intake = $2",
        &two_senders("one"),
    );
    let shown = quarantine(&desk, &["show", &id]).one();
    assert!(shown["text"] == "" && shown["headers"].as_array().is_some_and(|lines| lines.len() > 5), "{shown}");
    let taken = quarantine(&desk, &["release", &id, "--as", "rose", "--from", "amy@home.example"]).one();
    assert!(taken["ticket"].is_string(), "{taken}");
    let words = taken["latest_text"].as_str().expect("a text");
    assert!(words.contains(&format!("mail {id} in quarantine")) && !words.contains("locked out"), "{words}");
}

#[test]
fn a_mail_that_meanwhile_came_in_well_is_a_duplicate() {
    let desk = Desk::with_sample();
    let id = hold(&desk, &two_senders("one"));
    let well = desk.ingest(&mail("one", AMY, "Locked out", WISH));
    mend(&desk, &id, &format!("Received: by another way\r\n{}", mail("one", AMY, "Locked out", WISH)));
    let taken = quarantine(&desk, &["retry", &id, "--as", "rose"]).one();
    assert_eq!((taken["duplicate"].as_bool(), &taken["ticket"]), (Some(true), &well["ticket"]), "{taken}");
    assert_eq!(taken["letters"].as_array().map(Vec::len), Some(0));
    let row = ledger(&desk);
    assert_eq!(
        (row["opened"].as_u64(), row["duplicate"].as_u64(), row["quarantined"].as_u64()),
        (Some(1), Some(1), Some(0))
    );
    assert_eq!(desk.sent().len(), 1);
}

#[test]
fn the_same_mail_by_another_way_is_one_ticket_and_another_that_looks_alike_is_two() {
    let desk = Desk::with_sample();
    let bare = two_senders("one").replacen("Message-ID: <one@home.example>\r\n", "", 1);
    let (other, again) = (bare.replace("owner@", "chief@"), format!("Received: by another way\r\n{bare}"));
    for bytes in [&bare, &other, &again] {
        let id = hold(&desk, bytes);
        let taken = quarantine(&desk, &["release", &id, "--as", "rose"]).one();
        assert_eq!(taken["duplicate"], *bytes == again, "{taken}");
    }
    let row = ledger(&desk);
    assert_eq!((row["opened"].as_u64(), row["duplicate"].as_u64()), (Some(2), Some(1)));
}

#[test]
fn the_same_bytes_are_known_again_whatever_became_of_them() {
    let desk = Desk::with_sample();
    let (released, discarded) = (two_senders("one"), two_senders("two"));
    let id = hold(&desk, &released);
    let ticket = quarantine(&desk, &["release", &id, "--as", "rose"]).one()["ticket"].clone();
    let id = hold(&desk, &discarded);
    assert_eq!(quarantine(&desk, &["discard", &id, "--as", "rose", "--reason", " "]).code, 2, "a reason is wanted");
    let taken = quarantine(&desk, &["discard", &id, "--as", "rose", "--reason", "a trick"]).one();
    assert_eq!((taken["state"].as_str(), taken["decision"].as_str()), (Some("discarded"), Some("ignored")));
    for (bytes, ticket) in [(&released, ticket), (&discarded, Value::Null)] {
        let again = desk.ingest(bytes);
        assert_eq!((again["duplicate"].as_bool(), &again["ticket"]), (Some(true), &ticket), "{again}");
    }
    assert!(held(&desk).is_empty());
    let row = ledger(&desk);
    assert_eq!(
        (row["opened"].as_u64(), row["ignored"].as_u64(), row["duplicate"].as_u64()),
        (Some(1), Some(1), Some(2))
    );
}

#[test]
fn of_many_agents_at_once_one_wins_and_the_others_hear_who() {
    let desk = Desk::with_sample();
    let id = hold(&desk, &two_senders("one"));
    let start = |n: usize| {
        let agent = format!("agent{n}");
        let args: Vec<&str> = match n % 2 {
            0 => vec!["quarantine", "release", &id, "--as", &agent],
            _ => vec!["quarantine", "discard", &id, "--reason", "no", "--as", &agent],
        };
        let mut command = desk.command(&args);
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        command.spawn().expect("the program starts")
    };
    let started: Vec<_> = (0..6).map(start).collect();
    let ended: Vec<_> = started.into_iter().map(|child| child.wait_with_output().expect("it ends")).collect();
    assert_eq!(ended.iter().filter(|output| output.status.success()).count(), 1);
    for output in ended.iter().filter(|output| !output.status.success()) {
        let words = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.code() == Some(2) && words.contains(" by agent"), "{words}");
    }
    assert_eq!(desk.run(&["ledger"]).code, 0);
}

#[test]
fn bytes_are_deleted_after_thirty_days_and_the_row_says_so() {
    let desk = Desk::with_sample();
    let (kept, released) = (hold(&desk, &two_senders("one")), hold(&desk, &two_senders("two")));
    quarantine(&desk, &["release", &released, "--as", "rose"]).one();
    let tick = |now: &str| desk.run(&["--now", now, "tick"]).out;
    assert!(!tick("2026-03-31T09:00:00Z").contains("deleted"));
    assert_eq!(tick("2026-04-01T09:00:01Z").matches("deleted").count(), 2);
    let database = std::fs::read(desk.data().join("caredesk.db")).expect("the database");
    let owner = b"From: The owner <owner@nhs.net>";
    assert!(!database.windows(owner.len()).any(|bytes| bytes == owner), "they are overwritten");
    let shown = quarantine(&desk, &["show", &kept]).one();
    assert!(shown["bytes_deleted"].is_string() && shown["headers"].as_array().is_some_and(Vec::is_empty), "{shown}");
    let refused = quarantine(&desk, &["release", &kept, "--as", "rose"]);
    assert!(refused.code == 2 && refused.err.contains("can only be discarded"), "{}", refused.err);
    assert_eq!(quarantine(&desk, &["discard", &kept, "--as", "rose", "--reason", "too late"]).code, 0);
    assert_eq!(desk.run(&["ledger"]).code, 0);
}
