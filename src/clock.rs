//! The only caller of the system clock. Everything else is handed a moment.

use jiff::{Timestamp, Unit};

/// Where the desk takes the time from.
#[derive(Debug, Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// One moment, for one-shot commands.
    Fixed(Timestamp),
    /// A clock that started at a moment of its own when the machine's clock showed another.
    Moved {
        /// What this clock showed at its start.
        start: Timestamp,
        /// What the machine's clock showed then.
        machine: Timestamp,
    },
}

impl Clock {
    /// A clock that runs from a moment on.
    pub fn starting_at(start: Timestamp) -> Self {
        Clock::Moved { start, machine: Timestamp::now() }
    }

    /// The present moment, to the microsecond: databases keep no more.
    pub fn now(&self) -> Timestamp {
        let now = match self {
            Clock::System => Timestamp::now(),
            Clock::Fixed(at) => *at,
            Clock::Moved { start, machine } => {
                start.checked_add(Timestamp::now().duration_since(*machine)).unwrap_or(Timestamp::MAX)
            }
        };
        now.round(Unit::Microsecond).unwrap_or(now)
    }
}
