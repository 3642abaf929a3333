//! Agents: who they are, where they are written to, and whose work they do.

use jiff::Timestamp;

use super::rows::{Spot, micros};
use super::sqlite::Connection;
use super::tickets::{TicketRow, tickets_of_assignee};
use super::{Store, StoreError};
use crate::policy::world::fold;

/// Somebody who works on tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agent {
    /// The name by which they act.
    pub name: String,
    /// Where they are written to.
    pub address: String,
    /// Queues whose work they do.
    pub works: Vec<String>,
    /// Queues that they lead.
    pub leads: Vec<String>,
    /// Since when they are listed.
    pub since: Timestamp,
}

/// Why an agent was not listed. Nothing was kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Taken {
    /// Another has the name.
    Name,
    /// Another has the address.
    Address,
}

impl Store {
    /// All agents, by name.
    pub async fn agents(&self) -> Result<Vec<Agent>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let queues = agent_queues(&mut snapshot).await?;
        let agents = agents(&mut snapshot).await?;
        agents.into_iter().map(|row| row.read(&queues)).collect()
    }

    /// Lists an agent.
    pub async fn add_agent(&self, agent: &Agent) -> Result<Result<(), Taken>, StoreError> {
        let mut writing = self.writing().await?;
        if let Some(taken) = taken(writing.db(), agent, "").await? {
            return Ok(Err(taken));
        }
        add_agent(writing.db(), agent).await?;
        set_queues(writing.db(), agent).await?;
        writing.keep().await?;
        Ok(Ok(()))
    }

    /// Puts an agent in the place of the one with this name. The name stays.
    pub async fn change_agent(&self, agent: &Agent) -> Result<Result<(), Taken>, StoreError> {
        let mut writing = self.writing().await?;
        if let Some(taken) = taken(writing.db(), agent, &agent.name).await? {
            return Ok(Err(taken));
        }
        change_agent(writing.db(), agent).await?;
        set_queues(writing.db(), agent).await?;
        writing.keep().await?;
        Ok(Ok(()))
    }

    /// Takes an agent from the list. Says whether they stood there.
    pub async fn remove_agent(&self, name: &str) -> Result<bool, StoreError> {
        let mut writing = self.writing().await?;
        let removed = remove_agent(writing.db(), name).await?;
        writing.keep().await?;
        Ok(removed)
    }

    /// The open tickets that an agent has.
    pub async fn tickets_of_agent(&self, name: &str) -> Result<Vec<TicketRow>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        tickets_of_assignee(&mut snapshot, name).await
    }
}

#[derive(sqlx::FromRow)]
struct AgentRow {
    name: String,
    address: String,
    since: i64,
}

#[derive(sqlx::FromRow)]
struct QueueRow {
    agent: String,
    queue: String,
    works: i64,
    leads: i64,
}

impl AgentRow {
    fn read(self, queues: &[QueueRow]) -> Result<Agent, StoreError> {
        let spot = Spot { table: "agent", key: &self.name };
        let (mut works, mut leads) = (Vec::new(), Vec::new());
        for row in queues.iter().filter(|row| row.agent == self.name) {
            if spot.yes_no("works", row.works)? {
                works.push(row.queue.clone());
            }
            if spot.yes_no("leads", row.leads)? {
                leads.push(row.queue.clone());
            }
        }
        Ok(Agent { since: spot.instant(self.since)?, name: self.name, address: self.address, works, leads })
    }
}

/// What another agent than this one has already.
async fn taken(db: &mut Connection, agent: &Agent, own: &str) -> Result<Option<Taken>, StoreError> {
    let row: Option<(String, String)> = agent_like(db, &fold(&agent.name), &fold(&agent.address), own).await?;
    Ok(row.map(|(name, _)| if name == fold(&agent.name) { Taken::Name } else { Taken::Address }))
}

async fn set_queues(db: &mut Connection, agent: &Agent) -> Result<(), StoreError> {
    drop_queues(db, &agent.name).await?;
    let mut queues: Vec<&String> = agent.works.iter().chain(&agent.leads).collect();
    queues.sort();
    queues.dedup();
    for queue in queues {
        add_queue(db, &agent.name, queue, agent.works.contains(queue), agent.leads.contains(queue)).await?;
    }
    Ok(())
}

async fn agents(db: &mut Connection) -> Result<Vec<AgentRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT name, address, since
         FROM agent
         ORDER BY folded",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn agent_queues(db: &mut Connection) -> Result<Vec<QueueRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT agent, queue, works, leads
         FROM agent_queue
         ORDER BY agent, queue",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn agent_like(
    db: &mut Connection,
    folded: &str,
    mailbox: &str,
    own: &str,
) -> Result<Option<(String, String)>, StoreError> {
    let row = sqlx::query_as(
        "SELECT folded, mailbox
         FROM agent
         WHERE (folded = $1 OR mailbox = $2)
           AND name <> $3
         ORDER BY CASE WHEN folded = $1 THEN 0 ELSE 1 END
         LIMIT 1",
    )
    .bind(folded)
    .bind(mailbox)
    .bind(own)
    .fetch_optional(db)
    .await?;
    Ok(row)
}

async fn add_agent(db: &mut Connection, agent: &Agent) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO agent (name, folded, address, mailbox, since)
         VALUES ($1, $2, $3, $4, $5)",
    )
    .bind(&agent.name)
    .bind(fold(&agent.name))
    .bind(&agent.address)
    .bind(fold(&agent.address))
    .bind(micros(agent.since))
    .execute(db)
    .await?;
    Ok(())
}

async fn change_agent(db: &mut Connection, agent: &Agent) -> Result<(), StoreError> {
    sqlx::query(
        "UPDATE agent
         SET address = $2,
             mailbox = $3
         WHERE name = $1",
    )
    .bind(&agent.name)
    .bind(&agent.address)
    .bind(fold(&agent.address))
    .execute(db)
    .await?;
    Ok(())
}

async fn remove_agent(db: &mut Connection, name: &str) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "DELETE FROM agent
         WHERE name = $1",
    )
    .bind(name)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn drop_queues(db: &mut Connection, agent: &str) -> Result<(), StoreError> {
    sqlx::query(
        "DELETE FROM agent_queue
         WHERE agent = $1",
    )
    .bind(agent)
    .execute(db)
    .await?;
    Ok(())
}

async fn add_queue(db: &mut Connection, agent: &str, queue: &str, works: bool, leads: bool) -> Result<(), StoreError> {
    sqlx::query(
        "INSERT INTO agent_queue (agent, queue, works, leads)
         VALUES ($1, $2, $3, $4)",
    )
    .bind(agent)
    .bind(queue)
    .bind(i64::from(works))
    .bind(i64::from(leads))
    .execute(db)
    .await?;
    Ok(())
}
