//! Works off what was kept: in each chat one update after the other, and no chat waits for another. What breaks its worker
//! five times is put aside, and its writer is told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task::{Id, JoinSet};

use crate::desk::DeskError;
use crate::desk::chat::Spoken;
use crate::desk::stop::Stop;
use crate::fault::{self, Point};
use crate::mail::Attachment;
use crate::policy::telegram::TelegramText;
use crate::store::TelegramUpdate;

use super::api::BIGGEST_FILE;
use super::{Arrived, Telegram, What, chat_name, noted};

/// How often it is looked for work when nothing rings.
const LOOK: Duration = Duration::from_secs(1);
/// How long a chat rests when work for it came to nothing.
const REST: Duration = Duration::from_secs(10);
/// Chats that are worked for at a time.
const WIDTH: usize = 8;
/// Updates of one chat in a row, before others have their turn.
const IN_A_ROW: u32 = 5;
/// How often work on an update is begun.
const TRIES: u32 = 5;

impl Telegram {
    /// Works until the desk stops.
    pub(super) async fn keep_working(self: Arc<Self>, mut stop: Stop) {
        self.say_aside().await;
        let mut under_way: JoinSet<()> = JoinSet::new();
        let mut busy: BTreeMap<i64, Id> = BTreeMap::new();
        while !stop.is_asked() {
            match self.desk.store.telegram_chats_waiting().await {
                Ok(waiting) => {
                    let free = WIDTH.saturating_sub(busy.len());
                    let ready = waiting.into_iter().filter(|chat| !busy.contains_key(chat)).take(free);
                    for chat in ready.collect::<Vec<i64>>() {
                        let task = under_way.spawn(Arc::clone(&self).work_for(chat, stop.clone()));
                        busy.insert(chat, task.id());
                    }
                }
                Err(error) => tracing::error!(%error, "what came by Telegram cannot be read"),
            }
            tokio::select! {
                () = stop.asked() => {}
                () = self.kept.notified() => {}
                Some(ended) = under_way.join_next_with_id(), if !under_way.is_empty() => {
                    let id = match ended {
                        Ok((id, ())) => id,
                        Err(error) => {
                            tracing::error!(%error, "work on what came by Telegram has ended by a fault of ours");
                            error.id()
                        }
                    };
                    busy.retain(|_, task| *task != id);
                }
                () = tokio::time::sleep(LOOK) => {}
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn say_aside(&self) {
        match self.desk.store.telegram_updates_aside().await {
            Ok(0) => {}
            Ok(aside) => tracing::warn!(aside, "messages by Telegram were put aside; nobody has worked on them"),
            Err(error) => tracing::error!(%error, "what came by Telegram cannot be read"),
        }
    }

    async fn work_for(self: Arc<Self>, chat: i64, mut stop: Stop) {
        for _ in 0..IN_A_ROW {
            if stop.is_asked() {
                return;
            }
            match self.work_next(chat).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => {
                    tracing::error!(%error, "work on what came by Telegram waits");
                    stop.sleep(REST).await;
                    return;
                }
            }
        }
    }

    /// Works on the oldest update of a chat. Says whether there was one.
    async fn work_next(&self, chat: i64) -> Result<bool, DeskError> {
        let Some(update) = self.desk.store.begin_telegram_update(chat).await? else { return Ok(false) };
        fault::at(Point::TelegramBegun);
        if update.tries >= TRIES {
            self.put_aside(&update, "work on it came to no end five times").await?;
            return Ok(true);
        }
        let arrived: Arrived = match serde_json::from_str(&update.body) {
            Ok(arrived) => arrived,
            Err(error) => {
                self.put_aside(&update, &format!("it cannot be read again: {error}")).await?;
                return Ok(true);
            }
        };
        match self.work(&arrived, update.tries > 0).await {
            Ok(()) => {
                fault::at(Point::TelegramWorked);
                self.desk.store.end_telegram_update(update.id).await?;
                Ok(true)
            }
            // It is the desk that is in trouble, and not the message: nobody counts that.
            Err(error) if error.try_later() && !matches!(error, DeskError::Worker(_)) => {
                self.desk.store.uncount_telegram_update(update.id).await?;
                Err(error)
            }
            Err(error @ DeskError::Worker(_)) if update.tries + 1 < TRIES => Err(error),
            Err(error) => {
                self.put_aside(&update, &error.to_string()).await?;
                Ok(true)
            }
        }
    }

    async fn put_aside(&self, update: &TelegramUpdate, because: &str) -> Result<(), DeskError> {
        tracing::error!(update = update.id, because, "a message by Telegram is put aside");
        if update.chat != 0 {
            let key = Some(format!("telegram:{}", update.id));
            let spoken = Spoken { key, ..Spoken::new(chat_name(update.chat), "(not read)") };
            self.desk.answer_aside(spoken, &self.says(TelegramText::NotRead), "it could not be worked on").await?;
        }
        Ok(self.desk.store.put_telegram_update_aside(update.id, because).await?)
    }

    async fn work(&self, arrived: &Arrived, again: bool) -> Result<(), DeskError> {
        if !arrived.private {
            return self.leave(arrived).await;
        }
        match &arrived.what {
            What::Text(text) => match text.strip_prefix('/') {
                Some(command) => self.command(arrived, text, command, again).await,
                None => self.words(arrived, text, Vec::new(), again).await,
            },
            What::File { .. } => self.file(arrived, again).await,
            What::Press { press, data, message } => {
                if again {
                    noted(self.api.heard(press).await);
                }
                self.pressed(arrived, data, message.as_ref()).await
            }
            What::Contact { own: Some(number) } => {
                self.desk.store.note_telegram_mobile(arrived.chat, number).await?;
                self.aside(arrived, "(their own number)", &self.says(TelegramText::MobileNoted)).await
            }
            What::Contact { own: None } => self.aside(arrived, "(a number)", &self.says(TelegramText::NotYours)).await,
            What::NoWords(kind) => {
                self.aside(arrived, &format!("({kind})"), &self.says_of(TelegramText::NoWords, kind)).await
            }
            What::Changed => {
                self.aside(arrived, "(changed an earlier message)", &self.says(TelegramText::Changed)).await
            }
            What::Blocked | What::Nothing => Ok(()),
        }
    }

    /// Where others listen nothing is said but that, and the bot does not stay.
    async fn leave(&self, arrived: &Arrived) -> Result<(), DeskError> {
        if matches!(arrived.what, What::Text(_)) {
            self.pace.turn(arrived.chat).await;
            noted(self.api.say(arrived.chat, &self.says(TelegramText::PrivateOnly), &[]).await.map(drop));
            self.pace.said(arrived.chat);
            noted(self.api.leave(arrived.chat).await);
        }
        Ok(())
    }

    /// What somebody says, for the desk. Buttons that stood open are answered by it.
    pub(super) async fn words(
        &self,
        arrived: &Arrived,
        text: &str,
        attachments: Vec<Attachment>,
        again: bool,
    ) -> Result<(), DeskError> {
        // Done again, the buttons that are open may be those of the answer.
        let open = match again {
            true => None,
            false => self.desk.store.close_telegram_buttons(arrived.chat).await?,
        };
        if let Some(message) = open {
            noted(self.api.take_buttons(arrived.chat, message).await);
        }
        self.desk.take_chat(Spoken { attachments, ..self.spoken(arrived, text) }).await?;
        Ok(())
    }

    pub(super) async fn aside(&self, arrived: &Arrived, said: &str, reply: &str) -> Result<(), DeskError> {
        self.desk.answer_aside(self.spoken(arrived, said), reply, "answered by the channel").await
    }

    pub(super) fn spoken(&self, arrived: &Arrived, text: &str) -> Spoken {
        Spoken { key: Some(key(arrived)), ..Spoken::new(chat_name(arrived.chat), text) }
    }

    async fn command(&self, arrived: &Arrived, text: &str, command: &str, again: bool) -> Result<(), DeskError> {
        let (name, rest) = command.split_once(char::is_whitespace).unwrap_or((command, ""));
        let name = name.split('@').next().unwrap_or_default().to_ascii_lowercase();
        let running = self.desk.packs.current();
        let anytime = &running.pack.desk.anytime;
        let heard = match name.as_str() {
            "start" => return self.start(arrived, rest.trim()).await,
            "agent" => return self.words(arrived, &first(&anytime.agent.words, "agent"), Vec::new(), again).await,
            "status" => first(&anytime.status.words, "status"),
            "cancel" => first(&anytime.cancel.words, "cancel"),
            _ => return self.aside(arrived, text, &self.says(TelegramText::Help)).await,
        };
        match self.has_request(arrived.chat).await? || again {
            true => self.words(arrived, &heard, Vec::new(), again).await,
            false => self.aside(arrived, text, &self.says(TelegramText::NoRequest)).await,
        }
    }

    async fn start(&self, arrived: &Arrived, token: &str) -> Result<(), DeskError> {
        if token.is_empty() {
            return self.aside(arrived, "/start", &self.says(TelegramText::Start)).await;
        }
        let now = self.desk.clock.now();
        let linked = self.desk.store.use_telegram_link(token, (arrived.chat, arrived.id), now).await?;
        let reply = if linked.is_some() { TelegramText::Linked } else { TelegramText::NotLinked };
        self.aside(arrived, "/start (a link)", &self.says(reply)).await
    }

    async fn file(&self, arrived: &Arrived, again: bool) -> Result<(), DeskError> {
        let What::File { file, name, media_type, size, caption } = &arrived.what else { return Ok(()) };
        if caption.is_empty() && !self.has_request(arrived.chat).await? {
            return self.aside(arrived, &format!("(file {name})"), &self.says(TelegramText::FileAlone)).await;
        }
        let bytes = match *size > BIGGEST_FILE {
            true => None,
            false => self.api.file(file).await.map_err(|failure| noted(Err(failure))).ok(),
        };
        let Some(bytes) = bytes else {
            let reply = self.says_of(TelegramText::FileNotTaken, name);
            let said = if caption.is_empty() { format!("(file {name})") } else { caption.clone() };
            return self.aside(arrived, &said, &reply).await;
        };
        let attachment = Attachment { name: name.clone(), media_type: media_type.clone(), bytes };
        self.words(arrived, caption, vec![attachment], again).await
    }

    async fn has_request(&self, chat: i64) -> Result<bool, DeskError> {
        let tickets = self.desk.store.tickets_of(&chat_name(chat)).await?;
        Ok(tickets.iter().any(|ticket| !ticket.state.is_closed()))
    }
}

/// The name by which the desk knows an update again.
pub(super) fn key(arrived: &Arrived) -> String {
    format!("telegram:{}", arrived.id)
}

/// The pack's first word for something.
fn first(words: &[String], usual: &str) -> String {
    words.first().cloned().unwrap_or_else(|| usual.to_owned())
}
