//! Calendars made by chance against a slow reference: a walk from minute to minute that looks at the clock on the wall
//! and knows nothing of how the desk counts.

use std::collections::{BTreeMap, BTreeSet};

use caredesk::policy::calendar::{Calendar, Interval, Length, Period, Unit, Week, parse_spans};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// Zones with the days around which the cases lie: changes of the clock, also by half an hour, and leap days.
const PLACES: [(&str, &[&str]); 7] = [
    ("Europe/London", &["2026-03-29", "2026-10-25", "2026-12-26"]),
    ("Europe/Berlin", &["2026-03-29", "2026-10-25", "2028-02-29"]),
    ("America/New_York", &["2026-03-08", "2026-11-01", "2024-02-29"]),
    ("Australia/Lord_Howe", &["2026-04-05", "2026-10-04"]),
    ("Asia/Kathmandu", &["2027-02-28", "2028-02-29"]),
    ("America/Havana", &["2026-03-08", "2026-11-01"]),
    ("UTC", &["2028-02-29"]),
];

/// Numbers that look like chance and are the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: i64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(self.0 >> 33).unwrap() % end
    }

    fn one_in(&mut self, n: i64) -> bool {
        self.below(n) == 0
    }

    fn pick<'a, T>(&mut self, list: &'a [T]) -> &'a T {
        &list[usize::try_from(self.below(i64::try_from(list.len()).unwrap())).unwrap()]
    }
}

/// Spans in minutes since midnight. An end behind 1440 lies on the next day.
type Spans = Vec<(i64, i64)>;

/// A team's hours as a person would write them on a sheet of paper.
struct Sheet {
    zone: TimeZone,
    weeks: Vec<(Option<Date>, [Spans; 7])>,
    closed: BTreeSet<Date>,
    except: BTreeMap<Date, Spans>,
}

impl Sheet {
    fn made(chance: &mut Chance, zone: &str, around: Date) -> Sheet {
        let near = |chance: &mut Chance| around.checked_add(Span::new().days(chance.below(30) - 8)).unwrap();
        let mut weeks = vec![(None, made_week(chance))];
        if chance.one_in(3) {
            weeks.push((Some(near(chance)), made_week(chance)));
        }
        let closed = (0..chance.below(4)).map(|_| near(chance)).collect();
        let except = (0..chance.below(3)).map(|_| (near(chance), made_day(chance, 0, None))).collect();
        Sheet { zone: TimeZone::get(zone).unwrap(), weeks, closed, except }
    }

    fn spans(&self, day: Date) -> &Spans {
        if let Some(own) = self.except.get(&day) {
            return own;
        }
        const NONE: &Spans = &Spans::new();
        if self.closed.contains(&day) {
            return NONE;
        }
        let in_force = self.weeks.iter().rev().find(|(from, _)| from.is_none_or(|from| from <= day)).unwrap();
        &in_force.1[usize::try_from(day.weekday().to_monday_zero_offset()).unwrap()]
    }

    /// Whether the wall clock shows an open time in the minute that holds a second.
    fn is_open(&self, second: i64) -> bool {
        let local = Timestamp::from_second(second).unwrap().to_zoned(self.zone.clone());
        let minute = i64::from(local.hour()) * 60 + i64::from(local.minute());
        let holds =
            |spans: &Spans, minute: i64| spans.iter().any(|(opens, closes)| (*opens..*closes).contains(&minute));
        let today = local.date();
        holds(self.spans(today), minute) || holds(self.spans(today.yesterday().unwrap()), minute + 1440)
    }

    /// The counted seconds from one second to another, and the first counted second behind a budget.
    fn walk(&self, from: i64, to: i64, budget: i64, pauses: &[(i64, i64)]) -> (i64, Option<i64>) {
        let (mut counted, mut second) = (0, from);
        while second < to {
            let next = (second - second.rem_euclid(60) + 60).min(to);
            if self.is_open(second) {
                let touched = pauses.iter().any(|(begin, end)| *begin < next && *end > second);
                if !touched && counted + (next - second) <= budget {
                    counted += next - second;
                } else {
                    for second in second..next {
                        if !pauses.iter().any(|(begin, end)| (*begin..*end).contains(&second)) {
                            if counted == budget {
                                return (counted, Some(second));
                            }
                            counted += 1;
                        }
                    }
                }
            }
            second = next;
        }
        (counted, None)
    }

