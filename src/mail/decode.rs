//! Bytes as they travelled into bytes and text as they were meant. Broken wrapping gives what can be had, never an error.

use mail_parser::decoders::charsets::map::charset_decoder;

/// Base64, skipping whatever does not belong to it.
pub fn base64(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() / 4 * 3 + 3);
    let (mut bits, mut held) = (0_u32, 0_u32);
    for &byte in body {
        let Some(value) = SIXTY_FOUR[byte as usize] else {
            if byte == b'=' {
                (bits, held) = (0, 0);
            }
            continue;
        };
        bits = (bits << 6) | u32::from(value);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((bits >> held) as u8);
            bits &= (1 << held) - 1;
        }
    }
    out
}

const SIXTY_FOUR: [Option<u8>; 256] = {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut table = [None; 256];
    let mut at = 0;
    while at < 64 {
        table[alphabet[at] as usize] = Some(at as u8);
        at += 1;
    }
    table
};

/// Quoted-printable, keeping as it is whatever is not well formed.
pub fn quoted_printable(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some(equals) = memchr::memchr(b'=', rest) {
        out.extend_from_slice(&rest[..equals]);
        rest = &rest[equals + 1..];
        if let Some((byte, after)) = hex_pair(rest) {
            out.push(byte);
            rest = after;
        } else if let Some(after) = soft_break(rest) {
            rest = after;
        } else {
            out.push(b'=');
        }
    }
    out.extend_from_slice(rest);
    out
}

fn hex_pair(rest: &[u8]) -> Option<(u8, &[u8])> {
    let digit = |byte: u8| (byte as char).to_digit(16);
    let (high, low) = (digit(*rest.first()?)?, digit(*rest.get(1)?)?);
    Some(((high * 16 + low) as u8, &rest[2..]))
}

fn soft_break(rest: &[u8]) -> Option<&[u8]> {
    if rest.is_empty() {
        return Some(rest);
    }
    let blanks = rest.iter().take(76).take_while(|byte| matches!(byte, b' ' | b'\t' | b'\r')).count();
    (rest.get(blanks) == Some(&b'\n')).then(|| &rest[blanks + 1..])
}

/// Text in the character set that it really is in, whatever its label says. A pound sign never becomes a box.
pub fn text(bytes: &[u8], label: Option<&str>) -> String {
    let label = label.unwrap_or_default().trim().to_ascii_lowercase();
    let is_latin = ["", "us-ascii", "ascii", "utf-8", "utf8", "unknown-8bit", "x-unknown"].contains(&label.as_str())
        || ["8859-1", "8859_1", "latin1", "1252", "iso88591"].iter().any(|end| label.ends_with(end));
    let decoder = charset_decoder(label.as_bytes()).filter(|_| !is_latin);
    let text = match decoder {
        Some(decode) => decode(bytes),
        None => latin(bytes),
    };
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(&text);
    text.replace("\r\n", "\n").replace('\r', "\n").replace('\0', "")
}

/// UTF-8 where it is well-formed, which Latin text hardly ever is by chance; every other byte as Windows means it. One
/// broken letter spoils no other.
fn latin(bytes: &[u8]) -> String {
    let windows = charset_decoder(b"windows-1252");
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        match windows {
            Some(decode) if !chunk.invalid().is_empty() => text.push_str(&decode(chunk.invalid())),
            Some(_) => {}
            None => text.push_str(&String::from_utf8_lossy(chunk.invalid())),
        }
    }
    text
}

/// Joins the soft line breaks of `format=flowed`.
pub fn unflow(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut open: Option<&str> = None;
    for line in text.split('\n') {
        let quotes = line.len() - line.trim_start_matches('>').len();
        let (marks, content) = line.split_at(quotes);
        let content = content.strip_prefix(' ').unwrap_or(content);
        match open {
            Some(before) if before == marks && content != "-- " => {}
            before => {
                if before.is_some() {
                    out.push('\n');
                }
                out.push_str(marks);
                if quotes > 0 && !content.is_empty() {
                    out.push(' ');
                }
            }
        }
        out.push_str(content);
        open = (content.ends_with(' ') && content != "-- ").then_some(marks);
        if open.is_none() {
            out.push('\n');
        }
    }
    if !text.ends_with('\n') {
        out.pop();
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broken_wrapping_stays_readable() {
        assert_eq!(base64(b"aGVs\r\nbG8*gd29y bGQ=\n-- \n"), b"hello world");
        assert_eq!(base64(b"aGVsbG8"), b"hello");
        assert_eq!(quoted_printable(b"a=\r\nb =3D c=C2=A3 =zz ="), "ab = c£ =zz ".as_bytes());
    }

    #[test]
    fn a_pound_sign_survives_a_wrong_label() {
        let wanted = "£250 – Zoë’s";
        let latin = b"\xA3250 \x96 Zo\xEB\x92s";
        for label in [
            None,
            Some("us-ascii"),
            Some("utf-8"),
            Some("iso-8859-1"),
            Some("windows-1252"),
            Some("nonsense"),
            Some("x-unknown"),
        ] {
            assert_eq!(text(wanted.as_bytes(), label), wanted, "{label:?}");
            assert_eq!(text(latin, label), wanted, "{label:?}");
        }
        assert_eq!(text("Zoë’s \u{20AC}".as_bytes().get(..10).unwrap_or_default(), Some("utf-8")), "Zoë’s â");
    }

    #[test]
    fn flowed_lines_are_joined_but_quotes_are_not() {
        assert_eq!(unflow("one \ntwo\n> a \n> b\nc\n-- \nJo"), "one two\n> a b\nc\n-- \nJo");
    }
}
