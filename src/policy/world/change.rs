//! What a ticket changes in the directory: a closed list, each with keys of rows and values in their canonical form.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One change of the directory. Rows are named by their keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// A passcode goes to the address that the regulator has on record. The one before is void.
    IssueCode {
        /// The organisation.
        organisation: String,
        /// When it stops being valid.
        until: Timestamp,
    },
    /// Somebody gave a passcode, and it was wrong.
    CodeTried {
        /// The organisation.
        organisation: String,
    },
    /// Somebody gave the right passcode: it is void now.
    CodeUsed {
        /// The organisation.
        organisation: String,
    },
    /// An organisation has the service from now on.
    RegisterOrganisation {
        /// The organisation.
        organisation: String,
        /// Its town, as short as mail addresses need it.
        town: Option<String>,
        /// The address of its registered manager.
        registered_manager: Option<String>,
    },
    /// An account is marked as leaving.
    MarkLeaver {
        /// The account.
        account: String,
    },
    /// An account joins an organisation: it leaves none any more. Its roles where it was end, save that a mailbox keeps
    /// its last owner.
    MarkJoiner {
        /// The account.
        account: String,
        /// The organisation that it joins.
        organisation: String,
    },
    /// An account owns the shared mailbox of an organisation from now on.
    AddOwner {
        /// The organisation.
        organisation: String,
        /// The account.
        account: String,
    },
    /// An account owns the shared mailbox no longer. An organisation never loses its last owner.
    RemoveOwner {
        /// The organisation.
        organisation: String,
        /// The account.
        account: String,
    },
    /// A new account.
    AddAccount {
        /// The organisation to which it belongs.
        organisation: String,
        /// The person's name.
        name: String,
        /// The account's address.
        address: String,
        /// The person's own mobile, as `+447…`.
        mobile: Option<String>,
        /// Whether they own the shared mailbox.
        owner: bool,
        /// Whether they administer it without owning it.
        #[serde(default)]
        administrator: bool,
    },
    /// A person has another name, and an address made of it. The old address goes on for good.
    RenameAccount {
        /// The account.
        account: String,
        /// The new name.
        name: String,
        /// The new address; `None` leaves it.
        address: Option<String>,
    },
    /// A person has another mobile. Whoever speaks for an organisation speaks for its own people alone.
    ChangeMobile {
        /// The organisation to which the account belongs.
        organisation: String,
        /// The account.
        account: String,
        /// The new number, as `+447…`.
        mobile: String,
    },
}

impl Change {
    /// Its name in the journal.
    pub fn name(&self) -> &'static str {
        match self {
            Change::IssueCode { .. } => "issue_code",
            Change::CodeTried { .. } => "code_tried",
            Change::CodeUsed { .. } => "code_used",
            Change::RegisterOrganisation { .. } => "register_organisation",
            Change::MarkLeaver { .. } => "mark_leaver",
            Change::MarkJoiner { .. } => "mark_joiner",
            Change::AddOwner { .. } => "add_owner",
            Change::RemoveOwner { .. } => "remove_owner",
            Change::AddAccount { .. } => "add_account",
            Change::RenameAccount { .. } => "rename_account",
            Change::ChangeMobile { .. } => "change_mobile",
        }
    }
}
