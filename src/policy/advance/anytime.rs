//! Words that are heard in every flow, before the pending question. The words and the sentences are policy; what they do
//! is built in.

use crate::policy::flow::{DeskText, Ending, Heard, Pack};
use crate::policy::message::{Channel, Message};
use crate::policy::outcome::Block;
use crate::policy::recognise;
use crate::policy::ticket::{Aside, Brake, Source, Waiting};

use super::letters::numbered;
use super::rewind::New;
use super::which::picked;
use super::work::Work;

/// A message longer than this is a story, not a command, whatever words stand in it.
const WORDS_OF_A_COMMAND: usize = 14;
/// Words that may stand around a command and change nothing.
const AROUND: [&str; 52] = [
    "please",
    "a",
    "an",
    "the",
    "hi",
    "hello",
    "hey",
    "dear",
    "team",
    "ok",
    "okay",
    "oh",
    "sorry",
    "thanks",
    "thank",
    "you",
    "cheers",
    "very",
    "much",
    "i",
    "we",
    "id",
    "like",
    "want",
    "wish",
    "need",
    "would",
    "can",
    "could",
    "may",
    "let",
    "lets",
    "us",
    "me",
    "to",
    "just",
    "now",
    "again",
    "my",
    "our",
    "your",
    "this",
    "that",
    "it",
    "its",
    "is",
    "all",
    "request",
    "question",
    "questions",
    "one",
    "answer",
];

impl<'a> Work<'a> {
    /// Whether the message asked for a person, and gets one.
    pub(super) fn asked_for_a_person(&mut self, message: &Message) -> bool {
        let agent = &self.pack.desk.anytime.agent;
        if !says(&message.text, &agent.words) {
            return false;
        }
        let queue = self.queue_here();
        self.hand_over(&queue, "the requester asked for a person");
        match &agent.say {
            Some(say) => self.say_template(say),
            None => self.say_desk_text(DeskText::HandedOver),
        }
        true
    }

    /// Whether the message asked where the request is, and is told. Answers may stand beside the question.
    pub(super) fn asked_for_the_state(&mut self, message: &Message) -> bool {
        if !says(&message.text, &self.pack.desk.anytime.status.words) {
            return false;
        }
        self.note("The requester asked where the request is.");
        self.say_desk_text(DeskText::Status);
        true
    }

    /// Whether the message was one of the other commands, or settled the question that stood before the pending one.
    pub(super) fn heard_a_command(&mut self, message: &Message) -> bool {
        let (text, anytime) = (message.text.as_str(), &self.pack.desk.anytime);
        if self.is_one_of_the_choices(text) {
            return false;
        }
        if is_only(text, &anytime.cancel.words) {
            self.stop(Ending::Unanswered, &anytime.cancel, "the requester cancelled it");
        } else if is_only(text, &anytime.sorted.words) {
            self.stop(Ending::Resolved, &anytime.sorted, "the requester said that it is sorted");
        } else if is_only(text, &anytime.restart.words) {
            self.begin_again();
        } else if is_only(text, &anytime.back.words) {
            self.go_to_the_question_before();
        } else if is_only(text, &anytime.again.words) {
            self.note("The requester asked for the question again.");
            self.repeat();
        } else if self.is_asking() && is_only(text, &anytime.status.words) {
            // Alone it is no answer, whatever is asked for.
            self.asked_for_the_state(message);
            self.repeat();
        } else if is_only(text, &anytime.help.words) {
            self.note("The requester asked what they can say.");
            self.say_heard(&anytime.help);
            self.repeat();
        } else if let Some(change) = self.asked_for_a_change(text) {
            let (facts, to) = change;
            self.change_one_of(facts, to);
        } else {
            return self.settles_what_is_beside(message);
        }
        true
    }

    /// Whether a text is one of the choices of the question that is open, whatever it means elsewhere.
    fn is_one_of_the_choices(&self, text: &str) -> bool {
        let Waiting::Answers { facts, .. } = &self.ticket.waiting else { return false };
        let first: Vec<String> = facts.iter().take(1).cloned().collect();
        let text = text.trim();
        self.ticket.aside.is_none()
            && self
                .decls_of(&first)
                .iter()
                .any(|decl| decl.choices.iter().any(|choice| choice.eq_ignore_ascii_case(text)))
    }

    fn is_asking(&self) -> bool {
        !matches!(self.ticket.waiting, Waiting::Nothing | Waiting::Task { .. })
    }

    /// Asks once more what is asked, as it stands.
    pub(super) fn repeat(&mut self) {
        match (&self.ticket.aside, &self.ticket.waiting) {
            (Some(_), _) => self.draft.aside = true,
            (None, Waiting::Nothing | Waiting::Task { .. }) => self.say_desk_text(DeskText::Status),
            (None, _) => self.draft.asks = true,
        }
    }

