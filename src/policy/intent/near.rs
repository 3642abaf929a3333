//! The examples that a text is most like, by its meanings. What they say is mixed with what the model says: where both
//! agree, the desk may be surer than either.

use super::vector::{Vector, Vocabulary};

/// How many examples are heard.
const NEAREST: usize = 20;

/// All examples, by the features that they have.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Near {
    /// The class of each example.
    pub(super) classes: Vec<u32>,
    /// Where the entries of each meaning begin; one more at the end.
    pub(super) starts: Vec<u32>,
    /// Examples that have a meaning, with its weight.
    pub(super) entries: Vec<(u32, f32)>,
}

/// What the examples say about a text.
#[derive(Debug)]
pub(super) struct Heard {
    /// The share of each class among the nearest examples, the nearer the heavier. Nothing when none is near.
    pub(super) shares: Option<Vec<f32>>,
    /// How near the nearest example of each class is, and which it is.
    pub(super) nearest: Vec<(f32, usize)>,
}

impl Near {
    /// Learns examples as vectors, each with its class.
    pub(super) fn learn(vectors: &[Vector], of_class: &[usize], vocabulary: &Vocabulary) -> Near {
        let from = vocabulary.meanings_from();
        let alone: Vec<Vector> = vectors.iter().map(|vector| meanings(vector, from)).collect();
        let mut starts = vec![0_u32; vocabulary.len() - from + 1];
        for (feature, _) in alone.iter().flatten() {
            starts[*feature as usize + 1] += 1;
        }
        for at in 1..starts.len() {
            starts[at] += starts[at - 1];
        }
        let mut next = starts.clone();
        let mut entries = vec![(0, 0.0); starts.last().map_or(0, |end| *end as usize)];
        for (vector, example) in alone.iter().zip(0..) {
            for (feature, weight) in vector {
                let at = &mut next[*feature as usize];
                entries[*at as usize] = (example, *weight);
                *at += 1;
            }
        }
        let classes = of_class.iter().map(|class| u32::try_from(*class).unwrap_or(u32::MAX)).collect();
        Near { classes, starts, entries }
    }

    /// What the examples nearest to a text say.
    pub(super) fn hear(&self, vector: &Vector, vocabulary: &Vocabulary, classes: usize) -> Heard {
        let mut alike = vec![0.0_f32; self.classes.len()];
        for (feature, weight) in meanings(vector, vocabulary.meanings_from()) {
            let at = feature as usize;
            for (example, other) in &self.entries[self.starts[at] as usize..self.starts[at + 1] as usize] {
                alike[*example as usize] += weight * other;
            }
        }
        let mut ranked: Vec<(f32, usize)> =
            alike.into_iter().enumerate().filter(|(_, alike)| *alike > 0.0).map(|(at, alike)| (alike, at)).collect();
        let mut nearest = vec![(0.0, 0); classes];
        for (alike, example) in &ranked {
            let best: &mut (f32, usize) = &mut nearest[self.classes[*example] as usize];
            if *alike > best.0 {
                *best = (*alike, *example);
            }
        }
        // Equal ones in the order of the pack.
        let order = |a: &(f32, usize), b: &(f32, usize)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
        if ranked.len() > NEAREST {
            ranked.select_nth_unstable_by(NEAREST, order);
            ranked.truncate(NEAREST);
        }
        ranked.sort_by(order);
        let mut shares = vec![0.0_f32; classes];
        for (alike, example) in ranked {
            // By multiplication alone: the same on every machine.
            shares[self.classes[example] as usize] += (alike * alike) * (alike * alike);
        }
        let sum: f32 = shares.iter().sum();
        let shares = (sum > 0.0).then(|| shares.into_iter().map(|share| share / sum).collect());
        Heard { shares, nearest }
    }

    /// The place of an example among those of its class: they were learnt class by class.
    pub(super) fn place(&self, example: usize) -> usize {
        let class = self.classes[example];
        example - self.classes.partition_point(|other| *other < class)
    }
}

/// A text by its meanings alone, counted from the first of them, as a vector of length one.
fn meanings(vector: &Vector, from: usize) -> Vector {
    let alone = &vector[vector.partition_point(|(feature, _)| (*feature as usize) < from)..];
    let square: f32 = alone.iter().map(|(_, weight)| weight * weight).sum();
    let norm = square.sqrt().max(1e-9);
    let from = u32::try_from(from).unwrap_or(u32::MAX);
    alone.iter().map(|(feature, weight)| (feature - from, weight / norm)).collect()
}
