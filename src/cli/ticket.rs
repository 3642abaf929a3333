//! `ticket`: the agent's view of tickets on the command line.

use clap::Subcommand;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::desk::chat::{WaitingFor, waiting_for};
use crate::desk::{Desk, DeskError};
use crate::policy::outcome::Event;
use crate::policy::promise::keep;
use crate::policy::promise::look::{Look, Standing, look};
use crate::policy::promise::terms::ClockKind;
use crate::policy::proof;
use crate::policy::reference;
use crate::policy::ticket::{Reference, State, TaskStatus, Ticket};
use crate::store::{JournalEntry, QuarantinedMail, TicketFilter, TicketRow};

use super::{Failure, Format, Settings, act, call, explain, open, print, quarantine};

/// See tickets, and work on them as an agent.
#[derive(Debug, Subcommand)]
pub(super) enum TicketCommand {
    /// List tickets: those that are open, oldest first.
    List {
        /// Closed ones too.
        #[arg(long, conflicts_with_all = ["due", "quarantine", "filed"])]
        all: bool,
        /// Only those with a due time, what is overdue first.
        #[arg(long, conflicts_with_all = ["quarantine", "filed"])]
        due: bool,
        /// Only the work of a queue: its tickets, and mail that waits for it in quarantine.
        #[arg(long, value_name = "NAME", conflicts_with_all = ["quarantine", "filed"])]
        queue: Option<String>,
        /// Mail that is held in quarantine, instead of tickets.
        #[arg(long, conflicts_with = "filed")]
        quarantine: bool,
        /// What was read and not answered, instead of tickets: robots, lists, newsletters.
        #[arg(long)]
        filed: bool,
    },
    /// Show a ticket: its facts, tasks, clocks and journal.
    Show {
        /// Its reference, in any spacing.
        reference: String,
    },
    /// Tell the whole story of a ticket: what happened, what was decided, and why.
    Explain {
        /// Its reference, in any spacing.
        reference: String,
        /// Tell the reasons too: lines of the policy, what other verdicts would have needed, why letters went to whom.
        #[arg(long)]
        reasons: bool,
        /// Say why its first message did not start this flow, instead.
        #[arg(long, value_name = "FLOW", conflicts_with = "reasons")]
        why_not: Option<String>,
    },
    Act(act::ActCommand),
    New(call::NewCommand),
}

/// A piece of work in a list: a ticket, or mail in quarantine.
#[derive(Debug, Serialize)]
struct Row {
    kind: &'static str,
    /// The number of the mail, if it is one in quarantine.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<i64>,
    ticket: Option<String>,
    state: String,
    flow: Option<String>,
    queue: String,
    requester: String,
    opened: Timestamp,
    due: Option<Timestamp>,
}

impl From<TicketRow> for Row {
    fn from(row: TicketRow) -> Self {
        Row {
            kind: "ticket",
            id: None,
            ticket: Some(row.reference.to_string()),
            state: row.state.name().into(),
            flow: Some(row.flow),
            queue: row.queue,
            requester: row.requester,
            opened: row.opened,
            due: row.due,
        }
    }
}

impl From<QuarantinedMail> for Row {
    fn from(mail: QuarantinedMail) -> Self {
        Row {
            kind: "quarantine",
            id: Some(mail.id),
            ticket: None,
            state: mail.standing.name().into(),
            flow: None,
            queue: mail.queue,
            requester: mail.from.unwrap_or_default(),
            opened: mail.at,
            due: None,
        }
    }
}

impl TicketCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self {
            TicketCommand::List { quarantine: true, .. } => quarantine::list(settings, false).await,
            TicketCommand::List { filed: true, .. } => filed(settings).await,
            TicketCommand::List { all, due, queue, .. } => {
                let shown = match (all, due) {
                    (_, true) => TicketFilter::Due,
                    (true, false) => TicketFilter::All,
                    (false, false) => TicketFilter::Open,
                };
                list(settings, shown, queue.as_deref()).await
            }
            TicketCommand::Show { reference } => show(settings, &reference).await,
            TicketCommand::Explain { reference, reasons, why_not } => {
                let asked = explain::Asked::of(reasons, why_not.as_deref());
                explain::ticket(settings, &reference, asked).await
            }
            TicketCommand::Act(act) => act.run(settings).await,
            TicketCommand::New(call) => call.run(settings).await,
        }
    }
}

