//! A letter that may be handed to the relay: plain addresses, and bytes in which nothing can be taken for the end of
//! the letter or for a command.
//!
//! INVARIANT: lettre sees no bytes and no address that did not pass here. Its own dot-stuffing overlooks a dot behind a
//! bare line feed (RUSTSEC-2026-0561), and it panics at line ends in names (RUSTSEC-2026-0564): no name gets that far.

use std::sync::Arc;

use lettre::Address;

use crate::mail::address::addr_spec;

/// The longest line that a mail may hold, without its end (RFC 5322, section 2.1.1).
const LONGEST_LINE: usize = 998;

/// A letter with its envelope, fit to be sent.
#[derive(Debug, Clone)]
pub struct Parcel {
    pub(super) from: Address,
    pub(super) to: Address,
    pub(super) bytes: Arc<[u8]>,
}

impl Parcel {
    /// Checks a letter. What is wrong with it is told in words for the operator.
    pub fn new(from: &str, to: &str, bytes: &[u8]) -> Result<Parcel, String> {
        canonical(bytes)?;
        Ok(Parcel { from: plain(from, "its sender")?, to: plain(to, "its recipient")?, bytes: bytes.into() })
    }

    /// Whether an address needs more than ASCII.
    pub(super) fn has_wide_address(&self) -> bool {
        !(self.from.to_string().is_ascii() && self.to.to_string().is_ascii())
    }

    /// The bytes up to their last line end, which is said together with the final dot: so what arrives is what was
    /// frozen, and not a line more.
    pub(super) fn body(&self) -> &[u8] {
        self.bytes.strip_suffix(b"\r\n").unwrap_or(&self.bytes)
    }
}

fn plain(written: &str, what: &str) -> Result<Address, String> {
    let address = addr_spec(written).ok_or_else(|| format!("{what} is not one plain address"))?;
    address.parse().map_err(|_| format!("{what} is not one plain address"))
}

/// Whether every line ends with CR LF, none is too long, and nothing else looks like an end.
fn canonical(bytes: &[u8]) -> Result<(), String> {
    if bytes.is_empty() {
        return Err("it has no words left".into());
    }
    let mut lines = bytes.split(|byte| *byte == b'\n').enumerate().peekable();
    while let Some((n, line)) = lines.next() {
        let (number, is_last) = (n + 1, lines.peek().is_none());
        let text = match line.strip_suffix(b"\r") {
            Some(text) if !is_last => text,
            None if !is_last => return Err(format!("its line {number} ends with a bare line feed")),
            Some(_) | None => line,
        };
        if text.contains(&b'\r') {
            return Err(format!("its line {number} holds a bare carriage return"));
        }
        if text.contains(&0) {
            return Err(format!("its line {number} holds a NUL"));
        }
        if text.len() > LONGEST_LINE {
            return Err(format!("its line {number} has {} bytes; {LONGEST_LINE} are allowed", text.len()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_be_taken_for_an_end_is_refused() {
        let long = format!("Subject: x\r\n\r\n{}\r\n", "x".repeat(999));
        for (bytes, word) in [
            ("a\r\n.\nb\r\n", "line 2 ends with a bare line feed"),
            ("a\n.\r\n", "line 1 ends with a bare line feed"),
            ("a\r.\r\n", "bare carriage return"),
            ("a\r\r\n", "bare carriage return"),
            ("a\r\nb\r", "bare carriage return"),
            ("a\0\r\n", "NUL"),
            (long.as_str(), "line 3 has 999 bytes"),
            ("", "no words"),
        ] {
            let why = Parcel::new("desk@nhs.net", "amy@home.example", bytes.as_bytes()).expect_err(bytes);
            assert!(why.contains(word), "{bytes:?}: {why}");
        }
        for address in ["amy", "<amy@home.example>", "a@b.example\r\nDATA", "a b@c.example", "a@b.example>", ""] {
            let why = Parcel::new("desk@nhs.net", address, b"a\r\n").expect_err(address);
            assert!(why.contains("recipient"), "{why}");
        }
        let good = Parcel::new("desk@nhs.net", "amy@home.example", b"a\r\n.\r\n..b\r\n").expect("fine");
        assert_eq!(good.body(), b"a\r\n.\r\n..b", "dots are the transport's care");
    }
}
