//! Checks that no text tells what only an organisation or a person may know. A text to the requester shows public
//! fields, those that they have named themselves, and those of an organisation whose codes they gave; a text to others
//! what is theirs.

use std::collections::BTreeSet;

use super::guard::Guard;
use super::scope::Scope;
use super::steps::{Made, StepReadings};
use super::texts::Reading;
use crate::policy::demand::{ProofKind, To};
use crate::policy::facts::{RecordKind, SeenBy};
use crate::policy::finding::{Finding, Place};
use crate::policy::flow::{Step, Verb};
use crate::policy::rules::RuleBook;
use crate::policy::schema::{self, Disclosure, Type};

/// What a step tells the requester that not everybody may know, and that they did not name themselves.
pub(super) fn to_requester<'a>(
    scope: &'a Scope,
    step: &Step,
    reads: &'a StepReadings,
    named: &'a BTreeSet<&str>,
) -> impl Iterator<Item = &'a Reading> {
    let named_by_them = |to: &To| matches!(to, To::Path(path) if is_named_by_requester(scope, path));
    let theirs = !step.speaks_to_others() || step.to.iter().any(named_by_them);
    reads.says.iter().filter(move |reading| {
        theirs && !named.contains(reading.path.as_str()) && private_class(scope, &split(&reading.path)).is_some()
    })
}

/// Whether an address is one that the requester gave. Its owner may read what the requester may, for they could be told by
/// them.
fn is_named_by_requester(scope: &Scope, path: &[String]) -> bool {
    path.first().is_some_and(|first| scope.fact(first).is_some() || scope.any_list(first).is_some())
}

/// Tells what a flow gives away: to somebody else in a text, or by saying something under a guard that only the
/// directory knows.
pub(super) fn check(scope: &Scope, made: &Made, findings: &mut Vec<Finding>) {
    for (step, reads) in made.steps.iter().zip(&made.readings) {
        for party in others(step) {
            let named_by_requester = is_named_by_requester(scope, party.record);
            for reading in &reads.says {
                check_for(scope, &party, named_by_requester, reading, findings);
            }
        }
        let Some(guard) = reads.guard.as_ref().filter(|_| step.say.is_some()) else { continue };
        for (path, place) in guard_reads(guard) {
            if others(step).is_empty() && private_class(scope, path).is_some() {
                let name = path.join(".");
                let message = format!("what is said here gives away `{name}`, by which it is guarded");
                let help = "let an agent see it instead, and say the same to everybody";
                findings.push(Finding::warning("private-guard", place.clone(), message, help));
            }
        }
    }
}

/// Who else reads what a step says, by the record for which they speak.
struct Reader<'a> {
    /// How the author named them.
    name: String,
    /// The record.
    record: &'a [String],
    /// Whether they are the person of an account; else they speak for an organisation, or for nobody.
    person: bool,
}

fn others(step: &Step) -> Vec<Reader<'_>> {
    let mut readers = Vec::new();
    for to in &step.to {
        let To::Path(path) = to else { continue };
        let speaks = |field: &str| ["owners", "shared_mailbox", "registered_manager", "cqc_mail"].contains(&field);
        let record = match path.split_last() {
            Some((last, before)) if speaks(last) => before,
            _ => path.as_slice(),
        };
        readers.push(Reader { name: to.to_string(), record, person: record.len() == path.len() });
    }
    if let Verb::Prove { proofs, .. } = &step.verb {
        readers.extend(proofs.iter().filter(|proof| proof.kind.addresses().is_some()).map(|proof| Reader {
            name: proof.to_string(),
            record: &proof.of,
            person: proof.kind == ProofKind::OwnAccount,
        }));
    }
    readers
}

/// Tells what one party may not read: fields of another record, the person's own of somebody else, and what a person
/// gave in confidence.
fn check_for(scope: &Scope, reader: &Reader, named_by_requester: bool, reading: &Reading, findings: &mut Vec<Finding>) {
    let path = split(&reading.path);
    if let Some(fact) = path.first().and_then(|first| scope.fact(first)) {
        let part = path.len() > 1 && path.last().is_some_and(|last| last == "last4");
        let seen = fact.seen_by != SeenBy::Requester || part;
        if fact.personal && !seen {
            let message = format!("`{}` is personal, and {} may not read it", reading.path, reader.name);
            let help = "show less of it, such as `.last4`, or say in its declaration who may: `seen_by: organisation`";
            findings.push(Finding::error("third-party", reading.place.clone(), message, help));
        }
        return;
    }
    // Of whom the requester named, the walk knows what the requester may read.
    let Some(class) = private_class(scope, &path).filter(|_| !named_by_requester) else { return };
    let of_record = path.starts_with(reader.record);
    // Of the people of an organisation its own people may read what is the organisation's.
    let of_people = reader
        .record
        .split_last()
        .is_some_and(|(last, person)| last == "organisation" && !person.is_empty() && path.starts_with(person));
    let may = match class {
        Disclosure::Public => true,
        Disclosure::Organisation => of_record || of_people,
        Disclosure::Person => of_record && reader.person,
        Disclosure::Secret => false,
    };
    if !may {
        let message = format!("`{}` is told here to {}, who may not know it", reading.path, reader.name);
        let help = "say it without this, or to somebody of that organisation";
        findings.push(Finding::error("private-in-text", reading.place.clone(), message, help));
    }
}

fn split(path: &str) -> Vec<String> {
    path.split('.').map(str::to_owned).collect()
}

/// Tells where the reason of a rule holds what is not for everybody who may read why something was decided.
pub(super) fn reasons(scope: &Scope, rules: &RuleBook, findings: &mut Vec<Finding>) {
    for info in rules.names().into_iter().filter_map(|name| rules.rule(name)) {
        for read in info.reads.iter().filter(|read| read.told) {
            let fact = read.path.first().and_then(|first| scope.fact(first));
            let of_a_person = fact.is_some_and(|fact| fact.personal) && read.path.len() == 1;
            if of_a_person || scope.is_secret(&read.path) || private_class(scope, &read.path).is_some() {
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

/// Who may know what a path leads to, when not everybody may. A ticket is found only by who has it.
fn private_class(scope: &Scope, path: &[String]) -> Option<Disclosure> {
    let mut whole = path.first().and_then(|first| scope.type_of(first))?;
    let mut class = Disclosure::Public;
    for name in path.iter().skip(1) {
        if let Type::Record(kind) = &whole {
            if *kind == RecordKind::Ticket {
                return None;
            }
            let field = schema::fields(*kind).into_iter().find(|field| field.name == name);
            // Of the organisation of an account its own fields decide; that there is one is no secret.
            let own = field.filter(|field| !matches!(field.kind, Type::Record(_)));
            class = class.max(own.map_or(Disclosure::Public, |field| field.disclosure));
        }
        whole = schema::part(&whole, name)?;
    }
    (class != Disclosure::Public).then_some(class)
}
