//! The directory: organisations and accounts, brought in from files and looked up by their fields.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::sqlite::Connection;
use super::tickets::ticket;
use super::{Store, StoreError};
use crate::policy::facts::{Datum, Record, RecordKind, Value};
use crate::policy::flow::Pack;
use crate::policy::message::Party;
use crate::policy::ticket::Reference;
use crate::policy::world::{Account, Organisation, World, matches, ticket_record};

use rows::{
    AccountRow, OrganisationRow, account, accounts_at, accounts_of, accounts_with_mobile, all_accounts,
    all_organisations, organisation, organisations_at_postcode, organisations_counted, organisations_with_code,
    put_account, put_organisation, renew_organisation, shared_addresses, shared_codes,
};

/// What an import did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// To organisations.
    pub organisations: Changes,
    /// To accounts.
    pub accounts: Changes,
}

/// How many rows an import touched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    /// New rows.
    pub added: u64,
    /// Rows that are different now.
    pub changed: u64,
    /// Rows that stayed as they were.
    pub same: u64,
}

impl Store {
    /// Brings a directory in: rows are added, or changed by their keys; rows that the file does not name stay. All of
    /// it or, with every reason, nothing.
    ///
    /// An organisation's record tells of its accounts, so it gets a new version when one of them changes.
    pub async fn directory_import(&self, world: &World) -> Result<Imported, StoreError> {
        let mut writing = self.writing().await?;
        let imported = import(writing.db(), world).await?;
        let faults = shared_values(writing.db()).await?;
        if !faults.is_empty() {
            return Err(StoreError::Directory(faults));
        }
        writing.keep().await?;
        Ok(imported)
    }

    /// Whether there is nobody in the directory yet.
    pub async fn directory_is_empty(&self) -> Result<bool, StoreError> {
        let mut snapshot = self.snapshot().await?;
        Ok(organisations_counted(&mut snapshot).await? == 0)
    }

    /// The rows whose fields equal everything in `by`. A ticket is found by its reference, by its own requester only.
    pub async fn look_up(
        &self,
        kind: RecordKind,
        by: &[(String, Value)],
        asker: &Party,
        pack: &Pack,
    ) -> Result<Vec<Record>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        match kind {
            RecordKind::Account | RecordKind::Organisation => {
                let world = neighbourhood(&mut snapshot, kind, by).await?;
                Ok(world.look_up(kind, by, &pack.desk.shared_mailbox_address))
            }
            RecordKind::Ticket => {
                let Some(Datum::Text(reference)) =
                    by.iter().find(|(field, _)| field == "reference").map(|(_, value)| &value.datum)
                else {
                    return Ok(Vec::new());
                };
                let Some(ticket) = ticket(&mut snapshot, &Reference(reference.clone())).await? else {
                    return Ok(Vec::new());
                };
                let title = pack.flows.get(&ticket.flow).map_or(ticket.flow.as_str(), |flow| flow.title.as_str());
                let record = ticket_record(&ticket, title, &pack.desk.zone, asker);
                Ok(record.into_iter().filter(|record| matches(record, by)).collect())
            }
        }
    }
}

/// The present version of a row of the directory.
pub(super) async fn row_version(db: &mut Connection, kind: RecordKind, id: &str) -> Result<Option<i64>, StoreError> {
    match kind {
        RecordKind::Account => Ok(account(db, id).await?.map(|row| row.version)),
        RecordKind::Organisation => Ok(organisation(db, id).await?.map(|row| row.version)),
        RecordKind::Ticket => Ok(None),
    }
}

async fn import(db: &mut Connection, world: &World) -> Result<Imported, StoreError> {
    let mut imported = Imported::default();
    let mut touched = BTreeSet::new();
    for (id, new) in &world.organisations {
        let old = organisation(db, id).await?.map(OrganisationRow::read).transpose()?.map(|(_, row)| row);
        let version = old.as_ref().map_or(1, |old| old.version + 1);
        match old {
            None => imported.organisations.added += 1,
            Some(old) if (Organisation { version: new.version, ..old.clone() }) == *new => {
                imported.organisations.same += 1;
                continue;
            }
            Some(_) => imported.organisations.changed += 1,
        }
        touched.insert(id.clone());
        put_organisation(db, id, new, version).await?;
    }
    let mut homes = BTreeSet::new();
    for (id, new) in &world.accounts {
        let old = account(db, id).await?.map(AccountRow::read).transpose()?.map(|(_, row)| row);
        let version = old.as_ref().map_or(1, |old| old.version + 1);
        match &old {
            None => imported.accounts.added += 1,
            Some(old) if (Account { version: new.version, ..old.clone() }) == *new => {
                imported.accounts.same += 1;
                continue;
            }
            Some(_) => imported.accounts.changed += 1,
        }
        homes.extend(old.and_then(|old| old.organisation));
        homes.extend(new.organisation.clone());
        put_account(db, id, new, version).await?;
    }
    for home in homes.difference(&touched) {
        renew_organisation(db, home).await?;
    }
    Ok(imported)
}

