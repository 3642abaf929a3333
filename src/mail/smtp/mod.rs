//! SPEAKS to the relay that takes our letters: one letter at a time on each connection, with the point at which an
//! attempt stopped always known. What becomes of the letter then is for `desk` to say.
//!
//! An attempt has two halves. [`Relay::offer`] goes as far as the relay's word that it waits for the letter: until then
//! not a byte of it has gone. [`Offered::send`] says the letter and its final dot, and hears the answer. Between the two
//! the caller notes down that the letter may be on its way.
//!
//! lettre knows the commands and the answers. It is used command by command, since its own `send` does not say where it
//! stopped, and on a line of our own ([`wire`]). Each half runs as a task of its own: a panic in it is one failed attempt.

mod address;
mod connect;
mod parcel;
mod wire;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use lettre::transport::smtp::Error;
use lettre::transport::smtp::client::AsyncSmtpConnection;
use lettre::transport::smtp::commands::{Data, Mail, Quit, Rcpt, Rset};
use lettre::transport::smtp::extension::{Extension, MailBodyParameter, MailParameter};
use lettre::transport::smtp::response::Severity;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::fault::{self, Point};
pub use address::{RelayAddress, Security};
use connect::Way;
pub use parcel::Parcel;

/// How many connections are kept open for the next letter.
const KEPT: usize = 8;
/// How long one is kept. Relays close idle ones after some minutes, and a closed one costs a try.
const KEPT_FOR: Duration = Duration::from_secs(30);
/// How many letters go over one. Some relays allow no more than so many.
const LETTERS: u32 = 50;
/// How much of the letter is written at once.
const CHUNK: usize = 16 * 1024;
/// How much of the relay's words is kept.
const MOST_WORDS: usize = 300;

/// How long the relay may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// Until it waits for the letter: to be reached, to be encrypted, and for every answer up to then, all together.
    pub offer: Duration,
    /// To take the letter's bytes.
    pub writing: Duration,
    /// To answer the final dot. RFC 5321 (section 4.5.3.2.6) says ten minutes: a relay that is cut off sooner may well
    /// have taken the letter, and then gets it twice.
    pub answer: Duration,
}

impl Patience {
    /// For a desk that runs on: a slow relay keeps up one letter, not the others.
    pub const BESIDE: Patience = Patience {
        offer: Duration::from_secs(300),
        writing: Duration::from_secs(180),
        answer: Duration::from_secs(600),
    };
    /// For a command that somebody waits for. Once the letter is on its way, there is no hurrying.
    pub const AT_ONCE: Patience = Patience { offer: Duration::from_secs(20), ..Patience::BESIDE };

    /// How long an attempt lasts at most once the letter is on its way.
    pub fn once_sending(&self) -> Duration {
        self.writing + self.answer
    }
}

/// A password. It shows itself to the relay and to nobody else.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// A password as it was read from a file or the environment: the line end of the file is not part of it.
    pub fn new(written: &str) -> Password {
        Password(written.trim_end_matches(['\r', '\n']).to_owned())
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(…)")
    }
}

/// Why an attempt came to nothing, and what that means for the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What it means.
    pub kind: Kind,
    /// What happened, for the operator.
    pub because: String,
}

/// What a failed attempt means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The relay will never take this letter.
    Refused,
    /// The relay may take this letter later. It has not taken it now.
    Later,
    /// The same, and we were too fast for it: it wants less at a time.
    TooFast,
    /// The relay is not there, or not in order: it has not taken the letter, and would take no other.
    NoRelay,
    /// The letter was said whole and the answer was lost: nobody knows whether it was taken.
    Unknown,
}

impl Failure {
    fn new(kind: Kind, because: impl AsRef<str>) -> Failure {
        Failure { kind, because: plain(because.as_ref()) }
    }

    fn no_relay(because: impl AsRef<str>) -> Failure {
        Failure::new(Kind::NoRelay, because)
    }

    /// What an answer of the relay means for the letter. A code that we do not know may be better tomorrow.
    fn of_code(code: &str, words: &str) -> Failure {
        let kind = match code {
            "432" => Kind::TooFast,
            _ if code.starts_with('4') && words.trim_start().starts_with("4.3.2") => Kind::TooFast,
            "421" => Kind::NoRelay,
            // It wants to know who we are, or an encrypted line: that is no fault of the letter.
            "530" | "534" | "535" | "538" => Kind::NoRelay,
            _ if code.starts_with('5') => Kind::Refused,
            _ => Kind::Later,
        };
        Failure::new(kind, format!("the relay said {code} {words}"))
    }

    fn of(error: &Error) -> Failure {
        let words = std::error::Error::source(error).map_or_else(String::new, ToString::to_string);
        match error.status() {
            Some(code) => Failure::of_code(&code.to_string(), &words),
            None if error.is_response() => Failure::no_relay("the relay's answer makes no sense"),
            None => Failure::no_relay(format!("the talk with the relay broke off: {words}")),
        }
    }

