//! Reads a YAML file of the pack: every scalar as the text that was written, with the place of every key and value.
//! Refuses what an author cannot see (duplicate keys, anchors, cut texts); what the words mean is left to `draft`.

use std::collections::BTreeMap;
use std::sync::Arc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use serde_yaml::{Mapping, Value};

use crate::policy::finding::{Finding, Place};

mod document;
mod syntax;

pub use document::{Budget, Document, join};
use document::{Layout, Spot};

/// Reads a file. The document is missing when the text cannot be read to its end, or is too large; all other faults
/// are told beside it, so that the rest can still be checked.
pub fn read(file: &str, text: &str) -> (Option<Document>, Vec<Finding>) {
    let budget = Budget::of(file);
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > budget.bytes {
        let message = format!("this file has {} bytes; {} are allowed", text.len(), budget.bytes);
        let help = "split it into several files";
        return (None, vec![Finding::error("file-too-large", Place::start_of(file), message, help)]);
    }
    let mut reading = Reading::new(file, text, budget);
    let whole = reading.run(text);
    let Reading { findings, root, spots, file, .. } = reading;
    let document = whole.then(|| Document::new(root.unwrap_or(Value::Null), file, spots));
    (document, findings)
}

/// A map or list that is still open.
struct Open {
    path: String,
    part: Part,
    /// Written with brackets, on one line.
    inline: bool,
    /// Stands where a key should.
    is_key: bool,
    /// Begins with `{{`, so it was meant as a text.
    is_text: bool,
    /// Its first character, counted from the start of the file.
    start: usize,
}

enum Part {
    List(Vec<Value>),
    Map(Mapping, Slot),
}

/// What a map expects next.
enum Slot {
    Key,
    Value(String, (usize, usize)),
    /// The value of a key that was refused.
    Refused,
}

struct Reading<'a> {
    file: Arc<str>,
    budget: Budget,
    lines: Vec<&'a str>,
    chars: Vec<char>,
    open: Vec<Open>,
    root: Option<Value>,
    spots: BTreeMap<String, Spot>,
    nodes: usize,
    findings: Vec<Finding>,
}

impl<'a> Reading<'a> {
    fn new(file: &str, text: &'a str, budget: Budget) -> Self {
        Self {
            file: file.into(),
            budget,
            lines: text.lines().collect(),
            chars: text.chars().collect(),
            open: Vec::new(),
            root: None,
            spots: BTreeMap::new(),
            nodes: 0,
            findings: Vec::new(),
        }
    }

    /// Takes every event; false when the file cannot be read to its end.
    fn run(&mut self, text: &str) -> bool {
        let mut documents = 0;
        for event in Parser::new_from_str(text) {
            let (event, span) = match event {
                Ok(event) => event,
                Err(error) => {
                    self.broken(&error);
                    return false;
                }
            };
            if matches!(event, Event::DocumentStart(_)) {
                documents += 1;
                if documents == 2 {
                    let message = "a second document begins here; one file holds one";
                    self.fault("second-document", &span, message, "remove the line `---`, or make a file of its own");
                    return true;
                }
            }
            if !self.take(event, &span) {
                return false;
            }
        }
        true
    }

    fn take(&mut self, event: Event<'_>, span: &Span) -> bool {
        match event {
            Event::Alias(_) => {
                self.fault(
                    "alias",
                    span,
                    "`*` repeats a part of the file; that is not used here",
                    "write the part out",
                );
                self.scalar(String::new(), ScalarStyle::Plain, span)
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.refuse_marks(anchor, tag.is_some(), span);
                self.scalar(text.into_owned(), style, span)
            }
            Event::SequenceStart(anchor, tag) => {
                self.refuse_marks(anchor, tag.is_some(), span);
                self.begin(Part::List(Vec::new()), '[', span)
            }
            Event::MappingStart(anchor, tag) => {
                self.refuse_marks(anchor, tag.is_some(), span);
                self.begin(Part::Map(Mapping::new(), Slot::Key), '{', span)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end(span);
                true
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) | Event::DocumentEnd => {
                true
            }
        }
    }

