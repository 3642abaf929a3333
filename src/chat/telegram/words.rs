//! The few sentences that only Telegram needs: everything else that the desk says is the pack's.

/// The commands, as Telegram lists them.
pub const COMMANDS: [(&str, &str); 5] = [
    ("start", "Begin"),
    ("help", "What you can write here"),
    ("status", "Where your request is"),
    ("cancel", "Stop your request"),
    ("agent", "Speak to a person"),
];

/// What is said to somebody who begins.
pub const START: &str = "Hello. This is the help desk. Write in a few words what you need.\n\nPlease send no passwords. \
     For help, write /help. To speak to a person, write /agent.";
/// What can be written.
pub const HELP: &str = "Write in a few words what you need. We ask one question at a time.\n\n/status: where your \
     request is\n/cancel: stop your request\n/agent: speak to a person\n\nWe never ask for a password.";
/// There is nothing to stop, or to tell of.
pub const NO_REQUEST: &str = "You have no open request here. Write in a few words what you need.";
/// A button does not count any more.
pub const OVER: &str = "That question is over. Please answer the newest one, or write what you need.";
/// An earlier message was changed.
pub const CHANGED: &str = "We saw that you changed an earlier message. What you wrote first still counts. To change an \
     answer, write CHANGE.";
/// A file came with no request that it could belong to.
pub const FILE_ALONE: &str = "We cannot tell what to do with a file or a picture alone. Please write in a few words what \
     you need. Then send it again.";
/// Only private chats.
pub const PRIVATE_ONLY: &str = "This help desk talks with one person at a time. Please write to it in a private chat.";
/// A token counted.
pub const LINKED: &str = "Thank you. This chat now belongs to the address that we wrote to.";
/// A token does not count, whatever the reason.
pub const NOT_LINKED: &str = "This link does not work. It counts once, and only for a short time. Please ask us for a new \
     one.";
/// The number is noted.
pub const MOBILE_NOTED: &str = "Thank you. We have noted your number as Telegram gave it.";
/// A number of somebody else.
pub const NOT_YOURS: &str = "That number is not your own, so we did not keep it.";
/// A fault of ours.
pub const NOT_READ: &str = "We are sorry. We could not work on your last message. Please write it in other words, or \
     write /agent to speak to a person.";

/// Something without words came.
pub fn no_words(kind: &str) -> String {
    format!("We cannot read a {kind}. Please write in words what you need.")
}

/// A file could not be taken.
pub fn file_not_taken(name: &str, address: &str) -> String {
    format!("We could not take the file {name}. Files may have up to 20 MB. Please send it by mail to {address}.")
}

/// What stands below a question once a button was pressed.
pub fn chosen(question: &str, choice: &str) -> String {
    format!("{question}\n\nYou chose: {choice}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_short() {
        let all =
            [START, HELP, NO_REQUEST, OVER, CHANGED, FILE_ALONE, PRIVATE_ONLY, LINKED, NOT_LINKED, NOT_YOURS, NOT_READ];
        for text in all {
            for sentence in text.split(['.', '\n', ':', '?']) {
                assert!(sentence.split_whitespace().count() <= 20, "{sentence}");
            }
        }
        assert!(COMMANDS.iter().all(|(name, _)| name.len() <= 32));
    }
}
