//! Checks the verbs that reach beyond the requester: to whom a step speaks, who must prove what, what is recorded in the
//! directory, and what a wait is for.

use std::collections::BTreeMap;

use super::scope::Reached;
use super::steps::StepCheck;
use super::texts::Reading;
use super::values;
use crate::policy::demand::{self, Parameter, ProofKind, To, Wanted};
use crate::policy::facts::{FactType, RecordKind};
use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::flow::{Limit, Verb};
use crate::policy::schema::{Given, Type};
use crate::policy::yaml::join;

/// What the facts of the three codes are called, with their types: `prove: cqc_details` asks for them.
pub(super) const CODES: [(&str, FactType); 4] = [
    ("ods_code", FactType::OdsCode),
    ("cqc_location", FactType::CqcLocation),
    ("cqc_contact", FactType::CqcContact),
    ("code", FactType::Code),
];

/// To whom a step speaks. A party that is nobody is told, and left out.
pub(super) fn parties(step: &mut StepCheck, asks: bool) -> Vec<To> {
    let mut parties = Vec::new();
    for (n, written) in step.draft.to.iter().enumerate() {
        let to = To::parse(written);
        let To::Path(path) = &to else {
            parties.push(to);
            continue;
        };
        let place = step.around.document.place(&place_of_item(step, "to", n));
        match step.around.scope.reach(path, &place, step.findings) {
            Some(Reached::Type(kind)) if is_party(&kind, asks) => {
                // Whoever has no address is nobody: an `ask` then goes on by its `otherwise`, and a text is not sent.
                let conditions = step.around.scope.conditions(path.get(..1).unwrap_or_default());
                step.reads.does.push(Reading { path: written.clone(), conditions, place });
                parties.push(to);
            }
            Some(Reached::Type(_)) => {
                let message = format!("`{written}` is nobody who can be {}", if asks { "asked" } else { "written to" });
                let help = match asks {
                    true => "name an account, a mail address, `….owners`, `….shared_mailbox` or a contact",
                    false => "name an account, a mail address or mobile, `….owners`, `….shared_mailbox` or a contact",
                };
                step.spoil(Finding::error("not-a-party", place, message, help));
            }
            Some(Reached::Later) | None => step.sound = false,
        }
    }
    parties
}

/// Whether something of this type has an address, and can answer if it must.
fn is_party(kind: &Type, asks: bool) -> bool {
    match kind {
        Type::Record(RecordKind::Account) | Type::Group(Given::Contact) => true,
        Type::Value(FactType::Mail | FactType::NhsMail) => true,
        Type::Value(FactType::Mobile) => !asks,
        Type::List(item) => is_party(item, asks),
        Type::Value(_) | Type::Record(_) | Type::Group(_) | Type::People(_) | Type::Member(_) => false,
    }
}

fn place_of_item(step: &StepCheck, key: &str, n: usize) -> String {
    let path = step.at(key);
    match step.around.document.get(&path) {
        Some(value) if value.is_sequence() => join(&path, n),
        _ => path,
    }
}

/// Who must prove what.
pub(super) fn prove(step: &mut StepCheck) -> Option<Verb> {
    if step.draft.otherwise.is_none() {
        let message = "`prove` has no `otherwise`: it may be denied, or nobody answers";
        let help = "add `otherwise: agent`, or a step that goes on";
        step.spoil(Finding::error("missing-otherwise", step.key_place("prove"), message, help));
    }
    let mut proofs = Vec::new();
    for (n, written) in step.draft.prove.iter().enumerate() {
        let place = step.around.document.place(&place_of_item(step, "prove", n));
        let Some(wanted) = wanted(step, written, &place) else { continue };
        // Where there is nobody to prove it, the step goes on by its `otherwise`.
        let conditions = step.around.scope.conditions(wanted.of.get(..1).unwrap_or_default());
        step.reads.does.push(Reading { path: wanted.of.join("."), conditions, place: place.clone() });
        if wanted.kind == ProofKind::CqcDetails {
            codes(step, &place);
        }
        proofs.push(wanted);
    }
    if proofs.is_empty() {
        step.sound = false;
        return None;
    }
    let place = step.place("tries");
    let limits = &step.around.scope.desk.limits;
    let tries = step.draft.tries.as_ref();
    let tries = tries.and_then(|text| values::tries(text, limits, || place.clone(), step.findings));
    let usual = match limits.get("tries") {
        Some(Limit::Number(n)) => u32::try_from(*n).unwrap_or(1).max(1),
        Some(Limit::Length(_)) | None => 3,
    };
    Some(Verb::Prove { proofs, tries: tries.unwrap_or(usual) })
}

/// One proof, of a record of the right kind.
fn wanted(step: &mut StepCheck, written: &str, place: &Place) -> Option<Wanted> {
    let Some(wanted) = Wanted::parse(written) else {
        let kinds = ProofKind::ALL.map(ProofKind::name);
        let word = written.split(' ').next().unwrap_or("");
        let help = match ProofKind::named(word) {
            Some(kind) => format!("say of whom, such as `{word} of {}`", kind.of().name()),
            None => did_you_mean(word, kinds),
        };
        step.spoil(Finding::error("unknown-proof", place.clone(), format!("`{written}` is no proof"), help));
        return None;
    };
    let reached = step.around.scope.reach(&wanted.of, place, step.findings);
    match reached {
        Some(Reached::Type(Type::Record(kind))) if kind == wanted.kind.of() => Some(wanted),
        Some(Reached::Type(_)) => {
            let message = format!("`{}` is not {}", wanted.of.join("."), in_words(wanted.kind.of()));
            let help = format!("`{}` is proved of {}", wanted.kind.name(), in_words(wanted.kind.of()));
            step.spoil(Finding::error("proof-of-what", place.clone(), message, help));
            None
        }
        Some(Reached::Later) | None => {
            step.sound = false;
            None
        }
    }
}

