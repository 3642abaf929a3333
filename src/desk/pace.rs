//! How soon a letter is tried again, and how fast the sender as a whole may go. Arithmetic alone: the moment is handed
//! in, and what looks random follows from the letter's name.

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::mail::smtp::Kind;
use crate::store::{LeasedLetter, LetterKey};

/// Minutes from one try to the next; after the last of them, an hour.
const STEPS: [i64; 6] = [1, 2, 5, 10, 20, 30];
/// For how long a letter is tried.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);
/// For how long a letter with a code or a password is tried: later it would be of no use to anybody but a thief.
const PATIENCE_WITH_SECRET: SignedDuration = SignedDuration::from_mins(10);
/// Seconds for which nothing is tried when the relay is in trouble, by how often that was so in a row.
const PAUSES: [i64; 5] = [10, 30, 60, 120, 300];
/// How long nothing is tried when the relay finds us too fast, and how long we go one by one then.
const BREATH: SignedDuration = SignedDuration::from_secs(60);
const ONE_BY_ONE: SignedDuration = SignedDuration::from_mins(10);
/// Letters under way at a time. Each waits for the relay's answer most of the time.
const WIDTH: usize = 6;

/// When a letter is tried again. `None`: it was tried for long enough.
pub(super) fn next_try(leased: &LeasedLetter, now: Timestamp) -> Option<Timestamp> {
    let patience = if leased.letter.secret { PATIENCE_WITH_SECRET } else { PATIENCE };
    let end = later(leased.tried_since, patience);
    (now < end).then(|| later(now, wait_after(leased.tries, &leased.key)).min(end))
}

/// How long to wait after so many tries. The hours differ by a fifth from letter to letter, so that what failed together
/// does not come back together.
fn wait_after(tries: u32, key: &LetterKey) -> SignedDuration {
    let step = usize::try_from(tries.saturating_sub(1)).unwrap_or(usize::MAX);
    match STEPS.get(step) {
        Some(minutes) => SignedDuration::from_mins(*minutes),
        None => {
            let digest = Sha256::digest(format!("{key}/{tries}"));
            let spread = i64::from(u16::from_be_bytes([digest[0], digest[1]])) % 1441;
            SignedDuration::from_secs(3600 - 720 + spread)
        }
    }
}

/// How fast the sender may go.
#[derive(Debug, Default)]
pub(super) struct Pace {
    /// How often in a row the relay was in trouble.
    trouble: u32,
    /// Nothing is tried before this.
    resume: Option<Timestamp>,
    /// One letter at a time until this.
    one_by_one: Option<Timestamp>,
}

impl Pace {
    /// How many letters may be under way now.
    pub(super) fn width(&self, now: Timestamp) -> usize {
        if self.resume.is_some_and(|resume| now < resume) {
            0
        } else if self.trouble > 0 || self.one_by_one.is_some_and(|until| now < until) {
            1
        } else {
            WIDTH
        }
    }

    /// The relay took a letter, or refused it in good order.
    pub(super) fn went_well(&mut self) {
        self.trouble = 0;
        self.resume = None;
    }

    /// An attempt failed.
    pub(super) fn failed(&mut self, kind: Kind, now: Timestamp) {
        match kind {
            Kind::Refused | Kind::Later => self.went_well(),
            Kind::TooFast => {
                self.resume = Some(later(now, BREATH));
                self.one_by_one = Some(later(now, BREATH + ONE_BY_ONE));
            }
            // Letters that were under way together tell of one trouble, not of several.
            Kind::NoRelay | Kind::Unknown if self.width(now) == 0 => {}
            Kind::NoRelay | Kind::Unknown => {
                let pause = usize::try_from(self.trouble).ok().and_then(|nth| PAUSES.get(nth)).unwrap_or(&PAUSES[4]);
                self.resume = Some(later(now, SignedDuration::from_secs(*pause)));
                self.trouble = self.trouble.saturating_add(1);
            }
        }
    }
}

/// A moment so much later; the end of time, if need be.
pub(super) fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::message::Channel;
    use crate::policy::ticket::Reference;
    use crate::store::OutgoingLetter;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes)
    }

    fn leased(tries: u32, secret: bool) -> LeasedLetter {
        LeasedLetter {
            key: LetterKey { ticket: Reference("CD-AAAA".into()), seq: 1, n: 1 },
            attempt: i64::from(tries),
            tries,
            tried_since: at(0),
            doubt: false,
            letter: OutgoingLetter {
                number: 1,
                message_id: "x@desk.example".into(),
                to: "amy@home.example".into(),
                subject: String::new(),
                text: String::new(),
                bytes: Vec::new(),
                automatic: true,
                secret,
                channel: Channel::Mail,
                at: at(0),
            },
        }
    }

    #[test]
    fn a_letter_is_tried_for_a_day_ever_more_slowly() {
        let mut now = at(0);
        let mut waits = Vec::new();
        for tries in 1..60 {
            let Some(next) = next_try(&leased(tries, false), now) else { break };
            waits.push(next.duration_since(now).as_secs());
            now = next;
        }
        assert_eq!(waits[..6], [60, 120, 300, 600, 1200, 1800]);
        let hourly = &waits[6..waits.len() - 1];
        assert!(hourly.len() > 15 && hourly.iter().all(|wait| (2880..=4320).contains(wait)), "{hourly:?}");
        assert!(hourly.windows(2).any(|two| two[0] != two[1]), "they differ: {hourly:?}");
        assert_eq!(now, at(24 * 60), "the last try is after a day, to the minute");
        assert_eq!(next_try(&leased(60, false), now), None);
        assert_eq!(next_try(&leased(4, true), at(10)), None, "a code is not tried for long");
    }

    #[test]
    fn trouble_slows_all_and_success_ends_it() {
        let mut pace = Pace::default();
        assert_eq!(pace.width(at(0)), WIDTH);
        pace.failed(Kind::NoRelay, at(0));
        pace.failed(Kind::NoRelay, at(0));
        assert_eq!((pace.width(at(0)), pace.width(at(1)), pace.trouble), (0, 1, 1));
        pace.went_well();
        assert_eq!(pace.width(at(0)), WIDTH);
        pace.failed(Kind::TooFast, at(0));
        assert_eq!((pace.width(at(0)), pace.width(at(1)), pace.width(at(11))), (0, 1, WIDTH));
        pace.failed(Kind::Refused, at(11));
        assert_eq!(pace.width(at(11)), WIDTH, "a letter that is refused says nothing of the relay");
    }
}
