//! Doing a step for every entry of a list: what the entry is called while its turn lasts, texts that are said for each,
//! and rules that sort the list. Tasks for each are given elsewhere, with those that are given together.

use crate::policy::facts::{Datum, FactType, Item, Value};
use crate::policy::flow::{Each, Step, Verb};
use crate::policy::listed::{Entry, Listed};
use crate::policy::outcome::{Newcomer, Standing, Trace, Wanted};
use crate::policy::rules::RuleFailure;
use crate::policy::schema;
use crate::policy::text::Template;
use crate::policy::ticket::Purpose;

use super::work::Work;

impl<'a> Work<'a> {
    /// The places of the entries that a step goes through, in order.
    pub(super) fn entries(&self, each: &Each) -> Vec<usize> {
        self.listed(&each.list).map(|listed| listed.places(each.part.as_deref())).unwrap_or_default()
    }

    /// Does something while one entry can be read under its name.
    pub(super) fn with_entry<T>(&mut self, each: &Each, at: usize, does: impl FnOnce(&mut Self) -> T) -> T {
        let first = self.entries(each).first() == Some(&at);
        let entry = self.listed(&each.list).and_then(|listed| listed.entries.get(at)).map(|entry| {
            let mut entry = entry.clone();
            entry.given.insert("is_first".into(), Value::yes_no(first));
            entry.item()
        });
        let before = std::mem::replace(&mut self.entry, entry.map(|entry| (each.item.clone(), entry)));
        let done = does(self);
        self.entry = before;
        done
    }

    /// The list of whose entries a step reads what the directory says, if that has not been asked yet.
    pub(super) fn wants_people(&self, step: &Step) -> Option<String> {
        let eaches = step.each.iter().chain(match &step.verb {
            Verb::Together { tasks } => tasks.iter().filter_map(|task| task.each.as_ref()).collect::<Vec<_>>(),
            _ => Vec::new(),
        });
        let mut unasked = eaches.filter(|each| {
            let entries = self.listed(&each.list).map(|listed| &listed.entries[..]).unwrap_or_default();
            entries.iter().any(|entry| entry.given.is_empty()) && self.reads_given(step, &each.item)
        });
        unasked.next().map(|each| each.list.clone())
    }

    /// Whether a step reads something of an entry that only the directory knows.
    fn reads_given(&self, step: &Step, item: &str) -> bool {
        let given = |path: &[String]| match path {
            [first, name, ..] => {
                first == item && name != "is_first" && schema::MEMBER.iter().any(|(given, _)| given == name)
            }
            _ => false,
        };
        let in_text = |text: &Template| text.holes().any(|hole| given(hole.path));
        let said = step.say.iter().any(|say| in_text(&say.mail) || say.chat.as_ref().is_some_and(in_text));
        said || match &step.verb {
            Verb::Decide { rule, with, .. } => {
                let renamed = with.iter().any(|(_, fact)| fact == item);
                let reads = self.pack.rules.rule(rule).map(|rule| &rule.reads[..]).unwrap_or_default();
                reads.iter().any(|read| given(&read.path) || renamed)
            }
            Verb::Task { instruction, .. } => in_text(instruction),
            Verb::Together { tasks } => tasks.iter().any(|task| in_text(&task.instruction)),
            Verb::Record { with, .. } => with.values().any(|path| given(path)),
            _ => false,
        }
    }

    /// Asks the directory about everybody of a list.
    pub(super) fn ask_about_people(&mut self, list: String) {
        let texts = |entry: &Entry, kinds: &[FactType]| -> Vec<String> {
            let of_kind = entry.fields.values().filter(|value| kinds.contains(&value.kind));
            let text = of_kind.filter_map(|value| match &value.datum {
                Datum::Text(text) => Some(text.clone()),
                _ => None,
            });
            text.collect()
        };
        let newcomer = |entry: &Entry| Newcomer {
            name: texts(entry, &[FactType::Name]).into_iter().next(),
            mobiles: texts(entry, &[FactType::Mobile]),
        };
        let people = self.listed(&list).map(|listed| listed.entries.iter().map(newcomer).collect());
        self.need(Purpose::People { list }, Wanted::People { people: people.unwrap_or_default() });
    }

    /// The directory has answered: the present step goes through the list.
    pub(super) fn people_found(&mut self, list: &str, standing: &[Standing]) {
        let count = self.listed(list).map_or(0, |listed| listed.entries.len());
        if count != standing.len() {
            self.hand_over_saying("triage", "the directory told of other people than it was asked about");
            return;
        }
        self.change_list(list, |listed| {
            for (entry, found) in listed.entries.iter_mut().zip(standing) {
                entry.given.insert("mobile_is_known".into(), Value::yes_no(found.mobile_is_known));
                let free = found.free_address.as_ref();
                let free = free.map(|address| Value::text(FactType::NhsMail, address.clone()));
                entry.given.extend(free.map(|address| ("free_address".to_owned(), address)));
            }
        });
        self.run_on();
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
