//! Asks Telegram for updates. What came is confirmed by the next question, and that is asked only after the commit.

use std::sync::Arc;
use std::time::Duration;

use crate::desk::stop::Stop;

use super::Telegram;

/// How long until updates are kept again when the database could not take them.
const AGAIN: Duration = Duration::from_secs(1);

impl Telegram {
    /// Asks until the desk stops. What was kept and not confirmed by then comes again, and is known.
    pub(super) async fn keep_polling(self: &Arc<Self>, mut stop: Stop) {
        // Without an offset Telegram gives whatever nobody has confirmed. It is sent only to confirm: after a quiet week
        // Telegram begins to count anew, and an offset from before would confirm what we have not seen.
        let mut offset = None;
        let mut tries = 0;
        loop {
            let got = tokio::select! {
                () = stop.asked() => return,
                got = self.api.updates(offset) => got,
            };
            match got {
                Ok(updates) => {
                    if tries > 0 {
                        tracing::info!("Telegram answers again");
                    }
                    tries = 0;
                    let Some(last) = updates.iter().map(|update| update.id.0).next_back() else {
                        offset = None;
                        continue;
                    };
                    match self.keep(updates).await {
                        Ok(()) => offset = i32::try_from(last).ok().and_then(|last| last.checked_add(1)),
                        Err(error) => {
                            tracing::error!(%error, "what came by Telegram cannot be kept yet; it comes again");
                            if stop.sleep(AGAIN).await {
                                return;
                            }
                        }
                    }
                }
                Err(failure) => {
                    tracing::error!(%failure, "Telegram gives no updates; it is asked again");
                    if stop.sleep(self.wait(tries, &failure)).await {
                        return;
                    }
                    tries += 1;
                }
            }
        }
    }
}
