//! Labels: by what words a question is known, and how they stand in front of an answer or above it in a table.

use crate::policy::facts::FactType;
use crate::policy::flow::FactDecl;
use crate::policy::recognise::seen::has_a_look;
use crate::policy::recognise::valid::is_of_the_writer;
use crate::policy::recognise::words::{plain, telling, words};

/// By what words the question of a fact is known.
#[derive(Debug)]
pub(super) struct Profile {
    name: Vec<String>,
    question: Vec<String>,
    all: Vec<String>,
    /// The words of the question in full, and those of the hint.
    spoken: Vec<String>,
    hint: Vec<String>,
    kind: FactType,
    of_the_writer: bool,
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
            kind: decl.kind,
            of_the_writer: is_of_the_writer(decl),
        }
    }

    /// Whether an answer may be long, so that nothing in it is looked at as a label.
    pub(super) fn is_long(&self) -> bool {
        self.kind == FactType::LongText
    }

    /// Whether its values begin with a one and a dash, as a numbered answer may.
    pub(super) fn is_cqc(&self) -> bool {
        matches!(self.kind, FactType::CqcLocation | FactType::CqcContact)
    }

    fn is_text(&self) -> bool {
        matches!(self.kind, FactType::ShortText | FactType::LongText)
    }
}

/// What people call a value of the type.
fn looks_like(kind: FactType) -> &'static str {
    match kind {
        FactType::Mail | FactType::NhsMail => "email mail address",
        FactType::Mobile | FactType::Phone => "mobile phone telephone tel mob number",
        FactType::Postcode => "postcode post code",
        FactType::OdsCode => "ods code",
        FactType::Reference => "reference ref number ticket",
        FactType::CqcLocation => "cqc location id number",
        FactType::CqcContact => "cqc contact id number registered manager",
        FactType::Code => "passcode code",
        FactType::Date => "date day",
        FactType::DateTime => "date day time",
        FactType::Name => "name",
        FactType::YesNo
        | FactType::Choice
        | FactType::Number
        | FactType::ShortText
        | FactType::LongText
        | FactType::List => "",
    }
}

/// So much of a line is looked at for a label.
const HEAD: usize = 400;

/// The facts that a label in front of an answer names, and the answer.
pub(super) fn label<'a>(line: &'a str, profiles: &[Profile]) -> Option<(Vec<usize>, &'a str)> {
    repeated(line, profiles).or_else(|| parted(line, profiles)).or_else(|| beside(line, profiles))
}

/// The pieces of a line that begin with labels of their own: `Town: Hexham; ODS: V12345`.
pub(super) fn pieces<'a>(line: &'a str, profiles: &[Profile]) -> Vec<&'a str> {
    const MOST: usize = 40;
    const SEPARATORS: [&str; 10] = [", ", "; ", " | ", "\t", " / ", ". ", " and ", "  ", ",", ";"];
    let is_long = |piece: &str| {
        label(piece, profiles)
            .is_some_and(|(facts, _)| facts.iter().all(|fact| profiles.get(*fact).is_some_and(Profile::is_long)))
    };
    let mut cuts: Vec<(usize, usize)> = SEPARATORS
        .iter()
        .flat_map(|mark| line.match_indices(mark).take(MOST).map(|(at, mark)| (at, at + mark.len())))
        .collect();
    cuts.sort_unstable();
    let mut pieces = vec![];
    let mut from = 0;
    for (at, behind) in cuts.into_iter().take(MOST) {
        let (Some(piece), Some(rest)) = (line.get(from..at), line.get(behind..)) else { continue };
        let begins = rest.starts_with(|c: char| !c.is_whitespace()) && label(rest, profiles).is_some();
        if begins && !piece.trim().is_empty() && !is_long(piece) {
            pieces.push(piece);
            from = behind;
        }
    }
    pieces.extend(line.get(from..));
    pieces
}

/// The columns of a table's head, if every cell of the line names a question.
pub(super) fn head(line: &str, profiles: &[Profile]) -> Option<Vec<Vec<usize>>> {
    let cells = cells(line);
    if !(2..=profiles.len()).contains(&cells.len()) {
        return None;
    }
    let columns: Vec<Vec<usize>> = cells.into_iter().map(|cell| named(&telling(cell), profiles, false)).collect();
    columns.iter().all(|facts| !facts.is_empty()).then_some(columns)
}

/// The cells of a line of a table: parted by strokes, tabs, or two spaces and more.
pub(super) fn cells(line: &str) -> Vec<&str> {
    const MOST: usize = 40;
    let line = line.trim().trim_matches('|');
    let mark = ["|", "\t", "  "].into_iter().find(|mark| line.contains(mark)).unwrap_or("|");
    let cells = line.split(mark).map(str::trim).filter(|cell| !cell.is_empty());
    cells.take(MOST).collect()
}

