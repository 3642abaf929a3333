//! `route`: what first messages would start. Changes nothing and needs no database.

use std::io::BufRead as _;

use serde::{Deserialize, Serialize};

use crate::desk::intake::{Also, Candidate, candidates, covers};
use crate::desk::{CLARIFY, DeskError, Running};
use crate::library;
use crate::mail;
use crate::policy::intent::Decision;

use super::{Failure, Settings, complain, open, print};

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
    covers: Vec<String>,
    also: Vec<Also>,
    candidates: Vec<Candidate>,
    because: &'a str,
}

/// Another request in the same message. It would get a ticket of its own.
fn also(running: &Running, flow: &str) -> Also {
    Also { ticket: None, flow: flow.to_owned(), covers: covers(running, flow) }
}

pub(super) fn run(settings: &Settings) -> Result<(), Failure> {
    let (running, _) = library::load(&settings.pack).map_err(DeskError::Library)?;
    library::understand(&running, &open::models(settings));
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
        let subject = asked.subject.as_deref().unwrap_or("");
        let routed = if asked.channel == "mail" {
            let new = mail::latest::of_text(subject, &asked.text);
            let passed_on = new.inner.as_ref().map(|inner| (inner.subject.as_str(), inner.text.as_str()));
            running.matcher.route_either(mail::subject::topic(subject), &new.own, passed_on)
        } else {
            running.matcher.route(subject, &asked.text)
        };
        print::json(&Answered {
            id: asked.id,
            decision: routed.decision.name(),
            flow: &routed.flow,
            covers: match routed.decision {
                Decision::Clarify => vec![CLARIFY.to_owned()],
                Decision::Flow | Decision::Answer | Decision::Triage => covers(&running, &routed.flow),
            },
            also: routed.also.iter().map(|beside| also(&running, &beside.flow)).collect(),
            candidates: candidates(&running, &routed),
            because: &routed.because,
        })?;
    }
    if broken > 0 { Err(Failure::Usage(format!("{broken} lines were not JSON with an id"))) } else { Ok(()) }
}
