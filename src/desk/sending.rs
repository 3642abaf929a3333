//! One letter to the relay: leased, offered, noted as being on its way, said, and settled by the relay's answer.
//!
//! | what was seen | what follows |
//! |---|---|
//! | the relay refuses it (5xx) | failed at once; its ticket is told |
//! | 4xx, no relay, no encryption, silence before the letter was said | it waits and is tried again, for a day |
//! | the answer to the whole letter was lost | after ten minutes the same bytes go again; a letter with a secret fails |
//!
//! INVARIANT: the state `sending` is durable before the first byte of the letter goes. So a letter that is `leased` has
//! not gone, whatever was killed, and may go without a second thought.

use std::sync::Mutex;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::fault::{self, Point};
use crate::mail::smtp::{Failure, Kind, Parcel};
use crate::store::{LeasedLetter, StoreError, Way};

use super::pace::{Pace, later, next_try};
use super::post::{Mailer, locked};
use super::{Desk, DeskError};

/// What a lease lasts beyond the relay's own patience.
pub(super) const MARGIN: SignedDuration = SignedDuration::from_secs(60);
/// How long the same bytes do not go again when an answer was lost: the relay may be about to give it.
const DOUBT: SignedDuration = SignedDuration::from_mins(10);
/// How often a report is tried when the database cannot take it: the relay's answer must not be lost on our side.
const REPORTS: u32 = 30;
/// Why a letter with a secret does not go again.
pub(super) const UNKNOWN_SECRET: &str = "we cannot know whether it arrived, and a letter with a code or a password is \
     never sent twice; issue a new one";
/// Why a letter waits that the operator does not let out.
pub(super) const HELD: &str = "held: its address is not in only_to, and the desk is not live";

/// What is reported of an attempt.
pub(super) enum Report<'a> {
    Sent,
    Failed(&'a str),
    Deferred(&'a str, Timestamp),
    Unknown(&'a str, Timestamp),
    Held,
}

impl Desk {
    /// The next letter that is due, leased for one attempt.
    pub(super) async fn next_letter(&self, mailer: &Mailer) -> Result<Option<LeasedLetter>, DeskError> {
        let lasts = signed(mailer.relay.patience().offer) + MARGIN;
        let leased = self.store.lease(Way::Mail, self.clock.now(), lasts, 1).await?.pop();
        fault::at(Point::LettersLeased);
        Ok(leased)
    }

    /// Takes a leased letter to the relay. Says whether it went.
    pub(super) async fn attempt(&self, mailer: &Mailer, leased: &LeasedLetter) -> Result<bool, DeskError> {
        let letter = &leased.letter;
        // Looked at again at the last moment: this, and not the list of what waits, is what keeps a letter in.
        if !mailer.recipients.include(&letter.to) {
            self.settle(leased, Report::Held).await?;
            return Ok(false);
        }
        let running = self.packs.current();
        let parcel = match Parcel::new(running.pack.desk.own_address(), &letter.to, &letter.bytes) {
            Ok(parcel) => parcel,
            Err(why) => {
                self.settle(leased, Report::Failed(&format!("this letter cannot be sent: {why}"))).await?;
                return Ok(false);
            }
        };
        let offered = match mailer.relay.offer(parcel).await {
            Ok(offered) => offered,
            Err(failure) => return self.did_not_go(&mailer.pace, leased, failure).await,
        };
        fault::at(Point::RelayWaits);
        let until = later(self.clock.now(), signed(mailer.relay.patience().once_sending()) + MARGIN);
        if !self.store.mark_sending(&leased.key, leased.attempt, until).await? {
            tracing::warn!(letter = %leased.key, "not sent: another sender has it meanwhile");
            return Ok(false);
        }
        fault::at(Point::LetterSending);
        let sent = offered.send().await;
        fault::at(Point::RelayAnswered);
        match sent {
            Ok(()) => {
                mailer.pace().went_well();
                self.settle(leased, Report::Sent).await?;
                fault::at(Point::LetterSettled);
                tracing::info!(letter = %leased.key, "sent");
                Ok(true)
            }
            Err(failure) => self.did_not_go(&mailer.pace, leased, failure).await,
        }
    }

    /// Settles an attempt that failed. The sender goes on at the pace that this leaves it.
    pub(super) async fn did_not_go(
        &self,
        pace: &Mutex<Pace>,
        leased: &LeasedLetter,
        Failure { kind, because }: Failure,
    ) -> Result<bool, DeskError> {
        let now = self.clock.now();
        locked(pace).failed(kind, now);
        let next = next_try(leased, now);
        match (kind, next) {
            (Kind::Refused, _) => {
                self.settle(leased, Report::Failed(&because)).await?;
                fault::at(Point::LetterRefused);
            }
            (Kind::Unknown, _) if leased.letter.secret => {
                self.settle(leased, Report::Failed(&format!("{UNKNOWN_SECRET}; {because}"))).await?;
            }
            (Kind::Unknown, Some(next)) => {
                self.settle(leased, Report::Unknown(&because, next.max(later(now, DOUBT)))).await?;
            }
            (Kind::Later | Kind::TooFast | Kind::NoRelay, Some(next)) => {
                self.settle(leased, Report::Deferred(&because, next)).await?;
            }
            (Kind::Unknown | Kind::Later | Kind::TooFast | Kind::NoRelay, None) => {
                let doubt = match leased.doubt || kind == Kind::Unknown {
                    true => "; it may have arrived all the same, for an answer was lost",
                    false => "",
                };
                let given_up = format!("given up after {} tries: {because}{doubt}", leased.tries);
                self.settle(leased, Report::Failed(&given_up)).await?;
            }
        }
        // The relay's own words may hold an address: they are for `outbox list`, not for the log.
        tracing::warn!(letter = %leased.key, what = ?kind, "a letter did not go");
        Ok(false)
    }

    /// Reports what came of an attempt. A database that is locked or full for a moment must not make us forget the
    /// relay's answer: the report is tried again while the lease lasts.
    pub(super) async fn settle(&self, leased: &LeasedLetter, report: Report<'_>) -> Result<(), DeskError> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.report(leased, &report).await {
                Ok(true) => return Ok(()),
                Ok(false) => {
                    tracing::warn!(letter = %leased.key, "an attempt came to its end after its lease");
                    return Ok(());
                }
                Err(error) if error.try_later() && tries < REPORTS => {
                    tracing::warn!(letter = %leased.key, %error, "what came of a letter cannot be noted yet");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    async fn report(&self, leased: &LeasedLetter, report: &Report<'_>) -> Result<bool, StoreError> {
        let (key, attempt, now) = (&leased.key, leased.attempt, self.clock.now());
        match report {
            Report::Sent => self.store.mark_sent(key, attempt, now).await,
            Report::Failed(because) => self.store.mark_failed(key, attempt, because, now).await,
            Report::Deferred(because, next) => self.store.mark_deferred(key, attempt, because, *next).await,
            Report::Unknown(because, until) => self.store.mark_unknown(key, attempt, because, *until).await,
            Report::Held => self.store.hold_leased(key, attempt, HELD).await,
        }
    }
}

pub(super) fn signed(lasts: Duration) -> SignedDuration {
    SignedDuration::try_from(lasts).unwrap_or(SignedDuration::MAX)
}
