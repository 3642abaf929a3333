//! Tells agents by mail of their work: what is due goes in one letter an agent, through the outbox like any other. What
//! is told, and when it may go, is policy's; here it is settled whom it reaches, and that no storm of letters does.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::fault::{self, Point};
use crate::mail::{self, Sender};
use crate::policy::message::{Channel, Party};
use crate::policy::notice;
use crate::policy::outcome::{Block, Letter, Notice, Whom};
use crate::policy::ticket::Ticket;
use crate::policy::world::fold;
use crate::store::{About, Agent, Bundle, KeptNotice, LetterKey, NoticeEnd, OutgoingLetter, PendingNotice, Standing};

use super::stop::Stop;
use super::{ATTEMPTS, Desk, DeskError, SentLetter};

/// How long a running desk sleeps at most between two looks at what is due: other programs give work, too.
const LOOK: Duration = Duration::from_secs(1);
/// How many notices are looked at together. More than this becomes a second letter.
const BATCH: u32 = 10_000;
/// How many letters an agent gets in an hour at most. What is left waits for the next one.
const LETTERS_AN_HOUR: usize = 12;
/// How many notices a letter tells one by one. Of the others it tells the number.
const LISTED: usize = 40;

/// What a notice is about, as its letter tells it.
struct Item {
    /// The command that shows it.
    command: String,
    /// What it is called.
    name: String,
    queue: String,
    what: String,
    given: Timestamp,
    /// When what was promised is due, in words.
    due: Option<String>,
    urgent: bool,
}

impl Desk {
    /// Tells agents what is due, until the desk stops.
    pub async fn keep_telling(&self, mut stop: Stop) {
        loop {
            if let Err(error) = self.tell_agents().await {
                tracing::error!(%error, "agents could not be told of their work");
            }
            let due = self.store.next_notice().await.unwrap_or(None);
            let wait = due.map_or(LOOK, |due| self.clock.now().duration_until(due).try_into().unwrap_or(LOOK));
            if stop.sleep(wait.clamp(Duration::from_millis(50), LOOK)).await {
                return;
            }
        }
    }

    /// Tells agents what is due now, and delivers it. Gives the letters.
    pub async fn tell_agents(&self) -> Result<Vec<SentLetter>, DeskError> {
        for _ in 0..ATTEMPTS {
            let now = self.clock.now();
            let pending = self.store.due_notices(now, BATCH).await?;
            fault::at(Point::NoticesDue);
            if pending.is_empty() {
                return Ok(Vec::new());
            }
            let (bundle, letters) = self.bundle(&pending, now).await?;
            // Not so: somebody else has told some of it meanwhile.
            if self.store.keep_bundle(&bundle).await? {
                if !letters.is_empty() {
                    tracing::info!(letters = letters.len(), notices = pending.len(), "agents are told of their work");
                    self.deliver_after_commit(now).await;
                }
                return Ok(letters);
            }
        }
        Err(DeskError::Contended)
    }

    /// A notice as it is kept, with the moment before which it is not told.
    pub(super) fn keep_notice(&self, notice: Notice, queue_of_ticket: &str, at: Timestamp) -> KeptNotice {
        let queue = match &notice.whom {
            Whom::Assignee => queue_of_ticket.to_owned(),
            Whom::Queue(queue) | Whom::Lead(queue) => queue.clone(),
        };
        let due = notice::due(&self.packs.current().pack.desk, &queue, notice.urgent, at);
        KeptNotice { notice, queue, at, due }
    }

    /// What a queue's people are told of a mail that was put aside.
    pub(super) fn notice_of_mail(&self, queue: &str, at: Timestamp) -> KeptNotice {
        let what = "A mail could not be read. Somebody must look at it.".to_owned();
        let key = notice::ASIDE_KEY.to_owned();
        self.keep_notice(Notice { whom: Whom::Queue(queue.to_owned()), urgent: false, what, key }, queue, at)
    }

