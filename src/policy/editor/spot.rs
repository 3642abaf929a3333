//! Where a cursor is in a YAML file that may be half written: found by the lines and how far they are set in, because a
//! file that is being typed can mostly not be parsed.

use crate::policy::draft::shape::Shape;

use super::{FileKind, keys};

/// Where a cursor is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spot {
    /// The path of the map or value, with `*` for items and for names of the author's choice.
    pub path: String,
    /// Whether a key of the map at the path stands here, or would stand here.
    pub is_key: bool,
    /// The word under the cursor, dots and all.
    pub word: String,
    /// The part of the line before the cursor.
    pub before: String,
}

/// A step into a file.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Key(String),
    Item,
}

/// Finds where a cursor is. Lines and columns count from nought, columns in characters.
pub(super) fn spot(kind: FileKind, text: &str, line: usize, column: usize) -> Option<Spot> {
    let lines: Vec<&str> = text.lines().collect();
    let current = lines.get(line).copied().unwrap_or("");
    let chars: Vec<char> = current.chars().collect();
    let column = column.min(chars.len());
    let before: String = chars.get(..column)?.iter().collect();
    let word = word_at(&chars, column);
    let marks = marks(current);
    let first =
        marks.first().map_or_else(|| if current.trim().is_empty() { column } else { indent(current) }, |mark| mark.0);
    let mut parts = above(lines.get(..line).unwrap_or_default(), first, matches!(marks.first(), Some((_, Part::Item))));
    let mut is_key = true;
    let mut inline_from = None;
    for (at, part) in &marks {
        match part {
            Part::Item => parts.push(Part::Item),
            Part::Key(name) => {
                let colon = at + name.chars().count();
                if column > colon {
                    parts.push(Part::Key(name.clone()));
                    inline_from = Some(colon + 1);
                    is_key = false;
                }
            }
        }
    }
    let value_from =
        inline_from.or_else(|| marks.iter().all(|mark| mark.1 == Part::Item).then(|| content_start(current)));
    if let Some(inside) = value_from.and_then(|from| chars.get(from..column)) {
        let (more, key) = brackets(inside);
        if let Some(key) = key {
            parts.extend(more);
            is_key = key;
        }
    }
    let path = pattern(kind, &parts)?;
    // A word alone under a list of texts is an item of it; under a map it is a key that is being typed.
    if is_key && !matches!(keys::shape_at(&path)?, Shape::Map(_) | Shape::Named(_) | Shape::Say | Shape::Anything) {
        is_key = false;
    }
    Some(Spot { path, is_key, word, before })
}

/// The parts that lead to a line, from the lines above it.
fn above(lines: &[&str], first: usize, is_item: bool) -> Vec<Part> {
    let mut wanted = first;
    // A list may stand as far out as its key.
    let mut level = is_item;
    let mut found = Vec::new();
    for line in lines.iter().rev().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#')) {
        for (at, part) in marks(line).into_iter().rev() {
            let leads = at < wanted || (level && at == wanted && matches!(part, Part::Key(_)));
            if leads {
                wanted = at;
                level = part == Part::Item;
                found.push(part);
            }
        }
        if wanted == 0 && !level {
            break;
        }
    }
    found.reverse();
    found
}

/// The dashes and the key at the beginning of a line, with their columns.
fn marks(line: &str) -> Vec<(usize, Part)> {
    let chars: Vec<char> = line.chars().collect();
    let mut marks = Vec::new();
    let mut at = indent(line);
    while chars.get(at) == Some(&'-') && chars.get(at + 1).is_none_or(|c| *c == ' ') {
        marks.push((at, Part::Item));
        at += 1;
        while chars.get(at) == Some(&' ') {
            at += 1;
        }
    }
    let rest: String = chars.get(at..).unwrap_or_default().iter().collect();
    let key: String = rest.chars().take_while(|c| *c != ':').collect();
    let ends = rest.chars().nth(key.chars().count() + 1).is_none_or(char::is_whitespace);
    let is_key = rest.contains(':')
        && ends
        && !key.is_empty()
        && key.chars().all(|c| c.is_alphanumeric() || "_- .{}".contains(c));
    if is_key && !key.starts_with(['{', '[']) {
        marks.push((at, Part::Key(key)));
    }
    marks
}

fn indent(line: &str) -> usize {
    line.chars().take_while(|c| *c == ' ').count()
}

fn content_start(line: &str) -> usize {
    let chars: Vec<char> = line.chars().collect();
    let mut at = indent(line);
    while matches!(chars.get(at), Some('-' | ' ')) {
        at += 1;
    }
    at
}

