//! A thread with a deep stack for what reads bytes or runs rules, and a watchdog over it. Whatever happens in there,
//! the process lives.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::fault::{self, Point};

/// Deep enough for the deepest mail and the deepest rule that their gates let in.
const STACK: usize = 64 * 1024 * 1024;
/// Far beyond what any message takes. Only a fault of ours comes near it.
const PATIENCE: Duration = Duration::from_secs(20);

/// Why a piece of work came to nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// It hit a fault of ours.
    #[error("an internal fault stopped it")]
    Panicked,
    /// It did not end. Its thread is left behind.
    #[error("it did not end within {} seconds", PATIENCE.as_secs())]
    Stalled,
    /// The machine gives us no thread.
    #[error("the machine has no thread to spare")]
    NoThread,
}

/// Runs a piece of work on a thread of its own.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Failed> {
    let (done, waiting) = oneshot::channel();
    thread::Builder::new()
        .name("worker".into())
        .stack_size(STACK)
        .spawn(move || {
            // The words of a panic may hold what somebody wrote. Where it happened is in the log; see `cli::main`.
            let result = catch_unwind(AssertUnwindSafe(work)).map_err(drop);
            // Nobody waits any more when the watchdog gave up: then the result is of no use.
            let _ = done.send(result);
        })
        .map_err(|_| Failed::NoThread)?;
    if fault::io(Point::WorkerWatched).is_err() {
        return Err(Failed::Stalled);
    }
    match tokio::time::timeout(PATIENCE, waiting).await {
        Ok(Ok(Ok(value))) => Ok(value),
        Ok(Ok(Err(())) | Err(_)) => Err(Failed::Panicked),
        Err(_) => Err(Failed::Stalled),
    }
}

#[cfg(test)]
mod tests {
    use super::{Failed, run};

    #[tokio::test]
    async fn a_fault_inside_does_not_take_the_process_down() {
        assert_eq!(run(|| 2 + 2).await, Ok(4));
        let failed = run(|| -> u8 { panic!("bad row") }).await;
        assert_eq!(failed, Err(Failed::Panicked));
    }
}