/// Codes and addresses that more than one row has now.
async fn shared_values(db: &mut Connection) -> Result<Vec<String>, StoreError> {
    let codes = shared_codes(db).await?;
    let addresses = shared_addresses(db).await?;
    Ok(codes
        .into_iter()
        .map(|code| format!("more than one organisation would have the ODS code `{code}`"))
        .chain(addresses.into_iter().map(|address| format!("more than one account would have the address `{address}`")))
        .collect())
}

/// The part of the directory in which a look-up finds what it would find in the whole: the rows that may match, their
/// organisations, and everybody there.
async fn neighbourhood(db: &mut Connection, kind: RecordKind, by: &[(String, Value)]) -> Result<World, StoreError> {
    let text = |name: &str| {
        by.iter().find(|(field, _)| field == name).and_then(|(_, value)| match &value.datum {
            Datum::Text(text) => Some(text.as_str()),
            Datum::YesNo(_) | Datum::Number(_) | Datum::Date(_) | Datum::DateTime(_) => None,
        })
    };
    let mut world = World::default();
    let accounts = match (kind, text("address"), text("mobile")) {
        (RecordKind::Account, Some(address), _) => accounts_at(db, &address.to_lowercase()).await?,
        (RecordKind::Account, None, Some(mobile)) => accounts_with_mobile(db, mobile).await?,
        (RecordKind::Account, None, None) => all_accounts(db).await?,
        (RecordKind::Organisation | RecordKind::Ticket, _, _) => Vec::new(),
    };
    let mut homes = BTreeSet::new();
    for row in accounts {
        let (id, account) = row.read()?;
        homes.extend(account.organisation.clone());
        world.accounts.insert(id, account);
    }
    let organisations = match (kind, text("ods_code"), text("postcode")) {
        (RecordKind::Organisation, Some(code), _) => organisations_with_code(db, &code.to_uppercase()).await?,
        (RecordKind::Organisation, None, Some(postcode)) => {
            organisations_at_postcode(db, &postcode.to_uppercase()).await?
        }
        (RecordKind::Organisation, None, None) => all_organisations(db).await?,
        (RecordKind::Account | RecordKind::Ticket, _, _) => Vec::new(),
    };
    for row in organisations {
        let (id, organisation) = row.read()?;
        world.organisations.insert(id, organisation);
    }
    add_homes(db, &mut world, homes).await?;
    Ok(world)
}

/// Adds the organisations, and the accounts of every organisation.
async fn add_homes(db: &mut Connection, world: &mut World, homes: BTreeSet<String>) -> Result<(), StoreError> {
    for id in homes {
        if let Some(row) = organisation(db, &id).await? {
            let (id, organisation) = row.read()?;
            world.organisations.insert(id, organisation);
        }
    }
    let mut team = BTreeMap::new();
    for id in world.organisations.keys() {
        for row in accounts_of(db, id).await? {
            let (id, account) = row.read()?;
            team.insert(id, account);
        }
    }
    world.accounts.extend(team);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::Mode;
    use super::*;
    use crate::policy::facts::FactType;

    /// A part of the directory is read for a look-up; what it answers must be what the whole would answer.
    #[tokio::test]
    async fn a_look_up_finds_in_the_store_what_it_finds_in_the_whole_directory() {
        let data = tempfile::tempdir().expect("a folder");
        let store = Store::open(data.path(), Mode::ReadWrite).await.expect("it opens");
        let world = World::from_yaml(
            "organisations:\n  elm: {name: Elm, ods_code: V22, town: Hexham, postcode: NE1 4ST}\n  \
             oak: {name: Oak, ods_code: V33, postcode: ne14st}\naccounts:\n  \
             amy: {name: Amy Field, address: amy@nhs.net, mobile: 07700 900111, organisation: oak, owner: yes}\n  \
             bob: {name: Bob Hall, address: bob@nhs.net, mobile: 07700 900111, organisation: oak, owner: yes}\n  \
             nia: {name: Nia Reed, address: nia@nhs.net}\n",
        )
        .expect("a good file");
        store.directory_import(&world).await.expect("kept");
        let pattern = "care.{ods}@nhs.net";
        for (kind, field, value, count) in [
            (RecordKind::Account, "address", Value::text(FactType::NhsMail, "Amy@nhs.net"), 1),
            (RecordKind::Account, "mobile", Value::text(FactType::Mobile, "+447700900111"), 2),
            (RecordKind::Account, "name", Value::text(FactType::Name, "nia  reed"), 1),
            (RecordKind::Account, "sole_owner", Value::yes_no(true), 0),
            (RecordKind::Organisation, "ods_code", Value::text(FactType::OdsCode, "v33"), 1),
            (RecordKind::Organisation, "postcode", Value::text(FactType::Postcode, "NE1 4ST"), 2),
            (RecordKind::Organisation, "accounts", Value::number(2), 1),
            (RecordKind::Organisation, "nothing", Value::number(2), 0),
        ] {
            let by = [(field.to_owned(), value)];
            let mut snapshot = store.snapshot().await.expect("readable");
            let part = neighbourhood(&mut snapshot, kind, &by).await.expect("readable");
            let found = part.look_up(kind, &by, pattern);
            assert_eq!(found, world.look_up(kind, &by, pattern), "{field}");
            assert_eq!(found.len(), count, "{field}");
        }
    }
}
