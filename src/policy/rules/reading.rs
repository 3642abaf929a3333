//! The static pass over names: what a dotted path stands for, whether it exists, and whether it is surely set.

use rhai::{ASTFlags, Expr, Position};

use super::Read;
use super::kinds::Kind;
use super::lint::{Lint, Manner};
use crate::policy::facts::FactType;
use crate::policy::finding::did_you_mean;
use crate::policy::schema::{self, Given, Type};

/// How a path is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Its value is needed.
    Needed,
    /// `known(…)` asks whether it is set.
    Asked,
    /// It only gets another name.
    Named,
}

impl Lint<'_> {
    /// The kind of a fact by its name.
    pub(super) fn fact(&self, name: &str) -> Option<Kind> {
        let kind = (self.known.type_of)(name)?;
        Some(match kind {
            // A choice whose choices nobody knows can be any text.
            Type::Value(FactType::Choice) => (self.known.choices_of)(name).map_or(Kind::Any, Kind::Choice),
            kind => Kind::Of(kind),
        })
    }

    /// Paths that are surely set when a condition comes out this way.
    pub(super) fn sure_when(&self, condition: &Expr, holds: bool) -> Vec<Vec<String>> {
        match condition {
            Expr::FnCall(call, _) if call.name == "known" && holds => {
                call.args.first().and_then(|arg| self.quiet_path(arg)).into_iter().collect()
            }
            Expr::FnCall(call, _) if call.name == "!" => {
                call.args.first().map_or_else(Vec::new, |arg| self.sure_when(arg, !holds))
            }
            Expr::And(sides, _) if holds => sides.iter().flat_map(|side| self.sure_when(side, true)).collect(),
            Expr::Or(sides, _) if !holds => sides.iter().flat_map(|side| self.sure_when(side, false)).collect(),
            _ => Vec::new(),
        }
    }

    fn quiet_path(&self, value: &Expr) -> Option<Vec<String>> {
        let (root, _, parts) = flat(value)?;
        let mut path = match self.scope.iter().rev().find(|local| local.name == root) {
            Some(local) => local.origin.clone()?,
            None if self.is_script() => return None,
            None => vec![root.to_owned()],
        };
        path.extend(parts.into_iter().map(|(name, _)| name.to_owned()));
        Some(path)
    }

    /// The kind of a dotted path, and the path of facts that it stands for.
    pub(super) fn path(&mut self, value: &Expr, purpose: Use) -> (Kind, Option<Vec<String>>) {
        let Some((root, at, parts)) = flat(value) else {
            let help = "write a fact's name, a dot, and the name of its part";
            return (self.refuse("forbidden-form", start(value), "this cannot stand in a rule", help), None);
        };
        let Some((mut kind, mut path)) = self.root(root, at) else { return (Kind::Any, None) };
        let mut whole = root.to_owned();
        for (name, at) in parts {
            kind = self.part(&whole, &kind, name, at);
            whole = format!("{whole}.{name}");
            path.iter_mut().for_each(|path| path.push(name.to_owned()));
        }
        if let Some(path) = &path
            && purpose != Use::Named
        {
            let guarded = purpose == Use::Asked || self.is_sure(path);
            self.reads.push(Read { path: path.clone(), guarded, told: self.in_reason, place: self.source.place(at) });
        }
        (kind, path)
    }

    fn root(&mut self, name: &str, at: Position) -> Option<(Kind, Option<Vec<String>>)> {
        if let Some(local) = self.scope.iter().rev().find(|local| local.name == name) {
            return Some((local.kind.clone(), local.origin.clone()));
        }
        let fact = self.fact(name);
        let message = format!("there is no fact `{name}`");
        match (fact, &self.manner) {
            (Some(kind), Manner::Expression) => return Some((kind, Some(vec![name.to_owned()]))),
            (Some(_), Manner::Script(_)) => {
                let message = format!("`{name}` is not given to this function");
                self.error("not-a-parameter", at, message, format!("add `{name}` to its parameters"));
            }
            (None, _) if matches!(name, "yes" | "no") => {
                let help = "a yes_no fact stands alone: `fact`, or `not fact`; a choice is in double quotes";
                self.error("unknown-fact", at, message, help);
            }
            (None, Manner::Expression) => {
                let help = did_you_mean(name, self.known.all.iter().map(String::as_str));
                self.error("unknown-fact", at, message, help);
            }
            (None, Manner::Script(_)) => {
                let help = did_you_mean(name, self.scope.iter().map(|local| local.name.as_str()));
                self.error("unknown-name", at, format!("nothing here is called `{name}`"), help);
            }
        }
        None
    }

    fn part(&mut self, whole: &str, kind: &Kind, name: &str, at: Position) -> Kind {
        if *kind == Kind::Any {
            return Kind::Any;
        }
        if let Some(part) = self.quiet_part(kind, name) {
            return part;
        }
        let parts: Vec<&str> = match kind {
            Kind::Of(Type::Group(Given::Limits)) => self.known.limits.iter().map(String::as_str).collect(),
            Kind::Of(Type::Group(Given::Contacts)) => self.known.contacts.iter().map(String::as_str).collect(),
            Kind::Of(kind) => schema::parts(kind),
            _ => Vec::new(),
        };
        let help = if parts.is_empty() { "it has no parts".to_owned() } else { did_you_mean(name, parts) };
        self.error("unknown-part", at, format!("`{whole}` has no `{name}`"), help);
        Kind::Any
    }

    fn quiet_part(&self, kind: &Kind, name: &str) -> Option<Kind> {
        let named = |names: &[String]| names.iter().any(|one| one == name);
        match kind {
            Kind::Of(Type::Group(Given::Limits)) if !named(&self.known.limits) => None,
            Kind::Of(Type::Group(Given::Contacts)) if !named(&self.known.contacts) => None,
            Kind::Of(Type::Member(people))
                if schema::part(&Type::Member(people.clone()), name)? == Type::Value(FactType::Choice) =>
            {
                let (_, choices) = people.fields.get(name).or_else(|| people.added.get(name))?;
                Some(Kind::Choice(choices.clone()))
            }
            Kind::Of(whole) => schema::part(whole, name).map(Kind::Of),
            _ => None,
        }
    }

    /// Whether a `known(…)` has made sure of a path here: of the path itself, of a part of it, or of something that
    /// always has it.
    fn is_sure(&self, path: &[String]) -> bool {
        self.sure.iter().any(|sure| sure.starts_with(path) || path.starts_with(sure) && self.always(path, sure.len()))
    }

    /// Whether the parts of a path from the `from`th on are always set.
    fn always(&self, path: &[String], from: usize) -> bool {
        let Some((root, parts)) = path.split_first() else { return false };
        let Some(mut kind) = self.fact(root) else { return false };
        for (n, name) in parts.iter().enumerate() {
            if n + 1 >= from && !kind.always_has(name) {
                return false;
            }
            let Some(part) = self.quiet_part(&kind, name) else { return false };
            kind = part;
        }
        true
    }
}

