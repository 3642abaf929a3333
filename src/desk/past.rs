//! What was: plays recorded tickets through a pack, and says what would go another way. Nothing is changed or sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;

use crate::library;
use crate::policy::message::Message;
use crate::policy::outcome::Event;
use crate::policy::replay::{self, Difference, Kind, Recorded, Step, state_digest};
use crate::policy::ticket::Reference;
use crate::store::{JournalEntry, TicketFilter};

use super::{Desk, DeskError, Running, worker};

/// Which tickets are played.
#[derive(Debug, Clone)]
pub enum Which {
    /// All.
    All,
    /// The last that were opened.
    Last(usize),
    /// Those that were opened since.
    Since(Timestamp),
    /// This one.
    One(Reference),
}

/// What a ticket is under a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Played {
    /// What it was.
    Same,
    /// Something else.
    Otherwise(Vec<Difference>),
    /// Nobody can say.
    Not(Why),
}

/// Why a ticket cannot be played.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// What people wrote was erased.
    Erased,
    /// Another version of the program wrote its journal, and this one reads it otherwise.
    OtherEngine,
    /// The pack under which it runs cannot be read by this version of the program.
    PackUnreadable,
    /// It does not lead to the same ticket under its own pack. With it, where.
    Broken(String),
}

impl Why {
    /// The name in JSON.
    pub fn name(&self) -> &'static str {
        match self {
            Why::Erased => "erased",
            Why::OtherEngine => "other_engine",
            Why::PackUnreadable => "pack_unreadable",
            Why::Broken(_) => "broken",
        }
    }
}

/// A ticket's journal as it is replayed.
struct Past {
    running: Running,
    journal: Vec<Recorded>,
}

impl Desk {
    /// The tickets that are meant, oldest first.
    pub async fn past(&self, which: &Which) -> Result<Vec<Reference>, DeskError> {
        if let Which::One(reference) = which {
            return Ok(vec![self.known_ticket(reference).await?.reference]);
        }
        let mut rows = self.store.tickets(TicketFilter::All).await?;
        match which {
            Which::All | Which::One(_) => {}
            Which::Last(count) => drop(rows.drain(..rows.len().saturating_sub(*count))),
            Which::Since(since) => rows.retain(|row| row.opened >= *since),
        }
        Ok(rows.into_iter().map(|row| row.reference).collect())
    }

    /// Plays a ticket under its own pack: it must come to what it is.
    pub async fn play_same(&self, reference: &Reference) -> Result<Played, DeskError> {
        let past = match self.past_of(reference).await? {
            Ok(past) => past,
            Err(why) => return Ok(Played::Not(why)),
        };
        let now = state_digest(&self.known_ticket(reference).await?);
        match self.again(past).await? {
            Ok((_, steps)) => {
                let came = steps.last().map(|step| state_digest(&step.ticket));
                // An event may have come in between.
                if came.as_ref() == Some(&now) || self.store.journal(reference).await?.len() != steps.len() {
                    return Ok(Played::Same);
                }
                Ok(Played::Not(Why::Broken("its journal leads to another ticket than is kept".into())))
            }
            Err(broken) => self.broken(reference, broken).await,
        }
    }

    /// Plays a ticket under another pack.
    pub async fn play_under(
        &self,
        pack: &Running,
        reference: &Reference,
        until: Timestamp,
    ) -> Result<Played, DeskError> {
        let past = match self.past_of(reference).await? {
            Ok(past) => past,
            Err(why) => return Ok(Played::Not(why)),
        };
        let own = Arc::clone(&past.running);
        let (journal, steps) = match self.again(past).await? {
            Ok(both) => both,
            Err(broken) => return self.broken(reference, broken).await,
        };
        let (pack, models) = (Arc::clone(pack), self.models.clone());
        let compared = worker::run(move || {
            if own.pack.digest != pack.pack.digest {
                library::understand(&own, &models);
                library::understand(&pack, &models);
            }
            compare(&own, &pack, &journal, &steps, until)
        });
        let found = compared.await?;
        Ok(if found.is_empty() { Played::Same } else { Played::Otherwise(found) })
    }

    async fn past_of(&self, reference: &Reference) -> Result<Result<Past, Why>, DeskError> {
        let ticket = self.known_ticket(reference).await?;
        let mut journal = Vec::new();
        for line in self.store.journal(reference).await? {
            match line {
                JournalEntry::Whole(line) => {
                    journal.push(Recorded { event: line.event, at: line.at, state: line.state_digest });
                }
                JournalEntry::Erased { .. } => return Ok(Err(Why::Erased)),
            }
        }
        match self.packs.of(&ticket.pack, &self.store).await {
            Ok(running) => Ok(Ok(Past { running, journal })),
            Err(DeskError::Library(_)) => Ok(Err(Why::PackUnreadable)),
            Err(error) => Err(error),
        }
    }

