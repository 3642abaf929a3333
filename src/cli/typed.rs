//! Reads lines that somebody types: of a bounded length, and text.

use std::io::{self, BufRead as _, Read as _};

use super::Failure;

/// The longest line, in bytes. More is no message of a person.
const MOST: u64 = 64 * 1024;

/// What stood on the next line.
pub(super) enum Typed {
    Line(String),
    /// Nothing that can be read, and why.
    Unusable(String),
    End,
}

/// Reads the next line of what somebody types.
pub(super) fn typed() -> Result<Typed, Failure> {
    let mut stdin = io::stdin().lock();
    let mut bytes = Vec::new();
    let unreadable = |error: io::Error| Failure::Other(format!("cannot read what was typed: {error}"));
    let read = stdin.by_ref().take(MOST).read_until(b'\n', &mut bytes).map_err(unreadable)?;
    if read == 0 {
        return Ok(Typed::End);
    }
    if !bytes.ends_with(b"\n") && u64::try_from(read).unwrap_or(MOST) == MOST {
        stdin.skip_until(b'\n').map_err(unreadable)?;
        let told = "This line is too long for a message, so it was not sent. Nothing else has changed. Send it in parts of \
                    up to 5,000 characters.";
        return Ok(Typed::Unusable(told.into()));
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Typed::Line(text.trim_end_matches(['\n', '\r']).to_owned()),
        Err(_) => Typed::Unusable("This line is not text in UTF-8.".into()),
    })
}
