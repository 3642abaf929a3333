//! What Telegram takes for an inline keyboard.

use serde_json::{Value, json};

use super::methods::{Refusal, bad};

/// The most buttons on one message.
const MOST: usize = 100;

/// Reads a reply markup. An inline keyboard without buttons is none.
pub fn read(markup: Option<Value>) -> Result<Option<Value>, Refusal> {
    let Some(markup) = markup else { return Ok(None) };
    let Some(object) = markup.as_object() else { return Err(bad("object expected as reply markup")) };
    let Some(rows) = object.get("inline_keyboard") else {
        // Other keyboards, and their removal, leave nothing on the message.
        return Ok(None);
    };
    let Some(rows) = rows.as_array() else {
        return Err(bad("field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array"));
    };
    let mut kept = Vec::new();
    for row in rows {
        let Some(row) = row.as_array() else {
            return Err(bad("field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays"));
        };
        let row = row.iter().map(button).collect::<Result<Vec<Value>, Refusal>>()?;
        if !row.is_empty() {
            kept.push(row);
        }
    }
    if kept.iter().map(Vec::len).sum::<usize>() > MOST {
        return Err(bad("reply markup is too long"));
    }
    Ok((!kept.is_empty()).then(|| json!({"inline_keyboard": kept})))
}

fn button(button: &Value) -> Result<Value, Refusal> {
    let wrong = |what: &str| bad(&format!("can't parse inline keyboard button: {what}"));
    let Some(fields) = button.as_object() else {
        return Err(wrong("InlineKeyboardButton must be an Object"));
    };
    match fields.get("text") {
        None => return Err(wrong("Can't find field \"text\"")),
        Some(Value::String(text)) if text.trim().is_empty() => return Err(wrong("text must be non-empty")),
        Some(Value::String(_)) => {}
        Some(_) => return Err(wrong("Field \"text\" must be of type String")),
    }
    match fields.get("callback_data") {
        Some(Value::String(data)) if (1..=64).contains(&data.len()) => Ok(button.clone()),
        Some(_) => Err(bad("BUTTON_DATA_INVALID")),
        None if fields.contains_key("url") => Ok(button.clone()),
        None => Err(wrong("Text buttons are unallowed in the inline keyboard")),
    }
}
