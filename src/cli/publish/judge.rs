//! Whether a pack may run: checked, its scenarios told, and enough of it reached by them.

use crate::desk::{Running, whole_mails};
use crate::library::{self, LibraryError};
use crate::policy::check::on_day;
use crate::policy::finding::{Finding, Severity};
use crate::policy::scenario;

use super::super::test::{self, Teller};
use super::super::{Failure, Settings, check, complain, open};
use super::warnings;

/// A pack that may run.
pub(super) struct Judged {
    /// The pack.
    pub running: Running,
    /// How many findings warn.
    pub warnings: usize,
    /// How many scenarios pass.
    pub scenarios: usize,
}

/// Judges the folder's pack. What speaks against it is printed.
pub(super) fn folder(settings: &Settings) -> Result<Judged, Failure> {
    let (running, findings) = library::load(&settings.pack)?;
    library::understand(&running, &open::models(settings));
    let mails = whole_mails::read(&running.pack, &running.files);
    let faults = scenario::findings_with(&running.pack, &running.files, &mails);
    let mut findings = findings;
    let (late, told): (Vec<Finding>, Vec<Finding>) = on_day(&running.files, check::today(settings))
        .into_iter()
        .partition(|finding| finding.severity == Severity::Error);
    findings.extend(told);
    let faults: Vec<Finding> = faults.into_iter().chain(late).collect();
    if !faults.is_empty() {
        return Err(LibraryError::Findings(faults, running.files.clone()).into());
    }
    let (scenarios, _) = scenario::stories_with(&running.pack, &running.files, &mails);
    let told = Teller::new(&running.matcher, None).tell(&running.pack, &scenarios);
    let mut failed = 0;
    for told in told.iter().filter(|told| !told.passed) {
        failed += 1;
        test::print_one(told, settings.format)?;
    }
    if failed > 0 {
        complain(&format!("{failed} of {} scenarios fail; nothing is published", told.len()));
        return Err(Failure::Findings);
    }
    if test::falls_short(&running.pack, &test::reached(&told)) {
        complain("the scenarios reach too little; `caredesk test --coverage` says what; nothing is published");
        return Err(Failure::Findings);
    }
    Ok(Judged { warnings: warnings(&findings), scenarios: told.len(), running })
}

/// A pack that ran before was judged then.
pub(super) fn kept(running: Running) -> Judged {
    Judged { running, warnings: 0, scenarios: 0 }
}
