//! From a text to the words by which it is compared. What differs from message to message, such as a number or an
//! address, becomes a word that says what it was.

/// How many words of a message are looked at.
const WORDS: usize = 600;

/// The words of a text, in order.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for piece in text.split_whitespace() {
        if words.len() >= WORDS {
            break;
        }
        if piece.contains('@') && piece.len() > 3 {
            words.push("mailaddress".to_owned());
        } else if piece.contains("://") || piece.to_ascii_lowercase().starts_with("www.") {
            words.push("weblink".to_owned());
        } else {
            pieces(piece, &mut words);
        }
    }
    masked(words)
}

/// A picture such as a thumb up. Its colours and forms are no pictures of their own.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{1f300}'..='\u{1f3fa}' | '\u{1f400}'..='\u{1faff}' | '\u{2600}'..='\u{27bf}')
}

/// One piece between white space, as words.
fn pieces(piece: &str, words: &mut Vec<String>) {
    words.extend(piece.chars().filter(|c| is_picture(*c)).map(String::from));
    let mut lower = piece.to_lowercase();
    if !lower.is_ascii() {
        lower = lower.replace(['’', '‘'], "'");
    }
    if lower.contains('-') {
        lower = lower.replace("e-mail", "email").replace("log-in", "login").replace("sign-in", "signin");
    }
    for part in lower.split(|c: char| !c.is_alphanumeric() && c != '\'') {
        let part = part.trim_matches('\'');
        match part {
            "" => {}
            "cannot" | "can't" | "cant" => words.extend(["can".to_owned(), "not".to_owned()]),
            "won't" | "wont" => words.extend(["will".to_owned(), "not".to_owned()]),
            "dont" | "doesnt" | "didnt" | "isnt" | "arent" | "couldnt" | "hasnt" | "havent" | "wasnt" | "wouldnt" => {
                words.extend([part.trim_end_matches("nt").to_owned(), "not".to_owned()]);
            }
            part => match part.strip_suffix("n't") {
                Some(verb) => words.extend([verb.to_owned(), "not".to_owned()]),
                None => words.push(part.replace('\'', "")),
            },
        }
    }
}

/// Words with references, codes and numbers replaced by what they are.
fn masked(words: Vec<String>) -> Vec<String> {
    let mut masked: Vec<String> = Vec::with_capacity(words.len());
    let mut at = 0;
    while let Some(word) = words.get(at) {
        at += 1;
        if let Some(groups) = reference_groups(word, &words[at..]) {
            at += groups;
            masked.push("ticketreference".to_owned());
        } else if word.bytes().all(|byte| byte.is_ascii_digit()) {
            let digits =
                word.len() + words[at..].iter().take_while(|next| is_digits(next)).map(String::len).sum::<usize>();
            at += words[at..].iter().take_while(|next| is_digits(next)).count();
            masked.push(if digits >= 9 { "phonenumber".to_owned() } else { "anumber".to_owned() });
        } else if is_code(word) {
            masked.push("acode".to_owned());
        } else {
            masked.push(word.clone());
        }
    }
    masked
}

fn is_digits(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_digit())
}

/// Letters and digits mixed, as in a code or a postcode.
fn is_code(word: &str) -> bool {
    let digits = word.bytes().filter(u8::is_ascii_digit).count();
    digits > 0 && word.is_ascii() && (3..=12).contains(&word.len()) && !(word.len() <= 4 && is_ordinal(word))
}

fn is_ordinal(word: &str) -> bool {
    ["st", "nd", "rd", "th", "am", "pm"].iter().any(|end| word.strip_suffix(end).is_some_and(is_digits))
}

/// How many words behind this one belong to the reference that begins here: `cd 7k3m 9qx4`, `cd7k3m9qx4`.
fn reference_groups(word: &str, behind: &[String]) -> Option<usize> {
    let digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    match (word, behind) {
        ("cd", [one, two, ..]) if one.len() == 4 && two.len() == 4 && (digit(one) || digit(two)) => Some(2),
        ("cd", [both, ..]) if both.len() == 8 && digit(both) => Some(1),
        _ => (word.len() == 10 && word.starts_with("cd") && digit(word)).then_some(0),
    }
}

#[cfg(test)]
mod tests {
    use super::words;

    #[test]
    fn what_varies_becomes_what_it_is() {
        for (text, expected) in [
            ("I can’t send e-mails!", "i can not send emails"),
            ("It doesn't work (CD-7K3M-9QX4)", "it does not work ticketreference"),
            ("ring 07700 900123 or write to amy@home.example", "ring phonenumber or write to mailaddress"),
            ("👍🏽 ok ❤️", "👍 ok ❤"),
            ("our code is V12345, 2 of us, see https://x.example/a", "our code is acode anumber of us see weblink"),
        ] {
            assert_eq!(words(text).join(" "), expected);
        }
    }
}
