//! Tables: rules whose rows stand in no order. Holds them and lets them decide; `check` reads them and proves that no
//! two rows contradict each other and that nothing falls between them.

use std::collections::BTreeSet;

use jiff::civil::{self, Date};

use super::boxes::{self, Left, Set};
use super::{RuleFailure, RuleInfo, Verdict};
use crate::policy::facts::{Datum, Item};
use crate::policy::finding::Place;
use crate::policy::outcome::{OtherRow, TableRow};

/// A rule that is written as rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// What every rule tells: its name, what it reads, its verdicts.
    pub info: RuleInfo,
    /// Why it exists.
    pub why: String,
    /// What it reads, in the author's order.
    pub columns: Vec<Column>,
    /// Its rows, in the author's order, which means nothing; the one for all that is left comes last.
    pub rows: Vec<Row>,
}

/// Something that a table looks at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    /// The dotted path.
    pub path: Vec<String>,
    /// What it can be.
    pub domain: Domain,
}

/// What a column can be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Domain {
    /// Yes or no, or one of these choices.
    Words(Vec<String>),
    /// A number, from and to.
    Numbers(i64, i64),
    /// A day; of a moment, its day.
    Days,
}

/// A row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What each column must be, in the order of the columns.
    pub cells: Vec<Cell>,
    /// What it decides.
    pub verdict: String,
    /// Why.
    pub because: String,
    /// Whether it takes all that the other rows leave.
    pub otherwise: bool,
    /// Where it stands.
    pub place: Place,
}

/// What a column must be in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Anything.
    Any,
    /// One of these words; and what the author wrote.
    Words(BTreeSet<String>, String),
    /// A number or a day within one of these, both ends included; and what the author wrote.
    Within(Vec<(i64, i64)>, String),
}

/// What is wrong with the rows, as numbers of rows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Faults {
    /// Two rows with different verdicts that take the same values, and such values.
    pub(crate) contradictions: Vec<(usize, usize, String)>,
    /// Rows that others of the same verdict cover, and the row for the rest where nothing is left.
    pub(crate) dead: Vec<usize>,
    /// Values that no row takes.
    pub(crate) gap: Option<String>,
    /// Whether the table is too large to be looked through.
    pub(crate) too_large: bool,
}

/// The number of a day, for comparing.
pub(crate) fn day_number(day: Date) -> i64 {
    day.since(civil::date(1970, 1, 1)).map_or(0, |span| i64::from(span.get_days()))
}

/// The values of a column that no row tells apart, one range or word each.
enum Atoms {
    Words(Vec<String>),
    Spans(Vec<(i64, i64)>),
}

impl Table {
    /// Lets the rows decide. `read` gives the item of each first name.
    pub(super) fn decide(&self, read: &dyn Fn(&str) -> Option<Item>) -> Result<Verdict, RuleFailure> {
        let whose = || format!("rule `{}`", self.info.name);
        let values = self.columns.iter().map(|column| {
            let item = column.path.split_first().and_then(|(first, rest)| read(first)?.at(rest));
            let missing = || RuleFailure::FactMissing { whose: whose(), fact: column.path.join(".") };
            column.value(&item.ok_or_else(missing)?).ok_or_else(|| RuleFailure::Unfit {
                whose: whose(),
                value: format!("`{}`", column.path.join(".")),
                wanted: "a value of the type that its column has",
            })
        });
        let values: Vec<Known> = values.collect::<Result<_, _>>()?;
        let takes = |row: &&Row| row.cells.iter().zip(&values).all(|(cell, value)| cell.takes(value));
        let row = self.rows.iter().find(|row| !row.otherwise && takes(row));
        let Some(row) = row.or_else(|| self.rows.iter().find(|row| row.otherwise)) else {
            return Err(RuleFailure::NoVerdict { whose: whose() });
        };
        let others = self.rows.iter().filter(|other| other.place != row.place);
        let others = others.map(|other| OtherRow {
            line: other.place.line,
            verdict: other.verdict.clone(),
            needed: self.lacking(other, &values),
        });
        let decided = TableRow { file: row.place.file.to_string(), line: row.place.line, others: others.collect() };
        Ok(Verdict { verdict: row.verdict.clone(), because: row.because.clone(), row: Some(decided) })
    }

