//! Every row of the catalogue of processes has a flow, and stories by mail and by chat. The table of them at the end of
//! `docs/catalogue.md` is made here; `CAREDESK_WRITE_DOCS=1` writes it anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use serde_yaml::Value;

use super::stories::{shipped, shipped_files};

/// All rows, with the documents from which each comes: G portal guide, S signing up, F frequent questions, P provider
/// guidance, O overview, D a decision of this desk.
const ROWS: [(&str, &str); 46] = [
    ("REG-1", "O"),
    ("REG-2", "G S O"),
    ("REG-3", "G"),
    ("REG-4", "G"),
    ("REG-5", "G"),
    ("REG-6", "G O"),
    ("REG-7", "G S P"),
    ("REG-8", "G S"),
    ("REG-9", "O"),
    ("REG-10", "F"),
    ("REG-11", "P"),
    ("ODS-1", "F"),
    ("ODS-2", "O S"),
    ("PWD-1", "F P"),
    ("PWD-2", "F P"),
    ("PWD-3", "P"),
    ("PWD-4", "F"),
    ("PWD-5", "F"),
    ("PWD-6", "F"),
    ("PWD-7", "P"),
    ("PWD-8", "P"),
    ("USE-1", "F P"),
    ("USE-2", "F"),
    ("USE-3", "F P"),
    ("USE-4", "F"),
    ("USE-5", "F"),
    ("USE-6", "P F"),
    ("USE-7", "P"),
    ("USE-8", "P"),
    ("USE-9", "F S P"),
    ("BOX-1", "F P"),
    ("BOX-2", "F P"),
    ("BOX-3", "F"),
    ("BOX-4", "P"),
    ("BOX-5", "S F P"),
    ("MOV-1", "P"),
    ("MOV-2", "F P"),
    ("MOV-3", "F"),
    ("MOV-4", "P"),
    ("MOV-5", "P"),
    ("ESC-1", "F"),
    ("ESC-2", "F"),
    ("ESC-3", "F D"),
    ("ESC-4", "F"),
    ("ESC-5", "D"),
    ("ESC-6", "D"),
];

const TITLE: &str = "## Every row with its stories\n";

/// How many stories each row has by a channel.
fn stories(channel: &str) -> BTreeMap<String, usize> {
    let mut told = BTreeMap::new();
    for (name, text) in shipped_files().iter().filter(|(name, _)| name.ends_with(".scenarios.yaml")) {
        let file: Value = serde_yaml::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        for scenario in file["scenarios"].as_sequence().into_iter().flatten() {
            let speaks = |item: &Value| item.as_mapping().is_some_and(|item| item.contains_key(channel));
            if scenario["story"].as_sequence().is_some_and(|story| story.iter().any(speaks)) {
                for row in scenario["covers"].as_sequence().into_iter().flatten().filter_map(Value::as_str) {
                    *told.entry(row.to_owned()).or_default() += 1;
                }
            }
        }
    }
    told
}

#[test]
fn every_row_has_a_flow_and_stories_by_both_channels_and_the_page_says_so() {
    let pack = shipped();
    let (mail, chat) = (stories("mail"), stories("chat"));
    let mut missing = BTreeSet::new();
    let mut table = String::from("\n| row | flows and answers | by mail | by chat | source |\n|---|---|---|---|---|\n");
    for (row, source) in ROWS {
        let flows: Vec<String> = pack
            .flows
            .values()
            .filter(|flow| flow.covers.iter().any(|covered| covered == row))
            .map(|flow| format!("`{}`", flow.name))
            .collect();
        let count = |told: &BTreeMap<String, usize>| told.get(row).copied().unwrap_or(0);
        // The clocks escalate in every flow, and none of them claims that row as its own.
        if flows.is_empty() && row != "ESC-3" || count(&mail) == 0 || count(&chat) == 0 {
            missing.insert(row);
        }
        let flows = if flows.is_empty() { "the clocks of every flow".to_owned() } else { flows.join(", ") };
        writeln!(table, "| {row} | {flows} | {} | {} | {source} |", count(&mail), count(&chat))
            .expect("a string takes all");
    }
    assert!(missing.is_empty(), "rows without a flow, or without a story by mail and by chat: {missing:?}");
    let covered: BTreeSet<&str> = pack.flows.values().flat_map(|flow| &flow.covers).map(String::as_str).collect();
    let known: BTreeSet<&str> = ROWS.iter().map(|(row, _)| *row).collect();
    let unknown: Vec<&&str> = covered.difference(&known).collect();
    assert!(unknown.is_empty(), "flows cover rows that the catalogue does not have: {unknown:?}");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/catalogue.md");
    let page = std::fs::read_to_string(&path).expect("the page is there");
    let before = page.split(TITLE).next().unwrap_or(&page).trim_end();
    let whole = format!("{before}\n\n{TITLE}{table}");
    if std::env::var_os("CAREDESK_WRITE_DOCS").is_some() {
        std::fs::write(&path, &whole).expect("the page is written");
    } else {
        assert!(page == whole, "docs/catalogue.md is out of date; write it with CAREDESK_WRITE_DOCS=1");
    }
}
