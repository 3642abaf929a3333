//! A relay that does as it is told: a script for each connection, and a list of what it took.

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Barrier, Mutex};

use tokio_rustls::rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A moment in the talk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    Connect,
    Ehlo,
    StartTls,
    Mail,
    Rcpt,
    Data,
    /// The letter's first line.
    Body,
    /// The final dot.
    Dot,
}

/// What the relay does at a moment, instead of what it should.
#[derive(Clone)]
pub enum Do {
    /// It says something else.
    Say(String),
    /// It says something else and hangs up.
    Bye(String),
    /// It hangs up without a word.
    HangUp,
    /// It tells the test that it is here, and goes on when the test says so.
    Wait(Sender<()>, Arc<Mutex<Receiver<()>>>),
    /// It goes on when so many connections are here.
    Meet(Arc<Barrier>),
    /// It never says another word, and waits until the other side has hung up.
    Silence,
}

/// What the relay does on one connection.
pub type Script = Vec<(At, Do)>;

/// A letter that was said whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    pub from: String,
    pub to: String,
    pub bytes: Vec<u8>,
}

#[derive(Default)]
struct Heard {
    taken: Vec<Taken>,
    commands: Vec<String>,
    connections: usize,
}

/// The relay.
pub struct Fake {
    pub address: SocketAddr,
    heard: Arc<Mutex<Heard>>,
}

pub fn say(words: &str) -> Do {
    Do::Say(words.to_owned())
}

pub fn bye(words: &str) -> Do {
    Do::Bye(words.to_owned())
}

/// A moment at which the relay waits for the test, the signal that it is there, and the word that it may go on.
pub fn wait() -> (Do, Receiver<()>, Sender<()>) {
    let (here, is_here) = channel();
    let (go, may_go) = channel();
    (Do::Wait(here, Arc::new(Mutex::new(may_go))), is_here, go)
}

impl Fake {
    /// A relay with a script for each of its first connections, in order; on all others it does as it should.
    pub fn new(scripts: Vec<Script>) -> Fake {
        Fake::encrypting(scripts, None)
    }

    /// A relay that can encrypt.
    pub fn encrypting(scripts: Vec<Script>, tls: Option<Arc<ServerConfig>>) -> Fake {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let known = Arc::clone(&heard);
        std::thread::spawn(move || {
            let mut scripts: VecDeque<Script> = scripts.into();
            for stream in listener.incoming() {
                let script = scripts.pop_front().unwrap_or_default();
                known.lock().unwrap().connections += 1;
                let talk = Talk { script, heard: Arc::clone(&known), tls: tls.clone() };
                // Whatever the other side does to a connection, the next one is served.
                std::thread::spawn(move || stream.and_then(|stream| talk.hold(stream)));
            }
        });
        Fake { address, heard }
    }

    pub fn url(&self) -> String {
        format!("smtp://{}", self.address)
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.heard.lock().unwrap().taken.clone()
    }

    /// The verbs that were said, in order.
    pub fn commands(&self) -> Vec<String> {
        self.heard.lock().unwrap().commands.clone()
    }

    pub fn connections(&self) -> usize {
        self.heard.lock().unwrap().connections
    }
}

struct Talk {
    script: Script,
    heard: Arc<Mutex<Heard>>,
    tls: Option<Arc<ServerConfig>>,
}

/// What came of a moment.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Stop,
}

impl Talk {
    fn hold(self, stream: TcpStream) -> io::Result<()> {
        let mut line = BufReader::new(stream);
        if self.at(At::Connect, "220 relay.example ready", line.get_mut())? == Then::Stop {
            return Ok(());
        }
        self.go_on(line)
    }

