//! Makes changes of one file: what it holds, with one part of it set or taken out.

use std::sync::Arc;

use serde_yaml::Value;

use crate::policy::yaml::Document;

use super::{Mutant, Whole};

/// Makes changes of one file.
pub(super) struct Editor<'a> {
    pub(super) document: &'a Document,
    /// What the file holds, as far as it is written anew.
    base: Arc<Value>,
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
        Editor {
            document,
            base: Arc::new(base),
            edits: Vec::new(),
            flows: Vec::new(),
            name: String::new(),
            guards: false,
        }
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
        let parts = vec![(one.to_owned(), Some(second.clone())), (other.to_owned(), Some(first.clone()))];
        self.keep(one, parts, change, wanted);
    }

    fn change(&mut self, path: &str, part: Option<Value>, change: &str, wanted: &str) {
        self.keep(path, vec![(path.to_owned(), part)], change, wanted);
    }

    /// Keeps a change, if every part of it is there.
    fn keep(&mut self, path: &str, parts: Vec<(String, Option<Value>)>, change: &str, wanted: &str) {
        if parts.iter().any(|(part, _)| at(&self.base, part).is_none()) {
            return;
        }
        self.edits.push(Mutant {
            place: self.document.key_place(path),
            change: format!("{}: {change}", self.name),
            wanted: wanted.to_owned(),
            flows: self.flows.clone(),
            guards: self.guards,
            whole: Whole::Parts(Arc::clone(&self.base), parts),
        });
    }
}

/// The part at a path, if there is one below the whole.
fn at<'v>(value: &'v Value, path: &str) -> Option<&'v Value> {
    path.split_once('/')?.1.split('/').try_fold(value, |here, key| match here {
        Value::Sequence(items) => items.get(key.parse::<usize>().ok()?),
        Value::Mapping(map) => map.get(unescaped(key).as_str()),
        _ => None,
    })
}

/// Sets the part at a path, or takes it out, if it is there.
pub(super) fn put(value: &mut Value, path: &str, part: Option<Value>) {
    let Some((parents, last)) = path.rsplit_once('/') else { return };
    let mut here = value;
    for key in parents.split('/').skip(1) {
        let inner = match here {
            Value::Sequence(items) => key.parse::<usize>().ok().and_then(|n| items.get_mut(n)),
            Value::Mapping(map) => map.get_mut(unescaped(key).as_str()),
            _ => None,
        };
        let Some(inner) = inner else { return };
        here = inner;
    }
    match (here, part) {
        (Value::Sequence(items), part) => {
            let Some(at) = last.parse::<usize>().ok().filter(|at| *at < items.len()) else { return };
            match part {
                Some(part) => items[at] = part,
                None => drop(items.remove(at)),
            }
        }
        (Value::Mapping(map), Some(part)) => drop(map.insert(Value::String(unescaped(last)), part)),
        (Value::Mapping(map), None) => drop(map.remove(unescaped(last).as_str())),
        _ => {}
    }
}

fn unescaped(key: &str) -> String {
    key.replace("~1", "/").replace("~0", "~")
}
