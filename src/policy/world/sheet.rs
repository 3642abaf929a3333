//! Tables of the directory as files of many rows: CSV and JSON lines, ours or other people's. A bad row is told with its
//! file, line and reason. What a file has no column for stays as it was.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::reading::{self, Cells, NOT_A_KEY};
use super::{Account, Organisation, World, columns, valid};
use crate::policy::finding::did_you_mean;

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

/// A row of a file that is not judged yet.
struct Row<'a> {
    file: &'a str,
    line: u64,
    table: &'static str,
    key: String,
    cells: Cells,
}

/// What is wrong with a line of a file.
struct Fault<'a> {
    file: &'a str,
    line: u64,
    reason: String,
}

/// Where a value was first seen: the file and the line, or a row that is known already.
type Seen<'a> = BTreeMap<String, (&'a str, u64)>;

struct Reader<'a> {
    known: &'a World,
    world: World,
    /// The keys of organisations by ODS code, and of accounts by address: the known ones and those of the files.
    by_code: BTreeMap<String, String>,
    by_address: BTreeMap<String, String>,
    keys: BTreeMap<&'static str, Seen<'a>>,
    codes: Seen<'a>,
    addresses: Seen<'a>,
    faults: Vec<Fault<'a>>,
}

impl<'a> Reader<'a> {
    fn new(known: &'a World) -> Self {
        let by_code = known.organisations.iter().map(|(key, row)| (row.ods_code.clone(), key.clone())).collect();
        let mut by_address = BTreeMap::new();
        for (key, row) in &known.accounts {
            for address in row.old_addresses.iter().chain([&row.address]) {
                by_address.insert(address.clone(), key.clone());
            }
        }
        Reader {
            known,
            world: World::default(),
            by_code,
            by_address,
            keys: BTreeMap::new(),
            codes: Seen::new(),
            addresses: Seen::new(),
            faults: Vec::new(),
        }
    }

    fn fault(&mut self, file: &'a str, line: u64, reason: impl Into<String>) {
        self.faults.push(Fault { file, line, reason: reason.into() });
    }

    fn csv(
        &mut self,
        sheet: &Sheet<'a>,
        table: &'static str,
        mapping: Option<&BTreeMap<String, String>>,
        rows: &mut Vec<Row<'a>>,
    ) {
        let bytes = sheet.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(sheet.bytes);
        let mut reader = csv::ReaderBuilder::new().flexible(true).delimiter(delimiter(bytes)).from_reader(bytes);
        let header: Vec<String> = match reader.byte_headers() {
            Ok(header) => header.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect(),
            Err(error) => return self.fault(sheet.file, 1, error.to_string()),
        };
        let Some(fields) = self.header(sheet.file, table, &header, mapping) else { return };
        for record in reader.into_byte_records() {
            let record = match record {
                Ok(record) => record,
                Err(error) => {
                    self.fault(sheet.file, 1, error.to_string());
                    return;
                }
            };
            let line = record.position().map_or(0, csv::Position::line);
            if record.iter().all(|cell| cell.trim_ascii().is_empty()) {
                continue;
            }
            if record.len() != header.len() {
                let reason = format!("it has {} cells, and the first line {}", record.len(), header.len());
                self.fault(sheet.file, line, reason);
                continue;
            }
            let mut row = Row { file: sheet.file, line, table, key: String::new(), cells: Cells::default() };
            let is_text = record.iter().all(|cell| std::str::from_utf8(cell).is_ok());
            if !is_text {
                self.fault(sheet.file, line, "it is not written in UTF-8; save the file as CSV UTF-8");
                continue;
            }
            for (cell, field) in record.iter().zip(&fields) {
                if let Some(field) = field {
                    row.put(field, armed(String::from_utf8_lossy(cell).trim()).to_owned());
                }
            }
            rows.push(row);
        }
    }

