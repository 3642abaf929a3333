//! Who talks: a browser is known by a cookie of 128 random bits. Only its SHA-256 is kept, it changes from time to time, and
//! no address ever holds it.

use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::{HeaderMap, HeaderValue};
use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use super::settings::WebSettings;
use super::{Failure, Web};
use crate::store::{StoreError, Token, WebSession};

/// After this time a browser gets another cookie.
const ROTATED: SignedDuration = SignedDuration::from_hours(1);
/// How long an old cookie counts once the new one has come back: requests that were under way still hold it.
const MOMENT: SignedDuration = SignedDuration::from_secs(60);
/// A session that goes on is written down again only if this much would be added.
const WORTH_WRITING: SignedDuration = SignedDuration::from_hours(1);

/// A cookie's value: 32 hexadecimal digits.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Cookie(String);

/// It opens a conversation, and is never shown.
impl std::fmt::Debug for Cookie {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cookie")
    }
}

impl Cookie {
    /// A new one.
    pub(super) fn new() -> Result<Cookie, Failure> {
        Ok(Cookie(random()?))
    }

    /// The one that a browser sent.
    pub(super) fn of(headers: &HeaderMap, settings: &WebSettings) -> Option<Cookie> {
        let name = name(settings);
        let all = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut ours = all.flat_map(|line| line.split(';')).filter_map(|one| one.trim().split_once('='));
        let value = ours.find_map(|(key, value)| (key == name).then_some(value))?;
        let is_ours =
            value.len() == 32 && value.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        is_ours.then(|| Cookie(value.to_owned()))
    }

    fn token(&self) -> Token {
        Sha256::digest(self.0.as_bytes()).into()
    }

    /// Gives it to the browser.
    pub(super) fn give(&self, response: &mut Response, settings: &WebSettings, lasts: SignedDuration) {
        let guard = match (settings.is_secure(), settings.is_framed()) {
            (true, true) => "; Secure; SameSite=None; Partitioned",
            (true, false) => "; Secure; SameSite=Lax",
            (false, _) => "; SameSite=Lax",
        };
        let line = format!("{}={}; Path=/; Max-Age={}; HttpOnly{guard}", name(settings), self.0, lasts.as_secs());
        if let Ok(value) = HeaderValue::from_str(&line) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}

/// A name with `__Host-` in front is refused by browsers unless it came over an encrypted line from this very host.
fn name(settings: &WebSettings) -> &'static str {
    if settings.is_secure() { "__Host-chat" } else { "chat" }
}

/// 128 random bits as hexadecimal digits.
pub(super) fn random() -> Result<String, Failure> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| Failure::Ours(error.to_string()))?;
    Ok(format!("{:032x}", u128::from_le_bytes(bytes)))
}

impl Web {
    /// The chat of a browser, if it has one.
    pub(super) async fn chat_of(&self, cookie: Option<&Cookie>) -> Result<Option<String>, Failure> {
        let Some(cookie) = cookie else { return Ok(None) };
        let (token, now) = (cookie.token(), self.desk.clock.now());
        let Some(session) = self.desk.store.web_session(&token, now).await? else { return Ok(None) };
        if let Some(old) = session.replaces {
            self.desk.store.settle_web_session(&token, &old, later(now, MOMENT)).await?;
        }
        Ok(Some(session.chat))
    }

    /// The chat of a browser that says something: its own, or a new one. Gives the cookie that it is to have from now on,
    /// if that is another.
    pub(super) async fn begin_chat(&self, cookie: &Cookie) -> Result<(String, Option<Cookie>), Failure> {
        let (token, now) = (cookie.token(), self.desk.clock.now());
        let until = later(now, self.resumable());
        let Some(session) = self.desk.store.web_session(&token, now).await? else {
            let fresh = WebSession { chat: format!("web:{}", random()?), since: now, until, replaces: None };
            let session = self.desk.store.begin_web_session(&token, &fresh, now).await?;
            // Whoever put a cookie of their own into this browser is left behind at once.
            let next = self.rotate(&session.chat, token, now).await?;
            return Ok((session.chat, Some(next)));
        };
        if session.until < until.saturating_sub(WORTH_WRITING).unwrap_or(until) {
            self.desk.store.extend_web_session(&token, until).await?;
        }
        let next = match now.duration_since(session.since) >= ROTATED {
            true => Some(self.rotate(&session.chat, token, now).await?),
            false => None,
        };
        Ok((session.chat, next))
    }

    async fn rotate(&self, chat: &str, old: Token, now: Timestamp) -> Result<Cookie, Failure> {
        let next = Cookie::new()?;
        let until = later(now, self.resumable());
        let session = WebSession { chat: chat.to_owned(), since: now, until, replaces: Some(old) };
        self.desk.store.begin_web_session(&next.token(), &session, now).await?;
        Ok(next)
    }

    /// How long a conversation can be taken up again.
    pub(super) fn resumable(&self) -> SignedDuration {
        let rules = self.desk.packs.current().pack.desk.retention;
        rules.chat_sessions.passed().unwrap_or(SignedDuration::from_hours(24))
    }

    /// Forgets sessions whose time is over.
    pub(super) async fn forget_sessions(&self) -> Result<(), StoreError> {
        self.desk.store.delete_web_sessions(self.desk.clock.now()).await?;
        Ok(())
    }
}

fn later(now: Timestamp, by: SignedDuration) -> Timestamp {
    now.saturating_add(by).unwrap_or(Timestamp::MAX)
}
