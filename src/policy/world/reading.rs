//! Reading a directory file: plain text values, every bad row with its key and the reason.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

use super::valid::{self, Read};
use super::{ACTIVE, Account, Organisation, World, columns};
use crate::policy::finding::did_you_mean;

/// The largest file that is read, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

/// What is wrong with a file, or with one row of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The table and the key of the row.
    row: Option<(&'static str, String)>,
    reason: String,
}

impl Fault {
    fn of_file(reason: impl Into<String>) -> Fault {
        Fault { row: None, reason: reason.into() }
    }

    fn of_row(table: &'static str, key: &str, reason: String) -> Fault {
        Fault { row: Some((table, key.to_owned())), reason }
    }

    /// The line on which its row begins, as far as that can be seen.
    pub(super) fn line_in(&self, text: &str) -> usize {
        let Some((table, key)) = &self.row else { return 1 };
        let names = |line: &str, name: &str| {
            let line = line.trim_start_matches([' ', '{', '"', '\'', ',']);
            line.strip_prefix(name).is_some_and(|rest| rest.trim_start_matches(['"', '\'', ' ']).starts_with(':'))
        };
        let lines = || text.lines().enumerate().map(|(n, line)| (n + 1, line));
        let begins = lines().find(|(_, line)| names(line, table)).map_or(1, |(n, _)| n);
        lines().skip(begins).find(|(_, line)| names(line, key)).map_or(begins, |(n, _)| n)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.row {
            Some((table, key)) => write!(f, "{table}.{key}: {}", self.reason),
            None => f.write_str(&self.reason),
        }
    }
}

/// The whole file, or everything that is wrong with it.
pub(super) fn world(text: &str) -> Result<World, Vec<Fault>> {
    if text.len() > LARGEST {
        return Err(vec![Fault::of_file("the file is larger than 10 MiB: split it, or use CSV")]);
    }
    let sections: Entries<Entries<Entries<String>>> = serde_yaml::from_str(text.trim_start_matches('\u{feff}'))
        .map_err(|error| vec![Fault::of_file(error.to_string())])?;
    let mut faults = Vec::new();
    let mut world = World::default();
    let mut seen = BTreeSet::new();
    for (section, rows) in sections.0 {
        if !seen.insert(section.clone()) {
            faults.push(Fault::of_file(format!("`{section}` stands twice")));
        }
        match section.as_str() {
            "organisations" => rows_into(&mut world.organisations, "organisations", rows, organisation, &mut faults),
            "accounts" => rows_into(&mut world.accounts, "accounts", rows, account, &mut faults),
            other => {
                let help = did_you_mean(other, columns::TABLES);
                faults.push(Fault::of_file(format!("`{other}` is not a part of a directory; {help}")));
            }
        }
    }
    between_rows(&world, &mut faults);
    if faults.is_empty() { Ok(world) } else { Err(faults) }
}

/// Reads the rows of one section. A bad row is still put in, so that its neighbours are judged fairly.
fn rows_into<T: Default>(
    into: &mut BTreeMap<String, T>,
    section: &'static str,
    rows: Entries<Entries<String>>,
    read: fn(&mut Cells, &T) -> T,
    faults: &mut Vec<Fault>,
) {
    for (key, fields) in rows.0 {
        let mut fault = |reason: String| faults.push(Fault::of_row(section, &key, reason));
        if !valid::is_key(&key) {
            fault(NOT_A_KEY.to_owned());
        }
        let mut cells = Cells::default();
        for (field, value) in fields.0 {
            if cells.put(&field, value) {
                fault(format!("{field} stands twice"));
            }
        }
        cells.only(columns::of(section));
        let made = read(&mut cells, &T::default());
        cells.faults.into_iter().for_each(&mut fault);
        if into.insert(key.clone(), made).is_some() {
            faults.push(Fault::of_row(section, &key, "the key stands twice".into()));
        }
    }
}

/// What is wrong with a key.
pub(super) const NOT_A_KEY: &str = "a key has up to 64 letters, digits, `_`, `-` and `.`";

