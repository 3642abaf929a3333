//! Texts as vectors: words and pairs of words, and pieces of two to five letters, weighed by how few examples share
//! them. Pieces of letters forgive slips of the pen.

use std::collections::BTreeMap;

use super::maths;

/// A text: its features by number, weighed, in rising order.
pub(super) type Vector = Vec<(u32, f32)>;

/// Longer words are cut: they are no words.
const LETTERS: usize = 24;
/// How much words, pieces of letters, and stems with their meanings count.
const WORDS: f64 = 0.8;
const PIECES: f64 = 0.9;
const MEANINGS: f64 = 1.0;

/// The features that examples have, and how much each tells.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Vocabulary {
    /// In rising order: a feature's number is its place.
    pub(super) features: Vec<u64>,
    /// How much a feature tells, by number.
    pub(super) tells: Vec<f32>,
    /// How much a feature that no example has would tell.
    pub(super) unknown: f32,
}

/// How often each feature stands in a text: words apart from pieces.
#[derive(Debug, Clone, Default)]
pub(super) struct Counts {
    pub(super) words: BTreeMap<u64, f64>,
    pub(super) pieces: BTreeMap<u64, f64>,
    pub(super) meanings: BTreeMap<u64, f64>,
}

impl Counts {
    /// Adds the features of a text, each as heavy as said: of its words, and of its meanings.
    pub(super) fn add(&mut self, words: &[String], meanings: &[String], weight: f64) {
        for word in words {
            *self.words.entry(hash(1, &[word])).or_default() += weight;
            let word: String = word.chars().take(LETTERS).collect();
            for piece in pieces(&word) {
                *self.pieces.entry(hash(3, &[&piece])).or_default() += weight;
            }
        }
        for pair in words.windows(2) {
            *self.words.entry(hash(2, &[&pair[0], &pair[1]])).or_default() += weight;
        }
        for meaning in meanings {
            *self.meanings.entry(hash(4, &[meaning])).or_default() += weight;
        }
        for pair in meanings.windows(2) {
            *self.meanings.entry(hash(5, &[&pair[0], &pair[1]])).or_default() += weight;
        }
    }
}

impl Vocabulary {
    /// Learns the features of examples. A piece that stands in one example alone tells nothing about others.
    pub(super) fn learn(examples: &[Counts]) -> Vocabulary {
        let mut found: BTreeMap<u64, u32> = BTreeMap::new();
        let mut pieces: BTreeMap<u64, u32> = BTreeMap::new();
        for example in examples {
            for feature in example.words.keys().chain(example.meanings.keys()) {
                *found.entry(*feature).or_default() += 1;
            }
            for feature in example.pieces.keys() {
                *pieces.entry(*feature).or_default() += 1;
            }
        }
        found.extend(pieces.into_iter().filter(|(_, examples)| *examples > 1));
        let all = examples.len() as f64;
        let tell = |examples: f64| (maths::ln((1.0 + all) / (1.0 + examples)) + 1.0) as f32;
        let tells = found.values().map(|examples| tell(f64::from(*examples))).collect();
        Vocabulary { features: found.into_keys().collect(), tells, unknown: tell(0.0) }
    }

    /// How many features there are.
    pub(super) fn len(&self) -> usize {
        self.tells.len()
    }

    /// A text as a vector of length one at most: what no example has makes it shorter, so that a text about something
    /// else points nowhere.
    pub(super) fn vector(&self, counts: &Counts) -> Vector {
        let mut vector = Vec::with_capacity(counts.words.len() + counts.pieces.len());
        for (block, share) in [(&counts.words, WORDS), (&counts.pieces, PIECES), (&counts.meanings, MEANINGS)] {
            let from = vector.len();
            let mut square = 0.0_f64;
            for (feature, count) in block {
                let often = 1.0 + maths::ln(count.max(0.1));
                match self.number(*feature) {
                    Some(number) => {
                        let weight = often * f64::from(self.tells[number as usize]);
                        square += weight * weight;
                        vector.push((number, weight as f32));
                    }
                    None => square += 0.3 * (often * f64::from(self.unknown)).powi(2),
                }
            }
            let norm = (share / square.sqrt().max(1e-9)) as f32;
            for (_, weight) in &mut vector[from..] {
                *weight *= norm;
            }
        }
        vector.sort_unstable_by_key(|(number, _)| *number);
        vector
    }

    /// A feature's number.
    pub(super) fn number(&self, feature: u64) -> Option<u32> {
        u32::try_from(self.features.binary_search(&feature).ok()?).ok()
    }
}

/// How alike two texts are: nought to one.
pub(super) fn alike(one: &Vector, two: &Vector) -> f32 {
    let (mut a, mut b, mut sum) = (one.iter().peekable(), two.iter().peekable(), 0.0);
    while let (Some((x, weight_x)), Some((y, weight_y))) = (a.peek(), b.peek()) {
        match x.cmp(y) {
            std::cmp::Ordering::Less => drop(a.next()),
            std::cmp::Ordering::Greater => drop(b.next()),
            std::cmp::Ordering::Equal => {
                sum += weight_x * weight_y;
                a.next();
                b.next();
            }
        }
    }
    sum / 2.0
}

/// The feature of a word, or of two that stand side by side.
pub(super) fn word_feature(words: &[&str]) -> u64 {
    match words {
        [one] => hash(1, &[one]),
        words => hash(2, words),
    }
}

/// Pieces of two to five letters of a word with its edges.
fn pieces(word: &str) -> Vec<String> {
    let letters: Vec<char> = std::iter::once(' ').chain(word.chars()).chain([' ']).collect();
    (2..=5).flat_map(|length| letters.windows(length).map(|piece| piece.iter().collect())).collect()
}

/// FNV-1a over the parts of a feature and its kind.
fn hash(kind: u8, parts: &[&(impl AsRef<str> + ?Sized)]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut take = |byte: u8| hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    take(kind);
    for part in parts {
        part.as_ref().bytes().for_each(&mut take);
        take(0);
    }
    hash
}
