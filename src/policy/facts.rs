//! Facts: what a ticket knows, with types. Values are made by [`recognise`](crate::policy::recognise) from what
//! people write, or by the directory; once made they are valid.

use std::collections::BTreeMap;
use std::fmt;

use jiff::civil;
use serde::{Deserialize, Serialize};

use crate::policy::listed::Listed;

/// The type of a fact that is asked for or looked up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FactType {
    /// Yes or no.
    YesNo,
    /// One of the declared choices.
    Choice,
    /// A whole number.
    Number,
    /// A day.
    Date,
    /// A day and a time, on the desk's clock.
    DateTime,
    /// Up to 200 characters.
    ShortText,
    /// Up to 4,000 characters.
    LongText,
    /// A person's full name.
    Name,
    /// An e-mail address.
    Mail,
    /// An e-mail address that ends in `@nhs.net`.
    NhsMail,
    /// A UK mobile number, kept as `+447…`.
    Mobile,
    /// A telephone number of any kind, kept as `+44…`.
    Phone,
    /// A UK postcode, kept with its space.
    Postcode,
    /// An ODS code such as `V12345`.
    OdsCode,
    /// A ticket reference such as `CD-7K3M-9QX4`.
    Reference,
    /// A CQC location id, `1-…`.
    CqcLocation,
    /// A CQC contact id, `1-…` or `CON1-…`.
    CqcContact,
    /// A one-time passcode.
    Code,
    /// Several people or things, each with fields of its own.
    List,
}

impl FactType {
    /// Every type, in the order of the manual.
    pub const ALL: [FactType; 19] = [
        FactType::YesNo,
        FactType::Choice,
        FactType::Number,
        FactType::Date,
        FactType::DateTime,
        FactType::ShortText,
        FactType::LongText,
        FactType::Name,
        FactType::Mail,
        FactType::NhsMail,
        FactType::Mobile,
        FactType::Phone,
        FactType::Postcode,
        FactType::OdsCode,
        FactType::Reference,
        FactType::CqcLocation,
        FactType::CqcContact,
        FactType::Code,
        FactType::List,
    ];

    /// The name that authors write.
    pub fn name(self) -> &'static str {
        match self {
            FactType::YesNo => "yes_no",
            FactType::Choice => "choice",
            FactType::Number => "number",
            FactType::Date => "date",
            FactType::DateTime => "date_time",
            FactType::ShortText => "short_text",
            FactType::LongText => "long_text",
            FactType::Name => "name",
            FactType::Mail => "mail",
            FactType::NhsMail => "nhs_mail",
            FactType::Mobile => "mobile",
            FactType::Phone => "phone",
            FactType::Postcode => "postcode",
            FactType::OdsCode => "ods_code",
            FactType::Reference => "reference",
            FactType::CqcLocation => "cqc_location",
            FactType::CqcContact => "cqc_contact",
            FactType::Code => "code",
            FactType::List => "list",
        }
    }

    /// What people call a value of this type.
    pub fn in_words(self) -> &'static str {
        match self {
            FactType::YesNo => "yes or no",
            FactType::Choice => "choice",
            FactType::Number => "number",
            FactType::Date => "date",
            FactType::DateTime => "date and time",
            FactType::ShortText | FactType::LongText => "text",
            FactType::Name => "name",
            FactType::Mail => "e-mail address",
            FactType::NhsMail => "NHSmail address",
            FactType::Mobile => "mobile number",
            FactType::Phone => "telephone number",
            FactType::Postcode => "postcode",
            FactType::OdsCode => "ODS code",
            FactType::Reference => "reference",
            FactType::CqcLocation => "CQC location ID",
            FactType::CqcContact => "CQC contact ID",
            FactType::Code => "passcode",
            FactType::List => "list",
        }
    }

    /// The type that an author named.
    pub fn named(name: &str) -> Option<FactType> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for FactType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What a value holds. Everything that is text in one canonical form is `Text`; [`Value::kind`] tells which.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Datum {
    /// Yes or no.
    YesNo(bool),
    /// A whole number.
    Number(i64),
    /// A day.
    Date(civil::Date),
    /// A day and a time, on the desk's clock.
    DateTime(civil::DateTime),
    /// Any other type, in its canonical form.
    Text(String),
    /// People or things with fields.
    List(Listed),
}

/// One valid value with its type.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Value {
    /// Its type.
    pub kind: FactType,
    /// What it is.
    pub datum: Datum,
}

impl Value {
    /// Yes or no.
    pub fn yes_no(yes: bool) -> Self {
        Self { kind: FactType::YesNo, datum: Datum::YesNo(yes) }
    }

    /// A whole number.
    pub fn number(n: i64) -> Self {
        Self { kind: FactType::Number, datum: Datum::Number(n) }
    }

    /// A day.
    pub fn date(date: civil::Date) -> Self {
        Self { kind: FactType::Date, datum: Datum::Date(date) }
    }

    /// A day and a time on the desk's clock.
    pub fn date_time(at: civil::DateTime) -> Self {
        Self { kind: FactType::DateTime, datum: Datum::DateTime(at) }
    }

    /// A list of people or things.
    pub fn list(listed: Listed) -> Self {
        Self { kind: FactType::List, datum: Datum::List(listed) }
    }

    /// The people or things of a list; nothing of any other value.
    pub fn listed(&self) -> Option<&Listed> {
        match &self.datum {
            Datum::List(listed) => Some(listed),
            Datum::YesNo(_) | Datum::Number(_) | Datum::Date(_) | Datum::DateTime(_) | Datum::Text(_) => None,
        }
    }

