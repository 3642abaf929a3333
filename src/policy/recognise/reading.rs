//! All answers of a message: numbered and labelled ones first, then what can be known by its type alone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use crate::policy::facts::{Datum, FactType, Value};
use crate::policy::flow::FactDecl;
use crate::policy::recognise::marks::{self, Line, Mark, Profile};
use crate::policy::recognise::words::{is_closing, plain, quoted, without_courtesies};
use crate::policy::recognise::{seen, valid};

/// What a message brings for the facts that were asked. It quotes what was written, also of secret facts: whoever
/// shows it must leave those out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reading {
    /// Valid answers, in the order of the questions.
    pub understood: Vec<Understood>,
    /// Answers that are not valid.
    pub not_valid: Vec<NotValid>,
    /// Answers that can belong to several questions, or several answers to one.
    pub unclear: Vec<Unclear>,
}

/// A valid answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Understood {
    /// The fact.
    pub fact: String,
    /// Its value.
    pub value: Value,
    /// The words in which it was found.
    pub words: String,
    /// How it was known to answer this question.
    pub how: How,
}

/// How an answer was known to belong to its question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// It stood behind the question's number.
    Numbered(usize),
    /// It stood behind a label or the repeated question.
    Labelled,
    /// It was the only value of its type, and only one missing fact has that type.
    ByType,
    /// The message held nothing else.
    WholeAnswer,
}

/// An answer that is not valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotValid {
    /// The fact.
    pub fact: String,
    /// What was written, shortened.
    pub written: String,
    /// Why it cannot be taken, in plain words.
    pub because: String,
}

/// Something that must be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unclear {
    /// The facts that it can belong to.
    pub facts: Vec<String>,
    /// What was written, shortened.
    pub written: String,
}

/// More of a message is not read for answers.
const LONGEST: usize = 60_000;

/// Reads the answers of a message to the facts of a letter; question one is the first.
pub fn read_answers(text: &str, asked: &[&FactDecl]) -> Reading {
    Reader::new(asked, None).read(text)
}

/// As [`read_answers`], on a known day: `3 March` is then the one within half a year of today.
pub fn read_answers_on(text: &str, asked: &[&FactDecl], today: Date) -> Reading {
    Reader::new(asked, Some(today)).read(text)
}

struct Reader<'a> {
    asked: &'a [&'a FactDecl],
    today: Option<Date>,
    understood: BTreeMap<usize, Understood>,
    not_valid: BTreeMap<usize, NotValid>,
    unclear: Vec<Unclear>,
}

