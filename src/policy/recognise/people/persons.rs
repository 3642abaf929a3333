//! Puts together what stands in the lines of a text, person by person. Nothing is guessed: where two people share a
//! line and it cannot be told whose a value is, the line is told as unclear.

use std::collections::BTreeMap;

use super::bits::{Bit, Fields, Told, told, without_words_beside};
use super::table::{self, Head};
use crate::policy::facts::{FactType, Value};
use crate::policy::recognise::valid;
use crate::policy::recognise::words::{is_closing, is_courtesy};

/// More lines are not read: fifty people take far fewer.
const MOST_LINES: usize = 1_000;

/// Somebody as a text tells of them.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Person {
    /// The line on which they begin, from one.
    pub line: usize,
    /// What they are called there; empty when no name is given.
    pub called: String,
    /// The name, when it is a full one.
    pub name: Option<Value>,
    /// Why the name is none, when there is one word of it.
    pub no_name: Option<String>,
    /// The other fields: what was written, and what it is.
    pub fields: BTreeMap<usize, (String, Result<Value, String>)>,
    /// Something else that is wrong, in a sentence.
    pub unclear: Option<String>,
    /// Every line that tells of them.
    pub lines: Vec<usize>,
}

/// A line with what it tells.
struct Line {
    number: usize,
    told: Told,
    names: Vec<(usize, Name)>,
    numbered: bool,
    blank: bool,
    row: Option<Vec<Bit>>,
}

#[derive(Debug, Clone)]
struct Name {
    called: String,
    value: Result<Value, String>,
    /// Whether it stands as names are written.
    capital: bool,
    /// Whether one word of it is all that was known of somebody's name.
    completes: bool,
}

/// What a text tells of a list.
#[derive(Debug, Default)]
pub(super) struct Heard {
    /// Everybody that it tells of.
    pub people: Vec<Person>,
    /// Lines that tell of nobody and belong to the list all the same: the heads of tables.
    pub heads: Vec<usize>,
}

/// Everybody that a text tells of. `alone` says that nothing else is asked for: then a name alone in its line counts.
pub(super) fn persons(text: &str, fields: &Fields, alone: bool, known: &dyn Fn(&str) -> bool) -> Heard {
    let (lines, heads) = lines(text, fields, known);
    let told = |line: &Line| line.row.is_some() || !line.told.bits.is_empty();
    let any_values = lines.iter().any(told);
    let double_spaced = is_double_spaced(&lines);
    let mut all: Vec<Person> = Vec::new();
    let mut open = Person::default();
    for (n, line) in lines.iter().enumerate() {
        if line.blank {
            if !double_spaced {
                flush(&mut open, &mut all);
            }
            continue;
        }
        if let Some(bits) = &line.row {
            flush(&mut open, &mut all);
            all.push(of_row(bits, line.number, fields));
            continue;
        }
        let names = counted(line, &lines[n + 1..], any_values, alone, all.is_empty() && is_blank(&open));
        if names.len() >= 2 {
            flush(&mut open, &mut all);
            all.extend(side_by_side(line, &names));
            continue;
        }
        let told_again = line.told.bits.iter().any(|(_, bit)| open.fields.contains_key(&bit.field));
        if told_again || (!names.is_empty() && !open.called.is_empty()) {
            flush(&mut open, &mut all);
        }
        add(&mut open, line, names.first().copied());
        if is_whole(&open, fields) && !names.is_empty() {
            flush(&mut open, &mut all);
        }
    }
    flush(&mut open, &mut all);
    Heard { people: all, heads }
}

fn is_blank(person: &Person) -> bool {
    person.called.is_empty() && person.fields.is_empty() && person.unclear.is_none()
}

fn flush(open: &mut Person, all: &mut Vec<Person>) {
    let person = std::mem::take(open);
    if !is_blank(&person) {
        all.push(person);
    }
}

fn is_whole(person: &Person, fields: &Fields) -> bool {
    let needed = |(at, field): (usize, &crate::policy::flow::FieldDecl)| {
        field.unless_said.is_some() || Some(at) == fields.name || person.fields.contains_key(&at)
    };
    person.name.is_some() && fields.all.iter().enumerate().all(needed)
}

