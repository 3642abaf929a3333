//! The words for each line of a trace: names become titles, facts become their questions, secrets become nothing.

use std::collections::BTreeMap;

use crate::policy::demand::AGREEMENT;
use crate::policy::flow::{Flow, Pack, Step, Verb};
use crate::policy::message::Channel;
use crate::policy::outcome::{OtherRow, Trace};
use crate::policy::ticket::{Known, Source, Ticket, TimerKind};
use crate::policy::wording;

use super::moment;

/// How much of what somebody wrote is quoted, in characters.
const QUOTED: usize = 600;

/// Finds the words for a ticket of a pack.
pub(super) struct Words<'a> {
    pub(super) pack: &'a Pack,
    pub(super) ticket: &'a Ticket,
    /// The files of the pack, when the reasons are to be told too.
    pub(super) files: Option<&'a BTreeMap<String, String>>,
}

impl Words<'_> {
    /// A line of the story, for agents. `rest` is what the same event traced behind it. `None` when the line says
    /// nothing that its neighbours do not say.
    pub(super) fn line(&self, line: &Trace, rest: &[Trace]) -> Option<String> {
        Some(match line {
            Trace::Opened { flow, because } => {
                format!("It started “{}”, because {}.", self.title(flow), clause(because))
            }
            Trace::Entered { step, .. } => return self.entered(step, rest),
            Trace::Skipped { step, when, facts } => {
                format!("Skipped step {step}, because `{when}` was not so{}.", self.read(facts, " (", ")"))
            }
            Trace::Understood { fact, value, how } => {
                format!("Understood: {} = {value}, {}{}.", self.asks(fact), clause(how), self.found_in(fact, value))
            }
            Trace::NotValid { fact, written, because } => {
                let because = clause(because);
                if written.is_empty() {
                    return Some(format!("Wrong in the list for {}: {because}.", self.asks(fact)));
                }
                format!("Not valid for {}: “{}”, because: {because}.", self.asks(fact), self.quoted(written))
            }
            Trace::Decided { rule, verdict, because, facts, row: Some(row), .. } => {
                let read = self.read(facts, " It read: ", ".");
                let others: Vec<String> = row.others.iter().filter_map(would_have_said).collect();
                let others = if others.is_empty() { String::new() } else { format!(" {}.", others.join("; ")) };
                let line = row.line;
                format!("Table {rule}, line {line}, said {verdict}, because {}.{read}{others}", clause(because))
            }
            Trace::Decided { rule, verdict, because, facts, others, .. } => {
                let read = self.read(facts, " It read: ", ".");
                let others = if others.is_empty() {
                    String::new()
                } else {
                    format!(" It could have said: {}.", others.join(", "))
                };
                format!("Rule {rule} said {verdict}, because {}.{read}{others}", clause(because))
            }
            Trace::Led { step, way } if way == "then" => format!("Step {step} was done."),
            Trace::Led { step, .. } => format!("Step {step} went on by its `otherwise`."),
            Trace::Proved { proof, by, because } => format!("Proved: {proof}, by {by}. {because}"),
            Trace::Found { record, rows } => {
                let matches = match rows {
                    0 => "no match".to_owned(),
                    1 => "1 match".to_owned(),
                    rows => format!("{rows} matches, and only one would do"),
                };
                format!("Looked up {}: {matches}.", plain(record))
            }
            Trace::Task { number, act, what } => self.task(*number, act, what),
            Trace::Timer { what, due, note } => {
                let what = match what {
                    TimerKind::Within => "The time for an answer ended",
                    TimerKind::Remind => "A reminder was due",
                    TimerKind::Look => return Some("We looked again, for the directory has changed.".into()),
                    TimerKind::Stage { .. } => return Some(note.clone()),
                };
                format!("{what} on {}: {}.", moment(&self.pack.desk.zone, *due), clause(note))
            }
            Trace::State { state, because } => {
                format!("The request is now {}, because {}.", state_in_words(state), clause(because))
            }
            Trace::Letter { number, to } => {
                format!("Letter {number} went to {}.{}", self.contact(to), self.asked_in(*number))
            }
            Trace::Note(note) => note.clone(),
        })
    }

    /// A line of a dossier, for people outside: what was done, and no more. `None` for everything else.
    pub(super) fn deed(&self, line: &Trace) -> Option<String> {
        Some(match line {
            Trace::Opened { flow, .. } => format!("the request was opened as “{}”", self.title(flow)),
            Trace::Task { act, what, .. } => format!("task “{}” {}", plain(act), self.what_happened(what)),
            Trace::Timer { what: TimerKind::Within, .. } => "nobody had answered in time".into(),
            Trace::Timer { what: TimerKind::Remind, .. } => "we reminded the person".into(),
            Trace::Timer { what: TimerKind::Look, .. } => return None,
            // What was told before a due time is nobody's business outside.
            Trace::Timer { what: TimerKind::Stage { .. }, note, .. } if !note.contains(" should have ") => return None,
            Trace::Timer { what: TimerKind::Stage { .. }, due, .. } => {
                format!("it was not done by {}", moment(&self.pack.desk.zone, *due))
            }
            Trace::State { state, .. } => match state.as_str() {
                "with_agent" => "a colleague took it over".into(),
                "parked" => "it was parked behind another request".into(),
                "on_hold" => "we waited for something outside".into(),
                "closed" => "the request was closed".into(),
                // The letter and the task tell the same.
                _ => return None,
            },
            Trace::Letter { to, .. } if to == "the requester" || to == "requester" => match self.ticket.channel {
                Channel::Phone => "we told the person".into(),
                Channel::Mail | Channel::Chat | Channel::Text => "we wrote to the person".into(),
            },
            Trace::Letter { to, .. } => format!("we wrote to {}", self.contact(to)),
            Trace::Entered { .. }
            | Trace::Skipped { .. }
            | Trace::Understood { .. }
            | Trace::NotValid { .. }
            | Trace::Decided { .. }
            | Trace::Found { .. }
            | Trace::Led { .. }
            | Trace::Proved { .. }
            | Trace::Note(_) => return None,
        })
    }

    /// The title of a flow; its name when the pack does not have it.
    pub(super) fn title(&self, flow: &str) -> String {
        self.pack.flows.get(flow).map_or_else(|| flow.to_owned(), |flow| flow.title.clone())
    }

    /// The name of a contact; any other word as it is.
    pub(super) fn contact(&self, name: &str) -> String {
        self.pack.desk.contacts.get(name).map_or_else(|| name.to_owned(), |contact| contact.name.clone())
    }

    /// The title of a queue.
    pub(super) fn queue(&self, name: &str) -> String {
        self.pack.desk.queues.get(name).map_or_else(|| name.to_owned(), |queue| queue.title.clone())
    }

    /// What somebody wrote, on one line, without secrets, and not endless.
    pub(super) fn quoted(&self, text: &str) -> String {
        let text = self.without_secrets(text);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(QUOTED) {
            Some((at, _)) => format!("{}…", &line[..at]),
            None => line,
        }
    }

    /// A text in which the ticket's secret facts are hidden.
    pub(super) fn without_secrets(&self, text: &str) -> String {
        let known = self.ticket.facts.iter().chain(&self.ticket.tray);
        let secrets = known.filter(|(fact, _)| self.is_secret(fact)).map(|(_, known)| known.value.to_string());
        secrets.fold(text.to_owned(), |text, secret| hide(&text, &secret))
    }

    /// What an agent gave with an act.
    pub(super) fn given(&self, gives: &[(String, String)]) -> String {
        if gives.is_empty() {
            return String::new();
        }
        let given = gives.iter().map(|(fact, value)| {
            let value = if self.is_secret(fact) { "(secret)".to_owned() } else { self.quoted(value) };
            format!("{} = {value}", self.asks(fact))
        });
        format!(": {}", given.collect::<Vec<_>>().join("; "))
    }

    /// What the entry of a step adds to the story.
    fn entered(&self, step: &str, rest: &[Trace]) -> Option<String> {
        let (_, found) = self.step(step)?;
        Some(match &found.verb {
            Verb::Say => format!("Step {step}: its text was said."),
            Verb::Ask { facts, or, .. } => {
                let asks: Vec<String> = facts.iter().chain(or).map(|fact| self.asks(fact)).collect();
                let went_on = rest.iter().any(|line| matches!(line, Trace::Entered { .. } | Trace::Skipped { .. }));
                let known = if went_on { " All of it is known." } else { "" };
                format!("Step {step} asks for: {}.{known}", asks.join(", "))
            }
            Verb::Confirm { names } => {
                let shown: Vec<String> = names.iter().map(|name| self.asks(name)).collect();
                format!("Step {step} asks whether this is right: {}.", shown.join(", "))
            }
            Verb::LookUp { record, by, by_requester, .. } => {
                let mut keys: Vec<String> = by.iter().map(|fact| self.asks(fact)).collect();
                if *by_requester {
                    keys.push("the requester's own address".into());
                }
                format!("Step {step} looks up {} by {}.", plain(record), keys.join(" and "))
            }
            Verb::Prove { proofs, .. } => {
                let proofs: Vec<String> = proofs.iter().map(wording::proof).collect();
                format!("Step {step} wants one of these proofs: {}.", proofs.join("; "))
            }
            Verb::Record { act, .. } => format!("Step {step} changes the directory: {}.", plain(act)),
            Verb::Wait { length, .. } => format!("Step {step} waits {length}."),
            // The rule and the task have lines of their own.
            Verb::Decide { .. } | Verb::Task { .. } | Verb::Together { .. } => return None,
            Verb::HandOver { queue } => format!("Step {step} hands the request over to {}.", self.queue(queue)),
            Verb::Escalate { contact, .. } => format!("Step {step} escalates to {}.", self.contact(contact)),
            Verb::Run { flow } => format!("Step {step} goes through “{}”.", self.title(flow)),
        })
    }

    pub(super) fn step(&self, name: &str) -> Option<(&Flow, &Step)> {
        let (flow, id) = name.split_once('.')?;
        let flow = self.pack.flows.get(flow)?;
        flow.steps.iter().find(|step| step.id == id).map(|step| (flow, step))
    }

    /// A fact, as its question.
    fn asks(&self, fact: &str) -> String {
        if fact == AGREEMENT {
            return "whether they agree".into();
        }
        self.pack.any_fact(fact).map_or_else(|| plain(fact), |decl| format!("“{}”", decl.ask))
    }

    fn is_secret(&self, fact: &str) -> bool {
        self.pack.any_fact(fact).is_some_and(|decl| decl.secret)
    }

    /// The words in which the requester gave a fact, when they are not the value itself.
    fn found_in(&self, fact: &str, value: &str) -> String {
        let known = self.ticket.facts.get(fact).or_else(|| self.ticket.tray.get(fact));
        match known {
            Some(Known { value: now, from: Source::Requester(words) })
                if now.to_string() == value && !words.is_empty() && words != value =>
            {
                format!(", from “{}”", self.quoted(words))
            }
            _ => String::new(),
        }
    }

    fn read(&self, facts: &[(String, String)], before: &str, after: &str) -> String {
        if facts.is_empty() {
            return String::new();
        }
        let facts: Vec<String> = facts.iter().map(|(name, value)| format!("{name} is {value}")).collect();
        format!("{before}{}{after}", facts.join(", "))
    }

    fn task(&self, number: u32, act: &str, what: &str) -> String {
        let task = self.ticket.tasks.iter().find(|task| task.number == number);
        let instruction = match task {
            Some(task) if what.starts_with("given") => format!(" “{}”", self.quoted(&task.instruction)),
            _ => String::new(),
        };
        format!("Task {number}, {}, was {}.{instruction}", plain(act), self.what_happened(what))
    }

    /// `given to accounts` with the queue's title.
    fn what_happened(&self, what: &str) -> String {
        match what.strip_prefix("given to ") {
            Some(queue) => format!("given to {}", self.queue(queue)),
            None => plain(what).replace("could not be done", "not possible"),
        }
    }

    /// What a letter asked for.
    fn asked_in(&self, number: u32) -> String {
        let letter = self.ticket.letters.iter().find(|letter| letter.number == number);
        let asked: Vec<String> = letter.iter().flat_map(|letter| &letter.asked).map(|fact| self.asks(fact)).collect();
        if asked.is_empty() { String::new() } else { format!(" It asked: {}.", asked.join(", ")) }
    }
}

