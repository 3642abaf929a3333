//! The value of a fact of type `list`: people or things with the fields that its declaration names, and what has
//! become of each. How a list is read out of what somebody writes is left to [`recognise`](crate::policy::recognise).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::facts::{FactType, Item, Value};

/// The part of every list that holds the entries that were left out.
pub const SKIPPED: &str = "skipped";

/// The people or things of a list, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Listed {
    /// All of them. One that was left out keeps its place, so that a task can say by number whom it is about.
    pub entries: Vec<Entry>,
    /// The verdicts by which the list was sorted; a part that nobody is in is there too.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub parts: BTreeSet<String>,
}

/// One of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Entry {
    /// What is known of it, by the names of its fields.
    pub fields: BTreeMap<String, Value>,
    /// The verdict by which it was sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub part: Option<String>,
    /// Why it was left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub skipped: Option<String>,
    /// What the directory says of it, by the names of [`schema::MEMBER`](crate::policy::schema::MEMBER).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub given: BTreeMap<String, Value>,
}

impl Listed {
    /// A list that was just given.
    pub fn of(entries: impl IntoIterator<Item = BTreeMap<String, Value>>) -> Self {
        let entries = entries.into_iter().map(|fields| Entry { fields, ..Entry::default() });
        Self { entries: entries.collect(), parts: BTreeSet::new() }
    }

    /// Those that were not left out, each with its place.
    pub fn standing(&self) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().filter(|(_, entry)| entry.skipped.is_none())
    }

    /// The places of those that stand in a part; of all, without one.
    pub fn places(&self, part: Option<&str>) -> Vec<usize> {
        let within = |entry: &Entry| part.is_none_or(|part| entry.part.as_deref() == Some(part));
        if part == Some(SKIPPED) {
            let skipped = self.entries.iter().enumerate().filter(|(_, entry)| entry.skipped.is_some());
            return skipped.map(|(at, _)| at).collect();
        }
        self.standing().filter(|(_, entry)| within(entry)).map(|(at, _)| at).collect()
    }

    /// How many there are, without those that were left out.
    pub fn count(&self) -> usize {
        self.standing().count()
    }

    /// What `.name` of the list is: `first`, or a part of it. A part by which nobody has sorted is not known.
    pub fn field(&self, name: &str) -> Option<Item> {
        if name == "first" {
            return self.standing().next().map(|(_, entry)| entry.item());
        }
        if name != SKIPPED && !self.parts.contains(name) {
            return None;
        }
        let entries = self.places(Some(name)).into_iter().filter_map(|at| self.entries.get(at));
        // Those that were left out are the part itself here, so they stand in it.
        let entries = entries.map(|entry| Entry { skipped: None, ..entry.clone() }).collect();
        Some(Item::Value(Value::list(Listed { entries, parts: BTreeSet::new() })))
    }

    /// Every entry with all its fields, a line each: for an agent's eyes.
    pub fn in_full(&self) -> Vec<String> {
        self.entries.iter().map(Entry::in_full).collect()
    }
}

/// The names, as a letter gives them.
impl fmt::Display for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.standing().map(|(_, entry)| entry.name()).collect();
        f.write_str(&joined(&names))
    }
}

impl Entry {
    /// What it is called: its `name`, else its first name of a person, else its first field.
    pub fn name(&self) -> String {
        let named = self.fields.get("name");
        let person = || self.fields.values().find(|value| value.kind == FactType::Name);
        let first = || self.fields.values().next();
        named.or_else(person).or_else(first).map(ToString::to_string).unwrap_or_default()
    }

    /// It as an expression, a rule or a text reads it.
    pub fn item(&self) -> Item {
        // What somebody said goes before what is given under the same name.
        let all = self.given.iter().chain(&self.fields);
        Item::Group(all.map(|(name, value)| (name.clone(), Item::Value(value.clone()))).collect())
    }

    fn in_full(&self) -> String {
        let name = self.name();
        let rest = self.fields.values().map(ToString::to_string).filter(|value| *value != name);
        let line: Vec<String> = std::iter::once(name.clone()).chain(rest).collect();
        match &self.skipped {
            Some(why) => format!("{} (left out: {why})", line.join(", ")),
            None => line.join(", "),
        }
    }
}

/// Names in a sentence: `Amy, Bob and Cleo`.
pub fn joined(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [only] => only.clone(),
        [many @ .., last] => format!("{} and {last}", many.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_out_stands_in_its_own_part_alone() {
        let person = |name: &str| BTreeMap::from([("name".to_owned(), Value::text(FactType::Name, name))]);
        let mut staff = Listed::of([person("Amy Field"), person("Bob Reed"), person("Cleo Hart")]);
        assert_eq!(staff.to_string(), "Amy Field, Bob Reed and Cleo Hart");
        assert_eq!(staff.field("newcomer"), None);
        staff.parts.extend(["newcomer".to_owned(), "known".to_owned()]);
        staff.entries[0].part = Some("newcomer".into());
        staff.entries[0].skipped = Some("name_refused".into());
        staff.entries[1].part = Some("newcomer".into());
        let shown = |part: &str| staff.field(part).map(|item| item.to_string());
        assert_eq!(shown("newcomer").as_deref(), Some("Bob Reed"));
        assert_eq!(shown("known").as_deref(), Some(""));
        assert_eq!(shown("skipped").as_deref(), Some("Amy Field"));
        assert_eq!(staff.field("first").and_then(|first| first.field("name")).unwrap().to_string(), "Bob Reed");
        assert_eq!((staff.count(), staff.places(Some("newcomer"))), (2, vec![1]));
        assert_eq!(staff.in_full()[0], "Amy Field (left out: name_refused)");
    }
}
