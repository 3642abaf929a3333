//! Letters out: how they look, what their headers say, and that nothing foreign ever gets into a header.

use caredesk::mail::{Composed, DeskMail, Envelope, Limits, MessageIds, Reading, Sender, compose, read};
use caredesk::policy::message::{Channel, Party};
use caredesk::policy::outcome::{Block, Letter, Question};
use mail_parser::{HeaderValue, Message, MessageParser};
use proptest::prelude::*;

const ID: &str = "0123456789abcdef0123456789abcdef.0123456789abcdef0123456789abcdef@nas.example";

fn sender() -> Sender {
    Sender { address: "helpdesk@nas.example".into(), name: "NAS helpdesk".into() }
}

fn question(ask: &str, hint: Option<&str>, wrong: Option<&str>, choices: &[&str]) -> Question {
    Question {
        ask: ask.into(),
        hint: hint.map(str::to_owned),
        wrong: wrong.map(str::to_owned),
        choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
    }
}

fn letter() -> Letter {
    Letter {
        number: 1,
        channel: Channel::Mail,
        to: Party { address: "jo.smith@rosehill.example".into(), name: Some("Jo Smith".into()) },
        subject: "[CD-7K3M-9QX4] Locked out of the account".into(),
        blocks: vec![
            Block::Text("Hello Jo,".into()),
            Block::Text("We can help you to get back into the account. Please answer the questions below, in a reply to this mail.\n\nNever send us a password.".into()),
            Block::Understood(vec![("What is your ODS code?".into(), "V12345 <b>".into())]),
            Block::Questions(vec![
                question(
                    "What is the mobile number on the account?",
                    Some("It begins with 07."),
                    Some("You wrote \"0770\". A mobile number has 11 digits."),
                    &[],
                ),
                question("Which is it?", None, None, &["I forgot the password", "The account is locked"]),
            ]),
            Block::Signature("NAS helpdesk\nhelpdesk@nas.example".into()),
        ],
        choices: vec![],
        answers: Some("p1@rosehill.example".into()),
        references: vec!["p0@rosehill.example".into()],
        automatic: true,
    }
}

fn composed(letter: &Letter) -> Composed {
    compose(letter, &sender(), ID, "2026-03-02T10:00:00Z".parse().expect("it is a time")).expect("the letter is fine")
}

fn parsed(composed: &Composed) -> Message<'_> {
    MessageParser::default().parse(&composed.bytes).expect("the mail can be read")
}

fn text_of(value: Option<&HeaderValue<'_>>) -> String {
    value.and_then(HeaderValue::as_text).unwrap_or_default().trim().to_owned()
}

#[test]
fn a_letter_looks_like_this_as_text() {
    insta::assert_snapshot!(composed(&letter()).text);
}

#[test]
fn a_letter_looks_like_this_as_html() {
    insta::assert_snapshot!(composed(&letter()).html);
}

#[test]
fn a_letter_looks_like_this_on_its_way() {
    let bytes = String::from_utf8(composed(&letter()).bytes).expect("a mail is ASCII");
    assert!(bytes.is_ascii() && !bytes.replace("\r\n", "").contains(['\r', '\n']));
    assert!(bytes.lines().all(|line| line.len() <= 78 || line.ends_with(&format!("<{ID}>"))), "{bytes}");
    insta::assert_snapshot!(bytes.replace("\r\n", "\n"));
}

#[test]
fn composing_twice_gives_the_same_bytes() {
    assert_eq!(composed(&letter()).bytes, composed(&letter()).bytes);
}

#[test]
fn another_reader_finds_what_was_written() {
    let letter = letter();
    let out = composed(&letter);
    let mail = parsed(&out);
    assert_eq!(
        mail.body_text(0).as_deref().map(|text| text.replace("\r\n", "\n").trim_end().to_owned()),
        Some(out.text.clone())
    );
    assert_eq!(mail.body_html(0).as_deref().map(|html| html.replace("\r\n", "\n")), Some(out.html.clone()));
    assert_eq!(mail.message_id(), Some(ID));
    assert_eq!(mail.subject(), Some(letter.subject.as_str()));
    assert_eq!(text_of(mail.header("Auto-Submitted")), "auto-replied");
    assert_eq!(text_of(mail.header("X-Auto-Response-Suppress")), "All");
    assert_eq!(mail.in_reply_to().as_text(), Some("p1@rosehill.example"));
    assert_eq!(mail.date().map(mail_parser::DateTime::to_timestamp), Some(1_772_445_600));
}

#[test]
fn only_what_a_machine_wrote_says_so() {
    let header = |letter: Letter| {
        let out = composed(&letter);
        let mail = parsed(&out);
        (text_of(mail.header("Auto-Submitted")), mail.header("X-Caredesk-Desk").is_some())
    };
    assert_eq!(header(Letter { answers: None, references: vec![], ..letter() }), ("auto-generated".into(), true));
    assert_eq!(header(Letter { automatic: false, ..letter() }), (String::new(), false));
}

#[test]
fn a_desk_never_answers_a_desk() {
    let desk = DeskMail {
        addresses: vec!["other@desk.example".into()],
        ids: MessageIds::new([7; 32], "desk.example"),
        boundary: caredesk::mail::Boundary::None,
    };
    match read(&composed(&letter()).bytes, &Envelope::default(), &desk, &Limits::default()) {
        Reading::Readable(mail) => assert!(!mail.class.is_from_a_person() && mail.suppress_answer.is_some()),
        Reading::Unreadable(mail) => panic!("{}", mail.reason),
    }
}

