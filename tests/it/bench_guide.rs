//! What `docs/testing.md` shows is what the program does: its stories are told, its settings and lists are checked.

use std::collections::BTreeMap;

use caredesk::desk::whole_mails;
use caredesk::policy::check::{Sources, check};
use caredesk::policy::mutant::{lean, mutants};
use caredesk::policy::scenario::findings_with;

use crate::stories::{shipped, shipped_files};
use crate::support::Desk;

const PAGE: &str = include_str!("../../docs/testing.md");

/// The YAML that the page shows and that begins with a key.
fn shown(key: &str) -> String {
    let blocks = PAGE.split("```yaml\n").skip(1).filter_map(|rest| rest.split("```").next());
    let found: Vec<&str> = blocks.filter(|block| block.starts_with(key)).collect();
    assert_eq!(found.len(), 1, "the page shows `{key}` once");
    found[0].to_owned()
}

#[test]
fn the_story_of_the_guide_comes_out() {
    let desk = Desk::with_own_pack();
    let stories = desk.pack.join("flows/tickets/triage.scenarios.yaml");
    std::fs::write(stories, shown("scenarios:")).expect("the stories");
    let ran = desk.run(&["test", "--filter", "flows/tickets/triage"]);
    assert!(ran.code == 0 && ran.out.contains("1 of 1 scenarios pass"), "{}{}", ran.out, ran.err);
}

#[test]
fn the_settings_and_the_list_of_the_guide_are_those_of_the_shipped_pack() {
    let (limits, equivalent) = (shown("coverage:"), shown("equivalent:"));
    let files = shipped_files();
    assert!(files["flows/desk.yaml"].contains(limits.trim()));
    let change = equivalent.lines().nth(1).unwrap_or_default().trim();
    assert!(files["flows/movers/mover.scenarios.yaml"].contains(change), "{change}");
    let pack = shipped();
    assert_eq!(findings_with(&pack, &files, &whole_mails::read(&pack, &files)), []);
}

#[test]
fn what_is_written_anew_says_the_same_until_it_is_changed() {
    let (pack, files) = (shipped(), shipped_files());
    let base = lean(&files);
    assert!(check(&Sources { files: base.clone() }).pack.is_some());
    let all = mutants(&pack, &files);
    let names: BTreeMap<&String, ()> = all.iter().map(|mutant| (&mutant.change, ())).collect();
    assert_eq!(names.len(), all.len(), "each change has a name of its own");
    assert!(all.len() > 400, "only {}", all.len());
    for mutant in all.iter().step_by(40) {
        let changed = mutant.apply(&base);
        assert_ne!(changed[&*mutant.place.file], base[&*mutant.place.file], "{}", mutant.change);
    }
}
