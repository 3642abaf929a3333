//! One turn of a ticket: an event and all that must be found for it, in memory. Nothing is kept here.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::fault::{self, Point};
use crate::mail::{self, Sender};
use crate::policy::advance::advance;
use crate::policy::explain::{self, Case};
use crate::policy::facts::{RecordKind, Value};
use crate::policy::flow as policy;
use crate::policy::message::Channel;
use crate::policy::outcome::{Block, Dossier, Effect, Event, Found, Letter, Need, Opens, Outcome, Wanted};
use crate::policy::replay::state_digest;
use crate::policy::thread::{call_in, finds};
use crate::policy::ticket::{Reference, Ticket};
use crate::policy::world::change::Change;
use crate::policy::world::identity::Claim;
use crate::policy::world::passcode::Sealed;
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
    /// Requests that begin beside it.
    pub opens: Vec<Opens>,
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
            codes: BTreeMap::new(),
            sealed: BTreeMap::new(),
            opens: Vec::new(),
            notices: Vec::new(),
            read: Vec::new(),
            conversation: Vec::new(),
            said: Said::default(),
        };
        let mut outcome = step(running, loaded.cloned(), event.clone(), now).await?;
        if let Some(why) = outcome.refused.take() {
            return Err(DeskError::Refused(why));
        }
        self.make_codes(&mut turn, &outcome).await?;
        self.read_conversation(&mut turn, running, &outcome).await?;
        self.gather(&mut turn, running, &outcome, event, event_id, now)?;
        for _ in 0..NEEDS_AN_EVENT {
            let Some(need) = outcome.need.take() else { break };
            let found = self.fulfil(running, &need, &outcome.ticket, &mut turn, now).await?;
            fault::at(Point::FoundLookedUp);
            let event = Event::Found { query: need.query, found };
            let event_id = format!("found:{}", need.query);
            outcome = step(running, Some(outcome.ticket), event.clone(), now).await?;
            self.make_codes(&mut turn, &outcome).await?;
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
            codes: turn.sealed,
            today: running.pack.desk.zone.to_datetime(now).date(),
        };
        fault::at(Point::TurnEnded);
        Ok(Turn { ticket: outcome.ticket, change, said: turn.said, opens: turn.opens })
    }

    /// Makes the passcodes that an outcome issues. They are nowhere but in this turn, until a letter carries them.
    async fn make_codes(&self, turn: &mut Gathering, outcome: &Outcome) -> Result<(), DeskError> {
        for effect in &outcome.effects {
            if let Effect::Changed(Change::IssueCode { organisation, .. }) = effect {
                let (code, sealed) = self.store.new_code().await?;
                turn.codes.insert(organisation.clone(), code);
                turn.sealed.insert(organisation.clone(), sealed);
            }
        }
        Ok(())
    }

    /// Reads what was said by chat, if a letter of this outcome carries it.
    async fn read_conversation(
        &self,
        turn: &mut Gathering,
        running: &Running,
        outcome: &Outcome,
    ) -> Result<(), DeskError> {
        let carries = |effect: &Effect| match effect {
            Effect::Letter(letter) => letter.blocks.contains(&Block::Conversation),
            _ => false,
        };
        if outcome.effects.iter().any(carries) {
            turn.conversation = self.conversation(running, &outcome.ticket).await?;
        }
        Ok(())
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
                Effect::Opens(opens) => turn.opens.push(opens.clone()),
                Effect::Changed(change) => turn.changes.push(change.clone()),
                Effect::Escalated { about, contact } => turn.escalations.push((about.clone(), contact.clone())),
                Effect::Tell(notice) => {
                    turn.notices.push((ticket.version, self.keep_notice(notice.clone(), &ticket.queue, now)));
                }
                // An agent says it; there is nothing to send.
                Effect::Letter(letter) if letter.channel == Channel::Phone => turn.said.say_aloud(letter),
                Effect::Letter(letter) => {
                    let message_id = self.ids.mint(&ticket.reference.0, ticket.version, letter.number);
                    let letter = with_conversation(letter, &turn.conversation);
                    let letter = outgoing(&running.pack.desk, &letter, &turn.codes, message_id, now, &mut turn.said)?;
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
        now: Timestamp,
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
                for read in records {
                    let rows = self.store.look_up(read.kind, &read.by, &ticket.requester, &running.pack).await?;
                    turn.read.extend(rows_read(&rows));
                    found.push((read.name.clone(), rows));
                }
                Ok(Found::Refreshed(found))
            }
            Wanted::People { people } => Ok(Found::People(self.store.newcomers(people).await?)),
            Wanted::Dossier { of, .. } => Ok(Found::Dossier(self.dossier(running, of, ticket, &turn.lines).await?)),
            Wanted::Identity { organisation, .. } => {
                let Some(claim) = Claim::of(&need.what) else { return Ok(Found::Matched(false)) };
                let (right, version) = self.store.identity(&claim, now).await?;
                // Two guesses at once: the second is taken again when the first has counted.
                turn.read.extend(version.map(|it| (RecordKind::Organisation, organisation.clone(), it)));
                Ok(Found::Matched(right))
            }
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
        // A site may ask for a request about it that somebody else has made: `finds` knows who may.
        let named = by.iter().find(|(field, _)| field == "reference").map(|(_, value)| Reference(value.to_string()));
        let known = |reference: &Reference| rows.iter().any(|row| row.reference == *reference);
        if let Some(reference) = named.filter(|reference| !known(reference)) {
            let ticket = self.store.ticket(&reference).await?;
            found.extend(ticket.filter(|other| finds(&running.pack, asking, other, by)));
        }
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
    /// The passcodes of this turn by organisation, for the letters that carry them.
    codes: BTreeMap<String, String>,
    /// What is kept of them.
    sealed: BTreeMap<String, Sealed>,
    opens: Vec<Opens>,
    read: Vec<(RecordKind, String, i64)>,
    /// What was said by chat, for the letter that carries it.
    conversation: Vec<Block>,
    said: Said,
}

