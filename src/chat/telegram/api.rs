//! Calls to Telegram's Bot API, by teloxide's requests, and what their failures mean. The bot's token stands in every
//! address that is called, so no error's own words leave this file but Telegram's.

use std::time::Duration;

use teloxide::net::Download as _;
use teloxide::payloads::{
    EditMessageTextSetters as _, GetUpdatesSetters as _, SendMessageSetters as _, SetWebhookSetters as _,
};
use teloxide::requests::{Request as _, Requester as _};
use teloxide::types::{
    AllowedUpdate, BotCommand, CallbackQueryId, ChatId, FileId, InlineKeyboardButton, InlineKeyboardMarkup,
    LinkPreviewOptions, MessageId, Update,
};
use teloxide::{Bot, RequestError};

use crate::config::TelegramSettings;

/// How long a call may take. The answer to an attempt is waited for no longer.
pub const PATIENCE: Duration = Duration::from_secs(20);
/// How long Telegram holds a poll back while there is nothing new, in seconds.
const POLL: u32 = 10;
/// How many updates come at once.
const BATCH: u8 = 100;
/// The biggest file that Telegram gives to a bot.
pub const BIGGEST_FILE: u32 = 20 * 1024 * 1024;
/// How much of Telegram's words is kept.
const MOST_WORDS: usize = 300;
/// The kinds of update that we want.
const WANTED: [AllowedUpdate; 4] =
    [AllowedUpdate::Message, AllowedUpdate::EditedMessage, AllowedUpdate::CallbackQuery, AllowedUpdate::MyChatMember];

/// Telegram, as one bot of it.
#[derive(Debug, Clone)]
pub struct Api {
    bot: Bot,
}

/// Why a call came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// Telegram was not reached: nothing was said.
    NotThere(String),
    /// Its answer was lost: nobody knows whether it was done.
    Lost(String),
    /// Too many messages. Not before so long.
    TooFast(Duration),
    /// The person has blocked the bot, or is gone.
    Shut(String),
    /// Somebody else asks for the same bot's updates, or a webhook is set.
    Conflict(String),
    /// Telegram does not know our token.
    Token,
    /// It cannot be done, now or later.
    Refused(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Failure::NotThere(why) => write!(f, "Telegram cannot be reached: {why}"),
            Failure::Lost(why) => write!(f, "Telegram's answer was lost: {why}"),
            Failure::TooFast(wait) => write!(f, "Telegram wants us to wait {} seconds", wait.as_secs()),
            Failure::Shut(why) | Failure::Conflict(why) | Failure::Refused(why) => write!(f, "Telegram said: {why}"),
            Failure::Token => f.write_str("Telegram does not know the bot's token"),
        }
    }
}

impl Api {
    /// A bot that has called nobody yet.
    pub fn new(settings: &TelegramSettings) -> Result<Api, String> {
        let client = teloxide::net::default_reqwest_settings().timeout(PATIENCE).build();
        let client = client.map_err(|_| "no line to Telegram can be made on this machine".to_owned())?;
        let bot = Bot::with_client(settings.token.reveal(), client);
        let bot = match &settings.api {
            None => bot,
            Some(url) => bot.set_api_url(url.parse().map_err(|_| format!("`api: {url}` is no address"))?),
        };
        Ok(Api { bot })
    }

    /// The bot's username.
    pub async fn name(&self) -> Result<String, Failure> {
        let me = self.bot.get_me().send().await.map_err(|error| self.failure(error))?;
        Ok(me.user.username.unwrap_or_default())
    }

    /// The updates from one on; without one, all that nobody has confirmed.
    pub async fn updates(&self, offset: Option<i32>) -> Result<Vec<Update>, Failure> {
        let request = self.bot.get_updates().limit(BATCH).timeout(POLL).allowed_updates(WANTED);
        let request = match offset {
            Some(offset) => request.offset(offset),
            None => request,
        };
        request.send().await.map_err(|error| self.failure(error))
    }

    /// Says a text, with buttons below it. Gives the message's number.
    pub async fn say(&self, chat: i64, text: &str, buttons: &[(String, String)]) -> Result<i64, Failure> {
        let request = self.bot.send_message(ChatId(chat), text).link_preview_options(no_preview());
        let request = match buttons.is_empty() {
            true => request,
            false => request.reply_markup(keyboard(buttons)),
        };
        let message = request.send().await.map_err(|error| self.failure(error))?;
        Ok(i64::from(message.id.0))
    }

    /// Says what a message says instead, and takes its buttons away.
    pub async fn change(&self, chat: i64, message: i64, text: &str) -> Result<(), Failure> {
        let request = self.bot.edit_message_text(ChatId(chat), id(message), text).link_preview_options(no_preview());
        request.send().await.map(drop).map_err(|error| self.failure(error))
    }

    /// Takes the buttons of a message away.
    pub async fn take_buttons(&self, chat: i64, message: i64) -> Result<(), Failure> {
        let request = self.bot.edit_message_reply_markup(ChatId(chat), id(message));
        request.send().await.map(drop).map_err(|error| self.failure(error))
    }

    /// Tells Telegram that a press on a button is heard.
    pub async fn heard(&self, press: &str) -> Result<(), Failure> {
        let request = self.bot.answer_callback_query(CallbackQueryId(press.to_owned()));
        request.send().await.map(drop).map_err(|error| self.failure(error))
    }