    /// The same, said before any letter was spoken of: then even a refusal is not about a letter.
    fn about_the_relay(self) -> Failure {
        match self.kind {
            Kind::TooFast => self,
            Kind::Refused | Kind::Later | Kind::NoRelay | Kind::Unknown => Failure { kind: Kind::NoRelay, ..self },
        }
    }
}

/// The relay, with the connections that are open to it.
#[derive(Debug, Clone)]
pub struct Relay {
    inner: Arc<Inner>,
}

struct Inner {
    way: Way,
    patience: Patience,
    open: Mutex<Vec<Kept>>,
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay").field("way", &self.way).field("patience", &self.patience).finish_non_exhaustive()
    }
}

/// A connection between two letters.
struct Kept {
    connection: AsyncSmtpConnection,
    letters: u32,
    since: Instant,
}

/// A letter for which the relay waits: none of its bytes has gone. Dropped, it does not go.
#[must_use]
pub struct Offered {
    inner: Arc<Inner>,
    connection: AsyncSmtpConnection,
    letters: u32,
    parcel: Parcel,
}

impl fmt::Debug for Offered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Offered").finish_non_exhaustive()
    }
}

impl Relay {
    /// A relay that is not spoken to yet.
    pub fn new(address: RelayAddress, password: Option<Password>, patience: Patience) -> Result<Relay, String> {
        let inner = Inner { way: Way::new(address, password)?, patience, open: Mutex::new(Vec::new()) };
        Ok(Relay { inner: Arc::new(inner) })
    }

    /// Where it is.
    pub fn address(&self) -> &RelayAddress {
        &self.inner.way.address
    }

    /// How long it may take.
    pub fn patience(&self) -> Patience {
        self.inner.patience
    }

    /// Offers a letter, up to the relay's word that it waits for it. Whatever the failure, the letter has not gone.
    pub async fn offer(&self, parcel: Parcel) -> Result<Offered, Failure> {
        let inner = Arc::clone(&self.inner);
        let patience = self.inner.patience.offer;
        let offering = async move { tokio::time::timeout(patience, inner.offer(parcel)).await };
        match apart(offering).await {
            Some(Ok(offered)) => offered,
            Some(Err(_)) => {
                Err(Failure::no_relay(format!("the relay was not ready within {} seconds", patience.as_secs())))
            }
            None => Err(Failure::no_relay("an internal fault ended the talk with the relay")),
        }
    }

    /// Takes leave of the relay on all connections that are open, without waiting for long.
    pub async fn close(&self) {
        for kept in self.inner.all_kept() {
            take_leave(kept.connection).await;
        }
    }

    /// Takes leave on connections that were kept for too long.
    pub async fn close_idle(&self) {
        for kept in self.inner.worn_out() {
            take_leave(kept.connection).await;
        }
    }
}

impl Offered {
    /// Says the letter. A failure of any kind but [`Kind::Unknown`] means that the relay has not taken it.
    pub async fn send(self) -> Result<(), Failure> {
        let Offered { inner, mut connection, letters, parcel } = self;
        let patience = inner.patience.once_sending();
        let whole = Arc::new(AtomicBool::new(false));
        let said = Arc::clone(&whole);
        let sending = async move {
            // lettre asks for the next part when the last one is written, and then says the final dot: from the moment
            // at which there is no next part, the relay may have the whole letter.
            let mut parts = parcel.body().chunks(CHUNK);
            let parts = std::iter::from_fn(|| {
                let part = parts.next();
                fault::at(Point::RelayHearsPart);
                if part.is_none() {
                    fault::at(Point::RelayHeardAll);
                    said.store(true, Ordering::SeqCst);
                }
                part
            });
            let answer = tokio::time::timeout(patience, connection.message_iter(parts)).await;
            (connection, answer)
        };
        let lost = |because: &str| match whole.load(Ordering::SeqCst) {
            true => Failure::new(Kind::Unknown, format!("{because}, so that nobody knows whether it took the letter")),
            false => Failure::no_relay(because),
        };
        let Some((connection, answer)) = apart(sending).await else {
            return Err(lost("an internal fault ended the talk with the relay"));
        };
        match answer {
            Ok(Ok(answer)) if answer.code().severity == Severity::PositiveCompletion => {
                inner.keep(connection, letters + 1);
                Ok(())
            }
            Ok(Ok(_)) => Err(lost("the relay's answer to the letter makes no sense")),
            Ok(Err(error)) if error.status().is_some() => {
                let failure = Failure::of(&error);
                if failure.kind != Kind::NoRelay {
                    inner.keep(connection, letters + 1);
                }
                Err(failure)
            }
            Ok(Err(error)) => Err(lost(&Failure::of(&error).because)),
            Err(_) => Err(lost("the relay did not answer in time")),
        }
    }
}

