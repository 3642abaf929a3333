//! ACTS: takes what comes in, lets policy decide, commits, and delivers what follows.
//!
//! One event, one `advance`, one commit, then the outbox. A message, a due time and an agent's click take the same way.

pub mod acts;
pub mod agents;
pub mod alarm;
mod aside;
pub mod bell;
mod beside;
pub mod calls;
pub mod chat;
pub mod conversation;
pub mod deliver;
pub mod follow;
pub mod inbox;
pub mod inflight;
pub mod intake;
mod joining;
pub mod lmtp;
pub mod notices;
mod pace;
pub mod packs;
mod parked;
pub mod past;
pub mod post;
pub mod publishing;
pub mod quarantine;
pub mod recalculate;
pub mod report;
mod sending;
pub mod stop;
mod texting;
pub mod timers;
pub mod turn;
mod undelivered;
pub mod whole_mails;
pub mod worker;

use std::path::PathBuf;
use std::sync::Arc;

use serde::Serialize;

use crate::clock::Clock;
use crate::library::{self, LibraryError};
use crate::mail::{Boundary, MessageIds};
use crate::policy::intent::Routed;
use crate::policy::outcome::Letter;
use crate::store::{Commit, Store, StoreError};

use alarm::Alarm;
use bell::Bell;
use follow::Follower;
use packs::Packs;
use post::{Post, Texting};
use tokio::sync::Notify;

/// How often a turn is taken again because something moved under it.
const ATTEMPTS: u32 = 8;

/// The desk, ready to work.
#[derive(Debug)]
pub struct Desk {
    /// What it remembers.
    pub store: Store,
    /// The packs that it runs.
    pub packs: Packs,
    /// Its time.
    pub clock: Clock,
    /// Its folder.
    pub data: PathBuf,
    /// Where it keeps what the examples of its packs teach.
    pub models: PathBuf,
    /// How it signs its letters.
    pub ids: MessageIds,
    /// Whose word about senders it takes. All its doors take the same.
    pub boundary: Boundary,
    /// When letters leave its outbox.
    pub delivering: Delivering,
    /// How they leave it.
    pub post: Post,
    /// How texts to mobiles leave it.
    pub texting: Texting,
    /// Looks for edits of the pack, where the desk runs on.
    pub follower: Option<Follower>,
    /// Wakes whoever fires timers.
    pub alarm: Alarm,
    /// Rings when something was said in a chat.
    pub bell: Bell,
}

/// When letters leave the outbox.
#[derive(Debug)]
pub enum Delivering {
    /// They stay there.
    Never,
    /// When they are committed, before whoever caused them hears of it.
    AtOnce,
    /// By a sender that runs beside and is woken.
    Beside(Notify),
}

impl Delivering {
    /// Whether letters leave the outbox at all.
    pub fn is_wanted(&self) -> bool {
        !matches!(self, Delivering::Never)
    }
}

/// Why the desk could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// The store could not keep it.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no pack to run.
    #[error(transparent)]
    Library(#[from] LibraryError),
    /// A file could not be read or written.
    #[error("{doing}: {source}")]
    File {
        /// What was tried.
        doing: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// Others were faster too often.
    #[error("the ticket changed under our hands too often; try again")]
    Contended,
    /// Work on a thread of its own came to nothing.
    #[error(transparent)]
    Worker(#[from] worker::Failed),
    /// The agent, or whoever called, asked for something that is not possible.
    #[error("{0}")]
    Refused(String),
}

impl DeskError {
    /// Whether nothing was kept and the same may work later: exit code 75.
    pub fn try_later(&self) -> bool {
        match self {
            DeskError::Store(error) => error.try_later(),
            DeskError::File { .. } | DeskError::Contended | DeskError::Worker(_) => true,
            DeskError::Library(_) | DeskError::Refused(_) => false,
        }
    }
}

/// What one event said to people, for whoever called.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Said {
    /// Letters by mail.
    pub letters: Vec<SentLetter>,
    /// Replies by chat.
    pub replies: Vec<SentReply>,
    /// Messages to a mobile.
    pub texts: Vec<SentText>,
    /// What an agent on the telephone has to say.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub aloud: Vec<SentReply>,
}

/// A letter by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentLetter {
    /// The address.
    pub to: String,
    /// Its subject.
    pub subject: String,
    /// Its plain text.
    pub text: String,
    /// Its Message-ID, without angle brackets.
    pub message_id: String,
}

/// A reply by chat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentReply {
    /// Its text.
    pub text: String,
    /// Its buttons.
    pub choices: Vec<String>,
}

/// A message to a mobile.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SentText {
    /// The number.
    pub to: String,
    /// Its text.
    pub text: String,
}

impl Said {
    /// Adds a reply by chat.
    pub(crate) fn reply(&mut self, letter: &Letter) {
        let text = crate::mail::spoken_text(&letter.blocks);
        self.replies.push(SentReply { text, choices: letter.choices.clone() });
    }

    /// Adds what an agent has to say on the telephone.
    pub(crate) fn say_aloud(&mut self, letter: &Letter) {
        let text = crate::mail::spoken_text(&letter.blocks);
        self.aloud.push(SentReply { text, choices: letter.choices.clone() });
    }

    /// Adds what another event said.
    pub fn append(&mut self, mut other: Said) {
        self.letters.append(&mut other.letters);
        self.replies.append(&mut other.replies);
        self.texts.append(&mut other.texts);
        self.aloud.append(&mut other.aloud);
    }
}

/// What stands for the catalogue's ids where the desk asks which of several things is meant.
pub(crate) const CLARIFY: &str = "CLARIFY";

impl Desk {
    /// What a first message starts. Learning from the examples takes a moment, on a thread of its own.
    async fn route(
        &self,
        running: &Running,
        subject: &str,
        text: &str,
        passed_on: Option<(String, String)>,
    ) -> Result<Routed, DeskError> {
        let (running, models) = (Arc::clone(running), self.models.clone());
        let (subject, text) = (subject.to_owned(), text.to_owned());
        let routing = worker::run(move || {
            library::understand(&running, &models);
            let passed_on = passed_on.as_ref().map(|(subject, text)| (subject.as_str(), text.as_str()));
            running.matcher.route_either(&subject, &text, passed_on)
        });
        Ok(routing.await?)
    }
}

/// A pack that may run, shared.
pub type Running = Arc<crate::library::Running>;
