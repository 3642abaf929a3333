//! A person who writes a mail: the program swaks, which says what it said and what was answered.

use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::support::Ran;

/// Sends a mail to a port on this machine. `ways` are further arguments, such as `--protocol LMTP`.
pub fn swaks(port: u16, from: &str, to: &[&str], mail: &str, ways: &[&str]) -> Ran {
    let mut child = Command::new("swaks")
        .args(["--server", "127.0.0.1", "--port", &port.to_string(), "--ehlo", "home.example", "--timeout", "60"])
        .args(["--from", from, "--to", &to.join(","), "--data", "-"])
        .args(ways)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("swaks is installed");
    child.stdin.take().unwrap().write_all(mail.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
