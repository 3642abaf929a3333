//! Lists as people write them, and what is wrong with them.

use proptest::prelude::*;

use super::*;
use crate::policy::facts::SeenBy;
use crate::policy::finding::Place;

fn plain_decl(name: &str, ask: &str, kind: FactType) -> FactDecl {
    FactDecl {
        name: name.into(),
        ask: ask.into(),
        hint: None,
        why: None,
        found_by: None,
        kind,
        choices: vec![],
        personal: true,
        secret: false,
        seen_by: SeenBy::Requester,
        prefill: None,
        shorten_to: None,
        at_least: None,
        at_most: None,
        list: None,
        place: Place::start_of("flows/facts.yaml"),
    }
}

fn field(name: &str, ask: &str, kind: FactType, unique: bool) -> FieldDecl {
    FieldDecl { decl: plain_decl(name, ask, kind), unique, unless_said: None }
}

fn staff() -> FactDecl {
    let fields = vec![
        field("name", "Full name", FactType::Name, false),
        field("mobile", "Personal mobile", FactType::Mobile, true),
        field("mail", "E-mail address", FactType::Mail, false),
    ];
    let list = Some(Box::new(crate::policy::flow::ListDecl { item: "member".into(), fields }));
    FactDecl { at_least: Some(2), at_most: Some(4), list, ..plain_decl("staff", "Who?", FactType::List) }
}

fn read(text: &str) -> RollReading {
    read_list(&staff(), &Roll::default(), text, None, true)
}

/// `Amy Field 111 amy`: the last three digits of the mobile and the first part of the address.
fn shown(roll: &Roll) -> Vec<String> {
    let one = |half: &Half| {
        let text = |name: &str| half.fields.get(name).map(ToString::to_string);
        let mobile = text("mobile").map(|mobile| mobile[mobile.len() - 3..].to_owned());
        let mail = text("mail").map(|mail| mail.split('@').next().unwrap_or_default().to_owned());
        let parts = [Some(half.called.clone()), mobile, mail].into_iter().flatten();
        parts.collect::<Vec<_>>().join(" ")
    };
    roll.entries.iter().map(one).collect()
}

const BOTH: [&str; 2] = ["Amy Field 111 amy", "Bob Reed 222 bob"];

