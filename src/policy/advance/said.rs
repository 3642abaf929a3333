//! Whether a short text is a command: one of the desk's words by itself, or with nothing but politeness around it.

/// A message longer than this is a story, not a command, whatever words stand in it.
pub(super) const WORDS_OF_A_COMMAND: usize = 14;
/// Words that may stand around a command and change nothing.
const AROUND: [&str; 52] = [
    "please",
    "a",
    "an",
    "the",
    "hi",
    "hello",
    "hey",
    "dear",
    "team",
    "ok",
    "okay",
    "oh",
    "sorry",
    "thanks",
    "thank",
    "you",
    "cheers",
    "very",
    "much",
    "i",
    "we",
    "id",
    "like",
    "want",
    "wish",
    "need",
    "would",
    "can",
    "could",
    "may",
    "let",
    "lets",
    "us",
    "me",
    "to",
    "just",
    "now",
    "again",
    "my",
    "our",
    "your",
    "this",
    "that",
    "it",
    "its",
    "is",
    "all",
    "request",
    "question",
    "questions",
    "one",
    "answer",
];

/// Whether a short text is one of the words, or holds one of the phrases.
pub(super) fn says(text: &str, words: &[String]) -> bool {
    let said: Vec<String> = split(text);
    if said.is_empty() || said.len() > WORDS_OF_A_COMMAND {
        return false;
    }
    let polite: Vec<&String> =
        said.iter().filter(|word| !matches!(word.as_str(), "please" | "a" | "an" | "the")).collect();
    words.iter().map(|words| split(words)).any(|phrase| match phrase.as_slice() {
        [] => false,
        [word] => polite.as_slice() == [word],
        phrase => said.windows(phrase.len()).any(|window| window == phrase),
    })
}

/// Whether one of the phrases stands anywhere in a text.
pub(super) fn holds(text: &str, phrases: &[String]) -> bool {
    let said: Vec<String> = bare_words(text).collect();
    let phrases = phrases.iter().map(|phrase| bare_words(phrase).collect::<Vec<_>>());
    phrases.filter(|phrase| !phrase.is_empty()).any(|phrase| said.windows(phrase.len()).any(|window| window == phrase))
}

/// Whether a short text is one of the phrases and nothing else but politeness. What ends a request or takes it back must
/// never be found in an ordinary sentence.
pub(super) fn is_only(text: &str, phrases: &[String]) -> bool {
    let said = bare(text);
    if said.is_empty() || said.len() > WORDS_OF_A_COMMAND {
        return false;
    }
    phrases.iter().map(|phrase| bare(phrase)).filter(|phrase| !phrase.is_empty()).any(|phrase| {
        let at = said.windows(phrase.len()).position(|window| window == phrase);
        at.is_some_and(|at| {
            let around = said[..at].iter().chain(&said[at + phrase.len()..]);
            around.into_iter().all(|word| AROUND.contains(&word.as_str()))
        })
    })
}

/// What stands behind one of the words, if a text begins with it.
pub(super) fn behind<'t>(text: &'t str, words: &[String]) -> Option<&'t str> {
    let mut rest = text.trim();
    for _ in 0..WORDS_OF_A_COMMAND {
        let (first, behind) = rest.split_once(char::is_whitespace)?;
        let plain = bare(first).concat();
        if words.contains(&plain) {
            return Some(behind.trim()).filter(|behind| !behind.is_empty());
        }
        if !AROUND.contains(&plain.as_str()) {
            return None;
        }
        rest = behind.trim_start();
    }
    None
}

/// The words of a text without apostrophes, in lower case; no more than a command may have, and one.
fn bare(text: &str) -> Vec<String> {
    bare_words(text).take(WORDS_OF_A_COMMAND + 1).collect()
}

/// All words of a text without apostrophes, in lower case.
fn bare_words(text: &str) -> impl Iterator<Item = String> {
    let text = text.replace(['\'', '’'], "").to_lowercase();
    let words: Vec<String> =
        text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    words.into_iter()
}

/// The words of a text, in lower case; no more than a command may have, and one.
pub(super) fn split(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .take(WORDS_OF_A_COMMAND + 1)
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{behind, is_only, says};

    #[test]
    fn a_word_counts_alone_and_a_phrase_counts_in_a_short_text() {
        let words = ["agent".to_owned(), "speak to a person".to_owned()];
        assert!(says("Agent please!", &words));
        assert!(says("Can I speak to a person about this?", &words));
        assert!(!says("Our travel agent is called Rose", &words));
        assert!(!says("", &words));
    }

    #[test]
    fn a_command_is_never_found_in_an_ordinary_sentence() {
        let words = ["cancel".to_owned(), "no longer needed".to_owned(), "it's sorted".to_owned()];
        for text in ["cancel", "Please cancel my request, thank you.", "No longer needed, thanks", "Its sorted now"] {
            assert!(is_only(text, &words), "{text}");
        }
        for text in ["Cancel the account of Omar Reed", "The old mailbox is no longer needed by Rose Court", ""] {
            assert!(!is_only(text, &words), "{text}");
        }
    }

    #[test]
    fn what_is_to_be_changed_stands_behind_the_word() {
        let words = ["change".to_owned()];
        assert_eq!(behind("I'd like to change my mobile to 07700 900111", &words), Some("my mobile to 07700 900111"));
        assert_eq!(behind("The change of manager was in May", &words), Some("of manager was in May"));
        assert_eq!(behind("Why change it?", &words), None);
        assert_eq!(behind("change", &words), None);
    }
}