    /// The message brought something new, though no answer: the brake against loops lets its letter out.
    pub(super) fn brings_news(&mut self) {
        if self.draft.brake == Brake::UnlessNew {
            self.draft.brake = Brake::Off;
        }
    }

    /// Says the desk's sentence about a command.
    pub(super) fn say_heard(&mut self, heard: &Heard) {
        if let Some(say) = &heard.say {
            self.say_template(say);
        }
    }

    /// Ends the request, if nothing was done for it.
    fn stop(&mut self, ending: Ending, heard: &Heard, because: &str) {
        self.brings_news();
        if self.has_acted() {
            self.too_late(because);
            return;
        }
        self.ticket.frames.clear();
        self.say_heard(heard);
        self.close(ending, because);
    }

    /// Which answers a message asks to change, and to what. All that may be changed, when it does not say which.
    fn asked_for_a_change(&self, text: &str) -> Option<(Vec<String>, Option<String>)> {
        let words = &self.pack.desk.anytime.change.words;
        if is_only(text, words) {
            let shown = match &self.ticket.waiting {
                Waiting::Confirm { names, .. } => self.changeable(names),
                _ => Vec::new(),
            };
            return Some((if shown.is_empty() { self.theirs() } else { shown }, None));
        }
        let rest = behind(text, words)?;
        if rest.contains('\n') || split(rest).len() > WORDS_OF_A_COMMAND {
            return None;
        }
        let all = self.theirs();
        let decls = self.decls_of(&all);
        let parted = rest.match_indices(" to ").map(|(at, mark)| (&rest[..at], Some(&rest[at + mark.len()..])));
        for (which, to) in parted.chain([(rest, None)]) {
            let facts = recognise::named(which, &decls);
            if !facts.is_empty() {
                return Some((facts, to.map(|to| to.trim().trim_end_matches('.').to_owned())));
            }
        }
        None
    }

    /// The facts that the requester has answered, or may be asked about.
    fn theirs(&self) -> Vec<String> {
        let known = self.ticket.facts.iter().chain(&self.ticket.tray);
        let theirs = |from: &Source| matches!(from, Source::Requester(_) | Source::Prefilled | Source::Agent(_));
        let mut facts: Vec<String> =
            known.filter(|(_, known)| theirs(&known.from)).map(|(fact, _)| fact.clone()).collect();
        facts.sort();
        facts.dedup();
        facts
    }

    fn decls_of(&self, facts: &[String]) -> Vec<&'a crate::policy::flow::FactDecl> {
        let flow = self.flow_name();
        facts.iter().filter_map(|fact| self.pack.fact(flow, fact).or_else(|| self.pack.any_fact(fact))).collect()
    }

    fn change_one_of(&mut self, facts: Vec<String>, to: Option<String>) {
        self.brings_news();
        match facts.as_slice() {
            [] if self.has_acted() => self.too_late("the requester wants to change an answer"),
            [] => {
                self.say_heard(&self.pack.desk.anytime.back);
                self.repeat();
            }
            [fact] => {
                let new = to.map_or(New::Asked, New::Written);
                self.ticket.aside = None;
                self.change(&[(fact.clone(), new)]);
            }
            _ => self.ask_what_to_change(facts, to),
        }
    }

    /// Asks which answer shall be changed. The pending question waits behind it.
    pub(super) fn ask_what_to_change(&mut self, facts: Vec<String>, to: Option<String>) {
        if facts.len() < 2 {
            self.change_one_of(facts, to);
            return;
        }
        self.note("The requester is asked which answer shall be changed.");
        self.ticket.aside = Some(Aside::Which { facts, to });
        self.draft.aside = true;
    }

    /// Whether a message answers the question that stands before the pending one. Any other message takes that question
    /// away, and is read for the pending one.
    fn settles_what_is_beside(&mut self, message: &Message) -> bool {
        match self.ticket.aside.take() {
            None => false,
            Some(Aside::Which { facts, to }) => {
                let decls = self.decls_of(&facts);
                let choices: Vec<String> = decls.iter().map(|decl| decl.ask.clone()).collect();
                let named = recognise::named(&message.text, &decls);
                let by_place = || picked(&message.text, &choices).and_then(|at| facts.get(at)).cloned();
                let fact = if let [one] = named.as_slice() { Some(one.clone()) } else { by_place() };
                if let Some(fact) = fact {
                    self.brings_news();
                    self.change(&[(fact, to.map_or(New::Asked, New::Written))]);
                    return true;
                }
                let reading = recognise::read_answers_on(&message.text, &decls, self.today());
                let labelled = reading.understood.into_iter().filter(|answer| answer.how == recognise::How::Labelled);
                let changes: Vec<(String, New)> = labelled.map(|answer| (answer.fact, New::Is(answer.value))).collect();
                if !changes.is_empty() {
                    self.change(&changes);
                    return true;
                }
                if recognise::yes_or_no(&message.text) == Some(false) {
                    self.repeat();
                    return true;
                }
                false
            }
            Some(Aside::Another { flow, words, because }) => match recognise::yes_or_no(&message.text) {
                Some(true) => {
                    self.brings_news();
                    self.open_another(flow, words, because);
                    true
                }
                Some(false) => {
                    self.brings_news();
                    self.note("The requester does not want another request.");
                    self.repeat();
                    true
                }
                None => false,
            },
        }
    }

    /// The question that stands before the pending one, or what is to be confirmed, if it stands in this letter.
    pub(super) fn question_beside(&self) -> Option<(Vec<Block>, Vec<String>)> {
        match &self.ticket.aside {
            Some(Aside::Which { facts, .. }) if self.draft.aside => {
                let choices: Vec<String> = self.decls_of(facts).iter().map(|decl| decl.ask.clone()).collect();
                let ask = self.pack.desk.anytime.change.say.as_ref().and_then(|say| self.render(say).ok());
                let mut blocks: Vec<Block> = ask.map(|ask| Block::Text(ask.trim().to_owned())).into_iter().collect();
                if self.ticket.channel == Channel::Mail {
                    blocks.push(Block::Text(numbered(&choices)));
                }
                Some((blocks, choices))
            }
            Some(Aside::Another { flow, .. }) if self.draft.aside => {
                Some((vec![Block::Text(self.asks_for_another(flow))], vec!["yes".into(), "no".into()]))
            }
            _ if self.draft.asks => self.to_be_confirmed(),
            _ => None,
        }
    }
}