/// A letter as it goes out. What it says is told to whoever called as well.
fn outgoing(
    desk: &policy::Desk,
    letter: &Letter,
    codes: &BTreeMap<String, String>,
    message_id: String,
    at: Timestamp,
    said: &mut Said,
) -> Result<OutgoingLetter, DeskError> {
    let with_codes = letter.channel == Channel::Mail && letter.blocks.iter().any(is_code);
    let filled;
    let letter = if with_codes {
        filled = with_code(letter, codes)?;
        &filled
    } else {
        letter
    };
    let to = letter.to.address.clone();
    let (subject, text, bytes) = match letter.channel {
        Channel::Chat | Channel::Phone => {
            said.reply(letter);
            (String::new(), mail::spoken_text(&letter.blocks), Vec::new())
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
    Ok(OutgoingLetter { number, message_id, to, subject, text, bytes, automatic, secret: with_codes, channel, at })
}

fn is_code(block: &Block) -> bool {
    matches!(block, Block::Code { .. })
}

/// The letter with the code itself in its place.
fn with_code(letter: &Letter, codes: &BTreeMap<String, String>) -> Result<Letter, DeskError> {
    let mut filled = letter.clone();
    for block in &mut filled.blocks {
        if let Block::Code { organisation } = block {
            let code = codes
                .get(organisation)
                .ok_or_else(|| DeskError::Refused("a letter carries a passcode that was not issued with it".into()))?;
            *block = Block::Text(code.clone());
        }
    }
    Ok(filled)
}

/// The letter with what was said by chat in its place.
fn with_conversation<'l>(letter: &'l Letter, said: &[Block]) -> Cow<'l, Letter> {
    let Some(at) = letter.blocks.iter().position(|block| *block == Block::Conversation) else {
        return Cow::Borrowed(letter);
    };
    let mut filled = letter.clone();
    filled.blocks.splice(at..=at, said.iter().cloned());
    Cow::Owned(filled)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::message::Party;

    fn letter() -> Letter {
        Letter {
            number: 1,
            channel: Channel::Mail,
            to: Party::at("rose@care.example"),
            subject: "Your passcode".into(),
            blocks: vec![Block::Text("Here it is.".into()), Block::Code { organisation: "rose".into() }],
            choices: vec![],
            answers: None,
            references: vec![],
            automatic: true,
        }
    }

    #[test]
    fn a_code_stands_in_the_letter_that_carries_it_and_nowhere_else() {
        let codes = BTreeMap::from([("rose".to_owned(), "K7MX-4RTQ".to_owned())]);
        let filled = with_code(&letter(), &codes).expect("the code was issued");
        assert_eq!(filled.blocks[1], Block::Text("K7MX-4RTQ".into()));
        assert!(mail::plain_text(&filled.blocks).contains("K7MX-4RTQ"));
        assert!(!mail::plain_text(&letter().blocks).contains("K7MX"));
        with_code(&letter(), &BTreeMap::new()).expect_err("no code was issued with it");
    }
}