    fn refuse_marks(&mut self, anchor: usize, tag: bool, span: &Span) {
        if anchor > 0 {
            self.fault("anchor", span, "`&` names a part of the file; that is not used here", "remove the `&` word");
        }
        if tag {
            let message = "`!` gives a type; that is not used here, the key decides the type";
            self.fault("tag", span, message, "remove the `!` word");
        }
    }

    fn begin(&mut self, part: Part, bracket: char, span: &Span) -> bool {
        if !self.count(span) {
            return false;
        }
        if self.open.len() >= self.budget.depth {
            let message = format!("more than {} maps and lists inside each other", self.budget.depth);
            self.fault("too-deep", span, message, "write it flatter");
            return false;
        }
        let inline = self.chars.get(span.start.index()) == Some(&bracket);
        let inside = self.open.last().is_some_and(|open| open.inline);
        if inside && !inline && bracket == '{' {
            let message = "a `: ` inside `[ ]` makes a map of this text";
            self.fault("sentence-in-brackets", span, message, "put the text in quotes, or write the list line by line");
        }
        let is_key = matches!(self.open.last(), Some(Open { part: Part::Map(_, Slot::Key), .. }));
        let path = self.next_path();
        if !is_key {
            self.remember(&path, place_of(span), Layout::Loose);
        }
        self.open.push(Open { path, part, inline, is_key, is_text: false, start: span.start.index() });
        true
    }

    fn end(&mut self, span: &Span) {
        let Some(done) = self.open.pop() else { return };
        if done.is_key {
            self.refuse_key(&done, span);
            return;
        }
        if done.is_text {
            // Checked further as the text that it was meant to be.
            let text = self.chars.get(done.start..span.end.index()).unwrap_or_default().iter().collect();
            self.put(Value::String(text));
            return;
        }
        self.put(match done.part {
            Part::List(items) => Value::Sequence(items),
            Part::Map(map, _) => Value::Mapping(map),
        });
    }

    /// A map or list stands where a key should: mostly a text that begins with `{{`.
    fn refuse_key(&mut self, key: &Open, span: &Span) {
        let line = self.line(span);
        let whole = self.open.last_mut();
        let Some(Open { part: Part::Map(_, slot), path, start, is_text, inline, .. }) = whole else { return };
        *slot = Slot::Refused;
        let braces = *inline && *start + 1 == key.start;
        *is_text |= braces;
        let path = path.clone();
        if !braces {
            self.fault("not-a-key", span, "a key is one word", "write `key: value`");
            return;
        }
        let (line_number, column) = self.spots.get(&path).map_or(place_of(span), |spot| spot.value);
        let place = Place { file: self.file.clone(), line: line_number, column };
        self.findings.push(syntax::braces(place, line));
    }

    fn scalar(&mut self, text: String, style: ScalarStyle, span: &Span) -> bool {
        if !self.count(span) {
            return false;
        }
        if style == ScalarStyle::Plain {
            self.refuse_cut(&text, span);
        }
        if matches!(self.open.last(), Some(Open { part: Part::Map(_, Slot::Key), .. })) {
            self.key(text, span);
            return true;
        }
        let path = self.next_path();
        let (place, layout) = self.lay_out(&text, style, span);
        self.remember(&path, place, layout);
        self.refuse_sentence(&text, style);
        self.put(Value::String(text));
        true
    }

    fn key(&mut self, text: String, span: &Span) {
        let merge = text == "<<";
        let Some(Open { part: Part::Map(map, slot), path, .. }) = self.open.last_mut() else { return };
        let twice = map.contains_key(text.as_str());
        let first = join(path, &text);
        *slot = if twice || merge { Slot::Refused } else { Slot::Value(text.clone(), place_of(span)) };
        if merge {
            self.fault("merge-key", span, "`<<` copies a map; that is not used here", "write the keys out");
        } else if twice {
            let line = self.spots.get(&first).and_then(|spot| spot.key).map_or(1, |(line, _)| line);
            let message = format!("`{text}` stands twice in the same map; the first is on line {line}");
            self.fault("duplicate-key", span, message, "remove one of the two");
        }
    }

