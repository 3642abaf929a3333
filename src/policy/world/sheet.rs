//! Tables of the directory as files of many rows: CSV and JSON lines, ours or other people's. A bad row is told with its
//! file, line and reason. What a file has no column for stays as it was.

mod reader;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{World, columns};
use reader::Reader;

/// Other people's names of columns: table → our field → their header.
pub type Mapping = BTreeMap<String, BTreeMap<String, String>>;

/// A file of rows.
#[derive(Debug, Clone, Copy)]
pub struct Sheet<'a> {
    /// What people call it.
    pub file: &'a str,
    /// Its table; `None` for JSON lines, where each row names its own.
    pub table: Option<&'static str>,
    /// What it holds.
    pub bytes: &'a [u8],
}

/// Reads files together: rows may speak of each other's organisations, and of those that are known. Everything that is
/// wrong is told.
pub fn read(sheets: &[Sheet<'_>], mapping: &Mapping, known: &World) -> Result<World, Vec<String>> {
    let mut reader = Reader::new(known);
    let mut rows = Vec::new();
    for sheet in sheets {
        match sheet.table {
            Some(table) => reader.csv(sheet, table, mapping.get(table), &mut rows),
            None => reader.json_lines(sheet, &mut rows),
        }
    }
    // Organisations first, so that accounts find them.
    for table in columns::TABLES {
        for row in rows.iter_mut().filter(|row| row.table == table) {
            match table {
                "organisations" => reader.organisation(row),
                _ => reader.account(row),
            }
        }
    }
    if reader.faults.is_empty() {
        return Ok(reader.world);
    }
    let mut faults = reader.faults;
    faults.sort_by_key(|fault| (sheets.iter().position(|sheet| sheet.file == fault.file), fault.line));
    Err(faults.into_iter().map(|fault| format!("{}:{}: {}", fault.file, fault.line, fault.reason)).collect())
}

/// A table as CSV, with a column `key` in front. Cells that a spreadsheet would reckon with are defused.
pub fn csv(world: &World, table: &str) -> String {
    let mut writer = csv::Writer::from_writer(Vec::new());
    // Writing to memory cannot fail, and every row has as many cells as the header.
    let header = std::iter::once("key").chain(columns::of(table).iter().copied());
    let _ = writer.write_record(header);
    for (key, cells) in rows(world, table) {
        let cells = std::iter::once(key).chain(cells).map(|cell| defused(&cell));
        let _ = writer.write_record(cells);
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

/// The rows of a table as JSON lines can hold them: each names its table and its key; what it has not is null.
pub fn json_rows(world: &World, table: &str) -> Vec<Map<String, Value>> {
    let fields = columns::of(table);
    let row = |(key, cells): (String, Vec<String>)| {
        let value = |cell: String| if cell.is_empty() { Value::Null } else { Value::String(cell) };
        let named = fields.iter().map(|field| (*field).to_owned()).zip(cells.into_iter().map(value));
        let own = [("table".to_owned(), Value::from(table)), ("key".to_owned(), Value::from(key))];
        own.into_iter().chain(named).collect()
    };
    rows(world, table).into_iter().map(row).collect()
}

/// A text that a spreadsheet shows and does not reckon with.
pub fn defused(cell: &str) -> String {
    if cell.starts_with(DANGEROUS) { format!("'{cell}") } else { cell.to_owned() }
}

/// What makes a spreadsheet take a cell for a sum; and our own mark, so that it can be taken off again.
const DANGEROUS: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\''];

/// The text of a cell that was defused.
fn armed(cell: &str) -> &str {
    cell.strip_prefix('\'').filter(|rest| rest.starts_with(DANGEROUS)).unwrap_or(cell)
}

fn rows(world: &World, table: &str) -> Vec<(String, Vec<String>)> {
    match table {
        "organisations" => {
            world.organisations.iter().map(|(key, row)| (key.clone(), columns::of_organisation(row).to_vec())).collect()
        }
        "accounts" => {
            world.accounts.iter().map(|(key, row)| (key.clone(), columns::of_account(row).to_vec())).collect()
        }
        _ => Vec::new(),
    }
}

/// The key of a row that has none: what names it, in the letters of keys.
pub fn key_of(name: &str) -> String {
    let key = |c: char| if c.is_ascii_alphanumeric() || "_-.".contains(c) { c } else { '-' };
    name.split('@').next().unwrap_or(name).to_lowercase().chars().take(56).map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn organisations(text: &str) -> Result<World, Vec<String>> {
        let sheet = Sheet { file: "o.csv", table: Some("organisations"), bytes: text.as_bytes() };
        read(&[sheet], &Mapping::new(), &World::default())
    }

    #[test]
    fn a_row_without_a_key_gets_one_and_a_known_row_keeps_what_the_file_has_no_column_for() {
        let first = organisations("ods_code,name,postcode\nv12345,Rose Court,ne14st\n").expect("a good file");
        assert_eq!(first.organisations["v12345"].postcode.as_deref(), Some("NE1 4ST"));
        let sheet = Sheet { file: "o.csv", table: Some("organisations"), bytes: b"ods_code;town\nV12345;Newcastle\n" };
        let second = read(&[sheet], &Mapping::new(), &first).expect("a good file");
        let row = &second.organisations["v12345"];
        assert_eq!((row.name.as_str(), row.town.as_deref()), ("Rose Court", Some("Newcastle")));
        assert_eq!(row.postcode.as_deref(), Some("NE1 4ST"));
    }

    #[test]
    fn every_bad_row_is_told_with_its_line() {
        let told =
            organisations("key,ods_code,name,cqc_phone\na,V1234,A,01632 960001\nb,V1234,B,12\nc c,V5,,\nd,V77777\n")
                .expect_err("much is wrong");
        insta::assert_snapshot!(told.join("\n"), @r"
        o.csv:3: cqc_phone `12` is not a UK telephone number such as 01632 960123
        o.csv:3: ods_code `V1234` stands in o.csv, line 2, already
        o.csv:4: name is missing
        o.csv:4: ods_code `V5` is not an ODS code such as V12345
        o.csv:4: key `c c`: a key has up to 64 letters, digits, `_`, `-` and `.`
        o.csv:5: it has 2 cells, and the first line 4
        ");
        let told = organisations("ods_code,name,poscode\n").expect_err("an unknown column");
        insta::assert_snapshot!(told.join("\n"), @"o.csv:1: `poscode` is not a column of organisations; did you mean `postcode`?");
    }

    #[test]
    fn cells_that_reckon_are_defused_and_armed_again() {
        for cell in ["=1+1", "+44", "-1", "@cmd", "'=1", "''", "'quoted"] {
            let defused = defused(cell);
            assert!(defused.starts_with('\''), "{defused}");
            assert_eq!(armed(&defused), cell);
        }
        assert_eq!(defused("Rose Court"), "Rose Court");
        assert_eq!(armed("'tis"), "'tis");
    }
}
