//! Says in plain words why a text is not YAML, and how the line is mended.

use crate::policy::finding::{Finding, Place};

/// A fault of syntax, explained.
pub(super) struct Fault {
    pub code: &'static str,
    pub line: usize,
    pub column: usize,
    pub message: String,
    pub help: String,
}

/// Turns the parser's words into an author's. `column` counts from zero.
pub(super) fn explain(info: &str, lines: &[&str], line: usize, column: usize) -> Fault {
    let fault =
        |code, message: &str, help: String| Fault { code, line, column: column + 1, message: message.into(), help };
    if let Some(fault) = unquoted(lines, line) {
        return fault;
    }
    let has = |words: &[&str]| words.iter().any(|word| info.contains(word));
    if has(&["tabs ", "a tab", "tab cannot"]) {
        fault("tab", "a tab stands where spaces are needed", "indent with spaces".into())
    } else if has(&["quoted scalar", "trailing content after double-quoted", "unexpected document indicator"]) {
        fault(
            "open-quote",
            "a quote is opened and not closed where it should be",
            "close the quote, or write the text as a `|` block".into(),
        )
    } else if has(&["expected ',' or ']'", "expected ',' or '}'", "misplaced bracket", "flow construct"]) {
        let help = "close the bracket, part the items by commas, and put sentences in quotes";
        fault("open-bracket", "a bracket is not closed, or a comma is missing in it", help.into())
    } else if has(&["unexpected character", "unknown anchor", "anchor or alias", "directive"]) {
        fault("quote-text", "a text cannot begin with this sign", "put the text in quotes".into())
    } else if has(&["recursion limit"]) {
        fault("too-deep", "too many brackets inside each other", "write it flatter".into())
    } else if has(&["expected key", "'-' indicator", "indentation", "indented", "not allowed in this context"]) {
        fault(
            "indentation",
            "the indent of this line does not line up with the lines above it",
            "give it as many spaces as its neighbours".into(),
        )
    } else if has(&["simple key"]) {
        fault(
            "no-colon",
            "this line is neither `key: value` nor an item that begins with `- `",
            "add the missing `:`, or put more spaces before a line that goes on".into(),
        )
    } else {
        fault("yaml-syntax", "this cannot be read as YAML", "compare it with a line like it that works".into())
    }
}

/// Looks for a text that must be quoted on the line of the fault, or on the one above.
fn unquoted(lines: &[&str], line: usize) -> Option<Fault> {
    for number in [line, line.checked_sub(1)?] {
        let Some(text) = number.checked_sub(1).and_then(|n| lines.get(n)) else { continue };
        let (start, value) = value_of(text)?;
        let column = text[..start].chars().count() + 1;
        if value.starts_with("{{") {
            let Finding { code, message, help, .. } = braces(Place::new("", number, column), text);
            return Some(Fault { code, line: number, column, message, help });
        }
        let opens = value.starts_with(['"', '\'', '{', '[', '|', '>', '&', '*', '!', '#']);
        if let (false, Some(at), Some(mended)) = (opens, value.find(": "), quoted(text)) {
            let column = column + value[..at].chars().count();
            let message = "a text that holds `: ` is put in quotes".to_owned();
            return Some(Fault {
                code: "quote-colon",
                line: number,
                column,
                message,
                help: format!("write: {mended}"),
            });
        }
    }
    None
}

/// What is said about a text that begins with `{{`.
pub(super) fn braces(place: Place, line: &str) -> Finding {
    let help = match quoted(line) {
        Some(mended) => format!("write: {mended}"),
        None => "put the text in quotes".to_owned(),
    };
    Finding::error("quote-braces", place, "a text that begins with `{{` is put in quotes", help)
}

/// The line with its value in quotes.
pub(super) fn quoted(line: &str) -> Option<String> {
    let (start, value) = value_of(line)?;
    let value = value.trim_end();
    if value.is_empty() || value.starts_with(['"', '\'', '|', '>']) {
        return None;
    }
    let value =
        if value.contains(['"', '\\']) { format!("'{}'", value.replace('\'', "''")) } else { format!("\"{value}\"") };
    Some(format!("{}{value}", &line[..start]).trim_start().to_owned())
}

/// Where the value of a line begins: behind `- ` and behind the first `key: `.
fn value_of(line: &str) -> Option<(usize, &str)> {
    let mut start = line.len() - line.trim_start().len();
    while let Some(rest) = line[start..].strip_prefix("- ") {
        start = line.len() - rest.trim_start().len();
    }
    let rest = &line[start..];
    let key = rest
        .find(": ")
        .filter(|at| rest[..*at].chars().all(|c| c.is_alphanumeric() || c == '_' || c == ' ' || c == '-'));
    if let Some(at) = key.filter(|at| !rest[..*at].starts_with('{')) {
        let value = &rest[at + 1..];
        start = line.len() - value.trim_start().len();
    }
    Some((start, &line[start..]))
}
