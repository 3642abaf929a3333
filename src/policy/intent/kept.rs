//! What was learnt, as bytes: the next process need not learn it again.

use sha2::{Digest as _, Sha256};

use super::Matcher;
use super::model::Model;
use super::near::Near;
use super::vector::Vocabulary;

/// Changes whenever the same examples would be learnt in another way.
const VERSION: &str = "caredesk model 5";
/// The checksum at the end.
const SUM: usize = 32;

impl Matcher {
    /// The name of what these examples teach: the same examples, the same name.
    pub fn model_name(&self) -> String {
        let mut digest = Sha256::new();
        let mut add = |text: &str| {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text.as_bytes());
        };
        add(VERSION);
        for line in &self.same_words {
            add("same");
            line.iter().for_each(|word| add(word));
        }
        for door in &self.doors {
            add("flow");
            add(&door.flow);
            door.examples.iter().for_each(|example| add(example));
        }
        digest.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether nothing is left to learn.
    pub fn has_learnt(&self) -> bool {
        self.model.get().is_some()
    }

    /// What was learnt, as bytes. Learns it first if need be.
    pub fn keep(&self) -> Vec<u8> {
        let model = self.model();
        let mut bytes = Vec::new();
        let (vocabulary, start, weights) = (&model.vocabulary, &model.start, &model.weights);
        let near = &model.near;
        for length in [model.classes, vocabulary.features.len(), near.classes.len(), near.entries.len()] {
            bytes.extend((length as u64).to_le_bytes());
        }
        for feature in &vocabulary.features {
            bytes.extend(feature.to_le_bytes());
        }
        for number in vocabulary
            .tells
            .iter()
            .chain([&vocabulary.unknown])
            .chain(start)
            .chain(weights)
            .chain(near.entries.iter().map(|(_, weight)| weight))
        {
            bytes.extend(number.to_le_bytes());
        }
        for (example, _) in &near.entries {
            bytes.extend(example.to_le_bytes());
        }
        for number in near.starts.iter().chain(&near.classes) {
            bytes.extend(number.to_le_bytes());
        }
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        bytes
    }

    /// Takes up what was kept. `false` when it is damaged or not of these flows: then it is learnt again.
    pub fn recall(&self, bytes: &[u8]) -> bool {
        match read(bytes).filter(|model| model.classes == self.doors.len()) {
            Some(model) => {
                // Somebody else may have been faster with the same.
                let _ = self.model.set(model);
                true
            }
            None => false,
        }
    }
}

fn read(bytes: &[u8]) -> Option<Model> {
    let (body, sum) = bytes.split_at_checked(bytes.len().checked_sub(SUM)?)?;
    if Sha256::digest(body).as_slice() != sum {
        return None;
    }
    let (mut lengths, rest) = body.split_at_checked(32)?;
    let mut length = || -> Option<usize> {
        let (one, behind) = lengths.split_at_checked(8)?;
        lengths = behind;
        usize::try_from(u64::from_le_bytes(one.try_into().ok()?)).ok()
    };
    let (classes, features, examples, entries) = (length()?, length()?, length()?, length()?);
    let (names, rest) = rest.split_at_checked(features.checked_mul(8)?)?;
    let floats = features.checked_mul(classes.checked_add(1)?)?.checked_add(1)?.checked_add(classes)?;
    let (numbers, whole) = rest.split_at_checked(floats.checked_add(entries)?.checked_mul(4)?)?;
    let names: Vec<u64> =
        names.chunks_exact(8).map(|name| u64::from_le_bytes(name.try_into().unwrap_or_default())).collect();
    let floats: Vec<f32> =
        numbers.chunks_exact(4).map(|number| f32::from_le_bytes(number.try_into().unwrap_or_default())).collect();
    let whole: Vec<u32> =
        whole.chunks_exact(4).map(|number| u32::from_le_bytes(number.try_into().unwrap_or_default())).collect();
    let (tells, rest) = floats.split_at(features);
    let (unknown, rest) = rest.split_first()?;
    let vocabulary = Vocabulary { features: names, tells: tells.to_vec(), unknown: *unknown };
    let meanings = features.checked_sub(vocabulary.meanings_from())?;
    if whole.len() != entries.checked_add(meanings)?.checked_add(1)?.checked_add(examples)? {
        return None;
    }
    let (start, rest) = rest.split_at(classes);
    let (weights, heavy) = rest.split_at(rest.len().checked_sub(entries)?);
    let (of, rest) = whole.split_at(entries);
    let (starts, of_class) = rest.split_at(meanings + 1);
    let near = Near {
        classes: of_class.to_vec(),
        starts: starts.to_vec(),
        entries: of.iter().copied().zip(heavy.iter().copied()).collect(),
    };
    Some(Model { vocabulary, classes, weights: weights.to_vec(), start: start.to_vec(), near })
}

#[cfg(test)]
mod tests {
    use super::super::{Entrance, Matcher};
    use crate::policy::flow::Starts;

    fn matcher(example: &str) -> Matcher {
        let starts = |examples: &[&str]| Starts {
            examples: examples.iter().map(|text| (*text).to_owned()).collect(),
            ..Starts::default()
        };
        let (one, two) = (starts(&[example, "my password is lost"]), starts(&["we cannot send mail", "sending fails"]));
        let door = |flow, starts| Entrance { flow, title: flow, is_answer: false, hurry: 1000, starts };
        Matcher::of([door("password", &one), door("sending", &two)])
    }

    #[test]
    fn what_was_kept_says_the_same_and_damage_is_seen() {
        let (learnt, fresh) = (matcher("reset my password"), matcher("reset my password"));
        let mut bytes = learnt.keep();
        assert!(!fresh.has_learnt() && fresh.recall(&bytes) && fresh.has_learnt());
        assert_eq!(fresh.route("", "my password does not work"), learnt.route("", "my password does not work"));
        assert_eq!(fresh.keep(), bytes);
        bytes[20] ^= 1;
        assert!(!matcher("reset my password").recall(&bytes));
        assert!(!matcher("reset my password").recall(b"short"));
        assert_eq!(learnt.model_name(), fresh.model_name());
        assert_ne!(learnt.model_name(), matcher("my account is locked").model_name());
    }
}
