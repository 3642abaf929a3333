//! Where Telegram brings updates. 200 is answered after the commit and not before; whoever does not know the secret is
//! told nothing.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use hmac::{Hmac, Mac as _};
use sha2::Sha256;
use teloxide::types::Update;
use tokio::net::TcpListener;

use crate::desk::stop::Stop;

use super::Telegram;

/// The field that proves who calls.
const SECRET: &str = "x-telegram-bot-api-secret-token";
/// The longest update. Telegram's own are far shorter.
const LONGEST: usize = 1024 * 1024;

/// The route at which updates come in: the path of the webhook's address. It can be merged into another router.
pub fn router(telegram: &Arc<Telegram>) -> Router {
    let path = telegram.settings.webhook.as_deref().and_then(path).unwrap_or_else(|| "/telegram".to_owned());
    Router::new().route(&path, post(take)).layer(DefaultBodyLimit::max(LONGEST)).with_state(Arc::clone(telegram))
}

/// Serves the route until the desk stops.
pub(super) async fn listen(listener: TcpListener, router: Router, mut stop: Stop) {
    let served = axum::serve(listener, router).with_graceful_shutdown(async move { stop.asked().await });
    if let Err(error) = served.await {
        tracing::error!(%error, "the door for Telegram has closed");
    }
}

async fn take(State(telegram): State<Arc<Telegram>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let expected = telegram.buttons.webhook_secret(telegram.settings.token.reveal());
    let given = headers.get(SECRET).map(axum::http::HeaderValue::as_bytes).unwrap_or_default();
    if !same(given, expected.as_bytes()) {
        tracing::warn!("somebody who is not Telegram called at its door");
        return StatusCode::FORBIDDEN;
    }
    let Ok(update) = serde_json::from_slice::<Update>(&body) else {
        // It comes from Telegram and would come for ever, before all others.
        tracing::error!(bytes = body.len(), "an update that cannot be read; it is passed over");
        return StatusCode::OK;
    };
    match telegram.keep(vec![update]).await {
        Ok(()) => StatusCode::OK,
        Err(error) => {
            tracing::error!(%error, "what came by Telegram cannot be kept yet; it comes again");
            StatusCode::SERVICE_UNAVAILABLE
        }
    }
}

/// Whether two secrets are the same, in a time that tells nothing of where they differ.
fn same(given: &[u8], expected: &[u8]) -> bool {
    let digest = |secret: &[u8]| Hmac::<Sha256>::new_from_slice(expected).map(|mac| mac.chain_update(secret));
    match (digest(given), digest(expected)) {
        (Ok(given), Ok(expected)) => given.verify(&expected.finalize().into_bytes()).is_ok(),
        _ => false,
    }
}

/// The path of an address.
fn path(url: &str) -> Option<String> {
    let (_, rest) = url.split_once("://")?;
    let (_, path) = rest.split_once('/')?;
    let path = path.split(['?', '#']).next()?;
    let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    (plain && !path.is_empty()).then(|| format!("/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_route_is_the_path_of_the_address_and_only_the_secret_opens_it() {
        assert_eq!(path("https://desk.example/in/telegram?x=1").as_deref(), Some("/in/telegram"));
        assert_eq!(path("https://desk.example"), None);
        assert!(same(b"abc", b"abc") && !same(b"abd", b"abc") && !same(b"", b"abc"));
    }
}
