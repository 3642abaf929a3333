//! The files of the pack as their authors wrote them, before anything in them is believed. Every value is a text;
//! only [`check`](crate::policy::check) turns a draft into a flow. Places are found by path in the `Document`.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_yaml::Value;

use crate::policy::finding::Finding;
use crate::policy::yaml::Document;

pub(super) mod shape;

use shape::Shape::{Anything, List, Map, Named, Say, Text, Texts};
use shape::{Key, may, must};

/// `flows/desk.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DeskDraft {
    pub desk: Option<String>,
    pub addresses: Vec<String>,
    pub zone: Option<String>,
    pub contacts: BTreeMap<String, ContactDraft>,
    pub calendars: BTreeMap<String, Value>,
    pub queues: BTreeMap<String, QueueDraft>,
    pub patience: PatienceDraft,
    pub texts: BTreeMap<String, String>,
    pub repair: RepairDraft,
    pub shared_mailbox_address: Option<String>,
    pub also_recognised: Vec<String>,
    pub directory: DirectoryDraft,
    pub same_words: Vec<Vec<String>>,
    pub holidays: BTreeMap<String, Vec<String>>,
    pub limits: BTreeMap<String, Value>,
    pub anytime: BTreeMap<String, AnytimeDraft>,
    pub acts: Option<BTreeMap<String, Vec<String>>>,
    pub targets: Option<BTreeMap<String, Value>>,
    pub priorities: BTreeMap<String, String>,
    pub clocks: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    pub chains: BTreeMap<String, Vec<StageDraft>>,
    pub quarantine: QuarantineDraft,
    pub retention: BTreeMap<String, String>,
    pub telegram: TelegramDraft,
    pub coverage: BTreeMap<String, String>,
}

/// What is promised.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TargetsDraft {
    pub from: Option<String>,
    pub calendar: Option<String>,
    pub chain: Option<String>,
    pub first_answer: Option<String>,
    pub task: Option<String>,
    pub resolution: Option<String>,
}

/// A stage of a chain.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StageDraft {
    pub at: Option<String>,
    pub tell: Option<String>,
    pub escalate: Option<String>,
    pub urgent: Option<String>,
}

/// How the directory is brought in.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct DirectoryDraft {
    pub columns: BTreeMap<String, BTreeMap<String, String>>,
}

/// What happens to mail that only a person should read.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct QuarantineDraft {
    pub queue: Option<String>,
    pub forged: Option<String>,
    pub kept: Option<String>,
}

/// What only Telegram needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TelegramDraft {
    pub groups: Option<String>,
    pub commands: BTreeMap<String, String>,
    pub texts: BTreeMap<String, String>,
}

/// A contact.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ContactDraft {
    pub name: String,
    pub mail: String,
    pub phone: Option<String>,
}

/// Opening hours.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct CalendarDraft {
    pub hours: BTreeMap<String, String>,
    pub closed: Vec<String>,
    pub except: BTreeMap<String, String>,
    pub zone: Option<String>,
}

/// A queue.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct QueueDraft {
    pub title: String,
    pub team_lead: String,
    pub calendar: String,
    pub tell: Option<String>,
}

/// What fills a wait.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PatienceDraft {
    pub within: Option<String>,
    pub remind: Vec<String>,
    pub otherwise: Option<String>,
}

/// What is not understood, or comes too late.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RepairDraft {
    pub not_understood: NotUnderstoodDraft,
    pub no_words: Option<String>,
    pub welcome: Option<String>,
    pub after_close: AfterCloseDraft,
    pub parked: ParkedDraft,
}

/// What is not understood.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct NotUnderstoodDraft {
    pub tries: Option<String>,
    pub say: Option<String>,
    pub then: Option<String>,
}

/// What comes after the end.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AfterCloseDraft {
    pub reopen_within: Option<String>,
}

/// What waits behind another request.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ParkedDraft {
    pub at_most: Option<String>,
    pub within: Option<String>,
}

/// Words that are heard in every flow.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AnytimeDraft {
    pub words: Vec<String>,
    pub say: Option<String>,
}

/// `flows/facts.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FactsDraft {
    pub facts: BTreeMap<String, FactDraft>,
    pub records: BTreeMap<String, RecordDraft>,
}

/// `<flow>.examples.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ExamplesDraft {
    pub examples: BTreeMap<String, Vec<String>>,
}

