//! Going back: the way of a run is written down as it goes, and an answer that changes takes the run back to the first
//! step that read it. What the requester has answered besides is kept, so that nothing is asked twice.

use std::collections::BTreeMap;

use crate::policy::demand::To;
use crate::policy::facts::{Record, Value};
use crate::policy::flow::{DeskText, Flow, Pack, Step, Verb};
use crate::policy::message::Channel;
use crate::policy::outcome::Effect;
use crate::policy::recognise::{self, Roll};
use crate::policy::text::Piece;
use crate::policy::ticket::{Frame, Known, Source, Stop, Ticket, Waiting};

use super::asking::CODES;
use super::work::Work;

/// How many steps back a run can find its way. More than any flow has.
const MOST_STOPS: usize = 120;
/// How often a run may go back. Whoever changes more often is served better by a person; and nobody may try out what the
/// directory holds by changing one answer again and again.
const MOST_CHANGES: u32 = 10;

/// What is known at a moment, and how much was done.
#[derive(Debug, Default)]
pub(super) struct Past {
    facts: BTreeMap<String, Known>,
    records: BTreeMap<String, Record>,
    acts: usize,
}

impl Past {
    /// What a ticket knows when an event begins.
    pub(super) fn of(ticket: &Ticket, effects: &[Effect]) -> Past {
        let done = |effect: &&Effect| matches!(effect, Effect::Changed(_) | Effect::Escalated { .. });
        let acts = ticket.tasks.len() + effects.iter().filter(done).count();
        Past { facts: ticket.facts.clone(), records: ticket.records.clone(), acts }
    }
}

/// What an answer is changed to.
#[derive(Debug, Clone)]
pub(super) enum New {
    /// It is asked for.
    Asked,
    /// As it was written.
    Written(String),
    /// A value that is valid.
    Is(Value),
    /// A list to which something is missing or wrong, with the reasons.
    Unfinished(Roll, Vec<String>),
}

