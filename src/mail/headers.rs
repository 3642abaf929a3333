//! The strict scan of a header block: every field by its exact name, or the mail is refused.
//!
//! Lenient parsers read `Fr om:` as From. Whoever checked the sender before us did not; so what is not a field by the
//! letter of the standard is never read as one.

use crate::mail::decode;
use crate::mail::gate::{Limits, Refusal};

/// One field of a header block.
#[derive(Debug, Clone)]
pub struct Field<'a> {
    /// Its name in lower case.
    pub name: String,
    /// Its value as it came, folds included.
    raw: &'a [u8],
}

impl Field<'_> {
    /// The value on one line, without the white space around it.
    pub fn value(&self) -> String {
        decode::text(self.raw, None).replace('\n', "").trim().to_owned()
    }
}

/// A header block that passed the scan.
#[derive(Debug)]
pub struct Headers<'a> {
    /// The block as it came, without the empty line that ends it.
    pub block: &'a [u8],
    /// Where the body begins.
    pub body_at: usize,
    /// Its fields, in order.
    pub fields: Vec<Field<'a>>,
}

impl<'a> Headers<'a> {
    /// Scans the header block of a mail.
    pub fn scan(raw: &'a [u8], limits: &Limits) -> Result<Self, Refusal> {
        refuse_false_starts(raw)?;
        let mut fields: Vec<Field<'a>> = Vec::new();
        let mut ends: Option<LineEnd> = None;
        let mut at = 0;
        while at < raw.len() {
            let line = Line::at(raw, at);
            if line.next > limits.header_bytes {
                let most = limits.header_bytes / 1_000;
                return Err(Refusal::new("headers-too-long", format!("The mail's headers are longer than {most} kB.")));
            }
            if line.end != LineEnd::None && *ends.get_or_insert(line.end) != line.end {
                return Err(Refusal::new("bare-line-feed", "The mail's headers mix two kinds of line ends."));
            }
            if line.text.is_empty() {
                return finish(raw, at, line.next, fields, limits);
            }
            refuse_control(line.text)?;
            match field_of(line.text)? {
                Shape::Continues => match fields.last_mut() {
                    Some(field) => field.raw = extend(raw, field.raw, line.next),
                    None => return Err(bad_name("The mail begins with white space instead of a header.")),
                },
                Shape::Field(colon) => {
                    let name = String::from_utf8_lossy(&line.text[..colon]).to_ascii_lowercase();
                    let from = at + colon + 1;
                    fields.push(Field { name, raw: &raw[from..line.next] });
                    if fields.len() > limits.header_fields {
                        let most = limits.header_fields;
                        return Err(Refusal::new(
                            "too-many-headers",
                            format!("The mail has more than {most} header fields."),
                        ));
                    }
                }
                Shape::NotAField => {
                    refuse_late_from(raw, at)?;
                    return finish(raw, at, at, fields, limits);
                }
            }
            at = line.next;
        }
        finish(raw, raw.len(), raw.len(), fields, limits)
    }

    /// The values of all fields with this name (in lower case), in order.
    pub fn all(&self, name: &str) -> impl Iterator<Item = String> {
        self.fields.iter().filter(move |field| field.name == name).map(Field::value)
    }

    /// The value of the first field with this name (in lower case).
    pub fn first(&self, name: &str) -> Option<String> {
        self.all(name).next()
    }

    /// Whether there is a field with this name (in lower case).
    pub fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }

    /// Whether the mail says that it answers another.
    pub fn refers(&self) -> bool {
        self.has("in-reply-to") || self.has("references")
    }

    /// The mail's own Message-ID without brackets. None when there is none, more than one, or one that no mail may have.
    pub fn message_id(&self) -> Option<String> {
        let mut values = self.all("message-id");
        let only = values.next()?;
        if values.next().is_some() {
            return None;
        }
        let bare = only.strip_prefix('<').and_then(|id| id.strip_suffix('>')).unwrap_or(&only);
        is_id(bare).then(|| bare.to_owned())
    }

    /// References and In-Reply-To, oldest first, each once, without brackets. Of a very long chain, both ends.
    pub fn references(&self) -> Vec<String> {
        const MOST: usize = 200;
        let mut seen = std::collections::HashSet::new();
        let mut ids: Vec<String> = Vec::new();
        for value in self.all("references").chain(self.all("in-reply-to")) {
            for id in ids_in(&value) {
                if is_id(id) && seen.insert(id.to_owned()) {
                    ids.push(id.to_owned());
                }
            }
        }
        if ids.len() > MOST {
            ids.drain(1..=ids.len() - MOST);
        }
        ids
    }
}

