//! What stands on the pages. The words are here and in the templates; what a conversation says comes from the desk. Askama
//! escapes every value.

use askama::Template;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::assets::Assets;
use super::pieces::{Piece, pieces};
use super::{Shared, rendered};
use crate::policy::flow::Ending;
use crate::policy::ticket::State as TicketState;
use crate::store::{ChatLine, SaidBy};

/// What every page has.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    pub title: String,
    pub desk: String,
    pub assets: Assets,
    /// Whether the page loads the script.
    pub live: bool,
}

#[derive(Template)]
#[template(path = "chat.html", config = "src/web/askama.toml")]
pub(super) struct ChatPage {
    pub shell: Shell,
    pub lines: Vec<LineView>,
    pub newest: u64,
    pub choices: Vec<String>,
    /// The choices can be answered by their numbers. Yes and no need none.
    pub numbered: bool,
    pub agent: String,
    pub back: String,
    pub change: String,
    pub cancel: String,
    /// Asks for the conversation by mail.
    pub copy: String,
    pub standing: Standing,
    pub key: String,
    /// Where new answers are looked for: another address than that of the page itself.
    pub look: &'static str,
    pub error: Option<Error>,
    pub typed: String,
}

#[derive(Template)]
#[template(path = "trouble.html", config = "src/web/askama.toml")]
pub(super) struct Trouble {
    pub shell: Shell,
    pub heading: &'static str,
    pub advice: &'static str,
}

#[derive(Template)]
#[template(path = "start.html", config = "src/web/askama.toml")]
struct Start {
    shell: Shell,
    ways: Ways,
}

#[derive(Template)]
#[template(path = "contact.html", config = "src/web/askama.toml")]
struct Contact {
    shell: Shell,
    ways: Ways,
}

#[derive(Template)]
#[template(path = "privacy.html", config = "src/web/askama.toml")]
struct Privacy {
    shell: Shell,
    ways: Ways,
    chats: String,
    sessions: String,
}

#[derive(Template)]
#[template(path = "accessibility.html", config = "src/web/askama.toml")]
struct Accessibility {
    shell: Shell,
    ways: Ways,
}

/// How the desk can be reached besides.
struct Ways {
    mail: String,
    phone: Option<String>,
}

/// A line of the conversation, ready to be shown.
pub(super) struct LineView {
    pub n: u64,
    pub is_own: bool,
    pub who: &'static str,
    pub kind: &'static str,
    pub pieces: Vec<Piece>,
    pub files: Vec<String>,
    pub choices: Vec<String>,
    pub time: String,
    pub instant: String,
}

impl LineView {
    pub(super) fn of(line: ChatLine, zone: &TimeZone, now: Timestamp) -> LineView {
        let ChatLine { n, line, .. } = line;
        let (kind, who) = match line.said_by {
            SaidBy::Person => ("own", "You"),
            SaidBy::Desk => ("desk", "Helpdesk (automatic)"),
            SaidBy::Agent => ("agent", "A colleague at the helpdesk"),
        };
        let (at, now) = (zone.to_datetime(line.at), zone.to_datetime(now));
        let form = if at.date() == now.date() { "%H:%M" } else { "%-d %B %Y, %H:%M" };
        let is_own = line.said_by == SaidBy::Person;
        LineView {
            n,
            is_own,
            who,
            kind,
            pieces: if is_own { vec![Piece::Words(line.text)] } else { pieces(&line.text) },
            files: line.files,
            choices: line.choices,
            time: at.strftime(form).to_string(),
            instant: line.at.to_string(),
        }
    }
}

/// Where the request is, for its own page.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The state's name, with `.copy` if the conversation would be sent: by this an open page learns what has changed.
    pub state: String,
    pub reference: String,
    /// A request is open: it can be cancelled.
    pub is_open: bool,
    /// It waits for an answer: the ones before can be changed.
    pub is_asked: bool,
    /// The conversation would be sent by mail if they asked for it.
    pub has_copy: bool,
    /// The heading of the panel; none while the desk waits for an answer.
    pub heading: &'static str,
    pub next: &'static str,
    /// How many days the page can be opened again.
    pub days: i64,
}