impl Work<'_> {
    /// A step is about to be entered: one that reads facts is a place to go back to.
    pub(super) fn pass(&mut self, flow: &Flow, at: usize) {
        self.note_the_way();
        let Some(step) = flow.steps.get(at) else { return };
        if reads(self.pack, step).is_empty() {
            return;
        }
        let stops = &mut self.ticket.trail.stops;
        if stops.len() >= MOST_STOPS {
            stops.remove(0);
        }
        stops.push(Stop { frames: self.ticket.frames.clone(), facts: BTreeMap::new(), records: BTreeMap::new() });
    }

    /// Writes down what has become known since the last stop. What was done cannot be taken back: the way begins anew.
    pub(super) fn note_the_way(&mut self) {
        let now = Past::of(&self.ticket, &self.effects);
        let before = std::mem::replace(&mut self.past, now);
        let trail = &mut self.ticket.trail;
        if self.past.acts > before.acts {
            trail.stops.clear();
            trail.acted = true;
        } else if let Some(stop) = trail.stops.last_mut() {
            differences(&before.facts, &self.past.facts, &mut stop.facts);
            differences(&before.records, &self.past.records, &mut stop.records);
        }
    }

    /// Another flow begins: there is no way back into the one before.
    pub(super) fn forget_the_way(&mut self) {
        self.ticket.trail.stops.clear();
        self.past = Past::of(&self.ticket, &self.effects);
    }

    /// Whether something was done for this ticket that cannot be taken back.
    pub(super) fn has_acted(&self) -> bool {
        let ticket = &self.ticket;
        ticket.trail.acted || !ticket.tasks.is_empty() || ticket.escalated.is_some() || ticket.escalation.is_some()
    }

    /// Changes answers: the run goes back to the first step that read one of them.
    pub(super) fn change(&mut self, changes: &[(String, New)]) {
        self.note_the_way();
        let wanted: Vec<String> = changes.iter().map(|(fact, _)| fact.clone()).collect();
        let known: Vec<&String> = wanted.iter().filter(|fact| self.ticket.facts.contains_key(*fact)).collect();
        let stops = &self.ticket.trail.stops;
        let read = |stop: &Stop| self.reads_of(stop).is_some_and(|read| read.iter().any(|name| wanted.contains(name)));
        let first = stops.iter().position(read).or_else(|| stops.len().checked_sub(1));
        let Some(first) = first.filter(|first| known.iter().all(|fact| became_known(stops, *first, fact))) else {
            self.too_late("the requester changed their mind about an answer");
            return;
        };
        let lists: Vec<(String, Roll)> = changes
            .iter()
            .filter(|(_, new)| matches!(new, New::Asked))
            .filter_map(|(fact, _)| {
                let known = self.ticket.facts.get(fact).filter(|known| known.value.listed().is_some())?;
                Some((fact.clone(), recognise::roll_of(&known.value)))
            })
            .collect();
        let step = self.go_back_to(first, &wanted);
        self.note(format!("The requester changes {}: back to {step}.", in_words(&wanted)));
        for (fact, new) in changes {
            self.take_new_value(fact, new);
        }
        for (fact, roll) in lists {
            self.keep_list(&fact, roll, true);
        }
        self.go_on_from_there();
    }

    /// Goes to the question before the present one, and asks it again.
    pub(super) fn go_to_the_question_before(&mut self) {
        self.note_the_way();
        if let Some(fact) = self.answered_at_this_step() {
            self.ticket.tray.remove(&fact);
            self.note(format!("The requester goes back to {}.", in_words(std::slice::from_ref(&fact))));
            self.ticket.aside = None;
            if let Some((flow, at)) = self.here() {
                self.answered(flow, at, 0);
            }
            return;
        }
        let stops = &self.ticket.trail.stops;
        let found = stops.iter().enumerate().rev().find_map(|(at, stop)| {
            let facts = self.given_at(stop);
            (!facts.is_empty()).then_some((at, facts))
        });
        let Some((at, mut facts)) = found else {
            if self.has_acted() {
                self.too_late("the requester wants to go back");
                return;
            }
            self.say_heard(&self.pack.desk.anytime.back);
            self.repeat();
            return;
        };
        if self.ticket.channel == Channel::Chat {
            facts = facts.split_off(facts.len().saturating_sub(1));
        }
        let step = self.go_back_to(at, &facts);
        self.note(format!("The requester goes back to {}, at {step}.", in_words(&facts)));
        self.go_on_from_there();
    }

    /// Begins the request again. Nothing that was answered counts any more.
    pub(super) fn begin_again(&mut self) {
        self.note_the_way();
        if self.has_acted() || self.ticket.trail.stops.is_empty() {
            self.too_late("the requester wants to start again");
            return;
        }
        let all: Vec<String> = self.ticket.facts.keys().chain(self.ticket.tray.keys()).cloned().collect();
        let step = self.go_back_to(0, &all);
        self.ticket.tray.clear();
        self.note(format!("The requester starts again, at {step}."));
        self.say_heard(&self.pack.desk.anytime.restart);
        self.go_on_from_there();
    }

    /// A change of mind comes when something was done already: a person decides, and the requester is told.
    pub(super) fn too_late(&mut self, because: &str) {
        self.note(format!("This is for a person to decide: {because}."));
        self.ticket.aside = None;
        self.needs_a_person(because);
        self.say_desk_text(DeskText::TooLate);
    }

    /// Takes the run back to a stop. The facts named are unknown again; the requester's other answers go to the tray, and
    /// what others have answered since is void. Gives the name of the step.
    fn go_back_to(&mut self, at: usize, without: &[String]) -> String {
        let undone = self.ticket.trail.stops.split_off(at.min(self.ticket.trail.stops.len()));
        let frames = undone.first().map_or_else(Vec::new, |stop| stop.frames.clone());
        for stop in undone.into_iter().rev() {
            for (fact, was) in stop.facts {
                if let Some(now) = self.ticket.facts.remove(&fact)
                    && matches!(now.from, Source::Requester(_) | Source::Prefilled | Source::Agent(_))
                {
                    self.ticket.tray.entry(fact.clone()).or_insert(now);
                }
                self.ticket.facts.extend(was.map(|was| (fact, was)));
            }
            for (record, was) in stop.records {
                self.ticket.records.remove(&record);
                self.ticket.records.extend(was.map(|was| (record, was)));
            }
        }
        self.ticket.tray.retain(|fact, _| !without.contains(fact));
        self.ticket.frames = with_misses(frames, &self.ticket.frames);
        self.ticket.trail.rewound += 1;
        self.wait_for(Waiting::Nothing);
        self.words = None;
        self.ticket.unread = None;
        self.draft.wrong.clear();
        self.past = Past::of(&self.ticket, &self.effects);
        self.ticket.frames.last().map_or_else(String::new, |frame| format!("{}.{}", frame.flow, frame.step))
    }

    fn go_on_from_there(&mut self) {
        self.brings_news();
        if self.ticket.trail.rewound > MOST_CHANGES {
            let queue = self.queue_here();
            self.hand_over_saying(&queue, "the answers were changed very often");
            return;
        }
        self.run_on();
    }

    /// A new value goes to the tray. One that is not valid is asked for, with the reason.
    fn take_new_value(&mut self, fact: &str, new: &New) {
        let flow = self.flow_name().to_owned();
        let Some(decl) = self.pack.fact(&flow, fact).or_else(|| self.pack.any_fact(fact)) else { return };
        let (value, written) = match new {
            New::Asked => return,
            New::Is(value) => (Ok(value.clone()), value.to_string()),
            New::Written(written) => (recognise::valid_on(decl, written, self.today()), written.clone()),
            New::Unfinished(roll, wrong) => {
                self.ticket.lists.insert(fact.to_owned(), roll.clone());
                self.draft.wrong.insert(fact.to_owned(), wrong.join("\n"));
                return;
            }
        };
        let written = if decl.secret { String::new() } else { written };
        match value {
            Ok(value) => self.understood(decl, Known { value, from: Source::Requester(written) }, "as the new answer"),
            Err(because) => {
                let written = if decl.secret { "(secret)" } else { &written };
                self.draft.wrong.insert(fact.to_owned(), format!("You wrote “{written}”. {because}"));
            }
        }
    }

    /// The last answer that lies in the tray for the very step that asks.
    fn answered_at_this_step(&self) -> Option<String> {
        let Waiting::Answers { .. } = &self.ticket.waiting else { return None };
        let (_, step) = self.step()?;
        let Verb::Ask { facts, or, .. } = &step.verb else { return None };
        let of_them = |fact: &&String| self.ticket.tray.get(*fact).is_some_and(is_theirs);
        facts.iter().chain(or).rfind(of_them).cloned()
    }

    /// The facts that the requester has given at a stop, in the order in which they were asked.
    fn given_at(&self, stop: &Stop) -> Vec<String> {
        let Some(step) = self.step_of(&stop.frames) else { return Vec::new() };
        let asked: Vec<&String> = match &step.verb {
            Verb::Ask { facts, or, .. } => facts.iter().chain(or).collect(),
            Verb::LookUp { by, .. } => by.iter().collect(),
            _ => Vec::new(),
        };
        let given = |fact: &&&String| {
            matches!(stop.facts.get(**fact), Some(None)) && self.ticket.facts.get(**fact).is_some_and(is_theirs)
        };
        asked.iter().filter(given).map(|fact| (*fact).clone()).collect()
    }

    fn reads_of(&self, stop: &Stop) -> Option<Vec<String>> {
        self.step_of(&stop.frames).map(|step| reads(self.pack, step))
    }

    fn step_of(&self, frames: &[Frame]) -> Option<&Step> {
        let frame = frames.last()?;
        self.pack.flows.get(&frame.flow)?.steps.iter().find(|step| step.id == frame.step)
    }
}

