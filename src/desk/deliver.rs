//! Delivers what the outbox holds: as `.eml` files in `DATA/sent/`, one a letter, named by its key.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::store::{LeasedLetter, Way};

use super::stop::Stop;
use super::{Delivering, Desk, DeskError, SentReply};

/// How long a letter is ours to deliver. Nobody else takes it meanwhile.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How often the outbox is looked into when nothing wakes its sender.
const LOOK: Duration = Duration::from_secs(1);
/// How many letters are taken at once.
const BATCH: u32 = 50;

impl Desk {
    /// Delivers what waits, after a commit. What is kept stays kept: a letter that cannot be delivered waits in the
    /// outbox, and the log says so.
    pub(super) async fn deliver_after_commit(&self, now: Timestamp) {
        match &self.delivering {
            Delivering::Never => {}
            Delivering::AtOnce => {
                if let Err(error) = self.deliver_queued(now).await {
                    tracing::error!(%error, "letters wait in the outbox");
                }
            }
            Delivering::Beside(sender) => sender.notify_one(),
        }
    }

    /// Delivers what is committed, until the desk stops.
    pub async fn keep_delivering(&self, mut stop: Stop) {
        let Delivering::Beside(woken) = &self.delivering else { return };
        while !stop.is_asked() {
            if let Err(error) = self.deliver_queued(self.clock.now()).await {
                tracing::error!(%error, "letters wait in the outbox");
            }
            tokio::select! {
                () = stop.asked() => {}
                () = woken.notified() => {}
                () = tokio::time::sleep(LOOK) => {}
            }
        }
    }

    /// Delivers every letter that is waiting. One that cannot be written does not keep back the others.
    pub async fn deliver_queued(&self, now: Timestamp) -> Result<(), DeskError> {
        let folder = self.data.join("sent");
        let mut failed = None;
        loop {
            let leased = self.store.lease(Way::Mail, now, LEASE, BATCH).await?;
            if leased.is_empty() {
                return failed.map_or(Ok(()), Err);
            }
            for letter in leased {
                if let Err(source) = write_letter(&folder, &letter) {
                    let doing = format!("cannot write a letter to {}", folder.display());
                    failed = Some(DeskError::File { doing, source });
                    continue;
                }
                self.store.mark_sent(&letter.key, letter.attempt, now).await?;
                tracing::info!(letter = %letter.key, "sent");
            }
        }
    }
}

impl Desk {
    /// What a user of a chat has not heard yet, such as a reminder: they hear it when they next write.
    pub(super) async fn hear_chat(&self, user: &str, now: Timestamp) -> Result<Vec<SentReply>, DeskError> {
        let mut heard = Vec::new();
        for letter in self.store.lease(Way::Chat(user), now, LEASE, BATCH).await? {
            self.store.mark_sent(&letter.key, letter.attempt, now).await?;
            heard.push(SentReply { text: letter.letter.text, choices: Vec::new() });
        }
        Ok(heard)
    }
}

/// Writes a letter whole or not at all. The name is the letter's key, so that a second attempt writes the same file.
fn write_letter(folder: &Path, letter: &LeasedLetter) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = letter.key.to_string();
    let unfinished = folder.join(format!(".{name}.{}.part", letter.attempt));
    let mut file = File::create(&unfinished)?;
    file.write_all(&letter.letter.bytes)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(format!("{name}.eml")))?;
    File::open(folder)?.sync_all()
}
