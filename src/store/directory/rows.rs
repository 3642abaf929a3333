//! The rows of the directory, and every statement about them.

use super::super::StoreError;
use super::super::rows::Spot;
use super::super::sqlite::Connection;
use crate::policy::world::{Account, Organisation};

#[derive(sqlx::FromRow)]
pub(super) struct OrganisationRow {
    id: String,
    pub(super) version: i64,
    name: String,
    ods_code: String,
    postcode: Option<String>,
    town: Option<String>,
    ever_registered: Option<i64>,
    shared_mailbox: Option<String>,
    registered_manager: Option<String>,
    cqc_mail: Option<String>,
    cqc_location: Option<String>,
    cqc_contact: Option<String>,
    suspended: i64,
}

impl OrganisationRow {
    pub(super) fn read(self) -> Result<(String, Organisation), StoreError> {
        let spot = Spot { table: "organisation", key: &self.id };
        let row = Organisation {
            version: self.version,
            name: self.name,
            ods_code: self.ods_code,
            postcode: self.postcode,
            town: self.town,
            ever_registered: self.ever_registered.map(|yes| spot.yes_no("ever_registered", yes)).transpose()?,
            shared_mailbox: self.shared_mailbox,
            registered_manager: self.registered_manager,
            cqc_mail: self.cqc_mail,
            cqc_location: self.cqc_location,
            cqc_contact: self.cqc_contact,
            suspended: spot.yes_no("suspended", self.suspended)?,
        };
        Ok((self.id, row))
    }
}

#[derive(sqlx::FromRow)]
pub(super) struct AccountRow {
    id: String,
    pub(super) version: i64,
    name: String,
    address: String,
    mobile: Option<String>,
    state: String,
    organisation: Option<String>,
    owner: i64,
    joined: i64,
    leaving: i64,
    suspended: i64,
}

impl AccountRow {
    pub(super) fn read(self) -> Result<(String, Account), StoreError> {
        let spot = Spot { table: "account", key: &self.id };
        let row = Account {
            version: self.version,
            name: self.name,
            address: self.address,
            mobile: self.mobile,
            state: self.state,
            organisation: self.organisation,
            owner: spot.yes_no("owner", self.owner)?,
            joined: spot.yes_no("joined", self.joined)?,
            leaving: spot.yes_no("leaving", self.leaving)?,
            suspended: spot.yes_no("suspended", self.suspended)?,
        };
        Ok((self.id, row))
    }
}

pub(super) async fn put_organisation(
    db: &mut Connection,
    id: &str,
    row: &Organisation,
    version: i64,
) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO organisation
           (id, version, name, ods_code, postcode, town, ever_registered, shared_mailbox, registered_manager,
            cqc_mail, cqc_location, cqc_contact, suspended)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (id) DO UPDATE
         SET version = excluded.version,
             name = excluded.name,
             ods_code = excluded.ods_code,
             postcode = excluded.postcode,
             town = excluded.town,
             ever_registered = excluded.ever_registered,
             shared_mailbox = excluded.shared_mailbox,
             registered_manager = excluded.registered_manager,
             cqc_mail = excluded.cqc_mail,
             cqc_location = excluded.cqc_location,
             cqc_contact = excluded.cqc_contact,
             suspended = excluded.suspended",
    )
    .bind(id)
    .bind(version)
    .bind(&row.name)
    .bind(&row.ods_code)
    .bind(&row.postcode)
    .bind(&row.town)
    .bind(row.ever_registered.map(i64::from))
    .bind(&row.shared_mailbox)
    .bind(&row.registered_manager)
    .bind(&row.cqc_mail)
    .bind(&row.cqc_location)
    .bind(&row.cqc_contact)
    .bind(i64::from(row.suspended))
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn put_account(db: &mut Connection, id: &str, row: &Account, version: i64) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO account
           (id, version, name, address, mobile, state, organisation, owner, joined, leaving, suspended)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (id) DO UPDATE
         SET version = excluded.version,
             name = excluded.name,
             address = excluded.address,
             mobile = excluded.mobile,
             state = excluded.state,
             organisation = excluded.organisation,
             owner = excluded.owner,
             joined = excluded.joined,
             leaving = excluded.leaving,
             suspended = excluded.suspended",
    )
    .bind(id)
    .bind(version)
    .bind(&row.name)
    .bind(&row.address)
    .bind(&row.mobile)
    .bind(&row.state)
    .bind(&row.organisation)
    .bind(i64::from(row.owner))
    .bind(i64::from(row.joined))
    .bind(i64::from(row.leaving))
    .bind(i64::from(row.suspended))
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn renew_organisation(db: &mut Connection, id: &str) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE organisation
         SET version = version + 1
         WHERE id = $1",
    )
    .bind(id)
    .execute(db)
    .await?;
    Ok(())
}

