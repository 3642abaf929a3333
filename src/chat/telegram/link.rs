//! Links a chat to an address: a token goes there by mail, and who shows it to the bot has the mail. It counts once, for an
//! hour, and lies nowhere but in the letter.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;

use crate::config::TelegramSettings;
use crate::desk::{Desk, DeskError};
use crate::mail::{self, Sender};
use crate::policy::message::{Channel, Party};
use crate::policy::outcome::{Block, Letter};
use crate::store::{LinkLetter, OutgoingLetter};

use super::api::Api;

/// How long a token counts.
const COUNTS: SignedDuration = SignedDuration::from_hours(1);

/// Mails a link with a new token to an address that we know. Any older one counts no longer.
pub async fn mail_link(desk: &Desk, settings: &TelegramSettings, address: &str) -> Result<(), DeskError> {
    let refused = |why: String| DeskError::Refused(why);
    if !desk.store.knows_address(address).await? && desk.store.tickets_of(address).await?.is_empty() {
        return Err(refused("nobody with this address is in the directory or has written to us".to_owned()));
    }
    let bot = Api::new(settings).map_err(refused)?.name().await.map_err(|failure| refused(failure.to_string()))?;
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| refused(format!("no token can be made: {error}")))?;
    let token = URL_SAFE_NO_PAD.encode(bytes);
    let now = desk.clock.now();
    let until = now.checked_add(COUNTS).map_err(|error| refused(error.to_string()))?;
    let running = desk.packs.current();
    let house = &running.pack.desk;
    let text = format!(
        "Hello,\n\nyou asked to chat with us by Telegram. Open this link on the phone or computer that you chat with:\n\n\
         https://t.me/{bot}?start={token}\n\nThe link counts once, for one hour. Did you not ask for it? Then you need \
         not do anything. Please do not pass it on."
    );
    let letter = Letter {
        number: 1,
        to: Party::at(address),
        subject: "Your chat with us by Telegram".to_owned(),
        blocks: text.split("\n\n").map(|part| Block::Text(part.to_owned())).collect(),
        choices: Vec::new(),
        answers: None,
        references: Vec::new(),
        channel: Channel::Mail,
        automatic: true,
    };
    let id = desk.ids.mint(&token, 0, 1);
    let sender = Sender { address: house.own_address().to_owned(), name: house.name.clone() };
    let composed = mail::compose(&letter, &sender, &id, now).map_err(|error| refused(error.to_string()))?;
    let letter = OutgoingLetter {
        number: 1,
        message_id: composed.message_id,
        to: address.to_owned(),
        subject: composed.subject,
        text: composed.text,
        bytes: composed.bytes,
        automatic: true,
        secret: true,
        channel: Channel::Mail,
        at: now,
    };
    desk.store.keep_telegram_link(&LinkLetter { token: &token, address, until, letter: &letter }, now).await?;
    desk.deliver_after_commit(now).await;
    Ok(())
}
