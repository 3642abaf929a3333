//! Checks the tasks of a `together`, each as a task is checked elsewhere.

use super::lists;
use super::steps::{StepCheck, StepReadings};
use super::verbs::{missing_otherwise, terms};
use crate::policy::finding::Finding;
use crate::policy::flow::{JointTask, Verb};

/// How many tasks stand together at most.
const MOST: usize = 10;

/// Makes the verb; `None` when one of the tasks cannot be made.
pub(super) fn together(step: &mut StepCheck) -> Option<Verb> {
    if step.draft.otherwise.is_none() {
        missing_otherwise(step, "together", "one of the tasks may not be possible");
    }
    let drafts = &step.draft.together;
    if !(2..=MOST).contains(&drafts.len()) {
        let message = format!("{} tasks stand together here; 2 to {MOST} can", drafts.len());
        let help = "write one task as a step of its own, and give more in two steps";
        step.spoil(Finding::error("together-count", step.key_place("together"), message, help));
        return None;
    }
    let mut tasks = Vec::new();
    for (n, draft) in drafts.iter().enumerate() {
        let around = &lists::within(step.around, draft);
        let mut inner = StepCheck {
            around,
            draft,
            path: step.at(&format!("together/{n}")),
            index: step.index,
            ids: step.ids,
            count: step.count,
            findings: step.findings,
            sound: true,
            reads: StepReadings::default(),
        };
        let each = lists::each(&mut inner);
        let made = terms(&mut inner, each.as_ref());
        let good = inner.sound && (each.is_some() || draft.each.is_none());
        let reads = std::mem::take(&mut inner.reads);
        step.sound &= good;
        step.reads.does.extend(reads.says);
        step.reads.does.extend(reads.does);
        step.reads.matched.extend(reads.matched);
        if let Some(Verb::Task { act, instruction, gives, cannot, queue }) = made {
            tasks.push(JointTask { each, act, instruction, gives, cannot, queue });
        }
    }
    (tasks.len() == drafts.len()).then_some(Verb::Together { tasks })
}
