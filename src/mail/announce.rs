//! How an older mail is announced: "On Monday Jo wrote:", a dashed heading, or a block of its fields, in the languages
//! that mail programs speak.

use crate::mail::field_block::field_block;
use crate::mail::page::ORIGINAL;

/// What announces an older mail, and how many lines it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Announcement {
    /// Its lines.
    pub length: usize,
    /// Whether the words alone could be a person's, so that only marked lines below them are a quote.
    pub weak: bool,
    /// Whether it says that the mail is passed on.
    pub forwards: bool,
}

/// The announcement that begins with the first of these lines, if one does. `marked` says that the mail program drew a
/// line there.
pub fn announcement(lines: &[&str], marked: bool) -> Option<Announcement> {
    let first = bare(lines.first()?);
    if first.is_empty() || first.len() > 500 {
        return None;
    }
    if let Some(forwards) = heading(first) {
        let after = 1 + blanks(&lines[1..]);
        let fields = lines.get(after..).and_then(|rest| field_block(rest, true)).map(|length| after + length);
        // Dashes with a word between them are an author's, too; a program's are followed by fields.
        let known = first == ORIGINAL || first.ends_with(':') || known_heading(first);
        return (known || fields.is_some()).then_some(Announcement {
            length: fields.unwrap_or(1),
            weak: false,
            forwards,
        });
    }
    if is_rule(first) {
        let after = 1 + blanks(&lines[1..]);
        let length = field_block(lines.get(after..)?, true)?;
        return Some(Announcement { length: after + length, weak: false, forwards: false });
    }
    if let Some(length) = field_block(lines, marked) {
        return Some(Announcement { length, weak: false, forwards: false });
    }
    attribution(lines)
}

fn blanks(lines: &[&str]) -> usize {
    lines.iter().take(3).take_while(|line| bare(line).is_empty()).count()
}

/// A line without quote marks, bold marks and space around it.
pub fn bare(line: &str) -> &str {
    line.trim_start_matches(['>', ' ', '\t', '\u{A0}']).trim_end().trim_matches('*').trim()
}

/// "On Monday Jo wrote:", over up to four lines.
fn attribution(lines: &[&str]) -> Option<Announcement> {
    const BEGINNINGS: [&str; 22] = [
        "On ",
        "Le ",
        "Am ",
        "El ",
        "Il ",
        "Ar ",
        "Op ",
        "W dniu ",
        "Dnia ",
        "Em ",
        "În ",
        "Pe data ",
        "La data ",
        "Den ",
        "Quoting ",
        "Zitat von ",
        "Citando ",
        "A ",
        "Dne ",
        "Em seg",
        "Ddydd ",
        "Ddiwrnod ",
    ];
    let first = bare(lines.first()?);
    let first = first.trim_start_matches(['-', ' ']);
    let starts = BEGINNINGS.iter().any(|beginning| first.starts_with(beginning))
        || (tells_when(first) || first.contains('@')) && first.len() < 200;
    if !starts {
        return None;
    }
    let mut joined = String::new();
    for (count, line) in lines.iter().take(4).enumerate() {
        let line = bare(line);
        if line.is_empty() || joined.len() + line.len() > 500 {
            return None;
        }
        joined.push_str(line);
        if line.ends_with(':') && says_wrote(&joined) {
            let who = joined.contains('@');
            let when = tells_when(&joined);
            let begins = BEGINNINGS.iter().any(|beginning| first.starts_with(beginning));
            return (who || (when && begins)).then_some(Announcement {
                length: count + 1,
                weak: !(who && when),
                forwards: false,
            });
        }
        joined.push(' ');
    }
    None
}

/// Whether a text says, in some language, that somebody wrote; at its end, or in German before the name.
fn says_wrote(joined: &str) -> bool {
    const VERBS: [&str; 27] = [
        "wrote",
        "writes",
        "a écrit",
        "schrieb",
        "escribió",
        "escribio",
        "ha scritto",
        "scrisse",
        "ysgrifennodd",
        "schreef",
        "napisał(a)",
        "napisał",
        "napisała",
        "napisal",
        "pisze",
        "escreveu",
        "a scris",
        "skrev",
        "kirjoitti",
        "написал",
        "написала",
        "пише",
        "írta",
        "έγραψε",
        "yazdı",
        "rašė",
        "rakstīja",
    ];
    let said = joined.to_lowercase();
    let said = said.trim_end_matches([':', ' ', '\u{A0}']);
    VERBS.iter().any(|verb| said.ends_with(verb))
        || said.contains(" schrieb ")
        || said.contains(" schreef ")
        || ["quoting ", "zitat von ", "citando "].iter().any(|start| said.starts_with(start))
}

