//! What happened to a ticket, in plain words: the story that agents read, and what an escalation tells. Decides
//! nothing; every word comes from the journal, the ticket and its pack.

mod reasons;
mod words;

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::policy::facts::{FactType, Item, Record, RecordKind, Value};
use crate::policy::flow::Pack;
use crate::policy::message::{Channel, Message};
use crate::policy::outcome::{Act, Dossier, Event, Opening, Trace};
use crate::policy::promise::chain::sentence;
use crate::policy::proof;
use crate::policy::ticket::{State, Ticket};
use crate::policy::world;

use words::Words;

/// A line of a ticket's journal: what happened, when, and what was decided.
pub type Happened = (Event, Timestamp, Vec<Trace>);

/// The whole story of a ticket, oldest first. What was decided in an event stands below it, set in by two spaces.
pub fn story(pack: &Pack, ticket: &Ticket, journal: &[Happened]) -> Vec<String> {
    told(Words { pack, ticket, files: None }, journal)
}

/// The whole story with its reasons: for each decision the line of the policy, where it led and what the others would have
/// needed; for each letter why it went to whom. `files` are those of the pack.
pub fn reasons(pack: &Pack, files: &BTreeMap<String, String>, ticket: &Ticket, journal: &[Happened]) -> Vec<String> {
    told(Words { pack, ticket, files: Some(files) }, journal)
}

fn told(words: Words<'_>, journal: &[Happened]) -> Vec<String> {
    let (pack, ticket) = (words.pack, words.ticket);
    let mut lines = Vec::new();
    for (event, at, trace) in journal {
        // What was found belongs to the event that needed it.
        if !matches!(event, Event::Found { .. }) || lines.is_empty() {
            lines.push(format!("{} — {}", moment(&pack.desk.zone, *at), headline(&words, event)));
        }
        if let Event::Received { message, .. } = event {
            lines.extend(proof::in_words(message).map(|sentence| format!("  {sentence}")));
        }
        if let Event::Received { opening: Some(Opening { linked: Some(linked), .. }), .. } = event {
            lines.push(format!("  It spoke of {linked}, which it could not join. The two are linked."));
        }
        let said_by_headline = match event {
            Event::Acted { agent, act } => format!("{agent}: {}", act.name()),
            Event::Received { .. } | Event::Fired { .. } | Event::Found { .. } => String::new(),
        };
        for (n, line) in trace.iter().enumerate() {
            if !matches!(line, Trace::Note(note) if *note == said_by_headline) {
                lines.extend(words.line(line, &trace[n + 1..]).map(|line| format!("  {line}")));
                lines.extend(words.because(line, &trace[..n]).into_iter().map(|line| format!("    {line}")));
            }
        }
    }
    lines.push(format!("Now: {}.", standing(pack, ticket)));
    lines
}

/// A ticket with its journal.
#[derive(Debug, Clone, Copy)]
pub struct Case<'a> {
    /// The ticket.
    pub ticket: &'a Ticket,
    /// All that happened to it, oldest first.
    pub journal: &'a [Happened],
}

/// What an escalation tells about a ticket. When another ticket asks for it, such as a complaint, its requester's words
/// belong to the story too. `escalated_before` is what the caller knows of earlier escalations.
pub fn dossier(pack: &Pack, about: Case<'_>, asking: Option<Case<'_>>, escalated_before: bool) -> Dossier {
    let ticket = about.ticket;
    let words = Words { pack, ticket, files: None };
    let mut history = Vec::new();
    for (event, at, trace) in about.journal {
        let when = moment(&pack.desk.zone, *at);
        if own_message(ticket, event).is_some() {
            let came = if by_phone(event) { "rang us" } else { "wrote to us" };
            history.push(format!("{when}: the person {came}"));
        }
        history.extend(trace.iter().filter_map(|line| words.deed(line)).map(|deed| format!("{when}: {deed}")));
    }
    let now = asking.unwrap_or(about).journal.last().map_or(ticket.opened, |(_, at, _)| *at);
    let live = ticket.clocks.iter().filter(|clock| clock.ended.is_none());
    let due = live.filter_map(|clock| Some(sentence(pack, ticket, clock, clock.due?, now))).collect();
    let mut said = words_of(pack, about);
    said.extend(asking.into_iter().flat_map(|asking| words_of(pack, asking)));
    Dossier {
        reference: ticket.reference.clone(),
        title: words.title(&ticket.flow),
        opened: ticket.opened,
        state: ticket.state.in_words().into(),
        words: said,
        history,
        due,
        escalated_before: escalated_before || ticket.escalated.is_some(),
    }
}

/// What a ticket's requester wrote, oldest first.
fn words_of(pack: &Pack, case: Case<'_>) -> Vec<String> {
    let words = Words { pack, ticket: case.ticket, files: None };
    let said = case.journal.iter().filter_map(|(event, at, _)| Some((own_message(case.ticket, event)?, at)));
    said.map(|(message, at)| format!("{}: {}", moment(&pack.desk.zone, *at), words.without_secrets(&whole(message))))
        .collect()
}

/// The requester's message, if the event is one.
fn own_message<'e>(ticket: &Ticket, event: &'e Event) -> Option<&'e Message> {
    match event {
        Event::Received { message, .. } if message.from.is(&ticket.requester) => Some(message),
        Event::Received { .. } | Event::Fired { .. } | Event::Acted { .. } | Event::Found { .. } => None,
    }
}

