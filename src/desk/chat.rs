//! Takes a chat message in: the same turn as a mail's, one question at a time, and question and answer alone keep no
//! ticket.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::fault::{self, Point};
use crate::mail::tables::tables;
use crate::mail::{self, Attachment};
use crate::policy::advance::asks_for_transcript;
use crate::policy::facts::FactType;
use crate::policy::flow::{DeskText, Ending};
use crate::policy::helped::{AfterAnswer, after_answer, welcome};
use crate::policy::intent::Routed;
use crate::policy::message::{Channel, Class, LettersSoFar, Message, Party};
use crate::policy::outcome::{Event, Opening};
use crate::policy::proof::Standing;
use crate::policy::ticket::{Reference, State, Ticket, Waiting};
use crate::store::intake::answer_key;
use crate::store::{
    Commit, Decision, Door, FirstIntake, Intake, KeptAttachment, LetterKey, Line, Refusal, SaidBy, TicketChange,
};

use super::beside;
use super::intake::{self, Candidate};
use super::parked::together;
use super::{ATTEMPTS, CLARIFY, Desk, DeskError, Running, Said, SentReply};

/// How long "did this help?" may be answered.
const ANSWERED_LATELY: SignedDuration = SignedDuration::from_hours(12);

/// The most characters of one message. A longer one is not used, and its writer hears that.
pub const CHARACTERS: usize = 5_000;
/// So much of a message that is too long is shown again, so that its writer knows which it was.
const SHOWN: usize = 200;

/// What somebody said in a chat.
#[derive(Debug, Clone, Default)]
pub struct Spoken {
    /// The chat, by a name that stays the same: `web:…`, `telegram:…`, or any other.
    pub chat: String,
    /// The words. A button says the words that stand on it.
    pub text: String,
    /// The channel's own name for it, by which a repeat is known.
    pub key: Option<String>,
    /// Files that come with it. Their names are safe already; see [`mail::name::safe`].
    pub attachments: Vec<Attachment>,
}

impl Spoken {
    /// Words alone.
    pub fn new(chat: impl Into<String>, text: impl Into<String>) -> Spoken {
        Spoken { chat: chat.into(), text: text.into(), ..Spoken::default() }
    }
}

/// What came of a chat message, in the words of the command line.
#[derive(Debug, Clone, Serialize)]
pub struct Chatted {
    /// What was done: flow, answer, triage, clarify or continued; or duplicate, with nothing said again.
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
    /// Takes one message of a chat in. Whoever tells the answer says so by [`Desk::heard`]; or, if the conversation is shown
    /// line by line, by [`Desk::shown`]. A key that was there before says nothing twice.
    pub async fn take_chat(&self, spoken: Spoken) -> Result<Chatted, DeskError> {
        let now = self.clock.now();
        let length = spoken.text.chars().count();
        let mut words = self.through_the_door(spoken).await?;
        if length > CHARACTERS {
            words.message.text = format!("{} …", words.message.text.chars().take(SHOWN).collect::<String>());
        }
        for _ in 0..ATTEMPTS {
            let (mut chatted, commit) = match self.chat_of(&words.message).await? {
                _ if length > CHARACTERS => {
                    let because = format!("the message has {length} characters, and {CHARACTERS} are read");
                    answered(&self.packs.current(), None, DeskText::TooLong, &because, &words, now)
                }
                About::Ticket(ticket) => self.chat_turn(ticket.map(|ticket| *ticket), &words, now).await?,
                About::NothingToSend => {
                    let because = "they asked for the conversation by mail, and have no request";
                    answered(&self.packs.current(), None, DeskText::NoTranscript, because, &words, now)
                }
            };
            let fresh = commit.tickets.clone();
            match self.commit_one(commit).await? {
                Ok(()) => {
                    fault::at(Point::ChatKept);
                    self.tell_earlier(&mut chatted, &words.message.from.address, fresh, now).await;
                    self.deliver_after_commit(now).await;
                    return Ok(chatted);
                }
                Err(Refusal::Stale { .. } | Refusal::ReferenceTaken(_) | Refusal::EventKnown(_)) => {}
                Err(Refusal::Duplicate(first)) => return Ok(Chatted::duplicate(*first)),
                Err(refusal @ Refusal::Broken(_)) => return Err(DeskError::Refused(refusal.to_string())),
            }
        }
        Err(DeskError::Contended)
    }

