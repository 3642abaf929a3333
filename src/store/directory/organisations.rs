//! The rows of organisations, and every statement about them.

use super::super::StoreError;
use super::super::rows::Spot;
use super::super::sqlite::Connection;
use crate::policy::world::Organisation;

#[derive(sqlx::FromRow)]
pub(super) struct OrganisationRow {
    id: String,
    pub(super) version: i64,
    name: String,
    ods_code: String,
    provider: Option<String>,
    postcode: Option<String>,
    town: Option<String>,
    ever_registered: Option<i64>,
    nhsmail: Option<String>,
    managed: Option<String>,
    local_it: Option<String>,
    shared_mailbox: Option<String>,
    registered_manager: Option<String>,
    cqc_mail: Option<String>,
    cqc_phone: Option<String>,
    cqc_location: Option<String>,
    cqc_contact: Option<String>,
    dspt_status: Option<String>,
    dspt_year: Option<String>,
    suspended: i64,
}

impl OrganisationRow {
    pub(super) fn read(self) -> Result<(String, Organisation), StoreError> {
        let spot = Spot { table: "organisation", key: &self.id };
        let row = Organisation {
            version: self.version,
            name: self.name,
            ods_code: self.ods_code,
            provider: self.provider,
            postcode: self.postcode,
            town: self.town,
            ever_registered: self.ever_registered.map(|yes| spot.yes_no("ever_registered", yes)).transpose()?,
            nhsmail: self.nhsmail,
            managed: self.managed,
            local_it: self.local_it,
            shared_mailbox: self.shared_mailbox,
            registered_manager: self.registered_manager,
            cqc_mail: self.cqc_mail,
            cqc_phone: self.cqc_phone,
            cqc_location: self.cqc_location,
            cqc_contact: self.cqc_contact,
            dspt_status: self.dspt_status,
            dspt_year: self.dspt_year,
            suspended: spot.yes_no("suspended", self.suspended)?,
        };
        Ok((self.id, row))
    }
}

pub(super) async fn put_organisation(db: &mut Connection, id: &str, row: &Organisation) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO organisation
           (id, version, name, ods_code, provider, postcode, town, ever_registered, nhsmail, managed, local_it,
            shared_mailbox, registered_manager, cqc_mail, cqc_phone, cqc_location, cqc_contact, dspt_status, dspt_year,
            suspended)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
         ON CONFLICT (id) DO UPDATE
         SET version = excluded.version,
             name = excluded.name,
             ods_code = excluded.ods_code,
             provider = excluded.provider,
             postcode = excluded.postcode,
             town = excluded.town,
             ever_registered = excluded.ever_registered,
             nhsmail = excluded.nhsmail,
             managed = excluded.managed,
             local_it = excluded.local_it,
             shared_mailbox = excluded.shared_mailbox,
             registered_manager = excluded.registered_manager,
             cqc_mail = excluded.cqc_mail,
             cqc_phone = excluded.cqc_phone,
             cqc_location = excluded.cqc_location,
             cqc_contact = excluded.cqc_contact,
             dspt_status = excluded.dspt_status,
             dspt_year = excluded.dspt_year,
             suspended = excluded.suspended",
    )
    .bind(id)
    .bind(row.version)
    .bind(&row.name)
    .bind(&row.ods_code)
    .bind(&row.provider)
    .bind(&row.postcode)
    .bind(&row.town)
    .bind(row.ever_registered.map(i64::from))
    .bind(&row.nhsmail)
    .bind(&row.managed)
    .bind(&row.local_it)
    .bind(&row.shared_mailbox)
    .bind(&row.registered_manager)
    .bind(&row.cqc_mail)
    .bind(&row.cqc_phone)
    .bind(&row.cqc_location)
    .bind(&row.cqc_contact)
    .bind(&row.dspt_status)
    .bind(&row.dspt_year)
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

pub(super) async fn organisation(db: &mut Connection, id: &str) -> Result<Option<OrganisationRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT id, version, name, ods_code, provider, postcode, town, ever_registered, nhsmail, managed, local_it,
           shared_mailbox, registered_manager, cqc_mail, cqc_phone, cqc_location, cqc_contact, dspt_status, dspt_year,
           suspended
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
        "SELECT id, version, name, ods_code, provider, postcode, town, ever_registered, nhsmail, managed, local_it,
           shared_mailbox, registered_manager, cqc_mail, cqc_phone, cqc_location, cqc_contact, dspt_status, dspt_year,
           suspended
         FROM organisation
         WHERE ods_code = $1
         ORDER BY id",
    )
    .bind(code)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn organisations_with_mailbox(
    db: &mut Connection,
    address: &str,
) -> Result<Vec<OrganisationRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, ods_code, provider, postcode, town, ever_registered, nhsmail, managed, local_it,
           shared_mailbox, registered_manager, cqc_mail, cqc_phone, cqc_location, cqc_contact, dspt_status, dspt_year,
           suspended
         FROM organisation
         WHERE shared_mailbox = $1
         ORDER BY id",
    )
    .bind(address)
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn organisations_at_postcode(
    db: &mut Connection,
    postcode: &str,
) -> Result<Vec<OrganisationRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, ods_code, provider, postcode, town, ever_registered, nhsmail, managed, local_it,
           shared_mailbox, registered_manager, cqc_mail, cqc_phone, cqc_location, cqc_contact, dspt_status, dspt_year,
           suspended
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
        "SELECT id, version, name, ods_code, provider, postcode, town, ever_registered, nhsmail, managed, local_it,
           shared_mailbox, registered_manager, cqc_mail, cqc_phone, cqc_location, cqc_contact, dspt_status, dspt_year,
           suspended
         FROM organisation
         ORDER BY id",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

/// Organisations that have the words in their name, provider, town, postcode or code.
pub(super) async fn organisations_like(db: &mut Connection, like: &str) -> Result<Vec<OrganisationRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT id, version, name, ods_code, provider, postcode, town, ever_registered, nhsmail, managed, local_it,
           shared_mailbox, registered_manager, cqc_mail, cqc_phone, cqc_location, cqc_contact, dspt_status, dspt_year,
           suspended
         FROM organisation
         WHERE LOWER(id || ' ' || name || ' ' || ods_code || ' ' || COALESCE(provider, '') || ' ' || COALESCE(town, '')
             || ' ' || COALESCE(postcode, '') || ' ' || REPLACE(COALESCE(postcode, ''), ' ', '') || ' '
             || COALESCE(shared_mailbox, '') || ' ' || COALESCE(cqc_mail, '') || ' ' || COALESCE(registered_manager, ''))
           LIKE $1 ESCAPE '!'
         ORDER BY name, id",
    )
    .bind(like)
    .fetch_all(db)
    .await?;
    Ok(rows)
}
