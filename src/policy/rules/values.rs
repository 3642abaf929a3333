//! Facts as a rule sees them: read-only values, and every operator on them. Two sides of unlike types, and facts that
//! are not set, are faults here and never a silent `false`.

use std::cmp::Ordering;
use std::sync::Arc;

use rhai::{Array, Dynamic, Engine, EvalAltResult, ImmutableString, Position};

use crate::policy::facts::{Datum, FactType, Item, Value};
use crate::policy::schema;

/// The host functions that authors may call.
pub(super) const HOST: [&str; 3] = ["choose", "known", "count"];

/// What the guard puts around a value that must be there, by what the value is used for.
pub(super) const TEXT_VALUE: &str = "host_text_value";
pub(super) const SWITCH_VALUE: &str = "host_switch_value";
pub(super) const TRUTH_VALUE: &str = "host_truth_value";

/// A fact that is set and has no native form: a date, a mail address, a record, a list.
#[derive(Debug, Clone)]
struct Fact {
    path: Arc<str>,
    item: Arc<Item>,
}

/// A fact that is not set. Only `known(…)` accepts it.
#[derive(Debug, Clone)]
struct Missing {
    path: Arc<str>,
}

/// What `choose` gives.
#[derive(Debug, Clone)]
pub(super) struct Chosen {
    pub(super) verdict: String,
    pub(super) because: String,
}

/// What went wrong inside a rule, carried through the engine as the token of its run-time error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// A fact that is not set was used.
    Missing(String),
    /// Two things that cannot be used together, in words.
    Unlike(String, String),
    /// Something that does not fit its use, and what was wanted.
    Unfit(String, &'static str),
    /// A name that is not there.
    Unknown(String),
    /// A sum that leaves the numbers.
    Arithmetic,
}

type Answer<T> = Result<T, Box<EvalAltResult>>;

fn fault<T>(fault: Fault) -> Answer<T> {
    Err(EvalAltResult::ErrorRuntime(Dynamic::from(fault), Position::NONE).into())
}

/// An item as the engine sees it; `None` is a fact that is not set.
pub(super) fn dynamic(path: &str, item: Option<Item>) -> Dynamic {
    let Some(item) = item else { return Dynamic::from(Missing { path: path.into() }) };
    if let Item::Value(Value { kind, datum }) = &item {
        match (datum, kind) {
            (Datum::YesNo(yes), _) => return (*yes).into(),
            (Datum::Number(number), _) => return (*number).into(),
            (Datum::Text(text), FactType::Choice | FactType::ShortText | FactType::LongText | FactType::Name) => {
                return text.clone().into();
            }
            _ => {}
        }
    }
    Dynamic::from(Fact { path: path.into(), item: item.into() })
}

/// Gives an engine all operators and functions that rules have. Nothing else is there.
pub(super) fn register(engine: &mut Engine) {
    engine.register_type_with_name::<Fact>("fact");
    engine.register_type_with_name::<Missing>("fact that is not set");
    engine.register_type_with_name::<Chosen>("verdict");
    engine.register_indexer_get(part_of_fact);
    engine.register_indexer_get(part_of_missing);
    engine.register_fn("==", |a: Dynamic, b: Dynamic| equal(&a, &b));
    engine.register_fn("!=", |a: Dynamic, b: Dynamic| equal(&a, &b).map(|same| !same));
    engine.register_fn("<", |a: Dynamic, b: Dynamic| order(&a, &b).map(Ordering::is_lt));
    engine.register_fn("<=", |a: Dynamic, b: Dynamic| order(&a, &b).map(Ordering::is_le));
    engine.register_fn(">", |a: Dynamic, b: Dynamic| order(&a, &b).map(Ordering::is_gt));
    engine.register_fn(">=", |a: Dynamic, b: Dynamic| order(&a, &b).map(Ordering::is_ge));
    engine.register_fn("+", |a: Dynamic, b: Dynamic| sum(&a, &b, i64::checked_add));
    engine.register_fn("-", |a: Dynamic, b: Dynamic| sum(&a, &b, i64::checked_sub));
    engine.register_fn("*", |a: Dynamic, b: Dynamic| sum(&a, &b, i64::checked_mul));
    engine.register_fn("/", |a: Dynamic, b: Dynamic| sum(&a, &b, i64::checked_div));
    engine.register_fn("%", |a: Dynamic, b: Dynamic| sum(&a, &b, i64::checked_rem));
    engine.register_fn("-", |a: Dynamic| sum(&0i64.into(), &a, i64::checked_sub));
    engine.register_fn("!", |a: Dynamic| truth(a).map(|yes| !yes));
    engine.register_fn("contains", |list: Dynamic, item: Dynamic| contains(&list, &item));
    engine.register_fn("known", |a: Dynamic| !a.is::<Missing>());
    engine.register_fn("count", |list: Dynamic| count(&list));
    engine.register_fn("choose", choose);
    engine.register_fn(TEXT_VALUE, |a: Dynamic| text(&a));
    engine.register_fn(SWITCH_VALUE, switched);
    engine.register_fn(TRUTH_VALUE, truth);
}

