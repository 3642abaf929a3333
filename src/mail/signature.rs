//! What ends a person's words: the sign-off, the name, the block below it, and the small print. Nothing is cut that reads
//! like a sentence, an answer or a list.

use crate::mail::banner;
use crate::mail::footer;
use crate::mail::lines::{Line, has_words};
use crate::mail::sender::Sender;
use crate::mail::signoff::{self, SignOff};

/// Why a line is folded away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fold {
    /// Older mail, or what announces it.
    Quote,
    /// A sign-off with what belongs to it.
    Signature,
    /// Small print and other lines that every mail of a house carries.
    SmallPrint,
    /// A warning that a gateway put in.
    Banner,
    /// "Sent from my iPhone".
    Device,
}

/// Of a stretch of new words: why each line is folded, if it is, and where within a line small print begins.
#[derive(Debug, Default)]
pub struct Folds {
    /// One for each line.
    pub kinds: Vec<Option<Fold>>,
    /// A line that is kept up to a byte.
    pub cut: Option<(usize, usize)>,
}

/// Finds what is to be folded in a stretch of new words.
///
/// `above` and `below` say where older mail stands. Below one all of it may be small print; between two a name is an
/// answer.
pub fn folds(lines: &[&Line], sender: &Sender, above: bool, below: bool) -> Folds {
    let mut folds = Folds { kinds: vec![None; lines.len()], cut: None };
    devices(lines, &mut folds);
    armour(lines, &mut folds);
    marked(lines, &mut folds);
    delimiter(lines, &mut folds);
    sign_offs(lines, sender, &mut folds);
    small_print(lines, &mut folds, above);
    small_print_in_a_line(lines, &mut folds);
    // Under small print there may have been a sign-off or a name that is the last word only now.
    sign_offs(lines, sender, &mut folds);
    if !(above && below) {
        own_name(lines, sender, &mut folds);
    }
    borders(lines, &mut folds);
    folds
}

fn devices(lines: &[&Line], folds: &mut Folds) {
    for (line, kind) in lines.iter().zip(&mut folds.kinds) {
        if banner::is_device_line(&line.text) {
            *kind = Some(Fold::Device);
        }
    }
}

/// The wrapping of a text that is signed by PGP.
fn armour(lines: &[&Line], folds: &mut Folds) {
    let ends = lines.iter().any(|line| line.text.trim() == "-----END PGP SIGNATURE-----");
    let mut within = false;
    for (line, kind) in lines.iter().zip(&mut folds.kinds) {
        let text = line.text.trim();
        within |= ends && text == "-----BEGIN PGP SIGNATURE-----";
        let heads = text == "-----BEGIN PGP SIGNED MESSAGE-----"
            || text.strip_prefix("Hash: ").is_some_and(|hash| hash.starts_with("SHA"));
        if within || heads {
            *kind = Some(Fold::Signature);
        }
        within &= text != "-----END PGP SIGNATURE-----";
    }
}

/// What the mail program itself marks as a signature, save what can only be said by a person.
fn marked(lines: &[&Line], folds: &mut Folds) {
    for (line, kind) in lines.iter().zip(&mut folds.kinds).filter(|(line, _)| line.says.signature) {
        if !signoff::is_numbered(&line.text)
            && !line.text.trim_end().ends_with('?')
            && !signoff::is_postscript(&line.text)
        {
            kind.get_or_insert(Fold::Signature);
        }
    }
}

/// "-- " on a line of its own, down to a postscript.
fn delimiter(lines: &[&Line], folds: &mut Folds) {
    const MOST: usize = 25;
    let is_delimiter = |line: &&Line| matches!(line.text.as_str(), "-- " | "--" | "—");
    let Some(at) = lines.iter().position(is_delimiter) else { return };
    let strict = lines[at].text == "-- ";
    let below = lines[at + 1..].iter().filter(|line| has_words(&line.text)).count();
    let says_more = |line: &&Line| signoff::is_numbered(&line.text) || (!strict && line.text.trim_end().ends_with('?'));
    if below > MOST && !strict || lines[at + 1..].iter().any(says_more) {
        return;
    }
    for (line, kind) in lines.iter().zip(&mut folds.kinds).skip(at) {
        if signoff::is_postscript(&line.text) {
            break;
        }
        kind.get_or_insert(Fold::Signature);
    }
}

/// Where the lines that are still a person's stand: not folded, with something on them.
fn open_lines(lines: &[&Line], folds: &Folds) -> Vec<usize> {
    let is_open = |at: &usize| folds.kinds[*at].is_none() && !lines[*at].text.trim().is_empty();
    (0..lines.len()).filter(is_open).collect()
}