    /// Puts a finished value into what is open.
    fn put(&mut self, value: Value) {
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open { part: Part::List(items), .. }) => items.push(value),
            Some(Open { part: Part::Map(map, slot), .. }) => {
                if let Slot::Value(key, _) = std::mem::replace(slot, Slot::Key) {
                    map.insert(Value::String(key), value);
                }
            }
        }
    }

    fn next_path(&self) -> String {
        match self.open.last() {
            None => String::new(),
            Some(Open { path, part: Part::List(items), .. }) => join(path, items.len()),
            Some(Open { path, part: Part::Map(_, Slot::Value(key, _)), .. }) => join(path, key),
            // A refused part has no path of its own; `~` alone is never the escape of a name.
            Some(Open { path, .. }) => format!("{path}/~"),
        }
    }

    fn remember(&mut self, path: &str, value: (usize, usize), layout: Layout) {
        let key = match self.open.last() {
            Some(Open { part: Part::Map(_, Slot::Value(_, place)), .. }) => Some(*place),
            _ => None,
        };
        self.spots.entry(path.to_owned()).or_insert(Spot { key, value, layout });
    }

    fn count(&mut self, span: &Span) -> bool {
        self.nodes += 1;
        if self.nodes == self.budget.nodes + 1 {
            let message = format!("this file has more than {} keys and values", self.budget.nodes);
            self.fault("too-many-nodes", span, message, "split it into several files");
        }
        self.nodes <= self.budget.nodes
    }

    /// Where a text begins, and how places within it are found.
    fn lay_out(&self, text: &str, style: ScalarStyle, span: &Span) -> ((usize, usize), Layout) {
        let (line, column) = place_of(span);
        let one_line = span.start.line() == span.end.line();
        match style {
            ScalarStyle::Plain if one_line => ((line, column), Layout::Line),
            ScalarStyle::Plain => ((line, column), Layout::Loose),
            // Behind the quote.
            ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => {
                let as_written = one_line && span.len() == text.chars().count() + 2;
                ((line, column + 1), if as_written { Layout::Line } else { Layout::Loose })
            }
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let layout = if style == ScalarStyle::Literal { Layout::Block } else { Layout::Loose };
                // The parser tells the line behind the `|`, or that of the `|` itself when the block is empty.
                let sign = self.chars.get(span.start.index()).is_some_and(|sign| matches!(sign, '|' | '>'));
                let from = if sign { line } else { line.saturating_sub(1) };
                (self.first_line_of_block(from).unwrap_or((line, column)), layout)
            }
        }
    }

    /// The first line with words in it, from a line on.
    fn first_line_of_block(&self, from: usize) -> Option<(usize, usize)> {
        let (n, line) = self.lines.iter().enumerate().skip(from).find(|(_, line)| !line.trim().is_empty())?;
        Some((n + 1, line.chars().take_while(|c| *c == ' ').count() + 1))
    }

    /// A ` #` ends a plain text. One space before it, or a whole sentence, and it was not meant as a remark.
    fn refuse_cut(&mut self, text: &str, span: &Span) {
        let rest = self.chars.get(span.end.index()..).unwrap_or_default();
        let spaces = rest.iter().take_while(|c| **c == ' ').count();
        let cut = !text.is_empty() && spaces > 0 && rest.get(spaces) == Some(&'#');
        if !cut || (spaces > 1 && text.split_whitespace().count() < 5) {
            return;
        }
        let line = self.line(span);
        let message = format!("` #` ends the text here; what follows `{}` is not read", last_words(text));
        let help = match syntax::quoted(line) {
            Some(mended) => format!("if it belongs to the text, write: {mended}"),
            None => "put the text in quotes, or the remark on a line of its own".to_owned(),
        };
        let place = Place { file: self.file.clone(), line: span.end.line(), column: span.end.col() + spaces + 1 };
        self.findings.push(Finding::error("text-cut", place, message, help));
    }

    /// A comma inside braces ends a sentence: what follows becomes a key without a value.
    fn refuse_sentence(&mut self, text: &str, style: ScalarStyle) {
        let Some(Open { inline: true, part: Part::Map(_, Slot::Value(key, place)), .. }) = self.open.last() else {
            return;
        };
        if style != ScalarStyle::Plain || !text.is_empty() || !key.contains(' ') {
            return;
        }
        let message = format!("a comma inside `{{ }}` ended the sentence; `{key}` has become a key");
        let place = Place { file: self.file.clone(), line: place.0, column: place.1 };
        let help = "put the sentence in quotes, or write the keys line by line";
        self.findings.push(Finding::error("sentence-in-brackets", place, message, help));
    }

    fn broken(&mut self, error: &ScanError) {
        let mark = error.marker();
        let line = mark.line().clamp(1, self.lines.len().max(1));
        let fault = syntax::explain(error.info(), &self.lines, line, mark.col());
        let opened = self.open.iter().rfind(|open| open.inline).and_then(|open| self.spots.get(&open.path));
        // An open bracket shows itself only far behind: at a line that begins anew, or at the end.
        let (line, column) = match opened.filter(|_| fault.code == "open-bracket") {
            Some(bracket) => bracket.value,
            None => (fault.line, fault.column),
        };
        let place = Place { file: self.file.clone(), line, column };
        self.findings.push(Finding::error(fault.code, place, fault.message, fault.help));
    }

    fn line(&self, span: &Span) -> &'a str {
        self.lines.get(span.start.line().saturating_sub(1)).copied().unwrap_or("")
    }

    fn fault(&mut self, code: &'static str, span: &Span, message: impl Into<String>, help: impl Into<String>) {
        let (line, column) = place_of(span);
        let place = Place { file: self.file.clone(), line, column };
        self.findings.push(Finding::error(code, place, message, help));
    }
}

