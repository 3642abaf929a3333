//! What stands in one line about the people of a list: values that are known by their look or their label, and words
//! that can be a name. Whom each belongs to is decided elsewhere.

use jiff::civil::Date;

use crate::policy::facts::{FactType, Value};
use crate::policy::flow::FieldDecl;
use crate::policy::recognise::labels::{self, Profile};
use crate::policy::recognise::seen::{self, Width};
use crate::policy::recognise::words::plain;
use crate::policy::recognise::{address, phone, valid, yes_no};

/// Something about somebody.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Bit {
    /// The field, by its place in the declaration.
    pub field: usize,
    /// What was written.
    pub written: String,
    /// What it is, or why it is nothing.
    pub value: Result<Value, String>,
}

/// The fields of a list, with what is needed to find them.
pub(super) struct Fields<'a> {
    pub all: &'a [FieldDecl],
    pub today: Option<Date>,
    /// The field that holds the name.
    pub name: Option<usize>,
    profiles: Vec<Profile>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(all: &'a [FieldDecl], today: Option<Date>) -> Self {
        let name = all.iter().position(|field| field.decl.kind == FactType::Name);
        Self { all, today, name, profiles: all.iter().map(|field| Profile::of(&field.decl)).collect() }
    }

    /// The field that a label names, if it is one alone.
    pub(super) fn labelled(&self, label: &str) -> Option<usize> {
        let (facts, rest) = labels::label(label, &self.profiles)?;
        match facts.as_slice() {
            [only] if rest.trim().is_empty() => Some(*only),
            _ => None,
        }
    }

    /// One value of a field, or why it is none.
    pub(super) fn bit(&self, field: usize, written: &str) -> Option<Bit> {
        let written = written.trim();
        let decl = &self.all.get(field)?.decl;
        Some(Bit { field, written: written.to_owned(), value: valid::value(decl, written, self.today) })
    }

    /// The fields of a type; two of one type can only be told apart by their labels.
    fn only(&self, kinds: &[FactType]) -> Option<usize> {
        let mut found = self.all.iter().enumerate().filter(|(_, field)| kinds.contains(&field.decl.kind));
        found.next().map(|(at, _)| at).filter(|_| found.next().is_none())
    }

    /// The field that an address belongs to: an NHSmail address and another one are told apart by what they are.
    fn mail(&self, written: &str) -> Option<usize> {
        let is_nhs = address::mail(written).is_some_and(|mail| mail.ends_with("@nhs.net"));
        let nhs = self.only(&[FactType::NhsMail]);
        match self.only(&[FactType::Mail]) {
            Some(_) if is_nhs && nhs.is_some() => nhs,
            Some(mail) => Some(mail),
            None => nhs,
        }
    }

    fn number(&self, written: &str) -> Option<usize> {
        let phone = self.only(&[FactType::Phone]);
        match self.only(&[FactType::Mobile]) {
            Some(_) if phone.is_some() && phone::mobile(written).is_err() => phone,
            Some(mobile) => Some(mobile),
            None => phone,
        }
    }
}

/// What stands in a line. `bare` are the words that are left, in pieces.
#[derive(Debug, Default)]
pub(super) struct Told {
    /// Each with the byte at which it stands.
    pub bits: Vec<(usize, Bit)>,
    /// Words that may be a name, or the words of a text field.
    pub pieces: Vec<(usize, String)>,
    /// Whether a label stood before something.
    pub labelled: bool,
}

/// Reads a line without its number.
pub(super) fn told(line: &str, fields: &Fields) -> Told {
    let mut told = Told::default();
    let mut from = 0;
    for piece in labels::pieces(line, &fields.profiles) {
        let at = line.get(from..).and_then(|rest| rest.find(piece)).map_or(from, |n| from + n);
        from = at + piece.len();
        match labels::label(piece, &fields.profiles) {
            Some((facts, rest)) if facts.len() == 1 && !rest.trim().is_empty() => {
                told.labelled = true;
                labelled(at, piece, rest, facts.first().copied().unwrap_or_default(), fields, &mut told);
            }
            _ => unlabelled(at, piece, fields, &mut told),
        }
    }
    told.bits.sort_by_key(|(at, _)| *at);
    told
}

/// A labelled value. Behind it may stand more: `Mobile: 07700 900111 amy@home.example`.
fn labelled(at: usize, piece: &str, rest: &str, field: usize, fields: &Fields, told: &mut Told) {
    let Some(decl) = fields.all.get(field).map(|field| &field.decl) else { return };
    let behind = at + piece.len().saturating_sub(rest.len());
    let parts = seen::seen(decl, rest, fields.today, Width::Wide);
    match parts.as_slice() {
        [only] if only.len() < rest.trim().len() => {
            told.bits.extend(fields.bit(field, only).map(|bit| (behind, bit)));
            unlabelled(behind, &rest.replacen(only.as_str(), ";", 1), fields, told);
        }
        _ => told.bits.extend(fields.bit(field, rest.trim_matches([',', ';', '|', ' '])).map(|bit| (behind, bit))),
    }
}