/// A name from a flow as people write it: `reset_password` is "reset password".
pub(super) fn plain(name: &str) -> String {
    name.replace('_', " ")
}

/// A sentence that stands within another.
fn clause(sentence: &str) -> &str {
    let sentence = sentence.trim();
    sentence.strip_suffix('.').unwrap_or(sentence)
}

fn state_in_words(state: &str) -> &str {
    match state {
        "waiting_requester" => "waiting for the requester",
        "waiting_other" => "waiting for somebody else",
        "with_task" => "waiting for an agent's task",
        "with_agent" => "with an agent",
        "on_hold" => "on hold",
        "parked" => "parked behind another request",
        other => other,
    }
}

/// Hides every place where a value stands, whatever its case.
fn hide(text: &str, secret: &str) -> String {
    if secret.is_empty() {
        return text.to_owned();
    }
    let mut shown = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..secret.len()) {
            Some(start) if start.eq_ignore_ascii_case(secret) => {
                shown.push_str("(secret)");
                rest = &rest[secret.len()..];
            }
            _ => {
                shown.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    shown
}

/// What another row of a table would have said, and what it would have needed for that.
fn would_have_said(other: &OtherRow) -> Option<String> {
    let OtherRow { line, verdict, needed } = other;
    (!needed.is_empty()).then(|| format!("Line {line} would have said {verdict}, with {}", needed.join(" and ")))
}

#[cfg(test)]
mod tests {
    use super::{clause, hide};

    #[test]
    fn a_secret_is_hidden_wherever_it_stands() {
        assert_eq!(hide("it is con1-77, yes CON1-77…", "CON1-77"), "it is (secret), yes (secret)…");
        assert_eq!(hide("nothing", ""), "nothing");
    }

    #[test]
    fn a_sentence_loses_its_full_stop_within_another() {
        assert_eq!(clause(" It is closed. "), "It is closed");
    }
}
