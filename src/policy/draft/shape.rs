//! Compares a value with the keys that its place allows: tells every fault, and hands on what is left in order.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use serde_yaml::{Mapping, Value};

use crate::policy::finding::{Finding, did_you_mean};
use crate::policy::yaml::{Document, join};

/// What may stand in a place.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    /// One text.
    Text,
    /// One text or a list of them; becomes a list.
    Texts,
    /// A map with these keys.
    Map(&'static [Key]),
    /// A map whose keys the author chooses.
    Named(&'static Shape),
    /// A list.
    List(&'static Shape),
    /// A text for people: one for all channels, or one for each; becomes a map.
    Say,
    /// A list whose items are read one by one later, or any other part that has its own reader.
    Anything,
}

/// One key of a map.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Key {
    /// The word.
    pub name: &'static str,
    /// What stands behind it.
    pub shape: Shape,
    /// Whether it must be there.
    pub must: bool,
}

/// A key that must be there.
pub(crate) const fn must(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, must: true }
}

/// A key that may be there.
pub(crate) const fn may(name: &'static str, shape: Shape) -> Key {
    Key { name, shape, must: false }
}

pub(crate) const SAY: &[Key] = &[must("mail", Shape::Text), may("chat", Shape::Text), may("text", Shape::Text)];

/// Reads the value at a path as a `T`. Faults are told; what is wrong is left out, so that the rest can be checked.
pub(crate) fn read<T: DeserializeOwned + Default>(
    document: &Document,
    path: &str,
    shape: Shape,
    findings: &mut Vec<Finding>,
) -> T {
    let Some(value) = document.get(path).and_then(|value| tidy(document, path, value, shape, findings)) else {
        return T::default();
    };
    serde_path_to_error::deserialize(value).unwrap_or_else(|error: serde_path_to_error::Error<serde_yaml::Error>| {
        let path = error.path().iter().fold(path.to_owned(), |path, segment| match segment {
            Segment::Seq { index } => join(&path, index),
            Segment::Map { key } => join(&path, key),
            Segment::Enum { .. } | Segment::Unknown => path,
        });
        let message = format!("this cannot be read: {}", error.inner());
        findings.push(Finding::error("wrong-value", document.place(&path), message, "compare it with another like it"));
        T::default()
    })
}

fn tidy(document: &Document, path: &str, value: &Value, shape: Shape, findings: &mut Vec<Finding>) -> Option<Value> {
    match (shape, value) {
        (Shape::Anything, _) => Some(value.clone()),
        (_, Value::String(text)) if text.trim().is_empty() => {
            let message = format!("{} is empty", name_of(path));
            findings.push(Finding::error(
                "empty-value",
                document.key_place(path),
                message,
                "fill it in, or remove the key",
            ));
            None
        }
        (Shape::Text, Value::String(_)) => Some(value.clone()),
        (Shape::Texts, Value::String(_)) => Some(Value::Sequence(vec![value.clone()])),
        (Shape::Texts, Value::Sequence(items)) => {
            Some(Value::Sequence(tidy_items(document, path, items, Shape::Text, findings)))
        }
        (Shape::List(item), Value::Sequence(items)) => {
            Some(Value::Sequence(tidy_items(document, path, items, *item, findings)))
        }
        (Shape::Say, Value::String(_)) => {
            Some(Value::Mapping([(Value::from("mail"), value.clone())].into_iter().collect()))
        }
        (Shape::Say, Value::Mapping(map)) => Some(tidy_map(document, path, map, SAY, findings)),
        (Shape::Map(keys), Value::Mapping(map)) => Some(tidy_map(document, path, map, keys, findings)),
        (Shape::Named(item), Value::Mapping(map)) => {
            let mut tidied = Mapping::new();
            for (key, value) in map {
                let path = join(path, key.as_str().unwrap_or(""));
                if let Some(value) = tidy(document, &path, value, *item, findings) {
                    tidied.insert(key.clone(), value);
                }
            }
            Some(Value::Mapping(tidied))
        }
        _ => {
            let message = format!("{} is {}; it should be {}", name_of(path), found(value), wanted(shape));
            let help = format!("write {}", example(shape));
            findings.push(Finding::error("wrong-kind", document.place(path), message, help));
            None
        }
    }
}

/// A wrong item of a list of maps leaves an empty map behind, so that the numbers of the others stay.
fn tidy_items(
    document: &Document,
    path: &str,
    items: &[Value],
    item: Shape,
    findings: &mut Vec<Finding>,
) -> Vec<Value> {
    let tidied = items.iter().enumerate().filter_map(|(n, value)| {
        let value = tidy(document, &join(path, n), value, item, findings);
        let keeps_place = matches!(item, Shape::Map(_));
        value.or_else(|| keeps_place.then(|| Value::Mapping(Mapping::new())))
    });
    tidied.collect()
}

fn tidy_map(document: &Document, path: &str, map: &Mapping, keys: &[Key], findings: &mut Vec<Finding>) -> Value {
    let mut tidied = Mapping::new();
    for (key, value) in map {
        let word = key.as_str().unwrap_or("");
        let path = join(path, word);
        match keys.iter().find(|key| key.name == word) {
            Some(known) => {
                if let Some(value) = tidy(document, &path, value, known.shape, findings) {
                    tidied.insert(key.clone(), value);
                }
            }
            None => {
                let help = did_you_mean(word, keys.iter().map(|key| key.name));
                let message = format!("`{word}` is not a key here");
                findings.push(Finding::error("unknown-key", document.key_place(&path), message, help));
            }
        }
    }
    for key in keys.iter().filter(|key| key.must && !map.contains_key(key.name)) {
        let message = format!("`{}` is missing{}", key.name, of(path));
        let help = format!("add `{}:` with {}", key.name, wanted(key.shape));
        findings.push(Finding::error("missing-key", document.key_place(path), message, help));
    }
    Value::Mapping(tidied)
}

fn name_of(path: &str) -> String {
    match path.rsplit('/').next() {
        Some(word) if !word.is_empty() && word.parse::<usize>().is_err() => format!("`{word}`"),
        _ => "this".into(),
    }
}

fn of(path: &str) -> String {
    match name_of(path) {
        word if word == "this" => String::new(),
        word => format!(" in {word}"),
    }
}

fn found(value: &Value) -> &'static str {
    match value {
        Value::String(_) => "a text",
        Value::Sequence(_) => "a list",
        Value::Mapping(_) => "a map",
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Tagged(_) => "empty",
    }
}

fn wanted(shape: Shape) -> &'static str {
    match shape {
        Shape::Text => "a text",
        Shape::Texts => "a text or a list of texts",
        Shape::Map(_) | Shape::Named(_) => "a map",
        Shape::List(_) => "a list",
        Shape::Say => "a text, or a map with `mail` and `chat`",
        Shape::Anything => "a value",
    }
}

fn example(shape: Shape) -> &'static str {
    match shape {
        Shape::Text | Shape::Texts | Shape::Say | Shape::Anything => "it behind the colon",
        Shape::Map(_) | Shape::Named(_) => "`key: value` lines below it, indented",
        Shape::List(_) => "items below it, each beginning with `- `",
    }
}
