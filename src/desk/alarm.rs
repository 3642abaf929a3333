//! Wakes whoever fires timers when one is set that is due before the next one known.

use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use tokio::sync::Notify;

/// The next due time known, and a bell.
#[derive(Debug)]
pub struct Alarm {
    /// In microseconds; the largest number while nobody knows, so that every timer rings.
    next: AtomicI64,
    bell: Notify,
}

impl Default for Alarm {
    fn default() -> Self {
        Alarm { next: AtomicI64::new(i64::MAX), bell: Notify::new() }
    }
}

impl Alarm {
    /// Whoever fires timers is about to look for the next: whatever is set meanwhile must ring.
    pub(super) fn look(&self) {
        self.next.store(i64::MAX, Ordering::SeqCst);
    }

    /// The next one is known. With none, any new one rings.
    pub(super) fn set(&self, next: Option<Timestamp>) {
        self.next.store(next.map_or(i64::MAX, Timestamp::as_microsecond), Ordering::SeqCst);
    }

    /// A timer was set.
    pub(super) fn ring_if_before(&self, due: Timestamp) {
        if due.as_microsecond() < self.next.load(Ordering::SeqCst) {
            self.bell.notify_one();
        }
    }

    /// Waits for the bell. One that rang while nobody waited is heard at once.
    pub(super) async fn rings(&self) {
        self.bell.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_what_is_due_earlier_rings() {
        let at = |second| Timestamp::from_second(second).expect("a moment");
        let heard = async |alarm: &Alarm| tokio::select! { biased; () = alarm.rings() => true, () = std::future::ready(()) => false };
        let alarm = Alarm::default();
        alarm.set(Some(at(100)));
        alarm.ring_if_before(at(100));
        assert!(!heard(&alarm).await, "the desk wakes then anyway");
        alarm.ring_if_before(at(99));
        assert!(heard(&alarm).await);
        alarm.look();
        alarm.ring_if_before(at(1_000));
        alarm.set(Some(at(100)));
        assert!(heard(&alarm).await, "what was set while the desk looked is not missed");
    }
}
