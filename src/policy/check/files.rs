//! Sorts the files of a pack by what they are, and reads each into its draft.

use crate::policy::check::Sources;
use crate::policy::draft::{AnswersDraft, DeskDraft, ExamplesDraft, FactsDraft, FlowDraft, TableDraft};
use crate::policy::finding::{Finding, Place};
use crate::policy::yaml::{self, Document};

/// The file of the desk.
pub(super) const DESK: &str = "flows/desk.yaml";
/// The file of the shared facts.
pub(super) const FACTS: &str = "flows/facts.yaml";

/// A draft with the document that knows its places.
#[derive(Debug)]
pub(super) struct Written<T> {
    pub document: Document,
    pub draft: T,
}

/// Everything that was read.
#[derive(Debug, Default)]
pub(super) struct Files {
    pub desk: Option<Written<DeskDraft>>,
    pub facts: Option<Written<FactsDraft>>,
    pub flows: Vec<Written<FlowDraft>>,
    pub answers: Vec<Written<AnswersDraft>>,
    /// What people write, by flow.
    pub examples: Vec<Written<ExamplesDraft>>,
    /// Stories, for what they cover.
    pub scenarios: Vec<Document>,
    /// Rhai files: path and text.
    pub scripts: Vec<(String, String)>,
    /// Rules that are written as rows.
    pub tables: Vec<Written<TableDraft>>,
    /// Stems of rule files that could not be read.
    pub broken_tables: Vec<String>,
    /// Whether a file with stories could not be read.
    pub scenarios_broken: bool,
    /// Whether a file with flows could not be read.
    pub flows_broken: bool,
}

/// Reads all files.
pub(super) fn read(sources: &Sources, findings: &mut Vec<Finding>) -> Files {
    let mut files = Files::default();
    for (path, text) in &sources.files {
        take(path, text, &mut files, findings);
    }
    for must in [DESK, FACTS] {
        if !sources.files.contains_key(must) {
            let message = format!("there is no `{must}`");
            let help = "every pack has one; it may be copied from the pack that ships with caredesk";
            findings.push(Finding::error("missing-file", Place::start_of(must), message, help));
        }
    }
    files
}

fn take(path: &str, text: &str, files: &mut Files, findings: &mut Vec<Finding>) {
    if let Some(stem) = path.strip_prefix("rules/") {
        if stem.ends_with(".rhai") {
            files.scripts.push((path.to_owned(), text.to_owned()));
        } else if let Some(stem) = stem.strip_suffix(".yaml") {
            let (document, faults) = yaml::read(path, text);
            findings.extend(faults);
            match document {
                Some(document) => {
                    let draft = TableDraft::read(&document, findings);
                    files.tables.push(Written { document, draft });
                }
                None => files.broken_tables.push(stem.to_owned()),
            }
        } else {
            unknown_file(path, findings);
        }
        return;
    }
    if path.starts_with("flows/") && path.ends_with(".eml") {
        return;
    }
    if !path.starts_with("flows/") || !path.ends_with(".yaml") {
        unknown_file(path, findings);
        return;
    }
    let (document, faults) = yaml::read(path, text);
    findings.extend(faults);
    if path.ends_with(".scenarios.yaml") {
        files.scenarios_broken |= document.is_none();
        files.scenarios.extend(document);
        return;
    }
    if path == "flows/world.yaml" {
        return;
    }
    let holds_examples = path.ends_with(".examples.yaml");
    let Some(document) = document else {
        files.flows_broken |= path != DESK && path != FACTS && !holds_examples;
        return;
    };
    if path == DESK {
        let draft = DeskDraft::read(&document, findings);
        files.desk = Some(Written { document, draft });
    } else if path == FACTS {
        let draft = FactsDraft::read(&document, findings);
        files.facts = Some(Written { document, draft });
    } else if holds_examples {
        let draft = ExamplesDraft::read(&document, findings);
        files.examples.push(Written { document, draft });
    } else if path.starts_with("flows/answers/") && document.get("/answers").is_some() {
        let draft = AnswersDraft::read(&document, findings);
        files.answers.push(Written { document, draft });
    } else {
        let draft = FlowDraft::read(&document, findings);
        files.flows.push(Written { document, draft });
    }
}

fn unknown_file(path: &str, findings: &mut Vec<Finding>) {
    let message = "this file is not read: it is no flow, rule or scenario";
    let help =
        "flows end in `.yaml` below `flows/`, rules in `.rhai` below `rules/`; move it elsewhere if it is neither";
    findings.push(Finding::warning("unknown-file", Place::start_of(path), message, help));
}
