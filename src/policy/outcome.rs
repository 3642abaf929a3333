//! What happens to a ticket, and what follows from it: events in, outcomes out. Nothing here acts.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::policy::calendar::Length;
use crate::policy::facts::{Record, RecordKind, Value};
use crate::policy::flow::{Digest, Ending};
use crate::policy::message::{Channel, Message, Party};
use crate::policy::ticket::{Reference, Ticket, TimerKind};
use crate::policy::world::change::Change;

/// Whatever happens to a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    /// Somebody wrote. The first message of a ticket brings its opening.
    Received {
        /// What they wrote.
        message: Box<Message>,
        /// Set on the first event of a ticket, and only there.
        opening: Option<Opening>,
        /// What the message would surely start if it were a first one, on a ticket that waits for its requester.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        elsewhere: Option<Elsewhere>,
    },
    /// A due time came.
    Fired {
        /// The timer's number.
        timer: u32,
    },
    /// An agent did something.
    Acted {
        /// Who.
        agent: String,
        /// What.
        act: Act,
    },
    /// A need was fulfilled.
    Found {
        /// The query's number.
        query: u32,
        /// What was found.
        found: Found,
    },
}

impl Event {
    /// The event's kind in JSON, SQL and logs.
    pub fn name(&self) -> &'static str {
        match self {
            Event::Received { .. } => "received",
            Event::Fired { .. } => "fired",
            Event::Acted { .. } => "acted",
            Event::Found { .. } => "found",
        }
    }
}

/// What a message on an open ticket would start if it were a first one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Elsewhere {
    /// The flow.
    pub flow: String,
    /// Why that one.
    pub because: String,
    /// Whether as many requests of this chat are parked as may be.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub full: bool,
}

/// How a ticket begins. Everything in it was computed or minted outside and is journaled.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opening {
    /// The new ticket's name.
    pub reference: Reference,
    /// The flow that its first message starts.
    pub flow: String,
    /// Why that one.
    pub because: String,
    /// A ticket that the message spoke of without being allowed to join it.
    pub linked: Option<Reference>,
    /// The flows that the message may mean, when the person is asked which.
    #[serde(default)]
    pub choices: Vec<String>,
    /// When the message came, if it lay in quarantine first: what the desk owes counts from then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<Timestamp>,
    /// The number from which the person rang, if it was a call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
}

/// What an agent can do to a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// A task is done; `gives` answers what the task asks for.
    Done {
        /// The task's number; `None` when only one is open.
        task: Option<u32>,
        /// Facts as the agent wrote them.
        gives: Vec<(String, String)>,
    },
    /// A task cannot be done.
    Cannot {
        /// The task's number; `None` when only one is open.
        task: Option<u32>,
        /// One of the task's reasons, or any other.
        reason: Option<String>,
        /// More about it.
        text: Option<String>,
    },
    /// The wait is over: on to the next step, with facts as the agent wrote them.
    GoOn {
        /// Facts that the agent sets first.
        gives: Vec<(String, String)>,
    },
    /// The agent answers the pending questions for the requester.
    Answer {
        /// Facts as the agent wrote them.
        gives: Vec<(String, String)>,
    },
    /// A letter in the agent's own words.
    Reply {
        /// The words.
        text: String,
    },
    /// A remark that only agents see.
    Note {
        /// The words.
        text: String,
    },
    /// The ticket gets another assignee; `None` takes it away.
    Assign {
        /// Who.
        to: Option<String>,
    },
    /// The agent takes it over; the flow falls silent.
    Take,
    /// The agent gives it back to the flow, at the step where it stopped.
    GiveBack,
    /// The agent gives it back to the flow, at a step of theirs.
    GiveBackAt {
        /// The step, as `flow.step`.
        step: String,
    },
    /// The agent waits for something outside.
    Hold,
    /// The agent escalates it to a contact.
    Escalate {
        /// The contact's name in `desk.yaml`; `None` is the one called `feedback`.
        contact: Option<String>,
    },
    /// The agent ends it.
    Close {
        /// How.
        ending: Ending,
        /// Last words to the requester.
        text: Option<String>,
    },
    /// The agent opens it again.
    Reopen,
    /// The agent picks a flow and starts it.
    Start {
        /// The flow.
        flow: String,
        /// The requester's words, in which the flow finds its first answers.
        words: Option<String>,
    },
    /// A letter of the ticket did not reach its address. The desk itself says so, never an agent.
    Undelivered {
        /// The letter's number.
        letter: u32,
        /// Where it should have gone.
        to: String,
        /// Why it did not.
        because: String,
    },
    /// The ticket gets another priority; its clocks do what policy says.
    Priority {
        /// One of the desk's priorities.
        to: String,
    },
    /// The contact to whom it was escalated has answered by another way than mail. The words go to the requester.
    EscalationAnswered {
        /// What the requester is told.
        text: String,
    },
    /// The request for which this one was parked is over. The desk itself says so, never an agent.
    Resume {
        /// That request.
        after: Reference,
    },
    /// The promises are measured anew by a later version of policy. The desk itself says so, never an agent.
    Recalculated {
        /// The version.
        pack: Digest,
        /// The clocks that change, by their numbers.
        clocks: Vec<(u32, NewTerms)>,
    },
}

