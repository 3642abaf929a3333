//! How the ways run between the layers: down from a port, along a track of the gap, down to the next layer. Ways to the
//! same box share a track.

use std::collections::{BTreeMap, BTreeSet};

use super::{Graph, Layout, MARGIN, Place, Size, Way};

/// Between two tracks, and from the outer ones to the layers.
const TRACK: i32 = 10;
const BESIDE: i32 = 16;
/// Between two ways that run up on the right.
const LANE: i32 = 14;
/// The widest step between two ports.
const PORTS: i32 = 44;

/// What runs together in a gap: all that leads to one cell, or back to one box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    /// To a cell of the layer below.
    To(usize),
    /// Out to the right, on the way back to a box.
    Out(usize),
    /// In from the right, to a box.
    In(usize),
}

/// A run in a gap.
#[derive(Debug, Clone, Default)]
struct Span {
    from: BTreeSet<i32>,
    to: i32,
}

impl Span {
    fn edges(&self) -> (i32, i32) {
        let all = || self.from.iter().copied().chain([self.to]);
        (all().min().unwrap_or(self.to), all().max().unwrap_or(self.to))
    }

    fn is_straight(&self) -> bool {
        let (left, right) = self.edges();
        left == right
    }
}

/// The ways of a gap, with the track of each run.
#[derive(Debug, Clone, Default)]
struct Gap {
    spans: BTreeMap<Run, Span>,
    tracks: BTreeMap<Run, i32>,
    count: i32,
}

/// Draws everything, with the middles of the cells given.
pub(super) fn draw(graph: &Graph, boxes: &[Size], ways: &[Way], centres: &[i32]) -> Layout {
    let ranks = graph.ranks();
    let x = |cell: usize| centres[cell] + MARGIN;
    let right = (0..graph.cells.len()).map(|cell| x(cell) + graph.cells[cell].size.width / 2).max().unwrap_or(0);
    let backs: BTreeSet<usize> = graph.cells.iter().flat_map(|cell| cell.back.iter().copied()).collect();
    let lanes: BTreeMap<usize, i32> = backs.iter().zip(1..).map(|(to, n)| (*to, right + BESIDE + LANE * n)).collect();
    let ports = Ports { graph, ranks: &ranks, centres };
    // Gap n lies above layer n.
    let mut gaps = vec![Gap::default(); graph.layers.len() + 1];
    for (at, cell) in graph.cells.iter().enumerate() {
        for below in &cell.below {
            gaps[cell.layer + 1].add(Run::To(*below), ports.port(at, Out::Below(*below)), x(*below));
        }
        for (to, lane) in cell.back.iter().filter_map(|to| lanes.get_key_value(to)) {
            gaps[cell.layer + 1].add(Run::Out(*to), ports.port(at, Out::Back(*to)), *lane);
        }
    }
    for (to, lane) in &lanes {
        gaps[graph.cells[*to].layer].add(Run::In(*to), *lane, x(*to));
    }
    gaps.iter_mut().for_each(Gap::assign);
    let heights = heights(graph, &gaps);
    let pen = Pen { graph, gaps: &gaps, tops: &heights.0, ports, lanes: &lanes, x: &x };
    let place = |cell: usize| {
        let size = graph.cells[cell].size;
        Place { x: x(cell) - size.width / 2, y: heights.0[graph.cells[cell].layer], size }
    };
    let labels =
        graph.chains.iter().zip(ways).map(|(chain, way)| way.label.and_then(|_| chain.get(1)).map(|it| place(*it)));
    let routes = graph.chains.iter().zip(ways).map(|(chain, way)| pen.route(chain, way, &place));
    Layout {
        size: Size { width: lanes.values().max().map_or(right, |lane| *lane) + MARGIN, height: heights.1 },
        boxes: (0..boxes.len()).map(place).collect(),
        labels: labels.collect(),
        routes: routes.collect(),
    }
}

/// The upper edge of each layer, and the height of the sheet.
fn heights(graph: &Graph, gaps: &[Gap]) -> (Vec<i32>, i32) {
    let mut tops = Vec::new();
    let mut y = MARGIN;
    for (n, layer) in graph.layers.iter().enumerate() {
        y += match (n, gaps[n].count) {
            (0, 0) => 0,
            (_, count) => gap_height(count),
        };
        tops.push(y);
        y += layer.iter().map(|cell| graph.cells[*cell].size.height).max().unwrap_or(0);
    }
    y += match gaps.last().map_or(0, |gap| gap.count) {
        0 => 0,
        count => gap_height(count),
    };
    (tops, y + MARGIN)
}

fn gap_height(tracks: i32) -> i32 {
    2 * BESIDE + TRACK * (tracks - 1).max(0)
}

impl Gap {
    fn add(&mut self, run: Run, from: i32, to: i32) {
        let span = self.spans.entry(run).or_default();
        span.from.insert(from);
        span.to = to;
    }

