//! How long learning takes: ten thousand of the shipped examples, spread over all flows, and all of them; and how long a
//! first message then takes. `cargo bench --bench learning`.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use caredesk::library;
use caredesk::policy::flow::Starts;
use caredesk::policy::intent::{Entrance, Matcher};

const TEN_THOUSAND: usize = 10_000;
const TIMES: usize = 5;

fn main() {
    let (running, _) = library::load(Path::new(env!("CARGO_MANIFEST_DIR"))).expect("the shipped pack");
    let all: usize =
        running.pack.flows.values().filter_map(|flow| flow.starts.as_ref()).map(|own| own.examples.len()).sum();
    for wanted in [TEN_THOUSAND.min(all), all] {
        let busy = processor();
        let mut took: Vec<Duration> = (0..TIMES).map(|_| learn(&running, wanted, all).0).collect();
        took.sort();
        let busy = (processor() - busy) / u32::try_from(TIMES).expect("few");
        println!(
            "{wanted} examples learnt in {:.2?}, the middle one of {TIMES}; {busy:.2?} of processor time each",
            took[TIMES / 2]
        );
    }
    let (_, matcher) = learn(&running, all, all);
    let texts: Vec<&String> =
        running.pack.flows.values().filter_map(|flow| flow.starts.as_ref()?.examples.first()).collect();
    let began = Instant::now();
    for text in &texts {
        matcher.route("", text);
    }
    println!(
        "a first message in {:.2?}, over {}",
        began.elapsed() / u32::try_from(texts.len()).expect("few"),
        texts.len()
    );
}

/// How long this process has been reckoning: what others do on the machine counts less in it.
fn processor() -> Duration {
    let status = std::fs::read_to_string("/proc/self/stat").expect("Linux says so");
    let numbers: Vec<&str> = status.rsplit(')').next().expect("numbers").split_whitespace().collect();
    let ticks: u64 = numbers[11..13].iter().map(|ticks| ticks.parse::<u64>().expect("a number")).sum();
    Duration::from_millis(ticks * 10)
}

/// Learns so many of all examples, every flow by its share.
fn learn(running: &library::Running, wanted: usize, all: usize) -> (Duration, Matcher) {
    let mut at = 0;
    let mut starts: BTreeMap<&str, Starts> = BTreeMap::new();
    for flow in running.pack.flows.values() {
        let Some(own) = &flow.starts else { continue };
        let mut taken = |_: &&String| {
            at += 1;
            at * wanted / all != (at - 1) * wanted / all
        };
        let examples = own.examples.iter().filter(&mut taken).cloned().collect();
        let (keywords, never) = (own.keywords.clone(), own.never.clone());
        starts.insert(&flow.name, Starts { examples, keywords, never });
    }
    let doors = running.pack.flows.values().filter_map(|flow| {
        let starts = starts.get(flow.name.as_str())?;
        Some(Entrance { flow: &flow.name, title: &flow.title, is_answer: flow.is_answer, hurry: 1000, starts })
    });
    let matcher = Matcher::of(doors);
    let began = Instant::now();
    matcher.route("", "something that nobody has written before");
    (began.elapsed(), matcher)
}
