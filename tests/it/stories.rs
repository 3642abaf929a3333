//! The shipped pack tells its own stories.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use caredesk::desk::whole_mails;
use caredesk::policy::check::{Sources, check};
use caredesk::policy::flow::Pack;
use caredesk::policy::intent::Matcher;
use caredesk::policy::scenario::{Coverage, Told, findings, tell_all, tell_all_with};

/// The files of the shipped pack, by their path below its folder.
pub(crate) fn shipped_files() -> BTreeMap<String, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = BTreeMap::new();
    let mut folders = vec![root.join("flows"), root.join("rules")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the shipped pack can be read") {
            let path = entry.expect("the shipped pack can be read").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name =
                    path.strip_prefix(root).expect("it lies below the root").to_string_lossy().replace('\\', "/");
                files.insert(name, fs::read_to_string(&path).expect("the shipped pack is text"));
            }
        }
    }
    files
}

/// The shipped pack.
pub(crate) fn shipped() -> Pack {
    let checked = check(&Sources { files: shipped_files() });
    assert!(checked.pack.is_some(), "the shipped pack has faults: {:#?}", checked.findings);
    checked.pack.expect("it was looked at one line above")
}

/// What came of the stories of the shipped pack.
fn tell_shipped(pack: &Pack) -> Vec<Told> {
    let files = shipped_files();
    let mails = whole_mails::read(pack, &files);
    tell_all_with(pack, &Matcher::new(pack), &files, &mails).unwrap_or_else(|findings| panic!("{findings:#?}"))
}

#[test]
fn every_shipped_story_comes_out_as_it_is_told() {
    let pack = shipped();
    let told = tell_shipped(&pack);
    let failed: Vec<String> = told
        .iter()
        .filter(|told| !told.passed)
        .map(|told| format!("{}\n    {}", told.scenario, told.because))
        .collect();
    assert!(failed.is_empty(), "{} of {} stories fail:\n{}", failed.len(), told.len(), failed.join("\n"));
}

#[test]
fn the_shipped_stories_reach_every_step() {
    let pack = shipped();
    let told = tell_shipped(&pack);
    let all = Coverage::all(&pack);
    let mut reached = Coverage::default();
    told.iter().for_each(|told| reached.add(&told.reached));
    assert!(
        reached.branches.is_subset(&all.branches),
        "not branches: {:?}",
        reached.branches.difference(&all.branches)
    );
    let missed: Vec<&String> = all.steps.difference(&reached.steps).collect();
    assert!(missed.is_empty(), "no story reaches {missed:?}");
}

/// The shipped files with one more scenario file beside `triage`, in place of its own.
fn with_story(story: &str) -> BTreeMap<String, String> {
    let mut files = shipped_files();
    files.retain(|file, _| !file.ends_with(".scenarios.yaml"));
    files.insert("flows/tickets/triage.scenarios.yaml".into(), story.into());
    files
}

fn tell(story: &str) -> Told {
    let pack = shipped();
    let mut told = tell_all(&pack, &Matcher::new(&pack), &with_story(story)).expect("the story is sound");
    told.pop().expect("the file has one story")
}

#[test]
fn a_failing_story_names_its_line_what_was_expected_and_what_came() {
    let told = tell(
        r#"scenarios:
  - scenario: a fish tank
    story:
      - mail: our fish tank leaks
        from: Amy Field <amy@home.example>
      - expect:
          state: with_agent
          queue: accounts
"#,
    );
    assert!(!told.passed);
    assert_eq!(told.because, "flows/tickets/triage.scenarios.yaml:8: expected queue accounts, but it is triage");
    assert_eq!((told.flow.as_str(), told.channel, told.covers), ("triage", "mail", vec!["ESC-6".to_owned()]));
}

#[test]
fn an_act_that_is_not_possible_fails_a_story_unless_it_expects_so() {
    let story = |expect: &str| {
        format!(
            "scenarios:\n  - scenario: done\n    story:\n      - chat: our fish tank leaks\n        from: amy\n      - agent: done\n      - expect: {expect}\n"
        )
    };
    let told = tell(&story("{state: with_agent}"));
    assert_eq!(
        told.because,
        "flows/tickets/triage.scenarios.yaml:6: this act is not possible: This ticket has no open task."
    );
    assert_eq!(tell(&story("{refused: no open task}")).because, "");
}

#[test]
fn a_letter_answered_from_another_address_opens_a_linked_request_and_tells_nothing_of_the_first() {
    let told = tell(
        r#"scenarios:
  - scenario: the right words from the wrong place
    story:
      - mail: Please reset my password
        from: Amy Field <amy@home.example>
      - expect: {tickets: 1, flow: password_help}
      - mail: amy.field@nhs.net
        from: Mallory <mallory@home.example>
        answers: ask_account_address
      - expect: {tickets: 2, ticket: 1, unset: [account_address], waiting_for: [account_address, registered_mobile]}
      - expect: {ticket: 2, decided: ["It spoke of {{ tickets.1.reference }}, which it could not join"]}
"#,
    );
    assert_eq!(told.because, "");
}

