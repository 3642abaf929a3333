//! JSON Schema of the pack's files: it holds for every shipped file, it refuses wrong ones, and it knows the same keys as the
//! reader of the files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use caredesk::library;
use caredesk::policy::check::{Sources, check};
use caredesk::policy::editor::{FileKind, Names, schema};
use caredesk::policy::finding::Finding;
use caredesk::policy::world::World;
use caredesk::policy::{scenario, yaml};
use serde_json::{Value, json};

use crate::support::Desk;

fn shipped() -> BTreeMap<String, String> {
    library::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap().0.files
}

/// A file as an editor reads it, with every plain word as a text.
fn value(file: &str, text: &str) -> Value {
    let (document, _) = yaml::read(file, text);
    serde_json::to_value(document.unwrap().value).unwrap()
}

/// The words of JSON Schema that are used here, and no others. The first fault, with its place.
fn valid(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for (word, wanted) in schema.as_object().unwrap() {
        let items = |name: &str| wanted.as_array().unwrap_or_else(|| panic!("{name}")).iter();
        let holds = match word.as_str() {
            "type" => {
                let types: Vec<&str> =
                    wanted.as_str().map_or_else(|| items(word).filter_map(Value::as_str).collect(), |one| vec![one]);
                let is = match value {
                    Value::Object(_) => "object",
                    Value::Array(_) => "array",
                    Value::String(_) => "string",
                    Value::Bool(_) => "boolean",
                    Value::Number(_) => "number",
                    Value::Null => "null",
                };
                types.contains(&is)
            }
            "enum" => items(word).any(|item| item == value),
            "required" => items(word).all(|key| value.get(key.as_str().unwrap()).is_some()),
            "anyOf" => items(word).any(|way| valid(way, value, at).is_ok()),
            "oneOf" => items(word).filter(|way| valid(way, value, at).is_ok()).count() == 1,
            "not" => valid(wanted, value, at).is_err(),
            "items" => {
                for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                    valid(wanted, item, &format!("{at}/{n}"))?;
                }
                true
            }
            "properties" => {
                for (key, item) in value.as_object().into_iter().flatten() {
                    if let Some(schema) = wanted.get(key) {
                        valid(schema, item, &format!("{at}/{key}"))?;
                    }
                }
                true
            }
            "additionalProperties" => {
                let known = schema.get("properties");
                for (key, item) in value.as_object().into_iter().flatten() {
                    match wanted {
                        _ if known.is_some_and(|known| known.get(key).is_some()) => {}
                        Value::Bool(false) => return Err(format!("{at}: {key} is not known")),
                        wanted => valid(wanted, item, &format!("{at}/{key}"))?,
                    }
                }
                true
            }
            "propertyNames" => {
                value.as_object().into_iter().flatten().all(|(key, _)| valid(wanted, &json!(key), at).is_ok())
            }
            "$schema" | "title" | "description" => true,
            other => panic!("the tests do not know {other}"),
        };
        if !holds {
            return Err(format!("{at}: not {word} {}", wanted.to_string().chars().take(300).collect::<String>()));
        }
    }
    Ok(())
}

#[test]
fn every_shipped_file_holds_to_the_schema_of_its_kind() {
    let files = shipped();
    let names = Names::of(&files);
    let mut kinds = BTreeSet::new();
    // Rules are scripts, and mails are mails.
    for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".yaml")) {
        let kind = FileKind::of(file).unwrap_or_else(|| panic!("{file} has no kind"));
        kinds.insert(kind);
        valid(&schema(kind, &names), &value(file, text), file).unwrap_or_else(|fault| panic!("{fault}"));
    }
    assert!(kinds.len() >= 7, "{kinds:?}");
}

