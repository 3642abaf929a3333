//! Lengths of time as authors write them: `3 working days`, `90 minutes`.

use std::fmt;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A unit of a length.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Time passed.
    Minutes,
    /// Time passed.
    Hours,
    /// Time passed; a day keeps the local clock time when the clocks change.
    Days,
    /// Time passed, seven days.
    Weeks,
    /// The same clock time on the next open day.
    WorkingDays,
    /// Open time of a calendar.
    WorkingMinutes,
    /// Open time of a calendar.
    WorkingHours,
}

impl Unit {
    const ALL: [(Unit, &'static str); 7] = [
        (Unit::Minutes, "minute"),
        (Unit::Hours, "hour"),
        (Unit::Days, "day"),
        (Unit::Weeks, "week"),
        (Unit::WorkingDays, "working day"),
        (Unit::WorkingMinutes, "working minute"),
        (Unit::WorkingHours, "working hour"),
    ];

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(unit, _)| *unit == self).map_or("", |(_, name)| name)
    }

    /// The unit of one name, with or without the `s` of many.
    fn named(words: &str) -> Option<Unit> {
        let one = words.strip_suffix('s').unwrap_or(words);
        Self::ALL.iter().find(|(_, name)| *name == one).map(|(unit, _)| *unit)
    }
}

/// A length of time as authors write it: `3 working days`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Length {
    /// How many.
    pub amount: u32,
    /// Of what.
    pub unit: Unit,
}

impl Length {
    /// The largest amount that an author may write.
    pub const MOST: u32 = 10_000;

    /// Reads what an author wrote: a whole number from 1 to 10,000 and a unit, such as `1 day` or `3 working days`.
    pub fn parse(written: &str) -> Option<Length> {
        Length::read(written).filter(|length| (1..=Self::MOST).contains(&length.amount))
    }

    /// Reads a length of any amount, also none.
    pub fn read(written: &str) -> Option<Length> {
        let words: Vec<&str> = written.split_whitespace().collect();
        let (amount, unit) = words.split_first()?;
        if !amount.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        Some(Length { amount: amount.parse().ok()?, unit: Unit::named(&unit.join(" "))? })
    }

    /// The time passed that it means, where no calendar is asked. Open time means none.
    pub fn passed(self) -> Option<SignedDuration> {
        let hours = match self.unit {
            Unit::Minutes => return Some(SignedDuration::from_mins(i64::from(self.amount))),
            Unit::Hours => 1,
            Unit::Days => 24,
            Unit::Weeks => 7 * 24,
            Unit::WorkingDays | Unit::WorkingMinutes | Unit::WorkingHours => return None,
        };
        Some(SignedDuration::from_hours(hours * i64::from(self.amount)))
    }
}

/// The length as authors write it and people read it.
impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.amount == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.amount, self.unit.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_read_as_written() {
        for good in [
            "1 minute",
            "90 minutes",
            "1 hour",
            "1 day",
            "2 weeks",
            "1 working day",
            "3 working days",
            "10000 days",
            "30 working minutes",
            "1 working hour",
            "4 working hours",
        ] {
            assert_eq!(Length::parse(good).unwrap().to_string(), good);
        }
        for bad in [
            "",
            "3",
            "days",
            "0 days",
            "10001 days",
            "-1 day",
            "+1 day",
            "1.5 days",
            "3 working",
            "3 working weeks",
            "3 dayss",
            "3 days ago",
            "three days",
        ] {
            assert_eq!(Length::parse(bad), None, "{bad}");
        }
    }
}
