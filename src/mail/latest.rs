//! What is newly written in a mail: without the older mails below it, without signature, banner and small print.
//!
//! When in doubt, words stay: a cut that would leave nothing is not made, and what stands between or below quoted lines
//! is kept.

use crate::mail::html::ORIGINAL;
use crate::mail::signature;

/// The new words of a text.
pub fn latest(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').map(trimmed).collect();
    let lines = signature::without_banners(&lines);
    let kinds = kinds_of(&lines);
    let mut segments: Vec<Vec<&str>> = vec![Vec::new()];
    for (line, kind) in lines.iter().zip(&kinds) {
        match kind {
            Kind::New => {
                if let Some(segment) = segments.last_mut() {
                    segment.push(line);
                }
            }
            Kind::Quote => segments.push(Vec::new()),
            Kind::Older => break,
        }
    }
    let kept: Vec<&str> =
        segments.iter().filter(|segment| !is_blank(segment)).flat_map(|segment| signature::without(segment)).collect();
    let cut = tidy(&kept);
    if !has_words(&cut) || answers_below(&cut, &lines, &kinds) {
        return whole(&lines, &kinds);
    }
    cut
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    New,
    /// A quoted line, or the line that introduces a quote.
    Quote,
    /// From here on it is an older mail, without a mark before each line.
    Older,
}

fn kinds_of(lines: &[&str]) -> Vec<Kind> {
    let mut kinds = vec![Kind::New; lines.len()];
    let mut at = 0;
    while at < lines.len() {
        let rest = &lines[at..];
        if lines[at].starts_with('>') {
            kinds[at] = Kind::Quote;
        } else if let Some(length) = attribution(rest) {
            let marked =
                rest.iter().skip(length).find(|line| !line.is_empty()).is_some_and(|line| line.starts_with('>'));
            let nothing_after = rest.iter().skip(length).all(|line| line.is_empty());
            let kind = if marked || nothing_after { Kind::Quote } else { Kind::Older };
            kinds[at..at + length].fill(kind);
            at += length;
            continue;
        } else if begins_older(rest) {
            kinds[at] = Kind::Older;
        }
        at += 1;
    }
    kinds
}

/// When nothing new stands above the older mail, the person may have written into it: all of it, save marked quotes.
fn whole(lines: &[&str], kinds: &[Kind]) -> String {
    let unmarked: Vec<&str> = lines
        .iter()
        .zip(kinds)
        .filter(|(line, kind)| **kind != Kind::Quote && !is_rule(line))
        .map(|(line, _)| *line)
        .collect();
    let text = tidy(&unmarked);
    if has_words(&text) { text } else { tidy(lines) }
}

/// "See my answers below", with an older mail below that has no marks.
fn answers_below(cut: &str, lines: &[&str], kinds: &[Kind]) -> bool {
    let Some(older) = kinds.iter().position(|kind| *kind == Kind::Older) else { return false };
    if cut.len() > 300 || lines.len() <= older + 1 {
        return false;
    }
    let said = cut.to_lowercase();
    let says_below = ["below", "inline", "in line", "in red", "in blue", "in bold", "in green", "in capitals"];
    let says_answers = [
        "answer",
        "reply",
        "replies",
        "response",
        "comment",
        "detail",
        "see ",
        "filled",
        "completed",
        "added",
        "in red",
        "in blue",
    ];
    says_below.iter().any(|word| said.contains(word)) && says_answers.iter().any(|word| said.contains(word))
}

/// "On Monday Jo wrote:", over up to three lines: how many lines.
fn attribution(lines: &[&str]) -> Option<usize> {
    const BEGINNINGS: [&str; 9] = ["On ", "Le ", "Am ", "El ", "Il ", "Ar ", "Op ", "W dniu ", "Em "];
    const ENDINGS: [&str; 12] = [
        "wrote:",
        "a écrit :",
        "a écrit:",
        "schrieb:",
        "escribió:",
        "ha scritto:",
        "ysgrifennodd:",
        "schreef:",
        "napisał(a):",
        "napisał:",
        "napisała:",
        "escreveu:",
    ];
    let first = lines.first()?;
    if first.len() > 300 || !BEGINNINGS.iter().any(|beginning| first.starts_with(beginning)) {
        return None;
    }
    let mut joined = String::new();
    for (count, line) in lines.iter().take(3).enumerate() {
        if line.is_empty() || joined.len() + line.len() > 400 {
            return None;
        }
        joined.push_str(line);
        let ends = ENDINGS.iter().any(|ending| line.ends_with(ending))
            || (joined.starts_with("Am ") && joined.contains(" schrieb ") && line.ends_with(':'));
        if ends {
            let tells_who_or_when = joined.chars().any(|c| c.is_ascii_digit()) || joined.contains('@');
            return tells_who_or_when.then_some(count + 1);
        }
        joined.push(' ');
    }
    None
}

/// Whether an older mail begins here, by a rule, a heading, or a block of its fields.
fn begins_older(lines: &[&str]) -> bool {
    let Some(first) = lines.first() else { return false };
    if *first == ORIGINAL {
        return true;
    }
    if is_heading(first) {
        return true;
    }
    if is_rule(first) {
        let after = lines.iter().skip(1).take(3).position(|line| !line.is_empty());
        return after.is_some_and(|blank| is_field_block(&lines[1 + blank..]));
    }
    is_field_block(lines)
}

