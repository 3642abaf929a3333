//! A list while it is being given: who is on it, what is known of each, and how a message adds to it or corrects it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::asked;
use super::bits::Fields;
use super::persons::Person;
use crate::policy::facts::Value;
use crate::policy::flow::{FactDecl, ListDecl};
use crate::policy::listed::joined;
use crate::policy::recognise::words::{plain, quoted};

/// So many more than there is room for are kept, until somebody says whom to leave out.
const BEYOND: usize = 10;

/// A list that is being given.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Roll {
    /// Who is on it so far, in order.
    pub entries: Vec<Half>,
}

/// One of whom not everything may be known yet.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Half {
    /// What they are called; one word of a name, when no more is known.
    pub called: String,
    /// What is known, by the names of the fields.
    pub fields: BTreeMap<String, Value>,
}

impl Roll {
    /// The place of the one who is called so: in full, or by one word of the name that nobody else has.
    pub(super) fn called(&self, words: &str) -> Option<usize> {
        let said = plain(words);
        if said.is_empty() {
            return None;
        }
        if let Some(at) = self.entries.iter().position(|half| plain(&half.called) == said) {
            return Some(at);
        }
        let has = |half: &Half| {
            let name = plain(&half.called);
            let mut all = said.split(' ');
            all.all(|word| word.len() > 1 && name.split(' ').any(|part| part == word))
        };
        let mut fitting = self.entries.iter().enumerate().filter(|(_, half)| has(half)).map(|(at, _)| at);
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// The place of the one whose whole name this is, or whose one known word it begins or ends with.
    fn named(&self, person: &Person) -> Option<usize> {
        if person.name.is_none() {
            return self.called(&person.called);
        }
        let said = plain(&person.called);
        let whole = self.entries.iter().position(|half| plain(&half.called) == said);
        whole.or_else(|| {
            let one_word = |half: &Half| !plain(&half.called).contains(' ');
            let fits = |half: &Half| one_word(half) && said.split(' ').any(|word| word == plain(&half.called));
            let mut fitting = self.entries.iter().enumerate().filter(|(_, half)| fits(half)).map(|(at, _)| at);
            fitting.next().filter(|_| fitting.next().is_none())
        })
    }

    /// The names of all, for a sentence.
    pub fn names(&self) -> String {
        joined(&self.entries.iter().map(|half| half.called.clone()).collect::<Vec<_>>())
    }
}

impl Half {
    fn lacks<'l>(&'l self, list: &'l ListDecl) -> impl Iterator<Item = &'l crate::policy::flow::FieldDecl> {
        list.fields.iter().filter(|field| field.unless_said.is_none() && !self.fields.contains_key(&field.decl.name))
    }

    /// What is missing of this one, in a sentence.
    pub(super) fn still_missing(&self, list: &ListDecl) -> Option<String> {
        let lacking: Vec<String> = self.lacks(list).map(asked).collect();
        let who = if self.called.is_empty() { "One of them" } else { &self.called };
        (!lacking.is_empty()).then(|| format!("{who}: we still need the {}.", joined(&lacking)))
    }

    /// All fields, with those that nothing was said of.
    pub(super) fn whole(&self, list: &ListDecl) -> BTreeMap<String, Value> {
        let mut fields = self.fields.clone();
        for field in &list.fields {
            if let Some(value) = &field.unless_said {
                fields.entry(field.decl.name.clone()).or_insert_with(|| value.clone());
            }
        }
        fields
    }
}

/// A list with what a message does to it.
pub(super) struct Taken<'a> {
    decl: &'a FactDecl,
    fields: &'a Fields<'a>,
    roll: &'a mut Roll,
    /// Of each entry that the message has told of: the line, and the fields that it gave.
    touched: BTreeMap<usize, (usize, BTreeSet<String>)>,
    told: usize,
    problems: Vec<String>,
}

