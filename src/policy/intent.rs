//! Which flow a first message starts, and why. A first matcher: words of examples and keywords, weighed by how few
//! flows share them. It knows when it does not know; then a person reads the message.

use std::collections::{BTreeMap, BTreeSet};

use rust_stemmers::{Algorithm, Stemmer};

use crate::policy::flow::{Pack, Starts};

/// Below this score, in thousandths, nothing fits.
const FITS: u32 = 520;
/// Two flows closer than this, in thousandths, fit equally well.
const APART: u32 = 50;
/// What a keyword adds to a score, in thousandths; two of them count.
const KEYWORD: u32 = 250;
/// How many words of a message are looked at, and for how many unknown ones a slip is sought.
const WORDS: usize = 400;
const SLIPS: usize = 60;
/// How many candidates are told.
const CANDIDATES: usize = 5;
/// The flow for what nothing fits.
const TRIAGE: &str = "triage";

/// What a first message starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// What kind of start it is.
    pub decision: Decision,
    /// The flow; `triage` when nothing fits.
    pub flow: String,
    /// Why, in a sentence.
    pub because: String,
    /// What else was looked at, best first.
    pub candidates: Vec<Candidate>,
}

/// What kind of start it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A process.
    Flow,
    /// Question and answer.
    Answer,
    /// A person reads it.
    Triage,
}

/// A flow that might be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The flow.
    pub flow: String,
    /// How well it fits, in thousandths: whole numbers are the same on every machine.
    pub score: u32,
}

/// What a matcher needs to know of a flow.
#[derive(Debug, Clone, Copy)]
pub struct Entrance<'a> {
    /// The flow.
    pub flow: &'a str,
    /// What people call it.
    pub title: &'a str,
    /// Whether it is only question and answer.
    pub is_answer: bool,
    /// How a first message finds it.
    pub starts: &'a Starts,
}

/// Finds the flow for a first message. Built once from a pack.
#[derive(Debug)]
pub struct Matcher {
    doors: Vec<Door>,
    /// How much a word tells, in thousandths: a word of few flows tells much.
    weights: BTreeMap<String, u64>,
}

/// One flow, as words.
#[derive(Debug)]
struct Door {
    flow: String,
    title: String,
    is_answer: bool,
    examples: Vec<(String, BTreeSet<String>)>,
    keywords: Vec<(String, Vec<String>)>,
    never: Vec<Vec<String>>,
}

/// How well a flow fits a message, and why.
struct Fit<'a> {
    score: u32,
    door: &'a Door,
    because: String,
}

impl Matcher {
    /// Learns what points to which flow.
    pub fn new(pack: &Pack) -> Matcher {
        Self::of(pack.flows.values().filter_map(|flow| {
            let starts = flow.starts.as_ref()?;
            Some(Entrance { flow: &flow.name, title: &flow.title, is_answer: flow.is_answer, starts })
        }))
    }

