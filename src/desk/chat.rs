//! Takes a chat message in: the same turn as a mail's, one question at a time, and question and answer alone keep no
//! ticket.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::fault::{self, Point};
use crate::mail;
use crate::policy::facts::FactType;
use crate::policy::flow::{DeskText, Ending};
use crate::policy::helped::{AfterAnswer, after_answer};
use crate::policy::message::{Channel, Class, LettersSoFar, Message, Party};
use crate::policy::outcome::{Event, Opening};
use crate::policy::proof::Standing;
use crate::policy::ticket::{State, Ticket, Waiting};
use crate::store::intake::answer_key;
use crate::store::{Commit, Decision, Door, Intake, LetterKey, Refusal, TicketChange};

use super::beside;
use super::intake::{self, Candidate};
use super::parked::together;
use super::{ATTEMPTS, CLARIFY, Desk, DeskError, Running, Said, SentReply};

/// How long "did this help?" may be answered.
const ANSWERED_LATELY: SignedDuration = SignedDuration::from_hours(12);

/// What came of a chat message, in the words of the command line.
#[derive(Debug, Clone, Serialize)]
pub struct Chatted {
    /// What was done: flow, answer, triage or continued.
    pub decision: &'static str,
    /// The ticket's reference; none for question and answer alone.
    pub ticket: Option<String>,
    /// The flow.
    pub flow: String,
    /// Catalogue ids of the flow.
    pub covers: Vec<String>,
    /// The facts that are asked for.
    pub waiting_for: Vec<WaitingFor>,
    /// The flows that a first message may mean, best first.
    pub candidates: Vec<Candidate>,
    /// Why.
    pub because: String,
    /// What was said.
    #[serde(flatten)]
    pub said: Said,
    /// The letters that this tells, with the attempt to tell them; see [`Desk::heard`].
    #[serde(skip)]
    pub(super) told: Vec<(LetterKey, i64)>,
}

/// A fact that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingFor {
    /// Its name.
    pub fact: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: &'static str,
}

/// The facts that a ticket's requester is asked for.
pub fn waiting_for(running: &Running, ticket: &Ticket) -> Vec<WaitingFor> {
    let facts = match &ticket.waiting {
        Waiting::Answers { facts, .. } => facts,
        Waiting::Which { .. } => return vec![WaitingFor { fact: "request".into(), kind: FactType::Choice.name() }],
        Waiting::Pick { .. } => return vec![WaitingFor { fact: "record".into(), kind: FactType::Choice.name() }],
        Waiting::Confirm { .. } => return vec![WaitingFor { fact: "confirm".into(), kind: FactType::YesNo.name() }],
        Waiting::Others { .. }
        | Waiting::Proof { .. }
        | Waiting::Time
        | Waiting::Task { .. }
        | Waiting::Tasks { .. }
        | Waiting::Nothing => return Vec::new(),
    };
    let flow = ticket.frames.last().map_or("", |frame| &frame.flow);
    let kind = |fact: &String| running.pack.fact(flow, fact).map_or("", |decl| decl.kind.name());
    facts.iter().map(|fact| WaitingFor { fact: fact.clone(), kind: kind(fact) }).collect()
}

impl Desk {
    /// Takes one message of a chat in. Whoever tells the answer says so by [`Desk::heard`].
    pub async fn take_chat(&self, from: &str, text: &str) -> Result<Chatted, DeskError> {
        let now = self.clock.now();
        let (text, secret_removed) = mail::secrets::cut(text);
        for _ in 0..ATTEMPTS {
            let ticket = self.open_chat_of(from).await?;
            let message = Message {
                channel: Channel::Chat,
                from: Party::at(from),
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
                letters_so_far: LettersSoFar::default(),
            };
            let (mut chatted, commit) = self.chat_turn(ticket, message, now).await?;
            let fresh = commit.tickets.clone();
            match self.commit_one(commit).await? {
                Ok(()) => {
                    fault::at(Point::ChatKept);
                    self.tell_earlier(&mut chatted, from, fresh, now).await;
                    self.deliver_after_commit(now).await;
                    return Ok(chatted);
                }
                Err(Refusal::Stale { .. } | Refusal::ReferenceTaken(_) | Refusal::EventKnown(_)) => {}
                Err(refusal @ (Refusal::Duplicate(_) | Refusal::Broken(_))) => {
                    return Err(DeskError::Refused(refusal.to_string()));
                }
            }
        }
        Err(DeskError::Contended)
    }

