//! SHOWS: the desk's pages, first of all the chat. Plain HTML and forms; one small script makes them live. Every page is
//! made here, in full, and every word on it is escaped.

mod assets;
mod chat;
mod door;
mod events;
mod form;
mod guard;
mod pages;
mod pieces;
mod session;
pub mod settings;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use askama::Template;
use axum::Router;
use axum::extract::{DefaultBodyLimit, FromRequestParts};
use axum::http::StatusCode;
use axum::http::header::RETRY_AFTER;
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use tokio::sync::{Mutex, Semaphore};

use crate::desk::stop::Stop;
use crate::desk::{Desk, DeskError};
use crate::store::StoreError;

pub use door::WebDoor;
use pages::{Shell, Trouble};
use settings::WebSettings;

/// How many conversations are spoken in at the same time without waiting for one another.
const LANES: usize = 256;
/// How many large forms are read at a time.
const UPLOADS: usize = 16;
/// How many pages stay open for news at a time.
const STREAMS: usize = 2_000;
/// How often those are forgotten who have not come for a while.
const FORGET: Duration = Duration::from_secs(60);

/// The pages of a desk.
#[derive(Debug)]
pub struct Web {
    desk: Arc<Desk>,
    settings: WebSettings,
    assets: assets::Assets,
    pace: guard::Pace,
    /// One conversation is spoken in by one request at a time.
    lanes: Vec<Mutex<()>>,
    uploads: Arc<Semaphore>,
    streams: events::Streams,
    stop: Stop,
}

type Shared = Arc<Web>;

impl Web {
    /// The pages of a desk, until it stops.
    pub fn new(desk: Arc<Desk>, settings: WebSettings, stop: Stop) -> Web {
        Web {
            desk,
            settings,
            assets: assets::Assets::default(),
            pace: guard::Pace::default(),
            lanes: (0..LANES).map(|_| Mutex::new(())).collect(),
            uploads: Arc::new(Semaphore::new(UPLOADS)),
            streams: events::Streams::new(STREAMS),
            stop,
        }
    }

    /// What answers to which address.
    fn router(self: &Arc<Self>) -> Router {
        Router::new()
            .route("/", get(pages::start))
            .route("/chat", get(chat::show).post(chat::say))
            .route("/chat/events", get(events::open))
            .route("/privacy", get(pages::privacy))
            .route("/accessibility", get(pages::accessibility))
            .route("/contact", get(pages::contact))
            .route("/healthz", get(healthy))
            .route("/assets/{file}", get(assets::give))
            .fallback(|| async { Failure::NotFound })
            .method_not_allowed_fallback(|| async { Failure::NotFound })
            // Forms are counted while they are read; see `form`.
            .layer(DefaultBodyLimit::disable())
            .layer(from_fn_with_state(Arc::clone(self), guard::stand))
            .with_state(Arc::clone(self))
    }

    /// Forgets what is no longer needed, until the desk stops.
    async fn keep_forgetting(self: Arc<Self>) {
        let mut stop = self.stop.clone();
        while !stop.sleep(FORGET).await {
            self.pace.forget();
            if let Err(error) = self.forget_sessions().await {
                tracing::error!(%error, "old sessions of the web page could not be deleted");
            }
        }
    }

    /// Puts a page around a failure that has none.
    fn dress_failure(&self, answer: Response) -> Response {
        let Some(failure) = answer.extensions().get::<Failed>() else { return answer };
        let shell = self.shell(failure.heading);
        let page = Trouble { shell, heading: failure.heading, advice: failure.advice };
        let (status, retry) = (answer.status(), answer.headers().get(RETRY_AFTER).cloned());
        let mut dressed = (status, rendered(&page)).into_response();
        if let Some(retry) = retry {
            dressed.headers_mut().insert(RETRY_AFTER, retry);
        }
        dressed
    }

    fn shell(&self, title: &str) -> Shell {
        Shell {
            title: title.to_owned(),
            desk: self.desk.packs.current().pack.desk.name.clone(),
            assets: self.assets.clone(),
            live: false,
        }
    }
}

