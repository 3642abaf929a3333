//! How people end a mail: the set phrases in their many forms, and what a line of a name block looks like.

/// A sign-off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SignOff {
    /// "Kind regards": nothing but a name follows.
    Regards,
    /// "Thanks", which people also write in the middle of a mail.
    Thanks,
    /// Either, with a name on the same line.
    Named,
}

/// Words that a sign-off is made of.
const PARTS: [&str; 40] = [
    "many",
    "kind",
    "kindest",
    "best",
    "warm",
    "warmest",
    "with",
    "and",
    "very",
    "much",
    "so",
    "again",
    "in",
    "advance",
    "all",
    "the",
    "my",
    "our",
    "your",
    "wishes",
    "lots",
    "of",
    "love",
    "from",
    "to",
    "you",
    "both",
    "mit",
    "und",
    "serdecznie",
    "yn",
    "fawr",
    "iawn",
    "da",
    "z",
    "cu",
    "a",
    "me",
    "for",
    "now",
];

/// Words of which one makes a sign-off.
const CORES: [(&str, SignOff); 58] = [
    ("regards", SignOff::Regards),
    ("regard", SignOff::Regards),
    ("rgds", SignOff::Regards),
    ("regs", SignOff::Regards),
    ("wishes", SignOff::Regards),
    ("sincerely", SignOff::Regards),
    ("faithfully", SignOff::Regards),
    ("truly", SignOff::Regards),
    ("yours", SignOff::Regards),
    ("respectfully", SignOff::Regards),
    ("kr", SignOff::Regards),
    ("br", SignOff::Regards),
    ("kindly", SignOff::Regards),
    ("sinc", SignOff::Regards),
    ("cofion", SignOff::Regards),
    ("gofion", SignOff::Regards),
    ("cynnes", SignOff::Regards),
    ("gorau", SignOff::Regards),
    ("dymuniadau", SignOff::Regards),
    ("diffuant", SignOff::Regards),
    ("gywir", SignOff::Regards),
    ("cordialement", SignOff::Regards),
    ("bien", SignOff::Regards),
    ("sincères", SignOff::Regards),
    ("salutations", SignOff::Regards),
    ("grüßen", SignOff::Regards),
    ("grüße", SignOff::Regards),
    ("gruß", SignOff::Regards),
    ("freundlichen", SignOff::Regards),
    ("viele", SignOff::Regards),
    ("liebe", SignOff::Regards),
    ("beste", SignOff::Regards),
    ("mfg", SignOff::Regards),
    ("saludos", SignOff::Regards),
    ("saluti", SignOff::Regards),
    ("cordiali", SignOff::Regards),
    ("cumprimentos", SignOff::Regards),
    ("atenciosamente", SignOff::Regards),
    ("groeten", SignOff::Regards),
    ("vriendelijke", SignOff::Regards),
    ("pozdrawiam", SignOff::Regards),
    ("pozdrowienia", SignOff::Regards),
    ("poważaniem", SignOff::Regards),
    ("stimă", SignOff::Regards),
    ("hälsningar", SignOff::Regards),
    ("thanks", SignOff::Thanks),
    ("thankyou", SignOff::Thanks),
    ("thank", SignOff::Thanks),
    ("thx", SignOff::Thanks),
    ("thnx", SignOff::Thanks),
    ("tnx", SignOff::Thanks),
    ("thanx", SignOff::Thanks),
    ("cheers", SignOff::Thanks),
    ("ta", SignOff::Thanks),
    ("tia", SignOff::Thanks),
    ("diolch", SignOff::Thanks),
    ("merci", SignOff::Thanks),
    ("danke", SignOff::Thanks),
];

