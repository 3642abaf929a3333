//! What the directory knows of people who may have no account yet: whether they have one after all, and the address that a
//! new one would get.

use std::collections::BTreeSet;

use super::World;
use crate::policy::outcome::{Newcomer, Standing};

/// Small words that belong to the surname behind them.
const PARTICLES: [&str; 16] =
    ["van", "von", "de", "der", "den", "del", "della", "di", "da", "du", "la", "le", "st", "el", "al", "bin"];

impl World {
    /// What is known of each, in their order. Nobody is offered an address that somebody else has, had, or is offered.
    pub fn newcomers(&self, people: &[Newcomer]) -> Vec<Standing> {
        let mut offered: BTreeSet<String> = BTreeSet::new();
        let mut offer = |name: &str| {
            let stem = stem(name)?;
            let numbered = (2_u32..).map(|n| format!("{stem}{n}@nhs.net"));
            let mut all = std::iter::once(format!("{stem}@nhs.net")).chain(numbered);
            let free = all.find(|address| !self.has_address(address) && !offered.contains(address))?;
            offered.insert(free.clone());
            Some(free)
        };
        let standing = |person: &Newcomer| Standing {
            mobile_is_known: person.mobiles.iter().any(|mobile| self.has_mobile(mobile)),
            free_address: person.name.as_deref().and_then(&mut offer),
        };
        people.iter().map(standing).collect()
    }
}

/// What stands before the `@` of an address in this name: `Zoë van der Berg-O’Neill` gives `zoe.vanderberg-oneill`.
pub fn stem(name: &str) -> Option<String> {
    let words: Vec<String> = name.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect();
    let (first, rest) = words.split_first()?;
    let last = rest.last()?;
    let middle = &rest[..rest.len() - 1];
    let begins = middle.iter().rposition(|word| !PARTICLES.contains(&word.as_str())).map_or(0, |at| at + 1);
    Some(format!("{first}.{}{last}", middle.get(begins..).unwrap_or_default().concat()))
}

/// A word in the letters of a mail address.
fn plain(word: &str) -> String {
    let mut plain = String::new();
    for c in word.chars().flat_map(char::to_lowercase) {
        match c {
            'a'..='z' | '0'..='9' | '-' => plain.push(c),
            'à' | 'á' | 'â' | 'ã' | 'ä' | 'å' | 'ā' | 'ă' | 'ą' => plain.push('a'),
            'æ' => plain.push_str("ae"),
            'ç' | 'ć' | 'č' => plain.push('c'),
            'ď' | 'đ' | 'ð' => plain.push('d'),
            'è' | 'é' | 'ê' | 'ë' | 'ē' | 'ė' | 'ę' | 'ě' => plain.push('e'),
            'ğ' => plain.push('g'),
            'ì' | 'í' | 'î' | 'ï' | 'ī' | 'ı' => plain.push('i'),
            'ł' | 'ľ' => plain.push('l'),
            'ñ' | 'ń' | 'ň' => plain.push('n'),
            'ò' | 'ó' | 'ô' | 'õ' | 'ö' | 'ø' | 'ō' | 'ő' => plain.push('o'),
            'œ' => plain.push_str("oe"),
            'ř' => plain.push('r'),
            'ś' | 'š' | 'ş' | 'ș' => plain.push('s'),
            'ß' => plain.push_str("ss"),
            'ť' | 'ţ' | 'ț' => plain.push('t'),
            'ù' | 'ú' | 'û' | 'ü' | 'ū' | 'ů' | 'ű' => plain.push('u'),
            'ý' | 'ÿ' => plain.push('y'),
            'ź' | 'ż' | 'ž' => plain.push('z'),
            _ => {}
        }
    }
    plain.trim_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_made_of_a_name_however_it_is_spelt() {
        for (name, address) in [
            ("Amy Field", Some("amy.field")),
            ("Aoife O’Brien", Some("aoife.obrien")),
            ("Zoë Müller-Núñez", Some("zoe.muller-nunez")),
            ("Maria van der Berg", Some("maria.vanderberg")),
            ("Mary Ann Smith", Some("mary.smith")),
            ("Mary St John", Some("mary.stjohn")),
            ("Łukasz Żak", Some("lukasz.zak")),
            ("Amy", None),
            ("李 明", None),
            ("", None),
        ] {
            assert_eq!(stem(name).as_deref(), address, "{name}");
        }
    }

    #[test]
    fn nobody_is_offered_what_another_has_had_or_is_offered() {
        let world = World::from_yaml(
            "organisations:\n  rose: {name: Rose Court, ods_code: V12345}\naccounts:\n  \
             amy: {name: Amy Hill, address: amy.hill@nhs.net, old_addresses: amy.field@nhs.net, mobile: 07700 900111, organisation: rose}\n",
        )
        .expect("the world of this test is sound");
        let called = |name: &str| Newcomer { name: Some(name.into()), ..Newcomer::default() };
        let known = Newcomer { name: Some("Amy Field".into()), mobiles: vec!["+447700900111".into()] };
        let found = world.newcomers(&[known, called("Amy Field"), called("Bob Reed"), called("Bob Réed")]);
        let addresses: Vec<&str> = found.iter().filter_map(|one| one.free_address.as_deref()).collect();
        assert_eq!(addresses, ["amy.field2@nhs.net", "amy.field3@nhs.net", "bob.reed@nhs.net", "bob.reed2@nhs.net"]);
        assert!(found[0].mobile_is_known);
        assert!(!found[1].mobile_is_known);
    }
}
