//! Answers without a mark: a message that is nothing but the answer, and values that are known by their type alone.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::facts::{Datum, FactType};
use crate::policy::recognise::reader::Reader;
use crate::policy::recognise::reading::How;
use crate::policy::recognise::seen::{self, Width};
use crate::policy::recognise::valid::{self, is_of_the_writer};
use crate::policy::recognise::words::plain;
use crate::policy::recognise::yes_no;

impl Reader<'_> {
    /// Reads what is left of a message when its marked answers are taken out.
    pub(super) fn unmarked_answers(&mut self, left: &[&str]) {
        let whole = left.join("\n").trim().to_owned();
        if whole.is_empty() {
            return;
        }
        self.second_thoughts(left);
        match (self.asked.len(), self.missing().as_slice()) {
            (1, [fact]) => self.sole_answer(*fact, &whole),
            (1, _) => {}
            _ => {
                self.short_answer(&whole);
                self.introduction(&whole);
                self.by_type(&whole);
                self.rest_of_it(&whole);
            }
        }
    }

    /// `or 07700 900222 if that does not work`, below an answer that is taken already.
    fn second_thoughts(&mut self, left: &[&str]) {
        let begins_with_or = |line: &str| ["or ", "or, "].iter().any(|or| line.to_lowercase().starts_with(or));
        for line in left.iter().filter(|line| begins_with_or(line)) {
            for fact in self.understood.keys().copied().collect::<Vec<usize>>() {
                let others = self.seen_values(fact, line, Width::Wide);
                if let Some((_, written)) = others.into_iter().next()
                    && let Ok(value) = self.value(fact, &written)
                {
                    self.understand(fact, value, &written, How::ByType);
                }
            }
        }
    }

    /// Yes, no, a choice or a passcode may be all that a message says.
    fn short_answer(&mut self, whole: &str) {
        let fits: Vec<usize> = self.missing().into_iter().filter(|fact| self.is_whole(*fact, whole)).collect();
        match fits.as_slice() {
            [] => {}
            [fact] => {
                if let Ok(value) = self.value(*fact, whole) {
                    self.understand(*fact, value, whole, How::WholeAnswer);
                }
            }
            several => {
                let facts = self.names(several.iter().copied());
                self.ask_about(facts, whole);
            }
        }
    }

    /// `My name is Amy Field and …`
    fn introduction(&mut self, text: &str) {
        let is_own_name =
            |fact: &usize| self.decl(*fact).is_some_and(|decl| decl.kind == FactType::Name && is_of_the_writer(decl));
        let facts: Vec<usize> = self.missing().into_iter().filter(is_own_name).collect();
        let mut names = seen::introduced(text);
        names.dedup();
        match (facts.as_slice(), names.as_slice()) {
            ([fact], [name]) => {
                if let Ok(value) = self.value(*fact, name) {
                    self.understand(*fact, value, name, How::Labelled);
                }
            }
            ([fact], [_, ..]) => {
                let facts = self.names([*fact]);
                self.ask_about(facts, &names.join(" / "));
            }
            _ => {}
        }
    }

    /// Yes or no beside values that are known by their type: "yes, V12345".
    fn rest_of_it(&mut self, whole: &str) {
        let is_yes_no = |fact: &usize| self.decl(*fact).is_some_and(|decl| decl.kind == FactType::YesNo);
        let open: Vec<usize> = self.missing().into_iter().filter(is_yes_no).collect();
        let [fact] = open.as_slice() else { return };
        let taken = self.understood.values().filter(|answer| answer.how == How::ByType);
        let rest = taken.fold(whole.to_owned(), |rest, answer| rest.replacen(&answer.words, "\n", 1));
        let mut said = rest
            .split(['\n', ',', ';'])
            .map(|part| part.trim_matches(|c: char| !c.is_alphanumeric()))
            .filter(|part| !part.is_empty());
        if let (Some(only), None) = (said.next(), said.next())
            && yes_no::is_bare(only)
            && let Ok(value) = self.value(*fact, only)
        {
            self.understand(*fact, value, only, How::WholeAnswer);
        }
    }

    fn sole_answer(&mut self, fact: usize, whole: &str) {
        let Some(decl) = self.decl(fact) else { return };
        let exact = valid::exact(decl, whole, self.today);
        match (exact, self.value(fact, whole)) {
            (Ok(value), _) => self.understand(fact, value, whole, How::WholeAnswer),
            (Err(_), Ok(value)) => self.understand(fact, value, whole, How::ByType),
            (Err(_), Err(because)) if !self.not_valid.contains_key(&fact) => {
                let several = self.seen_values(fact, whole, Width::Wide);
                if several.len() > 1 {
                    for written in several.into_values() {
                        let facts = self.names([fact]);
                        self.ask_about(facts, &written);
                    }
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
            FactType::YesNo => short && yes_no::yes_no(whole).is_some(),
            FactType::Choice => decl.choices.iter().any(|choice| plain(choice) == plain(whole)),
            FactType::Code => short && !whole.contains(' ') && self.value(fact, whole).is_ok(),
            _ => false,
        })
    }

    /// Takes what can be known by its type: a value that fits one missing fact, which no other value fits; or as many
    /// values as facts, if they fit in one way only.
    fn by_type(&mut self, text: &str) {
        let known: BTreeSet<Datum> = self.understood.values().map(|answer| answer.value.datum.clone()).collect();
        let missing = self.missing();
        let mut fits: BTreeMap<Datum, Fit> = BTreeMap::new();
        let mut values: BTreeMap<usize, usize> = BTreeMap::new();
        for fact in missing.iter().copied() {
            for (datum, written) in self.seen_values(fact, text, Width::Narrow) {
                if known.contains(&datum) {
                    continue;
                }
                *values.entry(fact).or_default() += 1;
                fits.entry(day_of(datum)).or_insert(Fit { facts: vec![], written }).facts.push(fact);
            }
        }
        let fits: Vec<Fit> = fits.into_values().collect();
        let forced = self.only_way(&missing, &fits);
        for (n, Fit { facts, written }) in fits.iter().enumerate() {
            let fact = match (forced.get(&n), facts.as_slice()) {
                (Some(fact), _) => Some(*fact),
                (None, [fact]) if values.get(fact) == Some(&1) => Some(*fact),
                _ => None,
            };
            match fact.map(|fact| (fact, self.value(fact, written))) {
                Some((fact, Ok(value))) => self.understand(fact, value, written, How::ByType),
                Some((_, Err(_))) => {}
                None => {
                    let facts = self.names(facts.iter().copied().collect::<BTreeSet<usize>>());
                    self.ask_about(facts, written);
                }
            }
        }
        for fact in missing.into_iter().filter(|fact| !values.contains_key(fact)) {
            self.lookalikes(fact, text);
        }
    }

    /// Which fact each value answers where values of one look are as many as the facts of that look, and only one way
    /// to share them out is left: an `@nhs.net` address and another one, for an account and for a manager's mail.
    fn only_way(&self, missing: &[usize], fits: &[Fit]) -> BTreeMap<usize, usize> {
        const MOST: usize = 8;
        let look = |fact: usize| self.decl(fact).map(|decl| look_of(decl.kind));
        let mut forced = BTreeMap::new();
        for kind in missing.iter().filter_map(|fact| look(*fact)).collect::<BTreeSet<FactType>>() {
            let mut facts: Vec<usize> = missing.iter().copied().filter(|fact| look(*fact) == Some(kind)).collect();
            let mut values: Vec<usize> = (0..fits.len())
                .filter(|n| fits.get(*n).is_some_and(|fit| fit.facts.iter().any(|fact| facts.contains(fact))))
                .collect();
            if facts.len() != values.len() || facts.len() > MOST {
                continue;
            }
            let mut shared = vec![];
            while let Some((value, fact)) = next_forced(&values, &facts, fits) {
                values.retain(|other| *other != value);
                facts.retain(|other| *other != fact);
                shared.push((value, fact));
            }
            if facts.is_empty() {
                forced.extend(shared);
            }
        }
        forced
    }

    /// What looks like a value of a missing fact and is none. It says so only if no other missing fact may be meant.
    fn lookalikes(&mut self, fact: usize, text: &str) {
        let Some(decl) = self.decl(fact) else { return };
        let alike = self
            .missing()
            .into_iter()
            .filter(|other| self.decl(*other).is_some_and(|other| look_of(other.kind) == look_of(decl.kind)));
        if alike.count() != 1 || self.not_valid.contains_key(&fact) {
            return;
        }
        let taken: BTreeSet<String> = self.understood.values().map(|answer| answer.words.clone()).collect();
        let looks = seen::seen(decl, text, self.today, Width::Narrow).into_iter().find(|part| !taken.contains(part));
        if let Some(written) = looks
            && let Err(because) = valid::exact(decl, &written, self.today)
        {
            self.refuse(fact, &written, because);
        }
    }

    /// The distinct values for a fact that stand in a text, with the words of each.
    pub(super) fn seen_values(&self, fact: usize, text: &str, width: Width) -> BTreeMap<Datum, String> {
        let Some(decl) = self.decl(fact) else { return BTreeMap::new() };
        seen::seen(decl, text, self.today, width)
            .into_iter()
            .filter_map(|part| valid::exact(decl, &part, self.today).ok().map(|value| (value.datum, part)))
            .collect()
    }
}