impl<'a> Reader<'a> {
    fn new(asked: &'a [&'a FactDecl], today: Option<Date>) -> Self {
        Self { asked, today, understood: BTreeMap::new(), not_valid: BTreeMap::new(), unclear: vec![] }
    }

    fn read(mut self, text: &str) -> Reading {
        if self.asked.is_empty() {
            return Reading::default();
        }
        let end = text.char_indices().map(|(at, c)| at + c.len_utf8()).take_while(|end| *end <= LONGEST).last();
        let lines = without_courtesies(text.get(..end.unwrap_or(0)).unwrap_or_default());
        let profiles: Vec<Profile> = self.asked.iter().map(|decl| Profile::of(decl)).collect();
        let marked = marks::marked(&lines, &profiles);
        let left = self.marked_answers(&marked);
        self.whole_answer(&left.iter().map(String::as_str).collect::<Vec<_>>());
        self.by_type(&left.join("\n"));
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
                && let Some(answer) = self.understood.get(&fact)
                && answer.words.len() < line.rest.trim().len()
            {
                around.insert(n, line.rest.replacen(&answer.words, " ", 1));
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
                    self.unclear.push(Unclear { facts: names, written: quoted(line.whole) });
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
            if rest.is_empty() { below.iter().take_while(|line| marks::repeats(line, decl)).count() } else { 0 };
        let (text, used) = match decl.kind {
            FactType::LongText => paragraphs(rest, below, &|line| is_closing(line)),
            FactType::ShortText => paragraphs(rest, below.get(skipped..)?, &str::is_empty),
            _ if rest.is_empty() => (below.get(skipped).map(|line| (*line).to_owned()).unwrap_or_default(), 1),
            _ => (rest.to_owned(), 0),
        };
        let used = (skipped + used).min(below.len());
        if text.trim().is_empty() {
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
            // "My number is not working" names a fact and answers nothing.
            Err(_) if how == How::Labelled && seen::has_a_look(decl.kind) && !looks_meant(&text) => return None,
            Err(because) => self.refuse(fact, &text, because),
        }
        Some(used)
    }

    /// If one fact alone was asked, or is missing and answered by yes, no, a choice or a passcode, the message is it.
    fn whole_answer(&mut self, left: &[&str]) {
        let lines: Vec<&str> = left
            .iter()
            .copied()
            .filter(|line| line.is_empty() || !self.asked.iter().any(|decl| marks::repeats(line, decl)))
            .collect();
        let whole = lines.join("\n").trim().to_owned();
        if whole.is_empty() {
            return;
        }
        let missing = self.missing();
        match (self.asked.len(), missing.as_slice()) {
            (1, [fact]) => self.sole_answer(*fact, &whole),
            _ => {
                let fits: Vec<usize> = missing.into_iter().filter(|fact| self.is_whole(*fact, &whole)).collect();
                match fits.as_slice() {
                    [] => {}
                    [fact] => {
                        if let Ok(value) = self.value(*fact, &whole) {
                            self.understand(*fact, value, &whole, How::WholeAnswer);
                        }
                    }
                    several => {
                        let facts = self.names(several.iter().copied());
                        self.unclear.push(Unclear { facts, written: quoted(&whole) });
                    }
                }
            }
        }
    }

    fn sole_answer(&mut self, fact: usize, whole: &str) {
        let Some(decl) = self.decl(fact) else { return };
        let exact = valid::exact(decl, whole, self.today);
        match (exact, self.value(fact, whole)) {
            (Ok(value), _) => self.understand(fact, value, whole, How::WholeAnswer),
            (Err(_), Ok(value)) => self.understand(fact, value, whole, How::ByType),
            (Err(_), Err(because)) if !self.not_valid.contains_key(&fact) => {
                let several = self.seen_values(fact, whole);
                if several.len() > 1 {
                    let facts = self.names([fact]);
                    self.unclear.extend(several.into_values().map(|written| Unclear { facts: facts.clone(), written }));
                } else {
                    self.refuse(fact, whole, because);
                }
            }
            (Err(_), Err(_)) => {}
        }
    }

    /// Whether a whole message is the answer to a fact that cannot be seen in a longer one.
    fn is_whole(&self, fact: usize, whole: &str) -> bool {
        let short = !whole.contains('\n') && whole.split_whitespace().count() <= 6;
        self.decl(fact).is_some_and(|decl| match decl.kind {
            FactType::YesNo => short && valid::yes_no(whole).is_some(),
            FactType::Choice => decl.choices.iter().any(|choice| plain(choice) == plain(whole)),
            FactType::Code => short && !whole.contains(' ') && self.value(fact, whole).is_ok(),
            _ => false,
        })
    }

    /// Takes what can be known by its type: a value that fits one missing fact, which no other value fits.
    fn by_type(&mut self, text: &str) {
        let known: BTreeSet<Datum> = self.understood.values().map(|answer| answer.value.datum.clone()).collect();
        let missing = self.missing();
        let several_asked = self.asked.len() > 1;
        let mut fits: BTreeMap<Datum, (Vec<usize>, String)> = BTreeMap::new();
        let mut values: BTreeMap<usize, usize> = BTreeMap::new();
        for fact in missing.iter().copied().filter(|_| several_asked) {
            for (datum, written) in self.seen_values(fact, text) {
                if known.contains(&datum) {
                    continue;
                }
                *values.entry(fact).or_default() += 1;
                fits.entry(day_of(datum)).or_insert((vec![], written)).0.push(fact);
            }
        }
        for (facts, written) in fits.into_values() {
            match facts.as_slice() {
                [fact] if values.get(fact) == Some(&1) => {
                    if let Ok(value) = self.value(*fact, &written) {
                        self.understand(*fact, value, &written, How::ByType);
                    }
                }
                several => {
                    let facts = self.names(several.iter().copied().collect::<BTreeSet<usize>>());
                    self.unclear.push(Unclear { facts, written: quoted(&written) });
                }
            }
        }
        for fact in missing.into_iter().filter(|fact| several_asked && !values.contains_key(fact)) {
            self.lookalikes(fact, text);
        }
    }

    /// What looks like a value of a missing fact and is none. It says so only if no other missing fact may be meant.
    fn lookalikes(&mut self, fact: usize, text: &str) {
        let Some(decl) = self.decl(fact) else { return };
        let alike = self
            .missing()
            .into_iter()
            .filter(|other| self.decl(*other).is_some_and(|other| same_look(other.kind, decl.kind)));
        if alike.count() != 1 || self.not_valid.contains_key(&fact) {
            return;
        }
        let taken: BTreeSet<String> = self.understood.values().map(|answer| answer.words.clone()).collect();
        let looks = seen::seen(decl.kind, text, self.today).into_iter().find(|part| !taken.contains(part));
        if let Some(written) = looks
            && let Err(because) = valid::exact(decl, &written, self.today)
        {
            self.refuse(fact, &written, because);
        }
    }

    /// The distinct values for a fact that stand in a text, with the words of each.
    fn seen_values(&self, fact: usize, text: &str) -> BTreeMap<Datum, String> {
        let Some(decl) = self.decl(fact) else { return BTreeMap::new() };
        seen::seen(decl.kind, text, self.today)
            .into_iter()
            .filter_map(|part| valid::exact(decl, &part, self.today).ok().map(|value| (value.datum, part)))
            .collect()
    }

    /// The words of a value that stands in a sentence: `amy@nhs.net` in "amy@nhs.net and the mobile is …".
    fn part_of(&self, fact: usize, text: &str) -> Option<String> {
        let decl = self.decl(fact)?;
        if valid::exact(decl, text, self.today).is_ok() {
            return None;
        }
        self.seen_values(fact, text).into_values().next()
    }

    fn understand(&mut self, fact: usize, value: Value, words: &str, how: How) {
        let Some(decl) = self.decl(fact) else { return };
        match self.understood.get(&fact) {
            Some(before) if before.value != value => {
                let written = format!("{} / {}", quoted(&before.words), quoted(words));
                self.unclear.push(Unclear { facts: vec![decl.name.clone()], written });
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

    fn refuse(&mut self, fact: usize, written: &str, because: String) {
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

    fn decl(&self, fact: usize) -> Option<&'a FactDecl> {
        self.asked.get(fact).copied()
    }

    fn value(&self, fact: usize, written: &str) -> Result<Value, String> {
        self.decl(fact).map_or_else(|| Err(String::new()), |decl| valid::value(decl, written, self.today))
    }

    fn names(&self, facts: impl IntoIterator<Item = usize>) -> Vec<String> {
        facts.into_iter().filter_map(|fact| self.decl(fact)).map(|decl| decl.name.clone()).collect()
    }

    fn is_unclear(&self, name: &str) -> bool {
        self.unclear.iter().any(|unclear| unclear.facts.iter().any(|fact| fact == name))
    }

    /// Facts that are neither understood nor already asked about.
    fn missing(&self) -> Vec<usize> {
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

/// Whether what stands behind a label is meant as a value: a few words, or something with digits or an `@`.
fn looks_meant(text: &str) -> bool {
    text.contains(|c: char| c.is_ascii_digit() || c == '@') || text.split_whitespace().count() <= 2
}

fn same_look(one: FactType, other: FactType) -> bool {
    let mail = |kind| matches!(kind, FactType::Mail | FactType::NhsMail);
    let cqc = |kind| matches!(kind, FactType::CqcLocation | FactType::CqcContact);
    let moment = |kind| matches!(kind, FactType::Date | FactType::DateTime);
    one == other || (mail(one) && mail(other)) || (cqc(one) && cqc(other)) || (moment(one) && moment(other))
}

/// A day with a time is also that day, so the two are told apart by a question and never by a guess.
fn day_of(datum: Datum) -> Datum {
    match datum {
        Datum::DateTime(at) => Datum::Date(at.date()),
        other => other,
    }
}