/// What a promise is by a later version of policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewTerms {
    /// What the set of targets says.
    pub length: Length,
    /// How much its clock may count, in the time of the calendar by which it started.
    pub budget: SignedDuration,
}

impl Act {
    /// The verb on the command line and in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Act::Done { .. } => "done",
            Act::Cannot { .. } => "cannot",
            Act::GoOn { .. } => "go_on",
            Act::Answer { .. } => "answer",
            Act::Reply { .. } => "reply",
            Act::Note { .. } => "note",
            Act::Assign { .. } => "assign",
            Act::Take => "take",
            Act::GiveBack | Act::GiveBackAt { .. } => "give_back",
            Act::Hold => "hold",
            Act::Escalate { .. } => "escalate",
            Act::Close { .. } => "close",
            Act::Reopen => "reopen",
            Act::Start { .. } => "start",
            Act::Undelivered { .. } => "undelivered",
            Act::Priority { .. } => "priority",
            Act::EscalationAnswered { .. } => "escalation_answered",
            Act::Resume { .. } => "resume",
            Act::Recalculated { .. } => "recalculated",
        }
    }
}

/// What `advance` needs from outside before it can go on. Its answer is the next event, [`Event::Found`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// The query's number.
    pub query: u32,
    /// What is wanted.
    pub what: Wanted,
}

/// What is wanted from outside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wanted {
    /// Rows of the directory, or tickets of this very requester.
    Rows {
        /// What they are.
        kind: RecordKind,
        /// Fields and what they must be equal to; all of them. A ticket by `requester`: their open tickets besides
        /// the one that asks. By `call_number` and `called_at`: calls from there within an hour of that moment,
        /// whoever asks.
        by: Vec<(String, Value)>,
        /// Who asks: a ticket is found only for its own requester.
        asker: Party,
    },
    /// The records of a ticket as they are now.
    Refresh {
        /// What each is found by.
        records: Vec<Again>,
    },
    /// What the directory knows of people who may have no account yet.
    People {
        /// What they gave, in the order of their list.
        people: Vec<Newcomer>,
    },
    /// What an escalation tells about a ticket.
    Dossier {
        /// The ticket.
        of: Reference,
        /// The contact that it goes to.
        contact: String,
    },
    /// Whether somebody knows what the regulator has of an organisation. They need the contact id or a passcode.
    Identity {
        /// The key of the organisation for which they speak.
        organisation: String,
        /// Its ODS code, as they say.
        ods_code: String,
        /// The regulator's id of the place, as they say.
        cqc_location: String,
        /// The regulator's id of its registered manager, as they say.
        cqc_contact: Option<String>,
        /// The passcode that they say they were sent.
        code: Option<String>,
    },
}

