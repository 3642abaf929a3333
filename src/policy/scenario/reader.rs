//! Reads the parts of a scenario file by their paths, and notes a finding for each part that has the wrong shape.

use std::collections::BTreeMap;

use serde_yaml::Value;

use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::yaml::{Document, join};

/// A file under reading.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document,
    pub(super) findings: &'a mut Vec<Finding>,
}

impl Reader<'_> {
    /// Notes a fault at the value of a path.
    pub(super) fn fault(
        &mut self,
        code: &'static str,
        path: &str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.findings.push(Finding::error(code, self.document.place(path), message, help));
    }

    /// Where the key at the end of a path stands.
    pub(super) fn place(&self, path: &str) -> Place {
        self.document.key_place(path)
    }

    /// The keys of a map; none when there is no map.
    pub(super) fn keys(&self, path: &str) -> Vec<String> {
        match self.document.get(path) {
            Some(Value::Mapping(map)) => map.keys().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
            _ => Vec::new(),
        }
    }

    /// Whether a path holds a map. A key that is not one of these is a fault; the others are read all the same.
    pub(super) fn only(&mut self, path: &str, what: &str, known: &[&str]) -> bool {
        if !matches!(self.document.get(path), Some(Value::Mapping(_))) {
            self.fault("wrong-kind", path, format!("{what} is a map"), format!("keys: {}", known.join(", ")));
            return false;
        }
        for key in self.keys(path).iter().filter(|key| !known.contains(&key.as_str())) {
            let place = self.place(&join(path, key));
            let help = did_you_mean(key, known.iter().copied());
            self.findings.push(Finding::error("unknown-key", place, format!("`{key}` is not a key of {what}"), help));
        }
        true
    }

    /// How many items a list has; `None`, with a finding, when it is no list.
    pub(super) fn count(&mut self, path: &str, what: &str) -> Option<usize> {
        match self.document.get(path) {
            Some(Value::Sequence(items)) => Some(items.len()),
            _ => {
                self.fault("wrong-kind", path, format!("{what} is a list"), "write each item behind `- `");
                None
            }
        }
    }

    /// Whether a map has a key.
    pub(super) fn has(&self, path: &str, key: &str) -> bool {
        self.document.get(&join(path, key)).is_some()
    }

    /// A text, if it is there.
    pub(super) fn text(&mut self, path: &str, key: &str) -> Option<String> {
        let path = join(path, key);
        match self.document.get(&path) {
            None => None,
            Some(Value::String(text)) => Some(text.clone()),
            Some(_) => {
                self.fault(
                    "wrong-kind",
                    &path,
                    format!("`{key}` is one text"),
                    "write it on one line, or as a `|` block",
                );
                None
            }
        }
    }

    /// One text or a list of texts, if they are there.
    pub(super) fn texts(&mut self, path: &str, key: &str) -> Option<Vec<String>> {
        let path = join(path, key);
        match self.document.get(&path)? {
            Value::String(text) => Some(vec![text.clone()]),
            Value::Sequence(items) if items.iter().all(Value::is_string) => {
                Some(items.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect())
            }
            _ => {
                self.fault(
                    "wrong-kind",
                    &path,
                    format!("`{key}` is a list of texts"),
                    "write `[one, two]`, or each behind `- `",
                );
                None
            }
        }
    }

    /// A map of texts, if it is there.
    pub(super) fn pairs(&mut self, path: &str, key: &str) -> BTreeMap<String, String> {
        let path = join(path, key);
        match self.document.get(&path) {
            None => BTreeMap::new(),
            Some(Value::Mapping(map)) if map.values().all(Value::is_string) => map
                .iter()
                .filter_map(|(name, value)| Some((name.as_str()?.to_owned(), value.as_str()?.to_owned())))
                .collect(),
            Some(_) => {
                self.fault("wrong-kind", &path, format!("`{key}` is a map of texts"), "write `{fact: value}`");
                BTreeMap::new()
            }
        }
    }

    /// Yes or no, if it is there.
    pub(super) fn yes_no(&mut self, path: &str, key: &str) -> Option<bool> {
        match self.text(path, key)?.as_str() {
            "yes" => Some(true),
            "no" => Some(false),
            other => {
                self.fault(
                    "bad-value",
                    &join(path, key),
                    format!("`{key}` is yes or no, not `{other}`"),
                    "write yes or no",
                );
                None
            }
        }
    }

    /// A whole number, if it is there.
    pub(super) fn number(&mut self, path: &str, key: &str) -> Option<usize> {
        let text = self.text(path, key)?;
        let number = text.parse().ok();
        if number.is_none() {
            self.fault("bad-value", &join(path, key), format!("`{key}` is a number, not `{text}`"), "write a number");
        }
        number
    }

    /// Notes a name that is not known. Gives it back when it is.
    pub(super) fn known<'n>(
        &mut self,
        path: &str,
        what: &str,
        name: String,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        let names: Vec<&str> = names.into_iter().collect();
        if names.contains(&name.as_str()) {
            return Some(name);
        }
        let code = match what {
            "fact" => "unknown-fact",
            "step" => "unknown-step",
            "queue" => "unknown-queue",
            "contact" => "unknown-contact",
            "task" => "unknown-act",
            "flow" | "answer" => "unknown-flow",
            _ => "bad-value",
        };
        self.fault(code, path, format!("there is no {what} called `{name}`"), did_you_mean(&name, names));
        None
    }
}
