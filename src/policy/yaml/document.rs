//! A file that was read: its value, and where each part of it stands.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::Arc;

use serde_yaml::Value;

use crate::policy::finding::Place;

/// How large a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// Bytes of text.
    pub bytes: usize,
    /// Maps and lists inside each other.
    pub depth: usize,
    /// Keys, values, maps and lists.
    pub nodes: usize,
}

impl Budget {
    /// What a file is allowed, by its name: scenarios nest deeper, the world is large, and examples are many.
    pub fn of(file: &str) -> Budget {
        let usual = Budget { bytes: 64 * 1024, depth: 6, nodes: 20_000 };
        if file.ends_with("world.yaml") {
            Budget { bytes: 10 * 1024 * 1024, nodes: 2_000_000, ..usual }
        } else if file.ends_with(".examples.yaml") {
            Budget { bytes: 1024 * 1024, ..usual }
        } else if file.ends_with(".scenarios.yaml") {
            Budget { depth: 12, ..usual }
        } else {
            usual
        }
    }
}

/// A file that was read: its value, in which every scalar is a text, and where each part of it stands.
///
/// Parts are named by paths such as `/steps/3/when`, made with [`join`].
#[derive(Debug, Clone)]
pub struct Document {
    /// What the file holds.
    pub value: Value,
    file: Arc<str>,
    spots: BTreeMap<String, Spot>,
}

/// Where a part stands: line and column of its key and of its value.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    pub key: Option<(usize, usize)>,
    pub value: (usize, usize),
    pub layout: Layout,
}

/// How a text is laid out, to find a place within it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Layout {
    /// In one piece: a place within it is on the same line.
    Line,
    /// A `|` block: every line begins in the same column.
    Block,
    /// Anything else: only its beginning can be told.
    Loose,
}

impl Document {
    pub(super) fn new(value: Value, file: Arc<str>, spots: BTreeMap<String, Spot>) -> Self {
        Self { value, file, spots }
    }

    /// Where the value at a path stands; of a block of text, its first line. A path that is not there stands where
    /// its nearest parent stands.
    pub fn place(&self, path: &str) -> Place {
        self.spot(path).map_or_else(|| Place::start_of(&self.file), |spot| self.at(spot.value))
    }

    /// Where the key at the end of a path stands; of an item in a list, the item.
    pub fn key_place(&self, path: &str) -> Place {
        match self.spots.get(path) {
            Some(spot) => self.at(spot.key.unwrap_or(spot.value)),
            None => self.place(path),
        }
    }

    /// Where a byte of the text at a path stands.
    pub fn place_in(&self, path: &str, text: &str, byte: usize) -> Place {
        let Some(spot) = self.spot(path) else { return Place::start_of(&self.file) };
        let before = text.get(..byte).unwrap_or("");
        let lines = before.matches('\n').count();
        let column = before.rsplit('\n').next().unwrap_or("").chars().count();
        match spot.layout {
            Layout::Line if lines == 0 => self.at((spot.value.0, spot.value.1 + column)),
            Layout::Block => self.at((spot.value.0 + lines, spot.value.1 + column)),
            Layout::Line | Layout::Loose => self.at(spot.value),
        }
    }

    /// The value at a path.
    pub fn get(&self, path: &str) -> Option<&Value> {
        path.split('/').skip(1).try_fold(&self.value, |value, part| match value {
            Value::Sequence(items) => items.get(part.parse::<usize>().ok()?),
            Value::Mapping(map) => map.get(unescape(part).as_str()),
            _ => None,
        })
    }

    /// The file that was read.
    pub fn file(&self) -> &str {
        &self.file
    }

    fn spot(&self, path: &str) -> Option<&Spot> {
        let mut path = path;
        loop {
            if let Some(spot) = self.spots.get(path) {
                return Some(spot);
            }
            path = &path[..path.rfind('/')?];
        }
    }

    fn at(&self, (line, column): (usize, usize)) -> Place {
        Place { file: self.file.clone(), line, column }
    }
}

/// The path of a part: `join("/steps", 3)` is `/steps/3`.
pub fn join(path: &str, part: impl Display) -> String {
    let part = part.to_string();
    if part.contains(['/', '~']) {
        return format!("{path}/{}", part.replace('~', "~0").replace('/', "~1"));
    }
    format!("{path}/{part}")
}

fn unescape(part: &str) -> String {
    part.replace("~1", "/").replace("~0", "~")
}