/// A fact.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FactDraft {
    pub ask: String,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub hint: Option<String>,
    pub why: Option<String>,
    pub found_by: Option<String>,
    pub personal: Option<String>,
    pub secret: Option<String>,
    pub seen_by: Option<String>,
    pub choices: Vec<String>,
    pub prefill: Option<String>,
    pub shorten_to: Option<String>,
    pub at_least: Option<String>,
    pub at_most: Option<String>,
    pub item: Option<String>,
    pub fields: BTreeMap<String, FactDraft>,
    pub unique: Vec<String>,
    pub unless_said: Option<String>,
}

/// The name of a looked-up record.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RecordDraft {
    pub kind: Option<String>,
}

/// A flow.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct FlowDraft {
    pub flow: Option<String>,
    pub title: Option<String>,
    pub why: Option<String>,
    pub queue: Option<String>,
    pub targets: Option<String>,
    pub covers: Vec<String>,
    pub starts: Option<StartsDraft>,
    pub facts: BTreeMap<String, FactDraft>,
    pub needs: Vec<String>,
    pub gives: Vec<String>,
    pub texts: BTreeMap<String, String>,
    pub priority: Option<String>,
    pub on_publish: Option<String>,
    pub steps: Vec<StepDraft>,
}

/// `rules/<name>.yaml`: a table.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct TableDraft {
    pub table: Option<String>,
    pub why: Option<String>,
    pub reads: Vec<String>,
    pub rows: Vec<RowDraft>,
}

/// A row of a table.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct RowDraft {
    pub when: Option<BTreeMap<String, String>>,
    pub verdict: Option<String>,
    pub because: Option<String>,
    pub otherwise: Option<String>,
}

/// How a flow is found.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StartsDraft {
    pub examples: Vec<String>,
    pub keywords: Vec<String>,
    pub never: Vec<String>,
}

/// A step.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct StepDraft {
    pub id: Option<String>,
    pub when: Option<String>,
    pub say: Option<SayDraft>,
    pub subject: Option<String>,
    pub to: Vec<String>,
    pub each: Option<String>,
    pub then: Option<String>,
    pub otherwise: Option<String>,
    pub within: Option<String>,
    pub remind: Vec<String>,
    pub was: Option<String>,
    pub ask: Vec<String>,
    pub again: Option<String>,
    pub or: Vec<String>,
    pub confirm: Vec<String>,
    pub look_up: Option<String>,
    pub by: Vec<String>,
    pub tries: Option<String>,
    pub decide: Option<String>,
    pub cases: BTreeMap<String, String>,
    pub with: BTreeMap<String, String>,
    pub task: Option<String>,
    #[serde(rename = "do")]
    pub instruction: Option<String>,
    pub gives: Vec<String>,
    pub cannot: BTreeMap<String, String>,
    pub queue: Option<String>,
    pub together: Vec<StepDraft>,
    pub hand_over: Option<String>,
    pub escalate: Option<String>,
    pub about: Option<String>,
    pub run: Option<String>,
    pub prove: Vec<String>,
    pub record: Option<String>,
    pub wait: Option<String>,
    pub unless: Option<String>,
}

/// A text for people.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct SayDraft {
    pub mail: String,
    pub chat: Option<String>,
}

/// A file of answers.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AnswersDraft {
    pub answers: Vec<AnswerDraft>,
}

/// An answer to a common question.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AnswerDraft {
    pub answer: Option<String>,
    pub title: Option<String>,
    pub covers: Vec<String>,
    pub examples: Vec<String>,
    pub keywords: Vec<String>,
    pub never: Vec<String>,
    pub say: SayDraft,
    pub offer: Vec<String>,
}

impl DeskDraft {
    /// Reads `flows/desk.yaml`.
    pub(super) fn read(document: &Document, findings: &mut Vec<Finding>) -> Self {
        shape::read(document, "", Map(DESK), findings)
    }
}

impl TargetsDraft {
    /// Reads one set of targets; `dated` is one of several that hold one after the other.
    pub(super) fn read(document: &Document, path: &str, dated: bool, findings: &mut Vec<Finding>) -> Self {
        shape::read(document, path, Map(if dated { DATED_TARGETS } else { TARGETS }), findings)
    }
}

impl CalendarDraft {
    /// Reads one calendar of the desk.
    pub(super) fn read(document: &Document, path: &str, findings: &mut Vec<Finding>) -> Self {
        shape::read(document, path, Map(CALENDAR), findings)
    }

    /// Reads one entry of a calendar whose hours change. When it begins is read elsewhere.
    pub(super) fn read_dated(document: &Document, path: &str, findings: &mut Vec<Finding>) -> Self {
        shape::read(document, path, Map(DATED_CALENDAR), findings)
    }
}

