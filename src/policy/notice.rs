//! What agents are told by mail: how a notice is named, when it may go, and whether it is still true. Whom it reaches is
//! settled by the desk when it goes, for agents come and go.

use jiff::Timestamp;

use crate::policy::calendar::clock_in_words;
use crate::policy::flow::{Desk, Pack, Telling};
use crate::policy::outcome::Whom;
use crate::policy::promise::look::Law;
use crate::policy::ticket::{State, TaskStatus, Ticket};

/// Seconds between two bundles.
const ROUND: i64 = 600;

/// The key of the news that a task was given.
pub fn task_key(task: u32) -> String {
    format!("task:{task}")
}

/// The key of the news that a ticket was handed over by its event of this number.
pub fn hand_over_key(version: u64) -> String {
    format!("handed_over:{version}")
}

/// The key of the news that an agent was given a ticket by its event of this number.
pub fn assigned_key(version: u64) -> String {
    format!("assigned:{version}")
}

/// The key of the news, by the event of this number, that a caller must be rung.
pub fn ring_key(version: u64) -> String {
    format!("ring:{version}")
}

/// The key of the news, by the event of this number, that nobody vouches for somebody's answer.
pub fn unvouched_key(version: u64) -> String {
    format!("unvouched:{version}")
}

/// The key of the news, by the event of this number, that somebody answered who was told of something.
pub fn told_answered_key(version: u64) -> String {
    format!("told_answered:{version}")
}

/// The key of the news that a mail was put aside.
pub const ASIDE_KEY: &str = "aside";

/// Whether what a notice tells is still true of its ticket: the task is open, and nobody has taken what was everybody's
/// to take. A key that is not of this file holds for as long as the ticket is open.
pub fn still_holds(ticket: &Ticket, whom: &Whom, key: &str) -> bool {
    let taken = matches!(whom, Whom::Queue(_)) && ticket.assignee.is_some();
    let is_open = |number: &str| {
        ticket.tasks.iter().any(|task| task.status == TaskStatus::Open && number.parse() == Ok(task.number))
    };
    match key.split_once(':') {
        Some(("task", number)) => is_open(number) && !taken,
        Some(("handed_over", _)) => ticket.state == State::WithAgent && !taken,
        Some(("ring", _)) => ticket.state == State::WaitingRequester,
        Some(("assigned", _)) => ticket.assignee.is_some() && !ticket.state.is_closed(),
        _ => !ticket.state.is_closed(),
    }
}

/// When a notice of a queue is told at the earliest that was given at a moment: with the next bundle, or at once if it
/// is urgent or the queue says so; never while the queue is closed. Of a queue that is gone nobody knows the hours.
pub fn due(desk: &Desk, queue: &str, urgent: bool, given: Timestamp) -> Timestamp {
    let at_once = urgent || desk.queues.get(queue).is_some_and(|queue| queue.tell == Telling::AtOnce);
    let earliest = if at_once { given } else { next_round(given) };
    may_go(desk, queue, earliest)
}

/// This moment if the people of a queue work now, else the moment at which they begin.
pub fn may_go(desk: &Desk, queue: &str, at: Timestamp) -> Timestamp {
    desk.calendar_of(queue).and_then(|calendar| calendar.next_opening(at)).unwrap_or(at)
}

/// Bundles go at every full ten minutes, so that one agent gets one for all queues.
fn next_round(at: Timestamp) -> Timestamp {
    let round = (at.as_second().div_euclid(ROUND) + 1).saturating_mul(ROUND);
    Timestamp::from_second(round).unwrap_or(Timestamp::MAX)
}

/// How long ago something was, in the words of a letter.
pub fn age(given: Timestamp, now: Timestamp) -> String {
    let minutes = now.as_second().saturating_sub(given.as_second()).div_euclid(60).max(0);
    let (count, unit) = match minutes {
        0 => return "just now".into(),
        1..=119 => (minutes, "minute"),
        120..=2_879 => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    format!("{count} {unit}{} ago", if count == 1 { "" } else { "s" })
}

/// When the earliest promise of a ticket is due, in the words of a letter; `None` while nothing runs. A wait of the
/// requester has an end, too, but that is no agent's work.
pub fn due_in_words(pack: &Pack, ticket: &Ticket, now: Timestamp) -> Option<String> {
    let going = ticket.clocks.iter().filter(|clock| clock.ended.is_none());
    let (due, clock) = going.filter_map(|clock| Some((clock.due?, clock))).min_by_key(|(due, _)| *due)?;
    let here = due.to_zoned(pack.desk.zone.clone());
    let year = if here.year() == now.to_zoned(pack.desk.zone.clone()).year() { "" } else { " %Y" };
    let day = here.strftime(&format!("%A %-d %B{year}")).to_string();
    let at = format!("{day}, {}", clock_in_words(here.time()));
    if due < now {
        return Some(format!("overdue since {at}"));
    }
    let law = Law::of(pack, ticket, clock)?;
    let minutes = law.measure(clock).between(now, due).as_mins();
    Some(format!("due {at}, in {}", left_in_words(minutes, clock.terms.open)))
}

/// Minutes in words, never more than there are.
fn left_in_words(minutes: i64, open: bool) -> String {
    let working = if open { "working " } else { "" };
    let (count, unit) = match minutes {
        ..=0 => return "less than a minute".into(),
        1..=119 => (minutes, "minute"),
        120..=2_879 => (minutes / 60, "hour"),
        // A day of working time is a day's work, and nobody knows how long that is.
        _ if open => (minutes / 60, "hour"),
        _ => (minutes / 1_440, "day"),
    };
    format!("{count} {working}{unit}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_never_more_than_there_is() {
        for (minutes, open, words) in [
            (0, true, "less than a minute"),
            (1, false, "1 minute"),
            (119, true, "119 working minutes"),
            (179, true, "2 working hours"),
            (3_000, true, "50 working hours"),
            (4_319, false, "2 days"),
        ] {
            assert_eq!(left_in_words(minutes, open), words);
        }
    }

    #[test]
    fn bundles_go_at_full_ten_minutes_and_never_at_the_same_moment() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a moment");
        for (given, goes) in [
            ("2026-03-02T09:00:00Z", "2026-03-02T09:10:00Z"),
            ("2026-03-02T09:09:59.9Z", "2026-03-02T09:10:00Z"),
            ("1969-12-31T23:51:00Z", "1970-01-01T00:00:00Z"),
        ] {
            assert_eq!(next_round(at(given)), at(goes));
        }
    }

    #[test]
    fn an_age_is_told_in_one_word_and_a_number() {
        let at = |second| Timestamp::from_second(second).expect("a moment");
        for (seconds, words) in [
            (-5, "just now"),
            (59, "just now"),
            (60, "1 minute ago"),
            (7_199, "119 minutes ago"),
            (7_200, "2 hours ago"),
            (172_800, "2 days ago"),
        ] {
            assert_eq!(age(at(0), at(seconds)), words);
        }
    }
}
