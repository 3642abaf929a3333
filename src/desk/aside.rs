//! Keeps what somebody says in a chat that is not for a flow, such as a voice message, with the sentence that answers it.

use crate::fault::{self, Point};
use crate::policy::message::Class;
use crate::store::{Commit, Decision, Door, Intake, Line, Refusal, SaidBy};

use super::chat::Spoken;
use super::{Desk, DeskError};

impl Desk {
    /// Keeps what was said and what answers it as lines of the conversation. The same key again says nothing twice.
    pub async fn answer_aside(&self, spoken: Spoken, reply: &str, because: &str) -> Result<(), DeskError> {
        let now = self.clock.now();
        let name = spoken.key.as_ref().map(|key| format!("{}\n{key}", spoken.chat));
        let line = |key: Option<String>, said_by, text: &str| Line {
            chat: spoken.chat.clone(),
            key,
            said_by,
            text: text.to_owned(),
            choices: Vec::new(),
            files: Vec::new(),
            ticket: None,
            at: now,
        };
        let said = vec![
            line(spoken.key.clone(), SaidBy::Person, &crate::mail::secrets::cut(&spoken.text).0),
            line(None, SaidBy::Desk, reply),
        ];
        let intake = Intake {
            door: Door::Chat,
            source_key: None,
            digest: name.clone().unwrap_or_else(|| format!("{}:aside:{now}", spoken.chat)),
            message_id: name,
            at: now,
            decision: Decision::Answered,
            class: Some(Class::Request),
            reference: None,
            covers: Vec::new(),
            flow: None,
            because: because.to_owned(),
            quarantine: None,
            filed: None,
        };
        match self.commit_one(Commit { intake: Some(intake), said, ..Commit::default() }).await? {
            Ok(()) | Err(Refusal::Duplicate(_)) => {
                fault::at(Point::ChatKept);
                Ok(())
            }
            Err(refusal) => Err(DeskError::Refused(refusal.to_string())),
        }
    }
}
