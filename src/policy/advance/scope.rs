//! What a flow can read by name: facts, looked-up records and the given facts of this event.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::policy::facts::{FactType, Item, Value};
use crate::policy::flow::{Limit, Pack};
use crate::policy::rules::{Expression, RuleFailure};
use crate::policy::text::{Template, TextFailure};
use crate::policy::ticket::{Ticket, TimerKind};

use super::work::Work;

impl Work<'_> {
    /// Whether a guard holds now.
    pub(super) fn holds(&self, guard: &Expression) -> Result<bool, RuleFailure> {
        self.pack.rules.holds(guard, &|name| self.item(name))
    }

    /// What a name stands for now; `None` when nothing is known of it.
    pub(super) fn item(&self, name: &str) -> Option<Item> {
        self.entry_called(name).or_else(|| item(self.pack, &self.ticket, self.now, name))
    }

    /// The day of this event on the desk's clock.
    pub(super) fn today(&self) -> Date {
        self.now.to_zoned(self.pack.desk.zone.clone()).date()
    }

    /// A text with its holes filled.
    pub(super) fn render(&self, text: &Template) -> Result<String, TextFailure> {
        text.render(&|path| {
            let (name, rest) = path.split_first()?;
            self.item(name)?.at(rest)
        })
    }

    /// A text with its holes filled for somebody else: where it names the requester, it names them.
    pub(super) fn render_for(&self, text: &Template, name: Option<&str>) -> Result<String, TextFailure> {
        text.render(&|path| match path {
            [first, second] if first == "requester" && second == "name" => name.map(words),
            path => {
                let (name, rest) = path.split_first()?;
                self.item(name)?.at(rest)
            }
        })
    }

    /// The facts that an expression or a rule read, for the trace. A secret is never written down.
    pub(super) fn read_facts<'p>(&self, paths: impl Iterator<Item = &'p [String]>) -> Vec<(String, String)> {
        let mut read: Vec<(String, String)> = paths.map(|path| (path.join("."), self.shown(path))).collect();
        read.sort();
        read.dedup();
        read
    }

    /// A value as the trace shows it.
    fn shown(&self, path: &[String]) -> String {
        let Some((name, rest)) = path.split_first() else { return String::new() };
        if self.pack.any_fact(name).is_some_and(|decl| decl.secret) {
            return "(secret)".into();
        }
        match self.item(name).and_then(|item| item.at(rest)) {
            Some(item) => item.masked(),
            None => "not known".into(),
        }
    }
}

/// What a name stands for on a ticket at a moment.
fn item(pack: &Pack, ticket: &Ticket, now: Timestamp, name: &str) -> Option<Item> {
    if let Some(known) = ticket.facts.get(name) {
        return Some(Item::Value(known.value.clone()));
    }
    if let Some(record) = ticket.records.get(name) {
        return Some(Item::Record(record.clone()));
    }
    given(pack, ticket, now, name)
}

/// The given facts.
fn given(pack: &Pack, ticket: &Ticket, now: Timestamp, name: &str) -> Option<Item> {
    let desk = &pack.desk;
    let local = |at: Timestamp| Item::Value(Value::date_time(at.to_zoned(desk.zone.clone()).datetime()));
    match name {
        "now" => Some(local(now)),
        "opened" => Some(local(ticket.opened)),
        "requester" => Some(group([
            ("name", ticket.requester.name.as_deref().filter(|name| is_like_a_name(name)).map(words)),
            ("address", Some(Item::Value(Value::text(FactType::Mail, &*ticket.requester.address)))),
        ])),
        "ticket" => {
            let title = pack.flows.get(&ticket.flow).map(|flow| words(&flow.title));
            Some(group([
                ("reference", Some(Item::Value(Value::text(FactType::Reference, &*ticket.reference.0)))),
                ("state", Some(words(ticket.state.in_words()))),
                ("opened", Some(local(ticket.opened))),
                ("title", title),
            ]))
        }
        "desk" => {
            let cover =
                desk.calendar_of(&ticket.queue).map(|calendar| words(&format!("We are open {}.", calendar.cover(now))));
            Some(group([("name", Some(words(&desk.name))), ("cover", Some(cover.unwrap_or_else(|| words(""))))]))
        }
        "step" => {
            let due = ticket.timers.iter().find(|timer| timer.what == TimerKind::Within).map(|timer| local(timer.due));
            Some(group([("due", due)]))
        }
        "limits" => Some(Item::Group(
            desk.limits
                .iter()
                .filter_map(|(name, limit)| match limit {
                    Limit::Number(n) => Some((name.clone(), Item::Value(Value::number(*n)))),
                    Limit::Length(_) => None,
                })
                .collect(),
        )),
        "contacts" => Some(Item::Group(
            desk.contacts
                .iter()
                .map(|(name, contact)| {
                    let fields = group([
                        ("name", Some(words(&contact.name))),
                        ("mail", Some(Item::Value(Value::text(FactType::Mail, &*contact.mail)))),
                        ("phone", contact.phone.as_deref().map(words)),
                    ]);
                    (name.clone(), fields)
                })
                .collect(),
        )),
        _ => None,
    }
}

/// Whether what somebody calls themselves may stand in a letter. A stranger could have us send any words to anybody.
fn is_like_a_name(name: &str) -> bool {
    let fits = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’' | '.' | ',');
    let points_somewhere = name.split(' ').any(|word| word.trim_end_matches(['.', ',']).contains('.'));
    name.chars().count() <= 60 && name.chars().all(fits) && !points_somewhere
}

/// Words of our own, as something that a text can hold.
pub(super) fn words(text: &str) -> Item {
    Item::Value(Value::text(FactType::ShortText, text))
}

fn group<const N: usize>(fields: [(&str, Option<Item>); N]) -> Item {
    let present = fields.into_iter().filter_map(|(name, item)| Some((name.to_owned(), item?)));
    Item::Group(present.collect::<BTreeMap<_, _>>())
}
