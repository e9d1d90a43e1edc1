//! From gradients to thin, connected edges.

use super::{Canny, Gradient, Manner, TIE, gradients};
use crate::{Matte, MatteFact};

/// tan 22.5°, where one of four directions ends and the next begins.
const TAN_22_5: f32 = std::f32::consts::SQRT_2 - 1.0;

/// What Kornia adds to the square of a length.
const FLOOR: f32 = 1e-6;

/// The neighbour in each direction, from the right and clockwise in steps of 45 degrees.
const AROUND: [(i64, i64); 8] =
    [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)];

pub(super) fn edges(planes: &[Matte], fact: MatteFact, how: Canny) -> Matte {
    let mut values = Vec::with_capacity(fact.len());
    for frame in 0..fact.batch {
        let mut found = gradients(planes, frame, how.norm);
        if how.manner == Manner::Kornia {
            found.iter_mut().for_each(|g| g.length = (g.length * g.length + FLOOR).sqrt());
        }
        let ridges = Ridges { found: &found, width: fact.width as usize, manner: how.manner };
        values.extend(follow(&ridges, how.low.min(how.high), how.low.max(how.high)));
    }
    Matte::new(fact, values)
}

/// The gradients of a frame, zero outside.
struct Ridges<'a> {
    found: &'a [Gradient],
    width: usize,
    manner: Manner,
}

impl Ridges<'_> {
    fn neighbour(&self, i: usize, dx: i64, dy: i64) -> Option<usize> {
        let (x, y) = ((i % self.width) as i64 + dx, (i / self.width) as i64 + dy);
        let height = (self.found.len() / self.width) as i64;
        let inside = (0..self.width as i64).contains(&x) && (0..height).contains(&y);
        inside.then(|| y as usize * self.width + x as usize)
    }

    fn length(&self, i: usize, dx: i64, dy: i64) -> f32 {
        self.neighbour(i, dx, dy).map_or(0.0, |i| self.found[i].length)
    }

    /// Whether the gradient is longest across the edge. Of two equally long neighbours along a
    /// row or a column, the second one is taken.
    fn is_ridge(&self, i: usize) -> bool {
        if self.manner == Manner::Kornia {
            return self.exceeds_both(i);
        }
        let Gradient { dx, dy, length } = self.found[i];
        let (x, y) = (dx.abs(), dy.abs());
        let above = |other: f32| length > other + TIE;
        let not_below = |other: f32| length > other - TIE;
        if y < x * TAN_22_5 {
            above(self.length(i, -1, 0)) && not_below(self.length(i, 1, 0))
        } else if y > x / TAN_22_5 {
            above(self.length(i, 0, -1)) && not_below(self.length(i, 0, 1))
        } else {
            let side = if (dx < 0.0) != (dy < 0.0) { -1 } else { 1 };
            above(self.length(i, -side, -1)) && above(self.length(i, side, 1))
        }
    }

    /// Whether the gradient is longer than that of both neighbours in its direction.
    fn exceeds_both(&self, i: usize) -> bool {
        let Gradient { dx, dy, length } = self.found[i];
        let eighth = (dy.atan2(dx).to_degrees() / 45.0).round_ties_even() as i64;
        let (x, y) = AROUND[eighth.rem_euclid(8) as usize];
        length > self.length(i, x, y) && length > self.length(i, -x, -y)
    }

    /// How much longer than a threshold a gradient must be.
    fn tie(&self) -> f32 {
        if self.manner == Manner::Kornia { 0.0 } else { TIE }
    }
}

/// Hysteresis: ridges above `high`, and the ridges above `low` that reach one.
fn follow(ridges: &Ridges<'_>, low: f32, high: f32) -> Vec<f32> {
    let mut edges = vec![0.0; ridges.found.len()];
    let is_edge = |i: usize| ridges.found[i].length > low + ridges.tie() && ridges.is_ridge(i);
    let mut open = Vec::new();
    for i in 0..edges.len() {
        if edges[i] == 0.0 && ridges.found[i].length > high + ridges.tie() && ridges.is_ridge(i) {
            edges[i] = 1.0;
            open.push(i);
        }
        while let Some(i) = open.pop() {
            for (dx, dy) in AROUND {
                if let Some(j) = ridges.neighbour(i, dx, dy)
                    && edges[j] == 0.0
                    && is_edge(j)
                {
                    edges[j] = 1.0;
                    open.push(j);
                }
            }
        }
    }
    edges
}
