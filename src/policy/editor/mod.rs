//! What an editor needs to help while somebody types: the keys of every kind of file with their meanings, the pack's own
//! names, JSON Schema of both, and for a place in a file what stands there and what may stand there.

mod at;
mod describe;
mod help;
mod keys;
mod names;
mod schema;
mod spot;

pub use help::{Cursor, Offer, complete, define, hover};
pub use keys::all as all_keys;
pub use names::{Kind, Name, Names};
pub use schema::schema;

/// A kind of file of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    /// `flows/desk.yaml`.
    Desk,
    /// `flows/facts.yaml`.
    Facts,
    /// `flows/AREA/FLOW.yaml`.
    Flow,
    /// `flows/answers/AREA.yaml`.
    Answers,
    /// `….scenarios.yaml`.
    Scenarios,
    /// `….examples.yaml`.
    Examples,
    /// `flows/world.yaml`.
    World,
    /// `rules/NAME.yaml`.
    Table,
}

impl FileKind {
    /// Every kind.
    pub const ALL: [FileKind; 8] = [
        FileKind::Desk,
        FileKind::Facts,
        FileKind::Flow,
        FileKind::Answers,
        FileKind::Scenarios,
        FileKind::Examples,
        FileKind::World,
        FileKind::Table,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            FileKind::Desk => "desk",
            FileKind::Facts => "facts",
            FileKind::Flow => "flow",
            FileKind::Answers => "answers",
            FileKind::Scenarios => "scenarios",
            FileKind::Examples => "examples",
            FileKind::World => "world",
            FileKind::Table => "table",
        }
    }

    /// Which files are of this kind, as editors match them.
    pub fn pattern(self) -> &'static str {
        match self {
            FileKind::Desk => "flows/desk.yaml",
            FileKind::Facts => "flows/facts.yaml",
            FileKind::Flow => "flows/!(answers)/!(*.*).yaml",
            FileKind::Answers => "flows/answers/!(*.*).yaml",
            FileKind::Scenarios => "flows/*/*.scenarios.yaml",
            FileKind::Examples => "flows/*/*.examples.yaml",
            FileKind::World => "flows/world.yaml",
            FileKind::Table => "rules/*.yaml",
        }
    }

    /// What it holds, in a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            FileKind::Desk => "What is true for the whole desk.",
            FileKind::Facts => "Questions that several flows ask, and names of looked-up records.",
            FileKind::Flow => "One flow.",
            FileKind::Answers => "Answers to common questions.",
            FileKind::Scenarios => "Stories that test a flow.",
            FileKind::Examples => "What people write who want a flow.",
            FileKind::World => "The made-up directory in which all scenarios take place.",
            FileKind::Table => "A rule as a table.",
        }
    }

    /// The kind of a file, by its path below the pack's folder.
    pub fn of(file: &str) -> Option<FileKind> {
        let stem = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml"))?;
        Some(match stem.split_once('/')? {
            ("rules", _) => FileKind::Table,
            ("flows", "desk") => FileKind::Desk,
            ("flows", "facts") => FileKind::Facts,
            ("flows", "world") => FileKind::World,
            ("flows", rest) if rest.ends_with(".scenarios") => FileKind::Scenarios,
            ("flows", rest) if rest.ends_with(".examples") => FileKind::Examples,
            ("flows", rest) if rest.starts_with("answers/") => FileKind::Answers,
            ("flows", _) => FileKind::Flow,
            _ => return None,
        })
    }
}
