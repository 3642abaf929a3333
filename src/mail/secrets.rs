//! Cuts passwords and one-time codes out of what people wrote, before anything keeps it.
//!
//! It reads words, not meaning: a word that names a secret, then a word that joins ("is", ":"), then what looks like
//! the secret itself. Numbers and codes that the desk asks for are left alone.

use crate::mail::shape::{NOT_SECRET, is_code, is_odd_word, is_public, looks_made_up};
use crate::mail::tables::is_text;
use crate::mail::{Attachment, decode};

/// What stands where a secret stood.
pub const REMOVED: &str = "[removed]";

/// A text is read in blocks of about this many bytes: the words of a large one would fill the memory.
const BLOCK: usize = 64 * 1024;

/// The text without what looks like a password or a code, and whether there was any.
pub fn cut(text: &str) -> (String, bool) {
    let (mut out, mut removed) = (String::with_capacity(text.len()), false);
    let mut rest = text;
    while !rest.is_empty() {
        let (block, behind) = rest.split_at(block_end(rest));
        let (kept, found) = cut_block(block);
        out.push_str(&kept);
        removed |= found;
        rest = behind;
    }
    (out, removed)
}

/// As [`cut`], of a file. Attached text is a person's words as well; other files stay as they came.
pub fn cut_attachment(mut attachment: Attachment) -> (Attachment, bool) {
    if !is_text(&attachment) {
        return (attachment, false);
    }
    let (text, removed) = cut(&decode::text(&attachment.bytes, None));
    if removed {
        attachment.bytes = text.into_bytes();
    }
    (attachment, removed)
}

/// Where a block ends: behind an empty line, else behind a line, so that a secret and its name stay together.
fn block_end(text: &str) -> usize {
    if text.len() <= BLOCK {
        return text.len();
    }
    let most = (0..=BLOCK).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(text.len());
    let head = &text[..most];
    let end = head.rfind("\n\n").map(|at| at + 2).or_else(|| head.rfind('\n').map(|at| at + 1));
    end.or_else(|| head.rfind(' ').map(|at| at + 1)).unwrap_or(most)
}

fn cut_block(text: &str) -> (String, bool) {
    let words = words_of(text);
    let mut secrets: Vec<(usize, usize)> = Vec::new();
    for at in 0..words.len() {
        let Some((kind, length)) = named(&words, at) else { continue };
        let before = secrets.len();
        after(&words, at, length, kind, &mut secrets);
        if secrets.len() == before {
            ahead(&words, at, kind, &mut secrets);
        }
    }
    if secrets.is_empty() {
        return (text.to_owned(), false);
    }
    secrets.sort_unstable();
    let (mut out, mut from) = (String::with_capacity(text.len()), 0);
    for (start, end) in secrets {
        if start < from {
            continue;
        }
        out.push_str(&text[from..start]);
        out.push_str(REMOVED);
        from = end;
    }
    out.push_str(&text[from..]);
    (out, true)
}

/// What a word says is secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Password,
    /// Digits, mostly.
    Code,
}

/// A word of the text, with where it stands.
struct Word<'a> {
    text: &'a str,
    start: usize,
    /// In lower case, without the marks around it.
    plain: String,
    /// Line ends between the word before and this one.
    breaks: usize,
}

impl Word<'_> {
    fn ends_with(&self, marks: &[char]) -> bool {
        self.text.trim_end_matches(['"', '\'', '*', '_', '”', '’', ')']).ends_with(marks)
    }

    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

fn words_of(text: &str) -> Vec<Word<'_>> {
    let mut words = Vec::new();
    let (mut breaks, mut start) = (0, None);
    let mut push = |start: usize, end: usize, breaks: &mut usize| {
        let word = &text[start..end];
        words.push(Word { text: word, start, plain: plain(word), breaks: std::mem::take(breaks) });
    };
    for (at, c) in text.char_indices() {
        if c.is_whitespace() {
            if let Some(start) = start.take() {
                push(start, at, &mut breaks);
            }
            breaks += usize::from(c == '\n');
        } else if start.is_none() {
            start = Some(at);
        }
    }
    if let Some(start) = start {
        push(start, text.len(), &mut breaks);
    }
    words
}

/// The longest word that is looked at: longer ones name nothing.
const LONGEST: usize = 80;

fn plain(word: &str) -> String {
    if word.len() > LONGEST {
        return String::new();
    }
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase().replace('’', "'")
}

