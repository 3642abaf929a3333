//! Checks the acts of the desk: what each demands before it is done, and that nobody agrees to what they were not shown.

use std::collections::{BTreeMap, BTreeSet};

use super::Built;
use super::files::Written;
use super::lexicon::Lexicon;
use super::scope::{Items, Reached, Scope};
use crate::policy::demand::{Demand, ProofKind, To};
use crate::policy::draft::DeskDraft;
use crate::policy::facts::FactType;
use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::flow::{Desk, FactDecl, Verb};
use crate::policy::schema::Type;
use crate::policy::yaml::{Document, join};

/// What each act demands. `anyone` demands nothing.
pub(super) fn read(
    document: &Document,
    draft: &DeskDraft,
    findings: &mut Vec<Finding>,
) -> BTreeMap<String, Vec<Demand>> {
    let mut acts = BTreeMap::new();
    for (name, lines) in draft.acts.iter().flatten() {
        let mut demands = Vec::new();
        for (n, line) in lines.iter().enumerate() {
            let place = place(document, name, n);
            if line == "anyone" {
                if lines.len() > 1 {
                    let message = "`anyone` stands beside other demands, which would never be asked for";
                    let help = "leave `anyone` alone, or remove it";
                    findings.push(Finding::error("bad-demand", place, message, help));
                }
                continue;
            }
            match Demand::parse(line) {
                Some(demand) => demands.push(demand),
                None => findings.push(not_a_demand(line, place)),
            }
        }
        acts.insert(name.clone(), demands);
    }
    acts
}

fn not_a_demand(line: &str, place: Place) -> Finding {
    let word = line.split(' ').next().unwrap_or("");
    let help = match ProofKind::named(word) {
        Some(kind) => format!("say of whom, such as `{word} of {}`", kind.of().name()),
        None => did_you_mean(word, ProofKind::ALL.map(ProofKind::name).into_iter().chain(["anyone"])),
    };
    let message = format!("`{line}` is neither a proof (`owner of organisation`) nor an answer (`agreed from …`)");
    Finding::error("bad-demand", place, message, help)
}

fn place(document: &Document, act: &str, n: usize) -> Place {
    let path = join("/acts", act);
    match document.get(&path) {
        Some(value) if value.is_sequence() => document.place(&join(&path, n)),
        _ => document.place(&path),
    }
}

/// Compares what acts demand with the facts and records that there are.
pub(super) fn check(
    written: &Written<DeskDraft>,
    desk: &Desk,
    lexicon: &Lexicon,
    facts: &BTreeMap<String, FactDecl>,
    findings: &mut Vec<Finding>,
) {
    let none = BTreeSet::new();
    let scope = Scope { lexicon, desk, own: facts, own_later: &none, with_facts: true, item: Items::None };
    let Written { document, draft } = written;
    for (name, lines) in draft.acts.iter().flatten() {
        for (n, line) in lines.iter().enumerate() {
            let place = place(document, name, n);
            match Demand::parse(line) {
                Some(Demand::Proof(wanted)) => match scope.reach(&wanted.of, &place, findings) {
                    Some(Reached::Type(Type::Record(kind))) if kind == wanted.kind.of() => {}
                    Some(Reached::Type(_)) => {
                        let message = format!("`{}` cannot be proved of `{}`", wanted.kind.name(), wanted.of.join("."));
                        let help = format!("name {} of a flow, such as `{}`", wanted.kind.of().name(), {
                            wanted.kind.of().name()
                        });
                        findings.push(Finding::error("proof-of-what", place, message, help));
                    }
                    Some(Reached::Later) | None => {}
                },
                Some(Demand::Agreed { fact, by }) => {
                    agreement(&scope, &fact, &place, findings);
                    if let To::Path(path) = &by {
                        scope.reach(path, &place, findings);
                    }
                }
                Some(Demand::ByAgent { fact }) => agreement(&scope, &fact, &place, findings),
                None => {}
            }
        }
    }
}

fn agreement(scope: &Scope, fact: &str, place: &Place, findings: &mut Vec<Finding>) {
    match scope.fact(fact) {
        Some(decl) if decl.kind == FactType::YesNo => {}
        Some(_) => {
            let message = format!("`{fact}` is not answered by yes or no, so it agrees to nothing");
            let help = "name a fact of the type `yes_no`";
            findings.push(Finding::error("not-an-agreement", place.clone(), message, help));
        }
        None if scope.is_later(fact) => {}
        None => {
            let all = scope.all();
            let help = did_you_mean(fact, all.iter().map(String::as_str));
            findings.push(Finding::error("unknown-fact", place.clone(), format!("there is no fact `{fact}`"), help));
        }
    }
}

/// Whoever agrees to an act must have read what it does: the letter that asked them shows, or itself asks for, all that
/// the act reads.
pub(super) fn check_shown(built: &Built, desk: &Desk, findings: &mut Vec<Finding>) {
    for (step, reads) in built.flow.steps.iter().zip(&built.readings) {
        let act = match &step.verb {
            Verb::Task { act, .. } | Verb::Record { act, .. } => act,
            _ => continue,
        };
        let used: BTreeSet<&str> = reads.does.iter().filter_map(|read| read.path.split('.').next()).collect();
        for demand in desk.acts.get(act).into_iter().flatten() {
            let Demand::Agreed { fact, by } = demand else { continue };
            for (asking, shown) in built.flow.steps.iter().zip(&built.readings) {
                let Verb::Ask { facts, .. } = &asking.verb else { continue };
                if !facts.contains(fact) || !asking.to.contains(by) {
                    continue;
                }
                let says = shown.says.iter().filter_map(|read| read.path.split('.').next());
                let seen: BTreeSet<&str> = says.chain(facts.iter().map(String::as_str)).collect();
                for missing in used.difference(&seen) {
                    let message =
                        format!("`{act}` uses `{missing}`, and the letter that asks for `{fact}` does not show it");
                    let help =
                        format!("show `{missing}` in what `{}` says, so that they know what they agree to", asking.id);
                    findings.push(Finding::error("agreed-unseen", asking.place.clone(), message, help));
                }
            }
        }
    }
}
