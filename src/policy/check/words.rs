//! The words of a step: verbs, the keys that belong to each, and the names that steps get from them.

use crate::policy::draft::StepDraft;

/// Every verb but `say`, which may stand beside another.
pub(crate) const VERBS: [&str; 12] = [
    "ask",
    "confirm",
    "decide",
    "look_up",
    "prove",
    "record",
    "task",
    "together",
    "wait",
    "run",
    "hand_over",
    "escalate",
];

/// Keys of the language that cannot be kept yet.
pub(super) const NOT_YET_KEYS: [&str; 2] = ["at_least", "at_most"];

/// Keys of single verbs.
const OWN: [(&str, &[&str]); 17] = [
    ("each", &["task", "say", "decide", "record"]),
    ("again", &["ask"]),
    ("by", &["look_up"]),
    ("or", &["ask"]),
    ("tries", &["look_up", "prove"]),
    ("cases", &["decide"]),
    ("with", &["decide", "record"]),
    ("do", &["task"]),
    ("gives", &["task"]),
    ("cannot", &["task"]),
    ("queue", &["task"]),
    ("about", &["escalate"]),
    ("otherwise", &["ask", "confirm", "look_up", "prove", "task", "together", "wait", "run"]),
    ("within", &["ask", "confirm", "look_up", "prove", "task", "together"]),
    ("remind", &["ask", "confirm", "look_up", "prove", "wait"]),
    ("to", &["say", "ask", "wait"]),
    ("unless", &["wait"]),
];

/// Verbs that never go on to a next step by themselves.
const WITHOUT_THEN: [&str; 2] = ["decide", "hand_over"];

/// Whether a key is a word of the language at all; others were told as unknown already.
pub(super) fn is_known(key: &str) -> bool {
    key == "then" || key == "subject" || OWN.iter().any(|(own, _)| *own == key)
}

/// Whether a key may stand in a step with this verb.
pub(super) fn belongs(key: &str, verb: &str, says: bool) -> bool {
    match key {
        "then" => !WITHOUT_THEN.contains(&verb),
        "subject" => says,
        "to" if says => true,
        _ => OWN.iter().any(|(own, verbs)| *own == key && verbs.contains(&verb)),
    }
}

/// Where a key would be right.
pub(super) fn where_it_belongs(key: &str) -> String {
    match key {
        "then" => "a rule goes on by its `cases`, and behind `hand_over` nothing follows; remove `then`".into(),
        "subject" => "it belongs to a step that says something; add `say`, or remove it".into(),
        _ => {
            let verbs = OWN.iter().find(|(own, _)| *own == key).map_or(&[][..], |(_, verbs)| verbs);
            let verbs: Vec<String> = verbs.iter().map(|verb| format!("`{verb}`")).collect();
            format!("it belongs to {}; remove it here", verbs.join(" or "))
        }
    }
}

/// The name of a step that has no `id`: its verb and what it names.
pub(super) fn default_id(draft: &StepDraft, verb: Option<&str>) -> Option<String> {
    let verb = verb?;
    let object = match verb {
        "ask" => draft.ask.first()?,
        "confirm" => draft.confirm.first()?,
        "look_up" => draft.look_up.as_ref()?,
        "task" => draft.task.as_ref()?,
        "run" => draft.run.as_ref()?,
        "decide" => draft.decide.as_ref()?.rsplit('.').next()?,
        "hand_over" => draft.hand_over.as_ref()?,
        "escalate" => draft.escalate.as_ref()?,
        "record" => draft.record.as_ref()?,
        "prove" => draft.prove.first()?.split(' ').next()?,
        "together" => draft.together.first()?.task.as_ref()?,
        _ => return None,
    };
    Some(format!("{verb}_{object}"))
}