    /// The bytes of a file.
    pub async fn file(&self, file: &str) -> Result<Vec<u8>, Failure> {
        let found = self.bot.get_file(FileId(file.to_owned())).send().await.map_err(|error| self.failure(error))?;
        if found.meta.size > BIGGEST_FILE {
            return Err(Failure::Refused("the file is too big".into()));
        }
        let mut bytes = Vec::new();
        let got = tokio::time::timeout(PATIENCE * 3, self.bot.download_file(&found.path, &mut bytes)).await;
        match got {
            Ok(Ok(())) => Ok(bytes),
            Ok(Err(_)) | Err(_) => Err(Failure::Lost("the file did not come whole".into())),
        }
    }

    /// Leaves a group.
    pub async fn leave(&self, chat: i64) -> Result<(), Failure> {
        self.bot.leave_chat(ChatId(chat)).send().await.map(drop).map_err(|error| self.failure(error))
    }

    /// Says which commands there are.
    pub async fn offer(&self, commands: &[(String, String)]) -> Result<(), Failure> {
        let commands: Vec<BotCommand> = commands.iter().map(|(name, what)| BotCommand::new(name, what)).collect();
        self.bot.set_my_commands(commands).send().await.map(drop).map_err(|error| self.failure(error))
    }

    /// Has updates brought to an address, with a secret that proves who brings them.
    pub async fn bring_updates(&self, url: &str, secret: &str) -> Result<(), Failure> {
        let url = url.parse().map_err(|_| Failure::Refused("the webhook's address is none".into()))?;
        let request = self.bot.set_webhook(url).secret_token(secret).allowed_updates(WANTED);
        request.send().await.map(drop).map_err(|error| self.failure(error))
    }

    /// Has updates kept until we ask for them.
    pub async fn keep_updates(&self) -> Result<(), Failure> {
        self.bot.delete_webhook().send().await.map(drop).map_err(|error| self.failure(error))
    }

    fn failure(&self, error: RequestError) -> Failure {
        match error {
            RequestError::RetryAfter(wait) => Failure::TooFast(wait.duration()),
            RequestError::Api(error) => told(&error.to_string().replace(self.bot.token(), "…")),
            RequestError::MigrateToChatId(_) => Failure::Refused("the group has moved".into()),
            RequestError::Network(error) if error.is_connect() || error.is_builder() => {
                Failure::NotThere("there is no line to it".into())
            }
            RequestError::Network(error) if error.is_timeout() => Failure::Lost("it did not come in time".into()),
            RequestError::Network(_) => Failure::Lost("the line broke".into()),
            RequestError::InvalidJson { .. } => Failure::Lost("it cannot be read".into()),
            RequestError::Io(_) => Failure::NotThere("a file could not be read".into()),
        }
    }
}

/// What Telegram's words mean.
fn told(words: &str) -> Failure {
    let words = words.strip_prefix("Unknown error: ").unwrap_or(words).trim_matches('"');
    let plain: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MOST_WORDS).collect();
    let begins = |word: &str| plain.starts_with(word);
    if begins("Unauthorized") || begins("Not Found") || begins("Invalid bot token") {
        Failure::Token
    } else if begins("Conflict") {
        Failure::Conflict(plain)
    } else if begins("Forbidden") || plain.contains("chat not found") || plain.contains("user is deactivated") {
        Failure::Shut(plain)
    } else if begins("Bad Request") {
        Failure::Refused(plain)
    } else {
        // A fault of Telegram's own: it may have done what we asked.
        Failure::Lost(plain)
    }
}

fn keyboard(buttons: &[(String, String)]) -> InlineKeyboardMarkup {
    let row = |(label, data): &(String, String)| vec![InlineKeyboardButton::callback(label.clone(), data.clone())];
    InlineKeyboardMarkup::new(buttons.iter().map(row))
}

fn no_preview() -> LinkPreviewOptions {
    LinkPreviewOptions {
        is_disabled: true,
        url: None,
        prefer_small_media: false,
        prefer_large_media: false,
        show_above_text: false,
    }
}

fn id(message: i64) -> MessageId {
    MessageId(i32::try_from(message).unwrap_or(i32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::BotToken;

    #[test]
    fn telegrams_words_say_what_is_worth_another_try() {
        assert!(matches!(told("Forbidden: bot was blocked by the user"), Failure::Shut(_)));
        assert!(matches!(told("Bad Request: chat not found"), Failure::Shut(_)));
        assert!(matches!(told("Bad Request: message text is empty"), Failure::Refused(_)));
        assert!(matches!(told("Unknown error: \"Bad Gateway\""), Failure::Lost(_)));
        assert!(matches!(told("Conflict: terminated by other getUpdates request"), Failure::Conflict(_)));
        assert_eq!(told("Invalid bot token"), Failure::Token);
    }

    #[tokio::test]
    async fn no_error_holds_the_token() {
        let secret = "70000001:AAnot-a-real-token-0123456789";
        let token = BotToken::parse(secret).expect("a token");
        // Nobody listens there.
        let api = Some("http://127.0.0.1:1".to_owned());
        let api = Api::new(&TelegramSettings { token, api, webhook: None, listen: None }).expect("a bot");
        let error = api.bot.get_me().send().await.expect_err("nobody is there");
        let failure = api.failure(error);
        assert!(matches!(failure, Failure::NotThere(_)), "{failure:?}");
        assert!(!format!("{failure} {failure:?}").contains("AAnot"), "{failure}");
    }
}
