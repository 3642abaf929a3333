//! A ticket: who asks, where in which flow they are, and what is known so far. Pure state; only
//! [`advance`](crate::policy::advance) changes it.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::policy::calendar::Length;
use crate::policy::demand::ProofKind;
use crate::policy::facts::{Record, RecordKind, Value};
use crate::policy::flow::{Digest, Ending};
use crate::policy::message::{AttachedTable, Channel, Party};
use crate::policy::promise::terms::{ClockKind, Factor};
use crate::policy::recognise::Roll;

/// What a person quotes to speak of a ticket: `CD-7K3M-9QX4`. See [`reference`](crate::policy::reference).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Reference(pub String);

impl std::fmt::Display for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a ticket is.
///
/// ```text
///            received                    ask                     answer
///   (none) ───────────► waiting_requester ◄─────┐ ───────────────────────► … runs on
///      │                      │ silence, or not understood                     │
///      │ hand_over            ▼                 │ task                         ▼
///      └───────────────► with_agent        with_task ── done, cannot ──► closed: resolved,
///                             │                 ▲                         refused, unanswered
///                             └── go on, start ─┘   ◄── reopen (agent, or an answer in time)
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// The requester owes an answer.
    WaitingRequester,
    /// Somebody else outside owes an answer.
    WaitingOther,
    /// An agent owes a task; the flow goes on behind it.
    WithTask,
    /// Handed over; the flow is silent.
    WithAgent,
    /// An agent waits for something outside.
    OnHold,
    /// The requester of a chat has turned to another request; its question is asked again when that one is over.
    Parked,
    /// Over.
    Closed(Ending),
}

impl State {
    /// The name in JSON and SQL.
    pub fn name(self) -> &'static str {
        match self {
            State::WaitingRequester => "waiting_requester",
            State::WaitingOther => "waiting_other",
            State::WithTask => "with_task",
            State::WithAgent => "with_agent",
            State::OnHold => "on_hold",
            State::Parked => "parked",
            State::Closed(_) => "closed",
        }
    }

    /// The state as its requester reads it in a letter, after "Your request is".
    pub fn in_words(self) -> &'static str {
        match self {
            State::WaitingRequester => "waiting for your answer",
            State::WaitingOther => "waiting for somebody else's answer",
            State::WithTask | State::WithAgent => "with a colleague",
            State::OnHold => "on hold with a colleague",
            State::Parked => "kept for you until your other request is done",
            State::Closed(Ending::Resolved) => "closed, because it was solved",
            State::Closed(Ending::Refused) => "closed, because we could not do it",
            State::Closed(Ending::Unanswered) => "closed, because we did not hear from you",
            State::Closed(Ending::Agent) => "closed",
        }
    }

    /// Whether the ticket is over.
    pub fn is_closed(self) -> bool {
        matches!(self, State::Closed(_))
    }
}

/// A ticket as of its latest event.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ticket {
    /// Its name for people.
    pub reference: Reference,
    /// The version of policy under which it runs.
    pub pack: Digest,
    /// How many events it has seen; the store refuses a commit that skips one.
    pub version: u64,
    /// When it was opened.
    pub opened: Timestamp,
    /// Who asks.
    pub requester: Party,
    /// The way by which they are answered.
    pub channel: Channel,
    /// The flow that it was opened for, the outermost of `frames`.
    pub flow: String,
    /// The number from which the person rang, if it began with a call. A call is found by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<String>,
    /// Where it is.
    pub state: State,
    /// Whose work it is when a person must act.
    pub queue: String,
    /// The agent who has it.
    pub assignee: Option<String>,
    /// The running flows, outermost first. Empty once the flow has ended.
    pub frames: Vec<Frame>,
    /// What it waits for.
    pub waiting: Waiting,
    /// What is under way while something is being found for it. `None` between messages.
    pub in_hand: Option<InHand>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// Facts that are set.
    pub facts: BTreeMap<String, Known>,
    /// Records that were looked up.
    pub records: BTreeMap<String, Record>,
    /// Lists that are being given, as far as they have come.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub lists: BTreeMap<String, Roll>,
    /// What the requester wrote and no question has been asked about yet: read when a question comes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unread: Option<String>,
    /// Attached tables that no list has been read from yet.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tables: Vec<AttachedTable>,
    /// Early answers that no step has asked for yet.
    pub tray: BTreeMap<String, Known>,
    /// The agent's open tasks, and those that are over.
    pub tasks: Vec<Task>,
    /// Due times that are still to come.
    pub timers: Vec<Timer>,
    /// The letters sent so far, by number: which facts each asked for, in order.
    pub letters: Vec<LetterMemo>,
    /// The requester's messages, for In-Reply-To and References.
    pub thread: Thread,
    /// Texts that were said already, so that none is said twice: the step's `flow.id` and the text's digest.
    pub said: BTreeSet<String>,
    /// The one escalation of this ticket.
    pub escalated: Option<String>,
    /// Tickets that have to do with this one.
    pub links: BTreeSet<Reference>,
    /// Counts queries, tasks and timers, so that each has a number of its own.
    pub serial: u32,
    /// The priority that an agent gave it; `None` is the one of its flow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<String>,
    /// The states that it was in, oldest first. Empty for a ticket that is older than clocks: it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub history: Vec<Since>,
    /// What was promised for it, in the order in which the clocks started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clocks: Vec<Clock>,
    /// From which addresses somebody wrote on this ticket for whom the boundary vouched, in lower case, and when last. From
    /// then on only mail for which it vouches goes on as that address.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub evidence: BTreeMap<String, Timestamp>,
    /// What was proved.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub proofs: Vec<Proof>,
    /// What became of the escalation that this ticket wrote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub escalation: Option<Escalation>,
    /// The way by which the run came to where it is.
    #[serde(default, skip_serializing_if = "Trail::is_empty")]
    pub trail: Trail,
    /// A question that stands before the one of `waiting`, which goes on behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aside: Option<Aside>,
}

