//! `serve`: runs the desk.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinSet;

use crate::chat::telegram::Telegram;
use crate::clock::Clock;
use crate::desk::follow::{Follower, Look};
use crate::desk::inbox::Inbox;
use crate::desk::lmtp::LmtpDoor;
use crate::desk::post::{Post, Texting};
use crate::desk::stop::{Stop, stopper};
use crate::desk::{Delivering, Desk};
use crate::fault::{self, Point};
use crate::mail::recipients::Recipients;
use crate::policy::world::World;
use crate::web::settings::{Origin, WebSettings};
use crate::web::{Web, WebDoor};

use super::place::Place;
use super::{Failure, Format, Settings, complain, open, print};

/// How often the pack's folder is looked into when no mail comes.
const LOOK_AT_PACK: Duration = Duration::from_secs(1);
/// How long the parts of the desk have to finish what they have begun.
const GRACE: Duration = Duration::from_secs(30);
/// Where the chat page is when nobody says anything else: on this machine alone.
const HTTP: &str = "127.0.0.1:8080";
/// Any port that is free.
const ANY: &str = "127.0.0.1:0";

/// Run the desk: take mail from DATA/inbox, keep the clocks, follow edits of the pack.
///
/// Once something was published on this database, it follows what is published, and no longer the folder.
///
/// Drop a mail as a file into DATA/inbox: write it under a name that begins with a dot and rename it when it is whole.
/// Letters appear in DATA/sent. Stop with Ctrl-C.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// Load the pack's made-up organisations and accounts, if the directory is empty.
    #[arg(long)]
    sample: bool,
    /// Where the chat page is: HOST:PORT, port 0 for any that is free, or off. Without it, as the settings' file says, else
    /// 127.0.0.1:8080.
    #[arg(long, value_name = "ADDR", env = "CAREDESK_HTTP")]
    http: Option<Place>,
    /// Where a mail server hands mail over by LMTP: HOST:PORT, port 0 for any that is free, or off. Without it, as the
    /// settings' file says.
    #[arg(long, value_name = "ADDR", env = "CAREDESK_LMTP")]
    lmtp: Option<Place>,
    /// Where mail comes in by SMTP. This version has no such door yet.
    #[arg(long, value_enum, default_value_t = Listener::Off)]
    smtp: Listener,
}

/// Where a door listens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Listener {
    /// Nowhere.
    Off,
}

impl Listener {
    /// The address at which it listens.
    fn address(self) -> Option<String> {
        match self {
            Listener::Off => None,
        }
    }
}

/// The one line that says that the desk is ready.
#[derive(Debug, Serialize)]
struct Ready {
    ready: bool,
    http: Option<String>,
    lmtp: Option<String>,
    smtp: Option<String>,
    pack: String,
    database: String,
    inbox: String,
}

impl Serve {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let boundary = settings.boundary()?;
        let clock = settings.now.map_or(Clock::System, Clock::starting_at);
        let mut desk = open::desk(settings, clock, Delivering::Beside(Notify::new())).await?;
        desk.follower = Some(Follower::new(tell_look));
        tracing::info!(%boundary, "whose word about senders is taken");
        desk.boundary = boundary;
        if self.sample {
            load_sample(&desk).await?;
        }
        let desk = Arc::new(desk);
        let inbox = Inbox::open(&settings.data).map_err(|error| Failure::TryLater(error.to_string()))?;
        let lmtp = self.lmtp_place(settings)?.lmtp().await?;
        let web = match self.http_place(settings)? {
            Some(place) => place.web().await?,
            None => usual_web().await?,
        };
        let web_settings = web_settings(settings)?;
        say_ways(&desk).await?;
        say_alone(&desk).await?;
        let telegram = telegram(settings, &desk).await?;
        let signal = stop_signal();
        // Before anybody can open a page: what is said from here on rings for it.
        let mark = desk.chat_mark().await?;
        self.say_ready(settings, &desk, inbox.folder(), lmtp.as_ref(), web.as_ref())?;

