//! `directory show` and `directory search`: rows for an operator's eyes. Mobiles show their last digits alone.

use std::collections::BTreeMap;

use clap::Args;
use serde::Serialize;

use crate::library;
use crate::policy::check;
use crate::policy::facts::RecordKind;
use crate::policy::world::{MailboxForms, World, columns};
use crate::store::HistoryRow;

use super::{Failure, Format, Settings, open, print};

/// Show a row with all that is known of it, and who changed it by which ticket.
#[derive(Debug, Args)]
pub(in crate::cli) struct Show {
    /// A key, an ODS code, an account's address (old ones too) or a shared mailbox in any of its forms.
    #[arg(value_name = "KEY|CODE|ADDRESS")]
    name: String,
}

/// Find rows by words of a name, postcode, ODS code or address. Every word must fit.
#[derive(Debug, Args)]
pub(in crate::cli) struct Search {
    /// The words.
    #[arg(required = true, value_name = "WORDS")]
    words: Vec<String>,
}

/// A row as it is shown.
#[derive(Debug, Serialize)]
struct Shown {
    kind: &'static str,
    key: String,
    version: i64,
    fields: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    owners: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    passcode: Option<Passcode>,
    history: Vec<HistoryRow>,
}

/// How the last passcode of an organisation stands.
#[derive(Debug, Serialize)]
struct Passcode {
    until: jiff::Timestamp,
    tries: u32,
    used: bool,
}

/// One line of what was found.
#[derive(Debug, Serialize)]
struct Hit {
    kind: &'static str,
    key: String,
    name: String,
    /// The ODS code or the address.
    known_by: String,
    /// The postcode, or the last digits of the mobile.
    more: String,
}

impl Show {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let store = open::store(settings).await?;
        let pack = library::read(&settings.pack).ok().and_then(|(sources, _)| check::check(&sources).pack);
        let nothing = MailboxForms { usual: "", also: &[] };
        let forms = pack.as_ref().map_or(nothing, |pack| pack.desk.mailbox_forms());
        let (rows, world) = store.directory_named(self.name.trim(), forms).await?;
        if rows.is_empty() {
            return Err(Failure::Other(format!("nothing in the directory is called `{}`", self.name)));
        }
        for (kind, key) in rows {
            let Some(mut shown) = shown(&world, kind, &key, forms) else { continue };
            shown.history = store.directory_history(kind, &key).await?;
            if kind == RecordKind::Organisation {
                let code = store.passcode(&key).await?;
                shown.passcode = code.map(|code| Passcode { until: code.until, tries: code.tries, used: code.used });
            }
            match settings.format {
                Format::Json => print::json(&shown)?,
                Format::Text => print::text(&in_words(&shown))?,
            }
        }
        Ok(())
    }
}

impl Search {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let words: Vec<String> =
            self.words.iter().flat_map(|words| words.split_whitespace()).map(str::to_owned).collect();
        let world = open::store(settings).await?.directory_search(&words).await?;
        let organisations = world.organisations.into_iter().map(|(key, row)| Hit {
            kind: "organisation",
            key,
            name: row.name,
            known_by: row.ods_code,
            more: row.postcode.unwrap_or_default(),
        });
        let accounts = world.accounts.into_iter().map(|(key, row)| Hit {
            kind: "account",
            key,
            name: row.name,
            known_by: row.address,
            more: row.mobile.as_deref().map(masked).unwrap_or_default(),
        });
        let hits: Vec<Hit> = organisations.chain(accounts).collect();
        if settings.format == Format::Text && hits.is_empty() {
            return print::text("Nothing was found.");
        }
        hits.iter().try_for_each(|hit| match settings.format {
            Format::Json => print::json(hit),
            Format::Text => {
                let line = format!("{:12}  {:20}  {}  {}  {}", hit.kind, hit.key, hit.name, hit.known_by, hit.more);
                print::text(line.trim_end())
            }
        })
    }
}

fn shown(world: &World, kind: RecordKind, key: &str, forms: MailboxForms<'_>) -> Option<Shown> {
    let (version, fields, owners) = match kind {
        RecordKind::Organisation => {
            let row = world.organisations.get(key)?;
            let mut fields = named(&columns::ORGANISATION, &columns::of_organisation(row));
            if !forms.usual.is_empty() {
                fields.insert("shared_mailbox", forms.address(row));
            }
            let owners = world.owners(key).into_iter().filter_map(|owner| world.accounts.get(owner));
            (row.version, fields, Some(owners.map(|owner| owner.address.clone()).collect()))
        }
        RecordKind::Account => {
            let row = world.accounts.get(key)?;
            let mut fields = named(&columns::ACCOUNT, &columns::of_account(row));
            if let Some(mobile) = &row.mobile {
                fields.insert("mobile", masked(mobile));
            }
            (row.version, fields, None)
        }
        RecordKind::Ticket => return None,
    };
    let key = key.to_owned();
    Some(Shown { kind: kind.name(), key, version, fields, owners, passcode: None, history: Vec::new() })
}

fn named(names: &[&'static str], cells: &[String]) -> BTreeMap<&'static str, String> {
    names.iter().copied().zip(cells.iter().cloned()).filter(|(_, cell)| !cell.is_empty()).collect()
}

fn masked(mobile: &str) -> String {
    let digits = mobile.chars().count();
    format!("…{}", mobile.chars().skip(digits.saturating_sub(4)).collect::<String>())
}

fn in_words(shown: &Shown) -> String {
    let mut lines = vec![format!("{} {}, version {}", shown.kind, shown.key, shown.version)];
    lines.extend(shown.fields.iter().map(|(name, value)| format!("  {name}: {value}")));
    if let Some(owners) = &shown.owners {
        let owners = if owners.is_empty() { "nobody".to_owned() } else { owners.join(", ") };
        lines.push(format!("  owners: {owners}"));
    }
    if let Some(code) = &shown.passcode {
        let used = if code.used { ", used" } else { "" };
        lines.push(format!("  passcode: valid until {}, {} wrong tries{used}", code.until, code.tries));
    }
    lines.extend(shown.history.iter().map(|line| {
        let by = line.ticket.as_ref().map_or_else(|| line.source.clone(), ToString::to_string);
        let changed = line.fields.iter().map(|(name, (old, new))| format!("{name}: {} → {}", dash(old), dash(new)));
        let changed = changed.collect::<Vec<_>>().join("; ");
        format!("  {}  {}  version {}  {}  {changed}", line.at, by, line.version, line.what).trim_end().to_owned()
    }));
    lines.join("\n")
}

fn dash(cell: &str) -> &str {
    if cell.is_empty() { "–" } else { cell }
}
