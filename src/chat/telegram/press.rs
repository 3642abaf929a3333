//! A button was pressed. It counts while its question is the newest and nobody has answered it; then the message shows
//! what was chosen, and its buttons go.

use crate::desk::DeskError;
use crate::policy::telegram::TelegramText;
use crate::store::{SaidBy, TelegramLine};

use super::pieces::LONGEST;
use super::{Arrived, Telegram, noted, work};

/// How many lines after a question are looked at.
const LINES: u32 = 50;

/// What a press is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Worth {
    /// It answers the question.
    Answer(String),
    /// It is the press that answered it already.
    Same,
    /// The question is over.
    Over,
}

impl Telegram {
    pub(super) async fn pressed(
        &self,
        arrived: &Arrived,
        data: &str,
        message: Option<&(i64, String)>,
    ) -> Result<(), DeskError> {
        let worth = match self.buttons.read(arrived.chat, data) {
            None => Worth::Over,
            Some((line, choice)) => {
                let lines = self.desk.store.telegram_lines_from(arrived.chat, line, LINES).await?;
                worth(line, choice, &lines, &work::key(arrived))
            }
        };
        match worth {
            Worth::Answer(choice) => {
                self.desk.store.close_telegram_buttons(arrived.chat).await?;
                self.desk.take_chat(self.spoken(arrived, &choice)).await?;
                if let Some((number, question)) = message {
                    let shown = self.chosen(question, &choice);
                    let changed = match shown.encode_utf16().count() <= LONGEST && !question.is_empty() {
                        true => self.api.change(arrived.chat, *number, &shown).await,
                        false => self.api.take_buttons(arrived.chat, *number).await,
                    };
                    noted(changed);
                }
                Ok(())
            }
            Worth::Same => Ok(()),
            Worth::Over => {
                if let Some((number, _)) = message {
                    noted(self.api.take_buttons(arrived.chat, *number).await);
                }
                self.aside(arrived, "(a button of an earlier question)", &self.says(TelegramText::Over)).await
            }
        }
    }
}

/// What a press is worth, by the question's line and what came after it.
fn worth(line: i64, choice: usize, lines: &[TelegramLine], key: &str) -> Worth {
    let Some((question, after)) = lines.split_first().filter(|(question, _)| question.mark == line) else {
        return Worth::Over;
    };
    let Some(words) = question.choices.get(choice) else { return Worth::Over };
    for later in after {
        match later.said_by {
            // The press itself, kept before and not worked to its end.
            SaidBy::Person if later.key.as_deref() == Some(key) => return Worth::Answer(words.clone()),
            // A second click.
            SaidBy::Person if later.text == *words => return Worth::Same,
            SaidBy::Person => return Worth::Over,
            SaidBy::Desk | SaidBy::Agent if !later.choices.is_empty() => return Worth::Over,
            SaidBy::Desk | SaidBy::Agent => {}
        }
    }
    Worth::Answer(words.clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(mark: i64, said_by: SaidBy, text: &str, key: Option<&str>, choices: &[&str]) -> TelegramLine {
        TelegramLine {
            mark,
            key: key.map(str::to_owned),
            said_by,
            text: text.to_owned(),
            choices: choices.iter().map(|choice| (*choice).to_owned()).collect(),
            letter: None,
            is_settled: false,
            secret: false,
        }
    }

    #[test]
    fn a_press_counts_while_its_question_is_the_newest_and_open() {
        let asked = line(5, SaidBy::Desk, "Tea?", None, &["Yes", "No"]);
        let said = |text: &str, key: &str| line(6, SaidBy::Person, text, Some(key), &[]);
        let yes = Worth::Answer("Yes".to_owned());
        assert_eq!(worth(5, 0, std::slice::from_ref(&asked), "telegram:1"), yes);
        assert_eq!(worth(5, 0, &[asked.clone(), line(6, SaidBy::Desk, "We wait.", None, &[])], "telegram:1"), yes);
        assert_eq!(worth(5, 0, &[asked.clone(), said("Yes", "telegram:1")], "telegram:1"), yes, "worked on again");
        assert_eq!(worth(5, 0, &[asked.clone(), said("Yes", "telegram:1")], "telegram:2"), Worth::Same);
        assert_eq!(worth(5, 1, &[asked.clone(), said("Yes", "telegram:1")], "telegram:2"), Worth::Over);
        assert_eq!(worth(5, 0, &[asked.clone(), line(7, SaidBy::Desk, "Milk?", None, &["Yes"])], "t"), Worth::Over);
        assert_eq!(worth(5, 2, std::slice::from_ref(&asked), "t"), Worth::Over);
        assert_eq!(worth(4, 0, &[asked], "t"), Worth::Over);
        assert_eq!(worth(4, 0, &[], "t"), Worth::Over, "deleted long ago");
    }
}
