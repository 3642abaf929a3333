//! Yes and no in the forms that people use. What takes back what it says is neither.

use crate::policy::recognise::words::plain;

const YES: [&str; 26] = [
    "yes",
    "y",
    "ye",
    "yep",
    "yeah",
    "yea",
    "yess",
    "yup",
    "aye",
    "ok",
    "okay",
    "correct",
    "sure",
    "of course",
    "agreed",
    "i agree",
    "definitely",
    "absolutely",
    "certainly",
    "affirmative",
    "indeed",
    "thats right",
    "that is right",
    "thats correct",
    "that is correct",
    "it worked",
];
const NO: [&str; 10] =
    ["no", "n", "nope", "nah", "not", "never", "no longer", "not really", "negative", "no thank you"];
/// With these an answer is neither yes nor no.
const TAKES_BACK: [&str; 25] = [
    "but",
    "maybe",
    "unsure",
    "sure",
    "idea",
    "clue",
    "if",
    "unless",
    "think",
    "perhaps",
    "problem",
    "or",
    "probably",
    "believe",
    "hopefully",
    "might",
    "should",
    "guess",
    "suppose",
    "except",
    "know",
    "depends",
    "partly",
    "sometimes",
    "though",
];
/// Words that change nothing.
const EMPTY: [&str; 25] = [
    "sorry",
    "thanks",
    "thank",
    "you",
    "please",
    "im",
    "i",
    "am",
    "afraid",
    "unfortunately",
    "already",
    "yet",
    "at",
    "the",
    "all",
    "moment",
    "present",
    "just",
    "now",
    "currently",
    "still",
    "actually",
    "hi",
    "hello",
    "ta",
];
const WHO: [&str; 7] = ["i", "we", "it", "they", "he", "she", "that"];
const DOES: [&str; 12] = ["do", "does", "did", "have", "has", "had", "is", "are", "am", "was", "will", "can"];

/// `Yes`, `yep`, `We do`, `No, not yet`; neither for `I think so`.
pub(super) fn yes_no(written: &str) -> Option<bool> {
    const LONGEST: usize = 200;
    if written.len() > LONGEST || written.contains('?') {
        return None;
    }
    let plain = plain(written);
    if let Some(answer) = bare(&plain) {
        return Some(answer);
    }
    let mut words = plain.split(' ');
    let yes = match words.next()? {
        "yes" | "yep" | "yeah" | "yup" | "y" => true,
        "no" | "nope" | "nah" | "n" => false,
        _ => return None,
    };
    let opposite: &[&str] =
        if yes { &["no", "nope", "not", "never", "dont", "n"] } else { &["yes", "yep", "yeah", "y"] };
    let clear = !words.any(|word| TAKES_BACK.contains(&word) || opposite.contains(&word) || (yes && is_not(word)));
    clear.then_some(yes)
}

/// An answer that holds nothing but yes or no.
pub(super) fn is_bare(written: &str) -> bool {
    written.len() <= 40 && !written.contains('?') && bare(&plain(written)).is_some()
}

fn bare(plain: &str) -> Option<bool> {
    if YES.contains(&plain) {
        return Some(true);
    }
    if NO.contains(&plain) {
        return Some(false);
    }
    short_answer(plain).or_else(|| {
        let told: Vec<&str> = plain.split(' ').filter(|word| !EMPTY.contains(word)).collect();
        match told.as_slice() {
            [] => None,
            [yes] if YES.contains(yes) && *yes != "sure" => Some(true),
            [no] if NO.contains(no) => Some(false),
            several => YES.contains(&several.join(" ").as_str()).then_some(true),
        }
    })
}

/// `We do`, `it doesn't`, `I have not yet`, `we already do`.
fn short_answer(plain: &str) -> Option<bool> {
    let filler = ["already", "yet", "sorry", "thanks", "please", "indeed", "at", "the", "moment", "still", "just"];
    let words: Vec<&str> = plain.split(' ').filter(|word| !filler.contains(word)).collect();
    match words.as_slice() {
        [who, does] if WHO.contains(who) && DOES.contains(does) => Some(true),
        [who, does] if WHO.contains(who) && is_not(does) => Some(false),
        [who, does, "not"] if WHO.contains(who) && DOES.contains(does) => Some(false),
        _ => None,
    }
}

/// `dont`, `hasnt`, `isnt`.
fn is_not(word: &str) -> bool {
    matches!(word, "wont" | "cant" | "cannot") || word.strip_suffix("nt").is_some_and(|does| DOES.contains(&does))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_doubt_is_neither() {
        for written in ["", "sorry", "yes, no", "yes isn't it", "we do if we must", "not sure", "I think so", "no?"] {
            assert_eq!(yes_no(written), None, "{written}");
        }
        assert_eq!(yes_no("Yes we have, since 2019"), Some(true));
        assert_eq!(yes_no("We haven't, sorry"), Some(false));
        assert!(is_bare("not yet!") && !is_bare("yes, since 2019"));
    }
}
