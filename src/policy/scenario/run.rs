//! Tells a story: messages, time and agents in, through the same `advance` as life, with everything else made up.

mod beside;
mod holes;
mod rehearsal;
mod speech;
mod turn;
mod written;

use std::collections::BTreeSet;
use std::fmt::Display;
use std::sync::Arc;

use jiff::Timestamp;
use serde_yaml::Value;

use crate::policy::calendar::Length;
use crate::policy::explain::{self, Happened};
use crate::policy::finding::Place;
use crate::policy::flow::Pack;
use crate::policy::message::Channel;
use crate::policy::outcome::{Act, Event, Letter, Notice, Whom};
use crate::policy::promise::look::look;
use crate::policy::replay::Recorded;
use crate::policy::ticket::{Reference, TaskStatus, Ticket};
use crate::policy::world::World;

use super::expect::{Expectation, Seen};
use super::story::{Beat, Happening, Speech};
use super::{Coverage, Difference, Route, Scenario, Told, cast};

pub use rehearsal::{BEGINS, News, Rehearsal};
pub use written::keyed;

/// How many due times one `after` may fire. More means that the clocks never come to rest.
const FIRINGS: usize = 1_000;

/// Tells one story and says how it came out. What a first message starts is asked of the caller, who may know it from
/// another telling.
pub fn tell(pack: &Pack, route: Route<'_>, scenario: &Scenario) -> Told {
    let mut stage = Stage::new(pack, route, scenario);
    let played = stage.play(scenario).and_then(|()| stage.replays().map_err(|why| Halt::at(&scenario.place, why)));
    let (because, difference) = played.map_or_else(|halt| (halt.because, halt.difference), |()| Default::default());
    Told {
        scenario: scenario.name.clone(),
        file: scenario.file.clone(),
        flow: scenario.flow.clone(),
        covers: scenario.covers.clone(),
        channel: scenario.channel,
        sentence: scenario.sentence(),
        passed: because.is_empty(),
        because,
        difference,
        reached: stage.reached,
    }
}

/// The tickets of a story with their journals, as far as it came.
pub fn tale(pack: &Pack, route: Route<'_>, scenario: &Scenario) -> Vec<(Ticket, Vec<Happened>)> {
    let mut stage = Stage::new(pack, route, scenario);
    // Whether it came out as expected is for `tell` to say.
    let _ = stage.play(scenario);
    stage.cases.into_iter().map(|case| (case.ticket, case.journal)).collect()
}

/// Whether a story comes out as it is told. As [`tell`], but looks at no journal, and is the sooner done.
pub fn comes_out(pack: &Pack, route: Route<'_>, scenario: &Scenario) -> bool {
    Stage::new(pack, route, scenario).play(scenario).is_ok()
}

/// The line at which a story came out otherwise.
struct Halt {
    because: String,
    difference: Option<Difference>,
}

impl Halt {
    fn at(place: &Place, why: impl Display) -> Halt {
        Halt { because: format!("{}:{}: {why}", place.file, place.line), difference: None }
    }
}

/// A ticket of the story, with its journal.
struct Case {
    ticket: Ticket,
    journal: Vec<Happened>,
    recorded: Vec<Recorded>,
}

/// A letter or reply of the story.
struct Sent {
    /// The ticket that it belongs to; none for a chat that was only question and answer.
    case: Option<usize>,
    letter: Letter,
    /// The steps of which it speaks.
    steps: BTreeSet<String>,
    at: Timestamp,
}

struct Stage<'a> {
    pack: &'a Pack,
    route: Route<'a>,
    world: Arc<World>,
    now: Timestamp,
    cases: Vec<Case>,
    /// The ticket that the story speaks of.
    case: Option<usize>,
    sent: Vec<Sent>,
    /// How many of `sent` an expectation has seen.
    seen: usize,
    /// The answer that the last message got.
    answered: Option<String>,
    /// Why the last act was not possible.
    refused: Option<String>,
    escalated: BTreeSet<Reference>,
    /// What agents were told since the last expectation.
    told: Vec<Notice>,
    minted: u64,
    /// How many passcodes were issued.
    codes: u32,
    mails: u32,
    reached: Coverage,
}

