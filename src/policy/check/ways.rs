//! Checks where flows lead: steps that nothing reaches, circles without a wait, steps without an end, flows that run
//! each other in a circle, and flows that nobody starts.

use std::collections::{BTreeMap, BTreeSet};

use super::Built;
use crate::policy::finding::Finding;
use crate::policy::flow::Verb;
use crate::policy::graph;
use crate::policy::yaml::join;

/// How deep flows may run each other.
const DEEPEST: usize = 4;

/// Flows that the desk itself starts.
pub(super) const STARTED_BY_THE_DESK: [&str; 2] = ["triage", "did_this_help"];

/// Checks the ways within one flow.
pub(super) fn check_flow(built: &Built, findings: &mut Vec<Finding>) {
    let flow = &built.flow;
    let reached = graph::reachable(flow);
    for (index, step) in flow.steps.iter().enumerate().filter(|(index, _)| !reached.contains(index)) {
        // One finding for a row of steps: its first.
        if index.checked_sub(1).is_some_and(|before| !reached.contains(&before)) {
            continue;
        }
        let message = format!("no way leads to `{}`", step.id);
        let help = "the step before goes elsewhere; name this one as a destination, or remove it";
        findings.push(Finding::error("unreachable-step", step.place.clone(), message, help));
    }
    let mut told = BTreeSet::new();
    for circle in graph::restless_circles(flow) {
        told.extend(circle.iter().copied());
        // Where it turns back: the last of its steps.
        let Some((at, last)) = circle.iter().max().and_then(|at| Some((at, flow.steps.get(*at)?))) else { continue };
        let step = join("/steps", at);
        let then = join(&step, "then");
        let place = match built.document.get(&then) {
            Some(_) => built.document.place(&then),
            None => last.place.clone(),
        };
        let names: Vec<String> =
            circle.iter().filter_map(|index| flow.steps.get(*index)).map(|step| format!("`{}`", step.id)).collect();
        let message = format!("this goes round for ever, and nobody is waited for: {}", names.join(", "));
        let help = "leave the circle, or put a `task` or an `ask` with `again: yes` into it";
        findings.push(Finding::error("loop-without-wait", place, message, help));
    }
    let ending = graph::ending(flow);
    let stuck = reached.iter().find(|index| !ending.contains(index) && !told.contains(index));
    if let Some(step) = stuck.filter(|_| told.is_empty()).and_then(|index| flow.steps.get(*index)) {
        let message = format!("no ending is reached from `{}`", step.id);
        let help = "let one of the ways lead to an ending: resolved, refused, unanswered or agent";
        findings.push(Finding::error("dead-end", step.place.clone(), message, help));
    }
}

/// Which flows each flow runs, with the path of the step.
fn runs<'a>(built: &'a Built) -> impl Iterator<Item = (&'a str, String)> {
    built.flow.steps.iter().enumerate().filter_map(|(index, step)| match &step.verb {
        Verb::Run { flow } => Some((flow.as_str(), join(&join("/steps", index), "run"))),
        _ => None,
    })
}

/// The names of all flows, callees before their callers. Flows in a circle, and those that run them, are left out.
pub(super) fn in_order(flows: &BTreeMap<String, Built>, findings: &mut Vec<Finding>) -> Vec<String> {
    let mut depth: BTreeMap<String, usize> = BTreeMap::new();
    let mut order = Vec::new();
    loop {
        let before = order.len();
        for (name, built) in flows {
            if depth.contains_key(name) {
                continue;
            }
            let callees: Option<Vec<usize>> = runs(built).map(|(callee, _)| depth.get(callee).copied()).collect();
            if let Some(callees) = callees {
                let deep = callees.iter().max().map_or(0, |deepest| deepest + 1);
                depth.insert(name.clone(), deep);
                order.push(name.clone());
            }
        }
        if order.len() == before {
            break;
        }
    }
    check_circles(flows, &depth, findings);
    check_depth(flows, &depth, findings);
    order
}

fn check_circles(flows: &BTreeMap<String, Built>, done: &BTreeMap<String, usize>, findings: &mut Vec<Finding>) {
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (name, built) in flows.iter().filter(|(name, _)| !done.contains_key(*name)) {
        let reached = reached_from(flows, name);
        if !reached.contains(name.as_str()) || told.contains(name.as_str()) {
            continue;
        }
        let back: Vec<&str> =
            reached.iter().copied().filter(|other| reached_from(flows, other).contains(name.as_str())).collect();
        told.extend(back.iter().copied());
        let Some((_, path)) = runs(built).find(|(callee, _)| back.contains(callee)) else { continue };
        let names: Vec<String> = back.iter().map(|name| format!("`{name}`")).collect();
        let message = format!("flows run each other in a circle: {}", names.join(", "));
        let help = "let one of them end, or hand over, instead of running the other";
        findings.push(Finding::error("run-circle", built.document.place(&path), message, help));
    }
}

fn reached_from<'a>(flows: &'a BTreeMap<String, Built>, name: &str) -> BTreeSet<&'a str> {
    let callees = |name: &str| flows.get(name).map(|built| runs(built).map(|(callee, _)| callee).collect::<Vec<_>>());
    let mut reached = BTreeSet::new();
    let mut open = callees(name).unwrap_or_default();
    while let Some(name) = open.pop() {
        if reached.insert(name) {
            open.extend(callees(name).unwrap_or_default());
        }
    }
    reached
}

fn check_depth(flows: &BTreeMap<String, Built>, depth: &BTreeMap<String, usize>, findings: &mut Vec<Finding>) {
    for (name, built) in flows.iter().filter(|(name, _)| depth.get(*name) == Some(&(DEEPEST + 1))) {
        let deep = runs(built).find(|(callee, _)| depth.get(*callee) == Some(&DEEPEST));
        let Some((callee, path)) = deep else { continue };
        let message = format!("`{name}` runs `{callee}`, and so on: more than {DEEPEST} flows inside each other");
        let help = "join two of them, or hand over";
        findings.push(Finding::error("run-too-deep", built.document.place(&path), message, help));
    }
}

/// Flows that nothing starts.
pub(super) fn check_used(flows: &BTreeMap<String, Built>, findings: &mut Vec<Finding>) {
    let run: BTreeSet<&str> = flows.values().flat_map(|built| built.mentions.iter().map(String::as_str)).collect();
    for (name, built) in flows {
        let used =
            built.flow.starts.is_some() || run.contains(name.as_str()) || STARTED_BY_THE_DESK.contains(&name.as_str());
        if !used {
            let message = format!("nothing starts `{name}`, and no flow runs it");
            let place = built.document.place("/flow");
            findings.push(Finding::warning(
                "unused-flow",
                place,
                message,
                "add `starts`, or `run` it from another flow",
            ));
        }
    }
}
