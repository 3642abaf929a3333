//! How single words look: made up by a person or a machine as a secret, or public as an address, a code of an
//! organisation, a phone number or a date is.

/// Letters and digits in one word, or marks within it, or capitals within it: nobody's ordinary word.
pub fn looks_made_up(core: &str) -> bool {
    let letters = core.chars().any(char::is_alphabetic);
    let digits = core.chars().any(|c| c.is_ascii_digit());
    let within = core.trim_end_matches(['!', '?']);
    let marks = within.chars().any(|c| "!\"£$%^&*#@?+=~_<>{}[]|€".contains(c));
    let humps = core.chars().zip(core.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
    (4..=64).contains(&core.len()) && letters && (digits || marks || humps) && !is_ordinal(core)
}

/// Digits, or letters and digits, as one-time codes have them.
pub fn is_code(core: &str) -> bool {
    let compact: String = core.chars().filter(|c| *c != '-').collect();
    let digits = compact.bytes().filter(u8::is_ascii_digit).count();
    let all = compact.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let only_digits = digits == compact.len();
    all && !is_public(core)
        && ((only_digits && (4..=8).contains(&digits))
            || (!only_digits && digits >= 2 && (5..=10).contains(&compact.len())))
}

/// A plain word that says nothing about a password, so that it may be one.
pub fn is_odd_word(core: &str) -> bool {
    let lower = core.to_lowercase();
    let lower = lower.trim_end_matches(['!', '?']);
    let participle = lower.ends_with("ed")
        || lower.ends_with("ing")
        || lower.ends_with("able")
        || lower.ends_with("n't")
        || lower.ends_with("n’t")
        || lower.ends_with("ly");
    lower.len() >= 3 && !participle && !NOT_SECRET.contains(&lower)
}

/// Things that people must be able to write: addresses, links, numbers of sites, tickets and phones, dates, product names.
pub fn is_public(core: &str) -> bool {
    let lower = core.to_lowercase();
    let mail_address = lower.split_once('@').is_some_and(|(local, domain)| {
        let domain = domain.trim_end_matches('.');
        !local.is_empty()
            && domain.contains('.')
            && domain.split('.').all(|label| {
                !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            })
    });
    let products = [
        "office365",
        "o365",
        "microsoft365",
        "m365",
        "windows10",
        "windows11",
        "nhsmail2",
        "iphone",
        "ipad",
        "onedrive",
        "powerpoint",
        "365",
        "careadmin",
    ];
    let cqc = lower
        .strip_prefix("con")
        .unwrap_or(&lower)
        .strip_prefix("1-")
        .is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
    mail_address
        || lower.contains("://")
        || lower.starts_with("www.")
        || products.contains(&lower.as_str())
        || cqc
        || lower.starts_with("cd-")
        || is_ods(&lower)
        || is_phone(&lower)
        || is_date_or_time(&lower)
}

/// Words that say something about a password and are none.
pub const NOT_SECRET: [&str; 90] = [
    "wrong",
    "expired",
    "locked",
    "blocked",
    "invalid",
    "incorrect",
    "broken",
    "lost",
    "forgotten",
    "forgot",
    "unknown",
    "required",
    "needed",
    "missing",
    "correct",
    "right",
    "fine",
    "ok",
    "okay",
    "out",
    "due",
    "old",
    "new",
    "reset",
    "set",
    "gone",
    "stolen",
    "temporary",
    "weak",
    "short",
    "long",
    "too",
    "not",
    "in",
    "on",
    "at",
    "a",
    "an",
    "the",
    "my",
    "no",
    "yes",
    "none",
    "please",
    "help",
    "issue",
    "issues",
    "problem",
    "problems",
    "different",
    "same",
    "the same",
    "good",
    "bad",
    "safe",
    "secret",
    "private",
    "personal",
    "confidential",
    "mine",
    "hers",
    "his",
    "there",
    "here",
    "what",
    "it",
    "that",
    "this",
    "above",
    "below",
    "attached",
    "n/a",
    "na",
    "tbc",
    "unavailable",
    "available",
    "easy",
    "hard",
    "difficult",
    "empty",
    "blank",
    "useless",
    "annoying",
    "impossible",
    "urgent",
    "ready",
    "[removed",
    "removed",
    "later",
    "known",
];

/// `V12345`, `VL123`, `VLA01`: how codes of organisations look.
fn is_ods(lower: &str) -> bool {
    let letters = lower.bytes().take_while(u8::is_ascii_alphabetic).count();
    let rest = lower.get(letters..).unwrap_or_default();
    matches!((letters, rest.len()), (1, 4 | 5) | (2, 3) | (3, 2)) && rest.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_phone(lower: &str) -> bool {
    let digits = lower.bytes().filter(u8::is_ascii_digit).count();
    let only = lower.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'(' | b')' | b'-' | b'/'));
    only && (10..=15).contains(&digits) && lower.trim_start_matches(['(', '+']).starts_with(['0', '4'])
}

fn is_date_or_time(lower: &str) -> bool {
    let only = lower.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'/' | b':' | b'.' | b'-'));
    let digits = lower.bytes().filter(u8::is_ascii_digit).count();
    only && digits < lower.len() && lower.bytes().any(|byte| matches!(byte, b'/' | b':' | b'.')) && digits <= 8
}

fn is_ordinal(core: &str) -> bool {
    let letters = core.trim_start_matches(|c: char| c.is_ascii_digit());
    letters.len() < core.len()
        && ["st", "nd", "rd", "th", "am", "pm", "mb", "gb", "days", "hrs", "mins", "yrs"]
            .contains(&letters.to_lowercase().as_str())
}
