//! Asking which of a few flows a first message means, and starting the one that the person picks.

use crate::policy::flow::{DeskText, Ending, Flow};
use crate::policy::message::Message;
use crate::policy::outcome::Trace;
use crate::policy::ticket::{State, Waiting};

use super::work::Work;

/// A message of this many words may pick by a number or a title.
const BRIEF: usize = 6;
/// The queue of what nobody has understood yet.
const TRIAGE: &str = "triage";

impl Work<'_> {
    /// The first message may mean one of several flows: the person is asked.
    pub(super) fn ask_which(&mut self, flows: &[String]) {
        let known = flows.iter().filter(|flow| self.pack.flows.contains_key(*flow)).cloned().collect();
        let words = self.words.take().unwrap_or_default();
        self.wait_for_choice(known, words, 0);
    }

    fn wait_for_choice(&mut self, flows: Vec<String>, words: String, useless: u32) {
        self.wait_for(Waiting::Which { flows, words, useless });
        let patience = &self.pack.desk.patience;
        self.set_patience(TRIAGE, patience.within, &patience.remind);
        self.draft.asks = true;
        self.ticket.queue = TRIAGE.to_owned();
        self.set_state(State::WaitingRequester, "the requester is asked which of these they mean");
    }

    /// What there is to choose from, the way out last. Empty when nothing is to be chosen now.
    pub(super) fn choices(&self) -> Vec<String> {
        let Waiting::Which { flows, .. } = &self.ticket.waiting else { return Vec::new() };
        let titles = flows.iter().filter_map(|flow| self.pack.flows.get(flow)).map(|flow| flow.title.clone());
        let other = self.desk_text(DeskText::SomethingElse).and_then(|text| self.render(text).ok());
        titles.chain(other.map(|text| text.trim().to_owned())).collect()
    }

    /// The person said which.
    pub(super) fn choose(&mut self, message: &Message) {
        let Waiting::Which { flows, words, useless } = self.ticket.waiting.clone() else { return };
        let choices = self.choices();
        match picked(&message.text, &choices) {
            Some(at) if at < flows.len() => {
                let (name, words) = (&flows[at], format!("{words}\n{}", message.text));
                self.start_picked(name, words);
            }
            Some(_) => self.hand_over_saying(TRIAGE, "the requester means something else"),
            None if useless + 1 >= self.pack.desk.repair.tries => {
                self.hand_over_saying(TRIAGE, "the requester did not say which of these they mean");
            }
            None => {
                self.say_template(&self.pack.desk.repair.not_understood);
                self.wait_for_choice(flows, format!("{words}\n{}", message.text), useless + 1);
            }
        }
    }

    /// The titles of the flows that an answer names as a way on.
    pub(super) fn offers(&self, answer: &Flow) -> Vec<String> {
        let offered = answer.offer.iter().filter_map(|name| self.pack.flows.get(name));
        offered.map(|flow| flow.title.clone()).collect()
    }

    /// Somebody who had an answer picks one of the flows below it.
    pub(super) fn takes_up_an_offer(&mut self, message: &Message) -> bool {
        let answer = self.pack.flows.get(&self.ticket.flow).filter(|flow| flow.is_answer);
        let brief = words(&message.text).len() <= BRIEF;
        let Some(answer) = answer.filter(|_| brief && !is_way_out(&message.text)) else { return false };
        let Some(at) = picked(&message.text, &self.offers(answer)) else { return false };
        let known: Vec<&String> = answer.offer.iter().filter(|name| self.pack.flows.contains_key(*name)).collect();
        let Some(name) = known.get(at) else { return false };
        self.start_picked(name, message.text.clone());
        true
    }

    fn start_picked(&mut self, name: &str, words: String) {
        let Some(flow) = self.pack.flows.get(name) else { return };
        self.heard += 1;
        self.wait_for(Waiting::Nothing);
        self.ticket.flow = flow.name.clone();
        self.ticket.queue.clone_from(&flow.queue);
        self.trace(Trace::Opened { flow: flow.name.clone(), because: "the requester picked it".into() });
        self.words = Some(words);
        self.push_frame(flow);
        self.run_on();
    }

    /// Nobody said which.
    pub(super) fn nobody_chose(&mut self) {
        match self.pack.desk.patience.otherwise {
            Ending::Agent => self.hand_over_saying(TRIAGE, "nobody said which of these they mean"),
            ending => {
                self.say_desk_text(DeskText::Unanswered);
                self.close(ending, "nobody said which of these they mean");
            }
        }
    }
}

/// Which of the choices a text picks: by its number, by a word such as "second", or by words that only it has.
pub(in crate::policy) fn picked(text: &str, choices: &[String]) -> Option<usize> {
    let said = words(text);
    let short = said.len() <= BRIEF;
    for word in said.iter().filter(|_| short) {
        // "The one about mail" names no number.
        let is_number =
            word != "one" || said.len() == 1 || said.iter().any(|word| word == "number" || word == "option");
        let numbered = word.parse::<usize>().ok().or_else(|| ordinal(word).filter(|_| is_number));
        if let Some(at) = numbered.filter(|number| (1..=choices.len()).contains(number)) {
            return Some(at - 1);
        }
    }
    if is_way_out(text) {
        return choices.len().checked_sub(1);
    }
    let mut scored: Vec<(usize, usize)> = choices
        .iter()
        .enumerate()
        .map(|(at, choice)| (words(choice).iter().filter(|word| tells(word) && said.contains(word)).count(), at))
        .filter(|(score, _)| *score > 0)
        .collect();
    scored.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    match scored.as_slice() {
        [(_, at)] => Some(*at),
        [(best, at), (next, _), ..] if best > next => Some(*at),
        _ => None,
    }
}

/// Whether a short text says that it is none of the choices.
pub(super) fn is_way_out(text: &str) -> bool {
    let said = words(text);
    let out = |word: &String| matches!(word.as_str(), "none" | "neither" | "other" | "else");
    said.len() <= BRIEF && said.iter().any(out)
}

fn ordinal(word: &str) -> Option<usize> {
    const FIRST: [[&str; 3]; 4] =
        [["first", "one", "1st"], ["second", "two", "2nd"], ["third", "three", "3rd"], ["fourth", "four", "4th"]];
    FIRST.iter().position(|names| names.contains(&word)).map(|at| at + 1)
}

/// Whether a word of a title tells it from others.
fn tells(word: &str) -> bool {
    word.len() > 3 && !matches!(word, "your" | "with" | "have" | "that" | "this" | "from" | "into" | "what" | "about")
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .take(200)
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::picked;

    #[test]
    fn a_choice_is_picked_by_number_place_or_its_own_words() {
        let choices: Vec<String> =
            ["Get a new password", "Get a password sent again", "Something else"].map(str::to_owned).into();
        for (text, at) in [
            ("2", Some(1)),
            ("the first one please", Some(0)),
            ("one", Some(0)),
            ("the one that you send again", Some(1)),
            ("Something else", Some(2)),
            ("none of these", Some(2)),
            ("I want it sent again, it never came", Some(1)),
            ("password", None),
            ("4", None),
            ("", None),
        ] {
            assert_eq!(picked(text, &choices), at, "{text}");
        }
    }
}
