//! A message as policy sees it: who wrote, by which way, and what they newly said. The doors make it; nothing else
//! of a mail crosses into `policy`.

use serde::{Deserialize, Serialize};

use crate::policy::proof::Standing;

/// The way by which somebody speaks to the desk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Letters: all questions at once, answers in free text.
    Mail,
    /// A conversation: one question at a time.
    Chat,
    /// A call that an agent writes down: the agent says aloud what the desk has to say.
    Phone,
    /// A text to a mobile: the desk says something and hears nothing.
    Text,
}

/// Somebody the desk talks with. The address is a mail address; by chat the user's id; of a caller the number, `+44…`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Party {
    /// Where answers go.
    pub address: String,
    /// What they call themselves; never an identity.
    pub name: Option<String>,
}

impl Party {
    /// Whether two names of somebody mean the same. Mail systems do not tell capitals apart, whatever the standard says.
    pub fn is(&self, other: &Party) -> bool {
        self.address.eq_ignore_ascii_case(&other.address)
    }

    /// A party known by its address alone.
    pub fn at(address: impl Into<String>) -> Self {
        Self { address: address.into(), name: None }
    }
}

/// What kind of mail it is. Only requests and replies are ever answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// Somebody wants something.
    Request,
    /// Somebody answers a letter.
    Reply,
    /// A robot answers for somebody: out of office, receipt.
    AutoReply,
    /// A letter could not be delivered.
    Bounce,
    /// A report about a delivery that did not fail.
    DeliveryReport,
    /// A mailing list or newsletter.
    List,
    /// An invitation or its answer.
    Calendar,
    /// There is nothing in it.
    Empty,
    /// Unwanted.
    Spam,
}

impl Class {
    /// Whether a person wrote it who may be answered.
    pub fn is_from_a_person(self) -> bool {
        matches!(self, Class::Request | Class::Reply | Class::Empty)
    }

    /// The name in JSON, SQL and logs.
    pub fn name(self) -> &'static str {
        match self {
            Class::Request => "request",
            Class::Reply => "reply",
            Class::AutoReply => "auto_reply",
            Class::Bounce => "bounce",
            Class::DeliveryReport => "delivery_report",
            Class::List => "list",
            Class::Calendar => "calendar",
            Class::Empty => "empty",
            Class::Spam => "spam",
        }
    }
}

/// How many automatic letters the sender's address has had lately, counted when the message came in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LettersSoFar {
    /// In the last hour.
    pub hour: u32,
    /// In the last twenty-four hours.
    pub day: u32,
}

/// An attached table or plain text, as far as the door could read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttachedTable {
    /// The file's name.
    pub name: String,
    /// Its lines, cells parted by tabs; no secret.
    pub rows: String,
}

/// One message, after the door: secrets are cut out and only new text is left.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The way it came.
    pub channel: Channel,
    /// Who says they wrote it.
    pub from: Party,
    /// What the boundary says about that.
    #[serde(default)]
    pub standing: Standing,
    /// Its subject; empty by chat.
    pub subject: String,
    /// What the person newly wrote: no quote, no signature, no secret.
    pub text: String,
    /// All that could be read, when that is more than the new text: for an agent who doubts the cut.
    pub whole: Option<String>,
    /// What kind of mail it is.
    pub class: Class,
    /// Its own Message-ID without angle brackets, for In-Reply-To.
    pub message_id: Option<String>,
    /// Its References and In-Reply-To, oldest first, without angle brackets.
    pub references: Vec<String>,
    /// The number of the letter of this ticket that it answers, when it quotes our signed Message-ID.
    pub answers_letter: Option<u32>,
    /// Whether the door cut out what looked like a password or a code.
    pub secret_removed: bool,
    /// Names of its attachments, already made safe.
    pub attachments: Vec<String>,
    /// Those of them that are tables or plain text: a list that the desk asks for may be in them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<AttachedTable>,
    /// The brake against loops.
    pub letters_so_far: LettersSoFar,
}
