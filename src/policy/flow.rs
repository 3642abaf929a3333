//! A checked pack: desk, facts, flows and rules in which every name exists and every way leads on.
//!
//! Only [`check`](crate::policy::check) makes a [`Pack`]; whoever holds one may follow its indexes without asking.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::calendar::{Calendar, Length};
use crate::policy::demand::{Demand, ProofKind, To, Wanted};
use crate::policy::facts::{FactType, Prefill, RecordKind, SeenBy};
use crate::policy::finding::Place;
use crate::policy::promise::terms::{Chain, ClockKind, ClockRules, Factor, TargetSet};
use crate::policy::rules::{Expression, RuleBook};
use crate::policy::telegram::TelegramRules;
use crate::policy::text::{Piece, Template};
use crate::policy::world::MailboxForms;
use crate::policy::world::sheet::Mapping;

/// The SHA-256 of everything in `flows/` and `rules/`: the name of one version of the pack.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Digest(pub String);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One immutable version of all policy.
#[derive(Debug)]
pub struct Pack {
    /// Its name.
    pub digest: Digest,
    /// What is true for the whole desk.
    pub desk: Desk,
    /// Facts that several flows share, by name. A flow's own facts are in [`Flow::facts`].
    pub facts: BTreeMap<String, FactDecl>,
    /// Names of looked-up records.
    pub records: BTreeMap<String, RecordKind>,
    /// Every flow, by name; an answer is a flow with [`Flow::is_answer`].
    pub flows: BTreeMap<String, Flow>,
    /// Every rule, compiled.
    pub rules: RuleBook,
}

impl Pack {
    /// The declaration of a fact as a flow sees it: its own, else the desk's.
    pub fn fact(&self, flow: &str, name: &str) -> Option<&FactDecl> {
        self.flows.get(flow).and_then(|flow| flow.facts.get(name)).or_else(|| self.facts.get(name))
    }

    /// The set of what is promised to a request of a flow, with its name.
    pub fn targets_of(&self, flow: &str) -> Option<(&str, &TargetSet)> {
        let own = |flow: &str| self.flows.get(flow).and_then(|flow| flow.targets.as_deref());
        let name = own(flow).or_else(|| own("triage"))?;
        self.desk.targets.get_key_value(name).map(|(name, set)| (name.as_str(), set))
    }

    /// A sentence of the desk that holds no values.
    pub fn sentence(&self, text: DeskText) -> Option<String> {
        let pieces = &self.desk.texts.get(&text)?.pieces;
        let words = pieces.iter().map(|piece| if let Piece::Words(words) = piece { words.as_str() } else { "" });
        let words = words.collect::<String>().trim().to_owned();
        (!words.is_empty()).then_some(words)
    }

    /// The declaration of a fact, wherever it stands. Two flows that declare one name agree on its type.
    pub fn any_fact(&self, name: &str) -> Option<&FactDecl> {
        self.facts.get(name).or_else(|| self.flows.values().find_map(|flow| flow.facts.get(name)))
    }
}

