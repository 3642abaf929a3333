//! Texts as vectors: words and pairs of words, and pieces of two to five letters, weighed by how few examples share
//! them. Pieces of letters forgive slips of the pen.

use super::maths;

/// A text: its features by number, weighed, in rising order.
pub(super) type Vector = Vec<(u32, f32)>;

/// Longer words are cut: they are no words.
const LETTERS: usize = 24;
/// How long pieces of letters are.
const SHORTEST: usize = 2;
const LONGEST: usize = 5;
/// How much words, pieces of letters, and stems with their meanings count: a block of features each.
const SHARES: [f64; 3] = [0.8, 0.9, 1.0];
const WORDS: usize = 0;
const PIECES: usize = 1;
const MEANINGS: usize = 2;
/// Where in a feature its block stands, so that features in rising order stand block by block.
const BLOCK: u32 = 62;
/// How much what no example has makes a text shorter.
const STRANGE: f64 = 0.3;

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

/// The features of a text as they stand in it, each as heavy as its part.
#[derive(Debug, Clone, Default)]
pub(super) struct Features(Vec<(u64, f32)>);

impl Features {
    /// The features of words and of their meanings, part by part, each part as heavy as said.
    pub(super) fn of(parts: &[(&[String], &[String], f32)]) -> Features {
        let mut found = Vec::new();
        for (words, meanings, weight) in parts {
            for word in *words {
                found.push((word_feature(&[word]), *weight));
                pieces(word, |piece| found.push((piece, *weight)));
            }
            found.extend(words.windows(2).map(|pair| (word_feature(&[&pair[0], &pair[1]]), *weight)));
            found.extend(meanings.iter().map(|meaning| (feature(MEANINGS, 4, &[meaning]), *weight)));
            let pairs = meanings.windows(2);
            found.extend(pairs.map(|pair| (feature(MEANINGS, 5, &[&pair[0], &pair[1]]), *weight)));
        }
        Features(found)
    }
}

impl Vocabulary {
    /// Learns the features of examples, and gives these as vectors. A piece that stands in one example alone tells nothing
    /// about others.
    pub(super) fn learn(examples: &[Features]) -> (Vocabulary, Vec<Vector>) {
        let mut found: Vec<(u64, u32, f32)> = Vec::with_capacity(examples.iter().map(|one| one.0.len()).sum());
        for (features, example) in examples.iter().zip(0..) {
            found.extend(features.0.iter().map(|(feature, count)| (*feature, example, *count)));
        }
        found.sort_unstable_by_key(|(feature, example, _)| (*feature, *example));
        let all = examples.len() as f64;
        let tell = |examples: usize| (maths::ln((1.0 + all) / (1.0 + examples as f64)) + 1.0) as f32;
        let mut vocabulary = Vocabulary { features: Vec::new(), tells: Vec::new(), unknown: tell(0) };
        let mut drafts = vec![Draft::default(); examples.len()];
        let mut counts: Vec<(u32, f32)> = Vec::new();
        for group in found.chunk_by(|one, other| one.0 == other.0) {
            let feature = group[0].0;
            counts.clear();
            let by_example = group.chunk_by(|one, other| one.1 == other.1);
            counts.extend(by_example.map(|one| (one[0].1, one.iter().map(|(_, _, count)| count).sum())));
            if counts.len() == 1 && block(feature) == PIECES {
                let (example, count) = counts[0];
                drafts[example as usize].lacks(feature, count, vocabulary.unknown);
                continue;
            }
            let number = u32::try_from(vocabulary.features.len()).unwrap_or(u32::MAX);
            let tells = tell(counts.len());
            for (example, count) in &counts {
                drafts[*example as usize].has(feature, number, *count, tells);
            }
            vocabulary.features.push(feature);
            vocabulary.tells.push(tells);
        }
        (vocabulary, drafts.into_iter().map(Draft::vector).collect())
    }

