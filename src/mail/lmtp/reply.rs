//! What the door says: one line for each thing that can come of a command or a mail.

use super::command::Wrong;
use super::data::Fault;

/// What the door calls itself. Not a domain of the desk: a mail server in front that has that name would see itself.
pub(super) const NAME: &str = "caredesk";

pub(super) const OK: &str = "250 2.0.0 OK";
pub(super) const SENDER_OK: &str = "250 2.1.0 OK";
pub(super) const RECIPIENT_OK: &str = "250 2.1.5 OK";
pub(super) const GO_AHEAD: &str = "354 End the mail with a dot on a line by itself";
pub(super) const GOODBYE: &str = "221 2.0.0 Goodbye";
pub(super) const HELP: &str = "214 2.0.0 LHLO MAIL RCPT DATA RSET NOOP VRFY QUIT";
pub(super) const CANNOT_VERIFY: &str = "252 2.5.2 Send a mail and see";
pub(super) const NO_LISTS: &str = "502 5.5.1 There are no lists here";
pub(super) const SAY_LHLO: &str = "500 5.5.1 This is LMTP: say LHLO";
pub(super) const LHLO_FIRST: &str = "503 5.5.1 Say LHLO first";
pub(super) const NESTED: &str = "503 5.5.1 A mail has begun already";
pub(super) const MAIL_FIRST: &str = "503 5.5.1 Say MAIL first";
pub(super) const RCPT_FIRST: &str = "503 5.5.1 Nobody here takes this mail";
pub(super) const NOT_OURS: &str = "550 5.1.1 No such address here";
pub(super) const TOO_MANY_RECIPIENTS: &str = "452 4.5.3 Too many recipients; send the rest with another copy";
pub(super) const TOO_BIG: &str = "552 5.3.4 The mail is too large";
pub(super) const LINE_TOO_LONG: &str = "500 5.5.2 The line is too long";
pub(super) const BROKEN: &str = "521 5.5.2 Lines end with CR LF and hold no NUL; nothing was taken";
pub(super) const LATER: &str = "451 4.3.0 The mail cannot be kept now; try again later";
pub(super) const TOO_MANY_ERRORS: &str = "421 4.7.0 Too many errors";
pub(super) const TOO_SLOW: &str = "421 4.4.2 That took too long";
pub(super) const STOPPING: &str = "421 4.3.2 The desk is stopping; try again later";

/// For a line that is not taken.
pub(super) fn to_wrong(wrong: Wrong) -> &'static str {
    match wrong {
        Wrong::Unknown => "500 5.5.1 No such command",
        Wrong::NotHere => "502 5.5.1 There is no such command here",
        Wrong::Characters => "500 5.5.2 Commands are plain text",
        Wrong::Syntax => "501 5.5.4 That is not how the command is written",
        Wrong::Parameter => "501 5.5.4 A parameter cannot have that value",
        Wrong::NotOffered => "555 5.5.4 A parameter was not offered",
        Wrong::Sender => "501 5.1.7 The sender's address cannot be read",
        Wrong::Recipient => "501 5.1.3 The recipient's address cannot be read",
        Wrong::Unicode => "553 5.6.7 Addresses here are in ASCII",
    }
}

/// For a mail that came whole and is not taken.
pub(super) fn to_fault(fault: Fault) -> &'static str {
    match fault {
        Fault::TooBig => TOO_BIG,
        Fault::LongLine => "554 5.6.0 A line of the mail is too long",
        Fault::NoRoom => "452 4.3.1 No room for the mail now; try again later",
    }
}