        let (stopper, stop) = stopper();
        let mut parts = JoinSet::new();
        parts.spawn(keep_following(Arc::clone(&desk), stop.clone()));
        parts.spawn(inbox.run(Arc::clone(&desk), stop.clone()));
        if let Some(door) = lmtp {
            parts.spawn(door.run(Arc::clone(&desk), stop.clone()));
        }
        if let Some(door) = web {
            let pages = Arc::new(Web::new(Arc::clone(&desk), web_settings, stop.clone()));
            parts.spawn(door.run(pages));
        }
        parts.spawn({
            let (desk, stop) = (Arc::clone(&desk), stop.clone());
            async move { desk.keep_ringing(mark, stop).await }
        });
        parts.spawn({
            let (desk, stop) = (Arc::clone(&desk), stop.clone());
            async move { desk.keep_firing(stop).await }
        });
        parts.spawn({
            let (desk, stop) = (Arc::clone(&desk), stop.clone());
            desk.keep_delivering(stop)
        });
        parts.spawn({
            let (desk, stop) = (Arc::clone(&desk), stop.clone());
            async move { desk.keep_deleting(stop).await }
        });
        parts.spawn({
            let (desk, stop) = (Arc::clone(&desk), stop.clone());
            async move { desk.keep_telling(stop).await }
        });
        if let Some((telegram, listener)) = telegram {
            parts.spawn(telegram.run(listener, stop.clone()));
        }
        let ended = tokio::select! {
            () = signal => None,
            ended = parts.join_next() => ended,
        };
        if let Some(Err(error)) = &ended {
            // Each part catches its own trouble: what still ends one is a fault of ours, and half a desk serves nobody.
            tracing::error!(%error, "a part of the desk has ended; the desk stops");
        }
        fault::at(Point::StopAsked);
        stopper.ask();
        let all = async { while parts.join_next().await.is_some() {} };
        if tokio::time::timeout(GRACE, all).await.is_err() {
            tracing::warn!(
                "not all work under way came to an end in time; what was not kept is tried again at the next start"
            );
        }
        fault::at(Point::StopFinished);
        desk.store.close().await;
        fault::at(Point::StopClosed);
        match ended {
            None => Ok(()),
            Some(_) => Err(Failure::Other("the desk could not go on".into())),
        }
    }

    fn lmtp_place(&self, settings: &Settings) -> Result<Place, Failure> {
        match (&self.lmtp, settings.config()?.lmtp) {
            (Some(place), _) => Ok(place.clone()),
            (None, Some(place)) => place.parse().map_err(|why| Failure::Usage(format!("`lmtp: {place}`: {why}"))),
            (None, None) => Ok(Place::Off),
        }
    }

    fn http_place(&self, settings: &Settings) -> Result<Option<Place>, Failure> {
        match (&self.http, settings.config()?.http) {
            (Some(place), _) => Ok(Some(place.clone())),
            (None, Some(place)) => match place.parse() {
                Ok(place) => Ok(Some(place)),
                Err(why) => Err(Failure::Usage(format!("`http: {place}`: {why}"))),
            },
            (None, None) => Ok(None),
        }
    }

    fn say_ready(
        &self,
        settings: &Settings,
        desk: &Desk,
        inbox: &Path,
        lmtp: Option<&LmtpDoor>,
        web: Option<&WebDoor>,
    ) -> Result<(), Failure> {
        let ready = Ready {
            ready: true,
            http: web.map(|door| format!("http://{}/", door.address())),
            lmtp: lmtp.map(|door| door.address().to_string()),
            smtp: self.smtp.address(),
            pack: desk.packs.current().pack.digest.to_string(),
            database: open::database(settings)?.display().to_string(),
            inbox: inbox.display().to_string(),
        };
        match settings.format {
            Format::Json => print::json(&ready),
            Format::Text => {
                let lmtp = ready.lmtp.map(|place| format!(" Mail comes in by LMTP at {place}.")).unwrap_or_default();
                let letters = match &desk.post {
                    Post::Folder => format!("letters appear in {}", settings.data.join("sent").display()),
                    Post::Relay(mailer) => format!("letters go by {}", mailer.relay.address()),
                };
                let texts = match &desk.texting {
                    Texting::Folder => String::new(),
                    Texting::Service(texter) => format!("; texts go by {}", texter.service.address()),
                };
                let chat = ready.http.map(|url| format!(" The chat page is at {url}")).unwrap_or_default();
                print::text(&format!(
                    "The desk is ready.{chat}{lmtp} Drop mail into {}; {letters}{texts}. Stop with Ctrl-C.",
                    ready.inbox
                ))
            }
        }
    }
}

/// The door of the pages at its usual place; if another program is there, at any that is free. A place that somebody named
/// is another matter: it must be that one.
async fn usual_web() -> Result<Option<WebDoor>, Failure> {
    match WebDoor::open(HTTP).await {
        Ok(door) => Ok(Some(door)),
        Err(error) => {
            complain(&format!(
                "the usual place of the chat page, {HTTP}, cannot be had ({error}); it gets another. `--http HOST:PORT` \
                 names one, and `--http off` leaves it out"
            ));
            Place::At(ANY.to_owned()).web().await
        }
    }
}

/// What the operator has settled about the pages.
fn web_settings(settings: &Settings) -> Result<WebSettings, Failure> {
    let config = settings.config()?;
    let origin = |(place, text): &(String, String)| {
        Origin::parse(text).map_err(|why| Failure::Usage(format!("the settings are not right:\n  {place}: {why}")))
    };
    let settings = WebSettings {
        public: config.public_url.as_ref().map(origin).transpose()?,
        frames: config.frames.iter().map(origin).collect::<Result<_, _>>()?,
        behind_proxy: config.behind_proxy,
    };
    if !settings.frames.is_empty() && !settings.is_secure() {
        return Err(Failure::Usage(
            "`frames` needs a `public_url` that begins with https: browsers keep no cookie of a framed page without it"
                .into(),
        ));
    }
    Ok(settings)
}

