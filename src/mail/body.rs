//! What stands in a mail: its text, whether its two forms say the same, what is attached, and what a report reports.

use std::collections::HashMap;

use crate::mail::decode;
use crate::mail::gate::{Limits, Refusal};
use crate::mail::html;
use crate::mail::name;
use crate::mail::read::Attachment;
use crate::mail::structure::{Part, is_mail};

/// The content of a mail.
#[derive(Debug, Default)]
pub struct Body {
    /// Its readable text, whole.
    pub text: String,
    /// Whether the HTML form says something else than the plain form.
    pub html_differs: bool,
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
    Ok(body)
}

/// Reads whatever can be had out of the parts of a mail.
pub fn whatever(raw: &[u8], parts: &[Part], limits: &Limits) -> Body {
    let mut picker = Picker { raw, parts, limits, used: vec![false; parts.len()], differs: false };
    let picked = picker.pick(0);
    let used = picker.used;
    let mut body = Body {
        html_differs: picker.differs,
        calendar: calendar(raw, parts),
        report: report(raw, parts),
        ..Body::default()
    };
    let text = picked.map(|picked| picked.text).unwrap_or_default();
    for (index, part) in parts.iter().enumerate().filter(|(index, part)| !used[*index] && is_attachment(part)) {
        let bytes = part.bytes(raw);
        if bytes.is_empty() && part.content.name.is_none() {
            continue;
        }
        let name = name::safe(part.content.name.as_deref(), &part.content.media_type, index);
        body.attachments.push(Attachment { name, media_type: part.content.media_type.clone(), bytes });
    }
    body.text = shortened(text, limits, &mut body.attachments);
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
    is_html: bool,
}

struct Picker<'a> {
    raw: &'a [u8],
    parts: &'a [Part],
    limits: &'a Limits,
    used: Vec<bool>,
    differs: bool,
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
            _ if children.is_empty() => Some(Picked { text: self.decoded(index), is_html: false }),
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
        let text = if is_html { html::text(&decoded, most) } else { decoded };
        // HTML that was not read to its end stays whole among the attachments.
        self.used[index] = !is_html || text.len() < most;
        Some(Picked { text, is_html })
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
            (Some(plain), Some(rich)) => {
                self.differs |= differ(&plain.text, &rich.text);
                Some(plain)
            }
            (plain, rich) => plain.or(rich),
        }
    }

    fn joined(&mut self, children: &[usize]) -> Option<Picked> {
        let mut all: Option<Picked> = None;
        for &child in children {
            let Some(next) = self.pick(child) else { continue };
            match &mut all {
                Some(before) if before.text.len() < self.limits.text_bytes * 2 => {
                    before.text.push_str("\n\n");
                    before.text.push_str(&next.text);
                }
                Some(_) => {}
                None => all = Some(next),
            }
        }
        all
    }
}

fn is_attachment(part: &Part) -> bool {
    !part.within_mail && part.family() != "multipart"
}

/// Whether two forms of a text say something else: words that stand in one of them only.
fn differ(plain: &str, rich: &str) -> bool {
    let mut counts: HashMap<String, i64> = HashMap::new();
    let mut total = 0_i64;
    for (text, step) in [(plain, 1), (rich, -1)] {
        // Links and pictures are written out in one form and not in the other.
        for word in text
            .split_whitespace()
            .filter(|word| !word.contains("://") && !word.contains("cid:") && !word.contains('@'))
        {
            for piece in word.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty()) {
                *counts.entry(piece.to_lowercase()).or_default() += step;
                total += 1;
            }
        }
    }
    let odd: i64 = counts.values().map(|count| count.abs()).sum();
    odd > 1 && odd * 10 > total
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

fn refuse_sealed(parts: &[Part]) -> Result<(), Refusal> {
    for part in parts.iter().filter(|part| !part.within_mail) {
        match part.content.media_type.as_str() {
            "multipart/encrypted" | "application/pkcs7-mime" | "application/x-pkcs7-mime" => {
                return Err(Refusal::new("sealed", "The mail is encrypted or sealed. The desk cannot read it."));
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
    let part = parts.iter().find(|part| !part.within_mail && part.content.media_type == "text/calendar")?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_that_say_the_same_do_not_differ() {
        assert!(!differ("Hello Jo,\n\n1. V12345\nhttps://x.example", "Hello Jo,\n1. V12345\nclick"));
        assert!(differ("please cancel", "please approve"));
        assert!(!differ("", ""));
    }
}
