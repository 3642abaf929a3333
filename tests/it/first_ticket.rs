//! The newcomer's story, through the command line: a mail is asked for what is missing, answered, worked and closed.
//! It also writes `docs/first-ticket.md`, so that what the page shows is what the program does.

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use crate::support::{Desk, MONDAY, mail, reply};

const AMY: &str = "Amy Field <amy@home.example>";

fn text(letter: &Value) -> &str {
    letter["text"].as_str().expect("a text")
}

fn only_letter(result: &Value) -> Value {
    let letters = result["letters"].as_array().expect("letters");
    assert_eq!(letters.len(), 1, "one letter: {letters:?}");
    letters[0].clone()
}

#[test]
fn a_mail_is_asked_for_what_is_missing_answered_worked_and_closed() {
    let desk = Desk::with_sample();
    let mut page = Page::default();

    let first =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/first-mail.eml")).expect("the mail");
    let opened = desk.ingest(&first);
    assert_eq!((opened["decision"].as_str(), opened["class"].as_str()), (Some("flow"), Some("request")));
    assert_eq!(opened["covers"][0], "PWD-2");
    let reference = opened["ticket"].as_str().expect("a reference").to_owned();
    let asking = only_letter(&opened);
    assert_eq!(asking["to"], "amy@home.example");
    assert!(asking["subject"].as_str().expect("a subject").contains(&reference));
    assert!(text(&asking).contains("1."), "numbered questions: {}", text(&asking));
    page.mail("A mail comes in", &first);
    page.letter("The desk asks for what is missing, in one letter", &asking);

    let answer = reply(
        "second",
        AMY,
        &asking,
        "Sorry, here it is. My address is amy.field@nhs.net and the mobile is 07700 900111.\n\nKind regards,\nAmy Field\n\
         Deputy manager, Rose Court\nTel: 01632 960 123",
    );
    let answered = desk.ingest_at("2026-03-02T09:20:00Z", &answer);
    assert_eq!((answered["decision"].as_str(), answered["ticket"].as_str()), (Some("continued"), Some(&*reference)));
    let thanks = only_letter(&answered);
    assert!(text(&thanks).contains("ending 0111"), "{}", text(&thanks));
    assert!(!text(&thanks).contains("07700"), "a mobile is never shown whole: {}", text(&thanks));
    page.mail("Amy answers, above the quoted letter and her signature", &answer);
    page.letter("The desk knows enough, and says what happens next", &thanks);

    let ticket = desk.show(&reference);
    assert_eq!(ticket["state"], "with_task");
    let task = ticket["tasks"][0]["act"].as_str().expect("a task").to_owned();
    page.command(&desk, &["ticket", "show", &reference, "--now", "2026-03-02T09:30:00Z"]);

    let done = desk.act(&reference, &["done", "--set", "identity_checked=yes"]).one();
    assert_ne!(done["open_tasks"][0].as_str(), Some(&*task), "the flow goes on to the next task");
    page.command_words(&format!("caredesk ticket act {reference} done --set identity_checked=yes --as agent.one"));
    let closed = desk.act(&reference, &["done"]).one();
    assert_eq!(closed["state"], "closed");
    let last = only_letter(&closed);
    page.command_words(&format!("caredesk ticket act {reference} done --as agent.one"));
    page.letter("The last letter", &last);

    let story = desk.run(&["ticket", "explain", &reference]);
    for told in ["Amy Field", "amy.field@nhs.net", "accounts.", "ring", "agent.one", "closed"] {
        assert!(story.out.contains(told), "the story tells of {told}: {}", story.out);
    }
    page.command(&desk, &["ticket", "explain", &reference]);
    assert_eq!(desk.sent().len(), 3, "three letters were sent: {:?}", desk.sent());
    assert_eq!(desk.run(&["ledger"]).code, 0);
    page.compare(&reference);
}

