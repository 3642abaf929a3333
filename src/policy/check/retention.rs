//! How long things are kept: what `retention` may name, how a length of it is written, and what counts where none is.

use std::collections::BTreeMap;

use super::values;
use crate::policy::calendar::{Length, Unit};
use crate::policy::draft::DeskDraft;
use crate::policy::finding::{Finding, did_you_mean};
use crate::policy::flow::Retention;
use crate::policy::yaml::{Document, join};

/// What is kept for a while.
const KINDS: [&str; 6] = ["closed_tickets", "mail_as_received", "attachments", "secrets", "chats", "chat_sessions"];
/// How long is counted here: in time passed, for a calendar's open hours say nothing about it.
const UNITS: [&str; 5] = ["hour", "day", "week", "month", "year"];

/// Checks the lengths of `retention`, and gives those that the desk acts by.
pub(super) fn check(document: &Document, draft: &DeskDraft, findings: &mut Vec<Finding>) -> Retention {
    for (kind, written) in &draft.retention {
        let path = join("/retention", kind);
        if !KINDS.contains(&kind.as_str()) {
            let message = format!("nothing called `{kind}` is kept");
            findings.push(Finding::error("unknown-key", document.key_place(&path), message, did_you_mean(kind, KINDS)));
        }
        if !is_length(written) {
            let message = format!("`{written}` is not how long something is kept");
            let help = "write a whole number of hours, days, weeks, months or years, such as `90 days`";
            findings.push(Finding::error("bad-length", document.place(&path), message, help));
        }
    }
    let mut kept = |kind: &str, usual: Length| {
        // What is no length has been told already; a limit's name is none.
        let written = draft.retention.get(kind).filter(|written| is_length(written));
        let place = || document.place(&join("/retention", kind));
        written.and_then(|written| values::length(written, &BTreeMap::new(), place, findings)).unwrap_or(usual)
    };
    let usual = usual();
    Retention { chats: kept("chats", usual.chats), chat_sessions: kept("chat_sessions", usual.chat_sessions) }
}

/// How long things are kept of which the desk does not say it.
pub(super) fn usual() -> Retention {
    let days = |amount| Length { amount, unit: Unit::Days };
    Retention { chats: days(30), chat_sessions: days(7) }
}

fn is_length(written: &str) -> bool {
    let Some((number, unit)) = written.trim().split_once(' ') else { return false };
    let unit = unit.trim();
    let unit = unit.strip_suffix('s').unwrap_or(unit);
    number.parse::<u16>().is_ok() && UNITS.contains(&unit)
}
