//! Named places at which a test can kill, hold or fail the desk. Without the feature `faults` they are nothing.
//!
//! A child process is told by `CAREDESK_FAULTS` what happens where: `TransactionCommitted=3:kill` kills it by a signal
//! at the third time that it comes there, `TransactionBegun=5-9:full` lets the disk be full from the fifth time to the
//! ninth; several are parted by `;`. Beside `kill` and `full` there are `readonly`, `panic`, `hold` (until a line comes on
//! standard input) and `tell` (a line in the log, nothing else).

use std::io;

/// Makes the list of all places from one table: name, and what has just happened there.
macro_rules! points {
    ($($name:ident: $what:literal,)+) => {
        /// A place at which the desk can be hurt, in the order of the way through it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Point {
            $(#[doc = $what] $name,)+
        }

        impl Point {
            /// Every place that there is.
            pub const ALL: &[Point] = &[$(Point::$name,)+];

            /// What has just happened there.
            pub fn what(self) -> &'static str {
                match self {
                    $(Point::$name => $what,)+
                }
            }
        }
    };
}

points! {
    MigrationsBegun: "the database is about to be brought up to date",
    MigrationsRun: "its tables are as they should be, and not committed",
    MigrationsCommitted: "its tables are committed",
    LeftoverFound: "a file that an earlier desk left behind is about to go back into the inbox",
    LeftoverGivenBack: "it is back",
    PackChosen: "the folder's pack is about to be kept",
    FileClaimed: "a file has left the inbox",
    FileRead: "its bytes are read",
    MailRead: "the bytes of a mail are read from the pipe",
    LmtpConnected: "a mail server has connected",
    LmtpHeard: "some of its bytes are here",
    LmtpRecipient: "one of its recipients is looked at",
    LmtpMailWhole: "a mail of it is whole, and not taken in",
    LmtpMailKept: "it is taken in, and the mail server is not told",
    LmtpReplied: "a reply is on its way to the mail server",
    AttemptNamed: "the mark of a mail under way is made, and has no name yet",
    AttemptBegun: "the mark counts",
    WorkerWatched: "a piece of work on a thread of its own is waited for",
    ReadingBegun: "a mail is about to be read, on its own thread",
    ReadingEnded: "it was read",
    Planned: "its ticket is found, or there is none",
    AdvanceBegun: "policy is about to decide, on its own thread",
    AdvanceEnded: "policy has decided",
    FoundLookedUp: "what a ticket needs was looked up",
    TurnEnded: "all is decided, nothing is kept",
    AttachmentWritten: "an attachment is written beside its place",
    AttachmentMoved: "it is in its place",
    AttachmentDurable: "its folders are durable",
    TransactionBegun: "a transaction is open",
    ReceivedCounted: "a message is counted in the ledger",
    DuplicateKept: "a message that came before is in the ledger again",
    ChatSaid: "what a chat says besides letters is written",
    TicketWritten: "a ticket is written",
    TimersWritten: "its timers are written",
    LineWritten: "a line of its journal is written",
    LetterQueued: "a letter is in the outbox",
    NoticeKept: "what agents are to be told of a ticket is written",
    EscalationWritten: "an escalation is written",
    IntakeWritten: "what became of a message is in the ledger",
    AttachmentListed: "an attachment is listed with its message",
    TransactionFull: "all of a transaction is written, and not committed",
    TransactionCommitted: "a transaction is committed",
    AttemptEnded: "the mark of a mail under way is removed, and those of dead attempts are not yet",
    MailTaken: "a mail is taken in and its letters are out; its sender is not told",
    FileSettled: "the file of a mail that is kept is about to be removed",
    FileRemoved: "it is removed",
    ResultPrinted: "the result is printed; the exit code is to come",
    LettersLeased: "letters are leased to be delivered",
    LetterWritten: "a letter is written beside its place",
    LetterMoved: "it is in its place",
    LetterDurable: "its folder is durable; the outbox does not know",
    RelayReached: "a relay has greeted us",
    RelayHeardSender: "it has heard the sender of a letter",
    RelayHeardRecipient: "it has heard the recipient",
    RelayWaits: "it waits for the letter; the outbox does not know",
    LetterSending: "the outbox knows that the letter is on its way",
    RelayHearsPart: "a part of the letter is about to be said",
    RelayHeardAll: "all of the letter is said but the final dot",
    RelayAnswered: "the relay has answered; the outbox does not know",
    LetterRefused: "the outbox knows that a letter failed; its ticket does not",
    LetterSettled: "the outbox knows",
    DueRead: "what is due is read",
    TimerFired: "a timer has fired; what it says is not delivered",
    NoticesDue: "what agents are to be told now is read",
    BundleLetterQueued: "a letter to an agent is in the outbox, and not committed",
    BundleKept: "the letters to agents are committed; none is delivered",
    ActKept: "an agent's act is kept; what it says is not delivered",
    AsideSettled: "a mail that was put aside is released; what follows is not delivered",
    CallKept: "a call that an agent wrote down is kept; what follows is not delivered",
    ChatKept: "a chat message is kept; its answer is not told",
    ChatTold: "its answer is told; the outbox does not know",
    ChatHeard: "the outbox knows that a chat heard something",
    TelegramKept: "updates of Telegram are kept; Telegram is not told",
    TelegramBegun: "work on one of them is counted",
    TelegramWorked: "it is worked off, and not noted",
    TelegramClaimed: "a message to Telegram is claimed, and not said",
    TelegramSaid: "it is said; what became of it is not noted",
    EditSeen: "an edit of the pack is read",
    EditJudged: "it is judged",
    EditKept: "it is kept by its digest; new tickets begin under the old one",
    EditMadeCurrent: "the database says that new tickets begin under it; this desk does not yet",
    EditTaken: "it is taken",
    StopAsked: "the desk is to stop",
    StopFinished: "all parts have stopped; the database is open",
    StopClosed: "the database is closed",
}

