//! The whole way of a mail: whatever comes is read or refused, and nobody is a sender who is not named just once.

use caredesk::mail::address::{addr_spec, is_hidden};
use caredesk::mail::headers::is_id;
use caredesk::mail::{DeskMail, Envelope, Incoming, Limits, MessageIds, Reading, read};

use super::seeds::{TOKENS, mails};
use super::{Outcome, Target, about, run};

#[test]
fn no_mail_breaks_the_reading() {
    run(&Target { name: "whole mail", seeds: mails(), tokens: TOKENS, longest: 3_000, check });
}

fn check(raw: &[u8]) -> Outcome {
    match read_raw(raw) {
        Reading::Unreadable(mail) => {
            let fine = mail.message_id.is_none_or(|id| is_id(&id)) && !mail.reason.is_empty();
            if fine { Ok(mail.code.to_owned()) } else { Err("a refusal shows what nobody should see".into()) }
        }
        Reading::Readable(mail) => {
            words_are_clean(&mail, raw)?;
            sender_is_one(&mail, raw)?;
            way_changes_nothing(&mail, raw)?;
            let marks = (mail.differs, mail.secret_removed, mail.sender_differs, mail.suppress_answer.is_some());
            let parts = about(mail.attachments.len());
            // Further words of the reason quote the mail, and are different each time.
            let because = mail.because.split_whitespace().take(4).collect::<Vec<_>>().join(" ");
            Ok(format!("{} because {because}, {marks:?}, {parts} attached", mail.class.name()))
        }
    }
}

fn read_raw(raw: &[u8]) -> Reading {
    let desk = DeskMail {
        addresses: vec!["helpdesk@nas.example".into()],
        ids: MessageIds::new([7; 32], "nas.example"),
        boundary: caredesk::mail::Boundary::None,
    };
    read(raw, &Envelope::default(), &desk, &Limits::default())
}

fn words_are_clean(mail: &Incoming, raw: &[u8]) -> Result<(), String> {
    let of_one_line = |text: &str| !text.contains(is_hidden) && text.chars().count() <= 520;
    let name_is_fine = |name: &str| of_one_line(name) && !name.is_empty() && !name.contains(['/', '\\']);
    let attached: usize = mail.attachments.iter().map(|attachment| attachment.bytes.len()).sum();
    let fault = if mail.text.contains(['\r', '\0']) || mail.latest_text.contains(['\r', '\0']) {
        "its text holds what no text may"
    } else if !of_one_line(&mail.subject) || !mail.from.name.as_deref().is_none_or(of_one_line) {
        "its subject or the sender's name is not one clean line"
    } else if !mail.attachments.iter().all(|attachment| name_is_fine(&attachment.name)) {
        "the name of an attachment could do harm"
    } else if !mail.references.iter().chain(&mail.message_id).all(|id| is_id(id)) {
        "an id that no mail may have"
    } else if mail.text.len() + mail.latest_text.len() + attached > 16 * raw.len() + 1_000 {
        "it grew while it was read"
    } else {
        return Ok(());
    };
    Err(fault.into())
}

/// By a reading that knows nothing but lines: exactly one sender above the first empty line, and the address in it.
fn sender_is_one(mail: &Incoming, raw: &[u8]) -> Result<(), String> {
    let address = &mail.from.address;
    if addr_spec(address).as_ref() != Some(address) {
        return Err(format!("{address:?} is no plain address"));
    }
    let lines = raw.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let named = lines.take_while(|line| !line.is_empty()).filter(|line| {
        let head: Vec<u8> =
            line.iter().filter(|byte| byte.is_ascii_graphic()).take(5).map(u8::to_ascii_lowercase).collect();
        head == b"from:" && !matches!(line.first(), Some(b' ' | b'\t'))
    });
    match named.count() {
        1 => Ok(()),
        others => Err(format!("{others} lines name a sender")),
    }
}

/// What a post office adds changes nothing of what the writer wrote.
fn way_changes_nothing(mail: &Incoming, raw: &[u8]) -> Result<(), String> {
    let first = raw.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
    let end = if first.ends_with(b"\r\n") { "\r\n" } else { "\n" };
    let stamped = [format!("X-Stamp: {}{end}", "a".repeat(60)).as_bytes(), raw].concat();
    match read_raw(&stamped) {
        Reading::Readable(again) if again.digest == mail.digest && again.class == mail.class => Ok(()),
        Reading::Readable(_) => Err("a stamp of the way changes what it says".into()),
        Reading::Unreadable(refused) => Err(format!("a stamp of the way makes it unreadable: {}", refused.code)),
    }
}
