//! One turn of a ticket: an event and all that must be found for it, in memory. Nothing is kept here.

use std::sync::Arc;

use jiff::Timestamp;

use crate::fault::{self, Point};
use crate::mail::{self, Sender};
use crate::policy::advance::advance;
use crate::policy::explain::{self, Case};
use crate::policy::facts::{RecordKind, Value};
use crate::policy::flow as policy;
use crate::policy::message::Channel;
use crate::policy::outcome::{Dossier, Effect, Event, Found, Letter, Need, Outcome, Wanted};
use crate::policy::replay::state_digest;
use crate::policy::thread::{call_in, finds};
use crate::policy::ticket::{Reference, Ticket};
use crate::policy::world::change::Change;
use crate::policy::world::rows_read;
use crate::store::{JournalLine, KeptNotice, OutgoingLetter, TicketChange};

use super::{Desk, DeskError, Running, Said, SentLetter, SentText, worker};

/// How many things one event may need. More means that a flow looks things up in a circle.
const NEEDS_AN_EVENT: u32 = 16;

/// What a turn came to: what is to be committed, and what it says.
#[derive(Debug)]
pub struct Turn {
    /// The ticket after it.
    pub ticket: Ticket,
    /// What the store must keep.
    pub change: TicketChange,
    /// What it says to people.
    pub said: Said,
}

impl Desk {
    /// Takes a ticket through an event and through everything that must be found for it.
    pub(super) async fn turn(
        &self,
        running: &Running,
        loaded: Option<&Ticket>,
        event: Event,
        event_id: String,
        now: Timestamp,
    ) -> Result<Turn, DeskError> {
        let mut turn = Gathering {
            lines: Vec::new(),
            letters: Vec::new(),
            escalations: Vec::new(),
            changes: Vec::new(),
            notices: Vec::new(),
            read: Vec::new(),
            said: Said::default(),
        };
        let mut outcome = step(running, loaded.cloned(), event.clone(), now).await?;
        if let Some(why) = outcome.refused.take() {
            return Err(DeskError::Refused(why));
        }
        self.gather(&mut turn, running, &outcome, event, event_id, now)?;
        for _ in 0..NEEDS_AN_EVENT {
            let Some(need) = outcome.need.take() else { break };
            let found = self.fulfil(running, &need, &outcome.ticket, &mut turn).await?;
            fault::at(Point::FoundLookedUp);
            let event = Event::Found { query: need.query, found };
            let event_id = format!("found:{}", need.query);
            outcome = step(running, Some(outcome.ticket), event.clone(), now).await?;
            self.gather(&mut turn, running, &outcome, event, event_id, now)?;
        }
        if outcome.need.is_some() {
            return Err(DeskError::Refused("this message needed too many look-ups".into()));
        }
        let change = TicketChange {
            loaded: loaded.map(|ticket| ticket.version),
            ticket: outcome.ticket.clone(),
            lines: turn.lines,
            letters: turn.letters,
            escalations: turn.escalations,
            read: turn.read,
            notices: turn.notices,
            changes: turn.changes,
        };
        fault::at(Point::TurnEnded);
        Ok(Turn { ticket: outcome.ticket, change, said: turn.said })
    }

    /// Turns an outcome into rows to keep and letters to send.
    fn gather(
        &self,
        turn: &mut Gathering,
        running: &Running,
        outcome: &Outcome,
        event: Event,
        event_id: String,
        now: Timestamp,
    ) -> Result<(), DeskError> {
        let ticket = &outcome.ticket;
        for effect in &outcome.effects {
            match effect {
                Effect::Changed(change) => turn.changes.push(change.clone()),
                Effect::Escalated { about, contact } => turn.escalations.push((about.clone(), contact.clone())),
                Effect::Tell(notice) => {
                    turn.notices.push((ticket.version, self.keep_notice(notice.clone(), &ticket.queue, now)));
                }
                // An agent says it; there is nothing to send.
                Effect::Letter(letter) if letter.channel == Channel::Phone => turn.said.say_aloud(letter),
                Effect::Letter(letter) => {
                    let message_id = self.ids.mint(&ticket.reference.0, ticket.version, letter.number);
                    let letter = outgoing(&running.pack.desk, letter, message_id, now, &mut turn.said)?;
                    turn.letters.push(letter);
                }
            }
        }
        turn.lines.push(JournalLine {
            seq: ticket.version,
            event_id,
            event,
            at: now,
            pack: ticket.pack.clone(),
            trace: outcome.trace.clone(),
            effects: outcome.effects.clone(),
            state_digest: state_digest(ticket),
        });
        Ok(())
    }

