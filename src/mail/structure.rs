//! The parts of a mail, found by one pass over its lines with our own bounds, so that no nest of parts ever reaches a
//! parser that recurses. A mail within a mail is one part to us; what is in it is counted, not read.

use std::ops::Range;

use mail_parser::{ContentType, MessageParser, MimeHeaders};

use crate::mail::decode;
use crate::mail::gate::{Limits, Refusal};

/// How a body is wrapped for its way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// As it is.
    Plain,
    /// Base64.
    Base64,
    /// Quoted-printable.
    QuotedPrintable,
}

/// What a part's fields say about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// `text/plain`, in lower case.
    pub media_type: String,
    /// Its boundary, when it has parts.
    pub boundary: Option<String>,
    /// Its character set, as labelled.
    pub charset: Option<String>,
    /// Its file name, decoded, not made safe.
    pub name: Option<String>,
    /// A calendar's `METHOD`, in lower case.
    pub method: Option<String>,
    /// A report's kind, in lower case.
    pub report_type: Option<String>,
    /// Whether soft line breaks are to be joined.
    pub flowed: bool,
    /// Whether its disposition says attachment.
    pub attached: bool,
    /// Its wrapping.
    pub encoding: Encoding,
}

/// A part of a mail.
#[derive(Debug, Clone)]
pub struct Part {
    /// The part around it; None for the mail itself.
    pub parent: Option<usize>,
    /// What it is.
    pub content: Content,
    /// Where its body lies in the mail.
    pub body: Range<usize>,
    /// Whether it belongs to a mail within this mail.
    pub within_mail: bool,
}

impl Part {
    /// The family of its type: `text`, `image`, `multipart`.
    pub fn family(&self) -> &str {
        self.content.media_type.split('/').next().unwrap_or_default()
    }

    /// Its body, unwrapped.
    pub fn bytes(&self, raw: &[u8]) -> Vec<u8> {
        let body = raw.get(self.body.clone()).unwrap_or_default();
        match self.content.encoding {
            Encoding::Plain => body.to_vec(),
            Encoding::Base64 => decode::base64(body),
            Encoding::QuotedPrintable => decode::quoted_printable(body),
        }
    }
}

/// Finds the parts of a mail: outer ones before inner ones. The first is the mail itself.
pub fn parts(raw: &[u8], header: &[u8], body_at: usize, limits: &Limits) -> Result<Vec<Part>, Refusal> {
    let mut left = limits.parts;
    let found = walk(raw, header, body_at, limits.depth, &mut left, limits)?;
    count_wrapped_mails(raw, &found, limits.depth, &mut left, limits)?;
    Ok(found)
}

/// Mails wrapped in base64 within mails wrapped in base64: unwrapped only to count them.
fn count_wrapped_mails(
    raw: &[u8],
    parts: &[Part],
    depth: usize,
    left: &mut usize,
    limits: &Limits,
) -> Result<(), Refusal> {
    for part in parts.iter().filter(|part| is_mail(&part.content) && part.content.encoding != Encoding::Plain) {
        let inner = part.bytes(raw);
        let deeper = depth.checked_sub(1 + nesting(parts, part)).ok_or_else(|| too_deep(limits))?;
        let body_at = end_of_headers(&inner);
        let found = walk(&inner, &inner[..body_at], body_at, deeper, left, limits)?;
        count_wrapped_mails(&inner, &found, deeper, left, limits)?;
    }
    Ok(())
}

fn nesting(parts: &[Part], part: &Part) -> usize {
    std::iter::successors(part.parent, |&parent| parts.get(parent)?.parent).count()
}

/// A multipart that is open, or a mail within the mail (which ends where the multipart around it goes on).
struct Open {
    part: usize,
    boundary: Option<Vec<u8>>,
}

/// What the walk is in the middle of.
enum State {
    Headers { from: usize },
    Leaf { part: usize },
    Between,
}

struct Walk<'a> {
    raw: &'a [u8],
    limits: &'a Limits,
    depth: usize,
    parts: Vec<Part>,
    open: Vec<Open>,
    state: State,
}

