//! People chat with the desk by Telegram, as its stand-in has it: both ways in, and whatever they send.

mod bad;
mod journeys;
#[cfg(feature = "faults")]
mod kills;
mod limits;
mod links;
mod webhook;

use std::net::TcpListener;
use std::process::Command;

use crate::support::{Desk, Running};
use crate::telegram_fake::{Fake, TOKEN};

/// By which way updates come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// The desk asks.
    Polling,
    /// Telegram brings them.
    Webhook,
}

/// A desk, its Telegram, and how they meet.
pub struct Office {
    /// The desk.
    pub desk: Desk,
    /// Telegram.
    pub telegram: Fake,
    /// Where Telegram brings updates.
    pub webhook: Option<String>,
}

impl Office {
    /// A desk with its made-up directory that is not started yet.
    pub fn new(way: Way) -> Office {
        let office = Office { desk: Desk::with_sample(), telegram: Fake::start(), webhook: None };
        // What the examples teach is learnt now, and not while somebody waits.
        let question = br#"{"id": "1", "channel": "chat", "subject": "", "text": "I cannot send mail"}"#;
        assert_eq!(office.desk.run_with(&["route"], question).code, 0);
        office.settled(way)
    }

    fn settled(mut self, way: Way) -> Office {
        let token = self.desk.data().join("bot.token");
        std::fs::write(&token, format!("{TOKEN}\n")).expect("it is written");
        let mut settings = format!("telegram:\n  token_file: {}\n  api: {}\n", token.display(), self.telegram.url);
        if way == Way::Webhook {
            // Nobody else takes the port between this and the desk's start.
            let port = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address").port();
            let url = format!("http://127.0.0.1:{port}/in/telegram");
            settings.push_str(&format!("  webhook: {url}\n  listen: 127.0.0.1:{port}\n"));
            self.webhook = Some(url);
        }
        std::fs::write(self.desk.data().join("caredesk.yaml"), settings).expect("it is written");
        self
    }

    /// Starts the desk.
    pub fn start(&self) -> Running {
        Running::start(&self.desk)
    }

    /// A desk that is started with some faults.
    #[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only kills need it"))]
    pub fn command(&self, faults: &str) -> Command {
        let mut command = self.desk.command(&["serve", "--format", "json"]);
        command.env("CAREDESK_FAULTS", faults).env("NO_COLOR", "1");
        command
    }

    /// How many messages by chat the ledger counts, repeats apart. It must add up.
    pub fn counted(&self) -> u64 {
        let rows = self.desk.run(&["ledger", "--format", "json"]).json();
        let chat = rows.iter().find(|row| row["door"] == "chat").expect("a row for chats");
        assert_eq!(chat["adds_up"], true, "{chat}");
        let count = |what: &str| chat[what].as_u64().expect("a number");
        count("received") - count("duplicate")
    }
}