    /// Gives each run a track. Where one comes down in the line in which another goes on down, it must turn off above.
    fn assign(&mut self) {
        let runs: Vec<Run> = self.spans.iter().filter(|(_, span)| !span.is_straight()).map(|(run, _)| *run).collect();
        let before = |a: &Run, b: &Run| a != b && self.spans[a].from.contains(&self.spans[b].to);
        let mut left = runs.clone();
        let mut taken: Vec<(Run, i32)> = Vec::new();
        while !left.is_empty() {
            let free = left.iter().position(|run| !left.iter().any(|other| before(other, run)));
            let run = left.remove(free.unwrap_or(0));
            let least = taken.iter().filter(|(other, _)| before(other, &run)).map(|(_, track)| track + 1).max();
            let mut track = least.unwrap_or(0);
            while taken.iter().any(|(other, it)| *it == track && near(&self.spans[other], &self.spans[&run])) {
                track += 1;
            }
            taken.push((run, track));
        }
        self.count = taken.iter().map(|(_, track)| track + 1).max().unwrap_or(0);
        self.tracks = taken.into_iter().collect();
    }
}

/// Whether two runs would touch on one track.
fn near(a: &Span, b: &Span) -> bool {
    let ((a_left, a_right), (b_left, b_right)) = (a.edges(), b.edges());
    a_left <= b_right + TRACK && b_left <= a_right + TRACK
}

/// Where ways leave a cell.
#[derive(Clone, Copy)]
struct Ports<'a> {
    graph: &'a Graph,
    ranks: &'a [usize],
    centres: &'a [i32],
}

impl Ports<'_> {
    /// The place at which a way leaves a cell.
    fn port(&self, cell: usize, out: Out) -> i32 {
        let it = &self.graph.cells[cell];
        let mut below = it.below.clone();
        below.sort_by_key(|below| self.ranks[*below]);
        let all = below.into_iter().map(Out::Below).chain(it.back.iter().map(|to| Out::Back(*to)));
        let all: Vec<Out> = all.collect();
        let count = i32::try_from(all.len()).unwrap_or(1);
        let at = all.iter().position(|other| *other == out).and_then(|at| i32::try_from(at).ok()).unwrap_or(0);
        let step = if count > 1 { PORTS.min((it.size.width - 24) / (count - 1)) } else { 0 };
        self.centres[cell] + MARGIN + at * step - (count - 1) * step / 2
    }
}

/// How a way leaves a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Out {
    /// To a cell below.
    Below(usize),
    /// Back to a box.
    Back(usize),
}

struct Pen<'a, X: Fn(usize) -> i32> {
    graph: &'a Graph,
    gaps: &'a [Gap],
    tops: &'a [i32],
    ports: Ports<'a>,
    lanes: &'a BTreeMap<usize, i32>,
    x: &'a X,
}

impl<X: Fn(usize) -> i32> Pen<'_, X> {
    fn route(&self, chain: &[usize], way: &Way, place: &dyn Fn(usize) -> Place) -> Vec<(i32, i32)> {
        let mut points = Vec::new();
        for (n, cell) in chain.iter().enumerate() {
            let layer = self.graph.cells[*cell].layer;
            let next = chain.get(n + 1).copied();
            if next.is_none() && way.to > way.from {
                points.push(((self.x)(*cell), self.tops[layer]));
                break;
            }
            let from = self.ports.port(*cell, next.map_or(Out::Back(way.to), Out::Below));
            if n == 0 {
                points.push((from, place(*cell).bottom()));
            }
            match next {
                Some(next) => points.extend(self.turn(layer + 1, Run::To(next), from, (self.x)(next))),
                None => points.extend(self.back(layer, way.to, from)),
            }
        }
        without_repeats(points)
    }

    /// The way back: out to the right, up, and in above its box.
    fn back(&self, layer: usize, to: usize, from: i32) -> Vec<(i32, i32)> {
        let lane = self.lanes.get(&to).copied().unwrap_or(from);
        let target = self.graph.cells[to].layer;
        let mut points = self.turn(layer + 1, Run::Out(to), from, lane);
        points.extend(self.turn(target, Run::In(to), lane, (self.x)(to)));
        points.push(((self.x)(to), self.tops[target]));
        points
    }

    /// The two corners of a run in a gap; none when it is straight.
    fn turn(&self, gap: usize, run: Run, from: i32, to: i32) -> Vec<(i32, i32)> {
        match self.gaps[gap].tracks.get(&run) {
            Some(track) if from != to => {
                let y = self.y_of(gap, *track);
                vec![(from, y), (to, y)]
            }
            _ => Vec::new(),
        }
    }

    fn y_of(&self, gap: usize, track: i32) -> i32 {
        let height = gap_height(self.gaps[gap].count);
        let top = match self.tops.get(gap) {
            Some(top) => top - height,
            None => self.tops.last().map_or(0, |top| top + self.lowest()),
        };
        top + BESIDE + TRACK * track
    }

    /// The height of the last layer.
    fn lowest(&self) -> i32 {
        let last = self.graph.layers.last().map_or(&[][..], Vec::as_slice);
        last.iter().map(|cell| self.graph.cells[*cell].size.height).max().unwrap_or(0)
    }
}

/// Points that say nothing new are left out.
fn without_repeats(points: Vec<(i32, i32)>) -> Vec<(i32, i32)> {
    let mut kept: Vec<(i32, i32)> = Vec::new();
    for point in points {
        if let [.., a, b] = kept.as_slice() {
            let in_line = (a.0 == b.0 && b.0 == point.0) || (a.1 == b.1 && b.1 == point.1);
            if in_line && *b != point {
                kept.pop();
            }
        }
        if kept.last() != Some(&point) {
            kept.push(point);
        }
    }
    kept
}
