//! A million open tickets, each with a timer and two letters behind it: what it takes to fire those that are due, and what all the others cost while
//! nothing is. Beside it a small desk of a thousand, in the same run: the ratio is what travels between machines.
//!
//! `CAREDESK_TIMERS` is how many tickets the large desk has, for a quick try.

#![expect(clippy::print_stdout, reason = "a bench prints its figures")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use caredesk::clock::Clock;
use caredesk::desk::intake::Delivery;
use caredesk::desk::packs::Packs;
use caredesk::desk::post::{Post, Texting};
use caredesk::desk::{Delivering, Desk};
use caredesk::mail::{Envelope, MessageIds};
use caredesk::store::{Door, Mode, Store};
use jiff::Timestamp;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _};

const FEW: u32 = 1_000;
const MANY: u32 = 1_000_000;
/// How many times what takes no time is done.
const TIMES: u32 = 200;

const MONDAY: &str = "2026-03-02T09:00:00Z";
/// When the requester is reminded; then one timer is left, the end of the wait.
const REMINDED: &str = "2026-03-04T09:00:00Z";
/// Nothing is due yet.
const EARLY: &str = "2026-03-09T07:00:00Z";
/// The wait of the first ticket is over, and of one in a hundred others.
const DUE: &str = "2026-03-09T09:00:00Z";

/// Copies the one ticket that there is, with its timer: those below `$2` are due within the hour before that one's time,
/// the others on some second of the 300 days after it. References come in no order, as in life.
const TICKETS: &str = "
    WITH RECURSIVE number (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n + 1 < $1),
    first AS MATERIALIZED (
        SELECT *, strftime('%Y-%m-%dT%H:%M:%SZ', due / 1000000, 'unixepoch') AS says
        FROM ticket
    ),
    other AS (
        SELECT printf('CD-%08d', n * 48271 % 99999989) AS own,
               CASE WHEN n < $2 THEN -(n % 3600) ELSE 1 + n * 48271 % 25920000 END AS later
        FROM number
    )
    INSERT INTO ticket (reference, version, pack, state, flow, queue, requester, asker, opened, document, due)
    SELECT own, version, pack, state, flow, queue, requester, asker, opened,
           replace(replace(document, reference, own), says,
                   strftime('%Y-%m-%dT%H:%M:%SZ', due / 1000000 + later, 'unixepoch')),
           due + later * 1000000
    FROM other, first";
const TIMERS: &str = "
    INSERT INTO timer (ticket, number, what, due)
    SELECT reference, (SELECT number FROM timer), (SELECT what FROM timer), due
    FROM ticket
    WHERE reference <> (SELECT ticket FROM timer)";
/// What happened to the first happened to all.
const JOURNAL: &str = "
    INSERT INTO journal (ticket, seq, event_id, kind, at, pack, state_digest, effects, engine)
    SELECT ticket.reference, seq, event_id, kind, at, first.pack, state_digest, effects, engine
    FROM (SELECT * FROM journal) AS first, ticket
    WHERE reference <> first.ticket";
/// And all have had the letters that it had.
const LETTERS: &str = "
    INSERT INTO outbox (ticket, seq, n, state, attempt, tries, doubt, held, untold, channel, message_id, recipient, address,
                        subject, text, bytes, automatic, secret, at, settled_at)
    SELECT reference, seq, n, 'sent', 1, 1, 0, 0, 0, channel, reference || '-' || seq || '-' || n, recipient, address,
           subject, text, bytes, automatic, secret, at, at
    FROM (SELECT * FROM outbox) AS first, ticket
    WHERE reference <> first.ticket";

/// What is measured while nothing is due.
struct Quiet {
    look: Duration,
    next: Duration,
    tick: Duration,
    start: Duration,
}

fn main() {
    let many = std::env::var("CAREDESK_TIMERS").map_or(MANY, |many| many.parse().expect("a number of tickets"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let small = tempfile::tempdir().expect("a folder");
        fill(small.path(), FEW).await;
        let few = quiet(small.path()).await;
        let large = tempfile::tempdir().expect("a folder");
        let began = Instant::now();
        fill(large.path(), many).await;
        let bytes = fs::metadata(large.path().join("caredesk.db")).expect("the database").len();
        println!("{many} tickets filled in in {:.0} s, {} MB", began.elapsed().as_secs_f64(), bytes / 1_000_000);
        let lots = quiet(large.path()).await;
        for (what, lots, few) in [
            ("looking for what is due, and nothing is", lots.look, few.look),
            ("the next due time", lots.next, few.next),
            ("`tick` with nothing due, whole command", lots.tick, few.tick),
            ("`serve`, from start to ready", lots.start, few.start),
        ] {
            let ratio = lots.as_secs_f64() / few.as_secs_f64();
            println!("{what}: {lots:.2?} with {many} tickets, {few:.2?} with {FEW}, {ratio:.2} times");
        }
        fire(large.path(), many / 100).await;
    });
}

