//! A message in the midst of a request: whether it is looked at as a first one would be, and when what it would start is
//! sure enough to stand against the question that is open.

use super::{AT_ONCE, Decision, Routed};
use crate::policy::flow::Pack;
use crate::policy::message::{Channel, Message};
use crate::policy::outcome::Elsewhere;
use crate::policy::ticket::{State, Ticket, Waiting};

/// From this share on a message in the midst of a request is taken for another one: there an answer is what is expected.
const SURE_IN_BETWEEN: u32 = 850;

/// Whether a ticket waits for the person who wrote, so that a message may be about something else.
pub fn may_turn_elsewhere(ticket: &Ticket, message: &Message) -> bool {
    let asks = matches!(ticket.waiting, Waiting::Answers { .. } | Waiting::Confirm { .. });
    let waits = matches!(ticket.state, State::WaitingRequester | State::Parked);
    waits && asks && message.class.is_from_a_person() && message.from.is(&ticket.requester)
}

/// What a message would start, if that is sure enough. What is urgent needs no more than at the start of a request.
/// `parked` is how many requests of the same chat are parked.
pub fn elsewhere(pack: &Pack, ticket: &Ticket, routed: Routed, parked: u32) -> Option<Elsewhere> {
    let share = routed.candidates.iter().find(|candidate| candidate.flow == routed.flow).map_or(0, |best| best.score);
    let sure = match routed.decision {
        Decision::Flow => share >= SURE_IN_BETWEEN || is_urgent(pack, &routed.flow),
        Decision::Answer => share >= SURE_IN_BETWEEN,
        Decision::Clarify | Decision::Triage => false,
    };
    let full = ticket.channel == Channel::Chat && parked >= pack.desk.repair.parked.at_most;
    sure.then_some(Elsewhere { flow: routed.flow, because: routed.because, full })
}

/// Whether a flow is promised in so short a time that nobody is asked anything first.
pub fn is_urgent(pack: &Pack, flow: &str) -> bool {
    let priority = pack.flows.get(flow).and_then(|flow| flow.priority.as_ref());
    priority.is_some_and(|priority| pack.desk.hurry(priority) <= AT_ONCE)
}
