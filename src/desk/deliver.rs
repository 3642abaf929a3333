//! Delivers what the outbox holds: by the relay, several letters at a time; or as `.eml` files in `DATA/sent/`, one a
//! letter, named by its key. What one letter meets on its way is in [`sending`](super::sending).

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::JoinSet;

use crate::fault::{self, Point};
use crate::store::{LeasedLetter, Way};

use super::chat::Chatted;
use super::post::{Mailer, Post};
use super::sending::{HELD, UNKNOWN_SECRET};
use super::stop::Stop;
use super::{Delivering, Desk, DeskError};

/// How long a letter is ours to write to a file. Nobody else takes it meanwhile.
const LEASE: SignedDuration = SignedDuration::from_secs(60);
/// How often the outbox is looked into when nothing wakes its sender.
const LOOK: Duration = Duration::from_secs(1);
/// How many letters are taken at once for files.
const BATCH: u32 = 50;
/// How long a letter may be held back and still go by itself.
const HELD_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Why a letter that was held back for longer does not go by itself.
const HELD_TOO_LONG: &str = "it was held back for more than a day; `outbox retry` sends it if it is still wanted";

impl Desk {
    /// Delivers what waits, after a commit. What is kept stays kept: a letter that cannot be delivered waits in the
    /// outbox, and the log says so.
    pub async fn deliver_after_commit(&self, now: Timestamp) {
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
    pub async fn keep_delivering(self: Arc<Self>, mut stop: Stop) {
        let Delivering::Beside(woken) = &self.delivering else { return };
        let mut under_way = JoinSet::new();
        log(self.let_go(self.clock.now()).await);
        while !stop.is_asked() {
            log(self.dispatch(&mut under_way).await);
            tokio::select! {
                () = stop.asked() => {}
                () = woken.notified() => {}
                Some(ended) = under_way.join_next(), if !under_way.is_empty() => {
                    if let Err(error) = ended {
                        // Its lease ends, and the letter is tried again.
                        tracing::error!(%error, "an attempt to send a letter has ended by a fault of ours");
                    }
                }
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        while under_way.join_next().await.is_some() {}
        log(self.tell_failures().await);
        if let Post::Relay(mailer) = &self.post {
            mailer.relay.close().await;
        }
    }

    /// Puts as many letters under way as may go, and goes on at once: a slow relay keeps up none but its own letter.
    async fn dispatch(self: &Arc<Self>, under_way: &mut JoinSet<()>) -> Result<(), DeskError> {
        let now = self.clock.now();
        let Post::Relay(mailer) = &self.post else { return self.write_all(now).await };
        self.look_over(now).await?;
        while under_way.len() < mailer.pace().width(now) {
            let Some(leased) = self.next_letter(mailer).await? else { break };
            let desk = Arc::clone(self);
            under_way.spawn(async move {
                let Post::Relay(mailer) = &desk.post else { return };
                log(desk.attempt(mailer, &leased).await.map(drop));
            });
        }
        mailer.relay.close_idle().await;
        self.tell_failures().await
    }

    /// Delivers every letter that is due, each once. One that does not go does not keep back the others.
    pub async fn deliver_queued(&self, now: Timestamp) -> Result<(), DeskError> {
        self.let_go(now).await?;
        let Post::Relay(mailer) = &self.post else { return self.write_all(now).await };
        self.look_over(now).await?;
        let lanes = tokio::join!(self.lane(mailer), self.lane(mailer), self.lane(mailer), self.lane(mailer));
        mailer.relay.close().await;
        self.tell_failures().await?;
        let waiting = [lanes.0?, lanes.1?, lanes.2?, lanes.3?].into_iter().sum::<u32>();
        if waiting > 0 {
            tracing::warn!(letters = waiting, "letters did not go; `caredesk outbox list` says why");
        }
        Ok(())
    }

    /// Sends one letter after the other, as long as the relay is in order. Says how many did not go.
    async fn lane(&self, mailer: &Mailer) -> Result<u32, DeskError> {
        let mut waiting = 0;
        while mailer.pace().width(self.clock.now()) > 0 {
            let Some(leased) = self.next_letter(mailer).await? else { break };
            waiting += u32::from(!self.attempt(mailer, &leased).await?);
        }
        Ok(waiting)
    }

    /// What must not be taken to the relay is taken out of its way: letters to those who may not have any, and letters
    /// with a secret that may have gone.
    async fn look_over(&self, now: Timestamp) -> Result<(), DeskError> {
        let mut held = 0;
        for address in self.store.waiting_addresses(false).await? {
            if !self.post.may_write_to(&address) {
                held += self.store.hold(&address, HELD).await?;
            }
        }
        if held > 0 {
            tracing::warn!(letters = held, "letters are held back: they may not go to their addresses yet");
        }
        self.store.fail_unknown_secrets(UNKNOWN_SECRET, now).await?;
        Ok(())
    }

    /// Lets go what was held back for those who may have letters by now. What is older than a day does not go by
    /// itself: its ticket is told.
    async fn let_go(&self, now: Timestamp) -> Result<(), DeskError> {
        let too_old = now.saturating_sub(HELD_FOR).unwrap_or(Timestamp::MIN);
        for address in self.store.waiting_addresses(true).await? {
            if self.post.may_write_to(&address) {
                let (released, failed) = self.store.release(&address, too_old, HELD_TOO_LONG, now).await?;
                tracing::info!(released, failed, "letters that were held back may go");
            }
        }
        Ok(())
    }

    async fn write_all(&self, now: Timestamp) -> Result<(), DeskError> {
        let folder = self.data.join("sent");
        let mut failed = None;
        self.store.fail_unknown_secrets(UNKNOWN_SECRET, now).await?;
        loop {
            let leased = self.store.lease(Way::Mail, now, LEASE, BATCH).await?;
            if leased.is_empty() {
                self.tell_failures().await?;
                return failed.map_or(Ok(()), Err);
            }
            fault::at(Point::LettersLeased);
            for letter in leased {
                if let Err(source) = write_letter(&folder, &letter) {
                    let doing = format!("cannot write a letter to {}", folder.display());
                    failed = Some(DeskError::File { doing, source });
                    continue;
                }
                self.store.mark_sent(&letter.key, letter.attempt, now).await?;
                fault::at(Point::LetterSettled);
                tracing::info!(letter = %letter.key, "sent");
            }
        }
    }
}

impl Desk {
    /// What a user of a chat has not heard yet, such as a reminder: they hear it when they next write.
    pub(super) async fn unheard(&self, user: &str, now: Timestamp) -> Result<Vec<LeasedLetter>, DeskError> {
        Ok(self.store.lease(Way::Chat(user), now, LEASE, BATCH).await?)
    }

    /// Notes that a user of a chat has been told all that this holds. Only whoever told them knows: told and not noted,
    /// it is told again; noted and not told, it would be lost.
    pub async fn heard(&self, chatted: &Chatted) -> Result<(), DeskError> {
        fault::at(Point::ChatTold);
        for (key, attempt) in &chatted.told {
            self.store.mark_sent(key, *attempt, self.clock.now()).await?;
            fault::at(Point::ChatHeard);
        }
        Ok(())
    }
}

fn log(result: Result<(), DeskError>) {
    if let Err(error) = result {
        tracing::error!(%error, "letters wait in the outbox");
    }
}

/// Writes a letter whole or not at all. The name is the letter's key, so that a second attempt writes the same file.
fn write_letter(folder: &Path, letter: &LeasedLetter) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = letter.key.to_string();
    let unfinished = folder.join(format!(".{name}.{}.part", letter.attempt));
    let mut file = File::create(&unfinished)?;
    file.write_all(&letter.letter.bytes)?;
    fault::io(Point::LetterWritten)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(format!("{name}.eml")))?;
    for attempt in 1..letter.attempt {
        // What attempts that died have left would only take room.
        let _ = fs::remove_file(folder.join(format!(".{name}.{attempt}.part")));
    }
    fault::io(Point::LetterMoved)?;
    File::open(folder)?.sync_all()?;
    fault::at(Point::LetterDurable);
    Ok(())
}