    /// Finds what a ticket needs, on a read snapshot.
    async fn fulfil(
        &self,
        running: &Running,
        need: &Need,
        ticket: &Ticket,
        turn: &mut Gathering,
    ) -> Result<Found, DeskError> {
        match &need.what {
            Wanted::Rows { kind: RecordKind::Ticket, by, .. } => {
                let found = self.tickets_found(running, by, ticket).await?;
                Ok(Found::Rows(found.iter().map(|ticket| explain::ticket_record(&running.pack, ticket)).collect()))
            }
            Wanted::Rows { kind, by, asker } => {
                let rows = self.store.look_up(*kind, by, asker, &running.pack).await?;
                turn.read.extend(rows_read(&rows));
                Ok(Found::Rows(rows))
            }
            Wanted::Refresh { records } => {
                let mut found = Vec::new();
                for (name, kind, by) in records {
                    let rows = self.store.look_up(*kind, by, &ticket.requester, &running.pack).await?;
                    turn.read.extend(rows_read(&rows));
                    found.push((name.clone(), rows));
                }
                Ok(Found::Refreshed(found))
            }
            Wanted::Identity { .. } => Ok(Found::Matched(false)),
            Wanted::Dossier { of, .. } => Ok(Found::Dossier(self.dossier(running, of, ticket, &turn.lines).await?)),
        }
    }

    /// Tickets as their own requester may look them up, and calls as whoever knows of them may.
    async fn tickets_found(
        &self,
        running: &Running,
        by: &[(String, Value)],
        asking: &Ticket,
    ) -> Result<Vec<Ticket>, DeskError> {
        let mut found = Vec::new();
        let rows = match call_in(by) {
            Some((number, _)) => self.store.calls_from(number).await?,
            None => self.store.tickets_of(&asking.requester.address).await?,
        };
        for row in rows {
            let ticket = self.store.ticket(&row.reference).await?;
            found.extend(ticket.filter(|other| finds(&running.pack, asking, other, by)));
        }
        Ok(found)
    }

    /// What an escalation tells about a ticket: this very one with what has just happened to it, or another.
    async fn dossier(
        &self,
        running: &Running,
        of: &Reference,
        current: &Ticket,
        fresh: &[JournalLine],
    ) -> Result<Dossier, DeskError> {
        let escalated_before = self.store.escalated(of).await?.is_some();
        let mut own = self.told(&current.reference).await?;
        own.extend(fresh.iter().map(|line| (line.event.clone(), line.at, line.trace.clone())));
        let asking = Case { ticket: current, journal: &own };
        if *of == current.reference {
            return Ok(explain::dossier(&running.pack, asking, None, escalated_before));
        }
        let ticket = self.known_ticket(of).await?;
        let journal = self.told(of).await?;
        let about = Case { ticket: &ticket, journal: &journal };
        Ok(explain::dossier(&running.pack, about, Some(asking), escalated_before))
    }
}

/// What a turn has come to so far.
struct Gathering {
    lines: Vec<JournalLine>,
    letters: Vec<OutgoingLetter>,
    escalations: Vec<(Reference, String)>,
    notices: Vec<(u64, KeptNotice)>,
    changes: Vec<Change>,
    read: Vec<(RecordKind, String, i64)>,
    said: Said,
}

/// A letter as it goes out. What it says is told to whoever called as well.
fn outgoing(
    desk: &policy::Desk,
    letter: &Letter,
    message_id: String,
    at: Timestamp,
    said: &mut Said,
) -> Result<OutgoingLetter, DeskError> {
    let to = letter.to.address.clone();
    let (subject, text, bytes) = match letter.channel {
        Channel::Chat | Channel::Phone => {
            said.reply(letter);
            (String::new(), mail::plain_text(&letter.blocks), Vec::new())
        }
        Channel::Text => {
            let text = mail::plain_text(&letter.blocks);
            said.texts.push(SentText { to: to.clone(), text: text.clone() });
            (String::new(), text, Vec::new())
        }
        Channel::Mail => {
            let sender = Sender { address: desk.own_address().to_owned(), name: desk.name.clone() };
            let composed = mail::compose(letter, &sender, &message_id, at)
                .map_err(|error| DeskError::Refused(format!("a letter could not be written: {error}")))?;
            said.letters.push(SentLetter {
                to: to.clone(),
                subject: composed.subject.clone(),
                text: composed.text.clone(),
                message_id: message_id.clone(),
            });
            (composed.subject, composed.text, composed.bytes)
        }
    };
    let (number, automatic, channel) = (letter.number, letter.automatic, letter.channel);
    Ok(OutgoingLetter { number, message_id, to, subject, text, bytes, automatic, secret: false, channel, at })
}

/// One `advance`, on a thread with a deep stack.
async fn step(running: &Running, ticket: Option<Ticket>, event: Event, now: Timestamp) -> Result<Outcome, DeskError> {
    let running = Arc::clone(running);
    let outcome = worker::run(move || {
        fault::at(Point::AdvanceBegun);
        advance(&running.pack, ticket.as_ref(), &event, now)
    });
    let outcome = outcome.await?;
    fault::at(Point::AdvanceEnded);
    Ok(outcome)
}
