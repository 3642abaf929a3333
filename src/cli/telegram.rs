//! `telegram`: what an operator does about the chat by Telegram.

use clap::{Args, Subcommand};

use crate::chat::telegram::link;

use super::{Failure, Settings, open, print};

/// Work for the chat by Telegram.
#[derive(Debug, Args)]
pub(super) struct TelegramCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Mail somebody a link that ties their chat to their address. It counts once, for an hour.
    ///
    /// The address must be known: in the directory, or of somebody who has written to us.
    Link {
        /// The address.
        address: String,
        /// Leave the letter in the outbox.
        #[arg(long)]
        no_send: bool,
    },
}

impl TelegramCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let What::Link { address, no_send } = self.what;
        let Some(bot) = settings.config()?.telegram else {
            return Err(Failure::Usage("no bot is settled; write `telegram:` into the settings' file".into()));
        };
        let desk = open::kept_desk(settings, open::clock(settings), open::delivering(no_send)).await?;
        link::mail_link(&desk, &bot, &address).await?;
        print::text("The link is on its way by mail. It counts once, for an hour.")
    }
}
