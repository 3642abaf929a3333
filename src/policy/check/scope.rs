//! What can be read by name in one place of the pack: facts, records and given facts, with their types, and what of
//! it is not always there.

use std::collections::{BTreeMap, BTreeSet};

use super::lexicon::Lexicon;
use crate::policy::facts::FactType;
use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::flow::{Desk, FactDecl};
use crate::policy::schema::{self, Disclosure, Given, Type};

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
            return Some(Type::Value(fact.kind));
        }
        self.lexicon.records.get(name).filter(|_| self.with_facts).map(|kind| Type::Record(*kind))
    }

    /// All first names that there are.
    pub(super) fn all(&self) -> Vec<String> {
        let mut all: Vec<String> = schema::GIVEN.iter().map(|name| (*name).to_owned()).collect();
        if self.with_facts {
            all.extend(self.own.keys().chain(self.lexicon.facts.keys()).chain(self.lexicon.records.keys()).cloned());
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
            _ => schema::parts(whole).into_iter().map(str::to_owned).collect(),
        }
    }

    /// The parts of a path that must be known before it can be read: the fact or record itself, and every field on
    /// the way that not every row has.
    pub(super) fn conditions(&self, path: &[String]) -> Vec<String> {
        let Some(first) = path.first() else { return vec![] };
        let Some(mut whole) = self.type_of(first) else { return vec![] };
        let mut conditions = Vec::new();
        if schema::given(first).is_none() {
            conditions.push(first.clone());
        }
        let mut so_far = first.clone();
        for name in path.iter().skip(1) {
            so_far = format!("{so_far}.{name}");
            if !self.always(&whole, name, path) {
                conditions.push(so_far.clone());
            }
            match self.part(&whole, name) {
                Some(part) => whole = part,
                None => break,
            }
        }
        conditions
    }

    fn always(&self, whole: &Type, name: &str, path: &[String]) -> bool {
        match whole {
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
            FactType::Choice => Some(self.fact(path.first()?)?.choices.iter().cloned().collect()),
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
