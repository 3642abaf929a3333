//! `directory import`: files in, all of them or nothing.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::library;
use crate::policy::check;
use crate::policy::world::sheet::{self, Mapping, Sheet};
use crate::policy::world::{World, columns};
use crate::store::{self, Imported, StoreError};

use super::{Failure, Format, Settings, complain, open, print};

/// Load organisations and accounts from files. All of it or nothing: every bad row is listed with its line.
///
/// CSV: one file for each table, called after it (organisations.csv, accounts.csv), or `--table`. The first line names the
/// columns, in any order; a row needs ods_code or address, and a new one a name too. What a file has no column for stays as
/// it was; an empty cell empties it. Without a key, a row is known by its ODS code or address.
///
/// organisations: key, name, ods_code, provider, postcode, town, ever_registered, nhsmail, managed, local_it,
/// shared_mailbox, registered_manager, cqc_mail, cqc_phone, cqc_location, cqc_contact, dspt_status, dspt_year, suspended
///
/// accounts: key, name, address, old_addresses, mobile, state, organisation, owner, administrator, owns, administers,
/// activated, last_used, joined, leaving, leaving_since, suspended, deleted
///
/// Other people's columns: name them in flows/desk.yaml under `directory: {columns: …}`.
///
/// JSON lines (.jsonl): one row a line, as `directory export --format json` prints them.
///
/// YAML or JSON: two maps, organisations and accounts, rows by their keys; flows/world.yaml is one to copy.
#[derive(Debug, Args)]
#[command(verbatim_doc_comment)]
pub(in crate::cli) struct Import {
    /// The files; rows of one may speak of organisations in another.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What is in CSV files that are not called after their table.
    #[arg(long, value_enum)]
    table: Option<Table>,
}

/// A table of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(in crate::cli) enum Table {
    /// Sites of providers.
    Organisations,
    /// People's accounts.
    Accounts,
}

impl Table {
    /// Its name in files.
    pub(super) fn name(self) -> &'static str {
        match self {
            Table::Organisations => "organisations",
            Table::Accounts => "accounts",
        }
    }
}

/// The largest file of rows that is read, in bytes.
const LARGEST: u64 = 512 * 1024 * 1024;
/// How often a person at a terminal is told how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(1);

impl Import {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let files = self.read()?;
        let at = open::clock(settings).now();
        let rows = files.iter().any(|file| file.is_rows);
        // A slip in the files is told before a database is made.
        let store = if rows && open::database(settings)?.exists() { Some(open::store(settings).await?) } else { None };
        let known = match &store {
            Some(store) if rows => store.directory().await?,
            _ => World::default(),
        };
        let world = read(&files, settings, &known)?;
        let store = match store {
            Some(store) => store,
            None => open::store(settings).await?,
        };
        let total = world.organisations.len() + world.accounts.len();
        let import = store::Import { world: &world, based_on: rows.then_some(&known), at };
        let imported = store.directory_bring_in(&import, progress(total)).await;
        match imported {
            Ok(imported) => tell(settings, &imported),
            Err(StoreError::Directory(faults)) => Err(refused(&faults)),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&self) -> Result<Vec<File>, Failure> {
        let files = self.files.iter().map(|path| {
            let cannot = |error: std::io::Error| Failure::Usage(format!("cannot read {}: {error}", path.display()));
            let size = std::fs::metadata(path).map_err(cannot)?.len();
            if size > LARGEST {
                return Err(Failure::Usage(format!("{} is larger than 512 MiB: split it", path.display())));
            }
            let bytes = std::fs::read(path).map_err(cannot)?;
            let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
            let (is_rows, table) = match ending.as_str() {
                "csv" | "tsv" => (true, Some(self.table_of(path)?)),
                "jsonl" | "ndjson" => (true, None),
                _ => (false, None),
            };
            Ok(File { name: path.display().to_string(), bytes, is_rows, table })
        });
        let files: Vec<File> = files.collect::<Result<_, Failure>>()?;
        if files.iter().any(|file| file.is_rows) && files.iter().any(|file| !file.is_rows) {
            return Err(Failure::Usage("CSV and YAML cannot be loaded together: run it twice".into()));
        }
        if files.len() > 1 && files.iter().any(|file| !file.is_rows) {
            return Err(Failure::Usage("a YAML file holds both tables: load one at a time".into()));
        }
        Ok(files)
    }

