//! Who is speaking: how far the desk's own boundary vouches for a sender.

use serde::{Deserialize, Serialize};

/// How far the boundary vouches for the sender of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vouched {
    /// Not at all: the From line is only what the sender says. The default; nothing is believed unless a profile says so.
    #[default]
    No,
    /// It vouches for the address in From, but somebody else sent the mail in its name.
    OnBehalf,
    /// It vouches that the mail was written from the address in From.
    Yes,
}

/// What the boundary said of a sender, and why it is believed or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How far it vouches.
    pub vouched: Vouched,
    /// The profile, the verdict and what it rests on, in one plain sentence without secrets. Empty where no boundary was
    /// asked, as by chat.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
}
