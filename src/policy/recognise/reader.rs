//! All answers of a message: numbered and labelled ones first, then what can be known by its type alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::policy::facts::{FactType, Value};
use crate::policy::flow::FactDecl;
use crate::policy::recognise::labels::{self, Profile};
use crate::policy::recognise::lines::telling_lines;
use crate::policy::recognise::marks::{self, Line, Mark};
use crate::policy::recognise::name;
use crate::policy::recognise::reading::{How, NotValid, Reading, Unclear, Understood};
use crate::policy::recognise::seen::{self, Width};
use crate::policy::recognise::valid::{self, is_of_the_writer};
use crate::policy::recognise::words::{is_closing, plain, quoted, without_controls};

/// More of a message is not read for answers.
const LONGEST: usize = 60_000;
/// So many things are asked about at most.
const MOST_UNCLEAR: usize = 20;

pub(super) struct Reader<'a> {
    pub asked: &'a [&'a FactDecl],
    pub today: Option<Date>,
    pub understood: BTreeMap<usize, Understood>,
    pub not_valid: BTreeMap<usize, NotValid>,
    pub unclear: Vec<Unclear>,
    /// The questions and hints, made comparable.
    questions: BTreeSet<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(asked: &'a [&'a FactDecl], today: Option<Date>) -> Self {
        let spoken = asked.iter().flat_map(|decl| [Some(decl.ask.as_str()), decl.hint.as_deref()]).flatten();
        let questions = spoken.map(plain).filter(|question| !question.is_empty()).collect();
        Self { asked, today, understood: BTreeMap::new(), not_valid: BTreeMap::new(), unclear: vec![], questions }
    }

    pub(super) fn read(mut self, text: &str) -> Reading {
        if self.asked.is_empty() {
            return Reading::default();
        }
        let text = without_controls(text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default());
        let lines = telling_lines(&text);
        let profiles: Vec<Profile> = self.asked.iter().map(|decl| Profile::of(decl)).collect();
        let marked = marks::marked(&lines, &profiles);
        let left = self.marked_answers(&marked);
        let left: Vec<&str> = left.iter().map(String::as_str).filter(|line| !self.is_question(line)).collect();
        self.unmarked_answers(&left);
        self.finish()
    }

    /// Takes the answers behind numbers and labels. Gives back what is left: lines without an answer, and of a sentence
    /// that holds one the words around it, for another answer may stand there.
    fn marked_answers(&mut self, lines: &[Line<'_>]) -> Vec<String> {
        let mut used: BTreeSet<usize> = BTreeSet::new();
        let mut around: BTreeMap<usize, String> = BTreeMap::new();
        for (n, line) in lines.iter().enumerate() {
            let (fact, how) = match &line.mark {
                Some(Mark::Number(number)) => (number - 1, How::Numbered(*number)),
                Some(Mark::Label(facts)) => match self.one_of(facts, line) {
                    Some(fact) => (fact, How::Labelled),
                    None => continue,
                },
                None => continue,
            };
            let below = lines.get(n + 1..).unwrap_or_default();
            let below: Vec<&str> = below.iter().take_while(|line| line.mark.is_none()).map(|line| line.whole).collect();
            let taken = self.take(fact, how, line.rest, &below);
            if let Some(taken) = taken {
                used.extend(n..=n + taken);
            }
            if taken == Some(0)
                && let Some(rest) = self.words_around(fact, line.rest)
            {
                around.insert(n, rest);
            }
        }
        lines
            .iter()
            .enumerate()
            .filter_map(|(n, line)| match around.remove(&n) {
                Some(words) => Some(words),
                None => (!used.contains(&n)).then(|| line.whole.to_owned()),
            })
            .collect()
    }

    /// What stands beside an answer in its line; nothing if the line was the answer, or held none.
    fn words_around(&self, fact: usize, rest: &str) -> Option<String> {
        if let Some(answer) = self.understood.get(&fact) {
            return (answer.words.len() < rest.trim().len()).then(|| rest.replacen(&answer.words, " ", 1));
        }
        let decl = self.decl(fact)?;
        let several = seen::seen(decl, rest, self.today, Width::Wide);
        (several.len() > 1).then(|| several.iter().fold(rest.to_owned(), |rest, part| rest.replacen(part, " ", 1)))
    }

    /// The one fact that a label means. If it fits several, it must be told apart by what stands behind it, later.
    fn one_of(&mut self, facts: &[usize], line: &Line<'_>) -> Option<usize> {
        if let [only] = facts {
            return Some(*only);
        }
        let fitting: Vec<usize> = facts.iter().copied().filter(|fact| self.value(*fact, line.rest).is_ok()).collect();
        match fitting.as_slice() {
            [only] => Some(*only),
            several => {
                let without_a_look = several
                    .iter()
                    .copied()
                    .filter(|fact| !self.decl(*fact).is_some_and(|decl| seen::has_a_look(decl.kind)));
                let names = self.names(without_a_look);
                if !names.is_empty() {
                    self.ask_about(names, line.whole);
                }
                None
            }
        }
    }

    /// Takes one marked answer: what stands behind the mark, or below it. Gives back how many lines below were used;
    /// `None` if the line holds no answer after all.
    fn take(&mut self, fact: usize, how: How, rest: &str, below: &[&str]) -> Option<usize> {
        let decl = self.decl(fact)?;
        let skipped =
            if rest.is_empty() { below.iter().take_while(|line| labels::repeats(line, decl)).count() } else { 0 };
        let (text, used) = match decl.kind {
            FactType::LongText => paragraphs(rest, below, &|line| is_closing(line)),
            FactType::ShortText => paragraphs(rest, below.get(skipped..)?, &str::is_empty),
            _ if rest.is_empty() => (below.get(skipped).map(|line| (*line).to_owned()).unwrap_or_default(), 1),
            _ => (rest.to_owned(), 0),
        };
        let used = (skipped + used).min(below.len());
        if text.trim().is_empty() || self.is_question(&text) {
            // A number or a question with nothing behind it is a question left open.
            return Some(0);
        }
        let (value, used) = match self.value(fact, &text) {
            Ok(value) => (Ok(value), used),
            Err(because) if used == 0 => {
                // "My address is" in one line, the address in the next.
                let (longer, more) = paragraphs(rest, below, &str::is_empty);
                self.value(fact, &longer).map_or((Err(because), 0), |value| (Ok(value), more))
            }
            Err(because) => (Err(because), used),
        };
        match value {
            Ok(value) => {
                let words = self.part_of(fact, &text).unwrap_or(text);
                self.understand(fact, value, &words, how);
            }
            // An ODS code behind "CQC location ID": said so, and taken for what it is if that was asked too.
            Err(because) if seen::another(decl.kind, &text).is_some() => {
                self.refuse(fact, &text, because);
                return None;
            }
            // "My number is not working" names a fact and answers nothing.
            Err(_) if how == How::Labelled && may_be_prose(decl.kind) && !looks_meant(&text) => return None,
            Err(because) => self.refuse(fact, &text, because),
        }
        Some(used)
    }

    /// Whether a line only repeats one of the questions.
    fn is_question(&self, line: &str) -> bool {
        !line.is_empty() && self.questions.contains(&plain(line))
    }

    /// The words of a value that stands in a sentence: `amy@nhs.net` in "amy@nhs.net and the mobile is …".
    fn part_of(&self, fact: usize, text: &str) -> Option<String> {
        let decl = self.decl(fact)?;
        if decl.kind == FactType::Name {
            return name::name(text, is_of_the_writer(decl)).ok().map(|(_, words)| words.to_owned());
        }
        if valid::exact(decl, text, self.today).is_ok() {
            return None;
        }
        self.seen_values(fact, text, Width::Wide).into_values().next()
    }

    pub(super) fn understand(&mut self, fact: usize, value: Value, words: &str, how: How) {
        let Some(decl) = self.decl(fact) else { return };
        match self.understood.get(&fact) {
            Some(before) if before.value != value => {
                let written = format!("{} / {}", quoted(&before.words), quoted(words));
                self.ask_about(vec![decl.name.clone()], &written);
                self.understood.remove(&fact);
            }
            Some(_) => {}
            None if self.is_unclear(&decl.name) && how != How::ByType => {}
            None => {
                let words = words.trim().to_owned();
                self.understood.insert(fact, Understood { fact: decl.name.clone(), value, words, how });
            }
        }
    }

    /// Notes that it must be asked which of the facts was meant, or which of the values.
    pub(super) fn ask_about(&mut self, facts: Vec<String>, written: &str) {
        if self.unclear.len() < MOST_UNCLEAR {
            self.unclear.push(Unclear { facts, written: quoted(written) });
        }
    }

    pub(super) fn refuse(&mut self, fact: usize, written: &str, because: String) {
        if let Some(decl) = self.decl(fact) {
            let refused = NotValid { fact: decl.name.clone(), written: quoted(written), because };
            self.not_valid.entry(fact).or_insert(refused);
        }
    }

    fn finish(self) -> Reading {
        let Reader { understood, mut not_valid, unclear, .. } = self;
        not_valid.retain(|fact, _| !understood.contains_key(fact));
        Reading {
            understood: understood.into_values().collect(),
            not_valid: not_valid.into_values().collect(),
            unclear,
        }
    }

    pub(super) fn decl(&self, fact: usize) -> Option<&'a FactDecl> {
        self.asked.get(fact).copied()
    }

    pub(super) fn value(&self, fact: usize, written: &str) -> Result<Value, String> {
        self.decl(fact).map_or_else(|| Err(String::new()), |decl| valid::value(decl, written, self.today))
    }

    pub(super) fn names(&self, facts: impl IntoIterator<Item = usize>) -> Vec<String> {
        facts.into_iter().filter_map(|fact| self.decl(fact)).map(|decl| decl.name.clone()).collect()
    }

    fn is_unclear(&self, name: &str) -> bool {
        self.unclear.iter().any(|unclear| unclear.facts.iter().any(|fact| fact == name))
    }

    /// Facts that are neither understood nor already asked about.
    pub(super) fn missing(&self) -> Vec<usize> {
        let open = |fact: &usize| {
            !self.understood.contains_key(fact) && self.decl(*fact).is_some_and(|decl| !self.is_unclear(&decl.name))
        };
        (0..self.asked.len()).filter(open).collect()
    }
}

/// What stands behind a mark with the lines below it, up to one that ends it; and how many of them.
fn paragraphs(rest: &str, below: &[&str], ends: &dyn Fn(&str) -> bool) -> (String, usize) {
    let more: Vec<&str> = below.iter().copied().take_while(|line| !ends(line)).collect();
    let text = std::iter::once(rest).chain(more.iter().copied()).collect::<Vec<_>>().join("\n");
    (text.trim().to_owned(), more.len())
}

/// Whether a sentence may name the fact and say something else of it.
fn may_be_prose(kind: FactType) -> bool {
    seen::has_a_look(kind) || kind == FactType::Name
}

/// Whether what stands behind a label is meant as a value: a few words, or something with digits or an `@`.
fn looks_meant(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit() || c == '@') || text.split_whitespace().count() <= 2
}