    /// Learns from the flows' entrances alone.
    pub fn of<'a>(entrances: impl IntoIterator<Item = Entrance<'a>>) -> Matcher {
        let doors: Vec<Door> = entrances.into_iter().map(door).collect();
        let mut flows_with: BTreeMap<String, u64> = BTreeMap::new();
        for door in &doors {
            let examples = door.examples.iter().flat_map(|(_, words)| words);
            let words: BTreeSet<&String> = examples.chain(door.keywords.iter().flat_map(|(_, words)| words)).collect();
            for word in words {
                *flows_with.entry(word.clone()).or_default() += 1;
            }
        }
        let all = log2(doors.len() as u64 + 1);
        let weights =
            flows_with.into_iter().map(|(word, flows)| (word, 1000 + all.saturating_sub(log2(flows)))).collect();
        Matcher { doors, weights }
    }

    /// What a first message starts.
    pub fn route(&self, subject: &str, text: &str) -> Routed {
        let said = self.without_slips(stems(&format!("{subject}\n{text}")));
        if said.is_empty() {
            return triage("the message has no words to go by".to_owned(), vec![]);
        }
        let words: BTreeSet<String> = said.iter().cloned().collect();
        let mut fits: Vec<Fit<'_>> = self.doors.iter().filter_map(|door| self.fit(door, &said, &words)).collect();
        fits.sort_by(|a, b| b.score.cmp(&a.score).then_with(|| a.door.flow.cmp(&b.door.flow)));
        let candidates = fits
            .iter()
            .take(CANDIDATES)
            .map(|fit| Candidate { flow: fit.door.flow.clone(), score: fit.score })
            .collect();
        match fits.as_slice() {
            [] => triage("nothing in the message points to a flow".to_owned(), candidates),
            [best, ..] if best.score < FITS => {
                triage(format!("nothing fits well enough; the nearest was “{}”", best.door.title), candidates)
            }
            [one, two, ..] if one.score - two.score < APART => triage(
                format!("two things fit equally well: “{}” and “{}”", one.door.title, two.door.title),
                candidates,
            ),
            [best, ..] => Routed {
                decision: if best.door.is_answer { Decision::Answer } else { Decision::Flow },
                flow: best.door.flow.clone(),
                because: best.because.clone(),
                candidates,
            },
        }
    }

    /// `None` when nothing points to the flow, or one of its `never` words stands there.
    fn fit<'d>(&self, door: &'d Door, said: &[String], words: &BTreeSet<String>) -> Option<Fit<'d>> {
        if door.never.iter().any(|phrase| holds(said, phrase)) {
            return None;
        }
        let keywords: Vec<&str> = door
            .keywords
            .iter()
            .filter(|(_, phrase)| holds(said, phrase))
            .map(|(keyword, _)| keyword.as_str())
            .collect();
        let likenesses = door.examples.iter().map(|(example, of_example)| (self.likeness(words, of_example), example));
        // The first of equal examples, so that the reason given does not depend on chance.
        let (likeness, example) = likenesses.rev().max_by_key(|(likeness, _)| *likeness).unzip();
        let likeness = likeness.unwrap_or(0);
        let phrases: BTreeSet<&Vec<String>> =
            door.keywords.iter().map(|(_, phrase)| phrase).filter(|phrase| holds(said, phrase)).collect();
        let bonus = u32::try_from(phrases.len().min(2)).unwrap_or(0) * KEYWORD;
        let mut score = likeness.saturating_add(bonus).min(1000);
        // An answer closes the request at once: one word alone is not enough for that, however it is written.
        if door.is_answer && likeness == 0 && phrases.iter().map(|phrase| phrase.len()).sum::<usize>() < 2 {
            score = score.min(FITS - 1);
        }
        let keywords = keywords.join("”, “");
        let because = match (bonus, example.filter(|_| likeness > 0)) {
            (0, Some(example)) => format!("it is most like “{example}”"),
            (_, Some(example)) => format!("it says “{keywords}” and is like “{example}”"),
            (_, None) => format!("it says “{keywords}”"),
        };
        (score > 0).then_some(Fit { score, door, because })
    }

    /// What a message and an example share, in thousandths: mostly how much of the example stands in the message,
    /// partly how much of the message the example explains. One word of several in common is chance.
    fn likeness(&self, message: &BTreeSet<String>, example: &BTreeSet<String>) -> u32 {
        let weight = |word: &String| self.weights.get(word).copied().unwrap_or(0);
        let common: Vec<&String> = message.intersection(example).collect();
        if common.is_empty() || (common.len() == 1 && example.len() > 1) {
            return 0;
        }
        let shared: u64 = common.into_iter().map(weight).sum();
        let of_example: u64 = example.iter().map(weight).sum();
        let of_message: u64 = message.iter().map(weight).sum();
        let share = |of: u64, part: u64| part.saturating_mul(shared).checked_div(of).unwrap_or(0);
        u32::try_from(share(of_example, 650) + share(of_message, 350)).unwrap_or(1000)
    }

    /// Puts the known word for a long word with a slip of the pen.
    fn without_slips(&self, words: Vec<String>) -> Vec<String> {
        let mut sought: BTreeMap<String, Option<String>> = BTreeMap::new();
        let mended = words.into_iter().map(|word| {
            if word.chars().count() < 5 || self.weights.contains_key(&word) {
                return word;
            }
            if !sought.contains_key(&word) && sought.len() < SLIPS {
                sought.insert(word.clone(), self.nearest(&word));
            }
            sought.get(&word).cloned().flatten().unwrap_or(word)
        });
        mended.collect()
    }

    /// The known word nearest to one of five letters or more: one letter off, or two in a long word.
    fn nearest(&self, word: &str) -> Option<String> {
        let length = word.chars().count();
        let most = if length >= 8 { 2 } else { 1 };
        let initial = word.chars().next()?;
        self.weights
            .range(initial.to_string()..)
            .map(|(known, _)| known)
            .take_while(|known| known.starts_with(initial))
            .filter(|known| known.chars().count() >= 5 && known.chars().count().abs_diff(length) <= most)
            .map(|known| (strsim::osa_distance(known, word), known))
            .filter(|(distance, _)| *distance <= most)
            .min()
            .map(|(_, known)| known.clone())
    }
}

