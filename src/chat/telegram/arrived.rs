//! What of an update the desk needs, with passwords cut out before anything is kept. An update that cannot be read is
//! known by its number, so that it stops no other.

use serde::{Deserialize, Serialize};
use teloxide::types::{ChatMemberUpdated, MaybeInaccessibleMessage, Message, Update, UpdateKind};

use crate::mail::name;
use crate::mail::secrets;

/// Something that came by Telegram.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Arrived {
    /// Telegram's number for it.
    pub id: u32,
    /// The chat.
    pub chat: i64,
    /// Whether nobody else is in that chat.
    pub private: bool,
    /// What it is.
    pub what: What,
}

/// What came.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum What {
    /// Words.
    Text(String),
    /// A file or a picture, and what was written below it.
    File {
        /// By which Telegram gives it.
        file: String,
        /// A safe name.
        name: String,
        /// Its type, as labelled.
        media_type: String,
        /// How many bytes it has.
        size: u32,
        /// What was written below it.
        caption: String,
    },
    /// A button was pressed.
    Press {
        /// The name of the press.
        press: String,
        /// What the button holds.
        data: String,
        /// The message that shows it, and its text.
        message: Option<(i64, String)>,
    },
    /// Somebody's number; theirs, if Telegram says so.
    Contact {
        /// The number, if it is the sender's own.
        own: Option<String>,
    },
    /// Something without words: what it is called.
    NoWords(String),
    /// An earlier message was changed.
    Changed,
    /// The person has blocked the bot.
    Blocked,
    /// Nothing that needs an answer.
    Nothing,
}

/// Reads an update.
pub fn read(update: Update) -> Arrived {
    let id = update.id.0;
    match update.kind {
        UpdateKind::Message(message) => Arrived { what: what(&message), ..of(id, &message) },
        UpdateKind::EditedMessage(message) => Arrived { what: What::Changed, ..of(id, &message) },
        UpdateKind::CallbackQuery(query) => {
            let message = query.regular_message();
            let shown = message.map(|message| (i64::from(message.id.0), message.text().unwrap_or_default().to_owned()));
            let chat = query.message.as_ref().map(MaybeInaccessibleMessage::chat);
            let person = i64::try_from(query.from.id.0).unwrap_or_default();
            Arrived {
                id,
                chat: chat.map_or(person, |chat| chat.id.0),
                private: chat.is_none_or(teloxide::types::Chat::is_private),
                what: What::Press { press: query.id.0, data: query.data.unwrap_or_default(), message: shown },
            }
        }
        UpdateKind::MyChatMember(member) => Arrived {
            id,
            chat: member.chat.id.0,
            private: member.chat.is_private(),
            what: if is_gone(&member) { What::Blocked } else { What::Nothing },
        },
        _ => Arrived { id, chat: 0, private: true, what: What::Nothing },
    }
}

fn of(id: u32, message: &Message) -> Arrived {
    Arrived { id, chat: message.chat.id.0, private: message.chat.is_private(), what: What::Nothing }
}

fn is_gone(member: &ChatMemberUpdated) -> bool {
    member.new_chat_member.is_banned() || member.new_chat_member.is_left()
}

fn what(message: &Message) -> What {
    let cut = |text: &str| secrets::cut(text).0;
    if let Some(text) = message.text() {
        return What::Text(cut(text));
    }
    let caption = cut(message.caption().unwrap_or_default());
    if let Some(contact) = message.contact() {
        let sender = message.from.as_ref().map(|person| person.id);
        let own = contact.user_id.is_some() && contact.user_id == sender;
        return What::Contact { own: own.then(|| contact.phone_number.clone()) };
    }
    if let Some(document) = message.document() {
        let media_type = document.mime_type.as_ref().map_or("application/octet-stream", |kind| kind.as_ref());
        return What::File {
            file: document.file.id.0.clone(),
            name: name::safe(document.file_name.as_deref(), media_type, 1),
            media_type: media_type.to_owned(),
            size: document.file.size,
            caption,
        };
    }
    if let Some(photo) = message.photo().and_then(|sizes| sizes.iter().max_by_key(|one| one.file.size)) {
        return What::File {
            file: photo.file.id.0.clone(),
            name: "picture.jpg".into(),
            media_type: "image/jpeg".into(),
            size: photo.file.size,
            caption,
        };
    }
    if !caption.is_empty() {
        return What::Text(caption);
    }
    let kind = match () {
        () if message.voice().is_some() || message.audio().is_some() => "voice message",
        () if message.video().is_some() || message.video_note().is_some() || message.animation().is_some() => "video",
        () if message.sticker().is_some() || message.dice().is_some() => "sticker",
        () if message.location().is_some() || message.venue().is_some() => "place",
        () if message.poll().is_some() => "poll",
        () => return What::Nothing,
    };
    What::NoWords(kind.into())
}
