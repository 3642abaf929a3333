//! Looking things up: the part of the directory in which a look-up finds what it would find in the whole.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::super::sqlite::Connection;
use super::super::tickets::ticket;
use super::super::{Store, StoreError};
use super::accounts::{account, accounts_at, accounts_like, accounts_of, accounts_with_mobile, all_accounts};
use super::codes::code_of;
use super::organisations::{
    OrganisationRow, all_organisations, organisation, organisations_at_postcode, organisations_like,
    organisations_with_code, organisations_with_mailbox,
};
use super::ties::{all_whole, whole};
use crate::policy::facts::{Datum, Record, RecordKind, Value};
use crate::policy::flow::Pack;
use crate::policy::message::Party;
use crate::policy::outcome::{Newcomer, Standing};
use crate::policy::ticket::Reference;
use crate::policy::world::identity::{self, Claim};
use crate::policy::world::newcomers;
use crate::policy::world::{MailboxForms, World, matches, telling_words, ticket_record};

impl Store {
    /// The rows whose fields equal everything in `by`. A ticket is found by its reference, by its own requester only.
    pub async fn look_up(
        &self,
        kind: RecordKind,
        by: &[(String, Value)],
        asker: &Party,
        pack: &Pack,
    ) -> Result<Vec<Record>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        match kind {
            RecordKind::Account | RecordKind::Organisation => {
                let forms = pack.desk.mailbox_forms();
                let world = neighbourhood(&mut snapshot, kind, by, forms).await?;
                Ok(world.look_up(kind, by, forms))
            }
            RecordKind::Ticket => {
                let Some(Datum::Text(reference)) =
                    by.iter().find(|(field, _)| field == "reference").map(|(_, value)| &value.datum)
                else {
                    return Ok(Vec::new());
                };
                let Some(ticket) = ticket(&mut snapshot, &Reference(reference.clone())).await? else {
                    return Ok(Vec::new());
                };
                let title = pack.flows.get(&ticket.flow).map_or(ticket.flow.as_str(), |flow| flow.title.as_str());
                let record = ticket_record(&ticket, title, &pack.desk.zone, asker);
                Ok(record.into_iter().filter(|record| matches(record, by)).collect())
            }
        }
    }

    /// Whether a mobile, as `+447…`, is that of an account which still exists.
    pub async fn knows_mobile(&self, mobile: &str) -> Result<bool, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let rows = accounts_with_mobile(&mut snapshot, mobile).await?;
        let accounts = whole(&mut snapshot, rows).await?;
        Ok(World { accounts: accounts.into_iter().collect(), ..World::default() }.has_mobile(mobile))
    }

    /// Whether an address is, or ever was, that of an account.
    pub async fn knows_address(&self, address: &str) -> Result<bool, StoreError> {
        let mut snapshot = self.snapshot().await?;
        Ok(!accounts_at(&mut snapshot, &address.trim().to_lowercase()).await?.is_empty())
    }

    /// What the directory knows of people who may have no account yet.
    pub async fn newcomers(&self, people: &[Newcomer]) -> Result<Vec<Standing>, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let db = &mut *snapshot;
        let mut rows = Vec::new();
        for person in people {
            for mobile in &person.mobiles {
                rows.extend(accounts_with_mobile(db, mobile).await?);
            }
            // Whoever has, or had, the name with any number behind it.
            if let Some(stem) = person.name.as_deref().and_then(newcomers::stem) {
                rows.extend(accounts_like(db, &format!("%{stem}%@%")).await?);
            }
        }
        let accounts = whole(db, rows).await?.into_iter().collect();
        Ok(World { accounts, ..World::default() }.newcomers(people))
    }

    /// Whether a claim is right, and the version of the organisation that was read for it: what follows from the answer
    /// holds only while that stands. An unknown organisation is nobody's.
    pub async fn identity(&self, claim: &Claim, now: Timestamp) -> Result<(bool, Option<i64>), StoreError> {
        let key = self.signing_key().await?;
        let mut snapshot = self.snapshot().await?;
        let Some(row) = organisation(&mut snapshot, &claim.organisation).await? else { return Ok((false, None)) };
        let (_, row) = row.read()?;
        let code = code_of(&mut snapshot, &claim.organisation).await?;
        Ok((identity::is_right(&row, code.as_ref(), claim, &key, now), Some(row.version)))
    }

    /// What an operator means by a key, an ODS code or an address: rows and all that their records tell of.
    pub async fn directory_named(
        &self,
        name: &str,
        forms: MailboxForms<'_>,
    ) -> Result<(BTreeSet<(RecordKind, String)>, World), StoreError> {
        let mut snapshot = self.snapshot().await?;
        let db = &mut *snapshot;
        let mut organisations: Vec<OrganisationRow> = organisation(db, name).await?.into_iter().collect();
        organisations.extend(organisations_with_code(db, &name.to_uppercase()).await?);
        let mut accounts: Vec<_> = account(db, name).await?.into_iter().collect();
        if name.contains('@') {
            accounts.extend(accounts_at(db, &name.to_lowercase()).await?);
            organisations.extend(mailbox_candidates(db, &name.to_lowercase(), forms).await?);
        }
        let mut rows = BTreeSet::new();
        let mut world = World::default();
        for (id, row) in whole(db, accounts).await? {
            rows.insert((RecordKind::Account, id.clone()));
            world.accounts.insert(id, row);
        }
        for row in organisations {
            let (id, row) = row.read()?;
            let is_it = id == name
                || row.ods_code.eq_ignore_ascii_case(name)
                || forms.addresses(&row).contains(&name.to_lowercase());
            if is_it {
                rows.insert((RecordKind::Organisation, id.clone()));
                world.organisations.insert(id, row);
            }
        }
        add_neighbours(db, &mut world).await?;
        Ok((rows, world))
    }

    /// Rows in which every word stands: in a name, a postcode, an ODS code or an address.
    pub async fn directory_search(&self, words: &[String]) -> Result<World, StoreError> {
        let mut snapshot = self.snapshot().await?;
        let db = &mut *snapshot;
        let Some(longest) = words.iter().max_by_key(|word| word.len()) else { return Ok(World::default()) };
        let escaped = longest.to_lowercase().replace('!', "!!").replace('%', "!%").replace('_', "!_");
        let like = format!("%{escaped}%");
        let rows = organisations_like(db, &like).await?;
        let organisations = rows.into_iter().map(OrganisationRow::read).collect::<Result<_, _>>()?;
        let rows = accounts_like(db, &like).await?;
        let accounts = whole(db, rows).await?.into_iter().collect();
        let mut world = World { organisations, accounts, ..World::default() };
        let has_all = |told: String| {
            let told = told.to_lowercase();
            words.iter().all(|word| told.contains(&word.to_lowercase()))
        };
        world.organisations.retain(|key, row| {
            let postcode = row.postcode.clone().unwrap_or_default();
            let told = [
                &Some(key.clone()),
                &row.provider,
                &row.town,
                &row.shared_mailbox,
                &row.cqc_mail,
                &row.registered_manager,
            ];
            let told = told.into_iter().flatten().cloned().collect::<Vec<_>>().join(" ");
            has_all(format!("{told} {} {} {postcode} {}", row.name, row.ods_code, postcode.replace(' ', "")))
        });
        world.accounts.retain(|key, row| {
            let old = row.old_addresses.iter().cloned().collect::<Vec<_>>().join(" ");
            has_all(format!("{key} {} {} {old}", row.name, row.address))
        });
        Ok(world)
    }
}

