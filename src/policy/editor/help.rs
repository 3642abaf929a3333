//! Help at a place: what a word means, what may be typed, and where a name is given.

use crate::policy::draft::shape::Shape;
use crate::policy::facts::FactType;
use crate::policy::finding::Place;

use super::at::{Choices, choices};
use super::describe::meaning;
use super::names::{Kind, Names};
use super::schema::endings;
use super::spot::{Spot, spot, word_at};
use super::{FileKind, keys};

/// Something that may be typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// The word.
    pub word: String,
    /// What it means.
    pub meaning: String,
    /// Whether it is a key, which is followed by a colon.
    pub is_key: bool,
}

/// A place in a file: lines and columns count from nought, columns in characters.
#[derive(Debug, Clone, Copy)]
pub struct Cursor<'a> {
    /// The file, by its path below the pack's folder.
    pub file: &'a str,
    /// Its text as it is being typed.
    pub text: &'a str,
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

/// What the word under the cursor means.
pub fn hover(names: &Names, cursor: Cursor<'_>) -> Option<String> {
    if let Some((kind, name)) = meant(names, cursor) {
        let found = names.get(kind, &name)?;
        return Some(format!("**{}** `{name}`\n\n{}", kind.word(), found.meaning));
    }
    let kind = FileKind::of(cursor.file)?;
    let spot = spot(kind, cursor.text, cursor.line, cursor.column)?;
    let path = if spot.is_key { format!("{}/{}", spot.path, spot.word) } else { spot.path.clone() };
    let text = meaning(&path).filter(|_| spot.is_key)?;
    Some(format!("`{}`\n\n{text}", spot.word))
}

/// Where the name under the cursor is given: in this file, else elsewhere.
pub fn define(names: &Names, cursor: Cursor<'_>) -> Option<Place> {
    let (kind, name) = meant(names, cursor)?;
    let here = Names::of_file(cursor.file, cursor.text);
    here.get(kind, &name).or_else(|| names.get(kind, &name)).map(|name| name.place.clone())
}

/// What may be typed at the cursor.
pub fn complete(names: &Names, cursor: Cursor<'_>) -> Vec<Offer> {
    let Some(kind) = FileKind::of(cursor.file) else { return facts_and_records(names) };
    let Some(spot) = spot(kind, cursor.text, cursor.line, cursor.column) else {
        return if in_a_hole(cursor) { facts_and_records(names) } else { Vec::new() };
    };
    if in_hole(&spot.before) || spot.path.ends_with("steps/*/when") && !spot.is_key {
        return facts_and_records(names);
    }
    if spot.is_key { offered_keys(names, &spot) } else { offered_values(names, cursor, &spot) }
}

fn in_a_hole(cursor: Cursor<'_>) -> bool {
    let line: String = cursor.text.lines().nth(cursor.line).unwrap_or("").chars().take(cursor.column).collect();
    in_hole(&line)
}

/// Whether a `{{` is open.
fn in_hole(before: &str) -> bool {
    before.rfind("{{").is_some_and(|at| !before.get(at..).unwrap_or("").contains("}}"))
}

fn facts_and_records(names: &Names) -> Vec<Offer> {
    [Kind::Fact, Kind::Record].into_iter().flat_map(|kind| of_kind(names, kind)).collect()
}

fn of_kind(names: &Names, kind: Kind) -> Vec<Offer> {
    let offers =
        names.all(kind).map(|(word, name)| Offer { word: word.clone(), meaning: name.meaning.clone(), is_key: false });
    offers.collect()
}

fn offered_keys(names: &Names, spot: &Spot) -> Vec<Offer> {
    let Some(shape) = keys::shape_at(&spot.path) else { return Vec::new() };
    if matches!(shape, Shape::Named(_)) {
        let kind = match spot.path.rsplit('/').next() {
            Some("texts") => Kind::Text,
            Some("gives" | "facts") if spot.path.starts_with("scenarios") => Kind::Fact,
            Some("when") => Kind::Fact,
            _ => return Vec::new(),
        };
        return of_kind(names, kind).into_iter().map(|offer| Offer { is_key: true, ..offer }).collect();
    }
    let keys = keys::keys_of(&spot.path, shape).into_iter();
    keys.map(|key| Offer {
        word: key.name.to_owned(),
        meaning: meaning(&format!("{}/{}", spot.path, key.name)).unwrap_or_default().to_owned(),
        is_key: true,
    })
    .collect()
}