    /// A text in the canonical form of its type.
    pub fn text(kind: FactType, text: impl Into<String>) -> Self {
        Self { kind, datum: Datum::Text(text.into()) }
    }
}

impl Value {
    /// The value as it is told where nobody needs all of it: a mobile number shows its last four digits alone.
    pub fn masked(&self) -> String {
        match self.projection("last4") {
            Some(last4) => format!("the number ending {last4}"),
            None => self.to_string(),
        }
    }

    /// The value with all there is to it, for an agent: of a list every field of every entry.
    pub fn in_full(&self) -> String {
        self.listed().map_or_else(|| self.to_string(), |listed| listed.in_full().join("; "))
    }
}

/// The value as a person reads it in a letter.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.datum, self.kind) {
            (Datum::YesNo(true), _) => f.write_str("yes"),
            (Datum::YesNo(false), _) => f.write_str("no"),
            (Datum::Number(n), _) => write!(f, "{n}"),
            (Datum::Date(date), _) => write!(f, "{}", date.strftime("%-d %B %Y")),
            (Datum::DateTime(at), _) => write!(f, "{}", at.strftime("%-d %B %Y, %H:%M")),
            (Datum::Text(text), FactType::Mobile | FactType::Phone) => match text.strip_prefix("+44") {
                // 07700 900123 is how people in the United Kingdom read a mobile number.
                Some(rest) if rest.len() == 10 => write!(f, "0{} {}", &rest[..4], &rest[4..]),
                _ => f.write_str(text),
            },
            (Datum::Text(text), _) => f.write_str(text),
            (Datum::List(listed), _) => listed.fmt(f),
        }
    }
}

/// Kinds of things that a flow can look up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// A person's account.
    Account,
    /// An organisation, one site of a provider.
    Organisation,
    /// A ticket of this desk.
    Ticket,
}

impl RecordKind {
    /// The name that authors write.
    pub fn name(self) -> &'static str {
        match self {
            RecordKind::Account => "account",
            RecordKind::Organisation => "organisation",
            RecordKind::Ticket => "ticket",
        }
    }

    /// The kind that an author named.
    pub fn named(name: &str) -> Option<RecordKind> {
        [RecordKind::Account, RecordKind::Organisation, RecordKind::Ticket].into_iter().find(|kind| kind.name() == name)
    }
}

/// A looked-up row: a snapshot that never changes in a ticket's hands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// What it is.
    pub kind: RecordKind,
    /// Its key in the store.
    pub id: String,
    /// The row's version when it was read.
    pub version: i64,
    /// Its fields, by the names in [`schema`](crate::policy::schema). A field without a value is left out.
    pub fields: BTreeMap<String, Item>,
}

/// Anything that an expression, a rule or a text can read by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Item {
    /// One value.
    Value(Value),
    /// Several.
    List(Vec<Item>),
    /// A looked-up row.
    Record(Record),
    /// A group of given facts, such as `limits` or `requester`.
    Group(BTreeMap<String, Item>),
}

impl Item {
    /// The part of this item that an author calls `.name`: a field, or a projection of a value.
    pub fn field(&self, name: &str) -> Option<Item> {
        match self {
            Item::Record(record) => record.fields.get(name).cloned(),
            Item::Group(fields) => fields.get(name).cloned(),
            Item::Value(value) => match value.listed() {
                Some(listed) => listed.field(name),
                None => value.projection(name).map(Item::Value),
            },
            Item::List(items) => match name {
                "first" => items.first().cloned(),
                _ => None,
            },
        }
    }

    /// Follows the rest of a dotted path.
    pub fn at(&self, path: &[String]) -> Option<Item> {
        path.iter().try_fold(self.clone(), |item, name| item.field(name))
    }
}

impl Item {
    /// The item as it is told where nobody needs all of it; see [`Value::masked`].
    pub fn masked(&self) -> String {
        match self {
            Item::Value(value) => value.masked(),
            Item::List(_) | Item::Record(_) | Item::Group(_) => self.to_string(),
        }
    }
}

/// The item as a person reads it.
impl fmt::Display for Item {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Item::Value(value) => value.fmt(f),
            Item::List(items) => {
                for (n, item) in items.iter().enumerate() {
                    let before = if n == 0 {
                        ""
                    } else if n + 1 == items.len() {
                        " and "
                    } else {
                        ", "
                    };
                    write!(f, "{before}{item}")?;
                }
                Ok(())
            }
            Item::Record(record) => match record.fields.get("name").or_else(|| record.fields.get("reference")) {
                Some(name) => name.fmt(f),
                None => f.write_str(&record.id),
            },
            Item::Group(fields) => match fields.get("name") {
                Some(name) => name.fmt(f),
                None => Ok(()),
            },
        }
    }
}

impl Value {
    /// What `.last4` and its like give for a value of this type.
    fn projection(&self, name: &str) -> Option<Value> {
        let Datum::Text(text) = &self.datum else { return None };
        match (self.kind, name) {
            (FactType::Mobile | FactType::Phone, "last4") => {
                let from = text.len().checked_sub(4)?;
                Some(Value::text(FactType::ShortText, text.get(from..)?))
            }
            (FactType::Mail | FactType::NhsMail, "is_nhs") => Some(Value::yes_no(text.ends_with("@nhs.net"))),
            _ => None,
        }
    }
}

/// Who may be shown a fact, besides agents.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeenBy {
    /// Who gave it.
    Requester,
    /// The owners, shared mailbox and registered manager of the organisation.
    Organisation,
    /// Anyone.
    Anyone,
}

/// What fills a fact before it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prefill {
    /// The name that the sender gives in the From field, if it has two words.
    SenderName,
    /// The address that the message came from.
    SenderAddress,
}
