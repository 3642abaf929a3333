//! To whom letters go, what an operator settles and sees, lines that must be encrypted, and letters that come back: by
//! the command line, as an operator would.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use serde_json::Value;

use super::fake::{At, Fake, say};
use super::tls::{encrypting, trusted};
use crate::support::{Desk, MONDAY, Ran, mail};

const AMY: &str = "Amy Field <amy@home.example>";
const WISH: &str = "Please reset my password, I am locked out.";

/// A desk on which a letter waits, and its key.
fn with_a_letter() -> (Desk, Value) {
    let desk = Desk::with_sample();
    desk.run_with(&["ingest", "--no-send", "--now", MONDAY], mail("one", AMY, "Locked out", WISH).as_bytes());
    let row = letters(&desk).remove(0);
    (desk, row)
}

fn letters(desk: &Desk) -> Vec<Value> {
    desk.run(&["outbox", "list", "--all", "--format", "json"]).json()
}

fn send(desk: &Desk, now: &str, more: &[&str]) -> Ran {
    let mut args = vec!["outbox", "send", "--now", now];
    args.extend(more);
    desk.run(&args)
}

#[test]
fn letters_go_only_to_those_who_may_have_them_until_the_desk_is_live() {
    let (desk, _) = with_a_letter();
    let relay = Fake::new(Vec::new());
    let url = relay.url();
    for only in [&[][..], &["--only-to", "*@nhs.net"]] {
        let mut more = vec!["--relay", url.as_str()];
        more.extend(only);
        let ran = send(&desk, MONDAY, &more);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let row = letters(&desk).remove(0);
        assert_eq!((row["state"].as_str(), row["attempts"].as_i64()), (Some("queued"), Some(0)), "{row}");
        assert!(row["failure"].as_str().is_some_and(|why| why.contains("held") && why.contains("only_to")), "{row}");
    }
    assert_eq!(relay.connections(), 0);
    let listed = desk.run(&["outbox", "list"]).out;
    assert!(listed.contains("held: its address is not in only_to"), "{listed}");

    let ran = send(
        &desk,
        "2026-03-02T10:00:00Z",
        &["--relay", &url, "--only-to", "*@nhs.net", "--only-to", "AMY@home.example"],
    );
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!((relay.taken().len(), letters(&desk)[0]["state"].as_str()), (1, Some("sent")));
    assert_eq!(
        (relay.taken()[0].from.as_str(), relay.taken()[0].to.as_str()),
        ("careadmin@nhs.net", "amy@home.example")
    );
    assert!(desk.sent().is_empty(), "with a relay no file is written");
}

#[test]
fn what_was_held_for_more_than_a_day_does_not_go_by_itself() {
    let (desk, row) = with_a_letter();
    let relay = Fake::new(Vec::new());
    let url = relay.url();
    send(&desk, MONDAY, &["--relay", &url]);
    send(&desk, "2026-03-03T09:01:00Z", &["--relay", &url, "--live"]);
    let old = letters(&desk).remove(0);
    assert_eq!(old["state"], "failed");
    assert!(old["failure"].as_str().is_some_and(|why| why.contains("more than a day")), "{old}");
    let ticket = desk.show(row["ticket"].as_str().unwrap());
    assert_eq!(ticket["state"], "with_agent");
    assert!(relay.taken().is_empty());
    let again = desk.run(&["outbox", "retry", "--all", "--relay", &url, "--live", "--now", "2026-03-03T09:02:00Z"]);
    assert!(again.out.contains("has gone"), "{}{}", again.out, again.err);
    assert_eq!(relay.taken().len(), 1);
}

