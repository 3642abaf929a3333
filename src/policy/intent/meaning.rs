//! Words that people use for the same thing, as policy names them: each line of `same_words` is one meaning.

use std::collections::BTreeMap;

use rust_stemmers::{Algorithm, Stemmer};

use super::words;

/// The meanings of a desk.
#[derive(Debug, Default)]
pub(super) struct Meanings {
    /// By the first stem of a phrase: its stems and the number of its meaning, longest first.
    phrases: BTreeMap<String, Vec<(Vec<String>, usize)>>,
}

impl Meanings {
    /// Learns lines of words and phrases.
    pub(super) fn of(lines: &[Vec<String>]) -> Meanings {
        let mut phrases: BTreeMap<String, Vec<(Vec<String>, usize)>> = BTreeMap::new();
        let mut known = Stems::default();
        for (meaning, line) in lines.iter().enumerate() {
            for phrase in line {
                let stems: Vec<String> = words::words(phrase).iter().map(|word| known.of(word)).collect();
                if let Some(first) = stems.first() {
                    phrases.entry(first.clone()).or_default().push((stems, meaning));
                }
            }
        }
        for list in phrases.values_mut() {
            list.sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.cmp(b)));
        }
        Meanings { phrases }
    }

    /// A text with each known phrase replaced by its meaning, and every other word by its stem.
    pub(super) fn told(&self, words: &[String], known: &mut Stems) -> Vec<String> {
        let stems: Vec<String> = words.iter().map(|word| known.of(word)).collect();
        let mut told = Vec::with_capacity(stems.len());
        let mut at = 0;
        while let Some(stem) = stems.get(at) {
            let found =
                self.phrases.get(stem).into_iter().flatten().find(|(phrase, _)| stems[at..].starts_with(phrase));
            match found {
                Some((phrase, meaning)) => {
                    told.push(format!("≈{meaning}"));
                    at += phrase.len();
                }
                None => {
                    told.push(stem.clone());
                    at += 1;
                }
            }
        }
        told
    }
}

/// The stems of words, each found once.
pub(super) struct Stems {
    stemmer: Stemmer,
    known: BTreeMap<String, String>,
}

impl Default for Stems {
    fn default() -> Stems {
        Stems { stemmer: Stemmer::create(Algorithm::English), known: BTreeMap::new() }
    }
}

impl Stems {
    fn of(&mut self, word: &str) -> String {
        if let Some(stem) = self.known.get(word) {
            return stem.clone();
        }
        let stem = self.stemmer.stem(word).into_owned();
        self.known.insert(word.to_owned(), stem.clone());
        stem
    }
}

#[cfg(test)]
mod tests {
    use super::Meanings;
    use crate::policy::intent::words::words;

    #[test]
    fn the_longest_phrase_of_a_line_stands_for_its_meaning() {
        let line = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let meanings =
            Meanings::of(&[line(&["phone", "mobile phone", "mobile"]), line(&["locked out", "can't get in"])]);
        for (text, told) in [
            ("my mobile phones are lost", "my ≈0 are lost"),
            ("I cannot get in, locked out", "i ≈1 ≈1"),
            ("the door is locked", "the door is lock"),
        ] {
            assert_eq!(meanings.told(&words(text), &mut super::Stems::default()).join(" "), told);
        }
    }
}
