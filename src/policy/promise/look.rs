//! What a clock of a ticket shows at a moment, and why.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use super::reckon::{Measure, Piece, Presently, Reckoned, reckon};
use super::terms::{AfterPause, Chain, ClockKind, ClockRules, Pause};
use crate::policy::calendar::Calendar;
use crate::policy::flow::Pack;
use crate::policy::ticket::{Clock, Kept, State, Ticket};

/// By what a clock goes.
#[derive(Debug, Clone, Copy)]
pub struct Law<'a> {
    /// The ten answers.
    pub rules: &'a ClockRules,
    /// Its opening hours.
    pub calendar: &'a Calendar,
    /// What happens around its due time.
    pub chain: Option<&'a Chain>,
}

impl<'a> Law<'a> {
    /// The law of a clock; `None` when the pack does not know it.
    pub fn of(pack: &'a Pack, ticket: &Ticket, clock: &Clock) -> Option<Law<'a>> {
        let desk = &pack.desk;
        let day = ticket.opened.to_zoned(desk.zone.clone()).date();
        let set = desk.targets.get(&clock.terms.set).and_then(|set| set.in_force(day));
        Some(Law {
            rules: desk.clocks.get(&clock.kind)?,
            calendar: desk.calendars.get(&clock.terms.calendar)?,
            chain: set.and_then(|set| desk.chains.get(&set.chain)),
        })
    }

    /// By what the clock counts.
    pub fn measure(&self, clock: &Clock) -> Measure<'a> {
        Measure { calendar: self.calendar, open: clock.terms.open }
    }

    /// Whether a clock stands still in a state.
    pub fn stands_still(&self, state: State) -> bool {
        let pause = match state {
            State::WaitingRequester | State::Parked => Pause::WaitingRequester,
            State::WaitingOther => Pause::WaitingOther,
            State::OnHold => Pause::OnHold,
            State::Closed(_) => return true,
            State::WithTask | State::WithAgent => return false,
        };
        self.rules.pauses.contains(&pause)
    }

    /// What a clock shows at a moment, reckoned from the history of its ticket.
    pub fn reckon(&self, ticket: &Ticket, clock: &Clock, now: Timestamp) -> Reckoned {
        let until = clock.ended.map_or(now, |ended| ended.min(now)).max(clock.started);
        let pieces = self.pieces(ticket, clock, clock.started, until);
        let presently = self.presently(ticket, clock, until);
        reckon(self.measure(clock), clock.started, clock.terms.budget, &pieces, presently, self.rules.after_pause)
    }

    /// What a clock does at the end of a stretch.
    pub fn presently(&self, ticket: &Ticket, clock: &Clock, until: Timestamp) -> Presently {
        if clock.ended.is_some_and(|ended| ended <= until) {
            Presently::Stopped
        } else if self.stands_still(state_at(ticket, until)) {
            Presently::StandsStill
        } else {
            Presently::Runs
        }
    }

    /// The stretches from one moment to another in which a clock ran or stood still.
    pub fn pieces(&self, ticket: &Ticket, clock: &Clock, from: Timestamp, until: Timestamp) -> Vec<Piece> {
        let mut cuts: Vec<Timestamp> = vec![from, until];
        cuts.extend(ticket.history.iter().map(|since| since.at));
        cuts.extend(clock.stopped.iter().flat_map(|(stopped, on)| [*stopped, *on]));
        cuts.retain(|cut| (from..=until).contains(cut));
        cuts.sort();
        cuts.dedup();
        let stopped = |at: Timestamp| clock.stopped.iter().any(|(stopped, on)| *stopped <= at && at < *on);
        let piece = |(from, to): (&Timestamp, &Timestamp)| Piece {
            from: *from,
            to: *to,
            runs: !stopped(*from) && !self.stands_still(state_at(ticket, *from)),
        };
        cuts.iter().zip(cuts.iter().skip(1)).map(piece).collect()
    }
}

/// The state in which a ticket was. Before anything was noted nobody waited for anybody.
fn state_at(ticket: &Ticket, at: Timestamp) -> State {
    let since = ticket.history.iter().rev().find(|since| since.at <= at);
    since.map_or(State::WithAgent, |since| since.state)
}

/// How a clock stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Standing {
    /// It runs.
    Running,
    /// It would run if somebody worked now.
    OutsideHours,
    /// It stands still.
    Paused,
    /// It was kept.
    Met,
    /// It was not kept, or is not kept so far and too late by now.
    Missed,
    /// There was nothing left to keep.
    Withdrawn,
}

