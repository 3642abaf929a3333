//! A strict stand-in for Telegram's Bot API on a free port of this machine, and the people who write to the bot. It says
//! no where Telegram says no, in Telegram's words; `servers/telegram.rs` has a client of other people's making
//! prove that.

mod entities;
mod keyboard;
mod limits;
mod methods;
mod params;
mod people;
mod server;
mod state;
mod webhook;

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use tokio::sync::{oneshot, watch};

pub use state::{Said, State, Trouble};

/// The token of the one bot that the stand-in knows.
pub const TOKEN: &str = "70000001:AAfake-token-of-the-tests_0123456789abc";
/// The bot's id, name and username.
pub const BOT: (i64, &str, &str) = (70_000_001, "Care desk", "caredesk_test_bot");
/// Nothing that the desk does takes so long. Beyond, a test gives up instead of waiting for ever.
const PATIENCE: Duration = Duration::from_secs(90);

/// Telegram, as a test has it.
pub struct Fake {
    /// Where its API is.
    pub url: String,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What the server and the test both hold.
pub struct Shared {
    state: Mutex<State>,
    /// Wakes the test.
    changed: Condvar,
    /// Wakes long polls and the deliverer of webhooks.
    version: watch::Sender<u64>,
}

impl Shared {
    /// The state as it is. A test that panicked leaves it whole: each change is made in one step.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells everybody that something moved.
    pub fn tell(&self) {
        self.changed.notify_all();
        self.version.send_modify(|version| *version += 1);
    }

    /// A listener for what moves from now on.
    pub fn listen(&self) -> watch::Receiver<u64> {
        self.version.subscribe()
    }
}

impl Fake {
    /// A Telegram with its real limits.
    pub fn start() -> Fake {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let shared =
            Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), version: watch::Sender::new(0) });
        let (stop, stopped) = oneshot::channel();
        let held = Arc::clone(&shared);
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = server::serve(listener, Arc::clone(&held)) => {}
                    () = webhook::deliver(held) => {}
                    _ = stopped => {}
                }
            });
        });
        Fake { url, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// The state, to look into or to set.
    pub fn state(&self) -> MutexGuard<'_, State> {
        self.shared.state()
    }

    /// Changes the state and wakes everybody.
    pub fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let changed = change(&mut self.state());
        self.shared.tell();
        changed
    }

    /// Waits until something is so.
    pub fn waits<T>(&self, what: &str, holds: impl Fn(&State) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        let mut state = self.state();
        loop {
            if let Some(found) = holds(&state) {
                return found;
            }
            let left = end.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "Telegram waited in vain for {what}; it heard {}", state.story());
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Waits until the bot's messages to a person hold some words, and gives the message.
    pub fn hears(&self, person: i64, words: &str) -> Said {
        self.waits(&format!("“{words}” to {person}"), |state| {
            state.by_bot(person).into_iter().rfind(|said| said.text.contains(words)).cloned()
        })
    }

    /// Waits until the bot has sent a person so many messages, and gives them.
    pub fn hears_so_many(&self, person: i64, many: usize) -> Vec<Said> {
        self.waits(&format!("{many} messages to {person}"), |state| {
            let said: Vec<Said> = state.by_bot(person).into_iter().cloned().collect();
            (said.len() >= many).then_some(said)
        })
    }

    /// Waits until the bot has taken every update.
    pub fn is_read(&self) {
        self.waits("all updates to be taken", |state| state.updates.is_empty().then_some(()));
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