/// `flows/desk.yaml`.
#[derive(Debug)]
pub struct Desk {
    /// The desk's name, at the end of each letter.
    pub name: String,
    /// The desk's own mail addresses in lower case, all alike; the first writes.
    pub addresses: Vec<String>,
    /// The time zone of the desk's clock.
    pub zone: jiff::tz::TimeZone,
    /// Who else can be written to or named.
    pub contacts: BTreeMap<String, Contact>,
    /// Opening hours by name.
    pub calendars: BTreeMap<String, Calendar>,
    /// Where agents find work.
    pub queues: BTreeMap<String, Queue>,
    /// Named numbers and durations.
    pub limits: BTreeMap<String, Limit>,
    /// What fills a wait on people outside that says nothing itself.
    pub patience: Patience,
    /// Words that are heard in every flow.
    pub anytime: Anytime,
    /// What happens when somebody is not understood, or writes after the end.
    pub repair: Repair,
    /// The desk's own sentences, by [`DeskText`].
    pub texts: BTreeMap<DeskText, Template>,
    /// The pattern of shared mailbox addresses, such as `care.{ods}@nhs.net`.
    pub shared_mailbox_address: String,
    /// Other patterns by which a shared mailbox is known.
    pub also_recognised: Vec<String>,
    /// How other people's files of the directory call our columns.
    pub columns: Mapping,
    /// Words and phrases that people use for the same thing, a line for each meaning.
    pub same_words: Vec<Vec<String>>,
    /// What happens to mail that only a person should read.
    pub quarantine: QuarantineRules,
    /// How long things are kept.
    pub retention: Retention,
    /// What only Telegram needs.
    pub telegram: TelegramRules,
    /// What is promised, by the names of the sets.
    pub targets: BTreeMap<String, TargetSet>,
    /// How the clocks go; a promise without a clock is not counted.
    pub clocks: BTreeMap<ClockKind, ClockRules>,
    /// How priorities change lengths.
    pub priorities: BTreeMap<String, Factor>,
    /// All acts, with the ways to satisfy each; one without any is open to anyone.
    pub acts: BTreeMap<String, Vec<Demand>>,
    /// What happens around due times.
    pub chains: BTreeMap<String, Chain>,
    /// How much of the pack its scenarios must reach, in hundredths, by what is counted: `steps`, `mutants` and so on.
    pub coverage: BTreeMap<String, u8>,
}

impl Desk {
    /// The address that the desk writes from. The checker demands at least one.
    pub fn own_address(&self) -> &str {
        self.addresses.first().map_or("", String::as_str)
    }

    /// The patterns of shared mailbox addresses.
    pub fn mailbox_forms(&self) -> MailboxForms<'_> {
        MailboxForms { usual: &self.shared_mailbox_address, also: &self.also_recognised }
    }

    /// The calendar in which a queue works; the checker has made sure that both exist.
    pub fn calendar_of(&self, queue: &str) -> Option<&Calendar> {
        self.queues.get(queue).and_then(|queue| self.calendars.get(&queue.calendar))
    }
}

/// Somebody outside with an address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// How letters name them.
    pub name: String,
    /// Their mail address.
    pub mail: String,
    /// Their telephone number, as written.
    pub phone: Option<String>,
}

/// A list of work for a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Queue {
    /// What people call it.
    pub title: String,
    /// Who leads the team.
    pub team_lead: String,
    /// When the team works.
    pub calendar: String,
    /// How the team is told of new work.
    pub tell: Telling,
}

/// How agents are told of new work.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Telling {
    /// Every ten minutes, all in one letter.
    #[default]
    Bundled,
    /// Each at once.
    AtOnce,
}

/// A named number or duration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Limit {
    /// A number.
    Number(i64),
    /// A duration.
    Length(Length),
}

/// Whose work it is to look at mail that was put aside, and how long its bytes are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuarantineRules {
    /// The queue.
    pub queue: String,
    /// The queue for mail that hides who sent it.
    pub forged: String,
    /// How long the bytes are kept, whatever becomes of the mail.
    pub kept: Length,
}

/// How long things are kept, in time passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// What was said by chat, as the chat shows it again.
    pub chats: Length,
    /// How long a conversation on the web page can be taken up again after the last word.
    pub chat_sessions: Length,
}

/// The desk's defaults for waits on people outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Patience {
    /// How long to wait.
    pub within: Length,
    /// When to remind, counted from the first letter.
    pub remind: Vec<Length>,
    /// What silence leads to.
    pub otherwise: Ending,
}

/// Words that are heard in every flow, before the pending question. What they do is built in.
#[derive(Debug, Clone, Default)]
pub struct Anytime {
    /// Asks for a person; says that one takes over.
    pub agent: Heard,
    /// Asks for the state of the request.
    pub status: Heard,
    /// Stops the request; says that nothing was changed.
    pub cancel: Heard,
    /// The wish is fulfilled without us; says that the request is closed.
    pub sorted: Heard,
    /// Begins the request again; says so.
    pub restart: Heard,
    /// Goes to the question before; says that there is none.
    pub back: Heard,
    /// Changes an answer; asks which one.
    pub change: Heard,
    /// Asks for the question once more.
    pub again: Heard,
    /// Asks what can be said; says it.
    pub help: Heard,
    /// The person does not know what is asked; says what else they can do.
    pub unknown: Heard,
    /// Asks why something is asked; says it where the fact does not.
    pub why: Heard,
    /// Asks whether a program writes; says so.
    pub robot: Heard,
    /// By chat: asks for the conversation by mail; says that it was sent.
    pub transcript: Heard,
    /// Words of anger, wherever they stand; says that a person takes over.
    pub upset: Heard,
    /// Asks whether another request shall be started that a message seems to be. It may name `other.title`.
    pub another: Option<Template>,
}