impl Standing {
    /// The name in JSON and in stories.
    pub fn name(self) -> &'static str {
        match self {
            Standing::Running => "running",
            Standing::OutsideHours => "outside_hours",
            Standing::Paused => "paused",
            Standing::Met => "met",
            Standing::Missed => "missed",
            Standing::Withdrawn => "withdrawn",
        }
    }
}

/// What a clock shows at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// What was promised.
    pub kind: ClockKind,
    /// The task, if it is about one.
    pub task: Option<u32>,
    /// How it stands.
    pub standing: Standing,
    /// Whether it still goes on.
    pub live: bool,
    /// When it started.
    pub started: Timestamp,
    /// When it is, or was, due.
    pub due: Option<Timestamp>,
    /// For how long it ran, in its own time.
    pub elapsed: SignedDuration,
    /// For how long it stood still, in its own time.
    pub paused: SignedDuration,
    /// How much is left; less than nothing when it is too late. `None` once it has stopped.
    pub remaining: Option<SignedDuration>,
    /// Why, in a sentence.
    pub why: String,
}

/// What all clocks of a ticket show at a moment, in the order in which they started.
pub fn look(pack: &Pack, ticket: &Ticket, now: Timestamp) -> Vec<Look> {
    ticket.clocks.iter().filter_map(|clock| Some(look_at(Law::of(pack, ticket, clock)?, ticket, clock, now))).collect()
}

fn look_at(law: Law<'_>, ticket: &Ticket, clock: &Clock, now: Timestamp) -> Look {
    let shown = law.reckon(ticket, clock, now);
    let measure = law.measure(clock);
    let live = clock.ended.is_none();
    let presently = law.presently(ticket, clock, now);
    let standing = match (clock.verdict.map(|verdict| verdict.kept), presently) {
        (Some(Kept::Missed), _) => Standing::Missed,
        (Some(Kept::Met), Presently::Stopped) => Standing::Met,
        (Some(Kept::Withdrawn), Presently::Stopped) => Standing::Withdrawn,
        _ if shown.lapsed => Standing::Missed,
        (_, Presently::StandsStill) => Standing::Paused,
        (_, Presently::Runs | Presently::Stopped) if clock.terms.open && !law.calendar.is_open(now) => {
            Standing::OutsideHours
        }
        (_, Presently::Runs | Presently::Stopped) => Standing::Running,
    };
    let due = match (live, clock.verdict) {
        (false, Some(verdict)) => verdict.due,
        (true, Some(verdict)) => verdict.due.or(shown.due),
        (_, None) => shown.due,
    };
    let remaining = live.then(|| match (law.rules.after_pause, due) {
        (AfterPause::Restored, Some(due)) if due < now => -measure.between(due, now),
        (AfterPause::Restored, Some(due)) => measure.between(now, due),
        _ => clock.terms.budget.saturating_sub(shown.elapsed),
    });
    Look {
        kind: clock.kind,
        task: clock.task,
        standing,
        live,
        started: clock.started,
        due,
        elapsed: shown.elapsed,
        paused: shown.paused,
        remaining,
        why: why(law, ticket, clock, standing, now),
    }
}

/// Why a clock stands as it does.
fn why(law: Law<'_>, ticket: &Ticket, clock: &Clock, standing: Standing, now: Timestamp) -> String {
    let length = format!("{}{}", clock.terms.length, times(clock));
    let by = if clock.terms.open { format!(" of the calendar {}", clock.terms.calendar) } else { String::new() };
    match standing {
        Standing::Running => format!("{length}{by} from its start"),
        Standing::OutsideHours => format!("{length}{by}; nobody works now"),
        Standing::Paused => {
            let state = match state_at(ticket, now) {
                State::WaitingRequester => "the requester owes an answer",
                State::Parked => "the requester has turned to another request",
                State::WaitingOther => "somebody else owes an answer",
                State::OnHold => "an agent waits for something outside",
                State::Closed(_) => "the request is closed",
                State::WithTask | State::WithAgent => "it had stopped",
            };
            let then = match law.rules.after_pause {
                AfterPause::Excluded => "the due time moves",
                AfterPause::Restored => "the due time stays",
            };
            format!("{length}{by}; it stands still because {state}, and {then}")
        }
        Standing::Met => format!("{length}{by}; it stopped in time"),
        Standing::Missed if clock.ended.is_some() => format!("{length}{by}; it stopped too late"),
        Standing::Missed => format!("{length}{by}; it runs on until it is stopped"),
        Standing::Withdrawn => format!("{length}{by}; it ended before there was anything to keep"),
    }
}

/// What the priority does to the length.
fn times(clock: &Clock) -> String {
    match clock.terms.factor.0 {
        1000 => String::new(),
        factor => format!(" times {}", f64::from(factor) / 1000.0),
    }
}
