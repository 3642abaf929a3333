//! The arithmetic of tables: a row is a box in a space of finitely many atoms a column. Exact, and bounded in its work.
//! What an atom stands for is left to `table`.

/// Some atoms of a column; bit n is atom n.
pub(crate) type Set = u128;

/// The most atoms that a column can have.
pub(crate) const MOST_ATOMS: usize = 128;

/// How many pieces are looked at before the arithmetic gives up. Far above what any table that people can read takes.
const MOST_PIECES: usize = 100_000;

/// All of so many atoms.
pub(crate) fn all(atoms: usize) -> Set {
    if atoms >= MOST_ATOMS { Set::MAX } else { (1 << atoms) - 1 }
}

/// What the boxes leave over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Left {
    /// Nothing.
    Nothing,
    /// At least this point: an atom for each column.
    Point(Vec<usize>),
    /// It takes too long to say.
    Unknown,
}

/// A point that lies in both boxes.
pub(crate) fn common(a: &[Set], b: &[Set]) -> Option<Vec<usize>> {
    point(&a.iter().zip(b).map(|(a, b)| a & b).collect::<Vec<_>>())
}

/// What of a box lies in none of the others.
pub(crate) fn left_over(whole: &[Set], boxes: &[&[Set]]) -> Left {
    cut(whole, boxes, &mut MOST_PIECES.clone())
}

fn point(whole: &[Set]) -> Option<Vec<usize>> {
    whole.iter().map(|set| (*set != 0).then(|| set.trailing_zeros() as usize)).collect()
}

/// Takes the first box away and looks at what sticks out of it, column by column. Each piece meets fewer boxes, so
/// this goes no deeper than there are boxes.
fn cut(whole: &[Set], boxes: &[&[Set]], pieces: &mut usize) -> Left {
    let Some(left) = pieces.checked_sub(1) else { return Left::Unknown };
    *pieces = left;
    let Some(first) = point(whole) else { return Left::Nothing };
    let Some(at) = boxes.iter().position(|other| common(whole, other).is_some()) else { return Left::Point(first) };
    let (Some(other), Some(rest)) = (boxes.get(at), boxes.get(at + 1..)) else { return Left::Point(first) };
    let mut inside = whole.to_vec();
    for (column, set) in other.iter().enumerate() {
        let Some(here) = inside.get(column).copied() else { break };
        if here & !set != 0 {
            let mut outside = inside.clone();
            outside[column] = here & !set;
            match cut(&outside, rest, pieces) {
                Left::Nothing => {}
                found => return found,
            }
        }
        inside[column] = here & set;
    }
    Left::Nothing
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every point of a space with four atoms a column.
    fn points(columns: usize) -> Vec<Vec<usize>> {
        (0..4_usize.pow(u32::try_from(columns).unwrap_or(0)))
            .map(|n| (0..columns).map(|column| n >> (2 * column) & 3).collect())
            .collect()
    }

    fn holds(set: &[Set], point: &[usize]) -> bool {
        set.iter().zip(point).all(|(set, atom)| set >> atom & 1 == 1)
    }

    proptest! {
        #[test]
        fn what_is_left_and_what_is_common_agree_with_counting_every_point(
            rows in proptest::collection::vec(proptest::collection::vec(1_u128..16, 3), 0..9)
        ) {
            let whole = [all(4); 3];
            let boxes: Vec<&[Set]> = rows.iter().map(Vec::as_slice).collect();
            let free: Vec<_> = points(3).into_iter().filter(|p| !boxes.iter().any(|row| holds(row, p))).collect();
            match left_over(&whole, &boxes) {
                Left::Nothing => prop_assert!(free.is_empty()),
                Left::Point(found) => prop_assert!(free.contains(&found)),
                Left::Unknown => prop_assert!(false, "this is small"),
            }
            for (a, b) in boxes.iter().zip(boxes.iter().skip(1)) {
                let both = points(3).into_iter().any(|point| holds(a, &point) && holds(b, &point));
                prop_assert_eq!(common(a, b).is_some(), both);
                prop_assert!(common(a, b).is_none_or(|point| holds(a, &point) && holds(b, &point)));
            }
        }
    }

    #[test]
    fn a_space_that_is_too_wide_is_not_searched_for_ever() {
        // Each box leaves one of forty columns open: cutting doubles the pieces, without end.
        let rows: Vec<Vec<Set>> =
            (0..60).map(|n| (0..40).map(|c| if (n + c) % 7 == 0 { 1 << (n % 3) } else { 7 }).collect()).collect();
        let boxes: Vec<&[Set]> = rows.iter().map(Vec::as_slice).collect();
        assert_ne!(left_over(&[7; 40], &boxes), Left::Nothing);
    }
}
