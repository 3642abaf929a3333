//! ASKS: the command line. One file a command; JSON on stdout, one object a line; everything else on stderr.

mod act;
mod agent;
mod backup;
mod calendar;
mod call;
mod chat;
mod check;
mod directory;
mod docs;
mod explain;
mod graph;
mod ingest;
mod ledger;
mod lsp;
mod message;
mod new;
mod open;
mod outbox;
mod packs;
mod place;
mod print;
mod publish;
mod quarantine;
mod replay;
mod restore;
mod route;
mod schema;
mod serve;
mod simulate;
mod targets;
mod telegram;
mod test;
mod tick;
mod ticket;
mod typed;
mod understanding;

use std::io::{IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::Timestamp;

use crate::config::{self, Asked, Config};
use crate::desk::DeskError;
use crate::mail::Boundary;
use crate::store::{BackupError, StoreError};

/// A helpdesk that is run by rules.
///
/// People mail or chat; flows in flows/ and rules in rules/ decide; agents do what only a person can do. The folders and
/// the database can also be named in the environment; see the options.
#[derive(Debug, Parser)]
#[command(name = "caredesk", version, max_term_width = 100, propagate_version = true)]
struct Cli {
    #[command(flatten)]
    settings: Settings,
    #[command(subcommand)]
    command: Command,
}

/// What every command may be told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Settings {
    /// The folder that holds flows/ and rules/.
    #[arg(long, global = true, value_name = "DIR", default_value = ".", env = "CAREDESK_PACK")]
    pub(crate) pack: PathBuf,
    /// The desk's own folder: its database, what was sent, what is under way.
    #[arg(long, global = true, value_name = "DIR", default_value = "./data", env = "CAREDESK_DATA")]
    pub(crate) data: PathBuf,
    /// The database: sqlite:PATH. Without it, caredesk.db in the desk's own folder.
    #[arg(long, global = true, value_name = "URL", env = "CAREDESK_DATABASE")]
    pub(crate) database: Option<String>,
    /// Where what the examples of the pack teach is kept, so that it is learnt once. Without it, models in the desk's own
    /// folder.
    #[arg(long, global = true, value_name = "DIR", env = "CAREDESK_MODELS")]
    pub(crate) models: Option<PathBuf>,
    /// The moment at which the command happens, such as 2026-03-02T09:00:00Z. Without it, now.
    #[arg(long, global = true, value_name = "RFC3339")]
    pub(crate) now: Option<Timestamp>,
    /// How results are printed.
    #[arg(long, global = true, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// The operator's settings. Without it, caredesk.yaml in the desk's own folder, if there is one.
    #[arg(long, global = true, value_name = "FILE", env = "CAREDESK_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// The relay that takes letters, such as smtp+starttls://desk@relay.example?password_file=FILE; `off` for none.
    ///
    /// A password never stands in it: it comes from a file, or from CAREDESK_RELAY_PASSWORD.
    // Shown by no help: the environment may hold what should not stand in a terminal.
    #[arg(long, global = true, value_name = "URL", env = "CAREDESK_RELAY", hide_env_values = true)]
    pub(crate) relay: Option<String>,
    /// The service that takes texts to mobiles, such as https://notify.example?template=ID&key_file=FILE; `off` for none.
    ///
    /// It is spoken to as GOV.UK Notify is. A key never stands in the address: it comes from a file, or from
    /// CAREDESK_TEXTS_KEY.
    #[arg(long, global = true, value_name = "URL", env = "CAREDESK_TEXTS", hide_env_values = true)]
    pub(crate) texts: Option<String>,
    /// Let letters and texts go to these addresses only, such as *@nhs.net or +447700900111; may be given several times.
    #[arg(long, global = true, value_name = "PATTERN", env = "CAREDESK_ONLY_TO", value_delimiter = ',')]
    pub(crate) only_to: Vec<String>,
    /// Let letters go to everybody.
    #[arg(
        long,
        global = true,
        value_name = "true|false",
        env = "CAREDESK_LIVE",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "true"
    )]
    pub(crate) live: Option<bool>,
    /// Whose word about senders is taken: none, or authserv-id:NAME with the name under which your mail server writes
    /// Authentication-Results; may be given several times.
    #[arg(long, global = true, value_name = "PROFILE", env = "CAREDESK_BOUNDARY", value_delimiter = ',')]
    pub(crate) boundary: Vec<String>,
}

impl Settings {
    /// The operator's settings, as the command line, the environment and the file have them.
    pub(crate) fn config(&self) -> Result<Config, Failure> {
        Config::read(&self.asked(), &self.data).map_err(|error| Failure::Usage(error.to_string()))
    }

    /// Whose word about senders is taken.
    pub(crate) fn boundary(&self) -> Result<Boundary, Failure> {
        config::boundary(&self.asked(), &self.data).map_err(|error| Failure::Usage(error.to_string()))
    }

