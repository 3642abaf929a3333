//! Letters and the relay while the desk runs on: several under way at once, none kept up by another, and a stop that
//! lets what was begun come to its end.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStderr, Command, Stdio};

use super::fake::{At, Fake, bye, wait};
use crate::support::{Desk, mail};

const WISH: &str = "Please reset my password, I am locked out.";

struct Serving {
    child: Child,
    log: BufReader<ChildStderr>,
}

impl Serving {
    fn start(desk: &Desk, relay: &Fake) -> Serving {
        let mut child = desk
            .command(&["serve", "--sample", "--format", "json", "--live", "--relay", &relay.url()])
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let log = BufReader::new(child.stderr.take().unwrap());
        Serving { child, log }
    }

    fn hears(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(self.log.read_line(&mut line).unwrap() > 0, "the desk ended without “{words}”");
        }
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn ask(desk: &Desk, name: &str) {
    let mail = mail(name, &format!("{name}@home.example"), "Locked out", WISH);
    assert_eq!(desk.run_with(&["ingest", "--no-send"], mail.as_bytes()).code, 0);
}

#[test]
fn a_slow_letter_keeps_back_no_other_and_a_stop_waits_for_it() {
    let desk = Desk::with_sample();
    let (slow, slow_is_here, slow_may_go) = wait();
    let (other, other_is_here, other_may_go) = wait();
    let relay = Fake::new(vec![vec![(At::Dot, slow)], vec![(At::Dot, other)]]);
    let mut serving = Serving::start(&desk, &relay);
    serving.hears("LIVE: letters go to everybody");
    ask(&desk, "amy");
    slow_is_here.recv().unwrap();
    ask(&desk, "omar");
    other_is_here.recv().unwrap();
    other_may_go.send(()).unwrap();
    serving.hears("sent");
    let stop = Command::new("kill").arg(serving.child.id().to_string()).status().unwrap();
    assert!(stop.success());
    slow_may_go.send(()).unwrap();
    serving.hears("sent");
    assert!(serving.child.wait().unwrap().success());
    let states = desk.run(&["outbox", "list", "--all", "--format", "json"]).json();
    assert!(states.len() == 2 && states.iter().all(|row| row["state"] == "sent"), "{states:?}");
    assert_eq!(relay.taken().len(), 2);
}

#[test]
fn a_failure_is_told_and_the_sender_lives_on() {
    let desk = Desk::with_sample();
    let relay = Fake::new(vec![vec![(At::Rcpt, bye("550 5.1.1 no"))]]);
    let mut serving = Serving::start(&desk, &relay);
    ask(&desk, "amy");
    serving.hears("its ticket is with an agent");
    ask(&desk, "omar");
    serving.hears("sent");
    let row = desk.run(&["outbox", "list", "--failed", "--format", "json"]).one();
    assert_eq!(desk.show(row["ticket"].as_str().unwrap())["state"], "with_agent");
}

#[test]
fn a_desk_outlives_a_relay_that_is_away() {
    let desk = Desk::with_sample();
    let relay = Fake::new(vec![vec![(At::Connect, bye("421 not yet"))]]);
    let mut serving = Serving::start(&desk, &relay);
    ask(&desk, "amy");
    serving.hears("a letter did not go");
    let row = desk.run(&["outbox", "list", "--format", "json"]).one();
    assert_eq!((row["state"].as_str(), row["attempts"].as_i64()), (Some("queued"), Some(1)));
    assert!(row["failure"].as_str().is_some_and(|why| why.contains("421 not yet")), "{row}");
    let key = row["key"].as_str().unwrap();
    assert_eq!(desk.run(&["outbox", "retry", key, "--live", "--relay", &relay.url()]).code, 0);
    assert_eq!(relay.taken().len(), 1, "by hand it goes at once, while the desk waits");
}