/// The lines of a text, without quotes, hello and what stands below the last thanks.
fn lines(text: &str, fields: &Fields, known: &dyn Fn(&str) -> bool) -> (Vec<Line>, Vec<usize>) {
    let mut lines: Vec<Line> = Vec::new();
    let mut heads: Vec<usize> = Vec::new();
    let mut head: Option<Head> = None;
    let mut said = false;
    for (n, whole) in text.lines().enumerate().take(MOST_LINES) {
        let number = n + 1;
        let bare = whole.trim_matches([' ', '\r', '\u{a0}']);
        let empty = |blank| Line { number, told: Told::default(), names: vec![], numbered: false, blank, row: None };
        if bare.is_empty() {
            lines.push(empty(true));
            continue;
        }
        if said && is_closing(bare) {
            break;
        }
        if bare.starts_with('>') || table::is_rule(bare) || is_courtesy(bare) {
            continue;
        }
        if let Some(row) = head.as_ref().and_then(|head| head.row(whole, fields)) {
            said = true;
            lines.push(Line { row: Some(row), ..empty(false) });
            continue;
        }
        if let Some(found) = table::head(bare, fields) {
            heads.push(number);
            head = Some(found);
            continue;
        }
        if is_of_a_forwarded_mail(bare) {
            heads.push(number);
            continue;
        }
        let (rest, numbered) = without_number(bare);
        let rest = without_heading(rest, fields);
        let mut told = told(rest, fields);
        let names = names(&mut told, fields, known);
        said |= !told.bits.is_empty();
        lines.push(Line { number, told, names, numbered, blank: false, row: None });
    }
    (lines, heads)
}

/// `From: …`, `Date: …` and the line above them, as mail programs write them over what is passed on.
fn is_of_a_forwarded_mail(line: &str) -> bool {
    const FIELDS: [&str; 8] = ["from:", "date:", "sent:", "subject:", "to:", "cc:", "reply-to:", "importance:"];
    let lower = line.trim_matches(['*', ' ']).to_lowercase();
    let is_field = FIELDS.iter().any(|field| lower.starts_with(field));
    is_field || lower.contains("forwarded message") || lower.contains("original message")
}

/// A line without a word before somebody that is no field: `Early: Amy Field, 07700 900111`.
fn without_heading<'l>(line: &'l str, fields: &Fields) -> &'l str {
    let Some((heading, rest)) = line.split_once(':') else { return line };
    let rest = rest.trim_start();
    let plain = heading.split_whitespace().count() <= 3
        && !heading.contains(|c: char| c.is_ascii_digit() || ",;@|\t".contains(c));
    let somebody = rest.starts_with(char::is_uppercase) && rest.contains(|c: char| c.is_ascii_digit() || c == '@');
    if plain && somebody && fields.labelled(&format!("{heading}:")).is_none() { rest } else { line }
}

/// A line without what it is counted by: `1.`, `2)`, `-`, `•`, `Person 3:`.
fn without_number(line: &str) -> (&str, bool) {
    let bare = line.trim_start_matches(['-', '*', '•', '·', '–', '●', '▪', '+', ' ']);
    let lower = bare.get(..16.min(bare.floor_char_boundary(16))).unwrap_or_default().to_ascii_lowercase();
    let counted = ["staff member", "person", "member", "user", "employee", "staff"]
        .iter()
        .find(|word| lower.starts_with(*word))
        .and_then(|word| bare.get(word.len()..))
        .map(str::trim_start)
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    let from = counted.unwrap_or(bare).trim_start_matches(['(', '#']);
    let digits = from.bytes().take_while(u8::is_ascii_digit).count();
    let behind = from.get(digits..).unwrap_or_default();
    let rest = behind.trim_start_matches([')', '.', ':', '-', ' ', '\t']);
    let parted = rest.len() < behind.len();
    if (1..=2).contains(&digits) && parted && rest.starts_with(char::is_alphabetic) {
        return (rest, true);
    }
    if counted.is_some() && (1..=2).contains(&digits) && rest.is_empty() {
        return ("", true);
    }
    (bare, bare.len() < line.len() && !line.starts_with('+'))
}

