//! Whatever can be had of a mail that is not read: for an agent who looks at it, and for one who vouches that it is to
//! be handled all the same. It never fails, and it never says who sent the mail.

use sha2::{Digest as _, Sha256};

use crate::mail::address;
use crate::mail::body;
use crate::mail::boundary::Boundary;
use crate::mail::gate::Limits;
use crate::mail::headers::{self, Headers};
use crate::mail::ids;
use crate::mail::read::{DeskMail, Envelope, Fields, Incoming, Told, references, told};
use crate::mail::secrets;
use crate::mail::structure::{self, Content, Encoding, Part};

/// The most header lines that are shown.
const LINES: usize = 200;
/// The most of a header line that is shown, in characters.
const LINE: usize = 1_000;

/// Reads a mail as well as can be. Its sender is empty: what the mail says about that is not believed.
pub fn read_leniently(raw: &[u8], envelope: &Envelope, desk: &DeskMail, limits: &Limits) -> Incoming {
    let mended = mended(raw, limits);
    let headers =
        Headers::scan(&mended, limits).unwrap_or_else(|_| Headers { block: &[], body_at: 0, fields: Vec::new() });
    let parts = structure::parts(&mended, headers.block, headers.body_at, limits)
        .unwrap_or_else(|_| vec![one_text(headers.body_at..mended.len())]);
    let body = body::whatever(&mended, &parts, limits);
    let references = references(&headers, &mended, &parts, &body);
    let fields = Fields::of_anybody(&headers);
    let told = told(&headers, Told { from: String::new(), fields, body, attached: None, references }, envelope, desk);
    Incoming { digest: digest(raw), ..told }
}

/// The few lines of a mail that are told when nothing is to read it.
pub fn unread(raw: &[u8], digest: &str, words: &str) -> Incoming {
    let (message_id, _, subject) = headers::glimpse(raw);
    let empty = Headers { block: &[], body_at: 0, fields: Vec::new() };
    let ids = crate::mail::MessageIds::new([0; 32], String::new());
    let desk = DeskMail { addresses: Vec::new(), ids, boundary: Boundary::None };
    let nothing = Told {
        from: String::new(),
        fields: Fields::default(),
        body: body::Body::default(),
        attached: None,
        references: Vec::new(),
    };
    let (subject, secret_removed) = secrets::cut(&subject.unwrap_or_default());
    Incoming {
        message_id,
        digest: digest.to_owned(),
        subject,
        secret_removed,
        text: words.to_owned(),
        latest_text: words.to_owned(),
        own_text: words.to_owned(),
        ..told(&empty, nothing, &Envelope::default(), &desk)
    }
}

/// The header lines of a mail as they came, safe to show: secrets cut out, nothing hidden, not longer than anybody
/// reads.
pub fn header_lines(raw: &[u8]) -> Vec<String> {
    const MOST: usize = 256_000;
    let start = &raw[..raw.len().min(MOST)];
    let lines = start.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let mut shown: Vec<String> = lines.take_while(|line| !line.is_empty()).take(LINES + 1).map(shown_line).collect();
    if shown.len() > LINES {
        shown.truncate(LINES);
        shown.push("… and more".into());
    }
    shown
}

/// A text that can be shown anywhere: no character in it does anything but stand there.
pub fn plain(text: &str) -> String {
    text.chars().filter(|c| matches!(c, '\n' | '\t') || !address::is_hidden(*c)).collect()
}

fn shown_line(line: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(&line[..line.len().min(LINE * 4)]).chars().take(LINE).collect();
    let text: String = text
        .chars()
        .map(|c| if address::is_hidden(c) && c != '\t' { c.escape_default().to_string() } else { c.to_string() })
        .collect();
    secrets::cut(&text).0
}

/// The mail with its header block mended: only lines that are fields, without what makes two readings of them. Fields
/// that name a sender are left out, and so are those that each way adds.
fn mended(raw: &[u8], limits: &Limits) -> Vec<u8> {
    let raw = &raw[..raw.len().min(limits.mail_bytes)];
    let raw = raw.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(raw);
    let mut mended = Vec::with_capacity(raw.len());
    let (mut at, mut fields, mut keeping) = (0, 0, false);
    while at < raw.len() && at < limits.header_bytes / 2 && fields < limits.header_fields {
        let next = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |feed| at + feed + 1);
        let line: Vec<u8> = raw[at..next].iter().copied().filter(|byte| !matches!(byte, b'\r' | b'\n' | 0)).collect();
        if line.is_empty() {
            at = next;
            break;
        }
        match line.first() {
            Some(b' ' | b'\t') => {}
            _ => match line.iter().position(|&byte| byte == b':') {
                Some(colon) => {
                    keeping = is_kept(&line[..colon]);
                    fields += usize::from(keeping);
                }
                None if at == 0 && (line.starts_with(b"From ") || line.starts_with(b">From ")) => keeping = false,
                // What is neither a field nor goes on with one is where the words begin.
                None => break,
            },
        }
        if keeping {
            mended.extend_from_slice(&line);
            mended.extend_from_slice(b"\r\n");
        }
        at = next;
    }
    mended.extend_from_slice(b"\r\n");
    mended.extend_from_slice(raw.get(at..).unwrap_or_default());
    mended
}

