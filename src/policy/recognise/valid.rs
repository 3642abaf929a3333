//! One written answer to one question: its value, or why it is none, in words for the person who wrote it.

use jiff::civil::Date;

use crate::policy::facts::{FactType, Value};
use crate::policy::flow::FactDecl;
use crate::policy::recognise::moment::{self, NoMoment, Tense, When};
use crate::policy::recognise::name::{self, NoName};
use crate::policy::recognise::phone::{self, NoMobile};
use crate::policy::recognise::seen::{self, Width};
use crate::policy::recognise::words::{plain, without_controls};
use crate::policy::recognise::yes_no::yes_no;
use crate::policy::recognise::{address, codes, number, people, postcode};
use crate::policy::reference;

const SHORT: usize = 200;
const LONG: usize = 4_000;

/// The value of one written answer. If the answer holds more words than the value, the only value of the fact's type
/// in it counts.
pub(super) fn value(decl: &FactDecl, written: &str, today: Option<Date>) -> Result<Value, String> {
    let cleaned = without_controls(written);
    let written = cleaned.trim();
    if written.is_empty() {
        return Err("The answer is empty.".to_owned());
    }
    match exact(decl, written, today) {
        Ok(value) => Ok(value),
        Err(because) => only_one(decl, written, today).unwrap_or(Err(because)).map_err(|because| {
            let another = seen::another(decl.kind, written);
            another.map_or_else(|| because.clone(), |another| format!("This looks like {another}. {because}"))
        }),
    }
}

/// From what a day in the answer to a question is counted.
pub(super) fn when(decl: &FactDecl, today: Option<Date>) -> When {
    When { today, tense: Tense::of(&decl.ask) }
}

/// Whether a name that is asked for is the writer's own, and no other person's.
pub(super) fn is_of_the_writer(decl: &FactDecl) -> bool {
    const OTHERS: [&str; 14] = [
        "person",
        "leaver",
        "leaves",
        "leaving",
        "who",
        "their",
        "they",
        "member",
        "manager",
        "owner",
        "colleague",
        "joiner",
        "staff",
        "new",
    ];
    let asked = plain(&format!("{} {}", decl.name.replace('_', " "), decl.ask));
    !asked.split(' ').any(|word| OTHERS.contains(&word))
}

/// The value of an answer that is nothing but the value.
pub(super) fn exact(decl: &FactDecl, written: &str, today: Option<Date>) -> Result<Value, String> {
    let text = |found: Option<String>, because: &str| {
        found.map(|text| Value::text(decl.kind, text)).ok_or_else(|| because.to_owned())
    };
    match decl.kind {
        FactType::YesNo => yes_no(written).map(Value::yes_no).ok_or_else(|| "Please answer yes or no.".to_owned()),
        FactType::Choice => choice(decl, written),
        FactType::Number => number(decl, written),
        FactType::Date => {
            moment::day(written, when(decl, today)).map(Value::date).map_err(|fault| no_day(fault, written))
        }
        FactType::DateTime => moment::day_and_time(written, when(decl, today))
            .map(Value::date_time)
            .map_err(|fault| no_day_and_time(fault, written)),
        FactType::ShortText => text_of(decl, written.split_whitespace().collect::<Vec<_>>().join(" "), SHORT),
        FactType::LongText => text_of(decl, written.to_owned(), LONG),
        FactType::Name => name::name(written, is_of_the_writer(decl))
            .map(|(name, _)| Value::text(decl.kind, name))
            .map_err(|fault| no_name(fault).to_owned()),
        FactType::Mail => text(address::mail(written), "An e-mail address looks like name@home.example."),
        FactType::NhsMail => match address::mail(written) {
            Some(mail) if mail.ends_with("@nhs.net") => Ok(Value::text(decl.kind, mail)),
            Some(_) => Err("This address must end in @nhs.net.".to_owned()),
            None => Err("An NHSmail address looks like first.last@nhs.net.".to_owned()),
        },
        FactType::Mobile => phone::mobile(written).map(|number| Value::text(decl.kind, number)).map_err(no_mobile),
        FactType::Phone => text(phone::number(written), "A telephone number looks like 01632 960123 or 07700 900123."),
        FactType::Postcode => text(postcode::postcode(written), &no_postcode(written)),
        FactType::OdsCode => text(codes::ods(written), "An ODS code looks like V12345."),
        FactType::Reference => text(
            reference::parse(written).map(|reference| reference.0),
            "This is not one of our references. A reference begins with CD and has eight more characters.",
        ),
        FactType::CqcLocation => {
            text(codes::cqc_location(written), &no_cqc(written, "A CQC location ID looks like 1-123456789."))
        }
        FactType::CqcContact => {
            let looks = "A CQC contact ID looks like 1-123456789 or CON1-123456789.";
            text(codes::cqc_contact(written), &no_cqc(written, looks))
        }
        FactType::List => people::list(decl, written, today),
        FactType::Code => text(codes::code(written), "A passcode has 4 to 10 letters and digits."),
    }
}

/// The only value that stands in an answer with more words, or what is wrong with the only thing that looks like one;
/// `None` if there is nothing like it.
fn only_one(decl: &FactDecl, written: &str, today: Option<Date>) -> Option<Result<Value, String>> {
    let parts = seen::seen(decl, written, today, Width::Wide);
    let mut read: Vec<Result<Value, String>> = parts.iter().map(|part| exact(decl, part, today)).collect();
    let mut values: Vec<Value> = read.iter().filter_map(|value| value.clone().ok()).collect();
    values.sort();
    values.dedup();
    match (values.len(), read.len()) {
        (0, 1) => read.pop(),
        (0, _) => None,
        (1, _) => values.pop().map(Ok),
        _ => Some(Err("We found more than one answer here. Please give just one.".to_owned())),
    }
}

