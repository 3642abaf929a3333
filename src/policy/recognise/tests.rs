//! Answers as care-home managers write them, and what is never guessed.

use proptest::prelude::*;

use super::{How, read_answers, valid};
use crate::policy::facts::{FactType, SeenBy};
use crate::policy::finding::Place;
use crate::policy::flow::FactDecl;

fn decl(name: &str, ask: &str, kind: FactType) -> FactDecl {
    FactDecl {
        name: name.into(),
        ask: ask.into(),
        hint: None,
        why: None,
        found_by: None,
        kind,
        choices: vec!["reference".into(), "phone call".into()],
        personal: false,
        secret: false,
        seen_by: SeenBy::Anyone,
        prefill: None,
        shorten_to: None,
        at_least: None,
        at_most: None,
        list: None,
        place: Place::start_of("flows/facts.yaml"),
    }
}

fn two() -> [FactDecl; 2] {
    [
        decl("account_address", "What is the e-mail address of your NHSmail account?", FactType::NhsMail),
        decl("registered_mobile", "Which mobile number is registered for the account?", FactType::Mobile),
    ]
}

fn told(text: &str, decls: &[FactDecl]) -> Vec<(String, String)> {
    let asked: Vec<&FactDecl> = decls.iter().collect();
    let mut told: Vec<(String, String)> = read_answers(text, &asked)
        .understood
        .into_iter()
        .map(|answer| (answer.fact, answer.value.to_string()))
        .collect();
    told.sort();
    told
}

#[test]
fn a_number_alone_is_the_answer_and_marks_none() {
    let [account, _] = two();
    let copies = decl("copies", "How many copies do you need?", FactType::Number);
    assert_eq!(told("1", std::slice::from_ref(&copies)), [("copies".to_owned(), "1".to_owned())]);
    assert_eq!(told("1\n", &[account, copies]), []);
}

#[test]
fn care_home_managers_answer_two_questions_in_many_ways() {
    let both = [
        ("account_address".to_owned(), "amy.field@nhs.net".to_owned()),
        ("registered_mobile".to_owned(), "07700 900111".to_owned()),
    ];
    for text in [
        "1. amy.field@nhs.net\n2. 07700 900111",
        "1) Amy.Field@nhs.net\n2) +44 7700 900 111",
        "1: amy.field@nhs.net 2: 07700900111",
        "1.\namy.field@nhs.net\n2.\n07700 900111",
        "Hi,\n\namy.field@nhs.net and 07700 900111\n\nThanks",
        "My address is amy.field@nhs.net and the mobile is 07700 900111.",
        "Email: amy.field@nhs.net\nMobile: 07700-900-111",
        "mobile number - 07700 900 111\nNHSmail address - amy.field@nhs.net",
        "it's <amy.field@nhs.net>, mob 0044 7700 900111",
        "1. What is the e-mail address of your NHSmail account?\namy.field@nhs.net\n2. Which mobile number is registered for the account? 07700 900111",
        "Q1 amy.field@nhs.net\nQ2 07700 900111",
    ] {
        assert_eq!(told(text, &two()), both, "{text}");
    }
}

#[test]
fn what_fits_twice_is_asked_about_and_never_guessed() {
    let mobiles = [
        decl("registered_mobile", "Which mobile number is registered?", FactType::Mobile),
        decl("new_mobile", "Which number should the password go to?", FactType::Mobile),
    ];
    let asked: Vec<&FactDecl> = mobiles.iter().collect();
    let reading = read_answers("Please use 07700 900333", &asked);
    assert!(reading.understood.is_empty());
    assert_eq!(reading.unclear.len(), 1);
    let [_, mobile] = two();
    let reading = read_answers("It is 07700 900111 or maybe 07700 900222", &[&mobile]);
    assert!(reading.understood.is_empty(), "{reading:?}");
    assert!(
        reading.unclear.iter().all(|unclear| unclear.facts == ["registered_mobile"]) && !reading.unclear.is_empty()
    );
}

#[test]
fn what_is_not_valid_is_quoted_with_its_reason() {
    let decls = two();
    let asked: Vec<&FactDecl> = decls.iter().collect();
    let reading = read_answers("1. amy.field@nhs.net\n2. 01632 960111", &asked);
    assert_eq!(reading.understood.len(), 1);
    assert_eq!(reading.not_valid[0].written, "01632 960111");
    assert!(reading.not_valid[0].because.contains("07"));
    let reading = read_answers("You can reach me on 01632 960 111, amy.field@nhs.net", &asked);
    assert_eq!(reading.not_valid[0].fact, "registered_mobile");
}

#[test]
fn names_and_texts_are_answers_only_by_number_by_label_or_alone() {
    let name = decl("requester_name", "What is your full name?", FactType::Name);
    let [address, _] = two();
    let reading = read_answers("Amy Field\namy.field@nhs.net", &[&name, &address]);
    assert_eq!(reading.understood.iter().map(|answer| answer.fact.as_str()).collect::<Vec<_>>(), ["account_address"]);
    for text in ["Amy Field", "My name is Amy Field.", "Hi\nAmy Field\nThanks"] {
        assert_eq!(told(text, std::slice::from_ref(&name)), [("requester_name".into(), "Amy Field".into())], "{text}");
    }
    let reading = read_answers("name: Amy Field\naccount: amy.field@nhs.net", &[&name, &address]);
    assert_eq!(reading.understood.len(), 2);
}