    fn go_on<S: Read + Write>(&self, mut line: BufReader<S>) -> io::Result<()>
    where
        BufReader<S>: Encrypts,
    {
        let (mut from, mut to) = (String::new(), String::new());
        let mut said = String::new();
        loop {
            said.clear();
            if line.read_line(&mut said)? == 0 {
                return Ok(());
            }
            let command = said.trim_end().to_owned();
            let verb = command.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
            self.heard.lock().unwrap().commands.push(verb.clone());
            let in_brackets = || command.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
            let offers = if self.tls.is_some() { "250-relay.example\r\n250 STARTTLS" } else { "250 relay.example" };
            let then = match verb.as_str() {
                "EHLO" => self.at(At::Ehlo, offers, line.get_mut())?,
                "STARTTLS" => match self.at(At::StartTls, "220 go ahead", line.get_mut())? {
                    Then::GoOn => return line.encrypt(self),
                    Then::Stop => Then::Stop,
                },
                "MAIL" => {
                    from = in_brackets();
                    self.at(At::Mail, "250 2.1.0 fine", line.get_mut())?
                }
                "RCPT" => {
                    to = in_brackets();
                    self.at(At::Rcpt, "250 2.1.5 fine", line.get_mut())?
                }
                "DATA" => match self.at(At::Data, "354 go on", line.get_mut())? {
                    Then::GoOn if self.waits_for_a_letter() => self.hear_letter(&mut line, &from, &to)?,
                    other => other,
                },
                "QUIT" => {
                    write!(line.get_mut(), "221 bye\r\n")?;
                    Then::Stop
                }
                _ => self.plainly("250 2.0.0 fine", line.get_mut())?,
            };
            if then == Then::Stop {
                return Ok(());
            }
        }
    }

    fn waits_for_a_letter(&self) -> bool {
        !self.script.iter().any(|(at, what)| *at == At::Data && matches!(what, Do::Say(_)))
    }

    fn hear_letter<S: Read + Write>(&self, line: &mut BufReader<S>, from: &str, to: &str) -> io::Result<Then> {
        let mut bytes = Vec::new();
        loop {
            let mut said = Vec::new();
            if line.read_until(b'\n', &mut said)? == 0 {
                return Ok(Then::Stop);
            }
            if bytes.is_empty() && self.script.iter().any(|(at, _)| *at == At::Body) {
                return self.at(At::Body, "", line.get_mut());
            }
            if said == b".\r\n" {
                break;
            }
            bytes.extend_from_slice(said.strip_prefix(b".").unwrap_or(&said));
        }
        let taken = Taken { from: from.to_owned(), to: to.to_owned(), bytes };
        // Refused letters are not taken; of all others the relay's list is the truth, whatever it answers.
        let refused = self.script.iter().any(|(at, what)| {
            *at == At::Dot && matches!(what, Do::Say(words) | Do::Bye(words) if words.starts_with(['4', '5']))
        });
        if !refused {
            self.heard.lock().unwrap().taken.push(taken);
        }
        self.at(At::Dot, "250 2.0.0 taken", line.get_mut())
    }

    fn at(&self, moment: At, usual: &str, stream: &mut (impl Read + Write)) -> io::Result<Then> {
        match self.script.iter().find(|(at, _)| *at == moment).map(|(_, what)| what) {
            None => self.plainly(usual, stream),
            Some(Do::Say(words)) => self.plainly(words, stream),
            Some(Do::Bye(words)) => {
                self.plainly(words, stream)?;
                Ok(Then::Stop)
            }
            Some(Do::HangUp) => Ok(Then::Stop),
            Some(Do::Wait(here, may_go)) => {
                here.send(()).unwrap();
                // A test that has ended lets everybody go.
                let _ = may_go.lock().unwrap().recv();
                self.plainly(usual, stream)
            }
            Some(Do::Meet(all)) => {
                all.wait();
                self.plainly(usual, stream)
            }
            Some(Do::Silence) => {
                io::copy(stream, &mut io::sink())?;
                Ok(Then::Stop)
            }
        }
    }

    fn plainly(&self, words: &str, stream: &mut impl Write) -> io::Result<Then> {
        stream.write_all(format!("{words}\r\n").as_bytes())?;
        stream.flush()?;
        Ok(Then::GoOn)
    }
}

/// A line that may become an encrypted one.
trait Encrypts {
    fn encrypt(self, talk: &Talk) -> io::Result<()>;
}

impl Encrypts for BufReader<TcpStream> {
    fn encrypt(self, talk: &Talk) -> io::Result<()> {
        let Some(tls) = &talk.tls else { return Ok(()) };
        let connection = ServerConnection::new(Arc::clone(tls)).map_err(io::Error::other)?;
        talk.go_on(BufReader::new(StreamOwned::new(connection, self.into_inner())))
    }
}

impl Encrypts for BufReader<StreamOwned<ServerConnection, TcpStream>> {
    fn encrypt(self, _: &Talk) -> io::Result<()> {
        Ok(())
    }
}
