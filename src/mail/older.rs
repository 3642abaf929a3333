//! Which lines of a mail are older mail: quotes with marks, boxes of mail programs, and everything below an announcement
//! until our own letter ends or the mail does.

use crate::mail::announce::{self, Announcement};
use crate::mail::latest::Parsed;
use crate::mail::lines::{Line, has_words};
use crate::mail::signature::Fold;
use crate::mail::{banner, signoff};

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Newly written.
    New,
    /// What announces an older mail.
    Announce,
    /// A quoted line.
    Quote,
    /// A quoted line with an answer at its end.
    Answered,
    /// A line of an older mail without marks.
    Older,
    /// Folded away for another reason.
    Folded(Fold),
}

/// What each line of a mail is, as far as older mails and banners go.
pub fn kinds(mail: &Parsed<'_>, texts: &[&str]) -> Vec<Kind> {
    let mut finder = Finder {
        mail,
        texts,
        kinds: banners(texts, mail.lines),
        running: false,
        quoting: false,
        announced: false,
        later: None,
    };
    let mut at = 0;
    while at < texts.len() {
        at = finder.step(at).max(at + 1);
    }
    finder.kinds
}

struct Finder<'a> {
    mail: &'a Parsed<'a>,
    texts: &'a [&'a str],
    kinds: Vec<Kind>,
    /// Within an older mail without marks, which runs to its end.
    running: bool,
    /// Within a quote with marks.
    quoting: bool,
    /// Whether something was announced already.
    announced: bool,
    /// Whether something is announced anywhere; sought once.
    later: Option<bool>,
}

impl Finder<'_> {
    /// Tells what the line at `at` is, and perhaps some after it. The next line to look at.
    fn step(&mut self, at: usize) -> usize {
        let line = &self.mail.lines[at];
        let text = self.texts[at];
        if self.kinds[at] != Kind::New {
            return at + 1;
        }
        if self.running || line.says.older {
            return self.within(at);
        }
        if text.trim().is_empty() {
            return at + 1;
        }
        if text.starts_with('>') {
            self.quoted(at);
            return at + 1;
        }
        self.quoting = false;
        match self.announcement(at) {
            Some(found) => self.announce(at, found),
            None => at + 1,
        }
    }

    fn within(&mut self, at: usize) -> usize {
        let line = &self.mail.lines[at];
        if self.running
            && !line.says.older
            && let Some(length) = end_of_letter(&self.texts[at..])
        {
            self.kinds[at..at + length].fill(Kind::Older);
            self.running = false;
            return at + length;
        }
        self.kinds[at] = if self.is_own(at) { Kind::New } else { Kind::Older };
        at + 1
    }

    /// A line within an older mail that its reader wrote: in a colour or with a mark of its own.
    fn is_own(&self, at: usize) -> bool {
        let line = &self.mail.lines[at];
        (line.says.coloured || has_own_mark(&line.text)) && {
            let said = self.said_above(at);
            says_below(&said) || (line.says.coloured && !has_words(&said))
        }
    }

    /// What is new above the older mail, its first words.
    fn said_above(&self, at: usize) -> String {
        const MOST: usize = 400;
        let mut said = String::new();
        for (text, kind) in self.texts.iter().zip(&self.kinds).take(at) {
            match kind {
                Kind::New if said.len() < MOST && !banner::is_device_line(text) => {
                    said.push_str(text);
                    said.push(' ');
                }
                Kind::New | Kind::Folded(_) => {}
                _ => break,
            }
        }
        said
    }

    /// A line that begins with `>`: a quote, or an arrow in a person's own list.
    fn quoted(&mut self, at: usize) {
        let line = &self.mail.lines[at];
        if !self.quoting {
            let follows_words = at > 0 && self.kinds[at - 1] == Kind::New && !self.texts[at - 1].trim().is_empty();
            let arrow = follows_words && !self.announced && (!self.mail.answers || self.is_announced_later());
            let known = self.mail.answers || self.announced || self.announcement(at).is_some();
            self.quoting = line.says.quoted || (known && !arrow);
        }
        if self.quoting {
            self.kinds[at] = if is_answered(self.texts[at]) { Kind::Answered } else { Kind::Quote };
        }
    }

    fn is_announced_later(&mut self) -> bool {
        if self.later.is_none() {
            let announced = |at: usize| !self.texts[at].starts_with('>') && self.announcement(at).is_some();
            self.later = Some((0..self.texts.len()).any(announced));
        }
        self.later == Some(true)
    }

    fn announcement(&self, at: usize) -> Option<Announcement> {
        let end = self.texts.len().min(at + 16);
        let says = self.mail.lines[at].says;
        announce::announcement(&self.texts[at..end], says.begins).or_else(|| {
            let length = self.mail.lines[at..end].iter().take_while(|line| line.says.announces).count();
            (length > 0).then_some(Announcement { length, weak: false, forwards: false })
        })
    }

    fn announce(&mut self, at: usize, found: Announcement) -> usize {
        let after = (at + found.length).min(self.texts.len());
        let next = (after..self.texts.len()).find(|&next| !self.texts[next].trim().is_empty());
        let marked = next.is_some_and(|next| self.texts[next].starts_with('>'));
        if found.weak && !marked && next.is_some() && !self.mail.answers {
            return at + 1;
        }
        self.kinds[at..after].fill(Kind::Announce);
        self.announced = true;
        self.running = !marked && next.is_some_and(|next| !self.mail.lines[next].says.older);
        after
    }
}

