//! `targets`: what was promised, to tickets under way and in hindsight.

mod chart;
mod report;

use clap::Subcommand;

use crate::desk::recalculate::{Moved, Which};

use super::{Failure, Format, Settings, open, print};

/// What was promised, and what became of it.
#[derive(Debug, Subcommand)]
pub(super) enum TargetsCommand {
    /// Measure the promises of open tickets anew, by the pack as it is now.
    ///
    /// A ticket keeps the promises with which it began. After an edit of calendars or targets this moves the due times of
    /// those clocks that say `policy_edit: open_tickets`. What is met or missed for good never changes.
    Recalculate {
        /// Only list what would change.
        #[arg(long)]
        dry_run: bool,
        /// All clocks, whatever they say.
        #[arg(long)]
        all: bool,
    },
    Report(report::ReportCommand),
}

impl TargetsCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        match self {
            TargetsCommand::Recalculate { dry_run, all } => recalculate(settings, dry_run, all).await,
            TargetsCommand::Report(report) => report.run(settings).await,
        }
    }
}

async fn recalculate(settings: &Settings, dry_run: bool, all: bool) -> Result<(), Failure> {
    let which = if all { Which::All } else { Which::AsTheySay };
    let desk = open::desk(settings, open::clock(settings), open::delivering(true)).await?;
    let mut rows = Vec::new();
    if dry_run {
        rows = desk.would_move(which).await?;
    } else {
        desk.recalculate(which, |moved| rows.push(moved)).await?;
    }
    match settings.format {
        Format::Json => rows.iter().try_for_each(print::json),
        Format::Text => print::text(&in_words(&rows, dry_run)),
    }
}

fn in_words(rows: &[Moved], dry_run: bool) -> String {
    if rows.is_empty() {
        return "No due time changes.".to_owned();
    }
    let verb = if dry_run { "would move" } else { "moved" };
    let line = |row: &Moved| {
        let task = row.task.map_or_else(String::new, |task| format!(" {task}"));
        format!("{}: {}{task} {verb} from {} to {}", row.ticket, row.clock.name(), row.was, row.due)
    };
    rows.iter().map(line).collect::<Vec<_>>().join("\n")
}