/// The names among the words of a line; the other words are left for a field of text.
fn names(told: &mut Told, fields: &Fields, known: &dyn Fn(&str) -> bool) -> Vec<(usize, Name)> {
    let Some(at) = fields.name else { return Vec::new() };
    let mut names: Vec<(usize, Name)> = Vec::new();
    let labelled: Vec<(usize, Bit)> = told.bits.iter().filter(|(_, bit)| bit.field == at).cloned().collect();
    told.bits.retain(|(_, bit)| bit.field != at);
    for (place, bit) in labelled {
        names.push((place, Name { called: bit.written, value: bit.value, capital: true, completes: false }));
    }
    let text_field = fields.all.iter().position(|field| field.decl.kind == FactType::ShortText);
    let pieces = joined(std::mem::take(&mut told.pieces));
    let plain_line = told.bits.is_empty();
    for (place, piece) in pieces {
        let named = name_of(&piece, fields, at, known, plain_line);
        match (named, text_field) {
            // With a field of text, one name begins the line, and the other words are what is said of them.
            (_, Some(field)) if !names.is_empty() && known_words(&piece) => {
                told.bits.extend(fields.bit(field, &piece).map(|bit| (place, bit)));
            }
            (Some(name), _) => names.push((place, name)),
            (None, _) => {}
        }
    }
    names.sort_by_key(|(place, _)| *place);
    names
}

fn known_words(piece: &str) -> bool {
    piece.chars().any(char::is_alphabetic) && piece.chars().count() <= 80
}

/// `FIELD, Amy` and `Amy, Field` stand in two cells.
fn joined(pieces: Vec<(usize, String)>) -> Vec<(usize, String)> {
    let one_word = |piece: &str| {
        !piece.contains(' ') && piece.chars().all(|c| c.is_alphabetic() || "'’-".contains(c)) && piece.len() > 1
    };
    let capital = |piece: &str| piece.starts_with(char::is_uppercase);
    let shouted = |piece: &str| piece.chars().count() > 2 && piece.chars().all(|c| !c.is_lowercase());
    if let [(at, first), (behind, second), rest @ ..] = pieces.as_slice()
        && one_word(first)
        && one_word(second)
        && capital(first)
        && capital(second)
        && behind.saturating_sub(at + first.len()) <= 2
    {
        let whole =
            if shouted(first) && !shouted(second) { format!("{second} {first}") } else { format!("{first} {second}") };
        return std::iter::once((*at, whole)).chain(rest.iter().cloned()).collect();
    }
    pieces
}

/// A piece as a name: a full one, one word of one, or the name of somebody who is known already.
fn name_of(piece: &str, fields: &Fields, at: usize, known: &dyn Fn(&str) -> bool, plain_line: bool) -> Option<Name> {
    let (bare, stripped) = without_words_beside(piece);
    let words: Vec<&str> = bare.split_whitespace().collect();
    if words.is_empty() || words.len() > 5 || bare.contains(|c: char| c.is_ascii_digit() || "?!\"@".contains(c)) {
        return None;
    }
    let decl = &fields.all.get(at)?.decl;
    let capital = words.iter().filter(|word| word.chars().count() > 3).all(|word| word.starts_with(char::is_uppercase))
        && words.first().is_some_and(|word| word.starts_with(char::is_uppercase));
    let by_heart = known(&bare);
    if words.len() == 1 {
        let fits = bare.chars().count() >= 2 && (capital || by_heart) && bare.chars().all(char::is_alphabetic);
        let value = valid::value(decl, &bare, fields.today);
        return (fits && (by_heart || !stripped || !plain_line)).then_some(Name {
            called: bare,
            value,
            capital,
            completes: false,
        });
    }
    let value = valid::value(decl, &bare, fields.today);
    let is_name = value.is_ok() && (capital || (!plain_line && words.len() <= 3) || by_heart);
    let completes = !by_heart && words.iter().any(|word| known(word));
    is_name.then_some(Name { called: bare, value, capital, completes })
}

/// The names of a line that count. A title above the list and a signature below it are none.
fn counted<'l>(line: &'l Line, behind: &[Line], any_values: bool, alone: bool, first: bool) -> Vec<&'l (usize, Name)> {
    if !line.told.bits.is_empty() || line.told.labelled || line.names.len() >= 2 && (alone || any_values) {
        return line.names.iter().collect();
    }
    let Some(name) = line.names.first() else { return Vec::new() };
    let next = behind.iter().find(|line| !line.blank);
    let value_below = next.is_some_and(|next| !next.told.bits.is_empty() && next.names.is_empty());
    let full = name.1.value.is_ok();
    let stands = value_below
        || (alone && line.numbered)
        || (alone && full && name.1.completes)
        || (alone && full && name.1.capital && !any_values)
        || (alone && full && name.1.capital && !first && next.is_some());
    if stands { vec![name] } else { Vec::new() }
}

