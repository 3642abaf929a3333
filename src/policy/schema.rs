//! What can be read by name: the fields of records, the given facts, and the type of every dotted path. The one
//! table of them; the checker, the rules and the store all read it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::policy::facts::{FactType, RecordKind};
use crate::policy::listed::SKIPPED;

/// The static type of something that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Type {
    /// One value.
    Value(FactType),
    /// Several of one type.
    List(Box<Type>),
    /// A looked-up row.
    Record(RecordKind),
    /// A group of given facts, by its name.
    Group(Given),
    /// A list of people or things, or a part of one.
    People(Arc<People>),
    /// One of them.
    Member(Arc<People>),
}

/// What is known of a list before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct People {
    /// The fact.
    pub list: String,
    /// What one of it is called.
    pub item: String,
    /// The fields of each, with their types and, for a choice, what there is to choose from.
    pub fields: BTreeMap<String, (FactType, Vec<String>)>,
    /// Facts that a task may add to each.
    pub added: BTreeMap<String, (FactType, Vec<String>)>,
    /// The parts into which rules sort it; `None` where those are not known yet.
    pub parts: Option<BTreeSet<String>>,
}

/// Facts that are always there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Given {
    /// Who asks.
    Requester,
    /// This ticket.
    Ticket,
    /// The desk.
    Desk,
    /// The present step.
    Step,
    /// Named numbers.
    Limits,
    /// People outside, by name.
    Contacts,
    /// One of them.
    Contact,
}

/// Who may be told a field of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Disclosure {
    /// Anyone.
    Public,
    /// The organisation's own people.
    Organisation,
    /// The person.
    Person,
    /// Nobody.
    Secret,
}

/// A field of a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// Who may be told it.
    pub disclosure: Disclosure,
    /// Whether every row has it. Others are read behind `known(…)`.
    pub always: bool,
}

fn field(name: &'static str, kind: Type, disclosure: Disclosure, always: bool) -> Field {
    Field { name, kind, disclosure, always }
}

/// The fields of a kind of record.
pub fn fields(kind: RecordKind) -> Vec<Field> {
    use Disclosure::{Organisation, Person, Public, Secret};
    use FactType as F;
    let value = Type::Value;
    match kind {
        RecordKind::Account => vec![
            field("address", value(F::NhsMail), Organisation, true),
            field("old_addresses", Type::List(Box::new(value(F::NhsMail))), Organisation, true),
            field("name", value(F::Name), Organisation, true),
            field("mobile", value(F::Mobile), Person, false),
            field("state", value(F::ShortText), Person, true),
            field("organisation", Type::Record(RecordKind::Organisation), Organisation, false),
            field("owner", value(F::YesNo), Organisation, true),
            field("sole_owner", value(F::YesNo), Organisation, true),
            field("joined", value(F::YesNo), Organisation, true),
            field("leaving", value(F::YesNo), Organisation, true),
            field("leaving_since", value(F::Date), Organisation, false),
            field("suspended", value(F::YesNo), Person, true),
            field("activated", value(F::Date), Person, false),
            field("last_used", value(F::Date), Person, false),
            field("deleted", value(F::Date), Organisation, false),
        ],
        RecordKind::Organisation => vec![
            field("name", value(F::ShortText), Public, true),
            field("ods_code", value(F::OdsCode), Public, true),
            field("provider", value(F::ShortText), Organisation, false),
            field("postcode", value(F::Postcode), Public, false),
            field("town", value(F::ShortText), Public, false),
            field("ever_registered", value(F::YesNo), Public, true),
            field("nhsmail", value(F::ShortText), Organisation, false),
            field("managed", value(F::ShortText), Organisation, false),
            field("local_it", value(F::ShortText), Organisation, false),
            field("shared_mailbox", value(F::NhsMail), Organisation, true),
            field("owners", Type::List(Box::new(value(F::NhsMail))), Organisation, true),
            field("administrators", Type::List(Box::new(value(F::NhsMail))), Organisation, true),
            field("registered_manager", value(F::Mail), Organisation, false),
            field("cqc_mail", value(F::Mail), Organisation, false),
            field("cqc_phone", value(F::Phone), Organisation, false),
            field("cqc_location", value(F::CqcLocation), Secret, false),
            field("cqc_contact", value(F::CqcContact), Secret, false),
            field("dspt_status", value(F::ShortText), Organisation, false),
            field("dspt_year", value(F::ShortText), Organisation, false),
            field("accounts", value(F::Number), Organisation, true),
            field("suspended", value(F::YesNo), Organisation, true),
        ],
        RecordKind::Ticket => vec![
            field("reference", value(F::Reference), Person, true),
            field("state", value(F::ShortText), Person, true),
            field("opened", value(F::DateTime), Person, true),
            field("due", value(F::DateTime), Person, false),
            field("flow", value(F::ShortText), Person, true),
            field("title", value(F::ShortText), Person, true),
            // A call is found by both; neither is ever told.
            field("call_number", value(F::Phone), Secret, false),
            field("called_at", value(F::DateTime), Secret, false),
        ],
    }
}

/// The type of a given fact, by its name.
pub fn given(name: &str) -> Option<Type> {
    Some(match name {
        "requester" => Type::Group(Given::Requester),
        "ticket" => Type::Group(Given::Ticket),
        "desk" => Type::Group(Given::Desk),
        "step" => Type::Group(Given::Step),
        "limits" => Type::Group(Given::Limits),
        "contacts" => Type::Group(Given::Contacts),
        "opened" | "now" => Type::Value(FactType::DateTime),
        _ => return None,
    })
}

