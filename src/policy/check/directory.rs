//! Checks what `desk.yaml` says of the directory: the patterns of shared mailboxes, and other people's columns.

use std::collections::BTreeMap;

use crate::policy::draft::DeskDraft;
use crate::policy::finding::{Finding, did_you_mean};
use crate::policy::world::columns;
use crate::policy::world::sheet::Mapping;
use crate::policy::yaml::{Document, join};

/// What a pattern may have in the place of an organisation's own words.
const HOLES: [&str; 3] = ["ods", "town", "organisation"];

/// How other people's files call our columns. A header can stand for one column only.
pub(super) fn columns(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> Mapping {
    for (table, fields) in &draft.directory.columns {
        let path = join("/directory/columns", table);
        let mut headers: BTreeMap<String, &str> = BTreeMap::new();
        let own = || columns::of(table).iter().copied().chain(["key"]);
        for (field, header) in fields {
            let path = join(&path, field);
            if !own().any(|known| known == field) {
                let message = format!("{table} have no column `{field}`");
                let help = did_you_mean(field, own());
                findings.push(Finding::error("unknown-column", document.key_place(&path), message, help));
            }
            if let Some(first) = headers.insert(header.trim().to_lowercase(), field) {
                let message = format!("`{header}` stands for `{first}` and for `{field}`");
                let help = "name each header once";
                findings.push(Finding::error("column-twice", document.place(&path), message, help));
            }
        }
    }
    draft.directory.columns.clone()
}

/// The patterns of shared mailboxes: without an organisation's code, two organisations would share a mailbox.
pub(super) fn patterns(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) {
    let usual = draft.shared_mailbox_address.iter().map(|pattern| ("/shared_mailbox_address".to_owned(), pattern));
    let also = draft.also_recognised.iter().enumerate().map(|(n, pattern)| (join("/also_recognised", n), pattern));
    for (path, pattern) in usual.chain(also) {
        for hole in pattern.split('{').skip(1) {
            let name = hole.split('}').next().unwrap_or(hole);
            if !HOLES.contains(&name) {
                let message = format!("`{{{name}}}` is nothing that an organisation has here");
                let help = did_you_mean(name, HOLES);
                findings.push(Finding::error("bad-pattern", document.place(&path), message, help));
            }
        }
        if !pattern.contains("{ods}") || !pattern.contains('@') {
            let message = format!("`{pattern}` does not give each organisation an address of its own");
            let help = "write a pattern such as `care.{ods}@nhs.net`";
            findings.push(Finding::error("bad-pattern", document.place(&path), message, help));
        }
    }
}