/// Where a value begins: an operator stands behind its first side.
pub(super) fn start(value: &Expr) -> Position {
    let own = value.start_position();
    let sides = match value {
        Expr::FnCall(call, _) => &call.args[..],
        Expr::And(sides, _) | Expr::Or(sides, _) => &sides[..],
        _ => &[],
    };
    sides.iter().map(start).filter(|at| !at.is_none()).fold(own, Position::min)
}

type Parts<'e> = (&'e str, Position, Vec<(&'e str, Position)>);

/// A dotted path as its first name and the rest; `None` for anything else.
pub(super) fn flat(value: &Expr) -> Option<Parts<'_>> {
    match value {
        Expr::Variable(name, _, at) => Some((name.1.as_str(), *at, Vec::new())),
        Expr::Dot(chain, flags, _) if !flags.contains(ASTFlags::NEGATED) => {
            let (root, at, mut parts) = flat(&chain.lhs)?;
            let mut rest = &chain.rhs;
            while let Expr::Dot(next, flags, _) = rest {
                let Expr::Property(name, at) = &next.lhs else { return None };
                if flags.contains(ASTFlags::NEGATED) {
                    return None;
                }
                parts.push((name.2.as_str(), *at));
                rest = &next.rhs;
            }
            let Expr::Property(name, end) = rest else { return None };
            parts.push((name.2.as_str(), *end));
            Some((root, at, parts))
        }
        _ => None,
    }
}
