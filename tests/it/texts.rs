//! Texts to mobiles, from a flow that says one to the file or the service that takes it: by the command line, as an
//! operator would.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::{Connection as _, SqliteConnection};

use crate::support::{Desk, MONDAY, Ran, Running, mail};

const FLOW: &str = "\
flow: news_by_text
title: News by text
covers: [PWD-4]
why: A small flow that says one thing to a mobile.
queue: accounts
targets: account_help
starts:
  examples:
    - please text me the news about my account
    - send me a text with the news
    - I want news of my account by text
steps:
  - ask: new_mobile
    say: We send the news to your mobile.
  - say: Your account is ready.
    to: new_mobile
  - say: We have sent you a text.
    then: resolved
";
const WISH: &str = "Please text me the news about my account. My mobile is 07700 900111.";
const MOBILE: &str = "+447700900111";
const SERVICE_ID: &str = "26785a09-ab16-4eb0-8407-a37497a57506";
const SECRET: &str = "3d844edf-8d35-48ac-975b-e847b4f122b0";

/// A desk with one flow, and with what the shipped pack says of the desk as a whole.
fn small_desk() -> Desk {
    let mut desk = Desk::new();
    let own = desk.data().with_file_name("pack");
    let shipped = std::mem::replace(&mut desk.pack, own);
    let flows = desk.pack.join("flows");
    fs::create_dir_all(&flows).expect("a folder");
    fs::create_dir(desk.pack.join("rules")).expect("a folder");
    for file in ["desk.yaml", "facts.yaml", "world.yaml", "tickets/triage.yaml"] {
        let name = file.rsplit('/').next().expect("a name");
        fs::copy(shipped.join("flows").join(file), flows.join(name)).expect("it is copied");
    }
    fs::write(flows.join("news.yaml"), FLOW).expect("it is written");
    desk
}

fn texts(desk: &Desk) -> Vec<(String, String)> {
    let Ok(entries) = fs::read_dir(desk.data().join("texts")) else { return Vec::new() };
    let mut texts: Vec<(String, String)> = entries
        .map(|entry| entry.expect("an entry").path())
        .map(|path| {
            let name = path.file_name().expect("a name").to_string_lossy().into_owned();
            (name, fs::read_to_string(&path).expect("readable"))
        })
        .collect();
    texts.sort();
    texts
}

/// The row of the one text.
fn row(desk: &Desk) -> Value {
    let mut rows = desk.run(&["outbox", "list", "--all", "--format", "json"]).json();
    rows.retain(|row| row["channel"] == "text");
    assert_eq!(rows.len(), 1, "one text: {rows:?}");
    rows.remove(0)
}

#[tokio::test]
async fn a_text_becomes_one_file_whatever_is_killed() {
    let desk = small_desk();
    let said = desk.ingest(&mail("one", "Amy Field <amy@home.example>", "News", WISH));
    assert_eq!(said["texts"].as_array().map(Vec::len), Some(1), "{said}");
    assert_eq!(said["texts"][0]["to"], MOBILE);
    let words = said["texts"][0]["text"].as_str().expect("its words").to_owned();
    assert!(words.contains("Your account is ready."), "{words}");
    let row = row(&desk);
    assert_eq!((row["state"].as_str(), row["to"].as_str()), (Some("sent"), Some(MOBILE)));
    let name = format!("{}.txt", row["key"].as_str().expect("a key"));
    let written = vec![(name, format!("To: {MOBILE}\n\n{}\n", words.trim_end()))];
    assert_eq!(texts(&desk), written);

    let later = ["tick", "--now", "2026-03-02T09:05:00Z"];
    fs::remove_dir_all(desk.data().join("texts")).expect("an operator has read it");
    assert_eq!(desk.run(&later).code, 0);
    assert_eq!(texts(&desk), [], "what went does not go again");

    // The desk was killed when the file stood there and the outbox did not know.
    fs::create_dir(desk.data().join("texts")).expect("a folder");
    fs::write(desk.data().join("texts").join(&written[0].0), &written[0].1).expect("the file of the killed desk");
    let url = format!("sqlite://{}", desk.data().join("caredesk.db").display());
    let mut db = SqliteConnection::connect(&url).await.expect("it opens");
    let killed = "UPDATE outbox SET state = 'leased', leased_until = at, settled_at = NULL WHERE channel = 'text'";
    sqlx::query(killed).execute(&mut db).await.expect("it runs");
    db.close().await.expect("it closes");
    assert_eq!(desk.run(&later).code, 0);
    assert_eq!(texts(&desk), written, "the same file, and no other");
}

/// A request as the service heard it: its head, and its body.
type Heard = (String, Value);