    /// The field of each column. A file with our own names is ours, whatever the mapping says.
    fn header(
        &mut self,
        file: &'a str,
        table: &'static str,
        header: &[String],
        mapping: Option<&BTreeMap<String, String>>,
    ) -> Option<Vec<Option<String>>> {
        let own = columns::of(table);
        let ours = |name: &String| Some(name.clone()).filter(|name| name == "key" || own.contains(&name.as_str()));
        let is_ours = header.iter().all(|name| ours(name).is_some());
        let fields: Vec<Option<String>> = match mapping {
            Some(mapping) if !is_ours => {
                let theirs = |name: &String| {
                    let it = mapping.iter().find(|(_, header)| header.trim().eq_ignore_ascii_case(name));
                    it.map(|(field, _)| field.clone())
                };
                header.iter().map(theirs).collect()
            }
            _ => header.iter().map(ours).collect(),
        };
        let before = self.faults.len();
        if mapping.is_none() || is_ours {
            for name in header.iter().filter(|name| ours(name).is_none()) {
                let help = did_you_mean(name, own.iter().copied().chain(["key"]));
                self.fault(file, 1, format!("`{name}` is not a column of {table}; {help}"));
            }
        }
        let must = if table == "organisations" { "ods_code" } else { "address" };
        let named = |wanted: &str| fields.iter().flatten().any(|field| field == wanted);
        if !named(must) && !named("key") {
            let theirs = mapping.and_then(|mapping| mapping.get(must)).map_or(must, String::as_str);
            self.fault(file, 1, format!("there is no column `{theirs}`, which names the rows of {table}"));
        }
        let mut seen = BTreeSet::new();
        for field in fields.iter().flatten().filter(|field| !seen.insert(*field)) {
            self.fault(file, 1, format!("the column `{field}` stands twice"));
        }
        (self.faults.len() == before).then_some(fields)
    }

    fn json_lines(&mut self, sheet: &Sheet<'a>, rows: &mut Vec<Row<'a>>) {
        for (n, line) in sheet.bytes.split(|byte| *byte == b'\n').enumerate() {
            let n = u64::try_from(n).unwrap_or(u64::MAX).saturating_add(1);
            if line.trim_ascii().is_empty() {
                continue;
            }
            let object: Map<String, Value> = match serde_json::from_slice(line) {
                Ok(object) => object,
                Err(error) => {
                    self.fault(sheet.file, n, format!("it is not a JSON object: {error}"));
                    continue;
                }
            };
            let table = object.get("table").and_then(Value::as_str).unwrap_or_default();
            let Some(table) = columns::TABLES.into_iter().find(|known| *known == table) else {
                self.fault(sheet.file, n, "`table` is neither organisations nor accounts");
                continue;
            };
            let mut row = Row { file: sheet.file, line: n, table, key: String::new(), cells: Cells::default() };
            let before = self.faults.len();
            for (field, value) in object.iter().filter(|(field, _)| *field != "table") {
                match json_cell(value) {
                    Some(cell) if field == "key" || columns::of(table).contains(&field.as_str()) => {
                        row.put(field, cell);
                    }
                    Some(_) => {
                        let help = did_you_mean(field, columns::of(table).iter().copied());
                        self.fault(sheet.file, n, format!("`{field}` is not a field; {help}"));
                    }
                    None => self.fault(sheet.file, n, format!("`{field}` is not one value")),
                }
            }
            if self.faults.len() == before {
                rows.push(row);
            }
        }
    }

    fn organisation(&mut self, row: &mut Row<'a>) {
        let code = row.cells.written("ods_code").unwrap_or_default().to_ascii_uppercase();
        let key = row.key_or(|| self.by_code.get(&code).cloned().unwrap_or_else(|| key_of(&code)));
        let known = self.known;
        let nothing = Organisation::default();
        let made = reading::organisation(&mut row.cells, known.organisations.get(&key).unwrap_or(&nothing));
        self.tell(row, &key);
        if !made.ods_code.is_empty() {
            first(&mut self.codes, "ods_code", &made.ods_code, row, &mut self.faults);
            self.by_code.insert(made.ods_code.clone(), key.clone());
        }
        self.world.organisations.insert(key, made);
    }

