//! Checks that no text tells what only an organisation or a person may know. Until somebody can prove who they are, a
//! text to the requester shows public fields, and those that the requester has named themselves.

use std::collections::BTreeSet;

use super::guard::Guard;
use super::scope::Scope;
use super::steps::Made;
use crate::policy::facts::RecordKind;
use crate::policy::finding::{Finding, Place};
use crate::policy::rules::RuleBook;
use crate::policy::schema::{self, Disclosure, Type};

/// Tells what a flow gives away: in a text, or by saying something under a guard that only the directory knows.
pub(super) fn check(scope: &Scope, made: &Made, findings: &mut Vec<Finding>) {
    let matched: BTreeSet<&str> = made.readings.iter().flat_map(|reads| &reads.matched).map(String::as_str).collect();
    for (step, reads) in made.steps.iter().zip(&made.readings) {
        for reading in &reads.says {
            let path: Vec<String> = reading.path.split('.').map(str::to_owned).collect();
            if !matched.contains(reading.path.as_str()) && is_private(scope, &path) {
                let message = format!("`{}` is told here, and nobody has proved who they are", reading.path);
                let help = "say it without this, or hand over to a person who checks first";
                findings.push(Finding::error("private-in-text", reading.place.clone(), message, help));
            }
        }
        let Some(guard) = reads.guard.as_ref().filter(|_| step.say.is_some()) else { continue };
        for (path, place) in guard_reads(guard) {
            if is_private(scope, path) {
                let name = path.join(".");
                let message = format!("what is said here gives away `{name}`, by which it is guarded");
                let help = "let an agent see it instead, and say the same to everybody";
                findings.push(Finding::warning("private-guard", place.clone(), message, help));
            }
        }
    }
}

/// Tells where the reason of a rule holds what is not for everybody who may read why something was decided.
pub(super) fn reasons(scope: &Scope, rules: &RuleBook, findings: &mut Vec<Finding>) {
    for info in rules.names().into_iter().filter_map(|name| rules.rule(name)) {
        for read in info.reads.iter().filter(|read| read.told) {
            let fact = read.path.first().and_then(|first| scope.fact(first));
            let of_a_person = fact.is_some_and(|fact| fact.personal) && read.path.len() == 1;
            if of_a_person || scope.is_secret(&read.path) || is_private(scope, &read.path) {
                let message =
                    format!("a reason tells `{}`, and a reason stays in the ticket's story", read.path.join("."));
                let help = "say what was found in words, without the value";
                findings.push(Finding::error("private-in-reason", read.place.clone(), message, help));
            }
        }
    }
}

fn guard_reads(guard: &Guard) -> Vec<(&[String], &Place)> {
    match guard {
        Guard::Yes(read) | Guard::OneOf(read, _) => vec![(&read.path, &read.place)],
        Guard::Known(_) => vec![],
        Guard::Not(inner) => guard_reads(inner),
        Guard::And(a, b) | Guard::Or(a, b) => [guard_reads(a), guard_reads(b)].concat(),
        Guard::Either(reads) => reads.iter().map(|read| (read.path.as_slice(), &read.place)).collect(),
    }
}

/// Whether a field on the way is not for everybody. A ticket is found only by who has it.
fn is_private(scope: &Scope, path: &[String]) -> bool {
    let Some(mut whole) = path.first().and_then(|first| scope.type_of(first)) else { return false };
    let mut private = false;
    for name in path.iter().skip(1) {
        if let Type::Record(kind) = &whole {
            if *kind == RecordKind::Ticket {
                return false;
            }
            let field = schema::fields(*kind).into_iter().find(|field| field.name == name);
            // Of the organisation of an account its own fields decide; that there is one is no secret.
            private |= field
                .is_some_and(|field| field.disclosure != Disclosure::Public && !matches!(field.kind, Type::Record(_)));
        }
        match schema::part(&whole, name) {
            Some(part) => whole = part,
            None => return false,
        }
    }
    private
}
