//! What only Telegram needs of the policy: its own sentences and the words beside its commands. All else that the desk
//! says there is what it says everywhere.

use std::collections::BTreeMap;

use crate::policy::facts::{FactType, Item, Value};
use crate::policy::text::Template;

/// The commands that Telegram offers. What they do is built in.
pub const COMMANDS: [&str; 5] = ["start", "help", "status", "cancel", "agent"];

/// The sentences and words of the chat by Telegram.
#[derive(Debug, Clone)]
pub struct TelegramRules {
    /// What stands beside each of the [`COMMANDS`], in their order.
    pub commands: Vec<(String, String)>,
    /// The sentences; the checker fills in what a pack leaves out.
    pub texts: BTreeMap<TelegramText, Template>,
}

/// A sentence that only Telegram needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TelegramText {
    /// Somebody begins.
    Start,
    /// What can be written.
    Help,
    /// There is nothing to stop, or to tell of.
    NoRequest,
    /// A button does not count any more.
    Over,
    /// An earlier message was changed.
    Changed,
    /// A file came with no request that it could belong to.
    FileAlone,
    /// A file could not be taken.
    FileNotTaken,
    /// Something without words came.
    NoWords,
    /// In a group: only private chats are served.
    PrivateOnly,
    /// A token counted.
    Linked,
    /// A token does not count, whatever the reason.
    NotLinked,
    /// The number that they shared is noted.
    MobileNoted,
    /// A number of somebody else.
    NotYours,
    /// A fault of ours.
    NotRead,
    /// Below a question once a button was pressed.
    Chosen,
}

impl TelegramText {
    /// Every sentence, with the key that authors write and what is said where they write none.
    pub const ALL: [(TelegramText, &'static str, &'static str); 15] = [
        (
            TelegramText::Start,
            "start",
            "Hello. This is the help desk. Write in a few words what you need.\n\nPlease send no passwords. For help, \
             write /help. To speak to a person, write /agent.",
        ),
        (
            TelegramText::Help,
            "help",
            "Write in a few words what you need. We ask one question at a time.\n\n/status: where your request is\n\
             /cancel: stop your request\n/agent: speak to a person\n\nWe never ask for a password.",
        ),
        (TelegramText::NoRequest, "no_request", "You have no open request here. Write in a few words what you need."),
        (TelegramText::Over, "over", "That question is over. Please answer the newest one, or write what you need."),
        (
            TelegramText::Changed,
            "changed",
            "We saw that you changed an earlier message. What you wrote first still counts. To change an answer, write \
             CHANGE.",
        ),
        (
            TelegramText::FileAlone,
            "file_alone",
            "We cannot tell what to do with a file or a picture alone. Please write in a few words what you need. Then \
             send it again.",
        ),
        (
            TelegramText::FileNotTaken,
            "file_not_taken",
            "We could not take the file {{ file }}. Files may have up to 20 MB. Please send it by mail to \
             {{ desk.mail }}.",
        ),
        (TelegramText::NoWords, "no_words", "We cannot read a {{ kind }}. Please write in words what you need."),
        (
            TelegramText::PrivateOnly,
            "private_only",
            "This help desk talks with one person at a time. Please write to it in a private chat.",
        ),
        (TelegramText::Linked, "linked", "Thank you. This chat now belongs to the address that we wrote to."),
        (
            TelegramText::NotLinked,
            "not_linked",
            "This link does not work. It counts once, and only for a short time. Please ask us for a new one.",
        ),
        (TelegramText::MobileNoted, "mobile_noted", "Thank you. We have noted your number as Telegram gave it."),
        (TelegramText::NotYours, "not_yours", "That number is not your own, so we did not keep it."),
        (
            TelegramText::NotRead,
            "not_read",
            "We are sorry. We could not work on your last message. Please write it in other words, or write /agent to \
             speak to a person.",
        ),
        (TelegramText::Chosen, "chosen", "You chose: {{ choice }}"),
    ];

    /// The sentence that an author named.
    pub fn named(name: &str) -> Option<TelegramText> {
        Self::ALL.iter().find(|(_, key, _)| *key == name).map(|(text, _, _)| *text)
    }

    /// The one value that stands in it besides those of the desk, if there is one.
    pub fn hole(self) -> Option<&'static str> {
        match self {
            TelegramText::FileNotTaken => Some("file"),
            TelegramText::NoWords => Some("kind"),
            TelegramText::Chosen => Some("choice"),
            _ => None,
        }
    }
}

/// What every sentence can hold of the desk.
pub const OF_THE_DESK: [&str; 2] = ["desk.name", "desk.mail"];

/// What stands beside a command where an author wrote nothing.
pub fn usual_command(name: &str) -> &'static str {
    match name {
        "start" => "Begin",
        "help" => "What you can write here",
        "status" => "Where your request is",
        "cancel" => "Stop your request",
        _ => "Speak to a person",
    }
}

impl TelegramRules {
    /// A sentence with its values: the desk's name and address, and what else it tells of. A value that the checker does
    /// not know leaves the sentence empty, which it never lets happen.
    pub fn say(&self, text: TelegramText, desk: (&str, &str), what: &str) -> String {
        let words = |words: &str| Some(Item::Value(Value::text(FactType::ShortText, words)));
        let read = |path: &[String]| match path.join(".").as_str() {
            "desk.name" => words(desk.0),
            "desk.mail" => words(desk.1),
            hole if Some(hole) == text.hole() => words(what),
            _ => None,
        };
        let said = self.texts.get(&text).and_then(|template| template.render(&read).ok());
        said.unwrap_or_default().trim().to_owned()
    }
}
