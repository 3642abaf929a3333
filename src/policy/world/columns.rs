//! The columns of the directory's tables: their names, and the cells of a row. Files, histories and stories read and
//! write rows by these; what a cell may hold is in `valid`.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::{Account, Organisation};

/// The fields of an organisation in files.
pub const ORGANISATION: [&str; 18] = [
    "name",
    "ods_code",
    "provider",
    "postcode",
    "town",
    "ever_registered",
    "nhsmail",
    "managed",
    "local_it",
    "shared_mailbox",
    "registered_manager",
    "cqc_mail",
    "cqc_phone",
    "cqc_location",
    "cqc_contact",
    "dspt_status",
    "dspt_year",
    "suspended",
];
/// The fields of an account in files.
pub const ACCOUNT: [&str; 17] = [
    "name",
    "address",
    "old_addresses",
    "mobile",
    "state",
    "organisation",
    "owner",
    "administrator",
    "owns",
    "administers",
    "activated",
    "last_used",
    "joined",
    "leaving",
    "leaving_since",
    "suspended",
    "deleted",
];
/// The tables, by their names in files.
pub const TABLES: [&str; 2] = ["organisations", "accounts"];

/// The fields of a table; none for one that is not known.
pub fn of(table: &str) -> &'static [&'static str] {
    match table {
        "organisations" => &ORGANISATION,
        "accounts" => &ACCOUNT,
        _ => &[],
    }
}

/// The cells of an organisation, in the order of [`ORGANISATION`]; what it has not is empty.
pub fn of_organisation(row: &Organisation) -> [String; 18] {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    [
        row.name.clone(),
        row.ods_code.clone(),
        text(&row.provider),
        text(&row.postcode),
        text(&row.town),
        row.ever_registered.map(yes_no).unwrap_or_default(),
        text(&row.nhsmail),
        text(&row.managed),
        text(&row.local_it),
        text(&row.shared_mailbox),
        text(&row.registered_manager),
        text(&row.cqc_mail),
        national(&row.cqc_phone),
        text(&row.cqc_location),
        text(&row.cqc_contact),
        text(&row.dspt_status),
        text(&row.dspt_year),
        yes_no(row.suspended),
    ]
}

/// The cells of an account, in the order of [`ACCOUNT`]; what it has not is empty.
pub fn of_account(row: &Account) -> [String; 17] {
    let home = row.organisation.as_deref();
    let elsewhere = |places: &BTreeSet<String>| {
        let others = places.iter().map(String::as_str).filter(|place| Some(*place) != home);
        others.collect::<Vec<_>>().join(" ")
    };
    let here = |places: &BTreeSet<String>| yes_no(home.is_some_and(|home| places.contains(home)));
    let day = |day: &Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    [
        row.name.clone(),
        row.address.clone(),
        row.old_addresses.iter().map(String::as_str).collect::<Vec<_>>().join(" "),
        national(&row.mobile),
        row.state.clone(),
        row.organisation.clone().unwrap_or_default(),
        here(&row.owns),
        here(&row.administers),
        elsewhere(&row.owns),
        elsewhere(&row.administers),
        day(&row.activated),
        day(&row.last_used),
        yes_no(row.joined),
        yes_no(row.leaving),
        day(&row.leaving_since),
        yes_no(row.suspended),
        day(&row.deleted),
    ]
}

fn yes_no(yes: bool) -> String {
    if yes { "yes".into() } else { "no".into() }
}

/// A number as people write it: `07700 900111`, without the sign that a spreadsheet takes for a sum.
fn national(number: &Option<String>) -> String {
    let Some(number) = number else { return String::new() };
    match number.strip_prefix("+44") {
        Some(rest) if rest.len() == 10 && rest.is_ascii() => format!("0{} {}", &rest[..4], &rest[4..]),
        Some(rest) => format!("0{rest}"),
        None => number.clone(),
    }
}
