//! `message`: takes one chat message.

use clap::Args;

use crate::desk::chat::Spoken;

use super::{Failure, Format, Settings, complain, open, print};

/// Take one chat message.
#[derive(Debug, Args)]
pub(super) struct MessageCommand {
    /// Who writes: any id that stays the same for one person.
    #[arg(long, value_name = "ID")]
    from: String,
    /// A name for this message. A message whose name came before is a repeat, and says nothing twice.
    #[arg(long, value_name = "NAME")]
    key: Option<String>,
    /// What they write.
    text: String,
    /// Leave letters in the outbox.
    #[arg(long)]
    no_send: bool,
}

impl MessageCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let desk = open::desk(settings, open::clock(settings), open::delivering(self.no_send)).await?;
        let spoken = Spoken { key: self.key, ..Spoken::new(self.from, self.text) };
        let chatted = desk.take_chat(spoken).await?;
        match settings.format {
            Format::Json => print::json(&chatted)?,
            Format::Text => print::said(&chatted.said)?,
        }
        if let Err(error) = desk.heard(&chatted).await {
            // The message is kept and answered: to say "try later" now would have it said twice.
            complain(&format!("what was told may be told again: {error}"));
        }
        Ok(())
    }
}
