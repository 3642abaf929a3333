//! The directory as policy sees it: organisations and accounts, the records that a look-up makes of them, and what
//! changes them. The store keeps it, `world.yaml` makes one up for scenarios, and both answer with the code here.

pub mod applying;
pub mod change;
pub mod columns;
pub mod identity;
pub mod newcomers;
pub mod passcode;
mod reading;
mod records;
pub mod sheet;
mod valid;

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::policy::facts::{RecordKind, Value};

use passcode::Passcode;
pub use records::{MailboxForms, fold, matches, rows_read, telling_words, ticket_record};

/// Organisations and accounts, by their keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct World {
    /// Organisations.
    pub organisations: BTreeMap<String, Organisation>,
    /// Accounts.
    pub accounts: BTreeMap<String, Account>,
    /// The last passcode of each organisation that ever had one. No file brings them in or out.
    pub codes: BTreeMap<String, Passcode>,
}

/// One site of a provider, with its shared mailbox. All values are in their canonical form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Organisation {
    /// Grows with every change of the row, of its accounts or of its passcode.
    pub version: i64,
    /// Its name.
    pub name: String,
    /// Its ODS code, in capitals.
    pub ods_code: String,
    /// The provider that runs it, where it has several sites.
    pub provider: Option<String>,
    /// Its postcode, in capitals, with its space.
    pub postcode: Option<String>,
    /// Its town.
    pub town: Option<String>,
    /// Whether it has, or ever had, the service. Unless told, it has when somebody there has an account.
    pub ever_registered: Option<bool>,
    /// How its service stands: `none`, `active` or `closed`.
    pub nhsmail: Option<String>,
    /// Who looks after its accounts: `nas`, `self` or `local_host`.
    pub managed: Option<String>,
    /// Who helps its people with computers, where that is not us.
    pub local_it: Option<String>,
    /// The address of its shared mailbox, where it is not made from the desk's pattern.
    pub shared_mailbox: Option<String>,
    /// The address of its registered manager.
    pub registered_manager: Option<String>,
    /// The address that the regulator has on record.
    pub cqc_mail: Option<String>,
    /// The telephone that the regulator has on record, as `+44…`.
    pub cqc_phone: Option<String>,
    /// The regulator's id of the place.
    pub cqc_location: Option<String>,
    /// The regulator's id of its registered manager.
    pub cqc_contact: Option<String>,
    /// How it stands with the Data Security and Protection Toolkit, such as `standards_met`.
    pub dspt_status: Option<String>,
    /// The year of that, such as `2025-26`.
    pub dspt_year: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
}

/// A person's account. All values are in their canonical form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Account {
    /// Grows with every change of the row.
    pub version: i64,
    /// The person's name.
    pub name: String,
    /// The account's address, in lower case.
    pub address: String,
    /// Addresses that it had before. They go on reaching it for good.
    pub old_addresses: BTreeSet<String>,
    /// The registered mobile, as `+447…`.
    pub mobile: Option<String>,
    /// How it stands: `active`, `locked` and the like.
    pub state: String,
    /// The key of the organisation to which it belongs.
    pub organisation: Option<String>,
    /// The keys of the organisations whose shared mailbox the person owns.
    pub owns: BTreeSet<String>,
    /// The keys of the organisations whose shared mailbox the person administers without owning it.
    pub administers: BTreeSet<String>,
    /// The day on which it was first used.
    pub activated: Option<Date>,
    /// The day on which it was last used.
    pub last_used: Option<Date>,
    /// Whether it was marked as joining another organisation.
    pub joined: bool,
    /// Whether it was marked as leaving.
    pub leaving: bool,
    /// Since when.
    pub leaving_since: Option<Date>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// The day on which it was deleted. Its row stays, so that its addresses are not given to others.
    pub deleted: Option<Date>,
}

/// The state of an account about which nothing else is said.
pub const ACTIVE: &str = "active";
/// The state of an account that nobody has used for long.
pub const DEACTIVATED: &str = "deactivated";

