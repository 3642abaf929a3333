//! The static kinds of values in rules: what may be held against what.

use crate::policy::facts::FactType;
use crate::policy::schema::{self, Given, Type};

/// What is known about a value before anything runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// As the schema says.
    Of(Type),
    /// A choice fact with its choices.
    Choice(Vec<String>),
    /// A text that stands in the rule; `None` when it is put together.
    Words(Option<String>),
    /// A list that stands in the rule.
    Series(Vec<Kind>),
    /// What `choose` gives.
    Verdict,
    /// No value at all.
    Nothing,
    /// Cannot be known, or a finding was made already: fits everything.
    Any,
}

/// How two kinds stand to each other.
pub(super) enum Fit {
    /// They can be held against each other.
    Yes,
    /// They never can.
    No,
    /// A text that is none of the choices.
    NoSuchChoice(String, Vec<String>),
}

impl Kind {
    pub(super) const YES_NO: Kind = Kind::Of(Type::Value(FactType::YesNo));
    pub(super) const NUMBER: Kind = Kind::Of(Type::Value(FactType::Number));

    /// The kind of an item of a list.
    pub(super) fn item(&self) -> Option<Kind> {
        match self {
            Kind::Of(Type::List(item)) => Some(Kind::Of((**item).clone())),
            Kind::Of(Type::People(people)) => Some(Kind::Of(Type::Member(people.clone()))),
            Kind::Any => Some(Kind::Any),
            _ => None,
        }
    }

    /// Whether `.name` of a set value of this kind is always set too.
    pub(super) fn always_has(&self, name: &str) -> bool {
        match self {
            Kind::Of(Type::Record(kind)) => {
                schema::fields(*kind).iter().any(|field| field.name == name && field.always)
            }
            Kind::Of(Type::Group(Given::Limits | Given::Contacts) | Type::Value(_)) => true,
            Kind::Of(Type::Group(group)) => {
                schema::group(*group).iter().any(|(part, _, always)| *part == name && *always)
            }
            Kind::Of(Type::People(_)) => name == "first",
            Kind::Of(Type::Member(people)) => people.fields.contains_key(name),
            _ => false,
        }
    }

    /// Whether a value of this kind can be written into a text.
    pub(super) fn can_be_said(&self) -> bool {
        matches!(self, Kind::Of(Type::Value(_)) | Kind::Choice(_) | Kind::Words(_) | Kind::Any)
    }

    /// Whether values of this kind have an order.
    pub(super) fn has_order(&self) -> bool {
        use FactType::{Date, DateTime, Number};
        matches!(self, Kind::Any | Kind::Of(Type::Value(Number | Date | DateTime)))
    }

    /// Whether a `switch` can look at it.
    pub(super) fn can_be_switched(&self) -> bool {
        matches!(self, Kind::Any | Kind::Choice(_) | Kind::Words(_)) || *self == Kind::NUMBER || self.is_text()
    }

    fn is_text(&self) -> bool {
        use FactType::{LongText, Name, ShortText};
        matches!(self, Kind::Of(Type::Value(ShortText | LongText | Name)))
    }

    /// The kind in an author's words.
    pub(super) fn words(&self) -> String {
        match self {
            Kind::Of(Type::Value(kind)) => format!("a {kind}"),
            Kind::Of(Type::List(_) | Type::People(_)) | Kind::Series(_) => "a list".into(),
            Kind::Of(Type::Record(kind)) => format!("a record of kind {}", kind.name()),
            Kind::Of(Type::Group(_)) => "several facts".into(),
            Kind::Of(Type::Member(people)) => format!("one of `{}`", people.list),
            Kind::Choice(_) => "a choice".into(),
            Kind::Words(_) => "a text".into(),
            Kind::Verdict => "a verdict".into(),
            Kind::Nothing => "no value".into(),
            Kind::Any => "a value".into(),
        }
    }
}

/// Whether `==` makes sense between two kinds.
pub(super) fn fit(a: &Kind, b: &Kind) -> Fit {
    let mail = |kind: &FactType| matches!(kind, FactType::Mail | FactType::NhsMail);
    let fits = match (a, b) {
        (Kind::Any, _) | (_, Kind::Any) => true,
        (Kind::Choice(choices), Kind::Words(Some(word))) | (Kind::Words(Some(word)), Kind::Choice(choices)) => {
            if !choices.contains(word) {
                return Fit::NoSuchChoice(word.clone(), choices.clone());
            }
            true
        }
        (Kind::Choice(a), Kind::Choice(b)) => a.iter().any(|choice| b.contains(choice)),
        (Kind::Words(_), Kind::Words(_)) => true,
        (Kind::Words(_), text) | (text, Kind::Words(_)) => text.is_text(),
        (Kind::Of(Type::Value(x)), Kind::Of(Type::Value(y))) => {
            x == y || mail(x) && mail(y) || a.is_text() && b.is_text()
        }
        _ => false,
    };
    if fits { Fit::Yes } else { Fit::No }
}

/// The kind of a value that is one or the other; `None` when they are unlike.
pub(super) fn either(a: Kind, b: Kind) -> Option<Kind> {
    match (a, b) {
        (Kind::Any, other) | (other, Kind::Any) => Some(other),
        (Kind::Words(_), Kind::Words(_)) => Some(Kind::Words(None)),
        (a, b) if a == b => Some(a),
        _ => None,
    }
}
