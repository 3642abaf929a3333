//! Packs that no author means to write: too large, too deep, half text, half something else. Each gives a finding.

use std::fs;
use std::path::Path;

use crate::support::Desk;

/// What `check` says of the pack: its exit code, and the codes of its errors.
fn checked(desk: &Desk) -> (i32, Vec<String>) {
    let ran = desk.run(&["check", "--format", "json"]);
    assert!(!ran.err.contains("internal fault") && !ran.err.contains("panicked"), "{}", ran.err);
    let errors = ran.json().into_iter().filter(|row| row["severity"] == "error");
    (ran.code, errors.filter_map(|row| row["code"].as_str().map(str::to_owned)).collect())
}

/// Puts one file into the pack, and wants one finding among those that it gives.
fn refused(file: &str, bytes: &[u8], code: &str) {
    let desk = Desk::with_own_pack();
    let path = desk.pack.join(file);
    fs::create_dir_all(path.parent().expect("a folder")).expect("it is made");
    fs::write(path, bytes).expect("it is written");
    let (exit, codes) = checked(&desk);
    assert_eq!(exit, 1, "{file}: {codes:?}");
    assert!(codes.iter().any(|it| it == code), "{file} gives {code}: {codes:?}");
}

fn flow(name: &str, steps: &str) -> String {
    format!("flow: {name}\ntitle: A flow\nwhy: A test.\nqueue: accounts\nsteps:\n{steps}")
}

#[test]
fn what_is_too_large_or_too_deep_is_refused() {
    let many: String = (0..10_000).map(|n| format!("  - say: Sentence {n}.\n")).collect();
    refused("flows/many.yaml", flow("many", &many).as_bytes(), "file-too-large");
    let large = format!("{}# {}\n", flow("large", "  - say: Hello.\n"), "x".repeat(10_000_000));
    refused("flows/large.yaml", large.as_bytes(), "file-too-large");
    let deep = format!("deep: {}1{}\n", "[".repeat(5_000), "]".repeat(5_000));
    refused("flows/deep.yaml", deep.as_bytes(), "too-deep");
    let bomb = "a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\n\
                c: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n";
    refused("flows/bomb.yaml", bomb.as_bytes(), "alias");
    let rule = format!("// {}\nfn one(account_address) {{ choose(\"a\", \"b\") }}\n", "x".repeat(1_000_000));
    refused("rules/large.rhai", rule.as_bytes(), "too-large");
}

#[test]
fn what_is_no_plain_text_is_refused_at_its_place() {
    refused("flows/latin.yaml", b"flow: latin\ntitle: Caf\xe9\n", "not-utf-8");
    refused("flows/tabbed.yaml", flow("tabbed", "\t- say: Hello.\n").as_bytes(), "tab");
    refused("rules/latin.rhai", b"// Caf\xe9\nfn one(account_address) { choose(\"a\", \"b\") }\n", "not-utf-8");
    let reserved =
        format!("{}facts:\n  while:\n    ask: How long?\n    type: short_text\n", flow("reserved", "  - ask: while\n"));
    refused("flows/reserved.yaml", reserved.as_bytes(), "reserved-name");
}

#[test]
fn ten_thousand_steps_in_many_files_are_checked() {
    let desk = Desk::with_own_pack();
    for n in 0..200 {
        let steps: String = (0..50).map(|step| format!("  - say: Sentence {step}.\n")).collect();
        let name = format!("flow_{n}");
        fs::write(desk.pack.join(format!("flows/{name}.yaml")), flow(&name, &steps)).expect("it is written");
    }
    let (exit, errors) = checked(&desk);
    assert_eq!((exit, errors.len()), (0, 0), "{errors:?}");
}

#[test]
fn line_ends_of_windows_and_a_byte_order_mark_do_no_harm() {
    let desk = Desk::with_own_pack();
    let rule = "// May it?\nfn may(account_address) {\n    choose(\"yes_it_may\", \"it may\")\n}\n";
    let uses = flow("uses", "  - ask: account_address\n  - decide: extra.may\n    cases: {yes_it_may: resolved}\n");
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    fs::write(desk.pack.join("rules/extra.rhai"), windows(rule)).expect("it is written");
    fs::write(desk.pack.join("flows/uses.yaml"), windows(&uses)).expect("it is written");
    let desk_file = desk.pack.join("flows/desk.yaml");
    fs::write(&desk_file, windows(&fs::read_to_string(&desk_file).expect("it"))).expect("it is written");
    let (exit, errors) = checked(&desk);
    assert_eq!((exit, errors.len()), (0, 0), "{errors:?}");
}

#[test]
fn a_loop_of_links_ends_and_an_empty_folder_is_named() {
    let mut desk = Desk::with_own_pack();
    let flows = desk.pack.join("flows");
    std::os::unix::fs::symlink(&flows, flows.join("again")).expect("a link");
    assert_eq!(checked(&desk).0, 0);
    let empty = desk.data().with_file_name("empty");
    fs::create_dir_all(&empty).expect("a folder");
    desk.pack.clone_from(&empty);
    let ran = desk.run(&["check"]);
    assert_eq!(ran.code, 2, "{}", ran.out);
    assert!(ran.err.contains(&path_name(&empty)) && ran.err.contains("--pack"), "{}", ran.err);
}

fn path_name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}
