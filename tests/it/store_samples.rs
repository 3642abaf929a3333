//! Tickets, letters and messages for the tests of the store: plain, and clearly made up.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;

use caredesk::policy::flow::Digest;
use caredesk::policy::message::{Channel, Class, Party};
use caredesk::policy::outcome::{Act, Effect, Event, Letter};
use caredesk::policy::ticket::{Reference, State, Thread, Ticket, Timer, TimerKind, Trail, Waiting};
use caredesk::store::{
    Commit, Decision, Door, Intake, JournalLine, Mode, OutgoingLetter, Settings, Store, TicketChange,
};
use jiff::{SignedDuration, Timestamp};

/// Nine o'clock on the day of all stories, and so many minutes later.
pub fn at(minutes: i64) -> Timestamp {
    let nine: Timestamp = "2026-03-02T09:00:00Z".parse().expect("a time");
    nine + SignedDuration::from_mins(minutes)
}

pub fn pack() -> Digest {
    Digest("pack-one".into())
}

/// A store in a folder, with the pack that the sample tickets run under.
pub async fn open(data: &Path) -> Store {
    let store = Store::open(data, Mode::ReadWrite).await.expect("it opens");
    let files = BTreeMap::from([("flows/desk.yaml".to_owned(), "desk: Care desk\n".to_owned())]);
    store.keep_pack(&pack(), &files, at(0)).await.expect("the pack is kept");
    store
}

/// Gives up at once when somebody else has the database.
pub fn impatient() -> Settings {
    Settings { wait: Duration::from_millis(50), largest: None }
}

pub fn reference(name: &str) -> Reference {
    Reference(format!("CD-{name}"))
}

pub fn ticket(name: &str, version: u64) -> Ticket {
    Ticket {
        reference: reference(name),
        pack: pack(),
        version,
        opened: at(0),
        requester: Party::at("Amy.Field@care.example"),
        channel: Channel::Mail,
        phone: None,
        flow: "password_help".into(),
        state: State::WaitingRequester,
        queue: "triage".into(),
        assignee: None,
        frames: vec![],
        waiting: Waiting::Nothing,
        in_hand: None,
        closed: None,
        facts: BTreeMap::new(),
        records: BTreeMap::new(),
        lists: Default::default(),
        unread: None,
        tables: Vec::new(),
        tray: BTreeMap::new(),
        tasks: vec![],
        timers: vec![],
        letters: vec![],
        thread: Thread::default(),
        said: BTreeSet::new(),
        escalated: None,
        links: BTreeSet::new(),
        serial: 0,
        priority: None,
        history: vec![],
        clocks: vec![],
        escalation: None,
        evidence: BTreeMap::new(),
        proofs: vec![],
        trail: Trail::default(),
        aside: None,
    }
}

pub fn timer(number: u32, what: TimerKind, minutes: i64) -> Timer {
    Timer { number, what, due: at(minutes) }
}

/// A line in which an agent notes something, and writes the letters.
pub fn line(name: &str, seq: u64, letters: &[u32]) -> JournalLine {
    let letter = |number: &u32| {
        Effect::Letter(Letter {
            number: *number,
            channel: Channel::Mail,
            to: Party::at("amy.field@care.example"),
            subject: "Your request".into(),
            blocks: vec![],
            choices: vec![],
            answers: None,
            references: vec![],
            automatic: true,
        })
    };
    JournalLine {
        seq,
        event_id: format!("{name}/{seq}"),
        event: Event::Acted { agent: "pat".into(), act: Act::Note { text: "rang twice".into() } },
        at: at(0),
        pack: pack(),
        trace: vec![],
        effects: letters.iter().map(letter).collect(),
        state_digest: "state".into(),
    }
}

pub fn letter(name: &str, number: u32) -> OutgoingLetter {
    OutgoingLetter {
        number,
        message_id: format!("{name}.{number}@desk.example"),
        to: "amy.field@care.example".into(),
        subject: "Your request".into(),
        text: "Which mobile is it?".into(),
        bytes: b"Subject: Your request\r\n\r\nWhich mobile is it?\r\n".to_vec(),
        automatic: true,
        secret: false,
        channel: Channel::Mail,
        at: at(0),
    }
}

/// A new ticket with one line and one letter.
pub fn opening(name: &str) -> TicketChange {
    TicketChange {
        loaded: None,
        ticket: ticket(name, 1),
        lines: vec![line(name, 1, &[1])],
        letters: vec![letter(name, 1)],
        escalations: vec![],
        read: vec![],
        notices: vec![],
        changes: vec![],
        codes: BTreeMap::new(),
        today: jiff::civil::date(2026, 3, 2),
    }
}

/// The next line of a ticket that was loaded.
pub fn next(name: &str, loaded: u64) -> TicketChange {
    TicketChange {
        loaded: Some(loaded),
        ticket: ticket(name, loaded + 1),
        lines: vec![line(name, loaded + 1, &[])],
        letters: vec![],
        escalations: vec![],
        read: vec![],
        notices: vec![],
        changes: vec![],
        codes: BTreeMap::new(),
        today: jiff::civil::date(2026, 3, 2),
    }
}

pub fn only(change: TicketChange) -> Commit {
    Commit { tickets: vec![change], ..Commit::default() }
}

/// A mail that opens a ticket.
pub fn mail(name: &str, message_id: Option<&str>, digest: &str) -> Commit {
    let intake = Intake {
        door: Door::Pipe,
        source_key: None,
        message_id: message_id.map(str::to_owned),
        digest: digest.into(),
        at: at(0),
        decision: Decision::Opened,
        class: Some(Class::Request),
        reference: Some(reference(name)),
        covers: vec!["PWD-2".into()],
        flow: Some("password_help".into()),
        because: "says `password`".into(),
        quarantine: None,
        filed: None,
    };
    Commit { intake: Some(intake), tickets: vec![opening(name)], ..Commit::default() }
}

/// Commits one, which must not fail as a whole.
pub async fn commit(store: &Store, one: Commit) -> Result<(), caredesk::store::Refusal> {
    let mut answers = store.commit(vec![one]).await.expect("the database works");
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}
