//! What stands in a text that looks like a value of a type, valid or not.

use jiff::civil::Date;

use crate::policy::facts::FactType;
use crate::policy::flow::FactDecl;
use crate::policy::recognise::moment::{self, NoMoment, When};
use crate::policy::recognise::valid::when;
use crate::policy::recognise::{address, codes, name, phone, postcode};
use crate::policy::reference;

/// How much counts as a look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Width {
    /// In any text: only what is plain without its question.
    Narrow,
    /// In what is known to answer the question.
    Wide,
}

/// So many parts of a text are looked at; an honest answer has a few.
const MOST: usize = 100;

/// Parts of a text that look like a value of the fact. Types without a look of their own have none: a text, a number,
/// yes and no, and a choice are known by their question alone. What somebody says it is not does not count.
pub(super) fn seen(decl: &FactDecl, text: &str, today: Option<Date>, width: Width) -> Vec<String> {
    let parts: Vec<String> = match decl.kind {
        FactType::Mail | FactType::NhsMail => owned(address::mails(text)),
        FactType::Mobile | FactType::Phone => owned(phone::phones(text)),
        FactType::Postcode => owned(postcode::postcodes(text)),
        FactType::OdsCode => owned(codes::odses(text)),
        FactType::Reference => references(text),
        FactType::CqcLocation | FactType::CqcContact => owned(codes::cqcs(text)),
        FactType::Date => {
            let when = when(decl, today);
            moments(text, width, &|part| moment::day(part, when).map(|_| ()))
        }
        FactType::DateTime => moments(text, width, &|part| day_and_time(part, when(decl, today))),
        FactType::Code if width == Width::Wide => owned(codes::passcodes(text)),
        FactType::YesNo
        | FactType::Choice
        | FactType::Number
        | FactType::ShortText
        | FactType::LongText
        | FactType::Name
        | FactType::List
        | FactType::Code => vec![],
    };
    parts.into_iter().filter(|part| !is_denied(text, part)).collect()
}

fn day_and_time(part: &str, when: When) -> Result<(), NoMoment> {
    moment::day_and_time(part, when).map(|_| ())
}

fn owned<'a>(parts: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    parts.into_iter().take(MOST).map(str::to_owned).collect()
}

/// Whether values of the type can be seen in a text without their question.
pub(super) fn has_a_look(kind: FactType) -> bool {
    match kind {
        FactType::Mail
        | FactType::NhsMail
        | FactType::Mobile
        | FactType::Phone
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
        | FactType::List
        | FactType::Code => false,
    }
}

/// What an answer is that is no value of the type asked for, if it plainly is one of another: an ODS code given as the
/// CQC id.
pub(super) fn another(kind: FactType, written: &str) -> Option<&'static str> {
    const LONGEST: usize = 100;
    let text = written.trim_matches(|c: char| c.is_whitespace() || "()[]<>\"'.,;:!".contains(c));
    if text.len() > LONGEST || !has_a_look(kind) {
        return None;
    }
    let is_mail = matches!(kind, FactType::Mail | FactType::NhsMail);
    let is_cqc = matches!(kind, FactType::CqcLocation | FactType::CqcContact);
    let whole = |parts: Vec<&str>| parts == [text];
    if !is_mail && address::mail(text).is_some() {
        Some("an e-mail address")
    } else if !matches!(kind, FactType::Mobile | FactType::Phone) && phone::is_phone(text) {
        Some("a phone number")
    } else if kind == FactType::CqcLocation && codes::cqc_contact(text).is_some() {
        Some("a CQC contact ID")
    } else if !is_cqc && whole(codes::cqcs(text)) {
        Some("a CQC ID")
    } else if kind != FactType::Postcode && postcode::postcode(text).is_some() {
        Some("a postcode")
    } else if kind != FactType::Reference && reference::find(text).len() == 1 && reference::parse(text).is_some() {
        Some("one of our references")
    } else if kind != FactType::OdsCode && whole(codes::odses(text).collect()) {
        Some("an ODS code")
    } else {
        None
    }
}

