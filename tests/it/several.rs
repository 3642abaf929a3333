//! A mail that asks for several things: each gets a ticket and a letter of its own.

use crate::support::{Desk, mail};

#[test]
fn each_request_of_one_mail_is_served() {
    let desk = Desk::new();
    let text = "How do I put a signature at the bottom of my emails? Also, where can I hide my mobile number in the \
                address book?";
    let told = desk.ingest(&mail("two", "amy@home.example", "Two things", text));
    assert_eq!(told["flow"], "add_signature", "{told}");
    assert_eq!(told["also"][0]["flow"], "hide_mobile", "{told}");
    assert_eq!(told["also"].as_array().map(Vec::len), Some(1), "{told}");
    let letters = told["letters"].as_array().expect("letters");
    let subjects: Vec<&str> = letters.iter().filter_map(|letter| letter["subject"].as_str()).collect();
    assert_eq!(subjects.len(), 2, "{subjects:?}");
    let (first, other) = (told["ticket"].as_str().expect("it"), told["also"][0]["ticket"].as_str().expect("another"));
    assert!(subjects[0].contains(first) && subjects[1].contains(other), "{subjects:?}");
    // An agent who looks at the second sees that it came with the first.
    let explained = desk.run(&["ticket", "explain", other]);
    assert!(explained.out.contains(first), "{}", explained.out);
    let ledger = desk.run(&["ledger"]);
    assert_eq!(ledger.code, 0, "one mail, two requests, and the ledger adds up: {}{}", ledger.out, ledger.err);
}

#[test]
fn another_request_in_the_middle_of_a_chat_is_in_the_ledger() {
    let desk = Desk::new();
    desk.chat("amy", "please can you reset my nhsmail password");
    let asked = desk.chat("amy", "we want to name a second owner for our shared mailbox");
    assert!(asked["replies"][0]["text"].as_str().expect("a question").contains("Shall we start it now"), "{asked}");
    let opened = desk.chat("amy", "yes please");
    assert_eq!(opened["flow"], "change_owner", "{opened}");
    let ledger = desk.run(&["ledger"]);
    assert_eq!(ledger.code, 0, "{}{}", ledger.out, ledger.err);
}

#[test]
fn one_request_with_an_also_in_it_stays_one() {
    let desk = Desk::new();
    let text = "How do I put a signature at the bottom of my emails? Also I am new here, so please use short words.";
    let told = desk.ingest(&mail("one", "amy@home.example", "My signature", text));
    assert_eq!(told["flow"], "add_signature", "{told}");
    assert_eq!(told["also"].as_array().map(Vec::len), Some(0), "{told}");
}

#[test]
fn by_chat_what_has_an_answer_is_answered_and_one_question_is_left_open() {
    let desk = Desk::new();
    let text = "How do I put a signature at the bottom of my emails? Also, please can you reset my nhsmail password.";
    let told = desk.chat("amy", text);
    assert_eq!((told["decision"].as_str(), told["flow"].as_str()), (Some("flow"), Some("password_help")), "{told}");
    assert!(told["ticket"].is_string(), "{told}");
    let replies: Vec<&str> =
        told["replies"].as_array().expect("replies").iter().filter_map(|reply| reply["text"].as_str()).collect();
    assert_eq!(replies.len(), 2, "{replies:?}");
    assert!(replies[0].contains("signature") && !replies[0].contains("Did this help"), "{replies:?}");
    assert!(replies[1].contains("e-mail address of your NHSmail account"), "{replies:?}");
}
