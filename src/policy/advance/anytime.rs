//! Words that are heard in every flow, before the pending question: asking for a person, and for the state.

use crate::policy::flow::{DeskText, Pack};
use crate::policy::message::Message;

use super::work::Work;

/// A message longer than this is a story, not a command, whatever words stand in it.
const WORDS_OF_A_COMMAND: usize = 14;

impl Work<'_> {
    /// Whether the message asked for a person, and gets one.
    pub(super) fn asked_for_a_person(&mut self, message: &Message) -> bool {
        let anytime = &self.pack.desk.anytime;
        if !says(&message.text, &anytime.agent_words) {
            return false;
        }
        let queue = self.queue_here();
        self.hand_over(&queue, "the requester asked for a person");
        match &anytime.agent_say {
            Some(say) => self.say_template(say),
            None => self.say_desk_text(DeskText::HandedOver),
        }
        true
    }

    /// Whether the message asked where the request is, and is told. Answers may stand beside the question.
    pub(super) fn asked_for_the_state(&mut self, message: &Message) -> bool {
        if !says(&message.text, &self.pack.desk.anytime.status_words) {
            return false;
        }
        self.note("The requester asked where the request is.");
        self.say_desk_text(DeskText::Status);
        true
    }
}

/// Whether a message asks for a person.
pub(super) fn asks_for_a_person(pack: &Pack, message: &Message) -> bool {
    says(&message.text, &pack.desk.anytime.agent_words)
}

/// Whether a short text is one of the words, or holds one of the phrases.
fn says(text: &str, words: &[String]) -> bool {
    let said: Vec<String> = split(text);
    if said.is_empty() || said.len() > WORDS_OF_A_COMMAND {
        return false;
    }
    let polite: Vec<&String> =
        said.iter().filter(|word| !matches!(word.as_str(), "please" | "a" | "an" | "the")).collect();
    words.iter().map(|words| split(words)).any(|phrase| match phrase.as_slice() {
        [] => false,
        [word] => polite.as_slice() == [word],
        phrase => said.windows(phrase.len()).any(|window| window == phrase),
    })
}

fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .take(WORDS_OF_A_COMMAND + 1)
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::says;

    #[test]
    fn a_word_counts_alone_and_a_phrase_counts_in_a_short_text() {
        let words = ["agent".to_owned(), "speak to a person".to_owned()];
        assert!(says("Agent please!", &words));
        assert!(says("Can I speak to a person about this?", &words));
        assert!(!says("Our travel agent is called Rose", &words));
        assert!(!says("", &words));
    }
}
