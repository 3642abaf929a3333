//! The key by which the service knows us, and the token that each request shows instead of it.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use jiff::Timestamp;
use sha2::Sha256;

/// How long the two ids at the end of a key are.
const ID: usize = 36;

/// A key of the service: `name-SERVICE-SECRET`, both ids as UUIDs. It shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey {
    service: String,
    secret: String,
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl ApiKey {
    /// Reads a key as the service hands it out. What is wrong is told without its words.
    pub fn parse(written: &str) -> Result<ApiKey, String> {
        let read = || {
            let (rest, secret) = last_id(written.trim())?;
            let (_, service) = last_id(rest.strip_suffix('-')?)?;
            Some(ApiKey { service: service.to_owned(), secret: secret.to_owned() })
        };
        read().ok_or_else(|| {
            "the text service's key is not one: it ends in the id of the service and the secret, each of 36 letters, \
             digits and hyphens"
                .to_owned()
        })
    }

    /// A token that the service takes for half a minute: who we are, and since when it counts, signed with the secret.
    pub fn token(&self, now: Timestamp) -> String {
        let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"HS256"}"#);
        let claims = serde_json::json!({"iss": self.service, "iat": now.as_second()}).to_string();
        let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
        let mac = Hmac::<Sha256>::new_from_slice(self.secret.as_bytes()).map(|mac| mac.chain_update(&signed));
        let signature = mac.map(|mac| URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()));
        format!("{signed}.{}", signature.expect("a key of any length will do for HMAC"))
    }
}

/// What stands before an id, and the id.
fn last_id(text: &str) -> Option<(&str, &str)> {
    let (rest, id) = text.split_at_checked(text.len().checked_sub(ID)?)?;
    let groups: Vec<usize> = id.split('-').map(str::len).collect();
    let plain = id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    (plain && groups == [8, 4, 4, 4, 12]).then_some((rest, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SERVICE: &str = "26785a09-ab16-4eb0-8407-a37497a57506";
    const SECRET: &str = "3d844edf-8d35-48ac-975b-e847b4f122b0";

    #[test]
    fn a_key_is_read_from_its_end_and_shows_itself_to_nobody() {
        let key = ApiKey::parse(&format!("our-desk-{SERVICE}-{SECRET}\n")).expect("a key");
        assert_eq!((key.service.as_str(), key.secret.as_str()), (SERVICE, SECRET));
        assert!(!format!("{key:?}").contains("3d844"));
        for wrong in ["", "hunter2", SECRET, &format!("{SERVICE}{SECRET}"), &format!("é{SERVICE}-{}", &SECRET[1..])] {
            let why = ApiKey::parse(wrong).expect_err(wrong);
            assert!(!why.contains("hunter2"), "{why}");
        }
    }

    #[test]
    fn a_token_says_who_we_are_and_is_signed() {
        let key = ApiKey::parse(&format!("our-desk-{SERVICE}-{SECRET}")).expect("a key");
        let now = Timestamp::from_second(1_772_442_000).expect("a moment");
        let token = key.token(now);
        let parts: Vec<&str> = token.split('.').collect();
        let claims = URL_SAFE_NO_PAD.decode(parts[1]).expect("base64");
        let claims: serde_json::Value = serde_json::from_slice(&claims).expect("JSON");
        assert_eq!((claims["iss"].as_str(), claims["iat"].as_i64()), (Some(SERVICE), Some(1_772_442_000)));
        let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("any length");
        mac.update(format!("{}.{}", parts[0], parts[1]).as_bytes());
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).expect("base64");
        mac.verify_slice(&signature).expect("signed with the secret");
        assert!(!token.contains(SECRET));
    }
}
