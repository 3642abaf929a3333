//! The examples that a text is most like, by its meanings. What they say is mixed with what the model says: where both
//! agree, the desk may be surer than either.

use super::vector::{Counts, Vector, Vocabulary};

/// How many examples are heard.
const NEAREST: usize = 20;

/// All examples, by the features that they have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Near {
    /// The class of each example.
    pub(super) classes: Vec<u32>,
    /// Where the entries of each feature begin; one more at the end.
    pub(super) starts: Vec<u32>,
    /// Examples that have a feature, with its weight.
    pub(super) entries: Vec<(u32, f32)>,
}

impl Near {
    /// Learns examples, each with its class.
    pub(super) fn learn(examples: &[(Counts, usize)], vocabulary: &Vocabulary) -> Near {
        let mut found: Vec<(u32, u32, f32)> = Vec::new();
        for ((counts, _), example) in examples.iter().zip(0..) {
            found.extend(meanings(counts, vocabulary).into_iter().map(|(feature, weight)| (feature, example, weight)));
        }
        found.sort_unstable_by_key(|(feature, example, _)| (*feature, *example));
        let mut starts = vec![0; vocabulary.len() + 1];
        for (feature, _, _) in &found {
            starts[*feature as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        Near {
            classes: examples.iter().map(|(_, class)| u32::try_from(*class).unwrap_or(u32::MAX)).collect(),
            starts,
            entries: found.into_iter().map(|(_, example, weight)| (example, weight)).collect(),
        }
    }

    /// The share of each class among the nearest examples, the nearer the heavier. Nothing when none is near.
    pub(super) fn shares(&self, counts: &Counts, vocabulary: &Vocabulary, classes: usize) -> Option<Vec<f32>> {
        let mut alike = vec![0.0_f32; self.classes.len()];
        for (feature, weight) in meanings(counts, vocabulary) {
            let at = feature as usize;
            for (example, other) in &self.entries[self.starts[at] as usize..self.starts[at + 1] as usize] {
                alike[*example as usize] += weight * other;
            }
        }
        let mut nearest: Vec<(f32, usize)> =
            alike.into_iter().enumerate().filter(|(_, alike)| *alike > 0.0).map(|(at, alike)| (alike, at)).collect();
        // Equal ones in the order of the pack.
        nearest.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        let mut shares = vec![0.0_f32; classes];
        for (alike, example) in nearest.into_iter().take(NEAREST) {
            // By multiplication alone: the same on every machine.
            shares[self.classes[example] as usize] += (alike * alike) * (alike * alike);
        }
        let sum: f32 = shares.iter().sum();
        (sum > 0.0).then(|| shares.into_iter().map(|share| share / sum).collect())
    }
}

/// A text by its meanings alone, as a vector of length one.
fn meanings(counts: &Counts, vocabulary: &Vocabulary) -> Vector {
    let alone = Counts { meanings: counts.meanings.clone(), ..Counts::default() };
    let mut vector = vocabulary.vector(&alone);
    let square: f32 = vector.iter().map(|(_, weight)| weight * weight).sum();
    for (_, weight) in &mut vector {
        *weight /= square.sqrt().max(1e-9);
    }
    vector
}
