//! Reading a directory file: plain text values, every bad row with its key and the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::{ACTIVE, Account, Organisation, World};
use crate::policy::finding::did_you_mean;

/// The largest file that is read, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

const ORGANISATION_KEYS: [&str; 11] = [
    "name",
    "ods_code",
    "postcode",
    "town",
    "ever_registered",
    "shared_mailbox",
    "registered_manager",
    "cqc_mail",
    "cqc_location",
    "cqc_contact",
    "suspended",
];
const ACCOUNT_KEYS: [&str; 9] =
    ["name", "address", "mobile", "state", "organisation", "owner", "joined", "leaving", "suspended"];

/// The whole file, or everything that is wrong with it.
pub(super) fn world(text: &str) -> Result<World, Vec<String>> {
    if text.len() > LARGEST {
        return Err(vec!["the file is larger than 10 MiB: split it".into()]);
    }
    let sections: Entries<Entries<Entries<String>>> =
        serde_yaml::from_str(text.trim_start_matches('\u{feff}')).map_err(|error| vec![error.to_string()])?;
    let mut faults = Vec::new();
    let mut world = World::default();
    let mut seen = BTreeSet::new();
    for (section, rows) in sections.0 {
        if !seen.insert(section.clone()) {
            faults.push(format!("`{section}` stands twice"));
        }
        match section.as_str() {
            "organisations" => rows_into(&mut world.organisations, "organisations", rows, organisation, &mut faults),
            "accounts" => rows_into(&mut world.accounts, "accounts", rows, account, &mut faults),
            other => {
                let help = did_you_mean(other, ["organisations", "accounts"]);
                faults.push(format!("`{other}` is not a part of a directory; {help}"));
            }
        }
    }
    between_rows(&world, &mut faults);
    if faults.is_empty() { Ok(world) } else { Err(faults) }
}

/// Reads the rows of one section. A bad row is still put in, so that its neighbours are judged fairly.
fn rows_into<T>(
    into: &mut BTreeMap<String, T>,
    section: &str,
    rows: Entries<Entries<String>>,
    read: fn(&mut Row<'_>) -> T,
    faults: &mut Vec<String>,
) {
    for (key, fields) in rows.0 {
        let name = format!("{section}.{key}");
        if !is_key(&key) {
            faults.push(format!("{name}: a key has up to 64 letters, digits, `_`, `-` and `.`"));
        }
        let mut row = Row { name, fields: BTreeMap::new(), faults };
        for (field, value) in fields.0 {
            if row.fields.insert(field.clone(), value).is_some() {
                row.fault(&field, "stands twice");
            }
        }
        let made = read(&mut row);
        if into.insert(key, made).is_some() {
            row.faults.push(format!("{}: the key stands twice", row.name));
        }
    }
}

fn organisation(row: &mut Row<'_>) -> Organisation {
    row.only(&ORGANISATION_KEYS);
    Organisation {
        version: 1,
        name: row.must("name", words),
        ods_code: row.must("ods_code", ods_code),
        postcode: row.may("postcode", postcode),
        town: row.may("town", words),
        ever_registered: row.may("ever_registered", yes_no),
        shared_mailbox: row.may("shared_mailbox", nhs_mail),
        registered_manager: row.may("registered_manager", mail),
        cqc_mail: row.may("cqc_mail", mail),
        cqc_location: row.may("cqc_location", cqc_location),
        cqc_contact: row.may("cqc_contact", cqc_contact),
        suspended: row.may("suspended", yes_no).unwrap_or(false),
    }
}

fn account(row: &mut Row<'_>) -> Account {
    row.only(&ACCOUNT_KEYS);
    Account {
        version: 1,
        name: row.must("name", words),
        address: row.must("address", nhs_mail),
        mobile: row.may("mobile", mobile),
        state: row.may("state", state).unwrap_or_else(|| ACTIVE.to_owned()),
        organisation: row.may("organisation", words),
        owner: row.may("owner", yes_no).unwrap_or(false),
        joined: row.may("joined", yes_no).unwrap_or(false),
        leaving: row.may("leaving", yes_no).unwrap_or(false),
        suspended: row.may("suspended", yes_no).unwrap_or(false),
    }
}

/// What one row alone cannot show: a home that is missing, and values that only one row may have.
fn between_rows(world: &World, faults: &mut Vec<String>) {
    for (key, account) in &world.accounts {
        if let Some(home) = account.organisation.as_ref().filter(|home| !world.organisations.contains_key(*home)) {
            let help = did_you_mean(home, world.organisations.keys().map(String::as_str));
            faults.push(format!("accounts.{key}: organisation `{home}` is not in this file; {help}"));
        }
        if account.owner && account.organisation.is_none() {
            faults.push(format!("accounts.{key}: an owner belongs to an organisation"));
        }
    }
    let codes = world.organisations.iter().map(|(key, row)| (key, &row.ods_code));
    only_once("organisations", "ods_code", codes, faults);
    let addresses = world.accounts.iter().map(|(key, row)| (key, &row.address));
    only_once("accounts", "address", addresses, faults);
}

fn only_once<'a>(
    section: &str,
    field: &str,
    values: impl Iterator<Item = (&'a String, &'a String)>,
    faults: &mut Vec<String>,
) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for (key, value) in values.filter(|(_, value)| !value.is_empty()) {
        if let Some(other) = first.insert(value, key) {
            faults.push(format!("{section}.{key}: {field} `{value}` is that of `{other}` already"));
        }
    }
}

