//! `publish` and `rollback`: which pack runs, for everybody on this database.

mod judge;
pub(super) mod told;

use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use crate::desk::DeskError;
use crate::desk::past::{Gathered, Which};
use crate::desk::publishing::{self, Note};
use crate::library;
use crate::policy::compare::{self, Change, Version, Weight};
use crate::policy::finding::Severity;
use crate::store::{Publication, Store, Turn};

use super::{Failure, Format, Settings, open, print, replay};

use told::{counted, short};

/// How many past tickets are played before a pack is published.
const PAST: usize = 200;

/// Check the pack, try it, say what changes, and let it run.
///
/// It reads flows/ and rules/, checks them, tells their scenarios, and says in plain sentences what is otherwise than what
/// runs now. What takes away a proof, a confirmation or time to say no comes first. It plays the last 200 requests
/// through the new pack and says how many would go another way. Then new requests begin under it: a desk that runs takes
/// it within a second, without a restart. Requests under way keep the pack that they began with.
///
/// From the first time on, a running desk follows what is published, and no longer the folder. A pack with a fault changes
/// nothing (exit code 1). If somebody else has published meanwhile, nothing is kept (exit code 75): look again.
#[derive(Debug, Args)]
pub(super) struct Publish {
    /// What the change is for, in a sentence.
    #[arg(long, value_name = "TEXT", default_value = "")]
    note: String,
    /// Who publishes. Without it, the name of whoever is logged in.
    #[arg(long = "as", value_name = "WHO", env = "USER", hide_env = true, default_value = "somebody")]
    who: String,
    /// Only say what would change.
    #[arg(long)]
    dry_run: bool,
}

/// Go back to the pack that ran before, or to another one.
///
/// New requests begin under it from now on; a desk that runs takes it within a second. Requests under way keep the pack
/// that they began with. Without a name it is the pack that ran before the present one was published; a second rollback
/// goes back one more.
#[derive(Debug, Args)]
pub(super) struct Rollback {
    /// The pack: its digest, or the beginning of it. `caredesk packs` lists them.
    digest: Option<String>,
    /// The number of a publication whose pack shall run again.
    #[arg(long, value_name = "N", conflicts_with = "digest")]
    to: Option<u64>,
    /// Why, in a sentence.
    #[arg(long, value_name = "TEXT")]
    note: String,
    /// Who goes back. Without it, the name of whoever is logged in.
    #[arg(long = "as", value_name = "WHO", env = "USER", hide_env = true, default_value = "somebody")]
    who: String,
    /// Only say what would change.
    #[arg(long)]
    dry_run: bool,
}

/// The last line, for programs.
#[derive(Debug, Serialize)]
struct Row<'a> {
    published: bool,
    kind: Turn,
    pack: &'a str,
    ran_before: Option<&'a str>,
    number: Option<u64>,
    changes: usize,
    guards: usize,
    warnings: usize,
    scenarios: usize,
    under_way: u64,
    at_steps_gone: usize,
    replayed: Option<Replayed>,
}

/// What past requests would do.
#[derive(Debug, Clone, Copy, Serialize)]
struct Replayed {
    tickets: usize,
    otherwise: usize,
    not_replayable: usize,
}

impl Publish {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let store = open::store(settings).await?;
        // Before anything is looked at: what is published meanwhile must not be missed.
        let seen = store.seen().await?;
        let judged = judge::folder(settings)?;
        let turn = Turn::Publish;
        let about = About { turn, who: &self.who, note: &self.note, dry_run: self.dry_run };
        if seen.number > 0 && seen.current.as_ref() == Some(&judged.running.pack.digest) {
            return nothing(settings.format, &judged, turn, self.dry_run);
        }
        about.go(settings, &store, &seen, &judged).await
    }
}