/// An organisation of its cells. What has no cell stays as it was.
pub(super) fn organisation(row: &mut Cells, old: &Organisation) -> Organisation {
    Organisation {
        version: old.version.max(1),
        name: row.must("name", valid::words, &old.name),
        ods_code: row.must("ods_code", valid::ods_code, &old.ods_code),
        provider: row.may("provider", valid::words, &old.provider),
        postcode: row.may("postcode", valid::postcode, &old.postcode),
        town: row.may("town", valid::words, &old.town),
        ever_registered: row.may("ever_registered", valid::yes_no, &old.ever_registered),
        nhsmail: row.may("nhsmail", valid::nhsmail, &old.nhsmail),
        managed: row.may("managed", valid::managed, &old.managed),
        local_it: row.may("local_it", valid::words, &old.local_it),
        shared_mailbox: row.may("shared_mailbox", valid::nhs_mail, &old.shared_mailbox),
        registered_manager: row.may("registered_manager", valid::mail, &old.registered_manager),
        cqc_mail: row.may("cqc_mail", valid::mail, &old.cqc_mail),
        cqc_phone: row.may("cqc_phone", valid::phone, &old.cqc_phone),
        cqc_location: row.may("cqc_location", valid::cqc_location, &old.cqc_location),
        cqc_contact: row.may("cqc_contact", valid::cqc_contact, &old.cqc_contact),
        dspt_status: row.may("dspt_status", valid::dspt_status, &old.dspt_status),
        dspt_year: row.may("dspt_year", valid::dspt_year, &old.dspt_year),
        suspended: row.may("suspended", valid::yes_no, &Some(old.suspended)).unwrap_or(false),
    }
}

/// An account of its cells. What has no cell stays as it was.
pub(super) fn account(row: &mut Cells, old: &Account) -> Account {
    let had_state = Some(old.state.clone()).filter(|state| !state.is_empty());
    let mut made = Account {
        version: old.version.max(1),
        name: row.must("name", valid::words, &old.name),
        address: row.must("address", valid::nhs_mail, &old.address),
        old_addresses: row.several("old_addresses", valid::nhs_mails, &old.old_addresses),
        mobile: row.may("mobile", valid::mobile, &old.mobile),
        state: row.may("state", valid::state, &had_state).unwrap_or_else(|| ACTIVE.to_owned()),
        organisation: row.may("organisation", valid::words, &old.organisation),
        owns: BTreeSet::new(),
        administers: BTreeSet::new(),
        activated: row.may("activated", valid::day, &old.activated),
        last_used: row.may("last_used", valid::day, &old.last_used),
        joined: row.may("joined", valid::yes_no, &Some(old.joined)).unwrap_or(false),
        leaving: row.may("leaving", valid::yes_no, &Some(old.leaving)).unwrap_or(false),
        leaving_since: row.may("leaving_since", valid::day, &old.leaving_since),
        suspended: row.may("suspended", valid::yes_no, &Some(old.suspended)).unwrap_or(false),
        deleted: row.may("deleted", valid::day, &old.deleted),
    };
    made.owns = row.places("owner", "owns", &old.owns, old, &made);
    made.administers = row.places("administrator", "administers", &old.administers, old, &made);
    if made.organisation.is_none() && row.says_yes("owner") {
        row.faults.push("an owner belongs to an organisation".into());
    }
    if made.old_addresses.contains(&made.address) {
        row.faults.push(format!("`{}` is both the address and an old one", made.address));
    }
    if made.leaving_since.is_some() && !made.leaving {
        row.faults.push("leaving_since is set, but leaving is not yes".into());
    }
    made
}

/// What one row alone cannot show: a home that is missing, and values that only one row may have.
fn between_rows(world: &World, faults: &mut Vec<Fault>) {
    for (key, account) in &world.accounts {
        for place in account.places().into_iter().filter(|place| !world.organisations.contains_key(*place)) {
            let help = did_you_mean(place, world.organisations.keys().map(String::as_str));
            let reason = format!("organisation `{place}` is not in this file; {help}");
            faults.push(Fault::of_row("accounts", key, reason));
        }
    }
    let codes = world.organisations.iter().map(|(key, row)| (key, &row.ods_code));
    only_once("organisations", "ods_code", codes, faults);
    let addresses = world.accounts.iter().flat_map(|(key, row)| {
        std::iter::once(&row.address).chain(&row.old_addresses).map(move |address| (key, address))
    });
    only_once("accounts", "address", addresses, faults);
}