    /// The same hours as the desk has them, by way of the texts that an author writes.
    fn calendar(&self) -> Calendar {
        let periods = self.weeks.iter().map(|(from, week)| {
            let texts: Vec<String> = week.iter().map(written).collect();
            let pairs = DAYS.iter().copied().zip(texts.iter().map(String::as_str));
            let except = self.except.iter().map(|(day, open)| (*day, parse_spans(&written(open)).unwrap()));
            Period {
                from: from.unwrap_or(Date::MIN),
                week: Week::parse(pairs).unwrap(),
                closed: self.closed.clone(),
                except: except.collect(),
            }
        });
        Calendar::new(self.zone.clone(), periods.collect())
    }
}

fn written(spans: &Spans) -> String {
    let clock = |minute: i64| format!("{:02}:{:02}", minute / 60, minute % 60);
    let end = |minute: i64| if minute > 1440 { clock(minute - 1440) } else { clock(minute) };
    let all: Vec<String> = spans.iter().map(|(opens, closes)| format!("{}-{}", clock(*opens), end(*closes))).collect();
    if all.is_empty() { "closed".to_owned() } else { all.join(", ") }
}

/// A week that is open at some time. Nights end before the next day begins.
fn made_week(chance: &mut Chance) -> [Spans; 7] {
    let nights: [Option<i64>; 7] = std::array::from_fn(|_| chance.one_in(3).then(|| 1 + chance.below(360)));
    let mut week: [Spans; 7] = std::array::from_fn(|day| {
        let earliest = nights[(day + 6) % 7].unwrap_or(0);
        if nights[day].is_none() && chance.one_in(3) { vec![] } else { made_day(chance, earliest, nights[day]) }
    });
    if week.iter().flatten().map(|(opens, closes)| closes - opens).sum::<i64>() < 240 {
        week[2] = vec![(540, 1020)];
    }
    week
}

fn made_day(chance: &mut Chance, earliest: i64, night: Option<i64>) -> Spans {
    if earliest == 0 && night.is_none() && chance.one_in(6) {
        return vec![(0, 1440)];
    }
    let latest = if night.is_some() { 1200 } else { 1440 };
    let mut edges: BTreeSet<i64> = (0..6).map(|_| earliest + chance.below(latest - earliest + 1)).collect();
    // The hours in which clocks are changed.
    edges.extend((earliest < 30).then(|| 30 + chance.below(150)));
    let edges: Vec<i64> = edges.into_iter().take(2 * usize::try_from(1 + chance.below(3)).unwrap()).collect();
    let mut spans: Spans = edges.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
    spans.extend(night.map(|end| (1200 + chance.below(240), 1440 + end)));
    spans
}

/// One case: a sheet, a start, a budget, pauses.
struct Case {
    sheet: Sheet,
    calendar: Calendar,
    from: i64,
    budget: i64,
    pauses: Vec<(i64, i64)>,
}

impl Case {
    fn made(seed: u64) -> (Case, Chance) {
        let mut chance = Chance(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15));
        for _ in 0..4 {
            chance.below(2);
        }
        let (zone, days) = *chance.pick(&PLACES);
        let around: Date = chance.pick(days).parse().unwrap();
        let sheet = Sheet::made(&mut chance, zone, around);
        let midnight = around.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second();
        let coarse = if chance.one_in(2) { 900 } else { 1 };
        let from = midnight - chance.below(4 * 86_400) / coarse * coarse;
        let budget = chance.below(30 * 3_600) / coarse * coarse;
        let pauses = (0..chance.below(4)).map(|_| {
            let begin = from - 7_200 + chance.below(6 * 86_400) / coarse * coarse;
            (begin, begin + chance.below(20 * 3_600) / coarse * coarse)
        });
        let pauses = pauses.collect();
        (Case { calendar: sheet.calendar(), sheet, from, budget, pauses }, chance)
    }

    fn intervals(&self) -> Vec<Interval> {
        self.pauses.iter().map(|(begin, end)| Interval { from: time(*begin), to: time(*end) }).collect()
    }
}