/// Somebody of a list, as far as the directory is asked about them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Newcomer {
    /// The name.
    pub name: Option<String>,
    /// Mobiles, as `+447…`.
    pub mobiles: Vec<String>,
}

/// What the directory knows of one of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Whether a mobile is that of an account.
    pub mobile_is_known: bool,
    /// The address that an account in this name would get; none without a name.
    pub free_address: Option<String>,
}

/// A record that a ticket holds and wants to see as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Again {
    /// The name under which the ticket holds it.
    pub name: String,
    /// What it is.
    pub kind: RecordKind,
    /// Fields and what they must be equal to.
    pub by: Vec<(String, Value)>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Found {
    /// Rows: none, one or several.
    Rows(Vec<Record>),
    /// The rows of each record, under the name by which the ticket holds it.
    Refreshed(Vec<(String, Vec<Record>)>),
    /// What is known of each of the people that were asked about.
    People(Vec<Standing>),
    /// What is known about the ticket.
    Dossier(Dossier),
    /// Whether all of it is right. Never which part was wrong.
    Matched(bool),
}

/// What an escalation tells about a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dossier {
    /// The ticket.
    pub reference: Reference,
    /// What it is about: the title of its flow.
    pub title: String,
    /// When it was opened.
    pub opened: Timestamp,
    /// Where it is.
    pub state: String,
    /// The requester's words, oldest first.
    pub words: Vec<String>,
    /// What was done, oldest first, one line each.
    pub history: Vec<String>,
    /// What was promised and is, or was, due, one sentence each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub due: Vec<String>,
    /// Whether it was escalated to this contact before.
    pub escalated_before: bool,
}

/// What one event leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Outcome {
    /// The ticket after the event.
    pub ticket: Ticket,
    /// What is to be done, in order.
    pub effects: Vec<Effect>,
    /// What was decided, and why.
    pub trace: Vec<Trace>,
    /// What must be found before the ticket can go on.
    pub need: Option<Need>,
    /// Why an agent's act is not possible here, in a sentence for the agent. Then nothing else has changed and nothing
    /// is kept.
    pub refused: Option<String>,
}

/// What is to be done outside. Timers and tasks are part of the ticket and need no effect of their own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// A letter, or by chat a reply.
    Letter(Letter),
    /// A ticket is escalated to a contact, once: the store keeps one row for each ticket.
    Escalated {
        /// The ticket that it is about.
        about: Reference,
        /// The contact.
        contact: String,
    },
    /// Agents are told. Whom it reaches, and when, is settled when it goes: see [`notice`](crate::policy::notice).
    Tell(Notice),
    /// The directory changes.
    Changed(Change),
    /// Another request of the same person begins, linked with this one.
    Opens(Opens),
}

/// A request that begins in the midst of another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opens {
    /// Its flow.
    pub flow: String,
    /// What the person wrote.
    pub words: String,
    /// Why that flow.
    pub because: String,
}

/// What agents are told by mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Whom it is for.
    pub whom: Whom,
    /// Whether it goes by itself and at once. Others are bundled.
    pub urgent: bool,
    /// What there is to know, in one plain sentence without anything personal or secret: mail leaves the house.
    pub what: String,
    /// It is told once under this key.
    pub key: String,
}

/// Whom a notice is for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Whom {
    /// The agent who has the ticket; its queue's people, if nobody has it.
    Assignee,
    /// The people of a queue; or the one among them who has the ticket.
    Queue(String),
    /// Those who lead a queue; its people, if nobody leads it.
    Lead(String),
}

/// All that one event says to one party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Letter {
    /// Its number within the ticket, from one.
    pub number: u32,
    /// The way it goes.
    pub channel: Channel,
    /// Who gets it.
    pub to: Party,
    /// Its subject, with the reference.
    pub subject: String,
    /// What stands in it, in order.
    pub blocks: Vec<Block>,
    /// Buttons under it, by chat.
    pub choices: Vec<String>,
    /// The mail that it answers, for In-Reply-To.
    pub answers: Option<String>,
    /// References, oldest first.
    pub references: Vec<String>,
    /// Whether the desk wrote it by itself. An agent's own words are not automatic.
    pub automatic: bool,
}

