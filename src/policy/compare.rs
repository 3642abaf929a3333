//! What changed between two versions of a pack, in sentences that a policy officer understands. What takes away a proof,
//! an agreement or a wait comes first.

mod desk;
mod steps;
mod tree;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_yaml::Value;

use crate::policy::flow::{Flow, Pack};
use crate::policy::wording;
use crate::policy::yaml::{self, Document};

/// A checked pack with the files that it was made of.
#[derive(Debug, Clone, Copy)]
pub struct Version<'a> {
    /// The pack.
    pub pack: &'a Pack,
    /// Its files by their paths.
    pub files: &'a BTreeMap<String, String>,
}

/// How much a change matters to somebody who signs it off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Weight {
    /// Somebody is trusted with less proof, or has less time to say no.
    Guard,
    /// The desk does something otherwise.
    Policy,
    /// Nobody outside notices: stories, examples.
    Beside,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Change {
    /// How much it matters.
    pub weight: Weight,
    /// The flow, if it is about one.
    pub flow: Option<String>,
    /// The step, if it is about one.
    pub step: Option<String>,
    /// The file.
    pub file: String,
    /// Its line: in the new version, or in the old one where it is gone.
    pub line: usize,
    /// What is otherwise.
    pub sentence: String,
}

/// Everything that is otherwise, what matters most first.
pub fn changes(before: Version<'_>, after: Version<'_>) -> Vec<Change> {
    let mut found = Vec::new();
    let names: BTreeSet<&String> = before.pack.flows.keys().chain(after.pack.flows.keys()).collect();
    let (old, new) = (documents(before.files), documents(after.files));
    for name in names {
        match (before.pack.flows.get(name), after.pack.flows.get(name)) {
            (Some(was), Some(is)) => flow(Both { before, after, old: &old, new: &new }, was, is, &mut found),
            (Some(was), None) => found.push(whole(was, "is gone")),
            (None, Some(is)) => found.push(whole(is, "is new")),
            (None, None) => {}
        }
    }
    let both = Both { before, after, old: &old, new: &new };
    desk::acts(both, &mut found);
    let files: BTreeSet<&String> = before.files.keys().chain(after.files.keys()).collect();
    for file in files {
        let (was, is) = (before.files.get(file), after.files.get(file));
        if was != is {
            desk::file(both, file, was.map_or("", String::as_str), is.map_or("", String::as_str), &mut found);
        }
    }
    found.sort();
    found.dedup();
    found
}

/// Steps of a flow that are there no more, by their flow: requests that wait there go on as they began.
pub fn steps_gone(before: &Pack, after: &Pack) -> BTreeSet<(String, String)> {
    let gone = |flow: &Flow| {
        let is = after.flows.get(&flow.name);
        let there = move |id: &str| is.is_some_and(|is| is.steps.iter().any(|step| step.id == id));
        let ids: Vec<_> = flow.steps.iter().filter(|step| !there(&step.id)).map(|step| step.id.clone()).collect();
        ids.into_iter().map(|id| (flow.name.clone(), id)).collect::<Vec<_>>()
    };
    before.flows.values().flat_map(gone).collect()
}

/// Both versions with their files as they were read.
#[derive(Clone, Copy)]
struct Both<'a> {
    before: Version<'a>,
    after: Version<'a>,
    old: &'a BTreeMap<String, Document>,
    new: &'a BTreeMap<String, Document>,
}

fn documents(files: &BTreeMap<String, String>) -> BTreeMap<String, Document> {
    let yaml = files.iter().filter(|(file, _)| file.ends_with(".yaml") || file.ends_with(".yml"));
    yaml.filter_map(|(file, text)| Some((file.clone(), yaml::read(file, text).0?))).collect()
}

fn whole(flow: &Flow, what: &str) -> Change {
    let kind = if flow.is_answer { "answer" } else { "flow" };
    Change {
        weight: Weight::Policy,
        flow: Some(flow.name.clone()),
        step: None,
        file: flow.file.clone(),
        line: 1,
        sentence: format!("The {kind} “{}” ({}) {what}.", flow.title, flow.name),
    }
}

/// The place of a flow in its file: the file itself, or one of its answers.
fn path_of(document: &Document, flow: &Flow) -> String {
    match document.get("/answers") {
        Some(Value::Sequence(answers)) => {
            let named = |answer: &Value| answer.get("answer").and_then(Value::as_str) == Some(flow.name.as_str());
            answers.iter().position(named).map_or_else(String::new, |at| format!("/answers/{at}"))
        }
        _ => String::new(),
    }
}

