//! Keeps strangers' hands off: whose pages may post to us, how often anybody may, and what browsers may do with a page.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;

use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, ORIGIN, REFERRER_POLICY};
use axum::http::header::{X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};

use super::settings::WebSettings;
use super::{Client, Failure, Shared};

/// How often one conversation may say something, and one client may ask for anything.
#[derive(Debug)]
pub(super) struct Pace {
    chats: DefaultKeyedRateLimiter<String>,
    clients: DefaultKeyedRateLimiter<IpAddr>,
}

impl Default for Pace {
    fn default() -> Self {
        Pace {
            // A person who clicks through buttons is never held up.
            chats: RateLimiter::keyed(quota(1, 20)),
            // A care home, or a whole network, may share one address.
            clients: RateLimiter::keyed(quota(50, 500)),
        }
    }
}

impl Pace {
    /// Whether a conversation may say something now.
    pub(super) fn lets_say(&self, chat: &str) -> bool {
        self.chats.check_key(&chat.to_owned()).is_ok()
    }

    /// Whether a client may ask for something now.
    pub(super) fn lets_ask(&self, client: IpAddr) -> bool {
        self.clients.check_key(&client).is_ok()
    }

    /// Forgets those who have not come for a while.
    pub(super) fn forget(&self) {
        self.chats.retain_recent();
        self.clients.retain_recent();
    }
}

fn quota(a_second: u32, at_once: u32) -> Quota {
    let number = |n: u32| NonZeroU32::new(n).unwrap_or(NonZeroU32::MIN);
    Quota::per_second(number(a_second)).allow_burst(number(at_once))
}

/// Stands before every request.
pub(super) async fn stand(State(web): State<Shared>, client: Client, request: Request, next: Next) -> Response {
    let asset = request.uri().path().starts_with("/assets/");
    let answer = match web.judge(&client, &request) {
        Ok(()) => next.run(request).await,
        Err(failure) => failure.into_response(),
    };
    let mut answer = web.dress_failure(answer);
    headers(answer.headers_mut(), &web.settings, asset);
    answer
}

impl super::Web {
    fn judge(&self, client: &Client, request: &Request) -> Result<(), Failure> {
        let host = host_of(request);
        if !is_our_name(host.as_deref(), &self.settings) {
            return Err(Failure::NotOurName);
        }
        if !matches!(*request.method(), Method::GET | Method::HEAD)
            && !is_our_page(request.headers(), host.as_deref(), &self.settings)
        {
            return Err(Failure::Foreign);
        }
        if !self.pace.lets_ask(client.0) {
            return Err(Failure::TooOften);
        }
        Ok(())
    }
}

fn host_of(request: &Request) -> Option<String> {
    let header = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    header.or(request.uri().host()).map(str::to_ascii_lowercase)
}

/// Whether the browser was sent here under a name that is ours. Another name that leads here (DNS rebinding) would make us
/// a part of somebody else's site.
fn is_our_name(host: Option<&str>, settings: &WebSettings) -> bool {
    let Some(host) = host else { return false };
    if settings.public.as_ref().is_some_and(|public| public.host() == host) {
        return true;
    }
    let name = match host.strip_prefix('[') {
        Some(rest) => return rest.split(']').next().is_some_and(|address| address.parse::<Ipv6Addr>().is_ok()),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<IpAddr>().is_ok()
}

/// Whether a form was sent from a page of ours. Browsers say where a form was; programs that are no browsers say nothing,
/// and hold nobody's cookie.
fn is_our_page(headers: &HeaderMap, host: Option<&str>, settings: &WebSettings) -> bool {
    let site = headers.get(HeaderName::from_static("sec-fetch-site")).and_then(|site| site.to_str().ok());
    if let Some(site) = site {
        return site == "same-origin" || site == "none";
    }
    let Some(origin) = headers.get(ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let origin_host = origin.split_once("://").map(|(_, host)| host.to_ascii_lowercase());
    origin_host.is_some_and(|origin| {
        Some(origin.as_str()) == host || settings.public.as_ref().is_some_and(|public| public.host() == origin)
    })
}

fn headers(headers: &mut HeaderMap, settings: &WebSettings, asset: bool) {
    let frames: Vec<String> = settings.frames.iter().map(ToString::to_string).collect();
    let frames = if frames.is_empty() { "'none'".to_owned() } else { frames.join(" ") };
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors {frames}"
    );
    let mut put = |name: HeaderName, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    put(CONTENT_SECURITY_POLICY, &policy);
    put(X_CONTENT_TYPE_OPTIONS, "nosniff");
    // Other sites learn nothing. Browsers that are told `no-referrer` would not say either from which page of ours a form
    // came, which is what protects it.
    put(REFERRER_POLICY, "same-origin");
    put(HeaderName::from_static("cross-origin-opener-policy"), "same-origin");
    put(HeaderName::from_static("cross-origin-resource-policy"), "same-origin");
    put(HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()");
    if settings.frames.is_empty() {
        put(X_FRAME_OPTIONS, "DENY");
    }
    if !asset {
        put(CACHE_CONTROL, "no-store");
    }
}

#[cfg(test)]
mod tests {
    use super::super::settings::Origin;
    use super::*;

    #[test]
    fn a_form_counts_only_from_a_page_of_ours() {
        let public = Origin::parse("https://desk.example").ok();
        let settings = WebSettings { public, ..WebSettings::default() };
        let judged = |site: Option<&'static str>, origin: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            site.map(|site| headers.insert("sec-fetch-site", HeaderValue::from_static(site)));
            origin.map(|origin| headers.insert(ORIGIN, HeaderValue::from_static(origin)));
            is_our_page(&headers, Some("127.0.0.1:8080"), &settings)
        };
        assert!(judged(Some("same-origin"), None) && judged(Some("none"), None) && judged(None, None));
        assert!(judged(None, Some("https://desk.example")) && judged(None, Some("http://127.0.0.1:8080")));
        for (site, origin) in [
            (Some("cross-site"), Some("https://desk.example")),
            (Some("same-site"), None),
            (None, Some("https://evil.example")),
            (None, Some("null")),
            (None, Some("https://desk.example.evil.example")),
        ] {
            assert!(!judged(site, origin), "{site:?} {origin:?}");
        }
        for (host, ours) in [
            ("desk.example", true),
            ("localhost:8080", true),
            ("127.0.0.1", true),
            ("[::1]:80", true),
            ("evil.example", false),
            ("127.0.0.1.evil.example", false),
        ] {
            assert_eq!(is_our_name(Some(host), &settings), ours, "{host}");
        }
    }
}
