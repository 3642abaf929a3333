//! The talk of LMTP, byte by byte and without sockets: what a mail server says, what it hears, which mails come of it.

use caredesk::mail::lmtp::{Bounds, Kept, Mail, Session, Step, is_ours};
use proptest::prelude::*;

/// The desk's own addresses in these talks.
const OWN: [&str; 2] = ["desk@care.example", "help@care.example"];
/// What opens a talk and leads to the bytes of a mail.
const OPENING: &str = "LHLO mx.example\r\nMAIL FROM:<amy@home.example>\r\nRCPT TO:<desk@care.example>\r\nDATA\r\n";

/// What a talk came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Talked {
    replies: String,
    mails: Vec<Mail>,
    closed: bool,
}

impl Talked {
    /// The replies to what follows the opening: all but the greeting, five lines to LHLO, and one each to MAIL, RCPT
    /// and DATA.
    fn after_data(&self) -> Vec<&str> {
        self.replies.lines().skip(9).collect()
    }
}

/// Talks in the pieces given, with an owner who keeps everything.
fn talk_with<'a>(bounds: Bounds, pieces: impl IntoIterator<Item = &'a [u8]>) -> Talked {
    let own = OWN.map(ToOwned::to_owned);
    let mut session = Session::new(bounds);
    let mut talked = Talked::default();
    for mut input in pieces {
        loop {
            match session.step(&mut input) {
                Step::Hungry => break,
                Step::Recipient(address) => session.recipient(is_ours(&own, &address)),
                Step::Mail(mail) => {
                    talked.mails.push(mail);
                    session.kept(&Kept::Yes(format!("m{}", talked.mails.len())));
                }
                Step::Closed => {
                    talked.closed = true;
                    break;
                }
            }
        }
        assert!(input.is_empty(), "all that was given is dealt with");
    }
    talked.replies = String::from_utf8(session.replies()).expect("replies are plain text");
    talked
}

fn talk(bytes: &[u8]) -> Talked {
    talk_with(Bounds::default(), [bytes])
}

fn mail_of(data: &[u8]) -> Vec<u8> {
    [OPENING.as_bytes(), data].concat()
}

