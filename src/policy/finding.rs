//! What the checker says about a pack: a fault with its place, and how to mend it.
//!
//! A finding is written for the author of a flow: lower case, the author's own words in backticks, no Rust in it.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// The pack cannot run.
    Error,
    /// The pack runs, but somebody should look.
    Warning,
}

/// Where something stands in a file of the pack. Lines and columns count from one, columns in characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as a path below the pack's folder with `/` between its parts.
    pub file: Arc<str>,
    /// The line, from one.
    pub line: usize,
    /// The column, from one, in characters.
    pub column: usize,
}

impl Place {
    /// A place in a file.
    pub fn new(file: &str, line: usize, column: usize) -> Self {
        Self { file: file.into(), line, column }
    }

    /// The first character of a file: for faults that have no better place.
    pub fn start_of(file: &str) -> Self {
        Self::new(file, 1, 1)
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

/// One fault of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// A stable name in kebab-case, such as `unknown-key`.
    pub code: &'static str,
    /// Whether the pack can run with it.
    pub severity: Severity,
    /// Where it stands.
    pub place: Place,
    /// What is wrong.
    pub message: String,
    /// How to mend it.
    pub help: String,
}

impl Finding {
    /// A fault with which the pack cannot run.
    pub fn error(code: &'static str, place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { code, severity: Severity::Error, place, message: message.into(), help: help.into() }
    }

    /// A fault with which the pack runs.
    pub fn warning(code: &'static str, place: Place, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, place, message, help) }
    }
}

/// Puts findings into the order of their places, and drops what was found twice.
pub fn in_order(mut findings: Vec<Finding>) -> Vec<Finding> {
    findings.sort_by(|a, b| (&a.place, a.code, &a.message).cmp(&(&b.place, b.code, &b.message)));
    findings.dedup();
    findings
}

/// The known name that the author most likely meant, if one is near.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let allowed = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(word, name), name))
        .filter(|(distance, _)| *distance <= allowed)
        .min()
        .map(|(_, name)| name)
}

/// A help text that offers the nearest name, or else lists what there is.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut names: Vec<&str> = known.into_iter().collect();
    names.sort_unstable();
    match nearest(word, names.iter().copied()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if names.is_empty() => "there is none of that kind yet".into(),
        None => format!("known here: {}", names.join(", ")),
    }
}
