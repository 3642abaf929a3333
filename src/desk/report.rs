//! What became of the promises of all tickets, counted by group. Tickets are read a few at a time; what is kept of each is
//! a number or two.

use std::collections::BTreeMap;

use jiff::civil::{Date, Weekday};
use jiff::{Timestamp, ToSpan as _};

use crate::policy::promise::tally::{Mark, Tally, marks};
use crate::policy::promise::terms::ClockKind;
use crate::policy::ticket::{Kept, Reference, Ticket};

use super::{Desk, DeskError, Running};

/// How many tickets are read at a time.
const BATCH: u32 = 500;

/// By what promises are put together, beside their clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// The flow of the request.
    Flow,
    /// The queue whose work the request is, or was last.
    Queue,
    /// The week in which the clock started.
    Week,
    /// Nothing else.
    Clock,
}

/// Days, by the desk's zone, on which the clock of a promise started; both are part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

impl Period {
    fn holds(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.to.is_none_or(|to| day <= to)
    }
}

/// What became of promises.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// By the name of the group and the clock.
    pub groups: BTreeMap<(String, ClockKind), Tally>,
    /// How many were met and missed, of all clocks, by the Monday of the week in which they started.
    pub weeks: BTreeMap<Date, (u64, u64)>,
    /// How many tickets run under a pack that cannot be read any more: their times are missing.
    pub unmeasured: u64,
}

/// The name of the only group where promises are put together by their clock alone.
pub const ALL: &str = "all";

impl Desk {
    /// Counts what became of the promises whose clocks started in a period. A ticket that changes meanwhile is counted
    /// once, as it was before or as it is then.
    pub async fn targets_report(&self, by: By, period: Period) -> Result<Report, DeskError> {
        let zone = self.packs.current().pack.desk.zone.clone();
        let end = period.to.and_then(|to| to.checked_add(1.day()).ok()?.to_zoned(zone.clone()).ok());
        let end = end.map_or(Timestamp::MAX, |end| end.timestamp());
        let now = self.clock.now();
        let mut report = Report::default();
        let mut after = Reference(String::new());
        loop {
            let tickets = self.store.tickets_behind(&after, end, BATCH).await?;
            let Some(last) = tickets.last() else { return Ok(report) };
            after = last.reference.clone();
            for ticket in tickets.iter().filter(|ticket| !ticket.clocks.is_empty()) {
                let running = self.law_of(ticket).await?;
                report.unmeasured += u64::from(running.is_none());
                for mark in marks(running.as_ref().map(|running| &running.pack), ticket, now) {
                    let day = mark.started.to_zoned(zone.clone()).date();
                    if period.holds(day) {
                        report.add(by, ticket, &mark, day);
                    }
                }
            }
        }
    }

    /// The pack of a ticket. One that cannot be read any more must not keep people from all the other figures.
    async fn law_of(&self, ticket: &Ticket) -> Result<Option<Running>, DeskError> {
        match self.packs.of(&ticket.pack, &self.store).await {
            Ok(running) => Ok(Some(running)),
            Err(DeskError::Library(_) | DeskError::Refused(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Report {
    fn add(&mut self, by: By, ticket: &Ticket, mark: &Mark, day: Date) {
        let week = monday_of(day);
        let group = match by {
            By::Flow => ticket.flow.clone(),
            By::Queue => ticket.queue.clone(),
            By::Week => week.to_string(),
            By::Clock => ALL.to_owned(),
        };
        self.groups.entry((group, mark.kind)).or_default().add(mark);
        let (met, missed) = self.weeks.entry(week).or_default();
        match mark.kept {
            Some(Kept::Met) => *met += 1,
            Some(Kept::Missed) => *missed += 1,
            Some(Kept::Withdrawn) | None => {}
        }
    }
}

/// The Monday on or before a day.
fn monday_of(day: Date) -> Date {
    let back = i64::from(day.weekday().since(Weekday::Monday));
    day.checked_sub(back.days()).unwrap_or(day)
}