fn choice(decl: &FactDecl, written: &str) -> Result<Value, String> {
    let answer = plain(written);
    let choices: Vec<(String, &String)> = decl.choices.iter().map(|choice| (plain(choice), choice)).collect();
    let only = |fits: &dyn Fn(&str) -> bool| {
        let mut fitting = choices.iter().filter(|(plain, _)| fits(plain));
        match (fitting.next(), fitting.next()) {
            (Some((_, choice)), None) => Some(*choice),
            _ => None,
        }
    };
    let numbered = || {
        let number: usize =
            answer.strip_prefix("number ").or(answer.strip_prefix("option ")).unwrap_or(&answer).parse().ok()?;
        decl.choices.get(number.checked_sub(1)?)
    };
    let said_yes_or_no = || {
        let word = if yes_no(written)? { "yes" } else { "no" };
        only(&|plain| plain == word)
    };
    let padded = format!(" {answer} ");
    let denied = ["not", "no", "or", "neither", "isnt"].iter().any(|word| padded.contains(&format!(" {word} ")));
    only(&|plain| plain == answer)
        .or_else(numbered)
        .or_else(|| only(&|plain| !answer.is_empty() && plain.starts_with(&answer)))
        .or_else(said_yes_or_no)
        .or_else(|| only(&|plain| !plain.is_empty() && padded.contains(&format!(" {plain} "))).filter(|_| !denied))
        .map(|choice| Value::text(FactType::Choice, choice.clone()))
        .ok_or_else(|| format!("Please answer with one of these: {}.", decl.choices.join(", ")))
}

fn number(decl: &FactDecl, written: &str) -> Result<Value, String> {
    let number = number::number(written).ok_or_else(|| "Please answer with one whole number, such as 3.".to_owned())?;
    match (decl.at_least, decl.at_most) {
        (Some(least), Some(most)) if number < least || number > most => {
            Err(format!("The number must be from {least} to {most}."))
        }
        (Some(least), _) if number < least => Err(format!("The number must be {least} or more.")),
        (_, Some(most)) if number > most => Err(format!("The number must be {most} or less.")),
        _ => Ok(Value::number(number)),
    }
}

fn text_of(decl: &FactDecl, text: String, most: usize) -> Result<Value, String> {
    let shortened: String = match decl.shorten_to {
        Some(to) => text.chars().take(to.min(most)).collect::<String>().trim_end().to_owned(),
        None => text,
    };
    let length = shortened.chars().count();
    if length > most {
        return Err(format!("Please write at most {most} characters; there are {length}."));
    }
    if shortened.is_empty() { Err("The answer is empty.".to_owned()) } else { Ok(Value::text(decl.kind, shortened)) }
}

fn no_mobile(fault: NoMobile) -> String {
    match fault {
        NoMobile::Landline => "This looks like a landline. We need a mobile number, which starts with 07.".to_owned(),
        NoMobile::Meant(number) => format!("Did you mean {number}? Please write all 11 digits."),
        NoMobile::Unlike => "A UK mobile number has 11 digits and starts with 07.".to_owned(),
    }
}

fn no_postcode(written: &str) -> String {
    match postcode::meant(written) {
        Some(meant) => format!("This is no UK postcode as it stands. Did you mean {meant}?"),
        None => "A UK postcode looks like NE1 4ST.".to_owned(),
    }
}

fn no_cqc(written: &str, looks: &str) -> String {
    match codes::cqc_meant(written) {
        Some(meant) => format!("{looks} Did you mean {meant}?"),
        None => looks.to_owned(),
    }
}

fn no_name(fault: NoName) -> &'static str {
    match fault {
        NoName::Digits => "A name holds no digits.",
        NoName::Long => "This is too long for a name. Please give a first name and a last name.",
        NoName::Marks => "A name holds letters only. Please give a first name and a last name.",
        NoName::NotFull => "Please give a first name and a last name.",
        NoName::OwnName => "This seems to be your own name. Please give the name of the other person.",
        NoName::Several => "Please give the name of one person.",
    }
}

fn no_day(fault: NoMoment, written: &str) -> String {
    let quoted = super::words::quoted(written);
    match fault {
        NoMoment::Unlike | NoMoment::NoDay | NoMoment::NoTime | NoMoment::NoHalf => {
            "Please write the day like 3 March 2026.".to_owned()
        }
        NoMoment::Ambiguous => {
            format!("“{quoted}” can be two different days. Please write the month as a word.")
        }
        NoMoment::TwoWeeks => {
            format!("“{quoted}” can be two different days. Please write the day like 3 March 2026.")
        }
        NoMoment::Several => "We found more than one day here. Please give just one.".to_owned(),
        NoMoment::NoYear => "Please write the year too, like 3 March 2026.".to_owned(),
        NoMoment::Unreal => "There is no such day or time. Please check it.".to_owned(),
        NoMoment::OtherWeekday => "That day is another day of the week. Please check it.".to_owned(),
    }
}

fn no_day_and_time(fault: NoMoment, written: &str) -> String {
    match fault {
        NoMoment::Unlike => "Please write day and time like 3 March 2026 at 3pm.".to_owned(),
        NoMoment::NoDay => "Please write the day too, like 3 March 2026 at 3pm.".to_owned(),
        NoMoment::NoTime => "Please write the time too, like 3 March 2026 at 3pm.".to_owned(),
        NoMoment::NoHalf => "Please add am or pm to the time, like 3 March 2026 at 3pm.".to_owned(),
        NoMoment::Ambiguous
        | NoMoment::TwoWeeks
        | NoMoment::Several
        | NoMoment::NoYear
        | NoMoment::Unreal
        | NoMoment::OtherWeekday => no_day(fault, written),
    }
}
