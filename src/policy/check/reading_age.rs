//! How hard a text is to read: the school grade of Flesch and Kincaid, and its longest sentence. A hole counts as one
//! short word, as do addresses and numbers.

use super::texts;
use crate::policy::finding::{Finding, Place};
use crate::policy::text::{Piece, Template};

/// The highest grade, in tenths.
const HARDEST: i64 = 70;
/// The longest sentence, in words.
const LONGEST: usize = 25;
/// Grades of a few words say nothing.
const ENOUGH: usize = 30;

/// Tells a text for people that is hard to read.
pub(super) fn check(source: &str, place: Place, findings: &mut Vec<Finding>) {
    let Ok(template) = Template::parse(source) else { return };
    let sentences = sentences(&plain(&template));
    if let Some(long) = sentences.iter().find(|sentence| sentence.len() > LONGEST) {
        let begins = long.iter().take(4).cloned().collect::<Vec<_>>().join(" ");
        let message = format!("the sentence “{begins} …” has {} words; {LONGEST} are easy to read", long.len());
        findings.push(Finding::warning("long-sentence", place.clone(), message, "make two sentences of it"));
    }
    let words: usize = sentences.iter().map(Vec::len).sum();
    let grade = grade(&sentences);
    if words >= ENOUGH && grade > HARDEST {
        let message = format!("this text is hard to read: grade {}.{}, and 7 is the most", grade / 10, grade % 10);
        let help = "write shorter sentences and shorter words";
        findings.push(Finding::warning("hard-to-read", place, message, help));
    }
}

/// The words of a template, with one short word for each hole.
fn plain(template: &Template) -> String {
    template
        .pieces
        .iter()
        .map(|piece| match piece {
            Piece::Words(words) => words.as_str(),
            Piece::Hole { .. } => "it",
        })
        .collect()
}

fn sentences(text: &str) -> Vec<Vec<String>> {
    let mut sentences = vec![vec![]];
    for line in text.lines() {
        // An item of a list is a sentence of its own.
        if line.trim_start().starts_with("- ") {
            sentences.push(vec![]);
        }
        for word in line.split_whitespace() {
            let bare = word.trim_matches(|c: char| !c.is_alphanumeric());
            if !bare.is_empty()
                && let Some(sentence) = sentences.last_mut()
            {
                sentence.push(bare.to_owned());
            }
            if word.trim_end_matches(['"', ')', '”']).ends_with(['.', '!', '?', ':']) {
                sentences.push(vec![]);
            }
        }
        if line.trim().is_empty() {
            sentences.push(vec![]);
        }
    }
    sentences.retain(|sentence| !sentence.is_empty());
    sentences
}

/// In tenths: 0.39 words a sentence + 11.8 syllables a word − 15.59.
fn grade(sentences: &[Vec<String>]) -> i64 {
    let words: usize = sentences.iter().map(Vec::len).sum();
    let syllables: usize = sentences.iter().flatten().map(|word| syllables(word)).sum();
    let count = |n: usize| i64::try_from(n).unwrap_or(i64::MAX / 20_000);
    let (words, syllables, sentences) = (count(words).max(1), count(syllables), count(sentences.len()).max(1));
    (390 * words / sentences + 11_800 * syllables / words - 15_590) / 100
}

/// Groups of vowels, without a silent e at the end. Names, addresses and numbers are one short word.
fn syllables(word: &str) -> usize {
    let short = |c: char| c.is_ascii_digit() || matches!(c, '@' | '/' | '.' | '_');
    if word.chars().any(short) || word.starts_with(char::is_uppercase) {
        return 1;
    }
    let mut groups = 0;
    let mut before = false;
    for c in word.chars() {
        let vowel = matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y');
        groups += usize::from(vowel && !before);
        before = vowel;
    }
    let silent = word.ends_with('e') && !word.ends_with("le") || word.ends_with("ed") && !word.ends_with("ted");
    (groups - usize::from(silent && groups > 1)).max(1)
}

/// What people read in a file: what steps say, and the questions.
pub(super) fn check_flow(
    document: &crate::policy::yaml::Document,
    paths: &[(String, &String)],
    findings: &mut Vec<Finding>,
) {
    for (path, source) in paths {
        if source.chars().count() <= texts::LONGEST {
            check(source, document.place(path), findings);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<&'static str> {
        let mut findings = Vec::new();
        check(text, Place::start_of("flows/a.yaml"), &mut findings);
        findings.into_iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn plain_words_pass_and_long_ones_do_not() {
        assert_eq!(codes("We have sent it to {{ account.address }}. Please read it. Then write to us."), [""; 0]);
        assert_eq!(codes(&"go ".repeat(26)), ["long-sentence"]);
        let hard = "Organisational administrators authenticate participating individuals individually. ".repeat(5);
        assert_eq!(codes(&hard.replace('O', "o")), ["hard-to-read"]);
    }
}
