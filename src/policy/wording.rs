//! Plain words for what a pack says: names, holes of texts, guards, waits, and what counts as a valid answer. Pictures,
//! the handbook and explanations say the same thing in the same words because they all ask here.

mod guard;
mod letter;
mod rule;

use crate::policy::calendar::Length;
use crate::policy::demand::{ProofKind, To, Wanted};
use crate::policy::facts::FactType;
use crate::policy::flow::{DeskText, Each, Ending, FactDecl, Flow, Limit, Pack, Step, Verb};
use crate::policy::text::{Filter, Piece, Template};

pub use guard::guard;
pub use letter::{Asked, Letter, letter};
pub use rule::{Choice, choices};

/// A part of a text as people read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words as they are sent.
    Words(String),
    /// What is filled in when it is sent.
    Filled(String),
}

/// A name from a flow as people write it: `reset_password` is "reset password".
pub fn plain(name: &str) -> String {
    name.replace('_', " ")
}

/// A proof in words: "mail from the owner of the account's organisation".
pub fn proof(wanted: &Wanted) -> String {
    let of = possessive(&wanted.of);
    match wanted.kind {
        ProofKind::OwnAccount => format!("mail from the {of} own address"),
        ProofKind::Owner => format!("mail from an owner of the {of} shared mailbox"),
        ProofKind::SharedMailbox => format!("mail from the {of} shared mailbox"),
        ProofKind::RegisteredManager => format!("mail from the {of} registered manager"),
        ProofKind::CqcDetails => format!("the {of} three codes, or a passcode for one of them"),
        ProofKind::Landline => format!("a call to the {of} number on record"),
    }
}

/// To whom something is said, in words.
pub fn party(to: &To) -> String {
    match to {
        To::Requester => "the requester".into(),
        To::Path(path) => match path.split_last() {
            Some((last, [])) => format!("the {}", plain(last)),
            Some((last, before)) => format!("the {} {}", possessive(before), plain(last)),
            None => String::new(),
        },
    }
}

/// `account.organisation` is "account's organisation's".
fn possessive(path: &[String]) -> String {
    path.iter().map(|part| format!("{}'s", plain(part))).collect::<Vec<_>>().join(" ")
}

/// A sentence with its first letter in capitals.
pub fn sentence(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `one`, `one or two`, `one, two or three`.
pub fn listed(items: &[String], last: &str) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., end] => format!("{} {last} {end}", before.join(", ")),
    }
}

/// The question of a fact; its name when nobody is ever asked.
pub fn question(pack: &Pack, flow: &str, fact: &str) -> String {
    pack.fact(flow, fact).or_else(|| pack.any_fact(fact)).map_or_else(|| plain(fact), |decl| decl.ask.clone())
}

/// A text, with what is filled in named in plain words. What the pack itself knows already stands in it.
pub fn parts(pack: &Pack, text: &Template) -> Vec<Part> {
    let part = |piece: &Piece| match piece {
        Piece::Words(words) => Part::Words(words.clone()),
        Piece::Hole { path, filters, .. } => match settled(pack, path) {
            Some(known) => Part::Words(known),
            None => Part::Filled(hole(path, filters)),
        },
    };
    text.pieces.iter().map(part).collect()
}

/// A text on one line, with what is filled in between square brackets.
pub fn line(pack: &Pack, text: &Template) -> String {
    let parts = parts(pack, text).into_iter().map(|part| match part {
        Part::Words(words) => words,
        Part::Filled(what) => format!("[{what}]"),
    });
    parts.collect::<String>().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a path stands for when the pack alone decides it.
fn settled(pack: &Pack, path: &[String]) -> Option<String> {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["desk", "name"] => Some(pack.desk.name.clone()),
        ["contacts", contact, field] => {
            let contact = pack.desk.contacts.get(*contact)?;
            match *field {
                "name" => Some(contact.name.clone()),
                "mail" => Some(contact.mail.clone()),
                "phone" => contact.phone.clone(),
                _ => None,
            }
        }
        ["limits", limit] => pack.desk.limits.get(*limit).map(|limit| match limit {
            Limit::Number(number) => number.to_string(),
            Limit::Length(length) => length.to_string(),
        }),
        _ => None,
    }
}

fn hole(path: &[String], filters: &[Filter]) -> String {
    let words = path_in_words(path);
    match filters.iter().find_map(|filter| if let Filter::Default(words) = filter { Some(words) } else { None }) {
        Some(otherwise) if !otherwise.is_empty() => format!("{words}, or “{otherwise}”"),
        _ => words,
    }
}

/// A dotted path: `account.organisation.name` is "name of the account's organisation".
pub fn path_in_words(path: &[String]) -> String {
    let names: Vec<&str> = path.iter().map(String::as_str).collect();
    match names.as_slice() {
        ["step", "due"] => "the day by which to answer".into(),
        ["desk", "cover"] => "when people work here".into(),
        ["ticket", "reference"] => "reference".into(),
        [fact, "last4"] => format!("last four digits of the {}", plain(fact)),
        [fact, "is_nhs"] => format!("{} ends in @nhs.net", plain(fact)),
        [one] => plain(one),
        [whole, field] => format!("{} of the {}", plain(field), plain(whole)),
        [owners @ .., field] => {
            let owners: Vec<String> = owners.iter().map(|owner| plain(owner)).collect();
            format!("{} of the {}", plain(field), owners.join("'s "))
        }
        [] => String::new(),
    }
}

