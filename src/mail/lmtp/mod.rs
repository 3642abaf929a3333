//! LMTP, the desk's side, as a machine without sockets: it is fed bytes, gives replies to write, and asks its owner
//! two things: may this recipient, and take this mail.
//!
//! ```text
//!             LHLO             MAIL              RCPT, ours
//!   Greeted ───────► Ready ───────────► Envelope ──────────┐
//!                    ▲ ▲  ▲◄── RSET ─────┘ ▲  └──► asks: may this recipient?
//!                    │ │                   └── 250 or 550 ─┘
//!                    │ │                DATA, and somebody takes it
//!                    │ └── 552, 554, 452 ── Data ◄─────────┘
//!                    │     each recipient    │ CR LF . CR LF
//!                    └── 250 or 451 ─────────┴──► asks: take this mail
//!                        each recipient
//!
//!   from anywhere: QUIT 221 · too many errors 421 · the owner ends it 421 · CR, LF or NUL out of place 521 ──► Closed
//! ```
//!
//! A mail is handed over once, whole, with all its recipients; there is one answer for each of them, in their order.
//! LMTP is RFC 2033; the commands are those of RFC 5321, SIZE that of RFC 1870.

mod command;
mod data;
mod line;
mod recipient;
mod reply;
mod session;

pub use recipient::is_ours;
pub use session::Session;

/// All that is said to a connection that is one too many.
pub const TURNED_AWAY: &str = "421 4.3.2 Too many connections; try again later\r\n";

/// What one connection may do at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Octets of a mail, after its dots are unstuffed.
    pub mail_bytes: usize,
    /// Octets of a line of a mail, with its CR LF.
    pub line_bytes: usize,
    /// Recipients of one mail.
    pub recipients: usize,
    /// Errors before a mail is kept.
    pub errors: u32,
    /// Recipients that are not ours before a mail is kept.
    pub strangers: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            mail_bytes: super::Limits::default().mail_bytes,
            line_bytes: 64 * 1024,
            recipients: 100,
            errors: 20,
            strangers: 200,
        }
    }
}

/// What the machine waits for.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub enum Step {
    /// More bytes. All that were given are dealt with.
    Hungry,
    /// An answer by [`Session::recipient`]: may a mail be for this address?
    Recipient(String),
    /// An answer by [`Session::kept`]: is this mail kept?
    Mail(Mail),
    /// Nothing more: write the replies and close.
    Closed,
}

/// A mail as it came, with its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// The return path; empty is the null path.
    pub mail_from: String,
    /// Whom it is for, in the order in which they were named.
    pub rcpt: Vec<String>,
    /// Its bytes.
    pub raw: Vec<u8>,
}

/// What became of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// It is durably kept. The token finds it in the log.
    Yes(String),
    /// It is not, and may be later.
    NotNow,
}

/// Why the owner ends a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The client took too long.
    TooSlow,
    /// The desk stops.
    Stopping,
}