fn part_of_fact(fact: &mut Fact, name: ImmutableString) -> Answer<Dynamic> {
    let path = format!("{}.{name}", fact.path);
    let declared = match fact.item.as_ref() {
        Item::Record(record) => schema::fields(record.kind).iter().any(|field| field.name == name.as_str()),
        // The parts of a list are the verdicts that sort it; one by which nobody has sorted is missing, not unknown.
        Item::Value(value) if value.listed().is_some() => true,
        Item::Value(value) => schema::projections(value.kind).iter().any(|(part, _)| *part == name.as_str()),
        Item::List(_) => name.as_str() == "first",
        // Which names a group has depends on the desk; the static pass knows them.
        Item::Group(_) => true,
    };
    if declared { Ok(dynamic(&path, fact.item.field(&name))) } else { fault(Fault::Unknown(path)) }
}

fn part_of_missing(missing: &mut Missing, name: ImmutableString) -> Dynamic {
    Dynamic::from(Missing { path: format!("{}.{name}", missing.path).into() })
}

/// Two values that can be held against each other.
enum Pair {
    Truths(bool, bool),
    Numbers(i64, i64),
    Texts(ImmutableString, ImmutableString),
    Data(Datum, Datum),
}

/// Types whose values may be held against each other: every NHSmail address is a mail address.
fn comparable(a: FactType, b: FactType) -> bool {
    let mail = |kind| matches!(kind, FactType::Mail | FactType::NhsMail);
    a == b || mail(a) && mail(b)
}

fn pair(a: &Dynamic, b: &Dynamic) -> Answer<Pair> {
    present(a)?;
    present(b)?;
    if let (Ok(a), Ok(b)) = (a.as_bool(), b.as_bool()) {
        return Ok(Pair::Truths(a, b));
    }
    if let (Ok(a), Ok(b)) = (a.as_int(), b.as_int()) {
        return Ok(Pair::Numbers(a, b));
    }
    if let (Some(a), Some(b)) = (a.read_lock::<ImmutableString>(), b.read_lock::<ImmutableString>()) {
        return Ok(Pair::Texts(a.clone(), b.clone()));
    }
    if let (Some(a), Some(b)) = (a.read_lock::<Fact>(), b.read_lock::<Fact>())
        && let (Item::Value(a), Item::Value(b)) = (a.item.as_ref(), b.item.as_ref())
        && comparable(a.kind, b.kind)
    {
        return Ok(Pair::Data(a.datum.clone(), b.datum.clone()));
    }
    fault(Fault::Unlike(words_for(a), words_for(b)))
}

fn equal(a: &Dynamic, b: &Dynamic) -> Answer<bool> {
    Ok(match pair(a, b)? {
        Pair::Truths(a, b) => a == b,
        Pair::Numbers(a, b) => a == b,
        Pair::Texts(a, b) => a == b,
        Pair::Data(a, b) => a == b,
    })
}

fn order(a: &Dynamic, b: &Dynamic) -> Answer<Ordering> {
    match pair(a, b)? {
        Pair::Numbers(a, b) => Ok(a.cmp(&b)),
        Pair::Data(Datum::Date(a), Datum::Date(b)) => Ok(a.cmp(&b)),
        Pair::Data(Datum::DateTime(a), Datum::DateTime(b)) => Ok(a.cmp(&b)),
        Pair::Truths(..) | Pair::Texts(..) | Pair::Data(..) => {
            fault(Fault::Unfit(words_for(a), "a number, a date or a date_time"))
        }
    }
}

