//! One event of a story with everything that must be found for it, and what is kept of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::policy::advance::advance;
use crate::policy::explain::{self, Case, Happened};
use crate::policy::facts::RecordKind;
use crate::policy::outcome::{Block, Dossier, Effect, Event, Found, Letter, Need, Notice, Opens, Trace, Wanted};
use crate::policy::replay::{Recorded, replay, state_digest};
use crate::policy::thread::finds;
use crate::policy::ticket::{Reference, Ticket, TimerKind};
use crate::policy::world::World;
use crate::policy::world::applying::Occasion;
use crate::policy::world::change::Change;
use crate::policy::world::identity::Claim;
use crate::policy::world::passcode;

use super::{Sent, Stage};

/// How many things one event may need, as at the desk.
const NEEDS_AN_EVENT: usize = 16;
/// Stories keep no secrets.
const KEY_OF_STORIES: [u8; 32] = [0; 32];

/// What one event came to, with everything that had to be found for it.
pub(super) struct Turn {
    pub(super) ticket: Ticket,
    pub(super) journal: Vec<Happened>,
    pub(super) recorded: Vec<Recorded>,
    pub(super) letters: Vec<Letter>,
    pub(super) escalated: Vec<Reference>,
    pub(super) told: Vec<Notice>,
    pub(super) changes: Vec<Change>,
    pub(super) opens: Vec<Opens>,
}