impl<'a> Stage<'a> {
    fn new(pack: &'a Pack, route: Route<'a>, scenario: &Scenario) -> Self {
        let begins = pack.desk.zone.to_timestamp(scenario.now).unwrap_or(Timestamp::UNIX_EPOCH);
        Stage {
            pack,
            route,
            world: Arc::clone(&scenario.world),
            now: begins,
            cases: Vec::new(),
            case: None,
            sent: Vec::new(),
            seen: 0,
            answered: None,
            refused: None,
            escalated: BTreeSet::new(),
            told: Vec::new(),
            minted: 0,
            codes: 0,
            mails: 0,
            reached: Coverage::default(),
        }
    }

    /// Plays the whole story. The error names the line that came out otherwise.
    fn play(&mut self, scenario: &Scenario) -> Result<(), Halt> {
        for (n, beat) in scenario.story.iter().enumerate() {
            let at = |why: String| Halt::at(&beat.place, why);
            match &beat.what {
                Happening::Says(speech) => self.says(speech).map_err(at)?,
                Happening::Passes(length) => self.passes(*length).map_err(at)?,
                Happening::Acts { agent, act, task, case } => {
                    self.acts(agent, act, task.as_deref(), *case).map_err(at)?;
                    if let Some(refused) = &self.refused
                        && !expects_refusal(scenario.story.get(n + 1))
                    {
                        return Err(at(format!("this act is not possible: {refused}")));
                    }
                }
                Happening::Changes(rows) => self.changes(rows).map_err(at)?,
                Happening::Expects(expectation) => self.expects(expectation, beat)?,
            }
        }
        Ok(())
    }

    /// The directory changes by itself, on top of what the tickets of the story have changed.
    fn changes(&mut self, rows: &Value) -> Result<(), String> {
        let world = cast::changed(&self.world, rows).map_err(|faults| faults.join("; "))?;
        self.world = Arc::new(world);
        self.wake(|_| true);
        self.resumes()
    }

    fn says(&mut self, speech: &Speech) -> Result<(), String> {
        self.refused = None;
        let fill = |text: &str| self.filled(text);
        let (text, subject) = (fill(&speech.text)?, speech.subject.as_deref().map(fill).transpose()?);
        match speech.channel {
            Channel::Mail => self.mails(speech, subject, text),
            Channel::Chat => self.chats(speech, text),
            Channel::Phone | Channel::Text => self.calls(speech, text),
        }
    }

    /// The clock moves; what falls due is fired in its order, with what that makes due.
    fn passes(&mut self, length: Length) -> Result<(), String> {
        let queue = self.case.map(|case| &self.cases[case].ticket.queue);
        let calendars = &self.pack.desk.calendars;
        let calendar = queue.and_then(|queue| self.pack.desk.calendar_of(queue)).or_else(|| calendars.values().next());
        let until = calendar.ok_or("the desk has no calendar to count by")?.due(self.now, length);
        for _ in 0..FIRINGS {
            let timers = self
                .cases
                .iter()
                .enumerate()
                .flat_map(|(case, it)| it.ticket.timers.iter().map(move |timer| (timer.due, case, timer.number)));
            let Some((due, case, timer)) = timers.min().filter(|(due, _, _)| *due <= until) else {
                self.now = until;
                return Ok(());
            };
            self.now = self.now.max(due);
            let turn = self.turn(Some(case), Event::Fired { timer })?;
            self.keep(Some(case), turn.map_err(|refused| format!("a due time was refused: {refused}"))?)?;
            self.resumes()?;
        }
        Err("the clocks do not come to rest: too much falls due".into())
    }

