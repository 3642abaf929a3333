//! A letter into the bytes that go out: the same bytes whenever it is composed from the same values.
//!
//! INVARIANT: nothing with a line end, and nothing longer than a line may be, ever reaches a header of the builder.

use std::time::SystemTime;

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, Mailbox, MessageBuilder, MultiPart, MultiPartKind, SinglePart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};

use crate::mail::address;
use crate::mail::classify::MARK;
use crate::mail::headers::is_id;
use crate::mail::ids::hex;
use crate::mail::layout;
use crate::policy::outcome::Letter;

/// Who a letter is from: the desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender {
    /// Its address.
    pub address: String,
    /// Its name.
    pub name: String,
}

/// A letter that can be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Composed {
    /// Its Message-ID, without brackets.
    pub message_id: String,
    /// Its subject.
    pub subject: String,
    /// Its plain part.
    pub text: String,
    /// Its HTML part.
    pub html: String,
    /// The mail.
    pub bytes: Vec<u8>,
}

/// Why a letter cannot be sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the letter's {field} cannot stand in a mail: {why}")]
pub struct ComposeError {
    /// The field at fault.
    pub field: &'static str,
    /// Why.
    pub why: String,
}

/// References beyond this many lose their middle.
const MOST_REFERENCES: usize = 21;
/// The longest subject, in characters.
const MOST_SUBJECT: usize = 200;
/// The longest id that is repeated in References, so that a folded line stays short.
const MOST_ID: usize = 250;

/// Composes a letter. `message_id` has no brackets.
pub fn compose(
    letter: &Letter,
    sender: &Sender,
    message_id: &str,
    date: jiff::Timestamp,
) -> Result<Composed, ComposeError> {
    let subject = subject(&letter.subject);
    let text = layout::wrapped(&layout::plain_text(&letter.blocks));
    let html = layout::page(&subject, &letter.blocks);
    let builder = Message::builder()
        .from(from(sender)?)
        .to(to(letter)?)
        .subject(subject.clone())
        .date(moment(date)?)
        .message_id(Some(format!("<{}>", id("Message-ID", message_id)?)));
    let builder = marks(threads(builder, letter)?, letter);
    let message =
        builder.multipart(both(&text, &html, message_id)).map_err(|error| wrong("headers", error.to_string()))?;
    Ok(Composed { message_id: message_id.to_owned(), subject, text, html, bytes: message.formatted() })
}

fn from(sender: &Sender) -> Result<Mailbox, ComposeError> {
    if sender.name.chars().any(char::is_control) {
        return Err(wrong("From", "its name holds a line end or another control character"));
    }
    if sender.name.chars().count() > MOST_SUBJECT {
        return Err(wrong("From", "its name is too long"));
    }
    let name = address::clean_name(&sender.name);
    Ok(Mailbox::new(name.map(|name| unmistakable(&name)), mailbox("From", &sender.address)?))
}

/// The recipient's own name is a stranger's words: it is cleaned, and never reason enough not to answer.
fn to(letter: &Letter) -> Result<Mailbox, ComposeError> {
    let name = letter.to.name.as_deref().and_then(address::clean_name);
    Ok(Mailbox::new(name.map(|name| unmistakable(&name)), mailbox("To", &letter.to.address)?))
}

fn mailbox(field: &'static str, written: &str) -> Result<Address, ComposeError> {
    let plain = address::addr_spec(written).ok_or_else(|| wrong(field, "it is not one plain address"))?;
    plain.parse().map_err(|_| wrong(field, "it is not one plain address"))
}

/// The subject on one line, not too long. It may hold a stranger's words, so it is cleaned and not refused.
fn subject(written: &str) -> String {
    let spaced: String = written
        .chars()
        .map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c })
        .filter(|c| !address::is_hidden(*c))
        .collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let short: String = line.chars().take(MOST_SUBJECT).collect();
    unmistakable(if short.len() < line.len() { format!("{}…", short.trim_end()) } else { short }.as_str())
}

/// Plain words that look like an encoded word would be decoded by whoever reads them.
fn unmistakable(text: &str) -> String {
    text.replace("=?", "= ?")
}

fn threads(builder: MessageBuilder, letter: &Letter) -> Result<MessageBuilder, ComposeError> {
    let mut ids: Vec<&str> = Vec::new();
    for reference in &letter.references {
        ids.push(id("References", reference)?);
    }
    let Some(answers) = &letter.answers else {
        return Ok(if ids.is_empty() { builder } else { builder.references(bracketed(&ids)) });
    };
    let answers = id("In-Reply-To", answers)?;
    ids.retain(|known| *known != answers);
    ids.push(answers);
    ids.retain(|id| id.len() <= MOST_ID);
    if ids.len() > MOST_REFERENCES {
        ids.drain(1..=ids.len() - MOST_REFERENCES);
    }
    Ok(builder.in_reply_to(format!("<{answers}>")).references(bracketed(&ids)))
}

fn bracketed(ids: &[&str]) -> String {
    ids.iter().map(|id| format!("<{id}>")).collect::<Vec<_>>().join(" ")
}

fn id<'a>(field: &'static str, written: &'a str) -> Result<&'a str, ComposeError> {
    // Together with its name and brackets it must fit into one line of 998.
    if is_id(written) && written.len() <= 900 { Ok(written) } else { Err(wrong(field, "it is not a message id")) }
}

/// What other machines need to know: a machine wrote it, and wants no answer from a machine.
fn marks(builder: MessageBuilder, letter: &Letter) -> MessageBuilder {
    if !letter.automatic {
        return builder;
    }
    let submitted = if letter.answers.is_some() { "auto-replied" } else { "auto-generated" };
    [("Auto-Submitted", submitted), ("X-Auto-Response-Suppress", "All"), (MARK, "1")].into_iter().fold(
        builder,
        |builder, (name, value)| {
            builder.raw_header(HeaderValue::new(HeaderName::new_from_ascii_str(name), value.into()))
        },
    )
}

/// Plain text and HTML. The boundary follows from the id, so that the bytes are the same each time.
fn both(text: &str, html: &str, message_id: &str) -> MultiPart {
    // Quoted-printable never holds `=_`, so no text can hold the boundary.
    let boundary = format!("=_{}", &hex(&Sha256::digest(message_id.as_bytes()))[..40]);
    let part = |text: &str, kind: ContentType| SinglePart::builder().header(kind).body(quoted_printable(text));
    MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(boundary)
        .build()
        .singlepart(part(text, ContentType::TEXT_PLAIN))
        .singlepart(part(html, ContentType::TEXT_HTML))
}

fn quoted_printable(text: &str) -> Body {
    let lines = format!("{}\r\n", text.trim_end().replace('\n', "\r\n"));
    // The builder takes any text as quoted-printable; were it not so, it may choose a wrapping by itself.
    Body::new_with_encoding(lines, ContentTransferEncoding::QuotedPrintable).unwrap_or_else(Body::new)
}

fn moment(date: jiff::Timestamp) -> Result<SystemTime, ComposeError> {
    // The builder's dates end with the year 9999, and begin with 1970.
    let second = date.as_second();
    if !(0..253_402_300_800).contains(&second) {
        return Err(wrong("Date", "it lies before 1970 or after 9999"));
    }
    Ok(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(second.unsigned_abs()))
}

fn wrong(field: &'static str, why: impl Into<String>) -> ComposeError {
    ComposeError { field, why: why.into() }
}
