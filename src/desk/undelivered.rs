//! Letters that did not reach their address, and letters that are no longer wanted: their tickets hear of it, once.

use crate::policy::outcome::Act;
use crate::store::{Commit, LetterFate, LetterKey, LetterState, Refusal};

use super::agents::THE_DESK;
use super::{Desk, DeskError};

/// How many tickets are told at once.
const BATCH: u32 = 50;

impl Desk {
    /// Tells tickets of letters that failed. A letter stays on the list until its ticket's journal has the event, both
    /// in one commit: whatever is killed meanwhile, the ticket hears of it, and hears it once.
    pub(super) async fn tell_failures(&self) -> Result<(), DeskError> {
        let mut trouble = None;
        for untold in self.store.untold(BATCH).await? {
            let key = untold.key;
            if key.is_notice() {
                self.settle_alone(&key, LetterFate::Told { attempt: untold.attempt }).await?;
                tracing::warn!(letter = %key, "a letter to an agent failed; `caredesk outbox list --failed` says why");
                continue;
            }
            let act = Act::Undelivered { letter: key.n, to: untold.to, because: untold.failure };
            let event_id = format!("undelivered:{}:{}", key.n, untold.attempt);
            let fate = (key.clone(), LetterFate::Told { attempt: untold.attempt });
            match self.act_once(&key.ticket, THE_DESK, act, Some(event_id), vec![fate]).await {
                Ok(_) => tracing::warn!(letter = %key, "a letter failed; its ticket is with an agent"),
                Err(error) => trouble = Some(error),
            }
        }
        trouble.map_or(Ok(()), Err)
    }

    /// Settles the fate of a letter to an agent, which has no ticket to tell.
    async fn settle_alone(&self, key: &LetterKey, fate: LetterFate) -> Result<(), DeskError> {
        let commit = Commit { letters: vec![(key.clone(), fate)], ..Commit::default() };
        match self.commit_one(commit).await? {
            // Somebody else was faster.
            Ok(()) | Err(Refusal::Stale { .. }) => Ok(()),
            Err(refusal) => Err(DeskError::Refused(refusal.to_string())),
        }
    }

    /// Takes a letter out of the outbox for good. Its ticket, if it has one, says who did so, and why.
    pub async fn drop_letter(&self, key: &LetterKey, agent: &str, because: &str) -> Result<(), DeskError> {
        let agent = &self.known_agent(agent).await?;
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
        if key.is_notice() {
            return self.settle_alone(key, fate).await;
        }
        self.act_once(&key.ticket, agent, Act::Note { text }, None, vec![(key.clone(), fate)]).await.map(drop)
    }
}
