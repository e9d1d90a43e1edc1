//! Keys and shapes, without numbers.

use std::collections::BTreeMap;

/// The shape of every tensor by key.
pub type Shapes = BTreeMap<String, Vec<usize>>;

/// The tensors below a prefix, the prefix taken off.
pub(super) fn below(shapes: &Shapes, prefix: &str) -> Shapes {
    let range = shapes.range(prefix.to_owned()..);
    range
        .map_while(|(key, shape)| Some((key.strip_prefix(prefix)?.to_owned(), shape.clone())))
        .collect()
}

/// Whether any key starts with that text.
pub(super) fn any_below(shapes: &Shapes, prefix: &str) -> bool {
    shapes.range(prefix.to_owned()..).next().is_some_and(|(key, _)| key.starts_with(prefix))
}

/// The size of a tensor along an axis.
pub(super) fn size(shapes: &Shapes, key: &str, axis: usize) -> Option<usize> {
    shapes.get(key)?.get(axis).copied()
}

/// How many numbers from 0 on have a key.
pub(super) fn count(shapes: &Shapes, key: impl Fn(usize) -> String) -> usize {
    (0..).take_while(|&i| shapes.contains_key(&key(i))).count()
}

/// Whether two shapes hold the same layer: ones at the end do not count.
pub(super) fn same(a: &[usize], b: &[usize]) -> bool {
    let kept = |shape: &[usize]| shape.iter().rposition(|&n| n != 1).map_or(0, |last| last + 1);
    a[..kept(a)] == b[..kept(b)]
}

/// A list of tensors in the making.
pub(super) struct Layout {
    pub(super) shapes: Shapes,
}

impl Layout {
    pub(super) fn new() -> Self {
        Self { shapes: Shapes::new() }
    }

    pub(super) fn add(&mut self, key: String, shape: &[usize]) {
        self.shapes.insert(key, shape.to_vec());
    }

    /// A norm: weight and bias.
    pub(super) fn norm(&mut self, key: &str, width: usize) {
        self.add(format!("{key}.weight"), &[width]);
        self.add(format!("{key}.bias"), &[width]);
    }

    /// A linear layer with a bias.
    pub(super) fn linear(&mut self, key: &str, from: usize, to: usize) {
        self.add(format!("{key}.weight"), &[to, from]);
        self.add(format!("{key}.bias"), &[to]);
    }

    /// A square convolution with a bias.
    pub(super) fn conv(&mut self, key: &str, from: usize, to: usize, kernel: usize) {
        self.add(format!("{key}.weight"), &[to, from, kernel, kernel]);
        self.add(format!("{key}.bias"), &[to]);
    }
}
