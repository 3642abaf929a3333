//! The world around a desk: people who write again when nobody says that their mail is kept, a post that collects
//! letters, and an operator who starts the desk again.

mod inside;
mod shift;

use std::collections::{BTreeMap, VecDeque};
use std::io::Write as _;
use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, Output, Stdio};
use std::time::Duration;
use std::{fs, thread};

use caredesk::fault::Point;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::checker::{Becomes, Evidence, Posted};
use super::relay::Relay;
use super::story::{Kind, Mail, STORY, Step, by_relay};
use crate::support::{Desk, MONDAY};

/// When the desk is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// At a place, at the how-manieth time that a process comes there.
    At(Point, u64),
    /// So long after it was started, wherever it is then. Whether it still lives is for the machine to say.
    After(Duration),
}

/// A blow that fell, in a step of the story.
#[derive(Debug, Clone, Copy)]
pub struct Fell {
    /// The blow.
    pub blow: Blow,
    /// The step.
    pub step: usize,
    /// How many letters came out again after it, byte by byte the same.
    pub resent: usize,
}

/// How a command ended.
enum End {
    Killed,
    Exit(i32),
}

/// A desk and the people around it.
pub struct Town {
    desk: Desk,
    relay: Relay,
    /// The letters that came out.
    pub posted: Vec<Posted>,
    heard: Vec<(String, String)>,
    bytes: BTreeMap<&'static str, Vec<u8>>,
    acknowledged: Vec<(String, Becomes)>,
    /// How often each place was passed, step by step, where that is counted.
    passed: Vec<BTreeMap<Point, u64>>,
    counts: bool,
    /// Blows that fell.
    pub fell: Vec<Fell>,
    /// The step in which a marker came in.
    pub steps: BTreeMap<String, usize>,
    runtime: tokio::runtime::Runtime,
}

impl Town {
    /// A town with an empty desk.
    pub fn new() -> Town {
        Town {
            desk: super::small_desk(),
            relay: Relay::open(),
            posted: Vec::new(),
            heard: Vec::new(),
            bytes: BTreeMap::new(),
            acknowledged: Vec::new(),
            passed: vec![BTreeMap::new(); STORY.len()],
            counts: false,
            fell: Vec::new(),
            steps: BTreeMap::new(),
            runtime: tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime"),
        }
    }

    /// Lives through the story, and counts how often each place is passed in each step.
    pub fn count(&mut self) -> Vec<BTreeMap<Point, u64>> {
        self.counts = true;
        for step in 0..STORY.len() {
            self.live(step, VecDeque::new());
        }
        std::mem::take(&mut self.passed)
    }

    /// Lives through a step with blows, one after the other. A blow that does not fall is forgotten.
    pub fn live(&mut self, step: usize, mut blows: VecDeque<Blow>) {
        let at = self.moment(step, 0);
        let hurt = self.fell.len();
        match STORY[step].1 {
            Step::Import => {
                let world = self.desk.pack.join("flows/world.yaml").display().to_string();
                self.until_done(step, &mut blows, &["directory", "import", &world], b"");
                let queues = ["--queue", "accounts", "triage", "security"];
                let agent = ["agent", "add", "agent.one", "--mail", "agent.one@team.example"];
                let ran = self.desk.run(&[&agent[..], &queues].concat());
                assert_eq!(ran.code, 0, "{}", ran.err);
            }
            Step::Pipe(mail, send) => {
                let bytes = self.write(mail);
                let mut args = vec!["ingest", "--format", "json", "--now", &at];
                args.extend((!send).then_some("--no-send"));
                self.until_done(step, &mut blows, &args, &bytes);
                self.acknowledge(step, mail);
            }
            Step::Chat(from, text) => {
                self.until_kept(step, &mut blows, &["message", "--format", "json", "--now", &at, "--from", from, text]);
                self.acknowledged.push((marker(text), Becomes::Event));
                self.steps.insert(marker(text), step);
            }
            Step::Call(said) => {
                let args =
                    ["ticket", "new", "--phone", "01632 960123", "--said", said, "--as", "agent.one", "--now", &at];
                self.until_kept(step, &mut blows, &args);
                self.acknowledged.push((marker(said), Becomes::Event));
                self.steps.insert(marker(said), step);
            }
            Step::Act(on, act) => {
                let reference = self.ticket_of(on);
                let mut args = vec!["ticket", "act", &reference, "--as", "agent.one", "--now", &at];
                args.extend(act);
                self.until_kept(step, &mut blows, &args);
                if let Some(words) = act.iter().find(|word| word.contains("quillow")) {
                    self.acknowledged.push((marker(words), Becomes::Event));
                    self.steps.insert(marker(words), step);
                }
            }
            Step::Release(marker) => {
                let number = self.aside_number(marker).to_string();
                // The marker itself would stand in the note about the release.
                let from = format!("{}@home.example", marker.replace("quillow", "person"));
                let args = ["quarantine", "release", &number, "--as", "agent.one", "--from", &from, "--now", &at];
                self.until_kept(step, &mut blows, &args);
                self.acknowledged.retain(|(known, _)| known != marker);
                self.acknowledged.push((marker.to_owned(), Becomes::Released));
            }
            Step::Tick => self.until_done(step, &mut blows, &["tick", "--format", "json", "--now", &at], b""),
            Step::Send => self.until_done(step, &mut blows, &["outbox", "send", "--now", &at], b""),
            Step::Serve(shift) => self.serve(step, &mut blows, shift),
        }
        if self.fell.len() > hurt {
            // Leases of the dead have run out by then.
            self.until_done(step, &mut VecDeque::new(), &["outbox", "send", "--now", &self.moment(step, 29)], b"");
        }
    }

