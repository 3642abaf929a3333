//! One connection: moves bytes between the socket and the machine, keeps the clocks, and answers what the machine asks.

use std::io;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout, timeout_at};

use crate::desk::stop::Stop;
use crate::fault::{self, Point};
use crate::mail::lmtp::{End, Session, Step};

use super::Counter;
use super::room::Held;

/// What is read at once.
const PIECE: usize = 8 * 1024;
/// What is read in vain, at most, after our last word.
const IN_VAIN: usize = 1024 * 1024;

/// Serves a client until it leaves, takes too long, or the desk stops.
pub(super) async fn talk(stream: impl AsyncRead + AsyncWrite + Unpin, counter: &Counter, stop: Stop, token: String) {
    fault::at(Point::LmtpConnected);
    let now = Instant::now();
    let mut talk = Talk {
        stream,
        counter,
        stop,
        session: Session::new(counter.limits.bounds),
        held: Held::default(),
        command_since: now,
        mail_ended: now,
        mail_began: None,
    };
    // A client that goes away in the midst of it has lost nothing: what it was not told is kept, it sends again.
    if let Err(error) = talk.serve(&token).await {
        tracing::debug!(%error, token, "a client went away");
    }
}

struct Talk<'a, S> {
    stream: S,
    counter: &'a Counter,
    stop: Stop,
    session: Session,
    held: Held,
    /// Since when the command that comes is waited for.
    command_since: Instant,
    /// When the last whole mail was answered, or the talk began.
    mail_ended: Instant,
    /// When the mail that comes began.
    mail_began: Option<Instant>,
}

/// What came of waiting for bytes.
enum Heard {
    Bytes(usize),
    Gone,
    Over(End),
}

