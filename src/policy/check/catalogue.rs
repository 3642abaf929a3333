//! Checks that each row of the catalogue that a flow covers has a story by mail and one by chat.

use std::collections::{BTreeMap, BTreeSet};

use serde_yaml::Value;

use super::Built;
use super::files::Files;
use crate::policy::finding::Finding;
use crate::policy::yaml::{Document, join};

/// Tells rows without stories.
pub(super) fn check(files: &Files, flows: &BTreeMap<String, Built>, findings: &mut Vec<Finding>) {
    let mut told: BTreeSet<(&str, &str)> = BTreeSet::new();
    for document in &files.scenarios {
        let beside = document.file().replace(".scenarios.yaml", ".yaml");
        let stories = document.get("/scenarios").and_then(Value::as_sequence).map_or(0, Vec::len);
        for n in 0..stories {
            let path = join("/scenarios", n);
            let own = texts(document.get(&join(&path, "covers")));
            let rows: Vec<&str> = if own.is_empty() {
                let here = flows.values().filter(|built| built.flow.file == beside);
                here.flat_map(|built| &built.flow.covers).map(String::as_str).collect()
            } else {
                own
            };
            for channel in ["mail", "chat"] {
                let beats = document.get(&join(&path, "story")).and_then(Value::as_sequence);
                let has = |beat: &Value| beat.as_mapping().is_some_and(|beat| beat.contains_key(channel));
                if beats.is_some_and(|beats| beats.iter().any(has)) {
                    told.extend(rows.iter().map(|row| (*row, channel)));
                }
            }
        }
    }
    let mut seen = BTreeSet::new();
    for built in flows.values() {
        for (n, id) in built.flow.covers.iter().enumerate().filter(|(_, id)| seen.insert(id.as_str())) {
            let missing: Vec<&str> = ["mail", "chat"].into_iter().filter(|by| !told.contains(&(id, by))).collect();
            if missing.is_empty() {
                continue;
            }
            let at = match &built.draft {
                Some(_) => "/covers".to_owned(),
                None => answer_of(built.document, &built.flow.name),
            };
            let place = built.document.place(&join(&at, n));
            let message = format!("no story by {} covers `{id}`", missing.join(" or "));
            let help = "write one beside the flow, in its `.scenarios.yaml`";
            findings.push(Finding::warning("row-without-scenario", place, message, help));
        }
    }
}

fn answer_of(document: &Document, name: &str) -> String {
    let answers = document.get("/answers").and_then(Value::as_sequence);
    let is_it = |answer: &Value| answer.get("answer").and_then(Value::as_str) == Some(name);
    let at = answers.and_then(|answers| answers.iter().position(is_it)).unwrap_or(0);
    join(&join("/answers", at), "covers")
}

/// One text or a list of them.
fn texts(value: Option<&Value>) -> Vec<&str> {
    match value {
        Some(Value::Sequence(items)) => items.iter().filter_map(Value::as_str).collect(),
        other => other.and_then(Value::as_str).into_iter().collect(),
    }
}
