//! Tickets as they are now, and their one escalation.

use jiff::Timestamp;

use super::rows::{Spot, json, micros, whole};
use super::sqlite::Connection;
use super::timers::replace_timers;
use super::{Store, StoreError};
use crate::policy::flow::Ending;
use crate::policy::ticket::{Reference, State, Ticket};
use crate::policy::world::fold;

/// Which tickets a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TicketFilter {
    /// Those that are not over, oldest first.
    Open,
    /// All, oldest first.
    All,
    /// Open ones with a due time, what is overdue first.
    Due,
}

/// One line of a list of tickets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TicketRow {
    /// Its name for people.
    pub reference: Reference,
    /// Where it is.
    pub state: State,
    /// The flow that it was opened for.
    pub flow: String,
    /// Whose work it is when a person must act.
    pub queue: String,
    /// The address of who asked.
    pub requester: String,
    /// When it was opened.
    pub opened: Timestamp,
    /// When its earliest promise is, or was, due; without one, when its present wait is over.
    pub due: Option<Timestamp>,
}

impl Store {
    /// A ticket as of its latest event.
    pub async fn ticket(&self, reference: &Reference) -> Result<Option<Ticket>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        ticket(&mut snapshot, reference).await
    }

    /// A list of tickets.
    pub async fn tickets(&self, filter: TicketFilter) -> Result<Vec<TicketRow>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows = match filter {
            TicketFilter::Open => open_tickets(&mut snapshot).await?,
            TicketFilter::All => all_tickets(&mut snapshot).await?,
            TicketFilter::Due => tickets_due(&mut snapshot).await?,
        };
        rows.into_iter().map(ListedRow::read).collect()
    }

    /// The next tickets in the order of their references, of those that were opened before a moment. No more than `limit`
    /// are held at a time.
    pub async fn tickets_behind(
        &self,
        after: &Reference,
        opened_before: Timestamp,
        limit: u32,
    ) -> Result<Vec<Ticket>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows = tickets_behind(&mut snapshot, after, opened_before, limit).await?;
        rows.into_iter().map(|row| row.kept.read(&Reference(row.reference))).collect()
    }

    /// All tickets of an address in whatever case, the newest first.
    pub async fn tickets_of(&self, address: &str) -> Result<Vec<TicketRow>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        tickets_of(&mut snapshot, address).await?.into_iter().map(ListedRow::read).collect()
    }

    /// Tickets that began with a call from a number, the newest first.
    pub async fn calls_from(&self, number: &str) -> Result<Vec<TicketRow>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        calls_from(&mut snapshot, number).await?.into_iter().map(ListedRow::read).collect()
    }

    /// The contact to whom a ticket was escalated.
    pub async fn escalated(&self, reference: &Reference) -> Result<Option<String>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        escalated(&mut snapshot, reference).await
    }
}

/// The open tickets that an agent has, oldest first. Who has a ticket stands in its document alone.
pub(super) async fn tickets_of_assignee(db: &mut Connection, agent: &str) -> Result<Vec<TicketRow>, StoreError> {
    let mut theirs = Vec::new();
    for row in open_tickets(db).await? {
        let row = row.read()?;
        let whole = ticket(db, &row.reference).await?;
        if whole.is_some_and(|ticket| ticket.assignee.is_some_and(|assignee| fold(&assignee) == fold(agent))) {
            theirs.push(row);
        }
    }
    Ok(theirs)
}

/// How a change to a ticket went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    Kept,
    /// It is not, or no longer, as it was loaded.
    NotSo,
}

/// Puts a ticket in the place of the version that was loaded, with its timers.
pub(super) async fn write_ticket(
    db: &mut Connection,
    loaded: Option<u64>,
    ticket: &Ticket,
) -> Result<Written, StoreError> {
    let rows = match loaded {
        None => add_ticket(db, ticket).await?,
        Some(loaded) => change_ticket(db, loaded, ticket).await?,
    };
    if rows == 0 {
        return Ok(Written::NotSo);
    }
    replace_timers(db, ticket).await?;
    Ok(Written::Kept)
}

