//! What a later version of policy makes of the clocks of a ticket that is under way.

use jiff::{SignedDuration, Timestamp};

use super::keep::{factor, terms};
use super::look::Law;
use super::reckon::{Measure, Presently, reckon};
use super::terms::{AfterPause, ClockKind, OnPolicyEdit, VerdictRule};
use crate::policy::flow::Pack;
use crate::policy::outcome::NewTerms;
use crate::policy::ticket::{Clock, Ticket};

/// A clock whose due time changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The clock's number.
    pub number: u32,
    /// What was promised.
    pub kind: ClockKind,
    /// The task, if it is about one.
    pub task: Option<u32>,
    /// When it would be due if it ran on from now.
    pub was: Timestamp,
    /// When it is due then.
    pub becomes: Timestamp,
    /// What it is now.
    pub terms: NewTerms,
}

/// The clocks of a ticket that a later pack changes: those whose answer to `policy_edit` says so, or all. What is met or
/// missed for good stays.
pub fn anew(began: &Pack, later: &Pack, ticket: &Ticket, all: bool, now: Timestamp) -> Vec<Change> {
    let live = ticket.clocks.iter().filter(|clock| clock.ended.is_none());
    live.filter_map(|clock| change(began, later, ticket, clock, all, now)).collect()
}

fn change(began: &Pack, later: &Pack, ticket: &Ticket, clock: &Clock, all: bool, now: Timestamp) -> Option<Change> {
    let law = Law::of(began, ticket, clock)?;
    let rules = later.desk.clocks.get(&clock.kind)?;
    let settled = clock.verdict.is_some() || law.reckon(ticket, clock, now).lapsed;
    if (settled && law.rules.verdict == VerdictRule::Final) || (!all && rules.policy_edit == OnPolicyEdit::NewTickets) {
        return None;
    }
    let new_terms = terms(later, ticket, clock.kind, clock.started, factor(later, ticket))?;
    let calendar = later.desk.calendars.get(&new_terms.calendar)?;
    let pieces = law.pieces(ticket, clock, clock.started, now.max(clock.started));
    let due = |measure: Measure<'_>, own: SignedDuration| {
        reckon(measure, clock.started, own, &pieces, Presently::Runs, law.rules.after_pause).due
    };
    let was = due(law.measure(clock), clock.terms.budget)?;
    let becomes = due(Measure { calendar, open: new_terms.open }, new_terms.budget)?;
    if was == becomes {
        return None;
    }
    // The clock goes on by the calendar by which it started; there the new due time lies so far from its start.
    let measure = law.measure(clock);
    let budget = match law.rules.after_pause {
        AfterPause::Restored => measure.between(clock.started, becomes),
        AfterPause::Excluded => {
            let ran = pieces.iter().filter(|piece| piece.runs);
            let until_now = ran.fold(SignedDuration::ZERO, |sum, piece| {
                sum.saturating_add(measure.between(piece.from, piece.to.min(becomes)))
            });
            until_now.saturating_add(measure.between(now.max(clock.started), becomes))
        }
    };
    let (number, kind, task) = (clock.number, clock.kind, clock.task);
    Some(Change { number, kind, task, was, becomes, terms: NewTerms { length: new_terms.length, budget } })
}
