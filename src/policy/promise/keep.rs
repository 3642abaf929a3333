//! What an event does to the clocks of its ticket: they start, stop, stand still, go on; verdicts fall; due times move.

use jiff::Timestamp;

use super::chain;
use super::look::Law;
use super::reckon::budget;
use super::terms::{ClockKind, ClockRules, Factor, Occasion, OnMessage, OnPriority, OnReopening, Targets, VerdictRule};
use crate::policy::flow::Pack;
use crate::policy::outcome::NewTerms;
use crate::policy::ticket::{Clock, Kept, Since, State, TaskStatus, Terms, Ticket, Timer, TimerKind, Verdict};

/// What happened in an event, as far as clocks care.
#[derive(Debug, Clone, Default)]
pub struct Happened {
    /// The ticket was opened by it.
    pub opened: bool,
    /// The requester wrote again.
    pub message: bool,
    /// A person answered the requester.
    pub answered: bool,
    /// The numbers of the tasks that were open before.
    pub open_tasks: Vec<u32>,
    /// What was recalculated.
    pub recalculated: Vec<(u32, NewTerms)>,
}

/// Brings the clocks of a ticket up to an event that has changed everything else already. Gives back what is worth
/// telling, one sentence each.
pub fn keep(pack: &Pack, ticket: &mut Ticket, happened: &Happened, now: Timestamp) -> Vec<String> {
    if ticket.history.is_empty() && !happened.opened {
        // It is older than clocks.
        return Vec::new();
    }
    let mut keeper = Keeper { pack, now, told: Vec::new() };
    keeper.judge(ticket);
    let reopened = keeper.note_state(ticket);
    keeper.start(ticket, happened);
    keeper.stop(ticket, happened);
    if reopened {
        keeper.reopen(ticket);
    }
    keeper.change(ticket, happened);
    keeper.plan(ticket);
    keeper.told
}

struct Keeper<'a> {
    pack: &'a Pack,
    now: Timestamp,
    told: Vec<String>,
}

