//! Reads rows out of files: which column is which field, which row is which, and what is wrong where.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::super::reading::{self, Cells, NOT_A_KEY};
use super::super::{Account, Organisation, World, columns, valid};
use super::{Sheet, armed, key_of};
use crate::policy::finding::did_you_mean;

/// A row of a file that is not judged yet.
pub(super) struct Row<'a> {
    file: &'a str,
    line: u64,
    pub(super) table: &'static str,
    key: String,
    cells: Cells,
}

/// What is wrong with a line of a file.
pub(super) struct Fault<'a> {
    pub(super) file: &'a str,
    pub(super) line: u64,
    pub(super) reason: String,
}

/// Where a value was first seen: the file and the line, or a row that is known already.
type Seen<'a> = BTreeMap<String, (&'a str, u64)>;

pub(super) struct Reader<'a> {
    known: &'a World,
    pub(super) world: World,
    /// The keys of organisations by ODS code, and of accounts by address: the known ones and those of the files.
    by_code: BTreeMap<String, String>,
    by_address: BTreeMap<String, String>,
    keys: BTreeMap<&'static str, Seen<'a>>,
    codes: Seen<'a>,
    addresses: Seen<'a>,
    pub(super) faults: Vec<Fault<'a>>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(known: &'a World) -> Self {
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

    pub(super) fn csv(
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

    pub(super) fn json_lines(&mut self, sheet: &Sheet<'a>, rows: &mut Vec<Row<'a>>) {
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

    pub(super) fn organisation(&mut self, row: &mut Row<'a>) {
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

    pub(super) fn account(&mut self, row: &mut Row<'a>) {
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