    /// Lets what is left go out, and gathers what there is to look at.
    pub fn look(&mut self) -> Evidence {
        let last = STORY.len() - 1;
        self.until_done(last, &mut VecDeque::new(), &["outbox", "send", "--now", &self.moment(last, 29)], b"");
        self.runtime.block_on(Evidence::gather(&self.desk.data(), &self.posted, &self.heard))
    }

    /// What people know to be kept.
    pub fn acknowledged(&self) -> &[(String, Becomes)] {
        &self.acknowledged
    }

    /// Takes a mail in that is not in the story, with other words in some places.
    pub fn receive(&mut self, mail: Mail, other_words: &[(&str, &str)]) {
        let mut text = String::from_utf8(self.write(mail)).expect("plain text");
        let body = text.find("\r\n\r\n").expect("a body");
        let words = other_words.iter().fold(text.split_off(body), |text, (from, to)| text.replace(from, to));
        let args = ["ingest", "--format", "json", "--now", MONDAY];
        self.until_done(0, &mut VecDeque::new(), &args, format!("{text}{words}").as_bytes());
    }

    /// Leaves the mark of a mail under way.
    pub fn leave_mark(&self) {
        fs::write(self.desk.data().join("inflight/abc.1.0"), "").expect("it is written");
    }

    /// Runs a command until it ends well, as who sends mail does.
    fn until_done(&mut self, step: usize, blows: &mut VecDeque<Blow>, args: &[&str], input: &[u8]) {
        loop {
            match self.strike(step, blows.pop_front(), args, input) {
                End::Killed => {}
                End::Exit(code) => {
                    assert_eq!(code, 0, "{args:?}");
                    return;
                }
            }
        }
    }

    /// Runs a command until what it does is kept. Whoever gets no answer looks first: said again, it would be said twice.
    fn until_kept(&mut self, step: usize, blows: &mut VecDeque<Blow>, args: &[&str]) {
        let before = self.said_so_far();
        loop {
            match self.strike(step, blows.pop_front(), args, b"") {
                End::Killed if self.said_so_far() > before => return,
                End::Killed => {}
                End::Exit(code) => {
                    assert_eq!(code, 0, "{args:?}");
                    return;
                }
            }
        }
    }

    fn strike(&mut self, step: usize, blow: Option<Blow>, args: &[&str], input: &[u8]) -> End {
        let mut command = self.command(step, args, blow);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        // One that is dead reads no more.
        let _ = child.stdin.take().expect("a pipe").write_all(input);
        if let Some(Blow::After(moment)) = blow {
            thread::sleep(moment);
            let _ = child.kill();
        }
        let output = child.wait_with_output().expect("it ends");
        self.listen(args, &output);
        self.count_passed(step, &output.stderr);
        let end = match output.status.signal() {
            Some(9) => End::Killed,
            _ => End::Exit(output.status.code().unwrap_or(-1)),
        };
        if !matches!(end, End::Killed | End::Exit(0)) {
            eprint(&output.stderr);
        }
        self.after(step, blow, matches!(end, End::Killed));
        end
    }

