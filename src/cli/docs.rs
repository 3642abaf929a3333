//! `docs`: the pack as a handbook that can be read, printed and signed.

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use crate::desk::{DeskError, whole_mails};
use crate::library::{self, LibraryError};
use crate::policy::handbook::{Book, handbook};
use crate::policy::scenario::{self, Coverage};

use super::{Failure, Format, Settings, open, print};

/// The name of the page.
const PAGE: &str = "handbook.html";

/// Write the pack as a policy handbook: one HTML page that needs nothing else.
///
/// It is for people who sign a policy off and never see its files: every flow in sentences, with its letters, its picture,
/// its rules and the examples that test it. --now sets the day of printing.
#[derive(Debug, Args)]
pub(super) struct Docs {
    /// The folder for the page. It is made when it is not there.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Mark in the pictures what no scenario reaches.
    #[arg(long)]
    reached: bool,
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written {
    file: String,
    flows: usize,
    scenarios: usize,
    passed: usize,
    pack: String,
}

impl Docs {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
        library::understand(&running, &open::models(settings));
        let mails = whole_mails::read(&running.pack, &running.files);
        let told = scenario::tell_all_with(&running.pack, &running.matcher, &running.files, &mails)
            .map_err(|findings| DeskError::Library(LibraryError::Findings(findings, running.files.clone())))?;
        let mut reached = Coverage::default();
        told.iter().for_each(|told| reached.add(&told.reached));
        let book =
            Book { pack: &running.pack, files: &running.files, told: &told, reached: self.reached.then_some(&reached) };
        let page = handbook(&book, open::clock(settings).now());
        let file = self.out.join(PAGE);
        std::fs::create_dir_all(&self.out)
            .and_then(|()| std::fs::write(&file, page))
            .map_err(|error| Failure::Usage(format!("cannot write {}: {error}", file.display())))?;
        let written = Written {
            file: file.display().to_string(),
            flows: running.pack.flows.len(),
            scenarios: told.len(),
            passed: told.iter().filter(|told| told.passed).count(),
            pack: running.pack.digest.to_string(),
        };
        match settings.format {
            Format::Json => print::json(&written),
            Format::Text => print::text(&format!("The handbook is in {}. Open it in any browser.", written.file)),
        }
    }
}