pub(super) async fn ticket(db: &mut Connection, reference: &Reference) -> Result<Option<Ticket>, StoreError> {
    let row: Option<KeptRow> = sqlx::query_as(
        "SELECT version, state, ending, asker, document
         FROM ticket
         WHERE reference = $1",
    )
    .bind(&reference.0)
    .fetch_optional(db)
    .await?;
    row.map(|row| row.read(reference)).transpose()
}

async fn tickets_behind(
    db: &mut Connection,
    after: &Reference,
    opened_before: Timestamp,
    limit: u32,
) -> Result<Vec<NamedRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT reference, version, state, ending, asker, document
         FROM ticket
         WHERE reference > $1
           AND opened < $2
         ORDER BY reference
         LIMIT $3",
    )
    .bind(&after.0)
    .bind(micros(opened_before))
    .bind(i64::from(limit))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

pub(super) async fn ticket_version(db: &mut Connection, reference: &str) -> Result<Option<i64>, StoreError> {
    let version = sqlx::query_scalar(
        "SELECT version
         FROM ticket
         WHERE reference = $1",
    )
    .bind(reference)
    .fetch_optional(db)
    .await?;
    Ok(version)
}

/// Whether it is the first.
pub(super) async fn add_escalation(
    db: &mut Connection,
    about: &Reference,
    contact: &str,
    by: &Reference,
) -> Result<bool, StoreError> {
    let done = sqlx::query(
        "INSERT INTO escalation (ticket, contact, by)
         VALUES ($1, $2, $3)
         ON CONFLICT (ticket) DO NOTHING",
    )
    .bind(&about.0)
    .bind(contact)
    .bind(&by.0)
    .execute(db)
    .await?;
    Ok(done.rows_affected() == 1)
}

async fn escalated(db: &mut Connection, reference: &Reference) -> Result<Option<String>, StoreError> {
    let contact = sqlx::query_scalar(
        "SELECT contact
         FROM escalation
         WHERE ticket = $1",
    )
    .bind(&reference.0)
    .fetch_optional(db)
    .await?;
    Ok(contact)
}

#[derive(sqlx::FromRow)]
struct KeptRow {
    version: i64,
    state: String,
    ending: Option<String>,
    asker: String,
    document: String,
}

/// A ticket that was not asked for by its name.
#[derive(sqlx::FromRow)]
struct NamedRow {
    reference: String,
    #[sqlx(flatten)]
    kept: KeptRow,
}

impl KeptRow {
    fn read(self, reference: &Reference) -> Result<Ticket, StoreError> {
        let spot = Spot { table: "ticket", key: &reference.0 };
        let ticket: Ticket = spot.json("document", &self.document)?;
        let state = state(spot, &self.state, self.ending.as_deref())?;
        let agrees = ticket.state == state || (column(ticket.state) == self.state && !state.is_closed());
        if whole(ticket.version) != self.version || !agrees || ticket.reference != *reference {
            return Err(spot.impossible(format!(
                "the columns say version {}, {}; the document says {}, version {}, {}",
                self.version,
                self.state,
                ticket.reference,
                ticket.version,
                ticket.state.name()
            )));
        }
        if fold(&ticket.requester.address) != self.asker {
            return Err(spot.impossible("the columns and the document name different requesters"));
        }
        Ok(ticket)
    }
}

#[derive(sqlx::FromRow)]
struct ListedRow {
    reference: String,
    state: String,
    ending: Option<String>,
    flow: String,
    queue: String,
    requester: String,
    opened: i64,
    due: Option<i64>,
}

impl ListedRow {
    fn read(self) -> Result<TicketRow, StoreError> {
        let spot = Spot { table: "ticket", key: &self.reference };
        Ok(TicketRow {
            state: state(spot, &self.state, self.ending.as_deref())?,
            opened: spot.instant(self.opened)?,
            due: self.due.map(|due| spot.instant(due)).transpose()?,
            reference: Reference(self.reference.clone()),
            flow: self.flow,
            queue: self.queue,
            requester: self.requester,
        })
    }
}