/// What stands in angle brackets. Some programs leave them out: then the words, if all of them may be ids.
fn ids_in(value: &str) -> Vec<&str> {
    if value.contains('<') {
        return value.split('<').skip(1).filter_map(|piece| Some(piece.split_once('>')?.0)).collect();
    }
    let words: Vec<&str> = value.split_whitespace().collect();
    if words.iter().all(|word| word.contains('@')) { words } else { Vec::new() }
}

/// What can be told of a mail whose headers are refused: Message-ID, From and Subject as written, unproved.
pub fn glimpse(raw: &[u8]) -> (Option<String>, Option<String>, Option<String>) {
    let (mut id, mut from, mut subject) = (None, None, None);
    let start = &raw[..raw.len().min(64_000)];
    for line in start.split(|&byte| byte == b'\n').take(1_000) {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        let shown = |prefix: &str| shown_after(line, prefix);
        id =
            id.or_else(|| shown("message-id:").map(|id| id.trim_matches(['<', '>']).to_owned()).filter(|id| is_id(id)));
        from = from.or_else(|| shown("from:"));
        subject = subject.or_else(|| shown("subject:"));
    }
    (id, from, subject)
}

fn shown_after(line: &[u8], prefix: &str) -> Option<String> {
    let name = line.get(..prefix.len())?;
    if !name.eq_ignore_ascii_case(prefix.as_bytes()) {
        return None;
    }
    let rest = &line[prefix.len()..line.len().min(prefix.len() + 600)];
    let text: String = String::from_utf8_lossy(rest).chars().filter(|c| !c.is_control()).take(200).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// Whether this can be a message id: printable ASCII without white space and brackets, not longer than a line.
pub fn is_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 998 && id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'<' && byte != b'>')
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LineEnd {
    CrLf,
    Lf,
    None,
}

struct Line<'a> {
    text: &'a [u8],
    next: usize,
    end: LineEnd,
}

impl<'a> Line<'a> {
    fn at(raw: &'a [u8], at: usize) -> Self {
        let rest = &raw[at..];
        let Some(feed) = memchr::memchr(b'\n', rest) else {
            return Self { text: rest, next: raw.len(), end: LineEnd::None };
        };
        match rest[..feed].strip_suffix(b"\r") {
            Some(text) => Self { text, next: at + feed + 1, end: LineEnd::CrLf },
            None => Self { text: &rest[..feed], next: at + feed + 1, end: LineEnd::Lf },
        }
    }
}

enum Shape {
    Field(usize),
    Continues,
    NotAField,
}

fn field_of(line: &[u8]) -> Result<Shape, Refusal> {
    if matches!(line.first(), Some(b' ' | b'\t')) {
        return Ok(Shape::Continues);
    }
    let Some(colon) = memchr::memchr(b':', line) else { return Ok(Shape::NotAField) };
    let name = &line[..colon];
    if name.is_empty() || !name.iter().all(|byte| (33..=126).contains(byte)) {
        let shown: String = String::from_utf8_lossy(&name[..name.len().min(40)]).escape_debug().collect();
        return Err(bad_name(format!("The mail has a header name that no mail may have: \"{shown}\".")));
    }
    Ok(Shape::Field(colon))
}

fn finish<'a>(
    raw: &'a [u8],
    end: usize,
    body_at: usize,
    fields: Vec<Field<'a>>,
    limits: &Limits,
) -> Result<Headers<'a>, Refusal> {
    let headers = Headers { block: &raw[..end], body_at, fields };
    if headers.fields.iter().filter(|field| field.name == "received").count() >= limits.received {
        return Err(Refusal::new("loop", "The mail has been passed on so often that it runs in a circle."));
    }
    Ok(headers)
}

/// The value of a field with one more line. Both lie side by side in `raw`.
fn extend<'a>(raw: &'a [u8], value: &'a [u8], end: usize) -> &'a [u8] {
    let start = value.as_ptr().addr() - raw.as_ptr().addr();
    &raw[start..end]
}

fn refuse_false_starts(raw: &[u8]) -> Result<(), Refusal> {
    if raw.starts_with(b"\xEF\xBB\xBF") || raw.starts_with(b"\xFE\xFF") || raw.starts_with(b"\xFF\xFE") {
        return Err(bad_name("The mail begins with a byte-order mark, which hides its first header."));
    }
    let after = raw.strip_prefix(b">").unwrap_or(raw).strip_prefix(b"From ");
    if after.is_some_and(|after| !after.trim_ascii_start().starts_with(b":")) {
        return Err(Refusal::new("mbox-line", "The mail begins with a mailbox line (\"From \") that is no header."));
    }
    Ok(())
}

