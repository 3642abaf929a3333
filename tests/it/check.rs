//! The checker, as an author meets it: a sound pack passes, and every fault is told at its place.
//!
//! `tests/corpus/flows-bad/pack` is sound. Each case in `tests/corpus/flows-bad/*.txt` changes it and draws, under the
//! lines that it writes, what the checker must say and where:
//!
//! ```text
//! === a title
//! -- flows/extra.yaml            a file, new or instead of the one in the pack
//! -- steps                       the same, with the head of a flow already written
//! ~~ flows/desk.yaml             lines of a file of the pack are changed
//! < the line that is there
//! > the line that stands there instead
//!   ^ code                       what is told at that column of the line above
//! ! code 3:5                     what is told elsewhere in the same file
//! ```

use std::fmt::Write;
use std::fs;
use std::path::Path;

use caredesk::policy::check::{Checked, Sources};
use caredesk::policy::finding::Severity;
use proptest::prelude::*;

const HEAD: &str = "flow: tried\ntitle: A flow that is tried\nwhy: To see what the checker says.\nqueue: triage\n\
                    starts: {examples: [please try this]}\n";

/// What is said of a pack that is not whole yet: a case tells of it only where it means it.
const ADVICE: [&str; 6] =
    ["few-examples", "row-without-scenario", "unused-act", "unused-fact", "unused-rule", "unused-verdict"];

/// Checks a pack; of what is only not whole yet, nothing but what is wanted is told.
fn check_for(sources: &Sources, wanted: &[String]) -> Checked {
    let mut checked = caredesk::policy::check::check(sources);
    let means = |code: &str| wanted.iter().any(|line| line.ends_with(&format!(" {code}")));
    checked.findings.retain(|finding| !ADVICE.contains(&finding.code) || means(finding.code));
    checked
}

fn check(sources: &Sources) -> Checked {
    check_for(sources, &[])
}

fn corpus() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/corpus/flows-bad"))
}

fn sound_pack() -> Sources {
    let mut sources = Sources::default();
    for folder in ["flows", "flows/passwords", "flows/tickets", "flows/answers", "rules"] {
        for entry in fs::read_dir(corpus().join("pack").join(folder)).expect("a folder of the corpus") {
            let path = entry.expect("an entry of the corpus").path();
            if path.is_file() {
                let name = path.file_name().expect("a file has a name").to_string_lossy().into_owned();
                let text = fs::read_to_string(&path).expect("a text of the corpus");
                sources.files.insert(format!("{folder}/{name}"), text);
            }
        }
    }
    sources
}

fn told(checked: &Checked) -> Vec<String> {
    let lines = checked.findings.iter().map(|finding| format!("{} {}", finding.place, finding.code));
    lines.collect()
}

fn in_words(checked: &Checked) -> String {
    let mut words = String::new();
    for finding in &checked.findings {
        writeln!(words, "{}: {}: {}\n    help: {}", finding.place, finding.code, finding.message, finding.help)
            .expect("a text takes all");
    }
    words
}

/// One case: the changed pack, and what must be said about it.
struct Case {
    title: String,
    sources: Sources,
    expected: Vec<String>,
}

fn cases(text: &str) -> Vec<Case> {
    text.split("=== ").skip(1).map(case).collect()
}

fn case(text: &str) -> Case {
    let (title, body) = text.split_once('\n').expect("a case has a body");
    let mut sources = sound_pack();
    let mut expected = Vec::new();
    let mut file = String::new();
    let mut changes = false;
    let mut line = 0;
    for written in body.lines() {
        if let Some(name) = written.strip_prefix("-- ") {
            let head = if name == "steps" { HEAD } else { "" };
            file = if name == "steps" { "flows/tried.yaml".into() } else { name.to_owned() };
            sources.files.insert(file.clone(), head.to_owned());
            (line, changes) = (head.lines().count(), false);
        } else if let Some(name) = written.strip_prefix("~~ ") {
            (file, changes) = (name.to_owned(), true);
        } else if let Some(rest) = written.strip_prefix("! ") {
            let (code, place) = rest.split_once(' ').expect("a code and a place");
            expected.push(format!("{file}:{place} {code}"));
        } else if let Some(code) = marker(written) {
            let column = written.find('^').map_or(0, |at| at + 1) - if changes { 2 } else { 0 };
            expected.push(format!("{file}:{line}:{column} {code}"));
        } else if changes {
            line = change(sources.files.get_mut(&file).expect("a file of the pack"), written, line);
        } else if !(written.is_empty() && file.is_empty()) {
            let text = sources.files.get_mut(&file).expect("a file was named");
            text.push_str(written);
            text.push('\n');
            line += 1;
        }
    }
    expected.sort_by_key(|line| sort_key(line));
    Case { title: title.to_owned(), sources, expected }
}

