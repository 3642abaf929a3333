//! A page as it is written while its tags are read: lines, quotes, lists, and the boxes that mail programs draw around
//! signatures and older mails.

use crate::mail::entities;
use crate::mail::lines::{Line, Says, has_words, trimmed};
use crate::mail::marks::{self, Effect};

/// The line that stands where a mail program says that the older mail begins.
pub const ORIGINAL: &str = "-----Original Message-----";

/// More marks than this before a line tell nobody anything.
const MOST_QUOTES: usize = 4;
/// More open boxes than this are no mail that a person writes; what opens beyond has no effect.
const MOST_OPEN: usize = 5_000;
/// The elements that are followed until they close.
const KEPT: [&str; 8] = ["div", "span", "font", "blockquote", "td", "table", "section", "pre"];

/// A list that is open: the next number, or a bullet.
type List = Option<u32>;

/// What has been counted on the line that is being written.
#[derive(Debug, Default)]
struct Tally {
    words: usize,
    coloured: usize,
    signed: usize,
    says: Says,
}

/// The page.
#[derive(Debug, Default)]
pub struct Page {
    lines: Vec<Line>,
    bytes: usize,
    tally: Tally,
    /// Line ends that come before the next word.
    breaks: usize,
    space: bool,
    /// The marks before the line that was written last.
    marked: usize,
    open: Vec<(usize, Effect)>,
    /// How many of each kept element are open.
    counts: [usize; KEPT.len()],
    /// How many open elements have each effect.
    quotes: usize,
    signatures: usize,
    older: usize,
    announces: usize,
    hidden: usize,
    colours: Vec<bool>,
    lists: Vec<List>,
    pre: usize,
    /// Whether an older mail may begin with the next word.
    begins: bool,
    /// Whether what is not shown is left out.
    hides: bool,
}

impl Page {
    /// An empty page.
    pub fn new(hides: bool) -> Self {
        Self { hides, ..Self::default() }
    }

    /// How long it is so far.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// A tag opens.
    pub fn open(&mut self, name: &str, attributes: &str) {
        match name {
            "br" => self.breaks = (self.breaks + 1).min(2),
            "p" if marks::is_single_spaced(attributes) => self.line(1),
            "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" => self.line(2),
            "ul" => self.list(None),
            "ol" => {
                let start = marks::attribute(attributes, "start").and_then(|start| start.trim().parse().ok());
                self.list(Some(start.unwrap_or(1)));
            }
            "li" => self.item(),
            "td" | "th" => self.space = true,
            "img" => self.picture(attributes),
            "pre" => {
                self.line(1);
                self.pre += 1;
            }
            "blockquote" => self.line(1),
            _ if is_block(name) => self.line(1),
            _ => {}
        }
        self.begins |= name == "hr" && marks::is_dividing_rule(attributes);
        let Some(kept) = KEPT.iter().position(|kept| *kept == name) else { return };
        if marks::begins_original(attributes) {
            self.original();
        }
        if self.open.len() < MOST_OPEN {
            let effect = marks::effect(name, attributes);
            self.begins |= marks::may_begin_older(attributes);
            self.open.push((kept, effect));
            self.counts[kept] += 1;
            self.count(effect, true);
        }
    }

    /// A tag closes.
    pub fn close(&mut self, name: &str) {
        if let Some(kept) = KEPT.iter().position(|kept| *kept == name).filter(|&kept| self.counts[kept] > 0) {
            while let Some((open, effect)) = self.open.pop() {
                self.counts[open] -= 1;
                self.count(effect, false);
                if open == kept {
                    break;
                }
            }
        }
        match name {
            "ul" | "ol" => {
                self.lists.pop();
                self.line(1);
            }
            "pre" => {
                self.pre = self.pre.saturating_sub(1);
                self.line(1);
            }
            "blockquote" | "p" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" | "table" => self.line(1),
            _ if is_block(name) => self.line(1),
            _ => {}
        }
    }

    /// Text between tags, entities and all.
    pub fn words(&mut self, raw: &str) {
        if self.hides && self.hidden > 0 {
            return;
        }
        let decoded;
        let text = if raw.contains('&') {
            decoded = entities::decoded(raw);
            &decoded
        } else {
            raw
        };
        if self.pre > 0 {
            for (number, line) in text.split('\n').enumerate() {
                self.breaks = (self.breaks + usize::from(number > 0)).min(2);
                if !line.is_empty() {
                    self.put(line);
                }
            }
            return;
        }
        let blank = |c: char| c != '\u{A0}' && c.is_whitespace();
        self.space |= text.starts_with(blank);
        for word in text.split(blank).filter(|word| !word.is_empty()) {
            if self.space && self.breaks == 0 && self.lines.last().is_some_and(|line| !line.text.ends_with(' ')) {
                self.push(" ");
            }
            self.put(word);
            self.space = true;
        }
        self.space = text.ends_with(blank) || (self.space && text.trim_matches(blank).is_empty());
    }