/// A line that repeats the question, and the hint if there is one.
fn repeated<'a>(line: &'a str, profiles: &[Profile]) -> Option<(Vec<usize>, &'a str)> {
    let near = line.char_indices().nth(HEAD).map_or(line, |(end, _)| line.get(..end).unwrap_or(line));
    let said = words(near);
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
    const MARKS: [&str; 13] = [":", "...", "=", "?", " - ", " – ", " — ", " is ", "\t", "|", "  ", "→", "->"];
    const LONGEST: usize = 100;
    const TRIES: usize = 4;
    let head = line.char_indices().nth(LONGEST).map_or(line, |(end, _)| line.get(..end).unwrap_or(line));
    let mut places: Vec<(usize, &str)> = MARKS.iter().flat_map(|mark| head.match_indices(mark).take(TRIES)).collect();
    places.sort_unstable();
    for (at, mark) in places.into_iter().take(TRIES) {
        let left = line.get(..at)?;
        let mut facts = named(&telling(left), profiles, mark == " is ");
        if begins_with_my(left) {
            facts.retain(|fact| {
                profiles.get(*fact).is_some_and(|profile| profile.kind != FactType::Name || profile.of_the_writer)
            });
        }
        if !facts.is_empty() {
            let rest = line.get(at + mark.len()..)?;
            return Some((facts, rest.trim_start_matches([' ', ':', '-', '–', '*', '=', '\t', '|', '>', '→', '.'])));
        }
    }
    None
}

fn begins_with_my(label: &str) -> bool {
    let word = label.split_whitespace().next().unwrap_or_default();
    ["my", "i", "i'm", "i’m"].iter().any(|my| word.eq_ignore_ascii_case(my))
}

/// A value or a text of a few words beside its name alone: `ODS V12345`, `TOWN HEXHAM`.
fn beside<'a>(line: &'a str, profiles: &[Profile]) -> Option<(Vec<usize>, &'a str)> {
    const MOST: usize = 6;
    let is_value = |word: &str| word.contains('@') || word.bytes().filter(u8::is_ascii_digit).count() >= 2;
    let mut at = 0;
    for word in line.split(' ').take(MOST) {
        let (left, rest) = (line.get(..at)?, line.get(at..)?);
        if is_value(word) {
            let facts = named(&telling(left), profiles, true);
            let facts: Vec<usize> =
                facts.into_iter().filter(|fact| profiles.get(*fact).is_some_and(|p| has_a_look(p.kind))).collect();
            return (!facts.is_empty()).then_some((facts, rest));
        }
        at += word.len() + 1;
    }
    text_beside(line, profiles)
}

fn text_beside<'a>(line: &'a str, profiles: &[Profile]) -> Option<(Vec<usize>, &'a str)> {
    const MOST: usize = 3;
    let (name, rest) = line.split_once(' ')?;
    let few = name.len() <= HEAD && (1..=MOST).contains(&rest.split_whitespace().take(MOST + 1).count());
    let name = telling(if few { name } else { "" });
    let facts: Vec<usize> = profiles
        .iter()
        .enumerate()
        .filter(|(_, profile)| profile.kind == FactType::ShortText && !name.is_empty() && profile.name == name)
        .map(|(n, _)| n)
        .collect();
    let is_prose = || telling(rest).len() < rest.split_whitespace().count();
    (!facts.is_empty() && !is_prose()).then(|| (facts, rest.trim()))
}

/// The facts that a label names: those of which it is the name or the question, else those whose words it is made of.
pub(super) fn named(label: &[String], profiles: &[Profile], in_prose: bool) -> Vec<usize> {
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
    let is_name = matches!(label, [name] if name == "name");
    let own_name = |profile: &Profile| is_name && profile.kind == FactType::Name && profile.of_the_writer;
    let strong = of(&|profile| same(&profile.name) || same(&profile.question) || own_name(profile));
    if !strong.is_empty() {
        return strong;
    }
    // Any words can be a text: "the account is locked" names no fact.
    of(&|profile| {
        let part_of_name = || label.iter().any(|word| profile.name.contains(word));
        let may_be = match profile.kind {
            FactType::Name => part_of_name(),
            _ => !profile.is_text() || (!in_prose && part_of_name()),
        };
        label.iter().all(|word| profile.all.contains(word)) && may_be
    })
}

/// Whether a line is empty, or only repeats the question or its hint.
pub(super) fn repeats(line: &str, decl: &FactDecl) -> bool {
    let line = plain(line);
    line.is_empty() || line == plain(&decl.ask) || decl.hint.as_deref().is_some_and(|hint| line == plain(hint))
}