impl World {
    /// Reads `world.yaml`, or any file for `directory import`. Every scalar is text. The error lists every bad row,
    /// with its key and the reason.
    pub fn from_yaml(text: &str) -> Result<World, Vec<String>> {
        reading::world(text).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    /// As [`World::from_yaml`]; each reason begins with the line of its row.
    pub fn from_yaml_with_lines(text: &str) -> Result<World, Vec<(usize, String)>> {
        reading::world(text)
            .map_err(|faults| faults.iter().map(|fault| (fault.line_in(text), fault.to_string())).collect())
    }

    /// Whether a mobile, as `+447…`, is that of an account which still exists.
    pub fn has_mobile(&self, mobile: &str) -> bool {
        self.accounts.values().any(|row| row.deleted.is_none() && row.mobile.as_deref() == Some(mobile))
    }

    /// Whether an address is, or ever was, that of an account.
    pub fn has_address(&self, address: &str) -> bool {
        self.accounts.values().any(|row| row.has_address(address))
    }

    /// The keys of the accounts that own an organisation's shared mailbox.
    pub fn owners(&self, organisation: &str) -> BTreeSet<&str> {
        let owns = |row: &Account| row.deleted.is_none() && row.owns.contains(organisation);
        self.accounts.iter().filter(|(_, row)| owns(row)).map(|(key, _)| key.as_str()).collect()
    }

    /// The rows whose fields equal everything in `by`, in the order of their keys. Texts are equal whatever their
    /// case; an account is found by its old addresses too, and an organisation by every form of its shared mailbox.
    /// Nothing in `by` finds nothing; so does a kind that is not of the directory.
    pub fn look_up(
        &self,
        kind: RecordKind,
        by: &[(String, Value)],
        forms: MailboxForms<'_>,
    ) -> Vec<crate::policy::facts::Record> {
        records::look_up(self, kind, by, forms)
    }
}

impl Account {
    /// Whether an address, in whatever case, reaches it.
    pub fn has_address(&self, address: &str) -> bool {
        let address = address.trim().to_lowercase();
        self.address == address || self.old_addresses.contains(&address)
    }

    /// The organisations whose records tell of it: where it belongs, and whose mailbox it owns or administers.
    pub fn places(&self) -> BTreeSet<&str> {
        self.organisation.iter().chain(&self.owns).chain(&self.administers).map(String::as_str).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::facts::{FactType, Item};
    use crate::policy::schema::{self, Type};

    const FORMS: MailboxForms<'_> = MailboxForms { usual: "care.{ods}@nhs.net", also: &[] };

    fn rose_court() -> World {
        World::from_yaml(include_str!("sample.yaml")).expect("the sample is good")
    }

    fn by(field: &str, kind: FactType, text: &str) -> Vec<(String, Value)> {
        vec![(field.to_owned(), Value::text(kind, text))]
    }

    #[test]
    fn an_account_is_found_by_its_address_in_any_case_with_its_organisation() {
        let found =
            rose_court().look_up(RecordKind::Account, &by("address", FactType::NhsMail, "Amy.Field@NHS.net"), FORMS);
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
        let sole = |world: &World| world.look_up(RecordKind::Account, &omar, FORMS)[0].fields["sole_owner"].clone();
        assert_eq!(sole(&world).to_string(), "yes");
        world.accounts.get_mut("amy").expect("in the sample").owns.insert("rose_court".into());
        assert_eq!(sole(&world).to_string(), "no");
    }

    #[test]
    fn all_that_is_asked_must_match_and_asking_nothing_finds_nothing() {
        let world = rose_court();
        let mut wanted = by("address", FactType::NhsMail, "amy.field@nhs.net");
        wanted.extend(by("mobile", FactType::Mobile, "+447700900222"));
        assert!(world.look_up(RecordKind::Account, &wanted, FORMS).is_empty());
        assert!(world.look_up(RecordKind::Account, &[], FORMS).is_empty());
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
            let row = world.look_up(kind, &by, FORMS).remove(0);
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
