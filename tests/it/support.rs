//! A desk in a folder of its own, used through its command line as a person or program would.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

/// The moment at which the tests' stories begin: a Monday morning in winter.
pub const MONDAY: &str = "2026-03-02T09:00:00Z";

/// A desk with the shipped pack and an empty folder.
pub struct Desk {
    folder: TempDir,
    /// The folder that holds `flows/` and `rules/`.
    pub pack: PathBuf,
}

/// What a command did.
pub struct Ran {
    /// Its exit code.
    pub code: i32,
    /// What it printed.
    pub out: String,
    /// What it complained about.
    pub err: String,
}

impl Ran {
    /// Runs a command to its end.
    pub fn of(mut command: Command, input: &[u8]) -> Ran {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        let mut pipe = child.stdin.take().expect("a pipe");
        let input = input.to_owned();
        // Beside the reading: both pipes hold only so much. A command that has seen enough closes its end; that is its
        // right.
        let writer = std::thread::spawn(move || drop(pipe.write_all(&input)));
        let ran = ran(child.wait_with_output().expect("the program ends"));
        writer.join().expect("the input is written");
        ran
    }

    /// The JSON objects that it printed, one a line.
    pub fn json(&self) -> Vec<Value> {
        self.out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
            .collect()
    }

    /// The one JSON object that it printed.
    pub fn one(&self) -> Value {
        assert_eq!(self.code, 0, "{}{}", self.out, self.err);
        let mut rows = self.json();
        assert_eq!(rows.len(), 1, "one line: {}", self.out);
        rows.remove(0)
    }
}

impl Desk {
    /// A desk that runs the shipped pack.
    pub fn new() -> Desk {
        Desk { folder: TempDir::new().expect("a folder"), pack: Path::new(env!("CARGO_MANIFEST_DIR")).to_owned() }
    }

    /// A desk with the shipped pack and its made-up directory.
    pub fn with_sample() -> Desk {
        let desk = Desk::new();
        let world = desk.pack.join("flows/world.yaml");
        let ran = desk.run(&["directory", "import", world.to_str().expect("a path")]);
        assert_eq!(ran.code, 0, "{}", ran.err);
        desk
    }

    /// A desk with a copy of the shipped pack, which a test may edit.
    pub fn with_own_pack() -> Desk {
        let mut desk = Desk::new();
        let own = desk.folder.path().join("pack");
        for room in ["flows", "rules"] {
            copy(&desk.pack.join(room), &own.join(room));
        }
        desk.pack = own;
        desk
    }

    /// The same with the stories of one area alone, so that an edit of the pack is judged at once.
    pub fn with_few_stories() -> Desk {
        let desk = Desk::with_own_pack();
        remove_stories(&desk.pack.join("flows"), "passwords");
        let file = desk.pack.join("flows/desk.yaml");
        let text = std::fs::read_to_string(&file).expect("the desk");
        let lines: Vec<&str> = text.lines().filter(|line| !line.starts_with("coverage:")).collect();
        std::fs::write(file, lines.join("\n") + "\n").expect("the desk is written");
        desk
    }

    /// The desk's own folder.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A command that is not started yet.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caredesk"));
        command.arg("--pack").arg(&self.pack).arg("--data").arg(self.data()).args(args);
        // What the shipped examples teach is learnt once for all tests.
        command
            .env("CAREDESK_MODELS", Path::new(env!("CARGO_TARGET_TMPDIR")).join("models"))
            // Many desks run beside each other; a test that wants pages says where.
            .env("CAREDESK_HTTP", "off")
            .env_remove("CAREDESK_LOG");
        command
    }

    /// Runs a command.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, b"")
    }

    /// Runs a command that reads from standard input.
    pub fn run_with(&self, args: &[&str], input: &[u8]) -> Ran {
        Ran::of(self.command(args), input)
    }

    /// Takes a mail in at a moment.
    pub fn ingest_at(&self, now: &str, mail: &str) -> Value {
        self.run_with(&["ingest", "--format", "json", "--now", now], mail.as_bytes()).one()
    }

    /// Takes a mail in.
    pub fn ingest(&self, mail: &str) -> Value {
        self.ingest_at(MONDAY, mail)
    }

    /// Says something by chat.
    pub fn chat(&self, from: &str, text: &str) -> Value {
        self.run(&["message", "--format", "json", "--now", MONDAY, "--from", from, text]).one()
    }

    /// An agent's act.
    pub fn act(&self, reference: &str, args: &[&str]) -> Ran {
        let mut all = vec!["--format", "json", "--now", "2026-03-02T10:00:00Z", "ticket", "act", reference];
        all.extend(args);
        all.extend(["--as", "agent.one"]);
        self.run(&all)
    }

    /// A ticket, whole.
    pub fn show(&self, reference: &str) -> Value {
        self.run(&["ticket", "show", reference, "--format", "json"]).one()
    }

    /// The names of the letters in the folder of what was sent.
    pub fn sent(&self) -> Vec<String> {
        let Ok(entries) = std::fs::read_dir(self.data().join("sent")) else { return Vec::new() };
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }
}