fn sum(a: &Dynamic, b: &Dynamic, of: fn(i64, i64) -> Option<i64>) -> Answer<i64> {
    match pair(a, b)? {
        Pair::Numbers(a, b) => match of(a, b) {
            Some(result) => Ok(result),
            None => fault(Fault::Arithmetic),
        },
        Pair::Truths(..) | Pair::Texts(..) | Pair::Data(..) => fault(Fault::Unfit(words_for(a), "a number")),
    }
}

fn contains(list: &Dynamic, item: &Dynamic) -> Answer<bool> {
    present(list)?;
    present(item)?;
    let items: Vec<Dynamic> = if let Some(array) = list.read_lock::<Array>() {
        array.clone()
    } else if let Some(fact) = list.read_lock::<Fact>()
        && let Item::List(items) = fact.item.as_ref()
    {
        items.iter().map(|item| dynamic(&fact.path, Some(item.clone()))).collect()
    } else {
        return fault(Fault::Unfit(words_for(list), "a list"));
    };
    // Every item is held against the value, so that an unlike one is a fault wherever it stands in the list.
    items.iter().try_fold(false, |found, one| Ok(equal(one, item)? || found))
}

fn count(list: &Dynamic) -> Answer<i64> {
    present(list)?;
    let length = if let Some(array) = list.read_lock::<Array>() {
        Some(array.len())
    } else if let Some(fact) = list.read_lock::<Fact>()
        && let Item::List(items) = fact.item.as_ref()
    {
        Some(items.len())
    } else if let Some(fact) = list.read_lock::<Fact>()
        && let Item::Value(value) = fact.item.as_ref()
        && let Some(listed) = value.listed()
    {
        Some(listed.count())
    } else {
        None
    };
    match length.and_then(|length| i64::try_from(length).ok()) {
        Some(length) => Ok(length),
        None => fault(Fault::Unfit(words_for(list), "a list")),
    }
}

fn choose(verdict: ImmutableString, because: Dynamic) -> Answer<Chosen> {
    Ok(Chosen { verdict: verdict.into(), because: text(&because)? })
}

fn text(value: &Dynamic) -> Answer<String> {
    present(value)?;
    if let Ok(yes) = value.as_bool() {
        return Ok(Value::yes_no(yes).to_string());
    }
    if let Ok(number) = value.as_int() {
        return Ok(number.to_string());
    }
    if let Some(text) = value.read_lock::<ImmutableString>() {
        return Ok(text.to_string());
    }
    match value.read_lock::<Fact>() {
        Some(fact) if matches!(fact.item.as_ref(), Item::Value(_)) => Ok(fact.item.to_string()),
        _ => fault(Fault::Unfit(words_for(value), "a value that can be written")),
    }
}

fn switched(value: Dynamic) -> Answer<Dynamic> {
    present(&value)?;
    if value.is_bool() || value.is_int() || value.is_string() {
        Ok(value)
    } else {
        fault(Fault::Unfit(words_for(&value), "a choice, a number or a text"))
    }
}

fn truth(value: Dynamic) -> Answer<bool> {
    present(&value)?;
    match value.as_bool() {
        Ok(yes) => Ok(yes),
        Err(_) => fault(Fault::Unfit(words_for(&value), "a yes or no")),
    }
}

fn present(value: &Dynamic) -> Answer<()> {
    match value.read_lock::<Missing>() {
        Some(missing) => fault(Fault::Missing(missing.path.to_string())),
        None => Ok(()),
    }
}

/// Whether a value is a fact that is not set.
pub(super) fn is_missing(value: &Dynamic) -> bool {
    value.is::<Missing>()
}

/// What a value is, in an author's words. Never the value itself: it may be personal.
pub(super) fn words_for(value: &Dynamic) -> String {
    if let Some(fact) = value.read_lock::<Fact>() {
        return match fact.item.as_ref() {
            Item::Value(value) => format!("`{}` ({})", fact.path, value.kind),
            Item::List(_) => format!("`{}` (a list)", fact.path),
            Item::Record(record) => format!("`{}` (a record of kind {})", fact.path, record.kind.name()),
            Item::Group(_) => format!("`{}` (several facts)", fact.path),
        };
    }
    let words = if value.is_bool() {
        "a yes or no"
    } else if value.is_int() {
        "a number"
    } else if value.is_string() {
        "a text"
    } else if value.is_array() {
        "a list"
    } else if value.is::<Chosen>() {
        "a verdict"
    } else {
        "nothing"
    };
    words.to_owned()
}