    fn command(&self, step: usize, args: &[&str], blow: Option<Blow>) -> Command {
        let mut command = self.desk.command(args);
        if by_relay(step) {
            command.env("CAREDESK_RELAY", self.relay.url()).env("CAREDESK_LIVE", "true");
        }
        command.env("NO_COLOR", "1").stderr(Stdio::piped());
        if let Some(Blow::At(point, nth)) = blow {
            command.env("CAREDESK_FAULTS", format!("{point:?}={nth}:kill"));
        } else if self.counts {
            let tell = |point: &Point| format!("{point:?}=1-999999999:tell");
            command.env("CAREDESK_FAULTS", Point::ALL.iter().map(tell).collect::<Vec<_>>().join(";"));
        }
        command
    }

    /// The moment of a step, and minutes after it.
    fn moment(&self, step: usize, minutes: i64) -> String {
        let monday: Timestamp = MONDAY.parse().expect("a moment");
        (monday + SignedDuration::from_mins(STORY[step].0 + minutes)).to_string()
    }

    fn after(&mut self, step: usize, blow: Option<Blow>, killed: bool) {
        let again = self.collect();
        // A letter that comes again is the work of the last blow that fell.
        if let Some(last) = self.fell.last_mut() {
            last.resent += again;
        }
        if let (Some(blow), true) = (blow, killed) {
            self.fell.push(Fell { blow, step, resent: 0 });
        }
    }

    /// Takes the letters from the relay and out of the folder, as a post does. Says how many of them it had already, byte by byte.
    fn collect(&mut self) -> usize {
        let mut again = 0;
        let letters = self.relay.letters().into_iter().map(Posted::of);
        for one in letters.chain(Posted::take(&self.desk.data())) {
            again += usize::from(self.posted.contains(&one));
            self.posted.push(one);
        }
        again
    }

    /// What a user of a chat reads.
    fn listen(&mut self, args: &[&str], output: &Output) {
        let Some(at) = args.iter().position(|word| *word == "--from") else { return };
        for row in String::from_utf8_lossy(&output.stdout).lines() {
            let Ok(row) = serde_json::from_str::<Value>(row) else { continue };
            for reply in row["replies"].as_array().into_iter().flatten() {
                self.heard.push((args[at + 1].to_owned(), reply["text"].as_str().unwrap_or_default().to_owned()));
            }
        }
    }

    fn acknowledge(&mut self, step: usize, mail: Mail) {
        let becomes = match mail.kind {
            Kind::First | Kind::Attached | Kind::Unnamed | Kind::Answer(..) => Becomes::Event,
            Kind::Broken => Becomes::PutAside,
            Kind::Robot => Becomes::Filed,
            Kind::Again(_) => return,
        };
        self.acknowledged.push((mail.marker.to_owned(), becomes));
        self.steps.insert(mail.marker.to_owned(), step);
    }

    /// The bytes of a mail. Whoever sends it again sends the same.
    fn write(&mut self, mail: Mail) -> Vec<u8> {
        let id = mail.id();
        if let Some(bytes) = self.bytes.get(id) {
            return bytes.clone();
        }
        let answers = match mail.kind {
            Kind::Answer(to, _) => self.letter_to(&format!("{to}@home.example")),
            _ => Value::Null,
        };
        let bytes = mail.write(&answers).into_bytes();
        self.bytes.insert(id, bytes.clone());
        bytes
    }

    /// The last letter that somebody got, as they quote it.
    fn letter_to(&self, address: &str) -> Value {
        let to = |one: &&Posted| String::from_utf8_lossy(&one.bytes).contains(&format!("To: {address}"));
        let letter = self.posted.iter().rfind(to).unwrap_or_else(|| panic!("{address} has a letter"));
        serde_json::json!({ "message_id": letter.message_id, "subject": "your request", "text": "What we wrote." })
    }

    fn count_passed(&mut self, step: usize, log: &[u8]) {
        for line in String::from_utf8_lossy(log).lines() {
            let Some((_, name)) = line.split_once("passed point=") else { continue };
            if let Some(point) = Point::ALL.iter().find(|point| format!("{point:?}") == name.trim()) {
                *self.passed[step].entry(*point).or_default() += 1;
            }
        }
    }
}

/// The marker in a text.
fn marker(text: &str) -> String {
    let at = text.find("quillow").expect("a marker");
    text[at..].chars().take_while(char::is_ascii_alphanumeric).collect()
}

fn eprint(log: &[u8]) {
    let _ = std::io::stderr().write_all(log);
}