impl<'a> Taken<'a> {
    pub(super) fn new(decl: &'a FactDecl, fields: &'a Fields<'a>, roll: &'a mut Roll) -> Self {
        Self { decl, fields, roll, touched: BTreeMap::new(), told: 0, problems: Vec::new() }
    }

    /// Takes what is told of one person. Whether the message means somebody of the list with it.
    pub(super) fn take(&mut self, person: &Person, alone: bool) -> bool {
        let known = if person.called.is_empty() { self.who_lacks(person) } else { self.roll.named(person) };
        let at = match known {
            Some(at) => at,
            None if person.called.is_empty() => return self.of_nobody(person, alone),
            None if !alone && !self.is_plain(person) => return false,
            None if self.roll.entries.len() >= self.decl.most() => {
                let most = self.decl.most();
                let who = &person.called;
                self.problem(format!(
                    "Line {}, {who}: there is room for {most}. To leave somebody out, write “remove” and the name.",
                    person.line
                ));
                if self.roll.entries.len() >= most + BEYOND {
                    return true;
                }
                self.roll.entries.push(Half::default());
                self.roll.entries.len() - 1
            }
            None => {
                self.roll.entries.push(Half::default());
                self.roll.entries.len() - 1
            }
        };
        let before = self.roll.entries.get(at).cloned().unwrap_or_default();
        if let Some(unclear) = &person.unclear {
            self.problem(unclear.clone());
        }
        self.name(at, person);
        for (field, (written, value)) in &person.fields {
            self.field(at, person, *field, written, value);
        }
        let given = person.fields.keys().filter_map(|field| self.fields.all.get(*field));
        let given: BTreeSet<String> = given.map(|field| field.decl.name.clone()).collect();
        self.touched.entry(at).or_insert((person.line, BTreeSet::new())).1.extend(given);
        if self.roll.entries.get(at) != Some(&before) {
            self.told += 1;
        }
        true
    }

    /// Whether it is plain that a text that answers other questions too means somebody of the list.
    fn is_plain(&self, person: &Person) -> bool {
        let others = self.fields.all.len() - usize::from(self.fields.name.is_some());
        match person.fields.len() {
            0 => false,
            1 => others == 1 && person.lines.len() == 1,
            _ => true,
        }
    }

    fn name(&mut self, at: usize, person: &Person) {
        let Some(field) = self.fields.name.and_then(|name| self.fields.all.get(name)) else { return };
        let Some(half) = self.roll.entries.get_mut(at) else { return };
        match (&person.name, &person.no_name) {
            (Some(name), _) => {
                half.called = name.to_string();
                half.fields.insert(field.decl.name.clone(), name.clone());
            }
            (None, Some(because)) if half.called.is_empty() || plain(&half.called) == plain(&person.called) => {
                half.called.clone_from(&person.called);
                let problem = format!("Line {}, {}: {because}", person.line, person.called);
                if !half.fields.contains_key(&field.decl.name) {
                    self.problem(problem);
                }
            }
            (None, _) => {}
        }
    }

    fn field(&mut self, at: usize, person: &Person, field: usize, written: &str, value: &Result<Value, String>) {
        let Some(name) = self.fields.all.get(field).map(|field| field.decl.name.clone()) else { return };
        let touched = self.touched.get(&at).filter(|(_, given)| given.contains(&name)).map(|(line, _)| *line);
        let Some(half) = self.roll.entries.get_mut(at) else { return };
        let who = half.called.clone();
        match (value, half.fields.get(&name), touched) {
            (Err(because), _, _) => {
                let because = format!("Line {}, {who}: You wrote “{}”. {because}", person.line, quoted(written));
                self.problem(because);
            }
            (Ok(value), Some(before), Some(line)) if before != value => {
                let (first, second) = (before.to_string(), value.to_string());
                half.fields.remove(&name);
                self.problem(format!(
                    "{who} stands twice, in lines {line} and {}: once with {first}, once with {second}. Which is right?",
                    person.line
                ));
            }
            (Ok(value), _, _) => {
                half.fields.insert(name, value.clone());
            }
        }
    }

