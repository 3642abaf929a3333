//! What would have become of a ticket under another pack: the same messages and acts at the same moments, the look-ups as
//! they were answered, and clocks of its own.

use jiff::Timestamp;

use crate::policy::advance::advance;
use crate::policy::facts::{Record, RecordKind, Value};
use crate::policy::flow::Pack;
use crate::policy::outcome::{Act, Event, Found, Need, Wanted};
use crate::policy::ticket::{LetterMemo, Task, Ticket, Timer, TimerKind};

use super::{Recorded, Step};

/// How many things one event may need, as in life.
const NEEDS_AN_EVENT: usize = 16;
/// More due times than any ticket has: a flow that only waits in a circle ends here.
const TIMERS: usize = 500;

/// How a ticket would have gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// What each event led to, with what was found for it.
    pub steps: Vec<Step>,
    /// Why it could not be followed to its end.
    pub cut: Option<Cut>,
}

/// Why nobody knows how a ticket would have gone on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cut {
    /// What an agent did then is not possible here.
    Refused {
        /// The act.
        act: String,
        /// What the agent would have read.
        because: String,
    },
    /// Something would have been looked up that was not looked up then.
    NotLookedUp(String),
}

/// Runs what happened to a ticket under another pack. `original` is the run under its own; `flow` is the flow that the
/// first message starts here, if it is another; `until` is the moment up to which clocks go.
pub fn another(pack: &Pack, journal: &[Recorded], original: &[Step], flow: Option<&str>, until: Timestamp) -> Course {
    let mut run = Run { pack, known: known(journal, original), steps: Vec::new(), upto: 0 };
    let cut = run.all(journal, original, flow, until).err();
    Course { steps: run.steps, cut }
}

/// What was found, with the line after which it was wanted.
struct Answered<'a> {
    line: usize,
    wanted: &'a Wanted,
    found: &'a Found,
}

fn known<'a>(journal: &'a [Recorded], original: &'a [Step]) -> Vec<Answered<'a>> {
    let mut known = Vec::new();
    for (line, recorded) in journal.iter().enumerate().skip(1) {
        let need = original.get(line - 1).and_then(|step| step.need.as_ref());
        if let (Event::Found { found, .. }, Some(need)) = (&recorded.event, need) {
            known.push(Answered { line, wanted: &need.what, found });
        }
    }
    known
}

struct Run<'a> {
    pack: &'a Pack,
    known: Vec<Answered<'a>>,
    steps: Vec<Step>,
    /// The last line of the journal whose answers are known by now.
    upto: usize,
}

