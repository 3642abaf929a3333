//! The block of fields above an older mail, as mail programs write it in their languages: who, when, to whom, about what.

use crate::mail::announce::{bare, tells_when};

const FROM: [&str; 14] = [
    "from",
    "von",
    "de",
    "van",
    "od",
    "oddi wrth",
    "da",
    "de la",
    "från",
    "fra",
    "expéditeur",
    "lähettäjä",
    "gan",
    "от",
];
const WHEN: [&str; 17] = [
    "sent",
    "date",
    "gesendet",
    "datum",
    "envoyé",
    "enviado",
    "anfonwyd",
    "wysłano",
    "data",
    "trimis",
    "inviato",
    "verzonden",
    "skickat",
    "sendt",
    "dyddiad",
    "fecha",
    "lähetetty",
];
const TO: [&str; 14] =
    ["to", "cc", "bcc", "an", "à", "para", "at", "do", "către", "catre", "a", "aan", "till", "reply-to"];
const SUBJECT: [&str; 12] = [
    "subject",
    "betreff",
    "objet",
    "asunto",
    "pwnc",
    "temat",
    "subiect",
    "oggetto",
    "onderwerp",
    "assunto",
    "ämne",
    "emne",
];

/// The fields of an older mail: how many lines they take. With a rule, a heading or a drawn line above them, any names
/// will do that look like fields; without, only known ones.
pub fn field_block(lines: &[&str], introduced: bool) -> Option<usize> {
    const MOST: usize = 9;
    let mut seen = [0_usize; 4];
    let (mut last, mut shaped, mut address, mut date, mut sent) = (0, 0, false, false, false);
    for (at, line) in lines.iter().take(MOST).enumerate() {
        let line = bare(line);
        if line.is_empty() || (at >= last + 3 && at > 0) {
            break;
        }
        let Some((name, value)) = line.split_once(':') else {
            // A field may run over several lines, but none begins without its name.
            if at == 0 {
                return None;
            }
            continue;
        };
        let name = name.trim_matches(['*', ' ', '\u{A0}']);
        if name.len() > 20 || name.is_empty() || name.chars().any(|c| c.is_ascii_digit()) {
            continue;
        }
        let name = name.to_lowercase();
        let kind = [&FROM[..], &WHEN, &TO, &SUBJECT].iter().position(|names| names.contains(&name.as_str()));
        // Without anything above it, the block begins with its sender.
        if at == 0 && !introduced && kind != Some(0) {
            return None;
        }
        if kind.is_some() || introduced {
            address |= value.contains('@');
            // People write "Date:", too, but nobody writes "Sent:" into a list of their own.
            sent |= kind == Some(1) && !["date", "data", "datum", "fecha"].contains(&name.as_str());
            date |= tells_when(value);
            shaped += 1;
            last = at + 1;
        }
        if let Some(kind) = kind {
            seen[kind] += 1;
        }
    }
    let others = seen[1..].iter().filter(|&&count| count > 0).count();
    let known = seen[0] > 0 && others >= 2 && (seen[3] > 0 || sent || (seen[1] > 0 && (address || introduced || date)));
    let unknown = introduced && shaped >= 3 && address && date;
    let few = introduced && seen[0] > 0 && others >= 1;
    (known || unknown || few).then_some(last.max(1))
}

/// The value of the sender's field, or the subject's, within an announcement.
pub fn field(lines: &[&str], subject: bool) -> Option<String> {
    let names: &[&str] = if subject { &SUBJECT } else { &FROM };
    lines.iter().find_map(|line| {
        let line = bare(line);
        let (name, value) = line.split_once(':')?;
        let name = name.trim_matches(['*', ' ', '\u{A0}']).to_lowercase();
        let value = value.trim_matches(['*', ' ', '\t', '\u{A0}']).trim();
        (names.contains(&name.as_str()) && !value.is_empty()).then(|| value.to_owned())
    })
}
