//! Checks the steps of a flow one by one and makes [`Step`]s of them.

use std::collections::{BTreeMap, BTreeSet};

use super::guard::{self, Guard};
use super::scope::Scope;
use super::texts::{self, Reading};
use super::verbs;
use super::words::{self, NOT_YET_KEYS, VERBS};
use super::{lists, names, others, values};
use crate::policy::draft::StepDraft;
use crate::policy::finding::{Finding, Place, did_you_mean};
use crate::policy::flow::{Ending, Goto, Say, Step, Verb};
use crate::policy::rules::{Expression, RuleBook};
use crate::policy::text::Template;
use crate::policy::yaml::{Document, join};

/// Steps that were made, with what they read.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub steps: Vec<Step>,
    pub readings: Vec<StepReadings>,
    /// Whether the flow can be walked: no step is broken, and each leads somewhere.
    pub sound: bool,
}

/// What one step reads, in order: its guard, what it says, what it does.
#[derive(Debug, Default)]
pub(super) struct StepReadings {
    pub guard: Option<Guard>,
    pub says: Vec<Reading>,
    pub does: Vec<Reading>,
    /// Optional fields that a look-up makes known, because it matched them.
    pub matched: Vec<String>,
}

/// All that a step is checked against.
pub(super) struct Surroundings<'a> {
    pub document: &'a Document,
    pub scope: Scope<'a>,
    pub rules: &'a RuleBook,
    /// Stems of scripts that did not compile.
    pub broken_rules: &'a BTreeSet<String>,
}

/// One step at work.
pub(super) struct StepCheck<'a> {
    pub around: &'a Surroundings<'a>,
    pub draft: &'a StepDraft,
    pub path: String,
    pub index: usize,
    pub ids: &'a BTreeMap<String, usize>,
    pub count: usize,
    pub findings: &'a mut Vec<Finding>,
    pub sound: bool,
    pub reads: StepReadings,
}

/// Checks all steps of a flow.
pub(super) fn check(around: &Surroundings, drafts: &[StepDraft], findings: &mut Vec<Finding>) -> Made {
    let mut made = Made { sound: true, ..Made::default() };
    let verbs: Vec<Option<&'static str>> = (0..drafts.len()).map(|n| verb_of(around.document, n, findings)).collect();
    let ids = ids(around.document, drafts, &verbs, findings, &mut made.sound);
    let by_id: BTreeMap<String, usize> = ids.iter().enumerate().rev().map(|(n, id)| (id.clone(), n)).collect();
    for (index, draft) in drafts.iter().enumerate() {
        let path = join("/steps", index);
        let around = &lists::within(around, draft);
        let mut step = StepCheck {
            around,
            draft,
            path,
            index,
            ids: &by_id,
            count: drafts.len(),
            findings,
            sound: true,
            reads: StepReadings::default(),
        };
        let step_made = step.run(verbs.get(index).copied().flatten(), ids.get(index).cloned().unwrap_or_default());
        made.sound &= step.sound;
        made.readings.push(step.reads);
        made.steps.push(step_made);
    }
    made
}

fn keys<'a>(document: &'a Document, path: &str) -> Vec<&'a str> {
    let map = document.get(path).and_then(|value| value.as_mapping());
    map.map(|map| map.keys().filter_map(|key| key.as_str()).collect()).unwrap_or_default()
}

/// The one verb of a step; `None` when there is none, or too many.
fn verb_of(document: &Document, index: usize, findings: &mut Vec<Finding>) -> Option<&'static str> {
    let path = join("/steps", index);
    let present = keys(document, &path);
    let verbs: Vec<&'static str> = VERBS.into_iter().filter(|verb| present.contains(verb)).collect();
    match verbs.as_slice() {
        [] if present.contains(&"say") => Some("say"),
        [] => {
            if document.get(&path).is_some_and(serde_yaml::Value::is_mapping) {
                let near = present.iter().find_map(|key| crate::policy::finding::nearest(key, VERBS));
                let help = match near {
                    Some(verb) => format!("did you mean `{verb}`?"),
                    None => format!("add one of: say, {}", VERBS.join(", ")),
                };
                findings.push(Finding::error("no-verb", document.place(&path), "this step does nothing", help));
            }
            None
        }
        [verb] => Some(verb),
        [..] => {
            let mut places: Vec<(Place, &str)> =
                verbs.iter().map(|verb| (document.key_place(&join(&path, verb)), *verb)).collect();
            places.sort();
            if let [(_, first), (place, second), ..] = places.as_slice() {
                let message = format!("this step does two things, `{first}` and `{second}`");
                findings.push(Finding::error("two-verbs", place.clone(), message, "make two steps of it"));
            }
            None
        }
    }
}

