//! A table below a line that names its columns, however its cells are parted.

use super::bits::{Bit, Fields};
use crate::policy::recognise::words::plain;

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Field(usize),
    First,
    Last,
    /// Nothing that was asked for: a number, a role.
    Other,
}

/// The columns of a table, and what parts its cells.
#[derive(Debug, Clone)]
pub(super) struct Head {
    mark: &'static str,
    columns: Vec<Column>,
}

const MARKS: [&str; 5] = ["\t", "|", ";", ",", "  "];
/// So many columns are looked at.
const MOST: usize = 40;

/// The columns that a line names, if it is the head of a table.
pub(super) fn head(line: &str, fields: &Fields) -> Option<Head> {
    let mark = MARKS.into_iter().find(|mark| line.trim().trim_matches('|').contains(mark))?;
    let columns: Vec<Column> = cells(line, mark).into_iter().map(|cell| column(cell, fields)).collect();
    let known = columns.iter().filter(|column| **column != Column::Other).count();
    let mut once: Vec<Column> = columns.iter().copied().filter(|column| *column != Column::Other).collect();
    once.dedup();
    let good = known >= 2 && known * 2 >= columns.len() && once.len() == known;
    good.then_some(Head { mark, columns })
}

fn column(cell: &str, fields: &Fields) -> Column {
    match plain(cell).as_str() {
        "first name" | "forename" | "first" | "given name" | "firstname" | "forenames" => Column::First,
        "surname" | "last name" | "last" | "family name" | "lastname" => Column::Last,
        _ if cell.chars().any(|c| c.is_ascii_digit() || c == '@') => Column::Other,
        _ => fields.labelled(&format!("{cell}:")).map_or(Column::Other, Column::Field),
    }
}

impl Head {
    /// What a row tells; `None` if the line is no row of this table.
    pub(super) fn row(&self, line: &str, fields: &Fields) -> Option<Vec<Bit>> {
        let cells = cells(line, self.mark);
        if cells.len() != self.columns.len() {
            return None;
        }
        let mut bits = Vec::new();
        let cell = |wanted: Column| {
            let at = self.columns.iter().position(|column| *column == wanted)?;
            cells.get(at).copied().filter(|cell| !cell.is_empty())
        };
        let whole = [cell(Column::First), cell(Column::Last)].into_iter().flatten().collect::<Vec<_>>().join(" ");
        if let Some(name) = fields.name.filter(|_| !whole.is_empty()) {
            bits.extend(fields.bit(name, &whole));
        }
        for (column, cell) in self.columns.iter().zip(&cells) {
            if let Column::Field(field) = column
                && !is_empty(cell)
            {
                bits.extend(fields.bit(*field, cell));
            }
        }
        Some(bits)
    }
}

/// How people leave a cell open.
fn is_empty(cell: &str) -> bool {
    cell.is_empty() || cell.chars().all(|c| matches!(c, '-' | '–' | '—' | '?' | '.' | '/' | ' '))
}

/// The cells of a line. Columns that are lined up with spaces have no empty cells.
fn cells<'a>(line: &'a str, mark: &str) -> Vec<&'a str> {
    let line = line.trim_matches([' ', '\r']);
    let line = if mark == "|" { line.trim_matches('|') } else { line };
    let cells = line.split(mark).map(|cell| cell.trim().trim_matches('"').trim());
    let cells: Vec<&str> = cells.take(MOST).collect();
    if mark == "  " { cells.into_iter().filter(|cell| !cell.is_empty()).collect() } else { cells }
}

/// A line between head and body.
pub(super) fn is_rule(line: &str) -> bool {
    line.contains("--") && line.chars().all(|c| matches!(c, '|' | '-' | ':' | '+' | ' ' | '=' | '\t'))
}
