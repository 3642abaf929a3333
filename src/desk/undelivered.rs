//! Letters that did not reach their address, and letters that are no longer wanted: their tickets hear of it, once.

use crate::policy::outcome::Act;
use crate::store::{LetterFate, LetterKey, LetterState};

use super::acts::Acted;
use super::{Desk, DeskError};

/// Who tells a ticket what the desk itself has found out.
const DESK: &str = "the desk";
/// How many tickets are told at once.
const BATCH: u32 = 50;

impl Desk {
    /// Tells tickets of letters that failed. A letter stays on the list until its ticket's journal has the event, both
    /// in one commit: whatever is killed meanwhile, the ticket hears of it, and hears it once.
    pub(super) async fn tell_failures(&self) -> Result<(), DeskError> {
        let mut trouble = None;
        for untold in self.store.untold(BATCH).await? {
            let key = untold.key;
            let act = Act::Undelivered { letter: key.n, to: untold.to, because: untold.failure };
            let event_id = format!("undelivered:{}:{}", key.n, untold.attempt);
            let fate = (key.clone(), LetterFate::Told { attempt: untold.attempt });
            match self.act_once(&key.ticket, DESK, act, Some(event_id), vec![fate]).await {
                Ok(_) => tracing::warn!(letter = %key, "a letter failed; its ticket is with an agent"),
                Err(error) => trouble = Some(error),
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    /// Takes a letter out of the outbox for good. Its ticket says who did so, and why.
    pub async fn drop_letter(&self, key: &LetterKey, agent: &str, because: &str) -> Result<Acted, DeskError> {
        let letter = self.store.letter(key).await?;
        let letter = letter.ok_or_else(|| DeskError::Refused(format!("there is no letter {key}")))?;
        let why_not = match letter.state {
            LetterState::Queued | LetterState::Failed => None,
            LetterState::Leased | LetterState::Sending => Some("is on its way just now; see again in some minutes"),
            LetterState::Sent => Some("has gone already"),
            LetterState::Dropped => Some("is dropped already"),
        };
        if let Some(why_not) = why_not {
            return Err(DeskError::Refused(format!("the letter {key} {why_not}")));
        }
        let text = format!("Letter {} to {} will not be sent: {because}", key.n, letter.to);
        let fate = LetterFate::Dropped { because: format!("{agent}: {because}"), at: self.clock.now() };
        self.act_once(&key.ticket, agent, Act::Note { text }, None, vec![(key.clone(), fate)]).await
    }
}