/// Words that are heard at any time, and the desk's sentence about them.
#[derive(Debug, Clone, Default)]
pub struct Heard {
    /// The words, in lower case.
    pub words: Vec<String>,
    /// The sentence.
    pub say: Option<Template>,
}

/// What happens when somebody is not understood, or writes after the end.
#[derive(Debug, Clone)]
pub struct Repair {
    /// How many messages without any answer end the asking.
    pub tries: u32,
    /// What is said before asking again.
    pub not_understood: Template,
    /// Where that leads.
    pub then: Ending,
    /// The answer to a first chat message that says nothing which the desk knows.
    pub welcome: Option<String>,
    /// What is said of a chat message without words.
    pub no_words: Template,
    /// How long after its end an answer reopens a ticket.
    pub reopen_within: Length,
    /// Requests of a chat that wait behind another one.
    pub parked: Parking,
}

/// How many requests of a chat may wait behind another one, and how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parking {
    /// How many.
    pub at_most: u32,
    /// After this a person takes over.
    pub within: Length,
}

/// The desk's own sentences. A flow may overrule one in its own `texts`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeskText {
    /// The first line of a letter.
    Greeting,
    /// The last lines of a letter; gives the reference.
    Signature,
    /// A colleague takes over.
    HandedOver,
    /// Closed because nobody answered.
    Unanswered,
    /// The answer is no, and the flow said nothing itself.
    Refused,
    /// Stands before questions that are sent again because time passed.
    Reminder,
    /// A look-up found nothing.
    NotMatched,
    /// The door removed a password or a code.
    PasswordRemoved,
    /// Under an answer by mail: what to do if it did not help.
    Answered,
    /// Under an answer by chat: whether it helped.
    Helped,
    /// Said when it did.
    Glad,
    /// By chat, before what a message asked for beside the first thing.
    Next,
    /// Before the flows that an answer names as a way on.
    Offers,
    /// The state of a request, for its requester.
    Status,
    /// Under the questions of a letter: how to answer, and by when.
    HowToAnswer,
    /// Before the things that a first message may mean.
    Which,
    /// The way out of them.
    SomethingElse,
    /// Before the records that a look-up may have meant.
    WhichRecord,
    /// The question by which somebody else agrees to a request.
    Agree,
    /// Under the questions of a letter to somebody else: how to answer, by when, and that only they can.
    HowToAgree,
    /// Somebody else is asked who can say that the request is theirs.
    WeAsked,
    /// Below what is to be confirmed: whether it is right.
    Confirm,
    /// Something was done already, so that a person decides on a change of mind.
    TooLate,
    /// Before the question of a request that was parked and goes on.
    Parked,
    /// Before a conversation that is sent by mail.
    Transcript,
    /// A conversation cannot be sent by mail; what to do instead.
    NoTranscript,
    /// A chat message is longer than any that is read; what to do instead.
    TooLong,
    /// A first message is in letters that the desk cannot read; a person reads it.
    Foreign,
}

