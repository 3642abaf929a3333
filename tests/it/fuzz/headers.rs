//! The header scan: what is accepted is a header block by the letter, and nobody else finds another sender in it.

use caredesk::mail::Limits;
use caredesk::mail::headers::{Headers, glimpse, is_id};

use super::seeds::{SENDERS, TOKENS, mails};
use super::{Outcome, Target, about, run};

/// Small bounds, so that they are met.
const LIMITS: Limits = Limits {
    mail_bytes: 60_000,
    header_bytes: 20_000,
    header_fields: 60,
    depth: 5,
    parts: 10,
    addresses: 20,
    received: 8,
    text_bytes: 10_000,
};

#[test]
fn no_header_block_breaks_the_scan() {
    let mut seeds = mails();
    seeds.extend(
        SENDERS.iter().map(|sender| format!("From: {sender}\r\nSubject: a\r\n b\r\n\r\nhello\r\n").into_bytes()),
    );
    run(&Target { name: "header scan", seeds, tokens: TOKENS, longest: 4_000, check });
}

fn check(raw: &[u8]) -> Outcome {
    glimpse_is_clean(raw)?;
    let headers = match Headers::scan(raw, &LIMITS) {
        Ok(headers) => headers,
        Err(refusal) => return Ok(refusal.code.to_owned()),
    };
    block_is_clean(raw, &headers)?;
    fields_are_clean(&headers)?;
    let senders = headers.all("from").count();
    if senders != lenient_senders(headers.block) {
        return Err("another reader finds another number of senders".into());
    }
    stays_the_same_with_a_body(&headers)?;
    let ids = headers.references();
    if ids.len() > 200 || !ids.iter().all(|id| is_id(id)) || headers.message_id().is_some_and(|id| !is_id(&id)) {
        return Err("an id that no mail may have".into());
    }
    let ended = match headers.body_at - headers.block.len() {
        0 => "no empty line",
        1 => "LF",
        _ => "CRLF",
    };
    Ok(format!("{senders} senders, {} fields, {} ids, {ended}", about(headers.fields.len()), about(ids.len())))
}

fn glimpse_is_clean(raw: &[u8]) -> Result<(), String> {
    let (id, from, subject) = glimpse(raw);
    let clean = |text: Option<String>| text.is_none_or(|text| !text.chars().any(char::is_control) && !text.is_empty());
    let fine = id.is_none_or(|id| is_id(&id)) && clean(from) && clean(subject);
    if fine { Ok(()) } else { Err("a glimpse shows what nobody should see".into()) }
}

fn block_is_clean(raw: &[u8], headers: &Headers<'_>) -> Result<(), String> {
    let block = headers.block;
    let feeds = block.iter().filter(|byte| **byte == b'\n').count();
    let pairs = block.windows(2).filter(|pair| pair == b"\r\n").count();
    let returns = block.iter().filter(|byte| **byte == b'\r').count();
    let fault = if !raw.starts_with(block) || headers.body_at < block.len() || headers.body_at > raw.len() {
        "the block is not the start of the mail"
    } else if block.len() > LIMITS.header_bytes || headers.fields.len() > LIMITS.header_fields {
        "the bounds do not hold"
    } else if block.contains(&0) || returns != pairs || (pairs != 0 && pairs != feeds) {
        "a null byte, a bare carriage return, or two kinds of line ends"
    } else {
        return Ok(());
    };
    Err(fault.into())
}

fn fields_are_clean(headers: &Headers<'_>) -> Result<(), String> {
    for field in &headers.fields {
        let name = field.name.as_bytes();
        if name.is_empty()
            || !name.iter().all(|byte| byte.is_ascii_graphic() && *byte != b':' && !byte.is_ascii_uppercase())
        {
            return Err(format!("the name {:?}", field.name));
        }
        if field.value().contains(['\r', '\n', '\0']) {
            return Err(format!("the value of {:?} has more than one line", field.name));
        }
    }
    // Every line is a field or goes on with one.
    let lines = headers.block.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let begun = lines.filter(|line| !matches!(line.first(), Some(b' ' | b'\t'))).count();
    if begun == headers.fields.len() { Ok(()) } else { Err(format!("{begun} lines begin a field")) }
}

/// How many senders a reader finds that overlooks blanks, control characters and bytes beyond ASCII in a name.
fn lenient_senders(block: &[u8]) -> usize {
    let is_sender = |line: &&[u8]| {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return false };
        let letters = line[..colon].iter().filter(|byte| byte.is_ascii_graphic()).map(u8::to_ascii_lowercase);
        !matches!(line.first(), Some(b' ' | b'\t')) && letters.eq(*b"from")
    };
    block.split(|byte| matches!(byte, b'\n' | b'\r')).filter(is_sender).count()
}

/// The same block with an empty line and any body after it is the same block.
fn stays_the_same_with_a_body(headers: &Headers<'_>) -> Result<(), String> {
    let end: &[u8] = if headers.block.contains(&b'\r') { b"\r\n" } else { b"\n" };
    let open = !headers.block.is_empty() && !headers.block.ends_with(b"\n");
    let ended = [headers.block, if open { end } else { b"" }].concat();
    let again = [&ended, end, b"From: b@c.example\n"].concat();
    let again = match Headers::scan(&again, &Limits { header_bytes: again.len(), ..LIMITS }) {
        Ok(again) => again,
        Err(refusal) => return Err(format!("with a body it is refused: {}", refusal.code)),
    };
    let told = |headers: &Headers<'_>| -> Vec<(String, String)> {
        headers.fields.iter().map(|field| (field.name.clone(), field.value())).collect()
    };
    let same = told(headers) == told(&again) && again.block == ended;
    if same { Ok(()) } else { Err("with a body it reads otherwise".into()) }
}
