//! What a simulation shows: letters, replies, tasks, clocks and what is known, as plain text.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::mail;
use crate::policy::calendar::clock_in_words;
use crate::policy::flow::Pack;
use crate::policy::message::Channel;
use crate::policy::outcome::Letter;
use crate::policy::promise::look::Standing;
use crate::policy::scenario::{News, Rehearsal};
use crate::policy::ticket::{Source, Task, TaskStatus, Ticket, TimerKind, Waiting};
use crate::policy::world::World;

/// What can be typed.
pub(super) const HELP: &str = "\
Type what the person says, and see what the desk does. Nothing is sent and nothing is kept.

  my phone is broken          the person says this, by chat or by mail
  mail: TEXT                  they write a mail; `mail:` alone stays with mail (so do chat: and call:)
  TEXT \\                      a line that ends so goes on in the next line
  from: Amy Field <amy@home.example>   somebody else speaks; `who` lists the made-up directory
  subject: WORDS              the subject of the next mail
  2                           the second choice of the last question

  after 3 working days        time passes, and what falls due happens
  next                        time passes until the next thing is due
  agent done fact=value       an agent has done the task and gives what it asks for
  agent cannot REASON         an agent cannot do it
  agent reply WORDS           also: note, take, give_back, hold, go_on, answer, close, reopen, assign, start FLOW, escalate
  directory: {accounts: {amy: {leaving: yes}}}   the directory changes

  show                        what is known, what is waited for, tasks and clocks
  why                         why the last thing happened
  undo, restart               take the last step back; begin again
  story                       what was played, as a scenario
  save FLOW NAME              write it down as a scenario beside a flow, to be tested from now on
  quit                        the end (also Ctrl-D)";

/// A moment in words: `Mon 2 March 2026, 9am`.
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    format!("{}, {}", local.strftime("%a %-d %B %Y"), clock_in_words(local.time()))
}

/// What came of one step.
pub(super) fn news(pack: &Pack, rehearsal: &Rehearsal<'_>, news: &News) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (_, story) in &news.fired {
        lines.extend(story.iter().map(|line| format!("  * {line}")));
    }
    for sent in &news.letters {
        lines.push(String::new());
        lines.extend(letter(sent));
    }
    lines.extend(news.told.iter().map(|told| format!("\n  [clock] {told}")));
    if let Some(refused) = &news.refused {
        lines.push(format!("This is not possible here: {refused}"));
    } else if news.letters.is_empty() && news.fired.is_empty() && news.told.is_empty() {
        lines.push("  (Nothing is sent.)".into());
    }
    if news.refused.is_none() {
        match rehearsal.ticket() {
            Some(ticket) if !news.only_answered => lines.extend(standing(pack, ticket)),
            _ if news.only_answered => lines.push("\n  A ready answer; no request is kept of it.".into()),
            _ => {}
        }
    }
    lines.join("\n")
}

fn letter(letter: &Letter) -> Vec<String> {
    let text = match letter.channel {
        Channel::Chat | Channel::Phone => mail::spoken_text(&letter.blocks),
        Channel::Mail | Channel::Text => mail::plain_text(&letter.blocks),
    };
    let mut lines = Vec::new();
    match letter.channel {
        Channel::Mail => {
            lines.push(format!("  ┌ Letter to {}", letter.to.address));
            lines.push(format!("  │ Subject: {}", letter.subject));
            lines.push("  │".into());
            lines.extend(text.lines().map(|line| format!("  │ {line}").trim_end().to_owned()));
            lines.push("  └".into());
        }
        Channel::Chat => lines.extend(text.lines().map(|line| format!("  < {line}").trim_end().to_owned())),
        Channel::Text => {
            lines.push(format!("  Text to {}:", letter.to.address));
            lines.extend(text.lines().map(|line| format!("  < {line}").trim_end().to_owned()));
        }
        Channel::Phone => {
            lines.push("  Say to the caller:".into());
            lines.extend(text.lines().map(|line| format!("  < {line}").trim_end().to_owned()));
        }
    }
    lines.extend(letter.choices.iter().enumerate().map(|(n, choice)| format!("    {}. {choice}", n + 1)));
    lines
}

