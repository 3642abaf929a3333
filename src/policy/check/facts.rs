//! Checks the declarations of facts and records, in `facts.yaml` and in the heads of flows.

use std::collections::{BTreeMap, BTreeSet};

use super::{lists, names, values};
use crate::policy::draft::{FactDraft, RecordDraft};
use crate::policy::facts::{FactType, Prefill, RecordKind, SeenBy};
use crate::policy::finding::{Finding, did_you_mean};
use crate::policy::flow::{FactDecl, Limit};
use crate::policy::yaml::{Document, join};

/// Facts that are declared in one place.
#[derive(Debug, Default)]
pub(super) struct Declared {
    /// Those that can be asked for.
    pub facts: BTreeMap<String, FactDecl>,
    /// Those of a type that this version cannot ask for, and those with a fault.
    pub later: BTreeSet<String>,
}

/// Checks the facts that stand at `/facts`.
pub(super) fn check(
    document: &Document,
    drafts: &BTreeMap<String, FactDraft>,
    limits: &BTreeMap<String, Limit>,
    findings: &mut Vec<Finding>,
) -> Declared {
    let mut declared = Declared::default();
    for (name, draft) in drafts {
        let path = join("/facts", name);
        names::check_form("fact", name, document.key_place(&path), findings);
        match fact(document, &path, name, draft, limits, findings) {
            Some(fact) => {
                declared.facts.insert(name.clone(), fact);
            }
            None => {
                declared.later.insert(name.clone());
                // The name of one item of a list is declared with the list.
                declared.later.extend(draft.item.clone());
            }
        }
    }
    declared
}

pub(super) fn fact(
    document: &Document,
    path: &str,
    name: &str,
    draft: &FactDraft,
    limits: &BTreeMap<String, Limit>,
    findings: &mut Vec<Finding>,
) -> Option<FactDecl> {
    let at = |key: &str| document.place(&join(path, key));
    let kind = kind(document, path, draft, findings)?;
    let list = if kind == FactType::List {
        Some(Box::new(lists::declared(document, path, draft, limits, findings)?))
    } else {
        None
    };
    check_choices(document, path, kind, draft, findings);
    if draft.ask.contains("{{") {
        let message = "a question has no holes: it is asked before anything is known";
        findings.push(Finding::error(
            "hole-in-question",
            at("ask"),
            message,
            "say it in the step, before the question",
        ));
    }
    let flag = |key: &str, text: &Option<String>, findings: &mut Vec<Finding>| {
        text.as_ref().is_some_and(|text| values::yes_no(text, || at(key), findings))
    };
    let personal = flag("personal", &draft.personal, findings);
    let secret = flag("secret", &draft.secret, findings);
    let number = |key: &str, text: &Option<String>, findings: &mut Vec<Finding>| {
        text.as_ref().and_then(|text| values::number(text, limits, || at(key), findings))
    };
    let at_least = number("at_least", &draft.at_least, findings);
    let at_most = number("at_most", &draft.at_most, findings);
    let shorten_to = number("shorten_to", &draft.shorten_to, findings);
    if at_least.zip(at_most).is_some_and(|(least, most)| least > most) {
        let message = "no number is at least this and at most that";
        findings.push(Finding::error("bad-number", at("at_least"), message, "change one of the two"));
    }
    Some(FactDecl {
        name: name.to_owned(),
        ask: draft.ask.clone(),
        hint: draft.hint.clone(),
        why: draft.why.clone(),
        found_by: draft.found_by.clone(),
        kind,
        choices: draft.choices.clone(),
        personal,
        secret,
        seen_by: seen_by(document, path, draft, personal, findings),
        prefill: prefill(document, path, draft, findings),
        shorten_to: shorten_to.and_then(|n| usize::try_from(n).ok()),
        at_least,
        at_most,
        list,
        place: document.key_place(path),
    })
}

fn kind(document: &Document, path: &str, draft: &FactDraft, findings: &mut Vec<Finding>) -> Option<FactType> {
    let name = draft.kind.as_deref()?;
    let kind = FactType::named(name);
    if kind.is_none() {
        let place = document.place(&join(path, "type"));
        let help = did_you_mean(name, FactType::ALL.into_iter().map(FactType::name));
        findings.push(Finding::error("unknown-type", place, format!("there is no type `{name}`"), help));
        return None;
    }
    let of_lists: &[&str] = match kind {
        Some(FactType::List) => &["unless_said"],
        // The fields of a list have keys of their own.
        _ if path.contains("/fields/") => &[],
        _ => &["item", "fields", "unique", "unless_said"],
    };
    for key in of_lists {
        if document.get(&join(path, key)).is_some() {
            let message = match kind {
                Some(FactType::List) => format!("`{key}` belongs to the fields of a list"),
                _ => format!("`{key}` belongs to lists; this is a `{name}`"),
            };
            findings.push(Finding::error("key-not-here", document.key_place(&join(path, key)), message, "remove it"));
        }
    }
    kind
}

