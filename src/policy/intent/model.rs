//! Multinomial logistic regression, learnt from examples: one thread, a fixed order, the same bytes in give the same
//! scores out.

use super::maths;
use super::near::Near;
use super::vector::{Features, Vector, Vocabulary};

/// How often every example is seen, and how many looks there are in all: few examples are seen the more often.
const ROUNDS: usize = 6;
const LOOKS: usize = 60_000;
const MOST_ROUNDS: usize = 200;
/// How far the first examples move the weights; later ones move them less.
const PACE: f32 = 1.0;
/// How much less: from the whole of it in the first round to a third in the last.
const SLOWER: f32 = 2.0;
/// How little weights shrink each round, so that no rare word decides alone.
const HOLD: f32 = 12.0;

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
    /// Learns from examples, which stand class by class.
    pub(super) fn learn(examples: &[Features], of_class: &[usize], classes: usize) -> Model {
        let (vocabulary, mut vectors) = Vocabulary::learn(examples);
        let near = Near::learn(&vectors, of_class, &vocabulary);
        let places = by_use(&vocabulary);
        for entry in vectors.iter_mut().flatten() {
            entry.0 = places[entry.0 as usize];
        }
        let mut examples_of = vec![0.0_f32; classes];
        for class in of_class {
            examples_of[*class] += 1.0;
        }
        let usual = examples.len() as f32 / classes.max(1) as f32;
        // A flow with few examples is heard as well as one with many.
        let heard: Vec<f32> = examples_of.iter().map(|own| (usual / own).sqrt().clamp(0.5, 2.0)).collect();
        let mut learner = Learner::new(vocabulary.len(), classes);
        let mut order: Vec<usize> = (0..examples.len()).collect();
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let rounds = (LOOKS / examples.len().max(1)).clamp(ROUNDS, MOST_ROUNDS);
        for round in 0..rounds {
            shuffle(&mut order, &mut seed);
            let pace = PACE / (1.0 + round as f32 / rounds as f32 * SLOWER);
            for example in &order {
                let class = of_class[*example];
                learner.learn(&vectors[*example], class, pace * heard[class]);
            }
            learner.scale *= 1.0 - pace / HOLD;
        }
        Model { start: learner.start[..classes].to_vec(), weights: learner.weights(&places), vocabulary, classes, near }
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

/// Classes are filled up to a multiple of this, so that a processor reckons so many at once.
const LANES: usize = 24;

/// Weights while they are learnt.
struct Learner {
    classes: usize,
    /// The classes, filled up.
    wide: usize,
    /// By feature, then by class; to be taken times the scale.
    rows: Vec<f32>,
    scale: f32,
    start: Vec<f32>,
    error: Vec<f32>,
}

impl Learner {
    fn new(features: usize, classes: usize) -> Learner {
        let wide = classes.next_multiple_of(LANES);
        let rows = vec![0.0; features * wide];
        Learner { classes, wide, rows, scale: 1.0, start: vec![0.0; wide], error: vec![0.0; wide] }
    }

    /// Moves the weights towards one example.
    fn learn(&mut self, vector: &Vector, class: usize, pace: f32) {
        for (part, errors) in self.error.chunks_exact_mut(LANES).enumerate() {
            // Sums that stay in the processor while it waits for the weights.
            let mut sums = [0.0_f32; LANES];
            for (feature, value) in vector {
                let at = *feature as usize * self.wide + part * LANES;
                for (sum, weight) in sums.iter_mut().zip(&self.rows[at..at + LANES]) {
                    *sum += value * weight;
                }
            }
            errors.copy_from_slice(&sums);
        }
        for (error, start) in self.error.iter_mut().zip(&self.start) {
            *error = *error * self.scale + start;
        }
        let (error, rest) = self.error.split_at_mut(self.classes);
        maths::softmax(error);
        error[class] -= 1.0;
        rest.fill(0.0);
        for (start, error) in self.start.iter_mut().zip(&self.error) {
            *start -= pace * 0.02 * error;
        }
        let pace = pace / self.scale;
        for (feature, value) in vector {
            let at = *feature as usize * self.wide;
            let step = pace * value;
            for (weight, error) in self.rows[at..at + self.wide].iter_mut().zip(&self.error) {
                *weight -= step * error;
            }
        }
    }

    /// The weights of the features, each of which has its row at its place.
    fn weights(&self, places: &[u32]) -> Vec<f32> {
        let mut weights = Vec::with_capacity(places.len() * self.classes);
        for place in places {
            let at = *place as usize * self.wide;
            weights.extend(self.rows[at..at + self.classes].iter().map(|weight| weight * self.scale));
        }
        weights
    }
}

/// A place for each feature: what stands in most examples comes first, so that what is reckoned with most lies together
/// in the memory.
fn by_use(vocabulary: &Vocabulary) -> Vec<u32> {
    let mut common: Vec<usize> = (0..vocabulary.len()).collect();
    common.sort_by(|one, other| vocabulary.tells[*one].total_cmp(&vocabulary.tells[*other]));
    let mut places = vec![0; vocabulary.len()];
    for (feature, place) in common.into_iter().zip(0..) {
        places[feature] = place;
    }
    places
}

/// Puts a list into another order, the same each time.
fn shuffle(order: &mut [usize], seed: &mut u64) {
    for at in (1..order.len()).rev() {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let other = usize::try_from(*seed >> 33).unwrap_or(0) % (at + 1);
        order.swap(at, other);
    }
}
