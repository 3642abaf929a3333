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

use super::{DeskError, Running};

/// The packs of a desk. A pack that runs is kept by digest before the first ticket begins under it.
#[derive(Debug)]
pub struct Packs {
    folder: PathBuf,
    current: ArcSwap<library::Running>,
    older: Mutex<HashMap<Digest, Running>>,
}

impl Packs {
    /// Takes the pack of a folder for new tickets. Gives its warnings too.
    pub async fn open(folder: &Path, store: &Store, now: Timestamp) -> Result<(Packs, Vec<Finding>), DeskError> {
        let (running, findings) = library::load(folder)?;
        fault::at(Point::PackChosen);
        store.keep_pack(&running.pack.digest, &running.files, now).await?;
        store.set_current_pack(&running.pack.digest, now).await?;
        let packs = Packs { folder: folder.to_owned(), current: ArcSwap::new(running), older: Mutex::default() };
        Ok((packs, findings))
    }

    /// Takes the last good pack that the store has kept, whatever the folder holds now: what works on tickets under way
    /// must not stop because an author is in the midst of an edit. Without one, the folder's.
    pub async fn open_kept(folder: &Path, store: &Store, now: Timestamp) -> Result<(Packs, Vec<Finding>), DeskError> {
        let kept = match store.current_pack().await? {
            Some(digest) => store.pack_files(&digest).await?.and_then(|files| library::from_files(files).ok()),
            None => None,
        };
        match kept {
            Some(running) => {
                let packs =
                    Packs { folder: folder.to_owned(), current: ArcSwap::new(running), older: Mutex::default() };
                Ok((packs, Vec::new()))
            }
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

    /// Takes another pack for new tickets, once it is kept.
    pub async fn take(&self, running: Running, store: &Store, now: Timestamp) -> Result<(), DeskError> {
        store.keep_pack(&running.pack.digest, &running.files, now).await?;
        fault::at(Point::EditKept);
        store.set_current_pack(&running.pack.digest, now).await?;
        fault::at(Point::EditMadeCurrent);
        let before = self.current.swap(running);
        self.remember(before.pack.digest.clone(), before);
        Ok(())
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
