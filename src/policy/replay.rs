//! Recorded history run through `advance` again: the same events give the same ticket, or it is told where they part.

mod another;
mod difference;

use jiff::Timestamp;
use serde_json::Value as Json;
use sha2::{Digest as _, Sha256};

use crate::policy::advance::advance;
use crate::policy::flow::Pack;
use crate::policy::outcome::{Effect, Event, Letter, Need, Outcome, Trace};
use crate::policy::ticket::Ticket;

pub use another::{Course, Cut, another};
pub use difference::{Difference, Kind, differences};

/// One line of a journal, as far as replaying needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// What happened.
    pub event: Event,
    /// When.
    pub at: Timestamp,
    /// The [`state_digest`] of the ticket after it.
    pub state: String,
}

/// Why a journal does not replay. Lines count from one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReplayFault {
    /// There is nothing to replay.
    #[error("the journal is empty")]
    Empty,
    /// An event that was kept is now refused.
    #[error("line {line} ({event}) is refused: {because}")]
    Refused {
        /// The line.
        line: usize,
        /// The event's name.
        event: &'static str,
        /// What an agent would read.
        because: String,
    },
    /// The ticket is not what it was.
    #[error("line {line} ({event}) gives another ticket than was recorded")]
    Differs {
        /// The line.
        line: usize,
        /// The event's name.
        event: &'static str,
    },
}

/// Runs a journal from its first event and gives back the ticket that it leads to. The pack must be the one under
/// which the ticket ran.
pub fn replay(pack: &Pack, journal: &[Recorded]) -> Result<Ticket, ReplayFault> {
    let mut steps = again(pack, journal)?;
    steps.pop().map(|step| step.ticket).ok_or(ReplayFault::Empty)
}

/// What one line of a journal led to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// The ticket after it.
    pub ticket: Ticket,
    /// What was decided.
    pub trace: Vec<Trace>,
    /// What was written.
    pub letters: Vec<Letter>,
    /// What had to be found next.
    pub need: Option<Need>,
}

impl Step {
    fn of(at: Timestamp, outcome: Outcome) -> Step {
        let letters = outcome.effects.into_iter().filter_map(|effect| match effect {
            Effect::Letter(letter) => Some(letter),
            Effect::Escalated { .. } | Effect::Tell(_) | Effect::Changed(_) | Effect::Opens(_) => None,
        });
        Step { at, letters: letters.collect(), ticket: outcome.ticket, trace: outcome.trace, need: outcome.need }
    }
}

/// Runs a journal from its first event, as [`replay`] does, and gives back all that each line led to.
pub fn again(pack: &Pack, journal: &[Recorded]) -> Result<Vec<Step>, ReplayFault> {
    let mut steps: Vec<Step> = Vec::with_capacity(journal.len());
    for (at, recorded) in journal.iter().enumerate() {
        let (line, event) = (at + 1, recorded.event.name());
        let before = steps.last().map(|step| &step.ticket);
        let mut outcome = advance(pack, before, &recorded.event, recorded.at);
        if let Some(because) = outcome.refused.take() {
            return Err(ReplayFault::Refused { line, event, because });
        }
        if state_digest(&outcome.ticket) != recorded.state {
            return Err(ReplayFault::Differs { line, event });
        }
        steps.push(Step::of(recorded.at, outcome));
    }
    if steps.is_empty() { Err(ReplayFault::Empty) } else { Ok(steps) }
}

/// The name of a ticket's state: two tickets have the same one only if all in them is equal.
pub fn state_digest(ticket: &Ticket) -> String {
    let json = serde_json::to_value(ticket).expect("a ticket holds texts, numbers and maps with text keys alone");
    let mut canonical = String::new();
    write_canonical(&json, &mut canonical);
    Sha256::digest(canonical.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// JSON with its keys in order and no space, whatever order the maps came in.
fn write_canonical(json: &Json, out: &mut String) {
    match json {
        Json::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort();
            out.push('{');
            for (n, key) in keys.into_iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                out.push_str(&Json::String(key.clone()).to_string());
                out.push(':');
                write_canonical(&map[key], out);
            }
            out.push('}');
        }
        Json::Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                write_canonical(item, out);
            }
            out.push(']');
        }
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => out.push_str(&json.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::write_canonical;

    #[test]
    fn canonical_json_does_not_depend_on_the_order_of_keys() {
        let mut out = String::new();
        write_canonical(&json!({"b": [1, {"d": null, "c": "x\"y"}], "a": true}), &mut out);
        assert_eq!(out, r#"{"a":true,"b":[1,{"c":"x\"y","d":null}]}"#);
    }
}
