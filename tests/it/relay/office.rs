//! A desk in this process, with a clock that the test moves and a relay that the test scripts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use caredesk::clock::Clock;
use caredesk::desk::intake::Delivery;
use caredesk::desk::packs::Packs;
use caredesk::desk::post::{Mailer, Post, Texting};
use caredesk::desk::{Delivering, Desk};
use caredesk::mail::recipients::Recipients;
use caredesk::mail::smtp::{Patience, Relay, RelayAddress};
use caredesk::mail::{Envelope, MessageIds};
use caredesk::policy::outcome::{Act, Event};
use caredesk::policy::ticket::{Reference, Ticket};
use caredesk::store::{Door, JournalEntry, Mode, OutboxRow, Store};
use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use super::fake::Fake;
use crate::support::mail;

/// Far more than anything on this machine takes.
pub const PATIENT: Patience =
    Patience { offer: Duration::from_secs(60), writing: Duration::from_secs(60), answer: Duration::from_secs(60) };

/// The desk and its folder.
pub struct Office {
    folder: TempDir,
    pub desk: Desk,
    mails: u32,
}

/// So many minutes after nine on the Monday of all stories.
pub fn at(minutes: i64) -> Timestamp {
    "2026-03-02T09:00:00Z".parse::<Timestamp>().unwrap() + SignedDuration::from_mins(minutes)
}

pub fn mailer(url: &str, patience: Patience) -> Post {
    let relay = Relay::new(RelayAddress::parse(url).unwrap(), None, patience).unwrap();
    Post::Relay(Mailer::new(relay, Recipients::Everybody))
}

impl Office {
    pub async fn open() -> Office {
        let folder = TempDir::new().unwrap();
        let desk = desk(folder.path()).await;
        Office { folder, desk, mails: 0 }
    }

    /// The process was killed and started anew: only what is in the database is left.
    pub async fn restart(self) -> Office {
        let Office { folder, desk: old, mails } = self;
        drop(old);
        let desk = desk(folder.path()).await;
        Office { folder, desk, mails }
    }

    pub fn relay(&mut self, fake: &Fake) {
        self.desk.post = mailer(&fake.url(), PATIENT);
    }

    pub fn clock(&mut self, now: Timestamp) {
        self.desk.clock = Clock::Fixed(now);
    }

    /// Somebody asks for something, and a letter waits.
    pub async fn letter(&mut self) -> OutboxRow {
        self.mails += 1;
        let from = format!("Person {0} <person{0}@home.example>", self.mails);
        let text = mail(&format!("m{}", self.mails), &from, "Locked out", "Please reset my password, I am locked out.");
        self.take(text).await;
        let rows = self.desk.store.outbox().await.unwrap();
        rows.into_iter().find(|row| row.to == format!("person{}@home.example", self.mails)).expect("a letter")
    }

    pub async fn take(&mut self, text: String) -> caredesk::desk::intake::Taken {
        let raw = Arc::new(text.into_bytes());
        let delivery = Delivery { door: Door::Pipe, raw, envelope: Envelope::default() };
        self.desk.take_mail(delivery).await.unwrap()
    }

    /// One attempt for all that is due at a moment.
    pub async fn deliver(&mut self, now: Timestamp) {
        self.clock(now);
        self.desk.deliver_queued(now).await.unwrap();
    }

    pub async fn row(&self, letter: &OutboxRow) -> OutboxRow {
        self.desk.store.letter(&letter.key).await.unwrap().expect("it is there")
    }

    pub async fn ticket(&self, reference: &Reference) -> Ticket {
        self.desk.store.ticket(reference).await.unwrap().expect("it is there")
    }

    /// How often a ticket was told that a letter did not arrive.
    pub async fn told(&self, reference: &Reference) -> usize {
        let journal = self.desk.store.journal(reference).await.unwrap();
        let told = |line: &JournalEntry| match line {
            JournalEntry::Whole(line) => matches!(&line.event, Event::Acted { act: Act::Undelivered { .. }, .. }),
            JournalEntry::Erased { .. } => false,
        };
        journal.iter().filter(|line| told(line)).count()
    }

    /// Asks the database behind the desk's back.
    pub async fn count(&self, question: &'static str) -> i64 {
        sqlx::query_scalar(question).fetch_one(&mut self.database().await).await.unwrap()
    }

    /// Changes the database behind the desk's back.
    pub async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&mut self.database().await).await.unwrap();
    }

    async fn database(&self) -> sqlx::SqliteConnection {
        use sqlx::Connection as _;
        let url = format!("sqlite://{}", self.folder.path().join("caredesk.db").display());
        sqlx::SqliteConnection::connect(&url).await.unwrap()
    }
}

async fn desk(folder: &Path) -> Desk {
    let store = Store::open(folder, Mode::ReadWrite).await.unwrap();
    let (packs, _) = Packs::open(Path::new(env!("CARGO_MANIFEST_DIR")), &store, at(0)).await.unwrap();
    let key = store.signing_key().await.unwrap();
    Desk {
        store,
        packs,
        clock: Clock::Fixed(at(0)),
        models: folder.to_owned().join("models"),
        data: folder.to_owned(),
        ids: MessageIds::new(key, "desk.example"),
        boundary: caredesk::mail::Boundary::None,
        delivering: Delivering::Never,
        post: Post::Folder,
        texting: Texting::Folder,
        follower: None,
        alarm: Default::default(),
        bell: Default::default(),
    }
}

/// A relay to speak to without a desk.
pub fn relay_to(fake: &Fake) -> Relay {
    Relay::new(RelayAddress::parse(&fake.url()).unwrap(), None, PATIENT).unwrap()
}
