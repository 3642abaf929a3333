//! `test`: tells the pack's scenarios.

use clap::Args;
use serde::Serialize;

use crate::desk::DeskError;
use crate::library;
use crate::policy::scenario::{self, Coverage, Told};

use super::{Failure, Format, Settings, open, print};

/// Tell the pack's scenarios and say which fail.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Only scenarios whose name or file holds these words.
    filter: Option<String>,
}

/// The last line.
#[derive(Debug, Serialize)]
struct Totals {
    scenarios: usize,
    passed: usize,
    steps: usize,
    steps_reached: usize,
    branches: usize,
    branches_reached: usize,
}

/// A scenario as programs read it.
#[derive(Debug, Serialize)]
struct Row<'a> {
    scenario: &'a str,
    file: &'a str,
    flow: &'a str,
    covers: &'a [String],
    channel: &'a str,
    passed: bool,
    because: &'a str,
}

impl Test {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
        library::understand(&running, &open::models(settings));
        let told = scenario::tell_all(&running.pack, &running.matcher, &running.files)
            .map_err(|findings| DeskError::Library(library::LibraryError::Findings(findings, running.files.clone())))?;
        let mut failed = 0;
        let mut shown = 0;
        for told in told.iter().filter(|told| self.wants(told)) {
            shown += 1;
            failed += usize::from(!told.passed);
            print_one(told, settings.format)?;
        }
        let all = Coverage::all(&running.pack);
        let mut reached = Coverage::default();
        for told in &told {
            reached.add(&told.reached);
        }
        let totals = Totals {
            scenarios: shown,
            passed: shown - failed,
            steps: all.steps.len(),
            steps_reached: reached.steps.intersection(&all.steps).count(),
            branches: all.branches.len(),
            branches_reached: reached.branches.intersection(&all.branches).count(),
        };
        match settings.format {
            Format::Json => print::json(&totals)?,
            Format::Text => print::text(&format!(
                "{} of {} scenarios pass. They reach {} of {} steps and {} of {} branches.",
                totals.passed, shown, totals.steps_reached, totals.steps, totals.branches_reached, totals.branches
            ))?,
        }
        if failed > 0 { Err(Failure::Findings) } else { Ok(()) }
    }

    fn wants(&self, told: &Told) -> bool {
        self.filter.as_ref().is_none_or(|words| told.scenario.contains(words) || told.file.contains(words))
    }
}

fn print_one(told: &Told, format: Format) -> Result<(), Failure> {
    match format {
        Format::Json => print::json(&Row {
            scenario: &told.scenario,
            file: &told.file,
            flow: &told.flow,
            covers: &told.covers,
            channel: told.channel,
            passed: told.passed,
            because: &told.because,
        }),
        Format::Text if told.passed => print::text(&format!("pass  {}: {}", told.flow, told.scenario)),
        Format::Text => print::text(&format!("FAIL  {}: {}\n      {}", told.flow, told.scenario, told.because)),
    }
}
