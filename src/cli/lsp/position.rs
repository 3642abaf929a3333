//! Places in a text: the protocol counts lines from nought and columns in UTF-16 units; findings count from one, in
//! characters.

use serde_json::{Value, json};

/// A column in characters, of a column in UTF-16 units.
pub(super) fn characters(line: &str, units: usize) -> usize {
    let mut so_far = 0;
    for (n, c) in line.chars().enumerate() {
        if so_far >= units {
            return n;
        }
        so_far += c.len_utf16();
    }
    line.chars().count()
}

/// A column in UTF-16 units, of a column in characters.
pub(super) fn units(line: &str, characters: usize) -> usize {
    line.chars().take(characters).map(char::len_utf16).sum()
}

/// The word that begins at a place, or the first character there. Line and column count from one.
pub(super) fn range(text: &str, line: usize, column: usize) -> Value {
    let line = line.saturating_sub(1);
    let written = text.lines().nth(line).unwrap_or("");
    let from = column.saturating_sub(1);
    let word = written.chars().skip(from).take_while(|c| !c.is_whitespace() && !":,]}".contains(*c)).count();
    json!({
        "start": {"line": line, "character": units(written, from)},
        "end": {"line": line, "character": units(written, from + word.max(1))},
    })
}

#[cfg(test)]
mod tests {
    use super::{characters, range, units};

    #[test]
    fn a_face_is_two_units_and_one_character() {
        let line = "a😀b é: c";
        assert_eq!((units(line, 2), units(line, 3), units(line, 99)), (3, 4, 9));
        assert_eq!((characters(line, 3), characters(line, 4), characters(line, 99)), (2, 3, 8));
        assert_eq!(range(line, 1, 5)["start"]["character"], 5);
        assert_eq!(range(line, 1, 5)["end"]["character"], 6);
    }
}
