//! Which flow a first message starts, and why. Exact things and the flows' own keywords count first; then what was
//! learnt from the flows' examples. It knows when it does not know: then it asks which is meant, or a person reads the
//! message.
//!
//! ```text
//!   text ─► words ─► vector ─► model ─► share of each flow ──┬─ sure enough ──────────► flow, answer
//!                      ▲                   ▲                 ├─ among two or three ───► clarify
//!             pieces of letters     keywords, never          └─ otherwise ────────────► triage
//! ```

mod against;
mod between;
mod exact;
mod kept;
mod maths;
mod meaning;
mod measure;
mod model;
mod near;
mod requests;
mod vector;
mod words;

use std::sync::OnceLock;

use crate::policy::flow::{DeskText, Pack, Starts};
use crate::policy::foreign::is_in_foreign_letters;
use crate::policy::text::Piece;

pub use between::{elsewhere, is_urgent, may_turn_elsewhere};
pub use measure::{Confusion, FlowMeasure, Understanding};

use exact::Phrase;
use meaning::{Meanings, Stems};
use model::Model;
use vector::{Features, Vector};

/// From this share on, in thousandths, a flow is started. It asks before it does anything, so a wrong start is noticed.
const SURE: u32 = 520;
/// From this share on an answer is given: nobody is asked anything before, and a wrong one ends the request.
const SURE_ANSWER: u32 = 690;
/// What is promised in a quarter of the time is too urgent for a question which of several is meant.
const AT_ONCE: u32 = 250;
/// From this share on, the best few together are worth a question.
const ASK: u32 = 250;
/// What has less than this is not among the choices.
const CHOICE: u32 = 30;
/// From this share on, a part of a message that says that it is one is a request of its own.
const BESIDE: u32 = 500;
/// A part in which the first request has more than this is about the first request.
const EXPLAINED: u32 = 150;
/// How many candidates are told, and how many are offered to choose from.
const CANDIDATES: usize = 5;
const CHOICES: usize = 3;
/// How much the subject counts beside the text.
const SUBJECT: f32 = 1.0;
/// How much surer than what was learnt alone the shares are told.
const SHARP: f32 = 1.5;
/// How much the examples that a message is most like count beside the model.
const NEAR: f32 = 0.3;
/// From where on an example is worth to be named as like the message.
const ALIKE: f32 = 0.1;
/// How much a keyword adds to what speaks for its flow: a single word, and a phrase.
const KEYWORD: f32 = 0.3;
const PHRASE: f32 = 0.6;
/// How many keywords of a flow count.
const KEYWORDS: usize = 2;
/// The flow for what nothing fits.
const TRIAGE: &str = "triage";

/// What a first message starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Routed {
    /// What kind of start it is.
    pub decision: Decision,
    /// The flow; `triage` when nothing fits or more than one may be meant.
    pub flow: String,
    /// Why, in a sentence.
    pub because: String,
    /// What else was looked at, best first.
    pub candidates: Vec<Candidate>,
    /// Other requests in the same message, each with the words that ask for it.
    pub also: Vec<Beside>,
}

impl Routed {
    /// Whether it is clear what the message starts.
    pub fn is_sure(&self) -> bool {
        matches!(self.decision, Decision::Flow | Decision::Answer)
    }

    /// The flows that the person is asked to choose from.
    pub fn choices(&self) -> Vec<String> {
        match self.decision {
            Decision::Clarify => self.candidates.iter().map(|candidate| candidate.flow.clone()).collect(),
            Decision::Flow | Decision::Answer | Decision::Triage => Vec::new(),
        }
    }
}

impl Decision {
    /// The name in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Decision::Flow => "flow",
            Decision::Answer => "answer",
            Decision::Clarify => "clarify",
            Decision::Triage => "triage",
        }
    }
}

/// What kind of start it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// A process.
    Flow,
    /// Question and answer.
    Answer,
    /// The person is asked which of the best candidates they mean.
    Clarify,
    /// A person reads it.
    Triage,
}

/// A flow that might be meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The flow.
    pub flow: String,
    /// How likely it is meant, in thousandths: whole numbers are the same on every machine.
    pub score: u32,
}

/// Another request in the same message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Beside {
    /// Its flow.
    pub flow: String,
    /// The sentences that ask for it.
    pub words: String,
    /// Why, in a sentence.
    pub because: String,
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
    /// How its priority shortens what is promised, in thousandths. With a quarter or less of the time it needs the less to be
    /// started, because a late start does more harm than a needless one.
    pub hurry: u32,
    /// How a first message finds it.
    pub starts: &'a Starts,
}

