//! `directory export`: the whole directory in a form that `directory import` takes back.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::policy::world::{columns, sheet};

use super::import::Table;
use super::{Failure, Format, Settings, open, print};

/// Write the directory out, in a form that `directory import` takes back.
///
/// With --out, a CSV file for each table. With --table, that table as CSV. With --format json, every row on a line of its
/// own. A cell that a spreadsheet would reckon with has a ' in front; the import takes it off. Mobiles are not masked: keep
/// the files where only those can read them who may.
#[derive(Debug, Args)]
pub(in crate::cli) struct Export {
    /// The folder for organisations.csv and accounts.csv.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// One table alone.
    #[arg(long, value_enum)]
    table: Option<Table>,
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    files: Vec<String>,
    organisations: usize,
    accounts: usize,
}

impl Export {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let world = open::store(settings).await?.directory().await?;
        let tables =
            columns::TABLES.into_iter().filter(|table| self.table.is_none_or(|wanted| wanted.name() == *table));
        let Some(folder) = &self.out else {
            return match (settings.format, self.table) {
                (Format::Json, _) => {
                    tables.flat_map(|table| sheet::json_rows(&world, table)).try_for_each(|row| print::json(&row))
                }
                (Format::Text, Some(table)) => print::text(sheet::csv(&world, table.name()).trim_end()),
                (Format::Text, None) => Err(Failure::Usage(
                    "where to? Name a folder with --out, a table with --table, or use --format json".into(),
                )),
            };
        };
        let cannot = |doing: &PathBuf| {
            let doing = doing.display().to_string();
            move |error: std::io::Error| Failure::Usage(format!("cannot write {doing}: {error}"))
        };
        std::fs::create_dir_all(folder).map_err(cannot(folder))?;
        let mut files = Vec::new();
        for table in tables {
            let path = folder.join(format!("{table}.csv"));
            // People's own mobiles stand in it: for the operator's eyes only.
            let mut file = OpenOptions::new()
                .write(true)
                .create(true)
                .truncate(true)
                .mode(0o600)
                .open(&path)
                .map_err(cannot(&path))?;
            file.write_all(sheet::csv(&world, table).as_bytes()).map_err(cannot(&path))?;
            files.push(path.display().to_string());
        }
        let written = Written { files, organisations: world.organisations.len(), accounts: world.accounts.len() };
        match settings.format {
            Format::Json => print::json(&written),
            Format::Text => print::text(&format!(
                "Wrote {} organisations and {} accounts to {}.",
                written.organisations,
                written.accounts,
                written.files.join(" and ")
            )),
        }
    }
}
