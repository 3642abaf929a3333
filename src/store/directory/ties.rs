//! What an account may have several of: old addresses, and roles at organisations. With it, rows become whole accounts.

use std::collections::{BTreeMap, BTreeSet};

use super::super::StoreError;
use super::super::sqlite::Connection;
use super::accounts::{AccountRow, put_account_row};
use crate::policy::world::Account;

/// The accounts of these rows, each with its old addresses and roles.
pub(super) async fn whole(db: &mut Connection, rows: Vec<AccountRow>) -> Result<Vec<(String, Account)>, StoreError> {
    let mut accounts = Vec::with_capacity(rows.len());
    for row in rows {
        let (id, mut account) = row.read()?;
        account.old_addresses = old_addresses_of(db, &id).await?.into_iter().collect();
        for (place, role) in roles_of(db, &id).await? {
            take_role(&mut account, place, &role);
        }
        accounts.push((id, account));
    }
    Ok(accounts)
}

/// The accounts of all rows there are: each table is read once.
pub(super) async fn all_whole(
    db: &mut Connection,
    rows: Vec<AccountRow>,
) -> Result<BTreeMap<String, Account>, StoreError> {
    let mut accounts: BTreeMap<String, Account> = rows.into_iter().map(AccountRow::read).collect::<Result<_, _>>()?;
    for (id, address) in all_old_addresses(db).await? {
        if let Some(account) = accounts.get_mut(&id) {
            account.old_addresses.insert(address);
        }
    }
    for (id, place, role) in all_roles(db).await? {
        if let Some(account) = accounts.get_mut(&id) {
            take_role(account, place, &role);
        }
    }
    Ok(accounts)
}

fn take_role(account: &mut Account, place: String, role: &str) {
    // The table's own check knows no third.
    let places = if role == "owner" { &mut account.owns } else { &mut account.administers };
    places.insert(place);
}

/// The account with its old addresses and its roles. The organisations that it names must be there.
pub(super) async fn put_account(
    db: &mut Connection,
    id: &str,
    row: &Account,
    old: Option<&Account>,
) -> Result<(), StoreError> {
    put_account_row(db, id, row).await?;
    let nothing = BTreeSet::new();
    let before = |part: fn(&Account) -> &BTreeSet<String>| old.map_or(&nothing, part);
    if before(|row| &row.old_addresses) != &row.old_addresses {
        forget_old_addresses(db, id).await?;
        for address in &row.old_addresses {
            add_old_address(db, id, address).await?;
        }
    }
    if before(|row| &row.owns) != &row.owns || before(|row| &row.administers) != &row.administers {
        forget_roles(db, id).await?;
        for place in &row.owns {
            add_role(db, id, place, "owner").await?;
        }
        for place in &row.administers {
            add_role(db, id, place, "administrator").await?;
        }
    }
    Ok(())
}

/// Addresses that reach more than one account, old ones among them.
pub(super) async fn shared_addresses(db: &mut Connection) -> Result<Vec<String>, StoreError> {
    let addresses = sqlx::query_scalar(
        "SELECT address
         FROM (SELECT address, id AS account FROM account
               UNION
               SELECT address, account FROM old_address) AS reaching
         GROUP BY address
         HAVING COUNT(*) > 1
         ORDER BY address",
    )
    .fetch_all(db)
    .await?;
    Ok(addresses)
}

pub(super) async fn forget_old_addresses(db: &mut Connection, account: &str) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM old_address
         WHERE account = $1",
    )
    .bind(account)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn add_old_address(db: &mut Connection, account: &str, address: &str) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO old_address (address, account)
         VALUES ($1, $2)",
    )
    .bind(address)
    .bind(account)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn forget_roles(db: &mut Connection, account: &str) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM role
         WHERE account = $1",
    )
    .bind(account)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn add_role(
    db: &mut Connection,
    account: &str,
    organisation: &str,
    role: &str,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO role (account, organisation, role)
         VALUES ($1, $2, $3)",
    )
    .bind(account)
    .bind(organisation)
    .bind(role)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn old_addresses_of(db: &mut Connection, account: &str) -> Result<Vec<String>, StoreError> {
    let addresses = sqlx::query_scalar(
        "SELECT address
         FROM old_address
         WHERE account = $1
         ORDER BY address",
    )
    .bind(account)
    .fetch_all(db)
    .await?;
    Ok(addresses)
}

/// The organisations where an account has a role, with the role.
pub(super) async fn roles_of(db: &mut Connection, account: &str) -> Result<Vec<(String, String)>, StoreError> {
    let roles = sqlx::query_as(
        "SELECT organisation, role
         FROM role
         WHERE account = $1
         ORDER BY organisation, role",
    )
    .bind(account)
    .fetch_all(db)
    .await?;
    Ok(roles)
}

/// Every old address, with its account.
pub(super) async fn all_old_addresses(db: &mut Connection) -> Result<Vec<(String, String)>, StoreError> {
    let addresses = sqlx::query_as(
        "SELECT account, address
         FROM old_address
         ORDER BY account, address",
    )
    .fetch_all(db)
    .await?;
    Ok(addresses)
}

/// Every role: account, organisation and what it is.
pub(super) async fn all_roles(db: &mut Connection) -> Result<Vec<(String, String, String)>, StoreError> {
    let roles = sqlx::query_as(
        "SELECT account, organisation, role
         FROM role
         ORDER BY account, organisation, role",
    )
    .fetch_all(db)
    .await?;
    Ok(roles)
}