/// Whether a part stands behind "not": "it is not amy@nhs.net any more".
fn is_denied(text: &str, part: &str) -> bool {
    let before = text.find(part).and_then(|at| text.get(..at)).unwrap_or_default().trim_end();
    let word = before.rsplit(|c: char| c.is_whitespace() || c == ',').next().unwrap_or_default();
    ["not", "isn't", "isn’t", "isnt"].iter().any(|not| word.eq_ignore_ascii_case(not))
}

/// Names with which the writer introduces themselves, in a text that answers several questions.
pub(super) fn introduced(text: &str) -> Vec<&str> {
    let mut names = name::introduced(text);
    names.truncate(MOST);
    names
}

/// Good references, and the words that were meant as one: `CD-` and two groups of four.
fn references(text: &str) -> Vec<String> {
    let found: Vec<String> = reference::find(text).into_iter().take(MOST).map(|reference| reference.0).collect();
    if !found.is_empty() {
        return found;
    }
    let words = text
        .split(|c: char| c.is_whitespace() || "()[]<>\",;:".contains(c))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.len() <= 40)
        .filter(|word| {
            let code: String = word.chars().filter(|c| c.is_alphanumeric()).collect();
            let begins = code.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("cd"));
            begins && (8..=12).contains(&code.len()) && code.contains(|c: char| c.is_ascii_digit())
        });
    owned(words)
}

/// So many signs of a day are looked at, for each costs a few dozen readings.
const MOST_DAYS: usize = 20;

/// The longest stretch around each sign of a day that can be read, or of which can be said why not.
fn moments(text: &str, width: Width, read: &dyn Fn(&str) -> Result<(), NoMoment>) -> Vec<String> {
    use NoMoment::{Ambiguous, NoDay, NoHalf, NoTime, NoYear, OtherWeekday, Several, TwoWeeks, Unlike, Unreal};
    let mut found: Vec<String> = vec![];
    let lines = text.lines().flat_map(|line| moment::stretches(line, width == Width::Wide));
    for stretches in lines.take(MOST_DAYS) {
        let first = stretches.into_iter().map(|part| (part, read(part))).find(|(_, read)| *read != Err(Unlike));
        let Some((part, read)) = first else { continue };
        if width == Width::Wide && is_bent(text, part) {
            found.push(around(text, part).to_owned());
            continue;
        }
        let tells = match read {
            Ok(()) | Err(NoYear | NoHalf | Unreal | OtherWeekday | Several) => true,
            Err(Ambiguous | TwoWeeks | NoDay | NoTime) => width == Width::Wide,
            Err(Unlike) => false,
        };
        // Two signs of one day have one stretch.
        if tells && !found.iter().any(|known| known.contains(part)) {
            found.retain(|known| !part.contains(known.as_str()));
            found.push(part.to_owned());
        }
    }
    found
}

/// Whether the word beside a day makes another of it: `a week today`, `3 or 4pm yesterday`.
fn is_bent(text: &str, part: &str) -> bool {
    const BEFORE: [&str; 6] = ["week", "weeks", "fortnight", "or", "before", "after"];
    const BEHIND: [&str; 3] = ["week", "weeks", "fortnight"];
    let (before, behind) = beside(text, part);
    BEFORE.iter().any(|word| before.eq_ignore_ascii_case(word))
        || BEHIND.iter().any(|word| behind.eq_ignore_ascii_case(word))
}

/// The words before and behind a part of a text.
fn beside<'a>(text: &'a str, part: &str) -> (&'a str, &'a str) {
    let Some(at) = text.find(part) else { return ("", "") };
    let before = text.get(..at).unwrap_or_default().trim_end();
    let behind = text.get(at + part.len()..).unwrap_or_default();
    (
        before.rsplit(char::is_whitespace).next().unwrap_or_default(),
        behind.split_whitespace().next().unwrap_or_default(),
    )
}

/// The part with the words beside it, which is no value any more.
fn around<'a>(text: &'a str, part: &str) -> &'a str {
    let (before, behind) = beside(text, part);
    let at = text.find(part).unwrap_or_default();
    let from = text.get(..at).and_then(|head| head.rfind(before)).unwrap_or(at);
    let to = text
        .get(at + part.len()..)
        .and_then(|tail| tail.find(behind))
        .map_or(at + part.len(), |n| at + part.len() + n + behind.len());
    text.get(from..to).unwrap_or(text)
}
