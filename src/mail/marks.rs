//! How mail programs mark their boxes: the classes, ids and styles by which signatures, quotes and older mails are known.

/// What an open element does to the words in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// Nothing.
    Nothing,
    /// It is a quote.
    Quote,
    /// It is a signature.
    Signature,
    /// It is the box of an older mail.
    Older,
    /// It introduces a quote.
    Announces,
    /// It is not shown.
    Hidden,
    /// A colour that stands out begins, or ends.
    Colour(bool),
}

/// What an element does, by what its program writes into its tag.
pub fn effect(name: &str, attributes: &str) -> Effect {
    if attributes.is_empty() {
        return if name == "blockquote" { Effect::Quote } else { Effect::Nothing };
    }
    let style = compact(attribute(attributes, "style").unwrap_or_default());
    if style.contains("display:none") || style.contains("mso-hide:all") {
        return Effect::Hidden;
    }
    if name == "blockquote" {
        // Some programs indent a person's own words by a quote without a border.
        let is_indent = style.contains("border:none") || style.contains("border:0");
        return if is_indent { Effect::Nothing } else { Effect::Quote };
    }
    let id = attribute(attributes, "id").unwrap_or_default();
    let class = attribute(attributes, "class").unwrap_or_default();
    let class_is = |names: &[&str]| class.split_whitespace().any(|one| names.contains(&one));
    if class_is(&["gmail_attr", "moz-cite-prefix", "protonmail_quote_header"]) || id == "reply-intro" {
        return Effect::Announces;
    }
    if is_signature(id, class) {
        return Effect::Signature;
    }
    if class_is(&["yahoo_quoted", "moz-forward-container", "ms-outlook-mobile-reference-message", "zmail_extra"])
        || id.starts_with("yahoo_quoted")
        || id == "mail-editor-reference-message-container"
    {
        return Effect::Older;
    }
    match colour(&style).or_else(|| attribute(attributes, "color").map(stands_out)) {
        Some(colour) => Effect::Colour(colour),
        None => Effect::Nothing,
    }
}

fn is_signature(id: &str, class: &str) -> bool {
    let names = [
        "gmail_signature",
        "gmail_signature_prefix",
        "moz-signature",
        "protonmail_signature_block",
        "elided-signature",
        "mail-signature",
    ];
    let ids = [
        "signature",
        "ms-outlook-mobile-signature",
        "applemailsignature",
        "composer_signature",
        "ms-outlook-signature",
    ];
    class.split_whitespace().any(|one| names.contains(&one)) || ids.contains(&id.to_ascii_lowercase().as_str())
}

/// A box that says by its name alone that the older mail begins with it and runs to the end.
pub fn begins_original(attributes: &str) -> bool {
    let Some(id) = attribute(attributes, "id") else { return false };
    ["divRplyFwdMsg", "OLK_SRC_BODY_SECTION"].iter().any(|mark| id.contains(mark))
}

/// A line above a box, as Outlook draws it between two mails. People have such lines, too: the words below must agree.
pub fn may_begin_older(attributes: &str) -> bool {
    let Some(style) = attribute(attributes, "style").map(compact) else { return false };
    (style.contains("border-top:solid") && style.contains("padding:3.0pt0"))
        || (style.contains("border-style:solidnonenone") && style.contains("padding:3pt0"))
        || style.contains("border:none;border-top:1ptsolid")
}

/// A rule that a program draws between two mails.
pub fn is_dividing_rule(attributes: &str) -> bool {
    attribute(attributes, "tabindex") == Some("-1")
        || attribute(attributes, "id").is_some_and(|id| id == "zwchr" || id == "stopSpelling")
}

/// Paragraphs that stand without space between them.
pub fn is_single_spaced(attributes: &str) -> bool {
    let class = attribute(attributes, "class").unwrap_or_default();
    ["MsoNormal", "MsoListParagraph", "MsoPlainText", "xmsonormal"].iter().any(|name| class.contains(name))
}

/// Whether a style names a colour, and whether it stands out.
fn colour(style: &str) -> Option<bool> {
    let named = style.split(';').filter_map(|rule| rule.split_once(':'));
    named.into_iter().find(|(name, _)| *name == "color").map(|(_, value)| stands_out(value))
}

/// A colour in which somebody writes so as to be told apart: no black, no grey, none of the pale ones.
fn stands_out(value: &str) -> bool {
    let value = value.trim().to_ascii_lowercase();
    let parts: Vec<i32> = if let Some(hex) = value.strip_prefix('#').filter(|hex| hex.is_ascii()) {
        let wide = if hex.len() == 3 { 1 } else { 2 };
        (0..3)
            .filter_map(|at| hex.get(at * wide..(at + 1) * wide))
            .filter_map(|part| i32::from_str_radix(part, 16).ok())
            .map(|part| if wide == 1 { part * 17 } else { part })
            .collect()
    } else if let Some(inner) = value.strip_prefix("rgb(").or_else(|| value.strip_prefix("rgba(")) {
        inner.trim_end_matches(')').split(',').take(3).filter_map(|part| part.trim().parse().ok()).collect()
    } else {
        return [
            "red",
            "blue",
            "green",
            "purple",
            "orange",
            "magenta",
            "fuchsia",
            "crimson",
            "darkred",
            "darkblue",
            "darkgreen",
            "maroon",
            "teal",
        ]
        .contains(&value.as_str());
    };
    let (Some(most), Some(least)) = (parts.iter().max(), parts.iter().min()) else { return false };
    parts.len() == 3 && most - least >= 60
}

fn compact(style: &str) -> String {
    style.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect()
}

/// The value of an attribute, wherever it stands in a tag.
pub fn attribute<'a>(attributes: &'a str, name: &str) -> Option<&'a str> {
    let attributes = attributes.get(..2_000).unwrap_or(attributes);
    let mut from = 0;
    while let Some(found) = attributes.get(from..)?.find(name) {
        let at = from + found;
        let rest = &attributes[at + name.len()..];
        let starts = attributes[..at].ends_with(|c: char| c.is_whitespace() || c == '"' || c == '\'');
        if let Some(value) = rest.trim_start().strip_prefix('=').filter(|_| starts) {
            let value = value.trim_start();
            return match value.chars().next() {
                Some(quote @ ('"' | '\'')) => value[1..].split(quote).next(),
                _ => value.split(|c: char| c.is_whitespace() || c == '/').next(),
            };
        }
        from = at + name.len();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boxes_of_mail_programs_are_known() {
        let cases = [
            ("div", "class=\"gmail_signature\" dir=ltr", Effect::Signature),
            ("div", "id='ms-outlook-mobile-signature'", Effect::Signature),
            ("div", "class=\"gmail_attr\"", Effect::Announces),
            ("div", "id=\"yahoo_quoted_123\" class=x", Effect::Older),
            ("blockquote", "type=cite", Effect::Quote),
            ("blockquote", "style=\"margin: 0; border: none\"", Effect::Nothing),
            ("span", "style=\"color: #C00000\"", Effect::Colour(true)),
            ("span", "style=\"background:red; color: windowtext\"", Effect::Colour(false)),
            ("span", "style=\"display: none\"", Effect::Hidden),
            ("div", "class=signatures", Effect::Nothing),
        ];
        for (name, attributes, wanted) in cases {
            assert_eq!(effect(name, &format!(" {attributes}")), wanted, "{attributes}");
        }
    }
}
