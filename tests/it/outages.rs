//! A full disk, a database that may only be read, faults of ours, and a clock that jumps: whoever sends is told to try
//! later, and afterwards everything is there once.

use std::collections::{BTreeSet, VecDeque};
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::kills::running::Running;
use crate::kills::{lmtp, small_desk};
use crate::support::{Desk, MONDAY, Ran, mail};

const WISH: &str = "Please reset my nhsmail password.";

/// A small desk with its made-up directory.
fn sampled() -> Desk {
    let desk = small_desk();
    let world = desk.pack.join("flows/world.yaml");
    assert_eq!(desk.run(&["directory", "import", world.to_str().expect("a path")]).code, 0);
    desk
}

fn wish(id: &str) -> String {
    mail(id, &format!("{id}@home.example"), "Locked out", WISH)
}

/// Runs a command in which something goes wrong at a place.
fn hurt(desk: &Desk, faults: &str, args: &[&str], input: &[u8]) -> Ran {
    let mut command = desk.command(args);
    command.env("CAREDESK_FAULTS", faults);
    Ran::of(command, input)
}

/// A hundred mails as files, each from another person.
fn hundred(desk: &Desk) -> Vec<PathBuf> {
    let folder = desk.data().with_file_name("queue");
    std::fs::create_dir_all(&folder).expect("a folder");
    let write = |n: usize| {
        let file = folder.join(format!("{n:03}.eml"));
        std::fs::write(&file, wish(&format!("person{n:03}"))).expect("it is written");
        file
    };
    (0..100).map(write).collect()
}

/// Hands files over by one command. Those that are not acknowledged stay in the queue.
fn hand_over(mut command: Command, queue: &mut Vec<PathBuf>) -> (i32, usize) {
    command.args(["ingest", "--format", "json", "--now", MONDAY]).args(&*queue);
    let ran = Ran::of(command, b"");
    let kept = ran.out.lines().count();
    queue.drain(..kept);
    assert!(ran.code == 0 || (ran.code == 75 && ran.err.contains("try again later")), "{} {}", ran.code, ran.err);
    (ran.code, kept)
}

/// All hundred arrived once: a ticket each, a letter each, and the ledger adds up.
fn all_arrived_once(desk: &Desk) {
    assert_eq!(desk.run(&["outbox", "send", "--now", "2026-03-02T09:10:00Z"]).code, 0);
    let tickets = desk.run(&["ticket", "list", "--all", "--format", "json"]).json();
    let people: BTreeSet<&str> = tickets.iter().filter_map(|row| row["requester"].as_str()).collect();
    assert_eq!((tickets.len(), people.len()), (100, 100));
    assert_eq!(desk.run(&["outbox", "list", "--format", "json"]).out, "", "no letter waits");
    assert_eq!(desk.sent().iter().filter(|name| name.ends_with(".eml")).count(), 100);
    assert_eq!(desk.run(&["ledger"]).code, 0);
    let marks: Vec<_> = std::fs::read_dir(desk.data().join("inflight")).expect("a folder").collect();
    assert!(marks.is_empty(), "{marks:?}");
}

#[test]
fn a_hundred_mails_survive_a_disk_that_fills_up_in_their_midst() {
    let desk = sampled();
    let mut queue = hundred(&desk);
    let mut acknowledged = 0;
    // Each time there is a little more room, and each time it fills up: no file may grow beyond so many blocks.
    for blocks in [1_200, 1_200, 2_400] {
        let program = desk.command(&[]);
        let words: Vec<String> = std::iter::once(program.get_program())
            .chain(program.get_args())
            .map(|word| format!("'{}'", word.to_string_lossy()))
            .collect();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec {} \"$@\"", words.join(" ")), "sh"]);
        let (code, kept) = hand_over(command, &mut queue);
        assert_eq!(code, 75, "the disk is full with {blocks} blocks");
        acknowledged += kept;
    }
    assert!((1..100).contains(&acknowledged), "it was in their midst: {acknowledged}");
    assert_eq!(hand_over(desk.command(&[]), &mut queue).0, 0, "there is room again");
    assert!(queue.is_empty());
    all_arrived_once(&desk);
}

