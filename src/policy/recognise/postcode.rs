//! Postcodes of the United Kingdom: their one canonical form, where they stand in a text, and slips of O and 0, I and 1.

/// A UK postcode with its space.
pub(super) fn postcode(written: &str) -> Option<String> {
    let (outward, inward) = halves(written)?;
    (is_outward(&outward) && is_inward(&inward)).then(|| format!("{outward} {inward}"))
}

/// The postcode that somebody may have meant who wrote O for 0 or I for 1, or the other way round.
pub(super) fn meant(written: &str) -> Option<String> {
    let (outward, inward) = halves(written)?;
    let mut readings: Vec<String> = vec![];
    for shape in SHAPES.iter().filter(|shape| shape.len() == outward.len()) {
        for one in ['I', 'L'] {
            let (outward, inward) = (bent(&outward, shape, one), bent(&inward, "9aa", one));
            let reading = format!("{outward} {inward}");
            if is_outward(&outward) && is_inward(&inward) && !readings.contains(&reading) {
                readings.push(reading);
            }
        }
    }
    if readings.len() == 1 { readings.pop() } else { None }
}

/// The two halves in capitals, if the length can be right.
fn halves(written: &str) -> Option<(String, String)> {
    let is_gap = |c: &char| c.is_whitespace() || matches!(c, '-' | '.');
    let written = written.trim_matches(|c: char| !c.is_alphanumeric());
    let code: String = written.chars().filter(|c| !is_gap(c)).take(9).collect::<String>().to_ascii_uppercase();
    if !code.is_ascii() || !(5..=7).contains(&code.len()) {
        return None;
    }
    let (outward, inward) = code.split_at(code.len() - 3);
    Some((outward.to_owned(), inward.to_owned()))
}

/// Half a postcode, with digits and letters that look alike exchanged where the shape wants it.
fn bent(half: &str, shape: &str, one: char) -> String {
    let pairs = half.chars().zip(shape.chars());
    pairs
        .map(|(c, wanted)| match (c, wanted) {
            ('O', '9') => '0',
            ('I' | 'L', '9') => '1',
            ('0', 'a') => 'O',
            ('1', 'a') => one,
            (c, _) => c,
        })
        .collect()
}

const SHAPES: [&str; 6] = ["a9", "a99", "a9a", "aa9", "aa99", "aa9a"];

fn is_outward(code: &str) -> bool {
    let shape: String = code.bytes().map(shape_of).collect();
    let bytes = code.as_bytes();
    let first = bytes.first().is_some_and(|b| !b"QVX".contains(b));
    let second = bytes.get(1).is_some_and(|b| !b"IJZ".contains(b));
    let last = match (shape.as_str(), bytes.last()) {
        ("a9a", Some(last)) => b"ABCDEFGHJKMNPRSTUVWXY".contains(last),
        ("aa9a", Some(last)) => b"ABEHMNPRVWXY".contains(last),
        _ => true,
    };
    (SHAPES.contains(&shape.as_str()) && first && second && last) || code == "GIR"
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

/// The postcodes in a text: in one word, or in two with a space between. Also what may have been meant as one.
pub(super) fn postcodes(text: &str) -> Vec<&str> {
    let mut found = vec![];
    let mut last: Option<(usize, usize)> = None;
    for (start, end) in spans(text) {
        let one = text.get(start..end).filter(|word| looks(word));
        let two = last
            .filter(|(_, before)| text.get(*before..start).is_some_and(|gap| gap.chars().all(char::is_whitespace)))
            .and_then(|(from, before)| Some((text.get(from..before)?, text.get(start..end)?, text.get(from..end)?)))
            .filter(|(outward, inward, both)| outward.len() <= 4 && inward.len() == 3 && looks(both))
            .map(|(.., both)| both);
        found.extend(one.or(two));
        last = Some((start, end));
    }
    found
}

/// Whether it is a postcode, or one with a slip in it. One digit alone is too little to call a word a slip.
fn looks(word: &str) -> bool {
    let slip = || word.bytes().filter(u8::is_ascii_digit).count() >= 2 && meant(word).is_some();
    word.len() <= 12 && (postcode(word).is_some() || slip())
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
