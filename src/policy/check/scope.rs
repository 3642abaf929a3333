//! What can be read by name in one place of the pack: facts, records and given facts, with their types, and what of
//! it is not always there.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lexicon::Lexicon;
use crate::policy::facts::FactType;
use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::flow::{Desk, FactDecl};
use crate::policy::listed::SKIPPED;
use crate::policy::schema::{self, Disclosure, Given, People, Type};

/// What one flow can read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scope<'a> {
    pub lexicon: &'a Lexicon,
    pub desk: &'a Desk,
    /// The flow's own facts.
    pub own: &'a BTreeMap<String, FactDecl>,
    /// The flow's own facts that cannot be asked for yet.
    pub own_later: &'a BTreeSet<String>,
    /// Whether facts and records can be read at all; not so in the desk's own sentences.
    pub with_facts: bool,
    /// Of which list one entry can be read here.
    pub item: Items<'a>,
}

/// Of which lists an entry can be read in a place, under the name that the list gives it.
#[derive(Debug, Clone, Copy)]
pub(super) enum Items<'a> {
    /// Of none.
    None,
    /// Of one, and there of a part if a step goes through a part.
    One(&'a str, Option<&'a str>),
    /// Of all: in rules, which several flows share.
    All,
}

/// What a path leads to.
#[derive(Debug)]
pub(super) enum Reached {
    /// Something of this type.
    Type(Type),
    /// Something that is declared, but cannot be used yet, or had a fault of its own.
    Later,
}

