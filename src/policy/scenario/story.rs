//! What may stand in a scenario file, and how it is read. Every name in it must exist in the pack.

mod agent;
mod item;
mod wishes;

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil;
use serde_yaml::Value;

use crate::policy::calendar::Length;
use crate::policy::demand::{ProofKind, RING_LANDLINE};
use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::flow::{Pack, Verb};
use crate::policy::message::{Channel, Party};
use crate::policy::outcome::Act;
use crate::policy::proof::Vouched;
use crate::policy::recognise;
use crate::policy::world::World;
use crate::policy::yaml::{self, join};

use super::expect::Expectation;
use super::reader::Reader;
use super::whole::{self, Mails, WholeMail};
use super::{Scenario, cast};

pub(super) use item::read_item;

/// When a story begins that does not say when: a Monday morning.
const BEGINS: civil::DateTime = civil::datetime(2026, 3, 2, 9, 0, 0, 0);
/// In `answers`, `task` and `due`: none at all.
pub(super) const NOTHING: &str = "nothing";
/// In `sender`: somebody else sent the mail in the name of its writer.
const ON_BEHALF: &str = "on_behalf";

/// One thing that happens in a story.
#[derive(Debug, Clone)]
pub(super) struct Beat {
    /// Where it stands.
    pub(super) place: Place,
    /// What happens.
    pub(super) what: Happening,
}

#[derive(Debug, Clone)]
pub(super) enum Happening {
    /// Somebody writes.
    Says(Box<Speech>),
    /// Time passes, and what falls due is fired.
    Passes(Length),
    /// An agent does something. `task` is a task's number or act, `case` the ticket's place in the story.
    Acts { agent: String, act: Act, task: Option<String>, case: Option<usize> },
    /// Rows of the directory are now as these say.
    Changes(Value),
    /// All this must be so.
    Expects(Box<Expectation>),
}

/// What somebody writes.
#[derive(Debug, Clone)]
pub(super) struct Speech {
    pub(super) channel: Channel,
    pub(super) from: Party,
    /// How far the mail server vouches for who writes.
    pub(super) vouched: Vouched,
    pub(super) subject: Option<String>,
    pub(super) text: String,
    /// The step whose letter it answers, or [`NOTHING`]; the last letter to the sender when it does not say.
    pub(super) answers: Option<String>,
    /// Whether the door cut something out.
    pub(super) secret_removed: bool,
    /// The mail that the door has read, if it stands in a file of its own.
    pub(super) whole: Option<WholeMail>,
}

/// Reads one file. Faults are noted; a scenario that has one is left out.
pub(super) fn read_file(
    pack: &Pack,
    world: &Arc<World>,
    mails: &Mails,
    (file, text): (&str, &str),
    findings: &mut Vec<Finding>,
) -> Vec<Scenario> {
    let (document, unreadable) = yaml::read(file, text);
    findings.extend(unreadable);
    let Some(document) = document else { return Vec::new() };
    let names = Names::of(pack);
    let mut reader = Reader { document: &document, findings };
    let Some(flow) = tested(pack, file, &mut reader) else { return Vec::new() };
    if !reader.only("", "a scenario file", &["scenarios", "equivalent"]) {
        return Vec::new();
    }
    let Some(count) = reader.count("/scenarios", "`scenarios`") else { return Vec::new() };
    let mut scenarios: Vec<Scenario> = Vec::new();
    for n in 0..count {
        let path = join("/scenarios", n);
        let before = reader.findings.len();
        let mut telling =
            Telling { pack, names: &names, reader: &mut reader, sender: None, world: Arc::clone(world), mails };
        let scenario = telling.scenario(&path, file, &flow, world);
        let sound = reader.findings.len() == before;
        let Some(scenario) = scenario.filter(|_| sound) else { continue };
        if scenarios.iter().any(|other| other.name == scenario.name) {
            let message = format!("`{}` stands twice in this file", scenario.name);
            reader.fault("duplicate-name", &join(&path, "scenario"), message, "give one of them another name");
        }
        scenarios.push(scenario);
    }
    scenarios
}

/// The flow, or the area of answers, that a file tests.
fn tested(pack: &Pack, file: &str, reader: &mut Reader<'_>) -> Option<String> {
    let stem = file.strip_suffix(".scenarios.yaml").unwrap_or(file);
    let name = stem.rsplit('/').next().unwrap_or(stem);
    let beside = format!("{stem}.yaml");
    if pack.flows.contains_key(name) || pack.flows.values().any(|flow| flow.file == beside) {
        return Some(name.to_owned());
    }
    let help = did_you_mean(name, pack.flows.keys().map(String::as_str));
    reader.fault("unknown-flow", "", format!("there is no flow called `{name}` for these scenarios"), help);
    None
}

