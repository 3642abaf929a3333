//! Sixty mistakes of people who write policy, each done to a copy of the shipped pack: what the checker says of them.
//!
//! `tests/data/findings/README.md` tells how a case is written.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use caredesk::desk::whole_mails;
use caredesk::library;
use caredesk::policy::check::{Sources, check};
use caredesk::policy::finding::{Finding, Severity, in_order};
use caredesk::policy::scenario;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    edits: Vec<Edit>,
    names: serde_yaml::Value,
    at: Spot,
    severity: String,
    #[serde(default)]
    wrong_case: Option<String>,
}

#[derive(Deserialize)]
struct Edit {
    file: String,
    find: Option<String>,
    replace: Option<String>,
    content: Option<String>,
    nth: Option<usize>,
}

#[derive(Deserialize)]
struct Spot {
    file: String,
    line: usize,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn cases() -> BTreeMap<String, Case> {
    let mut cases = BTreeMap::new();
    for entry in fs::read_dir(root().join("tests/data/findings")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|end| end == "yaml") {
            let name = path.file_stem().unwrap().to_string_lossy().into_owned();
            let text = fs::read_to_string(&path).unwrap();
            cases.insert(name.clone(), serde_yaml::from_str(&text).unwrap_or_else(|fault| panic!("{name}: {fault}")));
        }
    }
    cases
}

fn broken(shipped: &Sources, name: &str, case: &Case) -> Sources {
    let mut sources = shipped.clone();
    for edit in &case.edits {
        let text = sources.files.entry(edit.file.clone()).or_default();
        if let Some(content) = &edit.content {
            text.clone_from(content);
            continue;
        }
        let find = edit.find.as_deref().unwrap_or_else(|| panic!("{name}: an edit without `find`"));
        let spots: Vec<usize> = text.match_indices(find).map(|(at, _)| at).collect();
        let at = spots.get(edit.nth.unwrap_or(1) - 1).copied();
        let at = at.unwrap_or_else(|| panic!("{name}: `{find}` stands {} times in {}", spots.len(), edit.file));
        text.replace_range(at..at + find.len(), edit.replace.as_deref().unwrap_or(""));
    }
    sources
}

fn findings(sources: &Sources) -> Vec<Finding> {
    let checked = check(sources);
    let mut findings = checked.findings;
    findings.extend(caredesk::policy::check::on_day(&sources.files, jiff::civil::date(2026, 3, 2)));
    findings.extend(checked.pack.iter().flat_map(|pack| {
        let mails = whole_mails::read(pack, &sources.files);
        scenario::findings_with(pack, &sources.files, &mails)
    }));
    in_order(findings)
}

fn names(case: &Case) -> Vec<String> {
    match &case.names {
        serde_yaml::Value::Sequence(names) => {
            names.iter().filter_map(|name| name.as_str().map(str::to_owned)).collect()
        }
        serde_yaml::Value::String(name) => vec![name.clone()],
        other => vec![serde_yaml::to_string(other).unwrap().trim().to_owned()],
    }
}

fn is_meant(case: &Case, finding: &Finding) -> bool {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let near = finding.place.line.abs_diff(case.at.line) <= 1 && *finding.place.file == *case.at.file;
    let said = format!("{} {}", finding.message, finding.help);
    near && severity == case.severity && names(case).iter().all(|name| said.contains(name.as_str()))
}

#[test]
fn the_mistakes_of_policy_writers_are_found() {
    let (shipped, _) = library::read(root()).unwrap();
    let (mut found, mut clean, mut report) = (0, 0, String::new());
    let cases = cases();
    for (name, case) in &cases {
        let findings = findings(&broken(&shipped, name, case));
        let is_found = findings.iter().any(|finding| is_meant(case, finding));
        let is_clean = is_found && findings.len() <= 3;
        found += usize::from(is_found);
        clean += usize::from(is_clean);
        if !(is_clean || case.wrong_case.is_some()) {
            let word = if is_found { "crowded" } else { "missed" };
            report += &format!(
                "{word}: {name} (wanted {} {}:{} {:?})\n",
                case.severity,
                case.at.file,
                case.at.line,
                names(case)
            );
            for finding in findings.iter().take(6) {
                let Finding { code, place, message, help, .. } = finding;
                report += &format!("    {place} {code}: {message} | {help}\n");
            }
        }
    }
    let missed = report.matches("missed: ").count();
    println!("{found} of {} found, {clean} of them clean\n{report}", cases.len());
    assert!(cases.len() >= 60, "{} cases", cases.len());
    assert!(missed <= MISSED, "{missed} are missed\n{report}");
}

/// How many of the mistakes are known not to be found; `docs/findings.md` lists them.
const MISSED: usize = 1;

#[test]
fn the_shipped_pack_has_no_findings() {
    let (shipped, unreadable) = library::read(root()).unwrap();
    let findings = findings(&shipped);
    let told: Vec<String> =
        findings.iter().map(|finding| format!("{} {}: {}", finding.place, finding.code, finding.message)).collect();
    assert_eq!(unreadable, []);
    assert!(told.is_empty(), "{} findings\n{}", told.len(), told.join("\n"));
}

#[test]
fn every_finding_that_can_be_given_stands_on_the_page() {
    const CALLS: [&str; 6] = ["Finding::error(", "Finding::warning(", ".error(", ".warning(", ".refuse(", ".fault("];
    let page = include_str!("../../docs/findings.md");
    // `-act` behind `unknown-queue` in a row is short for `unknown-act`.
    let stands = |code: &str| {
        let end = code.split_once('-').map_or(code, |(_, end)| end);
        page.contains(&format!("`{code}`")) || page.contains(&format!("`-{end}`"))
    };
    let mut codes = BTreeSet::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/policy")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("the folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let text = fs::read_to_string(&path).expect("a file");
            for call in CALLS {
                let behind = text.split(call).skip(1).filter_map(|rest| rest.trim_start().strip_prefix('"'));
                let words = behind.filter_map(|rest| rest.split_once('"')).map(|(word, _)| word);
                let is_code =
                    |word: &&str| word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
                codes.extend(words.filter(is_code).map(str::to_owned));
            }
        }
    }
    assert!(codes.len() > 140, "{}", codes.len());
    let missing: Vec<&String> = codes.iter().filter(|code| !stands(code)).collect();
    assert!(missing.is_empty(), "docs/findings.md does not tell {missing:?}");
}