    /// Queues of the pack with nobody to tell of their work.
    pub async fn queues_without_agents(&self) -> Result<Vec<String>, DeskError> {
        let agents = self.store.agents().await?;
        let running = self.packs.current();
        let alone = |queue: &&String| !agents.iter().any(|agent| agent.works.contains(queue));
        Ok(running.pack.desk.queues.keys().filter(alone).cloned().collect())
    }

    /// What becomes of notices that are due: who is told what, what is over, what must wait.
    async fn bundle(&self, pending: &[PendingNotice], now: Timestamp) -> Result<(Bundle, Vec<SentLetter>), DeskError> {
        let agents = self.agents_to_tell().await?;
        let mut bundle = Bundle {
            number: self.store.next_bundle().await?,
            at: now,
            letters: Vec::new(),
            ends: Vec::new(),
            later: Vec::new(),
        };
        let mut wanted: BTreeMap<usize, Vec<(i64, Item)>> = BTreeMap::new();
        let mut open: BTreeMap<i64, usize> = BTreeMap::new();
        for one in pending {
            let opens = notice::may_go(&self.packs.current().pack.desk, &one.kept.queue, now);
            if opens > now {
                bundle.later.push((one.id, opens));
                continue;
            }
            if agents.is_empty() {
                bundle.ends.push((one.id, NoticeEnd::Nobody));
                continue;
            }
            let ticket = self.ticket_of(&one.about).await?;
            let all = recipients(&agents, &one.kept, ticket.as_ref());
            if all.is_empty() {
                bundle.ends.push((one.id, NoticeEnd::Nobody));
                continue;
            }
            if !self.is_true(one, ticket.as_ref()).await? {
                bundle.ends.push((one.id, NoticeEnd::Over));
                continue;
            }
            open.insert(one.id, 0);
            for agent in all.into_iter().filter(|agent| !one.told.contains(&agents[*agent].name)) {
                let item = self.item(one, ticket.as_ref(), now).await?;
                wanted.entry(agent).or_default().push((one.id, item));
                *open.entry(one.id).or_default() += 1;
            }
        }
        let letters = self.write_letters(&agents, wanted, &mut open, &mut bundle).await?;
        Ok((bundle, letters))
    }

    /// A letter for each agent who may have another in this hour. `open` counts, for each notice, whom it still awaits.
    async fn write_letters(
        &self,
        agents: &[Agent],
        wanted: BTreeMap<usize, Vec<(i64, Item)>>,
        open: &mut BTreeMap<i64, usize>,
        bundle: &mut Bundle,
    ) -> Result<Vec<SentLetter>, DeskError> {
        let hour_ago = bundle.at.saturating_sub(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MIN);
        let mut frees: BTreeMap<i64, Timestamp> = BTreeMap::new();
        let mut told = Vec::new();
        for (agent, items) in wanted {
            let Some(agent) = agents.get(agent) else { continue };
            let sent = self.store.notices_sent(&agent.address, hour_ago).await?;
            if let Some(oldest) = sent.len().checked_sub(LETTERS_AN_HOUR).and_then(|at| sent.get(at)) {
                let free = oldest.saturating_add(SignedDuration::from_hours(1)).unwrap_or(Timestamp::MAX);
                for (notice, _) in &items {
                    let frees = frees.entry(*notice).or_insert(free);
                    *frees = free.min(*frees);
                }
                continue;
            }
            let n = u32::try_from(bundle.letters.len() + 1).unwrap_or(u32::MAX);
            let notices: Vec<i64> = items.iter().map(|(notice, _)| *notice).collect();
            let items = items.into_iter().map(|(_, item)| item).collect();
            for notice in &notices {
                open.entry(*notice).and_modify(|open| *open -= 1);
            }
            let Some((letter, sent)) = self.letter_to(agent, items, bundle.number, n, bundle.at) else { continue };
            bundle.letters.push((agent.name.clone(), letter, notices));
            told.push(sent);
        }
        for (notice, open) in open {
            match frees.get(notice) {
                Some(free) if *open > 0 => bundle.later.push((*notice, *free)),
                _ => bundle.ends.push((*notice, NoticeEnd::Told)),
            }
        }
        Ok(told)
    }

