//! `route`: what first messages would start. Changes nothing and needs no database.

use std::io::BufRead as _;

use serde::{Deserialize, Serialize};

use crate::desk::DeskError;
use crate::library;
use crate::mail;
use crate::policy::intent::Decision;

use super::{Failure, Settings, complain, print};

/// A first message.
#[derive(Debug, Deserialize)]
struct Asked {
    id: serde_json::Value,
    #[serde(default)]
    channel: String,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    text: String,
}

/// What it would start.
#[derive(Debug, Serialize)]
struct Answered<'a> {
    id: serde_json::Value,
    decision: &'static str,
    flow: &'a str,
    covers: &'a [String],
    also: Vec<String>,
    candidates: Vec<Candidate<'a>>,
    because: &'a str,
}

/// A flow that might be meant.
#[derive(Debug, Serialize)]
struct Candidate<'a> {
    flow: &'a str,
    covers: &'a [String],
    score: f64,
}

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
    let covers = |flow: &str| running.pack.flows.get(flow).map_or(&[][..], |flow| flow.covers.as_slice());
    let mut broken = 0;
    for (n, line) in std::io::stdin().lock().lines().enumerate() {
        let line = line.map_err(|error| Failure::Usage(format!("cannot read line {}: {error}", n + 1)))?;
        if line.trim().is_empty() {
            continue;
        }
        let asked: Asked = match serde_json::from_str(&line) {
            Ok(asked) => asked,
            Err(error) => {
                complain(&format!("line {}: {error}", n + 1));
                broken += 1;
                continue;
            }
        };
        let text = if asked.channel == "mail" { mail::latest::of_text(&asked.text) } else { asked.text.clone() };
        let routed = running.matcher.route(asked.subject.as_deref().unwrap_or(""), &text);
        print::json(&Answered {
            id: asked.id,
            decision: match routed.decision {
                Decision::Flow => "flow",
                Decision::Answer => "answer",
                Decision::Triage => "triage",
            },
            flow: &routed.flow,
            covers: covers(&routed.flow),
            also: Vec::new(),
            candidates: routed
                .candidates
                .iter()
                .map(|candidate| Candidate {
                    flow: &candidate.flow,
                    covers: covers(&candidate.flow),
                    score: f64::from(candidate.score) / 1000.0,
                })
                .collect(),
            because: &routed.because,
        })?;
    }
    if broken > 0 { Err(Failure::Usage(format!("{broken} lines were not JSON with an id"))) } else { Ok(()) }
}