impl Rollback {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let store = open::known_store(settings).await?;
        let seen = store.seen().await?;
        let digest = match (&self.digest, self.to) {
            (Some(written), _) => publishing::named(&store, written).await?,
            (None, Some(number)) => {
                let row = store.published().await?.into_iter().find(|row| row.number == number);
                row.ok_or_else(|| Failure::Usage(format!("there is no publication {number}")))?.pack
            }
            (None, None) => publishing::before(&store).await?,
        };
        let judged = judge::kept(publishing::kept(&store, &digest).await?);
        let about = About { turn: Turn::Rollback, who: &self.who, note: &self.note, dry_run: self.dry_run };
        if seen.number > 0 && seen.current.as_ref() == Some(&digest) {
            return nothing(settings.format, &judged, Turn::Rollback, self.dry_run);
        }
        about.go(settings, &store, &seen, &judged).await
    }
}

/// What is asked for, and by whom.
struct About<'a> {
    turn: Turn,
    who: &'a str,
    note: &'a str,
    dry_run: bool,
}

impl About<'_> {
    async fn go(
        &self,
        settings: &Settings,
        store: &Store,
        seen: &crate::store::Seen,
        judged: &judge::Judged,
    ) -> Result<(), Failure> {
        let now = open::clock(settings).now();
        let before = match &seen.current {
            // What ran may be too old for this version of the program; it can still be replaced.
            Some(digest) => publishing::kept(store, digest).await.ok(),
            None => None,
        };
        let changes = before.as_ref().map(|before| between(before, &judged.running)).unwrap_or_default();
        let gone = match &before {
            Some(before) => at_steps_gone(store, before, &judged.running).await?,
            None => 0,
        };
        let under_way: u64 = store.packs().await?.iter().map(|kept| kept.open).sum();
        if settings.format == Format::Text {
            let last = store.last_published().await?;
            print::text(&heading(seen.current.as_ref().map(|it| it.0.as_str()), last.as_ref(), before.is_some()))?;
        }
        told::changes(&changes, settings.format)?;
        let played = match self.turn {
            Turn::Publish => played(settings, judged, now).await?,
            Turn::Rollback => None,
        };
        let number = match self.dry_run {
            true => None,
            false => Some(self.keep(store, seen, judged, now).await?),
        };
        let row = Row {
            published: number.is_some(),
            kind: self.turn,
            pack: &judged.running.pack.digest.0,
            ran_before: seen.current.as_ref().map(|digest| digest.0.as_str()),
            number,
            changes: changes.len(),
            guards: changes.iter().filter(|change| change.weight == Weight::Guard).count(),
            warnings: judged.warnings,
            scenarios: judged.scenarios,
            under_way,
            at_steps_gone: gone,
            replayed: played,
        };
        match settings.format {
            Format::Json => print::json(&row),
            Format::Text => print::text(&in_words(&row)),
        }
    }

    async fn keep(
        &self,
        store: &Store,
        seen: &crate::store::Seen,
        judged: &judge::Judged,
        at: Timestamp,
    ) -> Result<u64, Failure> {
        let note = Note { turn: self.turn, who: self.who, note: self.note, at };
        match publishing::publish(store, &judged.running, seen, note).await? {
            Ok(row) => Ok(row.number),
            Err(last) => {
                let who = last.map_or_else(
                    || "the pack that runs has changed".to_owned(),
                    |last| format!("{} has published {}", last.who, short(&last.pack.0)),
                );
                Err(Failure::TryLater(format!("meanwhile {who}; what you compared with runs no more")))
            }
        }
    }
}

/// What is otherwise in a pack.
pub(super) fn between(before: &library::Running, after: &library::Running) -> Vec<Change> {
    compare::changes(
        Version { pack: &before.pack, files: &before.files },
        Version { pack: &after.pack, files: &after.files },
    )
}

/// How many requests under way stand at a step that the new pack does not have.
async fn at_steps_gone(store: &Store, before: &library::Running, after: &library::Running) -> Result<usize, Failure> {
    let gone = compare::steps_gone(&before.pack, &after.pack);
    if gone.is_empty() {
        return Ok(0);
    }
    let mut count = 0;
    for row in store.tickets(crate::store::TicketFilter::Open).await? {
        let Some(ticket) = store.ticket(&row.reference).await? else { continue };
        let stands = ticket.frames.iter().any(|frame| gone.contains(&(frame.flow.clone(), frame.step.clone())));
        count += usize::from(stands && ticket.pack == before.pack.digest);
    }
    Ok(count)
}

