//! `serve`: runs the desk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::clock::Clock;
use crate::desk::follow::{Follower, Look};
use crate::desk::intake::Delivery;
use crate::desk::{Desk, DeskError};
use crate::mail::Envelope;
use crate::policy::world::World;
use crate::store::Door;

use super::ingest::{self, Boundary};
use super::{Failure, Format, Settings, complain, open, print};

/// How often the inbox is looked into.
const LOOK: Duration = Duration::from_millis(200);
/// How often the pack's folder is looked into, in looks into the inbox.
const LOOKS_AT_PACK: u64 = 5;
/// How often due times are looked for, in looks into the inbox.
const LOOKS_AT_CLOCK: u64 = 2;
/// How long a mail that could not be kept is left alone.
const REST: Duration = Duration::from_secs(5);

/// Run the desk: take mail from DATA/inbox, keep the clocks, follow edits of the pack.
///
/// Drop a mail as a file into DATA/inbox: write it under a name that begins with a dot and rename it when it is whole.
/// Letters appear in DATA/sent. Stop with Ctrl-C.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Load the pack's made-up organisations and accounts, if the directory is empty.
    #[arg(long)]
    sample: bool,
    /// Where the web listens. This version has no web yet.
    #[arg(long, value_enum, default_value_t = Listener::Off)]
    http: Listener,
    /// Where mail comes in by LMTP. This version has no such door yet.
    #[arg(long, value_enum, default_value_t = Listener::Off)]
    lmtp: Listener,
    /// Where mail comes in by SMTP. This version has no such door yet.
    #[arg(long, value_enum, default_value_t = Listener::Off)]
    smtp: Listener,
    /// Who vouches for senders.
    #[arg(long, value_enum, default_value_t = Boundary::None, env = "CAREDESK_BOUNDARY")]
    boundary: Boundary,
}

/// Where a door listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Listener {
    /// Nowhere.
    Off,
}

impl Listener {
    /// The address at which it listens.
    fn address(self) -> Option<String> {
        match self {
            Listener::Off => None,
        }
    }
}

/// The one line that says that the desk is ready.
#[derive(Debug, Serialize)]
struct Ready {
    ready: bool,
    http: Option<String>,
    lmtp: Option<String>,
    smtp: Option<String>,
    pack: String,
    database: String,
    inbox: String,
}

impl Serve {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let Boundary::None = self.boundary;
        let clock = settings.now.map_or(Clock::System, Clock::starting_at);
        let desk = open::desk(settings, clock, true).await?;
        if self.sample {
            load_sample(&desk).await?;
        }
        let (inbox, taking) = (settings.data.join("inbox"), settings.data.join("taking"));
        for folder in [&inbox, &taking] {
            std::fs::create_dir_all(folder)
                .map_err(|error| Failure::TryLater(format!("cannot make {}: {error}", folder.display())))?;
        }
        give_back(&taking, &inbox);
        self.say_ready(settings, &desk, &inbox)?;
        let mut work = Work {
            desk,
            inbox,
            taking,
            seen: HashMap::new(),
            resting: HashMap::new(),
            follower: Follower::default(),
            told: None,
        };
        let stop = stop_signal();
        tokio::pin!(stop);
        let mut looks = 0_u64;
        loop {
            work.look(looks).await;
            looks += 1;
            tokio::select! {
                () = &mut stop => return Ok(()),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    fn say_ready(&self, settings: &Settings, desk: &Desk, inbox: &Path) -> Result<(), Failure> {
        let ready = Ready {
            ready: true,
            http: self.http.address(),
            lmtp: self.lmtp.address(),
            smtp: self.smtp.address(),
            pack: desk.packs.current().pack.digest.to_string(),
            database: open::database(settings)?.display().to_string(),
            inbox: inbox.display().to_string(),
        };
        match settings.format {
            Format::Json => print::json(&ready),
            Format::Text => print::text(&format!(
                "The desk is ready. Drop mail into {}; letters appear in {}. Stop with Ctrl-C.",
                ready.inbox,
                settings.data.join("sent").display()
            )),
        }
    }
}

/// Waits until the operator or the system asks the desk to stop.
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    match (signal(SignalKind::terminate()), signal(SignalKind::interrupt())) {
        (Ok(mut terminate), Ok(mut interrupt)) => {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
        }
        // Without signals the desk runs until it is killed, which its store survives.
        _ => std::future::pending().await,
    }
}

/// Puts back what a desk that was stopped in the midst of it left behind.
fn give_back(taking: &Path, inbox: &Path) {
    let Ok(entries) = std::fs::read_dir(taking) else { return };
    for entry in entries.flatten() {
        if let Err(error) = std::fs::rename(entry.path(), inbox.join(entry.file_name())) {
            tracing::error!(file = %entry.path().display(), %error, "a mail that was left behind could not be moved back");
        }
    }
}

async fn load_sample(desk: &Desk) -> Result<(), Failure> {
    if !desk.store.directory_is_empty().await? {
        return Ok(());
    }
    let running = desk.packs.current();
    let Some(text) = running.files.get("flows/world.yaml") else {
        complain("the pack has no flows/world.yaml to load as a sample");
        return Ok(());
    };
    let world =
        World::from_yaml(text).map_err(|faults| Failure::Other(format!("flows/world.yaml: {}", faults.join("; "))))?;
    desk.store.directory_import(&world).await?;
    tracing::info!(
        organisations = world.organisations.len(),
        accounts = world.accounts.len(),
        "the sample directory was loaded"
    );
    Ok(())
}

/// The desk at work.
struct Work {
    desk: Desk,
    inbox: PathBuf,
    /// Where a file lies while its mail is taken in.
    taking: PathBuf,
    /// Files as they looked the last time: one that still changes is not whole yet.
    seen: HashMap<PathBuf, (u64, SystemTime)>,
    /// Files that could not be kept, and since when they rest.
    resting: HashMap<PathBuf, tokio::time::Instant>,
    follower: Follower,
    /// The trouble with a folder that was last told, so that it is told once and not at every look.
    told: Option<String>,
}

impl Work {
    /// One look around. A fault in one part never stops the others.
    async fn look(&mut self, looks: u64) {
        if looks.is_multiple_of(LOOKS_AT_PACK) {
            self.follow().await;
        }
        for path in self.whole_files() {
            // An edit that was saved before the mail came in counts for it.
            self.follow().await;
            self.take(&path).await;
        }
        if looks.is_multiple_of(LOOKS_AT_CLOCK) {
            let fired =
                self.desk.fire_due(|fired| tracing::info!(ticket = fired.ticket, what = fired.what, "fired")).await;
            report("timers could not be fired", fired);
            report("letters could not be delivered", self.desk.deliver_queued(self.desk.clock.now()).await);
        }
    }

