//! Rings when something was said in a chat, for whoever shows it: a page that is open, or a sender to another channel.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::{self, Receiver, Sender, error::RecvError};

use super::stop::Stop;
use super::{Commit, Desk, DeskError};
use crate::policy::message::Channel;

/// How many rings wait for one listener. Whoever is slower looks at everything.
const ROOM: usize = 1024;
/// How often it is looked whether another process let the desk say something.
const LOOK: Duration = Duration::from_secs(1);

/// The bell of all chats.
#[derive(Debug)]
pub struct Bell(Sender<Arc<str>>);

/// Somebody who listens.
#[derive(Debug)]
pub struct Listener(Receiver<Arc<str>>);

/// What a listener has heard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rung {
    /// Something was said in this chat.
    Chat(Arc<str>),
    /// So much was said that the listener must look at every chat of theirs.
    Any,
}

impl Default for Bell {
    fn default() -> Self {
        Bell(broadcast::channel(ROOM).0)
    }
}

impl Bell {
    /// Listens from now on.
    pub fn listen(&self) -> Listener {
        Listener(self.0.subscribe())
    }

    /// Something was said in a chat.
    pub(super) fn ring(&self, chat: &str) {
        // Nobody listens: nobody minds.
        let _ = self.0.send(Arc::from(chat));
    }
}

impl Listener {
    /// Waits for the bell. None: the desk is gone.
    pub async fn rings(&mut self) -> Option<Rung> {
        match self.0.recv().await {
            Ok(chat) => Some(Rung::Chat(chat)),
            Err(RecvError::Lagged(_)) => Some(Rung::Any),
            Err(RecvError::Closed) => None,
        }
    }
}

/// The chats in which a commit says something.
pub(super) fn chats_of(commit: &Commit) -> Vec<String> {
    let said = commit.said.iter().map(|line| line.chat.clone());
    let letters = commit.tickets.iter().flat_map(|change| &change.letters);
    let letters = letters.filter(|letter| letter.channel == Channel::Chat).map(|letter| letter.to.clone());
    let mut chats: Vec<String> = said.chain(letters).collect();
    chats.sort_unstable();
    chats.dedup();
    chats
}

impl Desk {
    /// How far the chats have come, for [`keep_ringing`](Desk::keep_ringing).
    pub async fn chat_mark(&self) -> Result<i64, DeskError> {
        Ok(self.store.chat_mark().await?)
    }

    /// Rings for what other processes let the desk say after a mark, until the desk stops. What is said in this one rings by
    /// itself.
    pub async fn keep_ringing(&self, mut mark: i64, mut stop: Stop) {
        while !stop.sleep(LOOK).await {
            match self.store.chats_since(mark).await {
                Ok((newest, chats)) => {
                    chats.iter().for_each(|chat| self.bell.ring(chat));
                    mark = newest;
                }
                Err(error) => tracing::error!(%error, "what was said by chat could not be read"),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_who_listens_hears_and_who_is_slow_looks_everywhere() {
        let bell = Bell::default();
        bell.ring("nobody listens");
        let (mut one, mut other) = (bell.listen(), bell.listen());
        bell.ring("amy");
        assert_eq!(one.rings().await, Some(Rung::Chat("amy".into())));
        for _ in 0..ROOM {
            bell.ring("omar");
        }
        assert_eq!(other.rings().await, Some(Rung::Any));
        assert_eq!(other.rings().await, Some(Rung::Chat("omar".into())));
        drop(bell);
    }
}
