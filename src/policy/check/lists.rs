//! Checks lists: how they are declared, which steps go through one, what sorts them and what tasks add to them.

use std::collections::{BTreeMap, BTreeSet};

use super::facts;
use super::files::Files;
use super::scope::{Items, Reached, Scope};
use super::steps::{StepCheck, Surroundings};
use super::texts::Reading;
use super::{names, values};
use crate::policy::draft::{FactDraft, StepDraft};
use crate::policy::facts::FactType;
use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::flow::{Each, FactDecl, FieldDecl, Limit, ListDecl};
use crate::policy::listed::SKIPPED;
use crate::policy::recognise;
use crate::policy::rules::RuleBook;
use crate::policy::schema::Type;
use crate::policy::yaml::{Document, join};

/// What the steps of the pack do to its lists.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The parts into which rules sort each list; `None` while no rule is read yet.
    pub parts: Option<BTreeMap<String, BTreeSet<String>>>,
    /// Facts that tasks add to the entries of each list.
    pub added: BTreeMap<String, BTreeSet<String>>,
    /// Lists that a rule sorts which could not be read: nobody knows their parts.
    pub unknown: BTreeSet<String>,
}

/// Gathers what the steps of all flows do to lists.
pub(super) fn gather(files: &Files, rules: Option<&RuleBook>) -> Lists {
    let mut lists = Lists { parts: rules.map(|_| BTreeMap::new()), ..Lists::default() };
    let steps = || files.flows.iter().flat_map(|flow| &flow.draft.steps);
    for step in steps().chain(steps().flat_map(|step| &step.together)) {
        let Some(list) = step.each.as_deref().and_then(|each| each.split('.').next()) else { continue };
        if step.task.is_some() {
            lists.added.entry(list.to_owned()).or_default().extend(step.gives.iter().cloned());
        }
        let Some((name, rules)) = step.decide.as_deref().zip(rules) else { continue };
        match (&mut lists.parts, rules.rule(name)) {
            (Some(parts), Some(rule)) => {
                parts.entry(list.to_owned()).or_default().extend(rule.verdicts.keys().cloned());
            }
            (_, None) => {
                lists.unknown.insert(list.to_owned());
            }
            (None, Some(_)) => {}
        }
    }
    lists
}

/// What a declared list is made of.
pub(super) fn declared(
    document: &Document,
    path: &str,
    draft: &FactDraft,
    limits: &BTreeMap<String, Limit>,
    findings: &mut Vec<Finding>,
) -> Option<ListDecl> {
    let fields_path = join(path, "fields");
    for (key, given) in [("item", draft.item.is_some()), ("fields", document.get(&fields_path).is_some())] {
        if !given {
            let message = format!("`{key}` is missing in this list");
            let help = match key {
                "item" => "add `item:` with the word for one of them, such as `member`",
                _ => "add `fields:` with what is asked of each, such as `name: {ask: Full name, type: name}`",
            };
            findings.push(Finding::error("missing-key", document.key_place(path), message, help));
        }
    }
    let item = draft.item.clone()?;
    names::check_form("item", &item, document.place(&join(path, "item")), findings);
    bounds(document, path, draft, limits, findings);
    let mut fields = Vec::new();
    // In the order in which they are written: people read them so.
    let written = document.get(&fields_path).and_then(|value| value.as_mapping());
    let order: Vec<&str> = written.map(|map| map.keys().filter_map(|key| key.as_str()).collect()).unwrap_or_default();
    for name in order {
        let Some(field) = draft.fields.get(name) else { continue };
        fields.extend(declared_field(document, &join(&fields_path, name), name, field, limits, findings));
    }
    unique(document, path, draft, &mut fields, findings);
    (!fields.is_empty()).then_some(ListDecl { item, fields })
}

fn bounds(
    document: &Document,
    path: &str,
    draft: &FactDraft,
    limits: &BTreeMap<String, Limit>,
    findings: &mut Vec<Finding>,
) {
    let most = i64::try_from(ListDecl::MOST).unwrap_or(i64::MAX);
    for (key, text) in [("at_least", &draft.at_least), ("at_most", &draft.at_most)] {
        // That it is no number is told where it is read.
        let number = text.as_ref().and_then(|text| values::number(text, limits, || Place::start_of(""), &mut vec![]));
        if number.is_some_and(|number| number > most || number < 0) {
            let message = format!("a list holds {most} at the most");
            let place = document.place(&join(path, key));
            findings.push(Finding::error("list-too-long", place, message, format!("write a number from 0 to {most}")));
        }
    }
}

