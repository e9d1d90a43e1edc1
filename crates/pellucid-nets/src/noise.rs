//! Random numbers: PyTorch's CPU stream, the noise a sampler starts from, and the noise of its steps.
//!
//! A seed means the same picture here as in the programs whose checkpoints we load, so the streams
//! follow PyTorch's to within the last bit of its approximate logarithm and cosine.

pub mod brownian;
pub mod generator;
mod mersenne;
pub mod seed_sequence;

pub use brownian::{BrownianNoise, BrownianTree};
pub use generator::Generator;
pub use seed_sequence::SeedSequence;

use candle_core::{Device, Result, Shape, Tensor};

/// Noise a sampler adds between two steps.
pub trait StepNoise {
    /// Unit-variance noise, shaped like the latent, for the step from `sigma` down to `next`.
    fn draw(&mut self, sigma: f32, next: f32) -> Result<Tensor>;
}

/// Independent noise for every step, drawn from one seeded stream whatever the step's sigmas.
#[derive(Clone, Debug)]
pub struct SeededNoise {
    /// The stream the draws come from.
    pub generator: Generator,
    /// The latent's shape.
    pub shape: Shape,
    /// Where the draws are moved to.
    pub device: Device,
}

impl StepNoise for SeededNoise {
    fn draw(&mut self, _sigma: f32, _next: f32) -> Result<Tensor> {
        self.generator.randn(self.shape.clone())?.to_device(&self.device)
    }
}

/// Standard normal noise to start from, `f32` on the CPU, drawn from `generator`.
///
/// Without `batch_index` the whole batch is one draw. With it, item `k` is what the stream gives at
/// its `batch_index[k]`-th draw of a single item, so that one picture of a batch can be made again
/// alone; `shape` must then have `batch_index.len()` items.
pub fn initial_noise(
    generator: &mut Generator,
    shape: &[usize],
    batch_index: Option<&[u64]>,
) -> Result<Tensor> {
    let Some(index) = batch_index else { return generator.randn(shape) };
    let Some((&batch, item)) = shape.split_first() else {
        candle_core::bail!("noise by batch index needs a batch axis")
    };
    if batch != index.len() {
        candle_core::bail!("{} batch indices for a batch of {batch}", index.len())
    }
    let count = item.iter().product();
    let mut rows = vec![Vec::new(); batch];
    let draws = index.iter().max().map_or(0, |last| last.saturating_add(1));
    for draw in 0..draws {
        let values = generator.normals(count);
        for (row, _) in rows.iter_mut().zip(index).filter(|(_, wanted)| **wanted == draw) {
            row.clone_from(&values);
        }
    }
    Tensor::from_vec(rows.concat(), shape, &Device::Cpu)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(tensor: &Tensor) -> Vec<f32> {
        tensor.flatten_all().unwrap().to_vec1().unwrap()
    }

    #[test]
    fn the_first_item_of_a_batch_is_the_noise_of_a_batch_of_one() {
        let one = initial_noise(&mut Generator::seeded(3), &[1, 4, 8, 8], None).unwrap();
        let two = initial_noise(&mut Generator::seeded(3), &[2, 4, 8, 8], None).unwrap();
        assert_eq!(values(&one), values(&two)[..256]);
    }

    #[test]
    fn a_batch_index_picks_one_item_of_the_batch() {
        let batch = initial_noise(&mut Generator::seeded(3), &[3, 4, 8, 8], None).unwrap();
        let third = initial_noise(&mut Generator::seeded(3), &[1, 4, 8, 8], Some(&[2])).unwrap();
        assert_eq!(values(&batch)[512..], values(&third));
    }

    #[test]
    fn a_batch_index_of_the_wrong_length_is_refused() {
        assert!(initial_noise(&mut Generator::seeded(3), &[2, 4, 8, 8], Some(&[0])).is_err());
    }
}
