//! What a line asks for. `smtp_proto` reads it; what it takes more kindly than a strict door should is refused here.

use std::borrow::Cow;

use smtp_proto::{Error, MAIL_BODY_7BIT, MAIL_BODY_8BITMIME, MailFrom, RcptTo, Request};

/// A command that this door knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// The client says who it is.
    Lhlo,
    /// A client that takes this for SMTP.
    Helo,
    /// A mail begins.
    Mail {
        /// Its return path; empty is the null path.
        from: String,
        /// The size that it says it has.
        size: usize,
    },
    /// It goes to this address.
    Rcpt(String),
    /// Its bytes follow.
    Data,
    /// Forget the mail.
    Rset,
    /// Does this address exist?
    Vrfy,
    /// Who is on this list?
    Expn,
    /// What can be said here?
    Help,
    /// Nothing.
    Noop,
    /// Goodbye.
    Quit,
}

/// What is wrong with a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It is no command at all.
    Unknown,
    /// A command that others know and this door does not have.
    NotHere,
    /// It holds what no command may hold.
    Characters,
    /// The command is known; what follows it is not as it should be.
    Syntax,
    /// A parameter has a value that it cannot have.
    Parameter,
    /// A parameter that was not offered.
    NotOffered,
    /// The sender's address cannot be read.
    Sender,
    /// The recipient's address cannot be read.
    Recipient,
    /// An address in characters beyond ASCII.
    Unicode,
}

/// Reads one line, without its end.
pub(super) fn parse(line: &[u8]) -> Result<Command, Wrong> {
    let is_path = |verb: &[u8]| line.get(..verb.len()).is_some_and(|start| start.eq_ignore_ascii_case(verb));
    if line.iter().any(|byte| !byte.is_ascii()) {
        return Err(if is_path(b"RCPT") || is_path(b"MAIL") { Wrong::Unicode } else { Wrong::Characters });
    }
    if line.iter().any(u8::is_ascii_control) {
        return Err(Wrong::Characters);
    }
    // The parser wants the end of the line, too.
    let whole: Vec<u8> = line.iter().chain(b"\r\n").copied().collect();
    let request = Request::parse(&mut whole.iter()).map_err(wrong)?;
    let alone = !line.trim_ascii().contains(&b' ');
    match request {
        Request::Lhlo { .. } => Ok(Command::Lhlo),
        Request::Helo { .. } | Request::Ehlo { .. } => Ok(Command::Helo),
        Request::Mail { from } => mail(from, line),
        Request::Rcpt { to } => rcpt(to, line),
        Request::Data if alone => Ok(Command::Data),
        Request::Rset if alone => Ok(Command::Rset),
        Request::Quit if alone => Ok(Command::Quit),
        Request::Data | Request::Rset | Request::Quit => Err(Wrong::Syntax),
        Request::Vrfy { .. } => Ok(Command::Vrfy),
        Request::Expn { .. } => Ok(Command::Expn),
        Request::Help { .. } => Ok(Command::Help),
        Request::Noop { .. } => Ok(Command::Noop),
        Request::Bdat { .. }
        | Request::Auth { .. }
        | Request::Etrn { .. }
        | Request::Atrn { .. }
        | Request::Burl { .. }
        | Request::StartTls => Err(Wrong::NotHere),
    }
}

fn mail(from: MailFrom<Cow<'_, str>>, line: &[u8]) -> Result<Command, Wrong> {
    let MailFrom { address, flags, size, trans_id, by, env_id, solicit, mtrk, auth, hold_for, hold_until, mt_priority } =
        from;
    let others = trans_id.is_some() || env_id.is_some() || solicit.is_some() || mtrk.is_some() || auth.is_some();
    let numbers = by != 0 || hold_for != 0 || hold_until != 0 || mt_priority != 0;
    if others || numbers || flags & !(MAIL_BODY_7BIT | MAIL_BODY_8BITMIME) != 0 {
        return Err(Wrong::NotOffered);
    }
    match path(address, line) {
        Some(from) => Ok(Command::Mail { from, size }),
        None => Err(Wrong::Sender),
    }
}

fn rcpt(to: RcptTo<Cow<'_, str>>, line: &[u8]) -> Result<Command, Wrong> {
    if to.flags != 0 || to.rrvs != 0 || to.orcpt.is_some() {
        return Err(Wrong::NotOffered);
    }
    match path(to.address, line) {
        Some(to) if !to.is_empty() => Ok(Command::Rcpt(to)),
        _ => Err(Wrong::Recipient),
    }
}