fn only_once<'a>(
    section: &'static str,
    field: &str,
    values: impl Iterator<Item = (&'a String, &'a String)>,
    faults: &mut Vec<Fault>,
) {
    let mut first: BTreeMap<&str, &str> = BTreeMap::new();
    for (key, value) in values.filter(|(_, value)| !value.is_empty()) {
        if let Some(other) = first.insert(value, key).filter(|other| *other != key) {
            faults.push(Fault::of_row(section, key, format!("{field} `{value}` is that of `{other}` already")));
        }
    }
}

/// The cells of one row by their fields, and what is found to be wrong with them.
#[derive(Default)]
pub(super) struct Cells {
    fields: BTreeMap<String, String>,
    pub(super) faults: Vec<String>,
}

impl Cells {
    /// Puts a cell in; whether there was one of this field already.
    pub(super) fn put(&mut self, field: &str, value: String) -> bool {
        self.fields.insert(field.to_owned(), value).is_some()
    }

    fn only(&mut self, known: &[&str]) {
        let unknown = self.fields.keys().filter(|key| !known.contains(&key.as_str()));
        let told = unknown.map(|key| format!("`{key}` is not a field; {}", did_you_mean(key, known.iter().copied())));
        self.faults.extend(told);
    }

    /// What is written in a cell; nothing in it is as good as none.
    pub(super) fn written(&self, field: &str) -> Option<&str> {
        self.fields.get(field).map(|text| text.trim())
    }

    fn may<T: Clone>(&mut self, field: &str, read: fn(&str) -> Read<T>, old: &Option<T>) -> Option<T> {
        let Some(written) = self.written(field) else { return old.clone() };
        if written.is_empty() {
            return None;
        }
        match read(written) {
            Ok(value) => Some(value),
            Err(reason) => {
                let fault = format!("{field} `{written}` {reason}");
                self.faults.push(fault);
                None
            }
        }
    }

    /// A field that every row has. What is missing is a fault, and empty for now.
    fn must(&mut self, field: &str, read: fn(&str) -> Read<String>, old: &str) -> String {
        let had = Some(old.to_owned()).filter(|old| !old.is_empty());
        let missing = self.written(field).map_or(had.is_none(), str::is_empty);
        if missing {
            self.faults.push(format!("{field} is missing"));
            return String::new();
        }
        self.may(field, read, &had).unwrap_or_default()
    }

    fn several(
        &mut self,
        field: &str,
        read: fn(&str) -> Read<BTreeSet<String>>,
        old: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let old = Some(old.clone());
        self.may(field, read, &old).unwrap_or_default()
    }

    fn says_yes(&self, field: &str) -> bool {
        self.written(field).is_some_and(|written| valid::yes_no(written) == Ok(true))
    }

    /// The organisations of a role: the home, if `here` says so, and those that `elsewhere` lists.
    fn places(
        &mut self,
        here: &str,
        elsewhere: &str,
        had: &BTreeSet<String>,
        old: &Account,
        made: &Account,
    ) -> BTreeSet<String> {
        let old_home = old.organisation.as_ref();
        let others: BTreeSet<String> = had.iter().filter(|place| Some(*place) != old_home).cloned().collect();
        let was_here = old_home.is_some_and(|home| had.contains(home)) && old_home == made.organisation.as_ref();
        let mut places = self.several(elsewhere, valid::keys, &others);
        if self.may(here, valid::yes_no, &Some(was_here)).unwrap_or(false) {
            places.extend(made.organisation.clone());
        }
        places
    }
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
        assert!(world.accounts["b"].owns.contains("a1"));
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
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        insta::assert_snapshot!(told.join("\n"), @r"
        organisations.ros2: `poscode` is not a field; did you mean `postcode`?
        accounts.amy: name is missing
        accounts.amy: address `amy@care.example` is not an address that ends in @nhs.net
        accounts.amy: owner `perhaps` is neither yes nor no
        accounts.bob: name stands twice
        accounts.bob: mobile `01632 960000` is not a UK mobile number such as 07700 900111
        accounts.bob: an owner belongs to an organisation
        `staff` is not a part of a directory; known here: accounts, organisations
        accounts.amy: organisation `roze` is not in this file; did you mean `rose`?
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