impl DeskText {
    /// Every text, with the key that authors write.
    pub const ALL: [(DeskText, &'static str); 28] = [
        (DeskText::Greeting, "greeting"),
        (DeskText::Signature, "signature"),
        (DeskText::HandedOver, "handed_over"),
        (DeskText::Unanswered, "unanswered"),
        (DeskText::Refused, "refused"),
        (DeskText::Reminder, "reminder"),
        (DeskText::NotMatched, "not_matched"),
        (DeskText::PasswordRemoved, "password_removed"),
        (DeskText::Answered, "answered"),
        (DeskText::Helped, "helped"),
        (DeskText::Glad, "glad"),
        (DeskText::Next, "next"),
        (DeskText::Offers, "offers"),
        (DeskText::Status, "status"),
        (DeskText::HowToAnswer, "how_to_answer"),
        (DeskText::Which, "which"),
        (DeskText::SomethingElse, "something_else"),
        (DeskText::WhichRecord, "which_record"),
        (DeskText::Agree, "agree"),
        (DeskText::WeAsked, "we_asked"),
        (DeskText::HowToAgree, "how_to_agree"),
        (DeskText::Confirm, "confirm"),
        (DeskText::TooLate, "too_late"),
        (DeskText::Parked, "parked"),
        (DeskText::Transcript, "transcript"),
        (DeskText::NoTranscript, "no_transcript"),
        (DeskText::TooLong, "too_long"),
        (DeskText::Foreign, "foreign"),
    ];

    /// The text that an author named.
    pub fn named(name: &str) -> Option<DeskText> {
        Self::ALL.iter().find(|(_, key)| *key == name).map(|(text, _)| *text)
    }
}

impl Step {
    /// Whether it asks somebody else than the requester.
    pub fn asks_others(&self) -> bool {
        matches!(self.verb, Verb::Ask { .. }) && self.speaks_to_others()
    }

    /// Whether what it says is for somebody else than the requester: who is named, or who can give the proof.
    pub fn speaks_to_others(&self) -> bool {
        self.to.iter().any(|to| *to != To::Requester) || matches!(self.verb, Verb::Prove { .. })
    }
}

impl Step {
    /// Whether it asks the requester for the codes of an organisation, to know who speaks.
    pub fn asks_codes(&self) -> bool {
        matches!(&self.verb, Verb::Prove { proofs, .. } if proofs.iter().any(|proof| proof.kind == ProofKind::CqcDetails))
    }
}

impl Desk {
    /// How a priority changes what was promised, in thousandths.
    pub fn hurry(&self, priority: &str) -> u32 {
        self.priorities.get(priority).map_or(Factor::ONE, |factor| *factor).0
    }
}

/// A fact as `facts.yaml` or the head of a flow declares it.
#[derive(Debug, Clone)]
pub struct FactDecl {
    /// Its name.
    pub name: String,
    /// The question.
    pub ask: String,
    /// Helps to find the answer.
    pub hint: Option<String>,
    /// Why it is asked, for those who want to know.
    pub why: Option<String>,
    /// The flow that finds it with those who do not know it.
    pub found_by: Option<String>,
    /// What answers are valid.
    pub kind: FactType,
    /// For `choice`: what there is to choose from.
    pub choices: Vec<String>,
    /// Whether it speaks of a person.
    pub personal: bool,
    /// Whether it may stand in no text, page, log or export.
    pub secret: bool,
    /// Who may be shown it.
    pub seen_by: SeenBy,
    /// What fills it before it is asked for.
    pub prefill: Option<Prefill>,
    /// A longer text is cut to this many characters.
    pub shorten_to: Option<usize>,
    /// The smallest valid number; of a list: the fewest entries.
    pub at_least: Option<i64>,
    /// The largest valid number; of a list: the most entries.
    pub at_most: Option<i64>,
    /// For `list`: what one of it is called, and what is asked of each.
    pub list: Option<Box<ListDecl>>,
    /// Where it is declared.
    pub place: Place,
}

/// What a list is made of.
#[derive(Debug, Clone)]
pub struct ListDecl {
    /// What one of it is called, in the singular: `member`.
    pub item: String,
    /// What is asked of each, in the order in which it is asked.
    pub fields: Vec<FieldDecl>,
}

/// What is asked of each of a list.
#[derive(Debug, Clone)]
pub struct FieldDecl {
    /// Its name, question and type.
    pub decl: FactDecl,
    /// Whether no two of the list may have the same.
    pub unique: bool,
    /// What counts when nothing is said; without it everybody must have one.
    pub unless_said: Option<crate::policy::facts::Value>,
}

impl FactDecl {
    /// The fewest that a list may have: one, when it does not say.
    pub fn fewest(&self) -> usize {
        self.at_least.map_or(1, |least| usize::try_from(least).unwrap_or(0))
    }

