//! What a message does to a ticket, by the state that the ticket is in.

use crate::policy::flow::DeskText;
use crate::policy::foreign::is_in_foreign_letters;
use crate::policy::message::{Channel, Class, Message};
use crate::policy::ticket::{Brake, State, Waiting};

use super::work::Work;

/// Automatic letters to one address in an hour, after which only a message with something new gets another.
const LETTERS_AN_HOUR: u32 = 5;
/// Automatic letters to one address in a day, after which none goes out whatever the message brings.
const LETTERS_A_DAY: u32 = 30;

impl Work<'_> {
    /// The first message of a ticket starts its flow.
    pub(super) fn begin(&mut self, message: &Message, choices: &[String]) {
        self.bear_witness(message);
        self.hear(message);
        if self.is_foreign(message) {
            return;
        }
        if !choices.is_empty() {
            self.words = Some(first_words(message));
            self.ask_which(choices);
            return;
        }
        let Some(flow) = self.pack.flows.get(&self.ticket.flow) else {
            self.hand_over_saying("triage", "the flow that this message starts is not in the pack");
            return;
        };
        if flow.name != "triage" && self.draft.brake == Brake::UnlessNew {
            self.draft.brake = Brake::Off;
        }
        self.words = Some(first_words(message));
        self.push_frame(flow);
        self.run_on();
    }

    /// Whether a first message is in letters that no rule can read, and goes to a person.
    fn is_foreign(&mut self, message: &Message) -> bool {
        let is_written = matches!(message.channel, Channel::Mail | Channel::Chat);
        if !is_written || !is_in_foreign_letters(&first_words(message)) {
            return false;
        }
        self.note("Most letters of the message are not Latin. No rule can read it.");
        self.hand_over("triage", "the message is in letters that only a person can read");
        self.say_desk_text(DeskText::Foreign);
        true
    }

    /// A message for a ticket that exists. That it may join has been decided: see `policy::thread`.
    pub(super) fn receive(&mut self, message: &Message) {
        self.bear_witness(message);
        match message.class {
            Class::Bounce => self.undelivered("A letter of ours came back. The mail server's answer was filed."),
            Class::Request | Class::Reply | Class::Empty => {}
            Class::AutoReply | Class::DeliveryReport | Class::List | Class::Calendar | Class::Spam => {
                self.note(format!("A robot's message ({}) was filed. It changes nothing.", message.class.name()));
            }
        }
        if !message.class.is_from_a_person() {
            return;
        }
        if self.answers_as_other(message) {
            self.other_answers(message);
            return;
        }
        if self.is_contact(&message.from) {
            self.contact_answered(message);
            return;
        }
        if !message.from.is(&self.ticket.requester) {
            self.note(format!("{} wrote too. It is kept for an agent.", message.from.address));
            self.answers_too_late(message);
            return;
        }
        self.happened.message = true;
        self.hear(message);
        if self.asked_for_the_transcript(message) {
            return;
        }
        match self.ticket.state {
            State::Closed(_) => self.receive_after_the_end(message),
            State::WithAgent | State::OnHold => {
                self.note("The message is for the agent. The flow is silent.");
                let back = self.without_hold();
                self.set_state(back, "the requester wrote");
            }
            State::WithTask | State::WaitingOther | State::WaitingRequester | State::Parked => {
                if self.ticket.state == State::Parked {
                    self.unpark("the requester has come back to it");
                }
                if self.has_no_words(message)
                    || self.asked_for_a_person(message)
                    || self.is_upset(message)
                    || self.heard_a_command(message)
                {
                    return;
                }
                let told = self.asked_for_the_state(message);
                match self.ticket.waiting {
                    Waiting::Answers { .. } => self.answer(message, told),
                    Waiting::Which { .. } => self.choose(message),
                    Waiting::Pick { .. } => self.pick(message),
                    Waiting::Others { .. } | Waiting::Proof { .. } | Waiting::Time => {
                        self.note("The requester wrote while we wait for something else. Agents see it.");
                        if !told {
                            self.say_desk_text(DeskText::Status);
                        }
                    }
                    Waiting::Confirm { .. } => self.confirmed(message, told),
                    Waiting::Task { .. } | Waiting::Tasks { .. } | Waiting::Nothing => {
                        self.note("The message is kept for the agent who has the task.");
                    }
                }
            }
        }
    }

    /// The state behind a hold: a task that is open stays so.
    pub(super) fn without_hold(&self) -> State {
        match self.ticket.waiting {
            Waiting::Task { .. } | Waiting::Tasks { .. } => State::WithTask,
            Waiting::Proof { task: Some(_), .. } => State::WithTask,
            Waiting::Answers { .. }
            | Waiting::Others { .. }
            | Waiting::Proof { .. }
            | Waiting::Time
            | Waiting::Which { .. }
            | Waiting::Confirm { .. }
            | Waiting::Pick { .. }
            | Waiting::Nothing => State::WithAgent,
        }
    }

    /// What every message of a person brings, wherever the ticket is.
    fn hear(&mut self, message: &Message) {
        let so_far = message.letters_so_far;
        self.draft.brake = if so_far.day >= LETTERS_A_DAY {
            Brake::On
        } else if so_far.hour >= LETTERS_AN_HOUR {
            Brake::UnlessNew
        } else {
            Brake::Off
        };
        if message.message_id.is_some() {
            self.ticket.thread.last.clone_from(&message.message_id);
            self.ticket.thread.references.clone_from(&message.references);
        }
        if !message.tables.is_empty() {
            // The last that were sent are meant.
            self.ticket.tables.clone_from(&message.tables);
        }
        let read = |name: &String| message.tables.iter().any(|table| table.name == *name);
        self.draft.files = message.attachments.iter().filter(|name| !read(name)).cloned().collect();
        if message.secret_removed {
            self.note("The door removed what looked like a password or a code.");
            self.say_desk_text(DeskText::PasswordRemoved);
        }
    }

    /// Somebody writes after the end. Thanks are filed; anything else goes to a person.
    fn receive_after_the_end(&mut self, message: &Message) {
        if is_only_thanks(&message.text) {
            self.note("Thanks were filed. The request stays closed.");
            return;
        }
        self.ticket.closed = None;
        if self.takes_up_an_offer(message) {
            return;
        }
        let queue = self.ticket.queue.clone();
        self.hand_over_saying(&queue, "the requester answered after the end");
    }
}

