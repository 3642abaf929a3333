//! How letters leave the desk: as files, or by a relay that takes them for those whom the operator lets it write to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::mail::recipients::Recipients;
use crate::mail::smtp::Relay;

use super::pace::Pace;

/// How letters leave the desk.
#[derive(Debug)]
pub enum Post {
    /// As `.eml` files in `DATA/sent/`.
    Folder,
    /// By a relay.
    Relay(Mailer),
}

/// The relay, with what the sender knows of it.
#[derive(Debug)]
pub struct Mailer {
    /// The relay.
    pub relay: Relay,
    /// To whom letters may go.
    pub recipients: Recipients,
    pace: Mutex<Pace>,
}

impl Mailer {
    /// A sender that has tried nothing yet.
    pub fn new(relay: Relay, recipients: Recipients) -> Mailer {
        Mailer { relay, recipients, pace: Mutex::default() }
    }

    pub(super) fn pace(&self) -> MutexGuard<'_, Pace> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post {
    /// Whether a letter may go to an address. Files go to nobody, so that all may be written.
    pub(super) fn may_write_to(&self, address: &str) -> bool {
        match self {
            Post::Folder => true,
            Post::Relay(mailer) => mailer.recipients.include(address),
        }
    }
}
