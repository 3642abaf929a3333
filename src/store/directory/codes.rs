//! One-time passcodes: made here of the system's own randomness, and kept sealed. What a code may do is decided in
//! `policy::world`.

use jiff::Timestamp;

use super::super::rows::{Spot, micros};
use super::super::sqlite::Connection;
use super::super::{Store, StoreError};
use crate::policy::world::passcode::{self, LENGTH, Passcode, Sealed};

impl Store {
    /// A new code and its seal. Nothing is kept yet: a commit with `IssueCode` keeps the seal, and the letter that it sends
    /// is the only place for the code.
    pub async fn new_code(&self) -> Result<(String, Sealed), StoreError> {
        let key = self.signing_key().await?;
        let (mut random, mut salt) = ([0; LENGTH], [0; 16]);
        let failed = |error: getrandom::Error| StoreError::CannotOpen(error.to_string());
        getrandom::fill(&mut random).map_err(failed)?;
        getrandom::fill(&mut salt).map_err(failed)?;
        let code = passcode::spelt(random);
        let sealed = passcode::sealed(&key, salt, &code);
        Ok((code, sealed))
    }

    /// Whether a text is the valid code of an organisation. It only looks; the commit of the answer counts the try.
    pub async fn is_code(&self, organisation: &str, written: &str, now: Timestamp) -> Result<bool, StoreError> {
        let key = self.signing_key().await?;
        let mut snapshot = self.snapshot().await?;
        let code = code_of(&mut snapshot, organisation).await?;
        Ok(code.is_some_and(|code| code.is_live(now) && passcode::is_code(&code.sealed, &key, written)))
    }

    /// How the last code of an organisation stands. It does not say what it is.
    pub async fn passcode(&self, organisation: &str) -> Result<Option<Passcode>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        code_of(&mut snapshot, organisation).await
    }
}

#[derive(sqlx::FromRow)]
struct CodeRow {
    salt: Vec<u8>,
    seal: Vec<u8>,
    until: i64,
    tries: i64,
    used: i64,
}

/// The last code of an organisation.
pub(super) async fn code_of(db: &mut Connection, organisation: &str) -> Result<Option<Passcode>, StoreError> {
    let Some(row) = code_row(db, organisation).await? else { return Ok(None) };
    let spot = Spot { table: "passcode", key: organisation };
    let size = |what: &str| spot.impossible(format!("{what} has another size"));
    let sealed = Sealed {
        salt: row.salt.try_into().map_err(|_| size("salt"))?,
        seal: row.seal.try_into().map_err(|_| size("seal"))?,
    };
    Ok(Some(Passcode {
        sealed,
        until: spot.instant(row.until)?,
        tries: spot.number("tries", row.tries)?,
        used: spot.yes_no("used", row.used)?,
    }))
}

async fn code_row(db: &mut Connection, organisation: &str) -> Result<Option<CodeRow>, StoreError> {
    let row = sqlx::query_as(
        "SELECT salt, seal, until, tries, used
         FROM passcode
         WHERE organisation = $1",
    )
    .bind(organisation)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

/// Keeps a code; the one before is gone.
pub(super) async fn put_code(db: &mut Connection, organisation: &str, code: &Passcode) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO passcode (organisation, salt, seal, until, tries, used)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (organisation) DO UPDATE
         SET salt = excluded.salt,
             seal = excluded.seal,
             until = excluded.until,
             tries = excluded.tries,
             used = excluded.used",
    )
    .bind(organisation)
    .bind(code.sealed.salt.as_slice())
    .bind(code.sealed.seal.as_slice())
    .bind(micros(code.until))
    .bind(i64::from(code.tries))
    .bind(i64::from(code.used))
    .execute(db)
    .await?;
    Ok(())
}
