//! How much a bot may send: one message a second to a chat, thirty a second in all. Counted against real time, or not
//! at all where a test says so.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// A second, less what the way of a request may differ from that of the one before it.
const SECOND: Duration = Duration::from_millis(930);
/// Messages a second to all chats.
const OVERALL: usize = 30;

/// The counters.
#[derive(Debug, Default)]
pub struct Limits {
    /// Nothing is counted.
    pub are_off: bool,
    /// How often somebody was told to wait.
    pub refused: u32,
    last: BTreeMap<i64, Instant>,
    all: Vec<Instant>,
}

impl Limits {
    /// Counts a message to a chat. `Err`: too many; after so many seconds it may be tried again.
    pub fn count(&mut self, chat: i64) -> Result<(), u64> {
        if self.are_off {
            return Ok(());
        }
        let now = Instant::now();
        self.all.retain(|at| now.duration_since(*at) < SECOND);
        let too_soon = self.last.get(&chat).is_some_and(|at| now.duration_since(*at) < SECOND);
        if too_soon || self.all.len() >= OVERALL {
            self.refused += 1;
            return Err(1);
        }
        self.all.push(now);
        self.last.insert(chat, now);
        Ok(())
    }
}