/// Finds the flow for a first message. What it learns from the examples it learns when it is first needed.
#[derive(Debug)]
pub struct Matcher {
    doors: Vec<Door>,
    same_words: Vec<Vec<String>>,
    /// The desk's words for what is none of the choices. A flow of that name is no choice beside it.
    way_out: Option<String>,
    /// The flow that welcomes who has not said what they need.
    welcome: Option<String>,
    meanings: Meanings,
    model: OnceLock<Model>,
}

/// One flow, as words.
#[derive(Debug)]
struct Door {
    flow: String,
    title: String,
    /// The title as words.
    called: Vec<String>,
    is_answer: bool,
    /// From which share on it is started, in thousandths.
    enough: u32,
    examples: Vec<String>,
    keywords: Vec<Phrase>,
    never: Vec<Phrase>,
}

/// What speaks for each flow.
struct Scores {
    vector: Vector,
    /// In the order of the doors; they sum to one.
    shares: Vec<f32>,
    /// The keywords that were found, by door.
    keywords: Vec<Vec<String>>,
    /// How near the nearest example of each door is, and which of all examples it is.
    nearest: Vec<(f32, usize)>,
}

impl Matcher {
    /// Knows the flows of a pack.
    pub fn new(pack: &Pack) -> Matcher {
        let entrances = pack.flows.values().filter_map(|flow| {
            let starts = flow.starts.as_ref()?;
            Some(Entrance {
                flow: &flow.name,
                title: &flow.title,
                is_answer: flow.is_answer,
                hurry: flow.priority.as_ref().map_or(1000, |priority| pack.desk.hurry(priority)),
                starts,
            })
        });
        let same_words = pack.desk.same_words.clone();
        let way_out = match pack.desk.texts.get(&DeskText::SomethingElse).map(|text| text.pieces.as_slice()) {
            Some([Piece::Words(text)]) => Some(text.trim().to_owned()),
            _ => None,
        };
        let welcome = pack.desk.repair.welcome.clone();
        Matcher { meanings: Meanings::of(&same_words), same_words, way_out, welcome, ..Self::of(entrances) }
    }

