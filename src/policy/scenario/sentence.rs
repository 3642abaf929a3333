//! A story as a sentence: who writes, how much time passes, what agents do.

use crate::policy::message::Channel;

use super::Scenario;
use super::story::{Beat, Happening, Speech};

impl Scenario {
    /// What happens, in a sentence: `Amy Field writes and again, after 1 working day, agent: done.`
    pub fn sentence(&self) -> String {
        let mut parts: Vec<String> = Vec::new();
        for part in self.story.iter().filter_map(in_words) {
            match parts.last_mut() {
                Some(last) if last.strip_suffix(" and again").unwrap_or(last) == part => {
                    if *last == part {
                        last.push_str(" and again");
                    }
                }
                _ => parts.push(part),
            }
        }
        format!("{}.", parts.join(", "))
    }
}

/// What happens; expectations are what the story is told for, and no part of it.
fn in_words(beat: &Beat) -> Option<String> {
    Some(match &beat.what {
        Happening::Says(speech) => says(speech),
        Happening::Passes(length) => format!("after {length}"),
        Happening::Acts { agent, act, .. } => format!("{agent}: {}", act.name().replace('_', " ")),
        Happening::Changes(_) => "the directory changes".into(),
        Happening::Expects(_) => return None,
    })
}

fn says(speech: &Speech) -> String {
    let who = speech.from.name.as_deref().unwrap_or(&speech.from.address);
    match speech.channel {
        Channel::Mail => format!("{who} writes"),
        Channel::Chat => format!("{who} chats"),
        Channel::Phone | Channel::Text => format!("{who} rings"),
    }
}
