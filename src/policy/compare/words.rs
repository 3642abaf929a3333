//! The words for an edit.

use crate::policy::wording::plain;

use super::Weight;
use super::tree::Edit;

/// No quotation is longer.
const QUOTED: usize = 120;

/// An edit of the head of a flow.
pub(super) fn of_head(edit: &Edit) -> String {
    let keys: Vec<&str> = edit.keys.iter().map(String::as_str).collect();
    match keys.as_slice() {
        ["say", ..] => ended(said("it", edit)),
        ["facts", fact, rest @ ..] => {
            format!("{}.", became(&named(&format!("the fact “{}”", plain(fact)), rest), edit))
        }
        ["texts", text, ..] => ended(said(&format!("its own text “{}”", plain(text)), edit)),
        ["starts", "examples", ..] => example(edit),
        keys => format!("{}.", became(&named("", keys), edit)),
    }
}

fn example(edit: &Edit) -> String {
    match (&edit.was, &edit.is) {
        (Some(was), _) => format!("the example “{was}” is gone."),
        (None, Some(is)) => format!("the example “{is}” is new."),
        (None, None) => String::new(),
    }
}

/// The keys of a place as people read them.
pub(super) fn named(before: &str, keys: &[&str]) -> String {
    let keys = keys.iter().filter(|key| key.parse::<usize>().is_err()).map(|key| format!("`{key}`"));
    let parts: Vec<String> = (!before.is_empty()).then(|| before.to_owned()).into_iter().chain(keys).collect();
    parts.join(", ")
}

/// `what` was one thing and is another.
pub(super) fn became(what: &str, edit: &Edit) -> String {
    match (&edit.was, &edit.is) {
        (Some(was), Some(is)) => match (quoted(was, is), quoted(is, was)) {
            (was, is) if was.is_empty() => format!("{what} now also has “{is}”"),
            (was, is) if is.is_empty() => format!("{what} no longer has “{was}”"),
            (was, is) => format!("{what} was “{was}” and is “{is}”"),
        },
        (Some(was), None) => format!("{what} no longer has “{}”", short(was)),
        (None, Some(is)) => format!("{what} now has “{}”", short(is)),
        (None, None) => what.to_owned(),
    }
}

/// Somebody reads other words.
pub(super) fn said(who: &str, edit: &Edit) -> String {
    match (&edit.was, &edit.is) {
        (Some(was), Some(is)) => match (quoted(was, is), quoted(is, was)) {
            (was, is) if was.is_empty() => format!("{who} now also says “{is}”"),
            (was, is) if is.is_empty() => format!("{who} no longer says “{was}”"),
            (was, is) => format!("{who} said “{was}” and says “{is}”"),
        },
        (Some(was), None) => format!("{who} no longer says “{}”", short(was)),
        (None, Some(is)) => format!("{who} now says “{}”", short(is)),
        (None, None) => who.to_owned(),
    }
}

/// Of a longer text, the sentences that the other one does not have.
fn quoted(text: &str, other: &str) -> String {
    if text.len() <= 60 && other.len() <= 60 {
        return short(text);
    }
    let theirs = sentences(other);
    let own: Vec<&str> = sentences(text).into_iter().filter(|one| !theirs.contains(one)).collect();
    short(&own.join(" "))
}

fn sentences(text: &str) -> Vec<&str> {
    text.split_inclusive(['.', '?', '!', ':']).map(str::trim).filter(|one| !one.is_empty()).collect()
}

pub(super) fn short(text: &str) -> String {
    if text.chars().count() <= QUOTED {
        return text.to_owned();
    }
    let cut: String = text.chars().take(QUOTED).collect();
    format!("{}…", cut.trim_end())
}

/// A sentence with its full stop, unless a quotation has one already.
pub(super) fn ended(words: String) -> String {
    if words.ends_with(".”") { words } else { format!("{words}.") }
}

/// What a fact no longer hides matters more than its question.
pub(super) fn weight_of_fact(edit: &Edit) -> Weight {
    let hides = ["secret", "personal", "seen_by"].contains(&edit.key());
    if hides && edit.keys.len() > 2 { Weight::Guard } else { Weight::Policy }
}
