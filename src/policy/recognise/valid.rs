//! One written answer to one question: its value, or why it is none, in words for the person who wrote it.

use jiff::civil::Date;

use crate::policy::facts::{FactType, Value};
use crate::policy::flow::FactDecl;
use crate::policy::recognise::address::{self, NoMobile};
use crate::policy::recognise::moment::{self, NoMoment};
use crate::policy::recognise::words::{plain, words};
use crate::policy::recognise::{codes, seen};
use crate::policy::reference;

const SHORT: usize = 200;
const LONG: usize = 4_000;

/// The value of one written answer. If the answer holds more words than the value, the only value of the fact's type
/// in it counts.
pub(super) fn value(decl: &FactDecl, written: &str, today: Option<Date>) -> Result<Value, String> {
    let cleaned: String = written.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
    let written = cleaned.trim();
    if written.is_empty() {
        return Err("The answer is empty.".to_owned());
    }
    match exact(decl, written, today) {
        Ok(value) => Ok(value),
        Err(because) => only_one(decl, written, today).unwrap_or(Err(because)),
    }
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
        FactType::Date => moment::day(written, today).map(Value::date).map_err(|fault| no_day(fault, written)),
        FactType::DateTime => {
            moment::day_and_time(written, today).map(Value::date_time).map_err(|fault| no_day_and_time(fault, written))
        }
        FactType::ShortText => text_of(decl, written.split_whitespace().collect::<Vec<_>>().join(" "), SHORT),
        FactType::LongText => text_of(decl, written.to_owned(), LONG),
        FactType::Name => name(written),
        FactType::Mail => text(address::mail(written), "An e-mail address looks like name@home.example."),
        FactType::NhsMail => match address::mail(written) {
            Some(mail) if mail.ends_with("@nhs.net") => Ok(Value::text(decl.kind, mail)),
            Some(_) => Err("This address must end in @nhs.net.".to_owned()),
            None => Err("An NHSmail address looks like first.last@nhs.net.".to_owned()),
        },
        FactType::Mobile => address::mobile(written).map(|number| Value::text(decl.kind, number)).map_err(no_mobile),
        FactType::Postcode => text(address::postcode(written), "A UK postcode looks like NE1 4ST."),
        FactType::OdsCode => text(codes::ods(written), "An ODS code looks like V12345."),
        FactType::Reference => text(
            reference::parse(written).map(|reference| reference.0),
            "This is not one of our references. A reference begins with CD and has eight more characters.",
        ),
        FactType::CqcLocation => text(codes::cqc_location(written), "A CQC location ID looks like 1-123456789."),
        FactType::CqcContact => {
            text(codes::cqc_contact(written), "A CQC contact ID looks like 1-123456789 or CON1-123456789.")
        }
        FactType::Code => text(codes::code(written), "A passcode has 4 to 10 letters and digits."),
    }
}

/// The only value that stands in an answer with more words; `None` if there is nothing like it.
fn only_one(decl: &FactDecl, written: &str, today: Option<Date>) -> Option<Result<Value, String>> {
    let mut values: Vec<Value> =
        seen::seen(decl.kind, written, today).into_iter().filter_map(|part| exact(decl, &part, today).ok()).collect();
    values.sort();
    values.dedup();
    match values.len() {
        0 => None,
        1 => values.pop().map(Ok),
        _ => Some(Err("We found more than one answer here. Please give just one.".to_owned())),
    }
}