fn check_choices(document: &Document, path: &str, kind: FactType, draft: &FactDraft, findings: &mut Vec<Finding>) {
    let place = || document.key_place(&join(path, "choices"));
    if kind == FactType::Choice {
        if draft.choices.len() < 2 {
            let message = "a choice needs two things at least to choose from";
            findings.push(Finding::error("missing-choices", place(), message, "add `choices: [this, that]`"));
        }
        let mut seen = BTreeSet::new();
        for (n, choice) in draft.choices.iter().enumerate() {
            if !seen.insert(choice.to_lowercase()) {
                let place = document.place(&join(&join(path, "choices"), n));
                let message = format!("`{choice}` can be chosen twice");
                findings.push(Finding::error("duplicate-choice", place, message, "remove one of the two"));
            }
        }
    } else if !draft.choices.is_empty() {
        let message = format!("`choices` belongs to a `choice`; this is a `{kind}`");
        findings.push(Finding::error("key-not-here", place(), message, "write `type: choice`, or remove the choices"));
    }
}

fn seen_by(document: &Document, path: &str, draft: &FactDraft, personal: bool, findings: &mut Vec<Finding>) -> SeenBy {
    let usual = if personal { SeenBy::Requester } else { SeenBy::Anyone };
    match draft.seen_by.as_deref() {
        None => usual,
        Some("requester") => SeenBy::Requester,
        Some("organisation") => SeenBy::Organisation,
        Some("anyone") => SeenBy::Anyone,
        Some(other) => {
            let help = did_you_mean(other, ["requester", "organisation", "anyone"]);
            let place = document.place(&join(path, "seen_by"));
            findings.push(Finding::error("bad-value", place, format!("`{other}` is nobody who could see it"), help));
            usual
        }
    }
}

fn prefill(document: &Document, path: &str, draft: &FactDraft, findings: &mut Vec<Finding>) -> Option<Prefill> {
    match draft.prefill.as_deref()? {
        "sender_name" => Some(Prefill::SenderName),
        "sender_address" => Some(Prefill::SenderAddress),
        other => {
            let help = did_you_mean(other, ["sender_name", "sender_address"]);
            let place = document.place(&join(path, "prefill"));
            findings.push(Finding::error("unknown-prefill", place, format!("nothing is called `{other}`"), help));
            None
        }
    }
}

/// Checks the records that stand at `/records`.
pub(super) fn records(
    document: &Document,
    drafts: &BTreeMap<String, RecordDraft>,
    findings: &mut Vec<Finding>,
) -> (BTreeMap<String, RecordKind>, BTreeSet<String>) {
    let mut records = BTreeMap::new();
    let mut faulty = BTreeSet::new();
    for (name, draft) in drafts {
        let path = join("/records", name);
        names::check_form("record", name, document.key_place(&path), findings);
        let word = draft.kind.as_deref().unwrap_or("");
        if let Some(kind) = RecordKind::named(word) {
            records.insert(name.clone(), kind);
            continue;
        }
        faulty.insert(name.clone());
        if !word.is_empty() {
            let help = did_you_mean(word, ["account", "organisation", "ticket"]);
            let place = document.place(&join(&path, "kind"));
            findings.push(Finding::error("unknown-kind", place, format!("there is no kind of record `{word}`"), help));
        }
    }
    (records, faulty)
}

/// A name that both a fact and a record have could never be told apart.
pub(super) fn check_clash(
    document: &Document,
    facts: &Declared,
    records: &BTreeMap<String, RecordKind>,
    findings: &mut Vec<Finding>,
) {
    for name in records.keys().filter(|name| facts.facts.contains_key(*name) || facts.later.contains(*name)) {
        let message = format!("`{name}` is the name of a record and of a fact");
        let place = document.key_place(&join("/facts", name));
        findings.push(Finding::error("duplicate-name", place, message, "rename one of the two"));
    }
}
