//! Opens the desk for a command.

use std::path::{Path, PathBuf};

use crate::clock::Clock;
use crate::desk::packs::Packs;
use crate::desk::post::{Mailer, Post, Texter, Texting};
use crate::desk::{Delivering, Desk, DeskError};
use crate::mail::smtp::{Patience, Relay};
use crate::mail::{Boundary, MessageIds};
use crate::policy::finding::Finding;
use crate::store::{self, Mode, Store};
use crate::texts::Service;

use super::{Failure, Settings, print};

/// The clock that the settings ask for.
pub(super) fn clock(settings: &Settings) -> Clock {
    settings.now.map_or(Clock::System, Clock::Fixed)
}

/// Where what the examples teach is kept.
pub(super) fn models(settings: &Settings) -> PathBuf {
    settings.models.clone().unwrap_or_else(|| settings.data.join("models"))
}

/// When a command that ends delivers its letters.
pub(super) fn delivering(no_send: bool) -> Delivering {
    if no_send { Delivering::Never } else { Delivering::AtOnce }
}

/// The database of the desk's folder.
pub(super) async fn store(settings: &Settings) -> Result<Store, Failure> {
    let file = database(settings)?;
    Ok(Store::open_with(&settings.data, &file, Mode::ReadWrite, store::Settings::default()).await?)
}

/// The database of a desk that is there already.
pub(super) async fn known_store(settings: &Settings) -> Result<Store, Failure> {
    demand_database(settings)?;
    store(settings).await
}

/// Refuses where there is no desk yet: looking must make none.
pub(super) fn demand_database(settings: &Settings) -> Result<(), Failure> {
    let file = database(settings)?;
    if file.exists() {
        return Ok(());
    }
    Err(Failure::Usage(format!("there is no desk here: {} does not exist", file.display())))
}

/// The file of the database.
pub(super) fn database(settings: &Settings) -> Result<PathBuf, Failure> {
    let Some(url) = &settings.database else { return Ok(settings.data.join("caredesk.db")) };
    match url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
        Some(path) if !path.is_empty() => Ok(Path::new(path).to_owned()),
        _ => Err(Failure::Usage(format!(
            "cannot use the database {}: this version knows sqlite:PATH",
            without_secret(url)
        ))),
    }
}

/// The desk with the pack of the folder. Findings are printed; errors among them stop the command.
pub(super) async fn desk(settings: &Settings, clock: Clock, delivering: Delivering) -> Result<Desk, Failure> {
    let store = store(settings).await?;
    let opened = Packs::open(&settings.pack, &store, clock.now()).await?;
    with_packs(settings, clock, delivering, store, opened).await
}

/// The desk for work on tickets under way, with the last good pack that it has kept.
pub(super) async fn kept_desk(settings: &Settings, clock: Clock, delivering: Delivering) -> Result<Desk, Failure> {
    let store = store(settings).await?;
    let opened = Packs::open_kept(&settings.pack, &store, clock.now()).await?;
    with_packs(settings, clock, delivering, store, opened).await
}

async fn with_packs(
    settings: &Settings,
    clock: Clock,
    delivering: Delivering,
    store: Store,
    (packs, findings): (Packs, Vec<Finding>),
) -> Result<Desk, Failure> {
    let (post, texting) = ways_out(settings, &delivering)?;
    print::warnings(&findings, &packs.current().files);
    let domain = packs.current().pack.desk.own_address().rsplit('@').next().unwrap_or("localhost").to_owned();
    let key = store.signing_key().await.map_err(DeskError::Store)?;
    let ids = MessageIds::new(key, domain);
    Ok(Desk {
        store,
        packs,
        clock,
        data: settings.data.clone(),
        models: models(settings),
        ids,
        // Whoever reads mail says whose word is taken.
        boundary: Boundary::None,
        delivering,
        post,
        texting,
        follower: None,
        alarm: Default::default(),
        bell: Default::default(),
    })
}

/// How letters and texts leave the desk, as the operator's settings have it. Who delivers nothing needs none.
fn ways_out(settings: &Settings, delivering: &Delivering) -> Result<(Post, Texting), Failure> {
    let patience = match delivering {
        Delivering::Never => return Ok((Post::Folder, Texting::Folder)),
        Delivering::AtOnce => Patience::AT_ONCE,
        Delivering::Beside(_) => Patience::BESIDE,
    };
    let config = settings.config()?;
    let texting = match config.texts {
        None => Texting::Folder,
        Some((address, key)) => {
            let service = Service::new(address, key).map_err(Failure::Usage)?;
            Texting::Service(Box::new(Texter::new(service, config.recipients.clone())))
        }
    };
    let post = match config.relay {
        None => Post::Folder,
        Some(address) => {
            let relay = Relay::new(address, config.password, patience).map_err(Failure::Usage)?;
            Post::Relay(Mailer::new(relay, config.recipients))
        }
    };
    Ok((post, texting))
}

/// A URL without what stands before the `@`: it may be a password.
fn without_secret(url: &str) -> String {
    match url.rsplit_once('@') {
        Some((_, place)) => format!("…@{place}"),
        None => url.to_owned(),
    }
}
