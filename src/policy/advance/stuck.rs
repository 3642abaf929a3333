//! Somebody is stuck at a question: they do not know what we ask, or want to know why.

use crate::policy::facts::FactType;
use crate::policy::flow::{FactDecl, Flow, Goto};
use crate::policy::message::{Channel, Message};
use crate::policy::recognise;
use crate::policy::ticket::Waiting;

use super::said::is_only;
use super::work::Work;

impl<'a> Work<'a> {
    /// Whether a chat message has no words, such as a picture alone: the desk cannot read it, and says so.
    pub(super) fn has_no_words(&mut self, message: &Message) -> bool {
        if message.channel != Channel::Chat
            || !message.tables.is_empty()
            || message.text.chars().any(char::is_alphanumeric)
            // A thumb up or down is an answer to yes or no.
            || recognise::yes_or_no(&message.text).is_some()
        {
            return false;
        }
        self.note("The message has no words.");
        let text = self.pack.desk.repair.no_words.clone();
        self.say_template(&text);
        self.repeat();
        true
    }

    /// Whether a message says no more than that its writer does not know.
    pub(super) fn does_not_know(&self, message: &Message) -> bool {
        is_only(&message.text, &self.pack.desk.anytime.unknown.words)
    }

    /// Whether "I do not know" would pass for an answer to what is asked.
    pub(super) fn takes_any_text(&self, flow: &str, facts: &[String]) -> bool {
        let is_text = |decl: &&FactDecl| {
            matches!(decl.kind, FactType::ShortText | FactType::LongText | FactType::Name | FactType::List)
        };
        self.decls(flow, facts).first().is_some_and(is_text)
    }

    /// Helps somebody who does not know what is asked to find it; the second time a person does.
    pub(super) fn helps_to_find(&mut self, flow: &'a Flow, at: usize, facts: &[String], useless: u32) {
        let repair = &self.pack.desk.repair;
        self.note("The requester does not know the answer.");
        if useless >= repair.tries {
            self.draft.wrong.clear();
            self.follow(Goto::End(repair.then));
            return;
        }
        let finder = self.decls(&flow.name, facts).into_iter().take(1).find_map(|decl| decl.found_by.as_ref());
        let finder = finder.and_then(|finder| self.pack.flows.get(finder));
        self.wait_for_answers(flow, at, useless);
        match finder.filter(|finder| !self.ticket.frames.iter().any(|frame| frame.flow == finder.name)) {
            Some(finder) if finder.is_answer => self.answer_in_between(finder),
            Some(finder) => {
                let because = format!("the requester does not know what {} asks", flow.name);
                self.draft.asks = false;
                self.open_another(finder.name.clone(), String::new(), because);
            }
            None => self.say_heard(&self.pack.desk.anytime.unknown),
        }
    }

    /// Says why the open question is asked.
    pub(super) fn says_why(&mut self) {
        self.note("The requester asked why we ask.");
        let first = match &self.ticket.waiting {
            Waiting::Answers { facts, .. } => facts.first().cloned(),
            _ => None,
        };
        let flow = self.flow_name();
        let why = first.and_then(|fact| self.pack.fact(flow, &fact)).and_then(|decl| decl.why.as_ref());
        match why {
            Some(why) => self.draft.paragraphs.push(why.clone()),
            None => self.say_heard(&self.pack.desk.anytime.why),
        }
        self.repeat();
    }
}
