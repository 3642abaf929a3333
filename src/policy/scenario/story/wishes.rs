//! Reads what a story expects.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil;
use serde_yaml::Value;

use crate::policy::finding::Place;
use crate::policy::promise::look::Standing;
use crate::policy::promise::terms::ClockKind;
use crate::policy::yaml::join;

use super::super::expect::{ClockWish, Expectation, LetterWish, ReplyWish};
use super::{Happening, NOTHING, Telling};

impl Telling<'_, '_> {
    pub(super) fn expects(&mut self, path: &str) -> Option<Happening> {
        const KEYS: [&str; 22] = [
            "step",
            "state",
            "asks",
            "waiting_for",
            "answered",
            "facts",
            "unset",
            "letters",
            "replies",
            "task",
            "tasks",
            "instruction",
            "queue",
            "due",
            "decided",
            "flow",
            "ticket",
            "tickets",
            "refused",
            "escalated",
            "clocks",
            "told",
        ];
        const STATES: [&str; 10] = [
            "waiting_requester",
            "waiting_other",
            "with_task",
            "with_agent",
            "on_hold",
            "parked",
            "closed",
            "resolved",
            "refused",
            "unanswered",
        ];
        self.reader.only(path, "an item of a story", &["expect"]);
        let path = &join(path, "expect");
        self.reader.only(path, "`expect`", &KEYS);
        let pack = self.pack;
        let names = self.names;
        let places = self.reader.keys(path).into_iter().map(|key| (key.clone(), self.reader.place(&join(path, &key))));
        let places: BTreeMap<String, Place> = places.collect();
        let facts = self.reader.pairs(path, "facts");
        let known = || names.facts.iter().map(String::as_str).chain(pack.records.keys().map(String::as_str));
        for fact in facts.keys() {
            let first = fact.split('.').next().unwrap_or_default();
            self.reader.known(&join(&join(path, "facts"), fact), "fact", first.to_owned(), known());
        }
        let flows = || pack.flows.keys().map(String::as_str);
        let texts = |strings: &BTreeSet<String>| strings.iter().cloned().collect::<Vec<_>>();
        let acts = texts(&names.acts);
        let steps = texts(&names.steps);
        let answers = texts(&names.answers);
        Some(Happening::Expects(Box::new(Expectation {
            step: self.name(path, "step", "step", steps.iter().map(String::as_str)),
            state: self.name(path, "state", "state", STATES),
            asks: self.name(path, "asks", "fact", known()),
            waiting_for: self.names_of(path, "waiting_for", known),
            answered: self.name(path, "answered", "answer", answers.iter().map(String::as_str)),
            facts,
            unset: self.names_of(path, "unset", known).unwrap_or_default(),
            letters: self.letters(path),
            replies: self.replies(path),
            task: self.name(path, "task", "task", acts.iter().map(String::as_str).chain([NOTHING])),
            tasks: self.tasks(path, &acts),
            instruction: self.reader.texts(path, "instruction").unwrap_or_default(),
            queue: self.name(path, "queue", "queue", pack.desk.queues.keys().map(String::as_str)),
            due: self.due(path),
            decided: self.reader.texts(path, "decided").unwrap_or_default(),
            flow: self.name(path, "flow", "flow", flows()),
            case: self.reader.number(path, "ticket"),
            tickets: self.reader.number(path, "tickets"),
            refused: self.reader.text(path, "refused"),
            escalated: self.name(path, "escalated", "contact", pack.desk.contacts.keys().map(String::as_str)),
            clocks: self.clocks(path),
            told: self.told(path),
            places,
        })))
    }

