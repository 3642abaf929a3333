//! What an act demands before it is done: proofs of who speaks, and agreements of those it concerns. And what a ticket
//! can change in the directory, with the facts that each change reads.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::policy::facts::{FactType, RecordKind};

/// What a letter asks for that wants a proof: no fact of the flow.
pub const AGREEMENT: &str = "(agreement)";

/// The act of an agent who rings the number on record. `prove: landline` gives it.
pub const RING_LANDLINE: &str = "ring_landline";

/// How somebody can prove who they are. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ProofKind {
    /// Mail from the account's own address.
    OwnAccount,
    /// Mail from the address of somebody who owns the organisation's shared mailbox.
    Owner,
    /// Mail from the organisation's shared mailbox.
    SharedMailbox,
    /// Mail from the address of the organisation's registered manager.
    RegisteredManager,
    /// The organisation's three codes, or two of them and a passcode.
    CqcDetails,
    /// A call to the number on record: an agent rings it.
    Landline,
}

impl ProofKind {
    /// Every kind, in the order in which findings list them.
    pub const ALL: [ProofKind; 6] = [
        ProofKind::OwnAccount,
        ProofKind::Owner,
        ProofKind::SharedMailbox,
        ProofKind::RegisteredManager,
        ProofKind::CqcDetails,
        ProofKind::Landline,
    ];

    /// The name that authors write.
    pub fn name(self) -> &'static str {
        match self {
            ProofKind::OwnAccount => "own_account",
            ProofKind::Owner => "owner",
            ProofKind::SharedMailbox => "shared_mailbox",
            ProofKind::RegisteredManager => "registered_manager",
            ProofKind::CqcDetails => "cqc_details",
            ProofKind::Landline => "landline",
        }
    }

    /// The kind that an author named.
    pub fn named(name: &str) -> Option<ProofKind> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// What it proves something of.
    pub fn of(self) -> RecordKind {
        match self {
            ProofKind::OwnAccount => RecordKind::Account,
            ProofKind::Owner
            | ProofKind::SharedMailbox
            | ProofKind::RegisteredManager
            | ProofKind::CqcDetails
            | ProofKind::Landline => RecordKind::Organisation,
        }
    }

    /// The field of the record that holds the addresses which prove it; `None` where mail proves nothing.
    pub fn addresses(self) -> Option<&'static str> {
        match self {
            ProofKind::OwnAccount => Some("address"),
            ProofKind::Owner => Some("owners"),
            ProofKind::SharedMailbox => Some("shared_mailbox"),
            ProofKind::RegisteredManager => Some("registered_manager"),
            ProofKind::CqcDetails | ProofKind::Landline => None,
        }
    }
}

/// A proof that is wanted: `owner of account.organisation`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    /// Its kind.
    pub kind: ProofKind,
    /// The path of the record that it is about.
    pub of: Vec<String>,
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.kind.name(), self.of.join("."))
    }
}

impl Wanted {
    /// The same with the names by which a step binds the parameters of its act.
    pub fn bound(&self, with: &BTreeMap<String, Vec<String>>) -> Wanted {
        let Some((first, rest)) = self.of.split_first() else { return self.clone() };
        let root = with.get(first).cloned().unwrap_or_else(|| vec![first.clone()]);
        Wanted { kind: self.kind, of: root.into_iter().chain(rest.iter().cloned()).collect() }
    }

    /// Reads `owner of account.organisation`.
    pub fn parse(written: &str) -> Option<Wanted> {
        let (kind, of) = written.split_once(" of ")?;
        let of: Vec<String> = of.trim().split('.').map(str::to_owned).collect();
        Some(Wanted { kind: ProofKind::named(kind.trim())?, of })
    }
}

/// To whom something is said, or of whom something is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum To {
    /// Who asks.
    Requester,
    /// Whoever a path denotes: an account, an address or several, a mobile, a contact.
    Path(Vec<String>),
}

impl To {
    /// Reads what an author wrote.
    pub fn parse(written: &str) -> To {
        match written.trim() {
            "requester" => To::Requester,
            path => To::Path(path.split('.').map(str::to_owned).collect()),
        }
    }
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            To::Requester => f.write_str("requester"),
            To::Path(path) => f.write_str(&path.join(".")),
        }
    }
}