fn triage(because: String, candidates: Vec<Candidate>) -> Routed {
    Routed { decision: Decision::Triage, flow: TRIAGE.to_owned(), because, candidates }
}

fn door(entrance: Entrance<'_>) -> Door {
    let Entrance { flow, title, is_answer, starts } = entrance;
    let phrases = |written: &[String]| -> Vec<(String, Vec<String>)> {
        written.iter().map(|phrase| (phrase.clone(), stems(phrase))).filter(|(_, stems)| !stems.is_empty()).collect()
    };
    Door {
        flow: flow.to_owned(),
        title: title.to_owned(),
        is_answer,
        examples: phrases(&starts.examples)
            .into_iter()
            .map(|(text, stems)| (text, stems.into_iter().collect()))
            .collect(),
        keywords: phrases(&starts.keywords),
        never: phrases(&starts.never).into_iter().map(|(_, stems)| stems).collect(),
    }
}

/// Whether words stand in a text one after the other.
fn holds(said: &[String], phrase: &[String]) -> bool {
    said.windows(phrase.len().max(1)).any(|window| window == phrase)
}

/// The logarithm to base two in thousandths, in whole numbers: floating point may differ between machines.
fn log2(n: u64) -> u64 {
    let n = n.clamp(1, u64::from(u32::MAX));
    let whole = u64::from(n.ilog2());
    // The rest is between one and two, with sixteen bits behind the point; squaring it yields one bit a round.
    let mut rest = (n << 16) >> whole;
    let mut fraction = 0;
    for bit in [512, 256, 128, 64, 32, 16, 8, 4, 2, 1] {
        rest = (rest * rest) >> 16;
        if rest >= 2 << 16 {
            rest >>= 1;
            fraction += bit;
        }
    }
    whole * 1000 + fraction * 1000 / 1024
}

/// The words of a text that tell something, as stems. A reference of ours is the word `reference`.
fn stems(text: &str) -> Vec<String> {
    let stemmer = Stemmer::create(Algorithm::English);
    let written: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && !matches!(c, '\'' | '’'))
        .map(|word| word.replace(['\'', '’'], "").to_lowercase())
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .collect();
    let mut stems = vec![];
    let mut at = 0;
    while let Some(word) = written.get(at) {
        at += 1;
        let groups = reference_groups(word, written.get(at..).unwrap_or_default());
        at += groups.unwrap_or(0);
        let word = match (groups, word.as_str()) {
            (Some(_), _) => "reference",
            (None, "cannot" | "cant" | "wont" | "dont" | "doesnt" | "isnt" | "didnt" | "couldnt" | "arent") => "not",
            (None, word) if tells_nothing(word) => continue,
            (None, word) => word,
        };
        stems.push(stemmer.stem(word).into_owned());
    }
    stems
}

/// How many words behind this one belong to the reference that begins here: `cd 7k3m 9qx4`, `cd7k3m9qx4`.
fn reference_groups(word: &str, behind: &[String]) -> Option<usize> {
    let digit = |text: &str| text.bytes().any(|byte| byte.is_ascii_digit());
    match (word, behind) {
        ("cd", [one, two, ..]) if one.len() == 4 && two.len() == 4 && (digit(one) || digit(two)) => Some(2),
        ("cd", [both, ..]) if both.len() == 8 && digit(both) => Some(1),
        _ => (word.len() == 10 && word.starts_with("cd") && digit(word)).then_some(0),
    }
}

