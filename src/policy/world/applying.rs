//! Changes of the directory, carried out. Stories change their made-up directory with this, and the store the rows of its
//! own: what it may not do is refused here, once.

use std::collections::BTreeSet;

use jiff::Timestamp;
use jiff::civil::Date;

use super::change::Change;
use super::passcode::{Passcode, Sealed};
use super::sheet::key_of;
use super::{ACTIVE, Account, Organisation, World};
use crate::policy::facts::RecordKind;

/// What a change needs besides itself.
#[derive(Debug, Clone, Copy)]
pub struct Occasion<'a> {
    /// The moment.
    pub now: Timestamp,
    /// The day on the desk's clock.
    pub today: Date,
    /// The passcode that was made for it, if it issues one.
    pub code: Option<&'a Sealed>,
}

/// The rows that are different now: each has a new version.
pub type Touched = BTreeSet<(RecordKind, String)>;

impl World {
    /// Carries a change out, and says which rows it touched. The error says why it may not be; then nothing is changed.
    ///
    /// INVARIANT: an organisation that has an owner never loses its last one by a change.
    pub fn change(&mut self, change: &Change, occasion: &Occasion<'_>) -> Result<Touched, String> {
        match change {
            Change::IssueCode { organisation, until } => self.issue_code(organisation, *until, occasion),
            Change::CodeTried { organisation } => self.code_tried(organisation, occasion.now),
            Change::CodeUsed { organisation } => self.code_used(organisation, occasion.now),
            Change::RegisterOrganisation { organisation, town, registered_manager } => {
                let (town, manager) = (town.clone(), registered_manager.clone());
                self.change_organisation(organisation, |row| {
                    row.ever_registered = Some(true);
                    row.nhsmail = Some("active".into());
                    row.town = town.or(row.town.take());
                    row.registered_manager = manager.or(row.registered_manager.take());
                })
            }
            Change::MarkLeaver { account } => self.change_account(account, |row| {
                row.leaving_since = if row.leaving { row.leaving_since } else { Some(occasion.today) };
                row.leaving = true;
                row.joined = false;
            }),
            Change::MarkJoiner { account, organisation } => self.mark_joiner(account, organisation),
            Change::AddOwner { organisation, account } => {
                self.known_organisation(organisation)?;
                self.change_account(account, |row| {
                    row.owns.insert(organisation.clone());
                    row.administers.remove(organisation);
                })
            }
            Change::RemoveOwner { organisation, account } => self.remove_owner(organisation, account),
            Change::AddAccount { organisation, name, address, mobile, owner, administrator } => {
                self.known_organisation(organisation)?;
                let owns = owner.then(|| organisation.clone());
                let administers = (*administrator && !owner).then(|| organisation.clone());
                self.add_account(Account {
                    version: 1,
                    name: name.clone(),
                    address: address.to_lowercase(),
                    mobile: mobile.clone(),
                    state: ACTIVE.to_owned(),
                    organisation: Some(organisation.clone()),
                    owns: owns.into_iter().collect(),
                    administers: administers.into_iter().collect(),
                    ..Account::default()
                })
            }
            Change::RenameAccount { account, name, address } => self.rename(account, name, address.as_deref()),
            Change::ChangeMobile { organisation, account, mobile } => {
                if self.known_account(account)?.organisation.as_deref() != Some(organisation) {
                    return Err(format!("`{account}` does not belong to `{organisation}`"));
                }
                self.change_account(account, |row| row.mobile = Some(mobile.clone()))
            }
        }
    }

    /// The key that a new account would get: it is made of its address.
    pub fn free_account_key(&self, address: &str) -> String {
        account_keys(address).find(|key| !self.accounts.contains_key(key)).unwrap_or_default()
    }

    fn issue_code(&mut self, organisation: &str, until: Timestamp, occasion: &Occasion<'_>) -> Result<Touched, String> {
        let sealed = occasion.code.ok_or("no passcode was made for it")?.clone();
        let touched = self.renew(organisation)?;
        self.codes.insert(organisation.to_owned(), Passcode { sealed, until, tries: 0, used: false });
        Ok(touched)
    }

    /// A wrong code counts against the one that is valid. Where none is, there is nothing to guess.
    fn code_tried(&mut self, organisation: &str, now: Timestamp) -> Result<Touched, String> {
        self.known_organisation(organisation)?;
        match self.codes.get_mut(organisation).filter(|code| code.is_live(now)) {
            Some(code) => {
                code.tries += 1;
                self.renew(organisation)
            }
            None => Ok(Touched::new()),
        }
    }