    /// The agents, but for those to whom a letter would come back in a circle.
    async fn agents_to_tell(&self) -> Result<Vec<Agent>, DeskError> {
        let running = self.packs.current();
        let own =
            |agent: &Agent| running.pack.desk.addresses.iter().any(|own| own.eq_ignore_ascii_case(&agent.address));
        let (own, others): (Vec<Agent>, Vec<Agent>) = self.store.agents().await?.into_iter().partition(own);
        for agent in own {
            tracing::error!(agent = agent.name, "an agent is not told of work: the address is now the desk's own");
        }
        Ok(others)
    }

    /// The ticket of a notice. One that cannot be read must not keep agents from what they are told of others.
    async fn ticket_of(&self, about: &About) -> Result<Option<Ticket>, DeskError> {
        let About::Ticket(reference) = about else { return Ok(None) };
        match self.store.ticket(reference).await {
            Err(error) if !error.try_later() => {
                tracing::error!(%reference, %error, "nobody is told of a ticket that cannot be read");
                Ok(None)
            }
            read => Ok(read?),
        }
    }

    /// Whether what a notice tells is still so.
    async fn is_true(&self, pending: &PendingNotice, ticket: Option<&Ticket>) -> Result<bool, DeskError> {
        let notice = &pending.kept.notice;
        match (&pending.about, ticket) {
            (About::Aside(mail), _) => {
                let aside = self.store.aside(*mail).await?;
                Ok(aside.is_some_and(|aside| aside.mail.standing == Standing::Held))
            }
            (About::Ticket(_), Some(ticket)) => Ok(notice::still_holds(ticket, &notice.whom, &notice.key)),
            (About::Ticket(_), None) => Ok(false),
        }
    }

    async fn item(&self, pending: &PendingNotice, ticket: Option<&Ticket>, now: Timestamp) -> Result<Item, DeskError> {
        let kept = &pending.kept;
        let running = self.packs.current();
        let queue = running.pack.desk.queues.get(&kept.queue);
        let began = match ticket {
            Some(ticket) => self.packs.of(&ticket.pack, &self.store).await.ok().map(|running| (ticket, running)),
            None => None,
        };
        let (name, command) = match &pending.about {
            About::Aside(mail) => (format!("Mail {mail} in quarantine"), format!("caredesk quarantine show {mail}")),
            About::Ticket(reference) => {
                let flow = began.as_ref().and_then(|(ticket, running)| running.pack.flows.get(&ticket.flow));
                let name = flow.map_or_else(|| reference.to_string(), |flow| format!("{reference}  {}", flow.title));
                (name, format!("caredesk ticket show {reference}"))
            }
        };
        Ok(Item {
            command,
            name,
            queue: queue.map_or_else(|| kept.queue.clone(), |queue| queue.title.clone()),
            what: kept.notice.what.clone(),
            given: kept.at,
            due: began.and_then(|(ticket, running)| notice::due_in_words(&running.pack, ticket, now)),
            urgent: kept.notice.urgent,
        })
    }