/// What counts as a valid answer, in a sentence.
pub fn valid(decl: &FactDecl) -> String {
    let range = match (decl.at_least, decl.at_most) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(", {least} or more"),
        (None, Some(most)) => format!(", {most} or less"),
        (None, None) => String::new(),
    };
    let short = decl.shorten_to.map_or_else(String::new, |most| format!(" It is cut to {most} characters."));
    let what: String = match decl.kind {
        FactType::YesNo => "Yes or no.".into(),
        FactType::Choice => format!("One of: {}.", decl.choices.join("; ")),
        FactType::Number => format!("A whole number{range}."),
        FactType::Date => "A real day that can be read in one way only.".into(),
        FactType::DateTime => "A real day with a time.".into(),
        FactType::ShortText => "A text of up to 200 characters.".into(),
        FactType::LongText => "A text of up to 4,000 characters.".into(),
        FactType::Name => "A first and a last name.".into(),
        FactType::Mail => "An e-mail address.".into(),
        FactType::NhsMail => "An e-mail address that ends in @nhs.net.".into(),
        FactType::Mobile => "A mobile number of the United Kingdom.".into(),
        FactType::Phone => "A telephone number.".into(),
        FactType::Postcode => "A postcode of the United Kingdom.".into(),
        FactType::OdsCode => "An ODS code, such as V12345.".into(),
        FactType::Reference => "A reference of ours; a slip in it is noticed.".into(),
        FactType::CqcLocation => "A CQC location ID; it begins with 1-.".into(),
        FactType::CqcContact => "A CQC contact ID; it begins with 1- or CON1-.".into(),
        FactType::Code => "The passcode as it was sent.".into(),
        FactType::List => return people(decl),
    };
    format!("{what}{short}")
}

/// What counts as a whole list, in a few sentences.
fn people(decl: &FactDecl) -> String {
    let fields: Vec<String> = decl
        .list
        .iter()
        .flat_map(|list| &list.fields)
        .map(|field| {
            let unique = if field.unique { " (no two the same)" } else { "" };
            let unless = field.unless_said.as_ref().map(|value| format!(" ({value}, unless they say)"));
            format!("{}{unique}{}", field.decl.ask.trim_end_matches('?'), unless.unwrap_or_default())
        })
        .collect();
    format!("A list of {} to {}. Of each: {}.", decl.fewest(), decl.most(), listed(&fields, "and"))
}

/// Before what a step does for every entry of a list; nothing of other steps.
pub fn for_each(each: Option<&Each>) -> String {
    match each {
        None => String::new(),
        Some(Each { list, part: None, .. }) => format!("For each of the list “{}”: ", plain(list)),
        Some(Each { list, part: Some(part), .. }) => {
            format!("For each of the list “{}” that is “{}”: ", plain(list), plain(part))
        }
    }
}

/// How a flow ends, in words.
pub fn ending(ending: Ending) -> &'static str {
    match ending {
        Ending::Resolved => "closed, resolved",
        Ending::Refused => "closed, refused",
        Ending::Unanswered => "closed, because nobody answered",
        Ending::Agent => "a colleague takes over",
    }
}

/// How long a step waits for people, and when it reminds them. `None` when it waits for nobody outside.
pub fn patience(pack: &Pack, step: &Step) -> Option<(Length, Vec<Length>)> {
    let asks = match &step.verb {
        Verb::Ask { .. } | Verb::Confirm { .. } => true,
        Verb::LookUp { tries, by_requester, .. } => *tries > 1 && !by_requester,
        _ => false,
    };
    if !asks {
        return None;
    }
    let usual = &pack.desk.patience;
    let reminders = if step.within.is_none() && step.remind.is_empty() { &usual.remind } else { &step.remind };
    Some((step.within.unwrap_or(usual.within), reminders.clone()))
}

/// `reminder after 2 working days`, `reminders after 30 days and 60 days`; nothing without one.
pub fn reminders(remind: &[Length]) -> String {
    let lengths: Vec<String> = remind.iter().map(ToString::to_string).collect();
    match lengths.len() {
        0 => "no reminder".into(),
        1 => format!("reminder after {}", listed(&lengths, "and")),
        _ => format!("reminders after {}", listed(&lengths, "and")),
    }
}

/// The title of a flow; its name when there is none.
pub fn title(pack: &Pack, flow: &str) -> String {
    pack.flows.get(flow).map_or_else(|| plain(flow), |flow| flow.title.clone())
}

/// The title of a queue; its name when there is none.
pub fn queue(pack: &Pack, queue: &str) -> String {
    pack.desk.queues.get(queue).map_or_else(|| plain(queue), |queue| queue.title.clone())
}

/// The name of a contact; the word itself when there is none.
pub fn contact(pack: &Pack, contact: &str) -> String {
    pack.desk.contacts.get(contact).map_or_else(|| plain(contact), |contact| contact.name.clone())
}

/// The area of a flow: the folder that it stands in, and for answers the file.
pub fn area(flow: &Flow) -> String {
    let below = flow.file.strip_prefix("flows/").unwrap_or(&flow.file);
    match below.rsplit_once('/') {
        Some(("answers", file)) => format!("answers: {}", plain(file.trim_end_matches(".yaml"))),
        Some((folder, _)) => plain(folder),
        None => "other".into(),
    }
}

/// A text of the desk as a flow says it.
pub fn desk_text<'a>(pack: &'a Pack, flow: &'a Flow, text: DeskText) -> Option<&'a Template> {
    flow.texts.get(&text).or_else(|| pack.desk.texts.get(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_aloud() {
        let words = |path: &str| path_in_words(&path.split('.').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(words("account.address"), "address of the account");
        assert_eq!(words("registered_mobile.last4"), "last four digits of the registered mobile");
        assert_eq!(words("account.organisation.name"), "name of the account's organisation");
        assert_eq!(words("good_time"), "good time");
    }

    #[test]
    fn lists_are_read_aloud() {
        let list = |items: &[&str]| listed(&items.iter().map(|item| (*item).to_owned()).collect::<Vec<_>>(), "or");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b or c");
    }
}