/// Whether a line closes a mail: words of a sign-off alone, or with a name of up to four words.
pub fn closing(line: &str) -> Option<SignOff> {
    if line.len() > 80 || line.contains(['?', ':', '@']) || line.contains(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let words: Vec<&str> =
        line.split(|c: char| !c.is_alphabetic() && c != '\'' && c != '’').filter(|word| !word.is_empty()).collect();
    if words.len() > 9 {
        return None;
    }
    let said = words.iter().map(|word| word.to_lowercase()).collect::<Vec<_>>().join(" ");
    if ["best", "all the best", "take care", "speak soon", "warmly"].contains(&said.as_str()) {
        return Some(SignOff::Thanks);
    }
    let core = |word: &str| CORES.iter().find(|(core, _)| *core == word).map(|(_, kind)| *kind);
    let is_kiss = |word: &str| word.chars().all(|c| c == 'x' || c == 'X');
    let mut found: Option<SignOff> = None;
    let mut named = 0;
    for word in &words {
        let lower = word.to_lowercase();
        match core(&lower) {
            Some(_) if named > 0 => return None,
            Some(kind) => {
                found = Some(if found == Some(SignOff::Regards) { SignOff::Regards } else { kind });
            }
            None if named == 0 && (PARTS.contains(&lower.as_str()) || is_kiss(word)) => {}
            None if is_kiss(word) => {}
            // A name may follow: with a capital, and after a sign-off only.
            None if found.is_some() && word.chars().next().is_some_and(char::is_uppercase) => named += 1,
            None => return None,
        }
    }
    let found = found?;
    // "Thank" is no sign-off, and "Thanks Sam" may be said to somebody: only after a comma or a dash is it signed.
    let lower = line.to_lowercase();
    if lower.contains("thank ") && !lower.contains("thank you") {
        return None;
    }
    match (found, named) {
        (kind, 0) => Some(kind),
        (SignOff::Thanks, 1..=3) if line.contains([',', '-', '–', '.', '!']) => Some(SignOff::Named),
        (SignOff::Regards | SignOff::Named, 1..=4) => Some(SignOff::Named),
        _ => None,
    }
}

/// A line that can be nothing but a name: few words, each with a capital, no figures.
pub fn is_name(line: &str) -> bool {
    let line = line.trim().trim_matches(['*', '_', ',', '.', '~', '-', ' ']);
    let words: Vec<&str> = line.split_whitespace().collect();
    let capital = |word: &&str| word.chars().next().is_some_and(|c| c.is_uppercase() || "(|&-–,+".contains(c));
    (1..=9).contains(&words.len())
        && words.first().is_some_and(capital)
        && !line.contains(|c: char| c.is_ascii_digit() || c == ':' || c == '?' || c == '@')
        && !line.ends_with('.')
        && !is_sentence(line)
        && words.iter().all(|word| capital(word) || word.len() <= 3)
}

/// Whether a line can stand in the block below a name: short, no sentence, no answer.
pub fn fits_signature(line: &str) -> bool {
    let line = line.trim();
    let words = line.split_whitespace().count();
    line.len() <= 160
        && words <= 16
        && !line.ends_with(['?', ':'])
        && !is_numbered(line)
        && !is_postscript(line)
        && !is_answer(line)
        && (is_contact(line) || !is_sentence(line))
}

/// A picture, a link, a phone number: things that stand in signatures and say nothing to the desk.
pub fn is_contact(line: &str) -> bool {
    let line = line.trim().to_lowercase();
    line.starts_with("[cid:")
        || line.starts_with("[image")
        || line.starts_with("<http")
        || line.starts_with("http")
        || line.starts_with("www.")
        || labels(&line) > 0
}

/// How many labels of contact details stand in a line: "T 01632", "Mob:".
fn labels(line: &str) -> usize {
    const LABELS: [&str; 26] = [
        "t",
        "m",
        "e",
        "w",
        "f",
        "p",
        "d",
        "tel",
        "tel.",
        "telephone",
        "mob",
        "mobile",
        "office",
        "phone",
        "direct",
        "fax",
        "email",
        "e-mail",
        "web",
        "website",
        "ddi",
        "ext",
        "switchboard",
        "call",
        "cell",
        "address",
    ];
    let first = line.split([' ', ':', '|', '\t']).next().unwrap_or_default();
    usize::from(
        LABELS.contains(&first)
            && line.len() > first.len()
            && line[first.len()..].contains(|c: char| c.is_ascii_digit() || c == '@' || c == '.'),
    )
}

/// Several people with a number or an address each: no signature has that.
pub fn is_list(block: &[&str]) -> bool {
    let person = |line: &&&str| {
        let lower = line.to_lowercase();
        let mut words = lower.split_whitespace();
        let named = words.next().is_some_and(|word| word.chars().all(char::is_alphabetic))
            && words
                .next()
                .is_some_and(|word| word.chars().all(|c| c.is_alphabetic() || c == '-' || c == '\'' || c == ','));
        let digits = lower.bytes().filter(u8::is_ascii_digit).count();
        named && labels(&lower) == 0 && (digits >= 10 || lower.contains('@'))
    };
    block.iter().filter(person).count() >= 2
}

/// "1. yes", "2) V12345".
pub fn is_numbered(line: &str) -> bool {
    let line = line.trim_start();
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    (1..=2).contains(&digits)
        && line[digits..].starts_with([')', '.', ':', '-'])
        && !line[digits + 1..].starts_with(|c: char| c.is_ascii_digit())
        && !line[digits + 1..].trim().is_empty()
}

/// "PS the reference is …".
pub fn is_postscript(line: &str) -> bool {
    let line = line.trim().trim_start_matches(['*', '_']).to_lowercase();
    ["ps ", "ps:", "ps.", "p.s", "ps,", "ps-", "ps –", "nb ", "nb:", "n.b", "pps"]
        .iter()
        .any(|mark| line.starts_with(mark))
}

/// What the desk asks for, with a value: an answer, even below a name.
fn is_answer(line: &str) -> bool {
    const ASKED: [&str; 12] = [
        "ods",
        "cqc",
        "reference",
        "account",
        "postcode",
        "our code",
        "code",
        "nhsmail",
        "username",
        "user name",
        "location id",
        "contact id",
    ];
    let lower = line.to_lowercase();
    let label = lower.split([':', '=']).next().unwrap_or_default();
    label.len() < lower.len() && ASKED.iter().any(|word| label.contains(word))
        || lower.starts_with("ods ")
        || lower.starts_with("cqc ")
}

/// Words that stand in sentences and in no name block.
fn is_sentence(line: &str) -> bool {
    const WORDS: [&str; 60] = [
        "i", "i'm", "i’m", "im", "i've", "i’ve", "i'll", "i’ll", "my", "me", "we", "we're", "we’re", "you", "please",
        "can", "could", "would", "should", "is", "are", "was", "were", "has", "have", "had", "will", "won't", "won’t",
        "not", "need", "needs", "but", "this", "that", "it", "it's", "it’s", "does", "do", "don't", "don’t", "did",
        "didn't", "can't", "can’t", "because", "also", "she", "he", "they", "her", "his", "him", "add", "remove",
        "reset", "still", "yes", "no",
    ];
    line.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’' && c != '/')
        .any(|word| WORDS.contains(&word.to_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sign_offs_have_many_forms() {
        for line in [
            "Kind regards",
            "KR",
            "Many thanks & kind regards,",
            "Thanks x",
            "Thank you very much",
            "*Best wishes*",
            "Yours,",
            "Diolch yn fawr",
            "All the best",
        ] {
            assert!(closing(line).is_some(), "{line}");
        }
        assert_eq!(closing("Regards, Jo Smith"), Some(SignOff::Named));
        assert_eq!(closing("Thanks, Jo"), Some(SignOff::Named));
        for line in [
            "Thank you for always being so quick",
            "Thanks it works",
            "Give Ann my regards please",
            "Thanks Sam",
            "my",
            "Regards?",
        ] {
            assert_eq!(closing(line), None, "{line}");
        }
    }

    #[test]
    fn a_name_block_is_told_from_words() {
        for line in [
            "Craig Donnelly RN",
            "T 01632 960477 | M 07700 900655",
            "Home Manager – Larkfield",
            "2 Church Walk, ZZ3 8TT",
        ] {
            assert!(fits_signature(line), "{line}");
        }
        for line in ["please call me", "1. V12345", "ODS code: V12345", "It is V12345", "Anything else?"] {
            assert!(!fits_signature(line), "{line}");
        }
    }
}
