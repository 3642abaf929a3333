//! What agents read about a ticket, and what an escalation tells people outside.

use jiff::Timestamp;

use caredesk::policy::advance::advance;
use caredesk::policy::explain::{self, Happened};
use caredesk::policy::flow::Starts;
use caredesk::policy::intent::{Entrance, Matcher};
use caredesk::policy::message::{Channel, Class, LettersSoFar, Message, Party};
use caredesk::policy::outcome::{Act, Event, Found, Opening, Wanted};
use caredesk::policy::proof::Standing;
use caredesk::policy::ticket::{Reference, Ticket};
use caredesk::policy::world::World;

use super::stories::{shipped, shipped_files};
use super::support::Desk;

/// Takes a ticket through what happens to it, with the shipped directory.
fn live(events: Vec<(&str, Event)>) -> (Ticket, Vec<Happened>) {
    let pack = shipped();
    let world = World::from_yaml(&shipped_files()["flows/world.yaml"]).expect("the shipped world is sound");
    let (mut ticket, mut journal): (Option<Ticket>, Vec<Happened>) = (None, Vec::new());
    for (at, event) in events {
        let at: Timestamp = at.parse().expect("this is a time");
        let mut next = Some(event);
        while let Some(event) = next.take() {
            let outcome = advance(&pack, ticket.as_ref(), &event, at);
            assert_eq!(outcome.refused, None);
            journal.push((event, at, outcome.trace));
            if let Some(need) = outcome.need {
                let look_up = |kind, by: &[_]| world.look_up(kind, by, pack.desk.mailbox_forms());
                let found = match need.what {
                    Wanted::Rows { kind, by, .. } => Found::Rows(look_up(kind, &by)),
                    Wanted::Refresh { records } => {
                        let again = records.iter().map(|read| (read.name.clone(), look_up(read.kind, &read.by)));
                        Found::Refreshed(again.collect())
                    }
                    Wanted::People { people } => Found::People(world.newcomers(&people)),
                    Wanted::Dossier { .. } | Wanted::Identity { .. } => Found::Rows(Vec::new()),
                };
                next = Some(Event::Found { query: need.query, found });
            }
            ticket = Some(outcome.ticket);
        }
    }
    (ticket.expect("something happened"), journal)
}

fn mail(text: &str, answers: Option<u32>) -> Box<Message> {
    Box::new(Message {
        channel: Channel::Mail,
        from: Party { address: "amy@home.example".into(), name: Some("Amy Field".into()) },
        standing: Standing::default(),
        subject: if answers.is_some() { "Re: password".into() } else { "password".into() },
        text: text.into(),
        class: if answers.is_some() { Class::Reply } else { Class::Request },
        message_id: None,
        references: Vec::new(),
        answers_letter: answers,
        secret_removed: false,
        whole: None,
        attachments: Vec::new(),
        tables: Vec::new(),
        letters_so_far: LettersSoFar::default(),
    })
}

fn a_password_from_first_to_last() -> (Ticket, Vec<Happened>) {
    let opening = Opening {
        reference: Reference("CD-7K3M-9QX4".into()),
        flow: "password_help".into(),
        because: "it says “reset my password”".into(),
        linked: Some(Reference("CD-AAAA-AAAA".into())),
        choices: Vec::new(),
        received: None,
        phone: None,
    };
    let act = |act| Event::Acted { agent: "sam".into(), act };
    let gives = vec![("identity_checked".to_owned(), "yes".to_owned())];
    live(vec![
        (
            "2026-03-02T09:00:00Z",
            Event::Received {
                message: mail("Please reset my password. It is 07700 900111.", None),
                opening: Some(opening),
                elsewhere: None,
            },
        ),
        (
            "2026-03-02T10:00:00Z",
            Event::Received { message: mail("1. amy.field@nhs.net", Some(1)), opening: None, elsewhere: None },
        ),
        ("2026-03-02T10:30:00Z", act(Act::Note { text: "Rang twice.".into() })),
        ("2026-03-02T10:40:00Z", act(Act::Done { task: None, gives })),
        ("2026-03-02T11:00:00Z", act(Act::Done { task: None, gives: Vec::new() })),
    ])
}

