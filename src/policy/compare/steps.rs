//! What changed in the steps of a flow.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use crate::policy::flow::{Flow, Pack, Step, Verb};
use crate::policy::wording;
use crate::policy::yaml::Document;

use super::tree::{self, Edit};
use super::{Both, Change, Weight, title, words};

/// Compares them, by their names.
pub(super) fn compare(
    both: Both<'_>,
    was: &Flow,
    is: &Flow,
    (old, new): (&Document, &Document),
    found: &mut Vec<Change>,
) {
    let before: BTreeMap<&str, usize> = was.steps.iter().enumerate().map(|(at, step)| (step.id.as_str(), at)).collect();
    let node = |document: &Document, at: usize| document.get(&format!("/steps/{at}")).cloned();
    let (mut kept, mut met) = (Vec::new(), BTreeSet::new());
    for (at, step) in is.steps.iter().enumerate() {
        let value = node(new, at);
        // A step that was renamed says which one it was.
        let earlier = value.as_ref().and_then(|value| value.get("was")).and_then(Value::as_str);
        match before.get(step.id.as_str()).or_else(|| earlier.and_then(|id| before.get(id))) {
            Some(there) => {
                met.insert(*there);
                kept.push(*there);
                one(both, (&was.steps[*there], node(old, *there)), (is, step, value, at), new, found);
            }
            None if value.is_some() || !is.is_answer => found.push(change(
                Weight::Policy,
                is,
                step,
                format!(
                    "{}, a new step `{}`: {}",
                    title(both.after.pack, &is.name),
                    step.id,
                    does(both.after.pack, is, step)
                ),
            )),
            None => {}
        }
    }
    let gone = was.steps.iter().enumerate().filter(|(at, _)| !met.contains(at) && !was.is_answer);
    for (_, step) in gone {
        let (weight, gone) = match guards(step) {
            Some(what) => (Weight::Guard, format!("{what} is gone")),
            None => (Weight::Policy, "is gone".to_owned()),
        };
        let does = does(both.before.pack, was, step);
        found.push(change(
            weight,
            was,
            step,
            format!("{}, step `{}`: {gone}. It was: {does}", title(both.before.pack, &was.name), step.id),
        ));
    }
    if !kept.is_sorted() {
        let sentence = format!("{}: its steps stand in another order.", title(both.after.pack, &is.name));
        let first = is.steps.first().map_or(1, |step| step.place.line);
        let (flow, file) = (Some(is.name.clone()), is.file.clone());
        found.push(Change { weight: Weight::Policy, flow, step: None, file, line: first, sentence });
    }
}

/// What a step keeps from happening too easily.
fn guards(step: &Step) -> Option<&'static str> {
    match &step.verb {
        Verb::Prove { .. } => Some("THE PROOF"),
        Verb::Confirm { .. } => Some("THE CONFIRMATION"),
        Verb::Wait { .. } => Some("THE WAIT"),
        Verb::Ask { .. } if step.asks_others() => Some("WHAT OTHERS ARE ASKED"),
        _ => None,
    }
}

fn one(
    both: Both<'_>,
    (was, old): (&Step, Option<Value>),
    (flow, is, new, at): (&Flow, &Step, Option<Value>, usize),
    document: &Document,
    found: &mut Vec<Change>,
) {
    let name = format!("{}, step `{}`", title(both.after.pack, &flow.name), is.id);
    if let (Some(what), true) = (guards(was), was.verb.word() != is.verb.word()) {
        let does = does(both.after.pack, flow, is);
        found.push(change(Weight::Guard, flow, is, format!("{name}: {what} is gone. Now: {does}")));
        return;
    }
    for edit in tree::edits(old.as_ref(), new.as_ref()).into_iter().filter(|edit| !edit.within("was")) {
        let line = document.key_place(&format!("/steps/{at}{}", edit.path())).line;
        let sentence = format!("{name}: {}", words::ended(words_for(both.after.pack, flow, &edit)));
        let changed = Change { line, ..change(weight(was, &edit), flow, is, sentence) };
        found.push(changed);
    }
}

/// Whether somebody is trusted with less, or has less time to say no.
fn weight(step: &Step, edit: &Edit) -> Weight {
    let guards = guards(step).is_some();
    let loosened = match edit.key() {
        // Another way to prove is a way more; a guard lets some past.
        "prove" => edit.is.is_some(),
        "confirm" => edit.was.is_some(),
        "when" | "within" | "wait" | "to" | "unless" | "otherwise" | "then" => guards,
        "with" => matches!(step.verb, Verb::Record { .. } | Verb::Task { .. }),
        _ => false,
    };
    if loosened { Weight::Guard } else { Weight::Policy }
}

