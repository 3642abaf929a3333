//! Where the flows of a pack stand: areas as frames in columns, and ways that run in the gutters between the columns and
//! along a rail above them, so that none crosses a box.

use std::collections::{BTreeMap, BTreeSet};

use super::layout::{Place, Size};
use super::{Line, Step};

/// How many columns there are at most.
const COLUMNS: usize = 4;
/// From the edge of a frame to its boxes; above them stands its name.
const PAD: i32 = 14;
const NAME: i32 = 34;
/// Between boxes, and between frames.
const BETWEEN: i32 = 14;
/// Between two ways that run side by side, and from the outer ones to the columns.
const TRACK: i32 = 9;
const BESIDE: i32 = 18;

/// Boxes, frames and ways on their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shelf {
    pub(super) size: Size,
    pub(super) boxes: Vec<Place>,
    pub(super) frames: Vec<Place>,
    pub(super) routes: Vec<Vec<(i32, i32)>>,
}

/// Puts the boxes of a pack on their places.
pub(super) fn shelf(sizes: &[Size], boxes: &[Step], areas: usize, ways: &[Line]) -> Shelf {
    let columns = columns(sizes, boxes, areas);
    let wide = sizes.iter().map(|size| size.width).max().unwrap_or(0) + 2 * PAD;
    let column_of: BTreeMap<usize, usize> =
        columns.iter().enumerate().flat_map(|(column, areas)| areas.iter().map(move |area| (*area, column))).collect();
    let column = |at: usize| boxes.get(at).and_then(|it| column_of.get(&it.area)).copied().unwrap_or(0);
    let rails = Rails::of(ways, &column, columns.len());
    let lefts = rails.lefts(columns.len(), wide);
    let top = 2 * BESIDE + TRACK * i32::try_from(rails.rail.len()).unwrap_or(0);
    let mut placed = vec![Place::default(); boxes.len()];
    let mut frames = vec![Place::default(); areas];
    let mut lowest = top;
    for (column, areas) in columns.iter().enumerate() {
        let mut y = top;
        for area in areas {
            let frame_top = y;
            y += NAME;
            for (at, _) in boxes.iter().enumerate().filter(|(_, it)| it.area == *area) {
                placed[at] = Place { x: lefts[column] + PAD, y, size: sizes[at] };
                y += sizes[at].height + BETWEEN;
            }
            y += PAD - BETWEEN;
            frames[*area] = Place { x: lefts[column], y: frame_top, size: Size { width: wide, height: y - frame_top } };
            y += BETWEEN * 2;
        }
        lowest = lowest.max(y);
    }
    let pen = Pen { rails: &rails, lefts: &lefts, wide, placed: &placed };
    let routes = ways.iter().map(|way| pen.route(way, column(way.from), column(way.to))).collect();
    let width = lefts.last().map_or(0, |left| left + wide) + rails.width(columns.len());
    Shelf { size: Size { width, height: lowest }, boxes: placed, frames, routes }
}

/// The areas of each column: each goes where there is most room.
fn columns(sizes: &[Size], boxes: &[Step], areas: usize) -> Vec<Vec<usize>> {
    let mut columns = vec![(0, Vec::new()); COLUMNS.min(areas.max(1))];
    let mut heights: Vec<(i32, usize)> = (0..areas)
        .map(|area| {
            let own = boxes.iter().zip(sizes).filter(|(it, _)| it.area == area);
            (own.map(|(_, size)| size.height + BETWEEN).sum::<i32>() + NAME + PAD + BETWEEN, area)
        })
        .collect();
    heights.sort_by_key(|(height, area)| (-height, *area));
    for (height, area) in heights {
        if let Some(column) = columns.iter_mut().min_by_key(|(filled, _)| *filled) {
            column.0 += height;
            column.1.push(area);
        }
    }
    columns.into_iter().map(|(_, areas)| areas).collect()
}

/// The ways that run in each gutter and on the rail, by the box to which they lead.
struct Rails {
    gutters: Vec<BTreeSet<usize>>,
    rail: BTreeSet<usize>,
}

/// The gutters that a way takes: of its first box, and of its second, which may be the same.
fn gutters(from: usize, to: usize) -> (usize, usize) {
    match (from, to) {
        (from, to) if to == from => (from + 1, from + 1),
        (from, to) if to == from + 1 => (to, to),
        (from, to) if from == to + 1 => (from, from),
        (from, to) if to > from => (from + 1, to),
        (from, to) => (from, to + 1),
    }
}

impl Rails {
    fn of(ways: &[Line], column: &dyn Fn(usize) -> usize, columns: usize) -> Rails {
        let mut rails = Rails { gutters: vec![BTreeSet::new(); columns + 1], rail: BTreeSet::new() };
        for way in ways {
            let (first, second) = gutters(column(way.from), column(way.to));
            rails.gutters[first].insert(way.to);
            rails.gutters[second].insert(way.to);
            if first != second {
                rails.rail.insert(way.to);
            }
        }
        rails
    }

    fn width(&self, gutter: usize) -> i32 {
        match self.gutters[gutter].len() {
            0 => BESIDE,
            count => 2 * BESIDE + TRACK * (i32::try_from(count).unwrap_or(1) - 1),
        }
    }

    /// The left edge of each column.
    fn lefts(&self, columns: usize, wide: i32) -> Vec<i32> {
        let mut x = 0;
        (0..columns)
            .map(|column| {
                x += self.width(column) + if column > 0 { wide } else { 0 };
                x
            })
            .collect()
    }
}

struct Pen<'a> {
    rails: &'a Rails,
    lefts: &'a [i32],
    wide: i32,
    placed: &'a [Place],
}

impl Pen<'_> {
    fn route(&self, way: &Line, from: usize, to: usize) -> Vec<(i32, i32)> {
        let (first, second) = gutters(from, to);
        let (start, end) = (self.placed[way.from], self.placed[way.to]);
        let out = if first == from { start.x } else { start.right() };
        let into = if second == to { end.x } else { end.right() };
        let leaves = start.y + start.size.height / 2 + 8;
        let enters = end.y + end.size.height / 2 - 8;
        let track = self.track(first, way.to);
        if first == second {
            return vec![(out, leaves), (track, leaves), (track, enters), (into, enters)];
        }
        let rail = BESIDE + TRACK * rank(&self.rails.rail, way.to);
        let other = self.track(second, way.to);
        vec![(out, leaves), (track, leaves), (track, rail), (other, rail), (other, enters), (into, enters)]
    }

    /// Where ways to a box run in a gutter.
    fn track(&self, gutter: usize, to: usize) -> i32 {
        let left = match gutter.checked_sub(1) {
            Some(column) => self.lefts[column] + self.wide,
            None => 0,
        };
        left + BESIDE + TRACK * rank(&self.rails.gutters[gutter], to)
    }
}

fn rank(all: &BTreeSet<usize>, one: usize) -> i32 {
    all.iter().position(|it| *it == one).and_then(|at| i32::try_from(at).ok()).unwrap_or(0)
}