#[test]
fn a_hundred_mails_survive_a_database_that_cannot_be_written_for_a_while() {
    for what in ["full", "readonly"] {
        for place in ["TransactionBegun", "TransactionFull"] {
            let desk = sampled();
            let mut queue = hundred(&desk);
            for fault in ["80", "1", "2", "40"] {
                let mut command = desk.command(&[]);
                command.env("CAREDESK_FAULTS", format!("{place}={fault}-999999:{what}"));
                assert_eq!(hand_over(command, &mut queue).0, 75, "{place} {fault} {what}");
            }
            assert!((1..100).contains(&queue.len()), "it was in their midst: {}", queue.len());
            assert_eq!(hand_over(desk.command(&[]), &mut queue).0, 0);
            all_arrived_once(&desk);
        }
    }
}

#[test]
fn a_mail_server_is_asked_to_try_again_while_nothing_can_be_kept() {
    for what in ["full", "readonly"] {
        let desk = sampled();
        let mut queue: VecDeque<PathBuf> = hundred(&desk).into();
        let mut command = desk.command(&["serve", "--format", "json", "--lmtp", "127.0.0.1:0", "--now", MONDAY]);
        command.env("CAREDESK_FAULTS", format!("TransactionFull=100-140:{what}")).stderr(Stdio::piped());
        let mut running = Running::start(command);
        let ready = running.ready().expect("it is ready");
        let (mut refused, mut offered) = (0, 0);
        while let Some(file) = queue.pop_front() {
            offered += 1;
            assert!(offered < 1_000, "the disk stays full");
            let bytes = std::fs::read(&file).expect("a mail");
            let answer = lmtp::answer(ready["lmtp"].as_str().expect("a place"), &bytes).expect("an answer");
            if !answer.starts_with("250 ") {
                assert!(answer.starts_with("451 "), "{answer}");
                refused += 1;
                queue.push_back(file);
            }
        }
        assert!(refused > 0, "it was in their midst");
        let pid = rustix::process::Pid::from_child(&running.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it hears");
        let (status, log) = running.end();
        assert!(status.success(), "{log}");
        all_arrived_once(&desk);
    }
}

#[test]
fn what_cannot_be_kept_is_refused_and_what_is_kept_is_acknowledged() {
    let desk = sampled();
    let attached = |id: &str| {
        let head = wish(id).replacen("text/plain; charset=utf-8", "multipart/mixed; boundary=\"=b\"", 1);
        let (head, _) = head.split_once("\r\n\r\n").expect("a header");
        format!(
            "{head}\r\n\r\n--=b\r\n\r\n{WISH}\r\n--=b\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n{id}\r\n--=b--\r\n"
        )
    };
    // The place, and whether the mail is kept when it goes wrong there.
    for (n, (place, kept)) in [
        ("AttemptBegun", false),
        ("AttachmentWritten", false),
        ("AttachmentMoved", false),
        ("TransactionBegun", false),
        ("TransactionFull", false),
        ("AttemptEnded", true),
        ("LetterWritten", true),
        ("LetterMoved", true),
    ]
    .into_iter()
    .enumerate()
    {
        for what in ["full", "readonly"] {
            let mail = attached(&format!("{place}{what}"));
            let ingest = ["ingest", "--format", "json", "--now", MONDAY];
            let ran = hurt(&desk, &format!("{place}=1-99:{what}"), &ingest, mail.as_bytes());
            assert_eq!(
                (ran.code, ran.out.is_empty()),
                if kept { (0, false) } else { (75, true) },
                "{place}: {}",
                ran.err
            );
            let again = desk.run_with(&ingest, mail.as_bytes()).one();
            assert_eq!(again["duplicate"], kept, "{n} {place} {what}");
        }
    }
    assert_eq!(desk.run(&["outbox", "send", "--now", "2026-03-02T09:10:00Z"]).code, 0);
    assert_eq!(desk.run(&["outbox", "list"]).out, "", "no letter waits");
    assert_eq!(desk.sent().len(), 16, "a letter each, and nothing half written");
    assert_eq!(desk.run(&["ledger"]).code, 0);
}

#[test]
fn a_fault_of_ours_puts_a_mail_aside_at_once_or_at_the_third_time() {
    let desk = sampled();
    let ingest = ["ingest", "--format", "json", "--now", MONDAY];
    // Whatever cannot be read is put aside: nobody can say what it is.
    for (id, fault) in [("one", "ReadingBegun=1:panic"), ("two", "WorkerWatched=1:full")] {
        let ran = hurt(&desk, fault, &ingest, wish(id).as_bytes());
        assert_eq!(ran.one()["decision"], "quarantined", "{fault}");
    }
    // What was read and cannot be decided is tried again, three times; so is what kills the desk.
    for (id, fault) in [
        ("three", "AdvanceBegun=1:panic"),
        ("four", "WorkerWatched=2:full"),
        ("five", "ReadingBegun=1:kill"),
        ("six", "TransactionFull=1:kill"),
    ] {
        for time in 1..=3 {
            let ran = hurt(&desk, fault, &ingest, wish(id).as_bytes());
            assert_ne!(ran.code, 0, "{fault}, time {time}: {}", ran.out);
            assert!(ran.out.is_empty(), "{}", ran.out);
        }
        let ran = hurt(&desk, fault.split('=').next().unwrap_or_default(), &ingest, wish(id).as_bytes());
        assert_eq!(ran.one()["decision"], "quarantined", "{fault}");
        let ran = desk.run_with(&ingest, wish(id).as_bytes());
        assert_eq!((ran.one()["duplicate"].as_bool(), ran.code), (Some(true), 0), "it is not tried for ever: {fault}");
    }
    assert_eq!(desk.ingest(&wish("seven"))["decision"], "flow", "the next one is served");
    assert_eq!(desk.run(&["ticket", "list", "--quarantine", "--format", "json"]).json().len(), 6);
    assert_eq!(desk.run(&["ledger"]).code, 0);
}

#[test]
fn a_desk_that_is_asked_to_stop_finishes_what_it_has_begun() {
    let desk = sampled();
    let inbox = desk.data().join("inbox");
    std::fs::create_dir_all(&inbox).expect("a folder");
    for id in ["one", "two"] {
        std::fs::write(inbox.join(format!("{id}.eml")), wish(id)).expect("it is written");
    }
    let mut child = desk
        .command(&["serve", "--format", "json"])
        .env("CAREDESK_FAULTS", "TicketWritten=1:hold")
        .env("NO_COLOR", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut log = BufReader::new(child.stderr.take().expect("a pipe")).lines().map_while(Result::ok);
    assert!(log.any(|line| line.contains("held")), "a ticket is being written");
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).expect("it hears");
    child.stdin.take().expect("a pipe").write_all(b"go on\n").expect("it hears");
    let rest: Vec<String> = log.collect();
    assert!(child.wait().expect("it ends").success(), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains(" mail decision=\"flow\"")), "what was begun is finished: {rest:?}");

    // What was not begun waits for the next start; nothing is between the two.
    let left = std::fs::read_dir(desk.data().join("taking")).expect("a folder").count();
    assert_eq!(left, 0);
    let tickets = desk.run(&["ticket", "list", "--all", "--format", "json"]).json().len();
    let waiting = std::fs::read_dir(&inbox).expect("a folder").count();
    assert_eq!(tickets + waiting, 2);
}