impl Standing {
    pub(super) fn of(reference: &str, state: TicketState, has_copy: bool, days: i64) -> Standing {
        let (heading, next) = match state {
            TicketState::WaitingRequester | TicketState::Parked => ("", ""),
            TicketState::WaitingOther => {
                ("We have your request", "We have asked somebody else about it. We write here when they have answered.")
            }
            TicketState::WithTask => {
                ("We have your request", "A colleague works on it now. We write here when it is done.")
            }
            TicketState::WithAgent => {
                ("A colleague has your request", "They can see all that you told us. They answer here.")
            }
            TicketState::OnHold => (
                "A colleague has your request",
                "They wait for something from outside. They write here when it goes on.",
            ),
            TicketState::Closed(Ending::Resolved) => ("Your request is done", "If it comes back, write to us here."),
            TicketState::Closed(Ending::Refused) => {
                ("Your request is closed", "We could not do it. The reason is above.")
            }
            TicketState::Closed(Ending::Unanswered | Ending::Agent) => {
                ("Your request is closed", "If you still need help, write to us here.")
            }
        };
        let is_asked = state == TicketState::WaitingRequester;
        Standing {
            state: if has_copy { format!("{}.copy", state.name()) } else { state.name().to_owned() },
            reference: reference.to_owned(),
            is_open: !state.is_closed(),
            is_asked,
            has_copy,
            heading,
            next,
            days,
        }
    }
}

/// Why a message was not taken, with the way out.
#[derive(Debug)]
pub(super) enum Error {
    Empty,
    TooLong {
        most: usize,
    },
    /// So long that the page does not show it again.
    MuchTooLong {
        most: usize,
    },
    FilesTooLarge {
        megabytes: usize,
        files: usize,
    },
    TooOften,
    NotKept,
    NoCookies,
}

impl Error {
    /// What the page says about it.
    pub(super) fn words(&self) -> String {
        match self {
            Error::Empty => "Write your message, or choose an answer".into(),
            Error::TooLong { most } => {
                format!("Your message must be {most} characters or fewer. Make it shorter, or attach it as a file")
            }
            Error::MuchTooLong { most } => format!(
                "Your message must be {most} characters or fewer. We have not kept it. Go back to copy it, or attach \
                 it as a file"
            ),
            Error::FilesTooLarge { megabytes, files } => {
                format!(
                    "Your files must be smaller than {megabytes} MB each, and {files} files or fewer. Choose others"
                )
            }
            Error::TooOften => "You sent a lot at once. Wait a few seconds, then send this again".into(),
            Error::NotKept => "We could not keep your message. Wait a minute, then send it again".into(),
            Error::NoCookies => {
                "Your browser does not keep our cookie, so this page forgets you. Allow cookies, or write an e-mail"
                    .into()
            }
        }
    }

    /// The field that it is about.
    pub(super) fn field(&self) -> &'static str {
        match self {
            Error::FilesTooLarge { .. } => "files",
            Error::Empty
            | Error::TooLong { .. }
            | Error::MuchTooLong { .. }
            | Error::TooOften
            | Error::NotKept
            | Error::NoCookies => "text",
        }
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Error::Empty | Error::TooLong { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Error::FilesTooLarge { .. } | Error::MuchTooLong { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Error::TooOften => StatusCode::TOO_MANY_REQUESTS,
            Error::NotKept => StatusCode::SERVICE_UNAVAILABLE,
            Error::NoCookies => StatusCode::OK,
        }
    }
}

pub(super) async fn start(State(web): State<Shared>) -> Response {
    rendered(&Start { shell: web.shell("Get help"), ways: ways(&web) })
}

pub(super) async fn contact(State(web): State<Shared>) -> Response {
    rendered(&Contact { shell: web.shell("Contact us"), ways: ways(&web) })
}

pub(super) async fn privacy(State(web): State<Shared>) -> Response {
    let rules = web.desk.packs.current().pack.desk.retention;
    let (chats, sessions) = (rules.chats.to_string(), rules.chat_sessions.to_string());
    rendered(&Privacy { shell: web.shell("Privacy notice"), ways: ways(&web), chats, sessions })
}

pub(super) async fn accessibility(State(web): State<Shared>) -> Response {
    rendered(&Accessibility { shell: web.shell("Accessibility statement"), ways: ways(&web) })
}

fn ways(web: &Shared) -> Ways {
    let running = web.desk.packs.current();
    let desk = &running.pack.desk;
    // A contact at an address of the desk's own is the desk itself.
    let own = desk.contacts.values().filter(|contact| desk.addresses.contains(&contact.mail));
    Ways { mail: desk.own_address().to_owned(), phone: own.filter_map(|contact| contact.phone.clone()).next() }
}
