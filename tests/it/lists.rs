//! Lists of people, several tasks at once and a choice of records, from the first message to the end.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use caredesk::policy::check::{Checked, Sources, check};
use caredesk::policy::intent::Matcher;
use caredesk::policy::scenario::{Coverage, tell_all};

/// The sound pack of the corpus, with a flow that goes through a list.
fn files() -> BTreeMap<String, String> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let read = |path: &Path| fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut files = BTreeMap::new();
    for name in ["flows/desk.yaml", "flows/facts.yaml", "flows/tickets/triage.yaml"] {
        files.insert(name.to_owned(), read(&corpus.join("flows-bad/pack").join(name)));
    }
    for (file, name) in [
        ("register.yaml", "flows/registration/register.yaml"),
        ("register.scenarios.yaml", "flows/registration/register.scenarios.yaml"),
        ("staff.rhai", "rules/staff.rhai"),
        ("world.yaml", "flows/world.yaml"),
    ] {
        files.insert(name.to_owned(), read(&corpus.join("lists").join(file)));
    }
    let desk = files.get_mut("flows/desk.yaml").expect("it was put there");
    *desk = desk
        .replace("\nacts:\n", "\nacts:\n  create_account: anyone\n  create_mailbox: anyone\n  check_login: anyone\n");
    files
}

fn errors(checked: &Checked) -> Vec<String> {
    let told = checked.findings.iter().filter(|finding| finding.severity == caredesk::policy::finding::Severity::Error);
    told.map(|finding| format!("{} {}: {}", finding.place, finding.code, finding.message)).collect()
}

#[test]
fn people_are_listed_sorted_and_worked_through() {
    let files = files();
    let checked = check(&Sources { files: files.clone() });
    assert_eq!(errors(&checked), Vec::<String>::new());
    let pack = checked.pack.expect("there is no error in it");
    let told = tell_all(&pack, &Matcher::new(&pack), &files).unwrap_or_else(|findings| panic!("{findings:#?}"));
    let failed: Vec<String> = told
        .iter()
        .filter(|told| !told.passed)
        .map(|told| format!("{}\n    {}", told.scenario, told.because))
        .collect();
    assert!(failed.is_empty(), "{}", failed.join("\n"));
    let all = Coverage::all(&pack);
    let mut reached = Coverage::default();
    told.iter().for_each(|told| reached.add(&told.reached));
    let own = |step: &&String| step.starts_with("register.");
    let missed: Vec<&String> = all.steps.difference(&reached.steps).filter(own).collect();
    assert!(missed.is_empty(), "no story reaches {missed:?}");
    let ways = |branches: &std::collections::BTreeSet<String>| -> Vec<String> {
        branches
            .iter()
            .filter(|way| way.starts_with("register.set_up") || way.starts_with("register.look_up"))
            .cloned()
            .collect()
    };
    assert_eq!(
        ways(&reached.branches),
        [
            "register.look_up_organisation: otherwise",
            "register.look_up_organisation: then",
            "register.set_up: no_room",
            "register.set_up: then"
        ]
    );
}
