//! The copy of a chat by mail, and to whom it may go: only to an address that was proved for the request.

use jiff::Timestamp;

use crate::policy::demand::ProofKind;
use crate::policy::facts::{Item, Record};
use crate::policy::flow::{DeskText, Pack};
use crate::policy::message::{Channel, Message, Party};
use crate::policy::outcome::{Block, Letter};
use crate::policy::ticket::{Proof, Ticket};

use super::proving::addresses;
use super::said::is_only;
use super::work::Work;

/// So many copies of one conversation are sent: each goes to somebody who may not have asked for it.
const COPIES: usize = 3;
/// Whose address gets it, the first that was proved: the person's own before those who speak for their organisation.
const ORDER: [ProofKind; 4] =
    [ProofKind::OwnAccount, ProofKind::SharedMailbox, ProofKind::Owner, ProofKind::RegisteredManager];

/// Whether a chat message asks for the conversation by mail, and for nothing else.
pub fn asks_for_transcript(pack: &Pack, text: &str) -> bool {
    is_only(text, &pack.desk.anytime.transcript.words)
}

/// Whether somebody who chats would get the conversation by mail if they asked for it now.
pub fn may_have_transcript(pack: &Pack, ticket: &Ticket, now: Timestamp) -> bool {
    let work = Work::on(pack, ticket, now);
    ticket.channel == Channel::Chat && work.next_copy().is_some() && work.address_for_transcript().is_some()
}

impl Work<'_> {
    /// Whether the message asked for the conversation by mail. It is heard whoever has the request, and after its end.
    pub(super) fn asked_for_the_transcript(&mut self, message: &Message) -> bool {
        let by_chat = self.ticket.channel == Channel::Chat;
        if !by_chat || !asks_for_transcript(self.pack, &message.text) || self.is_one_of_the_choices(&message.text) {
            return false;
        }
        self.brings_news();
        match (self.address_for_transcript(), self.next_copy()) {
            (Some(address), Some(copy)) => {
                self.note("The requester asked for the conversation by mail. It goes to the proved address.");
                self.ticket.said.insert(copy);
                self.send_transcript(address);
                self.say_heard(&self.pack.desk.anytime.transcript);
            }
            (Some(_), None) => {
                self.note(format!(
                    "The requester asked for the conversation by mail again. It was sent {COPIES} times."
                ));
                self.say_desk_text(DeskText::NoTranscript);
            }
            (None, _) => {
                self.note("The requester asked for the conversation by mail. No mail address is proved.");
                self.say_desk_text(DeskText::NoTranscript);
            }
        }
        if self.is_asking() {
            self.repeat();
        }
        true
    }

    /// The name of the next copy; none is left after [`COPIES`].
    fn next_copy(&self) -> Option<String> {
        (1..=COPIES).map(|n| format!("(transcript) {n}")).find(|copy| !self.ticket.said.contains(copy))
    }

    /// The address to which the conversation may go.
    fn address_for_transcript(&self) -> Option<String> {
        let proved = |kind: ProofKind| {
            let mut proofs = self.ticket.proofs.iter().rev();
            proofs.find(|proof| proof.kind == kind && self.still_counts(proof.at) && self.is_still_there(proof))
        };
        ORDER.into_iter().find_map(proved).map(|proof| proof.by.clone())
    }

    /// Whether an address has still the place that made its word count, as far as the ticket has seen.
    fn is_still_there(&self, proof: &Proof) -> bool {
        let records = self.ticket.records.values().filter_map(|record| record_in(record, &proof.of));
        let mut records = records.filter(|record| record.kind == proof.kind.of());
        records.any(|record| addresses(record, proof.kind).iter().any(|it| it.eq_ignore_ascii_case(&proof.by)))
    }

    fn send_transcript(&mut self, address: String) {
        let mut blocks: Vec<Block> = self.greeting_of(None).map(Block::Text).into_iter().collect();
        blocks.extend(self.desk_line(DeskText::Transcript).map(Block::Text));
        blocks.push(Block::Conversation);
        blocks.extend(self.desk_line(DeskText::Signature).map(Block::Signature));
        let letter = Letter {
            number: 0,
            channel: Channel::Mail,
            subject: self.subject_line(None),
            to: Party::at(&address),
            blocks,
            choices: Vec::new(),
            answers: None,
            references: Vec::new(),
            automatic: true,
        };
        self.send(letter, &address, Vec::new());
    }
}

/// The record with a key, among a record and those that belong to it.
fn record_in<'r>(record: &'r Record, id: &str) -> Option<&'r Record> {
    if record.id == id {
        return Some(record);
    }
    record.fields.values().find_map(|item| match item {
        Item::Record(inner) => record_in(inner, id),
        Item::Value(_) | Item::List(_) | Item::Group(_) => None,
    })
}