/// Whether a word (with the ones after it) names a secret, and how many words that are.
fn named(words: &[Word<'_>], at: usize) -> Option<(Kind, usize)> {
    let word = &words[at];
    // `password:Hunter22!` and `pw=…` are one word.
    let head = word.plain.split([':', '=']).next().unwrap_or_default();
    let before = |back: usize| at.checked_sub(back).map_or("", |at| words[at].plain.as_str());
    let joined = |more: &str| {
        word.plain == head && words.get(at + 1).is_some_and(|next| next.plain.split([':', '=']).next() == Some(more))
    };
    match head {
        "password" | "passwords" | "passwd" | "passcode" | "passcodes" | "passphrase" | "passkey" | "pword" | "psw"
        | "pwd" | "pw" | "p/w" | "p'word" => Some((Kind::Password, 1)),
        "pass" if joined("word") || joined("code") || joined("phrase") => Some((Kind::Password, 2)),
        "pass" if joins_by_mark(words, at) => Some((Kind::Password, 1)),
        "pin" if joined("number") || joined("code") => Some((Kind::Code, 2)),
        "pin" | "otp" | "otpcode" | "2fa" => Some((Kind::Code, 1)),
        "code" if !OTHER_CODES.contains(&before(1)) && !before(1).ends_with("'s") => Some((Kind::Code, 1)),
        "codes" if ["backup", "recovery", "one-time"].contains(&before(1)) => Some((Kind::Code, 1)),
        _ => None,
    }
}

/// Codes that are no secrets.
const OTHER_CODES: [&str; 37] = [
    "ods",
    "post",
    "area",
    "country",
    "dial",
    "dialling",
    "sort",
    "zip",
    "org",
    "organisation",
    "organisational",
    "organization",
    "site",
    "error",
    "cqc",
    "location",
    "practice",
    "provider",
    "care",
    "home",
    "home's",
    "bar",
    "dress",
    "reference",
    "ref",
    "postal",
    "status",
    "our",
    "exit",
    "qr",
    "product",
    "tax",
    "job",
    "cost",
    "department",
    "unit",
    "ods/site",
];

fn joins_by_mark(words: &[Word<'_>], at: usize) -> bool {
    let word = &words[at];
    word.text.contains([':', '='])
        || words.get(at + 1).is_some_and(|next| next.breaks == 0 && (next.text == ":" || next.text == "="))
}

/// Looks behind the name of a secret: `password: …`, `password for jo@… is …`, `password …`.
fn after(words: &[Word<'_>], at: usize, length: usize, kind: Kind, secrets: &mut Vec<(usize, usize)>) {
    let last = at + length - 1;
    if let Some(found) = glued(&words[last], kind) {
        secrets.push(found);
        return more(words, last + 1, secrets);
    }
    let Some(join) = find_join(words, last) else { return };
    let Some(candidate) = words.get(join.at) else { return };
    if let Some((end, next)) = quoted(words, join.at).filter(|_| join.strength != Strength::None) {
        secrets.push((candidate.start, end));
        return more(words, next, secrets);
    }
    if is_secret(words, join.at, kind, join.strength) {
        let (span, next) = span(words, join.at, kind);
        secrets.push(span);
        more(words, next, secrets);
    }
}

fn glued(word: &Word<'_>, kind: Kind) -> Option<(usize, usize)> {
    let at = word.text.find([':', '='])?;
    let value = &word.text[at + 1..];
    let lead = value.len() - value.trim_start_matches(['"', '\'', '(', '*', ':', '=', '>']).len();
    let core = core(&value[lead..]);
    let fits = match kind {
        Kind::Password => core.len() >= 3 && !is_public(core) && !NOT_SECRET.contains(&core.to_lowercase().as_str()),
        Kind::Code => is_code(core),
    };
    let start = word.start + at + 1 + lead;
    fits.then(|| (start, start + core.len()))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd)]
enum Strength {
    /// Side by side: only what can be nothing else.
    None,
    /// `is`, `was`, `to`.
    Verb,
    /// `:` and `=`.
    Mark,
}

struct Join {
    at: usize,
    strength: Strength,
}

/// Words that may stand between the name of a secret and the word that joins.
const BETWEEN: [&str; 34] = [
    "for", "to", "on", "of", "my", "the", "our", "your", "her", "his", "their", "this", "that", "account", "email",
    "e-mail", "mailbox", "login", "log-in", "nhsmail", "nhs", "mail", "user", "i", "you", "got", "have", "had", "use",
    "used", "sent", "received", "number", "shared",
];

/// Words after a verb that only lead on.
const LEADS: [&str; 18] = [
    "now",
    "currently",
    "still",
    "just",
    "simply",
    "set",
    "changed",
    "to",
    "as",
    "follows",
    "the",
    "following",
    "this",
    "called",
    "not",
    "be",
    "always",
    "currently:",
];

/// From the name of a secret to where the secret should stand.
fn find_join(words: &[Word<'_>], last: usize) -> Option<Join> {
    let mut at = last;
    for _ in 0..8 {
        let word = &words[at];
        if at > last && word.breaks > 0 {
            return None;
        }
        if word.ends_with(&[':', '=']) || ["->", "=>", ">", "–", "-"].contains(&word.text) && at > last {
            let strength = if word.ends_with(&[':', '=']) { Strength::Mark } else { Strength::None };
            return lead_on(words, at + 1, strength);
        }
        if at == last && word.ends_with(&['.', '!', '?', ';', ',']) {
            return None;
        }
        let next = words.get(at + 1)?;
        match next.plain.as_str() {
            "is" | "was" | "are" | "were" | "will" | "being" | "it's" | "=" => {
                return lead_on(words, at + 2, Strength::Verb);
            }
            "to" if at == last
                && words.get(at + 2).is_some_and(|word| {
                    looks_made_up(core_of(word)) && !is_public(core_of(word)) && !is_join(words.get(at + 3))
                }) =>
            {
                return Some(Join { at: at + 2, strength: Strength::None });
            }
            _ if next.text == ":" || next.text == "=" => return lead_on(words, at + 2, Strength::Mark),
            plain if BETWEEN.contains(&plain) || next.text.contains('@') => at += 1,
            _ if ["->", "=>", ">", "–", "-"].contains(&next.text) => at += 1,
            // Nothing joins: only the very next word can be meant.
            _ if at == last && next.breaks == 0 => return Some(Join { at: at + 1, strength: Strength::None }),
            _ => return None,
        }
    }
    None
}

fn is_join(word: Option<&Word<'_>>) -> bool {
    word.is_some_and(|word| ["is", "was", ":", "="].contains(&word.plain.as_str()) || [":", "="].contains(&word.text))
}

fn lead_on(words: &[Word<'_>], mut at: usize, strength: Strength) -> Option<Join> {
    for _ in 0..4 {
        let word = words.get(at)?;
        let opens = word.text.starts_with(['"', '\'', '“', '‘']);
        let bare_mark = [":", "=", "-", "–", "->"].contains(&word.text);
        if bare_mark || (!opens && strength == Strength::Verb && LEADS.contains(&word.plain.as_str())) {
            at += 1;
        } else {
            break;
        }
    }
    let word = words.get(at)?;
    (word.breaks <= 2).then_some(Join { at, strength })
}

/// Units after a number that make it a length or an age.
const UNITS: [&str; 14] = [
    "days",
    "day",
    "characters",
    "character",
    "letters",
    "digits",
    "digit",
    "months",
    "month",
    "weeks",
    "years",
    "hours",
    "minutes",
    "times",
];

/// Whether the word at `at` is the secret, by how firmly it is joined to the name.
fn is_secret(words: &[Word<'_>], at: usize, kind: Kind, strength: Strength) -> bool {
    let word = &words[at];
    let core = core_of(word);
    if is_public(core)
        || phone_length(words, at).is_some()
        || core.chars().all(|c| c == '*' || c == '.')
        || word.text == REMOVED
    {
        return false;
    }
    let next = words.get(at + 1).filter(|next| next.breaks == 0);
    if next.is_some_and(|next| UNITS.contains(&next.plain.as_str())) {
        return false;
    }
    if kind == Kind::Code {
        let digits = spaced_code(words, at).unwrap_or(core).bytes().filter(u8::is_ascii_digit).count();
        return match strength {
            Strength::None => digits >= 6 && is_code(core) && core.len() <= 8,
            Strength::Verb | Strength::Mark => is_code(core) || spaced_code(words, at).is_some(),
        };
    }
    let made_up = looks_made_up(core)
        || (strength > Strength::None && core.len() >= 4 && core.bytes().all(|byte| byte.is_ascii_digit()));
    match strength {
        Strength::None => made_up && core.len() >= 6,
        _ if made_up => true,
        // A word as a password ends its sentence, as "sunshine" does in "my password is sunshine."
        Strength::Verb => ends_sentence(words, at) && is_odd_word(core),
        Strength::Mark => {
            is_odd_word(core) && (next.is_none() || core.len() != word.text.len() && word.ends_with(&['.', ',', ';']))
        }
    }
}

fn ends_sentence(words: &[Word<'_>], at: usize) -> bool {
    let next = words.get(at + 1);
    words[at].ends_with(&['.', '!', ',', ';', '?'])
        || next.is_none_or(|next| next.breaks > 0 || ["and", "but", "or", "please"].contains(&next.plain.as_str()))
}

/// `123 456`: the first half, when both are.
fn spaced_code<'a>(words: &[Word<'a>], at: usize) -> Option<&'a str> {
    let three =
        |word: &Word<'_>| (3..=4).contains(&word.plain.len()) && word.plain.bytes().all(|byte| byte.is_ascii_digit());
    let next = words.get(at + 1).filter(|next| next.breaks == 0)?;
    let third = words.get(at + 2).is_some_and(|word| {
        word.breaks == 0 && word.plain.bytes().all(|byte| byte.is_ascii_digit()) && !word.plain.is_empty()
    });
    (three(&words[at]) && three(next) && words[at].plain == words[at].text && !third).then(|| words[at].text)
}

/// `07700 900 123`: how many words it takes.
fn phone_length(words: &[Word<'_>], at: usize) -> Option<usize> {
    let first = words[at].plain.as_str();
    if !(first.starts_with('0') || first.starts_with("44") || words[at].text.starts_with("+44")) {
        return None;
    }
    let mut digits = String::new();
    for (count, word) in words[at..].iter().take(6).enumerate() {
        if (count > 0 && word.breaks > 0)
            || !word.plain.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'(' | b')' | b'-'))
        {
            break;
        }
        digits.extend(word.plain.chars().filter(char::is_ascii_digit));
        if (10..=13).contains(&digits.len()) {
            return Some(count + 1);
        }
    }
    None
}

/// A word without the marks around it that belong to the sentence.
fn core(text: &str) -> &str {
    let text = text.trim_start_matches(['"', '\'', '(', '[', '*', '“', '‘', '<', ':', '=']);
    let trimmed = text.trim_end_matches(['.', ',', ';', ':', ')', ']', '"', '\'', '”', '’', '>']);
    if trimmed.len() > LONGEST { "" } else { trimmed }
}

fn core_of<'a>(word: &Word<'a>) -> &'a str {
    core(word.text)
}

