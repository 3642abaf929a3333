//! Changes of a pack that change nothing that anybody could see: listed beside the scenarios, each with its reason.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::finding::{Finding, Place};
use crate::policy::flow::Pack;
use crate::policy::mutant::mutants;
use crate::policy::yaml::{self, join};

use super::reader::Reader;

/// A change that no scenario can notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equivalent {
    /// The change, as `test --mutate` prints it.
    pub change: String,
    /// Why nobody would see it.
    pub because: String,
    /// Where it is listed.
    pub place: Place,
}

/// What a pack's scenario files list. A change that `test --mutate` does not make is a finding.
pub fn equivalents(pack: &Pack, files: &BTreeMap<String, String>, findings: &mut Vec<Finding>) -> Vec<Equivalent> {
    let mut listed = Vec::new();
    for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".scenarios.yaml")) {
        // Most files list none, and are not read twice.
        if text.lines().any(|line| line.starts_with("equivalent:"))
            && let (Some(document), _) = yaml::read(file, text)
        {
            read(&mut Reader { document: &document, findings }, &mut listed);
        }
    }
    if listed.is_empty() {
        return listed;
    }
    let known: BTreeSet<String> = mutants(pack, files).into_iter().map(|mutant| mutant.change).collect();
    for one in listed.iter().filter(|one| !known.contains(&one.change)) {
        let message = format!("there is no such change: `{}`", one.change);
        let help = "copy it from what `test --mutate` prints, or remove it";
        findings.push(Finding::error("unknown-change", one.place.clone(), message, help));
    }
    listed
}

fn read(reader: &mut Reader<'_>, listed: &mut Vec<Equivalent>) {
    let Some(count) = reader.count("/equivalent", "`equivalent`") else { return };
    for n in 0..count {
        let path = join("/equivalent", n);
        if !reader.only(&path, "an item of `equivalent`", &["change", "because"]) {
            continue;
        }
        match (reader.text(&path, "change"), reader.text(&path, "because")) {
            (Some(change), Some(because)) => listed.push(Equivalent { change, because, place: reader.place(&path) }),
            _ => reader.fault("missing-key", &path, "`change` or `because` is missing", "say both"),
        }
    }
}
