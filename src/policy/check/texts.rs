//! Texts for people: their holes, and the sentences that the desk says when an author wrote none.

use std::collections::BTreeMap;

use super::scope::{Reached, Scope};
use crate::policy::finding::{Finding, Place};
use crate::policy::flow::DeskText;
use crate::policy::schema::{Given, Type};
use crate::policy::text::{Filter, Piece, Template};
use crate::policy::yaml::Document;

/// The longest text, in characters.
pub(super) const LONGEST: usize = 4_000;

/// Something that a step reads, and what must be known for it.
#[derive(Debug, Clone)]
pub(super) struct Reading {
    /// The path as it is written.
    pub path: String,
    /// What must be known, the fact or record first.
    pub conditions: Vec<String>,
    /// Where it is read.
    pub place: Place,
}

/// Parses a text.
pub(super) fn template(document: &Document, path: &str, source: &str, findings: &mut Vec<Finding>) -> Option<Template> {
    let length = source.chars().count();
    if length > LONGEST {
        let message = format!("this text has {length} characters; {LONGEST} are allowed");
        findings.push(Finding::error("text-too-long", document.place(path), message, "say it in fewer words"));
    }
    match Template::parse(source.trim_end()) {
        Ok(template) => Some(template),
        Err(fault) => {
            let place = document.place_in(path, source, fault.at);
            findings.push(Finding::error("bad-text", place, fault.message, fault.help));
            None
        }
    }
}

/// Checks the holes of a text, and gives back what it reads.
pub(super) fn check_holes(
    document: &Document,
    path: &str,
    source: &str,
    template: &Template,
    scope: &Scope,
    findings: &mut Vec<Finding>,
) -> Vec<Reading> {
    let mut readings = Vec::new();
    for piece in &template.pieces {
        let Piece::Hole { path: hole, filters, at } = piece else { continue };
        let place = document.place_in(path, source, name_in(source, *at));
        let dotted = hole.join(".");
        match scope.reach(hole, &place, findings) {
            Some(Reached::Type(Type::Group(given))) if given != Given::Contact => {
                let message = format!("`{dotted}` is a group; a text needs one of its parts");
                let help = "write a dot and the part behind it";
                findings.push(Finding::error("not-a-value", place, message, help));
                continue;
            }
            Some(Reached::Type(_)) => {}
            Some(Reached::Later) | None => continue,
        }
        if scope.is_secret(hole) {
            let message = format!("`{dotted}` is secret and may stand in no text");
            findings.push(Finding::error("secret-in-text", place, message, "say it without the secret"));
            continue;
        }
        if filters.iter().any(|filter| matches!(filter, Filter::Default(_))) {
            continue;
        }
        readings.push(Reading { conditions: scope.conditions(hole), path: dotted, place });
    }
    readings
}

/// Where the name in a hole begins.
pub(super) fn name_in(source: &str, at: usize) -> usize {
    let inside = source.get(at..).unwrap_or("");
    let name = inside.trim_start_matches(|c: char| c == '{' || c.is_whitespace());
    at + inside.len() - name.len()
}

/// What the desk says when its authors wrote nothing else.
pub(super) fn defaults() -> BTreeMap<DeskText, Template> {
    DeskText::ALL.into_iter().map(|(text, _)| (text, plain(usual(text)))).collect()
}

fn usual(text: DeskText) -> &'static str {
    match text {
        DeskText::Greeting => "Hello,",
        DeskText::Signature => {
            "{{ desk.name }}\nYour reference is {{ ticket.reference }}. Keep it in the subject when you write."
        }
        DeskText::HandedOver => "A colleague will read this and answer.",
        DeskText::Unanswered => {
            "We have not heard from you, so this request is closed. Reply to this message and it opens again."
        }
        DeskText::Refused => "We cannot do this for you.",
        DeskText::Reminder => "We are still waiting for your answer.",
        DeskText::NotMatched => "Those details do not match our records. Please check them and send them again.",
        DeskText::PasswordRemoved => "You sent what looks like a password. We have removed it. Please change it now.",
        DeskText::Answered => "If this did not help, reply to this message and a colleague will read it.",
        DeskText::Helped => "Did this help? Say yes or no.",
        DeskText::Glad => "Good. There is nothing more that you need to do.",
        DeskText::Next => "You asked for more. When this is done, write one of these names:",
        DeskText::Offers => "Do you need one of these? Reply with its number.",
        DeskText::Status => "Your request {{ ticket.reference }} is with us: {{ ticket.title }}.",
        DeskText::HowToAnswer => "Reply to this message. Put the number of the question before each answer.",
        DeskText::Which => "Which of these do you need? Reply with its number.",
        DeskText::SomethingElse => "Something else",
        DeskText::WhichRecord => "We found several. Which of these do you mean? Reply with its number.",
        DeskText::Agree => "Do you agree? Please answer yes or no.",
        DeskText::HowToAgree => "Reply to this message from this very address. No other answer counts.",
        DeskText::WeAsked => {
            "We have asked somebody who can confirm this. We wait for their answer until {{ step.due | date }}."
        }
        DeskText::Confirm => "Is all this right? Answer yes, or say what to change, such as: change the name.",
        DeskText::TooLate => "We have acted on your request already. A colleague will read this and answer you.",
        DeskText::Parked => "Back to your other request: {{ ticket.title }}.",
        DeskText::Foreign => {
            "We can only read English by ourselves. A colleague will read your message and answer you."
        }
        DeskText::TooLong => {
            "Your message is too long, so we did not use it. Please send it again in parts of up to 5,000 characters."
        }
        DeskText::Transcript => "You asked us for a copy of your chat with us. Here it is.",
        DeskText::NoTranscript => {
            "We cannot send this chat by mail. It goes only to a mail address that was proved for your request. Please copy what you need."
        }
    }
}

/// A text of our own, which is known to be well formed.
pub(super) fn plain(source: &str) -> Template {
    Template::parse(source).unwrap_or(Template { pieces: vec![Piece::Words(source.to_owned())] })
}
