//! Which pack takes new tickets, and the packs under which older tickets run on.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use jiff::Timestamp;

use crate::fault::{self, Point};
use crate::library;
use crate::policy::finding::Finding;
use crate::policy::flow::Digest;
use crate::store::Store;

use super::{DeskError, Running, worker};

/// The packs of a desk. A pack that runs is kept by digest before the first ticket begins under it.
#[derive(Debug)]
pub struct Packs {
    folder: PathBuf,
    current: ArcSwap<library::Running>,
    older: Mutex<HashMap<Digest, Running>>,
}

impl Packs {
    /// Takes the pack for new tickets: what was published, else that of a folder. Gives the folder's warnings too.
    pub async fn open(folder: &Path, store: &Store, now: Timestamp) -> Result<(Packs, Vec<Finding>), DeskError> {
        if let Some(published) = published(store).await? {
            return Ok((Packs::new(folder, published), Vec::new()));
        }
        let (running, findings) = library::load(folder)?;
        fault::at(Point::PackChosen);
        store.keep_pack(&running.pack.digest, &running.files, now).await?;
        if !store.set_current_pack(&running.pack.digest, now).await?
            && let Some(published) = published(store).await?
        {
            return Ok((Packs::new(folder, published), Vec::new()));
        }
        Ok((Packs::new(folder, running), findings))
    }

    fn new(folder: &Path, current: Running) -> Packs {
        Packs { folder: folder.to_owned(), current: ArcSwap::new(current), older: Mutex::default() }
    }

    /// Takes the last good pack that the store has kept, whatever the folder holds now: what works on tickets under way
    /// must not stop because an author is in the midst of an edit. Without one, the folder's.
    pub async fn open_kept(folder: &Path, store: &Store, now: Timestamp) -> Result<(Packs, Vec<Finding>), DeskError> {
        let kept = match store.current_pack().await? {
            Some(digest) => store.pack_files(&digest).await?.and_then(|files| library::from_files(files).ok()),
            None => None,
        };
        match kept {
            Some(running) => Ok((Packs::new(folder, running), Vec::new())),
            None => Self::open(folder, store, now).await,
        }
    }

    /// The pack for new tickets.
    pub fn current(&self) -> Running {
        self.current.load_full()
    }

    /// The folder that authors edit.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes another pack of the folder for new tickets, once it is kept. Whether it did: not if one was published
    /// meanwhile.
    pub async fn take(&self, running: Running, store: &Store, now: Timestamp) -> Result<bool, DeskError> {
        store.keep_pack(&running.pack.digest, &running.files, now).await?;
        fault::at(Point::EditKept);
        if !store.set_current_pack(&running.pack.digest, now).await? {
            return Ok(false);
        }
        fault::at(Point::EditMadeCurrent);
        self.swap(running);
        Ok(true)
    }

    /// Takes a pack that was published.
    pub async fn take_published(&self, digest: &Digest, store: &Store, models: &Path) -> Result<(), DeskError> {
        let running = self.of(digest, store).await?;
        let (learning, models) = (Arc::clone(&running), models.to_owned());
        worker::run(move || library::understand(&learning, &models)).await?;
        self.swap(running);
        Ok(())
    }

    fn swap(&self, running: Running) {
        let before = self.current.swap(running);
        self.remember(before.pack.digest.clone(), before);
    }

    /// The pack under which a ticket began.
    pub async fn of(&self, digest: &Digest, store: &Store) -> Result<Running, DeskError> {
        let current = self.current();
        if current.pack.digest == *digest {
            return Ok(current);
        }
        let known = self.older.lock().unwrap_or_else(PoisonError::into_inner).get(digest).cloned();
        if let Some(running) = known {
            return Ok(running);
        }
        let files = store.pack_files(digest).await?.ok_or_else(|| {
            DeskError::Refused(format!("the pack {digest}, under which this ticket runs, is not in the database"))
        })?;
        let running = library::from_files(files)?;
        self.remember(digest.clone(), Arc::clone(&running));
        Ok(running)
    }

    fn remember(&self, digest: Digest, running: Running) {
        let mut older = self.older.lock().unwrap_or_else(PoisonError::into_inner);
        older.insert(digest, running);
    }
}

/// What was published last, ready to run.
async fn published(store: &Store) -> Result<Option<Running>, DeskError> {
    let Some(last) = store.last_published().await? else { return Ok(None) };
    let files = store.pack_files(&last.pack).await?.ok_or_else(|| not_kept(&last.pack))?;
    Ok(Some(library::from_files(files)?))
}

/// A pack that the database speaks of and does not have.
pub(super) fn not_kept(digest: &Digest) -> DeskError {
    DeskError::Refused(format!("the pack {digest} is not in the database"))
}