fn state(spot: Spot<'_>, name: &str, ending: Option<&str>) -> Result<State, StoreError> {
    match (name, ending) {
        ("closed", Some(ending)) => Ok(State::Closed(spot.named("ending", ending)?)),
        ("closed", None) | (_, Some(_)) => Err(spot.impossible(format!("state `{name}` with ending {ending:?}"))),
        (name, None) => spot.named("state", name),
    }
}

/// The column for a state. What is parked waits for its requester, as lists and searches see it.
fn column(state: State) -> &'static str {
    match state {
        State::Parked => State::WaitingRequester.name(),
        state => state.name(),
    }
}

/// How a ticket ended.
fn ending(state: State) -> Option<Ending> {
    match state {
        State::Closed(ending) => Some(ending),
        State::WaitingRequester
        | State::WaitingOther
        | State::WithTask
        | State::WithAgent
        | State::OnHold
        | State::Parked => None,
    }
}

/// None is added when the reference is taken.
async fn add_ticket(db: &mut Connection, ticket: &Ticket) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "INSERT INTO ticket
           (reference, version, pack, state, ending, flow, queue, requester, asker, opened, document, phone, due)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (reference) DO NOTHING",
    )
    .bind(&ticket.reference.0)
    .bind(whole(ticket.version))
    .bind(&ticket.pack.0)
    .bind(column(ticket.state))
    .bind(ending(ticket.state).map(Ending::name))
    .bind(&ticket.flow)
    .bind(&ticket.queue)
    .bind(&ticket.requester.address)
    .bind(fold(&ticket.requester.address))
    .bind(micros(ticket.opened))
    .bind(json(ticket)?)
    .bind(&ticket.phone)
    .bind(ticket.due().map(micros))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

/// None is changed when it has another version by now.
async fn change_ticket(db: &mut Connection, loaded: u64, ticket: &Ticket) -> Result<u64, StoreError> {
    let done = sqlx::query(
        "UPDATE ticket
         SET version = $3,
             pack = $4,
             state = $5,
             ending = $6,
             flow = $7,
             queue = $8,
             requester = $9,
             asker = $10,
             opened = $11,
             document = $12,
             phone = $13,
             due = $14
         WHERE reference = $1
           AND version = $2",
    )
    .bind(&ticket.reference.0)
    .bind(whole(loaded))
    .bind(whole(ticket.version))
    .bind(&ticket.pack.0)
    .bind(column(ticket.state))
    .bind(ending(ticket.state).map(Ending::name))
    .bind(&ticket.flow)
    .bind(&ticket.queue)
    .bind(&ticket.requester.address)
    .bind(fold(&ticket.requester.address))
    .bind(micros(ticket.opened))
    .bind(json(ticket)?)
    .bind(&ticket.phone)
    .bind(ticket.due().map(micros))
    .execute(db)
    .await?;
    Ok(done.rows_affected())
}

async fn open_tickets(db: &mut Connection) -> Result<Vec<ListedRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT reference, state, ending, flow, queue, requester, opened, due
         FROM ticket
         WHERE state <> 'closed'
         ORDER BY opened, reference",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn all_tickets(db: &mut Connection) -> Result<Vec<ListedRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT reference, state, ending, flow, queue, requester, opened, due
         FROM ticket
         ORDER BY opened, reference",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn tickets_due(db: &mut Connection) -> Result<Vec<ListedRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT reference, state, ending, flow, queue, requester, opened, due
         FROM ticket
         WHERE due IS NOT NULL
           AND state <> 'closed'
         ORDER BY due, reference",
    )
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn tickets_of(db: &mut Connection, address: &str) -> Result<Vec<ListedRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT reference, state, ending, flow, queue, requester, opened, due
         FROM ticket
         WHERE asker = $1
         ORDER BY opened DESC, reference",
    )
    .bind(fold(address))
    .fetch_all(db)
    .await?;
    Ok(rows)
}

async fn calls_from(db: &mut Connection, number: &str) -> Result<Vec<ListedRow>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT reference, state, ending, flow, queue, requester, opened, due
         FROM ticket
         WHERE phone = $1
         ORDER BY opened DESC, reference",
    )
    .bind(number)
    .fetch_all(db)
    .await?;
    Ok(rows)
}
