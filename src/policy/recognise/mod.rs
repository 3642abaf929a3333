//! From what people write to valid values: one answer to one question, and all answers of a mail. Nothing is guessed;
//! what may be meant twice is told as unclear, and what is not valid with the reason.

mod address;
mod clock;
mod codes;
mod day;
mod labels;
mod lines;
mod marks;
mod moment;
mod name;
mod number;
mod people;
mod phone;
mod postcode;
mod reader;
mod reading;
mod seen;
mod unmarked;
mod valid;
mod words;
mod yes_no;

use jiff::civil::Date;

use crate::policy::facts::{Prefill, Value};
use crate::policy::flow::FactDecl;
use crate::policy::message::Party;

pub use crate::policy::recognise::people::{
    Half, Roll, RollReading, how_to, read_list, roll_of, still_missing, whole_list,
};
pub use crate::policy::recognise::reading::{
    How, NotValid, Reading, Unclear, Understood, read_answers, read_answers_on,
};

/// The value of one written answer to a declared fact, or why it is none, in plain words for who wrote it.
pub fn valid(decl: &FactDecl, written: &str) -> Result<Value, String> {
    valid::value(decl, written, None)
}

/// As [`valid`], on a known day: `3 March` is then the one within half a year of today.
pub fn valid_on(decl: &FactDecl, written: &str, today: Date) -> Result<Value, String> {
    valid::value(decl, written, Some(today))
}

/// A telephone number in its one form, `+441632960123`.
pub fn phone(written: &str) -> Option<String> {
    phone::number(written)
}

/// Whether a whole text says yes, or no; neither when it takes back what it says.
pub fn yes_or_no(written: &str) -> Option<bool> {
    yes_no::yes_no(written)
}

/// Which of the facts a few words name: by the fact's name, its question, or what people call such a value.
pub fn named(written: &str, decls: &[&FactDecl]) -> Vec<String> {
    let profiles: Vec<labels::Profile> = decls.iter().map(|decl| labels::Profile::of(decl)).collect();
    let label = words::telling(written);
    let at = labels::named(&label, &profiles, false);
    at.into_iter().filter_map(|at| decls.get(at)).map(|decl| decl.name.clone()).collect()
}

/// What a fact is filled with before it is asked for, from what the sender calls themselves.
pub fn prefill(decl: &FactDecl, sender: &Party) -> Option<Value> {
    match decl.prefill? {
        Prefill::SenderName => valid::exact(decl, &full_name(sender.name.as_deref()?)?, None).ok(),
        Prefill::SenderAddress => valid::exact(decl, &sender.address, None).ok(),
    }
}

/// `FIELD, Amy (ROSE COURT - V12345)` is `Amy FIELD`; one word alone is no full name.
fn full_name(written: &str) -> Option<String> {
    let name = written.split(['(', '[', '<']).next()?.trim().trim_matches(['"', '\'']);
    let name = match name.split_once(',') {
        Some((last, first)) => format!("{} {}", first.trim(), last.trim()),
        None => name.to_owned(),
    };
    (name.split_whitespace().count() >= 2).then_some(name)
}

#[cfg(test)]
mod tests;