#[test]
fn two_people_are_read_however_they_are_written() {
    for text in [
        "Amy Field, 07700 900111, amy@home.example\nBob Reed, 07700 900222, bob@home.example",
        "Amy Field 07700 900111 amy@home.example and Bob Reed, 07700 900222 bob@home.example",
        "Amy Field 07700900111 amy@home.example\n\nBob Reed 07700900222 bob@home.example",
        "Amy Field\t07700 900111\tamy@home.example\nBob Reed\t07700 900222\tbob@home.example",
        "Name\tMobile\tE-mail\nAmy Field\t07700 900111\tamy@home.example\nBob Reed\t07700 900222\tbob@home.example",
        "| Name | Mobile | Email |\n|---|---|---|\n| Amy Field | 07700 900111 | amy@home.example |\n| Bob Reed | 07700 900222 | bob@home.example |",
        "E-mail address,Full name,Personal mobile\namy@home.example,Amy Field,07700 900111\nbob@home.example,Bob Reed,07700 900222",
        "First name;Surname;Mobile number;Email\nAmy;Field;07700 900111;amy@home.example\nBob;Reed;07700 900222;bob@home.example",
        "Name         Mobile         Email\nAmy Field    07700 900111   amy@home.example\nBob Reed     07700 900222   bob@home.example",
        "No | Surname | First name | Role | Mobile | Email\n1 | Field | Amy | carer | 07700 900111 | amy@home.example\n2 | Reed | Bob | cook | 07700 900222 | bob@home.example",
        "Early: Amy Field, 07700 900111, amy@home.example\nLate shift: Bob Reed, 07700 900222, bob@home.example",
        "see below\n\n---------- Forwarded message ---------\nFrom: Office <office@home.example>\nDate: Mon, 2 Mar 2026\nSubject: Rota\nTo: Amy Field <amy@home.example>\n\nAmy Field 07700 900111 amy@home.example\nBob Reed 07700 900222 bob@home.example",
        "Name: Amy Field\nMobile: 07700 900111\nE-mail: amy@home.example\n\nName: Bob Reed\nMobile: 07700 900222\nE-mail: bob@home.example",
        "Name - Amy Field\nTel - 07700 900111\nEmail - amy@home.example\nName - Bob Reed\nTel - 07700 900222\nEmail - bob@home.example",
        "Amy Field\n07700 900111\namy@home.example\n\nBob Reed\n07700 900222\nbob@home.example",
        "Amy Field\n07700 900111\namy@home.example\nBob Reed\n07700 900222\nbob@home.example",
        "Amy Field\n\n07700 900111\n\namy@home.example\n\nBob Reed\n\n07700 900222\n\nbob@home.example",
        "1. Amy Field, 07700 900111, amy@home.example\n2. Bob Reed, 07700 900222, bob@home.example",
        "1) Amy Field 07700 900111 amy@home.example\n2) Bob Reed 07700 900222 bob@home.example",
        "- Amy Field (07700 900111) <amy@home.example>\n- Bob Reed (07700 900222) <bob@home.example>",
        "• Amy Field – 07700 900111 – amy@home.example\n• Bob Reed – 07700 900222 – bob@home.example",
        "Person 1: Amy Field, 07700 900111, amy@home.example\nPerson 2: Bob Reed, 07700 900222, bob@home.example",
        "07700 900111 Amy Field amy@home.example\n07700 900222 Bob Reed bob@home.example",
        "amy@home.example / 07700 900111 / Amy Field\nbob@home.example / 07700 900222 / Bob Reed",
        "Hi,\n\nHere are the two:\nAmy Field, 07700 900111, amy@home.example\nBob Reed, 07700 900222, bob@home.example\n\nKind regards\nRose Hill\nRose Court\n01632 960111",
        "Hello\nPlease add Amy Field, mobile 07700 900111, email amy@home.example and Bob Reed, mobile 07700 900222, email bob@home.example.\nThanks",
        "FIELD, Amy, 07700 900111, amy@home.example\nREED, Bob, 07700 900222, bob@home.example",
        "Amy Field +44 7700 900111 amy@home.example; Bob Reed +44 (0)7700 900222 bob@home.example",
        "amy field 07700 900111 amy@home.example\nbob reed 07700 900222 bob@home.example",
        "Amy Field, 07700 900111,\namy@home.example\nBob Reed, 07700 900222,\nbob@home.example",
        "Name: Amy Field, Mobile: 07700 900111, Email: amy@home.example\nName: Bob Reed, Mobile: 07700 900222, Email: bob@home.example",
        "\"Amy Field\",\"07700 900111\",\"amy@home.example\"\n\"Bob Reed\",\"07700 900222\",\"bob@home.example\"",
        "Rose Court\n\nAmy Field 07700 900111 amy@home.example\nBob Reed 07700 900222 bob@home.example",
        "> Who should have an account?\nAmy Field 07700 900111 amy@home.example\nBob Reed 07700 900222 bob@home.example",
    ] {
        let reading = read(text);
        let same = shown(&reading.roll).join("; ").eq_ignore_ascii_case(&BOTH.join("; "));
        assert!(same, "{text}\n{:?}\n{:?}", reading.roll, reading.problems);
        assert_eq!(reading.problems, Vec::<String>::new(), "{text}");
        assert_eq!(reading.told, 2, "{text}");
        assert!(whole_list(&staff(), &reading.roll).is_some(), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_by_person_and_line() {
    for (text, people, problem) in [
        (
            "Amy, 07700 900111, amy@home.example",
            &["Amy 111 amy"][..],
            "Line 1, Amy: Please give a first name and a last name.",
        ),
        (
            "Amy Field, 01632 960111, amy@home.example",
            &["Amy Field amy"],
            "Line 1, Amy Field: You wrote “01632 960111”. This looks like a landline.",
        ),
        ("Amy Field 0770o 900111 amy@home.example", &["Amy Field amy"], "Did you mean 07700 900111?"),
        ("Amy Field, 07700 9001, amy@home.example", &["Amy Field amy"], "A UK mobile number has 11 digits"),
        ("Amy Field, 07700 900111, amy@home", &["Amy Field 111"], "Line 1, Amy Field: You wrote “amy@home”."),
        (
            "Amy Field 07700 900111 amy@home.example\nBob Reed 07700 900111 bob@home.example",
            &["Amy Field 111 amy", "Bob Reed bob"],
            "Amy Field and Bob Reed have the same personal mobile, 07700 900111.",
        ),
        (
            "Amy Field 07700 900111 amy@home.example\nAmy Field 07700 900222 amy@home.example",
            &["Amy Field amy"],
            "Amy Field stands twice, in lines 1 and 2: once with 07700 900111, once with 07700 900222.",
        ),
        (
            "Amy Field and Bob Reed 07700 900111",
            &["Amy Field", "Bob Reed"],
            "Line 1 names Amy Field and Bob Reed, and we cannot tell whose “07700 900111” is.",
        ),
        ("Amy Field 07700 900111 07700 900222", &["Amy Field"], "We found two here."),
        (
            "Amy Field 07700 900111 a@x.example\nBob Reed 07700 900222 b@x.example\nCleo Hart 07700 900333 c@x.example\nDan Moss 07700 900444 d@x.example\nEve Lane 07700 900555 e@x.example",
            &["Amy Field 111 a", "Bob Reed 222 b", "Cleo Hart 333 c", "Dan Moss 444 d", "Eve Lane 555 e"],
            "Line 5, Eve Lane: there is room for 4.",
        ),
        (
            "07700 900111 amy@home.example",
            &[],
            "Line 1: we cannot tell whose “07700 900111” and “amy@home.example” is.",
        ),
    ] {
        let reading = read(text);
        assert_eq!(shown(&reading.roll), people, "{text} {:?}", reading.problems);
        assert!(reading.problems.iter().any(|found| found.contains(problem)), "{text}: {:?}", reading.problems);
        assert!(whole_list(&staff(), &reading.roll).is_none(), "{text}");
    }
}

#[test]
fn a_later_message_adds_corrects_and_takes_out() {
    let first = read("Amy Field 07700 900111 amy@home.example\nBob Reed bob@home.example\nCleo");
    assert_eq!(still_missing(&staff(), &first.roll), ["Bob Reed: we still need the personal mobile."]);
    for (text, people) in [
        ("07700 900222", &["Amy Field 111 amy", "Bob Reed 222 bob"][..]),
        ("Bob's mobile is 07700 900222", &["Amy Field 111 amy", "Bob Reed 222 bob"]),
        ("Bob Reed: 07700 900222", &["Amy Field 111 amy", "Bob Reed 222 bob"]),
        ("Sorry, Amy Field is 07700 900999", &["Amy Field 999 amy", "Bob Reed bob"]),
        ("Amy's email should be a.field@home.example", &["Amy Field 111 a.field", "Bob Reed bob"]),
        ("remove Bob Reed", &["Amy Field 111 amy"]),
        (
            "Please leave out Bob.\nCleo Hart 07700 900333 cleo@home.example",
            &["Amy Field 111 amy", "Cleo Hart 333 cleo"],
        ),
        ("Thanks, what else do you need?", &["Amy Field 111 amy", "Bob Reed bob"]),
    ] {
        let reading = read_list(&staff(), &first.roll, text, None, true);
        assert_eq!(shown(&reading.roll), people, "{text} {:?}", reading.problems);
    }
    let one_word = read("Amy, 07700 900111, amy@home.example");
    let reading = read_list(&staff(), &one_word.roll, "Amy Field", None, true);
    assert_eq!(shown(&reading.roll), ["Amy Field 111 amy"]);
}

#[test]
fn other_words_are_no_people() {
    for text in [
        "",
        "Thank you",
        "Who do you mean?",
        "We are a small home and will send the list tomorrow.",
        "I do not know yet, sorry",
        "Please call me",
        "Rose Court is a care home in Hexham.",
    ] {
        let reading = read(text);
        assert_eq!((reading.told, reading.roll.entries.len()), (0, 0), "{text}: {:?}", reading.roll);
    }
    assert!(read("No, that's all. Thank you").ends || read("That's all, thank you").ends);
    assert!(!read("No idea").ends);
}

#[test]
fn beside_other_questions_only_what_is_plain_counts() {
    let reading = read_list(
        &staff(),
        &Roll::default(),
        "Rose Court\nHexham\nmanager@home.example\nAmy Field 07700 900111 amy@home.example\nBob Reed 07700 900222 bob@home.example",
        None,
        false,
    );
    assert_eq!(shown(&reading.roll), BOTH, "{:?}", reading.problems);
    assert_eq!(reading.left, "Rose Court\nHexham\nmanager@home.example");
}

#[test]
fn an_agent_writes_a_list_in_one_line() {
    let value =
        list(&staff(), "Amy Field, 07700 900111, amy@home.example; Bob Reed, 07700 900222, bob@home.example", None);
    assert_eq!(value.map(|value| value.to_string()), Ok("Amy Field and Bob Reed".to_owned()));
    let wrong = list(&staff(), "Amy Field, 07700 900111, amy@home.example", None);
    assert_eq!(wrong, Err("We need 2 at least, and have 1 so far.".to_owned()));
    assert_eq!(
        how_to(&staff()).as_deref(),
        Some(
            "Give for each: full name, personal mobile and e-mail address. Write one a line, like this:\n\
             Amy Field, 07700 900123, amy@home.example"
        )
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_read_and_a_whole_list_is_valid(
        text in "(Amy Field|Bob Reed|Amy|07700 900111|07700 900222|01632 960111|amy@home.example|@|, |\t|\n|\n\n| and |\\| |1\\. |Name: |Mobile|: |remove |é|-|- |no|\u{1F600}|[a-z ]{1,6}){0,60}",
        alone in any::<bool>(),
    ) {
        let decl = staff();
        let first = read_list(&decl, &Roll::default(), &text, None, alone);
        let again = read_list(&decl, &first.roll, &text, None, alone);
        for reading in [first, again] {
            prop_assert!(reading.roll.entries.len() <= 14);
            if let Some(value) = whole_list(&decl, &reading.roll) {
                let listed = value.listed().cloned().unwrap_or_default();
                prop_assert!(listed.entries.iter().all(|entry| entry.fields.len() == 3));
                prop_assert_eq!(roll_of(&value).entries.len(), reading.roll.entries.len());
            }
        }
    }

    #[test]
    fn a_long_text_is_read_in_one_go(piece in "[a-zA-Z0-9@,.|\t\n+ -]{2,12}") {
        let text = piece.repeat(40_000 / piece.len());
        prop_assert!(read(&text).roll.entries.len() <= 14);
    }
}