impl Keeper<'_> {
    /// A clock that ran beyond its due time before this event has missed it, whatever the event does.
    fn judge(&mut self, ticket: &mut Ticket) {
        for at in 0..ticket.clocks.len() {
            let clock = &ticket.clocks[at];
            if clock.ended.is_some() || clock.verdict.is_some() {
                continue;
            }
            let Some(law) = Law::of(self.pack, ticket, clock) else { continue };
            let shown = law.reckon(ticket, clock, self.now);
            if shown.lapsed {
                self.told.push(format!("{} was missed.", name(clock)));
                ticket.clocks[at].verdict = Some(Verdict { kept: Kept::Missed, due: shown.due });
            }
        }
    }

    /// Writes the state down. Whether the ticket was opened again.
    fn note_state(&self, ticket: &mut Ticket) -> bool {
        let was = ticket.history.last().map(|since| since.state);
        if was.is_none() && ticket.opened < self.now {
            // It lay somewhere before it was handled: nobody waited for the requester then.
            ticket.history.push(Since { at: ticket.opened, state: State::WithAgent });
        }
        ticket.history.pop_if(|since| since.at == self.now);
        if ticket.history.last().map(|since| since.state) != Some(ticket.state) {
            ticket.history.push(Since { at: self.now, state: ticket.state });
        }
        was.is_some_and(State::is_closed) && !ticket.state.is_closed()
    }

    /// Starts what begins now.
    fn start(&mut self, ticket: &mut Ticket, happened: &Happened) {
        let given: Vec<(u32, Timestamp)> = ticket
            .tasks
            .iter()
            .filter(|task| task.status == TaskStatus::Open)
            .map(|task| (task.number, task.given))
            .collect();
        for (kind, rules) in &self.pack.desk.clocks {
            match rules.starts {
                Occasion::Request if happened.opened => self.begin(ticket, *kind, None, ticket.opened),
                Occasion::AnswerByPerson if happened.answered => self.begin(ticket, *kind, None, self.now),
                Occasion::TaskDone if done_now(ticket, happened) => self.begin(ticket, *kind, None, self.now),
                Occasion::TaskGiven => {
                    for (task, at) in &given {
                        self.begin(ticket, *kind, Some(*task), *at);
                    }
                }
                Occasion::Request | Occasion::AnswerByPerson | Occasion::TaskDone | Occasion::Closed => {}
            }
        }
    }

    /// Starts a clock, unless it has started already.
    fn begin(&mut self, ticket: &mut Ticket, kind: ClockKind, task: Option<u32>, started: Timestamp) {
        if ticket.clocks.iter().any(|clock| clock.kind == kind && clock.task == task) {
            return;
        }
        let factor = factor(self.pack, ticket);
        let Some(terms) = terms(self.pack, ticket, kind, started, factor) else { return };
        self.add(ticket, kind, task, started, terms);
    }

    fn add(&mut self, ticket: &mut Ticket, kind: ClockKind, task: Option<u32>, started: Timestamp, terms: Terms) {
        let number = ticket.clocks.iter().map(|clock| clock.number).max().unwrap_or(0) + 1;
        ticket.clocks.push(Clock {
            number,
            kind,
            task,
            started,
            terms,
            ended: None,
            stopped: Vec::new(),
            verdict: None,
            due: None,
            fired: Vec::new(),
        });
    }

    /// Stops what ends now, and says how it came out.
    fn stop(&mut self, ticket: &mut Ticket, happened: &Happened) {
        let (closed, done) = (ticket.state.is_closed(), done_now(ticket, happened));
        for at in 0..ticket.clocks.len() {
            let clock = &ticket.clocks[at];
            let Some(law) = Law::of(self.pack, ticket, clock).filter(|_| clock.ended.is_none()) else { continue };
            let task = ticket.tasks.iter().find(|task| Some(task.number) == clock.task).map(|task| &task.status);
            let stops = match law.rules.stops {
                Occasion::AnswerByPerson => happened.answered,
                Occasion::TaskGiven => {
                    ticket.tasks.iter().any(|task| task.given == self.now && Some(task.number) != clock.task)
                }
                Occasion::TaskDone => match task {
                    Some(status) => matches!(status, TaskStatus::Done(_) | TaskStatus::Cannot(..)),
                    None => done,
                },
                Occasion::Closed => closed,
                Occasion::Request => false,
            };
            let nothing_left = closed || matches!(task, Some(TaskStatus::Withdrawn));
            if !stops && !nothing_left {
                continue;
            }
            // What it showed when the event came: a state that the event brought has lasted no time.
            let due = law.reckon(ticket, clock, self.now).due.or(clock.due);
            let clock = &mut ticket.clocks[at];
            clock.ended = Some(self.now);
            if clock.verdict.is_none() {
                let kept = if stops { Kept::Met } else { Kept::Withdrawn };
                clock.verdict = Some(Verdict { kept, due });
                let how = if stops { "was kept" } else { "has nothing left to keep" };
                self.told.push(format!("{} {how}.", name(clock)));
            }
        }
    }

    /// The ticket was opened again: what had stopped stays, goes on, or starts anew.
    fn reopen(&mut self, ticket: &mut Ticket) {
        for at in 0..ticket.clocks.len() {
            let clock = ticket.clocks[at].clone();
            let newer = ticket
                .clocks
                .iter()
                .any(|other| other.number > clock.number && other.kind == clock.kind && other.task == clock.task);
            let open_task =
                |number| ticket.tasks.iter().any(|task| task.number == number && task.status == TaskStatus::Open);
            let (Some(ended), Some(law), false) = (clock.ended, Law::of(self.pack, ticket, &clock), newer) else {
                continue;
            };
            if clock.task.is_some_and(|task| !open_task(task)) {
                continue;
            }
            match law.rules.reopened {
                OnReopening::Nothing => {}
                OnReopening::Resume => self.resume(ticket, at, ended, law.rules.verdict),
                OnReopening::Restart => {
                    let factor = factor(self.pack, ticket);
                    if let Some(terms) = terms(self.pack, ticket, clock.kind, self.now, factor) {
                        self.told.push(format!("{} starts anew.", name(&clock)));
                        self.add(ticket, clock.kind, clock.task, self.now, terms);
                    }
                }
            }
        }
    }

    /// A clock goes on where it stopped. What was kept stays so: the clock goes on as another round.
    fn resume(&mut self, ticket: &mut Ticket, at: usize, ended: Timestamp, rule: VerdictRule) {
        let clock = &mut ticket.clocks[at];
        self.told.push(format!("{} goes on.", name(clock)));
        let kept = clock.verdict.map(|verdict| verdict.kept);
        let gap = (ended, self.now);
        if kept == Some(Kept::Met) && rule == VerdictRule::Final {
            let mut round = clock.clone();
            round.ended = None;
            round.verdict = None;
            round.stopped.push(gap);
            round.number = ticket.clocks.iter().map(|clock| clock.number).max().unwrap_or(0) + 1;
            ticket.clocks.push(round);
            return;
        }
        clock.ended = None;
        clock.stopped.push(gap);
        if kept != Some(Kept::Missed) {
            clock.verdict = None;
        }
    }

    /// What changes a clock under way: a further message, another priority, another flow, a recalculation.
    fn change(&mut self, ticket: &mut Ticket, happened: &Happened) {
        let present = factor(self.pack, ticket);
        let flow = ticket.flow.clone();
        let set = self.pack.targets_of(&flow).map(|(name, _)| name.to_owned());
        for at in 0..ticket.clocks.len() {
            let clock = &ticket.clocks[at];
            let Some(rules) = self.pack.desk.clocks.get(&clock.kind).filter(|_| clock.ended.is_none()) else {
                continue;
            };
            let settled = clock.verdict.is_some() && rules.verdict == VerdictRule::Final;
            if settled {
                continue;
            }
            let anew = happened.message && rules.second_message == OnMessage::Restart;
            let other_factor = clock.terms.factor != present && rules.priority != OnPriority::Nothing;
            let other_set = set.as_ref().is_some_and(|set| *set != clock.terms.set);
            if let Some((_, new)) = happened.recalculated.iter().find(|(number, _)| *number == clock.number) {
                let clock = &mut ticket.clocks[at];
                (clock.terms.length, clock.terms.budget) = (new.length, new.budget);
                clock.verdict = None;
            } else if anew || (other_factor && rules.priority == OnPriority::Restart) {
                self.remeasure(ticket, at, self.now, rules, present);
            } else if other_factor || other_set {
                self.remeasure(ticket, at, ticket.clocks[at].started, rules, present);
            }
        }
    }

    fn remeasure(&mut self, ticket: &mut Ticket, at: usize, from: Timestamp, rules: &ClockRules, present: Factor) {
        let kept = if rules.priority == OnPriority::Nothing { ticket.clocks[at].terms.factor } else { present };
        let kind = ticket.clocks[at].kind;
        let Some(terms) = terms(self.pack, ticket, kind, from, kept) else { return };
        let clock = &mut ticket.clocks[at];
        if clock.started != from {
            clock.stopped.clear();
            self.told.push(format!("{} starts anew.", name(clock)));
        }
        clock.started = from;
        clock.terms = terms;
        clock.verdict = None;
    }

    /// Says when each clock is due, and sets the timers of their chains. What is planned already stays as it is.
    fn plan(&mut self, ticket: &mut Ticket) {
        let mut planned = Vec::new();
        for at in 0..ticket.clocks.len() {
            let clock = &ticket.clocks[at];
            let Some(law) = Law::of(self.pack, ticket, clock) else { continue };
            let shown = law.reckon(ticket, clock, self.now);
            let due = if clock.ended.is_some() { None } else { shown.due };
            ticket.clocks[at].due = due;
            planned.extend(chain::to_come(law, ticket, &ticket.clocks[at], self.now));
        }
        ticket.timers.retain(|timer| {
            !matches!(timer.what, TimerKind::Stage { .. }) || planned.contains(&(timer.what, timer.due))
        });
        for (what, due) in planned {
            if !ticket.timers.iter().any(|timer| timer.what == what && timer.due == due) {
                ticket.serial += 1;
                ticket.timers.push(Timer { number: ticket.serial, what, due });
            }
        }
        ticket.timers.sort_by_key(|timer| (timer.due, timer.number));
    }
}

