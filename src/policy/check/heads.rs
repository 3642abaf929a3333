//! Checks the heads of flows and the answers, and makes [`Flow`]s whose steps are still to come.

use std::collections::{BTreeMap, BTreeSet};

use super::files::Files;
use super::lexicon::Lexicon;
use super::scope::{Items, Scope};
use super::{desk, facts, lists, names, texts};
use crate::policy::draft::{AnswerDraft, FlowDraft};
use crate::policy::finding::{Finding, Place};
use crate::policy::flow::{Desk, Ending, FactDecl, Flow, Goto, Say, Starts, Step, Verb};
use crate::policy::yaml::{Document, join};

/// The names of all flows and answers, each with where it stands; tells of names that stand twice.
pub(super) fn flow_names(files: &Files, findings: &mut Vec<Finding>) -> BTreeMap<String, Place> {
    let mut places: Vec<(Place, &String, &str)> = Vec::new();
    for written in &files.flows {
        places.extend(written.draft.flow.as_ref().map(|name| (written.document.place("/flow"), name, "flow")));
    }
    for written in &files.answers {
        for (n, answer) in written.draft.answers.iter().enumerate() {
            let place = written.document.place(&join(&join("/answers", n), "answer"));
            places.extend(answer.answer.as_ref().map(|name| (place, name, "answer")));
        }
    }
    places.sort();
    let mut names: BTreeMap<String, Place> = BTreeMap::new();
    for (place, name, kind) in places {
        names::check_form(kind, name, place.clone(), findings);
        match names.get(name) {
            None => {
                names.insert(name.clone(), place);
            }
            Some(first) => {
                let message = format!("`{name}` is there already, at {first}");
                findings.push(Finding::error("duplicate-flow", place, message, "give one of the two another name"));
            }
        }
    }
    names
}

/// The head of a flow.
pub(super) fn flow(
    document: &Document,
    draft: &FlowDraft,
    facts: BTreeMap<String, FactDecl>,
    lexicon: &Lexicon,
    findings: &mut Vec<Finding>,
) -> Flow {
    if let Some(queue) = &draft.queue {
        lexicon.queues.expect(queue, || document.place("/queue"), findings);
    }
    if let Some(targets) = &draft.targets {
        lexicon.targets.expect(targets, || document.place("/targets"), findings);
    }
    if let Some(priority) = &draft.priority {
        lexicon.priorities.expect(priority, || document.place("/priority"), findings);
    }
    check_on_publish(document, draft, findings);
    let starts = draft.starts.as_ref().map(|starts| Starts {
        examples: starts.examples.clone(),
        keywords: starts.keywords.clone(),
        never: starts.never.clone(),
    });
    Flow {
        name: draft.flow.clone().unwrap_or_default(),
        title: draft.title.clone().unwrap_or_default(),
        why: draft.why.clone().unwrap_or_default(),
        covers: draft.covers.clone(),
        queue: draft.queue.clone().unwrap_or_default(),
        targets: draft.targets.clone(),
        priority: draft.priority.clone(),
        starts,
        facts,
        texts: desk::overruled(document, "/texts", &draft.texts, findings),
        steps: vec![],
        is_answer: false,
        offer: vec![],
        file: document.file().to_owned(),
    }
}

fn check_on_publish(document: &Document, draft: &FlowDraft, findings: &mut Vec<Finding>) {
    let place = || document.place("/on_publish");
    match draft.on_publish.as_deref() {
        None | Some("stay") => {}
        Some("adopt") => {
            let message = "`adopt` is part of the language, but this version cannot do it yet";
            findings.push(Finding::error("not-yet", place(), message, "write `stay`, or remove the key"));
        }
        Some(other) => {
            let message = format!("`{other}` is neither `stay` nor `adopt`");
            findings.push(Finding::error("bad-value", place(), message, "write `stay`, or remove the key"));
        }
    }
}

/// Facts of one name agree on their type, wherever they are declared.
pub(super) fn check_agreement<'a>(
    shared: &BTreeMap<String, FactDecl>,
    flows: impl Iterator<Item = &'a BTreeMap<String, FactDecl>>,
    findings: &mut Vec<Finding>,
) {
    let mut first: BTreeMap<&str, &FactDecl> = shared.iter().map(|(name, fact)| (name.as_str(), fact)).collect();
    let mut all: Vec<&FactDecl> = flows.flat_map(BTreeMap::values).collect();
    all.sort_by(|a, b| a.place.cmp(&b.place));
    for fact in all {
        let before = *first.entry(&fact.name).or_insert(fact);
        if before.kind != fact.kind || before.choices != fact.choices || !lists::agree(before, fact) {
            let message = format!("`{}` is declared otherwise at {}", fact.name, before.place);
            let help = "facts of one name are one fact; give them the same type, or another name";
            findings.push(Finding::error("fact-type-differs", fact.place.clone(), message, help));
        }
    }
}

