//! Names of people: how they are written, and how somebody introduces themselves in a sentence.

/// Why something is no full name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoName {
    /// There is a digit in it.
    Digits,
    /// It is longer than names are.
    Long,
    /// It holds marks that no name has.
    Marks,
    /// It is one word, or words that are no name.
    NotFull,
    /// The writer's own name where another person's was asked for.
    OwnName,
    /// There are two people.
    Several,
}

/// Before the writer's own name. The last ones stand before other things too.
const OWN: [&str; 8] =
    ["my full name is ", "my name is ", "my names ", "my name's ", "my name’s ", "i am ", "i'm ", "i’m "];
/// So many of [`OWN`] speak of a name.
const PLAIN: usize = 5;
/// Before any name.
const LEADS: [&str; 15] = [
    "yes ",
    "yes, ",
    "hi ",
    "hi, ",
    "hello ",
    "hello, ",
    "it is ",
    "it's ",
    "it’s ",
    "its ",
    "this is ",
    "the name is ",
    "her name is ",
    "his name is ",
    "their name is ",
];
/// What ends a name in a sentence.
const ENDS: [&str; 16] = [
    "from", "of", "at", "the", "i", "we", "but", "so", "who", "here", "speaking", "manager", "with", "in", "for", "as",
];
/// Words that no name holds, though a sentence may hold two of them in a row.
const NO_NAMES: &[&str] = &[
    "the",
    "not",
    "is",
    "on",
    "see",
    "below",
    "above",
    "attached",
    "account",
    "manager",
    "registered",
    "deputy",
    "owner",
    "locked",
    "out",
    "sure",
    "very",
    "cross",
    "unable",
    "trying",
    "having",
    "same",
    "email",
    "mail",
    "phone",
    "password",
    "please",
    "help",
    "yes",
    "it",
    "this",
    "that",
    "what",
    "which",
    "to",
    "for",
    "with",
    "have",
    "has",
    "can",
    "cannot",
    "don't",
    "dont",
    "don’t",
    "know",
    "idea",
    "already",
    "your",
    "you",
    "me",
    "going",
    "sorry",
    "thanks",
    "regards",
    "cqc",
    "ods",
    "nhs",
    "nhsmail",
    "think",
    "need",
    "want",
    "would",
    "could",
    "was",
    "are",
    "were",
    "asked",
    "told",
    "sent",
    "got",
    "never",
    "mean",
];
const PARTICLES: [&str; 14] =
    ["de", "la", "le", "van", "von", "der", "den", "di", "da", "dos", "del", "bin", "al", "ap"];

/// A person's first and last name as an answer gives it, and the words in which it stands.
pub(super) fn name(written: &str, of_the_writer: bool) -> Result<(String, &str), NoName> {
    let full = |line: &&str| checked(line.trim()).is_ok();
    if written.contains('\n') && written.lines().take(9).filter(full).count() > 1 {
        return Err(NoName::Several);
    }
    let mut rest = written.trim_matches(|c: char| c.is_whitespace() || "\"“”'*.,;<>()!".contains(c));
    while let Some(lead) = LEADS.iter().find_map(|lead| behind(rest, lead)) {
        rest = lead;
    }
    while let Some(own) = OWN.iter().find_map(|lead| behind(rest, lead)) {
        if !of_the_writer {
            return Err(NoName::OwnName);
        }
        rest = own;
    }
    let rest = rest.trim_start();
    let mut head = rest.get(..first_end(rest)).unwrap_or(rest).trim().trim_end_matches(['\'', '"', '”', '*']);
    while let Some((before, last)) = head.rsplit_once(char::is_whitespace)
        && ENDS.contains(&last)
    {
        head = before.trim_end();
    }
    let (head, swapped) = match surname_first(rest) {
        Some((whole, swapped)) => (whole, swapped),
        None => (head, head.split_whitespace().collect::<Vec<_>>().join(" ")),
    };
    checked(&swapped)?;
    // Marks and leads may stand behind each other, and the kept form of a name reads as itself.
    if swapped == written {
        return Ok((swapped, head));
    }
    name(&swapped, of_the_writer).map(|(name, _)| (name, head))
}

