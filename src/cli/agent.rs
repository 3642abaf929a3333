//! `agent`: the list of those who work on tickets.

use clap::Subcommand;
use jiff::Timestamp;
use serde::Serialize;

use crate::desk::agents::Listing;
use crate::store::Agent;

use super::{Failure, Format, Settings, open, print};

/// Agents: who works on tickets, and where they are told of work.
#[derive(Debug, Subcommand)]
pub(super) enum AgentCommand {
    /// Put somebody on the list.
    Add {
        /// The name by which they act, as in `ticket act --as NAME`.
        name: String,
        /// Where they are told of work.
        #[arg(long, value_name = "ADDRESS")]
        mail: String,
        /// A queue whose work they do; may be given several times.
        #[arg(long, value_name = "QUEUE", required_unless_present = "lead", num_args = 1..)]
        queue: Vec<String>,
        /// A queue that they lead; may be given several times.
        #[arg(long, value_name = "QUEUE", num_args = 1..)]
        lead: Vec<String>,
    },
    /// List them.
    List,
    /// Show one, with the open tickets that they have.
    Show {
        /// The name.
        name: String,
    },
    /// Change what is said of one. What is not named stays.
    Change {
        /// The name.
        name: String,
        /// Where they are told of work.
        #[arg(long, value_name = "ADDRESS")]
        mail: Option<String>,
        /// The queues whose work they do from now on.
        #[arg(long, value_name = "QUEUE", num_args = 1..)]
        queue: Vec<String>,
        /// The queues that they lead from now on.
        #[arg(long, value_name = "QUEUE", num_args = 1.., conflicts_with = "no_lead")]
        lead: Vec<String>,
        /// They lead no queue any more.
        #[arg(long)]
        no_lead: bool,
    },
    /// Take one off the list. Their open tickets are listed and stay as they are.
    Remove {
        /// The name.
        name: String,
    },
}

/// An agent, for programs.
#[derive(Debug, Serialize)]
struct Row {
    agent: String,
    mail: String,
    queues: Vec<String>,
    leads: Vec<String>,
    since: Timestamp,
    #[serde(skip_serializing_if = "Option::is_none")]
    tickets: Option<Vec<String>>,
}

impl Row {
    fn of(agent: Agent, tickets: Option<Vec<String>>) -> Row {
        let Agent { name, address, works, leads, since } = agent;
        Row { agent: name, mail: address, queues: works, leads, since, tickets }
    }
}

impl AgentCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let desk = open::kept_desk(settings, open::clock(settings), open::delivering(true)).await?;
        match self {
            AgentCommand::Add { name, mail, queue, lead } => {
                let leads = (!lead.is_empty()).then_some(lead);
                let agent = desk.add_agent(&name, Listing { mail: Some(mail), works: queue, leads }).await?;
                tell(settings, Row::of(agent, None), "is listed")
            }
            AgentCommand::List => {
                let agents = desk.store.agents().await?;
                if agents.is_empty() && settings.format == Format::Text {
                    return print::text("No agent is listed. Any name may act, and nobody is told of new work.");
                }
                agents.into_iter().try_for_each(|agent| tell(settings, Row::of(agent, None), ""))
            }
            AgentCommand::Show { name } => {
                let agent = desk.listed_agent(&name).await?;
                let tickets = desk.store.tickets_of_agent(&agent.name).await?;
                let tickets = tickets.into_iter().map(|row| row.reference.0).collect();
                tell(settings, Row::of(agent, Some(tickets)), "")
            }
            AgentCommand::Change { name, mail, queue, lead, no_lead } => {
                let leads = (no_lead || !lead.is_empty()).then_some(lead);
                let agent = desk.change_agent(&name, Listing { mail, works: queue, leads }).await?;
                tell(settings, Row::of(agent, None), "is changed")
            }
            AgentCommand::Remove { name } => {
                let (agent, tickets) = desk.remove_agent(&name).await?;
                let tickets = tickets.into_iter().map(|row| row.reference.0).collect();
                tell(settings, Row::of(agent, Some(tickets)), "is no longer listed")
            }
        }
    }
}

fn tell(settings: &Settings, row: Row, what: &str) -> Result<(), Failure> {
    if settings.format == Format::Json {
        return print::json(&row);
    }
    let head = if what.is_empty() { row.agent.clone() } else { format!("{} {what}", row.agent) };
    let leads = match row.leads.as_slice() {
        [] => String::new(),
        leads => format!("; leads {}", leads.join(", ")),
    };
    let mut lines = vec![format!("{head}: {}; works for {}{leads}", row.mail, listed(&row.queues))];
    if let Some(tickets) = &row.tickets {
        lines.push(format!("Has: {}", listed(tickets)));
    }
    print::text(&lines.join("\n"))
}

fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}