    fn code_used(&mut self, organisation: &str, now: Timestamp) -> Result<Touched, String> {
        self.known_organisation(organisation)?;
        match self.codes.get_mut(organisation).filter(|code| code.is_live(now)) {
            Some(code) => {
                code.used = true;
                self.renew(organisation)
            }
            None => Err(format!("the passcode of `{organisation}` is not valid any more")),
        }
    }

    /// Whoever moves takes no role along, and leaves none behind, save that a mailbox keeps its last owner.
    fn mark_joiner(&mut self, account: &str, organisation: &str) -> Result<Touched, String> {
        self.known_organisation(organisation)?;
        let old_home = self.known_account(account)?.organisation.clone().filter(|home| home != organisation);
        let last = old_home.as_ref().is_some_and(|home| self.is_last_owner(home, account));
        self.change_account(account, |row| {
            row.joined = true;
            row.leaving = false;
            row.leaving_since = None;
            row.organisation = Some(organisation.to_owned());
            if let Some(home) = &old_home {
                row.administers.remove(home);
                if !last {
                    row.owns.remove(home);
                }
            }
        })
    }

    fn remove_owner(&mut self, organisation: &str, account: &str) -> Result<Touched, String> {
        self.known_organisation(organisation)?;
        if self.is_last_owner(organisation, account) {
            return Err(format!("`{account}` is the only owner of `{organisation}`: another one must be named first"));
        }
        self.change_account(account, |row| {
            row.owns.remove(organisation);
        })
    }

    fn add_account(&mut self, row: Account) -> Result<Touched, String> {
        self.free_address(&row.address, None)?;
        let key = self.free_account_key(&row.address);
        let places = row.places().into_iter().map(str::to_owned).collect();
        self.accounts.insert(key.clone(), row);
        Ok(self.renew_all([key].into(), &places, false))
    }

    fn rename(&mut self, account: &str, name: &str, address: Option<&str>) -> Result<Touched, String> {
        let address = address.map(str::to_lowercase);
        if let Some(address) = &address {
            self.free_address(address, Some(account))?;
        }
        self.change_account(account, |row| {
            row.name = name.to_owned();
            if let Some(address) = address {
                row.old_addresses.remove(&address);
                let old = std::mem::replace(&mut row.address, address);
                if old != row.address {
                    row.old_addresses.insert(old);
                }
            }
        })
    }

    fn is_last_owner(&self, organisation: &str, account: &str) -> bool {
        self.owners(organisation).into_iter().eq([account])
    }

    fn free_address(&self, address: &str, besides: Option<&str>) -> Result<(), String> {
        let taken = |(key, row): (&String, &Account)| Some(key.as_str()) != besides && row.has_address(address);
        if self.accounts.iter().any(taken) {
            return Err(format!("the address `{address}` belongs to another account"));
        }
        Ok(())
    }

    fn known_organisation(&self, key: &str) -> Result<&Organisation, String> {
        self.organisations.get(key).ok_or_else(|| format!("there is no organisation `{key}`"))
    }

    fn known_account(&self, key: &str) -> Result<&Account, String> {
        self.accounts.get(key).ok_or_else(|| format!("there is no account `{key}`"))
    }

    fn change_organisation(&mut self, key: &str, by: impl FnOnce(&mut Organisation)) -> Result<Touched, String> {
        let row = self.organisations.get_mut(key).ok_or_else(|| format!("there is no organisation `{key}`"))?;
        let before = row.clone();
        by(row);
        if *row == before { Ok(Touched::new()) } else { self.renew(key) }
    }

    /// Changes an account. The organisations where it was, or is now, get new versions too: their records tell of it.
    fn change_account(&mut self, key: &str, by: impl FnOnce(&mut Account)) -> Result<Touched, String> {
        let row = self.accounts.get_mut(key).ok_or_else(|| format!("there is no account `{key}`"))?;
        if row.deleted.is_some() {
            return Err(format!("the account `{key}` is deleted"));
        }
        let before = row.clone();
        by(row);
        if *row == before {
            return Ok(Touched::new());
        }
        let places = before.places().union(&row.places()).map(|place| (*place).to_owned()).collect();
        Ok(self.renew_all([key.to_owned()].into(), &places, true))
    }

    /// Another version of an organisation whose row or passcode has changed.
    fn renew(&mut self, organisation: &str) -> Result<Touched, String> {
        self.known_organisation(organisation)?;
        Ok(self.renew_all(BTreeSet::new(), &[organisation.to_owned()].into(), false))
    }