    /// The most that a list may have: fifty, when it does not say.
    pub fn most(&self) -> usize {
        self.at_most.and_then(|most| usize::try_from(most).ok()).unwrap_or(ListDecl::MOST).min(ListDecl::MOST)
    }
}

impl ListDecl {
    /// No list is longer.
    pub const MOST: usize = 50;
}

/// One process, or one answer to a common question.
#[derive(Debug)]
pub struct Flow {
    /// Its identity.
    pub name: String,
    /// What people call it; the subject of its letters.
    pub title: String,
    /// Why it exists.
    pub why: String,
    /// Catalogue ids.
    pub covers: Vec<String>,
    /// Whose work it is when a person must help.
    pub queue: String,
    /// The set of what is promised; that of the flow `triage`, when it does not say.
    pub targets: Option<String>,
    /// How urgent it is; `normal`, when it does not say.
    pub priority: Option<String>,
    /// How a first message finds it; `None` when only other flows run it.
    pub starts: Option<Starts>,
    /// Its own facts.
    pub facts: BTreeMap<String, FactDecl>,
    /// The desk's texts that it overrules.
    pub texts: BTreeMap<DeskText, Template>,
    /// What it does, in order.
    pub steps: Vec<Step>,
    /// Whether it is only question and answer: closed at once by mail, without a ticket by chat.
    pub is_answer: bool,
    /// For an answer: flows that are named below it, as a way on.
    pub offer: Vec<String>,
    /// The file that it stands in.
    pub file: String,
}

/// How a first message finds a flow.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Starts {
    /// What people write who want it.
    pub examples: Vec<String>,
    /// Words that point to it.
    pub keywords: Vec<String>,
    /// Words that rule it out.
    pub never: Vec<String>,
}

/// One step of a flow.
#[derive(Debug)]
pub struct Step {
    /// Its name within the flow.
    pub id: String,
    /// Skipped, with its `then`, unless this holds.
    pub when: Option<Expression>,
    /// What is said when the step begins.
    pub say: Option<Say>,
    /// To whom it is said or of whom it is asked; nobody named is the requester.
    pub to: Vec<To>,
    /// The list for each of whose entries it does so; `None` for once.
    pub each: Option<Each>,
    /// What it does.
    pub verb: Verb,
    /// Where it leads when done.
    pub then: Goto,
    /// Where it leads when it fails or time runs out; always present on a verb that can fail.
    pub otherwise: Option<Goto>,
    /// The author's `within`, or the desk's patience, on a step that waits for people outside.
    pub within: Option<Length>,
    /// When to send the letter again.
    pub remind: Vec<Length>,
    /// Where it stands.
    pub place: Place,
}

/// A step, or a task of several, that is done for every entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Each {
    /// The fact.
    pub list: String,
    /// The part of it that a rule has sorted out; all, without one.
    pub part: Option<String>,
    /// What the entry is called in texts and rules.
    pub item: String,
    /// Reasons for which a task leaves out that entry alone.
    pub skip: std::collections::BTreeSet<String>,
}

/// One of the tasks of a `together`.
#[derive(Debug)]
pub struct JointTask {
    /// The list for each of whose entries it is given.
    pub each: Option<Each>,
    /// The act, as named in `desk.acts`.
    pub act: String,
    /// What the agent reads.
    pub instruction: Template,
    /// Facts that the agent gives when done.
    pub gives: Vec<String>,
    /// Reasons for which it cannot be done, and where each leads.
    pub cannot: BTreeMap<String, Goto>,
    /// Whose work it is, when not the flow's queue.
    pub queue: Option<String>,
}

/// A text for a person.
#[derive(Debug, Clone)]
pub struct Say {
    /// By mail, and by chat when there is no own text for it.
    pub mail: Template,
    /// By chat.
    pub chat: Option<Template>,
    /// The subject of the letter, when it is not the flow's title.
    pub subject: Option<Template>,
}

