//! What a typed line means: a message, a command, or time that passes. Nothing is done here.

use crate::policy::calendar::Length;
use crate::policy::message::Channel;

/// A line that was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    /// The requester says something: by this channel, or by the one in use.
    Say(Option<Channel>, String),
    /// From now on the requester speaks by this channel.
    Switch(Channel),
    /// From now on this one speaks.
    From(String),
    /// The subject of the next mail.
    Subject(String),
    /// Time passes.
    After(String),
    /// Time passes until something falls due.
    Next,
    /// An agent does something.
    Agent(String),
    /// The directory changes.
    Directory(String),
    /// What is known now.
    Show,
    /// Why the last thing happened.
    Why,
    /// The story so far, as a scenario.
    Story,
    /// Who is in the directory.
    Who,
    /// Takes the last step back.
    Undo,
    /// Begins again.
    Restart,
    /// Writes the story down.
    Save(String),
    /// What can be typed.
    Help,
    /// The end.
    Quit,
    /// An empty line.
    Nothing,
    /// Nonsense, with what to type instead.
    Unclear(String),
}

/// Reads a line.
pub(super) fn read(typed: &str) -> Line {
    let typed = typed.trim();
    if let Some(line) = labelled(typed) {
        return line;
    }
    let (first, rest) = typed.split_once(char::is_whitespace).unwrap_or((typed, ""));
    let rest = rest.trim();
    match (first.to_lowercase().as_str(), rest) {
        ("", _) => Line::Nothing,
        ("help" | "?", "") => Line::Help,
        ("show", "") => Line::Show,
        ("why", "") => Line::Why,
        ("story", "") => Line::Story,
        ("who", "") => Line::Who,
        ("undo", "") => Line::Undo,
        ("restart", "") => Line::Restart,
        ("next", "") => Line::Next,
        ("quit" | "exit", "") => Line::Quit,
        ("save", "") => Line::Unclear("Say what to call it: `save FLOW a name for the story`.".into()),
        ("save", rest) => Line::Save(rest.to_owned()),
        ("after", "") => Line::Unclear(too_vague("")),
        ("after", rest) => length(rest).map_or_else(|| Line::Unclear(too_vague(typed)), Line::After),
        ("then" | "wait", rest) => match length(rest) {
            Some(length) => Line::After(length),
            None => Line::Say(None, typed.to_owned()),
        },
        ("agent", rest) if !rest.is_empty() => Line::Agent(rest.to_owned()),
        _ => match length_that_passes(typed) {
            Some(length) => Line::After(length),
            None => Line::Say(None, typed.to_owned()),
        },
    }
}

/// `mail: …` and its like.
fn labelled(typed: &str) -> Option<Line> {
    let (label, rest) = typed.split_once(':')?;
    let rest = rest.trim();
    let says =
        |channel| if rest.is_empty() { Line::Switch(channel) } else { Line::Say(Some(channel), rest.to_owned()) };
    Some(match (label.trim_end().to_lowercase().as_str(), rest) {
        ("mail", _) => says(Channel::Mail),
        ("chat", _) => says(Channel::Chat),
        ("call", _) => says(Channel::Phone),
        ("from", "") => Line::Unclear("Say who speaks: `from: Amy Field <amy@home.example>`.".into()),
        ("from", rest) => Line::From(rest.to_owned()),
        ("subject", rest) => Line::Subject(rest.to_owned()),
        ("directory", "") => Line::Unclear(
            "Say what changes: `directory: {accounts: {amy: {leaving: yes}}}`. `who` shows the rows.".into(),
        ),
        ("directory", rest) => Line::Directory(rest.to_owned()),
        _ => return None,
    })
}

fn too_vague(typed: &str) -> String {
    let message = if typed.is_empty() { String::new() } else { format!(" To say these words, write `chat: {typed}`.") };
    format!("Say how long: `after 3 working days`, `after 2 hours`, `after 30 minutes`.{message}")
}

/// `three working days pass`.
fn length_that_passes(typed: &str) -> Option<String> {
    let lower = typed.to_lowercase();
    let words = lower.trim_end_matches('.');
    words.strip_suffix(" pass").or_else(|| words.strip_suffix(" passes")).and_then(length)
}

/// A length of time as scenarios write it: `three days pass` is `3 days`.
fn length(written: &str) -> Option<String> {
    const NUMBERS: [&str; 12] =
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    let lower = written.to_lowercase();
    let words = lower.trim_end_matches('.').trim();
    let words = words.strip_suffix(" pass").or_else(|| words.strip_suffix(" passes")).unwrap_or(words);
    let (amount, unit) = words.split_once(char::is_whitespace)?;
    let amount = match amount {
        "a" | "an" => "1".to_owned(),
        word => match NUMBERS.iter().position(|number| *number == word) {
            Some(at) => (at + 1).to_string(),
            None => word.to_owned(),
        },
    };
    let unit = unit.split_whitespace().collect::<Vec<_>>().join(" ");
    Length::parse(&format!("{amount} {unit}")).map(|length| length.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Line, read};
    use crate::policy::message::Channel;

    #[test]
    fn time_passes_in_the_words_that_people_use() {
        for typed in
            ["after 3 working days", "then three working days pass", "Three working days pass.", "wait 3 working days"]
        {
            assert_eq!(read(typed), Line::After("3 working days".into()), "{typed}");
        }
        assert!(matches!(read("after lunch"), Line::Unclear(_)));
        assert!(matches!(read("then I rang you"), Line::Say(None, _)));
    }

    #[test]
    fn what_is_no_command_is_a_message() {
        assert_eq!(read("agent"), Line::Say(None, "agent".into()));
        assert_eq!(read("show me the form"), Line::Say(None, "show me the form".into()));
        assert_eq!(read("mail: show"), Line::Say(Some(Channel::Mail), "show".into()));
        assert_eq!(read("CHAT:"), Line::Switch(Channel::Chat));
        assert_eq!(read("agent done a=b"), Line::Agent("done a=b".into()));
    }
}
