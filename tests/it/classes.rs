//! What kind of mail it is, measured on whole mails by people and robots. A robot must not be answered, a person must
//! not be ignored. The samples are frozen; `tests/data/classes/README.md` says what they are.

use std::fs;
use std::path::Path;

use caredesk::mail::{DeskMail, Envelope, Limits, MessageIds, Reading, read};
use caredesk::policy::message::Class;
use serde::Deserialize;

use super::replies::with_crlf;

/// The share of mails that must have the class that was wanted, in hundredths.
const EXACT: usize = 98;

/// What should be read in a mail.
#[derive(Deserialize)]
struct Expected {
    file: String,
    class: String,
    human: bool,
    why: String,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    set_aside: bool,
}

/// What was read in it.
struct Measured {
    expected: Expected,
    class: String,
    because: String,
}

impl Measured {
    fn is_right(&self) -> bool {
        self.class == self.expected.class
            || self.expected.also.contains(&self.class)
            || (self.class == "set aside" && self.expected.set_aside)
    }

    /// A robot that would be answered.
    fn is_answered(&self) -> bool {
        !self.expected.human && !self.is_right() && ["request", "reply", "empty"].contains(&self.class.as_str())
    }

    /// A person who would not be heard.
    fn is_ignored(&self) -> bool {
        self.expected.human && !self.is_right() && !["request", "reply", "empty"].contains(&self.class.as_str())
    }
}

#[test]
fn robots_are_not_answered_and_people_are_not_ignored() {
    let measured = measured();
    let table = table(&measured);
    println!("{table}");
    let count = |is: &dyn Fn(&Measured) -> bool| measured.iter().filter(|one| is(one)).count();
    assert!(measured.len() >= 120, "the samples are there");
    assert!(count(&Measured::is_answered) == 0, "{table}");
    assert!(count(&Measured::is_ignored) == 0, "{table}");
    assert!(count(&Measured::is_right) * 100 >= EXACT * measured.len(), "{table}");
}

fn measured() -> Vec<Measured> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/classes");
    let ids = MessageIds::new([7; 32], "desk.example");
    let letter = ids.mint("CD-2026-TEST", 1, 1);
    let desk = DeskMail {
        addresses: vec!["careadmin@nhs.net".into(), "helpdesk@nhs.net".into()],
        ids,
        boundary: caredesk::mail::Boundary::None,
    };
    let lines = fs::read_to_string(folder.join("expected.jsonl")).expect("the samples are told");
    lines
        .lines()
        .map(|line| {
            let expected: Expected = serde_json::from_str(line).expect("a line is as the page says");
            let raw = fs::read(folder.join(&expected.file)).expect("a sample can be read");
            let raw = with_crlf(&with_letter(&raw, &letter));
            let (class, because) = match read(&raw, &Envelope::default(), &desk, &Limits::default()) {
                Reading::Readable(mail) => (mail.class.name().to_owned(), mail.because),
                Reading::Unreadable(mail) => ("set aside".to_owned(), mail.reason),
            };
            Measured { expected, class, because }
        })
        .collect()
}

/// The mail with the id of a real letter of ours. Some samples are not UTF-8.
fn with_letter(raw: &[u8], letter: &str) -> Vec<u8> {
    const MARK: &[u8] = b"{{our-letter}}";
    let mut out = Vec::with_capacity(raw.len());
    let mut rest = raw;
    while let Some(at) = rest.windows(MARK.len()).position(|window| window == MARK) {
        out.extend_from_slice(&rest[..at]);
        out.extend_from_slice(letter.as_bytes());
        rest = &rest[at + MARK.len()..];
    }
    out.extend_from_slice(rest);
    out
}

fn table(measured: &[Measured]) -> String {
    const CLASSES: [Class; 9] = [
        Class::Request,
        Class::Reply,
        Class::AutoReply,
        Class::Bounce,
        Class::DeliveryReport,
        Class::List,
        Class::Calendar,
        Class::Empty,
        Class::Spam,
    ];
    let mut lines = vec!["| Class | right | of |".to_owned(), "|---|---|---|".to_owned()];
    for class in CLASSES {
        let of: Vec<&Measured> = measured.iter().filter(|one| one.expected.class == class.name()).collect();
        let right = of.iter().filter(|one| one.is_right()).count();
        lines.push(format!("| {} | {right} | {} |", class.name(), of.len()));
    }
    let count = |is: &dyn Fn(&Measured) -> bool| measured.iter().filter(|one| is(one)).count();
    lines.push(format!("| all | {} | {} |", count(&Measured::is_right), measured.len()));
    lines.push(format!("\nRobots answered: {}", count(&Measured::is_answered)));
    lines.push(format!("People ignored: {}", count(&Measured::is_ignored)));
    for one in measured.iter().filter(|one| !one.is_right()) {
        lines.push(format!(
            "{}: {} ({}), should be {} ({})",
            one.expected.file, one.class, one.because, one.expected.class, one.expected.why
        ));
    }
    lines.join("\n")
}
