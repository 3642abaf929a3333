//! What is newly written in a mail: without the older mails in it, without signature, banner and small print.
//!
//! A pure function of the lines of a mail, linear in their length. When in doubt, words stay: a cut that would leave
//! nothing is not made, answers within a quote stay with the question above them, and whatever is folded is kept in the
//! whole text of the mail.

use std::ops::Range;

use crate::mail::announce;
use crate::mail::field_block;
use crate::mail::lines::{self, Line, Says, has_words};
use crate::mail::older::{self, Kind};
use crate::mail::sender::Sender;
use crate::mail::signature::{self, Fold};
use crate::mail::signoff;
use crate::mail::subject;

/// A mail as far as it matters for what is new in it.
#[derive(Debug, Clone, Copy)]
pub struct Parsed<'a> {
    /// The lines of its text.
    pub lines: &'a [Line],
    /// Its subject.
    pub subject: &'a str,
    /// What its sender is called.
    pub name: Option<&'a str>,
    /// Its sender's address.
    pub address: &'a str,
    /// Whether it answers or passes on another mail, by its fields or its subject.
    pub answers: bool,
}

/// What is new in a mail.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Latest {
    /// The new words, answers below the questions that they belong to.
    pub text: String,
    /// The same without the words of those questions: of each, its number is left.
    pub own: String,
    /// What was folded away, each kind once.
    pub folded: Vec<Fold>,
    /// The mail that was passed on with it.
    pub inner: Option<Forwarded>,
}

/// A mail that somebody passed on. Its words are those of its own author, and nothing in it proves who that is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forwarded {
    /// Whom it says it is from.
    pub from: String,
    /// Its subject.
    pub subject: String,
    /// What is new in it.
    pub text: String,
    /// Whether it came as an attachment: then people may read it, and nothing is ever done because of it.
    pub attached: bool,
}

/// What is new in a mail of which only its subject and its text are known.
pub fn of_text(subject: &str, text: &str) -> Latest {
    let lines = lines::of_text(text);
    latest(&Parsed { lines: &lines, subject, name: None, address: "", answers: true })
}

/// What is new in a mail.
pub fn latest(mail: &Parsed<'_>) -> Latest {
    let (mut latest, kinds) = cut(mail);
    latest.inner = inner(mail, &kinds);
    if latest.inner.is_some() && !says_anything(mail, &kinds) {
        latest.text.clear();
        latest.own.clear();
    }
    latest
}

/// What is new in a mail, whatever it passes on.
fn cut(mail: &Parsed<'_>) -> (Latest, Vec<Kind>) {
    let texts: Vec<&str> = mail.lines.iter().map(|line| line.text.as_str()).collect();
    let mut kinds = older::kinds(mail, &texts);
    let mut kept: Vec<&str> = texts.clone();
    pasted_letters(&texts, &mut kinds);
    let sender = Sender::new(mail.name, mail.address);
    for stretch in stretches(&kinds) {
        let lines: Vec<&Line> = mail.lines[stretch.clone()].iter().collect();
        let above = stretch.start > 0 && is_older(kinds[stretch.start - 1]);
        let below = kinds.get(stretch.end).is_some_and(|kind| is_older(*kind));
        let folds = signature::folds(&lines, &sender, above, below);
        if let Some((line, byte)) = folds.cut {
            let at = stretch.start + line;
            kept[at] = kept[at].get(..byte).unwrap_or(kept[at]);
        }
        for (kind, fold) in kinds[stretch].iter_mut().zip(folds.kinds) {
            if let Some(fold) = fold {
                *kind = Kind::Folded(fold);
            }
        }
    }
    let (mut text, mut own) = composed(&kept, &kinds);
    let older = kinds.iter().position(|kind| is_older(*kind));
    let top = older.map(|older| composed(&kept[..older], &kinds[..older]).0).unwrap_or_default();
    if !has_words(&text) {
        text = or_else(mail, &texts, &kinds);
        own.clone_from(&text);
    } else if text == top && top.len() < 300 && older::says_below(&top) && kinds.iter().any(|kind| is_older(*kind)) {
        // The answers are in the older mail and cannot be told from it: all of it stays.
        text = whole(&texts, &kinds, true);
        own.clone_from(&text);
    }
    let mut folded: Vec<Fold> = kinds.iter().filter_map(|kind| fold_of(*kind)).collect();
    folded.sort_unstable();
    folded.dedup();
    (Latest { text, own, folded, inner: None }, kinds)
}

fn is_older(kind: Kind) -> bool {
    matches!(kind, Kind::Quote | Kind::Older | Kind::Announce | Kind::Answered)
}

fn fold_of(kind: Kind) -> Option<Fold> {
    match kind {
        Kind::New | Kind::Answered => None,
        Kind::Announce | Kind::Quote | Kind::Older => Some(Fold::Quote),
        Kind::Folded(fold) => Some(fold),
    }
}

