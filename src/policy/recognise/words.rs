//! Words of a text: how they are compared, and which lines of a mail say nothing but hello and thanks.

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

/// What is left of a mail's lines without greetings, thanks and the name below them. Such lines become empty, so that
/// the others keep their places.
pub(super) fn without_courtesies(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().map(str::trim).collect();
    let last = |lines: &[&str]| lines.iter().rposition(|line| !line.is_empty());
    if let Some(closing) = lines.iter().rposition(|line| is_closing(line)) {
        let below = lines.iter().skip(closing + 1).filter(|line| !line.is_empty());
        let said_before = lines.iter().take(closing).any(|line| !line.is_empty() && !is_courtesy(line));
        let is_name = said_before && below.clone().count() <= 2 && below.clone().all(|line| is_short(line));
        if is_name && last(&lines) > Some(closing) {
            lines.truncate(closing);
        }
    }
    lines.into_iter().map(|line| if is_courtesy(line) { "" } else { line }).collect()
}

/// `Hi Amy,`, `Dear team`, `Thanks`, `Kind regards,`.
fn is_courtesy(line: &str) -> bool {
    const HELLO: [&str; 9] =
        ["hi", "hiya", "hello", "hey", "dear", "good morning", "good afternoon", "good evening", "morning"];
    is_closing(line) || (is_short(line) && begins_with_any(&plain(line), &HELLO))
}

/// Whether a line thanks or says goodbye, and nothing else.
pub(super) fn is_closing(line: &str) -> bool {
    const THANKS: [&str; 15] = [
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
    let plain = plain(line);
    THANKS.iter().any(|thanks| {
        plain
            .strip_prefix(thanks)
            .is_some_and(|rest| BEHIND.contains(&rest.trim()) && (rest.is_empty() || rest.starts_with(' ')))
    })
}

/// A few words without a number or an address in them.
fn is_short(line: &str) -> bool {
    line.len() <= 60
        && line.split_whitespace().count() <= 4
        && !line.contains(|c: char| c.is_numeric() || matches!(c, '@' | ':' | '?'))
}

fn begins_with_any(plain: &str, beginnings: &[&str]) -> bool {
    beginnings
        .iter()
        .any(|begin| plain.strip_prefix(begin).is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')))
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
