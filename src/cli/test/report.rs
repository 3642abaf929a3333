//! How scenarios are printed: each as a sentence, and a failure with what was expected beside what came.

use std::io::stdout;

use serde::Serialize;

use crate::policy::scenario::{Difference, Told};

use super::super::{Failure, Format, print};
use super::Totals;

/// How wide a page is where there is no terminal, and how narrow it may be.
const PAGE: u16 = 100;
const NARROW: u16 = 40;
/// How far a scenario's own lines are set in.
const INDENT: &str = "      ";

/// A scenario as programs read it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    scenario: &'a str,
    file: &'a str,
    flow: &'a str,
    covers: &'a [String],
    channel: &'a str,
    sentence: &'a str,
    passed: bool,
    because: &'a str,
    difference: Option<DifferenceRow<'a>>,
}

/// An expectation that was not met, as programs read it.
#[derive(Debug, Serialize)]
struct DifferenceRow<'a> {
    file: &'a str,
    line: usize,
    key: &'a str,
    expected: &'a str,
    came: &'a str,
}

/// Prints one scenario.
pub(in crate::cli) fn one(told: &Told, format: Format) -> Result<(), Failure> {
    match format {
        Format::Json => print::json(&row(told)),
        Format::Text => print::text(&in_words(told, width())),
    }
}

/// Prints the last line.
pub(super) fn totals(totals: &Totals, format: Format) -> Result<(), Failure> {
    match format {
        Format::Json => print::json(totals),
        Format::Text => print::text(&format!(
            "{} of {} scenarios pass. They reach {} of {} steps and {} of {} branches.",
            totals.passed,
            totals.scenarios,
            totals.steps_reached,
            totals.steps,
            totals.branches_reached,
            totals.branches
        )),
    }
}

fn row(told: &Told) -> Row<'_> {
    Row {
        scenario: &told.scenario,
        file: &told.file,
        flow: &told.flow,
        covers: &told.covers,
        channel: told.channel,
        sentence: &told.sentence,
        passed: told.passed,
        because: &told.because,
        difference: told.difference.as_ref().map(|difference| DifferenceRow {
            file: &difference.place.file,
            line: difference.place.line,
            key: difference.key,
            expected: &difference.expected,
            came: &difference.came,
        }),
    }
}

fn in_words(told: &Told, width: u16) -> String {
    let mark = if told.passed { "pass" } else { "FAIL" };
    let mut lines = wrapped(&format!("{mark}  {}: {}. {}", told.flow, told.scenario, told.sentence), width);
    match &told.difference {
        _ if told.passed => {}
        Some(difference) => {
            // The rest of the reason stands in the table.
            let first = told.because.lines().next().unwrap_or_default();
            let short = first.split_once(". It says: ").map_or(first, |(short, _)| short);
            let short = if short.chars().count() > 200 { place(difference) } else { short.to_owned() };
            lines.extend(wrapped(&format!("{INDENT}{short}"), width));
            lines.extend(side_by_side(difference, width));
        }
        None => lines.extend(told.because.lines().flat_map(|line| wrapped(&format!("{INDENT}{}", line.trim()), width))),
    }
    lines.join("\n")
}

fn place(difference: &Difference) -> String {
    format!("{}:{}: not as expected", difference.place.file, difference.place.line)
}

/// What was expected to the left, what came to the right.
fn side_by_side(difference: &Difference, width: u16) -> Vec<String> {
    let column = usize::from(width).saturating_sub(INDENT.len() + 3) / 2;
    let head = format!("expected {}", difference.key);
    let folded = |text: &str| text.lines().flat_map(|line| folded(line, column)).collect::<Vec<_>>();
    let (expected, came) = (folded(&difference.expected), folded(&difference.came));
    let row = |left: &str, right: &str| {
        let pad = " ".repeat(column.saturating_sub(left.chars().count()));
        format!("{INDENT}{left}{pad} | {right}").trim_end().to_owned()
    };
    let mut lines = vec![row(&head, "came"), row(&"-".repeat(column), &"-".repeat(column))];
    for n in 0..expected.len().max(came.len()) {
        let side = |lines: &[String]| lines.get(n).cloned().unwrap_or_default();
        lines.push(row(&side(&expected), &side(&came)));
    }
    lines
}

/// A text in lines that fit, all but the first set in.
fn wrapped(text: &str, width: u16) -> Vec<String> {
    let inner = usize::from(width).saturating_sub(INDENT.len());
    let indented = |line: String| format!("{INDENT}{line}");
    match text.strip_prefix(INDENT) {
        Some(text) => folded(text, inner).into_iter().map(indented).collect(),
        None => {
            // `pass` and `FAIL` are as wide as the rest is set in.
            let (mark, text) = text.split_at(text.len().min(INDENT.len()));
            let lines = folded(text, inner).into_iter().enumerate();
            lines.map(|(n, line)| if n == 0 { format!("{mark}{line}") } else { indented(line) }).collect()
        }
    }
}

/// A line in pieces of whole words, each no wider than said. A word that is wider is cut.
fn folded(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        loop {
            let here = lines.last().map_or(0, |line| line.chars().count());
            let gap = usize::from(here > 0);
            if here + gap + word.len() <= width {
                break;
            }
            if here > 0 {
                lines.push(String::new());
                continue;
            }
            let rest = word.split_off(width);
            lines.pop();
            lines.extend([word.into_iter().collect(), String::new()]);
            word = rest;
        }
        if let Some(line) = lines.last_mut() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word);
        }
    }
    lines
}

/// How many characters fit beside each other.
fn width() -> u16 {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    let terminal =
        || rustix::termios::tcgetwinsize(stdout()).ok().map(|size| size.ws_col).filter(|columns| *columns > 0);
    columns.or_else(terminal).unwrap_or(PAGE).max(NARROW)
}

#[cfg(test)]
mod tests {
    use super::{Difference, side_by_side, wrapped};
    use crate::policy::finding::Place;

    #[test]
    fn words_are_wrapped_and_set_in() {
        assert_eq!(wrapped("pass  one: two three", 14), ["pass  one: two", "      three"]);
        assert_eq!(wrapped("      flows/a.yaml:3: other", 22), ["      flows/a.yaml:3:", "      other"]);
    }

    #[test]
    fn what_was_expected_stands_beside_what_came() {
        let difference = Difference {
            place: Place::new("flows/a.scenarios.yaml", 3, 1),
            key: "letters",
            expected: "to amy@home.example\nsays “one”".into(),
            came: "to amy@home.example\nWe say something that is a good deal longer than the page is wide.".into(),
        };
        let shown = side_by_side(&difference, 66);
        assert_eq!(shown[0], format!("      {:28} | came", "expected letters"));
        assert_eq!(shown[3], format!("      {:28} | We say something that is a", "says “one”"));
        assert!(shown.iter().all(|line| line.chars().count() <= 66), "{shown:#?}");
    }
}
