//! The running desk: a file dropped in gets its letter, and an edit of the pack takes effect without a restart.

use std::path::Path;

use crate::support::{Desk, Running, mail};

/// Puts a file into the inbox as a mail program should: whole at once.
fn drop_in(desk: &Desk, name: &str, mail: &str) {
    let inbox = desk.data().join("inbox");
    std::fs::write(inbox.join(format!(".{name}")), mail).expect("the file is written");
    std::fs::rename(inbox.join(format!(".{name}")), inbox.join(name)).expect("the file is renamed");
}

fn letters(folder: &Path) -> Vec<String> {
    let mut letters: Vec<_> =
        std::fs::read_dir(folder).expect("letters").map(|entry| entry.expect("an entry").path()).collect();
    letters.sort();
    letters.into_iter().map(|path| std::fs::read_to_string(path).expect("a letter")).collect()
}

#[test]
fn a_mail_dropped_into_the_inbox_gets_its_letter_and_leaves_the_inbox() {
    let desk = Desk::new();
    let mut running = Running::start(&desk);
    for key in ["http", "lmtp", "smtp"] {
        assert!(running.ready[key].is_null(), "{key} is off");
    }
    assert!(running.ready["pack"].is_string() && running.ready["database"].is_string());
    drop_in(
        &desk,
        "one.eml",
        &mail("one", "Amy Field <amy@home.example>", "Locked out", "Please reset my password, I am locked out."),
    );
    running.hears("decision=\"flow\"");
    running.hears("sent");
    let sent = letters(&desk.data().join("sent"));
    assert_eq!(sent.len(), 1);
    assert!(
        sent[0].contains("To: \"Amy Field\" <amy@home.example>")
            || sent[0].contains("To: Amy Field <amy@home.example>"),
        "{}",
        sent[0]
    );
    drop_in(&desk, "two.eml", "no mail at all");
    running.hears("decision=\"quarantined\"");
    let left: Vec<_> = std::fs::read_dir(desk.data().join("inbox")).expect("the inbox").collect();
    assert!(left.len() <= 1, "what was taken leaves the inbox: {left:?}");
    let aside = desk.run(&["ticket", "list", "--quarantine", "--format", "json"]).one();
    assert!(aside["reason"].as_str().is_some_and(|reason| !reason.is_empty()));
}

#[test]
fn an_edit_takes_effect_on_the_next_message_and_a_broken_one_is_refused() {
    let desk = Desk::with_own_pack();
    let mut running = Running::start(&desk);
    let file = desk.pack.join("flows/answers/using_mail.yaml");
    let good = std::fs::read_to_string(&file).expect("the answers");
    let wish = "I can read my mail but not send any";

    let edited = good.replacen("say: |\n", "say: |\n      We have changed this sentence.\n", 1);
    assert_ne!(edited, good);
    std::fs::write(&file, &edited).expect("the edit is saved");
    running.hears("an edit of the pack takes new messages");
    drop_in(&desk, "one.eml", &mail("one", "Amy Field <amy@home.example>", "Sending", wish));
    running.hears("decision=\"answer\"");
    running.hears("sent");
    let sent = letters(&desk.data().join("sent"));
    assert!(sent[0].contains("We have changed this sentence."), "{}", sent[0]);

    std::fs::write(&file, edited.replacen("say: |", "sya: |", 1)).expect("the edit is saved");
    let heard = running.hears("is refused; the last good pack stays");
    assert!(heard.contains("using_mail.yaml") && heard.contains("sya"), "{heard}");
    drop_in(&desk, "two.eml", &mail("two", "Omar Reed <omar@home.example>", "Sending", wish));
    running.hears("decision=\"answer\"");
}

#[test]
fn a_broken_pack_starts_nothing_and_every_finding_is_listed() {
    let desk = Desk::with_own_pack();
    for (name, from, to) in
        [("flows/desk.yaml", "contacts:", "contatcs:"), ("flows/facts.yaml", "type: mobile", "type: mobil")]
    {
        let file = desk.pack.join(name);
        let good = std::fs::read_to_string(&file).expect("a file");
        let broken = good.replacen(from, to, 1);
        assert_ne!(broken, good, "{name} has {from}");
        std::fs::write(&file, broken).expect("the edit is saved");
    }
    for command in [&["serve"][..], &["ingest"]] {
        let ran = desk.run_with(command, b"From: a@b.example\r\n\r\nhello\r\n");
        assert_eq!(ran.code, 1, "{command:?}: {}", ran.err);
        assert!(ran.err.contains("contatcs") && ran.err.contains("mobil"), "{command:?} lists all: {}", ran.err);
    }
    let rows = desk.run(&["check", "--format", "json"]);
    assert_eq!(rows.code, 1);
    for key in ["code", "severity", "file", "line", "column", "message", "help"] {
        assert!(rows.json().iter().all(|row| !row[key].is_null()), "{key}");
    }
}