impl Scope<'_> {
    /// The declaration of a fact: the flow's own, else the desk's.
    pub(super) fn fact(&self, name: &str) -> Option<&FactDecl> {
        self.own.get(name).or_else(|| self.lexicon.facts.get(name)).filter(|_| self.with_facts)
    }

    /// Whether a name is declared, but of no use yet.
    pub(super) fn is_later(&self, name: &str) -> bool {
        let shared = [&self.lexicon.fact_names, &self.lexicon.record_names];
        self.own_later.contains(name) || shared.iter().any(|list| !list.complete || list.later.contains(name))
    }

    /// Whether a name is declared as something that cannot be used yet.
    pub(super) fn is_declared_later(&self, name: &str) -> bool {
        let Lexicon { fact_names, record_names, .. } = self.lexicon;
        [self.own_later, &fact_names.later, &record_names.later].iter().any(|later| later.contains(name))
    }

    /// The type of the first name of a path.
    pub(super) fn type_of(&self, name: &str) -> Option<Type> {
        if let Some(kind) = schema::given(name) {
            return Some(kind);
        }
        if let Some(fact) = self.fact(name) {
            return Some(match &fact.list {
                Some(_) => Type::People(Arc::new(self.people(fact))),
                None => Type::Value(fact.kind),
            });
        }
        if let Some(list) = self.list_of_item(name) {
            return Some(Type::Member(Arc::new(self.people(list))));
        }
        self.lexicon.records.get(name).filter(|_| self.with_facts).map(|kind| Type::Record(*kind))
    }

    /// The list whose entries are called so here.
    pub(super) fn list_of_item(&self, name: &str) -> Option<&FactDecl> {
        let is_it = |fact: &&FactDecl| fact.list.as_ref().is_some_and(|list| list.item == name);
        match self.item {
            Items::None => None,
            Items::One(list, _) => self.fact(list).filter(is_it),
            Items::All => self.any_list(name),
        }
    }

    /// A list whose entries are called so, wherever they can be read.
    pub(super) fn any_list(&self, item: &str) -> Option<&FactDecl> {
        let is_it = |fact: &&FactDecl| fact.list.as_ref().is_some_and(|list| list.item == item);
        self.own.values().chain(self.lexicon.facts.values()).filter(|_| self.with_facts).find(is_it)
    }

    /// What can be read of a list.
    fn people(&self, fact: &FactDecl) -> People {
        let list = fact.list.as_deref();
        let fields = list.iter().flat_map(|list| &list.fields).map(|field| &field.decl);
        let lists = &self.lexicon.lists;
        let added = lists.added.get(&fact.name).into_iter().flatten().filter_map(|name| self.fact(name));
        let typed = |decl: &FactDecl| (decl.name.clone(), (decl.kind, decl.choices.clone()));
        People {
            list: fact.name.clone(),
            item: list.map(|list| list.item.clone()).unwrap_or_default(),
            fields: fields.map(typed).collect(),
            added: added.map(typed).collect(),
            parts: lists
                .parts
                .as_ref()
                .filter(|_| !lists.unknown.contains(&fact.name))
                .map(|parts| parts.get(&fact.name).cloned().unwrap_or_default()),
        }
    }

    /// What there is to choose from at a path.
    pub(super) fn choices(&self, path: &[String]) -> Option<Vec<String>> {
        let (last, way) = path.split_last()?;
        if way.is_empty() {
            return self.fact(last).map(|fact| fact.choices.clone());
        }
        match self.reach(way, &Place::start_of(""), &mut Vec::new())? {
            Reached::Type(Type::Member(people)) => {
                people.fields.get(last).or_else(|| people.added.get(last)).map(|(_, choices)| choices.clone())
            }
            Reached::Type(_) | Reached::Later => None,
        }
    }

    /// All first names that there are.
    pub(super) fn all(&self) -> Vec<String> {
        let mut all: Vec<String> = schema::GIVEN.iter().map(|name| (*name).to_owned()).collect();
        if self.with_facts {
            all.extend(self.own.keys().chain(self.lexicon.facts.keys()).chain(self.lexicon.records.keys()).cloned());
        }
        if let Items::One(list, _) = self.item {
            all.extend(self.fact(list).and_then(|fact| fact.list.as_ref()).map(|list| list.item.clone()));
        }
        all.sort();
        all.dedup();
        all
    }

    /// Follows a path; tells where it leads nowhere.
    pub(super) fn reach(&self, path: &[String], place: &Place, findings: &mut Vec<Finding>) -> Option<Reached> {
        let first = path.first()?;
        let Some(mut whole) = self.type_of(first) else {
            if self.with_facts && self.is_later(first) {
                return Some(Reached::Later);
            }
            if let Some(list) = self.any_list(first) {
                let message =
                    format!("`{first}` is one of `{0}`, and is read only in a step with `each: {0}`", list.name);
                let help = format!("add `each: {}` to the step, or read `{}.first`", list.name, list.name);
                findings.push(Finding::error("item-outside-each", place.clone(), message, help));
                return None;
            }
            let all = self.all();
            let help = did_you_mean(first, all.iter().map(String::as_str));
            findings.push(Finding::error("unknown-fact", place.clone(), format!("there is no fact `{first}`"), help));
            return None;
        };
        for name in path.iter().skip(1) {
            match self.part(&whole, name) {
                Some(part) => whole = part,
                None => {
                    let names = self.parts(&whole);
                    let help = did_you_mean(name, names.iter().map(String::as_str));
                    let message = format!("`{}` has no part `{name}`", before(path, name));
                    findings.push(Finding::error("unknown-part", place.clone(), message, help));
                    return None;
                }
            }
        }
        Some(Reached::Type(whole))
    }

    fn part(&self, whole: &Type, name: &str) -> Option<Type> {
        match whole {
            Type::Group(Given::Contacts)
                if !self.desk.contacts.contains_key(name) && self.lexicon.contacts.complete =>
            {
                None
            }
            Type::Group(Given::Limits) if !self.desk.limits.contains_key(name) && self.lexicon.contacts.complete => {
                None
            }
            _ => schema::part(whole, name),
        }
    }

    fn parts(&self, whole: &Type) -> Vec<String> {
        match whole {
            Type::Group(Given::Contacts) => self.desk.contacts.keys().cloned().collect(),
            Type::Group(Given::Limits) => self.desk.limits.keys().cloned().collect(),
            Type::Value(_) | Type::List(_) | Type::Record(_) | Type::Group(_) | Type::People(_) | Type::Member(_) => {
                schema::parts(whole).into_iter().map(str::to_owned).collect()
            }
        }
    }

    /// The parts of a path that must be known before it can be read: the fact or record itself, and every field on
    /// the way that not every row has.
    pub(super) fn conditions(&self, path: &[String]) -> Vec<String> {
        let Some(first) = path.first() else { return vec![] };
        let Some(mut whole) = self.type_of(first) else { return vec![] };
        let mut conditions = Vec::new();
        let is_item = matches!(whole, Type::Member(_));
        if schema::given(first).is_none() && !is_item {
            conditions.push(first.clone());
        }
        let mut so_far = first.clone();
        for name in path.iter().skip(1) {
            so_far = format!("{so_far}.{name}");
            if !self.always(&whole, name, path) {
                conditions.push(self.as_condition(&whole, name, &so_far, is_item));
            }
            match self.part(&whole, name) {
                Some(part) => whole = part,
                None => break,
            }
        }
        conditions
    }

    /// What must have happened for a part to be there. What a task adds to an entry is known of the part of the list
    /// that the task went through.
    fn as_condition(&self, whole: &Type, name: &str, so_far: &str, is_item: bool) -> String {
        match (whole, self.item) {
            (Type::Member(people), Items::One(_, Some(part))) if is_item => format!("{}.{part}.{name}", people.list),
            (Type::Member(people), _) if is_item => format!("{}.{name}", people.list),
            _ => so_far.to_owned(),
        }
    }

    fn always(&self, whole: &Type, name: &str, path: &[String]) -> bool {
        match whole {
            Type::People(people) if name == "first" && path.len() >= 2 => {
                let fact = self.fact(&people.list);
                path.get(1).is_some_and(|second| second == "first") && fact.is_some_and(|fact| fact.fewest() > 0)
            }
            Type::People(_) => name == SKIPPED,
            // What the directory says of an entry is there in a step that goes through the list.
            Type::Member(people) => {
                let given = schema::MEMBER.iter().any(|(given, _)| *given == name);
                people.fields.contains_key(name)
                    || given && !people.added.contains_key(name) && path.first() == Some(&people.item)
            }
            Type::Record(kind) => schema::fields(*kind).iter().any(|field| field.name == name && field.always),
            Type::List(_) => false,
            Type::Value(_) | Type::Group(Given::Limits | Given::Contacts) => true,
            Type::Group(Given::Contact) if name == "phone" => {
                let contact = path.get(1).and_then(|contact| self.desk.contacts.get(contact));
                contact.is_none_or(|contact| contact.phone.is_some())
            }
            Type::Group(given) => schema::group(*given).iter().any(|(part, _, always)| *part == name && *always),
        }
    }

    /// The values that a path can take, if they are few: yes and no, or the choices.
    pub(super) fn domain(&self, path: &[String]) -> Option<BTreeSet<String>> {
        let kind = match self.reach(path, &Place::start_of(""), &mut Vec::new())? {
            Reached::Type(Type::Value(kind)) => kind,
            Reached::Type(_) | Reached::Later => return None,
        };
        match kind {
            FactType::YesNo => Some(["yes".to_owned(), "no".to_owned()].into()),
            FactType::Choice => Some(self.choices(path)?.into_iter().collect()),
            _ => None,
        }
    }

    /// Whether a path leads to something that may stand in no text.
    pub(super) fn is_secret(&self, path: &[String]) -> bool {
        let Some(first) = path.first() else { return false };
        if self.fact(first).is_some_and(|fact| fact.secret) {
            return true;
        }
        let Some(mut whole) = self.type_of(first) else { return false };
        for name in path.iter().skip(1) {
            if let Type::Record(kind) = &whole
                && schema::fields(*kind)
                    .iter()
                    .any(|field| field.name == name && field.disclosure == Disclosure::Secret)
            {
                return true;
            }
            match self.part(&whole, name) {
                Some(part) => whole = part,
                None => return false,
            }
        }
        false
    }
}

fn before(path: &[String], name: &str) -> String {
    path.iter().take_while(|part| *part != name).cloned().collect::<Vec<_>>().join(".")
}
