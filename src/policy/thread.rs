//! Whose message this is: which ticket a message belongs to, and which it may only be linked with.

use jiff::{SignedDuration, Timestamp, civil};

use crate::policy::facts::{Datum, Value};
use crate::policy::flow::Pack;
use crate::policy::ticket::{State, Ticket};

/// What a message may do to a ticket of which it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// It goes on with the ticket.
    Joins,
    /// It opens a ticket of its own, which agents see beside the other. Its writer learns nothing of that one.
    Linked,
}

/// Whether a message that quotes our signed Message-ID goes on with the ticket. Nobody is authenticated yet, so the
/// address that the letter went to must be the one that now writes, and it must be the requester's, or that of the
/// contact to whom the ticket was escalated.
pub fn joining(pack: &Pack, ticket: &Ticket, letter_to: &str, from: &str, now: Timestamp) -> Joining {
    let contact = ticket.escalation.as_ref().and_then(|escalation| pack.desk.contacts.get(&escalation.contact));
    let party = ticket.requester.address.eq_ignore_ascii_case(from)
        || contact.is_some_and(|contact| contact.mail.eq_ignore_ascii_case(from))
        || ticket.letters.iter().any(|letter| letter.to.as_deref().is_some_and(|to| to.eq_ignore_ascii_case(from)));
    let same = letter_to.eq_ignore_ascii_case(from) && party;
    if same && may_reopen(pack, ticket, now) { Joining::Joins } else { Joining::Linked }
}

/// Whether a look-up by the ticket `asking` finds the ticket `other`: only its own requester's, on the same channel, for
/// an id of a chat may look like somebody's mail address. By `requester` it finds the open ones besides itself.
/// A call is found by whoever knows its number and its time, which proves nothing: what is found so may be escalated, and
/// nothing of it may be told.
pub fn finds(pack: &Pack, asking: &Ticket, other: &Ticket, by: &[(String, Value)]) -> bool {
    if let Some((number, at)) = call_in(by) {
        let theirs = other.phone.as_deref().is_some_and(|phone| phone == number);
        return theirs && other.reference != asking.reference && is_near(pack, other.opened, at);
    }
    asking.channel == other.channel
        && asking.requester.is(&other.requester)
        && !by.is_empty()
        && by.iter().all(|(field, value)| match field.as_str() {
            "reference" => other.reference.0 == value.to_string(),
            "requester" => other.reference != asking.reference && !other.state.is_closed(),
            // Half of what names a call names nothing.
            _ => false,
        })
}

/// The number and the moment by which a call is looked up.
pub fn call_in(by: &[(String, Value)]) -> Option<(&str, civil::DateTime)> {
    let value = |field: &str| by.iter().find(|(name, _)| name == field).map(|(_, value)| &value.datum);
    match (by.len(), value("call_number"), value("called_at")) {
        (2, Some(Datum::Text(number)), Some(Datum::DateTime(at))) => Some((number, *at)),
        _ => None,
    }
}

/// Whether a call came within an hour of what a clock showed. An hour that comes twice is both.
fn is_near(pack: &Pack, call: Timestamp, at: civil::DateTime) -> bool {
    const HOUR: SignedDuration = SignedDuration::from_hours(1);
    let told = pack.desk.zone.to_ambiguous_zoned(at);
    let moments = [told.clone().earlier(), told.later()];
    moments.into_iter().flatten().any(|moment| moment.timestamp().duration_since(call).abs() <= HOUR)
}

/// Whether an answer still reaches the ticket: an open one always, a closed one for a while.
pub fn may_reopen(pack: &Pack, ticket: &Ticket, now: Timestamp) -> bool {
    match (ticket.state, ticket.closed) {
        (State::Closed(_), Some(closed)) => match pack.desk.calendar_of(&ticket.queue) {
            Some(calendar) => now <= calendar.due(closed, pack.desk.repair.reopen_within),
            None => true,
        },
        _ => true,
    }
}