/// A service that answers each request with the next of some statuses, in the shape of GOV.UK Notify.
fn service(statuses: Vec<u16>) -> (u16, Receiver<Heard>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let (tells, hears) = channel();
    std::thread::spawn(move || {
        for status in statuses {
            let Ok((stream, _)) = listener.accept() else { return };
            let mut reader = BufReader::new(stream);
            let mut head = String::new();
            while !head.ends_with("\r\n\r\n") && reader.read_line(&mut head).is_ok_and(|read| read > 0) {}
            let lower = head.to_lowercase();
            let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
            let mut body = vec![0; length.and_then(|length| length.parse().ok()).unwrap_or(0)];
            reader.read_exact(&mut body).expect("a whole request");
            let answer = match status {
                201 => json!({"id": "740e5834-3a29-46b4-9a6f-16142fde533a"}),
                _ => json!({"status_code": status, "errors": [{"error": "Error", "message": "not this one"}]}),
            }
            .to_string();
            let _ = tells.send((head, serde_json::from_slice(&body).expect("JSON")));
            let length = answer.len();
            let _ = write!(
                reader.get_mut(),
                "HTTP/1.1 {status} X\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n{answer}"
            );
        }
    });
    (port, hears)
}

/// A desk on which a text waits.
fn with_a_text() -> Desk {
    let desk = small_desk();
    let one = mail("one", "Amy Field <amy@home.example>", "News", WISH);
    assert_eq!(desk.run_with(&["ingest", "--no-send", "--now", MONDAY], one.as_bytes()).code, 0);
    desk
}

/// The service's address, with the key in its file.
fn url(desk: &Desk, port: u16) -> String {
    let file = desk.data().join("texts.key");
    fs::write(&file, format!("our-desk-{SERVICE_ID}-{SECRET}\n")).expect("it is written");
    format!("http://127.0.0.1:{port}/gate?template=t-1&key_file={}", file.display())
}

fn send(desk: &Desk, port: u16, now: &str, more: &[&str]) -> Ran {
    let url = url(desk, port);
    let ran = desk.run(&[&["outbox", "send", "--now", now, "--texts", &url], more].concat());
    assert!(!format!("{}{}", ran.out, ran.err).contains(SECRET), "{}", ran.err);
    assert_eq!(ran.code, 0, "{}", ran.err);
    ran
}

#[test]
fn a_text_goes_by_the_service_to_those_who_may_have_it() {
    let desk = with_a_text();
    let (port, heard) = service(vec![201]);
    send(&desk, port, MONDAY, &["--only-to", "*@home.example"]);
    let held = row(&desk);
    assert_eq!(held["state"], "queued");
    assert!(held["failure"].as_str().is_some_and(|why| why.contains("held")), "{held}");
    assert!(heard.try_recv().is_err(), "nothing was said to the service");

    send(&desk, port, "2026-03-02T09:01:00Z", &["--only-to", MOBILE]);
    let (head, body) = heard.try_recv().expect("a request");
    let sent = row(&desk);
    assert_eq!(sent["state"], "sent");
    assert!(head.starts_with("POST /gate/v2/notifications/sms HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("Bearer ey") && !head.contains(SECRET), "{head}");
    assert_eq!(
        (&body["phone_number"], &body["template_id"], &body["reference"]),
        (&json!(MOBILE), &json!("t-1"), &sent["key"])
    );
    let words = body["personalisation"]["body"].as_str().expect("the words");
    assert!(words.contains("Your account is ready."), "{words}");
    assert_eq!(texts(&desk), [], "what a service takes is no file");
    send(&desk, port, "2026-03-02T10:00:00Z", &["--live"]);
    assert!(heard.try_recv().is_err(), "what went does not go again");
}

#[test]
fn a_text_that_is_refused_fails_and_its_ticket_is_with_an_agent() {
    let desk = with_a_text();
    let (port, _heard) = service(vec![400]);
    send(&desk, port, MONDAY, &["--live"]);
    let failed = row(&desk);
    assert_eq!(
        (failed["state"].as_str(), failed["failure"].as_str()),
        (Some("failed"), Some("the text service said 400 not this one"))
    );
    let ticket = desk.show(failed["ticket"].as_str().expect("a reference"));
    assert_eq!(ticket["state"], "with_agent", "{ticket}");
}

#[test]
fn a_text_that_is_too_much_goes_later_under_the_same_reference() {
    let desk = with_a_text();
    let (port, heard) = service(vec![429, 503, 201]);
    for (now, state) in [
        (MONDAY, "queued"),
        ("2026-03-02T09:00:30Z", "queued"),
        ("2026-03-02T09:05:00Z", "queued"),
        ("2026-03-02T09:30:00Z", "sent"),
    ] {
        send(&desk, port, now, &["--live"]);
        let row = row(&desk);
        assert_eq!(row["state"], state, "{row}");
    }
    let requests: Vec<Heard> = heard.try_iter().collect();
    assert_eq!(requests.len(), 3, "half a minute later is too soon");
    assert!(requests.iter().all(|(_, body)| *body == requests[0].1), "the same text each time");
}

#[test]
fn a_desk_that_runs_says_to_whom_texts_go_and_takes_them_there() {
    let desk = with_a_text();
    let (port, heard) = service(vec![201]);
    let mut running = Running::start_with(&desk, &["--texts", &url(&desk, port), "--live"]);
    let said = running.hears("LIVE: texts go to everybody");
    assert!(!said.contains(SECRET), "{said}");
    let (_, body) = heard.recv_timeout(Duration::from_secs(60)).expect("the waiting text goes by itself");
    assert_eq!(body["phone_number"], MOBILE);
    running.ask_to_stop();
    assert!(running.ends().success());
    assert_eq!(row(&desk)["state"], "sent");
}
