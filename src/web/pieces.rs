//! What the desk says, cut into the pieces of which its page is made.

/// A piece of a text: words, the address of a page, or where a line begins or ends that is one of a list.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Piece {
    Words(String),
    Link(String),
    ItemBegins,
    ItemEnds,
}

/// Web addresses in what the desk says become links, and the lines of a list stand apart: on a phone one can see where
/// each begins.
pub(super) fn pieces(text: &str) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut words: Vec<&str> = Vec::new();
    for line in text.lines() {
        if !is_item(line) {
            words.push(line);
            continue;
        }
        // An item begins on a line of its own. Only an empty line before it needs its break.
        if words.last() == Some(&"") {
            words.push("");
        }
        linked(&words.join("\n"), &mut pieces);
        words.clear();
        pieces.push(Piece::ItemBegins);
        linked(line.trim_start(), &mut pieces);
        pieces.push(Piece::ItemEnds);
    }
    linked(&words.join("\n"), &mut pieces);
    pieces
}

/// Whether a line is one of a list: “- so”, or “2. so”, also as a list within a list.
fn is_item(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ") || (number.len() < line.len() && number.starts_with(". "))
}

fn linked(text: &str, pieces: &mut Vec<Piece>) {
    let mut rest = text;
    while let Some(at) = rest.find("https://") {
        let end =
            rest[at..].find(|c: char| c.is_whitespace() || "<>\"'()".contains(c)).map_or(rest.len(), |end| at + end);
        let address = rest[at..end].trim_end_matches(['.', ',', ';', ':', '!', '?']);
        if at > 0 {
            pieces.push(Piece::Words(rest[..at].to_owned()));
        }
        pieces.push(Piece::Link(address.to_owned()));
        rest = &rest[at + address.len()..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Words(rest.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_desk_says_gets_links_and_their_ends_are_right() {
        let words = |text: &str| Piece::Words(text.to_owned());
        let link = Piece::Link("https://portal.example/join".to_owned());
        assert_eq!(pieces("Go to https://portal.example/join. Then"), [words("Go to "), link, words(". Then")]);
        assert_eq!(pieces("javascript:alert(1)"), [words("javascript:alert(1)")]);
        let item = |text: &str| [Piece::ItemBegins, words(text), Piece::ItemEnds];
        let listed: Vec<Piece> = [
            vec![words("So:\n\n")],
            item("- Town? Elmsworth").into(),
            item("- Who?").into(),
            item("1. Nora Vale").into(),
            vec![words("\nRight?\nSay 2.")],
        ]
        .into_iter()
        .flatten()
        .collect();
        assert_eq!(pieces("So:\n\n- Town? Elmsworth\n- Who?\n   1. Nora Vale\n\nRight?\nSay 2."), listed);
    }
}
