//! One command at a time: a line that ends with CR LF, and is never longer in memory than a command may be.

/// The longest command, with its CR LF.
const MOST: usize = 512;

/// What reading a piece came to.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// The line goes on.
    More,
    /// A line, without its end.
    Line(Vec<u8>),
    /// A line that was too long has ended.
    TooLong,
    /// A bare CR or a bare LF: two readers would see different lines.
    Broken,
}

/// A line that is being read.
#[derive(Debug, Default)]
pub(super) struct LineReader {
    line: Vec<u8>,
    too_long: bool,
    returned: bool,
}

impl LineReader {
    /// Reads on, to the end of one line at most. What it takes is gone from the input.
    pub(super) fn read(&mut self, input: &mut &[u8]) -> Read {
        while let Some((&byte, rest)) = input.split_first() {
            *input = rest;
            match (self.returned, byte) {
                (true, b'\n') => {
                    let LineReader { line, too_long, .. } = std::mem::take(self);
                    return if too_long { Read::TooLong } else { Read::Line(line) };
                }
                (true, _) | (false, b'\n') => return Read::Broken,
                (false, b'\r') => self.returned = true,
                (false, _) if self.line.len() + 2 < MOST => self.line.push(byte),
                (false, _) => self.too_long = true,
            }
        }
        Read::More
    }
}

#[cfg(test)]
mod tests {
    use super::{LineReader, MOST, Read};

    #[test]
    fn a_line_too_long_is_read_to_its_end_and_the_next_is_in_step() {
        let mut reader = LineReader::default();
        let fits = "x".repeat(MOST - 2);
        let text = format!("{fits}\r\n{fits}x\r\nNOOP\r\n");
        let mut input = text.as_bytes();
        assert_eq!(reader.read(&mut input), Read::Line(fits.into_bytes()));
        assert_eq!(reader.read(&mut input), Read::TooLong);
        assert_eq!(reader.read(&mut input), Read::Line(b"NOOP".to_vec()));
        assert_eq!(reader.read(&mut input), Read::More);
    }

    #[test]
    fn only_cr_lf_ends_a_line() {
        for text in ["NOOP\n", "NOOP\rQUIT\r\n", "NOOP\r\r\n"] {
            assert_eq!(LineReader::default().read(&mut text.as_bytes()), Read::Broken, "{text:?}");
        }
    }
}
