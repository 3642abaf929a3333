//! The machine itself: which command may come when, what is answered, and when the owner is asked. Its chart stands in
//! the documentation of the module above.

use super::command::{self, Command, Wrong};
use super::data::{self, DataReader, Fault};
use super::line::{self, LineReader};
use super::{Bounds, End, Kept, Mail, Step, reply};

/// One connection.
#[derive(Debug)]
pub struct Session {
    bounds: Bounds,
    state: State,
    line: LineReader,
    replies: Vec<u8>,
    errors: u32,
    strangers: u32,
}

#[derive(Debug)]
enum State {
    /// The client has not said who it is.
    Greeted,
    /// Between mails.
    Ready,
    /// A mail has begun.
    Envelope(Envelope),
    /// The owner is asked about the recipient of a mail.
    Asking(Envelope, String),
    /// The mail's bytes come.
    Data(Envelope, DataReader),
    /// The owner keeps the mail of so many recipients.
    Taking(usize),
    /// It is over.
    Closed,
}

#[derive(Debug)]
struct Envelope {
    from: String,
    rcpt: Vec<String>,
}

impl Session {
    /// A session that has just begun. Its greeting is among the replies.
    pub fn new(bounds: Bounds) -> Session {
        let mut session = Session {
            bounds,
            state: State::Greeted,
            line: LineReader::default(),
            replies: Vec::new(),
            errors: 0,
            strangers: 0,
        };
        session.say(&format!("220 {} LMTP", reply::NAME));
        session
    }

    /// Goes on with what came in, as far as it can without an answer. What it has dealt with is gone from the input; the
    /// rest is to be given again after the answer.
    pub fn step(&mut self, input: &mut &[u8]) -> Step {
        loop {
            match &mut self.state {
                State::Closed => {
                    *input = &[];
                    return Step::Closed;
                }
                State::Asking(_, address) => return Step::Recipient(address.clone()),
                // The mail is with the owner, who answers before it goes on.
                State::Taking(_) => return Step::Hungry,
                State::Data(_, reader) => match reader.read(input, &self.bounds) {
                    data::Read::More => return Step::Hungry,
                    data::Read::Broken => self.close(reply::BROKEN),
                    data::Read::End => {
                        if let Some(mail) = self.end_of_data() {
                            return Step::Mail(mail);
                        }
                    }
                },
                State::Greeted | State::Ready | State::Envelope(_) => match self.line.read(input) {
                    line::Read::More => return Step::Hungry,
                    line::Read::Broken => self.close(reply::BROKEN),
                    line::Read::TooLong => self.refuse(reply::LINE_TOO_LONG),
                    line::Read::Line(line) => self.obey(command::parse(&line)),
                },
            }
        }
    }

    /// The owner's answer about a recipient.
    pub fn recipient(&mut self, is_ours: bool) {
        self.state = match std::mem::replace(&mut self.state, State::Closed) {
            State::Asking(mut envelope, address) => {
                if is_ours {
                    envelope.rcpt.push(address);
                    self.say(reply::RECIPIENT_OK);
                } else {
                    self.say(reply::NOT_OURS);
                    self.strangers += 1;
                }
                State::Envelope(envelope)
            }
            other => other,
        };
        if self.strangers >= self.bounds.strangers {
            self.close(reply::TOO_MANY_ERRORS);
        }
    }

    /// The owner's answer about a mail.
    pub fn kept(&mut self, kept: &Kept) {
        let State::Taking(recipients) = self.state else { return };
        self.state = State::Ready;
        match kept {
            Kept::Yes(token) => {
                (self.errors, self.strangers) = (0, 0);
                self.say_each(&format!("250 2.0.0 Kept as {token}"), recipients);
            }
            Kept::NotNow => self.say_each(reply::LATER, recipients),
        }
    }

    /// The owner ends it. A mail that is not answered by now was not taken.
    pub fn end(&mut self, why: End) {
        self.close(match why {
            End::TooSlow => reply::TOO_SLOW,
            End::Stopping => reply::STOPPING,
        });
    }