    /// The cells of a row that are not so, as they are written.
    fn lacking(&self, row: &Row, values: &[Known]) -> Vec<String> {
        let cells = self.columns.iter().zip(&row.cells).zip(values);
        cells
            .filter(|((_, cell), value)| !cell.takes(value))
            .filter_map(|((column, cell), _)| Some(format!("{}: {}", column.path.join("."), cell.written()?)))
            .collect()
    }

    /// Looks for rows that contradict each other, rows that never decide, and values that no row takes.
    pub(crate) fn faults(&self) -> Faults {
        let mut faults = Faults::default();
        let atoms: Vec<Atoms> = self.columns.iter().enumerate().map(|(n, column)| self.atoms(n, column)).collect();
        if atoms.iter().any(|atoms| atoms.count() > boxes::MOST_ATOMS) {
            return Faults { too_large: true, ..faults };
        }
        let rows: Vec<(usize, Vec<Set>)> = self
            .rows
            .iter()
            .enumerate()
            .filter(|(_, row)| !row.otherwise)
            .map(|(n, row)| (n, row.cells.iter().zip(&atoms).map(|(cell, atoms)| atoms.within(cell)).collect()))
            .collect();
        let words = |point: &[usize]| self.example(&atoms, point);
        for (n, (first, a)) in rows.iter().enumerate() {
            for (second, b) in rows.iter().skip(n + 1) {
                let differ =
                    self.rows.get(*first).map(|row| &row.verdict) != self.rows.get(*second).map(|row| &row.verdict);
                if let Some(point) = boxes::common(a, b).filter(|_| differ) {
                    faults.contradictions.push((*first, *second, words(&point)));
                }
            }
        }
        self.find_dead(&rows, &mut faults);
        let whole: Vec<Set> = atoms.iter().map(|atoms| boxes::all(atoms.count())).collect();
        let all: Vec<&[Set]> = rows.iter().map(|(_, row)| row.as_slice()).collect();
        let rest = self.rows.iter().position(|row| row.otherwise);
        match (boxes::left_over(&whole, &all), rest) {
            (Left::Nothing, Some(rest)) => faults.dead.push(rest),
            (Left::Point(point), None) => faults.gap = Some(words(&point)),
            (Left::Unknown, _) => faults.too_large = true,
            (Left::Nothing, None) | (Left::Point(_), Some(_)) => {}
        }
        faults
    }

    /// From the last row up, so that of two equal rows the later is told.
    fn find_dead(&self, rows: &[(usize, Vec<Set>)], faults: &mut Faults) {
        for (n, row) in rows.iter().rev() {
            let alike = |other: usize| {
                self.rows.get(other).map(|row| &row.verdict) == self.rows.get(*n).map(|row| &row.verdict)
            };
            let others = rows.iter().filter(|(other, _)| other != n && alike(*other) && !faults.dead.contains(other));
            let others: Vec<&[Set]> = others.map(|(_, row)| row.as_slice()).collect();
            match boxes::left_over(row, &others) {
                Left::Nothing => faults.dead.push(*n),
                Left::Point(_) => {}
                Left::Unknown => faults.too_large = true,
            }
        }
        faults.dead.reverse();
    }

    fn atoms(&self, at: usize, column: &Column) -> Atoms {
        let (least, most) = match &column.domain {
            Domain::Words(words) => return Atoms::Words(words.clone()),
            Domain::Numbers(least, most) => (*least, *most),
            Domain::Days => (i64::MIN, i64::MAX),
        };
        let mut cuts = BTreeSet::from([least]);
        for cell in self.rows.iter().filter_map(|row| row.cells.get(at)) {
            if let Cell::Within(spans, _) = cell {
                cuts.extend(spans.iter().flat_map(|(from, to)| [Some(*from), to.checked_add(1)]).flatten());
            }
        }
        let cuts: Vec<i64> = cuts.into_iter().filter(|cut| (least..=most).contains(cut)).collect();
        let ends = cuts.iter().skip(1).map(|cut| cut - 1).chain([most]);
        Atoms::Spans(cuts.iter().copied().zip(ends).collect())
    }

