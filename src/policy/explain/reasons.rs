//! Why a line of a story is so: the line of the policy, where the decision led, what the other verdicts would have needed,
//! and why a letter went to whom.

use crate::policy::flow::{Flow, Goto, Verb};
use crate::policy::outcome::Trace;
use crate::policy::wording::{self, choices};

use super::words::Words;

impl Words<'_> {
    /// The reasons for a line. `before` is what the same event traced before it. None, when they are not asked for.
    pub(super) fn because(&self, line: &Trace, before: &[Trace]) -> Vec<String> {
        if self.files.is_none() {
            return Vec::new();
        }
        match line {
            Trace::Entered { step, .. } => self.place(step).into_iter().collect(),
            Trace::Skipped { step, when, .. } => {
                let flow = step.split_once('.').map_or("", |(flow, _)| flow);
                let needs = format!("It would have needed: {}.", wording::guard(self.pack, flow, when));
                self.place(step).into_iter().chain([needs]).collect()
            }
            Trace::Decided { step, rule, verdict, others, .. } => self.decided(step, rule, verdict, others),
            Trace::Letter { to, .. } => vec![self.addressed(to, before)],
            _ => Vec::new(),
        }
    }

    /// Where a step stands.
    fn place(&self, step: &str) -> Option<String> {
        let (_, found) = self.step(step)?;
        Some(format!("Written in {}, line {}.", found.place.file, found.place.line))
    }

    /// Where a verdict stands and led, and what the others would have needed.
    fn decided(&self, step: &str, rule: &str, verdict: &str, others: &[String]) -> Vec<String> {
        let Some((flow, found)) = self.step(step) else { return Vec::new() };
        let (stem, function) = rule.split_once('.').unwrap_or((rule, ""));
        let file = format!("rules/{stem}.rhai");
        let source = self.files.and_then(|files| files.get(&file)).map_or("", String::as_str);
        let choices = choices(source, function);
        let leads = |verdict: &str| match &found.verb {
            Verb::Decide { cases, .. } => cases.get(verdict).map(|to| goes(flow, *to)),
            _ => None,
        };
        let mut lines: Vec<String> = self.place(step).into_iter().collect();
        let own = choices.iter().find(|choice| choice.verdict == verdict);
        let line = own.map_or_else(String::new, |choice| format!(" ({file}, line {})", choice.line));
        let to = leads(verdict).map_or_else(String::new, |to| format!(" led to {to}"));
        lines.push(format!("The verdict {verdict}{line}{to}."));
        for choice in choices.iter().filter(|choice| others.contains(&choice.verdict)) {
            let needs: Vec<String> =
                choice.needs.iter().map(|needs| wording::guard(self.pack, &flow.name, needs)).collect();
            let needs =
                if needs.is_empty() { "that nothing before it applied".to_owned() } else { needs.join(", and ") };
            let to = leads(&choice.verdict).map_or_else(String::new, |to| format!(", and would have led to {to}"));
            let (verdict, line) = (&choice.verdict, choice.line);
            lines.push(format!("The verdict {verdict} ({file}, line {line}) would have needed: {needs}{to}."));
        }
        lines
    }

    /// Why a letter went to whom it went.
    fn addressed(&self, to: &str, before: &[Trace]) -> String {
        let step = before.iter().rev().find_map(|line| match line {
            Trace::Entered { step, .. } => Some(step.as_str()),
            _ => None,
        });
        let escalates = |name: &str| {
            self.step(name)
                .is_some_and(|(_, step)| matches!(&step.verb, Verb::Escalate { contact, .. } if contact == to))
        };
        let contact = self.pack.desk.contacts.get(to);
        match (contact, step) {
            (Some(contact), Some(step)) if escalates(step) => {
                format!("To {}, because step {step} escalates to that contact.", contact.mail)
            }
            (Some(contact), _) => format!("To {}, because the request was escalated to that contact.", contact.mail),
            (None, Some(step)) => {
                format!("To whoever made the request, because step {step} speaks to them and names nobody else.")
            }
            (None, None) => {
                "To whoever made the request: it answers what they wrote, or tells them of a change.".into()
            }
        }
    }
}

fn goes(flow: &Flow, to: Goto) -> String {
    match to {
        Goto::Step(at) => flow.steps.get(at).map_or_else(String::new, |step| format!("step {}.{}", flow.name, step.id)),
        Goto::End(ending) => format!("the end: {}", wording::ending(ending)),
    }
}
