//! A million damaged inputs for everything that reads what strangers write. The same inputs on every machine and day:
//! `CAREDESK_FUZZ` says how many (20,000 or fewer unless told), `CAREDESK_FUZZ_SEED` begins another row of them.

mod address;
mod classes;
mod headers;
mod lmtp;
mod matcher;
mod mutate;
mod read;
mod seeds;
mod texts;
mod values;
mod words;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use mutate::{Chance, Mutator};

/// How many inputs each reader gets unless it is told.
const INPUTS: u64 = 20_000;

/// What an input led to, in a few words of which there are not many; or what is wrong with that.
type Outcome = Result<String, String>;

/// Something that reads what strangers write.
struct Target {
    name: &'static str,
    seeds: Vec<Vec<u8>>,
    tokens: &'static [&'static str],
    /// Bytes that an input has at most; one in five hundred may have 64 kB.
    longest: usize,
    check: fn(&[u8]) -> Outcome,
}

/// What a run came to.
#[derive(Default)]
struct Figures {
    inputs: u64,
    longest: usize,
    /// How often each outcome was met.
    outcomes: BTreeMap<String, u64>,
}

/// Feeds a target with its seeds and with what becomes of them. An input that leads to something new is kept, and is
/// damaged further.
fn run(target: &Target) {
    run_for(target, INPUTS);
}

/// The same, with fewer inputs for what takes longer.
fn run_for(target: &Target, unless_told: u64) {
    let inputs = number("CAREDESK_FUZZ").unwrap_or(unless_told);
    let seed = number("CAREDESK_FUZZ_SEED").unwrap_or(1);
    let began = std::time::Instant::now();
    let mut kept = target.seeds.clone();
    let mut figures = Figures::default();
    for input in &target.seeds {
        take(target, input, seed, &mut figures);
    }
    let mutator = Mutator { tokens: target.tokens, longest: target.longest, seeds: target.seeds.len() };
    while figures.inputs < inputs {
        let mut chance = Chance::new(seed, figures.inputs);
        let input = mutator.damage(&kept, &mut chance);
        if take(target, &input, seed, &mut figures) {
            kept.push(input);
        }
        if figures.inputs.is_multiple_of((inputs / 20).max(50_000)) {
            say(&format!("{}: {} of {inputs}, {} kept", target.name, figures.inputs, kept.len()));
        }
    }
    report(target, &figures, kept.len(), seed, began.elapsed().as_secs());
}

/// Whether an input led to something that none before it did.
fn take(target: &Target, input: &[u8], seed: u64, figures: &mut Figures) -> bool {
    let outcome = survived(target, input).unwrap_or_else(|fault| {
        let (small, fault) = shrunk(target, input, fault);
        panic!("{}, seed {seed}, input {}: {fault}\n{}", target.name, figures.inputs, literal(&small));
    });
    figures.inputs += 1;
    figures.longest = figures.longest.max(input.len());
    let times = figures.outcomes.entry(outcome).or_default();
    *times += 1;
    *times == 1
}

fn survived(target: &Target, input: &[u8]) -> Outcome {
    catch_unwind(AssertUnwindSafe(|| (target.check)(input))).unwrap_or_else(|_| Err("it panics".into()))
}

/// The smallest input that can be had by leaving pieces out, and that still fails.
fn shrunk(target: &Target, input: &[u8], fault: String) -> (Vec<u8>, String) {
    let (mut small, mut fault) = (input.to_vec(), fault);
    let mut piece = small.len() / 2;
    while piece > 0 {
        let mut at = 0;
        while at < small.len() {
            let fewer = [&small[..at], &small[small.len().min(at + piece)..]].concat();
            match survived(target, &fewer) {
                Err(still) => (small, fault) = (fewer, still),
                Ok(_) => at += piece,
            }
        }
        piece /= 2;
    }
    (small, fault)
}

/// The bytes as they stand in a Rust test.
fn literal(bytes: &[u8]) -> String {
    let mut shown = String::from("b\"");
    for byte in bytes {
        let _ = write!(shown, "{}", byte.escape_ascii());
    }
    shown + "\""
}

fn number(variable: &str) -> Option<u64> {
    let told = std::env::var(variable).ok()?;
    Some(told.parse().unwrap_or_else(|_| panic!("{variable} is a number, not {told}")))
}

/// The figures of a run: one row for a table, and below it what the inputs led to.
fn report(target: &Target, figures: &Figures, kept: usize, seed: u64, seconds: u64) {
    let Figures { inputs, longest, outcomes } = figures;
    say(&format!("| {} | {inputs} | {seed} | {longest} | {} | {kept} | 0 | {seconds} |", target.name, outcomes.len()));
    let mut most: Vec<(&String, &u64)> = outcomes.iter().collect();
    most.sort_by_key(|(_, times)| std::cmp::Reverse(**times));
    for (outcome, times) in most.iter().take(12) {
        say(&format!("    {times:>9}  {outcome}"));
    }
}

#[expect(clippy::print_stderr, reason = "a long run shows how far it is")]
fn say(line: &str) {
    eprintln!("{line}");
}

/// A small number as it is, a large one by its size: so that outcomes stay few.
fn about(number: usize) -> usize {
    if number < 4 { number } else { number.next_power_of_two() }
}
