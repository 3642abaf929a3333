//! A desk that runs in a process of its own, until it is asked to stop or killed.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

/// No shift lasts so long. Beyond, the test gives up instead of waiting for ever.
const SHIFT: Duration = Duration::from_secs(60);

/// A desk that runs, and its log line by line.
pub struct Running {
    /// Its process.
    pub child: Child,
    out: BufReader<ChildStdout>,
    log: Receiver<String>,
    heard: String,
    began: Instant,
    dies: Option<Instant>,
}

impl Running {
    /// Starts it.
    pub fn start(mut command: Command) -> Running {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program starts");
        let out = BufReader::new(child.stdout.take().expect("a pipe"));
        let log = BufReader::new(child.stderr.take().expect("a pipe"));
        let (tells, hears) = channel();
        thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| tells.send(line)));
        Running { child, out, log: hears, heard: String::new(), began: Instant::now(), dies: None }
    }

    /// Lets it be killed so long after its start, if it has not ended by then.
    pub fn dies_after(&mut self, moment: Duration) {
        self.dies = Some(self.began + moment);
    }

    /// What it says when it is ready; nothing if it dies before.
    pub fn ready(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.out.read_line(&mut line).ok().filter(|read| *read > 0)?;
        Some(serde_json::from_str(&line).expect("one line of JSON says that it is ready"))
    }

    /// The next line of the log; nothing once it has ended.
    pub fn next(&mut self) -> Option<String> {
        use std::sync::mpsc::RecvTimeoutError;
        let end = self.dies.unwrap_or(self.began + SHIFT);
        match self.log.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) => {
                self.heard.push_str(&line);
                self.heard.push('\n');
                Some(line)
            }
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) if self.dies.take().is_some() => {
                let _ = self.child.kill();
                self.next()
            }
            Err(RecvTimeoutError::Timeout) => {
                let _ = self.child.kill();
                panic!("the desk does not come to an end: {}", self.heard);
            }
        }
    }

    /// Hears it to its end.
    pub fn end(mut self) -> (std::process::ExitStatus, String) {
        while self.next().is_some() {}
        (self.child.wait().expect("it ends"), self.heard)
    }
}