/// `Yes`, `yep`, `No, not yet`. Nothing that takes back what it says.
pub(super) fn yes_no(written: &str) -> Option<bool> {
    const YES: [&str; 22] = [
        "yes",
        "y",
        "yep",
        "yeah",
        "yup",
        "ye",
        "aye",
        "correct",
        "of course",
        "ok",
        "okay",
        "sure",
        "that is right",
        "thats right",
        "it is",
        "it does",
        "i do",
        "we do",
        "i have",
        "we have",
        "agreed",
        "i agree",
    ];
    const NO: [&str; 20] = [
        "no",
        "n",
        "nope",
        "nah",
        "not yet",
        "never",
        "not at all",
        "no thanks",
        "no thank you",
        "it is not",
        "it isnt",
        "it doesnt",
        "it does not",
        "i dont",
        "i do not",
        "we dont",
        "we do not",
        "i havent",
        "we havent",
        "not really",
    ];
    const TAKES_BACK: [&str; 12] =
        ["but", "maybe", "unsure", "sure", "idea", "clue", "if", "unless", "think", "perhaps", "problem", "or"];
    let plain = plain(written);
    if YES.contains(&plain.as_str()) {
        return Some(true);
    }
    if NO.contains(&plain.as_str()) {
        return Some(false);
    }
    let mut words = plain.split(' ');
    let yes = match words.next()? {
        "yes" | "yep" | "yeah" | "yup" | "y" => true,
        "no" | "nope" | "n" => false,
        _ => return None,
    };
    let opposite: &[&str] = if yes { &["no", "nope", "not", "never", "dont"] } else { &["yes", "yep", "yeah"] };
    let clear = plain.len() <= 200 && !words.any(|word| TAKES_BACK.contains(&word) || opposite.contains(&word));
    clear.then_some(yes)
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
    const WORDS: [&str; 13] =
        ["none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let no_number = || "Please answer with a whole number, such as 3.".to_owned();
    let mut groups =
        written.split(|c: char| c.is_whitespace()).filter(|word| word.contains(|c: char| c.is_ascii_digit()));
    let number: i64 = match (groups.next(), groups.next()) {
        (None, _) => {
            let answer = plain(written);
            let mut named = answer.split(' ').filter_map(|word| match word {
                "zero" => Some(0),
                _ => WORDS.iter().position(|known| *known == word),
            });
            match (named.next(), named.next()) {
                (Some(n), None) => i64::try_from(n).map_err(|_| no_number())?,
                _ => return Err(no_number()),
            }
        }
        (Some(group), None) => {
            let group = group.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '+');
            let (sign, digits) = match group.strip_prefix(['-', '−']) {
                Some(digits) => (-1, digits),
                None => (1, group.strip_prefix('+').unwrap_or(group)),
            };
            sign * thousands(digits).ok_or_else(no_number)?
        }
        _ => return Err(no_number()),
    };
    match (decl.at_least, decl.at_most) {
        (Some(least), Some(most)) if number < least || number > most => {
            Err(format!("The number must be from {least} to {most}."))
        }
        (Some(least), _) if number < least => Err(format!("The number must be {least} or more.")),
        (_, Some(most)) if number > most => Err(format!("The number must be {most} or less.")),
        _ => Ok(Value::number(number)),
    }
}

/// `12`, `1200` or `1,200`, up to eighteen digits.
fn thousands(text: &str) -> Option<i64> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let well_grouped = groups.all(|group| group.len() == 3) && (!text.contains(',') || (1..=3).contains(&first.len()));
    let digits = text.replace(',', "");
    let fits = well_grouped && (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok())?
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

/// A person's first and last name.
fn name(written: &str) -> Result<Value, String> {
    let written = written.trim_matches(|c: char| c.is_whitespace() || "\"“”'*.,;<>()".contains(c));
    let lead = ["my full name is ", "my name is ", "i am ", "i'm ", "it is ", "it's "]
        .into_iter()
        .find(|lead| written.get(..lead.len()).is_some_and(|start| start.eq_ignore_ascii_case(lead)));
    let name = written.get(lead.map_or(0, str::len)..).unwrap_or_default();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    let words = words(&name).iter().filter(|word| word.plain.chars().any(char::is_alphabetic)).count();
    if name.chars().any(char::is_numeric) {
        Err("A name holds no digits.".to_owned())
    } else if name.chars().count() > 100 || words > 8 {
        Err("This is too long for a name. Please give a first name and a last name.".to_owned())
    } else if name.chars().any(|c| !(c.is_alphabetic() || is_mark(c) || " '’‘-‐.`´".contains(c))) {
        Err("A name holds letters only. Please give a first name and a last name.".to_owned())
    } else if name.split(' ').filter(|part| part.chars().any(char::is_alphabetic)).count() < 2 {
        Err("Please give a first name and a last name.".to_owned())
    } else {
        Ok(Value::text(FactType::Name, name))
    }
}

/// An accent that stands behind its letter.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn no_mobile(fault: NoMobile) -> String {
    match fault {
        NoMobile::Landline => "This looks like a landline. We need a mobile number, which starts with 07.",
        NoMobile::Unlike => "A UK mobile number has 11 digits and starts with 07.",
    }
    .to_owned()
}

fn no_day(fault: NoMoment, written: &str) -> String {
    match fault {
        NoMoment::Unlike | NoMoment::NoTime | NoMoment::NoHalf => "Please write the day like 3 March 2026.".to_owned(),
        NoMoment::Ambiguous => {
            format!("“{}” can be two different days. Please write the month as a word.", super::words::quoted(written))
        }
        NoMoment::NoYear => "Please write the year too, like 3 March 2026.".to_owned(),
        NoMoment::Unreal => "There is no such day or time. Please check it.".to_owned(),
        NoMoment::OtherWeekday => "That day is another day of the week. Please check it.".to_owned(),
    }
}

fn no_day_and_time(fault: NoMoment, written: &str) -> String {
    match fault {
        NoMoment::Unlike => "Please write day and time like 3 March 2026 at 3pm.".to_owned(),
        NoMoment::NoTime => "Please write the time too, like 3 March 2026 at 3pm.".to_owned(),
        NoMoment::NoHalf => "Please add am or pm to the time.".to_owned(),
        NoMoment::Ambiguous | NoMoment::NoYear | NoMoment::Unreal | NoMoment::OtherWeekday => no_day(fault, written),
    }
}
