//! A week of a small desk, step by step: what people send, what agents do, what the clock does.

use serde_json::Value;

use crate::support;

/// Something that comes by mail. Its marker stands in its text and nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Mail {
    /// The marker.
    pub marker: &'static str,
    /// What kind of mail it is.
    pub kind: Kind,
}

/// Kinds of mail.
#[derive(Debug, Clone, Copy)]
pub enum Kind {
    /// A first message.
    First,
    /// A first message that brings a file.
    Attached,
    /// A first message without a Message-ID.
    Unnamed,
    /// The same bytes as the mail with this marker.
    Again(&'static str),
    /// An answer to the letter that went to the sender of this marker.
    Answer(&'static str, &'static str),
    /// What cannot be read.
    Broken,
    /// What nobody answers.
    Robot,
}

impl Mail {
    /// The marker in its text, which is another's if it is the same mail.
    pub fn id(self) -> &'static str {
        match self.kind {
            Kind::Again(of) => of,
            _ => self.marker,
        }
    }

    /// Its bytes. `answers` is the letter that an answer quotes.
    pub fn write(self, answers: &Value) -> String {
        let id = self.id();
        let from = format!("{id}@home.example");
        let wish = format!("Please reset my nhsmail password. {id}");
        let plain = support::mail(id, &from, "Locked out", &wish);
        match self.kind {
            Kind::First | Kind::Again(_) => plain,
            Kind::Unnamed => plain.replacen("Message-ID", "X-Nothing", 1),
            Kind::Robot => format!("Precedence: bulk\r\n{plain}"),
            Kind::Broken => format!("From: one@x.example\r\nFrom: two@x.example\r\n\r\n{id}\r\n"),
            Kind::Attached => {
                let part = format!("--=b\r\nContent-Type: text/plain\r\n\r\n{wish}\r\n");
                let file = "--=b\r\nContent-Type: application/pdf; name=form.pdf\r\n\
                            Content-Disposition: attachment; filename=form.pdf\r\n\r\n%PDF-1.4 form of ";
                let head = plain.split("\r\n\r\n").next().unwrap_or_default();
                let head = head.replace("text/plain; charset=utf-8", "multipart/mixed; boundary=\"=b\"");
                format!("{head}\r\n\r\n{part}{file}{id}\r\n--=b--\r\n")
            }
            Kind::Answer(to, words) => {
                support::reply(id, &format!("{to}@home.example"), answers, &format!("{words}\n{id}"))
            }
        }
    }
}

/// What happens in a step.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// The directory is loaded, which makes the database.
    Import,
    /// A mail through the pipe; `false` leaves its letters in the outbox.
    Pipe(Mail, bool),
    /// A chat message; it holds its marker.
    Chat(&'static str, &'static str),
    /// A call that an agent writes down; it holds its marker.
    Call(&'static str),
    /// An agent's act on the ticket of a marker.
    Act(&'static str, &'static [&'static str]),
    /// An agent lets a mail in that was put aside.
    Release(&'static str),
    /// What is due fires.
    Tick,
    /// What waits in the outbox goes.
    Send,
    /// The desk runs for a while.
    Serve(Shift),
}

/// A running desk, and the files that people write. A name that comes twice is used twice.
#[derive(Debug, Clone, Copy)]
pub struct Shift {
    /// Left behind by a desk that died.
    pub left: &'static [(&'static str, Mail)],
    /// In the inbox when it starts.
    pub waiting: &'static [(&'static str, Mail)],
    /// Dropped when it is ready.
    pub first: &'static [(&'static str, Mail)],
    /// Dropped when those are taken in, or at once when the desk dies.
    pub then: &'static [(&'static str, Mail)],
    /// Handed over by a mail server, one after the other.
    pub lmtp: &'static [Mail],
    /// Whether an author edits the pack each time that the desk has started.
    pub edit: bool,
}

const fn mail(marker: &'static str, kind: Kind) -> Mail {
    Mail { marker, kind }
}

const FIRST: Kind = Kind::First;

/// Who sends this gets no letters: the relay knows no such address.
pub const REFUSED: &str = "quillow31";