fn marker(line: &str) -> Option<&str> {
    line.trim_start().strip_prefix("^ ")
}

/// Takes a line out (`<`) or puts one in behind it (`>`); gives back where that was.
fn change(text: &mut String, written: &str, line: usize) -> usize {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let line = if let Some(old) = written.strip_prefix("< ") {
        let at = lines.iter().position(|line| line == old).unwrap_or_else(|| panic!("no line `{old}`"));
        lines.remove(at);
        at
    } else if let Some(new) = written.strip_prefix("> ") {
        lines.insert(line, new.to_owned());
        line + 1
    } else {
        line
    };
    *text = lines.join("\n") + "\n";
    line
}

fn sort_key(line: &str) -> (String, usize, usize, String) {
    let (place, code) = line.split_once(' ').expect("a place and a code");
    let mut parts = place.rsplitn(3, ':');
    let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
    let (column, line) = (number(), number());
    (parts.next().unwrap_or("").to_owned(), line, column, code.to_owned())
}

#[test]
fn a_sound_pack_passes() {
    let checked = check(&sound_pack());
    assert_eq!(in_words(&checked), "");
    let pack = checked.pack.expect("no finding, so a pack");
    let names: Vec<&str> = pack.flows.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        ["cannot_send", "complaint", "did_this_help", "no_mobile", "password_help", "triage"],
        "answers are flows"
    );
    assert!(pack.flows["cannot_send"].is_answer);
    assert_eq!(pack.flows["cannot_send"].title, "Cannot send");
    let ids: Vec<&str> = pack.flows["complaint"].steps.iter().map(|step| step.id.as_str()).collect();
    assert_eq!(
        ids,
        [
            "ask_how",
            "ask_reference",
            "ask_call_time",
            "ask_complaint",
            "look_up_earlier",
            "escalate_feedback",
            "escalate_call"
        ]
    );
}

fn case_files() -> Vec<(String, String)> {
    let entries = fs::read_dir(corpus()).expect("the corpus").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<(String, String)> = entries
        .filter(|path| path.extension().is_some_and(|end| end == "txt"))
        .map(|path| (path.display().to_string(), fs::read_to_string(&path).expect("a text of the corpus")))
        .collect();
    files.sort();
    files
}

