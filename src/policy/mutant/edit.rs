//! Makes changes of one file: what it holds, with one part of it set or taken out.

use serde_yaml::Value;

use crate::policy::yaml::Document;

use super::{Mutant, Whole};

/// Makes changes of one file.
pub(super) struct Editor<'a> {
    pub(super) document: &'a Document,
    /// What the file holds, as far as it is written anew.
    base: Value,
    pub(super) edits: Vec<Mutant>,
    /// The flows that the next changes touch.
    pub(super) flows: Vec<String>,
    /// What stands before the words of the next changes, such as `flow.step`.
    pub(super) name: String,
    /// Whether the next changes touch a proof or a hold.
    pub(super) guards: bool,
}

impl<'a> Editor<'a> {
    pub(super) fn new(document: &'a Document, base: Value) -> Self {
        Editor { document, base, edits: Vec::new(), flows: Vec::new(), name: String::new(), guards: false }
    }

    /// The text at a path.
    pub(super) fn get(&self, path: &str) -> Option<&'a str> {
        self.document.get(path)?.as_str()
    }

    /// A part gets another text.
    pub(super) fn set(&mut self, path: &str, text: &str, change: &str, wanted: &str) {
        self.change(path, Some(Value::String(text.to_owned())), change, wanted);
    }

    /// A part is taken out.
    pub(super) fn remove(&mut self, path: &str, change: &str, wanted: &str) {
        self.change(path, None, change, wanted);
    }

    /// Two parts change places.
    pub(super) fn swap(&mut self, one: &str, other: &str, change: &str, wanted: &str) {
        let (Some(first), Some(second)) = (self.document.get(one), self.document.get(other)) else { return };
        let mut value = self.base.clone();
        if put(&mut value, one, Some(second.clone())) && put(&mut value, other, Some(first.clone())) {
            self.keep(one, value, change, wanted);
        }
    }

    fn change(&mut self, path: &str, part: Option<Value>, change: &str, wanted: &str) {
        let mut value = self.base.clone();
        if put(&mut value, path, part) {
            self.keep(path, value, change, wanted);
        }
    }

    fn keep(&mut self, path: &str, value: Value, change: &str, wanted: &str) {
        self.edits.push(Mutant {
            place: self.document.key_place(path),
            change: format!("{}: {change}", self.name),
            wanted: wanted.to_owned(),
            flows: self.flows.clone(),
            guards: self.guards,
            whole: Whole::Value(value),
        });
    }
}

/// Sets the part at a path, or takes it out. Whether there was one.
fn put(value: &mut Value, path: &str, part: Option<Value>) -> bool {
    let Some((parents, last)) = path.rsplit_once('/') else { return false };
    let mut here = value;
    for key in parents.split('/').skip(1) {
        let inner = match here {
            Value::Sequence(items) => key.parse::<usize>().ok().and_then(|n| items.get_mut(n)),
            Value::Mapping(map) => map.get_mut(unescaped(key).as_str()),
            _ => None,
        };
        let Some(inner) = inner else { return false };
        here = inner;
    }
    match here {
        Value::Sequence(items) => {
            let Some(at) = last.parse::<usize>().ok().filter(|at| *at < items.len()) else { return false };
            match part {
                Some(part) => items[at] = part,
                None => drop(items.remove(at)),
            }
            true
        }
        Value::Mapping(map) => {
            let key = unescaped(last);
            let there = map.contains_key(key.as_str());
            match part {
                Some(part) => drop(map.insert(Value::String(key), part)),
                None => drop(map.remove(key.as_str())),
            }
            there
        }
        _ => false,
    }
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}
