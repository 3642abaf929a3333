//! Keywords: words and phrases that an author named. A slip of the pen in a longer word is forgiven.

use rust_stemmers::{Algorithm, Stemmer};

use super::words;

/// A word of this many letters may be one letter off, and a long one two.
const ONE_OFF: usize = 5;
const TWO_OFF: usize = 8;

/// One or several words that stand one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    /// As the author wrote it.
    pub(super) written: String,
    words: Vec<String>,
}

impl Phrase {
    /// `None` when there is no word in it.
    pub(super) fn of(written: &str) -> Option<Phrase> {
        let words = words::words(written);
        (!words.is_empty()).then(|| Phrase { written: written.to_owned(), words })
    }

    /// Whether it is a single word.
    pub(super) fn is_one_word(&self) -> bool {
        self.words.len() == 1
    }

    /// Whether it stands in a text.
    pub(super) fn stands_in(&self, text: &[String]) -> bool {
        text.windows(self.words.len()).any(|window| window.iter().zip(&self.words).all(|(said, word)| same(said, word)))
    }
}

fn same(said: &str, word: &str) -> bool {
    if said == word {
        return true;
    }
    let length = word.len();
    let most = match length {
        TWO_OFF.. => 2,
        ONE_OFF.. => 1,
        _ => return false,
    };
    // A slip does not begin a word: "sender" is none of "tender".
    if said.chars().next() != word.chars().next() || said.len().abs_diff(length) > 3 {
        return false;
    }
    let stemmer = Stemmer::create(Algorithm::English);
    let (said_stem, word_stem) = (stemmer.stem(said), stemmer.stem(word));
    said_stem == word_stem || strsim::osa_distance(said, word) <= most
}

#[cfg(test)]
mod tests {
    use super::Phrase;
    use crate::policy::intent::words::words;

    #[test]
    fn slips_are_forgiven_in_long_words_alone() {
        let stands = |phrase: &str, text: &str| Phrase::of(phrase).expect("words").stands_in(&words(text));
        assert!(stands("reset password", "please reset my old pasword, reset passwrod"));
        assert!(stands("attachment", "the attachmets will not open"));
        assert!(!stands("lock", "the clock, the rock, a look"));
        assert!(!stands("sender", "a tender"));
    }
}