impl FactsDraft {
    /// Reads `flows/facts.yaml`.
    pub(super) fn read(document: &Document, findings: &mut Vec<Finding>) -> Self {
        shape::read(document, "", Map(FACTS), findings)
    }
}

impl ExamplesDraft {
    /// Reads what people write who want a flow.
    pub(super) fn read(document: &Document, findings: &mut Vec<Finding>) -> Self {
        shape::read(document, "", Map(EXAMPLES), findings)
    }
}

impl FlowDraft {
    /// Reads a flow.
    pub(super) fn read(document: &Document, findings: &mut Vec<Finding>) -> Self {
        shape::read(document, "", Map(FLOW), findings)
    }
}

impl TableDraft {
    /// Reads a table.
    pub(super) fn read(document: &Document, findings: &mut Vec<Finding>) -> Self {
        shape::read(document, "", Map(TABLE), findings)
    }
}

impl AnswersDraft {
    /// Reads a list of answers.
    pub(super) fn read(document: &Document, findings: &mut Vec<Finding>) -> Self {
        shape::read(document, "", Map(ANSWERS), findings)
    }
}

pub(super) const DESK: &[Key] = &[
    must("desk", Text),
    must("addresses", Texts),
    must("zone", Text),
    must("contacts", Named(&Map(CONTACT))),
    must("calendars", Named(&Anything)),
    must("queues", Named(&Map(QUEUE))),
    must("patience", Map(PATIENCE)),
    must("texts", Named(&Text)),
    must("repair", Map(REPAIR)),
    may("shared_mailbox_address", Text),
    may("also_recognised", Texts),
    may("directory", Map(DIRECTORY)),
    may("same_words", List(&Texts)),
    may("holidays", Named(&Texts)),
    may("limits", Named(&Anything)),
    may("anytime", Named(&Map(ANYTIME))),
    may("acts", Named(&Texts)),
    may("targets", Named(&Anything)),
    may("priorities", Named(&Text)),
    may("clocks", Map(CLOCKS)),
    may("chains", Named(&List(&Map(STAGE)))),
    may("retention", Named(&Text)),
    may("quarantine", Map(QUARANTINE)),
    may("telegram", Map(TELEGRAM)),
    may("coverage", Map(COVERAGE)),
];
pub(super) const TARGETS: &[Key] = &[
    must("calendar", Text),
    must("chain", Text),
    may("first_answer", Text),
    may("task", Text),
    may("resolution", Text),
];
pub(super) const DATED_TARGETS: &[Key] = &[
    must("from", Text),
    must("calendar", Text),
    must("chain", Text),
    may("first_answer", Text),
    may("task", Text),
    may("resolution", Text),
];
const CLOCKS: &[Key] = &[may("first_answer", Map(CLOCK)), may("task", Map(CLOCK)), may("resolution", Map(CLOCK))];
const CLOCK: &[Key] = &[
    must("starts", Texts),
    must("stops", Texts),
    must("second_message", Texts),
    must("pauses", Texts),
    must("after_pause", Texts),
    must("reopened", Texts),
    must("priority", Texts),
    must("policy_edit", Texts),
    must("verdict", Texts),
    must("lapse_outside_hours", Texts),
    must("alerts", Texts),
];
const STAGE: &[Key] = &[must("at", Text), may("tell", Text), may("escalate", Text), may("urgent", Text)];
const COVERAGE: &[Key] = &[
    may("steps", Text),
    may("branches", Text),
    may("verdicts", Text),
    may("rows", Text),
    may("answers", Text),
    may("reminders", Text),
    may("mutants", Text),
];
const DIRECTORY: &[Key] = &[may("columns", Map(COLUMNS))];
const COLUMNS: &[Key] = &[may("organisations", Named(&Text)), may("accounts", Named(&Text))];
const TELEGRAM: &[Key] = &[may("groups", Text), may("commands", Named(&Text)), may("texts", Named(&Text))];
const QUARANTINE: &[Key] = &[may("queue", Text), may("forged", Text), may("kept", Text)];
const CONTACT: &[Key] = &[must("name", Text), must("mail", Text), may("phone", Text)];
pub(super) const CALENDAR: &[Key] =
    &[must("hours", Named(&Text)), may("closed", Texts), may("except", Named(&Text)), may("zone", Text)];
