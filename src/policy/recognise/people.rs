//! Lists of people or things, out of whatever somebody writes: a table, one person a line, a block of lines, a
//! sentence. What is good is kept, what is wrong is told by person and line, and a later message adds or corrects.

mod bits;
mod persons;
mod roll;
mod table;

use jiff::civil::Date;

use crate::policy::facts::{FactType, Value};
use crate::policy::flow::{FactDecl, FieldDecl};
use crate::policy::listed::Listed;
use crate::policy::recognise::words::{plain, without_controls};

use bits::Fields;
pub use roll::{Half, Roll};

/// More of a message is not read for a list.
const LONGEST: usize = 30_000;

/// What a message has brought for a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RollReading {
    /// The list as far as it has come.
    pub roll: Roll,
    /// How many people the message told something new of.
    pub told: usize,
    /// What is wrong, a sentence each, with the person or the line.
    pub problems: Vec<String>,
    /// What is left of the message: the lines that told nothing of anybody.
    pub left: String,
    /// Whether it says that nobody else is to come.
    pub ends: bool,
}

/// Reads what a message says about a list. `alone` tells that nothing else was asked: then a name alone in its line,
/// or a value alone in the message, counts too.
pub fn read_list(decl: &FactDecl, before: &Roll, text: &str, today: Option<Date>, alone: bool) -> RollReading {
    let nothing = || RollReading { roll: before.clone(), left: text.to_owned(), ..RollReading::default() };
    let Some(list) = &decl.list else { return nothing() };
    let cleaned = without_controls(text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default());
    let mut reading = RollReading { roll: before.clone(), ..RollReading::default() };
    let (kept, dropped) = removals(&cleaned, &mut reading.roll);
    reading.told += dropped;
    reading.ends = ends(&kept);
    let fields = Fields::of(&list.fields, today);
    let known = |words: &str| before.called(words).is_some();
    let persons::Heard { people, heads } = persons::persons(&kept, &fields, alone, &known);
    let mut used: Vec<usize> = heads;
    let mut taken = roll::Taken::new(decl, &fields, &mut reading.roll);
    for person in &people {
        if taken.take(person, alone) {
            used.extend(&person.lines);
        }
    }
    let (told, problems) = taken.finish();
    reading.told += told;
    reading.problems = problems;
    used.sort_unstable();
    let unused = |n: &usize| used.binary_search(&(n + 1)).is_err();
    let left: Vec<&str> = kept.lines().enumerate().filter(|(n, _)| unused(n)).map(|(_, line)| line).collect();
    reading.left = left.join("\n");
    reading
}

/// What is still missing of a list, a sentence each. Nothing when it is whole.
pub fn still_missing(decl: &FactDecl, roll: &Roll) -> Vec<String> {
    let Some(list) = &decl.list else { return Vec::new() };
    let mut missing: Vec<String> = roll.entries.iter().filter_map(|half| half.still_missing(list)).collect();
    let (count, fewest) = (roll.entries.len(), decl.fewest());
    if count > decl.most() {
        missing.push(format!("There is room for {}, and you named {count}. Tell us whom to leave out.", decl.most()));
    }
    if count > 0 && count < fewest {
        missing.push(format!("We need {fewest} at least, and have {count} so far."));
    }
    missing
}

/// The value of a list to which nothing is missing.
pub fn whole_list(decl: &FactDecl, roll: &Roll) -> Option<Value> {
    let list = decl.list.as_ref()?;
    let fits = (decl.fewest()..=decl.most()).contains(&roll.entries.len());
    if !fits || !still_missing(decl, roll).is_empty() {
        return None;
    }
    Some(Value::list(Listed::of(roll.entries.iter().map(|half| half.whole(list)))))
}

/// A list that is whole, as it was while it was being given.
pub fn roll_of(value: &Value) -> Roll {
    let entries = value.listed().map(|listed| {
        let standing = listed.standing();
        standing.map(|(_, entry)| Half { called: entry.name(), fields: entry.fields.clone() }).collect()
    });
    Roll { entries: entries.unwrap_or_default() }
}