/// The bot by which people chat with the desk, if the settings name one, and where it listens.
async fn telegram(
    settings: &Settings,
    desk: &Arc<Desk>,
) -> Result<Option<(Arc<Telegram>, Option<TcpListener>)>, Failure> {
    let Some(bot) = settings.config()?.telegram else { return Ok(None) };
    let telegram = Telegram::new(Arc::clone(desk), bot).await.map_err(|error| Failure::Usage(error.to_string()))?;
    let listener = telegram.listener().await.map_err(|error| Failure::TryLater(error.to_string()))?;
    Ok(Some((telegram, listener)))
}

/// Says at every start to whom letters and texts go: an operator must not find out by whom they have reached.
async fn say_ways(desk: &Desk) -> Result<(), Failure> {
    if let Post::Relay(mailer) = &desk.post {
        say_way(desk, "letters", &mailer.relay.address().to_string(), &mailer.recipients).await?;
    }
    if let Texting::Service(texter) = &desk.texting {
        say_way(desk, "texts", &texter.service.address().to_string(), &texter.recipients).await?;
    }
    Ok(())
}

async fn say_way(desk: &Desk, what: &str, by: &str, recipients: &Recipients) -> Result<(), Failure> {
    let only = match recipients {
        Recipients::Everybody => {
            complain(&format!("LIVE: {what} go to everybody, by {by}"));
            return Ok(());
        }
        Recipients::Only(patterns) => patterns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    };
    let whom =
        if only.is_empty() { "to nobody, for only_to names no address".to_owned() } else { format!("only to {only}") };
    let held = match desk.store.letters_held().await? {
        0 => "none is held back".to_owned(),
        1 => "1 is held back".to_owned(),
        held => format!("{held} are held back"),
    };
    complain(&format!(
        "NOT LIVE: {what} go {whom}, by {by}; {held}. `caredesk outbox list` shows them. Set `live: true` (or --live) \
         when the desk may write to everybody"
    ));
    Ok(())
}

/// Says of which work nobody is told.
async fn say_alone(desk: &Desk) -> Result<(), Failure> {
    if desk.store.agents().await?.is_empty() {
        tracing::warn!("no agent is listed: nobody is told of new work; see `caredesk agent add`");
        return Ok(());
    }
    for queue in desk.queues_without_agents().await? {
        tracing::warn!(queue, "this queue has nobody to tell of its work");
    }
    Ok(())
}

/// Listens for the signals from now on; what it gives waits for one of them.
fn stop_signal() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let signals = (signal(SignalKind::terminate()), signal(SignalKind::interrupt()));
    async move {
        match signals {
            (Ok(mut terminate), Ok(mut interrupt)) => {
                tokio::select! {
                    _ = terminate.recv() => {}
                    _ = interrupt.recv() => {}
                }
            }
            // Without signals the desk runs until it is killed, which its store survives.
            _ => std::future::pending().await,
        }
    }
}

async fn load_sample(desk: &Desk) -> Result<(), Failure> {
    if !desk.store.directory_is_empty().await? {
        return Ok(());
    }
    let running = desk.packs.current();
    let Some(text) = running.files.get("flows/world.yaml") else {
        complain("the pack has no flows/world.yaml to load as a sample");
        return Ok(());
    };
    let world =
        World::from_yaml(text).map_err(|faults| Failure::Other(format!("flows/world.yaml: {}", faults.join("; "))))?;
    desk.store.directory_import(&world, desk.clock.now()).await?;
    tracing::info!(
        organisations = world.organisations.len(),
        accounts = world.accounts.len(),
        "the sample directory was loaded"
    );
    Ok(())
}

/// Looks for edits of the pack also while no mail comes, so that an author hears of a fault at once.
async fn keep_following(desk: Arc<Desk>, mut stop: Stop) {
    while !stop.sleep(LOOK_AT_PACK).await {
        desk.follow().await;
    }
}

/// Says what came of an edit.
fn tell_look(look: &Look) {
    match look {
        Look::Same => {}
        Look::Taken(digest) => {
            tracing::info!(pack = digest, "an edit of the pack takes new messages from now on");
        }
        Look::Refused(findings, files) => {
            for finding in findings {
                complain(&print::finding(finding, files));
            }
            tracing::error!(findings = findings.len(), "an edit of the pack is refused; the last good pack stays");
        }
        Look::Fails(failed) => {
            for failure in failed {
                complain(failure);
            }
            tracing::error!(
                scenarios = failed.len(),
                "an edit of the pack fails its scenarios; the last good pack stays"
            );
        }
        Look::Unreadable(why) => {
            tracing::error!(why, "the pack's folder cannot be read; the last good pack stays");
        }
        Look::Published(published) => {
            let (pack, who, note) = (&published.pack.0, &published.who, &published.note);
            tracing::info!(pack, who, note, "a published pack takes new messages from now on");
        }
        Look::Apart(published) => {
            tracing::warn!(
                pack = published.pack.0,
                "the pack's folder is not what was published, and is not followed; `caredesk publish` takes it"
            );
        }
        Look::CannotRun(why) => {
            tracing::error!(why, "what was published cannot run here; the last good pack stays");
        }
    }
}