fn by_phone(event: &Event) -> bool {
    matches!(event, Event::Received { message, .. } if message.channel == Channel::Phone)
}

/// A ticket as its own requester finds it by a look-up. Its state is in words that can stand in a letter.
pub fn ticket_record(pack: &Pack, ticket: &Ticket) -> Record {
    let title = Words { pack, ticket, files: None }.title(&ticket.flow);
    let found = world::ticket_record(ticket, &title, &pack.desk.zone, &ticket.requester);
    let mut record = found.unwrap_or_else(|| Record {
        kind: RecordKind::Ticket,
        id: ticket.reference.0.clone(),
        version: 0,
        fields: Default::default(),
    });
    let state = Value::text(FactType::ShortText, ticket.state.in_words());
    record.fields.insert("state".into(), Item::Value(state));
    record
}

/// A day and a time as people read them.
fn moment(zone: &TimeZone, at: Timestamp) -> String {
    at.to_zoned(zone.clone()).strftime("%-d %B %Y, %H:%M").to_string()
}

/// All that a message says. The subject of an answer is our own.
fn whole(message: &Message) -> String {
    let text = message.text.trim();
    match message.subject.trim() {
        subject if subject.is_empty() || message.answers_letter.is_some() => text.to_owned(),
        subject => format!("{subject}\n{text}"),
    }
}

/// What happened.
fn headline(words: &Words<'_>, event: &Event) -> String {
    match event {
        Event::Received { message, .. } => wrote(words, message),
        Event::Fired { .. } => "a due time came.".into(),
        Event::Found { .. } => "what was looked for was found.".into(),
        Event::Acted { agent, act } => format!("{agent} {}.", acted(words, act)),
    }
}

fn wrote(words: &Words<'_>, message: &Message) -> String {
    let how = match message.channel {
        Channel::Mail if message.class.is_from_a_person() => "wrote",
        Channel::Mail => "sent an automatic message",
        Channel::Chat => "wrote by chat",
        Channel::Phone => "rang",
        Channel::Text => "sent a text",
    };
    let subject = match message.subject.trim() {
        "" => String::new(),
        subject => format!(", under “{}”", words.quoted(subject)),
    };
    let answers = message.answers_letter.map_or_else(String::new, |number| format!(", in answer to letter {number}"));
    match message.text.trim() {
        "" => format!("{} {how}{subject}{answers}, without a word.", message.from.address),
        text => format!("{} {how}{subject}{answers}: “{}”", message.from.address, words.quoted(text)),
    }
}

/// What an agent did, behind the agent's name.
fn acted(words: &Words<'_>, act: &Act) -> String {
    match act {
        Act::Done { gives, .. } => format!("has done the task{}", words.given(gives)),
        Act::Cannot { reason, .. } => {
            let reason = reason.as_deref().map_or_else(String::new, |reason| format!(": {}", words::plain(reason)));
            format!("could not do the task{reason}")
        }
        Act::GoOn { gives } => format!("let the flow go on{}", words.given(gives)),
        Act::Answer { gives } => format!("answered for the requester{}", words.given(gives)),
        Act::Reply { text } => format!("replied: “{}”", words.quoted(text)),
        Act::Note { .. } => "made a note".into(),
        Act::Assign { to: Some(to) } => format!("gave the request to {to}"),
        Act::Assign { to: None } => "gave the request to nobody in particular".into(),
        Act::Take => "took the request over from the flow".into(),
        Act::GiveBack => "gave the request back to the flow".into(),
        Act::GiveBackAt { step } => format!("gave the request back to the flow, at {step}"),
        Act::Hold => "put the request on hold".into(),
        Act::Escalate { contact } => {
            format!("escalated the request to {}", words.contact(contact.as_deref().unwrap_or("feedback")))
        }
        Act::Close { ending, .. } => format!("closed the request as {}", ending.name()),
        Act::Reopen => "opened the request again".into(),
        Act::Start { flow, .. } => format!("started “{}”", words.title(flow)),
        Act::Undelivered { letter, .. } => format!("could not deliver letter {letter}"),
        Act::Priority { to } => format!("gave the request the priority {}", words::plain(to)),
        Act::EscalationAnswered { .. } => "told the requester what came of the escalation".into(),
        Act::Resume { after } => format!("took the request up again, because {after} is over"),
        Act::Recalculated { .. } => "measured the promised times anew".into(),
    }
}

/// Where a ticket is.
fn standing(pack: &Pack, ticket: &Ticket) -> String {
    let words = Words { pack, ticket, files: None };
    let queue = words.queue(&ticket.queue);
    let until = ticket.wait_due().map_or_else(String::new, |due| format!(" until {}", moment(&pack.desk.zone, due)));
    match ticket.state {
        State::WaitingRequester => format!("we wait for the requester{until}"),
        State::WaitingOther => format!("we wait for somebody else{until}"),
        State::WithTask => format!("an agent of {queue} has something to do"),
        State::WithAgent => format!("an agent of {queue} has it"),
        State::OnHold => format!("an agent of {queue} has put it on hold"),
        State::Parked => format!("it is parked behind another request{until}"),
        State::Closed(ending) => format!("closed, {}", ending.name()),
    }
}