/// The value of a list as an agent writes it: people parted by lines or semicolons.
pub(super) fn list(decl: &FactDecl, written: &str, today: Option<Date>) -> Result<Value, String> {
    let lines = if written.contains('\n') { written.to_owned() } else { written.replace(';', "\n") };
    let reading = read_list(decl, &Roll::default(), &lines, today, true);
    let mut wrong = reading.problems;
    wrong.extend(still_missing(decl, &reading.roll));
    if !wrong.is_empty() {
        return Err(wrong.join(" "));
    }
    whole_list(decl, &reading.roll).ok_or_else(|| match how_to(decl) {
        Some(how) => format!("We found nobody in this. {how}"),
        None => "We found nobody in this.".to_owned(),
    })
}

/// How a list is best given: what is wanted of each, and a line to copy.
pub fn how_to(decl: &FactDecl) -> Option<String> {
    let list = decl.list.as_ref()?;
    let wanted: Vec<String> = list.fields.iter().map(asked).collect();
    let example: Vec<String> = list.fields.iter().filter_map(example).collect();
    Some(format!(
        "Give for each: {}. Write one a line, like this:\n{}",
        crate::policy::listed::joined(&wanted),
        example.join(", ")
    ))
}

/// What is asked of each, as it stands in the middle of a sentence.
pub(super) fn asked(field: &FieldDecl) -> String {
    let ask = field.decl.ask.trim().trim_end_matches(['?', '.', ':']);
    let mut letters = ask.chars();
    match (letters.next(), letters.clone().next()) {
        // `E-mail address` becomes `e-mail address`; `ODS code` stays.
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(letters).collect(),
        _ => ask.to_owned(),
    }
}

fn example(field: &FieldDecl) -> Option<String> {
    let fixed = match field.decl.kind {
        FactType::Name => "Amy Field",
        FactType::Mobile => "07700 900123",
        FactType::Phone => "01632 960123",
        FactType::Mail => "amy@home.example",
        FactType::NhsMail => "amy.field@nhs.net",
        FactType::Postcode => "NE46 1AA",
        FactType::OdsCode => "V12345",
        FactType::Date => "3 March 2026",
        FactType::DateTime => "3 March 2026 at 3pm",
        FactType::Number => "3",
        FactType::YesNo => "yes",
        FactType::Choice => return field.decl.choices.first().cloned(),
        FactType::ShortText | FactType::LongText => return Some(asked(field)),
        FactType::Reference | FactType::CqcLocation | FactType::CqcContact | FactType::Code | FactType::List => {
            return None;
        }
    };
    Some(fixed.to_owned())
}

/// Whether a message says that the list is done: in whole, or in its last line.
fn ends(text: &str) -> bool {
    const ENDS: [&str; 26] = [
        "no",
        "nope",
        "no thanks",
        "no thank you",
        "none",
        "nobody",
        "no one",
        "nobody else",
        "no one else",
        "noone else",
        "no more",
        "thats all",
        "that is all",
        "thats it",
        "that is it",
        "thats everyone",
        "that is everyone",
        "thats everybody",
        "thats the lot",
        "just them",
        "only them",
        "all done",
        "done",
        "finished",
        "end",
        "no thats all",
    ];
    let is_end = |line: &str| {
        let said = plain(line);
        let said = said.strip_suffix(" thanks").or_else(|| said.strip_suffix(" thank you")).unwrap_or(&said);
        ENDS.contains(&said)
    };
    text.lines().rev().filter(|line| !line.trim().is_empty()).take(3).any(is_end)
}

/// Takes out those of whom a line says that they shall not be on the list. Gives back the other lines, and how many
/// were taken out.
fn removals(text: &str, roll: &mut Roll) -> (String, usize) {
    const WORDS: [&str; 9] = [
        "please remove ",
        "remove ",
        "without ",
        "leave out ",
        "please leave out ",
        "take off ",
        "delete ",
        "not ",
        "drop ",
    ];
    let before = roll.entries.len();
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let bare = line.trim();
        let whom = WORDS.iter().find_map(|word| {
            let start = bare.get(..word.len())?;
            start.eq_ignore_ascii_case(word).then(|| bare.get(word.len()..).unwrap_or_default())
        });
        let whom = whom.map(|whom| whom.trim_end_matches(['.', '!', ',', ' ']).trim_end_matches(" please"));
        match whom.and_then(|whom| roll.called(whom)) {
            Some(at) => {
                roll.entries.remove(at);
                // The line stays empty, so that the others keep their numbers.
                lines.push("");
            }
            None => lines.push(line),
        }
    }
    (lines.join("\n"), before - roll.entries.len())
}

#[cfg(test)]
mod tests;
