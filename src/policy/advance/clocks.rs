//! The clocks of what was promised: kept at the end of every event, and what a stage of a chain does. They never move
//! the run of a flow.

use crate::policy::message::{Message, Party};
use crate::policy::outcome::{Effect, Notice, Trace, Wanted, Whom};
use crate::policy::promise::chain::{opens_later, sentence};
use crate::policy::promise::keep::keep;
use crate::policy::promise::look::Law;
use crate::policy::promise::terms::{ClockKind, StageDoes};
use crate::policy::ticket::{Clock, FiredStage, Purpose, Timer, TimerKind};

use super::work::Work;

impl Work<'_> {
    /// Brings the clocks up to what this event has changed.
    pub(super) fn keep_clocks(&mut self) {
        let happened = std::mem::take(&mut self.happened);
        for told in keep(self.pack, &mut self.ticket, &happened, self.now) {
            self.note(told);
        }
    }

    /// A stage of a chain is due. One for a due time that is not the clock's any more changes nothing.
    pub(super) fn fire_stage(&mut self, timer: Timer) {
        let TimerKind::Stage { clock: number, stage: at, due } = timer.what else { return };
        let clock = self.ticket.clocks.iter().find(|clock| clock.number == number);
        let Some(clock) = clock.filter(|clock| clock.ended.is_none() && clock.due == Some(due)) else {
            self.note("A stage of a clock that has moved changed nothing.");
            return;
        };
        let law = Law::of(self.pack, &self.ticket, clock);
        let stage = law.and_then(|law| law.chain?.stages.get(usize::try_from(at).ok()?));
        let (Some(law), Some(stage)) = (law, stage) else {
            self.note("This version of the pack does not know the stage of a clock. It changed nothing.");
            return;
        };
        if opens_later(law, self.now) {
            self.note("A stage of a clock waits, for nobody works now.");
            return;
        }
        let what = sentence(self.pack, &self.ticket, clock, due, self.now);
        let times = clock.fired.iter().filter(|fired| fired.due == due && fired.stage == at).count();
        let key = format!("clock:{number}:{at}:{due}:{times}");
        let queue = self.queue_of(clock);
        let (does, urgent) = (stage.does.clone(), stage.urgent);
        let told = match &does {
            StageDoes::TellAgent => "The agent was told.".to_owned(),
            StageDoes::TellTeamLead => "The team lead was told.".to_owned(),
            StageDoes::Escalate(contact) => format!("It goes to {}.", self.contact_name(contact)),
        };
        self.trace(Trace::Timer { what: timer.what, due, note: format!("{what} {told}") });
        if let Some(clock) = self.ticket.clocks.iter_mut().find(|clock| clock.number == number) {
            clock.fired.push(FiredStage { stage: at, due, at: self.now });
        }
        let whom = match does {
            StageDoes::TellAgent => Whom::Assignee,
            StageDoes::TellTeamLead => Whom::Lead(queue),
            StageDoes::Escalate(contact) => {
                let purpose = Purpose::Escalation { contact: contact.clone(), by_flow: false, because: Some(what) };
                self.need(purpose, Wanted::Dossier { of: self.ticket.reference.clone(), contact });
                return;
            }
        };
        self.effects.push(Effect::Tell(Notice { whom, urgent, what, key }));
    }

    /// Whose work a clock is about.
    fn queue_of(&self, clock: &Clock) -> String {
        let task = self.ticket.tasks.iter().find(|task| Some(task.number) == clock.task);
        match (clock.kind, task) {
            (ClockKind::Task, Some(task)) => task.queue.clone(),
            _ => self.ticket.queue.clone(),
        }
    }

    fn contact_name(&self, contact: &str) -> String {
        self.pack.desk.contacts.get(contact).map_or_else(|| contact.to_owned(), |contact| contact.name.clone())
    }

    /// An agent gives the ticket another priority.
    pub(super) fn set_priority(&mut self, to: &str) {
        if !self.pack.desk.priorities.contains_key(to) {
            let names: Vec<&str> = self.pack.desk.priorities.keys().map(String::as_str).collect();
            let there = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            self.refuse(format!("There is no priority called {to}. There are: {there}."));
            return;
        }
        self.note(format!("The priority is now {to}."));
        self.ticket.priority = Some(to.to_owned());
    }

    /// Whether a party is the contact to whom this ticket wrote an escalation.
    pub(super) fn is_contact(&self, from: &Party) -> bool {
        let contact = self.ticket.escalation.as_ref().and_then(|it| self.pack.desk.contacts.get(&it.contact));
        contact.is_some_and(|contact| contact.mail.eq_ignore_ascii_case(&from.address))
    }

    /// The contact answered an escalation: a person reads it, and tells the requester.
    pub(super) fn contact_answered(&mut self, message: &Message) {
        let Some(escalation) = &mut self.ticket.escalation else { return };
        escalation.answered.get_or_insert(self.now);
        let name = escalation.contact.clone();
        let name = self.contact_name(&name);
        self.note(format!(
            "{name} answered the escalation ({}). Tell the requester what comes of it.",
            message.from.address
        ));
        self.needs_a_person("the escalation was answered");
    }

    /// An agent heard the contact's answer by another way, and tells the requester.
    pub(super) fn escalation_answered(&mut self, text: &str) {
        let Some(escalation) = &mut self.ticket.escalation else {
            self.refuse("No escalation was written from this request.");
            return;
        };
        if text.trim().is_empty() {
            self.refuse("Say with --text what the requester is told.");
            return;
        }
        escalation.answered.get_or_insert(self.now);
        self.write_reply(text);
    }
}
