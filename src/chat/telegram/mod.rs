//! SPEAKS Telegram, as one bot. What comes is kept before Telegram hears that we have it, and worked off in the order of
//! its chat; what the desk says is read from the lines of the conversation, and said.
//!
//! ```text
//! poll, webhook ── kept in one commit ──► work: one update of a chat after the other ──► the desk's turn, one commit
//!                                                                                            │ lines, and the bell
//!                                         Telegram ◄── said, at Telegram's pace ◄── speak ◄──┘
//! ```

mod api;
mod arrived;
mod button;
pub mod link;
mod pace;
mod pieces;
mod poll;
mod press;
mod speak;
pub mod webhook;
mod words;
mod work;

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use teloxide::types::{Update, UpdateKind};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::config::TelegramSettings;
use crate::desk::stop::Stop;
use crate::desk::{Desk, DeskError};
use crate::fault::{self, Point};
use crate::store::TelegramUpdate;

use api::{Api, Failure};
use arrived::{Arrived, What};
use button::Buttons;
use pace::Pace;

/// Seconds until Telegram is called again, by how often in a row that came to nothing.
const WAITS: [u64; 6] = [1, 2, 5, 10, 30, 60];
/// How long the number of an update is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(24 * 8);
/// How often numbers are forgotten.
const FORGETS: Duration = Duration::from_secs(3600);

/// The bot, and the desk behind it.
#[derive(Debug)]
pub struct Telegram {
    desk: Arc<Desk>,
    settings: TelegramSettings,
    api: Api,
    buttons: Buttons,
    pace: Pace,
    /// Rings when an update was kept.
    kept: Notify,
}

/// Why the desk cannot talk by Telegram at all.
#[derive(Debug, thiserror::Error)]
pub enum CannotTalk {
    /// The settings are not right.
    #[error("{0}")]
    Settings(String),
    /// The store cannot be used.
    #[error(transparent)]
    Desk(#[from] DeskError),
}

impl Telegram {
    /// A bot that has called nobody yet.
    pub async fn new(desk: Arc<Desk>, settings: TelegramSettings) -> Result<Arc<Telegram>, CannotTalk> {
        let api = Api::new(&settings).map_err(CannotTalk::Settings)?;
        let key = desk.store.signing_key().await.map_err(DeskError::Store)?;
        let buttons = Buttons::new(key);
        Ok(Arc::new(Telegram { desk, settings, api, buttons, pace: Pace::new(), kept: Notify::new() }))
    }

    /// Listens where the settings say, if they do.
    pub async fn listener(&self) -> Result<Option<TcpListener>, CannotTalk> {
        let Some(place) = &self.settings.listen else { return Ok(None) };
        let bound = TcpListener::bind(place).await;
        bound.map(Some).map_err(|error| CannotTalk::Settings(format!("cannot listen at {place} for Telegram: {error}")))
    }

    /// Talks until the desk stops.
    pub async fn run(self: Arc<Self>, listener: Option<TcpListener>, stop: Stop) {
        let mut parts = JoinSet::new();
        parts.spawn(Arc::clone(&self).keep_working(stop.clone()));
        parts.spawn(Arc::clone(&self).keep_speaking(stop.clone()));
        parts.spawn(Arc::clone(&self).keep_forgetting(stop.clone()));
        if let Some(listener) = listener {
            parts.spawn(webhook::listen(listener, webhook::router(&self), stop.clone()));
        }
        parts.spawn(async move {
            if Arc::clone(&self).introduce(stop.clone()).await && self.settings.webhook.is_none() {
                self.keep_polling(stop).await;
            }
        });
        while let Some(ended) = parts.join_next().await {
            if let Err(error) = ended {
                tracing::error!(%error, "a part of the talk by Telegram has ended by a fault of ours");
            }
        }
    }

    /// Calls Telegram until it answers, and settles how updates come. Says whether it came to that before the desk stops.
    async fn introduce(self: Arc<Self>, mut stop: Stop) -> bool {
        let mut tries = 0;
        loop {
            match self.settle().await {
                Ok(name) => {
                    let way = if self.settings.webhook.is_some() { "webhook" } else { "polling" };
                    tracing::info!(bot = %format!("@{name}"), way, "people can chat with the desk by Telegram");
                    return true;
                }
                Err(failure) => {
                    tracing::error!(%failure, "no chat by Telegram yet; it is tried again");
                    if stop.sleep(self.wait(tries, &failure)).await {
                        return false;
                    }
                    tries += 1;
                }
            }
        }
    }

    async fn settle(&self) -> Result<String, Failure> {
        let name = self.api.name().await?;
        self.api.offer(&self.desk.packs.current().pack.desk.telegram.commands).await?;
        match &self.settings.webhook {
            Some(url) => {
                let secret = self.buttons.webhook_secret(self.settings.token.reveal());
                self.api.bring_updates(url, &secret).await?;
            }
            None => self.api.keep_updates().await?,
        }
        Ok(name)
    }

    /// How long to wait after so many calls in a row that came to nothing.
    fn wait(&self, tries: usize, failure: &Failure) -> Duration {
        match failure {
            Failure::TooFast(wait) => *wait,
            _ => Duration::from_secs(*WAITS.get(tries).unwrap_or(&60)),
        }
    }

    /// Keeps updates in one commit. When this returns, Telegram may forget them. Presses are answered at once, before
    /// the work that they cause.
    async fn keep(self: &Arc<Self>, updates: Vec<Update>) -> Result<(), DeskError> {
        let mut arrived = Vec::new();
        let mut rows = Vec::new();
        for update in updates {
            if let UpdateKind::Error(_) = update.kind {
                tracing::warn!(update = update.id.0, "an update of a kind that we do not know; it is passed over");
            }
            let one = arrived::read(update);
            let body = serde_json::to_string(&one).map_err(|error| DeskError::Refused(error.to_string()))?;
            rows.push(TelegramUpdate { id: one.id, chat: one.chat, body, tries: 0 });
            arrived.push(one);
        }
        let fresh = self.desk.store.keep_telegram_updates(&rows, self.desk.clock.now()).await?;
        fault::at(Point::TelegramKept);
        for (one, is_fresh) in arrived.into_iter().zip(fresh) {
            match one.what {
                What::Press { press, .. } if is_fresh => {
                    let api = self.api.clone();
                    tokio::spawn(async move { noted(api.heard(&press).await) });
                }
                _ => {}
            }
        }
        self.kept.notify_one();
        Ok(())
    }

    async fn keep_forgetting(self: Arc<Self>, mut stop: Stop) {
        loop {
            let before = self.desk.clock.now().checked_sub(REMEMBERED).unwrap_or(jiff::Timestamp::MIN);
            if let Err(error) = self.desk.store.forget_telegram_updates(before).await {
                tracing::error!(%error, "old numbers of updates could not be forgotten");
            }
            if stop.sleep(FORGETS).await {
                return;
            }
        }
    }
}

/// The name of a chat in the desk.
fn chat_name(chat: i64) -> String {
    format!("telegram:{chat}")
}

/// Notes what did not go well where nothing is lost by it.
fn noted(result: Result<(), Failure>) {
    if let Err(failure) = result {
        tracing::debug!(%failure, "a courtesy to Telegram came to nothing");
    }
}