    /// Puts before the replies of this turn what the user has not heard yet. It is kept already, so that trouble here
    /// only lets them hear it later.
    async fn tell_earlier(&self, chatted: &mut Chatted, from: &str, fresh: Vec<TicketChange>, now: Timestamp) {
        if !self.delivering.is_wanted() {
            return;
        }
        let is_fresh = |key: &LetterKey| {
            fresh.iter().any(|change| {
                change.ticket.reference == key.ticket && change.letters.iter().any(|letter| letter.number == key.n)
            })
        };
        let unheard = self.unheard(from, now).await.unwrap_or_else(|error| {
            tracing::error!(%error, "what a chat has not heard waits in the outbox");
            Vec::new()
        });
        chatted.told = unheard.iter().map(|letter| (letter.key.clone(), letter.attempt)).collect();
        let earlier = unheard.into_iter().filter(|letter| !is_fresh(&letter.key));
        let earlier = earlier.map(|letter| SentReply { text: letter.letter.text, choices: Vec::new() });
        chatted.said.replies.splice(0..0, earlier);
    }

    /// The open ticket of a chat, the newest first; a parked one only if there is no other.
    async fn open_chat_of(&self, from: &str) -> Result<Option<Ticket>, DeskError> {
        let mut parked = None;
        for row in self.store.tickets_of(from).await? {
            if row.state.is_closed() {
                continue;
            }
            let ticket = self.known_ticket(&row.reference).await?;
            if ticket.channel != Channel::Chat || ticket.requester.address != from {
                continue;
            }
            if ticket.state != State::Parked {
                return Ok(Some(ticket));
            }
            parked = parked.or(Some(ticket));
        }
        Ok(parked)
    }

    /// What a user says about the answer that they had last.
    async fn after_answer(
        &self,
        running: &Running,
        message: &Message,
        now: Timestamp,
    ) -> Result<Option<(String, AfterAnswer)>, DeskError> {
        let since = now.saturating_sub(ANSWERED_LATELY).unwrap_or(Timestamp::MIN);
        let Some(answer) = self.store.last_answer(&message.from.address, since).await? else { return Ok(None) };
        Ok(after_answer(&running.pack, &answer, &message.text).map(|said| (answer, said)))
    }

