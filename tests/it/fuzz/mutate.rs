//! Damage to inputs, decided by a seed alone: flipped bytes, pieces lost, doubled, moved and borrowed, words of the
//! format in wrong places, lines out of order.

use std::ops::Range;

/// Numbers that look like chance and are the same on every machine (splitmix64).
pub struct Chance(u64);

impl Chance {
    /// The numbers of one input of a run.
    pub fn new(seed: u64, input: u64) -> Chance {
        let mut chance = Chance(seed.wrapping_mul(0xA24B_AED4_963E_E407) ^ input);
        chance.next();
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below another.
    pub fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    fn one_of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }

    /// A piece of something: mostly a short one.
    fn piece(&mut self, of: usize) -> Range<usize> {
        let start = self.below(of + 1);
        let longest = if self.below(4) == 0 { of } else { 24 };
        start..(start + self.below(longest + 1)).min(of)
    }
}

/// Bytes at which readers go wrong.
const ODD: &[u8] = b"\0\r\n\t :;,.<>()\"'\\@=?-_/%&#!*+[]{}|~\x01\x0B\x0C\x1F\x7F\x80\xA0\xC2\xE2\xEF\xFE\xFF09aAzZ";

/// Makes damaged inputs.
pub struct Mutator {
    /// Words of the format.
    pub tokens: &'static [&'static str],
    /// Bytes that an input has at most, save for one in five hundred.
    pub longest: usize,
    /// How many of the inputs are undamaged: these are taken more often.
    pub seeds: usize,
}

impl Mutator {
    /// One of the inputs, damaged one to eight times.
    pub fn damage(&self, from: &[Vec<u8>], chance: &mut Chance) -> Vec<u8> {
        let longest = if chance.below(500) == 0 { 64_000 } else { self.longest };
        let first = if chance.below(3) == 0 { self.seeds.min(from.len()) } else { from.len() };
        let mut bytes = chance.one_of(&from[..first]).clone();
        for _ in 0..1 << chance.below(4) {
            self.damage_once(&mut bytes, from, longest, chance);
            bytes.truncate(longest);
        }
        bytes
    }

    fn damage_once(&self, bytes: &mut Vec<u8>, from: &[Vec<u8>], longest: usize, chance: &mut Chance) {
        let piece = chance.piece(bytes.len());
        match chance.below(16) {
            0 => flip(bytes, chance),
            1 | 2 => set(bytes, *chance.one_of(ODD), chance),
            3 => bytes.insert(piece.start, *chance.one_of(ODD)),
            4 => drop(bytes.drain(piece)),
            5 => bytes.truncate(piece.start),
            6 => repeat(bytes, piece, longest, chance),
            7 => move_to(bytes, piece, chance),
            8 => {
                let other = chance.one_of(from);
                let borrowed = other[chance.piece(other.len())].to_vec();
                drop(bytes.splice(piece, borrowed));
            }
            9 => {
                let other = chance.one_of(from);
                bytes.truncate(piece.start);
                bytes.extend_from_slice(&other[chance.piece(other.len()).start..]);
            }
            10 | 11 if !self.tokens.is_empty() => {
                let token = chance.one_of(self.tokens).bytes();
                let place = if chance.below(2) == 0 { piece.start..piece.start } else { piece };
                drop(bytes.splice(place, token));
            }
            12 => change_case(&mut bytes[piece]),
            13 => change_line_ends(bytes, chance),
            _ => lines(bytes, from, chance),
        }
    }
}

fn flip(bytes: &mut [u8], chance: &mut Chance) {
    let (at, bit) = (chance.below(bytes.len()), chance.below(8));
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << bit;
    }
}

fn set(bytes: &mut [u8], odd: u8, chance: &mut Chance) {
    let at = chance.below(bytes.len());
    if let Some(byte) = bytes.get_mut(at) {
        *byte = odd;
    }
}

fn repeat(bytes: &mut Vec<u8>, piece: Range<usize>, longest: usize, chance: &mut Chance) {
    let room = longest.saturating_sub(bytes.len()) / piece.len().max(1);
    let times = if chance.below(20) == 0 { room } else { room.min(1 + chance.below(6)) };
    let again = bytes[piece.clone()].repeat(times);
    drop(bytes.splice(piece.end..piece.end, again));
}

fn move_to(bytes: &mut Vec<u8>, piece: Range<usize>, chance: &mut Chance) {
    let moved: Vec<u8> = bytes.drain(piece).collect();
    let to = chance.below(bytes.len() + 1);
    drop(bytes.splice(to..to, moved));
}

fn change_case(bytes: &mut [u8]) {
    for byte in bytes {
        *byte = if byte.is_ascii_lowercase() { byte.to_ascii_uppercase() } else { byte.to_ascii_lowercase() };
    }
}

/// One kind of line end becomes another: everywhere, or at one line only.
fn change_line_ends(bytes: &mut Vec<u8>, chance: &mut Chance) {
    let end = *chance.one_of::<&[u8]>(&[&b"\r\n"[..], b"\n", b"\r", b"\n\n", b"\r\n ", b"\n\t", b"\r\r\n", b" "]);
    let lines: Vec<&[u8]> = bytes.split(|byte| *byte == b'\n').collect();
    let only = (chance.below(2) == 0).then(|| chance.below(lines.len()));
    let mut changed = Vec::with_capacity(bytes.len() + lines.len());
    for (at, line) in lines.iter().enumerate() {
        changed.extend_from_slice(if only.is_some() { line } else { line.strip_suffix(b"\r").unwrap_or(line) });
        if at + 1 < lines.len() {
            changed.extend_from_slice(if only.is_none_or(|only| only == at) { end } else { b"\n" });
        }
    }
    *bytes = changed;
}

/// Lines lost, doubled, moved, or borrowed from another input.
fn lines(bytes: &mut Vec<u8>, from: &[Vec<u8>], chance: &mut Chance) {
    let mut all: Vec<&[u8]> = bytes.split_inclusive(|byte| *byte == b'\n').collect();
    let others: Vec<&[u8]> = chance.one_of(from).split_inclusive(|byte| *byte == b'\n').collect();
    let (at, to) = (chance.below(all.len()), chance.below(all.len() + 1));
    match chance.below(4) {
        0 if !all.is_empty() => drop(all.remove(at)),
        1 if !all.is_empty() => all.insert(to, all[at]),
        2 if to < all.len() => all.swap(at, to),
        _ if !others.is_empty() => all.insert(to, *chance.one_of(&others)),
        _ => {}
    }
    *bytes = all.concat();
}
