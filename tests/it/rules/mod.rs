//! What an author may try in a rule or an expression, and what becomes of it.

mod attacks;
mod expressions;
mod scripts;

use std::collections::BTreeMap;

use caredesk::policy::facts::{FactType, Item, Record, RecordKind, Value};
use caredesk::policy::finding::{Finding, Place, Severity};
use caredesk::policy::rules::{Expression, Names, RuleBook, RuleFailure, Verdict};
use caredesk::policy::schema::{self, Type};

const FACTS: [(&str, FactType); 10] = [
    ("dspt", FactType::Choice),
    ("has_code", FactType::YesNo),
    ("sites", FactType::Number),
    ("town", FactType::ShortText),
    ("story", FactType::LongText),
    ("requester_name", FactType::Name),
    ("new_mobile", FactType::Mobile),
    ("manager_mail", FactType::Mail),
    ("leaving_day", FactType::Date),
    ("home_postcode", FactType::Postcode),
];

pub fn type_of(name: &str) -> Option<Type> {
    let fact = FACTS.iter().find(|(fact, _)| *fact == name).map(|(_, kind)| Type::Value(*kind));
    let record = RecordKind::named(name).map(Type::Record);
    fact.or(record).or_else(|| schema::given(name))
}

pub fn choices_of(name: &str) -> Option<Vec<String>> {
    (name == "dspt").then(|| ["yes", "no", "unsure"].map(String::from).to_vec())
}

pub fn names() -> Names<'static> {
    let all = FACTS.iter().map(|(name, _)| *name).chain(["account", "organisation"]).chain(schema::GIVEN);
    Names {
        type_of: &type_of,
        choices_of: &choices_of,
        all: all.map(String::from).collect(),
        limits: vec!["accounts_per_site".into(), "tries".into()],
        contacts: vec!["feedback".into()],
    }
}

pub fn record(kind: RecordKind, fields: &[(&str, Item)]) -> Item {
    let fields = fields.iter().map(|(name, item)| ((*name).to_owned(), item.clone())).collect();
    Item::Record(Record { kind, id: "1".into(), version: 1, fields })
}

pub fn text(kind: FactType, text: &str) -> Item {
    Item::Value(Value::text(kind, text))
}

/// The facts of a ticket. `story` and the account's mobile are not set.
pub fn facts() -> BTreeMap<&'static str, Item> {
    let address = text(FactType::NhsMail, "amy.field@nhs.net");
    let organisation = record(
        RecordKind::Organisation,
        &[
            ("name", text(FactType::ShortText, "Field House")),
            ("accounts", Item::Value(Value::number(9))),
            ("owners", Item::List(vec![address.clone()])),
            ("suspended", Item::Value(Value::yes_no(false))),
        ],
    );
    let account = record(
        RecordKind::Account,
        &[
            ("address", address),
            ("name", text(FactType::Name, "Amy Field")),
            ("state", text(FactType::ShortText, "active")),
            ("leaving", Item::Value(Value::yes_no(false))),
            ("organisation", organisation.clone()),
        ],
    );
    let limits = BTreeMap::from([("accounts_per_site".to_owned(), Item::Value(Value::number(10)))]);
    BTreeMap::from([
        ("dspt", text(FactType::Choice, "unsure")),
        ("has_code", Item::Value(Value::yes_no(true))),
        ("sites", Item::Value(Value::number(3))),
        ("town", text(FactType::ShortText, "Leeds")),
        ("requester_name", text(FactType::Name, "Amy Field")),
        ("new_mobile", text(FactType::Mobile, "+447700900333")),
        ("manager_mail", text(FactType::Mail, "amy.field@nhs.net")),
        ("leaving_day", Item::Value(Value::date("2026-03-02".parse().expect("a date")))),
        ("now", Item::Value(Value::date_time("2026-03-01T09:00".parse().expect("a time")))),
        ("opened", Item::Value(Value::date_time("2026-02-01T09:00".parse().expect("a time")))),
        ("limits", Item::Group(limits)),
        ("account", account),
        ("organisation", organisation),
    ])
}

pub fn expression(source: &str) -> Result<Expression, Vec<Finding>> {
    RuleBook::empty().expression(source, Place::new("flows/a.yaml", 7, 11), &names())
}

pub fn holds(source: &str) -> Result<bool, RuleFailure> {
    let expression = expression(source).unwrap_or_else(|findings| panic!("{source}: {findings:#?}"));
    let facts = facts();
    RuleBook::empty().holds(&expression, &|name| facts.get(name).cloned())
}

/// Code and place of everything that is wrong with an expression that begins at column 1.
pub fn wrong(source: &str) -> Vec<String> {
    let found = RuleBook::empty().expression(source, Place::new("a", 1, 1), &names());
    said(found.map(|_| ()).err().unwrap_or_default())
}

pub fn said(findings: Vec<Finding>) -> Vec<String> {
    let say = |f: Finding| format!("{} {}:{}: {} -- {}", f.code, f.place.line, f.place.column, f.message, f.help);
    findings.into_iter().map(say).collect()
}

pub fn compile(script: &str) -> (RuleBook, Vec<Finding>) {
    RuleBook::compile(&[("rules/a.rhai".to_owned(), script.to_owned())], &names())
}

/// Codes of everything that is wrong with a script; it must then give no rule.
pub fn refused(script: &str) -> Vec<String> {
    let (book, findings) = compile(script);
    assert!(book.names().is_empty(), "a file with faults gives no rules: {script}");
    let codes = findings.iter().filter(|finding| finding.severity == Severity::Error).map(|f| f.code.to_owned());
    codes.collect()
}

/// A rule `judge` over some facts with a body before its end.
pub fn body(parameters: &str, lines: &str) -> String {
    format!("fn judge({parameters}) {{ {lines} choose(\"a\", \"b\") }}")
}

pub fn decide(script: &str, rule: &str) -> Result<Verdict, RuleFailure> {
    let (book, findings) = compile(script);
    assert!(findings.iter().all(|finding| finding.severity == Severity::Warning), "{findings:#?}");
    let facts = facts();
    book.decide(rule, &|name| facts.get(name).cloned())
}

pub fn because(script: &str) -> String {
    decide(script, "a.judge").expect("a verdict").because
}
