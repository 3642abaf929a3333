//! Publishing: makes a pack the one that new tickets begin under, for every process on this database, and goes back.

use std::sync::Arc;

use crate::library;
use crate::policy::flow::Digest;
use crate::store::{Publication, Publishing, Seen, Store, Turn};

use super::packs::not_kept;
use super::{DeskError, Running};

/// A pack that was kept, ready to be compared or taken.
pub async fn kept(store: &Store, digest: &Digest) -> Result<Running, DeskError> {
    let files = store.pack_files(digest).await?.ok_or_else(|| not_kept(digest))?;
    Ok(library::from_files(files)?)
}

/// The kept pack that somebody names by its digest or the beginning of it.
pub async fn named(store: &Store, written: &str) -> Result<Digest, DeskError> {
    let mut found = store.packs().await?.into_iter().map(|kept| kept.digest).filter(|it| it.0.starts_with(written));
    match (found.next().filter(|_| !written.is_empty()), found.next()) {
        (Some(digest), None) => Ok(digest),
        (None, _) => {
            Err(DeskError::Refused(format!("no pack here begins with `{written}`; `caredesk packs` lists them")))
        }
        (Some(_), Some(_)) => Err(DeskError::Refused(format!("more than one pack begins with `{written}`"))),
    }
}

/// The pack to which the desk goes back: the one that ran before the present one was published.
pub async fn before(store: &Store) -> Result<Digest, DeskError> {
    let published = store.published().await?;
    let Some(last) = published.first() else {
        return Err(DeskError::Refused(
            "nothing was published here, so that there is nothing to go back to; name a pack: `caredesk packs` lists them"
                .into(),
        ));
    };
    // Behind a rollback stands the publication of the pack that runs again.
    let brought = published.iter().filter(|row| row.turn == Turn::Publish && row.pack == last.pack);
    let before = brought.filter_map(|row| row.ran_before.clone()).find(|before| *before != last.pack);
    before.ok_or_else(|| {
        DeskError::Refused("the pack that runs is the first that this desk had; there is none before it".into())
    })
}

/// Makes a pack the one that runs, if all is still as it was seen. If not, what was published meanwhile comes back.
pub async fn publish(
    store: &Store,
    running: &Arc<library::Running>,
    seen: &Seen,
    publishing: Note<'_>,
) -> Result<Result<Publication, Option<Publication>>, DeskError> {
    let Note { turn, who, note, at } = publishing;
    let publishing = Publishing { pack: &running.pack.digest, files: &running.files, turn, who, note, at };
    match store.publish(publishing, seen).await? {
        Ok(row) => Ok(Ok(row)),
        Err(_) => Ok(Err(store.last_published().await?)),
    }
}

/// What is noted with a publication.
#[derive(Debug, Clone, Copy)]
pub struct Note<'a> {
    /// New, or back.
    pub turn: Turn,
    /// Who does it.
    pub who: &'a str,
    /// Why.
    pub note: &'a str,
    /// When.
    pub at: jiff::Timestamp,
}
