//! The order of the cells in each layer: each near its neighbours, so that few ways cross.

use super::{Graph, What};

/// How often the layers are gone through.
const SWEEPS: usize = 16;

/// Puts the cells of each layer into a better order. The same graph always gets the same order.
pub(super) fn fewer_crossings(graph: &mut Graph) {
    begin(graph);
    let mut best = (crossings(graph), graph.layers.clone());
    for sweep in 0..SWEEPS {
        let down = sweep % 2 == 0;
        let count = graph.layers.len();
        for n in 0..count {
            let layer = if down { n } else { count - 1 - n };
            sort_by_neighbours(graph, layer, down);
        }
        let now = crossings(graph);
        if now < best.0 {
            best = (now, graph.layers.clone());
        }
    }
    graph.layers = best.1;
}

/// At first the story runs on the left, ends and passing ways stand on the right.
fn begin(graph: &mut Graph) {
    let cells = &graph.cells;
    for layer in &mut graph.layers {
        layer.sort_by_key(|cell| match cells[*cell].what {
            What::Box(at) => (0, at),
            What::Label(way) => (1, way),
            What::Pass(to) => (2, to),
        });
    }
}

fn sort_by_neighbours(graph: &mut Graph, layer: usize, down: bool) {
    let ranks = graph.ranks();
    let mean = |cell: usize| {
        let near = if down { &graph.cells[cell].above } else { &graph.cells[cell].below };
        // What leads back goes round on the right. In thousandths, so that the order is the same on every machine. Who has
        // no neighbour stays about where it is.
        match near.len() {
            0 if !down && !graph.cells[cell].back.is_empty() => usize::MAX,
            0 => ranks[cell] * 1000,
            count => near.iter().map(|other| ranks[*other] * 1000).sum::<usize>() / count,
        }
    };
    let mut order: Vec<(usize, usize)> = graph.layers[layer].iter().map(|cell| (mean(*cell), *cell)).collect();
    order.sort_by_key(|(mean, _)| *mean);
    graph.layers[layer] = order.into_iter().map(|(_, cell)| cell).collect();
}

fn crossings(graph: &Graph) -> usize {
    let ranks = graph.ranks();
    let mut count = 0;
    for layer in &graph.layers {
        for (n, cell) in layer.iter().enumerate() {
            let back = !graph.cells[*cell].back.is_empty();
            count += if back { layer.len() - n - 1 } else { 0 };
        }
        let links: Vec<(usize, usize)> = layer
            .iter()
            .flat_map(|cell| graph.cells[*cell].below.iter().map(|below| (ranks[*cell], ranks[*below])))
            .collect();
        for (n, a) in links.iter().enumerate() {
            count += links[n + 1..].iter().filter(|b| (a.0 < b.0 && a.1 > b.1) || (a.0 > b.0 && a.1 < b.1)).count();
        }
    }
    count
}
