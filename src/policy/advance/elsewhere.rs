//! Something else in the middle: a question with a ready answer is answered and the pending one repeated; another request
//! is offered, and opens beside this one. By chat this one is parked until the other is over.

use crate::policy::flow::{DeskText, Flow};
use crate::policy::intent::is_urgent;
use crate::policy::message::{Channel, Message};
use crate::policy::outcome::{Effect, Opens};
use crate::policy::text::Template;
use crate::policy::ticket::{Aside, Reference, State, TimerKind, Waiting};

use super::work::Work;

/// A message of fewer words is a slip of an answer rather than another request.
const FEWEST_WORDS: usize = 3;

impl<'a> Work<'a> {
    /// Whether a message that brought no answer surely is about something else, and was taken so.
    pub(super) fn goes_elsewhere(&mut self, message: &Message) -> bool {
        let Some(elsewhere) = self.elsewhere.take() else { return false };
        let running = self.ticket.frames.iter().any(|frame| frame.flow == elsewhere.flow);
        let Some(flow) = self.pack.flows.get(&elsewhere.flow).filter(|_| !running) else { return false };
        let words = message.text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
        if flow.name == self.ticket.flow || words < FEWEST_WORDS || self.tried_to_answer(&message.text) {
            return false;
        }
        if flow.is_answer {
            self.draft.wrong.clear();
            self.answer_in_between(flow);
        } else if is_urgent(self.pack, &flow.name) {
            self.draft.wrong.clear();
            self.open_another(elsewhere.flow, message.text.clone(), elsewhere.because);
        } else if elsewhere.full {
            return false;
        } else {
            self.draft.wrong.clear();
            self.note(format!("The message seems to ask for something else: “{}”.", flow.title));
            let (flow, because) = (elsewhere.flow, elsewhere.because);
            self.ticket.aside = Some(Aside::Another { flow, words: message.text.clone(), because });
            self.draft.aside = true;
        }
        true
    }

    /// Whether a message holds a value that was not valid: then it was an answer.
    fn tried_to_answer(&self, text: &str) -> bool {
        let digits = text.bytes().filter(u8::is_ascii_digit).count();
        !self.draft.wrong.is_empty() && (text.contains('@') || digits >= 4)
    }

    /// Gives a ready answer, and asks the pending question again.
    pub(super) fn answer_in_between(&mut self, flow: &'a Flow) {
        self.note(format!("A question in between was answered: “{}”.", flow.title));
        let by_chat = self.ticket.channel != Channel::Mail;
        for say in flow.steps.iter().filter_map(|step| step.say.as_ref()) {
            let text = say.chat.as_ref().filter(|_| by_chat).unwrap_or(&say.mail);
            self.say_template(text);
        }
        self.repeat();
    }

    /// The desk's question whether another request shall begin.
    pub(super) fn asks_for_another(&self, flow: &str) -> String {
        let title = self.pack.flows.get(flow).map_or(flow, |flow| &flow.title);
        let usual = || format!("That sounds like something else: {title}. Shall we start it?");
        let Some(text) = &self.pack.desk.anytime.another else { return usual() };
        self.with_other(text, title).unwrap_or_else(usual)
    }

    fn with_other(&self, text: &Template, title: &str) -> Option<String> {
        let rendered = text.render(&|path| match path {
            [other, part] if other == "other" && part == "title" => Some(super::scope::words(title)),
            [name, rest @ ..] => self.item(name)?.at(rest),
            [] => None,
        });
        rendered.ok().map(|text| text.trim().to_owned())
    }

    /// Another request begins, linked with this one.
    pub(super) fn open_another(&mut self, flow: String, words: String, because: String) {
        self.note(format!("Another request begins beside this one: “{}”.", self.title_of(&flow)));
        self.ticket.aside = None;
        self.effects.push(Effect::Opens(Opens { flow, words, because }));
        if self.ticket.channel == Channel::Chat {
            self.park();
        } else {
            self.repeat();
        }
    }

    fn title_of(&self, flow: &str) -> String {
        self.pack.flows.get(flow).map_or_else(|| flow.to_owned(), |flow| flow.title.clone())
    }

    /// This request waits until another one is over. What was promised for it goes on.
    fn park(&mut self) {
        self.ticket.timers.retain(|timer| matches!(timer.what, TimerKind::Stage { .. }));
        let queue = self.queue_here();
        self.set_patience(&queue, self.pack.desk.repair.parked.within, &[]);
        self.set_state(State::Parked, "the requester has turned to something else");
    }

    /// A parked request has waited too long.
    pub(super) fn parked_too_long(&mut self) {
        let queue = self.queue_here();
        self.hand_over_saying(&queue, "it was parked too long");
    }

    /// The other request is over: the question of this one is asked again.
    pub(super) fn resume(&mut self, after: &Reference) {
        self.actor = None;
        if self.ticket.state != State::Parked {
            self.note(format!("{after} is over. This request was not parked any more."));
            return;
        }
        self.unpark(&format!("{after} is over"));
        self.say_desk_text(DeskText::Parked);
        self.repeat();
    }

    /// A parked request goes on waiting for its answer.
    pub(super) fn unpark(&mut self, because: &str) {
        self.ticket.timers.retain(|timer| matches!(timer.what, TimerKind::Stage { .. }));
        let patience = &self.pack.desk.patience;
        match (&self.ticket.waiting, self.here()) {
            (Waiting::Answers { .. } | Waiting::Confirm { .. }, Some((flow, at))) => self.set_patience_of(flow, at),
            _ => self.set_patience("triage", patience.within, &patience.remind),
        }
        self.set_state(State::WaitingRequester, because);
    }
}
