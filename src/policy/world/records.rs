//! The records that a look-up makes of rows, and how what was asked is compared with them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::policy::facts::{Datum, FactType, Item, Record, RecordKind, Value};
use crate::policy::message::Party;
use crate::policy::ticket::{Ticket, TimerKind};

use super::{Account, DEACTIVATED, Organisation, World};

/// The patterns of the desk for addresses of shared mailboxes, such as `care.{ods}@nhs.net`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MailboxForms<'a> {
    /// The one that is told.
    pub usual: &'a str,
    /// Others by which a mailbox is known.
    pub also: &'a [String],
}

impl MailboxForms<'_> {
    /// The address that is told of an organisation's shared mailbox.
    pub fn address(&self, row: &Organisation) -> String {
        row.shared_mailbox.clone().unwrap_or_else(|| filled(self.usual, row))
    }

    /// Every address by which an organisation's shared mailbox is known.
    pub fn addresses(&self, row: &Organisation) -> BTreeSet<String> {
        let made = self.also.iter().map(String::as_str).chain([self.usual]).filter(|pattern| !pattern.is_empty());
        made.map(|pattern| filled(pattern, row)).chain(row.shared_mailbox.clone()).collect()
    }

    /// The ODS codes that an address may stand for: what can lie in the place of `{ods}` in one of the forms. `None`
    /// when a form does not say where the code ends.
    pub fn codes_in(&self, address: &str) -> Option<BTreeSet<String>> {
        let mut codes = BTreeSet::new();
        for pattern in self.also.iter().map(String::as_str).chain([self.usual]) {
            let (_, behind) = pattern.split_once("{ods}")?;
            if behind.contains('{') {
                return None;
            }
            let address = address.to_lowercase();
            let Some(rest) = address.strip_suffix(&behind.to_lowercase()) else { continue };
            let starts = rest.char_indices().map(|(at, _)| at).rev();
            codes.extend(starts.skip(2).take(6).map(|at| rest[at..].to_ascii_uppercase()));
        }
        Some(codes)
    }
}

pub(super) fn look_up(world: &World, kind: RecordKind, by: &[(String, Value)], forms: MailboxForms<'_>) -> Vec<Record> {
    if by.is_empty() {
        return Vec::new();
    }
    let teams = teams(world);
    match kind {
        RecordKind::Account => {
            let rows = world.accounts.iter().map(|(key, row)| (row, account(world, key, row, &teams, forms)));
            let is_it = |row: &Account, record: &Record| {
                by.iter().all(|(name, wanted)| match (name.as_str(), &wanted.datum) {
                    ("address", Datum::Text(address)) => row.has_address(address),
                    _ => agrees(record, name, wanted),
                })
            };
            rows.filter(|(row, record)| is_it(row, record)).map(|(_, record)| record).collect()
        }
        RecordKind::Organisation => {
            let rows = world.organisations.iter().map(|(key, row)| (row, organisation(key, row, &teams, forms)));
            let is_it = |row: &Organisation, record: &Record| {
                by.iter().all(|(name, wanted)| match (name.as_str(), &wanted.datum) {
                    ("shared_mailbox", Datum::Text(address)) => forms.addresses(row).contains(&fold(address)),
                    // People who are asked for a name may have the code at hand.
                    ("name", Datum::Text(called)) => {
                        is_called(&row.name, called) || fold(&row.ods_code) == fold(called)
                    }
                    _ => agrees(record, name, wanted),
                })
            };
            let mut found: Vec<Record> =
                rows.filter(|(row, record)| is_it(row, record)).map(|(_, found)| found).collect();
            // Who says the whole name means that one, though another's begins with it.
            if found.iter().any(|record| by.iter().all(|(name, wanted)| agrees(record, name, wanted))) {
                found.retain(|record| by.iter().all(|(name, wanted)| agrees(record, name, wanted)));
            }
            found
        }
        RecordKind::Ticket => Vec::new(),
    }
}

/// The record of a ticket, for the one who asked for it; nobody else finds it.
pub fn ticket_record(ticket: &Ticket, title: &str, zone: &TimeZone, asker: &Party) -> Option<Record> {
    if fold(&ticket.requester.address) != fold(&asker.address) {
        return None;
    }
    let on_the_clock = |at: jiff::Timestamp| Value::date_time(zone.to_datetime(at));
    let due = ticket.timers.iter().filter(|timer| timer.what == TimerKind::Within).map(|timer| timer.due).min();
    let mut fields = Fields::default();
    fields.text("reference", FactType::Reference, Some(&ticket.reference.0));
    fields.text("state", FactType::ShortText, Some(ticket.state.name()));
    fields.value("opened", on_the_clock(ticket.opened));
    fields.text("flow", FactType::ShortText, Some(&ticket.flow));
    fields.text("title", FactType::ShortText, Some(title));
    if let Some(due) = due {
        fields.value("due", on_the_clock(due));
    }
    let version = i64::try_from(ticket.version).unwrap_or(i64::MAX);
    Some(Record { kind: RecordKind::Ticket, id: ticket.reference.0.clone(), version, fields: fields.0 })
}