pub(super) const DATED_CALENDAR: &[Key] = &[
    may("from", Text),
    must("hours", Named(&Text)),
    may("closed", Texts),
    may("except", Named(&Text)),
    may("zone", Text),
];
const QUEUE: &[Key] = &[must("title", Text), must("team_lead", Text), must("calendar", Text), may("tell", Text)];
const PATIENCE: &[Key] = &[must("within", Text), may("remind", Texts), must("otherwise", Text)];
const REPAIR: &[Key] = &[
    may("not_understood", Map(NOT_UNDERSTOOD)),
    may("no_words", Text),
    may("welcome", Text),
    may("after_close", Map(AFTER_CLOSE)),
    may("parked", Map(PARKED)),
];
const NOT_UNDERSTOOD: &[Key] = &[may("tries", Text), may("say", Text), may("then", Text)];
const PARKED: &[Key] = &[may("at_most", Text), may("within", Text)];
const AFTER_CLOSE: &[Key] = &[may("reopen_within", Text)];
const ANYTIME: &[Key] = &[may("words", Texts), may("say", Text)];

pub(super) const FACTS: &[Key] = &[must("facts", Named(&Map(FACT))), must("records", Named(&Map(RECORD)))];
pub(super) const EXAMPLES: &[Key] = &[must("examples", Named(&Texts))];
const FACT: &[Key] = &[
    must("ask", Text),
    must("type", Text),
    may("hint", Text),
    may("why", Text),
    may("found_by", Text),
    may("personal", Text),
    may("secret", Text),
    may("seen_by", Text),
    may("choices", Texts),
    may("unless_said", Text),
    may("prefill", Text),
    may("shorten_to", Text),
    may("at_least", Text),
    may("at_most", Text),
    may("unique", Texts),
    may("item", Text),
    may("fields", Named(&Map(FIELD))),
];
/// What is asked of each of a list. No list stands in a list.
const FIELD: &[Key] = &[
    must("ask", Text),
    must("type", Text),
    may("hint", Text),
    may("personal", Text),
    may("seen_by", Text),
    may("choices", Texts),
    may("unless_said", Text),
    may("shorten_to", Text),
    may("at_least", Text),
    may("at_most", Text),
    may("unique", Texts),
];
const RECORD: &[Key] = &[must("kind", Text)];

pub(super) const FLOW: &[Key] = &[
    must("flow", Text),
    must("title", Text),
    must("why", Text),
    must("queue", Text),
    must("steps", List(&Map(STEP))),
    may("targets", Text),
    may("covers", Texts),
    may("starts", Map(STARTS)),
    may("facts", Named(&Map(FACT))),
    may("needs", Texts),
    may("gives", Texts),
    may("texts", Named(&Text)),
    may("priority", Text),
    may("on_publish", Text),
];
const STARTS: &[Key] = &[must("examples", Texts), may("keywords", Texts), may("never", Texts)];
const STEP: &[Key] = &[
    may("id", Text),
    may("when", Text),
    may("say", Say),
    may("subject", Text),
    may("to", Texts),
    may("each", Text),
    may("then", Text),
    may("otherwise", Text),
    may("within", Text),
    may("remind", Texts),
    may("was", Text),
    may("ask", Texts),
    may("again", Text),
    may("or", Texts),
    may("at_least", Anything),
    may("at_most", Anything),
    may("confirm", Texts),
    may("decide", Text),
    may("cases", Named(&Text)),
    may("with", Named(&Text)),
    may("look_up", Text),
    may("by", Texts),
    may("tries", Text),
    may("prove", Texts),
    may("record", Text),
    may("task", Text),
    may("do", Text),
    may("gives", Texts),
    may("cannot", Named(&Text)),
    may("queue", Text),
    may("together", List(&Map(JOINT))),
    may("wait", Text),
    may("unless", Text),
    may("run", Text),
    may("hand_over", Text),
    may("escalate", Text),
    may("about", Text),
];

/// One of the tasks of a `together`.
const JOINT: &[Key] = &[
    must("task", Text),
    must("do", Text),
    may("each", Text),
    may("gives", Texts),
    may("cannot", Named(&Text)),
    may("queue", Text),
];

pub(super) const TABLE: &[Key] =
    &[must("table", Text), must("why", Text), must("reads", Texts), must("rows", List(&Map(ROW)))];
const ROW: &[Key] = &[may("when", Named(&Text)), may("verdict", Text), must("because", Text), may("otherwise", Text)];

pub(super) const ANSWERS: &[Key] = &[must("answers", List(&Map(ANSWER)))];
const ANSWER: &[Key] = &[
    must("answer", Text),
    must("examples", Texts),
    must("say", Say),
    may("covers", Texts),
    may("keywords", Texts),
    may("never", Texts),
    may("offer", Texts),
    may("title", Text),
];
