//! Many timers are due at once, and the desk is killed at any moment while it fires them: none is lost, none fires twice.
//!
//! `CAREDESK_TIMER_KILLS` is how often, `CAREDESK_TIMER_TICKETS` how many tickets have timers, `CAREDESK_KILLS_SEED` draws
//! other moments.

use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;
use std::thread;
use std::time::Duration;

use caredesk::fault::Point;
use jiff::{SignedDuration, Timestamp};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{Connection as _, SqliteConnection};

use super::checker::{Evidence, Posted};
use super::town::Blow;
use super::{Random, setting, small_desk};
use crate::support::{Desk, mail};

const KILLS: u64 = 8;
const TICKETS: u64 = 40;
/// A process lives no longer than this many microseconds.
const LIVES: usize = 1_500_000;
/// All promises of that Monday are missed, and people work.
const LATE: &str = "2026-03-20T09:00:00Z";
const FEEDBACK: &str = "feedback@nhs.net";

#[test]
fn timers_that_are_due_fire_once_each_however_often_the_desk_is_killed() {
    let kills = setting("CAREDESK_TIMER_KILLS");
    let tickets = setting("CAREDESK_TIMER_TICKETS").unwrap_or(TICKETS);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let due = |desk: &Desk| runtime.block_on(due(desk));
    let look = |desk: &Desk, posted: &[Posted]| runtime.block_on(Evidence::gather(&desk.data(), posted, &[]));

    let (spared, killed) = (small_desk(), small_desk());
    let waiting = promise(&spared, tickets);
    fs::create_dir_all(killed.data()).expect("a folder");
    for file in ["caredesk.db", "caredesk.db-wal"] {
        let (from, to) = (spared.data().join(file), killed.data().join(file));
        if from.exists() {
            fs::copy(from, to).expect("it is copied");
        }
    }
    assert_eq!(due(&killed), due(&spared));
    let at_first = due(&killed);
    let expected = look(&spared, &finish(&spared, Vec::new(), LATE.parse().expect("a moment")));
    assert_eq!(expected.findings(&waiting), [], "nothing is wrong when nobody is killed");

    let mut random = Random(setting("CAREDESK_KILLS_SEED").unwrap_or(1));
    let mut posted = Vec::new();
    let mut now: Timestamp = LATE.parse().expect("a moment");
    let (mut fell, mut midst) = (0, 0);
    while fell < kills.unwrap_or(KILLS) && due(&killed) > 0 {
        let before = due(&killed);
        // So early that there is something left for the kills to come.
        let share = u64::try_from(before).expect("a count") / (kills.unwrap_or(KILLS) - fell);
        let nth = 1 + random.below(usize::try_from(share).expect("few")) as u64;
        let moment = Duration::from_micros(random.below(LIVES) as u64);
        let (command, blow) = match random.below(3) {
            0 => ("tick", Blow::At(Point::TimerFired, nth)),
            1 => ("tick", Blow::After(moment)),
            _ => ("serve", Blow::After(moment)),
        };
        fell += u64::from(dies(&killed, command, now, blow));
        let left = due(&killed);
        midst += u64::from(left > 0 && left < before);
        posted.extend(Posted::take(&killed.data()));
        // Leases of the dead run out.
        now += SignedDuration::from_mins(2);
    }
    let left = due(&killed);
    let posted = finish(&killed, posted, now);
    let found = look(&killed, &posted);
    assert_eq!(found.findings(&waiting), [], "after {fell} kills");
    assert_eq!(found.fired(FEEDBACK), expected.fired(FEEDBACK));
    assert_eq!(found.story(), expected.story(), "the tickets came to what they come to when nobody is killed");
    assert!(midst > 0, "no kill fell in the midst of firing");

    let (fired, stages, letters) = found.fired(FEEDBACK);
    let again = posted.iter().enumerate().filter(|(at, one)| posted[..*at].contains(one)).count();
    if kills.is_some() {
        println!(
            "| tickets | due at first | kills | in the midst of firing | left for the end | fired | stages | escalated by letter | lost | twice | re-sent identical |"
        );
        println!("|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
        println!(
            "| {tickets} | {at_first} | {fell} | {midst} | {left} | {fired} | {stages} | {letters} | 0 | 0 | {again} |"
        );
    }
}

/// Tickets with promises: every second one waits for its requester, and has a reminder and an end; the others wait for an
/// agent, and have the stages of their chains.
fn promise(desk: &Desk, tickets: u64) -> Vec<(String, super::checker::Becomes)> {
    let world = desk.pack.join("flows/world.yaml");
    let agent = ["agent", "add", "agent.one", "--mail", "agent.one@team.example", "--queue", "accounts", "triage"];
    assert_eq!(desk.run(&["directory", "import", &world.display().to_string()]).code, 0);
    assert_eq!(desk.run(&[&agent[..], &["--lead", "accounts"]].concat()).code, 0);
    let mut files = Vec::new();
    let mut markers = Vec::new();
    for n in 0..tickets {
        let marker = format!("quillow{n:05}");
        let more = if n % 2 == 0 { "It is amy.field@nhs.net and my mobile is 07700 900111." } else { "" };
        let wish = format!("Please reset my nhsmail password. {more} {marker}");
        let path = desk.data().with_file_name(format!("{marker}.eml"));
        fs::write(&path, mail(&marker, &format!("{marker}@home.example"), "Locked out", &wish)).expect("it is written");
        files.push(path.display().to_string());
        markers.push((marker, super::checker::Becomes::Event));
    }
    let args = ["ingest", "--no-send", "--now", crate::support::MONDAY];
    let ran = desk.run(&args.into_iter().chain(files.iter().map(String::as_str)).collect::<Vec<_>>());
    assert_eq!(ran.code, 0, "{}", ran.err);
    markers
}

/// Runs the desk until it is killed. Says whether it was: it may have ended before.
fn dies(desk: &Desk, command: &str, now: Timestamp, blow: Blow) -> bool {
    let mut command = desk.command(&[command, "--now", &now.to_string()]);
    command.stdout(Stdio::null()).stderr(Stdio::null());
    if let Blow::At(point, nth) = blow {
        command.env("CAREDESK_FAULTS", format!("{point:?}={nth}:kill"));
    }
    let mut child = command.spawn().expect("the program starts");
    if let Blow::After(moment) = blow {
        thread::sleep(moment);
        let _ = child.kill();
    }
    child.wait().expect("it ends").signal() == Some(9)
}

/// Lets a desk end what is left, and tell its agents; gives all letters that ever came out.
fn finish(desk: &Desk, mut posted: Vec<Posted>, now: Timestamp) -> Vec<Posted> {
    for hours in [0, 2, 26, 98] {
        let now = (now + SignedDuration::from_hours(hours)).to_string();
        let ran = desk.run(&["tick", "--now", &now]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        posted.extend(Posted::take(&desk.data()));
    }
    posted
}

/// How many timers are due.
async fn due(desk: &Desk) -> i64 {
    let late: Timestamp = LATE.parse().expect("a moment");
    let options = SqliteConnectOptions::new().filename(desk.data().join("caredesk.db"));
    let mut db = SqliteConnection::connect_with(&options).await.expect("it opens");
    let count = sqlx::query_scalar("SELECT COUNT(*) FROM timer WHERE due <= $1").bind(late.as_microsecond());
    let count = count.fetch_one(&mut db).await.expect("an answer");
    db.close().await.expect("it closes");
    count
}
