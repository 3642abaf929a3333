//! Follows the pack's folder: an edit that is good takes new messages, a bad one is refused and the last good one stays.
//! Once something was published, follows only that.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::fault::{self, Point};
use crate::library::{self, LibraryError};
use crate::policy::check::Sources;
use crate::policy::finding::Finding;
use crate::policy::scenario;
use crate::store::Publication;

use super::{Desk, DeskError, whole_mails, worker};

/// What a look at the folder found.
#[derive(Debug, Clone, PartialEq)]
pub enum Look {
    /// Nothing has changed.
    Same,
    /// An edit is now taken for new tickets.
    Taken(String),
    /// An edit has errors; the last good pack stays.
    Refused(Vec<Finding>, BTreeMap<String, String>),
    /// An edit fails its own scenarios; the last good pack stays.
    Fails(Vec<String>),
    /// The folder cannot be read now.
    Unreadable(String),
    /// A pack was published, and takes new tickets.
    Published(Box<Publication>),
    /// The folder is not what was published, and no longer followed.
    Apart(Box<Publication>),
    /// What was published cannot run here; the last good pack stays.
    CannotRun(String),
}

/// Remembers the last state of the folder, so that one edit is judged once.
#[derive(Debug)]
pub struct Follower {
    told: fn(&Look),
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    seen: Option<BTreeMap<String, String>>,
    /// Why the folder could not be read the last time, or what was published not run: told once, for as long as it lasts.
    unreadable: Option<String>,
    /// The publication for which it was told that the folder differs.
    apart: Option<u64>,
}

impl Follower {
    /// A follower that tells of every edit.
    pub fn new(told: fn(&Look)) -> Follower {
        Follower { told, state: Mutex::default() }
    }
}

impl Desk {
    /// Looks at the pack's folder, if this desk follows it, and takes a good edit. An edit that was saved before a message
    /// came in counts for it, so that every door looks first.
    pub async fn follow(&self) {
        let Some(follower) = &self.follower else { return };
        let mut state = follower.state.lock().await;
        match look(self, &mut state).await {
            Ok(Look::Same) => {}
            Ok(Look::Unreadable(why) | Look::CannotRun(why)) if state.unreadable.as_ref() == Some(&why) => {}
            Ok(look) => {
                (follower.told)(&look);
                state.unreadable = match look {
                    Look::Unreadable(why) | Look::CannotRun(why) => Some(why),
                    Look::Same
                    | Look::Taken(_)
                    | Look::Refused(..)
                    | Look::Fails(_)
                    | Look::Published(_)
                    | Look::Apart(_) => None,
                };
            }
            Err(error) => tracing::error!(%error, "the pack's folder could not be followed"),
        }
    }
}

async fn look(desk: &Desk, state: &mut State) -> Result<Look, DeskError> {
    match desk.store.last_published().await? {
        Some(published) => look_at_published(desk, state, published).await,
        None => look_at_folder(desk, state).await,
    }
}

async fn look_at_published(desk: &Desk, state: &mut State, published: Publication) -> Result<Look, DeskError> {
    if desk.packs.current().pack.digest != published.pack {
        return match desk.packs.take_published(&published.pack, &desk.store, &desk.models).await {
            Ok(()) => Ok(Look::Published(Box::new(published))),
            Err(DeskError::Library(error)) => Ok(Look::CannotRun(error.to_string())),
            Err(error) => Err(error),
        };
    }
    if state.apart == Some(published.number) {
        return Ok(Look::Same);
    }
    let differs = library::read(desk.packs.folder())
        .is_ok_and(|(sources, unreadable)| !unreadable.is_empty() || sources.files != desk.packs.current().files);
    if !differs {
        return Ok(Look::Same);
    }
    state.apart = Some(published.number);
    Ok(Look::Apart(Box::new(published)))
}

async fn look_at_folder(desk: &Desk, state: &mut State) -> Result<Look, DeskError> {
    let (sources, unreadable) = match library::read(desk.packs.folder()) {
        Ok(read) => read,
        Err(error) => return Ok(Look::Unreadable(error.to_string())),
    };
    let current = desk.packs.current();
    let before = state.seen.as_ref().unwrap_or(&current.files);
    if *before == sources.files {
        return Ok(Look::Same);
    }
    let seen = sources.files.clone();
    if sources.files == current.files && unreadable.is_empty() {
        state.seen = Some(seen);
        return Ok(Look::Same);
    }
    fault::at(Point::EditSeen);
    let models = desk.models.clone();
    let judged = worker::run(move || judge(sources, unreadable, &models)).await?;
    fault::at(Point::EditJudged);
    let look = match judged {
        Ok(running) => {
            let digest = running.pack.digest.to_string();
            if !desk.packs.take(running, &desk.store, desk.clock.now()).await? {
                // Something was published meanwhile; the next look takes it.
                return Ok(Look::Same);
            }
            fault::at(Point::EditTaken);
            Look::Taken(digest)
        }
        Err(look) => look,
    };
    // Only now: an edit that could not be judged or kept is looked at again.
    state.seen = Some(seen);
    Ok(look)
}

/// Checks what was read and tells its stories.
fn judge(sources: Sources, unreadable: Vec<Finding>, models: &Path) -> Result<Arc<library::Running>, Look> {
    let running = match library::make(sources, unreadable) {
        Ok((running, _)) => running,
        Err(LibraryError::Findings(findings, files)) => return Err(Look::Refused(findings, files)),
        Err(error) => return Err(Look::Unreadable(error.to_string())),
    };
    library::understand(&running, models);
    let mails = whole_mails::read(&running.pack, &running.files);
    let told = match scenario::tell_all_with(&running.pack, &running.matcher, &running.files, &mails) {
        Ok(told) => told,
        Err(findings) => return Err(Look::Refused(findings, running.files.clone())),
    };
    let failed: Vec<String> =
        told.iter().filter(|told| !told.passed).map(|told| format!("{}: {}", told.scenario, told.because)).collect();
    if failed.is_empty() { Ok(running) } else { Err(Look::Fails(failed)) }
}