    /// Files that have not changed since the last look, oldest name first.
    fn whole_files(&mut self) -> Vec<PathBuf> {
        let entries = match std::fs::read_dir(&self.inbox) {
            Ok(entries) => entries,
            Err(error) => {
                self.tell_once(format!("cannot read {}: {error}", self.inbox.display()));
                return Vec::new();
            }
        };
        let mut present = HashMap::new();
        let mut whole = Vec::new();
        for entry in entries.flatten() {
            let path = entry.path();
            let unfinished = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
            let Ok(about) = entry.metadata() else { continue };
            let (true, false, Ok(changed)) = (about.is_file(), unfinished, about.modified()) else { continue };
            let state = (about.len(), changed);
            if self.seen.get(&path) == Some(&state)
                && self.resting.get(&path).is_none_or(|since| since.elapsed() >= REST)
            {
                whole.push(path.clone());
            }
            present.insert(path, state);
        }
        self.seen = present;
        whole.sort();
        whole
    }

    /// Takes one file in. It leaves the inbox first, so that a writer who uses its name again loses nothing; it is removed
    /// once its mail is kept, and goes back into the inbox if it could not be.
    async fn take(&mut self, path: &Path) {
        let Some(name) = path.file_name() else { return };
        let claimed = self.taking.join(name);
        if let Err(error) = std::fs::rename(path, &claimed) {
            // Another desk on the same folder was faster, or the file was taken back.
            tracing::warn!(file = %path.display(), %error, "a file in the inbox could not be taken");
            return;
        }
        let taken = match std::fs::File::open(&claimed).and_then(ingest::read_whole) {
            Ok(raw) => {
                let delivery = Delivery { door: Door::Folder, raw: Arc::new(raw), envelope: Envelope::default() };
                self.desk.take_mail(delivery).await.map_err(|error| error.to_string())
            }
            Err(error) => Err(error.to_string()),
        };
        let left = match taken {
            Ok(taken) => {
                let (ticket, flow) = (taken.ticket.as_deref(), taken.flow.as_deref());
                tracing::info!(decision = taken.decision, ticket, flow, duplicate = taken.duplicate, "mail");
                // Left behind, it is a duplicate the next time: nothing is said twice.
                std::fs::remove_file(&claimed)
            }
            Err(error) => {
                tracing::error!(file = %path.display(), error, "a mail could not be kept; it stays and is tried again");
                self.resting.insert(path.to_owned(), tokio::time::Instant::now());
                std::fs::rename(&claimed, path)
            }
        };
        if let Err(error) = left {
            tracing::error!(file = %claimed.display(), %error, "a file that was taken could not be moved");
        }
    }

    /// Tells the operator of a folder that cannot be read, once for as long as it lasts.
    fn tell_once(&mut self, trouble: String) {
        if self.told.as_ref() != Some(&trouble) {
            tracing::error!(trouble, "a folder cannot be read");
            self.told = Some(trouble);
        }
    }

    /// Looks at the pack's folder and says what came of an edit.
    async fn follow(&mut self) {
        match self.follower.look(&self.desk).await {
            Ok(Look::Same) => {}
            Ok(Look::Taken(digest)) => {
                tracing::info!(pack = digest, "an edit of the pack takes new messages from now on");
            }
            Ok(Look::Refused(findings, files)) => {
                for finding in &findings {
                    complain(&print::finding(finding, &files));
                }
                tracing::error!(findings = findings.len(), "an edit of the pack is refused; the last good pack stays");
            }
            Ok(Look::Fails(failed)) => {
                for failure in &failed {
                    complain(failure);
                }
                tracing::error!(
                    scenarios = failed.len(),
                    "an edit of the pack fails its scenarios; the last good pack stays"
                );
            }
            Ok(Look::Unreadable(why)) => {
                self.tell_once(format!("{why}; the last good pack stays"));
            }
            Err(error) => tracing::error!(%error, "the pack's folder could not be followed"),
        }
    }
}

fn report(what: &str, result: Result<(), DeskError>) {
    if let Err(error) = result {
        tracing::error!(%error, "{what}");
    }
}
