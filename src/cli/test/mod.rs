//! `test`: tells the pack's scenarios, says what they reach, and which changes of the pack they would notice.

mod coverage;
mod mutate;
mod report;
mod tell;
mod watch;

use std::num::NonZeroUsize;

use clap::Args;
use serde::Serialize;

use crate::desk::{DeskError, whole_mails};
use crate::library;
use crate::policy::flow::Pack;
use crate::policy::scenario::{self, Coverage, Kind, Scenario, Told};

use super::{Failure, Settings, open};

pub(super) use coverage::falls_short;
pub(super) use report::one as print_one;
pub(super) use tell::Teller;

/// Tell the pack's scenarios and say which fail.
#[derive(Debug, Args)]
pub(super) struct Test {
    /// Only scenarios whose name or file holds these words.
    words: Option<String>,
    /// Only scenarios whose name or file holds these words.
    #[arg(long, value_name = "WORDS", conflicts_with = "words")]
    filter: Option<String>,
    /// How many scenarios are told at a time; as many as the machine has cores, when it is not said.
    #[arg(long, value_name = "N")]
    jobs: Option<NonZeroUsize>,
    /// Tell them again whenever a file of the pack changes, and print what came out otherwise. Ctrl-C ends it.
    #[arg(long, conflicts_with_all = ["coverage", "mutate"])]
    watch: bool,
    /// Also list what no scenario reaches, and fail below the limits in desk.yaml.
    #[arg(long, conflicts_with = "mutate")]
    coverage: bool,
    /// Change the pack in small ways, one at a time, and list the changes that no scenario notices.
    #[arg(long)]
    mutate: bool,
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
    verdicts: usize,
    verdicts_reached: usize,
    rows: usize,
    rows_reached: usize,
    answers: usize,
    answers_reached: usize,
    reminders: usize,
    reminders_reached: usize,
}

impl Test {
    pub(super) fn run(self, settings: &Settings) -> Result<(), Failure> {
        if self.watch {
            return watch::run(&self, settings);
        }
        let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
        library::understand(&running, &open::models(settings));
        let mails = whole_mails::read(&running.pack, &running.files);
        let findings = scenario::findings_with(&running.pack, &running.files, &mails);
        if !findings.is_empty() {
            return Err(DeskError::Library(library::LibraryError::Findings(findings, running.files.clone())).into());
        }
        let (scenarios, _) = scenario::stories_with(&running.pack, &running.files, &mails);
        let teller = Teller::new(&running.matcher, self.jobs);
        if self.mutate {
            return mutate::run(&teller, &running, scenarios, settings.format, |scenario| self.wants(scenario));
        }
        let wanted: Vec<Scenario> = scenarios.into_iter().filter(|scenario| self.wants(scenario)).collect();
        let told = teller.tell(&running.pack, &wanted);
        for told in &told {
            report::one(told, settings.format)?;
        }
        let reached = reached(&told);
        let all_told = self.words().is_none();
        let falls_short = self.coverage && coverage::tell(&running.pack, &reached, settings.format, all_told)?;
        report::totals(&totals(&running.pack, &told, &reached), settings.format)?;
        let failed = told.iter().any(|told| !told.passed);
        if failed || falls_short { Err(Failure::Findings) } else { Ok(()) }
    }

    fn words(&self) -> Option<&String> {
        self.filter.as_ref().or(self.words.as_ref())
    }

    fn wants(&self, scenario: &Scenario) -> bool {
        self.words()
            .is_none_or(|words| scenario.name.contains(words.as_str()) || scenario.file.contains(words.as_str()))
    }
}

/// What all of them reached together.
pub(super) fn reached(told: &[Told]) -> Coverage {
    let mut reached = Coverage::default();
    for told in told {
        reached.add(&told.reached);
    }
    reached
}

fn totals(pack: &Pack, told: &[Told], reached: &Coverage) -> Totals {
    let all = Coverage::all(pack);
    let there = |kind| all.of(kind).len();
    let met = |kind| reached.of(kind).intersection(all.of(kind)).count();
    Totals {
        scenarios: told.len(),
        passed: told.iter().filter(|told| told.passed).count(),
        steps: there(Kind::Step),
        steps_reached: met(Kind::Step),
        branches: there(Kind::Branch),
        branches_reached: met(Kind::Branch),
        verdicts: there(Kind::Verdict),
        verdicts_reached: met(Kind::Verdict),
        rows: there(Kind::Row),
        rows_reached: met(Kind::Row),
        answers: there(Kind::Answer),
        answers_reached: met(Kind::Answer),
        reminders: there(Kind::Reminder),
        reminders_reached: met(Kind::Reminder),
    }
}
