//! One text to the service that sends them: leased, noted as being on its way, said, and settled by the answer. What
//! follows from each answer is the same as for letters: see [`sending`](super::sending).

use jiff::SignedDuration;

use crate::fault::{self, Point};
use crate::store::{LeasedLetter, Way};
use crate::texts::{self, Text};

use super::pace::later;
use super::post::Texter;
use super::sending::{MARGIN, Report, signed};
use super::{Desk, DeskError};

impl Desk {
    /// The next text that is due, leased for one attempt.
    pub(super) async fn next_text(&self) -> Result<Option<LeasedLetter>, DeskError> {
        let leased = self.store.lease(Way::Text, self.clock.now(), lease(), 1).await?.pop();
        fault::at(Point::LettersLeased);
        Ok(leased)
    }

    /// Takes a leased text to the service. Says whether it went.
    pub(super) async fn attempt_text(&self, texter: &Texter, leased: &LeasedLetter) -> Result<bool, DeskError> {
        let letter = &leased.letter;
        // Looked at again at the last moment: this, and not the list of what waits, is what keeps a text in.
        if !texter.recipients.include(&letter.to) {
            self.settle(leased, Report::Held).await?;
            return Ok(false);
        }
        let line = match texter.service.reach().await {
            Ok(line) => line,
            Err(failure) => return self.did_not_go(&texter.pace, leased, failure).await,
        };
        if !self.store.mark_sending(&leased.key, leased.attempt, later(self.clock.now(), lease())).await? {
            tracing::warn!(letter = %leased.key, "not sent: another sender has it meanwhile");
            return Ok(false);
        }
        fault::at(Point::LetterSending);
        let reference = leased.key.to_string();
        let text = Text { to: &letter.to, words: &letter.text, reference: &reference };
        let sent = line.send(&texter.service, text, self.clock.now()).await;
        match sent {
            Ok(()) => {
                texter.pace().went_well();
                self.settle(leased, Report::Sent).await?;
                fault::at(Point::LetterSettled);
                tracing::info!(letter = %leased.key, "sent");
                Ok(true)
            }
            Err(failure) => self.did_not_go(&texter.pace, leased, failure).await,
        }
    }
}

/// How long a text is ours: longer than the service has to answer.
fn lease() -> SignedDuration {
    signed(texts::REACH + texts::ANSWER) + MARGIN
}
