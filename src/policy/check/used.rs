//! Checks that what is declared is used: facts, rules, acts. What nobody uses is most often a name that was meant
//! elsewhere.

use std::collections::BTreeSet;

use serde_yaml::Value;

use super::files::{Files, Written};
use super::{others, words_of};
use crate::policy::finding::{Finding, Place, nearest};
use crate::policy::rules::RuleBook;
use crate::policy::yaml::join;

/// Tells what nothing uses. Asked only of a pack whose files can all be read.
pub(super) fn check(files: &Files, rules: &RuleBook, findings: &mut Vec<Finding>) {
    let mut everywhere = BTreeSet::new();
    for Written { document, draft } in &files.flows {
        let mut here = BTreeSet::new();
        for part in ["/steps", "/needs", "/gives"] {
            document.get(part).into_iter().for_each(|value| gather(value, &mut here));
        }
        for rule in draft.steps.iter().filter_map(|step| step.decide.as_deref()) {
            here.extend(rules.rule(rule).iter().flat_map(|rule| &rule.parameters).cloned());
        }
        for name in draft.facts.keys().filter(|name| !here.contains(*name)) {
            unused(findings, "fact", name, document.key_place(&join("/facts", name)));
        }
        // A proof by codes asks for them.
        if draft.steps.iter().flat_map(|step| &step.prove).any(|proof| proof.starts_with("cqc_details")) {
            here.extend(others::CODES.map(|(name, _)| name.to_owned()));
        }
        everywhere.append(&mut here);
    }
    if let Some(Written { document, draft }) = &files.facts {
        for name in draft.facts.keys().filter(|name| !everywhere.contains(*name)) {
            unused(findings, "fact", name, document.key_place(&join("/facts", name)));
        }
    }
    let steps = || files.flows.iter().flat_map(|flow| &flow.draft.steps);
    if let Some(Written { document, draft }) = &files.desk {
        let all = steps().chain(steps().flat_map(|step| &step.together));
        let given: BTreeSet<&str> =
            all.flat_map(|step| [&step.task, &step.record]).flatten().map(String::as_str).collect();
        for act in draft.acts.iter().flat_map(|acts| acts.keys()).filter(|act| !given.contains(act.as_str())) {
            unused(findings, "act", act, document.key_place(&join("/acts", act)));
        }
    }
    let asked: BTreeSet<&str> = steps().filter_map(|step| step.decide.as_deref()).collect();
    for info in rules.names().into_iter().filter(|name| !asked.contains(name)).filter_map(|name| rules.rule(name)) {
        unused(findings, "rule", &info.name, info.place.clone());
    }
    check_verdicts(files, rules, findings);
}

/// A verdict for which no flow has a case, near to a case that waits for another: the slip is most likely in the rule.
fn check_verdicts(files: &Files, rules: &RuleBook, findings: &mut Vec<Finding>) {
    for info in rules.names().into_iter().filter_map(|name| rules.rule(name)) {
        let steps = files.flows.iter().flat_map(|flow| &flow.draft.steps);
        let asking = steps.filter(|step| step.decide.as_ref() == Some(&info.name));
        let cases: BTreeSet<&str> = asking.flat_map(|step| step.cases.keys()).map(String::as_str).collect();
        let waiting: Vec<&str> = cases.iter().copied().filter(|case| !info.verdicts.contains_key(*case)).collect();
        for (verdict, place) in info.verdicts.iter().filter(|(verdict, _)| !cases.contains(verdict.as_str())) {
            if let Some(meant) = nearest(verdict, waiting.iter().copied()) {
                let message = format!("no flow has a case for `{verdict}`");
                let help = format!("did you mean `{meant}`?");
                findings.push(Finding::error("unused-verdict", place.clone(), message, help));
            }
        }
    }
}

fn unused(findings: &mut Vec<Finding>, kind: &str, name: &str, place: Place) {
    let code = match kind {
        "fact" => "unused-fact",
        "act" => "unused-act",
        _ => "unused-rule",
    };
    let message = format!("no flow uses the {kind} `{name}`");
    findings.push(Finding::warning(code, place, message, "use it, or remove it"));
}

/// Every word in a part of a file.
fn gather(value: &Value, words: &mut BTreeSet<String>) {
    match value {
        Value::String(text) => words.extend(words_of(text).map(str::to_owned)),
        Value::Sequence(items) => items.iter().for_each(|item| gather(item, words)),
        Value::Mapping(map) => map.values().for_each(|item| gather(item, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Tagged(_) => {}
    }
}
