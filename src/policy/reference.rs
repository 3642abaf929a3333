//! References such as `CD-7K3M-9QX4`: how one is made, and how it is found in what people write. Which ticket it
//! names is the store's affair.
//!
//! Eight characters of Crockford's base 32 (no I, L, O, U). The last is a check character: the sum of all eight, each
//! multiplied in GF(32) by a power of two of its own, is nothing. So any one wrong character and any two exchanged
//! characters are noticed.

use std::collections::BTreeSet;
use std::ops::Range;

pub use crate::policy::ticket::Reference;

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters behind the prefix.
const LENGTH: usize = 8;
/// How many separators may stand between two groups.
const GAP: usize = 3;

/// Makes a reference of 35 random bits; higher bits are not used.
///
/// Every reference holds a digit from 2 to 9: no word does, and no look-alike of a letter is one.
pub fn from_random(bits: u64) -> Reference {
    let mut symbols = [0_u8; LENGTH];
    for (n, symbol) in symbols.iter_mut().skip(1).enumerate() {
        *symbol = u8::try_from((bits >> (5 * n)) & 31).unwrap_or(0);
    }
    if !symbols.iter().skip(1).any(|symbol| is_telling(*symbol)) {
        symbols[1] = 2 + (symbols[1] & 7);
    }
    // The check character has the weight one, so the sum of the others is what it must be.
    symbols[0] = sum(&symbols);
    written(&symbols)
}

/// The reference that a text is, in any case and spacing, with or without its `CD`. Nothing else may stand there.
pub fn parse(text: &str) -> Option<Reference> {
    let text = text.trim_matches(|c: char| !c.is_alphanumeric());
    let mut characters: String = text.chars().filter(|c| !is_separator(*c)).take(LENGTH + 3).collect();
    if characters.chars().count() == LENGTH + 2 {
        let rest = after_prefix(&characters)?;
        characters = rest.to_owned();
    }
    let (reference, rest) = read_groups(&characters)?;
    rest.is_empty().then_some(reference)
}

/// Every reference that stands in a text, each once, in order: `CD-7K3M-9QX4`, `cd 7k3m 9qx4`, `CD7K3M9QX4`. Groups
/// may be parted by a few spaces, dashes or a line's end; O is read as 0, I and L as 1.
pub fn find(text: &str) -> Vec<Reference> {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let found = places(text).into_iter().map(|(reference, _)| reference);
    found.filter(|reference| known.insert(reference.0.clone())).collect()
}

/// A text without the references that stand in it.
pub fn without(text: &str) -> String {
    let (mut rest, mut at) = (String::with_capacity(text.len()), 0);
    for (_, place) in places(text) {
        rest.push_str(text.get(at..place.start).unwrap_or_default());
        at = place.end.max(at);
    }
    rest.push_str(text.get(at..).unwrap_or_default());
    rest
}

/// Every reference, and where it stands.
fn places(text: &str) -> Vec<(Reference, Range<usize>)> {
    let mut found = vec![];
    let mut before = None;
    for (at, c) in text.char_indices() {
        let starts = c.eq_ignore_ascii_case(&'c') && !before.is_some_and(char::is_alphanumeric);
        before = Some(c);
        if !starts {
            continue;
        }
        let Some((reference, rest)) = text.get(at..).and_then(after_prefix).and_then(read_groups) else { continue };
        if !rest.starts_with(char::is_alphanumeric) {
            found.push((reference, at..text.len() - rest.len()));
        }
    }
    found
}

/// A reference as it is read out on the telephone: a word for each letter, and a pause between the groups.
pub fn spelled(reference: &Reference) -> String {
    const WORDS: [&str; 26] = [
        "Alfa", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel", "India", "Juliett", "Kilo", "Lima",
        "Mike", "November", "Oscar", "Papa", "Quebec", "Romeo", "Sierra", "Tango", "Uniform", "Victor", "Whiskey",
        "X-ray", "Yankee", "Zulu",
    ];
    const DIGITS: [&str; 10] = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"];
    let word = |c: char| -> String {
        let letter = u32::from(c).checked_sub(u32::from('A')).and_then(|at| WORDS.get(usize::try_from(at).ok()?));
        let digit = c.to_digit(10).and_then(|at| DIGITS.get(usize::try_from(at).ok()?));
        letter.or(digit).map_or_else(|| c.to_string(), |word| (*word).to_owned())
    };
    let groups = reference.0.split('-').map(|group| group.chars().map(word).collect::<Vec<_>>().join(" "));
    groups.collect::<Vec<_>>().join(", ")
}

/// What stands behind `CD` and the gap that follows it.
fn after_prefix(text: &str) -> Option<&str> {
    text.get(..2).filter(|prefix| prefix.eq_ignore_ascii_case("cd"))?;
    Some(skip_gap(text.get(2..)?))
}

/// Reads two groups of four and checks them. Gives back what stands behind.
fn read_groups(text: &str) -> Option<(Reference, &str)> {
    let mut symbols = [0_u8; LENGTH];
    let mut rest = text;
    for n in 0..LENGTH {
        if n == LENGTH / 2 {
            rest = skip_gap(rest);
        }
        let mut characters = rest.chars();
        // The check character stands last and has the place nought.
        let place = (n + 1) % LENGTH;
        *symbols.get_mut(place)? = value_of(characters.next()?)?;
        rest = characters.as_str();
    }
    let telling = symbols.iter().skip(1).any(|symbol| is_telling(*symbol));
    (telling && sum(&symbols) == 0).then(|| (written(&symbols), rest))
}