/// Names with which writers introduce themselves in a longer text: `My name is …`, and with capitals `I am …`.
pub(super) fn introduced(text: &str) -> Vec<&str> {
    const NEAR: usize = 100;
    let mut found = vec![];
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let starts = matches!(c, 'm' | 'M' | 'i' | 'I') && !before.is_alphanumeric();
        before = c;
        let Some(rest) = text.get(at..).filter(|_| starts) else { continue };
        let near = rest.char_indices().nth(NEAR).map_or(rest, |(end, _)| rest.get(..end).unwrap_or(rest));
        let Some((n, behind)) = OWN.iter().enumerate().find_map(|(n, lead)| Some((n, behind(near, lead)?))) else {
            continue;
        };
        let name = behind.get(..first_end(behind)).unwrap_or(behind).trim();
        if checked(name).is_ok() && (n < PLAIN || has_capitals(name)) {
            found.push(name);
        }
    }
    found
}

/// What stands behind a lead, if the text begins with it.
fn behind<'a>(text: &'a str, lead: &str) -> Option<&'a str> {
    let start = text.get(..lead.len())?;
    if start.eq_ignore_ascii_case(lead) { text.get(lead.len()..) } else { None }
}

/// Where a name ends at the latest: at a mark, or a word that goes on with the sentence.
fn first_end(text: &str) -> usize {
    let mut start = 0;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        let word = text.get(start..at).unwrap_or_default();
        let dash = matches!(c, '-' | '–' | '—') && word.is_empty();
        let title = ["mr", "mrs", "ms", "dr", "prof", "st"].iter().any(|title| word.eq_ignore_ascii_case(title));
        let stop = c == '.' && !title && word.chars().filter(|c| c.is_alphabetic()).count() > 1;
        if dash || stop || ",;:!()[]\n\t|".contains(c) {
            return at;
        }
        if c.is_whitespace() {
            if start > 0 && (ENDS.contains(&word) || goes_on(text, start, word)) {
                return start;
            }
            start = at + c.len_utf8();
        }
    }
    text.len()
}

/// Whether an `and` goes on with something that is no second name: `Amy Field and my account is …`.
fn goes_on(text: &str, start: usize, word: &str) -> bool {
    let next = text.get(start + word.len()..).and_then(|rest| rest.split_whitespace().next());
    word.eq_ignore_ascii_case("and") && next.is_none_or(|next| !next.starts_with(char::is_uppercase) || next == "I")
}

/// `FIELD, Amy` is `Amy FIELD`.
fn surname_first(text: &str) -> Option<(&str, String)> {
    let (last, first) = text.split_once(',')?;
    let (last, first) = (last.trim(), first.trim());
    let single = |word: &str| !word.is_empty() && !word.contains(|c: char| c.is_whitespace() || c == ',');
    (single(last) && single(first)).then(|| (text, format!("{first} {last}")))
}

fn checked(name: &str) -> Result<(), NoName> {
    let words: Vec<&str> = name.split_whitespace().collect();
    let lettered = words.iter().filter(|word| word.contains(char::is_alphabetic)).count();
    let small = |word: &str| word.trim_matches('.').to_lowercase();
    if name.chars().any(char::is_numeric) {
        Err(NoName::Digits)
    } else if name.chars().count() > 100 || words.len() > 8 {
        Err(NoName::Long)
    } else if words.iter().any(|word| matches!(small(word).as_str(), "and" | "or" | "&")) {
        Err(NoName::Several)
    } else if name.chars().any(|c| !(c.is_alphabetic() || is_mark(c) || " '’‘-‐.`´".contains(c))) {
        Err(NoName::Marks)
    } else if lettered < 2 || words.iter().any(|word| NO_NAMES.contains(&small(word).as_str())) {
        Err(NoName::NotFull)
    } else {
        Ok(())
    }
}

/// An accent that stands behind its letter.
fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}')
}

fn has_capitals(name: &str) -> bool {
    name.split_whitespace().all(|word| word.starts_with(char::is_uppercase) || PARTICLES.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_end_where_the_sentence_goes_on() {
        for (text, names) in [
            ("Hello, my name is amy field and I am locked out.", &["amy field"][..]),
            ("I am Maria de la Cruz, manager of Rose Court", &["Maria de la Cruz"]),
            ("I am locked out. I'm Very Cross", &[]),
            ("My name is Amy", &[]),
            ("I'm J. R. O'Neil from Hexham", &["J. R. O'Neil"]),
            ("my name is Amy Field and Bob Reed", &[]),
        ] {
            assert_eq!(introduced(text), names, "{text}");
        }
        assert_eq!(name("Field, Amy", true), Ok(("Amy Field".into(), "Field, Amy")));
        assert_eq!(name("I'm Amy Field", false), Err(NoName::OwnName));
        for written in ["Amy Field. -", "Field, 'Amy", "Amy Field.' ;"] {
            assert_eq!(name(written, true).map(|(name, _)| name), Ok("Amy Field".into()), "{written}");
        }
    }
}