/// An answer is a flow with one step.
pub(super) fn answer(
    document: &Document,
    path: &str,
    draft: &AnswerDraft,
    lexicon: &Lexicon,
    desk: &Desk,
    findings: &mut Vec<Finding>,
) -> Option<Flow> {
    for (n, offer) in draft.offer.iter().enumerate() {
        lexicon.flows.expect(offer, || document.place(&join(&join(path, "offer"), n)), findings);
    }
    let nothing = (BTreeMap::new(), BTreeSet::new());
    let scope = Scope { lexicon, desk, own: &nothing.0, own_later: &nothing.1, with_facts: false, item: Items::None };
    let mut text = |key: &str, source: &str| {
        let path = format!("{path}/say/{key}");
        let template = texts::template(document, &path, source, findings)?;
        let readings = texts::check_holes(document, &path, source, &template, &scope, findings);
        check_always_there(&readings, &[], findings);
        Some(template)
    };
    let mail = text("mail", &draft.say.mail);
    let chat = draft.say.chat.as_ref().and_then(|source| text("chat", source));
    let name = draft.answer.clone()?;
    let say = Say { mail: mail?, chat, subject: None };
    let step = Step {
        id: "say_1".into(),
        when: None,
        say: Some(say),
        to: vec![],
        each: None,
        verb: Verb::Say,
        then: Goto::End(Ending::Resolved),
        otherwise: None,
        within: None,
        remind: vec![],
        place: document.place(path),
    };
    Some(Flow {
        title: draft.title.clone().unwrap_or_else(|| in_words(&name)),
        why: "An answer to a common question.".into(),
        covers: draft.covers.clone(),
        queue: "triage".into(),
        targets: None,
        priority: None,
        starts: Some(Starts {
            examples: draft.examples.clone(),
            keywords: draft.keywords.clone(),
            never: draft.never.clone(),
        }),
        facts: BTreeMap::new(),
        texts: BTreeMap::new(),
        steps: vec![step],
        is_answer: true,
        offer: draft.offer.clone(),
        file: document.file().to_owned(),
        name,
    })
}

/// `cannot_send` is "Cannot send".
fn in_words(name: &str) -> String {
    let words = name.replace('_', " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// What is read where no step could have made it known must always be there.
pub(super) fn check_always_there(readings: &[texts::Reading], there: &[&str], findings: &mut Vec<Finding>) {
    for reading in readings {
        for condition in reading.conditions.iter().filter(|condition| !there.contains(&condition.as_str())) {
            let message = format!("`{condition}` is not always there");
            let help = format!("write `{{{{ {condition} | default(\"…\") }}}}`, or leave it out");
            findings.push(Finding::error("may-be-missing", reading.place.clone(), message, help));
        }
    }
}

/// Facts that the head of a flow names in `needs` and `gives`.
pub(super) fn check_contract(
    document: &Document,
    draft: &FlowDraft,
    scope: &Scope,
    findings: &mut Vec<Finding>,
) -> bool {
    let mut good = true;
    for (key, names) in [("/needs", &draft.needs), ("/gives", &draft.gives)] {
        for (n, name) in names.iter().enumerate() {
            let there = scope.fact(name).is_some() || scope.lexicon.records.contains_key(name);
            if there {
                continue;
            }
            good = false;
            if !scope.is_later(name) {
                let all = scope.all();
                let help = crate::policy::finding::did_you_mean(name, all.iter().map(String::as_str));
                let place = document.place(&join(key, n));
                findings.push(Finding::error("unknown-fact", place, format!("there is no fact `{name}`"), help));
            }
        }
    }
    good
}

/// The facts of a flow's head.
pub(super) fn own_facts(
    document: &Document,
    draft: &FlowDraft,
    desk: &Desk,
    findings: &mut Vec<Finding>,
) -> facts::Declared {
    facts::check(document, &draft.facts, &desk.limits, findings)
}
