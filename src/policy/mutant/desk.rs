//! Small changes of `desk.yaml`: of limits, patience, targets, chains and the desk's own sentences.

use std::collections::BTreeMap;

use serde_yaml::Value;

use crate::policy::flow::{Flow, Pack, Verb};
use crate::policy::yaml::join;

use super::edit::Editor;
use super::steps::keys;
use super::{Mutant, guards, words};

/// The file of the desk.
pub(super) const FILE: &str = "flows/desk.yaml";

/// The changes of the desk.
pub(super) fn edits(pack: &Pack, mut editor: Editor<'_>, files: &BTreeMap<String, String>) -> Vec<Mutant> {
    editor.name = "desk".into();
    limits(&mut editor, files);
    patience(&mut editor);
    targets(&mut editor, pack);
    chains(&mut editor);
    texts(&mut editor);
    guards::acts(&mut editor);
    editor.edits
}

fn limits(editor: &mut Editor<'_>, files: &BTreeMap<String, String>) {
    for name in keys(editor.document, "/limits") {
        let used = format!("limits.{name}");
        // A limit that nothing reads changes nothing.
        if files.values().any(|text| text.contains(&used)) {
            editor.guards = ["hold", "proof_lasts"].contains(&name.as_str());
            one_more(
                editor,
                &join("/limits", &name),
                &format!("limit `{name}`"),
                "what this limit decides, at its edge",
            );
            editor.guards = false;
        }
    }
}

fn patience(editor: &mut Editor<'_>) {
    one_more(editor, "/patience/within", "patience", "`due:` of a question that says nothing of its own");
    one_more(editor, "/patience/remind/0", "reminder", "`after:` until the reminder, and none before");
    editor.remove("/patience/remind", "reminders dropped", "`after:` until the reminder, with its letter");
    if let Some(leads) = editor.get("/patience/otherwise") {
        let other = if leads == "unanswered" { "agent" } else { "unanswered" };
        let change = format!("silence leads to `{other}`, not to `{leads}`");
        editor.set("/patience/otherwise", other, &change, &format!("nobody answering, and `state:` of `{leads}`"));
    }
    one_more(editor, "/repair/not_understood/tries", "tries", "messages that are not understood, one after the other");
    one_more(
        editor,
        "/repair/after_close/reopen_within",
        "time to reopen",
        "a closed request answered on the last day, and one day later",
    );
}

fn targets(editor: &mut Editor<'_>, pack: &Pack) {
    for set in keys(editor.document, "/targets") {
        let Some(used) =
            pack.flows.values().find(|flow| pack.targets_of(&flow.name).is_some_and(|(name, _)| name == set))
        else {
            continue;
        };
        let of_set = |flow: &&Flow| pack.targets_of(&flow.name).is_some_and(|(name, _)| name == set);
        let gives_tasks =
            |flow: &Flow| flow.steps.iter().any(|step| matches!(step.verb, Verb::Task { .. } | Verb::Together { .. }));
        let has_tasks = pack.flows.values().filter(of_set).any(gives_tasks);
        // A clock that never starts is seen by nobody.
        let keys = ["first_answer", "task", "resolution"].into_iter().filter(|key| *key != "task" || has_tasks);
        for key in keys {
            let path = join(&join("/targets", &set), key);
            let wanted = format!("a request of `{}` with `clocks: {{{key}: \"due …\"}}`", used.name);
            one_more(editor, &path, &format!("target `{set}`, `{key}`"), &wanted);
        }
    }
    for priority in keys(editor.document, "/priorities") {
        let path = join("/priorities", &priority);
        let uses = pack.flows.values().any(|flow| flow.priority.as_deref() == Some(priority.as_str()));
        if uses && let Some(factor) = editor.get(&path) {
            let other = if factor == "1" { "2" } else { "1" };
            let change = format!("priority `{priority}`: {factor} became {other}");
            editor.set(&path, other, &change, "`clocks:` with the `due` of a request of this priority");
        }
    }
}

fn chains(editor: &mut Editor<'_>) {
    for chain in keys(editor.document, "/chains") {
        let path = join("/chains", &chain);
        let Some(Value::Sequence(stages)) = editor.document.get(&path) else { continue };
        for n in 0..stages.len() {
            let stage = join(&path, n);
            let wanted = "`after:` until this stage, with `told:` or `escalated:`, and nothing before";
            editor.remove(&stage, &format!("chain `{chain}`: stage {} dropped", n + 1), wanted);
            one_more(editor, &join(&stage, "at"), &format!("chain `{chain}`, stage {}", n + 1), wanted);
        }
    }
}

fn texts(editor: &mut Editor<'_>) {
    let own = keys(editor.document, "/texts").into_iter().map(|key| (join("/texts", &key), key));
    let others = [("/anytime/agent/say", "agent"), ("/repair/not_understood/say", "not_understood")];
    let others = others.into_iter().map(|(path, name)| (path.to_owned(), name.to_owned()));
    for (path, name) in own.chain(others).collect::<Vec<_>>() {
        if editor.get(&path).is_some() {
            let wanted = "a phrase of this text in `has`";
            editor.set(&path, "Thank you.", &format!("text `{name}` left out"), wanted);
        }
    }
}

/// A length or number, one more of it.
fn one_more(editor: &mut Editor<'_>, path: &str, what: &str, wanted: &str) {
    let Some(text) = editor.get(path) else { return };
    if let Some(more) = words::longer(text) {
        editor.set(path, &more, &format!("{what}: {text} became {more}"), wanted);
    }
}
