//! When the stages of a chain fire, and in what words somebody is told.

use jiff::Timestamp;

use super::look::Law;
use super::reckon::{Measure, Presently, before, budget, reckon};
use super::terms::{AfterPause, Alerts, ClockKind, Factor, OutsideHours, Stage, StageAt, StageDoes};
use crate::policy::calendar::{Length, Unit};
use crate::policy::flow::Pack;
use crate::policy::ticket::{Clock, Ticket, TimerKind};

/// The stages of a clock that are still to fire for its present due time, each with its moment. None while the clock
/// stands still, and none once it has stopped.
pub fn to_come(law: Law<'_>, ticket: &Ticket, clock: &Clock, now: Timestamp) -> Vec<(TimerKind, Timestamp)> {
    let (Some(chain), Some(due)) = (law.chain, clock.due) else { return Vec::new() };
    if law.presently(ticket, clock, now) != Presently::Runs {
        return Vec::new();
    }
    let last = clock.fired.iter().filter(|fired| fired.due == due).map(|fired| fired.stage).max();
    let mut moments = Vec::new();
    for (stage, number) in chain.stages.iter().zip(0_u32..) {
        let fired = clock.fired.iter().rev().find(|fired| fired.due == due && fired.stage == number);
        let moment = match fired {
            None => moment_of(law, ticket, clock, stage, due, now),
            Some(fired) if repeats(law, stage) && last == Some(number) => {
                Some(law.calendar.due(fired.at, Length { amount: 1, unit: Unit::WorkingDays }))
            }
            Some(_) => None,
        };
        let what = TimerKind::Stage { clock: clock.number, stage: number, due };
        moments.extend(moment.map(|moment| (what, in_hours(law, moment, now))));
    }
    moments
}

/// Whether somebody is told again and again. An escalation goes once.
fn repeats(law: Law<'_>, stage: &Stage) -> bool {
    let tells = matches!(stage.does, StageDoes::TellAgent | StageDoes::TellTeamLead);
    tells && law.rules.alerts == Alerts::EveryWorkingDay
}

/// The moment of a stage. Behind the due time only the time counts in which the clock ran.
fn moment_of(
    law: Law<'_>,
    ticket: &Ticket,
    clock: &Clock,
    stage: &Stage,
    due: Timestamp,
    now: Timestamp,
) -> Option<Timestamp> {
    match stage.at {
        StageAt::Before(length) => Some(before(law.calendar, due, length)),
        StageAt::Due => Some(due),
        StageAt::After(length) => {
            let more = budget(law.calendar, due, length, Factor::ONE);
            let measure = Measure { calendar: law.calendar, open: more.open };
            let pieces = law.pieces(ticket, clock, due, now.max(due));
            reckon(measure, due, more.own, &pieces, Presently::Runs, AfterPause::Excluded).due
        }
    }
}

/// Whether a stage that is due now waits for the opening.
pub fn opens_later(law: Law<'_>, now: Timestamp) -> bool {
    law.rules.lapse_outside_hours == OutsideHours::AtOpening
        && !law.calendar.is_open(now)
        && law.calendar.next_opening(now).is_some()
}

/// A stage that would fire while nobody works waits for the opening, if policy says so.
fn in_hours(law: Law<'_>, moment: Timestamp, now: Timestamp) -> Timestamp {
    match law.rules.lapse_outside_hours {
        OutsideHours::AtOnce => moment,
        // One that is late fires as soon as somebody works.
        OutsideHours::AtOpening if moment <= now && law.calendar.is_open(now) => moment,
        OutsideHours::AtOpening => law.calendar.next_opening(moment.max(now)).unwrap_or(moment),
    }
}

/// What there is to say about a clock: one plain sentence without anything personal.
pub fn sentence(pack: &Pack, ticket: &Ticket, clock: &Clock, due: Timestamp, now: Timestamp) -> String {
    let when = due.to_zoned(pack.desk.zone.clone()).strftime("%-d %B %Y at %H:%M").to_string();
    let task = ticket.tasks.iter().find(|task| Some(task.number) == clock.task);
    let act = task.map_or_else(|| "A task".to_owned(), |task| format!("The task “{}”", task.act.replace('_', " ")));
    match (clock.kind, now >= due) {
        (ClockKind::FirstAnswer, false) => format!("A person must answer by {when}."),
        (ClockKind::FirstAnswer, true) => format!("A person should have answered by {when}."),
        (ClockKind::Task, false) => format!("{act} must be done by {when}."),
        (ClockKind::Task, true) => format!("{act} should have been done by {when}."),
        (ClockKind::Resolution, false) => format!("It must be solved by {when}."),
        (ClockKind::Resolution, true) => format!("It should have been solved by {when}."),
    }
}