impl Stage<'_> {
    /// One event, with everything that must be found for it. The inner error is a refused act.
    pub(super) fn turn(&mut self, case: Option<usize>, event: Event) -> Result<Result<Turn, String>, String> {
        let mut ticket = case.map(|case| self.cases[case].ticket.clone());
        let (mut event, mut turn): (Event, Option<Turn>) = (event, None);
        for _ in 0..=NEEDS_AN_EVENT {
            let outcome = advance(self.pack, ticket.as_ref(), &event, self.now);
            if let Some(refused) = outcome.refused {
                return Ok(Err(refused));
            }
            self.reached.watch(self.pack, ticket.as_ref(), &event, &outcome.ticket, &outcome.trace);
            let so_far = turn.get_or_insert_with(|| Turn {
                ticket: outcome.ticket.clone(),
                journal: Vec::new(),
                recorded: Vec::new(),
                letters: Vec::new(),
                escalated: Vec::new(),
                told: Vec::new(),
                changes: Vec::new(),
                opens: Vec::new(),
            });
            so_far.ticket = outcome.ticket;
            so_far.recorded.push(Recorded { event: event.clone(), at: self.now, state: state_digest(&so_far.ticket) });
            so_far.journal.push((event, self.now, outcome.trace));
            for effect in outcome.effects {
                match effect {
                    Effect::Letter(letter) => so_far.letters.push(letter),
                    Effect::Escalated { about, .. } => so_far.escalated.push(about),
                    Effect::Tell(notice) => so_far.told.push(notice),
                    Effect::Changed(change) => so_far.changes.push(change),
                    Effect::Opens(opens) => so_far.opens.push(opens),
                }
            }
            let Some(need) = outcome.need else {
                return turn.map(Ok).ok_or_else(|| "nothing came of it".to_owned());
            };
            let found = self.find(&need, case, so_far);
            event = Event::Found { query: need.query, found };
            ticket = Some(so_far.ticket.clone());
        }
        Err("this event needed too many look-ups".into())
    }

    /// Keeps what came of an event.
    pub(super) fn keep(&mut self, case: Option<usize>, mut turn: Turn) -> Result<(), String> {
        self.change_directory(&mut turn)?;
        let mut steps: BTreeSet<String> =
            turn.ticket.frames.iter().map(|frame| format!("{}.{}", frame.flow, frame.step)).collect();
        steps.extend(turn.journal.iter().flat_map(|(_, _, trace)| trace).filter_map(|line| match line {
            Trace::Entered { step, .. } => Some(step.clone()),
            _ => None,
        }));
        let at = self.now;
        self.sent.extend(turn.letters.into_iter().map(|letter| Sent { case, letter, steps: steps.clone(), at }));
        self.escalated.extend(turn.escalated);
        self.told.extend(turn.told);
        if let Some(case) = case.and_then(|case| self.cases.get_mut(case)) {
            case.ticket = turn.ticket;
            case.journal.extend(turn.journal);
            case.recorded.extend(turn.recorded);
        }
        Ok(())
    }

    /// The directory has changed: the looks of these tickets come forward, as the store lets them.
    pub(super) fn wake(&mut self, which: impl Fn(&Ticket) -> bool) {
        for case in self.cases.iter_mut().filter(|case| which(&case.ticket)) {
            let looks = case.ticket.timers.iter_mut().filter(|timer| timer.what == TimerKind::Look);
            looks.for_each(|timer| timer.due = timer.due.min(self.now));
        }
    }

    /// Changes the directory as the store would, and puts the codes that are issued into the letters that carry them.
    fn change_directory(&mut self, turn: &mut Turn) -> Result<(), String> {
        if turn.changes.is_empty() {
            return Ok(());
        }
        let mut world = World::clone(&self.world);
        let mut codes = BTreeMap::new();
        for change in &turn.changes {
            let mut sealed = None;
            if let Change::IssueCode { organisation, .. } = change {
                self.codes += 1;
                let code = passcode::of_story(self.codes);
                sealed = Some(passcode::sealed(&KEY_OF_STORIES, [0; 16], &code));
                codes.insert(organisation.clone(), code);
            }
            let today = self.pack.desk.zone.to_datetime(self.now).date();
            let rows = world.change(change, &Occasion { now: self.now, today, code: sealed.as_ref() })?;
            let listens = |ticket: &Ticket| ticket.listens().any(|(kind, id)| rows.contains(&(kind, id.to_owned())));
            self.wake(|ticket| ticket.reference != turn.ticket.reference && listens(ticket));
        }
        self.world = Arc::new(world);
        for block in turn.letters.iter_mut().flat_map(|letter| &mut letter.blocks) {
            if let Block::Code { organisation } = block {
                *block = Block::Text(codes.get(organisation).cloned().unwrap_or_default());
            }
        }
        Ok(())
    }

    /// What a ticket needs, from the made-up directory and the story's own tickets.
    pub(super) fn find(&self, need: &Need, case: Option<usize>, turn: &Turn) -> Found {
        match &need.what {
            Wanted::Rows { kind: RecordKind::Ticket, by, .. } => {
                let theirs = self
                    .cases
                    .iter()
                    .map(|case| &case.ticket)
                    .filter(|other| finds(self.pack, &turn.ticket, other, by));
                let records = theirs.map(|ticket| explain::ticket_record(self.pack, ticket));
                Found::Rows(records.collect())
            }
            Wanted::Rows { kind, by, .. } => Found::Rows(self.world.look_up(*kind, by, self.pack.desk.mailbox_forms())),
            Wanted::Refresh { records } => {
                let forms = self.pack.desk.mailbox_forms();
                let rows =
                    records.iter().map(|read| (read.name.clone(), self.world.look_up(read.kind, &read.by, forms)));
                Found::Refreshed(rows.collect())
            }
            Wanted::People { people } => Found::People(self.world.newcomers(people)),
            Wanted::Dossier { of, .. } => Found::Dossier(self.dossier(of, case, turn)),
            Wanted::Identity { .. } => {
                let claim = Claim::of(&need.what);
                Found::Matched(claim.is_some_and(|claim| self.world.identity(&claim, &KEY_OF_STORIES, self.now)))
            }
        }
    }

    pub(super) fn dossier(&self, of: &Reference, case: Option<usize>, turn: &Turn) -> Dossier {
        let before = self.escalated.contains(of);
        let earlier = case.map_or(&[][..], |case| &self.cases[case].journal);
        let journal: Vec<Happened> = earlier.iter().chain(&turn.journal).cloned().collect();
        let asking = Case { ticket: &turn.ticket, journal: &journal };
        match self.case_of(of).map(|case| &self.cases[case]) {
            Some(case) if *of != turn.ticket.reference => {
                let about = Case { ticket: &case.ticket, journal: &case.journal };
                explain::dossier(self.pack, about, Some(asking), before)
            }
            _ => explain::dossier(self.pack, asking, None, before),
        }
    }

    /// Whether the journals of this story give the same tickets again.
    pub(super) fn replays(&self) -> Result<(), String> {
        for case in &self.cases {
            replay(self.pack, &case.recorded).map_err(|fault| {
                format!("the journal of {} does not replay to the same request: {fault}", case.ticket.reference)
            })?;
        }
        Ok(())
    }
}
