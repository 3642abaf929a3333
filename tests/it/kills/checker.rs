//! Compares three sets when all is quiet: what was received, what tickets hold, and what was sent. It trusts nothing but
//! the database, the folders, and what the people outside have in their hands.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use caredesk::desk::worker;
use caredesk::library;
use caredesk::policy::message::Channel;
use caredesk::policy::outcome::{Act, Effect, Event};
use caredesk::policy::replay::{Recorded, replay, state_digest};
use caredesk::policy::ticket::Ticket;
use caredesk::store::{JournalEntry, JournalLine, Mode, Store, TicketFilter};
use sqlx::{Connection as _, SqliteConnection};

use super::story::REFUSED;
use super::told::{self, Told};

/// What is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// What was received is nowhere, or a letter did not go.
    Lost,
    /// What was received is there twice.
    TicketTwice,
    /// A letter went twice with other bytes, or nobody wrote it.
    LetterTwice,
    /// The desk's own books do not agree.
    Books,
}

/// One thing that is wrong, and the marker or the letter that it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind.
    pub wrong: Wrong,
    /// What it is about.
    pub about: String,
    /// In words.
    pub says: String,
}

/// What becomes of something that was handed to the desk and acknowledged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Becomes {
    /// One event of one ticket.
    Event,
    /// One row of the quarantine.
    PutAside,
    /// One row of the quarantine, and one event of one ticket, because an agent let it in.
    Released,
    /// One row of what is filed and not answered.
    Filed,
}

/// A letter as the post has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Posted {
    /// Its Message-ID.
    pub message_id: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Posted {
    /// A letter by its bytes.
    pub fn of(bytes: Vec<u8>) -> Posted {
        let text = String::from_utf8_lossy(&bytes);
        let id = text.split_once("Message-ID: <").and_then(|(_, rest)| rest.split_once('>'));
        Posted { message_id: id.map(|(id, _)| id.to_owned()).unwrap_or_default(), bytes }
    }

    /// Takes the letters out of the folder in which they appear, as a post does.
    pub fn take(data: &Path) -> Vec<Posted> {
        let entries = fs::read_dir(data.join("sent")).into_iter().flatten().flatten();
        let whole = entries.filter(|entry| !entry.file_name().to_string_lossy().starts_with('.'));
        let take = |entry: fs::DirEntry| {
            let letter = Posted::of(fs::read(entry.path()).expect("a letter"));
            fs::remove_file(entry.path()).expect("it is taken");
            letter
        };
        whole.map(take).collect()
    }
}

/// A letter as the outbox has it.
#[derive(Debug, sqlx::FromRow)]
struct Row {
    ticket: String,
    seq: i64,
    n: i64,
    attempt: i64,
    untold: i64,
    state: String,
    channel: String,
    message_id: String,
    address: String,
    text: String,
    bytes: Vec<u8>,
}

/// A ticket, its journal, and whether the one leads to the other.
struct Case {
    ticket: Ticket,
    journal: Vec<JournalLine>,
    replays: Result<(), String>,
}

/// All that there is to look at.
pub struct Evidence {
    cases: Vec<Case>,
    aside: Vec<String>,
    filed: Vec<String>,
    outbox: Vec<Row>,
    told: Told,
    books: Vec<String>,
    posted: Vec<Posted>,
    heard: Vec<(String, String)>,
}

impl Evidence {
    /// Gathers it from a desk at rest. `heard` is what users of a chat were told.
    pub async fn gather(data: &Path, posted: &[Posted], heard: &[(String, String)]) -> Evidence {
        let store = Store::open(data, Mode::ReadOnly).await.expect("the database opens");
        let (mut cases, mut packs) = (Vec::new(), Packs::new());
        for row in store.tickets(TicketFilter::All).await.expect("tickets") {
            let ticket = store.ticket(&row.reference).await.expect("readable").expect("it is listed");
            let whole = |entry| match entry {
                JournalEntry::Whole(line) => Some(*line),
                JournalEntry::Erased { .. } => None,
            };
            let journal: Vec<JournalLine> =
                store.journal(&row.reference).await.expect("readable").into_iter().filter_map(whole).collect();
            let replays = replays(&store, &mut packs, &ticket, &journal).await;
            cases.push(Case { ticket, journal, replays });
        }
        let mut aside = Vec::new();
        for row in store.quarantine().await.expect("the quarantine") {
            let raw = store.aside(row.id).await.expect("readable").and_then(|aside| aside.raw).unwrap_or_default();
            aside.push(String::from_utf8_lossy(&raw).into_owned());
        }
        let filed = store.filed().await.expect("what is filed").into_iter().map(|row| row.text).collect();
        let mut books: Vec<String> = Vec::new();
        for day in store.ledger().await.expect("the ledger").into_iter().filter(|day| !day.adds_up) {
            books.push(format!("the ledger does not add up: {day:?}"));
        }
        store.close().await;
        let (outbox, told) = look_inside(data, &mut books).await;
        for folder in ["inflight", "inbox", "taking"] {
            books.extend(files(&data.join(folder)).into_iter().map(|file| format!("{file} is left in {folder}")));
        }
        let unfinished = |file: &String| file.starts_with('.');
        let parts = files(&data.join("sent")).into_iter().filter(unfinished);
        books.extend(parts.map(|file| format!("{file} is left in sent")));
        Evidence { cases, aside, filed, outbox, told, books, posted: posted.to_vec(), heard: heard.to_vec() }
    }