/// Whether a task that was open before is done now.
fn done_now(ticket: &Ticket, happened: &Happened) -> bool {
    ticket.tasks.iter().any(|task| {
        happened.open_tasks.contains(&task.number)
            && matches!(task.status, TaskStatus::Done(_) | TaskStatus::Cannot(..))
    })
}

/// What the priority of a ticket makes of its lengths.
pub fn factor(pack: &Pack, ticket: &Ticket) -> Factor {
    let own = ticket.priority.as_deref();
    let flow = pack.flows.get(&ticket.flow).and_then(|flow| flow.priority.as_deref());
    let name = own.or(flow).unwrap_or("normal");
    pack.desk.priorities.get(name).copied().unwrap_or(Factor::ONE)
}

/// The name of a ticket's priority.
pub fn priority<'a>(pack: &'a Pack, ticket: &'a Ticket) -> &'a str {
    let flow = || pack.flows.get(&ticket.flow).and_then(|flow| flow.priority.as_deref());
    ticket.priority.as_deref().or_else(flow).unwrap_or("normal")
}

/// What is promised to a ticket by its flow's targets, with the name of the set.
pub fn targets<'a>(pack: &'a Pack, ticket: &Ticket) -> Option<(&'a str, &'a Targets)> {
    let (name, set) = pack.targets_of(&ticket.flow)?;
    let day = ticket.opened.to_zoned(pack.desk.zone.clone()).date();
    Some((name, set.in_force(day)?))
}

/// A promise, measured from the moment at which its clock starts.
pub fn terms(pack: &Pack, ticket: &Ticket, kind: ClockKind, from: Timestamp, factor: Factor) -> Option<Terms> {
    let (set, targets) = targets(pack, ticket)?;
    let length = *targets.lengths.get(&kind)?;
    let calendar = pack.desk.calendars.get(&targets.calendar)?;
    let budget = budget(calendar, from, length, factor);
    Some(Terms {
        set: set.to_owned(),
        calendar: targets.calendar.clone(),
        length,
        factor,
        open: budget.open,
        budget: budget.own,
    })
}

/// A clock as the story calls it.
fn name(clock: &Clock) -> String {
    match (clock.kind, clock.task) {
        (ClockKind::FirstAnswer, _) => "The time for the first answer".into(),
        (ClockKind::Resolution, _) => "The time to solve it".into(),
        (ClockKind::Task, Some(task)) => format!("The time for task {task}"),
        (ClockKind::Task, None) => "The time for the task".into(),
    }
}