/// Nothing that a desk says of itself takes so long. Beyond, a test gives up instead of waiting for ever.
const PATIENCE: Duration = Duration::from_secs(60);

/// A desk that runs. It is stopped when the test ends.
pub struct Running {
    child: Child,
    log: Mutex<Receiver<String>>,
    /// What it said when it was ready.
    pub ready: Value,
}

impl Running {
    /// Starts a desk with its made-up directory.
    pub fn start(desk: &Desk) -> Running {
        Running::start_with(desk, &[])
    }

    /// The same, with further options.
    pub fn start_with(desk: &Desk, options: &[&str]) -> Running {
        let mut child = desk
            .command(&["serve", "--sample", "--format", "json"])
            .args(options)
            .env("NO_COLOR", "1")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("a line");
        let log = BufReader::new(child.stderr.take().expect("a pipe"));
        let (tells, hears) = channel();
        std::thread::spawn(move || log.lines().map_while(Result::ok).try_for_each(|line| tells.send(line)));
        let ready = serde_json::from_str(&line).expect("one line of JSON says that it is ready");
        Running { child, log: Mutex::new(hears), ready }
    }

    /// Asks the desk to stop, and waits until it has.
    pub fn stop(&mut self) -> ExitStatus {
        let _ =
            rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), rustix::process::Signal::TERM);
        self.child.wait().expect("it ends")
    }

    /// Waits until the log tells of something, and gives all lines up to it.
    pub fn hears(&mut self, words: &str) -> String {
        let mut heard = String::new();
        loop {
            let line = match self.log.get_mut().expect("nobody else listens").recv_timeout(PATIENCE) {
                Ok(line) => line,
                Err(RecvTimeoutError::Disconnected) => panic!("the desk ended without “{words}”: {heard}"),
                Err(RecvTimeoutError::Timeout) => panic!("the desk does not say “{words}”, only: {heard}"),
            };
            heard.push_str(&line);
            heard.push('\n');
            if line.contains(words) {
                return heard;
            }
        }
    }

    /// Asks it to stop, as a system does that shuts down.
    pub fn ask_to_stop(&self) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
    }

    /// Waits until it has ended.
    pub fn ends(&mut self) -> ExitStatus {
        self.child.wait().expect("it ends")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A mail in plain text.
pub fn mail(id: &str, from: &str, subject: &str, text: &str) -> String {
    format!(
        "Message-ID: <{id}@home.example>\r\nDate: Mon, 2 Mar 2026 08:59:00 +0000\r\nFrom: {from}\r\n\
         To: careadmin@nhs.net\r\nSubject: {subject}\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\n\r\n{}\r\n",
        text.replace('\n', "\r\n")
    )
}

/// A mail that answers a letter, as a mail program makes it: the letter is quoted below.
pub fn reply(id: &str, from: &str, letter: &Value, text: &str) -> String {
    let message_id = letter["message_id"].as_str().expect("a Message-ID");
    let subject = letter["subject"].as_str().expect("a subject");
    let quoted: String =
        letter["text"].as_str().expect("a text").lines().map(|line| format!("> {line}\n")).collect::<Vec<_>>().concat();
    let text = format!("{text}\n\nOn Mon, 2 Mar 2026 at 09:00, the desk <careadmin@nhs.net> wrote:\n{quoted}");
    mail(id, from, &format!("Re: {subject}"), &text).replacen(
        "Date:",
        &format!("In-Reply-To: <{message_id}>\r\nReferences: <{message_id}>\r\nDate:"),
        1,
    )
}

fn ran(output: Output) -> Ran {
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).expect("UTF-8"),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn remove_stories(folder: &Path, but: &str) {
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() && !path.ends_with(but) {
            remove_stories(&path, but);
        } else if path.to_string_lossy().ends_with(".scenarios.yaml") {
            std::fs::remove_file(path).expect("it is removed");
        }
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the pack") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}
