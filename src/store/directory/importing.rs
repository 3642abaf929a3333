//! Bringing a directory in from files: all of it or nothing, in one transaction.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::Serialize;

use super::super::sqlite::Connection;
use super::super::timers::wake;
use super::super::{Store, StoreError};
use super::accounts::account;
use super::history::{Source, add_history, differences};
use super::organisations::{organisation, put_organisation, renew_organisation, shared_codes};
use super::ties::{put_account, shared_addresses, whole};
use super::whole_directory;
use crate::policy::facts::RecordKind;
use crate::policy::world::applying::Touched;
use crate::policy::world::{World, columns};

/// From so many rows on, the whole directory is read at once instead of row by row.
const MANY: usize = 1_000;

/// Rows to bring in.
#[derive(Debug, Clone, Copy)]
pub struct Import<'a> {
    /// The rows.
    pub world: &'a World,
    /// The directory as it was when the rows were laid over it, if they were: what has changed since is not undone.
    pub based_on: Option<&'a World>,
    /// The moment.
    pub at: Timestamp,
}

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
    pub async fn directory_import(&self, world: &World, at: Timestamp) -> Result<Imported, StoreError> {
        self.directory_bring_in(&Import { world, based_on: None, at }, |_| {}).await
    }

    /// As [`Store::directory_import`]; `progress` hears how many rows are done.
    ///
    /// An organisation's record tells of its accounts, so it gets a new version when one of them changes.
    pub async fn directory_bring_in(
        &self,
        import: &Import<'_>,
        progress: impl FnMut(usize),
    ) -> Result<Imported, StoreError> {
        let mut writing = self.writing().await?;
        let old = rows_before(writing.db(), import.world).await?;
        let faults = moved_since(import, &old);
        if !faults.is_empty() {
            return Err(StoreError::Directory(faults));
        }
        let imported = bring_in(writing.db(), import, &old, progress).await?;
        let faults = shared_values(writing.db()).await?;
        if !faults.is_empty() {
            return Err(StoreError::Directory(faults));
        }
        writing.keep().await?;
        Ok(imported)
    }
}

/// The rows of the same keys as they are now.
async fn rows_before(db: &mut Connection, world: &World) -> Result<World, StoreError> {
    if world.organisations.len() + world.accounts.len() > MANY {
        return whole_directory(db).await;
    }
    let mut old = World::default();
    for id in world.organisations.keys() {
        if let Some(row) = organisation(db, id).await? {
            old.organisations.extend([row.read()?]);
        }
    }
    for id in world.accounts.keys() {
        let rows = account(db, id).await?.into_iter().collect();
        old.accounts.extend(whole(db, rows).await?);
    }
    Ok(old)
}

/// Rows that a ticket has changed since they were read for this import.
fn moved_since(import: &Import<'_>, old: &World) -> Vec<String> {
    let Some(base) = import.based_on else { return Vec::new() };
    let organisations = import.world.organisations.keys().filter(|key| {
        base.organisations.get(*key).map(|row| row.version) != old.organisations.get(*key).map(|row| row.version)
    });
    let accounts =
        import.world.accounts.keys().filter(|key| {
            base.accounts.get(*key).map(|row| row.version) != old.accounts.get(*key).map(|row| row.version)
        });
    let told = |kind: &str, key: &String| format!("the {kind} `{key}` has changed meanwhile; import again");
    organisations.map(|key| told("organisation", key)).chain(accounts.map(|key| told("account", key))).collect()
}

async fn bring_in(
    db: &mut Connection,
    import: &Import<'_>,
    old: &World,
    mut progress: impl FnMut(usize),
) -> Result<Imported, StoreError> {
    let mut imported = Imported::default();
    let source = Source { at: import.at, line: None, what: "import" };
    let (mut done, mut touched, mut homes) = (0, BTreeSet::new(), BTreeSet::new());
    let mut accounts = BTreeSet::new();
    for (id, new) in &import.world.organisations {
        let before = old.organisations.get(id);
        let mut row = new.clone();
        row.version = before.map_or(1, |old| old.version);
        done += 1;
        progress(done);
        if count(&mut imported.organisations, before == Some(&row), before.is_some()) {
            row.version += i64::from(before.is_some());
            touched.insert(id.clone());
            put_organisation(db, id, &row).await?;
            let fields = before.map(|before| {
                let cells = columns::of_organisation;
                differences(&columns::ORGANISATION, &cells(before), &cells(&row))
            });
            let name = (RecordKind::Organisation, id.as_str(), row.version);
            add_history(db, &source, name, &fields.unwrap_or_default()).await?;
        }
    }
    for (id, new) in &import.world.accounts {
        let before = old.accounts.get(id);
        let mut row = new.clone();
        row.version = before.map_or(1, |old| old.version);
        done += 1;
        progress(done);
        if count(&mut imported.accounts, before == Some(&row), before.is_some()) {
            row.version += i64::from(before.is_some());
            accounts.insert(id.clone());
            let places = before.into_iter().flat_map(|row| row.places()).chain(row.places());
            homes.extend(places.map(str::to_owned));
            put_account(db, id, &row, before).await?;
            let fields = before.map(|before| {
                let cells = columns::of_account;
                differences(&columns::ACCOUNT, &cells(before), &cells(&row))
            });
            let name = (RecordKind::Account, id.as_str(), row.version);
            add_history(db, &source, name, &fields.unwrap_or_default()).await?;
        }
    }
    for home in homes.difference(&touched) {
        renew_organisation(db, home).await?;
    }
    let organisations = homes.union(&touched).map(|id| (RecordKind::Organisation, id.clone()));
    let rows: Touched = organisations.chain(accounts.into_iter().map(|id| (RecordKind::Account, id))).collect();
    wake(db, &rows, None, import.at).await?;
    Ok(imported)
}

/// Counts a row; whether there is anything to keep.
fn count(changes: &mut Changes, same: bool, known: bool) -> bool {
    match (same, known) {
        (true, _) => changes.same += 1,
        (false, true) => changes.changed += 1,
        (false, false) => changes.added += 1,
    }
    !same
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
