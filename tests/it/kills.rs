//! The desk is killed at every place where it can be, and afterwards nothing is lost and nothing is there twice.
//!
//! `CAREDESK_KILLS` is how often, `CAREDESK_KILLS_SEED` draws others. `cargo test --features faults --test it kills --
//! --nocapture` shows the table.

mod checker;
pub mod lmtp;
mod planted;
mod relay;
pub mod running;
mod story;
mod timers;
mod told;
mod town;

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use std::{fs, thread};

use caredesk::fault::Point;

use checker::{Finding, Wrong};
use story::{STORY, Step};
use town::{Blow, Fell, Town};

use crate::support::Desk;

/// How often the desk is killed where nobody says how often.
const KILLS: usize = 200;
/// How many desks are killed side by side.
const LANES: usize = 2;
/// How many blows a step of one story takes.
const BLOWS_A_STEP: usize = 4;
/// How many of them while a mail is under way: if it dies a third time it is put aside, which is another story.
const DEATHS_A_STEP: usize = 2;
/// How often what did not fall is planned anew.
const ROUNDS: u64 = 12;

/// Places that only a chat by Telegram comes to; `telegram/kills.rs` kills the desk there.
const ELSEWHERE: [Point; 5] =
    [Point::TelegramKept, Point::TelegramBegun, Point::TelegramWorked, Point::TelegramClaimed, Point::TelegramSaid];

/// The places to which the story comes.
fn places() -> impl Iterator<Item = &'static Point> {
    Point::ALL.iter().filter(|point| !ELSEWHERE.contains(point))
}

/// The blows of one story: for each step, one after the other.
type Plan = BTreeMap<usize, VecDeque<Blow>>;

/// What came of one story.
struct Lived {
    fell: Vec<Fell>,
    findings: Vec<(Finding, Option<usize>)>,
}

#[test]
fn kills_at_every_place_lose_nothing_and_double_nothing() {
    let total = setting("CAREDESK_KILLS").map_or(KILLS, |kills| usize::try_from(kills).expect("a number of kills"));
    let seed = setting("CAREDESK_KILLS_SEED").unwrap_or(1);
    let mut whole = Town::new();
    let passed = whole.count();
    let expected = whole.look();
    assert_eq!(expected.findings(whole.acknowledged()), [], "nothing is wrong when nobody is killed");
    let (fired, stages, escalated) = expected.fired("feedback@nhs.net");
    assert!(fired > stages && stages > 20 && escalated > 3, "{fired} timers, {stages} stages, {escalated} escalations");
    let unknown: Vec<&Point> = places().filter(|point| !passed.iter().any(|step| step.contains_key(point))).collect();
    assert!(unknown.is_empty(), "the story never comes to {unknown:?}");

    let expected = expected.story();
    let mut all: Vec<Lived> = Vec::new();
    let mut fallen: BTreeMap<Point, usize> = BTreeMap::new();
    for round in 0..ROUNDS {
        let missing = total.saturating_sub(fallen.values().sum());
        if missing == 0 && fallen.len() == places().count() {
            break;
        }
        let plans = plan(&passed, &fallen, missing, seed.wrapping_mul(1_000) + round);
        for lived in side_by_side(plans, &expected) {
            for fell in &lived.fell {
                if let Blow::At(point, _) = fell.blow {
                    *fallen.entry(point).or_default() += 1;
                }
            }
            all.push(lived);
        }
    }
    show(&all);
    let wrong: Vec<&str> = all.iter().flat_map(|lived| &lived.findings).map(|(one, _)| one.says.as_str()).collect();
    assert!(wrong.is_empty(), "seed {seed}, {} things are wrong:\n{}", wrong.len(), wrong.join("\n"));
    let never: Vec<&Point> = places().filter(|point| !fallen.contains_key(point)).collect();
    assert!(never.is_empty(), "nobody was killed at {never:?}");
    assert!(fallen.values().sum::<usize>() >= total, "{} of {total} kills fell", fallen.values().sum::<usize>());
}

/// A desk with one flow, which starts in no time, and with what the shipped pack says of the desk as a whole.
pub fn small_desk() -> Desk {
    let mut desk = Desk::new();
    let own = desk.data().with_file_name("pack");
    let shipped = std::mem::replace(&mut desk.pack, own);
    let flows = desk.pack.join("flows");
    fs::create_dir_all(&flows).expect("a folder");
    fs::create_dir(desk.pack.join("rules")).expect("a folder");
    for file in ["desk.yaml", "facts.yaml", "world.yaml", "tickets/triage.yaml"] {
        let name = file.rsplit('/').next().expect("a name");
        fs::copy(shipped.join("flows").join(file), flows.join(name)).expect("it is copied");
    }
    fs::write(flows.join("reset.yaml"), include_str!("kills/pack/reset.yaml")).expect("it is written");
    fs::write(flows.join("reset.scenarios.yaml"), include_str!("kills/pack/reset.scenarios.yaml"))
        .expect("it is written");
    desk
}

fn setting(name: &str) -> Option<u64> {
    let value = std::env::var(name).ok()?;
    Some(value.parse().unwrap_or_else(|_| panic!("{name}={value} is no number")))
}

