//! Marks in a walk: which proofs were given, and who agreed to what. A mark stands among what is set, below the fact or
//! record that it is about, so that it goes when that is asked for or looked up again.

use std::collections::BTreeSet;

use crate::policy::demand::{ProofKind, Wanted};

/// That something was proved.
pub(super) fn mark(wanted: &Wanted) -> String {
    format!("{}.#{}", wanted.of.join("."), wanted.kind.name())
}

/// That a fact was answered by a party.
pub(super) fn agreed(fact: &str, by: &str) -> String {
    format!("{fact}.#{by}")
}

/// That an organisation got another owner.
pub(super) fn another_owner(organisation: &str) -> String {
    format!("{organisation}.#add_owner")
}

/// That a proof was lost to a wait that is longer than proofs count.
pub(super) const LAPSED: &str = "proof.#lapsed";

/// After a long wait no proof counts any more. An agreement does.
pub(super) fn lapse(set: &mut BTreeSet<String>) {
    let is_proof = |name: &String| {
        name.rsplit_once(".#").is_some_and(|(_, kind)| ProofKind::ALL.iter().any(|proof| proof.name() == kind))
    };
    let before = set.len();
    set.retain(|name| !is_proof(name));
    if set.len() < before {
        set.insert(LAPSED.to_owned());
    }
}

/// Whether a name in what is set is a mark.
pub(super) fn is_mark(name: &str) -> bool {
    name.contains(".#")
}

/// Whether a mark is about what a party of this record said.
pub(super) fn rests_on(mark: &str, record: &str) -> bool {
    let by = mark.split_once(".#").map_or("", |(_, by)| by);
    by.strip_prefix(record).is_some_and(|rest| rest.starts_with('.') || rest.is_empty())
}

/// Whether the requester may read a private field: they gave the codes of the organisation of which it tells. Who
/// proves something by mail may be somebody else than the requester, so that opens nothing to them.
pub(super) fn may_read(set: &BTreeSet<String>, path: &str) -> bool {
    let codes = format!(".#{}", ProofKind::CqcDetails.name());
    set.iter()
        .filter_map(|mark| mark.strip_suffix(&codes))
        .any(|organisation| path.strip_prefix(organisation).is_some_and(|rest| rest.starts_with('.')))
}
