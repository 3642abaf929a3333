//! JSON Schema (draft 2020-12) of a kind of file, from the tables by which it is read, with the pack's own names.

use serde_json::{Map as Object, Value, json};

use crate::policy::check::words::VERBS;
use crate::policy::draft::shape::{Key, Shape};
use crate::policy::facts::FactType;
use crate::policy::flow::{DeskText, Ending};

use super::at::{Choices, choices};
use super::describe::meaning;
use super::names::{Kind, Names};
use super::{FileKind, keys};

/// The schema of a kind of file.
pub fn schema(kind: FileKind, names: &Names) -> Value {
    let mut schema = part(kind.name(), keys::shape(kind), names);
    if let Value::Object(object) = &mut schema {
        object.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
        object.insert("title".into(), json!(format!("caredesk {}", kind.name())));
        object.insert("description".into(), json!(format!("{} ({})", kind.meaning(), kind.pattern())));
    }
    schema
}

fn part(path: &str, shape: Shape, names: &Names) -> Value {
    if let Some((one, dated)) = keys::dated(path) {
        return json!({"anyOf": [whole(path, one, names), {"type": "array", "items": whole(path, dated, names)}]});
    }
    whole(path, shape, names)
}

fn whole(path: &str, shape: Shape, names: &Names) -> Value {
    let below = |item: &Shape| part(&format!("{path}/*"), *item, names);
    match shape {
        Shape::Text => scalar(path, names),
        Shape::Texts => {
            let item = scalar(path, names);
            json!({"anyOf": [item, {"type": "array", "items": item}]})
        }
        Shape::Map(keys) => map(path, keys, names),
        Shape::Named(item) => {
            let mut object = json!({"type": "object", "additionalProperties": below(item)});
            if let (Some(allowed), Value::Object(object)) = (keys_allowed(path), &mut object) {
                object.insert("propertyNames".into(), json!({"enum": allowed}));
            }
            object
        }
        Shape::List(item) => json!({"type": "array", "items": below(item)}),
        Shape::Say => json!({"anyOf": [plain(), map(path, &keys::keys_of(path, shape), names)]}),
        Shape::Anything => json!({}),
    }
}

fn map(path: &str, keys: &[Key], names: &Names) -> Value {
    let mut properties = Object::new();
    for key in keys {
        let path = format!("{path}/{}", key.name);
        let mut value = part(&path, key.shape, names);
        if let (Some(text), Value::Object(object)) = (meaning(&path), &mut value) {
            object.insert("description".into(), json!(text));
        }
        properties.insert(key.name.to_owned(), value);
    }
    let required: Vec<&str> = keys.iter().filter(|key| key.must).map(|key| key.name).collect();
    let mut object = json!({"type": "object", "properties": properties, "additionalProperties": false});
    if let Value::Object(object) = &mut object {
        if !required.is_empty() {
            object.insert("required".into(), json!(required));
        }
        if let Some(one) = exactly_one(path) {
            object.insert("oneOf".into(), one);
        }
    }
    object
}

/// Maps in which one of several keys says what they are.
fn exactly_one(path: &str) -> Option<Value> {
    let (kinds, alone): (&[&str], Option<&str>) = match path {
        "flow/steps/*" => (&VERBS, Some("say")),
        "scenarios/scenarios/*/story/*" => (&["mail", "chat", "call", "after", "agent", "directory", "expect"], None),
        "table/rows/*" => (&["verdict", "otherwise"], None),
        _ => return None,
    };
    let mut ways: Vec<Value> = kinds.iter().map(|kind| json!({"required": [kind]})).collect();
    if let Some(alone) = alone {
        let others: Vec<Value> = kinds.iter().map(|kind| json!({"required": [kind]})).collect();
        ways.push(json!({"required": [alone], "not": {"anyOf": others}}));
    }
    Some(Value::Array(ways))
}
/// The only names that a map may have, where they are not the author's.
fn keys_allowed(path: &str) -> Option<Vec<&'static str>> {
    match path {
        "desk/texts" | "flow/texts" => Some(DeskText::ALL.iter().map(|(_, name)| *name).collect()),
        "scenarios/scenarios/*/story/*/expect/clocks" => Some(vec!["first_answer", "task", "resolution"]),
        _ => None,
    }
}

/// One value. Every plain word is a text to the desk, also one that other programs take for a number or a yes.
fn plain() -> Value {
    json!({"type": ["string", "number", "boolean"]})
}

fn scalar(path: &str, names: &Names) -> Value {
    match choices(path) {
        Choices::Any => plain(),
        Choices::YesNo => json!({"enum": ["yes", "no", true, false]}),
        Choices::Words(words) => json!({"enum": words}),
        Choices::Types => json!({"enum": FactType::ALL.into_iter().map(FactType::name).collect::<Vec<_>>()}),
        Choices::Endings => json!({"enum": endings()}),
        Choices::Of { kind, more, open } => {
            let mut known: Vec<String> = names.all(kind).map(|(name, _)| known_as(path, kind, name)).collect();
            known.extend(more.iter().map(|word| (*word).to_owned()));
            known.sort();
            known.dedup();
            // A name that is given in the same file is new until the schema is made again.
            if open { json!({"anyOf": [{"enum": known}, plain()]}) } else { json!({"enum": known}) }
        }
    }
}

/// Steps are named within their flow by their ids alone; a story names them with their flow.
pub(super) fn known_as(path: &str, kind: Kind, name: &str) -> String {
    match kind {
        Kind::Step if path.starts_with("flow/") => name.rsplit('.').next().unwrap_or(name).to_owned(),
        _ => name.to_owned(),
    }
}

pub(super) fn endings() -> Vec<&'static str> {
    [Ending::Resolved, Ending::Refused, Ending::Unanswered, Ending::Agent].into_iter().map(Ending::name).collect()
}