    /// The only one who lacks just what is given without a name.
    fn who_lacks(&self, person: &Person) -> Option<usize> {
        let list = self.decl.list.as_ref()?;
        let given: Vec<&str> = person
            .fields
            .keys()
            .filter_map(|field| self.fields.all.get(*field))
            .map(|field| field.decl.name.as_str())
            .collect();
        let lacks = |half: &Half| {
            let lacking: Vec<&str> = half.lacks(list).map(|field| field.decl.name.as_str()).collect();
            given.iter().all(|name| lacking.contains(name))
        };
        let fitting =
            self.roll.entries.iter().enumerate().filter(|(at, half)| !self.touched.contains_key(at) && lacks(half));
        let mut fitting = fitting.map(|(at, _)| at);
        fitting.next().filter(|_| fitting.next().is_none() && !given.is_empty())
    }

    fn of_nobody(&mut self, person: &Person, alone: bool) -> bool {
        if !alone || self.fields.name.is_none() {
            return self.nameless(person, alone);
        }
        let written: Vec<String> =
            person.fields.values().map(|(written, _)| format!("“{}”", quoted(written))).collect();
        self.problem(format!(
            "Line {}: we cannot tell whose {} is. Please put the name before it.",
            person.line,
            joined(&written)
        ));
        true
    }

    /// A list whose entries have no names: each is what it holds.
    fn nameless(&mut self, person: &Person, alone: bool) -> bool {
        if self.fields.name.is_some() || !alone || person.fields.is_empty() {
            return false;
        }
        let mut half = Half::default();
        for (field, (written, value)) in &person.fields {
            let Some(field) = self.fields.all.get(*field) else { continue };
            match value {
                Ok(value) => {
                    half.fields.insert(field.decl.name.clone(), value.clone());
                }
                Err(because) => {
                    self.problems.push(format!("Line {}: You wrote “{}”. {because}", person.line, quoted(written)));
                }
            }
        }
        let called = half.fields.values().next().map(ToString::to_string);
        half.called = called.unwrap_or_default();
        if half.fields.is_empty() || self.roll.entries.contains(&half) {
            return true;
        }
        if self.roll.entries.len() >= self.decl.most() {
            self.problem(format!("Line {}: there is room for {} only.", person.line, self.decl.most()));
            return true;
        }
        self.roll.entries.push(half);
        self.told += 1;
        true
    }

    /// Looks for what nobody may share, and tells what was wrong.
    pub(super) fn finish(mut self) -> (usize, Vec<String>) {
        let unique = self.fields.all.iter().filter(|field| field.unique);
        for field in unique {
            let name = &field.decl.name;
            let mut seen: BTreeMap<Value, usize> = BTreeMap::new();
            let mut order: Vec<usize> = (0..self.roll.entries.len()).collect();
            // Who stood on the list before keeps what they gave.
            order.sort_by_key(|at| (self.touched.contains_key(at), *at));
            for at in order {
                let Some(value) = self.roll.entries.get(at).and_then(|half| half.fields.get(name)).cloned() else {
                    continue;
                };
                let Some(first) = seen.get(&value).copied() else {
                    seen.insert(value, at);
                    continue;
                };
                let who = |at: usize| self.roll.entries.get(at).map_or("", |half| half.called.as_str()).to_owned();
                let problem = format!(
                    "{} and {} have the same {}, {value}. Each needs their own.",
                    who(first),
                    who(at),
                    asked(field)
                );
                self.problems.push(problem);
                if let Some(half) = self.roll.entries.get_mut(at) {
                    half.fields.remove(name);
                }
            }
        }
        (self.told, self.problems)
    }

    fn problem(&mut self, problem: String) {
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }
}
