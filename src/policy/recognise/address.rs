//! Mail addresses, mobile numbers and postcodes: their one canonical form, and where they stand in a text.

/// A mail address in its canonical form: the domain in lower case, and all of it for `@nhs.net`, where case says
/// nothing. Angle brackets, `mailto:` and a full stop behind it are dropped.
pub(super) fn mail(written: &str) -> Option<String> {
    let written = match (written.find('<'), written.rfind('>')) {
        (Some(from), Some(to)) => written.get(from + 1..to)?,
        _ => written,
    };
    let written = written.trim_matches(|c: char| c.is_whitespace() || "<>()[]\"',;:.*!?".contains(c));
    let written = match written.get(..7) {
        Some(scheme) if scheme.eq_ignore_ascii_case("mailto:") => written.get(7..)?,
        _ => written,
    };
    let (local, domain) = written.split_once('@')?;
    let domain = domain.to_ascii_lowercase();
    if !is_local(local) || !is_domain(&domain) || written.len() > 254 {
        return None;
    }
    let local = if domain == "nhs.net" { local.to_ascii_lowercase() } else { local.to_owned() };
    Some(format!("{local}@{domain}"))
}

fn is_local(local: &str) -> bool {
    (1..=64).contains(&local.len())
        && local.split('.').all(|part| {
            !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+/=?^_`{|}~-".contains(&b))
        })
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let top = domain.rsplit('.').next().unwrap_or_default();
    domain.contains('.')
        && domain.split('.').all(label)
        && top.len() >= 2
        && (top.starts_with("xn--") || top.bytes().all(|b| b.is_ascii_alphabetic()))
}

/// Whatever holds an `@`: addresses and failed ones.
pub(super) fn mails(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| c.is_whitespace() || "<>()[]\",;".contains(c))
        .filter(|part| part.contains('@') && part.len() > 1)
        .map(|part| part.trim_matches(|c: char| ".:!?*'’".contains(c)))
}

/// Why something is no mobile number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoMobile {
    /// It begins like a landline or a service number.
    Landline,
    /// It does not have the digits of a mobile.
    Unlike,
}

/// A UK mobile number as `+447…`.
pub(super) fn mobile(written: &str) -> Result<String, NoMobile> {
    let filler = |c: char| c.is_whitespace() || "+().-/–\u{a0}".contains(c);
    if written.chars().any(|c| !c.is_ascii_digit() && !filler(c)) {
        return Err(NoMobile::Unlike);
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let international = ["00440", "440", "0044", "44"].into_iter().find_map(|code| digits.strip_prefix(code));
    let national = international.or_else(|| digits.strip_prefix('0')).unwrap_or(&digits);
    let begins = |starts: &[&str]| starts.iter().any(|start| national.starts_with(start));
    match national.len() {
        // 070 are personal numbers and 076 pagers, save for the Isle of Man.
        10 if begins(&["7"]) && (!begins(&["70", "76"]) || begins(&["7624"])) && digits.len() > 10 => {
            Ok(format!("+44{national}"))
        }
        9 | 10 if begins(&["1", "2", "3", "8"]) && digits.len() > national.len() => Err(NoMobile::Landline),
        _ => Err(NoMobile::Unlike),
    }
}

/// Stretches of a text that look like telephone numbers: nine digits or more, with the marks that people put between.
pub(super) fn phones(text: &str) -> Vec<&str> {
    const LONGEST: usize = 32;
    let mut found = vec![];
    let mut before = ' ';
    let mut next = 0;
    for (at, c) in text.char_indices() {
        let starts =
            at >= next && (c == '+' || c == '0' || c == '4') && !before.is_alphanumeric() && !"+-@_/".contains(before);
        before = c;
        let Some(rest) = text.get(at..).filter(|_| starts) else { continue };
        // Only so much is looked at, so that a long row of plus signs costs no more than any other text.
        let near = rest.char_indices().nth(LONGEST).map_or(rest, |(end, _)| rest.get(..end).unwrap_or(rest));
        let run_end = near.find(|c: char| !(c.is_ascii_digit() || " +().-–\u{a0}\t".contains(c))).unwrap_or(near.len());
        let mut run = near.get(..run_end).unwrap_or_default();
        if near.get(run_end..).is_some_and(|behind| behind.starts_with(char::is_alphanumeric)) {
            run = run.trim_end_matches(|c: char| c.is_ascii_digit());
        }
        let run = run.trim_end_matches(|c: char| !c.is_ascii_digit());
        let number = first_mobile(run).unwrap_or(run);
        if number.bytes().filter(u8::is_ascii_digit).count() >= 9 {
            found.push(number);
            next = at + number.len();
        }
    }
    found
}

/// The shortest beginning that is a whole mobile number: two numbers may stand side by side.
fn first_mobile(run: &str) -> Option<&str> {
    run.char_indices()
        .map(|(at, c)| at + c.len_utf8())
        .filter(|end| !run.get(*end..).is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
        .filter_map(|end| run.get(..end))
        .find(|number| mobile(number).is_ok())
}

/// A UK postcode with its space.
pub(super) fn postcode(written: &str) -> Option<String> {
    let code: String = written.chars().filter(|c| !c.is_whitespace()).take(9).collect::<String>().to_ascii_uppercase();
    if !code.is_ascii() || !(5..=7).contains(&code.len()) {
        return None;
    }
    let (outward, inward) = code.split_at(code.len() - 3);
    (is_outward(outward) && is_inward(inward)).then(|| format!("{outward} {inward}"))
}

fn is_outward(code: &str) -> bool {
    let shape: String = code.bytes().map(shape_of).collect();
    let known = matches!(shape.as_str(), "a9" | "a99" | "a9a" | "aa9" | "aa99" | "aa9a");
    let bytes = code.as_bytes();
    let first = bytes.first().is_some_and(|b| !b"QVX".contains(b));
    let second = bytes.get(1).is_some_and(|b| !b"IJZ".contains(b));
    (known && first && second) || code == "GIR"
}

fn is_inward(code: &str) -> bool {
    let shape: String = code.bytes().map(shape_of).collect();
    shape == "9aa" && !code.bytes().any(|b| b"CIKMOV".contains(&b))
}

fn shape_of(byte: u8) -> char {
    match byte {
        b'0'..=b'9' => '9',
        b'A'..=b'Z' => 'a',
        _ => '?',
    }
}

/// The postcodes in a text: in one word, or in two with a space between.
pub(super) fn postcodes(text: &str) -> Vec<&str> {
    let mut found = vec![];
    let mut last: Option<(usize, usize)> = None;
    for (start, end) in spans(text) {
        let one = text.get(start..end).filter(|word| postcode(word).is_some());
        let two = last
            .filter(|(_, before)| text.get(*before..start).is_some_and(|gap| gap.chars().all(char::is_whitespace)))
            .and_then(|(from, before)| Some((text.get(from..before)?, text.get(from..end)?)))
            .filter(|(outward, both)| is_outward(&outward.to_ascii_uppercase()) && postcode(both).is_some())
            .map(|(_, both)| both);
        found.extend(one.or(two));
        last = Some((start, end));
    }
    found
}

/// Where the words stand: letters and digits without anything between, not part of an address or a longer code.
fn spans(text: &str) -> Vec<(usize, usize)> {
    let mut spans = vec![];
    let mut from = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        match (from, c.is_alphanumeric() || matches!(c, '@' | '_' | '-')) {
            (None, true) => from = Some(at),
            (Some(start), false) => {
                spans.push((start, at));
                from = None;
            }
            (None, false) | (Some(_), true) => {}
        }
    }
    spans
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (written, kept) in [
            ("amy@home.example", Some("amy@home.example")),
            ("<Amy.Field@NHS.net>.", Some("amy.field@nhs.net")),
            ("Amy Field <Amy@Home.Example>", Some("Amy@home.example")),
            ("mailto:o'neil+x@home.example", Some("o'neil+x@home.example")),
            ("amy@home", None),
            ("amy..field@home.example", None),
            ("amy@@home.example", None),
            ("amy field@home.example", None),
            ("amy@home.example, bob@home.example", None),
            ("amy@-home.example", None),
        ] {
            assert_eq!(mail(written).as_deref(), kept, "{written}");
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
            ("0770o 900123", NoMobile::Unlike),
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

    #[test]
    fn postcodes_of_all_forms() {
        for (written, kept) in [
            ("ne14st", Some("NE1 4ST")),
            ("M1 1AE", Some("M1 1AE")),
            ("EC1A 1BB", Some("EC1A 1BB")),
            ("DN55  1PT", Some("DN55 1PT")),
            ("W1A 0AX", Some("W1A 0AX")),
            ("NE1 4SO", None),
            ("QE1 4ST", None),
            ("NE1", None),
            ("B12 5mg", None),
        ] {
            assert_eq!(postcode(written).as_deref(), kept, "{written}");
        }
        assert_eq!(postcodes("we are at NE1 4ST (not ne2 4st), or M11AE."), ["NE1 4ST", "ne2 4st", "M11AE"]);
    }
}