    /// The table of a CSV file: the one that was asked for, or the one after which it is called.
    fn table_of(&self, path: &Path) -> Result<&'static str, Failure> {
        if let Some(table) = self.table {
            return Ok(table.name());
        }
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase()).unwrap_or_default();
        columns::TABLES.into_iter().find(|table| stem.contains(table)).ok_or_else(|| {
            let name = path.display();
            Failure::Usage(format!("which table is {name}? Call it organisations.csv or accounts.csv, or add --table"))
        })
    }
}

/// A file as it was read.
struct File {
    name: String,
    bytes: Vec<u8>,
    /// Whether it is a table of rows; otherwise it is YAML or JSON of both tables.
    is_rows: bool,
    table: Option<&'static str>,
}

fn read(files: &[File], settings: &Settings, known: &World) -> Result<World, Failure> {
    if let [File { name, bytes, is_rows: false, .. }] = files {
        let Ok(text) = std::str::from_utf8(bytes) else {
            return Err(refused(&[format!("{name}:1: it is not written in UTF-8")]));
        };
        return World::from_yaml_with_lines(text).map_err(|faults| {
            refused(&faults.iter().map(|(line, fault)| format!("{name}:{line}: {fault}")).collect::<Vec<_>>())
        });
    }
    let sheets: Vec<Sheet<'_>> =
        files.iter().map(|file| Sheet { file: &file.name, table: file.table, bytes: &file.bytes }).collect();
    let mapping = if files.iter().any(|file| file.table.is_some()) { mapping(settings) } else { Mapping::new() };
    sheet::read(&sheets, &mapping, known).map_err(|faults| refused(&faults))
}

/// Other people's columns, as the pack of the folder names them. A folder without a pack names none.
fn mapping(settings: &Settings) -> Mapping {
    let Ok((sources, _)) = library::read(&settings.pack) else { return Mapping::new() };
    let checked = check::check(&sources);
    if checked.pack.is_none() && sources.files.contains_key("flows/desk.yaml") {
        complain("the pack has findings, so its names for columns are not used");
    }
    checked.pack.map(|pack| pack.desk.columns).unwrap_or_default()
}

/// Lists what is wrong. Nothing was loaded.
fn refused(faults: &[String]) -> Failure {
    for fault in faults {
        complain(fault);
    }
    let bad = if faults.len() == 1 { "1 fault".to_owned() } else { format!("{} faults", faults.len()) };
    Failure::Other(format!("{bad}; nothing was loaded"))
}

/// Tells a person at a terminal once a second how far it is.
fn progress(total: usize) -> impl FnMut(usize) {
    let watched = std::io::stderr().is_terminal();
    let mut told = Instant::now();
    move |done| {
        if watched && told.elapsed() >= TOLD_EVERY {
            told = Instant::now();
            complain(&format!("{done} of {total} rows"));
        }
    }
}

fn tell(settings: &Settings, imported: &Imported) -> Result<(), Failure> {
    match settings.format {
        Format::Json => print::json(imported),
        Format::Text => {
            let (o, a) = (imported.organisations, imported.accounts);
            print::text(&format!(
                "Loaded {} organisations and {} accounts: {} are new, {} have changed, {} are as before.",
                o.added + o.changed + o.same,
                a.added + a.changed + a.same,
                o.added + a.added,
                o.changed + a.changed,
                o.same + a.same
            ))
        }
    }
}
