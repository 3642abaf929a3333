//! Who is speaking: how far the desk's own boundary vouches for a sender, and what that is worth. What an act demands is
//! the policy's; whose ticket a message joins is decided in `thread`.

use serde::{Deserialize, Serialize};

use crate::policy::message::{Channel, Class, Message};

/// How far the boundary vouches for the sender of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Vouched {
    /// Not at all: the From line is only what the sender says. The default; nothing is believed unless a profile says so.
    #[default]
    No,
    /// It vouches for the address in From, but somebody else sent the mail in its name.
    OnBehalf,
    /// It vouches that the mail was written from the address in From.
    Yes,
}

/// What the boundary said of a sender, and why it is believed or not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// How far it vouches.
    pub vouched: Vouched,
    /// The profile, the verdict and what it rests on, in one plain sentence without secrets. Empty where no boundary was
    /// asked, as by chat.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub because: String,
}

/// Whether a message counts as written from exactly the address in From: the boundary vouches for it, nobody else sent it
/// in that name, and a person wrote it. A robot answers for its owner without asking, so its mail proves nothing.
pub fn speaks_for(standing: &Standing, class: Class) -> bool {
    standing.vouched == Vouched::Yes && class.is_from_a_person()
}

/// Whether a message is proved to be written from an address. By chat and by telephone nothing proves an address.
pub fn is_proved_from(message: &Message, address: &str) -> bool {
    message.channel == Channel::Mail
        && speaks_for(&message.standing, message.class)
        && message.from.address.eq_ignore_ascii_case(address)
}

/// What an agent is told of how far a sender is believed. Nothing where there is no address to be believed.
pub fn in_words(message: &Message) -> Option<String> {
    match message.channel {
        Channel::Mail if message.standing.because.is_empty() => Some("Nobody vouches for this sender.".into()),
        Channel::Mail => Some(message.standing.because.clone()),
        Channel::Chat | Channel::Phone | Channel::Text => None,
    }
}

/// What the evidence about a sender is worth, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Somebody pretends to be the sender. Such a mail is put aside for an agent, and nobody is answered.
    Forged,
    /// Nobody vouches for the sender: an ordinary request, and nothing is told.
    Stranger,
    /// The sender is at the address, or somebody in their name, but it is not proved to be who acts: their own requests.
    Known,
    /// A person or a mailbox of the directory: requests, which the shared mailbox or an agent still confirms.
    Person,
    /// The shared mailbox of an organisation itself.
    Mailbox,
}

/// What an address is in the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Address {
    /// The shared mailbox of an organisation.
    Shared,
    /// A person's own account.
    Personal,
    /// Nothing that the directory knows.
    Unknown,
}

/// By which way a mail came to the boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// From inside, with the boundary's own stamp.
    Internal,
    /// From outside. A domain of many organisations proves no more there than that somebody in it wrote.
    External,
}

/// All that is known of who sent a mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Evidence {
    /// Whether the mail is proved not to be from its sender, or has two readings.
    pub forged: bool,
    /// How far the boundary vouches.
    pub vouched: Vouched,
    /// What the address is in the directory.
    pub address: Address,
    /// By which way it came.
    pub way: Way,
    /// Whether a robot wrote it.
    pub automatic: bool,
    /// Whether it answers our own signed letter to this very address.
    pub answers_letter: bool,
}

/// A row of the table: what must be so, where `None` is anything, and what follows.
struct Row {
    vouched: Option<Vouched>,
    address: Option<Address>,
    way: Option<Way>,
    answers_letter: Option<bool>,
    level: Level,
}

/// The sender decision table. The first row that fits decides; what no row knows is a stranger.
const TABLE: [Row; 7] = [
    row(Some(Vouched::No), None, None, None, Level::Stranger),
    row(Some(Vouched::Yes), Some(Address::Shared), Some(Way::Internal), None, Level::Mailbox),
    // From outside, but it holds a letter that went to this mailbox alone: two proofs of the same.
    row(Some(Vouched::Yes), Some(Address::Shared), None, Some(true), Level::Mailbox),
    row(Some(Vouched::Yes), Some(Address::Shared), None, None, Level::Person),
    row(Some(Vouched::Yes), Some(Address::Personal), None, None, Level::Person),
    row(Some(Vouched::OnBehalf), Some(Address::Shared), Some(Way::Internal), None, Level::Person),
    row(None, None, None, None, Level::Known),
];

