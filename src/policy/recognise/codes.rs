//! Codes of organisations, of the regulator and of our own letters: their canonical forms, and where they stand.

/// An ODS code in capitals: three to six letters and digits, at least one of them a digit, such as `V12345`.
pub(super) fn ods(written: &str) -> Option<String> {
    let code = written.trim_matches(|c: char| !c.is_alphanumeric());
    let fits = (3..=6).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && code.bytes().any(|byte| byte.is_ascii_digit());
    fits.then(|| code.to_ascii_uppercase())
}

/// Words that can hardly be anything but an ODS code: a letter first, five or six characters, two digits, no postcode.
/// Shorter ones are read only where the question was named, for `10am` and `NE1` look like them.
pub(super) fn odses(text: &str) -> impl Iterator<Item = &str> {
    separate(text).filter(|word| {
        (5..=6).contains(&word.len())
            && word.starts_with(|c: char| c.is_ascii_alphabetic())
            && word.bytes().filter(u8::is_ascii_digit).count() >= 2
            && ods(word).is_some()
            && super::address::postcode(word).is_none()
    })
}

/// A CQC location id: `1-` and digits.
pub(super) fn cqc_location(written: &str) -> Option<String> {
    cqc(written).filter(|id| id.starts_with("1-"))
}

/// A CQC contact id: `1-` or `CON1-` and digits.
pub(super) fn cqc_contact(written: &str) -> Option<String> {
    cqc(written)
}

/// Words that look like a CQC id of either kind.
pub(super) fn cqcs(text: &str) -> impl Iterator<Item = &str> {
    separate(text).filter(|word| cqc(word).is_some())
}

fn cqc(written: &str) -> Option<String> {
    let id: String = written
        .trim_matches(|c: char| !c.is_alphanumeric())
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(24)
        .map(|c| if matches!(c, '\u{2010}'..='\u{2015}' | '\u{2212}') { '-' } else { c.to_ascii_uppercase() })
        .collect();
    let (kind, digits) = id.split_once('-')?;
    let fits = (4..=14).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    (fits && matches!(kind, "1" | "CON1")).then_some(id)
}

/// A one-time passcode: four to ten letters and digits, at least one of them a digit, in capitals without spaces.
pub(super) fn code(written: &str) -> Option<String> {
    let code: String = written
        .trim_matches(|c: char| !c.is_alphanumeric())
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .take(11)
        .collect::<String>()
        .to_ascii_uppercase();
    let fits = (4..=10).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && code.bytes().any(|byte| byte.is_ascii_digit());
    fits.then_some(code)
}

/// Words that stand by themselves, without the marks around them.
fn separate(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "()[]<>\",;".contains(c))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_one_form() {
        assert_eq!(ods(" v12345. ").as_deref(), Some("V12345"));
        assert_eq!(ods("ABCDE"), None);
        assert_eq!(cqc_location("1-123456789").as_deref(), Some("1-123456789"));
        assert_eq!(cqc_location("1 – 123456789").as_deref(), Some("1-123456789"));
        assert_eq!(cqc_location("CON1-123456789"), None);
        assert_eq!(cqc_contact("con1-123456789").as_deref(), Some("CON1-123456789"));
        assert_eq!(cqc_contact("2-123456789"), None);
        assert_eq!(code("123 456").as_deref(), Some("123456"));
        assert_eq!(code("hello"), None);
    }

    #[test]
    fn only_plain_cases_are_seen_in_a_text() {
        let text = "at 10am in NE14ST we (V12345) had vl1a2, 1-123456789 and amy12@home.example on 2026";
        assert_eq!(odses(text).collect::<Vec<_>>(), ["V12345", "vl1a2"]);
        assert_eq!(cqcs(text).collect::<Vec<_>>(), ["1-123456789"]);
    }
}