/// Whether the desk can read what it keeps.
async fn healthy(axum::extract::State(web): axum::extract::State<Shared>) -> Result<&'static str, Failure> {
    web.desk.store.chat_mark().await?;
    Ok("well\n")
}

/// A page as HTML. A template that fails is a fault of ours.
fn rendered(page: &impl Template) -> Response {
    match page.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be written");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Who asks, as far as the network tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Client(IpAddr);

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
struct Peer(IpAddr);

impl FromRequestParts<Shared> for Client {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, web: &Shared) -> Result<Client, Self::Rejection> {
        let peer = parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.0);
        if !web.settings.behind_proxy {
            return Ok(Client(peer));
        }
        // The proxy writes behind what came in: only its own word, the last one, is believed.
        let lines = parts.headers.get_all("x-forwarded-for").iter();
        let last = lines.filter_map(|line| line.to_str().ok()).flat_map(|line| line.split(',')).last();
        Ok(Client(last.and_then(|address| address.trim().parse().ok()).unwrap_or(peer)))
    }
}

/// Why somebody does not get what they asked for.
#[derive(Debug)]
enum Failure {
    /// There is no such page.
    NotFound,
    /// The address leads here, and is not ours.
    NotOurName,
    /// A form came from somebody else's page.
    Foreign,
    /// Too many at once.
    TooOften,
    /// Too many others are here.
    Busy,
    /// A form took too long, or ended in the middle.
    Broken,
    /// It could not be kept, or read; it may work later.
    Later,
    /// A fault of ours.
    Ours(String),
}

/// What the page of a failure says.
#[derive(Debug, Clone, Copy)]
struct Failed {
    heading: &'static str,
    advice: &'static str,
}

impl Failure {
    fn words(&self) -> (StatusCode, Failed) {
        let (status, heading, advice) = match self {
            Failure::NotFound => (
                StatusCode::NOT_FOUND,
                "Page not found",
                "Check that the web address is right. Or go back to the start page.",
            ),
            Failure::NotOurName => (
                StatusCode::MISDIRECTED_REQUEST,
                "This is not our address",
                "Whoever runs the desk can let it be reached by this name. See “public_url” in its settings.",
            ),
            Failure::Foreign => (
                StatusCode::FORBIDDEN,
                "We could not take that",
                "It came from another website. Nothing was kept. Open the chat here and write to us again.",
            ),
            Failure::TooOften => (
                StatusCode::TOO_MANY_REQUESTS,
                "That was a lot at once",
                "Please wait a few seconds and try again. What you sent before is kept.",
            ),
            Failure::Busy => (
                StatusCode::SERVICE_UNAVAILABLE,
                "We are very busy just now",
                "Please try again in a minute. What you sent before is kept.",
            ),
            Failure::Broken => (
                StatusCode::BAD_REQUEST,
                "Your message did not reach us whole",
                "Nothing of it was kept. Go back and send it again.",
            ),
            Failure::Later => (
                StatusCode::SERVICE_UNAVAILABLE,
                "We could not keep your message",
                "Nothing of it was kept. Please go back and send it again in a minute.",
            ),
            Failure::Ours(_) => (
                StatusCode::INTERNAL_SERVER_ERROR,
                "Sorry, something went wrong here",
                "Please try again in a minute. If it goes wrong again, please write or ring.",
            ),
        };
        (status, Failed { heading, advice })
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        if let Failure::Ours(why) = &self {
            tracing::error!(why, "a page could not be given");
        }
        let (status, words) = self.words();
        let mut answer = status.into_response();
        if matches!(self, Failure::TooOften | Failure::Busy | Failure::Later) {
            answer.headers_mut().insert(RETRY_AFTER, axum::http::HeaderValue::from_static("10"));
        }
        answer.extensions_mut().insert(words);
        answer
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure::from(DeskError::from(error))
    }
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Failure {
        if !error.try_later() {
            return Failure::Ours(error.to_string());
        }
        tracing::warn!(%error, "a chat must try again later");
        Failure::Later
    }
}
