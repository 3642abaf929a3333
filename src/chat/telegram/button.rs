//! What a button holds: which line of the conversation it answers and with which of its choices, signed, so that nobody
//! makes one up. It tells nothing to who reads it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;

/// How many bytes of the signature are kept.
const SIGNATURE: usize = 12;

/// Makes and reads what buttons hold.
#[derive(Clone)]
pub struct Buttons {
    key: [u8; 32],
}

impl std::fmt::Debug for Buttons {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Buttons(…)")
    }
}

impl Buttons {
    /// With the desk's key.
    pub fn new(key: [u8; 32]) -> Buttons {
        Buttons { key }
    }

    /// What the button of a choice holds: at most 64 bytes.
    pub fn data(&self, chat: i64, line: i64, choice: usize) -> String {
        format!("{line}.{choice}.{}", URL_SAFE_NO_PAD.encode(&self.sign(chat, line, choice)[..SIGNATURE]))
    }

    /// The line and the choice that a button stands for, if it is one of ours in this chat.
    pub fn read(&self, chat: i64, data: &str) -> Option<(i64, usize)> {
        let mut parts = data.split('.');
        let (line, choice, signature) = (parts.next()?, parts.next()?, parts.next()?);
        let (line, choice) = (line.parse().ok()?, choice.parse().ok()?);
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let mac = self.mac(chat, line, choice);
        let is_ours = signature.len() == SIGNATURE && mac.verify_truncated_left(&signature).is_ok();
        (is_ours && parts.next().is_none()).then_some((line, choice))
    }

    /// What proves to us that it is Telegram that calls: it follows from the desk's key and the bot.
    pub fn webhook_secret(&self, token: &str) -> String {
        let mac = self.keyed().chain_update(b"telegram webhook").chain_update(token.as_bytes());
        URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes())
    }

    fn sign(&self, chat: i64, line: i64, choice: usize) -> [u8; 32] {
        self.mac(chat, line, choice).finalize().into_bytes().into()
    }

    fn mac(&self, chat: i64, line: i64, choice: usize) -> Hmac<Sha256> {
        self.keyed().chain_update(format!("telegram button {chat} {line} {choice}"))
    }

    fn keyed(&self) -> Hmac<Sha256> {
        Hmac::new_from_slice(&self.key).expect("a key of any length will do for HMAC")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_counts_in_its_own_chat_as_it_was_made() {
        let buttons = Buttons::new([7; 32]);
        let data = buttons.data(i64::MIN, i64::MAX, 99);
        assert!(data.len() <= 64, "{data}");
        assert_eq!(buttons.read(i64::MIN, &data), Some((i64::MAX, 99)));
        assert_eq!(buttons.read(5, &data), None);
        let data = buttons.data(5, 12, 0);
        for forged in
            ["", "12.0", "12.1.AAAAAAAAAAAAAAAA", &data.replacen("12", "13", 1), &format!("{data}.x"), "a.b.c"]
        {
            assert_eq!(buttons.read(5, forged), None, "{forged}");
        }
        assert_eq!(Buttons::new([8; 32]).read(5, &data), None);
        let secret = buttons.webhook_secret("1:a");
        assert!(secret.len() == 43 && secret != buttons.webhook_secret("1:b"));
    }
}