/// The address of a path; empty is the null path. Where the parser gives nothing, the line tells what it was: `<>`,
/// `<postmaster>` (the one address that needs no domain), or something that is no path.
fn path(address: Cow<'_, str>, line: &[u8]) -> Option<String> {
    if !address.is_empty() {
        return Some(address.into_owned());
    }
    let inside = line.split(|byte| matches!(byte, b'<' | b'>')).nth(1)?.trim_ascii();
    let known = inside.is_empty() || inside.eq_ignore_ascii_case(b"postmaster");
    known.then(|| String::from_utf8_lossy(inside).into_owned())
}

fn wrong(error: Error) -> Wrong {
    match error {
        Error::InvalidSenderAddress => Wrong::Sender,
        Error::InvalidRecipientAddress => Wrong::Recipient,
        Error::InvalidParameter { param: "SIZE" | "BODY" } => Wrong::Parameter,
        Error::InvalidParameter { .. } | Error::UnsupportedParameter { .. } => Wrong::NotOffered,
        Error::SyntaxError { .. } => Wrong::Syntax,
        Error::UnknownCommand
        | Error::NeedsMoreData { .. }
        | Error::ResponseTooLong
        | Error::InvalidResponse { .. } => Wrong::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::{Command, Wrong, parse};

    fn mail(from: &str, size: usize) -> Result<Command, Wrong> {
        Ok(Command::Mail { from: from.to_owned(), size })
    }

    fn rcpt(to: &str) -> Result<Command, Wrong> {
        Ok(Command::Rcpt(to.to_owned()))
    }

    #[test]
    fn paths_are_read_and_what_was_not_offered_is_refused() {
        for (line, meant) in [
            ("mail from:<a@b.example>", mail("a@b.example", 0)),
            ("MAIL FROM:<>", mail("", 0)),
            ("MAIL FROM:<postmaster>", mail("postmaster", 0)),
            ("MAIL FROM:<a@b.example> SIZE=100 BODY=8BITMIME", mail("a@b.example", 100)),
            ("MAIL FROM:<a@b.example> body=7bit", mail("a@b.example", 0)),
            ("MAIL FROM:<a@b.example> SIZE=-1", Err(Wrong::Parameter)),
            ("MAIL FROM:<a@b.example> SIZE=", Err(Wrong::Parameter)),
            ("MAIL FROM:<a@b.example> BODY=BINARYMIME", Err(Wrong::NotOffered)),
            ("MAIL FROM:<a@b.example> BODY=9BIT", Err(Wrong::Parameter)),
            ("MAIL FROM:<a@b.example> SMTPUTF8", Err(Wrong::NotOffered)),
            ("MAIL FROM:<a@b.example> RET=FULL", Err(Wrong::NotOffered)),
            ("MAIL FROM:<a@b.example> XYZ=1", Err(Wrong::NotOffered)),
            ("MAIL FROM:<a@b.example", Err(Wrong::Syntax)),
            ("MAIL FROM:a@b.example", Err(Wrong::Syntax)),
            ("MAIL", Err(Wrong::Syntax)),
            ("RCPT TO:<a@b.example>", rcpt("a@b.example")),
            ("RCPT TO:<Postmaster>", rcpt("Postmaster")),
            ("RCPT TO:<@relay.example:a@b.example>", rcpt("a@b.example")),
            ("RCPT TO:<>", Err(Wrong::Recipient)),
            ("RCPT TO:<\"\">", Err(Wrong::Recipient)),
            ("RCPT TO:<@relay.example:>", Err(Wrong::Recipient)),
            ("RCPT TO:<a>", Err(Wrong::Recipient)),
            ("RCPT TO:<a@b.example> NOTIFY=NEVER", Err(Wrong::NotOffered)),
            ("RCPT TO:<zoë@b.example>", Err(Wrong::Unicode)),
            ("RCPT TO:<a\tb@c.example>", Err(Wrong::Characters)),
        ] {
            assert_eq!(parse(line.as_bytes()), meant, "{line}");
        }
    }

    #[test]
    fn verbs_stand_alone_where_they_must() {
        for (line, meant) in [
            ("LHLO mx.example", Ok(Command::Lhlo)),
            ("LHLO", Err(Wrong::Syntax)),
            ("EHLO mx.example", Ok(Command::Helo)),
            ("data", Ok(Command::Data)),
            ("DATA ", Ok(Command::Data)),
            ("DATA now", Err(Wrong::Syntax)),
            ("DATAX", Err(Wrong::Unknown)),
            ("NOOP", Ok(Command::Noop)),
            ("NOOP really", Ok(Command::Noop)),
            ("VRFY amy", Ok(Command::Vrfy)),
            ("BDAT 10 LAST", Err(Wrong::NotHere)),
            ("STARTTLS", Err(Wrong::NotHere)),
            ("", Err(Wrong::Unknown)),
            ("NO\0OP", Err(Wrong::Characters)),
            ("GET / HTTP/1.1", Err(Wrong::Unknown)),
        ] {
            assert_eq!(parse(line.as_bytes()), meant, "{line:?}");
        }
    }
}
