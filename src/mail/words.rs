//! The new words of a mail in both of its forms, and whether the two say the same.

use std::collections::HashSet;

use crate::mail::address;
use crate::mail::body::{self, Body};
use crate::mail::gate::Limits;
use crate::mail::headers::{self, Headers};
use crate::mail::latest::{self, Forwarded, Latest, Parsed};
use crate::mail::lines::{self, Line, has_words};
use crate::mail::signature::Fold;
use crate::mail::structure::{self, Part};
use crate::mail::subject;

/// Who says they wrote a mail, and about what.
#[derive(Debug, Clone, Copy)]
pub struct Sender<'a> {
    /// The address.
    pub address: &'a str,
    /// The name.
    pub name: Option<&'a str>,
    /// The mail's subject.
    pub subject: &'a str,
}

/// What was newly written.
#[derive(Debug, Clone, Default)]
pub struct Said {
    /// The words, answers below the questions that they belong to.
    pub text: String,
    /// The same without the words of those questions.
    pub own: String,
    /// What was folded away.
    pub folded: Vec<Fold>,
    /// What was passed on.
    pub forwarded: Option<Forwarded>,
    /// Whether the two forms of the mail say different things.
    pub differs: bool,
}

/// The new words of a mail. Its HTML form knows more about quotes and signatures; where the two forms do not say the
/// same, the plain one is taken, because it hides nothing.
pub fn new_words(sender: &Sender<'_>, refers: bool, body: &Body) -> Said {
    let of = |lines: &[Line]| {
        latest::latest(&Parsed {
            lines,
            subject: sender.subject,
            name: sender.name,
            address: sender.address,
            answers: refers || subject::answers(sender.subject),
        })
    };
    let plain_lines = lines::of_text(&body.text);
    let Some(rich_lines) = body.rich.as_deref() else { return of_form(of(&plain_lines), false) };
    let rich = of(rich_lines);
    let rich_text = lines::text(rich_lines);
    if rich_text == body.text {
        return of_form(rich, false);
    }
    let plain = of(&plain_lines);
    let differs = differ(&plain, &rich, &body.text, &rich_text);
    let take_plain = differs || (!has_words(&rich.text) && has_words(&plain.text) && rich.inner.is_none());
    of_form(if take_plain { plain } else { rich }, differs)
}

/// Both forms of a mail that says different things in them, for the person who looks.
pub fn both_forms(body: &Body) -> String {
    let rich = body.rich.as_deref().map(lines::text).unwrap_or_default();
    format!("{}\n\n[The HTML form of this mail says something else:]\n\n{rich}", body.text)
}

/// The first mail that is attached, read as one that is passed on: for people to read, and never a command.
pub fn attached_mail(raw: &[u8], parts: &[Part], limits: &Limits) -> Option<Forwarded> {
    let part = parts.iter().find(|part| !part.within_mail && structure::is_mail(&part.content))?;
    let inner = part.bytes(raw);
    let headers = Headers::scan(&inner, limits).ok()?;
    let parts = structure::parts(&inner, headers.block, headers.body_at, limits).ok()?;
    let body = body::read(&inner, &parts, limits).ok()?;
    let (_, from, subject) = headers::glimpse(&inner);
    let (from, subject) = (from.unwrap_or_default(), subject.unwrap_or_default());
    let address = address::only_address(&from).unwrap_or_default();
    let name = from.split('<').next().map(|name| name.trim_matches(['"', ' ']));
    let sender = Sender { address: &address, name, subject: &subject };
    let text = new_words(&sender, headers.refers(), &body).text;
    lines::has_words(&text).then_some(Forwarded { from, subject, text, attached: true })
}

fn of_form(latest: Latest, differs: bool) -> Said {
    Said { text: latest.text, own: latest.own, folded: latest.folded, forwarded: latest.inner, differs }
}

/// Whether something was newly written in one form that stands nowhere in the other. One odd word in each may be the
/// one that matters; odd words on one side only must be several, because programs write out links and pictures.
fn differ(plain: &Latest, rich: &Latest, plain_text: &str, rich_text: &str) -> bool {
    let odd = |new: &str, whole: &str| {
        let known: HashSet<String> = pieces(whole).collect();
        let all: Vec<String> = pieces(new).collect();
        (all.iter().filter(|piece| !known.contains(*piece)).count(), all.len())
    };
    let (only_plain, plain_words) = odd(&plain.text, rich_text);
    let (only_rich, rich_words) = odd(&rich.text, plain_text);
    let several = |odd: usize, all: usize| odd >= 3 && odd * 5 > all;
    (only_plain > 0 && only_rich > 0) || several(only_plain, plain_words) || several(only_rich, rich_words)
}

/// The letters and digits of a text, word by word, without links and pictures.
fn pieces(text: &str) -> impl Iterator<Item = String> {
    let is_link = |word: &str| {
        word.contains("://") || word.contains("cid:") || word.starts_with("[image") || word.contains("mailto:")
    };
    text.split_whitespace().filter(move |word| !is_link(word)).flat_map(|word| {
        word.split(|c: char| !c.is_alphanumeric()).filter(|piece| !piece.is_empty()).map(str::to_lowercase)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn differs(plain: &str, rich: &str) -> bool {
        let body = Body { text: plain.into(), rich: Some(lines::of_text(rich)), ..Body::default() };
        let sender = Sender { address: "jo@care.example", name: None, subject: "x" };
        new_words(&sender, false, &body).differs
    }

    #[test]
    fn forms_that_say_the_same_do_not_differ() {
        assert!(!differs("Hello Jo,\n\n1. V12345\nhttps://x.example", "Hello Jo,\n1. V12345\nclick"));
        assert!(!differs("*Hello* there", "Hello there"));
        assert!(differs("please cancel", "please approve"));
        assert!(differs("", "please approve this request now"));
    }
}
