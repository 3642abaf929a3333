//! Letters that look like others: a sender whose name or address mixes alphabets, or borrows one to look like ours.

/// What is odd about how a sender is written, if anything is.
pub fn oddity(address: &str, name: Option<&str>) -> Option<&'static str> {
    let (local, domain) = address.split_once('@').unwrap_or((address, ""));
    let pieces = |text: &str| {
        text.split(|c: char| !c.is_alphabetic()).filter(|word| !word.is_empty()).map(str::to_owned).collect::<Vec<_>>()
    };
    let labels = [pieces(local), pieces(domain)].concat();
    if labels.iter().any(|label| mixes(label)) {
        return Some("its sender's address mixes letters of several alphabets");
    }
    if labels.iter().any(|label| is_borrowed(label)) {
        return Some("its sender's address is written in letters that only look like Latin ones");
    }
    if domain.split('.').any(|label| label.starts_with("xn--")) {
        return Some("its sender's domain is written in a code for letters beyond ASCII");
    }
    pieces(name.unwrap_or_default())
        .iter()
        .any(|word| mixes(word))
        .then_some("its sender's name mixes letters of several alphabets")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Script {
    Latin,
    Greek,
    Cyrillic,
    Armenian,
    Other,
}

fn script(c: char) -> Script {
    match c {
        'a'..='z' | 'A'..='Z' | '\u{AA}' | '\u{BA}' | '\u{C0}'..='\u{24F}' | '\u{1E00}'..='\u{1EFF}' => Script::Latin,
        '\u{250}'..='\u{2AF}' | '\u{FF21}'..='\u{FF5A}' | '\u{1D400}'..='\u{1D7FF}' => Script::Other,
        '\u{370}'..='\u{3FF}' | '\u{1F00}'..='\u{1FFF}' => Script::Greek,
        '\u{400}'..='\u{52F}' | '\u{1C80}'..='\u{1C8F}' | '\u{2DE0}'..='\u{2DFF}' | '\u{A640}'..='\u{A69F}' => {
            Script::Cyrillic
        }
        '\u{530}'..='\u{58F}' => Script::Armenian,
        _ => Script::Other,
    }
}

/// Whether one word has Latin letters and others.
fn mixes(word: &str) -> bool {
    word.chars().any(|c| script(c) == Script::Latin) && word.chars().any(|c| script(c) != Script::Latin)
}

/// Whether a word has no Latin letter, but each of its letters looks like one.
fn is_borrowed(word: &str) -> bool {
    const LIKE_LATIN: &str = "аеорсухіјѕһԁԛԝӏвкмнтАВЕКМНОРСТУХІЈЅαβγεηικνορτυχωΑΒΕΖΗΙΚΜΝΟΡΤΥΧοսօցհ";
    word.chars().all(|c| LIKE_LATIN.contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn borrowed_letters_are_seen() {
        for (address, name) in [
            ("owner@n\u{4BB}s.net", None),
            ("\u{43E}wner@nhs.net", None),
            ("jo@\u{441}\u{430}\u{440}\u{435}.example", None),
            ("jo@xn--hs-ndd.net", None),
            ("jo@care.example", Some("C\u{430}re desk")),
        ] {
            assert!(oddity(address, name).is_some(), "{address} {name:?}");
        }
        for (address, name) in [
            ("jo@care.example", Some("Zoë Łukasz Müller")),
            ("jo@care.example", Some("Иван Петров")),
            ("иванщ@почта.example", Some("Ivan (Иван)")),
            ("o'neill@care.example", None),
        ] {
            assert_eq!(oddity(address, name), None, "{address} {name:?}");
        }
    }
}
