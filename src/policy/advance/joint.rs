//! Tasks that are given at once: those of a `together`, and a task for every entry of a list. The step is done when all
//! are; one that cannot be done withdraws the others, unless only its entry is left out.

use std::collections::BTreeMap;

use crate::policy::facts::Value;
use crate::policy::flow::{Each, Flow, Goto, Step, Verb};
use crate::policy::outcome::Trace;
use crate::policy::text::Template;
use crate::policy::ticket::{About, Joint, State, Task, TaskStatus, Waiting};

use super::steps::After;
use super::work::Work;

/// A task of a step, wherever it is written.
struct Terms<'s> {
    each: Option<&'s Each>,
    act: &'s str,
    instruction: &'s Template,
    gives: &'s [String],
    cannot: &'s BTreeMap<String, Goto>,
    queue: Option<&'s String>,
}

/// The tasks of a step that gives several: all of a `together`, or the one that goes through a list.
fn terms(step: &Step) -> Vec<Terms<'_>> {
    match &step.verb {
        Verb::Together { tasks } => tasks
            .iter()
            .map(|task| Terms {
                each: task.each.as_ref(),
                act: &task.act,
                instruction: &task.instruction,
                gives: &task.gives,
                cannot: &task.cannot,
                queue: task.queue.as_ref(),
            })
            .collect(),
        Verb::Task { act, instruction, gives, cannot, queue } => {
            vec![Terms { each: step.each.as_ref(), act, instruction, gives, cannot, queue: queue.as_ref() }]
        }
        _ => Vec::new(),
    }
}

