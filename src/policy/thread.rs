//! Whose message this is: which ticket a message belongs to, and which it may only be linked with.

use jiff::{SignedDuration, Timestamp, civil};

use crate::policy::facts::{Datum, Item, Record, RecordKind, Value};
use crate::policy::flow::{Flow, Pack, Verb};
use crate::policy::intent::Routed;
use crate::policy::message::Channel;
use crate::policy::reference;
use crate::policy::ticket::{State, Ticket};

/// What a message may do to a ticket of which it speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Joining {
    /// It goes on with the ticket.
    Joins,
    /// It opens a ticket of its own, which agents see beside the other. Its writer learns nothing of that one.
    Linked,
}

/// Who writes, as far as it is known when their ticket is looked for.
#[derive(Debug, Clone, Copy)]
pub struct Writer<'a> {
    /// The address that the mail says it is from.
    pub address: &'a str,
    /// Whether it is proved that they wrote it: see [`proof::speaks_for`](crate::policy::proof::speaks_for).
    pub proved: bool,
}

/// Whether a message that quotes our signed Message-ID goes on with the ticket. Its writer must have a part in the
/// ticket, and either be proved or be at the address that the letter went to. Whoever was proved on this ticket before
/// must be proved again: else anybody who has seen the letter could write in their name.
pub fn joining(pack: &Pack, ticket: &Ticket, letter_to: &str, writer: Writer<'_>, now: Timestamp) -> Joining {
    let got_it = letter_to.eq_ignore_ascii_case(writer.address);
    let believed = writer.proved || (got_it && !ticket.evidence.contains_key(&writer.address.to_ascii_lowercase()));
    let joins = believed && has_part(pack, ticket, writer.address) && may_reopen(pack, ticket, now);
    if joins { Joining::Joins } else { Joining::Linked }
}

/// Whether a message that names the ticket by its reference goes on with it. A reference can be guessed or overheard, so
/// its writer must be proved.
pub fn joining_by_reference(pack: &Pack, ticket: &Ticket, writer: Writer<'_>, now: Timestamp) -> Joining {
    let joins = writer.proved && has_part(pack, ticket, writer.address) && may_reopen(pack, ticket, now);
    if joins { Joining::Joins } else { Joining::Linked }
}

/// The words by which it is judged whether a message that names a ticket goes on with it: its subject and its text,
/// without the references. The subject of an answer is mostly our own, so it counts only where the text says nothing.
pub fn words_beside(subject: &str, text: &str) -> (String, String) {
    let text = reference::without(text);
    match text.contains(char::is_alphanumeric) {
        true => (String::new(), text),
        false => (reference::without(subject), String::new()),
    }
}

/// Whether somebody who is proved goes on with a ticket that they name by its reference, or wants something that is about
/// it and yet by itself, such as a complaint or to know where it is: a flow that looks requests up. `routed` is what
/// [`words_beside`] start.
pub fn stays_with_named(pack: &Pack, routed: &Routed) -> bool {
    let looks_up =
        |flow: &Flow| flow.steps.iter().any(|step| matches!(step.verb, Verb::LookUp { kind: RecordKind::Ticket, .. }));
    !(routed.is_sure() && pack.flows.get(&routed.flow).is_some_and(looks_up))
}

/// Whether a message that names no ticket goes on with the only one that its proved writer has open: unless its own words
/// start something else.
pub fn stays_with_only(ticket: &Ticket, routed: &Routed) -> bool {
    routed.also.is_empty() && (!routed.is_sure() || routed.flow == ticket.flow)
}

/// Whether a ticket is an open one of a requester who writes by mail.
pub fn is_open_for(ticket: &Ticket, address: &str) -> bool {
    ticket.channel == Channel::Mail
        && ticket.requester.address.eq_ignore_ascii_case(address)
        && !ticket.state.is_closed()
}

/// Whether an address has a part in the ticket: the requester's, if they write by mail, for an id of a chat may look like
/// somebody's address; that of the contact to whom it was escalated; or of anybody else whom it has written to.
fn has_part(pack: &Pack, ticket: &Ticket, address: &str) -> bool {
    let contact = ticket.escalation.as_ref().and_then(|escalation| pack.desk.contacts.get(&escalation.contact));
    (ticket.channel == Channel::Mail && ticket.requester.address.eq_ignore_ascii_case(address))
        || contact.is_some_and(|contact| contact.mail.eq_ignore_ascii_case(address))
        || ticket.letters.iter().any(|letter| letter.to.as_deref().is_some_and(|to| to.eq_ignore_ascii_case(address)))
}

/// Whether a look-up by the ticket `asking` finds the ticket `other`: only its own requester's, on the same channel, for
/// an id of a chat may look like somebody's mail address. By `requester` it finds the open ones besides itself.
/// By its reference the shared mailbox of the organisation that it is about finds it too, if it is proved.
/// A call is found by whoever knows its number and its time, which proves nothing: what is found so may be escalated, and
/// nothing of it may be told.
pub fn finds(pack: &Pack, asking: &Ticket, other: &Ticket, by: &[(String, Value)]) -> bool {
    if let Some((number, at)) = call_in(by) {
        let theirs = other.phone.as_deref().is_some_and(|phone| phone == number);
        return theirs && other.reference != asking.reference && is_near(pack, other.opened, at);
    }
    let same = asking.channel == other.channel && asking.requester.is(&other.requester);
    let by_reference = by.iter().any(|(field, _)| field == "reference");
    (same || by_reference && is_shared_mailbox_of(asking, other))
        && !by.is_empty()
        && by.iter().all(|(field, value)| match field.as_str() {
            "reference" => other.reference.0 == value.to_string(),
            "requester" => other.reference != asking.reference && !other.state.is_closed(),
            // Half of what names a call names nothing.
            _ => false,
        })
}

/// Whether a ticket was opened from the shared mailbox of an organisation that another one is about, and the boundary
/// vouches for that.
fn is_shared_mailbox_of(asking: &Ticket, other: &Ticket) -> bool {
    let from = &asking.requester.address;
    let proved = asking.channel == Channel::Mail && asking.evidence.contains_key(&from.to_lowercase());
    let is_it = |record: &Record| {
        let mailbox = record.fields.get("shared_mailbox").map(ToString::to_string);
        mailbox.is_some_and(|mailbox| mailbox.eq_ignore_ascii_case(from))
    };
    let of_account = |record: &Record| match record.fields.get("organisation") {
        Some(Item::Record(organisation)) => is_it(organisation),
        _ => false,
    };
    proved && other.records.values().any(|record| is_it(record) || of_account(record))
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