    /// A point in the author's words. Columns that no row asks about say nothing.
    fn example(&self, atoms: &[Atoms], point: &[usize]) -> String {
        let columns = self.columns.iter().zip(atoms).zip(point);
        let told = columns.filter(|((_, atoms), _)| atoms.count() > 1).map(|((column, atoms), atom)| {
            let value = match atoms {
                Atoms::Words(words) => words.get(*atom).cloned().unwrap_or_default(),
                Atoms::Spans(spans) => {
                    let (from, to) = spans.get(*atom).copied().unwrap_or_default();
                    column.in_words(if from == i64::MIN { to } else { from })
                }
            };
            format!("`{}: {value}`", column.path.join("."))
        });
        let told: Vec<String> = told.collect();
        if told.is_empty() { "any value".into() } else { told.join(", ") }
    }
}

/// A value as cells see it.
enum Known {
    Word(String),
    Number(i64),
}

impl Column {
    fn value(&self, item: &Item) -> Option<Known> {
        let Item::Value(value) = item else { return None };
        match (&self.domain, &value.datum) {
            (Domain::Words(_), Datum::YesNo(yes)) => Some(Known::Word(if *yes { "yes" } else { "no" }.into())),
            (Domain::Words(_), Datum::Text(text)) => Some(Known::Word(text.clone())),
            (Domain::Numbers(..), Datum::Number(number)) => Some(Known::Number(*number)),
            (Domain::Days, Datum::Date(day)) => Some(Known::Number(day_number(*day))),
            (Domain::Days, Datum::DateTime(at)) => Some(Known::Number(day_number(at.date()))),
            _ => None,
        }
    }

    fn in_words(&self, number: i64) -> String {
        let day = || {
            let span = jiff::Span::new().try_days(number).ok()?;
            civil::date(1970, 1, 1).checked_add(span).ok()
        };
        match self.domain {
            Domain::Days => day().map_or_else(|| "any day".into(), |day| day.to_string()),
            Domain::Words(_) | Domain::Numbers(..) => number.to_string(),
        }
    }
}

impl Cell {
    fn takes(&self, value: &Known) -> bool {
        match (self, value) {
            (Cell::Any, _) => true,
            (Cell::Words(words, _), Known::Word(word)) => words.contains(word),
            (Cell::Within(spans, _), Known::Number(n)) => spans.iter().any(|(from, to)| (from..=to).contains(&n)),
            (Cell::Words(..), Known::Number(_)) | (Cell::Within(..), Known::Word(_)) => false,
        }
    }

    /// As the author wrote it; nothing, where anything will do.
    pub fn written(&self) -> Option<&str> {
        match self {
            Cell::Any => None,
            Cell::Words(_, written) | Cell::Within(_, written) => Some(written),
        }
    }
}

impl Atoms {
    fn count(&self) -> usize {
        match self {
            Atoms::Words(words) => words.len(),
            Atoms::Spans(spans) => spans.len(),
        }
    }

