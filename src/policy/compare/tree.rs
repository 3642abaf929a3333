//! What differs between two YAML values: one edit for each text, and for each entry of a list of texts.

use std::collections::BTreeSet;

use serde_yaml::Value;

/// A text that is otherwise, is new, or is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    /// The keys that lead to it.
    pub keys: Vec<String>,
    /// What it was.
    pub was: Option<String>,
    /// What it is.
    pub is: Option<String>,
}

impl Edit {
    /// The path as a document names it.
    pub(super) fn path(&self) -> String {
        self.keys.iter().fold(String::new(), |path, key| crate::policy::yaml::join(&path, key))
    }

    /// Whether it is below this key of the file.
    pub(super) fn within(&self, key: &str) -> bool {
        self.keys.first().is_some_and(|first| first == key)
    }

    /// The last key that is a name and no number.
    pub(super) fn key(&self) -> &str {
        self.keys.iter().rev().find(|key| key.parse::<usize>().is_err()).map_or("", String::as_str)
    }
}

/// Everything that differs.
pub(super) fn edits(was: Option<&Value>, is: Option<&Value>) -> Vec<Edit> {
    let mut found = Vec::new();
    compare(&mut Vec::new(), was, is, &mut found);
    found
}

fn compare(keys: &mut Vec<String>, was: Option<&Value>, is: Option<&Value>, found: &mut Vec<Edit>) {
    if was == is {
        return;
    }
    match (was, is) {
        (Some(Value::Mapping(_)) | None, Some(Value::Mapping(_))) | (Some(Value::Mapping(_)), None) => {
            let names = names(was).into_iter().chain(names(is)).collect::<BTreeSet<_>>();
            for name in names {
                keys.push(name.to_owned());
                let at = |value: Option<&'_ Value>| value.and_then(|value| value.get(name)).cloned();
                compare(keys, at(was).as_ref(), at(is).as_ref(), found);
                keys.pop();
            }
        }
        (Some(Value::Sequence(_)) | None, Some(Value::Sequence(_))) | (Some(Value::Sequence(_)), None) => {
            list(keys, items(was), items(is), found);
        }
        _ => found.push(Edit { keys: keys.clone(), was: was.map(text), is: is.map(text) }),
    }
}

/// Lists are sets for whoever reads about them: what has gone, and what has come.
fn list(keys: &[String], was: &[Value], is: &[Value], found: &mut Vec<Edit>) {
    let before = found.len();
    for gone in was.iter().filter(|item| !is.contains(item)) {
        found.push(Edit { keys: keys.to_vec(), was: Some(text(gone)), is: None });
    }
    for (at, new) in is.iter().enumerate().filter(|(_, item)| !was.contains(item)) {
        let mut place = keys.to_vec();
        place.push(at.to_string());
        found.push(Edit { keys: place, was: None, is: Some(text(new)) });
    }
    if found.len() == before {
        let all = |items: &[Value]| items.iter().map(text).collect::<Vec<_>>().join(", ");
        found.push(Edit { keys: keys.to_vec(), was: Some(all(was)), is: Some(all(is)) });
    }
}

fn names(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Mapping(map)) => map.keys().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn items(value: Option<&Value>) -> &[Value] {
    match value {
        Some(Value::Sequence(items)) => items,
        _ => &[],
    }
}

/// A value on one line.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Sequence(items) => items.iter().map(text).collect::<Vec<_>>().join(", "),
        Value::Mapping(map) => {
            let pair = |(key, value): (&Value, &Value)| format!("{}: {}", text(key), text(value));
            map.iter().map(pair).collect::<Vec<_>>().join(", ")
        }
        Value::Null => "nothing".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) => number.to_string(),
        Value::Tagged(tagged) => text(&tagged.value),
    }
}
