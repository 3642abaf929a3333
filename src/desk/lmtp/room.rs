//! How much memory all mails that are coming in may take together. A mail waits for room; it never takes it from others.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// What is counted at once. A mail up to this size is not counted: most are smaller, and none waits for a large one.
const UNIT: usize = 64 * 1024;

/// The room that there is.
#[derive(Debug)]
pub(super) struct Room {
    free: Arc<Semaphore>,
    patience: Duration,
}

/// The room that one mail has. Dropped, it is free again.
#[derive(Debug, Default)]
pub(super) struct Held(Option<OwnedSemaphorePermit>);

impl Room {
    pub(super) fn new(bytes: usize, patience: Duration) -> Room {
        Room { free: Arc::new(Semaphore::new((bytes / UNIT).min(Semaphore::MAX_PERMITS))), patience }
    }

    /// Makes sure of room for a mail of so many bytes. Says no when there was none for too long. Two mails that wait for
    /// each other's room therefore end: one of them gives up, and its sender tries again.
    pub(super) async fn cover(&self, held: &mut Held, bytes: usize) -> bool {
        let units = |bytes: usize| u32::try_from(bytes.div_ceil(UNIT).saturating_sub(1)).unwrap_or(u32::MAX);
        let have = held.0.as_ref().map_or(0, |permit| u32::try_from(permit.num_permits()).unwrap_or(u32::MAX));
        let need = units(bytes);
        if need <= have {
            return true;
        }
        // A mail that grows asks seldom, and each time for as much as it has.
        let more = (need - have).max(have);
        let waiting = Arc::clone(&self.free).acquire_many_owned(more);
        let Ok(Ok(permit)) = tokio::time::timeout(self.patience, waiting).await else { return false };
        match &mut held.0 {
            Some(before) => before.merge(permit),
            before @ None => *before = Some(permit),
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_small_mail_never_waits_and_a_large_one_waits_for_room() {
        let room = Room::new(10 * UNIT, Duration::from_secs(30));
        let (mut first, mut second) = (Held::default(), Held::default());
        assert!(room.cover(&mut first, 8 * UNIT).await);
        assert!(room.cover(&mut second, UNIT).await, "a small one is not counted");
        assert!(!room.cover(&mut second, 6 * UNIT).await, "there is no room, and it says so in the end");
        drop(first);
        assert!(room.cover(&mut second, 6 * UNIT).await);
    }
}