#[test]
fn wrong_files_do_not_hold() {
    let names = Names::of(&shipped());
    let flow = "flow: x\ntitle: X\nwhy: Y\nqueue: accounts\nsteps:\n  - say: Hello\n";
    let fact = "facts:\n  a:\n    ask: A?\n    type: yes_no\nrecords: {}\n";
    let story = "scenarios:\n  - scenario: a\n    story:\n      - mail: hello\n      - expect: {state: resolved}\n";
    let answer = "answers:\n  - answer: a\n    examples: [b]\n    say: c\n";
    let world = "accounts:\n  amy: {name: Amy Field, address: amy@home.example, owner: yes}\n";
    let table = "table: a\nwhy: b\nreads: [c]\nrows:\n  - {when: {c: 1}, verdict: d, because: e}\n";
    let wrong = [
        (FileKind::Flow, flow, "queue: accounts", "queue: acounts"),
        (FileKind::Flow, flow, "title: X", "titel: X"),
        (FileKind::Flow, flow, "title: X\n", ""),
        (FileKind::Flow, flow, "- say: Hello", "- then: resolved"),
        (FileKind::Flow, flow, "- say: Hello", "- ask: a\n    run: triage"),
        (FileKind::Flow, flow, "- say: Hello", "- run: no_such_flow"),
        (FileKind::Flow, flow, "- say: Hello", "- say: {maill: Hello}"),
        (FileKind::Flow, flow, "- say: Hello", "- decide: no.rule\n    cases: {a: agent}"),
        (FileKind::Flow, flow, "- say: Hello", "- escalate: nobody"),
        (FileKind::Flow, flow, "- say: Hello", "- ask: a\n    again: perhaps"),
        (FileKind::Flow, flow, "queue: accounts", "queue: accounts\ntargets: none"),
        (FileKind::Flow, flow, "queue: accounts", "queue: accounts\ntexts: {hello: x}"),
        (FileKind::Flow, flow, "queue: accounts", "queue: [accounts]"),
        (FileKind::Facts, fact, "yes_no", "yes_or_no"),
        (FileKind::Facts, fact, "ask: A?", "ask: A?\n    secret: maybe"),
        (FileKind::Scenarios, story, "mail: hello", "mail: hello\n        after: 2 days"),
        (FileKind::Scenarios, story, "state: resolved", "state: solved"),
        (FileKind::Scenarios, story, "state: resolved", "stat: resolved"),
        (FileKind::Scenarios, story, "state: resolved", "clocks: {answer: met}"),
        (FileKind::Answers, answer, "say: c", "say: c\n    offer: [none_such]"),
        (FileKind::World, world, "owner: yes", "owner: perhaps"),
        (FileKind::World, world, "owner: yes", "onwer: yes"),
        (FileKind::Examples, "examples:\n  a: [b]\n", "[b]", "{b: c}"),
        (FileKind::Table, table, "verdict: d", "verdict: d, otherwise: f"),
    ];
    for (kind, right, from, to) in wrong {
        let schema = schema(kind, &names);
        valid(&schema, &value("a.scenarios.yaml", right), "right").unwrap_or_else(|fault| panic!("{fault}"));
        let broken = right.replace(from, to);
        assert_ne!(broken, right);
        assert!(valid(&schema, &value("a.scenarios.yaml", &broken), "wrong").is_err(), "{broken}");
    }
    let mut desk = value("flows/desk.yaml", &shipped()["flows/desk.yaml"]);
    desk["queues"]["accounts"]["calendar"] = json!("no_such_calendar");
    assert!(valid(&schema(FileKind::Desk, &names), &desk, "").is_err());
}

/// The keys of a map within a schema.
fn keys_at<'a>(schema: &'a Value, path: &str) -> BTreeSet<&'a str> {
    let mut at = schema;
    for part in path.split('/').filter(|part| !part.is_empty()) {
        let maps: Vec<&Value> =
            at.get("anyOf").and_then(Value::as_array).map_or_else(|| vec![at], |ways| ways.iter().collect());
        let below = maps.iter().find_map(|map| match part {
            "*" => map.get("items").or_else(|| map.get("additionalProperties").filter(|it| it.is_object())),
            part => map.get("properties")?.get(part),
        });
        at = below.unwrap_or_else(|| panic!("{path}: no {part}"));
    }
    let map = at.get("anyOf").and_then(|ways| ways.as_array()?.iter().find(|way| way.get("properties").is_some()));
    map.unwrap_or(at)["properties"].as_object().unwrap().keys().map(String::as_str).collect()
}

/// The keys that the reader lists when it meets one that it does not know.
fn listed(findings: &[Finding]) -> BTreeSet<String> {
    let unknown = findings.iter().find(|it| it.code == "unknown-key").unwrap_or_else(|| panic!("{findings:?}"));
    let list = unknown.help.strip_prefix("known here: ").unwrap_or_else(|| panic!("{}", unknown.help));
    list.split(", ").map(str::to_owned).collect()
}

fn same(kind: FileKind, path: &str, reader: &BTreeSet<String>) {
    let schema = schema(kind, &Names::default());
    let keys = keys_at(&schema, path);
    assert_eq!(keys, reader.iter().map(String::as_str).collect(), "{} {path}", kind.name());
}

/// The findings of a pack with one more, or another, file.
fn with(file: &str, text: &str) -> Vec<Finding> {
    let mut files = shipped();
    files.insert(file.to_owned(), text.to_owned());
    let findings = check(&Sources { files }).findings;
    findings.into_iter().filter(|finding| *finding.place.file == *file).collect()
}

