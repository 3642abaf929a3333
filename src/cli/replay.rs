//! `replay`: plays what was recorded through a pack, and says what would go another way.

use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _, stderr};

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::desk::past::{Example, Gathered, Played, Which, Why};
use crate::desk::{Desk, DeskError, Running, publishing};
use crate::library;
use crate::policy::replay::{Difference, Kind};
use crate::policy::ticket::Reference;

use super::publish::told::counted;
use super::{Failure, Format, Settings, open, print, ticket};

/// How many tickets are played when nothing is said.
const USUAL: usize = 200;

/// Play recorded requests through the folder's pack, and say what would go another way.
///
/// The messages and acts of each request come again at their moments, with the look-ups as they were answered then; the
/// clocks are those of the new pack. Nothing is changed, and nothing is sent. What differs is counted together: another
/// flow, verdict, step, state, letter or due time, with requests as examples.
///
/// With --same it proves that the journal leads to the same request again, each under its own pack; exit code 1 says that
/// one does not. Differences under a new pack are for you to judge: exit code 0, or 1 with --strict.
#[derive(Debug, Args)]
pub(super) struct Replay {
    /// One request: its reference, in any spacing.
    reference: Option<String>,
    /// Requests that were opened since then: a day such as 2026-03-02, or a moment.
    #[arg(long, value_name = "WHEN", conflicts_with_all = ["reference", "last", "all"])]
    since: Option<String>,
    /// The last that were opened; 200, when nothing is said.
    #[arg(long, value_name = "N", conflicts_with_all = ["reference", "all"])]
    last: Option<usize>,
    /// All.
    #[arg(long, conflicts_with = "reference")]
    all: bool,
    /// Play them through a pack that ran here, instead of the folder's.
    #[arg(long, value_name = "DIGEST", conflicts_with = "same")]
    pack_digest: Option<String>,
    /// Play each through its own pack: it must come to what it is.
    #[arg(long)]
    same: bool,
    /// Exit with 1 when something would go another way.
    #[arg(long)]
    strict: bool,
}

/// What differs, for programs.
#[derive(Debug, Serialize)]
struct Row<'a> {
    #[serde(flatten)]
    difference: &'a Difference,
    tickets: usize,
    examples: &'a [Example],
}

/// A ticket that cannot be played, for programs.
#[derive(Debug, Serialize)]
struct NotRow<'a> {
    not_replayable: &'a str,
    because: Option<&'a str>,
    tickets: usize,
    examples: Vec<&'a Reference>,
}

/// The last line, for programs.
#[derive(Debug, Serialize)]
struct Totals<'a> {
    pack: Option<&'a str>,
    tickets: usize,
    same: usize,
    otherwise: usize,
    not_replayable: BTreeMap<&'a str, usize>,
}

impl Replay {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        open::demand_database(settings)?;
        let desk = open::kept_desk(settings, open::clock(settings), open::delivering(true)).await?;
        let which = self.which(&desk)?;
        if self.same {
            let gathered = same(&desk, &which).await?;
            tell(&gathered, None, settings.format)?;
            let broken = gathered.not.keys().any(|why| matches!(why, Why::Broken(_)));
            return if broken { Err(Failure::Findings) } else { Ok(()) };
        }
        let pack = match &self.pack_digest {
            Some(written) => {
                let digest = publishing::named(&desk.store, written).await?;
                publishing::kept(&desk.store, &digest).await?
            }
            None => library::load(&settings.pack).map_err(DeskError::Library)?.0,
        };
        let gathered = under(&desk, &pack, &which, desk.clock.now()).await?;
        tell(&gathered, Some(&pack.pack.digest.0), settings.format)?;
        if self.strict && gathered.otherwise > 0 { Err(Failure::Findings) } else { Ok(()) }
    }

    fn which(&self, desk: &Desk) -> Result<Which, Failure> {
        if let Some(written) = &self.reference {
            return Ok(Which::One(ticket::parse(written)?));
        }
        if let Some(written) = &self.since {
            return moment(written, desk).map(Which::Since);
        }
        // A proof is of all, unless less is asked for.
        let all = self.all || (self.same && self.last.is_none());
        Ok(if all { Which::All } else { Which::Last(self.last.unwrap_or(USUAL)) })
    }
}

/// A moment, or the beginning of a day on the desk's clock.
fn moment(written: &str, desk: &Desk) -> Result<Timestamp, Failure> {
    if let Ok(at) = written.parse::<Timestamp>() {
        return Ok(at);
    }
    let zone = desk.packs.current().pack.desk.zone.clone();
    let day = written.parse::<jiff::civil::Date>().ok().and_then(|day| day.to_zoned(zone).ok());
    day.map(|day| day.timestamp())
        .ok_or_else(|| Failure::Usage(format!("`{written}` is no day and no moment; write one such as 2026-03-02")))
}

/// Plays tickets through another pack.
pub(super) async fn under(desk: &Desk, pack: &Running, which: &Which, until: Timestamp) -> Result<Gathered, Failure> {
    let tickets = desk.past(which).await?;
    let mut gathered = Gathered::default();
    for (done, reference) in tickets.iter().enumerate() {
        let played = desk.play_under(pack, reference, until).await?;
        gathered.add(reference, played);
        progress(done + 1, tickets.len(), gathered.otherwise);
    }
    Ok(gathered)
}

