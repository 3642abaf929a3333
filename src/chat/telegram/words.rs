//! The sentences that only Telegram needs, as the pack in force words them.

use super::Telegram;
use crate::policy::telegram::TelegramText;

impl Telegram {
    /// A sentence that needs nothing but the desk.
    pub(super) fn says(&self, text: TelegramText) -> String {
        self.says_of(text, "")
    }

    /// A sentence about something: a file, a kind of message, a choice.
    pub(super) fn says_of(&self, text: TelegramText, what: &str) -> String {
        let running = self.desk.packs.current();
        let desk = &running.pack.desk;
        desk.telegram.say(text, (&desk.name, desk.own_address()), what)
    }

    /// What stands below a question once a button was pressed.
    pub(super) fn chosen(&self, question: &str, choice: &str) -> String {
        format!("{question}\n\n{}", self.says_of(TelegramText::Chosen, choice))
    }
}
