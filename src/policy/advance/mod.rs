//! The one verb: a pack, a ticket and an event in; the next ticket, its effects and a trace out.
//!
//! Everything that happens to a ticket comes through here: a message, a due time, an agent's act, the answer to a
//! need. The same pack, ticket, event and time give the same outcome, byte for byte, so that a journal replays.

mod acts;
mod anytime;
mod asking;
mod clocks;
pub(in crate::policy) mod confirm;
mod each;
mod elsewhere;
mod give_back;
mod joint;
mod letters;
mod messages;
mod others;
mod people;
mod pick;
mod proving;
mod recording;
mod rewind;
mod said;
mod scope;
mod steps;
mod stuck;
mod telling;
mod transcript;
mod which;
mod work;

use jiff::Timestamp;

use crate::policy::flow::Pack;
use crate::policy::outcome::{Event, Outcome, Trace};
use crate::policy::ticket::{State, Ticket, TimerKind, Waiting};

use work::Work;

pub use transcript::{asks_for_transcript, may_have_transcript};
pub(in crate::policy) use which::picked;

/// How many steps one event may take. More means that a flow goes in a circle which the checker did not see.
const STEPS_AN_EVENT: u32 = 200;

/// Takes a ticket one event further. `ticket` is `None` for the first event alone, which brings its own opening.
///
/// An outcome with a [`need`](Outcome::need) is half done: whoever called looks it up and calls again with
/// [`Event::Found`].
pub fn advance(pack: &Pack, ticket: Option<&Ticket>, event: &Event, now: Timestamp) -> Outcome {
    let mut work = match (ticket, event) {
        (None, Event::Received { message, opening: Some(opening), .. }) => Work::open(pack, message, opening, now),
        (None, _) => return Work::refuse_without_ticket(pack, now),
        (Some(ticket), _) => Work::on(pack, ticket, now),
    };
    match event {
        Event::Received { message, opening: Some(opening), .. } if ticket.is_none() => {
            work.begin(message, &opening.choices);
        }
        Event::Received { message, elsewhere, .. } => {
            work.elsewhere.clone_from(elsewhere);
            work.receive(message);
        }
        Event::Fired { timer } => work.fire(*timer),
        Event::Acted { agent, act } => work.act(agent, act),
        Event::Found { query, found } => work.found(*query, found),
    }
    work.finish()
}

impl Work<'_> {
    /// A due time came. A timer that the present wait does not know changes nothing.
    fn fire(&mut self, number: u32) {
        let Some(at) = self.ticket.timers.iter().position(|timer| timer.number == number) else {
            self.note(format!("A timer (number {number}) came too late and changed nothing."));
            return;
        };
        let timer = self.ticket.timers.remove(at);
        match timer.what {
            TimerKind::Remind => {
                self.trace(Trace::Timer { what: timer.what, due: timer.due, note: "the letter was sent again".into() });
                self.ticket.aside = None;
                self.remind();
            }
            TimerKind::Within => {
                let waited = matches!(self.ticket.waiting, Waiting::Time);
                let note = if waited { "the time is over" } else { "nobody had answered" };
                self.trace(Trace::Timer { what: timer.what, due: timer.due, note: note.into() });
                if self.ticket.state == State::Parked { self.parked_too_long() } else { self.wait_is_over() }
            }
            TimerKind::Look => {
                let note = "the directory has changed".into();
                self.trace(Trace::Timer { what: timer.what, due: self.now, note });
                self.looks_again();
            }
            TimerKind::Stage { .. } => self.fire_stage(timer),
        }
    }
}
