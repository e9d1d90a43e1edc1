//! A seeded stream of uniform and normal numbers that equals PyTorch's CPU generator.

use std::f32::consts::TAU as TAU_F32;
use std::f64::consts::TAU;

use candle_core::{Device, Result, Shape, Tensor};
use rayon::prelude::*;

use super::mersenne::Mersenne;

/// PyTorch transforms normals in blocks of sixteen, and small requests in pairs.
const BLOCK: usize = 16;

/// One stream of random numbers; equal seeds and equal calls give equal bits.
#[derive(Clone, Debug)]
pub struct Generator {
    engine: Mersenne,
    /// The second half of the last Box-Muller pair of a small request.
    spare: Option<f64>,
}

impl Generator {
    /// The stream of `seed`, of which only the low 32 bits count.
    pub fn seeded(seed: u64) -> Self {
        Self { engine: Mersenne::seeded(seed as u32), spare: None }
    }

    /// Standard normal numbers in `shape`, `f32` on the CPU.
    pub fn randn(&mut self, shape: impl Into<Shape>) -> Result<Tensor> {
        let shape = shape.into();
        Tensor::from_vec(self.normals(shape.elem_count()), shape, &Device::Cpu)
    }

    /// `count` numbers, uniform in `0 ≤ v < 1`.
    pub fn uniforms(&mut self, count: usize) -> Vec<f32> {
        (0..count).map(|_| self.uniform()).collect()
    }

    /// `count` numbers, uniform in `0 ≤ v < 1`, in double precision.
    pub fn uniforms_f64(&mut self, count: usize) -> Vec<f64> {
        (0..count).map(|_| self.uniform_f64()).collect()
    }

    /// `count` integers, uniform in `0 ≤ v < range`; a range of zero counts as one.
    pub fn integers(&mut self, count: usize, range: u64) -> Vec<u64> {
        let range = range.max(1);
        let narrow = range < 1 << 28;
        let mut draw =
            || if narrow { self.engine.next_u32().into() } else { self.engine.next_u64() };
        (0..count).map(|_| draw() % range).collect()
    }

    /// `count` standard normal numbers.
    ///
    /// Fewer than sixteen are drawn in pairs, of which an odd one is kept for the next small
    /// request; more are drawn in blocks, so a longer request does not begin with a shorter one's
    /// numbers unless both lengths are multiples of sixteen.
    pub fn normals(&mut self, count: usize) -> Vec<f32> {
        if count < BLOCK {
            return (0..count).map(|_| self.paired_normal() as f32).collect();
        }
        let mut values = self.uniforms(count);
        values.par_chunks_exact_mut(BLOCK).for_each(transform);
        if !count.is_multiple_of(BLOCK) {
            let mut last = self.uniforms(BLOCK);
            transform(&mut last);
            values[count - BLOCK..].copy_from_slice(&last);
        }
        values
    }

    /// `count` standard normal numbers in double precision, by the same rules as [`Self::normals`].
    pub fn normals_f64(&mut self, count: usize) -> Vec<f64> {
        if count < BLOCK {
            return (0..count).map(|_| self.paired_normal()).collect();
        }
        let mut values = self.uniforms_f64(count);
        values.par_chunks_exact_mut(BLOCK).for_each(transform_f64);
        if !count.is_multiple_of(BLOCK) {
            let mut last = self.uniforms_f64(BLOCK);
            transform_f64(&mut last);
            values[count - BLOCK..].copy_from_slice(&last);
        }
        values
    }

    fn uniform(&mut self) -> f32 {
        (self.engine.next_u32() & 0x00FF_FFFF) as f32 / (1_u32 << 24) as f32
    }

    fn uniform_f64(&mut self) -> f64 {
        (self.engine.next_u64() & ((1 << 53) - 1)) as f64 / (1_u64 << 53) as f64
    }

    fn paired_normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        let angle = TAU * self.uniform_f64();
        let radius = (-2.0 * (-self.uniform_f64()).ln_1p()).sqrt();
        self.spare = Some(radius * angle.sin());
        radius * angle.cos()
    }
}

/// Turns sixteen uniform numbers into normal ones (Box and Muller 1958): eight radii, eight angles.
///
/// The angle is rounded to `f32` before its cosine is taken, as PyTorch does; a cosine of the exact
/// angle would be a few units in the last place off.
fn transform(block: &mut [f32]) {
    let (radii, angles) = block.split_at_mut(BLOCK / 2);
    for (first, second) in radii.iter_mut().zip(angles) {
        let log = f64::from(1.0 - *first).ln() as f32;
        let radius = (-2.0 * log).sqrt();
        let angle = f64::from(TAU_F32 * *second);
        *first = radius * angle.cos() as f32;
        *second = radius * angle.sin() as f32;
    }
}

fn transform_f64(block: &mut [f64]) {
    let (radii, angles) = block.split_at_mut(BLOCK / 2);
    for (first, second) in radii.iter_mut().zip(angles) {
        let radius = (-2.0 * (1.0 - *first).ln()).sqrt();
        let angle = TAU * *second;
        *first = radius * angle.cos();
        *second = radius * angle.sin();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether all of `values` are those that PyTorch prints, to the seven digits it prints.
    fn close(values: &[f32], expected: &[f32]) -> bool {
        values.iter().zip(expected).all(|(v, e)| (v - e).abs() < 1e-6)
    }

    #[test]
    fn seed_zero_gives_the_numbers_torch_gives() {
        let few = [1.540_996_1, -0.293_428_9, -2.178_789_4, 0.568_431_3, -1.084_522_4];
        assert!(close(&Generator::seeded(0).normals(8), &few));
        let many = [-1.125_839_8, -1.152_360_2, -0.250_578_6, -0.433_878_8, 0.848_710_4];
        assert!(close(&Generator::seeded(0).normals(16_384), &many));
    }

    #[test]
    fn only_the_low_half_of_a_seed_counts() {
        let low = Generator::seeded(7).normals(100);
        assert_eq!(low, Generator::seeded(7 + (1 << 32)).normals(100));
        assert_ne!(low, Generator::seeded(8).normals(100));
    }

    #[test]
    fn the_number_of_threads_changes_nothing() {
        let draw = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Generator::seeded(1).normals(10_007))
        };
        assert_eq!(draw(1), draw(7));
    }

    #[test]
    fn normal_numbers_are_normal() {
        let values = Generator::seeded(11).normals(1 << 16);
        let n = values.len() as f32;
        let mean = values.iter().sum::<f32>() / n;
        let variance = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f32>() / n;
        // Five standard errors of the mean and of the variance at this count.
        assert!(mean.abs() < 5.0 / n.sqrt());
        assert!((variance - 1.0).abs() < 5.0 * (2.0 / n).sqrt());
    }
}