#[test]
fn the_same_mail_at_once_from_two_processes_is_one_ticket_and_one_letter() {
    let desk = Desk::with_sample();
    let same = mail("same", AMY, "Locked out", "Please reset my password, I am locked out and the reset page fails.");
    let results: Vec<Value> = std::thread::scope(|scope| {
        let runs: Vec<_> = (0..4).map(|_| scope.spawn(|| desk.ingest(&same))).collect();
        runs.into_iter().map(|run| run.join().expect("no panic")).collect()
    });
    let fresh: Vec<&Value> = results.iter().filter(|result| result["duplicate"] == false).collect();
    assert_eq!(fresh.len(), 1, "{results:?}");
    for result in &results {
        assert_eq!(result["ticket"], fresh[0]["ticket"]);
        assert_eq!(result["covers"], fresh[0]["covers"]);
    }
    assert_eq!(desk.sent().len(), 1);
    let ledger = desk.run(&["ledger", "--format", "json"]).one();
    assert_eq!(
        (ledger["received"].as_u64(), ledger["opened"].as_u64(), ledger["duplicate"].as_u64()),
        (Some(4), Some(1), Some(3))
    );
    assert_eq!(ledger["adds_up"], true);
}

/// The page that shows the story.
#[derive(Default)]
struct Page(String);

impl Page {
    fn mail(&mut self, title: &str, raw: &str) {
        let raw = raw.replace("\r\n", "\n");
        write!(self.0, "## {title}\n\n```text\n{}\n```\n\n", raw.trim_end()).expect("a string takes all");
    }

    fn letter(&mut self, title: &str, letter: &Value) {
        let (to, subject) =
            (letter["to"].as_str().expect("an address"), letter["subject"].as_str().expect("a subject"));
        write!(self.0, "## {title}\n\n```text\nTo: {to}\nSubject: {subject}\n\n{}\n```\n\n", text(letter).trim_end())
            .expect("a string takes all");
    }

    fn command_words(&mut self, line: &str) {
        write!(self.0, "```console\n$ {line}\n```\n\n").expect("a string takes all");
    }

    fn command(&mut self, desk: &Desk, args: &[&str]) {
        let ran = desk.run(args);
        assert_eq!(ran.code, 0, "{}", ran.err);
        let lines: String = ran.out.lines().map(|line| format!("{}\n", line.trim_end())).collect();
        write!(self.0, "```console\n$ caredesk {}\n{lines}```\n\n", args.join(" ")).expect("a string takes all");
    }

    /// Compares with the page in the repository; `CAREDESK_WRITE_DOCS=1` writes it anew. What is drawn by chance gets a
    /// fixed name.
    fn compare(&self, reference: &str) {
        let mut page = String::from(
            "# The first ticket\n\nThis page is written by a test: it is what the program does with the shipped pack and its made-up \
             directory.\nThe reference is drawn by chance; here it is always the same.\n\n",
        );
        page.push_str(&self.0.replace(reference, "CD-7K3M-9QX4"));
        let page: String =
            page.lines().map(|line| if is_id(line) { mask(line) } else { format!("{line}\n") }).collect();
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/first-ticket.md");
        if std::env::var_os("CAREDESK_WRITE_DOCS").is_some() {
            std::fs::write(&path, &page).expect("the page is written");
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == page,
            "docs/first-ticket.md is not what the program does; write it with CAREDESK_WRITE_DOCS=1\n{page}"
        );
    }
}

fn is_id(line: &str) -> bool {
    line.starts_with("In-Reply-To:") || line.starts_with("References:")
}

fn mask(line: &str) -> String {
    let name = line.split(':').next().unwrap_or_default();
    format!("{name}: <the letter's Message-ID>\n")
}

#[test]
fn a_reply_from_another_address_opens_a_linked_ticket_and_tells_nothing() {
    let desk = Desk::with_sample();
    let opened = desk.ingest_at(MONDAY, &mail("one", AMY, "Locked out", "Please reset my password, I am locked out."));
    let letter = only_letter(&opened);
    let stranger = reply("two", "Sam Stone <sam@elsewhere.example>", &letter, "amy.field@nhs.net, 07700 900111");
    let other = desk.ingest(&stranger);
    assert_ne!(other["ticket"], opened["ticket"]);
    let told = only_letter(&other);
    let reference = opened["ticket"].as_str().expect("a reference");
    assert!(!text(&told).contains(reference) && !text(&told).contains("Amy"), "{}", text(&told));
    let shown = desk.show(other["ticket"].as_str().expect("a reference"));
    assert_eq!(shown["links"][0], reference);
    assert_eq!(desk.show(reference)["state"], "waiting_requester");
}
