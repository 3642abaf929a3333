//! What a story expects, and the first thing that is not so, in plain words.

use std::collections::BTreeMap;

use jiff::civil;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::policy::facts::Item;
use crate::policy::finding::Place;
use crate::policy::flow::Pack;
use crate::policy::outcome::Letter;
use crate::policy::promise::look::{Look, Standing};
use crate::policy::promise::terms::ClockKind;
use crate::policy::ticket::{State, TaskStatus, Ticket, Waiting};

use super::Coverage;
use super::story::NOTHING;

mod letters;

use letters::{check_letters, check_replies};

/// Everything that must be so at one point of a story. What is not said is not looked at.
#[derive(Debug, Clone)]
pub(super) struct Expectation {
    pub(super) step: Option<String>,
    pub(super) state: Option<String>,
    pub(super) asks: Option<String>,
    pub(super) waiting_for: Option<Vec<String>>,
    pub(super) answered: Option<String>,
    pub(super) facts: BTreeMap<String, String>,
    pub(super) unset: Vec<String>,
    pub(super) letters: Option<Vec<LetterWish>>,
    pub(super) replies: Option<Vec<ReplyWish>>,
    pub(super) task: Option<String>,
    pub(super) tasks: Option<Vec<String>>,
    pub(super) instruction: Vec<String>,
    pub(super) queue: Option<String>,
    pub(super) due: Option<Option<civil::DateTime>>,
    pub(super) decided: Vec<String>,
    pub(super) flow: Option<String>,
    pub(super) case: Option<usize>,
    pub(super) tickets: Option<usize>,
    pub(super) refused: Option<String>,
    pub(super) escalated: Option<String>,
    pub(super) clocks: BTreeMap<ClockKind, Vec<ClockWish>>,
    pub(super) told: Option<Vec<String>>,
    /// Where each key stands.
    pub(super) places: BTreeMap<String, Place>,
}

/// What a clock must show. Of several of a kind the latest is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ClockWish {
    /// There is none.
    None,
    /// How it stands.
    Standing(Standing),
    /// When it is, or was, due.
    Due(civil::DateTime),
    /// How long it ran, in minutes.
    Elapsed(i64),
    /// How long it stood still, in minutes.
    Paused(i64),
    /// How much is left, in minutes.
    Left(i64),
}

/// A letter that must have been sent.
#[derive(Debug, Clone)]
pub(super) struct LetterWish {
    pub(super) to: String,
    pub(super) has: Vec<String>,
    pub(super) lacks: Vec<String>,
}

/// A reply by chat that must have been given.
#[derive(Debug, Clone)]
pub(super) struct ReplyWish {
    pub(super) has: Vec<String>,
    pub(super) lacks: Vec<String>,
}

impl ReplyWish {
    /// A reply in which a phrase stands.
    pub(super) fn holding(phrase: &str) -> Self {
        Self { has: vec![phrase.to_owned()], lacks: Vec::new() }
    }
}

/// What there is to look at.
pub(super) struct Seen<'a> {
    pub(super) pack: &'a Pack,
    /// The ticket that is meant; none when a chat was only question and answer.
    pub(super) ticket: Option<&'a Ticket>,
    /// Its story so far.
    pub(super) story: Vec<String>,
    /// How many tickets there are.
    pub(super) tickets: usize,
    /// The letters since the last expectation.
    pub(super) letters: Vec<&'a Letter>,
    /// The replies by chat since the last expectation.
    pub(super) replies: Vec<&'a Letter>,
    /// The answer that the last message got.
    pub(super) answered: Option<&'a str>,
    /// Why the last act of an agent was not possible.
    pub(super) refused: Option<&'a str>,
    /// What the ticket's clocks show.
    pub(super) clocks: Vec<Look>,
    /// What the story has reached so far.
    pub(super) reached: &'a Coverage,
    /// What clocks have told agents since the last expectation: to whom, and what.
    pub(super) told: Vec<String>,
}

/// A key of an expectation that is not met, and what came instead.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unmet {
    pub(super) key: &'static str,
    /// In a sentence.
    pub(super) why: String,
    /// What should have come, and what came, line by line.
    pub(super) expected: String,
    pub(super) came: String,
}

impl Unmet {
    pub(super) fn new(
        key: &'static str,
        why: impl Into<String>,
        expected: impl Into<String>,
        came: impl Into<String>,
    ) -> Self {
        Unmet { key, why: why.into(), expected: expected.into(), came: came.into() }
    }
}

