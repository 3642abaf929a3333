//! The line to a relay, made harmless before lettre reads it: one whole line at a time, of bounded length, in plain
//! ASCII; and a relay that speaks without being asked is heard no further.
//!
//! lettre collects a line until it ends, however long it is, and panics at a line of blanks in the answer to EHLO
//! (RUSTSEC-2026-0562). It also keeps what was sent ahead of its question and takes it for the answer to the next one,
//! so that a relay which answers twice would have its answers read to the wrong letters.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use lettre::transport::smtp::client::AsyncTokioStream;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};

/// How much of a line counts. RFC 5321 allows 512.
const LINE: usize = 512;
/// How long a whole answer may be.
const ANSWER: usize = 16 * 1024;

/// A line to a relay.
#[derive(Debug)]
pub(super) struct Wire<S> {
    stream: S,
    peer: SocketAddr,
    /// Bytes that came, of which no whole line was made yet.
    raw: Vec<u8>,
    /// A whole line that is being handed over.
    line: Vec<u8>,
    /// How much the present answer has brought.
    heard: usize,
    /// Whether the last word was the relay's, so that it has nothing more to say.
    our_turn: bool,
}

/// An answer to a command.
#[derive(Debug)]
pub(super) struct Said {
    pub code: String,
    pub lines: Vec<String>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    pub(super) fn new(stream: S, peer: SocketAddr) -> Self {
        Wire { stream, peer, raw: Vec::new(), line: Vec::new(), heard: 0, our_turn: false }
    }

    /// A line on which the relay has greeted us already, before it was encrypted. lettre waits for a greeting, so that
    /// one is put before the rest.
    pub(super) fn greeted(stream: S, peer: SocketAddr) -> Self {
        Wire { line: b"220 encrypted\r\n".to_vec(), ..Wire::new(stream, peer) }
    }

    /// The stream below, if nothing was said on it that nobody has read. What came in the open ahead of encryption
    /// must never be taken for what was said behind it.
    pub(super) fn into_stream(self) -> io::Result<S> {
        if self.raw.is_empty() && self.line.is_empty() { Ok(self.stream) } else { Err(unasked(&self.raw)) }
    }

    /// Says a command and hears the answer.
    pub(super) async fn ask(&mut self, command: &str) -> io::Result<Said> {
        self.write_all(command.as_bytes()).await?;
        self.flush().await?;
        self.hear().await
    }

    /// Hears an answer.
    pub(super) async fn hear(&mut self) -> io::Result<Said> {
        let mut lines = Vec::new();
        loop {
            let mut line = [0; LINE + 2];
            let read = self.read(&mut line).await?;
            let line = String::from_utf8_lossy(&line[..read]).trim_end().to_owned();
            let (code, rest) = (line.get(..3).unwrap_or_default(), line.get(3..).unwrap_or_default());
            if !code.bytes().all(|byte| byte.is_ascii_digit()) || code.is_empty() {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "the relay's answer has no code"));
            }
            lines.push(rest.get(1..).unwrap_or_default().to_owned());
            if !rest.starts_with('-') {
                return Ok(Said { code: code.to_owned(), lines });
            }
        }
    }

    /// Moves the next whole line to where it is handed over.
    fn cut_line(&mut self) -> bool {
        let Some(end) = self.raw.iter().position(|byte| *byte == b'\n') else { return false };
        let whole: Vec<u8> = self.raw.drain(..=end).collect();
        self.line = tidy(&whole);
        true
    }

    fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let mut chunk = [0; 2048];
        let mut buffer = ReadBuf::new(&mut chunk);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buffer))?;
        self.raw.extend_from_slice(buffer.filled());
        self.heard += buffer.filled().len();
        Poll::Ready(Ok(buffer.filled().len()))
    }
}

/// A line as lettre can read it: no blanks at its end, nothing beyond ASCII, not too long, a proper end.
fn tidy(line: &[u8]) -> Vec<u8> {
    let mut tidy: Vec<u8> = line
        .trim_ascii_end()
        .iter()
        .take(LINE)
        .map(|byte| if (b' '..=b'~').contains(byte) { *byte } else { b'?' })
        .collect();
    // An answer may be a code and nothing else; lettre wants the blank.
    if tidy.len() == 3 {
        tidy.push(b' ');
    }
    tidy.extend_from_slice(b"\r\n");
    tidy
}

