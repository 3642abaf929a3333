//! Codes of organisations, of the regulator and of our own letters: their canonical forms, and where they stand.

/// An ODS code in capitals: three to six letters and digits, at least one of them a digit, such as `V12345`. A space or
/// a dash may stand between one or two letters and the digits.
pub(super) fn ods(written: &str) -> Option<String> {
    let code = written.trim_matches(|c: char| !c.is_alphanumeric());
    let code = match code.split_once([' ', '-']) {
        Some((letters, digits)) => {
            let digits = digits.trim_start_matches([' ', '-']);
            let parted = (1..=2).contains(&letters.len())
                && letters.bytes().all(|byte| byte.is_ascii_alphabetic())
                && (3..=5).contains(&digits.len())
                && digits.bytes().all(|byte| byte.is_ascii_digit());
            parted.then(|| format!("{letters}{digits}"))?
        }
        None => code.to_owned(),
    };
    let fits = (3..=6).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && code.bytes().any(|byte| byte.is_ascii_digit());
    fits.then(|| code.to_ascii_uppercase())
}

/// Words that can hardly be anything but an ODS code: a letter first, five or six characters, two digits, no postcode.
/// Shorter ones are read only where the question was named, for `10am` and `NE1` look like them.
pub(super) fn odses(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "-@._+'".contains(c)))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| {
            (5..=6).contains(&word.len())
                && word.starts_with(|c: char| c.is_ascii_alphabetic())
                && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && word.bytes().filter(u8::is_ascii_digit).count() >= 2
                && super::postcode::postcode(word).is_none()
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

/// The id that somebody may have meant who wrote I or l for the one.
pub(super) fn cqc_meant(written: &str) -> Option<String> {
    let written = written.trim_matches(|c: char| !c.is_alphanumeric());
    let rest = written.strip_prefix(['I', 'l', 'i', 'L'])?;
    cqc(&format!("1{rest}"))
}

/// Stretches that look like a CQC id of either kind, with at least six digits: a dash, a one before it, digits behind
/// it, and perhaps spaces between.
pub(super) fn cqcs(text: &str) -> Vec<&str> {
    const SPACES: usize = 2;
    let mut found = vec![];
    for (at, dash) in text.char_indices().filter(|(_, c)| is_dash(*c)) {
        let (before, behind) = text.split_at(at);
        let behind = behind.get(dash.len_utf8()..).unwrap_or_default();
        let head = trim_few(before, SPACES);
        let Some(stem) = head.strip_suffix(['1', 'I', 'l']) else { continue };
        let con = trim_few(stem, 1);
        let con = con.get(con.len().saturating_sub(3)..).filter(|con| con.eq_ignore_ascii_case("con"));
        let start = match con {
            Some(con) => trim_few(stem, 1).len() - con.len(),
            None => stem.len(),
        };
        let gap = behind.len() - behind.trim_start_matches(' ').len();
        let digits = behind.bytes().skip(gap).take(16).take_while(u8::is_ascii_digit).count();
        let end = at + dash.len_utf8() + gap + digits;
        let rest = text.get(end..).unwrap_or_default();
        let mut next = rest.chars();
        let goes_on = match next.next() {
            Some(c) if is_dash(c) => next.next().is_some_and(|c| c.is_ascii_digit()),
            Some(c) => c.is_alphanumeric(),
            None => false,
        };
        let joined = text.get(..start).is_some_and(|text| text.ends_with(|c: char| c.is_alphanumeric() || is_dash(c)));
        if gap <= SPACES && (6..=14).contains(&digits) && !goes_on && !joined {
            found.extend(text.get(start..end));
        }
    }
    found
}

/// A text without the few spaces at its end.
fn trim_few(text: &str, most: usize) -> &str {
    (0..most).fold(text, |text, _| text.strip_suffix(' ').unwrap_or(text))
}

fn is_dash(c: char) -> bool {
    matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

/// Whether a text begins with an id whose one may look like the number of a question.
pub(super) fn begins_with_cqc(text: &str) -> bool {
    let text = text.trim_start_matches(|c: char| "([\"'“<".contains(c));
    let near = text.char_indices().nth(32).map_or(text, |(end, _)| text.get(..end).unwrap_or(text));
    cqcs(near).first().is_some_and(|id| near.starts_with(id))
}

fn cqc(written: &str) -> Option<String> {
    let id: String = written
        .trim_matches(|c: char| !c.is_alphanumeric())
        .chars()
        .filter(|c| !c.is_whitespace())
        .take(24)
        .map(|c| if is_dash(c) { '-' } else { c.to_ascii_uppercase() })
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
        && (code.bytes().any(|byte| byte.is_ascii_digit()) || is_like_ours(written));
    fits.then_some(code)
}

/// Whether letters alone are written as our codes are: two groups of four with a hyphen, or in capitals.
fn is_like_ours(written: &str) -> bool {
    let bare = written.trim_matches(|c: char| !c.is_alphanumeric());
    let groups: Vec<&str> =
        bare.split(['-', ' ', '\u{2010}', '\u{2011}', '\u{2013}']).filter(|group| !group.is_empty()).collect();
    let letters = groups.iter().all(|group| group.bytes().all(|byte| byte.is_ascii_alphabetic()));
    let shape = match groups.as_slice() {
        [one] => one.len() == 8,
        [one, two] => one.len() == 4 && two.len() == 4,
        _ => false,
    };
    let mixed_up = groups.concat().bytes().any(|byte| matches!(byte.to_ascii_uppercase(), b'I' | b'O'));
    let marked = bare.contains('-') || bare.bytes().all(|byte| !byte.is_ascii_lowercase());
    letters && shape && marked && !mixed_up
}

/// Stretches in a longer answer that can be a passcode: digits alone, four to ten of them.
pub(super) fn passcodes(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !(c.is_alphanumeric() || "-@._+/'".contains(c)))
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()))
        .filter(|word| (4..=10).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_digit()))
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
        assert_eq!(code("tale-aaab.").as_deref(), Some("TALEAAAB"), "one of ours may have no digit");
        assert_eq!(code("TALE AAAB").as_deref(), Some("TALEAAAB"));
        for words in ["I have none", "dont know", "same here", "cant-find", "not-here-yet"] {
            assert_eq!(code(words), None, "{words}");
        }
    }

    #[test]
    fn only_plain_cases_are_seen_in_a_text() {
        let text = "at 10am in NE14ST we (V12345) had vl1a2, 1-123456789 and amy12@home.example on 2026";
        assert_eq!(odses(text).collect::<Vec<_>>(), ["V12345", "vl1a2"]);
        assert_eq!(cqcs(text), ["1-123456789"]);
        assert_eq!(cqcs("con1 – 123456, 11-123456, 1-123456-7, x1-123456, 1 - 12345"), ["con1 – 123456"]);
    }
}