impl Ticket {
    /// When the earliest of its clocks that go on is, or was, due; `None` while all stand still.
    pub fn promise_due(&self) -> Option<Timestamp> {
        self.clocks.iter().filter(|clock| clock.ended.is_none()).filter_map(|clock| clock.due).min()
    }

    /// When its present wait is over.
    pub fn wait_due(&self) -> Option<Timestamp> {
        self.timers.iter().filter(|timer| timer.what == TimerKind::Within).map(|timer| timer.due).min()
    }

    /// The rows of the directory whose change may end its wait early.
    pub fn listens(&self) -> impl Iterator<Item = (RecordKind, &str)> {
        let looks = self.timers.iter().any(|timer| timer.what == TimerKind::Look);
        let rows = self.records.values().filter(move |row| looks && row.kind != RecordKind::Ticket);
        rows.map(|row| (row.kind, row.id.as_str()))
    }

    /// What a list shows as its due time: what was promised; without that, the end of its wait.
    pub fn due(&self) -> Option<Timestamp> {
        self.promise_due().or_else(|| self.wait_due()).filter(|_| !self.state.is_closed())
    }
}

/// Something that somebody proved on a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proof {
    /// How.
    pub kind: ProofKind,
    /// The key of the record that it is about.
    pub of: String,
    /// Who: an address, an agent, or the requester who knew the codes.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// From when a ticket was in a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Since {
    /// From when.
    pub at: Timestamp,
    /// In which state.
    pub state: State,
}

/// A promise that was made for a ticket. What it shows is always reckoned from the ticket's history; here stands only
/// what cannot be reckoned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Its number within the ticket.
    pub number: u32,
    /// What was promised.
    pub kind: ClockKind,
    /// The task, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<u32>,
    /// When it started.
    pub started: Timestamp,
    /// How long it may take.
    pub terms: Terms,
    /// When it stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Timestamp>,
    /// From when to when it had stopped before it went on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stopped: Vec<(Timestamp, Timestamp)>,
    /// Whether it was kept; open while nobody can know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    /// When it is due, as of the latest event. `None` while it stands still.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<Timestamp>,
    /// The stages of its chain that have fired, with the due time that they were for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fired: Vec<FiredStage>,
}

/// How long a promise may take, measured when its clock started.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// The set of targets.
    pub set: String,
    /// The opening hours by which it is counted.
    pub calendar: String,
    /// What the set says.
    pub length: Length,
    /// What the priority makes of it.
    pub factor: Factor,
    /// Whether only open time counts.
    pub open: bool,
    /// How much it may count.
    pub budget: SignedDuration,
}

/// Whether a promise was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// How it came out.
    pub kept: Kept,
    /// The due time that was kept or missed, if there was one.
    pub due: Option<Timestamp>,
}

/// How a promise came out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// In time.
    Met,
    /// Too late, or not yet and too late by now.
    Missed,
    /// There was nothing left to keep.
    Withdrawn,
}

/// A stage of a chain that has fired.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiredStage {
    /// Its place in the chain, from nought.
    pub stage: u32,
    /// The due time that it was for.
    pub due: Timestamp,
    /// When it fired.
    pub at: Timestamp,
}

/// A letter to a contact that an escalation sent, and what came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Escalation {
    /// The contact.
    pub contact: String,
    /// The ticket that it is about.
    pub about: Reference,
    /// When it was written.
    pub since: Timestamp,
    /// When the contact answered.
    pub answered: Option<Timestamp>,
    /// When the requester was told, which ends it.
    pub told: Option<Timestamp>,
}