fn tells_nothing(word: &str) -> bool {
    const COMMON: [&str; 84] = [
        "a",
        "about",
        "afternoon",
        "am",
        "an",
        "and",
        "any",
        "are",
        "as",
        "at",
        "be",
        "been",
        "but",
        "by",
        "can",
        "could",
        "dear",
        "did",
        "do",
        "does",
        "for",
        "from",
        "fw",
        "fwd",
        "get",
        "good",
        "had",
        "has",
        "have",
        "he",
        "hello",
        "help",
        "hi",
        "how",
        "i",
        "if",
        "im",
        "in",
        "is",
        "it",
        "its",
        "ive",
        "just",
        "kind",
        "me",
        "morning",
        "my",
        "need",
        "of",
        "on",
        "or",
        "our",
        "please",
        "re",
        "regards",
        "she",
        "so",
        "some",
        "team",
        "thank",
        "thanks",
        "that",
        "the",
        "their",
        "them",
        "then",
        "there",
        "they",
        "this",
        "to",
        "too",
        "us",
        "want",
        "was",
        "we",
        "were",
        "what",
        "when",
        "which",
        "who",
        "will",
        "with",
        "would",
        "you",
    ];
    COMMON.contains(&word) || word.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn matcher() -> Matcher {
        let starts = |examples: &[&str], keywords: &[&str], never: &[&str]| {
            let owned = |list: &[&str]| list.iter().map(|text| (*text).to_owned()).collect();
            Starts { examples: owned(examples), keywords: owned(keywords), never: owned(never) }
        };
        let help = starts(
            &[
                "the reset page does not work for me, please reset my password",
                "I cannot remember my security answers and I need to get in",
            ],
            &["reset password", "locked out"],
            &["attachment"],
        );
        let mobile =
            starts(&["my phone is broken, can you text the password to my other number"], &["new number"], &[]);
        let send =
            starts(&["I can read my mail but not send any", "sending does not work on my new account"], &[], &[]);
        let status = starts(&["where is my request", "any news about CD-7K3M-9QX4"], &["reference"], &[]);
        let door = |flow, title, is_answer, starts| Entrance { flow, title, is_answer, starts };
        Matcher::of([
            door("password_help", "Get a new password", false, &help),
            door("other_mobile", "A different mobile", false, &mobile),
            door("cannot_send", "Mail cannot be sent", true, &send),
            door("status", "State of a request", false, &status),
        ])
    }

    #[test]
    fn messages_find_their_flow() {
        for (subject, text, flow) in [
            ("Help", "Hi, could you please reset my pasword? The reset page doesn't work. Thanks", "password_help"),
            ("locked out!!", "I can't rember my security answers", "password_help"),
            ("", "we can read mail but not send it", "cannot_send"),
            ("Fwd: broken phone", "text the password to my other number please, my phone is brokn", "other_mobile"),
            ("", "Where is my request?", "status"),
            ("RE: CD-7K3M-9QX4", "any news?", "status"),
        ] {
            assert_eq!(matcher().route(subject, text).flow, flow, "{subject} {text}");
        }
        let routed = matcher().route("", "sending does not work on my new account");
        assert_eq!(routed.decision, Decision::Answer);
        assert_eq!(routed.because, "it is most like “sending does not work on my new account”");
        assert_eq!(routed.candidates.first(), Some(&Candidate { flow: "cannot_send".into(), score: 1000 }));
    }

    #[test]
    fn what_fits_nothing_goes_to_a_person() {
        for (text, because) in [
            ("", "the message has no words to go by"),
            ("Hello, please help!", "the message has no words to go by"),
            ("the boiler in room 3 is broken", "nothing in the message points to a flow"),
            ("there is a new number for the office", "nothing fits well enough; the nearest was “A different mobile”"),
        ] {
            let routed = matcher().route("", text);
            assert_eq!(
                (routed.decision, routed.flow.as_str(), routed.because.as_str()),
                (Decision::Triage, "triage", because)
            );
        }
    }

    #[test]
    fn two_that_fit_alike_are_told_by_their_titles() {
        let starts = Starts { examples: vec!["change the owner of our mailbox".into()], ..Starts::default() };
        let entrance = |flow, title| Entrance { flow, title, is_answer: false, starts: &starts };
        let routed =
            Matcher::of([entrance("b", "Beta"), entrance("a", "Alpha")]).route("", "change the owner of the mailbox");
        assert_eq!(routed.because, "two things fit equally well: “Alpha” and “Beta”");
    }

    #[test]
    fn a_never_word_rules_a_flow_out() {
        assert_ne!(matcher().route("", "reset password, the attachment page does not work").flow, "password_help");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

        #[test]
        fn any_message_is_routed_the_same_way_twice(subject: String, text in "([a-zé]{1,9}[ \n.'-]|password |reset |not send |CD-){0,60}") {
            let routed = matcher().route(&subject, &text);
            prop_assert!(routed.candidates.iter().all(|candidate| candidate.score <= 1000));
            prop_assert_eq!(matcher().route(&subject, &text), routed);
        }
    }
}