#[test]
fn a_long_chain_of_references_is_trimmed_and_folded() {
    let references: Vec<String> = (0..300).map(|n| format!("{n}.{}@rosehill.example", "x".repeat(60))).collect();
    let out = composed(&Letter { references: references.clone(), ..letter() });
    let mail = parsed(&out);
    let kept = mail.references().as_text_list().expect("there are several").to_vec();
    assert_eq!(kept.len(), 21);
    assert_eq!(kept.first().map(AsRef::as_ref), references.first().map(String::as_str));
    assert_eq!(kept.last().map(AsRef::as_ref), Some("p1@rosehill.example"));
    assert!(String::from_utf8_lossy(&out.bytes).lines().all(|line| line.len() <= 100));
}

#[test]
fn nothing_foreign_gets_into_a_header() {
    let breaks = [
        "\r\nBcc: thief@evil.example",
        "\nBcc: thief@evil.example",
        "\rBcc: thief@evil.example",
        "\0",
        "\r\n\r\nbody",
        "\u{85}x",
        "\u{2028}x",
    ];
    let date = "2026-03-02T10:00:00Z".parse().expect("it is a time");
    let try_it = |letter: &Letter, sender: &Sender, id: &str| compose(letter, sender, id, date);
    for payload in breaks {
        let bad = format!("x{payload}");
        let refused = [
            (try_it(&letter(), &sender(), &bad), "Message-ID"),
            (try_it(&Letter { answers: Some(bad.clone()), ..letter() }, &sender(), ID), "In-Reply-To"),
            (try_it(&Letter { references: vec![bad.clone()], ..letter() }, &sender(), ID), "References"),
            (
                try_it(&Letter { to: Party::at(format!("jo@rosehill.example{payload}")), ..letter() }, &sender(), ID),
                "To",
            ),
            (try_it(&letter(), &Sender { address: format!("a@b.example{payload}"), ..sender() }, ID), "From"),
        ];
        for (result, field) in refused {
            assert_eq!(result.map_err(|error| error.field).err(), Some(field), "{payload:?}");
        }
        let to = Party { address: "jo@rosehill.example".into(), name: Some(bad.clone()) };
        let out = composed(&Letter { subject: bad.clone(), to, ..letter() });
        let mail = parsed(&out);
        assert!(mail.bcc().is_none() && mail.to().is_some_and(|to| to.clone().into_list().len() == 1), "{payload:?}");
        assert!(!out.subject.contains(char::is_control), "{payload:?}");
    }
    let named = try_it(&letter(), &Sender { name: "a\r\nBcc: b@c.example".into(), ..sender() }, ID);
    assert_eq!(named.map_err(|error| error.field).err(), Some("From"));
    for long in ["x".repeat(2_000), "word ".repeat(400)] {
        let out = composed(&Letter { subject: long, ..letter() });
        assert!(String::from_utf8_lossy(&out.bytes).lines().all(|line| line.len() <= 998));
    }
    assert!(try_it(&letter(), &sender(), &"x".repeat(1_000)).is_err());
}

#[test]
fn words_of_others_are_words_in_html() {
    for payload in ["<script>alert(1)</script>", "{{7*7}}", "${x}", "<%= x %>", "\"><img src=x onerror=y>", "&lt;", "'"]
    {
        let out = composed(&Letter {
            subject: payload.into(),
            blocks: vec![
                Block::Text(payload.into()),
                Block::Understood(vec![(payload.into(), payload.into())]),
                Block::Questions(vec![question(payload, Some(payload), Some(payload), &[payload])]),
                Block::Signature(payload.into()),
            ],
            ..letter()
        });
        assert!(
            !out.html.contains("<script") && !out.html.contains("<img") && !out.html.contains("<%"),
            "{}",
            out.html
        );
        assert!(out.text.contains(payload));
        assert!(!out.html.contains("://"), "a letter asks for nothing from outside");
    }
}

proptest! {
    #[test]
    fn any_words_come_out_as_they_went_in(subject in "\\PC{0,80}", text in "\\PC{0,200}", name in "\\PC{0,40}") {
        let to = Party { address: "jo@rosehill.example".into(), name: Some(name) };
        let out = composed(&Letter { subject, to, blocks: vec![Block::Text(text)], ..letter() });
        let mail = parsed(&out);
        prop_assert_eq!(mail.subject().unwrap_or_default().trim(), out.subject.trim());
        let text = mail.body_text(0).unwrap_or_default().replace("\r\n", "\n");
        prop_assert_eq!(text.trim_end(), out.text.trim_end());
        prop_assert!(out.bytes.is_ascii());
        prop_assert_eq!(mail.to().map(|to| to.clone().into_list().len()), Some(1));
    }

    #[test]
    fn any_letter_is_survived(field in "(\\PC|\r|\n|\0|<|>|@){0,60}", which in 0..5_u8) {
        let mut letter = letter();
        let mut sender = sender();
        match which {
            0 => letter.subject = field,
            1 => letter.to.address = field,
            2 => letter.to.name = Some(field),
            3 => sender.name = field,
            _ => letter.answers = Some(field),
        }
        if let Ok(out) = compose(&letter, &sender, ID, "2026-03-02T10:00:00Z".parse().expect("it is a time")) {
            prop_assert!(!String::from_utf8_lossy(&out.bytes).replace("\r\n", "").contains(['\r', '\n']));
        }
    }
}
