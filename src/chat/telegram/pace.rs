//! How fast we speak: a little less than what Telegram takes, one message a second to a chat and thirty in all.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::time::Instant;

/// From the answer to one message to the next message in the same chat. A second that began with the question would be
/// shorter for Telegram when one request is slow and the next is not.
const IN_A_CHAT: Duration = Duration::from_millis(1050);
/// Messages a second to all chats.
const OVERALL: NonZeroU32 = NonZeroU32::new(28).expect("28 is not 0");
/// How many chats are remembered before those that may be spoken to anyway are forgotten.
const MANY: usize = 1000;

/// The limits.
#[derive(Debug)]
pub struct Pace {
    /// Before which moment nothing is said in a chat.
    chats: Mutex<HashMap<i64, Instant>>,
    /// Before which moment nothing is said at all: a desk that ran a moment ago may just have spoken.
    first: Instant,
    all: DefaultDirectRateLimiter,
}

impl Pace {
    /// Begins with a pause.
    pub fn new() -> Pace {
        let overall = Quota::per_second(OVERALL).allow_burst(NonZeroU32::MIN);
        Pace { chats: Mutex::default(), first: Instant::now() + IN_A_CHAT, all: RateLimiter::direct(overall) }
    }

    /// Waits until something may be said in a chat. A chat that must wait takes nothing from the others.
    pub async fn turn(&self, chat: i64) {
        let ready = self.chats().get(&chat).copied().unwrap_or(self.first);
        tokio::time::sleep_until(ready).await;
        self.all.until_ready().await;
    }

    /// Something was said in a chat.
    pub fn said(&self, chat: i64) {
        let now = Instant::now();
        let mut chats = self.chats();
        if chats.len() >= MANY {
            chats.retain(|_, ready| *ready > now);
        }
        chats.insert(chat, now + IN_A_CHAT);
    }

    /// The chats. A panic leaves them whole: they are changed in one step.
    fn chats(&self) -> MutexGuard<'_, HashMap<i64, Instant>> {
        self.chats.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_chat_waits_its_second_and_no_other_does() {
        let (pace, started) = (Pace::new(), Instant::now());
        pace.turn(1).await;
        assert!(started.elapsed() >= IN_A_CHAT, "another desk may have spoken just before this one started");
        pace.said(1);
        let began = Instant::now();
        pace.turn(2).await;
        assert!(began.elapsed() < IN_A_CHAT);
        pace.turn(1).await;
        assert!(began.elapsed() >= IN_A_CHAT);
    }
}