fn words_for(pack: &Pack, flow: &Flow, edit: &Edit) -> String {
    let guard = |when: &String| wording::guard(pack, &flow.name, when);
    match (edit.keys.first().map_or("", String::as_str), &edit.was, &edit.is) {
        ("say" | "subject", ..) => words::said("it", edit),
        ("do", ..) => words::said("the task", edit),
        ("when", None, Some(is)) => format!("only happens now if {}", guard(is)),
        ("when", Some(was), None) => format!("happens always now, and not only if {}", guard(was)),
        ("when", Some(was), Some(is)) => format!("happened if {}; now it happens if {}", guard(was), guard(is)),
        ("prove", None, Some(is)) => format!("`{is}` is now enough as a proof"),
        ("prove", Some(was), None) => format!("`{was}` is no longer enough as a proof"),
        ("prove", Some(was), Some(is)) => format!("the proof was `{was}` and is `{is}`"),
        ("ask", None, Some(is)) => format!("now also asks for `{is}`"),
        ("ask", Some(was), None) => format!("no longer asks for `{was}`"),
        ("confirm", Some(was), None) => format!("`{was}` is no longer confirmed"),
        ("within", Some(was), Some(is)) => format!("waited {was} at most, and waits {is} now"),
        ("wait", Some(was), Some(is)) => format!("waited {was}, and waits {is} now"),
        ("then", Some(was), Some(is)) => format!("led to `{was}` when done, and leads to `{is}` now"),
        ("otherwise", Some(was), Some(is)) => format!("led to `{was}` on failure or silence, and leads to `{is}` now"),
        ("cases" | "cannot", ..) => words::became(&format!("`{}`", edit.key()), edit),
        _ => {
            let keys: Vec<&str> = edit.keys.iter().map(String::as_str).collect();
            words::became(&words::named("", &keys), edit)
        }
    }
}

/// What a step does, in a sentence.
fn does(pack: &Pack, flow: &Flow, step: &Step) -> String {
    let listed =
        |names: &[String]| wording::listed(&names.iter().map(|name| wording::plain(name)).collect::<Vec<_>>(), "and");
    let whom = wording::listed(&step.to.iter().map(wording::party).collect::<Vec<_>>(), "and");
    let does = match &step.verb {
        Verb::Say => match &step.say {
            Some(say) => format!("we write “{}”", words::short(&wording::line(pack, &say.mail))),
            None => "nothing".into(),
        },
        Verb::Ask { facts, .. } => format!("we ask for the {}", listed(facts)),
        Verb::Confirm { names } => format!("they confirm the {}", listed(names)),
        Verb::LookUp { record, by, .. } if by.is_empty() => format!("we look up their {}", wording::plain(record)),
        Verb::LookUp { record, by, .. } => format!("we look up the {} by the {}", wording::plain(record), listed(by)),
        Verb::Decide { rule, .. } => format!("the rule {rule} decides"),
        Verb::Task { act, .. } => format!("an agent does “{}”", wording::plain(act)),
        Verb::Together { tasks } => {
            let acts: Vec<String> = tasks.iter().map(|task| task.act.clone()).collect();
            format!("agents do “{}” at the same time", listed(&acts))
        }
        Verb::HandOver { queue } => format!("a colleague of “{}” takes over", wording::queue(pack, queue)),
        Verb::Escalate { contact, .. } => format!("it goes to {}", wording::contact(pack, contact)),
        Verb::Prove { proofs, .. } => {
            let ways: Vec<String> = proofs.iter().map(wording::proof).collect();
            format!("we want {}", wording::listed(&ways, "or"))
        }
        Verb::Record { act, .. } => format!("the directory changes: {}", wording::plain(act)),
        Verb::Wait { length, .. } => format!("we wait {length}"),
        Verb::Run { flow } => format!("the flow {} runs", title(pack, flow)),
    };
    let whom = if whom.is_empty() { String::new() } else { format!(", to {whom}") };
    match &step.when {
        Some(when) => format!("{does}{whom}, if {}.", wording::guard(pack, &flow.name, &when.source)),
        None => format!("{does}{whom}."),
    }
}

fn change(weight: Weight, flow: &Flow, step: &Step, sentence: String) -> Change {
    Change {
        weight,
        flow: Some(flow.name.clone()),
        step: Some(step.id.clone()),
        file: step.place.file.to_string(),
        line: step.place.line,
        sentence,
    }
}
