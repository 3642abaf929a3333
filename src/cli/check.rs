//! `check`: every finding of the pack, at once.

use std::collections::BTreeMap;

use clap::Args;

use crate::desk::whole_mails;
use crate::library::{self, LibraryError};
use crate::policy::check::on_day;
use crate::policy::finding::{Finding, Severity, in_order};
use crate::policy::scenario;

use super::{Failure, Format, Settings, open, print, understanding};

/// Check the pack and list every finding.
#[derive(Debug, Args)]
pub(super) struct Check {
    /// Warnings fail too.
    #[arg(long)]
    strict: bool,
    /// Also judge how well first messages are told apart: each fifth of the examples by what the others teach. Takes a
    /// moment.
    #[arg(long)]
    understanding: bool,
}

impl Check {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let (findings, files) = findings(settings)?;
        for finding in &findings {
            match settings.format {
                Format::Json => print::json(&print::FindingRow::from(finding))?,
                Format::Text => print::text(&print::finding(finding, &files))?,
            }
        }
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let warnings = findings.len() - errors;
        if settings.format == Format::Text {
            print::text(&match (errors, warnings) {
                (0, 0) => "The pack is sound: no findings.".into(),
                (errors, warnings) => format!("{errors} errors, {warnings} warnings."),
            })?;
        }
        if self.understanding && errors == 0 {
            understanding::tell(settings)?;
        }
        if errors > 0 || (self.strict && warnings > 0) { Err(Failure::Findings) } else { Ok(()) }
    }
}

/// The day on which it is checked.
pub(super) fn today(settings: &Settings) -> jiff::civil::Date {
    open::clock(settings).now().to_zoned(jiff::tz::TimeZone::UTC).date()
}

/// All findings of the pack and of its scenarios, with the files they stand in.
fn findings(settings: &Settings) -> Result<(Vec<Finding>, BTreeMap<String, String>), Failure> {
    match library::load(&settings.pack) {
        Ok((running, mut findings)) => {
            findings.extend(scenario::findings_with(
                &running.pack,
                &running.files,
                &whole_mails::read(&running.pack, &running.files),
            ));
            findings.extend(on_day(&running.files, today(settings)));
            Ok((in_order(findings), running.files.clone()))
        }
        Err(LibraryError::Findings(findings, files)) => Ok((in_order(findings), files)),
        Err(error) => Err(Failure::Usage(format!("{error}. Name the pack's folder with --pack"))),
    }
}
