//! A raw mail into what it says, or into the reason why nobody but a person should read it. Nothing is lost either way.

use std::fmt;

use jiff::Timestamp;
use mail_parser::{Message as ParsedMail, MessageParser};
use sha2::{Digest, Sha256};

use crate::mail::address;
use crate::mail::authentication::{self, Claimed};
use crate::mail::body::{self, Body};
use crate::mail::boundary::Boundary;
use crate::mail::classify::{Evidence, classify};
use crate::mail::decode;
use crate::mail::gate::{self, Limits, Refusal};
use crate::mail::headers::{self, Headers};
use crate::mail::ids::{self, MessageIds};
use crate::mail::latest::Forwarded;
use crate::mail::lookalike;
use crate::mail::secrets;
use crate::mail::signature::Fold;
use crate::mail::structure::{self, Part};
use crate::mail::subject;
use crate::mail::words;
use crate::policy::message::{Class, Party};
use crate::policy::proof::Standing;

/// What the way of a mail says about it, outside of the mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Envelope {
    /// The return path. None is unknown; `Some("")` is the null path.
    pub mail_from: Option<String>,
    /// Whom it was delivered to.
    pub rcpt: Vec<String>,
}

/// What a desk knows about its own mail.
#[derive(Debug, Clone)]
pub struct DeskMail {
    /// Its own addresses, in lower case.
    pub addresses: Vec<String>,
    /// Its own Message-IDs.
    pub ids: MessageIds,
    /// Whose word about senders it takes.
    pub boundary: Boundary,
}

/// A mail that was read, or not.
#[derive(Debug)]
pub enum Reading {
    /// It was read.
    Readable(Box<Incoming>),
    /// It is for a person to look at.
    Unreadable(Unreadable),
}

/// Why a mail was not read. What is told of it is as written, and proves nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unreadable {
    /// Plain words.
    pub reason: String,
    /// A stable name in kebab-case.
    pub code: &'static str,
    /// Its Message-ID, without brackets.
    pub message_id: Option<String>,
    /// Its From field.
    pub from: Option<String>,
    /// Its subject.
    pub subject: Option<String>,
}

/// A mail that was read. Secrets are cut out of all its words.
#[derive(Debug, Clone)]
pub struct Incoming {
    /// Its Message-ID without brackets; None when it has none or more than one.
    pub message_id: Option<String>,
    /// The same for the same mail on every way: of From, Date, Message-ID, Subject, text and attachments.
    pub digest: String,
    /// Who says they wrote it.
    pub from: Party,
    /// What the boundary says about that.
    pub standing: Standing,
    /// The return path. None is unknown; `Some("")` is the null path.
    pub reply_path: Option<String>,
    /// Addresses of its To and Cc fields.
    pub to: Vec<String>,
    /// Its subject.
    pub subject: String,
    /// When it says it was written. Never used for order or deadlines.
    pub date: Option<Timestamp>,
    /// What kind of mail it is.
    pub class: Class,
    /// Why this kind.
    pub because: String,
    /// Its whole readable text.
    pub text: String,
    /// What is new in it, as a person reads it: answers within a quote stand below their questions, which begin with `>`.
    pub latest_text: String,
    /// The same for a machine: of a quoted question, no more than its number.
    pub own_text: String,
    /// What was folded away to find it, each kind once.
    pub folded: Vec<Fold>,
    /// The mail that was passed on with it: the words of somebody else.
    pub forwarded: Option<Forwarded>,
    /// Its subject without "RE:", `[EXTERNAL]` and the like: what to find the flow by.
    pub topic: String,
    /// Whether its HTML form newly says something else than its plain form. A person must look at both.
    pub differs: bool,
    /// Whether a password or a code was cut out.
    pub secret_removed: bool,
    /// References and In-Reply-To, oldest first, without brackets; of a report, also the mail that it is about.
    pub references: Vec<String>,
    /// What is attached.
    pub attachments: Vec<Attachment>,
    /// Why no automatic answer may go.
    pub suppress_answer: Option<String>,
    /// Whether its Sender is somebody else than its From.
    pub sender_differs: bool,
    /// What is odd about the letters of its sender's name or address. Such a sender is never taken for anybody known.
    pub odd_sender: Option<&'static str>,
}

