//! SPEAKS mail: bytes into what a mail says, and letters into bytes. Pure: it reads no file, no clock and no network.
//!
//! The way of a mail: [`gate`] bounds it, [`headers`] scans its fields strictly, [`structure`] finds its parts,
//! [`body`] decodes them, [`latest`] keeps what is new, [`secrets`] cuts what must not stay, [`classify`] says what
//! kind of mail it is, and [`read`](mod@read) puts it together. What is not read, [`lenient`] has as well as can be.
//! [`compose`](mod@compose) goes the other way; [`ids`] signs what we send.
//! [`lmtp`] is the talk with a mail server that hands mail over.

pub mod address;
pub mod body;
pub mod classify;
pub mod compose;
pub mod decode;
pub mod gate;
pub mod headers;
pub mod html;
pub mod ids;
pub mod latest;
pub mod layout;
pub mod lenient;
pub mod lmtp;
pub mod name;
pub mod read;
pub mod recipients;
pub mod secrets;
pub mod shape;
pub mod signature;
pub mod smtp;
pub mod structure;

pub use compose::{ComposeError, Composed, Sender, compose};
pub use gate::Limits;
pub use ids::MessageIds;
pub use layout::plain_text;
pub use lenient::read_leniently;
pub use read::{Attachment, DeskMail, Envelope, Incoming, Reading, Unreadable, read};