/// Banners stand where a gateway put them: above all, or above an older mail.
fn banners(texts: &[&str], lines: &[Line]) -> Vec<Kind> {
    let mut within = 0;
    let of = |(text, line): (&&str, &Line)| {
        if line.says.quoted || line.says.older {
            Kind::New
        } else if banner::is_banner(text) {
            within = 3;
            Kind::Folded(Fold::Banner)
        } else if text.trim().is_empty() {
            within = 0;
            Kind::New
        } else if within > 0 && banner::is_banner_rest(text) {
            within -= 1;
            Kind::Folded(Fold::Banner)
        } else {
            within = 0;
            Kind::New
        }
    };
    texts.iter().zip(lines).map(of).collect()
}

/// The end of a letter of ours: the line with its reference, and the rest of that paragraph.
fn end_of_letter(texts: &[&str]) -> Option<usize> {
    let first = texts.first()?;
    if !is_end_of_letter(first) {
        return None;
    }
    let asked = |text: &&&str| text.to_lowercase().contains("keep it in the subject");
    let goes_on = texts.iter().take(2).any(|text| asked(&text)) && !first.trim_end().ends_with('.');
    let more = texts.iter().skip(1).take(2).take_while(|text| goes_on && !text.trim().is_empty());
    Some(1 + more.take_while(|text| text.len() < 80).count().min(1))
}

/// "Your reference is CD-….", with or without a mark before it.
pub fn is_end_of_letter(text: &str) -> bool {
    let text = text.trim_start_matches(['>', ' ']);
    let Some(rest) = text.strip_prefix("Your reference is ") else { return false };
    let word = rest.split([' ', '.', ',']).next().unwrap_or_default();
    // Whether it is a real one does not matter here.
    word.len() >= 8
        && word.contains('-')
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Where a letter of ours begins that was pasted without marks and ends at `end`: at its greeting.
pub fn start_of_letter(texts: &[&str], end: usize) -> Option<usize> {
    const MOST: usize = 80;
    let from = end.saturating_sub(MOST);
    (from..end).rev().find(|&at| {
        let text = texts[at].trim();
        let greets = ["Hello ", "Hello,", "Dear "].iter().any(|greeting| text.starts_with(greeting));
        greets && text.ends_with(',') && text.len() < 80 && (at == 0 || texts[at - 1].trim().is_empty())
    })
}

/// "See my answers below".
pub fn says_below(said: &str) -> bool {
    if said.len() > 500 {
        return false;
    }
    let said = said.to_lowercase();
    let below = [
        "below",
        "inline",
        "in line",
        "in-line",
        "in between",
        "underneath",
        "in red",
        "in blue",
        "in bold",
        "in green",
        "in capitals",
        "in purple",
        "in colour",
        "next to",
        "under each",
        "beside",
    ];
    let answers = [
        "answer",
        "reply",
        "replies",
        "replied",
        "response",
        "comment",
        "detail",
        "see ",
        "filled",
        "completed",
        "added",
        "in red",
        "in blue",
        "in green",
        "in purple",
        "info",
        "as below",
        "please find",
    ];
    below.iter().any(|word| said.contains(word)) && answers.iter().any(|word| said.contains(word))
}

/// A mark that a person puts before their own words in an older mail.
fn has_own_mark(text: &str) -> bool {
    const MARKS: [&str; 11] = [">>", "->", "-->", "=>", "==>", "**", "##", "@@", "++", "==", "~~"];
    let text = text.trim_start();
    MARKS.iter().any(|mark| text.starts_with(mark)) && has_words(text) && !text.ends_with("**")
}

/// A numbered question of ours with an answer typed at its end.
fn is_answered(text: &str) -> bool {
    let bare = text.trim_start_matches(['>', ' ']);
    signoff::is_numbered(bare) && answered_at_end(bare).is_some()
}

/// The words behind the question mark of a question.
fn answered_at_end(question: &str) -> Option<&str> {
    let (_, tail) = question.split_once('?')?;
    let tail = tail.trim();
    // What stands in brackets behind a question is ours: "(yes or no)".
    let tail = if tail.starts_with('(') { tail.split_once(')').map_or("", |(_, tail)| tail.trim()) } else { tail };
    has_words(tail).then_some(tail)
}

/// What a quoted question leaves in a person's own words: its number, and the answer typed at its end.
pub fn answer_of(text: &str) -> Option<String> {
    let bare = text.trim_start_matches(['>', ' ']);
    if !signoff::is_numbered(bare) {
        return None;
    }
    let number: String = bare.chars().take_while(char::is_ascii_digit).collect();
    Some(format!("{number}. {}", answered_at_end(bare).unwrap_or_default()).trim_end().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_on_the_lines_of_questions_are_seen() {
        assert!(is_answered("> 1. Which account? jo@nhs.net"));
        assert!(is_answered("> 3. Are they the owner? (yes or no) yes"));
        assert!(!is_answered("> 3. Are they the owner? (yes or no)"));
        assert!(!is_answered("> Can you help? I am stuck"));
    }

    #[test]
    fn the_end_of_a_letter_of_ours_is_known() {
        let end = |text: &str| end_of_letter(&text.split('\n').collect::<Vec<_>>());
        assert_eq!(
            end(
                "Your reference is CD-7KQ4-M2NX. Please keep it in the subject when you\nwrite to us.\n\nIt is V12345."
            ),
            Some(2)
        );
        assert_eq!(end("Your reference is CD-7KQ4-M2NX.\n\nIt is V12345."), Some(1));
        assert_eq!(end("My reference is CD-7KQ4-M2NX."), None);
    }
}