/// Something attached.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// A safe name.
    pub name: String,
    /// Its type, as labelled.
    pub media_type: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({}, {} bytes)", self.name, self.media_type, self.bytes.len())
    }
}

/// Reads a mail.
pub fn read(raw: &[u8], envelope: &Envelope, desk: &DeskMail, limits: &Limits) -> Reading {
    match try_read(raw, envelope, desk, limits) {
        Ok(incoming) => Reading::Readable(Box::new(incoming)),
        Err(Refusal { code, reason }) => {
            let (message_id, from, subject) = headers::glimpse(raw);
            let subject = subject.map(|subject| secrets::cut(&subject).0);
            Reading::Unreadable(Unreadable { reason, code, message_id, from, subject })
        }
    }
}

fn try_read(raw: &[u8], envelope: &Envelope, desk: &DeskMail, limits: &Limits) -> Result<Incoming, Refusal> {
    gate::check_size(raw, limits)?;
    let headers = Headers::scan(raw, limits)?;
    refuse_many_addresses(&headers, limits)?;
    let from = only_from(&headers)?;
    let parts = structure::parts(raw, headers.block, headers.body_at, limits)?;
    let fields = Fields::of(&headers, &from)?;
    let body = body::read(raw, &parts, limits)?;
    let attached = words::attached_mail(raw, &parts, limits).filter(|_| body.report.is_none());
    let references = references(&headers, raw, &parts, &body);
    let claimed = Claimed {
        address: &from,
        oddity: lookalike::oddity(&from, fields.name.as_deref()),
        by_another: is_sent_by_another(&headers, &from),
    };
    let standing = authentication::judge(&headers, claimed, &desk.boundary)?;
    Ok(Incoming { standing, ..told(&headers, Told { from, fields, body, attached, references }, envelope, desk) })
}

/// What was found in a mail, before it is classed and secrets are cut out.
pub(super) struct Told {
    pub(super) from: String,
    pub(super) fields: Fields,
    pub(super) body: Body,
    /// The mail that is attached to it.
    pub(super) attached: Option<Forwarded>,
    pub(super) references: Vec<String>,
}

/// Puts together what a mail says.
pub(super) fn told(headers: &Headers<'_>, told: Told, envelope: &Envelope, desk: &DeskMail) -> Incoming {
    let Told { from, fields, body, attached, references } = told;
    let digest = digest(headers, &from, &body);
    let path = return_path(envelope, headers);
    let sender = words::Sender { address: &from, name: fields.name.as_deref(), subject: &fields.subject };
    let mut said = words::new_words(&sender, headers.refers(), &body);
    said.forwarded = said.forwarded.or(attached).filter(|inner| !is_ours(inner, desk));
    let evidence = Evidence {
        headers,
        from: &from,
        path: path.as_deref(),
        subject: &fields.subject,
        body: &body,
        said: &said,
        refers: headers.refers(),
    };
    let mut verdict = classify(&evidence, desk);
    let odd_sender = lookalike::oddity(&from, fields.name.as_deref());
    if let Some(oddity) = odd_sender {
        verdict.because.push_str("; ");
        verdict.because.push_str(oddity);
    }
    if body.attachments.iter().any(|attachment| attachment.media_type.ends_with("ms-tnef")) {
        verdict.because.push_str("; a part of it is packed in a winmail.dat file, which the desk cannot read");
    }
    if said.differs {
        verdict
            .because
            .push_str("; its two forms, plain and HTML, say different things, so a person must look at both");
    }
    let mut cutter = Cutter::default();
    let forwarded = said.forwarded.map(|inner| Forwarded {
        from: cutter.cut(&inner.from),
        subject: cutter.cut(&inner.subject),
        text: cutter.cut(&inner.text),
        attached: inner.attached,
    });
    let text = if said.differs { words::both_forms(&body) } else { body.text };
    Incoming {
        message_id: headers.message_id(),
        digest,
        sender_differs: sender_differs(headers, &from),
        odd_sender,
        from: Party { address: from, name: fields.name },
        // Nobody has been asked yet.
        standing: Standing::default(),
        reply_path: path,
        to: fields.to,
        topic: cutter.cut(subject::topic(&fields.subject)),
        subject: cutter.cut(&fields.subject),
        date: fields.date,
        class: verdict.class,
        because: verdict.because,
        text: cutter.cut(&text),
        latest_text: cutter.cut(&said.text),
        own_text: cutter.cut(&said.own),
        folded: said.folded,
        forwarded,
        differs: said.differs,
        attachments: body.attachments.into_iter().map(|attachment| cutter.attachment(attachment)).collect(),
        secret_removed: cutter.removed,
        references,
        suppress_answer: verdict.suppress,
    }
}

