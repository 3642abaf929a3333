//! The bytes of a mail behind DATA, read strictly: it ends at CR LF, dot, CR LF and at nothing else. Stuffed dots are
//! taken off, whatever packets the bytes come in.

use memchr::memchr3;

use super::Bounds;

/// What reading a piece of the mail came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Read {
    /// The piece is read, and the mail goes on.
    More,
    /// The mail has ended. What is left of the piece comes after it.
    End,
    /// A bare CR, a bare LF or a NUL. Where this mail ends is open to two readings, so none is taken.
    Broken,
}

/// Why a mail that came whole is not taken. Of several reasons the last of these is told: what will never do comes before
/// what may do later, and the pieces in which a mail comes change nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fault {
    /// Its owner has no room for it now.
    NoRoom,
    /// One of its lines is longer than a line may be.
    LongLine,
    /// It is larger than a mail may be.
    TooBig,
}

/// Where in a line the next byte stands.
///
/// ```text
///          ┌──────────── other ────────────┐
///          │                               ▼
///      Beginning ── . ──► Dot ── other ► Within ◄─┐ other
///        ▲   │             │               │ └────┘
///     LF │   CR            CR              CR
///        │   ▼             ▼               │
///       Return ◄───────────┼───────────────┘
///                     DotReturn ── LF ──► the end
/// ```
///
/// Whatever is not drawn (LF without CR, CR without LF, NUL) breaks the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the beginning of a line.
    Beginning,
    /// Behind a dot at the beginning of a line.
    Dot,
    /// Behind the CR after such a dot.
    DotReturn,
    /// Somewhere in a line.
    Within,
    /// Behind a CR.
    Return,
}

/// A mail that is being read.
#[derive(Debug)]
pub(super) struct DataReader {
    place: Place,
    /// Octets of the present line, as they came.
    line: usize,
    /// Octets of the mail so far, kept or not.
    size: usize,
    raw: Vec<u8>,
    fault: Option<Fault>,
}

impl DataReader {
    pub(super) fn new() -> DataReader {
        DataReader { place: Place::Beginning, line: 0, size: 0, raw: Vec::new(), fault: None }
    }

    /// Reads on. What it takes is gone from the input.
    pub(super) fn read(&mut self, input: &mut &[u8], bounds: &Bounds) -> Read {
        while let Some((&byte, rest)) = input.split_first() {
            if self.place == Place::Within {
                // Nearly all of a mail is here: up to the next byte that means something, it is taken at once.
                let plain = memchr3(b'\r', b'\n', 0, input).unwrap_or(input.len());
                if plain > 0 {
                    let (text, rest) = input.split_at(plain);
                    self.keep(text, bounds);
                    *input = rest;
                    continue;
                }
            }
            *input = rest;
            match (self.place, byte) {
                (_, 0) => return Read::Broken,
                (Place::DotReturn, b'\n') => return Read::End,
                (Place::Return, b'\n') => {
                    self.keep(b"\r\n", bounds);
                    self.line = 0;
                    self.place = Place::Beginning;
                }
                (Place::Return | Place::DotReturn, _) | (_, b'\n') => return Read::Broken,
                (Place::Dot, b'\r') => self.place = Place::DotReturn,
                (Place::Beginning | Place::Within, b'\r') => self.place = Place::Return,
                (Place::Beginning, b'.') => {
                    self.line = 1;
                    self.place = Place::Dot;
                }
                (Place::Beginning | Place::Dot | Place::Within, _) => {
                    self.keep(&[byte], bounds);
                    self.place = Place::Within;
                }
            }
        }
        Read::More
    }

    /// The mail, or why it is not taken.
    pub(super) fn finish(self) -> Result<Vec<u8>, Fault> {
        self.fault.map_or(Ok(self.raw), Err)
    }

    /// How much memory the mail takes up.
    pub(super) fn held(&self) -> usize {
        self.raw.capacity()
    }

    /// The mail is read to its end, but no longer kept.
    pub(super) fn give_up(&mut self, fault: Fault) {
        self.fault = self.fault.max(Some(fault));
        self.raw = Vec::new();
    }

    fn keep(&mut self, bytes: &[u8], bounds: &Bounds) {
        self.line = self.line.saturating_add(bytes.len());
        self.size = self.size.saturating_add(bytes.len());
        if self.size > bounds.mail_bytes {
            self.give_up(Fault::TooBig);
        }
        if self.line > bounds.line_bytes {
            self.give_up(Fault::LongLine);
        }
        if self.fault.is_none() {
            self.raw.extend_from_slice(bytes);
        }
    }
}