impl Inner {
    async fn offer(self: Arc<Self>, parcel: Parcel) -> Result<Offered, Failure> {
        while let Some(Kept { mut connection, letters, .. }) = self.take_kept() {
            // A connection may have ended while nobody looked: that says nothing about the letter, nor of the relay.
            if connection.command(Rset).await.is_err() {
                continue;
            }
            match announce(&mut connection, &parcel).await {
                Ok(()) => return Ok(Offered { inner: self, connection, letters, parcel }),
                Err(Failure { kind: Kind::NoRelay, .. }) => {}
                Err(failure) => {
                    self.keep(connection, letters);
                    return Err(failure);
                }
            }
        }
        let mut connection = self.way.open().await?;
        match announce(&mut connection, &parcel).await {
            Ok(()) => Ok(Offered { inner: self, connection, letters: 0, parcel }),
            Err(failure) => {
                if failure.kind != Kind::NoRelay {
                    self.keep(connection, 0);
                }
                Err(failure)
            }
        }
    }

    fn keep(&self, connection: AsyncSmtpConnection, letters: u32) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.len() < KEPT && letters < LETTERS {
            open.push(Kept { connection, letters, since: Instant::now() });
        }
    }

    /// The connection that was used last: it is the least likely to have ended.
    fn take_kept(&self) -> Option<Kept> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.pop().filter(|kept| kept.since.elapsed() < KEPT_FOR)
    }

    fn worn_out(&self) -> Vec<Kept> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.extract_if(.., |kept| kept.since.elapsed() >= KEPT_FOR).collect()
    }

    fn all_kept(&self) -> Vec<Kept> {
        std::mem::take(&mut *self.open.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The envelope and the question whether the letter may come.
async fn announce(connection: &mut AsyncSmtpConnection, parcel: &Parcel) -> Result<(), Failure> {
    let mut wants = Vec::new();
    for (needed, extension, parameter, what) in [
        (
            !parcel.bytes.is_ascii(),
            Extension::EightBitMime,
            MailParameter::Body(MailBodyParameter::EightBitMime),
            "letters",
        ),
        (parcel.has_wide_address(), Extension::SmtpUtfEight, MailParameter::SmtpUtfEight, "addresses"),
    ] {
        if needed && !connection.server_info().supports_feature(extension) {
            return Err(Failure::new(Kind::Refused, format!("the relay takes no {what} beyond ASCII")));
        }
        wants.extend(needed.then_some(parameter));
    }
    connection.command(Mail::new(Some(parcel.from.clone()), wants)).await.map_err(|error| Failure::of(&error))?;
    fault::at(Point::RelayHeardSender);
    connection.command(Rcpt::new(parcel.to.clone(), Vec::new())).await.map_err(|error| Failure::of(&error))?;
    fault::at(Point::RelayHeardRecipient);
    let waits = connection.command(Data).await.map_err(|error| Failure::of(&error))?;
    match waits.code().severity {
        Severity::PositiveIntermediate => Ok(()),
        // To go on would be to say the letter's lines as commands.
        _ => Err(Failure::no_relay("the relay did not wait for the letter")),
    }
}

async fn take_leave(mut connection: AsyncSmtpConnection) {
    let leave = async move { tokio::time::timeout(Duration::from_secs(1), connection.command(Quit)).await.is_ok() };
    let _ = apart(leave).await;
}

/// Runs a piece of work as a task of its own, and ends it when nobody waits any more. Nothing when it panicked.
async fn apart<T: Send + 'static>(work: impl Future<Output = T> + Send + 'static) -> Option<T> {
    let mut alone = JoinSet::new();
    alone.spawn(work);
    alone.join_next().await?.ok()
}

/// Somebody else's words on one line, not too long, with nothing that a terminal obeys.
pub(crate) fn plain(words: &str) -> String {
    let line: String = words.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(MOST_WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_say_what_the_next_attempt_is_worth() {
        for (code, words, kind) in [
            ("432", "4.3.2 concurrent connections limit", Kind::TooFast),
            ("451", "4.3.2 slow down", Kind::TooFast),
            ("451", "4.7.1 greylisted", Kind::Later),
            ("421", "closing", Kind::NoRelay),
            ("550", "5.1.1 no such user", Kind::Refused),
            ("552", "too large", Kind::Refused),
            ("535", "who are you", Kind::NoRelay),
            ("699", "odd", Kind::Later),
        ] {
            assert_eq!(Failure::of_code(code, words).kind, kind, "{code} {words}");
        }
        assert_eq!(Failure::of_code("550", "no").about_the_relay().kind, Kind::NoRelay);
        assert_eq!(Failure::of_code("550", "a\u{1b}[2J\r\nb").because, "the relay said 550 a [2J b");
    }

    #[tokio::test]
    async fn a_panic_is_one_failed_attempt() {
        assert_eq!(apart(async { 7 }).await, Some(7));
        assert_eq!(
            apart(async {
                if true {
                    panic!("in lettre")
                }
            })
            .await,
            None
        );
    }

    #[test]
    fn a_password_shows_itself_to_nobody() {
        let address = RelayAddress::parse("smtp://desk@localhost").expect("an address");
        let relay = Relay::new(address, Some(Password::new("hunter2\n")), Patience::AT_ONCE).expect("a relay");
        assert!(!format!("{relay:?}").contains("hunter2"));
    }
}
