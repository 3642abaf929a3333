//! `ticket new`: an agent writes down a call.

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::desk::Said;
use crate::desk::calls::{Call, Question, questions};
use crate::desk::intake::Candidate;
use crate::fault::{self, Point};
use crate::policy::reference;
use crate::policy::ticket::TimerKind;

use super::{Failure, Format, Settings, open, print};

/// Write down a call. It opens a ticket; read its reference out to the caller.
///
/// What the desk has to say and to ask is shown, for the agent to say. Answers go in by `ticket act … answer`.
#[derive(Debug, Args)]
pub(super) struct NewCommand {
    /// The number from which the person rang.
    #[arg(long, value_name = "NUMBER")]
    phone: String,
    /// What they said.
    #[arg(long, value_name = "WORDS")]
    said: String,
    /// Who writes it down.
    #[arg(long = "as", value_name = "AGENT")]
    agent: String,
    /// What the person calls themselves.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// An address at which they want to be written to. Without it nobody is.
    #[arg(long, value_name = "ADDRESS")]
    mail: Option<String>,
    /// When they rang. Without it, now.
    #[arg(long, value_name = "RFC3339")]
    at: Option<Timestamp>,
    /// The flow to start. Without it, what they said decides.
    #[arg(long, value_name = "FLOW")]
    flow: Option<String>,
    /// Leave letters in the outbox.
    #[arg(long)]
    no_send: bool,
}

/// What came of a call.
#[derive(Debug, Serialize)]
struct Row<'a> {
    kind: &'static str,
    ticket: &'a str,
    /// The reference as it is read out.
    spelled: String,
    state: &'static str,
    flow: &'a str,
    covers: &'a [String],
    queue: &'a str,
    requester: &'a str,
    opened: Timestamp,
    due: Option<Timestamp>,
    decision: &'static str,
    candidates: &'a [Candidate],
    because: &'a str,
    asks: Vec<Question>,
    #[serde(flatten)]
    said: &'a Said,
}

impl NewCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let desk = open::desk(settings, open::clock(settings), open::delivering(self.no_send)).await?;
        let NewCommand { phone, said, agent, name, mail, at, flow, no_send: _ } = self;
        let called = desk.take_call(&Call { phone, said, agent, name, mail, at, flow }).await?;
        let ticket = &called.ticket;
        let row = Row {
            kind: "ticket",
            ticket: &ticket.reference.0,
            spelled: reference::spelled(&ticket.reference),
            state: ticket.state.name(),
            flow: &ticket.flow,
            covers: &called.covers,
            queue: &ticket.queue,
            requester: &ticket.requester.address,
            opened: ticket.opened,
            due: ticket.timers.iter().find(|timer| timer.what == TimerKind::Within).map(|timer| timer.due),
            decision: called.decision,
            candidates: &called.candidates,
            because: &called.because,
            asks: questions(&called.running, ticket),
            said: &called.said,
        };
        match settings.format {
            Format::Json => print::json(&row)?,
            Format::Text => in_words(&row)?,
        }
        fault::at(Point::ResultPrinted);
        Ok(())
    }
}

fn in_words(row: &Row<'_>) -> Result<(), Failure> {
    print::text(&format!("{}\nRead it out: {}.\n{}: {}", row.ticket, row.spelled, row.flow, row.because))?;
    print::said(row.said)?;
    if row.asks.is_empty() {
        return Ok(());
    }
    print::text("\n  Answers go in like this:")?;
    let answers: Vec<String> = row.asks.iter().map(|question| format!("--set {}=…", question.fact)).collect();
    print::text(&format!("  caredesk ticket act {} answer {} --as AGENT", row.ticket, answers.join(" ")))
}
