//! What an agent does to a ticket. An act that is not possible is refused with a sentence for the agent.

use crate::policy::facts::Value;
use crate::policy::flow::{Ending, Goto, Verb};
use crate::policy::outcome::{Act, Trace, Wanted};
use crate::policy::recognise;
use crate::policy::ticket::{Known, Purpose, Source, State, TaskStatus, Waiting};

use super::work::Work;

impl Work<'_> {
    /// An agent did something.
    pub(super) fn act(&mut self, agent: &str, act: &Act) {
        let after_the_end = matches!(
            act,
            Act::Reopen
                | Act::Note { .. }
                | Act::Reply { .. }
                | Act::Undelivered { .. }
                | Act::EscalationAnswered { .. }
        );
        if self.ticket.state.is_closed() && !after_the_end {
            self.refuse(format!("{} is closed. Reopen it first.", self.ticket.reference));
            return;
        }
        self.actor = Some(agent.to_owned());
        self.note(format!("{agent}: {}", act.name()));
        self.draft.by_person = matches!(act, Act::Done { .. } | Act::Cannot { .. });
        match act {
            Act::Done { task, gives } => self.task_done(agent, *task, gives),
            Act::Cannot { task, reason, text } => self.task_cannot(agent, *task, reason.as_deref(), text.as_deref()),
            Act::Answer { gives } | Act::GoOn { gives } => self.answer_for_them(agent, gives),
            Act::Reply { text } if text.trim().is_empty() => {
                self.refuse("The reply has no words. Give them with --text.");
            }
            Act::Reply { text } => self.write_reply(text),
            Act::Note { text } => self.note(format!("Note: {text}")),
            Act::Assign { to } => self.ticket.assignee.clone_from(to),
            Act::Take => self.take(agent),
            Act::GiveBack => self.give_back(),
            Act::GiveBackAt { step } => self.give_back_at(step),
            Act::Hold => self.hold(),
            Act::Escalate { contact } => self.escalate_by_hand(contact.as_deref().unwrap_or("feedback")),
            Act::Close { ending, text } => self.close_by_hand(*ending, text.as_deref()),
            Act::Reopen => self.reopen(),
            Act::Start { flow, words } => self.start(flow, words.as_deref()),
            Act::Undelivered { letter, to, because } => {
                self.undelivered(&format!("Letter {letter} to {to} was not delivered: {because}"));
            }
            Act::Priority { to } => self.set_priority(to),
            Act::EscalationAnswered { text } => self.escalation_answered(text),
            Act::Resume { after } => self.resume(after),
            Act::Recalculated { pack, clocks } => {
                self.note(format!("The promises were measured anew by the pack {pack}."));
                self.happened.recalculated.clone_from(clocks);
            }
        }
    }

    /// A letter did not reach its address: a person must see to it. Nothing is written to anybody about it, for the
    /// way there is what failed.
    pub(super) fn undelivered(&mut self, what: &str) {
        self.note(what);
        self.needs_a_person("a letter could not be delivered");
    }

    /// What was noted is for a person to see.
    pub(super) fn needs_a_person(&mut self, because: &str) {
        let queue = self.ticket.queue.clone();
        match self.ticket.state {
            // Somebody has it already: they see the note, and their task stands.
            State::WithTask | State::WithAgent => {}
            State::OnHold => {
                let back = self.without_hold();
                self.set_state(back, because);
            }
            State::WaitingRequester | State::WaitingOther | State::Parked => self.hand_over(&queue, because),
            State::Closed(_) => {
                self.ticket.closed = None;
                self.hand_over(&queue, because);
            }
        }
    }

    fn task_done(&mut self, agent: &str, task: Option<u32>, gives: &[(String, String)]) {
        let Some(number) = self.open_task(task) else { return };
        let expected = self.ticket.tasks.iter().find(|task| task.number == number).map(|task| task.gives.clone());
        let expected = expected.unwrap_or_default();
        if let Some((unknown, _)) = gives.iter().find(|(fact, _)| !expected.contains(fact)) {
            self.refuse(format!("This task does not ask for {unknown}. It asks for: {}.", listed(&expected)));
            return;
        }
        let Some(values) = self.validated(gives) else { return };
        if let Some(missing) = expected.iter().find(|fact| !values.iter().any(|(given, _)| given == *fact)) {
            let ask = self.pack.any_fact(missing).map_or("", |decl| &decl.ask);
            self.refuse(format!("Done also needs an answer to “{ask}”. Give it with --set {missing}=…"));
            return;
        }
        if self.joint(number).is_some() {
            self.joint_done(agent, number, values);
            return;
        }
        self.set_by(agent, values);
        if self.is_call(number) {
            self.end_call(agent, number, TaskStatus::Done(agent.to_owned()), "done", true);
            return;
        }
        self.end_task(number, TaskStatus::Done(agent.to_owned()), "done");
        if let Some((_, step)) = self.step() {
            self.follow(step.then);
        }
    }

    fn task_cannot(&mut self, agent: &str, task: Option<u32>, reason: Option<&str>, text: Option<&str>) {
        let Some(number) = self.open_task(task) else { return };
        if self.is_call(number) {
            let why = reason.unwrap_or("no reason given").to_owned();
            let what = format!("could not be done: {why}");
            self.end_call(agent, number, TaskStatus::Cannot(agent.to_owned(), why), &what, false);
            return;
        }
        if self.joint(number).is_some() {
            if let Some(text) = text {
                self.note(format!("Note: {text}"));
            }
            self.joint_cannot(agent, number, reason.unwrap_or("no reason given"));
            return;
        }
        let Some((_, step)) = self.step() else {
            self.refuse("The flow has gone on without this task.");
            return;
        };
        let cannot = match &step.verb {
            Verb::Task { cannot, .. } => cannot,
            _ => {
                self.refuse("The flow has gone on without this task.");
                return;
            }
        };
        let named = reason.and_then(|reason| cannot.get(reason)).copied();
        let why = reason.unwrap_or("no reason given");
        self.end_task(
            number,
            TaskStatus::Cannot(agent.to_owned(), why.to_owned()),
            &format!("could not be done: {why}"),
        );
        if let Some(text) = text {
            self.note(format!("Note: {text}"));
        }
        self.follow(named.or(step.otherwise).unwrap_or(Goto::End(Ending::Agent)));
    }

    /// The task that an act means. Refuses when there is no such task.
    fn open_task(&mut self, task: Option<u32>) -> Option<u32> {
        let open: Vec<u32> =
            self.ticket.tasks.iter().filter(|task| task.status == TaskStatus::Open).map(|task| task.number).collect();
        match (task, open.as_slice()) {
            (Some(number), open) if open.contains(&number) => Some(number),
            (None, [only]) => Some(*only),
            (_, []) => {
                self.refuse("This ticket has no open task.");
                None
            }
            (_, open) => {
                let numbers: Vec<String> = open.iter().map(u32::to_string).collect();
                self.refuse(format!("Say which task with --task. Open: {}.", listed(&numbers)));
                None
            }
        }
    }

    fn end_task(&mut self, number: u32, status: TaskStatus, what: &str) {
        let Some(task) = self.ticket.tasks.iter_mut().find(|task| task.number == number) else { return };
        task.status = status;
        let act = task.act.clone();
        self.trace(Trace::Task { number, act, what: what.to_owned() });
        self.wait_for(Waiting::Nothing);
    }

    /// Whether a task is the call that a proof waits for.
    fn is_call(&self, number: u32) -> bool {
        matches!(&self.ticket.waiting, Waiting::Proof { task: Some((task, _)), .. } if *task == number)
    }

    /// The call was made, or could not be.
    fn end_call(&mut self, agent: &str, number: u32, status: TaskStatus, what: &str, agreed: bool) {
        if let Some(task) = self.ticket.tasks.iter_mut().find(|task| task.number == number) {
            task.status = status;
            let act = task.act.clone();
            self.trace(Trace::Task { number, act, what: what.to_owned() });
        }
        self.call_done(agent, number, agreed);
    }

    /// The agent is the requester's mouth: what they say counts as the answer to the pending questions.
    fn answer_for_them(&mut self, agent: &str, gives: &[(String, String)]) {
        let Waiting::Answers { facts, useless, .. } = self.ticket.waiting.clone() else {
            self.refuse(match self.ticket.waiting {
                Waiting::Others { .. } | Waiting::Proof { .. } => {
                    "Somebody else is asked, and only their own answer counts. Take the ticket to go on without it."
                }
                Waiting::Time => "Nothing is asked for: time must pass. Take the ticket to go on without it.",
                Waiting::Task { .. } | Waiting::Tasks { .. } => "This ticket waits for a task. Use done or cannot.",
                Waiting::Pick { .. } => "The requester is asked which record they mean. Take the ticket first.",
                Waiting::Which { .. } => {
                    "The requester is asked what they need. Take the ticket and pick a flow with start."
                }
                Waiting::Confirm { .. } => {
                    "The requester is asked whether all is right. Take the ticket, or wait for them."
                }
                Waiting::Answers { .. } | Waiting::Nothing => "No question is open on this ticket.",
            });
            return;
        };
        if let Some((unknown, _)) = gives.iter().find(|(fact, _)| !facts.contains(fact)) {
            self.refuse(format!("{unknown} is not asked for now. Open questions: {}.", listed(&facts)));
            return;
        }
        let Some((flow, at)) = self.here() else { return };
        let Some(values) = self.validated(gives) else { return };
        if values.is_empty() && !self.is_answered(&flow.steps[at]) {
            self.refuse(format!("Give the answers with --set. Open questions: {}.", listed(&facts)));
            return;
        }
        for (fact, value) in values {
            let known = Known { value, from: Source::Agent(agent.to_owned()) };
            self.trace_said_by(agent, &fact, &known.value);
            self.ticket.tray.insert(fact, known);
        }
        self.answered(flow, at, useless);
    }

    /// Facts as an agent wrote them, checked as answers are. Refuses the first that is not valid.
    fn validated(&mut self, gives: &[(String, String)]) -> Option<Vec<(String, Value)>> {
        let flow = self.flow_name().to_owned();
        let mut values = Vec::new();
        for (fact, written) in gives {
            let Some(decl) = self.pack.fact(&flow, fact).or_else(|| self.pack.any_fact(fact)) else {
                self.refuse(format!("There is no fact called {fact}."));
                return None;
            };
            match recognise::valid_on(decl, written, self.today()) {
                Ok(value) => values.push((fact.clone(), value)),
                Err(because) => {
                    self.refuse(format!("{fact}: “{written}” is not valid. {because}"));
                    return None;
                }
            }
        }
        Some(values)
    }

    pub(super) fn set_by(&mut self, agent: &str, values: Vec<(String, Value)>) {
        for (fact, value) in values {
            self.trace_said_by(agent, &fact, &value);
            self.ticket.facts.insert(fact, Known { value, from: Source::Agent(agent.to_owned()) });
        }
    }

    pub(super) fn trace_said_by(&mut self, agent: &str, fact: &str, value: &Value) {
        let secret = self.pack.any_fact(fact).is_some_and(|decl| decl.secret);
        let value = if secret { "(secret)".to_owned() } else { value.masked() };
        self.trace(Trace::Understood { fact: fact.to_owned(), value, how: format!("said by {agent}") });
    }

    fn take(&mut self, agent: &str) {
        self.ticket.assignee = Some(agent.to_owned());
        if self.ticket.state != State::WithTask {
            let queue = self.ticket.queue.clone();
            self.hand_over(&queue, format!("{agent} took it"));
        }
    }

    fn hold(&mut self) {
        match self.ticket.state {
            State::WithAgent | State::WithTask => self.set_state(State::OnHold, "an agent waits for something outside"),
            _ => self.refuse("Only a ticket that an agent has can be put on hold. Take it first."),
        }
    }

    fn escalate_by_hand(&mut self, contact: &str) {
        if !self.pack.desk.contacts.contains_key(contact) {
            let names: Vec<String> = self.pack.desk.contacts.keys().cloned().collect();
            self.refuse(format!("There is no contact called {contact}. There are: {}.", listed(&names)));
            return;
        }
        if self.ticket.escalated.is_some() {
            self.refuse("This ticket is escalated already.");
            return;
        }
        let purpose = Purpose::Escalation { contact: contact.to_owned(), by_flow: false, because: None };
        self.need(purpose, Wanted::Dossier { of: self.ticket.reference.clone(), contact: contact.to_owned() });
    }

    fn close_by_hand(&mut self, ending: Ending, text: Option<&str>) {
        self.ticket.frames.clear();
        self.close(ending, "an agent closed it");
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            self.write_reply(text);
        }
    }

    fn reopen(&mut self) {
        if !self.ticket.state.is_closed() {
            self.refuse(format!("{} is not closed.", self.ticket.reference));
            return;
        }
        self.ticket.closed = None;
        let queue = self.ticket.queue.clone();
        self.hand_over(&queue, "an agent opened it again");
    }

    /// The agent picks a flow. The requester's words may hold its first answers.
    fn start(&mut self, name: &str, words: Option<&str>) {
        if !matches!(self.ticket.state, State::WithAgent | State::OnHold) {
            self.refuse("Take the ticket first. Then pick a flow.");
            return;
        }
        let Some(flow) = self.pack.flows.get(name) else {
            let names: Vec<&str> = self.pack.flows.keys().map(String::as_str).collect();
            self.refuse(format!(
                "There is no flow called {name}. {}",
                crate::policy::finding::did_you_mean(name, names)
            ));
            return;
        };
        self.wait_for(Waiting::Nothing);
        self.withdraw_tasks();
        self.ticket.tray.clear();
        self.ticket.frames.clear();
        self.forget_the_way();
        self.ticket.flow = flow.name.clone();
        self.words = words.map(str::to_owned);
        self.push_frame(flow);
        self.run_on();
    }
}

/// A list for a sentence.
fn listed(names: &[String]) -> String {
    if names.is_empty() { "nothing".into() } else { names.join(", ") }
}