/// One way to satisfy an act. An act without any is open to anyone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// This proof.
    Proof(Wanted),
    /// This yes_no fact, answered yes by this party to a letter of its own.
    Agreed {
        /// The fact.
        fact: String,
        /// The party.
        by: To,
    },
    /// This yes_no fact, given as yes by an agent with a task.
    ByAgent {
        /// The fact.
        fact: String,
    },
}

impl Demand {
    /// Reads `owner of organisation`, `mobile_agreed from account.organisation.shared_mailbox` or
    /// `identity_checked from agent`.
    pub fn parse(written: &str) -> Option<Demand> {
        if let Some((fact, by)) = written.split_once(" from ") {
            let fact = fact.trim().to_owned();
            return Some(match by.trim() {
                "agent" => Demand::ByAgent { fact },
                by => Demand::Agreed { fact, by: To::parse(by) },
            });
        }
        Wanted::parse(written).map(Demand::Proof)
    }
}

impl fmt::Display for Demand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Demand::Proof(wanted) => wanted.fmt(f),
            Demand::Agreed { fact, by } => write!(f, "{fact} from {by}"),
            Demand::ByAgent { fact } => write!(f, "{fact} from agent"),
        }
    }
}

/// What a parameter of a directory act must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parameter {
    /// A record.
    Record(RecordKind),
    /// A value.
    Value(FactType),
}

/// A change of the directory that a flow can record, with its parameters: name, type, and whether it must be there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DirectoryAct {
    /// The name that authors write.
    pub name: &'static str,
    /// What it reads.
    pub parameters: &'static [(&'static str, Parameter, bool)],
}

const ACCOUNT: (&str, Parameter, bool) = ("account", Parameter::Record(RecordKind::Account), true);
const ORGANISATION: (&str, Parameter, bool) = ("organisation", Parameter::Record(RecordKind::Organisation), true);

/// All changes that a flow can record.
pub const DIRECTORY_ACTS: [DirectoryAct; 9] = [
    DirectoryAct { name: "issue_code", parameters: &[ORGANISATION] },
    DirectoryAct {
        name: "register_organisation",
        parameters: &[
            ORGANISATION,
            ("town", Parameter::Value(FactType::ShortText), false),
            ("manager_mail", Parameter::Value(FactType::Mail), false),
        ],
    },
    DirectoryAct { name: "mark_leaver", parameters: &[ACCOUNT] },
    DirectoryAct { name: "mark_joiner", parameters: &[ACCOUNT, ORGANISATION] },
    DirectoryAct { name: "add_owner", parameters: &[ORGANISATION, ACCOUNT] },
    DirectoryAct { name: "remove_owner", parameters: &[ORGANISATION, ACCOUNT] },
    DirectoryAct {
        name: "add_account",
        parameters: &[
            ORGANISATION,
            ("name", Parameter::Value(FactType::Name), true),
            ("address", Parameter::Value(FactType::NhsMail), true),
            ("mobile", Parameter::Value(FactType::Mobile), false),
            ("owner", Parameter::Value(FactType::YesNo), false),
            ("role", Parameter::Value(FactType::Choice), false),
        ],
    },
    DirectoryAct {
        name: "rename_account",
        parameters: &[
            ACCOUNT,
            ("name", Parameter::Value(FactType::Name), true),
            ("address", Parameter::Value(FactType::NhsMail), false),
        ],
    },
    DirectoryAct {
        name: "change_mobile",
        parameters: &[ACCOUNT, ORGANISATION, ("mobile", Parameter::Value(FactType::Mobile), true)],
    },
];

/// The change that an author named.
pub fn directory_act(name: &str) -> Option<&'static DirectoryAct> {
    DIRECTORY_ACTS.iter().find(|act| act.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn demands_read_as_they_are_written() {
        for written in
            ["owner of account.organisation", "mobile_agreed from account.organisation.owners", "checked from agent"]
        {
            assert_eq!(Demand::parse(written).map(|demand| demand.to_string()).as_deref(), Some(written));
        }
        assert_eq!(Demand::parse("owner"), None);
        assert_eq!(Demand::parse("friend of account"), None);
    }
}