fn hung_up() -> io::Error {
    io::Error::new(io::ErrorKind::UnexpectedEof, "the relay hung up")
}

fn unasked(said: &[u8]) -> io::Error {
    let line = String::from_utf8_lossy(&tidy(said.split(|byte| *byte == b'\n').next().unwrap_or_default()))
        .trim_end()
        .chars()
        .take(100)
        .collect::<String>();
    io::Error::new(io::ErrorKind::InvalidData, format!("the relay spoke without being asked: {line}"))
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Wire<S> {
    /// Gives a line, and never more than one: so nothing can lie in a buffer above when the next command is said.
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, to: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = &mut *self;
        while wire.line.is_empty() {
            if wire.heard > ANSWER {
                let why = format!("the relay's answer is longer than {ANSWER} bytes");
                return Poll::Ready(Err(io::Error::new(io::ErrorKind::InvalidData, why)));
            }
            // Whoever reads waits for an answer: an end is no answer.
            if !wire.cut_line() && ready!(wire.poll_more(cx))? == 0 {
                return Poll::Ready(Err(hung_up()));
            }
        }
        let much = wire.line.len().min(to.remaining());
        to.put_slice(&wire.line[..much]);
        wire.line.drain(..much);
        wire.our_turn = true;
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Wire<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wire = &mut *self;
        if wire.our_turn {
            if wire.raw.is_empty() {
                match wire.poll_more(cx) {
                    Poll::Ready(Ok(0)) => return Poll::Ready(Err(hung_up())),
                    Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                    Poll::Ready(Ok(_)) | Poll::Pending => {}
                }
            }
            if !wire.raw.is_empty() || !wire.line.is_empty() {
                return Poll::Ready(Err(unasked(&wire.raw)));
            }
        }
        let written = ready!(Pin::new(&mut wire.stream).poll_write(cx, bytes))?;
        wire.our_turn = false;
        wire.heard = 0;
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

impl<S: AsyncRead + AsyncWrite + Send + Sync + Unpin + std::fmt::Debug> AsyncTokioStream for Wire<S> {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.peer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::DuplexStream;

    use super::*;

    fn wire() -> (Wire<DuplexStream>, DuplexStream) {
        let (ours, theirs) = tokio::io::duplex(256 * 1024);
        (Wire::new(ours, ([127, 0, 0, 1], 25).into()), theirs)
    }

    #[tokio::test]
    async fn answers_are_made_plain() {
        let (mut wire, mut relay) = wire();
        relay.write_all("250-   \r\n250-caf\u{e9}\n250\r\n".as_bytes()).await.expect("said");
        let mut heard = Vec::new();
        for _ in 0..3 {
            let mut line = [0; 600];
            let read = wire.read(&mut line).await.expect("a line");
            heard.push(String::from_utf8_lossy(&line[..read]).into_owned());
        }
        assert_eq!(heard, ["250-\r\n", "250-caf??\r\n", "250 \r\n"]);
    }

    #[tokio::test]
    async fn an_endless_answer_ends() {
        for endless in ["250-more\r\n".repeat(20_000), "2".repeat(100_000)] {
            let (mut wire, mut relay) = wire();
            relay.write_all(endless.as_bytes()).await.expect("said");
            assert_eq!(wire.hear().await.expect_err("too long").kind(), io::ErrorKind::InvalidData);
        }
    }

    #[tokio::test]
    async fn who_speaks_without_being_asked_is_heard_no_further() {
        let (mut wire, mut relay) = wire();
        relay.write_all(b"220 hello\r\n250 and more\r\n").await.expect("said");
        assert_eq!(wire.hear().await.expect("a greeting").code, "220");
        let why = wire.ask("EHLO x\r\n").await.expect_err("out of turn").to_string();
        assert!(why.contains("250 and more"), "{why}");
        assert!(wire.into_stream().is_err(), "nor is its line encrypted");
    }
}