impl Expectation {
    /// Whether all is so; else the first thing that is not.
    pub(super) fn check(&self, seen: &Seen<'_>) -> Result<(), Unmet> {
        self.check_whole(seen)?;
        if self.looks_at_a_ticket() {
            let ticket = seen.ticket.ok_or_else(|| {
                Unmet::new("ticket", "there is no request to look at", "a request", "none was opened")
            })?;
            self.check_ticket(seen, ticket)?;
            self.check_waiting(seen, ticket)?;
            self.check_clocks(seen)?;
        }
        if let Some(wishes) = &self.letters {
            check_letters(wishes, &seen.letters)?;
        }
        if let Some(wishes) = &self.replies {
            check_replies(wishes, &seen.replies)?;
        }
        if let Some(words) = &self.told {
            check_told(words, &seen.told)?;
        }
        Ok(())
    }

    fn looks_at_a_ticket(&self) -> bool {
        let texts = [&self.step, &self.state, &self.asks, &self.task, &self.queue, &self.flow, &self.escalated];
        texts.iter().any(|text| text.is_some())
            || self.waiting_for.is_some()
            || self.due.is_some()
            || !self.clocks.is_empty()
            || !self.instruction.is_empty()
            || self.tasks.is_some()
            || !(self.facts.is_empty() && self.unset.is_empty() && self.decided.is_empty())
    }

    /// What is not about one ticket.
    fn check_whole(&self, seen: &Seen<'_>) -> Result<(), Unmet> {
        if let Some(tickets) = self.tickets
            && tickets != seen.tickets
        {
            let why = format!("expected {tickets} requests, but there are {}", seen.tickets);
            return Err(Unmet::new("tickets", why, tickets.to_string(), seen.tickets.to_string()));
        }
        if let Some(answer) = &self.answered {
            same("answered", "the answer", answer, seen.answered.unwrap_or(NOTHING))?;
        }
        match (&self.refused, seen.refused) {
            (Some(words), Some(refused)) if holds(refused, words) => Ok(()),
            (Some(words), Some(refused)) => {
                let why = format!("expected the refusal “{words}”, but it was “{refused}”");
                Err(Unmet::new("refused", why, words, refused))
            }
            (Some(words), None) => {
                let why = "expected a refusal, but the act was possible";
                Err(Unmet::new("refused", why, words, "the act was possible"))
            }
            (None, _) => Ok(()),
        }
    }

    /// Where a ticket is and what it knows.
    fn check_ticket(&self, seen: &Seen<'_>, ticket: &Ticket) -> Result<(), Unmet> {
        if let Some(step) = &self.step {
            let now = ticket
                .frames
                .last()
                .map_or_else(|| NOTHING.to_owned(), |frame| format!("{}.{}", frame.flow, frame.step));
            same("step", "step", step, &now)?;
        }
        if let Some(state) = &self.state {
            let now = match ticket.state {
                State::Closed(ending) if state != "closed" => ending.name(),
                other => other.name(),
            };
            same("state", "state", state, now)?;
        }
        if let Some(flow) = &self.flow {
            same("flow", "flow", flow, &ticket.flow)?;
        }
        if let Some(queue) = &self.queue {
            same("queue", "queue", queue, &ticket.queue)?;
        }
        if let Some(contact) = &self.escalated {
            same("escalated", "an escalation to", contact, ticket.escalated.as_deref().unwrap_or(NOTHING))?;
        }
        for (name, value) in &self.facts {
            let known = shown(ticket, name);
            match known {
                Some(known) if known == value.trim() => {}
                Some(known) => {
                    let why = format!("expected {name} to be “{value}”, but it is “{known}”");
                    return Err(Unmet::new("facts", why, format!("{name}: {value}"), format!("{name}: {known}")));
                }
                None => {
                    let why = format!("expected {name} to be “{value}”, but it is not known");
                    return Err(Unmet::new("facts", why, format!("{name}: {value}"), format!("{name} is not known")));
                }
            }
        }
        if let Some((name, value)) = self.unset.iter().find_map(|name| Some((name, shown(ticket, name)?))) {
            let why = format!("expected {name} to be unknown, but it is “{value}”");
            return Err(Unmet::new("unset", why, format!("{name} is not known"), format!("{name}: {value}")));
        }
        for words in &self.decided {
            let taken = seen.reached.decided(words) || seen.story.iter().any(|line| holds(line, words));
            if !taken {
                let latest = seen.story.iter().rev().take(12).rev().cloned().collect::<Vec<_>>().join("\n");
                let why = format!("expected “{words}” in the story, which ends:\n{latest}");
                return Err(Unmet::new("decided", why, words, latest));
            }
        }
        Ok(())
    }

