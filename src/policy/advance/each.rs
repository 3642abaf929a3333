//! Doing a step for every entry of a list: what the entry is called while its turn lasts, texts that are said for each,
//! and rules that sort the list. Tasks for each are given elsewhere, with those that are given together.

use crate::policy::facts::{Datum, Item};
use crate::policy::flow::Each;
use crate::policy::listed::{Entry, Listed};
use crate::policy::outcome::Trace;
use crate::policy::rules::RuleFailure;

use super::work::Work;

impl<'a> Work<'a> {
    /// The places of the entries that a step goes through, in order.
    pub(super) fn entries(&self, each: &Each) -> Vec<usize> {
        self.listed(&each.list).map(|listed| listed.places(each.part.as_deref())).unwrap_or_default()
    }

    /// Does something while one entry can be read under its name.
    pub(super) fn with_entry<T>(&mut self, each: &Each, at: usize, does: impl FnOnce(&mut Self) -> T) -> T {
        let entry = self.listed(&each.list).and_then(|listed| listed.entries.get(at)).map(Entry::item);
        let before = std::mem::replace(&mut self.entry, entry.map(|entry| (each.item.clone(), entry)));
        let done = does(self);
        self.entry = before;
        done
    }

    /// The entry whose turn it is, if it is called so.
    pub(super) fn entry_called(&self, name: &str) -> Option<Item> {
        self.entry.as_ref().filter(|(item, _)| item == name).map(|(_, entry)| entry.clone())
    }

    /// Lets a rule sort a list: each entry gets its verdict, and the list a part for each verdict.
    pub(super) fn sort(
        &mut self,
        step: &str,
        rule: &str,
        with: &std::collections::BTreeMap<String, String>,
        each: &Each,
    ) -> Result<(), RuleFailure> {
        let verdicts: Vec<String> =
            self.pack.rules.rule(rule).map(|rule| rule.verdicts.keys().cloned().collect()).unwrap_or_default();
        let mut sorted: Vec<(usize, String)> = Vec::new();
        for at in self.entries(each) {
            let verdict = self.with_entry(each, at, |work| {
                let read = |parameter: &str| work.item(with.get(parameter).map_or(parameter, String::as_str));
                let verdict = work.pack.rules.decide(rule, &read)?;
                let facts = work.read_by(rule, with);
                let others = verdicts.iter().filter(|other| **other != verdict.verdict).cloned().collect();
                work.trace(Trace::Decided {
                    step: step.into(),
                    rule: rule.into(),
                    verdict: verdict.verdict.clone(),
                    because: verdict.because,
                    facts,
                    others,
                    row: verdict.row,
                });
                Ok(verdict.verdict)
            })?;
            sorted.push((at, verdict));
        }
        self.change_list(&each.list, |listed| {
            listed.parts = verdicts.into_iter().collect();
            for (at, verdict) in sorted {
                if let Some(entry) = listed.entries.get_mut(at) {
                    entry.part = Some(verdict);
                }
            }
        });
        Ok(())
    }

    /// A list that is set.
    pub(super) fn listed(&self, fact: &str) -> Option<&Listed> {
        self.ticket.facts.get(fact).and_then(|known| known.value.listed())
    }

    /// Changes a list that is set.
    pub(super) fn change_list(&mut self, fact: &str, change: impl FnOnce(&mut Listed)) {
        if let Some(Datum::List(listed)) = self.ticket.facts.get_mut(fact).map(|known| &mut known.value.datum) {
            change(listed);
        }
    }
}
