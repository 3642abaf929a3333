//! Small changes of flows and answers: of guards, ways, questions, texts, times and queues.

use serde_yaml::Value;

use crate::policy::flow::{Flow, Pack, Step, Verb};
use crate::policy::yaml::{Document, join};

use super::edit::Editor;
use super::{Mutant, guards, words};

/// What is said in place of a text that is left out.
const SILENT: &str = "Thank you.";

/// The changes of a file of flows or answers.
pub(super) fn edits(pack: &Pack, mut editor: Editor<'_>) -> Vec<Mutant> {
    let document = editor.document;
    if let Some(Value::Sequence(answers)) = document.get("/answers") {
        for n in 0..answers.len() {
            answer(&mut editor, &join("/answers", n));
        }
    } else if let Some(flow) = editor.get("/flow").and_then(|name| pack.flows.get(name)) {
        editor.flows = vec![flow.name.clone()];
        head(&mut editor, pack, flow);
        for (n, step) in flow.steps.iter().enumerate() {
            editor.name = format!("{}.{}", flow.name, step.id);
            let next = flow.steps.get(n + 1).map(|step| step.id.as_str());
            editor.guards = guards::is_guard(step);
            one_step(&mut editor, pack, flow, step, &join("/steps", n), next);
            editor.guards = false;
        }
    } else if document.get("/facts").is_some() {
        editor.name = "facts".into();
        facts(&mut editor);
    }
    editor.edits
}

fn answer(editor: &mut Editor<'_>, path: &str) {
    let Some(name) = editor.get(&join(path, "answer")) else { return };
    editor.flows = vec![name.to_owned()];
    editor.name = name.to_owned();
    left_out(editor, &join(path, "say"), "the text left out", &format!("`answered: {name}` and a phrase of its text"));
    editor.remove(&join(path, "offer"), "what it offers left out", "a phrase of what is offered in `has`");
}

fn head(editor: &mut Editor<'_>, pack: &Pack, flow: &Flow) {
    editor.name = flow.name.clone();
    let other_queue = other(pack.desk.queues.keys(), &flow.queue);
    // Where a person takes over at once, at that step's own queue, the flow's is never seen.
    let at_once = |step: &Step| matches!(step.verb, Verb::HandOver { .. }) && step.when.is_none();
    if let Some(queue) = other_queue.filter(|_| !flow.steps.first().is_some_and(at_once)) {
        let change = format!("queue `{}` became `{queue}`", flow.queue);
        editor.set(
            "/queue",
            queue,
            &change,
            &format!("`queue: {}` where a person takes over or has a task", flow.queue),
        );
    }
    if let Some(targets) = editor.get("/targets")
        && let Some(others) = other(pack.desk.targets.keys(), targets)
    {
        let change = format!("targets `{targets}` became `{others}`");
        editor.set("/targets", others, &change, "`clocks:` with the `due` of one of them");
    }
    if let Some(priority) = editor.get("/priority")
        && let Some(others) = other(pack.desk.priorities.keys(), priority)
    {
        let change = format!("priority `{priority}` became `{others}`");
        editor.set("/priority", others, &change, "`clocks:` with the `due` of one of them");
    }
    for key in keys(editor.document, "/texts") {
        left_out(editor, &join("/texts", &key), &format!("text `{key}` left out"), "a phrase of this text in `has`");
    }
    facts(editor);
}

/// What makes an answer valid.
fn facts(editor: &mut Editor<'_>) {
    for fact in keys(editor.document, "/facts") {
        for key in ["at_least", "at_most", "shorten_to"] {
            let path = join(&join("/facts", &fact), key);
            let Some(text) = editor.get(&path) else { continue };
            let Some(more) = words::longer(text) else { continue };
            let wanted = format!("an answer for `{fact}` that is just valid, and one that is just not");
            editor.set(&path, &more, &format!("`{key}` of `{fact}`: {text} became {more}"), &wanted);
        }
        let path = join(&join("/facts", &fact), "prefill");
        let wanted = format!("`facts:` with `{fact}`, which nobody was asked for");
        editor.remove(&path, &format!("`prefill` of `{fact}` dropped"), &wanted);
    }
}

fn one_step(editor: &mut Editor<'_>, pack: &Pack, flow: &Flow, step: &Step, path: &str, next: Option<&str>) {
    if let Some(when) = editor.get(&join(path, "when")) {
        guard(editor, step, &join(path, "when"), when);
    }
    if flow.steps.len() > 1 {
        let wanted = format!("`step: {}`, or what this step says or asks for", editor.name);
        editor.remove(path, "the step dropped", &wanted);
    }
    guards::step(editor, step, path);
    guards::people(editor, path);
    says(editor, path);
    ways(editor, path, next);
    times(editor, path);
    people(editor, pack, path);
    for (verb, what) in [("ask", "the question for"), ("confirm", "what is to be confirmed:")] {
        let facts = match editor.document.get(&join(path, verb)) {
            Some(Value::Sequence(facts)) => facts.len(),
            _ => 0,
        };
        for n in 0..facts {
            let at = join(&join(path, verb), n);
            let fact = editor.get(&at).unwrap_or_default();
            let wanted = format!("`waiting_for:` with `{fact}` at this step");
            editor.remove(&at, &format!("{what} `{fact}` dropped"), &wanted);
        }
    }
    editor.remove(&join(path, "again"), "`again` dropped", "the question put once more, though its answer is known");
}

fn guard(editor: &mut Editor<'_>, step: &Step, path: &str, when: &str) {
    let wanted = format!("one where `{when}` holds and one where it does not, each with what `{}` does", step.id);
    editor.remove(path, &format!("guard `{when}` dropped"), &wanted);
    if !words::is_one_comparison(when) {
        editor.set(path, &format!("not ({when})"), &format!("guard `{when}` negated"), &wanted);
    }
    for (_, change, new) in words::condition(when) {
        editor.set(path, &new, &format!("guard: {change}"), &wanted);
    }
}