#[test]
fn a_clock_that_jumps_fires_each_timer_once_and_keeps_no_letter_back() {
    let desk = sampled();
    let opened = desk.ingest_at(MONDAY, &wish("one"));
    let tick = |now: &str| -> Vec<String> {
        let rows = desk.run(&["tick", "--format", "json", "--now", now]).json();
        rows.iter().map(|row| row["what"].as_str().unwrap_or_default().to_owned()).collect()
    };
    let story: Vec<(&str, &[&str])> = vec![
        ("2026-03-03T09:00:00Z", &[]),
        ("2026-03-01T09:00:00Z", &[]),
        ("2026-03-04T09:00:00Z", &["remind"]),
        ("2026-03-03T09:00:00Z", &[]),
        ("2026-03-04T09:00:00Z", &[]),
        ("2026-03-05T09:00:00Z", &[]),
        ("2026-03-04T09:00:00Z", &[]),
        ("2026-03-10T09:00:00Z", &["within"]),
        ("2026-03-09T09:00:00Z", &[]),
        ("2026-03-10T09:00:00Z", &[]),
    ];
    for (now, fires) in story {
        assert_eq!(tick(now), fires, "{now}");
    }
    let reference = opened["ticket"].as_str().expect("a reference");
    assert_eq!(desk.show(reference)["ending"], "unanswered");
    assert_eq!(desk.sent().len(), 3);

    // A desk whose clock was a day ahead died with a letter in its hand. The letter does not wait for that day.
    let mail = wish("two");
    let ahead = ["ingest", "--format", "json", "--now", "2026-03-03T09:00:00Z"];
    assert_eq!(hurt(&desk, "LettersLeased=1:kill", &ahead, mail.as_bytes()).code, -1);
    assert_eq!(desk.ingest(&mail)["duplicate"], true);
    assert_eq!(desk.run(&["outbox", "send", "--now", "2026-03-02T09:05:00Z"]).code, 0);
    assert_eq!(desk.sent().len(), 4);
}