/// The names of all given facts.
pub const GIVEN: [&str; 8] = ["requester", "ticket", "desk", "step", "limits", "contacts", "opened", "now"];

/// The fields of a group of given facts: name, type, and whether it is always there. Limits and contacts are named by
/// `desk.yaml`; see [`part`].
pub fn group(given: Given) -> Vec<(&'static str, FactType, bool)> {
    match given {
        Given::Requester => vec![("name", FactType::ShortText, false), ("address", FactType::Mail, true)],
        Given::Ticket => vec![
            ("reference", FactType::Reference, true),
            ("state", FactType::ShortText, true),
            ("opened", FactType::DateTime, true),
            ("title", FactType::ShortText, true),
        ],
        Given::Desk => vec![("name", FactType::ShortText, true), ("cover", FactType::ShortText, true)],
        Given::Step => vec![("due", FactType::DateTime, false)],
        Given::Contact => {
            vec![
                ("name", FactType::ShortText, true),
                ("mail", FactType::Mail, true),
                ("phone", FactType::ShortText, false),
            ]
        }
        Given::Limits | Given::Contacts => vec![],
    }
}

/// What can be read of every entry of a list in a step that goes through it, besides its fields. The directory is asked
/// once, when the first such step reads one of them.
pub const MEMBER: [(&str, FactType); 3] = [
    // Whether the mobile that was given is that of an account.
    ("mobile_is_known", FactType::YesNo),
    // The address that an account in this name would get.
    ("free_address", FactType::NhsMail),
    // Whether it is the first of those that the step goes through.
    ("is_first", FactType::YesNo),
];

fn of_member(name: &str) -> Option<FactType> {
    MEMBER.iter().find(|(given, _)| *given == name).map(|(_, kind)| *kind)
}

/// The projections of a value's type, such as `.last4` of a mobile.
pub fn projections(kind: FactType) -> &'static [(&'static str, FactType)] {
    match kind {
        FactType::Mobile | FactType::Phone => &[("last4", FactType::ShortText)],
        FactType::Mail | FactType::NhsMail => &[("is_nhs", FactType::YesNo)],
        _ => &[],
    }
}

/// The type of `whole.name`, if there is such a part. `None` for what `desk.yaml` names (limits, contacts): the
/// checker knows those by their own lists.
pub fn part(whole: &Type, name: &str) -> Option<Type> {
    match whole {
        Type::Record(kind) => fields(*kind).into_iter().find(|field| field.name == name).map(|field| field.kind),
        Type::Value(kind) => {
            projections(*kind).iter().find(|(part, _)| *part == name).map(|(_, kind)| Type::Value(*kind))
        }
        Type::List(item) if name == "first" => Some((**item).clone()),
        Type::List(_) => None,
        Type::People(people) if name == "first" => Some(Type::Member(people.clone())),
        Type::People(people) => {
            let known = name == SKIPPED || people.parts.as_ref().is_none_or(|parts| parts.contains(name));
            known.then(|| whole.clone())
        }
        Type::Member(people) => {
            let told = people.fields.get(name).or_else(|| people.added.get(name)).map(|(kind, _)| *kind);
            told.or_else(|| of_member(name)).map(Type::Value)
        }
        Type::Group(Given::Contacts) => Some(Type::Group(Given::Contact)),
        Type::Group(Given::Limits) => Some(Type::Value(FactType::Number)),
        Type::Group(given) => {
            group(*given).into_iter().find(|(part, _, _)| *part == name).map(|(_, kind, _)| Type::Value(kind))
        }
    }
}

/// The names of all parts of a type, for findings that offer the nearest.
pub fn parts(whole: &Type) -> Vec<&str> {
    match whole {
        Type::Record(kind) => fields(*kind).into_iter().map(|field| field.name).collect(),
        Type::Value(kind) => projections(*kind).iter().map(|(part, _)| *part).collect(),
        Type::List(_) => vec!["first"],
        Type::People(people) => {
            ["first", SKIPPED].into_iter().chain(people.parts.iter().flatten().map(String::as_str)).collect()
        }
        Type::Member(people) => {
            let told = people.fields.keys().chain(people.added.keys()).map(String::as_str);
            told.chain(MEMBER.iter().map(|(name, _)| *name)).collect()
        }
        Type::Group(given) => group(*given).into_iter().map(|(part, _, _)| part).collect(),
    }
}

/// The field of a record that a fact in `by:` must equal: the field of the fact's name, with or without the kind before it
/// (`organisation_name`), else the only field of the fact's type (`account_address` and `registered_mobile` find `address`
/// and `mobile`).
pub fn matched_field(kind: RecordKind, fact: &str, fact_type: FactType) -> Option<&'static str> {
    let fields = fields(kind);
    let short = fact.strip_prefix(kind.name()).and_then(|rest| rest.strip_prefix('_')).unwrap_or(fact);
    let named = |field: &&Field| field.name == fact || field.name == short;
    if let Some(field) = fields.iter().filter(named).find(|field| field.kind == Type::Value(fact_type)) {
        return Some(field.name);
    }
    let of_type: Vec<&Field> = fields.iter().filter(|field| field.kind == Type::Value(fact_type)).collect();
    match of_type.as_slice() {
        [only] => Some(only.name),
        _ => None,
    }
}