/// A text left out; of a step that only says something, it is emptied.
fn says(editor: &mut Editor<'_>, path: &str) {
    let say = join(path, "say");
    let wanted = "`letters:` or `replies:` with a phrase of this text in `has`";
    match editor.document.get(&say) {
        Some(Value::Mapping(_)) => {
            left_out(editor, &join(&say, "mail"), "the text by mail left out", wanted);
            left_out(editor, &join(&say, "chat"), "the text by chat left out", wanted);
        }
        Some(_) => left_out(editor, &say, "the text left out", wanted),
        None => {}
    }
    let instruction = join(path, "do");
    left_out(editor, &instruction, "what the agent reads left out", "`instruction:` with a phrase of the task's text");
}

fn left_out(editor: &mut Editor<'_>, path: &str, change: &str, wanted: &str) {
    if editor.document.get(path).is_some_and(Value::is_string) {
        editor.set(path, SILENT, change, wanted);
    }
}

/// Where the step leads.
fn ways(editor: &mut Editor<'_>, path: &str, next: Option<&str>) {
    for (key, what) in [("cases", "verdict"), ("cannot", "reason")] {
        let at = join(path, key);
        let names = keys(editor.document, &at);
        let to = |editor: &Editor<'_>, name: &str| editor.get(&join(&at, name)).unwrap_or_default().to_owned();
        for name in &names {
            let (leads, wanted) = (to(editor, name), format!("this step with the {what} `{name}`, and where it leads"));
            if let Some(next) = next.filter(|next| *next != leads) {
                let change = format!("{what} `{name}` leads to the next step, not to `{leads}`");
                editor.set(&join(&at, name), next, &change, &wanted);
            }
        }
        for pair in names.windows(2) {
            let [one, other] = pair else { continue };
            if to(editor, one) != to(editor, other) {
                let change = format!("{what}s `{one}` and `{other}` change places");
                let wanted = format!("this step with the {what} `{one}` and with `{other}`, and where each leads");
                editor.swap(&join(&at, one), &join(&at, other), &change, &wanted);
            }
        }
    }
    for key in ["then", "otherwise"] {
        let at = join(path, key);
        // Behind the last step stands the good end, whether it is said or not.
        let said_anyway = |leads: &str| key == "then" && next.is_none() && leads == "resolved";
        if let Some(leads) = editor.get(&at).filter(|leads| !said_anyway(leads)) {
            let wanted = match key {
                "then" => format!("this step done, with `step:` or `state:` of `{leads}`"),
                _ => format!("this step failing, or nobody answering, with what `{leads}` does"),
            };
            editor.remove(&at, &format!("`{key}: {leads}` dropped"), &wanted);
        }
    }
}

/// How long it waits, when it reminds, how often it tries.
fn times(editor: &mut Editor<'_>, path: &str) {
    for key in ["within", "tries"] {
        let at = join(path, key);
        let Some(text) = editor.get(&at) else { continue };
        let Some(more) = words::longer(text) else { continue };
        let wanted = match key {
            "within" => "`due:` at this step, or what silence leads to, just at its end",
            _ => "wrong answers until the last of these tries",
        };
        editor.set(&at, &more, &format!("`{key}`: {text} became {more}"), wanted);
    }
    let at = join(path, "remind");
    let count = match editor.document.get(&at) {
        Some(Value::Sequence(items)) => items.len(),
        Some(Value::String(_)) => 1,
        _ => return,
    };
    let wanted = "`after:` until the reminder, with the letter that comes then and none before";
    editor.remove(&at, "reminders dropped", wanted);
    for n in 0..count {
        let one = join(&at, n);
        let Some(text) = editor.get(&one) else { continue };
        if let Some(more) = words::longer(text) {
            editor.set(&one, &more, &format!("reminder after {text} became {more}"), wanted);
        }
    }
}

/// Whose work it is, and who is written to.
fn people(editor: &mut Editor<'_>, pack: &Pack, path: &str) {
    for key in ["queue", "hand_over"] {
        let at = join(path, key);
        let Some(queue) = editor.get(&at) else { continue };
        if let Some(other) = other(pack.desk.queues.keys(), queue) {
            let wanted = format!("`queue: {queue}` at this step");
            editor.set(&at, other, &format!("`{key}: {queue}` became `{other}`"), &wanted);
        }
    }
    let at = join(path, "escalate");
    if let Some(contact) = editor.get(&at)
        && let Some(other) = other(pack.desk.contacts.keys(), contact)
    {
        let wanted = format!("`escalated: {contact}` at this step");
        editor.set(&at, other, &format!("`escalate: {contact}` became `{other}`"), &wanted);
    }
    let by = join(path, "by");
    if let Some(Value::Sequence(facts)) = editor.document.get(&by)
        && facts.len() > 1
    {
        for n in 0..facts.len() {
            let fact = editor.get(&join(&by, n)).unwrap_or_default();
            let wanted = format!("a row that matches all but `{fact}`");
            editor.remove(&join(&by, n), &format!("`{fact}` need not match"), &wanted);
        }
    }
}

fn other<'n>(names: impl Iterator<Item = &'n String>, not: &str) -> Option<&'n str> {
    names.map(String::as_str).find(|name| *name != not)
}

/// The keys of a map at a path.
pub(super) fn keys(document: &Document, path: &str) -> Vec<String> {
    match document.get(path) {
        Some(Value::Mapping(map)) => map.keys().filter_map(|key| key.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    }
}
