//! What a chat message asks for beside one request: what has a ready answer is answered at once, and the rest is named, so
//! that a chat has one open question at a time.

use jiff::Timestamp;

use crate::policy::flow::{DeskText, Ending};
use crate::policy::intent::{Decision, Routed};
use crate::policy::message::Message;
use crate::policy::outcome::{Event, Opening};
use crate::policy::ticket::State;

use super::{Desk, DeskError, Running, Said, SentReply};

/// Makes the first request that needs more than an answer the one that the chat goes on with. What else was asked for
/// is returned, each flow with the words that ask for it.
pub(super) fn take_apart(running: &Running, routed: &mut Routed, text: &str) -> Vec<(String, String)> {
    let is_answer = |flow: &String| running.pack.flows.get(flow).is_some_and(|flow| flow.is_answer);
    let mut beside: Vec<(String, String)> =
        std::mem::take(&mut routed.also).into_iter().map(|one| (one.flow, one.words)).collect();
    if routed.decision == Decision::Answer
        && let Some(at) = beside.iter().position(|(flow, _)| !is_answer(flow))
    {
        let (flow, _) = beside.remove(at);
        beside.insert(0, (std::mem::replace(&mut routed.flow, flow), text.to_owned()));
        routed.decision = Decision::Flow;
        routed.because = "the message asks for this, and for what could be answered at once".to_owned();
    }
    beside
}

impl Desk {
    /// Says what a chat message asked for besides.
    pub(super) async fn say_beside(
        &self,
        running: &Running,
        message: &Message,
        beside: Vec<(String, String)>,
        now: Timestamp,
    ) -> Result<Said, DeskError> {
        let (mut said, mut later) = (Said::default(), Vec::new());
        for (flow, words) in beside {
            let known = running.pack.flows.get(&flow);
            if !known.is_some_and(|flow| flow.is_answer) {
                later.extend(known.map(|flow| flow.title.clone()));
                continue;
            }
            let opening = Opening {
                reference: self.new_reference().await?,
                choices: Vec::new(),
                flow,
                because: "the same message asks for this too".to_owned(),
                linked: None,
                received: None,
                phone: None,
            };
            let message = Message { text: words, ..message.clone() };
            let event = Event::Received { message: Box::new(message), opening: Some(opening), elsewhere: None };
            let turn = self.turn(running, None, event, "chat:beside".to_owned(), now).await?;
            if turn.ticket.state == State::Closed(Ending::Resolved) {
                said.append(answers_alone(running, turn.said));
            }
        }
        if let Some(next) = running.pack.sentence(DeskText::Next).filter(|_| !later.is_empty()) {
            said.replies.push(SentReply { text: format!("{next}\n{}", later.join("\n")), choices: Vec::new() });
        }
        Ok(said)
    }
}

/// Answers without the question whether they helped: another question follows.
fn answers_alone(running: &Running, mut said: Said) -> Said {
    let asking: Vec<String> =
        [DeskText::Helped, DeskText::Offers].into_iter().filter_map(|text| running.pack.sentence(text)).collect();
    for reply in &mut said.replies {
        let kept: Vec<&str> = reply.text.split("\n\n").filter(|part| !asking.iter().any(|ask| ask == part)).collect();
        reply.text = kept.join("\n\n");
        reply.choices.clear();
    }
    said
}
