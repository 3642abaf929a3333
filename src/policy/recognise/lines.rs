//! The lines of a message that can hold an answer: without hello and thanks, and without the card below the name. What
//! stands on such a card is how to reach somebody, never the answer to "which mobile?".

use crate::policy::recognise::words::{is_closing, is_courtesy, is_short};
use crate::policy::recognise::{address, phone};

/// The lines of a text. Those that say nothing become empty, so that the others keep their places.
pub(super) fn telling_lines(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    cut_below_closing(&mut lines);
    cut_cards(&mut lines);
    lines.into_iter().map(|line| if is_courtesy(line) { "" } else { line }).collect()
}

/// Below "Kind regards" stand a name and a card.
fn cut_below_closing(lines: &mut Vec<&str>) {
    let Some(closing) = lines.iter().rposition(|line| is_closing(line)) else { return };
    let said_before = lines.iter().take(closing).any(|line| !line.is_empty() && !is_courtesy(line));
    let below = || lines.iter().skip(closing + 1).filter(|line| !line.is_empty());
    if !said_before || below().next().is_none() {
        return;
    }
    if below().count() <= 2 && below().all(|line| is_short(line)) {
        lines.truncate(closing);
    } else if below().any(|line| contact(line).is_some()) {
        for line in lines.iter_mut().skip(closing + 1).filter(|line| contact(line).is_some() || is_card_line(line)) {
            *line = "";
        }
    }
}

/// Cards without a closing above them: a name or two, and how to reach them.
fn cut_cards(lines: &mut [&str]) {
    let mut from = 0;
    while from < lines.len() {
        let length = lines.iter().skip(from).take_while(|line| !line.is_empty()).count();
        if let Some(paragraph) = lines.get_mut(from..from + length) {
            cut_card(paragraph);
        }
        from += length + 1;
    }
}

fn cut_card(paragraph: &mut [&str]) {
    for line in paragraph.iter_mut().filter(|line| is_card_in_one_line(line)) {
        *line = "";
    }
    let Some(first) = paragraph.iter().position(|line| contact(line).is_some()) else { return };
    let lead = paragraph.iter().take(first).rev().take_while(|line| is_heading(line) && is_title(line)).count();
    let about_nobody = || paragraph.iter().filter_map(|line| contact(line)).any(|contact| contact == Contact::NoAnswer);
    let has_role = || paragraph.iter().take(first).skip(first - lead).any(|line| names_a_role(line));
    if lead == 0 || !(lead >= 2 || has_role() || about_nobody()) {
        return;
    }
    for line in paragraph.iter_mut().skip(first - lead) {
        if contact(line).is_some() || is_card_line(line) {
            *line = "";
        }
    }
}

/// A line with nothing but ways to reach somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Contact {
    /// It could answer a question.
    Plain,
    /// We never ask for that: an office number, a fax, a website.
    NoAnswer,
}

fn contact(line: &str) -> Option<Contact> {
    const LONGEST: usize = 200;
    if line.is_empty() || line.len() > LONGEST {
        return None;
    }
    let mut found = None;
    for part in parts(line) {
        match way(part) {
            Some(Contact::NoAnswer) => found = Some(Contact::NoAnswer),
            Some(Contact::Plain) => found = found.or(Some(Contact::Plain)),
            None if is_heading(part) => {}
            None => return None,
        }
    }
    found
}

/// `Amy Field | Deputy Manager | 07700 900222 | www.rosecourt.example`.
fn is_card_in_one_line(line: &str) -> bool {
    let tells = |part: &str| names_a_role(part) || way(part) == Some(Contact::NoAnswer);
    contact(line).is_some() && parts(line).count() >= 3 && parts(line).any(is_heading) && parts(line).any(tells)
}

fn parts(line: &str) -> impl Iterator<Item = &str> {
    line.split(['|', '•', '·', '\t']).flat_map(|part| part.split("  ")).map(str::trim).filter(|part| !part.is_empty())
}

