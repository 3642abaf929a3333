//! What Telegram knows: chats with their messages, updates that nobody has confirmed, buttons that were pressed, files.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Value, json};

use super::limits::Limits;
use super::{BOT, webhook::Webhook};

/// The kinds of update that a bot gets that asks for none by name.
const USUAL: [&str; 6] = ["message", "edited_message", "callback_query", "my_chat_member", "channel_post", "poll"];
/// The moment at which the first update comes, in seconds.
const BEGAN: i64 = 1_772_442_000;

/// All of it.
#[derive(Debug, Default)]
pub struct State {
    /// Updates that are not confirmed, oldest first.
    pub updates: VecDeque<Value>,
    /// Every update that there was.
    pub history: Vec<Value>,
    /// The chats, with their messages.
    pub chats: BTreeMap<i64, Chat>,
    /// Buttons that were pressed.
    pub callbacks: BTreeMap<String, Pressed>,
    /// Files that people sent, by id.
    pub files: BTreeMap<String, Vec<u8>>,
    /// How much may be sent.
    pub limits: Limits,
    /// What goes wrong next, by method in small letters.
    pub troubles: Vec<(String, Trouble)>,
    /// Every call: the method in small letters, and what it said.
    pub calls: Vec<(String, Value)>,
    /// The commands that the bot has set.
    pub commands: Value,
    /// Where updates go by themselves.
    pub webhook: Option<Webhook>,
    /// Which of the polls under way counts.
    pub poll: u64,
    pub(super) allowed: Option<Vec<String>>,
    last_message: i64,
    last_callback: u64,
}

/// A chat.
#[derive(Debug, Clone, Default)]
pub struct Chat {
    /// Whether it is a group.
    pub is_group: bool,
    /// Whether the person has blocked the bot, or the bot has left.
    pub is_shut: bool,
    /// What was said.
    pub said: Vec<Said>,
}

/// A message.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// Its number.
    pub id: i64,
    /// Whether the bot wrote it.
    pub by_bot: bool,
    /// Its text, as people see it.
    pub text: String,
    /// Its keyboard.
    pub keyboard: Option<Value>,
    /// What else it holds.
    pub more: Value,
}

/// A button that was pressed.
#[derive(Debug, Clone, Default)]
pub struct Pressed {
    /// Whether it was answered, or the time for an answer is over.
    pub is_over: bool,
    /// What the person was told.
    pub told: Option<String>,
}

/// What a test lets go wrong, once.
#[derive(Debug, Clone, PartialEq)]
pub enum Trouble {
    /// Too many requests; try again after so many seconds.
    TooMany(u64),
    /// It is done, and the answer does not come.
    Lost,
    /// Telegram has a fault.
    Broken,
}

impl Said {
    /// The labels of its buttons.
    pub fn labels(&self) -> Vec<String> {
        self.buttons().into_iter().map(|(label, _)| label).collect()
    }

    /// Its buttons: label and data.
    pub fn buttons(&self) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let rows = self.keyboard.as_ref().and_then(|keyboard| keyboard["inline_keyboard"].as_array());
        let buttons = rows.into_iter().flatten().flat_map(|row| row.as_array().cloned().unwrap_or_default());
        buttons.map(|button| (text(&button["text"]), text(&button["callback_data"]))).collect()
    }

    /// As Telegram writes it.
    pub fn json(&self, chat: i64, is_group: bool) -> Value {
        let mut json = json!({
            "message_id": self.id,
            "date": BEGAN + self.id,
            "chat": chat_json(chat, is_group),
            "from": if self.by_bot { bot_json() } else { person_json(chat) },
        });
        if !self.text.is_empty() {
            json["text"] = json!(self.text);
        }
        if let Some(entities) = command(&self.text).filter(|_| !self.by_bot) {
            json["entities"] = entities;
        }
        if let Some(keyboard) = &self.keyboard {
            json["reply_markup"] = keyboard.clone();
        }
        for (key, value) in self.more.as_object().into_iter().flatten() {
            json[key] = value.clone();
        }
        json
    }
}

fn command(text: &str) -> Option<Value> {
    let first = text.split_whitespace().next().filter(|word| word.len() > 1 && text.starts_with('/'))?;
    Some(json!([{"type": "bot_command", "offset": 0, "length": first.encode_utf16().count()}]))
}

/// The bot, as a user.
pub fn bot_json() -> Value {
    json!({"id": BOT.0, "is_bot": true, "first_name": BOT.1, "username": BOT.2})
}

/// A person, as a user.
pub fn person_json(id: i64) -> Value {
    json!({"id": id, "is_bot": false, "first_name": format!("Person {id}"), "language_code": "en"})
}

pub fn chat_json(id: i64, is_group: bool) -> Value {
    match is_group {
        true => json!({"id": id, "type": "group", "title": "A group"}),
        false => json!({"id": id, "type": "private", "first_name": format!("Person {id}")}),
    }
}

impl State {
    /// The bot's messages in a chat.
    pub fn by_bot(&self, chat: i64) -> Vec<&Said> {
        self.chats.get(&chat).into_iter().flat_map(|chat| &chat.said).filter(|said| said.by_bot).collect()
    }

    /// What happened, for a test that fails.
    pub fn story(&self) -> String {
        let mut story = String::new();
        for (id, chat) in &self.chats {
            for said in &chat.said {
                let who = if said.by_bot { "bot" } else { "person" };
                story.push_str(&format!("\n  {id} {who}: {:?} {:?}", said.text, said.labels()));
            }
        }
        let methods: Vec<&str> = self.calls.iter().rev().take(30).map(|(method, _)| method.as_str()).collect();
        format!("{story}\n  waiting: {}, last calls: {methods:?}", self.updates.len())
    }

    /// Keeps a message in a chat.
    pub fn add(&mut self, chat: i64, by_bot: bool, text: &str, keyboard: Option<Value>, more: Value) -> Said {
        self.last_message += 1;
        let said = Said { id: self.last_message, by_bot, text: text.to_owned(), keyboard, more };
        self.chats.entry(chat).or_default().said.push(said.clone());
        said
    }

    /// Keeps an update of a kind, if the bot wants such, and gives its number.
    pub fn update(&mut self, kind: &str, body: Value) -> i64 {
        let number = self.history.last().map_or(500_000_001, |last| last["update_id"].as_i64().expect("ours") + 1);
        let update = json!({"update_id": number, kind: body});
        self.history.push(update.clone());
        let wanted = match &self.allowed {
            Some(allowed) => allowed.iter().any(|one| one == kind),
            None => USUAL.contains(&kind),
        };
        if wanted {
            self.updates.push_back(update);
        }
        number
    }

    /// A new id for a button that is pressed.
    pub fn new_callback(&mut self) -> String {
        self.last_callback += 1;
        let id = format!("43{:016}", self.last_callback);
        self.callbacks.insert(id.clone(), Pressed::default());
        id
    }

    /// What goes wrong now with this method.
    pub fn trouble(&mut self, method: &str) -> Option<Trouble> {
        let at = self.troubles.iter().position(|(name, _)| name == method)?;
        Some(self.troubles.remove(at).1)
    }
}
