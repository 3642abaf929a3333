//! `directory`: organisations and accounts, in and out of files, and looked up.

mod export;
mod import;
mod look;

use clap::Subcommand;

use super::{Failure, Format, Settings, complain, open, print};

/// Organisations and accounts.
#[derive(Debug, Subcommand)]
pub(super) enum DirectoryCommand {
    Import(import::Import),
    Export(export::Export),
    Show(look::Show),
    Search(look::Search),
}

impl DirectoryCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self {
            DirectoryCommand::Import(import) => import.run(settings).await,
            DirectoryCommand::Export(export) => export.run(settings).await,
            DirectoryCommand::Show(show) => show.run(settings).await,
            DirectoryCommand::Search(search) => search.run(settings).await,
        }
    }
}