#[test]
fn the_story_of_a_ticket_is_told_in_plain_words() {
    let (ticket, journal) = a_password_from_first_to_last();
    insta::assert_snapshot!(explain::story(&shipped(), &ticket, &journal).join("\n"), @r"
    2 March 2026, 09:00 — amy@home.example wrote, under “password”: “Please reset my password. It is 07700 900111.”
      Nobody vouches for this sender.
      It spoke of CD-AAAA-AAAA, which it could not join. The two are linked.
      It started “A new password from the desk”, because it says “reset my password”.
      Step password_help.ask_account_address asks for: “What is the e-mail address of your NHSmail account?”, “Which mobile number is registered for the account?”.
      Understood: “Which mobile number is registered for the account?” = the number ending 0111, as the only mobile number in the text.
      The request is now waiting for the requester, because step password_help.ask_account_address asks the requester.
      Letter 1 went to the requester. It asked: “What is the e-mail address of your NHSmail account?”.
    2 March 2026, 10:00 — amy@home.example wrote, under “Re: password”, in answer to letter 1: “1. amy.field@nhs.net”
      Nobody vouches for this sender.
      Understood: “What is the e-mail address of your NHSmail account?” = amy.field@nhs.net, as the answer to question 1.
      Step password_help.look_up_account looks up account by “What is the e-mail address of your NHSmail account?”.
      Looked up account: 1 match.
      Rule accounts.standing said ring, because the mobile given is the one on record. It read: account.leaving is no, account.mobile is the number ending 0111, account.suspended is no, registered_mobile is the number ending 0111. It could have said: leaving, no_mobile, not_matched, suspended.
      Step password_help.ring: its text was said.
      Task 1, check security answers, was given to Accounts and passwords. “Ring 07700 900111 for Amy Field, amy.field@nhs.net. Ask for three characters of the security answers. Write none of them down. When to ring: as soon as you can.”
      The request is now waiting for an agent's task, because an agent has something to do: check_security_answers.
      Letter 2 went to the requester.
    2 March 2026, 10:30 — sam made a note.
      Note: Rang twice.
    2 March 2026, 10:40 — sam has done the task: “Did the caller give the right characters?” = yes.
      Understood: “Did the caller give the right characters?” = yes, said by sam.
      Task 1, check security answers, was done.
      Skipped step password_help.hand_over_security, because `not identity_checked` was not so (identity_checked is yes).
      The time for task 1 was kept.
      Task 2, reset password, was given to Accounts and passwords. “Set a temporary password for amy.field@nhs.net and text it to 07700 900111. Never send it by mail.”
    2 March 2026, 11:00 — sam has done the task.
      Task 2, reset password, was done.
      Step password_help.say_10: its text was said.
      The request is now closed, because the flow ended.
      Letter 3 went to the requester.
      The time for the first answer was kept.
      The time to solve it was kept.
      The time for task 2 was kept.
    Now: closed, resolved.
    ");
}

#[test]
fn an_escalation_tells_what_was_said_and_done_and_nothing_from_the_directory() {
    let (ticket, journal) = a_password_from_first_to_last();
    let dossier = explain::dossier(&shipped(), explain::Case { ticket: &ticket, journal: &journal }, None, false);
    assert!(!dossier.escalated_before);
    insta::assert_snapshot!([dossier.words, dossier.history].concat().join("\n"), @r"
    2 March 2026, 09:00: password
    Please reset my password. It is 07700 900111.
    2 March 2026, 10:00: 1. amy.field@nhs.net
    2 March 2026, 09:00: the person wrote to us
    2 March 2026, 09:00: the request was opened as “A new password from the desk”
    2 March 2026, 09:00: we wrote to the person
    2 March 2026, 10:00: the person wrote to us
    2 March 2026, 10:00: task “check security answers” given to Accounts and passwords
    2 March 2026, 10:00: we wrote to the person
    2 March 2026, 10:40: task “check security answers” done
    2 March 2026, 10:40: task “reset password” given to Accounts and passwords
    2 March 2026, 11:00: task “reset password” done
    2 March 2026, 11:00: the request was closed
    2 March 2026, 11:00: we wrote to the person
    ");
}

#[test]
fn a_decision_is_told_with_its_line_and_with_what_the_others_needed() {
    let (ticket, journal) = a_password_from_first_to_last();
    let story = explain::reasons(&shipped(), &shipped_files(), &ticket, &journal).join("\n");
    for words in [
        "    Written in flows/passwords/password_help.yaml, line ",
        "    The verdict ring (rules/accounts.rhai, line 15) led to step password_help.ring.",
        "    The verdict leaving (rules/accounts.rhai, line 10) would have needed: the account is marked as leaving, and \
         would have led to step password_help.leaving.",
        "    To whoever made the request, because step password_help.ask_account_address speaks to them",
        "    It would have needed: “Did the caller give the right characters?” is no.",
    ] {
        assert!(story.contains(words), "{words} in\n{story}");
    }
}

#[test]
fn why_a_flow_was_not_chosen_is_told() {
    let starts = |examples: &[&str], never: &[&str]| Starts {
        examples: examples.iter().map(|it| (*it).to_owned()).collect(),
        keywords: vec!["mailbox".into()],
        never: never.iter().map(|it| (*it).to_owned()).collect(),
    };
    let first = starts(&["please reset my password", "I forgot my password"], &[]);
    let second = starts(&["our shared mailbox is full", "the mailbox has no room"], &["password"]);
    let entrance = |flow, starts| Entrance { flow, title: flow, is_answer: false, hurry: 1000, starts };
    let matcher = Matcher::of([entrance("passwords", &first), entrance("mailboxes", &second)]);
    let reasons = matcher.why_not("mailboxes", "", "please reset my password").join("\n");
    for words in [
        "The message says “password”, which rules it out.",
        "It had 0 in a hundred and came 2. of 2; to start it needs 52.",
        "None of its keywords stands in the message: mailbox.",
        "So “passwords” began, because",
    ] {
        assert!(reasons.contains(words), "{words} in\n{reasons}");
    }
    assert!(matcher.why_not("passwords", "", "please reset my password").is_empty());
    assert!(matcher.why_not("other", "", "please")[0].starts_with("No message starts it"));
}

#[test]
fn a_scenario_is_explained_like_a_ticket() {
    let desk = Desk::new();
    let ran = desk.run(&["explain", "--scenario", "a mistyped number is put right"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("── password_help: ") && ran.out.contains("would have needed: "), "{}", ran.out);
    let ran = desk.run(&["explain", "--scenario", "a mistyped number is put right", "--why-not", "leaver"]);
    assert!(ran.out.contains("to start it needs 52."), "{}{}", ran.out, ran.err);
    assert_eq!(desk.run(&["explain", "--scenario", "no such words"]).code, 2);
}