fn flow(both: Both<'_>, was: &Flow, is: &Flow, found: &mut Vec<Change>) {
    let (Some(old), Some(new)) = (both.old.get(&was.file), both.new.get(&is.file)) else { return };
    let (old_at, new_at) = (path_of(old, was), path_of(new, is));
    let without_steps = |document: &Document, path: &str| {
        let mut value = if path.is_empty() { document.value.clone() } else { document.get(path)?.clone() };
        if let Value::Mapping(map) = &mut value {
            map.remove("steps");
        }
        Some(value)
    };
    let (head, next) = (without_steps(old, &old_at), without_steps(new, &new_at));
    for edit in tree::edits(head.as_ref(), next.as_ref()) {
        let place = new.key_place(&format!("{new_at}{}", edit.path()));
        let weight = if edit.within("starts") || edit.within("examples") || edit.within("why") {
            Weight::Beside
        } else {
            words::weight_of_fact(&edit)
        };
        found.push(Change {
            weight,
            flow: Some(is.name.clone()),
            step: None,
            file: is.file.clone(),
            line: place.line,
            sentence: format!("“{}”: {}", is.title, words::of_head(&edit)),
        });
    }
    steps::compare(both, was, is, (old, new), found);
}

/// A flow as people know it.
fn title(pack: &Pack, flow: &str) -> String {
    format!("“{}”", wording::title(pack, flow))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::check::{Sources, check};

    const DESK: &str = include_str!("../../flows/desk.yaml");
    const FACTS: &str = include_str!("../../flows/facts.yaml");
    const TRIAGE: &str = include_str!("../../flows/tickets/triage.yaml");

    fn files(flow: &str) -> BTreeMap<String, String> {
        let flow = format!("flow: f\ntitle: A test\nwhy: A test.\nqueue: accounts\nsteps:\n{flow}");
        [
            ("flows/desk.yaml", DESK),
            ("flows/facts.yaml", FACTS),
            ("flows/tickets/triage.yaml", TRIAGE),
            ("flows/f.yaml", &flow),
        ]
        .map(|(file, text)| (file.to_owned(), text.to_owned()))
        .into()
    }

    fn told(before: &BTreeMap<String, String>, after: &BTreeMap<String, String>) -> Vec<String> {
        let pack = |files: &BTreeMap<String, String>| {
            let checked = check(&Sources { files: files.clone() });
            checked.pack.unwrap_or_else(|| panic!("{:?}", checked.findings))
        };
        let (was, is) = (pack(before), pack(after));
        let (was, is) = (Version { pack: &was, files: before }, Version { pack: &is, files: after });
        assert_eq!(changes(was, was), [], "nothing differs from itself");
        changes(was, is).into_iter().map(|change| format!("{:?}: {}", change.weight, change.sentence)).collect()
    }

    #[test]
    fn a_proof_that_is_gone_comes_first() {
        let before = files(
            "  - ask: account_address\n    within: 3 working days\n  - look_up: account\n    by: account_address\n    \
             otherwise: agent\n  - prove: own_account of account\n    otherwise: agent\n  - task: delete_account\n    do: \
             Delete {{ account.address }}.\n    otherwise: agent\n",
        );
        let mut after = before.clone();
        let flow = after["flows/f.yaml"].replace("3 working days", "5 working days");
        let flow = flow.replace("  - prove: own_account of account\n    otherwise: agent\n", "");
        after.insert("flows/f.yaml".into(), flow);
        let desk = after["flows/desk.yaml"].replace(
            "delete_account: [own_account of account, owner of account.organisation]",
            "delete_account: anyone",
        );
        after.insert("flows/desk.yaml".into(), desk);
        let told = told(&before, &after);
        let has = |at: usize, words: &str| assert!(told.get(at).is_some_and(|one| one.contains(words)), "{told:#?}");
        has(0, "Guard: The act `delete_account` NEEDS NO PROOF any more");
        has(1, "Guard: “A test”, step `prove_own_account`: THE PROOF is gone.");
        has(
            2,
            "Policy: “A test”, step `ask_account_address`: waited 3 working days at most, and waits 5 working days now.",
        );
        assert_eq!(told.len(), 3, "{told:#?}");
    }
}