    /// The lines, without empty ones at either end.
    pub fn finish(mut self) -> Vec<Line> {
        self.seal();
        for line in &mut self.lines {
            let text = line.text.replace('\u{A0}', " ");
            line.text = trimmed(&text).to_owned();
        }
        let is_blank = |line: &Line| line.text.trim().is_empty();
        let first = self.lines.iter().position(|line| !is_blank(line)).unwrap_or(self.lines.len());
        let last = self.lines.iter().rposition(|line| !is_blank(line)).map_or(first, |last| last + 1);
        self.lines.truncate(last);
        self.lines.drain(..first);
        if let Some(line) = self.lines.first_mut() {
            line.text = line.text.trim_start().to_owned();
        }
        self.lines
    }

    fn count(&mut self, effect: Effect, opens: bool) {
        let counter = match effect {
            Effect::Nothing => return,
            Effect::Colour(colour) => {
                if opens {
                    self.colours.push(colour);
                } else {
                    self.colours.pop();
                }
                return;
            }
            Effect::Quote => &mut self.quotes,
            Effect::Signature => &mut self.signatures,
            Effect::Older => &mut self.older,
            Effect::Announces => &mut self.announces,
            Effect::Hidden => &mut self.hidden,
        };
        *counter = if opens { *counter + 1 } else { counter.saturating_sub(1) };
    }

    /// An older mail begins here, in the words of the program.
    fn original(&mut self) {
        let said = self.lines.iter().rev().find(|line| !line.text.trim().is_empty());
        if said.is_none_or(|line| !line.text.ends_with(ORIGINAL)) {
            self.line(2);
            self.put(ORIGINAL);
        }
        self.line(1);
    }

    /// A picture that stands for a letter is one; any other has no words.
    fn picture(&mut self, attributes: &str) {
        let Some(said) = marks::attribute(attributes, "alt") else { return };
        if said.len() <= 24 && !said.is_ascii() && has_words(said) && !said.chars().any(char::is_alphanumeric) {
            self.words(said);
        }
    }

    fn list(&mut self, list: List) {
        self.line(1);
        self.lists.push(list);
    }

    fn item(&mut self) {
        self.line(1);
        let mark = match self.lists.last_mut() {
            Some(Some(number)) => {
                let mark = format!("{number}. ");
                *number = number.saturating_add(1);
                mark
            }
            _ => "- ".into(),
        };
        self.put(&mark);
    }

    fn line(&mut self, breaks: usize) {
        self.breaks = self.breaks.max(breaks);
        self.space = false;
    }

    fn put(&mut self, text: &str) {
        if self.lines.is_empty() || self.breaks > 0 {
            let breaks = if self.lines.is_empty() { 1 } else { self.breaks };
            let marks = self.quotes.min(MOST_QUOTES);
            self.seal();
            for _ in 1..breaks {
                let text = if marks.min(self.marked) > 0 { ">" } else { "" };
                let says = Says { quoted: !text.is_empty(), older: self.older > 0, ..Says::default() };
                self.lines.push(Line { text: text.to_owned(), says });
            }
            self.lines.push(Line { text: "> ".repeat(marks), says: Says::default() });
            self.breaks = 0;
            self.marked = marks;
            self.tally = Tally::default();
        }
        self.push(text);
        let tally = &mut self.tally;
        if text.chars().any(|c| c != '\u{A0}' && !c.is_whitespace()) {
            tally.words += 1;
            tally.coloured += usize::from(self.colours.last() == Some(&true));
            tally.signed += usize::from(self.signatures > 0);
            tally.says.begins |= std::mem::take(&mut self.begins);
            tally.says.announces |= self.announces > 0;
            tally.says.older |= self.older > 0;
            tally.says.quoted |= self.quotes > 0;
        }
        self.space = false;
    }

    fn push(&mut self, text: &str) {
        if let Some(line) = self.lines.last_mut() {
            line.text.push_str(text);
            self.bytes += text.len() + 1;
        }
    }

    /// The line that was being written is done.
    fn seal(&mut self) {
        let tally = std::mem::take(&mut self.tally);
        if let Some(line) = self.lines.last_mut().filter(|_| tally.words > 0) {
            line.says =
                Says { signature: tally.signed == tally.words, coloured: tally.coloured == tally.words, ..tally.says };
        }
    }
}

fn is_block(name: &str) -> bool {
    let blocks = "address article aside body center dd div dl dt fieldset figure footer form header hr html main nav section tbody thead tr";
    blocks.split(' ').any(|block| block == name)
}