/// Whether a fact was not known yet on entering a stop.
fn became_known(stops: &[Stop], from: usize, fact: &str) -> bool {
    stops.iter().skip(from).find_map(|stop| stop.facts.get(fact)).is_some_and(Option::is_none)
}

fn is_theirs(known: &Known) -> bool {
    matches!(known.from, Source::Requester(_) | Source::Agent(_))
}

/// The facts that a step reads or asks for.
fn reads(pack: &Pack, step: &Step) -> Vec<String> {
    let mut roots: Vec<String> = Vec::new();
    let root = |path: &[String]| path.first().cloned();
    roots.extend(step.when.iter().flat_map(|guard| &guard.reads).filter_map(|read| root(&read.path)));
    if let Some(say) = &step.say {
        let texts = [Some(&say.mail), say.chat.as_ref(), say.subject.as_ref()];
        let pieces = texts.into_iter().flatten().flat_map(|text| &text.pieces);
        roots.extend(pieces.filter_map(|piece| match piece {
            Piece::Hole { path, .. } => root(path),
            Piece::Words(_) => None,
        }));
    }
    match &step.verb {
        Verb::Ask { facts, or, .. } => roots.extend(facts.iter().chain(or).cloned()),
        Verb::LookUp { by, .. } => roots.extend(by.iter().cloned()),
        Verb::Confirm { names } => roots.extend(names.iter().cloned()),
        Verb::Decide { rule, with, .. } => {
            let read = pack.rules.rule(rule).map_or(&[][..], |rule| &rule.reads);
            let names = read.iter().filter_map(|read| root(&read.path));
            roots.extend(names.map(|name| with.get(&name).map_or(name, |path| first_part(path))));
        }
        Verb::Prove { .. } if step.asks_codes() => roots.extend(CODES.map(str::to_owned)),
        Verb::Record { with, .. } => roots.extend(with.values().filter_map(|path| root(path))),
        Verb::Wait { unless: Some(unless), .. } => {
            roots.extend(unless.reads.iter().filter_map(|read| root(&read.path)));
        }
        _ => {}
    }
    roots.extend(step.to.iter().filter_map(|to| match to {
        To::Path(path) => root(path),
        To::Requester => None,
    }));
    roots.retain(|name| pack.any_fact(name).is_some());
    roots
}

fn first_part(path: &str) -> String {
    path.split('.').next().unwrap_or_default().to_owned()
}

/// How often look-ups have found nothing is not forgotten by going back.
fn with_misses(mut frames: Vec<Frame>, now: &[Frame]) -> Vec<Frame> {
    for (frame, now) in frames.iter_mut().zip(now).filter(|(frame, now)| frame.flow == now.flow) {
        for (step, misses) in &now.misses {
            let kept = frame.misses.entry(step.clone()).or_default();
            *kept = (*kept).max(*misses);
        }
    }
    frames
}

/// What is not as it was, as it was. What a stop has written down already stays.
fn differences<T: Clone + PartialEq>(
    before: &BTreeMap<String, T>,
    now: &BTreeMap<String, T>,
    written: &mut BTreeMap<String, Option<T>>,
) {
    for name in before.keys().chain(now.keys()) {
        if before.get(name) != now.get(name) {
            written.entry(name.clone()).or_insert_with(|| before.get(name).cloned());
        }
    }
}

fn in_words(facts: &[String]) -> String {
    facts.iter().map(|fact| fact.replace('_', " ")).collect::<Vec<_>>().join(", ")
}