/// The present version of a row of the directory.
pub(in crate::store) async fn row_version(
    db: &mut Connection,
    kind: RecordKind,
    id: &str,
) -> Result<Option<i64>, StoreError> {
    match kind {
        RecordKind::Account => Ok(account(db, id).await?.map(|row| row.version)),
        RecordKind::Organisation => Ok(organisation(db, id).await?.map(|row| row.version)),
        RecordKind::Ticket => Ok(None),
    }
}

/// The part of the directory in which a look-up finds what it would find in the whole: the rows that may match, their
/// organisations, and everybody there.
async fn neighbourhood(
    db: &mut Connection,
    kind: RecordKind,
    by: &[(String, Value)],
    forms: MailboxForms<'_>,
) -> Result<World, StoreError> {
    let text = |name: &str| {
        by.iter().find(|(field, _)| field == name).and_then(|(_, value)| match &value.datum {
            Datum::Text(text) => Some(text.as_str()),
            Datum::YesNo(_) | Datum::Number(_) | Datum::Date(_) | Datum::DateTime(_) | Datum::List(_) => None,
        })
    };
    let mut world = World::default();
    match (kind, text("address"), text("mobile")) {
        (RecordKind::Account, Some(address), _) => {
            let rows = accounts_at(db, &address.trim().to_lowercase()).await?;
            world.accounts = whole(db, rows).await?.into_iter().collect();
        }
        (RecordKind::Account, None, Some(mobile)) => {
            let rows = accounts_with_mobile(db, mobile).await?;
            world.accounts = whole(db, rows).await?.into_iter().collect();
        }
        (RecordKind::Account, None, None) => {
            let rows = all_accounts(db).await?;
            world.accounts = all_whole(db, rows).await?;
        }
        (RecordKind::Organisation | RecordKind::Ticket, _, _) => {}
    }
    let organisations = match (kind, text("ods_code"), text("postcode"), text("shared_mailbox")) {
        (RecordKind::Organisation, Some(code), _, _) => organisations_with_code(db, &code.to_uppercase()).await?,
        (RecordKind::Organisation, None, Some(postcode), _) => {
            organisations_at_postcode(db, &postcode.to_uppercase()).await?
        }
        (RecordKind::Organisation, None, None, Some(address)) => {
            mailbox_candidates(db, &address.trim().to_lowercase(), forms).await?
        }
        (RecordKind::Organisation, None, None, None) => match text("name") {
            Some(name) => organisations_called(db, name).await?,
            None => all_organisations(db).await?,
        },
        (RecordKind::Account | RecordKind::Ticket, _, _, _) => Vec::new(),
    };
    for row in organisations {
        let (id, organisation) = row.read()?;
        world.organisations.insert(id, organisation);
    }
    add_neighbours(db, &mut world).await?;
    Ok(world)
}