#[test]
fn the_schema_and_the_readers_know_the_same_keys() {
    const NO: &str = "no_key_is_called_so_by_anybody";
    let flow =
        |more: &str| with("flows/tickets/extra.yaml", &format!("flow: extra\ntitle: E\nwhy: E\nqueue: triage\n{more}"));
    same(FileKind::Flow, "", &listed(&flow(&format!("{NO}: a\nsteps:\n  - say: a\n"))));
    same(FileKind::Flow, "steps/*", &listed(&flow(&format!("steps:\n  - say: a\n    {NO}: b\n"))));
    same(FileKind::Flow, "steps/*/say", &listed(&flow(&format!("steps:\n  - say: {{mail: a, {NO}: b}}\n"))));
    same(FileKind::Flow, "starts", &listed(&flow(&format!("starts: {{{NO}: b}}\nsteps:\n  - say: a\n"))));
    let fact = flow(&format!("facts:\n  a_fact: {{ask: A?, type: yes_no, {NO}: b}}\nsteps:\n  - ask: a_fact\n"));
    same(FileKind::Flow, "facts/*", &listed(&fact));
    same(FileKind::Facts, "facts/*", &listed(&fact));
    let answer = with("flows/answers/extra.yaml", &format!("answers:\n  - {{answer: b, {NO}: c}}\n"));
    same(FileKind::Answers, "answers/*", &listed(&answer));
    let desk = &shipped()["flows/desk.yaml"];
    same(FileKind::Desk, "", &listed(&with("flows/desk.yaml", &format!("{desk}\n{NO}: a\n"))));
    let queue = desk.replace("queues:\n", &format!("queues:\n  extra: {{{NO}: a}}\n"));
    same(FileKind::Desk, "queues/*", &listed(&with("flows/desk.yaml", &queue)));
    let calendar =
        desk.replace("calendars:\n", &format!("calendars:\n  extra: {{hours: {{mon-fri: 08:00-18:00}}, {NO}: a}}\n"));
    same(FileKind::Desk, "calendars/*", &listed(&with("flows/desk.yaml", &calendar)));
    let targets = desk.replace("\ntargets:", &format!("\ntargets:\n  extra: {{{NO}: a}}"));
    same(FileKind::Desk, "targets/*", &listed(&with("flows/desk.yaml", &targets)));
    same_in_stories(NO);
    same_in_the_directory(NO);
}

fn same_in_stories(no: &str) {
    let pack = check(&Sources { files: shipped() }).pack.unwrap();
    let told = |text: &str| {
        let files = BTreeMap::from([("flows/tickets/triage.scenarios.yaml".to_owned(), text.to_owned())]);
        listed(&scenario::findings(&pack, &files))
    };
    let story = |items: &str| told(&format!("scenarios:\n  - scenario: a\n    story:\n{items}"));
    same(FileKind::Scenarios, "", &told(&format!("scenarios: []\n{no}: a\n")));
    same(FileKind::Scenarios, "scenarios/*", &told(&format!("scenarios:\n  - {{scenario: a, {no}: b}}\n")));
    let expect = story(&format!("      - expect: {{{no}: a}}\n"));
    same(FileKind::Scenarios, "scenarios/*/story/*/expect", &expect);
    let letter = story(&format!("      - expect: {{letters: [{{to: a, {no}: b}}]}}\n"));
    same(FileKind::Scenarios, "scenarios/*/story/*/expect/letters/*", &letter);
    // Each kind of item has keys of its own; the schema has all of them.
    let mut all = BTreeSet::from(["after", "directory", "expect"].map(str::to_owned));
    for kind in ["mail", "chat", "call", "agent"] {
        all.extend(story(&format!("      - {{{kind}: done, {no}: a}}\n")));
    }
    same(FileKind::Scenarios, "scenarios/*/story/*", &all);
}

fn same_in_the_directory(no: &str) {
    for section in ["organisations", "accounts"] {
        let faults = World::from_yaml(&format!("{section}:\n  a: {{{no}: b}}\n")).unwrap_err().join("\n");
        let schema = schema(FileKind::World, &Names::default());
        let keys = keys_at(&schema, &format!("{section}/*"));
        let list = faults.split("known here: ").nth(1).unwrap_or_else(|| panic!("{faults}")).lines().next().unwrap();
        assert_eq!(keys, list.split(", ").map(|key| key.trim_end_matches([';', '.'])).collect(), "{faults}");
    }
}

#[test]
fn the_command_prints_one_kind_or_writes_all() {
    let desk = Desk::new();
    let flow = desk.run(&["schema", "flow"]);
    assert_eq!(flow.code, 0, "{}", flow.err);
    let schema: Value = serde_json::from_str(&flow.out).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    let queues = schema["properties"]["queue"]["enum"].as_array().unwrap();
    assert!(queues.contains(&json!("accounts")), "{queues:?}");
    assert!(schema["properties"]["queue"]["description"].as_str().unwrap().contains("Whose work"));
    assert_eq!(desk.run(&["schema"]).json().len(), 8);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("schemas");
    assert_eq!(desk.run(&["schema", "--out", out.to_str().unwrap()]).code, 0);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 8);
    let slip = desk.run(&["schema", "flwo"]);
    assert_eq!(slip.code, 2);
    assert!(slip.err.contains("did you mean `flow`?"), "{}", slip.err);
}
