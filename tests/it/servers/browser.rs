//! The chat page in a real browser: Chromium shows it, axe judges every state of it, and the stories of the flows are told
//! in it with JavaScript and without.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::{Desk, MONDAY, Ran, Running, mail};

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The packages that the driver needs, as the lock file has them.
fn packages() -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("browser");
    let own = |name: &str| repository().join("tests/browser").join(name);
    let lock = std::fs::read(own("package-lock.json")).expect("a lock file");
    let stamp = folder.join("installed.json");
    if std::fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return folder.join("node_modules");
    }
    std::fs::create_dir_all(&folder).expect("a folder");
    for name in ["package.json", "package-lock.json"] {
        std::fs::copy(own(name), folder.join(name)).expect("a copy");
    }
    let mut command = Command::new("npm");
    command.args(["ci", "--no-audit", "--no-fund", "--ignore-scripts"]).current_dir(&folder);
    let ran = Ran::of(command, b"");
    assert_eq!(ran.code, 0, "npm ci: {}{}", ran.out, ran.err);
    std::fs::write(stamp, lock).expect("written");
    folder.join("node_modules")
}

fn node(script: &str, args: &[&str], modules: &Path) -> Ran {
    let mut command = Command::new("node");
    command.arg(repository().join("tests/browser").join(script)).args(args).env("NODE_MODULES", modules);
    // Stories in which more happens than chat have a desk of their own each.
    command
        .env("CAREDESK", env!("CARGO_BIN_EXE_caredesk"))
        .env("CAREDESK_MODELS", Path::new(env!("CARGO_TARGET_TMPDIR")).join("models"))
        .env("PACK", repository())
        .env("SHOTS", std::env::var("CAREDESK_SHOTS").unwrap_or_default());
    Ran::of(command, b"")
}

#[test]
fn every_state_is_open_to_everybody_and_the_flows_go_with_and_without_javascript() {
    let modules = packages();
    let style = repository().join("src/web/assets/nhsuk.css");
    let style = style.to_str().expect("a path");
    let ran = node("vendor.mjs", &[modules.to_str().expect("a path"), style, "--check"], &modules);
    assert_eq!(ran.code, 0, "{}", ran.err);

    let desk = Desk::with_sample();
    let running = Running::start_with(&desk, &["--http", "127.0.0.1:0", "--now", MONDAY]);
    let url = running.ready["http"].as_str().expect("it has pages");
    // A few stories, unless all are wanted.
    let share = if std::env::var("CAREDESK_STORIES").is_ok_and(|all| all == "1") { "all" } else { "few" };
    let data = desk.data();
    let ran = node("run.mjs", &[url, data.to_str().expect("a path"), share], &modules);
    let tells = |line: &&str| line.starts_with("LEFT OUT") || line.starts_with('|');
    ran.out.lines().filter(tells).for_each(|line| println!("{line}"));
    println!("{}", ran.out.lines().last().unwrap_or_default());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn the_handbook_is_open_to_everybody_and_fits_on_paper() {
    let folder = tempfile::tempdir().expect("a folder");
    let desk = Desk::new();
    let out = folder.path().to_str().expect("a path");
    let made = desk.run(&["docs", "--out", out]);
    assert_eq!(made.code, 0, "{}", made.err);
    let ran = node("handbook.mjs", &[folder.path().join("handbook.html").to_str().expect("a path")], &packages());
    println!("{}", ran.out.lines().last().unwrap_or_default());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}

/// Letters of every kind: questions, an answer, a reminder, the end of waiting, a colleague's words, a decision, news for
/// an agent, and an escalation.
#[test]
fn the_html_of_every_kind_of_letter_is_open_to_everybody() {
    let desk = Desk::with_sample();
    let agent = ["agent", "add", "jo", "--mail", "jo@desk.example", "--queue", "accounts", "--queue", "triage"];
    let added = desk.run(&agent);
    assert_eq!(added.code, 0, "{}", added.err);
    let from = |name: &str| format!("{name} <{}@home.example>", name.to_lowercase());
    let first = desk.ingest_at(MONDAY, &mail("one", &from("Amy"), "Password", "Please reset my nhsmail password."));
    let reference = first["ticket"].as_str().expect("a reference").to_owned();
    for (id, name, text) in [
        ("two", "Omar", "I can read my mail but not send any."),
        ("three", "Lena", "I want to complain about the service. Nobody called me back."),
        ("four", "Grace", "Who owns our shared mailbox? And how do we join NHSmail?"),
        ("five", "Zoe", "My dog is ill and the roof leaks."),
        ("six", "Ben", "One of our carers has left. Please take her account away."),
    ] {
        desk.ingest_at(MONDAY, &mail(id, &from(name), "Help", text));
    }
    let reply = ["ticket", "act", &reference, "reply", "--text", "I am Jo.\n\nI look into it <today>.", "--as", "jo"];
    assert_eq!(desk.run(&[&reply[..], &["--now", "2026-03-02T10:00:00Z"]].concat()).code, 0);
    for now in ["2026-03-02T12:00:00Z", "2026-03-04T12:00:00Z", "2026-03-12T12:00:00Z"] {
        assert_eq!(desk.run(&["tick", "--now", now]).code, 0);
    }
    let modules = packages();
    let sent = desk.data().join("sent");
    let ran = node("letters.mjs", &[sent.to_str().expect("a path")], &modules);
    println!("{}", ran.out.lines().last().unwrap_or_default());
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
}
