//! Why a flow was not chosen for a first message: its share beside the best, its keywords, and the words that rule it out.

use super::exact::Phrase;
use super::{Decision, Matcher, ranked, words};

impl Matcher {
    /// The reasons for which a first message did not start a flow, one sentence each. Empty when it would start it.
    pub fn why_not(&self, flow: &str, subject: &str, text: &str) -> Vec<String> {
        let routed = self.route(subject, text);
        if routed.flow == flow {
            return Vec::new();
        }
        let Some((at, door)) = self.doors.iter().enumerate().find(|(_, door)| door.flow == flow) else {
            return vec![
                "No message starts it: it has no examples or keywords. Another flow runs it, or an agent.".into(),
            ];
        };
        let (subject, text) = (words::words(subject), words::words(text));
        let mut reasons = Vec::new();
        let stands = |phrase: &&Phrase| phrase.stands_in(&subject) || phrase.stands_in(&text);
        let against: Vec<&str> = door.never.iter().filter(stands).map(|phrase| phrase.written.as_str()).collect();
        if !against.is_empty() {
            reasons.push(format!("The message says “{}”, which rules it out.", against.join("”, “")));
        }
        let scores = self.scores(&subject, &text);
        let ranked = ranked(&scores.shares);
        let share = ranked.iter().find(|(door, _)| *door == at).map_or(0, |(_, share)| *share);
        let place = ranked.iter().position(|(door, _)| *door == at).unwrap_or(0) + 1;
        reasons.push(format!(
            "It had {} in a hundred and came {place}. of {}; to start it needs {}.",
            share / 10,
            ranked.len(),
            door.enough / 10
        ));
        if let Some((best, share)) = ranked.first().filter(|(best, _)| *best != at) {
            reasons.push(format!("“{}” had {} in a hundred.", self.doors[*best].title, share / 10));
        }
        match scores.keywords[at].as_slice() {
            [] if door.keywords.is_empty() => {}
            [] => {
                let written: Vec<&str> = door.keywords.iter().map(|phrase| phrase.written.as_str()).collect();
                reasons.push(format!("None of its keywords stands in the message: {}.", written.join(", ")));
            }
            found => {
                reasons.push(format!("The message holds its keyword “{}”, which was not enough.", found.join("”, “")));
            }
        }
        let nearest = self.nearest_example(&scores, at);
        reasons.extend(nearest.map(|example| format!("The nearest of its examples is “{example}”.")));
        reasons.push(match routed.decision {
            Decision::Flow | Decision::Answer => format!("So “{}” began, because {}.", routed.flow, routed.because),
            Decision::Clarify => format!("So the person was asked, because {}.", routed.because),
            Decision::Triage => format!("So a person reads it, because {}.", routed.because),
        });
        reasons
    }
}