#[test]
fn the_settings_file_rules_and_serve_says_so_loudly() {
    let (desk, _) = with_a_letter();
    let relay = Fake::new(Vec::new());
    let settings = format!("relay: {}\nonly_to: [\"*@nhs.net\"]\nlmtp: 127.0.0.1:0\n", relay.url());
    std::fs::write(desk.data().join("caredesk.yaml"), settings).unwrap();
    assert_eq!(send(&desk, MONDAY, &[]).code, 0);
    let mut serve =
        desk.command(&["serve", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(serve.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    let said =
        BufReader::new(serve.stderr.take().unwrap()).lines().map_while(Result::ok).find(|line| line.contains("LIVE"));
    serve.kill().unwrap();
    serve.wait().unwrap();
    let ready: Value = serde_json::from_str(&ready).unwrap();
    assert!(ready["lmtp"].as_str().is_some_and(|place| place.starts_with("127.0.0.1:")), "{ready}");
    let said = said.expect("it says so before it is ready");
    assert!(said.contains("NOT LIVE: letters go only to *@nhs.net") && said.contains("1 is held back"), "{said}");
    assert!(relay.taken().is_empty());
}

#[test]
fn settings_that_are_not_right_are_refused_and_no_secret_is_shown() {
    let desk = Desk::with_sample();
    let refused = |args: &[&str], word: &str| {
        let mut all = vec!["outbox", "send"];
        all.extend(args);
        let ran = desk.run(&all);
        assert_eq!(ran.code, 2, "{args:?}: {}", ran.err);
        assert!(ran.err.contains(word), "{args:?}: {}", ran.err);
        assert!(!ran.err.contains("hunter2"), "{}", ran.err);
    };
    refused(&["--relay", "smtps://desk:hunter2@relay.example"], "password_file");
    refused(&["--relay", "smtp://relay.example"], "in the open");
    refused(&["--relay", "smtp://localhost", "--only-to", "nhs.net"], "*@nhs.net");
    refused(&["--config", "/nowhere.yaml"], "cannot read");
    std::fs::write(desk.data().join("caredesk.yaml"), "only_too: [\"*\"]\n").unwrap();
    refused(&[], "did you mean `only_to`?");
    let password = desk.data().join("password");
    std::fs::write(&password, "").unwrap();
    std::fs::write(
        desk.data().join("caredesk.yaml"),
        format!("relay: smtp://desk@localhost?password_file={}\n", password.display()),
    )
    .unwrap();
    refused(&[], "password is empty");
}

#[test]
fn a_slow_or_missing_relay_fails_no_command() {
    let desk = Desk::with_sample();
    let relay = Fake::new(vec![vec![(At::Rcpt, say("451 4.7.1 greylisted, come back"))]]);
    let url = relay.url();
    let took = desk.run_with(
        &["ingest", "--format", "json", "--now", MONDAY, "--relay", &url, "--live"],
        mail("one", AMY, "Locked out", WISH).as_bytes(),
    );
    assert_eq!((took.code, took.one()["decision"].as_str()), (0, Some("flow")));
    assert!(took.err.contains("outbox list"), "a word on stderr: {}", took.err);
    let row = letters(&desk).remove(0);
    assert_eq!((row["state"].as_str(), row["next_try"].as_str()), (Some("queued"), Some("2026-03-02T09:01:00Z")));
    assert!(row["failure"].as_str().is_some_and(|why| why.contains("greylisted")), "{row}");
    // Nobody listens there.
    assert_eq!(send(&desk, "2026-03-02T09:01:00Z", &["--relay", "smtp://127.0.0.1:1", "--live"]).code, 0);
    assert_eq!(letters(&desk)[0]["next_try"], "2026-03-02T09:03:00Z");
    let ticked = desk.run(&["tick", "--now", "2026-03-02T09:03:00Z", "--relay", &url, "--live"]);
    assert_eq!((ticked.code, relay.taken().len()), (0, 1), "{}", ticked.err);
}

#[test]
fn a_letter_that_nobody_wants_any_more_is_dropped_with_a_reason() {
    let (desk, row) = with_a_letter();
    let (key, ticket) = (row["key"].as_str().unwrap(), row["ticket"].as_str().unwrap());
    let dropped =
        desk.run(&["outbox", "drop", key, "--as", "rose", "--reason", "We rang instead.", "--format", "json"]);
    assert_eq!(dropped.one()["state"], "dropped");
    send(&desk, MONDAY, &[]);
    assert!(desk.sent().is_empty());
    let story = desk.run(&["ticket", "explain", ticket]).out;
    assert!(story.contains("rose made a note") && story.contains("We rang instead."), "{story}");
    assert_eq!(desk.run(&["outbox", "drop", key, "--as", "rose", "--reason", "x"]).code, 2);
    assert_eq!(desk.run(&["outbox", "retry", key]).code, 2);
    assert_eq!(desk.run(&["outbox", "retry", "CD-AAAA-AAAA-1-1"]).code, 2);
    assert_eq!(desk.run(&["outbox", "retry"]).code, 2, "one letter, or all");
}

#[test]
fn a_refused_letter_is_seen_on_its_ticket() {
    let (desk, row) = with_a_letter();
    let relay = Fake::new(vec![vec![(At::Rcpt, say("550 5.1.1 no such person"))]]);
    send(&desk, MONDAY, &["--relay", &relay.url(), "--live"]);
    let ticket = row["ticket"].as_str().unwrap();
    assert_eq!(desk.show(ticket)["state"], "with_agent");
    let story = desk.run(&["ticket", "explain", ticket]).out;
    assert!(
        story.contains("Letter 1 to amy@home.example was not delivered") && story.contains("no such person"),
        "{story}"
    );
    let failed = desk.run(&["outbox", "list", "--failed", "--format", "json"]).one();
    assert_eq!(failed["key"], row["key"]);
}

#[test]
fn an_agents_task_outlives_a_letter_that_does_not_arrive() {
    let desk = Desk::with_sample();
    let wish = "Please reset my nhsmail password. It is amy.field@nhs.net and my mobile is 07700 900111.";
    let relay = Fake::new(vec![vec![(At::Rcpt, say("550 5.1.1 no such person"))]]);
    let args = ["ingest", "--format", "json", "--now", MONDAY, "--live", "--relay", &relay.url()];
    let opened = desk.run_with(&args, mail("one", AMY, "Password", wish).as_bytes()).one();
    let shown = desk.show(opened["ticket"].as_str().unwrap());
    assert_eq!((shown["state"].as_str(), shown["tasks"][0]["status"].as_str()), (Some("with_task"), Some("open")));
    let story = desk.run(&["ticket", "explain", opened["ticket"].as_str().unwrap()]).out;
    assert!(story.contains("was not delivered"), "{story}");
}

/// What a mail server writes when it could not deliver a letter, or not yet.
fn report(id: &str, action: &str, message_id: &str) -> String {
    format!(
        "Return-Path: <>\r\nFrom: MAILER-DAEMON@mx.home.example\r\nTo: careadmin@nhs.net\r\nMessage-ID: <{id}@mx.home.example>\r\n\
         Date: Tue, 3 Mar 2026 09:00:00 +0000\r\nSubject: Delivery status\r\nMIME-Version: 1.0\r\n\
         Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\
         Content-Type: text/plain\r\n\r\nYour message could not be delivered yet or at all.\r\n--b\r\n\
         Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.home.example\r\n\r\n\
         Final-Recipient: rfc822; amy@home.example\r\nAction: {action}\r\nStatus: 5.1.1\r\n--b\r\n\
         Content-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{message_id}>\r\n--b--\r\n"
    )
}

#[test]
fn a_letter_that_comes_back_the_next_day_opens_its_ticket_again() {
    let (desk, row) = with_a_letter();
    let relay = Fake::new(Vec::new());
    send(&desk, MONDAY, &["--relay", &relay.url(), "--live"]);
    let ticket = row["ticket"].as_str().unwrap();
    desk.act(ticket, &["close", "--no-send"]).one();
    let ours = row["message_id"].as_str().unwrap();
    let (name, domain) = ours.split_once('@').unwrap();
    let other = if name.ends_with('0') { '1' } else { '0' };
    let forged = format!("{}{other}@{domain}", &name[..name.len() - 1]);
    for (id, action, quoted) in [("late", "delayed", ours), ("forged", "failed", forged.as_str())] {
        let came = desk.ingest_at("2026-03-03T09:00:00Z", &report(id, action, quoted));
        assert_eq!(came["decision"], "ignored", "{came}");
        assert_eq!(desk.show(ticket)["state"], "closed", "{id} changes nothing");
    }
    let came = desk.ingest_at("2026-03-03T09:00:00Z", &report("back", "failed", ours));
    assert_eq!((came["class"].as_str(), came["letters"].as_array().map(Vec::len)), (Some("bounce"), Some(0)));
    let shown = desk.show(ticket);
    assert_eq!((shown["state"].as_str(), shown["closed"].is_null()), (Some("with_agent"), true));
    let story = desk.run(&["ticket", "explain", ticket]).out;
    assert!(story.contains("a letter could not be delivered"), "{story}");
    let row = desk.run(&["outbox", "list", "--failed", "--format", "json"]).one();
    assert!(row["failure"].as_str().is_some_and(|why| why.contains("came back")), "{row}");
    assert_eq!(relay.taken().len(), 1, "nothing is written to the same address about it");
}

#[test]
fn a_line_is_encrypted_or_nothing_is_said() {
    let (desk, _) = with_a_letter();
    let (tls, certificate) = encrypting();
    let open = Fake::new(Vec::new());
    let chatty = Fake::encrypting(vec![vec![(At::StartTls, say("220 go ahead\r\n250 injected"))]], Some(tls.clone()));
    let stranger = Fake::encrypting(Vec::new(), Some(encrypting().0));
    let trusted = trusted(&desk, &certificate);
    let send = |relay: &Fake, scheme: &str, now: &str| {
        let url = format!("{scheme}://localhost:{}", relay.address.port());
        let ran = desk
            .command(&["outbox", "send", "--live", "--now", now, "--relay", &url])
            .env("SSL_CERT_FILE", &trusted)
            .output()
            .unwrap();
        assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
        letters(&desk).remove(0)
    };
    for (relay, scheme, now, words) in [
        (&open, "smtp+starttls", "2026-03-02T09:00:00Z", "offers no STARTTLS"),
        (&open, "smtps", "2026-03-02T10:00:00Z", "cannot be encrypted"),
        (&chatty, "smtp+starttls", "2026-03-02T11:00:00Z", "without being asked"),
        (&stranger, "smtp+starttls", "2026-03-02T12:00:00Z", "cannot be encrypted"),
    ] {
        let row = send(relay, scheme, now);
        assert_eq!(row["state"], "queued", "{words}");
        assert!(row["failure"].as_str().is_some_and(|why| why.contains(words)), "{row}");
        assert!(!relay.commands().iter().any(|verb| verb == "MAIL"), "{words}");
    }
    let good = Fake::encrypting(Vec::new(), Some(tls));
    let row = send(&good, "smtp+starttls", "2026-03-02T13:00:00Z");
    assert_eq!(row["state"], "sent", "{row}");
    assert_eq!((good.taken().len(), good.commands()[..3].join(" ")), (1, "EHLO STARTTLS EHLO".to_owned()));
}
