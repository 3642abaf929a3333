//! Calls: an agent writes down what a caller said. From there on it is a message like any other, whose answers the agent
//! says aloud.

use jiff::Timestamp;
use serde::Serialize;

use crate::fault::{self, Point};
use crate::mail::{self, address};
use crate::policy::finding::did_you_mean;
use crate::policy::message::{Channel, Class, LettersSoFar, Message, Party};
use crate::policy::outcome::{Event, Opening};
use crate::policy::proof::Standing;
use crate::policy::recognise;
use crate::policy::reference;
use crate::policy::ticket::{Reference, Ticket};
use crate::store::{Commit, Decision, Door, Intake, Refusal};

use super::intake::{self, Candidate};
use super::{ATTEMPTS, CLARIFY, Desk, DeskError, Running, Said};

/// A call as an agent writes it down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// The number from which the person rang, as the agent wrote it.
    pub phone: String,
    /// What they said.
    pub said: String,
    /// Who wrote it down.
    pub agent: String,
    /// What they call themselves.
    pub name: Option<String>,
    /// An address to which they may be written.
    pub mail: Option<String>,
    /// When they rang; `None` is now.
    pub at: Option<Timestamp>,
    /// The flow that the agent has picked.
    pub flow: Option<String>,
}

/// What came of a call.
#[derive(Debug, Clone)]
pub struct Called {
    /// Its ticket.
    pub ticket: Ticket,
    /// The pack under which it runs.
    pub running: Running,
    /// What was done: flow, answer, clarify or triage.
    pub decision: &'static str,
    /// Catalogue ids of the flow.
    pub covers: Vec<String>,
    /// The flows that the words may mean, best first.
    pub candidates: Vec<Candidate>,
    /// Why.
    pub because: String,
    /// What was said.
    pub said: Said,
}

/// A question that the agent asks the caller.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Question {
    /// The fact, for `ticket act … answer --set FACT=VALUE`.
    pub fact: String,
    /// The type of its answer.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The question.
    pub ask: String,
    /// What there is to choose from.
    pub choices: Vec<String>,
}

impl Desk {
    /// Takes a call in. When this returns, its ticket is committed.
    pub async fn take_call(&self, call: &Call) -> Result<Called, DeskError> {
        let agent = self.known_agent(&call.agent).await?;
        let now = self.clock.now();
        let number = recognise::phone(&call.phone).ok_or_else(|| {
            DeskError::Refused(format!("`{}` is not a telephone number, such as 01632 960123", call.phone))
        })?;
        let at = call.at.unwrap_or(now);
        if at > now {
            return Err(DeskError::Refused(format!("{at} is still to come; a call is written down afterwards")));
        }
        let (text, secret_removed) = mail::secrets::cut(call.said.trim());
        if text.trim().is_empty() {
            return Err(DeskError::Refused("write down what the caller said, with --said".into()));
        }
        let from = self.caller(call, &number)?;
        self.follow().await;
        for _ in 0..ATTEMPTS {
            let message = Message {
                channel: Channel::Phone,
                letters_so_far: match from.address == number {
                    true => LettersSoFar::default(),
                    false => self.letters_so_far(&from.address, now).await?,
                },
                from: from.clone(),
                standing: Standing::default(),
                subject: String::new(),
                text: text.clone(),
                whole: None,
                class: Class::Request,
                message_id: None,
                references: Vec::new(),
                answers_letter: None,
                secret_removed,
                attachments: Vec::new(),
                tables: Vec::new(),
            };
            let (called, mut commit) = self.call_turn(call, message, &number, (at, now)).await?;
            let note = format!("{agent} wrote this call down.");
            self.tell_ticket(&mut commit, &agent, &note, now).await?;
            match self.commit_one(commit).await? {
                Ok(()) => {
                    fault::at(Point::CallKept);
                    self.deliver_after_commit(now).await;
                    return Ok(called);
                }
                Err(Refusal::Stale { .. } | Refusal::ReferenceTaken(_) | Refusal::EventKnown(_)) => {}
                Err(refusal @ (Refusal::Duplicate(_) | Refusal::Broken(_))) => {
                    return Err(DeskError::Refused(refusal.to_string()));
                }
            }
        }
        Err(DeskError::Contended)
    }

