//! Words that are heard in every flow, before the pending question. The words and the sentences are policy; what they do
//! is built in.

use crate::policy::flow::{DeskText, Ending, Heard, Pack};
use crate::policy::message::{Channel, Message};
use crate::policy::outcome::Block;
use crate::policy::recognise;
use crate::policy::ticket::{Aside, Brake, Source, Waiting};

use super::letters::numbered;
use super::rewind::New;
use super::said::{WORDS_OF_A_COMMAND, behind, holds, is_only, says, split};
use super::which::picked;
use super::work::Work;

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

    /// Whether the message is angry, and goes to a person: no question of ours helps now.
    pub(super) fn is_upset(&mut self, message: &Message) -> bool {
        let upset = &self.pack.desk.anytime.upset;
        if !holds(&message.text, &upset.words) {
            return false;
        }
        let queue = self.queue_here();
        self.hand_over(&queue, "the requester is upset");
        match &upset.say {
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
        } else if is_only(text, &anytime.why.words) {
            self.says_why();
        } else if is_only(text, &anytime.robot.words) {
            self.note("The requester asked whether a program writes.");
            self.say_heard(&anytime.robot);
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
    pub(super) fn is_one_of_the_choices(&self, text: &str) -> bool {
        let Waiting::Answers { facts, .. } = &self.ticket.waiting else { return false };
        let first: Vec<String> = facts.iter().take(1).cloned().collect();
        let text = text.trim();
        self.ticket.aside.is_none()
            && self
                .decls_of(&first)
                .iter()
                .any(|decl| decl.choices.iter().any(|choice| choice.eq_ignore_ascii_case(text)))
    }

    pub(super) fn is_asking(&self) -> bool {
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
