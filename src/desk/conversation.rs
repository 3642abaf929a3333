//! A conversation by chat as a page shows it: its lines, what its reader has seen, and the end of its time.

use jiff::Timestamp;

use super::bell::Bell;
use super::{Desk, DeskError, Running};
use crate::policy::calendar::Length;
use crate::policy::outcome::Block;
use crate::policy::ticket::Ticket;
use crate::store::{Line, SaidBy};

/// How many lines are deleted in one look at the database.
const BATCH: u32 = 500;
/// The most lines that are sent by mail: the last ones.
const LINES: u32 = 500;

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

    /// What was said by chat about a ticket, as far as it is still kept, for a letter.
    pub(super) async fn conversation(&self, running: &Running, ticket: &Ticket) -> Result<Vec<Block>, DeskError> {
        let desk = &running.pack.desk;
        let mut lines = self.store.chat_lines_of(&ticket.requester.address, &ticket.reference, LINES + 1).await?;
        let is_whole = lines.len() <= LINES as usize;
        if !is_whole {
            lines.remove(0);
        }
        let in_words = |line: &Line| {
            let at = line.at.to_zoned(desk.zone.clone()).strftime("%-d %B %Y, %H:%M").to_string();
            let who = match line.said_by {
                SaidBy::Person => "You",
                SaidBy::Desk => "Our program",
                SaidBy::Agent => "A colleague",
            };
            let files: String = line.files.iter().map(|file| format!("\n(with the file {file})")).collect();
            Block::Text(format!("{at}. {who} wrote:\n{}{files}", line.text.trim()))
        };
        let first = match (lines.is_empty(), is_whole) {
            (true, _) => Some("We do not keep the words of this chat any more."),
            (false, false) => Some("It was a long chat. These are its last words."),
            (false, true) => None,
        };
        let first = first.map(|sentence| Block::Text(sentence.to_owned()));
        Ok(first.into_iter().chain(lines.iter().map(|line| in_words(&line.line))).collect())
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
