//! The list of agents: who may be on it, and what is checked before they are.

use crate::mail::address;
use crate::policy::finding::did_you_mean;
use crate::store::{Agent, Taken, TicketRow};

use super::{Desk, DeskError};

/// The longest name of an agent, in characters.
const LONGEST_NAME: usize = 60;
/// Who no agent can be: the desk signs with it what it does by itself.
pub(super) const THE_DESK: &str = "the desk";

/// What an operator says of an agent.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listing {
    /// Where they are written to; as before, if nothing is said.
    pub mail: Option<String>,
    /// Queues whose work they do; as before, if none is named.
    pub works: Vec<String>,
    /// Queues that they lead; as before, if nothing is said.
    pub leads: Option<Vec<String>>,
}

impl Desk {
    /// Puts somebody on the list.
    pub async fn add_agent(&self, name: &str, listing: Listing) -> Result<Agent, DeskError> {
        let name = good_name(name)?;
        let (Some(mail), false) = (&listing.mail, listing.works.is_empty() && listing.leads.is_none()) else {
            return Err(DeskError::Refused("an agent needs an address and a queue".into()));
        };
        let agent = Agent {
            name,
            address: self.agents_address(mail)?,
            works: self.queues(&listing.works)?,
            leads: self.queues(&listing.leads.unwrap_or_default())?,
            since: self.clock.now(),
        };
        self.store.add_agent(&agent).await?.map_err(|taken| refused(&agent, taken))?;
        Ok(agent)
    }

    /// Changes what is said of an agent.
    pub async fn change_agent(&self, name: &str, listing: Listing) -> Result<Agent, DeskError> {
        let mut agent = self.listed_agent(name).await?;
        if let Some(mail) = &listing.mail {
            agent.address = self.agents_address(mail)?;
        }
        if !listing.works.is_empty() {
            agent.works = self.queues(&listing.works)?;
        }
        if let Some(leads) = &listing.leads {
            agent.leads = self.queues(leads)?;
        }
        self.store.change_agent(&agent).await?.map_err(|taken| refused(&agent, taken))?;
        Ok(agent)
    }

    /// Takes somebody off the list. Gives the open tickets that they have, which stay theirs until somebody takes them.
    pub async fn remove_agent(&self, name: &str) -> Result<(Agent, Vec<TicketRow>), DeskError> {
        let agent = self.listed_agent(name).await?;
        let tickets = self.store.tickets_of_agent(&agent.name).await?;
        self.store.remove_agent(&agent.name).await?;
        Ok((agent, tickets))
    }

    /// An agent who must be on the list.
    pub async fn listed_agent(&self, written: &str) -> Result<Agent, DeskError> {
        let agents = self.store.agents().await?;
        if agents.is_empty() {
            return Err(DeskError::Refused("no agent is listed; see `caredesk agent add`".into()));
        }
        let name = self.known_agent(written).await?;
        let agent = agents.into_iter().find(|agent| agent.name == name);
        agent.ok_or_else(|| DeskError::Refused(format!("there is no agent `{written}`")))
    }

    fn agents_address(&self, written: &str) -> Result<String, DeskError> {
        let address = address::addr_spec(written.trim())
            .ok_or_else(|| DeskError::Refused(format!("`{written}` is not one plain mail address")))?;
        if self.packs.current().pack.desk.addresses.iter().any(|own| own.eq_ignore_ascii_case(&address)) {
            let why = "is the desk's own address: what agents are told would come back to the desk";
            return Err(DeskError::Refused(format!("{address} {why}")));
        }
        Ok(address)
    }

    /// Queues that the pack must have, each once.
    fn queues(&self, names: &[String]) -> Result<Vec<String>, DeskError> {
        let running = self.packs.current();
        let known = &running.pack.desk.queues;
        if let Some(name) = names.iter().find(|name| !known.contains_key(*name)) {
            let help = did_you_mean(name, known.keys().map(String::as_str));
            return Err(DeskError::Refused(format!("there is no queue `{name}`; {help}")));
        }
        let mut queues = names.to_vec();
        queues.sort();
        queues.dedup();
        Ok(queues)
    }
}

fn good_name(written: &str) -> Result<String, DeskError> {
    let name = written.split_whitespace().collect::<Vec<_>>().join(" ");
    let plain = |c: char| c.is_alphanumeric() || " .-_'’".contains(c);
    let good = name.chars().all(plain)
        && name.starts_with(char::is_alphanumeric)
        && name.chars().count() <= LONGEST_NAME
        && !name.eq_ignore_ascii_case(THE_DESK);
    if good {
        return Ok(name);
    }
    let help = format!("letters, digits, spaces and . - _ ' are, up to {LONGEST_NAME} of them");
    Err(DeskError::Refused(format!("`{written}` is no name for an agent; {help}")))
}

fn refused(agent: &Agent, taken: Taken) -> DeskError {
    DeskError::Refused(match taken {
        Taken::Name => format!("there is an agent `{}` already", agent.name),
        Taken::Address => format!("another agent has the address {}", agent.address),
    })
}
