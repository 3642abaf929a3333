//! The entities of HTML: `&amp;`, `&#8217;` and what else mail programs write for a character.

/// Decodes the entities that mail programs write; others stay as they are.
pub fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let name_ends = rest.bytes().take(10).position(|byte| byte == b';');
        match name_ends.and_then(|end| Some((entity(&rest[..end])?, end))) {
            Some((c, end)) => {
                out.push(c);
                rest = &rest[end + 1..];
            }
            None => out.push('&'),
        }
    }
    out.push_str(rest);
    out
}

fn entity(name: &str) -> Option<char> {
    if let Some(number) = name.strip_prefix('#') {
        let code = match number.strip_prefix(['x', 'X']) {
            Some(hex) => u32::from_str_radix(hex, 16).ok()?,
            None => number.parse().ok()?,
        };
        // What Windows programs mean by 128 to 159.
        let shown = match code {
            0 => return None,
            130 | 145 => 0x2018,
            146 => 0x2019,
            147 => 0x201C,
            148 => 0x201D,
            150 => 0x2013,
            151 => 0x2014,
            128 => 0x20AC,
            133 => 0x2026,
            code => code,
        };
        return char::from_u32(shown);
    }
    const NAMED: [(&str, char); 28] = [
        ("amp", '&'),
        ("lt", '<'),
        ("gt", '>'),
        ("quot", '"'),
        ("apos", '\''),
        ("nbsp", '\u{A0}'),
        ("pound", '£'),
        ("euro", '€'),
        ("ndash", '–'),
        ("mdash", '—'),
        ("lsquo", '‘'),
        ("rsquo", '’'),
        ("ldquo", '“'),
        ("rdquo", '”'),
        ("hellip", '…'),
        ("bull", '•'),
        ("middot", '·'),
        ("copy", '©'),
        ("reg", '®'),
        ("eacute", 'é'),
        ("egrave", 'è'),
        ("euml", 'ë'),
        ("ouml", 'ö'),
        ("uuml", 'ü'),
        ("auml", 'ä'),
        ("ccedil", 'ç'),
        ("deg", '°'),
        ("zwnj", '\u{200C}'),
    ];
    NAMED.iter().find(|(known, _)| *known == name).map(|(_, c)| *c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_entities_are_read_and_others_stay() {
        assert_eq!(decoded("&pound;5 &amp; &#8217;&#x2019;&#146; &unknown; &"), "£5 & ’’’ &unknown; &");
    }
}