    /// Knows flows by their entrances alone.
    pub fn of<'a>(entrances: impl IntoIterator<Item = Entrance<'a>>) -> Matcher {
        let doors = entrances.into_iter().map(door).collect();
        Matcher {
            doors,
            same_words: Vec::new(),
            way_out: None,
            welcome: None,
            meanings: Meanings::default(),
            model: OnceLock::new(),
        }
    }

    /// What a first message starts.
    pub fn route(&self, subject: &str, text: &str) -> Routed {
        if is_in_foreign_letters(&format!("{subject}\n{text}")) {
            return triage("most of its letters are not Latin, so a person reads it".to_owned(), Vec::new());
        }
        let (subject_words, text_words) = (words::words(subject), words::words(text));
        if subject_words.is_empty() && text_words.is_empty() {
            return triage("the message has no words to go by".to_owned(), Vec::new());
        }
        if self.doors.is_empty() {
            return triage("the pack has no flow that a message can start".to_owned(), Vec::new());
        }
        if let Some(door) = self.doors.iter().find(|door| door.called == text_words) {
            let candidates = vec![Candidate { flow: door.flow.clone(), score: 1000 }];
            return started(door, "it is the name of the request".to_owned(), candidates, Vec::new());
        }
        let scores = self.scores(&subject_words, &text_words);
        let ranked = ranked(&scores.shares);
        let candidates = self.candidates(&ranked, CANDIDATES);
        let (best, share) = ranked[0];
        let door = &self.doors[best];
        if share == 0 {
            return triage("nothing in the message points to a flow".to_owned(), candidates);
        }
        let requests = self.requests(best, text);
        if share >= door.enough {
            let because = self.because(&scores, &ranked, &[subject_words, text_words].concat());
            return started(door, because, candidates, self.beside(best, requests));
        }
        if let Some((first, _)) = requests.first() {
            let because = "it asks for several things, and this is the first".to_owned();
            return started(&self.doors[*first], because, candidates, self.beside(*first, requests));
        }
        let likely = ranked.iter().copied().filter(|(door, share)| *share >= CHOICE && !self.is_no_choice(*door));
        let choices: Vec<(usize, u32)> = likely.take(CHOICES).collect();
        if !self.is_no_choice(best) && choices.len() > 1 && choices.iter().map(|(_, share)| share).sum::<u32>() >= ASK {
            let titles: Vec<String> =
                choices.iter().map(|(door, _)| format!("“{}”", self.doors[*door].title)).collect();
            return Routed {
                decision: Decision::Clarify,
                flow: TRIAGE.to_owned(),
                because: format!("it may mean {}", titles.join(" or ")),
                candidates: self.candidates(&choices, CHOICES),
                also: Vec::new(),
            };
        }
        triage(format!("nothing fits well enough; the nearest was “{}”", door.title), candidates)
    }

    /// What a first message starts that passes on somebody else's: its own words count first. Where they say nothing,
    /// the other's do.
    pub fn route_either(&self, subject: &str, text: &str, passed_on: Option<(&str, &str)>) -> Routed {
        let own = self.route(subject, text);
        let says_nothing = own.decision == Decision::Triage && !is_in_foreign_letters(&format!("{subject}\n{text}"));
        let Some((subject, text)) = passed_on.filter(|_| says_nothing) else { return own };
        let mut other = self.route(subject, text);
        if other.decision == Decision::Triage {
            return own;
        }
        other.because = format!("in the message that is passed on: {}", other.because);
        other
    }

    fn model(&self) -> &Model {
        self.model.get_or_init(|| self.learn(|_, _| true))
    }

    /// Learns from the examples that are taken, by door and number.
    fn learn(&self, taken: impl Fn(usize, usize) -> bool) -> Model {
        let (mut examples, mut of_class) = (Vec::new(), Vec::new());
        let mut stems = Stems::default();
        for (class, door) in self.doors.iter().enumerate() {
            for (n, example) in door.examples.iter().enumerate() {
                if taken(class, n) {
                    let words = words::words(example);
                    examples.push(Features::of(&[(&words, &self.meanings.told(&words, &mut stems), 1.0)]));
                    of_class.push(class);
                }
            }
        }
        Model::learn(&examples, &of_class, self.doors.len())
    }

    fn scores(&self, subject: &[String], text: &[String]) -> Scores {
        self.scores_by(self.model(), subject, text)
    }

    fn scores_by(&self, model: &Model, subject: &[String], text: &[String]) -> Scores {
        let vector = model.vocabulary.vector(&self.features(subject, text));
        let mut shares = model.raw(&vector);
        let mut keywords = vec![Vec::new(); self.doors.len()];
        for ((door, share), found) in self.doors.iter().zip(&mut shares).zip(&mut keywords) {
            let stands = |phrase: &&Phrase| phrase.stands_in(subject) || phrase.stands_in(text);
            let standing: Vec<&Phrase> = door.keywords.iter().filter(stands).take(KEYWORDS).collect();
            *share += standing.iter().map(|phrase| if phrase.is_one_word() { KEYWORD } else { PHRASE }).sum::<f32>();
            found.extend(standing.iter().map(|phrase| phrase.written.clone()));
            if door.never.iter().any(|phrase| stands(&phrase)) {
                *share = f32::MIN / 4.0;
            }
        }
        shares.iter_mut().for_each(|share| *share *= SHARP);
        maths::softmax(&mut shares);
        let heard = model.near.hear(&vector, &model.vocabulary, self.doors.len());
        for (share, near) in shares.iter_mut().zip(heard.shares.iter().flatten()) {
            // What is ruled out stays so, whatever is like it.
            if *share > 0.0 {
                *share = (1.0 - NEAR) * *share + NEAR * near;
            }
        }
        Scores { vector, shares, keywords, nearest: heard.nearest }
    }

    fn features(&self, subject: &[String], text: &[String]) -> Features {
        // A subject alone is the whole message.
        let weight = if text.is_empty() { 1.0 } else { SUBJECT };
        let mut stems = Stems::default();
        let (told, headed) = (self.meanings.told(text, &mut stems), self.meanings.told(subject, &mut stems));
        Features::of(&[(text, &told, 1.0), (subject, &headed, weight)])
    }

    fn candidates(&self, ranked: &[(usize, u32)], most: usize) -> Vec<Candidate> {
        let told = ranked.iter().filter(|(_, share)| *share > 0).take(most);
        told.map(|(door, score)| Candidate { flow: self.doors[*door].flow.clone(), score: *score }).collect()
    }

    /// The requests of a message that says where each begins: the flows that its parts surely ask for, with their words.
    /// Nothing, if they are not several.
    fn requests(&self, best: usize, text: &str) -> Vec<(usize, String)> {
        let parts = requests::parts(text);
        if parts.len() < 2 {
            return Vec::new();
        }
        let mut found: Vec<(usize, String)> = Vec::new();
        for part in parts {
            let ranked = ranked(&self.scores(&[], &words::words(part)).shares);
            let Some((door, share)) = ranked.first().copied() else { continue };
            let of_best = ranked.iter().find(|(other, _)| *other == best).map_or(0, |(_, share)| *share);
            let is_sure = share >= BESIDE && (door == best || of_best <= EXPLAINED);
            if !is_sure || self.is_no_choice(door) || found.iter().any(|(other, _)| *other == door) {
                continue;
            }
            found.push((door, part.to_owned()));
        }
        if found.len() < 2 { Vec::new() } else { found }
    }

    /// The requests beside the first one.
    fn beside(&self, first: usize, requests: Vec<(usize, String)>) -> Vec<Beside> {
        let others = requests.into_iter().filter(|(door, _)| *door != first).take(CHOICES);
        let because = "the same message asks for this too";
        let beside = |(door, words): (usize, String)| Beside {
            flow: self.doors[door].flow.clone(),
            words,
            because: because.to_owned(),
        };
        others.map(beside).collect()
    }

    /// The example of a door that a message is most like, if it is like one.
    fn nearest_example(&self, scores: &Scores, door: usize) -> Option<&str> {
        let (_, example) = scores.nearest.get(door).filter(|(near, _)| *near > ALIKE)?;
        let place = self.model().near.place(*example);
        self.doors[door].examples.get(place).map(String::as_str)
    }

    /// Whether a flow is no request that may stand beside others, or be chosen: the way out, and the welcome.
    fn is_no_choice(&self, door: usize) -> bool {
        let door = &self.doors[door];
        self.way_out.as_ref() == Some(&door.title) || self.welcome.as_ref() == Some(&door.flow)
    }

    /// Why the best flow is the best: keywords, the words that pushed most, the nearest example, and the runner-up.
    fn because(&self, scores: &Scores, ranked: &[(usize, u32)], words: &[String]) -> String {
        let best = ranked[0].0;
        let model = self.model();
        let against = ranked.get(1).map_or(best, |(door, _)| *door);
        let mut reasons = Vec::new();
        if !scores.keywords[best].is_empty() {
            reasons.push(format!("it says “{}”", scores.keywords[best].join("”, “")));
        }
        let pushed = pushing(model, scores, words, best, against);
        if !pushed.is_empty() {
            reasons.push(format!("“{}” point to it", pushed.join("”, “")));
        }
        if let Some(example) = self.nearest_example(scores, best) {
            reasons.push(format!("it is most like “{example}”"));
        }
        if reasons.is_empty() {
            reasons.push("it is like the examples".to_owned());
        }
        let mut because = reasons.join("; ");
        if let Some((second, share)) = ranked.get(1).filter(|(_, share)| *share >= CHOICE) {
            because.push_str(&format!("; next came “{}” with {} in a hundred", self.doors[*second].title, share / 10));
        }
        because
    }
}