impl<S: AsyncRead + AsyncWrite + Unpin> Talk<'_, S> {
    async fn serve(&mut self, token: &str) -> io::Result<()> {
        let mut buffer = vec![0; PIECE];
        let (mut next, mut filled) = (0, 0);
        let mut mails = 0_u32;
        loop {
            let mut input = buffer.get(next..filled).unwrap_or_default();
            let step = self.session.step(&mut input);
            next = filled - input.len();
            match step {
                Step::Recipient(address) => {
                    fault::at(Point::LmtpRecipient);
                    self.session.recipient(self.counter.is_ours(&address));
                }
                Step::Mail(mail) => {
                    fault::at(Point::LmtpMailWhole);
                    mails += 1;
                    self.mail_began = None;
                    self.write().await?;
                    let kept = self.counter.take(mail, &mut self.stop, format!("{token}.{mails}")).await;
                    fault::at(Point::LmtpMailKept);
                    self.session.kept(&kept);
                    self.held = Held::default();
                    self.mail_ended = Instant::now();
                }
                Step::Hungry => {
                    self.write().await?;
                    match self.hear(&mut buffer).await? {
                        Heard::Bytes(count) => {
                            fault::at(Point::LmtpHeard);
                            (next, filled) = (0, count);
                        }
                        Heard::Gone => return Ok(()),
                        Heard::Over(why) => self.session.end(why),
                    }
                }
                Step::Closed => {
                    self.write().await?;
                    return self.part(&mut buffer).await;
                }
            }
        }
    }

    /// Waits for bytes, as long as the client may take.
    async fn hear(&mut self, buffer: &mut [u8]) -> io::Result<Heard> {
        let limits = &self.counter.limits;
        let until = if self.session.is_in_data() {
            let room = tokio::select! {
                biased;
                () = self.stop.asked() => return Ok(Heard::Over(End::Stopping)),
                room = self.counter.room.cover(&mut self.held, self.session.held() + PIECE) => room,
            };
            if !room {
                tracing::warn!("there was no room for a large mail; its sender is asked to try again");
                self.session.no_room();
                self.held = Held::default();
            }
            let now = Instant::now();
            (now + limits.block).min(*self.mail_began.get_or_insert(now) + limits.mail)
        } else {
            self.mail_began = None;
            self.held = Held::default();
            (self.command_since + limits.command).min(self.mail_ended + limits.session)
        };
        tokio::select! {
            biased;
            () = self.stop.asked() => Ok(Heard::Over(End::Stopping)),
            read = timeout_at(until, self.stream.read(buffer)) => match read {
                Ok(Ok(0)) => Ok(Heard::Gone),
                Ok(Ok(count)) => Ok(Heard::Bytes(count)),
                Ok(Err(error)) => Err(error),
                Err(_) => Ok(Heard::Over(End::TooSlow)),
            },
        }
    }

    /// Writes what the machine has said. Each reply gives the client new time for its next command.
    async fn write(&mut self) -> io::Result<()> {
        let replies = self.session.replies();
        if replies.is_empty() {
            return Ok(());
        }
        let writing = async {
            self.stream.write_all(&replies).await?;
            self.stream.flush().await
        };
        timeout(self.counter.limits.reply, writing).await.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        fault::at(Point::LmtpReplied);
        self.command_since = Instant::now();
        Ok(())
    }

    /// Closes our end, and reads on for a moment: with unread bytes in the socket the system would throw our last reply
    /// away before the client sees it.
    async fn part(&mut self, buffer: &mut [u8]) -> io::Result<()> {
        self.stream.shutdown().await?;
        let mut in_vain = 0;
        let reading = async {
            while in_vain < IN_VAIN {
                match self.stream.read(buffer).await {
                    Ok(0) | Err(_) => return,
                    Ok(count) => in_vain += count,
                }
            }
        };
        // Whatever comes of it, it is over.
        let _ = timeout(self.counter.limits.farewell, reading).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;
    use std::time::Duration;

    use tokio::io::duplex;
    use tokio::time::sleep;

    use super::*;
    use crate::clock::Clock;
    use crate::desk::lmtp::Limits;
    use crate::desk::packs::Packs;
    use crate::desk::stop::stopper;
    use crate::desk::{Delivering, Desk, Post, Texting};
    use crate::mail::MessageIds;
    use crate::store::{Mode, Store};

    const MAIL: &[u8] = b"LHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<careadmin@nhs.net>\r\nDATA\r\n";

    async fn counter(data: &Path) -> Counter {
        let store = Store::open(data, Mode::ReadWrite).await.expect("a store");
        let clock = Clock::System;
        let pack = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (packs, _) = Packs::open(pack, &store, clock.now()).await.expect("the shipped pack");
        let ids = MessageIds::new([1; 32], "nhs.net");
        let desk = Desk {
            store,
            packs,
            clock,
            data: data.to_owned(),
            models: data.to_owned(),
            ids,
            boundary: crate::mail::Boundary::None,
            delivering: Delivering::Never,
            post: Post::Folder,
            texting: Texting::Folder,
            follower: None,
            alarm: Default::default(),
            bell: Default::default(),
        };
        Counter::new(Arc::new(desk), Limits::default())
    }

    /// A client that opens the talk, sends a little at a time, and listens. Gives how long it was borne with, and the last
    /// words that it heard.
    async fn borne(counter: &Counter, opening: &[u8], drip: &[u8], every: Duration) -> (Duration, String) {
        let (ours, theirs) = duplex(1_000_000);
        let (_stopper, stop) = stopper();
        let begun = Instant::now();
        let client = async {
            let (mut from, mut to) = tokio::io::split(theirs);
            to.write_all(opening).await.expect("it is taken");
            let mut heard = Vec::new();
            let mut piece = [0; 1_000];
            loop {
                tokio::select! {
                    read = from.read(&mut piece) => match read {
                        Ok(0) | Err(_) => return (begun.elapsed(), String::from_utf8_lossy(&heard).into_owned()),
                        Ok(count) => heard.extend_from_slice(&piece[..count]),
                    },
                    () = sleep(every) => to.write_all(drip).await.expect("it is taken"),
                }
            }
        };
        let (_, (lasted, heard)) = tokio::join!(talk(ours, counter, stop, "t".into()), client);
        (lasted, heard.lines().last().unwrap_or_default().to_owned())
    }

    #[tokio::test]
    async fn a_client_that_dawdles_is_sent_away_however_it_does_it() {
        let data = tempfile::tempdir().expect("a folder");
        let counter = counter(data.path()).await;
        // The clock moves only while everybody waits for it.
        tokio::time::pause();
        let (second, minute) = (Duration::from_secs(1), Duration::from_secs(60));
        for (how, opening, drip, every, minutes) in [
            ("says nothing", &b""[..], &b""[..], minute, 5),
            ("a command, byte by byte", b"", b"x", second, 5),
            ("commands without a mail", b"LHLO x\r\n", b"NOOP\r\n", 4 * minute, 30),
            ("half a mail", MAIL, b"", minute, 3),
            ("a mail, byte by byte", MAIL, b"x", second, 10),
        ] {
            let (lasted, last) = borne(&counter, opening, drip, every).await;
            assert_eq!(lasted.as_secs() / 60, minutes, "{how}");
            assert_eq!(last, "421 4.4.2 That took too long", "{how}");
        }
    }
}
