//! The directory: organisations and accounts. Files bring them in (`importing`), tickets change them (`changing`), and
//! flows look them up (`finding`). Every change of a row leaves a line in its `history`.

mod accounts;
mod changing;
mod codes;
mod finding;
mod history;
mod importing;
mod organisations;
mod ties;

pub(super) use changing::apply_changes;
pub(super) use finding::row_version;
pub use history::HistoryRow;
pub use importing::{Changes, Import, Imported};

use super::sqlite::Connection;
use super::{Store, StoreError};
use crate::policy::world::World;

impl Store {
    /// The whole directory, without passcodes.
    pub async fn directory(&self) -> Result<World, StoreError> {
        let mut snapshot = self.snapshot().await?;
        whole_directory(&mut snapshot).await
    }

    /// Whether there is nobody in the directory yet.
    pub async fn directory_is_empty(&self) -> Result<bool, StoreError> {
        let mut snapshot = self.snapshot().await?;
        Ok(organisations::organisations_counted(&mut snapshot).await? == 0)
    }
}

async fn whole_directory(db: &mut Connection) -> Result<World, StoreError> {
    let rows = organisations::all_organisations(db).await?;
    let organisations = rows.into_iter().map(organisations::OrganisationRow::read).collect::<Result<_, _>>()?;
    let rows = accounts::all_accounts(db).await?;
    let accounts = ties::all_whole(db, rows).await?;
    Ok(World { organisations, accounts, ..World::default() })
}