fn sign_offs(lines: &[&Line], sender: &Sender, folds: &mut Folds) {
    let open = open_lines(lines, folds);
    let closings: Vec<Option<SignOff>> = open.iter().map(|&at| signoff::closing(&lines[at].text)).collect();
    if closings.iter().all(Option::is_none) {
        return;
    }
    let fits = |number: usize| closings[number].is_some() || signoff::fits_signature(&lines[open[number]].text);
    let fits: Vec<bool> = (0..open.len()).map(fits).collect();
    let first_said = open.iter().position(|&at| has_words(&lines[at].text)).unwrap_or(open.len());
    // A mail has a few of them; in a text of thousands none ends anything.
    const MOST: usize = 300;
    let (mut number, mut tries) = (0, 0);
    while number < open.len() && tries < MOST {
        let Some(kind) = closings[number] else {
            number += 1;
            continue;
        };
        tries += 1;
        let end = block_end(&fits, number + 1);
        // All that there is stays: the answer may be "Thanks".
        if first_said < number && ends_the_mail(lines, &open, number, end, kind, sender) {
            fold(folds, open[number], open.get(end).copied().unwrap_or(lines.len()), Fold::Signature);
            number = end;
        } else {
            number += 1;
        }
    }
}

/// The end of the block below a sign-off: lines that can stand in a signature, not too many.
fn block_end(fits: &[bool], from: usize) -> usize {
    const MOST: usize = 16;
    from + fits.iter().skip(from).take(MOST).take_while(|fits| **fits).count()
}

fn ends_the_mail(lines: &[&Line], open: &[usize], number: usize, end: usize, kind: SignOff, sender: &Sender) -> bool {
    let text = |number: usize| lines[open[number]].text.as_str();
    let block: Vec<&str> = (number + 1..end).map(text).collect();
    if signoff::is_list(&block) {
        return false;
    }
    let names = |line: &str| sender.signs(line) || signoff::is_name(line) || signoff::closing(line).is_some();
    let named = kind == SignOff::Named || block.first().is_some_and(|line| names(line));
    let Some(rest) = open.get(end).map(|&at| lines[at].text.as_str()) else {
        return block.is_empty() || named || kind == SignOff::Regards && signoff::is_contact(block[0]);
    };
    if block.is_empty() && kind != SignOff::Named {
        return signoff::is_postscript(rest) || is_print(lines, open[end]);
    }
    // What comes after the block is the author's again, or small print: a line apart, or told by its words.
    let apart = open[end] > open[end - 1] + 1;
    named && (apart || signoff::is_postscript(rest) || is_print(lines, open[end]) || rest.len() > 40)
}

fn is_print(lines: &[&Line], at: usize) -> bool {
    let line = lines[at].text.as_str();
    footer::is_border(line) || footer::begins_small_print(line, &paragraph(lines, at), true)
}

/// A line and those after it, up to the next empty one.
fn paragraph(lines: &[&Line], at: usize) -> String {
    let mut joined = String::new();
    for line in lines[at..].iter().take(14).take_while(|line| !line.text.trim().is_empty()) {
        if joined.len() > 1_500 {
            break;
        }
        joined.push_str(&line.text);
        joined.push(' ');
    }
    joined
}

fn small_print(lines: &[&Line], folds: &mut Folds, above: bool) {
    let (mut said, mut signed) = (above, above);
    let mut at = 0;
    while at < lines.len() {
        let line = lines[at].text.as_str();
        match folds.kinds[at] {
            Some(Fold::Signature) => signed = true,
            Some(_) => {}
            None if line.trim().is_empty() => {}
            None if footer::is_long_border(line) && is_print_below(lines, at) => {
                folds.kinds[at] = Some(Fold::SmallPrint);
            }
            None if (said || signed)
                && may_print(line)
                && footer::begins_small_print(line, &paragraph(lines, at), signed) =>
            {
                at = run_on(lines, folds, at);
                continue;
            }
            None => said |= has_words(line),
        }
        at += 1;
    }
}

/// A cheap first look: small print is not short, and no list.
fn may_print(line: &str) -> bool {
    line.len() >= 8 && !signoff::is_numbered(line) && !signoff::is_postscript(line)
}

fn is_print_below(lines: &[&Line], at: usize) -> bool {
    let below = (at + 1..lines.len()).find(|&below| !lines[below].text.trim().is_empty());
    below.is_none_or(|below| footer::begins_small_print(&lines[below].text, &paragraph(lines, below), true))
}

/// Small print runs on to the end, or to words that only a person would write. Where it ends.
fn run_on(lines: &[&Line], folds: &mut Folds, from: usize) -> usize {
    for (at, line) in lines.iter().enumerate().skip(from) {
        let (line, says) = (line.text.as_str(), line.says);
        let fresh = at > from && (line.trim_end().ends_with('?') || signoff::is_postscript(line) || says.coloured);
        let personal = at > from && footer::is_personal(&line.to_lowercase());
        if fresh || personal {
            return at;
        }
        folds.kinds[at].get_or_insert(Fold::SmallPrint);
    }
    lines.len()
}