#[test]
fn a_whole_talk() {
    let talked = talk(
        b"EHLO mx.example\r\nMAIL FROM:<early@home.example>\r\nLHLO mx.example\r\nRCPT TO:<desk@care.example>\r\nDATA\r\n\
          MAIL FROM:<> SIZE=2000 BODY=8BITMIME\r\nMAIL FROM:<amy@home.example>\r\nDATA\r\n\
          RCPT TO:<Desk@CARE.example>\r\nRCPT TO:<desk+tag@care.example>\r\nRCPT TO:<zo\xc3\xab@care.example>\r\n\
          RCPT TO:<postmaster@care.example>\r\nRCPT TO:<amy@home.example>\r\nNOOP\r\nDATA\r\n\
          Subject: Hello\r\n\r\n..dots\r\n...\r\n.\r\n\
          VRFY amy\r\nEXPN all\r\nHELP\r\nMAIL FROM:<a@b.example> SMTPUTF8\r\nMAIL FROM:<a@b.example> SIZE=35000001\r\n\
          MAIL FROM:<a@b.example>\r\nRSET\r\nDATA\r\nBDAT 5 LAST\r\nWHAT\r\nQUIT\r\nNOOP\r\n",
    );
    insta::assert_snapshot!(talked.replies.replace("\r\n", "\n"), @r"
    220 caredesk LMTP
    500 5.5.1 This is LMTP: say LHLO
    503 5.5.1 Say LHLO first
    250-caredesk
    250-PIPELINING
    250-ENHANCEDSTATUSCODES
    250-8BITMIME
    250 SIZE 35000000
    503 5.5.1 Say MAIL first
    503 5.5.1 Say MAIL first
    250 2.1.0 OK
    503 5.5.1 A mail has begun already
    503 5.5.1 Nobody here takes this mail
    250 2.1.5 OK
    550 5.1.1 No such address here
    553 5.6.7 Addresses here are in ASCII
    250 2.1.5 OK
    550 5.1.1 No such address here
    250 2.0.0 OK
    354 End the mail with a dot on a line by itself
    250 2.0.0 Kept as m1
    250 2.0.0 Kept as m1
    252 2.5.2 Send a mail and see
    502 5.5.1 There are no lists here
    214 2.0.0 LHLO MAIL RCPT DATA RSET NOOP VRFY QUIT
    555 5.5.4 A parameter was not offered
    552 5.3.4 The mail is too large
    250 2.1.0 OK
    250 2.0.0 OK
    503 5.5.1 Say MAIL first
    502 5.5.1 There is no such command here
    500 5.5.1 No such command
    221 2.0.0 Goodbye
    ");
    assert!(talked.closed);
    let [mail] = talked.mails.as_slice() else { panic!("one mail: {:?}", talked.mails) };
    assert_eq!(mail.mail_from, "");
    assert_eq!(mail.rcpt, ["Desk@CARE.example", "postmaster@care.example"]);
    assert_eq!(mail.raw, b"Subject: Hello\r\n\r\n.dots\r\n..\r\n");
}

#[test]
fn what_is_no_end_of_a_mail_to_us_ends_the_talk() {
    let smuggled = "MAIL FROM:<evil@x.example>\r\nRCPT TO:<help@care.example>\r\nDATA\r\n\
                    From: owner@care.example\r\n\r\nsmuggled\r\n.\r\nQUIT\r\n";
    for end in SMUGGLING {
        let talked = talk(&mail_of(format!("Subject: Hello\r\n\r\nhello{end}{smuggled}").as_bytes()));
        assert_eq!(talked.mails, [], "{end:?}");
        let after = talked.after_data();
        assert!(after.len() == 1 && after[0].starts_with("521 5.5.2 "), "{end:?}: {after:?}");
        assert!(talked.closed, "{end:?}");
    }
    let honest = talk(&mail_of(format!("Subject: Hello\r\n\r\nhello\r\n.\r\n{smuggled}").as_bytes()));
    assert_eq!(honest.mails.len(), 2, "the end that is one lets the next mail in");
    let stuffed = talk(&mail_of(format!("Subject: Hello\r\n\r\nhello\r\n..\r\n{smuggled}").as_bytes()));
    let [mail] = stuffed.mails.as_slice() else { panic!("one mail: {:?}", stuffed.mails) };
    assert!(mail.raw.starts_with(b"Subject: Hello\r\n\r\nhello\r\n.\r\nMAIL FROM:<evil@x.example>\r\n"));
}

/// What some servers took for the end of a mail, so that what follows became a mail of its own.
pub const SMUGGLING: [&str; 14] = [
    "\n.\n",
    "\n.\r\n",
    "\r\n.\n",
    "\r.\r",
    "\r.\n",
    "\n.\r",
    "\r\n.\r",
    "\r.\r\n",
    "\r\n\0.\r\n",
    "\r\n.\0\r\n",
    "\r\n.\r\r\n",
    "\r\r\n.\r\r\n",
    "\n\r\n.\r\n",
    "\r\n\n.\r\n",
];

#[test]
fn commands_too_end_with_cr_lf_alone() {
    for bad in ["NOOP\nMAIL FROM:<a@b.example>\r\n", "NOOP\rMAIL FROM:<a@b.example>\r\n"] {
        let talked =
            talk(format!("LHLO mx.example\r\n{bad}RCPT TO:<desk@care.example>\r\nDATA\r\nx\r\n.\r\n").as_bytes());
        assert!(talked.closed && talked.mails.is_empty(), "{bad:?}");
        assert!(talked.replies.ends_with(" nothing was taken\r\n"), "{bad:?}: {}", talked.replies);
    }
}

#[test]
fn a_mail_cut_at_any_byte_is_no_mail() {
    let whole = mail_of(b"Subject: Hello\r\n\r\n..hello\r\n\r\nbye\r\n.\r\n");
    let all = talk(&whole);
    assert_eq!(all.mails.len(), 1);
    for cut in 0..whole.len() {
        let talked = talk(&whole[..cut]);
        assert_eq!(talked.mails, [], "cut at {cut}");
        assert!(all.replies.starts_with(&talked.replies) && !talked.closed, "cut at {cut}");
    }
}

#[test]
fn dots_are_unstuffed_across_every_border_of_packets() {
    let sent = b"..\r\n...\r\n.a\r\na.\r\n.\xff\r\n\r\n..\r\n.. .\r\n.\r\nNOOP\r\n";
    let raw = b".\r\n..\r\na\r\na.\r\n\xff\r\n\r\n.\r\n. .\r\n";
    let whole = mail_of(sent);
    let at_once = talk(&whole);
    assert_eq!(at_once.mails[0].raw, raw);
    assert_eq!(talk_with(Bounds::default(), whole.chunks(1)), at_once, "byte by byte");
    for border in 0..whole.len() {
        let (one, two) = whole.split_at(border);
        assert_eq!(talk_with(Bounds::default(), [one, two]), at_once, "border at {border}");
    }
    assert_eq!(talk(&mail_of(b".\r\n")).mails[0].raw, b"", "an empty mail is a mail");
}

#[test]
fn a_hundred_recipients_are_answered_one_by_one_and_the_next_must_wait() {
    for (count, over) in [(100, 0), (101, 1)] {
        let rcpt = "RCPT TO:<desk@care.example>\r\n".repeat(count);
        let text = format!("LHLO mx.example\r\nMAIL FROM:<>\r\n{rcpt}DATA\r\nhello\r\n.\r\n");
        let talked = talk(text.as_bytes());
        assert_eq!(talked.replies.matches("250 2.1.5 ").count(), 100);
        assert_eq!(talked.replies.matches("452 4.5.3 ").count(), over);
        assert_eq!(talked.replies.matches("250 2.0.0 Kept as m1\r\n").count(), 100, "one answer each");
        assert_eq!((talked.mails.len(), talked.mails[0].rcpt.len()), (1, 100), "and one mail");
    }
}

#[test]
fn long_lines_eight_bits_and_nul() {
    let line = |octets: usize| [vec![0xe9; octets - 2], b"\r\n".to_vec()].concat();
    for (octets, taken) in [(1_001, true), (65_536, true), (65_537, false)] {
        let data = [b"x: y\r\n\r\n".to_vec(), line(octets), b".\r\nNOOP\r\n".to_vec()].concat();
        let talked = talk(&mail_of(&data));
        assert_eq!(talked.mails.len(), usize::from(taken), "{octets}");
        let after = talked.after_data();
        assert!(after[0].starts_with(if taken { "250 2.0.0 " } else { "554 5.6.0 " }), "{octets}: {after:?}");
        assert_eq!(after[1], "250 2.0.0 OK", "the next command is in step");
        if taken {
            assert_eq!(talked.mails[0].raw, data[..data.len() - 9], "every bit as it came");
        }
    }
    let nul = talk(&mail_of(b"x: y\r\n\r\na\0b\r\n.\r\n"));
    assert!(nul.mails.is_empty() && nul.closed && nul.after_data()[0].starts_with("521 "));
}

#[test]
fn a_size_that_is_not_true_is_found_out_at_the_end_of_the_mail() {
    let bounds = Bounds { mail_bytes: 1_000, ..Bounds::default() };
    let text = |declared: usize, size: usize| {
        let body = "x".repeat(size - 2);
        format!(
            "LHLO mx.example\r\nMAIL FROM:<a@b.example> SIZE={declared}\r\nRCPT TO:<desk@care.example>\r\n\
             RCPT TO:<help@care.example>\r\nDATA\r\n{body}\r\n.\r\nNOOP\r\n"
        )
    };
    let fits = talk_with(bounds, [text(10, 1_000).as_bytes()]);
    assert_eq!(fits.mails.len(), 1, "{}", fits.replies);
    let lies = talk_with(bounds, [text(10, 1_001).as_bytes()]);
    assert!(lies.mails.is_empty());
    assert_eq!(lies.replies.matches("552 5.3.4 ").count(), 2, "one answer each: {}", lies.replies);
    assert!(lies.replies.ends_with("250 2.0.0 OK\r\n") && !lies.closed, "read to its true end");
    let bounds = Bounds { line_bytes: 100, ..bounds };
    for piece in [1, 150, 2_000] {
        let both = talk_with(bounds, text(10, 1_500).as_bytes().chunks(piece));
        assert_eq!(both.replies.matches("552 5.3.4 ").count(), 2, "a long line too, in pieces of {piece}");
    }
    for declared in ["1001", "99999999999999999999999999", "18446744073709551615"] {
        let refused = talk_with(bounds, [format!("LHLO x\r\nMAIL FROM:<> SIZE={declared}\r\n").as_bytes()]);
        let last = refused.replies.lines().last().expect("a reply");
        assert!(last.starts_with("552 5.3.4 ") || last.starts_with("501 5.5.4 "), "{declared}: {last}");
    }
}

#[test]
fn who_errs_too_often_is_sent_away_and_a_mail_that_is_kept_makes_up_for_it() {
    let wrong = "WHAT\r\n";
    let talked = talk(wrong.repeat(25).as_bytes());
    assert_eq!(talked.replies.matches("500 5.5.1 ").count(), 20);
    assert!(talked.closed && talked.replies.ends_with("421 4.7.0 Too many errors\r\n"));
    let mail = "MAIL FROM:<>\r\nRCPT TO:<desk@care.example>\r\nDATA\r\nhello\r\n.\r\n";
    let made_up = format!("LHLO x\r\n{}{mail}{}", wrong.repeat(19), wrong.repeat(19));
    assert!(!talk(made_up.as_bytes()).closed);
    let strangers = "RCPT TO:<nobody@care.example>\r\n".repeat(250);
    let asked = talk(format!("LHLO x\r\nMAIL FROM:<>\r\n{strangers}").as_bytes());
    assert_eq!(asked.replies.matches("550 5.1.1 ").count(), 200, "names cannot be tried without end");
    assert!(asked.closed);
}

#[test]
fn a_command_too_long_is_refused_and_the_next_is_in_step() {
    let long = format!("LHLO x\r\nMAIL FROM:<{}@b.example>\r\nMAIL FROM:<>\r\n", "a".repeat(70_000));
    let talked = talk(long.as_bytes());
    let last: Vec<&str> = talked.replies.lines().rev().take(2).collect();
    assert_eq!(last, ["250 2.1.0 OK", "500 5.5.2 The line is too long"]);
}

#[test]
fn a_mail_that_is_not_kept_is_answered_with_try_later_for_each() {
    let mut session = Session::new(Bounds::default());
    let text = mail_of(b"hello\r\n.\r\nNOOP\r\n");
    let mut input = text.as_slice();
    assert_eq!(session.step(&mut input), Step::Recipient("desk@care.example".into()));
    session.recipient(true);
    assert!(matches!(session.step(&mut input), Step::Mail(_)));
    assert_eq!(session.step(&mut input), Step::Hungry, "nothing goes on before the answer");
    assert_eq!(input, b"NOOP\r\n");
    session.kept(&Kept::NotNow);
    assert_eq!(session.step(&mut input), Step::Hungry);
    let replies = String::from_utf8(session.replies()).expect("text");
    assert!(
        replies.ends_with("\r\n451 4.3.0 The mail cannot be kept now; try again later\r\n250 2.0.0 OK\r\n"),
        "{replies}"
    );
}

#[test]
fn a_mail_without_room_is_read_to_its_end_and_put_off() {
    let mut session = Session::new(Bounds::default());
    let text = mail_of(b"hello\r\n");
    let mut input = text.as_slice();
    assert_eq!(session.step(&mut input), Step::Recipient("desk@care.example".into()));
    session.recipient(true);
    assert_eq!(session.step(&mut input), Step::Hungry);
    assert!(session.is_in_data() && session.held() > 0);
    session.no_room();
    assert_eq!(session.held(), 0);
    assert_eq!(session.step(&mut &b"and on\r\n.\r\nNOOP\r\n"[..]), Step::Hungry, "no mail comes of it");
    let replies = String::from_utf8(session.replies()).expect("text");
    assert!(
        replies.ends_with("\r\n452 4.3.1 No room for the mail now; try again later\r\n250 2.0.0 OK\r\n"),
        "{replies}"
    );
}

/// Pieces that mean something to the machine, and some that do not.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        &b"LHLO x\r\n"[..],
        b"MAIL FROM:<>\r\n",
        b"MAIL FROM:<a@b.example> SIZE=9\r\n",
        b"RCPT TO:<desk@care.example>\r\n",
        b"RCPT TO:<nobody@care.example>\r\n",
        b"DATA\r\n",
        b"RSET\r\n",
        b"NOOP\r\n",
        b"\r\n.\r\n",
        b"hello\r\n",
        b".",
        b"..",
        b"\r\n",
        b"\r",
        b"\n",
        b"\0",
        b"\xc3\xab",
        b"QUIT\r\n",
    ])
    .prop_map(<[u8]>::to_vec);
    let any = prop::collection::vec(any::<u8>(), 0..80);
    let one = prop_oneof![12 => known, 1 => any];
    prop::collection::vec(one, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    /// Packets are cut anywhere on their way: it must make no difference.
    #[test]
    fn the_same_bytes_give_the_same_talk_in_whatever_pieces(
        opened in any::<bool>(),
        rest in pieces(),
        borders in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
    ) {
        let bounds = Bounds { mail_bytes: 300, line_bytes: 60, ..Bounds::default() };
        let bytes = if opened { mail_of(&rest) } else { rest };
        let at_once = talk_with(bounds, [bytes.as_slice()]);
        let mut borders: Vec<usize> = borders.iter().map(|border| border.index(bytes.len() + 1)).collect();
        borders.extend([0, bytes.len()]);
        borders.sort_unstable();
        let cut: Vec<&[u8]> = borders.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&talk_with(bounds, cut), &at_once);
        prop_assert_eq!(&talk_with(bounds, bytes.chunks(1)), &at_once);
        for mail in &at_once.mails {
            prop_assert!(mail.raw.len() <= 300 && !mail.rcpt.is_empty());
            let bare = mail.raw.iter().enumerate().any(|(at, byte)| match byte {
                b'\n' => at == 0 || mail.raw[at - 1] != b'\r',
                b'\r' => mail.raw.get(at + 1) != Some(&b'\n'),
                byte => *byte == 0,
            });
            prop_assert!(!bare, "a mail holds whole line ends and no NUL");
        }
    }
}
