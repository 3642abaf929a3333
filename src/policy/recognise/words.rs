//! Words of a text: how they are compared, and which lines say nothing but hello and thanks.

/// A word of a text, made comparable, with where it ends in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// In lower case, without apostrophes; `e-mail` is `email`.
    pub plain: String,
    /// Where it ends, in bytes.
    pub end: usize,
}

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<Word> {
    let mut words: Vec<Word> = vec![];
    let mut plain = String::new();
    let joined = text.char_indices().chain([(text.len(), ' ')]);
    for (at, c) in joined {
        if c.is_alphanumeric() {
            plain.extend(c.to_lowercase());
        } else if !matches!(c, '\'' | '’') && !plain.is_empty() {
            push(&mut words, std::mem::take(&mut plain), at);
        }
    }
    words
}

fn push(words: &mut Vec<Word>, plain: String, end: usize) {
    match words.last_mut() {
        // People write e-mail, email and e mail.
        Some(last) if last.plain == "e" && matches!(plain.as_str(), "mail" | "mails") => {
            *last = Word { plain: format!("e{plain}"), end };
        }
        _ => words.push(Word { plain, end }),
    }
}

/// The words alone, joined by spaces: for comparing short answers.
pub(super) fn plain(text: &str) -> String {
    let words: Vec<String> = words(text).into_iter().map(|word| word.plain).collect();
    words.join(" ")
}

/// The words that tell one question from another, without plural endings.
pub(super) fn telling(text: &str) -> Vec<String> {
    words(text).into_iter().map(|word| singular(word.plain)).filter(|word| !SMALL.contains(&word.as_str())).collect()
}

fn singular(word: String) -> String {
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 3 && !stem.ends_with('s') && !word.ends_with("address") => stem.to_owned(),
        _ => word,
    }
}

const SMALL: [&str; 34] = [
    "a", "an", "and", "answer", "are", "at", "be", "can", "could", "did", "do", "does", "for", "have", "here", "i",
    "in", "is", "it", "my", "of", "on", "our", "please", "question", "the", "this", "to", "u", "what", "which", "who",
    "you", "your",
];

/// `Hi Amy,`, `Dear team`, `Thanks`, `Kind regards,`.
pub(super) fn is_courtesy(line: &str) -> bool {
    if line.is_empty() {
        return false;
    }
    const HELLO: [&str; 9] =
        ["hi", "hiya", "hello", "hey", "dear", "good morning", "good afternoon", "good evening", "morning"];
    const SAYS_WHO: [&str; 5] = [" im ", " i am ", " its ", " this is ", " my name "];
    let plain = plain(line);
    let says_who = SAYS_WHO.iter().any(|who| plain.contains(who));
    is_closing(line) || (is_short(line) && begins_with_any(&plain, &HELLO) && !says_who)
}

/// Whether a line thanks or says goodbye, and nothing else.
pub(super) fn is_closing(line: &str) -> bool {
    const THANKS: [&str; 20] = [
        "thanks",
        "thank you",
        "thankyou",
        "many thanks",
        "with thanks",
        "kind regards",
        "best regards",
        "regards",
        "warm regards",
        "best wishes",
        "cheers",
        "yours sincerely",
        "yours faithfully",
        "ta",
        "sent from my",
        "best",
        "all the best",
        "kind rgds",
        "rgds",
        "br",
    ];
    const BEHIND: [&str; 14] = [
        "",
        "you",
        "again",
        "very much",
        "so much",
        "in advance",
        "all",
        "team",
        "for your help",
        "for your email",
        "for getting back to me",
        "and regards",
        "and kind regards",
        "iphone",
    ];
    if line.is_empty() || line.len() > 120 {
        return false;
    }
    let plain = plain(line);
    THANKS.iter().any(|thanks| {
        plain
            .strip_prefix(thanks)
            .is_some_and(|rest| BEHIND.contains(&rest.trim()) && (rest.is_empty() || rest.starts_with(' ')))
    })
}

/// A few words without a number or an address in them.
pub(super) fn is_short(line: &str) -> bool {
    line.len() <= 60
        && line.split_whitespace().count() <= 4
        && !line.contains(|c: char| c.is_numeric() || matches!(c, '@' | ':' | '?'))
}

fn begins_with_any(plain: &str, beginnings: &[&str]) -> bool {
    beginnings
        .iter()
        .any(|begin| plain.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
}

/// A text without the control characters that no value holds.
pub(super) fn without_controls(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect()
}

/// At most this many characters of what somebody wrote, for quoting it in one line.
pub(super) fn quoted(written: &str) -> String {
    const MOST: usize = 120;
    let mut line = written.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = line.char_indices().nth(MOST) {
        line.truncate(at);
        line.push('…');
    }
    line
}
