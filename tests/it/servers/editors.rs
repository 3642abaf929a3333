//! Programs of others judge what editors get: Neovim talks with the language server by its own client, and Python's
//! jsonschema holds the shipped files against the schemas.

use std::path::Path;
use std::process::Command;

use caredesk::policy::editor::FileKind;
use caredesk::policy::yaml;
use serde_json::{Value, json};

use crate::support::{Desk, Ran};

#[test]
fn neovim_shows_findings_meanings_names_and_definitions() {
    let desk = Desk::with_own_pack();
    let folder = tempfile::tempdir().unwrap();
    let (script, out) = (folder.path().join("editor.lua"), folder.path().join("seen.json"));
    std::fs::write(&script, include_str!("editor.lua")).unwrap();
    let mut command = Command::new("nvim");
    command
        .args(["--headless", "--clean", "-n", "-c"])
        .arg(format!("luafile {}", script.display()))
        .args(["-c", "qall!"])
        .env("HOME", folder.path())
        .env("SERVER", env!("CARGO_BIN_EXE_caredesk"))
        .env("PACK", desk.pack.canonicalize().unwrap())
        .env("SEEN", &out);
    let ran = Ran::of(command, b"");
    let seen = std::fs::read_to_string(&out).unwrap_or_else(|error| panic!("{error}\n{}\n{}", ran.out, ran.err));
    let seen: Value = serde_json::from_str(&seen).unwrap();
    assert_eq!(seen["broken"][0]["code"], "unknown-queue", "{seen}");
    assert_eq!(
        (&seen["broken"][0]["line"], &seen["broken"][0]["text"]),
        (&Value::from(3), &Value::from("acounts")),
        "{seen}"
    );
    assert_eq!(seen["mended"], 0, "{seen}");
    assert!(seen["hover"].as_str().unwrap().contains("**queue** `accounts`"), "{seen}");
    assert!(seen["words"].as_array().unwrap().contains(&Value::from("security")), "{seen}");
    assert!(seen["definition"].as_str().unwrap().ends_with("flows/desk.yaml"), "{seen}");
    assert_eq!(seen["ended"], true, "{seen}");
}

#[test]
fn the_shipped_files_hold_to_the_schemas_for_pythons_jsonschema() {
    let desk = Desk::new();
    let folder = tempfile::tempdir().unwrap();
    let ran = desk.run(&["schema", "--out", folder.path().to_str().unwrap()]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let files = caredesk::library::read(Path::new(env!("CARGO_MANIFEST_DIR"))).unwrap().0.files;
    let yaml_files: Vec<_> = files.iter().filter(|(file, _)| file.ends_with(".yaml")).collect();
    let lines: Vec<String> = yaml_files
        .iter()
        .map(|(file, text)| {
            // Every plain word is a text, as the desk reads it.
            let value = yaml::read(file, text).0.unwrap().value;
            json!({"file": file, "kind": FileKind::of(file).unwrap().name(), "value": value}).to_string()
        })
        .collect();
    let mut command = Command::new("/usr/bin/python3");
    command.arg("-c").arg(include_str!("schemas.py")).arg(folder.path());
    let judged = Ran::of(command, lines.join("\n").as_bytes());
    assert_eq!(judged.code, 0, "{}{}", judged.out, judged.err);
    assert_eq!(judged.out.trim().parse(), Ok(yaml_files.len()));
}