    /// Everything that is wrong, given what was acknowledged.
    pub fn findings(&self, acknowledged: &[(String, Becomes)]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = Vec::new();
        for (marker, becomes) in acknowledged {
            let found = self.count(marker, *becomes);
            let wrong = if found == 0 { Wrong::Lost } else { Wrong::TicketTwice };
            if found != 1 {
                let says = format!("{marker} was acknowledged and is there {found} times as {becomes:?}");
                findings.push(Finding { wrong, about: marker.clone(), says });
            }
        }
        self.letters(&mut findings);
        let mut books = self.books.clone();
        for case in &self.cases {
            books.extend(case.faults(&self.outbox));
            books.extend(self.told.faults(&case.ticket.reference.0, &case.journal));
        }
        findings.extend(books.into_iter().map(|says| Finding { wrong: Wrong::Books, about: String::new(), says }));
        findings
    }

    /// What the tickets came to, without anything that is drawn by lot: two desks that were told the same agree on it.
    pub fn story(&self) -> BTreeMap<String, String> {
        let tell = |case: &Case| {
            let mut steps: Vec<String> = case.journal.iter().map(|line| happened(&line.event)).collect();
            // A relay that refuses a letter after a kill does so hours later: what is due then is another matter.
            if steps.iter().any(|step| step == "acted undelivered") {
                steps.retain(|step| !step.starts_with("timer") && !step.starts_with("found"));
            }
            let letters = self.outbox.iter().filter(|row| row.ticket == case.ticket.reference.0).count();
            let first = steps.first().cloned().unwrap_or_default();
            (first, format!("{} ({letters} letters, {})", steps.join(", "), case.ticket.state.name()))
        };
        self.cases.iter().map(tell).collect()
    }

    /// How many timers fired, how many of them were stages of a chain, and how many letters went to an address.
    pub fn fired(&self, address: &str) -> (usize, usize, usize) {
        let lines = || self.cases.iter().flat_map(|case| &case.journal);
        let fired = lines().filter(|line| matches!(line.event, Event::Fired { .. })).count();
        let stages = self.cases.iter().map(|case| told::stages(&case.journal).len()).sum();
        (fired, stages, self.outbox.iter().filter(|row| row.address == address).count())
    }

    fn count(&self, marker: &str, becomes: Becomes) -> usize {
        let events = self.cases.iter().flat_map(|case| &case.journal);
        let in_events = events.filter(|line| happened(&line.event).contains(marker)).count();
        let in_texts = |texts: &[String]| texts.iter().filter(|text| text.contains(marker)).count();
        let (aside, filed) = (in_texts(&self.aside), in_texts(&self.filed));
        match becomes {
            Becomes::Event => in_events + aside + filed,
            Becomes::Released if aside == 1 && filed == 0 => in_events,
            Becomes::PutAside if in_events + filed == 0 => aside,
            Becomes::Filed if in_events + aside == 0 => filed,
            // It is where it should not be.
            Becomes::PutAside | Becomes::Released | Becomes::Filed => in_events + aside + filed + 1,
        }
    }

    fn letters(&self, findings: &mut Vec<Finding>) {
        for row in &self.outbox {
            let key = format!("{}-{}-{}", row.ticket, row.seq, row.n);
            let mut say = |wrong, says: String| findings.push(Finding { wrong, about: key.clone(), says });
            if row.state == "failed" && row.untold == 0 && row.address.starts_with(REFUSED) {
                // It cannot arrive, and its ticket knows.
                continue;
            }
            if row.state != "sent" {
                say(Wrong::Lost, format!("letter {key} is {}", row.state));
            }
            if row.channel == "chat" {
                let told = |(user, text): &&(String, String)| *user == row.address && *text == row.text;
                if !self.heard.iter().any(|heard| told(&heard)) {
                    say(Wrong::Lost, format!("{} never heard {key}", row.address));
                }
                continue;
            }
            let copies: Vec<&Posted> = self.posted.iter().filter(|one| one.message_id == row.message_id).collect();
            if copies.is_empty() {
                say(Wrong::Lost, format!("letter {key} never came out"));
            }
            if i64::try_from(copies.len()).expect("few") > row.attempt {
                say(Wrong::LetterTwice, format!("letter {key} was tried {} times, came out more often", row.attempt));
            }
            if copies.iter().any(|copy| copy.bytes != row.bytes) {
                say(Wrong::LetterTwice, format!("letter {key} came out with other bytes than were kept"));
            }
        }
        for one in &self.posted {
            if !self.outbox.iter().any(|row| row.message_id == one.message_id) {
                let says = format!("nobody wrote the letter {}", one.message_id);
                findings.push(Finding { wrong: Wrong::LetterTwice, about: one.message_id.clone(), says });
            }
        }
    }
}

