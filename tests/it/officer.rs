//! What a policy officer changes on an ordinary day, on the shipped pack: a time, a question, a proof, a refusal and an
//! answer. Each is a few lines, and the pack stays sound.

use std::collections::BTreeMap;

use caredesk::policy::check::{Sources, check};

use super::stories::shipped_files;

/// An edit: the file, what stood there and what stands there now.
type Edit = (&'static str, &'static str, &'static str);

/// Makes the edits, and says how many lines are new or different.
fn edited(edits: &[Edit]) -> (BTreeMap<String, String>, usize) {
    let mut files = shipped_files();
    let mut lines = 0;
    for (name, before, after) in edits {
        let text = files.get_mut(*name).unwrap_or_else(|| panic!("there is no {name}"));
        assert_eq!(text.matches(before).count(), 1, "{name} has this once: {before}");
        *text = text.replace(before, after);
        lines += after.lines().filter(|line| !before.lines().any(|old| old == *line)).count();
    }
    (files, lines)
}

/// The messages of what a check finds now.
fn findings(files: &BTreeMap<String, String>) -> Vec<String> {
    let checked = check(&Sources { files: files.clone() });
    assert!(checked.pack.is_some(), "{:#?}", checked.findings);
    checked.findings.iter().map(|finding| format!("{} {}", finding.place, finding.message)).collect()
}

#[test]
fn the_five_edits_of_a_policy_officer_are_a_few_lines_each() {
    let a_time: &[Edit] =
        &[("flows/passwords/other_mobile.yaml", "    within: 3 working days\n", "    within: 5 working days\n")];
    let a_question: &[Edit] = &[
        (
            "flows/registration/register.yaml",
            "  town:\n    ask: In which town is the site?\n",
            "  beds:\n    ask: How many beds does the site have?\n    type: number\n  town:\n    ask: In which town is the site?\n",
        ),
        (
            "flows/registration/register.yaml",
            "  - ask: [manager_mail, town, staff]\n",
            "  - ask: [manager_mail, beds, town, staff]\n",
        ),
        (
            "flows/registration/register.yaml",
            "    confirm: [organisation, town, manager_mail, staff]\n",
            "    confirm: [organisation, town, beds, manager_mail, staff]\n",
        ),
    ];
    let a_proof: &[Edit] = &[(
        "flows/registration/wrong_details.yaml",
        "  # Only now, so that nobody can try which accounts exist.",
        "  - prove: [owner of organisation, registered_manager of organisation]\n    otherwise: not_proved\n  # Only now, so that nobody can try which accounts exist.",
    )];
    let a_refusal: &[Edit] = &[(
        "flows/registration/choose_route.yaml",
        "  # G: an organisation that has or had NHSmail cannot register again.\n",
        "  - when: organisation.suspended\n    say: This site is suspended, so it cannot join now. Write to us when that is over.\n    then: refused\n  # G: an organisation that has or had NHSmail cannot register again.\n",
    )];
    let an_answer: &[Edit] = &[(
        "flows/answers/joining.yaml",
        "answers:\n",
        "answers:\n  - answer: costs_nothing\n    covers: [REG-1]\n    examples:\n      - what do we have to pay for nhsmail\n    say: |\n      NHSmail costs you nothing.\n",
    )];
    for (what, edits, most) in [
        ("a time", a_time, 1),
        ("a question", a_question, 5),
        ("a proof", a_proof, 2),
        ("a refusal", a_refusal, 3),
        ("an answer", an_answer, 6),
    ] {
        let (files, lines) = edited(edits);
        assert!(lines <= most, "{what} takes {lines} lines");
        let told: Vec<String> =
            findings(&files).into_iter().filter(|told| !told.contains("few examples") && !is_hint(told)).collect();
        assert!(told.is_empty(), "{what}: {told:#?}");
    }
}

/// Advice that does not stop anybody: more examples would be good, and a guard tells something of a site.
fn is_hint(told: &str) -> bool {
    told.contains("example") || told.contains("gives away")
}
