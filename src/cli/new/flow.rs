//! The new flow: what was said about it, and its file.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::flow::{Pack, Verb};
use crate::policy::scenario::keyed;

/// What was said about a new flow.
#[derive(Debug, Clone, Default)]
pub(super) struct Plan {
    pub(super) name: String,
    pub(super) title: String,
    pub(super) why: String,
    pub(super) area: String,
    pub(super) queue: String,
    pub(super) targets: Option<String>,
    pub(super) ask: Vec<Question>,
    pub(super) work: Work,
    pub(super) say: String,
    pub(super) examples: Vec<String>,
}

/// A fact that is asked for.
#[derive(Debug, Clone)]
pub(super) struct Question {
    pub(super) name: String,
    /// The question, for a fact that the flow declares itself.
    pub(super) words: Option<String>,
}

/// What a person does.
#[derive(Debug, Clone, Default)]
pub(super) enum Work {
    /// Nothing: the desk answers by itself.
    #[default]
    None,
    /// An agent takes over.
    TakenOver,
    /// A task, behind which the flow goes on.
    Task { act: String, instruction: String, gives: Vec<String> },
}

impl Plan {
    /// With plain words where none were said.
    pub(super) fn filled(mut self) -> Plan {
        let or = |text: &mut String, plain: String| {
            if text.trim().is_empty() {
                *text = plain;
            }
        };
        let title = sentence(&self.title);
        or(&mut self.why, format!("So that everybody is helped in the same way with: {title}."));
        if self.examples.is_empty() {
            self.examples = vec![title.clone(), format!("I need help with this: {title}")];
        }
        match &mut self.work {
            Work::None => or(&mut self.say, "Thank you for writing. This is done.".into()),
            Work::TakenOver => or(&mut self.say, "Thank you. A colleague reads this and answers you.".into()),
            Work::Task { act, instruction, .. } => {
                or(&mut self.say, "This is done now.".into());
                or(instruction, format!("Please {} for this person.", act.replace('_', " ")));
            }
        }
        self
    }

    /// The file.
    pub(super) fn yaml(&self) -> String {
        let mut lines = vec![
            keyed("flow", &self.name),
            keyed("title", &self.title),
            keyed("why", &self.why),
            keyed("queue", &self.queue),
        ];
        lines.extend(self.targets.as_ref().map(|set| keyed("targets", set)));
        lines.extend(["starts:".to_owned(), "  examples:".to_owned()]);
        lines.extend(self.examples.iter().map(|example| item(&keyed("", example))));
        let own: Vec<&Question> = self.ask.iter().filter(|question| question.words.is_some()).collect();
        if !own.is_empty() {
            lines.push("facts:".into());
            for question in own {
                lines.push(format!("  {}:", question.name));
                lines.push(format!("    {}", keyed("ask", question.words.as_deref().unwrap_or_default())));
                lines.push("    type: short_text".into());
            }
        }
        lines.push("steps:".into());
        lines.extend(self.steps());
        lines.join("\n") + "\n"
    }

    fn steps(&self) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.ask.is_empty() {
            let names: Vec<&str> = self.ask.iter().map(|question| question.name.as_str()).collect();
            lines.push(format!("  - ask: [{}]", names.join(", ")));
        }
        match &self.work {
            Work::None => {}
            Work::TakenOver => {
                lines.push(format!("  - hand_over: {}", self.queue));
                lines.push(set_in(&keyed("say", &self.say)));
                return lines;
            }
            Work::Task { act, instruction, gives } => {
                lines.push(format!("  - task: {act}"));
                lines.push(set_in(&keyed("do", instruction)));
                if !gives.is_empty() {
                    lines.push(format!("    gives: [{}]", gives.join(", ")));
                }
                lines.push("    otherwise: agent".into());
            }
        }
        let say = set_in(&keyed("say", &self.say));
        lines.push(format!("  -{}", say.get(3..).unwrap_or_default()));
        lines.push("    then: resolved".into());
        lines
    }
}

/// A title within a sentence: `A lost laptop` is `a lost laptop`, `NHSmail` stays.
fn sentence(title: &str) -> String {
    let mut chars = title.chars();
    match (chars.next(), chars.clone().next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first.to_lowercase().chain(chars).collect(),
        _ => title.to_owned(),
    }
}

/// An item of a list, from a key without a name.
fn item(keyed: &str) -> String {
    let text = keyed.strip_prefix(": ").unwrap_or(keyed);
    format!("    - {}", text.replace('\n', "\n    "))
}

fn set_in(keyed: &str) -> String {
    let lines: Vec<String> =
        keyed.lines().map(|line| if line.is_empty() { String::new() } else { format!("    {line}") }).collect();
    lines.join("\n")
}

/// `A lost laptop` is `a_lost_laptop`.
pub(super) fn name_of(title: &str) -> String {
    let plain: String =
        title.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { ' ' }).collect();
    let mut words: Vec<&str> = plain.split_whitespace().collect();
    if words.len() > 1 && matches!(words.first(), Some(&("a" | "an" | "the"))) {
        words.remove(0);
    }
    let mut name = words.join("_");
    name.truncate(40);
    name.trim_end_matches('_').to_owned()
}

/// The areas that there are.
pub(super) fn areas(pack: &Pack) -> Vec<String> {
    let area = |file: &str| Some(file.strip_prefix("flows/")?.split_once('/')?.0.to_owned());
    let areas: BTreeSet<String> =
        pack.flows.values().filter(|flow| !flow.is_answer).filter_map(|flow| area(&flow.file)).collect();
    areas.into_iter().filter(|area| area != "answers").collect()
}

/// What is promised to most requests of a queue.
pub(super) fn usual_targets(pack: &Pack, queue: &str) -> Option<String> {
    let mut sets: BTreeMap<&str, usize> = BTreeMap::new();
    for set in pack.flows.values().filter(|flow| flow.queue == queue).filter_map(|flow| flow.targets.as_deref()) {
        *sets.entry(set).or_default() += 1;
    }
    let most = sets.into_iter().max_by_key(|(_, flows)| *flows).map(|(set, _)| set.to_owned());
    most.or_else(|| pack.flows.get("triage").and_then(|flow| flow.targets.clone()))
}

/// Every act that agents are asked to do in some flow.
pub(super) fn acts(pack: &Pack) -> Vec<String> {
    let acts: BTreeSet<&String> = tasks(pack).map(|(act, _)| act).collect();
    acts.into_iter().cloned().collect()
}

/// The facts that an act gives wherever it is done.
pub(super) fn gives(pack: &Pack, act: &str) -> Vec<String> {
    tasks(pack).find(|(known, _)| *known == act).map(|(_, gives)| gives.clone()).unwrap_or_default()
}

fn tasks(pack: &Pack) -> impl Iterator<Item = (&String, &Vec<String>)> {
    pack.flows.values().flat_map(|flow| &flow.steps).flat_map(|step| match &step.verb {
        Verb::Task { act, gives, .. } => vec![(act, gives)],
        Verb::Together { tasks } => tasks.iter().map(|task| (&task.act, &task.gives)).collect(),
        _ => Vec::new(),
    })
}
