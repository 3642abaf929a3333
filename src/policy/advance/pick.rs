//! A look-up found several records that everybody may know of: the person picks the one that they mean.

use crate::policy::facts::{Item, Record, RecordKind};
use crate::policy::flow::{Ending, Goto};
use crate::policy::message::Message;
use crate::policy::ticket::{State, Waiting};

use super::which::{is_way_out, picked};
use super::work::Work;

/// So many are shown at most: one digit picks one.
const MOST: usize = 9;
/// The way out.
const NONE_OF_THESE: &str = "None of these";

impl Work<'_> {
    /// Asks which of several records is meant. Whether it asks: only of a public kind, and of a few.
    pub(super) fn asks_to_pick(&mut self, kind: RecordKind, rows: &[Record]) -> bool {
        if kind != RecordKind::Organisation || !(2..=MOST).contains(&rows.len()) {
            return false;
        }
        self.wait_for_pick(rows.to_vec(), 0);
        true
    }

    fn wait_for_pick(&mut self, rows: Vec<Record>, useless: u32) {
        let Some((flow, step)) = self.step() else { return };
        self.wait_for(Waiting::Pick { rows, useless });
        let patience = &self.pack.desk.patience;
        let remind = if step.within.is_none() && step.remind.is_empty() { &patience.remind } else { &step.remind };
        self.set_patience(&flow.queue, step.within.unwrap_or(patience.within), remind);
        self.draft.asks = true;
        self.ticket.queue.clone_from(&flow.queue);
        let because = format!("step {}.{} found several, and the requester is asked which", flow.name, step.id);
        self.set_state(State::WaitingRequester, because);
    }

    /// What there is to pick from, the way out last. Only what is public stands in it.
    pub(super) fn picks(&self) -> Vec<String> {
        let Waiting::Pick { rows, .. } = &self.ticket.waiting else { return Vec::new() };
        rows.iter().map(told).chain([NONE_OF_THESE.to_owned()]).collect()
    }

    /// The person said which.
    pub(super) fn pick(&mut self, message: &Message) {
        let Waiting::Pick { rows, useless } = self.ticket.waiting.clone() else { return };
        let Some((_, step)) = self.step() else {
            self.hand_over_saying("triage", "a record was picked for a step that is not there");
            return;
        };
        let otherwise = step.otherwise.unwrap_or(Goto::End(Ending::Agent));
        let choices = self.picks();
        let chosen = if is_way_out(&message.text) { Some(rows.len()) } else { picked(&message.text, &choices) };
        match chosen {
            Some(at) => {
                self.heard += 1;
                self.wait_for(Waiting::Nothing);
                match (rows.get(at), &step.verb) {
                    (Some(row), crate::policy::flow::Verb::LookUp { record, .. }) => {
                        self.note(format!("The requester picked {}.", told(row)));
                        self.ticket.records.insert(record.clone(), row.clone());
                        if let Some(frame) = self.ticket.frames.last_mut() {
                            frame.misses.remove(&step.id);
                        }
                        self.follow(step.then);
                    }
                    _ => {
                        self.note("The requester means none of the records that were found.");
                        self.follow(otherwise);
                    }
                }
            }
            None if useless + 1 >= self.pack.desk.repair.tries => {
                self.wait_for(Waiting::Nothing);
                self.note(format!("{} messages in a row did not say which record is meant.", useless + 1));
                self.follow(otherwise);
            }
            None => {
                self.say_template(&self.pack.desk.repair.not_understood);
                self.wait_for_pick(rows, useless + 1);
            }
        }
    }
}

/// A record in one line: its name, code and postcode.
fn told(row: &Record) -> String {
    let parts = ["name", "ods_code", "postcode"].iter().filter_map(|field| match row.fields.get(*field) {
        Some(Item::Value(value)) => Some(value.to_string()),
        _ => None,
    });
    parts.collect::<Vec<_>>().join(", ")
}
