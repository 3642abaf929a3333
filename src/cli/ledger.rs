//! `ledger`: proves that every message received was dealt with.

use clap::Args;
use jiff::civil::Date;
use serde::Serialize;

use crate::mail::lenient;
use crate::store::{Door, LedgerDay, LedgerReason, Problem};

use super::{Failure, Format, Settings, open, print};

/// Prove that every message received was dealt with. Exit code 1 if anything contradicts itself.
///
/// First the sums, by door and day: received = opened + continued + answered + duplicate + ignored + quarantined. Then
/// each row: whether the ticket's journal has the message, and quarantine the mail, that the ledger speaks of, and the
/// other way round. What is wrong is listed one by one, whatever days were asked for. Days are those of UTC.
#[derive(Debug, Args)]
pub(super) struct Ledger {
    /// From this day on, such as 2026-03-02.
    #[arg(long, value_name = "DATE")]
    from: Option<Date>,
    /// Up to this day, and with it.
    #[arg(long, value_name = "DATE")]
    to: Option<Date>,
    /// One door alone: pipe, folder, lmtp, chat or phone.
    #[arg(long, value_parser = door)]
    door: Option<Door>,
    /// Also why messages were ignored, or put aside.
    #[arg(long)]
    reasons: bool,
}

/// A day of a door, for programs.
#[derive(Debug, Serialize)]
struct Row {
    door: &'static str,
    day: Date,
    #[serde(flatten)]
    sums: Sums,
    adds_up: bool,
}

/// What was received, and what it became.
#[derive(Debug, Default, Serialize)]
struct Sums {
    received: u64,
    opened: u64,
    continued: u64,
    answered: u64,
    duplicate: u64,
    ignored: u64,
    quarantined: u64,
}

/// A reason, for programs.
#[derive(Debug, Serialize)]
struct ReasonRow<'a> {
    door: &'static str,
    day: Date,
    decision: &'static str,
    reason: &'a str,
    count: u64,
}

/// The end of the reasons, for programs.
#[derive(Debug, Serialize)]
struct TotalRow {
    total: Sums,
}

/// What is wrong, for programs.
#[derive(Debug, Serialize)]
struct ProblemRow<'a> {
    problem: &'a str,
    table: &'a str,
    id: &'a str,
}

impl Ledger {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let store = open::store(settings).await?;
        let mut proof = store.ledger_proof().await?;
        proof.days.retain(|day| self.is_asked_for(day.door, day.day));
        proof.reasons.retain(|reason| self.is_asked_for(reason.door, reason.day));
        match settings.format {
            Format::Json => self.for_programs(&proof.days, &proof.reasons, &proof.problems)?,
            Format::Text => self.for_people(&proof.days, &proof.reasons, &proof.problems)?,
        }
        if proof.problems.is_empty() { Ok(()) } else { Err(Failure::Findings) }
    }

    fn is_asked_for(&self, door: Door, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day)
            && self.to.is_none_or(|to| day <= to)
            && self.door.is_none_or(|asked| asked == door)
    }

    /// One line a door and day, as ever. The total has its own key, so that whoever adds up counts nothing twice.
    fn for_programs(&self, days: &[LedgerDay], reasons: &[LedgerReason], problems: &[Problem]) -> Result<(), Failure> {
        for day in days {
            print::json(&Row { door: day.door.name(), day: day.day, sums: Sums::of(day), adds_up: day.adds_up })?;
        }
        if self.reasons {
            for one in reasons {
                let (door, decision) = (one.door.name(), one.decision.name());
                print::json(&ReasonRow { door, day: one.day, decision, reason: &one.reason, count: one.count })?;
            }
            print::json(&TotalRow { total: Sums::total(days) })?;
        }
        for one in problems {
            print::json(&ProblemRow { problem: &one.what, table: one.table, id: &one.id })?;
        }
        Ok(())
    }

    fn for_people(&self, days: &[LedgerDay], reasons: &[LedgerReason], problems: &[Problem]) -> Result<(), Failure> {
        for day in days {
            let wrong = if day.adds_up { "" } else { "  DOES NOT ADD UP" };
            print::text(&format!("{} {}: {}{wrong}", day.day, day.door.name(), Sums::of(day).in_words()))?;
            let of_the_day = reasons.iter().filter(|one| (one.door, one.day) == (day.door, day.day));
            for one in of_the_day.filter(|_| self.reasons) {
                print::text(&format!("    {} {}: {}", one.count, one.decision.name(), lenient::plain(&one.reason)))?;
            }
        }
        print::text(&format!("in all: {}", Sums::total(days).in_words()))?;
        for one in problems {
            print::text(&format!("PROBLEM: {} {}: {}", one.table, one.id, one.what))?;
        }
        Ok(())
    }
}

impl Sums {
    fn of(day: &LedgerDay) -> Self {
        Sums {
            received: day.received,
            opened: day.opened,
            continued: day.continued,
            answered: day.answered,
            duplicate: day.duplicate,
            ignored: day.ignored,
            quarantined: day.quarantined,
        }
    }

    fn total(days: &[LedgerDay]) -> Self {
        days.iter().map(Sums::of).fold(Sums::default(), |total, day| Sums {
            received: total.received + day.received,
            opened: total.opened + day.opened,
            continued: total.continued + day.continued,
            answered: total.answered + day.answered,
            duplicate: total.duplicate + day.duplicate,
            ignored: total.ignored + day.ignored,
            quarantined: total.quarantined + day.quarantined,
        })
    }

    fn in_words(&self) -> String {
        format!(
            "{} received = {} opened + {} continued + {} answered + {} duplicate + {} ignored + {} quarantined",
            self.received, self.opened, self.continued, self.answered, self.duplicate, self.ignored, self.quarantined
        )
    }
}

fn door(written: &str) -> Result<Door, String> {
    let named = Door::ALL.into_iter().find(|door| door.name() == written);
    named.ok_or_else(|| format!("there are: {}", Door::ALL.map(Door::name).join(", ")))
}