    async fn again(&self, past: Past) -> Result<Result<(Vec<Recorded>, Vec<Step>), String>, DeskError> {
        let again = worker::run(move || {
            let steps = replay::again(&past.running.pack, &past.journal);
            steps.map(|steps| (past.journal, steps)).map_err(|fault| fault.to_string())
        });
        Ok(again.await?)
    }

    async fn broken(&self, reference: &Reference, broken: String) -> Result<Played, DeskError> {
        let engines = self.store.journal_engines(reference).await?;
        let other = engines.iter().any(|engine| engine != env!("CARGO_PKG_VERSION"));
        Ok(Played::Not(if other { Why::OtherEngine } else { Why::Broken(broken) }))
    }
}

fn compare(
    own: &library::Running,
    pack: &library::Running,
    journal: &[Recorded],
    steps: &[Step],
    until: Timestamp,
) -> Vec<Difference> {
    let flow = if own.pack.digest == pack.pack.digest { None } else { starts(own, pack, journal) };
    if let Some((was, is)) = &flow
        && was != is
    {
        return vec![Difference::new(Kind::Flow, was.as_str(), was.as_str(), is.as_str())];
    }
    let course = replay::another(&pack.pack, journal, steps, None, until);
    replay::differences(&pack.pack, steps, &course)
}

/// The flow that the first message started, and the one that it would start. Only words decide that: what an agent or
/// another request started stays what it was, as long as there is such a flow.
fn starts(own: &library::Running, pack: &library::Running, journal: &[Recorded]) -> Option<(String, String)> {
    let Some(Event::Received { message, opening: Some(opening), .. }) = journal.first().map(|line| &line.event) else {
        return None;
    };
    let Message { subject, text, .. } = &**message;
    let was = own.matcher.route(subject, text);
    let gone = !pack.pack.flows.contains_key(&opening.flow);
    if was.flow != opening.flow || was.choices() != opening.choices {
        return gone.then(|| (opening.flow.clone(), "a flow that is not there".into()));
    }
    let is = pack.matcher.route(subject, text);
    let name = |flow: String, choices: Vec<String>| match choices.as_slice() {
        [] => flow,
        choices => format!("the question which of {}", choices.join(", ")),
    };
    Some((name(was.flow.clone(), was.choices()), name(is.flow.clone(), is.choices())))
}

/// Differences of many tickets, equal ones together, with the first tickets as examples.
#[derive(Debug, Clone, Default)]
pub struct Gathered {
    /// How many tickets have each difference, and some of them.
    pub groups: BTreeMap<Difference, Group>,
    /// How many tickets were played.
    pub tickets: usize,
    /// How many came out as they were.
    pub same: usize,
    /// How many would go another way.
    pub otherwise: usize,
    /// How many could not be played, by why.
    pub not: BTreeMap<Why, Vec<Reference>>,
}

/// Tickets with the same difference.
#[derive(Debug, Clone, Default)]
pub struct Group {
    /// How many.
    pub tickets: usize,
    /// The first of them.
    pub examples: Vec<Example>,
    last: Option<Reference>,
}

/// A ticket with a difference.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Example {
    /// The ticket.
    pub ticket: Reference,
    /// How it was.
    pub was: String,
    /// How it would be.
    pub becomes: String,
}

/// How many examples are kept.
const EXAMPLES: usize = 5;

impl Gathered {
    /// Adds what came of a ticket.
    pub fn add(&mut self, ticket: &Reference, played: Played) {
        self.tickets += 1;
        match played {
            Played::Same => self.same += 1,
            Played::Not(why) => self.not.entry(why).or_default().push(ticket.clone()),
            Played::Otherwise(differences) => {
                self.otherwise += 1;
                for difference in differences {
                    self.put(ticket, difference);
                }
            }
        }
    }

    fn put(&mut self, ticket: &Reference, mut difference: Difference) {
        let example =
            Example { ticket: ticket.clone(), was: difference.was.clone(), becomes: difference.becomes.clone() };
        if difference.kind == Kind::Due {
            // Each ticket has its own times; that they are earlier or later is what they share.
            let earlier = difference.becomes < difference.was;
            difference.was = String::new();
            difference.becomes = if earlier { "earlier" } else { "later" }.into();
        }
        let group = self.groups.entry(difference).or_default();
        if group.last.as_ref() == Some(ticket) {
            return;
        }
        group.tickets += 1;
        group.last = Some(ticket.clone());
        if group.examples.len() < EXAMPLES {
            group.examples.push(example);
        }
    }
}