    /// Who rings: the number, or the address at which they want to be written to.
    fn caller(&self, call: &Call, number: &str) -> Result<Party, DeskError> {
        let name = call.name.as_deref().and_then(address::clean_name);
        let Some(written) = &call.mail else { return Ok(Party { address: number.to_owned(), name }) };
        let address = address::addr_spec(written.trim())
            .ok_or_else(|| DeskError::Refused(format!("`{written}` is not one plain mail address")))?;
        if self.packs.current().pack.desk.addresses.iter().any(|own| own.eq_ignore_ascii_case(&address)) {
            return Err(DeskError::Refused(format!("{address} is the desk's own address")));
        }
        Ok(Party { address, name })
    }

    async fn call_turn(
        &self,
        call: &Call,
        message: Message,
        number: &str,
        (at, now): (Timestamp, Timestamp),
    ) -> Result<(Called, Commit), DeskError> {
        let running = self.packs.current();
        let mut candidates = Vec::new();
        let (decision, flow, choices, because) = match &call.flow {
            Some(flow) => {
                if !running.pack.flows.contains_key(flow) {
                    let help = did_you_mean(flow, running.pack.flows.keys().map(String::as_str));
                    return Err(DeskError::Refused(format!("there is no flow `{flow}`; {help}")));
                }
                ("flow", flow.clone(), Vec::new(), format!("{} picked it", call.agent))
            }
            None => {
                let routed = self.route(&running, "", &message.text, None).await?;
                candidates = intake::candidates(&running, &routed);
                (routed.decision.name(), routed.flow.clone(), routed.choices(), routed.because)
            }
        };
        let opening = Opening {
            reference: self.new_reference().await?,
            flow,
            because: because.clone(),
            linked: self.spoken_of(&message.text).await?,
            choices,
            received: (at != now).then_some(at),
            phone: Some(number.to_owned()),
        };
        let event_id = format!("call:{}", opening.reference);
        let event = Event::Received { message: Box::new(message), opening: Some(opening), elsewhere: None };
        let turn = self.turn(&running, None, event, event_id.clone(), now).await?;
        let covers = match decision {
            "clarify" => vec![CLARIFY.to_owned()],
            _ => intake::covers(&running, &turn.ticket.flow),
        };
        let intake = Intake {
            door: Door::Phone,
            source_key: None,
            message_id: None,
            // Two calls with the same words are two calls.
            digest: event_id,
            at: now,
            decision: Decision::Opened,
            class: Some(Class::Request),
            reference: Some(turn.ticket.reference.clone()),
            covers: covers.clone(),
            flow: Some(turn.ticket.flow.clone()),
            because: because.clone(),
            quarantine: None,
            filed: None,
        };
        let called = Called { ticket: turn.ticket, running, decision, covers, candidates, because, said: turn.said };
        Ok((called, Commit { intake: Some(intake), tickets: vec![turn.change], ..Commit::default() }))
    }

    /// A ticket of which the caller speaks.
    async fn spoken_of(&self, text: &str) -> Result<Option<Reference>, DeskError> {
        for reference in reference::find(text) {
            if self.store.ticket(&reference).await?.is_some() {
                return Ok(Some(reference));
            }
        }
        Ok(None)
    }
}

/// The questions that a ticket has for its requester, for an agent to ask.
pub fn questions(running: &Running, ticket: &Ticket) -> Vec<Question> {
    let flow = ticket.frames.last().map_or("", |frame| &frame.flow);
    let of = |waiting: super::chat::WaitingFor| {
        let decl = running.pack.fact(flow, &waiting.fact);
        Question {
            ask: decl.map_or_else(String::new, |decl| decl.ask.clone()),
            choices: decl.map_or_else(Vec::new, |decl| decl.choices.clone()),
            fact: waiting.fact,
            kind: waiting.kind,
        }
    };
    super::chat::waiting_for(running, ticket).into_iter().map(of).collect()
}
