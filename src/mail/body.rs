//! What stands in a mail: its text in both forms, what is attached, and what a report reports.

use crate::mail::decode;
use crate::mail::gate::{Limits, Refusal};
use crate::mail::html;
use crate::mail::lines::{self, Line};
use crate::mail::name;
use crate::mail::read::Attachment;
use crate::mail::structure::{Part, is_mail};

/// The content of a mail.
#[derive(Debug, Default)]
pub struct Body {
    /// Its readable text, whole.
    pub text: String,
    /// The lines of its HTML form, with what the mail program says about them.
    pub rich: Option<Vec<Line>>,
    /// Everything that is not its text.
    pub attachments: Vec<Attachment>,
    /// The `METHOD` of a calendar part, in lower case.
    pub calendar: Option<String>,
    /// What a machine reports with it.
    pub report: Option<Report>,
}

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Report {
    /// A delivery failed for somebody.
    Failed,
    /// A delivery is late, was passed on, or was made.
    NotFailed,
    /// A mail was opened or deleted.
    Opened,
    /// Somebody complains about a mail.
    Complaint,
}

/// Reads the content of a mail out of its parts, if it is a mail whose words are in it.
pub fn read(raw: &[u8], parts: &[Part], limits: &Limits) -> Result<Body, Refusal> {
    refuse_pieces(parts)?;
    let body = whatever(raw, parts, limits);
    if body.text.trim().is_empty() {
        refuse_sealed(parts)?;
    }
    if body.text.trim_start().starts_with("-----BEGIN PGP MESSAGE-----") {
        return Err(Refusal::new("sealed", SEALED));
    }
    Ok(body)
}

/// Reads whatever can be had out of the parts of a mail.
pub fn whatever(raw: &[u8], parts: &[Part], limits: &Limits) -> Body {
    let mut picker = Picker { raw, parts, limits, used: vec![false; parts.len()] };
    let picked = picker.pick(0);
    let used = picker.used;
    let mut body = Body { calendar: calendar(raw, parts), report: report(raw, parts), ..Body::default() };
    let (text, rich) = picked.map(|picked| (picked.text, picked.rich)).unwrap_or_default();
    body.rich = rich;
    for (index, part) in parts.iter().enumerate().filter(|(index, part)| !used[*index] && is_attachment(part)) {
        let bytes = part.bytes(raw);
        if bytes.is_empty() && part.content.name.is_none() {
            continue;
        }
        let name = name::safe(part.content.name.as_deref(), &part.content.media_type, index);
        body.attachments.push(Attachment { name, media_type: part.content.media_type.clone(), bytes });
    }
    body.text = shortened(text, limits, &mut body.attachments);
    if let Some(rich) = &mut body.rich {
        let mut left = limits.text_bytes;
        let fits = |line: &Line| {
            left = left.saturating_sub(line.text.len() + 1);
            left > 0
        };
        let most = rich.iter().map(fits).take_while(|fits| *fits).count();
        rich.truncate(most);
    }
    body
}

/// The id of the mail that a report gives back, when it does.
pub fn returned_id(raw: &[u8], parts: &[Part]) -> Option<String> {
    let part = parts.iter().find(|part| {
        !part.within_mail && (is_mail(&part.content) || part.content.media_type == "text/rfc822-headers")
    })?;
    crate::mail::headers::glimpse(&part.bytes(raw)).0
}

struct Picked {
    text: String,
    /// The lines of its HTML form, when it has one.
    rich: Option<Vec<Line>>,
    is_html: bool,
}

struct Picker<'a> {
    raw: &'a [u8],
    parts: &'a [Part],
    limits: &'a Limits,
    used: Vec<bool>,
}

impl Picker<'_> {
    /// The text of a part. Recursion ends: parts are at most as deep as the gate lets through.
    fn pick(&mut self, index: usize) -> Option<Picked> {
        let part = self.parts.get(index)?;
        let children: Vec<usize> = match part.family() {
            "multipart" => {
                (index + 1..self.parts.len()).filter(|&child| self.parts[child].parent == Some(index)).collect()
            }
            _ => return self.leaf(index),
        };
        self.used[index] = true;
        match part.content.media_type.as_str() {
            _ if children.is_empty() => Some(Picked { text: self.decoded(index), rich: None, is_html: false }),
            "multipart/alternative" => self.alternative(&children),
            "multipart/related" | "multipart/signed" => self.pick(*children.first()?),
            "multipart/encrypted" => None,
            _ => self.joined(&children),
        }
    }

    fn leaf(&mut self, index: usize) -> Option<Picked> {
        let part = &self.parts[index];
        let is_html = part.content.media_type == "text/html";
        let named = part.content.name.is_some()
            && index > 0
            && part.parent.is_some_and(|parent| self.parts[parent].content.media_type == "multipart/mixed");
        if part.content.attached || named || part.within_mail || !(is_html || part.content.media_type == "text/plain") {
            return None;
        }
        let decoded = self.decoded(index);
        let most = self.limits.text_bytes * 2;
        let rich = is_html.then(|| html::lines(&decoded, most));
        let text = rich.as_deref().map_or(decoded, lines::text);
        // HTML that was not read to its end stays whole among the attachments.
        self.used[index] = !is_html || text.len() < most;
        Some(Picked { text, rich, is_html })
    }

    fn decoded(&self, index: usize) -> String {
        let part = &self.parts[index];
        let text = decode::text(&part.bytes(self.raw), part.content.charset.as_deref());
        if part.content.flowed { decode::unflow(&text) } else { text }
    }

    fn alternative(&mut self, children: &[usize]) -> Option<Picked> {
        let (mut plain, mut rich) = (None, None);
        for &child in children {
            match self.pick(child) {
                Some(picked) if picked.is_html => rich = Some(picked),
                Some(picked) if plain.is_none() => plain = Some(picked),
                _ => {}
            }
        }
        match (plain, rich) {
            (Some(plain), Some(rich)) if plain.text.trim().is_empty() => Some(rich),
            (Some(plain), Some(rich)) if rich.text.trim().is_empty() => Some(plain),
            (Some(plain), Some(rich)) => Some(Picked { rich: rich.rich, ..plain }),
            (plain, rich) => plain.or(rich),
        }
    }

    fn joined(&mut self, children: &[usize]) -> Option<Picked> {
        let mut all: Option<Picked> = None;
        for &child in children {
            let Some(next) = self.pick(child) else { continue };
            match &mut all {
                Some(before) if before.text.len() < self.limits.text_bytes * 2 => before.append(next),
                Some(_) => {}
                None => all = Some(next),
            }
        }
        all
    }
}

