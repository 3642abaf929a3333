//! People's mailboxes behind a post office: they take mail by LMTP, byte for byte, and refuse whom they do not know.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

/// Mailboxes for every name but those that are refused. They are open until the test program ends.
pub struct Mailboxes {
    /// The port where they take mail.
    pub port: u16,
    arrived: Receiver<Delivered>,
}

/// A mail as it was handed over.
#[derive(Debug)]
pub struct Delivered {
    /// The return path, without brackets.
    pub from: String,
    /// Who takes it.
    pub to: Vec<String>,
    /// What was said between DATA and the last dot, dots unstuffed.
    pub bytes: Vec<u8>,
}

impl Delivered {
    /// The mail in words.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }
}

impl Mailboxes {
    /// Opens them at any free port.
    pub fn open(refused: &'static [&'static str]) -> Mailboxes {
        Mailboxes::open_at(0, refused)
    }

    /// Opens them at a port.
    pub fn open_at(port: u16, refused: &'static [&'static str]) -> Mailboxes {
        let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (tell, arrived) = channel();
        std::thread::spawn(move || {
            for caller in listener.incoming() {
                let tell = tell.clone();
                // A caller who hangs up half way is no fault of the mailboxes.
                std::thread::spawn(move || caller.and_then(|caller| serve(caller, refused, &tell)).ok());
            }
        });
        Mailboxes { port, arrived }
    }

    /// Waits for the next mail.
    pub fn next(&self) -> Delivered {
        self.arrived.recv_timeout(Duration::from_secs(60)).expect("a mail arrives within a minute")
    }

    /// Whether nothing has arrived that was not looked at.
    pub fn are_empty(&self) -> bool {
        self.arrived.try_recv().is_err()
    }
}

fn serve(caller: TcpStream, refused: &[&str], tell: &Sender<Delivered>) -> std::io::Result<()> {
    let mut answer = caller.try_clone()?;
    let mut lines = BufReader::new(caller);
    let (mut from, mut to) = (String::new(), Vec::new());
    answer.write_all(b"220 mailboxes.example LMTP\r\n")?;
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 {
        let command = String::from_utf8_lossy(&line).trim_end().to_owned();
        line.clear();
        let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "LHLO" => {
                answer.write_all(b"250-mailboxes.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n")?;
            }
            "MAIL" => {
                (from, to) = (in_brackets(&command), Vec::new());
                answer.write_all(b"250 2.1.0 go on\r\n")?;
            }
            "RCPT" if refused.contains(&in_brackets(&command).as_str()) => {
                answer.write_all(b"550 5.1.1 nobody of that name lives here\r\n")?;
            }
            "RCPT" => {
                to.push(in_brackets(&command));
                answer.write_all(b"250 2.1.5 known here\r\n")?;
            }
            "DATA" if to.is_empty() => answer.write_all(b"503 5.5.1 nobody to take it\r\n")?,
            "DATA" => {
                answer.write_all(b"354 until the dot\r\n")?;
                let bytes = until_the_dot(&mut lines)?;
                let takers = to.len();
                let _ = tell.send(Delivered { from: from.clone(), to: std::mem::take(&mut to), bytes });
                answer.write_all("250 2.0.0 taken\r\n".repeat(takers).as_bytes())?;
            }
            "QUIT" => return answer.write_all(b"221 2.0.0 goodbye\r\n"),
            "RSET" | "NOOP" => answer.write_all(b"250 2.0.0 fine\r\n")?,
            _ => answer.write_all(b"500 5.5.2 not understood\r\n")?,
        }
    }
    Ok(())
}

fn until_the_dot(lines: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line)? > 0 && line != b".\r\n" {
        bytes.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        line.clear();
    }
    Ok(bytes)
}

fn in_brackets(command: &str) -> String {
    let (_, rest) = command.split_once('<').unwrap_or_default();
    rest.split('>').next().unwrap_or_default().to_owned()
}