fn is_heading(line: &str) -> bool {
    let dashed = line.starts_with("--") && line.ends_with("--");
    let words = line.trim_matches(['-', ' ', '_']).to_lowercase();
    let known = [
        "original message",
        "forwarded message",
        "ursprüngliche nachricht",
        "message d'origine",
        "message original",
        "mensaje original",
        "original appointment",
        "reply message",
        "neges wreiddiol",
    ];
    (dashed && known.contains(&words.as_str())) || line == "Begin forwarded message:"
}

fn is_rule(line: &str) -> bool {
    line == ORIGINAL || (line.len() >= 10 && line.bytes().all(|byte| byte == b'_'))
}

/// `From:` and at least two more fields of a mail within the next lines.
fn is_field_block(lines: &[&str]) -> bool {
    const FROM: [&str; 6] = ["from", "von", "de", "van", "od", "oddi wrth"];
    const OTHERS: [&str; 17] = [
        "sent", "date", "to", "cc", "subject", "gesendet", "an", "betreff", "envoyé", "à", "objet", "enviado", "para",
        "asunto", "anfonwyd", "at", "pwnc",
    ];
    let name = |line: &str| {
        let line = line.trim_start_matches(['*', ' ']);
        let (name, _) = line.split_once(':')?;
        (name.len() <= 14).then(|| name.trim_matches(['*', ' ']).to_lowercase())
    };
    let Some(first) = lines.first().and_then(|line| name(line)) else { return false };
    if !FROM.contains(&first.as_str()) {
        return false;
    }
    let mut others: Vec<String> = lines
        .iter()
        .skip(1)
        .take(6)
        .filter_map(|line| name(line))
        .filter(|name| OTHERS.contains(&name.as_str()))
        .collect();
    others.dedup();
    others.len() >= 2
}

fn trimmed(line: &str) -> &str {
    // A signature's line is "-- ", with its blank; it alone keeps it.
    if line.trim_end_matches('\r') == "-- " { "-- " } else { line.trim_end_matches(|c: char| c.is_whitespace()) }
}

fn is_blank(lines: &[&str]) -> bool {
    lines.iter().all(|line| line.trim().is_empty())
}

fn has_words(text: &str) -> bool {
    text.chars().any(char::is_alphanumeric)
}

/// Lines as a text, with at most one empty line between two others and none at its ends.
fn tidy(lines: &[&str]) -> String {
    let mut out = String::new();
    let mut blanks = 0;
    for line in lines {
        if line.trim().is_empty() {
            blanks += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blanks > 0 { "\n\n" } else { "\n" });
        }
        blanks = 0;
        out.push_str(line);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_above_an_older_mail_is_new() {
        for below in [
            "On Mon, 2 Mar 2026 at 10:00, Desk <desk@nas.example> wrote:\n> 1. ODS code?",
            "On Mon, 2 Mar 2026 at 10:00,\nDesk <desk@nas.example>\nwrote:\n\n> 1. ODS code?\n> 2. Mobile?",
            "-----Original Message-----\nFrom: Desk\nSent: Monday\n\n1. ODS code?",
            "________________________________\nFrom: Desk <desk@nas.example>\nSent: 02 March 2026\nTo: Jo\nSubject: x\n\n1. ODS code?",
            "*From:* Desk\n*Sent:* Monday\n*To:* Jo\n\n1. ODS code?",
            "Le lun. 2 mars 2026, Desk a écrit :\n> 1. ODS code?",
            "Am 2.3.2026 um 10 Uhr schrieb Desk:\n> 1. ODS code?",
            "On 2 Mar 2026, Desk wrote:\n1. ODS code?",
        ] {
            assert_eq!(latest(&format!("It is V12345.\n\nKind regards\nJo\n\n{below}")), "It is V12345.", "{below}");
        }
    }

    #[test]
    fn answers_below_and_between_quotes_stay() {
        let between = "On 2 Mar 2026, Desk wrote:\n> 1. ODS code?\n\n1. V12345\n\n> 2. Mobile?\n2) 07700 900123\n> Bye";
        assert_eq!(latest(between), "1. V12345\n\n2) 07700 900123");
        let below = "> On 2 Mar 2026, Desk wrote:\n> ODS code?\n\nV12345\n\n-- \nJo";
        assert_eq!(latest(below), "V12345");
        let into = "See my answers below in red.\n\nFrom: Desk\nSent: Monday\nTo: Jo\n\n1. ODS code? V12345";
        assert!(latest(into).ends_with("ODS code? V12345"));
        let only = "From: Desk\nSent: Monday\nTo: Jo\n\n1. ODS code?\nV12345";
        assert!(latest(only).ends_with("V12345"));
    }

    #[test]
    fn a_text_without_an_older_mail_stays_as_it_is() {
        for text in [
            "On Monday I wrote:\nplease help",
            "From: where do I log in?",
            "On and on",
            "1. yes\n2. no",
            "________\nno",
            ">",
        ] {
            assert_eq!(latest(text), text);
        }
    }
}
