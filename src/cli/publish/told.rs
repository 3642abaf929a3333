//! How changes between two packs are printed.

use std::fmt::Write as _;

use crate::policy::compare::{Change, Weight};

use super::super::{Failure, Format, print};

/// As much of a digest as people need.
pub(in crate::cli) fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

/// `1 change`, `2 changes`, `no change`.
pub(in crate::cli) fn counted(count: usize, one: &str, many: &str) -> String {
    match count {
        0 => format!("no {one}"),
        1 => format!("1 {one}"),
        count => format!("{count} {many}"),
    }
}

/// Prints changes, what matters most first.
pub(in crate::cli) fn changes(changes: &[Change], format: Format) -> Result<(), Failure> {
    match format {
        Format::Json => changes.iter().try_for_each(print::json),
        Format::Text => print::text(in_words(changes).trim_end()),
    }
}

fn in_words(changes: &[Change]) -> String {
    if changes.is_empty() {
        return "Nothing is otherwise.".into();
    }
    let mut text = String::new();
    for (weight, heading, mark) in [
        (Weight::Guard, "LOOK TWICE: less proof, or less time to say no.", "!!"),
        (Weight::Policy, "What the desk does otherwise:", "-"),
        (Weight::Beside, "What nobody outside notices:", "-"),
    ] {
        let of_weight: Vec<&Change> = changes.iter().filter(|change| change.weight == weight).collect();
        if of_weight.is_empty() {
            continue;
        }
        // Writing to a text cannot fail.
        let _ = writeln!(text, "{heading}");
        for change in of_weight {
            let _ = writeln!(text, "{mark} {} ({}:{})", change.sentence, change.file, change.line);
        }
    }
    text
}
