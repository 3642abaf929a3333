//! `ticket act`: an agent's hand on a ticket.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::desk::Said;
use crate::desk::calls::{Question, questions};
use crate::policy::flow::Ending;
use crate::policy::outcome::Act;
use crate::policy::ticket::TaskStatus;

use super::{Failure, Format, Settings, open, print, ticket};

/// Do something to a ticket as an agent.
///
/// done, cannot: end a task. answer, go_on: give the requester's answers for them. reply: write to them. note: for
/// agents only. take, give_back, hold, assign: whose it is. start: pick a flow. priority: how urgent it is.
/// escalate, close, reopen. escalation_answered: the contact has answered; tell the requester with --text.
#[derive(Debug, Args)]
pub(super) struct ActCommand {
    /// The ticket's reference, in any spacing.
    reference: String,
    /// What to do.
    #[arg(value_enum)]
    verb: Verb,
    /// Who does it.
    #[arg(long = "as", value_name = "AGENT")]
    agent: String,
    /// The task, when several are open.
    #[arg(long, value_name = "N")]
    task: Option<u32>,
    /// A fact, such as identity_checked=yes; may be given several times.
    #[arg(long, value_name = "FACT=VALUE", value_parser = fact)]
    set: Vec<(String, String)>,
    /// Words: of a reply, a note, or why something cannot be done.
    #[arg(long, value_name = "WORDS")]
    text: Option<String>,
    /// Why a task cannot be done: one of the task's reasons, or any other.
    #[arg(long, value_name = "NAME")]
    reason: Option<String>,
    /// The agent for `assign`, the flow for `start`, the contact for `escalate`, the new one for `priority`.
    #[arg(long, value_name = "NAME")]
    to: Option<String>,
    /// The step at which the flow goes on, for `give_back`: `flow.step`. Without it, where it stopped.
    #[arg(long, value_name = "FLOW.STEP")]
    step: Option<String>,
    /// How it ends, for `close`.
    #[arg(long, value_enum, default_value_t = End::Resolved)]
    ending: End,
    /// Leave letters in the outbox.
    #[arg(long)]
    no_send: bool,
}

/// What an agent can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Verb {
    Done,
    Cannot,
    GoOn,
    Answer,
    Reply,
    Note,
    Assign,
    Take,
    GiveBack,
    Hold,
    Escalate,
    Close,
    Reopen,
    Start,
    Priority,
    EscalationAnswered,
}

/// How a ticket ends by an agent's hand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum End {
    Resolved,
    Refused,
    Unanswered,
}

/// What came of an act.
#[derive(Debug, Serialize)]
struct Row<'a> {
    ticket: &'a str,
    state: &'a str,
    flow: &'a str,
    queue: &'a str,
    open_tasks: Vec<&'a str>,
    /// What the caller is asked now, if it began with a call.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    asks: Vec<Question>,
    #[serde(flatten)]
    said: &'a Said,
}

impl ActCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let reference = ticket::parse(&self.reference)?;
        let act = self.act()?;
        let desk = open::kept_desk(settings, open::clock(settings), open::delivering(self.no_send)).await?;
        let acted = desk.act(&reference, &self.agent, act).await?;
        let ticket = &acted.ticket;
        let open = ticket.tasks.iter().filter(|task| task.status == TaskStatus::Open).map(|task| task.act.as_str());
        let row = Row {
            ticket: &ticket.reference.0,
            state: ticket.state.name(),
            flow: &ticket.flow,
            queue: &ticket.queue,
            open_tasks: open.collect(),
            asks: match ticket.phone {
                Some(_) => questions(&desk.packs.of(&ticket.pack, &desk.store).await?, ticket),
                None => Vec::new(),
            },
            said: &acted.said,
        };
        match settings.format {
            Format::Json => print::json(&row),
            Format::Text => {
                print::text(&format!("{} is {}.", row.ticket, ticket.state.in_words()))?;
                print::said(&acted.said)
            }
        }
    }

    fn act(&self) -> Result<Act, Failure> {
        let gives = self.set.clone();
        let words = || self.text.clone().ok_or_else(|| Failure::Usage("give the words with --text".into()));
        Ok(match self.verb {
            Verb::Done => Act::Done { task: self.task, gives },
            Verb::Cannot => Act::Cannot { task: self.task, reason: self.reason.clone(), text: self.text.clone() },
            Verb::GoOn => Act::GoOn { gives },
            Verb::Answer => Act::Answer { gives },
            Verb::Reply => Act::Reply { text: words()? },
            Verb::Note => Act::Note { text: words()? },
            Verb::Assign => Act::Assign { to: self.to.clone() },
            Verb::Take => Act::Take,
            Verb::GiveBack => self.step.clone().map_or(Act::GiveBack, |step| Act::GiveBackAt { step }),
            Verb::Hold => Act::Hold,
            Verb::Escalate => Act::Escalate { contact: self.to.clone() },
            Verb::Close => Act::Close {
                ending: match self.ending {
                    End::Resolved => Ending::Resolved,
                    End::Refused => Ending::Refused,
                    End::Unanswered => Ending::Unanswered,
                },
                text: self.text.clone(),
            },
            Verb::Reopen => Act::Reopen,
            Verb::Start => Act::Start {
                flow: self.to.clone().ok_or_else(|| Failure::Usage("name the flow with --to".into()))?,
                words: None,
            },
            Verb::Priority => Act::Priority {
                to: self.to.clone().ok_or_else(|| Failure::Usage("name the priority with --to".into()))?,
            },
            Verb::EscalationAnswered => Act::EscalationAnswered { text: words()? },
        })
    }
}

fn fact(written: &str) -> Result<(String, String), String> {
    match written.split_once('=') {
        Some((fact, value)) if !fact.trim().is_empty() => Ok((fact.trim().to_owned(), value.trim().to_owned())),
        _ => Err("write it as fact=value".into()),
    }
}