/// Plays the last requests through the new pack.
async fn played(settings: &Settings, judged: &judge::Judged, until: Timestamp) -> Result<Option<Replayed>, Failure> {
    let store = open::store(settings).await?;
    if store.tickets(crate::store::TicketFilter::All).await?.is_empty() {
        return Ok(None);
    }
    drop(store);
    let desk = match open::kept_desk(settings, open::clock(settings), open::delivering(true)).await {
        Ok(desk) => desk,
        // What runs cannot be read by this version of the program, and nothing is lost by not playing it.
        Err(_) => return Ok(None),
    };
    let gathered: Gathered = replay::under(&desk, &judged.running, &Which::Last(PAST), until).await?;
    Ok(Some(Replayed {
        tickets: gathered.tickets,
        otherwise: gathered.otherwise,
        not_replayable: gathered.not.values().map(Vec::len).sum(),
    }))
}

fn nothing(format: Format, judged: &judge::Judged, kind: Turn, dry_run: bool) -> Result<(), Failure> {
    let pack = &judged.running.pack.digest.0;
    match format {
        Format::Json => print::json(&Row {
            published: false,
            kind,
            pack,
            ran_before: Some(pack),
            number: None,
            changes: 0,
            guards: 0,
            warnings: judged.warnings,
            scenarios: judged.scenarios,
            under_way: 0,
            at_steps_gone: 0,
            replayed: None,
        }),
        Format::Text => {
            let done = if dry_run { "would change" } else { "has changed" };
            print::text(&format!("{} runs already. Nothing {done}.", short(pack)))
        }
    }
}

fn heading(current: Option<&str>, last: Option<&Publication>, readable: bool) -> String {
    match (current, last) {
        (None, _) => "Nothing ran here before.".into(),
        (Some(digest), _) if !readable => format!(
            "What runs now ({}) cannot be read by this version of the program, so that it cannot be compared.",
            short(digest)
        ),
        (Some(digest), None) => {
            format!("Compared with what runs now: {}, followed from the folder.", short(digest))
        }
        (Some(digest), Some(last)) => format!(
            "Compared with what runs now: {}, number {}, by {} at {}.",
            short(digest),
            last.number,
            last.who,
            last.at
        ),
    }
}

fn in_words(row: &Row<'_>) -> String {
    let mut lines = Vec::new();
    if row.kind == Turn::Publish {
        let warnings = counted(row.warnings, "warning", "warnings");
        lines.push(format!("The checker gives {warnings} and no error. All {} scenarios pass.", row.scenarios));
    }
    if row.under_way > 0 {
        let requests = usize::try_from(row.under_way).unwrap_or(usize::MAX);
        let requests = counted(requests, "request is", "requests are");
        lines.push(format!("{requests} under way; they keep the pack that they began with."));
    }
    if row.at_steps_gone > 0 {
        let they = counted(row.at_steps_gone, "of them stands", "of them stand");
        lines.push(format!("{they} at a step that is not there any more."));
    }
    if let Some(played) = row.replayed {
        lines.push(format!(
            "Of the last {}, {} would go another way{}. `caredesk replay --last {PAST}` says which.",
            counted(played.tickets, "request", "requests"),
            played.otherwise,
            match played.not_replayable {
                0 => String::new(),
                not => format!(", and {not} cannot be played"),
            }
        ));
    }
    lines.push(match (row.number, row.kind) {
        (None, _) => "Nothing was published: this was a trial.".to_owned(),
        (Some(number), Turn::Publish) => format!(
            "Published {} as number {number}: new requests begin under it from now on. `caredesk rollback` goes back.",
            short(row.pack)
        ),
        (Some(number), Turn::Rollback) => {
            format!("Went back to {} as number {number}: new requests begin under it from now on.", short(row.pack))
        }
    });
    lines.join("\n")
}

/// How many findings only warn.
fn warnings(findings: &[crate::policy::finding::Finding]) -> usize {
    findings.iter().filter(|finding| finding.severity == Severity::Warning).count()
}

impl From<library::LibraryError> for Failure {
    fn from(error: library::LibraryError) -> Self {
        DeskError::Library(error).into()
    }
}