/// Small print that runs on in the author's own line.
fn small_print_in_a_line(lines: &[&Line], folds: &mut Folds) {
    for at in open_lines(lines, folds) {
        let rest = paragraph(lines, at + 1);
        let Some(byte) = footer::small_print_within(&lines[at].text, &rest) else { continue };
        folds.cut = Some((at, byte));
        let end = (at + 1..lines.len()).find(|&below| lines[below].text.trim().is_empty()).unwrap_or(lines.len());
        fold(folds, at + 1, end, Fold::SmallPrint);
        return;
    }
}

/// The sender's name on the last line, or above a block that says who they are.
fn own_name(lines: &[&Line], sender: &Sender, folds: &mut Folds) {
    const MOST: usize = 8;
    let open = open_lines(lines, folds);
    let text = |number: usize| lines[open[number]].text.as_str();
    let earliest = open.len().saturating_sub(MOST).max(1);
    let found = (earliest..open.len()).find(|&number| {
        let block: Vec<&str> = (number + 1..open.len()).map(text).collect();
        let before = text(number - 1).trim_end();
        // Right below a question or a label a name is an answer.
        let asked = before.ends_with('?') && open[number] == open[number - 1] + 1;
        let is_answer = asked || before.ends_with(':') || before.starts_with('>');
        sender.signs(text(number))
            && !is_answer
            && block.iter().all(|line| signoff::fits_signature(line))
            && !signoff::is_list(&block)
    });
    if let Some(number) = found.filter(|&number| open[..number].iter().any(|&at| has_words(&lines[at].text))) {
        fold(folds, open[number], lines.len(), Fold::Signature);
    }
}

/// Rules of dashes and stars at the edge of what is folded go with it.
fn borders(lines: &[&Line], folds: &mut Folds) {
    let mut last = true;
    for at in (0..lines.len()).rev() {
        let line = lines[at].text.as_str();
        if folds.kinds[at].is_some() {
            last = true;
        } else if last && footer::is_border(line) {
            folds.kinds[at] = Some(Fold::SmallPrint);
        } else if !line.trim().is_empty() {
            last = false;
        }
    }
}

fn fold(folds: &mut Folds, from: usize, to: usize, kind: Fold) {
    for slot in folds.kinds.iter_mut().take(to).skip(from) {
        slot.get_or_insert(kind);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mail::lines;

    fn cut(text: &str) -> String {
        let lines = lines::of_text(text);
        let lines: Vec<&Line> = lines.iter().collect();
        let folds = folds(&lines, &Sender::new(Some("Jo Smith"), "jo.smith@care.example"), false, false);
        let kept =
            lines.iter().zip(&folds.kinds).filter(|(_, kind)| kind.is_none()).map(|(line, _)| line.text.as_str());
        kept.collect::<Vec<_>>().join("\n").trim().to_owned()
    }

    #[test]
    fn signatures_are_cut() {
        let signed = [
            "-- \nJo Smith\nManager",
            "Kind regards\n\nJo Smith\nCare manager\nMobile: 07700 900123",
            "Regards, Jo",
            "Many thanks\nJo Smith\n01632 960123",
            "Thanks,\nJo",
            "Best wishes Jo Smith",
            "Thx x",
            "Viele Grüße\nJo",
            "Yours,\nJo",
            "Jo",
            "Jo Smith\nCare manager\n01632 960123",
            "Sent from my iPhone",
            "Get Outlook for iOS<https://aka.example/x>",
            "Thanks",
            "Kind regards\n\n[cid:image001.png]\nAnn Other\nNurse",
            "Many thanks\n\nKind regards\n\nAnn Other",
            "Kind regards\nJo\n\n********************************************\n\nThis message may contain confidential information.\nIf you are not the intended recipient please:\ni) inform the sender",
            "Regards\nJo\nPlease note my working days are Monday to Wednesday.",
            "This email and any files transmitted with it are confidential.",
        ];
        for signature in signed {
            assert_eq!(cut(&format!("Please help me.\n\n{signature}")), "Please help me.", "{signature}");
        }
    }

    #[test]
    fn words_after_a_thank_you_stay() {
        for text in [
            "Hello\n\nThanks\n\n1. V12345\n2. 07700 900123",
            "Hi\nThanks\nmy mobile is 07700 900123",
            "Hi\nMany thanks\nCan you also help Sam?",
            "Hi\nThank you\nODS code: V12345",
            "Hi\nRegards\n07700 900123",
            "Please add\nThanks\nAnn Lee 07700 900123\nBo Ray 07700 900124",
            "Thanks for the help, it is V12345",
            "Hi\nRegards\n1) yes",
            "Who is the owner?\nJo Smith",
        ] {
            assert_eq!(cut(text), text, "{text}");
        }
        assert_eq!(cut("Hi\nRegards\nJo\nPS it is V12345"), "Hi\nPS it is V12345");
        assert_eq!(
            cut("Hi\nRegards\nJo\n\nThe code came in the end, it is V12345."),
            "Hi\nThe code came in the end, it is V12345."
        );
    }
}