const fn row(
    vouched: Option<Vouched>,
    address: Option<Address>,
    way: Option<Way>,
    answers_letter: Option<bool>,
    level: Level,
) -> Row {
    Row { vouched, address, way, answers_letter, level }
}

/// What the evidence about a sender is worth.
pub fn level(evidence: Evidence) -> Level {
    if evidence.forged {
        return Level::Forged;
    }
    if evidence.automatic {
        return Level::Stranger;
    }
    let fits = |row: &&Row| {
        row.vouched.is_none_or(|it| it == evidence.vouched)
            && row.address.is_none_or(|it| it == evidence.address)
            && row.way.is_none_or(|it| it == evidence.way)
            && row.answers_letter.is_none_or(|it| it == evidence.answers_letter)
    };
    TABLE.iter().find(fits).map_or(Level::Stranger, |row| row.level)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every combination of a mail that is not forged. Columns: internal, internal and answering our letter, external,
    /// external and answering; then the same four for a robot.
    const ALL: &str = "
        no       shared    stranger stranger stranger stranger  stranger stranger stranger stranger
        no       personal  stranger stranger stranger stranger  stranger stranger stranger stranger
        no       unknown   stranger stranger stranger stranger  stranger stranger stranger stranger
        behalf   shared    person   person   known    known     stranger stranger stranger stranger
        behalf   personal  known    known    known    known     stranger stranger stranger stranger
        behalf   unknown   known    known    known    known     stranger stranger stranger stranger
        yes      shared    mailbox  mailbox  person   mailbox   stranger stranger stranger stranger
        yes      personal  person   person   person   person    stranger stranger stranger stranger
        yes      unknown   known    known    known    known     stranger stranger stranger stranger
    ";

    #[test]
    fn every_combination_is_decided() {
        let columns = [false, true].into_iter().flat_map(|automatic| {
            [Way::Internal, Way::External]
                .into_iter()
                .flat_map(move |way| [false, true].map(|answers_letter| (automatic, way, answers_letter)))
        });
        let columns: Vec<(bool, Way, bool)> = columns.collect();
        let mut seen = 0;
        for line in ALL.trim().lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            let vouched = match words[0] {
                "no" => Vouched::No,
                "behalf" => Vouched::OnBehalf,
                _ => Vouched::Yes,
            };
            let address = match words[1] {
                "shared" => Address::Shared,
                "personal" => Address::Personal,
                _ => Address::Unknown,
            };
            for (&(automatic, way, answers_letter), wanted) in columns.iter().zip(&words[2..]) {
                let evidence = Evidence { forged: false, vouched, address, way, automatic, answers_letter };
                assert_eq!(format!("{:?}", level(evidence)).to_lowercase(), *wanted, "{evidence:?}");
                assert_eq!(level(Evidence { forged: true, ..evidence }), Level::Forged);
                seen += 2;
            }
        }
        assert_eq!(seen, 2 * 3 * 3 * 2 * 2 * 2);
    }

    #[test]
    fn less_evidence_is_never_worth_more() {
        for address in [Address::Shared, Address::Personal, Address::Unknown] {
            for way in [Way::Internal, Way::External] {
                for answers_letter in [false, true] {
                    let of = |vouched| {
                        level(Evidence { forged: false, vouched, address, way, automatic: false, answers_letter })
                    };
                    assert!(of(Vouched::No) <= of(Vouched::OnBehalf) && of(Vouched::OnBehalf) <= of(Vouched::Yes));
                }
            }
        }
    }

    #[test]
    fn only_a_person_at_the_very_address_speaks_for_it() {
        let standing = |vouched| Standing { vouched, because: String::new() };
        assert!(speaks_for(&standing(Vouched::Yes), Class::Reply));
        for (vouched, class) in
            [(Vouched::Yes, Class::AutoReply), (Vouched::OnBehalf, Class::Reply), (Vouched::No, Class::Request)]
        {
            assert!(!speaks_for(&standing(vouched), class), "{vouched:?} {class:?}");
        }
    }
}
