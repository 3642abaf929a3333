//! The house as it was meant: `policy` stays pure, imports run downwards only, each kind of knowledge lives in one
//! room, every file says what it owns, and nothing else stands at the top of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms of `src/`, lowest first. A room may use those below it, and none beside it.
const ROOMS: [(&str, u8); 14] = [
    ("policy", 0),
    ("clock", 1),
    ("fault", 1),
    ("library", 1),
    ("tls", 1),
    ("store", 2),
    ("mail", 2),
    ("texts", 3),
    ("config", 4),
    ("desk", 4),
    ("web", 5),
    ("chat", 5),
    ("cli", 6),
    ("main", 7),
];

/// What the top level may hold. Names with a dot in front are for tools; `target` and `data` are not committed.
const TOP: [&str; 14] = [
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-APACHE",
    "LICENSE-MIT",
    "README.md",
    "benches",
    "data",
    "docs",
    "flows",
    "rules",
    "rust-toolchain.toml",
    "src",
    "target",
    "tests",
];

/// What would make `policy` answer differently on another day or machine, or wait for something.
const IMPURE: [&str; 19] = [
    "async ",
    ".await",
    "tokio",
    "sqlx",
    "tracing",
    "getrandom",
    "rand::",
    "std::fs",
    "std::io",
    "std::net",
    "std::env",
    "std::process",
    "std::thread",
    "HashMap",
    "HashSet",
    "SystemTime",
    "Instant::",
    "::now()",
    "TimeZone::system",
];

/// The readings of the machine's clock. A stopwatch (`Instant`) tells no time of day; only `policy` may not have one.
const CLOCK: [&str; 4] = ["Timestamp::now(", "Zoned::now(", "SystemTime::now(", "TimeZone::system("];

/// How a statement begins.
const SQL: [&str; 6] = ["\"SELECT ", "\"INSERT INTO ", "\"UPDATE ", "\"DELETE FROM ", "\"CREATE TABLE ", "\"BEGIN"];

/// A source file: its path below the repository, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// The room that it belongs to; nothing for the map, `lib.rs`.
    fn room(&self) -> Option<&'static (&'static str, u8)> {
        let below = self.path.strip_prefix("src/")?;
        let name = below.split(['/', '.']).next()?;
        ROOMS.iter().find(|(room, _)| *room == name)
    }

    fn is_below(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    /// The lines that run: no comments, and nothing from the unit tests at the end on.
    fn code(&self) -> Vec<(usize, &str)> {
        let numbered = self.text.lines().enumerate().map(|(n, line)| (n + 1, line));
        numbered
            .take_while(|(_, line)| line.trim() != "#[cfg(test)]")
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
            .collect()
    }

    /// Lines that hold one of the words, ready to be shown.
    fn lines_with(&self, words: &[&str]) -> Vec<String> {
        let holds = |line: &str| words.iter().any(|word| says(line, word));
        let lines = self.code().into_iter().filter(|(_, line)| holds(line));
        lines.map(|(n, line)| format!("{}:{n}: {}", self.path, line.trim())).collect()
    }

    /// The rooms that its code names, behind `crate::` or `caredesk::`, also in a list in braces.
    fn uses(&self) -> Vec<String> {
        let code: String = self.code().into_iter().map(|(_, line)| format!("{line}\n")).collect();
        let behind = code.match_indices("crate::").map(|(at, word)| at + word.len());
        let behind = behind.chain(code.match_indices("caredesk::").map(|(at, word)| at + word.len()));
        behind.flat_map(|at| first_names(&code[at..])).collect()
    }
}

/// Whether a line holds a word that is not the end of a longer one: `rand::` is not in `Operand::`.
fn says(line: &str, word: &str) -> bool {
    let part_of_a_name = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !(word.starts_with(part_of_a_name) && before.is_some_and(part_of_a_name))
    })
}