fn in_words(kind: RecordKind) -> &'static str {
    match kind {
        RecordKind::Account => "an account",
        RecordKind::Organisation => "an organisation",
        RecordKind::Ticket => "a ticket",
    }
}

/// The facts that the three codes are asked by.
fn codes(step: &mut StepCheck, place: &Place) {
    for (name, kind) in CODES {
        let found = step.around.scope.fact(name).map(|fact| fact.kind);
        if found == Some(kind) || step.around.scope.is_later(name) {
            continue;
        }
        let message = format!("`cqc_details` asks for `{name}`, and there is no such fact of the type `{kind}`");
        let help = format!("declare `{name}` in flows/facts.yaml with `type: {kind}`");
        step.spoil(Finding::error("codes-not-declared", place.clone(), message, help));
    }
}

/// What changes in the directory.
pub(super) fn record(step: &mut StepCheck) -> Option<Verb> {
    let act = step.draft.record.clone()?;
    let place = step.place("record");
    let known = demand::DIRECTORY_ACTS.map(|act| act.name);
    let Some(directory) = demand::directory_act(&act) else {
        let message = format!("the directory knows no change `{act}`");
        step.spoil(Finding::error("not-a-change", place, message, did_you_mean(&act, known)));
        return None;
    };
    step.around.scope.lexicon.acts.expect(&act, || place.clone(), step.findings);
    let bound = bindings(step, &act, directory.parameters, &place)?;
    Some(Verb::Record { act, with: bound })
}

/// Where each parameter of a change is read.
fn bindings(
    step: &mut StepCheck,
    act: &str,
    parameters: &[(&'static str, Parameter, bool)],
    place: &Place,
) -> Option<BTreeMap<String, Vec<String>>> {
    let names: Vec<&str> = parameters.iter().map(|(name, _, _)| *name).collect();
    for name in step.draft.with.keys().filter(|name| !names.contains(&name.as_str())) {
        let message = format!("`{act}` has no parameter `{name}`");
        let help = did_you_mean(name, names.iter().copied());
        step.spoil(Finding::error("unknown-parameter", step.key_place(&format!("with/{name}")), message, help));
    }
    let mut bound = BTreeMap::new();
    let mut good = true;
    for (name, wanted, must) in parameters {
        let given = step.draft.with.get(*name);
        let place = if given.is_some() { step.place(&format!("with/{name}")) } else { place.clone() };
        let path: Vec<String> = given.map_or(*name, String::as_str).split('.').map(str::to_owned).collect();
        let scope = &step.around.scope;
        if given.is_none() && path.first().is_none_or(|first| scope.type_of(first).is_none()) {
            if *must && !scope.is_later(name) {
                let message = format!("`{act}` reads `{name}`, and this flow has no such fact or record");
                let help = format!("declare it, or say where it stands: `with: {{{name}: …}}`");
                step.spoil(Finding::error("unbound-parameter", place, message, help));
                good = false;
            }
            continue;
        }
        match scope.reach(&path, &place, step.findings) {
            Some(Reached::Type(found)) if fits(&found, *wanted) => {
                let conditions = step.around.scope.conditions(&path);
                step.reads.does.push(Reading { path: path.join("."), conditions, place });
                bound.insert((*name).to_owned(), path);
            }
            // An optional parameter is bound by its name only where the name means the same.
            Some(Reached::Type(_)) if given.is_none() && !must => {}
            Some(Reached::Type(_)) => {
                let message = format!("`{}` is not what `{act}` reads as `{name}`", path.join("."));
                let help = match wanted {
                    Parameter::Record(kind) => format!("name {}", in_words(*kind)),
                    Parameter::Value(kind) => format!("name a fact or field of the type `{kind}`"),
                };
                step.spoil(Finding::error("parameter-type", place, message, help));
                good = false;
            }
            Some(Reached::Later) | None => {
                step.sound = false;
                good = false;
            }
        }
    }
    good.then_some(bound)
}

fn fits(found: &Type, wanted: Parameter) -> bool {
    match (found, wanted) {
        (Type::Record(found), Parameter::Record(wanted)) => *found == wanted,
        (Type::Value(found), Parameter::Value(wanted)) => {
            *found == wanted || (wanted == FactType::Mail && *found == FactType::NhsMail)
        }
        _ => false,
    }
}

/// How long is waited, and what makes it needless.
pub(super) fn wait(step: &mut StepCheck) -> Option<Verb> {
    let written = step.draft.wait.clone()?;
    let place = step.place("wait");
    let limits = &step.around.scope.desk.limits;
    let length = values::length(&written, limits, || place, step.findings);
    if step.draft.unless.is_some() && step.draft.otherwise.is_none() {
        let message = "this `wait` has `unless` and no `otherwise`: what was waited against may come true";
        let help = "add `otherwise:` with a step or an ending";
        step.spoil(Finding::error("missing-otherwise", step.key_place("unless"), message, help));
    }
    if step.draft.say.is_none() && !step.draft.remind.is_empty() {
        let message = "there is nothing to remind of: this `wait` says nothing";
        step.spoil(Finding::error("key-not-here", step.key_place("remind"), message, "add `say:`, or remove `remind`"));
    }
    let unless = match &step.draft.unless {
        Some(source) => Some(step.expression("unless", source)?),
        None => None,
    };
    for read in unless.iter().flat_map(|unless| &unless.reads).filter(|read| !read.guarded) {
        let conditions = step.around.scope.conditions(&read.path);
        step.reads.does.push(Reading { path: read.path.join("."), conditions, place: read.place.clone() });
    }
    Some(Verb::Wait { length: length?, unless })
}
