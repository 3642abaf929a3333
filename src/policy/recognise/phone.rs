//! Telephone numbers of the United Kingdom: the one canonical form of a mobile, and where numbers stand in a text.

/// Why something is no mobile number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoMobile {
    /// It begins like a landline or a service number.
    Landline,
    /// It would be this number if letters were digits, or with the nought in front. Nobody wrote so.
    Meant(String),
    /// It does not have the digits of a mobile.
    Unlike,
}

/// A UK mobile number as `+447…`.
pub(super) fn mobile(written: &str) -> Result<String, NoMobile> {
    let written = written.trim();
    match national(written) {
        Some(number) if is_mobile(&number) => Ok(format!("+44{number}")),
        Some(number) if is_landline(&number) => Err(NoMobile::Landline),
        Some(_) | None => Err(meant(written).map_or(NoMobile::Unlike, NoMobile::Meant)),
    }
}

/// A telephone number as `+…`: of the United Kingdom as people write it, of elsewhere with its country's code.
pub(super) fn number(written: &str) -> Option<String> {
    let written = written.trim();
    if let Some(number) = national(written) {
        let known = is_landline(&number) || (number.len() == 10 && number.starts_with(['5', '7', '9']));
        return known.then(|| format!("+44{number}"));
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let abroad = match written.starts_with('+') {
        true => digits,
        false => digits.strip_prefix("00")?.to_owned(),
    };
    let plain = written.chars().all(|c| c.is_ascii_digit() || is_filler(c));
    (plain && (8..=15).contains(&abroad.len()) && !abroad.starts_with(['0', '4'])).then(|| format!("+{abroad}"))
}

/// The digits behind `0` or `+44`, if there is nothing but digits and the marks between them.
fn national(written: &str) -> Option<String> {
    const LONGEST: usize = 64;
    if written.len() > LONGEST || written.chars().any(|c| !c.is_ascii_digit() && !is_filler(c)) {
        return None;
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let international = ["00440", "440", "0044", "44"].into_iter().find_map(|code| digits.strip_prefix(code));
    let abroad = (digits.starts_with("00") || written.starts_with('+')) && international.is_none();
    let number = international.or_else(|| digits.strip_prefix('0'))?;
    (!abroad).then(|| number.to_owned())
}

/// 070 are personal numbers and 076 pagers, save for the Isle of Man.
fn is_mobile(national: &str) -> bool {
    let begins = |start: &str| national.starts_with(start);
    national.len() == 10 && begins("7") && !begins("70") && (!begins("76") || begins("7624"))
}

fn is_landline(national: &str) -> bool {
    matches!(national.len(), 9 | 10) && national.starts_with(['1', '2', '3', '8'])
}

/// The mobile that somebody may have meant who wrote O for 0 or l for 1, or whose spreadsheet ate the nought.
fn meant(written: &str) -> Option<String> {
    let digits: String = written.chars().map(as_digit).collect();
    let number = match national(&digits) {
        Some(number) => number,
        None if digits.chars().all(|c| c.is_ascii_digit() || is_filler(c)) => {
            digits.chars().filter(char::is_ascii_digit).collect()
        }
        None => return None,
    };
    let (area, rest) = number.split_at_checked(4)?;
    is_mobile(&number).then(|| format!("0{area} {rest}"))
}

fn as_digit(c: char) -> char {
    match c {
        'O' | 'o' => '0',
        'I' | 'l' => '1',
        other => other,
    }
}

fn is_filler(c: char) -> bool {
    c.is_whitespace() || "+().-/\u{2212}".contains(c) || matches!(c, '\u{2010}'..='\u{2015}')
}

/// Whether a text is a telephone number and nothing else.
pub(super) fn is_phone(written: &str) -> bool {
    let digits = written.chars().filter(char::is_ascii_digit).count();
    (9..=15).contains(&digits)
        && written.starts_with(['0', '+', '(', '4'])
        && written.chars().all(|c| c.is_ascii_digit() || is_filler(c))
}

/// Stretches of a text that look like telephone numbers: nine digits or more, with the marks that people put between.
pub(super) fn phones(text: &str) -> Vec<&str> {
    const LONGEST: usize = 32;
    let mut found = vec![];
    let mut word = 0;
    let mut before = ' ';
    let mut next = 0;
    for (at, c) in text.char_indices() {
        let begins = at >= next && "+047Oo".contains(c) && may_begin(text.get(word..at).unwrap_or_default(), before);
        // Two numbers may be parted by a slash alone.
        let behind_another = before == '/' && next > 0 && at == next + 1;
        let starts = begins && (before != '/' || behind_another);
        before = c;
        if !c.is_alphabetic() {
            word = at + c.len_utf8();
        }
        let Some(rest) = text.get(at..).filter(|_| starts) else { continue };
        // Only so much is looked at, so that a long row of plus signs costs no more than any other text.
        let near = rest.char_indices().nth(LONGEST).map_or(rest, |(end, _)| rest.get(..end).unwrap_or(rest));
        let number = number_in(near);
        let digits = number.chars().filter(|c| as_digit(*c).is_ascii_digit()).count();
        let fits = if c == '7' { digits == 10 } else { (9..=15).contains(&digits) };
        if fits && number.bytes().filter(u8::is_ascii_digit).count() >= 5 {
            found.push(number);
            next = at + number.len();
        }
    }
    found
}

/// Whether a number may begin behind a character; `Mob07700…` is one too.
fn may_begin(word: &str, before: char) -> bool {
    const LABELS: [&str; 5] = ["mobile", "mob", "tel", "phone", "number"];
    let label = || LABELS.iter().any(|label| word.eq_ignore_ascii_case(label));
    if before.is_alphabetic() { label() } else { !before.is_alphanumeric() && !"+-@_".contains(before) }
}

/// The number that a text begins with.
fn number_in(near: &str) -> &str {
    let end = near.find(|c: char| !(as_digit(c).is_ascii_digit() || is_filler(c)) || c == '\n').unwrap_or(near.len());
    // A slash with a space before it parts two numbers.
    let end = near.find(" /").map_or(end, |slash| end.min(slash));
    let mut run = near.get(..end).unwrap_or_default();
    if near.get(end..).is_some_and(|behind| behind.starts_with(char::is_alphanumeric)) {
        run = run.trim_end_matches(|c: char| as_digit(c).is_ascii_digit());
    }
    let run = run.trim_end_matches(|c: char| !as_digit(c).is_ascii_digit());
    first_mobile(run).unwrap_or(run)
}

/// The shortest beginning that is a whole mobile number: two numbers may stand side by side.
fn first_mobile(run: &str) -> Option<&str> {
    let mut digits = 0;
    for (at, c) in run.char_indices().filter(|(_, c)| c.is_ascii_digit()) {
        digits += 1;
        let (number, rest) = run.split_at_checked(at + c.len_utf8())?;
        let ends = (11..=15).contains(&digits) && !rest.starts_with(|c: char| c.is_ascii_digit());
        if ends && national(number).is_some_and(|number| is_mobile(&number)) {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_any_kind() {
        for (written, number_is) in [
            ("01632 960123", Some("+441632960123")),
            ("+44 (0)1632 960123", Some("+441632960123")),
            ("07700 900123", Some("+447700900123")),
            ("0333 200 1133", Some("+443332001133")),
            ("+33 1 99 00 11 22", Some("+33199001122")),
            ("0033199001122", Some("+33199001122")),
            ("999", None),
            ("+44 12", None),
            ("ring me", None),
            ("01632 960123 x", None),
            ("", None),
        ] {
            assert_eq!(number(written).as_deref(), number_is, "{written}");
        }
    }

    #[test]
    fn mobiles() {
        for written in [
            "07700 900123",
            "+44 7700 900123",
            "0044 7700-900-123",
            "+44 (0)7700.900123",
            "(07700) 900 123",
            "447700900123",
        ] {
            assert_eq!(mobile(written).as_deref(), Ok("+447700900123"), "{written}");
        }
        for (written, fault) in [
            ("01632 960123", NoMobile::Landline),
            ("+44 1632 960123", NoMobile::Landline),
            ("07700 90012", NoMobile::Unlike),
            ("07012 345678", NoMobile::Unlike),
            ("0770o 900123", NoMobile::Meant("07700 900123".into())),
            ("7700900123", NoMobile::Meant("07700 900123".into())),
            ("+33 7700 900123", NoMobile::Unlike),
            ("", NoMobile::Unlike),
        ] {
            assert_eq!(mobile(written), Err(fault), "{written}");
        }
        assert_eq!(
            phones("ring 07700 900123 07700 900456, not 01632 960123."),
            ["07700 900123", "07700 900456", "01632 960123"]
        );
        assert_eq!(phones("id 1-07700900123, x07700900123, 07700900123a, 123"), Vec::<&str>::new());
    }
}