/// The reference that somebody typed.
pub(super) fn parse(written: &str) -> Result<Reference, Failure> {
    reference::parse(written).ok_or_else(|| {
        Failure::Usage(format!("`{written}` is not a reference. One looks like CD-7K3M-9QX4; check for a slip"))
    })
}

async fn list(settings: &Settings, shown: TicketFilter, queue: Option<&str>) -> Result<(), Failure> {
    let store = open::store(settings).await?;
    let mut rows: Vec<Row> = store.tickets(shown).await?.into_iter().map(Row::from).collect();
    let agents = store.agents().await?;
    if let Some(queue) = queue
        && !agents.is_empty()
        && !agents.iter().any(|agent| agent.works.iter().any(|works| works == queue))
    {
        tracing::warn!(queue, "this queue has nobody to tell of its work");
    }
    let held = store.held().await?;
    let waiting = held.len();
    if let Some(queue) = queue {
        rows.extend(held.into_iter().map(Row::from));
        rows.retain(|row| row.queue == queue);
    }
    if settings.format == Format::Json {
        return rows.iter().try_for_each(print::json);
    }
    if rows.is_empty() {
        print::text("There are no tickets here.")?;
    } else {
        print::text(&table(rows, open::clock(settings).now()))?;
    }
    match (queue, waiting) {
        (None, 1..) => print::text(&format!(
            "{waiting} held in quarantine. `caredesk quarantine list` shows what waits there for a person."
        )),
        _ => Ok(()),
    }
}

fn table(rows: Vec<Row>, now: Timestamp) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "Ticket",
        "State",
        "Flow",
        "Queue",
        "Requester",
        "Opened",
        "Due",
    ]);
    for row in rows {
        let name = row.ticket.or_else(|| row.id.map(|id| format!("mail {id}"))).unwrap_or_default();
        let due = row.due.map_or_else(String::new, |due| due_in_words(due, now));
        let requester = print::requester(&row.requester);
        let flow = row.flow.unwrap_or_else(|| row.kind.into());
        table.add_row([name, row.state, flow, row.queue, requester, row.opened.to_string(), due]);
    }
    table.to_string()
}

fn due_in_words(due: Timestamp, now: Timestamp) -> String {
    if due < now { format!("overdue since {due}") } else { due.to_string() }
}

/// Something that was not answered.
#[derive(Debug, Serialize)]
struct FiledRow {
    id: i64,
    at: Timestamp,
    from: String,
    subject: String,
    text: String,
    because: String,
}

async fn filed(settings: &Settings) -> Result<(), Failure> {
    let store = open::store(settings).await?;
    for row in store.filed().await? {
        match settings.format {
            Format::Json => print::json(&FiledRow {
                id: row.id,
                at: row.at,
                from: row.from,
                subject: row.subject,
                text: row.text,
                because: row.because,
            })?,
            Format::Text => print::text(&format!(
                "{}  {}  from {}, “{}”: not answered, because {}\n{}\n",
                row.id, row.at, row.from, row.subject, row.because, row.text
            ))?,
        }
    }
    Ok(())
}

/// A ticket, whole.
#[derive(Debug, Serialize)]
pub(super) struct Whole {
    ticket: String,
    state: &'static str,
    ending: Option<&'static str>,
    flow: String,
    covers: Vec<String>,
    step: Option<String>,
    queue: String,
    assignee: Option<String>,
    requester: String,
    /// How far the requester's latest message is believed to be theirs.
    sender: Option<String>,
    channel: crate::policy::message::Channel,
    opened: Timestamp,
    closed: Option<Timestamp>,
    due: Option<Timestamp>,
    pack: String,
    version: u64,
    facts: std::collections::BTreeMap<String, String>,
    waiting_for: Vec<WaitingFor>,
    tasks: Vec<TaskRow>,
    priority: String,
    clocks: Vec<ClockRow>,
    timers: Vec<TimerRow>,
    links: Vec<String>,
    escalated: Option<String>,
    journal: Vec<Entry>,
}