/// All names that a story may use.
struct Names {
    steps: BTreeSet<String>,
    ids: BTreeSet<String>,
    acts: BTreeSet<String>,
    facts: BTreeSet<String>,
    answers: BTreeSet<String>,
}

impl Names {
    fn of(pack: &Pack) -> Names {
        let steps = || pack.flows.values().flat_map(|flow| flow.steps.iter().map(move |step| (flow, step)));
        let facts = pack.facts.keys().chain(pack.flows.values().flat_map(|flow| flow.facts.keys()));
        Names {
            steps: steps().map(|(flow, step)| format!("{}.{}", flow.name, step.id)).collect(),
            ids: steps().map(|(_, step)| step.id.clone()).collect(),
            acts: steps()
                .flat_map(|(_, step)| match &step.verb {
                    Verb::Task { act, .. } => vec![act.clone()],
                    Verb::Together { tasks } => tasks.iter().map(|task| task.act.clone()).collect(),
                    Verb::Prove { proofs, .. } if proofs.iter().any(|proof| proof.kind == ProofKind::Landline) => {
                        vec![RING_LANDLINE.to_owned()]
                    }
                    _ => Vec::new(),
                })
                .collect(),
            facts: facts.cloned().collect(),
            answers: pack.flows.values().filter(|flow| flow.is_answer).map(|flow| flow.name.clone()).collect(),
        }
    }
}

/// A story under reading.
struct Telling<'a, 'r> {
    pack: &'a Pack,
    names: &'a Names,
    reader: &'a mut Reader<'r>,
    /// Who wrote first: who writes when nobody is named.
    sender: Option<Party>,
    world: Arc<World>,
    /// Whole mails by their paths.
    mails: &'a Mails,
}

impl Telling<'_, '_> {
    fn scenario(&mut self, path: &str, file: &str, flow: &str, world: &Arc<World>) -> Option<Scenario> {
        if !self.reader.only(path, "a scenario", &["scenario", "covers", "now", "story"]) {
            return None;
        }
        let name = self.must(path, "scenario")?;
        let covers = self.reader.texts(path, "covers");
        let covers = covers.or_else(|| self.pack.flows.get(flow).map(|flow| flow.covers.clone())).unwrap_or_default();
        let now = self.moment(path, "now").unwrap_or(BEGINS);
        let story = join(path, "story");
        let count = self.reader.count(&story, "`story`")?;
        let beats: Vec<Beat> = (0..count).filter_map(|n| self.beat(&join(&story, n))).collect();
        if !beats.iter().any(|beat| matches!(beat.what, Happening::Expects(_))) {
            let help = "add `- expect: {…}`";
            self.reader.fault("no-expectation", &story, format!("`{name}` expects nothing, so it cannot fail"), help);
        }
        let speaks = |channel| {
            beats.iter().any(|beat| matches!(&beat.what, Happening::Says(speech) if speech.channel == channel))
        };
        Some(Scenario {
            name,
            file: file.to_owned(),
            flow: flow.to_owned(),
            covers,
            channel: match (speaks(Channel::Mail), speaks(Channel::Chat)) {
                (true, true) => "both",
                (false, true) => "chat",
                (_, false) => "mail",
            },
            now,
            world: Arc::clone(world),
            place: self.reader.place(path),
            story: beats,
        })
    }

    fn beat(&mut self, path: &str) -> Option<Beat> {
        let keys = self.reader.keys(path);
        let kinds = ["mail", "chat", "call", "after", "agent", "directory", "expect"];
        let found: Vec<&str> = kinds.into_iter().filter(|kind| keys.iter().any(|key| key == kind)).collect();
        let what = match found.as_slice() {
            ["mail"] => self.speech(path, Channel::Mail, "mail"),
            ["chat"] => self.speech(path, Channel::Chat, "chat"),
            ["call"] => self.speech(path, Channel::Phone, "call"),
            ["after"] => self.passes(path),
            ["agent"] => self.acts(path),
            ["directory"] => self.changes(path),
            ["expect"] => self.expects(path),
            _ => {
                let message = "each item of a story has one of mail, chat, call, after, agent, directory, expect";
                let help = match keys.first() {
                    Some(key) if found.is_empty() => did_you_mean(key, kinds),
                    _ => "make two items of it".into(),
                };
                self.reader.fault("wrong-kind", path, message, help);
                None
            }
        };
        Some(Beat { place: self.reader.place(path), what: what? })
    }

