//! Telegram's two markups: what people see of a text, or why it cannot be read.

use super::methods::{Refusal, bad};

/// The tags of its HTML.
const TAGS: [&str; 16] = [
    "b",
    "strong",
    "i",
    "em",
    "u",
    "ins",
    "s",
    "strike",
    "del",
    "a",
    "code",
    "pre",
    "blockquote",
    "span",
    "tg-spoiler",
    "tg-emoji",
];
/// What MarkdownV2 wants escaped wherever it means nothing.
const RESERVED: &str = "_*[]()~`>#+-=|{}.!";

/// What people see of a text.
pub fn seen(text: &str, mode: &str) -> Result<String, Refusal> {
    match mode.to_ascii_lowercase().as_str() {
        "" => Ok(text.to_owned()),
        "html" => html(text).map_err(|why| bad(&format!("can't parse entities: {why}"))),
        "markdownv2" => markdown(text).map_err(|why| bad(&format!("can't parse entities: {why}"))),
        _ => Err(bad("unsupported parse_mode")),
    }
}

fn html(text: &str) -> Result<String, String> {
    let mut seen = String::new();
    let mut open: Vec<String> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        match c {
            '&' => {
                let (decoded, length) = entity(&text[at..]);
                seen.push(decoded);
                at += length;
            }
            '<' => {
                let Some(end) = text[at..].find('>') else {
                    let what = if text[at..].starts_with("</") { "end" } else { "start" };
                    return Err(format!("Unclosed {what} tag at byte offset {at}"));
                };
                let inside = &text[at + 1..at + end];
                tag(inside, at, &mut open)?;
                at += end + 1;
            }
            c => {
                seen.push(c);
                at += c.len_utf8();
            }
        }
    }
    match open.last() {
        None => Ok(seen),
        Some(tag) => Err(format!("Can't find end tag corresponding to start tag \"{tag}\"")),
    }
}

fn tag(inside: &str, at: usize, open: &mut Vec<String>) -> Result<(), String> {
    if let Some(name) = inside.strip_prefix('/') {
        let Some(last) = open.pop() else { return Err(format!("Unexpected end tag at byte offset {at}")) };
        let name = name.trim().to_ascii_lowercase();
        if !name.is_empty() && name != last {
            return Err(format!("Unmatched end tag at byte offset {at}, expected \"</{last}>\", found \"</{name}>\""));
        }
        return Ok(());
    }
    let name = inside.split_whitespace().next().unwrap_or_default().to_ascii_lowercase();
    if !TAGS.contains(&name.as_str()) {
        return Err(format!("Unsupported start tag \"{name}\" at byte offset {at}"));
    }
    if name == "span" && !inside.contains("tg-spoiler") {
        return Err(format!("Tag \"span\" must have class \"tg-spoiler\" at byte offset {at}"));
    }
    open.push(name);
    Ok(())
}

/// What an entity stands for and how long it is; the sign itself if it is none.
fn entity(text: &str) -> (char, usize) {
    for (written, sign) in [("&lt;", '<'), ("&gt;", '>'), ("&amp;", '&'), ("&quot;", '"')] {
        if text.starts_with(written) {
            return (sign, written.len());
        }
    }
    let number = text.strip_prefix("&#").and_then(|rest| rest.split_once(';')).and_then(|(digits, _)| {
        let code = digits.parse().ok().and_then(char::from_u32)?;
        Some((code, digits.len() + 3))
    });
    number.unwrap_or(('&', 1))
}

fn markdown(text: &str) -> Result<String, String> {
    let mut seen = String::new();
    let mut open: Vec<(&str, &str, usize)> = Vec::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let escaped = rest.strip_prefix('\\').and_then(|rest| rest.chars().next()).filter(char::is_ascii);
        if let Some(sign) = escaped {
            seen.push(sign);
            at += 2;
            continue;
        }
        let marks = [
            ("__", "Underline"),
            ("_", "Italic"),
            ("*", "Bold"),
            ("~", "Strikethrough"),
            ("||", "Spoiler"),
            ("`", "Code"),
        ];
        if let Some((mark, name)) = marks.into_iter().find(|(mark, _)| rest.starts_with(mark)) {
            match open.last() {
                Some((last, _, _)) if *last == mark => drop(open.pop()),
                _ => open.push((mark, name, at)),
            }
            at += mark.len();
            continue;
        }
        let is_link = c == '[' || (c == ']' && rest.starts_with("]("));
        if RESERVED.contains(c) && !is_link {
            return Err(format!("Character '{c}' is reserved and must be escaped with the preceding '\\'"));
        }
        if c == '[' {
            let Some(end) = rest.find("](") else {
                return Err(format!("Can't find end of TextUrl entity at byte offset {at}"));
            };
            seen.push_str(&rest[1..end]);
            let Some(close) = rest[end..].find(')') else {
                return Err(format!("Can't find end of a URL at byte offset {at}"));
            };
            at += end + close + 1;
            continue;
        }
        seen.push(c);
        at += c.len_utf8();
    }
    match open.last() {
        None => Ok(seen),
        Some((_, name, from)) => Err(format!("Can't find end of {name} entity at byte offset {from}")),
    }
}