fn declared_field(
    document: &Document,
    path: &str,
    name: &str,
    draft: &FactDraft,
    limits: &BTreeMap<String, Limit>,
    findings: &mut Vec<Finding>,
) -> Option<FieldDecl> {
    names::check_form("field", name, document.key_place(path), findings);
    if draft.kind.as_deref() == Some(FactType::List.name()) {
        let place = document.place(&join(path, "type"));
        let help = "ask for the second list in a fact of its own";
        findings.push(Finding::error("list-in-list", place, "a list holds no other list", help));
        return None;
    }
    // What belongs to fields alone is looked at here, and the rest as in any other fact.
    let decl = facts::fact(document, path, name, draft, limits, findings)?;
    let unless_said = draft.unless_said.as_ref().and_then(|written| match recognise::valid(&decl, written) {
        Ok(value) => Some(value),
        Err(because) => {
            let place = document.place(&join(path, "unless_said"));
            let message = format!("`{written}` is no answer to this question: {because}");
            findings.push(Finding::error("bad-value", place, message, "write it as a person would answer"));
            None
        }
    });
    let place = || document.place(&join(path, "unique"));
    let unique = match draft.unique.as_slice() {
        [only] => values::yes_no(only, place, findings),
        _ => false,
    };
    Some(FieldDecl { decl, unique, unless_said })
}

/// `unique: [mobile]` of the list itself.
fn unique(document: &Document, path: &str, draft: &FactDraft, fields: &mut [FieldDecl], findings: &mut Vec<Finding>) {
    for (n, name) in draft.unique.iter().enumerate() {
        match fields.iter_mut().find(|field| field.decl.name == *name) {
            Some(field) => field.unique = true,
            None => {
                let place = document.place(&join(&join(path, "unique"), n));
                let help = did_you_mean(name, draft.fields.keys().map(String::as_str));
                findings.push(Finding::error("unknown-field", place, format!("this list has no field `{name}`"), help));
            }
        }
    }
}

/// Whether two declarations of one name are of the same list.
pub(super) fn agree(one: &FactDecl, other: &FactDecl) -> bool {
    let of = |fact: &FactDecl| {
        let list = fact.list.as_ref()?;
        let fields = list.fields.iter().map(|field| (field.decl.name.clone(), field.decl.kind));
        Some((list.item.clone(), fields.collect::<BTreeMap<_, _>>()))
    };
    of(one) == of(other)
}

/// What a step that goes through a list can read besides.
pub(super) fn within<'a>(around: &Surroundings<'a>, draft: &'a StepDraft) -> Surroundings<'a> {
    let item = draft.each.as_deref().map_or(around.scope.item, |each| match each.split_once('.') {
        Some((list, part)) => Items::One(list, Some(part)),
        None => Items::One(each, None),
    });
    Surroundings { scope: Scope { item, ..around.scope }, ..*around }
}

/// The list that a step goes through.
pub(super) fn each(step: &mut StepCheck) -> Option<Each> {
    let written = step.draft.each.clone()?;
    let place = step.place("each");
    let path: Vec<String> = written.split('.').map(str::to_owned).collect();
    let found = step.around.scope.reach(&path, &place, step.findings);
    let (list, part) = match (found, path.as_slice()) {
        (Some(Reached::Type(Type::People(_))), [list]) => (list.clone(), None),
        (Some(Reached::Type(Type::People(_))), [list, part]) => (list.clone(), Some(part.clone())),
        (Some(Reached::Type(_)), _) => {
            let message = format!("`{written}` is no list");
            let help = "name a fact of the type `list`, or a part of one";
            step.spoil(Finding::error("not-a-list", place, message, help));
            return None;
        }
        (Some(Reached::Later) | None, _) => {
            step.sound = false;
            return None;
        }
    };
    let conditions = step.around.scope.conditions(&path);
    // Before the step's own readings: the list is read when the step begins.
    step.reads.says.insert(0, Reading { path: written, conditions, place });
    let item = step.around.scope.fact(&list).and_then(|fact| fact.list.as_ref()).map(|list| list.item.clone())?;
    let skip = step.draft.cannot.iter().filter(|(_, to)| *to == "skip").map(|(reason, _)| reason.clone()).collect();
    Some(Each { list, part, item, skip })
}

/// What is known of the entries behind a step that sorts them, or whose task adds to them.
pub(super) fn known_behind(
    scope: &Scope,
    each: &Each,
    names: impl IntoIterator<Item = String>,
    sorts: bool,
) -> Vec<String> {
    let mut known = Vec::new();
    let parts = scope.lexicon.lists.parts.as_ref().and_then(|parts| parts.get(&each.list));
    for name in names {
        match (&each.part, sorts) {
            (_, true) => known.push(format!("{}.{name}", each.list)),
            (Some(part), false) => known.push(format!("{}.{part}.{name}", each.list)),
            (None, false) => {
                known.push(format!("{}.{name}", each.list));
                let within = ["first", SKIPPED].into_iter().chain(parts.into_iter().flatten().map(String::as_str));
                known.extend(within.map(|part| format!("{}.{part}.{name}", each.list)));
            }
        }
    }
    known
}

/// Whether a path that is read too early waits for a rule to sort the list.
pub(super) fn is_part(scope: &Scope, path: &str) -> bool {
    let Some((list, part)) = path.split_once('.') else { return false };
    let parts = scope.lexicon.lists.parts.as_ref().and_then(|parts| parts.get(list));
    scope.fact(list).is_some_and(|fact| fact.list.is_some()) && parts.is_some_and(|parts| parts.contains(part))
}
