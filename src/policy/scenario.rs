//! Scenarios: stories that test a flow. Reads `<flow>.scenarios.yaml`, tells each story in memory through `advance`, and
//! says which line came out otherwise. Nothing is sent or kept.

mod cast;
mod coverage;
mod equivalent;
mod expect;
mod reader;
mod run;
mod sentence;
mod story;
mod thing;
mod whole;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil;

use crate::policy::finding::{Finding, Place, Severity, in_order};
use crate::policy::flow::Pack;
use crate::policy::intent::{Matcher, Routed};
use crate::policy::world::World;

pub use coverage::Coverage;
pub use equivalent::{Equivalent, equivalents};
pub use run::{BEGINS, News, Rehearsal, comes_out, keyed, tale, tell};
pub use thing::{Kind, Thing, things};
pub use whole::{Mails, WholeMail};

use story::Beat;

/// Where the made-up directory of all scenarios stands.
const WORLD: &str = "flows/world.yaml";

/// Says what a first message starts, by its subject and text.
pub type Route<'a> = &'a (dyn Fn(&str, &str) -> Routed + Sync);

/// One story.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// The file that it stands in.
    pub file: String,
    /// The flow, or the area of answers, beside which it stands.
    pub flow: String,
    /// Catalogue ids: its own, else those of its flow.
    pub covers: Vec<String>,
    /// `mail`, `chat` or `both`: how people speak in it.
    pub channel: &'static str,
    /// When it begins, on the desk's clock.
    now: civil::DateTime,
    /// The directory in which it begins.
    world: Arc<World>,
    /// What happens, in order.
    story: Vec<Beat>,
    /// Where it stands.
    place: Place,
}

/// How a story came out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// Its name.
    pub scenario: String,
    /// The file that it stands in.
    pub file: String,
    /// The flow, or the area of answers, beside which it stands.
    pub flow: String,
    /// Catalogue ids.
    pub covers: Vec<String>,
    /// `mail`, `chat` or `both`.
    pub channel: &'static str,
    /// What happens in it, in a sentence.
    pub sentence: String,
    /// Whether all came as expected.
    pub passed: bool,
    /// Empty, or the line at which it failed, with what was expected and what came.
    pub because: String,
    /// The expectation that was not met, if that is why it failed.
    pub difference: Option<Difference>,
    /// What it went through.
    pub reached: Coverage,
}

/// What was expected beside what came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Where the expectation stands.
    pub place: Place,
    /// Its key, such as `state`.
    pub key: &'static str,
    /// What should have come, line by line.
    pub expected: String,
    /// What came.
    pub came: String,
}

/// Reads every scenario of a pack's files. A scenario with a fault is told as findings and left out.
pub fn stories(pack: &Pack, files: &BTreeMap<String, String>) -> (Vec<Scenario>, Vec<Finding>) {
    stories_with(pack, files, &Mails::new())
}

/// The same, with the whole mails that they tell.
pub fn stories_with(pack: &Pack, files: &BTreeMap<String, String>, mails: &Mails) -> (Vec<Scenario>, Vec<Finding>) {
    let mut findings = Vec::new();
    let world = Arc::new(world(files, &mut findings));
    let mut scenarios = Vec::new();
    for (file, text) in files.iter().filter(|(file, _)| file.ends_with(".scenarios.yaml")) {
        scenarios.extend(story::read_file(pack, &world, mails, (file, text), &mut findings));
    }
    (scenarios, in_order(findings))
}

/// Everything that is wrong with how a pack's scenarios are written.
pub fn findings(pack: &Pack, files: &BTreeMap<String, String>) -> Vec<Finding> {
    findings_with(pack, files, &Mails::new())
}

/// The same, with the whole mails that they tell.
pub fn findings_with(pack: &Pack, files: &BTreeMap<String, String>, mails: &Mails) -> Vec<Finding> {
    let mut findings = stories_with(pack, files, mails).1;
    equivalents(pack, files, &mut findings);
    in_order(findings)
}

/// Tells every story of a pack, in the order of files and lines. Faults in how they are written come first: then none is
/// told.
pub fn tell_all(pack: &Pack, matcher: &Matcher, files: &BTreeMap<String, String>) -> Result<Vec<Told>, Vec<Finding>> {
    tell_all_with(pack, matcher, files, &Mails::new())
}

/// The same, with the whole mails that they tell.
pub fn tell_all_with(
    pack: &Pack,
    matcher: &Matcher,
    files: &BTreeMap<String, String>,
    mails: &Mails,
) -> Result<Vec<Told>, Vec<Finding>> {
    let (scenarios, findings) = stories_with(pack, files, mails);
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(findings);
    }
    let route = |subject: &str, text: &str| matcher.route(subject, text);
    Ok(scenarios.iter().map(|scenario| tell(pack, &route, scenario)).collect())
}

fn world(files: &BTreeMap<String, String>, findings: &mut Vec<Finding>) -> World {
    let Some(text) = files.get(WORLD) else { return World::default() };
    World::from_yaml(text).unwrap_or_else(|faults| {
        findings.extend(faults.into_iter().map(|fault| {
            let help = "the rows are written as for `directory import`";
            Finding::error("bad-directory", Place::start_of(WORLD), fault, help)
        }));
        World::default()
    })
}