impl Case {
    /// What is wrong with its books: gaps, timers that fired twice, letters that no line wrote, a journal that leads
    /// elsewhere.
    fn faults(&self, outbox: &[Row]) -> Vec<String> {
        let mut faults = Vec::new();
        let reference = &self.ticket.reference.0;
        let numbers: Vec<u64> = self.journal.iter().map(|line| line.seq).collect();
        if numbers != (1..=self.ticket.version).collect::<Vec<_>>() {
            faults.push(format!("the journal of {reference} has the lines {numbers:?}"));
        }
        let mut fired = BTreeSet::new();
        for line in &self.journal {
            if let Event::Fired { timer } = line.event
                && !fired.insert(timer)
            {
                faults.push(format!("timer {timer} of {reference} fired twice"));
            }
        }
        let mut written: Vec<(u64, u32, Channel)> = Vec::new();
        for line in &self.journal {
            written.extend(line.effects.iter().filter_map(|effect| match effect {
                // What is said on the telephone waits in no outbox.
                Effect::Letter(letter) if letter.channel == Channel::Phone => None,
                Effect::Letter(letter) => Some((line.seq, letter.number, letter.channel)),
                Effect::Escalated { .. } | Effect::Tell(_) | Effect::Changed(_) | Effect::Opens(_) => None,
            }));
        }
        let count = outbox.iter().filter(|row| row.ticket == *reference).count();
        let known = |(seq, n, _): &&(u64, u32, Channel)| {
            let same =
                |row: &&Row| row.ticket == *reference && row.seq.unsigned_abs() == *seq && row.n == i64::from(*n);
            outbox.iter().any(|row| same(&row))
        };
        if written.iter().filter(known).count() != written.len() || count != written.len() {
            faults.push(format!("{reference} wrote {written:?}, and the outbox has {count} letters of it"));
        }
        if let Err(why) = &self.replays {
            faults.push(format!("{reference}: {why}"));
        }
        faults
    }
}

/// An event in one word, with the marker of what was written.
fn happened(event: &Event) -> String {
    let marker = |text: &str| {
        let end = |from: &str| from.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(from.len());
        text.find("quillow").map_or_else(String::new, |at| text[at..at + end(&text[at..])].to_owned())
    };
    match event {
        Event::Received { message, .. } => format!("received {}", marker(&message.text)),
        Event::Fired { timer } => format!("timer {timer}"),
        Event::Acted { act: Act::Note { text } | Act::Reply { text }, .. } => format!("acted {}", marker(text)),
        Event::Acted { act, .. } => format!("acted {}", serde_json::to_value(act).map_or_else(|_| String::new(), name)),
        Event::Found { query, .. } => format!("found {query}"),
    }
}

/// The name of a tagged value, and nothing of what is in it.
fn name(value: serde_json::Value) -> String {
    match value {
        serde_json::Value::String(name) => name,
        serde_json::Value::Object(map) => map.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    }
}

/// Packs that were made already, by digest.
type Packs = BTreeMap<String, Arc<library::Running>>;

async fn replays(store: &Store, packs: &mut Packs, ticket: &Ticket, journal: &[JournalLine]) -> Result<(), String> {
    if !packs.contains_key(&ticket.pack.0) {
        let files = store.pack_files(&ticket.pack).await.expect("readable").ok_or("its pack is not kept")?;
        packs.insert(ticket.pack.0.clone(), library::from_files(files).map_err(|error| error.to_string())?);
    }
    let running = Arc::clone(&packs[&ticket.pack.0]);
    let record =
        |line: &JournalLine| Recorded { event: line.event.clone(), at: line.at, state: line.state_digest.clone() };
    let recorded: Vec<Recorded> = journal.iter().map(record).collect();
    let again = worker::run(move || replay(&running.pack, &recorded)).await.map_err(|error| error.to_string())?;
    let again = again.map_err(|error| error.to_string())?;
    if state_digest(&again) == state_digest(ticket) {
        Ok(())
    } else {
        Err("its journal leads to another ticket".into())
    }
}

/// The outbox, whom the clocks told, and what SQLite itself says of the file.
async fn look_inside(data: &Path, books: &mut Vec<String>) -> (Vec<Row>, Told) {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(data.join("caredesk.db"));
    let mut db = SqliteConnection::connect_with(&options).await.expect("the database opens");
    let said: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check").fetch_all(&mut db).await.expect("it answers");
    books.extend(said.into_iter().filter(|line| line != "ok"));
    let loose = sqlx::query("PRAGMA foreign_key_check").fetch_all(&mut db).await.expect("it answers").len();
    if loose > 0 {
        books.push(format!("{loose} rows point to nothing"));
    }
    let letters =
        "SELECT ticket, seq, n, attempt, untold, state, channel, message_id, address, text, bytes FROM outbox";
    let rows = sqlx::query_as(letters).fetch_all(&mut db).await.expect("the outbox");
    let told = Told::read(&mut db).await;
    db.close().await.expect("it closes");
    (rows, told)
}

fn files(folder: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries.flatten().map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}