#[derive(Debug, Serialize)]
struct TaskRow {
    number: u32,
    act: String,
    status: &'static str,
    queue: String,
    instruction: String,
    gives: Vec<String>,
    cannot: Vec<String>,
}

/// What was promised, as it stands at a moment. Durations are in seconds.
#[derive(Debug, Serialize)]
struct ClockRow {
    clock: ClockKind,
    task: Option<u32>,
    state: Standing,
    live: bool,
    started: Timestamp,
    due: Option<Timestamp>,
    elapsed: i64,
    paused: i64,
    remaining: Option<i64>,
    why: String,
}

impl From<Look> for ClockRow {
    fn from(look: Look) -> Self {
        ClockRow {
            clock: look.kind,
            task: look.task,
            state: look.standing,
            live: look.live,
            started: look.started,
            due: look.due,
            elapsed: look.elapsed.as_secs(),
            paused: look.paused.as_secs(),
            remaining: look.remaining.map(|left| left.as_secs()),
            why: look.why,
        }
    }
}

/// When the desk does something by itself.
#[derive(Debug, Serialize)]
struct TimerRow {
    what: &'static str,
    due: Timestamp,
}

#[derive(Debug, Serialize)]
struct Entry {
    seq: u64,
    at: Timestamp,
    event: String,
    erased: bool,
}

async fn whole(desk: &Desk, ticket: &Ticket) -> Result<Whole, DeskError> {
    let running = desk.packs.of(&ticket.pack, &desk.store).await?;
    let journal = desk.store.journal(&ticket.reference).await?;
    let secret = |fact: &str| running.pack.any_fact(fact).is_some_and(|decl| decl.secret);
    Ok(Whole {
        ticket: ticket.reference.to_string(),
        state: ticket.state.name(),
        ending: match ticket.state {
            State::Closed(ending) => Some(ending.name()),
            _ => None,
        },
        flow: ticket.flow.clone(),
        covers: running.pack.flows.get(&ticket.flow).map_or_else(Vec::new, |flow| flow.covers.clone()),
        step: ticket.frames.last().map(|frame| format!("{}.{}", frame.flow, frame.step)),
        queue: ticket.queue.clone(),
        assignee: ticket.assignee.clone(),
        requester: ticket.requester.address.clone(),
        sender: journal.iter().rev().find_map(|recorded| believed(recorded, ticket)),
        channel: ticket.channel,
        opened: ticket.opened,
        closed: ticket.closed,
        due: ticket.due(),
        pack: ticket.pack.to_string(),
        version: ticket.version,
        facts: ticket
            .facts
            .iter()
            .map(|(fact, known)| (fact.clone(), if secret(fact) { "(secret)".into() } else { known.value.in_full() }))
            .collect(),
        waiting_for: waiting_for(&running, ticket),
        tasks: ticket.tasks.iter().map(task_row).collect(),
        priority: keep::priority(&running.pack, ticket).to_owned(),
        clocks: look(&running.pack, ticket, desk.clock.now()).into_iter().map(ClockRow::from).collect(),
        timers: ticket.timers.iter().map(|timer| TimerRow { what: timer.what.name(), due: timer.due }).collect(),
        links: ticket.links.iter().map(ToString::to_string).collect(),
        escalated: desk.store.escalated(&ticket.reference).await?,
        journal: journal.iter().map(entry).collect(),
    })
}

fn task_row(task: &crate::policy::ticket::Task) -> TaskRow {
    TaskRow {
        number: task.number,
        act: task.act.clone(),
        status: match task.status {
            TaskStatus::Open => "open",
            TaskStatus::Done(_) => "done",
            TaskStatus::Cannot(..) => "cannot",
            TaskStatus::Withdrawn => "withdrawn",
        },
        queue: task.queue.clone(),
        instruction: task.instruction.clone(),
        gives: task.gives.clone(),
        cannot: task.cannot.clone(),
    }
}

