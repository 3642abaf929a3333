//! A private Postfix: its own folder, queue and port, no names looked up, nothing sent beyond this machine. It is
//! started as a child of the test and ends with it.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use tempfile::TempDir;

/// How long a signal is waited for. Far longer than anything takes; so that a test ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running post office.
pub struct Postfix {
    /// The port where it takes mail by SMTP.
    pub port: u16,
    folder: TempDir,
    master: Child,
    lines: Receiver<String>,
    log: String,
}

impl Postfix {
    /// A post office that takes mail for these domains, and hands it by LMTP to a port on this machine each.
    pub fn start(routes: &[(&str, u16)]) -> Postfix {
        // Between the choice of a free port and its use somebody else may take it: then the next one.
        let started = (0..5).find_map(|_| Postfix::try_start(routes));
        started.expect("one of five ports that were free a moment ago is still free")
    }

    fn try_start(routes: &[(&str, u16)]) -> Option<Postfix> {
        let folder = TempDir::new().unwrap();
        let port = free_port();
        lay_out(folder.path(), port, routes);
        let (master, lines) = run_master(folder.path());
        let mut postfix = Postfix { port, folder, master, lines, log: String::new() };
        if !postfix.hears_within(PATIENCE, "daemon started") {
            assert!(postfix.log.contains("Address already in use"), "Postfix does not start:\n{}", postfix.log);
            return None;
        }
        let door = TcpStream::connect(("127.0.0.1", port)).expect("the port is open once Postfix has started");
        door.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut greeting = String::new();
        BufReader::new(door).read_line(&mut greeting).expect("a greeting");
        assert!(greeting.starts_with("220 "), "{greeting}{}", postfix.log);
        Some(postfix)
    }

    /// Where a desk sends its letters.
    pub fn relay(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// Tries again to deliver all that waits in the queue, until the log says something. A mail is laid aside a moment
    /// after the log says so: one run of the queue could miss it.
    pub fn run_queue_until(&mut self, words: &str) -> String {
        for _ in 0..60 {
            let run = Command::new("postqueue").arg("-c").arg(self.folder.path().join("etc")).arg("-f").status();
            assert!(run.expect("postqueue is there").success(), "the queue runs");
            if self.hears_within(Duration::from_secs(1), words) {
                return self.last_line();
            }
        }
        panic!("Postfix ran its queue and never said “{words}”");
    }

    /// Waits until the log says something, and gives that line.
    pub fn hears(&mut self, words: &str) -> String {
        assert!(self.hears_within(PATIENCE, words), "Postfix never said “{words}”");
        self.last_line()
    }

    /// Reads the log until it says something, or nothing for a while.
    fn hears_within(&mut self, patience: Duration, words: &str) -> bool {
        while let Ok(line) = self.lines.recv_timeout(patience) {
            self.log.push_str(&line);
            self.log.push('\n');
            if line.contains(words) {
                return true;
            }
        }
        false
    }

    fn last_line(&self) -> String {
        self.log.lines().last().unwrap_or_default().to_owned()
    }
}

impl Drop for Postfix {
    fn drop(&mut self) {
        // At this signal the master ends all of its own, and then itself.
        let asked = Command::new("kill").arg("-TERM").arg(self.master.id().to_string()).status();
        if !asked.is_ok_and(|status| status.success()) {
            let _ = self.master.kill();
        }
        let _ = self.master.wait();
        if std::thread::panicking() {
            let rest: Vec<String> = self.lines.try_iter().collect();
            show(&format!("{}{}", self.log, rest.join("\n")));
        }
    }
}

#[expect(clippy::print_stderr, reason = "a test that fails shows what the post office said")]
fn show(log: &str) {
    eprintln!("Postfix:\n{log}");
}

/// A port that nobody uses, no two tests the same. It lies below those that the system gives to callers, who would
/// take it in the meantime.
pub fn free_port() -> u16 {
    static TAKEN: AtomicU32 = AtomicU32::new(0);
    let start = std::process::id().wrapping_mul(61);
    (0..12_000)
        .map(|_| 20_000 + (start.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed)) % 12_000) as u16)
        .find(|port| TcpListener::bind(("127.0.0.1", *port)).is_ok())
        .expect("a port is free")
}

/// Writes the configuration, and has Postfix make its queue.
fn lay_out(folder: &Path, port: u16, routes: &[(&str, u16)]) {
    // The daemons that are not root must be able to come here.
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    for room in ["etc", "queue", "data"] {
        fs::create_dir(folder.join(room)).unwrap();
    }
    chown(folder.join("data"), Some(id_of_postfix()), None).expect("the tests that start Postfix run as root");
    fs::write(folder.join("etc/main.cf"), main_cf(folder, routes)).unwrap();
    fs::write(folder.join("etc/master.cf"), format!("127.0.0.1:{port} inet n - n - - smtpd\n{MASTER}")).unwrap();
    let checked = Command::new("postfix").arg("-c").arg(folder.join("etc")).arg("check").output();
    let checked = checked.expect("Postfix is installed");
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
}

fn id_of_postfix() -> u32 {
    let users = fs::read_to_string("/etc/passwd").unwrap();
    let line = users.lines().find_map(|line| line.strip_prefix("postfix:")).expect("Postfix is installed");
    line.split(':').nth(1).unwrap().parse().unwrap()
}

fn main_cf(folder: &Path, routes: &[(&str, u16)]) -> String {
    let folder = folder.display();
    let domains: Vec<&str> = routes.iter().map(|(domain, _)| *domain).collect();
    let mut settings = format!(
        "queue_directory = {folder}/queue\ndata_directory = {folder}/data\nrelay_domains = {}\n{MAIN}",
        domains.join(", ")
    );
    let ways: Vec<String> =
        routes.iter().map(|(domain, port)| format!("{{ {domain} = lmtp:inet:127.0.0.1:{port} }}")).collect();
    let _ = writeln!(settings, "transport_maps = inline:{{ {} }}", ways.join(", "));
    settings
}

/// Nobody beyond this machine is asked or told anything; what is handed on is changed in nothing.
const MAIN: &str = "\
compatibility_level = 3.6
maillog_file = /dev/stdout
myhostname = post.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtpd_peername_lookup = no
default_transport = error:5.1.2 this post office carries nothing beyond this machine
local_header_rewrite_clients =
local_recipient_maps =
alias_maps =
alias_database =
notify_classes =
";

const MASTER: &str = "\
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
";

/// Starts the master in the foreground, with its log on a pipe. It ends with the thread that starts it: should the test
/// be killed, nothing is left running.
fn run_master(folder: &Path) -> (Child, Receiver<String>) {
    let daemons = Command::new("postconf").args(["-d", "-h", "daemon_directory"]).output().expect("postconf is there");
    let daemons = String::from_utf8(daemons.stdout).unwrap();
    let (log, pen) = std::io::pipe().unwrap();
    let master = Command::new("setpriv")
        .args(["--pdeathsig", "TERM"])
        .arg(Path::new(daemons.trim()).join("master"))
        .args(["-s", "-c"])
        .arg(folder.join("etc"))
        .stdin(Stdio::null())
        .stdout(pen.try_clone().unwrap())
        .stderr(pen)
        .spawn()
        .expect("setpriv is there");
    let (tell, lines) = channel();
    std::thread::spawn(move || BufReader::new(log).lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
    (master, lines)
}
