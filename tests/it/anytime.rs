//! What people say in the middle of a request, in a small flow of its own: confirming, changing, going back, stopping, and
//! asking for something else.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use caredesk::policy::check::{Sources, check};
use caredesk::policy::flow::Pack;
use caredesk::policy::intent::{Candidate, Decision, Routed};
use caredesk::policy::scenario::{stories, tell};

use super::stories::shipped_files;

/// A flow with an early question, a record, a question that its answer decides on, and a confirmation before the act.
const TRIP: &str = "
flow: trip
title: Book a visit
why: Somebody comes to the home and must find it.
queue: accounts
targets: usual
starts: {examples: [please book a visit]}
facts:
  town: {ask: Which town is the home in?, type: short_text}
  has_ramp: {ask: Does the home have a ramp?, type: yes_no}
  ramp_width: {ask: How wide is the ramp in centimetres?, type: number}
  visitors: {ask: How many people come?, type: number}
steps:
  - ask: [account_address, town]
  - look_up: account
    by: account_address
    otherwise: agent
  - ask: has_ramp
  - when: has_ramp
    ask: ramp_width
  - ask: visitors
  - confirm: [account, town, has_ramp, visitors]
    say: Thank you. We have all we need.
  - task: resend_activation_password
    do: Visit {{ town }} with {{ visitors }} people.
    otherwise: agent
  - say: The visit is booked.
    then: resolved
";

const CHAT_TO_CONFIRM: &str = "
      - chat: please book a visit
        from: chat-amy
      - chat: amy.field@nhs.net
      - chat: Leeds
      - chat: \"yes\"
      - chat: \"90\"
      - chat: \"4\"
";

fn files(story: &str) -> BTreeMap<String, String> {
    let mut files = shipped_files();
    files.retain(|file, _| !file.ends_with(".scenarios.yaml"));
    files.insert("flows/tickets/trip.yaml".into(), TRIP.into());
    let text = format!("scenarios:\n  - scenario: it\n    now: 2026-03-02 09:00\n    story:{story}");
    files.insert("flows/tickets/trip.scenarios.yaml".into(), text);
    files
}

/// The shipped pack with that flow.
fn pack() -> &'static Pack {
    static PACK: OnceLock<Pack> = OnceLock::new();
    PACK.get_or_init(|| {
        let checked = check(&Sources { files: files("") });
        checked.pack.unwrap_or_else(|| panic!("{:#?}", checked.findings))
    })
}

fn comes_out(story: &str) {
    let (scenarios, findings) = stories(pack(), &files(story));
    assert!(!scenarios.is_empty(), "{findings:#?}");
    let route = |_: &str, text: &str| {
        let (decision, flow) = match text.trim() {
            "please book a visit" => (Decision::Flow, "trip"),
            "my phone is broken and lost" => (Decision::Flow, "other_mobile"),
            "somebody is hurt badly here" => (Decision::Flow, "emergency"),
            "how do I recall an email" => (Decision::Answer, "what_is_an_ods_code"),
            _ => (Decision::Triage, "triage"),
        };
        let candidates = vec![Candidate { flow: flow.into(), score: 1000 }];
        Routed { decision, flow: flow.into(), because: "so it is".into(), candidates, also: vec![] }
    };
    let told = tell(pack(), &route, &scenarios[0]);
    assert!(told.passed, "{}", told.because);
}