/// The fields of one row that are not read yet.
struct Row<'a> {
    name: String,
    fields: BTreeMap<String, String>,
    faults: &'a mut Vec<String>,
}

impl Row<'_> {
    fn fault(&mut self, field: &str, reason: &str) {
        self.faults.push(format!("{}: {field} {reason}", self.name));
    }

    fn only(&mut self, known: &[&str]) {
        let unknown: Vec<String> = self.fields.keys().filter(|key| !known.contains(&key.as_str())).cloned().collect();
        for key in unknown {
            let help = did_you_mean(&key, known.iter().copied());
            self.fault(&format!("`{key}`"), &format!("is not a field; {help}"));
        }
    }

    fn may<T>(&mut self, field: &str, read: fn(&str) -> Result<T, &'static str>) -> Option<T> {
        let written = self.fields.get(field)?.trim().to_owned();
        match read(&written) {
            Ok(value) => Some(value),
            Err(reason) => {
                self.fault(field, &format!("`{written}` {reason}"));
                None
            }
        }
    }

    /// A field that every row has. What is missing is a fault, and empty for now.
    fn must(&mut self, field: &str, read: fn(&str) -> Result<String, &'static str>) -> String {
        if !self.fields.contains_key(field) {
            self.fault(field, "is missing");
        }
        self.may(field, read).unwrap_or_default()
    }
}

type Read<T> = Result<T, &'static str>;

fn words(text: &str) -> Read<String> {
    let plain = !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
    if plain { Ok(text.to_owned()) } else { Err("is not a text of 1 to 200 characters") }
}

fn yes_no(text: &str) -> Read<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" => Ok(true),
        "no" | "false" => Ok(false),
        _ => Err("is neither yes nor no"),
    }
}

