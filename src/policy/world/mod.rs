//! The directory as policy sees it: organisations and accounts, and the records that a look-up makes of them. The
//! store keeps it, `world.yaml` makes one up for scenarios, and both answer look-ups with the code here.

pub mod change;
mod reading;

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;

use crate::policy::facts::{Datum, FactType, Item, Record, RecordKind, Value};
use crate::policy::message::Party;
use crate::policy::ticket::{Ticket, TimerKind};

/// Organisations and accounts, by their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// Organisations.
    pub organisations: BTreeMap<String, Organisation>,
    /// Accounts.
    pub accounts: BTreeMap<String, Account>,
}

/// One site of a provider. All values are in their canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organisation {
    /// Grows with every change of the row or of its accounts.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// Its ODS code, in capitals.
    pub ods_code: String,
    /// Its postcode, in capitals, with its space.
    pub postcode: Option<String>,
    /// Its town.
    pub town: Option<String>,
    /// Whether it has, or ever had, the service. Unless told, it has when somebody there has an account.
    pub ever_registered: Option<bool>,
    /// The address of its shared mailbox, where it is not made from the desk's pattern.
    pub shared_mailbox: Option<String>,
    /// The address of its registered manager.
    pub registered_manager: Option<String>,
    /// The address that the regulator has on record.
    pub cqc_mail: Option<String>,
    /// The regulator's id of the place.
    pub cqc_location: Option<String>,
    /// The regulator's id of its registered manager.
    pub cqc_contact: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
}

/// A person's account. All values are in their canonical form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// Grows with every change of the row.
    pub version: i64,
    /// The person's name.
    pub name: String,
    /// The account's address, in lower case.
    pub address: String,
    /// The registered mobile, as `+447…`.
    pub mobile: Option<String>,
    /// How it stands: `active`, `locked` and the like.
    pub state: String,
    /// The key of the organisation to which it belongs.
    pub organisation: Option<String>,
    /// Whether the person owns the organisation's shared mailbox.
    pub owner: bool,
    /// Whether it was marked as joining another organisation.
    pub joined: bool,
    /// Whether it was marked as leaving.
    pub leaving: bool,
    /// Whether it is suspended.
    pub suspended: bool,
}

/// The state of an account about which nothing else is said.
pub const ACTIVE: &str = "active";

impl World {
    /// Reads `world.yaml`, or any file for `directory import`. Every scalar is text. The error lists every bad row,
    /// with its key and the reason.
    pub fn from_yaml(text: &str) -> Result<World, Vec<String>> {
        reading::world(text)
    }

    /// The rows whose fields equal everything in `by`, in the order of their keys. Texts are equal whatever their
    /// case. Nothing in `by` finds nothing; so does a kind that is not of the directory.
    pub fn look_up(&self, kind: RecordKind, by: &[(String, Value)], shared_pattern: &str) -> Vec<Record> {
        if by.is_empty() {
            return Vec::new();
        }
        let teams = self.teams();
        let records: Vec<Record> = match kind {
            RecordKind::Account => {
                self.accounts.iter().map(|(key, row)| self.account(key, row, &teams, shared_pattern)).collect()
            }
            RecordKind::Organisation => {
                self.organisations.iter().map(|(key, row)| organisation(key, row, &teams, shared_pattern)).collect()
            }
            RecordKind::Ticket => Vec::new(),
        };
        records.into_iter().filter(|record| matches(record, by)).collect()
    }

    /// The accounts of each organisation, by its key.
    fn teams(&self) -> Teams<'_> {
        let mut teams = Teams::new();
        for account in self.accounts.values() {
            if let Some(organisation) = &account.organisation {
                teams.entry(organisation).or_default().push(account);
            }
        }
        teams
    }

    fn account(&self, key: &str, row: &Account, teams: &Teams<'_>, shared_pattern: &str) -> Record {
        let home = row.organisation.as_ref().and_then(|key| self.organisations.get_key_value(key));
        let owners = row.organisation.as_deref().map_or(0, |key| owners(key, teams).len());
        let mut fields = Fields::default();
        fields.text("address", FactType::NhsMail, Some(&row.address));
        fields.text("name", FactType::Name, Some(&row.name));
        fields.text("mobile", FactType::Mobile, row.mobile.as_ref());
        fields.text("state", FactType::ShortText, Some(&row.state));
        fields.yes_no("sole_owner", row.owner && owners == 1);
        fields.yes_no("joined", row.joined);
        fields.yes_no("leaving", row.leaving);
        fields.yes_no("suspended", row.suspended);
        if let Some((key, home)) = home {
            fields.put("organisation", Item::Record(organisation(key, home, teams, shared_pattern)));
        }
        Record { kind: RecordKind::Account, id: key.to_owned(), version: row.version, fields: fields.0 }
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
    by.iter().all(|(name, wanted)| match record.fields.get(name) {
        Some(Item::Value(value)) => same(&value.datum, &wanted.datum),
        Some(Item::List(_) | Item::Record(_) | Item::Group(_)) | None => false,
    })
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

type Teams<'a> = BTreeMap<&'a str, Vec<&'a Account>>;

fn organisation(key: &str, row: &Organisation, teams: &Teams<'_>, shared_pattern: &str) -> Record {
    let owners = owners(key, teams);
    let accounts = teams.get(key).map_or(0, Vec::len);
    let shared = row.shared_mailbox.clone().unwrap_or_else(|| shared_mailbox(shared_pattern, row));
    let mut fields = Fields::default();
    fields.text("name", FactType::ShortText, Some(&row.name));
    fields.text("ods_code", FactType::OdsCode, Some(&row.ods_code));
    fields.text("postcode", FactType::Postcode, row.postcode.as_ref());
    fields.text("town", FactType::ShortText, row.town.as_ref());
    fields.yes_no("ever_registered", row.ever_registered.unwrap_or(accounts > 0));
    fields.text("shared_mailbox", FactType::NhsMail, Some(&shared));
    let addresses = owners.into_iter().map(|address| Item::Value(Value::text(FactType::NhsMail, address)));
    fields.put("owners", Item::List(addresses.collect()));
    fields.text("registered_manager", FactType::Mail, row.registered_manager.as_ref());
    fields.text("cqc_mail", FactType::Mail, row.cqc_mail.as_ref());
    fields.text("cqc_location", FactType::CqcLocation, row.cqc_location.as_ref());
    fields.text("cqc_contact", FactType::CqcContact, row.cqc_contact.as_ref());
    fields.value("accounts", Value::number(i64::try_from(accounts).unwrap_or(i64::MAX)));
    fields.yes_no("suspended", row.suspended);
    Record { kind: RecordKind::Organisation, id: key.to_owned(), version: row.version, fields: fields.0 }
}

/// The addresses of an organisation's owners, in order.
fn owners<'a>(key: &str, teams: &Teams<'a>) -> BTreeSet<&'a str> {
    let team = teams.get(key).into_iter().flatten();
    team.filter(|account| account.owner).map(|account| account.address.as_str()).collect()
}