fn walk(
    raw: &[u8],
    header: &[u8],
    body_at: usize,
    depth: usize,
    left: &mut usize,
    limits: &Limits,
) -> Result<Vec<Part>, Refusal> {
    /// More lines like `--x` than this are no mail that a person writes.
    const MOST_DASHED_LINES: usize = 100_000;
    let mut walk = Walk { raw, limits, depth, parts: Vec::new(), open: Vec::new(), state: State::Between };
    walk.begin(header, body_at, left)?;
    let (mut at, mut dashed) = (body_at, 0);
    while at < raw.len() {
        if walk.open.is_empty() {
            break;
        }
        let next = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |feed| at + feed + 1);
        let line = &raw[at..next];
        if line.starts_with(b"--") {
            dashed += 1;
            if dashed > MOST_DASHED_LINES {
                return Err(Refusal::new(
                    "too-many-parts",
                    "The mail has too many lines that look like borders of parts.",
                ));
            }
            if let Some((level, closes)) = walk.border(line.trim_ascii_end()) {
                walk.end(at, next, left)?;
                walk.close_above(level, closes, at);
                walk.state = if closes { State::Between } else { State::Headers { from: next } };
                at = next;
                continue;
            }
        }
        if let State::Headers { from } = walk.state {
            if next - from > limits.header_bytes {
                let most = limits.header_bytes / 1_000;
                return Err(Refusal::new(
                    "headers-too-long",
                    format!("The headers of a part are longer than {most} kB."),
                ));
            }
            if line.trim_ascii().is_empty() {
                walk.begin(&raw[from..at], next, left)?;
            }
        }
        at = next;
    }
    walk.end(raw.len(), raw.len(), left)?;
    walk.close_above(0, true, raw.len());
    Ok(walk.parts)
}

impl Walk<'_> {
    /// A part whose headers have been read begins.
    fn begin(&mut self, header: &[u8], body_at: usize, left: &mut usize) -> Result<(), Refusal> {
        let parent = self.open.last().map(|open| open.part);
        let digest = parent.is_some_and(|parent| self.parts[parent].content.media_type == "multipart/digest");
        let content = content_of(header, digest);
        let within_mail =
            parent.is_some_and(|parent| self.parts[parent].within_mail || is_mail(&self.parts[parent].content));
        *left = left.checked_sub(1).ok_or_else(|| {
            let most = self.limits.parts;
            Refusal::new("too-many-parts", format!("The mail has more than {most} parts."))
        })?;
        let part = self.parts.len();
        let nested_mail = is_mail(&content) && content.encoding == Encoding::Plain;
        let boundary = content.boundary.clone().map(String::into_bytes);
        self.parts.push(Part { parent, content, body: body_at..self.raw.len(), within_mail });
        if boundary.is_none() && !nested_mail {
            self.state = State::Leaf { part };
            return Ok(());
        }
        if self.open.len() >= self.depth {
            return Err(too_deep(self.limits));
        }
        self.state = if nested_mail { State::Headers { from: body_at } } else { State::Between };
        self.open.push(Open { part, boundary: if nested_mail { None } else { boundary } });
        Ok(())
    }

    /// The innermost open border that this line is, and whether it closes.
    fn border(&self, line: &[u8]) -> Option<(usize, bool)> {
        let rest = &line[2..];
        let bare = rest.strip_suffix(b"--");
        self.open.iter().enumerate().rev().find_map(|(level, open)| {
            let boundary = open.boundary.as_deref()?;
            if rest == boundary { Some((level, false)) } else { (bare == Some(boundary)).then_some((level, true)) }
        })
    }

    /// What was being read ends before the line at `at`.
    fn end(&mut self, at: usize, next: usize, left: &mut usize) -> Result<(), Refusal> {
        if let State::Headers { from } = self.state {
            // A part that is nothing but headers; without any, it is not there at all.
            if at > from && self.open.last().is_some() {
                let header = &self.raw[from..at];
                self.begin(header, at.min(next), left)?;
            }
        }
        if let State::Leaf { part } = self.state {
            let start = self.parts[part].body.start;
            self.parts[part].body.end = before_line_end(self.raw, start, at);
        }
        Ok(())
    }

    /// Closes what is open within `level`, and `level` itself when `closes`.
    fn close_above(&mut self, level: usize, closes: bool, at: usize) {
        let keep = if closes { level } else { level + 1 };
        while self.open.len() > keep {
            let Some(open) = self.open.pop() else { break };
            let start = self.parts[open.part].body.start;
            self.parts[open.part].body.end = before_line_end(self.raw, start, at);
        }
    }
}

fn before_line_end(raw: &[u8], start: usize, at: usize) -> usize {
    let at = at.max(start);
    let body = &raw[start..at];
    if at == raw.len() && !body.ends_with(b"\n") {
        return at;
    }
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    start + body.strip_suffix(b"\r").unwrap_or(body).len()
}

