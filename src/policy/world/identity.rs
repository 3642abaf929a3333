//! The details that the regulator has of an organisation: whether somebody knows them. Never which of them was wrong.

use jiff::Timestamp;

use super::passcode::{self, Passcode};
use super::{Organisation, World};
use crate::policy::outcome::Wanted;

/// What somebody says to speak for an organisation. They need the contact id or a code.
#[derive(Clone, PartialEq, Eq)]
pub struct Claim {
    /// The key of the organisation for which they speak.
    pub organisation: String,
    /// Its ODS code.
    pub ods_code: String,
    /// The regulator's id of the place.
    pub cqc_location: String,
    /// The regulator's id of its registered manager.
    pub cqc_contact: Option<String>,
    /// The passcode that we sent to the address that the regulator has.
    pub code: Option<String>,
}

impl Claim {
    /// What is claimed by what is wanted, if that is somebody's identity.
    pub fn of(wanted: &Wanted) -> Option<Claim> {
        let Wanted::Identity { organisation, ods_code, cqc_location, cqc_contact, code } = wanted else { return None };
        Some(Claim {
            organisation: organisation.clone(),
            ods_code: ods_code.clone(),
            cqc_location: cqc_location.clone(),
            cqc_contact: cqc_contact.clone(),
            code: code.clone(),
        })
    }
}

/// Says nothing of what was claimed: it may be a secret.
impl std::fmt::Debug for Claim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Claim").field("organisation", &self.organisation).finish_non_exhaustive()
    }
}

/// Whether a claim is that of the organisation. A code counts while it is valid; the key is the one that sealed it.
pub fn is_right(row: &Organisation, code: Option<&Passcode>, claim: &Claim, key: &[u8; 32], now: Timestamp) -> bool {
    let contact = matches!((&row.cqc_contact, &claim.cqc_contact), (Some(known), Some(said)) if same(known, said));
    let by_code = match (code, &claim.code) {
        (Some(code), Some(said)) => code.is_live(now) && passcode::is_code(&code.sealed, key, said),
        _ => false,
    };
    let place = row.cqc_location.as_ref().is_some_and(|known| same(known, &claim.cqc_location));
    // All are looked at, so that the time which it takes does not say which one was wrong.
    same(&row.ods_code, &claim.ods_code) & place & (contact | by_code)
}

impl World {
    /// Whether a claim is right. An unknown organisation is nobody's.
    pub fn identity(&self, claim: &Claim, key: &[u8; 32], now: Timestamp) -> bool {
        self.organisations
            .get(&claim.organisation)
            .is_some_and(|row| is_right(row, self.codes.get(&claim.organisation), claim, key, now))
    }
}

fn same(known: &str, said: &str) -> bool {
    let plain = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>().to_ascii_uppercase();
    plain(known) == plain(said)
}
