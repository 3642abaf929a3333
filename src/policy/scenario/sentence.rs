//! A story as a sentence: who writes, how much time passes, what agents do.

use crate::policy::message::Channel;

use super::Scenario;
use super::story::{Beat, Happening, Speech};

impl Scenario {
    /// What happens, in a sentence: `Amy Field writes, 1 working day passes, the agent does the task.`
    pub fn sentence(&self) -> String {
        let parts: Vec<String> = self.story.iter().filter_map(in_words).collect();
        let sentence = parts.join(", ");
        let mut letters = sentence.chars();
        match letters.next() {
            Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
            None => String::new(),
        }
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
        Channel::Phone => format!("{who} rings"),
    }
}
