//! The lines of a mail's text, each with what the mail program says about it.

/// One line of a mail's text. A quoted line begins with `>`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Line {
    /// Its words.
    pub text: String,
    /// What the mail program says about it; nothing in plain text.
    pub says: Says,
}

/// What the tags of a mail program tell about a line.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Says {
    /// An older mail may begin here: a heading of its fields or a line above it.
    pub begins: bool,
    /// It stands in what introduces a quote.
    pub announces: bool,
    /// It stands in the box of an older mail.
    pub older: bool,
    /// It stands in a quote.
    pub quoted: bool,
    /// It stands in a signature.
    pub signature: bool,
    /// All of it is in a colour of its own.
    pub coloured: bool,
}

/// The lines of a plain text.
pub fn of_text(text: &str) -> Vec<Line> {
    text.split('\n').map(|line| Line { text: trimmed(line).to_owned(), says: Says::default() }).collect()
}

/// Lines as one text.
pub fn text(lines: &[Line]) -> String {
    lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n")
}

/// Whether there is a letter or a digit in any line.
pub fn have_words(lines: &[Line]) -> bool {
    lines.iter().any(|line| has_words(&line.text))
}

/// Whether there is a letter, a digit or a picture sign in a text: somebody who sends a thumb says something.
pub fn has_words(text: &str) -> bool {
    text.chars().any(|c| c.is_alphanumeric() || matches!(c, '\u{1F000}'..='\u{1FAFF}' | '\u{2600}'..='\u{27BF}'))
}

/// A line without the white space at its end. A signature's line is "-- ", with its blank; it alone keeps it.
pub fn trimmed(line: &str) -> &str {
    if line.trim_end_matches('\r') == "-- " { "-- " } else { line.trim_end() }
}
