//! `directory`: organisations and accounts.

use std::path::PathBuf;

use clap::Subcommand;
use serde::Serialize;

use crate::policy::world::World;

use super::{Failure, Format, Settings, complain, open, print};

/// Organisations and accounts.
#[derive(Debug, Subcommand)]
pub(super) enum DirectoryCommand {
    /// Load organisations and accounts from a file. All of it or nothing: every bad row is listed.
    ///
    /// The file is YAML with two maps, `organisations` and `accounts`; flows/world.yaml is one to copy.
    Import {
        /// The file.
        file: PathBuf,
    },
}

/// What was loaded.
#[derive(Debug, Serialize)]
struct Loaded {
    organisations: usize,
    accounts: usize,
}

impl DirectoryCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let DirectoryCommand::Import { file } = self;
        let text = std::fs::read_to_string(&file)
            .map_err(|error| Failure::Usage(format!("cannot read {}: {error}", file.display())))?;
        let world = World::from_yaml(&text).map_err(|faults| {
            for fault in &faults {
                complain(&format!("{}: {fault}", file.display()));
            }
            Failure::Other(format!("{} bad rows; nothing was loaded", faults.len()))
        })?;
        let store = open::store(settings).await?;
        let loaded = Loaded { organisations: world.organisations.len(), accounts: world.accounts.len() };
        store.directory_import(&world).await?;
        match settings.format {
            Format::Json => print::json(&loaded),
            Format::Text => {
                print::text(&format!("Loaded {} organisations and {} accounts.", loaded.organisations, loaded.accounts))
            }
        }
    }
}
