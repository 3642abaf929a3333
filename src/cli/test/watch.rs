//! `test --watch`: tells the scenarios again whenever a file of the pack changes.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::desk::whole_mails;
use crate::library::{self, LibraryError, Running};
use crate::policy::check::Sources;
use crate::policy::finding::{Finding, Severity};
use crate::policy::scenario::{self, Scenario, Told};

use super::super::{Failure, Format, Settings, open, print};
use super::tell::Teller;
use super::{Test, reached, report, totals};

/// How often it looks at the files.
const PAUSE: Duration = Duration::from_millis(300);

/// What the last telling came to: whether each scenario passed, and why not.
type Last = BTreeMap<(String, String), String>;

/// Runs until it is stopped.
pub(super) fn run(test: &Test, settings: &Settings) -> Result<(), Failure> {
    let mut seen: Option<(Sources, Vec<Finding>)> = None;
    let mut running: Option<Arc<Running>> = None;
    let mut last = Last::new();
    loop {
        match library::read(&settings.pack) {
            Ok(read) if seen.as_ref() == Some(&read) => {}
            Ok(read) => {
                seen = Some(read.clone());
                look(test, settings, read, &mut running, &mut last)?;
            }
            // An editor that replaces a file leaves none for a moment.
            Err(_) if seen.is_some() => {}
            Err(error) => return Err(Failure::Usage(format!("{error}. Name the pack's folder with --pack"))),
        }
        thread::sleep(PAUSE);
    }
}

/// Checks and tells what is there now.
fn look(
    test: &Test,
    settings: &Settings,
    (sources, unreadable): (Sources, Vec<Finding>),
    running: &mut Option<Arc<Running>>,
    last: &mut Last,
) -> Result<(), Failure> {
    let files = sources.files.clone();
    // Where only stories were edited, the pack need not be made again.
    let same = running.as_ref().filter(|running| unreadable.is_empty() && only_stories_differ(&running.files, &files));
    let now = match same {
        Some(running) => Arc::clone(running),
        None => match library::make(sources, unreadable) {
            Ok((made, _)) => {
                library::understand(&made, &open::models(settings));
                made
            }
            Err(LibraryError::Findings(findings, files)) => return broken(&findings, &files, settings.format),
            Err(error) => return Err(Failure::Other(error.to_string())),
        },
    };
    let mails = whole_mails::read(&now.pack, &files);
    let findings = scenario::findings_with(&now.pack, &files, &mails);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return broken(&findings, &files, settings.format);
    }
    let (scenarios, _) = scenario::stories_with(&now.pack, &files, &mails);
    let wanted: Vec<Scenario> = scenarios.into_iter().filter(|scenario| test.wants(scenario)).collect();
    let told = Teller::new(&now.matcher, test.jobs).tell(&now.pack, &wanted);
    for told in told.iter().filter(|told| last.get(&key(told)) != Some(&told.because)) {
        report::one(told, settings.format)?;
    }
    *last = told.iter().map(|told| (key(told), told.because.clone())).collect();
    report::totals(&totals(&now.pack, &told, &reached(&told)), settings.format)?;
    *running = Some(now);
    Ok(())
}

/// What is wrong with the pack as it is now. It may be right after the next edit.
fn broken(findings: &[Finding], files: &BTreeMap<String, String>, format: Format) -> Result<(), Failure> {
    for finding in findings {
        match format {
            Format::Json => print::json(&print::FindingRow::from(finding))?,
            Format::Text => print::text(&print::finding(finding, files))?,
        }
    }
    if format == Format::Text {
        print::text(&format!("The pack has {} findings. It is looked at again when a file changes.", findings.len()))?;
    }
    Ok(())
}

fn key(told: &Told) -> (String, String) {
    (told.file.clone(), told.scenario.clone())
}

fn only_stories_differ(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> bool {
    fn rest(files: &BTreeMap<String, String>) -> impl Iterator<Item = (&String, &String)> {
        files.iter().filter(|(file, _)| !file.ends_with(".scenarios.yaml"))
    }
    rest(before).eq(rest(now))
}
