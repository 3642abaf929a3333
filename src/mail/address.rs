//! Who a mail says it is from, by a grammar that knows one shape only. A display name is never an identity.

use crate::mail::gate::Refusal;

/// The one address of a From field: its local part as written, its domain in lower case.
pub fn only_address(value: &str) -> Result<String, Refusal> {
    let bare = without_comments(value).ok_or_else(|| unclear("its comments or quotes do not end"))?;
    let (outside, inside) = match angle(&bare)? {
        Some(found) => found,
        None => return addr_spec(bare.trim()).ok_or_else(|| unclear("it is not one plain address")),
    };
    let address =
        addr_spec(inside.trim()).ok_or_else(|| unclear("what stands in angle brackets is no plain address"))?;
    let name = without_quotes(outside);
    if name.contains([',', ';', ':']) {
        return Err(unclear("it names several senders"));
    }
    // `owner@one.example <thief@two.example>`: a reader could take either for the sender.
    if name.contains('@') && !name.trim().eq_ignore_ascii_case(&address) {
        return Err(unclear("it holds two addresses"));
    }
    Ok(address)
}

/// An address with nothing around it, or none: no quotes, no comments, no routes, no literal domains.
pub fn addr_spec(text: &str) -> Option<String> {
    let (local, domain) = text.split_once('@')?;
    let local_is_fine = local.len() <= 64 && !local.is_empty() && local.split('.').all(is_atom);
    let lower = domain.to_lowercase();
    // A Kelvin sign is no k, and a dotted capital I becomes two characters: such a domain is not the one that is read.
    let stays = domain.chars().zip(lower.chars()).all(|(was, is)| was.is_ascii() == is.is_ascii());
    let domain_is_fine = domain.len() <= 255 && domain.split('.').chain(lower.split('.')).all(is_label);
    (local_is_fine && domain_is_fine && stays).then(|| format!("{local}@{lower}"))
}

/// How many addresses a field holds at most, without parsing it.
pub fn count(value: &str) -> usize {
    let (mut commas, mut quoted, mut escaped) = (0, false, false);
    for byte in value.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b';' if !quoted => commas += 1,
            _ => {}
        }
    }
    commas + 1
}

/// A name to show: no control and no direction marks, one line, not too long.
pub fn clean_name(name: &str) -> Option<String> {
    let shown: String =
        name.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|c| !is_hidden(*c)).take(100).collect();
    let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
    (!shown.is_empty()).then_some(shown)
}

/// Characters that nobody sees but that change what one reads.
pub fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{00AD}')
}

fn is_atom(atom: &str) -> bool {
    !atom.is_empty()
        && atom
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) || is_letter_beyond_ascii(c))
}

fn is_label(label: &str) -> bool {
    let inner = |c: char| c.is_ascii_alphanumeric() || c == '-' || is_letter_beyond_ascii(c);
    (1..=63).contains(&label.len()) && label.chars().all(inner) && !label.starts_with('-') && !label.ends_with('-')
}

fn is_letter_beyond_ascii(c: char) -> bool {
    !c.is_ascii() && c.is_alphanumeric()
}

/// The text before `<`, and the text within; None when there are no angle brackets.
fn angle(text: &str) -> Result<Option<(&str, &str)>, Refusal> {
    let (mut quoted, mut escaped) = (false, false);
    let (mut open, mut close) = (None, None);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'<' if !quoted && open.is_some() => return Err(unclear("it holds two addresses")),
            b'<' if !quoted => open = Some(at),
            b'>' if !quoted && close.is_none() && open.is_some() => close = Some(at),
            b'>' if !quoted => return Err(unclear("its angle brackets do not match")),
            _ => {}
        }
    }
    match (open, close) {
        (None, None) => Ok(None),
        (Some(open), Some(close)) if text[close + 1..].trim().is_empty() => {
            Ok(Some((&text[..open], &text[open + 1..close])))
        }
        _ => Err(unclear("its angle brackets do not match")),
    }
}

fn without_comments(text: &str) -> Option<String> {
    let (mut quoted, mut escaped, mut depth) = (false, false, 0_usize);
    let mut kept = String::with_capacity(text.len());
    for c in text.chars() {
        let was_escaped = std::mem::take(&mut escaped);
        match c {
            _ if was_escaped => {}
            '\\' => escaped = true,
            '"' if depth == 0 => quoted = !quoted,
            '(' if !quoted => {
                depth += 1;
                kept.push(' ');
                continue;
            }
            ')' if !quoted => {
                depth = depth.checked_sub(1)?;
                continue;
            }
            _ => {}
        }
        if depth == 0 {
            kept.push(c);
        }
    }
    (depth == 0 && !quoted).then_some(kept)
}

fn without_quotes(text: &str) -> String {
    let (mut quoted, mut escaped) = (false, false);
    let mut kept = String::new();
    for c in text.chars() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            _ if quoted => {}
            _ => kept.push(c),
        }
    }
    kept
}

fn unclear(why: &str) -> Refusal {
    Refusal::new("unclear-sender", format!("It is not clear who sent the mail: in the From field, {why}."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_plain_address_is_an_identity() {
        let fine = [
            ("jo@care.example", "jo@care.example"),
            ("Jo <Jo.Smith@CARE.Example>", "Jo.Smith@care.example"),
            ("\"Smith, Jo\" <jo@care.example>", "jo@care.example"),
            ("\"owner@nhs.net\" <jo@care.example>", "jo@care.example"),
            ("jo@care.example (the owner@nhs.net)", "jo@care.example"),
            ("jo@care.example <jo@care.example>", "jo@care.example"),
            ("=?utf-8?q?owner=40nhs.net=3E?= <jo@care.example>", "jo@care.example"),
            ("Zoë <zoë@caffè.example>", "zoë@caffè.example"),
            ("J. O'Neill <o'neill+x@care.example>", "o'neill+x@care.example"),
        ];
        for (value, address) in fine {
            assert_eq!(only_address(value).as_deref(), Ok(address), "{value}");
        }
    }

    #[test]
    fn anything_else_is_nobody() {
        let bad = [
            "",
            "<>",
            "jo",
            "jo@",
            "@care.example",
            "a@b.example, c@d.example",
            "team: a@b.example;",
            "undisclosed:;",
            "<a@b.example> <c@d.example>",
            "\"a@b\"@c.example",
            "<a@b.example.>",
            "<@relay.example:a@b.example>",
            "a@b.example <c@d.example>",
            "Jo <a@b.example> x",
            "Jo <a@b.example",
            "a b@c.example",
            "a@[192.0.2.1]",
            "a@b@c.example",
            ".a@b.example",
            "a..b@c.example",
            "a@-b.example",
            "Smith, Jo <a@b.example>",
            "Jo (open <a@b.example>",
            "<a@b.ex\u{202e}ample>",
            "a\0@b.example",
            "a@\u{212a}are.example",
            "a@İ.example",
        ];
        for value in bad {
            assert!(only_address(value).is_err(), "{value}");
        }
    }
}