/// How far a message of the requester is believed to be theirs.
fn believed(recorded: &JournalEntry, ticket: &Ticket) -> Option<String> {
    match recorded {
        JournalEntry::Whole(line) => match &line.event {
            Event::Received { message, .. } if message.from.is(&ticket.requester) => proof::in_words(message),
            Event::Received { .. } | Event::Fired { .. } | Event::Acted { .. } | Event::Found { .. } => None,
        },
        JournalEntry::Erased { .. } => None,
    }
}

fn entry(recorded: &JournalEntry) -> Entry {
    match recorded {
        JournalEntry::Whole(line) => {
            Entry { seq: line.seq, at: line.at, event: line.event.name().into(), erased: false }
        }
        JournalEntry::Erased { seq, at, kind, .. } => Entry { seq: *seq, at: *at, event: kind.clone(), erased: true },
    }
}

async fn show(settings: &Settings, written: &str) -> Result<(), Failure> {
    let desk = open::kept_desk(settings, open::clock(settings), open::delivering(true)).await?;
    let ticket = desk.known_ticket(&parse(written)?).await?;
    let whole = whole(&desk, &ticket).await?;
    if settings.format == Format::Json {
        return print::json(&whole);
    }
    let running = desk.packs.of(&ticket.pack, &desk.store).await?;
    print::text(&in_words(&whole, &running.pack.desk.zone))
}

/// A ticket as an agent reads it.
fn in_words(whole: &Whole, zone: &TimeZone) -> String {
    let mut lines = vec![
        format!("{} — {} ({})", whole.ticket, whole.flow, whole.covers.join(", ")),
        format!("State: {}{}", whole.state, whole.ending.map(|ending| format!(", {ending}")).unwrap_or_default()),
        format!(
            "Queue: {}   Agent: {}   Priority: {}",
            whole.queue,
            whole.assignee.as_deref().unwrap_or("nobody yet"),
            whole.priority
        ),
        format!("Requester: {}   Opened: {}", print::requester(&whole.requester), whole.opened),
    ];
    lines.extend(whole.sender.clone());
    lines.extend(whole.due.map(|due| format!("Due: {due}")));
    lines.extend(whole.facts.iter().map(|(fact, value)| format!("Fact: {fact} = {value}")));
    let waiting: Vec<&str> = whole.waiting_for.iter().map(|waiting| waiting.fact.as_str()).collect();
    if !waiting.is_empty() {
        lines.push(format!("Waiting for: {}", waiting.join(", ")));
    }
    for task in &whole.tasks {
        lines.push(format!("Task {} ({}): {} — {}", task.number, task.status, task.act, task.instruction));
    }
    if !whole.clocks.is_empty() {
        lines.push(clock_table(&whole.clocks, zone));
    }
    lines.extend(whole.escalated.iter().map(|contact| format!("Escalated to: {contact}")));
    if !whole.links.is_empty() {
        lines.push(format!("See also: {}", whole.links.join(", ")));
    }
    lines.push(format!(
        "Journal: {} events. `caredesk ticket explain {}` tells the story.",
        whole.journal.len(),
        whole.ticket
    ));
    lines.join("\n")
}

/// The clocks as an agent reads them, in the time of the desk.
fn clock_table(clocks: &[ClockRow], zone: &TimeZone) -> String {
    let mut table = comfy_table::Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_header([
        "Clock",
        "State",
        "Due",
        "Elapsed",
        "Paused",
        "Remaining",
        "Why",
    ]);
    for row in clocks {
        let name = row.task.map_or_else(|| row.clock.name().to_owned(), |task| format!("{} {task}", row.clock.name()));
        let due = row.due.map_or_else(
            || "-".to_owned(),
            |due| due.to_zoned(zone.clone()).strftime("%a %-d %b %Y %H:%M").to_string(),
        );
        let left = row.remaining.map_or_else(|| "-".to_owned(), in_hours);
        let state = row.state.name().to_owned();
        table.add_row([name, state, due, in_hours(row.elapsed), in_hours(row.paused), left, row.why.clone()]);
    }
    table.to_string()
}

/// Seconds as hours and whole minutes: `1:30`.
pub(super) fn in_hours(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let minutes = seconds.unsigned_abs() / 60;
    format!("{sign}{}:{:02}", minutes / 60, minutes % 60)
}