/// All that a first message says.
fn first_words(message: &Message) -> String {
    if message.subject.is_empty() { message.text.clone() } else { format!("{}\n{}", message.subject, message.text) }
}

/// Whether a text says thank you and nothing else.
fn is_only_thanks(text: &str) -> bool {
    const POLITE: [&str; 24] = [
        "thanks",
        "thank",
        "you",
        "many",
        "very",
        "much",
        "so",
        "a",
        "lot",
        "that",
        "is",
        "great",
        "brilliant",
        "perfect",
        "lovely",
        "cheers",
        "ok",
        "okay",
        "all",
        "good",
        "works",
        "now",
        "for",
        "your",
    ];
    let mut words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_lowercase);
    let all: Vec<String> = words.by_ref().take(13).collect();
    let thanks = all.iter().any(|word| matches!(word.as_str(), "thanks" | "thank" | "cheers"));
    thanks && all.len() <= 12 && all.iter().all(|word| word == "help" || POLITE.contains(&word.as_str()))
}

#[cfg(test)]
mod tests {
    use super::is_only_thanks;

    #[test]
    fn thanks_alone_do_not_open_a_closed_request() {
        for text in ["Thank you so much!", "Thanks, that is great", "Many thanks for your help"] {
            assert!(is_only_thanks(text), "{text}");
        }
        for text in ["Thanks but it still does not work", "", "No", "Thank you. I cannot log in"] {
            assert!(!is_only_thanks(text), "{text}");
        }
    }
}