    fn renew_all(&mut self, accounts: BTreeSet<String>, organisations: &BTreeSet<String>, were: bool) -> Touched {
        let mut touched = Touched::new();
        for key in organisations {
            if let Some(row) = self.organisations.get_mut(key) {
                row.version += 1;
                touched.insert((RecordKind::Organisation, key.clone()));
            }
        }
        for key in accounts {
            if let Some(row) = self.accounts.get_mut(&key).filter(|_| were) {
                row.version += 1;
            }
            touched.insert((RecordKind::Account, key));
        }
        touched
    }
}

/// The keys that a new account may get, in order: the first that is free is taken.
pub fn account_keys(address: &str) -> impl Iterator<Item = String> {
    let key = key_of(address);
    std::iter::once(key.clone()).chain((2_u32..).map(move |n| format!("{key}-{n}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::world::passcode;

    fn world() -> World {
        World::from_yaml(
            "organisations:\n  rose: {name: Rose Court, ods_code: V12345}\n  elm: {name: Elm House, ods_code: V22222}\n\
             accounts:\n  amy: {name: Amy Field, address: amy.field@nhs.net, organisation: rose}\n  \
             omar: {name: Omar Reed, address: omar.reed@nhs.net, organisation: rose, owner: yes}\n",
        )
        .expect("the world of this test is sound")
    }

    fn change(world: &mut World, change: Change) -> Result<Touched, String> {
        let now = "2026-03-02T09:00:00Z".parse().expect("a time");
        let code = passcode::sealed(&[0; 32], [0; 16], "TALE-AAAB");
        world.change(&change, &Occasion { now, today: jiff::civil::date(2026, 3, 2), code: Some(&code) })
    }

    #[test]
    fn the_last_owner_stays_until_there_is_another() {
        let mut world = world();
        let remove = Change::RemoveOwner { organisation: "rose".into(), account: "omar".into() };
        let before = world.clone();
        insta::assert_snapshot!(change(&mut world, remove.clone()).expect_err("the last one"), @"`omar` is the only owner of `rose`: another one must be named first");
        assert_eq!(world, before);
        let joins = Change::MarkJoiner { account: "omar".into(), organisation: "elm".into() };
        change(&mut world, joins).expect("he may move");
        assert_eq!(world.owners("rose"), ["omar"].into(), "a mailbox keeps its last owner");
        change(&mut world, Change::AddOwner { organisation: "rose".into(), account: "amy".into() }).expect("named");
        let touched = change(&mut world, remove).expect("there is another");
        assert_eq!(world.owners("rose"), ["amy"].into());
        let rows: Vec<String> = touched.into_iter().map(|(kind, key)| format!("{} {key}", kind.name())).collect();
        assert_eq!(rows, ["account omar", "organisation elm", "organisation rose"]);
    }

    #[test]
    fn a_new_name_keeps_the_old_address_and_nobody_else_gets_it() {
        let mut world = world();
        let rename = |account: &str, address: &str| Change::RenameAccount {
            account: account.into(),
            name: "Amy Hill".into(),
            address: Some(address.into()),
        };
        change(&mut world, rename("amy", "Amy.Hill@nhs.net")).expect("free");
        assert!(world.accounts["amy"].has_address("amy.field@nhs.net"));
        change(&mut world, rename("omar", "amy.field@nhs.net")).expect_err("it still reaches Amy");
        change(&mut world, rename("amy", "amy.field@nhs.net")).expect("it is hers");
        assert_eq!(world.accounts["amy"].old_addresses, ["amy.hill@nhs.net".to_owned()].into());
    }

    #[test]
    fn a_new_account_gets_a_key_of_its_address_that_is_free() {
        let mut world = world();
        let add = |address: &str| Change::AddAccount {
            organisation: "elm".into(),
            name: "Amy Field".into(),
            address: address.into(),
            mobile: None,
            owner: true,
            administrator: true,
        };
        change(&mut world, add("amy@nhs.net")).expect("free");
        assert_eq!(world.accounts["amy-2"].owns, ["elm".to_owned()].into());
        assert!(world.accounts["amy-2"].administers.is_empty(), "who owns a mailbox administers it anyway");
        assert_eq!((world.accounts["amy-2"].version, world.organisations["elm"].version), (1, 2));
        change(&mut world, add("amy@nhs.net")).expect_err("it is taken");
    }
}
