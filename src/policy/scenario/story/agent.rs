//! Reads what an agent does in a story: a verb, then what belongs to it.

use crate::policy::finding::did_you_mean;
use crate::policy::flow::Ending;
use crate::policy::outcome::Act;
use crate::policy::yaml::join;

use super::{Happening, Telling};

/// The agent of a story that does not name one.
const AGENT: &str = "agent";

impl Telling<'_, '_> {
    pub(super) fn acts(&mut self, path: &str) -> Option<Happening> {
        self.reader.only(path, "`agent`", &["agent", "as", "gives", "task", "text", "ticket"]);
        let written = self.must(path, "agent")?;
        let (verb, rest) = written.trim().split_once(char::is_whitespace).unwrap_or((written.trim(), ""));
        let rest = Some(rest.trim().to_owned()).filter(|rest| !rest.is_empty());
        let gives: Vec<(String, String)> = self.reader.pairs(path, "gives").into_iter().collect();
        for (fact, _) in &gives {
            let names = self.names.facts.iter().map(String::as_str);
            self.reader.known(&join(&join(path, "gives"), fact), "fact", fact.clone(), names);
        }
        let text = self.reader.text(path, "text");
        let act = self.act(&join(path, "agent"), verb, rest, gives, text)?;
        let names = self.names.acts.iter().map(String::as_str);
        let task = self.reader.text(path, "task").and_then(|task| match task.parse::<u32>() {
            Ok(_) => Some(task),
            Err(_) => self.reader.known(&join(path, "task"), "task", task, names),
        });
        let agent = self.reader.text(path, "as").unwrap_or_else(|| AGENT.to_owned());
        Some(Happening::Acts { agent, act, task, case: self.reader.number(path, "ticket") })
    }

    /// What an agent does: a verb, then what belongs to it.
    pub(super) fn act(
        &mut self,
        path: &str,
        verb: &str,
        rest: Option<String>,
        gives: Vec<(String, String)>,
        text: Option<String>,
    ) -> Option<Act> {
        const VERBS: [&str; 16] = [
            "done",
            "cannot",
            "go_on",
            "answer",
            "reply",
            "note",
            "assign",
            "take",
            "give_back",
            "hold",
            "escalate",
            "close",
            "reopen",
            "start",
            "priority",
            "escalation_answered",
        ];
        let words = rest.clone().or_else(|| text.clone());
        Some(match verb {
            "done" => Act::Done { task: None, gives },
            "cannot" => Act::Cannot { task: None, reason: rest, text },
            "go_on" => Act::GoOn { gives },
            "answer" => Act::Answer { gives },
            "reply" => Act::Reply { text: words.unwrap_or_default() },
            "note" => Act::Note { text: words.unwrap_or_default() },
            "assign" => Act::Assign { to: rest },
            "take" => Act::Take,
            "give_back" => rest.map_or(Act::GiveBack, |step| Act::GiveBackAt { step }),
            "hold" => Act::Hold,
            "escalate" => Act::Escalate { contact: rest },
            "priority" => {
                let names = self.pack.desk.priorities.keys().map(String::as_str);
                Act::Priority { to: self.reader.known(path, "priority", rest.unwrap_or_default(), names)? }
            }
            "escalation_answered" => Act::EscalationAnswered { text: words.unwrap_or_default() },
            "close" => {
                let word = rest.unwrap_or_else(|| Ending::Resolved.name().to_owned());
                let Some(ending) = Ending::named(&word) else {
                    let help = did_you_mean(&word, ["resolved", "refused", "unanswered"]);
                    self.reader.fault("unknown-ending", path, format!("`{word}` is not an ending"), help);
                    return None;
                };
                Act::Close { ending, text }
            }
            "reopen" => Act::Reopen,
            "start" => {
                let flows = self.pack.flows.keys().map(String::as_str);
                let flow = self.reader.known(path, "flow", rest.unwrap_or_default(), flows)?;
                Act::Start { flow, words: None }
            }
            other => {
                let help = did_you_mean(other, VERBS);
                self.reader.fault("bad-value", path, format!("`{other}` is nothing that an agent does"), help);
                return None;
            }
        })
    }
}