fn state(text: &str) -> Read<String> {
    let named = (1..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if named { Ok(text.to_owned()) } else { Err("is not a state: small letters and `_`") }
}

fn ods_code(text: &str) -> Read<String> {
    let code = text.to_ascii_uppercase();
    let good = (3..=8).contains(&code.len()) && code.chars().all(|c| c.is_ascii_alphanumeric());
    if good { Ok(code) } else { Err("is not an ODS code such as V12345") }
}

fn postcode(text: &str) -> Read<String> {
    let code: String = text.to_ascii_uppercase().split_whitespace().collect();
    let shape: String = code.chars().map(|c| if c.is_ascii_digit() { '9' } else { 'A' }).collect();
    let known = ["A99AA", "A999AA", "AA99AA", "AA999AA", "A9A9AA", "AA9A9AA"].contains(&shape.as_str());
    if !known || !code.is_ascii() || code.chars().any(|c| !c.is_ascii_alphanumeric()) {
        return Err("is not a postcode such as NE1 4ST");
    }
    let (outward, inward) = code.split_at(code.len() - 3);
    Ok(format!("{outward} {inward}"))
}

fn mail(text: &str) -> Read<String> {
    let address = text.to_lowercase();
    let plain = address.len() <= 254
        && !address.chars().any(|c| c.is_whitespace() || c.is_control() || "<>(),;:\"\\".contains(c));
    match address.split_once('@') {
        Some((local, domain))
            if plain && !local.is_empty() && domain.contains('.') && !domain.contains('@') && !is_dotted(domain) =>
        {
            Ok(address)
        }
        _ => Err("is not an e-mail address"),
    }
}

/// Whether dots stand where no name is between them.
fn is_dotted(domain: &str) -> bool {
    domain.split('.').any(str::is_empty)
}

fn nhs_mail(text: &str) -> Read<String> {
    match mail(text) {
        Ok(address) if address.ends_with("@nhs.net") => Ok(address),
        _ => Err("is not an address that ends in @nhs.net"),
    }
}

fn mobile(text: &str) -> Read<String> {
    let digits: String = text.chars().filter(|c| !c.is_whitespace() && !"-()".contains(*c)).collect();
    let national = ["+44", "0044", "0"].into_iter().find_map(|before| digits.strip_prefix(before));
    match national {
        Some(rest) if rest.len() == 10 && rest.starts_with('7') && rest.chars().all(|c| c.is_ascii_digit()) => {
            Ok(format!("+44{rest}"))
        }
        _ => Err("is not a UK mobile number such as 07700 900111"),
    }
}

fn cqc_location(text: &str) -> Read<String> {
    match text.strip_prefix("1-") {
        Some(rest) if is_number(rest) => Ok(text.to_owned()),
        _ => Err("is not a CQC location id such as 1-1234567"),
    }
}

fn cqc_contact(text: &str) -> Read<String> {
    let id = text.to_ascii_uppercase();
    match id.strip_prefix("CON1-").or_else(|| id.strip_prefix("1-")) {
        Some(rest) if is_number(rest) => Ok(id),
        _ => Err("is not a CQC contact id such as CON1-7654321"),
    }
}

fn is_number(text: &str) -> bool {
    (1..=12).contains(&text.len()) && text.chars().all(|c| c.is_ascii_digit())
}

fn is_key(key: &str) -> bool {
    (1..=64).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c))
}

/// A mapping as it stands in the file: in order, and with keys that stand twice. An empty one may be left blank.
struct Entries<T>(Vec<(String, T)>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Entries<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(EntriesVisitor(PhantomData))
    }
}

struct EntriesVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for EntriesVisitor<T> {
    type Value = Entries<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("keys with values")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Entries(Vec::new()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_text() {
        let world = world(
            "organisations:\n  a1: {name: 2026-01-02, ods_code: 1e5, cqc_location: 1-1234567, suspended: no}\n\
             accounts:\n  b: {name: No, address: No@NHS.net, mobile: 07700900111, organisation: a1, owner: yes}\n",
        )
        .expect("nothing is wrong");
        assert_eq!(world.organisations["a1"].name, "2026-01-02");
        assert_eq!(world.organisations["a1"].ods_code, "1E5");
        assert_eq!(world.accounts["b"].mobile.as_deref(), Some("+447700900111"));
        assert_eq!(world.accounts["b"].name, "No");
        assert!(world.accounts["b"].owner);
    }

    #[test]
    fn every_bad_row_is_named_with_its_reason() {
        let faults = world(
            "organisations:\n  rose: {name: Rose, ods_code: V12345}\n  ros2: {name: Rose, ods_code: v12345, poscode: NE1 4ST}\n\
             accounts:\n  amy: {address: amy@care.example, organisation: roze, owner: perhaps}\n  \
             bob: {name: Bob, address: bob@nhs.net, mobile: 01632 960000, owner: yes, name: Rob}\n\
             staff: {}\n",
        )
        .expect_err("much is wrong");
        insta::assert_snapshot!(faults.join("\n"), @r"
        organisations.ros2: `poscode` is not a field; did you mean `postcode`?
        accounts.amy: name is missing
        accounts.amy: address `amy@care.example` is not an address that ends in @nhs.net
        accounts.amy: owner `perhaps` is neither yes nor no
        accounts.bob: name stands twice
        accounts.bob: mobile `01632 960000` is not a UK mobile number such as 07700 900111
        `staff` is not a part of a directory; known here: accounts, organisations
        accounts.amy: organisation `roze` is not in this file; did you mean `rose`?
        accounts.bob: an owner belongs to an organisation
        organisations.rose: ods_code `V12345` is that of `ros2` already
        ");
    }

    #[test]
    fn a_file_that_is_no_directory_is_refused() {
        for text in ["- 1\n", "accounts: 3\n", "accounts: {amy: [1]}\n", "a: {b: {c: [", "&a [*a]"] {
            assert!(world(text).is_err(), "{text}");
        }
        assert_eq!(world("organisations:\naccounts:\n"), Ok(World::default()));
    }
}