/// A flow begins, or an answer is given.
fn started(door: &Door, because: String, candidates: Vec<Candidate>, also: Vec<Beside>) -> Routed {
    let decision = if door.is_answer { Decision::Answer } else { Decision::Flow };
    Routed { decision, flow: door.flow.clone(), because, candidates, also }
}

/// Doors with their shares in thousandths, best first; equal ones in the order of the pack.
fn ranked(shares: &[f32]) -> Vec<(usize, u32)> {
    let mut ranked: Vec<(usize, u32)> =
        shares.iter().enumerate().map(|(door, share)| (door, (share * 1000.0) as u32)).collect();
    ranked.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    ranked
}

/// The three words or pairs of words that speak most for one flow and against another.
fn pushing(model: &Model, scores: &Scores, words: &[String], best: usize, against: usize) -> Vec<String> {
    let value =
        |number: u32| scores.vector.binary_search_by_key(&number, |(n, _)| *n).ok().map(|at| scores.vector[at].1);
    let mut pushed: Vec<(i64, String)> = Vec::new();
    for length in [2, 1] {
        for group in words.windows(length) {
            let group: Vec<&str> = group.iter().map(String::as_str).collect();
            let Some(number) = model.vocabulary.number(vector::word_feature(&group)) else { continue };
            let Some(value) = value(number) else { continue };
            let push = (value * model.speaks(number, best, against) * 10_000.0) as i64;
            let text = group.join(" ");
            if push > 1_000 && pushed.iter().all(|(_, other)| *other != text) {
                pushed.push((push, text));
            }
        }
    }
    pushed.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    let mut told: Vec<String> = Vec::new();
    for (_, text) in pushed {
        let known = told.iter().any(|other| other.contains(&text) || text.contains(other.as_str()));
        if !known {
            told.push(text);
        }
        if told.len() == 3 {
            break;
        }
    }
    told
}

fn triage(because: String, candidates: Vec<Candidate>) -> Routed {
    Routed { decision: Decision::Triage, flow: TRIAGE.to_owned(), because, candidates, also: Vec::new() }
}

fn door(entrance: Entrance<'_>) -> Door {
    let Entrance { flow, title, is_answer, hurry, starts } = entrance;
    let phrases = |written: &[String]| written.iter().filter_map(|phrase| Phrase::of(phrase)).collect();
    let sure = if is_answer { SURE_ANSWER } else { SURE };
    Door {
        flow: flow.to_owned(),
        title: title.to_owned(),
        called: words::words(title),
        is_answer,
        enough: if hurry <= AT_ONCE { sure * hurry / 1000 } else { sure },
        examples: starts.examples.clone(),
        keywords: phrases(&starts.keywords),
        never: phrases(&starts.never),
    }
}
