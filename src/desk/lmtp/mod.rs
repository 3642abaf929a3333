//! LMTP as a door: a mail server hands mail over, and hears 250 for it only once it is durably kept.
//!
//! [`crate::mail::lmtp`] knows the protocol; here are the sockets, the clocks and the room in memory. Many connections
//! may be open; mails are taken in by a few at a time, each in a turn of its own, so that a slow one delays no other
//! and an idle connection delays nothing.

mod files;
mod room;
mod talk;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::mail::{Envelope, lmtp};
use crate::store::Door;

use super::Desk;
use super::intake::Delivery;
use super::stop::Stop;
use room::Room;

/// How long the door rests when the system gives it no connection.
const REST: Duration = Duration::from_millis(200);
/// How long a connection that is one too many is told so.
const TURN_AWAY: Duration = Duration::from_secs(1);

/// How much and how long the door bears. The client's times are those of RFC 5321, section
/// 4.5.3.2; those for a whole mail and for a connection end what would drip for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Mails that are taken in at a time.
    pub turns: usize,
    /// Bytes of all mails that are coming in.
    pub memory: usize,
    /// For a whole command.
    pub command: Duration,
    /// Between two pieces of a mail.
    pub block: Duration,
    /// For a whole mail.
    pub mail: Duration,
    /// From one whole mail to the next.
    pub session: Duration,
    /// For the client to take our replies.
    pub reply: Duration,
    /// For a turn, or for room in memory. After it, the client is asked to try again.
    pub queue: Duration,
    /// For the client to close its end after our last word.
    pub farewell: Duration,
    /// What one connection may do.
    pub bounds: lmtp::Bounds,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 1_200,
            turns: 8,
            memory: 256 * 1024 * 1024,
            command: Duration::from_secs(5 * 60),
            block: Duration::from_secs(3 * 60),
            mail: Duration::from_secs(10 * 60),
            session: Duration::from_secs(30 * 60),
            reply: Duration::from_secs(60),
            queue: Duration::from_secs(60),
            farewell: Duration::from_secs(1),
            bounds: lmtp::Bounds::default(),
        }
    }
}

/// The door, open but not yet attended.
#[derive(Debug)]
pub struct LmtpDoor {
    listener: TcpListener,
    address: SocketAddr,
    limits: Limits,
}

/// What all connections share.
#[derive(Debug)]
struct Counter {
    desk: Arc<Desk>,
    limits: Limits,
    room: Room,
    turns: Semaphore,
}

impl LmtpDoor {
    /// Opens the door at `HOST:PORT`; port 0 is any that is free.
    pub async fn open(place: &str, limits: Limits) -> io::Result<LmtpDoor> {
        let listener = TcpListener::bind(place).await?;
        let address = listener.local_addr()?;
        let limits = Limits { connections: files::connections(limits.connections), ..limits };
        Ok(LmtpDoor { listener, address, limits })
    }

    /// Where it is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Lets mail in until the desk stops; then waits for the mails that are being taken in.
    pub async fn run(self, desk: Arc<Desk>, mut stop: Stop) {
        let slots = Arc::new(Semaphore::new(self.limits.connections));
        let counter = Arc::new(Counter::new(desk, self.limits));
        let mut talks = JoinSet::new();
        let mut number = 0_u64;
        let mut troubled = false;
        loop {
            let accepted = tokio::select! {
                biased;
                () = stop.asked() => break,
                // A talk that ended in a fault of ours has told its place in the log; its client tries again.
                Some(_) = talks.join_next() => continue,
                accepted = self.listener.accept() => accepted,
            };
            let stream = match accepted {
                Ok((stream, _)) => stream,
                Err(error) => {
                    if !std::mem::replace(&mut troubled, true) {
                        tracing::error!(%error, "the LMTP door gets no connection from the system");
                    }
                    stop.sleep(REST).await;
                    continue;
                }
            };
            troubled = false;
            let Ok(slot) = Arc::clone(&slots).try_acquire_owned() else {
                turn_away(stream).await;
                continue;
            };
            number += 1;
            let token = format!("{:x}.{number}", counter.desk.clock.now().as_second());
            let (counter, stop) = (Arc::clone(&counter), stop.clone());
            talks.spawn(async move {
                // Replies are small and waited for.
                let _ = stream.set_nodelay(true);
                talk::talk(stream, &counter, stop, token).await;
                drop(slot);
            });
        }
        drop(self.listener);
        while talks.join_next().await.is_some() {}
    }
}

impl Counter {
    fn new(desk: Arc<Desk>, limits: Limits) -> Counter {
        let room = Room::new(limits.memory, limits.queue);
        Counter { desk, limits, room, turns: Semaphore::new(limits.turns) }
    }

    /// Whether mail for an address is for the desk, under the pack that runs now.
    fn is_ours(&self, address: &str) -> bool {
        lmtp::is_ours(&self.desk.packs.current().pack.desk.addresses, address)
    }

    /// Takes a mail in. Once begun it is brought to its end, whether or not the client is still there.
    async fn take(&self, mail: lmtp::Mail, stop: &mut Stop, token: String) -> lmtp::Kept {
        let turn = tokio::time::timeout(self.limits.queue, self.turns.acquire());
        let turn = tokio::select! {
            biased;
            () = stop.asked() => return lmtp::Kept::NotNow,
            turn = turn => turn,
        };
        let Ok(Ok(_turn)) = turn else {
            tracing::warn!("a mail waited too long for its turn; its sender is asked to try again");
            return lmtp::Kept::NotNow;
        };
        let mut rcpt: Vec<String> = Vec::new();
        for address in mail.rcpt {
            if !rcpt.contains(&address) {
                rcpt.push(address);
            }
        }
        let envelope = Envelope { mail_from: Some(mail.mail_from), rcpt };
        let delivery = Delivery { door: Door::Lmtp, raw: Arc::new(mail.raw), envelope };
        let taking = async {
            match self.desk.take_mail(delivery).await {
                Ok(taken) => {
                    taken.log();
                    true
                }
                Err(error) => {
                    tracing::error!(%error, "a mail could not be kept; its sender is asked to try again");
                    false
                }
            }
        };
        let kept = taking.instrument(tracing::info_span!("lmtp", token)).await;
        if kept { lmtp::Kept::Yes(token) } else { lmtp::Kept::NotNow }
    }
}

/// Tells a connection that it is one too many.
async fn turn_away(mut stream: TcpStream) {
    // It hears of it or not: it has to come again either way.
    let _ = tokio::time::timeout(TURN_AWAY, stream.write_all(lmtp::TURNED_AWAY.as_bytes())).await;
}
