//! How many mails a second the desk takes in, one after the other, each with its own durable commit; beside it, how many
//! empty durable commits the same disk does in the same run. The ratio is what travels between machines.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use caredesk::clock::Clock;
use caredesk::desk::intake::Delivery;
use caredesk::desk::packs::Packs;
use caredesk::desk::post::{Post, Texting};
use caredesk::desk::{Delivering, Desk};
use caredesk::mail::{Envelope, MessageIds};
use caredesk::store::{Door, Mode, Store};

const MAILS: u32 = 300;

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let folder = tempfile::tempdir().expect("a folder");
        let commits = durable_writes(folder.path());
        let desk = desk(folder.path()).await;
        let began = Instant::now();
        for n in 0..MAILS {
            let delivery = Delivery { door: Door::Pipe, raw: Arc::new(mail(n)), envelope: Envelope::default() };
            let taken = desk.take_mail(delivery).await.expect("the mail is taken");
            assert_eq!(taken.decision, "flow");
        }
        let took = began.elapsed();
        println!("{:.0} mails a second: read, decided, committed, letter written ({MAILS} mails)", rate(MAILS, took));
        println!("{:.0} fsyncs a second on the same disk; {:.2} mails for each", commits, rate(MAILS, took) / commits);
    });
}

/// Appends and syncs, as a database does at each commit.
fn durable_writes(folder: &Path) -> f64 {
    use std::io::Write as _;
    let mut file = std::fs::File::create(folder.join("synced")).expect("a file");
    let began = Instant::now();
    for _ in 0..MAILS {
        file.write_all(&[0; 4096]).expect("room");
        file.sync_data().expect("a disk");
    }
    rate(MAILS, began.elapsed())
}

fn rate(count: u32, took: Duration) -> f64 {
    f64::from(count) / took.as_secs_f64()
}

async fn desk(folder: &Path) -> Desk {
    let clock = Clock::System;
    let store = Store::open(folder, Mode::ReadWrite).await.expect("a store");
    let (packs, _) = Packs::open(Path::new(env!("CARGO_MANIFEST_DIR")), &store, clock.now()).await.expect("the pack");
    let key = store.signing_key().await.expect("a key");
    Desk {
        store,
        packs,
        clock,
        data: folder.to_owned(),
        models: folder.join("models"),
        ids: MessageIds::new(key, "desk.example"),
        boundary: caredesk::mail::Boundary::None,
        delivering: Delivering::AtOnce,
        post: Post::Folder,
        texting: Texting::Folder,
        follower: None,
        alarm: Default::default(),
        bell: Default::default(),
    }
}

fn mail(n: u32) -> Vec<u8> {
    format!(
        "Message-ID: <{n}@home.example>\r\nFrom: Person {n} <person{n}@home.example>\r\nTo: careadmin@nhs.net\r\n\
         Date: Mon, 2 Mar 2026 08:59:00 +0000\r\nSubject: Locked out\r\n\r\n\
         Please reset my password, I am locked out and the reset page does not work for me.\r\n"
    )
    .into_bytes()
}