    /// What a ticket waits for.
    fn check_waiting(&self, seen: &Seen<'_>, ticket: &Ticket) -> Result<(), Unmet> {
        let waiting: &[String] = match &ticket.waiting {
            Waiting::Answers { facts, .. } => facts,
            Waiting::Confirm { names, .. } => names,
            Waiting::Others { facts, .. } => facts,
            Waiting::Proof { .. }
            | Waiting::Time
            | Waiting::Which { .. }
            | Waiting::Task { .. }
            | Waiting::Tasks { .. }
            | Waiting::Pick { .. }
            | Waiting::Nothing => &[],
        };
        if let Some(fact) = &self.asks {
            same("asks", "the question", fact, waiting.first().map_or(NOTHING, String::as_str))?;
        }
        if let Some(facts) = &self.waiting_for {
            let sorted = |facts: &[String]| {
                let mut facts = facts.to_vec();
                facts.sort();
                if facts.is_empty() { NOTHING.to_owned() } else { facts.join(", ") }
            };
            same("waiting_for", "to wait for", &sorted(facts), &sorted(waiting))?;
        }
        if let Some(act) = &self.task {
            let open: Vec<&str> = ticket
                .tasks
                .iter()
                .filter(|task| task.status == TaskStatus::Open)
                .map(|task| task.act.as_str())
                .collect();
            let found = if act == NOTHING { open.is_empty() } else { open.contains(&act.as_str()) };
            if !found {
                let open = if open.is_empty() { NOTHING.to_owned() } else { open.join(", ") };
                same("task", "the task", act, &open)?;
            }
        }
        self.check_tasks(ticket)?;
        self.check_instruction(ticket)?;
        if let Some(due) = &self.due {
            let now = due_at(ticket, &seen.pack.desk.zone);
            let words = |due: Option<civil::DateTime>| {
                due.map_or_else(|| NOTHING.to_owned(), |due| due.strftime("%Y-%m-%d %H:%M").to_string())
            };
            same("due", "due", &words(*due), &words(now))?;
        }
        Ok(())
    }
}

impl Expectation {
    /// All tasks that are open, each as often as it is.
    fn check_tasks(&self, ticket: &Ticket) -> Result<(), Unmet> {
        let Some(wanted) = &self.tasks else { return Ok(()) };
        let open = ticket.tasks.iter().filter(|task| task.status == TaskStatus::Open).map(|task| task.act.clone());
        let told = |mut acts: Vec<String>| {
            acts.sort();
            if acts.is_empty() { NOTHING.to_owned() } else { acts.join(", ") }
        };
        same("tasks", "the open tasks", &told(wanted.clone()), &told(open.collect()))
    }

    /// What agents read who have an open task.
    fn check_instruction(&self, ticket: &Ticket) -> Result<(), Unmet> {
        let open = ticket.tasks.iter().filter(|task| task.status == TaskStatus::Open);
        let reads: Vec<&str> = open.map(|task| task.instruction.as_str()).collect();
        let reads = if reads.is_empty() { NOTHING.to_owned() } else { reads.join("\n") };
        let reads = reads.as_str();
        match self.instruction.iter().find(|words| !holds(reads, words)) {
            Some(words) => {
                let why = format!("expected that the agent reads “{words}”, but it is “{reads}”");
                Err(Unmet::new("instruction", why, self.instruction.join("\n"), reads))
            }
            None => Ok(()),
        }
    }

    /// What the clocks show.
    fn check_clocks(&self, seen: &Seen<'_>) -> Result<(), Unmet> {
        for (kind, wishes) in &self.clocks {
            let look = seen.clocks.iter().rev().find(|look| look.kind == *kind);
            let granted = wishes.iter().all(|wish| match (wish, look) {
                (ClockWish::None, None) => true,
                (ClockWish::None, Some(_)) | (_, None) => false,
                (ClockWish::Standing(standing), Some(look)) => look.standing == *standing,
                (ClockWish::Due(due), Some(look)) => {
                    look.due.and_then(|at| to_the_minute(at, &seen.pack.desk.zone)) == Some(*due)
                }
                (ClockWish::Elapsed(minutes), Some(look)) => look.elapsed.as_mins() == *minutes,
                (ClockWish::Paused(minutes), Some(look)) => look.paused.as_mins() == *minutes,
                (ClockWish::Left(minutes), Some(look)) => look.remaining.map(|left| left.as_mins()) == Some(*minutes),
            });
            if !granted {
                let shows = look.map_or_else(|| NOTHING.to_owned(), |look| in_words(look, &seen.pack.desk.zone));
                let why = format!("the clock {} shows something else: {shows}", kind.name());
                let wished: Vec<String> = wishes.iter().map(wish_in_words).collect();
                return Err(Unmet::new("clocks", why, wished.join(", "), shows));
            }
        }
        Ok(())
    }
}

