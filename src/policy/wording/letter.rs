//! The letters of a flow as they would be sent, before anything is known: what is said, which questions they hold, and
//! what is filled in. By mail a letter asks at once what the next questions ask.

use crate::policy::flow::{DeskText, FactDecl, Flow, Pack, Step, Verb};
use crate::policy::graph::asked_along;

use super::{Part, desk_text, parts};

/// A letter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// Its subject, without the reference.
    pub subject: Vec<Part>,
    /// Its paragraphs, in order.
    pub said: Vec<Vec<Part>>,
    /// Its questions, in order.
    pub asked: Vec<Asked>,
    /// What stands below the questions.
    pub below: Vec<Vec<Part>>,
}

/// A question of a letter.
#[derive(Debug, Clone)]
pub struct Asked {
    /// What is asked.
    pub fact: FactDecl,
    /// Whether it stands there because the letter looks ahead.
    pub ahead: bool,
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.fact.name == other.fact.name && self.ahead == other.ahead
    }
}

impl Eq for Asked {}

/// The letter that a step writes by itself. `None` when it writes none.
pub fn letter(pack: &Pack, flow: &Flow, at: usize) -> Option<Letter> {
    let step = flow.steps.get(at)?;
    let asks = matches!(step.verb, Verb::Ask { .. });
    if step.say.is_none() && !asks {
        return None;
    }
    let desk = |text| desk_text(pack, flow, text).map(|text| parts(pack, text));
    let said = desk(DeskText::Greeting).into_iter();
    let said = said.chain(step.say.as_ref().map(|say| parts(pack, &say.mail))).collect();
    let mut asked: Vec<Asked> = Vec::new();
    let along = asked_along(flow, at);
    for (step, ahead) in [(step, false)].into_iter().chain(along.iter().map(|at| (&flow.steps[*at], true))) {
        for fact in facts(step) {
            if let Some(fact) = pack.fact(&flow.name, fact).cloned()
                && !asked.iter().any(|other| other.fact.name == fact.name)
            {
                asked.push(Asked { fact, ahead });
            }
        }
    }
    let how = if asks { desk(DeskText::HowToAnswer) } else { None };
    let below = how.into_iter().chain(desk(DeskText::Signature)).collect();
    let own = step.say.as_ref().and_then(|say| say.subject.as_ref());
    let subject = own.map_or_else(|| vec![Part::Words(flow.title.clone())], |text| parts(pack, text));
    Some(Letter { subject, said, asked, below })
}

fn facts(step: &Step) -> Vec<&str> {
    match &step.verb {
        Verb::Ask { facts, or, .. } => facts.iter().chain(or).map(String::as_str).collect(),
        _ => Vec::new(),
    }
}