pub(super) async fn organisations_counted(db: &mut Connection) -> Result<i64, StoreError> {
    let counted = sqlx::query_scalar(
        "SELECT COUNT(*)
         FROM organisation",
    );
    Ok(counted.fetch_one(db).await?)
}

pub(super) async fn shared_codes(db: &mut Connection) -> Result<Vec<String>, StoreError> {
    let codes = sqlx::query_scalar(
        "SELECT ods_code
         FROM organisation
         GROUP BY ods_code
         HAVING COUNT(*) > 1
         ORDER BY ods_code",
    )
    .fetch_all(db)
    .await?;
    Ok(codes)
}

pub(super) async fn shared_addresses(db: &mut Connection) -> Result<Vec<String>, StoreError> {
    let addresses = sqlx::query_scalar(
        "SELECT address
         FROM account
         GROUP BY address
         HAVING COUNT(*) > 1
         ORDER BY address",
    )
    .fetch_all(db)
    .await?;
    Ok(addresses)
}

pub(super) async fn organisation(db: &mut Connection, id: &str) -> Result<Option<OrganisationRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, version, name, ods_code, postcode, town, ever_registered, shared_mailbox, registered_manager,
           cqc_mail, cqc_location, cqc_contact, suspended
         FROM organisation
         WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

pub(super) async fn organisations_with_code(
    db: &mut Connection,
    code: &str,
) -> Result<Vec<OrganisationRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, ods_code, postcode, town, ever_registered, shared_mailbox, registered_manager,
           cqc_mail, cqc_location, cqc_contact, suspended
         FROM organisation
         WHERE ods_code = $1
         ORDER BY id",
    )
    .bind(code)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn organisations_at_postcode(
    db: &mut Connection,
    postcode: &str,
) -> Result<Vec<OrganisationRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, ods_code, postcode, town, ever_registered, shared_mailbox, registered_manager,
           cqc_mail, cqc_location, cqc_contact, suspended
         FROM organisation
         WHERE postcode = $1
         ORDER BY id",
    )
    .bind(postcode)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn all_organisations(db: &mut Connection) -> Result<Vec<OrganisationRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, ods_code, postcode, town, ever_registered, shared_mailbox, registered_manager,
           cqc_mail, cqc_location, cqc_contact, suspended
         FROM organisation
         ORDER BY id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn account(db: &mut Connection, id: &str) -> Result<Option<AccountRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, owner, joined, leaving, suspended
         FROM account
         WHERE id = $1",
    )
    .bind(id)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

pub(super) async fn accounts_at(db: &mut Connection, address: &str) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, owner, joined, leaving, suspended
         FROM account
         WHERE address = $1
         ORDER BY id",
    )
    .bind(address)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn accounts_with_mobile(db: &mut Connection, mobile: &str) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, owner, joined, leaving, suspended
         FROM account
         WHERE mobile = $1
         ORDER BY id",
    )
    .bind(mobile)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn accounts_of(db: &mut Connection, organisation: &str) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, owner, joined, leaving, suspended
         FROM account
         WHERE organisation = $1
         ORDER BY id",
    )
    .bind(organisation)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn all_accounts(db: &mut Connection) -> Result<Vec<AccountRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, address, mobile, state, organisation, owner, joined, leaving, suspended
         FROM account
         ORDER BY id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}
