//! Requests beside a request in a story: what a message in the middle would start, the ticket that it opens, and the
//! parked one that goes on.

use crate::policy::intent;
use crate::policy::message::{Channel, Message};
use crate::policy::outcome::{Act, Elsewhere, Event, Opening, Opens};
use crate::policy::ticket::{Reference, State, Timer, TimerKind};

use super::{Case, Stage};

impl Stage<'_> {
    /// The open ticket of a chat, the newest first; a parked one only if there is no other.
    pub(super) fn open_chat_of(&self, from: &str) -> Option<usize> {
        let open = |case: &Case| {
            let ticket = &case.ticket;
            ticket.channel == Channel::Chat && ticket.requester.address == from && !ticket.state.is_closed()
        };
        let parked = |case: &Case| case.ticket.state == State::Parked;
        let busy = self.cases.iter().rposition(|case| open(case) && !parked(case));
        busy.or_else(|| self.cases.iter().rposition(open))
    }

    /// What a message on a ticket that waits for its requester would surely start if it were a first one.
    pub(super) fn elsewhere(&self, case: usize, message: &Message) -> Option<Elsewhere> {
        let ticket = &self.cases.get(case)?.ticket;
        if !intent::may_turn_elsewhere(ticket, message) {
            return None;
        }
        let parked = self.cases.iter().filter(|case| {
            case.ticket.state == State::Parked && case.ticket.requester.address == ticket.requester.address
        });
        let parked = u32::try_from(parked.count()).unwrap_or(u32::MAX);
        intent::elsewhere(self.pack, ticket, (self.route)("", &message.text), parked)
    }

    /// Another request begins beside one. The story speaks of it from here.
    pub(super) fn opens(&mut self, beside: Option<usize>, opens: Opens, message: &Message) -> Result<(), String> {
        let linked = beside.and_then(|case| self.cases.get(case)).map(|case| case.ticket.reference.clone());
        let message = Message { text: opens.words, subject: String::new(), answers_letter: None, ..message.clone() };
        let opening = Opening {
            reference: self.new_reference(),
            choices: Vec::new(),
            flow: opens.flow,
            because: opens.because,
            linked,
            received: None,
            phone: None,
        };
        let event = Event::Received { message: Box::new(message), opening: Some(opening), elsewhere: None };
        let turn = self.turn(None, event)?.map_err(|refused| format!("the message was refused: {refused}"))?;
        self.cases.push(Case { ticket: turn.ticket.clone(), journal: Vec::new(), recorded: Vec::new() });
        let case = Some(self.cases.len() - 1);
        self.case = case;
        self.keep(case, turn)?;
        Ok(())
    }

    /// The first wait that has been woken looks again. Whether there was one.
    fn looks_again(&mut self) -> Result<bool, String> {
        let looks = |timer: &&Timer| timer.what == TimerKind::Look && timer.due <= self.now;
        let woken = |(at, case): (usize, &Case)| Some((at, case.ticket.timers.iter().find(looks)?.number));
        let Some((case, timer)) = self.cases.iter().enumerate().find_map(woken) else { return Ok(false) };
        let turn = self.turn(Some(case), Event::Fired { timer })?;
        self.keep(Some(case), turn.map_err(|refused| format!("a due time was refused: {refused}"))?)?;
        Ok(true)
    }

    /// Parked requests go on whose other one is over. The story speaks of them again. Waits that were woken look again.
    pub(super) fn resumes(&mut self) -> Result<(), String> {
        loop {
            let over = self.cases.iter().filter(|case| case.ticket.state.is_closed());
            let due = over.flat_map(|case| case.ticket.links.iter().map(|link| (link, &case.ticket.reference)));
            let parked = |(link, after): (&Reference, _)| {
                let case = self.case_of(link).filter(|case| self.cases[*case].ticket.state == State::Parked)?;
                Some((case, Clone::clone(after)))
            };
            let Some((case, after)) = due.into_iter().find_map(parked) else {
                if self.looks_again()? {
                    continue;
                }
                return Ok(());
            };
            let event = Event::Acted { agent: "desk".into(), act: Act::Resume { after } };
            let turn = self.turn(Some(case), event)?.map_err(|refused| format!("it was not taken up: {refused}"))?;
            self.keep(Some(case), turn)?;
            self.case = Some(case);
        }
    }
}
