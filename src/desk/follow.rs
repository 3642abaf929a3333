//! Follows the pack's folder: an edit that is good takes new messages, a bad one is refused and the last good one stays.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use tokio::sync::Mutex;

use crate::fault::{self, Point};
use crate::library::{self, LibraryError};
use crate::policy::check::Sources;
use crate::policy::finding::Finding;
use crate::policy::scenario;

use super::{Desk, DeskError, worker};

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
    /// Why the folder could not be read the last time: told once, for as long as it lasts.
    unreadable: Option<String>,
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
            Ok(Look::Unreadable(why)) if state.unreadable.as_ref() == Some(&why) => {}
            Ok(look) => {
                (follower.told)(&look);
                state.unreadable = match look {
                    Look::Unreadable(why) => Some(why),
                    Look::Same | Look::Taken(_) | Look::Refused(..) | Look::Fails(_) => None,
                };
            }
            Err(error) => tracing::error!(%error, "the pack's folder could not be followed"),
        }
    }
}

async fn look(desk: &Desk, state: &mut State) -> Result<Look, DeskError> {
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
            desk.packs.take(running, &desk.store, desk.clock.now()).await?;
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
    let told = match scenario::tell_all(&running.pack, &running.matcher, &running.files) {
        Ok(told) => told,
        Err(findings) => return Err(Look::Refused(findings, running.files.clone())),
    };
    let failed: Vec<String> =
        told.iter().filter(|told| !told.passed).map(|told| format!("{}: {}", told.scenario, told.because)).collect();
    if failed.is_empty() { Ok(running) } else { Err(Look::Fails(failed)) }
}