/// Values by their look, and the words around them.
fn unlabelled(from: usize, piece: &str, fields: &Fields, told: &mut Told) {
    let mut rest = piece.to_owned();
    let take = |rest: &mut String, written: &str, field: Option<usize>, told: &mut Told| {
        let Some(at) = rest.find(written) else { return };
        // What is taken leaves as many bytes behind, so that what follows keeps its place.
        rest.replace_range(at..at + written.len(), &";".repeat(written.len()));
        told.bits.extend(field.and_then(|field| fields.bit(field, written)).map(|bit| (from + at, bit)));
    };
    const MOST: usize = 100;
    for written in address::mails(piece).take(MOST) {
        take(&mut rest, written, fields.mail(written), told);
    }
    for (at, field) in fields.all.iter().enumerate() {
        let kind = field.decl.kind;
        let by_look = seen::has_a_look(kind)
            && !matches!(kind, FactType::Mail | FactType::NhsMail | FactType::Mobile | FactType::Phone);
        if by_look && fields.only(&[kind]) == Some(at) {
            for written in seen::seen(&field.decl, piece, fields.today, Width::Narrow) {
                take(&mut rest, &written, Some(at), told);
            }
        }
    }
    for written in phone::phones(piece).into_iter().take(MOST) {
        take(&mut rest, written, fields.number(written), told);
    }
    for written in short_numbers(&rest).into_iter().take(MOST) {
        take(&mut rest, &written, fields.number(&written), told);
    }
    for (at, words) in pieces(&rest) {
        match small(&words, fields) {
            Some(bit) => told.bits.push((from + at, bit)),
            None => told.pieces.push((from + at, words)),
        }
    }
}

/// Digits that were meant as a telephone number and are too few: `07700 9001`.
fn short_numbers(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for run in text.split(|c: char| !(c.is_ascii_digit() || c == ' ' || c == '-')) {
        let run = run.trim_matches([' ', '-']);
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        if run.starts_with("07") && (5..=14).contains(&digits) {
            found.push(run.to_owned());
        }
    }
    found
}

/// A choice, a yes or no, or a number that stands alone between two marks.
fn small(words: &str, fields: &Fields) -> Option<Bit> {
    let said = plain(words);
    for (at, field) in fields.all.iter().enumerate() {
        let fits = match field.decl.kind {
            FactType::Choice => field.decl.choices.iter().any(|choice| plain(choice) == said),
            FactType::YesNo => fields.only(&[FactType::YesNo]) == Some(at) && yes_no::is_bare(words),
            FactType::Number => {
                fields.only(&[FactType::Number]) == Some(at) && words.bytes().all(|byte| byte.is_ascii_digit())
            }
            _ => false,
        };
        if fits {
            return fields.bit(at, words);
        }
    }
    None
}

/// The words between marks, each with where it begins.
fn pieces(text: &str) -> Vec<(usize, String)> {
    const MARKS: [&str; 19] =
        [",", ";", "|", "\t", "(", ")", "<", ">", "[", "]", "/", ":", "=", " and ", " & ", " - ", " – ", " — ", "  "];
    let mut cuts: Vec<(usize, usize)> =
        MARKS.iter().flat_map(|mark| text.match_indices(mark).map(|(at, mark)| (at, at + mark.len()))).collect();
    cuts.sort_unstable();
    let mut found = Vec::new();
    let mut from = 0;
    for (at, behind) in cuts.into_iter().chain([(text.len(), text.len())]) {
        if at < from {
            continue;
        }
        let words = text.get(from..at).unwrap_or_default();
        let begins = from + (words.len() - words.trim_start().len());
        let words = words.trim().trim_matches(|c: char| !c.is_alphanumeric() && c != '.');
        if !words.is_empty() {
            found.push((begins, words.to_owned()));
        }
        from = behind;
    }
    found
}

/// Words around a name that are none: before it, as in "please add Amy Field", and behind, as in "Amy Field's mobile is".
const BESIDE: &[&str] = &[
    "please",
    "add",
    "also",
    "and",
    "the",
    "then",
    "next",
    "is",
    "plus",
    "we",
    "have",
    "has",
    "need",
    "needs",
    "for",
    "new",
    "starter",
    "staff",
    "member",
    "person",
    "user",
    "account",
    "accounts",
    "would",
    "like",
    "to",
    "sorry",
    "i",
    "include",
    "hi",
    "hello",
    "its",
    "first",
    "second",
    "third",
    "last",
    "one",
    "mobile",
    "phone",
    "number",
    "no",
    "tel",
    "telephone",
    "mob",
    "cell",
    "email",
    "e-mail",
    "mail",
    "address",
    "on",
    "at",
    "with",
    "her",
    "his",
    "their",
    "whose",
    "who",
    "can",
    "be",
    "called",
    "name",
    "names",
    "full",
    "my",
    "should",
    "was",
    "actually",
    "correct",
    "change",
    "changed",
    "wrong",
    "right",
    "from",
    "us",
    "yes",
    "ok",
    "a",
    "it",
    "of",
    "are",
    "both",
    "personal",
    "work",
    "own",
    "mr",
    "mrs",
    "ms",
    "miss",
];

/// A piece without the words around the name, and whether any stood there.
pub(super) fn without_words_beside(piece: &str) -> (String, bool) {
    let mut words: Vec<&str> = piece.split_whitespace().collect();
    let before = words.len();
    let beside = |word: &str| {
        let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
        BESIDE.contains(&word.as_str())
    };
    while words.first().is_some_and(|word| beside(word)) {
        words.remove(0);
    }
    while words.last().is_some_and(|word| beside(word)) {
        words.pop();
    }
    let stripped = words.len() < before;
    let mut name = words.join(" ");
    for own in ["'s", "’s"] {
        if stripped && let Some(bare) = name.strip_suffix(own) {
            name.truncate(bare.len());
            break;
        }
    }
    (name, stripped)
}