/// What is open in `{…}` and `[…]` before the cursor, and whether a key is typed there; `None` outside of brackets.
fn brackets(inside: &[char]) -> (Vec<Part>, Option<bool>) {
    let mut open: Vec<Option<Part>> = Vec::new();
    let mut is_map: Vec<bool> = Vec::new();
    let mut word = String::new();
    let mut quote: Option<char> = None;
    for (n, c) in inside.iter().enumerate() {
        match (*c, quote) {
            (c, Some(mark)) => {
                if c == mark {
                    quote = None;
                }
            }
            (c @ ('"' | '\''), None) if word.trim().is_empty() => quote = Some(c),
            // Only a value that begins with a bracket is one; `{{` begins a hole in a text.
            ('{', None) if inside.get(n + 1) != Some(&'{') && (!open.is_empty() || word.trim().is_empty()) => {
                open.push(None);
                is_map.push(true);
                word.clear();
            }
            ('[', None) if !open.is_empty() || word.trim().is_empty() => {
                open.push(Some(Part::Item));
                is_map.push(false);
                word.clear();
            }
            ('}' | ']', None) => {
                open.pop();
                is_map.pop();
                word.clear();
            }
            (',', None) => {
                if is_map.last() == Some(&true)
                    && let Some(last) = open.last_mut()
                {
                    *last = None;
                }
                word.clear();
            }
            (':', None) if is_map.last() == Some(&true) => {
                if let Some(last) = open.last_mut() {
                    *last = Some(Part::Key(word.trim().to_owned()));
                }
                word.clear();
            }
            (c, None) => word.push(c),
        }
    }
    let key = is_map.last().map(|map| *map && open.last() == Some(&None));
    (open.into_iter().flatten().collect(), key)
}

/// The path with `*` for items and names; `None` where the file has no such place.
fn pattern(kind: FileKind, parts: &[Part]) -> Option<String> {
    let mut path = kind.name().to_owned();
    for part in parts {
        let shape = keys::shape_at(&path)?;
        path = match (shape, part) {
            (Shape::Texts, Part::Item) => path,
            (Shape::Anything, Part::Key(name)) if keys::dated(&path).is_some() => format!("{path}/{name}"),
            (Shape::Anything, Part::Item) if keys::dated(&path).is_some() => path,
            (Shape::Named(_), Part::Key(_)) | (_, Part::Item) => format!("{path}/*"),
            (_, Part::Key(name)) => format!("{path}/{name}"),
        };
    }
    keys::shape_at(&path).map(|_| path)
}

/// The word around a column.
pub(super) fn word_at(chars: &[char], column: usize) -> String {
    let part = |c: &char| c.is_alphanumeric() || matches!(c, '_' | '.' | '-');
    let start = chars.get(..column).unwrap_or_default().iter().rev().take_while(|c| part(c)).count();
    let end = chars.get(column..).unwrap_or_default().iter().take_while(|c| part(c)).count();
    let word: String = chars.get(column - start..column + end).unwrap_or_default().iter().collect();
    word.trim_matches(['.', '-']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::spot;
    use crate::policy::editor::FileKind;

    /// The path at the mark `^`, and whether a key stands there.
    fn at(text: &str) -> (String, bool) {
        let line = text.lines().position(|line| line.contains('^')).expect("a mark");
        let column = text.lines().nth(line).and_then(|line| line.chars().position(|c| c == '^')).expect("a mark");
        let spot = spot(FileKind::Flow, &text.replace('^', ""), line, column).expect("a place");
        (spot.path, spot.is_key)
    }

    #[test]
    fn a_place_is_found_in_a_file_that_is_half_written() {
        let value = |path: &str| (format!("flow{path}"), false);
        let key = |path: &str| (format!("flow{path}"), true);
        assert_eq!(at("flow: x\nqueue: ^"), value("/queue"));
        assert_eq!(at("flow: x\nqu^"), key(""));
        assert_eq!(at("steps:\n  - ask: a\n    then: ^"), value("/steps/*/then"));
        assert_eq!(at("steps:\n- ask: a\n  ^"), key("/steps/*"));
        assert_eq!(at("steps:\n  - ^"), key("/steps/*"));
        assert_eq!(at("steps:\n  - ask: [a, ^"), value("/steps/*/ask"));
        assert_eq!(at("steps:\n  - ask:\n      - ^"), value("/steps/*/ask"));
        assert_eq!(at("steps:\n  - decide: a.b\n    cases: {one: two, three: ^}"), value("/steps/*/cases/*"));
        assert_eq!(at("facts:\n  colour: {ty^"), key("/facts/*"));
        assert_eq!(at("facts:\n  colour:\n    type: ^"), value("/facts/*/type"));
    }
}