    async fn chat_turn(
        &self,
        ticket: Option<Ticket>,
        message: Message,
        now: Timestamp,
    ) -> Result<(Chatted, Commit), DeskError> {
        let mut candidates = Vec::new();
        let mut beside = Vec::new();
        let (running, opening, decision, because) = match &ticket {
            Some(ticket) => {
                let running = self.packs.of(&ticket.pack, &self.store).await?;
                (running, None, "continued", "this chat has an open request".to_owned())
            }
            None => {
                let running = self.packs.current();
                let mut routed = match self.after_answer(&running, &message, now).await? {
                    Some((answer, AfterAnswer::Helped)) => return Ok(glad(&running, answer, &message, now)),
                    Some((_, AfterAnswer::GoOn(routed))) => routed,
                    None => self.route(&running, "", &message.text, None).await?,
                };
                beside = beside::take_apart(&running, &mut routed, &message.text);
                candidates = intake::candidates(&running, &routed);
                let reference = self.new_reference().await?;
                let (decision, choices) = (routed.decision.name(), routed.choices());
                let (flow, because) = (routed.flow, routed.because);
                let because_of = because.clone();
                let opening = Opening {
                    reference,
                    choices,
                    flow,
                    because: because_of,
                    linked: None,
                    received: None,
                    phone: None,
                };
                (running, Some(opening), decision, because)
            }
        };
        let version = ticket.as_ref().map_or(1, |ticket| ticket.version + 1);
        let elsewhere = match &ticket {
            Some(ticket) => self.elsewhere(&running, ticket, &message).await?,
            None => None,
        };
        let mut said = self.say_beside(&running, &message, beside, now).await?;
        let from = message.from.address.clone();
        let event = Event::Received { message: Box::new(message.clone()), opening, elsewhere };
        let turn = self.turn(&running, ticket.as_ref(), event, format!("chat:{version}"), now).await?;
        // Question and answer alone keep no ticket, if the answer could be given.
        let is_solved = turn.ticket.state == State::Closed(Ending::Resolved);
        let keeps = decision != "answer" || !is_solved;
        let answered = is_solved && running.pack.flows.get(&turn.ticket.flow).is_some_and(|flow| flow.is_answer);
        let first = turn.ticket.reference.clone();
        let digest = format!("{first}:{version}:{now}");
        let reference = keeps.then(|| first.clone());
        let turns = self.with_opened(turn, &message, &format!("chat:{version}"), now).await?;
        let turns = self.with_resumed(turns, now).await?;
        // Whoever chats goes on with the request that was opened or taken up last.
        let Some(talks) = turns.last().map(|turn| turn.ticket.clone()) else { return Err(DeskError::Contended) };
        let (more, tickets) = together(turns);
        said.append(more);
        let chatted = Chatted {
            decision,
            ticket: keeps.then(|| talks.reference.to_string()),
            flow: talks.flow.clone(),
            covers: match decision {
                "clarify" => vec![CLARIFY.to_owned()],
                _ => intake::covers(&running, &talks.flow),
            },
            candidates,
            waiting_for: waiting_for(&running, &talks),
            because: because.clone(),
            said,
            told: Vec::new(),
        };
        let intake = Intake {
            door: Door::Chat,
            source_key: answered.then(|| answer_key(&from, &format!("{first}:{version}"))),
            message_id: None,
            // Two equal words in a chat are two messages: the digest is of the place in the conversation.
            digest,
            at: now,
            decision: match (keeps, decision) {
                (false, _) => Decision::Answered,
                (true, "continued") => Decision::Continued,
                (true, _) => Decision::Opened,
            },
            class: Some(Class::Request),
            reference,
            covers: chatted.covers.clone(),
            flow: Some(talks.flow),
            because,
            quarantine: None,
            filed: None,
        };
        let tickets = if keeps { tickets } else { Vec::new() };
        Ok((chatted, Commit { intake: Some(intake), tickets, ..Commit::default() }))
    }
}

/// It helped: that is said, and nothing but the count is kept.
fn glad(running: &Running, answer: String, message: &Message, now: Timestamp) -> (Chatted, Commit) {
    let because = "the answer before it helped".to_owned();
    let mut said = Said::default();
    if let Some(text) = beside::plain(running, DeskText::Glad) {
        said.replies.push(SentReply { text, choices: Vec::new() });
    }
    let chatted = Chatted {
        decision: "answer",
        ticket: None,
        covers: intake::covers(running, &answer),
        flow: answer,
        waiting_for: Vec::new(),
        candidates: Vec::new(),
        because: because.clone(),
        said,
        told: Vec::new(),
    };
    let intake = Intake {
        door: Door::Chat,
        source_key: None,
        message_id: None,
        digest: format!("{}:helped:{now}", message.from.address),
        at: now,
        decision: Decision::Answered,
        class: Some(Class::Request),
        reference: None,
        covers: chatted.covers.clone(),
        flow: Some(chatted.flow.clone()),
        because,
        quarantine: None,
        filed: None,
    };
    (chatted, Commit { intake: Some(intake), ..Commit::default() })
}
