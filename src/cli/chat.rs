//! `chat`: a chat with the desk in a terminal.

use std::io::{self, IsTerminal as _, Write as _};

use clap::Args;

use crate::desk::Desk;
use crate::desk::chat::{Chatted, Spoken};

use super::typed::{Typed, typed};
use super::{Failure, Format, Settings, complain, open, print};

/// Chat with the desk in this terminal: each line is a message, a number picks a choice.
///
/// It is a real chat: requests that it opens are kept, and agents see them. To try a flow without keeping anything, use
/// `caredesk simulate`. Scripts give one message a line; with `--format json` each is answered by one line. The end of
/// the input (Ctrl-D) ends it; the same `--from` goes on with it later.
#[derive(Debug, Args)]
pub(super) struct ChatCommand {
    /// Who chats: any id that stays the same for one person.
    #[arg(long, value_name = "ID", default_value = "terminal")]
    from: String,
    /// Leave letters in the outbox.
    #[arg(long)]
    no_send: bool,
}

impl ChatCommand {
    pub(super) async fn run(self, settings: &Settings) -> Result<(), Failure> {
        let desk = open::desk(settings, open::clock(settings), open::delivering(self.no_send)).await?;
        let by_hand = io::stdin().is_terminal() && settings.format == Format::Text;
        if by_hand {
            print::text(&format!("This is {}. What can we do for you?", desk.packs.current().pack.desk.name))?;
        }
        let mut choices = Vec::new();
        loop {
            if by_hand {
                let mut out = io::stdout().lock();
                let _ = write!(out, "\n> ").and_then(|()| out.flush());
            }
            let line = match typed()? {
                Typed::End => return if by_hand { print::text("") } else { Ok(()) },
                Typed::Unusable(why) => {
                    complain(&why);
                    continue;
                }
                Typed::Line(line) if line.trim().is_empty() => continue,
                Typed::Line(line) => line,
            };
            if !by_hand && settings.format == Format::Text {
                print::text(&format!("\n> {line}"))?;
            }
            let chatted = self.say(&desk, picked(&line, &choices)).await?;
            show(&chatted, settings.format)?;
            choices = chatted.said.replies.last().map(|reply| reply.choices.clone()).unwrap_or_default();
        }
    }

    async fn say(&self, desk: &Desk, words: &str) -> Result<Chatted, Failure> {
        let chatted = desk.take_chat(Spoken::new(&self.from, words)).await?;
        if let Err(error) = desk.heard(&chatted).await {
            // The message is kept and answered: to say "try later" now would have it said twice.
            complain(&format!("what was told may be told again: {error}"));
        }
        Ok(chatted)
    }
}

/// The choice that a number means, or the line itself.
fn picked<'l>(line: &'l str, choices: &'l [String]) -> &'l str {
    let number = line.trim().parse::<usize>().ok().and_then(|number| number.checked_sub(1));
    number.and_then(|at| choices.get(at)).map_or(line, String::as_str)
}

fn show(chatted: &Chatted, format: Format) -> Result<(), Failure> {
    if format == Format::Json {
        return print::json(chatted);
    }
    for reply in &chatted.said.replies {
        print::text(&format!("\n{}", reply.text))?;
        for (choice, number) in reply.choices.iter().zip(1..) {
            print::text(&format!("  {number}. {choice}"))?;
        }
    }
    for letter in &chatted.said.letters {
        print::text(&format!("\n(A letter goes to {}: {})", letter.to, letter.subject))?;
    }
    for text in &chatted.said.texts {
        print::text(&format!("\n(A text goes to {})", text.to))?;
    }
    let said = &chatted.said;
    if said.replies.is_empty() && said.letters.is_empty() && said.texts.is_empty() {
        print::text("\n(Nothing is said. What you wrote is kept for a colleague.)")?;
    }
    Ok(())
}
