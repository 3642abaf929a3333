//! SPEAKS to the service that sends texts to mobiles, in the shape of GOV.UK Notify: one request a text. What becomes of
//! the text then is for `desk` to say.
//!
//! An attempt has two halves, as with a letter: [`Service::reach`] goes as far as a line on which nothing is said;
//! [`Line::send`] says the text. Between the two the caller notes down that the text may be on its way.

mod address;
mod key;

use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Collected, Full, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Request, StatusCode};
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::pki_types::ServerName;

use crate::mail::smtp::{Failure, Kind, plain};
use crate::tls::trusting_the_machine;
pub use address::ServiceAddress;
pub use key::ApiKey;

/// How long the service may take to be reached, and to be encrypted.
pub const REACH: Duration = Duration::from_secs(20);
/// How long it may take to answer.
pub const ANSWER: Duration = Duration::from_secs(60);
/// How much of its answer is read.
const MOST_ANSWER: usize = 64 * 1024;

/// The service that sends texts.
#[derive(Debug)]
pub struct Service {
    address: ServiceAddress,
    key: ApiKey,
    tls: Option<Arc<ClientConfig>>,
}

/// A line to the service on which nothing is said yet.
#[derive(Debug)]
pub struct Line {
    sender: SendRequest<Full<Bytes>>,
    /// Reads and writes what is said. It ends with the line.
    talk: JoinSet<()>,
}

/// A text, as the service is asked to send it.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    /// The number.
    pub to: &'a str,
    /// The words.
    pub words: &'a str,
    /// Names the text: the same at each attempt.
    pub reference: &'a str,
}

impl Service {
    /// A service at an address. Certificates are read once.
    pub fn new(address: ServiceAddress, key: ApiKey) -> Result<Service, String> {
        let tls: Option<ClientConfig> = if address.encrypted { Some(trusting_the_machine()?) } else { None };
        Ok(Service { address, key, tls: tls.map(Arc::new) })
    }

    /// Where it is.
    pub fn address(&self) -> &ServiceAddress {
        &self.address
    }

    /// Opens a line. When it fails, nothing was said.
    pub async fn reach(&self) -> Result<Line, Failure> {
        match tokio::time::timeout(REACH, self.open()).await {
            Ok(line) => line,
            Err(_) => Err(not_there(&format!("the text service was not reached within {} seconds", REACH.as_secs()))),
        }
    }

    async fn open(&self) -> Result<Line, Failure> {
        let tcp = TcpStream::connect((self.address.host.as_str(), self.address.port)).await;
        let tcp = tcp.map_err(|error| not_there(&format!("the text service cannot be reached: {error}")))?;
        let Some(tls) = &self.tls else { return Line::on(tcp).await };
        let name = ServerName::try_from(self.address.host.clone())
            .map_err(|_| not_there("the text service's name cannot stand in a certificate"))?;
        let encrypted = TlsConnector::from(Arc::clone(tls)).connect(name, tcp).await;
        let encrypted = encrypted
            .map_err(|error| not_there(&format!("the line to the text service cannot be encrypted: {error}")))?;
        Line::on(encrypted).await
    }

    fn request(&self, text: Text<'_>, now: Timestamp) -> Result<Request<Full<Bytes>>, Failure> {
        let body = json!({
            "phone_number": text.to,
            "template_id": self.address.template,
            "personalisation": {"body": text.words},
            "reference": text.reference,
        });
        Request::post(format!("{}/v2/notifications/sms", self.address.path))
            .header(HOST, self.address.authority())
            .header(AUTHORIZATION, format!("Bearer {}", self.key.token(now)))
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(Full::new(Bytes::from(body.to_string())))
            .map_err(|_| not_there("the request to the text service cannot be written"))
    }
}

impl Line {
    async fn on<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(stream: S) -> Result<Line, Failure> {
        let (sender, connection) = handshake(TokioIo::new(stream))
            .await
            .map_err(|error| not_there(&format!("the text service cannot be spoken to: {error}")))?;
        let mut talk = JoinSet::new();
        talk.spawn(async move {
            // What ends it is told to whoever waits for the answer.
            let _ = connection.await;
        });
        Ok(Line { sender, talk })
    }

    /// Says the text and hears the answer. A failure of any kind but [`Kind::Unknown`] means that the service has not
    /// taken it.
    pub async fn send(mut self, service: &Service, text: Text<'_>, now: Timestamp) -> Result<(), Failure> {
        let request = service.request(text, now)?;
        let asked = async {
            let answer = self.sender.send_request(request).await.map_err(|error| lost(&error.to_string()))?;
            let status = answer.status();
            // Its words only explain: the status alone decides.
            let words = Limited::new(answer.into_body(), MOST_ANSWER).collect().await;
            Ok((status, words.map(Collected::to_bytes).unwrap_or_default()))
        };
        let answer = tokio::time::timeout(ANSWER, asked).await;
        self.talk.abort_all();
        let (status, words) = answer.map_err(|_| lost("it did not answer in time"))??;
        judge(status, &words)
    }
}

/// What an answer means for the text.
fn judge(status: StatusCode, words: &[u8]) -> Result<(), Failure> {
    if status.is_success() {
        return Ok(());
    }
    let kind = match status {
        StatusCode::TOO_MANY_REQUESTS => Kind::TooFast,
        StatusCode::REQUEST_TIMEOUT => Kind::Later,
        // It does not know us, or is not the service: that says nothing about the text.
        StatusCode::UNAUTHORIZED
        | StatusCode::FORBIDDEN
        | StatusCode::NOT_FOUND
        | StatusCode::METHOD_NOT_ALLOWED
        | StatusCode::PROXY_AUTHENTICATION_REQUIRED => Kind::NoRelay,
        status if status.is_client_error() => Kind::Refused,
        _ => Kind::NoRelay,
    };
    let said = serde_json::from_slice::<Value>(words).ok();
    let said = said.as_ref().and_then(|said| said["errors"][0]["message"].as_str());
    let because = format!("the text service said {} {}", status.as_u16(), said.unwrap_or_default());
    Err(Failure { kind, because: plain(&because) })
}

fn not_there(because: &str) -> Failure {
    Failure { kind: Kind::NoRelay, because: plain(because) }
}

fn lost(because: &str) -> Failure {
    let because =
        format!("the text service's answer was lost, so that nobody knows whether it took the text: {because}");
    Failure { kind: Kind::Unknown, because: plain(&because) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_says_what_the_next_attempt_is_worth() {
        let kind = |status: u16| judge(StatusCode::from_u16(status).expect("a status"), b"").map_err(|why| why.kind);
        assert_eq!(kind(201), Ok(()));
        for (status, expected) in [
            (400, Kind::Refused),
            (413, Kind::Refused),
            (403, Kind::NoRelay),
            (408, Kind::Later),
            (429, Kind::TooFast),
            (500, Kind::NoRelay),
            (503, Kind::NoRelay),
            (302, Kind::NoRelay),
        ] {
            assert_eq!(kind(status), Err(expected), "{status}");
        }
        let words = br#"{"errors":[{"error":"ValidationError","message":"phone_number Not enough\u001b digits"}]}"#;
        let why = judge(StatusCode::BAD_REQUEST, words).expect_err("refused");
        assert_eq!(why.because, "the text service said 400 phone_number Not enough digits");
    }
}