/// What a clock should show, as a story writes it.
fn wish_in_words(wish: &ClockWish) -> String {
    let length = |minutes: i64| hours(SignedDuration::from_mins(minutes));
    match wish {
        ClockWish::None => NOTHING.to_owned(),
        ClockWish::Standing(standing) => standing.name().to_owned(),
        ClockWish::Due(due) => format!("due {}", due.strftime("%Y-%m-%d %H:%M")),
        ClockWish::Elapsed(minutes) => format!("elapsed {}", length(*minutes)),
        ClockWish::Paused(minutes) => format!("paused {}", length(*minutes)),
        ClockWish::Left(minutes) => format!("left {}", length(*minutes)),
    }
}

/// A clock as a story writes it.
fn in_words(look: &Look, zone: &TimeZone) -> String {
    let due = look.due.and_then(|due| to_the_minute(due, zone));
    let due = due.map_or_else(String::new, |due| format!(", due {}", due.strftime("%Y-%m-%d %H:%M")));
    let left = look.remaining.map_or_else(String::new, |left| format!(", left {}", hours(left)));
    let (elapsed, paused) = (hours(look.elapsed), hours(look.paused));
    format!("{}{due}, elapsed {elapsed}, paused {paused}{left}", look.standing.name())
}

fn hours(length: SignedDuration) -> String {
    let minutes = length.as_mins();
    let sign = if minutes < 0 { "-" } else { "" };
    format!("{sign}{}:{:02}", minutes.abs() / 60, minutes.abs() % 60)
}

/// Each phrase must have been told; no phrase at all means that nothing was.
fn check_told(words: &[String], told: &[String]) -> Result<(), Unmet> {
    let lines = |lines: &[String]| if lines.is_empty() { NOTHING.to_owned() } else { lines.join("\n") };
    let all = if told.is_empty() { NOTHING.to_owned() } else { told.join(" / ") };
    let why = match words.iter().find(|words| !told.iter().any(|line| holds(line, words))) {
        Some(words) => format!("expected that clocks tell “{words}”, but they told {all}"),
        None if words.is_empty() && !told.is_empty() => {
            format!("expected that clocks tell nothing, but they told {all}")
        }
        None => return Ok(()),
    };
    Err(Unmet::new("told", why, lines(words), lines(told)))
}

/// When the present wait ends, to the minute.
pub(super) fn due_at(ticket: &Ticket, zone: &TimeZone) -> Option<civil::DateTime> {
    to_the_minute(ticket.wait_due()?, zone)
}

fn to_the_minute(at: Timestamp, zone: &TimeZone) -> Option<civil::DateTime> {
    at.to_zoned(zone.clone()).datetime().with().second(0).subsec_nanosecond(0).build().ok()
}

/// A fact or record as people read it.
fn shown(ticket: &Ticket, name: &str) -> Option<String> {
    // Behind a dot stands a part of a list.
    let mut path = name.split('.');
    let fact = path.next().and_then(|first| ticket.facts.get(first)).map(|known| Item::Value(known.value.clone()));
    let rest: Vec<String> = path.map(str::to_owned).collect();
    let fact = fact.and_then(|fact| fact.at(&rest)).map(|item| item.to_string());
    fact.or_else(|| {
        let record = ticket.records.get(name)?;
        let title = record.fields.get("name").or_else(|| record.fields.get("reference"));
        Some(title.map_or_else(|| record.id.clone(), ToString::to_string))
    })
}

fn same(key: &'static str, what: &str, expected: &str, now: &str) -> Result<(), Unmet> {
    if expected == now {
        return Ok(());
    }
    Err(Unmet::new(key, format!("expected {what} {expected}, but it is {now}"), expected, now))
}

/// Whether a text holds a phrase, however the lines break.
pub(super) fn holds(text: &str, phrase: &str) -> bool {
    let one_line = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    one_line(text).contains(&one_line(phrase))
}