/// The organisations that somebody may mean by a name: one of its telling words stands in theirs.
async fn organisations_called(db: &mut Connection, name: &str) -> Result<Vec<OrganisationRow>, StoreError> {
    const MOST: usize = 8;
    let telling = telling_words(name);
    // A word that can be written in two ways would not be found by its letters.
    let plain = |word: &&String| word.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let words: Vec<&String> = telling.iter().filter(plain).take(MOST).collect();
    let written = |word: &&&String| name.to_lowercase().contains(word.as_str());
    if words.is_empty() || !words.iter().all(|word| written(&word)) {
        return all_organisations(db).await;
    }
    let mut rows = Vec::new();
    for word in words {
        rows.extend(organisations_like(db, &format!("%{word}%")).await?);
    }
    Ok(rows)
}

/// The organisations whose shared mailbox an address may be, in any form.
async fn mailbox_candidates(
    db: &mut Connection,
    address: &str,
    forms: MailboxForms<'_>,
) -> Result<Vec<OrganisationRow>, StoreError> {
    let Some(codes) = forms.codes_in(address) else { return all_organisations(db).await };
    let mut rows = organisations_with_mailbox(db, address).await?;
    for code in codes {
        rows.extend(organisations_with_code(db, &code).await?);
    }
    Ok(rows)
}

/// Adds the organisations where the accounts are or have a role, and everybody at every organisation: what the records of
/// the rows tell of.
pub(super) async fn add_neighbours(db: &mut Connection, world: &mut World) -> Result<(), StoreError> {
    let places: BTreeSet<String> = world.accounts.values().flat_map(|row| row.places()).map(str::to_owned).collect();
    for id in places {
        add_organisation(db, world, &id).await?;
    }
    let all: Vec<String> = world.organisations.keys().cloned().collect();
    for id in all {
        let rows = accounts_of(db, &id).await?;
        world.accounts.extend(whole(db, rows).await?);
    }
    Ok(())
}

