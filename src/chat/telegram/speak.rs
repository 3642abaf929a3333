//! Says what waits in the conversations: in each chat one message after the other, and no chat waits for another.
//!
//! INVARIANT: a message is claimed durably before Telegram hears of it. So what is not claimed was not said; what is claimed
//! and not settled may have arrived, and is said again: the one case in which somebody can read the same twice.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::task::{Id, JoinSet};

use crate::desk::DeskError;
use crate::desk::bell::Rung;
use crate::desk::stop::Stop;
use crate::fault::{self, Point};
use crate::store::{LetterKey, Saying, TelegramChat, TelegramLine};

use super::api::{Failure, PATIENCE};
use super::pieces::{Waiting, next_message, pieces};
use super::{Telegram, chat_name};

/// How often it is looked for chats whose time has come.
const LOOK: Duration = Duration::from_secs(1);
/// How many such looks from one look at all chats to the next.
const LOOKS: u32 = 30;
/// How many chats are spoken to at a time. Most of them wait for their second.
const WIDTH: usize = 256;
/// How many lines are looked at together.
const LINES: u32 = 50;
/// For how long a message is tried.
const DAY: SignedDuration = SignedDuration::from_hours(24);
/// How long the same message is not said again when an answer was lost: it may be on its way.
const DOUBT: SignedDuration = SignedDuration::from_secs(5);
/// How long a claim lasts beyond Telegram's own time.
const MARGIN: Duration = Duration::from_secs(2);
/// Why a letter with a secret is not said again.
const UNKNOWN_SECRET: &str =
    "we cannot know whether it arrived, and a message with a code or a password is never sent twice";

/// A message that is to be said.
struct Message<'a> {
    /// The last of its lines.
    last: &'a TelegramLine,
    text: String,
    letters: Vec<LetterKey>,
    has_secret: bool,
}

impl Telegram {
    /// Says what waits, until the desk stops.
    pub(super) async fn keep_speaking(self: Arc<Self>, mut stop: Stop) {
        let mut bell = self.desk.bell().listen();
        let mut due: BTreeMap<i64, Timestamp> = BTreeMap::new();
        let mut under_way: JoinSet<Option<Timestamp>> = JoinSet::new();
        let mut busy: BTreeMap<i64, Id> = BTreeMap::new();
        let mut looks = 0;
        self.look_everywhere(&mut due).await;
        while !stop.is_asked() {
            let now = self.desk.clock.now();
            let ready = due.iter().filter(|(chat, at)| **at <= now && !busy.contains_key(chat)).map(|(chat, _)| *chat);
            for chat in ready.take(WIDTH.saturating_sub(busy.len())).collect::<Vec<i64>>() {
                due.remove(&chat);
                let task = under_way.spawn(Arc::clone(&self).speak_to(chat, stop.clone()));
                busy.insert(chat, task.id());
            }
            tokio::select! {
                () = stop.asked() => {}
                rung = bell.rings() => match rung {
                    Some(Rung::Chat(name)) => {
                        if let Some(chat) = name.strip_prefix("telegram:").and_then(|chat| chat.parse().ok()) {
                            due.insert(chat, Timestamp::MIN);
                        }
                    }
                    Some(Rung::Any) => self.look_everywhere(&mut due).await,
                    None => break,
                },
                Some(ended) = under_way.join_next_with_id(), if !under_way.is_empty() => {
                    let (id, again) = match ended {
                        Ok((id, again)) => (id, again),
                        Err(error) => {
                            tracing::error!(%error, "what is said by Telegram has ended by a fault of ours");
                            (error.id(), None)
                        }
                    };
                    let chat = busy.iter().find(|(_, task)| **task == id).map(|(chat, _)| *chat);
                    if let Some(chat) = chat {
                        busy.remove(&chat);
                        if let Some(again) = again {
                            due.entry(chat).or_insert(again);
                        }
                    }
                }
                () = tokio::time::sleep(LOOK) => {
                    looks += 1;
                    if looks % LOOKS == 0 {
                        self.look_everywhere(&mut due).await;
                    }
                }
            }
        }
        while under_way.join_next().await.is_some() {}
    }

    async fn look_everywhere(&self, due: &mut BTreeMap<i64, Timestamp>) {
        match self.desk.store.telegram_chats_behind().await {
            Ok(chats) => {
                for chat in chats {
                    due.entry(chat).or_insert(Timestamp::MIN);
                }
            }
            Err(error) => tracing::error!(%error, "what is to be said by Telegram cannot be read"),
        }
    }

    /// Says all that waits in a chat. Gives the moment at which to try again, if something is left.
    async fn speak_to(self: Arc<Self>, chat: i64, mut stop: Stop) -> Option<Timestamp> {
        loop {
            let ready = tokio::select! {
                () = stop.asked() => false,
                () = self.pace.turn(chat) => true,
            };
            if !ready {
                return None;
            }
            match self.say_next(chat).await {
                Ok(Next::More) => {}
                Ok(Next::Later(at)) => return Some(at),
                Ok(Next::Nothing) => return None,
                Err(error) => {
                    tracing::error!(%error, "what is to be said by Telegram waits");
                    return Some(later(self.desk.clock.now(), DOUBT));
                }
            }
        }
    }

