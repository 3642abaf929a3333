//! A conversation by chat as a page shows it: its lines, what its reader has seen, and the end of its time.

use jiff::Timestamp;

use super::bell::Bell;
use super::{Desk, DeskError};
use crate::policy::calendar::Length;

/// How many lines are deleted in one look at the database.
const BATCH: u32 = 500;

impl Desk {
    /// The bell that rings when something was said in a chat.
    pub fn bell(&self) -> &Bell {
        &self.bell
    }

    /// Notes that all letters of a chat have been shown: whoever shows a conversation shows its every line.
    pub async fn shown(&self, chat: &str) -> Result<(), DeskError> {
        loop {
            let letters = self.unheard(chat, self.clock.now()).await?;
            if letters.is_empty() {
                return Ok(());
            }
            for letter in letters {
                self.store.mark_sent(&letter.key, letter.attempt, self.clock.now()).await?;
            }
        }
    }

    /// Deletes what was said by chat once its time is over. Says how many lines.
    pub async fn delete_old_chats(&self) -> Result<u64, DeskError> {
        let before = ago(self.clock.now(), self.packs.current().pack.desk.retention.chats);
        let mut deleted = 0;
        loop {
            let now = self.store.delete_chat_lines(before, BATCH).await?;
            deleted += now;
            if now == 0 {
                break;
            }
        }
        if deleted > 0 {
            tracing::info!(lines = deleted, "words of old chats were deleted: their time is over");
            self.store.overwrite_deleted().await?;
        }
        Ok(deleted)
    }
}

/// The moment a length ago. The checker has made sure that it is time passed.
pub(crate) fn ago(now: Timestamp, length: Length) -> Timestamp {
    length.passed().and_then(|passed| now.checked_sub(passed).ok()).unwrap_or(Timestamp::MIN)
}