/// The name of every step: its own, or the one it gets from its verb.
fn ids(
    document: &Document,
    drafts: &[StepDraft],
    verbs: &[Option<&'static str>],
    findings: &mut Vec<Finding>,
    sound: &mut bool,
) -> Vec<String> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut ids = Vec::new();
    for (index, draft) in drafts.iter().enumerate() {
        let path = join("/steps", index);
        let verb = verbs.get(index).copied().flatten();
        let id = match &draft.id {
            Some(id) => {
                names::check_form("step", id, document.place(&join(&path, "id")), findings);
                id.clone()
            }
            None => {
                words::default_id(draft, verb).unwrap_or_else(|| format!("{}_{}", verb.unwrap_or("step"), index + 1))
            }
        };
        if let Some(first) = seen.get(&id) {
            *sound = false;
            let line = document.place(&join("/steps", first)).line;
            let place = document.place(&if draft.id.is_some() { join(&path, "id") } else { path });
            let message = format!("two steps are called `{id}`; the first is on line {line}");
            findings.push(Finding::error("duplicate-step", place, message, "give this one an `id` of its own"));
        }
        seen.entry(id.clone()).or_insert(index);
        ids.push(id);
    }
    ids
}

impl StepCheck<'_> {
    fn run(&mut self, verb: Option<&'static str>, id: String) -> Step {
        self.check_keys(verb);
        let when = self.guard();
        let each = lists::each(self);
        self.sound &= each.is_some() || self.draft.each.is_none();
        let say = self.say();
        let to = others::parties(self, verb == Some("ask"));
        let made = verb.and_then(|verb| verbs::make(self, verb, each.as_ref()));
        self.sound &= made.is_some();
        let verb = made.unwrap_or(Verb::Say);
        let then = match &self.draft.then {
            Some(to) => self.goto("then", to),
            None if self.index + 1 < self.count => Goto::Step(self.index + 1),
            None => Goto::End(Ending::Resolved),
        };
        let otherwise = self.draft.otherwise.as_ref().map(|to| self.goto("otherwise", to));
        let mut step = Step {
            id,
            when,
            say,
            to,
            each,
            verb,
            then,
            otherwise,
            within: None,
            remind: vec![],
            place: self.place_of_step(),
        };
        self.wait(&mut step);
        step
    }

    /// Adds a finding behind which the flow cannot be walked.
    pub(super) fn spoil(&mut self, finding: Finding) {
        self.sound = false;
        self.findings.push(finding);
    }

    /// The path of a part of this step, such as `cases/yes`.
    pub(super) fn at(&self, part: &str) -> String {
        format!("{}/{part}", self.path)
    }

    pub(super) fn place(&self, key: &str) -> Place {
        self.around.document.place(&self.at(key))
    }

    pub(super) fn key_place(&self, key: &str) -> Place {
        self.around.document.key_place(&self.at(key))
    }

    pub(super) fn place_of_step(&self) -> Place {
        self.around.document.place(&self.path)
    }

    fn check_keys(&mut self, verb: Option<&'static str>) {
        let document = self.around.document;
        let Some(verb) = verb else { return };
        for key in keys(document, &self.path) {
            if NOT_YET_KEYS.contains(&key) {
                let message = format!("`{key}` is part of the language, but this version cannot run it yet");
                let finding = Finding::error("not-yet", self.key_place(key), message, "hand over to a person here");
                self.spoil(finding);
            } else if key == "then" && verb == "decide" && self.draft.each.is_some() {
                // A step that sorts a list goes on.
            } else if words::is_known(key) && !words::belongs(key, verb, self.draft.say.is_some()) {
                let message = format!("`{key}` does not belong to `{verb}`");
                let help = words::where_it_belongs(key);
                self.findings.push(Finding::error("key-not-here", self.key_place(key), message, help));
            }
        }
    }

    fn guard(&mut self) -> Option<Expression> {
        let source = self.draft.when.as_ref()?;
        let expression = self.expression("when", source)?;
        let read = |at: usize| self.around.document.place_in(&self.at("when"), source, at);
        self.reads.guard = Some(guard::read(source, &expression, read));
        Some(expression)
    }

    /// A line that is yes or no.
    pub(super) fn expression(&mut self, key: &str, source: &str) -> Option<Expression> {
        let word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        let mut roots = source.split(|c| !word(c)).filter_map(|path| path.split('.').next());
        let scope = &self.around.scope;
        if roots.any(|root| scope.type_of(root).is_none() && scope.is_later(root)) {
            self.sound = false;
            return None;
        }
        let place = self.place(key);
        let made = super::with_names(scope, |known| self.around.rules.expression(source, place, known));
        match made {
            Ok(expression) => Some(expression),
            Err(findings) => {
                self.sound = false;
                self.findings.extend(findings);
                None
            }
        }
    }

    fn say(&mut self) -> Option<Say> {
        let draft = self.draft.say.as_ref()?;
        let mail = self.text("say/mail", &draft.mail)?;
        let chat = draft.chat.as_ref().and_then(|text| self.text("say/chat", text));
        let subject = self.draft.subject.as_ref().and_then(|text| {
            if text.trim_end().contains('\n') {
                let message = "a subject is one line";
                self.findings.push(Finding::error(
                    "subject-lines",
                    self.place("subject"),
                    message,
                    "write it in one line",
                ));
            }
            self.text("subject", text)
        });
        Some(Say { mail, chat, subject })
    }

    fn text(&mut self, key: &str, source: &str) -> Option<Template> {
        let (template, readings) = self.template(key, source)?;
        self.reads.says.extend(readings);
        Some(template)
    }

    /// A text of this step, with what it reads.
    pub(super) fn template(&mut self, key: &str, source: &str) -> Option<(Template, Vec<Reading>)> {
        let Surroundings { document, scope, .. } = self.around;
        let path = self.at(key);
        let template = texts::template(document, &path, source, self.findings)?;
        let readings = texts::check_holes(document, &path, source, &template, scope, self.findings);
        Some((template, readings))
    }

    /// Where a destination leads.
    pub(super) fn goto(&mut self, key: &str, to: &str) -> Goto {
        if let Some(ending) = Ending::named(to) {
            return Goto::End(ending);
        }
        if let Some(index) = self.ids.get(to) {
            return Goto::Step(*index);
        }
        let endings = ["resolved", "refused", "unanswered", "agent"];
        let help = if self.around.scope.lexicon.flows.names.contains(to) {
            format!("`{to}` is a flow; a flow is run: make a step `run: {to}`")
        } else {
            did_you_mean(to, self.ids.keys().map(String::as_str).chain(endings))
        };
        let message = format!("there is no step `{to}` in this flow");
        self.spoil(Finding::error("unknown-step", self.place(key), message, help));
        Goto::End(Ending::Agent)
    }

    /// Fills in how long a step waits for people outside. An agent's task has no end of its own.
    fn wait(&mut self, step: &mut Step) {
        let limits = &self.around.scope.desk.limits;
        let document = self.around.document;
        let (path, place_of_within) = (self.at("remind"), self.place("within"));
        let within = self.draft.within.as_ref();
        let within = within.and_then(|text| values::length(text, limits, || place_of_within, self.findings));
        let place = |n: usize| document.place(&join(&path, n));
        let remind: Vec<_> = self.draft.remind.iter().enumerate().collect();
        let remind: Vec<_> = remind
            .into_iter()
            .filter_map(|(n, text)| values::length(text, limits, || place(n), self.findings))
            .collect();
        let patience = &self.around.scope.desk.patience;
        match step.verb {
            Verb::Ask { .. } if step.asks_others() => {
                if step.otherwise.is_none() {
                    let message = "somebody else is asked here, and there is no `otherwise` for their silence";
                    let help = "add `otherwise:` with a step or an ending";
                    let place = self.key_place("to");
                    self.spoil(Finding::error("missing-otherwise", place, message, help));
                }
            }
            Verb::Ask { .. } | Verb::Confirm { .. } => {
                step.otherwise = step.otherwise.or(Some(Goto::End(patience.otherwise)));
            }
            Verb::LookUp { .. } | Verb::Prove { .. } => {}
            Verb::Wait { length, .. } => {
                values::check_reminders(length, &remind, place, self.findings);
                step.remind = remind;
                step.within = Some(length);
                return;
            }
            Verb::Task { .. } | Verb::Together { .. } => {
                step.within = within;
                return;
            }
            Verb::Say
            | Verb::Decide { .. }
            | Verb::HandOver { .. }
            | Verb::Escalate { .. }
            | Verb::Record { .. }
            | Verb::Run { .. } => return,
        }
        // A wait that the author has set gets no reminders of the desk's: they could lie behind its end.
        step.remind = match (within, remind.is_empty()) {
            (None, true) => patience.remind.clone(),
            (_, _) => remind,
        };
        let within = within.unwrap_or(patience.within);
        if !self.draft.remind.is_empty() {
            values::check_reminders(within, &step.remind, place, self.findings);
        }
        step.within = Some(within);
    }
}