/// Whether a part is a mail of its own.
pub fn is_mail(content: &Content) -> bool {
    matches!(content.media_type.as_str(), "message/rfc822" | "message/global")
}

/// Where the headers of a mail within a mail end.
pub fn end_of_headers(raw: &[u8]) -> usize {
    let mut at = 0;
    while at < raw.len() {
        let next = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |feed| at + feed + 1);
        if raw[at..next].trim_ascii().is_empty() {
            return next;
        }
        at = next;
    }
    raw.len()
}

fn too_deep(limits: &Limits) -> Refusal {
    let most = limits.depth;
    Refusal::new("too-deep", format!("The mail has parts within parts, more than {most} deep."))
}

/// Reads the fields that describe a part. Only these few lines are ever given to the parser.
fn content_of(header: &[u8], in_digest: bool) -> Content {
    let block = content_fields(header);
    let parsed = MessageParser::default().parse_headers(&block);
    let head = parsed.as_ref().and_then(|message| message.parts.first());
    let kind = head.and_then(|head| head.content_type());
    let place = head.and_then(|head| head.content_disposition());
    let word = |text: &str| text.trim().to_ascii_lowercase();
    let attribute = |of: Option<&ContentType<'_>>, name: &str| of.and_then(|of| of.attribute(name)).map(str::to_owned);
    let media_type = match kind {
        Some(kind) if kind.subtype().is_some() => {
            format!("{}/{}", word(kind.ctype()), word(kind.subtype().unwrap_or_default()))
        }
        None if in_digest => "message/rfc822".into(),
        _ => "text/plain".into(),
    };
    let encoding = head.and_then(|head| head.content_transfer_encoding()).map(word).unwrap_or_default();
    let boundary = attribute(kind, "boundary")
        .filter(|boundary| media_type.starts_with("multipart/") && (1..=250).contains(&boundary.len()));
    Content {
        boundary,
        charset: attribute(kind, "charset"),
        name: attribute(place, "filename").or_else(|| attribute(kind, "name")),
        method: attribute(kind, "method").map(|method| word(&method)),
        report_type: attribute(kind, "report-type").map(|report| word(&report)),
        flowed: attribute(kind, "format").is_some_and(|format| format.eq_ignore_ascii_case("flowed")),
        attached: place.is_some_and(mail_parser::ContentType::is_attachment),
        encoding: match encoding.as_str() {
            "base64" => Encoding::Base64,
            "quoted-printable" => Encoding::QuotedPrintable,
            _ => Encoding::Plain,
        },
        media_type,
    }
}

/// The `Content-…` fields of a header block that matter, and an end.
fn content_fields(header: &[u8]) -> Vec<u8> {
    const KEPT: [&[u8]; 3] = [b"content-type:", b"content-transfer-encoding:", b"content-disposition:"];
    const MOST: usize = 16_000;
    let mut block = Vec::new();
    let mut keeping = false;
    for line in header.split_inclusive(|&byte| byte == b'\n') {
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            keeping =
                KEPT.iter().any(|name| line.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)));
        }
        if keeping && block.len() + line.len() <= MOST {
            block.extend_from_slice(line.trim_ascii_end());
            block.extend_from_slice(b"\r\n");
        }
    }
    block.extend_from_slice(b"\r\n");
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn types(raw: &str) -> Result<Vec<String>, &'static str> {
        let end = end_of_headers(raw.as_bytes());
        let found = parts(raw.as_bytes(), &raw.as_bytes()[..end], end, &Limits::default());
        found
            .map(|found| found.into_iter().map(|part| part.content.media_type).collect())
            .map_err(|refusal| refusal.code)
    }

    #[test]
    fn parts_are_found_in_order_even_when_the_last_border_is_missing() {
        let mail = "Content-Type: multipart/mixed; boundary=\"a b\"\n\nfoo\n--a b\n\nhello\n--a b \nContent-Type: image/png\n\nx\n";
        assert_eq!(types(mail), Ok(vec!["multipart/mixed".into(), "text/plain".into(), "image/png".into()]));
    }

    #[test]
    fn a_nest_is_refused_however_it_is_wrapped() {
        let nested = format!("{}hi", "Content-Type: message/rfc822\n\n".repeat(51));
        assert_eq!(types(&nested), Err("too-deep"));
        let fine = format!("{}hi", "Content-Type: message/rfc822\n\n".repeat(49));
        assert!(types(&fine).is_ok());
    }
}
