//! The LMTP machine: a mail ends at CR LF, dot, CR LF and nowhere else, however its bytes are packed, and each recipient
//! gets one answer.

use caredesk::mail::lmtp::{Bounds, Kept, Mail, Session, Step, is_ours};

use super::{Outcome, Target, about, run};

/// Small bounds, so that they are met.
const BOUNDS: Bounds = Bounds { mail_bytes: 2_000, line_bytes: 200, recipients: 3, errors: 6, strangers: 4 };

const SEEDS: &[&str] = &[
    "LHLO mx.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<desk@care.example>\r\nDATA\r\nFrom: a\r\n\r\nhello\r\n.\r\nQUIT\r\n",
    "LHLO mx.example\r\nMAIL FROM:<>\r\nRCPT TO:<desk@care.example>\r\nRCPT TO:<x@y.example>\r\nRCPT TO:<Postmaster>\r\nDATA\r\n..a\r\n.b\r\n.\r\nMAIL FROM:<a@b.example> SIZE=10 BODY=8BITMIME\r\nRCPT TO:<help@care.example>\r\nDATA\r\n.\r\nQUIT\r\n",
    "LHLO mx.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<desk@care.example>\r\nDATA\r\none\n.\nMAIL FROM:<c@d.example>\r\nRCPT TO:<desk@care.example>\r\nDATA\r\ntwo\r\n.\r\n",
    "LHLO mx.example\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<desk@care.example>\r\nDATA\r\none\n.\r\nRSET\r\ntwo\r\n.\nNOOP\r\n.\rVRFY x\r\n\0.\r\n\r\n\r\n.\r\n",
    "EHLO mx.example\r\nHELP\r\nVRFY a\r\nEXPN b\r\nNOOP\r\nRSET\r\nBDAT 4 LAST\r\nSTARTTLS\r\nAUTH PLAIN\r\nDATA\r\nRCPT TO:<a@b>\r\n",
    "LHLO a\r\nMAIL FROM:<a@b.example>\r\nMAIL FROM:<a@b.example>\r\nRSET\r\nMAIL FROM:<\"a b\"@c.example>\r\nRCPT TO:<@x.example:desk@care.example>\r\nLHLO b\r\nDATA\r\n",
    "GET / HTTP/1.1\r\nHost: care.example\r\n\r\n",
];

const TOKENS: &[&str] = &[
    "LHLO mx.example\r\n",
    "EHLO x\r\n",
    "MAIL FROM:<a@b.example>\r\n",
    "MAIL FROM:<>\r\n",
    "MAIL FROM:",
    " SIZE=99999\r\n",
    " SIZE=1\r\n",
    " BODY=8BITMIME\r\n",
    " SMTPUTF8\r\n",
    "RCPT TO:<desk@care.example>\r\n",
    "RCPT TO:<help@care.example>\r\n",
    "RCPT TO:<x@y.example>\r\n",
    "RCPT TO:<postmaster>\r\n",
    "RCPT TO:",
    "DATA\r\n",
    "DATA",
    "RSET\r\n",
    "NOOP\r\n",
    "QUIT\r\n",
    "VRFY a\r\n",
    "BDAT 3 LAST\r\nabc",
    "\r\n.\r\n",
    "\r\n.\n",
    "\n.\r\n",
    "\n.\n",
    "\r.\r",
    "\r\n.\r",
    "\r\n\0.\r\n",
    ".\r\n",
    "\r\n..\r\n",
    "\r\n.x\r\n",
    "\r\r\n",
    "\r\n",
    "\n",
    "\r",
    ".",
    "..",
    "\0",
    "<",
    ">",
    "@",
    ":",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
];

#[test]
fn no_dialogue_breaks_the_lmtp_machine() {
    let seeds = SEEDS.iter().map(|seed| seed.as_bytes().to_vec()).collect();
    run(&Target { name: "LMTP machine", seeds, tokens: TOKENS, longest: 3_000, check });
}

/// What came of a dialogue.
#[derive(Default, PartialEq, Eq)]
struct Heard {
    replies: Vec<u8>,
    mails: Vec<Mail>,
    /// Where in the bytes that were fed the machine asked for a mail, and where that mail ended.
    spans: Vec<(usize, usize)>,
    closed: bool,
}

fn check(raw: &[u8]) -> Outcome {
    let slowly = talk(raw, 1)?;
    let length = 2 + raw.iter().fold(raw.len(), |sum, byte| sum.wrapping_mul(31) ^ usize::from(*byte)) % 60;
    for piece in [raw.len().max(1), length] {
        let quickly = talk(raw, piece)?;
        if (&slowly.replies, &slowly.mails, slowly.closed) != (&quickly.replies, &quickly.mails, quickly.closed) {
            return Err(format!("in pieces of {piece} it says something else than byte by byte"));
        }
    }
    for (mail, (from, to)) in slowly.mails.iter().zip(&slowly.spans) {
        mail_is_what_was_said(mail, &raw[*from..*to])?;
    }
    let codes = replies_are_lines(&slowly.replies)?;
    Ok(format!("{} mails, closed {}, codes {codes}", about(slowly.mails.len()), slowly.closed))
}

