//! What stands in a text that looks like a value of a type, valid or not.

use jiff::civil::Date;

use crate::policy::facts::FactType;
use crate::policy::recognise::{address, codes, moment};
use crate::policy::reference;

/// Parts of a text that look like a value of the type. Types without a look of their own have none: a name, a text,
/// a number, yes and no, a choice and a passcode are known by their question alone.
pub(super) fn seen(kind: FactType, text: &str, today: Option<Date>) -> Vec<String> {
    let owned = |parts: Vec<&str>| parts.into_iter().map(str::to_owned).collect();
    match kind {
        FactType::Mail | FactType::NhsMail => owned(address::mails(text).collect()),
        FactType::Mobile => owned(address::phones(text)),
        FactType::Postcode => owned(address::postcodes(text)),
        FactType::OdsCode => owned(codes::odses(text).collect()),
        FactType::Reference => references(text),
        FactType::CqcLocation | FactType::CqcContact => owned(codes::cqcs(text).collect()),
        FactType::Date => moments(text, &|part| moment::day(part, today).map(|_| ())),
        FactType::DateTime => moments(text, &|part| moment::day_and_time(part, today).map(|_| ())),
        FactType::YesNo
        | FactType::Choice
        | FactType::Number
        | FactType::ShortText
        | FactType::LongText
        | FactType::Name
        | FactType::Code => vec![],
    }
}

/// Whether values of the type can be seen in a text without their question.
pub(super) fn has_a_look(kind: FactType) -> bool {
    match kind {
        FactType::Mail
        | FactType::NhsMail
        | FactType::Mobile
        | FactType::Postcode
        | FactType::OdsCode
        | FactType::Reference
        | FactType::CqcLocation
        | FactType::CqcContact
        | FactType::Date
        | FactType::DateTime => true,
        FactType::YesNo
        | FactType::Choice
        | FactType::Number
        | FactType::ShortText
        | FactType::LongText
        | FactType::Name
        | FactType::Code => false,
    }
}

/// Good references, and the words that were meant as one: `CD-` and two groups of four.
fn references(text: &str) -> Vec<String> {
    let found: Vec<String> = reference::find(text).into_iter().map(|reference| reference.0).collect();
    if !found.is_empty() {
        return found;
    }
    text.split(|c: char| c.is_whitespace() || "()[]<>\",;:".contains(c))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| {
            let code: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
            let begins = code.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("cd"));
            begins && (8..=12).contains(&code.len()) && code.contains(|c: char| c.is_ascii_digit())
        })
        .map(str::to_owned)
        .collect()
}

/// How many months or ISO dates of a text are looked at.
const MONTHS: usize = 50;

/// The longest stretch around each month that can be read; if none can for want of a year or a clear time, that one.
fn moments(text: &str, read: &dyn Fn(&str) -> Result<(), moment::NoMoment>) -> Vec<String> {
    use moment::NoMoment::{NoHalf, NoYear, Unreal};
    let mut found = vec![];
    for stretches in text.lines().flat_map(moment::stretches).take(MONTHS) {
        let good = stretches.iter().find(|part| read(part).is_ok());
        let near = || stretches.iter().find(|part| matches!(read(part), Err(NoYear | NoHalf | Unreal)));
        found.extend(good.or_else(near).map(|part| (*part).to_owned()));
    }
    found
}