    /// Cuts what must not stay, and keeps the files that came with the words.
    async fn through_the_door(&self, spoken: Spoken) -> Result<Words, DeskError> {
        let (text, mut secret_removed) = mail::secrets::cut(&spoken.text);
        let cut = spoken.attachments.into_iter().map(mail::secrets::cut_attachment);
        let (attachments, removed): (Vec<Attachment>, Vec<bool>) = cut.unzip();
        secret_removed |= removed.contains(&true);
        let tables = tables(&attachments);
        let mut files = Vec::new();
        for attachment in attachments {
            files.push(KeptFile {
                size: u64::try_from(attachment.bytes.len()).unwrap_or(u64::MAX),
                digest: self.store.keep_attachment(attachment.bytes).await?,
                name: attachment.name,
                media_type: attachment.media_type,
            });
        }
        let message = Message {
            channel: Channel::Chat,
            from: Party::at(&spoken.chat),
            standing: Standing::default(),
            subject: String::new(),
            text,
            whole: None,
            class: Class::Request,
            message_id: None,
            references: Vec::new(),
            answers_letter: None,
            secret_removed,
            attachments: files.iter().map(|file| file.name.clone()).collect(),
            tables,
            letters_so_far: LettersSoFar::default(),
        };
        Ok(Words { message, key: spoken.key, files })
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

    /// What a chat message is about: the open request. Who asks for the conversation may mean one that is over.
    async fn chat_of(&self, message: &Message) -> Result<About, DeskError> {
        let from = &message.from.address;
        let open = self.open_chat_of(from).await?;
        if open.is_some() || !asks_for_transcript(&self.packs.current().pack, &message.text) {
            return Ok(About::Ticket(open.map(Box::new)));
        }
        for row in self.store.tickets_of(from).await? {
            let ticket = self.known_ticket(&row.reference).await?;
            if ticket.channel == Channel::Chat && ticket.requester.address == *from {
                return Ok(About::Ticket(Some(Box::new(ticket))));
            }
        }
        Ok(About::NothingToSend)
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

    /// The answer that a user had last, if it was not long ago.
    async fn answer_before(&self, message: &Message, now: Timestamp) -> Result<Option<String>, DeskError> {
        let since = now.saturating_sub(ANSWERED_LATELY).unwrap_or(Timestamp::MIN);
        Ok(self.store.last_answer(&message.from.address, since).await?)
    }

    /// What a first message starts that speaks for itself.
    async fn starts_by_words(
        &self,
        running: &Running,
        message: &Message,
        before: Option<&str>,
    ) -> Result<Start, DeskError> {
        let mut routed = self.route(running, "", &message.text, None).await?;
        welcome(&running.pack, &mut routed, message, before);
        self.start(running, message, routed).await
    }

    /// What a first message starts, and what it asks for beside that.
    async fn start(&self, running: &Running, message: &Message, mut routed: Routed) -> Result<Start, DeskError> {
        let beside = beside::take_apart(running, &mut routed, &message.text);
        let candidates = intake::candidates(running, &routed);
        let (decision, choices) = (routed.decision.name(), routed.choices());
        let opening = Opening {
            reference: self.new_reference().await?,
            choices,
            flow: routed.flow,
            because: routed.because.clone(),
            linked: None,
            received: None,
            phone: None,
        };
        Ok(Start { opening: Some(opening), decision, because: routed.because, candidates, beside })
    }

    async fn chat_turn(
        &self,
        ticket: Option<Ticket>,
        words: &Words,
        now: Timestamp,
    ) -> Result<(Chatted, Commit), DeskError> {
        let message = &words.message;
        let (running, before) = match &ticket {
            Some(ticket) => (self.packs.of(&ticket.pack, &self.store).await?, None),
            None => (self.packs.current(), self.answer_before(message, now).await?),
        };
        let start = match (&ticket, before) {
            (Some(_), _) => Start::goes_on(),
            (None, Some(answer)) => match after_answer(&running.pack, &answer, &message.text) {
                Some(AfterAnswer::Helped) => {
                    let because = "the answer before it helped";
                    return Ok(answered(&running, Some(answer), DeskText::Glad, because, words, now));
                }
                Some(AfterAnswer::GoOn(routed)) => self.start(&running, message, routed).await?,
                None => self.starts_by_words(&running, message, Some(&answer)).await?,
            },
            (None, None) => self.starts_by_words(&running, message, None).await?,
        };
        let Start { opening, decision, because, candidates, beside } = start;
        let version = ticket.as_ref().map_or(1, |ticket| ticket.version + 1);
        let elsewhere = match &ticket {
            Some(ticket) => self.elsewhere(&running, ticket, message).await?,
            None => None,
        };
        let mut said = self.say_beside(&running, message, beside, now).await?;
        let from = message.from.address.clone();
        let event = Event::Received { message: Box::new(message.clone()), opening, elsewhere };
        let turn = self.turn(&running, ticket.as_ref(), event, format!("chat:{version}"), now).await?;
        // Question and answer alone keep no ticket, if the answer could be given.
        let is_solved = turn.ticket.state == State::Closed(Ending::Resolved);
        let keeps = decision != "answer" || !is_solved || !words.files.is_empty();
        let answered = is_solved && running.pack.flows.get(&turn.ticket.flow).is_some_and(|flow| flow.is_answer);
        let first = turn.ticket.reference.clone();
        let digest = format!("{first}:{version}:{now}");
        let reference = keeps.then(|| first.clone());
        let turns = self.with_opened(turn, message, &format!("chat:{version}"), now).await?;
        let turns = self.with_resumed(turns, now).await?;
        // Whoever chats goes on with the request that was opened or taken up last.
        let Some(talks) = turns.last().map(|turn| turn.ticket.clone()) else { return Err(DeskError::Contended) };
        let (more, tickets) = together(turns);
        let mut lines = vec![words.line(reference.clone(), now)];
        lines.extend(said.replies.iter().map(|reply| words.answer(reply, now)));
        // The letters of a ticket that is kept become lines by themselves.
        lines.extend(more.replies.iter().filter(|_| !keeps).map(|reply| words.answer(reply, now)));
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
            message_id: words.name(),
            // Two equal words in a chat are two messages: the digest is of the place in the conversation, or of the name.
            digest: words.name().unwrap_or(digest),
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
        let attachments = words.attachments(&first, version);
        Ok((chatted, Commit { intake: Some(intake), tickets, attachments, said: lines, ..Commit::default() }))
    }
}

/// What a message is about.
enum About {
    /// This ticket; a new one, if there is none.
    Ticket(Option<Box<Ticket>>),
    /// A conversation by mail, where no request has been made.
    NothingToSend,
}

/// How a message begins its turn.
struct Start {
    /// The request that it opens; none where one is open.
    opening: Option<Opening>,
    decision: &'static str,
    because: String,
    candidates: Vec<Candidate>,
    /// What else it asks for: flows with the words that ask for them.
    beside: Vec<(String, String)>,
}

impl Start {
    /// It goes on with the open request.
    fn goes_on() -> Start {
        Start {
            opening: None,
            decision: "continued",
            because: "this chat has an open request".to_owned(),
            candidates: Vec::new(),
            beside: Vec::new(),
        }
    }
}

/// A message that is through the door.
struct Words {
    message: Message,
    key: Option<String>,
    files: Vec<KeptFile>,
}

/// A file that came with a message, and is kept.
struct KeptFile {
    name: String,
    media_type: String,
    size: u64,
    digest: String,
}

impl Words {
    /// What tells the message from all others, if the channel has a name for it.
    fn name(&self) -> Option<String> {
        self.key.as_ref().map(|key| format!("{}\n{key}", self.message.from.address))
    }

    fn attachments(&self, ticket: &Reference, seq: u64) -> Vec<KeptAttachment> {
        let kept = |file: &KeptFile| KeptAttachment {
            ticket: ticket.clone(),
            seq,
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            size: file.size,
            digest: file.digest.clone(),
        };
        self.files.iter().map(kept).collect()
    }

    /// What the person said, as their conversation shows it.
    fn line(&self, ticket: Option<Reference>, at: Timestamp) -> Line {
        Line {
            chat: self.message.from.address.clone(),
            key: self.key.clone(),
            said_by: SaidBy::Person,
            text: self.message.text.clone(),
            choices: Vec::new(),
            files: self.message.attachments.clone(),
            ticket,
            at,
        }
    }

    /// What the desk says to it without a letter.
    fn answer(&self, reply: &SentReply, at: Timestamp) -> Line {
        Line {
            key: None,
            said_by: SaidBy::Desk,
            text: reply.text.clone(),
            choices: reply.choices.clone(),
            files: Vec::new(),
            ..self.line(None, at)
        }
    }
}

impl Chatted {
    /// A message that came before: what became of it then, and nothing said.
    fn duplicate(first: FirstIntake) -> Chatted {
        Chatted {
            decision: "duplicate",
            ticket: first.reference.map(|reference| reference.to_string()),
            flow: first.flow.unwrap_or_default(),
            covers: first.covers,
            waiting_for: Vec::new(),
            candidates: Vec::new(),
            because: "it came before".to_owned(),
            said: Said::default(),
            told: Vec::new(),
        }
    }
}

/// A sentence of the desk is all that there is to say, such as when an answer helped. Nothing but the count is kept.
fn answered(
    running: &Running,
    flow: Option<String>,
    text: DeskText,
    because: &str,
    words: &Words,
    now: Timestamp,
) -> (Chatted, Commit) {
    let because = because.to_owned();
    let mut said = Said::default();
    if let Some(text) = running.pack.sentence(text) {
        said.replies.push(SentReply { text, choices: Vec::new() });
    }
    let mut lines = vec![words.line(None, now)];
    lines.extend(said.replies.iter().map(|reply| words.answer(reply, now)));
    let chatted = Chatted {
        decision: "answer",
        ticket: None,
        covers: flow.as_deref().map_or_else(Vec::new, |flow| intake::covers(running, flow)),
        flow: flow.clone().unwrap_or_default(),
        waiting_for: Vec::new(),
        candidates: Vec::new(),
        because: because.clone(),
        said,
        told: Vec::new(),
    };
    let intake = Intake {
        door: Door::Chat,
        source_key: None,
        message_id: words.name(),
        digest: words.name().unwrap_or_else(|| format!("{}:helped:{now}", words.message.from.address)),
        at: now,
        decision: Decision::Answered,
        class: Some(Class::Request),
        reference: None,
        covers: chatted.covers.clone(),
        flow,
        because,
        quarantine: None,
        filed: None,
    };
    (chatted, Commit { intake: Some(intake), said: lines, ..Commit::default() })
}