/// Where the request is now, with its open tasks and when its wait is over.
fn standing(pack: &Pack, ticket: &Ticket) -> Vec<String> {
    let step = ticket.frames.last().map_or_else(String::new, |frame| format!(" at {}.{}", frame.flow, frame.step));
    let mut lines = vec![format!("\n  {} is {}{step}.", ticket.reference, ticket.state.in_words())];
    lines.extend(ticket.tasks.iter().filter(|task| task.status == TaskStatus::Open).flat_map(work));
    let with_agent = ticket.tasks.iter().all(|task| task.status != TaskStatus::Open) && !ticket.state.is_closed();
    if with_agent && ticket.frames.is_empty() {
        lines.push(format!("  It is the work of the queue {}.", ticket.queue));
    }
    if let Some(due) = ticket.wait_due().filter(|_| !ticket.state.is_closed()) {
        lines.push(format!("  The wait is over on {}.", moment(due, &pack.desk.zone)));
    }
    lines
}

/// A task, and what an agent types when it is done.
fn work(task: &Task) -> Vec<String> {
    let mut lines = vec![format!("  Task for {}: {}", task.queue, task.act)];
    lines.extend(task.instruction.lines().map(|line| format!("    {line}")));
    let gives: Vec<String> = task.gives.iter().map(|fact| format!(" {fact}=…")).collect();
    lines.push(format!("    Then type: agent done{}", gives.concat()));
    if !task.cannot.is_empty() {
        lines.push(format!("    or: agent cannot {}", task.cannot.join(", agent cannot ")));
    }
    lines
}

/// All that is known.
pub(super) fn all(pack: &Pack, rehearsal: &Rehearsal<'_>) -> String {
    let zone = &pack.desk.zone;
    let Some(ticket) = rehearsal.ticket() else {
        return format!("It is {}. There is no request yet.", moment(rehearsal.now(), zone));
    };
    let mut lines = vec![
        format!("It is {}.", moment(rehearsal.now(), zone)),
        format!("Request {} of {}, flow {}.", ticket.reference, ticket.requester.address, ticket.flow),
        format!("It is {}. Queue: {}.", ticket.state.in_words(), ticket.queue),
    ];
    if rehearsal.tickets() > 1 {
        lines.push(format!("There are {} requests; this is the one that was spoken of last.", rehearsal.tickets()));
    }
    for frame in &ticket.frames {
        lines.push(format!("At the step {}.{}", frame.flow, frame.step));
    }
    match &ticket.waiting {
        Waiting::Answers { facts, .. } => lines.push(format!("Waits for: {}", facts.join(", "))),
        Waiting::Which { flows, .. } => lines.push(format!("Waits for a choice of: {}", flows.join(", "))),
        Waiting::Confirm { names, .. } => lines.push(format!("Waits for a yes to: {}", names.join(", "))),
        Waiting::Task { task } => lines.push(format!("Waits for task number {task}.")),
        Waiting::Others { facts, asked, .. } => {
            let who: Vec<&str> = asked.iter().map(|(address, _)| address.as_str()).collect();
            lines.push(format!("Waits for {} from {}.", facts.join(", "), who.join(" or ")));
        }
        Waiting::Proof { asked, task, .. } => {
            let who: Vec<&str> = asked.iter().map(|(address, _, _)| address.as_str()).collect();
            let call = task.as_ref().map_or_else(String::new, |(task, _)| format!(" Task number {task} is a call."));
            lines.push(format!("Waits for proof from {}.{call}", who.join(" or ")));
        }
        Waiting::Time => lines.push("Waits until the time is over.".into()),
        Waiting::Tasks { tasks } => {
            let numbers: Vec<String> = tasks.iter().map(u32::to_string).collect();
            lines.push(format!("Waits for tasks number {}.", numbers.join(", ")));
        }
        Waiting::Pick { rows, .. } => lines.push(format!("Waits for a choice of {} records.", rows.len())),
        Waiting::Nothing => {}
    }
    lines.extend(facts(pack, ticket));
    for task in &ticket.tasks {
        match &task.status {
            TaskStatus::Open => lines.extend(work(task)),
            TaskStatus::Done(who) => lines.push(format!("  Task {} was done by {who}.", task.act)),
            TaskStatus::Cannot(who, why) => {
                lines.push(format!("  Task {} was not possible, says {who}: {why}.", task.act));
            }
            TaskStatus::Withdrawn => lines.push(format!("  Task {} was withdrawn.", task.act)),
        }
    }
    lines.extend(clocks(rehearsal, ticket, zone));
    lines.join("\n")
}

