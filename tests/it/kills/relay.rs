//! A relay that takes every letter, but to one address, and keeps it, whoever is killed in the midst of it.

use std::io::{self, BufRead as _, BufReader, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;

use super::story::REFUSED;

/// What has come, and how many talk just now.
#[derive(Default)]
struct Heard {
    letters: Vec<Vec<u8>>,
    talking: usize,
}

/// The relay.
pub struct Relay {
    address: SocketAddr,
    heard: Arc<(Mutex<Heard>, Condvar)>,
}

impl Relay {
    /// A relay that waits for letters.
    pub fn open() -> Relay {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a place");
        let address = listener.local_addr().expect("it has an address");
        let heard: Arc<(Mutex<Heard>, Condvar)> = Arc::default();
        let shared = Arc::clone(&heard);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                lock(&shared).talking += 1;
                let shared = Arc::clone(&shared);
                thread::spawn(move || {
                    // Who hangs up in the midst of it has said no letter.
                    let _ = talk(stream, &shared);
                    lock(&shared).talking -= 1;
                    shared.1.notify_all();
                });
            }
        });
        Relay { address, heard }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    /// The letters that have come since the last time, once nobody talks any more.
    pub fn letters(&self) -> Vec<Vec<u8>> {
        let heard = lock(&self.heard);
        let quiet = self.heard.1.wait_while(heard, |heard| heard.talking > 0);
        std::mem::take(&mut quiet.unwrap_or_else(PoisonError::into_inner).letters)
    }
}

fn lock(heard: &(Mutex<Heard>, Condvar)) -> MutexGuard<'_, Heard> {
    heard.0.lock().unwrap_or_else(PoisonError::into_inner)
}

fn talk(mut stream: TcpStream, heard: &(Mutex<Heard>, Condvar)) -> io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?);
    stream.write_all(b"220 relay.example ready\r\n")?;
    let mut line = Vec::new();
    while next_line(&mut lines, &mut line)? {
        match line.get(..4).unwrap_or_default() {
            b"DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                let mut letter = Vec::new();
                while next_line(&mut lines, &mut line)? && line != b".\r\n" {
                    letter.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
                }
                if line == b".\r\n" {
                    lock(heard).letters.push(letter);
                    stream.write_all(b"250 taken\r\n")?;
                }
            }
            b"RCPT" if String::from_utf8_lossy(&line).contains(REFUSED) => {
                stream.write_all(b"550 5.1.1 no such address\r\n")?;
            }
            b"QUIT" => return stream.write_all(b"221 farewell\r\n"),
            _ => stream.write_all(b"250 well\r\n")?,
        }
    }
    Ok(())
}

/// Whether there is another line.
fn next_line(lines: &mut BufReader<TcpStream>, line: &mut Vec<u8>) -> io::Result<bool> {
    line.clear();
    Ok(lines.read_until(b'\n', line)? > 0)
}
