//! SPEAKS mail: bytes into what a mail says, and letters into bytes. Pure: it reads no file, no clock and no network.
//!
//! The way of a mail: [`gate`] bounds it, [`headers`] scans its fields strictly, [`authentication`] asks
//! what the [`boundary`] says of its sender, [`structure`] finds its parts, [`body`] decodes them, [`html`] and [`lines`] read them line by line, [`latest`] keeps what is new, [`words`] weighs
//! the two forms, [`secrets`] cuts what must not stay, [`classify`] says what kind of mail it is, and
//! [`read`](mod@read) puts it together. What is not read, [`lenient`] has as well as can be.
//! [`compose`](mod@compose) goes the other way; [`ids`] signs what we send.
//! [`lmtp`] is the talk with a mail server that hands mail over.

pub mod address;
pub mod announce;
pub mod authentication;
pub mod authentication_results;
pub mod banner;
pub mod body;
pub mod boundary;
pub mod classify;
pub mod compose;
pub mod decode;
pub mod entities;
pub mod field_block;
pub mod footer;
pub mod gate;
pub mod headers;
pub mod html;
pub mod ids;
pub mod latest;
pub mod layout;
pub mod lenient;
pub mod lines;
pub mod lmtp;
pub mod lookalike;
pub mod marks;
pub mod name;
pub mod older;
pub mod page;
pub mod read;
pub mod recipients;
pub mod secrets;
pub mod sender;
pub mod shape;
pub mod signature;
pub mod signoff;
pub mod smtp;
pub mod structure;
pub mod subject;
pub mod tables;
pub mod telltale;
pub mod words;

pub use boundary::Boundary;
pub use compose::{ComposeError, Composed, Sender, compose};
pub use gate::Limits;
pub use ids::MessageIds;
pub use layout::{plain_text, spoken_text};
pub use lenient::read_leniently;
pub use read::{Attachment, DeskMail, Envelope, Incoming, Reading, Unreadable, read};
