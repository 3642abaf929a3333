//! Values in free text: whatever is written, what is read is valid, reads as itself, and each question is answered once.

use caredesk::policy::facts::{FactType, SeenBy};
use caredesk::policy::finding::Place;
use caredesk::policy::flow::FactDecl;
use caredesk::policy::recognise::{read_answers_on, valid_on};
use jiff::civil::{Date, date};

use super::words::{WORDS, texts};
use super::{Outcome, Target, about, run_for};

const TODAY: Date = date(2026, 11, 4);
/// All that can be asked for, in two letters of questions.
const ASKED: [&[(FactType, &str)]; 2] = [
    &[
        (FactType::NhsMail, "What is the e-mail address of your account?"),
        (FactType::Mobile, "Which mobile number is registered?"),
        (FactType::OdsCode, "What is your ODS code?"),
        (FactType::Postcode, "What is the postcode of the site?"),
        (FactType::Name, "What is your full name?"),
        (FactType::Date, "On which day do they leave?"),
        (FactType::YesNo, "Is it registered?"),
        (FactType::Number, "How many are there?"),
        (FactType::CqcLocation, "What is your CQC location ID?"),
    ],
    &[
        (FactType::DateTime, "On which day and at what time did you ring?"),
        (FactType::Phone, "Which number did you ring from?"),
        (FactType::Mail, "What is the manager's e-mail address?"),
        (FactType::Reference, "What is the reference of your request?"),
        (FactType::CqcContact, "What is your CQC contact ID?"),
        (FactType::Choice, "Which of these is it?"),
        (FactType::ShortText, "Which town is it in?"),
        (FactType::LongText, "What is not solved?"),
    ],
];

#[test]
fn no_text_breaks_the_readers_of_values() {
    run_for(&Target { name: "values", seeds: texts(), tokens: WORDS, longest: 1_500, check }, 500);
}

fn check(raw: &[u8]) -> Outcome {
    let text = String::from_utf8_lossy(raw);
    let mut shape = Vec::new();
    for asked in ASKED {
        let decls: Vec<FactDecl> = asked.iter().map(|(kind, ask)| decl(*kind, ask)).collect();
        let asked: Vec<&FactDecl> = decls.iter().collect();
        let reading = read_answers_on(&text, &asked, TODAY);
        if reading != read_answers_on(&text, &asked, TODAY) {
            return Err("the same text is read in two ways".into());
        }
        for answer in &reading.understood {
            let Some(decl) = asked.iter().find(|decl| decl.name == answer.fact) else {
                return Err(format!("nobody asked for {}", answer.fact));
            };
            if answer.value.to_string().is_empty() {
                return Err(format!("{} is nothing", answer.fact));
            }
            // What a letter shows can be typed again and means the same.
            let again = valid_on(decl, &answer.value.to_string(), TODAY);
            if is_plain(decl.kind) && again.as_ref().ok() != Some(&answer.value) {
                return Err(format!("{}: {} reads as {again:?}", answer.fact, answer.value));
            }
        }
        let mut facts: Vec<&str> = reading.understood.iter().map(|answer| answer.fact.as_str()).collect();
        facts.sort_unstable();
        if facts.windows(2).any(|pair| pair[0] == pair[1]) {
            return Err(format!("a question is answered twice: {facts:?}"));
        }
        shape.push(format!(
            "{}, {} refused, {} unclear",
            facts.join(" "),
            about(reading.not_valid.len()),
            about(reading.unclear.len())
        ));
    }
    Ok(shape.join("; "))
}

/// Types whose values have one spelling.
fn is_plain(kind: FactType) -> bool {
    matches!(
        kind,
        FactType::NhsMail
            | FactType::Mail
            | FactType::OdsCode
            | FactType::CqcLocation
            | FactType::CqcContact
            | FactType::Reference
            | FactType::Postcode
    )
}

fn decl(kind: FactType, ask: &str) -> FactDecl {
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
        list: None,
        shorten_to: None,
        at_least: None,
        at_most: None,
        place: Place::start_of("flows/facts.yaml"),
    }
}
