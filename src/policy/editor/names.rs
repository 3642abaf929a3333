//! The names that a pack gives to things, gathered from its files as they stand: what each means, and where it stands. A
//! file that cannot be read gives none, and takes none from the others.

use std::collections::BTreeMap;

use serde_yaml::Value;

use crate::policy::check::words::VERBS;
use crate::policy::finding::Place;
use crate::policy::yaml::{self, Document, join};

use super::FileKind;

/// What a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A flow or an answer.
    Flow,
    /// A fact.
    Fact,
    /// A looked-up record.
    Record,
    /// A rule, `file.rule`.
    Rule,
    /// A queue.
    Queue,
    /// A set of targets.
    Targets,
    /// A contact.
    Contact,
    /// A calendar.
    Calendar,
    /// A chain.
    Chain,
    /// A step, `flow.step`.
    Step,
    /// A priority.
    Priority,
    /// An act of an agent.
    Act,
    /// A limit.
    Limit,
    /// One of the desk's sentences.
    Text,
    /// A list of holidays.
    Holidays,
}

impl Kind {
    /// What people call it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Flow => "flow",
            Kind::Fact => "fact",
            Kind::Record => "record",
            Kind::Rule => "rule",
            Kind::Queue => "queue",
            Kind::Targets => "set of targets",
            Kind::Contact => "contact",
            Kind::Calendar => "calendar",
            Kind::Chain => "chain",
            Kind::Step => "step",
            Kind::Priority => "priority",
            Kind::Act => "act",
            Kind::Limit => "limit",
            Kind::Text => "text of the desk",
            Kind::Holidays => "list of holidays",
        }
    }
}

/// A name with its meaning.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    /// What it means, in a line or two.
    pub meaning: String,
    /// Where it is given.
    pub place: Place,
}

/// All names of a pack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    names: BTreeMap<Kind, BTreeMap<String, Name>>,
}

impl Names {
    /// Gathers the names of all files.
    pub fn of(files: &BTreeMap<String, String>) -> Names {
        let mut names = Names::default();
        for (file, text) in files {
            names.add(&Names::of_file(file, text));
        }
        names
    }

    /// Gathers the names of one file.
    pub fn of_file(file: &str, text: &str) -> Names {
        let mut names = Names::default();
        match FileKind::of(file) {
            // They are long, and name nothing.
            Some(FileKind::Scenarios | FileKind::Examples | FileKind::World) => {}
            Some(kind) => {
                if let (Some(document), _) = yaml::read(file, text) {
                    names.take(kind, file, &document);
                }
            }
            None if file.ends_with(".rhai") => names.take_rules(file, text),
            None => {}
        }
        names
    }

    /// Adds the names of another file. What has a name already keeps its meaning.
    pub fn add(&mut self, other: &Names) {
        for (kind, names) in &other.names {
            let known = self.names.entry(*kind).or_default();
            for (word, name) in names {
                known.entry(word.clone()).or_insert_with(|| name.clone());
            }
        }
    }

