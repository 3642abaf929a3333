//! `tick`: fires everything that is due.

use clap::Args;
use serde::Serialize;

use crate::desk::SentLetter;

use super::{Failure, Format, Settings, open, print};

/// Fire everything that is due at --now, in due order, and what that makes due.
#[derive(Debug, Args)]
pub(super) struct Tick {
    /// Leave letters in the outbox.
    #[arg(long)]
    no_send: bool,
}

/// A letter to an agent, for programs.
#[derive(Debug, Serialize)]
struct Told<'a> {
    ticket: Option<String>,
    what: &'static str,
    letters: [&'a SentLetter; 1],
}

impl Tick {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let desk = open::kept_desk(settings, open::clock(settings), open::delivering(self.no_send)).await?;
        let mut all = Vec::new();
        desk.fire_due(|fired| all.push(fired)).await?;
        for fired in &all {
            match settings.format {
                Format::Json => print::json(fired)?,
                Format::Text => {
                    let what = match fired.clock {
                        Some(clock) => format!("a stage of the clock {}", clock.name()),
                        None if fired.what == "remind" => "a reminder".to_owned(),
                        None => "the end of a wait".to_owned(),
                    };
                    print::text(&format!("{}: {what} was due at {}.", fired.ticket, fired.due))?;
                    print::said(&fired.said)?;
                }
            }
        }
        for letter in desk.tell_agents().await? {
            match settings.format {
                Format::Json => print::json(&Told { ticket: None, what: "notices", letters: [&letter] })?,
                Format::Text => print::text(&format!("{} is told: {}.", letter.to, letter.subject))?,
            }
        }
        // What waited for its next try may be due by now, whether a timer was or not.
        desk.deliver_after_commit(desk.clock.now()).await;
        desk.delete_old_chats().await?;
        for mail in desk.delete_old_bytes().await? {
            if settings.format == Format::Text {
                print::text(&format!("Mail {mail} in quarantine: its bytes were deleted, for their time is over."))?;
            }
        }
        if all.is_empty() && settings.format == Format::Text {
            print::text("Nothing is due.")?;
        }
        Ok(())
    }
}