    /// The atoms that a cell takes.
    fn within(&self, cell: &Cell) -> Set {
        let atoms: Vec<bool> = match (self, cell) {
            (_, Cell::Any) => return boxes::all(self.count()),
            (Atoms::Words(all), Cell::Words(words, _)) => all.iter().map(|word| words.contains(word)).collect(),
            (Atoms::Spans(all), Cell::Within(spans, _)) => {
                all.iter().map(|(from, to)| spans.iter().any(|(low, high)| low <= from && to <= high)).collect()
            }
            (Atoms::Words(_), Cell::Within(..)) | (Atoms::Spans(_), Cell::Words(..)) => return 0,
        };
        atoms.iter().enumerate().filter(|(_, taken)| **taken).fold(0, |set, (n, _)| set | 1 << n)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::policy::facts::{FactType, Value};

    fn table(rows: &[((i64, i64), Vec<&str>, bool)], rest: bool) -> Table {
        let place = |n: usize| Place::new("rules/a.yaml", n, 1);
        let mut all: Vec<Row> = rows
            .iter()
            .enumerate()
            .map(|(n, (span, words, verdict))| Row {
                cells: vec![
                    Cell::Within(vec![*span], format!("{} to {}", span.0, span.1)),
                    Cell::Words(words.iter().map(|word| (*word).to_owned()).collect(), words.join(" | ")),
                ],
                verdict: verdict.to_string(),
                because: "so".into(),
                otherwise: false,
                place: place(n + 5),
            })
            .collect();
        if rest {
            let cells = vec![Cell::Any, Cell::Any];
            let place = place(99);
            all.push(Row { cells, verdict: "rest".into(), because: "so".into(), otherwise: true, place });
        }
        let column = |name: &str, domain| Column { path: vec![name.into()], domain };
        Table {
            info: RuleInfo {
                name: "a.b".into(),
                parameters: vec!["n".into(), "c".into()],
                verdicts: BTreeMap::new(),
                reads: vec![],
                place: place(1),
            },
            why: String::new(),
            columns: vec![column("n", Domain::Numbers(0, 7)), column("c", Domain::Words(vec!["a".into(), "b".into()]))],
            rows: all,
        }
    }

    /// Which rows take a point.
    fn takers(table: &Table, n: i64, word: &str) -> Vec<usize> {
        let takes = |row: &Row| row.cells[0].takes(&Known::Number(n)) && row.cells[1].takes(&Known::Word(word.into()));
        (0..table.rows.len()).filter(|row| !table.rows[*row].otherwise && takes(&table.rows[*row])).collect()
    }

    fn decide(table: &Table, n: i64, word: &str) -> Result<Verdict, RuleFailure> {
        table.decide(&|name| {
            Some(Item::Value(if name == "n" { Value::number(n) } else { Value::text(FactType::Choice, word) }))
        })
    }

    fn a_row() -> impl Strategy<Value = ((i64, i64), Vec<&'static str>, bool)> {
        let words = prop_oneof![Just(vec!["a"]), Just(vec!["b"]), Just(vec!["a", "b"])];
        ((0..8_i64, 0..8_i64).prop_map(|(a, b)| (a.min(b), a.max(b))), words, any::<bool>())
    }

    proptest! {
        #[test]
        fn faults_are_those_that_trying_every_value_shows(
            rows in proptest::collection::vec(a_row(), 1..7), rest in any::<bool>()
        ) {
            let table = table(&rows, rest);
            let points: Vec<Vec<usize>> =
                (0..8).flat_map(|n| ["a", "b"].map(|word| takers(&table, n, word))).collect();
            let verdict = |row: &usize| table.rows[*row].verdict.clone();
            let contradict = points.iter().any(|rows| rows.iter().map(verdict).collect::<BTreeSet<_>>().len() > 1);
            let gap = points.iter().any(Vec::is_empty);
            let faults = table.faults();
            prop_assert_eq!(!faults.contradictions.is_empty(), contradict);
            prop_assert_eq!(faults.gap.is_some(), gap && !rest);
            prop_assert_eq!(faults.dead.contains(&rows.len()), rest && !gap);
            for row in 0..rows.len() {
                // Without the rows that were told before it, each living row takes something alone.
                let alone = points.iter().any(|takers| takers.contains(&row)
                    && takers.iter().all(|other| *other == row || faults.dead.contains(other) || verdict(other) != verdict(&row)));
                prop_assert_eq!(!faults.dead.contains(&row), alone);
            }
            for (n, word) in (0..8).flat_map(|n| [(n, "a"), (n, "b")]) {
                let decided = decide(&table, n, word).ok().map(|verdict| verdict.verdict);
                let first = takers(&table, n, word).first().map(verdict).or(rest.then(|| "rest".to_owned()));
                prop_assert_eq!(decided, first);
            }
        }
    }

    #[test]
    fn a_decision_tells_its_row_and_what_the_others_would_have_needed() {
        let table = table(&[((0, 3), vec!["a", "b"], true), ((4, 7), vec!["a"], false)], true);
        let row = decide(&table, 2, "b").ok().and_then(|verdict| verdict.row).map(|row| (row.line, row.others));
        let other = |line, verdict: &str, needed: &[&str]| OtherRow {
            line,
            verdict: verdict.into(),
            needed: needed.iter().map(|cell| (*cell).to_owned()).collect(),
        };
        assert_eq!(row, Some((5, vec![other(6, "false", &["n: 4 to 7", "c: a"]), other(99, "rest", &[])])));
    }
}