    /// Says the next message of a chat, or the next piece of it.
    async fn say_next(&self, chat: i64) -> Result<Next, DeskError> {
        let now = self.desk.clock.now();
        let seen = self.desk.store.telegram_chat(chat).await?;
        if let Some(earliest) = seen.earliest(now) {
            return Ok(Next::Later(earliest));
        }
        let lines = self.desk.store.telegram_lines_to_say(chat, seen.told, LINES).await?;
        let Some(message) = next(&seen, &lines) else { return Ok(Next::Nothing) };
        let until = later(now, signed(PATIENCE + MARGIN));
        let Some(claim) = self.desk.store.claim_telegram(&seen, message.last.mark, now, until).await? else {
            return Ok(Next::Later(later(now, DOUBT)));
        };
        fault::at(Point::TelegramClaimed);
        let saying = self.say(&seen, &message).await;
        fault::at(Point::TelegramSaid);
        let now = self.desk.clock.now();
        if !self.desk.store.settle_telegram(&claim, &saying, &message.letters, now).await? {
            tracing::warn!(chat = %chat_name(chat), "a message came to its end after its time");
        }
        match saying {
            Saying::Later(at) | Saying::Unknown(at) => Ok(Next::Later(at)),
            Saying::Piece | Saying::Said(_) => Ok(Next::More),
            Saying::Failed(because) => {
                tracing::warn!(because, "a message could not be said by Telegram");
                self.desk.deliver_after_commit(now).await;
                Ok(Next::More)
            }
        }
    }

    async fn say(&self, seen: &TelegramChat, message: &Message<'_>) -> Saying {
        let now = self.desk.clock.now();
        let pieces = pieces(&message.text);
        let nth = usize::try_from(seen.pieces).unwrap_or(usize::MAX);
        let Some(piece) = pieces.get(nth) else { return Saying::Said(None) };
        if message.has_secret && seen.is_in_doubt() {
            return Saying::Failed(UNKNOWN_SECRET.into());
        }
        if seen.tried_since().is_some_and(|since| later(since, DAY) < now) {
            return Saying::Failed(format!("given up after {} tries in a day", seen.tries));
        }
        let is_last = nth + 1 == pieces.len();
        let choices =
            message.last.choices.iter().enumerate().filter(|(_, choice)| is_last && !choice.trim().is_empty());
        let button =
            |(n, choice): (usize, &String)| (choice.clone(), self.buttons.data(seen.chat, message.last.mark, n));
        let buttons: Vec<(String, String)> = choices.map(button).collect();
        let said = self.api.say(seen.chat, piece, &buttons).await;
        self.pace.said(seen.chat);
        let wait = |seconds: i64| later(self.desk.clock.now(), SignedDuration::from_secs(seconds));
        let backoff = [1, 2, 5, 10, 30, 60][usize::try_from(seen.tries).unwrap_or(5).min(5)];
        match said {
            Ok(_) if !is_last => Saying::Piece,
            Ok(number) => Saying::Said((!buttons.is_empty()).then_some((message.last.mark, number))),
            Err(Failure::Shut(why) | Failure::Refused(why)) => Saying::Failed(format!("Telegram said: {why}")),
            Err(Failure::TooFast(pause)) => Saying::Later(later(self.desk.clock.now(), signed(pause).min(DAY))),
            Err(failure @ Failure::Lost(_)) => {
                tracing::warn!(%failure, "nobody knows whether a message was said; it is said again");
                Saying::Unknown(wait(backoff).max(later(self.desk.clock.now(), DOUBT)))
            }
            Err(failure @ (Failure::NotThere(_) | Failure::Token | Failure::Conflict(_))) => {
                tracing::warn!(%failure, "a message waits");
                Saying::Later(wait(backoff))
            }
        }
    }
}

/// What comes after a message.
enum Next {
    /// The next one.
    More,
    /// Nothing before that.
    Later(Timestamp),
    /// Nothing waits.
    Nothing,
}

/// The message that is to be said next. What was begun keeps its lines, so that it is said again as it was.
fn next<'a>(seen: &TelegramChat, lines: &'a [TelegramLine]) -> Option<Message<'a>> {
    let waiting: Vec<Waiting<'_>> = lines
        .iter()
        .map(|line| Waiting { mark: line.mark, text: line.to_say(), has_choices: !line.choices.is_empty() })
        .collect();
    let many = match seen.upto {
        Some(upto) => waiting.iter().filter(|line| line.mark <= upto).count().max(1),
        None => next_message(&waiting),
    };
    let mine = lines.get(..many)?;
    let texts = mine.iter().map(|line| line.to_say().trim()).filter(|text| !text.is_empty());
    Some(Message {
        last: mine.last()?,
        text: texts.collect::<Vec<_>>().join("\n\n"),
        letters: mine.iter().filter_map(|line| line.letter.as_ref()?.parse().ok()).collect(),
        has_secret: mine.iter().any(|line| line.secret),
    })
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.saturating_add(by).unwrap_or(Timestamp::MAX)
}

fn signed(lasts: Duration) -> SignedDuration {
    SignedDuration::try_from(lasts).unwrap_or(SignedDuration::MAX)
}
