//! What house rules add below a mail: small print, notes on working hours, and the lines of programs that look for viruses.

/// Whether small print begins with this line; `paragraph` is the line and what follows it up to the next empty one.
/// `ended` says that the person has ended the mail already, by a sign-off or above an older mail: then less is proof.
pub fn begins_small_print(line: &str, paragraph: &str, ended: bool) -> bool {
    if is_border(line) {
        return false;
    }
    let paragraph = said(paragraph);
    if is_personal(&paragraph) || paragraph.contains('?') {
        // "I may send mails outside your hours" is nobody's request.
        return ended && is_working_note(&paragraph);
    }
    let start = said(line);
    let start = start.trim_start_matches(['*', '_', ' ', '>']);
    if is_footer_line(start) || begins_confidential(start) {
        return true;
    }
    let count = |words: &[&str]| words.iter().filter(|word| paragraph.contains(*word)).count();
    if count(&CONFIDENTIAL) >= 2 && names_mail(&paragraph) {
        return true;
    }
    ended && (is_working_note(&paragraph) || count(&COMPANY) >= 2 || count(&CONFIDENTIAL) >= 2)
}

/// Where small print begins within a line, in the middle of a person's paragraph.
pub fn small_print_within(line: &str, rest: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = line.get(from..)?.find(". ").map(|at| from + at + 2) {
        let sentence = line.get(at..)?;
        let start = said(sentence.get(..sentence.len().min(200)).unwrap_or(sentence));
        if begins_confidential(start.trim_start()) {
            let whole = said(&format!("{sentence} {rest}"));
            let several = CONFIDENTIAL.iter().filter(|word| whole.contains(*word)).count() >= 2;
            if several && !is_personal(&whole) && !whole.contains('?') {
                return Some(at);
            }
        }
        from = at;
    }
    None
}

/// A line of stars, dashes or the like.
pub fn is_border(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && line.bytes().all(|byte| matches!(byte, b'*' | b'=' | b'#' | b'-' | b'_' | b'~'))
}

/// A long line of stars: small print follows.
pub fn is_long_border(line: &str) -> bool {
    line.trim().len() >= 20 && is_border(line)
}

/// Whether a text speaks for one person, or asks for something.
pub fn is_personal(said: &str) -> bool {
    const WORDS: [&str; 10] = ["i", "i'm", "i’m", "i've", "i’ve", "i'd", "i’d", "my", "me", "mine"];
    const ASKS: [&str; 7] =
        ["please can", "can you", "could you", "please could", "please call", "please ring", "let us know"];
    // "i)" counts the points of a legal text.
    let is_mark = |c: char| c.is_whitespace() || ",.;:!?(\"".contains(c);
    said.split(is_mark).any(|word| {
        WORDS.contains(&word) || word.strip_suffix(')').is_some_and(|word| word != "i" && WORDS.contains(&word))
    }) || ASKS.iter().any(|words| said.contains(words))
}

fn begins_confidential(start: &str) -> bool {
    const STARTS: [&str; 24] = [
        "disclaimer",
        "confidentiality notice",
        "confidential notice",
        "confidentiality:",
        "legal notice",
        "this message may contain confidential",
        "this message contains confidential",
        "this email may contain",
        "this e-mail may contain",
        "this email contains confidential",
        "this message is intended solely",
        "this message is intended only",
        "this message is intended for",
        "this email is intended",
        "this e-mail is intended",
        "if you are not the intended recipient",
        "if you have received this email in error",
        "if you have received this e-mail in error",
        "if you have received this message in error",
        "privileged and confidential",
        "private and confidential:",
        "this communication is private",
        "this communication may contain",
        "ymwadiad",
    ];
    const ABOUT: [&str; 10] = [
        "this email and any",
        "this e-mail and any",
        "this message and any",
        "the information contained in this",
        "the information in this",
        "the contents of this",
        "this transmission",
        "this email is",
        "this e-mail is",
        "this communication is",
    ];
    STARTS.iter().any(|known| start.starts_with(known))
        || (ABOUT.iter().any(|known| start.starts_with(known))
            && ["confidential", "intended", "privileged", "addressee", "recipient", "private"]
                .iter()
                .any(|word| start.contains(word)))
}

/// Single lines that programs add.
fn is_footer_line(start: &str) -> bool {
    const STARTS: [&str; 28] = [
        "this email has been scanned",
        "this e-mail has been scanned",
        "this message has been scanned",
        "this email was scanned",
        "this email has been checked",
        "this e-mail has been checked",
        "this message has been checked",
        "scanned by",
        "virus-free",
        "please consider the environment",
        "consider the environment",
        "p please consider the environment",
        "think before you print",
        "please think before you print",
        "save paper",
        "this message was translated",
        "this email was translated",
        "translated by",
        "sent with proton",
        "this message was sent securely",
        "this email was sent securely",
        "avast logo",
        "click here to report this email",
        "click here to report this message",
        "report this email as spam",
        "report this message as spam",
        "follow us:",
        "follow us on",
    ];
    STARTS.iter().any(|known| start.trim_start_matches(|c: char| !c.is_alphanumeric()).starts_with(known))
}

fn is_working_note(paragraph: &str) -> bool {
    let notes = [
        "my working days",
        "my working hours",
        "my normal working",
        "my usual working",
        "i work flexibly",
        "i work part",
        "i may send emails",
        "i may send e-mails",
        "i may send mail",
        "outside your working hours",
        "outside of your working hours",
        "outside normal working hours",
        "working pattern",
    ];
    paragraph.len() <= 500 && notes.iter().any(|note| paragraph.contains(note)) && !paragraph.contains('?')
}

fn names_mail(paragraph: &str) -> bool {
    ["email", "e-mail", "message", "communication", "transmission", "attachment"]
        .iter()
        .any(|word| paragraph.contains(word))
}

const CONFIDENTIAL: [&str; 20] = [
    "confidential",
    "intended recipient",
    "intended for the",
    "intended only",
    "intended solely",
    "named recipient",
    "received this in error",
    "in error",
    "by mistake",
    "legally privileged",
    "privileged",
    "do not disclose",
    "disclosure",
    "strictly prohibited",
    "unauthorised",
    "addressee",
    "liability",
    "views expressed",
    "you must not copy",
    "delete it",
];

const COMPANY: [&str; 10] = [
    "registered office",
    "registered in england",
    "company no",
    "company number",
    "company registration",
    "vat no",
    "registered charity",
    "charity no",
    "trading name of",
    "regulated by the care quality commission",
];

/// A line as it is compared.
pub fn said(line: &str) -> String {
    line.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_print_is_told_from_requests() {
        let print = |text: &str| begins_small_print(text, text, false);
        assert!(print("This email and any files transmitted with it are confidential."));
        assert!(print("P Please consider the environment before printing this email"));
        assert!(!print("This email is wrong, it says confidential. Can you change it?"));
        assert!(!print("Our registered office has moved to Mill Street."));
        assert!(!print("I received this message in error, it is confidential and not for me."));
        assert_eq!(
            small_print_within("Close it. This e-mail is confidential and intended solely for one.", ""),
            Some(10)
        );
    }
}