fn talk(raw: &[u8], piece: usize) -> Result<Heard, String> {
    let own = ["desk@care.example".to_owned(), "help@care.example".to_owned()];
    let mut session = Session::new(BOUNDS);
    let mut heard = Heard::default();
    let (mut fed, mut data_from) = (0, 0);
    for chunk in raw.chunks(piece) {
        let mut input = chunk;
        let was_in_data = session.is_in_data();
        loop {
            let step = session.step(&mut input);
            heard.replies.extend(session.replies());
            match step {
                Step::Hungry if input.is_empty() => break,
                Step::Hungry => return Err("it is hungry and leaves bytes".into()),
                Step::Closed => {
                    heard.closed = true;
                    break;
                }
                Step::Recipient(address) => session.recipient(is_ours(&own, &address)),
                Step::Mail(mail) => {
                    heard.spans.push((data_from, fed + chunk.len() - input.len()));
                    answer(&mut session, &mail, &mut heard)?;
                    heard.mails.push(mail);
                }
            }
        }
        fed += chunk.len();
        if session.is_in_data() && !was_in_data {
            data_from = fed;
        }
        if session.held() > 4 * BOUNDS.mail_bytes {
            return Err(format!("it holds {} bytes", session.held()));
        }
    }
    heard.replies.extend(session.replies());
    Ok(heard)
}

/// Keeps each second mail, and counts the answers.
fn answer(session: &mut Session, mail: &Mail, heard: &mut Heard) -> Result<(), String> {
    let kept = if heard.mails.len().is_multiple_of(2) { Kept::Yes("k".into()) } else { Kept::NotNow };
    session.kept(&kept);
    let said = session.replies();
    let lines = said.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let code: &[u8] = if kept == Kept::NotNow { b"451 " } else { b"250 " };
    let answers = lines.filter(|line| line.starts_with(code)).count();
    heard.replies.extend(said);
    if answers == mail.rcpt.len() {
        Ok(())
    } else {
        Err(format!("{answers} answers for {} recipients", mail.rcpt.len()))
    }
}

/// By a reading of its own: the mail is what was said up to the first dot on a line by itself, dots unstuffed.
fn mail_is_what_was_said(mail: &Mail, said: &[u8]) -> Result<(), String> {
    let whole = [b"\r\n", said].concat();
    let first_end = whole.windows(5).position(|window| window == b"\r\n.\r\n");
    let text = said.strip_suffix(b".\r\n").unwrap_or_default();
    let unstuffed: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').map(without_dot).collect();
    let lines_are_fine = unstuffed.iter().all(|line| line.ends_with(b"\r\n") && line.len() <= BOUNDS.line_bytes);
    let bare = mail.raw.iter().filter(|byte| matches!(byte, b'\r' | b'\n' | 0)).count();
    let fault = if first_end.is_none_or(|end| end + 5 != whole.len()) {
        "it does not end at the first dot on a line by itself"
    } else if unstuffed.concat() != mail.raw {
        "it is not what was said"
    } else if !lines_are_fine || bare != 2 * unstuffed.len() || mail.raw.len() > BOUNDS.mail_bytes {
        "a line of it is not as lines must be, or it is too big"
    } else if mail.rcpt.is_empty() || mail.rcpt.len() > BOUNDS.recipients || mail.mail_from.contains(char::is_control) {
        "its envelope is not as it must be"
    } else {
        return Ok(());
    };
    Err(format!("a mail was taken, but {fault}"))
}

fn without_dot(line: &[u8]) -> &[u8] {
    line.strip_prefix(b".").unwrap_or(line)
}

/// The codes of all replies, each kind once; every reply is a line that a client can read.
fn replies_are_lines(replies: &[u8]) -> Outcome {
    let text = str::from_utf8(replies).map_err(|_| "a reply is not text")?;
    let mut codes = std::collections::BTreeSet::new();
    for line in text.split_inclusive("\r\n") {
        let words = line.strip_suffix("\r\n").unwrap_or_default();
        let (code, rest) = words.split_at_checked(3).unwrap_or_default();
        let clean = words.len() < 510 && !words.contains(|c: char| c.is_control() || !c.is_ascii());
        if !clean || code.parse::<u16>().is_err() || !rest.starts_with([' ', '-']) {
            return Err(format!("the reply {line:?}"));
        }
        codes.insert(code);
    }
    Ok(codes.into_iter().collect::<Vec<_>>().join(" "))
}