    fn account(&mut self, row: &mut Row<'a>) {
        let address = row.cells.written("address").unwrap_or_default().to_lowercase();
        let key = row.key_or(|| self.by_address.get(&address).cloned().unwrap_or_else(|| key_of(&address)));
        for field in ["organisation", "owns", "administers"] {
            self.organisations_meant(row, field);
        }
        let known = self.known;
        let nothing = Account::default();
        let made = reading::account(&mut row.cells, known.accounts.get(&key).unwrap_or(&nothing));
        self.tell(row, &key);
        for address in made.old_addresses.iter().chain([&made.address]).filter(|address| !address.is_empty()) {
            first(&mut self.addresses, "address", address, row, &mut self.faults);
        }
        self.world.accounts.insert(key, made);
    }

    /// Puts keys in the place of ODS codes. What is neither is a fault.
    fn organisations_meant(&mut self, row: &mut Row<'a>, field: &str) {
        let Some(written) = row.cells.written(field).map(str::to_owned) else { return };
        let mut keys = Vec::new();
        for name in written.split(|c: char| c.is_whitespace() || c == ',' || c == ';').filter(|name| !name.is_empty()) {
            let is_key = self.world.organisations.contains_key(name) || self.known.organisations.contains_key(name);
            if is_key {
                keys.push(name.to_owned());
            } else if let Some(key) = self.by_code.get(&name.to_ascii_uppercase()) {
                keys.push(key.clone());
            } else {
                let reason = format!("{field} `{name}` is neither the key nor the ODS code of an organisation");
                self.fault(row.file, row.line, reason);
            }
        }
        row.cells.put(field, keys.join(" "));
    }

    /// Tells what is wrong with a row, its key included.
    fn tell(&mut self, row: &mut Row<'a>, key: &str) {
        // Without a name of its own a row has no key either, and one fault is enough.
        if !valid::is_key(key) && !key.is_empty() {
            row.cells.faults.push(format!("key `{key}`: {NOT_A_KEY}"));
        }
        for reason in std::mem::take(&mut row.cells.faults) {
            self.fault(row.file, row.line, reason);
        }
        let seen = self.keys.entry(row.table).or_default();
        first(seen, "key", key, row, &mut self.faults);
    }
}

impl Row<'_> {
    fn put(&mut self, field: &str, cell: String) {
        if field == "key" {
            self.key = cell;
        } else {
            self.cells.put(field, cell);
        }
    }

    fn key_or(&self, other: impl FnOnce() -> String) -> String {
        if self.key.is_empty() { other() } else { self.key.clone() }
    }
}

/// A value that only one row may have: the second row is told with the place of the first.
fn first<'a>(seen: &mut Seen<'a>, field: &str, value: &str, row: &Row<'a>, faults: &mut Vec<Fault<'a>>) {
    match seen.get(value) {
        Some((file, line)) if (*file, *line) == (row.file, row.line) => {}
        Some((file, line)) => {
            let reason = format!("{field} `{value}` stands in {file}, line {line}, already");
            faults.push(Fault { file: row.file, line: row.line, reason });
        }
        None => drop(seen.insert(value.to_owned(), (row.file, row.line))),
    }
}

fn json_cell(value: &Value) -> Option<String> {
    match value {
        Value::Null => Some(String::new()),
        Value::Bool(yes) => Some(if *yes { "yes".into() } else { "no".into() }),
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) => Some(text.clone()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// What parts the cells: the mark that the first line has most of.
fn delimiter(bytes: &[u8]) -> u8 {
    let header = bytes.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let count = |mark: u8| header.iter().filter(|byte| **byte == mark).count();
    [b';', b'\t'].into_iter().find(|mark| count(*mark) > count(b',')).unwrap_or(b',')
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
