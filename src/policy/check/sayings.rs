//! Checks what people write who want a flow: enough of it, and nothing that two flows claim.

use std::collections::BTreeMap;

use super::files::{Files, Written};
use crate::policy::finding::{Finding, Place};
use crate::policy::yaml::join;

/// How many examples a flow has at least.
const FEWEST: usize = 5;

/// An example: its flow, its words, and where it stands.
type Said<'a> = (&'a str, &'a str, Place);

/// Tells flows with few examples, and examples that stand in two flows.
pub(super) fn check(files: &Files, findings: &mut Vec<Finding>) {
    let mut heads: Vec<(&str, Place)> = Vec::new();
    let mut said: Vec<Said> = Vec::new();
    for Written { document, draft } in &files.flows {
        let (Some(name), Some(starts)) = (&draft.flow, &draft.starts) else { continue };
        heads.push((name, document.key_place("/starts/examples")));
        let place = |n: usize| document.place(&join("/starts/examples", n));
        said.extend(starts.examples.iter().enumerate().map(|(n, text)| (name.as_str(), text.as_str(), place(n))));
    }
    for Written { document, draft } in &files.answers {
        for (at, answer) in draft.answers.iter().enumerate() {
            let Some(name) = &answer.answer else { continue };
            let path = join(&join("/answers", at), "examples");
            heads.push((name, document.key_place(&path)));
            let place = |n: usize| document.place(&join(&path, n));
            said.extend(answer.examples.iter().enumerate().map(|(n, text)| (name.as_str(), text.as_str(), place(n))));
        }
    }
    for Written { document, draft } in &files.examples {
        for (name, examples) in &draft.examples {
            let path = join("/examples", name);
            let place = |n: usize| document.place(&join(&path, n));
            said.extend(examples.iter().enumerate().map(|(n, text)| (name.as_str(), text.as_str(), place(n))));
        }
    }
    for (name, place) in heads {
        let count = said.iter().filter(|(flow, _, _)| *flow == name).count();
        if count < FEWEST {
            let message = format!("`{name}` has {count} examples; a message is told apart by {FEWEST} or more");
            let help = "add what people write who want this, in their own words";
            findings.push(Finding::warning("few-examples", place, message, help));
        }
    }
    let mut first: BTreeMap<String, &Said> = BTreeMap::new();
    for example in &said {
        let words: Vec<String> = example
            .1
            .split(|c: char| !c.is_alphanumeric())
            .filter(|word| !word.is_empty())
            .map(str::to_lowercase)
            .collect();
        match first.get(&words.join(" ")) {
            Some((flow, _, place)) if *flow != example.0 => {
                let message = format!("“{}” is an example of `{flow}` too, at {place}", example.1);
                let help = "leave it in the flow that it fits best";
                findings.push(Finding::error("same-example", example.2.clone(), message, help));
            }
            Some(_) => {}
            None => drop(first.insert(words.join(" "), example)),
        }
    }
}
