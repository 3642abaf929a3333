//! What changed beside the flows: the desk's own settings, acts, facts and rules; and the stories and examples.

use crate::policy::demand::Demand;
use crate::policy::wording::plain;

use super::tree::{self, Edit};
use super::{Both, Change, Weight, words};

const DESK: &str = "flows/desk.yaml";

/// What acts demand.
pub(super) fn acts(both: Both<'_>, found: &mut Vec<Change>) {
    let (was, is) = (&both.before.pack.desk.acts, &both.after.pack.desk.acts);
    for (act, demands) in is {
        let line = both.new.get(DESK).map_or(1, |document| document.key_place(&format!("/acts/{act}")).line);
        let mut tell = |weight, words: String| {
            let sentence = format!("The act `{act}` {words}.");
            found.push(Change { weight, flow: None, step: None, file: DESK.into(), line, sentence });
        };
        match was.get(act) {
            None => tell(Weight::Policy, format!("is new; {}", demanded(demands))),
            Some(before) if !before.is_empty() && demands.is_empty() => {
                tell(Weight::Guard, format!("NEEDS NO PROOF any more; it {}", demanded(before)));
            }
            Some(before) => {
                for more in demands.iter().filter(|one| !before.contains(one) && !before.is_empty()) {
                    tell(Weight::Guard, format!("can now also be done with `{more}`"));
                }
                for less in before.iter().filter(|one| !demands.contains(one)) {
                    tell(Weight::Policy, format!("can no longer be done with `{less}`"));
                }
                if before.is_empty() && !demands.is_empty() {
                    tell(Weight::Policy, format!("was open to anyone; now it {}", demanded(demands)));
                }
            }
        }
    }
    for act in was.keys().filter(|act| !is.contains_key(*act)) {
        let sentence = format!("The act `{act}` is gone.");
        found.push(Change { weight: Weight::Policy, flow: None, step: None, file: DESK.into(), line: 1, sentence });
    }
}

fn demanded(demands: &[Demand]) -> String {
    match demands {
        [] => "is open to anyone".into(),
        demands => {
            let ways: Vec<String> = demands.iter().map(|demand| format!("`{demand}`")).collect();
            format!("needs {}", ways.join(" or "))
        }
    }
}

/// A file that is no flow.
pub(super) fn file(both: Both<'_>, file: &str, was: &str, is: &str, found: &mut Vec<Change>) {
    let mut tell = |weight, line, sentence: String| {
        found.push(Change { weight, flow: None, step: None, file: file.into(), line, sentence });
    };
    if file.ends_with(".scenarios.yaml") || file == "flows/world.yaml" {
        return tell(Weight::Beside, 1, format!("The stories in {file} have changed."));
    }
    if file.ends_with(".examples.yaml") {
        let (gone, new) = lines_apart(was, is);
        return tell(Weight::Beside, 1, format!("The examples in {file} have changed: {new} new, {gone} gone."));
    }
    if file.ends_with(".rhai") {
        return rule(file, was, is, &mut tell);
    }
    let is_table = file.starts_with("rules/");
    if file != DESK && file != "flows/facts.yaml" && !is_table {
        return;
    }
    let value = |documents: &std::collections::BTreeMap<_, crate::policy::yaml::Document>| {
        documents.get(file).map(|document| document.value.clone())
    };
    for edit in tree::edits(value(both.old).as_ref(), value(both.new).as_ref()) {
        if edit.within("acts") {
            continue;
        }
        let line = both.new.get(file).map_or(1, |document| document.key_place(&edit.path()).line);
        if is_table {
            tell(Weight::Policy, line, row(file, &edit));
            continue;
        }
        let keys: Vec<&str> = edit.keys.iter().map(String::as_str).collect();
        let weight = match keys.as_slice() {
            ["limits", "proof_lasts" | "hold"] => Weight::Guard,
            ["facts", ..] => words::weight_of_fact(&edit),
            ["same_words" | "coverage", ..] => Weight::Beside,
            _ => Weight::Policy,
        };
        tell(weight, line, setting(&keys, &edit));
    }
}

fn setting(keys: &[&str], edit: &Edit) -> String {
    let told = match keys {
        ["facts", fact, rest @ ..] => words::became(&words::named(&format!("The fact “{}”", plain(fact)), rest), edit),
        ["texts", text, ..] => words::said(&format!("The desk's own text “{}”", plain(text)), edit),
        ["limits", limit] => words::became(&format!("The limit “{}”", plain(limit)), edit),
        ["targets", set, rest @ ..] => {
            words::became(&words::named(&format!("The promises “{}”", plain(set)), rest), edit)
        }
        ["chains", chain, ..] => words::became(&format!("The chain “{}”", plain(chain)), edit),
        ["contacts", contact, rest @ ..] => {
            words::became(&words::named(&format!("The contact “{}”", plain(contact)), rest), edit)
        }
        ["calendars", calendar, rest @ ..] => {
            words::became(&words::named(&format!("The calendar “{}”", plain(calendar)), rest), edit)
        }
        ["queues", queue, rest @ ..] => {
            words::became(&words::named(&format!("The queue “{}”", plain(queue)), rest), edit)
        }
        ["clocks", clock, rest @ ..] => {
            words::became(&words::named(&format!("The clock “{}”", plain(clock)), rest), edit)
        }
        keys => words::became(&words::named("The desk", keys), edit),
    };
    words::ended(told)
}

fn row(file: &str, edit: &Edit) -> String {
    match (edit.within("rows"), &edit.was, &edit.is) {
        (true, Some(was), None) => format!("The table in {file} has a row less: {was}."),
        (true, None, Some(is)) => format!("The table in {file} has a new row: {is}."),
        _ => format!("{}.", words::became(&words::named(&format!("The table in {file}"), &[edit.key()]), edit)),
    }
}

/// A rule is told by the lines that are gone and new.
fn rule(file: &str, was: &str, is: &str, tell: &mut impl FnMut(Weight, usize, String)) {
    let code = |text: &str| -> Vec<(usize, String)> {
        let lines = text.lines().enumerate().map(|(at, line)| (at + 1, line.trim().to_owned()));
        lines.filter(|(_, line)| !line.is_empty() && !line.starts_with("//") && line != "}").collect()
    };
    let (old, new) = (code(was), code(is));
    let has = |lines: &[(usize, String)], line: &str| lines.iter().any(|(_, one)| one == line);
    let mut told = false;
    for (at, line) in old.iter().filter(|(_, line)| !has(&new, line)) {
        told = true;
        tell(Weight::Policy, *at, format!("The rule in {file} no longer says `{line}`."));
    }
    for (at, line) in new.iter().filter(|(_, line)| !has(&old, line)) {
        told = true;
        tell(Weight::Policy, *at, format!("The rule in {file} now says `{line}`."));
    }
    if !told {
        let sentence = match old == new {
            true => format!("The remarks in {file} have changed."),
            false => format!("The lines of {file} stand in another order."),
        };
        tell(if old == new { Weight::Beside } else { Weight::Policy }, 1, sentence);
    }
}

fn lines_apart(was: &str, is: &str) -> (usize, usize) {
    let lines = |text: &str| -> std::collections::BTreeSet<String> {
        text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
    };
    let (was, is) = (lines(was), lines(is));
    (was.difference(&is).count(), is.difference(&was).count())
}