    /// The letter to one agent, frozen. One that cannot be written must not keep the others from theirs.
    fn letter_to(
        &self,
        agent: &Agent,
        items: Vec<Item>,
        bundle: u64,
        n: u32,
        at: Timestamp,
    ) -> Option<(OutgoingLetter, SentLetter)> {
        let running = self.packs.current();
        let desk = &running.pack.desk;
        let letter = Letter {
            number: n,
            channel: Channel::Mail,
            to: Party { address: agent.address.clone(), name: Some(agent.name.clone()) },
            subject: subject(&items),
            blocks: blocks(&items, &desk.name, at),
            choices: Vec::new(),
            answers: None,
            references: Vec::new(),
            automatic: true,
        };
        let key = LetterKey::of_bundle(bundle, n);
        let message_id = self.ids.mint(&key.ticket.0, key.seq, n);
        let sender = Sender { address: desk.own_address().to_owned(), name: desk.name.clone() };
        let composed = match mail::compose(&letter, &sender, &message_id, at) {
            Ok(composed) => composed,
            Err(error) => {
                tracing::error!(agent = agent.name, %error, "an agent cannot be written to");
                return None;
            }
        };
        let sent = SentLetter {
            to: agent.address.clone(),
            subject: composed.subject.clone(),
            text: composed.text.clone(),
            message_id: message_id.clone(),
        };
        let outgoing = OutgoingLetter {
            number: n,
            message_id,
            to: agent.address.clone(),
            subject: composed.subject,
            text: composed.text,
            bytes: composed.bytes,
            automatic: true,
            secret: false,
            channel: Channel::Mail,
            at,
        };
        Some((outgoing, sent))
    }
}

/// Whom a notice concerns, by their place in the list: the one who has the ticket, else the people of its queue.
fn recipients(agents: &[Agent], kept: &KeptNotice, ticket: Option<&Ticket>) -> BTreeSet<usize> {
    let all = |wanted: &dyn Fn(&Agent) -> bool| -> BTreeSet<usize> {
        agents.iter().enumerate().filter(|(_, agent)| wanted(agent)).map(|(at, _)| at).collect()
    };
    let people = all(&|agent| agent.works.contains(&kept.queue));
    let assignee = ticket.and_then(|ticket| ticket.assignee.as_deref()).map(fold);
    let assignee = assignee.and_then(|assignee| agents.iter().position(|agent| fold(&agent.name) == assignee));
    match (&kept.notice.whom, assignee) {
        (Whom::Lead(_), _) => {
            let leads = all(&|agent| agent.leads.contains(&kept.queue));
            if leads.is_empty() { people } else { leads }
        }
        (Whom::Assignee, Some(assignee)) if kept.notice.key.starts_with("assigned:") => BTreeSet::from([assignee]),
        (Whom::Assignee | Whom::Queue(_), Some(assignee)) if people.contains(&assignee) => BTreeSet::from([assignee]),
        // Somebody of another team has it: they and the team whose work this is.
        (Whom::Assignee, Some(assignee)) => people.into_iter().chain([assignee]).collect(),
        (Whom::Assignee | Whom::Queue(_), _) => people,
    }
}

fn subject(items: &[Item]) -> String {
    match items {
        [one] => format!("To do: {}", one.name),
        several => format!("To do: {} requests", several.len()),
    }
}

/// What stands in a letter to an agent: nothing personal but what stands in a reference and the title of a flow.
fn blocks(items: &[Item], desk: &str, now: Timestamp) -> Vec<Block> {
    let mut items: Vec<&Item> = items.iter().collect();
    items.sort_by_key(|item| (!item.urgent, item.given));
    let paragraph = |item: &&Item| {
        let age = notice::age(item.given, now);
        let due = item.due.as_ref().map_or_else(String::new, |due| format!("It is {due}.\n"));
        format!("{}\n{}\n{due}{}, {age}\n{}", item.name, item.what, item.queue, item.command)
    };
    let mut blocks: Vec<Block> = items.iter().take(LISTED).map(paragraph).map(Block::Text).collect();
    if let Some(more) = items.len().checked_sub(LISTED).filter(|more| *more > 0) {
        blocks.push(Block::Text(format!("… and {more} more.\ncaredesk ticket list")));
    }
    let last = "The desk wrote this letter by itself. Please do not answer it: work on the request.";
    blocks.push(Block::Signature(format!("{desk}\n{last}")));
    blocks
}
