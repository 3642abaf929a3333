//! Tells an open page that something new was said, or that its request stands otherwise. What it is, the page asks for
//! itself: conversations do not pass here.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream;
use serde::Deserialize;
use tokio::time::Instant;

use super::session::Cookie;
use super::{Failure, Shared, Web};
use crate::desk::bell::{Listener, Rung};

/// How many pages of one conversation stay open for news.
const EACH: usize = 6;
/// How long one stays open. The page opens another then, and its cookie is looked at again.
const LASTS: Duration = Duration::from_secs(10 * 60);
/// How often a line says that it is still there.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often it is looked whether the request stands otherwise. Nobody need have said anything for that.
const LOOK: Duration = Duration::from_secs(5);
/// How many new lines are looked at.
const LINES: u32 = 500;

/// The pages that are open for news.
#[derive(Debug)]
pub(super) struct Streams {
    open: Mutex<BTreeMap<String, usize>>,
    most: usize,
}

/// One of them; dropped, it is closed.
#[derive(Debug)]
struct Place {
    web: Arc<Web>,
    chat: String,
}

impl Streams {
    pub(super) fn new(most: usize) -> Streams {
        Streams { open: Mutex::default(), most }
    }

    fn enter(&self, chat: &str) -> bool {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.values().sum::<usize>() >= self.most || open.get(chat).is_some_and(|count| *count >= EACH) {
            return false;
        }
        *open.entry(chat.to_owned()).or_default() += 1;
        true
    }

    fn leave(&self, chat: &str) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = open.get_mut(chat) {
            *count -= 1;
            if *count == 0 {
                open.remove(chat);
            }
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.web.streams.leave(&self.chat);
    }
}

/// Where the page stands.
#[derive(Debug, Deserialize)]
pub(super) struct Since {
    /// The last line that it shows.
    after: Option<u64>,
    /// The state of the request that it shows; empty while there is none.
    state: Option<String>,
}

/// Opens a line to a page.
pub(super) async fn open(
    State(web): State<Shared>,
    Query(since): Query<Since>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let cookie = Cookie::of(&headers, &web.settings);
    // Without a conversation there is nothing to tell, and the page need not ask again.
    let Some(chat) = web.chat_of(cookie.as_ref()).await? else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    let last = headers.get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    if !web.streams.enter(&chat) {
        return Err(Failure::TooOften);
    }
    let listener = web.desk.bell().listen();
    let place = Place { web: Arc::clone(&web), chat };
    let after = last.or(since.after).unwrap_or(0);
    let watch = Watch { place, after, state: since.state, listener, ends: Instant::now() + LASTS };
    let events = stream::unfold(watch, |mut watch| async move {
        let event = match watch.news().await? {
            News::Line(n) => Event::default().event("line").id(n.to_string()).data(n.to_string()),
            News::State(state) => Event::default().event("state").data(state),
        };
        Some((Ok::<Event, Infallible>(event), watch))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response())
}

/// A page that waits for news.
struct Watch {
    place: Place,
    after: u64,
    /// What the page shows; none until it is known.
    state: Option<String>,
    listener: Listener,
    ends: Instant,
}

/// What a page does not show yet.
enum News {
    /// The newest line has this number.
    Line(u64),
    /// The request is in this state.
    State(String),
}

impl Watch {
    /// What the page does not show, once there is anything. None: the line closes.
    async fn news(&mut self) -> Option<News> {
        let mut stop = self.place.web.stop.clone();
        loop {
            let store = &self.place.web.desk.store;
            let newest = match store.chat_lines_after(&self.place.chat, self.after, LINES).await {
                Ok(lines) => lines.last().map(|line| line.n),
                Err(error) => {
                    tracing::error!(%error, "an open page could not be told what is new");
                    return None;
                }
            };
            if let Some(newest) = newest {
                self.after = newest;
                return Some(News::Line(newest));
            }
            match self.place.web.standing(&self.place.chat).await {
                Ok(standing) if self.state.as_deref().is_some_and(|shown| shown != standing.state) => {
                    self.state = Some(standing.state.clone());
                    return Some(News::State(standing.state));
                }
                Ok(standing) => self.state = Some(standing.state),
                // What is said is told all the same.
                Err(_) => tracing::error!("an open page could not be told how its request stands"),
            }
            tokio::select! {
                () = stop.asked() => return None,
                () = tokio::time::sleep_until(self.ends) => return None,
                () = tokio::time::sleep(LOOK) => {}
                rung = rings_for(&mut self.listener, &self.place.chat) => rung?,
            }
        }
    }
}

/// Waits until the bell rings for one chat.
async fn rings_for(listener: &mut Listener, chat: &str) -> Option<()> {
    loop {
        match listener.rings().await? {
            Rung::Chat(rung) if *rung != *chat => {}
            Rung::Chat(_) | Rung::Any => return Some(()),
        }
    }
}
