//! Small changes to a pack, one at a time, to see whether its scenarios notice: a guard dropped, a comparison turned, a
//! time moved, a text left out. Makes the changed files; who checks and tells them is the caller.
//!
//! A change is made on what a YAML file holds, which is then written anew; on a rule, in its text. What the matcher
//! learns from (examples, words) is never changed, so that nothing is learnt again.

mod desk;
mod edit;
mod guards;
mod steps;
mod tables;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_yaml::Value;

use crate::policy::finding::Place;
use crate::policy::flow::{Pack, Verb};
use crate::policy::yaml;

use edit::Editor;

/// One small change.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// Its name, which stays the same while lines move: what was changed, and how.
    pub change: String,
    /// Where the original stands.
    pub place: Place,
    /// The flows that behave otherwise; none when it is the whole desk.
    pub flows: Vec<String>,
    /// The scenario that would notice.
    pub wanted: String,
    /// Whether it touches a proof, an agreement, a confirmation or a hold: none of these may go unnoticed.
    pub guards: bool,
    whole: Whole,
}

/// The file as changed.
#[derive(Debug, Clone)]
enum Whole {
    /// Its text.
    Text(String),
    /// What it held, which all changes of the file share, and the parts that are set or taken out.
    Parts(Arc<Value>, Vec<(String, Option<Value>)>),
}

impl Mutant {
    /// The files with this change.
    pub fn apply(&self, files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
        let mut files = files.clone();
        let text = match &self.whole {
            Whole::Text(text) => text.clone(),
            Whole::Parts(base, parts) => {
                let mut value = Value::clone(base);
                for (path, part) in parts {
                    edit::put(&mut value, path, part.clone());
                }
                serde_yaml::to_string(&value).unwrap_or_default()
            }
        };
        files.insert(self.place.file.to_string(), text);
        files
    }
}

/// The files of a pack without those that no change touches and that cost time: examples and scenarios.
pub fn lean(files: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let costs = |file: &str| {
        file.ends_with(".examples.yaml") || file.ends_with(".scenarios.yaml") || file == "flows/world.yaml"
    };
    let mut lean: BTreeMap<String, String> =
        files.iter().filter(|(file, _)| !costs(file)).map(|(file, text)| (file.clone(), text.clone())).collect();
    if let Some(text) = lean.get_mut(desk::FILE)
        && let (Some(document), _) = yaml::read(desk::FILE, text)
        && let Ok(written) = serde_yaml::to_string(&without_words(document.value))
    {
        *text = written;
    }
    lean
}

/// The words for the same thing are for the matcher alone.
fn without_words(mut value: Value) -> Value {
    if let Value::Mapping(map) = &mut value {
        map.remove("same_words");
    }
    value
}

/// Every change of a pack that is known how to make, in the order of files and lines.
pub fn mutants(pack: &Pack, files: &BTreeMap<String, String>) -> Vec<Mutant> {
    let mut mutants = Vec::new();
    for (file, text) in files {
        let edits = if file.ends_with(".rhai") {
            rule(pack, file, text)
        } else if file.ends_with(".yaml") && !is_beside(file) {
            let (Some(document), _) = yaml::read(file, text) else { continue };
            let editor = Editor::new(&document, without_words(document.value.clone()));
            if file == desk::FILE {
                desk::edits(pack, editor, files)
            } else if file.starts_with("rules/") {
                tables::edits(pack, editor)
            } else {
                steps::edits(pack, editor)
            }
        } else {
            continue;
        };
        mutants.extend(edits);
    }
    number(&mut mutants);
    mutants
}

/// What stands beside the flows: what is told and what is learnt from.
fn is_beside(file: &str) -> bool {
    file.ends_with(".scenarios.yaml") || file.ends_with(".examples.yaml") || file == "flows/world.yaml"
}

/// The changes of a file of rules.
fn rule(pack: &Pack, file: &str, text: &str) -> Vec<Mutant> {
    let Some(stem) = file.strip_prefix("rules/").and_then(|file| file.strip_suffix(".rhai")) else { return Vec::new() };
    let flows = decided_by(pack, stem);
    let changed = |(line, column, change, text): (usize, usize, String, String)| {
        let wanted = "facts on both sides of this line, each with the verdict in `decided`".to_owned();
        let place = Place::new(file, line, column);
        Mutant {
            change: format!("{stem}: {change}"),
            place,
            flows: flows.clone(),
            wanted,
            guards: false,
            whole: Whole::Text(text),
        }
    };
    words::script(text).into_iter().map(changed).collect()
}

/// The flows in which a rule of this file decides.
fn decided_by(pack: &Pack, stem: &str) -> Vec<String> {
    let decides = |verb: &Verb| matches!(verb, Verb::Decide { rule, .. } if rule.split('.').next() == Some(stem));
    let flows: BTreeSet<&String> = pack
        .flows
        .values()
        .filter(|flow| flow.steps.iter().any(|step| decides(&step.verb)))
        .map(|flow| &flow.name)
        .collect();
    flows.into_iter().cloned().collect()
}

/// Two changes of the same words are told apart by a number.
fn number(mutants: &mut [Mutant]) {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for mutant in mutants {
        let times = seen.entry(mutant.change.clone()).or_default();
        *times += 1;
        if *times > 1 {
            mutant.change = format!("{} ({times})", mutant.change);
        }
    }
}