impl Work<'_> {
    /// Gives all tasks of a step. With nobody to give them for it is done at once.
    pub(super) fn give_tasks(&mut self, flow: &Flow, step: &Step) -> After {
        if let Some(task) = terms(step).iter().find(|task| !self.may_act(task.act, &BTreeMap::new())) {
            return self.not_allowed(&format!("{}.{}", flow.name, step.id), task.act);
        }
        let first = self.ticket.tasks.last().map_or(1, |task| task.number + 1);
        let done = self.done_before(step);
        let mut given: Vec<Task> = Vec::new();
        for (part, task) in terms(step).into_iter().enumerate() {
            let places: Vec<Option<usize>> = match task.each {
                Some(each) => self.entries(each).into_iter().map(Some).collect(),
                None => vec![None],
            };
            for place in places {
                let about = place.zip(task.each).map(|(at, each)| About { list: each.list.clone(), at });
                if done.contains(&(part, place)) {
                    continue;
                }
                let words = match (place, task.each) {
                    (Some(at), Some(each)) => self.with_entry(each, at, |work| work.render(task.instruction)),
                    _ => self.render(task.instruction),
                };
                let instruction = match words {
                    Ok(words) => words,
                    Err(failure) => return self.text_failed(&failure),
                };
                let skip = task.each.iter().flat_map(|each| &each.skip);
                given.push(Task {
                    number: first + u32::try_from(given.len()).unwrap_or(u32::MAX),
                    act: task.act.to_owned(),
                    instruction,
                    queue: task.queue.unwrap_or(&flow.queue).clone(),
                    given: self.now,
                    gives: task.gives.to_vec(),
                    cannot: task.cannot.keys().chain(skip).cloned().collect(),
                    status: TaskStatus::Open,
                    joint: Some(Joint { first, part, about }),
                });
            }
        }
        let Some(queue) = given.first().map(|task| task.queue.clone()) else { return After::Go(step.then) };
        for task in &given {
            let what = format!("given to {}", task.queue);
            self.trace(Trace::Task { number: task.number, act: task.act.clone(), what });
        }
        let acts: Vec<&str> = given.iter().map(|task| task.act.as_str()).collect();
        let because = format!("agents have {} things to do: {}", acts.len(), counted(&acts));
        self.ticket.queue = queue;
        self.wait_for(Waiting::Tasks { tasks: given.iter().map(|task| task.number).collect() });
        self.ticket.tasks.extend(given);
        self.set_state(State::WithTask, because);
        After::Stop
    }

    /// What was done already of a step that is taken up again where an agent had stopped it.
    fn done_before(&self, step: &Step) -> Vec<(usize, Option<usize>)> {
        if !self.resumes {
            return Vec::new();
        }
        let acts: Vec<&str> = terms(step).iter().map(|task| task.act).collect();
        let latest =
            self.ticket.tasks.iter().rev().find(|task| task.joint.is_some() && acts.contains(&task.act.as_str()));
        let Some(latest) = latest.and_then(|task| task.joint.as_ref()) else { return Vec::new() };
        let same = |joint: &&Joint| joint.first == latest.first;
        let over = self.ticket.tasks.iter().filter(|task| matches!(task.status, TaskStatus::Done(_)));
        let joints = over.filter_map(|task| task.joint.as_ref()).filter(same);
        joints.map(|joint| (joint.part, joint.about.as_ref().map(|about| about.at))).collect()
    }

    /// A task that was given with others is done: what it gives belongs to its entry, and the last one goes on.
    pub(super) fn joint_done(&mut self, agent: &str, number: u32, values: Vec<(String, Value)>) {
        let Some(joint) = self.joint(number) else { return };
        match joint.about {
            Some(about) => {
                for (fact, value) in &values {
                    self.trace_said_by(agent, fact, value);
                }
                self.change_list(&about.list, |listed| {
                    if let Some(entry) = listed.entries.get_mut(about.at) {
                        entry.fields.extend(values);
                    }
                });
            }
            None => self.set_by(agent, values),
        }
        self.settle(number, TaskStatus::Done(agent.to_owned()), "done");
        self.go_on_when_all_are_done();
    }

    /// A task that was given with others cannot be done.
    pub(super) fn joint_cannot(&mut self, agent: &str, number: u32, reason: &str) {
        let (Some(joint), Some((_, step))) = (self.joint(number), self.step()) else {
            self.refuse("The flow has gone on without this task.");
            return;
        };
        let all = terms(step);
        let Some(task) = all.get(joint.part) else {
            self.refuse("The flow has gone on without this task.");
            return;
        };
        let status = TaskStatus::Cannot(agent.to_owned(), reason.to_owned());
        self.settle(number, status, &format!("could not be done: {reason}"));
        if let (Some(about), true) = (&joint.about, task.each.is_some_and(|each| each.skip.contains(reason))) {
            let mut who = String::new();
            self.change_list(&about.list, |listed| {
                if let Some(entry) = listed.entries.get_mut(about.at) {
                    entry.skipped = Some(reason.to_owned());
                    who = entry.name();
                }
            });
            self.note(format!("{who} is left out: {reason}."));
            // Nothing more is done for one who is left out.
            self.withdraw(|joint| joint.about.as_ref() == Some(about));
            self.go_on_when_all_are_done();
            return;
        }
        let named = task.cannot.get(reason).copied();
        self.withdraw_tasks();
        self.wait_for(Waiting::Nothing);
        self.follow(named.or(step.otherwise).unwrap_or(Goto::End(crate::policy::flow::Ending::Agent)));
    }

    fn go_on_when_all_are_done(&mut self) {
        let open = self.ticket.tasks.iter().find(|task| task.status == TaskStatus::Open && task.joint.is_some());
        if let Some(queue) = open.map(|task| task.queue.clone()) {
            // The ticket stands where there is still something to do.
            self.ticket.queue = queue;
            return;
        }
        self.wait_for(Waiting::Nothing);
        if let Some((_, step)) = self.step() {
            self.follow(step.then);
        }
    }

    /// What a task is one of.
    pub(super) fn joint(&self, number: u32) -> Option<Joint> {
        self.ticket.tasks.iter().find(|task| task.number == number)?.joint.clone()
    }

    fn settle(&mut self, number: u32, status: TaskStatus, what: &str) {
        let Some(task) = self.ticket.tasks.iter_mut().find(|task| task.number == number) else { return };
        task.status = status;
        let act = task.act.clone();
        self.trace(Trace::Task { number, act, what: what.to_owned() });
    }

    fn withdraw(&mut self, which: impl Fn(&Joint) -> bool) {
        let open = self.ticket.tasks.iter().filter(|task| task.status == TaskStatus::Open);
        let numbers: Vec<u32> =
            open.filter(|task| task.joint.as_ref().is_some_and(&which)).map(|task| task.number).collect();
        for number in numbers {
            self.settle(number, TaskStatus::Withdrawn, "withdrawn");
        }
    }
}

/// Acts with how often each is given: `create_account three times`.
fn counted(acts: &[&str]) -> String {
    let mut once: Vec<&str> = acts.to_vec();
    once.dedup();
    let told = once.iter().map(|act| match acts.iter().filter(|other| *other == act).count() {
        1 => (*act).to_owned(),
        many => format!("{act} ({many} times)"),
    });
    told.collect::<Vec<_>>().join(", ")
}
