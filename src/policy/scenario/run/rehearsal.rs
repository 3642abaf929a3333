//! A story that is played by hand: each item is read as a scenario's, told on the same stage, and kept, so that it can be
//! taken back or written down. How it is typed and shown is left to the command line.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::{Timestamp, civil};

use crate::policy::explain::{self, Happened};
use crate::policy::flow::Pack;
use crate::policy::message::Party;
use crate::policy::outcome::{Event, Letter};
use crate::policy::promise::look::{Look, look};
use crate::policy::ticket::Ticket;
use crate::policy::world::World;

use super::super::story::{Beat, Happening, read_item};
use super::super::{Route, Scenario, WORLD};
use super::{Stage, told_in_words, written};

/// When a story begins that does not say when, on the desk's clock: a Monday morning.
pub const BEGINS: civil::DateTime = civil::datetime(2026, 3, 2, 9, 0, 0, 0);

/// A story under way.
pub struct Rehearsal<'a> {
    pack: &'a Pack,
    route: Route<'a>,
    world: Arc<World>,
    begins: civil::DateTime,
    played: Vec<Played>,
    stage: Stage<'a>,
}

/// An item that was played.
struct Played {
    /// As it stands in a scenario.
    item: String,
    beat: Beat,
    /// What came of it, as a scenario expects it.
    expectation: String,
    /// What was decided.
    why: Vec<String>,
}

/// What came of one item.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct News {
    /// Letters and replies, oldest first.
    pub letters: Vec<Letter>,
    /// What clocks have told agents.
    pub told: Vec<String>,
    /// When due times were fired, with the story of each.
    pub fired: Vec<(Timestamp, Vec<String>)>,
    /// Why an agent's act was not possible. Then nothing has changed.
    pub refused: Option<String>,
    /// Whether it was question and answer by chat, of which no request is kept.
    pub only_answered: bool,
}

impl std::fmt::Debug for Rehearsal<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rehearsal").field("played", &self.played.len()).finish_non_exhaustive()
    }
}

impl<'a> Rehearsal<'a> {
    /// A story in which nothing has happened yet, in the made-up directory of the pack. `begins` is on the desk's clock.
    pub fn new(
        pack: &'a Pack,
        route: Route<'a>,
        files: &BTreeMap<String, String>,
        begins: civil::DateTime,
    ) -> Result<Self, String> {
        let world = match files.get(WORLD) {
            Some(text) => World::from_yaml(text).map_err(|faults| format!("{WORLD}: {}", faults.join("; ")))?,
            None => World::default(),
        };
        let world = Arc::new(world);
        let stage = Stage::new(pack, route, &blank(begins, &world));
        Ok(Self { pack, route, world, begins, played: Vec::new(), stage })
    }

    /// Plays one item, written as in a scenario (`mail: …`, a line for each key). An item that cannot be read, or comes to
    /// nothing, is told and changes nothing.
    pub fn play(&mut self, item: &str) -> Result<News, String> {
        let beat = read_item(self.pack, &self.stage.world, self.sender(), &format!("story:\n{}", indented(item, 2)))
            .map_err(|findings| {
                let told: Vec<String> = findings.iter().map(|it| format!("{}; {}", it.message, it.help)).collect();
                told.join("\n")
            })?;
        let before = self.marks();
        if let Err(why) = self.happens(&beat) {
            self.tell_again();
            return Err(why);
        }
        let news = self.news(&before);
        if news.refused.is_some() {
            return Ok(news);
        }
        let why = self.why_since(&before);
        let expectation = written::expectation(&self.stage, &news, before.known);
        self.settle();
        self.played.push(Played { item: item.to_owned(), beat, expectation, why });
        Ok(news)
    }

    /// Takes the last item back by telling the story without it. Gives the item.
    pub fn undo(&mut self) -> Option<String> {
        let last = self.played.pop()?;
        self.tell_again();
        Some(last.item)
    }

    /// Begins again with nothing played.
    pub fn restart(&mut self) {
        self.played.clear();
        self.tell_again();
    }

    /// The moment of the story.
    pub fn now(&self) -> Timestamp {
        self.stage.now
    }

    /// The request of which the story speaks.
    pub fn ticket(&self) -> Option<&Ticket> {
        self.stage.case.and_then(|case| self.stage.cases.get(case)).map(|case| &case.ticket)
    }

    /// Every request of the story, in the order in which they were opened.
    pub fn requests(&self) -> Vec<&Ticket> {
        self.stage.cases.iter().map(|case| &case.ticket).collect()
    }

    /// Whether the journals of the story give the same requests again; else where they part.
    pub fn replays(&self) -> Result<(), String> {
        self.stage.replays()
    }

    /// How many requests there are.
    pub fn tickets(&self) -> usize {
        self.stage.cases.len()
    }

    /// What the clocks of the request show.
    pub fn clocks(&self) -> Vec<Look> {
        self.ticket().map_or_else(Vec::new, |ticket| look(self.pack, ticket, self.stage.now))
    }

    /// The next due time of any request.
    pub fn next_due(&self) -> Option<Timestamp> {
        self.stage.cases.iter().flat_map(|case| case.ticket.timers.iter().map(|timer| timer.due)).min()
    }

    /// What was decided in the last item, and why.
    pub fn why(&self) -> Option<&[String]> {
        self.played.last().map(|played| played.why.as_slice())
    }