/// Whether a record's fields equal everything in `by`.
pub fn matches(record: &Record, by: &[(String, Value)]) -> bool {
    by.iter().all(|(name, wanted)| agrees(record, name, wanted))
}

/// The rows that a look-up read, with the versions that must still stand when its outcome is kept: the records and
/// the organisations inside them.
pub fn rows_read(records: &[Record]) -> BTreeSet<(RecordKind, String, i64)> {
    let mut rows = BTreeSet::new();
    for record in records {
        rows.insert((record.kind, record.id.clone(), record.version));
        for item in record.fields.values() {
            if let Item::Record(inner) = item {
                rows.extend(rows_read(std::slice::from_ref(inner)));
            }
        }
    }
    rows
}

/// A text as it is compared: lower case, with single spaces.
pub fn fold(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Words that many names of organisations hold.
const COMMON: [&str; 22] = [
    "the",
    "care",
    "home",
    "homes",
    "house",
    "nursing",
    "residential",
    "ltd",
    "limited",
    "plc",
    "group",
    "and",
    "of",
    "for",
    "centre",
    "services",
    "service",
    "provider",
    "in",
    "at",
    "our",
    "is",
];

/// The words of a name that tell it from others.
pub fn telling_words(name: &str) -> BTreeSet<String> {
    let words = name.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’');
    let plain = words.map(|word| word.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect());
    plain.filter(|word: &String| !word.is_empty() && !COMMON.contains(&word.as_str())).collect()
}

/// Whether somebody who says `called` may mean the organisation of this name: all telling words of one are in the other.
fn is_called(name: &str, called: &str) -> bool {
    let (name_words, called_words) = (telling_words(name), telling_words(called));
    if name_words.is_empty() || called_words.is_empty() {
        return fold(name) == fold(called);
    }
    called_words.is_subset(&name_words) || name_words.is_subset(&called_words)
}

fn agrees(record: &Record, name: &str, wanted: &Value) -> bool {
    match record.fields.get(name) {
        Some(Item::Value(value)) => same(&value.datum, &wanted.datum),
        Some(Item::List(_) | Item::Record(_) | Item::Group(_)) | None => false,
    }
}

fn same(a: &Datum, b: &Datum) -> bool {
    match (a, b) {
        (Datum::Text(a), Datum::Text(b)) => fold(a) == fold(b),
        _ => a == b,
    }
}

/// Who is where.
#[derive(Default)]
struct Team<'a> {
    /// Whether anybody has, or had, their account there.
    inhabited: bool,
    /// How many have their account there: leavers and those that are switched off do not count.
    accounts: usize,
    owners: BTreeSet<&'a str>,
    administrators: BTreeSet<&'a str>,
}

/// The people of each organisation, by its key. Deleted accounts are nobody's.
fn teams(world: &World) -> BTreeMap<&str, Team<'_>> {
    let mut teams: BTreeMap<&str, Team<'_>> = BTreeMap::new();
    for row in world.accounts.values().filter(|row| row.deleted.is_none()) {
        if let Some(home) = &row.organisation {
            let team = teams.entry(home).or_default();
            team.inhabited = true;
            team.accounts += usize::from(!row.leaving && !row.suspended && row.state != DEACTIVATED);
        }
        for place in &row.owns {
            teams.entry(place).or_default().owners.insert(&row.address);
        }
        for place in &row.administers {
            teams.entry(place).or_default().administrators.insert(&row.address);
        }
    }
    teams
}

