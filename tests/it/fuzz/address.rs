//! The address grammar: an identity stands in the field as it is granted, and reads as itself.

use caredesk::mail::address::{addr_spec, clean_name, count, is_hidden, only_address};

use super::seeds::{SENDERS, TOKENS};
use super::{Outcome, Target, about, run};

#[test]
fn no_sender_breaks_the_address_grammar() {
    let seeds = SENDERS.iter().map(|sender| sender.as_bytes().to_vec()).collect();
    run(&Target { name: "address grammar", seeds, tokens: TOKENS, longest: 600, check });
}

fn check(raw: &[u8]) -> Outcome {
    let value = String::from_utf8_lossy(raw);
    let addresses = count(&value);
    if addresses > value.len() + 1 {
        return Err("more addresses than there is room for".into());
    }
    name_is_clean(&value)?;
    if let Some(address) = addr_spec(&value) {
        is_an_identity(&address, &value)?;
        if only_address(&value).ok() != Some(address) {
            return Err("an address alone is not the one address".into());
        }
    }
    match only_address(&value) {
        Err(refusal) => Ok(format!("{}, {} counted", refusal.reason, about(addresses))),
        Ok(address) => {
            is_an_identity(&address, &value)?;
            let shape = (value.contains('<'), value.contains('"'), value.contains('('), address.is_ascii());
            Ok(format!("an identity: angle, quote, comment, ascii {shape:?}"))
        }
    }
}

/// One at sign, nothing that is not seen, found in the field as it stands, and the same when it is read again.
fn is_an_identity(address: &str, value: &str) -> Result<(), String> {
    let again = [addr_spec(address), only_address(address).ok(), only_address(&format!("\"Jo\" <{address}>")).ok()];
    if again.iter().any(|again| again.as_deref() != Some(address)) {
        return Err(format!("{address:?} reads as {again:?} when it is read again"));
    }
    let odd = |c: char| c.is_whitespace() || is_hidden(c) || "<>()\",;:\\[]".contains(c);
    if address.matches('@').count() != 1 || address.contains(odd) {
        return Err(format!("{address:?} is no plain address"));
    }
    if address.is_ascii() && !value.to_ascii_lowercase().contains(&address.to_ascii_lowercase()) {
        return Err(format!("{address:?} stands in the field in other letters only"));
    }
    let (local, domain) = address.split_once('@').unwrap_or_default();
    let stands = value.match_indices(&format!("{local}@")).any(|(at, found)| {
        let rest = &value[at + found.len()..];
        let written: String = rest.chars().take_while(|c| !c.is_whitespace() && !"<>()\",;:".contains(*c)).collect();
        written.to_lowercase() == domain
    });
    if stands { Ok(()) } else { Err(format!("{address:?} does not stand in the field")) }
}

fn name_is_clean(value: &str) -> Result<(), String> {
    let Some(name) = clean_name(value) else { return Ok(()) };
    let fine = !name.contains(is_hidden) && name.chars().count() <= 100 && clean_name(&name).as_ref() == Some(&name);
    if fine { Ok(()) } else { Err(format!("the name {name:?} is not clean")) }
}
