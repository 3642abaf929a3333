//! Small changes of what keeps a mistake or a fraud from happening: proofs, agreements, confirmations, and what acts demand.

use serde_yaml::Value;

use crate::policy::flow::{Step, Verb};
use crate::policy::yaml::join;

use super::edit::Editor;
use super::steps::keys;

/// Whether a step is there to keep something from happening too easily.
pub(super) fn is_guard(step: &Step) -> bool {
    matches!(step.verb, Verb::Prove { .. } | Verb::Confirm { .. } | Verb::Wait { .. }) || step.asks_others()
}

/// What a step demands of others.
pub(super) fn step(editor: &mut Editor<'_>, step: &Step, path: &str) {
    let prove = join(path, "prove");
    for (n, way) in several(editor, &prove) {
        let wanted = format!("this step passed by `{way}` alone");
        editor.remove(&join(&prove, n), &format!("`{way}` is no proof any more"), &wanted);
    }
    if step.asks_others() {
        let wanted = "the letter in `letters:` with `to` of whoever is asked, and their answer";
        editor.remove(&join(path, "to"), "the requester is asked instead", wanted);
    }
}

/// To whom a step writes, and for whom it does something.
pub(super) fn people(editor: &mut Editor<'_>, path: &str) {
    let to = join(path, "to");
    for (n, whom) in several(editor, &to) {
        let wanted = format!("`letters:` with the letter to `{whom}`");
        editor.remove(&join(&to, n), &format!("nothing goes to `{whom}`"), &wanted);
    }
    let each = join(path, "each");
    if let Some(list) = editor.get(&each) {
        let wanted = "`letters:` or `task:` for more than one of the list";
        editor.remove(&each, "`each` dropped", wanted);
        if let Some((whole, part)) = list.split_once('.') {
            let wanted = format!("somebody of the list who is not of `{part}`, for whom nothing is done");
            editor.set(&each, whole, &format!("`each: {list}` became `{whole}`"), &wanted);
        }
    }
    let together = join(path, "together");
    if let Some(Value::Sequence(tasks)) = editor.document.get(&together) {
        for n in 0..tasks.len() {
            let task = join(&together, n);
            let act = editor.get(&join(&task, "task")).unwrap_or_default();
            let wanted = format!("`tasks:` or `agent: done` with `task: {act}`");
            editor.remove(&task, &format!("the task `{act}` dropped"), &wanted);
            people(editor, &task);
        }
    }
}

/// What acts demand, in `desk.yaml`.
pub(super) fn acts(editor: &mut Editor<'_>) {
    editor.guards = true;
    for act in keys(editor.document, "/acts") {
        let path = join("/acts", &act);
        for (n, way) in several(editor, &path) {
            editor.remove(
                &join(&path, n),
                &format!("act `{act}`: `{way}` is not enough any more"),
                "the act done after this proof alone",
            );
        }
        if editor.get(&path) != Some("anyone") && editor.document.get(&path).is_some() {
            let wanted = "the record changes between the proof and this act, so that the proof is of somebody else";
            editor.set(&path, "anyone", &format!("act `{act}` is open to anyone"), wanted);
        }
    }
    editor.guards = false;
}

/// The entries of a list that has more than one.
fn several<'a>(editor: &Editor<'a>, path: &str) -> Vec<(usize, &'a str)> {
    match editor.document.get(path) {
        Some(Value::Sequence(items)) if items.len() > 1 => {
            items.iter().enumerate().filter_map(|(n, item)| Some((n, item.as_str()?))).collect()
        }
        _ => Vec::new(),
    }
}
