//! Noise for stochastic solvers: increments of one Brownian path, whatever steps are asked of it.
//!
//! The path over the whole range of sigmas is split in two again and again (Lévy's construction);
//! every node of that tree has its own seed, so an increment depends on its ends alone and not on
//! what was asked before. The tree is that of the `torchsde` package with a tolerance of 1e-6.

use std::collections::BTreeMap;
use std::sync::Arc;

use candle_core::{Device, Result, Shape, Tensor};

use super::{Generator, SeedSequence, StepNoise};

const POOL: usize = 24;

/// A Brownian path of `count` independent values between two times.
#[derive(Clone, Debug)]
pub struct BrownianTree {
    count: usize,
    seed: u64,
    root: Node,
    /// The nodes the last query met: the next step of a sampler begins where this one ended.
    recent: BTreeMap<(u32, u64), Arc<Vec<f32>>>,
}

/// A piece of the path: its place in the tree and its ends, which are multiples of 1e-6.
#[derive(Clone, Debug)]
struct Node {
    depth: u32,
    key: u64,
    start: f64,
    end: f64,
    increment: Arc<Vec<f32>>,
}

impl BrownianTree {
    /// The path of `seed`, all of whose 64 bits count, between times `t0 < t1`.
    pub fn new(seed: u64, count: usize, t0: f64, t1: f64) -> Self {
        let state = SeedSequence::new(seed, &[], POOL).generate_state(1)[0];
        let scale = (t1 - t0).sqrt() as f32;
        let mut increment = Generator::seeded(state.into()).normals(count);
        increment.iter_mut().for_each(|value| *value *= scale);
        let root = Node {
            depth: 0,
            key: 0,
            start: round(t0),
            end: round(t1),
            increment: Arc::new(increment),
        };
        Self { count, seed, root, recent: BTreeMap::new() }
    }

    /// How far the path moves between times `from < to`, both clamped to its range.
    pub fn increment(&mut self, from: f64, to: f64) -> Vec<f32> {
        let clamp = |t: f64| round(t.max(self.root.start).min(self.root.end));
        let (from, to) = (clamp(from), clamp(to));
        let mut sum = vec![0.0; self.count];
        let mut met = BTreeMap::new();
        if from < to {
            self.add(&self.root, from, to, &mut sum, &mut met);
        }
        self.recent = met;
        sum
    }

    fn add(
        &self,
        node: &Node,
        from: f64,
        to: f64,
        sum: &mut [f32],
        met: &mut BTreeMap<(u32, u64), Arc<Vec<f32>>>,
    ) {
        let middle = round((node.start + node.end) / 2.0);
        let whole = from <= node.start && node.end <= to;
        if whole || middle <= node.start || node.end <= middle {
            sum.iter_mut().zip(node.increment.iter()).for_each(|(s, w)| *s += w);
            return;
        }
        let left = self.left(node, middle);
        met.insert((left.depth, left.key), left.increment.clone());
        if from < middle {
            self.add(&left, from, to, sum, met);
        }
        if middle < to {
            self.add(&right(node, &left), from, to, sum, met);
        }
    }

    /// The first half of `node`: its share of the increment and a bridge's noise.
    fn left(&self, node: &Node, middle: f64) -> Node {
        let (depth, key) = (node.depth + 1, 2 * node.key);
        let increment = self.recent.get(&(depth, key)).cloned().unwrap_or_else(|| {
            let path = [node.key, node.depth.into()];
            let state = SeedSequence::new(self.seed, &path, POOL).generate_state(1)[0];
            let noise = Generator::seeded(state.into()).normals(self.count);
            let (before, after) = (middle - node.start, node.end - middle);
            let share = (before / (node.end - node.start)) as f32;
            let spread = (before * after / (node.end - node.start)).sqrt() as f32;
            let halves = node.increment.iter().zip(noise).map(|(w, z)| w * share + z * spread);
            Arc::new(halves.collect())
        });
        Node { depth, key, start: node.start, end: middle, increment }
    }
}

/// The second half of `node`, given the first.
fn right(node: &Node, left: &Node) -> Node {
    let rest = node.increment.iter().zip(left.increment.iter()).map(|(w, l)| w - l);
    Node {
        depth: left.depth,
        key: left.key + 1,
        start: left.end,
        end: node.end,
        increment: Arc::new(rest.collect()),
    }
}

/// Rounds the exact decimal value to six places, which formatting does and multiplying does not.
fn round(value: f64) -> f64 {
    format!("{value:.6}").parse().unwrap_or(value)
}

/// A Brownian path's increments, scaled to unit variance, as the noise of a sampler's steps.
#[derive(Clone, Debug)]
pub struct BrownianNoise {
    /// The path, whose time is sigma.
    pub tree: BrownianTree,
    /// The latent's shape.
    pub shape: Shape,
    /// Where the draws are moved to.
    pub device: Device,
}

impl BrownianNoise {
    /// Noise for steps between `sigma_min`, the smallest sigma above zero, and `sigma_max`.
    pub fn new(seed: u64, shape: Shape, sigma_min: f32, sigma_max: f32, device: Device) -> Self {
        let tree = BrownianTree::new(seed, shape.elem_count(), sigma_min.into(), sigma_max.into());
        Self { tree, shape, device }
    }
}

impl StepNoise for BrownianNoise {
    fn draw(&mut self, sigma: f32, next: f32) -> Result<Tensor> {
        let mut values = self.tree.increment(sigma.min(next).into(), sigma.max(next).into());
        // Time runs from the high sigma to the low one, against the path.
        let scale = (next - sigma).signum() / (sigma - next).abs().sqrt();
        values.iter_mut().for_each(|value| *value *= scale);
        Tensor::from_vec(values, self.shape.clone(), &self.device)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_of_queries_changes_nothing() {
        let mut tree = BrownianTree::new(5, 24, 0.03, 14.6);
        let first = tree.increment(1.0, 2.5);
        tree.increment(0.3, 9.0);
        tree.increment(1.0, 1.5);
        assert_eq!(tree.increment(1.0, 2.5), first);
    }

    #[test]
    fn increments_add_up() {
        let mut tree = BrownianTree::new(5, 24, 0.03, 14.6);
        let parts = tree.increment(0.5, 1.25).into_iter().zip(tree.increment(1.25, 6.0));
        let whole = tree.increment(0.5, 6.0);
        // A sum of at most some fifty f32 terms of size one in another order.
        assert!(parts.zip(whole).all(|((a, b), w)| (a + b - w).abs() < 1e-5));
    }

    #[test]
    fn rounding_is_decimal_and_to_even() {
        assert_eq!(round(0.007_812_5), 0.007_812);
        assert_eq!(round(0.023_437_5), 0.023_438);
        assert_eq!(round(14.614_643_096_923_828), 14.614_643);
    }
}