fn skip_gap(text: &str) -> &str {
    let end = text.char_indices().take(GAP).take_while(|(_, c)| is_separator(*c)).last();
    end.and_then(|(at, c)| text.get(at + c.len_utf8()..)).unwrap_or(text)
}

/// Spaces of every kind, hyphens, dashes and what else mail programs make of them.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(c, '-' | '_' | '.' | '/' | '\u{ad}' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{200b}')
}

/// Whether the symbol is a digit from 2 to 9.
fn is_telling(symbol: u8) -> bool {
    (2..=9).contains(&symbol)
}

fn value_of(c: char) -> Option<u8> {
    let letter = match c.to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let place = ALPHABET.iter().position(|known| char::from(*known) == letter)?;
    u8::try_from(place).ok()
}

/// The sum of all symbols, each with the weight of its place.
fn sum(symbols: &[u8; LENGTH]) -> u8 {
    let mut sum = 0;
    for (place, symbol) in symbols.iter().enumerate() {
        let mut weighted = *symbol;
        for _ in 0..place {
            weighted = double(weighted);
        }
        sum ^= weighted;
    }
    sum
}

/// Twice a number in GF(32), modulo x⁵ + x² + 1.
fn double(n: u8) -> u8 {
    let shifted = n << 1;
    if shifted & 32 == 0 { shifted } else { (shifted ^ 0b10_0101) & 31 }
}

fn written(symbols: &[u8; LENGTH]) -> Reference {
    let mut text = String::from("CD");
    let (check, data) = (symbols.iter().take(1), symbols.iter().skip(1));
    for (n, symbol) in data.chain(check).enumerate() {
        if n % (LENGTH / 2) == 0 {
            text.push('-');
        }
        text.push(ALPHABET.get(usize::from(*symbol)).copied().map_or('0', char::from));
    }
    Reference(text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ordinary_words_are_no_references() {
        for text in [
            "the CD case here is broken",
            "cd players and tapes",
            "CD-ROM drives",
            "CDs, 2 of them, are here",
            "abcd 7K3M 9QX4",
            "Code 12345678",
            "cd",
            "cd-",
            "CD-7K3M",
            "çd 7k3m",
            "C D",
            "",
        ] {
            assert_eq!(find(text), [], "{text}");
        }
    }

    #[test]
    fn a_reference_can_be_read_out() {
        let read_out = spelled(&Reference("CD-7K3M-9QX0".into()));
        assert_eq!(read_out, "Charlie Delta, seven Kilo three Mike, nine Quebec X-ray zero");
    }

    #[test]
    fn references_are_taken_out_of_a_text() {
        let one = from_random(0x1_2345_6789);
        let spoken = one.0.replace('-', " ").to_lowercase();
        assert_eq!(without(&format!("Re: [{one}] and {spoken}, please")), "Re: [] and , please");
        assert_eq!(without("a CD of songs"), "a CD of songs");
    }

    #[test]
    fn references_are_found_as_people_write_them() {
        let (one, two) = (from_random(0x1_2345_6789), from_random(0x3_1415_9265));
        let plain = one.0.replace('-', "");
        for text in [
            format!("Re: [{one}] my password"),
            format!("ref {}.", plain.to_lowercase()),
            format!("{} {} {}", &plain[..2], &plain[2..6], &plain[6..]),
            format!("({}–{}\u{a0}-\n{})", &plain[..2], &plain[2..6], &plain[6..]),
            format!("{one}, {one} and again {}", one.0.to_lowercase()),
        ] {
            assert_eq!(find(&text), std::slice::from_ref(&one), "{text}");
        }
        assert_eq!(find(&format!("{one}/{two}")), [one.clone(), two]);
        assert_eq!(find(&format!("x{one}")), []);
        assert_eq!(find(&format!("{one}7")), []);
        assert_eq!(parse(&format!(" {}. ", &plain[2..].to_lowercase())), Some(one.clone()));
        assert_eq!(parse(&format!("it is {one}")), None);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn what_is_made_is_read(bits: u64, lower: bool, gaps in prop::collection::vec("[ \\-–]{0,3}", 2)) {
            let reference = from_random(bits);
            let plain = reference.0.replace('-', "").replace('0', "O").replace('1', "l");
            let text = format!("{}{}{}{}{}", &plain[..2], gaps[0], &plain[2..6], gaps[1], &plain[6..]);
            let text = if lower { text.to_lowercase() } else { text };
            prop_assert_eq!(parse(&text), Some(reference.clone()));
            prop_assert_eq!(find(&format!("Hello, {text}!")), [reference]);
        }

        #[test]
        fn one_wrong_character_is_noticed(bits: u64, place in 0_usize..8, other in 0_usize..32) {
            let reference = from_random(bits).0;
            let mut letters: Vec<u8> = reference.replace('-', "").into_bytes();
            prop_assume!(letters[place + 2] != ALPHABET[other]);
            letters[place + 2] = ALPHABET[other];
            prop_assert_eq!(parse(&String::from_utf8(letters).unwrap()), None);
        }

        #[test]
        fn two_exchanged_characters_are_noticed(bits: u64, one in 2_usize..10, two in 2_usize..10) {
            let mut letters: Vec<u8> = from_random(bits).0.replace('-', "").into_bytes();
            prop_assume!(letters[one] != letters[two]);
            letters.swap(one, two);
            prop_assert_eq!(parse(&String::from_utf8(letters).unwrap()), None);
        }

        #[test]
        fn any_text_may_be_searched(text: String, near in "([cCdD 0-9k-mO–é\\-]){0,60}") {
            for text in [text, near] {
                for reference in find(&text) {
                    prop_assert_eq!(parse(&reference.0), Some(reference));
                }
                let _ = parse(&text);
            }
        }
    }
}