/// Spreads blows over the places, those that were hit least first, and packs them into as few stories as hold them.
fn plan(passed: &[BTreeMap<Point, u64>], fallen: &BTreeMap<Point, usize>, missing: usize, seed: u64) -> Vec<Plan> {
    let mut random = Random(seed);
    let mut planned = fallen.clone();
    let mut plans: Vec<Plan> = Vec::new();
    let wanted = missing.max(places().count() - fallen.len());
    for _ in 0..wanted {
        let least = |point: &&Point| planned.get(point).copied().unwrap_or(0);
        let point = *places().min_by_key(least).expect("there are places");
        *planned.entry(point).or_default() += 1;
        let steps: Vec<(usize, u64)> = passed[..STORY.len() - 1]
            .iter()
            .enumerate()
            .filter_map(|(step, seen)| Some((step, *seen.get(&point)?)))
            .collect();
        let (step, times) = steps[random.below(steps.len())];
        let blow = Blow::At(point, 1 + random.below(usize::try_from(times).expect("few")) as u64);
        place(&mut plans, step, blow);
    }
    // One in ten falls at any moment: there may be places that nobody thought of.
    for _ in 0..wanted / 10 {
        let step = random.below(STORY.len() - 1);
        let lives = if matches!(STORY[step].1, Step::Serve(_)) { 1_500_000 } else { 40_000 };
        place(&mut plans, step, Blow::After(Duration::from_micros(random.below(lives) as u64)));
    }
    plans
}

/// Puts a blow into the first story that has room for it.
fn place(plans: &mut Vec<Plan>, step: usize, blow: Blow) {
    let room = |plan: &&mut Plan| plan.get(&step).is_none_or(|blows| has_room(blows, blow));
    match plans.iter_mut().find(room) {
        Some(plan) => plan.entry(step).or_default().push_back(blow),
        None => plans.push(BTreeMap::from([(step, VecDeque::from([blow]))])),
    }
}

fn has_room(blows: &VecDeque<Blow>, another: Blow) -> bool {
    let deadly = |blow: &Blow| match blow {
        Blow::At(point, _) => (Point::AttemptBegun..=Point::AttemptEnded).contains(point),
        Blow::After(_) => true,
    };
    let deaths = blows.iter().filter(|blow| deadly(blow)).count();
    blows.len() < BLOWS_A_STEP && (!deadly(&another) || deaths < DEATHS_A_STEP)
}

/// Lives through stories, a few at a time.
fn side_by_side(plans: Vec<Plan>, expected: &BTreeMap<String, String>) -> Vec<Lived> {
    let (waiting, lived) = (Mutex::new(plans), Mutex::new(Vec::new()));
    let next = || waiting.lock().unwrap_or_else(PoisonError::into_inner).pop();
    thread::scope(|scope| {
        for _ in 0..LANES {
            scope.spawn(|| {
                while let Some(plan) = next() {
                    let one = live(plan, expected);
                    lived.lock().unwrap_or_else(PoisonError::into_inner).push(one);
                }
            });
        }
    });
    lived.into_inner().unwrap_or_else(PoisonError::into_inner)
}

/// Lives through one story with its blows, and looks at what came of it.
fn live(plan: Plan, expected: &BTreeMap<String, String>) -> Lived {
    let mut town = Town::new();
    for step in 0..STORY.len() {
        town.live(step, plan.get(&step).cloned().unwrap_or_default());
    }
    let evidence = town.look();
    let mut findings = evidence.findings(town.acknowledged());
    let told = evidence.story();
    for first in expected.keys().chain(told.keys()) {
        if expected.get(first) != told.get(first) && !findings.iter().any(|one| one.about == *first) {
            let says = format!("{first}\n  should be {:?}\n  and is    {:?}", expected.get(first), told.get(first));
            findings.push(Finding { wrong: Wrong::Books, about: first.clone(), says });
        }
    }
    let step_of = |about: &str| town.steps.iter().find(|(marker, _)| about.contains(*marker)).map(|(_, step)| *step);
    let blamed = |mut one: Finding| {
        one.says = format!("{} (after {})", one.says, blows(&town.fell));
        let step = step_of(&one.about);
        (one, step)
    };
    Lived { findings: findings.into_iter().map(blamed).collect(), fell: town.fell.clone() }
}

fn blows(fell: &[Fell]) -> String {
    let one = |fell: &Fell| format!("step {} {:?}", fell.step, fell.blow);
    fell.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// The table: a line a place. What is wrong counts for the blows of the step that it belongs to, or for all.
#[expect(clippy::print_stdout, reason = "whoever asks for the table sees it")]
fn show(all: &[Lived]) {
    let mut rows: BTreeMap<Option<Point>, [usize; 6]> = BTreeMap::new();
    for lived in all {
        for fell in &lived.fell {
            let point = match fell.blow {
                Blow::At(point, _) => Some(point),
                Blow::After(_) => None,
            };
            let row = rows.entry(point).or_default();
            row[0] += 1;
            row[5] += fell.resent;
            for (finding, step) in &lived.findings {
                if step.is_none_or(|step| step == fell.step) {
                    row[1 + finding.wrong as usize] += 1;
                }
            }
        }
    }
    println!("| place | kills | lost | tickets twice | letters twice | books wrong | re-sent identical |");
    println!("|---|--:|--:|--:|--:|--:|--:|");
    let mut sums = [0; 6];
    for (point, row) in &rows {
        let place = point.map_or("any moment".to_owned(), |point| format!("{point:?}: {}", point.what()));
        println!("| {place} | {} |", row.map(|count| count.to_string()).join(" | "));
        sums.iter_mut().zip(row).for_each(|(sum, count)| *sum += count);
    }
    println!("| all | {} |", sums.map(|count| count.to_string()).join(" | "));
}

/// Draws lots, the same ones for the same seed (splitmix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit.max(1) as u64).expect("below a limit that fits")
    }
}