    fn acts(&mut self, agent: &str, act: &Act, task: Option<&str>, case: Option<usize>) -> Result<(), String> {
        self.refused = None;
        let case = self.meant(case)?.ok_or("there is no request for an agent to work on")?;
        let mut act = self.with_words(act, case)?;
        if let (Some(task), Act::Done { task: number, .. } | Act::Cannot { task: number, .. }) = (task, &mut act) {
            *number = Some(self.task_number(case, task)?);
        }
        match self.turn(Some(case), Event::Acted { agent: agent.to_owned(), act })? {
            Ok(turn) => {
                self.keep(Some(case), turn)?;
                self.resumes()?;
            }
            Err(refused) => self.refused = Some(refused),
        }
        Ok(())
    }

    /// An act with the holes of its texts filled; a flow that is started gets the requester's first words.
    fn with_words(&self, act: &Act, case: usize) -> Result<Act, String> {
        Ok(match act {
            Act::Reply { text } => Act::Reply { text: self.filled(text)? },
            Act::Note { text } => Act::Note { text: self.filled(text)? },
            Act::Start { flow, .. } => {
                let words = self.cases[case].journal.iter().find_map(|(event, _, _)| match event {
                    Event::Received { message, opening: Some(_), .. } => {
                        Some(format!("{}\n{}", message.subject, message.text))
                    }
                    _ => None,
                });
                Act::Start { flow: flow.clone(), words }
            }
            other => other.clone(),
        })
    }

    fn task_number(&self, case: usize, task: &str) -> Result<u32, String> {
        if let Ok(number) = task.parse() {
            return Ok(number);
        }
        let open =
            self.cases[case].ticket.tasks.iter().rev().find(|it| it.act == task && it.status == TaskStatus::Open);
        open.map(|task| task.number).ok_or_else(|| format!("there is no open task {task}"))
    }

    fn expects(&mut self, expectation: &Expectation, beat: &Beat) -> Result<(), Halt> {
        let place = |key: &str| expectation.places.get(key).unwrap_or(&beat.place);
        let line = |key: &str, why: String| Halt::at(place(key), why);
        let case = self.meant(expectation.case).map_err(|why| line("ticket", why))?;
        let filled = self.filled_in(expectation).map_err(|why| line("expect", why))?;
        let case = case.map(|case| &self.cases[case]);
        let of = |channel| {
            self.sent[self.seen..].iter().map(|sent| &sent.letter).filter(move |letter| letter.channel == channel)
        };
        let seen = Seen {
            pack: self.pack,
            ticket: case.map(|case| &case.ticket),
            story: case.map_or_else(Vec::new, |case| explain::story(self.pack, &case.ticket, &case.journal)),
            tickets: self.cases.len(),
            letters: of(Channel::Mail).chain(of(Channel::Text)).collect(),
            replies: of(Channel::Chat).collect(),
            answered: self.answered.as_deref(),
            refused: self.refused.as_deref(),
            clocks: case.map_or_else(Vec::new, |case| look(self.pack, &case.ticket, self.now)),
            reached: &self.reached,
            told: self.told.iter().filter(|notice| notice.key.starts_with("clock:")).map(told_in_words).collect(),
        };
        filled.check(&seen).map_err(|unmet| {
            let place = place(unmet.key);
            let key = unmet.key;
            let difference = Difference { place: place.clone(), key, expected: unmet.expected, came: unmet.came };
            Halt { difference: Some(difference), ..Halt::at(place, unmet.why) }
        })?;
        self.seen = self.sent.len();
        self.told.clear();
        self.refused = None;
        Ok(())
    }

    fn case_of(&self, reference: &Reference) -> Option<usize> {
        self.cases.iter().position(|case| case.ticket.reference == *reference)
    }
}

/// To whom something was told, and what.
fn told_in_words(notice: &Notice) -> String {
    let whom = match &notice.whom {
        Whom::Assignee | Whom::Queue(_) => "agent",
        Whom::Lead(_) => "team_lead",
    };
    format!("{whom}: {}", notice.what)
}

fn expects_refusal(next: Option<&Beat>) -> bool {
    matches!(next.map(|beat| &beat.what), Some(Happening::Expects(expectation)) if expectation.refused.is_some())
}