impl Picked {
    /// Another text below this one.
    fn append(&mut self, next: Picked) {
        if self.rich.is_some() || next.rich.is_some() {
            let rich = self.rich.get_or_insert_with(|| lines::of_text(&self.text));
            rich.push(Line::default());
            rich.extend(next.rich.unwrap_or_else(|| lines::of_text(&next.text)));
        }
        self.text.push_str("\n\n");
        self.text.push_str(&next.text);
    }
}

fn is_attachment(part: &Part) -> bool {
    !part.within_mail && part.family() != "multipart"
}

fn shortened(mut text: String, limits: &Limits, attachments: &mut Vec<Attachment>) -> String {
    if text.len() <= limits.text_bytes {
        return text;
    }
    let cut = (0..=limits.text_bytes).rev().find(|&at| text.is_char_boundary(at)).unwrap_or(0);
    let start = text[..cut].to_owned();
    text.shrink_to_fit();
    attachments.push(Attachment {
        name: "whole-message.txt".into(),
        media_type: "text/plain".into(),
        bytes: text.into_bytes(),
    });
    start
}

fn refuse_pieces(parts: &[Part]) -> Result<(), Refusal> {
    for part in parts.iter().filter(|part| !part.within_mail) {
        match part.content.media_type.as_str() {
            "message/partial" => return Err(Refusal::new("partial", "The mail is only a piece of a longer mail.")),
            "message/external-body" => {
                return Err(Refusal::new("external-body", "The mail's text lies somewhere else."));
            }
            _ => {}
        }
    }
    Ok(())
}

/// What an agent is told of a mail that only its receiver can open.
const SEALED: &str = "The mail is encrypted or sealed. The desk cannot read it.";

fn refuse_sealed(parts: &[Part]) -> Result<(), Refusal> {
    for part in parts.iter().filter(|part| !part.within_mail) {
        match part.content.media_type.as_str() {
            "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                return Err(Refusal::new("sealed", SEALED));
            }
            "application/ms-tnef" | "application/vnd.ms-tnef" => {
                return Err(Refusal::new(
                    "winmail",
                    "The mail's text is packed in a winmail.dat file. The desk cannot read it.",
                ));
            }
            _ => {}
        }
    }
    Ok(())
}

fn calendar(raw: &[u8], parts: &[Part]) -> Option<String> {
    let is_calendar = |part: &&Part| !part.within_mail && part.content.media_type == "text/calendar";
    let part = parts.iter().filter(is_calendar).min_by_key(|part| part.content.attached)?;
    let method = method(raw, part);
    // A file that somebody attached and that invites nobody is a file.
    method.filter(|method| !part.content.attached || method != "publish")
}

fn method(raw: &[u8], part: &Part) -> Option<String> {
    part.content.method.clone().or_else(|| {
        let bytes = part.bytes(raw);
        let text = decode::text(bytes.get(..4_000).unwrap_or(&bytes), None);
        text.lines().find_map(|line| line.strip_prefix("METHOD:").map(|method| method.trim().to_ascii_lowercase()))
    })
}

fn report(raw: &[u8], parts: &[Part]) -> Option<Report> {
    let top = parts.first()?;
    let kind = |media: &str| parts.iter().find(|part| !part.within_mail && part.content.media_type == media);
    if top.content.media_type != "multipart/report" {
        return None;
    }
    if let Some(status) = kind("message/delivery-status").or_else(|| kind("message/global-delivery-status")) {
        let text = decode::text(&status.bytes(raw), None);
        let actions: Vec<String> = text.lines().filter_map(|line| field(line, "action")).collect();
        let failed = actions.is_empty() || actions.iter().any(|action| action.starts_with("failed"));
        return Some(if failed { Report::Failed } else { Report::NotFailed });
    }
    match top.content.report_type.as_deref() {
        Some("disposition-notification") => Some(Report::Opened),
        Some("feedback-report") => Some(Report::Complaint),
        Some("delivery-status") => Some(Report::Failed),
        _ if kind("message/disposition-notification").is_some() => Some(Report::Opened),
        _ => None,
    }
}

fn field(line: &str, name: &str) -> Option<String> {
    let (field, value) = line.split_once(':')?;
    field.trim().eq_ignore_ascii_case(name).then(|| value.trim().to_ascii_lowercase())
}
