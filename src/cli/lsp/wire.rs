//! Messages of the language server protocol on a pipe: a header with the length, then JSON.

use std::io::{self, BufRead, Read as _, Write};

use serde_json::Value;

/// The largest message that is read, in bytes.
const MOST: u64 = 64 * 1024 * 1024;

/// What came.
#[derive(Debug, PartialEq)]
pub(super) enum Came {
    /// A message.
    Message(Value),
    /// Bytes that are no message.
    Nonsense,
    /// Nothing more comes.
    End,
}

/// Reads the next message. Lines that are no header are skipped, so that the next message is found.
pub(super) fn read(pipe: &mut impl BufRead) -> io::Result<Came> {
    let mut length: Option<u64> = None;
    loop {
        let mut line = Vec::new();
        if pipe.by_ref().take(8192).read_until(b'\n', &mut line)? == 0 {
            return Ok(Came::End);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim();
        match (line.split_once(':'), length) {
            (Some((name, value)), _) if name.trim().eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().ok();
            }
            (_, Some(length)) if line.is_empty() => return body(pipe, length),
            _ => {}
        }
    }
}

fn body(pipe: &mut impl BufRead, length: u64) -> io::Result<Came> {
    if length > MOST {
        io::copy(&mut pipe.by_ref().take(length), &mut io::sink())?;
        return Ok(Came::Nonsense);
    }
    let mut bytes = Vec::new();
    pipe.by_ref().take(length).read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < length {
        return Ok(Came::End);
    }
    Ok(serde_json::from_slice(&bytes).map_or(Came::Nonsense, Came::Message))
}

/// Writes a message.
pub(super) fn write(pipe: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(pipe, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    pipe.flush()
}

#[cfg(test)]
mod tests {
    use super::{Came, read, write};
    use serde_json::json;

    #[test]
    fn a_message_is_found_behind_nonsense() {
        let mut bytes = b"hello\r\n\r\nContent-Length: 3\r\nX: y\r\n\r\n{[]".to_vec();
        write(&mut bytes, &json!({"words": "naïve"})).expect("memory takes all");
        let mut pipe = bytes.as_slice();
        assert_eq!(read(&mut pipe).expect("memory"), Came::Nonsense);
        assert_eq!(read(&mut pipe).expect("memory"), Came::Message(json!({"words": "naïve"})));
        assert_eq!(read(&mut pipe).expect("memory"), Came::End);
    }
}
