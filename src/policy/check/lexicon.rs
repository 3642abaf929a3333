//! Every name that the whole pack can use, by kind.

use std::collections::{BTreeMap, BTreeSet};

use super::files::{Files, Written};
use super::lists::{self, Lists};
use super::names::NameList;
use super::{facts, heads};
use crate::policy::facts::RecordKind;
use crate::policy::finding::Finding;
use crate::policy::flow::{Desk, FactDecl};

/// Everything that the whole pack can name.
#[derive(Debug)]
pub(super) struct Lexicon {
    pub queues: NameList,
    pub contacts: NameList,
    pub acts: NameList,
    pub targets: NameList,
    pub priorities: NameList,
    pub flows: NameList,
    /// Names of facts that are declared in `facts.yaml`, and those declared for later.
    pub fact_names: NameList,
    pub record_names: NameList,
    pub facts: BTreeMap<String, FactDecl>,
    pub records: BTreeMap<String, RecordKind>,
    /// What steps do to lists.
    pub lists: Lists,
}

/// Gathers every name of the pack.
pub(super) fn gather(files: &Files, desk: &Desk, findings: &mut Vec<Finding>) -> Lexicon {
    let has_desk = files.desk.is_some();
    let list = |kind, code, names: Vec<String>| NameList::new(kind, code, names, has_desk);
    let draft = files.desk.as_ref().map(|written| &written.draft);
    // Acts and targets are checked where the desk lists them.
    let optional = |kind, code, names: Option<Vec<String>>| {
        let complete = names.is_some();
        NameList::new(kind, code, names.unwrap_or_default(), complete)
    };
    let acts = draft.and_then(|draft| draft.acts.as_ref()).map(|acts| acts.keys().cloned().collect());
    let targets = draft.and_then(|draft| draft.targets.as_ref()).map(|targets| targets.keys().cloned().collect());
    let priorities = draft.map(|draft| draft.priorities.keys().cloned().collect());
    let flow_names = heads::flow_names(files, findings);
    let mut shared = facts::Declared::default();
    let (mut records, mut faulty_records) = (BTreeMap::new(), BTreeSet::new());
    if let Some(Written { document, draft }) = &files.facts {
        shared = facts::check(document, &draft.facts, &desk.limits, findings);
        (records, faulty_records) = facts::records(document, &draft.records, findings);
        facts::check_clash(document, &shared, &records, findings);
    }
    let has_facts = files.facts.is_some();
    let mut fact_names =
        NameList::new("fact", "unknown-fact", shared.facts.keys().cloned().collect::<Vec<_>>(), has_facts);
    fact_names.later = shared.later;
    let mut record_names =
        NameList::new("record", "unknown-record", records.keys().cloned().collect::<Vec<_>>(), has_facts);
    record_names.later = faulty_records;
    Lexicon {
        queues: list("queue", "unknown-queue", desk.queues.keys().cloned().collect()),
        contacts: list("contact", "unknown-contact", desk.contacts.keys().cloned().collect()),
        acts: optional("act", "unknown-act", acts),
        targets: optional("set of targets", "unknown-targets", targets),
        priorities: optional("priority", "unknown-priority", priorities),
        flows: NameList::new("flow", "unknown-flow", flow_names.into_keys(), !files.flows_broken),
        fact_names,
        record_names,
        facts: shared.facts,
        records,
        lists: lists::gather(files, None),
    }
}
