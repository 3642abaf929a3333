//! What somebody says to "did this help?" after an answer by chat, which keeps no ticket: yes, no, or one of the ways on.

use crate::policy::advance::picked;
use crate::policy::flow::{Flow, Pack};
use crate::policy::foreign::is_in_foreign_letters;
use crate::policy::intent::{Candidate, Decision, Routed};
use crate::policy::message::Message;

/// More words than this are a message of their own.
const BRIEF: usize = 8;
/// A first message of no more words may be a slip.
const SLIP: usize = 3;
const YES: [&str; 12] =
    ["yes", "yep", "yeah", "yup", "ok", "okay", "helped", "helps", "worked", "works", "great", "perfect"];
const NO: [&str; 9] = ["no", "nope", "nah", "not", "didn't", "didnt", "doesn't", "doesnt", "still"];
/// Words that may stand beside them.
const BESIDE: [&str; 24] = [
    "it", "that", "this", "did", "does", "do", "help", "helped", "work", "working", "me", "at", "all", "thanks",
    "thank", "you", "very", "much", "sorry", "really", "has", "so", "a", "lot",
];
/// The buttons for both, below the ways on.
pub const ANSWERS: [&str; 2] = ["Yes, it helped", "No, it did not help"];
/// The flow for what nothing fits.
const TRIAGE: &str = "triage";

/// What somebody says after an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AfterAnswer {
    /// It helped. Nothing more is to be done.
    Helped,
    /// They want this instead: a way on, or a person.
    GoOn(Routed),
}

/// What a message says about the answer before it. `None`: it is a message of its own.
pub fn after_answer(pack: &Pack, answer: &str, text: &str) -> Option<AfterAnswer> {
    let answer = pack.flows.get(answer).filter(|flow| flow.is_answer && !flow.offer.is_empty())?;
    let offered: Vec<&Flow> = answer.offer.iter().filter_map(|name| pack.flows.get(name)).collect();
    let said: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .filter(|word| !word.is_empty())
        .take(BRIEF + 1)
        .map(|word| word.to_lowercase().replace('’', "'"))
        .collect();
    if said.is_empty() || said.len() > BRIEF {
        return None;
    }
    let stands = |list: &[&str]| said.iter().any(|word| list.contains(&word.as_str()));
    let is_bare = said.iter().all(|word| [&YES[..], &NO, &BESIDE].iter().any(|list| list.contains(&word.as_str())));
    if is_bare && stands(&NO) {
        return Some(AfterAnswer::GoOn(ways_on(answer, &offered)));
    }
    if is_bare && stands(&YES) {
        return Some(AfterAnswer::Helped);
    }
    let titles = offered.iter().map(|flow| flow.title.as_str());
    let ways: Vec<String> = titles.chain(ANSWERS).map(str::to_owned).collect();
    let way = said.len().le(&3).then(|| picked(text, &ways)).flatten()?;
    let Some(flow) = offered.get(way) else {
        let helped = way == offered.len();
        return Some(if helped { AfterAnswer::Helped } else { AfterAnswer::GoOn(ways_on(answer, &offered)) });
    };
    let decision = if flow.is_answer { Decision::Answer } else { Decision::Flow };
    let because = format!("picked below the answer “{}”", answer.title);
    Some(AfterAnswer::GoOn(Routed {
        decision,
        flow: flow.name.clone(),
        because,
        candidates: Vec::new(),
        also: Vec::new(),
    }))
}

/// Turns a first chat message that says next to nothing, such as a slip of the hand, into the desk's welcome. The second in
/// a row goes to a person, as whatever has more words or a file does at once.
pub fn welcome(pack: &Pack, routed: &mut Routed, message: &Message, before: Option<&str>) {
    let welcome = pack.desk.repair.welcome.as_deref().filter(|welcome| pack.flows.contains_key(*welcome));
    let Some(welcome) = welcome else { return };
    let words = message.text.split_whitespace().filter(|word| word.contains(char::is_alphanumeric)).count();
    let may_slip = words <= SLIP && message.attachments.is_empty() && !is_in_foreign_letters(&message.text);
    if routed.decision != Decision::Triage || !may_slip || before == Some(welcome) {
        return;
    }
    routed.decision = Decision::Answer;
    routed.flow = welcome.to_owned();
    routed.because = "a first message that says nothing which the desk knows".to_owned();
}

/// Which of the ways on they want; a person, if there is none to choose from.
fn ways_on(answer: &Flow, offered: &[&Flow]) -> Routed {
    let candidates: Vec<Candidate> =
        offered.iter().map(|flow| Candidate { flow: flow.name.clone(), score: 0 }).collect();
    Routed {
        decision: if candidates.is_empty() { Decision::Triage } else { Decision::Clarify },
        flow: TRIAGE.to_owned(),
        because: format!("the answer “{}” did not help", answer.title),
        candidates,
        also: Vec::new(),
    }
}
