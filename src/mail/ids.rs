//! Message-IDs that only this desk can make: random to look at, signed, and the same again for the same letter.

use std::fmt;

use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Bytes of each half of an id: 128 bits.
const HALF: usize = 16;

/// Makes and knows the desk's own Message-IDs.
#[derive(Clone)]
pub struct MessageIds {
    secret: [u8; 32],
    domain: String,
}

impl fmt::Debug for MessageIds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MessageIds").field("domain", &self.domain).finish_non_exhaustive()
    }
}

impl MessageIds {
    /// Ids signed with a secret, under a domain.
    pub fn new(secret: [u8; 32], domain: impl Into<String>) -> Self {
        Self { secret, domain: domain.into() }
    }

    /// The id of a ticket's letter, without brackets. It tells nothing about the ticket, and is the same each time.
    pub fn mint(&self, ticket: &str, version: u64, number: u32) -> String {
        let mut mac = self.mac("letter");
        mac.update(&(ticket.len() as u64).to_be_bytes());
        mac.update(ticket.as_bytes());
        mac.update(&version.to_be_bytes());
        mac.update(&number.to_be_bytes());
        let name = hex(&mac.finalize().into_bytes()[..HALF]);
        let seal = hex(&self.seal(&name).finalize().into_bytes()[..HALF]);
        format!("{name}.{seal}@{}", self.domain)
    }

    /// Whether this desk made an id (without brackets).
    pub fn is_ours(&self, id: &str) -> bool {
        // The seal alone is the proof: letters that went out before the desk's domain changed are still ours.
        let Some((left, _)) = id.split_once('@') else { return false };
        let Some((name, seal)) = left.split_once('.') else { return false };
        let Some(seal) = unhex(seal) else { return false };
        // Constant time: how much of a guess is right must not show.
        name.len() == 2 * HALF && self.seal(name).verify_truncated_left(&seal).is_ok()
    }

    fn seal(&self, name: &str) -> Hmac<Sha256> {
        let mut mac = self.mac("seal");
        mac.update(name.as_bytes());
        mac
    }

    fn mac(&self, purpose: &str) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("a key of any length will do for HMAC");
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        mac
    }
}

/// Bytes in lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if text.len() != 2 * HALF || !text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    (0..HALF).map(|at| u8::from_str_radix(&text[2 * at..2 * at + 2], 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_ids_are_ours() {
        let ids = MessageIds::new([7; 32], "nas.example");
        let id = ids.mint("CD-7K3M-9QX4", 3, 1);
        assert_eq!(id, ids.mint("CD-7K3M-9QX4", 3, 1));
        assert!(ids.is_ours(&id) && !id.contains("7K3M"));
        assert!(ids.is_ours(&id.replace("nas.example", "NAS.example")));
        let (name, rest) = id.split_at(3);
        let flipped = format!("{name}{}{}", if rest.starts_with('0') { '1' } else { '0' }, &rest[1..]);
        let others = [
            MessageIds::new([8; 32], "nas.example").mint("CD-7K3M-9QX4", 3, 1),
            flipped,
            format!("<{id}>"),
            id.to_uppercase(),
            id[..40].to_owned(),
            String::new(),
            "@".into(),
            ".@nas.example".into(),
            "é.é@nas.example".into(),
        ];
        for other in others {
            assert!(!ids.is_ours(&other), "{other}");
        }
        assert!(ids.is_ours(&id.replace("nas", "nhs")), "a desk that has moved to another domain knows its letters");
        assert!(!format!("{ids:?}").contains('7'));
    }

    #[test]
    fn ids_do_not_meet() {
        let ids = MessageIds::new([7; 32], "nas.example");
        let all: std::collections::HashSet<String> =
            (0..5_000).map(|n| ids.mint("CD-7K3M-9QX4", n / 10, (n % 10) as u32)).collect();
        assert_eq!(all.len(), 5_000);
    }
}