    /// The directory as it is in the story.
    pub fn world(&self) -> &World {
        &self.stage.world
    }

    /// How many items were played.
    pub fn played(&self) -> usize {
        self.played.len()
    }

    /// The story as a scenario with this name, set in as an item of `scenarios:`. `None` while nothing was played.
    pub fn scenario(&self, name: &str) -> Option<String> {
        if self.played.is_empty() {
            return None;
        }
        let begins = self.begins.strftime("%Y-%m-%d %H:%M");
        let mut text = format!("  - scenario: {}\n    now: {begins}\n    story:\n", written::scalar(name));
        for played in &self.played {
            text.push_str(&indented(&played.item, 6));
            text.push_str(&indented(&played.expectation, 6));
        }
        Some(text)
    }

    fn happens(&mut self, beat: &Beat) -> Result<(), String> {
        match &beat.what {
            Happening::Says(speech) => self.stage.says(speech),
            Happening::Passes(length) => self.stage.passes(*length),
            Happening::Acts { agent, act, task, case } => self.stage.acts(agent, act, task.as_deref(), *case),
            Happening::Changes(rows) => self.stage.changes(rows),
            Happening::Expects(_) => Err("an expectation is nothing that happens".into()),
        }
    }

    /// What an expectation has seen is not looked at again.
    fn settle(&mut self) {
        self.stage.seen = self.stage.sent.len();
        self.stage.told.clear();
        self.stage.refused = None;
    }

    fn tell_again(&mut self) {
        self.stage = Stage::new(self.pack, self.route, &blank(self.begins, &self.world));
        let beats: Vec<Beat> = self.played.iter().map(|played| played.beat.clone()).collect();
        for beat in &beats {
            // Each came to something when it was played; the same events come to the same again.
            if self.happens(beat).is_err() {
                return;
            }
            self.settle();
        }
    }

    /// Who wrote first: who writes when nobody is named.
    fn sender(&self) -> Option<Party> {
        self.played.iter().find_map(|played| match &played.beat.what {
            Happening::Says(speech) => Some(speech.from.clone()),
            _ => None,
        })
    }

    fn marks(&self) -> Marks {
        let known = self.ticket().map(|ticket| ticket.facts.keys().cloned().collect()).unwrap_or_default();
        Marks { journals: self.stage.cases.iter().map(|case| case.journal.len()).collect(), known }
    }

    /// What every request has lived through since.
    fn since(&self, before: &Marks) -> Vec<(&Ticket, &[Happened])> {
        let cases = self.stage.cases.iter().enumerate();
        let new = cases.map(|(n, case)| {
            let from = before.journals.get(n).copied().unwrap_or(0);
            (&case.ticket, case.journal.get(from..).unwrap_or_default())
        });
        new.filter(|(_, journal)| !journal.is_empty()).collect()
    }

    fn why_since(&self, before: &Marks) -> Vec<String> {
        let mut lines = Vec::new();
        for (ticket, journal) in self.since(before) {
            lines.extend(explain::story(self.pack, ticket, journal));
        }
        if let Some(answer) = &self.stage.answered {
            let title = self.pack.flows.get(answer).map_or(answer.as_str(), |flow| flow.title.as_str());
            lines.push(format!("The message was taken as a question with a ready answer: {title} ({answer})."));
        }
        lines
    }

    fn news(&self, before: &Marks) -> News {
        let mut fired: Vec<(Timestamp, Vec<String>)> = Vec::new();
        for (ticket, journal) in self.since(before) {
            for (n, (event, at, _)) in journal.iter().enumerate() {
                if matches!(event, Event::Fired { .. }) {
                    let found =
                        journal[n + 1..].iter().take_while(|(event, _, _)| matches!(event, Event::Found { .. }));
                    let mut story = explain::story(self.pack, ticket, &journal[n..=n + found.count()]);
                    story.pop();
                    fired.push((*at, story));
                }
            }
        }
        fired.sort_by_key(|(at, _)| *at);
        let stage = &self.stage;
        News {
            letters: stage.sent[stage.seen..].iter().map(|sent| sent.letter.clone()).collect(),
            told: stage.told.iter().filter(|notice| notice.key.starts_with("clock:")).map(told_in_words).collect(),
            fired,
            refused: stage.refused.clone(),
            only_answered: stage.sent[stage.seen..].iter().any(|sent| sent.case.is_none()),
        }
    }
}

/// How much of the story there was before an item.
struct Marks {
    journals: Vec<usize>,
    known: BTreeSet<String>,
}

fn blank(begins: civil::DateTime, world: &Arc<World>) -> Scenario {
    Scenario {
        name: String::new(),
        file: String::new(),
        flow: String::new(),
        covers: Vec::new(),
        channel: "mail",
        now: begins,
        world: Arc::clone(world),
        story: Vec::new(),
        place: crate::policy::finding::Place::start_of(""),
    }
}

/// An item of a list, set in by so many spaces.
fn indented(item: &str, spaces: usize) -> String {
    let mut text = String::new();
    for (n, line) in item.lines().enumerate() {
        let dash = if n == 0 { "- " } else { "  " };
        if line.is_empty() {
            text.push('\n');
        } else {
            text.push_str(&format!("{:spaces$}{dash}{line}\n", ""));
        }
    }
    text
}
