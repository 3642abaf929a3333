//! The bench of policy staff: what stories reach, and which changes of the pack they notice.

use serde_json::Value;

use crate::bench_run::{GOOD, edit, small};

/// A row of a kind, by one of its keys.
fn rows<'r>(rows: &'r [Value], key: &str) -> Vec<&'r Value> {
    rows.iter().filter(|row| row.get(key).is_some()).collect()
}

#[test]
fn what_no_story_reaches_is_listed_with_its_place() {
    let desk = small(GOOD);
    let ran = desk.run(&["test", "--coverage", "--format", "json"]);
    assert_eq!(ran.code, 1, "desk.yaml demands that all is reached");
    assert!(ran.err.contains("desk.yaml demands 100 in a hundred"), "{}", ran.err);
    let printed = ran.json();
    let coverage = rows(&printed, "coverage");
    let ods = coverage.iter().find(|row| row["coverage"] == "find_ods_code").expect("its row");
    assert_eq!((&ods["steps"], &ods["steps_reached"]), (&Value::from(4), &Value::from(3)));
    let missed = rows(&printed, "missed");
    let exeter = missed.iter().find(|row| row["missed"] == "find_ods_code.exeter").expect("its row");
    assert_eq!((&exeter["kind"], &exeter["file"]), (&"step".into(), &"flows/registration/find_ods_code.yaml".into()));
    assert!(exeter["line"].as_u64().is_some_and(|line| line > 20));
    let last = printed.last().expect("the totals");
    assert!(last["steps_reached"].as_u64() < last["steps"].as_u64());

    edit(
        &desk.pack.join("flows/desk.yaml"),
        "coverage: {steps: 100, branches: 100, mutants: 95}",
        "coverage: {steps: 50}",
    );
    let ran = desk.run(&["test", "--coverage"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("no scenario reaches the step `exeter`"), "{}", ran.out);
}

#[test]
fn a_share_that_is_none_is_a_finding() {
    let desk = small(GOOD);
    edit(&desk.pack.join("flows/desk.yaml"), "steps: 100", "steps: 101");
    let ran = desk.run(&["check", "--format", "json"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.json()
            .iter()
            .any(|row| row["code"] == "bad-value" && row["message"] == "`101` is not a share in hundredths")
    );
}

#[test]
fn changes_that_no_story_notices_are_listed_with_the_story_to_write() {
    let desk = small(GOOD);
    let ran = desk.run(&["test", "--mutate", "--format", "json"]);
    assert_eq!(ran.code, 1, "desk.yaml demands that 95 in a hundred are noticed");
    let printed = ran.json();
    let of = |change: &str| {
        printed
            .iter()
            .find(|row| row["change"] == change)
            .unwrap_or_else(|| panic!("{change} is in {}", ran.out))
            .clone()
    };
    let noticed = of("find_ods_code.say_3: the text left out");
    assert_eq!((&noticed["noticed"], &noticed["by"]), (&true.into(), &"scenario".into()));
    assert_eq!(of("find_ods_code.exeter: the step dropped")["by"], "check");
    let missed = of("find_ods_code.exeter: the text left out");
    assert_eq!((&missed["noticed"], &missed["file"]), (&false.into(), &"flows/registration/find_ods_code.yaml".into()));
    assert!(missed["wanted"].as_str().is_some_and(|wanted| wanted.contains("a phrase of this text")));
    let totals = printed.last().expect("the totals");
    let count = |key: &str| totals[key].as_u64().expect("a number");
    assert_eq!(count("mutants"), count("noticed") + count("equivalent") + count("not_noticed"));
    assert!(ran.err.contains("not noticed"), "progress is told: {}", ran.err);
}

#[test]
fn what_is_the_same_to_everybody_is_listed_with_its_reason_and_must_exist() {
    let excused =
        "equivalent:\n  - change: \"find_ods_code.exeter: the text left out\"\n    because: Nobody reads it.\n";
    let desk = small(&format!("{GOOD}{excused}"));
    let ran = desk.run(&["test", "--mutate", "--filter", "by chat"]);
    assert!(ran.out.contains("find_ods_code.exeter: the text left out\n        Nobody reads it."), "{}", ran.out);
    let desk = small(&format!("{GOOD}{}", excused.replace("exeter", "exetr")));
    let ran = desk.run(&["check", "--format", "json"]);
    assert!(ran.json().iter().any(|row| row["code"] == "unknown-change"), "{}", ran.out);
}