    fn speech(&mut self, path: &str, channel: Channel, key: &'static str) -> Option<Happening> {
        let known: &[&str] = match channel {
            Channel::Mail => &["mail", "from", "subject", "authenticated", "sender", "answers", "secret_removed"],
            Channel::Chat => &["chat", "from", "secret_removed"],
            Channel::Phone | Channel::Text => &["call", "from", "secret_removed"],
        };
        self.reader.only(path, &format!("`{key}`"), known);
        let in_file = matches!(self.reader.document.get(&join(path, "mail")), Some(Value::Mapping(_)));
        let whole = if in_file { Some(whole::named(self.reader, path, self.mails)?) } else { None };
        let from = self.reader.text(path, "from").map(|from| match channel {
            Channel::Mail => party(&from),
            Channel::Chat => Party::at(from.trim()),
            Channel::Phone | Channel::Text => {
                Party::at(recognise::phone(&from).unwrap_or_else(|| from.trim().to_owned()))
            }
        });
        let written = || whole.as_ref().map(|mail| mail.from.clone());
        let Some(from) = from.or_else(written).or_else(|| self.sender.clone()) else {
            self.reader.fault("missing-key", path, "the first message does not say who writes", "add `from:`");
            return None;
        };
        self.sender.get_or_insert_with(|| from.clone());
        let vouched = self.vouched(path, channel);
        let answers = self.reader.text(path, "answers").and_then(|step| {
            let names = self.names.steps.iter().chain(&self.names.ids).map(String::as_str);
            self.reader.known(&join(path, "answers"), "step", step, names.chain([NOTHING]))
        });
        Some(Happening::Says(Box::new(Speech {
            channel,
            from,
            vouched,
            subject: self.reader.text(path, "subject").or_else(|| whole.as_ref().map(|mail| mail.subject.clone())),
            text: match &whole {
                Some(mail) => mail.text.clone(),
                None => self.reader.text(path, key)?,
            },
            answers,
            secret_removed: self.reader.yes_no(path, "secret_removed").unwrap_or(false)
                || whole.as_ref().is_some_and(|mail| mail.secret_removed),
            whole,
        })))
    }

    /// How far the mail server vouches for who writes: entirely, unless the story says otherwise. It never does for a chat
    /// or a call.
    fn vouched(&mut self, path: &str, channel: Channel) -> Vouched {
        let authentic = self.reader.yes_no(path, "authenticated").unwrap_or(true);
        let sender = self.reader.text(path, "sender");
        let on_behalf = sender.as_deref() == Some(ON_BEHALF);
        if let Some(sender) = sender.filter(|_| !on_behalf) {
            let help = format!("write `{ON_BEHALF}` if somebody else sent the mail in that name, or leave it out");
            let message = format!("`{sender}` is nothing that `sender` can be");
            self.reader.fault("bad-value", &join(path, "sender"), message, help);
        }
        match (channel, authentic, on_behalf) {
            (Channel::Chat | Channel::Phone | Channel::Text, _, _) | (Channel::Mail, false, _) => Vouched::No,
            (Channel::Mail, true, true) => Vouched::OnBehalf,
            (Channel::Mail, true, false) => Vouched::Yes,
        }
    }

    fn passes(&mut self, path: &str) -> Option<Happening> {
        self.reader.only(path, "`after`", &["after"]);
        let written = self.reader.text(path, "after")?;
        let length = Length::parse(&written);
        if length.is_none() {
            let help = "write a length such as `2 hours`, `3 days` or `1 working day`";
            self.reader.fault("bad-length", &join(path, "after"), format!("`{written}` is not a length of time"), help);
        }
        length.map(Happening::Passes)
    }

    fn changes(&mut self, path: &str) -> Option<Happening> {
        self.reader.only(path, "`directory`", &["directory"]);
        let at = join(path, "directory");
        let rows = self.reader.document.get(&at).cloned().unwrap_or(Value::Null);
        match cast::changed(&self.world, &rows) {
            Ok(world) => {
                self.world = Arc::new(world);
                Some(Happening::Changes(rows))
            }
            Err(faults) => {
                for fault in faults {
                    self.reader.fault("bad-directory", &at, fault, "the rows are written as in `world.yaml`");
                }
                None
            }
        }
    }

    fn moment(&mut self, path: &str, key: &str) -> Option<civil::DateTime> {
        let written = self.reader.text(path, key)?;
        let moment = civil::DateTime::strptime("%Y-%m-%d %H:%M", written.trim()).ok();
        if moment.is_none() {
            let message = format!("`{written}` is not a day and a time");
            self.reader.fault("bad-date", &join(path, key), message, "write it like `2026-03-02 09:00`");
        }
        moment
    }

    /// A text that must be there.
    fn must(&mut self, path: &str, key: &str) -> Option<String> {
        if !self.reader.has(path, key) {
            self.reader.fault("missing-key", path, format!("`{key}` is missing"), format!("add `{key}:`"));
            return None;
        }
        self.reader.text(path, key)
    }
}

/// `Amy Field <amy@home.example>`, or an address alone.
fn party(written: &str) -> Party {
    match written.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, address)) => {
            let name = name.trim().trim_matches('"').trim();
            Party {
                address: address.trim().to_lowercase(),
                name: Some(name.to_owned()).filter(|name| !name.is_empty()),
            }
        }
        None => Party::at(written.trim().to_lowercase()),
    }
}