/// One flow that is running: the innermost is the one that acts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// The flow.
    pub flow: String,
    /// The id of the step at which it is.
    pub step: String,
    /// How often each `look_up` has found nothing, by step id.
    pub misses: BTreeMap<String, u32>,
}

/// The way by which a run came to where it is, as far as it can be taken back.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trail {
    /// The steps that read or asked for facts, oldest first, since the run began or something was done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stops: Vec<Stop>,
    /// Whether something was done that the run cannot take back: a task, a change of the directory, an escalation.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub acted: bool,
    /// How often the run went back.
    #[serde(default, skip_serializing_if = "is_nought")]
    pub rewound: u32,
}

impl Trail {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Trail::default()
    }
}

/// A step on the way, and what is known since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stop {
    /// Where the run was on entering it.
    pub frames: Vec<Frame>,
    /// The facts that have changed from here to the next stop, as they were before; none, if they were not known.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub facts: BTreeMap<String, Option<Known>>,
    /// The records that have changed, likewise.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub records: BTreeMap<String, Option<Record>>,
}

/// A question that stands before the pending one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aside {
    /// Which of these answers shall be changed?
    Which {
        /// The facts.
        facts: Vec<String>,
        /// What it shall be, as written.
        to: Option<String>,
    },
    /// Shall another request be started?
    Another {
        /// Its flow.
        flow: String,
        /// What the person wrote.
        words: String,
        /// Why it seems to be that one.
        because: String,
    },
}

fn is_nought(number: &u32) -> bool {
    *number == 0
}

/// What a ticket waits for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Waiting {
    /// Nothing: it is over, with an agent, or something is being found for it.
    Nothing,
    /// Answers of the requester.
    Answers {
        /// The facts still missing, first the ones of the step itself, then those of the look-ahead.
        facts: Vec<String>,
        /// How many of them belong to the step itself.
        own: usize,
        /// How many messages brought no answer.
        useless: u32,
    },
    /// The requester's word on which of a few flows they mean.
    Which {
        /// The flows to choose from.
        flows: Vec<String>,
        /// What they wrote so far, for the flow that they pick.
        words: String,
        /// How many messages did not say.
        useless: u32,
    },
    /// Answers of others, to letters of their own. The first who answers all is heard.
    Others {
        /// The facts.
        facts: Vec<String>,
        /// Who was asked: address, and how the flow names them.
        asked: Vec<(String, String)>,
        /// The number of the last letter before those that ask.
        after: u32,
        /// What was answered so far.
        given: BTreeMap<String, Known>,
        /// How many messages brought no answer.
        useless: u32,
    },
    /// A proof of who speaks.
    Proof {
        /// Who can prove it by answering: address, and the proof.
        asked: Vec<(String, ProofKind, String)>,
        /// The number of the last letter before those that ask.
        after: u32,
        /// The agent's task that would prove it as well, with what it proves of.
        task: Option<(u32, String)>,
        /// How many messages brought no answer.
        useless: u32,
    },
    /// That time passes.
    Time,
    /// The requester's word that what is known is right.
    Confirm {
        /// The names of facts and records that are shown.
        names: Vec<String>,
        /// How many messages did not say.
        useless: u32,
    },
    /// An agent's task.
    Task {
        /// The task's number.
        task: u32,
    },
    /// Several tasks that were given at once, some of which may be done.
    Tasks {
        /// The numbers of all of them.
        tasks: Vec<u32>,
    },
    /// The requester's word on which of the records that were found they mean.
    Pick {
        /// The records to choose from.
        rows: Vec<Record>,
        /// How many messages did not say.
        useless: u32,
    },
}

/// An event that is half done, because something must be found first. What it has to say waits here, so that one
/// event says all in one letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InHand {
    /// The query that must be answered.
    pub query: u32,
    /// What for.
    pub purpose: Purpose,
    /// Words of the message that no answer was taken from yet.
    pub words: Option<String>,
    /// What will be said.
    pub draft: Draft,
}

/// What the records are read again for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refreshed {
    /// The present step goes on with them.
    GoOn,
    /// The time of a wait is over.
    TimeIsOver,
    /// A wait may have become needless.
    Look,
}

/// What something is being found for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// The present `look_up` step.
    LookUp,
    /// The records of the ticket as they are now, before the present step is done.
    Refresh(Refreshed),
    /// Whether the codes that the requester gave are right.
    Codes,
    /// What the directory says of the people of a list, before the present step goes through them.
    People {
        /// The list.
        list: String,
    },
    /// An escalation: by the present step, which goes on behind it, or by an agent.
    Escalation {
        /// The contact that it goes to.
        contact: String,
        /// Whether the flow goes on behind it.
        by_flow: bool,
        /// What was promised and not kept, if a clock escalates.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        because: Option<String>,
    },
}

