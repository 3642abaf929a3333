//! How people mark what they answer: by the question's number, by a label, or by repeating the question.

use crate::policy::recognise::codes::begins_with_cqc;
use crate::policy::recognise::labels::{Profile, cells, head, label, pieces};

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

/// The lines of a message with their marks.
pub(super) fn marked<'a>(lines: &[&'a str], profiles: &[Profile]) -> Vec<Line<'a>> {
    // A number and nothing else marks no answer: it is one.
    let mut said = lines.iter().filter(|line| !line.is_empty());
    if let (Some(whole), None) = (said.next(), said.next())
        && whole.bytes().all(|byte| byte.is_ascii_digit())
    {
        return vec![Line { rest: whole, whole, mark: None }];
    }
    let bare = bare_numbers(lines, profiles.len());
    let mut marked = vec![];
    let mut columns: Option<Vec<Vec<usize>>> = None;
    for whole in lines {
        if whole.starts_with('>') {
            marked.push(of_quote(whole, profiles, bare));
            continue;
        }
        if is_rule(whole) {
            continue;
        }
        if let Some(row) = columns.as_ref().and_then(|columns| row(whole, columns)) {
            marked.extend(row);
            continue;
        }
        columns = head(whole, profiles);
        if columns.is_none() {
            of_line(whole, profiles, bare, &mut marked);
        }
    }
    marked
}

fn of_line<'a>(whole: &'a str, profiles: &[Profile], bare: bool, marked: &mut Vec<Line<'a>>) {
    if whole.is_empty() {
        marked.push(Line { rest: "", whole, mark: None });
        return;
    }
    let line = whole.trim_matches('|').trim_start_matches(['*', '•', '·', ' ']);
    match number(line, profiles.len(), bare).filter(|_| !is_cqc(line, profiles)) {
        Some((first, rest)) => {
            for (number, rest) in side_by_side(first, rest, profiles.len()) {
                let is_long = number.checked_sub(1).and_then(|n| profiles.get(n)).is_some_and(Profile::is_long);
                let mut rest = if is_long { vec![rest] } else { pieces(rest, profiles) }.into_iter();
                marked.push(of_number(number, rest.next().unwrap_or_default(), profiles));
                marked.extend(rest.map(|piece| of_piece(piece, piece, profiles)));
            }
        }
        None => {
            let line = line.strip_prefix("- ").unwrap_or(line);
            match pieces(line, profiles).as_slice() {
                [only] => marked.push(of_piece(only, whole, profiles)),
                several => marked.extend(several.iter().map(|piece| of_piece(piece, piece, profiles))),
            }
        }
    }
}

fn of_piece<'a>(piece: &'a str, whole: &'a str, profiles: &[Profile]) -> Line<'a> {
    match label(piece, profiles) {
        Some((facts, rest)) => Line { rest, whole, mark: Some(Mark::Label(facts)) },
        None => Line { rest: whole, whole, mark: None },
    }
}

/// A quoted line is no answer, but the question in it may mark what stands below.
fn of_quote<'a>(line: &'a str, profiles: &[Profile], bare: bool) -> Line<'a> {
    let line = line.trim_start_matches(['>', ' ', '*']);
    let mark = match number(line, profiles.len(), bare) {
        Some((number, rest)) => Some(of_number(number, rest, profiles).mark.unwrap_or(Mark::Number(number))),
        None => label(line, profiles).map(|(facts, _)| Mark::Label(facts)),
    };
    Line { rest: "", whole: "", mark }
}

/// A row of a table below its head.
fn row<'a>(line: &'a str, columns: &[Vec<usize>]) -> Option<Vec<Line<'a>>> {
    let cells = cells(line);
    let line = |(facts, cell): (&Vec<usize>, &'a str)| Line {
        rest: cell,
        whole: cell,
        mark: Some(Mark::Label(facts.clone())),
    };
    (cells.len() == columns.len()).then(|| columns.iter().zip(cells).map(line).collect())
}

/// A line between head and body of a table.
fn is_rule(line: &str) -> bool {
    line.contains("--") && line.chars().all(|c| matches!(c, '|' | '-' | ':' | '+' | ' '))
}

fn is_cqc(line: &str, profiles: &[Profile]) -> bool {
    profiles.iter().any(Profile::is_cqc) && begins_with_cqc(line)
}

/// A numbered answer. A label behind the number that plainly names another question counts more than the number.
fn of_number<'a>(number: usize, rest: &'a str, profiles: &[Profile]) -> Line<'a> {
    let whole = rest;
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