/// What a step does.
#[derive(Debug)]
pub enum Verb {
    /// Only says something.
    Say,
    /// Asks for facts and waits.
    Ask {
        /// The facts' names.
        facts: Vec<String>,
        /// Whether to ask although they are known.
        again: bool,
        /// Other facts that will do as well, if all of them are given.
        or: Vec<String>,
    },
    /// Shows what is known, and waits until the requester says that it is right.
    Confirm {
        /// The names of facts and looked-up records.
        names: Vec<String>,
    },
    /// Reads a record.
    LookUp {
        /// The record's name.
        record: String,
        /// What it is.
        kind: RecordKind,
        /// Facts that the record must match. A fact matches the field of its kind's table in `schema`.
        by: Vec<String>,
        /// Whether `by: requester` was written: match the requester's own address.
        by_requester: bool,
        /// How often the `by` facts may be given.
        tries: u32,
    },
    /// Lets a rule choose.
    Decide {
        /// The rule, `file.function`.
        rule: String,
        /// Names of the rule's parameters that are read from another fact.
        with: BTreeMap<String, String>,
        /// Where each verdict leads.
        cases: BTreeMap<String, Goto>,
    },
    /// Gives work to an agent and waits.
    Task {
        /// The act, as named in `desk.acts`.
        act: String,
        /// What the agent reads.
        instruction: Template,
        /// Facts that the agent gives when done.
        gives: Vec<String>,
        /// Reasons for which it cannot be done, and where each leads.
        cannot: BTreeMap<String, Goto>,
        /// Whose work it is, when not the flow's queue.
        queue: Option<String>,
    },
    /// Gives several tasks at once, and waits for all.
    Together {
        /// The tasks.
        tasks: Vec<JointTask>,
    },
    /// Ends the flow at an agent's desk.
    HandOver {
        /// The queue.
        queue: String,
    },
    /// Writes to a contact with the ticket's history, once.
    Escalate {
        /// The contact.
        contact: String,
        /// The record of another ticket that it is about.
        about: Option<String>,
    },
    /// Wants to know who speaks. Any one of the proofs will do.
    Prove {
        /// The proofs.
        proofs: Vec<Wanted>,
        /// How often codes may be given.
        tries: u32,
    },
    /// Changes the directory.
    Record {
        /// The act, one of [`DIRECTORY_ACTS`](crate::policy::demand::DIRECTORY_ACTS).
        act: String,
        /// Parameters that are read from another fact or record, by their dotted paths.
        with: BTreeMap<String, Vec<String>>,
    },
    /// Lets time pass.
    Wait {
        /// How much.
        length: Length,
        /// What makes waiting needless: then the step goes on by `otherwise`.
        unless: Option<Expression>,
    },
    /// Runs another flow and goes on behind it.
    Run {
        /// The flow.
        flow: String,
    },
}

impl Verb {
    /// The word that authors write.
    pub fn word(&self) -> &'static str {
        match self {
            Verb::Say => "say",
            Verb::Ask { .. } => "ask",
            Verb::Confirm { .. } => "confirm",
            Verb::LookUp { .. } => "look_up",
            Verb::Decide { .. } => "decide",
            Verb::Task { .. } => "task",
            Verb::Together { .. } => "together",
            Verb::HandOver { .. } => "hand_over",
            Verb::Escalate { .. } => "escalate",
            Verb::Prove { .. } => "prove",
            Verb::Record { .. } => "record",
            Verb::Wait { .. } => "wait",
            Verb::Run { .. } => "run",
        }
    }
}

/// Where a step leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Goto {
    /// A step of the same flow, by its index. Behind the last step stands `End(Ending::Resolved)`.
    Step(usize),
    /// The end of the flow.
    End(Ending),
}

/// How a flow ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// The wish is fulfilled.
    Resolved,
    /// The answer is no.
    Refused,
    /// Nobody answered.
    Unanswered,
    /// A person goes on.
    Agent,
}

impl Ending {
    /// The word that authors write.
    pub fn name(self) -> &'static str {
        match self {
            Ending::Resolved => "resolved",
            Ending::Refused => "refused",
            Ending::Unanswered => "unanswered",
            Ending::Agent => "agent",
        }
    }

    /// The ending that an author named.
    pub fn named(name: &str) -> Option<Ending> {
        [Ending::Resolved, Ending::Refused, Ending::Unanswered, Ending::Agent]
            .into_iter()
            .find(|ending| ending.name() == name)
    }
}