pub(super) async fn add_organisation(db: &mut Connection, world: &mut World, id: &str) -> Result<(), StoreError> {
    if !world.organisations.contains_key(id)
        && let Some(row) = organisation(db, id).await?
    {
        let (id, organisation) = row.read()?;
        world.organisations.insert(id, organisation);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::facts::FactType;
    use crate::store::Mode;

    /// A part of the directory is read for a look-up; what it answers must be what the whole would answer.
    #[tokio::test]
    async fn a_look_up_finds_in_the_store_what_it_finds_in_the_whole_directory() {
        let data = tempfile::tempdir().expect("a folder");
        let store = Store::open(data.path(), Mode::ReadWrite).await.expect("it opens");
        let world = World::from_yaml(
            "organisations:\n  elm: {name: Elm, ods_code: V22, town: Hexham, postcode: NE1 4ST}\n  \
             oak: {name: Oak Tree, ods_code: V33, town: York, postcode: ne14st}\n  \
             ash: {name: Ash, ods_code: V44, shared_mailbox: ash.team@nhs.net}\naccounts:\n  \
             amy: {name: Amy Field, address: amy@nhs.net, mobile: 07700 900111, organisation: oak, owner: yes}\n  \
             bob: {name: Bob Hall, address: bob@nhs.net, old_addresses: rob@nhs.net, mobile: 07700 900111, organisation: oak, owner: yes}\n  \
             nia: {name: Nia Reed, address: nia@nhs.net, owns: elm ash}\n  \
             kit: {name: Kit Lane, address: kit@nhs.net, organisation: oak, owns: elm, administrator: yes}\n",
        )
        .expect("a good file");
        store.directory_import(&world, Timestamp::UNIX_EPOCH).await.expect("kept");
        assert_eq!(store.directory().await.expect("readable"), world);
        let also = ["care.{town}.{organisation}{ods}@nhs.net".to_owned()];
        let forms = MailboxForms { usual: "care.{ods}@nhs.net", also: &also };
        for (kind, field, value, count) in [
            (RecordKind::Account, "address", Value::text(FactType::NhsMail, "Amy@nhs.net"), 1),
            (RecordKind::Account, "address", Value::text(FactType::NhsMail, "Rob@nhs.net"), 1),
            (RecordKind::Account, "mobile", Value::text(FactType::Mobile, "+447700900111"), 2),
            (RecordKind::Account, "name", Value::text(FactType::Name, "nia  reed"), 1),
            (RecordKind::Account, "sole_owner", Value::yes_no(true), 1),
            (RecordKind::Organisation, "ods_code", Value::text(FactType::OdsCode, "v33"), 1),
            (RecordKind::Organisation, "postcode", Value::text(FactType::Postcode, "NE1 4ST"), 2),
            (RecordKind::Organisation, "shared_mailbox", Value::text(FactType::NhsMail, "Care.V33@nhs.net"), 1),
            (
                RecordKind::Organisation,
                "shared_mailbox",
                Value::text(FactType::NhsMail, "care.york.oaktreev33@nhs.net"),
                1,
            ),
            (RecordKind::Organisation, "shared_mailbox", Value::text(FactType::NhsMail, "ash.team@nhs.net"), 1),
            (RecordKind::Organisation, "shared_mailbox", Value::text(FactType::NhsMail, "care.york.elmv33@nhs.net"), 0),
            (RecordKind::Organisation, "name", Value::text(FactType::ShortText, "oak tree care home"), 1),
            (RecordKind::Organisation, "name", Value::text(FactType::ShortText, "The Oak"), 1),
            (RecordKind::Organisation, "name", Value::text(FactType::ShortText, "care home"), 0),
            (RecordKind::Organisation, "accounts", Value::number(3), 1),
            (RecordKind::Organisation, "nothing", Value::number(2), 0),
        ] {
            let by = [(field.to_owned(), value)];
            let mut snapshot = store.snapshot().await.expect("readable");
            let part = neighbourhood(&mut snapshot, kind, &by, forms).await.expect("readable");
            let found = part.look_up(kind, &by, forms);
            assert_eq!(found, world.look_up(kind, &by, forms), "{field}");
            assert_eq!(found.len(), count, "{field} {by:?}");
        }
    }
}