fn time(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn seconds(n: i64) -> SignedDuration {
    SignedDuration::from_secs(n)
}

const CASES: std::ops::Range<u64> = 0..200;
const FAR: i64 = 200 * 86_400;

#[test]
fn due_times_are_those_of_a_walk_from_minute_to_minute() {
    for seed in CASES {
        let (case, _) = Case::made(seed);
        let Case { sheet, calendar, from, budget, pauses } = &case;
        let (_, due) = sheet.walk(*from, from + FAR, *budget, &[]);
        assert_eq!(
            calendar.after_open(time(*from), seconds(*budget)),
            Some(time(due.expect("it ends"))),
            "seed {seed}"
        );
        let (_, due) = sheet.walk(*from, from + FAR, *budget, pauses);
        let due = time(due.expect("it ends"));
        assert_eq!(
            calendar.after_open_except(time(*from), seconds(*budget), &case.intervals()),
            Some(due),
            "seed {seed}"
        );
        let length = Length { amount: u32::try_from(budget / 60).unwrap(), unit: Unit::WorkingMinutes };
        let (_, due) = sheet.walk(*from, from + FAR, budget / 60 * 60, pauses);
        let counted = calendar.count(time(*from), length, &case.intervals()).expect("it ends");
        assert_eq!(
            (counted.due, counted.elapsed),
            (time(due.expect("it ends")), seconds(budget / 60 * 60)),
            "seed {seed}"
        );
    }
}

#[test]
fn open_time_is_that_of_a_walk_from_minute_to_minute() {
    for seed in CASES {
        let (case, mut chance) = Case::made(seed);
        let Case { sheet, calendar, from, pauses, .. } = &case;
        let to = from + chance.below(40 * 86_400);
        let (open, _) = sheet.walk(*from, to, i64::MAX, &[]);
        assert_eq!(calendar.open_between(time(*from), time(to)), seconds(open), "seed {seed}");
        let (open, _) = sheet.walk(*from, to, i64::MAX, pauses);
        assert_eq!(
            calendar.open_between_except(time(*from), time(to), &case.intervals()),
            seconds(open),
            "seed {seed}"
        );
        for _ in 0..50 {
            let moment = from + chance.below(20 * 86_400);
            let open = sheet.is_open(moment);
            assert_eq!(calendar.is_open(time(moment)), open, "seed {seed}");
            let opening = calendar.next_opening(time(moment)).expect("it opens");
            assert_eq!(opening == time(moment), open, "seed {seed}");
        }
    }
}

#[test]
fn years_are_walked_over_without_a_minute_lost() {
    for seed in 0..4 {
        let (case, mut chance) = Case::made(seed);
        let to = case.from + 86_400 * 500 + chance.below(86_400);
        let (open, _) = case.sheet.walk(case.from, to, i64::MAX, &[]);
        assert_eq!(case.calendar.open_between(time(case.from), time(to)), seconds(open), "seed {seed}");
    }
    for seed in CASES {
        let (Case { calendar, from, .. }, mut chance) = Case::made(seed);
        let (from, to) = (time(from), time(from + 86_400 * 2_000 + chance.below(86_400 * 400)));
        let spans = calendar.spans(from, to);
        assert!(spans.windows(2).all(|pair| pair[0].to < pair[1].from), "in order, and none touches the next");
        let sum = spans.iter().map(|span| span.to.duration_since(span.from).as_secs()).sum();
        let open = calendar.open_between(from, to);
        assert_eq!(open, seconds(sum), "seed {seed}");
        // The last moment before the end that is open, and the way back.
        let last = spans.last().unwrap();
        assert_eq!(calendar.after_open(from, open - seconds(1)), Some(time(last.to.as_second() - 1)), "seed {seed}");
        assert_eq!(calendar.before_open(to, open), calendar.next_opening(from), "seed {seed}");
        assert_eq!(calendar.next_closing(spans[0].from), Some(spans[0].to), "seed {seed}");
    }
}

#[test]
fn arithmetic_keeps_its_laws() {
    for seed in CASES {
        let (case, mut chance) = Case::made(seed);
        let Case { calendar, from, budget, .. } = &case;
        let (start, more) = (time(*from), chance.below(20 * 3_600));
        let after = |from, open| calendar.after_open(from, seconds(open)).expect("it ends");
        let due = after(start, *budget);
        assert!(
            after(start, budget + more) >= due && after(time(from + more), *budget) >= due,
            "it grows: seed {seed}"
        );
        assert_eq!(after(due, more), after(start, budget + more), "it adds up: seed {seed}");
        let back = calendar.before_open(due, seconds(*budget));
        let begun = if *budget == 0 { due } else { after(start, 0) };
        assert_eq!(back, Some(begun), "there and back: seed {seed}");

        let pauses = case.intervals();
        let paused = |n: usize| calendar.after_open_except(start, seconds(*budget), &pauses[..n]).expect("it ends");
        assert_eq!(paused(0), due);
        assert!((1..=pauses.len()).all(|n| paused(n) >= paused(n - 1)), "a pause never shortens: seed {seed}");
        let open = |from, to| calendar.open_between(from, to);
        let (middle, end) = (time(from + more), time(from + 2 * more));
        assert_eq!(open(start, middle) + open(middle, end), open(start, end), "nothing is lost: seed {seed}");
        assert_eq!(open(end, start), SignedDuration::ZERO);
        assert_eq!(open(start, due), seconds(*budget), "seed {seed}");
    }
}