/// Whether anything new stands in the mail, be it no more than a sign-off.
fn says_anything(mail: &Parsed<'_>, kinds: &[Kind]) -> bool {
    let says = |(line, kind): (&Line, &Kind)| match kind {
        Kind::New | Kind::Answered => has_words(&line.text),
        _ => false,
    };
    mail.lines.iter().zip(kinds).any(says)
}

/// A letter of ours that was pasted into a mail without any mark, below new words.
fn pasted_letters(texts: &[&str], kinds: &mut [Kind]) {
    for end in 0..texts.len() {
        if kinds[end] != Kind::New || !older::is_end_of_letter(texts[end]) {
            continue;
        }
        let Some(start) = older::start_of_letter(texts, end) else { continue };
        let new_above = (0..start).any(|at| kinds[at] == Kind::New && has_words(texts[at]));
        if new_above && kinds[start..end].iter().all(|kind| *kind == Kind::New) {
            let rest = texts[end..].iter().take(3).take_while(|text| !text.trim().is_empty()).count();
            kinds[start..end + rest].fill(Kind::Older);
        }
    }
}

/// Unbroken stretches of new lines.
fn stretches(kinds: &[Kind]) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, kind) in kinds.iter().enumerate() {
        // A banner breaks no stretch: it stands in somebody's words.
        if !matches!(kind, Kind::New | Kind::Folded(_)) {
            continue;
        }
        match found.last_mut().filter(|last| last.end == at) {
            Some(last) => last.end = at + 1,
            None => found.push(at..at + 1),
        }
    }
    found
}

/// The kept lines in their order, each answer below the question that it belongs to; and the same with no more of each
/// question than its number.
fn composed(texts: &[&str], kinds: &[Kind]) -> (String, String) {
    let has_new = |range: &Range<usize>| range.clone().any(|at| kinds[at] == Kind::New && has_words(texts[at]));
    let first_old = kinds.iter().position(|kind| is_older(*kind)).unwrap_or(kinds.len());
    let new: Vec<Range<usize>> = stretches(kinds).into_iter().filter(has_new).collect();
    let below = new.iter().filter(|stretch| stretch.start > first_old).count();
    let goes_on = |from: usize| {
        let quote = (from..kinds.len()).find(|&at| is_older(kinds[at]) && has_words(texts[at]));
        quote.is_some_and(|at| kinds[at] != Kind::Announce)
    };
    let between = below > 1 || new.last().is_some_and(|last| below == 1 && goes_on(last.end));
    let mut out: Vec<(String, bool)> = Vec::new();
    let mut stretch = new.iter().peekable();
    for at in 0..kinds.len() {
        if stretch.peek().is_some_and(|next| next.start == at) {
            let range = stretch.next().cloned().unwrap_or_default();
            out.push((String::new(), false));
            if between && range.start > first_old {
                out.extend(question_above(texts, kinds, range.start).into_iter().map(|line| (line, true)));
            }
            out.extend(range.filter(|&at| kinds[at] == Kind::New).map(|at| (texts[at].to_owned(), false)));
            out.push((String::new(), false));
        } else if kinds[at] == Kind::Answered {
            out.push((texts[at].to_owned(), true));
        }
    }
    let text: Vec<&str> = out.iter().map(|(line, _)| line.as_str()).collect();
    let own =
        out.iter().filter_map(|(line, question)| if *question { older::answer_of(line) } else { Some(line.clone()) });
    (tidy(&text), tidy(&own.collect::<Vec<_>>()))
}

/// The quoted paragraph right above an answer, each line with a mark.
fn question_above(texts: &[&str], kinds: &[Kind], at: usize) -> Vec<String> {
    const MOST: usize = 12;
    let content = |at: usize| texts[at].trim_start_matches(['>', ' ']).trim();
    let mut lines = Vec::new();
    let mut at = at;
    while at > 0 && content(at - 1).is_empty() {
        at -= 1;
    }
    while at > 0
        && lines.len() < MOST
        && matches!(kinds[at - 1], Kind::Quote | Kind::Older)
        && !content(at - 1).is_empty()
    {
        at -= 1;
        let text = texts[at];
        lines.push(if text.starts_with('>') { text.to_owned() } else { format!("> {text}") });
    }
    lines.reverse();
    lines
}

/// What stays when nothing is new by the marks: a sign-off that says thank you, or an older mail that may have answers in it.
fn or_else(mail: &Parsed<'_>, texts: &[&str], kinds: &[Kind]) -> String {
    let signed: Vec<&str> = (0..texts.len())
        .filter(|&at| {
            kinds[at] == Kind::New || (kinds[at] == Kind::Folded(Fold::Signature) && !mail.lines[at].says.signature)
        })
        .map(|at| texts[at])
        .collect();
    let said = tidy(&signed);
    let thanks = signed.iter().any(|line| signoff::closing(line) == Some(signoff::SignOff::Thanks));
    let unmarked = (0..texts.len()).any(|at| kinds[at] == Kind::Older && has_words(texts[at]));
    if unmarked && !thanks { whole(texts, kinds, false) } else { said }
}