/// What an event is going to say to the requester.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    /// The texts, in order.
    pub paragraphs: Vec<String>,
    /// Which steps' texts they are; said once the letter is written.
    pub says: BTreeSet<String>,
    /// The subject, when a step has one of its own.
    pub subject: Option<String>,
    /// What was wrong with an answer, by fact.
    pub wrong: BTreeMap<String, String>,
    /// What is attached to the message and could not be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<String>,
    /// Whether questions stand in it.
    pub asks: bool,
    /// Whether the brake against loops keeps it back.
    pub brake: Brake,
    /// What an answer names as a way on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub offers: Vec<String>,
    /// What is said to others, a letter each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub others: Vec<ToOther>,
    /// Whether it tells what came of an agent's task: then a person answers with it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_person: bool,
    /// Whether the question of the ticket's `aside` stands in it.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub aside: bool,
}

/// All that an event says to one party that is not the requester.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToOther {
    /// Who.
    pub to: Party,
    /// The way.
    pub channel: Channel,
    /// The texts, in order.
    pub paragraphs: Vec<String>,
    /// Its subject, when a step has one of its own.
    pub subject: Option<String>,
    /// The facts that it asks for.
    pub asks: Vec<String>,
    /// What was wrong with an answer, by fact.
    pub wrong: BTreeMap<String, String>,
    /// The organisation whose new passcode it brings.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
}

/// The brake against loops: how many automatic letters an address has had decides whether it gets another.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Brake {
    /// Letters go out.
    #[default]
    Off,
    /// Letters go out only if the message brought something new.
    UnlessNew,
    /// No letter goes out; an agent sees why.
    On,
}

/// A fact that is set, with where it came from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// What it is.
    pub value: Value,
    /// Who said so.
    pub from: Source,
}

/// Who gave a fact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// The requester wrote it: the words in which it was found.
    Requester(String),
    /// It stood in the sender's own name or address.
    Prefilled,
    /// An agent said so.
    Agent(String),
    /// Somebody else answered a letter of their own.
    Other {
        /// Their address.
        address: String,
        /// How the flow names them.
        party: String,
    },
}

/// Work for an agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// Its number within the ticket.
    pub number: u32,
    /// The act.
    pub act: String,
    /// What to do, for the agent's eyes.
    pub instruction: String,
    /// Whose work it is.
    pub queue: String,
    /// When it was given.
    pub given: Timestamp,
    /// Facts that the agent must give to be done.
    pub gives: Vec<String>,
    /// Reasons for which it may fail.
    pub cannot: Vec<String>,
    /// How it stands.
    pub status: TaskStatus,
    /// What it is one of, if it was given with others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joint: Option<Joint>,
}

/// What a task is that was given with others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Joint {
    /// The number of the first that was given with it: it names them all.
    pub first: u32,
    /// Which of the tasks of a `together` it is, from nought.
    pub part: usize,
    /// The entry of a list that it is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<About>,
}

/// An entry of a list that a task is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// The fact.
    pub list: String,
    /// The entry's place in it, from nought.
    pub at: usize,
}

/// How a task stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskStatus {
    /// To be done.
    Open,
    /// Done by an agent.
    Done(String),
    /// Not possible: who said so, and why.
    Cannot(String, String),
    /// No longer wanted.
    Withdrawn,
}

/// A due time of a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// Its number within the ticket; the present wait knows which are its own.
    pub number: u32,
    /// What happens then.
    pub what: TimerKind,
    /// When.
    pub due: Timestamp,
}

/// What a timer is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TimerKind {
    /// The wait is over.
    Within,
    /// The letter is sent again.
    Remind,
    /// A wait looks again whether it has become needless. It is due with the wait's end, and comes forward when the
    /// directory changes a record that the ticket listens to.
    Look,
    /// A stage of a clock's chain.
    Stage {
        /// The clock's number.
        clock: u32,
        /// The stage's place in the chain, from nought.
        stage: u32,
        /// The due time that it is for.
        due: Timestamp,
    },
}

impl TimerKind {
    /// The name in JSON and SQL.
    pub fn name(self) -> &'static str {
        match self {
            TimerKind::Within => "within",
            TimerKind::Remind => "remind",
            TimerKind::Look => "look",
            TimerKind::Stage { .. } => "stage",
        }
    }
}

/// What a letter of a ticket asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LetterMemo {
    /// The letter's number within the ticket, from one.
    pub number: u32,
    /// The facts it asked for: question one is the first.
    pub asked: Vec<String>,
    /// The address that it went to, when not to the requester.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// The requester's side of the exchange of mail.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Thread {
    /// Message-ID of their latest mail.
    pub last: Option<String>,
    /// References of their latest mail, oldest first.
    pub references: Vec<String>,
}