/// One way to reach somebody, with its label if it has one.
fn way(part: &str) -> Option<Contact> {
    const LABELS: [&str; 12] =
        ["t", "tel", "telephone", "phone", "m", "mob", "mobile", "cell", "e", "email", "mail", "contact"];
    const OFFICE: [&str; 12] =
        ["office", "switchboard", "direct", "ddi", "reception", "main", "fax", "f", "w", "web", "website", "landline"];
    let end = part.find(|c: char| !c.is_alphabetic() && c != '-').unwrap_or(part.len());
    let (label, rest) = part.split_at(end);
    let label = label.replace('-', "").to_lowercase();
    let rest = rest.trim_start_matches(|c: char| c.is_whitespace() || ":.-–".contains(c));
    let reached = |text: &str| {
        if is_site(text) {
            Some(Contact::NoAnswer)
        } else if phone::is_phone(text) {
            Some(if phone::mobile(text).is_ok() { Contact::Plain } else { Contact::NoAnswer })
        } else {
            address::mail(text).filter(|_| !text.contains(char::is_whitespace)).map(|_| Contact::Plain)
        }
    };
    if OFFICE.contains(&label.as_str()) {
        reached(rest).map(|_| Contact::NoAnswer)
    } else if LABELS.contains(&label.as_str()) {
        reached(rest)
    } else {
        reached(part)
    }
}

fn is_site(text: &str) -> bool {
    let text = text.to_lowercase();
    !text.contains(char::is_whitespace) && ["www.", "http://", "https://"].iter().any(|start| text.starts_with(start))
}

/// A name, a role or the name of a home: a few words and nothing else.
fn is_heading(line: &str) -> bool {
    let is_heading = |part: &str| is_short(part) && !part.contains(['=', '.', '>']) && !part.ends_with(',');
    parts(line).all(is_heading) && !line.is_empty()
}

/// Written as names and homes are, and no hello.
fn is_title(line: &str) -> bool {
    let capital = |word: &str| word.chars().count() <= 3 || word.starts_with(char::is_uppercase);
    !is_courtesy(line) && line.starts_with(char::is_uppercase) && line.split_whitespace().all(capital)
}

fn names_a_role(line: &str) -> bool {
    const ROLES: [&str; 11] = [
        "manager",
        "director",
        "owner",
        "nurse",
        "administrator",
        "lead",
        "coordinator",
        "officer",
        "carer",
        "matron",
        "proprietor",
    ];
    line.split(|c: char| !c.is_alphabetic()).any(|word| ROLES.iter().any(|role| word.eq_ignore_ascii_case(role)))
}

/// What else a card holds: an address, a name. A numbered or labelled answer is none.
fn is_card_line(line: &str) -> bool {
    let numbered = line.starts_with(|c: char| c.is_ascii_digit())
        && line.trim_start_matches(|c: char| c.is_ascii_digit()).starts_with(['.', ')', ':']);
    !numbered
        && line.split_whitespace().count() <= 8
        && !line.contains(['@', ':', '=', '?'])
        && phone::phones(line).is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_is_cut_and_an_answer_is_not() {
        for text in [
            "ok\n\nAmy Field\nRose Court\nT: 01632 960111\nM: 07700 900222",
            "ok\nKind regards\nAmy\nRegistered Manager\nNE46 1AA\ntel 07700 900222",
            "ok\n\nAmy Field | Manager | 07700 900222",
            "ok\n\nAmy\nSwitchboard 01632 960111\nMob 07700 900222",
        ] {
            let left: Vec<&str> = telling_lines(text).into_iter().filter(|line| !line.is_empty()).collect();
            assert_eq!(left, ["ok"], "{text}");
        }
        for text in [
            "Amy Field\namy.field@nhs.net",
            "Amy Field | amy.field@nhs.net | 07700 900222",
            "Email: amy@home.example\nMobile: 07700 900222",
            "ok\nThanks\nAmy Field, and PS:\nmy mobile is 07700 900222",
        ] {
            assert!(
                telling_lines(text).iter().any(|line| line.contains("07700") || line.contains("nhs.net")),
                "{text}"
            );
        }
    }
}
