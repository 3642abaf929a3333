//! Values in any spelling, in any sentence: what is written is read back, and where nothing is written nothing is read.
//! `CAREDESK_FUZZ` says how many texts are tried.

use std::collections::BTreeSet;

use caredesk::policy::facts::{FactType, SeenBy, Value};
use caredesk::policy::finding::Place;
use caredesk::policy::flow::FactDecl;
use caredesk::policy::recognise::{Reading, read_answers_on, valid_on};
use caredesk::policy::reference;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const TODAY: Date = date(2026, 11, 4);

fn decl(kind: FactType) -> FactDecl {
    let ask = match kind {
        FactType::Mobile => "Which mobile number is registered?",
        FactType::Phone => "Which number did you ring from?",
        FactType::Postcode => "What is the postcode of the site?",
        FactType::NhsMail => "What is the e-mail address of your account?",
        FactType::Mail => "What is the manager's e-mail address?",
        FactType::OdsCode => "What is your ODS code?",
        FactType::CqcLocation => "What is your CQC location ID?",
        FactType::CqcContact => "What is your CQC contact ID?",
        FactType::Reference => "What is the reference of your request?",
        FactType::Name => "What is your full name?",
        FactType::Date => "On which day do they leave?",
        FactType::DateTime => "On which day and at what time did you ring?",
        FactType::YesNo => "Is it registered?",
        FactType::Choice => "Which of these is it?",
        FactType::Number => "How many are there?",
        FactType::ShortText => "Which town is it in?",
        FactType::LongText => "What is not solved?",
        FactType::Code => "What is the passcode?",
        FactType::List => "Who is it?",
    };
    FactDecl {
        name: format!("the_{}", kind.name()),
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

fn read(text: &str, kinds: &[FactType]) -> Reading {
    let decls: Vec<FactDecl> = kinds.iter().copied().map(decl).collect();
    read_answers_on(text, &decls.iter().collect::<Vec<_>>(), TODAY)
}

/// A value, one of its spellings, and what people call it.
#[derive(Debug, Clone)]
struct Written {
    value: Value,
    spelling: String,
    label: &'static str,
}

fn written(kind: FactType, canonical: String, spelling: String, label: &'static str) -> Written {
    Written { value: Value::text(kind, canonical), spelling, label }
}

fn a_mobile() -> impl Strategy<Value = Written> {
    let spelled = |n: &str, way: usize| match way {
        0 => format!("07{n}"),
        1 => format!("07{} {}", &n[..3], &n[3..]),
        2 => format!("+447{n}"),
        3 => format!("+44 7{} {} {}", &n[..3], &n[3..6], &n[6..]),
        4 => format!("+44 (0)7{} {}", &n[..3], &n[3..]),
        5 => format!("0044 7{}-{}-{}", &n[..3], &n[3..6], &n[6..]),
        6 => format!("(07{}) {}", &n[..3], &n[3..]),
        7 => format!("07{}.{}.{}", &n[..3], &n[3..6], &n[6..]),
        8 => format!("07 {} {} {} {} {}", &n[..1], &n[1..3], &n[3..5], &n[5..7], &n[7..]),
        _ => format!("07{}\u{2011}{}\u{a0}{}", &n[..3], &n[3..6], &n[6..]),
    };
    ("[1-578][0-9]{8}", 0_usize..10)
        .prop_map(move |(n, way)| written(FactType::Mobile, format!("+447{n}"), spelled(&n, way), "mobile"))
}

fn a_postcode() -> impl Strategy<Value = Written> {
    ("(B|N|NE|AB|BD)[1-9][0-9]?", "[0-9][ABDEFGH]{2}", 0_usize..4).prop_map(|(outward, inward, way)| {
        let spelling = match way {
            0 => format!("{outward} {inward}"),
            1 => format!("{outward}{inward}").to_lowercase(),
            2 => format!("{outward}  {inward}").to_lowercase(),
            _ => format!("{outward}{inward}"),
        };
        written(FactType::Postcode, format!("{outward} {inward}"), spelling, "postcode")
    })
}

fn a_code() -> impl Strategy<Value = Written> {
    let dashes = prop::sample::select(vec!["-", " - ", "– ", " -"]);
    let ods = ("V[LM]?[0-9]{3,4}", any::<bool>()).prop_filter("long enough", |(ods, _)| ods.len() > 4).prop_map(
        |(ods, lower)| {
            let spelling = if lower { ods.to_lowercase() } else { ods.clone() };
            written(FactType::OdsCode, ods, spelling, "ODS code")
        },
    );
    let location = ("[1-9][0-9]{6,10}", dashes.clone()).prop_map(|(digits, dash)| {
        written(FactType::CqcLocation, format!("1-{digits}"), format!("1{dash}{digits}"), "CQC location ID")
    });
    let contact = ("[1-9][0-9]{6,10}", dashes, any::<bool>()).prop_map(|(digits, dash, lower)| {
        let con = if lower { "con1" } else { "CON1" };
        written(FactType::CqcContact, format!("CON1-{digits}"), format!("{con}{dash}{digits}"), "CQC contact ID")
    });
    let reference = (any::<u64>(), 0_usize..5).prop_map(|(bits, way)| {
        let reference = reference::from_random(bits).0;
        let spelling = match way {
            0 => reference.clone(),
            1 => reference.to_lowercase(),
            2 => reference.replace('-', " "),
            3 => reference.replace('-', "").replace('0', "O"),
            _ => reference.replace('-', " - ").replace('1', "I"),
        };
        written(FactType::Reference, reference, spelling, "reference")
    });
    prop_oneof![ods, location, contact, reference]
}

fn a_mail() -> impl Strategy<Value = Written> {
    ("[a-z]{2,8}\\.[a-z]{2,8}[0-9]?", 0_usize..4).prop_map(|(local, way)| {
        let mail = format!("{local}@nhs.net");
        let spelling = match way {
            0 => mail.clone(),
            1 => mail.to_uppercase(),
            2 => format!("<{mail}>"),
            _ => format!("mailto:{mail}"),
        };
        written(FactType::NhsMail, mail, spelling, "e-mail address")
    })
}

fn a_day() -> impl Strategy<Value = Written> {
    (0_i32..300, 0_usize..5).prop_map(|(days, way)| {
        let day = TODAY.checked_add(jiff::Span::new().days(days)).unwrap();
        let form = ["%Y-%m-%d", "%-d %B %Y", "%-d %b %Y", "%A %-d %B %Y", "%B %-d, %Y"][way];
        Written { value: Value::date(day), spelling: day.strftime(form).to_string(), label: "day" }
    })
}

fn a_value() -> impl Strategy<Value = Written> {
    prop_oneof![a_mobile(), a_postcode(), a_code(), a_mail(), a_day()]
}

/// A text around a value. Some hold its label.
fn carried(made: &Written, way: usize) -> String {
    let Written { spelling, label, .. } = made;
    match way {
        0 => spelling.clone(),
        1 => format!("Hello,\n\nit is {spelling}.\n\nThanks\nAmy"),
        2 => format!("{label}: {spelling}"),
        3 => format!("the {label} is {spelling}, I am told"),
        4 => format!("{} - {spelling}", label.to_uppercase()),
        5 => format!("1. {spelling}"),
        6 => format!("| {label} | {spelling} |"),
        7 => format!("{label}\t{spelling}"),
        8 => format!("{label}     {spelling}"),
        9 => format!("> an older letter\n> with more words\n\n({spelling})"),
        10 => format!("We looked it up for you; {spelling}!"),
        11 => format!("Q1 {spelling}\n\nKind regards\nAmy Field\nManager\nT: 01632 960111\nM: 07700 900999"),
        _ => format!("{label}:\n{spelling}"),
    }
}

/// So many texts are tried: as many as for the other readers of what strangers write.
fn cases(unless_told: u32) -> ProptestConfig {
    let told = std::env::var("CAREDESK_FUZZ").ok().and_then(|told| told.parse().ok());
    ProptestConfig {
        failure_persistence: None,
        max_shrink_iters: 2_000,
        max_global_rejects: u32::MAX,
        ..ProptestConfig::with_cases(told.unwrap_or(unless_told))
    }
}

/// Bits of what people write, from which texts are put together that a reader may trip over.
const BITS: [&str; 61] = [
    "07700 900111",
    "+44 (0)",
    "0044",
    "O7700",
    "01632 960111",
    "amy.field@nhs.net",
    "@",
    "a@b.example",
    "mailto:",
    "NE46 1AA",
    "ne46 iaa",
    "V12345",
    "v 123",
    "1-123456789",
    "1 - ",
    "CON1-",
    "con1",
    "CD-7K3M-9QX5",
    "cd 7k3m",
    "yes",
    "no",
    "not yet",
    "I think so",
    "1. ",
    "2) ",
    "Q3 ",
    "(4)",
    "mobile",
    "postcode: ",
    "ODS code",
    " is ",
    "My name is ",
    "I am ",
    "Amy Field",
    "de la Cruz",
    "O'Neil",
    "Thanks",
    "Kind regards",
    "T: ",
    "M: ",
    "Manager",
    "> ",
    "|",
    "|---|",
    "\t",
    "  ",
    "\n",
    "\n\n",
    ", ",
    "; ",
    " and ",
    " or ",
    "not ",
    "last Friday",
    "3 November",
    "03/11",
    "half past two",
    "3pm",
    "\u{1}",
    "twenty two",
    "?",
];

fn a_text() -> impl Strategy<Value = String> {
    let bit = prop_oneof![
        8 => prop::sample::select(BITS.to_vec()).prop_map(str::to_owned),
        2 => "\\PC{0,6}",
        1 => "[0-9 .\\-]{0,12}",
        1 => any::<String>().prop_map(|text| text.chars().take(8).collect()),
    ];
    prop::collection::vec(bit, 0..24).prop_map(|bits| bits.concat())
}

/// What must hold of any reading.
fn is_sound(text: &str, kinds: &[FactType]) -> Result<(), TestCaseError> {
    let reading = read(text, kinds);
    let mut facts = BTreeSet::new();
    for answer in &reading.understood {
        prop_assert!(facts.insert(answer.fact.clone()), "{} twice in {text:?}", answer.fact);
        prop_assert!(
            reading.not_valid.iter().all(|no| no.fact != answer.fact),
            "{} both ways in {text:?}",
            answer.fact
        );
        let decl = decl(answer.value.kind);
        prop_assert_eq!(valid_on(&decl, &answer.value.to_string(), TODAY), Ok(answer.value.clone()), "{:?}", text);
    }
    prop_assert!(reading.unclear.len() <= 20);
    prop_assert_eq!(read(text, kinds), reading, "the same text, another reading: {:?}", text);
    Ok(())
}

proptest! {
    #![proptest_config(cases(400))]

    #[test]
    fn what_is_written_is_read_back(made in a_value(), way in 0_usize..13) {
        let text = carried(&made, way);
        let reading = read(&text, &[made.value.kind]);
        let values: Vec<&Value> = reading.understood.iter().map(|answer| &answer.value).collect();
        prop_assert_eq!(values, [&made.value], "{:?} gave {:?}", text, reading);
    }

    #[test]
    fn two_values_in_one_text_are_told_apart(one in a_value(), two in a_value(), ways in (6_usize..9, 0_usize..5)) {
        let look = |kind| match kind { FactType::CqcContact => FactType::CqcLocation, other => other };
        prop_assume!(look(one.value.kind) != look(two.value.kind));
        let text = format!("{}\n{}", carried(&one, ways.0), carried(&two, ways.1));
        let reading = read(&text, &[one.value.kind, two.value.kind]);
        let values: Vec<&Value> = reading.understood.iter().map(|answer| &answer.value).collect();
        prop_assert_eq!(values, [&one.value, &two.value], "{:?} gave {:?}", text, reading);
    }

    #[test]
    fn two_values_for_one_fact_are_asked_about(one in a_mobile(), two in a_mobile(), between in prop::sample::select(vec![" or ", "\n", ", ", " / "])) {
        prop_assume!(one.value != two.value);
        let text = format!("It is {}{between}{}", one.spelling, two.spelling);
        let reading = read(&text, &[FactType::Mobile]);
        prop_assert!(reading.understood.is_empty(), "{:?} gave {:?}", text, reading);
        prop_assert!(!(reading.unclear.is_empty() && reading.not_valid.is_empty()), "{:?}", text);
    }

    #[test]
    fn from_nothing_comes_nothing(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "the", "account", "mobile", "is", "locked", "and", "may", "our", "postcode", "code", "was", "said", "about",
                "a", "week", "manager", "please", "help", "us", "march", "on", "it", "at", "home", "I", "am", "cross", ".",
                ",", ":", "-", "\n", "old", "number", "reference", "CQC", "ODS", "2", "41", "1-3", "v2", "A4", "B12",
            ]), 1..30),
    ) {
        let text = words.join(" ");
        let kinds = [
            FactType::Mobile, FactType::Postcode, FactType::NhsMail, FactType::OdsCode, FactType::CqcLocation,
            FactType::CqcContact, FactType::Reference, FactType::Name,
        ];
        let reading = read(&text, &kinds);
        // A word with a digit behind "ODS code:" is what the label says.
        let taken: Vec<_> = reading.understood.iter().filter(|answer| answer.value.kind != FactType::OdsCode).collect();
        prop_assert!(taken.is_empty(), "{:?} gave {:?}", text, taken);
    }

    #[test]
    fn any_text_is_read_soundly(text in a_text(), from in 0_usize..17, many in 1_usize..6) {
        let kinds: Vec<FactType> = FactType::ALL.into_iter().cycle().skip(from).take(many).collect();
        is_sound(&text, &kinds)?;
    }
}
