//! One-time passcodes: how one is spelt, sealed and compared. What is kept of a code is its seal; the code itself stands
//! in the letter that carries it and nowhere else. Random bytes and the desk's key come in as values.

use hmac::{Hmac, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// Letters and digits that nobody mistakes for each other: no O and 0, no I and 1.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Characters of a code.
pub const LENGTH: usize = 8;
/// Wrong ones that end a code.
pub const TRIES: u32 = 5;

/// A code as it is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Random, and of this code alone.
    pub salt: [u8; 16],
    /// The code's seal under the salt and the desk's key.
    pub seal: [u8; 32],
}

impl std::fmt::Debug for Sealed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sealed").finish_non_exhaustive()
    }
}

/// The last code of an organisation, and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Passcode {
    /// Its seal.
    pub sealed: Sealed,
    /// When it stops being valid.
    pub until: Timestamp,
    /// How many wrong ones were given since.
    pub tries: u32,
    /// Whether it was given.
    pub used: bool,
}

impl Passcode {
    /// Whether it may still be given.
    pub fn is_live(&self, now: Timestamp) -> bool {
        !self.used && self.tries < TRIES && now < self.until
    }
}

/// A code of random bytes, in two groups: `K7MX-4RTQ`.
pub fn spelt(random: [u8; LENGTH]) -> String {
    let symbol = |byte: &u8| char::from(ALPHABET[usize::from(byte & 31)]);
    let code: String = random.iter().map(symbol).collect();
    let (left, right) = code.split_at(LENGTH / 2);
    format!("{left}-{right}")
}

/// The codes of stories, in the order in which they are issued: `TALE-AAAB`, `TALE-AAAC` and so on.
pub fn of_story(nth: u32) -> String {
    let mut random = *b"TALE\0\0\0\0";
    for symbol in &mut random[..4] {
        let at = ALPHABET.iter().position(|c| c == symbol).unwrap_or(0);
        *symbol = u8::try_from(at).unwrap_or(0);
    }
    for (n, symbol) in random[4..].iter_mut().rev().enumerate() {
        *symbol = u8::try_from((nth >> (5 * n)) & 31).unwrap_or(0);
    }
    spelt(random)
}

/// What is kept of a code.
pub fn sealed(key: &[u8; 32], salt: [u8; 16], code: &str) -> Sealed {
    let seal = mac(key, &salt, code).finalize().into_bytes().into();
    Sealed { salt, seal }
}

/// Whether a text is the code, with any spaces, hyphens and case. Takes as long for every wrong one.
pub fn is_code(sealed: &Sealed, key: &[u8; 32], written: &str) -> bool {
    mac(key, &sealed.salt, written).verify_slice(&sealed.seal).is_ok()
}

fn mac(key: &[u8; 32], salt: &[u8; 16], code: &str) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do for HMAC");
    // So that no other use of the key gives the same.
    mac.update(b"passcode");
    mac.update(salt);
    mac.update(plain(code).as_bytes());
    mac
}

/// A code without what people put between its characters.
fn plain(code: &str) -> String {
    code.chars().filter(|c| c.is_alphanumeric()).take(64).collect::<String>().to_ascii_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_known_however_it_is_typed_and_nothing_else_is() {
        let code = spelt([8, 30, 11, 21, 26, 16, 18, 15]);
        let kept = sealed(&[1; 32], [2; 16], &code);
        for typed in [code.clone(), code.to_lowercase(), code.replace('-', ""), code.replace('-', " \u{2013} ")] {
            assert!(is_code(&kept, &[1; 32], &typed), "{typed}");
        }
        for wrong in ["", "AAAA-AAAA", &code[..8], &format!("{code}A")] {
            assert!(!is_code(&kept, &[1; 32], wrong), "{wrong}");
        }
        assert!(!is_code(&kept, &[3; 32], &code), "another desk's key");
        assert!(!is_code(&sealed(&[1; 32], [9; 16], "AAAA-AAAA"), &[1; 32], &code));
    }

    #[test]
    fn codes_have_no_characters_that_look_alike_and_stories_know_theirs() {
        for byte in 0..=u8::MAX {
            let code = spelt([byte; LENGTH]);
            assert_eq!(code.len(), LENGTH + 1);
            assert!(!code.contains(['O', '0', 'I', '1']), "{code}");
        }
        assert_eq!([of_story(1), of_story(2), of_story(32)], ["TALE-AAAB", "TALE-AAAC", "TALE-AABA"]);
    }

    #[test]
    fn a_code_ends_by_time_by_use_and_by_wrong_ones() {
        let until: Timestamp = "2026-03-23T09:00:00Z".parse().expect("a time");
        let before = until - jiff::SignedDuration::from_secs(1);
        let code = Passcode { sealed: sealed(&[0; 32], [0; 16], "A"), until, tries: TRIES - 1, used: false };
        assert!(code.is_live(before));
        assert!(!code.is_live(until));
        assert!(!Passcode { used: true, ..code.clone() }.is_live(before));
        assert!(!Passcode { tries: TRIES, ..code }.is_live(before));
    }
}
