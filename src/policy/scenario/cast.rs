//! The directory of a story as the story changes it: rows that it names get the fields that it gives.

use serde_yaml::{Mapping, Value};

use crate::policy::world::{World, columns};

/// The world with other rows laid over it: a known key keeps the fields that are not named, a field with nothing
/// behind it goes, and an unknown key is a new row.
pub(super) fn changed(world: &World, rows: &Value) -> Result<World, Vec<String>> {
    let mut whole = Mapping::new();
    let organisations = world
        .organisations
        .iter()
        .map(|(key, row)| (key, fields(&columns::ORGANISATION, &columns::of_organisation(row))));
    let accounts = world.accounts.iter().map(|(key, row)| (key, fields(&columns::ACCOUNT, &columns::of_account(row))));
    whole.insert("organisations".into(), section(organisations));
    whole.insert("accounts".into(), section(accounts));
    let Value::Mapping(sections) = rows else { return Err(vec!["`directory` has sections of rows".into()]) };
    for (section, rows) in sections {
        let rows =
            rows.as_mapping().ok_or_else(|| vec!["a section of `directory` has rows by their keys".to_owned()])?;
        let into = whole.entry(section.clone()).or_insert_with(|| Value::Mapping(Mapping::new()));
        for (key, fields) in rows {
            lay_over(into, key, fields)?;
        }
    }
    let text = serde_yaml::to_string(&Value::Mapping(whole)).map_err(|error| vec![error.to_string()])?;
    let mut changed = World::from_yaml(&text)?;
    keep_versions(world, &mut changed);
    Ok(changed)
}

fn lay_over(section: &mut Value, key: &Value, fields: &Value) -> Result<(), Vec<String>> {
    let (Value::Mapping(section), Value::Mapping(fields)) = (section, fields) else {
        return Err(vec!["a row of `directory` has fields by their names".into()]);
    };
    let row = section.entry(key.clone()).or_insert_with(|| Value::Mapping(Mapping::new()));
    let Value::Mapping(row) = row else { return Ok(()) };
    for (field, value) in fields {
        if value.as_str().is_some_and(str::is_empty) {
            row.remove(field);
        } else {
            row.insert(field.clone(), value.clone());
        }
    }
    Ok(())
}

fn section<'a>(rows: impl Iterator<Item = (&'a String, Mapping)>) -> Value {
    Value::Mapping(rows.map(|(key, row)| (Value::String(key.clone()), Value::Mapping(row))).collect())
}

fn fields(names: &[&str], cells: &[String]) -> Mapping {
    let named = names.iter().zip(cells).filter(|(_, cell)| !cell.is_empty());
    named.map(|(name, cell)| ((*name).into(), Value::String(cell.clone()))).collect()
}

/// Rows of a file have no history: those that stayed as they were keep their versions, and the others get the next.
fn keep_versions(old: &World, new: &mut World) {
    for (key, row) in &mut new.organisations {
        let Some(old) = old.organisations.get(key) else { continue };
        row.version = old.version;
        row.version += i64::from(row != old);
    }
    for (key, row) in &mut new.accounts {
        let Some(old) = old.accounts.get(key) else { continue };
        row.version = old.version;
        row.version += i64::from(row != old);
    }
    new.codes = old.codes.clone();
}

#[cfg(test)]
mod tests {
    use super::changed;
    use crate::policy::world::World;

    #[test]
    fn a_story_changes_the_fields_that_it_names_and_no_other() {
        let world = World::from_yaml(
            "organisations:\n  rose: {name: Rose Court, ods_code: V12345}\naccounts:\n  amy: {name: Amy Field, address: amy.field@nhs.net, mobile: \"07700 900111\", organisation: rose}\n",
        )
        .expect("the world of this test is sound");
        let rows = serde_yaml::from_str(
            "accounts:\n  amy: {leaving: \"yes\", mobile: \"\"}\n  bea: {name: Bea Hill, address: bea.hill@nhs.net}\n",
        )
        .expect("the rows of this test are YAML");
        let world = changed(&world, &rows).expect("the changed world is sound");
        assert!(world.accounts["amy"].leaving);
        assert_eq!(world.accounts["amy"].mobile, None);
        assert_eq!(world.accounts["amy"].organisation.as_deref(), Some("rose"));
        assert_eq!(world.accounts["bea"].name, "Bea Hill");
        let bad = serde_yaml::from_str("accounts:\n  amy: {leaving: \"perhaps\"}\n").expect("YAML");
        assert!(changed(&world, &bad).is_err());
    }
}