/// Whether the letters of a step go by the relay; else they become files.
pub fn by_relay(step: usize) -> bool {
    step.is_multiple_of(2)
}

/// The minutes since Monday morning at which each step happens, and the step.
pub const STORY: &[(i64, Step)] = &[
    (0, Step::Import),
    (30, Step::Pipe(mail("quillow01", FIRST), true)),
    (60, Step::Pipe(mail("quillow02", Kind::Attached), true)),
    (90, Step::Pipe(mail("quillow03", Kind::Unnamed), true)),
    (120, Step::Pipe(mail("quillow01", Kind::Again("quillow01")), true)),
    (150, Step::Pipe(mail("quillow04", Kind::Answer("quillow01", "amy.field@nhs.net\n07700 900111")), true)),
    (180, Step::Pipe(mail("quillow05", Kind::Broken), true)),
    (210, Step::Pipe(mail("quillow06", Kind::Robot), true)),
    (240, Step::Pipe(mail("quillow07", Kind::Answer("quillow03", "I do not know what you mean")), true)),
    (270, Step::Pipe(mail("quillow08", FIRST), false)),
    (300, Step::Send),
    (330, Step::Chat("amy", "quillow09 please can you reset my nhsmail password")),
    (360, Step::Chat("amy", "amy.field@nhs.net quillow10")),
    (390, Step::Act("quillow04", &["done", "--set", "identity_checked=yes"])),
    (420, Step::Act("quillow02", &["note", "--text", "rang them quillow11"])),
    (450, Step::Act("quillow02", &["escalate", "--to", "feedback"])),
    (480, Step::Pipe(mail(REFUSED, FIRST), true)),
    (510, Step::Act("quillow03", &["reply", "--text", "We ring you today. quillow12"])),
    (525, Step::Call("I am locked out, please reset my password. quillow32")),
    (535, Step::Tick),
    (
        600,
        Step::Serve(Shift {
            left: &[],
            waiting: &[],
            first: &[
                ("one.eml", mail("quillow13", FIRST)),
                ("two.eml", mail("quillow14", Kind::Attached)),
                ("three.eml", mail("quillow15", Kind::Broken)),
                ("four.eml", mail("quillow16", Kind::Answer("quillow08", "1. amy.field@nhs.net"))),
            ],
            then: &[("one.eml", mail("quillow17", FIRST)), ("two.eml", mail("quillow08", Kind::Again("quillow08")))],
            lmtp: &[],
            edit: true,
        }),
    ),
    (
        900,
        Step::Serve(Shift {
            left: &[("one.eml", mail("quillow18", FIRST)), ("two.eml", mail("quillow19", Kind::Unnamed))],
            waiting: &[("one.eml", mail("quillow20", FIRST))],
            first: &[("three.eml", mail("quillow21", Kind::Robot))],
            then: &[],
            lmtp: &[],
            edit: false,
        }),
    ),
    (
        1_200,
        Step::Serve(Shift {
            left: &[],
            waiting: &[],
            first: &[],
            then: &[],
            lmtp: &[
                mail("quillow26", FIRST),
                mail("quillow27", Kind::Attached),
                mail("quillow28", Kind::Answer("quillow20", "amy.field@nhs.net\n07700 900111")),
                mail("quillow29", Kind::Broken),
                mail("quillow26", Kind::Again("quillow26")),
            ],
            edit: false,
        }),
    ),
    (1_500, Step::Release("quillow05")),
    (1_530, Step::Release("quillow15")),
    (3_000, Step::Tick),
    (3_030, Step::Pipe(mail("quillow22", Kind::Answer("quillow13", "amy.field@nhs.net\n07700 900111")), true)),
    (10_500, Step::Tick),
    (10_530, Step::Pipe(mail("quillow23", Kind::Answer("quillow14", "Is somebody there?")), true)),
    // What a chat has not heard yet it hears when it writes again; so nobody is killed in the last step.
    (20_000, Step::Chat("amy", "thank you quillow24")),
    (20_030, Step::Chat("amy", "agent quillow25")),
    (20_060, Step::Chat("amy", "thank you again quillow30")),
];