/// The first name of a path, or of each path in braces: `{policy::flow::{Flow, Step}, store}` are two.
fn first_names(path: &str) -> Vec<String> {
    let name = |text: &str| text.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(list) = path.strip_prefix('{') else { return vec![name(path)] };
    let mut depth = 0;
    let mut names = vec![name(list)];
    for (at, c) in list.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => names.push(name(&list[at + 1..])),
            _ => {}
        }
    }
    names.retain(|name| !name.is_empty());
    names
}

fn repository() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &str) -> Vec<Source> {
    let mut paths = vec![repository().join(folder)];
    let mut files: Vec<PathBuf> = Vec::new();
    while let Some(path) = paths.pop() {
        if path.is_dir() {
            paths.extend(fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files.sort();
    let read = |path: PathBuf| Source {
        path: path.strip_prefix(repository()).unwrap().to_str().unwrap().replace('\\', "/"),
        text: fs::read_to_string(&path).unwrap(),
    };
    files.into_iter().map(read).collect()
}

fn assert_none(what: &str, found: &[String]) {
    assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
}

#[test]
fn policy_computes_and_does_nothing_else() {
    let policy = sources("src/policy");
    assert!(policy.len() > 10, "the room was found");
    let found: Vec<String> = policy.iter().flat_map(|file| file.lines_with(&IMPURE)).collect();
    assert_none("`policy` would not be the same on any day and machine", &found);
}

#[test]
fn imports_run_downwards_only() {
    let mut found = Vec::new();
    for file in sources("src") {
        let Some((room, height)) = file.room() else { continue };
        for used in file.uses() {
            let upward = ROOMS.iter().any(|(name, above)| used == *name && name != room && above >= height);
            if upward {
                found.push(format!("{} in `{room}` uses `{used}`", file.path));
            }
        }
    }
    assert_none("an import runs upwards or sideways", &found);
}

#[test]
fn every_file_of_the_source_is_in_a_room() {
    let homeless = |file: &Source| file.room().is_none() && file.path != "src/lib.rs";
    let found: Vec<String> = sources("src").into_iter().filter(homeless).map(|file| file.path).collect();
    assert_none("these files belong to no room that this test knows", &found);
}

#[test]
fn each_kind_of_knowledge_lives_in_one_room() {
    for (words, home) in [
        (&["rhai::", "use rhai"][..], "src/policy/rules"),
        (&["sqlx"][..], "src/store"),
        (&SQL[..], "src/store"),
        (&CLOCK[..], "src/clock.rs"),
        (&["mail_parser::", "lettre::", "smtp_proto::", "use smtp_proto"][..], "src/mail"),
        (&["hyper::client"][..], "src/texts"),
        (&["askama::", "hyper::server"][..], "src/web"),
        (&["teloxide"][..], "src/chat/telegram"),
        (&["println!", "print!(", "stdout()"][..], "src/cli"),
    ] {
        let elsewhere = sources("src").into_iter().filter(|file| !file.is_below(home));
        let found: Vec<String> = elsewhere.flat_map(|file| file.lines_with(words)).collect();
        assert_none(&format!("only `{home}` may say {words:?}"), &found);
    }
}

#[test]
fn every_file_says_first_what_it_owns() {
    let files = sources("src").into_iter().chain(sources("tests"));
    let silent = files.filter(|file| !file.text.starts_with("//! "));
    let found: Vec<String> = silent.map(|file| file.path).collect();
    assert_none("these files do not open with `//!` and what they own", &found);
}

#[test]
fn nothing_else_stands_at_the_top() {
    let names = fs::read_dir(repository()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let found: Vec<String> = names.filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str())).collect();
    assert_none("the top level holds something of its own", &found);
}

#[test]
fn names_of_rooms_are_found_in_every_form_of_import() {
    assert_eq!(first_names("policy::flow::Flow;"), ["policy"]);
    assert_eq!(first_names("{policy::{flow::Flow, text}, store, mail::read};"), ["policy", "store", "mail"]);
    assert_eq!(first_names("{\n    desk::{intake,\n    turn},\n    cli,\n};"), ["desk", "cli"]);
}
