//! Two mattes into one.

use rayon::prelude::*;

use crate::{Matte, MatteFact};

/// How two mattes meet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Combine {
    /// The union.
    #[default]
    Max,
    /// The intersection.
    Min,
    /// The sum.
    Add,
    /// What the second does not cover of the first.
    Subtract,
    /// The intersection of soft edges.
    Multiply,
    /// The union of soft edges.
    Screen,
    /// Where the two differ.
    Difference,
    /// The mean.
    Average,
}

impl Combine {
    /// The names used in graphs, default first.
    pub const NAMES: &'static [(&'static str, Self)] = &[
        ("max", Self::Max),
        ("min", Self::Min),
        ("add", Self::Add),
        ("subtract", Self::Subtract),
        ("multiply", Self::Multiply),
        ("screen", Self::Screen),
        ("difference", Self::Difference),
        ("average", Self::Average),
    ];

    /// The mathematics in one line.
    pub const fn formula(self) -> &'static str {
        match self {
            Self::Max => "max(a, b)",
            Self::Min => "min(a, b)",
            Self::Add => "min(1, a + b)",
            Self::Subtract => "max(0, a - b)",
            Self::Multiply => "a*b",
            Self::Screen => "a + b - a*b",
            Self::Difference => "|a - b|",
            Self::Average => "(a + b)/2",
        }
    }

    fn of(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Max => a.max(b),
            Self::Min => a.min(b),
            Self::Add => (a + b).clamp(0.0, 1.0),
            Self::Subtract => (a - b).clamp(0.0, 1.0),
            Self::Multiply => a * b,
            Self::Screen => a + b - a * b,
            Self::Difference => (a - b).abs(),
            Self::Average => (a + b) / 2.0,
        }
    }
}

/// Combines two mattes of one size, value by value. A batch of one meets every frame of the other.
///
/// # Panics
/// When sizes differ, or two batches differ and neither is 1: a bug of the caller.
pub fn combine(a: &Matte, b: &Matte, how: Combine) -> Matte {
    assert_eq!(a.fact.size(), b.fact.size(), "mattes to be combined differ in size");
    let batch = a.fact.batch.max(b.fact.batch);
    assert!([a, b].iter().all(|m| [1, batch].contains(&m.fact.batch)), "batches differ");
    let fact = MatteFact { batch, ..a.fact };
    let mut values = vec![0.0; fact.len()];
    for (frame, out) in values.chunks_exact_mut(fact.frame_len()).enumerate() {
        let of = |m: &Matte| if m.fact.batch == 1 { 0 } else { frame as u32 };
        let pairs = a.frame(of(a)).par_iter().zip(b.frame(of(b)));
        let pairs = out.par_iter_mut().zip(pairs).with_min_len(16384);
        pairs.for_each(|(out, (a, b))| *out = how.of(*a, *b));
    }
    Matte::new(fact, values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matte(batch: u32, values: &[f32]) -> Matte {
        let width = values.len() as u32 / batch;
        Matte::new(MatteFact { width, height: 1, batch }, values.to_vec())
    }

    #[test]
    fn every_way_stays_between_0_and_1() {
        let (a, b) = (matte(1, &[0.0, 0.0, 1.0, 1.0, 0.7]), matte(1, &[0.0, 1.0, 0.0, 1.0, 0.8]));
        for (name, how) in Combine::NAMES {
            let result = combine(&a, &b, *how);
            assert!(result.values.iter().all(|v| (0.0..=1.0).contains(v)), "{name}");
        }
    }

    #[test]
    fn one_matte_meets_every_frame() {
        let result = combine(&matte(2, &[0.2, 0.9]), &matte(1, &[0.5]), Combine::Max);
        assert_eq!(*result.values, [0.5, 0.9]);
        let result = combine(&matte(1, &[0.5]), &matte(2, &[0.25, 1.0]), Combine::Subtract);
        assert_eq!(*result.values, [0.25, 0.0]);
    }
}