fn refuse_control(line: &[u8]) -> Result<(), Refusal> {
    if memchr::memchr(0, line).is_some() {
        return Err(Refusal::new("null-byte", "The mail's headers hold a null byte."));
    }
    if memchr::memchr(b'\r', line).is_some() {
        return Err(Refusal::new("bare-carriage-return", "The mail's headers hold a bare carriage return."));
    }
    Ok(())
}

/// After a line that ends the header block without an empty line, another reader may go on and find another sender.
fn refuse_late_from(raw: &[u8], at: usize) -> Result<(), Refusal> {
    let rest = &raw[at..raw.len().min(at + 256_000)];
    // A line of blanks ends nothing: to some readers it goes on with the line before.
    let lines = rest.split(|&byte| byte == b'\n').take_while(|line| !matches!(*line, b"" | b"\r"));
    for line in lines {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let letters = line[..colon].iter().filter(|byte| byte.is_ascii_graphic()).map(u8::to_ascii_lowercase);
        if letters.eq(*b"from") {
            return Err(bad_name("The mail's headers are broken in two, with a sender after the break."));
        }
    }
    Ok(())
}

fn bad_name(reason: impl Into<String>) -> Refusal {
    Refusal::new("bad-header-name", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(raw: &[u8]) -> &'static str {
        Headers::scan(raw, &Limits::default()).err().map_or("fine", |refusal| refusal.code)
    }

    #[test]
    fn only_exact_names_are_fields() {
        assert_eq!(code(b"From: a@b.example\r\nSubject: x\r\n\r\n"), "fine");
        for bad in ["Fr om: a", "From : a", "From\t: a", ":From: a", " From: a", "Fr\u{1}om: a", "Frôm: a"] {
            let raw = format!("{bad}\r\nSubject: x\r\n\r\nhello");
            assert_eq!(code(raw.as_bytes()), "bad-header-name", "{bad:?}");
        }
        assert_eq!(code(b"\xEF\xBB\xBFFrom: a\r\n\r\n"), "bad-header-name");
        assert_eq!(code(b"From a@b.example Sat Nov 21\nFrom: a@b.example\n\n"), "mbox-line");
        assert_eq!(code(b"X: a\rFrom: b\r\n\r\n"), "bare-carriage-return");
        assert_eq!(code(b"X: a\r\nY: b\nFrom: c\r\n\r\n"), "bare-line-feed");
        assert_eq!(code(b"X: \0\r\n\r\n"), "null-byte");
        for late in ["From : c@d.example", " \nFrom: c@d.example", "\tF\u{1}rom: c@d.example"] {
            let raw = format!("From: a@b.example\nno colon here\n{late}\n\n");
            assert_eq!(code(raw.as_bytes()), "bad-header-name", "{late:?}");
        }
    }

    #[test]
    fn folded_values_come_on_one_line() {
        let headers =
            Headers::scan(b"Subject: a\n b\n\tc\nTo: d\n\nbody", &Limits::default()).expect("it is a fine block");
        assert_eq!(headers.first("subject").as_deref(), Some("a b\tc"));
        assert_eq!(headers.body_at, 24);
    }

    #[test]
    fn ids_are_read_with_and_without_their_brackets() {
        let of = |fields: &str| {
            let raw = format!("{fields}\n\nhi");
            Headers::scan(raw.as_bytes(), &Limits::default()).expect("a fine block").references()
        };
        assert_eq!(of("References: <a@b> <c@d>\nIn-Reply-To: c@d"), ["a@b", "c@d"]);
        assert_eq!(of("In-Reply-To: a@b.example"), ["a@b.example"]);
        assert_eq!(of("In-Reply-To: Your message of Monday <a@b>"), ["a@b"]);
        assert!(of("In-Reply-To: Message of Monday from amy@home.example").is_empty());
    }

    #[test]
    fn a_mail_that_runs_in_a_circle_is_refused_at_fifty() {
        let of = |n: usize| format!("{}From: a@b.example\n\nhi", "Received: from x\n".repeat(n));
        assert_eq!(code(of(49).as_bytes()), "fine");
        assert_eq!(code(of(50).as_bytes()), "loop");
    }
}