/// A value of a text, and the missing facts whose type it has.
struct Fit {
    facts: Vec<usize>,
    written: String,
}

/// A value that fits one of the facts alone, or the only value that fits a fact.
fn next_forced(values: &[usize], facts: &[usize], fits: &[Fit]) -> Option<(usize, usize)> {
    let fit = |value: usize, fact: usize| fits.get(value).is_some_and(|fit| fit.facts.contains(&fact));
    let only = |mut found: Box<dyn Iterator<Item = usize> + '_>| found.next().filter(|_| found.next().is_none());
    let by_value = values
        .iter()
        .find_map(|value| Some((*value, only(Box::new(facts.iter().copied().filter(|fact| fit(*value, *fact))))?)));
    by_value.or_else(|| {
        facts
            .iter()
            .find_map(|fact| Some((only(Box::new(values.iter().copied().filter(|value| fit(*value, *fact))))?, *fact)))
    })
}

/// One type for all that look alike.
fn look_of(kind: FactType) -> FactType {
    match kind {
        FactType::NhsMail => FactType::Mail,
        FactType::CqcContact => FactType::CqcLocation,
        FactType::Phone => FactType::Mobile,
        FactType::DateTime => FactType::Date,
        other => other,
    }
}

/// A day with a time is also that day, so the two are told apart by a question and never by a guess.
fn day_of(datum: Datum) -> Datum {
    match datum {
        Datum::DateTime(at) => Datum::Date(at.date()),
        other => other,
    }
}
