//! Tells scenarios on all cores at a time, and remembers what each first message starts.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use crate::policy::flow::Pack;
use crate::policy::intent::{Matcher, Routed};
use crate::policy::scenario::{Scenario, Told, comes_out, tell};

/// Deep enough for the deepest rule that its gate lets in.
const STACK: usize = 64 * 1024 * 1024;

/// Tells scenarios. What a first message starts depends on the matcher alone, so that it is asked once for all packs.
pub(in crate::cli) struct Teller<'a> {
    matcher: &'a Matcher,
    known: Mutex<BTreeMap<(String, String), Routed>>,
    jobs: usize,
}

impl<'a> Teller<'a> {
    pub(in crate::cli) fn new(matcher: &'a Matcher, jobs: Option<NonZeroUsize>) -> Self {
        let cores = thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Teller { matcher, known: Mutex::default(), jobs: jobs.map_or(cores, NonZeroUsize::get) }
    }

    /// Tells them all, and gives them in their order.
    pub(in crate::cli) fn tell(&self, pack: &Pack, scenarios: &[Scenario]) -> Vec<Told> {
        let route = |subject: &str, text: &str| self.route(subject, text);
        self.each(scenarios, |scenario| tell(pack, &route, scenario), |_| {})
    }

    /// Whether one of them comes out otherwise than it is told.
    pub(super) fn notices(&self, pack: &Pack, scenario: &Scenario) -> bool {
        let route = |subject: &str, text: &str| self.route(subject, text);
        !comes_out(pack, &route, scenario)
    }

    /// Works on every item, several at a time, and gives the results in the order of the items. `done` hears how many
    /// are.
    pub(super) fn each<T: Sync, R: Send>(
        &self,
        items: &[T],
        work: impl Fn(&T) -> R + Sync,
        done: impl Fn(usize) + Sync,
    ) -> Vec<R> {
        let (next, finished) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let some = || {
            let mut results = Vec::new();
            while let Some((at, item)) =
                Some(next.fetch_add(1, Ordering::Relaxed)).and_then(|at| Some((at, items.get(at)?)))
            {
                results.push((at, work(item)));
                done(finished.fetch_add(1, Ordering::Relaxed) + 1);
            }
            results
        };
        let mut results: Vec<(usize, R)> = thread::scope(|scope| {
            let workers: Vec<_> = (0..self.jobs.min(items.len()))
                .filter_map(|_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, some).ok())
                .collect();
            // A machine without a thread to spare does it here.
            let here = if workers.is_empty() { some() } else { Vec::new() };
            let there = workers.into_iter().flat_map(|worker| match worker.join() {
                Ok(results) => results,
                Err(panic) => std::panic::resume_unwind(panic),
            });
            there.chain(here).collect()
        });
        results.sort_by_key(|(at, _)| *at);
        results.into_iter().map(|(_, result)| result).collect()
    }

    fn route(&self, subject: &str, text: &str) -> Routed {
        let key = (subject.to_owned(), text.to_owned());
        if let Some(routed) = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(&key) {
            return routed.clone();
        }
        let routed = self.matcher.route(subject, text);
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(key, routed.clone());
        routed
    }
}