    fn asked(&self) -> Asked {
        Asked {
            file: self.config.clone(),
            relay: self.relay.clone(),
            texts: self.texts.clone(),
            only_to: self.only_to.clone(),
            live: self.live,
            boundary: self.boundary.clone(),
        }
    }
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one JSON object a line.
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::Serve),
    Ingest(ingest::Ingest),
    Message(message::MessageCommand),
    Chat(chat::ChatCommand),
    Telegram(telegram::TelegramCommand),
    /// Say what first messages would start; changes nothing. Reads JSON lines from standard input.
    Route,
    Tick(tick::Tick),
    #[command(subcommand)]
    Targets(targets::TargetsCommand),
    /// See tickets, and work on them as an agent.
    #[command(subcommand)]
    Ticket(ticket::TicketCommand),
    Check(check::Check),
    Test(test::Test),
    Simulate(simulate::Simulate),
    New(new::New),
    Lsp(lsp::Lsp),
    Schema(schema::Schema),
    Graph(graph::Graph),
    Docs(docs::Docs),
    Publish(publish::Publish),
    Rollback(publish::Rollback),
    Packs(packs::Packs),
    Replay(replay::Replay),
    Explain(explain::Explain),
    #[command(subcommand)]
    Agent(agent::AgentCommand),
    /// Organisations and accounts.
    #[command(subcommand)]
    Directory(directory::DirectoryCommand),
    Ledger(ledger::Ledger),
    #[command(subcommand)]
    Calendar(calendar::CalendarCommand),
    #[command(subcommand)]
    Quarantine(quarantine::QuarantineCommand),
    Backup(backup::Backup),
    Restore(restore::Restore),
    /// Letters and how they stand.
    #[command(subcommand)]
    Outbox(outbox::OutboxCommand),
}

/// Why a command ends without success.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Findings, failing scenarios, a pack that cannot run: 1. What was found has been printed.
    Findings,
    /// The command was asked for something that is not possible: 2.
    Usage(String),
    /// Nothing was kept; the same may work later: 75.
    TryLater(String),
    /// Anything else: 1.
    Other(String),
}

impl From<DeskError> for Failure {
    fn from(error: DeskError) -> Self {
        match error {
            DeskError::Library(error) => {
                print::library_error(&error);
                Failure::Findings
            }
            DeskError::Refused(why) => Failure::Usage(why),
            error if error.try_later() => Failure::TryLater(error.to_string()),
            error => Failure::Other(error.to_string()),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        DeskError::Store(error).into()
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Store(error) => error.into(),
            BackupError::Refused(why) => Failure::Usage(why),
            BackupError::Damaged(why) => Failure::Other(why),
            error @ BackupError::File { .. } => Failure::TryLater(error.to_string()),
        }
    }
}

/// Runs the program and gives its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no faults; clap knows which stream and code are right.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    start_log();
    // The words of a panic may hold what somebody wrote: only its place is told.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "an internal fault");
    }));
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            complain(&format!("cannot start: {error}"));
            return ExitCode::from(75);
        }
    };
    let result = runtime.block_on(run(cli));
    // A worker that the watchdog gave up on must not keep the process.
    runtime.shutdown_background();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => exit_code(failure),
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let settings = cli.settings;
    match cli.command {
        Command::Serve(serve) => serve.run(&settings).await,
        Command::Ingest(ingest) => ingest.run(&settings).await,
        Command::Message(message) => message.run(&settings).await,
        Command::Chat(chat) => chat.run(&settings).await,
        Command::Telegram(telegram) => telegram.run(&settings).await,
        Command::Route => route::run(&settings),
        Command::Tick(tick) => tick.run(&settings).await,
        Command::Targets(targets) => targets.run(&settings).await,
        Command::Ticket(ticket) => ticket.run(&settings).await,
        Command::Check(check) => check.run(&settings),
        Command::Test(test) => test.run(&settings),
        Command::New(new) => new.run(&settings),
        Command::Schema(schema) => schema.run(&settings),
        Command::Lsp(lsp) => lsp.run(&settings),
        Command::Simulate(simulate) => simulate.run(&settings),
        Command::Graph(graph) => graph.run(&settings),
        Command::Docs(docs) => docs.run(&settings),
        Command::Publish(publish) => publish.run(&settings).await,
        Command::Rollback(rollback) => rollback.run(&settings).await,
        Command::Packs(packs) => packs.run(&settings).await,
        Command::Replay(replay) => replay.run(&settings).await,
        Command::Explain(explain) => explain.run(&settings).await,
        Command::Agent(agent) => agent.run(&settings).await,
        Command::Directory(directory) => directory.run(&settings).await,
        Command::Calendar(calendar) => calendar.run(&settings),
        Command::Ledger(ledger) => ledger.run(&settings).await,
        Command::Backup(backup) => backup.run(&settings).await,
        Command::Restore(restore) => restore.run(&settings).await,
        Command::Quarantine(quarantine) => quarantine.run(&settings).await,
        Command::Outbox(outbox) => outbox.run(&settings).await,
    }
}

fn exit_code(failure: Failure) -> ExitCode {
    match failure {
        Failure::Findings => ExitCode::from(1),
        Failure::Other(why) => {
            complain(&why);
            ExitCode::from(1)
        }
        Failure::Usage(why) => {
            complain(&why);
            ExitCode::from(2)
        }
        Failure::TryLater(why) => {
            complain(&format!("{why}. Nothing was kept; try again later"));
            ExitCode::from(75)
        }
    }
}

/// Tells the operator on stderr. A closed stderr is not worth stopping for.
pub(crate) fn complain(words: &str) {
    let _ = writeln!(std::io::stderr(), "caredesk: {words}");
}

fn start_log() {
    let filter = tracing_subscriber::EnvFilter::try_from_env("CAREDESK_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("caredesk=info,warn"));
    let colours = std::io::stderr().is_terminal();
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(colours)
        .init();
}