#[test]
fn whoever_was_proved_once_must_be_proved_again() {
    for how in ["authenticated: no", "sender: on_behalf"] {
        let told = tell(&format!(
            r#"scenarios:
  - scenario: her own address, and nobody vouches
    story:
      - mail: Please reset my password
        from: Amy Field <amy@home.example>
      - mail: amy.field@nhs.net
        {how}
        answers: ask_account_address
      - expect: {{tickets: 2, ticket: 1, unset: [account_address], waiting_for: [account_address, registered_mobile]}}
      - expect: {{ticket: 2, decided: ["It spoke of {{{{ tickets.1.reference }}}}, which it could not join"]}}
      - mail: amy.field@nhs.net
        subject: About {{{{ tickets.1.reference }}}}
        answers: nothing
      - expect: {{tickets: 2, ticket: 1, waiting_for: [registered_mobile], decided: [The mail server vouches for amy@home.example.]}}
"#
        ));
        assert_eq!(told.because, "", "{how}");
    }
}

#[test]
fn a_proved_person_joins_by_the_reference_or_by_having_one_request() {
    let told = tell(
        r#"scenarios:
  - scenario: no letter is answered
    story:
      - mail: Please reset my password
        from: Amy Field <amy@home.example>
      - mail: My address is amy.field@nhs.net
        subject: About {{ ticket.reference }}
        answers: nothing
      - expect: {tickets: 1, waiting_for: [registered_mobile]}
      - mail: My mobile is 07700 900111
        answers: nothing
      - expect: {tickets: 1, state: with_task}
      - mail: How do I put a signature at the bottom of my emails?
        answers: nothing
      - expect: {tickets: 2, answered: add_signature}
      - mail: My mobile is 07700 900111, about {{ tickets.1.reference }}
        from: Mallory <mallory@home.example>
        answers: nothing
      - expect: {tickets: 3}
"#,
    );
    assert_eq!(told.because, "");
}

#[test]
fn the_directory_can_change_while_a_story_goes_on() {
    let told = tell(
        r#"scenarios:
  - scenario: she is leaving by now
    story:
      - mail: Please reset my password
        from: Amy Field <amy@home.example>
      - directory:
          accounts:
            amy: {leaving: yes}
      - mail: amy.field@nhs.net, 07700 900111
      - expect: {state: with_agent, decided: [Rule accounts.standing said leaving]}
"#,
    );
    assert_eq!(told.because, "");
}

#[test]
fn every_fault_of_a_scenario_file_is_told_with_its_line() {
    let files = with_story(
        r#"scenarios:
  - scenario: one
    cover: [ESC-6]
    story:
      - mail: hello
      - after: some days
      - agent: dnoe
      - expect: {step: triage.hand_ovr_triage, stat: closed, queue: triagee}
      - sms: hello
  - scenario: two
    now: tomorrow
    story:
      - chat: hello
        from: amy
        answers: nothing
      - mail: hello
        authenticated: perhaps
        sender: her_son
"#,
    );
    let told: Vec<String> = findings(&shipped(), &files)
        .iter()
        .map(|finding| format!("{} {}: {}; {}", finding.place.line, finding.code, finding.message, finding.help))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r"
    3 unknown-key: `cover` is not a key of a scenario; did you mean `covers`?
    5 missing-key: the first message does not say who writes; add `from:`
    6 bad-length: `some days` is not a length of time; write a length such as `2 hours`, `3 days` or `1 working day`
    7 bad-value: `dnoe` is nothing that an agent does; did you mean `done`?
    8 unknown-step: there is no step called `triage.hand_ovr_triage`; did you mean `triage.hand_over_triage`?
    8 unknown-key: `stat` is not a key of `expect`; did you mean `state`?
    8 unknown-queue: there is no queue called `triagee`; did you mean `triage`?
    9 wrong-kind: each item of a story has one of mail, chat, call, after, agent, directory, expect; known here: after, agent, call, chat, directory, expect, mail
    11 bad-date: `tomorrow` is not a day and a time; write it like `2026-03-02 09:00`
    13 no-expectation: `two` expects nothing, so it cannot fail; add `- expect: {…}`
    15 unknown-key: `answers` is not a key of `chat`; known here: chat, from, secret_removed
    17 bad-value: `authenticated` is yes or no, not `perhaps`; write yes or no
    18 bad-value: `her_son` is nothing that `sender` can be; write `on_behalf` if somebody else sent the mail in that name, or leave it out
    ");
}
