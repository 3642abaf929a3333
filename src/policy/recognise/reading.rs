//! What a message brings for the facts that were asked, and the two ways to read it.

use jiff::civil::Date;

use crate::policy::facts::Value;
use crate::policy::flow::FactDecl;
use crate::policy::recognise::reader::Reader;

/// What a message brings for the facts that were asked. It quotes what was written, also of secret facts: whoever
/// shows it must leave those out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Valid answers, in the order of the questions.
    pub understood: Vec<Understood>,
    /// Answers that are not valid.
    pub not_valid: Vec<NotValid>,
    /// Answers that can belong to several questions, or several answers to one.
    pub unclear: Vec<Unclear>,
}

/// A valid answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// The fact.
    pub fact: String,
    /// Its value.
    pub value: Value,
    /// The words in which it was found.
    pub words: String,
    /// How it was known to answer this question.
    pub how: How,
}

/// How an answer was known to belong to its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It stood behind the question's number.
    Numbered(usize),
    /// It stood behind a label or the repeated question.
    Labelled,
    /// It was the only value of its type, and only one missing fact has that type.
    ByType,
    /// The message held nothing else.
    WholeAnswer,
}

/// An answer that is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotValid {
    /// The fact.
    pub fact: String,
    /// What was written, shortened.
    pub written: String,
    /// Why it cannot be taken, in plain words.
    pub because: String,
}

/// Something that must be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// The facts that it can belong to.
    pub facts: Vec<String>,
    /// What was written, shortened.
    pub written: String,
}

/// Reads the answers of a message to the facts of a letter; question one is the first.
pub fn read_answers(text: &str, asked: &[&FactDecl]) -> Reading {
    Reader::new(asked, None).read(text)
}

/// As [`read_answers`], on a known day: `3 March` is then the one within half a year of today.
pub fn read_answers_on(text: &str, asked: &[&FactDecl], today: Date) -> Reading {
    Reader::new(asked, Some(today)).read(text)
}