/// Exactly one From field with exactly one plain address: else the mail has no sender.
fn only_from(headers: &Headers<'_>) -> Result<String, Refusal> {
    let mut values = headers.all("from");
    match (values.next(), values.next()) {
        (Some(only), None) => address::only_address(&only),
        (None, _) => Err(Refusal::new("no-sender", "The mail does not say who it is from.")),
        (Some(_), Some(_)) => Err(Refusal::new("several-senders", "The mail says twice who it is from.")),
    }
}

fn refuse_many_addresses(headers: &Headers<'_>, limits: &Limits) -> Result<(), Refusal> {
    const FIELDS: [&str; 9] =
        ["from", "sender", "reply-to", "to", "cc", "bcc", "resent-to", "resent-cc", "resent-from"];
    let count: usize = FIELDS.iter().flat_map(|name| headers.all(name)).map(|value| address::count(&value)).sum();
    if count > limits.addresses {
        let most = limits.addresses;
        return Err(Refusal::new(
            "too-many-addresses",
            format!("The mail names {count} addresses. The most we read is {most}."),
        ));
    }
    Ok(())
}

/// What the parser reads out of the header block.
#[derive(Default)]
pub(super) struct Fields {
    name: Option<String>,
    to: Vec<String>,
    pub(super) subject: String,
    date: Option<Timestamp>,
}

impl Fields {
    fn of(headers: &Headers<'_>, from: &str) -> Result<Self, Refusal> {
        let block = kept_fields(headers);
        let parsed = MessageParser::default().parse_headers(&block);
        let senders = senders(parsed.as_ref());
        let agreed = matches!(senders.as_slice(), [only] if only.address.as_deref().is_some_and(|address| address.to_lowercase() == from.to_lowercase()));
        if !agreed {
            return Err(Refusal::new(
                "unclear-sender",
                "It is not clear who sent the mail: two readings of the From field differ.",
            ));
        }
        let name = senders.first().and_then(|sender| sender.name.as_deref()).and_then(address::clean_name);
        Ok(Self { name, ..Self::told_by(parsed.as_ref()) })
    }

    /// What the fields say, whoever sent them: nobody is named.
    pub(super) fn of_anybody(headers: &Headers<'_>) -> Self {
        let block = kept_fields(headers);
        Self::told_by(MessageParser::default().parse_headers(&block).as_ref())
    }

    fn told_by(parsed: Option<&ParsedMail<'_>>) -> Self {
        let to = parsed.into_iter().flat_map(|mail| [mail.to(), mail.cc()]).flatten();
        let to = to
            .flat_map(|list| {
                list.iter().filter_map(|one| one.address.as_deref().and_then(address::addr_spec)).collect::<Vec<_>>()
            })
            .collect();
        let subject = parsed.and_then(|mail| mail.subject()).unwrap_or_default();
        Self {
            name: None,
            to,
            subject: one_line(subject),
            date: parsed.and_then(|mail| mail.date()).and_then(|date| Timestamp::from_second(date.to_timestamp()).ok()),
        }
    }
}