/// A desk with so many open tickets; one in a hundred has a timer that comes due.
async fn fill(folder: &Path, tickets: u32) {
    let mut desk = desk(folder, MONDAY).await;
    let delivery = Delivery { door: Door::Pipe, raw: Arc::new(mail()), envelope: Envelope::default() };
    desk.take_mail(delivery).await.expect("the mail is taken");
    desk.clock = fixed(REMINDED);
    let mut fired = 0;
    desk.fire_due(|_| fired += 1).await.expect("it is reminded");
    assert_eq!(fired, 1);
    assert_eq!(desk.store.next_due().await.expect("readable"), Some(at(DUE)));
    desk.store.close().await;
    // Nobody needs these commits to be durable: the desk's own settings hold from the next start on.
    let options = SqliteConnectOptions::new().filename(folder.join("caredesk.db"));
    let options = options.journal_mode(SqliteJournalMode::Off).synchronous(SqliteSynchronous::Off).foreign_keys(false);
    let mut db = options.connect().await.expect("it opens");
    let mut all = db.begin().await.expect("a transaction");
    let due = i64::from(tickets / 100);
    sqlx::query(TICKETS).bind(i64::from(tickets)).bind(due).execute(&mut *all).await.expect("tickets");
    sqlx::query(TIMERS).execute(&mut *all).await.expect("timers");
    sqlx::query(JOURNAL).execute(&mut *all).await.expect("lines");
    sqlx::query(LETTERS).execute(&mut *all).await.expect("letters");
    all.commit().await.expect("kept");
    let counted: (i64, i64) =
        sqlx::query_as("SELECT (SELECT COUNT(*) FROM ticket WHERE state <> 'closed'), (SELECT COUNT(*) FROM timer)")
            .fetch_one(&mut db)
            .await
            .expect("counted");
    assert_eq!(counted, (i64::from(tickets), i64::from(tickets)));
    db.close().await.expect("it closes");
}

async fn quiet(folder: &Path) -> Quiet {
    let desk = desk(folder, EARLY).await;
    let (mut looks, mut nexts) = (Vec::new(), Vec::new());
    for _ in 0..TIMES {
        let began = Instant::now();
        let mut fired = 0;
        desk.fire_due(|_| fired += 1).await.expect("it looks");
        assert_eq!(fired, 0, "nothing is due");
        looks.push(began.elapsed());
        let began = Instant::now();
        desk.store.next_due().await.expect("readable").expect("there is one");
        nexts.push(began.elapsed());
    }
    desk.store.close().await;
    let five = |one: &dyn Fn() -> Duration| middle((0..5).map(|_| one()).collect());
    Quiet {
        look: middle(looks),
        next: middle(nexts),
        tick: five(&|| ended(command(folder, &["tick", "--now", EARLY]))),
        start: five(&|| ready(command(folder, &["serve", "--format", "json", "--now", EARLY]))),
    }
}

/// Fires what is due, each in a durable commit of its own with the letter that it writes.
async fn fire(folder: &Path, due: u32) {
    let desk = desk(folder, DUE).await;
    // From here on the kernel counts the peak anew.
    fs::write("/proc/self/clear_refs", "5").expect("the peak is forgotten");
    let before = kilobytes("VmRSS");
    let mut fired = BTreeSet::new();
    let began = Instant::now();
    desk.fire_due(|one| assert!(fired.insert(one.ticket), "each fires once")).await.expect("they fire");
    let took = began.elapsed();
    let (after, peak) = (kilobytes("VmRSS"), kilobytes("VmHWM"));
    assert_eq!(fired.len(), due as usize, "all fire");
    let rate = f64::from(due) / took.as_secs_f64();
    println!("{due} due timers fired once each in {:.1} s, {rate:.0} a second", took.as_secs_f64());
    println!("memory: {} MB before, {} MB at the peak, {} MB after", before / 1000, peak / 1000, after / 1000);
    let mut again = 0;
    desk.fire_due(|_| again += 1).await.expect("nothing is due");
    assert_eq!(again, 0, "none fires again");
    desk.store.close().await;
    let options = SqliteConnectOptions::new().filename(folder.join("caredesk.db"));
    let mut db = options.connect().await.expect("it opens");
    let lines: (i64, i64) = sqlx::query_as(
        "SELECT COUNT(*), COUNT(DISTINCT ticket) FROM journal WHERE kind = 'fired' AND at = (SELECT MAX(at) FROM journal)",
    )
    .fetch_one(&mut db)
    .await
    .expect("counted");
    assert_eq!(lines, (i64::from(due), i64::from(due)), "each has one line of the journal");
}

async fn desk(folder: &Path, now: &str) -> Desk {
    let clock = fixed(now);
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
        // A sender that runs beside takes the letters; what it costs is its own.
        delivering: Delivering::Never,
        post: Post::Folder,
        texting: Texting::Folder,
        follower: None,
        alarm: Default::default(),
        bell: Default::default(),
    }
}

fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_caredesk"));
    command.arg("--pack").arg(env!("CARGO_MANIFEST_DIR")).arg("--data").arg(folder).args(args);
    command
        .env("CAREDESK_HTTP", "off")
        .env("CAREDESK_MODELS", folder.join("models"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn ended(mut command: Command) -> Duration {
    let began = Instant::now();
    assert!(command.output().expect("it starts").status.success());
    began.elapsed()
}

fn ready(mut command: Command) -> Duration {
    let began = Instant::now();
    let mut child = command.spawn().expect("it starts");
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
    let took = began.elapsed();
    assert!(line.contains("\"ready\":true"), "{line}");
    child.kill().expect("it is stopped");
    child.wait().expect("it ends");
    took
}

/// The one in the middle.
fn middle(mut all: Vec<Duration>) -> Duration {
    all.sort();
    all[all.len() / 2]
}

fn kilobytes(what: &str) -> u64 {
    let status = fs::read_to_string("/proc/self/status").expect("Linux says so");
    let line = status.lines().find(|line| line.starts_with(what)).expect("a line");
    line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
}

fn at(moment: &str) -> Timestamp {
    moment.parse().expect("a moment")
}

fn fixed(moment: &str) -> Clock {
    Clock::Fixed(at(moment))
}

fn mail() -> Vec<u8> {
    "Message-ID: <one@home.example>\r\nFrom: Amy Field <amy@home.example>\r\nTo: careadmin@nhs.net\r\n\
     Date: Mon, 2 Mar 2026 08:59:00 +0000\r\nSubject: Locked out\r\n\r\nPlease reset my nhsmail password.\r\n"
        .into()
}
