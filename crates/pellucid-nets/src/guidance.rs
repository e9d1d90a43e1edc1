//! Classifier-free guidance: how the answers with and without the prompt become one.

use candle_core::{D, Result, Tensor};

/// How strongly to follow the prompt.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Guidance {
    /// How far to go from the unconditional answer (0) to the conditional one (1) and beyond.
    pub scale: f64,
    /// The share (0 to 1) of the result whose contrast is brought back to the conditional answer's;
    /// `None` for plain guidance.
    pub rescale: Option<f64>,
}

impl Guidance {
    /// Whether the unconditional answer matters; at a scale of one it does not.
    pub fn needs_uncond(&self) -> bool {
        (self.scale - 1.0).abs() > 1e-9 * self.scale.abs().max(1.0)
    }

    /// One denoised latent from the conditional and the unconditional one, both made from `x` at `sigma`.
    pub fn combine(
        &self,
        x: &Tensor,
        sigma: f32,
        cond: &Tensor,
        uncond: &Tensor,
    ) -> Result<Tensor> {
        match self.rescale {
            None => extrapolate(cond, uncond, self.scale),
            Some(share) => rescaled(x, sigma, cond, uncond, self.scale, share),
        }
    }
}

fn extrapolate(cond: &Tensor, uncond: &Tensor, scale: f64) -> Result<Tensor> {
    uncond + (cond - uncond)?.affine(scale, 0.0)?
}

/// Guidance in terms of velocity, with its standard deviation brought back (Lin et al. 2024, section 3.4).
fn rescaled(
    x: &Tensor,
    sigma: f32,
    cond: &Tensor,
    uncond: &Tensor,
    scale: f64,
    share: f64,
) -> Result<Tensor> {
    let sigma = f64::from(sigma);
    let variance = sigma * sigma + 1.0;
    let input = x.affine(1.0 / variance, 0.0)?;
    let velocity = |denoised: &Tensor| (&input - denoised)?.affine(variance.sqrt() / sigma, 0.0);
    let cond = velocity(cond)?;
    let guided = extrapolate(&cond, &velocity(uncond)?, scale)?;
    let ratio = (deviation(&cond)? / deviation(&guided)?)?;
    let rescaled = guided.broadcast_mul(&ratio)?;
    let mixed = (rescaled.affine(share, 0.0)? + guided.affine(1.0 - share, 0.0)?)?;
    input - mixed.affine(sigma / variance.sqrt(), 0.0)?
}

/// The standard deviation of every item of the batch, with Bessel's correction, shaped to broadcast.
fn deviation(batch: &Tensor) -> Result<Tensor> {
    let deviation = batch.flatten_from(1)?.var_keepdim(D::Minus1)?.sqrt()?;
    let mut shape = vec![1; batch.rank()];
    shape[0] = batch.dim(0)?;
    deviation.reshape(shape)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::Generator;

    #[test]
    fn a_scale_of_one_needs_no_unconditional_answer() {
        let guidance = |scale| Guidance { scale, rescale: None };
        assert!(!guidance(1.0).needs_uncond());
        assert!(guidance(1.01).needs_uncond());
        assert!(guidance(0.0).needs_uncond());
    }

    #[test]
    fn full_rescaling_keeps_the_deviation_of_the_conditional_velocity() {
        let mut stream = Generator::seeded(1);
        let [x, cond, uncond] = [(); 3].map(|()| stream.randn((2, 4, 5, 5)).unwrap());
        let guidance = Guidance { scale: 6.0, rescale: Some(1.0) };
        let combined = guidance.combine(&x, 2.0, &cond, &uncond).unwrap();
        let input = x.affine(0.2, 0.0).unwrap();
        let spread = |denoised: &Tensor| -> Vec<f32> {
            let velocity = (&input - denoised).unwrap();
            deviation(&velocity).unwrap().flatten_all().unwrap().to_vec1().unwrap()
        };
        let pairs = spread(&combined).into_iter().zip(spread(&cond));
        // A few roundings of values of order one.
        assert!(pairs.into_iter().all(|(got, want)| (got - want).abs() < 1e-5));
    }
}
