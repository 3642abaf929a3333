//! How many connections the machine lets us hold: each one is an open file, and the desk needs some for itself.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Files that the desk needs beside its connections: database, attachments, mails under way, letters.
const OWN: u64 = 256;

/// How many connections of those wanted can be held. Many systems start a program with a low limit that it may raise
/// itself, so this is done first.
pub(super) fn connections(wanted: usize) -> usize {
    let needed = u64::try_from(wanted).unwrap_or(u64::MAX).saturating_add(OWN);
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let before = limit.current;
        limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
        if setrlimit(Resource::Nofile, limit).is_err() {
            limit.current = before;
        }
    }
    let spare = limit.current.map_or(u64::MAX, |current| current.saturating_sub(OWN).max(current / 4));
    let held = usize::try_from(spare).unwrap_or(usize::MAX).min(wanted);
    if held < wanted {
        tracing::warn!(connections = held, "the system's limit on open files leaves the LMTP door fewer connections");
    }
    held
}
