//! The changes that a ticket makes, inside its commit. What they may do is decided in `policy::world`, on the part of the
//! directory that a change can touch; here that part is read and written back.

use std::collections::BTreeSet;

use super::super::StoreError;
use super::super::commit::{Failure, Refusal, TicketChange};
use super::super::sqlite::Connection;
use super::super::timers::wake;
use super::accounts::{account, accounts_at};
use super::codes::{code_of, put_code};
use super::finding::{add_neighbours, add_organisation};
use super::history::{Source, add_history, differences};
use super::organisations::put_organisation;
use super::ties::{put_account, whole};
use crate::policy::facts::RecordKind;
use crate::policy::outcome::Effect;
use crate::policy::world::applying::{Occasion, Touched, account_keys};
use crate::policy::world::change::Change;
use crate::policy::world::{World, columns};

/// Carries a ticket's changes out, in order, and says which rows are different now. One that may not be refuses the whole
/// commit of its ticket.
pub(in crate::store) async fn apply_changes(db: &mut Connection, ticket: &TicketChange) -> Result<Touched, Failure> {
    let mut touched = Touched::new();
    for change in &ticket.changes {
        let made = |effect: &Effect| matches!(effect, Effect::Changed(made) if made == change);
        let line = ticket.lines.iter().find(|line| line.effects.iter().any(made)).or(ticket.lines.last());
        let Some(line) = line else {
            return Err(Refusal::Broken(format!("no line of {} made a change", ticket.ticket.reference)).into());
        };
        let code = match change {
            Change::IssueCode { organisation, .. } => ticket.codes.get(organisation),
            _ => None,
        };
        let before = around(db, change).await?;
        let mut after = before.clone();
        let occasion = Occasion { now: line.at, today: ticket.today, code };
        let rows = after
            .change(change, &occasion)
            .map_err(|why| Refusal::Broken(format!("the directory stays as it is: {why}")))?;
        let reference = &ticket.ticket.reference;
        let source = Source { at: line.at, line: Some((reference, line.seq)), what: change.name() };
        write_back(db, &before, &after, &rows, &source).await?;
        wake(db, &rows, Some(reference), line.at).await?;
        touched.extend(rows);
    }
    Ok(touched)
}

/// All that a change can touch or must look at, passcodes included.
async fn around(db: &mut Connection, change: &Change) -> Result<World, StoreError> {
    let mut world = World::default();
    let mut accounts = BTreeSet::new();
    match change {
        Change::IssueCode { organisation, .. }
        | Change::CodeTried { organisation }
        | Change::CodeUsed { organisation } => {
            add_organisation(db, &mut world, organisation).await?;
            if let Some(code) = code_of(db, organisation).await? {
                world.codes.insert(organisation.clone(), code);
            }
            // Nobody's account has to do with a passcode.
            return Ok(world);
        }
        Change::RegisterOrganisation { organisation, .. } => add_organisation(db, &mut world, organisation).await?,
        Change::MarkJoiner { account, organisation }
        | Change::AddOwner { organisation, account }
        | Change::RemoveOwner { organisation, account } => {
            add_organisation(db, &mut world, organisation).await?;
            accounts.insert(account.clone());
        }
        Change::MarkLeaver { account } | Change::ChangeMobile { account, .. } => {
            accounts.insert(account.clone());
        }
        Change::AddAccount { organisation, address, .. } => {
            add_organisation(db, &mut world, organisation).await?;
            add_rivals(db, &mut world, address).await?;
            for key in account_keys(address) {
                if account(db, &key).await?.is_none() {
                    break;
                }
                accounts.insert(key);
            }
        }
        Change::RenameAccount { account, address, .. } => {
            accounts.insert(account.clone());
            if let Some(address) = address {
                add_rivals(db, &mut world, address).await?;
            }
        }
    }
    for id in accounts {
        let rows = account(db, &id).await?.into_iter().collect();
        world.accounts.extend(whole(db, rows).await?);
    }
    add_neighbours(db, &mut world).await?;
    Ok(world)
}

/// The accounts that have an address already.
async fn add_rivals(db: &mut Connection, world: &mut World, address: &str) -> Result<(), StoreError> {
    let rows = accounts_at(db, &address.trim().to_lowercase()).await?;
    world.accounts.extend(whole(db, rows).await?);
    Ok(())
}

async fn write_back(
    db: &mut Connection,
    before: &World,
    after: &World,
    rows: &Touched,
    source: &Source<'_>,
) -> Result<(), StoreError> {
    // Accounts last: they may speak of organisations.
    for (kind, id) in rows.iter().rev() {
        match kind {
            RecordKind::Organisation => {
                let Some(row) = after.organisations.get(id) else { continue };
                let cells = columns::of_organisation;
                let old = before.organisations.get(id).map(cells).unwrap_or_default();
                put_organisation(db, id, row).await?;
                let fields = differences(&columns::ORGANISATION, &old, &cells(row));
                add_history(db, source, (*kind, id, row.version), &fields).await?;
            }
            RecordKind::Account => {
                let Some(row) = after.accounts.get(id) else { continue };
                let cells = columns::of_account;
                let old = before.accounts.get(id);
                put_account(db, id, row, old).await?;
                let fields = differences(&columns::ACCOUNT, &old.map(cells).unwrap_or_default(), &cells(row));
                add_history(db, source, (*kind, id, row.version), &fields).await?;
            }
            RecordKind::Ticket => {}
        }
    }
    for (organisation, code) in &after.codes {
        if before.codes.get(organisation) != Some(code) {
            put_code(db, organisation, code).await?;
        }
    }
    Ok(())
}
