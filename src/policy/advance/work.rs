//! One event under way: the ticket being changed, and what has been decided so far.

use jiff::Timestamp;

use crate::policy::facts::Item;
use crate::policy::flow::{DeskText, Ending, Flow, Pack, Step};
use crate::policy::message::{Channel, Message, Party};
use crate::policy::outcome::{Effect, Elsewhere, Need, Opening, Outcome, Trace, Wanted};
use crate::policy::promise::keep::Happened;
use crate::policy::text::Template;
use crate::policy::ticket::{
    Draft, Frame, InHand, Purpose, Reference, State, TaskStatus, Thread, Ticket, Timer, TimerKind, Waiting,
};

use super::rewind::Past;
use super::telling::Before;

/// The ticket under way, with all that this event has led to.
pub(super) struct Work<'a> {
    pub(super) pack: &'a Pack,
    pub(super) now: Timestamp,
    pub(super) ticket: Ticket,
    /// What will be said to the requester.
    pub(super) draft: Draft,
    /// The words of the message from which no answer was taken yet.
    pub(super) words: Option<String>,
    pub(super) effects: Vec<Effect>,
    pub(super) steps: u32,
    /// Whether the records of the ticket were read in this very event.
    pub(super) fresh: bool,
    /// How many answers this event has brought.
    pub(super) heard: u32,
    /// Where the ticket was before; nowhere, if this event opens it.
    pub(super) before: Option<Before>,
    /// The entry of a list whose turn it is, with what it is called.
    pub(super) entry: Option<(String, Item)>,
    /// Whether the flow takes a step up again where an agent had stopped it.
    pub(super) resumes: bool,
    /// Why a step could not be gone through: a value was missing.
    pub(super) stumbled: Option<String>,
    /// The agent whose act it is.
    pub(super) actor: Option<String>,
    /// What this event means for the clocks.
    pub(super) happened: Happened,
    /// What the message would start if it were a first one.
    pub(super) elsewhere: Option<Elsewhere>,
    /// What was known at the last stop of this event's way.
    pub(super) past: Past,
    trace: Vec<Trace>,
    need: Option<Need>,
    refused: Option<String>,
}

impl<'a> Work<'a> {
    /// Begins an event on a ticket that exists.
    pub(super) fn on(pack: &'a Pack, ticket: &Ticket, now: Timestamp) -> Self {
        let mut ticket = ticket.clone();
        let before = Some(Before::of(&ticket));
        ticket.version += 1;
        let open = ticket.tasks.iter().filter(|task| task.status == TaskStatus::Open).map(|task| task.number);
        let happened = Happened { open_tasks: open.collect(), ..Happened::default() };
        let past = Past::of(&ticket, &[]);
        Work {
            pack,
            now,
            ticket,
            draft: Draft::default(),
            words: None,
            effects: Vec::new(),
            steps: 0,
            fresh: false,
            heard: 0,
            before,
            entry: None,
            resumes: false,
            stumbled: None,
            actor: None,
            happened,
            elsewhere: None,
            past,
            trace: Vec::new(),
            need: None,
            refused: None,
        }
    }

    /// Begins a ticket with its first message.
    pub(super) fn open(pack: &'a Pack, message: &Message, opening: &Opening, now: Timestamp) -> Self {
        let opened = opening.received.unwrap_or(now);
        // Who rings and leaves an address is written to.
        let channel = match message.channel {
            Channel::Phone if message.from.address.contains('@') => Channel::Mail,
            channel => channel,
        };
        let mut blank = blank(pack, &opening.reference, &message.from, channel, opened);
        blank.phone.clone_from(&opening.phone);
        blank.flow.clone_from(&opening.flow);
        blank.queue = pack.flows.get(&opening.flow).map_or_else(String::new, |flow| flow.queue.clone());
        blank.links.extend(opening.linked.clone());
        let mut work = Work::on(pack, &blank, now);
        work.before = None;
        work.happened.opened = true;
        work.trace(Trace::Opened { flow: opening.flow.clone(), because: opening.because.clone() });
        work
    }

    /// The outcome of an event that has no ticket to happen to.
    pub(super) fn refuse_without_ticket(pack: &'a Pack, now: Timestamp) -> Outcome {
        let nobody = Party::at("");
        let blank = blank(pack, &Reference(String::new()), &nobody, Channel::Mail, now);
        let mut work = Work::on(pack, &blank, now);
        work.refuse("A ticket begins with a message.");
        work.finish()
    }

    /// Writes the letter, unless something must be found first, brings the clocks up to date, and hands over what came of the event.
    pub(super) fn finish(mut self) -> Outcome {
        self.note_the_way();
        if self.need.is_none() {
            match self.ticket.state {
                State::Closed(_) | State::WithAgent => {
                    self.ticket.unread = None;
                    self.ticket.tables.clear();
                }
                _ => self.keep_unread(),
            }
        }
        if self.refused.is_none() {
            if self.need.is_none() {
                self.write_letter();
            }
            self.tell_agents();
        }
        if self.refused.is_none() {
            self.keep_clocks();
        }
        Outcome {
            ticket: self.ticket,
            effects: self.effects,
            trace: self.trace,
            need: self.need,
            refused: self.refused,
        }
    }

    /// Tells a line of the event's story.
    pub(super) fn trace(&mut self, line: Trace) {
        self.trace.push(line);
    }

    /// Tells a line of the event's story in free words.
    pub(super) fn note(&mut self, words: impl Into<String>) {
        self.trace.push(Trace::Note(words.into()));
    }