#[test]
fn yes_and_no_count_alone_or_behind_their_number() {
    let helped = decl("helped", "Did this help?", FactType::YesNo);
    for (text, value) in
        [("yes", "yes"), ("Yes please!", "yes"), ("No, not yet", "no"), ("nope", "no"), ("1. yep", "yes")]
    {
        assert_eq!(told(text, std::slice::from_ref(&helped)), [("helped".into(), value.into())], "{text}");
    }
    let [address, _] = two();
    let reading = read_answers("No idea what you mean", &[&helped, &address]);
    assert!(reading.understood.is_empty());
    let asked = [&helped];
    assert_eq!(read_answers("maybe", &asked).not_valid.len(), 1);
}

#[test]
fn values_have_one_canonical_form() {
    for (kind, written, value) in [
        (FactType::Mobile, "+44 (0)7700 900 123", "+447700900123"),
        (FactType::Mobile, "07700.900.123", "+447700900123"),
        (FactType::Postcode, "ne14st", "NE1 4ST"),
        (FactType::Postcode, "SW1A 2AA", "SW1A 2AA"),
        (FactType::OdsCode, "v12345.", "V12345"),
        (FactType::CqcLocation, "1-1234567", "1-1234567"),
        (FactType::CqcContact, "con1-7654321", "CON1-7654321"),
        (FactType::NhsMail, "mailto:Amy.Field@NHS.net", "amy.field@nhs.net"),
        (FactType::Choice, "the phone call one", "phone call"),
        (FactType::Choice, "2", "phone call"),
        (FactType::Code, "12 34-56", "123456"),
    ] {
        let valid = valid(&decl("it", "It?", kind), written).unwrap_or_else(|why| panic!("{written}: {why}"));
        assert_eq!(valid.datum, crate::policy::facts::Datum::Text(value.into()), "{written}");
    }
    for (kind, written) in [
        (FactType::Mobile, "0770 900 12"),
        (FactType::Mobile, "01632 960111"),
        (FactType::Postcode, "NE1"),
        (FactType::OdsCode, "hello"),
        (FactType::Mail, "amy@home"),
        (FactType::Mail, "a@b.example, c@d.example"),
        (FactType::NhsMail, "amy@home.example"),
        (FactType::Name, "Amy"),
        (FactType::CqcLocation, "CON1-7654321"),
        (FactType::Date, "3/4/2026"),
        (FactType::Date, "31 February 2026"),
    ] {
        assert!(valid(&decl("it", "It?", kind), written).is_err(), "{written}");
    }
}

#[test]
fn days_are_read_as_people_write_them() {
    for written in ["2026-03-03", "3 March 2026", "3rd of March, 2026", "March 3 2026", "Tuesday 3 Mar 2026"] {
        let date =
            valid(&decl("day", "Which day?", FactType::Date), written).unwrap_or_else(|why| panic!("{written}: {why}"));
        assert_eq!(date.to_string(), "3 March 2026", "{written}");
    }
    for written in ["2 March 2026 at 3pm", "2026-03-02 15:00", "2nd March 2026, 3 pm", "2026-03-02T15:00"] {
        let at =
            valid(&decl("at", "When?", FactType::DateTime), written).unwrap_or_else(|why| panic!("{written}: {why}"));
        assert_eq!(at.to_string(), "2 March 2026, 15:00", "{written}");
    }
}

#[test]
fn a_cqc_id_is_no_numbered_answer() {
    let location = decl("cqc_location", "What is your CQC location ID?", FactType::CqcLocation);
    let code = decl("ods_code", "What is your ODS code?", FactType::OdsCode);
    let reading = read_answers("1-1234567\nV12345", &[&location, &code]);
    assert_eq!(reading.understood.len(), 2, "{reading:?}");
    assert!(reading.understood.iter().all(|answer| answer.how == How::ByType));
}

proptest! {
    #[test]
    fn any_text_is_read_without_harm(text in "\\PC{0,300}", lines in prop::collection::vec("[0-9a-zA-Z@.:=\\- +()'?]{0,40}", 0..12)) {
        let mut decls: Vec<FactDecl> = FactType::ALL.into_iter().map(|kind| decl(kind.name(), "What is it?", kind)).collect();
        for text in [text, lines.join("\n")] {
            let asked: Vec<&FactDecl> = decls.iter().collect();
            let _ = read_answers(&text, &asked);
            decls.truncate(1);
        }
    }

    #[test]
    fn a_canonical_form_reads_as_itself(text in "[0-9a-zA-Z@.:\\- +]{1,30}") {
        for kind in FactType::ALL {
            let decl = decl("it", "It?", kind);
            if let Ok(value) = valid(&decl, &text) && let crate::policy::facts::Datum::Text(canonical) = &value.datum {
                prop_assert_eq!(valid(&decl, canonical), Ok(value.clone()));
            }
        }
    }
}