    /// A text as a vector of a given length at most: what no example has makes it shorter, so that a text about something
    /// else points nowhere.
    pub(super) fn vector(&self, features: &Features) -> Vector {
        let mut found = features.0.clone();
        found.sort_unstable_by_key(|(feature, _)| *feature);
        let mut draft = Draft::default();
        for same in found.chunk_by(|one, other| one.0 == other.0) {
            let (feature, count) = (same[0].0, same.iter().map(|(_, count)| count).sum());
            match self.number(feature) {
                Some(number) => draft.has(feature, number, count, self.tells[number as usize]),
                None => draft.lacks(feature, count, self.unknown),
            }
        }
        draft.vector()
    }

    /// A feature's number.
    pub(super) fn number(&self, feature: u64) -> Option<u32> {
        u32::try_from(self.features.binary_search(&feature).ok()?).ok()
    }

    /// How many features there are.
    pub(super) fn len(&self) -> usize {
        self.features.len()
    }

    /// From which number on features are meanings.
    pub(super) fn meanings_from(&self) -> usize {
        self.features.partition_point(|feature| block(*feature) < MEANINGS)
    }
}

/// A vector that is being put together, feature by feature in rising order.
#[derive(Debug, Clone, Default)]
struct Draft {
    vector: Vector,
    /// How many features there are of each block.
    ends: [usize; 3],
    squares: [f64; 3],
}

impl Draft {
    fn has(&mut self, feature: u64, number: u32, count: f32, tells: f32) {
        let weight = often(count) * tells;
        self.squares[block(feature)] += f64::from(weight) * f64::from(weight);
        self.ends[block(feature)] += 1;
        self.vector.push((number, weight));
    }

    fn lacks(&mut self, feature: u64, count: f32, unknown: f32) {
        let weight = f64::from(often(count) * unknown);
        self.squares[block(feature)] += STRANGE * weight * weight;
    }

    fn vector(mut self) -> Vector {
        let mut rest = self.vector.as_mut_slice();
        for ((features, square), share) in self.ends.into_iter().zip(self.squares).zip(SHARES) {
            let (own, behind) = rest.split_at_mut(features);
            let norm = (share / square.sqrt().max(1e-9)) as f32;
            own.iter_mut().for_each(|(_, weight)| *weight *= norm);
            rest = behind;
        }
        self.vector
    }
}

/// What stands twice does not tell twice as much.
fn often(count: f32) -> f32 {
    if count == 1.0 { 1.0 } else { (1.0 + maths::ln(f64::from(count).max(0.1))) as f32 }
}

/// The feature of a word, or of two that stand side by side.
pub(super) fn word_feature(words: &[&str]) -> u64 {
    feature(WORDS, if words.len() == 1 { 1 } else { 2 }, words)
}

/// The features of pieces of letters of a word with its edges.
fn pieces(word: &str, mut take: impl FnMut(u64)) {
    let edged: Vec<char> = [' '].into_iter().chain(word.chars().take(LETTERS)).chain([' ']).collect();
    for start in 0..edged.len() {
        let mut hash = Hash::of(3);
        for (letter, length) in edged[start..].iter().zip(1..=LONGEST) {
            hash.take(u64::from(*letter));
            if length >= SHORTEST {
                take(hash.feature(PIECES));
            }
        }
    }
}

fn feature(block: usize, kind: u64, parts: &[&str]) -> u64 {
    let mut hash = Hash::of(kind);
    for part in parts {
        part.bytes().for_each(|byte| hash.take(u64::from(byte)));
        hash.take(0);
    }
    hash.feature(block)
}

fn block(feature: u64) -> usize {
    (feature >> BLOCK) as usize
}

/// FNV-1a over the parts of a feature and its kind.
struct Hash(u64);

impl Hash {
    fn of(kind: u64) -> Hash {
        let mut hash = Hash(0xcbf2_9ce4_8422_2325);
        hash.take(kind);
        hash
    }

    fn take(&mut self, part: u64) {
        self.0 = (self.0 ^ part).wrapping_mul(0x0100_0000_01b3);
    }

    fn feature(&self, block: usize) -> u64 {
        ((block as u64) << BLOCK) | (self.0 >> (64 - BLOCK))
    }
}