fn account(
    world: &World,
    key: &str,
    row: &Account,
    teams: &BTreeMap<&str, Team<'_>>,
    forms: MailboxForms<'_>,
) -> Record {
    let home = row.organisation.as_ref().and_then(|key| world.organisations.get_key_value(key));
    let alone = |place: &String| teams.get(place.as_str()).is_some_and(|team| team.owners.len() == 1);
    let addresses = row.old_addresses.iter().map(String::as_str);
    let mut fields = Fields::default();
    fields.text("address", FactType::NhsMail, Some(&row.address));
    fields.list("old_addresses", addresses);
    fields.text("name", FactType::Name, Some(&row.name));
    fields.text("mobile", FactType::Mobile, row.mobile.as_ref());
    fields.text("state", FactType::ShortText, Some(&row.state));
    fields.yes_no("owner", row.organisation.as_ref().is_some_and(|home| row.owns.contains(home)));
    fields.yes_no("sole_owner", row.deleted.is_none() && row.owns.iter().any(alone));
    fields.yes_no("joined", row.joined);
    fields.yes_no("leaving", row.leaving);
    fields.yes_no("suspended", row.suspended);
    fields.day("activated", row.activated);
    fields.day("last_used", row.last_used);
    fields.day("leaving_since", row.leaving_since);
    fields.day("deleted", row.deleted);
    if let Some((key, home)) = home {
        fields.put("organisation", Item::Record(organisation(key, home, teams, forms)));
    }
    Record { kind: RecordKind::Account, id: key.to_owned(), version: row.version, fields: fields.0 }
}

fn organisation(key: &str, row: &Organisation, teams: &BTreeMap<&str, Team<'_>>, forms: MailboxForms<'_>) -> Record {
    let nobody = Team::default();
    let team = teams.get(key).unwrap_or(&nobody);
    let registered = matches!(row.nhsmail.as_deref(), Some("active" | "closed")) || team.inhabited;
    let mut fields = Fields::default();
    fields.text("name", FactType::ShortText, Some(&row.name));
    fields.text("ods_code", FactType::OdsCode, Some(&row.ods_code));
    fields.text("provider", FactType::ShortText, row.provider.as_ref());
    fields.text("postcode", FactType::Postcode, row.postcode.as_ref());
    fields.text("town", FactType::ShortText, row.town.as_ref());
    fields.yes_no("ever_registered", row.ever_registered.unwrap_or(registered));
    fields.text("nhsmail", FactType::ShortText, row.nhsmail.as_ref());
    fields.text("managed", FactType::ShortText, row.managed.as_ref());
    fields.text("local_it", FactType::ShortText, row.local_it.as_ref());
    fields.text("shared_mailbox", FactType::NhsMail, Some(forms.address(row)));
    fields.list("owners", team.owners.iter().copied());
    fields.list("administrators", team.administrators.iter().copied());
    fields.text("registered_manager", FactType::Mail, row.registered_manager.as_ref());
    fields.text("cqc_mail", FactType::Mail, row.cqc_mail.as_ref());
    fields.text("cqc_phone", FactType::Phone, row.cqc_phone.as_ref());
    fields.text("cqc_location", FactType::CqcLocation, row.cqc_location.as_ref());
    fields.text("cqc_contact", FactType::CqcContact, row.cqc_contact.as_ref());
    fields.text("dspt_status", FactType::ShortText, row.dspt_status.as_ref());
    fields.text("dspt_year", FactType::ShortText, row.dspt_year.as_ref());
    fields.value("accounts", Value::number(i64::try_from(team.accounts).unwrap_or(i64::MAX)));
    fields.yes_no("suspended", row.suspended);
    Record { kind: RecordKind::Organisation, id: key.to_owned(), version: row.version, fields: fields.0 }
}

/// The address that a pattern gives an organisation: `care.{ods}@nhs.net`.
fn filled(pattern: &str, row: &Organisation) -> String {
    let plain = |text: &str| text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    pattern
        .replace("{ods}", &plain(&row.ods_code))
        .replace("{town}", &plain(row.town.as_deref().unwrap_or_default()))
        .replace("{organisation}", &plain(&row.name))
}

/// The fields of a record that is being made. What has no value is left out.
#[derive(Default)]
struct Fields(BTreeMap<String, Item>);

impl Fields {
    fn put(&mut self, name: &str, item: Item) {
        self.0.insert(name.to_owned(), item);
    }

    fn value(&mut self, name: &str, value: Value) {
        self.put(name, Item::Value(value));
    }

    fn text(&mut self, name: &str, kind: FactType, text: Option<impl AsRef<str>>) {
        if let Some(text) = text {
            self.value(name, Value::text(kind, text.as_ref()));
        }
    }

    fn list<'a>(&mut self, name: &str, addresses: impl Iterator<Item = &'a str>) {
        let items = addresses.map(|address| Item::Value(Value::text(FactType::NhsMail, address)));
        self.put(name, Item::List(items.collect()));
    }

    fn yes_no(&mut self, name: &str, yes: bool) {
        self.value(name, Value::yes_no(yes));
    }

    fn day(&mut self, name: &str, day: Option<Date>) {
        if let Some(day) = day {
            self.value(name, Value::date(day));
        }
    }
}
