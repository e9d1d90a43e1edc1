//! Connected components of a binary mask.

/// The connected components of one mask, numbered in raster order of their first pixel.
pub(crate) struct Components {
    /// For every pixel 1 + the number of its component, or 0 outside the mask.
    pub labels: Vec<u32>,
    /// Pixels of every component.
    pub sizes: Vec<u32>,
    /// Whether a component has a pixel on the edge of the frame.
    pub on_edge: Vec<bool>,
}

impl Components {
    /// The component of pixel `index`, if it is in the mask.
    pub fn of(&self, index: usize) -> Option<usize> {
        self.labels[index].checked_sub(1).map(|label| label as usize)
    }

    /// The component with most pixels, the first of equals.
    pub fn largest(&self) -> Option<usize> {
        let most = *self.sizes.iter().max()?;
        self.sizes.iter().position(|size| *size == most)
    }
}

/// Which pixels count as neighbours.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Neighbours {
    /// Left, right, above, below.
    Four,
    /// Diagonals too.
    Eight,
}

/// Labels the pixels for which `inside` holds, in a frame of `len` pixels in rows of `width`.
pub(crate) fn components(
    width: usize,
    len: usize,
    neighbours: Neighbours,
    inside: impl Fn(usize) -> bool,
) -> Components {
    let mut labels = vec![0_u32; len];
    // Entry 0 stands for "outside"; a parent is never a greater label than its child.
    let mut parents = vec![0_u32];
    for i in 0..len {
        if !inside(i) {
            continue;
        }
        let mut label = 0;
        for near in earlier(i, width, neighbours).into_iter().flatten() {
            if labels[near] != 0 {
                label = join(&mut parents, label, labels[near]);
            }
        }
        if label == 0 {
            label = parents.len() as u32;
            parents.push(label);
        }
        labels[i] = label;
    }
    numbered(width, labels, &mut parents)
}

/// The neighbours of a pixel that come before it in raster order.
fn earlier(i: usize, width: usize, neighbours: Neighbours) -> [Option<usize>; 4] {
    let x = i % width;
    let above = i.checked_sub(width);
    let diagonal = neighbours == Neighbours::Eight;
    [
        (x > 0).then(|| i - 1),
        above,
        above.filter(|_| diagonal && x > 0).map(|j| j - 1),
        above.filter(|_| diagonal && x + 1 < width).map(|j| j + 1),
    ]
}

fn root(parents: &mut [u32], mut label: u32) -> u32 {
    while parents[label as usize] != label {
        let grandparent = parents[parents[label as usize] as usize];
        parents[label as usize] = grandparent;
        label = grandparent;
    }
    label
}

/// Joins two sets (0 is "none yet") and returns the root of the union.
fn join(parents: &mut [u32], first: u32, second: u32) -> u32 {
    let second = root(parents, second);
    if first == 0 {
        return second;
    }
    let first = root(parents, first);
    let (low, high) = (first.min(second), first.max(second));
    parents[high as usize] = low;
    low
}

fn numbered(width: usize, mut labels: Vec<u32>, parents: &mut [u32]) -> Components {
    let height = labels.len() / width;
    let mut numbers = vec![0_u32; parents.len()];
    let (mut sizes, mut on_edge) = (Vec::new(), Vec::new());
    for (i, label) in labels.iter_mut().enumerate().filter(|(_, label)| **label != 0) {
        let top = root(parents, *label) as usize;
        if numbers[top] == 0 {
            sizes.push(0);
            on_edge.push(false);
            numbers[top] = sizes.len() as u32;
        }
        *label = numbers[top];
        let component = *label as usize - 1;
        sizes[component] += 1;
        on_edge[component] |= on_frame_edge(i, width, height);
    }
    Components { labels, sizes, on_edge }
}

/// Whether a pixel lies in the first or last row or column.
pub(crate) fn on_frame_edge(i: usize, width: usize, height: usize) -> bool {
    let (x, y) = (i % width, i / width);
    x == 0 || y == 0 || x + 1 == width || y + 1 == height
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rows: &[&str], neighbours: Neighbours) -> Components {
        let mask: Vec<bool> = rows.iter().flat_map(|r| r.bytes().map(|b| b == b'#')).collect();
        components(rows[0].len(), mask.len(), neighbours, |i| mask[i])
    }

    #[test]
    fn diagonals_join_only_with_eight_neighbours() {
        let rows = ["#.#", ".#.", "#.#"];
        assert_eq!(of(&rows, Neighbours::Four).sizes, [1, 1, 1, 1, 1]);
        assert_eq!(of(&rows, Neighbours::Eight).sizes, [5]);
    }

    #[test]
    fn arms_that_meet_late_are_one_component() {
        let found = of(&["#.#.#", "#.#.#", "#####"], Neighbours::Four);
        assert_eq!(found.sizes, [11]);
        assert_eq!(found.labels.iter().max(), Some(&1));
    }

    #[test]
    fn only_components_on_the_frame_are_on_its_edge() {
        let found = of(&["....#", ".##..", ".##..", "....."], Neighbours::Four);
        assert_eq!(found.on_edge, [true, false]);
        assert_eq!(found.largest(), Some(1));
        assert_eq!(found.of(6), Some(1));
        assert_eq!(found.of(0), None);
    }
}