/// Comes to a place that can give no error.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn at(_: Point) {}

/// Comes to a place that can give an error of the disk.
#[cfg(not(feature = "faults"))]
#[inline]
pub fn io(_: Point) -> io::Result<()> {
    Ok(())
}

/// Comes to a place that can give no error.
#[cfg(feature = "faults")]
pub fn at(point: Point) {
    // An error is of no use here; a test that asks for one sees that nothing happens.
    let _ = io(point);
}

/// Comes to a place that can give an error of the disk.
#[cfg(feature = "faults")]
pub fn io(point: Point) -> io::Result<()> {
    plan::at(point)
}

#[cfg(feature = "faults")]
mod plan {
    use std::collections::HashMap;
    use std::io;
    use std::ops::RangeInclusive;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::Point;

    /// What happens at a place, from which time on and up to which.
    struct Planned {
        action: String,
        times: RangeInclusive<u64>,
        passed: AtomicU64,
    }

    pub(super) fn at(point: Point) -> io::Result<()> {
        static PLAN: OnceLock<HashMap<String, Planned>> = OnceLock::new();
        let plan = PLAN.get_or_init(|| read(&std::env::var("CAREDESK_FAULTS").unwrap_or_default()));
        let Some(planned) = plan.get(&format!("{point:?}")) else { return Ok(()) };
        if !planned.times.contains(&(planned.passed.fetch_add(1, Ordering::SeqCst) + 1)) {
            return Ok(());
        }
        match planned.action.as_str() {
            "kill" => kill(),
            "panic" => burst(point),
            "full" => return Err(io::ErrorKind::StorageFull.into()),
            "readonly" => return Err(io::ErrorKind::ReadOnlyFilesystem.into()),
            "hold" => {
                tracing::warn!(?point, "held");
                io::stdin().read_line(&mut String::new())?;
            }
            _ => tracing::warn!(?point, "passed"),
        }
        Ok(())
    }

    /// A plan that cannot be read is no plan: then a test misses its fault.
    fn read(plan: &str) -> HashMap<String, Planned> {
        let one = |planned: &str| {
            let (point, what) = planned.trim().split_once('=')?;
            let (times, action) = what.split_once(':')?;
            let (from, to) = times.split_once('-').unwrap_or((times, times));
            let times = from.parse().ok()?..=to.parse().ok()?;
            Some((point.to_owned(), Planned { action: action.to_owned(), times, passed: AtomicU64::new(0) }))
        };
        plan.split(';').filter_map(one).collect()
    }

    /// Dies as by the hand of an operator: nothing is finished, nothing is dropped.
    fn kill() {
        use rustix::process::{Signal, getpid, kill_process};
        while kill_process(getpid(), Signal::KILL).is_ok() {}
    }

    #[expect(clippy::panic, reason = "a test asks for it")]
    fn burst(point: Point) {
        panic!("{point:?}");
    }
}
