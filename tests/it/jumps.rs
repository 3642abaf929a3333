//! The machine's clock jumps under a desk that runs on: a day forward, a day back. Nothing fires twice, nothing is passed
//! over, and nobody is written to once for each thing.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use caredesk::clock::Clock;
use caredesk::desk::intake::Delivery;
use caredesk::desk::packs::Packs;
use caredesk::desk::post::{Post, Texting};
use caredesk::desk::timers::Fired;
use caredesk::desk::{Delivering, Desk, SentLetter};
use caredesk::mail::{Envelope, MessageIds};
use caredesk::store::{Agent, Door, Mode, Store};

use crate::support::mail;

const TICKETS: usize = 20;
/// The stages of a ticket by then: its agent, its team's lead, and feedback.
const STAGES: usize = 3;

async fn desk(folder: &Path) -> Desk {
    let store = Store::open(folder, Mode::ReadWrite).await.expect("a store");
    let clock = fixed("2026-03-02T08:00:00Z");
    let (packs, _) = Packs::open(Path::new(env!("CARGO_MANIFEST_DIR")), &store, clock.now()).await.expect("the pack");
    let queues: Vec<String> = packs.current().pack.desk.queues.keys().cloned().collect();
    let (name, address) = ("Rose".to_owned(), "rose@team.example".to_owned());
    let rose = Agent { name, address, works: queues.clone(), leads: queues, since: clock.now() };
    store.add_agent(&rose).await.expect("kept").expect("the first");
    let ids = MessageIds::new(store.signing_key().await.expect("a key"), "desk.example");
    Desk {
        store,
        packs,
        clock,
        data: folder.to_owned(),
        models: Path::new(env!("CARGO_TARGET_TMPDIR")).join("models"),
        ids,
        boundary: caredesk::mail::Boundary::None,
        delivering: Delivering::AtOnce,
        post: Post::Folder,
        texting: Texting::Folder,
        follower: None,
        alarm: Default::default(),
        bell: Default::default(),
    }
}

fn fixed(now: &str) -> Clock {
    Clock::Fixed(now.parse().expect("a moment"))
}

/// Sets the machine's clock, and lets the desk do what is due.
async fn jump(desk: &mut Desk, now: &str) -> (Vec<Fired>, Vec<SentLetter>) {
    desk.clock = fixed(now);
    let mut fired = Vec::new();
    desk.fire_due(|one| fired.push(one)).await.expect("they fire");
    (fired, desk.tell_agents().await.expect("agents are told"))
}

#[tokio::test]
async fn a_desk_under_which_the_clock_jumps_a_day_fires_all_once_in_order_and_writes_one_letter() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut desk = desk(folder.path()).await;
    for n in 0..TICKETS {
        desk.clock = fixed(&format!("2026-03-02T09:{:02}:00Z", TICKETS - n));
        let raw = mail(&format!("m{n}"), &format!("p{n}@home.example"), "Vivaldi", "our violin is out of tune");
        let delivery = Delivery { door: Door::Pipe, raw: Arc::new(raw.into_bytes()), envelope: Envelope::default() };
        assert_eq!(desk.take_mail(delivery).await.expect("it is taken").flow.as_deref(), Some("triage"));
    }
    let (fired, letters) = jump(&mut desk, "2026-03-02T09:30:00Z").await;
    assert_eq!((fired.len(), letters.len()), (0, 1), "new work is told; nothing is due");

    // A day forward: all is due at once.
    let (fired, letters) = jump(&mut desk, "2026-03-03T09:30:00Z").await;
    assert_eq!(fired.len(), TICKETS * STAGES);
    assert!(fired.iter().map(|one| one.due).is_sorted(), "in due order");
    let each: BTreeSet<(&str, jiff::Timestamp)> = fired.iter().map(|one| (one.ticket.as_str(), one.due)).collect();
    assert_eq!(each.len(), fired.len(), "each once");
    let mut escalated: Vec<&str> = fired.iter().flat_map(|one| &one.said.letters).map(|one| one.to.as_str()).collect();
    assert_eq!(escalated.len(), TICKETS, "one for each request");
    escalated.dedup();
    assert_eq!(escalated, ["feedback@nhs.net"]);
    assert!(letters.is_empty(), "what is told to agents is gathered");

    // A day back, and a day before that: what fired has fired.
    for now in ["2026-03-02T09:30:00Z", "2026-03-01T09:30:00Z", "2026-03-02T17:30:00Z", "2026-03-03T09:31:00Z"] {
        let (fired, letters) = jump(&mut desk, now).await;
        assert_eq!((fired.len(), letters.len()), (0, 0), "{now}");
    }
    let (fired, letters) = jump(&mut desk, "2026-03-03T09:40:00Z").await;
    assert_eq!((fired.len(), letters.len()), (0, 1), "all of it is one letter");
    assert_eq!(letters[0].to, "rose@team.example");
    // A timer that is set while the clock is behind fires at its own time, once.
    desk.clock = fixed("2026-03-02T10:00:00Z");
    let raw = mail("late", "late@home.example", "Vivaldi", "our violin is out of tune");
    let delivery = Delivery { door: Door::Pipe, raw: Arc::new(raw.into_bytes()), envelope: Envelope::default() };
    desk.take_mail(delivery).await.expect("it is taken");
    assert_eq!(jump(&mut desk, "2026-03-02T13:30:00Z").await.0.len(), 1);
    assert_eq!(jump(&mut desk, "2026-03-02T12:30:00Z").await.0.len(), 0);
    assert_eq!(jump(&mut desk, "2026-03-03T09:41:00Z").await.0.len(), STAGES - 1);
}