/// A part of a letter. The mail room makes plain text and HTML of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// A paragraph; line breaks stay.
    Text(String),
    /// Numbered questions.
    Questions(Vec<Question>),
    /// What was understood so far: question and answer.
    Understood(Vec<(String, String)>),
    /// The passcode that this event issued to an organisation. The desk puts it in when the letter goes; it stands in no
    /// journal.
    Code {
        /// The key of the organisation.
        organisation: String,
    },
    /// What was said by chat about the ticket. The desk puts it in when the letter goes, as far as it is still kept; it
    /// stands in no journal.
    Conversation,
    /// The last lines.
    Signature(String),
}

/// A question in a letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What is asked.
    pub ask: String,
    /// Helps to find the answer.
    pub hint: Option<String>,
    /// What was wrong with the answer before, quoting it.
    pub wrong: Option<String>,
    /// What there is to choose from.
    pub choices: Vec<String>,
}

/// One line of a decision's story.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trace {
    /// A ticket was opened.
    Opened {
        /// The flow.
        flow: String,
        /// Why that one.
        because: String,
    },
    /// A step was entered.
    Entered {
        /// `flow.step`.
        step: String,
        /// Its verb.
        verb: String,
    },
    /// A step was skipped by its guard.
    Skipped {
        /// `flow.step`.
        step: String,
        /// The guard.
        when: String,
        /// The facts that it read.
        facts: Vec<(String, String)>,
    },
    /// An answer was understood.
    Understood {
        /// The fact.
        fact: String,
        /// What it is now.
        value: String,
        /// How it was found.
        how: String,
    },
    /// Something written for a fact is not valid.
    NotValid {
        /// The fact.
        fact: String,
        /// What was written.
        written: String,
        /// Why not.
        because: String,
    },
    /// A rule chose.
    Decided {
        /// `flow.step`.
        step: String,
        /// The rule.
        rule: String,
        /// What it chose.
        verdict: String,
        /// Why.
        because: String,
        /// The facts that it read.
        facts: Vec<(String, String)>,
        /// The verdicts that did not apply.
        others: Vec<String>,
        /// Of a table: the row that decided, and what the other rows would have needed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        row: Option<TableRow>,
    },
    /// A step that others decide, or time, went on.
    Led {
        /// `flow.step`.
        step: String,
        /// `then` or `otherwise`.
        way: String,
    },
    /// Somebody proved who they are, for as long as policy says.
    Proved {
        /// The proof, in the words of the flow.
        proof: String,
        /// Who.
        by: String,
        /// What it rests on, in a sentence.
        because: String,
    },
    /// A look-up was answered.
    Found {
        /// The record.
        record: String,
        /// How many rows.
        rows: usize,
    },
    /// A task was given, done, or could not be done.
    Task {
        /// Its number.
        number: u32,
        /// The act.
        act: String,
        /// What happened to it.
        what: String,
    },
    /// A timer was set, fired, or came too late.
    Timer {
        /// What it is for.
        what: TimerKind,
        /// When it is due.
        due: Timestamp,
        /// What happened.
        note: String,
    },
    /// The ticket changed its state.
    State {
        /// The state's name.
        state: String,
        /// Why.
        because: String,
    },
    /// A letter was written.
    Letter {
        /// Its number.
        number: u32,
        /// To whom: `requester` or a contact's name.
        to: String,
    },
    /// Anything else worth telling.
    Note(String),
}

/// The row of a table that decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableRow {
    /// The file of the table.
    pub file: String,
    /// The line of the row.
    pub line: usize,
    /// The other rows.
    pub others: Vec<OtherRow>,
}

/// A row of a table that did not decide.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherRow {
    /// Its line.
    pub line: usize,
    /// What it would have decided.
    pub verdict: String,
    /// The cells that were not so, such as `sites: 2 or more`; none for a row that was not needed.
    pub needed: Vec<String>,
}