/// The parser counts columns from zero.
fn place_of(span: &Span) -> (usize, usize) {
    (span.start.line(), span.start.col() + 1)
}

fn last_words(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    words[words.len().saturating_sub(3)..].join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(findings: &[Finding]) -> Vec<String> {
        findings
            .iter()
            .map(|finding| format!("{}:{} {}", finding.place.line, finding.place.column, finding.code))
            .collect()
    }

    #[test]
    fn every_scalar_is_the_text_that_was_written() {
        let (document, findings) = read("flows/a.yaml", "a: no\nb: 08:00\nc: 1.10\nd: 0x1F\ne: ~\nf: \"yes\"\n");
        assert_eq!(told(&findings), [""; 0]);
        let value = document.expect("nothing is wrong with it").value;
        let texts: Vec<&str> =
            value.as_mapping().expect("a map").values().map(|value| value.as_str().expect("a text")).collect();
        assert_eq!(texts, ["no", "08:00", "1.10", "0x1F", "~", "yes"]);
    }

    #[test]
    fn places_are_those_of_the_file_also_within_texts() {
        let text = "\u{feff}a:\r\n  - say: |\r\n      Zwölf\r\n      zwei\r\n    when: \"x é\"\r\n    then: end\r\n";
        let (document, findings) = read("flows/a.yaml", text);
        assert_eq!(told(&findings), [""; 0]);
        let document = document.expect("nothing is wrong with it");
        let at = |place: Place| (place.line, place.column);
        assert_eq!(at(document.place("/a/0/say")), (3, 7));
        assert_eq!(at(document.key_place("/a/0/say")), (2, 5));
        assert_eq!(at(document.place_in("/a/0/say", "Zwölf\nzwei\n", 7)), (4, 7));
        assert_eq!(at(document.place_in("/a/0/when", "x é", 2)), (5, 14));
        assert_eq!(at(document.place("/a/0/then/nowhere")), (6, 11));
    }

    #[test]
    fn a_file_that_is_too_large_is_not_read() {
        let (document, findings) = read("flows/a.yaml", &"a: b\n".repeat(14_000));
        assert!(document.is_none());
        assert_eq!(told(&findings), ["1:1 file-too-large"]);
        let (document, _) = read("flows/world.yaml", &"- b\n".repeat(30_000));
        assert!(document.is_some(), "the world may be large");
    }
}