fn facts(pack: &Pack, ticket: &Ticket) -> Vec<String> {
    if ticket.facts.is_empty() && ticket.records.is_empty() && ticket.tray.is_empty() {
        return vec!["Nothing is known yet.".into()];
    }
    let secret = |name: &str| pack.any_fact(name).is_some_and(|decl| decl.secret);
    let mut lines = vec!["Known:".to_owned()];
    for (name, known) in &ticket.facts {
        let from = match &known.from {
            Source::Requester(_) => "the person said so".to_owned(),
            Source::Prefilled => "from their name or address".to_owned(),
            Source::Agent(agent) => format!("{agent} said so"),
            Source::Other { address, .. } => format!("{address} said so"),
        };
        let value = if secret(name) { "(secret)".to_owned() } else { known.value.in_full() };
        lines.push(format!("  {name}: {value} ({from})"));
    }
    for (name, record) in &ticket.records {
        let fields: Vec<String> = record.fields.iter().map(|(field, value)| format!("{field}: {value}")).collect();
        lines.push(format!("  {name}: {} (looked up)", fields.join(", ")));
    }
    let early: Vec<&String> = ticket.tray.keys().collect();
    if !early.is_empty() {
        let names: Vec<&str> = early.iter().map(|name| name.as_str()).collect();
        lines.push(format!("Said already, and taken when it is asked: {}", names.join(", ")));
    }
    lines
}

fn clocks(rehearsal: &Rehearsal<'_>, ticket: &Ticket, zone: &TimeZone) -> Vec<String> {
    let mut lines = Vec::new();
    for look in rehearsal.clocks() {
        let due = look.due.map_or_else(String::new, |due| format!(", due {}", moment(due, zone)));
        let stands = match look.standing {
            Standing::Running => "runs",
            Standing::OutsideHours => "waits until somebody works",
            Standing::Paused => "stands still",
            Standing::Met => "was kept",
            Standing::Missed => "was missed",
            Standing::Withdrawn => "is off",
        };
        lines.push(format!("Clock {}: {stands}{due}. {}.", look.kind.name(), look.why));
    }
    let mut timers: Vec<_> = ticket.timers.iter().filter(|timer| timer.what != TimerKind::Look).collect();
    timers.sort_by_key(|timer| (timer.due, timer.number));
    for timer in timers {
        let what = match timer.what {
            TimerKind::Within => "the wait is over",
            TimerKind::Remind => "the letter is sent again",
            TimerKind::Look => "the wait looks again",
            TimerKind::Stage { .. } => "a clock speaks up",
        };
        lines.push(format!("Due {}: {what}.", moment(timer.due, zone)));
    }
    lines
}

/// Who is in the made-up directory.
pub(super) fn directory(world: &World) -> String {
    let mut lines = vec!["In the made-up directory:".to_owned()];
    for (key, account) in &world.accounts {
        let mobile = account.mobile.as_deref().map_or_else(String::new, |mobile| format!(", {mobile}"));
        let at = account.organisation.as_deref().unwrap_or("nowhere");
        lines.push(format!("  {key}: {} <{}>{mobile}, at {at}", account.name, account.address));
    }
    for (key, organisation) in &world.organisations {
        let postcode = organisation.postcode.as_deref().unwrap_or("no postcode");
        lines.push(format!("  {key}: {}, {}, {postcode}", organisation.name, organisation.ods_code));
    }
    lines.join("\n")
}