/// Whether every line stands by itself between empty ones.
fn is_double_spaced(lines: &[Line]) -> bool {
    let told: Vec<bool> = lines.iter().map(|line| line.blank).collect();
    let mut runs = told.split(|blank| *blank).filter(|run| !run.is_empty()).peekable();
    let several = told.iter().filter(|blank| !**blank).count() >= 3;
    let single = |line: &Line| line.row.is_none() && line.told.bits.len() + line.names.len() <= 1;
    several && runs.all(|run| run.len() == 1) && lines.iter().filter(|line| !line.blank).all(single)
}

fn of_row(bits: &[Bit], line: usize, fields: &Fields) -> Person {
    let mut person = Person { line, lines: vec![line], ..Person::default() };
    for bit in bits {
        if Some(bit.field) == fields.name {
            take_name(
                &mut person,
                &Name { called: bit.written.clone(), value: bit.value.clone(), capital: true, completes: false },
            );
        } else {
            person.fields.insert(bit.field, (bit.written.clone(), bit.value.clone()));
        }
    }
    person
}

fn take_name(person: &mut Person, name: &Name) {
    person.called.clone_from(&name.called);
    match &name.value {
        Ok(value) => {
            person.called = value.to_string();
            person.name = Some(value.clone());
        }
        Err(because) => person.no_name = Some(because.clone()),
    }
}

fn add(open: &mut Person, line: &Line, name: Option<&(usize, Name)>) {
    if line.told.bits.is_empty() && name.is_none() {
        return;
    }
    if is_blank(open) {
        open.line = line.number;
    }
    open.lines.push(line.number);
    if let Some((_, name)) = name {
        take_name(open, name);
    }
    for (_, bit) in &line.told.bits {
        match open.fields.get(&bit.field) {
            Some((before, value)) if *value != bit.value => {
                let both = format!("{before} / {}", bit.written);
                open.fields.insert(bit.field, (both, Err("We found two here. Please give one.".to_owned())));
            }
            _ => {
                open.fields.insert(bit.field, (bit.written.clone(), bit.value.clone()));
            }
        }
    }
}

/// Several people in one line: each begins where a field comes again. All must have told the same, or it cannot be
/// known whose is whose.
fn side_by_side(line: &Line, names: &[&(usize, Name)]) -> Vec<Person> {
    enum Part<'p> {
        Name(&'p Name),
        Bit(&'p Bit),
    }
    let mut parts: Vec<(usize, Part<'_>)> = names.iter().map(|(at, name)| (*at, Part::Name(name))).collect();
    parts.extend(line.told.bits.iter().map(|(at, bit)| (*at, Part::Bit(bit))));
    parts.sort_by_key(|(at, _)| *at);
    let fresh = || Person { line: line.number, lines: vec![line.number], ..Person::default() };
    let mut people: Vec<Person> = Vec::new();
    let mut open = fresh();
    for (_, part) in parts {
        let again = match &part {
            Part::Name(_) => !open.called.is_empty(),
            Part::Bit(bit) => open.fields.contains_key(&bit.field),
        };
        if again {
            people.push(std::mem::replace(&mut open, fresh()));
        }
        match part {
            Part::Name(name) => take_name(&mut open, name),
            Part::Bit(bit) => {
                open.fields.insert(bit.field, (bit.written.clone(), bit.value.clone()));
            }
        }
    }
    people.push(open);
    let shape = |person: &Person| (person.called.is_empty(), person.fields.keys().copied().collect::<Vec<_>>());
    let alike = people.first().is_none_or(|first| people.iter().all(|person| shape(person) == shape(first)));
    if alike {
        return people;
    }
    let written: Vec<String> = line.told.bits.iter().map(|(_, bit)| format!("“{}”", bit.written)).collect();
    let called: Vec<String> = names.iter().map(|(_, name)| name.called.clone()).collect();
    let unclear = format!(
        "Line {} names {}, and we cannot tell whose {} is. Please give each person a line.",
        line.number,
        crate::policy::listed::joined(&called),
        crate::policy::listed::joined(&written),
    );
    let mut bare: Vec<Person> = Vec::new();
    for (_, name) in names {
        let mut person = fresh();
        take_name(&mut person, name);
        bare.push(person);
    }
    if let Some(first) = bare.first_mut() {
        first.unclear = Some(unclear);
    }
    bare
}