    pub(super) fn name<'n>(
        &mut self,
        path: &str,
        key: &str,
        what: &str,
        names: impl IntoIterator<Item = &'n str>,
    ) -> Option<String> {
        let name = self.reader.text(path, key)?;
        self.reader.known(&join(path, key), what, name, names)
    }

    pub(super) fn names_of<'n, I: Iterator<Item = &'n str>>(
        &mut self,
        path: &str,
        key: &str,
        names: impl Fn() -> I,
    ) -> Option<Vec<String>> {
        let written = self.reader.texts(path, key)?;
        Some(
            written.into_iter().filter_map(|name| self.reader.known(&join(path, key), "fact", name, names())).collect(),
        )
    }

    /// All open tasks; an empty list says that there is none.
    fn tasks(&mut self, path: &str, acts: &[String]) -> Option<Vec<String>> {
        self.reader.document.get(&join(path, "tasks"))?;
        let written = self.reader.texts(path, "tasks").unwrap_or_default();
        let names = || acts.iter().map(String::as_str);
        Some(
            written
                .into_iter()
                .filter_map(|act| self.reader.known(&join(path, "tasks"), "task", act, names()))
                .collect(),
        )
    }

    /// `None`: not checked. `Some(None)`: nothing is due.
    pub(super) fn due(&mut self, path: &str) -> Option<Option<civil::DateTime>> {
        if self.reader.text(path, "due")? == NOTHING {
            return Some(None);
        }
        self.moment(path, "due").map(Some)
    }

    /// `first_answer: met`, or `resolution: "running, due 2026-05-06 10:30, elapsed 1:10"`.
    fn clocks(&mut self, path: &str) -> BTreeMap<ClockKind, Vec<ClockWish>> {
        let path = join(path, "clocks");
        let mut clocks = BTreeMap::new();
        for key in self.reader.keys(&path) {
            let words = ClockKind::ALL.iter().map(|(_, word)| *word);
            let Some(word) = self.reader.known(&join(&path, &key), "clock", key.clone(), words) else { continue };
            let Some((kind, _)) = ClockKind::ALL.into_iter().find(|(_, known)| *known == word) else { continue };
            let Some(written) = self.reader.text(&path, &key) else { continue };
            let wishes: Vec<Option<ClockWish>> = written.split(',').map(|part| clock_wish(part.trim())).collect();
            match wishes.into_iter().collect() {
                Some(wishes) => {
                    clocks.insert(kind, wishes);
                }
                None => {
                    let message = format!("`{written}` is nothing that a clock shows");
                    let help = "write how it stands (running, outside_hours, paused, met, missed, withdrawn or nothing), \
                                `due 2026-05-06 10:30`, `elapsed 1:10`, `paused 0:30`, `left 2:20`, with commas between";
                    self.reader.fault("bad-value", &join(&path, &key), message, help);
                }
            }
        }
        clocks
    }

    fn told(&mut self, path: &str) -> Option<Vec<String>> {
        self.reader.document.get(&join(path, "told"))?;
        Some(self.reader.texts(path, "told").unwrap_or_default())
    }

    pub(super) fn letters(&mut self, path: &str) -> Option<Vec<LetterWish>> {
        let path = join(path, "letters");
        self.reader.document.get(&path)?;
        let count = self.reader.count(&path, "`letters`")?;
        let wishes = (0..count).filter_map(|n| {
            let path = join(&path, n);
            self.reader.only(&path, "a letter", &["to", "has", "lacks"]);
            Some(LetterWish {
                to: self.must(&path, "to")?,
                has: self.reader.texts(&path, "has").unwrap_or_default(),
                lacks: self.reader.texts(&path, "lacks").unwrap_or_default(),
            })
        });
        Some(wishes.collect())
    }

    pub(super) fn replies(&mut self, path: &str) -> Option<Vec<ReplyWish>> {
        let path = join(path, "replies");
        let list = match self.reader.document.get(&path)? {
            Value::String(text) => return Some(vec![ReplyWish::holding(text)]),
            Value::Sequence(items) => items.clone(),
            _ => {
                self.reader.fault("wrong-kind", &path, "`replies` is a list", "write each item behind `- `");
                return None;
            }
        };
        let wishes = list.iter().enumerate().map(|(n, item)| match item {
            Value::String(text) => ReplyWish::holding(text),
            _ => {
                let path = join(&path, n);
                self.reader.only(&path, "a reply", &["has", "lacks"]);
                ReplyWish {
                    has: self.reader.texts(&path, "has").unwrap_or_default(),
                    lacks: self.reader.texts(&path, "lacks").unwrap_or_default(),
                }
            }
        });
        Some(wishes.collect())
    }
}

fn clock_wish(part: &str) -> Option<ClockWish> {
    const STANDINGS: [Standing; 6] = [
        Standing::Running,
        Standing::OutsideHours,
        Standing::Paused,
        Standing::Met,
        Standing::Missed,
        Standing::Withdrawn,
    ];
    if part == NOTHING {
        return Some(ClockWish::None);
    }
    match part.split_once(' ') {
        None => STANDINGS.into_iter().find(|standing| standing.name() == part).map(ClockWish::Standing),
        Some(("due", at)) => civil::DateTime::strptime("%Y-%m-%d %H:%M", at.trim()).ok().map(ClockWish::Due),
        Some(("elapsed", length)) => minutes(length).map(ClockWish::Elapsed),
        Some(("paused", length)) => minutes(length).map(ClockWish::Paused),
        Some(("left", length)) => minutes(length).map(ClockWish::Left),
        Some(_) => None,
    }
}

/// `1:30`, or `-0:20`.
fn minutes(written: &str) -> Option<i64> {
    let (sign, written) = written.trim().strip_prefix('-').map_or((1, written.trim()), |rest| (-1, rest));
    let (hours, minutes) = written.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
    (minutes < 60).then(|| sign * (i64::from(hours) * 60 + i64::from(minutes)))
}