/// Whether a message asks for a person.
pub(super) fn asks_for_a_person(pack: &Pack, message: &Message) -> bool {
    says(&message.text, &pack.desk.anytime.agent.words)
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

/// Whether a short text is one of the phrases and nothing else but politeness. What ends a request or takes it back must
/// never be found in an ordinary sentence.
fn is_only(text: &str, phrases: &[String]) -> bool {
    let said = bare(text);
    if said.is_empty() || said.len() > WORDS_OF_A_COMMAND {
        return false;
    }
    phrases.iter().map(|phrase| bare(phrase)).filter(|phrase| !phrase.is_empty()).any(|phrase| {
        let at = said.windows(phrase.len()).position(|window| window == phrase);
        at.is_some_and(|at| {
            let around = said[..at].iter().chain(&said[at + phrase.len()..]);
            around.into_iter().all(|word| AROUND.contains(&word.as_str()))
        })
    })
}

/// What stands behind one of the words, if a text begins with it.
fn behind<'t>(text: &'t str, words: &[String]) -> Option<&'t str> {
    let mut rest = text.trim();
    for _ in 0..WORDS_OF_A_COMMAND {
        let (first, behind) = rest.split_once(char::is_whitespace)?;
        let plain = bare(first).concat();
        if words.iter().any(|word| *word == plain) {
            return Some(behind.trim()).filter(|behind| !behind.is_empty());
        }
        if !AROUND.contains(&plain.as_str()) {
            return None;
        }
        rest = behind.trim_start();
    }
    None
}

/// The words of a text without apostrophes, in lower case.
fn bare(text: &str) -> Vec<String> {
    split(&text.replace(['\'', '’'], ""))
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
    use super::{behind, is_only, says};

    #[test]
    fn a_word_counts_alone_and_a_phrase_counts_in_a_short_text() {
        let words = ["agent".to_owned(), "speak to a person".to_owned()];
        assert!(says("Agent please!", &words));
        assert!(says("Can I speak to a person about this?", &words));
        assert!(!says("Our travel agent is called Rose", &words));
        assert!(!says("", &words));
    }

    #[test]
    fn a_command_is_never_found_in_an_ordinary_sentence() {
        let words = ["cancel".to_owned(), "no longer needed".to_owned(), "it's sorted".to_owned()];
        for text in ["cancel", "Please cancel my request, thank you.", "No longer needed, thanks", "Its sorted now"] {
            assert!(is_only(text, &words), "{text}");
        }
        for text in ["Cancel the account of Omar Reed", "The old mailbox is no longer needed by Rose Court", ""] {
            assert!(!is_only(text, &words), "{text}");
        }
    }

    #[test]
    fn what_is_to_be_changed_stands_behind_the_word() {
        let words = ["change".to_owned()];
        assert_eq!(behind("I'd like to change my mobile to 07700 900111", &words), Some("my mobile to 07700 900111"));
        assert_eq!(behind("The change of manager was in May", &words), Some("of manager was in May"));
        assert_eq!(behind("Why change it?", &words), None);
        assert_eq!(behind("change", &words), None);
    }
}