#[test]
fn every_fault_is_told_at_its_place() {
    let mut count = 0;
    let mut wrong = String::new();
    for (name, case) in
        case_files().iter().flat_map(|(name, text)| cases(text).into_iter().map(move |case| (name, case)))
    {
        count += 1;
        let checked = check_for(&case.sources, &case.expected);
        let mut said = told(&checked);
        said.sort_by_key(|line| sort_key(line));
        let errors = checked.findings.iter().any(|finding| finding.severity == Severity::Error);
        if said != case.expected || errors == checked.pack.is_some() {
            let (title, expected, words) = (&case.title, &case.expected, in_words(&checked));
            writeln!(wrong, "{name}: {title}\n  wanted {expected:?}\n  told {said:?}\n{words}")
                .expect("a text takes all");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert!(count >= 50, "only {count} cases");
}

/// `unknown-act`, `-calendar` in a row of the manual mean `unknown-act` and `unknown-calendar`.
fn is_in_the_manual(code: &str, manual: &str) -> bool {
    let short = code.strip_prefix("unknown").map(|rest| format!("`{rest}`"));
    manual.contains(&format!("`{code}`")) || short.is_some_and(|short| manual.contains(&short))
}

#[test]
fn the_manual_explains_every_code() {
    let manual = include_str!("../../docs/findings.md");
    let mut missing: Vec<&str> = Vec::new();
    let mut codes = 0;
    let told: Vec<String> =
        case_files().iter().flat_map(|(_, text)| cases(text)).flat_map(|case| case.expected).collect();
    for code in told.iter().filter_map(|line| line.split(' ').next_back()) {
        codes += 1;
        if !is_in_the_manual(code, manual) {
            missing.push(code);
        }
    }
    assert!(codes > 100, "only {codes}");
    assert_eq!(missing, [""; 0]);
}

#[test]
fn findings_come_in_the_order_of_their_places_and_always_alike() {
    let mut sources = sound_pack();
    for text in sources.files.values_mut() {
        *text = text.replace("agent", "agnet").replace("triage", "tirage").replace("ask: ", "aks: ");
    }
    let first = check(&sources);
    assert!(first.findings.len() > 10, "{}", in_words(&first));
    assert!(first.findings.is_sorted_by(|a, b| a.place <= b.place));
    assert_eq!(first.findings, check(&sources).findings);
}

#[test]
fn a_broken_file_does_not_make_its_names_unknown_elsewhere() {
    for broken in ["flows/desk.yaml", "flows/facts.yaml", "flows/passwords/no_mobile.yaml"] {
        let mut sources = sound_pack();
        sources.files.insert(broken.into(), "a: [b\n".into());
        let checked = check(&sources);
        assert_eq!(told(&checked), [format!("{broken}:1:4 open-bracket")], "{}", in_words(&checked));
    }
}

#[test]
fn a_finding_says_what_how_and_in_the_authors_words() {
    let mut sources = sound_pack();
    let flow = sources.files.get_mut("flows/passwords/password_help.yaml").expect("in the pack");
    *flow =
        flow.replace("    then: phone_check\n", "    then: phone_chek\n").replace("queue: accounts", "queue: acounts");
    insta::assert_snapshot!(in_words(&check(&sources)), @r"
    flows/passwords/password_help.yaml:5:8: unknown-queue: there is no queue `acounts`
        help: did you mean `accounts`?
    flows/passwords/password_help.yaml:53:11: unknown-step: there is no step `phone_chek` in this flow
        help: did you mean `phone_check`?
    ");
}

#[test]
fn the_digest_names_the_bytes_of_the_pack() {
    let pack = sound_pack();
    let mut other = pack.clone();
    assert_eq!(pack.digest(), other.digest());
    other.files.entry("rules/accounts.rhai".into()).or_default().push('\n');
    assert_ne!(pack.digest(), other.digest());
    assert_eq!(pack.digest().0.len(), 64);
}

/// Every file of the sound pack with a piece of it taken out, doubled or replaced.
fn mutated() -> impl Strategy<Value = Sources> {
    let pieces = prop_oneof![
        Just(String::new()),
        Just("\n".to_owned()),
        Just("  - ".to_owned()),
        Just(": ".to_owned()),
        Just("{{".to_owned()),
        Just("&a *a !b <<: ".to_owned()),
        Just("[[[[[[[[".to_owned()),
        Just("\u{feff}\t\u{0}é".to_owned()),
        "\\PC{0,12}",
    ];
    (any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0..40_usize, pieces).prop_map(
        |(file, at, length, piece)| {
            let mut sources = sound_pack();
            let names: Vec<String> = sources.files.keys().cloned().collect();
            let text = sources.files.get_mut(&names[file.index(names.len())]).expect("one of the names");
            let chars: Vec<char> = text.chars().collect();
            let from = at.index(chars.len());
            let to = (from + length).min(chars.len());
            *text = chars[..from].iter().chain(&piece.chars().collect::<Vec<_>>()).chain(&chars[to..]).collect();
            sources
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_edit_makes_the_checker_fall(sources in mutated()) {
        let checked = check(&sources);
        let errors = checked.findings.iter().any(|finding| finding.severity == Severity::Error);
        prop_assert_eq!(errors, checked.pack.is_none());
        for finding in &checked.findings {
            prop_assert!(finding.place.line >= 1 && finding.place.column >= 1);
        }
    }

    #[test]
    fn no_text_makes_the_checker_fall(text in "\\PC{0,300}", lines in "([ -]{0,4}[a-z]{1,6}[:\\[{}\\]&*!|>#'\"\t ]{1,3}\n?){0,60}") {
        for text in [text, lines] {
            let mut sources = sound_pack();
            sources.files.insert("flows/any.yaml".into(), text.clone());
            sources.files.insert("flows/desk.yaml".into(), text);
            prop_assert!(check(&sources).pack.is_none());
        }
    }
}
