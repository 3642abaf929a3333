//! A conversation by chat, one question at a time, over the same flows as mail.

use serde_json::Value;

use crate::support::Desk;

fn said(result: &Value) -> String {
    let replies = result["replies"].as_array().expect("replies");
    replies.iter().map(|reply| reply["text"].as_str().expect("a text")).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_message_that_is_too_long_is_not_used_and_its_writer_hears_that() {
    let desk = Desk::with_sample();
    let first = desk.chat("amy", "please can you reset my nhsmail password");
    let just = format!("amy.field@nhs.net {}", "x".repeat(5_000 - 18));
    for long in [format!("{just}y"), "amy.field@nhs.net ".repeat(3_000)] {
        let told = desk.chat("amy", &long);
        assert_eq!((told["decision"].as_str(), told["ticket"].clone()), (Some("answer"), Value::Null));
        assert!(said(&told).contains("too long") && said(&told).contains("5,000"), "{}", said(&told));
        assert!(told["because"].as_str().is_some_and(|why| why.contains("characters")), "{told}");
    }
    // The question is still open, and what is just short enough answers it.
    let second = desk.chat("amy", &just);
    assert_eq!((second["decision"].as_str(), &second["ticket"]), (Some("continued"), &first["ticket"]));
    assert_eq!(second["waiting_for"][0]["type"], "mobile", "{second}");
    // A terminal takes no million in one line, and goes on.
    let lines = format!("{}\nstatus\n", "x".repeat(1_000_000));
    let ran = desk.run_with(&["chat", "--from", "amy", "--format", "json"], lines.as_bytes());
    assert_eq!((ran.code, ran.json().len()), (0, 1), "{}", ran.err);
    assert!(ran.err.contains("too long") && ran.err.contains("was not sent"), "{}", ran.err);
}

#[test]
fn other_letters_than_latin_go_to_a_person_and_get_no_automatic_answer() {
    let desk = Desk::with_sample();
    for (n, text) in ["আমি আমার পাসওয়ার্ড ভুলে গেছি", "не могу", "لا أستطيع تسجيل الدخول إلى NHSmail"].iter().enumerate()
    {
        let told = desk.chat(&format!("person-{n}"), text);
        assert_eq!(told["decision"], "triage", "{told}");
        assert!(said(&told).contains("only read English"), "{}", said(&told));
        assert_eq!(desk.show(told["ticket"].as_str().expect("a reference"))["state"], "with_agent");
    }
    let mail = crate::support::mail("m", "Ivan <ivan@home.example>", "пароль", "Я забыл пароль");
    let told = desk.ingest(&mail);
    assert_eq!(told["decision"], "triage", "{told}");
    assert!(told["letters"][0]["text"].as_str().is_some_and(|text| text.contains("only read English")), "{told}");
    assert_eq!(desk.chat("omar", "Zażółć: please can you reset my nhsmail password")["decision"], "flow");
}

#[test]
fn a_chat_asks_one_thing_at_a_time_and_gives_the_work_to_an_agent() {
    let desk = Desk::with_sample();
    let first = desk.chat("amy", "please can you reset my nhsmail password");
    assert_eq!((first["decision"].as_str(), first["covers"][0].as_str()), (Some("flow"), Some("PWD-2")));
    assert_eq!(first["waiting_for"][0]["fact"], "account_address");
    assert_eq!(first["waiting_for"][0]["type"], "nhs_mail");
    assert!(said(&first).contains("e-mail address") && !said(&first).contains("mobile number"), "{}", said(&first));
    let reference = first["ticket"].as_str().expect("a reference");
    assert!(said(&first).contains(reference));

    let wrong = desk.chat("amy", "amy at nhs dot net");
    assert!(said(&wrong).contains("@nhs.net"), "{}", said(&wrong));
    let second = desk.chat("amy", "amy.field@nhs.net");
    assert_eq!((second["decision"].as_str(), second["ticket"].as_str()), (Some("continued"), Some(reference)));
    assert!(said(&second).contains("mobile number"));
    let third = desk.chat("amy", "07700 900111");
    assert!(said(&third).contains("ending 0111"), "{}", said(&third));
    assert_eq!(desk.show(reference)["state"], "with_task");
    assert!(desk.sent().is_empty(), "a chat is answered by chat");
}

#[test]
fn a_question_with_its_answer_keeps_no_ticket_and_the_ledger_counts_it() {
    let desk = Desk::with_sample();
    let answered = desk.chat("omar", "I can read my mail but not send any");
    assert_eq!((answered["decision"].as_str(), answered["covers"][0].as_str()), (Some("answer"), Some("USE-2")));
    assert!(answered["ticket"].is_null());
    assert!(said(&answered).contains("accept"), "{}", said(&answered));
    assert!(desk.run(&["ticket", "list", "--all", "--format", "json"]).out.is_empty());
    let ledger = desk.run(&["ledger", "--format", "json"]).one();
    assert_eq!(
        (ledger["door"].as_str(), ledger["answered"].as_u64(), ledger["adds_up"].as_bool()),
        (Some("chat"), Some(1), Some(true))
    );
}

#[test]
fn one_word_brings_a_person_and_two_people_have_two_tickets() {
    let desk = Desk::with_sample();
    let amy = desk.chat("amy", "please can you reset my nhsmail password");
    let omar = desk.chat("omar", "please can you reset my nhsmail password");
    assert_ne!(amy["ticket"], omar["ticket"]);
    let handed = desk.chat("amy", "agent");
    assert!(said(&handed).contains("colleague"), "{}", said(&handed));
    assert_eq!(desk.show(amy["ticket"].as_str().expect("a reference"))["state"], "with_agent");
    assert_eq!(desk.show(omar["ticket"].as_str().expect("a reference"))["state"], "waiting_requester");
}

#[test]
fn a_chat_hears_at_the_next_message_what_was_said_meanwhile() {
    let desk = Desk::with_sample();
    let first = desk.chat("amy", "please can you reset my nhsmail password");
    let fired = desk.run(&["tick", "--format", "json", "--now", "2026-03-04T09:00:00Z"]).one();
    assert_eq!(fired["ticket"], first["ticket"]);
    let next = desk.chat("amy", "amy.field@nhs.net");
    assert!(said(&next).contains("still waiting") && said(&next).contains("mobile number"), "{}", said(&next));
    let after = desk.chat("amy", "07700 900111");
    assert!(!said(&after).contains("still waiting"), "it is told once: {}", said(&after));
}

#[test]
fn another_request_in_the_middle_gets_a_ticket_of_its_own_and_the_first_goes_on_behind_it() {
    let desk = Desk::with_sample();
    let first = desk.chat("amy", "please can you reset my nhsmail password");
    let reference = first["ticket"].as_str().expect("a reference");
    let offered = desk.chat("amy", "how do we join NHSmail");
    assert_eq!(offered["ticket"].as_str(), Some(reference));
    assert!(said(&offered).contains("something else"), "{}", said(&offered));

    let other = desk.chat("amy", "yes please");
    let second = other["ticket"].as_str().expect("a reference");
    assert_ne!(second, reference);
    assert_eq!(other["flow"], "choose_route");
    assert_eq!(desk.show(reference)["state"], "parked");
    assert_eq!(desk.show(second)["state"], "waiting_requester");

    let back = desk.chat("amy", "cancel");
    assert_eq!(back["ticket"].as_str(), Some(reference), "the first request goes on in the same breath");
    assert!(said(&back).contains("Nothing has been changed"), "{}", said(&back));
    assert!(said(&back).contains("e-mail address of your NHSmail account"), "{}", said(&back));
    let states = [desk.show(reference)["state"].clone(), desk.show(second)["state"].clone()];
    assert_eq!(states, ["waiting_requester", "closed"]);
    desk.chat("amy", "amy.field@nhs.net");
    assert!(said(&desk.chat("amy", "07700 900111")).contains("ending 0111"));
}

#[test]
fn below_an_answer_yes_ends_it_and_no_brings_a_way_on() {
    let desk = Desk::with_sample();
    let tickets = || desk.run(&["ticket", "list", "--all", "--format", "json"]).out;
    let answered = desk.chat("omar", "I can read my mail but not send any");
    assert!(said(&answered).contains("Did this help?"), "{}", said(&answered));
    let glad = desk.chat("omar", "Yes thanks");
    assert_eq!((glad["decision"].as_str(), glad["ticket"].is_null()), (Some("answer"), true), "{glad}");
    assert!(said(&glad).contains("nothing more"), "{}", said(&glad));
    assert!(tickets().is_empty());

    let no = desk.chat("omar", "no, that didn't help");
    assert_eq!((no["decision"].as_str(), no["waiting_for"][0]["fact"].as_str()), (Some("clarify"), Some("request")));
    let reference = no["ticket"].as_str().expect("a reference");
    let story = desk.run(&["ticket", "explain", reference]).out;
    assert!(story.contains("did not help"), "{story}");
    let person = desk.chat("omar", "something else");
    assert_eq!(person["ticket"], no["ticket"]);
    assert_eq!(desk.show(reference)["state"], "with_agent");
    // What somebody else was told is nothing to them.
    let other = desk.chat("lena", "yes thanks");
    assert_eq!(other["flow"], "thanks", "{other}");
}

#[test]
fn a_terminal_chats_line_by_line_and_a_number_picks_a_choice() {
    let desk = Desk::new();
    let told = desk.run_with(&["chat", "--from", "amy"], b"password\n1\n");
    assert_eq!(told.code, 0, "{}", told.err);
    assert!(told.out.contains("Which of these do you need?"), "{}", told.out);
    assert!(told.out.contains("  1. "), "{}", told.out);
    let first = told.out.lines().find_map(|line| line.strip_prefix("  1. ")).expect("a first choice").to_owned();
    let lines = desk.run_with(&["chat", "--from", "omar", "--format", "json"], b"password\n1\n").json();
    assert_eq!(lines.len(), 2, "a line for each message");
    assert!(lines[0]["replies"][0]["choices"].as_array().expect("choices").iter().any(|one| *one == *first));
    assert_ne!(lines[1]["decision"], "clarify", "{}", lines[1]);
}