fn offered_values(names: &Names, cursor: Cursor<'_>, spot: &Spot) -> Vec<Offer> {
    let plain = |words: &[&str]| -> Vec<Offer> {
        words.iter().map(|word| Offer { word: (*word).to_owned(), meaning: String::new(), is_key: false }).collect()
    };
    match choices(&spot.path) {
        Choices::Any => Vec::new(),
        Choices::YesNo => plain(&["yes", "no"]),
        Choices::Words(words) => plain(words),
        Choices::Types => plain(&FactType::ALL.map(FactType::name)),
        Choices::Endings => plain(&endings()),
        Choices::Of { kind: Kind::Step, more, .. } if spot.path.starts_with("flow/") => {
            let own = format!("{}.", flow_of(cursor.text).unwrap_or_default());
            let steps = of_kind(names, Kind::Step).into_iter();
            let own =
                steps.filter_map(|offer| Some(Offer { word: offer.word.strip_prefix(&own)?.to_owned(), ..offer }));
            own.chain(plain(more)).collect()
        }
        Choices::Of { kind, more, .. } => of_kind(names, kind).into_iter().chain(plain(more)).collect(),
    }
}

/// The flow that a file is about.
fn flow_of(text: &str) -> Option<&str> {
    text.lines().find_map(|line| line.strip_prefix("flow:")).map(str::trim)
}

/// The name that the word under the cursor stands for.
fn meant(names: &Names, cursor: Cursor<'_>) -> Option<(Kind, String)> {
    let chars: Vec<char> = cursor.text.lines().nth(cursor.line)?.chars().collect();
    let word = word_at(&chars, cursor.column.min(chars.len()));
    if word.is_empty() {
        return None;
    }
    let kind = FileKind::of(cursor.file);
    let spot = kind.and_then(|kind| spot(kind, cursor.text, cursor.line, cursor.column));
    let known = |kind: Kind, name: String| names.get(kind, &name).is_some().then_some((kind, name));
    if let Some(spot) = &spot {
        if let Choices::Of { kind, .. } = choices(&spot.path)
            && !spot.is_key
        {
            let own = || known(kind, format!("{}.{word}", flow_of(cursor.text).unwrap_or_default()));
            let anywhere = || names.all(kind).find(|(name, _)| name.rsplit('.').next() == Some(&word));
            return match kind {
                Kind::Step => known(kind, word.clone()).or_else(own).or_else(|| {
                    anywhere().filter(|_| !spot.path.starts_with("flow/")).map(|(name, _)| (kind, name.clone()))
                }),
                kind => known(kind, word),
            };
        }
        if spot.is_key {
            let named_here = matches!(keys::shape_at(&spot.path), Some(Shape::Named(_)));
            let kind = match spot.path.rsplit('/').next() {
                Some("texts") => Kind::Text,
                Some("facts" | "gives" | "when") => Kind::Fact,
                Some("examples") => Kind::Flow,
                Some("queues") => Kind::Queue,
                Some("contacts") => Kind::Contact,
                Some("records") => Kind::Record,
                Some("calendars") => Kind::Calendar,
                _ => return None,
            };
            return if named_here { known(kind, word) } else { None };
        }
    }
    // In an expression, a text or a rule: a fact, a record or what stands before the first dot.
    let reads = spot.as_ref().is_none_or(|spot| spot.path.ends_with("/when") || in_hole(&spot.before));
    let (first, rest) = word.split_once('.').unwrap_or((&word, ""));
    if !reads {
        return None;
    }
    match first {
        "contacts" => known(Kind::Contact, rest.split('.').next().unwrap_or_default().to_owned()),
        "limits" => known(Kind::Limit, rest.split('.').next().unwrap_or_default().to_owned()),
        first => known(Kind::Fact, first.to_owned()).or_else(|| known(Kind::Record, first.to_owned())),
    }
}
