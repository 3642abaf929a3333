//! Delivers what the outbox holds: letters by the relay and texts by a service, several at a time; or as files named by
//! their keys, `.eml` in `DATA/sent/` and `.txt` in `DATA/texts/`. What one letter meets on its way is in
//! [`sending`](super::sending), and one text in [`texting`](super::texting).

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::{JoinError, JoinSet};

use crate::fault::{self, Point};
use crate::store::{LeasedLetter, OutgoingLetter, Way};

use super::chat::Chatted;
use super::post::{Mailer, Post, Texter, Texting};
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
        let (mut letters, mut texts) = (JoinSet::new(), JoinSet::new());
        log(self.let_go(self.clock.now()).await);
        while !stop.is_asked() {
            log(self.dispatch(&mut letters, &mut texts).await);
            tokio::select! {
                () = stop.asked() => {}
                () = woken.notified() => {}
                Some(ended) = letters.join_next(), if !letters.is_empty() => note_fault(ended),
                Some(ended) = texts.join_next(), if !texts.is_empty() => note_fault(ended),
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        while letters.join_next().await.is_some() {}
        while texts.join_next().await.is_some() {}
        log(self.tell_failures().await);
        if let Post::Relay(mailer) = &self.post {
            mailer.relay.close().await;
        }
    }

    /// Puts as many letters and texts under way as may go, and goes on at once: a slow relay keeps up none but its own
    /// letter.
    async fn dispatch(self: &Arc<Self>, letters: &mut JoinSet<()>, texts: &mut JoinSet<()>) -> Result<(), DeskError> {
        let now = self.clock.now();
        self.look_over(now).await?;
        let mailed = self.dispatch_letters(letters, now).await;
        let texted = self.dispatch_texts(texts, now).await;
        let told = self.tell_failures().await;
        mailed.and(texted).and(told)
    }

    async fn dispatch_letters(self: &Arc<Self>, under_way: &mut JoinSet<()>, now: Timestamp) -> Result<(), DeskError> {
        let Post::Relay(mailer) = &self.post else { return self.write_all(FileKind::Letters, now).await };
        while under_way.len() < mailer.pace().width(now) {
            let Some(leased) = self.next_letter(mailer).await? else { break };
            let desk = Arc::clone(self);
            under_way.spawn(async move {
                let Post::Relay(mailer) = &desk.post else { return };
                log(desk.attempt(mailer, &leased).await.map(drop));
            });
        }
        mailer.relay.close_idle().await;
        Ok(())
    }

    async fn dispatch_texts(self: &Arc<Self>, under_way: &mut JoinSet<()>, now: Timestamp) -> Result<(), DeskError> {
        let Texting::Service(texter) = &self.texting else { return self.write_all(FileKind::Texts, now).await };
        while under_way.len() < texter.pace().width(now) {
            let Some(leased) = self.next_text().await? else { break };
            let desk = Arc::clone(self);
            under_way.spawn(async move {
                let Texting::Service(texter) = &desk.texting else { return };
                log(desk.attempt_text(texter, &leased).await.map(drop));
            });
        }
        Ok(())
    }

    /// Delivers every letter and text that is due, each once. One that does not go does not keep back the others.
    pub async fn deliver_queued(&self, now: Timestamp) -> Result<(), DeskError> {
        self.let_go(now).await?;
        self.look_over(now).await?;
        let mailed = match &self.post {
            Post::Folder => self.write_all(FileKind::Letters, now).await.map(|()| 0),
            Post::Relay(mailer) => self.lanes(mailer).await,
        };
        let texted = match &self.texting {
            Texting::Folder => self.write_all(FileKind::Texts, now).await.map(|()| 0),
            Texting::Service(texter) => self.text_lane(texter).await,
        };
        self.tell_failures().await?;
        let waiting = mailed? + texted?;
        if waiting > 0 {
            tracing::warn!(letters = waiting, "letters did not go; `caredesk outbox list` says why");
        }
        Ok(())
    }

    async fn lanes(&self, mailer: &Mailer) -> Result<u32, DeskError> {
        let lanes = tokio::join!(self.lane(mailer), self.lane(mailer), self.lane(mailer), self.lane(mailer));
        mailer.relay.close().await;
        Ok([lanes.0?, lanes.1?, lanes.2?, lanes.3?].into_iter().sum())
    }

    /// Sends one text after the other, as long as the service is in order. Says how many did not go.
    async fn text_lane(&self, texter: &Texter) -> Result<u32, DeskError> {
        let mut waiting = 0;
        while texter.pace().width(self.clock.now()) > 0 {
            let Some(leased) = self.next_text().await? else { break };
            waiting += u32::from(!self.attempt_text(texter, &leased).await?);
        }
        Ok(waiting)
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

    /// What must not leave is taken out of the way: letters and texts to those who may not have any, and letters
    /// with a secret that may have gone.
    async fn look_over(&self, now: Timestamp) -> Result<(), DeskError> {
        let mut held = 0;
        for (address, channel) in self.store.waiting_addresses(false).await? {
            if !self.may_write_to(channel, &address) {
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
        for (address, channel) in self.store.waiting_addresses(true).await? {
            if self.may_write_to(channel, &address) {
                let (released, failed) = self.store.release(&address, too_old, HELD_TOO_LONG, now).await?;
                tracing::info!(released, failed, "letters that were held back may go");
            }
        }
        Ok(())
    }

    async fn write_all(&self, kind: FileKind, now: Timestamp) -> Result<(), DeskError> {
        let folder = self.data.join(kind.folder());
        let mut failed = None;
        loop {
            let leased = self.store.lease(kind.way(), now, LEASE, BATCH).await?;
            if leased.is_empty() {
                return failed.map_or(Ok(()), Err);
            }
            fault::at(Point::LettersLeased);
            for letter in leased {
                if let Err(source) = write_letter(&folder, kind, &letter) {
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

/// What becomes files where nothing else takes it.
#[derive(Debug, Clone, Copy)]
enum FileKind {
    /// Mails, whole.
    Letters,
    /// Texts: the number, and the words.
    Texts,
}

impl FileKind {
    fn way(self) -> Way<'static> {
        match self {
            FileKind::Letters => Way::Mail,
            FileKind::Texts => Way::Text,
        }
    }

    fn folder(self) -> &'static str {
        match self {
            FileKind::Letters => "sent",
            FileKind::Texts => "texts",
        }
    }

    fn extension(self) -> &'static str {
        match self {
            FileKind::Letters => "eml",
            FileKind::Texts => "txt",
        }
    }

    fn content(self, letter: &OutgoingLetter) -> Cow<'_, [u8]> {
        match self {
            FileKind::Letters => Cow::Borrowed(&letter.bytes),
            FileKind::Texts => Cow::Owned(format!("To: {}\n\n{}\n", letter.to, letter.text.trim_end()).into_bytes()),
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

fn note_fault(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        // Its lease ends, and the letter is tried again.
        tracing::error!(%error, "an attempt to send a letter has ended by a fault of ours");
    }
}

/// Writes a letter whole or not at all. The name is the letter's key, so that a second attempt writes the same file.
fn write_letter(folder: &Path, kind: FileKind, letter: &LeasedLetter) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let name = letter.key.to_string();
    let unfinished = folder.join(format!(".{name}.{}.part", letter.attempt));
    let mut file = File::create(&unfinished)?;
    file.write_all(&kind.content(&letter.letter))?;
    fault::io(Point::LetterWritten)?;
    file.sync_all()?;
    fs::rename(&unfinished, folder.join(format!("{name}.{}", kind.extension())))?;
    for attempt in 1..letter.attempt {
        // What attempts that died have left would only take room.
        let _ = fs::remove_file(folder.join(format!(".{name}.{attempt}.part")));
    }
    fault::io(Point::LetterMoved)?;
    File::open(folder)?.sync_all()?;
    fault::at(Point::LetterDurable);
    Ok(())
}