fn is_kept(name: &[u8]) -> bool {
    const LEFT_OUT: [&[u8]; 4] = [b"from", b"sender", b"received", b"resent-from"];
    !name.is_empty()
        && name.iter().all(|byte| (33..=126).contains(byte))
        && !LEFT_OUT.iter().any(|left_out| name.eq_ignore_ascii_case(left_out))
}

/// The same for the same bytes on every way: all but the lines that a way adds. What was left out when the mail was
/// mended counts, so that two mails that look alike are two.
fn digest(raw: &[u8]) -> String {
    const ADDED: [&[u8]; 4] = [b"received:", b"return-path:", b"delivered-to:", b"x-original-to:"];
    let mut hasher = Sha256::new();
    let (mut at, mut counts) = (0, true);
    while at < raw.len() {
        let next = memchr::memchr(b'\n', &raw[at..]).map_or(raw.len(), |feed| at + feed + 1);
        let line = raw[at..next].trim_ascii_end();
        if line.is_empty() {
            break;
        }
        if !matches!(line.first(), Some(b' ' | b'\t')) {
            counts =
                !ADDED.iter().any(|name| line.get(..name.len()).is_some_and(|head| head.eq_ignore_ascii_case(name)));
        }
        if counts {
            hasher.update(line);
            hasher.update(b"\n");
        }
        at = next;
    }
    hasher.update(raw.get(at..).unwrap_or_default());
    ids::hex(&hasher.finalize())
}

/// The whole body as one text, where its parts cannot be told apart.
fn one_text(body: std::ops::Range<usize>) -> Part {
    let content = Content {
        media_type: "text/plain".into(),
        boundary: None,
        charset: None,
        name: None,
        method: None,
        report_type: None,
        flowed: false,
        attached: false,
        encoding: Encoding::Plain,
    };
    Part { parent: None, content, body, within_mail: false }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::MessageIds;

    fn read(raw: &[u8]) -> Incoming {
        let desk = DeskMail {
            addresses: vec![],
            ids: MessageIds::new([1; 32], "desk.example".to_owned()),
            boundary: Boundary::None,
        };
        read_leniently(raw, &Envelope::default(), &desk, &Limits::default())
    }

    #[test]
    fn whatever_can_be_had_is_had_and_nobody_has_sent_it() {
        let mail = read(
            b"From: a@b.example\r\nFrom: c@d.example\nFr om: e@f.example\r\nSubject: hel\0lo\r\n there\r\n\
              Message-ID: <1@b.example>\r\n\r\nMy password is Tr0ub4dor&3.\r\nPlease help.\r\n",
        );
        assert_eq!((mail.from.address.as_str(), mail.subject.as_str()), ("", "hello there"));
        assert_eq!(mail.message_id.as_deref(), Some("1@b.example"));
        assert!(mail.text.contains("Please help") && !mail.text.contains("Tr0ub4dor"), "{}", mail.text);
        let split = read(b"From a@b.example Mon\nSubject: one\nno colon here\nFrom : b\n\nrest");
        assert_eq!(split.subject, "one");
        assert!(split.text.starts_with("no colon here"), "{}", split.text);
    }

    #[test]
    fn no_bytes_are_too_broken() {
        let nest = "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n".repeat(3_000);
        let fields = "a: b\r\n".repeat(50_000);
        let long = vec![b'x'; 400_000];
        for raw in
            [b"".as_slice(), b"\0\0", &[0xff; 5_000], nest.as_bytes(), fields.as_bytes(), &long, b"\xEF\xBB\xBF: \n"]
        {
            read(raw);
            header_lines(raw);
        }
    }

    #[test]
    fn what_is_shown_cannot_steer_a_terminal_and_holds_no_secret() {
        let lines = header_lines(b"Subject: \x1b[2Jyour password is Tr0ub4dor&3\r\nX: \xe2\x80\xaeabc\r\n\r\nbody");
        assert_eq!(lines.len(), 2);
        let all = lines.concat();
        assert!(!all.contains(['\u{1b}', '\u{202e}']) && !all.contains("Tr0ub4dor"), "{all}");
        assert_eq!(plain("a\u{1b}[2Jb\u{202e}\n"), "a[2Jb\n");
    }
}
