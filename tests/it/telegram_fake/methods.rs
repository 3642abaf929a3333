//! The methods, each as Telegram answers it.

use serde_json::{Value, json};

use super::params::Params;
use super::state::{State, bot_json};
use super::webhook::Webhook;
use super::{entities, keyboard};

/// The longest message, in UTF-16 units.
const LONGEST: usize = 4096;
/// The biggest file that a bot may have.
const BIGGEST: usize = 20 * 1024 * 1024;

/// What Telegram says no with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The status.
    pub code: u16,
    /// Its words.
    pub description: String,
    /// After how many seconds it may be tried again.
    pub retry_after: Option<u64>,
}

/// What is asked cannot be.
pub fn bad(what: &str) -> Refusal {
    Refusal { code: 400, description: format!("Bad Request: {what}"), retry_after: None }
}

/// It is too much.
pub fn too_many(seconds: u64) -> Refusal {
    let description = format!("Too Many Requests: retry after {seconds}");
    Refusal { code: 429, description, retry_after: Some(seconds) }
}

fn forbidden(what: &str) -> Refusal {
    Refusal { code: 403, description: format!("Forbidden: {what}"), retry_after: None }
}

/// Somebody else asks for updates.
pub fn conflict() -> Refusal {
    let description =
        "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    Refusal { code: 409, description: description.into(), retry_after: None }
}

/// Answers a call of any method but getUpdates.
pub fn call(state: &mut State, method: &str, params: &Params) -> Result<Value, Refusal> {
    match method {
        "getme" => {
            let mut me = bot_json();
            for (key, value) in [
                ("can_join_groups", true),
                ("can_read_all_group_messages", false),
                ("supports_inline_queries", false),
                ("can_connect_to_business", false),
                ("has_main_web_app", false),
            ] {
                me[key] = json!(value);
            }
            Ok(me)
        }
        "setwebhook" => set_webhook(state, params),
        "deletewebhook" => {
            state.webhook = None;
            if params.yes("drop_pending_updates") {
                state.updates.clear();
            }
            Ok(json!(true))
        }
        "getwebhookinfo" => Ok(webhook_info(state)),
        "sendmessage" => send(state, params),
        "editmessagetext" => edit(state, params, true),
        "editmessagereplymarkup" => edit(state, params, false),
        "deletemessage" => delete(state, params),
        "answercallbackquery" => answer_callback(state, params),
        "sendchataction" => chat(state, params).map(|_| json!(true)),
        "leavechat" => {
            let id = chat(state, params)?;
            state.chats.entry(id).or_default().is_shut = true;
            Ok(json!(true))
        }
        "getfile" => get_file(state, params),
        "setmycommands" => set_commands(state, params),
        "getmycommands" => Ok(if state.commands.is_null() { json!([]) } else { state.commands.clone() }),
        _ => Err(Refusal { code: 404, description: "Not Found: method not found".into(), retry_after: None }),
    }
}

/// A poll begins: what is before its offset is confirmed, and any other poll is over.
pub fn begin_poll(state: &mut State, offset: Option<i64>, allowed: Option<Value>) -> Result<u64, Refusal> {
    if state.webhook.is_some() {
        let description = "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete \
             the webhook first";
        return Err(Refusal { code: 409, description: description.into(), retry_after: None });
    }
    allow(state, allowed);
    match offset.unwrap_or(0) {
        0 => {}
        offset if offset < 0 => {
            let keep = usize::try_from(-offset).unwrap_or(usize::MAX);
            while state.updates.len() > keep {
                state.updates.pop_front();
            }
        }
        offset => state.updates.retain(|update| update["update_id"].as_i64().expect("ours") >= offset),
    }
    state.poll += 1;
    Ok(state.poll)
}

fn allow(state: &mut State, allowed: Option<Value>) {
    if let Some(Value::Array(kinds)) = allowed {
        let kinds: Vec<String> = kinds.iter().filter_map(|kind| kind.as_str().map(str::to_owned)).collect();
        state.allowed = (!kinds.is_empty()).then_some(kinds);
    }
}

fn set_webhook(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let url = params.text("url");
    let secret = params.text("secret_token");
    if secret.len() > 256 {
        return Err(bad("secret token is too long"));
    }
    if !secret.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-') {
        return Err(bad("secret token contains unallowed characters"));
    }
    // As a Bot API server of one's own does, plain HTTP is taken on this machine.
    if !url.is_empty() && !url.starts_with("https://") && !url.starts_with("http://127.0.0.1:") {
        return Err(bad("bad webhook: An HTTPS URL must be provided for webhook"));
    }
    allow(state, params.json("allowed_updates")?);
    if params.yes("drop_pending_updates") {
        state.updates.clear();
    }
    let wanted = !url.is_empty();
    state.webhook = wanted.then_some(Webhook { url, secret, last_error: None });
    state.poll += 1;
    Ok(json!(true))
}