    /// The replies since the last call, ready to be written.
    #[must_use]
    pub fn replies(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.replies)
    }

    /// Whether the bytes that come are those of a mail.
    pub fn is_in_data(&self) -> bool {
        matches!(self.state, State::Data(..))
    }

    /// How much memory the mail that is coming takes up.
    pub fn held(&self) -> usize {
        match &self.state {
            State::Data(_, reader) => reader.held(),
            State::Greeted
            | State::Ready
            | State::Envelope(_)
            | State::Asking(..)
            | State::Taking(_)
            | State::Closed => 0,
        }
    }

    /// The owner has no room for the mail that is coming: it is read to its end, and to be sent again later.
    pub fn no_room(&mut self) {
        if let State::Data(_, reader) = &mut self.state {
            reader.give_up(Fault::NoRoom);
        }
    }

    fn obey(&mut self, command: Result<Command, Wrong>) {
        match command {
            Ok(Command::Lhlo) => self.hello(),
            Ok(Command::Mail { from, size }) => self.begin(from, size),
            Ok(Command::Rcpt(address)) => self.ask(address),
            Ok(Command::Data) => self.data(),
            Ok(Command::Rset) => {
                if !matches!(self.state, State::Greeted) {
                    self.state = State::Ready;
                }
                self.say(reply::OK);
            }
            Ok(Command::Noop) => self.say(reply::OK),
            Ok(Command::Help) => self.say(reply::HELP),
            Ok(Command::Vrfy) => self.say(reply::CANNOT_VERIFY),
            Ok(Command::Expn) => self.refuse(reply::NO_LISTS),
            Ok(Command::Helo) => self.refuse(reply::SAY_LHLO),
            Ok(Command::Quit) => self.close(reply::GOODBYE),
            Err(wrong) => self.refuse(reply::to_wrong(wrong)),
        }
    }

    fn hello(&mut self) {
        self.state = State::Ready;
        self.say(&format!("250-{}", reply::NAME));
        self.say("250-PIPELINING");
        self.say("250-ENHANCEDSTATUSCODES");
        self.say("250-8BITMIME");
        self.say(&format!("250 SIZE {}", self.bounds.mail_bytes));
    }

    fn begin(&mut self, from: String, size: usize) {
        match self.state {
            State::Ready if size > self.bounds.mail_bytes => self.refuse(reply::TOO_BIG),
            State::Ready => {
                self.state = State::Envelope(Envelope { from, rcpt: Vec::new() });
                self.say(reply::SENDER_OK);
            }
            State::Envelope(_) => self.refuse(reply::NESTED),
            State::Greeted | State::Asking(..) | State::Data(..) | State::Taking(_) | State::Closed => {
                self.refuse(reply::LHLO_FIRST);
            }
        }
    }

    fn ask(&mut self, address: String) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Envelope(envelope) if envelope.rcpt.len() >= self.bounds.recipients => {
                self.state = State::Envelope(envelope);
                self.say(reply::TOO_MANY_RECIPIENTS);
            }
            State::Envelope(envelope) => self.state = State::Asking(envelope, address),
            other => {
                self.state = other;
                self.refuse(reply::MAIL_FIRST);
            }
        }
    }

    fn data(&mut self) {
        match std::mem::replace(&mut self.state, State::Closed) {
            State::Envelope(envelope) if !envelope.rcpt.is_empty() => {
                self.state = State::Data(envelope, DataReader::new());
                self.say(reply::GO_AHEAD);
            }
            other => {
                let why = if matches!(other, State::Envelope(_)) { reply::RCPT_FIRST } else { reply::MAIL_FIRST };
                self.state = other;
                self.refuse(why);
            }
        }
    }

    /// The mail, if it is one to be kept; otherwise its recipients have heard why not.
    fn end_of_data(&mut self) -> Option<Mail> {
        let State::Data(Envelope { from, rcpt }, reader) = std::mem::replace(&mut self.state, State::Ready) else {
            return None;
        };
        match reader.finish() {
            Ok(raw) => {
                self.state = State::Taking(rcpt.len());
                Some(Mail { mail_from: from, rcpt, raw })
            }
            Err(fault) => {
                self.say_each(reply::to_fault(fault), rcpt.len());
                self.count_error();
                None
            }
        }
    }

    fn refuse(&mut self, reply: &str) {
        self.say(reply);
        self.count_error();
    }

    fn count_error(&mut self) {
        self.errors += 1;
        if self.errors >= self.bounds.errors {
            self.close(reply::TOO_MANY_ERRORS);
        }
    }

    fn close(&mut self, reply: &str) {
        if !matches!(self.state, State::Closed) {
            self.say(reply);
            self.state = State::Closed;
        }
    }

    fn say_each(&mut self, reply: &str, recipients: usize) {
        for _ in 0..recipients {
            self.say(reply);
        }
    }

    fn say(&mut self, reply: &str) {
        self.replies.extend_from_slice(reply.as_bytes());
        self.replies.extend_from_slice(b"\r\n");
    }
}
