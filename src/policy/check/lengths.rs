//! Whether the longest that a text can become still fits the way that it goes: a subject line, a text to a mobile.

use std::collections::BTreeMap;

use super::lexicon::Lexicon;
use crate::policy::demand::To;
use crate::policy::facts::FactType;
use crate::policy::finding::{Finding, Place};
use crate::policy::flow::{FactDecl, Flow, Step};
use crate::policy::text::{Piece, Template};
use crate::policy::yaml::{Document, join};

/// Mail programs show no more of a subject, and some systems cut it.
const SUBJECT: usize = 150;
/// No service takes a longer text: six parts.
const MOBILE: usize = 918;

/// Checks the texts of a flow.
pub(super) fn check(document: &Document, flow: &Flow, lexicon: &Lexicon, findings: &mut Vec<Finding>) {
    for (n, step) in flow.steps.iter().enumerate() {
        let Some(say) = &step.say else { continue };
        let path = join("/steps", n);
        let longest = |text: &Template| longest(text, &flow.facts, lexicon);
        if let Some(length) = say.subject.as_ref().map(longest).filter(|length| *length > SUBJECT) {
            let place = document.place(&join(&path, "subject"));
            findings.push(too_long("subject-too-long", place, "this subject", length, SUBJECT));
        }
        let length = longest(&say.mail);
        if length > MOBILE && goes_to_mobile(step, flow, lexicon) {
            let place = document.place(&join(&path, "say"));
            findings.push(too_long("text-too-long-for-mobile", place, "this text to a mobile", length, MOBILE));
        }
    }
}

fn too_long(code: &'static str, place: Place, what: &str, length: usize, most: usize) -> Finding {
    let message = format!("{what} can become {length} characters long; {most} fit");
    Finding::error(code, place, message, "say it in fewer words, or with fewer facts")
}

fn fact<'a>(name: &str, own: &'a BTreeMap<String, FactDecl>, lexicon: &'a Lexicon) -> Option<&'a FactDecl> {
    own.get(name).or_else(|| lexicon.facts.get(name))
}

fn goes_to_mobile(step: &Step, flow: &Flow, lexicon: &Lexicon) -> bool {
    step.to.iter().any(|to| match to {
        To::Requester => false,
        To::Path(path) => match path.as_slice() {
            [name] => fact(name, &flow.facts, lexicon).is_some_and(|decl| decl.kind == FactType::Mobile),
            path => path.last().is_some_and(|field| field == "mobile"),
        },
    })
}

/// How many characters a text has at most.
fn longest(text: &Template, own: &BTreeMap<String, FactDecl>, lexicon: &Lexicon) -> usize {
    let piece = |piece: &Piece| match piece {
        Piece::Words(words) => words.chars().count(),
        Piece::Hole { path, .. } => hole(path, own, lexicon),
    };
    text.pieces.iter().map(piece).sum()
}

fn hole(path: &[String], own: &BTreeMap<String, FactDecl>, lexicon: &Lexicon) -> usize {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    match names.as_slice() {
        [.., "last4"] => 4,
        ["step", "due"] => "Wednesday 30 September 2026".len(),
        ["ticket", "reference"] => "CD-7K3M-9QX4".len(),
        [name] => fact(name, own, lexicon).map_or(FIELD, of_fact),
        _ => FIELD,
    }
}

/// A field of a record: a name or an address of some length.
const FIELD: usize = 80;

fn of_fact(decl: &FactDecl) -> usize {
    let most = match decl.kind {
        FactType::YesNo => 3,
        FactType::Choice => decl.choices.iter().map(|choice| choice.chars().count()).max().unwrap_or(0),
        FactType::Number => 12,
        FactType::Date | FactType::DateTime => 40,
        FactType::ShortText => 200,
        FactType::LongText => 4_000,
        FactType::Name | FactType::Mail | FactType::NhsMail => FIELD,
        FactType::Mobile | FactType::Phone | FactType::Postcode | FactType::OdsCode => 16,
        FactType::Reference | FactType::CqcLocation | FactType::CqcContact | FactType::Code => 20,
        FactType::List => 4_000,
    };
    decl.shorten_to.map_or(most, |cut| most.min(cut))
}
