//! Requests beside a request: what a message in the middle would start, the ticket that it opens, and the parked one that
//! goes on when another is over. All of it is kept in the commit of the message.

use jiff::Timestamp;

use crate::policy::intent;
use crate::policy::message::{Channel, Message};
use crate::policy::outcome::{Act, Elsewhere, Event, Opening};
use crate::policy::ticket::{State, Ticket};
use crate::store::TicketChange;

use super::turn::Turn;
use super::{Desk, DeskError, Running, Said};

/// In whose name the desk itself takes a request up again.
const DESK: &str = "desk";

impl Desk {
    /// What a message would surely start if it were a first one: asked only for a ticket that waits for its requester.
    pub(super) async fn elsewhere(
        &self,
        running: &Running,
        ticket: &Ticket,
        message: &Message,
    ) -> Result<Option<Elsewhere>, DeskError> {
        if !intent::may_turn_elsewhere(ticket, message) {
            return Ok(None);
        }
        let routed = self.route(running, "", &message.text, None).await?;
        let parked = if ticket.channel == Channel::Chat { self.parked_of(&ticket.requester.address).await? } else { 0 };
        Ok(intent::elsewhere(&running.pack, ticket, routed, parked))
    }

    /// How many requests of a chat are parked.
    async fn parked_of(&self, from: &str) -> Result<u32, DeskError> {
        let mut parked = 0;
        for row in self.store.tickets_of(from).await?.into_iter().filter(|row| !row.state.is_closed()) {
            let ticket = self.known_ticket(&row.reference).await?;
            parked += u32::from(ticket.state == State::Parked && ticket.channel == Channel::Chat);
        }
        Ok(parked)
    }

    /// A turn with those of the requests that it opens.
    pub(super) async fn with_opened(
        &self,
        turn: Turn,
        message: &Message,
        event_id: &str,
        now: Timestamp,
    ) -> Result<Vec<Turn>, DeskError> {
        let (opens, linked) = (turn.opens.clone(), turn.ticket.reference.clone());
        let mut turns = vec![turn];
        for (n, opens) in opens.into_iter().enumerate() {
            let running = self.packs.current();
            let message =
                Message { text: opens.words, subject: String::new(), answers_letter: None, ..message.clone() };
            let opening = Opening {
                reference: self.new_reference().await?,
                choices: Vec::new(),
                flow: opens.flow,
                because: opens.because,
                linked: Some(linked.clone()),
                received: None,
                phone: None,
            };
            let event = Event::Received { message: Box::new(message), opening: Some(opening), elsewhere: None };
            turns.push(self.turn(&running, None, event, format!("{event_id}:another{n}"), now).await?);
        }
        Ok(turns)
    }

    /// Turns, and that of the parked request which goes on when the last of them has closed its own.
    pub(super) async fn with_resumed(&self, mut turns: Vec<Turn>, now: Timestamp) -> Result<Vec<Turn>, DeskError> {
        let Some(last) = turns.last().filter(|turn| turn.ticket.state.is_closed()) else { return Ok(turns) };
        let after = last.ticket.reference.clone();
        for link in last.ticket.links.clone() {
            let here = turns.iter().rev().find(|turn| turn.ticket.reference == link).map(|turn| turn.ticket.clone());
            let ticket = match here {
                Some(ticket) => Some(ticket),
                None => self.store.ticket(&link).await?,
            };
            let Some(parked) = ticket.filter(|ticket| ticket.state == State::Parked) else { continue };
            let running = self.packs.of(&parked.pack, &self.store).await?;
            let event = Event::Acted { agent: DESK.to_owned(), act: Act::Resume { after: after.clone() } };
            let event_id = format!("resume:{after}:{}", parked.version + 1);
            turns.push(self.turn(&running, Some(&parked), event, event_id, now).await?);
            return Ok(turns);
        }
        Ok(turns)
    }
}

/// What turns of one commit say, and what the store must keep of them.
pub(super) fn together(turns: Vec<Turn>) -> (Said, Vec<TicketChange>) {
    let mut said = Said::default();
    let mut tickets = Vec::with_capacity(turns.len());
    for turn in turns {
        said.append(turn.said);
        tickets.push(turn.change);
    }
    (said, tickets)
}
