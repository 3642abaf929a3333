//! When a length of time is over, in each of its units.

use jiff::civil::{Date, Time};
use jiff::{SignedDuration, Span, Timestamp};

use super::{Calendar, Length, Unit, weeks_after};

/// How far ahead an open day is looked for. A calendar without one counts every day.
const TEN_YEARS: usize = 3_653;

impl Calendar {
    /// When a length that begins at `from` is over. Minutes and hours are time passed. Days and weeks keep the clock
    /// time when the clocks change. A working day is the same clock time on the next open day, and counting begins
    /// with the next opening if nobody works now. Working minutes and hours are open time; what would be due at closing
    /// time is due at the next opening. The result is never before `from`. A length that the calendar never gives is
    /// over at the last moment that can be told.
    pub fn due(&self, from: Timestamp, length: Length) -> Timestamp {
        let amount = i64::from(length.amount);
        let due = match length.unit {
            Unit::Minutes => from.checked_add(SignedDuration::from_mins(amount)).ok(),
            Unit::Hours => from.checked_add(SignedDuration::from_hours(amount)).ok(),
            Unit::Days => self.days_after(from, amount),
            Unit::Weeks => self.days_after(from, amount.saturating_mul(7)),
            Unit::WorkingDays => self.working_days_after(from, length.amount),
            Unit::WorkingMinutes => self.after_open(from, SignedDuration::from_mins(amount)),
            Unit::WorkingHours => self.after_open(from, SignedDuration::from_hours(amount)),
        };
        due.unwrap_or(Timestamp::MAX).max(from)
    }

    /// The moment at which a clock shows a time. A time that is skipped when the clocks go forward is an hour later;
    /// of a time that comes twice when they go back, the one that is not before `earliest`.
    fn moment(&self, day: Date, time: Time, earliest: Timestamp) -> Option<Timestamp> {
        let local = self.zone.to_ambiguous_zoned(day.to_datetime(time));
        let first = local.clone().compatible().ok()?.timestamp();
        if first >= earliest { Some(first) } else { Some(local.later().ok()?.timestamp()) }
    }

    fn days_after(&self, from: Timestamp, days: i64) -> Option<Timestamp> {
        let local = self.local(from);
        let day = local.date().checked_add(Span::new().try_days(days).ok()?).ok()?;
        self.moment(day, local.time(), from)
    }

    fn working_days_after(&self, from: Timestamp, amount: u32) -> Option<Timestamp> {
        let Some(start) = self.next_opening(from) else {
            return self.days_after(from, i64::from(amount));
        };
        let local = self.local(start);
        // The small hours of a night shift belong to the day on which it began.
        let day = self.day_of_shift(start).unwrap_or(local.date());
        let small_hours = day < local.date();
        let mut day = self.open_days_after(day, amount)?;
        if small_hours {
            day = day.tomorrow().ok()?;
        }
        self.moment(day, local.time(), start)
    }

    /// The day on which the span began that is open at a moment, if that is the day before.
    fn day_of_shift(&self, at: Timestamp) -> Option<Date> {
        let local = self.local(at);
        let (hour, minute) = (u16::try_from(local.hour()).ok()?, u16::try_from(local.minute()).ok()?);
        let minutes = hour * 60 + minute;
        let before = local.date().yesterday().ok()?;
        let runs_on = self.spans_on(before).iter().any(|span| span.into_the_next_day() > minutes);
        let begins = self.spans_on(local.date()).iter().any(|span| (span.opens..span.closes).contains(&minutes));
        (runs_on && !begins).then_some(before)
    }

    /// The open day so many open days later. Where no more of them come, every day counts. `None` behind the last day
    /// there is.
    fn open_days_after(&self, mut day: Date, amount: u32) -> Option<Date> {
        let mut left = amount;
        while left > 0 {
            let tomorrow = day.tomorrow().ok()?;
            let open_days = self.week(tomorrow).map_or(0, super::Week::open_days);
            let weeks = self.usual_weeks(tomorrow).min(i64::from(left.checked_div(open_days).unwrap_or(0)));
            if weeks > 0 && !self.spans_on(day).is_empty() {
                // From an open day, so many weeks later is an open day as well.
                day = weeks_after(day, weeks)?;
                left -= u32::try_from(weeks).ok()?.checked_mul(open_days)?;
                continue;
            }
            let Some(next) = self.next_open_day(tomorrow) else {
                return day.checked_add(Span::new().try_days(left).ok()?).ok();
            };
            day = next;
            left -= 1;
        }
        Some(day)
    }

    fn next_open_day(&self, day: Date) -> Option<Date> {
        std::iter::successors(Some(day), |day| day.tomorrow().ok())
            .take(TEN_YEARS)
            .find(|day| !self.spans_on(*day).is_empty())
    }
}
