//! Whole numbers in digits and in words.

use crate::policy::recognise::words::plain;

/// The one number that a text names; none if it names several or is vague, like "a few".
pub(super) fn number(written: &str) -> Option<i64> {
    const LONGEST: usize = 400;
    if written.len() > LONGEST {
        return None;
    }
    let mut groups = written.split_whitespace().filter(|word| word.contains(|c: char| c.is_ascii_digit()));
    match (groups.next(), groups.next()) {
        (None, _) => in_words(&plain(written)),
        (Some(group), None) => {
            let group = group.trim_matches(|c: char| !c.is_ascii_alphanumeric() && c != '-' && c != '+' && c != '−');
            let (sign, digits) = match group.strip_prefix(['-', '−']) {
                Some(digits) => (-1, digits),
                None => (1, group.strip_prefix('+').unwrap_or(group)),
            };
            Some(sign * thousands(digits)?)
        }
        _ => None,
    }
}

/// `12`, `1200` or `1,200`, up to eighteen digits.
fn thousands(text: &str) -> Option<i64> {
    let mut groups = text.split(',');
    let first = groups.next()?;
    let well_grouped = groups.all(|group| group.len() == 3) && (!text.contains(',') || (1..=3).contains(&first.len()));
    let digits = text.replace(',', "");
    let fits = well_grouped && (1..=18).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| digits.parse().ok())?
}

/// `twenty two`, `a dozen`, `one hundred`. Two numbers are none.
fn in_words(plain: &str) -> Option<i64> {
    let mut numbers: Vec<i64> = vec![];
    let mut open = false;
    for word in plain.split(' ') {
        let value = value_of(word);
        match (value, numbers.last_mut()) {
            (Some(one @ 1..=9), Some(last)) if open && *last % 10 == 0 && (20..100).contains(last) => *last += one,
            (Some(100), Some(last)) if open && (1..10).contains(last) => *last *= 100,
            (Some(value), _) => numbers.push(value),
            (None, _) => {}
        }
        open = value.is_some();
    }
    match numbers.as_slice() {
        [only] => Some(*only),
        _ => None,
    }
}

/// What one word counts.
pub(super) fn value_of(word: &str) -> Option<i64> {
    const UNITS: [&str; 20] = [
        "zero",
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
    ];
    const TENS: [&str; 8] = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    match word {
        "none" | "nil" => Some(0),
        "fourty" => Some(40),
        "dozen" => Some(12),
        "hundred" => Some(100),
        _ => {
            let unit = UNITS.iter().position(|known| *known == word);
            let ten = || TENS.iter().position(|known| *known == word).map(|n| (n + 2) * 10);
            i64::try_from(unit.or_else(ten)?).ok()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_in_digits_and_words() {
        for (written, value) in [
            ("twenty-two of us", Some(22)),
            ("a hundred", Some(100)),
            ("three hundred", Some(300)),
            ("-4", Some(-4)),
            ("twenty, two", Some(22)),
            ("two twenty", None),
            ("a few", None),
            ("3-4", None),
            ("1,20", None),
        ] {
            assert_eq!(number(written), value, "{written}");
        }
    }
}