/// A secret in quotation marks: where it ends, and the word after it.
fn quoted(words: &[Word<'_>], at: usize) -> Option<(usize, usize)> {
    let close = match words[at].text.chars().next()? {
        '"' => '"',
        '“' => '”',
        '\'' => '\'',
        '‘' => '’',
        _ => return None,
    };
    for (number, word) in words.iter().enumerate().skip(at).take(5) {
        if number > at && word.breaks > 0 {
            return None;
        }
        let text = word.text.trim_end_matches(['.', ',', ';', '!', '?', ')']);
        if text.ends_with(close) && (number > at || text.chars().count() > 1) {
            let inner = core_of(&words[at]);
            let harmless = number == at && (is_public(inner) || !is_odd_word(inner) && !looks_made_up(inner));
            return (!harmless).then(|| (word.start + text.len(), number + 1));
        }
    }
    None
}

/// Where the secret that begins at `at` lies, and the word after it.
fn span(words: &[Word<'_>], at: usize, kind: Kind) -> ((usize, usize), usize) {
    let word = &words[at];
    if kind == Kind::Code && spaced_code(words, at).is_some() {
        let next = &words[at + 1];
        return ((word.start, next.start + core_of(next).len()), at + 2);
    }
    let text = core_of(word);
    let start = word.start + (text.as_ptr().addr() - word.text.as_ptr().addr());
    ((start, start + text.len()), at + 1)
}

/// Further secrets soon after one: "… and before that it was …".
fn more(words: &[Word<'_>], from: usize, secrets: &mut Vec<(usize, usize)>) {
    for at in from..words.len().min(from + 8) {
        if words[at].breaks > 0 {
            return;
        }
        let core = core_of(&words[at]);
        if core.len() >= 6 && looks_made_up(core) && !is_public(core) && core.chars().any(|c| c.is_ascii_digit()) {
            secrets.push(span(words, at, Kind::Password).0);
        }
    }
}

/// Looks before the name of a secret: "Hunter22! is my password", "123456 is the code", "I used Hunter22! as my password".
fn ahead(words: &[Word<'_>], at: usize, kind: Kind, secrets: &mut Vec<(usize, usize)>) {
    const FILL: [&str; 14] = [
        "my",
        "the",
        "our",
        "your",
        "a",
        "new",
        "old",
        "temporary",
        "current",
        "login",
        "one-time",
        "verification",
        "security",
        "correct",
    ];
    let mut back = at;
    while back > 0 && at - back < 4 && words[back].breaks == 0 && FILL.contains(&words[back - 1].plain.as_str()) {
        back -= 1;
    }
    if back == at || back < 2 || !["is", "was", "as", "="].contains(&words[back - 1].plain.as_str()) {
        return;
    }
    let candidate = back - 2;
    let core = core_of(&words[candidate]);
    let fits = match kind {
        Kind::Password => core.len() >= 6 && looks_made_up(core) && !is_public(core),
        Kind::Code => is_code(core) && core.len() >= 4 && core.bytes().all(|byte| byte.is_ascii_digit()),
    };
    if fits && words[candidate].end() <= words[back - 1].start {
        secrets.push(span(words, candidate, kind).0);
    }
}
