//! `explain`: why a ticket, or a scenario, went as it did.

use clap::Args;
use serde::Serialize;

use crate::desk::{DeskError, whole_mails};
use crate::library::{self, LibraryError, Running};
use crate::policy::explain;
use crate::policy::finding::{Severity, did_you_mean};
use crate::policy::outcome::Event;
use crate::policy::scenario;

use super::{Failure, Format, Settings, open, print, ticket};

/// Say why a ticket or a scenario went as it did.
///
/// Every decision in plain words: what was known, which rule and line, where it led, what the other verdicts would have
/// needed, and why each letter went to whom.
#[derive(Debug, Args)]
pub(super) struct Explain {
    /// The reference of a ticket, in any spacing.
    #[arg(required_unless_present = "scenario")]
    reference: Option<String>,
    /// A scenario of the pack: words of its name.
    #[arg(long, value_name = "WORDS", conflicts_with = "reference")]
    scenario: Option<String>,
    /// Say why the first message did not start this flow, instead.
    #[arg(long, value_name = "FLOW")]
    why_not: Option<String>,
}

/// A story as programs read it.
#[derive(Debug, Serialize)]
struct Story<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    scenario: Option<&'a str>,
    ticket: &'a str,
    story: &'a [String],
}

impl Explain {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        match (&self.scenario, &self.reference) {
            (Some(words), _) => tell(settings, words, self.why_not.as_deref()),
            (None, Some(reference)) => ticket(settings, reference, Asked::of(true, self.why_not.as_deref())).await,
            (None, None) => Err(Failure::Usage("name a ticket, or a scenario with --scenario".into())),
        }
    }
}

/// What is asked about a ticket.
#[derive(Debug, Clone, Copy)]
pub(super) enum Asked<'a> {
    /// What happened.
    Story,
    /// What happened, and the reasons for each decision and letter.
    Reasons,
    /// Why a flow was not chosen.
    WhyNot(&'a str),
}

impl<'a> Asked<'a> {
    pub(super) fn of(reasons: bool, why_not: Option<&'a str>) -> Asked<'a> {
        match (why_not, reasons) {
            (Some(flow), _) => Asked::WhyNot(flow),
            (None, true) => Asked::Reasons,
            (None, false) => Asked::Story,
        }
    }
}

/// Why a ticket of the desk went as it did.
pub(super) async fn ticket(settings: &Settings, written: &str, asked: Asked<'_>) -> Result<(), Failure> {
    let desk = open::kept_desk(settings, open::clock(settings), open::delivering(true)).await?;
    let ticket = desk.known_ticket(&ticket::parse(written)?).await?;
    let running = desk.packs.of(&ticket.pack, &desk.store).await.map_err(Failure::from)?;
    let told = desk.told(&ticket.reference).await?;
    let story = match asked {
        Asked::Story => explain::story(&running.pack, &ticket, &told),
        Asked::Reasons => explain::reasons(&running.pack, &running.files, &ticket, &told),
        Asked::WhyNot(flow) => {
            library::understand(&running, &open::models(settings));
            against(&running, flow, &told)?
        }
    };
    print_story(settings, None, &ticket.reference.0, &story)
}

/// Why every scenario went as it did whose name holds the words.
fn tell(settings: &Settings, words: &str, why_not: Option<&str>) -> Result<(), Failure> {
    let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
    library::understand(&running, &open::models(settings));
    let (scenarios, findings) =
        scenario::stories_with(&running.pack, &running.files, &whole_mails::read(&running.pack, &running.files));
    if findings.iter().any(|finding| finding.severity == Severity::Error) {
        return Err(DeskError::Library(LibraryError::Findings(findings, running.files.clone())).into());
    }
    let meant: Vec<_> = scenarios.iter().filter(|scenario| scenario.name.contains(words)).collect();
    if meant.is_empty() {
        return Err(Failure::Usage(format!("no scenario has the words “{words}” in its name")));
    }
    for scenario in meant {
        if settings.format == Format::Text {
            print::text(&format!("── {}: {}", scenario.flow, scenario.name))?;
        }
        for (ticket, journal) in
            scenario::tale(&running.pack, &|subject, text| running.matcher.route(subject, text), scenario)
        {
            let story = match why_not {
                None => explain::reasons(&running.pack, &running.files, &ticket, &journal),
                Some(flow) => against(&running, flow, &journal)?,
            };
            print_story(settings, Some(&scenario.name), &ticket.reference.0, &story)?;
        }
    }
    Ok(())
}

/// Why the first message of a journal did not start a flow.
fn against(running: &Running, flow: &str, journal: &[explain::Happened]) -> Result<Vec<String>, Failure> {
    if !running.pack.flows.contains_key(flow) {
        let help = did_you_mean(flow, running.pack.flows.keys().map(String::as_str));
        return Err(Failure::Usage(format!("there is no flow called `{flow}`; {help}")));
    }
    let first = journal.iter().find_map(|(event, _, _)| match event {
        Event::Received { message, opening: Some(opening), .. } => Some((message, opening)),
        _ => None,
    });
    let Some((message, opening)) = first else {
        return Ok(vec!["Its first message is not kept any more, so nobody can tell.".into()]);
    };
    if opening.flow == flow {
        return Ok(vec![format!("It did start that flow, because {}.", opening.because)]);
    }
    let reasons = running.matcher.why_not(flow, &message.subject, &message.text);
    if reasons.is_empty() {
        return Ok(vec![format!(
            "By its words it would start that flow. It went to {} instead, because {}.",
            opening.flow, opening.because
        )]);
    }
    Ok(reasons)
}

fn print_story(settings: &Settings, scenario: Option<&str>, ticket: &str, story: &[String]) -> Result<(), Failure> {
    match settings.format {
        Format::Text => print::text(&story.join("\n")),
        Format::Json => print::json(&Story { scenario, ticket, story }),
    }
}