impl Run<'_> {
    fn all(
        &mut self,
        journal: &[Recorded],
        original: &[Step],
        flow: Option<&str>,
        until: Timestamp,
    ) -> Result<(), Cut> {
        for (line, recorded) in journal.iter().enumerate() {
            if matches!(recorded.event, Event::Found { .. }) {
                continue;
            }
            let more = journal.get(line + 1..).unwrap_or_default();
            self.upto = line + more.iter().take_while(|next| matches!(next.event, Event::Found { .. })).count();
            let was = line.checked_sub(1).and_then(|before| original.get(before)).map(|step| &step.ticket);
            self.time_passes(recorded.at, was)?;
            if let Some(event) = self.as_here(&recorded.event, was, flow) {
                self.takes(&event, recorded.at)?;
            }
        }
        self.time_passes(until, original.last().map(|step| &step.ticket))
    }

    fn ticket(&self) -> Option<&Ticket> {
        self.steps.last().map(|step| &step.ticket)
    }

    /// What comes due by itself before the next event. What was pending then as well was late then, and is late now.
    fn time_passes(&mut self, until: Timestamp, was: Option<&Ticket>) -> Result<(), Cut> {
        for _ in 0..TIMERS {
            let Some(ticket) = self.ticket() else { return Ok(()) };
            let late = |timer: &Timer| was.is_some_and(|was| was.timers.iter().any(|there| same(there, timer)));
            let due = ticket.timers.iter().filter(|timer| timer.due <= until && !late(timer));
            let Some((at, timer)) = due.map(|timer| (timer.due, timer.number)).min() else { return Ok(()) };
            self.takes(&Event::Fired { timer }, at)?;
        }
        Ok(())
    }

    /// An event with the numbers that timers, tasks and letters have here; nothing, where there is no such timer.
    fn as_here(&self, event: &Event, was: Option<&Ticket>, flow: Option<&str>) -> Option<Event> {
        let mut event = event.clone();
        match &mut event {
            Event::Received { opening: Some(opening), .. } => {
                if let Some(flow) = flow {
                    opening.flow = flow.to_owned();
                    opening.choices.clear();
                }
            }
            Event::Received { message, opening: None, .. } => {
                message.answers_letter = message.answers_letter.map(|letter| self.letter(letter, was));
            }
            Event::Fired { timer } => {
                let then = was?.timers.iter().find(|one| one.number == *timer)?;
                *timer = self.ticket()?.timers.iter().find(|here| same(here, then))?.number;
            }
            Event::Acted { act, .. } => match act {
                Act::Done { task, .. } | Act::Cannot { task, .. } => *task = task.map(|task| self.task(task, was)),
                Act::Undelivered { letter, .. } => *letter = self.letter(*letter, was),
                // It was measured by yet another pack.
                Act::Recalculated { .. } => return None,
                _ => {}
            },
            Event::Found { .. } => return None,
        }
        Some(event)
    }

    /// The letter here that stands where that one stood among the letters to the same address.
    fn letter(&self, number: u32, was: Option<&Ticket>) -> u32 {
        let (Some(was), Some(here)) = (was, self.ticket()) else { return number };
        let Some(memo) = was.letters.iter().find(|memo| memo.number == number) else { return number };
        let to_them = |one: &&LetterMemo| one.to == memo.to;
        let place = was.letters.iter().filter(to_them).take_while(|one| one.number != number).count();
        let theirs: Vec<&LetterMemo> = here.letters.iter().filter(to_them).collect();
        theirs.get(place).or(theirs.last()).map_or(number, |memo| memo.number)
    }

    fn task(&self, number: u32, was: Option<&Ticket>) -> u32 {
        let (Some(was), Some(here)) = (was, self.ticket()) else { return number };
        let Some(task) = was.tasks.iter().find(|task| task.number == number) else { return number };
        let alike = |one: &&Task| one.act == task.act;
        let place = was.tasks.iter().filter(alike).take_while(|one| one.number != number).count();
        here.tasks.iter().filter(alike).nth(place).map_or(number, |task| task.number)
    }

    /// One event, and what must be found for it.
    fn takes(&mut self, event: &Event, at: Timestamp) -> Result<(), Cut> {
        let mut event = event.clone();
        for _ in 0..=NEEDS_AN_EVENT {
            let outcome = advance(self.pack, self.ticket(), &event, at);
            if let Some(because) = outcome.refused {
                let act = match &event {
                    Event::Acted { act, .. } => act.name().to_owned(),
                    other => other.name().to_owned(),
                };
                return Err(Cut::Refused { act, because });
            }
            self.steps.push(Step::of(at, outcome));
            let Some(need) = self.steps.last().and_then(|step| step.need.clone()) else { return Ok(()) };
            let found = self.find(&need).ok_or_else(|| Cut::NotLookedUp(name(&need.what)))?;
            event = Event::Found { query: need.query, found };
        }
        Ok(())
    }

    /// What was found then: the last time until now, else the first time later.
    fn find(&self, need: &Need) -> Option<Found> {
        let alike = |one: &&Answered<'_>| *one.wanted == need.what;
        if let Some(answered) = self.nearest(alike) {
            return Some(answered.found.clone());
        }
        match &need.what {
            Wanted::Rows { kind, by, .. } => self.rows(*kind, by).map(Found::Rows),
            Wanted::Refresh { records } => {
                let again = |name: &String| self.ticket()?.records.get(name).cloned().map(|row| vec![row]);
                let refreshed = records.iter().map(|read| {
                    let rows = self.rows(read.kind, &read.by).or_else(|| again(&read.name));
                    (read.name.clone(), rows.unwrap_or_default())
                });
                Some(Found::Refreshed(refreshed.collect()))
            }
            Wanted::People { .. } | Wanted::Dossier { .. } | Wanted::Identity { .. } => None,
        }
    }

    fn nearest(&self, alike: impl Fn(&&Answered<'_>) -> bool) -> Option<&Answered<'_>> {
        let before = self.known.iter().rev().find(|one| one.line <= self.upto && alike(one));
        before.or_else(|| self.known.iter().find(|one| alike(one)))
    }

    /// Rows that were found by the same fields, whatever for.
    fn rows(&self, kind: RecordKind, by: &[(String, Value)]) -> Option<Vec<Record>> {
        let rows = |one: &Answered<'_>| match (one.wanted, one.found) {
            (Wanted::Rows { kind: theirs, by: fields, .. }, Found::Rows(rows)) => {
                (*theirs == kind && fields == by).then(|| rows.clone())
            }
            (Wanted::Refresh { records }, Found::Refreshed(found)) => {
                let read = records.iter().find(|read| read.kind == kind && read.by == by)?;
                found.iter().find(|(name, _)| *name == read.name).map(|(_, rows)| rows.clone())
            }
            _ => None,
        };
        self.nearest(|one| rows(one).is_some()).and_then(rows)
    }
}

/// Whether two due times of two runs are the same.
fn same(one: &Timer, other: &Timer) -> bool {
    let kind = |timer: &Timer| match timer.what {
        TimerKind::Stage { stage, due, .. } => (timer.what.name(), Some((stage, due))),
        TimerKind::Within | TimerKind::Remind | TimerKind::Look => (timer.what.name(), None),
    };
    one.due == other.due && kind(one) == kind(other)
}

fn name(wanted: &Wanted) -> String {
    let fields = |by: &[(String, Value)]| by.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>().join(", ");
    match wanted {
        Wanted::Rows { kind, by, .. } => format!("{} by {}", kind.name(), fields(by)),
        Wanted::Refresh { .. } => "records as they are now".into(),
        Wanted::People { .. } => "what is known of the people of a list".into(),
        Wanted::Dossier { .. } => "what an escalation tells".into(),
        Wanted::Identity { .. } => "whether codes are right".into(),
    }
}