    /// Says to the agent why their act is not possible. The caller returns at once.
    pub(super) fn refuse(&mut self, why: impl Into<String>) {
        self.refused = Some(why.into());
    }

    /// The next number for a query, task or timer.
    pub(super) fn next_number(&mut self) -> u32 {
        self.ticket.serial += 1;
        self.ticket.serial
    }

    /// Stops here until something is found. What there is to say waits in the ticket.
    pub(super) fn need(&mut self, purpose: Purpose, what: Wanted) {
        let query = self.next_number();
        self.ticket.in_hand =
            Some(InHand { query, purpose, words: self.words.take(), draft: std::mem::take(&mut self.draft) });
        self.need = Some(Need { query, what });
    }

    /// The innermost running flow with the index of its step. `None` when no flow runs, or when the pack does not know
    /// where the ticket is.
    pub(super) fn here(&self) -> Option<(&'a Flow, usize)> {
        let frame = self.ticket.frames.last()?;
        let flow = self.pack.flows.get(&frame.flow)?;
        let at = flow.steps.iter().position(|step| step.id == frame.step)?;
        Some((flow, at))
    }

    /// The present step.
    pub(super) fn step(&self) -> Option<(&'a Flow, &'a Step)> {
        self.here().map(|(flow, at)| (flow, &flow.steps[at]))
    }

    /// The innermost flow's name, else the one that the ticket was opened for.
    pub(super) fn flow_name(&self) -> &str {
        self.ticket.frames.last().map_or(&self.ticket.flow, |frame| &frame.flow)
    }

    /// A sentence of the desk, as the present flow words it.
    pub(super) fn desk_text(&self, text: DeskText) -> Option<&'a Template> {
        let own = self.pack.flows.get(self.flow_name()).and_then(|flow| flow.texts.get(&text));
        own.or_else(|| self.pack.desk.texts.get(&text))
    }

    /// Puts a flow on top of those that run. [`Work::run_on`] then goes through it.
    pub(super) fn push_frame(&mut self, flow: &Flow) {
        let step = flow.steps.first().map_or_else(String::new, |step| step.id.clone());
        self.ticket.frames.push(Frame { flow: flow.name.clone(), step, misses: Default::default() });
    }

    /// Moves the ticket to another state, and says why.
    pub(super) fn set_state(&mut self, state: State, because: impl Into<String>) {
        if self.ticket.state != state {
            self.trace(Trace::State { state: state.name().into(), because: because.into() });
            self.ticket.state = state;
        }
    }

    /// Waits for something: the timers of an earlier wait are void. The clocks of what was promised go on.
    pub(super) fn wait_for(&mut self, waiting: Waiting) {
        self.ticket.timers.retain(|timer| matches!(timer.what, TimerKind::Stage { .. }));
        self.ticket.waiting = waiting;
        self.ticket.aside = None;
    }

    /// Sets a timer of the present wait.
    pub(super) fn set_timer(&mut self, what: TimerKind, due: Timestamp) {
        let number = self.next_number();
        self.ticket.timers.push(Timer { number, what, due });
        self.ticket.timers.sort_by_key(|timer| (timer.due, timer.number));
    }

    /// A person goes on: the flow falls silent where it is.
    pub(super) fn hand_over(&mut self, queue: &str, because: impl Into<String>) {
        self.wait_for(Waiting::Nothing);
        self.withdraw_tasks();
        self.ticket.queue = queue.to_owned();
        self.set_state(State::WithAgent, because);
    }

    /// A person goes on, and the requester is told so in the desk's words.
    pub(super) fn hand_over_saying(&mut self, queue: &str, because: impl Into<String>) {
        self.hand_over(queue, because);
        self.say_desk_text(DeskText::HandedOver);
    }

    /// The queue of the flow that is running.
    pub(super) fn queue_here(&self) -> String {
        match self.pack.flows.get(self.flow_name()) {
            Some(flow) => flow.queue.clone(),
            None => "triage".into(),
        }
    }

    /// Ends the ticket.
    pub(super) fn close(&mut self, ending: Ending, because: impl Into<String>) {
        self.wait_for(Waiting::Nothing);
        self.withdraw_tasks();
        self.ticket.closed = Some(self.now);
        self.ticket.tray.clear();
        self.set_state(State::Closed(ending), because);
    }
}

/// A ticket to which nothing has happened yet.
fn blank(pack: &Pack, reference: &Reference, requester: &Party, channel: Channel, now: Timestamp) -> Ticket {
    Ticket {
        reference: reference.clone(),
        pack: pack.digest.clone(),
        version: 0,
        opened: now,
        requester: requester.clone(),
        channel,
        phone: None,
        flow: String::new(),
        state: State::WithAgent,
        queue: String::new(),
        assignee: None,
        frames: Vec::new(),
        waiting: Waiting::Nothing,
        in_hand: None,
        closed: None,
        facts: Default::default(),
        records: Default::default(),
        lists: Default::default(),
        unread: None,
        tables: Vec::new(),
        tray: Default::default(),
        tasks: Vec::new(),
        timers: Vec::new(),
        letters: Vec::new(),
        thread: Thread::default(),
        said: Default::default(),
        escalated: None,
        links: Default::default(),
        serial: 0,
        priority: None,
        history: Vec::new(),
        clocks: Vec::new(),
        evidence: Default::default(),
        proofs: Vec::new(),
        escalation: None,
        trail: Default::default(),
        aside: None,
    }
}
