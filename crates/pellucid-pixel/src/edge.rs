//! What lies outside a picture.

/// How a filter continues a picture beyond its border.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Edge {
    /// Everything outside is clear (0 in every channel).
    #[default]
    Transparent,
    /// The nearest pixel of the border.
    Clamp,
    /// Reflected at the border line, so that the border pixel appears twice.
    Mirror,
    /// Tiled.
    Repeat,
}

impl Edge {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("transparent", Self::Transparent),
        ("clamp", Self::Clamp),
        ("mirror", Self::Mirror),
        ("repeat", Self::Repeat),
    ];

    /// The index inside `0..len` that position `i` shows; `None` where it is clear.
    #[inline]
    pub(crate) fn index(self, i: i64, len: usize) -> Option<usize> {
        let n = len as i64;
        if (0..n).contains(&i) {
            return Some(i as usize);
        }
        match self {
            Self::Transparent => None,
            Self::Clamp => Some(i.clamp(0, n - 1) as usize),
            Self::Repeat => Some(i.rem_euclid(n) as usize),
            Self::Mirror => {
                let phase = i.rem_euclid(2 * n);
                Some(phase.min(2 * n - 1 - phase) as usize)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(edge: Edge) -> Vec<Option<usize>> {
        (-4..7).map(|i| edge.index(i, 3)).collect()
    }

    #[test]
    fn every_edge_continues_three_pixels_as_documented() {
        let some = |v: [usize; 11]| v.map(Some).to_vec();
        assert_eq!(shown(Edge::Clamp), some([0, 0, 0, 0, 0, 1, 2, 2, 2, 2, 2]));
        assert_eq!(shown(Edge::Repeat), some([2, 0, 1, 2, 0, 1, 2, 0, 1, 2, 0]));
        assert_eq!(shown(Edge::Mirror), some([2, 2, 1, 0, 0, 1, 2, 2, 1, 0, 0]));
        assert_eq!(shown(Edge::Transparent).iter().flatten().count(), 3);
    }
}
