//! How people mark what they answer: by the question's number, by a label, or by repeating the question.

use crate::policy::facts::FactType;
use crate::policy::flow::FactDecl;
use crate::policy::recognise::words::{plain, telling, words};

/// What stands in front of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mark {
    /// The number of its question, from one.
    Number(usize),
    /// A label that fits these facts, by their place among those asked.
    Label(Vec<usize>),
}

/// A line of the message, with the mark that it begins with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line<'a> {
    /// The line without its mark; the whole line if it has none.
    pub rest: &'a str,
    /// The line as it was written.
    pub whole: &'a str,
    /// What it begins with.
    pub mark: Option<Mark>,
}

/// By what words the question of a fact is known.
#[derive(Debug)]
pub(super) struct Profile {
    name: Vec<String>,
    question: Vec<String>,
    all: Vec<String>,
    /// The words of the question in full, and those of the hint.
    spoken: Vec<String>,
    hint: Vec<String>,
    is_text: bool,
}

impl Profile {
    /// The words of a declared fact.
    pub(super) fn of(decl: &FactDecl) -> Profile {
        let full = |text: &str| words(text).into_iter().map(|word| word.plain).collect();
        let name = telling(&decl.name.replace('_', " "));
        let question = telling(&decl.ask);
        let all = [name.clone(), question.clone(), telling(looks_like(decl.kind))].concat();
        Profile {
            name,
            question,
            all,
            spoken: full(&decl.ask),
            hint: full(decl.hint.as_deref().unwrap_or_default()),
            is_text: matches!(decl.kind, FactType::ShortText | FactType::LongText | FactType::Name),
        }
    }
}

/// What people call a value of the type.
fn looks_like(kind: FactType) -> &'static str {
    match kind {
        FactType::Mail | FactType::NhsMail => "email mail address",
        FactType::Mobile => "mobile phone telephone tel mob number",
        FactType::Postcode => "postcode post code",
        FactType::OdsCode => "ods code",
        FactType::Reference => "reference ref number ticket",
        FactType::CqcLocation => "cqc location id number",
        FactType::CqcContact => "cqc contact id number",
        FactType::Code => "passcode code",
        FactType::Date => "date day",
        FactType::DateTime => "date day time",
        FactType::Name => "name",
        FactType::YesNo | FactType::Choice | FactType::Number | FactType::ShortText | FactType::LongText => "",
    }
}

/// The lines of a message with their marks.
pub(super) fn marked<'a>(lines: &[&'a str], profiles: &[Profile]) -> Vec<Line<'a>> {
    let bare = bare_numbers(lines, profiles.len());
    let mut marked = vec![];
    for whole in lines {
        let line = whole.trim_start_matches(['*', '•', '·', '>', ' ']);
        match number(line, profiles.len(), bare) {
            Some((first, rest)) => {
                for (number, rest) in side_by_side(first, rest, profiles.len()) {
                    marked.push(of_number(number, rest, whole, profiles));
                }
            }
            None => {
                let line = line.strip_prefix("- ").unwrap_or(line);
                let (mark, rest) = match label(line, profiles) {
                    Some((facts, rest)) => (Some(Mark::Label(facts)), rest),
                    None => (None, *whole),
                };
                marked.push(Line { rest, whole, mark });
            }
        }
    }
    marked
}

/// A numbered answer. A label behind the number that plainly names another question counts more than the number.
fn of_number<'a>(number: usize, rest: &'a str, whole: &'a str, profiles: &[Profile]) -> Line<'a> {
    match label(rest, profiles) {
        Some((facts, rest)) if facts.contains(&(number - 1)) => Line { rest, whole, mark: Some(Mark::Number(number)) },
        Some((facts, rest)) if facts.len() == 1 => Line { rest, whole, mark: Some(Mark::Label(facts)) },
        _ => Line { rest, whole, mark: Some(Mark::Number(number)) },
    }
}

/// `1.`, `1)`, `(1)`, `1:`, `1 -`, `Q1`, `Question 1:`, `1` alone; with `bare` also `1 yes`.
fn number(line: &str, most: usize, bare: bool) -> Option<(usize, &str)> {
    let (line, named) = after_word(line);
    let line = line.strip_prefix(['(', '[', '#']).unwrap_or(line);
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let number: usize = line.get(..digits).filter(|digits| (1..=2).contains(&digits.len()))?.parse().ok()?;
    if !(1..=most).contains(&number) {
        return None;
    }
    let behind = line.get(digits..)?;
    let rest = behind.trim_start();
    let mut marks = rest.chars();
    let mark = marks.next();
    let after = marks.as_str();
    let digit_follows = after.starts_with(|c: char| c.is_ascii_digit());
    let space_follows = after.is_empty() || after.starts_with(char::is_whitespace);
    match mark {
        None => Some((number, "")),
        Some(')' | ']') => Some((number, after.trim_start_matches([' ', '.', ':']).trim())),
        Some('.' | ':') if !digit_follows => Some((number, after.trim())),
        Some('-' | '–' | '—' | '=') if space_follows => Some((number, after.trim())),
        Some(_) if (bare || named) && behind.starts_with(char::is_whitespace) => Some((number, rest)),
        Some(_) => None,
    }
}

/// The line behind `Q`, `Question`, `Answer`, `A` or `No.`, and whether such a word stood there.
fn after_word(line: &str) -> (&str, bool) {
    let end = line.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(line.len());
    let (word, rest) = line.split_at(end);
    let rest = rest.trim_start_matches([' ', '.']);
    let named =
        matches!(word.to_ascii_lowercase().as_str(), "q" | "question" | "a" | "answer" | "ans" | "no" | "number");
    if named && rest.starts_with(|c: char| c.is_ascii_digit()) { (rest, true) } else { (line, false) }
}