/// All but what announces an older mail, what machines added and, save `with_quotes`, what is marked as a quote.
fn whole(texts: &[&str], kinds: &[Kind], with_quotes: bool) -> String {
    let stays = |kind: Kind| match kind {
        Kind::New | Kind::Answered | Kind::Older => true,
        Kind::Quote => with_quotes,
        Kind::Announce | Kind::Folded(_) => false,
    };
    let lines: Vec<&str> = texts.iter().zip(kinds).filter(|(_, kind)| stays(**kind)).map(|(text, _)| *text).collect();
    tidy(&lines)
}

/// The mail that is passed on, when one is.
fn inner(mail: &Parsed<'_>, kinds: &[Kind]) -> Option<Forwarded> {
    let first = kinds.iter().position(|kind| matches!(kind, Kind::Announce | Kind::Quote | Kind::Older))?;
    let passed_on = subject::forwards(mail.subject);
    let texts: Vec<&str> = mail.lines[first..].iter().take(40).map(|line| line.text.as_str()).collect();
    // The announcement may stand a line or two below a rule or the edge of a box.
    let (skipped, found) =
        (0..texts.len().min(6)).find_map(|skip| Some((skip, announce::announcement(&texts[skip..], true)?)))?;
    if !(found.forwards || passed_on) {
        return None;
    }
    let fields = &texts[skipped..(skipped + found.length).min(texts.len())];
    let from = field_block::field(fields, false).unwrap_or_default();
    let subject = field_block::field(fields, true).unwrap_or_default();
    let content = unquoted(&mail.lines[(first + skipped + found.length).min(mail.lines.len())..]);
    let name = from.split(['<', '[', '(']).next().map(|name| name.trim_matches(['"', '\'', ' ']));
    let address = from.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map_or("", |(address, _)| address);
    let parsed = Parsed {
        lines: &content,
        subject: &subject,
        name: name.filter(|name| !name.is_empty()),
        address,
        answers: subject::answers(&subject),
    };
    let text = cut(&parsed).0.text;
    (has_words(&text)).then_some(Forwarded { from, subject, text, attached: false })
}

/// The lines of a mail that is passed on, as they were before: one mark less, and out of their box.
fn unquoted(lines: &[Line]) -> Vec<Line> {
    let bare = |line: &Line| {
        let text =
            line.text.strip_prefix('>').map_or(line.text.as_str(), |rest| rest.strip_prefix(' ').unwrap_or(rest));
        Line {
            text: text.to_owned(),
            says: Says { older: false, quoted: text.starts_with('>'), begins: line.says.begins, ..Says::default() },
        }
    };
    lines.iter().map(bare).collect()
}

/// Lines as a text, with at most one empty line between two others and none at its ends.
fn tidy<T: AsRef<str>>(lines: &[T]) -> String {
    let mut out = String::new();
    let mut blanks = 0;
    for line in lines {
        let line = line.as_ref();
        if line.trim().is_empty() {
            blanks += 1;
            continue;
        }
        if !out.is_empty() {
            out.push_str(if blanks > 0 { "\n\n" } else { "\n" });
        }
        blanks = 0;
        out.push_str(line.trim_end());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(text: &str) -> String {
        of_text("", text).text
    }

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
            assert_eq!(new(&format!("It is V12345.\n\nKind regards\nJo\n\n{below}")), "It is V12345.", "{below}");
        }
    }

    #[test]
    fn answers_below_and_between_quotes_stay() {
        let between = "On 2 Mar 2026, Desk wrote:\n> 1. ODS code?\n\n1. V12345\n\n> 2. Mobile?\n2) 07700 900123\n> Bye";
        assert_eq!(new(between), "> 1. ODS code?\n\n1. V12345\n\n> 2. Mobile?\n2) 07700 900123");
        let below = "> On 2 Mar 2026, Desk wrote:\n> ODS code?\n\nV12345\n\n-- \nJo";
        assert_eq!(new(below), "V12345");
        let into = "See my answers below in red.\n\nFrom: Desk\nSent: Monday\nTo: Jo\n\n1. ODS code? V12345";
        assert!(new(into).ends_with("ODS code? V12345"));
        let only = "From: Desk\nSent: Monday\nTo: Jo\n\n1. ODS code?\nV12345";
        assert!(new(only).ends_with("V12345"));
    }

    #[test]
    fn a_text_without_an_older_mail_stays_as_it_is() {
        for text in [
            "On Monday I wrote:\nplease help",
            "From: where do I log in?",
            "On and on",
            "1. yes\n2. no",
            "________\nno",
        ] {
            assert_eq!(new(text), text);
        }
    }
}
