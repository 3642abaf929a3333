//! How long a turn of the web chat takes, from the form that is sent to the page that shows the answer, with 1, 50 and 200
//! people who all write at once and never pause. Each turn is a durable commit.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use caredesk::clock::Clock;
use caredesk::desk::packs::Packs;
use caredesk::desk::post::{Post, Texting};
use caredesk::desk::stop::stopper;
use caredesk::desk::{Delivering, Desk};
use caredesk::mail::MessageIds;
use caredesk::policy::world::World;
use caredesk::store::{Mode, Store};
use caredesk::web::settings::WebSettings;
use caredesk::web::{Web, WebDoor};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// What everybody says, one after the other.
const WORDS: [&str; 3] = ["please+reset+my+nhsmail+password", "amy.field%40nhs.net", "07700+900111"];
/// How often each person tells the whole story, by how many there are.
const CROWDS: [(usize, usize); 3] = [(1, 60), (50, 4), (200, 2)];

fn main() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        println!("| people at once | turns | a second | p50 | p99 | longest |\n|--:|--:|--:|--:|--:|--:|");
        for (people, stories) in CROWDS {
            measure(people, stories).await;
        }
    });
}

async fn measure(people: usize, stories: usize) {
    let folder = tempfile::tempdir().expect("a folder");
    let desk = Arc::new(desk(folder.path()).await);
    let (stopper, stop) = stopper();
    // As behind a proxy, where each person has an address of their own.
    let settings = WebSettings { behind_proxy: true, ..WebSettings::default() };
    let door = WebDoor::open("127.0.0.1:0").await.expect("a port");
    let place = door.address().to_string();
    let serving = tokio::spawn(door.run(Arc::new(Web::new(desk, settings, stop))));
    // What the examples teach is learnt before anybody is measured.
    tell(&place, 0, 1).await;
    let began = Instant::now();
    let mut crowd = JoinSet::new();
    for person in 1..=people {
        let place = place.clone();
        crowd.spawn(async move { tell(&place, person, stories).await });
    }
    let mut turns: Vec<Duration> = crowd.join_all().await.into_iter().flatten().collect();
    let took = began.elapsed();
    turns.sort_unstable();
    let at = |share: usize| turns[(turns.len() * share / 100).min(turns.len() - 1)];
    println!(
        "| {people} | {} | {:.0} | {:.1} ms | {:.1} ms | {:.1} ms |",
        turns.len(),
        turns.len() as f64 / took.as_secs_f64(),
        millis(at(50)),
        millis(at(99)),
        millis(at(100))
    );
    stopper.ask();
    serving.await.expect("it ends");
}

fn millis(took: Duration) -> f64 {
    took.as_secs_f64() * 1000.0
}

/// One person tells the story so many times, each time in a new conversation. Gives what each turn took.
async fn tell(place: &str, person: usize, stories: usize) -> Vec<Duration> {
    let mut turns = Vec::new();
    for _ in 0..stories {
        let mut cookie = String::new();
        let mut page = ask(place, person, &mut cookie, "GET", "").await;
        for words in WORDS {
            let key = page.split_once("name=\"key\" value=\"").expect("a form").1.split('"').next().expect("a key");
            let form = format!("key={key}&text={words}");
            let began = Instant::now();
            let sent = ask(place, person, &mut cookie, "POST", &form).await;
            assert!(sent.starts_with("HTTP/1.1 303"), "{sent}");
            page = ask(place, person, &mut cookie, "GET", "").await;
            turns.push(began.elapsed());
        }
        assert!(page.contains("We have your request"), "{page}");
    }
    turns
}

async fn ask(place: &str, person: usize, cookie: &mut String, method: &str, form: &str) -> String {
    let mut stream = TcpStream::connect(place).await.expect("the desk is there");
    let head = format!(
        "{method} /chat HTTP/1.1\r\nHost: {place}\r\nConnection: close\r\nCookie: {cookie}\r\n\
         X-Forwarded-For: 10.0.{}.{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        person / 250,
        person % 250,
        form.len()
    );
    stream.write_all(head.as_bytes()).await.expect("it is sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    if let Some((_, rest)) = answer.split_once("set-cookie: ") {
        *cookie = rest.split(';').next().unwrap_or_default().to_owned();
    }
    answer
}

async fn desk(folder: &Path) -> Desk {
    let clock = Clock::System;
    let store = Store::open(folder, Mode::ReadWrite).await.expect("a store");
    let pack = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (packs, _) = Packs::open(pack, &store, clock.now()).await.expect("the pack");
    let sample = std::fs::read_to_string(pack.join("flows/world.yaml")).expect("the sample");
    let world = World::from_yaml(&sample).expect("a directory");
    store.directory_import(&world, clock.now()).await.expect("it is taken in");
    let key = store.signing_key().await.expect("a key");
    Desk {
        store,
        packs,
        clock,
        data: folder.to_owned(),
        models: folder.join("models"),
        ids: MessageIds::new(key, "desk.example"),
        boundary: caredesk::mail::Boundary::None,
        delivering: Delivering::Beside(tokio::sync::Notify::new()),
        post: Post::Folder,
        texting: Texting::Folder,
        follower: None,
        alarm: Default::default(),
        bell: Default::default(),
    }
}
