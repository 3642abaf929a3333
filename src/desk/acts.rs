//! An agent's hand on a ticket, and what is told about it.

use crate::fault::{self, Point};
use crate::policy::explain::Happened;
use crate::policy::finding::did_you_mean;
use crate::policy::outcome::{Act, Event};
use crate::policy::ticket::{Reference, Ticket};
use crate::policy::world::fold;
use crate::store::{Commit, JournalEntry, LetterFate, LetterKey, Refusal};

use super::parked::together;
use super::{ATTEMPTS, Desk, DeskError, Said};

/// What an act came to.
#[derive(Debug)]
pub struct Acted {
    /// The ticket after it.
    pub ticket: Ticket,
    /// What was said.
    pub said: Said,
}

impl Desk {
    /// Does something to a ticket for an agent.
    pub async fn act(&self, reference: &Reference, agent: &str, act: Act) -> Result<Acted, DeskError> {
        let agent = self.known_agent(agent).await?;
        let act = match act {
            Act::Assign { to: Some(to) } => Act::Assign { to: Some(self.known_agent(&to).await?) },
            act => act,
        };
        let acted = self.act_once(reference, &agent, act, None, Vec::new()).await?;
        self.deliver_after_commit(self.clock.now()).await;
        Ok(acted)
    }

    /// Does something to a ticket, together with what that means for earlier letters. An act with an event id of its own
    /// happens once, however often it is tried.
    pub(super) async fn act_once(
        &self,
        reference: &Reference,
        agent: &str,
        act: Act,
        event_id: Option<String>,
        letters: Vec<(LetterKey, LetterFate)>,
    ) -> Result<Acted, DeskError> {
        let now = self.clock.now();
        for _ in 0..ATTEMPTS {
            let ticket = self.known_ticket(reference).await?;
            let running = self.packs.of(&ticket.pack, &self.store).await?;
            let act = self.with_words(act.clone(), reference).await?;
            let event = Event::Acted { agent: agent.to_owned(), act };
            let name = event_id.clone().unwrap_or_else(|| format!("act:{}", ticket.version + 1));
            let turn = self.turn(&running, Some(&ticket), event, name, now).await?;
            let ticket = turn.ticket.clone();
            let (said, tickets) = together(self.with_resumed(vec![turn], now).await?);
            let commit = Commit { tickets, letters: letters.clone(), ..Commit::default() };
            match self.commit_one(commit).await? {
                Ok(()) => {
                    fault::at(Point::ActKept);
                    return Ok(Acted { ticket, said });
                }
                Err(Refusal::Stale { .. } | Refusal::EventKnown(_)) => {}
                Err(refusal) => return Err(DeskError::Refused(refusal.to_string())),
            }
        }
        Err(DeskError::Contended)
    }

    /// The name of an agent as it is listed. As long as nobody is listed any name will do; then a name that is not is a
    /// slip of the hand, which would stand in the journal for good.
    pub async fn known_agent(&self, written: &str) -> Result<String, DeskError> {
        let agents = self.store.agents().await?;
        let known = agents.iter().find(|agent| fold(&agent.name) == fold(written));
        match known {
            Some(agent) => Ok(agent.name.clone()),
            None if agents.is_empty() => Ok(written.to_owned()),
            None => {
                let help = did_you_mean(written, agents.iter().map(|agent| agent.name.as_str()));
                Err(DeskError::Refused(format!("there is no agent `{written}`; {help}")))
            }
        }
    }

    /// A ticket that must exist.
    pub async fn known_ticket(&self, reference: &Reference) -> Result<Ticket, DeskError> {
        let ticket = self.store.ticket(reference).await?;
        ticket.ok_or_else(|| DeskError::Refused(format!("there is no ticket {reference}")))
    }

    /// The story of a ticket as it was recorded: what happened, when, and what was decided. What was erased is left out.
    pub async fn told(&self, reference: &Reference) -> Result<Vec<Happened>, DeskError> {
        let journal = self.store.journal(reference).await?;
        Ok(journal
            .into_iter()
            .filter_map(|line| match line {
                JournalEntry::Whole(line) => Some((line.event, line.at, line.trace)),
                JournalEntry::Erased { .. } => None,
            })
            .collect())
    }

    /// A flow that an agent picks finds its first answers in the requester's first words.
    async fn with_words(&self, act: Act, reference: &Reference) -> Result<Act, DeskError> {
        let Act::Start { flow, words: None } = act else { return Ok(act) };
        let told = self.told(reference).await?;
        let words = told.into_iter().find_map(|(event, _, _)| match event {
            Event::Received { message, opening: Some(_), .. } => Some(format!("{}\n{}", message.subject, message.text)),
            _ => None,
        });
        Ok(Act::Start { flow, words })
    }
}
