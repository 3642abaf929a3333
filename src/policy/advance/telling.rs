//! What agents must hear of an event: work that is new in their queue. Decided in this one place, by what the ticket was
//! before and what it is now, so that no way of giving work is forgotten.

use crate::policy::notice;
use crate::policy::outcome::{Effect, Notice, Whom};
use crate::policy::ticket::{State, TaskStatus, Ticket};

use super::work::Work;

/// Where a ticket was before an event.
pub(super) struct Before {
    state: State,
    queue: String,
    assignee: Option<String>,
    last_task: u32,
}

impl Before {
    pub(super) fn of(ticket: &Ticket) -> Before {
        Before {
            state: ticket.state,
            queue: ticket.queue.clone(),
            assignee: ticket.assignee.clone(),
            last_task: ticket.tasks.last().map_or(0, |task| task.number),
        }
    }
}

impl Work<'_> {
    /// Tells agents of tasks that are new, of a ticket that is now theirs, and of one that was given to somebody.
    pub(super) fn tell_agents(&mut self) {
        let (before, ticket) = (self.before.as_ref(), &self.ticket);
        let same_queue = before.is_none_or(|before| before.queue == ticket.queue);
        let mut told = Vec::new();
        let given_away = before.is_some_and(|before| before.assignee != ticket.assignee);
        if given_away && ticket.assignee.is_some() && ticket.assignee != self.actor && !ticket.state.is_closed() {
            told.push(self.notice(Whom::Assignee, "It was given to you.", notice::assigned_key(ticket.version)));
        }
        // Whoever has it and has just worked on it knows.
        if !(same_queue && ticket.assignee.is_some() && ticket.assignee == self.actor) {
            let last = before.map_or(0, |before| before.last_task);
            for task in ticket.tasks.iter().filter(|task| task.number > last && task.status == TaskStatus::Open) {
                let what = format!("There is something to do: {}.", task.act.replace('_', " "));
                told.push(self.notice(self.whom(&task.queue), what, notice::task_key(task.number)));
            }
            let was_here = before.is_some_and(|before| before.state == State::WithAgent) && same_queue;
            if ticket.state == State::WithAgent && !was_here {
                let key = notice::hand_over_key(ticket.version);
                told.push(self.notice(self.whom(&ticket.queue), "It needs a person.", key));
            }
        }
        self.effects.extend(told);
    }

    /// Nobody can be reminded by letter who left no address: somebody must ring.
    pub(super) fn tell_to_ring(&mut self) {
        let what = "The caller has not answered all questions yet. Please ring them.";
        let told = self.notice(self.whom(&self.ticket.queue), what, notice::ring_key(self.ticket.version));
        self.effects.push(told);
    }

    /// Somebody answered for another, and nobody vouches for them: an agent looks at it.
    pub(super) fn tell_unvouched(&mut self) {
        let what = "Somebody answered a letter that wants a proof, and nobody vouches for the sender.";
        let told = self.notice(self.whom(&self.ticket.queue), what, notice::unvouched_key(self.ticket.version));
        self.effects.push(told);
    }

    /// Somebody who was told of something answered: an agent reads it.
    pub(super) fn tell_of_answer(&mut self) {
        let what = "Somebody whom we told of this request answered. Please read it before anything goes on.";
        let told = self.notice(self.whom(&self.ticket.queue), what, notice::told_answered_key(self.ticket.version));
        self.effects.push(told);
    }

    /// The one who has the ticket already, else all who may take it.
    fn whom(&self, queue: &str) -> Whom {
        if self.ticket.assignee.is_some() { Whom::Assignee } else { Whom::Queue(queue.to_owned()) }
    }

    fn notice(&self, whom: Whom, what: impl Into<String>, key: String) -> Effect {
        Effect::Tell(Notice { whom, urgent: false, what: what.into(), key })
    }
}
