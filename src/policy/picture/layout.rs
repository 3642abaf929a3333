//! Where boxes stand and how the ways between them run: layers from top to bottom by the longest way, few crossings, and
//! ways that bend at right angles between the layers only, so that none crosses a box. Pure arithmetic on sizes.
//!
//! Ways that lead to the same box run together as soon as they can. A way that leads back goes round on the right.

mod order;
mod places;
mod routes;

use std::collections::{BTreeMap, BTreeSet};

/// The size of a box or a label, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// From left to right.
    pub width: i32,
    /// From top to bottom.
    pub height: i32,
}

/// A way that is to be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Way {
    /// The first box.
    pub from: usize,
    /// The second box. A way leads back when it does not stand behind the first.
    pub to: usize,
    /// The size of its label, if it has one.
    pub label: Option<Size>,
}

/// A place on the sheet, by its left upper corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Place {
    /// The left edge.
    pub x: i32,
    /// The upper edge.
    pub y: i32,
    /// How large it is.
    pub size: Size,
}

impl Place {
    /// The right edge.
    pub fn right(&self) -> i32 {
        self.x + self.size.width
    }

    /// The lower edge.
    pub fn bottom(&self) -> i32 {
        self.y + self.size.height
    }

    /// Whether two places share more than an edge.
    pub fn overlaps(&self, other: &Place) -> bool {
        self.x < other.right() && other.x < self.right() && self.y < other.bottom() && other.y < self.bottom()
    }
}

/// The drawing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// The whole sheet.
    pub size: Size,
    /// Where each box stands.
    pub boxes: Vec<Place>,
    /// Where the label of each way stands, if it has one.
    pub labels: Vec<Option<Place>>,
    /// The points through which each way runs, from the edge of its first box to the upper edge of its second.
    pub routes: Vec<Vec<(i32, i32)>>,
}

/// From the edge of the sheet to what is drawn.
const MARGIN: i32 = 16;

/// Places boxes, in the order of their story, and runs the ways between them.
pub fn layout(boxes: &[Size], ways: &[Way]) -> Layout {
    let mut graph = Graph::of(boxes, ways);
    order::fewer_crossings(&mut graph);
    let centres = places::centres(&graph);
    routes::draw(&graph, boxes, ways, &centres)
}

/// What takes room in a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// A box.
    Box(usize),
    /// The label of a way.
    Label(usize),
    /// Ways that pass on their way to a box.
    Pass(usize),
}

/// A thing in a layer.
#[derive(Debug, Clone)]
struct Cell {
    what: What,
    size: Size,
    layer: usize,
    /// Its neighbours in the layer above, and in the layer below, without order.
    above: Vec<usize>,
    below: Vec<usize>,
    /// The boxes to which ways lead back from here.
    back: BTreeSet<usize>,
}

/// Boxes, labels and passing ways in layers.
#[derive(Debug, Clone)]
struct Graph {
    cells: Vec<Cell>,
    /// The cells of each layer, from left to right.
    layers: Vec<Vec<usize>>,
    /// The cells through which each way runs. A way that leads back ends before its box.
    chains: Vec<Vec<usize>>,
}

impl Graph {
    fn of(boxes: &[Size], ways: &[Way]) -> Graph {
        let layer_of = layers(boxes.len(), ways);
        let mut graph = Graph { cells: Vec::new(), layers: Vec::new(), chains: Vec::new() };
        for (at, size) in boxes.iter().enumerate() {
            graph.add(What::Box(at), *size, layer_of[at]);
        }
        let mut passes: BTreeMap<(usize, usize), usize> = BTreeMap::new();
        let mut links = BTreeSet::new();
        for (n, way) in ways.iter().enumerate() {
            let mut chain = vec![way.from];
            let mut layer = layer_of[way.from];
            if let Some(size) = way.label {
                layer += 1;
                chain.push(graph.add(What::Label(n), size, layer));
            }
            if way.to > way.from {
                for between in layer + 1..layer_of[way.to] {
                    let size = Size { width: 10, height: 0 };
                    let pass = passes.get(&(way.to, between)).copied();
                    let pass = pass.unwrap_or_else(|| graph.add(What::Pass(way.to), size, between));
                    passes.insert((way.to, between), pass);
                    chain.push(pass);
                }
                chain.push(way.to);
            } else if let Some(cell) = chain.last().and_then(|last| graph.cells.get_mut(*last)) {
                cell.back.insert(way.to);
            }
            links.extend(chain.windows(2).map(|pair| (pair[0], pair[1])));
            graph.chains.push(chain);
        }
        for (upper, lower) in links {
            graph.cells[upper].below.push(lower);
            graph.cells[lower].above.push(upper);
        }
        graph
    }

    fn add(&mut self, what: What, size: Size, layer: usize) -> usize {
        let cell = self.cells.len();
        self.cells.push(Cell { what, size, layer, above: Vec::new(), below: Vec::new(), back: BTreeSet::new() });
        if self.layers.len() <= layer {
            self.layers.resize(layer + 1, Vec::new());
        }
        self.layers[layer].push(cell);
        cell
    }

    /// The place of each cell in its layer.
    fn ranks(&self) -> Vec<usize> {
        let mut ranks = vec![0; self.cells.len()];
        for layer in &self.layers {
            for (rank, cell) in layer.iter().enumerate() {
                ranks[*cell] = rank;
            }
        }
        ranks
    }
}

/// The layer of each box: one below the lowest box that leads to it, and one more for a label.
fn layers(boxes: usize, ways: &[Way]) -> Vec<usize> {
    let mut layers = vec![0; boxes];
    let mut forward: Vec<&Way> = ways.iter().filter(|way| way.to > way.from).collect();
    forward.sort_by_key(|way| way.from);
    for way in forward {
        let next = layers[way.from] + 1 + usize::from(way.label.is_some());
        layers[way.to] = next.max(layers[way.to]);
    }
    layers
}
