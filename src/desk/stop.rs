//! How the parts of a running desk learn that it is to stop: each finishes what it has begun, and begins nothing new.

use std::time::Duration;

use tokio::sync::watch;

/// Asks all parts to stop. Dropped, it asks too.
#[derive(Debug)]
pub struct Stopper(watch::Sender<bool>);

/// What a part of the desk looks at.
#[derive(Debug, Clone)]
pub struct Stop(watch::Receiver<bool>);

/// A stopper, and what hears it.
pub fn stopper() -> (Stopper, Stop) {
    let (asks, hears) = watch::channel(false);
    (Stopper(asks), Stop(hears))
}

impl Stopper {
    /// Asks all parts to stop.
    pub fn ask(&self) {
        self.0.send_replace(true);
    }
}

impl Stop {
    /// Whether the desk is to stop.
    pub fn is_asked(&self) -> bool {
        *self.0.borrow() || self.0.has_changed().is_err()
    }

    /// Waits until the desk is to stop.
    pub async fn asked(&mut self) {
        // The sender that is gone asks, too.
        let _ = self.0.wait_for(|asked| *asked).await;
    }

    /// Waits for a while. Says whether the desk is to stop.
    pub async fn sleep(&mut self, lasts: Duration) -> bool {
        tokio::select! {
            () = self.asked() => true,
            () = tokio::time::sleep(lasts) => false,
        }
    }
}
