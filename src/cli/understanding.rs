//! `check --understanding`: how well the flows' examples tell them apart, for authors.

use serde::Serialize;

use crate::desk::DeskError;
use crate::library;
use crate::policy::intent::Understanding;

use super::{Failure, Format, Settings, print};

/// The whole judgement, for programs.
#[derive(Debug, Serialize)]
struct Judged<'a> {
    examples: usize,
    right: usize,
    among_three: usize,
    acting: Vec<Acting>,
    confusions: Vec<Confused<'a>>,
    few: Vec<&'a str>,
    pulling: Vec<Pulling<'a>>,
}

/// What acting from a share on would come to.
#[derive(Debug, Serialize)]
struct Acting {
    share: f64,
    acted: usize,
    wrong: usize,
}

/// Examples of one flow that found another.
#[derive(Debug, Serialize)]
struct Confused<'a> {
    flow: &'a str,
    found: &'a str,
    times: usize,
}

/// An example that surely speaks for another flow than its own.
#[derive(Debug, Serialize)]
struct Pulling<'a> {
    example: &'a str,
    flow: &'a str,
    found: &'a str,
}

/// Judges and prints.
pub(super) fn tell(settings: &Settings) -> Result<(), Failure> {
    let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
    let measured = running.matcher.measure();
    match settings.format {
        Format::Json => print::json(&judged(&measured)),
        Format::Text => print::text(&in_words(&judged(&measured))),
    }
}

fn judged(measured: &Understanding) -> Judged<'_> {
    Judged {
        examples: measured.examples,
        right: measured.right,
        among_three: measured.among_three,
        acting: measured
            .acting
            .iter()
            .map(|(share, acted, wrong)| Acting { share: f64::from(*share) / 1000.0, acted: *acted, wrong: *wrong })
            .collect(),
        confusions: measured
            .confusions
            .iter()
            .map(|one| Confused { flow: &one.flow, found: &one.found, times: one.times })
            .collect(),
        few: measured.flows.iter().filter(|flow| flow.few).map(|flow| flow.flow.as_str()).collect(),
        pulling: measured.pulling.iter().map(|(example, flow, found)| Pulling { example, flow, found }).collect(),
    }
}

fn in_words(judged: &Judged<'_>) -> String {
    let percent = |part: usize, of: usize| (part * 100).checked_div(of).unwrap_or(0);
    let mut lines = vec![format!(
        "Of {} examples, {} in a hundred find their flow by what the others teach, and {} in a hundred have it among the first three.",
        judged.examples,
        percent(judged.right, judged.examples),
        percent(judged.among_three, judged.examples)
    )];
    lines.push("If a flow is started from this likelihood on:".into());
    for one in &judged.acting {
        lines.push(format!(
            "  {:.2}: {} in a hundred start a flow, {:.1} in a hundred of these a wrong one",
            one.share,
            percent(one.acted, judged.examples),
            if one.acted == 0 { 0.0 } else { one.wrong as f64 * 100.0 / one.acted as f64 }
        ));
    }
    if !judged.confusions.is_empty() {
        lines.push("Most often taken for another:".into());
        lines.extend(judged.confusions.iter().map(|one| format!("  {} for {}: {}", one.flow, one.found, one.times)));
    }
    if !judged.few.is_empty() {
        lines.push(format!("Too few examples to judge by: {}.", judged.few.join(", ")));
    }
    if !judged.pulling.is_empty() {
        lines.push("These examples pull two ways; word them more clearly, or move them:".into());
        lines.extend(judged.pulling.iter().map(|one| {
            format!(
                "  “{}” of {} speaks for {}",
                one.example.split_whitespace().collect::<Vec<_>>().join(" "),
                one.flow,
                one.found
            )
        }));
    }
    lines.join("\n")
}
