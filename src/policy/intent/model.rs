//! Multinomial logistic regression, learnt from examples: one thread, a fixed order, the same bytes in give the same
//! scores out.

use super::maths;
use super::near::Near;
use super::vector::{Counts, Vector, Vocabulary};

/// How often every example is seen, and how many looks there are in all: few examples are seen the more often.
const ROUNDS: usize = 10;
const LOOKS: usize = 100_000;
const MOST_ROUNDS: usize = 200;
/// How far the first examples move the weights; later ones move them less.
const PACE: f32 = 1.0;
/// How little weights shrink each round, so that no rare word decides alone.
const HOLD: f32 = 10.0;

/// What points to which class.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Model {
    pub(super) vocabulary: Vocabulary,
    pub(super) classes: usize,
    /// By feature, then by class.
    pub(super) weights: Vec<f32>,
    /// What each class has without any feature.
    pub(super) start: Vec<f32>,
    /// The examples themselves.
    pub(super) near: Near,
}

impl Model {
    /// Learns from examples, each with its class.
    pub(super) fn learn(examples: &[(Counts, usize)], classes: usize) -> Model {
        let counts: Vec<Counts> = examples.iter().map(|(counts, _)| counts.clone()).collect();
        let vocabulary = Vocabulary::learn(&counts);
        let vectors: Vec<Vector> = counts.iter().map(|counts| vocabulary.vector(counts)).collect();
        let mut of_class = vec![0.0_f32; classes];
        for (_, class) in examples {
            of_class[*class] += 1.0;
        }
        let usual = examples.len() as f32 / classes.max(1) as f32;
        let near = Near::learn(examples, &vocabulary);
        let weights = vec![0.0; vocabulary.len() * classes];
        let mut model = Model { weights, start: vec![0.0; classes], vocabulary, classes, near };
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let rounds = (LOOKS / examples.len().max(1)).clamp(ROUNDS, MOST_ROUNDS);
        for round in 0..rounds {
            shuffle(&mut order, &mut seed);
            let pace = PACE / (1.0 + (round * ROUNDS) as f32 / rounds as f32 * 0.2);
            for example in &order {
                let class = examples[*example].1;
                // A flow with few examples is heard as well as one with many.
                let weight = (usual / of_class[class]).sqrt().clamp(0.5, 2.0);
                model.learn_one(&vectors[*example], class, pace * weight);
            }
            for weight in &mut model.weights {
                *weight *= 1.0 - pace / HOLD;
            }
        }
        model
    }

    /// Moves the weights towards one example.
    fn learn_one(&mut self, vector: &Vector, class: usize, pace: f32) {
        let mut error = self.raw(vector);
        maths::softmax(&mut error);
        error[class] -= 1.0;
        for (feature, value) in vector {
            let at = *feature as usize * self.classes;
            let step = pace * value;
            for (weight, error) in self.weights[at..at + self.classes].iter_mut().zip(&error) {
                *weight -= step * error;
            }
        }
        for (start, error) in self.start.iter_mut().zip(&error) {
            *start -= pace * 0.02 * error;
        }
    }

    /// How strongly a text points to each class.
    pub(super) fn raw(&self, vector: &Vector) -> Vec<f32> {
        let mut scores = self.start.clone();
        for (feature, value) in vector {
            let at = *feature as usize * self.classes;
            for (score, weight) in scores.iter_mut().zip(&self.weights[at..at + self.classes]) {
                *score += value * weight;
            }
        }
        scores
    }

    /// How much a feature speaks for one class and against another.
    pub(super) fn speaks(&self, feature: u32, class: usize, against: usize) -> f32 {
        let at = feature as usize * self.classes;
        self.weights[at + class] - self.weights[at + against]
    }
}

/// Puts a list into another order, the same each time.
fn shuffle(order: &mut [usize], seed: &mut u64) {
    for at in (1..order.len()).rev() {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(*seed >> 33).unwrap_or(0) % (at + 1);
        order.swap(at, other);
    }
}