    /// All names of a kind.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = (&String, &Name)> {
        self.names.get(&kind).into_iter().flatten()
    }

    /// A name.
    pub fn get(&self, kind: Kind, name: &str) -> Option<&Name> {
        self.names.get(&kind)?.get(name)
    }

    fn put(&mut self, kind: Kind, name: &str, meaning: impl Into<String>, place: Place) {
        let known = self.names.entry(kind).or_default();
        known.entry(name.to_owned()).or_insert_with(|| Name { meaning: meaning.into(), place });
    }

    fn take(&mut self, kind: FileKind, file: &str, document: &Document) {
        match kind {
            FileKind::Desk => self.take_desk(document),
            FileKind::Facts => {
                self.take_facts(document);
                self.section(document, "records", Kind::Record, &["kind"]);
            }
            FileKind::Flow => self.take_flow(document),
            FileKind::Answers => {
                for n in 0..length(document, "/answers") {
                    let path = join("/answers", n);
                    if let Some(name) = text(document, &path, "answer") {
                        let meaning = text(document, &path, "title").unwrap_or("A ready answer.");
                        self.put(Kind::Flow, name, meaning, document.place(&join(&path, "answer")));
                    }
                }
            }
            FileKind::Table => {
                if let Some(name) = text(document, "", "table") {
                    let stem = file.trim_start_matches("rules/").split('.').next().unwrap_or_default();
                    let meaning = text(document, "", "why").unwrap_or("A table.");
                    self.put(Kind::Rule, &format!("{stem}.{name}"), meaning, document.place("/table"));
                }
            }
            FileKind::Scenarios | FileKind::Examples | FileKind::World => {}
        }
    }

    fn take_desk(&mut self, document: &Document) {
        let sections: [(&str, Kind, &[&str]); 10] = [
            ("queues", Kind::Queue, &["title", "team_lead"]),
            ("targets", Kind::Targets, &["first_answer", "task", "resolution"]),
            ("contacts", Kind::Contact, &["name", "mail", "phone"]),
            ("calendars", Kind::Calendar, &["hours"]),
            ("chains", Kind::Chain, &[]),
            ("priorities", Kind::Priority, &[]),
            ("acts", Kind::Act, &[]),
            ("limits", Kind::Limit, &[]),
            ("texts", Kind::Text, &[]),
            ("holidays", Kind::Holidays, &[]),
        ];
        for (section, kind, fields) in sections {
            self.section(document, section, kind, fields);
        }
        self.put(Kind::Priority, "normal", "What was promised, as it is.", Place::start_of(document.file()));
    }

    /// Every name of a section, with some of its fields as the meaning.
    fn section(&mut self, document: &Document, section: &str, kind: Kind, fields: &[&str]) {
        let path = join("", section);
        for name in keys(document, &path) {
            let at = join(&path, &name);
            let told: Vec<String> = fields
                .iter()
                .filter_map(|field| Some(format!("{field}: {}", in_a_line(document.get(&join(&at, field))?))))
                .collect();
            let meaning = match document.get(&at) {
                Some(value) if told.is_empty() => in_a_line(value),
                _ => told.join(" · "),
            };
            self.put(kind, &name, meaning, document.key_place(&at));
        }
    }

    fn take_facts(&mut self, document: &Document) {
        for name in keys(document, "/facts") {
            let at = join("/facts", &name);
            let kind = text(document, &at, "type").unwrap_or("no type");
            let ask = text(document, &at, "ask").unwrap_or("no question");
            let mut meaning = format!("{ask} ({kind})");
            for (field, words) in [("hint", ""), ("choices", "One of: ")] {
                if let Some(value) = document.get(&join(&at, field)) {
                    meaning.push_str(&format!("\n{words}{}", in_a_line(value)));
                }
            }
            self.put(Kind::Fact, &name, meaning, document.key_place(&at));
        }
    }

    fn take_flow(&mut self, document: &Document) {
        let Some(flow) = text(document, "", "flow") else { return };
        let title = text(document, "", "title").unwrap_or_default();
        let why = text(document, "", "why").unwrap_or_default();
        self.put(Kind::Flow, flow, format!("{title}\n{why}").trim(), document.place("/flow"));
        self.take_facts(document);
        for n in 0..length(document, "/steps") {
            let path = join("/steps", n);
            let Some((id, verb)) = step_id(document, &path) else { continue };
            let says = text(document, &path, "say").or_else(|| text(document, &path, "do")).unwrap_or_default();
            let place = document.key_place(&path);
            self.put(Kind::Step, &format!("{flow}.{id}"), format!("{verb}\n{}", in_short(says)).trim(), place);
        }
    }

    /// Functions of a rule file, each with the comment above it.
    fn take_rules(&mut self, file: &str, text: &str) {
        let stem = file.trim_start_matches("rules/").trim_end_matches(".rhai");
        let mut comment: Vec<&str> = Vec::new();
        for (n, line) in text.lines().enumerate() {
            if let Some(words) = line.trim().strip_prefix("//") {
                comment.push(words.trim_start_matches('/').trim());
            } else if let Some((name, rest)) = line.trim().strip_prefix("fn ").and_then(|rest| rest.split_once('(')) {
                let reads = rest.split(')').next().unwrap_or_default();
                let meaning = format!("{}\nReads: {reads}", comment.join(" "));
                let column = line.find(name).map_or(1, |byte| line.get(..byte).unwrap_or("").chars().count() + 1);
                self.put(
                    Kind::Rule,
                    &format!("{stem}.{}", name.trim()),
                    meaning.trim(),
                    Place::new(file, n + 1, column),
                );
                comment.clear();
            } else if !line.trim().is_empty() {
                comment.clear();
            }
        }
    }
}

/// A step's id, its own or made of its verb, with what it does in words.
fn step_id(document: &Document, path: &str) -> Option<(String, String)> {
    let found = VERBS.into_iter().chain(["say"]).find_map(|verb| Some((verb, document.get(&join(path, verb))?)));
    let what = found.map_or(String::new(), |(verb, value)| match verb {
        "say" => "say".to_owned(),
        verb => format!("{verb}: {}", in_a_line(value)),
    });
    if let Some(id) = text(document, path, "id") {
        return Some((id.to_owned(), what));
    }
    let (verb, value) = found?;
    let first = match value {
        Value::String(one) => one.as_str(),
        Value::Sequence(items) => items.first()?.as_str()?,
        _ => return None,
    };
    (verb != "say").then(|| (format!("{verb}_{}", first.replace('.', "_")), what))
}

/// The text behind a key.
pub(super) fn text<'d>(document: &'d Document, path: &str, key: &str) -> Option<&'d str> {
    document.get(&join(path, key))?.as_str()
}

/// The keys of a map.
pub(super) fn keys(document: &Document, path: &str) -> Vec<String> {
    match document.get(path) {
        Some(Value::Mapping(map)) => map.keys().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}

fn length(document: &Document, path: &str) -> usize {
    document.get(path).and_then(Value::as_sequence).map_or(0, Vec::len)
}

/// A value in one line, for people.
fn in_a_line(value: &Value) -> String {
    let line = match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        Value::Sequence(items) => items.iter().map(in_a_line).collect::<Vec<_>>().join(", "),
        Value::Mapping(map) => {
            let parts = map.iter().map(|(key, value)| format!("{} {}", in_a_line(key), in_a_line(value)));
            parts.collect::<Vec<_>>().join("; ")
        }
        _ => String::new(),
    };
    in_short(&line)
}

fn in_short(text: &str) -> String {
    let short: String = text.chars().take(300).collect();
    if short.len() < text.len() { format!("{short}…") } else { short }
}
