//! How results are printed.

use std::collections::BTreeMap;
use std::io::{self, Write as _};

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use serde::Serialize;

use crate::desk::Said;
use crate::library::LibraryError;
use crate::mail::lenient;
use crate::policy::finding::{Finding, Severity};

use super::{Failure, complain};

/// Prints one JSON object on a line of its own.
pub(super) fn json(value: &impl Serialize) -> Result<(), Failure> {
    let line =
        serde_json::to_string(value).map_err(|error| Failure::Other(format!("cannot print a result: {error}")))?;
    text(&line)
}

/// Prints lines of text.
pub(super) fn text(lines: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{lines}").and_then(|()| out.flush()) {
        // Whoever read us has had enough: `caredesk ticket list | head`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        result => result.map_err(|error| Failure::Other(format!("cannot print: {error}"))),
    }
}

/// Prints what was said to people.
pub(super) fn said(said: &Said) -> Result<(), Failure> {
    for letter in &said.letters {
        text(&format!("\n  To: {}\n  Subject: {}\n\n{}", letter.to, letter.subject, indented(&letter.text)))?;
    }
    for (n, aloud) in said.aloud.iter().enumerate() {
        let head = if n == 0 { "\n  Say to the caller:" } else { "" };
        text(&format!("{head}\n{}", indented(&aloud.text)))?;
    }
    for reply in &said.replies {
        text(&format!("\n{}", indented(&reply.text)))?;
        if !reply.choices.is_empty() {
            text(&format!("  [{}]", reply.choices.join("] [")))?;
        }
    }
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines()
        .map(|line| if line.is_empty() { String::new() } else { format!("  {line}") })
        .collect::<Vec<_>>()
        .join("\n")
}

/// A finding as programs read it.
#[derive(Debug, Serialize)]
pub(super) struct FindingRow<'a> {
    code: &'a str,
    severity: Severity,
    file: &'a str,
    line: usize,
    column: usize,
    message: &'a str,
    help: &'a str,
}

impl<'a> From<&'a Finding> for FindingRow<'a> {
    fn from(finding: &'a Finding) -> Self {
        FindingRow {
            code: finding.code,
            severity: finding.severity,
            file: &finding.place.file,
            line: finding.place.line,
            column: finding.place.column,
            message: &finding.message,
            help: &finding.help,
        }
    }
}

/// A finding as people read it: with its source line, and how to mend it.
pub(super) fn finding(finding: &Finding, files: &BTreeMap<String, String>) -> String {
    let level = match finding.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let source = files.get(&*finding.place.file).map_or("", String::as_str);
    let span = span_of(source, finding.place.line, finding.place.column);
    let snippet = Snippet::source(source).path(&*finding.place.file).annotation(AnnotationKind::Primary.span(span));
    let group = level
        .primary_title(&*finding.message)
        .id(finding.code)
        .element(snippet)
        .element(Level::HELP.message(&*finding.help));
    Renderer::plain().render(&[group]).clone()
}

/// The word at a place, in bytes of the source.
fn span_of(source: &str, line: usize, column: usize) -> std::ops::Range<usize> {
    let mut start = 0;
    for (n, text) in source.split_inclusive('\n').enumerate() {
        if n + 1 == line {
            let text = text.trim_end_matches(['\n', '\r']);
            let from = text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(at, _)| at);
            let rest = text.get(from..).unwrap_or("");
            let word =
                rest.find(|c: char| c.is_whitespace() || matches!(c, ':' | ',' | ']' | '}')).unwrap_or(rest.len());
            return start + from..start + from + word;
        }
        start += text.len();
    }
    source.len()..source.len()
}

/// Warnings go to stderr: they stop nothing.
pub(super) fn warnings(findings: &[Finding], files: &BTreeMap<String, String>) {
    for warning in findings {
        complain(&finding(warning, files));
    }
}

/// Why there is no pack to run. Every finding is listed.
pub(super) fn library_error(error: &LibraryError) {
    match error {
        LibraryError::Findings(findings, files) => {
            for one in findings {
                complain(&finding(one, files));
            }
            complain(&format!("the pack has {} findings and cannot run", findings.len()));
        }
        LibraryError::Unreadable { .. } => complain(&error.to_string()),
    }
}

/// Who asked, for people. A chat on the web page has a long name that says nothing.
pub(super) fn requester(address: &str) -> String {
    match address.strip_prefix("web:") {
        Some(name) => format!("web chat {}", lenient::plain(&name.chars().take(8).collect::<String>())),
        None => lenient::plain(address),
    }
}