/// Whether the lines that begin with a number and a space count from one, and there are two of them at least.
fn bare_numbers(lines: &[&str], most: usize) -> bool {
    let numbers: Vec<usize> = lines
        .iter()
        .filter_map(|line| {
            let (digits, rest) = line.split_once(' ')?;
            let number = digits.parse().ok().filter(|n| digits.len() <= 2 && (1..=most).contains(n))?;
            (!rest.is_empty()).then_some(number)
        })
        .collect();
    numbers.len() >= 2 && numbers.iter().copied().eq(1..=numbers.len())
}

/// Several numbered answers in one line: `yes 2. no 3. NE1 4ST`, of which the first number is already read.
fn side_by_side(first: usize, rest: &str, most: usize) -> Vec<(usize, &str)> {
    let mut answers = vec![];
    let (mut current, mut rest) = (first, rest);
    while current < most {
        let next = current + 1;
        let cut = [format!(" {next}. "), format!(" {next}) "), format!(" {next}: "), format!(" ({next}) ")]
            .iter()
            .filter_map(|mark| rest.find(mark.as_str()).map(|at| (at, mark.len())))
            .min();
        let Some((at, length)) = cut else { break };
        answers.push((current, rest.get(..at).unwrap_or_default().trim_end_matches([' ', ',', ';'])));
        rest = rest.get(at + length..).unwrap_or_default().trim_start();
        current = next;
    }
    answers.push((current, rest));
    answers
}

/// The facts that a label in front of an answer names, and the answer.
fn label<'a>(line: &'a str, profiles: &[Profile]) -> Option<(Vec<usize>, &'a str)> {
    repeated(line, profiles).or_else(|| parted(line, profiles))
}

/// A line that repeats the question, and the hint if there is one.
fn repeated<'a>(line: &'a str, profiles: &[Profile]) -> Option<(Vec<usize>, &'a str)> {
    let said = words(line);
    let begins = |with: &[String], from: usize| {
        !with.is_empty()
            && said.len() >= from + with.len()
            && said.iter().skip(from).zip(with).all(|(a, b)| a.plain == *b)
    };
    let length = profiles
        .iter()
        .map(|p| &p.spoken)
        .filter(|spoken| spoken.len() >= 2 && begins(spoken, 0))
        .map(Vec::len)
        .max()?;
    let facts: Vec<usize> = profiles
        .iter()
        .enumerate()
        .filter(|(_, p)| p.spoken.len() == length && begins(&p.spoken, 0))
        .map(|(n, _)| n)
        .collect();
    let hint = facts.iter().filter_map(|fact| profiles.get(*fact)).map(|p| &p.hint).find(|hint| begins(hint, length));
    let last = length + hint.map_or(0, Vec::len);
    let end = said.get(last.checked_sub(1)?)?.end;
    let rest = line.get(end..)?.trim_start_matches(|c: char| c.is_whitespace() || "?.:;*_-–—=>\"”)".contains(c));
    Some((facts, rest))
}

/// A label that is parted from the answer by `:`, `=`, `?`, a dash or `is`.
fn parted<'a>(line: &'a str, profiles: &[Profile]) -> Option<(Vec<usize>, &'a str)> {
    const MARKS: [&str; 7] = [":", "=", "?", " - ", " – ", " — ", " is "];
    const LONGEST: usize = 100;
    const TRIES: usize = 4;
    let head = line.char_indices().nth(LONGEST).map_or(line, |(end, _)| line.get(..end).unwrap_or(line));
    let mut places: Vec<(usize, &str)> = MARKS.iter().flat_map(|mark| head.match_indices(mark).take(TRIES)).collect();
    places.sort_unstable();
    for (at, mark) in places.into_iter().take(TRIES) {
        let left = telling(line.get(..at)?);
        let facts = named(&left, profiles, mark == " is ");
        if !facts.is_empty() {
            let rest = line.get(at + mark.len()..)?;
            return Some((facts, rest.trim_start_matches([' ', ':', '-', '–', '*', '=', '\t'])));
        }
    }
    None
}

/// The facts that a label names: those of which it is the name or the question, else those whose words it is made of.
fn named(label: &[String], profiles: &[Profile], in_prose: bool) -> Vec<usize> {
    if label.is_empty() || label.len() > 12 {
        return vec![];
    }
    let same = |words: &[String]| {
        !words.is_empty()
            && label.iter().all(|word| words.contains(word))
            && words.iter().all(|word| label.contains(word))
    };
    let of = |fits: &dyn Fn(&Profile) -> bool| -> Vec<usize> {
        profiles.iter().enumerate().filter(|(_, profile)| fits(profile)).map(|(n, _)| n).collect()
    };
    let strong = of(&|profile| same(&profile.name) || same(&profile.question));
    if !strong.is_empty() {
        return strong;
    }
    // Any words can be a text: "the account is locked" names no fact.
    of(&|profile| {
        let part_of_name = || label.iter().any(|word| profile.name.contains(word));
        label.iter().all(|word| profile.all.contains(word)) && (!profile.is_text || (!in_prose && part_of_name()))
    })
}

/// Whether a line is empty, or only repeats the question or its hint.
pub(super) fn repeats(line: &str, decl: &FactDecl) -> bool {
    let line = plain(line);
    line.is_empty() || line == plain(&decl.ask) || decl.hint.as_deref().is_some_and(|hint| line == plain(hint))
}
