//! Where each cell stands from left to right: as near below and above its neighbours as the order of its layer allows.

use super::{Graph, What};

/// Between two things in a layer.
const BETWEEN: i32 = 26;
/// How often the layers are gone through.
const SWEEPS: usize = 10;

/// The middle of each cell, counted from the left edge of the leftmost.
pub(super) fn centres(graph: &Graph) -> Vec<i32> {
    let mut centres = vec![0; graph.cells.len()];
    for layer in &graph.layers {
        spread(graph, layer, &vec![(0, 1); layer.len()], &mut centres);
    }
    for sweep in 0..SWEEPS {
        let count = graph.layers.len();
        for n in 0..count {
            let layer = if sweep % 2 == 0 { n } else { count - 1 - n };
            let cells = &graph.layers[layer];
            let wished: Vec<(i64, i64)> =
                cells.iter().map(|cell| wish(graph, *cell, sweep % 2 == 0, &centres)).collect();
            spread(graph, cells, &wished, &mut centres);
        }
    }
    straighten(graph, &mut centres);
    let left = graph.cells.iter().zip(&centres).map(|(cell, x)| x - cell.size.width / 2).min().unwrap_or(0);
    centres.iter().map(|x| x - left).collect()
}

/// Where a cell would like to stand, and how much it matters.
fn wish(graph: &Graph, cell: usize, down: bool, centres: &[i32]) -> (i64, i64) {
    let it = &graph.cells[cell];
    let near = if down { &it.above } else { &it.below };
    if near.is_empty() {
        return (i64::from(centres[cell]), 1);
    }
    // A long way that runs straight is easier to follow than one that bends.
    let matters = |other: usize| match (it.what, graph.cells[other].what) {
        (What::Pass(_), What::Pass(_)) => 8,
        (What::Pass(_), _) | (_, What::Pass(_)) => 2,
        _ => 4,
    };
    let weight: i64 = near.iter().map(|other| matters(*other)).sum();
    let sum: i64 = near.iter().map(|other| matters(*other) * i64::from(centres[*other])).sum();
    (sum.div_euclid(weight), weight)
}

/// How far apart the middles of two neighbours stand at least.
fn apart(graph: &Graph, left: usize, right: usize) -> i32 {
    (graph.cells[left].size.width + graph.cells[right].size.width + 1) / 2 + BETWEEN
}

/// The places nearest to the wishes of a layer that keep its order and its distances: neighbours that want the same place
/// are moved together to the mean of their wishes.
fn spread(graph: &Graph, layer: &[usize], wished: &[(i64, i64)], centres: &mut [i32]) {
    let mut offsets = Vec::with_capacity(layer.len());
    let mut offset = 0;
    for (n, cell) in layer.iter().enumerate() {
        if n > 0 {
            offset += i64::from(apart(graph, layer[n - 1], *cell));
        }
        offsets.push(offset);
    }
    // Groups that stand together: sum of weighted wishes, weight, and how many cells.
    let mut groups: Vec<(i64, i64, usize)> = Vec::new();
    for (offset, (wish, weight)) in offsets.iter().zip(wished) {
        groups.push(((wish - offset) * weight, *weight, 1));
        while let [.., before, last] = groups.as_mut_slice()
            && before.0.div_euclid(before.1) > last.0.div_euclid(last.1)
        {
            *before = (before.0 + last.0, before.1 + last.1, before.2 + last.2);
            groups.pop();
        }
    }
    let places = groups.iter().flat_map(|(sum, weight, count)| vec![sum.div_euclid(*weight); *count]);
    for ((cell, offset), place) in layer.iter().zip(offsets).zip(places) {
        centres[*cell] = i32::try_from(place + offset).unwrap_or(0);
    }
}

/// Takes small bends out of ways where there is room.
fn straighten(graph: &Graph, centres: &mut [i32]) {
    for layer in &graph.layers {
        for (n, cell) in layer.iter().enumerate() {
            let [above] = graph.cells[*cell].above.as_slice() else { continue };
            if graph.cells[*above].below.len() != 1 {
                continue;
            }
            let wanted = centres[*above];
            let free_left = n.checked_sub(1).and_then(|n| layer.get(n));
            let left = free_left.is_none_or(|other| wanted - centres[*other] >= apart(graph, *other, *cell));
            let right = layer.get(n + 1).is_none_or(|other| centres[*other] - wanted >= apart(graph, *cell, *other));
            if left && right && (wanted - centres[*cell]).abs() <= 40 {
                centres[*cell] = wanted;
            }
        }
    }
}