/// The address that the desk's pattern gives an organisation: `care.{ods}@nhs.net`.
fn shared_mailbox(pattern: &str, row: &Organisation) -> String {
    let plain = |text: &str| text.to_lowercase().chars().filter(char::is_ascii_alphanumeric).collect::<String>();
    pattern
        .replace("{ods}", &plain(&row.ods_code))
        .replace("{town}", &plain(row.town.as_deref().unwrap_or_default()))
        .replace("{organisation}", &plain(&row.name))
}

fn same(a: &Datum, b: &Datum) -> bool {
    match (a, b) {
        (Datum::Text(a), Datum::Text(b)) => fold(a) == fold(b),
        _ => a == b,
    }
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

    fn yes_no(&mut self, name: &str, yes: bool) {
        self.value(name, Value::yes_no(yes));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::schema::{self, Type};

    const PATTERN: &str = "care.{ods}@nhs.net";

    fn rose_court() -> World {
        World::from_yaml(include_str!("sample.yaml")).expect("the sample is good")
    }

    fn by(field: &str, kind: FactType, text: &str) -> Vec<(String, Value)> {
        vec![(field.to_owned(), Value::text(kind, text))]
    }

    #[test]
    fn an_account_is_found_by_its_address_in_any_case_with_its_organisation() {
        let found =
            rose_court().look_up(RecordKind::Account, &by("address", FactType::NhsMail, "Amy.Field@NHS.net"), PATTERN);
        let [amy] = found.as_slice() else { panic!("one row: {found:?}") };
        let path = ["organisation", "shared_mailbox"].map(String::from);
        let shared = Item::Record(amy.clone()).at(&path).expect("she works somewhere");
        assert_eq!(shared.to_string(), "care.v12345@nhs.net");
        assert_eq!(amy.fields["mobile"].to_string(), "07700 900111");
        let kinds: Vec<RecordKind> = rows_read(&found).into_iter().map(|(kind, _, _)| kind).collect();
        assert_eq!(kinds, [RecordKind::Account, RecordKind::Organisation]);
    }

    #[test]
    fn the_only_owner_is_the_sole_owner_and_two_are_not() {
        let mut world = rose_court();
        let omar = by("address", FactType::NhsMail, "omar.reed@nhs.net");
        let sole = |world: &World| world.look_up(RecordKind::Account, &omar, PATTERN)[0].fields["sole_owner"].clone();
        assert_eq!(sole(&world).to_string(), "yes");
        world.accounts.get_mut("amy").expect("in the sample").owner = true;
        assert_eq!(sole(&world).to_string(), "no");
    }

    #[test]
    fn all_that_is_asked_must_match_and_asking_nothing_finds_nothing() {
        let world = rose_court();
        let mut wanted = by("address", FactType::NhsMail, "amy.field@nhs.net");
        wanted.extend(by("mobile", FactType::Mobile, "+447700900222"));
        assert!(world.look_up(RecordKind::Account, &wanted, PATTERN).is_empty());
        assert!(world.look_up(RecordKind::Account, &[], PATTERN).is_empty());
    }

    /// A record that lacks an obligatory field, or has one that authors cannot name, would make a rule fail at run.
    #[test]
    fn records_have_the_fields_that_the_schema_promises() {
        let world = rose_court();
        let rows = [
            (RecordKind::Account, by("address", FactType::NhsMail, "amy.field@nhs.net")),
            (RecordKind::Organisation, by("ods_code", FactType::OdsCode, "v12345")),
        ];
        for (kind, by) in rows {
            let row = world.look_up(kind, &by, PATTERN).remove(0);
            let fields = schema::fields(kind);
            for field in fields.iter().filter(|field| field.always) {
                assert!(row.fields.contains_key(field.name), "{} has no `{}`", kind.name(), field.name);
            }
            for (name, item) in &row.fields {
                let field = fields.iter().find(|field| field.name == name).expect("every field is in the schema");
                if let (Item::Value(value), Type::Value(kind)) = (item, &field.kind) {
                    assert_eq!(value.kind, *kind, "{name}");
                }
            }
        }
    }
}