/// Everybody whom the parser finds in the From field.
fn senders<'a>(parsed: Option<&ParsedMail<'a>>) -> Vec<mail_parser::Addr<'a>> {
    parsed.and_then(|mail| mail.from()).map(|from| from.clone().into_list()).unwrap_or_default()
}

/// The few fields that the parser is to read, one of each kind that may stand only once.
fn kept_fields(headers: &Headers<'_>) -> Vec<u8> {
    let mut block = String::new();
    for (name, most) in [("from", 2), ("to", 50), ("cc", 50), ("subject", 1), ("date", 1)] {
        for value in headers.all(name).take(most) {
            block.push_str(&format!("{name}: {value}\r\n"));
        }
    }
    block.push_str("\r\n");
    block.into_bytes()
}

/// A subject on one line, without anything hidden, not longer than anybody reads.
fn one_line(subject: &str) -> String {
    let shown: String = subject
        .chars()
        .map(|c| if c.is_whitespace() { ' ' } else { c })
        .filter(|c| !address::is_hidden(*c))
        .take(500)
        .collect();
    shown.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn return_path(envelope: &Envelope, headers: &Headers<'_>) -> Option<String> {
    let bare = |path: &str| path.trim().trim_start_matches('<').trim_end_matches('>').trim().to_owned();
    match &envelope.mail_from {
        Some(path) => Some(bare(path)),
        None => headers.first("return-path").map(|path| bare(&path)),
    }
}

/// A letter of ours that comes back is nobody's request.
fn is_ours(inner: &Forwarded, desk: &DeskMail) -> bool {
    let from = inner.from.to_lowercase();
    desk.addresses.iter().any(|address| from.contains(&address.to_lowercase()))
}

pub(super) fn references(headers: &Headers<'_>, raw: &[u8], parts: &[Part], body: &Body) -> Vec<String> {
    let mut references = headers.references();
    let returned = body.report.and_then(|_| body::returned_id(raw, parts));
    references.extend(returned.filter(|id| !headers.references().contains(id)));
    references
}

fn sender_differs(headers: &Headers<'_>, from: &str) -> bool {
    let differs =
        |value: String| address::only_address(&value).map_or(true, |sender| !sender.eq_ignore_ascii_case(from));
    headers.all("sender").any(differs)
}

/// Whether somebody else sent the mail in the name of its writer, or sent it once more.
fn is_sent_by_another(headers: &Headers<'_>, from: &str) -> bool {
    sender_differs(headers, from) || headers.has("resent-from") || headers.has("resent-sender")
}

/// The digest of what the writer wrote. Line ends, folds and all that the way adds are left out.
fn digest(headers: &Headers<'_>, from: &str, body: &Body) -> String {
    let mut hasher = Sha256::new();
    let mut put = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_be_bytes());
        hasher.update(bytes);
    };
    put(from.as_bytes());
    for name in ["date", "message-id", "subject"] {
        let values: Vec<String> =
            headers.all(name).map(|value| value.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        put(values.join("\n").as_bytes());
    }
    let text: Vec<&str> = body.text.lines().map(str::trim_end).collect();
    put(text.join("\n").trim().as_bytes());
    for attachment in &body.attachments {
        put(attachment.name.as_bytes());
        put(attachment.media_type.as_bytes());
        if attachment.media_type.starts_with("text/") || attachment.media_type.starts_with("message/") {
            put(decode::text(&attachment.bytes, None).trim_end().as_bytes());
        } else {
            put(&attachment.bytes);
        }
    }
    ids::hex(&hasher.finalize())
}

/// Cuts secrets, and remembers whether there were any.
#[derive(Default)]
struct Cutter {
    removed: bool,
}

impl Cutter {
    fn cut(&mut self, text: &str) -> String {
        let (text, removed) = secrets::cut(text);
        self.removed |= removed;
        text
    }

    fn attachment(&mut self, attachment: Attachment) -> Attachment {
        let (attachment, removed) = secrets::cut_attachment(attachment);
        self.removed |= removed;
        attachment
    }
}
