//! What people do: they write, press buttons, send files, share contacts, block the bot.

use serde_json::{Value, json};

use super::Fake;
use super::state::{Said, State, chat_json, person_json};

/// Writes a message of a person in the private chat.
fn write(state: &mut State, person: i64, text: &str, more: Value) -> i64 {
    let chat = state.chats.entry(person).or_default();
    chat.is_shut = false;
    let said = state.add(person, false, text, None, more);
    state.update("message", said.json(person, false))
}

impl Fake {
    /// A person writes. Gives the update's number.
    pub fn says(&self, person: i64, text: &str) -> i64 {
        self.change(|state| write(state, person, text, Value::Null))
    }

    /// A person sends something that is no text, such as `{"voice": …}`.
    pub fn sends(&self, person: i64, what: Value) -> i64 {
        self.change(|state| write(state, person, "", what))
    }

    /// A person sends a file.
    pub fn sends_file(&self, person: i64, name: &str, bytes: &[u8], caption: Option<&str>) -> i64 {
        self.change(|state| {
            let id = format!("BQAC{}", state.files.len() + 1);
            state.files.insert(id.clone(), bytes.to_owned());
            let file =
                json!({"file_id": id, "file_unique_id": format!("u{id}"), "file_name": name, "file_size": bytes.len()});
            let mut more = json!({"document": file});
            if let Some(caption) = caption {
                more["caption"] = json!(caption);
            }
            write(state, person, "", more)
        })
    }

    /// A person sends a picture without a word.
    pub fn sends_photo(&self, person: i64) -> i64 {
        let photo =
            json!([{"file_id": "AgAC1", "file_unique_id": "uAgAC1", "width": 90, "height": 60, "file_size": 1200}]);
        self.sends(person, json!({"photo": photo}))
    }

    /// A person speaks instead of writing.
    pub fn sends_voice(&self, person: i64) -> i64 {
        let voice = json!({"file_id": "AwAC1", "file_unique_id": "uAwAC1", "duration": 3, "mime_type": "audio/ogg", "file_size": 900});
        self.sends(person, json!({"voice": voice}))
    }

    /// A person shares a contact: their own, if `of` is their id.
    pub fn shares_contact(&self, person: i64, of: Option<i64>, number: &str) -> i64 {
        let mut contact = json!({"phone_number": number, "first_name": "Amy"});
        if let Some(of) = of {
            contact["user_id"] = json!(of);
        }
        self.sends(person, json!({"contact": contact}))
    }

    /// A person changes what they wrote last.
    pub fn edits(&self, person: i64, text: &str) -> i64 {
        self.change(|state| {
            let chat = state.chats.get_mut(&person).expect("a chat");
            let said =
                chat.said.iter_mut().rfind(|said| !said.by_bot && !said.text.is_empty()).expect("something to change");
            said.text = text.to_owned();
            let mut edited = said.json(person, false);
            edited["edit_date"] = edited["date"].clone();
            state.update("edited_message", edited)
        })
    }

    /// A person presses the button of that label, on the newest message that has one. Gives the press's id.
    pub fn presses(&self, person: i64, label: &str) -> String {
        let (said, data) =
            self.waits(&format!("a button “{label}” for {person}"), |state| button(state, person, label));
        self.presses_data(person, said.id, &data)
    }

    /// A person's program says that a button of a message was pressed, whatever stands on it.
    pub fn presses_data(&self, person: i64, message: i64, data: &str) -> String {
        self.change(|state| press(state, person, message, data))
    }

    /// Somebody writes in a group that the bot is in. Without its privacy mode's leave the bot sees only commands.
    pub fn says_in_group(&self, group: i64, person: i64, text: &str) {
        self.change(|state| {
            state.chats.entry(group).or_default().is_group = true;
            let said = state.add(group, false, text, None, Value::Null);
            let mut body = said.json(group, true);
            body["from"] = person_json(person);
            if text.starts_with('/') {
                state.update("message", body);
            }
        });
    }

    /// A person blocks the bot.
    pub fn blocks(&self, person: i64) {
        self.change(|state| {
            state.chats.entry(person).or_default().is_shut = true;
            let member = |status: &str| json!({"status": status, "user": super::state::bot_json(), "until_date": 0});
            let body = json!({
                "chat": chat_json(person, false),
                "from": person_json(person),
                "date": 1_772_442_000,
                "old_chat_member": {"status": "member", "user": super::state::bot_json()},
                "new_chat_member": member("kicked"),
            });
            state.update("my_chat_member", body);
        });
    }

    /// A person presses a button, and the bot hears of it when the time for an answer is over.
    pub fn presses_late(&self, person: i64, label: &str) -> String {
        let (said, data) =
            self.waits(&format!("a button “{label}” for {person}"), |state| button(state, person, label));
        self.change(|state| {
            let id = press(state, person, said.id, &data);
            state.callbacks.entry(id.clone()).or_default().is_over = true;
            id
        })
    }

    /// Gives an update once more that was confirmed long ago.
    pub fn redelivers(&self, number: i64) {
        self.change(|state| {
            let old = state.history.iter().find(|update| update["update_id"] == number).cloned().expect("an update");
            state.updates.push_front(old);
        });
    }
}

/// The update of a press. Gives its id.
fn press(state: &mut State, person: i64, message: i64, data: &str) -> String {
    let id = state.new_callback();
    let on = state.chats.get(&person).and_then(|chat| chat.said.iter().find(|said| said.id == message));
    let on = on.map(|said| said.json(person, false));
    let mut body = json!({"id": id, "from": person_json(person), "chat_instance": "77", "data": data});
    if let Some(on) = on {
        body["message"] = on;
    }
    state.update("callback_query", body);
    id
}

fn button(state: &State, person: i64, label: &str) -> Option<(Said, String)> {
    state.by_bot(person).into_iter().rev().find_map(|said| {
        let (_, data) = said.buttons().into_iter().find(|(text, _)| text == label)?;
        Some((said.clone(), data))
    })
}
