//! How long things are kept: what `retention` may name, and how a length of it is written.

use serde_yaml::Value;

use crate::policy::finding::{Finding, did_you_mean};
use crate::policy::yaml::{Document, join};

/// What is kept for a while.
const KINDS: [&str; 6] = ["closed_tickets", "mail_as_received", "attachments", "secrets", "chats", "chat_sessions"];
/// How long is counted here: nobody keeps anything for working hours.
const UNITS: [&str; 5] = ["hour", "day", "week", "month", "year"];

/// Checks the lengths of `retention`.
pub(super) fn check(document: &Document, findings: &mut Vec<Finding>) {
    let Some(Value::Mapping(lengths)) = document.get("/retention") else { return };
    for (kind, written) in lengths {
        let (Some(kind), Some(written)) = (kind.as_str(), written.as_str()) else { continue };
        let path = join("/retention", kind);
        if !KINDS.contains(&kind) {
            let message = format!("nothing called `{kind}` is kept");
            findings.push(Finding::error("unknown-key", document.key_place(&path), message, did_you_mean(kind, KINDS)));
        }
        if !is_length(written) {
            let message = format!("`{written}` is not how long something is kept");
            let help = "write a whole number of hours, days, weeks, months or years, such as `90 days`";
            findings.push(Finding::error("bad-length", document.place(&path), message, help));
        }
    }
}

fn is_length(written: &str) -> bool {
    let Some((number, unit)) = written.trim().split_once(' ') else { return false };
    let unit = unit.trim();
    let unit = unit.strip_suffix('s').unwrap_or(unit);
    number.parse::<u16>().is_ok() && UNITS.contains(&unit)
}
