//! Answers as people who run care homes write them.

use caredesk::policy::facts::{FactType, Prefill, SeenBy, Value};
use caredesk::policy::finding::Place;
use caredesk::policy::flow::FactDecl;
use caredesk::policy::message::Party;
use caredesk::policy::recognise::{How, Reading, prefill, read_answers, valid};
use caredesk::policy::reference;
use proptest::prelude::*;

fn fact(name: &str, kind: FactType, ask: &str) -> FactDecl {
    FactDecl {
        name: name.into(),
        ask: ask.into(),
        hint: None,
        why: None,
        found_by: None,
        kind,
        choices: vec![],
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

fn all() -> Vec<FactDecl> {
    vec![
        FactDecl {
            hint: Some("It ends in @nhs.net.".into()),
            ..fact("account_address", FactType::NhsMail, "What is the e-mail address of the account?")
        },
        fact("registered_mobile", FactType::Mobile, "Which mobile number is registered for the account?"),
        fact("new_mobile", FactType::Mobile, "Which mobile number should the password go to?"),
        fact("has_mobile", FactType::YesNo, "Is your own mobile number registered for the account?"),
        fact("requester_name", FactType::Name, "What is your full name?"),
        fact("manager_mail", FactType::Mail, "What is the registered manager's e-mail address?"),
        fact("postcode", FactType::Postcode, "What is the postcode of the site?"),
        fact("ods_code", FactType::OdsCode, "What is your ODS code?"),
        fact("cqc_location", FactType::CqcLocation, "What is your CQC location ID?"),
        fact("cqc_contact", FactType::CqcContact, "What is your CQC contact ID?"),
        FactDecl { shorten_to: Some(10), ..fact("town", FactType::ShortText, "Which town is the site in?") },
        fact("complaint", FactType::LongText, "What is still not solved?"),
        fact("call_time", FactType::DateTime, "If you rang us: on which day, and at about what time?"),
        FactDecl {
            choices: vec!["reference".into(), "phone call".into()],
            ..fact("how", FactType::Choice, "Do you have a reference, or did you ring us?")
        },
        FactDecl {
            at_least: Some(1),
            at_most: Some(10),
            ..fact("people", FactType::Number, "How many people need an account?")
        },
        fact("reference", FactType::Reference, "What is the reference of your request?"),
        fact("code", FactType::Code, "What is the one-time passcode?"),
        fact("leaving_on", FactType::Date, "On which day do they leave?"),
    ]
}

fn read(asked: &[&str], text: &str) -> Reading {
    let all = all();
    let asked: Vec<&FactDecl> = asked.iter().map(|name| all.iter().find(|decl| decl.name == *name).unwrap()).collect();
    read_answers(text, &asked)
}

/// The reading in one line for each thing it says.
fn told(asked: &[&str], text: &str) -> Vec<String> {
    let reading = read(asked, text);
    let understood = reading.understood.iter().map(|answer| {
        let how = match answer.how {
            How::Numbered(number) => format!("number {number}"),
            How::Labelled => "label".into(),
            How::ByType => "type".into(),
            How::WholeAnswer => "whole".into(),
        };
        format!("{} = {} ({how})", answer.fact, answer.value)
    });
    let not_valid = reading.not_valid.iter().map(|no| format!("{} not {}: {}", no.fact, no.written, no.because));
    let unclear = reading.unclear.iter().map(|unclear| format!("{}? {}", unclear.facts.join("/"), unclear.written));
    understood.chain(not_valid).chain(unclear).collect()
}

const PASSWORD: [&str; 3] = ["account_address", "has_mobile", "registered_mobile"];

#[test]
fn numbered_answers() {
    let good = [
        "account_address = amy.field@nhs.net (number 1)",
        "has_mobile = yes (number 2)",
        "registered_mobile = 07700 900123 (number 3)",
    ];
    for text in [
        "1. amy.field@nhs.net\n2. Yes\n3. 07700 900123",
        "Hi,\n\n1) Amy.Field@nhs.net\n2) yes it is\n3) +44 7700 900123\n\nThanks\nAmy",
        "1: amy.field@nhs.net 2: yes 3: 07700900123",
        "1. amy.field@nhs.net, 2. yep, 3. 07700 900 123.",
        "Q1 amy.field@nhs.net\nQ2 y\nQ3 07700 900123",
        "1\namy.field@nhs.net\n\n2\nYes\n\n3\n07700 900123",
        "1 amy.field@nhs.net\n2 yes\n3 07700 900123",
        "(1) amy.field@nhs.net\n(2) yes\n(3) 07700-900-123",
        "1 - amy.field@nhs.net\n2 - yes\n3 - 07700 900123",
        "1. What is the e-mail address of the account? amy.field@nhs.net\n2. Is your own mobile number registered for the account? yes\n\
         3. Which mobile number is registered for the account?\n07700 900123",
        "1. What is the e-mail address of the account?\nIt ends in @nhs.net.\namy.field@nhs.net\n\n2. Is your own mobile number registered for the account?\n\nYes\n\
         3. mobile: 07700 900123",
        "3. 07700 900123\n2. Yes, it is\n1. my address is amy.field@nhs.net",
    ] {
        assert_eq!(told(&PASSWORD, text), good, "{text}");
    }
}

#[test]
fn labelled_answers() {
    for (asked, text, answers) in [
        (
            &["postcode", "ods_code", "manager_mail", "town"][..],
            "Postcode: ne1 4st\nODS Code - v12345\nThe registered manager's email is amy@home.example\nTown: Hexham",
            &[
                "postcode = NE1 4ST (label)",
                "ods_code = V12345 (label)",
                "manager_mail = amy@home.example (label)",
                "town = Hexham (label)",
            ][..],
        ),
        (
            &["requester_name", "ods_code"],
            "Full name: Zoë O'Neil-Smith\n* ods = V12345",
            &["requester_name = Zoë O'Neil-Smith (label)", "ods_code = V12345 (label)"],
        ),
        (
            &["registered_mobile", "new_mobile"],
            "New mobile: 07700 900456\nRegistered mobile: 07700 900123",
            &["registered_mobile = 07700 900123 (label)", "new_mobile = 07700 900456 (label)"],
        ),
        (
            &["cqc_location", "cqc_contact"],
            "CQC location ID: 1-123456789\ncontact id: CON1-987654321",
            &["cqc_location = 1-123456789 (label)", "cqc_contact = CON1-987654321 (label)"],
        ),
        (
            &["people", "town"],
            "How many people need an account? 3\nWhich town is the site in? Newcastle upon Tyne",
            &["people = 3 (label)", "town = Newcastle (label)"],
        ),
        (&["postcode", "town"], "Postcode:\n\nNE1 4ST", &["postcode = NE1 4ST (label)"]),
    ] {
        assert_eq!(told(asked, text), answers, "{text}");
    }
}

#[test]
fn answers_known_by_their_type() {
    for (asked, text, answers) in [
        (
            &PASSWORD[..],
            "Hi, it's amy.field@nhs.net and my number is 07700 900123, thank you.",
            &["account_address = amy.field@nhs.net (type)", "registered_mobile = 07700 900123 (label)"][..],
        ),
        (
            &["postcode", "ods_code", "cqc_location"],
            "We are V12345 at ne1 4st, CQC 1-123456789",
            &["postcode = NE1 4ST (type)", "ods_code = V12345 (type)", "cqc_location = 1-123456789 (label)"],
        ),
        (&["cqc_location", "cqc_contact"], "it is 1-123456789", &["cqc_location/cqc_contact? 1-123456789"]),
        (&["cqc_location", "cqc_contact"], "it is CON1-123456789", &["cqc_contact = CON1-123456789 (type)"]),
        (
            &["cqc_location", "cqc_contact"],
            "2. 1-99999999\nand 1-123456789",
            &["cqc_location = 1-123456789 (type)", "cqc_contact = 1-99999999 (number 2)"],
        ),
        (&["registered_mobile", "new_mobile"], "07700 900123", &["registered_mobile/new_mobile? 07700 900123"]),
        (
            &["registered_mobile", "town"],
            "07700 900123 or 07700 900456",
            &["registered_mobile? 07700 900123", "registered_mobile? 07700 900456"],
        ),
        (
            &["registered_mobile", "new_mobile"],
            "New mobile: 07700 900456, the other was 07700 900123",
            &[
                "new_mobile not 07700 900456, the other was 07700 900123: We found more than one answer here. Please give just one.",
            ],
        ),
        (&["account_address", "manager_mail"], "amy@nhs.net", &["account_address/manager_mail? amy@nhs.net"]),
        (&["account_address", "manager_mail"], "amy@home.example", &["manager_mail = amy@home.example (type)"]),
        (
            &["call_time", "complaint"],
            "I rang on Monday 2 March 2026 at 3pm about it",
            &["call_time = 2 March 2026, 15:00 (type)"],
        ),
        (&["account_address", "has_mobile"], "yes", &["has_mobile = yes (whole)"]),
        (&["how", "complaint"], "Phone call", &["how = phone call (whole)"]),
        (
            &["registered_mobile", "has_mobile"],
            "ring me on 01632 960123 please",
            &[
                "registered_mobile not 01632 960123: This looks like a landline. We need a mobile number, which starts with 07.",
            ],
        ),
        (
            &["account_address", "has_mobile"],
            "amy@home.example",
            &["account_address not amy@home.example: This address must end in @nhs.net."],
        ),
        (&["requester_name", "town"], "We are Amy Field in Hexham", &[]),
        (&PASSWORD, "Where is my request? The account is locked.", &[]),
        (&PASSWORD, "My mobile number is not working at the moment", &[]),
    ] {
        assert_eq!(told(asked, text), answers, "{text}");
    }
}

#[test]
fn when_one_thing_is_asked_the_message_is_the_answer() {
    for (asked, text, answer) in [
        ("requester_name", "Hello,\n\nAmy Field\n\nKind regards", "requester_name = Amy Field (whole)"),
        ("requester_name", "Amy", "requester_name not Amy: Please give a first name and a last name."),
        ("has_mobile", "Hi\nYes please", "has_mobile = yes (whole)"),
        ("has_mobile", "not yet", "has_mobile = no (whole)"),
        ("has_mobile", "yes but not mine", "has_mobile not yes but not mine: Please answer yes or no."),
        ("town", "Hexham", "town = Hexham (whole)"),
        ("people", "about 3 of us", "people = 3 (whole)"),
        ("people", "11", "people not 11: The number must be from 1 to 10."),
        ("how", "2", "how = phone call (whole)"),
        ("how", "ref", "how = reference (whole)"),
        ("code", "123 456", "code = 123456 (whole)"),
        ("postcode", "it's NE1 4ST, thanks", "postcode = NE1 4ST (type)"),
        (
            "call_time",
            "2 March 2026",
            "call_time not 2 March 2026: Please write the time too, like 3 March 2026 at 3pm.",
        ),
        (
            "leaving_on",
            "3/4/2026",
            "leaving_on not 3/4/2026: “3/4/2026” can be two different days. Please write the month as a word.",
        ),
        ("leaving_on", "13/4/2026", "leaving_on = 13 April 2026 (whole)"),
        (
            "reference",
            "CD-1111-2222",
            "reference not CD-1111-2222: This is not one of our references. A reference begins with CD and has eight more characters.",
        ),
        ("registered_mobile", "1. 07700 900123", "registered_mobile = 07700 900123 (number 1)"),
    ] {
        assert_eq!(told(&[asked], text), [answer], "{text}");
    }
    let text = "Hello,\n\nNobody answers.\n\nIt has been weeks.\n\nThanks\nAmy";
    assert_eq!(
        read(&["complaint"], text).understood[0].value,
        Value::text(FactType::LongText, "Nobody answers.\n\nIt has been weeks.")
    );
    assert_eq!(read(&["complaint", "town"], "1. Nobody answers.\n\nIt has been weeks.\n2. Hexham").understood.len(), 2);
}

#[test]
fn two_answers_to_one_question_are_asked_about() {
    assert_eq!(
        told(&["town", "postcode"], "1. Hexham\n2. NE1 4ST\n1. Corbridge"),
        ["postcode = NE1 4ST (number 2)", "town? Hexham / Corbridge"]
    );
}

#[test]
fn what_the_sender_calls_themselves_may_fill_a_name() {
    let name = FactDecl { prefill: Some(Prefill::SenderName), ..fact("requester_name", FactType::Name, "") };
    let filled = |called: &str| {
        prefill(&name, &Party { address: "amy@home.example".into(), name: Some(called.into()) })
            .map(|value| value.to_string())
    };
    assert_eq!(filled("Amy Field").as_deref(), Some("Amy Field"));
    assert_eq!(filled("FIELD, Amy (ROSE COURT - V12345)").as_deref(), Some("Amy FIELD"));
    assert_eq!(filled("Amy"), None);
    assert_eq!(filled("Room 12"), None);
    let mail = FactDecl { prefill: Some(Prefill::SenderAddress), ..fact("requester_mail", FactType::Mail, "") };
    assert_eq!(
        prefill(&mail, &Party::at("Amy@Home.example")).map(|value| value.to_string()).as_deref(),
        Some("Amy@home.example")
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn any_message_may_be_read(
        text: String,
        near in "([0-9@+().: \n\\-]|Q1|2\\.|yes|no|postcode|mobile|is|NE1 4ST|amy@nhs\\.net|07700 900123|3 March 2026|3pm|CD-|é|[’“ ]){0,40}",
    ) {
        let names: Vec<String> = all().into_iter().map(|decl| decl.name).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for text in [&text, &near] {
            read(&names, text);
            for name in &names {
                read(&[name], text);
            }
        }
    }

    #[test]
    fn a_canonical_form_reads_as_itself(
        name in "[A-Z]z[a-z]{0,7}( |-|')[A-Z]z[a-zé]{0,7} [A-Z](x[a-z]{0,4})?", mail in "[a-z]{1,8}(\\.[a-z0-9]{1,5})?@[a-z]{2,6}\\.example",
        digits in "[0-9]{9}", postcode in "[ABD][A-H]?[1-9][0-9]? [0-9][ABD][ABD]", ods in "[A-Z][0-9]{4,5}", bits: u64,
        number in 1_i64..=10, days in 0_i32..40_000, minutes in 0_i32..1_440, yes: bool,
    ) {
        let day = jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        let at = day.to_datetime(jiff::civil::Time::midnight()).checked_add(jiff::Span::new().minutes(minutes)).unwrap();
        let text = |kind, text: &str| Value::text(kind, text);
        let values = [
            text(FactType::Name, &name), text(FactType::Mail, &mail), text(FactType::NhsMail, &format!("a{digits}@nhs.net")),
            text(FactType::Mobile, &format!("+4477{}", &digits[..8])), text(FactType::Postcode, &postcode),
            text(FactType::OdsCode, &ods), text(FactType::Reference, &reference::from_random(bits).0),
            text(FactType::CqcLocation, &format!("1-{digits}")), text(FactType::CqcContact, &format!("CON1-{digits}")),
            text(FactType::Code, &digits), text(FactType::ShortText, &name), text(FactType::LongText, &name),
            text(FactType::Choice, "phone call"), Value::number(number), Value::date(day), Value::date_time(at), Value::yes_no(yes),
        ];
        let all = all();
        for value in values {
            let decl = all.iter().find(|decl| decl.kind == value.kind && decl.shorten_to.is_none());
            let own = fact("fact", value.kind, "");
            let decl = decl.unwrap_or(&own);
            prop_assert_eq!(valid(decl, &value.to_string()), Ok(value.clone()));
            if let caredesk::policy::facts::Datum::Text(text) = &value.datum {
                prop_assert_eq!(valid(decl, text), Ok(value.clone()));
            }
        }
    }
}
