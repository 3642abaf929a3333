//! The rows of accounts, and every statement about them. What an account may have several of is in `ties`.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::super::StoreError;
use super::super::rows::Spot;
use super::super::sqlite::Connection;
use crate::policy::world::Account;

#[derive(sqlx::FromRow)]
pub(super) struct AccountRow {
    id: String,
    pub(super) version: i64,
    name: String,
    address: String,
    mobile: Option<String>,
    state: String,
    organisation: Option<String>,
    activated: Option<String>,
    last_used: Option<String>,
    joined: i64,
    leaving: i64,
    leaving_since: Option<String>,
    suspended: i64,
    deleted: Option<String>,
}

impl AccountRow {
    /// The account, without what stands in tables of its own: old addresses and roles.
    pub(super) fn read(self) -> Result<(String, Account), StoreError> {
        let spot = Spot { table: "account", key: &self.id };
        let day = |column: &str, text: Option<String>| {
            let read = |text: String| {
                text.parse::<Date>().map_err(|_| spot.impossible(format!("{column} `{text}` is no day")))
            };
            text.map(read).transpose()
        };
        let row = Account {
            version: self.version,
            name: self.name,
            address: self.address,
            old_addresses: BTreeSet::new(),
            mobile: self.mobile,
            state: self.state,
            organisation: self.organisation,
            owns: BTreeSet::new(),
            administers: BTreeSet::new(),
            activated: day("activated", self.activated)?,
            last_used: day("last_used", self.last_used)?,
            joined: spot.yes_no("joined", self.joined)?,
            leaving: spot.yes_no("leaving", self.leaving)?,
            leaving_since: day("leaving_since", self.leaving_since)?,
            suspended: spot.yes_no("suspended", self.suspended)?,
            deleted: day("deleted", self.deleted)?,
        };
        Ok((self.id, row))
    }
}

pub(super) async fn put_account_row(db: &mut Connection, id: &str, row: &Account) -> Result<(), StoreError> {
    let day = |day: Option<Date>| day.map(|day| day.to_string());
    sqlx::query(
        "INSERT INTO account
           (id, version, name, address, mobile, state, organisation, activated, last_used, joined, leaving,
            leaving_since, suspended, deleted)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
         ON CONFLICT (id) DO UPDATE
         SET version = excluded.version,
             name = excluded.name,
             address = excluded.address,
             mobile = excluded.mobile,
             state = excluded.state,
             organisation = excluded.organisation,
             activated = excluded.activated,
             last_used = excluded.last_used,
             joined = excluded.joined,
             leaving = excluded.leaving,
             leaving_since = excluded.leaving_since,
             suspended = excluded.suspended,
             deleted = excluded.deleted",
    )
    .bind(id)
    .bind(row.version)
    .bind(&row.name)
    .bind(&row.address)
    .bind(&row.mobile)
    .bind(&row.state)
    .bind(&row.organisation)
    .bind(day(row.activated))
    .bind(day(row.last_used))
    .bind(i64::from(row.joined))
    .bind(i64::from(row.leaving))
    .bind(day(row.leaving_since))
    .bind(i64::from(row.suspended))
    .bind(day(row.deleted))
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn account(db: &mut Connection, id: &str) -> Result<Option<AccountRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, activated, last_used, joined, leaving,
           leaving_since, suspended, deleted
         FROM account
         WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// Accounts that an address reaches, or reached before.
pub(super) async fn accounts_at(db: &mut Connection, address: &str) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, activated, last_used, joined, leaving,
           leaving_since, suspended, deleted
         FROM account
         WHERE address = $1
           OR id IN (SELECT account FROM old_address WHERE old_address.address = $1)
         ORDER BY id",
    )
    .bind(address)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn accounts_with_mobile(db: &mut Connection, mobile: &str) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, activated, last_used, joined, leaving,
           leaving_since, suspended, deleted
         FROM account
         WHERE mobile = $1
         ORDER BY id",
    )
    .bind(mobile)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Accounts that belong to an organisation, or have a role there.
pub(super) async fn accounts_of(db: &mut Connection, organisation: &str) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, activated, last_used, joined, leaving,
           leaving_since, suspended, deleted
         FROM account
         WHERE organisation = $1
           OR id IN (SELECT account FROM role WHERE role.organisation = $1)
         ORDER BY id",
    )
    .bind(organisation)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn all_accounts(db: &mut Connection) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, activated, last_used, joined, leaving,
           leaving_since, suspended, deleted
         FROM account
         ORDER BY id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Accounts that have the words in their name or in an address, old ones among them.
pub(super) async fn accounts_like(db: &mut Connection, like: &str) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, activated, last_used, joined, leaving,
           leaving_since, suspended, deleted
         FROM account
         WHERE LOWER(id || ' ' || name || ' ' || address) LIKE $1 ESCAPE '!'
           OR id IN (SELECT account FROM old_address WHERE old_address.address LIKE $1 ESCAPE '!')
         ORDER BY name, id",
    )
    .bind(like)
    .fetch_all(db)
    .await?;
    Ok(rows)
}