#[test]
fn what_is_known_is_shown_and_a_yes_goes_on() {
    comes_out(&format!(
        "{CHAT_TO_CONFIRM}
      - expect:
          step: trip.confirm_account
          state: waiting_requester
          waiting_for: [account, town, has_ramp, visitors]
          replies: [{{has: [We have all we need, Is all this right, amy.field@nhs.net, Leeds], lacks: [\"90\"]}}]
      - chat: Yes, that is right
      - expect: {{task: resend_activation_password, state: with_task}}
"
    ));
}

#[test]
fn what_is_not_right_is_changed_and_nothing_else_is_asked_again() {
    comes_out(&format!(
        "{CHAT_TO_CONFIRM}
      - chat: \"no\"
      - expect:
          step: trip.confirm_account
          replies: [{{has: [Which answer shall we change]}}]
      - chat: the town
      - expect: {{step: trip.ask_account_address, waiting_for: [town], replies: [Which town is the home in]}}
      - chat: Hull
      - expect: {{step: trip.confirm_account, replies: [{{has: [Is all this right, Hull, amy.field@nhs.net]}}]}}
      - chat: change the visitors to 6
      - expect: {{step: trip.confirm_account, facts: {{visitors: \"6\", town: Hull}}, replies: [Is all this right]}}
      - chat: change
      - expect: {{replies: [Which answer shall we change]}}
      - chat: \"no\"
      - expect: {{replies: [Is all this right]}}
      - chat: \"yes\"
      - expect: {{task: resend_activation_password}}
"
    ));
}

#[test]
fn a_changed_answer_leads_down_its_own_way() {
    comes_out(&format!(
        "{CHAT_TO_CONFIRM}
      - chat: change has ramp to no
      - expect: {{step: trip.confirm_account, facts: {{has_ramp: \"no\"}}, unset: [ramp_width]}}
      - chat: change the account address to tom.birch@nhs.net
      - expect:
          step: trip.confirm_account
          decided: [back to trip.ask_account_address]
          replies: [{{has: [tom.birch@nhs.net, Leeds], lacks: [amy.field]}}]
      - chat: change the visitors to a few
      - expect: {{asks: visitors, replies: [You wrote “a few”]}}
"
    ));
}

#[test]
fn a_letter_that_corrects_a_line_changes_it() {
    comes_out(
        "
      - mail: please book a visit
        from: Amy Field <amy@home.example>
      - mail: |
          1. amy.field@nhs.net
          2. Leeds
      - mail: |
          1. no
          2. 4
      - mail: |
          4
      - expect: {step: trip.confirm_account}
      - mail: \"Town: York\"
      - expect:
          step: trip.confirm_account
          facts: {town: York}
",
    );
}

#[test]
fn silence_and_words_that_say_neither_have_an_end() {
    comes_out(&format!(
        "{CHAT_TO_CONFIRM}
      - chat: green tomatoes
      - expect: {{step: trip.confirm_account, replies: [could not find an answer]}}
      - chat: purple tomatoes
      - expect: {{state: with_agent}}
"
    ));
    comes_out(&format!("{CHAT_TO_CONFIRM}\n      - after: 5 working days\n      - expect: {{state: unanswered}}\n"));
}

#[test]
fn back_goes_from_question_to_question() {
    comes_out(&format!(
        "{CHAT_TO_CONFIRM}
      - chat: back
      - expect: {{asks: visitors, unset: [visitors]}}
      - chat: back
      - expect: {{asks: ramp_width, unset: [ramp_width]}}
      - chat: back
      - expect: {{asks: has_ramp, unset: [has_ramp]}}
      - chat: \"no\"
      - expect: {{asks: visitors}}
      - chat: start again
      - expect: {{asks: account_address, unset: [town, has_ramp], replies: [We start again]}}
"
    ));
}

#[test]
fn what_was_done_is_not_taken_back_by_the_requester_alone() {
    comes_out(&format!(
        "{CHAT_TO_CONFIRM}
      - chat: \"yes\"
      - expect: {{state: with_task}}
      - chat: change the town to Hull
      - expect:
          state: with_task
          task: resend_activation_password
          facts: {{town: Leeds}}
          replies: [We have begun to work on what you told us]
      - chat: cancel
      - expect: {{state: with_task, replies: [A colleague will read your message]}}
"
    ));
}

#[test]
fn whoever_changes_for_ever_gets_a_person() {
    let changes: String = (0..11).map(|n| format!("      - chat: change the visitors to {}\n", n + 5)).collect();
    comes_out(&format!("{CHAT_TO_CONFIRM}{changes}      - expect: {{state: with_agent}}\n"));
}

#[test]
fn a_question_in_between_is_answered_and_the_pending_one_repeated() {
    comes_out(
        "
      - chat: please book a visit
        from: chat-amy
      - chat: how do I recall an email
      - expect:
          state: waiting_requester
          tickets: 1
          asks: account_address
          replies: [{has: [ODS, e-mail address of your NHSmail account]}]
          decided: [A question in between was answered]
",
    );
}

#[test]
fn another_request_by_chat_parks_the_first_which_goes_on_later() {
    comes_out(
        "
      - chat: please book a visit
        from: chat-amy
      - chat: my phone is broken and lost
      - expect: {state: waiting_requester, tickets: 1, replies: [That sounds like something else]}
      - chat: yes please
      - expect: {tickets: 2, flow: other_mobile}
      - expect: {ticket: 1, state: parked, flow: trip}
      - chat: cancel
      - expect: {ticket: 2, state: unanswered}
      - expect:
          ticket: 1
          state: waiting_requester
          asks: account_address
",
    );
    comes_out(
        "
      - chat: please book a visit
        from: chat-amy
      - chat: my phone is broken and lost
      - chat: \"yes\"
      - after: 2 working days
      - expect: {ticket: 1, state: with_agent}
",
    );
}

#[test]
fn another_request_by_mail_goes_on_beside_the_first() {
    comes_out(
        "
      - mail: please book a visit
        from: Amy Field <amy@home.example>
      - mail: my phone is broken and lost
      - mail: \"Yes\"
      - expect: {ticket: 1, state: waiting_requester, asks: account_address}
      - expect: {ticket: 2, flow: other_mobile}
",
    );
}

#[test]
fn what_is_urgent_begins_without_a_question() {
    comes_out(
        "
      - chat: please book a visit
        from: chat-amy
      - chat: somebody is hurt badly here
      - expect: {tickets: 2, flow: emergency, state: with_agent, replies: [Ring 999 now]}
",
    );
}

#[test]
fn what_cannot_be_confirmed_is_told() {
    let found = |from: &str, to: &str| {
        let mut files = files("\n      - chat: please book a visit\n        from: chat-amy\n");
        files.insert("flows/tickets/trip.yaml".into(), TRIP.replace(from, to));
        let findings = check(&Sources { files }).findings;
        findings
            .into_iter()
            .filter(|it| it.place.file.ends_with("trip.yaml"))
            .map(|it| it.code)
            .filter(|code| *code != "few-examples")
            .collect::<Vec<_>>()
    };
    assert_eq!(found("confirm: [account, town, has_ramp, visitors]", "confirm: [twon]"), ["unknown-fact"]);
    assert_eq!(found("confirm: [account, town, has_ramp, visitors]", "confirm: [ramp_width]"), ["not-set"]);
    assert_eq!(found("confirm: [account, town, has_ramp, visitors]", "confirm: []"), ["empty-value"]);
    assert_eq!(
        found("visitors: {ask: How many people come?,", "visitors: {ask: How many people come?, secret: yes,"),
        ["secret-in-text", "secret-in-text"]
    );
}