/// Whether a text holds a year, a time of day or a date in figures.
pub fn tells_when(text: &str) -> bool {
    let digits = |piece: &str| !piece.is_empty() && piece.bytes().all(|byte| byte.is_ascii_digit());
    text.split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | 'T')).any(|word| {
        let word = word.trim_matches(['.', ':']);
        (digits(word) && word.len() == 4 && (word.starts_with("19") || word.starts_with("20")))
            || [':', '.', 'h', '/', '-'].iter().any(|mark| {
                let pieces: Vec<&str> = word.splitn(4, *mark).collect();
                (2..=3).contains(&pieces.len()) && pieces.iter().all(|piece| digits(piece) && piece.len() <= 4)
            })
    })
}

/// A heading of dashes: Some when it is one, and whether it says that a mail is passed on.
fn heading(line: &str) -> Option<bool> {
    const FORWARDS: [&str; 14] = [
        "begin forwarded message:",
        "begin forwarded message :",
        "anfang der weitergeleiteten nachricht:",
        "anfang der weitergeleiteten e-mail:",
        "début du message réexpédié :",
        "début du message transféré :",
        "inicio del mensaje reenviado:",
        "inizio messaggio inoltrato:",
        "begin doorgestuurd bericht:",
        "início da mensagem encaminhada:",
        "početak prosleđene poruke:",
        "rozpoczęcie wiadomości przekazanej dalej:",
        "dechrau neges a anfonwyd ymlaen:",
        "vidarebefordrat brev:",
    ];
    let dashed = line.starts_with("--") && line.ends_with("--");
    if !dashed && (!line.ends_with(':') || line.len() > 60) {
        return None;
    }
    let said = line.to_lowercase();
    if FORWARDS.contains(&said.as_str()) {
        return Some(true);
    }
    let inner = line.trim_matches(['-', ' ', '_']);
    if !dashed || inner.is_empty() || inner.len() > 60 || inner.contains('?') {
        return None;
    }
    let said = inner.to_lowercase();
    let forwards = [
        "forward",
        "weitergeleitet",
        "transféré",
        "réexpédié",
        "reenviado",
        "inoltrato",
        "doorgestuurd",
        "encaminhada",
        "przekazan",
        "redirecționat",
        "ymlaen",
    ];
    Some(forwards.iter().any(|word| said.contains(word)))
}

fn known_heading(line: &str) -> bool {
    const KNOWN: [&str; 18] = [
        "original message",
        "forwarded message",
        "ursprüngliche nachricht",
        "originalnachricht",
        "message d'origine",
        "message d’origine",
        "message original",
        "mensaje original",
        "original appointment",
        "reply message",
        "neges wreiddiol",
        "messaggio originale",
        "oorspronkelijk bericht",
        "mensagem original",
        "oryginalna wiadomość",
        "wiadomość oryginalna",
        "mesaj original",
        "weitergeleitete nachricht",
    ];
    KNOWN.contains(&line.trim_matches(['-', ' ', '_']).to_lowercase().as_str())
}

/// A rule as some programs draw it above an older mail.
pub fn is_rule(line: &str) -> bool {
    line.len() >= 10 && line.bytes().all(|byte| byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(text: &str) -> Option<usize> {
        announcement(&text.split('\n').collect::<Vec<_>>(), false).map(|found| found.length)
    }

    #[test]
    fn older_mails_are_announced_in_many_ways() {
        for (text, lines) in [
            ("On Mon, 2 Mar 2026 at 10:00, Desk <desk@nas.example> wrote:\n> x", 1),
            ("On Mon, 2 Mar 2026 at 10:00,\nDesk <desk@nas.example>\nwrote:\n\n> x", 3),
            ("wt., 3 mar 2026 o 10:22 Desk <desk@nas.example> napisał(a):", 1),
            ("În mar., 3 mar. 2026 la 10:22, Desk <desk@nas.example> a scris:", 1),
            ("Am 22.09.2026 um 10:10 schrieb Desk:", 1),
            ("-----Original Message-----\nFrom: Desk\nSent: Monday\nTo: Jo\nSubject: x\n\nhello", 5),
            ("________________________________\nDe la: D <d@x.example>\nTrimis: marți, 3 martie 2026\nCătre: Jo", 4),
            ("Von: Desk\nGesendet: Montag\nAn: Jo\nBetreff: x\nHello", 4),
            ("*From:* Desk\n*Sent:* Monday\n*To:* Jo", 3),
            ("> Begin forwarded message:\n>\n> From: Jo\n> Subject: x\n> Date: 2 June 2026\n>\n> hi", 5),
        ] {
            assert_eq!(length(text), Some(lines), "{text}");
        }
    }

    #[test]
    fn words_of_a_person_announce_nothing() {
        for text in [
            "On Monday she wrote:\nthat it had not come",
            "From: my manager\nWhen: last Tuesday\nSubject: she wants it too",
            "From: Jo Smith\nTo: Ann Brown\nDate: Monday",
            "-- unlock for Ruta --",
            "Date: 3 July\nTo: Ann",
            "On and on",
        ] {
            assert_eq!(length(text), None, "{text}");
        }
    }
}