async fn same(desk: &Desk, which: &Which) -> Result<Gathered, Failure> {
    let tickets = desk.past(which).await?;
    let mut gathered = Gathered::default();
    for (done, reference) in tickets.iter().enumerate() {
        let played: Played = desk.play_same(reference).await?;
        gathered.add(reference, played);
        progress(done + 1, tickets.len(), gathered.not.len());
    }
    Ok(gathered)
}

/// On a terminal in one line, else now and then.
fn progress(done: usize, all: usize, otherwise: usize) {
    let mut err = stderr().lock();
    // A closed stderr is not worth stopping for.
    let _ = if err.is_terminal() {
        let filled = done * 30 / all.max(1);
        let end = if done == all { "\n" } else { "" };
        write!(err, "\r[{}{}] {done} of {all}, {otherwise} otherwise{end}", "#".repeat(filled), " ".repeat(30 - filled))
    } else if done.is_multiple_of(1000) {
        writeln!(err, "caredesk: {done} of {all} played, {otherwise} otherwise")
    } else {
        Ok(())
    };
}

fn tell(gathered: &Gathered, pack: Option<&str>, format: Format) -> Result<(), Failure> {
    let mut groups: Vec<_> = gathered.groups.iter().collect();
    groups.sort_by_key(|(difference, group)| (std::cmp::Reverse(group.tickets), (*difference).clone()));
    match format {
        Format::Json => {
            for (difference, group) in groups {
                print::json(&Row { difference, tickets: group.tickets, examples: &group.examples })?;
            }
            for (why, tickets) in &gathered.not {
                print::json(&not_row(why, tickets))?;
            }
            let mut not: BTreeMap<&str, usize> = BTreeMap::new();
            for (why, tickets) in &gathered.not {
                *not.entry(why.name()).or_default() += tickets.len();
            }
            let Gathered { tickets, same, otherwise, .. } = *gathered;
            print::json(&Totals { pack, tickets, same, otherwise, not_replayable: not })
        }
        Format::Text => {
            for (difference, group) in groups {
                print::text(&in_words(difference, group.tickets, &group.examples))?;
            }
            for (why, tickets) in &gathered.not {
                let some: Vec<String> = tickets.iter().take(5).map(ToString::to_string).collect();
                let requests = counted(tickets.len(), "request", "requests");
                print::text(&format!("{requests} cannot be played: {}: {}", not_in_words(why), some.join(", ")))?;
            }
            print::text(&last_line(gathered, pack.is_some()))
        }
    }
}

fn not_row<'a>(why: &'a Why, tickets: &'a [Reference]) -> NotRow<'a> {
    let because = match why {
        Why::Broken(because) => Some(because.as_str()),
        Why::Erased | Why::OtherEngine | Why::PackUnreadable => None,
    };
    NotRow { not_replayable: why.name(), because, tickets: tickets.len(), examples: tickets.iter().take(5).collect() }
}

fn not_in_words(why: &Why) -> String {
    match why {
        Why::Erased => "what people wrote was erased".into(),
        Why::OtherEngine => "another version of the program wrote the journal".into(),
        Why::PackUnreadable => "the pack cannot be read by this version of the program".into(),
        Why::Broken(because) => format!("under its own pack, {because}"),
    }
}

fn in_words(difference: &Difference, tickets: usize, examples: &[Example]) -> String {
    let Difference { kind, at, was, becomes, rule, file, line } = difference;
    let what = match kind {
        Kind::Flow => format!("the first message starts {becomes} instead of {was}"),
        Kind::Verdict => {
            let rule = rule.as_deref().unwrap_or_default();
            let place = match (file, line) {
                (Some(file), Some(line)) => format!(" ({file}:{line})"),
                _ => String::new(),
            };
            format!("at {at}, verdict `{becomes}` instead of `{was}` by rule {rule}{place}")
        }
        Kind::Step => format!("behind {at}: {becomes}, instead of: {was}"),
        Kind::State => format!("{at} comes to `{becomes}` instead of `{was}`"),
        Kind::Letter => format!("at {at}, a letter {was}: {becomes}"),
        Kind::Due => format!("{at} is due {becomes}"),
        Kind::Act => format!("at {at}, what an agent did (`{was}`) is not possible: {becomes}"),
        Kind::LookUp => format!("at {at} it cannot be told: {becomes} was not looked up then"),
    };
    let shown: Vec<String> = match kind {
        Kind::Due => examples.iter().map(|one| format!("{} ({} → {})", one.ticket, one.was, one.becomes)).collect(),
        _ => examples.iter().map(|one| one.ticket.to_string()).collect(),
    };
    let more = if tickets > shown.len() { " …" } else { "" };
    format!("{}: {what}\n    {}{more}", counted(tickets, "request", "requests"), shown.join(", "))
}

fn last_line(gathered: &Gathered, other: bool) -> String {
    let Gathered { tickets, same, otherwise, .. } = gathered;
    let not: usize = gathered.not.values().map(Vec::len).sum();
    let cannot = if not == 0 { String::new() } else { format!(" {not} cannot be played.") };
    match (tickets, other) {
        (0, _) => "There is nothing to play.".into(),
        (tickets, true) => {
            format!(
                "Of {}, {same} stay as they were and {otherwise} go another way.{cannot}",
                counted(*tickets, "request", "requests")
            )
        }
        (tickets, false) => {
            format!("Of {}, {same} come to what they are.{cannot}", counted(*tickets, "request", "requests"))
        }
    }
}
