//! How letters and texts leave the desk: as files, or by a relay and a service that take them for those whom the operator
//! lets the desk write to.

use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::mail::recipients::Recipients;
use crate::mail::smtp::Relay;
use crate::policy::message::Channel;
use crate::texts::Service;

use super::Desk;
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
    pub(super) pace: Mutex<Pace>,
}

impl Mailer {
    /// A sender that has tried nothing yet.
    pub fn new(relay: Relay, recipients: Recipients) -> Mailer {
        Mailer { relay, recipients, pace: Mutex::default() }
    }

    pub(super) fn pace(&self) -> MutexGuard<'_, Pace> {
        locked(&self.pace)
    }
}

/// How texts to mobiles leave the desk.
#[derive(Debug)]
pub enum Texting {
    /// As files in `DATA/texts/`.
    Folder,
    /// By a service.
    Service(Box<Texter>),
}

/// The service that takes texts, with what the sender knows of it.
#[derive(Debug)]
pub struct Texter {
    /// The service.
    pub service: Service,
    /// To whom texts may go.
    pub recipients: Recipients,
    pub(super) pace: Mutex<Pace>,
}

impl Texter {
    /// A sender that has tried nothing yet.
    pub fn new(service: Service, recipients: Recipients) -> Texter {
        Texter { service, recipients, pace: Mutex::default() }
    }

    pub(super) fn pace(&self) -> MutexGuard<'_, Pace> {
        locked(&self.pace)
    }
}

impl Desk {
    /// Whether something may go to an address by this channel. Files go to nobody, so that all may be written.
    pub(super) fn may_write_to(&self, channel: Channel, address: &str) -> bool {
        match (channel, &self.post, &self.texting) {
            (Channel::Mail, Post::Relay(mailer), _) => mailer.recipients.include(address),
            (Channel::Text, _, Texting::Service(texter)) => texter.recipients.include(address),
            (Channel::Mail, Post::Folder, _) | (Channel::Text, _, Texting::Folder) => true,
            // These are told, not sent.
            (Channel::Chat | Channel::Phone, _, _) => true,
        }
    }
}

/// The pace as it is. A sender that has panicked leaves it whole: it is changed in one step.
pub(super) fn locked(pace: &Mutex<Pace>) -> MutexGuard<'_, Pace> {
    pace.lock().unwrap_or_else(PoisonError::into_inner)
}