fn webhook_info(state: &State) -> Value {
    let mut info = json!({
        "url": state.webhook.as_ref().map_or("", |webhook| webhook.url.as_str()),
        "has_custom_certificate": false,
        "pending_update_count": state.updates.len(),
    });
    if let Some(error) = state.webhook.as_ref().and_then(|webhook| webhook.last_error.clone()) {
        info["last_error_message"] = json!(error);
    }
    info
}

/// The chat that a call names, if the bot may speak there.
fn chat(state: &State, params: &Params) -> Result<i64, Refusal> {
    let written = params.text("chat_id");
    if written.is_empty() {
        return Err(bad("chat_id is empty"));
    }
    let id = params.number("chat_id").ok_or_else(|| bad("chat not found"))?;
    match state.chats.get(&id) {
        None => Err(bad("chat not found")),
        Some(chat) if chat.is_shut && chat.is_group => Err(forbidden("bot was kicked from the group chat")),
        Some(chat) if chat.is_shut => Err(forbidden("bot was blocked by the user")),
        Some(_) => Ok(id),
    }
}

/// A text as people will see it, if Telegram takes it.
fn text(params: &Params) -> Result<String, Refusal> {
    let seen = entities::seen(&params.text("text"), &params.text("parse_mode"))?;
    let seen = seen.trim().to_owned();
    if seen.is_empty() {
        return Err(bad("message text is empty"));
    }
    if seen.encode_utf16().count() > LONGEST {
        return Err(bad("message is too long"));
    }
    Ok(seen)
}

fn send(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let id = chat(state, params)?;
    let text = text(params)?;
    let markup = keyboard::read(params.json("reply_markup")?)?;
    state.limits.count(id).map_err(too_many)?;
    let is_group = state.chats.get(&id).is_some_and(|chat| chat.is_group);
    Ok(state.add(id, true, &text, markup, Value::Null).json(id, is_group))
}

fn edit(state: &mut State, params: &Params, with_text: bool) -> Result<Value, Refusal> {
    let id = chat(state, params)?;
    let number = params.number("message_id").ok_or_else(|| bad("message identifier is not specified"))?;
    let new_text = if with_text { Some(text(params)?) } else { None };
    let markup = keyboard::read(params.json("reply_markup")?)?;
    let chat = state.chats.get_mut(&id).expect("it was found");
    let is_group = chat.is_group;
    let Some(said) = chat.said.iter_mut().find(|said| said.id == number) else {
        return Err(bad("message to edit not found"));
    };
    if !said.by_bot {
        return Err(bad("message can't be edited"));
    }
    if new_text.as_ref().is_none_or(|text| *text == said.text) && markup == said.keyboard {
        return Err(bad(
            "message is not modified: specified new message content and reply markup are exactly the same as a current \
             content and reply markup of the message",
        ));
    }
    if let Some(text) = new_text {
        said.text = text;
    }
    said.keyboard = markup;
    Ok(said.json(id, is_group))
}

fn delete(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let id = chat(state, params)?;
    let number = params.number("message_id").ok_or_else(|| bad("message identifier is not specified"))?;
    let chat = state.chats.get_mut(&id).expect("it was found");
    let before = chat.said.len();
    chat.said.retain(|said| said.id != number);
    if chat.said.len() == before { Err(bad("message to delete not found")) } else { Ok(json!(true)) }
}

fn answer_callback(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let text = params.text("text");
    if text.encode_utf16().count() > 200 {
        return Err(bad("MESSAGE_TOO_LONG"));
    }
    match state.callbacks.get_mut(&params.text("callback_query_id")) {
        Some(pressed) if !pressed.is_over => {
            pressed.is_over = true;
            pressed.told = Some(text).filter(|text| !text.is_empty());
            Ok(json!(true))
        }
        _ => Err(bad("query is too old and response timeout expired or query ID is invalid")),
    }
}

fn get_file(state: &State, params: &Params) -> Result<Value, Refusal> {
    let id = params.text("file_id");
    let Some(bytes) = state.files.get(&id) else {
        return Err(bad("wrong file_id or the file is temporarily unavailable"));
    };
    if bytes.len() > BIGGEST {
        return Err(bad("file is too big"));
    }
    Ok(json!({
        "file_id": id,
        "file_unique_id": format!("u{id}"),
        "file_size": bytes.len(),
        "file_path": format!("documents/{id}"),
    }))
}

fn set_commands(state: &mut State, params: &Params) -> Result<Value, Refusal> {
    let commands = params.json("commands")?.unwrap_or(json!([]));
    let Some(list) = commands.as_array() else { return Err(bad("expected an Array of BotCommand")) };
    for command in list {
        let name = command["command"].as_str().unwrap_or_default();
        let name = name.strip_prefix('/').unwrap_or(name);
        let plain = name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if !plain || !(1..=32).contains(&name.len()) {
            return Err(bad("BOT_COMMAND_INVALID"));
        }
        if !(1..=256).contains(&command["description"].as_str().unwrap_or_default().chars().count()) {
            return Err(bad("BOT_COMMAND_DESCRIPTION_INVALID"));
        }
    }
    state.commands = commands;
    Ok(json!(true))
}
